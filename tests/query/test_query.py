"""A query is checked once, whatever form its arguments have."""

import datetime as dt

import pytest

from rag.errors import QuestionError
from rag.query.previous import Previous
from rag.query.query import Query, parse_day


def test_one_name_or_several_may_be_given():
    assert Query.of("Who?", outlets="Reuters", outlet_kinds=["newspaper"], ignore="all") == Query(
        "Who?", outlets=("Reuters",), outlet_kinds=("newspaper",), ignore=("all",)
    )
    assert Query.of("Who?", outlets=iter(["Reuters", "BBC"])).outlets == ("Reuters", "BBC")


def test_white_space_around_a_question_is_removed():
    assert Query.of("  Who?\n", previous=" What? ") == Query("Who?", previous=Previous("What?"))


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (None, None),
        ("", None),
        ("2013-05-14", dt.date(2013, 5, 14)),
        (dt.date(2013, 5, 14), dt.date(2013, 5, 14)),
        (dt.datetime(2013, 5, 14, 23, 59), dt.date(2013, 5, 14)),
    ],
)
def test_a_day_may_be_a_date_a_datetime_or_text(value, day):
    assert parse_day(value, "after") == day


@pytest.mark.parametrize(
    "value",
    ["2012-W01-1", "2012-W01", "2012W011", "20120102", "2012-01-02T10:00", " 2012-01-02", "٢٠١٢-٠١-٠٢", "2012-1-2"],
)
def test_a_day_is_written_in_no_other_form(value):
    with pytest.raises(QuestionError, match="give a day as YYYY-MM-DD"):
        parse_day(value, "after")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": " "}, "the question is empty; ask something"),
        (
            {"text": "Who \ud83d?"},
            "the question contains an invalid character (half of a surrogate pair); type it again",
        ),
        ({"text": "x" * 2001}, "the question has 2,001 characters; at most 2,000 can be asked"),
        ({"text": "Who?", "previous": "x" * 2001}, "the question has 2,001 characters; at most 2,000 can be asked"),
        ({"text": "Who?", "k": 0}, "k is 0; ask for 1 to 1,000 passages"),
        ({"text": "Who?", "k": 1001}, "k is 1001; ask for 1 to 1,000 passages"),
        ({"text": "Who?", "min_confidence": 2}, "min_confidence is 2; give a share from 0 to 1"),
        ({"text": "Who?", "min_confidence": -0.1}, "min_confidence is -0.1; give a share from 0 to 1"),
        ({"text": "Who?", "min_confidence": float("nan")}, "min_confidence is nan; give a share from 0 to 1"),
        ({"text": "Who?", "after": "May"}, "after is 'May'; give a day as YYYY-MM-DD"),
        ({"text": "Who?", "asked_on": 7}, "asked_on is 7; give a day as YYYY-MM-DD"),
        ({"text": "Who?", "asked_on": "0001-01-01"}, "asked_on is 0001-01-01; give a day from 1605 to 9990"),
        ({"text": "Who?", "asked_on": dt.date.max}, "asked_on is 9999-12-31; give a day from 1605 to 9990"),
        (
            {"text": "Who?", "after": "2013-05-14", "before": dt.date(2013, 5, 13)},
            "after (2013-05-14) is later than before (2013-05-13)",
        ),
    ],
)
def test_what_makes_no_sense_is_an_error_that_says_what_to_do(arguments, message):
    with pytest.raises(QuestionError) as error:
        Query.of(**arguments)
    assert str(error.value) == message
