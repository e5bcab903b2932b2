"""Read feeds (RSS 0.9 to 2.0, RDF, Atom): one article for each entry that has text.

The date of an entry is the printed one, in the printed time zone. A feed may carry entries of other outlets: then the
feed's site is the host, and the outlet is the one that the entry names, or whose site the entry links to.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin

import feedparser
import regex
from lxml import etree

from rag.article import EXPLICIT, POSTED, PUBLISHED, REFUSED, Article, identify
from rag.errors import InputError
from rag.provenance.attribution import attribute
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import stated
from rag.text import is_web_url

from . import decoding, left_out, limits, record, references
from .html_to_text import html_to_text
from .line_classifier import LineKind, classify
from .skipped import Skipped

_PROLOGUE = regex.compile(
    r"(?:[^<]++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[<>]++|\[.*?\](?=\s*>))*+>)*+", regex.S | regex.I
)
_ROOT = regex.compile(r"<([\w:.-]{1,40})")
_ENCODING = regex.compile(rb"^\s*<\?xml[^>]{0,80}?encoding\s*=\s*[\"']([\w.:-]{2,40})")
_ENTRY = regex.compile(r"<(/?)(?:\w+:)?(?:item|entry)[\s>]", regex.I)
MAX_NAME_CHARS = 1_000  # of a name or a date; those of real feeds have some 100
_NAME_ELEMENTS = frozenset(
    {*("author", "creator", "name", "email", "publisher", "contributor", "managingeditor", "webmaster", "owner")}
    | {*("pubdate", "published", "updated", "date", "created", "issued", "modified", "lastbuilddate", "expirationdate")}
)
_APPEARED = regex.compile(r"The post .{1,300} (?:appeared first|first appeared) on .{1,200}\.")  # added by WordPress
_TITLE_SEPARATOR = regex.compile(r"\s+[-–—|»«•·:/>]{1,2}\s+|\s*[|»:]\s*")
_EMAIL = regex.compile(r"[^\s()<>@]+@[^\s()<>@]+")
# An entry with so many characters has its text, not a summary of it. Feeds that summarise have some 100 to 600; what
# they put into the element for the whole text (content) is a summary only if it is as short as one.
WHOLE_CHARS, WHOLE_CONTENT_CHARS = 1_500, 600
_NAME_SEPARATOR = regex.compile(r"\s*[;,]\s*(?:and\s+)?|\s+(?:and|&)\s+")


def read(path: Path, catalogue: Catalogue) -> Iterator[Article | Skipped]:
    """Yield the articles of a feed file.

    Raises:
        InputError: if the file is not a feed.
    """
    yield from parse(limits.read_bytes(path), catalogue, str(path))


def parse(
    data: bytes, catalogue: Catalogue, source: str, url: str | None = None, follow: Follow | None = None
) -> Iterator[Article | Skipped]:
    """Yield the articles of a feed in order, and a Skipped for each entry without text.

    Args:
        data: the feed.
        catalogue: used to recognise outlets.
        source: the file or URL that is recorded with each article.
        url: the URL that the feed was fetched from, if any.
        follow: gives the article of the page that an entry is only a summary of; None to read no pages.

    Raises:
        InputError: if the data is not a feed.
    """
    declared = _ENCODING.match(data)
    text = decoding.to_text(data, declared[1].decode() if declared else None)
    start = _start(text)
    # The parser gets the document from its root on, without a DTD: no entity is expanded, and nothing is loaded.
    xml = references.repair_xml(text[start:])
    limits.check_feed(xml)
    parsed = feedparser.parse(
        io.BytesIO(_without_long_names(xml.encode("utf-8", "replace"))),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url or ""},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.entries:
        raise InputError("the feed has no entries")
    home = parsed.feed.get("link") or url or ""
    if len(home) > record.MAX_FIELD_CHARS:
        home = url or ""
    host = _site(parsed.feed, home, catalogue)
    tags = [tag[1] for tag in _ENTRY.finditer(text, start)]
    truncated = len(parsed.entries) if tags and not tags[-1] and not _is_closed(text) else 0
    for number, entry in enumerate(parsed.entries, 1):
        place = f"entry {number}"
        try:
            if number == truncated:
                raise InputError("the feed is truncated in this entry")
            if follow is None:
                yield _article(entry, parsed.feed, catalogue, source, home, host)
                continue
            followed = _Entry(entry, parsed.feed, catalogue, source, home, host, number)
            place = f"entry {followed.link or number}"  # what is read again later is at another place in the feed then
            if found := follow(followed):
                yield found
        except InputError as error:
            yield Skipped(source, str(error), place)


def root_element(data: bytes) -> str:
    """Return the name of a document's root element without its prefix ("rss", "html"), or "" if it has none."""
    return _root(data[:100_000].replace(b"\x00", b"").decode("latin-1"))[0]


def is_feed(data: bytes) -> bool:
    """Return whether the root element of a document is that of a feed."""
    return root_element(data) in ("rss", "feed", "RDF")


def _root(text: str) -> tuple[str, int]:
    prologue = _PROLOGUE.match(text)  # always matches, possibly nothing
    end = prologue.end() if prologue else 0
    found = _ROOT.match(text, end)
    return (found[1].rpartition(":")[2], end) if found else ("", end)


def _start(text: str) -> int:
    """Return where the root element of a feed begins. Raises InputError if it is no feed, or declares entities."""
    name, start = _root(text)
    if "<!ENTITY" in text[:start].upper():
        raise InputError("it declares XML entities, which can make a small file expand without limit; remove them")
    if name not in ("rss", "feed", "RDF"):
        found = f"its root element is <{name}>" if name else "it is not XML"
        raise InputError(f"not a feed: {found}; RSS, RDF and Atom can be read")
    return start


def _without_long_names(xml: bytes) -> bytes:
    """Return a feed without what is too long for a name or a date: feedparser searches them in quadratic time."""
    parser = etree.XMLParser(recover=True, huge_tree=True, resolve_entities=False, no_network=True)
    tree = etree.fromstring(xml, parser)
    named = [] if tree is None else [e for e in tree.iter("{*}*") if _local_name(e) in _NAME_ELEMENTS]
    long = [e for e in named if sum(map(len, e.itertext())) > MAX_NAME_CHARS]
    for element in long:
        tail = element.tail
        element.clear()
        element.tail = tail
    return etree.tostring(tree, encoding="utf-8") if long else xml


def _local_name(element: etree._Element) -> str:
    """The name of an element without its namespace; etree.QName refuses what damaged markup is recovered as."""
    return str(element.tag).rpartition("}")[2].lower()


def _is_closed(text: str) -> bool:
    return bool(regex.search(r"</(?:\w+:)?(?:rss|feed|RDF)\s*>\s*$", text[-1000:]))


class Entry(Protocol):
    """An entry of a feed, for what follows its link.

    Attributes:
        number: its place in the feed, from 1 on.
        link: the URL of its page; None if it has none that can be fetched.
        digest: tells it from other entries, and from itself once it has changed.
    """

    number: int
    link: str | None
    digest: str

    @property
    def is_summary(self) -> bool:
        """Whether it has only a part of its page's text, or none."""

    def article(self) -> Article:
        """Return the article that the entry itself has. Raises InputError if it has no text."""

    def completed(self, page: Article) -> Article:
        """Return the article of its page, with what only the entry states: outlet, date, title, authors."""


Follow = Callable[[Entry], Article | None]  # None for an entry that is known already, or has to wait


class _Entry(Entry):
    def __init__(
        self, entry: Any, feed: Any, catalogue: Catalogue, source: str, home: str, host: str | None, number: int
    ):
        self.number, self._entry, self._given = number, entry, (feed, catalogue, source, home, host)
        link = _link(entry, home)
        self.link = link if is_web_url(link) and len(link or "") <= record.MAX_FIELD_CHARS else None
        names = [name for name in ("id", "title", "updated", "summary") if name in entry]  # `get` has no fallback
        parts = (link, *(entry[name] for name in names))
        self.digest = hashlib.sha256(
            "\x1f".join(str(part or "") for part in parts).encode("utf-8", "replace")
        ).hexdigest()

    @property
    def is_summary(self) -> bool:
        text = _text(self._entry)
        last = text.rstrip()[-1:]
        whole = len(text) >= WHOLE_CHARS or (self._entry.get("content") and len(text) >= WHOLE_CONTENT_CHARS)
        return not whole or last == "…" or text.rstrip().endswith(("...", "[…]", "[...]"))

    def article(self) -> Article:
        return _article(self._entry, *self._given)

    def completed(self, page: Article) -> Article:
        feed, catalogue, _, home, host = self._given
        title = " ".join(_plain(self._entry.get("title")).split()) or None
        outlet, basis, authors = _outlet(self._entry, feed, catalogue, page.url, home, host, page.text)
        own = page.host
        if page.outlet and (page.strength == "explicit" or not basis.startswith("metadata: ")):
            outlet, basis = page.outlet, page.outlet_basis
        elif outlet == host:  # a page of the feed's own site, which the feed calls by its name
            own = host
        date, date_basis = (page.date, page.date_basis) if page.date else _date(self._entry)
        if date_basis == PUBLISHED and own not in (None, outlet):
            date_basis = POSTED
        return identify(
            replace(
                page, id="", title=page.title or title, outlet=outlet, outlet_basis=basis, host=own, date=date,
                date_basis=date_basis or page.date_basis,
                authors=page.authors or _authors(self._entry, catalogue) or authors,
            )
        )  # fmt: skip


def _article(entry: Any, feed: Any, catalogue: Catalogue, source: str, home: str, host: str | None) -> Article:
    """Return the article of an entry. Raises InputError if it has no text."""
    for name in ("title", "link", "author", "authors", "publisher", "source", "feedburner_origlink"):
        record.check_length(name, entry.get(name))
    title = " ".join(_plain(entry.get("title")).split()) or None
    lines, more = _cut(entry)
    text = "\n".join(lines)
    if not text:
        raise InputError("no text")
    if title and _letters(text) == _letters(title):
        raise InputError("no text but the headline")
    left_out.report(source, "links to the whole text below an entry", more)
    link = _link(entry, home)
    outlet, basis, named_authors = _outlet(entry, feed, catalogue, link, home, host, text)
    date, date_basis = _date(entry)
    if date_basis == PUBLISHED and host not in (None, outlet):
        date_basis = POSTED
    return identify(
        Article(
            id="",
            text=text,
            title=title,
            outlet=outlet,
            outlet_basis=basis,
            host=host,
            authors=_authors(entry, catalogue) or named_authors,
            date=date,
            date_basis=date_basis,
            url=link,
            source=source,
        )
    )


def _link(entry: Any, home: str) -> str | None:
    link = entry.get("feedburner_origlink") or entry.get("link")
    return _joined(home, link.strip()) if link else None


def _joined(home: str, link: str) -> str:
    """Return a link as seen from a feed's page; as it is if one of the two is not a URL ("https://[")."""
    try:
        return urljoin(home, link)
    except ValueError:
        return link


def _plain(value: object) -> str:
    return decoding.INVALID_IN_MARKUP.sub("", html_to_text(value)).strip() if isinstance(value, str) else ""


def _text(entry: Any) -> str:
    """Return the longest text of an entry, without "read more" lines at its end."""
    return "\n".join(_cut(entry)[0])


def _cut(entry: Any) -> tuple[list[str], list[str]]:
    """Return the lines of the longest text of an entry, and the "read more" lines at its end."""
    values = [part.get("value") for part in entry.get("content", ())]
    text = max(map(_plain, [*values, entry.get("summary")]), key=len)
    lines = text.splitlines()
    printed = list(lines)
    while lines and (not lines[-1].strip() or classify(lines[-1]) is LineKind.MORE or _APPEARED.fullmatch(lines[-1])):
        lines.pop()
    return lines, printed[len(lines) :]


def _letters(text: str) -> str:
    return str(regex.sub(r"\W+", "", text).casefold())


def _site(feed: Any, home: str, catalogue: Catalogue) -> str | None:
    """Return the site of a feed: the catalogue's name for its URL or title, else its title, else its domain."""
    stated = feed.get("title") or ""
    title = " ".join(_plain(stated).split()) if len(stated) <= record.MAX_FIELD_CHARS else ""
    known = (name for part in (title, *_TITLE_SEPARATOR.split(title)) if (name := catalogue.resolve_printed(part)))
    return catalogue.of_url(home) or next(known, None) or title or domain(home) or None


def _outlet(
    entry: Any, feed: Any, catalogue: Catalogue, link: str | None, home: str, host: str | None, text: str
) -> tuple[str | None, str, tuple[str, ...]]:
    """Return (outlet, basis, authors named in the text).

    The outlet is, in this order, the one that the entry states, that credits in its text name, whose site it links
    to, or the feed's if it links to the feed's own site.
    """
    found = attribute([], text.splitlines(), catalogue)
    origin = entry.get("source") or {}
    for field, value in (("source", origin.get("title")), ("publisher", entry.get("publisher"))):
        if name := " ".join(_plain(value).split()):
            return catalogue.resolve(name) or name, f"metadata: entry {field}", found.authors
    if found.outlet_basis.partition(":")[0] in EXPLICIT:  # credits in the text overrule the feed's name
        return found.outlet, found.outlet_basis, found.authors
    feed_basis = "metadata: feed title" if feed.get("title") else f"url: {home}"
    ours, theirs = domain(home), domain(link or "")
    if host and ours and theirs and _same_site(ours, theirs):
        return host, feed_basis, found.authors
    if link and (known := catalogue.of_url(link)):
        return known, f"url: {link}", found.authors
    if host and not (ours and theirs):  # no other site is known
        return host, feed_basis, found.authors
    return found.outlet, found.outlet_basis, found.authors


def _same_site(a: str, b: str) -> bool:
    return f".{a}".endswith(f".{b}") or f".{b}".endswith(f".{a}")


def _authors(entry: Any, catalogue: Catalogue) -> tuple[str, ...]:
    listed = [author.get("name") or "" for author in entry.get("authors", ())]
    people = listed if len(listed) > 1 else _NAME_SEPARATOR.split(_person(_plain(entry.get("author"))))
    names = (_person(_plain(person)) for person in people)
    return tuple(dict.fromkeys(name for name in names if name and not catalogue.resolve(name)))


def _person(stated: str) -> str:
    """Return the name in "jane@example.org (Jane Roe)" or "Jane Roe <jane@example.org>", or "" if there is none."""
    name = _EMAIL.sub("", stated)
    return (name if name == stated else regex.sub(r"[()<>]", "", name)).strip()


def _date(entry: Any) -> tuple[dt.date | None, str | None]:
    """Return (date, basis) of an entry. Most Atom feeds state only the date of the last update, which then counts."""
    printed = next((value for name in ("published", "updated") if name in entry and (value := entry[name])), "")
    printed = " ".join(printed.split())[:80]
    if not printed:
        return None, None
    date, reason = stated(printed)
    return (date, PUBLISHED) if date else (None, f"{REFUSED}{printed} ({reason})")
