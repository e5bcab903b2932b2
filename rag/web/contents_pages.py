"""The index as plain pages: counts, outlets and what was skipped; and the articles of one outlet."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import regex
from starlette.requests import Request
from starlette.routing import Route

from rag.answer.balance import UNKNOWN_OUTLET, Counts
from rag.answer.html import Html, definitions, isolated, items
from rag.answer.wording import counted, via
from rag.article import Article
from rag.browse import ReadOnlyLibrary
from rag.ingest.report import without_details
from rag.library import Library
from rag.provenance.outlet import Outlet
from rag.readers.skipped import Skipped
from rag.web.outlet_html import facts
from rag.web.plain_page import NoPageError, Page, route
from rag.web.urls import article_url, outlet_url

ARTICLES_PER_PAGE = 100
MAX_REASONS, MAX_PLACES = 50, 100  # reasons listed of what was skipped, and places of each reason


def routes(library: Library, is_local: bool = True) -> list[Route]:
    """Return the route of `/contents`.

    Args:
        library: what is shown.
        is_local: whether only this machine can ask (see `errors.public_message`).
    """
    return [route("/contents", library, _contents, is_local)]


def _contents(library: ReadOnlyLibrary, request: Request, root: str) -> Page:
    outlet = request.query_params.get("outlet")
    if outlet is not None:
        return _outlet(library, outlet or None, request.query_params.get("page", "1"), root)
    counts, outlets = library.counts(), library.counts_by_outlet()
    about = [
        ("Articles", f"{counts.articles:,}"), ("Outlets known by name", f"{counts.named:,}"), ("Dates", _dates(counts)),
        ("Undated", f"{counts.undated:,}"), ("Independent sources", f"at least {counts.independent:,}"),
        ("Encoder", isolated(library.encoder)),
    ]  # fmt: skip
    rows = (_counted(name, own, root) for name, own in outlets.items())
    tables = [_table("Outlets", ("Outlet", "Articles", "Kind", "Dates"), rows)]
    for heading, first, numbers in (
        ("Kinds of outlets, by the catalogue", "Kind", counts.outlet_kinds),
        ("Sites that republished texts of other outlets", "Site", counts.hosts),
    ):
        tables.append(_table(heading, (first, "Articles"), ((isolated(n), f"{c:,}") for n, c in numbers.items())))
    title = "Contents of the index"
    main = Html("<h1>{}</h1>\n{}\n{}{}").format(title, definitions(about), Html().join(tables), _skipped(library))
    return Page(title, main)


def _counted(name: str | None, counts: Counts, root: str) -> tuple[str, ...]:
    """Return an outlet's row: its name, its articles, its kind, their dates."""
    outlet = Html('<a href="{}">{}</a>').format(root + outlet_url(name), isolated(name or UNKNOWN_OUTLET))
    return outlet, f"{counts.articles:,}", next(iter(counts.outlet_kinds)), _dates(counts)


def _dates(counts: Counts) -> str:
    if not counts.first:
        return "none"
    dates = dict.fromkeys((counts.first, counts.last))
    return Html(" to ").join(Html("<time>{}</time>").format(date) for date in dates)


def _skipped(library: ReadOnlyLibrary) -> Html:
    """Return what was skipped when the files were last read, by reason."""
    numbers, places = Counter[str](), defaultdict[str, list[Html]](list)
    for item in library.skipped():
        reason = without_details(item.reason)
        numbers[reason] += 1
        if numbers[reason] <= MAX_PLACES:
            places[reason].append(isolated(_without_folders(item)))
    parts = [Html("<h2>Skipped files and records</h2>\n")]
    if not numbers:
        parts.append(Html("<p>None.</p>\n"))
    details = Html("<details><summary>{:,}: {}{}</summary>{}</details>\n")
    for reason, number in numbers.most_common(MAX_REASONS):
        limit = f", the first {MAX_PLACES}" if number > MAX_PLACES else ""
        parts.append(details.format(number, isolated(reason), limit, items(places[reason])))
    if len(numbers) > MAX_REASONS:
        more = Html("<p>{:,} more reasons; <code>according skipped</code> lists all.</p>\n")
        parts.append(more.format(len(numbers) - MAX_REASONS))
    return Html().join(parts)


def _without_folders(item: Skipped) -> str:
    """Return where something was skipped and why, without the folders of this machine, which are private."""
    name = item.source if "://" in item.source else item.source.rpartition("/")[2]
    return str(replace(item, source=name, reason=item.reason.replace(item.source, name)))


def _outlet(library: ReadOnlyLibrary, name: str | None, number: str, root: str) -> Page:
    """Return an outlet's articles, a hundred a page, and what the catalogue states of it."""
    ids = library.of_outlet(name)
    shown = name or UNKNOWN_OUTLET
    if not ids:
        raise NoPageError(404, "No such outlet", f"The index has no articles of an outlet called “{shown}”.")
    pages = math.ceil(len(ids) / ARTICLES_PER_PAGE)
    if not regex.fullmatch("[0-9]{1,9}", number):
        raise NoPageError(400, "This link is not valid", "The page must be a number, as in page=2.")
    page = int(number)
    if not 1 <= page <= pages:
        raise NoPageError(404, "No such page", f"“{shown}” has pages 1 to {pages:,}.")
    on_page = islice(ids, (page - 1) * ARTICLES_PER_PAGE, page * ARTICLES_PER_PAGE)
    heading = counted(len(ids), "article") + (f", page {page:,} of {pages:,}" if pages > 1 else "")
    main = Html("<h1>{}</h1>\n<p>Latest first, undated last.</p>\n{}{}{}").format(
        isolated(shown),
        _table(heading, ("Date", "Title"), (_row(library.article(i), root) for i in on_page)),
        _neighbours(name, page, pages, root),
        _catalogued(library.catalogue.outlet(name) if name else None),
    )
    return Page(f"{shown}, contents of the index", main)


def _row(article: Article, root: str) -> tuple[str, str]:
    title = Html('<a lang="" href="{}">{}</a>{}').format(
        root + article_url(article.id), isolated(article.title or article.id), isolated(via(article))
    )
    return Html("<time>{}</time>").format(article.date) if article.date else "undated", title


def _neighbours(name: str | None, page: int, pages: int, root: str) -> Html:
    """Return links to the pages before and after."""
    anchor = Html('<a href="{}">{}</a>')
    links = [
        anchor.format(root + outlet_url(name, page=other), words)
        for other, words in ((page - 1, "Later articles"), (page + 1, "Earlier articles"))
        if 1 <= other <= pages
    ]
    return Html('<nav class="pages" aria-label="Pages">{}</nav>\n').format(Html(" ").join(links)) if links else Html()


def _catalogued(outlet: Outlet | None) -> Html:
    """Return what the catalogue knows of an outlet."""
    heading = Html("<h2>In the catalogue of outlets</h2>\n")
    if not outlet:
        return heading + Html("<p>This outlet is not in the catalogue.</p>")
    rows: list[tuple[str, str]] = []
    if outlet.spellings:
        rows.append(("Also printed as", isolated("; ".join(outlet.spellings))))
    rows.append(("Domains", isolated(", ".join(outlet.domains) or "none known")))
    return heading + definitions([*rows, *facts(outlet)])


def _table(caption: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> Html:
    """Return a section with a table; nothing if there are no rows."""
    cell, column = Html("<td>{}</td>"), Html('<th scope="col">{}</th>')
    lines = [Html("<tr>{}</tr>\n").format(Html().join(map(cell.format, row))) for row in rows]
    section = Html("<h2>{}</h2>\n<table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n")
    return section.format(caption, Html().join(map(column.format, head)), Html().join(lines)) if lines else Html()
