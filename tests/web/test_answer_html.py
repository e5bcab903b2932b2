"""An answer as HTML: its notes, its cards, and that all text in it is escaped."""

import datetime as dt
import re
from dataclasses import replace

from rag.answer import wording
from rag.answer.answer import Answer
from rag.answer.balance import (
    ONE_KIND,
    ONE_OUTLET,
    ONE_TEXT,
    PARTISAN_KINDS,
    STATE_MEDIA,
    Balance,
    Caution,
    Counts,
    OutletMatch,
)
from rag.answer.citation import Citation
from rag.answer.figures import Figure, Mention
from rag.answer.refusals import STRICT, Why
from rag.errors import AccordingError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import Fact, Outlet, Rating
from rag.provenance.revisions import Change, Revision
from rag.query.constraints import CONTRADICTION, DATES, IGNORED, IN_FUTURE, MENTION, ORDER, OUTLET, PERIOD, Constraint
from rag.retrieval.parse import OVERRIDDEN, Alias
from rag.web.answer_html import answer_html, error_html, question_html
from rag.web.urls import passage_url

EVIL = "</bdi><img src=x onerror=alert(1)>\"'&"
SAFE = "&lt;/bdi&gt;&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;"


def citation(**changes):
    values = {
        "article_id": "a", "start": 10, "end": 26, "text": "One. Two. Three.", "quote": (15, 19), "outlet": "The Post",
        "outlet_basis": "byline: By J. Roe, The Post", "strength": "explicit", "host": "mirror.example",
        "authors": ("J. Roe",),
        "date": dt.date(2020, 2, 1), "date_basis": "posted by host", "title": "A title", "url": "https://e.example/?a=1&b",
        "kind": "full text", "score": 0.5,
    }  # fmt: skip
    return Citation(**(values | changes))


def card(catalogue=None, **changes):
    shown = citation(**changes)
    index = Counts(3, {"x": 1, "y": 2})
    balance = Balance(Counts(1, {"x": 1}, independent=1), index, index)
    return answer_html(Answer("q", "q", "answers", (shown,), balance), catalogue)


PLACE = "article/a?at=10-26&amp;quote=15-19&amp;of=d8048b283d88ff8cc79508acb33ebee5#passage"
# of: printf "One. Two. Three." | b2sum -l 128


def hrefs(html):
    """The URLs that a page links to, apart from its own downloads."""
    return [href for href in re.findall('href="([^"]*)"', html) if not href.startswith("cite/")]


def test_a_card_links_to_its_place_in_the_whole_article():
    assert f'<a href="{PLACE}" target="_blank" rel="noopener">Read in context</a>' in card()
    assert passage_url(citation(article_id="a/b ?")) == PLACE.replace("/a?", "/a%2Fb%20%3F?").replace("&amp;", "&")


def test_a_card_shows_who_where_and_when():
    html = card()
    assert (
        "<h3>According to <strong><bdi>The Post</bdi></strong><bdi>, via mirror.example</bdi>, "
        '<time class="when" datetime="2020-02-01"><bdi>1 February 2020 (posted by host)</bdi></time></h3>'
    ) in html
    assert '<blockquote dir="auto">One. <mark>Two.</mark> Three.</blockquote>' in html
    assert "<cite><bdi>A title</bdi></cite>" in html
    assert "by <bdi>J. Roe</bdi>" in html
    assert 'href="https://e.example/?a=1&amp;b"' in html
    assert "byline: By J. Roe, The Post" in html
    assert "1 passage from 1 outlet, at least 1 independent source, 2020." in html
    assert "<dt>Outlet</dt><dd><bdi>named explicitly (byline: By J. Roe, The Post)</bdi></dd>" in html
    assert "<dt>Date</dt><dd><bdi>posted on this day by the site that the text was taken from</bdi></dd>" in html
    assert "<dt>Score</dt><dd>0.50: how well the passage matches the question" in html
    assert "digest" not in html


def test_unknown_fields_are_shown_as_unknown():
    html = card(outlet=None, host=None, date=None, date_basis=None, title=None, authors=(), url=None)
    assert "According to <strong><bdi>an unknown outlet</bdi></strong>" in html
    assert '<span class="when"><bdi>undated</bdi></span>' in html
    assert "<dt>Date</dt><dd><bdi>not stated</bdi></dd>" in html
    assert "About" not in html
    assert "no title" in html
    assert hrefs(html) == [PLACE]


def test_a_digest_says_that_it_is_one():
    html = card(kind="digest")
    assert "According to a digest of <strong>" in html
    assert "digest: a summary, not the outlet’s own words" in html


def test_all_text_is_escaped():
    html = card(
        text=EVIL * 3, start=0, end=len(EVIL) * 3, quote=(len(EVIL), 2 * len(EVIL)), outlet=EVIL, outlet_basis=EVIL,
        host="h" + EVIL, authors=(EVIL,), title=EVIL, url="https://x/" + EVIL,
    )  # fmt: skip
    assert "<img" not in html
    assert html.count(SAFE) == 11
    assert "<img" not in question_html(EVIL) + error_html(AccordingError(EVIL), True)
    assert "<img" not in answer_html(Answer(EVIL, EVIL + EVIL, "nothing"))


def test_a_url_that_is_not_of_the_web_is_no_link():
    html = card(url="javascript:alert(1)")
    assert hrefs(html) == [PLACE]
    assert "<span><bdi>javascript:alert(1)</bdi></span>" in html


def test_a_card_has_a_citation_link_in_each_form():
    html = card(article_id='a/b?c="><img>')
    key = re.search(r"key=(thepost2020-[0-9a-f]{32})", html)[1]
    for form, label in (("markdown", "Markdown"), ("bibtex", "BibTeX"), ("csl-json", "CSL-JSON")):
        href = f"cite/a%2Fb%3Fc%3D%22%3E%3Cimg%3E?at=10-26&amp;quote=15-19&amp;key={key}&amp;as={form}"
        assert f'<a href="{href}" download>{label}</a> <button type="button" aria-label="Copy as {label}">' in html
    assert "<img" not in html


def test_an_empty_answer_says_so():
    assert "Nothing in the index answers this." in answer_html(Answer("q", "q", "nothing"))


NEAREST = '<p class="near" role="status">Nearest passages. They may not answer.</p>'


def test_the_nearest_passages_are_called_that_above_them_and_in_the_name_of_each():
    answer = Answer("q", "q", "near", (citation(), citation()), Balance(Counts(2, {"x": 2}, independent=1)))
    html = answer_html(answer)
    assert html.index(NEAREST) < html.index('class="summary"') < html.index('<article class="card"')
    assert re.findall('<article class="card" aria-label="(.*?)"', html) == [
        "Passage 1 of 2, which may not answer", "Passage 2 of 2, which may not answer",
    ]  # fmt: skip
    html = answer_html(replace(answer, grade="answers"))
    assert NEAREST not in html
    assert re.findall('<article class="card" aria-label="(.*?)"', html) == ["Passage 1 of 2", "Passage 2 of 2"]


def test_what_strict_leaves_out_is_said():
    html = answer_html(Answer("q", "q", "nothing", near_left_out=2, why=Why(STRICT)))
    assert (
        '<p class="nothing" role="status">Only passages that may not answer were found; '
        "ask without strict to see them.</p>"
    ) in html
    assert "card" not in html


def summary(*dates, copies=0, **shown):
    """The first line of an answer whose passages have these dates."""
    counts = Balance(Counts(len(dates), **shown), copies=copies)
    answer = Answer("q", "q", "answers", tuple(citation(date=date) for date in dates), counts)
    return answer_html(answer).split('role="status">')[1].split("</p>")[0]


def test_the_summary_counts_passages_outlets_sources_and_years():
    first, last = dt.date(1997, 5, 1), dt.date(2018, 1, 1)
    four = {"A": 1, "B": 1, "C": 1, "D": 1}
    assert summary(first, last, last, first, None, outlets=four, independent=3, copies=2) == (
        "5 passages from 4 outlets, at least 3 independent sources, 1997 to 2018, 1 undated; 2 duplicates not shown."
    )
    assert summary(last, outlets={"A": 1}, independent=1, copies=1) == (
        "1 passage from 1 outlet, at least 1 independent source, 2018; 1 duplicate not shown."
    )
    unknown = {"A": 1, "an unknown outlet": 1}
    assert summary(None, None, outlets=unknown, independent=2) == (
        "2 passages from 1 outlet and an unknown outlet, at least 2 independent sources, undated."
    )
    assert summary(None, outlets={"an unknown outlet": 1}, independent=1) == (
        "1 passage from an unknown outlet, at least 1 independent source, undated."
    )


def caution(reason, *of):
    return str(wording.caution(Caution(reason, of)))


def test_cautions_say_why_an_answer_may_be_one_sided():
    assert caution(ONE_OUTLET, "The Post") == "all passages come from one outlet, The Post"
    assert caution(STATE_MEDIA, "X", "Y") == (
        "all passages come from state media of X and Y, owned or funded by a government"
    )
    assert caution(ONE_KIND, "advocacy group") == (
        "all passages come from advocacy groups, which publish to further a cause"
    )
    assert {*wording.OUTLET_KINDS} == {*PARTISAN_KINDS}
    assert caution(ONE_TEXT, "A", "B") == (
        "everything here may come from one source: A and B carry the same text, or parts of it"
    )
    balance = Balance(Counts(1, {"x": 1}, independent=1), warnings=(Caution(ONE_OUTLET, (EVIL,)),))
    html = answer_html(Answer("q", "q", "answers", (citation(),), balance))
    assert (
        f'</p><p class="caution"><strong>Caution:</strong> all passages come from one outlet, <bdi>{SAFE}</bdi>.</p>'
    ) in html


POST = Outlet(
    "The Post", kind="newspaper", country=Fact("Valsera", "https://post.example/about?a&b", "2024-06"),
    owner=Fact("the Roe family", "notes, page 3"), state=Fact("Valsera", "javascript:alert(1)", "2023"),
    ratings=(Rating("A Council", "4 of 5", "2023-05", "https://council.example/r"), Rating("B", "left", "2024")),
)  # fmt: skip


def test_a_card_unfolds_what_the_catalogue_knows_each_fact_with_its_source():
    link = 'target="_blank" rel="noopener noreferrer nofollow"'
    known = card(Catalogue([POST])).split('<details class="about">')[1].split("</details>")[0]
    assert known == (
        "<summary>About <bdi>The Post</bdi>: newspaper, state media of <bdi>Valsera</bdi></summary><dl>"
        "<div><dt>Kind</dt><dd>newspaper (our classification)</dd></div>"
        f'<div><dt>Country</dt><dd><bdi>Valsera</bdi> (<a href="https://post.example/about?a&amp;b" {link}>'
        "<bdi>post.example</bdi></a>, as of 2024-06)</dd></div>"
        "<div><dt>Owner</dt><dd><bdi>the Roe family</bdi> (<span><bdi>notes, page 3</bdi></span>, date not stated)</dd>"
        "</div>"
        "<div><dt>Funding</dt><dd>not stated</dd></div>"
        "<div><dt>State media of</dt><dd><bdi>Valsera</bdi> (<span><bdi>javascript:alert(1)</bdi></span>, as of 2023)"
        "</dd></div><div><dt>Stance</dt><dd>not stated</dd></div>"
        "<div><dt>Rating</dt><dd><bdi>4 of 5</bdi>, by <bdi>A Council</bdi>, 2023-05 "
        f'(<a href="https://council.example/r" {link}><bdi>council.example</bdi></a>); <bdi>left</bdi>, '
        "by <bdi>B</bdi>, 2024</dd></div></dl>"
    )


def test_an_outlet_without_a_rating_is_unrated_and_an_unknown_one_is_not_in_the_catalogue():
    bare = card(Catalogue([Outlet("The Post")]))
    assert "<summary>About <bdi>The Post</bdi>: not classified</summary>" in bare
    assert "<dt>Rating</dt><dd>unrated</dd>" in bare
    assert "cent" not in bare.split("<dl>")[1].split("</dl>")[0]
    assert '<p class="about"><bdi>The Post</bdi> is not in the catalogue of outlets</p>' in card(Catalogue([]))


def test_hostile_facts_of_an_outlet_are_text():
    fact = Fact(EVIL, "https://x/" + EVIL)
    hostile = Outlet(
        EVIL, country=fact, owner=fact, funding=fact, state=fact, stance=fact,
        ratings=(Rating(EVIL, EVIL, "2024", EVIL),),
    )  # fmt: skip
    html = card(Catalogue([hostile]), outlet=EVIL)
    assert "<img" not in html
    assert html.count("<bdi>") == html.count("</bdi>")


def test_the_balance_unfolds_below_the_counts():
    outlet_matches = (OutletMatch("a", EVIL, dt.date(2020, 2, 1), True),)
    counts = Counts(1, {EVIL: 1}, independent=1)
    html = answer_html(
        Answer("q", "q", "answers", (citation(),), Balance(counts, counts, counts, outlet_matches=outlet_matches))
    )
    assert "<summary>Balance: 1 of 1 outlet in the index, and who spoke when</summary><table" in html
    assert html.count(f'<th scope="row"><bdi>{SAFE}</bdi></th>') == 2
    assert "<img" not in html


def above(*constraints, searched="q", aliases=(), confidence=0.5, found=True, index=("The Post",), **balance):
    """The HTML above the cards, after the line that counts them or says that there are none."""
    counts = Balance(Counts(1, {"x": 1}, independent=1), index=Counts(1, dict.fromkeys(index, 1)), **balance)
    passages = (citation(),) if found else ()
    html = answer_html(
        Answer("q", searched, "answers" if found else "nothing", passages, counts, constraints, aliases, confidence)
    )
    return html.split("</p>", 1)[1].split('<details class="balance"', 1)[0].removesuffix("</div>")


def dated(words, after=None, before=None, **changes):
    return Constraint(DATES, words, 0, len(words), after=after, before=before, **changes)


YEAR = (dt.date(2009, 1, 1), dt.date(2009, 12, 31))


def test_an_answer_to_a_plain_question_has_nothing_between_its_counts_and_its_cards():
    assert above() == ""
    assert above(found=False) == ""


def test_constraints_understood_from_the_question_are_shown():
    by = Constraint(OUTLET, "according to the Post", 0, 21, "The Post")
    assert above(dated("In 2009", *YEAR), by, searched="how many?") == (
        '<p class="searched">Searched for: <bdi>how many?</bdi></p>'
        '<p class="searched">Only <span class="chip">2009-01-01 to 2009-12-31</span> '
        '<span class="chip"><bdi>The Post</bdi></span></p>'
    )


def test_a_constraint_says_what_it_allows():
    def chip(constraint):
        return above(constraint).split('"chip">')[1].split("</span>")[0]

    assert chip(dated("on 1 January 2009", YEAR[0], YEAR[0])) == "2009-01-01"
    assert chip(dated("since 2009", YEAR[0])) == "2009-01-01 or later"
    assert chip(dated("until 2009", None, YEAR[1])) == "2009-12-31 or earlier"
    assert chip(Constraint(OUTLET, "says the Echo", 0, 13, "The Echo")) == ("<bdi>The Echo</bdi> (not in this index)")


def test_what_comes_first_is_shown_apart_from_what_is_left_out():
    then = Constraint(PERIOD, "in 2009", 0, 7, after=YEAR[0], before=YEAR[1])
    now = Constraint(PERIOD, "recently", 0, 8, after=YEAR[0], before=YEAR[0], counted_from=YEAR[0])
    first = Constraint(ORDER, "first reports", 0, 13)
    assert above(dated("since 2009", YEAR[0]), then, now, first) == (
        '<p class="searched">Only <span class="chip">2009-01-01 or later</span></p><p class="searched">First: '
        '<span class="chip">articles from 2009-01-01 to 2009-12-31 or soon after</span> '
        '<span class="chip">articles from 2009-01-01 or soon after, counted from 2009-01-01</span> '
        '<span class="chip">the oldest articles</span></p>'
    )


def test_only_unapplied_constraints_that_a_reader_may_expect_are_shown():
    reasons = (("in 2001", IGNORED), ("in 2002", OVERRIDDEN), ("in 2003", CONTRADICTION))
    off = [dated(words, *YEAR, applied=False, why=why) for words, why in reasons]
    mention = Constraint(MENTION, "in 2090", 0, 7, applied=False, why=IN_FUTURE)
    assert above(*off, mention) == (
        '<p class="searched">Not applied: <span class="chip off">“<bdi>in 2001</bdi>”: ignored</span> '
        '<span class="chip off">“<bdi>in 2002</bdi>”: overridden by the filters you set</span> '
        '<span class="chip off">“<bdi>in 2003</bdi>”: the dates contradict each other</span></p>'
    )


def test_notes_name_aliases_capped_outlets_unmatched_outlets_undated_articles_and_a_missing_threshold():
    aliases = (Alias("PU", ("Port Union", "Union of Ports")), Alias("HA", tuple("abcde")))
    assert above(aliases=aliases) == (
        '<p class="note">Other names searched for “<bdi>PU</bdi>”: <bdi>Port Union</bdi> and '
        '<bdi>Union of Ports</bdi>.</p><p class="note">Other names searched for “<bdi>HA</bdi>”: <bdi>a</bdi>, '
        "<bdi>b</bdi>, <bdi>c</bdi> and 2 more.</p>"
    )
    assert above(capped={"A": 1}) == '<p class="note">1 more passage from <bdi>A</bdi> matches nearly as well.</p>'
    assert above(capped={"A": 1, "B": 4}) == (
        '<p class="note">5 more passages from <bdi>B</bdi> and <bdi>A</bdi> match nearly as well.</p>'
    )
    assert above(unmatched_outlets=("A",)) == (
        '<details class="note"><summary>1 other outlet: no close match</summary><bdi>A</bdi></details>'
    )
    eight = ", ".join(f"<bdi>{name}</bdi>" for name in "ABCDEFGH")
    assert above(unmatched_outlets=tuple("ABCDEFGHIJ")).endswith(f"</summary>{eight} and 2 more</details>")
    assert above(undated_left_out=1200) == ('<p class="note">The date filter leaves out 1,200 undated articles.</p>')
    assert "run: according evaluate --fit." in above(confidence=None)


def test_hostile_words_in_constraints_aliases_and_outlets_are_text():
    evil, safe = EVIL + "\u202eolleh<script>", f"<bdi>{SAFE}\ufffdolleh&lt;script&gt;</bdi>"
    html = above(
        Constraint(OUTLET, evil, 0, len(evil), evil),
        dated(evil, *YEAR, applied=False, why=IGNORED),
        searched=evil, aliases=(Alias(evil, (evil,)),), capped={evil: 2}, unmatched_outlets=(evil,),
    )  # fmt: skip
    assert html.count(safe) == html.count("olleh") == 7
    assert "<img" not in html
    assert "<script" not in html


def with_figures(*figures, **changes):
    index = Counts(3, {"x": 1, "y": 2})
    balance = Balance(Counts(1, {"x": 1}, independent=1), index, index)
    return answer_html(Answer("q", "q", "answers", (citation(**changes),), balance, figures=figures))


def test_figures_are_one_line_above_the_passages_each_with_a_link_to_its_place():
    mentions = Mention("a", 15, 18, "Two", "The Post", None), Mention("a", 15, 18, "two", None, None)
    html = with_figures(Figure("number", 2, None, "people", mentions))
    place = PLACE.replace("quote=15-19", "quote=15-18")
    link = f'<a href="{place}" target="_blank" rel="noopener"><bdi>{{}}</bdi></a>'
    assert (
        '<p class="figures">Figures given: <span><strong><bdi>Two</bdi></strong> '
        f"({link.format('The Post')}; {link.format('an unknown outlet')})</span></p>" in html
    )
    assert html.index('class="figures"') < html.index('class="card"')
    assert "figures" not in with_figures()


def test_the_words_of_figures_are_escaped():
    mentions = Mention("a", 15, 18, f"9{EVIL}", EVIL, None), Mention("a", 16, 18, f"9{EVIL}{EVIL}", EVIL, None)
    html = with_figures(Figure("number", 9, None, "people", mentions))
    assert EVIL not in html
    line = html[html.index('<p class="figures">') : html.index("</p>", html.index('<p class="figures">'))]
    assert line.count(SAFE) == 5


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
