"""Coverage: which outlets told one event, who was first, who printed whose text, and who is silent."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.text import with_iso_dates

Place = Literal["first", "later", "not known", "undated"]
PLACES: tuple[Place, ...] = ("first", "later", "not known", "undated")
FIRST, LATER, NOT_KNOWN, UNDATED = PLACES


@dataclass(frozen=True)
class Copier:
    """An outlet that prints the text of a report, or nearly.

    Attributes:
        outlet: its name; its site where the outlet is not known.
        article_id, host, date, date_basis: the article that it printed first, as in `Article`.
        first, last: the first and the last day that its date means; None where it has none.
        altered: whether it has other words in the passage shown (see `Citation.variants`).
    """

    outlet: str
    article_id: str
    host: str | None
    date: dt.date | None
    date_basis: str | None
    first: dt.date | None
    last: dt.date | None
    altered: bool = False


@dataclass(frozen=True)
class Report:
    """The first report of one outlet: its earliest article that tells the event, and the best passage of that.

    Attributes:
        outlet: its name; its site where the outlet is not known.
        citation: the passage; its `copies` and `variants` name who else prints it, and what they changed.
        likeness: how likely it is that the article tells the event, 0 to 1; 1 for the article that was asked about.
        articles: how many articles of the outlet tell the event.
        first, last: the first and the last day that the article's date means: the same day, or those of a month or a
            year; None where it has none.
        place: "first" (on the earliest day; several can share it), "later", "not known" for a month or a year that may
            be earlier than the first report, or "undated"; by the earliest date of it and its copiers.
        days_later: how many days after the first report, at least; None for "not known" and "undated".
        copiers: the other outlets whose article is a copy of this one, or nearly, by date. Of all versions this one
            comes first: `citation.version_basis` and `precedence` say why.
        precedence: why this version is the one that is shown: "agency" (which others credit), "earliest" (its date) or
            "order unknown"; None where there are no copiers.
    """

    outlet: str
    citation: Citation
    likeness: float
    articles: int = 1
    first: dt.date | None = None
    last: dt.date | None = None
    place: Place = UNDATED
    days_later: int | None = None
    copiers: tuple[Copier, ...] = ()
    precedence: str | None = None

    @property
    def versions(self) -> tuple[tuple[str, dt.date | None, dt.date | None], ...]:
        """Each outlet that prints this text, with the first and the last day that its date means; its own first."""
        return (self.outlet, self.first, self.last), *((c.outlet, c.first, c.last) for c in self.copiers)


@dataclass(frozen=True)
class SilentOutlet:
    """An outlet that published in the window, and no article found that tells the event.

    Attributes:
        outlet: its name.
        articles: how many articles it has that are dated in the window.
    """

    outlet: str
    articles: int


@dataclass(frozen=True)
class Coverage:
    """Which outlets told the event that an article tells.

    Attributes:
        article_id, title, outlet, date, date_basis: the article, as in `Article`; None where no answer names one.
        question: what was asked; None where the article was given by its id.
        answer: the answer to the question, from whose best passage the article was taken; None likewise.
        after, before: the first and the last day of the window; None where the article has no date, and articles of all
            dates were compared.
        reports: those of dated articles, the earliest first; of one day, the likeliest first.
        undated: those of undated articles, the likeliest first; they are in no order of time.
        silent: outlets that published in the window and told nothing of it, the one with the most articles first. None
            are named where there is no window, or where `whole` is false.
        more: how many further outlets tell the event, and are not shown.
        whole: whether all articles near enough were looked at; if not, an outlet that is not shown may have told it.
    """

    article_id: str | None = None
    title: str | None = None
    outlet: str | None = None
    date: dt.date | None = None
    date_basis: str | None = None
    question: str | None = None
    answer: Answer | None = None
    after: dt.date | None = None
    before: dt.date | None = None
    reports: tuple[Report, ...] = ()
    undated: tuple[Report, ...] = ()
    silent: tuple[SilentOutlet, ...] = ()
    more: int = 0
    whole: bool = True

    @property
    def found(self) -> bool:
        """Whether there is an article whose event was looked for."""
        return self.article_id is not None

    @property
    def first(self) -> tuple[Report, ...]:
        """The reports of the earliest day; several where several outlets have one on it."""
        return tuple(report for report in self.reports if report.place == FIRST)

    @property
    def outlets(self) -> tuple[str, ...]:
        """The outlets that told the event, those shown as copiers included."""
        every = (*self.reports, *self.undated)
        return tuple(dict.fromkeys(outlet for report in every for outlet, _, _ in report.versions))

    @property
    def passages(self) -> tuple[Citation, ...]:
        """The passages of all reports, the undated ones last."""
        return tuple(report.citation for report in (*self.reports, *self.undated))

    def to_dict(self) -> dict[str, Any]:
        """Return the coverage in JSON types; dates as YYYY-MM-DD."""
        from rag.comparison.coverage import wording

        names = ("question", "article_id", "title", "outlet", "date", "date_basis", "after", "before")
        head = {name: getattr(self, name) for name in names}
        refused = self.answer.to_dict() if self.answer else {}
        said = {name: refused.get(name) for name in ("grade", "why", "missing", "constraints", "suggestions")}
        body = {
            "found": self.found,
            "notice": str(said_first) if (said_first := wording.notice(self)) else None,
            "notes": [str(note) for note in wording.notes(self)],
            "reports": [_report(report) for report in self.reports],
            "undated": [_report(report) for report in self.undated],
            "silent": [asdict(outlet) for outlet in self.silent],
            "more": self.more,
            "whole": self.whole,
            **said,
        }
        plain: dict[str, Any] = with_iso_dates(head | body)
        return plain

    def to_markdown(self, accessed: dt.date | None = None) -> str:
        """Return the coverage as Markdown: a table of first reports, then their passages.

        Args:
            accessed: the day on which it was looked up.

        Returns:
            Markdown in which nothing that an article holds is taken for markup.
        """
        from rag.comparison.coverage.text import coverage_markdown

        return coverage_markdown(self, accessed)

    def __repr__(self) -> str:
        if not self.found:
            return f"<Coverage of {self.question!r}: nothing found>"
        event = f"article {self.article_id!r}"
        return f"<Coverage of {event}: {len(self.outlets)} outlets, {len(self.silent)} silent>"

    def _repr_html_(self) -> str:
        """Return the coverage as HTML, for notebooks."""
        from rag.comparison.coverage.text import coverage_html

        return str(coverage_html(self))


def _report(report: Report) -> dict[str, Any]:
    return asdict(report) | {"citation": report.citation.to_dict()}
