"""What a library in Milvus is made of, and its passages that can be found, at one generation.

After `summary`; `store` makes views. Small data is held in memory, large data is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.models.encoder import Vectors
from rag.query.aliases import Aliases
from rag.stores import base
from rag.stores.base import Candidate
from rag.stores.filters import IndexFilter, first_day, milvus_expression, outlet_code
from rag.stores.milvus import schema
from rag.stores.milvus.schema import Row
from rag.stores.tantivy_index import (
    MAX_SIMILAR_WORDS,
    PASSAGES_OF_A_WORD,
    Spellings,
    Term,
    holds_term,
    longest_words,
    max_score,
    one_letter_off,
    question_words,
    weights,
    without_emphasis,
)

if TYPE_CHECKING:
    from rag.stores.milvus.store import MilvusStore
    from rag.stores.milvus.summary import Summary

MAX_SCORED_ARTICLES = 300
MAX_LOOKED_AT = 100  # passages with words that one of a question may be meant for
COUNTED_WORDS = 4096  # whose numbers of passages and articles are kept in memory
COUNTING_THREADS = 8


class MilvusContents(base.Contents):
    """What the index is made of, at one generation."""

    def __init__(self, store: MilvusStore, summary: Summary, catalogue: str | None):
        self.generation, self.columns, self.catalogue = summary.generation, summary.columns(), catalogue
        self._store, self._duplicates, self._articles = store, summary.duplicates, summary.articles

    def duplicates(self, article_id: str) -> list[str]:
        group = next((group for _, group, other in self._duplicates.values() if other == article_id), None)
        return [other for _, own, other in self._duplicates.values() if own == group and other != article_id]

    def of_outlet(self, outlet: str | None) -> list[str]:
        wanted = f"outlet == {outlet_code(outlet)} and {schema.present(self.generation)}"
        briefs = [schema.brief(row) for row in self._store._scan("articles", wanted, ("brief",))]
        briefs = sorted((b for b in briefs if b["outlet"] == outlet), key=lambda brief: -first_day(brief["day"]))
        return [brief["id"] for brief in briefs]


class MilvusView(MilvusContents, base.View):
    """The passages that can be found, at one generation; filters are applied by Milvus."""

    def __init__(
        self,
        store: MilvusStore,
        summary: Summary,
        catalogue: str | None,
        aliases: Aliases,
        passages: int,
        counts: TermCounts,
    ):
        super().__init__(store, summary, catalogue)
        self.aliases, self.passage_count, self._counts = aliases, passages, counts

    def terms(self, question: str, aliases: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        return self._counts.terms(question_words(question, aliases), self.generation)

    def nearest(
        self, question: Vectors, terms: Sequence[Term], index_filter: IndexFilter, limit: int
    ) -> list[Candidate]:
        return self._candidates("vector", question.tolist(), "IP", question, terms, index_filter, limit)

    def matching(
        self, question: Vectors, terms: Sequence[Term], index_filter: IndexFilter, limit: int
    ) -> list[Candidate]:
        words = _words(terms)
        return self._candidates("sparse", words, "BM25", question, terms, index_filter, limit) if words else []

    def _candidates(
        self,
        column: str,
        wanted: Any,
        metric: str,
        question: Vectors,
        terms: Sequence[Term],
        index_filter: IndexFilter,
        limit: int,
    ) -> list[Candidate]:
        """Search one index of the passages, and score what it finds by both: its rows have what scores are made of."""
        if not self.passage_count:
            return []
        rows = self._search(
            "passages", column, wanted, metric, index_filter, limit, ["article", "vector", "words", "day"]
        )
        vectors = np.array([row["vector"] for row in rows], np.float32).reshape(len(rows), len(question))
        cosines, shares = (vectors @ question).tolist(), weights(terms, self.passage_count)
        return [
            Candidate(row["key"], row["article"], cosine, _coverage(row["words"], terms, shares), row["day"])
            for row, cosine in zip(rows, cosines, strict=True)
        ]

    def _search(
        self,
        table: str,
        column: str,
        wanted: Any,
        metric: str,
        index_filter: IndexFilter,
        limit: int,
        output: list[str],
    ) -> list[Row]:
        filters = filter(None, (schema.present(self.generation), milvus_expression(index_filter)))
        return self._store._searched(
            "search", table, data=[wanted], anns_field=column, filter=" and ".join(filters), limit=limit,
            output_fields=output, search_params={"metric_type": metric},
        )  # fmt: skip

    def article_scores(self, terms: Sequence[Term], index_filter: IndexFilter) -> dict[int, float]:
        words, most = _words(terms), max_score(terms, self._articles)
        if not words or not most or not self.passage_count:
            return {}
        rows = self._search("articles", "sparse", words, "BM25", index_filter, MAX_SCORED_ARTICLES, ["key"])
        return {row["key"]: min(1.0, abs(row["score"]) / most) for row in rows}

    def article_coverage(self, terms: Sequence[Term], passages: Sequence[int]) -> float:
        articles = {row["article"] for row in self._store._of("passages", "key", passages, ("article",))}
        texts = [schema.unpacked(row["words"]) for row in self._store._of("articles", "key", articles, ("words",))]
        held = (sum(holds_term(words, term) for term in terms) / len(terms) for words in texts)
        return max(held, default=0.0) if terms else 0.0

    def containing(self, text: str, limit: int) -> list[str]:
        phrase = longest_words(text)
        if not phrase:
            return []
        wanted = f"{schema.present(self.generation)} and {self._counts.filter(phrase)}"
        return [schema.brief(row)["id"] for row in self._store._rows("articles", wanted, ("brief",), limit)]

    def similar_words(self, word: str) -> list[tuple[str, list[int]]]:
        # Milvus does not list its words: all that the word could be are searched for at once, the rarest first.
        wanted = one_letter_off(word)
        text = " ".join(sorted(wanted))
        rows = self._search("passages", "sparse", text, "BM25", IndexFilter(), MAX_LOOKED_AT, ["words"])
        found: dict[str, list[int]] = {}
        for row in rows:
            for other in wanted.intersection(schema.unpacked(row["words"])):
                found.setdefault(other, []).append(row["key"])
        likely = sorted(found, key=lambda other: (-len(found[other]), other))[:MAX_SIMILAR_WORDS]
        return [(other, found[other][:PASSAGES_OF_A_WORD]) for other in likely]

    def articles_in_script(self, script: str) -> int | None:
        return None  # Milvus does not list its words

    def sources(self, articles: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
        rows = self._store._of("articles", "key", articles, ("key", "brief"))
        briefs = {row["key"]: schema.brief(row) for row in rows}
        return {key: (brief["outlet"], brief["host"]) for key, brief in briefs.items()}

    def changed_outlets(self, articles: Sequence[int]) -> set[str | None]:
        if self._store.has_erased(self.generation):
            return set(self.columns.outlets)  # any of them may have lost articles
        rows = self._store._of("articles", "key", articles, ("key", "brief"))
        return {schema.brief(row)["outlet"] for row in rows}


class TermCounts:
    """How many passages and articles hold a word; the counts of frequent words are kept in memory."""

    def __init__(self, store: MilvusStore):
        self._store = store
        self._threads = ThreadPoolExecutor(COUNTING_THREADS, "milvus")
        self._count = functools.lru_cache(COUNTED_WORDS)(self._counted)

    def terms(self, words: Sequence[tuple[Spellings, bool]], generation: int) -> list[Term]:
        """Return the terms of a question with their counts at a generation."""
        counts = [
            [self._threads.submit(self._count, generation, spellings, t) for t in ("passages", "articles")]
            for spellings, _ in words
        ]
        terms = [
            Term(spellings, named, *(count.result() for count in own))
            for (spellings, named), own in zip(words, counts, strict=True)
        ]
        return without_emphasis(terms)

    def _counted(self, generation: int, spellings: Spellings, table: str) -> int:
        """Return how many rows of a table hold a name in one of its spellings."""
        held = " or ".join(f"({self.filter(spelling)})" for spelling in spellings)
        return self._store._total(table, f"{schema.present(generation)} and ({held})")

    def filter(self, spelling: Sequence[str]) -> str:
        """Return the filter for what holds some words one after the other.

        A server has an index of words but none of phrases, so a row that holds all words of a phrase counts. Lite has
        neither, and looks faster through texts than through words.
        """
        if self._store.lite:
            return f"words like '% {' '.join(word or '.' for word in spelling)} %'"
        return " and ".join(f"text_match(words, '{word}')" for word in dict.fromkeys(filter(None, spelling)))


def _words(terms: Sequence[Term]) -> str:
    """Return the different words of some terms, as Milvus searches for them."""
    return " ".join(dict.fromkeys(word for t in terms for spelling in t.spellings for word in spelling if word))


def _coverage(words: str, terms: Sequence[Term], shares: Sequence[float]) -> float:
    """Return the share of a question that a passage holds."""
    held = schema.unpacked(words)
    return sum(share for term, share in zip(terms, shares, strict=False) if holds_term(held, term))
