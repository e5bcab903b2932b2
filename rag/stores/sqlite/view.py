"""What an index folder is made of, and the passages that can be found, at one generation.

A view is the articles' columns with FAISS and tantivy. After `cache_source`; before `store`, which makes views.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.models.encoder import Vectors
from rag.query.aliases import Aliases, AliasGroup
from rag.stores import base
from rag.stores.base import ALIASES, CATALOGUE, Candidate, Heading
from rag.stores.columns import ArticleColumns
from rag.stores.faiss_index import VectorIndex
from rag.stores.filters import IndexFilter, coded_date, days_of, mask
from rag.stores.snapshot import Cache, Origin
from rag.stores.sqlite.engine import Connection
from rag.stores.sqlite.schema import read_generation, read_setting
from rag.stores.tantivy_index import Term, WordIndex

MAX_SCORED_ARTICLES = 300


@dataclass(eq=False)
class Contents(base.Contents):
    """What the index is made of, at one generation. Row i of an array is an article, in the order of their keys.

    Attributes:
        generation: the generation that it shows.
        catalogue: the user's TOML of outlets.
        columns: what is known of the articles, a row for each, (m,).
        ids: ids of the articles, (m,).
    """

    generation: int
    catalogue: str | None
    columns: ArticleColumns
    ids: tuple[str, ...]

    def duplicates(self, article_id: str) -> list[str]:
        same = self.columns.same
        row = self.row.get(article_id)
        rows = [] if row is None else np.flatnonzero(same == same[row]).tolist()
        return [self.ids[i] for i in rows if i != row]

    def of_outlet(self, outlet: str | None) -> list[str]:
        if outlet not in self.columns.outlets:
            return []
        rows = np.flatnonzero(self.columns.outlet == self.columns.outlets.index(outlet))
        return [self.ids[i] for i in rows[np.argsort(-days_of(self.columns.date[rows])[0], kind="stable")].tolist()]

    @functools.cached_property
    def row(self) -> dict[str, int]:
        """The row of each article, by id."""
        return {article_id: row for row, article_id in enumerate(self.ids)}


@dataclass(eq=False)
class View(Contents, base.View):
    """The passages that can be found, at one generation, in the order of their keys. Row i of an array is passage i.

    Attributes:
        article_keys: keys of the articles, in the order of their rows, (m,).
        keys: passage keys, (n,).
        article: the row of each passage's article, (n,).
        vectors: the vectors of the passages, in the same order.
        words: the words of passages and articles, by their keys.
        aliases: the names that are printed in several ways.
    """

    article_keys: npt.NDArray[np.int64]
    keys: npt.NDArray[np.int64]
    article: npt.NDArray[np.int32]
    vectors: VectorIndex
    words: WordIndex
    aliases: Aliases

    def __post_init__(self) -> None:
        self.passage_count = len(self.keys)

    def terms(self, question: str, aliases: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        return self.words.terms(question, aliases)

    def nearest(
        self, question: Vectors, terms: Sequence[Term], index_filter: IndexFilter, limit: int
    ) -> list[Candidate]:
        allowed = mask(index_filter, self.columns)
        if index_filter.added_after is not None:
            added = self.article_keys > index_filter.added_after
            allowed = added if allowed is None else allowed & added
        rows, cosines = self.vectors.nearest(question, limit, None if allowed is None else allowed[self.article])
        keys = self.keys[rows].tolist()
        words = self.words.coverage(terms, len(keys), IndexFilter(), keys) if keys else {}
        return self._candidates(keys, cosines, words)

    def matching(
        self, question: Vectors, terms: Sequence[Term], index_filter: IndexFilter, limit: int
    ) -> list[Candidate]:
        words = self.words.coverage(terms, limit, index_filter)
        if not words:
            return []
        cosines = self.vectors.cosines(np.searchsorted(self.keys, list(words)), question)
        return self._candidates(list(words), cosines, words)

    def _candidates(self, keys: list[int], cosines: Vectors, words: dict[int, float]) -> list[Candidate]:
        rows = self._article_rows(keys)
        articles, dates = self.article_keys[rows].tolist(), self.columns.date[rows].tolist()
        return [
            Candidate(key, article, cosine, words.get(key, 0.0), date)
            for key, article, cosine, date in zip(keys, articles, cosines.tolist(), dates, strict=True)
        ]

    def article_scores(self, terms: Sequence[Term], index_filter: IndexFilter) -> dict[int, float]:
        return self.words.article_scores(terms, MAX_SCORED_ARTICLES, index_filter)

    def article_coverage(self, terms: Sequence[Term], passages: Sequence[int]) -> float:
        articles = sorted(set(self.article_keys[self._article_rows(passages)].tolist()))
        return max(self.words.article_coverage(terms, articles).values(), default=0.0)

    def containing(self, text: str, limit: int) -> list[str]:
        rows = np.searchsorted(self.article_keys, self.words.articles_containing(text, limit))
        return [self.ids[row] for row in rows.tolist()]

    def similar_words(self, word: str) -> list[tuple[str, list[int]]]:
        return self.words.similar_words(word)

    def articles_in_script(self, script: str) -> int | None:
        return self.words.articles_in_script(script)

    def sources(self, articles: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
        rows = np.searchsorted(self.article_keys, np.array(articles, np.int64))
        outlets, hosts = self.columns.outlet[rows].tolist(), self.columns.host[rows].tolist()
        names = [(self.columns.outlets[o], self.columns.hosts[h]) for o, h in zip(outlets, hosts, strict=True)]
        return dict(zip(articles, names, strict=True))

    def changed_outlets(self, articles: Sequence[int]) -> set[str | None]:
        rows = np.searchsorted(self.article_keys, np.array(articles, np.int64))
        return {self.columns.outlets[code] for code in self.columns.outlet[rows].tolist()}

    def _article_rows(self, passages: Sequence[int]) -> npt.NDArray[np.int32]:
        """Return the rows of the articles of passages, (n,)."""
        return self.article[np.searchsorted(self.keys, passages)]


def load_contents(db: Connection) -> Contents:
    """Return what a database is made of, inside a read transaction."""
    columns = "id, outlet, host, date, date_basis, coalesce(same, key)"
    articles = db.execute(f"SELECT {columns} FROM article WHERE retired IS NULL ORDER BY key").fetchall()
    ids, outlet, host, date, basis, same = zip(*articles, strict=True) if articles else ((),) * 6
    days = [_coded(d, b) for d, b in zip(date, basis, strict=True)]
    return Contents(
        read_generation(db),
        read_setting(db, CATALOGUE),
        ArticleColumns.of(outlet, host, days, same),
        tuple(ids),
    )


def load_headings(db: Connection) -> list[Heading]:
    """Return what lists show of the current articles, in the order of adding."""
    articles = db.execute("SELECT id, title, outlet, date, date_basis FROM article WHERE retired IS NULL ORDER BY key")
    return [(name, title, outlet, _coded(date, basis)) for name, title, outlet, date, basis in articles]


def _coded(date: str | None, basis: str | None) -> int:
    return coded_date(dt.date.fromisoformat(date) if date else None, basis)


def load_view(db: Connection, origin: Origin, cache: Cache) -> View:
    """Return the view of a database, inside a read transaction, and of the cache that was built from it."""
    groups = json.loads(read_setting(db, ALIASES) or "[]")
    return View(
        **vars(load_contents(db)),
        article_keys=origin.articles,
        keys=origin.keys,
        article=np.searchsorted(origin.articles, origin.owners).astype(np.int32),
        vectors=cache.vectors,
        words=cache.words,
        aliases=Aliases(AliasGroup(tuple(spellings), basis) for spellings, basis in groups),
    )
