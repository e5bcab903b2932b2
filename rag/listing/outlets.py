"""OutletList: the outlets of an index with the number, the kind and the dates of their articles.

After `words`; before `articles`, which are also found by their outlet. Made once for each state of an index, with a few
passes over its columns: to count each outlet's articles by themselves takes two seconds for 3,000 outlets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.listing.words import folded, is_unspaced, words_of
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import UNCLASSIFIED
from rag.stores.columns import ArticleColumns
from rag.stores.filters import LAST_DATE, is_day

# In which order outlets can be listed: by name, by kind, the most articles first, whose first article is the earliest,
# whose last is the latest.
NAME, KIND, ARTICLES, FIRST, LAST = "name", "kind", "articles", "first", "last"
OUTLET_ORDERS = (ARTICLES, NAME, KIND, FIRST, LAST)


@dataclass(frozen=True)
class ListedOutlet:
    """An outlet in a list.

    Attributes:
        name: its name, as the index has it; None is the unknown outlet.
        articles: number of its articles.
        kind: its kind by the catalogue, or UNCLASSIFIED.
        first, last: the earliest and the latest day of its articles; None if none is dated to a day.
    """

    name: str | None
    articles: int
    kind: str
    first: dt.date | None
    last: dt.date | None


class OutletNames:
    """The names of outlets, each in all spellings of the catalogue, to be searched."""

    def __init__(self, outlets: Sequence[str | None], catalogue: Catalogue):
        self._names = [_searchable(name, catalogue) if name else "" for name in outlets]

    def holding(self, word: str) -> npt.NDArray[np.bool_]:
        """Return which outlets have a name with a word that begins like this one, as `words_of` returns it, (m,)."""
        wanted = word if is_unspaced(word) else f" {word}"
        return np.array([wanted in names for names in self._names], bool)

    def matching(self, text: str) -> npt.NDArray[np.bool_]:
        """Return which outlets have all words of a text in their names, or are named so without the spaces, (m,)."""
        words = words_of(text)
        held = self.holding("".join(words)) if words else np.zeros(len(self._names), bool)
        return held | np.logical_and.reduce([self.holding(word) for word in words]) if words else held


class OutletList:
    """The outlets of an index; safe to use from several threads.

    Attributes:
        outlets: all of them, in the order of `ArticleColumns.outlets`.
        kinds: number of outlets of each kind, sorted by kind.
    """

    def __init__(self, columns: ArticleColumns, catalogue: Catalogue):
        """List the outlets of some columns."""
        count = len(columns.outlets)
        first, last = np.full(count, LAST_DATE + 1), np.zeros(count, int)
        dated = is_day(columns.date)
        np.minimum.at(first, columns.outlet[dated], columns.date[dated])
        np.maximum.at(last, columns.outlet[dated], columns.date[dated])
        self.outlets = tuple(
            ListedOutlet(name, number, catalogue.kind(name) if name else UNCLASSIFIED, *_span(a, b))
            for (name, number), a, b in zip(columns.tally().items(), first.tolist(), last.tolist(), strict=True)
        )
        self.names = OutletNames(columns.outlets, catalogue)
        kinds = [each.kind for each in self.outlets]
        self.kinds = {kind: kinds.count(kind) for kind in sorted(set(kinds))}

    def find(self, text: str = "", kind: str | None = None, order: str = ARTICLES) -> list[ListedOutlet]:
        """Return outlets.

        Args:
            text: words of their names, in any spelling of the catalogue; "" for all outlets. A word is found by how it
                begins, whatever its letter case and accents.
            kind: only outlets of this kind.
            order: one of OUTLET_ORDERS. Outlets that do not differ in it are in the order of their names; those without
                a date, and the unknown one among names, are last.
        """
        found: Iterable[ListedOutlet] = self.outlets
        if text:
            found = (each for each, held in zip(found, self.names.matching(text).tolist(), strict=True) if held)
        found = (each for each in found if kind in (None, each.kind))
        by_name = sorted(found, key=lambda each: (each.name is None, folded(each.name or "").split()))
        return sorted(by_name, key=_KEYS[order]) if order in _KEYS else by_name


# What a list that is sorted by name is then sorted by.
_KEYS = {
    ARTICLES: lambda each: -each.articles,
    KIND: lambda each: (each.kind == UNCLASSIFIED, each.kind),
    FIRST: lambda each: each.first or dt.date.max,
    LAST: lambda each: -each.last.toordinal() if each.last else 0,
}


def _searchable(name: str, catalogue: Catalogue) -> str:
    """Return the words of all names of an outlet, and each name without its spaces; every word after a space."""
    known = catalogue.outlet(name)
    names = dict.fromkeys((name, *(known.names if known else ()), *(known.domains if known else ())))
    spaced = [folded(each).split() for each in names]
    return f" {' '.join(' '.join((*words, ''.join(words))) for words in spaced)}"


def _span(first: int, last: int) -> tuple[dt.date | None, dt.date | None]:
    return (dt.date.fromordinal(first), dt.date.fromordinal(last)) if last else (None, None)
