"""Read saved web pages: one article per page.

1. The page is parsed, with what it states about itself (`page`).
2. Its site, headline, text, outlet, date and authors are found, each by a module of this package.
3. A page that is not an article (a front page, a list, an error, a log-in form) is rejected (`content`).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from pathlib import Path

import regex

from rag.article import POSTED, PUBLISHED, Article, identify
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key
from rag.readers import decoding, left_out, limits

from .authors import credit_lines, find_authors
from .content import extract_text, reason_against, report_paragraphs
from .date import find_publication_date
from .outlet import find_outlet, find_site
from .page import WebPage, parse_page
from .title import find_title

_CHARSET = regex.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", regex.I)


def read(path: Path, catalogue: Catalogue) -> Iterator[Article]:
    """Yield the article of a saved page.

    Raises:
        InputError: if the page is not an article.
    """
    yield parse(limits.read_bytes(path), catalogue, str(path))


def parse(
    page: bytes | str, catalogue: Catalogue, source: str, url: str | None = None, charset: str | None = None
) -> Article:
    """Return the article of a page.

    Args:
        page: the HTML.
        catalogue: used to recognise outlets.
        source: the path or URL that is recorded with the article.
        url: where the page came from, if known.
        charset: what the server declared, if anything.

    Raises:
        InputError: if the page is not an article; the message says what it is instead.
    """
    _silence_libraries()
    markup = page if isinstance(page, str) else _decode(page, charset)
    article, parsed, head = _parse(markup, catalogue, source, url)
    if any(decoding.fix_mojibake(printed) != printed for printed in _printed(article)):
        article, parsed, head = _parse(decoding.fix_mojibake(markup), catalogue, source, url)
    if left_out.is_asked():
        left_out.report(source, left_out.TAKEN, head)
        report_paragraphs(parsed, article.text, [article.title or "", *head], source)
    return article


def _printed(article: Article) -> list[str]:
    """Return what an article says. Mojibake is looked for in it alone: the whole markup takes as long as parsing it."""
    return [article.text, *filter(None, (article.title, article.outlet, article.host)), *article.authors]


def _parse(markup: str, catalogue: Catalogue, source: str, url: str | None) -> tuple[Article, WebPage, list[str]]:
    """Return (the article of a page, the page, the lines of bylines and credits). Raises InputError if it is none."""
    parsed = parse_page(markup, url)
    site = find_site(parsed, catalogue)
    title = find_title(parsed, {key(name) for name in (site, *parsed.sites) if name})
    above, lines = extract_text(parsed, title)
    text = "\n".join(lines)
    if reason := reason_against(parsed, title, text):
        raise InputError(reason)
    head = [*credit_lines(parsed, title), *above]
    outlet, basis, named_in_text = find_outlet(parsed, catalogue, site, title, head, lines)
    date, date_basis = find_publication_date(parsed, title)
    republished = outlet and site and key(outlet) != key(site)
    article = identify(
        Article(
            id="",
            text=text,
            title=title,
            outlet=outlet,
            outlet_basis=basis,
            host=site,
            authors=find_authors(parsed, catalogue, site, title, named_in_text),
            date=date,
            date_basis=POSTED if republished and date_basis == PUBLISHED else date_basis,
            url=parsed.url,
            source=source,
        )
    )
    return article, parsed, head


def _decode(page: bytes, charset: str | None) -> str:
    if len(page) > limits.MAX_BYTES:
        raise InputError(limits.too_large(len(page)))
    if 0 < page.count(0) < len(page) / 100:
        page = page.replace(b"\x00", b"")  # stray ones; in UTF-16 every second byte may be NUL
    declared = _CHARSET.search(page, 0, 4096)
    return decoding.decode(page, charset or (declared[1].decode("ascii", "ignore") if declared else None))


@functools.cache
def _silence_libraries() -> None:
    """Keep the libraries' log messages off stderr; handlers that the program's user adds still get them."""
    for name in ("trafilatura", "htmldate"):
        logging.getLogger(name).addHandler(logging.NullHandler())
