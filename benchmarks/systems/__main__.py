"""Run one step of one system in this process, and print its figures as JSON in the last line.

    python -m systems build NAME FOLDER ARTICLES.jsonl [--hashed]
    python -m systems search NAME FOLDER QUESTIONS.json [--hashed]
    python -m systems ask NAME FOLDER QUESTIONS.json [--hashed]

`peers.py` runs it. The first questions are not timed; `search` also prints which articles it finds.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

from . import System, TimedHashingEncoder, get

WARM_UP_QUESTIONS = 5
PASSAGES = 10  # that a timed search finds
RANKING_DEPTH = 100  # passages that a search for the ranking finds: enough for ten articles


def main() -> None:
    parser = argparse.ArgumentParser(prog="systems")
    parser.add_argument("step", choices=["build", "search", "ask"])
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("input", type=Path)
    parser.add_argument("--hashed", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    system = get(options.name)(TimedHashingEncoder() if options.hashed else None)
    figures = build(system, options, started) if options.step == "build" else ask(system, options, started)
    print("\n" + json.dumps(figures))


def build(system: System, options: argparse.Namespace, started: float) -> dict[str, Any]:
    """Return the seconds and the memory that a build took."""
    system.load()
    loaded = time.perf_counter()
    passages = system.build([options.input], options.folder)
    seconds = time.perf_counter() - loaded
    hashing = {"hashing": system.hashing.seconds} if system.hashing else {}
    return {"passages": passages, "loading": loaded - started, "seconds": seconds, "peak": peak()} | hashing


def ask(system: System, options: argparse.Namespace, started: float) -> dict[str, Any]:
    """Return the milliseconds of each question, the seconds until the first could be asked, and the memory."""
    system.open(options.folder)
    opened = time.perf_counter() - started
    questions: dict[str, str] = json.loads(options.input.read_text("utf-8"))
    milliseconds = []
    for number, question in enumerate(questions.values()):
        started = time.perf_counter()
        system.search(question, PASSAGES) if options.step == "search" else system.ask(question)  # type: ignore[attr-defined]
        if number >= min(WARM_UP_QUESTIONS, len(questions) - 1):
            milliseconds.append(1000 * (time.perf_counter() - started))
    figures = {"opening": opened, "milliseconds": milliseconds, "peak": peak()}
    if options.step == "search":
        found = {key: system.search(question, RANKING_DEPTH) for key, question in questions.items()}
        figures["ranking"] = {key: list(dict.fromkeys(article for article, _ in own)) for key, own in found.items()}
    return figures


def peak() -> float:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
