"""What the page shows before the first question: what the index holds, and questions to begin with."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer.balance import Counts
from rag.answer.html import Html
from rag.answer.wording import counted


def start_html(counts: Counts, examples: Sequence[str]) -> Html:
    """Return what the index holds, in a line, and the examples as buttons."""
    button = Html('<button type="button" class="example" data-do="example">{}</button>')
    held = f"{counted(counts.articles, 'article')} · {counted(counts.named, 'outlet')}"
    return Html('<section class="according start"><p>{}</p><p class="ways">{}</p></section>').format(
        held, Html(" ").join(map(button.format, examples))
    )
