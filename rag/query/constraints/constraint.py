"""Constraint: what some words of a question say about where its answer may come from."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Any

import regex

OUTLET, DATES, MENTION, PHRASE = "outlet", "dates", "mention", "phrase"
# What is left out.
NOT_OUTLET, NOT_OUTLET_KIND, NOT_DATES = "not outlet", "not outlet kind", "not dates"
EXCLUSIONS = (NOT_OUTLET, NOT_OUTLET_KIND, NOT_DATES)
STATE_MEDIA = "state media"  # in place of a kind: outlets that a government owns or funds

PERIOD, ORDER = "period", "order"  # these narrow nothing: they change what comes first
PREVIOUS = "previous"  # what completes a follow-up, taken from the question before it

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
ASKED_AND_EXCLUDED = "both asked for and left out"
NEGATED = "denied, and it is not clear what that leaves"
NOT_SOURCE = "named, but not as the source"
EXCLUDED = "it is not clear whether its articles are to be left out"
ORGANISATION = "an organisation that others report on"
# Why an outlet that the catalogue lacks is only offered.
OFFERED = "also the name of an outlet in this index, unknown to the catalogue"
LOOKS_LIKE = "an outlet in this index has this name, which looks like that of another one"
OFFERS = (OFFERED, LOOKS_LIKE)


@dataclass(frozen=True)
class Constraint:
    """What some words of a question say about where its answer may come from.

    Attributes:
        kind: OUTLET, DATES, PHRASE (words in quotation marks, which a passage must print), one of EXCLUSIONS, PERIOD,
            ORDER, PREVIOUS or MENTION. A period and an order change what comes first and narrow nothing; what is taken
            from the question before completes a follow-up; a mention does nothing. An outlet whose `why` is one of
            OFFERS narrows the search if the caller chooses that outlet.
        words: the words as the question has them; of PREVIOUS, those of the question or the title before it.
        start: where they begin in the question.
        end: where they end.
        outlet: the name that the catalogue shows, or the index's own name for an outlet that the catalogue lacks.
        after: first day meant, or left out, or None; of a mention, the first day that it speaks of.
        before: last day meant, or left out, or None; of a mention, the last day that it speaks of.
        applied: whether it takes effect.
        why: why it does not, or what it does where it narrows nothing, in a few words; else "".
        counted_from: the day of asking that its words count from ("last week"); None where they name days.
        outlet_kind: the kind of outlets that is left out, or STATE_MEDIA.
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
    outlet_kind: str | None = None

    @property
    def excludes(self) -> bool:
        """Whether it leaves something out."""
        return self.kind in EXCLUSIONS

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
