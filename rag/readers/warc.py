"""Read web archives (WARC, compressed or not): the HTML and PDF pages, and the page texts of WET files.

All other records (images, scripts, redirects, requests) are ignored, unless the archive holds no article at all. The
date of a crawl is not a date of publication, and is not used.
"""

from __future__ import annotations

import gzip
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from warcio.archiveiterator import WARCIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from rag.article import POSTED, PUBLISHED, Article, identify
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue, domain

from . import decoding, html, http_content, limits, page_dump, pdf
from .http_content import HTML_TYPES
from .skipped import Skipped

_PDF = "application/pdf"
_PAGE_TEXT = "text of a page"  # text/plain in a conversion record; in other records it can be any file
_CHUNK_BYTES = 2**16
_QUIET = logging.NullHandler()  # warcio logs the URLs that it corrects, without a handler to stderr


def read(path: Path, catalogue: Catalogue) -> Iterator[Article | Skipped]:
    """Yield the articles of a .warc or .warc.gz file, and a Skipped for each page that holds none.

    Raises:
        InputError: if the file is not a web archive, is truncated, or has no page with an article.
    """
    logging.getLogger("warcio.recordloader").addHandler(_QUIET)
    kinds: Counter[str] = Counter()
    articles = number = 0
    with limits.open_unpacked(path) as file:
        for number, record in enumerate(_records(file), 1):
            kind = _kind(record) if not isinstance(record, str) else "damaged"
            kinds[kind] += 1
            if isinstance(record, str):
                yield Skipped(str(path), record, f"record {number}")
            elif kind in (*HTML_TYPES, _PDF, _PAGE_TEXT):
                try:
                    for article in _articles(record, kind, catalogue, str(path)):
                        articles += 1
                        yield article
                except InputError as error:
                    yield Skipped(str(path), f"{_url(record) or 'no URL'}: {error}", f"record {number}")
    if not articles:
        counts = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common(8))
        raise InputError(f"none of its {number:,} records is a page with an article ({counts})")


def _records(file: IO[bytes]) -> Iterator[Any]:
    """Yield warcio's records of an archive, and the reason in place of a damaged one.

    Raises InputError if the file is not a web archive, or is truncated.
    """
    peek = cast(Any, file).peek
    if peek(2)[:2] == b"\x1f\x8b":  # compressed twice
        file = cast(IO[bytes], gzip.GzipFile(fileobj=file))
        peek = cast(Any, file).peek
    if peek(5)[:5] != b"WARC/":
        raise InputError("not a web archive: it does not begin with WARC/" if peek(1) else "the file is empty")
    source = _Source(file)
    records = _Records(source)
    while True:
        try:
            source.left = limits.MAX_BYTES
            record = next(records)
            if record.length is None:
                raise ArchiveLoadFailed("its length is missing")
            source.left = limits.MAX_BYTES + record.length
            yield record
            while record.raw_stream.read(_CHUNK_BYTES):
                pass
        except StopIteration:
            return
        except (ArchiveLoadFailed, AttributeError) as error:  # warcio raises AttributeError for a page without a URL
            reason = " ".join(str(error).split())[:80] if isinstance(error, ArchiveLoadFailed) else "it has no URL"
            yield f"damaged ({reason})"
            if not records.resume():
                return
        else:
            if record.raw_stream.limit:
                raise InputError("the archive is truncated in its last record; the records before it were read")


class _Source:
    """The bytes of an archive for warcio, which does not notice truncation and limits the length of no line.

    `left` is the number of bytes that may be read until it is set again.
    """

    def __init__(self, file: IO[bytes]):
        self.file = file
        self.left = limits.MAX_BYTES

    def read(self, size: int) -> bytes:
        try:
            data = cast(bytes, cast(Any, self.file).read1(size))  # `read` would lose the data before a truncation
        except EOFError as error:
            raise InputError("the archive is truncated; the records before the cut were read") from error
        self.left -= len(data)
        if self.left < 0:
            raise InputError("damaged: the header of a record is too long; the records before it were read")
        return data


class _Records(WARCIterator):  # type: ignore[misc]  # warcio has no types
    """warcio's records, without its printed warnings, with a way to continue after a damaged record."""

    INC_RECORD = ""

    def _next_record(self, next_line: bytes | None) -> Any:
        try:
            return super()._next_record(next_line)
        except EOFError as error:
            if next_line:
                raise InputError("the archive is truncated in the header of a record") from error
            raise

    def resume(self) -> bool:
        """Go to the next line that can begin a record; return False if there is none."""
        at_start = True
        while line := self.reader.readline(_CHUNK_BYTES):
            self.fh.left = limits.MAX_BYTES
            if at_start and line.startswith(b"WARC/"):
                self.next_line, self.record = line, None
                self.the_iter = self._iterate_records()
                return True
            at_start = line.endswith(b"\n")
        return False


def _kind(record: Any) -> str:
    """Return the media type of what a record delivers, or the record's type or HTTP status."""
    if record.rec_type == "resource":
        return http_content.media_type(record.content_type) or "no type"
    if record.rec_type == "conversion":
        stated = http_content.media_type(record.content_type)
        return _PAGE_TEXT if stated == "text/plain" else f"conversion to {stated}"
    if record.rec_type != "response" or record.http_headers is None:
        return str(record.rec_type)
    status = (record.http_headers.statusline or "").partition(" ")[0]
    return _response_type(record) or "no type" if status == "200" else f"status {status}"


def _response_type(record: Any) -> str:
    return http_content.media_type(record.http_headers.get_header("Content-Type"))


def _url(record: Any) -> str | None:
    return cast(str | None, record.rec_headers.get_header("WARC-Target-URI"))


def _articles(record: Any, kind: str, catalogue: Catalogue, source: str) -> Iterator[Article]:
    """Yield the articles of a page. Raises InputError if it has none."""
    data, url = _content(record), _url(record)
    if kind == _PDF:
        yield pdf.parse(data, catalogue, source, url)
    elif kind == _PAGE_TEXT:
        yield from _dump_articles(data, url, catalogue, source)
    else:
        headers = record.http_headers
        stated = headers.get_header("Content-Type") if headers else record.content_type
        yield html.parse(data, catalogue, source, url, http_content.charset(stated))


def _content(record: Any) -> bytes:
    """Return the body that a record delivers. Raises InputError if it is too large or damaged."""
    if record.length > limits.MAX_BYTES:
        raise InputError(limits.too_large(record.length))
    headers = record.http_headers
    chunked = headers and (headers.get_header("Transfer-Encoding") or "").lower() == "chunked"
    stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
    data: bytes = stream.read(limits.MAX_BYTES)
    if record.raw_stream.limit and not record.raw_stream.read(1):
        raise InputError("the archive is truncated in this record")
    return http_content.decompress(data, headers.get_header("Content-Encoding") if headers else None)


def _dump_articles(data: bytes, url: str | None, catalogue: Catalogue, source: str) -> Iterator[Article]:
    """Yield the articles of a page's text (WET): a page dump whose URL is known."""
    text = decoding.to_text(data)
    limits.check_line_count(text)
    found = list(page_dump.parse(text, catalogue, source))
    if not found:
        raise InputError("no article found on the page")
    known = catalogue.of_url(url) if url else None
    for article in found:
        host = known or article.host or (domain(url) or None if url else None)
        outlet, basis = article.outlet, article.outlet_basis
        if known and (outlet is None or basis.startswith("host page")):
            outlet, basis = known, f"host page: {known}"
        date_basis = article.date_basis and (PUBLISHED if outlet == host else POSTED)
        own = url if len(found) == 1 else None  # the URL of a page with several articles is not theirs
        yield identify(replace(article, outlet=outlet, outlet_basis=basis, host=host, url=own, date_basis=date_basis))
