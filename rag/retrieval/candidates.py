"""Question -> Candidates: what is found by meaning and what is found by words, fused.

Two look-ups of a view find passages, under the same filters, and each scores what it finds by meaning and by words. So
a passage that only one of them finds is not mistaken for one in which the other found nothing.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

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
    found = {candidate.key: candidate for near in nearest for candidate in near.result()}
    for candidate in (candidate for each in matching for candidate in each):
        near = found.get(candidate.key, candidate)
        found[candidate.key] = replace(near, words=candidate.words)
    articles: dict[int, float] = {}
    for score in scores:
        articles |= score.result()
    return [(candidate, articles.get(candidate.article, 0.0)) for candidate in found.values()]


@functools.cache
def _executor() -> Executor:
    return ThreadPoolExecutor(thread_name_prefix="searching")


if hasattr(os, "register_at_fork"):  # a forked process has none of its threads
    os.register_at_fork(after_in_child=_executor.cache_clear)
