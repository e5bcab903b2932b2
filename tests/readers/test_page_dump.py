"""A page dump becomes its articles: each with its title, date and text, and nothing else."""

import datetime as dt
import time

import pytest
import support.properties  # noqa: F401
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import ROOT

from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import page_dump, txt_file
from rag.readers.line_classifier import LineKind, classify

DUMPS = ROOT / "tests" / "pages"  # written for the tests, in the form of resiliparse's output


def parse(page):
    return page_dump.parse(page, load_catalogue(), "")


# (title, date, outlet, authors, first words, last words) of each article, in the order of the page
PAGES = {
    "01_wp_category_date_after": [
        (
            "Miners’ union rejects Vardania pay deal",
            "2009-03-26",
            "The Lantern Post",
            (),
            "The largest miners’ union",
            "from the labour ministry.",
        ),
        (
            "Court delays ruling on Lake Sereni dam",
            "2009-03-24",
            "The Lantern Post",
            (),
            "Judges in the capital",
            "to the local bishop.",
        ),
        (
            "Opposition walks out of budget session",
            "2009-03-23",
            "The Lantern Post",
            (),
            "Deputies of three opposition",
            "misprints had been corrected.",
        ),
        (
            "Police break up students’ sit-in at Port Almeida",
            "2009-03-19",
            "The Lantern Post",
            (),
            "Riot police entered the",
            "Lantern Post with agencies",
        ),
        (
            "Two journalists freed in Kasimabad",
            "2009-03-18",
            "The Lantern Post",
            (),
            "Two reporters of the",
            "Wednesday, their editor said.",
        ),
    ],
    "02_wp_archive_byline_before": [
        (
            "Island parliament backs ban on foreign trawlers",
            "2014-11-20",
            "Harbour Review",
            ("Ines Faleolo",),
            "Lawmakers in the island",
            "or send it back.",
        ),
        (
            "A pipeline, a village and a missing map",
            "2014-11-17",
            "Harbour Review",
            ("Tomas Brekke",),
            "Red survey flags in",
            "to answer before Easter.",
        ),
        (
            "Teachers’ pay: what the new law says",
            "2014-11-12",
            "Harbour Review",
            ("Ines Faleolo",),
            "The long-promised law on",
            "who wants to study.",
        ),
        (
            "Mayor of Ostrava Dol quits over waste contract",
            "2014-11-09",
            "Harbour Review",
            (),
            "The mayor of Ostrava",
            "founded three weeks earlier.",
        ),
    ],
    "03_blog_date_above_title": [
        (
            "Ring road inquiry opens with an empty chair",
            "2013-05-14",
            None,
            (),
            "The parliamentary inquiry into",
            "they voted with her.",
        ),
        (
            "Who owns the old cinema?",
            "2013-05-11",
            None,
            (),
            "Three notaries, three owners:",
            "the yard since Thursday.",
        ),
        (
            "Minister’s helicopter cost more than three clinics",
            "2013-05-08",
            None,
            (),
            "Figures given to parliament",
            "been shut since October.",
        ),
    ],
    "04_blogspot": [
        (
            "Hunger strike at Dockside prison enters third week",
            "2013-05-14",
            None,
            ("Bashir O.",),
            "Eighteen inmates of Dockside",
            "months ended last week.",
        ),
        ("Statement of the families", "2013-05-14", None, ("Bashir O.",), "The families of the", "not give his name."),
        (
            "Radio Sahel off the air again",
            "2013-05-09",
            "sahelpressfund.example",
            ("M. Konaté",),
            "For the third time",
            "a day. Source: http://www.sahelpressfund.example/en/radio-sahel-closed.html",
        ),
    ],
    "05_archive_excerpts_only": [],
    "07_newspaper_single": [
        (
            "Senate rejects coastal autonomy bill after all-night sitting",
            "2018-01-12",
            None,
            ("Jane Dorrell",),
            "Government loses by two",
            "of The Long Harbour.",
        ),
    ],
    "12_joomla": [
        (
            "Ferry disaster inquiry blames ministry, not captain",
            "2015-08-21",
            "Example Times",
            ("Samuel Ogola",),
            "The commission of inquiry",
            "is reprinted with permission.",
        ),
    ],
    "15_interview": [
        (
            "“The border was drawn with a wine glass on the map”",
            "2017-10-09",
            None,
            ("Katalin Meszner",),
            "Historian Lasse Ahvenjarvi in",
            "and has been shortened.",
        ),
    ],
    "17_sidebar_before_blockquotes": [
        (
            "Bishops and imams sign one letter on the oil spill",
            "2010-08-03",
            "The Delta Herald",
            ("Godwin Tamuno",),
            "For the first time",
            "from recess in September.",
        ),
    ],
    "22_french": [
        (
            "Grève des dockers : le port de Sainte-Maure paralysé",
            "2013-05-14",
            "L’Écho des Estuaires",
            ("Élodie Vasseur",),
            "Les dockers dénoncent un",
            "mercredi à la préfecture.",
        ),
    ],
    "23_404": [],
    "26_magazine_theme_archive8": [
        (
            "Ethnic council asks for schools in three languages",
            "2009-04-06",
            None,
            (),
            "The Council of the",
            "this is the fourteenth.",
        ),
        (
            "UN expert: Prisoners held in shipping containers",
            "2009-04-04",
            "The Geneva Ledger",
            ("Ruth Delacroix",),
            "Prisoners in the southern",
            "rapporteur’s mandate in June.",
        ),
        (
            "Five hanged in Zandabad after closed trial",
            "2009-04-03",
            "PNB",
            (),
            "ZANDABAD (PNB) – Five",
            "of the year. http://news.pnb.example/world/middle_east/7980123.stm",
        ),
        (
            "Joint statement on the arrest of Nader Qolizadeh",
            "2009-04-02",
            None,
            (),
            "We, the undersigned organisations,",
            "Association of Miandeh Families",
        ),
        (
            "Governor says no to mother-tongue radio",
            "2009-03-31",
            "Plateau News Agency",
            (),
            "The governor of West",
            "Agency (PLANA), March 30",
        ),
        ("Bus drivers’ leader flogged, union says", "2009-03-30", None, (), "The head of the", "a strike in 2006."),
        (
            "Exiled party elects first woman as secretary",
            "2009-03-29",
            None,
            ("Hiwa Sharifi",),
            "The Democratic Party of",
            "delegates. Hiwa Sharifi, Brussels",
        ),
    ],
    "31_ngo_category": [
        (
            "Court bans village name signs in second language",
            "2011-02-18",
            "Association for Human Rights in Karadere",
            (),
            "An administrative court in",
            "twenty days to appeal.",
        ),
        (
            "Mother of jailed weaver questioned",
            "2011-02-16",
            "Association for Human Rights in Karadere",
            (),
            "Security officers in Zencan-Su",
            "a relative told AHRK.",
        ),
        (
            "A football club and its forbidden songs",
            "2011-02-15",
            "The Northern Standard",
            ("Martin Ellwood",),
            "Supporters in red scarves",
            "Ellwood, The Northern Standard",
        ),
        (
            "Exiles mark a hundred days of the bakers’ trial",
            "2011-02-11",
            "Kuryer24.com",
            ("Leyla Aktan",),
            "Some two hundred people",
            "Leyla Aktan, Kuryer24.com, Turkey",
        ),
        (
            "AHRK’s letter to the UN on the Qaradag arrests",
            "2011-02-09",
            "Association for Human Rights in Karadere",
            (),
            "We write to draw",
            "Araz Mehdiyar President, AHRK",
        ),
        (
            "Snow closes road to prison, visits cancelled",
            "2011-02-04",
            "Association for Human Rights in Karadere",
            (),
            "Families of prisoners in",
            "them leave woollen socks.",
        ),
    ],
    "32_breadcrumb_captions": [
        (
            "Joint Declaration on the Sixth Congress of the Peoples of the Southern Steppe",
            None,
            "Steppe Voice",
            (),
            "CPSS – UDKP –",
            "steppe peoples a voice.",
        ),
    ],
    "33_agency_fields": [
        (
            "Zagrani FM rejects claims over border water talks",
            "2016-09-27",
            "PNA",
            (),
            "Dehkora, Sept 27, PNA",
            "been fully carried out.",
        ),
    ],
    "34_list_in_text": [
        (
            "Tens of thousands march in Sahr against ‘bread law’",
            "2020-06-06",
            None,
            ("Nadia Benhalima",),
            "Protesters in capital demand",
            "Manara and news agencies",
        ),
    ],
}


def read(name):
    return list(txt_file.read(DUMPS / f"{name}.txt", load_catalogue()))


def summary(article):
    words = article.text.split()
    day = article.date and article.date.isoformat()
    return article.title, day, article.outlet, article.authors, " ".join(words[:4]), " ".join(words[-4:])


@pytest.mark.parametrize("name", PAGES)
def test_articles_are_found_with_title_date_outlet_and_authors(name):
    assert [summary(article) for article in read(name)] == PAGES[name]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("01_wp_category_date_after", "FacebookTwitterPinterestEmail"),
        ("01_wp_category_date_after", "Enter your address to receive new articles every morning."),
        ("02_wp_archive_byline_before", "by Ines Faleolo / November 20, 2014 / Leave a comment"),
        ("02_wp_archive_byline_before", "The Harbour Review is a volunteer magazine"),
        ("03_blog_date_above_title", "permalink | 7 comments | send to a friend"),
        ("03_blog_date_above_title", "All texts may be copied with a link to this blog."),
        ("04_blogspot", "Labels: Dockside, hunger strike, remand"),
        ("07_newspaper_single", "We and our 214 partners use cookies"),
        ("07_newspaper_single", "Our free email with the five stories you need"),
        ("07_newspaper_single", "Read more: What the coast wants"),
        ("07_newspaper_single", "As usual nobody asks the fishermen"),
        ("12_joomla", "Should ferries sail after dark on the lake?"),
        ("15_interview", "For nineteen years he stamped the passports of cows."),
        ("17_sidebar_before_blockquotes", "My mother boiled that water for us all her life"),
        ("22_french", "Et les clients dans tout cela"),
        ("26_magazine_theme_archive8", "For the first time in nine years a committee"),
    ],
)
def test_furniture_is_left_out(name, line):
    assert line in (DUMPS / f"{name}.txt").read_text()
    articles = read(name)
    assert len(articles) == len(PAGES[name]) > 0
    assert not [article.title for article in articles if line in article.text]


def test_a_picture_label_within_the_text_is_kept():
    (article,) = read("07_newspaper_single")
    assert "Dockers burn a copy of the order paper in Almadraba. Photograph: Ruth Sandoval/EPX" in article.text


@pytest.mark.parametrize("name", PAGES)
def test_text_lines_are_lines_of_the_page_in_order(name):
    page = iter([line.strip() for line in (DUMPS / f"{name}.txt").read_text().splitlines()])
    articles = read(name)
    assert len(articles) == len(PAGES[name])
    for article in articles:
        assert all(line.strip() in page for line in article.text.splitlines() if line.strip())


# Small pages, one for each thing that pages do.

CRANES = """\
The harbour board of Port Selwyn has put off the sale of its two grain cranes until the autumn, after dockers blocked \
the gates for six days.

Board chair Mira Tolland said on Tuesday that the cranes were “older than the town hall and in better health”, and \
that a buyer could wait."""
WATER = """\
Farmers in the upper valley say that the new water meter shows twice what flows through it, and they have stopped \
paying their bills.

The water office answered that the meter had been tested in a laboratory and that the farmers were free to build a \
laboratory of their own."""
BREAD = """\
Bread is dearer again this week in all of the nine bakeries of the town, and bakers say that the price of flour is \
only one of the reasons.

The mayor has asked the bakers to a breakfast at which, her office said, toast will be served and prices discussed."""


def seen(page):
    return [(a.title, a.date and a.date.isoformat(), a.text) for a in parse(page)]


def three(form):
    """Return a page of three posts in the given form, and what must be found in it."""
    titles = ["Crane sale put off until autumn", "Farmers stop paying for water", "Bread dearer again in town"]
    days = [("May 4, 2016", "2016-05-04"), ("May 3, 2016", "2016-05-03"), ("May 2, 2016", "2016-05-02")]
    posts = list(zip(titles, days, [CRANES, WATER, BREAD], strict=True))
    page = "".join(form.format(title=title, day=day[0], text=text) for title, day, text in posts)
    return page, [(title, day[1], text) for title, day, text in posts]


@pytest.mark.parametrize(
    "form",
    [
        "{title}\n\n{text}\n\n{day}\n\n",
        "{title}\n\n{text}\n\n{day} 0 comments\nFacebookTwitterEmail\n",
        "{title}\n\n{day}\n\n{text}\n\n",
        "{title}\n\nPosted on {day} by Jane Roe\n\n{text}\n\nPosted in Town | 3 Replies\n\n",
        "{title}\n\n{day}\n\n{text}\n\nSend this page to somebody you know\n\n",
        "{day}\n\n{title}\n\n{text}\n\n",
        "{day}\n\n{title}\n\n{text}\n\npermalink | 2 comments\n",
        "Town\n\n{title}\n\n{text}\n\nPosted by Jane Roe at 09:14 on {day}\n\n",
    ],
    ids=["last", "last with share line", "second", "second with tags", "second with a line below", "first",
         "first with permalink", "last with byline"],
)  # fmt: skip
def test_posts_are_separated_by_dates_in_any_position(form):
    page, expected = three(form)
    assert seen(page) == expected


def test_a_standfirst_between_title_and_date_is_text():
    page, expected = three(
        "{title}\n\nA sentence below the title says that it is all rather sad.\n\n{day}\n\n{text}\n\n"
    )
    page = page.replace("all rather sad", "all rather sad indeed", 1).replace("all rather sad.", "rather a pity.", 1)
    assert [(title, day) for title, day, _ in seen(page)] == [(title, day) for title, day, _ in expected]


def test_posts_without_dates_are_separated_by_bylines():
    page, expected = three("{title}\n\nby Jane Roe / / Leave a comment\n\n{text}\n\n")
    assert seen(page) == [(title, None, text) for title, _, text in expected]
    assert {article.authors for article in parse(page)} == {("Jane Roe",)}


def test_a_date_above_several_posts_is_the_date_of_each():
    post = "{}\n\n{}\n\nPosted by Jane Roe at 09:1{} 3 comments:\n\nLabels: town\n\n"
    page = "".join(
        [
            "Tuesday, 3 May 2016\n\n" + post.format("Crane sale put off until autumn", CRANES, 1),
            post.format("Farmers stop paying for water", WATER, 2),
            "Monday, 2 May 2016\n\n" + post.format("Bread dearer again in town", BREAD, 3),
        ]
    )
    assert [day for _, day, _ in seen(page)] == ["2016-05-03", "2016-05-03", "2016-05-02"]


def test_dates_in_a_list_of_recent_posts_are_ignored():
    recent = (
        "Recent Posts\n\n  • Bus fares to rise next week\n\n    May 9, 2016\n  • Mayor resigns\n\n    May 8, 2016\n"
    )
    article = f"Crane sale put off until autumn\n\n{CRANES}\n\n{WATER}\n\n"
    assert seen(recent + article) == [("Crane sale put off until autumn", None, f"{CRANES}\n\n{WATER}")]
    assert seen(article + recent) == [("Crane sale put off until autumn", None, f"{CRANES}\n\n{WATER}")]


def test_teasers_with_dates_and_summaries_are_not_articles():
    teasers = (
        "Mayor of Selwyn resigns after row\n\nMay 3, 2016\n\nThe mayor has resigned after a row over the colour of the "
        "new buses, he said on Tuesday evening.\n\nBus fares to rise\n\nMay 2, 2016\n\nFares in the whole county will "
        "rise by nine percent next week, the company said in a letter to riders.\n"
    )
    article = f"Crane sale put off until autumn\n\nBy Jane Roe\n\nMay 4, 2016\n\n{CRANES}\n\n{WATER}\n\n"
    found = ("Crane sale put off until autumn", "2016-05-04", f"{CRANES}\n\n{WATER}")
    assert seen(f"{article}You may have missed\n\n{teasers}") == [found]
    assert seen(article + teasers) == [found]


def test_an_excerpt_is_not_an_article_and_does_not_swallow_the_next_post():
    page, expected = three("{title}\n\n{day}\n\n{text}\n\n")
    cut = page.replace(CRANES, CRANES[:100] + " [...]\n\nContinue reading →")
    assert seen(cut) == expected[1:]


@pytest.mark.parametrize(
    "page",
    [
        "",
        "\n\n\n",
        "  • Home\n  • Town\n  • About us\n",
        "Page not found\n\nThe page that you asked for could not be found. Perhaps it was moved or has never been, "
        "so please try a search or go back to the first page of the site.",
        "".join(f"Title of link {c * 4}\n\nA summary that says in {c * 4} words what it is.\n\n" for c in "abcdef"),
        "".join(f"A headline of {c * 4} things\n\nThe harbour board has {c * 4}…\n\nMay 4, 2016\n\n" for c in "abc"),
        "© 2016 The Selwyn Mail. All rights reserved.",
    ],
    ids=["empty", "blank", "menu", "404", "links with summaries", "cut summaries with dates", "footer"],
)  # fmt: skip
def test_a_page_without_an_article_gives_none(page):
    assert seen(page) == []
    assert seen(f"Crane sale put off until autumn\n\n{CRANES}\n\n{WATER}\n") != []  # what an article looks like


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("4 May 2016", "2016-05-04"),
        ("Date:\n04/05/2016", None),
        ("Date:\n14/05/2016\nReference:\nMOI/113/2016", "2016-05-14"),
        ("Published 4 May 2016\n\nUpdated 6 May 2016", "2016-05-04"),
        ("Updated: 6 May 2016, published: 4 May 2016", "2016-05-04"),
        ("3 hours ago", None),
        ("4 May 2094", None),
        ("", None),
    ],
)
def test_a_date_between_title_and_text_is_the_date(head, day):
    page = f"Crane sale put off until autumn\n\n{head}\n\n{CRANES}\n\n{WATER}\n"
    assert seen(page) == [("Crane sale put off until autumn", day, f"{CRANES}\n\n{WATER}")]


def test_the_date_of_a_single_article_may_be_above_its_title_or_below_its_text():
    title, text = "Crane sale put off until autumn", f"{CRANES}\n\n{WATER}"
    found = [(title, "2016-05-04", text)]
    assert seen(f"May 4, 2016\n\n{title}\n\n{text}") == found
    assert seen(f"{title}\n\n{text}\n\nPosted on May 4, 2016\n\nShare") == found


def test_the_current_date_at_the_top_of_a_page_is_not_the_articles():
    page = f"Friday, May 6, 2016\n\nThe Selwyn Mail\n\n  • Home\n  • Town\n\nCrane sale put off\n\n{CRANES}\n\n{WATER}"
    assert [(title, day) for title, day, _ in seen(page)] == [("Crane sale put off", None)]


def test_the_date_in_a_dateline_counts_if_no_other_is_printed():
    page = f"Crane sale put off until autumn\n\n(Geneva, 14 May 2013) – {CRANES}\n\n{WATER}"
    assert [day for _, day, _ in seen(page)] == ["2013-05-14"]


def test_a_page_with_neither_date_nor_title_is_its_text():
    page = f"{CRANES}\n\n{WATER}\n\nJane Roe\n"
    assert [(a.title, a.date, a.authors, a.text) for a in parse(page)] == [(None, None, ("Jane Roe",), page.strip())]


def test_a_standfirst_that_repeats_a_sentence_stays_as_printed():
    first = CRANES.split("\n")[0]
    page = f"{first}\n\nPort Selwyn\n{CRANES}\n\n{WATER}"
    assert seen(page) == [(None, None, page)]


def test_a_fragment_printed_twice_stays_as_printed():
    text = (
        f"The board wants to wait The board wants to wait until the autumn, it said on Monday.\n\n{CRANES}\n\n{WATER}"
    )
    assert seen(f"Crane sale put off until autumn\n\n{text}") == [("Crane sale put off until autumn", None, text)]


def test_a_byline_below_the_text_stays_in_it_and_names_author_and_outlet():
    page, _ = three("{title}\n\n{text}\n\nBy Jane Roe, The Daily Selwyn\n\n{day} 0 comments\n")
    articles = list(parse(page))
    assert len(articles) == 3
    for article in articles:
        assert article.text.endswith("\n\nBy Jane Roe, The Daily Selwyn")
        assert (article.authors, article.outlet) == (("Jane Roe",), "The Daily Selwyn")


@pytest.mark.parametrize(
    "head",
    [
        "By Jane Roe in Tirana\n\n4 May 2016",
        "By Jane Roe | 4 May 2016",
        "Jane Roe\n4 May 2016",
        "4 May 2016\n\nWritten by Jane Roe",
        "by Jane Roe / May 4, 2016 / Leave a comment",
        "Home » Town » Cranes\n\nBy Jane Roe\n\n4 May 2016",
    ],
)
def test_an_author_named_in_the_head_is_not_part_of_the_text(head):
    (article,) = parse(f"Crane sale put off until autumn\n\n{head}\n\n{CRANES}\n\n{WATER}")
    assert (article.title, article.authors) == ("Crane sale put off until autumn", ("Jane Roe",))
    assert (article.date, article.text) == (dt.date(2016, 5, 4), f"{CRANES}\n\n{WATER}")


def test_a_menu_printed_twice_is_neither_text_nor_title():
    menu = "The Selwyn Mail\n  • Home\n  • Town\n  • Harbour and ships\n"
    page = f"{menu}{menu}© 2016 The Selwyn Mail\nTown\n\nCrane sale put off until autumn\n\n{CRANES}\n\n{WATER}"
    (article,) = parse(page)
    assert (article.title, article.outlet) == ("Crane sale put off until autumn", "The Selwyn Mail")
    assert article.text == f"{CRANES}\n\n{WATER}"


def test_a_picture_label_above_the_first_paragraph_is_not_text():
    page = f"Crane sale put off until autumn\n\nMay 4, 2016\n\nThe cranes at dusk\n{CRANES}\n\n{WATER}"
    assert seen(page) == [("Crane sale put off until autumn", "2016-05-04", f"{CRANES}\n\n{WATER}")]


def test_a_picture_label_within_the_text_is_kept_and_a_box_is_not():
    page = (
        f"Crane sale put off until autumn\n\n{CRANES}\n\nThe two cranes at dusk\n\nAdvertisement\n\nSign up for our "
        f"newsletter\n\nTable of contents\n\n  • The meter\n  • The office\n\n{WATER}"
    )
    assert seen(page) == [("Crane sale put off until autumn", None, f"{CRANES}\n\nThe two cranes at dusk\n\n{WATER}")]


@pytest.mark.parametrize(
    "sign",
    ["Tags: cranes, docks", "ENDS", "###", "For more information, please contact:", "« Older posts", "3 Comments",
     "Related articles", "À lire aussi", "Republish this article", "(Reporting by Jane Roe; Editing by John Doe)"],
)  # fmt: skip
def test_the_text_ends_where_other_content_begins(sign):
    below = "The Mail is written by nine people in a former bakery and is read by nobody before ten in the morning."
    (article,) = parse(f"Crane sale put off until autumn\n\nMay 4, 2016\n\n{CRANES}\n\n{WATER}\n\n{sign}\n\n{below}")
    assert below not in article.text
    assert article.text.startswith(f"{CRANES}\n\n{WATER}")


def test_comments_with_dates_are_not_articles():
    talk = "".join(f"{n} says:\nMay {d}, 2016 at 3:12 pm\n\n{BREAD}\n\n" for d, n in enumerate(["olive", "harry"], 5))
    page = f"Crane sale put off until autumn\n\nBy Jane Roe\n\nMay 4, 2016\n\n{CRANES}\n\n{WATER}\n\n{talk}"
    assert seen(page) == [("Crane sale put off until autumn", "2016-05-04", f"{CRANES}\n\n{WATER}")]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("FacebookTwitterPinterestEmail", LineKind.NOISE),
        ("Print A- A+ Download PDF (212 KB)", LineKind.NOISE),
        ("News · Town · Sport", LineKind.NOISE),
        ("« Older posts", LineKind.PAGER),
        ("[ previous item ] [ next item ]", LineKind.PAGER),
        ("Home » World » A title", LineKind.CRUMBS),
        ("News › World › Latin America › A title", LineKind.CRUMBS),
        ("March 26, 2009 0 comments", LineKind.DATED),
        ("Submitted by kasia on Tue, 03/19/2013 - 14:22", LineKind.DATED),
        ("On May 3, 2016 the board met again.", LineKind.SHORT),
        ("By Jane Roe", LineKind.BYLINE),
        ("4 min read", LineKind.META),
        ("3 Responses to “A title”", LineKind.COMMENTS),
        ("Filed under: Town", LineKind.TAGS),
        ("You might also like", LineKind.TEASERS),
        ("Read the full story", LineKind.MORE),
        ("  • Town", LineKind.BULLET),
        ("  • Published: 21 August 2015", LineKind.DATED),
        ("    December 22, 2025", LineKind.META),
        ("« On nous demande de signer » : la grève", LineKind.SHORT),
        ("The story of the two cranes", LineKind.SHORT),
    ],
)
def test_lines_are_classified_without_context(line, kind):
    assert classify(line) is kind


def test_a_binary_file_is_rejected(tmp_path):
    path = tmp_path / "page.txt"
    path.write_bytes(b"Caf\x00")
    with pytest.raises(InputError, match="not text: it contains NUL bytes"):
        list(txt_file.read(path, load_catalogue()))


COMMON = (
    "|A short line|May 4, 2016|By Jane Roe|Related articles|3 Comments|Continue reading|© 2016 Mail|  • item|ENDS|"
    "Sign up now|Home » Town|No…"
)
LINES = st.one_of(st.text(max_size=80), st.sampled_from([*CRANES.split("\n"), *WATER.split("\n"), *COMMON.split("|")]))


@settings(max_examples=150)
@given(st.lists(LINES, max_size=40).map("\n".join))
@example("\x00")
@example("a\x0bb\x1cc\u2028d\r\ne")
def test_any_text_can_be_parsed_and_gives_only_its_own_lines(page):
    own = {line.replace("\x00", "").strip() for line in page.splitlines()} | {""}
    for article in parse(page):
        assert article.text
        assert {line.strip() for line in article.text.split("\n")} <= own
        assert article.title is None or article.title in own


@pytest.mark.parametrize(
    "line", ["a " * 77, "(" * 154, "By " + "A " * 75, "A." * 77, "1" * 154, "[a] " * 38, "Aa, " * 38, "share " * 25]
)
def test_every_line_is_classified_in_time(line):
    started = time.process_time()
    articles = list(
        parse(f"Crane sale put off until autumn\n\n{CRANES}\n\n{WATER}\n\n" + f"{line}!\n" * 1000 + line * 1000)
    )
    assert time.process_time() - started < 20  # less than 1 s; an expression that backtracks takes hours
    assert len(articles) == 1


def test_a_file_with_only_a_short_text_is_an_article():
    text = "Dock workers ended their strike on Tuesday, the port said in a statement."
    assert seen(text) == [(None, None, text)]
    assert seen(f"Harbour strike ends\n\n{text}") == [("Harbour strike ends", None, text)]


@pytest.mark.parametrize(
    "line",
    [
        "The site could not be reached by inspectors on Monday.",
        "The minister wrote:",
        "Rajavi says:",
        "Facebook changed its privacy policy after the vote.",
        "The company broke its own terms of service, the court found.",
        "The copyright law of 2019 was struck down by the court.",
        "He said so in a newsletter to his followers last week.",
        "Refugees were told to register here by Monday or lose their papers.",
        "Voters can register today at any post office in the two provinces.",
        "No. He did not say why.",
        "No comment.",
        "Discussion",
        "Tagged as terrorists in 1997, the group was taken off the list fifteen years later by the State Department.",
        "Nous ne céderons pas, a dit le ministre. »",
        "She wants the team to return to the top of the league next year.",
        "The bakery gave us free cookies on the last day of the siege, he said.",
        "The paper was published under a pseudonym in 1968 and posted in every mosque.",
        "Posted in the capital since May, the envoy has met no minister so far.",
        "We will support our work with money from the exiles, the letter said.",
        "Share of the vote: 12 percent",
        "Most of the camp was empty.",
        "Related to the late shah, he left in 1979.",
        "The video (not verified) shows smoke over the camp.",
        "Code: a word that guards used for beatings.",
        "Service: he was a conscript for two years.",
        "Print shops were searched, too.",
        "In his report the envoy said that the camp can also be visited by families, but only at night.",
        "Views differ: the author of the law says it is not necessarily a ban.",
        "He told them to sign up for the army, an account that the guard denied.",
        "Donate, they were told, or leave the group.",
        "Topic: nothing was off limits in the talks that night.",
        "Contact: none so far with the hostage's family, an uncle said.",
        "See also the letter of 5 May, the judge said.",
        "The Associated Press reports:",
        "“We have found a way to pursue our security and protect our privacy,” he said of the new law.",
        "The prime minister speaks in the lower house on Friday, March 29 ©Parliament/Handout via an agency",
        "Compare that with the absolute lack of rights that users have under the company’s own terms of service:",
        "One comment was struck from the record.",
    ],
)
def test_news_that_uses_the_words_of_templates_stays_in_the_text(line):
    page = f"Crane sale put off until autumn\n\nMay 4, 2016\n\n{CRANES}\n\n{line}\n\n{WATER}\n\n© 2016 Selwyn Mail"
    assert seen(page) == [("Crane sale put off until autumn", "2016-05-04", f"{CRANES}\n\n{line}\n\n{WATER}")]
