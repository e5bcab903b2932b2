"""Which passages and articles of a database are to be compared for duplicates.

After `engine`; before `writer`. The signatures of all passages are read, but only those are kept that may be duplicates
of a new one, with all of the groups that these are in: what is added to a large index needs little memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.provenance.duplicates import EMPTY_HASH, PERMUTATIONS, Bands, Signatures
from rag.stores.sqlite.engine import Connection

ROWS_AT_ONCE = 16_384
_PASSAGES = "SELECT key, article, coalesce(same, -1), signature FROM passage"

Keys = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """Passages, or articles: keys, groups and signatures, as `base.Uncompared` has them."""

    keys: Keys
    groups: Keys
    signatures: Signatures


def to_compare(db: Connection) -> tuple[Compared, Compared] | None:
    """Return passages and articles to compare, inside a read transaction; None if no passage is new."""
    found = db.execute("SELECT key, coalesce(same, -1) FROM article WHERE retired IS NULL ORDER BY key").fetchall()
    articles, groups = np.array(found, np.int64).reshape(-1, 2).T
    whole = np.full((len(articles), PERMUTATIONS), EMPTY_HASH)
    (count,) = db.execute("SELECT count(*) FROM passage").fetchone()
    kept = _Kept(count)

    def passages(cursor: Iterator[Any]) -> Iterator[Compared]:
        for owners, some in _passages(cursor):
            rows = np.searchsorted(articles, owners)
            current = np.isin(owners, articles)
            _lower(whole, rows[current], some.signatures[current])
            yield Compared(some.keys[current], some.groups[current], some.signatures[current])

    for some in passages(db.execute(f"{_PASSAGES} WHERE same IS NULL")):
        kept.add(some)
    if not kept.count:
        return None
    new = kept.all()
    bands = Bands(new.signatures, np.ones(kept.count, bool))
    if kept.count < count:
        for some in passages(db.execute(f"{_PASSAGES} NOT INDEXED WHERE same IS NOT NULL")):
            near = bands.near(some.signatures)
            kept.add(Compared(some.keys[near], some.groups[near], some.signatures[near]))
        near_groups = json.dumps(np.unique(kept.all().groups).tolist())
        members = db.execute(f"{_PASSAGES} WHERE same IN (SELECT value FROM json_each(?))", (near_groups,))
        for some in passages(members):
            rest = ~np.isin(some.keys, kept.all().keys)
            kept.add(Compared(some.keys[rest], some.groups[rest], some.signatures[rest]))
    return kept.sorted(), Compared(articles, groups, whole)


class _Kept:
    """Passages that are collected."""

    def __init__(self, most: int):
        """Make room for so many, which takes no memory before it is used."""
        self.count = 0
        self._all = Compared(
            np.empty(most, np.int64), np.empty(most, np.int64), np.empty((most, PERMUTATIONS), np.uint32)
        )

    def add(self, some: Compared) -> None:
        start, self.count = self.count, self.count + len(some.keys)
        for name, values in vars(some).items():
            getattr(self._all, name)[start : self.count] = values

    def all(self) -> Compared:
        return Compared(*(values[: self.count] for values in vars(self._all).values()))

    def sorted(self) -> Compared:
        """Return them in the order of their keys."""
        found = self.all()
        if (np.diff(found.keys) > 0).all():
            return found
        order = np.argsort(found.keys)
        return Compared(found.keys[order], found.groups[order], found.signatures[order])


def _passages(cursor: Iterator[Any]) -> Iterator[tuple[Keys, Compared]]:
    """Yield passages with the key of the article of each, from rows of _PASSAGES."""
    while rows := list(islice(cursor, ROWS_AT_ONCE)):
        keys, owners, groups, signatures = zip(*rows, strict=True)
        signed = np.frombuffer(b"".join(signatures), "<u4").reshape(len(rows), PERMUTATIONS)
        yield np.array(owners, np.int64), Compared(np.array(keys, np.int64), np.array(groups, np.int64), signed)


def _lower(whole: Signatures, rows: Keys, signatures: Signatures) -> None:
    """Make signatures in some rows of `whole` the minimum of what they are and others."""
    if len(rows):
        order = np.argsort(rows, kind="stable")
        which, first = np.unique(rows[order], return_index=True)
        whole[which] = np.minimum(whole[which], np.minimum.reduceat(signatures[order], first))
