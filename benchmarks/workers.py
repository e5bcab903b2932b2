"""Measure how long a build of saved pages takes with other processes that read, and without.

    .venv/bin/python benchmarks/workers.py FOLDER [--pages 1000] [--workers 1 2 3] [--rounds 3] [--hashing]

The builds take turns, each into an index of its own; the median of the rounds counts. "Waiting" is the time in which
the process that encodes had no articles to encode. `--hashing` encodes with hashed words, in a tenth of the time: what
reading takes then shows.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from hashing_encoder import HashingEncoder

import rag


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hashing", action="store_true", help="encode with hashed words, not with the default encoder")
    options = parser.parse_args()
    pages = sorted(path for path in options.folder.rglob("*") if path.suffix in (".html", ".htm"))[: options.pages]
    taken: dict[int, list[tuple[float, float]]] = {workers: [] for workers in options.workers}
    for _ in range(options.rounds):
        for workers in options.workers:
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                encoder = HashingEncoder() if options.hashing else None
                with rag.build(pages, Path(folder) / "index", encoder, workers=workers) as library:
                    seconds = time.perf_counter() - start
                    taken[workers].append((seconds, library.report.seconds.get("reading", 0.0)))
    print(f"{len(pages)} pages\n| workers | s | of these waiting |\n| --- | --- | --- |")
    for workers, found in taken.items():
        whole, waiting = (statistics.median(values) for values in zip(*found, strict=True))
        print(f"| {workers} | {whole:.1f} | {waiting:.1f} |")


if __name__ == "__main__":
    main()
