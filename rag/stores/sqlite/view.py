"""The passages of an index folder that can be found, at one generation: FAISS, tantivy and the articles' columns.

After `cache_source`; before `store`, which makes views.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import sqlite3
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.models.encoder import Vectors
from rag.query.aliases import Aliases, AliasGroup
from rag.stores import columns as facts
from rag.stores.base import Candidate
from rag.stores.columns import ArticleColumns
from rag.stores.faiss_index import Dense
from rag.stores.snapshot import Cache, Origin
from rag.stores.tantivy_index import IndexFilter, Lexical, Term

MAX_ARTICLES = 300  # whose words count for a question


@dataclass(frozen=True)
class View:
    """The passages that can be found, at one generation, in the order of their keys. Row i of every array is passage i.

    Attributes:
        generation: the generation that it shows.
        keys: passage keys, (n,).
        article: the row of each passage's article in the arrays below, (n,).
        columns: what is known of the articles, a row for each, (m,).
        ids: ids of the articles, (m,).
        number: their keys, (m,).
        dense: the vectors, in the same order.
        words: the words of passages and articles, by their keys.
        aliases: the names that are printed in several ways.
    """

    generation: int
    keys: npt.NDArray[np.int64]
    article: npt.NDArray[np.int32]
    columns: ArticleColumns
    ids: tuple[str, ...]
    number: npt.NDArray[np.int64]
    dense: Dense
    words: Lexical
    aliases: Aliases

    def terms(self, question: str, aliases: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        return self.words.terms(question, aliases)

    def candidates(
        self, question: Vectors, terms: Sequence[Term], within: IndexFilter, limit: int, beside: Executor
    ) -> list[Candidate]:
        mask = self.columns.passing(within)
        if not len(self.keys) or (mask is not None and not mask.any()):
            return []
        nearest = beside.submit(self.dense.nearest, question, limit, None if mask is None else mask[self.article])
        coverage = self.words.coverage(terms, limit, within)
        articles = self.words.articles(terms, MAX_ARTICLES, within)
        rows, cosines = nearest.result()
        near = dict(zip(self.keys[rows].tolist(), cosines.tolist(), strict=True))
        unread = [key for key in near if key not in coverage]
        coverage.update(self.words.coverage(terms, len(unread), IndexFilter(), unread) if unread else {})
        unseen = [key for key in coverage if key not in near]
        if unseen:
            rows = np.searchsorted(self.keys, unseen)
            near.update(zip(unseen, self.dense.cosines(rows, question).tolist(), strict=True))
        return [
            Candidate(key, own, coverage.get(key, 0.0), articles.get(article, 0.0))
            for (key, own), article in zip(near.items(), self._articles(list(near)), strict=True)
        ]

    def holding(self, terms: Sequence[Term], passages: Sequence[int]) -> float:
        return max(self.words.holding(terms, sorted(set(self._articles(passages)))).values(), default=0.0)

    def copies(self, article_id: str) -> list[str]:
        same = self.columns.same
        row = self.row.get(article_id)
        rows = [] if row is None else np.flatnonzero(same == same[row]).tolist()
        return [self.ids[i] for i in rows if i != row]

    def of_outlet(self, outlet: str | None) -> list[str]:
        if outlet not in self.columns.outlets:
            return []
        rows = np.flatnonzero(self.columns.outlet == self.columns.outlets.index(outlet))
        return [self.ids[i] for i in rows[np.argsort(-self.columns.day[rows], kind="stable")].tolist()]

    def _articles(self, passages: Sequence[int]) -> list[int]:
        """Return the keys of the articles of passages."""
        found: list[int] = self.number[self.article[np.searchsorted(self.keys, passages)]].tolist()
        return found

    @functools.cached_property
    def row(self) -> dict[str, int]:
        """The row of each article, by id."""
        return {article_id: row for row, article_id in enumerate(self.ids)}


def load_view(db: sqlite3.Connection, origin: Origin, cache: Cache) -> View:
    """Return the view of a database, inside a read transaction, and of the cache that was built from it."""
    columns = "id, outlet, host, date, coalesce(same, key)"
    articles = db.execute(f"SELECT {columns} FROM article WHERE retired IS NULL ORDER BY key").fetchall()
    row = db.execute("SELECT value FROM manifest WHERE key = 'names'").fetchone()
    ids, outlet, host, date, same = zip(*articles, strict=True) if articles else ((),) * 5
    return View(
        origin.generation,
        origin.keys,
        np.searchsorted(origin.articles, origin.owners).astype(np.int32),
        ArticleColumns.of(outlet, host, [facts.ordinal(dt.date.fromisoformat(d)) if d else 0 for d in date], same),
        tuple(ids),
        origin.articles,
        cache.dense,
        cache.words,
        Aliases(AliasGroup(tuple(spellings), basis) for spellings, basis in json.loads(row[0] if row else "[]")),
    )
