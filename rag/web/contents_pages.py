"""The index as plain pages: its outlets with counts, its articles (`contents_articles`), and what was skipped.

After `contents_html`. All lists have one path, since the address says what is listed (`contents_address`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import islice

from starlette.requests import Request
from starlette.routing import Route

from rag.answer.balance import UNKNOWN_OUTLET, Counts
from rag.answer.html import Html, definitions, isolated, items
from rag.browse import ReadOnlyLibrary
from rag.ingest.report import without_details
from rag.library import Library
from rag.listing.outlets import ARTICLES, FIRST, KIND, LAST, NAME, ListedOutlet
from rag.readers.skipped import Skipped
from rag.web.contents_address import OUTLETS, SKIPPED, Address
from rag.web.contents_articles import articles_page
from rag.web.contents_html import (
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
from rag.web.plain_page import Page, route
from rag.web.urls import asking_url, contents_url, outlet_url

MAX_REASONS, MAX_PLACES = 50, 100  # reasons listed of what was skipped, and places of each reason
MAX_SITES = 20  # that republished texts; the counts of all are in `according outlets`
TITLE = "Contents of the index"
ORDERS = {
    NAME: Order(NAME, "Outlet", "by name"),
    ARTICLES: Order(ARTICLES, "Articles", "most articles first", "descending"),
    KIND: Order(KIND, "Kind", "by kind"),
    FIRST: Order(FIRST, "First date", "the earliest to begin first"),
    LAST: Order(LAST, "Last date", "the latest first", "descending"),
}
COLUMNS = ([ORDERS[NAME], ORDERS[KIND]], [ORDERS[ARTICLES]], [ORDERS[FIRST], ORDERS[LAST]])


def routes(library: Library, is_local: bool = True) -> list[Route]:
    """Return the route of `/contents`.

    Args:
        library: what is shown.
        is_local: whether only this machine can ask (see `errors.public_message`).
    """
    return [route("/contents", library, _contents, is_local)]


def _contents(library: ReadOnlyLibrary, request: Request, root: str) -> Page:
    address = Address.read(request.query_params)
    if address.list == OUTLETS:
        return _outlets(library, address, root)
    return _skipped(library, address, root) if address.list == SKIPPED else articles_page(library, address, root)


def _outlets(library: ReadOnlyLibrary, address: Address, root: str) -> Page:
    counts, outlets = library.counts(), library.list_outlets()
    found = outlets.find(address.find, address.kind or None, address.sort)
    shown = found[check_page(address, len(found), "The list")]
    is_first = address.page == 1 and not address.narrowed
    why = looked_for(address, "in the name")
    if address.kind:
        why.append(Html("of the kind “{}”").format(address.kind))
    main = Html("<h1>{}</h1>\n{}{}{}{}{}{}{}{}").format(
        TITLE,
        tabs(address, root),
        _summary(library, counts) if is_first else Html(),
        search_form(address, root, "Outlet", [("kind", "Kind", kinds_offered(address, outlets))]),
        outcome(address, root, (len(found), len(outlets.outlets)), "outlet", ORDERS[address.sort].says, why),
        _further(address, root, bool(found)),
        table(address, root, COLUMNS, (_row(each, root) for each in shown)),
        page_links(address, root, len(found)),
        _kinds_and_sites(counts, root) if is_first else Html(),
    )
    return Page(TITLE, main)


def _summary(library: ReadOnlyLibrary, counts: Counts) -> Html:
    return Html('<div class="summary">{}</div>\n').format(definitions([
        ("Articles", f"{counts.articles:,}"), ("Outlets known by name", f"{counts.named:,}"),
        ("Dates", _span(counts.first, counts.last)), ("Undated", f"{counts.undated:,}"),
        ("Independent sources", f"at least {counts.independent:,}"), ("Encoder", isolated(library.encoder)),
    ]))  # fmt: skip


def _further(address: Address, root: str, found: bool) -> Html:
    """Return links to the articles of the kind of outlets that is shown, or to those that have the words."""
    if not found and address.find:
        url = contents_url({"list": "articles", "find": address.find})
        return Html('<p class="further"><a href="{}">Look for it in the titles of articles</a></p>\n').format(
            root + url
        )
    if not found or not address.kind:
        return Html()
    links = Html('<p class="further"><a href="{}">Their articles</a> · <a href="{}{}">Ask them</a></p>\n')
    articles = contents_url({"list": "articles", "kind": address.kind})
    return links.format(root + articles, root, asking_url(kind=address.kind))


def _row(outlet: ListedOutlet, root: str) -> tuple[str, ...]:
    """Return an outlet's row: its name and its kind, its articles, their dates."""
    link = Html('<a href="{}">{}</a> <span class="from">{}</span>')
    name = link.format(root + outlet_url(outlet.name), isolated(outlet.name or UNKNOWN_OUTLET), outlet.kind)
    return name, f"{outlet.articles:,}", _span(outlet.first, outlet.last)


def _span(first: object, last: object) -> str:
    if not first:
        return "none"
    return Html(" to ").join(Html("<time>{}</time>").format(date) for date in dict.fromkeys((first, last)))


def _kinds_and_sites(counts: Counts, root: str) -> Html:
    """Return the numbers of articles by kind of outlet, and by site that republished them."""
    anchor = Html('<a href="{}">{}</a>')
    kinds = [
        (anchor.format(root + contents_url({"kind": kind}), kind), f"{number:,}")
        for kind, number in counts.outlet_kinds.items()
    ]
    sites = [(isolated(name), f"{number:,}") for name, number in islice(counts.hosts.items(), MAX_SITES)]
    limit = f", the first {MAX_SITES} of {len(counts.hosts):,}" if len(counts.hosts) > MAX_SITES else ""
    return Html("{}{}").format(
        _counted("Kinds of outlets, by the catalogue", "Kind", kinds),
        _counted(f"Sites that republished texts of other outlets{limit}", "Site", sites),
    )


def _counted(heading: str, first: str, rows: list[tuple[Html, str]]) -> Html:
    listed = table(Address(), "", (first, "Articles"), rows)
    return Html("<h2>{}</h2>\n{}").format(heading, listed) if rows else Html()


def _skipped(library: ReadOnlyLibrary, address: Address, root: str) -> Page:
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
    main = Html("<h1>{}</h1>\n{}{}").format(TITLE, tabs(address, root), Html().join(parts))
    return Page(f"Skipped files, {TITLE[0].lower()}{TITLE[1:]}", main)


def _without_folders(item: Skipped) -> str:
    """Return where something was skipped and why, without the folders of this machine, which are private."""
    name = item.source if "://" in item.source else item.source.rpartition("/")[2]
    return str(replace(item, source=name, reason=item.reason.replace(item.source, name)))
