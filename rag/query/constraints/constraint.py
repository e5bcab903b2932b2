"""Constraint: what some words of a question say about where its answer may come from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any

import regex

OUTLET, DATES, MENTION = "outlet", "dates", "mention"
PERIOD, ORDER = "period", "order"  # these narrow nothing: they change what comes first

# Why a constraint does not narrow the search.
IGNORED = "ignored"
HAPPENED = "when it happened, not when it was reported"
# What a period and an order do.
THEN_FIRST = "when it happened: articles from then or soon after come first"
SORTED = {"newest": "the newest articles come first", "oldest": "the oldest articles come first"}
IN_FUTURE = "in the future"
NO_YEAR = "no year given"
NO_ASKING_DATE = "relative to the date of asking, which is not given"
CONTRADICTION = "the dates contradict each other"
NOT_SOURCE = "named, but not as the source"
EXCLUDED = "an outlet can be asked for, but not excluded, in words"
ORGANISATION = "an organisation that others report on"
# Why an outlet that the catalogue lacks is only offered.
OFFERED = "also the name of an outlet in this index, unknown to the catalogue"
LOOKS_LIKE = "an outlet in this index has this name, which looks like that of another one"
OFFERS = (OFFERED, LOOKS_LIKE)


@dataclass(frozen=True)
class Constraint:
    """What some words of a question say about where its answer may come from.

    Attributes:
        kind: OUTLET, DATES, PERIOD, ORDER or MENTION. Outlets and dates narrow the search; a period and an order
            change what comes first; a mention does nothing. An outlet whose `why` is one of OFFERS narrows the search
            if the caller chooses that outlet.
        words: the words as the question has them.
        start: where they begin in the question.
        end: where they end.
        outlet: the name that the catalogue shows, or the index's own name for an outlet that the catalogue lacks.
        after: first day meant, or None; of a mention, the first day that it speaks of.
        before: last day meant, or None; of a mention, the last day that it speaks of.
        applied: whether it takes effect.
        why: why it does not, or what it does where it narrows nothing, in a few words; else "".
        counted_from: the day of asking that its words count from ("last week"); None where they name days.
    """

    kind: str
    words: str
    start: int
    end: int
    outlet: str | None = None
    after: dt.date | None = None
    before: dt.date | None = None
    applied: bool = True
    why: str = ""
    counted_from: dt.date | None = None

    @property
    def order(self) -> str:
        """The order that an ORDER asks for, "newest" or "oldest" first."""
        return "oldest" if regex.search(r"first|earliest|oldest", self.words, regex.I) else "newest"

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as values for JSON; dates as YYYY-MM-DD."""
        plain = dataclasses.asdict(self)
        return {name: v.isoformat() if isinstance(v, dt.date) else v for name, v in plain.items()}


@dataclass(frozen=True)
class ParsedConstraints:
    """A question split into the text to search for and the constraints that its words state.

    Attributes:
        text: the question without the words of the applied constraints on what was said or published; the whole
            question if nothing to search for would remain.
        constraints: in the order of the question.
    """

    text: str
    constraints: tuple[Constraint, ...] = ()
