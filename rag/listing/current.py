"""The lists and counts of the newest state of an index, made when first asked for; safe to use from several threads.

After `articles`; before `rag.browse`, which asks for them. Commands that only list articles load none of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from rag.stores.base import Contents, Store

if TYPE_CHECKING:
    from rag.answer.balance import Counts
    from rag.listing.articles import ArticleList
    from rag.listing.outlets import OutletList

Made = TypeVar("Made")


class CurrentLists:
    """The lists and counts of a store, each of one generation."""

    def __init__(self, store: Store):
        """Make nothing yet."""
        self._counts = _Newest(_counts)
        self._outlets = _Newest(_outlets)
        self._articles = _Newest(lambda contents: _articles(store, contents))

    def counts(self, contents: Contents) -> Counts:
        """Return the counts of an index that is made of this."""
        return self._counts.of(contents)

    def outlets(self, contents: Contents) -> OutletList:
        """Return the outlets of an index that is made of this."""
        return self._outlets.of(contents)

    def articles(self, contents: Contents) -> ArticleList:
        """Return the articles of an index that is made of this, which is what this thread reads (`Store.reading`)."""
        return self._articles.of(contents)


class _Newest(Generic[Made]):
    """What was last made, and the generation that it was made of."""

    def __init__(self, make: Callable[[Contents], Made]):
        self._make, self._lock = make, threading.Lock()
        self._made: tuple[int, Made] | None = None

    def of(self, contents: Contents) -> Made:
        with self._lock:  # whoever comes meanwhile needs the same
            if self._made is None or self._made[0] != contents.generation:
                self._made = contents.generation, self._make(contents)
            return self._made[1]


def _counts(contents: Contents) -> Counts:
    from rag.answer.balance import count
    from rag.provenance.catalogue import load_catalogue

    return count(contents.columns, load_catalogue(contents.catalogue))


def _outlets(contents: Contents) -> OutletList:
    from rag.listing.outlets import OutletList
    from rag.provenance.catalogue import load_catalogue

    return OutletList(contents.columns, load_catalogue(contents.catalogue))


def _articles(store: Store, contents: Contents) -> ArticleList:
    from rag.listing.articles import ArticleList
    from rag.provenance.catalogue import load_catalogue

    return ArticleList(store.headings(), load_catalogue(contents.catalogue))
