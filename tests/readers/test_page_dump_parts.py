"""What is around and within the text of a page dump: boxes, cut-off entries, comments, and the date wherever it is."""

import pytest

from rag.provenance.catalogue import load_catalogue
from rag.readers import page_dump

TITLE = "Crane sale put off until autumn"
FIRST = """\
The harbour board has put off the sale of its two grain cranes until the autumn, after dockers blocked the gates."""
SECOND = """\
The chair of the board said on Tuesday that the cranes were older than the town hall, and that a buyer could wait."""
THIRD = """\
Dockers answered that the cranes were theirs as much as the town's, and that they would sleep below them if need be."""
MENU = "Home\nTown\nSport\n\n"
FOOT = "\n\nShare on Facebook\n\nMore news\nWater meters fail\nBread dearer again\n"


def read(page):
    return list(page_dump.parse(page, load_catalogue(), ""))


def one(page):
    (article,) = read(page)
    return article


@pytest.mark.parametrize(
    "head",
    [
        f"{TITLE}\n\n04.05.2016, 12:24Lesezeit: 3 Min.",
        f"{TITLE}\n\nMay 4, 20169:12 AM UTCUpdated ago",
        f"{TITLE}\n\nBy Jane RoeMay 4, 2016",
        f"{TITLE}\n\n  • May 4, 2016",
        f"04.05.2016, 20:28\n\nPort news\n\n{TITLE}",
        f"May 4, 2016\n\n{TITLE}, May 4, 2016",
        "May 4, 2016",
        f"{TITLE}\n\nJane Roe / John Doe Selwyn 4 May 2016 - 12:14 CET",
        f"{TITLE}\n\nBy Jane Roe on May 4, 2016 at 11:30a @JaneRoe",
        f"{TITLE}\n\nBy JANE ROE, Executive Editor | Wednesday May 4, 2016 @ 6:43pm EDTTags: Cranes, Port, Dockers",
        f"text size: T T Viewpoint May 4, 2016, 8:50 PM EDT\n\n{TITLE}",
        f"Wednesday, May 4, 2016, by Dr. Jane Roe\nSend Print\n\n{TITLE}",
        f"{TITLE}\n\nJane Roe Port policy 4 May 20164 May 2016cranes, DOCKERS 0 Comment",
        f"{TITLE}\n\nStored by roe on 4 May 2016 - 12:00\nUpdated:\n6 May 2016",
    ],
)
def test_the_date_is_found_wherever_it_is_printed(head):
    article = one(f"{MENU}{head}\n\n{FIRST}\n\n{SECOND}{FOOT}")
    assert article.date is not None
    assert article.date.isoformat() == "2016-05-04"
    assert article.text == f"{FIRST}\n\n{SECOND}"


@pytest.mark.parametrize(
    "foot",
    [
        "Author janePosted on May 4, 2016May 6, 2016Categories Port, Cranes",
        "(gazette) Published on 04.05.2016, 06:00",
        "Jane Roe — 2016-05-04 — in Port — Permalink — License — share this",
        "4 May 2016\nTags: cranes, dockers",
    ],
)
def test_the_date_is_found_below_the_text(foot):
    article = one(f"{MENU}{TITLE}\n\n{FIRST}\n\n{SECOND}\n\n{THIRD}\n\n{foot}\n\nNext\n\nWater meters fail{FOOT}")
    assert str(article.date) == "2016-05-04"
    assert article.text == f"{FIRST}\n\n{SECOND}\n\n{THIRD}"


@pytest.mark.parametrize("place", ["", "SELWYN, "])
def test_a_date_before_a_dash_opens_a_text(place):
    assert str(one(f"{MENU}{TITLE}\n\n{place}May 4, 2016 -- {FIRST}\n\n{SECOND}{FOOT}").date) == "2016-05-04"


def test_a_date_with_another_label_is_no_articles():
    facts = "Pages: 80\nEdition: 1 (27 May 2013)\nLanguage: English"
    (found,) = read(f"{MENU}20 October 2013\n\n{TITLE}\n\n{FIRST}\n\n{facts}\n\n{SECOND}\n\n{THIRD}{FOOT}")
    assert (found.title, str(found.date)) == (TITLE, "2013-10-20")
    assert [text in found.text for text in (FIRST, SECOND, THIRD)] == [True, True, True]


def test_dated_comments_below_an_article_are_not_articles():
    others = "".join("  • Port\n" for _ in range(6))
    text = "\n\n".join(f"{text} {number}" for number in ("One.", "Two.") for text in (FIRST, SECOND, THIRD))
    comments = "".join(f"reader{n} - 0{n}.05.2016 г. 10:4{n}:23\n\n{THIRD}\n\n" for n in range(4, 9))
    (found,) = read(f"{MENU}{TITLE}\n\n4 May 2016 13:28\n\n{others}\n{text}\n\nVotes\n\n{comments}")
    assert (found.title, str(found.date), found.text) == (TITLE, "2016-05-04", text)


def test_dates_within_one_long_text_do_not_cut_it():
    text = "\n\n".join(f"{text} {number}" for number in ("One.", "Two.") for text in (FIRST, SECOND, THIRD))
    gallery = (
        f"The quay\n\nThe quay as of May 4, 2016\n\n{FIRST}\n\nThe bridge\n\nThe bridge on May 6, 2016\n\n{SECOND}"
    )
    (found,) = read(f"{MENU}{TITLE}\n\n{text}\n\n{gallery}{FOOT}")
    assert (found.title, found.text.startswith(text), SECOND in found.text[-200:]) == (TITLE, True, True)


def test_names_below_several_pictures_are_not_that_of_the_site():
    pictures = "Water meters\n© MeterWorks\n\nThe bread\n© Bread Weekly"
    found = one(f"{MENU}{TITLE}\n\nMay 4, 2016\n\n{FIRST}\n\n{SECOND}\n\n{pictures}{FOOT}")
    assert (found.host, found.text) == (None, f"{FIRST}\n\n{SECOND}")


def test_an_article_below_a_heading_of_others_is_read():
    notice = " ".join([FIRST, SECOND])
    page = (
        f"{notice}\n\nTop post\n\n{TITLE}\n\nposted on May 4, 2016, at 11:29 a.m.\nJane Roe\nPort Reporter\n\n{THIRD}"
    )
    assert [str(article.date) for article in read(f"{MENU}{page} One.\n\n{THIRD} Two.{FOOT}")] == ["2016-05-04"]


def test_the_date_of_an_indented_article_is_found():
    article = f"{TITLE}\n\nBy Jane Roe\n4 May 2016\n\n{FIRST}\n\n{SECOND}"
    found = one(MENU + "".join(f"    {line}\n" for line in article.split("\n")) + FOOT)
    assert (found.title, found.date.isoformat(), found.authors) == (TITLE, "2016-05-04", ("Jane Roe",))


@pytest.mark.parametrize(
    "line",
    ["Updated May 4, 2016", "Zuletzt geändert am 4. Mai 2016", "Member since May 4, 2016", "Mis à jour le 4 mai 2016"],
)
def test_a_date_of_a_change_or_a_registration_is_not_that_of_publication(line):
    assert one(f"{MENU}{TITLE}\n\n{line}\n\n{FIRST}\n\n{SECOND}{FOOT}").date is None
    assert one(f"{MENU}{TITLE}\n\n3 May 2016\n{line}\n\n{FIRST}\n\n{SECOND}{FOOT}").date.isoformat() == "2016-05-03"


def test_the_day_above_the_name_of_the_site_is_not_the_date():
    assert one(f"Friday, May 6, 2016\n\nQuay Gazette\n\n{TITLE}\n\n{FIRST}\n\n{SECOND}{FOOT}").date is None


@pytest.mark.parametrize("heading", ["Lesen Sie auch", "À lire aussi", "Related", "Trending", "Read also"])
def test_the_text_goes_on_after_a_box(heading):
    box = f"{heading}\n\nThe quarrel about the bridge\n\nPort\nWhy no ferry sails"
    page = f"{MENU}{TITLE}\n\nMay 4, 2016\n\n{FIRST}\n\n{box}\n\n{SECOND}\n\nWhat it costs\n\n{THIRD}{FOOT}"
    assert one(page).text == f"{FIRST}\n\n{SECOND}\n\nWhat it costs\n\n{THIRD}"


def test_titles_with_summaries_below_the_text_are_not_part_of_it():
    others = f"Related\n\nWater meters fail\n\n{SECOND}\n\nBread dearer again\n\n{THIRD}"
    assert (
        one(f"{MENU}{TITLE}\n\nMay 4, 2016\n\n{FIRST}\n\n{FIRST} Again.\n\n{others}").text
        == f"{FIRST}\n\n{FIRST} Again."
    )


def test_a_list_of_others_may_be_above_the_article():
    notice = " ".join(
        ["We and our partners store what they need, and you may refuse it on the page about your data."] * 3
    )
    listed = "".join(f"A headline about {c * 5}\n\n" for c in "abcdefghijklm")
    text = f"{FIRST}\n\nAdvertisement\n\n{SECOND}\n\n{THIRD}{FOOT}"
    page = f"{MENU}{notice}\n\nTrending\n\n{listed}{TITLE}\n\nMay 4, 2016\n\n{text}"
    (found,) = read(page)
    assert (found.title, str(found.date), found.text) == (TITLE, "2016-05-04", f"{FIRST}\n\n{SECOND}\n\n{THIRD}")


@pytest.mark.parametrize(
    "end",
    ["and>>>", "and Weiterlesen →", "[…] Lire la suite »", "… Leggi tutto", "and (Seguir leyendo)", "… Czytaj dalej →"],
)
def test_an_entry_that_is_cut_off_is_no_article(end):
    post = f"{TITLE}\n\n4 May 2016\n\n{FIRST}\n\n{SECOND}\n\n"
    cut = f"Water meters fail\n\n3 May 2016\n\n{THIRD} It was said {end}\n\n"
    assert [article.title for article in read(post + cut)] == [TITLE]
    assert read(cut) == []


@pytest.mark.parametrize(
    "heading",
    [
        "2 Kommentare zu „Crane sale put off until autumn“",
        "Schreibe einen Kommentar",
        "Kommentare Hinterlasse einen Kommentar",
        "2 réponses à Crane sale put off until autumn",
        "Laisser un commentaire",
        "2 comentarios en “Crane sale put off until autumn”",
        "Deja una respuesta",
        "Lascia un commento",
        "Dodaj komentarz",
        "Geef een reactie",
        "Добавить комментарий",
    ],
)
def test_comments_in_other_languages_are_left_out(heading):
    comments = "".join(f"  • somebody\n    05.05.2016 um 10:1{n}\n\n    {THIRD}\n\n" for n in range(2))
    assert (
        one(f"{MENU}{TITLE}\n\n4. Mai 2016\n\n{FIRST}\n\n{SECOND}\n\n{heading}\n\n{comments}").text
        == f"{FIRST}\n\n{SECOND}"
    )


def test_the_name_of_an_outlet_between_date_and_text_is_no_title():
    posts = "".join(
        f"0{n}.05.2016 à 16:14\nHuman Rights Watch\n{text}\n{THIRD}\n\n" for n, text in ((4, FIRST), (3, SECOND))
    )
    found = [
        (a.title, a.outlet, a.date.isoformat()) for a in read(f"Accueil\nRevue de presse\n\n{posts}Page suivante\n")
    ]
    assert found == [(None, "Human Rights Watch", "2016-05-04"), (None, "Human Rights Watch", "2016-05-03")]
