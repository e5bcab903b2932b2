"""Measure comparisons: which outlets that have an answer get a row with it, and what a row of each costs.

    python benchmarks/compare.py --pages seeds --work FOLDER
    python benchmarks/compare.py --news ARTICLES.jsonl.gz --work FOLDER [--outlets 3000]

The questions are those of benchmarks/questions/comparisons.jsonl, over the demonstration, written before anything was
compared; rules were chosen by the first half. Printed for each half: the share of the outlets with an answer that have
a row whose best passage has it, and of those that have it in one of the row's passages, beside the share of which `ask`
shows one among as many passages as there are rows.

With `--news`, the articles are dealt out to so many outlets, indexed with an encoder that hashes words, and asked with
their titles: the times of `ask` and `compare` with and without the default reranker, in turns, and those of the
processor, which other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hashing_encoder import HashingEncoder

import rag
from rag.answer.balance import UNKNOWN_OUTLET
from rag.evaluation.outcome import normalised

QUESTIONS = Path(__file__).with_name("questions") / "comparisons.jsonl"
HALVES = {"chosen by": slice(0, None, 2), "left out": slice(1, None, 2)}
ROWS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="a folder for the index; one that is there is used")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--pages", type=Path)
    source.add_argument("--news", type=Path)
    parser.add_argument("--outlets", type=int, default=3000)
    parser.add_argument("--questions", type=int, default=40)
    options = parser.parse_args()
    if options.pages:
        index = options.work / "demonstration"
        rag.build([options.pages], index=index).close()
        with rag.open(index) as library:
            rows(library)
    else:
        times(options.work / "news", options)


def rows(library: rag.Library) -> None:
    """Compare what outlets say on each question, and print for how many their answer is in their row."""
    questions = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    outlets = {Path(article.source).stem: article.outlet or UNKNOWN_OUTLET for article in library.articles()}
    for half, part in HALVES.items():
        asked, best, compared, answered, shown, passages_shown = 0, 0, 0, 0, 0, 0
        for question in questions[part]:
            evidence: dict[str, list[str]] = defaultdict(list)
            for answer in question["answers"]:
                evidence[outlets[answer["article"]]].append(normalised(answer["evidence"]))
            comparison = library.compare(question["question"], k=ROWS)
            first = [(group, row.citation) for row in comparison.rows for group in (row.group, *row.shared_with)]
            by_row = [*first, *((row.group, cited) for row in comparison.rows for cited in row.further)]
            passages = library.ask(question["question"], k=ROWS).passages
            by_passage = [(passage.outlet or UNKNOWN_OUTLET, passage) for passage in passages]
            asked += len(evidence)
            shown += len(comparison.rows)
            passages_shown += len(comparison.passages)
            best += holding(evidence, first)
            compared += holding(evidence, by_row)
            answered += holding(evidence, by_passage)
        print(
            f"{half}: {compared} of {asked} = {compared / asked:.2f} have a row with their answer, {best} = "
            f"{best / asked:.2f} as its best passage, {answered} = {answered / asked:.2f} a passage of `ask`; "
            f"{shown / len(questions[part]):.1f} rows a question, {passages_shown / len(questions[part]):.1f} passages"
        )


def holding(evidence: dict[str, list[str]], shown: Sequence[tuple[str, rag.Citation]]) -> int:
    """Return how many outlets have evidence in a passage of theirs."""
    texts: dict[str, list[str]] = defaultdict(list)
    for outlet, citation in shown:
        texts[outlet].append(normalised(citation.text))
    return sum(any(e in text for e in own for text in texts[outlet]) for outlet, own in evidence.items())


def times(index: Path, options: argparse.Namespace) -> None:
    """Print what `ask` and `compare` take, in turns."""
    encoder = HashingEncoder()
    if not index.exists():
        records = list(dealt(options.news, options.outlets))
        dump = index.with_suffix(".jsonl")
        dump.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
        rag.build([dump], index=index, encoder=encoder).close()
    titles = [a.title for a in itertools.islice(rag.open(index, encoder).articles(), 0, None, 97) if a.title]
    titles = titles[: options.questions]
    for name, reranker in (("no reranker", None), ("default reranker", "auto")):
        with rag.open(index, encoder, reranker=reranker) as library:
            calls: dict[str, Callable[[str], Any]] = {
                "ask": library.ask,
                "compare": library.compare,
                "compare by kind": lambda title: library.compare(title, by="kind"),
                "compare by year": lambda title: library.compare(title, by="year"),
            }
            taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
            for title in (titles[0], *titles):
                for call, run in calls.items():
                    begun, worked = time.perf_counter(), time.process_time()
                    run(title)
                    taken[call].append((time.perf_counter() - begun, time.process_time() - worked))
            base, base_worked = np.median(taken["ask"][1:], axis=0)
            for call, seconds in taken.items():
                (p50, worked), (p95, _) = np.quantile(seconds[1:], (0.5, 0.95), axis=0)
                print(
                    f"{name:<18}{call:<18}{1000 * p50:8.0f} ms {1000 * p95:8.0f} ms {p50 / base:6.1f} times ask; "
                    f"processor {1000 * worked:8.0f} ms {worked / base_worked:6.1f} times"
                )


def dealt(news: Path, outlets: int) -> Iterator[dict[str, Any]]:
    """Yield the articles of a file, each given to one of so many outlets."""
    with gzip.open(news, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            record = json.loads(line)
            yield record | {"id": str(number), "outlet": f"Outlet {number % outlets}", "url": None}


if __name__ == "__main__":
    main()
