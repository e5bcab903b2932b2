"""The sentences about an answer: who answers, how many sources and years, why not, and what makes it one-sided."""

import datetime as dt
from dataclasses import replace

import pytest
from support.cited import citation

from rag.answer import wording
from rag.answer.answer import Answer
from rag.answer.balance import (
    ONE_KIND,
    ONE_OUTLET,
    ONE_TEXT,
    PARTISAN_KINDS,
    STATE_MEDIA,
    UNKNOWN_OUTLET,
    Balance,
    Caution,
    Counts,
)
from rag.answer.refusals import Missing, ShutOut, Why
from rag.answer.suggestions import Suggestion

FIRST, LAST = dt.date(1997, 5, 1), dt.date(2018, 1, 1)
FOUR = {"A": 1, "B": 1, "C": 1, "D": 1}


def test_things_are_counted_in_the_singular_and_the_plural():
    assert wording.counted(1, "outlet") == "1 outlet"
    assert wording.counted(0, "outlet") == "0 outlets"
    assert wording.counted(1200, "outlet") == "1,200 outlets"
    assert wording.counted(1, "copy", "copies") == "1 copy"
    assert wording.counted(1200, "copy", "copies") == "1,200 copies"


def answer(*dates, copies=0, **shown):
    """An answer whose passages have these dates."""
    counts = Balance(Counts(len(dates), **shown), copies=copies)
    return Answer("q", "q", "answers", tuple(citation(date=date) for date in dates), counts)


def test_the_summary_counts_passages_outlets_sources_and_years():
    assert wording.summary(answer(FIRST, LAST, LAST, FIRST, None, outlets=FOUR, independent=3, copies=2)) == (
        "5 passages from 4 outlets, at least 3 independent sources, 1997 to 2018, 1 undated; 2 duplicates not shown."
    )
    assert wording.summary(answer(LAST, outlets={"A": 1}, independent=1, copies=1)) == (
        "1 passage from 1 outlet, at least 1 independent source, 2018; 1 duplicate not shown."
    )
    assert wording.summary(answer(None, None, outlets={"A": 1, UNKNOWN_OUTLET: 1}, independent=2)) == (
        "2 passages from 1 outlet and an unknown outlet, at least 2 independent sources, undated."
    )
    assert wording.summary(answer(None, outlets={UNKNOWN_OUTLET: 1}, independent=1)) == (
        "1 passage from an unknown outlet, at least 1 independent source, undated."
    )


def of_outlets(*outlets, independent, years=None, near=0, copies=0, altered=0):
    """An answer of passages of these outlets, the last of which may not answer."""
    passages = [
        citation(outlet=outlet, date=year and dt.date(year, 1, 1), grade="answers")
        for outlet, year in zip(outlets, years or [2018] * len(outlets), strict=True)
    ]
    passages = [replace(c, grade="near") if at >= len(passages) - near else c for at, c in enumerate(passages)]
    shown = Counts(len(passages), dict.fromkeys(outlets, 1), independent=independent)
    return Answer("q", "q", "answers", tuple(passages), Balance(shown, copies=copies, altered_copies=altered))


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (
            of_outlets(*"ABCD", independent=3, years=(1997, 2018, 2018, None)),
            "4 outlets answer · at least 3 independent sources · 1997 to 2018 · 1 undated",
        ),
        (of_outlets("A", independent=1), "1 outlet answers · at least 1 independent source · 2018"),
        (of_outlets("A", "A", independent=1), "1 outlet answers · at least 1 independent source · 2018"),
        (
            of_outlets(None, independent=1, years=(None,)),
            "an unknown outlet answers · at least 1 independent source · undated",
        ),
        (
            of_outlets("A", None, independent=2),
            "1 outlet and an unknown outlet answer · at least 2 independent sources · 2018",
        ),
        (
            of_outlets(*"ABCD", independent=2, copies=3, altered=1),
            "4 outlets answer · at least 2 independent sources · 2018; 3 duplicates not shown, 1 with other words",
        ),
        (
            of_outlets(*"ABCDE", independent=4, years=(2009, 2010, 2013, 1990, 2020), near=2),
            "3 outlets answer · at least 2 independent sources · 2009 to 2013 · 2 more passages may not answer",
        ),
        (
            of_outlets("A", "B", independent=1, near=1),
            "1 outlet answers · at least 1 independent source · 2018 · 1 more passage may not answer",
        ),
    ],
)
def test_the_verdict_says_who_answers_in_a_line(given, verdict):
    assert wording.verdict(given) == verdict


def test_the_counts_of_the_nearest_passages_are_of_all_of_them_and_do_not_say_that_they_answer():
    nearest = of_outlets(*"ABC", independent=2, years=(1997, 2018, None), near=3, copies=1)
    assert wording.counts(nearest) == (
        "at least 2 independent sources · 1997 to 2018 · 1 undated; 1 duplicate not shown"
    )


def test_a_passage_is_doubtful_only_among_others_that_answer():
    answered = of_outlets("A", "B", independent=2, near=1)
    assert [wording.is_doubtful(c, answered) for c in answered.passages] == [False, True]
    assert not any(wording.is_doubtful(c, replace(answered, grade="near")) for c in answered.passages)


def refused(reason=None, *about, **more):
    return Answer("q", "q", "nothing", why=reason and Why(reason, about), **more)


FILTERED = Missing(filters=(ShutOut("outlets", ("A",), 2),))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (refused(), None),
        (refused("words", "Zelda"), "No article holds “Zelda”."),
        (refused("not near"), "No passage is near enough to the question."),
        (
            refused("not near", missing=FILTERED, balance=Balance(index=Counts(3))),
            "No passage is near enough to the question, and “only A” leaves out 2 of 3 articles.",
        ),
        (
            refused("language", "the Cyrillic script", missing=Missing(in_script=0)),
            "No article has a word in the Cyrillic script, which the encoder does not know.",
        ),
        (refused("phrase", "old quay"), "No passage in the index prints “old quay”."),
        (refused(near_left_out=2), wording.ONLY_NEAR),
        (refused("confidence", "0.9"), "Nothing in the index answers this with a confidence of 0.9 or more."),
    ],
)
def test_a_reason_does_not_say_again_that_there_is_nothing(given, reason):
    found = wording.reason(given)
    assert (found and str(found)) == reason
    if found:
        assert str(wording.refusal(given)).endswith(reason[1:])


def test_words_in_a_reason_stay_apart_from_ours():
    assert wording.reason(refused("words", "{0}")).values
    assert str(wording.reason(refused("words", "{0}"))) == "No article holds “{0}”."


def test_what_was_typed_is_no_question_or_asked_of_nothing_in_two_cases_alone():
    others = ("filters", "phrase", "strict", "language", "words", "confidence", "not near")
    assert not any(wording.is_question(refused(reason, "x")) for reason in ("not a question", "no articles"))
    assert all(wording.is_question(refused(reason, "x")) for reason in (*others, None))
    assert wording.is_question(answer(LAST))


def caution(reason, *of):
    return str(wording.caution(Caution(reason, of)))


def test_cautions_say_why_an_answer_may_be_one_sided():
    assert caution(ONE_OUTLET, "The Post") == "all passages come from one outlet, The Post"
    assert caution(STATE_MEDIA, "X", "Y") == (
        "all passages come from state media of X and Y, owned or funded by a government"
    )
    assert caution(ONE_KIND, "advocacy group") == (
        "all passages come from advocacy groups, which publish to further a cause"
    )
    assert {*wording.OUTLET_KINDS} == {*PARTISAN_KINDS}
    assert caution(ONE_TEXT, "A", "B") == (
        "everything here may come from one source: A and B carry the same text, or parts of it"
    )


def test_suggestions_are_said_among_the_notes_unless_they_are_buttons():
    found = replace(answer(LAST, outlets=FOUR), confidence=0.5, suggestions=(Suggestion("Ashrof", "Ashraf", "Who?"),))
    assert [*map(str, wording.notes(found))] == ["Did you mean “Ashraf”? No article holds “Ashrof”"]
    assert wording.notes(found, suggestions=False) == []
