"""What changed in an article -> HTML. What was removed and added is marked by signs and words, not by colour alone."""

from __future__ import annotations

from collections.abc import Iterator

from rag.answer.html import Html, isolated
from rag.article import Article
from rag.provenance.revisions import MAX_SHOWN, Change, Revision, Run, excerpts, shortened
from rag.web.changes_html import ADDED, REMOVED

MAX_EXCERPTS = 50  # of one pair of versions


def revision_html(revision: Revision) -> Html:
    """Return what changed in a passage since an earlier version, for the line below it."""
    shown = [_change(change) for change in revision.changes[:MAX_SHOWN]]
    more = len(revision.changes) - len(shown)
    listed = [*shown, *([Html("{:,} more").format(more)] if more else [])]
    return Html('<span class="changed diff">Changed since {}: {}</span>').format(
        isolated(revision.since), Html("; ").join(listed)
    )


def comparison_html(earlier: Article, later: Article) -> Html:
    """Return the places that differ between two versions, each with some words before and after it."""
    found = list(excerpts(earlier.text, later.text))
    parts = [
        Html('<p dir="auto" class="compared">{}</p>\n').format(Html().join(_runs(e))) for e in found[:MAX_EXCERPTS]
    ]
    if len(found) > MAX_EXCERPTS:
        parts.append(Html("<p>and {:,} more places</p>\n").format(len(found) - MAX_EXCERPTS))
    return Html().join(parts) if parts else Html("<p>No word of the text differs.</p>\n")


def _change(change: Change) -> Html:
    both = [(REMOVED, change.removed), (ADDED, change.added)]
    return Html(" → ").join(mark.format(isolated(shortened(words))) for mark, words in both if words)


def _runs(runs: list[Run]) -> Iterator[Html]:
    for kind, words in runs:
        mark = {"removed": REMOVED, "added": ADDED}.get(kind)
        yield mark.format(words) if mark else Html.escape(words)
