"""Each engine lets through what `IndexFilter.allows` does: the same examples for all of them."""

import datetime as dt
import itertools

import numpy as np
import pytest

from rag.stores import tantivy_index
from rag.stores.columns import ArticleColumns
from rag.stores.filters import (
    MONTHS,
    NO_DATE,
    YEARS,
    IndexFilter,
    coded_date,
    days_of,
    mask,
    milvus_expression,
    month_code,
    ordinal,
    outlet_code,
)
from rag.stores.tantivy_index import Document, Term, WordIndex

OUTLETS = ("Echo", "The Echo", "écho", 'E" or 1 == 1', None)
DATES = (NO_DATE, 1, 99, 100, 150, 200, 201, dt.date.max.toordinal(), YEARS + 1, YEARS + 2, YEARS + 2013)
DATES += tuple(month_code(1, month) for month in (3, 4, 5, 7, 8))
ARTICLES = list(itertools.product(OUTLETS, DATES))
FILTERS = [
    IndexFilter(frozenset(outlets), after, before, undated)
    for outlets in ((), ("Echo",), ("Echo", 'E" or 1 == 1'), ("écho", "Nowhere"), ("Nowhere",))
    for after, before in ((None, None), (100, None), (None, 200), (100, 200), (150, 150), (151, 149), (1, None))
    for undated in (False, True)
] + [
    IndexFilter(frozenset(outlets), after, before, undated, frozenset(others), holes)
    for outlets, others in (
        ((), ("Echo",)),
        ((), ("Nowhere",)),
        ((), tuple(name for name in OUTLETS if name)),
        (("Echo", "écho"), ("Echo", 'E" or 1 == 1')),
        (("Echo",), ("Echo",)),
        ((), ()),
    )
    for holes in ((), ((99, 100),), ((150, 200), (1, 1)), ((1, 150), (100, 200)), ((1, dt.date.max.toordinal()),))
    for after, before in ((None, None), (100, None), (100, 200), (None, 99))
    for undated in (False, True)
]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    documents = [Document(i, outlet, date, "salt", [(i, "salt")]) for i, (outlet, date) in enumerate(ARTICLES, 1)]
    tantivy_index.update(folder, (), documents)
    return WordIndex(folder)


@pytest.mark.parametrize("index_filter", FILTERS)
def test_every_engine_lets_through_what_is_allowed(index, index_filter):
    allowed = [index_filter.allows(outlet, date) for outlet, date in ARTICLES]
    keys = {i for i, passes in enumerate(allowed, 1) if passes}

    columns = ArticleColumns.of(*zip(*((o, None, d, i) for i, (o, d) in enumerate(ARTICLES)), strict=True))
    passing = mask(index_filter, columns)
    assert all(allowed) if passing is None else passing.tolist() == allowed

    term = Term((("salt",),), False, len(ARTICLES), len(ARTICLES))
    assert set(index.coverage([term], 99, index_filter)) == keys
    assert set(index.article_scores([term], 99, index_filter)) == keys

    expression = milvus_expression(index_filter) or "True"
    rows = [{"outlet": outlet_code(outlet), "day": date} for outlet, date in ARTICLES]
    assert [bool(eval(expression, {}, row)) for row in rows] == allowed


@pytest.mark.parametrize(
    ("index_filter", "outlet", "date", "allowed"),
    [
        (IndexFilter(), None, NO_DATE, True),
        (IndexFilter(frozenset({"Echo"})), "Echo", NO_DATE, True),
        (IndexFilter(frozenset({"Echo"})), "echo", NO_DATE, False),
        (IndexFilter(frozenset({"Echo"})), None, NO_DATE, False),
        (IndexFilter(after=100), None, 100, True),
        (IndexFilter(after=100), None, 99, False),
        (IndexFilter(after=100), None, NO_DATE, False),
        (IndexFilter(after=100, undated=True), None, NO_DATE, True),
        (IndexFilter(before=100), None, 100, True),
        (IndexFilter(before=100), None, 101, False),
        (IndexFilter(before=100), None, NO_DATE, False),
        (IndexFilter(after=100, before=99), None, 100, False),
        (IndexFilter(undated=False), None, NO_DATE, True),
        (IndexFilter(exclude_outlets=frozenset({"Echo"})), "Echo", NO_DATE, False),
        (IndexFilter(exclude_outlets=frozenset({"Echo"})), "The Echo", NO_DATE, True),
        (IndexFilter(exclude_outlets=frozenset({"Echo"})), None, NO_DATE, True),
        (IndexFilter(frozenset({"Echo"}), exclude_outlets=frozenset({"Echo"})), "Echo", 100, False),
        (IndexFilter(exclude_dates=((100, 200),)), None, 99, True),
        (IndexFilter(exclude_dates=((100, 200),)), None, 100, False),
        (IndexFilter(exclude_dates=((100, 200),)), None, 200, False),
        (IndexFilter(exclude_dates=((100, 200),)), None, 201, True),
        (IndexFilter(exclude_dates=((100, 200),)), None, NO_DATE, True),
        (IndexFilter(after=100, before=200, exclude_dates=((1, 300),)), None, 150, False),
        (IndexFilter(after=100, exclude_dates=((150, 160),)), None, NO_DATE, False),
        (IndexFilter(after=100, exclude_dates=((150, 160),)), None, 161, True),
    ],
)
def test_what_is_allowed(index_filter, outlet, date, allowed):
    assert index_filter.allows(outlet, date) is allowed


def test_columns_without_articles_can_be_filtered():
    columns = ArticleColumns.of([], [], [], [])
    assert mask(IndexFilter(), columns) is None
    for index_filter in (IndexFilter(frozenset({"Echo"})), IndexFilter(after=100, undated=True)):
        assert mask(index_filter, columns).tolist() == []


def test_an_expression_for_milvus_holds_integers_alone():
    code = outlet_code('E" or 1 == 1')
    expression = milvus_expression(IndexFilter(frozenset({'E" or 1 == 1'}), 100, None, True))
    assert expression == (
        f"outlet in [{code}] and ((day >= 100 and day <= {dt.date.max.toordinal()}) or "
        f"(day >= {MONTHS + 15} and day <= {MONTHS + 12 * 9999 + 11}) or "
        f"(day >= {YEARS + 1} and day <= {YEARS + 9999}) or (day >= 0 and day <= 0))"
    )


@pytest.mark.parametrize(
    ("basis", "first", "last"),
    [
        ("refused: 2013 (not a day)", "2013-01-01", "2013-12-31"),
        ("refused: May 2013 (not a day)", "2013-05-01", "2013-05-31"),
        ("refused: mai 2013 (not a day)", "2013-05-01", "2013-05-31"),
        ("refused: 2012-02 (not a day)", "2012-02-01", "2012-02-29"),
        ("refused: 02/2012 (not a day)", "2012-02-01", "2012-02-29"),
        ("refused: 2012-02-00 (not a day)", "2012-02-01", "2012-02-29"),
    ],
)
def test_a_month_and_a_year_pass_with_any_of_their_days(basis, first, last):
    date = coded_date(None, basis)
    first, last = (dt.date.fromisoformat(day).toordinal() for day in (first, last))
    assert [int(day) for (day,) in days_of(np.array([date]))] == [first, last]
    for after, before, allowed in ((first, last, True), (last, None, True), (None, first, True)):
        assert IndexFilter(after=after, before=before).allows(None, date) is allowed
    assert not IndexFilter(before=first - 1).allows(None, date)
    assert not IndexFilter(after=last + 1).allows(None, date)


@pytest.mark.parametrize(
    "basis",
    [
        None, "published", "refused: 03/02/2012 (two readings)", "refused: 13/2012 (not a day)",
        "refused: 2999 (not a day)", "refused: 1066 (not a day)", "refused: soon 2012 (not a day)",
        "refused: in 2012 perhaps (not a day)",
    ],
)  # fmt: skip
def test_other_dates_that_were_refused_are_none(basis):
    assert coded_date(None, basis) == NO_DATE


def test_a_date_is_an_ordinal():
    assert (ordinal(None), ordinal(dt.date(1, 1, 2))) == (0, 2)
