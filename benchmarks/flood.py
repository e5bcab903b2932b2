"""Ask the browser app from hundreds of readers at once: each gets the right answer, or a clear refusal.

    .venv/bin/python benchmarks/flood.py --index INDEX [--readers 300] [--seconds 60] [--url URL] [--json]

Starts `according serve` on INDEX, which contains the demonstration (`make run` builds it), or uses the app at URL. Of
ten readers, eight ask in the browser's way, one calls an endpoint, one opens pages; meanwhile 120 connections are left
half open and 20 senders stop in the middle of a request. An answer must be the one that a lone reader gets. A refusal
must be a 429 or 503 with Retry-After, and the reader returns then. Prints counts, seconds, the most memory that the app
took, and what was wrong: exit status 1 if anything was, or if a request got neither.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sessions import OUTLETS, SUBJECTS, Reader, RefusedError, parse_arguments, serve, without_numbers

QUESTIONS = tuple(f"What did {outlet} report about {subject}?" for outlet in OUTLETS[:4] for subject in SUBJECTS[:4])
PAGES = ("", "according.js", "according.css", "contents", "contents?outlet=The+Guardian", "config")
HALF_OPEN, SLOW = 120, 20
Way = Callable[[Reader, str], Any]


def by_browser(reader: Reader, question: str) -> Any:
    """Return the turns that a page shows."""
    reader.reload()
    return without_numbers(reader.ask(question))


def by_endpoint(reader: Reader, question: str) -> Any:
    """Return what a program is answered, by a direct call."""
    return _accepted(
        reader.http.post("gradio_api/run/search", json={"data": [question, 5, *[None] * 9, "relevance"]})
    ).json()["data"]


def by_page(reader: Reader, question: str) -> Any:
    """Return a page, without what is new each time."""
    page = PAGES[hash(question) % len(PAGES)]
    text = _accepted(reader.http.get(page)).text
    return (page, len(text) > 500) if page in ("", "config") else (page, text)


def _accepted(response: httpx.Response) -> httpx.Response:
    if response.status_code != 200:
        raise RefusedError(response)
    return response


WAYS: tuple[Way, ...] = (*[by_browser] * 8, by_endpoint, by_page)


class Tally:
    """What happened, counted by all threads."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.refused: Counter[int] = Counter()
        self.wrong: list[str] = []

    def ask(self, way: Way, reader: Reader, question: str, expected: Any) -> float:
        """Ask once; return the seconds after which to come back."""
        started = time.monotonic()
        try:
            found = way(reader, question)
        except RefusedError as refused:
            again = refused.response.headers.get("Retry-After", "")
            status = refused.response.status_code
            self.refused[status] += 1
            if status not in (429, 503) or not again.isdecimal():
                self.wrong.append(f"{way.__name__}: refused with {status}, {refused.response.text[:200]}")
            return float(again or 1)
        except (AssertionError, KeyError, ValueError, httpx.HTTPError) as error:
            self.wrong.append(f"{way.__name__}: {type(error).__name__} {str(error)[:300]}")
            return 1
        self.took.append(time.monotonic() - started)
        if found != expected:
            self.wrong.append(f"{way.__name__}: another answer to {question!r} than a lone reader gets")
        return 0


def run(url: str, readers: int, seconds: float, questions: tuple[str, ...] = QUESTIONS) -> dict[str, Any]:
    """Let one reader ask alone, then all at once for some seconds; return counts, times and what was wrong."""
    first = Reader(url)
    expected = {(way, question): way(first, question) for way in dict.fromkeys(WAYS) for question in questions}
    tally, everyone = Tally(), [first, *(Reader(url) for _ in range(readers - 1))]
    half_open = [_sent(url, b"GET /config HTTP/1.1\r\nHost: localhost\r\nX-A: ") for _ in range(HALF_OPEN)]
    begun = b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n{"
    half_open += [_sent(url, begun) for _ in range(SLOW)]
    deadline = time.monotonic() + seconds

    def talk(number: int) -> None:
        way, own = WAYS[number % len(WAYS)], random.Random(number)
        while True:
            question = own.choice(questions)
            again = tally.ask(way, everyone[number], question, expected[way, question])
            if time.monotonic() + again >= deadline:
                return
            time.sleep(again * own.uniform(1, 1.5))

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = Tally()  # what a flood leaves behind must not hold anyone up
    after.ask(by_browser, first, questions[0], expected[by_browser, questions[0]])
    for open_ in half_open:
        open_.close()
    return {
        "readers": readers,
        "answers": len(tally.took),
        "refused": dict(tally.refused),
        "wrong": tally.wrong + after.wrong,
        "seconds": {f"p{p}": float(np.percentile(tally.took or [0], p)) for p in (50, 95, 100)},
        "afterwards": after.took,
    }


def _sent(url: str, begun: bytes) -> socket.socket:
    """Return a connection on which the beginning of a request was sent."""
    place = urlsplit(url)
    connection = socket.create_connection((place.hostname or "", place.port or 80), timeout=10)
    connection.sendall(begun)
    return connection


class Memory(threading.Thread):
    """Watches how much memory a process takes, in bytes: at the start, and at most."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.start_bytes = self.most_bytes = self.process.memory_info().rss

    def run(self) -> None:
        while self.process.is_running():
            try:
                self.most_bytes = max(self.most_bytes, self.process.memory_info().rss)
            except psutil.Error:
                return
            time.sleep(0.2)


def main() -> int:
    options = parse_arguments(__doc__, readers=300)
    server, url = (None, options.url) if options.url else serve(options.index)
    memory = Memory(server.pid) if server else None
    if memory:
        memory.start()
    try:
        found = run(url, options.readers, options.seconds)
    finally:
        if server:
            server.terminate()
            server.wait()
    if memory:
        found["memory_mb"] = {"start": memory.start_bytes >> 20, "most": memory.most_bytes >> 20}
    if options.json:
        print(json.dumps(found))
    else:
        refused = ", ".join(f"{number:,} with {status}" for status, number in sorted(found["refused"].items()))
        print(f"{found['answers']:,} answers to {options.readers} readers; refused: {refused or 'none'}")
        print("answered within", *(f"{name} {value:.2f} s" for name, value in found["seconds"].items()))
        print("memory", found.get("memory_mb", "not measured"), "MB; wrong or unanswered:", len(found["wrong"]))
        print(*found["wrong"][:10], sep="\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
