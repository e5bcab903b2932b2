"""Feed each reader with one token repeated, in every place that it looks at, and measure how its time grows.

    .venv/bin/python benchmarks/adversarial.py [--state FILE] [--only html] [--each 1] [--random 500] [--seed 0] [--all]

For each format, each place in it (an element, an attribute, a field, a header, the raw file) and each token (quotes,
brackets, tags left open, names, half surrogates ...) SCREENED bytes of it are read. Most tokens of a place take the
same way through the code, so only the slowest EACH of a place go on, and as many again if they take FAR times as long
as its median: they are read at growing sizes. Where a page costs more than what is in it, and tokens cannot hide one
another, BUNDLED tokens are read in one file, and the slowest bundles one by one.

The slope is that of the logarithm of the processor time against that of the size, less the time of a file with nothing
in that place: 1 is linear, 2 quadratic. Times below FLOOR_SECONDS are not compared. A slope above CLOSER is measured
again, three times. Prints each case whose slope is above MAX_SLOPE, then the worst ten; the exit status is 1 if there
is one above. A case that takes more than LIMIT_SECONDS of processor time counts as infinitely steep. With `--state`
what was measured is kept in a file, and a run that was cut off goes on where it stopped. `--random` reads files of
three random tokens, of which the second is repeated, instead.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import math
import multiprocessing
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adversarial_places import RAW_BYTES, TEXT, TOKENS, Place, encoded, places

from rag import readers
from rag.provenance.catalogue import load_catalogue

MAX_SLOPE = 1.2
CLOSER = 1.1
SCREENED = 2 * 1024
SIZES = (64 * 1024, 512 * 1024)
SMALLER = (16 * 1024, 32 * 1024, 64 * 1024)
BUNDLED = 8
SPLIT = 2  # bundles, the slowest ones
FAR = 4  # times the median of a place, and FAR_SECONDS more than it
FAR_SECONDS = 0.01
FLOOR_SECONDS = 0.03  # what the processor's clock and caches vary by is no slope
ENOUGH_SECONDS = 3.0  # after a file that took longer, no larger one is read
LIMIT_SECONDS = 10  # of the processor, for one file


@dataclass(frozen=True)
class Case:
    """A file that can be made of any size: `before`, then `token` repeated, then `after`, at a place."""

    place: Place
    token: str
    before: str = ""
    after: str = ""

    def repeated(self, size: int) -> str:
        return self.token * (size // max(1, len(self.token.encode("utf-8", "surrogatepass"))))

    def file(self, size: int) -> bytes:
        return self.place.make(f"{self.before}{self.repeated(size)}{self.after}" if size else "")

    def __str__(self) -> str:
        parts = " ".join(repr(part[:24]) for part in (self.before, self.token, self.after) if part)
        return f"{self.place.ending:7}{self.place.name:34}{parts}"


@dataclass(frozen=True)
class BytesCase:
    """A file of one sequence of bytes repeated, which are no UTF-8."""

    ending: str
    token: bytes

    @property
    def place(self) -> Place:
        return Place(self.ending, "bytes", encoded)

    def file(self, size: int) -> bytes:
        head = b"title,text\na," if "sv" in self.ending else b""
        return head + self.token * (size // len(self.token)) + b"\n" + TEXT.encode()

    def __str__(self) -> str:
        return f"{self.ending:7}{'bytes':34}{self.token!r}"


def seconds(case: Any, size: int, folder: Path) -> float:
    """Return the processor time that it takes to read a case of a size."""
    path = folder / f"a{case.place.ending}"
    path.write_bytes(case.file(size))
    gc.collect(0)
    start = time.process_time()
    for _ in readers.read([path], load_catalogue()):
        pass
    return time.process_time() - start


def limit() -> None:
    """Let the process end (SIGXCPU) after LIMIT_SECONDS more of the processor."""
    used = math.ceil(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (used + LIMIT_SECONDS, resource.RLIM_INFINITY))


def in_process(work: Callable[..., None], *arguments: Any) -> list[Any]:
    """Return what a function sent from a process of its own, up to where it ended."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=work, args=(*arguments, sender))
    process.start()
    sender.close()
    found: list[Any] = []
    try:
        while True:
            found.append(receiver.recv())
    except EOFError:
        process.join()
    return found


def slowest(cases: list[Any], each: int) -> list[Any]:
    """Return the cases of a place that took longest, `each` or twice as many."""
    if len(cases) > BUNDLED and _hides_nothing(cases[0].place):
        bundles = [cases[n : n + BUNDLED] for n in range(0, len(cases), BUNDLED)]
        taken = screen([Case(cases[0].place, "", "".join(case.repeated(SCREENED) for case in own)) for own in bundles])
        order = sorted(range(len(bundles)), key=lambda n: -taken[n])
        cases = [case for n in order[:SPLIT] for case in bundles[n]]
    return chosen(cases, screen(cases), each)


def _hides_nothing(place: Place) -> bool:
    """Return whether a token is only text at a place of a page, so that none can hide the next one."""
    if place.ending != ".html" or "raw" in place.name:
        return False
    return "JSON-LD" in place.name or place.make("<").count(b"<") == place.make("").count(b"<")


def screen(cases: list[Any]) -> list[float]:
    """Return the time of each case of a place for SCREENED bytes, infinity where it was above the limit."""
    found: list[float] = []
    while len(found) < len(cases):
        found += in_process(_screened, cases[len(found) :])
        if len(found) < len(cases):
            found.append(math.inf)
    return found


def _screened(cases: list[Any], sender: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        limit()
        seconds(cases[0], 0, Path(folder))  # loads the reader
        for case in cases:
            limit()
            sender.send(seconds(case, SCREENED, Path(folder)))
    sender.close()


def measure(case: Any, sizes: tuple[int, ...], times: int = 1) -> tuple[list[float], float]:
    """Return (the times of the sizes as far as they were measured, the slope from the first to the slowest of them).

    The slope is infinity where a file took more than the limit or the first one was enough, and NaN where all is fast.
    """
    found = in_process(_measured, case, sizes, times)
    if not found or found[-1] is not None:
        return found[1:], math.inf
    none, *taken = found[:-1]
    over = [max(1e-4, each - none) for each in taken]
    peak = max(range(len(over)), key=lambda n: over[n])  # larger files may be refused
    if over[peak] < FLOOR_SECONDS:
        return taken, math.nan
    return taken, math.log(over[peak] / over[0]) / math.log(sizes[peak] / sizes[0]) if peak else math.inf


def _measured(case: Any, sizes: tuple[int, ...], times: int, sender: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        limit()
        seconds(case, 0, Path(folder))  # loads the reader
        for size in (0, *sizes):
            limit()
            taken = min(seconds(case, size, Path(folder)) for _ in range(times))
            sender.send(taken)
            if taken > ENOUGH_SECONDS:
                break
        sender.send(None)
    sender.close()


def steepness(case: Any) -> tuple[list[float], float]:
    """Return (the times, the slope) of a case, measured again where it looks steep."""
    taken, slope = measure(case, SIZES)
    if math.isinf(slope):  # the large ones take too long, or are refused
        taken, slope = measure(case, SMALLER, 3)
        return taken, 0.0 if len(taken) == len(SMALLER) and math.isinf(slope) else slope  # the smallest took longest
    return (taken, slope) if math.isnan(slope) or slope <= CLOSER else measure(case, SIZES, 3)


def chosen(cases: list[Any], taken: list[float], each: int) -> list[Any]:
    """Return the slowest `each` of some cases, and of as many again those that are far above the median."""
    order = sorted(range(len(taken)), key=lambda n: -taken[n])
    median = statistics.median(taken)
    far = max(FAR * median, median + FAR_SECONDS)
    return [cases[n] for rank, n in enumerate(order[: 2 * each]) if rank < each or taken[n] > far]


def cases(only: str, number: int, seed: int) -> list[Any]:
    own = [place for place in places() if only in f"{place.ending} {place.name}"]
    if number:
        rng = random.Random(seed)
        made: list[Any] = []
        for _ in range(number):
            place, more = rng.choice(own), rng.choice(TOKENS) if rng.random() < 0.5 else ""
            before, after = rng.choice(TOKENS) * rng.choice((0, 1, 1, 3)), rng.choice(TOKENS)
            made.append(Case(place, rng.choice(TOKENS) + more, before, after))
        return sorted(made, key=lambda case: (case.place.ending, case.place.name))
    made = [Case(place, token) for place in own for token in TOKENS]
    endings = dict.fromkeys(place.ending for place in own)
    if "bytes".startswith(only) or any(only in ending for ending in endings):
        made += [BytesCase(ending, token) for ending in endings for token in RAW_BYTES]
    return made


def grouped(every: list[Any]) -> Iterator[list[Any]]:
    """Yield the cases of one place after another."""
    for _, group in itertools.groupby(every, lambda case: (case.place.ending, case.place.name)):
        yield list(group)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--state", type=Path, help="a file that keeps what was measured")
    parser.add_argument("--only", default="", help="only formats and places with these words")
    parser.add_argument("--each", type=int, default=1, metavar="N", help="the N slowest cases of a place are measured")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="N random cases in place of the others")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--all", action="store_true", help="print every case that was measured")
    options = parser.parse_args()
    load_catalogue().resolve("Reuters")
    list(load_catalogue().find("Reuters"))
    every = cases(options.only, options.random, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        for case in {case.place.ending: case for case in every}.values():
            seconds(case, 0, Path(folder))  # loads the reader, once for all processes
    gc.collect()
    gc.freeze()  # what was loaded is not looked through after each case
    kept: dict[str, list[Any]] = {}
    if options.state and options.state.exists():
        kept = {key: rows for line in options.state.read_text().splitlines() for key, rows in [json.loads(line)]}
    read, rows = 0, list[Any]()
    for group in grouped(every):
        read += len(group)
        key = f"{group[0].place.ending} {group[0].place.name}"
        if key not in kept:
            kept[key] = [(*steepness(case), str(case)) for case in slowest(group, options.each)]
            for taken, slope, name in kept[key]:
                if options.all or slope > MAX_SLOPE:
                    print(line_of(taken, slope, name), flush=True)
            if options.state:
                with options.state.open("a") as file:
                    file.write(json.dumps((key, kept[key])) + "\n")
        rows += kept[key]
    steep = sorted((row for row in rows if not math.isnan(row[1])), key=lambda row: -row[1])
    print("the worst:")
    for row in steep[:10]:
        print(line_of(*row))
    bad = sum(slope > MAX_SLOPE for _, slope, _ in steep)
    print(f"{read:,} cases read, {len(rows):,} measured at larger sizes, {bad} above {MAX_SLOPE}")
    return 1 if bad else 0


def line_of(taken: list[float], slope: float, name: str) -> str:
    return f"{slope:5.2f}  {' '.join(f'{each:7.3f}' for each in taken):32}  {name}"


if __name__ == "__main__":
    sys.exit(main())
