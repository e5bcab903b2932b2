"""What a page sends with an event -> values that the library is asked with, each checked for its type and its size.

A client can send anything, whatever the page would. Nothing is converted: a value of another type is an error.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.errors import QuestionError
from rag.query.query import ORDERS, RELEVANCE

MAX_TEXTS, MAX_CHARACTERS = 100, 2000  # of a list of names; of a text, as for programs (`endpoints`)
# Whether undated articles may be shown: what the page sends, and what the library is asked.
UNDATED = {"unasked": None, "always": True, "never": False}


@dataclass(frozen=True)
class Filters:
    """The filters of a page.

    Attributes:
        outlets: only these; all if there are none.
        outlet_kinds: only outlets of these kinds; all if there are none.
        after: only articles from this day on; empty for any. The library checks that it is a day.
        before: only articles up to this day; empty for any.
        undated: whether undated articles may be shown; None to leave it to the question.
        exclude_outlets: none of these.
        order: what comes first.
        strict: whether passages that may not answer are left out.
    """

    outlets: tuple[str, ...] = ()
    outlet_kinds: tuple[str, ...] = ()
    after: str = ""
    before: str = ""
    undated: bool | None = None
    exclude_outlets: tuple[str, ...] = ()
    order: str = RELEVANCE
    strict: bool = False

    @classmethod
    def read(cls, given: Sequence[object]) -> Filters:
        """Return the filters that a page sent: outlets, kinds of outlets, first day, last day, undated, not outlets,
        order, strict.

        Raises:
            QuestionError: if a value is missing, of another type, too long, or not among those offered.
        """
        if len(given) != 8:
            raise QuestionError("this page is out of date; load it again")
        outlets, outlet_kinds, after, before, undated, exclude_outlets, order, strict = given
        if not isinstance(undated, str) or undated not in UNDATED:
            raise QuestionError(f"undated: choose one of {', '.join(UNDATED)}")
        if not isinstance(order, str) or order not in ORDERS:
            raise QuestionError(f"order: choose one of {', '.join(ORDERS)}")
        return cls(
            texts(outlets, "outlets"), texts(outlet_kinds, "kinds of outlet"), text(after or "", "from").strip(),
            text(before or "", "to").strip(), UNDATED[undated], texts(exclude_outlets, "outlets left out"),
            order, chosen(strict, "strict"),
        )  # fmt: skip


def text(given: object, name: str, longest: int | None = MAX_CHARACTERS) -> str:
    """Return a text that a page sent.

    Args:
        given: what was sent.
        name: what the reader is to be shown as its name.
        longest: the most characters; None where the library has its own limit.

    Raises:
        QuestionError: if it is not a text, or too long.
    """
    if not isinstance(given, str):
        raise QuestionError(f"{name}: give a text")
    if longest is not None and len(given) > longest:
        raise QuestionError(f"{name}: at most {longest:,} characters")
    return given


def texts(given: object, name: str, among: Collection[str] | None = None) -> tuple[str, ...]:
    """Return a list of texts that a page sent; nothing at all is an empty list.

    Args:
        given: what was sent.
        name: what the reader is to be shown as its name.
        among: what was offered, if nothing else can be chosen.

    Raises:
        QuestionError: if it is not a list of texts, too long, or has what was not offered.
    """
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MAX_TEXTS:
        raise QuestionError(f"{name}: choose at most {MAX_TEXTS} from the list")
    chosen = tuple(text(one, name) for one in given)
    if among is not None and not set(chosen) <= set(among):
        raise QuestionError(f"{name}: this page is out of date; ask the question again")
    return chosen


def chosen(given: object, name: str) -> bool:
    """Return whether a box that a page sent is ticked.

    Raises:
        QuestionError: if it is neither ticked nor not.
    """
    if not isinstance(given, bool):
        raise QuestionError(f"{name}: tick the box, or do not")
    return given


def whole_number(given: object, name: str) -> int:
    """Return a whole number, from 0, that a page sent.

    Args:
        given: what was sent.
        name: what the reader is to be shown as its name.

    Raises:
        QuestionError: if it is something else.
    """
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise QuestionError(f"{name}: this page is out of date; load it again")
    return given
