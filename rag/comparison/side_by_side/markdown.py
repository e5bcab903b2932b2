"""Comparisons as Markdown, in which nothing that an article holds is taken for markup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rag.answer.markdown import answer_markdown, citation_markdown, plain
from rag.answer.wording import figures, notice, suggestion
from rag.comparison.side_by_side.wording import on_sides, passage_facts, row_source, scope, silent
from rag.text import one_line

if TYPE_CHECKING:
    from rag.comparison.side_by_side.comparison import Comparison


def comparison_markdown(comparison: Comparison, accessed: dt.date | None = None) -> str:
    """Return the question, a table with a row a group, and the passages of the rows with their sources.

    Args:
        comparison: what to show.
        accessed: the day on which it was looked up.
    """
    answer = comparison.answer
    if not comparison.found:
        return "\n".join(
            filter(None, [answer_markdown(answer, accessed), _line(silent(comparison)), _line(on_sides(comparison))])
        )
    heads = ["Group" if comparison.by == "side" else comparison.by.capitalize(), "Says", "Source", "Articles"]
    body = [
        [
            row.group,
            cited.quotation,
            row_source(row, comparison.by, cited),
            "; ".join(map(str, passage_facts(row, cited))),
        ]
        for row, cited in comparison.passages
    ]
    said = [answer.question, notice(answer), *map(str, map(suggestion, answer.suggestions))]
    head, *lines = [_line(words) for words in said if words]
    parts = [
        f"**{head.strip()}**\n", *lines, _line(scope(comparison)),
        _line(figures(answer)) if answer.figures else "", table(heads, body), _line(silent(comparison)),
        _line(on_sides(comparison)),
        *(citation_markdown(cited, accessed) for _, cited in comparison.passages),
    ]  # fmt: skip
    return "\n".join(filter(None, parts))


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of texts, as GitHub's Markdown writes it: a cell is one line, in which nothing is markup."""
    lines = [[plain(one_line(cell)) for cell in row] for row in (heads, *rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _line(words: object) -> str:
    return f"{plain(one_line(str(words)))}\n" if str(words) else ""
