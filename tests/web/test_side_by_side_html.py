"""The tab with a comparison: a row an outlet, its near-copies below it, who has no match; nothing in it is markup."""

import datetime as dt
import json
import re

import pytest
from support import WordEncoder

import rag
from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.figures import Figure, Mention
from rag.comparison.side_by_side.comparison import Comparison, Row, SilentGroup
from rag.comparison.side_by_side.shared import Sharer, sharers
from rag.provenance.catalogue import load_catalogue
from rag.web import side_by_side_html as module
from rag.web.side_by_side_html import side_by_side_html
from rag.web.urls import passage_url

EVIL = "</bdi><img src=x onerror=alert(1)>\"'&"


def citation(outlet="Press TV", **changes):
    values = {
        "article_id": "a", "start": 0, "end": 15, "text": "One. Two. Three", "quote": (5, 9), "outlet": outlet,
        "outlet_basis": "metadata", "strength": "explicit", "host": None, "authors": (), "date": dt.date(2013, 9, 2),
        "date_basis": "published", "title": None, "url": None, "kind": "full text", "score": 0.5,
    }  # fmt: skip
    return Citation(**(values | changes))


def row(outlet="Press TV", grade="answers", date="2013-09-02", score=0.5, **changes):
    cited = {
        name: changes.pop(name) for name in list(changes) if name in ("host", "kind", "text", "quote", "article_id")
    }
    day = date and dt.date.fromisoformat(date)
    return Row(outlet, grade, citation(outlet, date=day, score=score, **cited), **changes)


def comparison(*rows, grade="answers", by="outlet", figures=(), searched="q", **changes):
    answer = Answer("q", searched, grade, tuple(each.citation for each in rows), figures=figures)
    return Comparison(by, answer, rows, **changes)


def shown(*rows, sort="kind", copies=None, **changes):
    return side_by_side_html(comparison(*rows, **changes), load_catalogue(), "H", sort, copies)


def outlets(html):
    """The names at the beginnings of rows, and the kinds above them with a colon."""
    found = re.findall(r'scope="row(group)?"[^>]*>(?:<strong>)?(?:<bdi>)?(.*?)(?:</bdi>|</th>)', html)
    return [f"{name}:" if group else name for group, name in found]


def facts(html):
    """What is said after the name of the first row."""
    return re.findall("<span[^>]*>(.*?)</span>", html.split('class="facts">')[1].split("</th>")[0])


def test_a_row_has_outlet_date_and_the_sentence_marked_with_a_link_to_its_place():
    one = row(host="mirror.example", kind="digest", grade="near", passages=3, articles=2,
              first=dt.date(2009, 1, 5), last=dt.date(2013, 9, 2))  # fmt: skip
    html = shown(one, grade="near")
    assert '<th role="rowheader" scope="row"><strong><bdi>Press TV</bdi></strong>' in html
    assert facts(html) == [
        "may not answer", "state media of <bdi>Iran</bdi>", "<bdi>via mirror.example</bdi>", "digest",
        "3 passages in 2 articles, 2009 to 2013",
    ]  # fmt: skip
    assert '<time datetime="2013-09-02"><bdi>2 September 2013 (published)</bdi></time>' in html
    url = passage_url(one.citation).replace("&", "&amp;")
    assert (
        f'<p class="quoted" dir="auto"><a href="{url}" target="_blank" rel="noopener"><mark>Two.</mark></a></p>' in html
    )
    assert html.index("Nearest passages. They may not answer.") < html.index("<table")
    assert "Digests are summaries, not the outlets’ own words." in html
    plain = shown(row("Nobody’s Post", date=None))
    assert '<td role="cell" class="when"><bdi>undated</bdi></td>' in plain
    assert "facts" not in plain
    assert "may not answer" not in plain


ROWS = (
    row("The Guardian", date="2013-09-01", score=0.9), row("Press TV", date=None, score=0.8),
    row("Reuters", date="2009-07-30", score=0.7), row("Nobody’s Post", date="2020-01-01", score=0.6),
    row("Agence France-Presse", date="2013-09-01", score=0.5),
)  # fmt: skip


def test_rows_are_grouped_by_kind_of_outlet():
    html = shown(*ROWS)
    assert outlets(html) == [
        "News agencies (2):", "Reuters", "Agence France-Presse", "Newspapers (1):", "The Guardian", "Broadcasters (1):",
        "Press TV", "Not classified (1):", "Nobody’s Post",
    ]  # fmt: skip
    assert facts(html) == ["state media of <bdi>Iran</bdi>"], "the kind is above the rows"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["Nobody’s Post", "The Guardian", "Agence France-Presse", "Reuters", "Press TV"]),
        ("oldest", ["Reuters", "The Guardian", "Agence France-Presse", "Nobody’s Post", "Press TV"]),
        ("closeness", ["The Guardian", "Press TV", "Reuters", "Nobody’s Post", "Agence France-Presse"]),
    ],
)
def test_rows_are_sorted_and_say_their_kind_themselves(sort, expected):
    html = shown(*ROWS, sort=sort)
    assert outlets(html) == expected
    assert "<span>newspaper</span>" in html


def test_buttons_sort_and_the_one_in_use_is_pressed():
    html = shown(*ROWS, sort="newest")
    assert re.findall('data-do="view" data-view="(.*?)" aria-pressed="(.*?)">(.*?)<', html) == [
        ("answer/H/side-by-side?sort=kind", "false", "Kind"), ("answer/H/side-by-side?sort=newest", "true", "Newest"),
        ("answer/H/side-by-side?sort=oldest", "false", "Oldest"),
        ("answer/H/side-by-side?sort=closeness", "false", "Closest"),
    ]  # fmt: skip


STORY = (
    "The ferry sank off the northern coast with {} people on board. Divers looked for the wreck until the evening, and "
    "the harbour master said that nobody had heard the alarm. The owner of the ferry, who lives in the capital, was "
    "not to be reached by telephone on Monday."
)
NEWS = [
    {"id": "first", "outlet": "Kayhan", "date": "2018-01-01", "text": STORY.format("eleven")},
    {"id": "late", "outlet": "Press TV", "date": "2020-01-01", "host": "m.example", "text": STORY.format("eleven")},
    {"id": "altered", "outlet": "The Guardian", "date": "2021-01-01", "text": STORY.format("twelve")},
]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    (folder / "news.json").write_text(json.dumps(NEWS))
    with rag.build([folder / "news.json"], index=folder / "index", encoder=WordEncoder()) as library:
        found = library.compare("Why did the ferry sink off the northern coast?")
        yield found, {each.group: sharers(each, library.article) for each in found.rows}


@pytest.mark.parametrize("sort", ["kind", "newest"])
def test_a_near_copy_has_a_row_below_with_what_it_changed(compared, sort):
    found, copies = compared
    html = side_by_side_html(found, load_catalogue(), "H", sort, copies)
    assert [name for name in outlets(html) if not name.endswith(":")] == ["Kayhan", "Press TV", "The Guardian"]
    same, other = html.split('<tr class="copy"')[1:]
    assert re.search(r'<a href="article/late\?at=0-\d+[^"]*"[^>]*>Word for word as in <bdi>Kayhan</bdi></a>', same)
    assert "<span>broadcaster</span> <span>state media of <bdi>Iran</bdi></span> <span><bdi>via m.example</bdi>" in same
    assert "<del" not in same
    assert re.search(r'<a href="article/altered"[^>]*>Nearly as in <bdi>Kayhan</bdi></a>', other)
    assert re.search(r'<a href="article/altered\?at=0-\d+[^"]*"[^>]*>Another number</a>:', other)
    assert (
        '<del><span class="unseen">removed: </span>eleven</del> <ins><span class="unseen">added: </span>twelve</ins>'
    ) in other
    assert '<time datetime="2021-01-01">' in other


def test_by_date_a_further_passage_is_in_its_own_place():
    later = citation(article_id="b", date=dt.date(2021, 3, 4))
    rows = (row("Reuters", date="2009-07-30", further=(later,)), row("Nobody’s Post", date="2020-01-01"))
    assert outlets(shown(*rows, sort="oldest")) == ["Reuters", "Nobody’s Post", "Reuters"]
    assert outlets(shown(*rows, sort="newest")) == ["Reuters", "Nobody’s Post", "Reuters"]
    assert outlets(shown(*rows, sort="closeness")) == ["Reuters", "Reuters", "Nobody’s Post"]


def test_a_copy_whose_article_is_gone_and_copies_that_are_not_looked_up_are_named():
    one = row(shared_with=("Kayhan",))
    html = shown(one, copies={"Press TV": [Sharer("Kayhan")]})
    assert "<p>Nearly as in <bdi>Press TV</bdi></p>" in html
    assert "also printed, or nearly, by <bdi>Kayhan</bdi>" in shown(one)


def test_a_further_passage_of_an_outlet_has_a_row_below():
    more = citation(article_id="b", date=dt.date(2015, 3, 4), kind="digest", host="m.example", grade="near")
    html = shown(row(further=(more,)))
    below = html.split('<tr class="copy"')[1]
    assert "<bdi>Press TV</bdi>" in below
    said = ["another article", "digest", "may not answer", "<bdi>via m.example</bdi>"]
    assert re.findall("<span[^>]*>(.*?)</span>", below.split('class="facts">')[1].split("</th>")[0]) == said
    assert '<time datetime="2015-03-04">' in below
    assert re.search(r'<a href="article/b\?at=0-15[^"]*"[^>]*><mark>Two.</mark></a>', below)
    side = row("state", further=(citation("IRNA", article_id="b"),))
    assert "<bdi>IRNA</bdi>" in shown(side, by="side").split('<tr class="copy"')[1]


def test_the_last_row_names_who_has_no_close_match():
    silent = (SilentGroup("The Times", 1200), SilentGroup("an unknown outlet", 2), SilentGroup(EVIL, 1))
    html = shown(row(), silent=silent, more=3)
    last = html.split('<tr class="last"')[1]
    assert "3 more outlets have a passage near enough." in last
    assert "<summary>No close match: 3 outlets</summary>" in last
    assert (
        '<li><a href="contents?outlet=The+Times" target="_blank" rel="noopener"><bdi>The Times</bdi></a> (1,200)</li>'
        in last
    )
    assert 'href="contents?outlet="' in last
    assert "<img" not in last
    unseen = shown(row(), silent=silent, whole=False)
    assert "<summary>No passage seen: 3 outlets, since more are near than can be compared</summary>" in unseen
    assert 'class="last"' not in shown(row())


def test_of_thousands_without_a_match_some_are_listed(monkeypatch):
    monkeypatch.setattr(module, "MAX_NAMED", 2)
    html = shown(row(), silent=tuple(SilentGroup(f"Outlet {n}", 1) for n in range(3000)))
    assert "No close match: 3,000 outlets" in html
    assert html.count("<li>") == 3
    assert "<li>and 2,998 more</li>" in html


def test_figures_are_above_the_table_and_lead_to_their_words():
    mention = Mention("a", 5, 8, "Two", "Press TV", dt.date(2013, 9, 2))
    html = shown(row(), figures=(Figure("number", 2, None, "", (mention,)),))
    assert html.index('<p class="figures">Figures given: <span><strong><bdi>Two</bdi></strong>') < html.index("<table")
    assert re.search(r'<a href="article/a\?at=0-15&amp;quote=5-8&amp;[^"]*"[^>]*><bdi>Press TV</bdi></a>', html)


def test_sides_are_in_their_order_with_who_is_on_them():
    rows = (row("state", score=0.1), row("exile", score=0.9))
    rows = tuple(
        Row(r.group, r.grade, citation("Press TV" if r.group == "state" else "NCRI", score=r.citation.score))
        for r in rows
    )
    sides = {"state": ("Press TV", "IRNA"), "exile": ("NCRI",)}
    html = shown(*rows, by="side", sides=sides, searched="What is said about it?", silent=(SilentGroup("west", 0),))
    assert outlets(html) == ["state", "exile"]
    assert outlets(shown(*rows, by="side", sides=sides, sort="closeness")) == ["exile", "state"]
    assert facts(html) == ["<bdi>Press TV</bdi>", "broadcaster", "state media of <bdi>Iran</bdi>"]
    assert '<p class="searched">Searched for: <bdi>What is said about it?</bdi></p>' in html
    assert (
        "Sides: <bdi>state</bdi> (<bdi>Press TV</bdi> and <bdi>IRNA</bdi>); <bdi>exile</bdi> (<bdi>NCRI</bdi>)." in html
    )
    assert ">Side</button>" in html
    assert "<li><bdi>west</bdi> (0)</li>" in html


def test_it_stays_a_table_where_the_style_sheet_stacks_its_cells():
    html = shown(*ROWS, silent=(SilentGroup("x", 1),))
    for tag, role in (("table", "table"), ("tbody", "rowgroup"), ("thead", "rowgroup"), ("tr", "row"), ("td", "cell")):
        assert (
            html.count(f"<{tag} ") + html.count(f"<{tag}>") == len(re.findall(f'<{tag} [^>]*?role="{role}"', html)) > 0
        )
    assert len(re.findall("<th ", html)) == len(re.findall('<th role="(?:rowheader|columnheader)"', html))


def test_all_text_is_escaped():
    one = row(
        EVIL,
        host=f"h {EVIL}",
        text=f"One. {EVIL}",
        quote=(5, 5 + len(EVIL)),
        article_id=EVIL,
        shared_with=(EVIL,),
        further=(citation(f"y {EVIL}", host=f"z {EVIL}", text=f"One. {EVIL}", quote=(5, 5 + len(EVIL))),),
    )
    html = shown(one, by="side", sides={EVIL: (EVIL, "x")}, searched=EVIL, silent=(SilentGroup(EVIL, 1),))
    assert "<img" not in html
    assert "onerror=alert(1)>" not in html
    assert html.count("&lt;/bdi&gt;&lt;img src=x") == 12


def test_what_is_written_from_right_to_left_reads_from_there():
    html = shown(row("ایرنا", text="کشتی غرق شد.", quote=(0, 12)))
    assert "<bdi>ایرنا</bdi>" in html
    assert re.search('<p class="quoted" dir="auto"><a [^>]*><mark>کشتی غرق شد.</mark>', html)


def test_nothing_found_says_why_and_has_no_table():
    html = shown(grade="nothing", silent=(SilentGroup("The Times", 1),))
    assert '<p class="nothing" role="status">Nothing in the index answers this.</p>' in html
    assert "<table" not in html
    assert "data-do" not in html
    assert "No close match: 1 outlet" in html
