"""Dates in other digits, languages and calendars become dates, and those of another kind do not."""

import datetime as dt

import pytest

from rag.provenance.calendars import from_solar, with_western_digits
from rag.provenance.dates import find_date, find_dates, stated


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Wed May 04 09:15:02 CEST 2016", (2016, 5, 4)),
        ("Wed May  4 09:15:02 2016", (2016, 5, 4)),
        ("Wed May 04 09:15:02 GMT+02:00 2016", (2016, 5, 4)),
        ("04-May-2016", (2016, 5, 4)),
        ("04/Mai/2016", (2016, 5, 4)),
        ("2016년 5월 4일", (2016, 5, 4)),
        ("2016. 5. 4. 오전 10:00", (2016, 5, 4)),
        ("2016年 5月 4日", (2016, 5, 4)),
        ("Thứ Tư, 4 tháng 5, 2016", (2016, 5, 4)),
        ("ngày 4 tháng mười hai năm 2016", (2016, 12, 4)),
        ("٤ مايو ٢٠١٦", (2016, 5, 4)),
        ("4 أيار/مايو 2016", (2016, 5, 4)),
        ("4 تشرين الثاني 2016", (2016, 11, 4)),
        ("४ मई २०१६", (2016, 5, 4)),
        ("۱۵ اردیبهشت ۱۳۹۵", (2016, 5, 4)),
        ("چهارشنبه 15 ارديبهشت 1395", (2016, 5, 4)),
        ("۱۳۹۵/۰۲/۱۵", (2016, 5, 4)),
        ("15 Ordibehesht 1395", (2016, 5, 4)),
    ],
)
def test_a_date_in_another_form_is_read(text, day):
    assert find_date(text)[2] == dt.date(*day)
    assert stated(text) == (dt.date(*day), "")
    assert [date for _, _, date in find_dates(text)] == [dt.date(*day)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("May 4, 201610:15 AM UTC", "May 4, 2016"),
        ("04.05.201610:15", "04.05.2016"),
        ("By Jane RoeMay 4, 2016", "May 4, 2016"),
        ("By Jane Roe4 May 2016", "4 May 2016"),
    ],
)
def test_a_date_run_together_with_its_neighbours_is_read(text, found):
    start, end, date = find_date(text)
    assert (text[start:end], date) == (found, dt.date(2016, 5, 4))


@pytest.mark.parametrize("text", ["1395/02/15", "10 năm 2003", "B4 May 2016", "32 اردیبهشت 1395", "May 4, 20161"])
def test_numbers_that_only_resemble_a_date_are_none(text):
    assert find_date(text) is None


@pytest.mark.parametrize(
    ("solar", "day"),
    [
        ((1357, 11, 22), (1979, 2, 11)),
        ((1399, 12, 30), (2021, 3, 20)),
        ((1400, 1, 1), (2021, 3, 21)),
        ((1403, 1, 1), (2024, 3, 20)),
        ((1404, 1, 1), (2025, 3, 21)),
    ],
)
def test_a_day_of_the_solar_calendar_is_converted(solar, day):
    assert from_solar(*solar) == dt.date(*day)


def test_a_day_that_the_solar_calendar_does_not_have_is_none():
    assert from_solar(1400, 12, 30) is None
    assert from_solar(1400, 7, 31) is None
    assert from_solar(1342, 1, 1) is None


def test_digits_of_other_scripts_keep_their_places():
    assert with_western_digits("۴ May ٢٠١٦") == "4 May 2016"
