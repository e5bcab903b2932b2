"""The passages of a library in Milvus that can be found, at one generation.

After `summary`; `store` makes views. Small data is held in memory, large data is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from rag.models.encoder import Vectors
from rag.query.aliases import Aliases
from rag.stores import tantivy_index as lexical
from rag.stores.base import Candidate
from rag.stores.milvus import schema
from rag.stores.tantivy_index import IndexFilter, Term

if TYPE_CHECKING:
    from rag.stores.milvus.store import MilvusStore
    from rag.stores.milvus.summary import Summary

MAX_ARTICLES = 300  # whose words count for a question
COUNTED_WORDS = 4096  # whose numbers of passages and articles are kept in memory
COUNTING_THREADS = 8


class MilvusView:
    """The passages that can be found, at one generation."""

    def __init__(self, store: MilvusStore, summary: Summary, aliases: Aliases, passages: int, counts: TermCounts):
        self.generation, self.columns, self.aliases = summary.generation, summary.columns(), aliases
        self._store, self._counts = store, counts
        self._passages, self._articles = passages, summary.articles

    def terms(self, question: str, aliases: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        return self._counts.terms(lexical.read(question, aliases), self.generation)

    def candidates(
        self, question: Vectors, terms: Sequence[Term], within: IndexFilter, limit: int, beside: Executor
    ) -> list[Candidate]:
        from pymilvus import AnnSearchRequest, RRFRanker

        if not self._passages:
            return []
        allowed = f"{schema.present(self.generation)}{schema.allowed(within)}"
        words = " ".join(dict.fromkeys(w for t in terms for spelling in t.spellings for w in spelling if w))
        output = ["article", "vector", "words"]
        if words:
            scores = beside.submit(self._article_scores, words, terms, allowed)
            dense = AnnSearchRequest([question.tolist()], "vector", {"metric_type": "IP"}, limit, allowed)
            sparse = AnnSearchRequest([words], "sparse", {"metric_type": "BM25"}, limit, allowed)
            rows = self._store._searched(
                "hybrid_search", "passages", reqs=[dense, sparse], ranker=RRFRanker(), limit=2 * limit,
                output_fields=output,
            )  # fmt: skip
            shares = scores.result()
        else:
            rows = self._store._searched(
                "search", "passages", data=[question.tolist()], anns_field="vector", filter=allowed, limit=limit,
                output_fields=output, search_params={"metric_type": "IP"},
            )  # fmt: skip
            shares = {}
        weights = lexical.weights(terms, self._passages)
        vectors = np.array([row["vector"] for row in rows], np.float32).reshape(len(rows), len(question))
        cosines = (vectors @ question).tolist()
        return [
            Candidate(row["key"], own, _coverage(row["words"], terms, weights), shares.get(row["article"], 0.0))
            for row, own in zip(rows, cosines, strict=True)
        ]

    def _article_scores(self, words: str, terms: Sequence[Term], allowed: str) -> dict[int, float]:
        """Return BM25 of whole articles, by key, as a share of the most that the question's words could give."""
        most = lexical.most(terms, self._articles)
        rows = self._store._searched(
            "search", "articles", data=[words], anns_field="sparse", filter=allowed, limit=MAX_ARTICLES,
            output_fields=["key"], search_params={"metric_type": "BM25"},
        )  # fmt: skip
        return {row["key"]: min(1.0, abs(row["score"]) / most) for row in rows} if most else {}

    def holding(self, terms: Sequence[Term], passages: Sequence[int]) -> float:
        articles = {row["article"] for row in self._store._of("passages", "key", passages, ("article",))}
        texts = [schema.unpacked(row["words"]) for row in self._store._of("articles", "key", articles, ("words",))]
        held = (sum(lexical.holds(words, term) for term in terms) / len(terms) for words in texts)
        return max(held, default=0.0) if terms else 0.0

    def copies(self, article_id: str) -> list[str]:
        duplicates = self._store.summaries.newest().duplicates
        group = next((group for _, group, other in duplicates.values() if other == article_id), None)
        return [other for _, own, other in duplicates.values() if own == group and other != article_id]

    def of_outlet(self, outlet: str | None) -> list[str]:
        wanted = f"outlet == {schema.code(outlet)} and {schema.present(self.generation)}"
        briefs = [schema.brief(row) for row in self._store._scan("articles", wanted, ("brief",))]
        briefs = sorted((b for b in briefs if b["outlet"] == outlet), key=lambda brief: -brief["day"])
        return [brief["id"] for brief in briefs]


class TermCounts:
    """How many passages and articles hold a word; the counts of frequent words are kept in memory."""

    def __init__(self, store: MilvusStore):
        self._store = store
        self._threads = ThreadPoolExecutor(COUNTING_THREADS, "milvus")
        self._count = functools.lru_cache(COUNTED_WORDS)(self._counted)

    def terms(self, words: Sequence[tuple[lexical.Spellings, bool]], generation: int) -> list[Term]:
        """Return the terms of a question with their counts at a generation."""
        counts = [
            [self._threads.submit(self._count, generation, spellings, t) for t in ("passages", "articles")]
            for spellings, _ in words
        ]
        return [
            Term(spellings, named, *(count.result() for count in own))
            for (spellings, named), own in zip(words, counts, strict=True)
        ]

    def _counted(self, generation: int, spellings: lexical.Spellings, table: str) -> int:
        """Return how many rows of a table hold a name in one of its spellings."""
        held = " or ".join(f"({self._filter(spelling)})" for spelling in spellings)
        return self._store._total(table, f"{schema.present(generation)} and ({held})")

    def _filter(self, spelling: Sequence[str]) -> str:
        """Return the filter for what holds some words one after the other.

        A server has an index of words but none of phrases, so a row that holds all words of a phrase counts. Lite has
        neither, and looks faster through texts than through words.
        """
        if self._store.lite:
            return f"words like '% {' '.join(word or '.' for word in spelling)} %'"
        return " and ".join(f"text_match(words, '{word}')" for word in dict.fromkeys(filter(None, spelling)))


def _coverage(words: str, terms: Sequence[Term], weights: Sequence[float]) -> float:
    """Return the share of a question that a passage holds."""
    held = schema.unpacked(words)
    return sum(weight for term, weight in zip(terms, weights, strict=False) if lexical.holds(held, term))
