"""Read EPUB: a ZIP file of web pages, in the order of its spine. Each page that is an article is one.

What a page does not say, the book's own data do: the publisher, the date of the issue, the authors.
"""

from __future__ import annotations

import datetime as dt
import itertools
import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import regex
from lxml import etree

from rag.article import Article, identify
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key

from . import html, record
from .archive import SEPARATOR, Budget, TooMuchError, open_zip, read_zipped
from .skipped import Skipped

MAX_PAGES = 5_000
MAX_NAMES = 20  # of a kind: titles, publishers, authors
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_URI = regex.compile(r"""\bURI\s*=\s*["']([^"'<>]{1,1000})["']""")
_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGE_TYPES = ("application/xhtml+xml", "text/html")
_ISSUE = regex.compile(r"\s*(?:\[[^\]]*\]|\([^)]*\)|[,:–—-]\s*(?=[^,]*\b(?:19|20)\d\d\b).*)\s*$")  # after a title


@dataclass(frozen=True)
class _Book:
    """What a book says of itself, and its pages in the order of reading."""

    outlet: str
    basis: str
    people: tuple[str, ...]
    date: dt.date | None
    date_basis: str | None
    pages: list[str]


def read(path: Path, catalogue: Catalogue) -> Iterator[Article | Skipped]:
    """Yield the articles of an .epub file, and a Skipped for each page that is none.

    Raises:
        InputError: if the file is no book, or damaged.
    """
    with open_zip(path) as archive:
        budget = Budget(path.stat().st_size)
        book = _book(archive, budget, catalogue)
        locked = _locked(archive, budget)
        for name in book.pages:
            source = f"{path}{SEPARATOR}{name}"
            try:
                if name in locked:
                    raise InputError("protected against copying; it can be read by its own program alone")
                yield _completed(html.parse(read_zipped(archive, name, budget), catalogue, source), book)
            except TooMuchError:
                raise
            except InputError as error:
                yield Skipped(source, str(error))


def _book(archive: zipfile.ZipFile, budget: Budget, catalogue: Catalogue) -> _Book:
    container = _xml(archive, _CONTAINER, budget)
    root = next((e.get("full-path") for e in container.iter("{*}rootfile") if e.get("full-path")), None)
    if root is None:
        raise InputError("not an EPUB file: it names no list of its pages")
    package = _xml(archive, root, budget)
    folder = posixpath.dirname(root)
    items = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        for item in package.iter("{*}item")
        if item.get("media-type") in _PAGE_TYPES and "nav" not in (item.get("properties") or "").split()
    }
    spine = [items[ref] for e in package.iter("{*}itemref") if (ref := e.get("idref")) in items]
    if len(spine) > MAX_PAGES:
        raise InputError(f"has more than {MAX_PAGES:,} pages; split it")
    dates = [
        "".join(e.itertext()).strip()
        for e in package.iter(f"{_DC}date")
        if (e.get("{http://www.idpf.org/2007/opf}event") or "publication") == "publication"
    ]
    titles = [_ISSUE.sub("", title) for title in _texts(package, "title")]
    publishers, creators = _texts(package, "publisher"), _texts(package, "creator")
    makers = {*map(key, publishers)} & {*map(key, creators)}  # a program that made both up
    stated = [*(("publisher", name) for name in publishers), *(("title", name) for name in titles)]
    known = ((field, name) for field, each in stated if (name := catalogue.resolve(each)))
    other = ((field, each) for field, each in stated if key(each) not in makers)
    field, outlet = next(known, None) or next(other, ("", ""))
    people = tuple(name for name in creators if key(name) not in makers)
    date, date_basis = record.read_date(dates[0]) if dates and dates[0] else (None, None)
    return _Book(outlet, f"metadata: {field} of the book", people, date, date_basis, list(dict.fromkeys(spine)))


def _locked(archive: zipfile.ZipFile, budget: Budget) -> set[str]:
    """Return the names of the members that are protected against copying."""
    if _ENCRYPTION not in archive.NameToInfo:
        return set()
    text = read_zipped(archive, _ENCRYPTION, budget).decode("utf-8", "replace")
    return {name for uri in _URI.findall(text) for name in (uri, unquote(uri))}


def _xml(archive: zipfile.ZipFile, name: str, budget: Budget) -> Any:
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return etree.fromstring(read_zipped(archive, name, budget), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"not an EPUB file, or a damaged one ({name}: {str(error)[:80]})") from error


def _texts(package: Any, name: str) -> list[str]:
    elements = itertools.islice(package.iter(f"{_DC}{name}"), MAX_NAMES)
    found = (" ".join("".join(element.itertext()).split()) for element in elements)
    return [text for text in found if text and len(text) <= record.MAX_FIELD_CHARS]


def _completed(article: Article, book: _Book) -> Article:
    """Return the article of a page with what its book says of it, where the page says nothing."""
    if article.outlet is None and book.outlet:
        article = replace(article, outlet=book.outlet, outlet_basis=book.basis)
    if article.date is None and not article.date_basis:
        article = replace(article, date=book.date, date_basis=book.date_basis)
    people = tuple(name for name in book.people if name != article.outlet)
    return identify(replace(article, authors=article.authors or people))
