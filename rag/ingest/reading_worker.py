"""A process that reads files for another one, which started it (see `reading_processes`).

It is sent a line of JSON for each file, and sends back one for each article and one when the file is at its end. What
is sent waits in a pipe until it is taken: however large a file is, only a part of it is in memory.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

from rag import readers
from rag.provenance.catalogue import load_catalogue
from rag.readers.columns import Columns
from rag.readers.folders import listed
from rag.readers.item_json import to_json


def main() -> None:
    """Read the files that are asked for on standard input, until it ends."""
    requests, answers = sys.stdin.buffer, _own_output()
    asked = json.loads(requests.readline())
    catalogue, columns = load_catalogue(asked["catalogue"]), Columns(asked["fields"])
    _send(answers, {"ready": True})
    files: SimpleQueue[tuple[str, str | None]] = SimpleQueue()
    threading.Thread(target=_receive, args=(requests, files), daemon=True).start()
    while True:
        path, below = files.get()
        source = listed(path, below) if below else Path(path)
        for item in readers.read_source(source, catalogue, columns):
            _send(answers, {"item": to_json(item)})
        _send(answers, {"end": columns.take_counts()})


def _own_output() -> IO[bytes]:
    """Return standard output for answers alone: what a library prints goes where errors go."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _receive(requests: IO[bytes], files: SimpleQueue[tuple[str, str | None]]) -> None:
    """Take what is asked at once, so that who asks never waits; end when nobody asks any more."""
    for line in requests:
        files.put(json.loads(line))
    os._exit(0)


def _send(answers: IO[bytes], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()
