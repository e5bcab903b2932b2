"""The log as JSON: an object a line, bounded as ever, without what was asked unless that is wanted."""

import contextlib
import io
import json
import logging
import sys
import threading
import traceback
import warnings

import pytest

from rag.web import json_log
from rag.web.bounded_log import MAX_BYTES, MAX_LINE, REPEATS, bounded_log

SECRET = "who was the source of the leak?"
log = logging.getLogger("rag")


def logged(write, **given):
    """What is written as JSON, line by line."""
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream), bounded_log(as_json=True, **given):
        write()
    assert json_log.__name__ not in str(logging.getLogger().handlers)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fails():
    try:
        try:
            raise KeyError(f"{SECRET}\n{SECRET}")
        except KeyError as error:
            raise ValueError(f"{SECRET}\nof: {SECRET}") from error
    except ValueError:
        log.exception("an endpoint failed")
        traceback.print_exc()
        print(f"ERROR:  in the app\n{traceback.format_exc()}", file=sys.stderr)


def test_a_line_has_time_level_logger_and_message():
    (found,) = logged(lambda: log.warning("ignoring %s", "é\n"))
    assert found.pop("time").endswith("+00:00")
    assert found == {"level": "WARNING", "logger": "rag", "message": "ignoring é\n"}


def test_what_errors_say_is_left_out_and_where_they_were_raised_is_not():
    found = logged(fails)
    assert SECRET not in json.dumps(found)
    assert (found[0]["error"], found[0]["message"], found[0]["level"]) == ("ValueError", "an endpoint failed", "ERROR")
    assert found[0]["at"][0].startswith(f"{__file__}:")
    names = [one["message"] for one in found[1:] if one["message"] in ("KeyError", "ValueError")]
    assert names == ["KeyError", "ValueError"] * 2


def test_what_the_errors_of_a_group_say_is_left_out_too():
    def group():
        try:
            raise ExceptionGroup(SECRET, [ValueError(f"{SECRET}\n{SECRET}"), KeyError(SECRET)])
        except ExceptionGroup:
            traceback.print_exc()
            print(f"ERROR:  in the app\n{traceback.format_exc()}", file=sys.stderr)

    found = logged(group)
    assert SECRET not in json.dumps(found)
    names = [one["message"] for one in found if one["message"] in ("ExceptionGroup", "ValueError", "KeyError")]
    assert names == ["ExceptionGroup", "ValueError", "KeyError"] * 2


def test_what_another_thread_writes_within_a_traceback_does_not_end_it():
    def write():
        sys.stderr.write("Traceback (most recent call last):\n")
        other = threading.Thread(target=print, args=("another: line",), kwargs={"file": sys.stderr})
        other.start()
        other.join()
        sys.stderr.write(f"ValueError: {SECRET}\n")

    messages = [one["message"] for one in logged(write)]
    assert messages == ["Traceback (most recent call last):", "another: line", "ValueError"]


def test_it_is_there_if_it_is_wanted():
    found = logged(fails, with_questions=True)
    assert found[0]["said"] == f"{SECRET}\nof: {SECRET}"
    assert f"ValueError: {SECRET}" in [one["message"] for one in found]


def test_whatever_else_is_written_is_a_line_of_json_too():
    def write():
        print("one\n\ntwo", file=sys.stderr)
        warnings.warn("three", stacklevel=1)
        print("four", end="", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        found = [(one["logger"], one["message"].partition("UserWarning: ")[2][:5] or one["message"])
                 for one in logged(write)]  # fmt: skip
    assert found == [("stderr", "one"), ("stderr", "two"), ("py.warnings", "three"), ("stderr", "four")]


@pytest.mark.parametrize("message", ["x" * 9999, '"\\\x00' * 3000, "é😀" * 3000, "a\n" * 4000])
def test_a_line_is_never_cut_so_that_it_is_no_json(message):
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream), bounded_log(as_json=True):
        log.warning("%s", message)
        print(message.replace("\n", " "), file=sys.stderr)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    for line in lines:
        assert MAX_LINE * 0.9 < len(line) <= MAX_LINE
        assert json.loads(line)["message"].endswith(" ...")


def test_it_is_bounded_and_repetitions_are_left_out(monkeypatch):
    assert len(logged(lambda: [log.warning("again %d", i) for i in range(100)])) == REPEATS
    assert (
        sum(len(json.dumps(x)) for x in logged(lambda: [print("x" * 1000, file=sys.stderr) for _ in range(2000)]))
        <= MAX_BYTES
    )
