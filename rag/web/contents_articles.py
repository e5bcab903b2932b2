"""The articles of the index as a plain page: all of them, or those of one outlet with what the catalogue states of it.

After `contents_html`; `contents_pages` serves it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.html import Html, definitions, isolated
from rag.answer.wording import via
from rag.article import Article
from rag.browse import ListedArticles, ReadOnlyLibrary
from rag.listing.articles import NEWEST, OLDEST, TITLE, UNDATED
from rag.provenance.outlet import Outlet
from rag.text import sanitise
from rag.web.contents_address import UNDATED_YEAR, Address
from rag.web.contents_html import (
    ROWS_PER_PAGE,
    Order,
    check_page,
    kinds_offered,
    looked_for,
    outcome,
    page_links,
    search_form,
    table,
    tabs,
)
from rag.web.outlet_html import facts
from rag.web.plain_page import NoPageError, Page
from rag.web.urls import article_url, asking_url, outlet_url

ORDERS = {
    NEWEST: Order(NEWEST, "Date", "latest first, undated last", "descending", OLDEST),
    OLDEST: Order(OLDEST, "Date", "earliest first, undated last", opposite=NEWEST),
    TITLE: Order(TITLE, "Title", "by title"),
}


def articles_page(library: ReadOnlyLibrary, address: Address, root: str) -> Page:
    """Return the page of a list of articles.

    Raises:
        NoPageError: if there is no such outlet or page.
    """
    return _all(library, address, root) if address.outlet is None else _of_outlet(library, address, root)


def _all(library: ReadOnlyLibrary, address: Address, root: str) -> Page:
    outlets = library.list_outlets()
    chosen = [each.name for each in outlets.outlets if each.kind == address.kind] if address.kind else None
    listed = _listed(library, address, chosen)
    kinds = kinds_offered(address, outlets)
    main = Html("<h1>Contents of the index</h1>\n{}{}{}").format(
        tabs(address, root),
        search_form(
            address,
            root,
            "Title or outlet",
            [("kind", "Kind of outlet", kinds), ("year", "Year", _years(address, listed.years))],
        ),
        _list(library, address, root, listed, library.counts().articles, "The list"),
    )
    return Page("Articles, contents of the index", main)


def _of_outlet(library: ReadOnlyLibrary, address: Address, root: str) -> Page:
    name = address.outlet or None
    shown = name or UNKNOWN_OUTLET
    ids = library.of_outlet(name)
    if not ids:
        raise NoPageError(404, "No such outlet", f"The index has no articles of an outlet called “{shown}”.")
    if address.narrowed or address.sort != NEWEST:
        listed = _listed(library, address, [name])
    else:  # what Milvus can say without a look at the other outlets
        first = (address.page - 1) * ROWS_PER_PAGE
        listed = ListedArticles(len(ids), tuple(ids[max(0, first) : max(0, first + ROWS_PER_PAGE)]), ())
    ask = Html('<p><a class="ask" href="{}{}">Ask this outlet</a></p>\n')
    own = next((each for each in library.list_outlets().outlets if each.name == name), None)
    span = range(own.last.year, own.first.year - 1, -1) if own and own.first and own.last else range(0)
    years = _years(address, (*span, UNDATED))
    main = Html('<h1 dir="auto">{}</h1>\n{}{}{}{}').format(
        shown,
        ask.format(root, asking_url(outlet=name)) if name else Html(),
        search_form(address, root, "Title", [("year", "Year", years)]) if len(ids) > 1 and _is_kept(shown) else Html(),
        _list(library, address, root, listed, len(ids), f"“{shown}”"),
        _catalogued(library.catalogue.outlet(name) if name else None),
    )
    return Page(f"{shown}, contents of the index", main)


def _is_kept(name: str) -> bool:
    """Whether a form sends a name back as it is."""
    return name == sanitise(name) and "\r" not in name


def _listed(library: ReadOnlyLibrary, address: Address, outlets: list[str | None] | None) -> ListedArticles:
    start = max(0, address.page - 1) * ROWS_PER_PAGE
    return library.list_articles(address.find, outlets, address.year_number, address.sort, start, ROWS_PER_PAGE)


def _years(address: Address, offered: Iterable[int]) -> dict[str, str]:
    """Return the years to choose from, and the one that is asked for although no article is of it."""
    names = (UNDATED_YEAR if year == UNDATED else f"{year:04}" for year in offered)
    return {"": "All years"} | {name: name for name in (*names, address.year) if name}


def _list(library: ReadOnlyLibrary, address: Address, root: str, listed: ListedArticles, total: int, name: str) -> Html:
    """Return the heading, the table and the pages of a list."""
    check_page(address, listed.total, name)
    why = looked_for(address, "in the title" if address.outlet is not None else "in the title or the outlet")
    if address.kind:
        why.append(Html("from outlets of the kind “{}”").format(address.kind))
    if address.year:
        why.append(Html("undated") if address.year == UNDATED_YEAR else Html("dated in {}").format(address.year))
    columns = [ORDERS[OLDEST if address.sort == OLDEST else NEWEST]], [ORDERS[TITLE]]
    rows = (_row(library.article(i), root, address.outlet is None) for i in listed.ids)
    return Html("{}{}{}{}").format(
        outcome(address, root, (listed.total, total), "article", ORDERS[address.sort].says, why),
        table(address, root, columns, rows),
        page_links(address, root, listed.total),
        _instead(address, root) if not listed.total and address.find else Html(),
    )


def _instead(address: Address, root: str) -> Html:
    """Return where else words can be looked for that no title has."""
    parameters = {"q": address.find} | ({"outlet": address.outlet} if address.outlet else {})
    return Html('<p class="further"><a href="{}{}">Ask the index</a>, which looks in the texts too.</p>\n').format(
        root, asking_url(**parameters)
    )


def _row(article: Article, root: str, with_outlet: bool) -> tuple[str, str]:
    title = Html('<a class="title" lang="" dir="auto" href="{}">{}</a> {}').format(
        root + article_url(article.id), article.title or article.id, _source(article, root, with_outlet)
    )
    return Html("<time>{}</time>").format(article.date) if article.date else "undated", title


def _source(article: Article, root: str, with_outlet: bool) -> Html:
    """Return a line with the outlet, where it is not that of the whole list, and the site, if that is another."""
    site = isolated(via(article).removeprefix(", ")) if via(article) else Html()
    name = isolated(article.outlet or UNKNOWN_OUTLET)
    outlet = Html('<a href="{}">{}</a>').format(root + outlet_url(article.outlet), name) if with_outlet else Html()
    parts = [part for part in (outlet, site) if part]
    return Html('<span class="from">{}</span>').format(Html(", ").join(parts)) if parts else Html()


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
