"""What the app writes to its log is bounded, whatever makes it write."""

import contextlib
import io
import logging
import sys
import traceback

import pytest

from rag.web import bounded_log as bounds
from rag.web.bounded_log import MAX_BYTES, REPEATS, Repeats, bounded_log


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(bounds, "monotonic", lambda: now[0])
    return now


@contextlib.contextmanager
def logged():
    """A stream in place of stderr, bounded as that of the app."""
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream), bounded_log():
        yield stream
    assert sys.stderr is not stream


def test_a_flood_of_tracebacks_is_cut_off_and_counted(clock):
    with logged() as stderr:
        for _ in range(5000):
            try:
                raise ValueError("x" * 10_000)
            except ValueError:
                traceback.print_exc()
        written = len(stderr.getvalue())
        assert MAX_BYTES * 0.9 < written <= MAX_BYTES
        clock[0] += 60
        print("too early: it would be cut off again at once", file=sys.stderr)
        assert len(stderr.getvalue()) == written
        clock[0] += 3600
        print("there is room again", file=sys.stderr)
    end = stderr.getvalue()[written:]
    assert end.endswith(" bytes of the log were left out\nthere is room again\n")


def test_a_day_of_flood_writes_less_than_ten_megabytes(clock):
    with logged() as stderr:
        for _ in range(24 * 60):
            clock[0] += 60
            print(*["x" * 1999] * 20, sep="\n", file=sys.stderr)
    assert len(stderr.getvalue()) < 10 * 2**20


def test_a_line_that_quotes_a_whole_request_is_shortened(clock):
    with logged() as stderr:
        print("a" * 1_000_000, "b", sep="\n", file=sys.stderr)
    first, second = stderr.getvalue().splitlines()
    assert first == "a" * 2000 + "... (998,000 more characters)"
    assert second == "b"


def test_messages_that_repeat_are_counted_and_others_still_written(clock, caplog):
    log = logging.getLogger("rag")
    with logged():
        for n in range(1000):
            log.warning("Invalid HTTP request received: %d", n)
        log.warning("something else")
        assert len(caplog.messages) == REPEATS + 1
        clock[0] += 601
        log.warning("Invalid HTTP request received: %d", 1000)
    assert caplog.messages[-2:] == [
        "something else",
        "Invalid HTTP request received: 1000 (and 990 more like this were not written)",
    ]
    log.warning("Invalid HTTP request received: %d", 1001)
    assert caplog.messages[-1].endswith("1001"), "the filter is gone with the app"


def test_the_kinds_of_messages_that_are_counted_are_bounded(clock):
    repeats = Repeats()
    for n in range(5000):
        record = logging.LogRecord("rag", logging.WARNING, "", 0, f"message {n}", (), None)
        assert repeats.filter(record)
    assert len(repeats.seen) <= bounds.MAX_KINDS
