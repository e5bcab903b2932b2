"""Saved questions are asked of what is new in the index, and what is found can be a feed of one's own."""

import datetime as dt
import json
import xml.dom.minidom
from dataclasses import replace
from types import SimpleNamespace

import feedparser
import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag import following
from rag.answer import news_feed, watching
from rag.cli import main
from rag.errors import InputError, QuestionError
from rag.query.query import Query
from rag.retrieval import search

STRIKE = "Who ended their strike on Tuesday?"
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
FERRY = {"id": "ferry", "outlet": "The Guardian", "title": "Ferry", "date": "1999-01-01"}
FERRY |= {"text": "The ferry workers of Selwyn ended their strike on Tuesday, the union said."}


class Clock(dt.datetime):
    """The clock of the stores, which a test sets."""

    at = NOW

    @classmethod
    def now(cls, tz=None):
        return cls.at


@pytest.fixture
def clock(monkeypatch):
    shown = SimpleNamespace(**{**vars(dt), "datetime": Clock})
    monkeypatch.setattr(Clock, "at", NOW)
    for store in ("sqlite", "milvus"):
        monkeypatch.setattr(f"rag.stores.{store}.writer.dt", shown)
    return Clock


def build(index, news, words, clock):
    """An index with two articles that are ten days old, and one that was added an hour ago."""
    clock.at = NOW - dt.timedelta(days=10)
    made = rag.build([news(HARBOUR, BRIDGE)], index=index, encoder=words)
    clock.at = NOW - dt.timedelta(hours=1)
    made.add([news(FERRY, name="more.jsonl")])
    clock.at = NOW
    return made


@pytest.fixture
def library(tmp_path, news, words, clock):
    with build(tmp_path / "index", news, words, clock) as made:
        yield made


def ids(report):
    return [[passage.article_id for passage in each.passages] for each in report.news]


def test_what_was_added_since_counts_whatever_its_date(index, news, words, clock):
    with build(index, news, words, clock) as library:
        library.watch(STRIKE)
        assert ids(library.news("1d", near=True)) == [["ferry"]]
        assert sorted(ids(library.news("2w", near=True))[0]) == ["ferry", "harbour"]
        assert ids(library.news("30m", near=True)) == [[]]
        assert not library.news("30m").found
        library.add([news(HARBOUR | {"text": HARBOUR["text"] + " It had lasted ten days."}, BRIDGE)])
        assert ids(library.news("30m", near=True)) == [["harbour"]]


def test_an_article_whose_title_alone_changed_is_not_new(library, news):
    library.watch(STRIKE)
    library.add([news(HARBOUR | {"title": "Strike ends"}, BRIDGE)])
    assert ids(library.news("30m", near=True)) == [[]]
    assert library.article("harbour").title == "Strike ends"


def test_one_question_can_be_asked_of_what_is_new(library, monkeypatch, clock):
    searched = []
    monkeypatch.setattr("rag.comparable.find", lambda *given: searched.append(given) or search.find(*given))
    query = Query.of(STRIKE)
    assert library.new_passages(query, "30m") == ()
    assert searched == [], "nothing was put in since"
    assert library.new_passages(query, "1d") == (), "the model of words is sure of nothing"
    with monkeypatch.context() as patch:
        patch.setattr(following, "ANSWERS", "near")
        assert [passage.article_id for passage in library.new_passages(query, "1d")] == ["ferry"]
    with pytest.raises(QuestionError, match="no outlet 'No such'"):
        library.new_passages(Query.of(STRIKE, outlets="No such"), "1d")


def test_which_articles_were_added_since_is_known_whatever_the_store(index, news, words, clock):
    with build(index, news, words, clock) as library:
        everything = ["ferry", "harbour", "bridge", "no such"]
        assert library.added_since("1d", everything) == {"ferry"}
        assert library.added_since("2w", everything) == {"ferry", "harbour", "bridge"}
        assert library.added_since("30m", everything) == library.added_since("2w", []) == frozenset()
        library.remove(["ferry"])
        assert library.added_since("1d", everything) == frozenset()


def test_the_order_of_adding_is_looked_up_once_however_many_questions_are_watched(library, monkeypatch):
    for number in range(5):
        library.watch(f"{STRIKE} {number}")
    times = []
    known = library._store.added_before
    monkeypatch.setattr(library._store, "added_before", lambda time: times.append(time) or known(time))
    library.news("1d")
    assert len(times) == 1


def test_a_new_article_is_found_among_many_old_ones_that_fit_better(tmp_path, news, words, clock):
    clock.at = NOW - dt.timedelta(days=10)
    old = [{"id": f"{n}", "text": f"{STRIKE} {n} and {n * 7}"} for n in range(150)]
    with rag.build([news(*old)], index=tmp_path / "index", encoder=words) as library:
        library.watch(STRIKE)
        clock.at = NOW
        library.add([news(FERRY, name="more.jsonl")])
        assert "ferry" not in [passage.article_id for passage in library.ask(STRIKE, k=30, min_confidence=0).passages]
        assert ids(library.news("1d", near=True)) == [["ferry"]]


def test_only_passages_that_answer_are_shown_unless_near_ones_are_asked_for(library, monkeypatch):
    library.watch(STRIKE)
    near = library.news("1d", near=True).news[0].passages
    assert {passage.grade for passage in near} == {"near"}  # the model of words is sure of nothing
    assert ids(library.news("1d")) == [[]]


def test_the_filters_of_a_question_are_saved_with_it(library):
    library.watch(STRIKE, outlets="guardian", after="2010-01-01")
    library.watch(STRIKE, exclude_outlets=["Press TV"])
    one, other = library.watched()
    assert (one.outlets, one.after, other.exclude_outlets) == (("guardian",), "2010-01-01", ("Press TV",))
    assert str(one) == f"{STRIKE}  (outlets: guardian; after: 2010-01-01)"
    assert ids(library.news("2w", near=True)) == [["harbour"], ["harbour", "ferry"]]


def test_a_question_is_watched_once_and_can_be_removed_by_its_number_or_its_words(library):
    library.watch(STRIKE)
    with pytest.raises(QuestionError, match="watched already"):
        library.watch(f" {STRIKE} ")
    library.watch("Who closed the bridge?")
    library.unwatch("2")
    assert [each.question for each in library.watched()] == [STRIKE]
    with pytest.raises(QuestionError, match="no question '2' is watched"):
        library.unwatch("2")
    library.unwatch(STRIKE)
    assert library.watched() == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"question": " "}, "the question is empty"),
        ({"question": STRIKE, "outlets": "Daily Planet"}, "no outlet 'Daily Planet'"),
        ({"question": STRIKE, "after": "May"}, "after is 'May'"),
        ({"question": "x" * 3000}, "at most 2,000 can be asked"),
    ],
)
def test_what_could_not_be_asked_is_not_saved(library, given, message):
    with pytest.raises(QuestionError, match=message):
        library.watch(**given)
    assert library.watched() == ()


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("7d", NOW - dt.timedelta(days=7)),
        ("12h", NOW - dt.timedelta(hours=12)),
        ("2w", NOW - dt.timedelta(weeks=2)),
        ("30m", NOW - dt.timedelta(minutes=30)),
        (dt.timedelta(days=1), NOW - dt.timedelta(days=1)),
        ("2016-11-01T10:00+00:00", dt.datetime(2016, 11, 1, 10, tzinfo=dt.UTC)),
        ("2016-11-01", dt.datetime(2016, 11, 1).astimezone()),
        (dt.date(2016, 11, 1), dt.datetime(2016, 11, 1).astimezone()),
    ],
)
def test_a_time_is_understood(since, expected):
    assert watching.moment(since, NOW) == expected


@pytest.mark.parametrize("since", ["yesterday", "7", "-1d", "2026-13-01", "2327-01-01", "", "9" * 30 + "d"])
def test_a_time_that_makes_no_sense_is_refused(since):
    with pytest.raises(QuestionError, match="since is"):
        watching.moment(since, NOW)


# A feed of one's own

HOSTILE = "<script>alert(1)</script> & ]]> \x1b[2J \u202e The ferry workers ended their strike on Tuesday."


@pytest.fixture
def hostile(tmp_path, news, words):
    record = {"id": "a/b", "outlet": "The <i>Echo</i>", "title": "&lt;img src=x onerror=alert(2)&gt; A & B"}
    record |= {"text": FERRY["text"], "url": "javascript:alert(3)"}
    with rag.build([news(record)], index=tmp_path / "index", encoder=words) as made:
        made.watch(STRIKE)
        report = made.news("1d", near=True)
    (found,) = report.news
    passages = (replace(found.passages[0], text=HOSTILE),)  # which readers of files would not let through
    return replace(report, news=(replace(found, passages=passages),))


@pytest.mark.parametrize("form", news_feed.FORMATS)
def test_what_articles_hold_is_text_in_a_feed(hostile, form, tmp_path):
    news_feed.write_feed(hostile, tmp_path / "feed", form)
    written = (tmp_path / "feed").read_text("utf-8")
    xml.dom.minidom.parseString(written)
    assert "<script" not in written
    assert "<img" not in written
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert "javascript:" not in written
    (entry,) = feedparser.parse(written, sanitize_html=False).entries
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; ]]&gt;" in entry.summary
    assert "<img" not in (entry.title if form == "rss" else "")
    assert entry.id.startswith("urn:according:a%2Fb:0-")
    assert [path.name for path in tmp_path.iterdir() if "feed" in path.name] == ["feed"]


def test_a_feed_leads_to_the_articles_and_keeps_their_dates(library):
    library.watch(STRIKE)
    report = library.news("2w", near=True)
    for form in news_feed.FORMATS:
        entries = {e.title: e for e in feedparser.parse(news_feed.feed_text(report, form, NOW)).entries}
        harbour = entries["The Guardian, 14 May 2013 (published): Harbour strike ends"]
        assert (harbour.link, harbour.published_parsed[:3]) == ("https://example.org/harbour", (2013, 5, 14))


def test_a_feed_that_cannot_be_written_is_an_error(hostile, tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        news_feed.write_feed(hostile, tmp_path / "nowhere" / "feed", "rss")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        news_feed.write_feed(hostile, tmp_path / "folder", "rss")
    assert [path.name for path in tmp_path.iterdir() if "folder" in path.name] == ["folder"], "nothing is left of it"


def test_a_passage_that_is_new_has_the_fields_of_one_in_an_answer(library):
    library.watch(STRIKE)
    (passage, *_) = library.news("2w", near=True).to_dict()["questions"][0]["passages"]
    assert set(passage) == set(library.ask(STRIKE, min_confidence=0).to_dict()["passages"][0])
    assert passage["quote_url"].startswith("https://example.org/harbour#:~:text=")


# The command line


@pytest.fixture
def shell(tmp_path, news, words, monkeypatch, capsys):
    """Runs a command on an index that was made just now; gives its exit status, stdout and stderr."""
    rag.build([news(HARBOUR, ORCHARD)], index=tmp_path / "i", encoder=words).close()
    opened = rag.open
    monkeypatch.setattr(rag, "open", lambda index, *_, **__: opened(index, encoder=words, reranker=None))

    def run(*arguments):
        capsys.readouterr()
        status = main([arguments[0], *map(str, arguments[1:]), "--index", str(tmp_path / "i")])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def test_questions_are_saved_listed_and_removed_by_command(shell):
    assert shell("watch", "list")[:2] == (0, "no question is watched\n")
    assert shell("watch", STRIKE, "--outlet", "The Guardian")[:2] == (0, f"1. {STRIKE}  (outlets: The Guardian)\n")
    assert json.loads(shell("watch", "list", "--json")[1]) == [
        {"number": 1, "question": STRIKE, "filters": {"outlets": ["The Guardian"]}}
    ]
    assert shell("watch", "remove", 1)[:2] == (0, "no question is watched\n")


def test_the_exit_status_says_whether_anything_is_new_as_that_of_grep_does(shell, tmp_path):
    assert shell("watch", "--since", "1d")[0] == 2
    shell("watch", STRIKE)
    rss, atom = tmp_path / "a.xml", tmp_path / "b.xml"
    status, out, _ = shell("watch", "--since", "1d", "--near", "--rss", rss, "--atom", atom)
    assert status == 0
    head = f"New for “{STRIKE}”\n\n1. According to The Guardian, via example.org, 14 May 2013 (published) (may not"
    assert out.startswith(head)
    assert [len(feedparser.parse(str(path)).entries) for path in (rss, atom)] == [1, 1]
    status, out, _ = shell("watch", "--since", "1d")
    assert (status, out.split(" since ")[0]) == (1, "1 of 1 questions: nothing in articles added")
    found = json.loads(shell("watch", "--since", "1d", "--near", "--json")[1])
    assert [p["article_id"] for p in found["questions"][0]["passages"]] == ["harbour"]
    (passage,) = found["questions"][0]["passages"]
    assert (passage["date"], "quote_url" in passage) == ("2013-05-14", True)
    assert shell("watch", "--since", "soon")[0] == 2
    status, _, err = shell("watch", STRIKE, "--since", "1d")
    assert (status, err.partition(", or --since")[0]) == (2, "according: give a question to save it")
    assert shell("watch", "--near")[0] == 1


def test_sources_are_changed_and_read_by_command(shell, tmp_path, news):
    assert shell("sources")[:2] == (0, "no source is saved\n")
    assert shell("update")[0] == 1
    more = news(BRIDGE, name="more.jsonl")
    assert shell("sources", "add", more)[:2] == (0, f"{more}\n")
    assert shell("update")[:2] == (0, f"{more}: 1 new, 0 updated, 1 read\n")
    other = news(FERRY, name="other.jsonl")
    shell("sources", "add", other)
    other.unlink()
    status, out, err = shell("update")
    assert (status, out) == (3, f"{more}: 0 new, 0 updated, 1 read\n")
    assert err == f"failed {other}: no such file or folder\n"
    assert shell("sources")[1] == f"{more}\n{other}  (failed: no such file or folder)\n"
    more.unlink()
    assert shell("update", "--json")[0] == 1
    assert json.loads(shell("sources", "remove", other, "--json")[1])[0]["failure"] == "no such file or folder"
    assert shell("sources", "add")[0] == 1
