"""Outlets, sites, dates and copies of articles as numbers: what filters are held against and counts are made of.

After the words that can be filtered too, before the stores that keep the articles.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rag.provenance.outlet import key
from rag.stores.tantivy_index import NONE, IndexFilter

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ArticleColumns:
    """What is known of some articles. Row i of every array is one article, or several that do not differ in it.

    Attributes:
        outlets, hosts: the names in it, sorted; None last where some article has none.
        outlet, host: index into `outlets` and `hosts`, (m,).
        day: proleptic ordinal of the date, 0 where there is none, (m,).
        same: the group of copies, (m,); articles that are no copies have one by themselves, which rows never share.
        number: how many articles a row stands for, (m,); more than one only of those that are no copies.
    """

    outlets: tuple[str | None, ...]
    hosts: tuple[str | None, ...]
    outlet: npt.NDArray[np.int32]
    host: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    same: Rows
    number: Rows

    @classmethod
    def of(
        cls,
        outlets: Sequence[str | None],
        hosts: Sequence[str | None],
        days: Sequence[int],
        same: Sequence[int] | Rows,
        number: Sequence[int] | Rows | None = None,
    ) -> ArticleColumns:
        """The facts of articles that are given one beside the other; each row is one article unless `number` is given.

        `days` are ordinals, 0 where there is no date.
        """
        names, codes = _coded(outlets)
        sites, places = _coded(hosts)
        counts = np.ones(len(outlets), np.int64) if number is None else np.asarray(number, np.int64)
        return cls(names, sites, codes, places, np.array(days, np.int32), np.asarray(same, np.int64), counts)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.same)

    @property
    def articles(self) -> int:
        """Number of articles."""
        return int(self.number.sum())

    def some(self, rows: Rows | npt.NDArray[np.bool_]) -> ArticleColumns:
        """Those of some rows, given by their places or by a mask, (m,)."""
        return replace(
            self, outlet=self.outlet[rows], host=self.host[rows], day=self.day[rows], same=self.same[rows],
            number=self.number[rows],
        )  # fmt: skip

    @functools.cached_property
    def spelled(self) -> dict[str, list[str]]:
        """The outlets of each name, letter case and the like aside (see `outlets.key`)."""
        found: dict[str, list[str]] = {}
        for outlet in filter(None, self.outlets):
            found.setdefault(key(outlet), []).append(outlet)
        return found

    @functools.cached_property
    def source(self) -> Rows:
        """A number for who each article comes from, (m,): its outlet, else its host, else one for all unknown ones."""
        known = np.array([name is not None for name in self.outlets], bool)
        by_host = len(self.outlets) + self.host.astype(np.int64)
        return np.where(known[self.outlet], self.outlet, by_host) if len(known) else by_host

    @functools.cached_property
    def elsewhere(self) -> npt.NDArray[np.bool_]:
        """Whether each article was taken from another site than its outlet, (m,)."""
        outlets, hosts = (np.array([*names, None], object) for names in (self.outlets, self.hosts))
        return np.asarray(outlets[self.outlet] != hosts[self.host], bool)

    def passing(self, within: IndexFilter) -> npt.NDArray[np.bool_] | None:
        """Which rows filters let through, (m,); None for all."""
        dated = within.after is not None or within.before is not None
        if not within.outlets and not dated:
            return None
        mask = np.ones(len(self), bool)
        if within.outlets:
            chosen = np.array([outlet in within.outlets for outlet in self.outlets], bool)
            mask &= chosen[self.outlet] if len(chosen) else False
        if dated:
            first, last = within.after or NONE + 1, within.before or dt.date.max.toordinal()
            inside = (self.day >= first) & (self.day <= last)
            mask &= inside | (self.day == NONE) if within.undated else inside
        return mask

    def tally(self) -> dict[str | None, int]:
        """Number of articles of each outlet, in the order of `outlets`."""
        return dict(zip(self.outlets, _totals(self.outlet, self.number, len(self.outlets)), strict=True))

    def tally_hosts(self) -> dict[str | None, int]:
        """The same of each site."""
        return dict(zip(self.hosts, _totals(self.host, self.number, len(self.hosts)), strict=True))


def ordinal(day: dt.date | None) -> int:
    """A date as the arrays have it."""
    return day.toordinal() if day else NONE


def _totals(codes: npt.NDArray[np.int32], number: Rows, names: int) -> list[int]:
    totals: list[int] = np.bincount(codes, number, names).astype(np.int64).tolist()
    return totals


def _coded(names: Iterable[str | None]) -> tuple[tuple[str | None, ...], npt.NDArray[np.int32]]:
    """The different names, sorted, None last; and the place of each of the names among them."""
    names = list(names)
    different = tuple(sorted(set(names), key=lambda name: (name is None, name or "")))
    code = {name: i for i, name in enumerate(different)}
    return different, np.array([code[name] for name in names], np.int32)
