"""A record from any source becomes an article: its fields are found under many names, and checked."""

import datetime as dt

import pytest

from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import record

TEXT = "The council voted for a tram line on Monday night. Work begins in spring."
TODAY = dt.date.today()


def read(**fields):
    return record.parse({"text": TEXT, **fields}, load_catalogue(), "a.jsonl")


def parse(fields):
    return record.parse(fields, load_catalogue(), "a.jsonl")


@pytest.mark.parametrize(
    "name",
    [
        *("text", "body", "content", "article", "article_text", "articleBody", "full_text", "maintext", "story"),
        *("content_text", "Text", "ARTICLE-TEXT", "Full Text", "fullText"),
    ],
)
def test_the_text_field_has_many_names(name):
    assert parse({name: TEXT}).text == TEXT


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("title", ["title", "Headline", "name"]),
        ("url", ["url", "link", "canonical_url", "web_url", "source-url", "webUrl", "permalink"]),
        ("host", ["host", "hostname"]),
        ("id", ["id", "_id", "guid", "UUID", "article_id"]),
    ],
)
def test_other_fields_have_many_names_too(fields, names):
    assert [getattr(read(**{name: "x"}), fields) for name in names] == ["x"] * len(names)


def test_the_outlet_field_has_many_names_and_the_basis_says_which():
    names = [
        *("outlet", "source", "publisher", "publication", "source_name", "site_name", "sitename", "newspaper", "media"),
        *("outlet_name", "News Outlet", "source_domain"),
    ]
    for name in names:
        article = read(**{name: "Example Post"})
        assert (article.outlet, article.outlet_basis) == ("Example Post", f"metadata: {name}")


def test_a_date_has_many_names():
    names = [
        *(
            "date",
            "published_at",
            "publish_date",
            "date_publish",
            "datePublished",
            "publishedAt",
            "published",
            "pubDate",
        ),
        *("pub_date", "publication_date", "date_published", "created_at", "time", "timestamp"),
    ]
    assert {read(**{name: "2013-05-14"}).date for name in names} == {dt.date(2013, 5, 14)}


def test_the_names_of_accordings_own_format_win():
    others = {"body": "b", "headline": "h", "link": "l", "created_at": "2001-01-01", "publisher": "Other"}
    own = {"text": TEXT, "title": "t", "url": "u", "date": "2013-05-14", "outlet": "Example Post"}
    article = parse(others | own)
    assert (article.text, article.title, article.url, article.outlet) == (TEXT, "t", "u", "Example Post")
    assert article.date == dt.date(2013, 5, 14)


def test_empty_fields_are_ignored():
    article = parse(
        {"text": "", "body": TEXT, "title": None, "headline": "h", "id": "", "source": float("nan"), "host": " "}
    )
    assert (article.text, article.title, article.outlet, article.host) == (TEXT, "h", None, None)
    assert len(article.id) == 32


@pytest.mark.parametrize(
    ("stated", "outlet"),
    [
        ("reuters", "Reuters"),
        ("cnn.com", "CNN"),
        ("https://www.cnn.com", "CNN"),
        ("edition.cnn.com", "CNN"),
        ("www.unknown.example", "unknown.example"),
        ("The Unknown Herald", "The Unknown Herald"),
        ({"id": None, "name": "CNN"}, "CNN"),
        ({"@type": "Organization", "name": "Unknown Herald"}, "Unknown Herald"),
        ({"title": "Unknown Herald", "uri": "unknown.example"}, "Unknown Herald"),
        ([{"name": "CNN"}], "CNN"),
    ],
)
def test_outlets_are_normalised(stated, outlet):
    article = read(source=stated)
    assert (article.outlet, article.outlet_basis) == (outlet, "metadata: source")


def test_the_source_may_be_the_url_of_a_page():
    article = read(source="https://www.reuters.com/world/tram", hostname="reuters.com")
    assert (article.outlet, article.url, article.host) == ("Reuters", "https://www.reuters.com/world/tram", "Reuters")


def test_a_url_names_the_outlet_if_nothing_else_does():
    known, unknown = read(url="https://www.reuters.com/x"), read(url="https://a.example/x")
    assert (known.outlet, known.outlet_basis, known.host) == ("Reuters", "url: https://www.reuters.com/x", None)
    assert (unknown.outlet, unknown.outlet_basis, unknown.host) == (None, "unknown", "a.example")


@pytest.mark.parametrize(
    ("outlet", "url", "host"),
    [
        ("Associated Press", "https://www.foxnews.com/us/tram", "Fox News"),
        ("AP", "https://www.valley.example/tram", "valley.example"),
        ("AP", "https://apnews.com/tram", None),
        ("The Valley Herald", "https://www.foxnews.com/us/tram", "Fox News"),
        ("The Valley Herald", "https://valley-herald.example/tram", None),  # its own, for all that is known
    ],
)
def test_a_url_on_another_site_names_the_host(outlet, url, host):
    assert read(outlet=outlet, url=url).host == host


@pytest.mark.parametrize(
    "stated",
    [
        *("2013-05-14", "2013-05-14T23:30:00+02:00", "14 May 2013", "May 14, 2013", "Tue, 14 May 2013 10:00:00 GMT"),
        *("20130514", 20130514, "20130514120000", 1368489600, "1368489600", 1368489600.5, 1368489600000),
        *("1368489600000", {"$date": "2013-05-14T00:00:00Z"}, {"$date": {"$numberLong": "1368489600000"}}),
        *(["2013-05-14"], dt.date(2013, 5, 14), dt.datetime(2013, 5, 14, 12)),
    ],
)
def test_dates_are_read_in_every_unambiguous_form(stated):
    article = read(date=stated)
    assert (article.date, article.date_basis) == (dt.date(2013, 5, 14), "published")


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ("2999-01-01", "in the future"),
        (str(TODAY + dt.timedelta(days=1)), "in the future"),
        (4102444800, "in the future"),
        ("03/04/2013", "two readings"),
        ("5/6/13", "two-digit year"),
        ("5-May-13", "two-digit year"),
        ("0001-01-01", "not a day"),
        ("0001-01-01T00:00:00Z", "not a day"),
        ("1970-01-01T00:00:00Z", "not a day"),
        ("1969-12-31T19:00:00-05:00", "not a day"),
        (0, "not a day"),
        ("0", "not a day"),
        (-86400, "not a day"),
        (2013, "not a day"),
        (12345678, "not a day"),
        (10**30, "not a day"),
        (True, "not a day"),
        ("yesterday", "not a day"),
        ("13.13.2013", "not a day"),
        (dt.date(1, 1, 1), "not a day"),
    ],
)
def test_an_impossible_date_is_refused_and_the_article_kept(stated, why):
    article = read(date=stated)
    assert (article.text, article.date, article.date_basis) == (TEXT, None, f"refused: {stated} ({why})")


def test_today_is_not_in_the_future():
    assert read(date=TODAY.isoformat()).date == TODAY


@pytest.mark.parametrize("fields", [{}, {"date": ""}, {"date": None}])
def test_a_missing_date_is_not_a_refused_one(fields):
    article = read(**fields)
    assert (article.date, article.date_basis) == (None, None)


def test_a_record_may_state_its_date_basis():
    assert read(date="2013-05-14", date_basis="posted by host").date_basis == "posted by host"
    assert read(date="03/04/2013", date_basis="posted by host").date_basis == "refused: 03/04/2013 (two readings)"


@pytest.mark.parametrize(
    ("stated", "authors"),
    [
        ("A. Roe, B. Doe and C. Poe", ("A. Roe", "B. Doe", "C. Poe")),
        ("A. Roe, B. Doe, and C. Poe", ("A. Roe", "B. Doe", "C. Poe")),
        ("By Jane Roe and John Doe", ("Jane Roe", "John Doe")),
        ("Jane Roe; John Doe & Ann Poe", ("Jane Roe", "John Doe", "Ann Poe")),
        ("John Doe, Jr., Jane Roe", ("John Doe, Jr.", "Jane Roe")),
        ("Roe, Jane", ("Roe, Jane",)),
        (["Roe, Jane", "John Doe"], ("Roe, Jane", "John Doe")),
        (["By Jane Roe and John Doe"], ("Jane Roe", "John Doe")),
        ({"name": "Jane Roe"}, ("Jane Roe",)),
        ([{"@type": "Person", "name": "Jane Roe"}, {"name": "John Doe"}], ("Jane Roe", "John Doe")),
        ({"firstName": "Jane", "lastName": "Roe"}, ("Jane Roe",)),
        ("Jane Roe <jane@example.org>, John Doe", ("Jane Roe", "John Doe")),
        ("jane@example.org (Jane Roe)", ("Jane Roe",)),
        ("jane@example.org", ()),
        ("['Jane Roe', \"Liam O'Neil\"]", ("Jane Roe", "Liam O'Neil")),
        (["Jane Roe", "", "Jane Roe"], ("Jane Roe",)),
        ([], ()),
    ],
)
def test_authors_may_be_text_a_list_or_nested(stated, authors):
    assert read(author=stated).authors == authors
    assert read(authors=stated).authors == authors


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>The council &amp; the mayor.</p>\n<p>Work<br>begins <b>in</b> spring.</p>",
         "The council & the mayor.\n\nWork\nbegins in spring."),
        ("<div><script>var a = 1 < 2;</script><style>p {}</style>The vote.<!-- no --></div>", "The vote."),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<p>lines of\nthe source", "lines of the source"),
        ("Kept\n\nas <a href='x'>lines</a>\nand <crowd cheers>", "Kept\n\nas lines\nand <crowd cheers>"),
        ("&lt;p&gt;Twice escaped&lt;/p&gt;", "Twice escaped"),
        ("AT&amp;T said &#8220;no&#8221;", "AT&T said “no”"),
        ("<div>" * 400 + "deep" + "</div>" * 400, "deep"),
        ("<?xml version='1.0'?><!DOCTYPE html><html><head><title>x</title></head><p>in</p></html>", "in"),
    ],
)  # fmt: skip
def test_html_becomes_the_text_that_it_displays(markup, text):
    assert read(text=markup).text == text


@pytest.mark.parametrize(
    "words",
    [
        "if a < b and b > c, then a < c",
        "I <3 this town",
        "<crowd cheers> and <SOT: the mayor, 5/20/14>",
        "write <br> where a line ends",
        "see http://a.example/?a=1&copy=2&lt=3",
        "R&D; and &unknown; stay",
        "x <y> z",
    ],
)
def test_text_that_only_looks_like_html_is_kept(words):
    assert read(text=words).text == words


def test_mojibake_in_fields_is_repaired():
    article = read(text="They donâ€™t know.\nThe CafÃ© is shut.", title="CafÃ©", authors=["JosÃ© Roe"])
    assert (article.text, article.title, article.authors) == (
        "They don’t know.\nThe Café is shut.",
        "Café",
        ("José Roe",),
    )


def test_nested_wordpress_fields_are_read():
    article = parse(
        {"id": 7, "date": "2013-05-14T10:00:00", "link": "https://a.example/x", "author": 3}
        | {"title": {"rendered": "A &#038; B"}, "content": {"rendered": "<p>One.</p>", "protected": False}}
    )
    assert (article.id, article.title, article.text, article.url, article.authors) == (
        "7",
        "A & B",
        "One.",
        "https://a.example/x",
        (),
    )


def test_paragraphs_may_come_as_a_list():
    assert read(text=["One.", "Two."]).text == "One.\n\nTwo."


def test_a_title_may_be_a_list_or_a_number():
    assert [read(title=t).title for t in (["Tram line"], 1984, "a\n  b", "  x ")] == ["Tram line", "1984", "a b", "x"]


def test_ids_become_text():
    assert [read(id=i).id for i in ("a-1", 7, {"$oid": "5f"})] == ["a-1", "7", "5f"]


def test_a_truncated_text_is_rejected():
    with pytest.raises(InputError, match=r"its content is truncated \('.*… \[\+1234 chars\]'\); get the full text"):
        parse({"title": "x", "content": "The council voted for a tram… [+1234 chars]"})
    assert parse({"content": "The council… [+1234 chars]", "full_text": TEXT}).text == TEXT


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": "x"}, "no text"),
        ({"text": " \n "}, "no text"),
        ({"text": "<p> </p>"}, "no text"),
        ({"text": 7}, "no text"),
        (
            {"text": "<b>" * 5000 + "x" + "</b>" * 5000},
            "its markup has more than 2,000 nested elements; save only the text",
        ),
        ({"text": "NUL \x00"}, "has invalid characters"),
        ({"text": "half \ud83d"}, "has invalid characters"),
        ({"text": TEXT, "title": ["a", "b"]}, "its title is a list, not text"),
        ({"text": TEXT, "title": True}, "its title is a boolean, not text"),
        ({"text": TEXT, "url": 3}, "its url is a number, not text"),
        ({"text": TEXT, "source": ["A", "B"]}, "its source is a list, not text"),
        ({"text": TEXT, "id": ["a", "b"]}, "its id is a list, not text"),
        ({"text": TEXT, "authors": 3}, "its authors field is neither text nor a list of texts"),
        ({"text": TEXT, "authors": ["Jane Roe", 3]}, "its authors field is neither text nor a list of texts"),
        ({"text": TEXT, "kind": "tweet"}, "its kind is 'tweet'; it must be 'full text' or 'digest'"),
    ],
)
def test_an_invalid_record_is_rejected_with_a_reason(fields, reason):
    with pytest.raises(InputError) as error:
        parse(fields)
    assert str(error.value).startswith(reason)


def test_other_uses_of_common_field_names_are_ignored():
    article = read(media=[{"url": "a.jpg"}, {"url": "b.jpg"}], article=12, link=[1, 2], author=3, guid=["a", "b"])
    assert (article.text, article.outlet, article.url, article.authors) == (TEXT, None, None, ())


@pytest.mark.parametrize("nothing", ["\u3164", "\ufe0f\ufe0f", "\U000e0101", " \u200b\u2060 ", "\u2800"])
def test_a_name_that_nothing_shows_is_none(nothing):
    fields = {"text": "The ferry sailed.", "outlet": nothing, "title": nothing}
    article = record.parse(fields, load_catalogue(), "news.jsonl")
    assert (article.outlet, article.title) == (None, None)
