"""Comparison: what each group of articles says about one question, a row a group."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.figures import Figure
from rag.answer.grade import Grade
from rag.comparison.side_by_side.markdown import comparison_markdown
from rag.comparison.side_by_side.notebook import comparison_notebook
from rag.query.constraints import Constraint
from rag.text import iso_date

By = Literal["outlet", "kind", "host", "country", "year", "side"]
GROUPINGS: tuple[By, ...] = ("outlet", "kind", "host", "country", "year")  # what callers choose from; sides are named


@dataclass(frozen=True)
class Row:
    """What one group says: the best passage of its articles.

    Attributes:
        group: its name.
        grade: "answers", or "near" if the passage may not answer.
        citation: the passage; its `variants` have the words that near-copies changed.
        confidence: the calibrated probability that it answers; None where no model was fitted for the index's encoder.
        passages: how many passages of the group fit nearly as well as the best of all.
        articles: how many articles these are from.
        first, last: the earliest and the latest date of these articles; None where none is dated.
        shared_with: the other groups whose best passage is a copy of this one, or nearly; they have no row.
        further: passages of other articles of the group that fit nearly as well, each with its own grade.
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
    further: tuple[Citation, ...] = ()


class SilentGroup(NamedTuple):
    """A group without a passage that is near enough to be shown, and how many articles it has."""

    group: str
    articles: int


@dataclass(frozen=True, repr=False)
class Comparison:
    """What groups of articles say about one question.

    Attributes:
        by: what the groups are: "outlet", "kind" (of outlet), "host" (the site that a text was taken from), "country"
            (of the outlet), "year" (of the article) or "side".
        answer: the passages of the rows as an answer, in their order, then their further ones, with all that is said of
            one: what was searched for, its balance, constraints and figures, and why nothing is shown.
        rows: the groups that have a passage near enough, best first; years and sides in their order.
        silent: those that have none, the one with the most articles first.
        more: how many groups have a passage near enough, and no row.
        sides: the outlets of each side, as the index has them, by the side's name; empty unless `by` is "side".
        whole: False if more passages are near than are compared; then those called silent may have some too.
        several: of outlets that the words of a question put on several sides, all of these, the one they are on first.
        asked: what the groups are asked: the question, without the words that name sides.
    """

    by: By
    answer: Answer
    rows: tuple[Row, ...] = ()
    silent: tuple[SilentGroup, ...] = ()
    more: int = 0
    sides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: bool = True
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: str = ""

    @property
    def question(self) -> str:
        """The question as asked."""
        return self.answer.question

    @property
    def grade(self) -> Grade:
        """The best grade of a row; "nothing" where there is none."""
        return self.answer.grade

    @property
    def found(self) -> bool:
        """Whether there are rows."""
        return bool(self.rows)

    @property
    def passages(self) -> tuple[tuple[Row, Citation], ...]:
        """The passages shown, each with its row: of each row the best one, then its further ones."""
        return tuple((row, citation) for row in self.rows for citation in (row.citation, *row.further))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Where the question asks how many, how much, what share or when: the values given, each with who gives it."""
        return self.answer.figures

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The constraints parsed from the words of the question, and whether each was applied."""
        return self.answer.constraints

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison in JSON types; dates as YYYY-MM-DD. The passages are in the rows."""
        plain = self.answer.to_dict()
        head = {name: plain.pop(name) for name in ("question", "searched", "grade", "found", "notice")}
        del plain["passages"]
        rows = [
            {
                "group": row.group, "grade": row.grade, "confidence": row.confidence,
                "citation": row.citation.to_dict(), "passages": row.passages, "articles": row.articles,
                "first": iso_date(row.first), "last": iso_date(row.last), "shared_with": list(row.shared_with),
                "further": [citation.to_dict() for citation in row.further],
            }
            for row in self.rows
        ]  # fmt: skip
        compared = {
            "by": self.by,
            "rows": rows,
            "silent": [silent._asdict() for silent in self.silent],
            "more": self.more,
            "whole": self.whole,
            "sides": {side: list(outlets) for side, outlets in self.sides.items()},
            "several": {outlet: list(sides) for outlet, sides in self.several.items()},
            "asked": self.asked,
        }
        return head | compared | plain

    def to_markdown(self, accessed: dt.date | None = None) -> str:
        """Return the comparison as Markdown: a table with a row a group, then each passage with its source.

        Args:
            accessed: the day on which it was asked.

        Returns:
            Markdown in which nothing that an article holds is taken for markup.
        """
        return comparison_markdown(self, accessed)

    def __repr__(self) -> str:
        """Return the question, the grade and the groups that have a row, in a line."""
        groups = ", ".join(row.group for row in self.rows)
        return f"<Comparison by {self.by} of {self.question!r}: {self.grade}{f', {groups}' if groups else ''}>"

    def _repr_html_(self) -> str:
        """Return the comparison as a notebook shows it."""
        return str(comparison_notebook(self))
