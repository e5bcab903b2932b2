"""Comparisons as a notebook shows them: a table of HTML, a row a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.answer.html import Html, isolated, phrase
from rag.answer.notebook import quotation, said, source
from rag.comparison.side_by_side.wording import on_sides, passage_facts, scope, silent

if TYPE_CHECKING:
    from rag.answer.citation import Citation
    from rag.comparison.side_by_side.comparison import Comparison, Row

_TABLE = Html("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>")
_ROW = Html(
    '<tr><th scope="row" style="text-align: left; vertical-align: top">{}{}</th>'
    '<td style="text-align: left; vertical-align: top">{}{}</td></tr>'
)
_SMALL = Html('<br><span style="font-weight: normal">{}</span>')


def comparison_notebook(comparison: Comparison) -> Html:
    """Return a comparison as HTML: what is to be known first, the table, and who has nothing near enough."""
    parts = [Html("<h4>{}</h4>").format(isolated(comparison.question)), said(comparison.answer)]
    if comparison.found:
        name = "Group" if comparison.by == "side" else comparison.by.capitalize()
        heads = Html().join(Html('<th scope="col" style="text-align: left">{}</th>').format(h) for h in (name, "Says"))
        rows = Html().join(_row(row, cited) for row, cited in comparison.passages)
        parts.append(_TABLE.format(scope(comparison), heads, rows))
    last = (silent(comparison), on_sides(comparison))
    parts += [Html("<p>{}</p>").format(phrase(fact)) for fact in last if fact]
    return Html("<div>{}</div>").format(Html().join(parts))


def _row(row: Row, cited: Citation) -> Html:
    small = Html().join(_SMALL.format(phrase(fact)) for fact in passage_facts(row, cited))
    return _ROW.format(isolated(row.group), small, source(cited), quotation(cited))
