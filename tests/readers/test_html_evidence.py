"""Who wrote a web page, for which outlet, when, and under which headline, where its data and its text disagree."""

import datetime as dt
import json

import pytest

from rag.provenance.catalogue import load_catalogue
from rag.readers import html

TITLE = "Port Selwyn gets its tram back"
FIRST = "The council of Port Selwyn voted on Monday night for a tram line from the harbour to the old fish market."
SECOND = "Work will begin in spring, and the first cars should run in three years, the mayor told the council."
THIRD = "Two members voted against it because nobody could say what the bridge over the inner basin would cost."


def read(head="", above="", below="", title=TITLE, h1=f"<h1>{TITLE}</h1>", site="The Valley Post"):
    paragraphs = "".join(f"<p>{text}</p>" for text in (FIRST, SECOND, THIRD))
    site = f'<meta property="og:site_name" content="{site}">' if site else ""
    page = f"<html><head><title>{title}</title>{site}{head}</head><body><article>{h1}{above}{paragraphs}{below}"
    return html.parse(f"{page}</article></body></html>", load_catalogue(), "x.html")


def news(**fields):
    data = json.dumps({"@type": "NewsArticle", "headline": TITLE, **fields})
    return f'<script type="application/ld+json">{data}</script>'


def meta(**fields):
    return "".join(f'<meta name="{name.replace("__", ":")}" content="{value}">' for name, value in fields.items())


# Outlets


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", "<p>This article was reprinted on Inland.com.</p>"),
        ("", "<p>Republished in The Inland Review with permission.</p>"),
        ("<p>Credit Jane Roe/Agence France-Presse — Getty Images</p>", ""),
        ("<p>Photo: Jane Roe/Reuters</p>", ""),
        ('<p class="byline">By Jane Roe | jroe@inlandpress.com | Valley Post</p>', ""),
        ('<p class="byline">By JR, in World News</p>', ""),
        ("", "<p>Harbour Help: press@harbourhelp-example.org; Tel. 0221 / 9822 – 2220</p>"),
        ("", "<p>Source: News agencies</p>"),
        ("", "<p>Source: Press release</p>"),
        ("", "<p>Online Offer: Kitchen Scales – Wilton Kitchen Scales Review [Video]</p>"),
        ("", "<p>“Nobody asked us,” he told Reuters.</p><p>“We shall wait,” she told Reuters.</p>"),
        ("", "<p>Jane Roe (PHD) – Port Selwyn</p>"),
    ],
)
def test_where_it_is_doubtful_the_site_is_the_outlet(above, below):
    found = read(above=above, below=below)
    assert (found.outlet, found.host) == ("The Valley Post", "The Valley Post")


def test_the_doubt_is_kept_with_the_evidence():
    found = read(below="<p>“Nobody asked us,” he told Reuters.</p><p>“We shall wait,” she told Reuters.</p>")
    assert found.outlet_basis == "host page: The Valley Post; but told Reuters"
    assert found.strength == "host"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (
            "<p>FILE PHOTO: The harbour. REUTERS/Jane Roe</p><p>March 3, 2016</p><p>PORT SELWYN (Reuters) – Snow.</p>",
            "",
        ),
        ("<p>(Reuters) - It snowed.</p>", ""),
        ("", "<p>Nobody else was asked about it, she said. (Reuters)</p>"),
        ("", "<p>Reprinted from Reuters</p>"),
        ("", "<p>Source: Reuters</p>"),
    ],
)
def test_an_agency_that_is_credited_is_the_outlet(above, below):
    assert read(above=above, below=below).outlet == "Reuters"


def test_a_site_that_signs_together_with_an_agency_is_the_outlet():
    found = read(above='<p class="byline">Par La Gazette du Quai et AFP</p>', site="La Gazette du Quai")
    assert (found.outlet, found.outlet_basis) == ("La Gazette du Quai", "host page: La Gazette du Quai")
    assert read(above='<p class="byline">Par Reuters et AFP</p>').outlet == "Reuters"


# Authors


@pytest.mark.parametrize("name", ["山本春子", "王小明", "김민수", "ジョン・スミス"])
def test_a_name_without_a_space_is_an_author(name):
    assert read(f'<meta name="author" content="{name}">').authors == (name,)


@pytest.mark.parametrize(
    "name", ["新华社", "编辑部", "admin", "뉴스통신", "(Image: Getty Images)", "Share this", "Text: JR"]
)
def test_what_is_no_name_is_no_author(name):
    assert read(f'<meta name="author" content="{name}">').authors == ()
    assert read(f'<meta name="author" content="Jane Roe, {name}">').authors == ("Jane Roe",)


def test_a_person_in_the_byline_comes_before_an_organisation_in_the_data():
    group = {"@type": "Organization", "name": "Northern Holding"}
    byline = '<p class="byline">By <a rel="author" href="/j">Jane Roe</a></p>'
    assert read(news(author=group, publisher=group), byline).authors == ("Jane Roe",)


def test_all_names_of_a_byline_are_authors():
    def span(name):
        return f'<span class="author">, <a rel="author" href="/a">{name}</a></span>'

    assert read(above=f'<span class="authors">By{span("Jane Roe")}{span("John Doe")}</span>').authors == (
        "Jane Roe",
        "John Doe",
    )


def test_a_person_may_have_the_name_of_the_site():
    person = {"@type": "Person", "name": "Jane Roe"}
    found = read(news(author=person, publisher={"@type": "Organization", "name": "Jane Roe"}), site="Jane Roe")
    assert (found.authors, found.outlet) == (("Jane Roe",), "Jane Roe")


def test_given_and_family_name_are_a_name():
    person = {"@type": "Person", "givenName": "Jane", "familyName": "Roe"}
    assert read(news(author=[person])).authors == ("Jane Roe",)


# Dates


@pytest.mark.parametrize(
    "printed",
    [
        "Updated: May 6, 2016",
        "Zuletzt geändert am 6. Mai 2016",
        "Member since May 6, 2016",
        "Release date: May 6, 2016",
        "Erscheinungsdatum: 06.05.2016",
        "Mis à jour le 6 mai 2016",
    ],
)
def test_a_date_of_something_else_is_not_that_of_publication(printed):
    assert read(above=f"<p>{printed}</p>").date is None
    assert read(above=f"<p>{printed}</p><p>Published: May 4, 2016</p>").date == dt.date(2016, 5, 4)


def test_a_label_may_name_the_author():
    found = read(above="<p>Erscheint: 06.05.2016</p>", below="<p>Eingestellt von Mia am Mittwoch, 4. Mai 2016</p>")
    assert found.date == dt.date(2016, 5, 4)


def test_the_day_of_publication_comes_before_those_of_writing_and_of_the_last_change():
    written = {"created-date": "2016-05-03T21:34:00Z", "publish-date": "2016-05-04T08:11:00Z"}
    assert read(meta(**written)).date == dt.date(2016, 5, 4)
    changed = meta(og__updated_time="2020-02-19", article__published_time="2016-05-04")
    printed = '<time itemprop="datePublished" datetime="2020-02-19">4 mai 2016</time>'
    assert read(changed, printed).date == dt.date(2016, 5, 4)


# Headlines and lists


def test_a_site_name_that_repeats_the_headline_is_none():
    head = f'<meta name="application-name" content="{TITLE}"><meta property="og:title" content="{TITLE}">'
    found = read(head, h1=f"<h1>Back to the news</h1><h1>{TITLE}</h1>")
    assert (found.title, found.outlet) == (TITLE, "The Valley Post")


def test_a_heading_that_is_a_fragment_of_the_headline_is_not_the_headline():
    stated = "Is the tram an illusion? The long work of the builders"
    h1 = "<h1>Traffic The long work of the builders: why fewer lines are laid along the harbour and who pays</h1>"
    found = read(
        f'<meta property="og:title" content="{stated}">', below="<h2>Tram an illusion?</h2>", title=stated, h1=h1
    )
    assert found.title == stated


def test_headings_with_links_to_edit_them_are_not_a_list_of_articles():
    def section(n):
        link = f'<a href="/w/index.php?action=edit&section={n}">edit</a>'
        return f"<h2>Part {n}<span>[{link}]</span></h2><p>{n}. {FIRST} {SECOND}</p>"

    assert read(below="".join(map(section, range(4)))).title == TITLE
    teasers = "".join(f'<h2><a href="/{n}">Another headline {n}</a></h2><p>{n}. {FIRST} {SECOND}</p>' for n in range(9))
    with pytest.raises(html.InputError, match="list of articles"):
        read(below=teasers)


def test_a_list_between_paragraphs_is_kept():
    items = ["The first pillar cracked at the water line.", "The second pillar leans to the north by a hand."]
    body = f"<p>{FIRST}</p><p>{SECOND}</p><ul>{''.join(f'<li>{i}</li>' for i in items)}</ul><p>{THIRD}</p>"
    page = f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1>{body}</body></html>"
    assert html.parse(page, load_catalogue(), "").text.split("\n") == [FIRST, SECOND, *items, THIRD]
