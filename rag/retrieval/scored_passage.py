"""A passage that was found, with its scores, and what callers of `Library.search` get of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rag.article import Article
from rag.models.encoder import Vectors
from rag.passage import Passage

# What a passage's score gains by being read: so much of what the model says (docs/measurements/reranking.md).
RELEVANCE = 0.5
# What it gains by being next to a passage that was read: so much of what the model says of that one (same page).
NEIGHBOUR = 0.1


@dataclass(frozen=True)
class Hit:
    """A passage that was found, for a caller of `Library.search`.

    Attributes:
        article_id, start, end: the span; `text` is the article's text there.
        score: what it is ranked by, 0 to 2.5.
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
class Span:
    """The words of a passage that a reader takes for the answer.

    Attributes:
        start, end: where they are in the article's text.
        answers: how sure the reader is that they answer, 0 to 1; below 0.5 it is surer that nothing does.
    """

    start: int
    end: int
    answers: float


@dataclass(frozen=True)
class ScoredPassage:
    """A passage of an article, or two consecutive ones, with its scores; answers are chosen from these.

    Attributes:
        passage: its span, and those of its sentences.
        article: the article, as it is stored now.
        keys: the store's keys of the passages in it.
        retrieval: its score by meaning and words, 0 to 1.6 (see `rag.retrieval.search.find`).
        own: cosine of its vector with the question's.
        sentences: cosine of each of its sentences, (m,).
        words: share of the question's words that it holds, rarer words counting more.
        article_words: share that its article holds, by BM25.
        relevance: how well it answers according to the reranker, 0 to 1; 0 if it has not read it.
        neighbour: the relevance of the passage before or after it in its article, whichever has more.
        near_copies: ids of other articles with the same words, or nearly.
        timeliness: what it gains by its article's date (`rag.retrieval.timeliness`).
        span: the words in it that answer best, according to the reader; None if it has not read it.
    """

    passage: Passage
    article: Article
    keys: tuple[int, ...]
    retrieval: float
    own: float
    sentences: Vectors
    words: float = 0.0
    article_words: float = 0.0
    relevance: float = 0.0
    neighbour: float = 0.0
    near_copies: tuple[str, ...] = ()
    timeliness: float = 0.0
    span: Span | None = None

    @property
    def text(self) -> str:
        """Its words, as the article has them."""
        return self.article.text[self.passage.start : self.passage.end]

    @property
    def best_sentence(self) -> float:
        """Cosine of its best sentence; its own where it has none."""
        return float(self.sentences.max()) if len(self.sentences) else self.own

    @property
    def score(self) -> float:
        """What it is ranked by, 0 to 2.5."""
        return self.fit + NEIGHBOUR * self.neighbour + self.timeliness

    @property
    def fit(self) -> float:
        """How well it fits the question by itself, 0 to 2.1: its score whatever its date and its neighbours."""
        return self.retrieval + RELEVANCE * self.relevance

    @property
    def hit(self) -> Hit:
        """The same for a caller."""
        article, start, end = self.article, self.passage.start, self.passage.end
        return Hit(article.id, start, end, self.text, self.score, article.outlet, article.date)
