"""What a page sends is checked: types, sizes, and that it is among what was offered."""

import gradio as gr
import pytest

from rag.errors import QuestionError
from rag.query.query import ORDERS
from rag.web.app import _filters
from rag.web.filters import MAX_CHARACTERS, MAX_TEXTS, UNDATED, Filters, chosen, text, texts, whole_number

ASKED, BEST = next(iter(UNDATED)), next(iter(ORDERS))


def test_filters_are_read_as_they_were_chosen():
    assert (
        Filters.read([[], [], "", "", ASKED, [], BEST, False])
        == Filters()
        == Filters.read([None, None, None, None, ASKED, None, BEST, False])
    )
    chosen = [["Reuters"], ["newspaper"], " 2013-01-01", "2014-01-01 ", "never", ["Fars"], "newest", True]
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
    [[], [], "", "", ASKED, [], "the newest", False],
    [[], [], "", "", "unless I ask for a date", [], BEST, False],
    [[], [], "", "", "", [], BEST, False],
    [[], [], "", "", ASKED, [], "", False],
    [[], [], "", "", ASKED, [], ["newest"], False],
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


def test_each_value_that_the_page_has_is_one_that_can_be_sent():
    with gr.Blocks():
        parts = {part.elem_id: part for part in _filters()}
    undated, order = parts["undated"], parts["order"]
    assert [value for _, value in undated.choices] == [*UNDATED]
    assert [value for _, value in order.choices] == [*ORDERS]
    assert Filters.read([[], [], "", "", undated.value, [], order.value, False]) == Filters()


@pytest.mark.parametrize("given", [None, -1, -(10**30), True, False, 1.0, "1", "", [1], {"index": 1}])
def test_a_number_is_a_whole_number_from_0(given):
    assert (whole_number(0, "question"), whole_number(10**30, "question")) == (0, 10**30)
    with pytest.raises(QuestionError, match=r"^question: this page is out of date; load it again$"):
        whole_number(given, "question")
