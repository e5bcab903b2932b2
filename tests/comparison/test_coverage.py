"""Coverage: who told one event, in what order, who printed whose text, and who is silent."""

import datetime as dt
import json

import pytest
from support.hostile import EVIL

import rag
from rag.cli import main
from rag.cli.covering import coverage_text
from rag.comparison.coverage import accounts, wording
from rag.comparison.coverage.coverage import Coverage
from rag.errors import LibraryError, QuestionError
from rag.stores.base import find_article

TITLE = "Rail bridge at Selwyn collapses under a goods train"
POST = (
    "The rail bridge at Selwyn collapsed under a goods train on Friday night. Two drivers were pulled out of the river "
    "alive. The railway inspector said the bridge at Selwyn had been due for repair since the spring, and that no "
    "goods train should have crossed it."
)
TIMES = (
    "A goods train fell into the river when the rail bridge at Selwyn collapsed on Friday night. Both drivers of the "
    "train are alive. The railway had put off the repair of the Selwyn bridge twice, the inspector said."
)
HERALD = (
    "Selwyn mourns its rail bridge, which collapsed under a goods train. The drivers of the train, pulled alive out of "
    "the river, thanked the ferrymen. The inspector of the railway asks why the bridge at Selwyn was not repaired."
)
SOON = (
    "Rail travellers will need patience: the bridge at Selwyn collapsed under a goods train at night, its two drivers "
    "are alive, and the railway has no other bridge over the river. The inspector wants a repair before winter."
)
APPLES = "Growers in the valley expect a late harvest of apples, since frost destroyed the early blossom in April."
CHOIR = "The town choir sang three songs by a composer whose name nobody in the audience had heard before."


def record(name, outlet, date, text, title=TITLE, **more):
    return {"id": name, "outlet": outlet, "date": date, "title": title, "text": text, **more}


RECORDS = [
    record("times", "Valley Times", "2013-05-05", TIMES),
    record("post", "Inland Post", "2013-05-04", POST),
    record("wire", "Delta Wire", "2013-05-06", POST.replace("Two drivers", "Three drivers")),
    record("month", "Monthly Rail", "May 2013", SOON),
    record("undated", "Old Herald", None, HERALD),
    record("apples", "Orchard News", "2013-05-05", APPLES, "Late harvest"),
    record("choir", "Orchard News", "2013-05-08", CHOIR, "A concert"),
    record("post-2", "Inland Post", "2013-05-09", CHOIR.replace("three", "four"), "Another concert"),
    record("far", "Coast Courier", "2014-08-01", APPLES.replace("April", "March"), "Harvest"),
]


@pytest.fixture(autouse=True)
def for_words(monkeypatch):
    """Weigh for an encoder that counts words: with it, texts that share nothing are nearer."""
    weights = {"TITLE": 3, "LEAD": 8, "TITLE_WORDS": 4.5, "LEAD_WORDS": 4, "WEEKS": -4, "BIAS": -7}
    for name, weight in weights.items():
        monkeypatch.setattr(accounts, name, weight)


@pytest.fixture
def library(index, news, words):
    with rag.build([news(*RECORDS)], index=index, encoder=words) as library:
        yield library


def outlets(reports):
    return [report.outlet for report in reports]


def of(found, outlet):
    return next(r for r in (*found.reports, *found.undated) if r.outlet == outlet)


def test_each_outlet_that_tells_the_event_has_its_first_report_in_the_order_of_dates(library):
    found = library.coverage(article_id="times")
    assert outlets(found.reports) == ["Inland Post", "Valley Times", "Monthly Rail"]
    assert [(r.place, r.days_later) for r in found.reports] == [("first", 0), ("later", 1), ("not known", None)]
    assert outlets(found.first) == ["Inland Post"]
    assert (found.article_id, found.outlet, found.title) == ("times", "Valley Times", TITLE)
    assert (found.after, found.before) == (dt.date(2013, 4, 28), dt.date(2013, 5, 12))
    assert found.outlets == ("Inland Post", "Delta Wire", "Valley Times", "Monthly Rail", "Old Herald")


def test_every_report_is_word_for_word_what_is_stored(library):
    found = library.coverage(article_id="post")
    assert len(found.passages) == 4
    for cited in found.passages:
        library.verify(cited)
        assert cited.text == find_article(library._store, cited.article_id).text[cited.start : cited.end]


def test_an_outlet_that_prints_anothers_text_is_under_it_with_the_words_that_it_changed(library):
    first = of(library.coverage(article_id="wire"), "Inland Post")
    assert [(c.outlet, c.article_id, c.date, c.altered) for c in first.copiers] == [
        ("Delta Wire", "wire", dt.date(2013, 5, 6), True)
    ]
    assert first.precedence == "earliest"
    assert [v.article_id for v in first.citation.variants] == ["wire"]
    assert "Three drivers" in first.citation.variants[0].text
    assert "Delta Wire (6 May 2013, with other words)" in str(wording.copiers(first))


def test_outlets_that_published_in_the_window_and_tell_nothing_are_silent_with_their_articles(library):
    found = library.coverage(article_id="post")
    assert [(s.outlet, s.articles) for s in found.silent] == [("Orchard News", 2)]
    assert str(wording.silent(found)) == "Silent: Orchard News (2 articles)."
    nearer = library.coverage(article_id="post", window_days=2)
    assert [(s.outlet, s.articles) for s in nearer.silent] == [("Orchard News", 1)]
    wide = library.coverage(article_id="post", window_days=1000)
    assert [s.outlet for s in wide.silent] == ["Orchard News", "Coast Courier"]


def test_undated_reports_are_apart_and_those_of_a_month_have_its_days(library):
    found = library.coverage(article_id="post")
    assert outlets(found.undated) == ["Old Herald"]
    undated, month = of(found, "Old Herald"), of(found, "Monthly Rail")
    assert (undated.first, undated.last, undated.place, undated.days_later) == (None, None, "undated", None)
    assert (month.first, month.last) == (dt.date(2013, 5, 1), dt.date(2013, 5, 31))
    assert (wording.when(month), wording.when(undated)) == ("May 2013", "undated")
    assert not library.coverage(article_id="post", undated=False).undated


def test_a_report_of_a_month_that_is_over_before_the_first_day_is_the_first(index, news, words):
    earlier = record("early", "Monthly Rail", "April 2013", SOON)
    with rag.build([news(RECORDS[0], RECORDS[1], earlier)], index=index, encoder=words) as library:
        found = library.coverage(article_id="post")
    assert [(r.outlet, r.place) for r in found.reports] == [
        ("Monthly Rail", "first"), ("Inland Post", "later"), ("Valley Times", "later")
    ]  # fmt: skip
    assert found.reports[1].days_later == 4
    assert "First: Monthly Rail, April 2013." in str(wording.summary(found))


def test_several_reports_of_the_earliest_day_are_all_first(index, news, words):
    same = record("same", "Coast Courier", "2013-05-04", SOON)
    with rag.build([news(RECORDS[0], RECORDS[1], same)], index=index, encoder=words) as library:
        found = library.coverage(article_id="times")
    assert sorted(outlets(found.first)) == ["Coast Courier", "Inland Post"]
    assert "First, on the same day: " in str(wording.summary(found))


def test_an_outlet_has_one_report_its_earliest(index, news, words):
    second = record("second", "Inland Post", "2013-05-06", SOON)
    with rag.build([news(*RECORDS[:2], second)], index=index, encoder=words) as library:
        found = library.coverage(article_id="second")
    post = of(found, "Inland Post")
    assert (post.citation.article_id, post.articles) == ("post", 2)


def test_an_article_of_which_the_outlet_is_not_known_is_named_by_its_site(index, news, words):
    unknown = {"id": "u", "text": HERALD, "title": TITLE, "date": "2013-05-06", "host": "mirror.example"}
    with rag.build([news(*RECORDS[:2], unknown)], index=index, encoder=words) as library:
        found = library.coverage(article_id="post")
    assert of(found, "mirror.example").citation.article_id == "u"


def test_the_first_report_is_shown_whatever_is_likelier(library):
    found = library.coverage(article_id="times", k=2)
    assert outlets(found.reports) == ["Inland Post", "Valley Times"]
    assert found.more == 2
    assert "2 further outlets tell of it too; to see more, raise k." in map(str, wording.notes(found))
    assert "Monthly Rail" not in [s.outlet for s in found.silent]


def test_an_event_of_an_undated_article_has_no_window_and_nobody_is_silent(library):
    found = library.coverage(article_id="undated")
    assert (found.after, found.before, found.silent) == (None, None, ())
    assert "Inland Post" in outlets(found.reports)
    assert wording.NO_WINDOW in map(str, wording.notes(found))


def test_filters_say_which_articles_may_be_reports(library):
    assert library.coverage(article_id="post", outlets="Valley Times").outlets == ("Valley Times",)
    assert "Inland Post" not in library.coverage(article_id="post", exclude_outlets="Inland Post").outlets
    late = library.coverage(article_id="post", after="2013-05-05")
    assert "Inland Post" not in late.outlets
    assert [s.outlet for s in late.silent] == ["Orchard News"]  # Delta Wire prints the text of Inland Post
    none = library.coverage(article_id="post", after="2020-01-01")
    assert none.outlets == ()
    assert str(wording.summary(none)) == "No outlet that passes the filters was found to tell of this event."


def test_an_outlet_is_not_called_silent_where_its_articles_may_have_been_cut_off(library, monkeypatch):
    monkeypatch.setattr(accounts, "PROPOSED", 2)
    monkeypatch.setattr(accounts, "MOST_PROPOSED", 3)
    monkeypatch.setattr(accounts, "LAST", 2)
    found = library.coverage(article_id="post")
    assert (found.whole, found.silent) == (False, ())
    assert wording.NOT_WHOLE in map(str, wording.notes(found))


def test_more_is_looked_at_where_the_first_look_may_have_cut_some_off(library, monkeypatch):
    monkeypatch.setattr(accounts, "PROPOSED", 2)
    monkeypatch.setattr(accounts, "LAST", 2)
    found = library.coverage(article_id="post")
    assert found.whole
    assert len(found.outlets) == 5


# Questions


def test_a_question_takes_the_event_of_its_best_answer_and_says_which(library):
    found = library.coverage("Which rail bridge collapsed under a goods train?")
    assert found.question == "Which rail bridge collapsed under a goods train?"
    assert found.article_id == found.answer.passages[0].article_id
    assert set(found.outlets) >= {"Inland Post", "Valley Times"}


def test_what_ask_refuses_is_refused_for_the_same_reason(library):
    for question in ("hello!", "What did Zelda Quux tell Xanthippe?"):
        found, asked = library.coverage(question), library.ask(question)
        assert not asked.found
        assert (found.found, found.answer.why, found.outlets) == (False, asked.why, ())
        assert found.to_dict()["notice"] == asked.to_dict()["notice"]
        assert asked.to_dict()["notice"] in found.to_markdown() + coverage_text(found)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "give a question or the ID of an article (article_id): neither is given"),
        ({"question": "Who?", "article_id": "post"}, "both are given"),
        ({"article_id": "post", "window_days": -1}, "window_days is -1; give a number of days from 0 to 3,660"),
        ({"article_id": "post", "window_days": 4000}, "window_days is 4000"),
        ({"article_id": "post", "window_days": "7"}, "window_days is '7'"),
        ({"article_id": "post", "window_days": True}, "window_days is True"),
        ({"article_id": "post", "k": 0}, "k is 0"),
        ({"article_id": "post", "outlets": "Nobody's Gazette"}, 'no outlet "Nobody\'s Gazette" in this index'),
        ({"article_id": "post", "after": "2014-01-01", "before": "2013-01-01"}, "is later than before"),
        ({"question": " "}, "the question is empty"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(library, given, said):
    with pytest.raises(QuestionError) as raised:
        library.coverage(**given)
    assert said in str(raised.value)


def test_an_article_that_is_not_there_is_an_error_that_says_so(library, news):
    for wrong in ("nothing", "", "\ud800"):
        with pytest.raises(LibraryError, match="no article"):
            library.coverage(article_id=wrong)
    rag.build([news(*RECORDS[1:])], index=library._store.location, encoder=library._encoder.get()).close()
    with pytest.raises(LibraryError, match="'times' is not in the index now: it was retired"):
        library.coverage(article_id="times")


# How it is shown


def test_the_json_has_plain_types_and_says_which_article_it_is_about(library):
    plain = library.coverage(article_id="wire").to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["article_id"], plain["after"], plain["before"]) == ("wire", "2013-04-29", "2013-05-13")
    assert [r["outlet"] for r in plain["reports"]] == ["Inland Post", "Valley Times", "Monthly Rail"]
    assert plain["reports"][0]["copiers"][0]["date"] == "2013-05-06"
    assert plain["reports"][0]["citation"]["date"] == "2013-05-04"
    assert plain["silent"] == [{"outlet": "Orchard News", "articles": 2}]


def test_the_repr_is_short(library):
    assert repr(library.coverage(article_id="post")) == "<Coverage of article 'post': 5 outlets, 1 silent>"
    assert repr(Coverage(question="hello!")) == "<Coverage of 'hello!': nothing found>"


def test_the_terminal_says_who_was_first_who_later_and_who_is_silent(library):
    text = coverage_text(library.coverage(article_id="post"))
    assert "First: Inland Post, 4 May 2013." in text
    assert "1. 4 May 2013 (published), first. According to Inland Post" in text
    assert "2. 5 May 2013 (published), 1 day later. According to Valley Times" in text
    assert "3. May 2013, order not known. According to Monthly Rail" in text
    assert "4. Undated. According to Old Herald" in text
    assert "Silent: Orchard News (2 articles)." in text
    assert "[Two → Three]" in text


def test_the_default_weights_tell_reports_of_one_event_from_others(tmp_path, news, real, monkeypatch):
    monkeypatch.undo()
    with rag.build([news(*RECORDS)], index=tmp_path / "index", encoder=real) as library:
        for article_id in ("times", "post", "wire"):
            found = library.coverage(article_id=article_id)
            assert {"Inland Post", "Valley Times", "Delta Wire", "Monthly Rail"} <= set(found.outlets)
            assert [s.outlet for s in found.silent] == ["Orchard News"]


HOSTILE = f"{EVIL} | a cell | # a heading [x](javascript:1) \x1b[31m\u202e"


def test_hostile_texts_are_text_in_every_form(index, news, words):
    evil = {"title": f"{TITLE} {HOSTILE}", "url": "javascript:alert(1)"}
    records = [
        record("a", f"Post {EVIL}", "2013-05-04", f"{POST} {HOSTILE}", **evil),
        record("b", f"Times\n| {EVIL}", "2013-05-05", f"{TIMES} {HOSTILE}", **evil),
        record("c", f"Wire {EVIL}", "2013-05-06", f"{POST} {HOSTILE}".replace("Two", "Three"), **evil),
        record("d", f"Silent {EVIL}", "2013-05-06", CHOIR, **evil | {"title": EVIL}),
    ]
    with rag.build([news(*records)], index=index, encoder=words) as library:
        found = library.coverage(article_id="b")
    assert len(found.outlets) == 3
    assert len(found.silent) == 1
    html, markdown, terminal = found._repr_html_(), found.to_markdown(), coverage_text(found)
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert html.count("</blockquote>") == html.count("<blockquote")
    assert "<script" not in markdown.replace("\\<script", "")
    assert "](javascript" not in markdown.replace("\\]\\(", "")
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + len(found.reports)
    for row in rows:
        assert row.replace("\\|", "").count("|") == 5
    for shown in (html, markdown, terminal):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert not any(line.startswith("| ") for line in terminal.splitlines())


def test_the_command_shows_what_the_library_returns(tmp_path, news, words, capsys, monkeypatch):
    monkeypatch.setattr("rag.models.lazy_encoder.load", lambda *_: words)
    index = tmp_path / "command"
    rag.build([news(*RECORDS)], index=index, encoder=words).close()
    assert main(["coverage", "--article", "post", "--index", str(index), "--no-rerank", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    with rag.open(index, words) as library:
        assert shown == library.coverage(article_id="post").to_dict()
    assert main(["coverage", "--article", "post", "--days", "2", "--index", str(index), "--no-rerank"]) == 0
    assert "Silent: Orchard News (1 article)." in capsys.readouterr().out
    assert main(["coverage", "--index", str(index), "--no-rerank"]) == 1
    assert "neither is given" in capsys.readouterr().err
