"""Extract the lines of a PDF's pages, and join them to paragraphs.

`extract_lines` reads the file, `split_running` takes out running heads and feet, and `join_paragraphs` makes the
paragraphs from which `pdf` builds an article.
"""

from __future__ import annotations

import io
import math
import time
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

import pypdf
import regex
from pypdf.generic import IndirectObject

from rag.errors import InputError
from rag.readers.line_classifier import shape

MAX_PAGES = 2000  # the longest inquiry reports; an article has a handful of pages
MAX_SECONDS = 60.0  # a page takes 3 to 11 ms, 2,000 take 22 s; a crafted file of 8 KB can take minutes
# Of what the filters of a stream are given and return. Python decodes a character of ASCII85 in 90 bytes of memory, so
# that a stream of 75 MB, which compresses to 75 KB, took 7 GB. A page of dense text has 50 KB.
MAX_STREAM_BYTES = 15_000_000
# Of a page and its forms: pypdf loads all of them, whatever the page uses, in up to 0.15 s and 13 MB each. 63 KB of PDF
# with 5,000 took more than ten minutes. A page of a newspaper has some 30.
MAX_FONTS = 100
EDGE_LINES = 3  # lines at the top and bottom of a page among which running heads and feet are looked for
LETTER_WIDTH = 0.4  # times the font size, for a narrow font: a piece of a row is at least this wide per letter
MAX_WORD_CHARS = 100  # of a word before a hyphen at a line's end; the search for its beginning is quadratic
COLUMN_GAP = 1.0  # times the font size; a space between words is 0.3 wide, in justified lines up to 0.8
COLUMN_ROWS = 4  # rows with a second piece at one position make a column,
COLUMN_CHARS = 20  # if their first pieces are this long: lines of text, not the numbers or letters of a list

_LIGATURES = {0xFB00 + i: letters for i, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))}
_UNREADABLE = regex.compile(r"[\p{Co}\p{Cc}\ufffd--[\n\t]]", regex.V1)
_PAGE_NUMBER = regex.compile(
    r"\W*(?:page|seite|p\.)?\s*(?:\d{1,4}|(?-i:[ivxlc]{1,6}))(?:\s*(?:/|of|von|sur|de)\s*\d{1,4})?\W*", regex.I
)
_PUNCTUATION_END = regex.compile(r"[.!?:;…。؟！？][\s\"'”’»)\]]*$")
_LEFT_HALF = regex.compile(r"(?P<word>\p{L}*\p{Ll})(?P<hyphen>[-\u2010\u00ad])$")
_RIGHT_HALF = regex.compile(r"^\p{Ll}+(?!\p{L})")
_WORD = regex.compile(r"(?<![\p{L}-])\p{L}+(?:-\p{L}+)*(?![\p{L}-])")
_PREFIXES = frozenset(("anti", "cross", "half", "non", "self", "well"))  # a hyphen after them is rarely hyphenation


@dataclass(frozen=True)
class Line:
    """A printed line, where it begins (in points from the lower left corner of the page), and its font size."""

    text: str
    page: int
    x: float
    y: float
    size: float


def extract_lines(data: bytes) -> tuple[list[list[Line]], dict[str, str]]:
    """Return the lines of each page, and the metadata fields of the file.

    Raises:
        InputError: if the file is encrypted, too large, or has no readable text. pypdf raises others for damaged files.
    """
    with pypdf.apply_configuration(
        stream_decoding_work_maximum_length=MAX_STREAM_BYTES,
        array_based_stream_maximum_output_length=MAX_STREAM_BYTES,
        zlib_maximum_output_length=MAX_STREAM_BYTES,
    ):
        return _extract_lines(data, time.monotonic() + MAX_SECONDS)


def _extract_lines(data: bytes, deadline: float) -> tuple[list[list[Line]], dict[str, str]]:
    file = pypdf.PdfReader(io.BytesIO(data))
    if file.is_encrypted and not file.decrypt(""):
        raise InputError("protected by a password; save a copy without one")
    if (size := len(file.pages)) > MAX_PAGES:
        raise InputError(f"too long: {size:,} pages, and the limit for one article is {MAX_PAGES:,}; split it")
    pages = [_lines(page, number, deadline) for number, page in enumerate(file.pages)]
    letters = "".join(line.text for page in pages for line in page)
    if not regex.search(r"\p{L}", letters):
        images = any(page.images.keys() for page in file.pages)
        raise InputError("contains scanned pages and no text; run OCR first" if images else "contains no text")
    if len(_UNREADABLE.findall(letters)) * 5 > len(letters):
        raise InputError("its fonts do not say which letters they show; run OCR first")
    fields = {name: " ".join(str(value).split()) for name, value in (file.metadata or {}).items()}
    return pages, {name: value for name, value in fields.items() if value}


def _lines(page: pypdf.PageObject, number: int, deadline: float) -> list[Line]:
    """Return the lines of a page in the order drawn. Raises InputError if `time.monotonic()` passes the deadline."""
    rows: list[list[Line]] = [[]]
    _check_fonts(page)

    def check_time(*_: Any) -> None:
        if time.monotonic() > deadline:
            raise InputError(f"takes longer than {MAX_SECONDS:.0f} s to read; print it to a new PDF and use that")

    def take(text: str, outer: list[float], inner: list[float], _: Any, size: float) -> None:
        for piece in regex.split(r"(\n)", text):
            if piece == "\n":
                rows.append([])
            elif piece.strip() or (piece and rows[-1]):
                rows[-1].append(Line(piece, number, *_place(inner, outer, size)))

    page.extract_text(visitor_operand_before=check_time, visitor_text=take)
    return _by_column([row for row in rows if row])


def _check_fonts(page: pypdf.PageObject) -> None:
    """Raise InputError if a page and the forms in it have more than MAX_FONTS fonts."""
    waiting: list[Any] = [page.get("/Resources")]
    seen = set[Any]()
    fonts = 0
    while waiting:
        resources = _dictionary(waiting.pop())
        fonts += len(_dictionary(resources.get("/Font")))
        if fonts > MAX_FONTS:
            raise InputError(f"a page has more than {MAX_FONTS} fonts; print it to a new PDF and use that")
        for reference in _dictionary(resources.get("/XObject")).values():
            name = reference if isinstance(reference, IndirectObject) else id(reference)
            if name not in seen:
                seen.add(name)
                form = _dictionary(reference)
                waiting += [form.get("/Resources")] if form.get("/Subtype") == "/Form" else []


def _dictionary(value: Any) -> dict[Any, Any]:
    """Return the dictionary that a value of a PDF is or refers to, an empty one if it is none."""
    found = value.get_object() if hasattr(value, "get_object") else value
    return found if isinstance(found, dict) else {}


def _place(inner: list[float], outer: list[float], size: float) -> tuple[float, float, float]:
    """Return (x, y, font size) on the page of text with matrix `inner` within `outer` (ISO 32000-1, 9.4.4)."""
    a, b, c, d, e, f = outer
    x, y = inner[4] * a + inner[5] * c + e, inner[4] * b + inner[5] * d + f
    height = abs(size) * math.hypot(inner[2] * a + inner[3] * c, inner[2] * b + inner[3] * d)
    return (x, y, height) if all(map(math.isfinite, (x, y, height))) else (0.0, 0.0, 0.0)


def _by_column(rows: list[list[Line]]) -> list[Line]:
    """Return the lines of a page from the pieces of its rows. Of two columns drawn row by row, the left comes first."""
    breaks = {i: j for i, row in enumerate(rows) if (j := _gap(row))}
    gaps = len(breaks)
    edge, times = Counter(round(rows[i][j].x) for i, j in breaks.items()).most_common(1)[0] if breaks else (0, 0)
    breaks = {i: j for i, j in breaks.items() if abs(rows[i][j].x - edge) < 1}
    lefts = [_line(rows[i][:j]) for i, j in breaks.items()]
    if times < max(COLUMN_ROWS, gaps / 2) or median(len(line.text) for line in lefts) < COLUMN_CHARS:
        return [_line(row) for row in rows]
    start, end = min(breaks), max(breaks) + 1
    rights = [_line(rows[i][j:]) for i, j in breaks.items()]
    alone = [_line(rows[i]) for i in range(start, end) if i not in breaks]
    left = sorted([*lefts, *(line for line in alone if line.x < edge - 1)], key=lambda line: -line.y)
    right = sorted([*rights, *(line for line in alone if line.x >= edge - 1)], key=lambda line: -line.y)
    return [*map(_line, rows[:start]), *left, *right, *map(_line, rows[end:])]


def _gap(row: list[Line]) -> int:
    """Return the index of the piece of a row that begins far to the right of the one before it, 0 for none."""
    for j in range(1, len(row)):
        left = row[j - 1]
        least_end = left.x + LETTER_WIDTH * left.size * len(left.text.rstrip())
        if row[j].text.strip() and row[j].x > least_end + COLUMN_GAP * left.size:
            return j
    return 0


def _line(row: list[Line]) -> Line:
    """Join the pieces of a row to one line."""
    return replace(row[0], text=_clean("".join(piece.text for piece in row)))


def _clean(text: str) -> str:
    """Drop NUL characters, which no text store accepts, replace lone surrogates, and spell out ligatures."""
    valid = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
    return " ".join(valid.translate(_LIGATURES).split())


def split_running(pages: list[list[Line]]) -> tuple[list[str], list[Line]]:
    """Return (running heads and feet, each once; the other lines of all pages)."""
    edges: list[set[int]] = []
    for lines in pages:
        by_height = sorted(range(len(lines)), key=lambda i: lines[i].y)
        edges.append({*by_height[:EDGE_LINES], *by_height[-EDGE_LINES:]})
    times = Counter(k for lines, edge in zip(pages, edges, strict=True) for k in {_running_key(lines[i]) for i in edge})
    enough = max(2, len(pages) // 2)  # left and right pages may have different heads
    running: dict[tuple[str, int], str] = {}
    kept: list[Line] = []
    for lines, edge in zip(pages, edges, strict=True):
        for i, line in enumerate(lines):
            line_key = _running_key(line)
            if i in edge and (times[line_key] >= enough or _PAGE_NUMBER.fullmatch(line.text)):
                running.setdefault(line_key, line.text)
            else:
                kept.append(line)
    return list(running.values()), kept


def _running_key(line: Line) -> tuple[str, int]:
    """Return what a running line has in common on all pages. A title may run too, but is larger on the first page."""
    return shape(line.text), round(line.size)


@dataclass(frozen=True)
class Paragraph:
    """Lines joined to a paragraph, the page it begins on, the font size of its first line, and the lines as printed."""

    text: str
    page: int
    size: float
    lines: tuple[str, ...] = ()


def join_paragraphs(lines: list[Line]) -> list[Paragraph]:
    """Join lines to paragraphs, each of one font size; a paragraph may run over to the next page or column."""
    drops = [a.y - b.y for a, b in pairwise(lines) if a.page == b.page and 0 < a.y - b.y < 3 * a.size]
    leading = median(drops) if drops else 0.0
    width = sorted(len(line.text) for line in lines)[len(lines) * 3 // 4] if lines else 0
    groups: list[list[Line]] = []
    for line in lines:
        if groups and not _begins(groups[-1], line, leading, width):
            groups[-1].append(line)
        else:
            groups.append([line])
    words = set[str]()
    for before, text in pairwise(["", *(line.text for line in lines)]):
        whole = _RIGHT_HALF.sub("", text) if _left_half(before) else text
        words |= {word.casefold() for word in _WORD.findall(whole)}
    texts = [tuple(line.text for line in group) for group in groups]
    return [
        Paragraph(_join([*text], words), group[0].page, group[0].size, text)
        for group, text in zip(groups, texts, strict=True)
    ]


def _begins(group: list[Line], line: Line, leading: float, width: int) -> bool:
    """Return whether a line begins a new paragraph instead of continuing the `group` above it."""
    last = group[-1]
    if abs(line.size - last.size) > 0.1 * last.size:
        return True
    drop = last.y - line.y
    if line.page != last.page or drop < 0:  # the next page or column
        return bool(_PUNCTUATION_END.search(last.text))
    if drop > 1.3 * max(leading, last.size):
        return True
    indent = line.x - min(li.x for li in group[-3:] if li.page == line.page)
    short = len(last.text) < 0.75 * width
    return bool(_PUNCTUATION_END.search(last.text)) and (short or 0.8 * line.size < indent < 5 * line.size)


def _join(lines: list[str], words: set[str]) -> str:
    """Join lines, and the halves of words hyphenated at line ends (see `_is_hyphenated`)."""
    pieces = [lines[0]]
    for line in lines[1:]:
        left, right = _left_half(pieces[-1]), _RIGHT_HALF.match(line)
        if not left or not right:
            pieces.append(" ")
        elif left["hyphen"] == "\u00ad" or _is_hyphenated(left["word"].casefold(), right.group(), words):
            pieces[-1] = pieces[-1][:-1]
        pieces.append(line)
    return "".join(pieces)


def _left_half(line: str) -> regex.Match[str] | None:
    return _LEFT_HALF.search(line, max(0, len(line) - MAX_WORD_CHARS))


def _is_hyphenated(left: str, right: str, words: set[str]) -> bool:
    """Return whether "left-right" is one word hyphenated at a line end, rather than a compound.

    It is if the file's other words include the whole word, or neither this compound nor its second half. In doubt the
    hyphen stays.
    """
    if f"{left}{right}" in words:
        return True
    return left not in _PREFIXES and f"{left}-{right}" not in words and right not in words
