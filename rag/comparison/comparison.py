"""Comparison: what each group of articles says about one question, a row a group."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.answer.answer import MEANING
from rag.answer.citation import Citation
from rag.answer.figures import Figure
from rag.answer.grade import ANSWERS, NEAR, NOTHING, Grade
from rag.answer.refusals import Missing, Why
from rag.answer.suggestions import Suggestion
from rag.query.constraints import Constraint
from rag.retrieval.parse import Alias

By = Literal["outlet", "kind", "host", "country", "year", "side"]
GROUPINGS: tuple[By, ...] = ("outlet", "kind", "host", "country", "year")  # what callers can choose; sides are named


@dataclass(frozen=True)
class Row:
    """What one group says: the best passage of its articles.

    Attributes:
        group: its name.
        grade: "answers", or "near" if the passage may not answer.
        citation: the passage; its `variants` have the words that near-copies of other groups changed.
        confidence: the calibrated probability that it answers; None where no model was fitted for the index's encoder.
        passages: how many passages of the group are near enough to be shown.
        articles: how many articles these are from.
        first, last: the earliest and the latest date of these articles; None where none is dated.
        shared_with: the other groups that print the same words, or nearly, and have no better passage of their own.
    """

    group: str
    grade: Grade
    citation: Citation
    confidence: float | None = None
    passages: int = 1
    articles: int = 1
    first: dt.date | None = None
    last: dt.date | None = None
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class SilentGroup:
    """A group of which no passage is near enough to be shown.

    Attributes:
        group: its name.
        articles: how many articles it has that the filters allow.
    """

    group: str
    articles: int


@dataclass(frozen=True)
class Comparison:
    """What groups of articles say about one question.

    Attributes:
        question: as asked.
        searched: what was searched for (see `Answer.searched`).
        by: what the groups are: "outlet", "kind" (of outlet), "host" (the site that a text was taken from), "country"
            (of the outlet), "year" (of the article) or "side".
        rows: those groups that have a passage near enough, best first; sides in the order in which they were named.
        silent: those that have none, the one with the most articles first.
        more: how many groups have a passage near enough, and no row.
        sides: the outlets of each side, as the index has them, by the side's name; empty unless `by` is "side".
        figures: where the question asks how many, how much, what share or when, the values that the rows' marked
            sentences give, each with those who give it.
        constraints, aliases, suggestions, searched_by, missing, why: as in `Answer`.
    """

    question: str
    searched: str
    by: By
    rows: tuple[Row, ...] = ()
    silent: tuple[SilentGroup, ...] = ()
    more: int = 0
    sides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    aliases: tuple[Alias, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    searched_by: str = MEANING
    missing: Missing = field(default_factory=Missing)
    why: Why | None = None

    @property
    def grade(self) -> Grade:
        """The best grade of a row; "nothing" where there is none."""
        if not self.rows:
            return NOTHING
        return ANSWERS if any(row.grade == ANSWERS for row in self.rows) else NEAR

    @property
    def found(self) -> bool:
        """Whether there are rows."""
        return bool(self.rows)

    @property
    def passages(self) -> tuple[Citation, ...]:
        """The passages of the rows."""
        return tuple(row.citation for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison in JSON types; dates as YYYY-MM-DD."""
        raise NotImplementedError
