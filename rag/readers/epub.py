"""Read EPUB: a ZIP file of web pages, in the order of its spine. Each page that is an article is one.

What a page does not say, the book's own data do: the publisher, the date of the issue, the authors.
"""

from __future__ import annotations

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
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGE_TYPES = ("application/xhtml+xml", "text/html")
_ISSUE = regex.compile(r"\s*(?:\[[^\]]*\]|\([^)]*\)|[,:–—-]\s*(?=[^,]*\b(?:19|20)\d\d\b).*)\s*$")  # after a title


@dataclass(frozen=True)
class _Book:
    """What a book says of itself, and its pages in the order of reading."""

    titles: list[str]
    publishers: list[str]
    creators: list[str]
    date: str | None
    pages: list[str]


def read(path: Path, catalogue: Catalogue) -> Iterator[Article | Skipped]:
    """Yield the articles of an .epub file, and a Skipped for each page that is none.

    Raises:
        InputError: if the file is no book, or damaged.
    """
    with open_zip(path) as archive:
        budget = Budget(path.stat().st_size)
        book = _book(archive, budget)
        protected = archive.NameToInfo.keys() & {_ENCRYPTION}
        locked = read_zipped(archive, _ENCRYPTION, budget) if protected else b""
        for name in book.pages:
            source = f"{path}{SEPARATOR}{name}"
            try:
                if name.encode() in locked:
                    raise InputError("protected against copying; it can be read by its own program alone")
                yield _completed(html.parse(read_zipped(archive, name, budget), catalogue, source), book, catalogue)
            except TooMuchError:
                raise
            except InputError as error:
                yield Skipped(source, str(error))


def _book(archive: zipfile.ZipFile, budget: Budget) -> _Book:
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
    return _Book(
        _texts(package, "title"), _texts(package, "publisher"), _texts(package, "creator"),
        next(iter(dates), None), list(dict.fromkeys(spine)),
    )  # fmt: skip


def _xml(archive: zipfile.ZipFile, name: str, budget: Budget) -> Any:
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return etree.fromstring(read_zipped(archive, name, budget), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"not an EPUB file, or a damaged one ({name}: {str(error)[:80]})") from error


def _texts(package: Any, name: str) -> list[str]:
    found = (" ".join("".join(element.itertext()).split()) for element in package.iter(f"{_DC}{name}"))
    return [text for text in found if text and len(text) <= record.MAX_FIELD_CHARS]


def _completed(article: Article, book: _Book, catalogue: Catalogue) -> Article:
    """Return the article of a page with what its book says of it, where the page says nothing."""
    makers = {*map(key, book.publishers)} & {*map(key, book.creators)}  # a program that made both up
    titles = [_ISSUE.sub("", title) for title in book.titles]
    stated = [*(("publisher", name) for name in book.publishers), *(("title", name) for name in titles)]
    known = ((field, name) for field, each in stated if (name := catalogue.resolve(each)))
    other = ((field, each) for field, each in stated if key(each) not in makers)
    field, outlet = next(known, None) or next(other, ("", None))
    if article.outlet is None and outlet:
        article = replace(article, outlet=outlet, outlet_basis=f"metadata: {field} of the book")
    if article.date is None and not article.date_basis and book.date:
        date, basis = record.read_date(book.date)
        article = replace(article, date=date, date_basis=basis)
    people = tuple(name for name in book.creators if key(name) not in makers and name != article.outlet)
    return identify(replace(article, authors=article.authors or people))
