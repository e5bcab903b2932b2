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
from pathlib import Path

import rag
from rag.evaluation import OFF_TOPIC, Evaluation, draw_picture, evaluate, read_questions

ROOT = Path(__file__).resolve().parent.parent
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="save the model and the curve")
    options = parser.parse_args()
    questions = [q for path in sorted((ROOT / "benchmarks/questions").glob("*.jsonl")) for q in read_questions(path)]
    models = []
    with tempfile.TemporaryDirectory() as folder:
        rag.build([ROOT / "seeds"], index=folder, aliases=ROOT / "docs/aliases.toml").close()
        for reranker in ("auto", None):
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
