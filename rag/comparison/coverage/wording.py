"""The sentences that explain a coverage: written once for the terminal, Markdown, HTML and programs.

As in `rag.answer.wording`, a sentence with text in it that is not ours is a `Phrase`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rag.answer import wording
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.grade import NEAR
from rag.answer.precedence import AGENCY, EARLIEST
from rag.answer.wording import Phrase, counted, joined, listed
from rag.article import POSTED, date_basis_label
from rag.text import one_line, spelled_date

if TYPE_CHECKING:
    from rag.comparison.coverage.coverage import Copier, Coverage, Report

MAX_SILENT = 8  # outlets named in a sentence
MAX_FIRST = 4
TAKEN_FROM_NEAR = "The event is taken from the nearest passage, which may not answer the question."
NOT_WHOLE = (
    "More articles are near this one than can be looked at: further outlets may tell of it, and none is called silent."
)
NO_WINDOW = "This article has no date: articles of all dates were compared, and no outlet is called silent."
MEANT_BY_SILENT = "Silent means: it has articles of these days in this index, and none was found that tells of it."


def notice(coverage: Coverage) -> Phrase | None:
    """Return what must be said before anything else: why nothing is shown, or that it may not be what is asked for."""
    answer = coverage.answer
    if not coverage.found:
        return wording.refusal(answer) if answer else Phrase(wording.NOTHING)
    return Phrase(TAKEN_FROM_NEAR) if answer and answer.grade == NEAR else None


def event(coverage: Coverage) -> Phrase:
    """Return the article whose event was looked for: "“Bridge closed” (Press TV, 2 January 2015)"."""
    day = spelled_date(coverage.date) if coverage.date else date_label(None, coverage.date_basis)
    title = one_line(coverage.title or "") or coverage.article_id or ""
    return Phrase("“{}” ({}, {})", title, one_line(coverage.outlet or UNKNOWN_OUTLET), day)


def summary(coverage: Coverage) -> Phrase:
    """Return how many outlets told the event, and when; who was first."""
    number = len(coverage.outlets)
    if not number:
        return Phrase("No outlet that passes the filters was found to tell of this event.")
    parts = [Phrase(f"Told by {counted(number, 'outlet')}")]
    dates = [day for report in coverage.reports for _, *span in report.versions for day in span if day]
    if dates:
        parts.append(Phrase(" from {} to {}" if min(dates) < max(dates) else " on {}", *_edges(dates)))
    parts.append(Phrase("."))
    first, day = _earliest(coverage)
    if first:
        same = ", on the same day" if len(first) > 1 else ""
        parts.append(Phrase(f" First{same}: {{}}, {{}}.", listed(first, MAX_FIRST), day))
    return joined(parts, "")


def _earliest(coverage: Coverage) -> tuple[list[str], str]:
    """Return the outlets with a report of the earliest date, and that date."""
    every = [version for report in coverage.first for version in report.versions if version[2]]
    earliest = min((last for _, _, last in every if last), default=None)
    found = [(one_line(outlet), date_label(first, None, last)) for outlet, first, last in every if last == earliest]
    return [outlet for outlet, _ in found], found[0][1] if found else ""


def silent(coverage: Coverage) -> Phrase | None:
    """Return who published in the window and told nothing: "Silent: A (4 articles), B (1 article) and 3 more"."""
    if not coverage.silent:
        return None
    names = [f"{one_line(s.outlet)} ({counted(s.articles, 'article')})" for s in coverage.silent]
    return Phrase("Silent: {}.", listed(names, MAX_SILENT))


def notes(coverage: Coverage) -> list[Phrase]:
    """Return what else a reader should know: the window, what was not looked at, how sure the order is."""
    if not coverage.found:
        return []
    lines = []
    if coverage.after and coverage.before:
        lines.append(
            Phrase("Looked at: articles from {} to {}.", *map(spelled_date, (coverage.after, coverage.before)))
        )
    else:
        lines.append(Phrase(NO_WINDOW))
    if not coverage.whole:
        lines.append(Phrase(NOT_WHOLE))
    if coverage.more:
        tell = "tells" if coverage.more == 1 else "tell"
        lines.append(Phrase(f"{counted(coverage.more, 'further outlet')} {tell} of it too; to see more, raise k."))
    if unsure := [one_line(r.outlet) for r in coverage.reports if r.place == "not known"]:
        lines.append(
            Phrase("{}: dated to a month or a year that may be before the first report.", listed(unsure, MAX_FIRST))
        )
    if posted := sum(c.date_basis == POSTED for c in coverage.passages):
        are = "is that" if posted == 1 else "are those"
        host = "of a site that posted the text; its outlet may have printed it earlier."
        lines.append(Phrase(f"{counted(posted, 'date')} {are} {host}"))
    if coverage.undated:
        lines.append(Phrase("Undated reports are in no order of time."))
    if coverage.silent:
        lines.append(Phrase(MEANT_BY_SILENT))
    return lines


def dated(report: Report) -> str:
    """Return when a report was made, and that compared with the first: "5 May 2013 (published), 2 days later"."""
    match report.place:
        case "undated":
            return "Undated"
        case "later":
            return f"{when(report)}, {counted(report.days_later or 0, 'day')} later"
        case "not known":
            return f"{when(report)}, order not known"
    return f"{when(report)}, {report.place}"


def when(report: Report) -> str:
    """Return the date of a report and whose date it is: "5 May 2013 (published)", "May 2013", "undated"."""
    cited = report.citation
    return wording.when(cited) if cited.date else date_label(report.first, cited.date_basis, report.last)


def date_label(first: dt.date | None, basis: str | None, last: dt.date | None = None) -> str:
    """Return the date of an article that names no day: "May 2013", "2013" or "undated"."""
    if not first or not last:
        return "undated"
    if first == last:
        return f"{spelled_date(first)} ({date_basis_label(basis)})" if basis else spelled_date(first)
    return f"{first:%B %Y}" if (last - first).days < 31 else f"{first.year}"


def copiers(report: Report) -> Phrase | None:
    """Return who else prints the text: "The same text, or nearly: A (6 May 2013), B (undated; in other words)"."""
    if not report.copiers:
        return None
    order = {AGENCY: "which credit it as the agency", EARLIEST: "later"}.get(report.precedence or "", "order not known")
    return Phrase(
        f"The same text, or nearly ({order}): {{}}.", joined([_copier(copier) for copier in report.copiers], "; ")
    )


def _copier(copier: Copier) -> Phrase:
    day = date_label(copier.first, None, copier.last)
    words = ", with other words" if copier.altered else ""
    elsewhere = copier.host and copier.host != copier.outlet
    via = Phrase(", via {}", one_line(copier.host or "")) if elsewhere else Phrase("")
    return Phrase(f"{{}}{{}} ({{}}{words})", one_line(copier.outlet), via, day)


def _edges(dates: list[dt.date]) -> list[str]:
    return [spelled_date(day) for day in sorted({min(dates), max(dates)})]
