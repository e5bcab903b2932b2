"""The pages of the index: what it contains, the articles of an outlet, what was skipped."""

import json

from lxml import html
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder
from support.plain_pages import MEETING, fetch, get, known, rows, texts

import rag
from rag.provenance.catalogue import domain
from rag.web import contents_pages


def test_the_contents_page_counts_articles_outlets_kinds_and_sites(built):
    page = get(built(HARBOUR, HARBOUR | {"id": "b", "date": "2012-01-01", "text": "Ice."}, BRIDGE, ORCHARD), "contents")
    assert known(page) == {
        "Articles": "4", "Outlets known by name": "3", "Dates": "2012-01-01 to 2015-01-02", "Undated": "1",
        "Independent sources": "at least 3", "Encoder": "words",
    }  # fmt: skip
    assert rows(page, "Outlets") == [
        ["The Guardian", "2", "newspaper", "2012-01-01 to 2013-05-14"],
        ["Press TV", "1", "broadcaster", "2015-01-02"],
        ["Reuters", "1", "news agency", "none"],
    ]
    assert rows(page, "Kinds") == [["newspaper", "2"], ["broadcaster", "1"], ["news agency", "1"]]
    assert rows(page, "Sites") == [["example.org", "2"], ["mirror.example", "1"]]
    assert texts(page, "h2:last-of-type + p") == ["None."]


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
    assert stated["Country"] == "not stated"
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
    (link,) = page.cssselect("td a")
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
    assert len(rows(html.document_fromstring(response.text), "Outlets")) == 16
    seen, where, dates = [], "contents?outlet=The+Echo", []
    while where:
        page = get(library, where)
        own = rows(page, "900 articles")
        assert len(own) <= contents_pages.ARTICLES_PER_PAGE
        seen += [title for _, title in own]
        dates += [date for date, _ in own]
        onward = page.xpath('//nav[@class="pages"]/a[.="Earlier articles"]/@href')
        where = onward[0].removeprefix("./") if onward else None
    assert sorted(seen) == sorted(f"Title {n}" for n in range(1200) if n % 4)
    assert dates == sorted(dates, reverse=True)
    assert texts(page, "h2")[0] == "900 articles, page 9 of 9"
    assert page.xpath('//nav[@class="pages"]/a/@href') == ["./contents?outlet=The+Echo&page=8"]


def test_skipped_files_are_grouped_by_reason(tmp_path, words):
    lines = [json.dumps(MEETING), *["{<b>broken"] * 130, '{"text": ""}']
    (tmp_path / "n.jsonl").write_text("\n".join(lines))
    page = get(rag.build([tmp_path / "n.jsonl"], index=tmp_path / "i", encoder=words), "contents")
    first, second = page.cssselect("details")
    assert texts(first, "summary") == ["130: not JSON, the first 100"]
    assert len(first.cssselect("li")) == 100
    assert texts(first, "li")[0].startswith("n.jsonl, line 2: not JSON (")
    assert str(tmp_path) not in page.text_content()
    assert texts(second, "summary")[0].startswith("1: ")
