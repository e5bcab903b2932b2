"""What passages gain by the dates of their articles, and the order of dates."""

import datetime as dt

import numpy as np
import pytest
from support import WordEncoder

import rag
from rag.query.constraints import ORDER, PERIOD, Constraint
from rag.retrieval.timeliness import GRACE, WEIGHT, Period, favoured, gains, periods
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
    import json

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
