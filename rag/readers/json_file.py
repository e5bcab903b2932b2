"""A JSON file -> Articles: an array of records, one record, or an object that holds a list of them (see `record`).

The file is read as a stream of events, so that memory does not grow with it: no more than one record is held.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import ijson
import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import bounded
from .record import article, has_text
from .skipped import Skipped

LISTS = frozenset({"articles", "data", "items", "results", "docs", "news"})
DEEPEST = 100  # levels; a record of the news APIs has 4
_ESCAPE_BYTES = 12  # of a surrogate pair
_ESCAPE = regex.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    regex.S,
)
LISTS_DEPTH = 3  # keys down to the list: {"response": {"results": [...]}}


def read(path: Path, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of one .json file; a record that holds none is yielded as Skipped.

    Objects one after the other, as in JSON Lines, are read too. Raises InputError where the file is no JSON or breaks
    off; what stands before that has been yielded by then.
    """
    number = 0
    with bounded.unpacked(path) as file:
        events = _Events(file)
        try:
            for found in _records(events):
                number += 1
                try:
                    if isinstance(found, str):
                        raise InputError(found)
                    yield article(found, str(path), names)
                except InputError as error:
                    yield Skipped(str(path), str(error), f"record {number}")
        except (ijson.JSONError, UnicodeDecodeError) as error:  # yajl lets some bytes pass that are no UTF-8
            raise InputError(_why(error, number) if events.position else "the file is empty") from error


def _why(error: Exception, number: int) -> str:
    said = "invalid UTF8" if isinstance(error, UnicodeDecodeError) else error.args[0] if error.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if "UTF8" in said:
        said = "not UTF-8; save it as UTF-8"
    elif "premature EOF" in said:
        said = "the file breaks off"
    else:
        said = f"not JSON: {said.splitlines()[0].removeprefix('lexical error: ').removeprefix('parse error: ')}"
    return f"after record {number}, {said}; what stands before was read" if number else said


class _Events:
    """The events of a JSON file, and how many of its bytes were read. A text larger than MOST_BYTES is refused."""

    def __init__(self, file: IO[bytes]):
        self.file = file
        self.position = 0  # bytes given to the parser, which reads 64 kB at a time
        self.last = 0  # position at the last event
        self.begun = b""  # an escape of which the rest was not read yet
        self.events: Iterator[tuple[str, Any]] = ijson.basic_parse(self, use_float=True, multiple_values=True)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return self

    def __next__(self) -> tuple[str, Any]:
        event = next(self.events)
        self.last = self.position
        return event

    def read(self, size: int = -1) -> bytes:
        """What the parser asks for: the file without its mark, NUL in the place of half a surrogate pair.

        For such a half yajl makes a question mark up, or gives up the file; a record that holds NUL is skipped alone.
        """
        data = self._whole_escapes(size)
        if b"\\ud" in data or b"\\uD" in data:
            data = _ESCAPE.sub(lambda found: b"\\u0000" if found["half"] else found.group(), data)
        if self.position == 0 and data:
            if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4]:
                raise InputError("UTF-16, and JSON is UTF-8; save it as UTF-8")
            data = data.removeprefix(b"\xef\xbb\xbf") or b" "
        self.position += len(data)
        if self.position - self.last > bounded.MOST_BYTES + 2**20:
            raise InputError(f"{bounded.too_large()}; what stands before was read")
        return data

    def _whole_escapes(self, size: int) -> bytes:
        """The next bytes; an escape that they may end within is held back until the rest of it is read."""
        while True:
            data = self.file.read(size)
            whole, self.begun = self.begun + data, b""
            if not data:
                return whole
            begin = whole.find(b"\\", -_ESCAPE_BYTES)
            if begin >= 0:
                begin = len(whole[:begin].rstrip(b"\\"))
                whole, self.begun = whole[:begin], whole[begin:]
                if len(self.begun) > bounded.MOST_BYTES:
                    raise InputError(f"{bounded.too_large()}; what stands before was read")
            if whole:
                return whole


def _records(events: _Events) -> Iterator[dict[str, Any] | str]:
    """The records of a file, in order; in the place of one that cannot be read, why."""
    for event, value in events:
        if event == "start_array":
            yield from _elements(next(events), events)
        elif event == "start_map":
            fields, reason, found = yield from _object(events, 1)
            if has_text(fields) or not found:
                yield reason or fields
        else:
            yield f"{_called(value)}, not an object"


def _elements(first: tuple[str, Any], events: _Events) -> Generator[dict[str, Any] | str, None, None]:
    """The records of an array that begins with the event `first`."""
    event, value = first
    while event != "end_array":
        found, reason = _value(event, value, events)
        yield reason or (found if isinstance(found, dict) else f"{_called(found)}, not an object")
        event, value = next(events)


def _object(events: _Events, depth: int) -> Generator[dict[str, Any] | str, None, tuple[dict[str, Any], str, bool]]:
    """The records in the lists of an object. Returns its other fields, why they are not read, and whether it had lists.

    An object may be a record itself, of which the lists are no more than fields: so it is where a text stands before.
    """
    fields: dict[str, Any] = {}
    reason, listed, begin = "", False, events.position
    while (key := next(events)) != ("end_map", None):
        event, value = next(events)
        if event == "start_map" and depth < LISTS_DEPTH:
            fields[key[1]], why, found = yield from _object(events, depth + 1)
        elif event == "start_array" and key[1] in LISTS and not has_text(fields):
            first, why, found = next(events), "", True
            if first[0] in ("start_map", "end_array"):
                yield from _elements(first, events)
            else:
                fields[key[1]], why = _value(event, value, events, first)
                found = False
        else:
            fields[key[1]], why = _value(event, value, events)
            found = False
        reason, listed = reason or why, listed or found
        if found:
            begin = events.position
        elif events.position - begin > bounded.MOST_BYTES:
            reason, fields = bounded.too_large(), {name: None for name in fields if has_text([name])}
    return fields, reason, listed


def _value(event: str, value: Any, events: _Events, following: tuple[str, Any] | None = None) -> tuple[Any, str]:
    """(what an event begins, ""), or (None, why it is not read); the events behind it are taken up to its end."""
    builder, depth, begin, reason = ijson.ObjectBuilder(), 0, events.position, ""
    while True:
        depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
        if depth > DEEPEST:
            reason = "JSON nested too deeply"
        elif events.position - begin > bounded.MOST_BYTES:
            reason = bounded.too_large()
        if reason:
            builder = ijson.ObjectBuilder()
        else:
            builder.event(event, value)
        if not depth:
            return (None, reason) if reason else (builder.value, "")
        (event, value), following = following or next(events), None


def _called(value: object) -> str:
    return {type(None): "null", str: "a text", bool: "a bool", list: "a list"}.get(type(value), "a number")
