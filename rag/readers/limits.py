"""Size limits for input files, and the functions that open files within them.

Every reader opens its input through this module, which never holds more than MAX_BYTES of it in memory: an oversized
line, page or archive member is skipped with a reason. A page within MAX_BYTES can still keep a parser busy for hours,
by the number of its elements, attributes or lines. These are counted before the page is parsed (SECURITY.md).
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from lxml import etree

from rag.errors import InputError

from .folders import open_file

MAX_BYTES = 32 * 2**20  # of one page, line or record; the largest of 12,000 real articles has 0.2 MB
# Of a page. Extracting the text takes time quadratic in the number of siblings: 1.2 s for 5,000 links in one element,
# 158 s for 25,000. lxml takes time quadratic in the number of an element's attributes: 58 s for 100,000.
MAX_ELEMENTS = 30_000
MAX_SIBLINGS = 5_000
MAX_DEPTH = 200  # lxml drops elements nested more than 255 deep
MAX_ATTRIBUTES = 1_000  # of one element, in pages and feeds
MAX_TEXT_CHARS = 9_000_000  # of one text node; lxml drops the rest of the page after a longer one
MAX_FEED_ELEMENTS = 50_000  # an entry has four or more
MAX_LINES = 50_000  # of a text that may be a page dump; classifying a line takes up to 0.2 ms
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # those of str.splitlines
_CHUNK_BYTES = 2**16
_GZIP = b"\x1f\x8b"
_HAS_SIBLINGS = etree.XPath(f"boolean(//*[count(*) > {MAX_SIBLINGS}])")
_IS_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")


def too_large(size: int | None = None) -> str:
    """Return the reason for skipping something larger than MAX_BYTES.

    Args:
        size: in bytes, if known.
    """
    found = f"{size / 2**20:,.0f} MB, and " if size else ""
    return f"too large: {found}the limit for one article is {MAX_BYTES // 2**20} MB; split it"


def check_markup(markup: str) -> None:
    """Check that a page is small enough to be parsed to a tree, of which `check_tree` then checks the rest.

    Raises:
        InputError: if it has too many elements, too many attributes in one element, or too long a text node.
    """
    if len(markup) > MAX_TEXT_CHARS:
        check_html(markup)
    else:
        _count(markup, etree.HTMLParser, _StartCounter(MAX_ELEMENTS))


def check_tree(tree: Any) -> None:
    """Check that a parsed page is small enough for its text to be extracted.

    Raises:
        InputError: if it has too many siblings, or too deeply nested elements.
    """
    if _HAS_SIBLINGS(tree):
        raise InputError(_more_than(MAX_SIBLINGS, "sibling elements"))
    if _IS_DEEP(tree):
        raise InputError(_more_than(MAX_DEPTH, "nested elements"))


def check_html(markup: str, max_depth: int = MAX_DEPTH) -> None:
    """Check that HTML is small enough to be parsed.

    Raises:
        InputError: if it has too many elements, too many attributes in one element, or too long a text node.
    """
    # A shorter page has no text that is too long: nothing is called for each of them.
    counter = _TextCounter if len(markup) > MAX_TEXT_CHARS else _Counter
    _count(markup, etree.HTMLParser, counter(MAX_ELEMENTS, MAX_SIBLINGS, max_depth))


def check_feed(xml: str) -> None:
    """Check that a feed is small enough to be parsed.

    Raises:
        InputError: if it has too many elements, too many attributes in one element, or too long a text node.
    """
    counter = _TextCounter(MAX_FEED_ELEMENTS, MAX_FEED_ELEMENTS, MAX_DEPTH)
    _count(xml, etree.XMLParser, counter, resolve_entities=False, recover=True)


def _count(markup: str, parser_class: Any, counter: _Counter | _StartCounter, **options: bool) -> None:
    parser = parser_class(target=counter, encoding="utf-8", huge_tree=True, no_network=True, **options)
    try:
        parser.feed(markup.encode("utf-8", "replace"))
        parser.close()
    except etree.XMLSyntaxError:  # no elements; the reader that parses it says so
        return


def check_line_count(text: str) -> None:
    """Check that a text which may be a page dump has at most MAX_LINES lines.

    Raises:
        InputError: if it has more.
    """
    if (number := sum(map(text.count, _LINE_ENDS))) > MAX_LINES:
        raise InputError(
            f"too long: {number:,} lines, and the limit for a page dump is {MAX_LINES:,}; split it, or rename it to "
            ".text if it is one article"
        )


def _more_than(limit: int, what: str) -> str:
    return f"its markup has more than {limit:,} {what}; save only the text"


class _StartCounter:
    """Parser target that is called only where an element begins, and refuses too many of them or of their attributes.

    What a tree shows as well is not counted here: each call takes as long as parsing the element.
    """

    def __init__(self, max_elements: int):
        self.max_elements = max_elements
        self.elements = 0

    def start(self, _: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        if self.elements > self.max_elements:
            raise InputError(_more_than(self.max_elements, "elements"))
        if len(attributes) > MAX_ATTRIBUTES:
            raise InputError(_more_than(MAX_ATTRIBUTES, "attributes in one element"))

    def close(self) -> None:
        pass


class _Counter:
    """Parser target that counts elements without building a tree. Raises InputError when a limit is exceeded."""

    def __init__(self, max_elements: int, max_siblings: int, max_depth: int):
        self.limits = (
            (max_elements, "elements"),
            (max_siblings, "sibling elements"),
            (max_depth, "nested elements"),
            (MAX_ATTRIBUTES, "attributes in one element"),
        )
        self.most = min(max_siblings, max_depth, MAX_ATTRIBUTES)
        self.elements = 0
        self.children = [0]  # number of child elements, of the document and of each open element

    def start(self, _: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        self.children[-1] += 1
        siblings, depth, most = self.children[-1], len(self.children), self.most
        if siblings > most or depth > most or len(attributes) > most or self.elements > self.limits[0][0]:
            found = (self.elements, siblings, depth, len(attributes))
            for number, (limit, what) in zip(found, self.limits, strict=True):
                if number > limit:
                    raise InputError(_more_than(limit, what))
        self.children.append(0)

    def end(self, _: str) -> None:
        if len(self.children) > 1:
            self.children.pop()

    def close(self) -> None:
        pass


class _TextCounter(_Counter):
    """One that counts the characters of each text node too."""

    def __init__(self, max_elements: int, max_siblings: int, max_depth: int):
        super().__init__(max_elements, max_siblings, max_depth)
        self.text_chars = 0  # of the current text node

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        super().start(name, attributes)
        self.text_chars = 0

    def end(self, name: str) -> None:
        super().end(name)
        self.text_chars = 0

    def data(self, text: str) -> None:
        self.text_chars += len(text)
        if self.text_chars > MAX_TEXT_CHARS:
            raise InputError(f"its markup has a text of more than {MAX_TEXT_CHARS:,} characters; save only the text")


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, decompressed if its first bytes are those of gzip.

    Raises:
        InputError: if it is empty, larger than MAX_BYTES, or a damaged or truncated gzip file.
    """
    with open_unpacked(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(too_large(max(path.stat().st_size, len(data))))
    if not data.strip():
        raise InputError("the file is empty")
    return data


@contextlib.contextmanager
def open_unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressed if its first bytes are those of gzip, whatever its name.

    What is written to it meanwhile is not read: a file that grows as fast as it is read would have no end.

    Raises:
        InputError: while reading, if the gzip file is damaged or truncated; the data before that has been read by then.
    """
    try:
        with open_file(path) as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            with (
                io.BufferedReader(_AtFirst(raw), _CHUNK_BYTES) as whole,
                gzip.open(whole) if packed else whole as file,
            ):
                yield cast(IO[bytes], file)
    except EOFError as error:
        raise InputError("the gzip file is truncated; what comes before the cut was read") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"the gzip file is damaged ({error}); what comes before the damage was read") from error


class _AtFirst(io.RawIOBase):
    """What a file holds when it is opened."""

    def __init__(self, file: io.FileIO):
        super().__init__()
        self._file = file
        self._left = os.fstat(file.fileno()).st_size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer as `io.RawIOBase` does."""
        read = self._file.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= read
        return read


def iter_lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number from 1, line) of each line, None in place of a line longer than MAX_BYTES, which is discarded."""
    number = 0
    while line := file.readline(MAX_BYTES + 1):
        number += 1
        if len(line) <= MAX_BYTES:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(_CHUNK_BYTES)
        yield number, None
