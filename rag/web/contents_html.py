"""What the lists of the contents share: the choice of a list, the search box, a table with its orders, its pages.

After `contents_address`; before `contents_pages` and `contents_articles`. Everything is a plain form or a link.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.answer.html import Html, isolated
from rag.answer.wording import counted
from rag.listing.outlets import OutletList
from rag.listing.words import words_of
from rag.web.contents_address import ARTICLES, MAX_FIND_CHARACTERS, OUTLETS, SKIPPED, Address
from rag.web.plain_page import NoPageError

ROWS_PER_PAGE = 100
_UP, _DOWN = "ascending", "descending"


@dataclass(frozen=True)
class Order:
    """An order that a column of a table offers.

    Attributes:
        sort: its name in addresses.
        label: what its link says.
        says: what the list says of itself in this order.
        direction: "ascending" or "descending".
        opposite: the order that its link leads to when it is the present one; "" if there is none.
    """

    sort: str
    label: str
    says: str
    direction: str = _UP
    opposite: str = ""


def tabs(address: Address, root: str) -> Html:
    """Return links to the lists, the one that is shown marked."""
    anchor = Html('<a href="{}"{}>{}</a>')
    own = Html(' aria-current="page"')
    links = [
        anchor.format(root + Address.read({"list": name}).url(), own if is_shown else Html(), label)
        for name, label, is_shown in (
            (OUTLETS, "Outlets", address.list == OUTLETS),
            (ARTICLES, "Articles", address.list == ARTICLES and address.outlet is None),
            (SKIPPED, "Skipped files", address.list == SKIPPED),
        )
    ]
    return Html('<nav class="lists" aria-label="Contents">{}</nav>\n').format(Html(" ").join(links))


def search_form(address: Address, root: str, label: str, choices: Sequence[tuple[str, str, Mapping[str, str]]]) -> Html:
    """Return the form that narrows a list.

    Args:
        address: what is shown now, which the form begins with.
        root: URL of the app's root.
        label: of the box for words.
        choices: name, label, and the labels of the values, of each list to choose from; the value "" is all.
    """
    kept = {n: v for n, v in address.parameters.items() if n not in ("find", "page", *(name for name, _, _ in choices))}
    hidden = Html().join(Html('<input type="hidden" name="{}" value="{}">').format(*pair) for pair in kept.items())
    box = Html('<label>{}<input type="search" name="find" value="{}" maxlength="{}" dir="auto"></label>')
    parts = [box.format(label, address.find, MAX_FIND_CHARACTERS)]
    for name, words, values in choices:
        options = (_option(value, text, getattr(address, name)) for value, text in values.items())
        parts.append(Html('<label>{}<select name="{}">{}</select></label>').format(words, name, Html().join(options)))
    # Without completion, since a browser that goes back would fill in the words of the list after.
    form = Html(
        '<form class="find" role="search" autocomplete="off" action="{}contents" method="get">{}{}<button>Show</button>'
        "</form>\n"
    )
    return form.format(root, hidden, Html().join(parts))


def kinds_offered(address: Address, outlets: OutletList) -> dict[str, str]:
    """Return the kinds of outlets to choose from, and the one that is asked for although no outlet is of it."""
    return {"": "All kinds"} | {kind: kind for kind in (*outlets.kinds, address.kind) if kind}


def _option(value: str, text: str, chosen: str) -> Html:
    return Html('<option value="{}"{}>{}</option>').format(
        value, Html(" selected") if value == chosen else Html(), text
    )


def outcome(address: Address, root: str, counts: tuple[int, int], noun: str, order: str, why: Sequence[str]) -> Html:
    """Return the heading of a list: how many there are, in which order, and what narrowed it.

    Args:
        address: what is shown.
        root: URL of the app's root.
        counts: how many there are, and how many without what narrows the list.
        noun: what they are, in the singular.
        order: what the list says of its order.
        why: what each of them has, if the list is narrowed.
    """
    found, total = counts
    number = f"{found:,} of {counted(total, noun)}" if address.narrowed else counted(total, noun)
    pages = pages_of(found)
    heading = number + (f", page {address.page:,} of {pages:,}" if pages > 1 else "")
    if not found and address.narrowed:
        heading = f"None of {counted(total, noun)}"
    said = Html("; ").join([*why, *([order] if found > 1 else [])])
    said = Html("looked for {}").format(said) if words_of(address.find) and not found else said
    whole = Html(' <a href="{}">Show all</a>').format(root + address.whole.url()) if address.narrowed else Html()
    note = Html('<p class="sorted">{}.{}</p>\n').format(said[:1].upper() + said[1:], whole) if said else Html()
    return Html('<h2 class="count">{}</h2>\n{}').format(heading, note)


def looked_for(address: Address, where: str) -> list[Html]:
    """Return what a list was narrowed by, for `outcome`; `where` is where the words were looked for."""
    if not address.find:
        return []
    template = Html("“{}” {}") if words_of(address.find) else Html("“{}” has no letters or digits to look for")
    return [template.format(isolated(address.find), where)]


def pages_of(rows: int) -> int:
    """Return the number of pages of a list."""
    return math.ceil(rows / ROWS_PER_PAGE)


def check_page(address: Address, rows: int, name: str) -> slice:
    """Return the rows of the page that is asked for.

    Raises:
        NoPageError: if a list with so many rows has no such page. Without any row, the first page is there.
    """
    pages = max(1, pages_of(rows))
    if not 1 <= address.page <= pages:
        raise NoPageError(404, "No such page", f"{name} has pages 1 to {pages:,}.")
    return slice((address.page - 1) * ROWS_PER_PAGE, address.page * ROWS_PER_PAGE)


def table(address: Address, root: str, columns: Sequence[Sequence[Order] | str], rows: Iterable[Iterable[str]]) -> Html:
    """Return a table whose headings are links to its orders; nothing if there are no rows.

    Args:
        address: what is shown.
        root: URL of the app's root.
        columns: of each column its heading, or the orders that it offers.
        rows: the cells of each row.
    """
    cell = Html("<td>{}</td>")
    lines = [Html("<tr>{}</tr>\n").format(Html().join(map(cell.format, row))) for row in rows]
    if not lines:
        return Html()
    heads = Html().join(_heading(address, root, column) for column in columns)
    return Html("<table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n").format(
        heads, Html().join(lines)
    )


def _heading(address: Address, root: str, column: Sequence[Order] | str) -> Html:
    if isinstance(column, str):
        return Html('<th scope="col">{}</th>').format(column)
    direction = next((order.direction for order in column if order.sort == address.sort), "")
    attribute = Html(' aria-sort="{}"').format(direction) if direction else Html()
    return Html('<th scope="col"{}>{}</th>').format(attribute, Html(" ").join(_order(address, root, o) for o in column))


def _order(address: Address, root: str, order: Order) -> Html:
    """Return the link to an order, or to its opposite if it is the present one and has one."""
    if order.sort != address.sort:
        return Html('<a href="{}">{}</a>').format(root + address.url(sort=order.sort), order.label)
    label = Html("<b>{}</b>").format(order.label)
    return (
        Html('<a href="{}">{}</a>').format(root + address.url(sort=order.opposite), label) if order.opposite else label
    )


def page_links(address: Address, root: str, rows: int) -> Html:
    """Return links to the pages before and after, and to the first and the last one; nothing for a single page."""
    pages, anchor = pages_of(rows), Html('<a href="{}">{}</a>')
    wanted = {"First": 1, "Previous": address.page - 1, "Next": address.page + 1, "Last": pages}
    links = [
        anchor.format(root + address.url(page=page), f"{words} page")
        for words, page in wanted.items()
        if 1 <= page <= pages and page != address.page
    ]
    return Html('<nav class="pages" aria-label="Pages">{}</nav>\n').format(Html(" ").join(links)) if links else Html()
