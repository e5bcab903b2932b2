"""A log that cannot fill a disk, whatever requests make the app, Gradio or uvicorn write.

A request can make Gradio print a traceback that quotes the request. `bounded_log` counts all that is written to stderr,
by whomever, and leaves out what exceeds MAX_BYTES at once or BYTES_PER_SECOND in the long run; messages of the log that
repeat are counted instead of written, so that there is room for others.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import TextIO

from rag.web import json_log

MAX_BYTES, BYTES_PER_SECOND = 2**20, 100  # 8.6 MB a day
MAX_LINE = 2000  # characters of a line, since a line can quote a whole request
REPEATS, REPEAT_SECONDS = 10, 600.0
MAX_KINDS = 1000  # of messages that are counted


class _Bounded(io.TextIOBase):
    """A stream that leaves out what is too much, and says how much that was when there is room again."""

    def __init__(self, stream: TextIO, note: Callable[[str], str] = "\n{}\n".format):
        self.stream, self.note = stream, note
        self.room, self.at = float(MAX_BYTES), monotonic()
        self.left_out = 0
        self.full = False
        self.lock = threading.Lock()

    def write(self, text: str) -> int:
        with self.lock:
            now = monotonic()
            self.room, self.at = min(MAX_BYTES, self.room + (now - self.at) * BYTES_PER_SECOND), now
            shown = "".join(map(_shortened, text.splitlines(keepends=True)))
            size = len(shown.encode("utf-8", "replace"))
            # Having been full, it begins again with room for more than a line or two.
            if size > self.room or (self.full and self.room < MAX_BYTES / 16):
                self.full = True
                self.left_out += size
            else:
                if self.full:
                    self.stream.write(self.note(f"according: {self.left_out:,} bytes of the log were left out"))
                    self.full, self.left_out = False, 0
                self.room -= size
                self.stream.write(shown)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding


def _shortened(line: str) -> str:
    words = line.rstrip("\r\n")
    left = len(words) - MAX_LINE
    return line if left <= 0 else f"{words[:MAX_LINE]}... ({left:,} more characters){line[len(words) :]}"


class Repeats(logging.Filter):
    """Lets a message through REPEATS times in REPEAT_SECONDS, whatever its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[str, str, str], tuple[float, int]] = {}
        self.lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        kind = (record.name, str(record.msg)[:200], error)
        now = monotonic()
        with self.lock:
            since, number = self.seen.get(kind, (now, 0))
            left_out = 0
            if now - since > REPEAT_SECONDS:
                left_out, since, number = max(0, number - REPEATS), now, 0
            if len(self.seen) >= MAX_KINDS:
                self.seen.clear()
            self.seen[kind] = since, number + 1
        if left_out:
            record.msg = f"{record.msg} (and {left_out:,} more like this were not written)"
        return number < REPEATS


@contextlib.contextmanager
def bounded_log(as_json: bool = False, with_questions: bool = False) -> Iterator[None]:
    """Bound what this process writes to stderr, and leave repetitions out of what the app and its server log.

    Args:
        as_json: whether to write one JSON object a line (see `json_log`).
        with_questions: whether these have what errors say, which can quote a question.
    """
    repeats = Repeats()
    loggers = [logging.getLogger(name) for name in ("rag", "uvicorn.error", "asyncio", "mcp")]
    bounded = _Bounded(sys.stderr, json_log.line) if as_json else _Bounded(sys.stderr)
    with contextlib.ExitStack() as stack:
        if as_json:
            stack.enter_context(json_log.as_json(bounded, with_questions, MAX_LINE))
        else:
            stack.enter_context(contextlib.redirect_stderr(bounded))
        for logger in loggers:
            logger.addFilter(repeats)
            stack.callback(logger.removeFilter, repeats)
        yield
