"""Fits the bar that comes with According, on the demonstration corpus, and draws how it answers.

    .venv/bin/python benchmarks/bar.py [--write]

The questions stand in `questions/`: over the digests of `seeds/`, with and without an answer in them, and about other
things. Prints the bar, what it answers and refuses, and what other bars would; --write puts it into
`rag/answer/confidence.json`, and the risk-coverage curve into `docs/risk-coverage.svg`. The same for an index and
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
BARS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    questions = [q for path in sorted((ROOT / "benchmarks/questions").glob("*.jsonl")) for q in read_questions(path)]
    with tempfile.TemporaryDirectory() as folder:
        library = rag.build([ROOT / "seeds"], index=folder, aliases=ROOT / "docs/aliases.toml")
        fitted = evaluate(library, questions).fit(library.encoder)
        library.set_confidence_model(fitted)
        after = evaluate(library, questions)
        print(fitted.to_json(), "", after.table(), "", _trade(after), sep="\n")
        if given.write:
            text = json.dumps(json.loads(fitted.to_json()), indent=2)
            (ROOT / "rag/answer/confidence.json").write_text(text + "\n", "utf-8")
            draw_picture(after, ROOT / "docs/risk-coverage.svg")
        library.close()


def _trade(found: Evaluation) -> str:
    """What bars would answer: of the questions with an answer, those near the subject, and those about other things."""
    kinds = {
        "answerable": [o for o in found.outcomes if o.question.answerable],
        "near": [o for o in found.outcomes if not o.question.answerable and o.question.kind != OFF_TOPIC],
        "other": [o for o in found.outcomes if o.question.kind == OFF_TOPIC],
    }
    lines = ["bar   " + "".join(f"{f'{name} ({len(own)})':>20}" for name, own in kinds.items())]
    for bar in BARS:
        shares = [sum((o.confidence or 0) >= bar for o in own) / len(own) for own in kinds.values()]
        lines.append(f"{bar:<6}" + "".join(f"{share:>20.1%}" for share in shares))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
