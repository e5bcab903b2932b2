"""Articles with their provenance as files that other programs read: SQLite, Parquet, JSON Lines."""

import json
import sqlite3
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder

import rag
from rag import cli
from rag.answer.citation import quote_hash
from rag.browse import browse
from rag.errors import InputError
from rag.exporting.files import export_jsonl, export_parquet
from rag.exporting.rows import ARTICLE_FIELDS, OUTLET_FIELDS
from rag.exporting.sqlite import export_sqlite

EVIL = {
    "id": "x'); DROP TABLE articles; --",
    "outlet": "O'Hara \"; Post",
    "text": "Robert said: '); DROP TABLE passages; -- end.",
}
WRITE = {"sqlite": export_sqlite, "parquet": export_parquet, "jsonl": export_jsonl}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exporting")
    records = [HARBOUR, BRIDGE, ORCHARD, EVIL]
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, records)))
    rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder()).close()
    return folder / "index"


@pytest.fixture
def library(index):
    with browse(index) as library:
        yield library


@pytest.fixture
def database(library, tmp_path):
    done = export_sqlite(library, tmp_path / "news.db")
    db = sqlite3.connect(done.path)
    db.row_factory = sqlite3.Row
    yield db
    db.close()


def test_the_database_has_each_article_with_its_provenance(database, library):
    rows = {row["id"]: dict(row) for row in database.execute("SELECT * FROM articles")}
    assert list(rows) == [article.id for article in library.articles()]
    harbour = rows["harbour"]
    assert list(harbour) == list(ARTICLE_FIELDS)
    assert (harbour["outlet"], harbour["outlet_basis"], harbour["strength"], harbour["outlet_kind"]) == (
        "The Guardian", "metadata: outlet", "explicit", "newspaper",
    )  # fmt: skip
    assert (harbour["date"], harbour["date_basis"], json.loads(harbour["authors"])) == (
        "2013-05-14", "published", ["Jane Roe"],
    )  # fmt: skip
    assert harbour["source"] == "n.jsonl"  # without the folder, which is nobody else's business
    for article in library.articles():
        assert rows[article.id]["text"] == article.text
        assert rows[article.id]["content_hash"] == article.content_hash


def test_a_passage_is_a_span_of_its_article_and_has_the_hash_of_a_receipt(database):
    rows = database.execute(
        "SELECT p.*, a.text AS whole FROM passages p JOIN articles a ON a.id = p.article_id"
    ).fetchall()
    assert {row["article_id"] for row in rows} == {"harbour", "bridge", "orchard", EVIL["id"]}
    for row in rows:
        assert row["whole"][row["start"] : row["end"]] == row["text"] != ""
        assert row["quote_hash"] == quote_hash(row["text"])


def test_passages_of_the_database_are_those_of_a_question(database, index):
    with rag.open(index, encoder=WordEncoder()) as library:
        hits = library.search("strike of dock workers", k=10)
    spans = {(row["article_id"], row["start"], row["end"]) for row in database.execute("SELECT * FROM passages")}
    assert {(hit.article_id, hit.start, hit.end) for hit in hits} == spans


def test_the_words_can_be_searched_and_the_table_is_one_that_datasette_finds(database):
    found = "SELECT q.outlet FROM passages_fts f JOIN quotations q ON q.id = f.rowid WHERE passages_fts MATCH ?"
    assert [row["outlet"] for row in database.execute(found, ("pillars",))] == ["Press TV"]
    (table,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'passages_fts'").fetchone()
    assert "VIRTUAL TABLE" in table
    assert "content = 'passages'" in table


def test_outlets_and_views_count_what_the_index_has(database, library):
    rows = {row["name"]: dict(row) for row in database.execute("SELECT * FROM outlets")}
    assert list(rows["Press TV"]) == list(OUTLET_FIELDS)
    assert {name: row["articles"] for name, row in rows.items()} == library.outlets()
    assert (rows["Press TV"]["kind"], rows["Press TV"]["first"], rows["Press TV"]["state"]) == (
        "broadcaster", "2015-01-02", library.catalogue.outlet("Press TV").state.value,
    )  # fmt: skip
    months = [tuple(row) for row in database.execute("SELECT * FROM outlets_by_month ORDER BY month")]
    assert months == [("The Guardian", "2013-05", 1), ("Press TV", "2015-01", 1)]
    facts = dict(tuple(row) for row in database.execute("SELECT * FROM export"))
    assert (facts["generation"], facts["encoder"]) == (str(library.generation), "words")
    assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_json_lines_can_be_built_into_an_index_again(library, tmp_path):
    done = export_jsonl(library, tmp_path / "news.jsonl")
    assert done.articles == 4
    again = {article.id: article for article in rag.read_articles([tmp_path / "news.jsonl"])}
    for article in library.articles():
        assert replace(again[article.id], source="", outlet_basis="") == replace(article, source="", outlet_basis="")


def test_parquet_has_the_same_rows(library, tmp_path):
    export_parquet(library, tmp_path / "news.parquet")
    export_jsonl(library, tmp_path / "news.jsonl")
    table = pq.read_table(tmp_path / "news.parquet")
    lines = [json.loads(line) for line in (tmp_path / "news.jsonl").read_text("utf-8").splitlines()]
    rows = [row | {"date": row["date"].isoformat() if row["date"] else None} for row in table.to_pylist()]
    assert rows == lines
    assert table.schema.metadata[b"generation"] == str(library.generation).encode()


@pytest.mark.parametrize("form", WRITE)
def test_nothing_is_replaced_unasked_nor_written_into_the_index(library, index, tmp_path, form):
    write = WRITE[form]
    mine = tmp_path / "mine"
    mine.write_text("mine")
    with pytest.raises(InputError, match="it exists; choose another name, or --replace it"):
        write(library, mine, index)
    assert mine.read_text() == "mine"
    assert write(library, mine, index, replace=True).articles == 4
    for path in (index / "index.sqlite", index / "x.db"):
        with pytest.raises(InputError, match="in the folder of the index"):
            write(library, path, index, replace=True)
    for path in (tmp_path, tmp_path / "nowhere" / "x"):
        with pytest.raises(InputError, match="give a file in a folder that exists"):
            write(library, path, index)


@pytest.mark.parametrize("form", WRITE)
def test_a_file_that_is_not_complete_is_not_left(library, tmp_path, form, monkeypatch):
    def broken(_):
        yield []
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"rag.exporting.{'sqlite' if form == 'sqlite' else 'files'}.article_rows", broken)
    with pytest.raises(InputError, match=r"cannot write .*: No space left on device"):
        WRITE[form](library, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_what_is_named(index, tmp_path, capsys):
    given = ["export", "--index", str(index), "--sqlite", str(tmp_path / "a.db"), "--jsonl", str(tmp_path / "a.jsonl")]
    assert cli.main(given) == 0
    assert capsys.readouterr().out == (
        f"{tmp_path}/a.db: 4 articles, 4 passages, 4 outlets\n{tmp_path}/a.jsonl: 4 articles\n"
    )
    assert cli.main([*given, "--replace", "--json"]) == 0
    assert [row["articles"] for row in json.loads(capsys.readouterr().out)] == [4, 4]
    assert cli.main(["export", "--index", str(index)]) == 1
    assert "say what to write" in capsys.readouterr().err
