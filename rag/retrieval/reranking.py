"""ScoredPassages -> the same in a better order: a model has read the best of them together with the question.

Vectors that were made apart, and words that are counted, show what a passage is about; a model that reads both texts
sees whether one answers the other. It reads so slowly that only the best passages are read, and no more of them once
none of the others can be expected to be shown.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from rag.models.reranker import Reranker
from rag.retrieval.scored_passage import RELEVANCE, ScoredPassage

# How many passages are read: always the first ones, then so many at a time, at most the last number
# (docs/measurements/reranking.md, "How many are read").
MIN_RERANKED, RERANKED_AT_ONCE, MAX_RERANKED = 12, 4, 16
# Reading ends when the next passage would not be among the first MAX_RIVALS if the model gave it EXPECTED.
MAX_RIVALS, EXPECTED = 5, 0.5
# What a logit is divided by before it becomes a share: the model is surer than it is right.
TEMPERATURE = 2.0


def rerank(reranker: Reranker, question: str, found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Let a model read passages, and order them by all their scores.

    The model is given the title of the article too, since a passage often says "the group" of what its title names.

    Args:
        reranker: the model.
        question: the question, without the words that became filters.
        found: best first.
    """
    done: list[ScoredPassage] = []
    while len(done) < min(MAX_RERANKED, len(found)):
        batch = found[len(done) : len(done) + (RERANKED_AT_ONCE if done else MIN_RERANKED)]
        if done and batch[0].score + RELEVANCE * EXPECTED < _rival(done):
            break
        relevances = score_passages(reranker, question, batch)
        done += [replace(p, relevance=relevance) for p, relevance in zip(batch, relevances, strict=True)]
    return sorted(_with_neighbours([*done, *found[len(done) :]]), key=lambda passage: -passage.score)


def score_passages(reranker: Reranker, question: str, passages: Sequence[ScoredPassage]) -> list[float]:
    """Return how well each of some passages answers a question according to a model, 0 to 1."""
    return [share(logit) for logit in reranker.score(question, [_text(passage) for passage in passages]).tolist()]


def _with_neighbours(found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Return passages with what the model says of those next to them: an answer often begins or goes on there."""
    best: defaultdict[tuple[int, ...], float] = defaultdict(float)
    in_order = sorted(found, key=lambda p: (p.article.id, p.passage.start))
    for one, other in itertools.pairwise(in_order):
        between = one.article.text[one.passage.end : other.passage.start]
        if one.article.id == other.article.id and not between.strip():
            best[one.keys] = max(best[one.keys], other.relevance)
            best[other.keys] = max(best[other.keys], one.relevance)
    return [replace(p, neighbour=best[p.keys]) if best[p.keys] else p for p in found]


def share(logit: float) -> float:
    """The share, 0 to 1, that a model's logit becomes: 0.5 where it cannot tell."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit / TEMPERATURE))))


def _rival(done: Sequence[ScoredPassage]) -> float:
    """The score that a passage needs to be among the first."""
    return sorted((passage.score for passage in done), reverse=True)[:MAX_RIVALS][-1]


def _text(passage: ScoredPassage) -> str:
    title = passage.article.title
    return f"{title}. {passage.text}" if title else passage.text
