"""One step of one system, in a process of its own: prints its figures as JSON in the last line.

    python -m systems build NAME FOLDER ARTICLES.jsonl [--hashed]
    python -m systems search NAME FOLDER QUESTIONS.json [--hashed]
    python -m systems ask NAME FOLDER QUESTIONS.json [--hashed]

Run by `peers.py`. The first questions warm up and are not timed; `search` also tells which articles it finds.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

from . import Hashed, System, get

WARM_UP = 5  # questions
SHOWN = 10  # passages that a timed search finds
DEPTH = 100  # passages that a search for the ranking finds: enough for ten articles


def main() -> None:
    parser = argparse.ArgumentParser(prog="systems")
    parser.add_argument("step", choices=["build", "search", "ask"])
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("input", type=Path)
    parser.add_argument("--hashed", action="store_true")
    given = parser.parse_args()
    begun = time.perf_counter()
    system = get(given.name)(Hashed() if given.hashed else None)
    figures = build(system, given, begun) if given.step == "build" else ask(system, given, begun)
    print("\n" + json.dumps(figures))


def build(system: System, given: argparse.Namespace, begun: float) -> dict[str, Any]:
    """Seconds and memory of a build."""
    system.load()
    loaded = time.perf_counter()
    passages = system.build([given.input], given.folder)
    seconds = time.perf_counter() - loaded
    hashing = {"hashing": system.hashed.seconds} if system.hashed else {}
    return {"passages": passages, "loading": loaded - begun, "seconds": seconds, "peak": peak()} | hashing


def ask(system: System, given: argparse.Namespace, begun: float) -> dict[str, Any]:
    """Milliseconds of each question, seconds until the first could be asked, memory."""
    system.open(given.folder)
    opened = time.perf_counter() - begun
    questions: dict[str, str] = json.loads(given.input.read_text("utf-8"))
    milliseconds = []
    for number, question in enumerate(questions.values()):
        begun = time.perf_counter()
        system.search(question, SHOWN) if given.step == "search" else system.ask(question)  # type: ignore[attr-defined]
        if number >= min(WARM_UP, len(questions) - 1):
            milliseconds.append(1000 * (time.perf_counter() - begun))
    figures = {"opening": opened, "milliseconds": milliseconds, "peak": peak()}
    if given.step == "search":
        found = {key: system.search(question, DEPTH) for key, question in questions.items()}
        figures["ranking"] = {key: list(dict.fromkeys(article for article, _ in own)) for key, own in found.items()}
    return figures


def peak() -> float:
    """The most memory that this process had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
