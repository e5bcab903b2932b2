"""ParsedQuery -> ScoredPassages: the passages nearest in meaning and in words, among those that the filters allow.

Two engines of the store find candidates, one by vectors and one by words, under the same filters; every candidate is
then scored by both. A cross-encoder may order the best of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from rag.article import Article
from rag.models import reranker as reranking
from rag.models.encoder import Vectors
from rag.models.reranker import Reranker
from rag.passage import Passage
from rag.retrieval.candidates import find_candidates
from rag.retrieval.parse import ParsedQuery
from rag.stores.base import Candidate, Store, View

# What a passage's score is made of: the cosine of its own vector and of its best sentence's, the share of the
# question's words that it holds, and the share that its article holds
# (docs/measurements/retrieval.md, "Dense and lexical scores").
OWN, SENTENCE, WORDS, ARTICLE = 0.5, 0.5, 0.5, 0.3
# Passages that each engine proposes. 40, 60 or 100 passages change no figure (same page, "Word scores").
CANDIDATES = 50


@dataclass(frozen=True)
class Hit:
    """A passage that was found, for a caller of `Library.search`.

    Attributes:
        article_id, start, end: the span; `text` is the article's text there.
        score: what it is ranked by, 0 to 1.8 (see `find`).
        outlet, date: the article's.
    """

    article_id: str
    start: int
    end: int
    text: str
    score: float
    outlet: str | None
    date: dt.date | None


@dataclass(frozen=True)
class ScoredPassage:
    """A passage of an article, or two consecutive ones, with its scores; answers are chosen from these.

    Attributes:
        passage: its span, and those of its sentences.
        article: the article, as it is stored now.
        keys: the store's keys of the passages in it.
        score: what it is ranked by, 0 to 1.8 (see `find`).
        own: cosine of its vector with the question's.
        sentences: cosine of each of its sentences, (m,).
        words: share of the question's words that it holds, rarer words counting more.
        article_words: share that its article holds, by BM25.
        near_copies: ids of other articles with the same words, or nearly.
    """

    passage: Passage
    article: Article
    keys: tuple[int, ...]
    score: float
    own: float
    sentences: Vectors
    words: float = 0.0
    article_words: float = 0.0
    near_copies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Its words, as the article has them."""
        return self.article.text[self.passage.start : self.passage.end]

    @property
    def best_sentence(self) -> float:
        """Cosine of its best sentence; its own where it has none."""
        return _best(self.sentences, self.own)

    @property
    def hit(self) -> Hit:
        """The same for a caller."""
        article, start, end = self.article, self.passage.start, self.passage.end
        return Hit(article.id, start, end, self.text, self.score, article.outlet, article.date)


@dataclass(frozen=True)
class Found:
    """What was found for a question.

    Attributes:
        passages: best first.
        changed: the outlets, as the view has them, of articles whose passages would be among them, but that have been
            amended, retired or removed since the view was made; None is the unknown outlet.
    """

    passages: list[ScoredPassage]
    changed: frozenset[str | None] = frozenset()


def find(
    view: View, store: Store, parsed: ParsedQuery, vector: Vectors, k: int, reranker: Reranker | None = None
) -> Found:
    """Return the `k` best passages for a question, best first; fewer where the filters allow fewer.

    Every candidate gets the scores of both engines, so that one which only one engine proposed is not mistaken for one
    in which the other found nothing. The score is OWN * cosine of the passage + SENTENCE * cosine of its best sentence
    + WORDS * share of the question's words in the passage + ARTICLE * share of them in its article.

    Args:
        view: the passages to search.
        store: where they are stored; what is read inside `store.reading(view.generation)` agrees with the view.
        parsed: the question.
        vector: its vector, (dimension,).
        k: how many passages to return.
        reranker: a model that orders the best of them.
    """
    limit = max(CANDIDATES, k)
    candidates = find_candidates(view, vector, parsed.terms, parsed.filters.index_filter, limit)
    first = [(OWN + SENTENCE) * c.own + WORDS * c.words + ARTICLE * article for c, article in candidates]
    best = [candidates[i] for i in np.argsort(-np.array(first), kind="stable")[:limit].tolist()]
    rows_of, vectors = store.sentence_vectors([c.key for c, _ in best])
    cosines = vectors @ vector
    scored = [
        (_score(c, article, cosines[rows_of[c.key]]), cosines[rows_of[c.key]], c, article)
        for c, article in best
        if c.key in rows_of
    ]
    scored = sorted(scored, key=lambda item: -item[0])[:k]
    stored = store.passages([c.key for _, _, c, _ in scored])
    found = [
        ScoredPassage(*stored[c.key], (c.key,), score, c.own, sentences, c.words, article)
        for score, sentences, c, article in scored
        if c.key in stored
    ]
    gone = [c.article for c, _ in best if c.key not in rows_of]  # removed by another process a moment ago
    gone += [c.article for _, _, c, _ in scored if c.key not in stored]
    changed = frozenset(view.changed_outlets(gone))
    return Found(found if reranker is None else rerank(reranker, parsed.text, found), changed)


def rerank(reranker: Reranker, question: str, found: list[ScoredPassage]) -> list[ScoredPassage]:
    """Put the best passages in the reranker's order.

    Each takes the score of its new place, since the confidence model knows no other scale.
    """
    best, rest = found[: reranking.MAX_RERANKED], found[reranking.MAX_RERANKED :]
    order = np.argsort(-reranker.score(question, [p.text for p in best]), kind="stable").tolist()
    return [replace(best[i], score=place.score) for i, place in zip(order, best, strict=True)] + rest


def _score(candidate: Candidate, article: float, sentences: Vectors) -> float:
    sentence = _best(sentences, candidate.own)
    return OWN * candidate.own + SENTENCE * sentence + WORDS * candidate.words + ARTICLE * article


def _best(sentences: Vectors, own: float) -> float:
    return float(sentences.max()) if len(sentences) else own
