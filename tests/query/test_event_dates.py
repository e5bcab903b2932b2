"""The time of an event: each rule with the sentences that it is for, and those that it must not touch."""

import datetime as dt

import pytest

from rag.provenance.catalogue import load_catalogue
from rag.query.constraints import MENTION, ORDER, PERIOD, PHRASE, RECENT_DAYS, parse_constraints

ASKED_ON = dt.date(2024, 6, 12)


def parse(question, asked_on=ASKED_ON, **more):
    return parse_constraints(question, load_catalogue(), (), asked_on, **more).constraints


def days(question, **more):
    return [(c.words, str(c.after), str(c.before)) for c in parse(question, **more) if c.kind == PERIOD and c.applied]


@pytest.mark.parametrize(
    ("question", "words", "first", "last"),
    [
        ("Who attacked the camp in September 2013?", "in September 2013", "2013-09-01", "2013-09-30"),
        ("How long did the 2009 siege last?", "2009", "2009-01-01", "2009-12-31"),
        ("Who has resigned since March 2016?", "since March 2016", "2016-03-01", "None"),
        ("Who resigned after 2018?", "after 2018", "2019-01-01", "None"),
        ("What sank around 1994?", "around 1994", "1994-01-01", "1994-12-31"),
        ("Which bridge collapsed three weeks ago?", "three weeks ago", "2024-05-20", "2024-05-26"),
        ("What happened yesterday at the port?", "yesterday", "2024-06-11", "2024-06-11"),
        ("Who spoke at the Women's March 2017?", "March 2017", "2017-01-01", "2017-12-31"),
        ("What was Theresa May 2017 offering?", "May 2017", "2017-01-01", "2017-12-31"),
        ("Which firms merged in Q3 of 2016?", "in Q3 of 2016", "2016-07-01", "2016-09-30"),
        ("Who won the league in 2018/19?", "in 2018/19", "2018-01-01", "2019-12-31"),
        ("Which mines closed in the 90s?", "in the 90s", "1990-01-01", "1999-12-31"),
        ("Which mines closed in the late 80s?", "in the late 80s", "1986-09-01", "1989-12-31"),
        ("Which ship sank 03/2018?", "03/2018", "2018-03-01", "2018-03-31"),
    ],
)
def test_the_date_of_an_event_is_a_period(question, words, first, last):
    assert days(question) == [(words, first, last)]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What has been said recently about taxes?", "recently"),
        ("What has the union done lately?", "lately"),
        ("Who leads the party nowadays?", "nowadays"),
        ("What do farmers fear these days?", "these days"),
        ("What is in the news about the dam?", "in the news"),
        ("Who is on strike at the moment?", "at the moment"),
        ("Who is in charge right now?", "right now"),
        ("Who is now leading the polls?", "now"),
        ("Where is the ship now?", "now"),
        ("Who currently owns the mill?", "currently"),
        ("What is the current state of the talks?", "the current"),
        ("The most recent polls in Ohio", "The most recent"),
        ("What do the latest polls say?", "the latest"),
        ("What is the newest accusation?", "the newest"),
        ("Why are recent floods so severe?", "recent"),
        ("What happened today in the valley?", "today"),
        ("What happened this week in the valley?", "this week"),
        ("Who spoke this morning?", "this morning"),
    ],
)
def test_words_about_the_present_count_from_the_day_of_asking(question, words):
    first = ASKED_ON - dt.timedelta(RECENT_DAYS - 1)
    assert days(question) == [(words, str(first), str(ASKED_ON))]
    assert all(c.counted_from == ASKED_ON for c in parse(question))
    assert days(question, asked_on=None) == []


@pytest.mark.parametrize(
    "question",
    [
        "What did the senator, now a governor, say about taxes?",
        "What did the Now party promise?",
        "Who was killed before now?",
        "How many have died until now?",
        "What do we now know about the plague?",
        "Now that the bridge is closed, who pays?",
        "Until recently, who owned the bank?",
        "Who had recently arrived when the war began?",
        "Who had, as recently as the siege, held the fort?",
        "How strong is the current in the strait?",
        "What is a current account?",
        "When must they pay at the latest?",
        "What is the latest model of the car?",
        "What is the recent history of the region?",
        "What has changed in recent years?",
        "At the moment of the crash, who was driving?",
        "Who wrote the song Yesterday?",
        "Which paper is older, Today or The Echo?",
        "What did Theresa May say about trade?",
        "May the court hear it?",
        "How long is the march to the capital?",
        "Will they march on Friday?",
        "Who was in her 90s when she died?",
        "What did he say “now”?",
    ],
)
def test_words_that_look_like_times_and_are_none_do_nothing(question):
    applied = [c for c in parse(question) if c.applied and c.counted_from is None]
    assert [c for c in applied if c.kind not in (MENTION, PHRASE)] == []
    assert days(question) in ([], [("on Friday", "2024-06-07", "2024-06-07")])


def test_a_date_in_a_question_makes_its_other_words_no_times():
    assert days("What happened in 2013, and what is happening now?") == [("in 2013", "2013-01-01", "2013-12-31")]
    assert days("What was the latest attack before 2013?") == []


@pytest.mark.parametrize("question", ["Who ruled the island until 1898?", "Who was mayor before 2003?"])
def test_what_ended_at_a_date_has_no_period(question):
    assert [c.kind for c in parse(question)] == [MENTION]


@pytest.mark.parametrize(
    ("question", "words", "order"),
    [
        ("Latest on the strike", "Latest", "newest"),
        ("What is the latest on the strike?", "the latest", "newest"),
        ("the most recent reports about the strike", "the most recent reports", "newest"),
        ("First reports of the flood", "First reports", "oldest"),
        ("What did the earliest articles about the flood say?", "the earliest articles", "oldest"),
    ],
)
def test_an_order_is_asked_for_in_words_and_can_be_ignored(question, words, order):
    (found,) = parse(question)
    assert (found.kind, found.words, found.order, found.applied) == (ORDER, words, order, True)
    (found,) = parse(question, ignore=[words])
    assert (found.applied, found.why) == (False, "ignored")


@pytest.mark.parametrize("question", ["Who was the first reporter on the scene?", "Who was first to report it?"])
def test_other_first_things_are_no_order(question):
    assert parse(question) == ()


def test_a_period_can_be_ignored_by_its_words():
    question = "Who attacked the camp in September 2013?"
    assert days(question, ignore=["IN SEPTEMBER 2013"]) == []


def test_a_day_after_the_day_of_asking_is_in_the_future_unless_a_later_one_is_known():
    (found,) = parse("Who won in July 2024?")
    assert found.why == "in the future"
    assert days("Who won in July 2024?", latest=dt.date(2024, 12, 1)) == [("in July 2024", "2024-07-01", "2024-07-31")]
