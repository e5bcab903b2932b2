"""Read tables of comma- or tab-separated values: a header of field names, one record per row (see `record`)."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import decoding, limits, record, records
from .columns import Columns, names_of
from .skipped import Skipped

DELIMITERS = ",;\t|"
_SAMPLE_BYTES = 2**20  # from which the encoding is detected
_CHUNK_BYTES = 2**14
# How often the lines behind a quotation mark that is never closed are all looked through for its end, and then read
# again. Of later ones as many characters are as the budget has: it grows with each line, so that the time that a file
# takes is linear in its length.
MAX_UNCLOSED = 8
FIRST_BUDGET_CHARS = 2**20
BUDGET_PER_CHAR = 4
_TEXT_NEEDED = (
    "text",
    f"{', '.join(names_of('text')[:4])} or the like; to name yours, --field text=COLUMN (in Python "
    'fields={"text": "COLUMN"})',
)
_EMPTY = frozenset({"", "nan", "NaN", "NULL", "null", "None"})  # how tables print an empty cell

# The csv module limits fields to 128 kB, and articles are longer. The limit is one of the whole process: it is raised
# only while a row is parsed, under a lock, and then restored, so that other users of the module are not affected.
_FIELD_LIMIT_LOCK = threading.Lock()


def read(path: Path, catalogue: Catalogue, columns: Columns = record.DEFAULT) -> Iterator[Article | Skipped]:
    """Yield the articles of a .csv or .tsv file, compressed (.gz) or not, and a Skipped for each row that holds none.

    Raises:
        InputError: if the file is empty, its header has no text column, or it is a truncated gzip file.
    """
    encoding = _encoding(path)
    with limits.open_unpacked(path) as file:
        rows = Rows(_decoded(file, encoding), columns)
        found = (
            (f"line {number}", cells if isinstance(cells, str) else _fields(rows.header, cells))
            for number, cells in rows
        )
        yield from records.articles(found, catalogue, str(path), columns)


@contextlib.contextmanager
def open_rows(path: Path, fits: Callable[[list[str]], bool], needed: tuple[str, str]) -> Iterator[Rows]:
    """Open another kind of table than one of articles; `fits` and `needed` are those of `Rows`.

    Raises:
        InputError: if it cannot be read, is empty, or its header does not fit.
    """
    encoding = _encoding(path)
    with limits.open_unpacked(path) as file:
        yield Rows(_decoded(file, encoding), fits=fits, needed=needed)


def _fields(header: list[str], cells: list[str]) -> dict[str, str]:
    """Return the fields of a row. Of two columns with one name, the first that is not empty counts."""
    filled = [(name, cell) for name, cell in zip(header, cells, strict=True) if cell.strip() not in _EMPTY]
    return dict(filled[::-1])


def _encoding(path: Path) -> str:
    sample = b""
    with contextlib.suppress(InputError), limits.open_unpacked(path) as file:  # damage is reported when it is read
        while len(sample) < _SAMPLE_BYTES and (chunk := file.read(_CHUNK_BYTES)):
            sample += chunk
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    lines = sample[: sample.rfind(b"\n") + 1].splitlines(keepends=True)
    clean = b"".join(line for line in lines if b"\x00" not in line)  # a row with NUL is skipped later
    return decoding.detect_encoding(clean or sample) if sample else "utf-8"


def _decoded(file: IO[bytes], encoding: str) -> Iterator[str | None]:
    """Yield the lines of a file, None for one that is too large. A line in another encoding is decoded by itself."""
    if encoding.startswith(("utf-16", "utf-32")):
        with io.TextIOWrapper(file, encoding, "replace", newline="\n") as wide:
            while line := wide.readline(limits.MAX_BYTES):
                yield line
        return
    for _, data in limits.iter_lines(file):
        try:
            yield None if data is None else data.decode(encoding)
        except UnicodeDecodeError:
            yield decoding.decode(data or b"")


class Rows:
    """The rows of a table: (number of the first line, the cells, or the reason why they cannot be read).

    A row may span many lines, by a text in quotation marks. A row whose quotation marks do not match or are never
    closed is skipped alone: the lines after its first one are read again as rows of their own. How much is read again
    is limited (MAX_UNCLOSED).

    Attributes:
        header: the names of the columns.
    """

    def __init__(
        self,
        lines: Iterator[str | None],
        columns: Columns = record.DEFAULT,
        fits: Callable[[list[str]], bool] | None = None,
        needed: tuple[str, str] = _TEXT_NEEDED,
    ):
        """Read the header.

        Args:
            lines: the lines of the file, None for one that is too large.
            columns: what is known of names of columns.
            fits: whether names of columns are those of such a table; None for a table of articles.
            needed: what the column is that such a table needs, and its names, for the error if it has none.

        Raises:
            InputError: if the file is empty, or its header does not fit.
        """
        self.lines, self.columns, self.fits, self.needed = lines, columns, fits or columns.has_text, needed
        self.pushed_back = deque[str | None]()
        self.number = 0  # of the last line taken
        self.unclosed = 0  # rows of several lines that could not be read
        self.budget = FIRST_BUDGET_CHARS  # characters that may be read again
        self.delimiter, self.header = self._header()

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        for line in iter(self._line, ""):
            number = self.number
            if line is None:
                yield number, limits.too_large()
            elif line.strip(f"{self.delimiter} \r\n"):
                yield number, self._cells(line)

    def _line(self) -> str | None:
        """Return the next line, None for one that is too large, "" at the end."""
        line = self.pushed_back.popleft() if self.pushed_back else next(self.lines, "")
        self.number += line != ""
        return line

    def _header(self) -> tuple[str, list[str]]:
        """Return the delimiter and the column names: the delimiter is the one with which they include a text field."""
        line = next((line for line in iter(self._line, "") if line is None or line.strip()), "")
        if line and (given := regex.fullmatch(r"sep=(.)\s*", line, regex.I)):  # written by Excel
            line = self._line()
        if not line:
            raise InputError("the file is empty" if line == "" else limits.too_large())
        rows: dict[str, list[str]] = {}
        for delimiter in given[1] if given else DELIMITERS:
            with contextlib.suppress(csv.Error):
                cells = next(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter, skipinitialspace=True), [])
                rows[delimiter] = [cell.strip() for cell in cells]
        count_known = self.columns.count_known
        best = max(rows, key=lambda d: (self.fits(rows[d]), count_known(rows[d]), len(rows[d])), default=None)
        if best is None or not self.fits(rows[best]):
            found = ", ".join(rows[best]) if best else line
            raise InputError(
                f"no {self.needed[0]} column: its first line is {found.strip()[:200]!r}; it must name the columns, one "
                f"of them {self.needed[1]}"
            )
        return best, rows[best]

    def _cells(self, line: str) -> list[str] | str:
        """Return the cells of the row that begins with a line, or the reason why they cannot be read."""
        taken: list[str | None] = [line]
        self.budget += BUDGET_PER_CHAR * len(line)
        try:
            with _FIELD_LIMIT_LOCK:
                usual = csv.field_size_limit(limits.MAX_BYTES)
                try:
                    rows = csv.reader(self._take(taken), delimiter=self.delimiter, strict=True, skipinitialspace=True)
                    cells = next(rows)
                finally:
                    csv.field_size_limit(usual)
        except csv.Error as error:
            self.pushed_back.extendleft(taken[:0:-1])
            self.number -= len(taken) - 1
            if self.unclosed < MAX_UNCLOSED:
                self.unclosed += len(taken) > 1
            else:
                self.budget -= sum(len(each) for each in taken[1:] if each)
            cells = line.rstrip("\r\n").split(self.delimiter)
            if self.delimiter != "\t" or len(cells) != len(self.header):  # plain TSV has no quotation marks
                if regex.search("unexpected end|field limit", str(error)):
                    return "a quotation mark is never closed"
                return f"its quotation marks do not match ({error})"
        while len(cells) > len(self.header) and not cells[-1].strip():
            cells.pop()
        if len(cells) != len(self.header):
            fields = "field" if len(cells) == 1 else "fields"
            return f"it has {len(cells)} {fields}, but the header has {len(self.header)}"
        return cells

    def _take(self, taken: list[str | None]) -> Iterator[str]:
        """Yield the lines that a row may span: the first, already in `taken`, and the following ones, added to it."""
        size, line = 0, taken[0]
        most = limits.MAX_BYTES if self.unclosed < MAX_UNCLOSED else min(limits.MAX_BYTES, self.budget)
        while line and (size <= most or not size):
            yield line
            size += len(line)
            line = self._line()
            if line != "":
                taken.append(line)
