"""Question -> Candidates: what is found by meaning and what is found by words, fused.

Two look-ups of a view find passages, under the same filters, and each scores what it finds by meaning and by words. So
a passage that only one of them finds is not mistaken for one in which the other found nothing.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from rag.models.encoder import Vectors
from rag.stores.base import Candidate, View
from rag.stores.filters import IndexFilter
from rag.stores.tantivy_index import Term


def find_candidates(
    view: View, question: Vectors, terms: Sequence[Term], index_filters: Sequence[IndexFilter], limit: int
) -> list[tuple[Candidate, float]]:
    """Return the passages that may answer a question, each with the score of its article (`View.article_scores`).

    Args:
        view: the passages to search.
        question: the question's vector, (dimension,).
        terms: its words.
        index_filters: what may be found, then parts of it that are also looked through by themselves.
        limit: how many passages each look-up returns at most.

    Returns:
        Those found by meaning, nearest first, then those found by words alone.
    """
    submit = _executor().submit
    nearest = [submit(view.nearest, question, terms, each, limit) for each in index_filters]
    scores = [submit(view.article_scores, terms, each) for each in index_filters]
    more = [submit(view.matching, question, terms, each, limit) for each in index_filters[1:]]
    matching = [view.matching(question, terms, index_filters[0], limit), *(found.result() for found in more)]
    return _fused([near.result() for near in nearest], matching, [score.result() for score in scores])


def find_all(
    view: View, question: Vectors, terms: Sequence[Term], index_filter: IndexFilter, most: int
) -> list[tuple[Candidate, float]] | None:
    """Return all passages that a filter lets through, as `find_candidates` does; None if there are `most` or more.

    Two look-ups tell as much of several small parts of an index as two for each part.

    Args:
        view: the passages to search.
        question: the question's vector, (dimension,).
        terms: its words.
        index_filter: what may be found.
        most: how many passages are too many.
    """
    submit = _executor().submit
    scores = submit(view.article_scores, terms, index_filter)
    matching = submit(view.matching, question, terms, index_filter, most)
    nearest = view.nearest(question, (), index_filter, most)  # the other one finds all that hold a word
    if len(nearest) >= most:
        return None
    return _fused([nearest], [matching.result()], [scores.result()])


def _fused(
    nearest: Sequence[Sequence[Candidate]], matching: Sequence[Sequence[Candidate]], scores: Sequence[dict[int, float]]
) -> list[tuple[Candidate, float]]:
    """Return what was found by meaning, then by words alone, each passage once, with the score of its article."""
    found = {candidate.key: candidate for each in nearest for candidate in each}
    for candidate in (candidate for each in matching for candidate in each):
        near = found.setdefault(candidate.key, candidate)
        if near.words != candidate.words:
            found[candidate.key] = Candidate(near.key, near.article, near.own, candidate.words, near.date)
    articles: dict[int, float] = {}
    for score in scores:
        articles |= score
    return [(candidate, articles.get(candidate.article, 0.0)) for candidate in found.values()]


@functools.cache
def _executor() -> Executor:
    return ThreadPoolExecutor(thread_name_prefix="searching")


if hasattr(os, "register_at_fork"):  # a forked process has none of its threads
    os.register_at_fork(after_in_child=_executor.cache_clear)
