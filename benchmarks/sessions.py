"""Ask the browser app from several sessions at once: each answer must belong to its own session's question and history.

    .venv/bin/python benchmarks/sessions.py --index INDEX [--readers 10] [--seconds 60] [--url URL] [--json]

Starts `according serve` on INDEX, which contains the demonstration (`make run` builds it), or uses the app at URL. Each
reader has a conversation of their own over HTTP, as the page has: a question that names an outlet, the same question
without that constraint, a follow-up, another question; then again from an empty page. The answers to all readers at
once must be those to each reader alone. Prints how long an answer took, in seconds from the question to its cards, and
exits 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from html import unescape
from typing import Any

import httpx
import numpy as np

OUTLETS = (
    "The Guardian", "BBC News", "Human Rights Watch", "IRNA", "Al Jazeera", "Amnesty International", "Foreign Policy",
    "Associated Press", "Iran Daily", "Los Angeles Times", "Hansard", "Kayhan",
)  # fmt: skip
SUBJECTS = (
    "Camp Ashraf", "the MEK", "Albania", "Maryam Rajavi", "the terrorist list", "Heshmat Alavi", "John Bolton",
    "a cult", "the prosecutor's office", "Massoud Rajavi", "Camp Liberty", "nuclear sites",
)  # fmt: skip
QUESTION = re.compile(r'<h2 class="question"[^>]*>(?:<bdi>)?(.*?)(?:</bdi>)?</h2>', re.DOTALL)
NUMBER = re.compile(r'data-turn="(\d+)"')
TICKED = re.compile(r'data-do="switch" data-words="([^"]*)" aria-pressed="true"')
OWN_NUMBER = re.compile(r'\b(turn-|asked-|data-turn="|data-at=")\d+')  # they begin anywhere; when it was asked
HANDLE = re.compile(r"answer/[\w-]{43}")
FAILED = '<section class="according turn failed"'


class RefusedError(AssertionError):
    """The app refused a request; `response` says why."""

    def __init__(self, response: httpx.Response):
        super().__init__(f"refused: {response.status_code} {response.text}")
        self.response = response


class Reader:
    """One browser session: it sends what a page does, following the app's own configuration, and keeps the answers.

    Attributes:
        turns: the HTML of each question and its answer, in their order; the handle of its files is left out, which is
            another each time.
        filters: the value of each filter.
        notices: what the app has shown besides answers.
    """

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        config = self.http.get("config").raise_for_status().json()
        props = {c["id"]: c["props"] for c in config["components"]}
        (self.sends,) = (
            each
            for each in config["dependencies"]
            for component, event in each["targets"]
            if (props.get(component, {}).get("elem_id"), event) == ("send", "click")
        )
        self.filters = [props[i].get("value") for i in self.sends["inputs"][4:]]
        self.reload()

    def reload(self) -> None:
        """Start a new session, without answers and notices."""
        self.session = secrets.token_hex(6)
        self.turns: list[str] = []
        self.notices: list[str] = []

    def ask(self, question: str, follow: bool = False) -> list[str]:
        """Ask a question, the next one of the conversation, and return all turns."""
        self.turns.append(self.turn("continue" if follow else "ask", question, self._number()))
        return list(self.turns)

    def untick(self) -> list[str]:
        """Ask again without the constraints from the question's words, and return all turns."""
        self.turns[-1] = self.turn("switch", "", self._number(), [])
        return list(self.turns)

    def ticked(self) -> list[str]:
        """Return the words of the constraints from the last question that are applied."""
        return [unescape(words) for words in TICKED.findall(self.turns[-1])]

    def turn(self, action: str, question: object, number: object, words: object = ()) -> str:
        """Return the turn that the app answers with.

        Raises:
            RefusedError: the app refused the request.
            AssertionError: there is no answer, or one that says that something went wrong.
        """
        (html,) = self.send([action, question, number, [*words], *self.filters])["data"]  # type: ignore[misc]
        if FAILED in html:
            raise AssertionError(f"failed: {html}")
        return HANDLE.sub("answer/HANDLE", html)

    def _number(self) -> int:
        """Return the number of the last question, which the app knows it by; 0 if there is none."""
        return int(NUMBER.findall(self.turns[-1])[0]) if self.turns else 0

    def body(self, data: list[Any]) -> dict[str, Any]:
        """Return what a page sends to ask something."""
        trigger = self.sends["targets"][0][0]
        return {"data": data, "fn_index": self.sends["id"], "session_hash": self.session, "trigger_id": trigger}

    def send(self, data: list[Any]) -> dict[str, Any]:
        """Send values as the page does, and return the output of the event."""
        headers = {"Content-Type": "application/json"}
        joined = self.http.post("gradio_api/queue/join", content=json.dumps(self.body(data)), headers=headers)
        if joined.status_code != 200:
            raise RefusedError(joined)
        return self._completed(joined.json()["event_id"])

    def _completed(self, event: str) -> dict[str, Any]:
        with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": self.session}) as lines:
            if lines.status_code != 200:
                lines.read()
                raise RefusedError(lines)
            for line in lines.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("msg") == "log":
                    self.notices.append(message["log"])
                if message.get("msg") == "process_completed" and message["event_id"] == event:
                    if not message["success"]:
                        raise AssertionError(f"failed: {message['output']}")
                    output: dict[str, Any] = message["output"]
                    return output
        raise AssertionError("the app closed the connection")


def conversation(reader: Reader, number: int, took: list[float]) -> list[list[str]]:
    """Return the turns after each step of a reader's own conversation; the seconds of each are added to `took`."""
    outlet, subject = OUTLETS[number % len(OUTLETS)], SUBJECTS[number % len(SUBJECTS)]
    reader.reload()
    steps = (
        lambda: reader.ask(f"What did {outlet} report about {subject}?"),
        lambda: reader.untick() if reader.ticked() else reader.ask(f"Who spoke of {subject}?"),
        lambda: reader.ask(f"And what did {outlet} say?", follow=True),
        lambda: reader.ask(f"How many people were killed, reader {number}?"),
    )
    pages = []
    for step in steps:
        started = time.perf_counter()
        pages.append(without_numbers(step()))
        took.append(time.perf_counter() - started)
    return pages


def without_numbers(page: list[str]) -> list[str]:
    """Return the turns of a page without their numbers, which are others each time."""
    return [OWN_NUMBER.sub(r"\1NUMBER", html) for html in page]


def questions(page: list[str]) -> list[str]:
    """Return the questions of the turns of a page."""
    return [unescape(words) for html in page for words in QUESTION.findall(html)]


def run(url: str, readers: int, seconds: float) -> dict[str, Any]:
    """Let each reader ask alone, then all at once for some seconds; return counts, times and what was wrong."""
    sessions = [Reader(url) for _ in range(readers)]
    alone: list[float] = []
    expected = [conversation(session, number, alone) for number, session in enumerate(sessions)]
    wrong = [
        f"readers {a} and {b} get the same answers"
        for a in range(readers)
        for b in range(a)
        if expected[a] == expected[b]
    ]
    for number, pages in enumerate(expected):
        if not questions(pages[-1])[-1].endswith(f"reader {number}?"):
            wrong.append(f"reader {number}, alone: {questions(pages[-1])}")
    took: list[float] = []
    deadline = time.monotonic() + seconds

    def talk(number: int) -> None:
        try:
            while time.monotonic() < deadline:
                pages = conversation(sessions[number], number, took)
                if pages != expected[number]:
                    wrong.append(f"reader {number}: {[questions(page) for page in pages]}")
        except (AssertionError, KeyError, ValueError, httpx.HTTPError) as error:
            wrong.append(f"reader {number}: {type(error).__name__} {error}")

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = {"the first": alone[:1], "alone": alone[1:], "at once": took}
    return {
        "readers": readers,
        "answers": len(took),
        "wrong": wrong,
        "seconds": {
            name: {**{f"p{p}": float(np.percentile(all_, p)) for p in (50, 95)}, "max": max(all_)}
            for name, all_ in times.items()
            if all_
        },
    }


def serve(index: str) -> tuple[subprocess.Popen[str], str]:
    """Start the app in a process of its own, and return the process and the app's URL."""
    command = [sys.executable, "-m", "rag", "serve", "--index", index, "--host", "127.0.0.1"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "AUTH": "", "PORT": ""})
    line = server.stdout.readline() if server.stdout else ""
    if " at http" not in line:
        raise SystemExit(f"the app did not start: {line}")
    return server, line.split()[4]


def parse_arguments(description: str, readers: int) -> argparse.Namespace:
    """Return the options of a benchmark in which so many readers use the app at once."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--index", default="index")
    parser.add_argument("--readers", type=int, default=readers)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--url", help="of a running app, instead of starting one")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments(__doc__, readers=10)
    server, url = (None, options.url) if options.url else serve(options.index)
    try:
        found = run(url, options.readers, options.seconds)
    finally:
        if server:
            server.terminate()
            server.wait()
    if options.json:
        print(json.dumps(found))
    else:
        print(f"{found['answers']:,} answers to {options.readers} readers, {len(found['wrong'])} wrong")
        for name, figures in found["seconds"].items():
            print(f"{name:<10}" + "".join(f"{label:>6} {value:6.3f} s" for label, value in figures.items()))
        print(*found["wrong"][:10], sep="\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
