"""What a page sends is checked: types, sizes, and that it is among what was offered."""

import re

import pytest

from rag.errors import QuestionError
from rag.web.filters import MAX_CHARACTERS, MAX_TEXTS, ORDERS, UNDATED, Filters, chosen, index, text, texts

ASKED, BEST = next(iter(UNDATED)), next(iter(ORDERS))


def test_filters_are_read_as_they_were_chosen():
    assert (
        Filters.read([[], [], "", "", ASKED, [], BEST, False])
        == Filters()
        == Filters.read([None, None, None, None, ASKED, None, BEST, False])
    )
    chosen = [["Reuters"], ["newspaper"], " 2013-01-01", "2014-01-01 ", "never", ["Fars"], "the newest", True]
    assert Filters.read(chosen) == Filters(
        ("Reuters",), ("newspaper",), "2013-01-01", "2014-01-01", False, ("Fars",), "newest", True
    )
    assert Filters.read([[], [], "soon", "", "always", [], BEST, False]) == Filters(
        after="soon", undated=True
    )  # the library says more


WRONG = [
    ["Reuters", [], "", "", ASKED, [], BEST, False],
    [[["Reuters"]], [], "", "", ASKED, [], BEST, False],
    [[{"path": "/etc/passwd"}], [], "", "", ASKED, [], BEST, False],
    [[1], [], "", "", ASKED, [], BEST, False],
    [["R"] * (MAX_TEXTS + 1), [], "", "", ASKED, [], BEST, False],
    [["R" * (MAX_CHARACTERS + 1)], [], "", "", ASKED, [], BEST, False],
    [[], {"a": 1}, "", "", ASKED, [], BEST, False],
    [[], [], ["2013-01-01"], "", ASKED, [], BEST, False],
    [[], [], "", 2013, ASKED, [], BEST, False],
    [[], [], "", "x" * (MAX_CHARACTERS + 1), ASKED, [], BEST, False],
    [[], [], "", "", None, [], BEST, False],
    [[], [], "", "", True, [], BEST, False],
    [[], [], "", "", "ALWAYS", [], BEST, False],
    [[], [], "", "", ["always"], [], BEST, False],
    [[], [], "", "", ASKED],
    [[], [], "", "", ASKED, "", BEST, False],
    [[], [], "", "", ASKED, [1], BEST, False],
    [[], [], "", "", ASKED, [], "newest", False],
    [[], [], "", "", ASKED, [], None, False],
    [[], [], "", "", ASKED, [], BEST, ""],
    [[], [], "", "", ASKED, [], BEST, None],
    [[], [], "", "", ASKED, [], BEST, "true"],
    [[], [], "", "", ASKED, [], BEST],
    [[], [], "", "", ASKED, [], BEST, False, False],
    [],
]


@pytest.mark.parametrize("given", WRONG, ids=lambda g: repr(g)[:40])
def test_a_filter_of_another_type_or_size_is_an_error(given):
    with pytest.raises(QuestionError):
        Filters.read(given)


def test_a_text_is_a_text():
    assert text("who?", "question") == "who?"
    assert len(text("x" * 10_000, "question", None)) == 10_000
    for wrong in (None, 5, True, ["x"], {"x": 1}):
        with pytest.raises(QuestionError, match=r"^question: give a text$"):
            text(wrong, "question")


def test_only_what_was_offered_can_be_chosen():
    assert texts(["in 2009"], "filters", ("in 2009", "Reuters")) == ("in 2009",)
    with pytest.raises(QuestionError, match=r"^filters: this page is out of date; ask the question again$"):
        texts(["in 2010"], "filters", ("in 2009",))
    with pytest.raises(QuestionError):
        texts(["in 2010"], "filters", ())


@pytest.mark.parametrize("given", [None, 0, 1, "true", [True], {}])
def test_a_box_is_ticked_or_not(given):
    assert (chosen(True, "box"), chosen(False, "box")) == (True, False)
    with pytest.raises(QuestionError):
        chosen(given, "box")


@pytest.mark.parametrize("given", [None, -1, 2, 10**30, True, 1.0, "1", [1], {"index": 1}])
def test_a_place_in_a_list_is_one_of_its_places(given):
    assert (index(0, 2, "example"), index(1, 2, "example")) == (0, 1)
    with pytest.raises(QuestionError, match=re.escape("example: there is no such one")):
        index(given, 2, "example")
