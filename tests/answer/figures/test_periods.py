"""The span of time that a question asks about, and the values that are of another."""

import datetime as dt

import pytest

from rag.answer.citation import Citation
from rag.answer.figures import figures_for
from rag.answer.figures.asked import asked
from rag.answer.figures.periods import Period, days_of

DAY = dt.date(2013, 9, 4)
OPEN = None, None


def days(first, last):
    return tuple(dt.date.fromisoformat(day) if day else None for day in (first, last))


@pytest.mark.parametrize(
    ("when", "span"),
    [
        ("since 2011", days("2011-01-01", None)),
        ("since March 2011", days("2011-03-01", None)),
        ("since the raid of 2011", days("2011-01-01", None)),
        ("after 5 May 2011", days("2011-05-06", None)),
        ("after 2011", days("2012-01-01", None)),
        ("after the 2009 siege", days("2009-01-01", None)),
        ("before 2011", days(None, "2010-12-31")),
        ("before the attack of 2013", days(None, "2013-12-31")),
        ("until September 2013", days(None, "2013-09-30")),
        ("by 2013", days(None, "2013-12-31")),
        ("between 2009 and 2013", days("2009-01-01", "2013-12-31")),
        ("from 2009 to March 2013", days("2009-01-01", "2013-03-31")),
        ("in 2009–13", days("2009-01-01", "2013-12-31")),
        ("in the 90s", days("1990-01-01", "1999-12-31")),
        ("in the 1970s", days("1970-01-01", "1979-12-31")),
        ("in the nineties", days("1990-01-01", "1999-12-31")),
        ("since September", OPEN),
    ],
)
def test_a_question_limits_a_span_of_time(when, span):
    assert asked(f"How many residents were killed in Ashraf {when}?").period == Period(*span)


@pytest.mark.parametrize("when", ["", "in 2011", "in March 2011", "on 3 May 2011", "by soldiers in 2011", "in his 30s"])
def test_a_question_asks_about_a_date_or_about_none(when):
    assert asked(f"How many residents were killed in Ashraf {when}?").period is None


def figures(question, text, date=DAY):
    """The values that a text gives for a question."""
    cited = Citation(
        article_id="a", start=0, end=len(text), text=text, quote=(0, len(text)), outlet="The Post", outlet_basis="",
        strength="explicit", host=None, authors=(), date=date, date_basis=None, title=None, url=None,
        kind="full text", score=1.0,
    )  # fmt: skip
    return [figure.value for figure in figures_for(question, [cited])]


@pytest.mark.parametrize(
    ("when", "text", "date", "expected"),
    [
        ("since 2011", "Gunmen killed 44 residents in Ashraf.", DAY, [44]),
        ("since 2011", "On 1 September 2013, gunmen killed 44 residents in Ashraf.", DAY, [44]),
        ("since 2011", "In April 2011, 36 residents were killed in Ashraf.", DAY, [36]),
        ("since 2011", "In July 2009, 11 residents were killed in Ashraf.", DAY, []),
        ("since 2011", "Soldiers killed 11 residents in Ashraf.", dt.date(2009, 7, 30), []),
        ("since September 2012", "In October, 30 residents were killed in Ashraf.", DAY, [30]),
        ("since September", "In October, 30 residents were killed in Ashraf.", DAY, [30]),
        ("before 2011", "In July 2009, 11 residents were killed in Ashraf.", DAY, [11]),
        ("before 2011", "Soldiers killed 11 residents in Ashraf.", dt.date(2009, 7, 30), [11]),
        ("before 2011", "Gunmen killed 44 residents in Ashraf.", DAY, []),
        ("by 2012", "In April 2011, 36 residents were killed in Ashraf.", DAY, [36]),
        ("between 2009 and 2011", "In July 2009, 11 residents were killed in Ashraf.", DAY, [11]),
        ("between 2009 and 2011", "In May 2012, 11 residents were killed in Ashraf.", DAY, []),
        ("in the 90s", "In 1992, 11 residents were killed in Ashraf.", DAY, [11]),
        ("in the 90s", "Gunmen killed 44 residents in Ashraf.", DAY, []),
        ("in 2011", "On 1 September 2013, gunmen killed 44 residents in Ashraf.", DAY, []),
    ],
)
def test_a_value_counts_if_it_may_be_of_that_time(when, text, date, expected):
    assert figures(f"How many residents were killed in Ashraf {when}?", text, date) == expected


def test_a_date_that_no_calendar_has_is_of_no_days():
    assert days_of("2011-02-30") is None
    assert days_of("--09-01") is None
