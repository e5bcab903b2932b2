"""Article -> Accounts: the articles that tell the same event, among those dated near it.

An article is looked for by its title and by its first sentences, each by meaning and by words, as a question would be.
What both look-ups find is scored by how near its best passages are to either, and by the days between the two dates.
The weights were fitted on labelled events (docs/measurements/coverage.md, benchmarks/coverage.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rag.article import Article
from rag.models.encoder import Vectors
from rag.passage import Passage
from rag.retrieval.candidates import find_candidates
from rag.stores.base import Candidate, Span, Store, View
from rag.stores.filters import NO_DATE, IndexFilter, days_of
from rag.stores.tantivy_index import Term

# Passages that each look-up proposes; the larger number if the smaller one may have cut off accounts.
CANDIDATES, MOST_CANDIDATES = 100, 1000
LEAD_CHARACTERS, MAX_LEAD_CHARACTERS = 700, 1500  # of the first sentences: so many at least, and at most
SAMPLE = 10  # the last candidates of a look-up, which tell whether it was cut off
MAX_ACCOUNTS = 300  # articles that are read


@dataclass(frozen=True)
class Account:
    """An article that tells the event.

    Attributes:
        article: the article, as it is stored now.
        passage: the passage of it that is nearest to the event.
        key: the store's key of that passage.
        sentences: how near each of its sentences is, (m,).
        likeness: how likely it is that the article tells the event, 0 to 1.
        first, last: the first and the last day that its date means, as ordinals; NO_DATE if it has none.
    """

    article: Article
    passage: Passage
    key: int
    sentences: Vectors
    likeness: float
    first: int
    last: int


@dataclass(frozen=True)
class Accounts:
    """The articles found to tell an event.

    Attributes:
        found: the likeliest first; the article itself is among them.
        whole: whether all were looked at; if not, some article may tell the event and not be among them.
        changed: the outlets of articles that have changed since the view was made; None is the unknown outlet.
    """

    found: list[Account]
    whole: bool = True
    changed: frozenset[str | None] = frozenset()


@dataclass
class _Near:
    """How near an article is to the event: the best of its passages, by each measure."""

    date: int
    best: float = -1.0
    key: int = 0
    title_meaning: float = 0.0
    title_words: float = 0.0
    lead_meaning: float = 0.0
    lead_sentence: float = 0.0
    lead_words: float = 0.0
    article_words: float = 0.0
    keys: list[int] = field(default_factory=list)
