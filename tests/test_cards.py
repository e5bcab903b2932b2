"""HTML is made in one place, and every text in it is escaped."""

import datetime as dt
import re

from rag.answer import Answer, Citation
from rag.balance import Balance, Counts
from rag.cards import address, answer_html, error_html, question_html
from rag.restrictions import AHEAD, CONTRADICTION, DATES, LOWER_END, MENTION, OUTLET, TAKEN_OFF, Restriction
from rag.search import CHOSEN, Synonyms

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


PLACE = "article/a?at=10-26&amp;quote=15-19&amp;of=3142bf79976c#passage"  # printf "One. Two. Three." | b2sum -l 48


def hrefs(html):
    return re.findall('href="([^"]*)"', html)


def test_a_card_links_to_its_place_in_the_whole_article():
    assert f'<a href="{PLACE}" target="_blank" rel="noopener">Read in context</a>' in card()
    assert address(citation(article_id="a/b ?")) == PLACE.replace("/a?", "/a%2Fb%20%3F?").replace("&amp;", "&")


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
    assert hrefs(html) == [PLACE]


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
    assert hrefs(html) == [PLACE]
    assert "<span><bdi>javascript:alert(1)</bdi></span>" in html


def test_nothing_found_is_said():
    assert "Nothing in the index answers this." in answer_html(Answer("q", "q", False))


def above(*restrictions, searched="q", names=(), confidence=0.5, found=True, index=("The Post",), **balance):
    """What stands above the cards, after the line that counts them or says that there is nothing."""
    counts = Balance(Counts(1, {"x": 1}, independent=1), index=Counts(1, dict.fromkeys(index, 1)), **balance)
    passages = (citation(),) if found else ()
    html = answer_html(Answer("q", searched, found, passages, counts, restrictions, names, confidence))
    return html.split("</p>", 1)[1].split("<article", 1)[0].removesuffix("</div>")


def dated(words, after=None, before=None, **changes):
    return Restriction(DATES, words, 0, len(words), after=after, before=before, **changes)


YEAR = (dt.date(2009, 1, 1), dt.date(2009, 12, 31))


def test_an_answer_to_a_plain_question_has_nothing_between_its_counts_and_its_cards():
    assert above() == ""
    assert above(found=False) == ""


def test_what_was_understood_is_shown_with_the_words_that_it_came_from():
    by = Restriction(OUTLET, "according to the Post", 0, 21, "The Post")
    assert above(dated("In 2009", *YEAR), by, searched="how many?") == (
        '<p class="searched">Searched for: <bdi>how many?</bdi></p>'
        '<p class="searched">Only <span class="chip">2009-01-01 to 2009-12-31, from “<bdi>In 2009</bdi>”</span> '
        '<span class="chip"><bdi>The Post</bdi>, from “<bdi>according to the Post</bdi>”</span></p>'
    )


def test_what_a_restriction_leaves_is_said_in_words():
    def chip(restriction):
        return above(restriction).split('"chip">')[1].split(", from “")[0]

    assert chip(dated("on 1 January 2009", YEAR[0], YEAR[0])) == "2009-01-01"
    assert chip(dated("since 2009", YEAR[0])) == "2009-01-01 or later"
    assert chip(dated("since 2009", YEAR[0], why=LOWER_END)) == "2009-01-01 or later, or undated"
    assert chip(dated("until 2009", None, YEAR[1])) == "2009-12-31 or earlier"
    assert chip(Restriction(OUTLET, "says the Echo", 0, 13, "The Echo")) == (
        "<bdi>The Echo</bdi>, of which the index has nothing"
    )


def test_of_what_was_not_applied_only_that_is_shown_which_a_reader_may_expect():
    reasons = (("in 2001", TAKEN_OFF), ("in 2002", CHOSEN), ("in 2003", CONTRADICTION))
    off = [dated(words, *YEAR, applied=False, why=why) for words, why in reasons]
    mention = Restriction(MENTION, "in 2090", 0, 7, applied=False, why=AHEAD)
    assert above(*off, mention) == (
        '<p class="searched">Not applied: <span class="chip off">“<bdi>in 2001</bdi>”: taken off</span> '
        '<span class="chip off">“<bdi>in 2002</bdi>”: the filters that were set go before it</span> '
        '<span class="chip off">“<bdi>in 2003</bdi>”: the dates contradict each other</span></p>'
    )


def test_names_the_cap_silent_outlets_undated_articles_and_a_bar_that_was_not_fitted_are_noted():
    names = (Synonyms("PU", ("Port Union", "Union of Ports")), Synonyms("HA", tuple("abcde")))
    assert above(names=names) == (
        '<p class="note">“<bdi>PU</bdi>” was also searched for as <bdi>Port Union</bdi> and '
        '<bdi>Union of Ports</bdi>.</p><p class="note">“<bdi>HA</bdi>” was also searched for as <bdi>a</bdi>, '
        "<bdi>b</bdi>, <bdi>c</bdi> and 2 more.</p>"
    )
    assert above(capped={"A": 1}) == '<p class="note">1 more passage of <bdi>A</bdi> fits nearly as well.</p>'
    assert above(capped={"A": 1, "B": 4}) == (
        '<p class="note">5 more passages of <bdi>B</bdi> and <bdi>A</bdi> fit nearly as well.</p>'
    )
    assert above(silent=("A",)) == (
        '<details class="note"><summary>1 more outlet says nothing that fits nearly as well</summary>'
        "<bdi>A</bdi></details>"
    )
    eight = ", ".join(f"<bdi>{name}</bdi>" for name in "ABCDEFGH")
    assert above(silent=tuple("ABCDEFGHIJ")).endswith(f"</summary>{eight} and 2 more</details>")
    assert above(undated_left_out=1200) == (
        '<p class="note">A filter on dates leaves out articles without one: 1,200 here.</p>'
    )
    assert "<code>according evaluate --fit</code>" in above(confidence=None)


def test_hostile_words_in_restrictions_names_and_outlets_are_shown_as_text():
    evil, safe = EVIL + "\u202eolleh<script>", f"<bdi>{SAFE}\ufffdolleh&lt;script&gt;</bdi>"
    html = above(
        Restriction(OUTLET, evil, 0, len(evil), evil),
        dated(evil, *YEAR, applied=False, why=TAKEN_OFF),
        searched=evil, names=(Synonyms(evil, (evil,)),), capped={evil: 2}, silent=(evil,),
    )  # fmt: skip
    assert html.count(safe) == html.count("olleh") == 8
    assert "<img" not in html
    assert "<script" not in html
