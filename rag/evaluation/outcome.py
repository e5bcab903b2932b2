"""Ask a library one question, and judge its answer and its search results against what the question expects.

`run.py` calls this for each question; `metrics.py` computes every figure from the Outcomes. Words are compared without
letter case and punctuation, and evidence matches at word boundaries only.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from rag.answer.answer import Answer
from rag.answer.confidence import Signals
from rag.answer.grade import NOTHING, Grade
from rag.evaluation.questions import Question
from rag.library import Library

SEARCH_DEPTH = 100  # passages of the search that ranks the articles
# Share of the shorter text's words that a quotation and an evidence sentence must have in common to overlap.
MIN_WORD_OVERLAP = 0.6


@dataclass(frozen=True)
class Outcome:
    """How a library answered one question.

    Attributes:
        question: the question.
        grade: how sure the library's answer was.
        shown: number of passages shown.
        verbatim: number of passages shown that equal the article's text at their span.
        evidence_rank: rank, from 1, of the first passage shown that contains evidence; None where none does.
        quoted: whether a marked quotation overlaps an evidence sentence.
        sources: number of articles whose evidence the passages shown contain.
        evidence_indexed: whether an article in the index contains the evidence, word for word.
        search_rank: rank, from 1, of the first of SEARCH_DEPTH search results that contains evidence; None where none
            does.
        relevant: ids of the relevant articles with their grades; empty where they are not known.
        ranking: the RANKING_MEASURES of the articles that the search ranks; empty without `relevant`.
        correct: whether the answer, without a confidence threshold, answers the question; None where there is no
            passage, or where it cannot be judged.
        score: score of the first passage, shown or below the threshold; None where there is none.
        confidence: confidence of the answer, 0 to 1; None where it has none.
        signals: the signals that the confidence is computed from.
        ask_ms, search_ms: milliseconds that asking and searching took.
    """

    question: Question
    grade: Grade
    shown: int = 0
    verbatim: int = 0
    evidence_rank: int | None = None
    quoted: bool = False
    sources: int = 0
    evidence_indexed: bool = False
    search_rank: int | None = None
    relevant: Mapping[str, int] = field(default_factory=dict)
    ranking: Mapping[str, float] = field(default_factory=dict)
    correct: bool | None = None
    score: float | None = None
    confidence: float | None = None
    signals: Signals | None = None
    ask_ms: float = 0.0
    search_ms: float = 0.0

    @property
    def found(self) -> bool:
        """Whether the library showed passages: the grade is "answers" or "near"."""
        return self.grade != NOTHING

    @property
    def judged(self) -> bool:
        """Whether it is known what answers the question: evidence, a relevant article, or nothing at all."""
        return not self.question.answerable or bool(self.question.evidence or self.relevant)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON values, with the question's id, kind and text."""
        own = {name: value for name, value in vars(self).items() if name not in ("question", "signals")}
        own |= {"found": self.found, "relevant": dict(self.relevant), "ranking": dict(self.ranking)}
        q = self.question
        return {"id": q.id, "kind": q.kind, "question": q.question, **own}


def ask_question(
    library: Library, question: Question, k: int, relevant: Mapping[str, int], filters: Mapping[str, Any]
) -> tuple[Outcome, list[str]]:
    """Ask a question, search for it, and judge both.

    A question that was not answered is asked a second time with no confidence threshold, for the passages below it.

    Args:
        library: the library to ask.
        question: the question.
        k: maximum number of passages shown.
        relevant: ids of the relevant articles with their grades.
        filters: further arguments of `Library.ask` and `Library.search`.

    Returns:
        The outcome without `ranking` and `evidence_indexed`, and the ids of the articles that the search ranks, best
        first.
    """
    given = {**filters, "asked_on": question.asked_on}
    evidence = [normalised(text) for text in question.evidence]
    started = time.perf_counter()
    answer = library.ask(question.question, k=k, previous=question.previous, **given)
    answered = time.perf_counter()
    hits = library.search(question.question, k=SEARCH_DEPTH, previous=question.previous, **given)
    ended = time.perf_counter()
    shown = [(c, library.article(c.article_id).text) for c in answer.passages]
    quotations = [normalised(text[slice(*c.quote)]) for c, text in shown]
    sources = {
        e.article or c.article_id
        for c, _ in shown
        for e in question.answers
        if e.evidence and normalised(e.evidence) in normalised(c.text)
    }
    unfiltered = answer
    if not answer.found:
        unfiltered = library.ask(question.question, k=k, previous=question.previous, min_confidence=0.0, **given)
    first = unfiltered.passages[0] if unfiltered.passages else None
    outcome = Outcome(
        question,
        answer.grade,
        shown=len(shown),
        verbatim=sum(c.text == text[c.start : c.end] for c, text in shown),
        evidence_rank=_rank((c.text for c, _ in shown), evidence),
        quoted=any(_overlap(quotation, words) for quotation in quotations for words in evidence),
        sources=len(sources),
        search_rank=_rank((hit.text for hit in hits), evidence),
        relevant=relevant,
        correct=_is_correct(unfiltered, question, evidence, relevant) if first else None,
        score=first.score if first else None,
        confidence=unfiltered.confidence if first else None,
        signals=unfiltered.signals,
        ask_ms=1000 * (answered - started),
        search_ms=1000 * (ended - answered),
    )
    return outcome, list(dict.fromkeys(hit.article_id for hit in hits))


def normalised(text: str) -> str:
    """Return the words of a text in lower case, each with a space on both sides, or "" for a text without words.

    So `a in b` is true only where the words of `a` occur in `b` as whole words.
    """
    words = regex.findall(r"\w+", text.lower())
    return f" {' '.join(words)} " if words else ""


def _is_correct(
    answer: Answer, question: Question, evidence: Sequence[str], relevant: Mapping[str, int]
) -> bool | None:
    """Whether the passages of an answer contain evidence or, where none is known, come from a relevant article."""
    if not question.answerable:
        return False
    if evidence:
        return _rank((c.text for c in answer.passages), evidence) is not None
    return any(i in relevant for c in answer.passages for i in (c.article_id, *c.copies)) if relevant else None


def _rank(texts: Iterable[str], evidence: Sequence[str]) -> int | None:
    """Return the rank, from 1, of the first text that contains one of the evidence sentences."""
    if not evidence:
        return None
    ranked = enumerate(map(normalised, texts), 1)
    return next((rank for rank, text in ranked if any(words in text for words in evidence)), None)


def _overlap(quotation: str, evidence: str) -> bool:
    a, b = set(quotation.split()), set(evidence.split())
    return bool(a and b) and len(a & b) >= MIN_WORD_OVERLAP * min(len(a), len(b))
