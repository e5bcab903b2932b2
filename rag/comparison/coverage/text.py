"""Coverage -> Markdown, and the HTML that a notebook shows; the terminal's text is in `rag.cli.covering`."""

from __future__ import annotations

import datetime as dt

from rag.answer.html import Html, isolated, items, link, phrase
from rag.answer.markdown import citation_markdown, plain
from rag.answer.wording import DIGEST, Phrase, attribution, via
from rag.comparison.coverage import wording
from rag.comparison.coverage.coverage import Coverage, Report
from rag.text import one_line

HEADS = ("When", "Outlet", "First report", "Also")

_TABLE = Html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>")
_HEAD, _ROW = Html('<th scope="col">{}</th>'), Html("<tr>{}</tr>")
_CELL = Html('<td style="text-align: left; vertical-align: top">{}</td>')
_PARAGRAPH = Html("<p>{}</p>")


def coverage_markdown(coverage: Coverage, accessed: dt.date | None = None) -> str:
    """Return a coverage as Markdown; see `Coverage.to_markdown`."""
    parts = [f"**{_plain(coverage.question)}**"] if coverage.question else []
    parts += [_plain(str(said))] if (said := wording.notice(coverage)) else []
    if coverage.found:
        parts += [f"Coverage of {_plain(str(wording.event(coverage)))}", _plain(str(wording.summary(coverage)))]
        rows = [[_plain(cell) for cell in _cells(report)] for report in _reports(coverage)]
        parts += ["\n".join(f"| {' | '.join(row)} |" for row in (HEADS, ["---"] * len(HEADS), *rows))] if rows else []
        parts += [_plain(str(line)) for line in filter(None, (wording.silent(coverage),))]
        parts += ["\n".join(f"* {_plain(str(note))}" for note in wording.notes(coverage))]
        parts += [citation_markdown(report.citation, accessed).rstrip() for report in _reports(coverage)]
    return "\n\n".join(filter(None, parts)) + "\n"


def coverage_html(coverage: Coverage) -> Html:
    """Return a coverage as HTML for a notebook: the sentences, then a table with a row for each report."""
    parts = [_PARAGRAPH.format(isolated(coverage.question))] if coverage.question else []
    parts += [_PARAGRAPH.format(phrase(said))] if (said := wording.notice(coverage)) else []
    if coverage.found:
        parts.append(_PARAGRAPH.format(phrase(Phrase("Coverage of {}", wording.event(coverage)))))
        parts.append(_PARAGRAPH.format(phrase(wording.summary(coverage))))
        rows = [_ROW.format(Html().join(_CELL.format(each) for each in _html(r))) for r in _reports(coverage)]
        parts += [_TABLE.format(Html().join(map(_HEAD.format, HEADS)), Html().join(rows))] if rows else []
        parts += [_PARAGRAPH.format(phrase(line)) for line in filter(None, (wording.silent(coverage),))]
        parts.append(items(map(phrase, wording.notes(coverage))))
    return Html("<div>{}</div>").format(Html().join(parts))


def _reports(coverage: Coverage) -> tuple[Report, ...]:
    return (*coverage.reports, *coverage.undated)


def _cells(report: Report) -> tuple[str, str, str, str]:
    """Return the cells of a report as plain text."""
    cited = report.citation
    digest = f" ({DIGEST})" if cited.kind == "digest" else ""
    return (
        wording.dated(report),
        f"{report.outlet}{_via(report)}{digest}",
        f"“{one_line(cited.quotation)}”",
        str(wording.copiers(report) or ""),
    )


def _html(report: Report) -> tuple[Html, Html, Html, Html]:
    cited = report.citation
    title = link(cited.quote_url or cited.url, cited.title or cited.url) if cited.url else isolated(cited.title or "")
    said = Html('<blockquote dir="auto">{}</blockquote>{}').format(cited.quotation, title)
    outlet = Html("{} <strong>{}</strong>{}").format(
        attribution(cited), isolated(report.outlet), isolated(_via(report))
    )
    copiers = wording.copiers(report)
    return Html.escape(wording.dated(report)), outlet, said, phrase(copiers) if copiers else Html()


def _via(report: Report) -> str:
    """Return ", via HOST", unless the outlet is not known and the site is named in its place."""
    return via(report.citation) if report.citation.outlet else ""


def _plain(text: str) -> str:
    return plain(one_line(text))
