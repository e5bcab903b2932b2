"""Read plain text that is one article and nothing else.

The text may be preceded by fields ("Date: 14 May 2013"), a title, bylines and dates, or the labelled lines of exports
from press archives (SECTION, LENGTH, BYLINE). The rest is the article, word for word and line by line. `is_plain` tells
such text from a page dump, which is left to `page_dump`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.attribution import attribute, names_only
from rag.provenance.catalogue import Catalogue
from rag.provenance.dates import find_date

from . import decoding, left_out, limits, record
from .line_classifier import LONG_LINE, LineKind, classify, count_words

MAX_HEAD_LINES = 4  # bylines, dates and outlets between the title and the text
MAX_TITLE_WORDS = 25
MAX_FIELD_LINE_CHARS = 300  # a URL may be long; a paragraph that begins like a field is longer
WRAPPED_CHARS = range(45, 101)  # length of the lines of hard-wrapped text; typewriters have 60 to 80
# Above the labelled lines of an export: the outlet, the title, the date. To classify a line takes some 50 us, and this
# is the one place where the number of lines has no other bound.
MAX_EXPORT_HEAD_LINES = 100
MENU_LINES = 4  # so many short lines in a row, none ending in punctuation, are a menu or a list

_FIELD = regex.compile(r"(?P<name>\p{L}[\p{L}_-]*(?: [\p{L}_-]+){0,2})[ \t]*:[ \t]+(?P<value>\S.*)")
_FIELD_NAMES = {
    name.replace("_", "").casefold()
    for names in (record.TITLE, record.OUTLET, record.DATE, record.URL, record.AUTHORS, record.HOST)
    for name in names
} - {"name", "media", "time"}  # which begin sentences too
_EXPORT = regex.compile(
    r"(?P<name>byline|headline|section|length|dateline|load-date|language|graphic|publication-type|pub-type|column|"
    r"series|journal-code|highlight|correction-date|distribution|edition|subject|body):[ \t]*(?P<value>.*)|"
    r"body|end of document",
    regex.I,
)
_LENGTH = regex.compile(r"^length:[ \t]*\d+ words[ \t]*$", regex.M | regex.I)  # once in each exported document
_OF_DOCUMENTS = regex.compile(r"\d+ of \d+ documents?", regex.I)
_RIGHTS = regex.compile(
    r"\W*(?:copyright|©|\(c\))\W*(?:\(c\)\W*)?(?:19|20)\d\d\b,?\s*(?P<name>.*?)\W*(?:all\s+rights\s+reserved)?\W*|"
    r"all\s+rights\s+reserved\W*",
    regex.I,
)
_PUNCTUATION_END = regex.compile(r"[.,;:!?…][\s\"'”’»)\]]*$")
_NO_TITLE_END = regex.compile(r"[.,;:][\s\"'”’»)\]]*$")
_DATELINE = regex.compile(r"[^.\n–—]{3,60}?\s*[–—-]{1,2}\s")


def read(path: Path, catalogue: Catalogue) -> Iterator[Article]:
    """Yield the article of a .text file.

    Raises:
        InputError: if the file is not text, or is empty.
    """
    yield parse(decoding.to_text(limits.read_bytes(path)), catalogue, str(path))


def parse(text: str, catalogue: Catalogue, source: str) -> Article:
    """Return the article that a text is.

    Args:
        text: all of the file.
        catalogue: used to recognise outlets.
        source: the file that is recorded with the article.

    Raises:
        InputError: if there is no text below the fields and the title.
    """
    parts = _split(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), catalogue)
    if not any(line.strip() for line in parts.body):
        raise InputError("no text")
    left_out.report(
        source, left_out.TAKEN, [*(f"{name}: {value}" for name, value in parts.fields.items()), *parts.head]
    )
    article = record.parse(parts.fields, catalogue, source, "\n".join(parts.body))
    found = attribute(parts.head, parts.body, catalogue)
    if article.outlet is None:
        article = replace(article, outlet=found.outlet, outlet_basis=found.outlet_basis)
    if article.date_basis is None and (printed := _printed_date(parts)):
        date, basis = record.read_date(printed)
        article = replace(article, date=date, date_basis=basis)
    return replace(article, authors=article.authors or found.authors)


def is_plain(text: str) -> bool:
    """Return whether a text is one article and nothing else: no page furniture, and at most one date and byline."""
    if len(_LENGTH.findall(text)) == 1:
        return True
    fields, start = _fields(lines := text.splitlines())
    units = _units(lines[start:])
    kinds = [classify(unit) for unit in units]
    if not {*kinds} <= {LineKind.PROSE, LineKind.SHORT, LineKind.BYLINE, LineKind.DATED, LineKind.BLANK}:
        return False
    edge = {*range(MAX_HEAD_LINES + 2), *range(len(units) - 2, len(units))}
    metadata = [i for i, kind in enumerate(kinds) if kind in (LineKind.BYLINE, LineKind.DATED)]
    if not edge.issuperset(metadata) or kinds.count(LineKind.DATED) > 1 or kinds.count(LineKind.BYLINE) > 1:
        return False
    loose = [
        kind is LineKind.SHORT and not _PUNCTUATION_END.search(unit) for unit, kind in zip(units, kinds, strict=True)
    ]
    runs = [len(list(run)) for is_loose, run in groupby(loose) if is_loose]
    if max(runs, default=0) >= MENU_LINES or sum(loose[-2:]) > 1:  # a signature is one line; links at the end are more
        return False
    return LineKind.PROSE in kinds or bool(fields) or any(_PUNCTUATION_END.search(unit) for unit in units)


@dataclass(frozen=True)
class _Parts:
    """The fields of a text, including the title, the lines of its bylines and dates, and those of its body."""

    fields: dict[str, str]
    head: list[str]
    body: list[str]


def _split(lines: list[str], catalogue: Catalogue) -> _Parts:
    if len(_LENGTH.findall("\n".join(lines))) == 1:
        return _export(lines)
    fields, start = _fields(lines)
    filled = [i for i in range(start, len(lines)) if lines[i].strip()]
    head: list[str] = []
    untitled = not {name.casefold() for name in fields} & {"title", "headline"}
    if untitled and len(filled) > 1 and _is_title(lines, *filled[:2]):
        fields["title"] = lines[filled.pop(0)].strip()
    for i in filled[:MAX_HEAD_LINES]:
        kind = classify(lines[i])
        if (
            kind not in (LineKind.BYLINE, LineKind.DATED)
            and not names_only(lines[i])
            and not catalogue.resolve(lines[i])
        ):
            break
        if len(filled) == 1:
            break
        head.append(lines[filled.pop(0)].strip())
    return _Parts(fields, head, lines[filled[0] :] if filled else [])


def _fields(lines: list[str]) -> tuple[dict[str, str], int]:
    """Return the fields stated line by line at the top of a text, and the number of the line after them."""
    fields: dict[str, str] = {}
    for i, line in enumerate(lines):
        match = _FIELD.fullmatch(line.strip()) if len(line) <= MAX_FIELD_LINE_CHARS else None
        if match and regex.sub(r"[\s_-]", "", match["name"]).casefold() in _FIELD_NAMES:
            fields.setdefault(match["name"], match["value"])
        elif line.strip() or fields:
            return fields, i
    return fields, len(lines)


def _is_title(lines: list[str], first: int, second: int) -> bool:
    """Return whether line `first` can be a title of the text from line `second`: short, unpunctuated, set apart."""
    line, below = lines[first].strip(), lines[second]
    if not 0 < count_words(line) <= MAX_TITLE_WORDS or _NO_TITLE_END.search(line):
        return False
    if classify(line) is not LineKind.SHORT:
        return False
    return second > first + 1 or len(below) not in WRAPPED_CHARS or classify(below) in (LineKind.BYLINE, LineKind.DATED)


def _printed_date(parts: _Parts) -> str | None:
    """Return the words of the date in the lines above a text, or in its dateline."""
    dateline = _DATELINE.match(next(line.strip() for line in parts.body if line.strip()))
    for line in [*parts.head, dateline.group() if dateline else ""]:
        if date := find_date(line):
            return line[date[0] : date[1]]
    return None


def _units(lines: list[str]) -> list[str]:
    """Return the paragraphs and lines of a text, the lines of a hard-wrapped paragraph joined."""
    units: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line.strip())
            continue
        wrapped = len(block) > 1 and len(block[-1]) < WRAPPED_CHARS.stop
        wrapped = wrapped and all(len(line) in WRAPPED_CHARS for line in block[:-1])
        units += [" ".join(block)] if wrapped else block
        block = []
    return units


def _rights(line: str) -> regex.Match[str] | None:
    return _RIGHTS.fullmatch(line) if len(line) <= LONG_LINE else None


def _export(lines: list[str]) -> _Parts:
    """Return the parts of a document exported from a press archive.

    The outlet, date and title come first, then labelled lines, then the text.
    """
    stripped = [line.strip() for line in lines]
    labels = {i: match for i, line in enumerate(stripped) if (match := _EXPORT.fullmatch(line))}
    start = next(i for i in labels if _LENGTH.match(stripped[i])) + 1
    while start < len(lines) and (not stripped[start] or start in labels):
        start += 1
    end = len(lines)
    while end > start and (not stripped[end - 1] or end - 1 in labels or _rights(stripped[end - 1])):
        end -= 1
    fields = {match["name"].casefold(): match["value"] for i, match in labels.items() if i < start and match["name"]}
    fields = {name: value for name, value in fields.items() if name in ("headline", "byline") and value}
    rights = filter(None, (_rights(line) for i, line in enumerate(stripped) if not start <= i < end))
    owner = next((match["name"].strip(" .") for match in rights if match["name"]), None)
    above: list[str] = []
    title_first = False  # whether the title comes first, and the outlet between it and the date
    for i, line in enumerate(stripped[: min(min(labels), MAX_EXPORT_HEAD_LINES)]):
        if not line or _rights(line) or _OF_DOCUMENTS.fullmatch(line):
            continue
        if classify(line) is LineKind.DATED:
            fields.setdefault("date", line)
            title_first = len(above) > 1
        elif above and stripped[i - 1] and above[-1].endswith(stripped[i - 1]):
            above[-1] = f"{above[-1]} {line}"  # the second line of a title
        else:
            above.append(line)
    title, outlet = (above[0], above[1]) if title_first else (above[-1] if above else None, above[0] if above else None)
    if outlet == title:  # only one line: it is the outlet if it equals the owner of the rights
        title, outlet = (None, outlet) if outlet == owner or "headline" in fields else (title, owner)
    if title:
        fields.setdefault("headline", title)
    if outlet or owner:
        fields["publication"] = outlet or owner or ""
    return _Parts(fields, [], lines[start:end])
