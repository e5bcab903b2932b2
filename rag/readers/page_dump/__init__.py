"""Read text dumps of web pages, as programs extract them: any number of articles per file.

A dump is what a page displays, line by line: menus, the articles, lists of other articles, footers. One page may hold
ten articles, and nothing marks where one begins. The reader relies on what such pages have in common:

1. Each line gets a kind (`line_classifier`): prose, a short line, a dated line ("March 26, 2009 0 comments"), a byline,
   or page furniture. Short lines that recur all over the page are labels (`page`).
2. Dated lines and bylines next to prose recur once per article: between title and text, above the title, or below the
   text. They cut the page into sections of one article each; a page without them is one section (`layout`).
3. In a section, the short lines above the first paragraph are the head, and the best of them is the title (`title`).
   The text ends where lists of other articles, comments or footers begin (`body`).

A section whose prose is truncated ("... Continue reading"), or alternates titles and summaries, is a list of other
articles, and yields nothing. The words in the patterns are those of page templates in general, not of one site. They
and the limits were tuned on 5 real dumps (23 articles) and 30 written for the purpose (53 articles, some of them in
tests/pages); `tests/readers/test_page_dump.py` pins the results.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.article import POSTED, PUBLISHED, Article, identify
from rag.provenance.attribution import attribute
from rag.provenance.catalogue import Catalogue

from .entry import find_entries, report_left_out
from .host import find_host
from .page import Page


def parse(text: str, catalogue: Catalogue, source: str) -> Iterator[Article]:
    """Yield the articles of a page dump.

    Args:
        text: the dump.
        catalogue: used to recognise outlets.
        source: the file that is recorded with each article.
    """
    page = Page(text)
    host = find_host(page, catalogue)
    entries = find_entries(page)
    if entries:
        report_left_out(page, entries, source)
    for entry in entries:
        lines = entry.lines(page)
        title: str | None = page.lines[entry.title].strip() if entry.title is not None else None
        head = [page.lines[i] for i in entry.head]
        if title and catalogue.resolve_printed(title):  # between a date and a text without a title
            head = [title, *head]
            title = None
        found = attribute(head, lines, catalogue, host)
        yield identify(
            Article(
                id="",
                text="\n".join(lines).strip(),
                title=title,
                outlet=found.outlet,
                outlet_basis=found.outlet_basis,
                host=host,
                authors=found.authors,
                date=entry.date,
                date_basis=None if entry.date is None else PUBLISHED if found.outlet == host else POSTED,
                source=source,
            )
        )
