"""The words that a near-copy changed, as HTML: removed and added ones marked by lines and weight, and said aloud."""

from __future__ import annotations

from rag.answer.changes import Change, Part
from rag.answer.html import Html

# The words are read aloud, or shown where a page has no styles.
REMOVED = Html('<del><span class="unseen">removed: </span>{}</del>')
ADDED = Html('<ins><span class="unseen">added: </span>{}</ins>')


def change_html(change: Change) -> Html:
    """Return the sentences of a change, with the words removed and added marked in them."""
    return Html('<div class="diff" dir="auto">{}</div>').format(Html().join(map(_part, change.parts)))


def _part(part: Part) -> Html:
    """Return words that stayed, or those that were removed and then those that took their place."""
    if part.same:
        return Html("<span>{}</span>").format(part.added)
    pairs = (REMOVED, part.removed.strip()), (ADDED, part.added.strip())
    return Html().join(Html("{} ").format(mark.format(words)) for mark, words in pairs if words)
