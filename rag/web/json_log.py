"""The log as JSON, one object a line: time, level, logger, message, and of an error its name and where it was raised.

What an error says can quote a question, so that it is left out unless it is asked for. What others write to stderr past
the log, such as Gradio's tracebacks, becomes such lines too, by the same rule.
"""

from __future__ import annotations

import bisect
import contextlib
import datetime as dt
import io
import json
import logging
import re
import threading
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

STDERR = "stderr"  # the logger of what was written past the log
MAX_PLACES = 6  # of an error, the innermost
_TRACEBACK = "Traceback (most recent call last):"
_GROUPED = re.compile(r"^ *[|+] ?")  # before the lines of a group of errors
_NEXT = re.compile(r" *\+[+-]* (?:\d+|\.{3}) -+\n?")  # before each of them; it may have no traceback
_CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)


def line(message: str, level: str = "WARNING", logger: str = STDERR, most: int = 2000, **more: Any) -> str:
    """Return an object as a line of JSON, in ASCII.

    Args:
        message: what happened.
        level: of the log.
        logger: who says so.
        most: characters that the line may have; what is longer has less of the message.
        **more: other fields.
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")

    def written(text: str) -> str:
        return json.dumps({"time": now, "level": level, "logger": logger, "message": text, **more})

    if len(whole := written(message)) > most:
        if len(written("")) > most:
            more = {}
        kept = bisect.bisect(range(most), most, key=lambda n: len(written(f"{message[:n]} ..."))) - 1
        whole = written(f"{message[: max(0, kept)]} ...")
    return f"{whole}\n"


class _Formatter(logging.Formatter):
    """Writes a record as JSON."""

    def __init__(self, with_questions: bool, most: int) -> None:
        super().__init__()
        self._with_questions, self._most = with_questions, most

    def format(self, record: logging.LogRecord) -> str:
        more: dict[str, Any] = {}
        if record.exc_info and (error := record.exc_info[1]):
            frames = traceback.extract_tb(error.__traceback__)[-MAX_PLACES:]
            more = {"error": type(error).__name__, "at": [f"{f.filename}:{f.lineno} {f.name}" for f in frames]}
            if self._with_questions:
                more["said"] = str(error)[: self._most // 4]
        message = record.getMessage()
        return line(message, record.levelname, record.name, self._most, **more).removesuffix("\n")


class _Written(threading.local):
    """What a thread has written: a traceback comes in pieces, and another thread may write between them.

    Attributes:
        begun: a line that has no end yet.
        traced: whether a traceback has begun, and not what its error says.
    """

    begun, traced = "", False


class _Lines(io.TextIOBase):
    """A stream whose lines become objects on another one."""

    def __init__(self, stream: TextIO, with_questions: bool, most: int) -> None:
        self._stream, self._with_questions, self._most = stream, with_questions, most
        self._now = _Written()

    def write(self, text: str) -> int:
        shown = text if self._with_questions else self._without_what_errors_say(text)
        *whole, begun = (self._now.begun + shown).split("\n")
        self._now.begun = begun[-self._most :]
        for one in whole:
            if one.strip():
                self._stream.write(line(one.rstrip("\r"), most=self._most))
        return len(text)

    def _without_what_errors_say(self, text: str) -> str:
        """Return what is written at once without the words of errors: of a traceback its places and their names."""
        kept, dropping = [], False
        for one in text.splitlines(keepends=True):
            inner = _GROUPED.sub("", one)
            if (begins := _TRACEBACK in one or bool(_NEXT.fullmatch(one))) or inner.strip() in _CHAINED:
                self._now.traced, dropping = begins, False
            elif self._now.traced and inner.strip() and not inner.startswith(" "):
                self._now.traced, dropping = False, True  # what an error says can have many lines
                kept.append(f"{inner.partition(':')[0].strip()}\n")
            if not dropping:
                kept.append(one)
        return "".join(kept)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding


@contextlib.contextmanager
def as_json(stream: Any, with_questions: bool, most: int) -> Iterator[None]:
    """Write the log, and what is written to stderr past it, to a stream as JSON.

    Args:
        stream: where to.
        with_questions: whether to write what errors say.
        most: characters of a line.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Formatter(with_questions, most))
    root = logging.getLogger()
    lines = _Lines(stream, with_questions, most)
    with contextlib.redirect_stderr(lines):
        root.addHandler(handler)
        logging.captureWarnings(True)
        try:
            yield
        finally:
            logging.captureWarnings(False)
            root.removeHandler(handler)
            lines.write("\n")
