"""The command `evaluate`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from rag.cli.opening import open_library, prepare
from rag.cli.output import print_result


def evaluate(options: argparse.Namespace) -> None:
    """Measure how well an index answers questions, and fit its confidence model on them on demand."""
    from rag.evaluation import check_picture_path, draw_picture, read_questions

    if options.picture:
        check_picture_path(options.picture)  # before the work, not after it
    questions = [question for path in options.questions for question in read_questions(path)]
    with open_library(options) as library:
        prepare(library)
        measured = _measure(options, library, questions)
        values: dict[str, Any] = {}
        lines: list[str] = []
        if options.fit:
            before, fitted = measured, measured.fit(library.encoder, library.reranker and library.reranker.name)
            library.set_confidence_model(fitted)
            measured = _measure(options, library, questions)
            values |= {"confidence_model": vars(fitted), "before": before.to_dict()}
            lines += [_fitted(fitted, options.index), "", *_compared(before, measured), ""]
    lines.append(measured.table())
    if options.misses:
        missed = measured.misses()
        values["misses"] = missed
        lines += ["", *(missed or ["no misses"])]
    print_result(options, values | measured.to_dict(), "\n".join(lines))
    if options.picture:
        draw_picture(measured, options.picture)


def _measure(options: argparse.Namespace, library: Any, questions: Sequence[Any]) -> Any:
    """Return an evaluation; its progress is shown if stderr is a terminal."""
    from tqdm import tqdm

    from rag.evaluation import evaluate as run_evaluation

    with tqdm(desc="questions", unit=" questions", total=len(questions), disable=None, leave=False) as progress:
        return run_evaluation(
            library, questions, options.k, lambda *_: progress.update(), apply_filters=bool(options.apply_filters)
        )


def _fitted(model: Any, index: str) -> str:
    answerable, others = model.fitted
    return (
        f"confidence model fitted on {answerable:,} questions with an answer and {others:,} without; saved in {index}\n"
        f'passages are shown from a confidence of {model.near:.3f}, and graded "answers" from {model.sure:.3f}'
    )


def _compared(before: Any, after: Any) -> list[str]:
    """Return lines that say what a new confidence model changes for the questions that it was fitted on."""
    from rag.evaluation import OFF_TOPIC, abstention_recall, answered, nothing_found, sure

    def figures(measured: Any) -> list[Any]:
        far = [o for o in measured.outcomes if o.question.kind == OFF_TOPIC]
        near = [o for o in measured.outcomes if o.question.kind != OFF_TOPIC]
        return [answered(measured.outcomes), sure(measured.outcomes), nothing_found(far), abstention_recall(near)]

    names = ("answered", "sure", "nothing shown, off topic", "not answered, near the topic")
    lines = [f"{'on these questions':<28}{'before':>12}{'after':>12}"]
    for name, old, new in zip(names, figures(before), figures(after), strict=True):
        if old.count:
            lines.append(f"{name:<28}" + "".join(f"{f'{int(mean.total):,}/{mean.count:,}':>12}" for mean in (old, new)))
    return lines
