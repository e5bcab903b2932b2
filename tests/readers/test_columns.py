"""Exports of archives and news APIs are read as they come, a user can name any column, and a build says what it read.

The records have the documented shape of each; their words are made up.
"""

import csv
import io
import json

import pytest
from support import WordEncoder

import rag
from rag.cli import main
from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import json_file, jsonl, table
from rag.readers.columns import MAX_COUNTED, Columns, parse_options

TEXT = "The sluice of Tarn was closed on Monday, and the mill below it stands still until the river has fallen."
JANE = ("Jane Roe",)


def rows(**cells):
    file = io.StringIO()
    csv.writer(file).writerows([cells.keys(), cells.values()])
    return file.getvalue()


SHAPES = {  # name: (file, content, title, outlet, date, authors, url)
    "guardian": (
        "a.json",
        {"response": {"status": "ok", "total": 1, "results": [{
            "id": "world/2016/feb/03/sluice", "type": "article", "sectionId": "world", "webTitle": "Sluice closed",
            "webPublicationDate": "2016-02-03T10:00:00Z", "webUrl": "https://guardian.example/sluice",
            "fields": {"headline": "Sluice closed", "byline": "Jane Roe", "bodyText": TEXT, "wordcount": "19",
                       "publication": "The Guardian", "trailText": "What closed."},
        }]}},
        ("Sluice closed", "The Guardian", JANE, "https://guardian.example/sluice"),
    ),
    "new york times": (
        "a.json",
        {"status": "OK", "response": {"docs": [{
            "web_url": "https://nyt.example/sluice", "snippet": "What closed.", "lead_paragraph": TEXT,
            "abstract": "What closed.", "source": "The New York Times", "multimedia": [], "keywords": [{"value": "A"}],
            "headline": {"main": "Sluice closed", "kicker": None, "print_headline": "A Sluice"}, "word_count": 19,
            "pub_date": "2016-02-03T10:00:00+0000", "byline": {"original": "By Jane Roe", "person": []},
            "_id": "nyt://article/1", "uri": "nyt://article/1",
        }]}},
        ("Sluice closed", "The New York Times", JANE, "https://nyt.example/sluice"),
    ),
    "gdelt": (
        "a.csv",
        rows(url="https://tarn.example/sluice", url_mobile="", title="Sluice closed", seendate="20160203T101500Z",
             socialimage="https://tarn.example/a.jpg", domain="tarn.example", language="English",
             sourcecountry="Varna", text=TEXT),
        ("Sluice closed", "tarn.example", (), "https://tarn.example/sluice"),
    ),
    "newsapi": (
        "a.json",
        {"status": "ok", "totalResults": 1, "articles": [{
            "source": {"id": None, "name": "Radio Tarn"}, "author": "Jane Roe", "title": "Sluice closed",
            "description": "What closed.", "url": "https://tarn.example/sluice", "urlToImage": None,
            "publishedAt": "2016-02-03T10:00:00Z", "content": TEXT,
        }]},
        ("Sluice closed", "Radio Tarn", JANE, "https://tarn.example/sluice"),
    ),
    "newscatcher": (
        "a.json",
        {"status": "ok", "articles": [{
            "title": "Sluice closed", "author": "Jane Roe", "authors": ["Jane Roe"],
            "published_date": "2016-02-03 10:00:00", "published_date_precision": "full",
            "link": "https://tarn.example/sluice", "domain_url": "tarn.example", "full_domain_url": "tarn.example",
            "name_source": "Radio Tarn", "media": "https://cdn.example/a.jpg", "rank": 7, "description": "What closed.",
            "content": TEXT, "id": "1b", "score": 9.1,
        }]},
        ("Sluice closed", "Radio Tarn", JANE, "https://tarn.example/sluice"),
    ),
    "media cloud": (
        "a.csv",
        rows(stories_id="17", publish_date="2016-02-03 10:00:00", title="Sluice closed",
             url="https://tarn.example/sluice", language="en", media_id="3", media_name="Radio Tarn",
             media_url="https://tarn.example", indexed_date="2019-01-01", text=TEXT),
        ("Sluice closed", "Radio Tarn", (), "https://tarn.example/sluice"),
    ),
    "proquest": (
        "a.csv",
        rows(Title="Sluice closed", Abstract="What closed.", StoreId="42", ArticleType="News", Authors="Jane Roe",
             documentType="Newspapers", pubdate="Feb 3, 2016", pubtitle="Radio Tarn", year="2016",
             DocumentURL="https://proquest.example/42", fullText=TEXT),
        ("Sluice closed", "Radio Tarn", JANE, "https://proquest.example/42"),
    ),
    "lexisnexis": (
        "a.csv",
        rows(Headline="Sluice closed", Byline="By Jane Roe", Publication="Radio Tarn",
             Date="February 3, 2016 Wednesday", Section="NEWS; Pg. 3", Length="19 words", Body=TEXT,
             **{"Load-Date": "February 4, 2016"}),
        ("Sluice closed", "Radio Tarn", JANE, None),
    ),
    "json feed": (
        "feed.json",
        {"version": "https://jsonfeed.org/version/1.1", "title": "Radio Tarn", "home_page_url": "https://tarn.example",
         "authors": [{"name": "Jane Roe"}],
         "items": [{"id": "1", "url": "https://tarn.example/sluice", "title": "Sluice closed",
                    "content_html": f"<p>{TEXT}</p>", "date_published": "2016-02-03T10:00:00Z"}]},
        ("Sluice closed", "Radio Tarn", JANE, "https://tarn.example/sluice"),
    ),
    "objects as columns": (
        "a.csv",
        rows(title="Sluice closed", publishedAt="2016-02-03", url="https://tarn.example/sluice", content=TEXT,
             **{"source.id": "", "source.name": "Radio Tarn"}),
        ("Sluice closed", "Radio Tarn", (), "https://tarn.example/sluice"),
    ),
    "columns of one's own": (
        "a.csv",
        rows(newspaper_name="Radio Tarn", published_date="2016-02-03", article_title="Sluice closed",
             article_content=TEXT),
        ("Sluice closed", "Radio Tarn", (), None),
    ),
}  # fmt: skip


def read(tmp_path, name, content, columns):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    reader = {"json": json_file, "csv": table, "jsonl": jsonl}[path.suffix[1:]]
    return list(reader.read(path, load_catalogue(), columns))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_exports_of_archives_and_apis_are_read_as_they_come(tmp_path, shape):
    name, content, expected = SHAPES[shape]
    (article,) = read(tmp_path, name, content, Columns())
    assert article.text == TEXT
    assert (article.title, article.outlet, article.authors, article.url) == expected
    assert article.date.isoformat() == "2016-02-03"
    assert article.date_basis == ("first seen by a collector" if shape == "gdelt" else "published")


def test_the_date_of_publication_counts_where_the_day_of_collection_is_stated_too(tmp_path):
    content = rows(seendate="20160209T101500Z", published_date="2016-02-03", text=TEXT)
    (article,) = read(tmp_path, "a.csv", content, Columns())
    assert (article.date.isoformat(), article.date_basis) == ("2016-02-03", "published")


def test_a_picture_is_not_an_outlet(tmp_path):
    record = {"text": TEXT, "media": "https://cdn.example/a.jpg", "clean_url": "tarn.example"}
    (article,) = read(tmp_path, "a.json", [record], Columns())
    assert (article.outlet, article.outlet_basis) == ("tarn.example", "metadata: clean_url")


def test_a_summary_is_not_read_as_the_text_unless_its_column_is_named(tmp_path):
    content = rows(title="Sluice closed", content="", summary="What closed, and why.")
    (skipped,) = read(tmp_path, "a.csv", content, Columns())
    assert skipped.reason.endswith("(to read it, --field text=summary)")
    (article,) = read(tmp_path, "a.csv", content, Columns({"text": ["content", "summary"]}))
    assert article.text == "What closed, and why."


def test_a_named_column_comes_before_all_others(tmp_path):
    content = rows(Words=TEXT, text="Another text, of the advertisement.", Paper="Radio Tarn", source="scraper")
    columns = Columns({"text": "words", "outlet": "Paper"})
    (article,) = read(tmp_path, "a.csv", content, columns)
    assert (article.text, article.outlet) == (TEXT, "Radio Tarn")


def test_a_named_column_can_be_within_an_object(tmp_path):
    (article,) = read(tmp_path, "a.json", [{"a": {"b": {"c": TEXT}}}], Columns({"text": "a.b.c"}))
    assert article.text == TEXT


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"txt": "Body"}, "there is no field 'txt'; the fields are text, title, outlet, date"),
        ({"text": ""}, "the column of the field 'text' must be a name"),
        ({"text": [3]}, "the column of the field 'text' must be a name"),
        ("text=Body", 'fields must name columns by field, as in {"text": "Body"}'),
    ],
)
def test_a_field_that_does_not_exist_is_an_error(fields, reason):
    with pytest.raises(InputError, match=reason.replace("{", r"\{")):
        Columns(fields)


def test_options_name_columns_and_may_be_repeated():
    assert parse_options(["text=Body", "text = Words", "outlet=a=b"]) == {"text": ["Body", "Words"], "outlet": ["a=b"]}
    with pytest.raises(InputError, match="write FIELD=COLUMN"):
        parse_options(["text"])


def test_what_was_read_from_which_column_is_counted_and_what_was_not(tmp_path):
    columns = Columns({"date": "Dya"})
    read(tmp_path, "a.csv", rows(text=TEXT, Paper="Radio Tarn", day="3 May 2016", empty=""), columns)
    read(tmp_path, "b.json", SHAPES["guardian"][1], columns)
    counts = columns.counts()
    assert counts.read["text"] == {"text": 1, "fields.bodyText": 1}
    assert counts.read["date"] == {"webPublicationDate": 1}
    unread = {"Paper", "day", "type", "sectionId", "fields.headline", "fields.wordcount", "fields.trailText"}
    assert set(counts.unread) == unread
    assert counts.missing == ["date=Dya"]


def test_the_columns_of_hostile_records_are_counted_within_bounds(tmp_path):
    columns = Columns()
    lines = "\n".join(json.dumps({"text": TEXT, **{f"a{i}-{j}" * 100: 1 for j in range(100)}}) for i in range(20))
    read(tmp_path, "a.jsonl", lines, columns)
    unread = columns.counts().unread
    assert len(unread) <= MAX_COUNTED
    assert max(map(len, unread)) <= 80


def test_a_build_prints_what_it_read_from_which_column(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(rows(Body=TEXT, Blatt="Radio Tarn", lang="en", **{"b\x1b[2J": "x"}))
    index = tmp_path / "index"
    library = rag.build([path], index, WordEncoder(), fields={"text": "Body", "outlet": "Blatt", "title": "Kopf"})
    with library:
        table_of_report = library.report.table()
        (article,) = library.articles()
    assert article.outlet == "Radio Tarn"
    for line in ("from Body (1)", "from Blatt (1)", "lang (1)", "title=Kopf: no record has such a column"):
        assert line in table_of_report
    assert "\x1b" not in table_of_report
    assert json.loads(json.dumps(library.report.to_dict()))["columns"]["unread"] == {"lang": 1, "b\x1b[2J": 1}


def test_a_wrong_field_leaves_no_index_behind(tmp_path, capsys):
    (tmp_path / "a.csv").write_text(rows(text=TEXT))
    assert main(["build", str(tmp_path / "a.csv"), "--index", str(tmp_path / "i"), "--field", "txt=Body"]) == 1
    assert "there is no field 'txt'" in capsys.readouterr().err
    assert not (tmp_path / "i").exists()
