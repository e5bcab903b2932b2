"""Write an index as a SQLite database that others can read: Datasette, sqlite-utils, any SQL.

It is a copy for looking at, with one name for each thing and no vectors; the index's own database has checksums and a
format that changes. Its tables: `articles`, `passages`, `outlets`, `export` (of which index and when); `passages_fts`
searches the words of passages, and Datasette finds it by itself. The views `quotations` and `outlets_by_month` join
them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from importlib.metadata import version

import apsw

from rag.answer.citation import quote_hash
from rag.browse import ReadOnlyLibrary
from rag.errors import InputError
from rag.exporting.rows import ARTICLE_FIELDS, OUTLET_FIELDS, Exported, article_rows, outlet_rows, replacing
from rag.stores.base import Location

_SCHEMA = """
CREATE TABLE export (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE outlets (
    name TEXT PRIMARY KEY, articles INTEGER NOT NULL, first TEXT, last TEXT, kind TEXT,
    country TEXT, owner TEXT, funding TEXT, state TEXT, stance TEXT,
    country_source TEXT, owner_source TEXT, funding_source TEXT, state_source TEXT, stance_source TEXT
);
CREATE TABLE articles (
    id TEXT PRIMARY KEY, title TEXT,
    outlet TEXT REFERENCES outlets (name),  -- the original publisher, NULL if it is not known
    outlet_basis TEXT NOT NULL,  -- the evidence for it
    strength TEXT NOT NULL,  -- of the evidence: explicit, inferred, host, unknown
    outlet_kind TEXT, host TEXT,
    authors TEXT NOT NULL,  -- JSON
    date TEXT, date_basis TEXT, url TEXT,
    kind TEXT NOT NULL,  -- full text or digest
    source TEXT NOT NULL,  -- the name of the file that it was read from
    content_hash TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, article_id TEXT NOT NULL REFERENCES articles (id),
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL,  -- in characters of the article's text
    text TEXT NOT NULL,
    quote_hash TEXT NOT NULL  -- BLAKE2b of the words, as receipts have it
);
CREATE VIEW quotations AS
    SELECT p.id, p.text, a.outlet, a.outlet_kind, a.host, a.date, a.date_basis, a.title, a.url, a.kind, a.outlet_basis,
        p.article_id, p."start", p."end", p.quote_hash
    FROM passages p JOIN articles a ON a.id = p.article_id;
CREATE VIEW outlets_by_month AS
    SELECT outlet, substr(date, 1, 7) AS month, count(*) AS articles
    FROM articles WHERE date IS NOT NULL GROUP BY outlet, month;
"""
_INDEXES = """
CREATE INDEX articles_outlet ON articles (outlet);
CREATE INDEX articles_date ON articles (date);
CREATE INDEX passages_article ON passages (article_id);
CREATE VIRTUAL TABLE passages_fts USING fts5 (
    text, content = 'passages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO passages_fts (passages_fts) VALUES ('rebuild');
ANALYZE;
"""


def export_sqlite(
    library: ReadOnlyLibrary, path: str | os.PathLike[str], index: Location | None = None, replace: bool = False
) -> Exported:
    """Write a database of the articles that can be found.

    Args:
        library: whose articles.
        path: the file.
        index: where the library is; nothing is written there.
        replace: whether a file of that name may be replaced.

    Returns:
        What was written.

    Raises:
        InputError: if the file cannot be written.
    """
    with library.reading() as now, replacing(path, index, replace) as (to, part):
        try:
            db = apsw.Connection(str(part))
            try:
                db.execute("PRAGMA journal_mode = OFF")  # a file that is not complete is removed
                db.execute("PRAGMA synchronous = OFF")
                with db:
                    found = _fill(db, now)
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA journal_mode = DELETE")
                db.execute("VACUUM")
            finally:
                db.close()
        except apsw.Error as error:
            raise InputError(f"cannot write {to}: {error}") from error
        articles, passages, outlets = found
    return Exported(to, articles, passages, outlets)


def _fill(db: apsw.Connection, library: ReadOnlyLibrary) -> tuple[int, int, int]:
    """Write the tables, and return how many articles, passages and outlets they have."""
    db.execute(_SCHEMA)
    facts = {
        "generation": str(library.generation), "encoder": library.encoder, "version": version("according"),
        "exported": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    db.executemany("INSERT INTO export VALUES (?, ?)", facts.items())
    outlets = [tuple(row[name] for name in OUTLET_FIELDS) for row in outlet_rows(library)]
    db.executemany("INSERT INTO outlets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", outlets)
    articles = passages = 0
    for batch in article_rows(library):
        rows = [
            tuple((row | {"authors": json.dumps(row["authors"])})[name] for name in ARTICLE_FIELDS) for row in batch
        ]
        db.executemany("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        spans = library.spans([row["id"] for row in batch])
        cut = [(r["id"], a, b, r["text"][a:b]) for r in batch for a, b in spans.get(r["id"], ())]
        values = [(*row, quote_hash(row[3])) for row in cut]
        db.executemany(
            'INSERT INTO passages (article_id, "start", "end", text, quote_hash) VALUES (?, ?, ?, ?, ?)', values
        )
        articles, passages = articles + len(rows), passages + len(values)
    db.execute(_INDEXES)
    return articles, passages, len(outlets)
