"""Counts over all articles of a library in Milvus that no index of Milvus can give: outlets, dates, duplicates, names.

After `tables`; before `view`, which shows them, and `writer`, which finds aliases by them. A summary is brought up to
date by reading the articles that have changed since.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rag.stores.columns import ArticleColumns
from rag.stores.milvus import schema
from rag.stores.milvus.tables import Tables

Cell = tuple[str | None, str | None, int]  # outlet, host, date as one integer (`filters`)


@dataclass
class Summary:
    """What the articles that can be found have in common, at one generation.

    Attributes:
        generation: the generation that it shows.
        cells: number of articles without duplicates, by outlet, host and date.
        duplicates: (cell, group, id) of each article with duplicates, by article key.
        pairs, printed: as arguments of `aliases.group`.
    """

    generation: int = -1
    cells: Counter[Cell] = field(default_factory=Counter)
    duplicates: dict[int, tuple[Cell, int, str]] = field(default_factory=dict)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    printed: Counter[str] = field(default_factory=Counter)

    def copy(self) -> Summary:
        """Return a copy that can be changed while others read this one."""
        parts = (self.cells, self.duplicates, self.pairs, self.printed)
        return Summary(self.generation, *(part.copy() for part in parts))  # type: ignore[arg-type]

    @property
    def articles(self) -> int:
        """Number of articles."""
        return int(self.cells.total()) + len(self.duplicates)

    def count(self, key: int, brief: Mapping[str, Any], by: int) -> None:
        """Add an article to the counts, or remove it (`by=-1`)."""
        cell = brief["outlet"], brief["host"], brief["day"]
        if by > 0 or self.duplicates.pop(key, None) is None:
            self.cells[cell] += by
        for pair in brief["pairs"]:
            self.pairs[pair[0], pair[1]] += by
        for short in brief["printed"]:
            self.printed[short] += by

    def group(self, key: int, cell: Cell, group: int, article_id: str) -> None:
        """Record that an article is a duplicate of another."""
        if key not in self.duplicates:
            self.cells[cell] -= 1
        self.duplicates[key] = cell, group, article_id

    def columns(self) -> ArticleColumns:
        """Return the same as arrays: a row for each cell, and one for each duplicate."""
        single = [(cell, number) for cell, number in self.cells.items() if number > 0]
        cells = [cell for cell, _ in single] + [cell for cell, _, _ in self.duplicates.values()]
        groups = np.array([group for _, group, _ in self.duplicates.values()], np.int64)
        _, same = np.unique(groups, return_inverse=True)
        return ArticleColumns.of(
            [outlet for outlet, _, _ in cells], [host for _, host, _ in cells], [date for _, _, date in cells],
            np.concatenate([np.arange(len(single)), len(single) + same]),
            np.array([number for _, number in single] + [1] * len(groups), np.int64),
        )  # fmt: skip


class Summaries:
    """The newest summary of a library; safe to use from several threads."""

    def __init__(self, tables: Tables):
        self._tables = tables
        self._lock = threading.Lock()
        self._summary, self._before = Summary(), Summary()

    def newest(self) -> Summary:
        """Return the summary of the generation that this thread reads at."""
        with self._lock:
            now = self._tables.generation()
            for known in (self._summary, self._before):
                if known.generation == now:
                    return known
            if self._summary.generation > now:  # another thread reads a later one
                return self._updated(Summary(), now)
            self._before, self._summary = self._summary, self._updated(self._summary, now)
            return self._summary

    def _updated(self, old: Summary, now: int) -> Summary:
        """Return a summary of a generation, made from that of an earlier one."""
        tables = self._tables
        new = Summary() if tables.has_erased(old.generation) else old.copy()
        last = new.generation
        for row in tables._scan("articles", f"born > {last} and {schema.present(now)}", ("key", "brief")):
            new.count(row["key"], schema.brief(row), 1)
        if last >= 0:
            gone = f"born <= {last} and died > {last} and died <= {now}"
            for row in tables._scan("articles", gone, ("key", "brief")):
                new.count(row["key"], schema.brief(row), -1)
        saved = f'kind == "same" and born > {last} and born <= {now}'
        groups = {int(row["value"][0]): row for row in tables._scan("records", saved, schema.RECORD_COLUMNS)}
        there = {row["key"] for row in tables._of("articles", "key", groups, ("key",), schema.present(now))}
        for key in groups.keys() & there:
            outlet, host, date, article_id = json.loads(groups[key]["value"][1])
            new.group(key, (outlet, host, date), int(groups[key]["number"]), article_id)
        new.generation = now
        return new
