"""Measure follow-up questions: what they find with the question before them, and that a new topic is left alone.

    python benchmarks/followups.py --pages seeds --work FOLDER
    python benchmarks/followups.py --index INDEX

The pairs are those of benchmarks/questions/followups.jsonl, over the demonstration: a question, the one that follows
it, and the sentences that answer the second. Prints, for the half of the pairs that rules were chosen by and for the
half that was left out, for how many the first passage shown has such a sentence, and one of five; and of the new
topics, how many show the same passages as when asked alone.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rag
from rag.evaluation.outcome import normalised

PAIRS = Path(__file__).with_name("questions") / "followups.jsonl"
NEW = "new"
K = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--half", choices=("chosen by", "left out"))
    parser.add_argument("--alone", action="store_true", help="ask without the question before")
    parser.add_argument("--ranks", action="store_true", help="print what each pair finds")
    options = parser.parse_args()
    rows = [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]
    index = options.index or options.work / "demonstration"
    if options.pages:
        rag.build([options.pages], index=index).close()
    with rag.open(index) as library:
        for half in (options.half,) if options.half else ("chosen by", "left out"):
            report(half, library, [row for row in rows if row["half"] == half], options)


def report(half: str, library: rag.Library, rows: Sequence[dict[str, Any]], options: argparse.Namespace) -> None:
    """Ask the pairs of one half and print what was found."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    alike = 0
    for row in rows:
        previous = None if options.alone else row["previous"]
        answer = library.ask(row["question"], k=K, previous=previous)
        evidence = [normalised(expected["evidence"]) for expected in row["answers"]]
        right = [any(words in normalised(passage.text) for words in evidence) for passage in answer.passages]
        note = ""
        if row["kind"] == NEW:
            same = spans(library.ask(row["question"], k=K)) == spans(answer)
            alike += same
            note = "" if same else "DRAGGED  "
        for kind in (row["kind"], *(["all but new"] if row["kind"] != NEW else [])):
            counts[kind][0] += 1
            counts[kind][1] += any(right[:1])
            counts[kind][2] += any(right)
        if options.ranks:
            rank = right.index(True) + 1 if True in right else "-" if answer.found else "none"
            print(f"  {rank:>4}  {row['id']}  {note}{row['previous']} | {row['question']} -> {answer.searched}")
    for kind in sorted(counts, key=lambda kind: (kind == NEW, kind == "all but new", kind)):
        asked, first, five = counts[kind]
        dragged = f", as asked alone {alike}/{asked}" if kind == NEW else ""
        print(f"{half:>10} {kind:>12}: first {first}/{asked}, five {five}/{asked}{dragged}")


def spans(answer: rag.Answer) -> list[tuple[str, int, int]]:
    """Return the passages of an answer, in order."""
    return [(passage.article_id, passage.start, passage.end) for passage in answer.passages]


if __name__ == "__main__":
    main()
