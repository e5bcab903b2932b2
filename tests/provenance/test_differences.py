"""What one version of a text changed of another, and what kind of change it is."""

import itertools

import pytest
import support.properties  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st

from rag.provenance.differences import Segment, difference, word_diff, words

MINE = "The ministry said that it did not know who had laid the mine."
MARKED = MINE.replace("did not know ", "[-did not know -]{+knew +}")


def marked(old: str, new: str) -> str:
    return "".join(
        old[slice(*s.old)] if s.same else f"[-{old[slice(*s.old)]}-]{{+{new[slice(*s.new)]}+}}"
        for s in word_diff(old, new)
    )


@pytest.mark.parametrize(
    ("old", "new", "kind", "shown"),
    [
        ("fined 5,000 crowns", "fined 500 crowns", "number", "fined [-5,000 -]{+500 +}crowns"),
        ("Three died.", "Thirty died.", "number", "[-Three -]{+Thirty +}died."),
        ("a second mine", "a third mine", "number", "a [-second -]{+third +}mine"),
        ("a dozen were hurt", "some were hurt", "number", "[-a dozen -]{+some +}were hurt"),
        ("at 10:30 on 9/11", "at 10:45 on 9/11", "number", "at [-10:30 -]{+10:45 +}on 9/11"),
        ("worth $5 million", "worth €5 million", "number", "worth [-$-]{+€+}5 million"),
        ("fell by 5% in May", "fell by 5 in May", "number", "fell by 5[-% -]{++}in May"),
        ("it was -5 degrees", "it was 5 degrees", "number", "it was [---]{++}5 degrees"),
        (MINE, MINE.replace("did not know", "knew"), "negation", MARKED),
        ("it was shelled", "it was not shelled", "negation", "it was [--]{+not +}shelled"),
        ("He didn't go", "He did go", "negation", "He [-didn't -]{+did +}go"),
        ("the Varna army", "the Selwyn army", "name", "the [-Varna -]{+Selwyn +}army"),
        ("They left in May.", "They left Roe in May.", "name", "They left [--]{+Roe +}in May."),
        ("Soldiers fired", "Rebels fired", "other", "[-Soldiers -]{+Rebels +}fired"),
        ("He left on Monday.", "He left on Tuesday.", "other", "He left on [-Monday.-]{+Tuesday.+}"),
        ("when a mine exploded", "when rebels fired", "other", "when [-a mine exploded-]{+rebels fired+}"),
    ],
)  # fmt: skip
def test_a_change_is_found_and_named(old, new, kind, shown):
    assert difference(old, new) == kind
    assert marked(old, new) == shown


def test_a_number_is_named_before_a_negation_and_a_name():
    assert difference("Three men of Varna did go", "Ten men of Tarn did not go") == "number"
    assert difference("The men of Varna did go", "The men of Tarn did not go") == "negation"


def test_the_first_word_of_a_sentence_is_a_name_only_where_the_context_has_it_as_one():
    assert difference("Varna denied it.", "Tarn denied it.") == "other"
    assert difference("Varna denied it.", "Tarn denied it.", "The army of Varna left.") == "name"
    assert difference("Rebels fired.", "Soldiers fired.", "He said Rebels and the rebels left.") == "other"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("He said: “Go.”", 'he said "go"'),
        ("one\n\ntwo", "One, two."),
        ("don't", "DON’T"),
        ("foo.bar", "foo. Bar"),
        ("caf\u00e9 \u00c9t\u00e9", "cafe\u0301 e\u0301te\u0301"),
        ("", "…"),
    ],
)
def test_letter_case_punctuation_and_white_space_are_no_change(old, new):
    assert difference(old, new) is None
    assert all(segment.same for segment in word_diff(old, new))


def test_what_was_added_has_an_empty_span_in_the_old_text():
    assert word_diff("a b", "a new b") == [
        Segment((0, 2), (0, 2), True), Segment((2, 2), (2, 6), False), Segment((2, 3), (6, 7), True),
    ]  # fmt: skip


@given(st.text(alphabet="ab1. ,'\n", max_size=40), st.text(alphabet="ab1. ,'\n", max_size=40))
def test_segments_laid_end_to_end_are_the_texts(old, new):
    segments = word_diff(old, new)
    for text, spans in ((old, [s.old for s in segments]), (new, [s.new for s in segments])):
        assert "".join(text[a:b] for a, b in spans) == text
        assert all(b == c for (_, b), (c, _) in itertools.pairwise(spans))
    for segment in segments:
        same = words(old[slice(*segment.old)]) == words(new[slice(*segment.new)])
        assert same or not segment.same
    assert (difference(old, new) is None) == all(segment.same for segment in segments)
