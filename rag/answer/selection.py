"""ScoredPassages -> those that are shown: neighbours joined, duplicates recorded, each outlet capped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.answer.balance import UNKNOWN_OUTLET, OutletMatch
from rag.article import Article
from rag.passage import Passage
from rag.provenance import duplicates
from rag.retrieval.scored_passage import ScoredPassage

# A passage is shown if it has at least this share of the best score by meaning and words
# (docs/measurements/answers.md, "Passages shown").
MIN_SCORE_SHARE = 0.5
# Passages of one outlet, of one article, and consecutive passages that are shown as one (same section).
MAX_OF_OUTLET, MAX_OF_ARTICLE, MAX_JOINED = 3, 2, 2


def select(found: Sequence[ScoredPassage], k: int, capped: bool = True) -> tuple[list[ScoredPassage], Counter[str]]:
    """Select what is shown of the passages found, best first.

    A passage next to one that is shown is joined with it; a duplicate is recorded with what it duplicates. At most
    MAX_OF_OUTLET are shown of one outlet (of one site where the outlet is unknown), MAX_OF_ARTICLE of one article.

    Args:
        found: best first.
        k: how many to show at most.
        capped: whether the caps apply; they do not where the question asks for certain outlets.

    Returns:
        The passages, and how many were hidden by a cap alone, by outlet.
    """
    shown: list[ScoredPassage] = []
    runs: list[duplicates.Shingles] = []
    hidden: Counter[str] = Counter()
    best = max((passage.retrieval for passage in found), default=0.0)
    for passage in found:
        if not fits(passage.retrieval, best):
            continue
        at = next((i for i, other in enumerate(shown) if _adjoins(passage, other)), None)
        if at is not None:
            shown[at] = _join(shown[at], passage)
            runs[at] = duplicates.shingles(shown[at].text) if k > 1 else runs[at]
            continue
        if len(shown) == k:
            continue
        source = _source(passage.article)
        same_outlet = sum(_source(other.article) == source for other in shown)
        same_article = sum(other.article.id == passage.article.id for other in shown)
        own = duplicates.shingles(passage.text) if k > 1 else frozenset()  # nothing is compared with the only one
        at = next((i for i, other in enumerate(runs) if duplicates.overlap(own, other) >= duplicates.MIN_OVERLAP), None)
        if at is not None:
            shown[at] = _with_copy(shown[at], passage.article.id)
        elif capped and (same_outlet >= MAX_OF_OUTLET or same_article >= MAX_OF_ARTICLE):
            hidden[source] += 1
        else:
            shown.append(passage)
            runs.append(own)
    return shown, hidden


def replace_version(passage: ScoredPassage, other: ScoredPassage, found: Sequence[ScoredPassage]) -> ScoredPassage:
    """Put a near-copy in the place of a passage, with the passage's score and as many of its neighbours.

    Args:
        passage: the passage, which may be joined with a neighbour.
        other: the near-copy.
        found: all passages found, best first.
    """
    if len(passage.keys) > len(other.keys):
        neighbour = next((p for p in found if p.keys != other.keys and _adjoins(p, other)), None)
        other = _join(other, neighbour) if neighbour else other
    near = dict.fromkeys((passage.article.id, *passage.near_copies))
    other = replace(
        other, retrieval=passage.retrieval, relevance=passage.relevance, neighbour=passage.neighbour,
        timeliness=passage.timeliness,
    )  # fmt: skip
    return replace(other, near_copies=tuple(i for i in near if i != other.article.id))


def outlet_matches(found: Sequence[ScoredPassage], shown: Sequence[ScoredPassage]) -> tuple[OutletMatch, ...]:
    """The passages that fit nearly as well as the best one, including those shown, best first; joined ones are one."""
    matches: dict[tuple[int, ...], OutletMatch] = {}
    best = max((passage.retrieval for passage in found), default=0.0)
    for passage in found:
        if fits(passage.retrieval, best):
            quoted = next((other.keys for other in shown if passage.keys[0] in other.keys), None)
            article = passage.article
            match = OutletMatch(article.id, article.outlet, article.date, quoted is not None)
            matches.setdefault(quoted or passage.keys, match)
    return tuple(matches.values())


def fits(score: float, best: float, share: float = MIN_SCORE_SHARE) -> bool:
    """Whether a passage fits nearly as well as the best one, which may itself fit badly."""
    return score >= best - (1 - share) * abs(best)


def _adjoins(passage: ScoredPassage, other: ScoredPassage) -> bool:
    if passage.article.id != other.article.id or len(other.keys) >= MAX_JOINED:
        return False
    first, last = sorted((passage.passage, other.passage), key=lambda p: p.start)
    return not passage.article.text[first.end : last.start].strip()


def _join(one: ScoredPassage, other: ScoredPassage) -> ScoredPassage:
    """Two consecutive passages as one, with the scores of the better and the sentences of both."""
    first, last = sorted((one, other), key=lambda p: p.passage.start)
    spans = first.passage.sentences + last.passage.sentences
    return replace(
        max(one, other, key=lambda p: p.score),
        passage=Passage(one.article.id, first.passage.start, last.passage.end, spans),
        keys=(*first.keys, *last.keys),
        sentences=np.concatenate([first.sentences, last.sentences]),
        near_copies=one.near_copies,
        span=max((p.span for p in (one, other) if p.span), key=lambda span: span.answers, default=None),
    )


def _with_copy(passage: ScoredPassage, article_id: str) -> ScoredPassage:
    if article_id in (passage.article.id, *passage.near_copies):
        return passage
    return replace(passage, near_copies=(*passage.near_copies, article_id))


def _source(article: Article) -> str:
    return article.outlet or article.host or UNKNOWN_OUTLET
