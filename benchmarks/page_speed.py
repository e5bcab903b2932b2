"""Measure how many pages are read in a second of processor time, and how many trafilatura reads in the same run.

    .venv/bin/python benchmarks/page_speed.py FOLDER [--pages 200] [--rounds 3]

Each page of FOLDER is read by both in turn, so that both meet the machine in the same state; the fastest of the rounds
counts for each. trafilatura extracts the text and the metadata, as According does. `--mojibake` also counts what the
repair of mojibake takes.
"""

import argparse
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import trafilatura

from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import decoding, html


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mojibake", action="store_true", help="count the time of its repair too")
    options = parser.parse_args()
    found = sorted(path for path in options.folder.rglob("*") if path.suffix in (".html", ".htm"))[: options.pages]
    pages = [path.read_bytes() for path in found]
    catalogue, repairing = load_catalogue(), [0.0]
    if options.mojibake:
        decoding.fix_mojibake = _counted(decoding.fix_mojibake, repairing)

    def ours(page: bytes) -> None:
        with contextlib.suppress(InputError):
            html.parse(page, catalogue, "")

    def theirs(page: bytes) -> None:
        trafilatura.bare_extraction(page, with_metadata=True)

    for read in (ours, theirs):  # what is loaded and compiled at first use is not counted
        read(pages[0])
    totals = dict.fromkeys(("ours", "theirs"), 0.0)
    repairing[0] = 0.0
    for page in pages:
        for name, read in (("ours", ours), ("theirs", theirs)):
            totals[name] += min(_seconds(read, page) for _ in range(options.rounds))
    size = sum(map(len, pages)) / len(pages) / 1024
    print(f"{len(pages)} pages of {size:.0f} kB on average, per second of processor time:")
    for name, label in (("ours", "According"), ("theirs", "trafilatura")):
        print(f"  {label:<12}{len(pages) / totals[name]:6.1f} pages ({1000 * totals[name] / len(pages):.1f} ms each)")
    print(f"  According takes {totals['ours'] / totals['theirs']:.2f} times as long")
    if options.mojibake:
        print(f"  repairing mojibake: {repairing[0] / options.rounds / totals['ours']:.0%} of that")


def _seconds(read: Callable[[bytes], None], page: bytes) -> float:
    start = time.process_time()
    read(page)
    return time.process_time() - start


def _counted(function: Callable[[str], str], total: list[float]) -> Callable[[str], str]:
    def counted(text: str) -> str:
        start = time.process_time()
        try:
            return function(text)
        finally:
            total[0] += time.process_time() - start

    return counted


if __name__ == "__main__":
    main()
