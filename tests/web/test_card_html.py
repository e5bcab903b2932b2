"""The card of a passage: who, when, the sentences that answer, and what can be unfolded; all text in it is escaped."""

import datetime as dt
import re

import pytest
from support.cited import EVIL, PLACE, SAFE, citation

from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import Fact, Outlet, Rating
from rag.provenance.revisions import Change, Revision
from rag.web.card_html import MAX_UNFOLDED, card_html
from rag.web.urls import passage_url

POST = Outlet(
    "The Post", kind="newspaper", country=Fact("Valsera", "https://post.example/about?a&b", "2024-06"),
    owner=Fact("the Roe family", "notes, page 3"), state=Fact("Valsera", "javascript:alert(1)", "2023"),
    ratings=(Rating("A Council", "4 of 5", "2023-05", "https://council.example/r"), Rating("B", "left", "2024")),
)  # fmt: skip


def card(catalogue=None, **changes):
    return card_html(citation(**changes), "Passage 2 of 5", 2, catalogue or Catalogue([]))


def details(html, summary):
    """What is unfolded below a summary."""
    return html.split(f"<summary>{summary}</summary>")[1].split("</details>")[0]


def hrefs(html):
    """The URLs that a card links to, apart from its own downloads."""
    return [href for href in re.findall(' href="([^"]*)"', html) if not href.startswith("cite/")]


def test_a_card_has_the_name_and_the_number_that_it_is_given_and_can_be_gone_to():
    assert card().startswith('<article class="card" aria-label="Passage 2 of 5" data-card="2" tabindex="-1">')


def test_a_card_links_to_its_place_in_the_whole_article():
    assert f'<a href="{PLACE}" target="_blank" rel="noopener">Read in context</a>' in card()
    assert passage_url(citation(article_id="a/b ?")) == PLACE.replace("/a?", "/a%2Fb%20%3F?").replace("&amp;", "&")


def test_a_card_shows_who_where_and_when():
    html = card(Catalogue([POST]))
    assert (
        "<header><h3><strong><bdi>The Post</bdi></strong><bdi>, via mirror.example</bdi></h3>"
        '<span class="known">newspaper, state media of <bdi>Valsera</bdi></span>'
        '<time class="when" datetime="2020-02-01"><bdi>1 February 2020 (posted by host)</bdi></time></header>'
    ) in html
    assert '<p class="title"><cite><bdi>A title</bdi></cite> <span>by <bdi>J. Roe</bdi></span> <a href="https' in html
    assert 'href="https://e.example/?a=1&amp;b"' in html
    source = details(html, "Source details")
    assert "<dt>Outlet</dt><dd><bdi>named explicitly (byline: By J. Roe, The Post)</bdi></dd>" in source
    assert "<dt>Date</dt><dd><bdi>posted on this day by the site that the text was taken from</bdi></dd>" in source
    assert "<dt>Score</dt><dd>0.50: how well the passage matches the question" in source
    assert "digest" not in html


def test_unknown_fields_are_shown_as_unknown():
    html = card(outlet=None, host=None, date=None, date_basis=None, title=None, authors=(), url=None)
    assert "<h3><strong><bdi>an unknown outlet</bdi></strong><bdi></bdi></h3>" in html
    assert '<span class="when"><bdi>undated</bdi></span>' in html
    assert "<dt>Date</dt><dd><bdi>not stated</bdi></dd>" in html
    assert "<dt>Catalogue" not in html, "nothing can be known of it"
    assert '<p class="title"></p>' in html
    assert hrefs(html) == [PLACE]


def test_a_digest_says_that_it_is_one():
    html = card(kind="digest")
    says = "digest: a summary, not the outlet’s own words"
    assert f'<h3><span class="kind" title="{says}">digest of</span> <strong>' in html
    assert f"<dt>Text</dt><dd>{says}</dd>" in details(html, "Source details")


# What is around the sentences that answer


MARKED = '<blockquote class="{}" dir="auto">{}<mark>Two.</mark>{}</blockquote>{}'
MORE = '<button type="button" class="more" data-do="more" aria-expanded="false">more</button>'


def said(text):
    at = text.index("Two.")
    html = card(text=text, start=10, end=10 + len(text), quote=(10 + at, 14 + at))
    return re.search("<blockquote.*</blockquote>(<button.*?</button>)?", html)[0]


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("", "", "said"), ("", " Three.", "said"), (" ", " Three.", "said"), ("", "x" * MAX_UNFOLDED, "said"),
        ("", "x" * (MAX_UNFOLDED + 1), "said folded"), ("One. ", " Three.", "said folded cut"), ("One. ", "",
        "said folded cut"),
    ],
)  # fmt: skip
def test_the_card_begins_with_the_marked_sentences_and_what_is_around_them_is_folded(before, after, names):
    shown = [f'<span class="{name}">{text}</span>' if text else "" for name, text in zip(
        ("before", "after"), (before, after), strict=True)]  # fmt: skip
    assert said(f"{before}Two.{after}") == MARKED.format(names, *shown, MORE if "folded" in names else "")


# What it can be cited as


def test_a_card_has_a_citation_link_in_each_form_and_a_button_that_copies_it():
    html = card(article_id='a/b?c="><img>')
    key = re.search(r"key=(thepost2020-[0-9a-f]{32})", html)[1]
    address = f"cite/a%2Fb%3Fc%3D%22%3E%3Cimg%3E?at=10-26&amp;quote=15-19&amp;key={key}&amp;as="
    for form, label in (("markdown", "Markdown"), ("bibtex", "BibTeX"), ("csl-json", "CSL-JSON")):
        assert (
            f'<span><a href="{address}{form}" download>{label}</a> <button type="button" data-do="copy" '
            f'data-href="{address}{form}" aria-label="Copy as {label}">copy</button></span> '
        ) in details(html, "Cite")
    assert (
        f'<button type="button" data-do="copy" data-href="{address}quote" data-whole="{address}passage">Copy quote'
    ) in html
    assert "<img" not in html


def test_who_else_prints_the_passage_can_be_unfolded():
    assert 'class="copies"' not in card()
    html = card(republishers=("mirror.example", "The Echo", EVIL))
    assert details(html, "Elsewhere") == f"<p><bdi>also published by The Echo, {SAFE}</bdi></p>"
    both = card(copies=("b", "c"), republishers=("The Echo",))
    assert details(both, "2 copies") == "<p><bdi>also published by The Echo</bdi></p>"
    assert "<summary>1 copy</summary>" in card(copies=("b",), republishers=("The Echo",))
    assert details(card(shared=("b", "c")), "Elsewhere") == (
        "<p><bdi>a sentence from it also appears in 2 other articles</bdi></p>"
    )


# All text is text


def test_all_text_is_escaped():
    html = card(
        text=EVIL * 3, start=0, end=len(EVIL) * 3, quote=(len(EVIL), 2 * len(EVIL)), outlet=EVIL, outlet_basis=EVIL,
        host="h" + EVIL, authors=(EVIL,), title=EVIL, url="https://x/" + EVIL,
    )  # fmt: skip
    assert "<img" not in html
    assert html.count(SAFE) == 10
    assert html.count("<bdi>") == html.count("</bdi>")


def test_a_url_that_is_not_of_the_web_is_no_link():
    html = card(url="javascript:alert(1)")
    assert hrefs(html) == [PLACE]
    assert "<span><bdi>javascript:alert(1)</bdi></span>" in html


# What the catalogue knows of the outlet


def test_a_card_unfolds_what_the_catalogue_knows_each_fact_with_its_source():
    link = 'target="_blank" rel="noopener noreferrer nofollow"'
    facts = details(card(Catalogue([POST])), "Source details").split("<div><dt>Kind</dt>")[1].split("<div><dt>Score")[0]
    assert facts == (
        "<dd>newspaper (our classification)</dd></div>"
        f'<div><dt>Country</dt><dd><bdi>Valsera</bdi> (<a href="https://post.example/about?a&amp;b" {link}>'
        "<bdi>post.example</bdi></a>, as of 2024-06)</dd></div>"
        "<div><dt>Owner</dt><dd><bdi>the Roe family</bdi> (<span><bdi>notes, page 3</bdi></span>, date not stated)</dd>"
        "</div>"
        "<div><dt>Funding</dt><dd>not stated</dd></div>"
        "<div><dt>State media of</dt><dd><bdi>Valsera</bdi> (<span><bdi>javascript:alert(1)</bdi></span>, as of 2023)"
        "</dd></div><div><dt>Stance</dt><dd>not stated</dd></div>"
        "<div><dt>Rating</dt><dd><bdi>4 of 5</bdi>, by <bdi>A Council</bdi>, 2023-05 "
        f'(<a href="https://council.example/r" {link}><bdi>council.example</bdi></a>); <bdi>left</bdi>, '
        "by <bdi>B</bdi>, 2024</dd></div>"
    )


def test_an_outlet_without_a_rating_is_unrated_and_an_unknown_one_is_not_in_the_catalogue():
    bare = card(Catalogue([Outlet("The Post")]))
    assert '<span class="known">not classified</span>' in bare
    assert "<dt>Rating</dt><dd>unrated</dd>" in bare
    assert "cent" not in details(bare, "Source details").split("<dt>Score")[0]
    unknown = card(Catalogue([]))
    assert '<span class="known">not in the catalogue of outlets</span>' in unknown
    assert "<dt>Catalogue</dt><dd>not in the catalogue of outlets</dd>" in details(unknown, "Source details")


def test_hostile_facts_of_an_outlet_are_text():
    fact = Fact(EVIL, "https://x/" + EVIL)
    hostile = Outlet(
        EVIL, country=fact, owner=fact, funding=fact, state=fact, stance=fact,
        ratings=(Rating(EVIL, EVIL, "2024", EVIL),),
    )  # fmt: skip
    html = card(Catalogue([hostile]), outlet=EVIL)
    assert html.count(SAFE) >= 10
    assert "<img" not in html
    assert html.count("<bdi>") == html.count("</bdi>")


def test_a_card_says_what_changed_since_an_earlier_version():
    changed = Change("5,000", "<b>500</b>", 10, 13, "number")
    html = card(revision=Revision(dt.date(2024, 5, 1), None, (changed, *[Change("", "x", 1, 2, "other")] * 4)))
    assert (
        '<span class="changed diff">Changed since <bdi>the version of 1 May 2024</bdi>: '
        '<del><span class="unseen">removed: </span><bdi>5,000</bdi></del> → '
        '<ins><span class="unseen">added: </span><bdi>&lt;b&gt;500&lt;/b&gt;</bdi></ins>; '
    ) in html
    assert "; 2 more</span>" in html
    assert "Changed since" not in card()
