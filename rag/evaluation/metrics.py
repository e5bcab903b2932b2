"""Compute the figures of an evaluation from its Outcomes: each measure with its formula and its source.

A measure is a Mean over the questions that it applies to, so that every share has its numerator and denominator.
`report.py` combines them into tables.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.answer.grade import ANSWERS, NEAR, Grade
from rag.errors import AccordingError
from rag.evaluation.outcome import Outcome

MULTI_SOURCE = ("multi-outlet", "conflict")  # kinds of questions that need evidence of more than one article
CALIBRATION_BINS = 10  # of equal width, as in Guo et al. 2017
# Names here -> names in ir-measures, which computes them.
RANKING_MEASURES = {
    "nDCG@10": "nDCG@10",
    "recall@10": "R@10",
    "recall@100": "R@100",
    "MRR": "RR",
    "hit@1": "Success@1",
    "hit@5": "Success@5",
    "hit@10": "Success@10",
}


@dataclass(frozen=True)
class Mean:
    """A mean over questions, answers or passages; where each of them counts 0 or 1, a share.

    Attributes:
        total: the sum of the values.
        count: number of values.
    """

    total: float
    count: int

    @property
    def value(self) -> float | None:
        """total / count; None for no values."""
        return self.total / self.count if self.count else None

    def to_dict(self) -> dict[str, float | None]:
        """Return the sum, the number and the mean as JSON values."""
        return {"total": self.total, "count": self.count, "value": self.value}


def _mean(values: Iterable[float]) -> Mean:
    listed = list(values)
    return Mean(sum(listed), len(listed))


# Answers


def answered(outcomes: Iterable[Outcome]) -> Mean:
    """Share of the answerable questions that were answered, with passages of either grade.

    answered = answerable questions with grade "answers" or "near" / answerable questions
    """
    return _mean(o.found for o in outcomes if o.question.answerable)


def sure(outcomes: Iterable[Outcome]) -> Mean:
    """Share of the answerable questions that were answered, with no doubt said.

    sure = answerable questions with grade "answers" / answerable questions
    """
    return _mean(o.grade == ANSWERS for o in outcomes if o.question.answerable)


def evidence(outcomes: Iterable[Outcome], k: int) -> Mean:
    """Share of the questions with evidence that the first k passages shown contain (evidence@k).

    evidence@k = questions of which one of the first k passages contains an evidence sentence / questions with evidence

    The top-k retrieval accuracy of Karpukhin et al. 2020 (arXiv:2004.04906), with an evidence sentence instead of the
    answer string.
    """
    return _mean(o.evidence_rank is not None and o.evidence_rank <= k for o in outcomes if o.question.evidence)


def quoted(outcomes: Iterable[Outcome]) -> Mean:
    """Share of the questions with evidence of which a marked quotation overlaps an evidence sentence.

    Quotation q and sentence e overlap if |words(q) & words(e)| >= 0.6 min(|words(q)|, |words(e)|): the overlap
    coefficient (Simpson 1943).
    """
    return _mean(o.quoted for o in outcomes if o.question.evidence)


def multi_source(outcomes: Iterable[Outcome]) -> Mean:
    """Share of the multi-outlet and conflict questions whose passages contain evidence of two articles or more."""
    return _mean(o.sources >= 2 for o in outcomes if o.question.evidence and o.question.kind in MULTI_SOURCE)


def verbatim(outcomes: Iterable[Outcome]) -> Mean:
    """Share of the passages shown that equal the article's text at their span; must be 1."""
    counts = [(o.verbatim, o.shown) for o in outcomes]
    return Mean(sum(equal for equal, _ in counts), sum(shown for _, shown in counts))


# Abstention


def abstention_recall(outcomes: Iterable[Outcome]) -> Mean:
    """Share of the unanswerable questions that were not answered: grade "near" says so as well as "nothing".

    Recall with "not answered" as the positive class, over questions as in Rajpurkar et al. 2018 (arXiv:1806.03822).
    """
    return _mean(o.grade != ANSWERS for o in outcomes if not o.question.answerable)


def nothing_found(outcomes: Iterable[Outcome]) -> Mean:
    """Share of the unanswerable questions for which nothing was found."""
    return _mean(not o.found for o in outcomes if not o.question.answerable)


def abstention_precision(outcomes: Iterable[Outcome]) -> Mean:
    """Share of the questions for which nothing was found that are unanswerable.

    Has no values if all questions are answerable: it could only be 0.
    """
    listed = list(outcomes)
    listed = [] if all(o.question.answerable for o in listed) else listed
    return _mean(not o.question.answerable for o in listed if not o.found)


# Grades


def share_of_grade(outcomes: Iterable[Outcome], grade: Grade, answerable: bool) -> Mean:
    """Share of the questions, of those that are answerable or of those that are not, whose answers have a grade."""
    return _mean(o.grade == grade for o in outcomes if o.question.answerable == answerable)


def precision(outcomes: Iterable[Outcome], grade: Grade) -> Mean:
    """Share of the answers of a grade that hold an answer, of those to judged questions.

    precision = correct answers with the grade / answers with the grade; `risk` says which are correct
    """
    return _mean(bool(o.correct) for o in outcomes if o.judged and o.found and o.grade == grade)


# Ranking of articles


def ranking(outcomes: Iterable[Outcome], name: str) -> Mean:
    """Mean of one of RANKING_MEASURES over the questions whose relevant articles are known.

    Articles are ranked by their first passages among the 100 that a search returns.
    nDCG@10: DCG / DCG of the best order, DCG = sum of grade_i / log2(i + 1) for ranks i <= 10 (Järvelin and Kekäläinen
        2002, "Cumulated gain-based evaluation of IR techniques").
    recall@k: relevant articles among the first k / relevant articles. For k = 100, among the articles of 100 passages.
    MRR: 1 / rank of the first relevant article, 0 without one (Voorhees 1999, "The TREC-8 question answering track").
    hit@k: 1 if a relevant article is among the first k, else 0.
    """
    return _mean(o.ranking[name] for o in outcomes if o.ranking)


def measure_rankings(
    relevant: Sequence[Mapping[str, int]], rankings: Sequence[Sequence[str]]
) -> list[dict[str, float]]:
    """Compute RANKING_MEASURES for each ranking, with ir-measures.

    ir-measures uses trec_eval, which orders equal scores by its own rule; so each article's score is its negative rank.

    Args:
        relevant: for each question, ids of the relevant articles with their grades.
        rankings: for each question, ids of articles, best first.

    Returns:
        For each question, the measures by name; empty where no relevant article is known.

    Raises:
        AccordingError: if the extra `evaluate` is not installed.
    """
    library = import_extra("ir_measures")
    measures = {library.parse_measure(name): own for own, name in RANKING_MEASURES.items()}
    qrels = {str(row): dict(grades) for row, grades in enumerate(relevant) if grades}
    run = {row: {i: float(-rank) for rank, i in enumerate(rankings[int(row)])} for row in qrels}
    found: list[dict[str, float]] = [{} for _ in relevant]
    for metric in library.iter_calc(list(measures), qrels, run) if qrels else ():
        found[int(metric.query_id)][measures[metric.measure]] = float(metric.value)
    return [{name: own[name] for name in RANKING_MEASURES} if own else {} for own in found]


def import_extra(module: str) -> Any:
    """Import a module of the extra `evaluate`. Raises AccordingError, which says what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise AccordingError(
            f'evaluation needs packages that are not installed ({error}): pip install "according[evaluate]"'
        ) from None


# Risk and coverage


def coverage(outcomes: Iterable[Outcome], grades: Collection[Grade] = (ANSWERS, NEAR)) -> Mean:
    """Share of the judged questions that were answered, with one of some grades (El-Yaniv and Wiener 2010)."""
    return _mean(o.grade in grades for o in outcomes if o.judged)


def risk(outcomes: Iterable[Outcome], grades: Collection[Grade] = (ANSWERS, NEAR)) -> Mean:
    """Share of the answers given to judged questions that are wrong: selective risk (El-Yaniv and Wiener 2010).

    An answer is correct if one of its passages contains an evidence sentence or, for a question that names only
    relevant articles, comes from one of them. Every answer to an unanswerable question is wrong.
    """
    return _mean(not o.correct for o in outcomes if o.judged and o.grade in grades)


@dataclass(frozen=True)
class RiskCoveragePoint:
    """The effect of a threshold: only questions with at least this confidence are answered.

    Attributes:
        threshold: the confidence, or the score of the first passage where answers have no confidence.
        answers: number of questions answered.
        coverage: share of the judged questions that are answered.
        risk: share of those answers that are wrong.
    """

    threshold: float
    answers: int
    coverage: float
    risk: float


def risk_coverage(outcomes: Iterable[Outcome]) -> tuple[RiskCoveragePoint, ...]:
    """Return the risk-coverage curve (El-Yaniv and Wiener 2010), with a point for each confidence, in falling order.

    At threshold t, coverage = answers with confidence >= t / judged questions, and risk = wrong ones among these
    answers / these answers. The curve ends at the last question that has a passage: below coverage 1 where filters
    leave no passages, or where a library returns none below its threshold.
    """
    judged = [o for o in outcomes if o.judged]
    answers = sorted(_confidences(judged), key=lambda pair: -pair[0])
    points: list[RiskCoveragePoint] = []
    wrong = 0
    for number, (threshold, correct) in enumerate(answers, 1):
        wrong += not correct
        if number == len(answers) or answers[number][0] < threshold:
            points.append(RiskCoveragePoint(threshold, number, number / len(judged), wrong / number))
    return tuple(points)


def _confidences(outcomes: Sequence[Outcome]) -> list[tuple[float, bool]]:
    """Return (confidence, correct) for each judged answer; the first passage's score if any has no confidence."""
    answers = [o for o in outcomes if o.judged and o.correct is not None]
    if all(o.confidence is not None for o in answers):
        return [(o.confidence, bool(o.correct)) for o in answers if o.confidence is not None]
    return [(o.score, bool(o.correct)) for o in answers if o.score is not None]


def aurc(points: Sequence[RiskCoveragePoint]) -> float | None:
    """Return the area under the risk-coverage curve: the mean over answers of the risk at each one's confidence.

    Geifman and El-Yaniv 2017 (arXiv:1705.08500) for the curve, Geifman et al. 2019 (arXiv:1805.08206) for the area.
    The area covers the curve as far as it goes, so areas of curves that end at different coverages are not comparable.
    None without answers.
    """
    if not points:
        return None
    before = [0, *(p.answers for p in points)]
    return sum((p.answers - b) * p.risk for p, b in zip(points, before, strict=False)) / points[-1].answers


# Calibration


@dataclass(frozen=True)
class CalibrationBin:
    """Answers of similar confidence.

    Attributes:
        low, high: the confidences of the bin, from `low` to below `high`; the last bin includes 1.
        answers: number of answers.
        confidence: their mean confidence.
        accuracy: share of them that are correct.
    """

    low: float
    high: float
    answers: int
    confidence: float
    accuracy: float


def calibration(outcomes: Iterable[Outcome]) -> tuple[CalibrationBin, ...]:
    """Group judged answers into CALIBRATION_BINS by confidence; empty bins are left out.

    Returns no bins if an answer has no confidence.
    """
    answers = [o for o in outcomes if o.judged and o.correct is not None]
    if any(o.confidence is None for o in answers):
        return ()
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, correct in _confidences(answers):
        number = min(int(confidence * CALIBRATION_BINS), CALIBRATION_BINS - 1)
        bins.setdefault(number, []).append((confidence, correct))
    return tuple(
        CalibrationBin(
            number / CALIBRATION_BINS,
            (number + 1) / CALIBRATION_BINS,
            len(own),
            sum(confidence for confidence, _ in own) / len(own),
            sum(correct for _, correct in own) / len(own),
        )
        for number, own in sorted(bins.items())
    )


def calibration_error(bins: Sequence[CalibrationBin]) -> float | None:
    """Return the expected calibration error (Guo et al. 2017, arXiv:1706.04599); None without bins.

    ECE = sum over bins of answers / all answers * |accuracy - confidence|
    """
    answers = sum(b.answers for b in bins)
    return sum(b.answers * abs(b.accuracy - b.confidence) for b in bins) / answers if answers else None
