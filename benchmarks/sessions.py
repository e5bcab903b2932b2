"""Several people ask the browser app at once: every answer must belong to its own reader's question and history.

    .venv/bin/python benchmarks/sessions.py --index INDEX [--readers 10] [--seconds 60] [--address URL] [--json]

Starts `according serve` on INDEX, which holds the demonstration (`make run` makes it), or asks the app that is open at
URL. Each reader holds a conversation of his own over HTTP, as the page does: a question that names an outlet, the same
without that restriction, one that continues it, another; then from the beginning with an empty chat. What the app says
to one who asks alone is what must stand in the chats when all ask at once. Prints how long an answer took, in seconds
from the question to its cards, and exits 1 where anything was wrong.
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
OWN = re.compile(r'<div class="according question">(?:<bdi>)?(.*?)(?:</bdi>)?</div>', re.DOTALL)


class Reader:
    """One browser session: what a page sends and keeps, by the app's own description of itself."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=60, trust_env=False)
        config = self.http.get("config").raise_for_status().json()
        named = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
        self.names = {i: name for i, name in named.items() if name}
        self.values = {self.names[c["id"]]: c["props"].get("value") for c in config["components"] if named[c["id"]]}
        self.events = {
            (named.get(component), event): made
            for made in config["dependencies"]
            for component, event in made["targets"]
        }
        self.told: list[str] = []
        self.again()

    def again(self) -> None:
        """Opens the page anew; what it is told beside the answers goes into `told`."""
        self.session, self.told = secrets.token_hex(6), []
        self.values |= {"chat": [], "understood": [], "follow": False}

    def ask(self, question: str, follow: bool = False) -> list[str]:
        """Asks; returns the chat: question, answer, question, answer, ..., as HTML."""
        self.values |= {"question": question, "follow": follow}
        return self.do("ask", "click")

    def untick(self) -> list[str]:
        """Takes off all that was understood from the words."""
        self.values |= {"understood": []}
        return self.do("understood", "input")

    def do(self, component: str, event: str) -> list[str]:
        """Sends an event as the page does, and takes in what comes back."""
        made = self.events[component, event]
        data = [self.values.get(self.names.get(i, "")) for i in made["inputs"]]
        body = {"data": data, "fn_index": made["id"], "session_hash": self.session, "trigger_id": made["targets"][0][0]}
        headers = {"Content-Type": "application/json"}
        joined = self.http.post("gradio_api/queue/join", content=json.dumps(body), headers=headers)
        if joined.status_code != 200:
            raise AssertionError(f"refused: {joined.status_code} {joined.text}")
        output = self._completed(joined.json()["event_id"])
        for i, value in zip(made["outputs"], output["data"], strict=True):
            if isinstance(value, dict) and value.get("__type__") == "update":
                if "value" not in value:
                    continue
                value = value["value"]
            self.values[self.names.get(i, "")] = value
        return _html(self.values["chat"])

    def _completed(self, event: str) -> dict[str, Any]:
        with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": self.session}) as lines:
            for line in lines.iter_lines():
                told = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if told.get("msg") == "log":
                    self.told.append(told["log"])
                if told.get("msg") == "process_completed" and told["event_id"] == event:
                    if not told["success"]:
                        raise AssertionError(f"failed: {told['output']}")
                    output: dict[str, Any] = told["output"]
                    return output
        raise AssertionError("the app ended the conversation")


def _html(value: Any) -> list[str]:
    """The cards and questions in what a chat holds, in their order."""
    if isinstance(value, str):
        return [value] if value.startswith('<div class="according') else []
    if isinstance(value, dict):
        value = [part for key, part in value.items() if key != "props"]  # which hold the value once more
    inner = value if isinstance(value, list) else ()
    return [html for part in inner for html in _html(part)]


def conversation(reader: Reader, number: int, took: list[float]) -> list[list[str]]:
    """The chat after each step of a reader's own conversation."""
    outlet, subject = OUTLETS[number % len(OUTLETS)], SUBJECTS[number % len(SUBJECTS)]
    reader.again()
    steps = (
        lambda: reader.ask(f"What did {outlet} report about {subject}?"),
        lambda: reader.untick() if reader.values["understood"] else reader.ask(f"Who spoke of {subject}?"),
        lambda: reader.ask(f"And what did {outlet} say?", follow=True),
        lambda: reader.ask(f"How many people were killed, reader {number}?"),
    )
    chats = []
    for step in steps:
        begun = time.perf_counter()
        chats.append(step())
        took.append(time.perf_counter() - begun)
    return chats


def asked(chat: list[str]) -> list[str]:
    """The questions in a chat."""
    return [unescape(words) for html in chat for words in OWN.findall(html)]


def run(address: str, readers: int, seconds: float) -> dict[str, Any]:
    """Asks alone, then all at once for some seconds; returns counts, times and what was wrong."""
    people = [Reader(address) for _ in range(readers)]
    alone: list[float] = []
    expected = [conversation(person, number, alone) for number, person in enumerate(people)]
    wrong = [
        f"readers {a} and {b} would be told the same"
        for a in range(readers)
        for b in range(a)
        if expected[a] == expected[b]
    ]
    for number, chats in enumerate(expected):
        if not asked(chats[-1])[-1].endswith(f"reader {number}?"):
            wrong.append(f"reader {number}, alone: {asked(chats[-1])}")
    took: list[float] = []
    until = time.monotonic() + seconds

    def talk(number: int) -> None:
        try:
            while time.monotonic() < until:
                chats = conversation(people[number], number, took)
                if chats != expected[number]:
                    wrong.append(f"reader {number}: {[asked(chat) for chat in chats]}")
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
    """The app in a process of its own, and its address."""
    command = [sys.executable, "-m", "rag", "serve", "--index", index, "--host", "127.0.0.1"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "AUTH": "", "PORT": ""})
    line = server.stdout.readline() if server.stdout else ""
    if " at http" not in line:
        raise SystemExit(f"the app did not open: {line}")
    return server, line.split()[4]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", default="index")
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--address", help="of an app that is open, in the place of one to be started")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    server, address = (None, given.address) if given.address else serve(given.index)
    try:
        found = run(address, given.readers, given.seconds)
    finally:
        if server:
            server.terminate()
            server.wait()
    if given.json:
        print(json.dumps(found))
    else:
        print(f"{found['answers']:,} answers to {given.readers} readers, {len(found['wrong'])} wrong")
        for name, figures in found["seconds"].items():
            print(f"{name:<10}" + "".join(f"{label:>6} {value:6.3f} s" for label, value in figures.items()))
        print(*found["wrong"][:10], sep="\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
