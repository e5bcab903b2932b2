"""The address of a list in the contents of the index: what is listed, what of it, in which order, and which page.

`contents_pages` and `contents_articles` show the lists. Everything is in the address, so that a list can be kept, sent
to others and gone back to; all of it is checked here, since anyone can write an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import regex

from rag.listing.articles import ARTICLE_ORDERS, UNDATED
from rag.listing.outlets import OUTLET_ORDERS
from rag.listing.words import words_of
from rag.provenance.outlet import OUTLET_KINDS, UNCLASSIFIED
from rag.web.plain_page import NoPageError
from rag.web.urls import contents_url

OUTLETS, ARTICLES, SKIPPED = LISTS = ("outlets", "articles", "skipped")
UNDATED_YEAR = "undated"  # what stands for UNDATED in an address
# Longer than any name of an outlet, and than most titles. Each word takes some 0.5 ms in 120,000 titles.
MAX_FIND_CHARACTERS, MAX_FIND_WORDS = 200, 20


@dataclass(frozen=True)
class Address:
    """The address of a list. What is "" or left out does not narrow it.

    Attributes:
        list: one of LISTS.
        outlet: the outlet whose articles are listed, "" for the unknown one; None for all.
        find: what is looked for in names and titles.
        kind: the kind of the outlets.
        year: the year of the articles, or UNDATED_YEAR.
        sort: the order, one of `OUTLET_ORDERS` or `ARTICLE_ORDERS`.
        page: the page, from 1.
    """

    list: str = OUTLETS
    outlet: str | None = None
    find: str = ""
    kind: str = ""
    year: str = ""
    sort: str = OUTLET_ORDERS[0]
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Address:
        """Return the address with these parameters; others are ignored.

        Raises:
            NoPageError: if one of them is none of its kind.
        """
        outlet = given.get("outlet")
        outlet = None if outlet is None else outlet.replace("\r\n", "\n")  # which is how a form sends a line's end
        listed = ARTICLES if outlet is not None else _one_of(LISTS, given.get("list") or OUTLETS, "list")
        orders = ARTICLE_ORDERS if listed == ARTICLES else OUTLET_ORDERS
        find, year, page = " ".join(given.get("find", "").split()), given.get("year", ""), given.get("page", "1")
        if len(find) > MAX_FIND_CHARACTERS or len(words_of(find)) > MAX_FIND_WORDS:
            limits = f"{MAX_FIND_CHARACTERS} characters and {MAX_FIND_WORDS} words"
            raise _invalid(f"What is looked for can have at most {limits}.")
        if year not in ("", UNDATED_YEAR) and not regex.fullmatch("[0-9]{4}", year):
            raise _invalid(f"The year must be four digits, as in year=2014, or {UNDATED_YEAR}.")
        if not regex.fullmatch("[0-9]{1,9}", page):
            raise _invalid("The page must be a number, as in page=2.")
        kind = given.get("kind", "")
        return cls(
            listed, outlet, find, _one_of((*OUTLET_KINDS, UNCLASSIFIED), kind, "kind") if kind else "", year,
            _one_of(orders, given.get("sort") or orders[0], "sort"), int(page),
        )  # fmt: skip

    @property
    def year_number(self) -> int | None:
        """The year as the list of articles knows it; None for all."""
        return UNDATED if self.year == UNDATED_YEAR else int(self.year) if self.year else None

    @property
    def narrowed(self) -> bool:
        """Whether it leaves out a part of the list."""
        return bool(self.find or self.kind or self.year)

    @property
    def whole(self) -> Address:
        """The same list with nothing left out, from its first page."""
        return replace(self, find="", kind="", year="", page=1)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters that differ from those of the same list from its beginning."""
        plain = Address(ARTICLES if self.outlet is not None else OUTLETS)
        orders = ARTICLE_ORDERS if self.list == ARTICLES else OUTLET_ORDERS
        plain = replace(plain, sort=orders[0])
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: str(value) for name, value in values.items() if value != getattr(plain, name)}

    def url(self, **changes: str | int | None) -> str:
        """Return the URL, relative to the app's root, of this list with other values; page 1 if none is given."""
        return contents_url(replace(self, **{"page": 1, **changes}).parameters)  # type: ignore[arg-type]


def _one_of(names: tuple[str, ...], given: str, parameter: str) -> str:
    if given not in names:
        raise _invalid(f"The parameter “{parameter}” must be one of: {', '.join(names)}.")
    return given


def _invalid(message: str) -> NoPageError:
    return NoPageError(400, "This link is not valid", message)
