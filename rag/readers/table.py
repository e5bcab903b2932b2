"""A table of comma- or tab-separated values -> Articles: a header of field names, a record a row (see `record`)."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import bounded, decode
from .record import TEXT, article, has_text, known
from .skipped import Skipped

DELIMITERS = ",;\t|"
_HEAD = 2**20  # bytes by which the encoding is told
_PIECE = 2**14
_NOTHING = frozenset({"", "nan", "NaN", "NULL", "null", "None"})  # how tables print that a field has no value

# The csv module has one limit to the length of a field for the whole process, 128 kB, and articles are longer. It is
# raised only while a row is parsed, under a lock, and set back: no other user of the module finds it changed for good.
_LIMIT = threading.Lock()


def read(path: Path, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of one .csv or .tsv file, packed (.gz) or not. A row that holds none is yielded as Skipped.

    Raises InputError where the file is empty or its header names no text, and where an archive breaks off.
    """
    encoding = _encoding(path)
    with bounded.unpacked(path) as file:
        rows = _Rows(_decoded(file, encoding))
        for number, cells in rows:
            try:
                if isinstance(cells, str):
                    raise InputError(cells)
                yield article(_fields(rows.header, cells), str(path), names)
            except InputError as error:
                yield Skipped(str(path), str(error), f"line {number}")


def _fields(header: list[str], cells: list[str]) -> dict[str, str]:
    """The fields of a row; of two columns of one name the first that says something counts."""
    said = [(name, cell) for name, cell in zip(header, cells, strict=True) if cell.strip() not in _NOTHING]
    return dict(said[::-1])


def _encoding(path: Path) -> str:
    head = b""
    with contextlib.suppress(InputError), bounded.unpacked(path) as file:  # what is broken shows when it is read
        while len(head) < _HEAD and (piece := file.read(_PIECE)):
            head += piece
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    lines = head[: head.rfind(b"\n") + 1].splitlines(keepends=True)
    clean = b"".join(line for line in lines if b"\x00" not in line)  # one that has is no table's, or skipped later
    return decode.encoding(clean or head) if head else "utf-8"


def _decoded(file: IO[bytes], encoding: str) -> Iterator[str | None]:
    """The lines of a file as text, None for one that is too large; a line in another encoding is read by itself."""
    if encoding.startswith(("utf-16", "utf-32")):
        with io.TextIOWrapper(file, encoding, "replace", newline="\n") as wide:
            while line := wide.readline(bounded.MOST_BYTES):
                yield line
        return
    for _, data in bounded.lines(file):
        try:
            yield None if data is None else data.decode(encoding)
        except UnicodeDecodeError:
            yield decode.characters(data or b"")


class _Rows:
    """The rows of a table: (number of the first line, its cells, or why it cannot be read).

    A row may go over many lines, as a text in quotation marks does. One whose marks do not fit, or are never closed,
    is given up alone: the lines behind its first are read again, as rows of their own.
    """

    def __init__(self, lines: Iterator[str | None]):
        self.lines = lines
        self.again = deque[str | None]()
        self.number = 0  # of the line taken last
        self.delimiter, self.header = self._header()

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        for line in iter(self._line, ""):
            number = self.number
            if line is None:
                yield number, bounded.too_large()
            elif line.strip(f"{self.delimiter} \r\n"):
                yield number, self._cells(line)

    def _line(self) -> str | None:
        """The next line, None for one that is too large, "" at the end."""
        line = self.again.popleft() if self.again else next(self.lines, "")
        self.number += line != ""
        return line

    def _header(self) -> tuple[str, list[str]]:
        """The delimiter and the names of the columns: the delimiter is the one by which they name a text."""
        line = next((line for line in iter(self._line, "") if line is None or line.strip()), "")
        if line and (given := regex.fullmatch(r"sep=(.)\s*", line, regex.I)):  # as Excel writes
            line = self._line()
        if not line:
            raise InputError("the file is empty" if line == "" else bounded.too_large())
        rows: dict[str, list[str]] = {}
        for delimiter in given[1] if given else DELIMITERS:
            with contextlib.suppress(csv.Error):
                cells = next(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter, skipinitialspace=True), [])
                rows[delimiter] = [cell.strip() for cell in cells]
        best = max(rows, key=lambda d: (has_text(rows[d]), known(rows[d]), len(rows[d])), default=None)
        if best is None or not has_text(rows[best]):
            found = ", ".join(rows[best]) if best else line
            raise InputError(
                f"none of its columns is the text: its first line names {found.strip()[:200]!r}; it must name the "
                f"columns, and one of them {', '.join(TEXT[:-1])} or {TEXT[-1]}"
            )
        return best, rows[best]

    def _cells(self, line: str) -> list[str] | str:
        """The cells of the row that begins with a line, or why there are none."""
        taken: list[str | None] = [line]
        try:
            with _LIMIT:
                usual = csv.field_size_limit(bounded.MOST_BYTES)
                try:
                    rows = csv.reader(self._taking(taken), delimiter=self.delimiter, strict=True, skipinitialspace=True)
                    cells = next(rows)
                finally:
                    csv.field_size_limit(usual)
        except csv.Error as error:
            self.again.extendleft(taken[:0:-1])
            self.number -= len(taken) - 1
            cells = line.rstrip("\r\n").split(self.delimiter)
            if self.delimiter != "\t" or len(cells) != len(self.header):  # tab-separated values know no such marks
                if regex.search("unexpected end|field limit", str(error)):
                    return "a quotation mark is never closed"
                return f"its quotation marks do not fit ({error})"
        while len(cells) > len(self.header) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(self.header):
            return f"the number of its fields is {len(cells)}, and that of the header {len(self.header)}"
        return cells

    def _taking(self, taken: list[str | None]) -> Iterator[str]:
        """The lines that a row may go over: the first, taken already, and those behind it, noted in `taken`."""
        size, line = 0, taken[0]
        while line and size <= bounded.MOST_BYTES:
            yield line
            size += len(line)
            line = self._line()
            if line != "":
                taken.append(line)
