"""HTML of the app: `rag.markup`, with sentences of `rag.answer.wording`, links to pages and lists of terms."""

from __future__ import annotations

from collections.abc import Iterable

from rag.answer.wording import Phrase
from rag.markup import Html, isolated, items, link

__all__ = ["Html", "definitions", "isolated", "items", "link", "page_link", "phrase"]


def phrase(words: Phrase | str) -> Html:
    """Return a sentence of `rag.answer.wording`, with each text in it that is not ours isolated."""
    if isinstance(words, str):
        return Html.escape(words)
    values = (v if isinstance(v, int) else phrase(v) if isinstance(v, Phrase) else isolated(v) for v in words.values)
    return Html.escape(words.template).format(*values)


def page_link(url: str, words: str) -> Html:
    """Return a link to a page of the app, which opens in a tab of its own."""
    return Html('<a href="{}" target="_blank" rel="noopener">{}</a>').format(url, words)


def definitions(rows: Iterable[tuple[str, str]]) -> Html:
    """Return a list of terms, each with its description."""
    row = Html("<div><dt>{}</dt><dd>{}</dd></div>")
    return Html("<dl>{}</dl>").format(Html().join(row.format(term, description) for term, description in rows))
