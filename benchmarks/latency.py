"""What a question costs beside the encoding of its words alone: milliseconds and ratios, filters on and off.

    .venv/bin/python benchmarks/latency.py --index INDEX --questions QUESTIONS [--after YYYY-MM-DD] [--outlet NAME]

QUESTIONS is a text file, a question a line, or a file as `according evaluate` takes it. Each question is encoded,
searched for and asked in turn, so that whatever else the machine does meets all of them alike. Prints medians and 95th
percentiles.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import rag
from rag.evaluate import read_questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", required=True)
    parser.add_argument("--questions", required=True, type=Path)
    parser.add_argument("--after", default="2015-01-01")
    parser.add_argument("--outlet")
    given = parser.parse_args()
    library = rag.open(given.index)
    library.prepare()
    outlets = {name: count for name, count in library.outlets().items() if name}
    outlet = given.outlet or max(outlets, key=outlets.__getitem__)
    encode = library._encode().encode_question
    timed: dict[str, Callable[[str], object]] = {
        "encoding alone": encode,
        "search, 10 passages": lambda q: library.search(q, k=10),
        "ask": lambda q: library.ask(q, least=0),
        f"ask, after {given.after}": lambda q: library.ask(q, least=0, after=given.after),
        f"ask, only {outlet}": lambda q: library.ask(q, least=0, outlets=outlet),
    }
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for number, question in enumerate(_questions(given.questions)):
        for name, run in timed.items():
            begun = time.perf_counter()
            run(question)
            if number >= 5:  # after some to warm up
                taken[name].append(1000 * (time.perf_counter() - begun))
    alone = np.median(taken["encoding alone"])
    print(f"{'':<28}{'median ms':>12}{'95th':>10}{'of encoding':>14}")
    for name, ms in taken.items():
        print(f"{name:<28}{np.median(ms):>12.1f}{np.percentile(ms, 95):>10.1f}{np.median(ms) / alone:>14.2f}")


def _questions(path: Path) -> list[str]:
    if path.suffix == ".jsonl":
        return [q.question for q in read_questions(path)]
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
