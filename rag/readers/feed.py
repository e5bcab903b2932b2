"""Feeds (RSS 0.9 to 2.0, RDF, Atom) -> Articles, one for each entry that holds text.

An entry's day is taken as printed, in the zone it is printed in. A feed may carry entries of other outlets: then the
feed's site is the host, and the outlet is whom the entry names, or who publishes under its link.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import regex

from rag.article import EXPLICIT, POSTED, PUBLISHED, REFUSED, Article, identify
from rag.errors import InputError
from rag.provenance.attribution import attribute
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import stated

from . import bounded, decode, markup, record
from .page_line import Kind, classify
from .skipped import Skipped

_PROLOGUE = regex.compile(
    r"(?:[^<]++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[<>]++|\[.*?\](?=\s*>))*+>)*+", regex.S | regex.I
)
_ROOT = regex.compile(r"<([\w:.-]{1,40})")
_ENCODING = regex.compile(rb"^\s*<\?xml[^>]{0,80}?encoding\s*=\s*[\"']([\w.:-]{2,40})")
_ENTRY = regex.compile(r"<(/?)(?:\w+:)?(?:item|entry)[\s>]", regex.I)
_NO_TEXT = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_APPEARED = regex.compile(r"The post .{1,300} (?:appeared first|first appeared) on .{1,200}\.")  # WordPress adds it
_PARTS = regex.compile(r"\s+[-–—|»«•·:/>]{1,2}\s+|\s*[|»:]\s*")
_ADDRESS = regex.compile(r"[^\s()<>@]+@[^\s()<>@]+")
_PERSONS = regex.compile(r"\s*[;,]\s*(?:and\s+)?|\s+(?:and|&)\s+")


def read(path: Path, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of one feed. Raises InputError where the file is no feed."""
    yield from articles(bounded.whole(path), names, str(path))


def articles(data: bytes, names: Catalogue, source: str, url: str | None = None) -> Iterator[Article | Skipped]:
    """The articles of a feed given as bytes, in its order; an entry without text is yielded as Skipped.

    `url` is the address that the feed came from, where it came from one. Raises InputError for what is no feed.
    """
    declared = _ENCODING.match(data)
    text = decode.text(data, declared[1].decode() if declared else None)
    start = _start(text)
    bounded.fed(text[start:])
    # Without what stands before the root there is no DTD: no entity is expanded, nothing is loaded.
    parsed = feedparser.parse(
        io.BytesIO(text[start:].encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url or ""},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.entries:
        raise InputError("the feed holds no entries")
    marks = [mark[1] for mark in _ENTRY.finditer(text, start)]
    cut = len(parsed.entries) if marks and not marks[-1] and not _closes(text) else 0
    for number, entry in enumerate(parsed.entries, 1):
        try:
            if number == cut:
                raise InputError("the feed breaks off in it")
            yield _article(entry, parsed.feed, names, source, url)
        except InputError as error:
            yield Skipped(source, str(error), f"entry {number}")


def root(data: bytes) -> str:
    """The name of a document's first element, without its prefix ("rss", "html"); "" where it has none."""
    return _root(data[:100_000].replace(b"\x00", b"").decode("latin-1"))[0]


def is_feed(data: bytes) -> bool:
    """Whether a document begins as feeds do."""
    return root(data) in ("rss", "feed", "RDF")


def _root(text: str) -> tuple[str, int]:
    prologue = _PROLOGUE.match(text)  # matches always, be it nothing
    end = prologue.end() if prologue else 0
    found = _ROOT.match(text, end)
    return (found[1].rpartition(":")[2], end) if found else ("", end)


def _start(text: str) -> int:
    """Where a feed's root begins. Raises InputError for what is no feed, or declares entities."""
    name, start = _root(text)
    if "<!ENTITY" in text[:start].upper():
        raise InputError("declares XML entities of its own, which can make a small file huge; remove them")
    if name not in ("rss", "feed", "RDF"):
        found = f"its first element is <{name}>" if name else "it is not XML"
        raise InputError(f"not a feed ({found}); RSS, RDF and Atom can be read")
    return start


def _closes(text: str) -> bool:
    return bool(regex.search(r"</(?:\w+:)?(?:rss|feed|RDF)\s*>\s*$", text[-1000:]))


def _article(entry: Any, feed: Any, names: Catalogue, source: str, url: str | None) -> Article:
    """The article of an entry. Raises InputError where it holds no text."""
    for name in ("title", "link", "author", "authors"):
        record.short(name, entry.get(name))
    title = " ".join(_plain(entry.get("title")).split()) or None
    text = _text(entry)
    if not text:
        raise InputError("no text")
    if title and _letters(text) == _letters(title):
        raise InputError("a headline only")
    home = feed.get("link") or url or ""
    link = entry.get("feedburner_origlink") or entry.get("link")
    link = urljoin(home, link.strip()) if link else None
    host = _site(feed, home, names)
    outlet, basis, written = _outlet(entry, feed, names, link, home, host, text)
    day, day_basis = _day(entry)
    if day_basis == PUBLISHED and host not in (None, outlet):
        day_basis = POSTED
    return identify(
        Article(
            id="",
            text=text,
            title=title,
            outlet=outlet,
            outlet_basis=basis,
            host=host,
            authors=_authors(entry, names) or written,
            date=day,
            date_basis=day_basis,
            url=link,
            source=source,
        )
    )


def _plain(value: object) -> str:
    return _NO_TEXT.sub("", markup.plain(value)).strip() if isinstance(value, str) else ""


def _text(entry: Any) -> str:
    """The longest text of an entry, without the lines that lead to the rest of it."""
    values = [part.get("value") for part in entry.get("content", ())]
    text = max(map(_plain, [*values, entry.get("summary")]), key=len)
    lines = text.splitlines()
    while lines and (not lines[-1].strip() or classify(lines[-1]) is Kind.MORE or _APPEARED.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def _letters(text: str) -> str:
    return str(regex.sub(r"\W+", "", text).casefold())


def _site(feed: Any, home: str, names: Catalogue) -> str | None:
    """The site that a feed is of: the catalogue's name for its address or title, else its title, else its domain."""
    title = " ".join(_plain(feed.get("title")).split())
    named = (name for part in (title, *_PARTS.split(title)) if (name := names.resolve_printed(part)))
    return names.of_url(home) or next(named, None) or title or domain(home) or None


def _outlet(
    entry: Any, feed: Any, names: Catalogue, link: str | None, home: str, host: str | None, text: str
) -> tuple[str | None, str, tuple[str, ...]]:
    """(outlet, basis, authors that the text names), by the first of these: the entry's own word, credits in its text,
    the address it leads to, the feed where it leads to the feed's site."""
    found = attribute([], text.splitlines(), names)
    origin = entry.get("source") or {}
    for field, value in (("source", origin.get("title")), ("publisher", entry.get("publisher"))):
        if stated := " ".join(_plain(value).split()):
            return names.resolve(stated) or stated, f"metadata: entry {field}", found.authors
    if found.outlet_basis.partition(":")[0] in EXPLICIT:  # the text's own credits overrule the feed's name
        return found.outlet, found.outlet_basis, found.authors
    stated = "metadata: feed title" if feed.get("title") else f"url: {home}"
    ours, theirs = domain(home), domain(link or "")
    if host and ours and theirs and _same_site(ours, theirs):
        return host, stated, found.authors
    if link and (named := names.of_url(link)):
        return named, f"url: {link}", found.authors
    if host and not (ours and theirs):  # it leads nowhere else, as far as is known
        return host, stated, found.authors
    return found.outlet, found.outlet_basis, found.authors


def _same_site(a: str, b: str) -> bool:
    return f".{a}".endswith(f".{b}") or f".{b}".endswith(f".{a}")


def _authors(entry: Any, names: Catalogue) -> tuple[str, ...]:
    listed = [author.get("name") or "" for author in entry.get("authors", ())]
    people = listed if len(listed) > 1 else _PERSONS.split(_person(_plain(entry.get("author"))))
    return tuple(dict.fromkeys(p for line in people if (p := _person(_plain(line))) and not names.resolve(p)))


def _person(stated: str) -> str:
    """The name in "jane@example.org (Jane Roe)" or "Jane Roe <jane@example.org>"; "" of an address alone."""
    without = _ADDRESS.sub("", stated)
    return (without if without == stated else regex.sub(r"[()<>]", "", without)).strip()


def _day(entry: Any) -> tuple[dt.date | None, str | None]:
    """(day, basis) of an entry, of its last change where it states no other day, as it is in most Atom feeds."""
    printed = next((value for name in ("published", "updated") if name in entry and (value := entry[name])), "")
    printed = " ".join(printed.split())[:80]
    if not printed:
        return None, None
    day, why = stated(printed)
    return (day, PUBLISHED) if day else (None, f"{REFUSED}{printed} ({why})")
