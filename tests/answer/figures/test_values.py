"""Values are found in digits and words, with what qualifies them; what only looks like one is left alone."""

import pytest
import support.properties  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE
from rag.answer.figures.values import find_values


def found(text, kind=NUMBER):
    return [(v.value if v.upper is None else (v.value, v.upper)) for v in find_values(text, 0, len(text), kind)]


def outer(text, kind=NUMBER):
    return [text[slice(*v.outer)] for v in find_values(text, 0, len(text), kind)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("seven exiles died", [7]),
        ("Twenty-one members", [21]),
        ("two hundred and fifty residents", [250]),
        ("fifteen hundred people", [1500]),
        ("a hundred homes", [100]),
        ("one thousand two hundred people", [1200]),
        ("two million five hundred thousand people", [2_500_000]),
        ("1 200 people", []),  # one number, or two
        ("half a million marchers", [500_000]),
        ("two and a half million users", [2_500_000]),
        ("two-and-a-half million users", [2_500_000]),
        ("a dozen were hurt, two dozen fled", [12, 24]),
        ("3,416 residents", [3416]),
        ("12,34,567 voters", [1_234_567]),  # India
        ("1.234.567 voters", [1_234_567]),  # Germany
        ("1'234 voters", [1234]),  # Switzerland
        ("1\u202f234 voters", [1234]),  # France
        ("24 million people", [24_000_000]),
        ("1.043 million people", [1_043_000]),
        ("2.5 million users", [2_500_000]),
        ("5 lakh voters, 2 crore rupees", [500_000]),
        ("75 to 80 people, 10-20 homes", [(75, 80), (10, 20)]),
        ("between 1,000 and 2,000 fighters", [(1000, 2000)]),
        ("five to seven million people", [(5_000_000, 7_000_000)]),
        ("7,000 to as many as 14,000 people", [(7000, 14_000)]),
        ("dozens died and hundreds of thousands fled", ["dozens", "hundreds of thousands"]),
        ("the toll rose from 64 to 3,000", [3000]),
        ("between two chairs and three tables", [2, 3]),
    ],
)
def test_numbers_in_digits_and_words(text, values):
    assert found(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "the first victim, the 21st anniversary, the twentieth",
        "in 1986, since 2009, the 1970s and the '90s",
        "on 12 May 2013, May 12 and December 12, 2023",
        "on 2013-05-14",
        "Paddock, 64, and Farook, 28, were",
        "a 52-year-old woman, aged 7, 19 years old",
        "the 9/11 attacks, 24/7",
        "from 1980 to 1988, in 1980-88, 1988-1990, July 23-24",
        "won 2-1, by a vote of 51-49",
        "call 555-0199-22",
        "at 8:46, at 10 p.m., at 5 a.m.",
        "Flight 17, Building 197, Article 5, Section 230, No. 125, Group of 20",
        "an AR-15, MS-13, Ashraf-3, G20, COVID-19, B52",
        "a 35-day shutdown",
        "3.500 people",  # three and a half, or three thousand five hundred
        "4 percentage points, 3 points",
        "#4, item §5",
        "in the 5th year",
        "someone, often, weighty, a tenth",
        "three four five",
    ],
)
def test_what_names_orders_or_dates_is_no_number(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$50,000", [("$", 50_000)]),
        ("US$5.7 billion", [("USD", 5_700_000_000)]),
        ("$5.7bn and £3m", [("$", 5_700_000_000), ("£", 3_000_000)]),
        ("€ 20 and EUR 30", [("€", 20), ("EUR", 30)]),
        ("70,000 dollars", [("$", 70_000)]),
        ("five million euros", [("€", 5_000_000)]),
        ("20 U.S. dollars", [("USD", 20)]),
        ("$10.10 an hour", [("$", 10.1)]),
        ("2 crore rupees, ₹5 lakh", [("₹", 20_000_000), ("₹", 500_000)]),
        ("20 people and 5 percent", []),
    ],
)
def test_sums_of_money_keep_the_currency_as_printed(text, values):
    assert [(v.unit, v.value) for v in find_values(text, 0, len(text), MONEY)] == values


def test_the_ends_of_a_range_share_what_only_one_of_them_states():
    assert found("$22 to $29 billion", MONEY) == [(22_000_000_000, 29_000_000_000)]
    assert found("between $30 trillion and $40 trillion", MONEY) == [(30 * 10**12, 40 * 10**12)]
    assert found("5 to 10 percent", PERCENTAGE) == [(5, 10)]


def test_a_change_gives_what_it_leads_to():
    assert found("cut from 35 percent to 20 percent", PERCENTAGE) == [20]
    assert found("cut to 20 percent from its current 35 percent", PERCENTAGE) == [20]
    assert found("ranged from 35 percent to 40 percent", PERCENTAGE) == [(35, 40)]


def test_percentages_are_no_percentage_points():
    assert found("70% and 7.8 percent, 20 per cent, five percent", PERCENTAGE) == [70, 7.8, 20, 5]
    assert found("it rose 2 percentage points", PERCENTAGE) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("founded in 1965", ["1965"]),
        ("in the 1960s", ["1960s"]),
        ("in September 2012", ["2012-09"]),
        ("on December 12, 2023", ["2023-12-12"]),
        ("on 12 December 2023", ["2023-12-12"]),
        ("on the 3rd of May 2013", ["2013-05-03"]),
        ("on Sept. 11, 2001", ["2001-09-11"]),
        ("on July 13", ["--07-13"]),
        ("on 2013-05-14", ["2013-05-14"]),
        ("on February 30, 2012", ["2012"]),  # no such day
        ("2,012 people, $2012, 2012 people or 1,986%", ["2012"]),
        ("they may 12 times", []),
    ],
)
def test_dates_are_kept_as_far_as_they_are_printed(text, values):
    assert found(text, DATE) == values


def test_qualifying_words_are_part_of_what_is_quoted():
    text = "more than 70 died, at least nine fled, about 40, nearly 12,000, up to 18, 19 or more, 20-plus, some 3,000"
    assert outer(text) == [
        "more than 70", "at least nine", "about 40", "nearly 12,000", "up to 18", "19 or more", "20-plus", "some 3,000",
    ]  # fmt: skip
    assert outer("an estimated $1.5 trillion or so", MONEY) == ["an estimated $1.5 trillion or so"]


UNITS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelled(number):
    """A number below a million in words."""
    if number < 20:
        return UNITS[number]
    if number < 100:
        return TENS[number // 10] + (f"-{UNITS[number % 10]}" if number % 10 else "")
    if number < 1000:
        return f"{UNITS[number // 100]} hundred" + (f" and {spelled(number % 100)}" if number % 100 else "")
    rest = number % 1000
    return f"{spelled(number // 1000)} thousand" + (f" {spelled(rest)}" if rest else "")


@given(st.integers(1, 999_999).filter(lambda n: not 1500 <= n <= 2099))
def test_a_number_is_the_same_in_words_and_in_digits(number):
    assert found(f"There were {spelled(number)} people.") == [number]
    assert found(f"There were {number:,} people.") == [number]
    assert found(f"It had {number} people.") == [number]


@given(st.text(max_size=80))
def test_any_text_can_be_read(text):
    for kind in (NUMBER, MONEY, PERCENTAGE, DATE):
        values = find_values(text, 0, len(text), kind)
        assert all(0 <= v.outer[0] <= v.start < v.end <= v.outer[1] <= len(text) for v in values)
