"""Present an evaluation: the figures over all questions and by kind, as a table, as JSON, and as a list of misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.answer import confidence
from rag.answer.confidence import ConfidenceModel
from rag.answer.grade import ANSWERS, GRADES, Grade
from rag.evaluation import metrics
from rag.evaluation.metrics import MULTI_SOURCE, RANKING_MEASURES, Mean
from rag.evaluation.outcome import SEARCH_DEPTH, Outcome
from rag.evaluation.questions import OFF_TOPIC


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Attributes:
        k: maximum number of passages shown per question.
        outcomes: one outcome per question, in the order of the questions.
    """

    k: int
    outcomes: tuple[Outcome, ...]

    @property
    def figures(self) -> dict[str, Mean]:
        """The figures over all questions, by name."""
        return {
            **self._figures(self.outcomes),
            "abstention precision": metrics.abstention_precision(self.outcomes),
            "coverage": metrics.coverage(self.outcomes),
            "risk": metrics.risk(self.outcomes),
        }

    @property
    def figures_by_kind(self) -> dict[str, dict[str, Mean]]:
        """The figures of each kind of question, unanswerable kinds last."""
        kinds = dict.fromkeys(o.question.kind for o in sorted(self.outcomes, key=lambda o: not o.question.answerable))
        return {kind: self._figures([o for o in self.outcomes if o.question.kind == kind]) for kind in kinds}

    @property
    def grades(self) -> dict[Grade, dict[str, Mean]]:
        """For each grade its share of the answerable and of the unanswerable questions, and its precision."""
        return {
            grade: {
                "answerable": metrics.share_of_grade(self.outcomes, grade, True),
                "unanswerable": metrics.share_of_grade(self.outcomes, grade, False),
                "precision": metrics.precision(self.outcomes, grade),
            }
            for grade in GRADES
        }

    @property
    def latency(self) -> dict[str, dict[str, float]]:
        """The median and the 95th percentile of the milliseconds that asking and searching took."""
        samples = {"ask": [o.ask_ms for o in self.outcomes], "search": [o.search_ms for o in self.outcomes]}
        return {
            call: {f"p{share}": round(float(np.percentile(ms, share)), 2) for share in (50, 95)}
            for call, ms in samples.items()
            if ms
        }

    def _figures(self, outcomes: Sequence[Outcome]) -> dict[str, Mean]:
        return {
            "answered": metrics.answered(outcomes),
            "sure": metrics.sure(outcomes),
            "evidence@1": metrics.evidence(outcomes, 1),
            f"evidence@{self.k}": metrics.evidence(outcomes, self.k),
            "quoted": metrics.quoted(outcomes),
            "both sides": metrics.multi_source(outcomes),
            "abstention recall": metrics.abstention_recall(outcomes),
            "nothing found": metrics.nothing_found(outcomes),
            "verbatim": metrics.verbatim(outcomes),
            **{name: metrics.ranking(outcomes, name) for name in RANKING_MEASURES},
        }

    def fit(self, encoder: str, reranker: str | None = None, reader: str | None = None) -> ConfidenceModel:
        """Fit a confidence model to these outcomes.

        Args:
            encoder: name of the encoder that the questions were asked with.
            reranker: name of the model that read the passages; None if none did.
            reader: name of the model that looked for the words that answer; None if none did.

        Raises:
            LibraryError: as `rag.answer.confidence.fit`, if a kind of question that it needs is missing.
        """
        judged = [(o, o.signals) for o in self.outcomes if o.judged and o.signals]
        return confidence.fit(
            encoder,
            [signals for _, signals in judged],
            [bool(o.correct) for o, _ in judged],
            [o.question.answerable for o, _ in judged],
            [o.question.kind == OFF_TOPIC for o, _ in judged],
            reranker,
            reader,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values; None for a figure over no questions."""
        curve, bins = metrics.risk_coverage(self.outcomes), metrics.calibration(self.outcomes)
        return {
            "k": self.k,
            "questions": len(self.outcomes),
            "figures": {name: mean.to_dict() for name, mean in self.figures.items()},
            "kinds": {
                kind: {"questions": self._count(kind)} | {name: mean.to_dict() for name, mean in own.items()}
                for kind, own in self.figures_by_kind.items()
            },
            "grades": {
                grade: {name: mean.to_dict() for name, mean in own.items()} for grade, own in self.grades.items()
            },
            "aurc": metrics.aurc(curve),
            "curve": [vars(point) for point in curve],
            "calibration_error": metrics.calibration_error(bins),
            "calibration": [vars(own) for own in bins],
            "latency_ms": self.latency,
            "outcomes": [o.to_dict() for o in self.outcomes],
        }

    def table(self) -> str:
        """Return the figures as lines for a terminal: over all questions, then one line per grade and one per kind.

        Figures that apply to none of the questions are left out.
        """
        figures, curve = self.figures, metrics.risk_coverage(self.outcomes)
        names = (
            *("answered", "sure", "evidence@1", f"evidence@{self.k}", "quoted", "both sides"),
            *("abstention precision", "abstention recall", "nothing found", "coverage", "risk", "verbatim"),
            *RANKING_MEASURES,
        )
        lines = [f"{len(self.outcomes):,} questions, at most {self.k} passages shown", ""]
        lines += [_line(name, figures[name]) for name in dict.fromkeys(names) if figures[name].count]
        if (area := metrics.aurc(curve)) is not None:
            lines.append(f"{'risk-coverage area':<22}{'':11}{area:>8.3f}  up to coverage {curve[-1].coverage:.2f}")
        if (error := metrics.calibration_error(metrics.calibration(self.outcomes))) is not None:
            lines.append(f"{'calibration error':<22}{'':11}{error:>8.3f}")
        for call, ms in self.latency.items():
            lines.append(f"{call:<22}{ms['p50']:>11.1f}{ms['p95']:>8.1f}  ms, median and 95th percentile")
        return "\n".join([*lines, "", *self._table_by_grade(), "", *self._table_by_kind()])

    def _table_by_grade(self) -> list[str]:
        heads = {"answerable": "answerable", "unanswerable": "unanswerable", "precision": "hold an answer"}
        used = [name for name in heads if any(own[name].count for own in self.grades.values())]
        lines = ["grade    " + "".join(f"{heads[name]:>22}" for name in used)]
        for grade, own in self.grades.items():
            lines.append(f"{grade:<9}" + "".join(f"{_share(own[name]):>22}" for name in used))
        return lines

    def _table_by_kind(self) -> list[str]:
        names = (
            *("answered", "sure", "evidence@1", f"evidence@{self.k}", "quoted", "both sides"),
            *("abstention recall", "nothing found", "nDCG@10"),
        )
        used = [name for name in dict.fromkeys(names) if self.figures[name].count]
        heads = ["not answered" if name == "abstention recall" else name for name in used]
        by_kind = self.figures_by_kind
        width = max(len("kind"), *map(len, by_kind))
        lines = [f"{'kind':<{width}}  {'questions':>9}  " + "  ".join(f"{head:>10}" for head in heads)]
        for kind, own in by_kind.items():
            cells = (f"{_cell(name, own[name]):>{max(10, len(head))}}" for name, head in zip(used, heads, strict=True))
            lines.append(f"{kind:<{width}}  {self._count(kind):>9,}  " + "  ".join(cells))
        return lines

    def _count(self, kind: str) -> int:
        return sum(o.question.kind == kind for o in self.outcomes)

    def misses(self) -> list[str]:
        """Return one line for each question that went wrong, with its id, its kind and the reason, in order."""
        return [
            f"{o.question.id} [{o.question.kind}] {o.question.question}: {reason}"
            for o in self.outcomes
            if (reason := _miss(o))
        ]


def _line(name: str, mean: Mean) -> str:
    counts = f"{mean.count:,}" if name in RANKING_MEASURES else f"{int(mean.total):,}/{mean.count:,}"
    return f"{name:<22}{counts:>11}{mean.value:>8.3f}"


def _share(mean: Mean) -> str:
    return "" if mean.value is None else f"{int(mean.total):,}/{mean.count:,} {mean.value:>7.3f}"


def _cell(name: str, mean: Mean) -> str:
    if mean.value is None:
        return ""
    return f"{mean.value:.3f}" if name in RANKING_MEASURES else f"{int(mean.total)}/{mean.count}"


def _miss(o: Outcome) -> str:
    """Return why a question went wrong; "" where it did not."""
    if not o.question.answerable:
        if o.grade == ANSWERS:
            return "answered, although no article answers it"
        return "passages shown, although it is off topic" if o.found and o.question.kind == OFF_TOPIC else ""
    if o.question.evidence and not o.evidence_indexed:
        return "no article in the index contains its evidence"
    if not o.found:
        below = "nothing found, although a passage below the confidence threshold answers it"
        return below if o.correct else "nothing found"
    if o.question.evidence and o.evidence_rank is None:
        rank = f"result {o.search_rank}" if o.search_rank else f"none of the first {SEARCH_DEPTH} results"
        return f"none of the {o.shown} passages shown contains the evidence; {rank} of the search contains it"
    if o.question.kind in MULTI_SOURCE and o.question.evidence and o.sources < 2:
        return "evidence from only one article"
    if not o.question.evidence and o.ranking and not o.ranking["hit@10"]:
        return "no relevant article among the first 10 of the search"
    return ""
