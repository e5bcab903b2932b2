"""An outlet that the catalogue does not know narrows a question only where the question asks it as a source."""

import pytest

from rag.provenance.catalogue import load_catalogue
from rag.query.constraints import OFFERED, OUTLET, complete_question, parse_constraints
from rag.query.constraints.constraint import LOOKS_LIKE


def parse(question, *outlets, common=()):
    return parse_constraints(question, load_catalogue(), outlets, common=common)


def applied(parsed):
    return [c.outlet for c in parsed.constraints if c.applied and c.outlet]


def offered(parsed):
    return [(c.words, c.outlet, c.why) for c in parsed.constraints if c.kind == OUTLET and not c.applied]


@pytest.mark.parametrize(
    ("question", "outlet"),
    [
        ("What did Iran say about the camp?", "Iran"),
        ("what did iran say about the camp", "Iran"),
        ("What do experts say about the camp?", "experts"),
        ("Why do experts think that it is a cult?", "experts"),
        ("What did the United States claim about the camp?", "United States"),
        ("What do former members say of it?", "Former Members"),
        ("How does Albania describe the camp?", "Albania"),
        ("How many died, says Iran?", "Iran"),
        ("Who was described by Iran as a cult?", "Iran"),
        ("news from Iran about the camp", "Iran"),
        ("What was read in Iran about the camp?", "Iran"),
        ("Who left the group? (Iran)", "Iran"),
        ("Iran: who left the camp?", "Iran"),
        ("What does the Harbour Gazette say about the pier?", "Harbour Gazette"),
    ],
)
def test_a_name_that_is_no_explicit_source_is_offered_and_not_applied(question, outlet):
    parsed = parse(question, outlet)
    assert applied(parsed) == []
    assert [(name, why) for _, name, why in offered(parsed)] == [(outlet, OFFERED)]
    assert parsed.text == question


@pytest.mark.parametrize(
    ("question", "outlet"),
    [
        ("What does the report say about the camp?", "the report"),
        ("Who lives in Albania?", "Albania"),
        ("What did he say about it?", "He"),
        ("What did He say about it?", "He"),
        ("What did the FT say?", "FT"),
        ("What happened in 2012?", "2012"),
        ("What did the mayor say in May 2012?", "May"),
        ("What did the mayor say on Sunday?", "Sunday"),
        ("What was said last year about it?", "last year"),
        ("What did “Iran” say?", "Iran"),
        ("Who said what, according to the judge?", "according to"),
        ("Which members left?", "Which members"),
    ],
)
def test_other_names_change_nothing(question, outlet):
    assert parse(question, outlet) == parse(question)


@pytest.mark.parametrize(
    ("question", "outlet"),
    [
        ("According to Lantern, who bribed the referee?", "Lantern"),
        ("Who bribed the referee, according to the Lantern?", "The Lantern"),
        ("As reported by Lantern, who bribed the referee?", "Lantern"),
        ("In Lantern's view, who bribed the referee?", "Lantern"),
        ("In the view of Lantern, who bribed the referee?", "Lantern"),
        ("articles by Lantern about the referee", "Lantern"),
        ("According to Lantern in 2014, who bribed the referee?", "Lantern"),
        ("According to Reuters Persia, who left the camp?", "Reuters Persia"),
        ("According to ashraf-news.example, who left?", "ashraf-news.example"),
        ("according to the harbour gazette, who paid?", "Harbour Gazette"),
        ("به گزارش چیست according to روزنامه, who left?", "روزنامه"),
    ],
)
def test_an_explicit_source_that_is_written_as_the_outlet_is_applied(question, outlet):
    assert applied(parse(question, outlet)) == [outlet]


@pytest.mark.parametrize(
    ("question", "outlet"),
    [
        ("According to experts, who left the camp?", "experts"),
        ("According to experts, who left the camp?", "Experts"),
        ("according to experts, who left", "Experts"),
        ("ACCORDING TO EXPERTS, WHO LEFT?", "EXPERTS"),
        ("According To Former Members, Which Methods Were Used?", "Former Members"),
        ("According to the report, who left?", "the report"),
        ("According to Iran experts, who left?", "Iran"),
        ("According to Iran's envoy, who left?", "Iran"),
        ("According to leaked American papers, who left?", "leaked American papers"),
    ],
)
def test_after_an_explicit_cue_another_spelling_or_a_longer_name_is_not_applied(question, outlet):
    assert applied(parse(question, outlet)) == []


def test_a_name_that_other_outlets_print_is_offered_even_after_an_explicit_cue():
    parsed = parse("In Larison's opinion, who paid?", "Larison", common={"Larison"})
    assert (applied(parsed), offered(parsed)) == ([], [("Larison", "Larison", OFFERED)])


@pytest.mark.parametrize(
    ("question", "outlet"),
    [
        ("According to Rеuters, who left?", "Rеuters"),  # a Cyrillic letter
        ("According to Réuters, who left?", "Réuters"),
        ("According to Ｒｅｕｔｅｒｓ, who left?", "Ｒｅｕｔｅｒｓ"),
    ],
)
def test_a_look_alike_of_a_catalogued_outlet_is_never_applied(question, outlet):
    parsed = parse(question, outlet)
    assert (applied(parsed), [why for _, _, why in offered(parsed)]) == ([], [LOOKS_LIKE])
    assert applied(parse("According to Reuters, who left?", outlet)) == ["Reuters"]


# Questions about catalogued outlets, with names that overlap theirs.
@pytest.mark.parametrize(
    "question",
    [
        "What did Reuters say about Iran?",
        "What did Reuters and Iran say about it?",
        "According to Reuters, what did Iran say?",
        "According to the Guardian of Iran, who left?",
        "What did the Guardian report on Iran in March 2012?",
        "Who owns Press TV, according to Reuters and AP?",
        "In Press TV's view, why did the United States act in 2012?",
    ],
)
@pytest.mark.parametrize(
    "poison",
    ["Iran", "Reuters say", "to Reuters", "Guardian of Iran", "the Guardian report", "Press", "TV", "Reuters and",
     "March 2012", "2012", "Press TV's view", "and Iran say", "United States"],
)  # fmt: skip
def test_names_that_overlap_a_catalogued_one_take_nothing_from_it(question, poison):
    clean, poisoned = parse(question, "Reuters"), parse(question, "Reuters", poison)
    assert poisoned.text == clean.text
    assert [c for c in poisoned.constraints if c.applied] == [c for c in clean.constraints if c.applied]
    assert {c.outlet for c in poisoned.constraints if c not in clean.constraints} <= {poison}


def test_of_two_spellings_the_one_that_the_question_uses_is_taken():
    assert applied(parse("According to Iran Today, who left?", "IRAN TODAY", "Iran Today")) == ["Iran Today"]
    assert applied(parse("According to Iran Today, who left?", "Iran Today", "Iran-Today")) == ["Iran Today"]


@pytest.mark.parametrize(
    ("question", "outlet"),
    [("And in Iran?", "Iran"), ("What about Albania?", "Albania"), ("and the report?", "the report"),
     ("And in 2012?", "2012"), ("What did Iran say?", "Iran")],
)  # fmt: skip
def test_a_follow_up_is_completed_as_if_there_were_no_such_outlet(question, outlet):
    for previous in ("How many lived there in 2009, according to Reuters?", "What did Iran say about it?"):
        expected = complete_question(question, previous, load_catalogue(), ["Reuters"])
        assert complete_question(question, previous, load_catalogue(), ["Reuters", outlet]) == expected


def test_many_outlets_that_begin_alike_cost_little():
    import time

    outlets = tuple(f"What did number {n}" for n in range(20_000))
    parse("What did Iran say?", *outlets)
    start = time.process_time()
    parse("What did Iran say? " * 20, *outlets)
    assert time.process_time() - start < 2
