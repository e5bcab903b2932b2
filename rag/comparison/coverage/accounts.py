"""Article -> Accounts: the articles that tell the same event, among those dated near it.

An article is looked for by its title and by its first sentences, each by meaning and by words, as a question would be.
What is found is scored by how near its best passage is to either, by the share of their words that it holds, and by the
days between the two dates. The weights were fitted on labelled events (docs/measurements/coverage.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rag.article import Article
from rag.models.encoder import Vectors
from rag.passage import Passage
from rag.retrieval.candidates import find_candidates
from rag.stores.base import Candidate, Span, Store, View
from rag.stores.filters import NO_DATE, IndexFilter, date_of, days_of
from rag.stores.tantivy_index import Term

# What an article's likeness is made of: the cosines of its best passage with the title and with the lead, the share of
# their words that it holds, and the weeks between the dates (benchmarks/coverage.py fits them).
TITLE, LEAD, TITLE_WORDS, LEAD_WORDS, WEEKS, BIAS = 3.9, 9.5, 2.9, 7.7, -7.9, -8.0
MIN_LIKENESS = 0.3  # from here on an article is said to tell the event: 9 of 10 such articles do
UNDATED_WEEKS = 0.5  # taken for an article without a date
# Passages that each look-up proposes; the larger number where the smaller one may have cut off some that tell it.
PROPOSED, MOST_PROPOSED = 100, 1000
LAST = 10  # of those proposed, by which that is seen
LEAD_CHARACTERS, MAX_LEAD_CHARACTERS = 600, 1500  # of the first sentences: at least so many, and at most

Encode = Callable[[str], Vectors]


@dataclass(frozen=True)
class Account:
    """An article that tells the event.

    Attributes:
        article: the article, as it is stored now.
        passage: the passage of it that is nearest to the event.
        key: the store's key of that passage.
        sentences: how near each of its sentences is, (m,).
        likeness: how likely it is that the article tells the event, 0 to 1.
        near: what that is made of (see `likenesses`), with the weeks between the dates.
        first, last: the first and the last day that its date means, as ordinals; NO_DATE where it has none.
    """

    article: Article
    passage: Passage
    key: int
    sentences: Vectors
    likeness: float
    near: tuple[float, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Accounts:
    """The articles that tell an event.

    Attributes:
        found: the likeliest first; the article itself comes before all others.
        whole: whether no further one can have been cut off.
        changed: the outlets of articles that have changed since the view was made; None is the unknown outlet.
    """

    found: list[Account]
    whole: bool = True
    changed: frozenset[str | None] = frozenset()


@dataclass(frozen=True)
class _LookUp:
    """A text that is looked for: its vector and its words."""

    vector: Vectors
    terms: list[Term]


def find_accounts(
    view: View, store: Store, encode: Encode, article: Article, spans: Sequence[Span], index_filter: IndexFilter
) -> Accounts:
    """Return the articles that tell the event that an article tells, and pass a filter.

    Args:
        view: the passages to search.
        store: where they are stored; what is read inside `store.reading(view.generation)` agrees with the view.
        encode: returns the vector of a text.
        article: the article.
        spans: those of its sentences.
        index_filter: what may be found, dates included.
    """
    look_ups = [_look_up(view, encode, text) for text in texts_of(article, spans)]
    if not look_ups:
        return Accounts([])
    for limit in (PROPOSED, MOST_PROPOSED):
        proposed = [find_candidates(view, each.vector, each.terms, [index_filter], limit) for each in look_ups]
        accounts, whole = _scored(view, store, look_ups, proposed, article, limit)
        if whole:
            break
    return replace(accounts, whole=whole)


def texts_of(article: Article, spans: Sequence[Span]) -> list[str]:
    """Return the texts that an article is looked for by: its title, or its first sentence, and its lead."""
    end = next((b for _, b in spans if b >= LEAD_CHARACTERS), len(article.text))
    lead = article.text[: min(end, MAX_LEAD_CHARACTERS)].strip()
    first = article.text[: spans[0][1]] if spans else lead
    title = (article.title or "").strip() or first[:LEAD_CHARACTERS].strip()
    return [text for text in (title, lead or title) if text]


def likenesses(near: npt.NDArray[np.float64], weeks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how likely it is that articles tell an event, (n,), 0 to 1.

    Args:
        near: the cosine with the title, with the lead, and the share of the words of each, (n, 4).
        weeks: weeks between the dates, (n,).
    """
    odds = near @ np.array([TITLE, LEAD, TITLE_WORDS, LEAD_WORDS]) + WEEKS * weeks + BIAS
    return np.asarray(1 / (1 + np.exp(-odds)))


def _look_up(view: View, encode: Encode, text: str) -> _LookUp:
    mentions = view.aliases.find(text)
    spelled = [(m.start, m.end, (m.text, *view.aliases.other_spellings(m))) for m in mentions]
    return _LookUp(encode(text), view.terms(text, spelled))


def _scored(
    view: View,
    store: Store,
    look_ups: Sequence[_LookUp],
    proposed: Sequence[list[tuple[Candidate, float]]],
    article: Article,
    limit: int,
) -> tuple[Accounts, bool]:
    """Return the articles that tell the event, of those proposed, and whether none can have been cut off."""
    candidates = {c.key: c for each in proposed for c, _ in each}
    rows_of, vectors = store.sentence_vectors(list(candidates))
    gone = [c.article for key, c in candidates.items() if key not in rows_of]
    kept = [c for key, c in candidates.items() if key in rows_of]
    cosines = vectors @ np.array([look_up.vector for look_up in look_ups], np.float32).T
    own = _own([vectors[rows_of[c.key]] for c in kept], look_ups)
    words = [{c.article: share for c, share in each} for each in proposed]
    best: dict[int, int] = {}  # of each article, the passage that is nearest to title and lead together
    for i in np.argsort(-own.sum(axis=1), kind="stable").tolist():
        best.setdefault(kept[i].article, i)
    nearest: dict[int, Vectors] = {}
    for c, each in zip(kept, own, strict=True):
        nearest[c.article] = np.maximum(nearest.get(c.article, each), each)
    articles = list(best)
    near = np.array([[*nearest[a], *(share.get(a, 0.0) for share in words)] for a in articles]).reshape(-1, 4)
    weeks = _weeks([kept[best[a]].date for a in articles], article)
    likeness = likenesses(near, weeks).tolist()
    measures = dict(zip(articles, np.column_stack([near, weeks]).tolist(), strict=True))
    likely = {a: share for a, share in zip(articles, likeness, strict=True) if share >= MIN_LIKENESS}
    stored = store.passages([kept[best[a]].key for a in likely])
    found = []
    for a, share in likely.items():
        c = kept[best[a]]
        if c.key in stored:
            passage, told_by = stored[c.key]
            first, last = days_of(np.array([c.date]))
            near_sentences = cosines[rows_of[c.key]].max(axis=1)
            own_share = 1.0 if told_by.id == article.id else share
            near_by = tuple(measures[a])
            found.append(
                Account(told_by, passage, c.key, near_sentences, own_share, near_by, int(first[0]), int(last[0]))
            )
        else:
            gone.append(a)
    found.sort(key=lambda account: (account.article.id != article.id, -account.likeness))
    changed = frozenset(view.changed_outlets(gone)) if gone else frozenset()
    return Accounts(found, changed=changed), not any(_is_cut_off(each, likely, limit) for each in proposed)


def _own(passages: Sequence[Vectors], look_ups: Sequence[_LookUp]) -> Vectors:
    """Return the cosine of each passage, as the mean of its sentences, with what is looked for, (n, look-ups)."""
    means = np.array([each.mean(axis=0) if len(each) else look_ups[0].vector * 0 for each in passages], np.float32)
    means = means.reshape(-1, len(look_ups[0].vector))
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    return np.asarray(means @ np.array([look_up.vector for look_up in look_ups], np.float32).T)


def _weeks(dates: Sequence[int], article: Article) -> npt.NDArray[np.float64]:
    """Return the weeks between the date of an article and others, (n,); none where one has a part of the other."""
    coded = np.array([date_of(article), *dates])
    first, last = days_of(coded)
    apart = np.maximum(np.maximum(first[1:] - last[0], first[0] - last[1:]), 0) / 7
    return np.where((coded[1:] == NO_DATE) | (coded[0] == NO_DATE), UNDATED_WEEKS, apart)


def _is_cut_off(proposed: list[tuple[Candidate, float]], likely: dict[int, float], limit: int) -> bool:
    """Return whether a look-up may have cut off an article that tells the event: the last of those proposed do."""
    last = proposed[limit - LAST : limit]
    return len(proposed) >= limit and any(c.article in likely for c, _ in last)
