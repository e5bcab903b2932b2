"""Outlets, sites, dates and duplicates of articles as arrays: what filters are applied to, and counts are made of.

After `filters`; before the stores, whose views have them, and `rag.answer.balance`, which counts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rag.provenance.outlet import key
from rag.stores.filters import NO_DATE, is_day

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ArticleColumns:
    """What is known of some articles. Row i of every array is one article, or several that do not differ in it.

    Attributes:
        outlets, hosts: the names in it, sorted; None last if some article has none.
        outlet, host: index into `outlets` and `hosts`, (m,).
        date: the date as one integer (see `filters`), NO_DATE if there is none, (m,).
        same: the group of duplicates, (m,); articles without duplicates have one of their own, which no two rows share.
        number: how many articles a row stands for, (m,); more than one only for articles without duplicates.
    """

    outlets: tuple[str | None, ...]
    hosts: tuple[str | None, ...]
    outlet: npt.NDArray[np.int32]
    host: npt.NDArray[np.int32]
    date: npt.NDArray[np.int32]
    same: Rows
    number: Rows

    @classmethod
    def of(
        cls,
        outlets: Sequence[str | None],
        hosts: Sequence[str | None],
        dates: Sequence[int],
        same: Sequence[int] | Rows,
        number: Sequence[int] | Rows | None = None,
    ) -> ArticleColumns:
        """Return the columns of articles.

        Args:
            outlets, hosts: a name for each row, or None.
            dates: a date for each row, as one integer, NO_DATE if there is none.
            same: a group of duplicates for each row.
            number: how many articles each row stands for; by default one.
        """
        outlet_names, outlet = _coded(outlets)
        host_names, host = _coded(hosts)
        counts = np.ones(len(outlets), np.int64) if number is None else np.asarray(number, np.int64)
        return cls(
            outlet_names, host_names, outlet, host, np.array(dates, np.int32), np.asarray(same, np.int64), counts
        )

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.same)

    @property
    def articles(self) -> int:
        """Number of articles."""
        return int(self.number.sum())

    def some(self, rows: Rows | npt.NDArray[np.bool_]) -> ArticleColumns:
        """Return some rows, by their numbers or by a mask, (m,)."""
        return replace(
            self, outlet=self.outlet[rows], host=self.host[rows], date=self.date[rows], same=self.same[rows],
            number=self.number[rows],
        )  # fmt: skip

    @functools.cached_property
    def spelled(self) -> dict[str, list[str]]:
        """The outlets by name without letter case and the like (see `rag.provenance.outlet.key`)."""
        found: dict[str, list[str]] = {}
        for outlet in filter(None, self.outlets):
            found.setdefault(key(outlet), []).append(outlet)
        return found

    @functools.cached_property
    def source(self) -> Rows:
        """A number for the source of each article, (m,): its outlet, else its host, else one for all unknown ones."""
        known = np.array([name is not None for name in self.outlets], bool)
        by_host = len(self.outlets) + self.host.astype(np.int64)
        return np.where(known[self.outlet], self.outlet, by_host) if len(known) else by_host

    @functools.cached_property
    def elsewhere(self) -> npt.NDArray[np.bool_]:
        """Whether each article was taken from another site than its outlet's, (m,)."""
        outlets, hosts = (np.array([*names, None], object) for names in (self.outlets, self.hosts))
        return np.asarray(outlets[self.outlet] != hosts[self.host], bool)

    @functools.cached_property
    def newest(self) -> int:
        """The last day on which an article is dated, NO_DATE if none is."""
        days = self.date[is_day(self.date)]
        return int(days.max()) if len(days) else NO_DATE

    def tally(self) -> dict[str | None, int]:
        """Return the number of articles of each outlet, in the order of `outlets`."""
        return dict(zip(self.outlets, _totals(self.outlet, self.number, len(self.outlets)), strict=True))

    def tally_hosts(self) -> dict[str | None, int]:
        """Return the number of articles of each site, in the order of `hosts`."""
        return dict(zip(self.hosts, _totals(self.host, self.number, len(self.hosts)), strict=True))


def _totals(codes: npt.NDArray[np.int32], number: Rows, names: int) -> list[int]:
    totals: list[int] = np.bincount(codes, number, names).astype(np.int64).tolist()
    return totals


def _coded(names: Iterable[str | None]) -> tuple[tuple[str | None, ...], npt.NDArray[np.int32]]:
    """Return the different names, sorted, None last, and the index of each name among them."""
    names = list(names)
    different = tuple(sorted(set(names), key=lambda name: (name is None, name or "")))
    code = {name: i for i, name in enumerate(different)}
    return different, np.array([code[name] for name in names], np.int32)
