"""What passages gain by the dates of their articles, and the order of dates."""

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pytest
from support import WordEncoder

import rag
from rag.answer.confidence import ConfidenceModel, Signals
from rag.article import Article
from rag.passage import Passage
from rag.query.constraints import ORDER, PERIOD, Constraint
from rag.retrieval.scored_passage import ScoredPassage
from rag.retrieval.timeliness import GRACE, REPORTED_WITHIN, WEIGHT, Period, favoured, gains, of_their_time, periods
from rag.stores.filters import NO_DATE, YEARS, IndexFilter, month_code

FIRST, LAST = dt.date(2013, 9, 1).toordinal(), dt.date(2013, 9, 30).toordinal()
SEPTEMBER = (Period(FIRST, LAST),)


def test_what_was_published_then_or_soon_after_gains_most_and_the_gain_falls_off():
    days = [FIRST, LAST, LAST + GRACE, LAST + GRACE + 14, LAST + 200, FIRST - 7, FIRST - 100]
    gained = gains(SEPTEMBER, days)
    assert gained[:3] == pytest.approx([WEIGHT] * 3)
    assert gained[3] == pytest.approx(WEIGHT / 2)
    assert gained[5] == pytest.approx(WEIGHT / 2)
    assert (gained[[4, 6]] < WEIGHT / 100).all()


def test_undated_articles_gain_nothing_and_months_and_years_by_their_nearest_day():
    gained = gains(SEPTEMBER, [NO_DATE, month_code(2013, 9), YEARS + 2013, YEARS + 2010])
    assert gained == pytest.approx([0, WEIGHT, WEIGHT, 0], abs=1e-6)
    assert gains((), [FIRST]).tolist() == [0]


def test_nothing_later_than_the_day_of_asking_gains():
    assert gains((Period(FIRST, LAST, LAST),), [LAST, LAST + 1]) == pytest.approx([WEIGHT, 0])


def test_the_articles_that_gain_are_looked_for_within_what_may_be_found():
    (found,) = favoured(SEPTEMBER, IndexFilter(frozenset({"Echo"}), after=FIRST + 3, undated=True))
    assert (found.outlets, found.after, found.undated) == (frozenset({"Echo"}), FIRST + 3, False)
    assert found.before > LAST + GRACE
    assert favoured(SEPTEMBER, IndexFilter(before=FIRST - 300)) == ()


def test_only_constraints_that_are_applied_have_periods():
    day = dt.date(2013, 9, 1)
    then = Constraint(PERIOD, "on 1 September 2013", 0, 19, after=day, before=day)
    off = Constraint(PERIOD, "now", 0, 3, after=day, before=day, applied=False)
    newest = Constraint(ORDER, "latest", 0, 6, counted_from=day)
    oldest = Constraint(ORDER, "first reports", 0, 13)
    assert periods([then, off, oldest]) == (Period(FIRST, FIRST),)
    assert [p.until for p in periods([newest])] == [FIRST]


def article(number, date, text="The strike at the harbour went on, and the strikers met."):
    return {"id": f"a{number}", "outlet": "The Echo", "date": date, "text": f"{text} Report {number} of the strike."}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("times")
    dates = ["2009-05-01", "2013-09-10", "2018-01-01", None, "2013-09", "2020-06-01"]
    rows = [article(i, date) for i, date in enumerate(dates)]
    rows += [article(i + 100, f"2016-{i % 12 + 1:02}-01") for i in range(80)]
    (folder / "articles.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with rag.build(folder / "articles.jsonl", index=folder / "index", encoder=WordEncoder()) as built:
        yield built


def ids(hits):
    return [hit.article_id for hit in hits]


def test_an_article_of_the_time_comes_first_and_none_is_left_out(library):
    hits = library.search("What of the strike in September 2013?", k=200)
    assert set(ids(hits)[:2]) == {"a1", "a4"}
    assert len(hits) == 86
    assert set(ids(library.search("What of the strike in September 2013?", k=2, ignore="all"))) != {"a1", "a4"}


def test_a_month_takes_part_in_a_filter_by_its_span(library):
    found = ids(library.search("strike", after="2013-09-20", before="2013-12-31"))
    assert found == ["a4"]


def test_relative_words_count_from_the_newest_article_where_it_is_older_than_today(library):
    hits = library.search("What is the state of the strike now?", k=3, asked_on="now")
    assert ids(hits)[0] == "a5"
    answer = library.ask("What is the state of the strike now?", asked_on="now", min_confidence=0)
    (found,) = answer.constraints
    assert (found.words, found.counted_from, found.applied) == ("now", dt.date(2020, 6, 1), True)


@pytest.mark.parametrize(("order", "first"), [("newest", "a5"), ("oldest", "a0")])
def test_what_fits_well_is_sorted_by_date_on_request(library, order, first):
    hits = library.search("strike at the harbour", k=100, order=order)
    dates = [hit.date for hit in hits if hit.date]
    assert dates == sorted(dates, reverse=order == "newest")
    assert ids(hits)[0] == first
    assert ids(hits)[-1] in ("a3", "a4")  # undated ones come last
    answer = library.ask("strike at the harbour", k=1, order=order, min_confidence=0)
    assert [c.article_id for c in answer.passages] == [first]


def test_an_order_is_taken_from_words_until_it_is_ignored(library):
    assert ids(library.search("first reports of the strike", k=1)) == ["a0"]
    assert len({ids(library.search("first reports of the strike", k=1, ignore="first reports"))[0], "a0"}) in (1, 2)
    (found,) = library.ask("first reports of the strike", ignore="first reports", min_confidence=0).constraints
    assert not found.applied


def test_an_order_that_there_is_none_of_is_refused(library):
    with pytest.raises(rag.QuestionError, match="order is 'random'; it can be relevance, newest, oldest"):
        library.search("strike", order="random")


def test_gains_are_finite_for_any_date():
    assert np.isfinite(gains((Period(1, 5),), [NO_DATE, 1, 3_652_059, YEARS + 9999])).all()


# Of another time


def passage(text, date=None, title=None, before="", basis=None):
    own = Article("a", f"{before}{text}", title=title, date=date, date_basis=basis)
    return ScoredPassage(Passage("a", len(before), len(before) + len(text)), own, (1,), 1.0, 0.5, np.zeros(1))


def within(first, last=None, **other):
    after = dt.date.fromisoformat(first)
    before = dt.date.fromisoformat(last or first)
    return [Constraint(PERIOD, "then", 0, 4, after=after, before=before, **other)]


IN_SEPTEMBER = within("2013-09-01", "2013-09-30")


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        (passage("Fifty were killed.", dt.date(2013, 9, 2)), True),
        (passage("Fifty were killed.", dt.date(2013, 9, 30) + dt.timedelta(REPORTED_WITHIN)), True),
        (passage("Fifty were killed.", dt.date(2013, 9, 30) + dt.timedelta(REPORTED_WITHIN + 1)), False),
        (passage("Fifty were killed.", dt.date(2009, 3, 18)), False),
        (passage("Fifty were killed.", basis="refused: September 2013 (not a day)"), True),
        (passage("Fifty were killed.", basis="refused: 2009 (not a day)"), False),
        (passage("Fifty were killed in 2013.", dt.date(2019, 1, 1)), True),
        (passage("Fifty were killed.", dt.date(2019, 1, 1), title="The attack of 2013"), True),
        (passage("Fifty were killed.", dt.date(2019, 1, 1), before="In 2009 they left. In 2013 they were hit. "), True),
        (
            passage("Fifty were killed.", dt.date(2019, 1, 1), before="In 2013 they left. In 2014 they were hit. "),
            False,
        ),
        (passage("Fifty were killed."), True),  # nothing says when
        (passage("Fifty were killed in 2009."), False),
        (passage("Fifty were killed in 2009.", before="In 2013 all was quiet. "), False),
        (passage("Of 2,013 residents, 20135 or 2013.5 were killed in 2009."), False),
    ],
)
def test_a_passage_is_of_another_time_if_neither_its_words_nor_its_article_are_of_the_time(given, is_kept):
    assert bool(of_their_time([given], IN_SEPTEMBER)) == is_kept


def test_any_of_several_times_will_do_and_days_that_count_from_asking_shut_nothing_out():
    old = passage("Fifty were killed.", dt.date(2009, 3, 18))
    assert of_their_time([old], [*IN_SEPTEMBER, *within("2009-03-01", "2009-03-31")]) == [old]
    assert of_their_time([old], within("2013-09-01", counted_from=dt.date(2013, 9, 9))) == [old]
    assert of_their_time([old], within("2013-09-01", applied=False)) == [old]
    assert of_their_time([old], []) == [old]
    since = [Constraint(PERIOD, "since 2010", 0, 10, after=dt.date(2010, 1, 1))]
    assert of_their_time([old, passage("In 2012 it ended.")], since)[0].text == "In 2012 it ended."


SURE = ConfidenceModel("words", {}, 3.0, 0.3, 0.7, (1, 1))


def test_passages_of_another_time_are_near_at_most():
    signals = Signals(0.6, 0.5, 0.5, 0, 0, 1)
    assert SURE.probability(signals) > 0.9
    assert SURE.probability(replace(signals, timely=False)) == SURE.near
    assert replace(SURE, near=0.7).probability(replace(signals, timely=False)) < SURE.sure


def test_a_question_that_names_a_time_is_answered_by_passages_of_that_time_alone(tmp_path):
    (tmp_path / "news").mkdir()
    rows = [article(1, "2009-05-01", "Nine ships lay at the quay."), article(2, "2018-01-01")]
    (tmp_path / "news/articles.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with rag.build([tmp_path / "news"], index=tmp_path / "index", encoder=WordEncoder()) as library:
        library.set_confidence_model(SURE)
        asked = "How many ships lay at the quay in May {}?"
        assert library.ask(asked.format(2009)).grade == "answers"
        answer = library.ask(asked.format(2013))
        assert (answer.grade, answer.confidence, answer.signals.timely) == ("near", SURE.near, False)
        assert library.ask(asked.format(2009), k=2).passages[0].grade == "answers"
        grades = {c.article_id: c.grade for c in library.ask("strike in May 2009", k=2).passages}
        assert grades == {"a1": "answers", "a2": "near"}
        timeline = library.timeline("strike in May 2009")
        assert {e.citation.article_id: e.grade for e in (*timeline.entries, *timeline.undated)} == grades
