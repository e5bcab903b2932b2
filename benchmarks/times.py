"""Measure what dates and words such as "this week" in a question do to the order of what is found.

    python benchmarks/times.py --articles articles-12k.jsonl.gz --work FOLDER --set allsides
    python benchmarks/times.py --pages seeds --work FOLDER --set demonstration
    python benchmarks/times.py --index INDEX --set allsides

The questions are those of benchmarks/questions/times.jsonl, each with the day of asking and the ids (of the
demonstration: the names) of all the articles that report what was asked about then. Of the file of articles, 1,500 are
indexed, always the same. Prints, for the half of the questions that constants were chosen by and for the half that was
left out, how many have such an article first and among the first five passages, and nDCG of the first ten articles.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rag

QUESTIONS = Path(__file__).with_name("questions") / "times.jsonl"
SAMPLE, SEED = 1500, 7
FIELDS = ("id", "outlet", "date", "title", "url", "text")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", required=True, choices=("allsides", "demonstration"))
    parser.add_argument("--index", type=Path)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--order", default="relevance")
    parser.add_argument("--no-reranker", action="store_true")
    parser.add_argument("--ignore", action="store_true", help="what the questions say of time is ignored")
    parser.add_argument("--ranks", action="store_true", help="print the rank of the first right passage of each")
    options = parser.parse_args()
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["set"] == options.set]
    index = options.index or build(options)
    with rag.open(index, reranker=None if options.no_reranker else "auto") as library:
        names = {a.id: Path(a.source).stem if options.set == "demonstration" else a.id for a in library.articles()}
        for half in ("chosen by", "left out"):
            report(half, library, names, [row for row in rows if row["half"] == half], options)


def build(options: argparse.Namespace) -> Path:
    """Build the index that the questions are asked of, unless it is there."""
    index: Path = options.work / options.set
    pages = options.pages
    if options.articles:
        pages = options.work / "sample.jsonl"
        with gzip.open(options.articles, "rt") as file:
            articles = [json.loads(line) for line in file]
        random.Random(SEED).shuffle(articles)
        pages.write_text("".join(json.dumps({f: a[f] for f in FIELDS}) + "\n" for a in articles[:SAMPLE]))
    rag.build([pages], index=index).close()
    return index


def report(
    half: str, library: rag.Library, names: dict[str, str], rows: Sequence[dict[str, Any]], options: argparse.Namespace
) -> None:
    """Ask questions and print what was found."""
    counts = {kind: [0, 0, 0, 0.0] for kind in ("dated", "relative")}
    for row in rows:
        ignore = ("all",) if options.ignore else ()
        hits = library.search(row["question"], k=30, asked_on=row["asked_on"], ignore=ignore, order=options.order)
        right = [names[hit.article_id] in row["articles"] for hit in hits]
        articles = list(dict.fromkeys(names[hit.article_id] for hit in hits))[:10]
        gains = [name in row["articles"] for name in articles]
        ideal = sum(1 / math.log2(i + 2) for i in range(min(10, len(row["articles"]))))
        count = counts["relative" if row["asked_on"] else "dated"]
        count[0] += 1
        count[1] += any(right[:1])
        count[2] += any(right[:5])
        count[3] += sum(gain / math.log2(i + 2) for i, gain in enumerate(gains)) / ideal
        if options.ranks:
            print(f"  {right.index(True) + 1 if True in right else '-':>3}  {row['id']}  {row['question']}")
    for kind, (asked, first, five, ndcg) in counts.items():
        print(f"{half:>10} {kind:>9}: first {first}/{asked}, five {five}/{asked}, nDCG@10 {ndcg / asked:.3f}")
    asked, first, five, ndcg = (sum(values) for values in zip(*counts.values(), strict=True))
    print(f"{half:>10} {'all':>9}: first {first}/{asked}, five {five}/{asked}, nDCG@10 {ndcg / asked:.3f}")


if __name__ == "__main__":
    main()
