"""What a page begins with: what the index holds, in one line, and questions to ask it."""

import datetime as dt

from rag.answer.balance import UNKNOWN_OUTLET, Counts
from rag.web.start_html import holds, start_html

COUNTS = Counts(1345, {"Reuters": 1000, UNKNOWN_OUTLET: 345}, first=dt.date(2003, 6, 17), last=dt.date(2023, 1, 2))


def test_it_says_how_many_articles_outlets_and_years_the_index_holds():
    assert holds(COUNTS) == "1,345 articles · 1 outlet · 2003 to 2023"


def test_what_is_not_known_is_left_out_and_one_year_is_said_once():
    assert holds(Counts(1, {UNKNOWN_OUTLET: 1})) == "1 article"
    day = dt.date(2003, 6, 17)
    assert holds(Counts(2, {"A": 1, "B": 1}, first=day, last=dt.date(2003, 7, 1))) == "2 articles · 2 outlets · 2003"


def test_each_example_is_a_button_that_asks_it():
    html = start_html(COUNTS, ["Who is Ann Lee?", "What happened at\nCamp Delta?"])
    assert html.count('<button type="button" class="example" data-do="example" dir="auto">') == 2
    assert "<bdi>Who is Ann Lee?</bdi></button>" in html
    assert "<bdi>What happened at Camp Delta?</bdi></button>" in html


def test_text_of_an_example_is_never_markup_and_cannot_disturb_what_is_around_it():
    html = start_html(COUNTS, ['Who is <img src=x onerror="a()">\u202e?'])
    assert "<img" not in html
    assert "\u202e" not in html
    assert "&lt;img" in html


def test_without_examples_there_is_no_empty_group():
    assert "examples" not in start_html(COUNTS)


def test_an_empty_index_says_what_to_do():
    html = start_html(Counts(), ["Who is Ann Lee?"])
    assert "The index is empty. Put articles in with <code>according build FOLDER</code>." in html
    assert "button" not in html
    assert "contents" not in html
    assert "Add your own files" not in html
    assert "Add your own files" in start_html(Counts(), may_add=True)
