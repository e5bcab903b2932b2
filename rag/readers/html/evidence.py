"""Where on a page its headline and its authors were found: what `according add URL` says of the page that it read.

An Article has the evidence for its outlet and its date, which readers see; that for headline and authors is only for
whoever adds the page. So it is not stored, but kept of the last pages that were read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from rag.article import Article
from rag.provenance.outlet import key

from .authors import AUTHOR_METAS
from .elements import visible_text
from .page import WebPage

KEPT = 16  # pages
_HEADINGS = ("h1", "h2", "h3")


@dataclass(frozen=True)
class Evidence:
    """Where headline and authors were found, in words: "metadata: og:title"; None where there is none.

    Attributes:
        title: where the headline is.
        authors: where the authors are named.
    """

    title: str | None
    authors: str | None


class _Last:
    """The evidence of the last pages, by the id of their articles; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Evidence] = OrderedDict()

    def keep(self, article_id: str, evidence: Evidence) -> None:
        with self._lock:
            self._kept[article_id] = evidence
            self._kept.move_to_end(article_id)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def get(self, article_id: str) -> Evidence | None:
        with self._lock:
            return self._kept.get(article_id)


_last = _Last()


def note(article: Article, page: WebPage, credits: Sequence[str]) -> None:
    """Keep where the headline and the authors of a page are.

    Args:
        article: what was made of the page.
        page: the page.
        credits: the lines near the headline that can name authors.
    """
    _last.keep(article.id, Evidence(_of_title(article.title, page), _of_authors(article.authors, page, credits)))


def of(article: Article) -> Evidence | None:
    """Return where the headline and the authors of a page are; None if it was not among the last pages."""
    return _last.get(article.id)


def _of_title(title: str | None, page: WebPage) -> str | None:
    if not title:
        return None
    sought = key(title)
    for name in _HEADINGS:
        if any(sought in key(visible_text(element)) for element in list(page.tree.iter(name))[:20]):
            return f"heading: {name}"
    if any(sought in key(text) for text in page.names_in(page.article.get("headline"))):
        return "metadata: headline"
    for name in ("og:title", "twitter:title"):
        if any(sought in key(text) for text in page.meta(name)):
            return f"metadata: {name}"
    return "title element" if sought in key(page.title_element) else "printed in the page"


def _of_authors(authors: Sequence[str], page: WebPage, credits: Sequence[str]) -> str | None:
    if not authors:
        return None
    sought = key(authors[0])
    for name in ("author", "creator"):
        if any(sought in key(text) for text in page.names_in(page.article.get(name))):
            return f"metadata: {name}"
    for name in AUTHOR_METAS:
        if any(sought in key(text) for text in page.meta(name)):
            return f"metadata: {name}"
    byline = next((line for line in credits if sought in key(line)), None)
    return f"byline: {byline}" if byline else "printed in the page"
