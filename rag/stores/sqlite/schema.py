"""The tables of an index folder's database: their SQL, their formats, and how articles are written as rows.

The first module of the package: `connection` opens databases that have these tables, `store` and `writer` read and
write them.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import apsw

from rag._lazy import LazyModule
from rag.address import canonical_address
from rag.article import Article
from rag.stores.base import Manifest, Span, hash64
from rag.stores.sqlite.engine import Connection

if TYPE_CHECKING:
    import numpy as np
else:  # commands that only list articles do not load it
    np = LazyModule("numpy")

FORMAT = 6
# Articles kept in memory after their hash was checked: checking takes longer than reading the row.
CHECKED_ARTICLES = 512

_FIRST = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE article (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    retired INTEGER,  -- generation that took it out of the answers; NULL while it is in
    text TEXT NOT NULL, title TEXT, outlet TEXT, outlet_basis TEXT NOT NULL, host TEXT, authors TEXT NOT NULL,
    date TEXT, date_basis TEXT, url TEXT, kind TEXT NOT NULL, source TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX article_in ON article (id) WHERE retired IS NULL;
CREATE INDEX article_id ON article (id);
CREATE TABLE passage (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES article (key) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    sentences BLOB NOT NULL  -- int32 pairs, little endian: start and end of each sentence in the article's text
) STRICT;
CREATE INDEX passage_article ON passage (article);
CREATE TABLE vector (
    passage INTEGER PRIMARY KEY REFERENCES passage (key) ON DELETE CASCADE,
    value BLOB NOT NULL,  -- float32, little endian
    sentences BLOB NOT NULL  -- float16 rows, little endian: a vector of each sentence
) STRICT;
"""
# What each format added to the one before. An older index is upgraded in a copy, which then takes its place. The
# comments are stored in the database, so they stay as they are.
_DUPLICATES = """
ALTER TABLE article ADD COLUMN same INTEGER;  -- key of the first article of its group of copies; NULL: not compared yet
ALTER TABLE passage ADD COLUMN same INTEGER;  -- likewise, of passages
ALTER TABLE passage ADD COLUMN signature BLOB;  -- MinHash, uint32, little endian
CREATE TABLE sentence (
    passage INTEGER NOT NULL REFERENCES passage (key) ON DELETE CASCADE,
    hash INTEGER NOT NULL,
    PRIMARY KEY (passage, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX sentence_hash ON sentence (hash);
CREATE INDEX passage_same ON passage (same);
CREATE INDEX passage_unsigned ON passage (article) WHERE signature IS NULL;
CREATE TABLE quarantine (source TEXT NOT NULL, place TEXT, reason TEXT NOT NULL) STRICT;
CREATE INDEX quarantine_source ON quarantine (source);
"""
_ALIASES = """
ALTER TABLE article ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;  -- generation that put it in or amended it
ALTER TABLE article ADD COLUMN mined INTEGER NOT NULL DEFAULT 0;  -- whether names were looked for in it
CREATE INDEX article_changed ON article (changed);
CREATE INDEX article_unmined ON article (key) WHERE mined = 0;
CREATE TABLE past (generation INTEGER PRIMARY KEY, token TEXT NOT NULL) STRICT;  -- what tells it from its namesake in
-- a copy of this database that went another way
CREATE TABLE gone (article INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;  -- articles deleted
CREATE TABLE pair (
    article INTEGER NOT NULL REFERENCES article (key) ON DELETE CASCADE,
    long TEXT NOT NULL,
    short TEXT NOT NULL,
    PRIMARY KEY (article, long, short)
) STRICT, WITHOUT ROWID;
CREATE TABLE printed (
    article INTEGER NOT NULL REFERENCES article (key) ON DELETE CASCADE,
    short TEXT NOT NULL,
    PRIMARY KEY (article, short)
) STRICT, WITHOUT ROWID;
"""
_VERSIONS = """
ALTER TABLE passage ADD COLUMN content INTEGER;  -- a hash of its words
ALTER TABLE vector ADD COLUMN checksum INTEGER;  -- of its value and sentences
ALTER TABLE past ADD COLUMN time TEXT;  -- when the generation was made, UTC
ALTER TABLE gone ADD COLUMN erased INTEGER NOT NULL DEFAULT 1;  -- 0: the same text is in under another key
CREATE INDEX passage_content ON passage (content);
CREATE INDEX article_url ON article (url) WHERE retired IS NULL;
UPDATE passage SET content = content_hash((SELECT substr(text, start + 1, "end" - start) FROM article
    WHERE article.key = passage.article)) WHERE content IS NULL;
UPDATE vector SET checksum = content_hash(value, sentences) WHERE checksum IS NULL;
"""
_ADDRESSES = """
ALTER TABLE article ADD COLUMN address TEXT;  -- the canonical one of its URL
UPDATE article SET address = canonical_address(url) WHERE url IS NOT NULL;
DROP INDEX article_url;
CREATE INDEX article_address ON article (address) WHERE retired IS NULL;
"""
_SUMS = ""  # a checksum in every page: the whole database is written again
UPGRADES = {2: _DUPLICATES, 3: _ALIASES, 4: _VERSIONS, 5: _ADDRESSES, 6: _SUMS}  # SQL by the format that it leads to
# What lists and counts read of an article, in the order of adding: its row has the text before most of that. No format
# needs it, so a database gets it, if it has none, when it is next written.
LISTING = """CREATE INDEX IF NOT EXISTS article_listed ON article
    (key, id, title, outlet, host, date, date_basis, same, retired) WHERE retired IS NULL"""
COLUMNS = tuple(f.name for f in fields(Article))
# The columns of an article that is joined as `a`.
ARTICLE_COLUMNS = ", ".join(f"a.{column}" for column in COLUMNS)


def create_tables(db: Connection, manifest: Manifest) -> None:
    """Create the tables of an empty index, in one transaction."""
    register_functions(db)
    db.execute("BEGIN")
    for statement in split_statements("".join((_FIRST, *UPGRADES.values()))):
        db.execute(statement)
    db.execute(LISTING)
    pairs = {"format": manifest.format, "encoder": manifest.encoder, "dimension": manifest.dimension, "generation": 0}
    db.executemany("INSERT INTO manifest VALUES (?, ?)", [(key, str(value)) for key, value in pairs.items()])
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL")  # last: a log would not be moved together with the file


def upgrade_tables(db: Connection, old: int) -> None:
    """Upgrade the tables from format `old` to FORMAT, inside the caller's transaction."""
    for step in range(old + 1, FORMAT + 1):
        for statement in split_statements(UPGRADES[step]):
            db.execute(statement)
    db.execute(LISTING)
    db.execute("UPDATE manifest SET value = ? WHERE key = 'format'", (str(FORMAT),))


def register_functions(db: Connection) -> None:
    """Register the SQL functions that the formats use."""
    db.define("content_hash", hash64)
    db.define("canonical_address", canonical_address, 1)


def split_statements(script: str) -> Iterator[str]:
    """Yield the statements of an SQL script one by one."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if apsw.complete(statement):
            yield statement
            statement = ""


def read_generation(db: Connection) -> int:
    """Return the generation of a database."""
    return int(dict(db.execute("SELECT key, value FROM manifest WHERE key = 'generation'"))["generation"])


def read_setting(db: Connection, name: str) -> str | None:
    """Return a text that is stored with a database, by name; None if there is none."""
    row = db.execute("SELECT value FROM manifest WHERE key = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def read_manifest(db: Connection) -> Manifest:
    """Return the manifest of a database."""
    values = dict(db.execute("SELECT key, value FROM manifest"))
    return Manifest(values["encoder"], int(values["dimension"]), int(values["format"]))


def article_from_row(row: Sequence[str | None]) -> Article:
    """Return the article of a row of COLUMNS. Raises ValueError or TypeError for a row that holds none."""
    values = dict(zip(COLUMNS, row, strict=True))
    authors, date = values.pop("authors"), values.pop("date")
    return Article(
        authors=tuple(json.loads(authors or "[]")),
        date=dt.date.fromisoformat(date) if date else None,
        **values,  # type: ignore[arg-type]
    )


@functools.lru_cache(CHECKED_ARTICLES)
def checked_article(content_hash: str, row: tuple[str | None, ...]) -> Article:
    """Return the article of a row of COLUMNS. Raises ValueError or TypeError unless it has this content hash."""
    article = article_from_row(row)  # the cache's key is the whole row, so a row that has changed is checked again
    if article.content_hash != content_hash:
        raise ValueError("it is not as it was stored")
    return article


def article_values(article: Article) -> list[str | None]:
    """Return the values of COLUMNS for an article."""
    plain = {"authors": json.dumps(article.authors), "date": article.date.isoformat() if article.date else None}
    return [plain[c] if c in plain else getattr(article, c) for c in COLUMNS]


def unpack_spans(blob: bytes) -> tuple[Span, ...]:
    """Return the spans of a passage's sentences from the column `passage.sentences`."""
    numbers = iter(np.frombuffer(blob, "<i4").tolist())
    return tuple(zip(numbers, numbers, strict=True))
