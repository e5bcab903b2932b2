"""Counts and example questions -> the HTML that a page begins with: what the index holds, and what to ask it.

The questions come from `rag.examples`, or are given; both are text and escaped like any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer.balance import Counts
from rag.answer.html import Html, isolated
from rag.answer.wording import counted
from rag.text import one_line

_SECTION = Html('<section class="according start" aria-label="{}"{}>{}</section>')
_HOLDS = Html('<p class="holds">{}</p>')
_EXAMPLES = Html('<div class="examples" role="group" aria-label="Example questions">{}</div>')
_EXAMPLE = Html('<button type="button" class="example" data-do="example" dir="auto">{}</button>')
_EMPTY = Html('<p class="empty">The index is empty. {}</p>')
_BUILD = Html("Put articles in with <code>according build FOLDER</code>.")
_ADD = Html("Put articles in with “Add your own files”, or with <code>according build FOLDER</code>.")


def start_html(counts: Counts, examples: Sequence[str] = (), may_add: bool = False, is_making: bool = False) -> Html:
    """Return what a page begins with.

    Args:
        counts: of the whole index (`ReadOnlyLibrary.counts`).
        examples: questions to begin with; none are shown of an empty index.
        may_add: whether readers may add files.
        is_making: whether more examples are being made, so that the page asks again.

    Returns:
        A section. Each example is a button whose text is the question.
    """
    if not counts.articles:
        return _SECTION.format("The index is empty", "", _EMPTY.format(_ADD if may_add else _BUILD))
    asked = Html().join(_EXAMPLE.format(isolated(one_line(question))) for question in examples)
    shown = _EXAMPLES.format(asked) if asked else Html()
    more = Html(" data-more") if is_making else ""
    return _SECTION.format("What the index holds", more, _HOLDS.format(holds(counts)) + shown)


def holds(counts: Counts) -> str:
    """Return how much an index holds: "345 articles · 45 outlets · 2003 to 2023"."""
    parts = [counted(counts.articles, "article")]
    if counts.named:
        parts.append(counted(counts.named, "outlet"))
    if counts.first and counts.last:
        years = dict.fromkeys(str(day.year) for day in (counts.first, counts.last))
        parts.append(" to ".join(years))
    return " · ".join(parts)
