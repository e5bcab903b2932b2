"""What changed between two texts of an article, and the sentence that says so."""

import datetime as dt
import itertools
import time

import pytest
import support.properties  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st

from rag.article import Article
from rag.provenance.revisions import Change, changes, compare, excerpts, revision

OLD = "The minister was fined 5,000 crowns on Monday. She had refused to answer the inquiry."
NEW = "The minister was fined 500 crowns on Monday. She had refused to answer the inquiry. She will appeal."


def article(text, date=None, **more):
    return Article("a", text, date=date, source="a.jsonl", **more)


def test_changes_have_the_words_of_both_texts_and_their_place_in_the_later_one():
    assert changes(OLD, NEW) == (
        Change("5,000", "500", 23, 26, "number"), Change("", "She will appeal.", 84, 100, "other"),
    )  # fmt: skip
    assert all(NEW[c.start : c.end] == c.added for c in changes(OLD, NEW))
    assert changes(OLD, OLD.replace("Monday.", "Monday,")) == ()


def test_a_revision_says_what_changed_and_when_but_not_why():
    one, two = article(OLD, dt.date(2024, 5, 1)), article(NEW, dt.date(2024, 5, 3))
    found = revision(one, two, dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    assert str(found) == "changed since the version of 1 May 2024: “5,000” → “500”; added “She will appeal.”"
    same_day = revision(article(OLD), article(NEW), dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    assert same_day.since == "an earlier version, replaced in this index on 2 January 2026"
    assert revision(article(OLD), article(NEW), None).since == "an earlier version"
    assert "left out “She will appeal.”" in str(revision(two, one, None))


def test_only_what_changed_in_the_passage_counts():
    found = revision(article(OLD), article(NEW), None, (45, 83))
    assert found is None
    assert revision(article(OLD), article(NEW), None, (0, 44)).changes == (Change("5,000", "500", 23, 26, "number"),)


@pytest.mark.parametrize(
    "other",
    [article("The tram opens in spring, the mayor said, if the rails arrive."), article(NEW, outlet="B")],
    ids=["another text", "another outlet"],
)
def test_another_article_is_no_earlier_version(other):
    assert revision(article(OLD, outlet="A"), other, None) is None


def test_excerpts_show_each_change_with_the_words_around_it():
    middle = "Nothing else was said of it, and nobody asked. " * 8
    first, last = list(excerpts(f"{OLD} {middle}The end came.", f"{NEW} {middle}The end is near."))
    assert first[:4] == [
        ("same", "The minister was fined "), ("removed", "5,000 "), ("added", "500 "),
        ("same", "crowns on Monday. She had refused to answer the inquiry. "),
    ]  # fmt: skip
    assert first[5][1].endswith(" …")
    assert last[0][1].startswith("… ")
    assert last[-2:] == [("removed", "came."), ("added", "is near.")]
    assert list(excerpts(OLD, OLD)) == []


WORDS = st.lists(st.sampled_from(["one", "two", "5,000", "don't", ".", "\n\n", " ", "Zoë", "x"]), max_size=12).map(
    " ".join
)


@given(WORDS, WORDS)
def test_the_segments_make_both_texts(old, new):
    found = compare(old, new)
    assert "".join(old[slice(*s.old)] for s in found) == old
    assert "".join(new[slice(*s.new)] for s in found) == new
    assert not any(a.same and b.same for a, b in itertools.pairwise(found))
    removed = [words for runs in excerpts(old, new) for kind, words in runs if kind == "removed"]
    assert "".join(removed) == "".join(old[slice(*s.old)] for s in found if not s.same)


@pytest.mark.slow
def test_texts_made_to_take_long_do_not():
    before = time.process_time()
    found = changes("a " * 100_000, "b " + "a " * 75_000 + "c")
    assert len(found) == 1
    assert time.process_time() - before < 5
