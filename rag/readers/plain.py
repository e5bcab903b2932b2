"""Plain text that is one article and nothing else -> Article.

Above the text may stand lines of fields ("Date: 14 May 2013"), a title, bylines and dates, or what the exports of press
archives print there (SECTION, LENGTH, BYLINE). All below is the text, word for word, its lines as they stand. A page's
dump is told from it by `is_plain`, and left to `page_dump`.
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

from . import bounded, decode, record
from .page_line import Kind, classify, count

HEAD_LINES = 4  # bylines, dates and outlets between the title and the text
TITLE_WORDS = 25
FIELD_CHARS = 300  # of a line that states a field: an address may be long, a paragraph that begins so is longer
WRAPPED = range(45, 101)  # characters of the lines of a text that was set by hand; typewriters have 60 to 80
SHORT_RUN = 4  # so many short lines in a row, none closed by a point or comma, are a menu or a list

_FIELD = regex.compile(r"(?P<name>\p{L}[\p{L}_-]*(?: [\p{L}_-]+){0,2})[ \t]*:[ \t]+(?P<value>\S.*)")
_FIELDS = {name.replace("_", "").casefold() for of in (record.TITLE, record.OUTLET, record.DATE) for name in of}
_FIELDS |= {name.replace("_", "").casefold() for of in (record.URL, record.AUTHORS, record.HOST) for name in of}
_FIELDS -= {"name", "media", "time"}  # which begin sentences too
_EXPORT = regex.compile(
    r"(?P<name>byline|headline|section|length|dateline|load-date|language|graphic|publication-type|pub-type|column|"
    r"series|journal-code|highlight|correction-date|distribution|edition|subject|body):[ \t]*(?P<value>.*)|"
    r"body|end of document",
    regex.I,
)
_LENGTH = regex.compile(r"^length:[ \t]*\d+ words[ \t]*$", regex.M | regex.I)  # once in each document of an export
_RIGHTS = regex.compile(
    r"\W*(?:copyright|©|\(c\))\W*(?:\(c\)\W*)?(?:19|20)\d\d\b,?\s*(?P<name>.*?)\W*(?:all\s+rights\s+reserved)?\W*|"
    r"all\s+rights\s+reserved\W*",
    regex.I,
)
_CLOSED = regex.compile(r"[.,;:!?…][\s\"'”’»)\]]*$")
_TITLE_END = regex.compile(r"[.,;:][\s\"'”’»)\]]*$")
_DATELINE = regex.compile(r"[^.\n–—]{3,60}?\s*[–—-]{1,2}\s")


def read(path: Path, names: Catalogue) -> Iterator[Article]:
    """The article of a plain text. Raises InputError where it is no text, or empty."""
    yield parse(decode.text(bounded.whole(path)), str(path), names)


def parse(text: str, source: str, names: Catalogue) -> Article:
    """The article that a text is; `source` is recorded with it."""
    found = _split(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), names)
    if not any(line.strip() for line in found.body):
        raise InputError("no text")
    made = record.article(found.fields, source, names, "\n".join(found.body))
    shown = attribute(found.head, found.body, names)
    if made.outlet is None:
        made = replace(made, outlet=shown.outlet, outlet_basis=shown.outlet_basis)
    if made.date_basis is None and (words := _day_words(found)):
        day, basis = record.dated(words)
        made = replace(made, date=day, date_basis=basis)
    return replace(made, authors=made.authors or shown.authors)


def is_plain(text: str) -> bool:
    """Whether a text is one article and nothing else: no furniture of a page in it, one date at most."""
    if len(_LENGTH.findall(text)) == 1:
        return True
    fields, start = _fields(lines := text.splitlines())
    units = _units(lines[start:])
    kinds = [classify(unit) for unit in units]
    if not {*kinds} <= {Kind.PROSE, Kind.SHORT, Kind.BYLINE, Kind.DATED, Kind.BLANK}:
        return False
    edge = {*range(HEAD_LINES + 2), *range(len(units) - 2, len(units))}
    signs = [i for i, kind in enumerate(kinds) if kind in (Kind.BYLINE, Kind.DATED)]
    if not edge.issuperset(signs) or kinds.count(Kind.DATED) > 1 or kinds.count(Kind.BYLINE) > 1:
        return False
    loose = [kind is Kind.SHORT and not _CLOSED.search(unit) for unit, kind in zip(units, kinds, strict=True)]
    runs = [len(list(run)) for is_loose, run in groupby(loose) if is_loose]
    if max(runs, default=0) >= SHORT_RUN or sum(loose[-2:]) > 1:  # a signature stands alone; links below do not
        return False
    return Kind.PROSE in kinds or bool(fields) or any(_CLOSED.search(unit) for unit in units)


@dataclass(frozen=True)
class _Parts:
    """A text taken apart: stated fields (the title among them), lines of bylines and dates, the lines of the text."""

    fields: dict[str, str]
    head: list[str]
    body: list[str]


def _split(lines: list[str], names: Catalogue) -> _Parts:
    if len(_LENGTH.findall("\n".join(lines))) == 1:
        return _export(lines)
    fields, start = _fields(lines)
    shown = [i for i in range(start, len(lines)) if lines[i].strip()]
    head: list[str] = []
    untitled = not {name.casefold() for name in fields} & {"title", "headline"}
    if untitled and len(shown) > 1 and _is_title(lines, *shown[:2]):
        fields["title"] = lines[shown.pop(0)].strip()
    for i in shown[:HEAD_LINES]:
        signs = classify(lines[i]) in (Kind.BYLINE, Kind.DATED) or names_only(lines[i]) or names.resolve(lines[i])
        if not signs or len(shown) == 1:
            break
        head.append(lines[shown.pop(0)].strip())
    return _Parts(fields, head, lines[shown[0] :] if shown else [])


def _fields(lines: list[str]) -> tuple[dict[str, str], int]:
    """The fields stated line by line at the top of a text, and the line behind them."""
    fields: dict[str, str] = {}
    for i, line in enumerate(lines):
        match = _FIELD.fullmatch(line.strip()) if len(line) <= FIELD_CHARS else None
        if match and regex.sub(r"[\s_-]", "", match["name"]).casefold() in _FIELDS:
            fields.setdefault(match["name"], match["value"])
        elif line.strip() or fields:
            return fields, i
    return fields, len(lines)


def _is_title(lines: list[str], first: int, second: int) -> bool:
    """Whether line `first` is the title of what begins at line `second`: short, not closed, set off from it."""
    line, below = lines[first].strip(), lines[second]
    if not 0 < count(line) <= TITLE_WORDS or _TITLE_END.search(line) or classify(line) is not Kind.SHORT:
        return False
    return second > first + 1 or len(below) not in WRAPPED or classify(below) in (Kind.BYLINE, Kind.DATED)


def _day_words(found: _Parts) -> str | None:
    """The words of the date among the lines above a text, or in the dateline that it begins with."""
    opening = _DATELINE.match(next(line.strip() for line in found.body if line.strip()))
    for line in [*found.head, opening.group() if opening else ""]:
        if date := find_date(line):
            return line[date[0] : date[1]]
    return None


def _units(lines: list[str]) -> list[str]:
    """The paragraphs and lines of a text: the lines of a paragraph set by hand are one."""
    units: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line.strip())
            continue
        wrapped = len(block) > 1 and all(len(line) in WRAPPED for line in block[:-1]) and len(block[-1]) < WRAPPED.stop
        units += [" ".join(block)] if wrapped else block
        block = []
    return units


def _export(lines: list[str]) -> _Parts:
    """The parts of a document as press archives export it: outlet, day and title over labelled lines, then the text."""
    bare = [line.strip() for line in lines]
    labels = {i: match for i, line in enumerate(bare) if (match := _EXPORT.fullmatch(line))}
    start = next(i for i in labels if _LENGTH.match(bare[i])) + 1
    while start < len(lines) and (not bare[start] or start in labels):
        start += 1
    end = len(lines)
    while end > start and (not bare[end - 1] or end - 1 in labels or _RIGHTS.fullmatch(bare[end - 1])):
        end -= 1
    fields = {match["name"].casefold(): match["value"] for i, match in labels.items() if i < start and match["name"]}
    fields = {name: value for name, value in fields.items() if name in ("headline", "byline") and value}
    rights = filter(None, (_RIGHTS.fullmatch(line) for i, line in enumerate(bare) if not start <= i < end))
    owner = next((match["name"].strip(" .") for match in rights if match["name"]), None)
    above: list[str] = []
    titled = False  # whether the title stands first, and the outlet between it and the day
    for i, line in enumerate(bare[: min(labels)]):
        if not line or _RIGHTS.fullmatch(line) or regex.fullmatch(r"\d+ of \d+ documents?", line, regex.I):
            continue
        if classify(line) is Kind.DATED:
            fields.setdefault("date", line)
            titled = len(above) > 1
        elif above and bare[i - 1] and above[-1].endswith(bare[i - 1]):
            above[-1] = f"{above[-1]} {line}"  # a title of two lines
        else:
            above.append(line)
    title, outlet = (above[0], above[1]) if titled else (above[-1] if above else None, above[0] if above else None)
    if outlet == title:  # one line only: which, the owner of the rights tells
        title, outlet = (None, outlet) if outlet == owner or "headline" in fields else (title, owner)
    if title:
        fields.setdefault("headline", title)
    if outlet or owner:
        fields["publication"] = outlet or owner or ""
    return _Parts(fields, [], lines[start:end])
