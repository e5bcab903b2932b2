"""Printed dates become dates; a form that can be read in two ways does not."""

import datetime as dt
import time

import pytest

from rag.provenance.dates import find_date, find_dates, stated


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("March 26, 2009 0 comments", (2009, 3, 26)),
        ("Tue May 3, 2016 | 4:18 PM EDT", (2016, 5, 3)),
        ("Published 10:42 a.m. ET Sept. 9, 2020", (2020, 9, 9)),
        ("12 MAY 2014", (2014, 5, 12)),
        ("the 22nd of May, 2013", (2013, 5, 22)),
        ("2013-05-14T10:00", (2013, 5, 14)),
        ("14.05.2013", (2013, 5, 14)),
        ("05.04.2013", (2013, 4, 5)),
        ("14/05/2013", (2013, 5, 14)),
        ("05/14/2013", (2013, 5, 14)),
        ("03/03/2013", (2013, 3, 3)),
        ("Publié le 14 mai 2013 à 18h32", (2013, 5, 14)),
        ("14 de mayo de 2013", (2013, 5, 14)),
        ("14. März 2013", (2013, 3, 14)),
        ("21 мая 2014", (2014, 5, 21)),
        ("2013年5月14日", (2013, 5, 14)),
        ("2015. augusztus 20.", (2015, 8, 20)),
        ("2015 Aug 20 10:15", (2015, 8, 20)),
        ("20. kolovoza 2015.", (2015, 8, 20)),
        ("20. toukokuuta 2015", (2015, 5, 20)),
    ],
)
def test_a_full_date_is_read(text, day):
    assert find_date(text)[2] == dt.date(*day)


def test_the_first_date_of_a_line_is_found_with_its_place():
    text = "updated 2014-02-03, first May 2, 2013"
    assert find_date(text) == (8, 18, dt.date(2014, 2, 3))
    assert text[8:18] == "2014-02-03"


def test_an_ambiguous_date_is_found_without_a_value():
    assert find_date("03/04/2013 · by Shirin Kaveh") == (0, 10, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3 hours ago",
        "yesterday",
        "May 2013",
        "Room 12, 2001",
        "31 February 2013",
        "14/05/13",
        "1.2.3",
        "phone 555-0147",
        "In 2013 May 3 ministers were left.",
    ],
)
def test_an_incomplete_date_is_not_found(text):
    assert find_date(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2013-05-14", dt.date(2013, 5, 14)),
        ("2013-05-14T23:10:00+02:00", dt.date(2013, 5, 14)),
        ("14 May 2013", dt.date(2013, 5, 14)),
        ("03/04/2013", None),
        ("soon", None),
    ],
)
def test_a_metadata_field_may_have_a_timestamp_or_a_printed_date(text, day):
    assert stated(text)[0] == day


@pytest.mark.parametrize(
    ("text", "day", "why"),
    [
        ("20130514", dt.date(2013, 5, 14), ""),
        ("20130514120000", dt.date(2013, 5, 14), ""),
        ("1368536400", dt.date(2013, 5, 14), ""),
        ("1368536400000", dt.date(2013, 5, 14), ""),
        ("Tue, 14 May 2013 23:50:00 -0700", dt.date(2013, 5, 14), ""),
        ("1605-07-01", dt.date(1605, 7, 1), ""),
        ("0001-01-01", None, "not a day"),
        ("1970-01-01T00:00:00Z", None, "not a day"),
        ("0", None, "not a day"),
        ("2999-12-31", None, "in the future"),
        ("04/05/2013", None, "two readings"),
        ("14/05/13", None, "two-digit year"),
        ("May 14, '13", None, "two-digit year"),
        ("yesterday", None, "not a day"),
    ],
)
def test_a_stated_date_is_taken_or_refused_with_the_reason(text, day, why):
    assert stated(text) == (day, why)


@pytest.mark.parametrize("text", ["1 " * 50_000, "May 1, " * 15_000, "2001-" * 20_000, "1/" * 50_000, "9" * 100_000])
def test_long_hostile_text_is_searched_in_a_second(text):
    started = time.process_time()
    find_date(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", ["2012-W01", "2012W01", "2012-W01T10:00"])
def test_a_week_is_not_the_day_that_it_begins_with(text):
    assert stated(text) == (None, "not a day")
    assert stated("2012-W01-2") == (dt.date(2012, 1, 3), "")


def test_all_dates_of_a_line_are_found_in_order():
    text = "updated 2014-02-03, first May 2, 2013, then 03/04/2013"
    assert [(text[a:b], date) for a, b, date in find_dates(text)] == [
        ("2014-02-03", dt.date(2014, 2, 3)), ("May 2, 2013", dt.date(2013, 5, 2)), ("03/04/2013", None)
    ]  # fmt: skip
    assert find_dates("May 2013") == []


def test_nothing_as_long_as_a_text_states_a_date():
    assert stated("2014-02-03" + " " * 2000)[0] == dt.date(2014, 2, 3)
    assert stated("x" * 2000 + " 2014-02-03") == (None, "not a day")
