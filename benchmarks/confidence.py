"""Fit the confidence model that ships with According, on the demonstration corpus, and draw its risk-coverage curve.

    .venv/bin/python benchmarks/confidence.py [--write]

The questions are in `questions/`: over the digests of `seeds/`, with and without an answer in them, and off topic.
Fits one model for passages that the default reranker has read, and one for those that none has. Prints each, the
figures of an evaluation with it, and the shares answered at other thresholds; --write saves the models in
`rag/answer/confidence.json`, and the first one's curve in `docs/risk-coverage.svg`. To do the same for an index and
questions of your own:

    .venv/bin/according evaluate QUESTIONS.jsonl --index INDEX --fit
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import rag
from rag.evaluation import OFF_TOPIC, Evaluation, draw_picture, evaluate, read_questions
from rag.models.reranker import LazyReranker, Reranker

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ("demonstration.jsonl", "offtopic.jsonl")
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="save the model and the curve")
    options = parser.parse_args()
    questions = [q for name in QUESTIONS for q in read_questions(ROOT / "benchmarks/questions" / name)]
    models = []
    with tempfile.TemporaryDirectory() as folder:
        rag.build([ROOT / "seeds"], index=folder, aliases=ROOT / "docs/aliases.toml").close()
        for reranker in (Remembering(LazyReranker().get()), None):
            with rag.open(folder, reranker=reranker) as library:
                name = library.reranker.name if library.reranker else None
                model = evaluate(library, questions).fit(library.encoder, name)
                library.set_confidence_model(model)
                evaluation = evaluate(library, questions)
            models.append(json.loads(model.to_json()))
            print(model.to_json(), "", evaluation.table(), "", _shares_answered(evaluation), "", sep="\n", flush=True)
            if options.write and reranker:
                draw_picture(evaluation, ROOT / "docs/risk-coverage.svg")
    if options.write:
        (ROOT / "rag/answer/confidence.json").write_text(json.dumps(models, indent=2) + "\n", "utf-8")


class Remembering:
    """A reranker that reads nothing twice: each question is asked and searched, before and after the fit."""

    def __init__(self, model: Reranker):
        self.name, self._model = model.name, model
        self._read: dict[tuple[str, str], float] = {}

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if new := [text for text in texts if (question, text) not in self._read]:
            logits = self._model.score(question, new).tolist()
            self._read |= {(question, text): logit for text, logit in zip(new, logits, strict=True)}
        return np.array([self._read[question, text] for text in texts], np.float32)


def _shares_answered(evaluation: Evaluation) -> str:
    """Return a table of the shares answered at each threshold: answerable, near the topic, and off topic."""
    unanswerable = [o for o in evaluation.outcomes if not o.question.answerable]
    groups = {
        "answerable": [o for o in evaluation.outcomes if o.question.answerable],
        "near": [o for o in unanswerable if o.question.kind != OFF_TOPIC],
        "off topic": [o for o in unanswerable if o.question.kind == OFF_TOPIC],
    }
    lines = ["threshold " + "".join(f"{f'{name} ({len(outcomes)})':>20}" for name, outcomes in groups.items())]
    for threshold in THRESHOLDS:
        shares = [sum((o.confidence or 0) >= threshold for o in own) / len(own) for own in groups.values()]
        lines.append(f"{threshold:<10}" + "".join(f"{share:>20.1%}" for share in shares))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
