"""The articles of an index are found by words of their titles and their outlets, and sorted."""

import datetime as dt
import random

import pytest

from rag.listing.articles import ARTICLE_ORDERS, ArticleList
from rag.listing.words import folded
from rag.provenance.catalogue import load_catalogue
from rag.stores.filters import NO_DATE, YEARS, month_code

MAY, YEAR = dt.date(2014, 5, 6).toordinal(), dt.date(2015, 1, 1).toordinal()
HEADINGS = [
    ("bridge", "The old bridge\nis closed", "Reuters", MAY), ("bridges", "Bridges of Łódź", "The Echo", MAY),
    ("none", None, "The Echo", NO_DATE), ("year", "a zebra", None, YEARS + 2015),
    ("day", "Zebras", "Reuters", YEAR - 1), ("month", "北京大桥关闭", "Reuters", month_code(2015, 2)),
    ("", "…", None, YEAR),
]  # fmt: skip


@pytest.fixture(scope="module")
def articles():
    return ArticleList(HEADINGS, load_catalogue())


def ids(articles, *arguments, **named):
    return [articles.ids[row] for row in articles.find(*arguments, **named)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("newest", ["month", "year", "", "day", "bridge", "bridges", "none"]),
        ("oldest", ["bridge", "bridges", "day", "year", "", "month", "none"]),
        ("title", ["year", "bridges", "bridge", "day", "month", "none", ""]),
    ],
)
def test_articles_are_sorted_and_those_without_a_date_or_a_title_are_last(articles, order, expected):
    assert ids(articles, order=order) == expected


def test_every_order_is_one_of_the_cases_above():
    assert set(ARTICLE_ORDERS) == {"newest", "oldest", "title"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bridge", ["bridge", "bridges"]), ("BRIDGES", ["bridges"]), ("lodz", ["bridges"]), ("ridge", []),
        ("大桥", ["month"]), ("zebra reuters", ["day"]), ("echo", ["bridges", "none"]), ("echo bridge", ["bridges"]),
        ("closed zebra", []),
        ("thomson", ["month", "day", "bridge"]), ("!", []),
        ("", ["month", "year", "", "day", "bridge", "bridges", "none"]),
    ],
)  # fmt: skip
def test_every_word_must_begin_a_word_of_the_title_or_of_a_name_of_the_outlet(articles, text, expected):
    assert ids(articles, text) == expected


def test_lists_can_be_kept_to_outlets_and_to_a_year(articles):
    assert articles.years == (2015, 2014, 0)
    assert ids(articles, outlets=["Reuters"]) == ["month", "day", "bridge"]
    assert ids(articles, outlets=[None]) == ["year", ""]
    assert ids(articles, outlets=["Nobody"]) == ids(articles, outlets=[]) == []
    assert ids(articles, year=2015) == ["month", "year", ""]
    assert ids(articles, year=0) == ["none"]
    assert ids(articles, year=1) == []
    assert ids(articles, "bridge", ["The Echo"], 2014, "title") == ["bridges"]


def test_an_index_without_articles_has_an_empty_list():
    empty = ArticleList([], load_catalogue())
    assert (empty.ids, empty.years, ids(empty), ids(empty, "bridge", [None], 2014)) == ((), (), [], [])


def test_words_are_found_as_by_looking_at_every_title():
    chance = random.Random(7)
    words = ["a", "an", "ant", "anthem", "be", "bee", "zoo", "é", "水", "山水"]
    titles = [" ".join(chance.choices(words, k=chance.randint(0, 4))) for _ in range(300)]
    articles = ArticleList([(str(n), title, None, n + 1) for n, title in enumerate(titles)], load_catalogue())
    for word in words:
        begins = [n for n, title in enumerate(titles) if f" {folded(word)}" in f" {folded(title)}"]
        within = [n for n, title in enumerate(titles) if word in title]
        assert ids(articles, word, order="oldest") == [str(n) for n in (within if word in "山水" else begins)], word
