"""Timelines as a notebook shows them: a table of HTML, a row an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.answer.html import Html, isolated, phrase
from rag.answer.notebook import quotation, said, source
from rag.comparison.timeline_wording import UNDATED, elsewhere, evidence, notes, spelled

if TYPE_CHECKING:
    from rag.comparison.timeline import Entry, Timeline

_TABLE = Html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>")
_ROW = Html(
    '<tr><th scope="row" style="text-align: left; vertical-align: top">{}<br>'
    '<span style="font-weight: normal">{}</span></th><td style="text-align: left; vertical-align: top">{}{}{}</td></tr>'
)


def timeline_notebook(timeline: Timeline) -> Html:
    """Return a timeline as HTML: what is to be known first, then what happened when."""
    parts = [Html("<h4>{}</h4>").format(isolated(timeline.question)), said(timeline.answer)]
    if timeline.found:
        heads = Html().join(
            Html('<th scope="col" style="text-align: left">{}</th>').format(h) for h in ("When", "Says")
        )
        parts.append(_TABLE.format(heads, Html().join(map(_row, (*timeline.entries, *timeline.undated)))))
    parts += [Html("<p>{}.</p>").format(f"{line[0].upper()}{line[1:]}") for line in notes(timeline)]
    return Html("<div>{}</div>").format(Html().join(parts))


def _row(entry: Entry) -> Html:
    also = elsewhere(entry)
    more = Html("<p>{}</p>").format(phrase(also)) if also else Html()
    when = spelled(entry.when) if entry.when else UNDATED
    return _ROW.format(when, phrase(evidence(entry)), source(entry.citation), quotation(entry.citation), more)
