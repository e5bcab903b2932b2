"""What is new since a reader last asked is said in words; the time that a page sends is a number, or refused."""

import datetime as dt
import re
import time
from dataclasses import replace

import pytest
from support.cited import EVIL, citation

from rag.answer.answer import Answer
from rag.answer.balance import Balance, Counts
from rag.errors import QuestionError
from rag.web.answer_html import turn_html
from rag.web.since_asked import SITTING_SECONDS, SinceAsked, found_html, time_of

ASKED = dt.datetime(2012, 11, 12, 9, 30, tzinfo=dt.UTC)
OLD, NEW, OTHER = (replace(citation(), article_id=name) for name in ("old", "new", "other"))
TIME = '<time class="asked" datetime="2012-11-12T09:30:00+00:00">12 November 2012</time>'
MARK = f'<span class="new">New since you last asked, {TIME}</span>'

COUNTS = Counts(1, {"x": 1}, independent=1)


def answered(*passages):
    return Answer("q", "q", "answers", passages, Balance(COUNTS, COUNTS, COUNTS))


def line(html, name):
    found = re.search(f'<p class="{name}">(.*?)</p>', html)
    return found and found[1]


def test_a_passage_that_is_new_is_marked_in_words_and_all_are_counted_at_the_top():
    html = str(turn_html(answered(OLD, NEW), since=SinceAsked(ASKED, frozenset({"new"})), until=1_700_000_000))
    assert line(html, "new") == f"1 of 2 passages is new since you last asked on {TIME}."
    assert html.index('<p class="new">') < html.index('role="tablist"')
    assert html.count(MARK) == 1
    assert html.index('data-card="2"') < html.index(MARK)
    assert ' data-at="1700000000"' in html


def test_of_a_question_that_was_never_asked_nothing_is_said():
    html = str(turn_html(answered(OLD, NEW)))
    assert "you last asked" not in html
    assert ' data-at="0"' in html


def test_new_passages_for_which_there_is_no_place_are_below_the_others():
    html = str(turn_html(answered(OLD), since=SinceAsked(ASKED, more=(OTHER,))))
    assert line(html, "new") == f"1 more passage is new since you last asked on {TIME}."
    assert html.index('data-card="1"') < html.index("Also new since you last asked</h3>") < html.index('data-card="2"')
    assert "Passages (1)" in html


@pytest.mark.parametrize(("ago", "said"), [(SITTING_SECONDS + 60, True), (SITTING_SECONDS - 60, False)])
def test_that_nothing_is_new_is_said_unless_the_question_was_asked_just_now(ago, said):
    asked = dt.datetime.fromtimestamp(time.time() - ago, dt.UTC)
    html = str(turn_html(answered(OLD), since=SinceAsked(asked)))
    assert ("No passage is new since you last asked on " in html) == said


def test_text_is_no_markup_in_the_cards_of_new_passages():
    html = str(turn_html(answered(OLD), since=SinceAsked(ASKED, more=(replace(OTHER, outlet=EVIL),))))
    assert "<img" not in html


def test_how_much_is_new_is_counted_up_to_a_bound():
    assert str(found_html(1, ASKED)) == f"<span>1 new passage since {TIME}</span>"
    assert str(found_html(6, ASKED)) == f"<span>more than 5 new passages since {TIME}</span>"
    assert str(found_html(0, ASKED)) == ""


@pytest.mark.parametrize("given", ["1700000000", 1.5, -1, True, [], {"a": 1}, float("nan"), "now"])
def test_what_is_no_whole_number_of_seconds_is_refused(given):
    with pytest.raises(QuestionError, match="when you last asked: this page is out of date"):
        time_of(given)


def test_a_time_to_come_is_now_and_none_is_never():
    assert abs(time_of(10**30).timestamp() - time.time()) < 5
    assert time_of(1).year == 1970
    assert [time_of(given) for given in (0, None, "")] == [None, None, None]
