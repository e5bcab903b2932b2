"""Fit the weights of rag/answer/figures/weights.toml to the questions of benchmarks/figures.py.

    .venv/bin/python benchmarks/figures_weights.py --articles articles-12k.jsonl.gz [--write]

Prints for each set the precision and recall with weights fitted on all other sets: what an unknown question meets, as
far as the conditions themselves were not chosen on the set. scikit-learn comes with sentence-transformers.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import figures as benchmark
import numpy as np
from sklearn.linear_model import LogisticRegression

from rag.answer.citation import cite_span
from rag.answer.figures import Figure
from rag.answer.figures.asked import asked
from rag.answer.figures.evidence import SHOWN, About, evidence, is_excluded
from rag.answer.figures.matching import candidates
from rag.article import Article

WEIGHTS = benchmark.ROOT / "rag" / "answer" / "figures" / "weights.toml"


class Candidate(NamedTuple):
    """A value that may be shown, with the set of its question; `label` is None where the figure is optional."""

    set: int
    label: bool | None
    evidence: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=Path, required=True, help="the collection, as gzipped JSON Lines")
    parser.add_argument("--write", action="store_true", help="write the weights")
    options = parser.parse_args()
    questions = benchmark.read_questions()
    with tempfile.TemporaryDirectory() as folder:
        collection = benchmark.read_articles(benchmark.sample(options.articles, Path(folder)))
    articles = {benchmark.DEMONSTRATION: benchmark.read_articles(None), benchmark.COLLECTION: collection}
    judged = [c for q in questions for c in _candidates(q, articles[q["corpus"]])]
    for number in benchmark.SETS:
        model, names = _fit([c for c in judged if c.set != number])
        own = [c for c in judged if c.set == number and c.label is not None]
        shown = [c for c, p in zip(own, _probabilities(model, names, own), strict=True) if p >= SHOWN]
        right = sum(bool(c.label) for c in shown)
        marked = sum(
            g["marked"] and not g.get("optional") for q in questions if q["set"] == number for g in q["figures"]
        )
        print(f"set {number:>2}: precision {right} of {len(shown)}, recall {right} of {marked}")
    if options.write:
        model, names = _fit(judged)
        weights = {"bias": model.intercept_[0], **dict(zip(names, model.coef_[0], strict=True))}
        lines = (f'"{name}" = {weight:.2f}\n' for name, weight in sorted(weights.items(), key=lambda item: item[1]))
        WEIGHTS.write_text("# Written by benchmarks/figures_weights.py: do not edit.\n" + "".join(lines), "utf-8")


def _candidates(question: dict[str, Any], articles: dict[str, Article]) -> list[Candidate]:
    """Return the values in the passages listed with a question, judged by the figures expected."""
    wanted = asked(question["question"], benchmark.aliases(question))
    found: list[Candidate] = []
    for name, start, end, *quote in question["shown"] if wanted else ():
        citation = cite_span(articles[name], (start, end), (quote[0], quote[1]))
        about = About.of(wanted, citation)
        for sentence, value in candidates(wanted, citation):
            if is_excluded(wanted, sentence, value, about):
                continue
            printed = benchmark.written(Figure(value.kind, value.value, value.upper, value.unit, ()))
            first, last = (edge + start for edge in value.outer)
            gold = [
                g
                for g in question["figures"]
                if g["article"] == name and g["value"] == printed and g["start"] < last and first < g["end"]
            ]
            label = None if any(g.get("optional") for g in gold) else bool(gold)
            found.append(Candidate(question["set"], label, evidence(wanted, sentence, value, about)))
    return found


def _fit(judged: list[Candidate]) -> tuple[LogisticRegression, list[str]]:
    """Return a model of whether a value is right, and the names of the conditions."""
    names = sorted({name for c in judged for name in c.evidence})
    known = [c for c in judged if c.label is not None]
    return LogisticRegression(max_iter=1000).fit(_matrix(names, known), [bool(c.label) for c in known]), names


def _probabilities(model: LogisticRegression, names: list[str], judged: list[Candidate]) -> Any:
    return model.predict_proba(_matrix(names, judged))[:, 1]


def _matrix(names: list[str], judged: list[Candidate]) -> Any:
    return np.array([[c.evidence.get(name, 0.0) for name in names] for c in judged])


if __name__ == "__main__":
    sys.exit(main())
