"""Draw the risk-coverage curve and the calibration of an evaluation, with matplotlib."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.answer.grade import ANSWERS, NEAR
from rag.errors import InputError
from rag.evaluation.metrics import (
    CALIBRATION_BINS,
    CalibrationBin,
    RiskCoveragePoint,
    aurc,
    calibration,
    calibration_error,
    coverage,
    import_extra,
    risk,
    risk_coverage,
)
from rag.evaluation.report import Evaluation

SUFFIXES = (".png", ".svg")


def draw_picture(evaluation: Evaluation, path: str | os.PathLike[str]) -> None:
    """Draw the risk-coverage curve and, where answers have a confidence, their calibration.

    The points at the library's two thresholds are marked on the curve. No distinction depends on colour alone.

    Args:
        evaluation: what to draw.
        path: the PNG or SVG file to write.

    Raises:
        AccordingError: if the extra `evaluate` is not installed.
        InputError: for another suffix, a folder that cannot be written to, or if no answer could be judged.
    """
    target = check_picture_path(path)
    points, bins = risk_coverage(evaluation.outcomes), calibration(evaluation.outcomes)
    if not points:
        raise InputError("no answer could be judged, so there is nothing to draw: give questions with evidence")
    matplotlib = import_extra("matplotlib")
    figure_class = import_extra("matplotlib.figure").Figure
    figure = figure_class(figsize=(10.5 if bins else 5.5, 4.5), dpi=150, layout="constrained")
    axes = figure.subplots(1, 2 if bins else 1, squeeze=False)[0]
    _draw_curve(axes[0], points, evaluation)
    if bins:
        _draw_calibration(axes[1], bins)
    try:
        with matplotlib.rc_context({"svg.hashsalt": "according", "svg.fonttype": "none"}):
            figure.savefig(target, metadata={"Date": None} if target.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error}") from None


def check_picture_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a picture. Raises InputError if its suffix is not one of SUFFIXES."""
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(f"{target}: the name of a picture must end in {' or '.join(SUFFIXES)}")
    return target


def _draw_curve(axes: Any, points: Sequence[RiskCoveragePoint], evaluation: Evaluation) -> None:
    coverages, risks = [p.coverage for p in points], [p.risk for p in points]
    label = f"most confident first (area {aurc(points):.3f})"
    axes.plot(coverages, risks, "k.-", linewidth=1, markersize=4, label=label)
    axes.axhline(points[-1].risk, color="0.4", linestyle=":", label=f"in any order ({points[-1].risk:.2f})")
    for mark, said, grades in (("D", "shown", (ANSWERS, NEAR)), ("s", 'graded "answers"', (ANSWERS,))):
        covered, wrong = coverage(evaluation.outcomes, grades), risk(evaluation.outcomes, grades)
        if covered.value is not None and wrong.value is not None:
            label = f"{covered.value:.0%} {said}, {wrong.value:.0%} of these wrongly"
            axes.plot(
                [covered.value], [wrong.value], f"k{mark}", markersize=9, markerfacecolor="white", markeredgewidth=1.5,
                label=label,
            )  # fmt: skip
    judged = sum(o.judged for o in evaluation.outcomes)
    axes.set(
        xlabel="coverage: share of questions answered", ylabel="risk: share of these answered wrongly",
        title=f"Risk and coverage, {judged:,} questions", xlim=(0, 1.02), ylim=(-0.02, 1.02),
    )  # fmt: skip
    axes.legend(loc="upper left", fontsize="small")


def _draw_calibration(axes: Any, bins: Sequence[CalibrationBin]) -> None:
    axes.plot([0, 1], [0, 1], color="0.4", linestyle="--", label="perfectly calibrated")
    axes.bar(
        [b.low for b in bins], [b.accuracy for b in bins], width=1 / CALIBRATION_BINS, align="edge", facecolor="0.85",
        edgecolor="black", hatch="//", label=f"share correct (error {calibration_error(bins):.3f})",
    )  # fmt: skip
    axes.plot(
        [b.confidence for b in bins], [b.accuracy for b in bins], "ko", markersize=5, label="mean confidence of a bin"
    )
    for b in bins:
        axes.annotate(
            f"{b.answers}", ((b.low + b.high) / 2, b.accuracy), xytext=(0, 6), textcoords="offset points", ha="center"
        )
    axes.set(
        xlabel="confidence", ylabel="share of answers that are correct", xlim=(0, 1), ylim=(0, 1.1),
        title=f"Calibration, {sum(b.answers for b in bins):,} answers (number above each bar)",
    )  # fmt: skip
    axes.legend(loc="upper left", fontsize="small")
