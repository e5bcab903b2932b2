"""Web archives (WARC, packed or not) -> Articles: of each page (HTML, PDF) and each page's text (WET) that they hold.

What else an archive holds (pictures, scripts, redirects, requests) is no article and is passed over without a word,
unless nothing in the archive is one. The day a page was crawled is not the day it was published, and is not taken.
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

from . import bounded, decode, html, http_body, page_dump, pdf
from .skipped import Skipped

PAGES = ("text/html", "application/xhtml+xml")
_PDF = "application/pdf"
_SHOWN = "text of a page"  # text/plain in a conversion record; elsewhere it is any file
_PIECE = 2**16
_QUIET = logging.NullHandler()  # warcio logs addresses that it mends; without a handler that would go to stderr


def read(path: Path, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of one .warc or .warc.gz file; a page that holds none is yielded as Skipped.

    Raises InputError where the file is no archive, breaks off, or holds no page with an article.
    """
    logging.getLogger("warcio.recordloader").addHandler(_QUIET)
    kinds: Counter[str] = Counter()
    articles = number = 0
    with bounded.unpacked(path) as file:
        for number, record in enumerate(_records(file), 1):
            kind = _kind(record) if not isinstance(record, str) else "damaged"
            kinds[kind] += 1
            if isinstance(record, str):
                yield Skipped(str(path), record, f"record {number}")
            elif kind in (*PAGES, _PDF, _SHOWN):
                try:
                    for article in _articles(record, kind, names, str(path)):
                        articles += 1
                        yield article
                except InputError as error:
                    yield Skipped(str(path), f"{_url(record) or 'no address'}: {error}", f"record {number}")
    if not articles:
        held = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common(8))
        raise InputError(f"holds {number:,} records, none of them a page with an article ({held})")


def _records(file: IO[bytes]) -> Iterator[Any]:
    """warcio's records of an archive; in the place of a damaged one, what is wrong with it.

    Raises InputError where the file is no archive, or breaks off.
    """
    peek = cast(Any, file).peek
    if peek(2)[:2] == b"\x1f\x8b":  # packed, whatever its name says
        file = cast(IO[bytes], gzip.GzipFile(fileobj=file))
        peek = cast(Any, file).peek
    if peek(5)[:5] != b"WARC/":
        raise InputError("no web archive (it does not begin with WARC/)" if peek(1) else "the file is empty")
    source = _Source(file)
    records = _Records(source)
    while True:
        try:
            source.left = bounded.MOST_BYTES
            record = next(records)
            if record.length is None:
                raise ArchiveLoadFailed("its length is not stated")
            source.left = bounded.MOST_BYTES + record.length
            yield record
            while record.raw_stream.read(_PIECE):
                pass
        except StopIteration:
            return
        except (ArchiveLoadFailed, AttributeError) as error:  # AttributeError: warcio, of a page without an address
            told = " ".join(str(error).split())[:80] if isinstance(error, ArchiveLoadFailed) else "it has no address"
            yield f"damaged ({told})"
            if not records.resume():
                return
        else:
            if record.raw_stream.limit:
                raise InputError("the archive breaks off in its last record; what stands before it was read")


class _Source:
    """An archive's bytes for warcio, which takes an archive that breaks off for one that ends, and bounds no line.

    `left` is how many bytes may be read before it is set anew.
    """

    def __init__(self, file: IO[bytes]):
        self.file = file
        self.left = bounded.MOST_BYTES

    def read(self, size: int) -> bytes:
        try:
            data = cast(bytes, cast(Any, self.file).read1(size))  # `read` would lose what stands before a break
        except EOFError as error:
            raise InputError("the archive breaks off; what stands before the break was read") from error
        self.left -= len(data)
        if self.left < 0:
            raise InputError("damaged: the head of a record does not end; what stands before it was read")
        return data


class _Records(WARCIterator):  # type: ignore[misc]  # warcio has no types
    """warcio's records, its warnings not printed, that can go on behind a damaged one."""

    INC_RECORD = ""

    def _next_record(self, next_line: bytes | None) -> Any:
        try:
            return super()._next_record(next_line)
        except EOFError as error:
            if next_line:
                raise InputError("the archive breaks off in the head of a record") from error
            raise

    def resume(self) -> bool:
        """Goes on at the next line that can begin a record; False where there is none."""
        at_start = True
        while line := self.reader.readline(_PIECE):
            self.fh.left = bounded.MOST_BYTES
            if at_start and line.startswith(b"WARC/"):
                self.next_line, self.record = line, None
                self.the_iter = self._iterate_records()
                return True
            at_start = line.endswith(b"\n")
        return False


def _kind(record: Any) -> str:
    """What a record is: the media type of what was delivered, else its type or status."""
    if record.rec_type == "resource":
        return http_body.media_type(record.content_type) or "no type"
    if record.rec_type == "conversion":
        stated = http_body.media_type(record.content_type)
        return _SHOWN if stated == "text/plain" else f"conversion to {stated}"
    if record.rec_type != "response" or record.http_headers is None:
        return str(record.rec_type)
    status = (record.http_headers.statusline or "").partition(" ")[0]
    return _stated(record) or "no type" if status == "200" else f"status {status}"


def _stated(record: Any) -> str:
    return http_body.media_type(record.http_headers.get_header("Content-Type"))


def _url(record: Any) -> str | None:
    return cast(str | None, record.rec_headers.get_header("WARC-Target-URI"))


def _articles(record: Any, kind: str, names: Catalogue, source: str) -> Iterator[Article]:
    """The articles of a page. Raises InputError where it holds none."""
    data, url = _content(record), _url(record)
    if kind == _PDF:
        yield pdf.article(data, names, source, url)
    elif kind == _SHOWN:
        yield from _shown(data, url, names, source)
    else:
        headers = record.http_headers
        stated = headers.get_header("Content-Type") if headers else record.content_type
        yield html.article(data, names, source, url, http_body.charset(stated))


def _content(record: Any) -> bytes:
    """What a record delivers. Raises InputError where it is larger than can be read, or damaged."""
    if record.length > bounded.MOST_BYTES:
        raise InputError(bounded.too_large(record.length))
    headers = record.http_headers
    chunked = headers and (headers.get_header("Transfer-Encoding") or "").lower() == "chunked"
    stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
    data: bytes = stream.read(bounded.MOST_BYTES)
    if record.raw_stream.limit and not record.raw_stream.read(1):
        raise InputError("the archive breaks off in it")
    return http_body.unpacked(data, headers.get_header("Content-Encoding") if headers else None)


def _shown(data: bytes, url: str | None, names: Catalogue, source: str) -> Iterator[Article]:
    """The articles of what a page shows, given as text (WET): a dump, of which the address is known."""
    text = decode.text(data)
    bounded.in_lines(text)
    found = list(page_dump.parse(text, source, names))
    if not found:
        raise InputError("no article found on it")
    named = names.of_url(url) if url else None
    for article in found:
        host = named or article.host or (domain(url) or None if url else None)
        outlet, basis = article.outlet, article.outlet_basis
        if named and (outlet is None or basis.startswith("host page")):
            outlet, basis = named, f"host page: {named}"
        date_basis = article.date_basis and (PUBLISHED if outlet == host else POSTED)
        own = url if len(found) == 1 else None  # of several articles it is the page's address, not theirs
        yield identify(replace(article, outlet=outlet, outlet_basis=basis, host=host, url=own, date_basis=date_basis))
