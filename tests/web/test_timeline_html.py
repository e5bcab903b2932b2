"""The tab with the timeline of an answer: years, whose date each is, who says it."""

import datetime as dt
import re

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.comparison.timeline.timeline import Entry, Timeline, When
from rag.provenance.catalogue import load_catalogue
from rag.web.timeline_html import timeline_html
from rag.web.urls import passage_url

EVIL = "</bdi><img src=x onerror=alert(1)>\"'&"


def citation(**changes):
    values = {
        "article_id": "a", "start": 0, "end": 15, "text": "One. Two. Three", "quote": (5, 9), "outlet": "Press TV",
        "outlet_basis": "metadata", "strength": "explicit", "host": "mirror.example", "authors": (),
        "date": dt.date(2013, 9, 2), "date_basis": "published", "title": None, "url": None, "kind": "full text",
        "score": 0.5,
    }  # fmt: skip
    return Citation(**(values | changes))


def when(day, last=None, precision="day", basis="sentence", value=None, words="1 September"):
    first = dt.date.fromisoformat(day)
    return When(first, dt.date.fromisoformat(last or day), value or day, precision, basis, words=words)


def shown(*entries, undated=(), grade="answers", left_out=0):
    answer = Answer("q", "q", grade, tuple(entry.citation for entry in (*entries, *undated)))
    return timeline_html(Timeline(answer, entries, tuple(undated), left_out), load_catalogue())


def test_an_entry_has_its_date_whose_date_that_is_who_says_it_and_the_sentence():
    cited = citation()
    html = shown(Entry(when("2013-09-01"), cited, "answers", also=("Mehr News",), more=2))
    assert "<h3>2013</h3>" in html
    assert '<time datetime="2013-09-01"><strong>1 September 2013</strong></time>' in html
    assert "stated: “<bdi>1 September</bdi>”" in html
    facts = re.findall("<span>(.*?)</span>", html.split('class="source"')[1])
    assert facts == [
        "broadcaster", "state media of <bdi>Iran</bdi>", "<bdi>via mirror.example</bdi>",
        "<bdi>2 September 2013 (published)</bdi>",
    ]  # fmt: skip
    url = passage_url(cited).replace("&", "&amp;")
    assert (
        f'<p class="quoted" dir="auto"><a href="{url}" target="_blank" rel="noopener"><mark>Two.</mark></a></p>' in html
    )
    assert "also printed by <bdi>Mehr News</bdi>; 2 more sentences of this source on this date" in html


def test_the_date_of_the_article_is_called_that_and_given_once():
    html = shown(Entry(when("2013-09-02", basis="article"), citation(), "answers"))
    assert '<li class="of-article">' in html
    assert "date of the article, <bdi>published</bdi>" in html
    assert html.count("2 September 2013") == 1
    assert "1 entry has the date of the article, since the sentences state none." in html
    assert '<li class="stated">' in shown(Entry(when("2013-09-02"), citation(), "answers"))


def test_years_are_headings_in_order_and_what_has_no_date_is_last():
    entries = [
        Entry(when("1980-01-01", "1989-12-31", "decade", value="1980s"), citation(), "answers"),
        Entry(when("1981-01-01", "1989-12-31", "year", value="1981/1989"), citation(), "answers"),
        Entry(when("1981-05-01", "1981-05-31", "month", value="1981-05"), citation(), "answers"),
        Entry(when("2013-09-01"), citation(), "answers"),
    ]
    html = shown(*entries, undated=[Entry(None, citation(date=None), "answers")], left_out=3)
    assert re.findall("<h3>(.*?)</h3>", html) == ["1980s", "1981", "2013", "Without a date"]
    assert re.findall('datetime="(.*?)"', html) == ["1981-05", "2013-09-01"], "a span or decade is no date of HTML"
    assert "<strong>1981 to 1989</strong>" in html
    assert "<strong>no date</strong>" in html
    assert "3 entries left out." in html


def test_what_may_not_answer_and_digests_are_called_that():
    html = shown(Entry(when("2013-09-01"), citation(kind="digest"), "near"), grade="near")
    assert html.startswith(
        '<div class="according chronology"><p class="near">Nearest passages. They may not answer.</p>'
        '<p class="note">Digests are summaries, not the outlets’ own words.</p>'
    )
    assert '<span class="doubt">may not answer</span> <span>broadcaster</span>' in html
    assert "<span>digest</span>" in html
    assert "may not answer" not in shown(Entry(when("2013-09-01"), citation(), "answers"))


def test_all_text_is_escaped():
    text = f"One. {EVIL} Three"
    evil = citation(outlet=EVIL, host=f"h {EVIL}", text=text, quote=(5, 5 + len(EVIL)), article_id=EVIL)
    html = shown(Entry(when("2013-09-01", words=EVIL), evil, "answers", also=(EVIL,)))
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 5


def test_nothing_found_says_why():
    html = timeline_html(Timeline(Answer("q", "q", "nothing")), load_catalogue())
    assert '<p class="nothing" role="status">Nothing in the index answers this.</p>' in html
    assert "<h3>" not in html
