"""PDF files -> one Article each: the words of the pages in the order in which the file draws them.

1. Each page gives lines, with the place and the size they are printed in.
2. Lines that return at the edges of most pages (running heads, feet, page numbers) are left out of the text.
3. Lines become paragraphs by their place and size; nothing but white space and line-end hyphens is touched.
4. What stands above the first paragraph of prose is the head: title, byline, date, the outlet's name.

What a file says of itself is used only where the page prints it too: programs fill those fields with file names, and
the day a file was made is not the day an article was published.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pypdf
import regex

from rag.article import PUBLISHED, REFUSED, Article, identify
from rag.errors import InputError
from rag.provenance.attribution import attribute, byline, names_only
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import find_date, stated

from . import bounded
from .page_line import Kind, classify, count, shape
from .skipped import Skipped

MOST_PAGES = 2000  # the longest reports of inquiries; an article has a handful of pages
MOST_SECONDS = 60.0  # a page takes 3 to 11 ms, 2,000 of them 22 s; a file of 8 KB can be made that takes minutes
EDGE_LINES = 3  # lines at a page's top and bottom among which running heads and feet are looked for
HEAD_PARAGRAPHS = 12  # of title, standfirst, byline and date; further down a short line is a subheading
TITLE_SIZE = 1.15  # times the size of the text: headlines are set larger, emphasised lines are not
LETTER_WIDTH = 0.4  # times their size, of narrow fonts: where a piece of a row is sure to end
COLUMN_GAP = 1.0  # times the size of the letters; between words it is 0.3, in justified lines up to 0.8
COLUMN_ROWS = 4  # rows with a second piece at one and the same place make a column,
COLUMN_CHARS = 20  # where the first pieces are lines of text, not the numbers and letters of a list

_QUIET = logging.NullHandler()  # pypdf logs what it mends; without a handler that would go to stderr
_LIGATURES = {0xFB00 + i: letters for i, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))}
_UNREADABLE = regex.compile(r"[\p{Co}\p{Cc}\ufffd--[\n\t]]", regex.V1)
_PAGE_NUMBER = regex.compile(
    r"\W*(?:page|seite|p\.)?\s*(?:\d{1,4}|(?-i:[ivxlc]{1,6}))(?:\s*(?:/|of|von|sur|de)\s*\d{1,4})?\W*", regex.I
)
_STOPPED = regex.compile(r"[.!?:;…。؟！？][\s\"'”’»)\]]*$")
_LEFT_HALF = regex.compile(r"(?P<word>\p{L}*\p{Ll})(?P<hyphen>[-\u2010\u00ad])$")
_RIGHT_HALF = regex.compile(r"^\p{Ll}+(?!\p{L})")
_WORD = regex.compile(r"(?<![\p{L}-])\p{L}+(?:-\p{L}+)*(?![\p{L}-])")
_FIRST_PARTS = frozenset(("anti", "cross", "half", "non", "self", "well"))  # before a hyphen rarely a mere syllable


def read(path: Path, names: Catalogue) -> Iterator[Article | Skipped]:
    """The article of one .pdf file. Raises InputError where it holds none that can be read."""
    yield article(bounded.whole(path), names, str(path))


def article(data: bytes, names: Catalogue, source: str, url: str | None = None) -> Article:
    """The article that the bytes of a PDF hold. Raises InputError where they are damaged, locked or hold no text."""
    if b"%PDF-" not in data[:1024]:
        raise InputError("not a PDF, whatever its name says")
    logging.getLogger("pypdf").addHandler(_QUIET)
    try:
        pages, info = _pages(data)
    except InputError:
        raise
    except pypdf.errors.DependencyError as error:
        raise InputError(f"locked in a way that needs another library ({error})") from error
    except pypdf.errors.LimitReachedError as error:
        raise InputError(f"unpacks to more than can be read ({error})") from error
    except Exception as error:  # pypdf's own docs: "broken PDF files might cause other Exceptions"
        told = str(error) or type(error).__name__
        raise InputError(f"damaged ({told[:80]}); open it in a viewer and save it anew") from error
    running, lines = _without_running(pages)
    paragraphs = _paragraphs(lines)
    title, head, body = _parts(paragraphs, running, info.get("/Title", ""), names)
    found = attribute(head, [p.text for p in body], names)
    stated = info.get("/Author", "")
    printed = any(stated in p.text for p in paragraphs[:HEAD_PARAGRAPHS])
    day, date_basis = _day(head)
    named = names.of_url(url) if url else None
    outlet, basis = found.outlet, found.outlet_basis
    if named and outlet is None:
        outlet, basis = named, f"host page: {named}"
    return identify(
        Article(
            id="",
            text="\n".join(p.text for p in body),
            title=title,
            outlet=outlet,
            outlet_basis=basis,
            host=named or (domain(url) or None if url else None),
            authors=found.authors or (names_only(stated) if printed else ()),
            date=day,
            date_basis=date_basis,
            url=url,
            source=source,
        )
    )


@dataclass(frozen=True)
class Line:
    """A line as printed, where it begins (points from the page's lower left corner) and the size of its letters."""

    text: str
    page: int
    x: float
    y: float
    size: float


def _pages(data: bytes) -> tuple[list[list[Line]], dict[str, str]]:
    """The lines of each page and the file's own fields."""
    end = time.monotonic() + MOST_SECONDS
    file = pypdf.PdfReader(io.BytesIO(data))
    if file.is_encrypted and not file.decrypt(""):
        raise InputError("protected by a password; save a copy without one")
    if (size := len(file.pages)) > MOST_PAGES:
        raise InputError(f"has {size:,} pages, at most {MOST_PAGES:,} can be read as one article; split it")
    pages = [_lines(page, number, end) for number, page in enumerate(file.pages)]
    letters = "".join(line.text for page in pages for line in page)
    if not regex.search(r"\p{L}", letters):
        pictures = any(page.images.keys() for page in file.pages)
        found = "holds pictures of pages and no text; run OCR first" if pictures else "holds no text"
        raise InputError(found)
    if len(_UNREADABLE.findall(letters)) * 5 > len(letters):
        raise InputError("does not say which letters its signs stand for; run OCR first")
    fields = {name: " ".join(str(value).split()) for name, value in (file.metadata or {}).items()}
    return pages, {name: value for name, value in fields.items() if value}


def _lines(page: pypdf.PageObject, number: int, end: float) -> list[Line]:
    """The lines of a page in the order drawn. Raises InputError where the clock stands past `end`."""
    rows: list[list[Line]] = [[]]

    def in_time(*_: Any) -> None:
        if time.monotonic() > end:
            raise InputError(f"takes longer than {MOST_SECONDS:.0f} s to read; print it to a new PDF and try that")

    def take(text: str, outer: list[float], inner: list[float], _: Any, size: float) -> None:
        for piece in regex.split(r"(\n)", text):
            if piece == "\n":
                rows.append([])
            elif piece.strip() or (piece and rows[-1]):
                rows[-1].append(Line(piece, number, *_place(inner, outer, size)))

    page.extract_text(visitor_operand_before=in_time, visitor_text=take)
    return _by_column([row for row in rows if row])


def _place(inner: list[float], outer: list[float], size: float) -> tuple[float, float, float]:
    """(x, y, size of the letters) on the page, of text with matrix `inner` within `outer` (ISO 32000-1, 9.4.4)."""
    a, b, c, d, e, f = outer
    x, y = inner[4] * a + inner[5] * c + e, inner[4] * b + inner[5] * d + f
    height = abs(size) * math.hypot(inner[2] * a + inner[3] * c, inner[2] * b + inner[3] * d)
    return (x, y, height) if all(map(math.isfinite, (x, y, height))) else (0.0, 0.0, 0.0)


def _by_column(rows: list[list[Line]]) -> list[Line]:
    """The lines of a page, given the pieces of its rows; two columns drawn row by row one after the other."""
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
    """The piece of a row that begins far behind the one before it; 0 where none does."""
    for j in range(1, len(row)):
        before = row[j - 1]
        sure_end = before.x + LETTER_WIDTH * before.size * len(before.text.rstrip())
        if row[j].text.strip() and row[j].x > sure_end + COLUMN_GAP * before.size:
            return j
    return 0


def _line(row: list[Line]) -> Line:
    """The pieces of a row as one line."""
    return replace(row[0], text=_clean("".join(piece.text for piece in row)))


def _clean(words: str) -> str:
    """Words without NUL characters and half surrogates, which no store of text takes, and with ligatures as letters."""
    whole = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
    return " ".join(whole.translate(_LIGATURES).split())


def _without_running(pages: list[list[Line]]) -> tuple[list[str], list[Line]]:
    """(running heads and feet, each once; the lines that are text)."""
    edges: list[set[int]] = []
    for lines in pages:
        by_height = sorted(range(len(lines)), key=lambda i: lines[i].y)
        edges.append({*by_height[:EDGE_LINES], *by_height[-EDGE_LINES:]})
    times = Counter(f for lines, edge in zip(pages, edges, strict=True) for f in {_form(lines[i]) for i in edge})
    most = max(2, len(pages) // 2)  # left and right pages may have heads of their own
    running: dict[tuple[str, int], str] = {}
    kept: list[Line] = []
    for lines, edge in zip(pages, edges, strict=True):
        for i, line in enumerate(lines):
            form = _form(line)
            if i in edge and (times[form] >= most or _PAGE_NUMBER.fullmatch(line.text)):
                running.setdefault(form, line.text)
            else:
                kept.append(line)
    return list(running.values()), kept


def _form(line: Line) -> tuple[str, int]:
    """What a running line looks like on every page: the title, which may run too, is set larger on the first."""
    return shape(line.text), round(line.size)


@dataclass(frozen=True)
class Paragraph:
    text: str
    page: int
    size: float


def _paragraphs(lines: list[Line]) -> list[Paragraph]:
    """Lines joined to paragraphs, each of one size and from one page or running over to the next."""
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
        whole = _RIGHT_HALF.sub("", text) if _LEFT_HALF.search(before) else text
        words |= {word.casefold() for word in _WORD.findall(whole)}
    return [Paragraph(_join([li.text for li in group], words), group[0].page, group[0].size) for group in groups]


def _begins(group: list[Line], line: Line, leading: float, width: int) -> bool:
    """Whether a line begins a new paragraph, and does not go on with the `group` above it."""
    last = group[-1]
    if abs(line.size - last.size) > 0.1 * last.size:
        return True
    drop = last.y - line.y
    if line.page != last.page or drop < 0:  # the next page or column
        return bool(_STOPPED.search(last.text))
    if drop > 1.3 * max(leading, last.size):
        return True
    indent = line.x - min(li.x for li in group[-3:] if li.page == line.page)
    short = len(last.text) < 0.75 * width
    return bool(_STOPPED.search(last.text)) and (short or 0.8 * line.size < indent < 5 * line.size)


def _join(lines: list[str], words: set[str]) -> str:
    """Lines as one; a word parted at a line's end is put together again (see `_is_parted`), the hyphen gone."""
    pieces = [lines[0]]
    for line in lines[1:]:
        left, right = _LEFT_HALF.search(pieces[-1]), _RIGHT_HALF.match(line)
        if not left or not right:
            pieces.append(" ")
        elif left["hyphen"] == "\u00ad" or _is_parted(left["word"].casefold(), right.group(), words):
            pieces[-1] = pieces[-1][:-1]
        pieces.append(line)
    return "".join(pieces)


def _is_parted(left: str, right: str, words: set[str]) -> bool:
    """Whether "left-right" is one word that the line's end has parted, and no compound; in doubt the hyphen stays.

    The file's other words tell: it has the whole word, or it has no compound of this form and no word like its end.
    """
    if f"{left}{right}" in words:
        return True
    return left not in _FIRST_PARTS and f"{left}-{right}" not in words and right not in words


def _parts(
    paragraphs: list[Paragraph], running: list[str], stated: str, names: Catalogue
) -> tuple[str | None, list[str], list[Paragraph]]:
    """(title, head, text): the head holds the running lines and what stands above the first prose."""
    if not paragraphs:
        raise InputError("holds no text but what is printed on every page")
    kinds = [classify(p.text) for p in paragraphs[:HEAD_PARAGRAPHS]]
    sizes = Counter[float]()
    for paragraph in paragraphs:
        sizes[round(paragraph.size, 1)] += len(paragraph.text)
    usual = sizes.most_common(1)[0][0]
    large = [i for i, p in enumerate(paragraphs[: len(kinds)]) if p.size > TITLE_SIZE * usual]
    body = next((i for i, kind in enumerate(kinds) if kind is Kind.PROSE and i not in large), 0)
    titles = _title(paragraphs[:body], kinds, large, stated, names)
    title = " ".join(paragraphs[i].text for i in titles) or None
    head = [p.text for i, p in enumerate(paragraphs[:body]) if i not in titles]
    kept = [
        p
        for i, p in enumerate(paragraphs)
        if i >= body or (i not in titles and kinds[i] in (Kind.SHORT, Kind.PROSE) and _is_standfirst(p.text, names))
    ]
    running = [line for line in running if not title or _letters(line) not in _letters(title)]
    edges = [line[a:b] for line in running for a, b, _ in names.find(line) if a == 0 or b == len(line)]
    return title, [*edges, *(line for line in running if not names_only(line)), *head], kept


def _title(top: list[Paragraph], kinds: list[Kind], large: list[int], stated: str, names: Catalogue) -> list[int]:
    """Which paragraphs of the `top` are the title: those that the file's own title names, or the largest, or a first
    line set off."""
    told = _letters(stated)
    for i in range(len(top)):
        for j in range(i + 1, min(i + 4, len(top)) + 1):
            if told and count(stated) > 1 and _letters(" ".join(p.text for p in top[i:j])) == told:
                return list(range(i, j))
    able = [
        i
        for i, p in enumerate(top)
        if 2 <= count(p.text) <= 40 and not names.resolve(p.text) and not byline(p.text) and not find_date(p.text)
    ]
    if found := sorted((i for i in able if i in large), key=lambda i: -top[i].size)[:1]:
        return found
    return [i for i in able if kinds[i] is Kind.SHORT and count(top[i].text) > 2][:1]


def _is_standfirst(text: str, names: Catalogue) -> bool:
    return count(text) >= 4 and not find_date(text) and not names.resolve(text)


def _letters(text: str) -> str:
    return str(regex.sub(r"\W+", "", text).casefold())


def _day(head: list[str]) -> tuple[dt.date | None, str | None]:
    """(day, basis) of the first date in the head's lines."""
    for line in head:
        if found := find_date(line):
            words = line[found[0] : found[1]]
            day, why = stated(words)
            return (day, PUBLISHED) if day else (None, f"{REFUSED}{words} ({why})")
    return None, None
