"""Read JSON: an array of records, one record, or an object with a list of them (see `record`).

The file is parsed as a stream of events: at most one record is in memory, however large the file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import ijson
import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import limits, record, records
from .columns import Columns
from .record import type_name
from .skipped import Skipped

LIST_KEYS = frozenset({"articles", "data", "items", "results", "docs", "news"})
MAX_LIST_DEPTH = 3  # keys down to the list: {"response": {"results": [...]}}
_JSON_FEED = "https://jsonfeed.org/version/"
MAX_DEPTH = 100  # of nesting; a record of the news APIs has 4 levels
_ESCAPE_BYTES = 12  # of a surrogate pair
_ESCAPE = regex.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    regex.S,
)
_FIRST_HALF = regex.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u")


def read(path: Path, catalogue: Catalogue, columns: Columns = record.DEFAULT) -> Iterator[Article | Skipped]:
    """Yield the articles of a .json file, and a Skipped for each record that holds none.

    Concatenated objects, as in JSON Lines, are read too.

    Raises:
        InputError: if the file is not JSON, or truncated. The records before the error have been yielded by then.
    """
    with limits.open_unpacked(path) as file:
        yield from records.articles(_numbered(file, columns), catalogue, str(path), columns)


def _numbered(file: IO[bytes], columns: Columns) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Yield (place, record) of each record, or the reason why it cannot be read."""
    number, events = 0, _Events(file)
    try:
        for number, found in enumerate(_records(events, columns), 1):
            yield f"record {number}", found
    except (ijson.JSONError, UnicodeDecodeError) as error:  # yajl accepts some bytes that are not UTF-8
        raise InputError(_reason(error, number) if events.position else "the file is empty") from error


def _reason(error: Exception, number: int) -> str:
    """Return why a file cannot be read on after its `number`th record."""
    reason = "invalid UTF8" if isinstance(error, UnicodeDecodeError) else error.args[0] if error.args else ""
    reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    if "UTF8" in reason:
        reason = "not UTF-8; save it as UTF-8"
    elif "premature EOF" in reason:
        reason = "the file is truncated"
    else:
        reason = f"not JSON: {reason.splitlines()[0].removeprefix('lexical error: ').removeprefix('parse error: ')}"
    return f"{reason}; it was read up to record {number}" if number else reason


class _Events:
    """The parse events of a JSON file, with the number of bytes read. Raises InputError for too long a string."""

    def __init__(self, file: IO[bytes]):
        self.file = file
        self.position = 0  # bytes given to the parser, which reads 64 kB at a time
        self.last = 0  # position at the last event
        self.unfinished = b""  # an escape sequence that the last chunk ended within
        self.events: Iterator[tuple[str, Any]] = ijson.basic_parse(self, use_float=True, multiple_values=True)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return self

    def __next__(self) -> tuple[str, Any]:
        event = next(self.events)
        self.last = self.position
        return event

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes for the parser, without a byte order mark, and with NUL for a lone surrogate.

        yajl would replace a lone surrogate with "?", or reject the file. A record with NUL is skipped alone. With each
        piece of a long string yajl begins it anew, so each piece is as long as those before it: 4 MB of escapes took
        4 s.
        """
        data = self._read_whole_escapes(min(max(size, self.position - self.last), limits.MAX_BYTES))
        if b"\\ud" in data or b"\\uD" in data:
            data = _ESCAPE.sub(lambda found: b"\\u0000" if found["half"] else found.group(), data)
        if self.position == 0 and data:
            if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4]:
                raise InputError("its encoding is UTF-16, and JSON must be UTF-8; save it as UTF-8")
            data = data.removeprefix(b"\xef\xbb\xbf") or b" "
        self.position += len(data)
        if self.position - self.last > limits.MAX_BYTES + 2**20:
            raise InputError(f"{limits.too_large()}. What comes before it was read")
        return data

    def _read_whole_escapes(self, size: int) -> bytes:
        """Return the next bytes, without an escape sequence at their end that may be unfinished."""
        while True:
            data = self.file.read(size)
            whole, self.unfinished = self.unfinished + data, b""
            if not data:
                return whole
            begin = _last_escapes(whole)
            whole, self.unfinished = whole[:begin], whole[begin:]
            if whole:
                return whole


def _last_escapes(data: bytes) -> int:
    """Return where the escape sequences begin that may be unfinished at the end of data that begins with none."""
    begin = data.find(b"\\", -_ESCAPE_BYTES)
    if begin < 0:
        return len(data)
    begin -= _backslashes_before(data, begin) % 2  # of two backslashes, the second begins no sequence
    half = begin - _ESCAPE_BYTES // 2
    if half >= 0 and _FIRST_HALF.match(data, half) and _backslashes_before(data, half) % 2 == 0:
        return half
    return begin


def _backslashes_before(data: bytes, position: int) -> int:
    return position - len(data[:position].rstrip(b"\\"))


def _records(events: _Events, columns: Columns) -> Iterator[dict[str, Any] | str]:
    """Yield the records of a file in order, and the reason in place of one that cannot be read."""
    for event, value in events:
        if event == "start_array":
            yield from _elements(next(events), events)
        elif event == "start_map":
            fields, reason, found = yield from _object(events, 1, columns)
            if columns.has_text(fields) or not found:
                yield reason or fields
        else:
            yield f"it is {type_name(value)}, not an object"


def _elements(
    first: tuple[str, Any], events: _Events, shared: Mapping[str, Any] | None = None
) -> Generator[dict[str, Any] | str, None, None]:
    """Yield the records of an array whose first element begins with the event `first`, each with what all share."""
    event, value = first
    while event != "end_array":
        found, reason = _value(event, value, events)
        if not reason and not isinstance(found, dict):
            reason = f"it is {type_name(found)}, not an object"
        yield reason or {**(shared or {}), **found}
        event, value = next(events)


def _feed_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a JSON Feed states for all its items: its title, the outlet's name, and its authors."""
    if not str(fields.get("version", "")).startswith(_JSON_FEED):
        return {}
    shared = {"feed title": fields.get("title") or fields.get("home_page_url")}
    return shared | {name: fields[name] for name in ("authors", "author") if name in fields}


def _object(
    events: _Events, depth: int, columns: Columns
) -> Generator[dict[str, Any] | str, None, tuple[dict[str, Any], str, bool]]:
    """Yield the records in an object's lists; return (its other fields, why they are unreadable, whether it had lists).

    The object may be a record itself, with lists as fields. It is taken for one if a text field precedes the lists.
    """
    fields: dict[str, Any] = {}
    reason, listed, begin = "", False, events.position
    while (key := next(events)) != ("end_map", None):
        event, value = next(events)
        if event == "start_map" and depth < MAX_LIST_DEPTH:
            fields[key[1]], why, found = yield from _object(events, depth + 1, columns)
        elif event == "start_array" and key[1] in LIST_KEYS and not columns.has_text(fields):
            first, why, found = next(events), "", True
            if first[0] in ("start_map", "end_array"):
                yield from _elements(first, events, _feed_fields(fields))
            else:
                fields[key[1]], why = _value(event, value, events, first)
                found = False
        else:
            fields[key[1]], why = _value(event, value, events)
            found = False
        reason, listed = reason or why, listed or found
        if found:
            begin = events.position
        elif events.position - begin > limits.MAX_BYTES:
            reason, fields = limits.too_large(), {name: None for name in fields if columns.has_text([name])}
    return fields, reason, listed


def _value(event: str, value: Any, events: _Events, following: tuple[str, Any] | None = None) -> tuple[Any, str]:
    """Return (the value that an event begins, "") or (None, why it is unreadable), having consumed all its events."""
    builder, depth, begin, reason = ijson.ObjectBuilder(), 0, events.position, ""
    while True:
        depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
        if depth > MAX_DEPTH:
            reason = "its JSON is nested too deeply"
        elif events.position - begin > limits.MAX_BYTES:
            reason = limits.too_large()
        if reason:
            builder = ijson.ObjectBuilder()
        else:
            builder.event(event, value)
        if not depth:
            return (None, reason) if reason else (builder.value, "")
        (event, value), following = following or next(events), None
