"""Read PDF: one article per file, with the words of its pages in the order in which the file draws them.

1. Each page is turned into lines with their position and font size.
2. Lines that recur at the edges of most pages (running heads and feet, page numbers) are dropped from the text.
3. Lines are joined to paragraphs by position and size; only white space and hyphens at line ends are changed.
4. The lines above the first paragraph of prose are the head: title, byline, date, the outlet's name.

The metadata fields of a file count only if the page prints the same words: programs fill them with file names, and the
date on which a file was created is not a date of publication.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pypdf
import regex

from rag.article import PUBLISHED, REFUSED, Article, identify
from rag.errors import InputError
from rag.provenance.attribution import attribute, byline, names_only
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import find_date, stated
from rag.provenance.outlet import key
from rag.readers import left_out, limits
from rag.readers.line_classifier import LONG_LINE, LineKind, classify, count_words
from rag.readers.skipped import Skipped

from .layout import Paragraph, extract_lines, join_paragraphs, split_running

HEAD_PARAGRAPHS = 12  # for title, standfirst, byline and date; a short line further down is a subheading
TITLE_SIZE = 1.15  # times the size of the text: headlines are larger, emphasised lines are not
_REFERENCE = regex.compile(r"IndirectObject\((\d+), \d+, \d+\)")  # number, generation, where the reader is in memory
_QUIET = logging.NullHandler()  # pypdf logs what it repairs, without a handler to stderr


def read(path: Path, catalogue: Catalogue) -> Iterator[Article | Skipped]:
    """Yield the article of a .pdf file.

    Raises:
        InputError: if the file cannot be read, or holds no text.
    """
    yield parse(limits.read_bytes(path), catalogue, str(path))


def parse(data: bytes, catalogue: Catalogue, source: str, url: str | None = None) -> Article:
    """Return the article of a PDF.

    Args:
        data: the file.
        catalogue: used to recognise outlets.
        source: the path or URL that is recorded with the article.
        url: the URL that the PDF was fetched from, if any.

    Raises:
        InputError: if the file is damaged, encrypted, too large, or holds no text.
    """
    if b"%PDF-" not in data[:1024]:
        raise InputError("not a PDF file, despite its name")
    logging.getLogger("pypdf").addHandler(_QUIET)
    try:
        pages, info = extract_lines(data)
    except InputError:
        raise
    except pypdf.errors.DependencyError as error:
        raise InputError(f"its encryption needs another library ({_said(error)}); save a copy without it") from error
    except pypdf.errors.LimitReachedError as error:
        raise InputError(f"too large once decompressed, or without end ({_said(error)})") from error
    except Exception as error:  # pypdf's documentation: "broken PDF files might cause other Exceptions"
        raise InputError(f"damaged ({_said(error)}); open it in a viewer and save it again") from error
    running, lines = split_running(pages)
    paragraphs = join_paragraphs(lines)
    title, head, body = _split(paragraphs, running, info.get("/Title", ""), catalogue)
    found = attribute(head, [p.text for p in body], catalogue)
    if title and found.outlet and key(title) == key(found.outlet):  # the masthead, larger than the title below it
        title, head, body = _split(paragraphs, running, info.get("/Title", ""), catalogue, title)
    info_author = info.get("/Author", "")
    printed = any(info_author in p.text for p in paragraphs[:HEAD_PARAGRAPHS])
    left_out.report(source, left_out.TAKEN, [title or "", *(line for line in head if line not in running)])
    left_out.report(source, "heads, feet and numbers of pages", running)
    date, date_basis = _date(head)
    site = catalogue.of_url(url) if url else None
    outlet, basis = found.outlet, found.outlet_basis
    if site and outlet is None:
        outlet, basis = site, f"host page: {site}"
    return identify(
        Article(
            id="",
            text="\n".join(p.text for p in body),
            title=_without_site(title, catalogue) if title else None,
            outlet=outlet,
            outlet_basis=basis,
            host=site or (domain(url) or None if url else None),
            authors=found.authors or (names_only(info_author) if printed else ()),
            date=date,
            date_basis=date_basis,
            url=url,
            source=source,
        )
    )


def _said(error: Exception) -> str:
    """Return what pypdf says of a file, at most 80 characters, without addresses in memory."""
    return (_REFERENCE.sub(r"object \1", str(error)) or type(error).__name__)[:80].rstrip(". ")


def _split(
    paragraphs: list[Paragraph], running: list[str], info_title: str, catalogue: Catalogue, masthead: str = ""
) -> tuple[str | None, list[str], list[Paragraph]]:
    """Return (title, head, text). The head is the running lines, and what precedes the first prose but the title."""
    if not paragraphs:
        raise InputError("contains no text but what is printed on every page")
    kinds = [classify(p.text) for p in paragraphs[:HEAD_PARAGRAPHS]]
    sizes = Counter[float]()
    for paragraph in paragraphs:
        sizes[round(paragraph.size, 1)] += len(paragraph.text)
    usual = sizes.most_common(1)[0][0]
    large = [i for i, p in enumerate(paragraphs[: len(kinds)]) if p.size > TITLE_SIZE * usual]
    body = next((i for i, kind in enumerate(kinds) if kind is LineKind.PROSE and i not in large), 0)
    titles = _title(paragraphs[:body], kinds, large, info_title, catalogue, masthead)
    title = " ".join(paragraphs[i].text for i in titles) or None
    others = [p for i, p in enumerate(paragraphs[:body]) if i not in titles]
    head = [line for p in others for line in _signed_lines(p, catalogue)]
    in_text = (LineKind.SHORT, LineKind.PROSE)
    standfirsts = [
        p
        for i, p in enumerate(paragraphs[:body])
        if i not in titles and kinds[i] in in_text and _is_standfirst(p.text, catalogue)
    ]
    running = [line for line in running if not title or _letters(line) not in _letters(title)]
    edges = [line[a:b] for line in running for a, b, _ in catalogue.find(line) if a == 0 or b == len(line)]
    head = [*edges, *(line for line in running if not names_only(line)), *head]
    return title, head, [*standfirsts, *paragraphs[body:]]


def _title(
    top: list[Paragraph],
    kinds: list[LineKind],
    large: list[int],
    info_title: str,
    catalogue: Catalogue,
    masthead: str,
) -> list[int]:
    """Return which of the `top` paragraphs are the title.

    These are the ones that the file's own title names, else the largest one, else the first short one.
    """
    wanted = _letters(info_title)
    for i in range(len(top)):
        for j in range(i + 1, min(i + 4, len(top)) + 1):
            if wanted and count_words(info_title) > 1 and _letters(" ".join(p.text for p in top[i:j])) == wanted:
                return list(range(i, j))
    possible = [i for i, p in enumerate(top) if 2 <= count_words(p.text) <= 40 and _can_be_title(p.text, catalogue)]
    possible = [i for i in possible if top[i].text != masthead]
    if found := sorted((i for i in possible if i in large), key=lambda i: -top[i].size)[:1]:
        return found
    return [i for i in possible if kinds[i] is LineKind.SHORT and count_words(top[i].text) > 2][:1]


def _signed_lines(paragraph: Paragraph, catalogue: Catalogue) -> tuple[str, ...]:
    """Return a paragraph of the head line by line if one of its lines is a name, an outlet, a byline or a date.

    Of "The Example, 7 February 2016" the outlet is a line by itself.
    """
    apart = (LineKind.BYLINE, LineKind.DATED)
    lines = paragraph.lines if len(paragraph.lines) <= HEAD_PARAGRAPHS else ()
    if not any(names_only(line) or catalogue.resolve(line) or classify(line) in apart for line in lines):
        lines = (paragraph.text,)
    dated = ((line, found[0]) for line in lines if (found := find_date(line)))
    before = (line[:start].strip(" ,|·–—-") for line, start in dated)
    return (*(name for name in before if catalogue.resolve_printed(name)), *lines)


def _without_site(title: str, catalogue: Catalogue) -> str:
    """Return a title without the outlet that a browser prints behind it, and the sections between bars."""
    parts = [part.strip() for part in regex.split(r"(\s[|–—-]\s)", title)] if len(title) < LONG_LINE else []
    if len(parts) < 3 or not catalogue.resolve(parts[-1]):
        return title
    return parts[0] if parts[-2] == "|" else title[: title.rindex(f" {parts[-2]} ")].strip()


def _can_be_title(text: str, catalogue: Catalogue) -> bool:
    return not catalogue.resolve(text) and not byline(text) and not find_date(text)


def _is_standfirst(text: str, catalogue: Catalogue) -> bool:
    return count_words(text) >= 4 and not find_date(text) and not catalogue.resolve(text)


def _letters(text: str) -> str:
    return str(regex.sub(r"\W+", "", text).casefold())


def _date(head: list[str]) -> tuple[dt.date | None, str | None]:
    """Return (date, basis) of the first date in the lines of the head."""
    for line in head:
        if found := find_date(line):
            printed = line[found[0] : found[1]]
            date, reason = stated(printed)
            return (date, PUBLISHED) if date else (None, f"{REFUSED}{printed} ({reason})")
    return None, None
