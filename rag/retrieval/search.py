"""ParsedQuery -> ScoredPassages: the passages nearest in meaning and in words, among those that the filters allow.

Two engines of the store find candidates, one by vectors and one by words, under the same filters; every candidate is
then scored by both. The best of them may then be reranked (`reranking`), and read for the words that answer
(`reading`). For a question in a language that the encoder does not know, words alone decide (`by_words`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass

import regex

from rag.models.encoder import Vectors
from rag.models.extractive_reader import Reader
from rag.models.reranker import Reranker
from rag.query.query import RELEVANCE
from rag.retrieval.by_words import scored_by_words
from rag.retrieval.candidates import find_all, find_candidates
from rag.retrieval.ordering import by_date
from rag.retrieval.parse import ParsedQuery
from rag.retrieval.reading import read
from rag.retrieval.reranking import rerank
from rag.retrieval.scored_passage import ScoredPassage
from rag.retrieval.timeliness import favoured, gains, periods
from rag.stores.base import Candidate, Store, View
from rag.stores.filters import IndexFilter

# What a passage's score is made of: the cosine of its own vector and of its best sentence's, the share of the
# question's words that it holds, and the share that its article holds
# (docs/measurements/retrieval.md, "Dense and lexical scores").
OWN, SENTENCE, WORDS, ARTICLE = 0.5, 0.5, 0.3, 0.3
# Passages that each engine proposes. 40, 60 or 100 passages change no figure (same page, "Word scores").
CANDIDATES = 50
_MARKS = str.maketrans("‘’“”«»‐‑–—", '\'\'""""----')
IN_ORDER = 100  # passages that are put in the order of dates, if they fit well


@dataclass(frozen=True)
class Found:
    """What was found for a question.

    Attributes:
        passages: best first, or in the order of dates that is asked for.
        changed: the outlets, as the view has them, of articles whose passages would be among them, but that have been
            amended, retired or removed since the view was made; None is the unknown outlet.
    """

    passages: list[ScoredPassage]
    changed: frozenset[str | None] = frozenset()


def find(
    view: View,
    store: Store,
    parsed: ParsedQuery,
    vector: Vectors,
    k: int,
    reranker: Reranker | None = None,
    reader: Reader | None = None,
) -> Found:
    """Return the `k` best passages for a question, best first; fewer where the filters allow fewer.

    In the order of dates, they are all that fit well, of at least IN_ORDER.

    Every candidate gets the scores of both engines, so that one which only one engine proposed is not mistaken for one
    in which the other found nothing. Its score is OWN * cosine of the passage + SENTENCE * cosine of its best sentence
    + WORDS * share of the question's words in the passage + ARTICLE * share of them in its article. What it gains by
    its date is added, and passages that gain are also looked for by themselves, so that one beyond the others' number
    can be among the best.

    Args:
        view: the passages to search.
        store: where they are stored; what is read inside `store.reading(view.generation)` agrees with the view.
        parsed: the question.
        vector: its vector, (dimension,).
        k: how many passages to return.
        reranker: a model that reads the best of them, if it knows the language; None for none.
        reader: a model that looks in the best of them for the words that answer; None for none.
    """
    k = k if parsed.order == RELEVANCE else max(k, IN_ORDER)
    limit = max(CANDIDATES, k)
    index_filter = parsed.filters.index_filter
    index_filters = [index_filter, *favoured(periods(parsed.constraints), index_filter)]
    proposals = propose(view, parsed, vector, index_filters, limit)
    best, gone = weigh(store, vector, proposals[:limit])
    best = best if parsed.phrases or parsed.by_words else best[:k]
    found, unread = load(store, best)
    if parsed.phrases:
        found = printing(found, parsed.phrases)[:k]
    changed = frozenset(view.changed_outlets([*gone, *unread]))
    if parsed.by_words and parsed.language:
        found = scored_by_words(parsed.text, parsed.language, parsed.terms, view.columns.articles, found)[:k]
    elif reranker is not None and is_read_by(reranker, parsed):
        found = rerank(reranker, parsed.text, found)
    if reader is not None:
        found = read(reader, parsed.text, found)
    return Found(found if parsed.order == RELEVANCE else by_date(found, parsed.order, parsed.asked_on), changed)


@dataclass(frozen=True)
class Proposal:
    """A passage that may answer, as the two engines score it.

    Attributes:
        candidate: the passage.
        article: the score of its article by words.
        gain: what it gains by its date.
        score: what it is ranked by, without `gain`; once it was weighed, its best sentence's cosine counts too.
        sentences: the cosines of its sentences, (m,); None until it was weighed.
    """

    candidate: Candidate
    article: float
    gain: float
    score: float
    sentences: Vectors | None = None


def propose(
    view: View, parsed: ParsedQuery, vector: Vectors, index_filters: Sequence[IndexFilter], limit: int
) -> list[Proposal]:
    """Return the passages that two engines find under some filters, best first by what these say of them.

    Args:
        view: the passages to search.
        parsed: the question.
        vector: its vector, (dimension,).
        index_filters: what may be found, then parts of it that are also looked through by themselves.
        limit: how many passages each engine finds at most under each filter.
    """
    return _proposals(parsed, find_candidates(view, vector, parsed.terms, index_filters, limit))


def propose_all(
    view: View, parsed: ParsedQuery, vector: Vectors, index_filter: IndexFilter, most: int
) -> list[Proposal] | None:
    """Return all passages that a filter lets through, as `propose` does; None if there are `most` or more."""
    candidates = find_all(view, vector, parsed.terms, index_filter, most)
    return None if candidates is None else _proposals(parsed, candidates)


def _proposals(parsed: ParsedQuery, candidates: Sequence[tuple[Candidate, float]]) -> list[Proposal]:
    """Return candidates with their scores, best first."""
    meaning = 0.0 if parsed.by_words else OWN + SENTENCE
    gain = gains(periods(parsed.constraints), [c.date for c, _ in candidates]).tolist()
    proposals = [
        Proposal(c, article, each, meaning * c.own + WORDS * c.words + ARTICLE * article)
        for (c, article), each in zip(candidates, gain, strict=True)
    ]
    return sorted(proposals, key=lambda p: -(p.score + p.gain))


def weigh(store: Store, vector: Vectors, proposals: Sequence[Proposal]) -> tuple[list[Proposal], list[int]]:
    """Return proposals scored by their sentences too, best first, and the articles of those that are stored no more.

    Args:
        store: where they are stored.
        vector: the question's vector, (dimension,).
        proposals: in any order.
    """
    rows_of, vectors = store.sentence_vectors([p.candidate.key for p in proposals])
    cosines = vectors @ vector
    weighed, gone = [], []
    for proposal in proposals:
        c = proposal.candidate
        if (rows := rows_of.get(c.key)) is None:
            gone.append(c.article)
            continue
        sentences = cosines[rows]
        score = OWN * c.own + SENTENCE * _best(sentences, c.own) + WORDS * c.words + ARTICLE * proposal.article
        weighed.append(Proposal(c, proposal.article, proposal.gain, score, sentences))
    return sorted(weighed, key=lambda p: -(p.score + p.gain)), gone


def load(store: Store, proposals: Sequence[Proposal]) -> tuple[list[ScoredPassage], list[int]]:
    """Return weighed proposals with their words, and the articles of those that are stored no more."""
    stored = store.passages([p.candidate.key for p in proposals])
    found = [
        ScoredPassage(
            *stored[c.key], (c.key,), p.score, c.own, p.sentences, c.words, p.article, timeliness=p.gain
        )
        for p in proposals
        if (c := p.candidate).key in stored and p.sentences is not None
    ]  # fmt: skip
    return found, [p.candidate.article for p in proposals if p.candidate.key not in stored]


def is_read_by(reranker: Reranker, parsed: ParsedQuery) -> bool:
    """Whether a model reads the language of a question."""
    languages: Set[str] | None = getattr(reranker, "languages", None)
    return parsed.language is None or parsed.language.is_known_to(languages)


def printing(found: Sequence[ScoredPassage], phrases: Sequence[str]) -> list[ScoredPassage]:
    """Return the passages that print all of some phrases."""
    return [passage for passage in found if prints(passage.text, phrases)]


def prints(text: str, phrases: Sequence[str]) -> bool:
    """Return whether a text prints all of some phrases, whatever their letter case, quotation marks and spaces."""
    printed = f" {_plain(text)} "
    return all(regex.search(rf"(?<!\w){regex.escape(_plain(phrase))}(?!\w)", printed) for phrase in phrases)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).translate(_MARKS).casefold().split()).strip(" .,;:!?")


def _best(sentences: Vectors, own: float) -> float:
    return float(sentences.max()) if len(sentences) else own
