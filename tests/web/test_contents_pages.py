"""The pages of the index: what it contains, the articles of an outlet, what was skipped."""

import json
from html import escape

import httpx
import pytest
from lxml import html
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder
from support.plain_pages import MEETING, fetch, get, known, outlet, rows, texts

import rag
from rag.provenance.catalogue import domain
from rag.web.contents_html import ROWS_PER_PAGE
from rag.web.contents_pages import MAX_SITES


def test_the_contents_page_counts_articles_outlets_kinds_and_sites(built):
    page = get(built(HARBOUR, HARBOUR | {"id": "b", "date": "2012-01-01", "text": "Ice."}, BRIDGE, ORCHARD), "contents")
    assert known(page) == {
        "Articles": "4", "Outlets known by name": "3", "Dates": "2012-01-01 to 2015-01-02", "Undated": "1",
        "Independent sources": "at least 3", "Encoder": "words",
    }  # fmt: skip
    assert rows(page, "3 outlets") == [
        ["The Guardian newspaper", "2", "2012-01-01 to 2013-05-14"],
        ["Press TV broadcaster", "1", "2015-01-02"],
        ["Reuters news agency", "1", "none"],
    ]
    assert rows(page, "Kinds") == [["newspaper", "2"], ["broadcaster", "1"], ["news agency", "1"]]
    assert rows(page, "Sites") == [["example.org", "2"], ["mirror.example", "1"]]
    assert [a.get("href") for a in page.cssselect("nav.lists a")] == [
        "./contents", "./contents?list=articles", "./contents?list=skipped",
    ]  # fmt: skip
    assert texts(page, "nav.lists [aria-current]") == ["Outlets"]
    assert texts(get(built(MEETING, index="clean"), "contents?list=skipped"), "h2 + p") == ["None."]


def test_the_row_of_an_outlet_links_to_its_articles_and_its_facts(built):
    library = built(HARBOUR, ORCHARD, ORCHARD | {"id": "b", "date": "2012-01-01", "text": "Ice.", "title": None})
    link = next(a for a in get(library, "contents").cssselect("td a") if a.text_content() == "Reuters")
    page = get(library, link.get("href").removeprefix("./"))
    assert texts(page, "h1") == ["Reuters"]
    assert rows(page, "2 articles") == [["2012-01-01", "b"], ["undated", "Frost"]]
    assert [a.get("href") for a in page.cssselect("td a")] == ["./article/b", "./article/orchard"]
    stated = known(page)
    assert stated["Kind"] == "news agency (our classification)"
    assert stated["Rating"] == "unrated"
    owner = library.catalogue.outlet("Reuters").owner
    assert stated["Owner"] == f"{owner.value} ({domain(owner.source)}, as of {owner.as_of})"
    assert stated["Country"] == "United Kingdom (newsxchange.org, date not stated)"
    assert page.cssselect("nav.pages") == []


def test_the_users_own_facts_and_ratings_are_shown_with_their_source(tmp_path, news, words):
    (tmp_path / "own.toml").write_text(
        '[[outlet]]\nname = "The Echo"\nowner = { value = "A <b>", source = "javascript:alert(1)" }\n'
        '[[outlet.rating]]\nrater = "R & Co"\nvalue = "<left>"\ndate = "2024"\nsource = "https://r.example/"\n'
    )
    library = rag.build([news(MEETING)], tmp_path / "i", words, catalogue=tmp_path / "own.toml")
    page = get(library, "contents?outlet=The+Echo")
    assert known(page)["Owner"] == "A <b> (javascript:alert(1), date not stated)"
    assert known(page)["Rating"] == "<left>, by R & Co, 2024 (r.example)"
    assert [a.get("href") for a in page.cssselect("dd a")] == ["https://r.example/"]


def test_articles_of_unknown_outlets_are_listed(built):
    page = get(built({"id": "a", "text": "Nobody signed this."}), "contents")
    (link,) = page.cssselect("h2.count ~ table:first-of-type td a")
    assert (link.text_content(), link.get("href")) == ("an unknown outlet", "./contents?outlet=")
    page = get(built({"id": "a", "text": "Nobody signed this."}), "contents?outlet=")
    assert rows(page, "1 article") == [["undated", "a"]]
    assert texts(page, "h2:last-of-type + p") == ["This outlet is not in the catalogue."]


def test_an_empty_index_has_no_tables(built):
    page = get(built(), "contents")
    assert known(page)["Articles"] == "0"
    assert page.cssselect("table") == []


def test_an_unknown_outlet_or_page_number_gets_a_page_that_says_so(built):
    library = built(MEETING)
    assert texts(get(library, "contents?outlet=The+Moon", 404), "h1") == ["No such outlet"]
    for page in ("0", "2", "999999999"):
        assert texts(get(library, f"contents?outlet=The+Echo&page={page}", 404), "h1") == ["No such page"]
    for page in ("", "-1", "one", "1.5", "%D9%A1", "9" * 5000):
        got = get(library, f"contents?outlet=The+Echo&page={page}", 400)
        assert texts(got, "h1") == ["This link is not valid"]


def test_the_articles_of_an_outlet_are_split_into_pages(tmp_path, news):
    records = [
        {"id": f"{n}", "outlet": "The Echo" if n % 4 else f"Paper {n % 60}", "title": f"Title {n}", "text": f"Ice {n}.",
         "date": f"{2000 + n // 400}-01-{n % 28 + 1:02d}"}
        for n in range(1200)
    ]  # fmt: skip
    library = rag.build([news(*records)], index=tmp_path / "large", encoder=WordEncoder())
    response = fetch(library, "contents")
    assert "Title" not in response.text
    assert len(rows(html.document_fromstring(response.text), "16 outlets")) == 16
    seen, where, dates = [], "contents?outlet=The+Echo", []
    while where:
        page = get(library, where)
        own = rows(page, "900 articles")
        assert len(own) <= ROWS_PER_PAGE
        seen += [title for _, title in own]
        dates += [date for date, _ in own]
        onward = page.xpath('//nav[@class="pages"]/a[.="Next page"]/@href')
        where = onward[0].removeprefix("./") if onward else None
    assert sorted(seen) == sorted(f"Title {n}" for n in range(1200) if n % 4)
    assert dates == sorted(dates, reverse=True)
    assert texts(page, "h2")[0] == "900 articles, page 9 of 9"
    first = "./contents?outlet=The+Echo"
    assert page.xpath('//nav[@class="pages"]/a/@href') == [first, f"{first}&page=8"]
    assert texts(page, "nav.pages a") == ["First page", "Previous page"]


def test_skipped_files_are_grouped_by_reason(tmp_path, words):
    lines = [json.dumps(MEETING), *["{<b>broken"] * 130, '{"text": ""}']
    (tmp_path / "n.jsonl").write_text("\n".join(lines))
    page = get(rag.build([tmp_path / "n.jsonl"], index=tmp_path / "i", encoder=words), "contents?list=skipped")
    first, second = page.cssselect("details")
    assert texts(first, "summary") == ["130: not JSON, the first 100"]
    assert len(first.cssselect("li")) == 100
    assert texts(first, "li")[0].startswith("n.jsonl, line 2: not JSON (")
    assert str(tmp_path) not in page.text_content()
    assert texts(second, "summary")[0].startswith("1: ")


# Searching and sorting

CABLES = [
    HARBOUR | {"id": "1", "outlet": "El País", "title": "The élan of the port", "date": "2012-01-01", "text": "Ice 1."},
    HARBOUR
    | {
        "id": "2",
        "outlet": "El País",
        "title": "Ärger in Łódź",
        "date": "2014-02-02",
        "host": "mirror.example",
        "text": "Ice 2.",
    },
    HARBOUR | {"id": "3", "outlet": "Reuters", "title": "A port closes", "date": "2014-01-01", "text": "Ice 3."},
    HARBOUR | {"id": "4", "outlet": "Reuters", "title": None, "date": None, "text": "Ice 4."},
    {"id": "5", "title": "Nobody's port", "text": "Ice 5."},
]


def names(page):
    """The outlets in the first table."""
    return texts(page, "h2.count ~ table:first-of-type td:first-child a")


def titles(page):
    return texts(page, "a.title")


def form(page, **values):
    """The URL that the page's form leads to, with other values."""
    (found,) = page.cssselect("form")
    sent = dict(found.form_values()) | values
    assert found.get("method") == "get"
    return f"{found.get('action').removeprefix('./')}?{httpx.QueryParams(sent)}"


def test_outlets_are_found_by_any_of_their_names(built):
    library = built(*CABLES)
    page = get(library, form(get(library, "contents"), find="THOMSON reuters"))
    assert names(page) == ["Reuters"]
    assert texts(page, "h2.count, p.sorted") == ["1 of 3 outlets", "“THOMSON reuters” in the name. Show all"]
    assert page.cssselect("input[type=search]")[0].get("value") == "THOMSON reuters"
    assert names(get(library, "contents?find=el+pais")) == ["El País"]
    assert [a.get("href") for a in page.cssselect("p.sorted a")] == ["./contents"]
    assert page.cssselect("dl") == []


def test_outlets_are_kept_to_a_kind_and_lead_to_their_articles_and_to_asking_them(built):
    library = built(*CABLES)
    first = get(library, "contents")
    assert first.xpath("//select[@name='kind']/option/@value") == ["", "news agency", "unclassified"]
    assert first.xpath("//h2[starts-with(., 'Kinds')]/following-sibling::table[1]//a/@href") == [
        "./contents?kind=unclassified", "./contents?kind=news+agency",
    ]  # fmt: skip
    page = get(library, form(first, kind="news agency"))
    assert names(page) == ["Reuters"]
    assert texts(page, "p.sorted") == ["Of the kind “news agency”. Show all"]
    articles, ask = (a.get("href") for a in page.cssselect("p.sorted + p a"))
    assert ask == "./?kind=news+agency"
    assert titles(get(library, articles.removeprefix("./"))) == ["A port closes", "4"]


@pytest.mark.parametrize(
    ("sort", "expected", "says", "direction"),
    [
        ("articles", ["El País", "Reuters", "an unknown outlet"], "Most articles first.", "descending"),
        ("name", ["El País", "Reuters", "an unknown outlet"], "By name.", "ascending"),
        ("kind", ["Reuters", "El País", "an unknown outlet"], "By kind.", "ascending"),
        ("first", ["El País", "Reuters", "an unknown outlet"], "The earliest to begin first.", "ascending"),
        ("last", ["El País", "Reuters", "an unknown outlet"], "The latest first.", "descending"),
    ],
)
def test_a_heading_sorts_outlets_and_the_page_says_how(built, sort, expected, says, direction):
    library = built(*CABLES)
    links = {a.get("href") for a in get(library, "contents?sort=name").cssselect("th a")}
    links |= {a.get("href") for a in get(library, "contents").cssselect("th a")}
    url = f"contents{'' if sort == 'articles' else f'?sort={sort}'}"
    assert f"./{url}" in links
    page = get(library, url)
    assert names(page) == expected
    assert texts(page, "p.sorted") == [says]
    assert page.xpath("//th/@aria-sort") == [direction]
    assert get(library, form(page, find="reuters")).xpath("//th/@aria-sort") == [direction]


def test_all_articles_are_listed_with_their_outlets(built):
    page = get(built(*CABLES), "contents?list=articles")
    assert rows(page, "5 articles") == [
        ["2014-02-02", "Ärger in Łódź El País, via mirror.example"],
        ["2014-01-01", "A port closes Reuters, via example.org"],
        ["2012-01-01", "The élan of the port El País"],
        ["undated", "4 Reuters, via example.org"],
        ["undated", "Nobody's port an unknown outlet"],
    ]
    assert texts(page, "nav.lists [aria-current]") == ["Articles"]
    assert [a.get("href") for a in page.cssselect("tr:first-child td a")] == [
        "./article/2", "./contents?outlet=El+Pa%C3%ADs",
    ]  # fmt: skip
    assert page.xpath("//select[@name='year']/option/@value") == ["", "2014", "2012", "undated"]


def test_articles_are_found_by_words_of_title_and_outlet_by_year_and_by_kind(built):
    library = built(*CABLES)
    first = get(library, "contents?list=articles")
    page = get(library, form(first, find="PORT el"))
    assert titles(page) == ["The élan of the port"]
    assert texts(page, "h2.count, p.sorted") == [
        "1 of 5 articles", "“PORT el” in the title or the outlet. Show all",
    ]  # fmt: skip
    assert titles(get(library, form(first, find="lodz"))) == ["Ärger in Łódź"]
    assert titles(get(library, form(first, year="2014"))) == ["Ärger in Łódź", "A port closes"]
    page = get(library, form(first, year="undated", kind="news agency", find="reuters"))
    assert titles(page) == ["4"]
    assert texts(page, "p.sorted") == [
        "“reuters” in the title or the outlet; from outlets of the kind “news agency”; undated. Show all"
    ]


def test_articles_are_sorted_by_their_headings(built):
    library = built(*CABLES)
    page = get(library, "contents?list=articles")
    date, title = page.cssselect("th a")
    page = get(library, date.get("href").removeprefix("./"))
    assert titles(page) == ["The élan of the port", "A port closes", "Ärger in Łódź", "4", "Nobody's port"]
    assert texts(page, "p.sorted") == ["Earliest first, undated last."]
    assert page.xpath("//th/@aria-sort") == ["ascending"]
    page = get(library, title.get("href").removeprefix("./"))
    assert titles(page) == ["A port closes", "Ärger in Łódź", "Nobody's port", "The élan of the port", "4"]
    assert get(library, form(page, find="port")).xpath("//th/@aria-sort") == ["ascending"]


def test_the_page_of_an_outlet_searches_its_titles_and_leads_to_asking_it(built):
    library = built(*CABLES)
    first = get(library, outlet("El País"))
    assert [a.get("href") for a in first.cssselect("a.ask")] == ["./?outlet=El+Pa%C3%ADs"]
    assert first.xpath("//select[@name='year']/option/@value") == ["", "2014", "2013", "2012", "undated"]
    page = get(library, form(first, find="port"))
    assert texts(page, "h1") == ["El País"]
    assert titles(page) == ["The élan of the port"]
    assert texts(page, "h2.count, p.sorted") == ["1 of 2 articles", "“port” in the title. Show all"]
    assert [a.get("href") for a in page.cssselect("p.sorted a")] == ["./contents?outlet=El+Pa%C3%ADs"]
    assert titles(get(library, outlet("El País", sort="oldest"))) == ["The élan of the port", "Ärger in Łódź"]
    assert titles(get(library, outlet("El País", year="2012"))) == ["The élan of the port"]
    assert get(library, "contents?outlet=").cssselect("a.ask, form") == []


def test_the_name_of_an_outlet_of_two_lines_comes_back_from_the_form(built):
    records = [HARBOUR | {"id": str(n), "outlet": "The\nGuardian  Post", "text": f"Ice {n}."} for n in range(2)]
    library = built(*records)
    (name,) = library.outlets()
    page = get(library, outlet(name))
    sent = form(page, find=HARBOUR["title"], outlet=name.replace("\n", "\r\n"))
    assert texts(get(library, sent), "h2.count") == ["2 of 2 articles"]


def test_what_matches_nothing_says_so_and_leads_on(built):
    library = built(*CABLES)
    page = get(library, "contents?find=moon")
    assert texts(page, "h2.count, p.sorted") == ["None of 3 outlets", "Looked for “moon” in the name. Show all"]
    (further,) = page.cssselect("p.sorted + p a")
    assert further.get("href") == "./contents?list=articles&find=moon"
    page = get(library, "contents?list=articles&find=moon&year=1999")
    assert texts(page, "h2.count, p.sorted") == [
        "None of 5 articles", "Looked for “moon” in the title or the outlet; dated in 1999. Show all",
    ]  # fmt: skip
    assert page.cssselect("p > a[href^='./?']")[0].get("href") == "./?q=moon"
    assert page.xpath("//select[@name='year']/option[@selected]/@value") == ["1999"]
    page = get(library, outlet("El País", find="closes"))
    assert page.cssselect("p > a[href^='./?q']")[0].get("href") == "./?q=closes&outlet=El+Pa%C3%ADs"
    page = get(library, "contents?list=articles&find=%3F!")
    assert texts(page, "p.sorted") == ["“?!” has no letters or digits to look for. Show all"]
    assert texts(get(built(index="empty"), "contents?list=articles"), "h2.count") == ["0 articles"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("list=all", "The parameter “list” must be one of: outlets, articles, skipped."),
        ("sort=newest", "The parameter “sort” must be one of: articles, name, kind, first, last."),
        ("list=articles&sort=kind", "The parameter “sort” must be one of: newest, oldest, title."),
        ("outlet=Reuters&sort=<b>", "The parameter “sort” must be one of: newest, oldest, title."),
        ("list=articles&year=14", "The year must be four digits, as in year=2014, or undated."),
        ("list=articles&year=%D9%A2%D9%A0%D9%A1%D9%A4", "The year must be four digits, as in year=2014, or undated."),
        ("list=articles&page=x", "The page must be a number, as in page=2."),
        (f"find={'a' * 201}", "What is looked for can have at most 200 characters and 20 words."),
        (f"find={'+'.join(map(str, range(21)))}", "What is looked for can have at most 200 characters and 20 words."),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_with_what_it_can_be(built, parameters, message):
    page = get(built(*CABLES), f"contents?{parameters}", 400)
    assert texts(page, "main") == [f"This link is not valid{message}"]


def test_a_kind_that_does_not_exist_is_refused_and_one_without_outlets_is_empty(built):
    library = built(*CABLES)
    assert texts(get(library, "contents?kind=moon", 400), "h1") == ["This link is not valid"]
    page = get(library, "contents?kind=magazine")
    assert texts(page, "h2.count, p.sorted") == ["None of 3 outlets", "Of the kind “magazine”. Show all"]
    assert page.xpath("//select/option[@selected]/@value") == ["magazine"]
    assert texts(get(library, "contents?list=articles&kind=magazine"), "h2.count") == ["None of 5 articles"]


def test_empty_and_unknown_parameters_narrow_nothing(built):
    library = built(*CABLES)
    assert names(get(library, "contents?find=&kind=&sort=&list=&utm_source=x&year=")) == names(get(library, "contents"))
    assert names(get(library, "contents?find=+%09+")) == names(get(library, "contents"))


def test_outlets_are_split_into_pages_that_keep_what_was_looked_for(built):
    library = built(*(MEETING | {"id": str(n), "outlet": f"Post {n:03}", "text": f"Ice {n}."} for n in range(205)))
    where, seen, headings = "contents?find=post&sort=name", [], []
    while where:
        page = get(library, where)
        seen += names(page)
        headings += texts(page, "h2.count")
        where = next((a.get("href") for a in page.cssselect("nav.pages a") if a.text == "Next page"), "")[2:]
    assert seen == [f"Post {n:03}" for n in range(205)]
    assert headings == [f"205 of 205 outlets, page {n} of 3" for n in (1, 2, 3)]
    assert texts(get(library, "contents?page=4", 404), "h1") == ["No such page"]
    assert [len(names(get(library, f"contents?page={n}"))) for n in (1, 3)] == [100, 5]


def test_hostile_names_and_words_are_text(built):
    evil = "<script>alert(1)</script>\" onfocus=x '"
    page = fetch(
        built(MEETING | dict.fromkeys(("outlet", "title"), f"<p>{escape(evil)}</p>")),
        f"contents?{httpx.QueryParams({'find': evil})}",
    )
    assert "<script" not in page.text
    assert "onfocus=x" not in page.text.replace("&#34; onfocus=x", "")
    found = html.document_fromstring(page.text)
    assert found.cssselect("input[type=search]")[0].get("value") == evil
    assert names(found) == [" ".join(evil.split())]


def test_a_form_of_a_page_may_be_sent_to_the_app_alone(built):
    policy = fetch(built(), "contents").headers["Content-Security-Policy"]
    assert "form-action 'self'" in policy.split("; ")


def test_the_sites_that_most_texts_were_taken_from_are_shown(built):
    records = [MEETING | {"id": str(n), "host": f"site{n:02}.example", "text": f"Ice {n}."} for n in range(30)]
    page = get(built(*records, MEETING | {"id": "x", "host": "site29.example", "text": "More ice."}), "contents")
    sites = rows(page, f"Sites that republished texts of other outlets, the first {MAX_SITES} of 30")
    assert len(sites) == MAX_SITES
    assert sites[0] == ["site29.example", "2"]
