"""What a question leaves out is understood, or nothing is narrowed; it is never searched for instead."""

import datetime as dt

import pytest

from rag.provenance.catalogue import load_catalogue
from rag.query.constraints import complete_question, parse_constraints
from rag.query.constraints.exclusion import RULES

INDEXED = ("Press TV", "Reuters", "The Guardian", "BBC News", "Radio Tarn", "Harbour Voice")
ASKED_ON = dt.date(2024, 6, 12)


def applied(question, **options):
    found = parse_constraints(question, load_catalogue(), INDEXED, ASKED_ON, **options).constraints
    return [(c.kind, c.outlet or c.outlet_kind or f"{c.after or ''}..{c.before or ''}") for c in found if c.applied]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.example)
def test_each_rule_leaves_the_outlet_of_its_example_out(rule):
    assert ("not outlet", "Reuters") in applied(rule.example)
    assert ("outlet", "Reuters") not in applied(rule.example)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Contrary to what Radio Tarn reported, who sank it?", [("not outlet", "Radio Tarn")]),
        ("Which outlets except the Harbour Voice reported on the pier?", [("not outlet", "Harbour Voice")]),
        ("What did Reuters, but not the BBC, report?", [("outlet", "Reuters"), ("not outlet", "BBC News")]),
        ("How many voted? No state media.", [("not outlet kind", "state media")]),
        ("articles on the vote, but not from news agencies", [("not outlet kind", "news agency")]),
        ("What was reported about the mine, not before 2019?", [("dates", "2019-01-01..")]),
        ("What was written about it no earlier than 2015?", [("dates", "2015-01-01..")]),
        ("What was written about it not after 2012?", [("dates", "..2012-12-31")]),
        ("What was reported about it in any year but 2018?", [("not dates", "2018-01-01..2018-12-31")]),
        ("What was reported about it other than in 2018?", [("not dates", "2018-01-01..2018-12-31")]),
        ("Which attacks happened not after 2012?", []),
        ("Which attacks happened not before 2013?", [("period", "2013-01-01..")]),
        ("Who besides Reuters was sued?", []),
        ("What does nobody but Reuters report?", []),
        ("Despite what Reuters said, did the bank fail?", []),
        ("Not only Reuters reported the flood; who else did?", []),
        ("What did Reuters say, but not Reuters, about the dam?", []),
        ('Who said "anyone but Reuters" at the briefing?', [("phrase", "..")]),
    ],
)
def test_a_question_is_narrowed_as_it_says_or_not_at_all(question, expected):
    assert applied(question) == expected


def test_the_words_that_leave_something_out_are_not_searched_for():
    found = parse_constraints("Contrary to what Reuters reported, who sank the ferry?", load_catalogue(), INDEXED)
    assert found.text == "Who sank the ferry?"


def test_an_exclusion_can_be_ignored():
    assert applied("Who other than Reuters reported it?", ignore=["other than Reuters"]) == []
    assert applied("Who other than Reuters reported it?", ignore=["all"]) == []


@pytest.mark.parametrize("question", ["and not Reuters?", "And according to anyone but Reuters?", "not from Reuters"])
def test_a_follow_up_does_not_ask_the_outlet_that_it_leaves_out(question):
    completed = complete_question(question, "What was reported about the dam?", outlets=INDEXED)
    assert applied(completed.text) == [("not outlet", "Reuters")]


def test_an_outlet_left_out_of_a_question_with_many_names_is_still_no_source():
    question = "Who says so? " + "not according to Reuters, " * 60
    assert ("outlet", "Reuters") not in applied(question)
