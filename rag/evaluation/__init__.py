"""Measure how well a library answers questions whose answers are known.

    questions.py ──▶ run.py ──▶ outcome.py ──▶ report.py ──▶ table, JSON, misses
    read a file      ask all    judge one      metrics.py     picture.py draws

It uses a library as any caller does, and nothing in the library depends on it.
"""

from rag.evaluation.metrics import (
    RANKING_MEASURES,
    CalibrationBin,
    Mean,
    RiskCoveragePoint,
    abstention_precision,
    abstention_recall,
    answered,
    aurc,
    calibration,
    calibration_error,
    coverage,
    evidence,
    multi_source,
    nothing_found,
    precision,
    quoted,
    ranking,
    risk,
    risk_coverage,
    share_of_grade,
    sure,
    verbatim,
)
from rag.evaluation.outcome import Outcome
from rag.evaluation.picture import check_picture_path, draw_picture
from rag.evaluation.questions import OFF_TOPIC, ExpectedAnswer, Question, read_questions
from rag.evaluation.report import Evaluation
from rag.evaluation.run import evaluate

__all__ = [
    "OFF_TOPIC",
    "RANKING_MEASURES",
    "CalibrationBin",
    "Evaluation",
    "ExpectedAnswer",
    "Mean",
    "Outcome",
    "Question",
    "RiskCoveragePoint",
    "abstention_precision",
    "abstention_recall",
    "answered",
    "aurc",
    "calibration",
    "calibration_error",
    "check_picture_path",
    "coverage",
    "draw_picture",
    "evaluate",
    "evidence",
    "multi_source",
    "nothing_found",
    "precision",
    "quoted",
    "ranking",
    "read_questions",
    "risk",
    "risk_coverage",
    "share_of_grade",
    "sure",
    "verbatim",
]
