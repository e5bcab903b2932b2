"""Indexes of older formats, and what an index holds, to compare them by."""

import contextlib
import shutil
from dataclasses import replace

import apsw
import pytest

import rag
from rag.article import derived_ids
from rag.stores.sqlite import DATABASE
from rag.stores.sqlite.connection import install
from rag.stores.sqlite.schema import COLUMNS, article_from_row
from support.database import database


def scores(index, words, question="apple blossom frost on a bridge by the harbour"):
    """Everything that is found, with its score, which words and articles have their part in."""
    with rag.open(index, encoder=words) as library:
        return [(h.article_id, h.start, pytest.approx(h.score, abs=1e-5)) for h in library.search(question, k=50)]


def older(index, to):
    """Takes out of an index what the formats after `to` added to it."""
    back = {
        4: (
            "DROP INDEX article_address", "ALTER TABLE article DROP COLUMN address",
            "CREATE INDEX article_url ON article (url) WHERE retired IS NULL",
        ),
        3: (
            "DROP INDEX passage_content", "DROP INDEX article_url", "ALTER TABLE passage DROP COLUMN content",
            "ALTER TABLE vector DROP COLUMN checksum", "ALTER TABLE past DROP COLUMN time",
            "ALTER TABLE gone DROP COLUMN erased",
        ),
        2: (
            "DROP INDEX article_changed", "DROP INDEX article_unmined", "ALTER TABLE article DROP COLUMN changed",
            "ALTER TABLE article DROP COLUMN mined", "DROP TABLE past", "DROP TABLE gone", "DROP TABLE pair",
            "DROP TABLE printed",
            "DELETE FROM manifest WHERE key IN ('names', 'bar')",
        ),
        1: (
            "DROP INDEX passage_same", "DROP INDEX passage_unsigned", "DROP TABLE sentence", "DROP TABLE quarantine",
            "ALTER TABLE article DROP COLUMN same", "ALTER TABLE passage DROP COLUMN same",
            "ALTER TABLE passage DROP COLUMN signature",
        ),
    }  # fmt: skip
    with database(index) as db:
        db.execute("DROP INDEX article_listed")
        for number in range(4, to - 1, -1):
            for statement in back[number]:
                db.execute(statement)
        db.execute("UPDATE manifest SET value = ? WHERE key = 'format'", (str(to),))
    _without_sums(index)
    (there,) = index.glob("cache.*")
    shutil.rmtree(there)


def _without_sums(index):
    """Writes a database again as formats before 6 did, without checksums; VACUUM cannot take them out."""
    with contextlib.closing(apsw.Connection(str(index / "older"))) as db:
        db.execute("ATTACH ? AS new", (str(index / DATABASE),))
        made = "SELECT name, sql FROM new.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND type = ?"
        db.execute("BEGIN")
        for name, sql in db.execute(made, ("table",)).fetchall():
            db.execute(sql)
            db.execute(f"INSERT INTO main.{name} SELECT * FROM new.{name}")
        for _, sql in db.execute(made, ("index",)).fetchall():
            db.execute(sql)
        db.execute("DELETE FROM main.sqlite_sequence")
        db.execute("INSERT INTO main.sqlite_sequence SELECT * FROM new.sqlite_sequence")
        db.execute("COMMIT")
        db.execute("DETACH new")
        db.execute("PRAGMA journal_mode = WAL")
    install(index / "older", index / DATABASE)


def schema(index):
    with database(index) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")]
        return {t: sorted(row[1] for row in db.execute(f"PRAGMA table_info({t})")) for t in tables}


def with_former_ids(index, given=()):
    """Gives articles without an id, and those `given`, the ids that earlier versions derived from their content."""
    with database(index) as db:
        for key, *row in db.execute(f"SELECT key, {', '.join(COLUMNS)} FROM article").fetchall():
            article = article_from_row(row)
            *_, former = derived_ids(article)
            if article.id in (*derived_ids(article), *given):
                old = replace(article, id=former)
                db.execute("UPDATE article SET id = ?, digest = ? WHERE key = ?", (former, old.content_hash, key))
