"""Files read within bounds: nothing of an input is held in memory beyond MOST_BYTES at a time.

Every reader opens its input through this module, so that a line, a page or an archive's member of any size costs a
reason, not the machine. What is within MOST_BYTES may still be made to keep a parser busy for hours: elements beside or
inside each other, attributes, lines. So these are counted before they are parsed (SECURITY.md).
"""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from lxml import etree

from rag.errors import InputError

MOST_BYTES = 32 * 2**20  # of one page, line or record; the largest article of 12,000 real ones has 0.2 MB
# Of a page or a feed. Finding the words of a page takes the square of the elements in one: 1.2 s for 5,000 links beside
# each other, 158 s for 25,000; lxml takes the square of an element's attributes: 58 s for 100,000.
MOST_ELEMENTS = 30_000
MOST_BESIDE = 5_000
MOST_INSIDE = 200  # lxml leaves out what stands further down than 255
MOST_ATTRIBUTES = 1_000
MOST_OF_FEED = 50_000  # elements, of which an entry has four or more
MOST_UNBROKEN = 9_000_000  # characters; of more, lxml leaves the rest of the page out
MOST_LINES = 50_000  # of a text that may be a page's dump, each of which is looked at by itself, in 0.2 ms at most
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # as str.splitlines has them
_PIECE = 2**16
_GZIP = b"\x1f\x8b"


def too_large(size: int | None = None) -> str:
    """The reason given for what is larger than MOST_BYTES."""
    found = f"{size / 2**20:,.0f} MB" if size else "it"
    return f"too large: {found}, at most {MOST_BYTES // 2**20} MB can be read as one article; split it"


def marked_up(markup: str, inside: int = MOST_INSIDE) -> None:
    """Raises InputError where a page has more elements, or more attributes of one, than can be read."""
    _count(markup, etree.HTMLParser, _Counter(MOST_ELEMENTS, MOST_BESIDE, inside))


def fed(xml: str) -> None:
    """Raises InputError where a feed has more elements, or more attributes of one, than can be read."""
    counter = _Counter(MOST_OF_FEED, MOST_OF_FEED, MOST_OF_FEED)
    _count(xml, etree.XMLParser, counter, resolve_entities=False, recover=True)


def _count(markup: str, parser: Any, counter: _Counter, **options: bool) -> None:
    reading = parser(target=counter, encoding="utf-8", huge_tree=True, no_network=True, **options)
    try:
        reading.feed(markup.encode("utf-8", "replace"))
        reading.close()
    except etree.XMLSyntaxError:  # no element in it: whoever reads it says so
        return


def in_lines(text: str) -> None:
    """Raises InputError where a text that may be a page's dump has more lines than can be looked at."""
    if (number := sum(map(text.count, _LINE_ENDS))) > MOST_LINES:
        raise InputError(
            f"has {number:,} lines, at most {MOST_LINES:,} can be read as a page; split it, or name it .text if it is "
            "one text"
        )


class _Counter:
    """Counts the elements that lxml finds, as it finds them; no tree is made. Raises InputError where they are many."""

    def __init__(self, elements: int, beside: int, inside: int):
        self.most = (
            (elements, "elements"),
            (beside, "elements beside each other"),
            (inside, "elements inside each other"),
            (MOST_ATTRIBUTES, "attributes of one element"),
        )
        self.elements = 0
        self.unbroken = 0
        self.open = [0]  # of the document and each open element, how many stand in it

    def start(self, _: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        self.open[-1] += 1
        found = (self.elements, self.open[-1], len(self.open), len(attributes))
        for number, (most, what) in zip(found, self.most, strict=True):
            if number > most:
                raise InputError(f"its markup has more than {most:,} {what}; save the text alone")
        self.open.append(0)
        self.unbroken = 0

    def end(self, _: str) -> None:
        if len(self.open) > 1:
            self.open.pop()
        self.unbroken = 0

    def data(self, text: str) -> None:
        self.unbroken += len(text)
        if self.unbroken > MOST_UNBROKEN:
            raise InputError(f"its markup has more than {MOST_UNBROKEN:,} characters in one piece; save the text alone")

    def close(self) -> None:
        pass


def whole(path: Path) -> bytes:
    """All of a file. Raises InputError where it is empty or larger than MOST_BYTES."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InputError(too_large(path.stat().st_size))
    if not data.strip():
        raise InputError("the file is empty")
    return data


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where it begins as gzip does, whatever its name says.

    Raises InputError where an archive is damaged or breaks off; what was read before that stays read.
    """
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            yield cast(IO[bytes], file)
    except EOFError as error:
        raise InputError("the archive breaks off; what stands before the break was read") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"the archive is damaged or no gzip ({error}); what stands before the damage was read"
        ) from error


def lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """(number from 1, line) of each line; None in the place of a line longer than MOST_BYTES, which is passed over."""
    number = 0
    while line := file.readline(MOST_BYTES + 1):
        number += 1
        if len(line) <= MOST_BYTES:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(_PIECE)
        yield number, None
