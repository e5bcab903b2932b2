"""Query: what a caller asks for, checked and normalised once, before the index is consulted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rag.errors import QuestionError
from rag.provenance.dates import FIRST_YEAR, iso_day
from rag.query.previous import Previous
from rag.text import has_surrogates

MAX_QUESTION_CHARACTERS = 2000
MAX_PASSAGES = 1000
LAST_YEAR = 9990  # of a day of asking: some years are left to count in
ORDERS = RELEVANCE, NEWEST, OLDEST = "relevance", "newest", "oldest"
# A day of asking: today, or that of the newest article of the index where it is older.
NOW = "now"

Day = dt.date | str | None  # a day as a caller may give it: a date, a datetime or "YYYY-MM-DD"
Names = str | Iterable[str] | None


@dataclass(frozen=True)
class Query:
    """A question with the caller's filters; made by `Query.of`, which checks them.

    Attributes:
        text: the question, without white space around it.
        k: how many passages to return at most.
        outlets: the outlets to search, as the caller spells them; empty for all.
        outlet_kinds: the kinds of outlets to search; empty for all.
        after, before: first and last day allowed.
        undated: whether undated articles pass; None lets them pass unless a span of time is asked for.
        previous: the previous question, which this one may need to be complete, and what its answer speaks of.
        asked_on: the day that words such as "last year" count from; None for the one of `asks_now`, if any.
        asks_now: whether they count from today, or from the day of the newest article of the index if it is older.
        order: what comes first, one of ORDERS.
        strict: whether passages that may not answer are left out.
        ignore: words of constraints that are not to be applied; "all" for every one.
        min_confidence: the probability from which passages are shown, in place of the fitted one.
        exclude_outlets: the outlets not to search, as the caller spells them.
    """

    text: str
    k: int = 5
    outlets: tuple[str, ...] = ()
    outlet_kinds: tuple[str, ...] = ()
    after: dt.date | None = None
    before: dt.date | None = None
    undated: bool | None = None
    previous: Previous | None = None
    asked_on: dt.date | None = None
    ignore: tuple[str, ...] = ()
    min_confidence: float | None = None
    exclude_outlets: tuple[str, ...] = ()
    asks_now: bool = False
    order: str = RELEVANCE
    strict: bool = False

    @classmethod
    def of(
        cls,
        text: str,
        k: int = 5,
        outlets: Names = None,
        after: Day = None,
        before: Day = None,
        previous: str | Previous | None = None,
        asked_on: Day = None,
        ignore: Names = (),
        min_confidence: float | None = None,
        outlet_kinds: Names = None,
        undated: bool | None = None,
        exclude_outlets: Names = None,
        order: str = RELEVANCE,
        strict: bool = False,
    ) -> Query:
        """Check what a caller gives. The arguments are those of `Library.ask`.

        Raises:
            QuestionError: for an empty or overlong question, a `k` or `min_confidence` out of range, dates that make no
                sense, or an order that there is none of.
        """
        first, last = parse_day(after, "after"), parse_day(before, "before")
        if first and last and first > last:
            raise QuestionError(f"after ({first}) is later than before ({last})")
        if not 1 <= k <= MAX_PASSAGES:
            raise QuestionError(f"k is {k}; ask for 1 to {MAX_PASSAGES:,} passages")
        if order not in ORDERS:
            raise QuestionError(f"order is {order!r}; it can be {', '.join(ORDERS)}")
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise QuestionError(f"min_confidence is {min_confidence}; give a share from 0 to 1")
        asks_now = asked_on == NOW
        day = None if asks_now else parse_day(asked_on, "asked_on")
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise QuestionError(f"asked_on is {day}; give a day from {FIRST_YEAR} to {LAST_YEAR}")
        return cls(
            _checked_question(text), k, _listed(outlets), _listed(outlet_kinds), first, last, undated,
            _checked_previous(previous), day,
            _listed(ignore), min_confidence, _listed(exclude_outlets), asks_now, order, strict,
        )  # fmt: skip


def parse_day(value: object, name: str) -> dt.date | None:
    """Return a date from a date, a datetime or "YYYY-MM-DD"; None for None or "".

    Raises:
        QuestionError: for anything else; the message calls the value `name`.
    """
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return iso_day(str(value))
    except ValueError:
        raise QuestionError(f"{name} is {value!r}; give a day as YYYY-MM-DD") from None


def _checked_question(text: str | None) -> str:
    text = (text or "").strip()
    if not text:
        raise QuestionError("the question is empty; ask something")
    if has_surrogates(text):
        raise QuestionError("the question contains an invalid character (half of a surrogate pair); type it again")
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(text):,} characters; at most {MAX_QUESTION_CHARACTERS:,} can be asked"
        )
    return text


def _checked_previous(previous: object) -> Previous | None:
    if isinstance(previous, Previous):
        if not previous.question.strip():
            return None
        return replace(previous, question=_checked_question(previous.question[:MAX_QUESTION_CHARACTERS]))
    if previous is not None and not isinstance(previous, str):
        raise QuestionError(f"previous is a {type(previous).__name__}; give the previous question, or its Answer")
    return Previous(_checked_question(previous)) if previous else None


def _listed(given: Names) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())
