"""The lists and counts of the newest state of an index, made when first asked for; safe to use from several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from rag.answer.balance import Counts, count
from rag.listing.articles import ArticleList
from rag.listing.outlets import OutletList
from rag.provenance.catalogue import load_catalogue
from rag.stores.base import Contents, Store

Made = TypeVar("Made")


class CurrentLists:
    """The lists of a store, each of one generation."""

    def __init__(self, store: Store):
        """Make nothing yet."""
        self._counts = _Newest(lambda c: count(c.columns, load_catalogue(c.catalogue)))
        self._outlets = _Newest(lambda c: OutletList(c.columns, load_catalogue(c.catalogue)))
        self._articles = _Newest(lambda c: ArticleList(store.headings(), load_catalogue(c.catalogue)))

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
