"""HTML is made in one place, and every text in it is escaped."""

import datetime as dt

from rag.answer import Answer, Citation
from rag.balance import Balance, Counts
from rag.cards import answer_html, error_html, question_html

EVIL = "</bdi><img src=x onerror=alert(1)>\"'&"
SAFE = "&lt;/bdi&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;"


def citation(**changes):
    values = {
        "article_id": "a", "start": 10, "end": 26, "text": "One. Two. Three.", "quote": (15, 19), "outlet": "The Post",
        "outlet_basis": "byline: By J. Roe, The Post", "strength": "explicit", "host": "mirror.example",
        "authors": ("J. Roe",),
        "date": dt.date(2020, 2, 1), "date_basis": "posted by host", "title": "A title", "url": "https://e.example/?a=1&b",
        "kind": "full text", "score": 0.5,
    }  # fmt: skip
    return Citation(**(values | changes))


def card(**changes):
    shown = citation(**changes)
    balance = Balance(Counts(1, {"x": 1}, independent=1), index=Counts(3, {"x": 1, "y": 2}))
    return answer_html(Answer("q", "q", True, (shown,), balance))


def test_a_card_shows_who_where_and_when():
    html = card()
    assert "According to <strong><bdi>The Post</bdi></strong><bdi>, via mirror.example</bdi>" in html
    assert "1 February 2020 (posted by host)" in html
    assert "<bdi>One. </bdi><mark><bdi>Two.</bdi></mark><bdi> Three.</bdi>" in html
    assert "<cite><bdi>A title</bdi></cite>" in html
    assert "by <bdi>J. Roe</bdi>" in html
    assert 'href="https://e.example/?a=1&amp;b"' in html
    assert "byline: By J. Roe, The Post" in html
    assert "1 passage, from 1 of the 2 outlets in the index, at least 1 independent source." in html
    assert "digest" not in html


def test_what_is_not_known_is_said():
    html = card(outlet=None, host=None, date=None, date_basis=None, title=None, authors=(), url=None)
    assert "According to <strong><bdi>an unknown outlet</bdi></strong>" in html
    assert "<bdi>undated</bdi>" in html
    assert "no title printed" in html
    assert "href" not in html


def test_a_digest_says_that_it_is_one():
    html = card(kind="digest")
    assert "According to a digest of <strong>" in html
    assert "digest: a summary, not the outlet’s own words" in html


def test_every_text_is_escaped():
    html = card(
        text=EVIL * 3, start=0, end=len(EVIL) * 3, quote=(len(EVIL), 2 * len(EVIL)), outlet=EVIL, outlet_basis=EVIL,
        host="h" + EVIL, authors=(EVIL,), title=EVIL, url="https://x/" + EVIL,
    )  # fmt: skip
    assert "<img" not in html
    assert html.count(SAFE) == 10
    assert "<img" not in question_html(EVIL) + error_html(ValueError(EVIL))
    assert "<img" not in answer_html(Answer(EVIL, EVIL + EVIL, False))


def test_an_address_that_is_not_of_the_web_is_no_link():
    html = card(url="javascript:alert(1)")
    assert "href" not in html
    assert "<span><bdi>javascript:alert(1)</bdi></span>" in html


def test_nothing_found_is_said():
    assert "Nothing in the index answers this." in answer_html(Answer("q", "q", False))
