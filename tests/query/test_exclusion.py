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


@pytest.mark.parametrize(
    "question",
    [
        "Who denied what Reuters reported about the spill?",
        "Which outlets repeat what Reuters says about the spill?",
        "Who says the opposite of what Reuters says about the spill?",
        "What is the reaction to what Reuters reported on the spill?",
        "Does the mayor agree with what Reuters reported about the spill?",
        "Is what Reuters says about the spill true?",
        "No matter what Reuters says, was the bank to blame?",
        "Far from what Reuters says, is the bank sound?",
        "I don't believe what Reuters says about the spill. What do others say?",
        "Only Reuters says that the bank failed, right?",
        "Not only Press TV but also Reuters reported on the spill; what did they say?",
        "Nothing that Reuters says about the spill",
        "Reuters claims that the bank failed. Is that so?",
        "Reuters says that the bank failed; what do others say?",
        "Which articles haven't been written by Reuters?",
        "What have we not read in Reuters about the spill?",
        "What can't be read in Reuters about the spill?",
    ],
)
def test_what_an_outlet_says_is_no_source_where_others_speak_of_it(question):
    assert applied(question) == []


@pytest.mark.parametrize(
    "question",
    [
        "What Reuters reported about the spill",
        "Tell me what Reuters says about the spill",
        "Can you show me what Reuters reported on the spill?",
        "I want to know what Reuters reported on the spill",
    ],
)
def test_what_an_outlet_says_is_a_source_where_it_is_asked_for(question):
    assert applied(question) == [("outlet", "Reuters")]


@pytest.mark.parametrize(
    "question",
    [
        "Don't show me what Reuters says about the spill",
        "Show me reports that aren't from Reuters on the spill",
        "articles not from Reuters about the spill",
        "the spill, nothing from Reuters please",
        "Who caused the spill? Do not cite Reuters.",
    ],
)
def test_what_is_not_to_be_shown_is_left_out(question):
    assert applied(question) == [("not outlet", "Reuters")]


def test_an_outlet_that_hardly_any_other_agrees_with_is_not_left_out():
    assert applied("Hardly any outlet but Reuters says that the bank failed; is it so?") == []
    assert applied("Few besides Reuters reported the flood?") == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("articles on the mine that aren't from 2018", "not dates 2018-01-01..2018-12-31"),
        ("articles on the mine that don't date from 2018", "not dates 2018-01-01..2018-12-31"),
        ("articles on the mine, nothing from 2018", "not dates 2018-01-01..2018-12-31"),
        ("articles on the mine from every year bar 2018", "not dates 2018-01-01..2018-12-31"),
        ("articles on the mine from anything but 2018", "not dates 2018-01-01..2018-12-31"),
        ("articles on the mine published neither in 2018 nor in 2020", ""),
        ("Don't show articles from 2018 on the mine", ""),
        ("Exclude articles published before 2018 on the mine", ""),
        ("Ignore anything reported after 2018 on the mine", ""),
        ("Forget what was written in 2018 about the mine", ""),
        ("Apart from what was reported in 2018, what do we know about the mine?", ""),
        ("Contrary to what was reported in 2018, is the mine safe?", ""),
        ("Despite what was reported in 2018, is the mine safe?", ""),
        ("What was no longer said about the mine after 2018?", ""),
        ("What was reported on the mine, 2018 excluded?", ""),
        ("What was reported on the mine, 2018 aside?", ""),
        ("What was reported on the mine with the exception of 2018?", ""),
        ("What was said about the mine not before but after 2018?", "dates 2019-01-01.."),
        ("What was said about the mine only after 2018?", "dates 2019-01-01.."),
    ],
)
def test_a_date_that_is_left_out_is_not_searched_for_instead(question, expected):
    assert [" ".join(found) for found in applied(question)] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("articles on the mine in 2018 or later", "2018-01-01.."),
        ("articles on the mine in 2018 or earlier", "..2018-12-31"),
        ("articles from 2018 to now on the mine", "2018-01-01.."),
        ("articles on the mine from 2018 until today", "2018-01-01.."),
        ("articles on the mine up to but not including 2018", "..2017-12-31"),
        ("articles on the mine before or in 2018", "..2018-12-31"),
        ("articles on the mine newer than 2018", "2019-01-01.."),
        ("articles on the mine not newer than 2018", "..2018-12-31"),
        ("articles on the mine not more recent than 2018", "..2018-12-31"),
        ("articles on the mine no sooner than 2018", "2018-01-01.."),
        ("What was reported on the mine at the latest in 2018?", "..2018-12-31"),
        ("What was reported on the mine at the earliest in 2018?", "2018-01-01.."),
        ("articles on the mine as early as 2018", ""),
        ("articles on the mine going back to 2018", ""),
    ],
)
def test_a_date_with_an_open_end_does_not_narrow_to_that_date(question, expected):
    assert applied(question) == ([("dates", expected)] if expected else [])


def test_a_source_of_something_denied_is_a_source():
    assert applied("Why was the mine not closed according to Reuters?") == [("outlet", "Reuters")]


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


@pytest.mark.parametrize(
    "question",
    [
        "What did neither Reuters nor the BBC report about the spill?",
        "What is said about the spill by neither Reuters nor the BBC?",
        "news about the spill from neither Reuters nor the BBC",
        "According to neither Reuters nor the BBC, who caused the spill?",
        "Who caused the spill? Neither Reuters nor the BBC, please",
        "Who caused the spill? Use neither Reuters nor the BBC",
        "What do outlets that are neither Reuters nor the BBC say about the spill?",
        "What do all except Reuters and the BBC say about the spill?",
        "What do all of them but Reuters and the BBC say about the spill?",
        "all except Reuters and the BBC on the spill",
        "Who caused the spill, according to all except Reuters and the BBC?",
        "What do other outlets than Reuters and the BBC say about the spill?",
    ],
)
def test_neither_and_all_except_leave_both_outlets_out(question):
    assert applied(question) == [("not outlet", "Reuters"), ("not outlet", "BBC News")]


@pytest.mark.parametrize(
    "question",
    [
        "Why did neither Reuters nor the BBC report the spill?",
        "Who said that neither Reuters nor the BBC would be sold?",
        "Neither Reuters nor the BBC was let in; who was?",
        "What do neither Reuters nor the BBC own?",
        "Were all except Reuters and the BBC banned from Iran?",
        "What happened to all but Reuters and the BBC?",
        "Who, apart from the BBC, was sued over the film?",
        "How many outlets, all except Reuters and the BBC, closed?",
    ],
)
def test_neither_and_all_except_narrow_nothing_where_outlets_are_asked_about(question):
    assert applied(question) == []


def test_a_list_with_commas_is_left_out_as_a_whole():
    left_out = [("not outlet", "Reuters"), ("not outlet", "BBC News"), ("not outlet", "Press TV")]
    assert applied("Who caused the spill, excluding Reuters, the BBC and Press TV?") == left_out
    assert applied("What did everyone except Reuters, the BBC and Press TV say about the spill?") == left_out
