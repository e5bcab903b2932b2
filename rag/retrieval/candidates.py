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
    view: View, question: Vectors, terms: Sequence[Term], index_filter: IndexFilter, limit: int
) -> list[tuple[Candidate, float]]:
    """Return the passages that may answer a question, each with the score of its article (`View.article_scores`).

    Args:
        view: the passages to search.
        question: the question's vector, (dimension,).
        terms: its words.
        index_filter: what may be found.
        limit: how many passages each look-up returns at most.

    Returns:
        Those found by meaning, nearest first, then those found by words alone.
    """
    nearest = _executor().submit(view.nearest, question, terms, index_filter, limit)
    scores = _executor().submit(view.article_scores, terms, index_filter)
    matching = {candidate.key: candidate for candidate in view.matching(question, terms, index_filter, limit)}
    found = {candidate.key: candidate for candidate in nearest.result()}
    for key, candidate in matching.items():
        near = found.get(key, candidate)
        found[key] = Candidate(key, candidate.article, near.own, candidate.words)
    articles = scores.result()
    return [(candidate, articles.get(candidate.article, 0.0)) for candidate in found.values()]


@functools.cache
def _executor() -> Executor:
    return ThreadPoolExecutor(thread_name_prefix="searching")


if hasattr(os, "register_at_fork"):  # a forked process has none of its threads
    os.register_at_fork(after_in_child=_executor.cache_clear)
