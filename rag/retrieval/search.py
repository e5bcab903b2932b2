"""ParsedQuery -> ScoredPassages: the passages nearest in meaning and in words, among those that the filters allow.

Two engines of the store find candidates, one by vectors and one by words, under the same filters; every candidate is
then scored by both. The best of them may then be reranked (`reranking`), and read for the words that answer
(`reading`). For a question in a language that the encoder does not know, words alone decide (`by_words`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
import regex

from rag.models.encoder import Vectors
from rag.models.extractive_reader import Reader
from rag.models.reranker import Reranker
from rag.query.query import RELEVANCE
from rag.retrieval.by_words import scored_by_words
from rag.retrieval.candidates import find_candidates
from rag.retrieval.ordering import by_date
from rag.retrieval.parse import ParsedQuery
from rag.retrieval.reading import read
from rag.retrieval.reranking import rerank
from rag.retrieval.scored_passage import ScoredPassage
from rag.retrieval.timeliness import favoured, gains, periods
from rag.stores.base import Candidate, Store, View

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
    named, index_filter = periods(parsed.constraints), parsed.filters.index_filter
    index_filters = [index_filter, *favoured(named, index_filter)]
    candidates = find_candidates(view, vector, parsed.terms, index_filters, limit)
    meaning = 0.0 if parsed.by_words else OWN + SENTENCE
    first = np.array([meaning * c.own + WORDS * c.words + ARTICLE * article for c, article in candidates])
    gain = gains(named, [c.date for c, _ in candidates])
    gained = {c.key: each for (c, _), each in zip(candidates, gain.tolist(), strict=True)}
    best = [candidates[i] for i in np.argsort(-(first + gain), kind="stable")[:limit].tolist()]
    rows_of, vectors = store.sentence_vectors([c.key for c, _ in best])
    cosines = vectors @ vector
    scored = [
        (_score(c, article, cosines[rows_of[c.key]]), cosines[rows_of[c.key]], c, article)
        for c, article in best
        if c.key in rows_of
    ]
    scored = sorted(scored, key=lambda item: -(item[0] + gained[item[2].key]))
    scored = scored if parsed.phrases or parsed.by_words else scored[:k]
    stored = store.passages([c.key for _, _, c, _ in scored])
    found = [
        ScoredPassage(*stored[c.key], (c.key,), score, c.own, sentences, c.words, article, timeliness=gained[c.key])
        for score, sentences, c, article in scored
        if c.key in stored
    ]
    if parsed.phrases:
        found = [passage for passage in found if prints(passage.text, parsed.phrases)][:k]
    gone = [c.article for c, _ in best if c.key not in rows_of]  # removed by another process a moment ago
    gone += [c.article for _, _, c, _ in scored if c.key not in stored]
    changed = frozenset(view.changed_outlets(gone))
    if parsed.by_words and parsed.language:
        found = scored_by_words(parsed.text, parsed.language, parsed.terms, view.columns.articles, found)[:k]
    elif reranker is not None and (parsed.language is None or parsed.language.is_known_to(_languages(reranker))):
        found = rerank(reranker, parsed.text, found)
    if reader is not None:
        found = read(reader, parsed.text, found)
    return Found(found if parsed.order == RELEVANCE else by_date(found, parsed.order, parsed.asked_on), changed)


def _languages(reranker: Reranker) -> Set[str] | None:
    found: Set[str] | None = getattr(reranker, "languages", None)
    return found


def prints(text: str, phrases: Sequence[str]) -> bool:
    """Return whether a text prints all of some phrases, whatever their letter case, quotation marks and spaces."""
    printed = f" {_plain(text)} "
    return all(regex.search(rf"(?<!\w){regex.escape(_plain(phrase))}(?!\w)", printed) for phrase in phrases)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).translate(_MARKS).casefold().split()).strip(" .,;:!?")


def _score(candidate: Candidate, article: float, sentences: Vectors) -> float:
    sentence = _best(sentences, candidate.own)
    return OWN * candidate.own + SENTENCE * sentence + WORDS * candidate.words + ARTICLE * article


def _best(sentences: Vectors, own: float) -> float:
    return float(sentences.max()) if len(sentences) else own
