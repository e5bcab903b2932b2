"""ArticleList: the ids of the articles of an index, found by words of their titles, in order of dates or of titles.

After `outlets`; before `current`, which keeps the newest. It is made of what a store says of all articles without
reading their texts (`Store.headings`): each title becomes the numbers of its words, and is not kept.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag.listing.outlets import OutletNames
from rag.listing.words import folded, is_unspaced, words_of
from rag.provenance.catalogue import Catalogue
from rag.stores.base import Heading
from rag.stores.columns import ArticleColumns, Rows
from rag.stores.filters import LAST_DATE, NO_DATE, days_of

# In which order articles can be listed; undated ones, and those without a title, are last.
NEWEST, OLDEST, TITLE = "newest", "oldest", "title"
ARTICLE_ORDERS = (NEWEST, OLDEST, TITLE)
UNDATED = 0  # the year of articles without a date
_EPOCH = 719_163  # the ordinal of the first day that NumPy counts from

Mask = npt.NDArray[np.bool_]


class ArticleList:
    """The articles of an index; safe to use from several threads.

    Attributes:
        ids: their ids, (m,).
        years: the years in which articles are dated, latest first; UNDATED last if some are not.
    """

    def __init__(self, headings: Sequence[Heading], catalogue: Catalogue):
        """List the articles with these headings."""
        ids, titles, outlets, dates = zip(*headings, strict=True) if headings else ((), (), (), ())
        self.ids: tuple[str, ...] = ids
        self._columns = ArticleColumns.of(outlets, [None] * len(ids), dates, range(len(ids)))
        self._names = OutletNames(self._columns.outlets, catalogue)
        self._day = days_of(self._columns.date)[0].astype(np.int64)
        self._year = _years(self._day)
        self.years = tuple(np.unique(self._year)[::-1].tolist())
        lines = folded("\n".join(" ".join((title or "").split()) for title in titles)).split("\n")[: len(ids)]
        self._by_title = np.array(sorted(range(len(ids)), key=lambda i: (not lines[i].strip(), lines[i])), np.int64)
        self._titles = _Words(lines)

    def find(
        self, text: str = "", outlets: Sequence[str | None] | None = None, year: int | None = None, order: str = NEWEST
    ) -> Rows:
        """Return rows of `ids`.

        Args:
            text: words that must each be in the title or in a name of the outlet; "" for all articles. A word is found
                by how it begins, whatever its letter case and accents.
            outlets: names as the index has them, only articles of these; None for all.
            year: only articles dated in this year, to a day, a month or the year; UNDATED for those without a date.
            order: one of ARTICLE_ORDERS.

        Returns:
            The rows, (n,), in that order.
        """
        passing: Mask = np.ones(len(self.ids), bool)
        words = words_of(text)
        if text and not words:
            passing[:] = False
        for word in words:
            passing &= self._titles.holding(word) | self._of(self._names.holding(word))
        if outlets is not None:
            chosen = set(outlets)
            passing &= self._of(np.array([name in chosen for name in self._columns.outlets], bool))
        if year is not None:
            passing &= self._year == year
        rows = self._order(order)
        return rows[passing[rows]]

    def _of(self, outlets: Mask) -> Mask:
        """Return which articles are of some outlets, (m,)."""
        return outlets[self._columns.outlet] if len(outlets) else np.zeros(len(self.ids), bool)

    def _order(self, order: str) -> Rows:
        return {NEWEST: self._newest, OLDEST: self._oldest, TITLE: self._by_title}[order]

    @functools.cached_property
    def _newest(self) -> Rows:
        return np.argsort(-self._day, kind="stable")

    @functools.cached_property
    def _oldest(self) -> Rows:
        return np.argsort(np.where(self._day == NO_DATE, LAST_DATE + 1, self._day), kind="stable")


class _Words:
    """Which of some lines hold a word: the words in order, and for each the lines that have it, one after the other."""

    def __init__(self, lines: Sequence[str]):
        numbers: dict[str, int] = {}
        split = [line.split() for line in lines]
        codes = np.array([numbers.setdefault(word, len(numbers)) for words in split for word in words], np.int64)
        self._count, self._words = len(lines), sorted(numbers)
        place = np.empty(len(numbers), np.int64)
        place[[numbers[word] for word in self._words]] = np.arange(len(numbers))
        places = place[codes] if len(codes) else codes
        order = np.argsort(places, kind="stable")
        self._lines = np.repeat(np.arange(len(lines), dtype=np.int32), [len(words) for words in split])[order]
        self._starts = np.searchsorted(places[order], np.arange(len(numbers) + 1))

    def holding(self, word: str) -> Mask:
        """Return which lines have a word that begins like this one, (n,)."""
        held: Mask = np.zeros(self._count, bool)
        if is_unspaced(word):
            spans = [(i, i + 1) for i, each in enumerate(self._words) if word in each]
        else:
            spans = [(bisect_left(self._words, word), bisect_left(self._words, f"{word}\U0010ffff"))]
        for first, end in spans:
            held[self._lines[self._starts[first] : self._starts[end]]] = True
        return held


def _years(day: Rows) -> Rows:
    """Return the year of each day, (m,); UNDATED for NO_DATE."""
    years = (day - _EPOCH).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return np.where(day == NO_DATE, UNDATED, years)
