"""The outlets of an index are counted, dated, found by any of their names, and sorted."""

import datetime as dt

import pytest

from rag.listing.outlets import OUTLET_ORDERS, ListedOutlet, OutletList
from rag.provenance.catalogue import load_catalogue
from rag.stores.columns import ArticleColumns
from rag.stores.filters import NO_DATE, YEARS

DAY = dt.date(2014, 5, 6).toordinal()
AGENCY = "Agence France-Presse"
ARTICLES = [
    (AGENCY, DAY), (AGENCY, DAY + 2), (AGENCY, NO_DATE), ("El País", DAY - 9),
    ("Zeta Post", YEARS + 2013), ("新华社", DAY + 9), (None, DAY), (None, DAY - 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def outlets():
    names, dates = zip(*ARTICLES, strict=True)
    columns = ArticleColumns.of(names, [None] * len(names), dates, range(len(names)))
    own = '[[outlet]]\nname = "El País"\nkind = "newspaper"\ndomains = ["elpais.com"]\n'
    return OutletList(columns, load_catalogue(own))


def names(found):
    return [each.name for each in found]


def test_each_outlet_has_its_number_its_kind_and_its_dates(outlets):
    day = dt.date.fromordinal
    assert outlets.outlets == (
        ListedOutlet("Agence France-Presse", 3, "news agency", day(DAY), day(DAY + 2)),
        ListedOutlet("El País", 1, "newspaper", day(DAY - 9), day(DAY - 9)),
        ListedOutlet("Zeta Post", 1, "unclassified", None, None),
        ListedOutlet("新华社", 1, "unclassified", day(DAY + 9), day(DAY + 9)),
        ListedOutlet(None, 2, "unclassified", day(DAY - 1), day(DAY)),
    )
    assert outlets.kinds == {"news agency": 1, "newspaper": 1, "unclassified": 3}


def test_an_index_without_articles_has_no_outlets():
    empty = OutletList(ArticleColumns.of([], [], [], []), load_catalogue())
    assert (empty.outlets, empty.kinds, empty.find("post")) == ((), {}, [])


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("articles", ["Agence France-Presse", None, "El País", "Zeta Post", "新华社"]),
        ("name", ["Agence France-Presse", "El País", "Zeta Post", "新华社", None]),
        ("kind", ["Agence France-Presse", "El País", "Zeta Post", "新华社", None]),
        ("first", ["El País", None, "Agence France-Presse", "新华社", "Zeta Post"]),
        ("last", ["新华社", "Agence France-Presse", None, "El País", "Zeta Post"]),
    ],
)
def test_outlets_are_sorted_and_what_has_no_date_or_no_name_is_last(outlets, order, expected):
    assert names(outlets.find(order=order)) == expected


def test_every_order_is_one_of_the_cases_above():
    assert set(OUTLET_ORDERS) == {"articles", "name", "kind", "first", "last"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AFP", ["Agence France-Presse"]), ("france agen", ["Agence France-Presse"]), ("francepresse", []),
        ("agencefrance", ["Agence France-Presse"]), ("el pais", ["El País"]), ("elpais", ["El País"]), ("ost", []),
        ("post", ["Zeta Post"]), ("zeta times", []), ("华", ["新华社"]), ("?!", []), ("unknown", []),
    ],
)  # fmt: skip
def test_an_outlet_is_found_by_how_the_words_of_any_of_its_names_begin(outlets, text, expected):
    assert names(outlets.find(text)) == expected


def test_a_search_can_be_kept_to_a_kind(outlets):
    assert names(outlets.find("e", "newspaper")) == ["El País"]
    assert names(outlets.find(kind="unclassified")) == [None, "Zeta Post", "新华社"]
    assert outlets.find(kind="magazine") == []
