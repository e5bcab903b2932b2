"""Timeline: sentences that answer a question, in the order of when what they tell happened."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.grade import Grade
from rag.answer.wording import counted
from rag.comparison.event_date import Precision
from rag.comparison.timeline_markdown import timeline_markdown
from rag.comparison.timeline_notebook import timeline_notebook
from rag.query.constraints import Constraint

# Where a date comes from.
Basis = Literal["sentence", "first sentences", "title", "article"]
SENTENCE: Basis = "sentence"
LEAD: Basis = "first sentences"
TITLE: Basis = "title"
ARTICLE: Basis = "article"


@dataclass(frozen=True)
class When:
    """The date of an entry.

    Attributes:
        first, last: its first and its last day; the same for a day.
        value: as ISO 8601 has it, as far as it is stated: "2012-09-28", "2012-09", "2012", "1981/1989"; or "1990s".
        precision: "day", "month", "year" or "decade".
        basis: "sentence" where a marked sentence states it; "first sentences" or "title" where those of the article
            date the same event; "article" for the article's own date, which is not one of the event.
        counted: whether it is counted from the day of publication: "on Monday", "in September".
        words: as the article prints it; "" for an article's own date.
        span: (start, end) of these words in the article's text; None for those of a title, or an article's own date.
    """

    first: dt.date
    last: dt.date
    value: str
    precision: Precision
    basis: Basis
    counted: bool = False
    words: str = ""
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Entry:
    """A line of a timeline: what one source says of one day.

    Attributes:
        when: its date; None where neither a sentence nor the article has one.
        citation: the passage, verified, with the sentences that answer.
        grade: "answers", or "near" if they may not answer.
        also: the other outlets and sites that print these sentences word for word.
        more: how many further sentences of this source on this date are left out.
    """

    when: When | None
    citation: Citation
    grade: Grade
    also: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class Timeline:
    """Sentences that answer a question, in the order of when what they tell happened.

    Attributes:
        answer: the passages of the entries as an answer, in their order, with all that is said of one: what was
            searched for, its balance and constraints, and why nothing is shown.
        entries: those with a date, the earliest first.
        undated: those without one, the best first.
        left_out: how many more entries there are that answer less well.
    """

    answer: Answer
    entries: tuple[Entry, ...] = ()
    undated: tuple[Entry, ...] = ()
    left_out: int = 0

    @property
    def question(self) -> str:
        """The question as asked."""
        return self.answer.question

    @property
    def grade(self) -> Grade:
        """How sure it is that the passages answer, as for an answer; "nothing" where there are none."""
        return self.answer.grade

    @property
    def found(self) -> bool:
        """Whether there are entries."""
        return self.answer.found

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The constraints parsed from the words of the question, and whether each was applied."""
        return self.answer.constraints

    def to_dict(self) -> dict[str, Any]:
        """Return the timeline in JSON types; dates as YYYY-MM-DD. The citations are in the entries."""
        plain = self.answer.to_dict()
        head = {name: plain.pop(name) for name in ("question", "searched", "grade", "found", "notice")}
        every = [
            {
                "when": _when(entry.when), "grade": entry.grade, "citation": citation, "also": list(entry.also),
                "more": entry.more,
            }
            for entry, citation in zip((*self.entries, *self.undated), plain.pop("passages"), strict=True)
        ]  # fmt: skip
        dated = len(self.entries)
        lines = {"entries": every[:dated], "undated": every[dated:], "left_out": self.left_out}
        return head | lines | plain

    def to_markdown(self, accessed: dt.date | None = None) -> str:
        """Return the question and the timeline as Markdown.

        Args:
            accessed: the day on which it was asked.

        Returns:
            Markdown in which nothing that an article holds is taken for markup.
        """
        return timeline_markdown(self, accessed)

    def __repr__(self) -> str:
        """Return the question, the grade, and how many entries there are from when to when, in a line."""
        dated = [entry.when.value for entry in self.entries if entry.when]
        span = f", {dated[0]} to {dated[-1]}" if dated else ""
        number = len(self.entries) + len(self.undated)
        return f"<Timeline of {self.question!r}: {self.grade}, {counted(number, 'passage')}{span}>"

    def _repr_html_(self) -> str:
        """Return the timeline as a notebook shows it."""
        return str(timeline_notebook(self))


def _when(when: When | None) -> dict[str, Any] | None:
    if when is None:
        return None
    days = {"first": when.first.isoformat(), "last": when.last.isoformat()}
    return {**vars(when), **days, "span": list(when.span) if when.span else None}
