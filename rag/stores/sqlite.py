"""The sole reader and writer of an index folder.

    index/
    ├── library.sqlite   the only truth: articles, passages, vectors, copies, names, what was not read, the manifest
    ├── cache.N/         made from it for looking up fast (see `cache`)
    └── write.lock       held by the one process that writes

Every change is one transaction that raises the generation by one, so what was reported as done is done. A cache may be
missing, behind or damaged: it is made again from the database, without encoding anything.

An article that changes, or that is no longer in the files, is retired: nothing finds it, and its text and vectors stay,
so that citations of it resolve and that nothing is encoded anew when it comes back. `compact` lets go of the vectors.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import functools
import json
import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag._lazy import LazyModule
from rag.article import Article
from rag.errors import LibraryError
from rag.passage import Passage
from rag.readers.skipped import Skipped
from rag.stores.base import FORMULA, Candidate, Known, Manifest, Span, Version, hash64

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    import numpy.typing as npt

    from rag.models.encoder import Vectors
    from rag.provenance import duplicates as comparing
    from rag.provenance.duplicates import Fingerprint
    from rag.query import aliases as naming
    from rag.query.aliases import Aliases, AliasGroup
    from rag.stores import columns as facts
    from rag.stores import snapshot as caches
    from rag.stores import tantivy_index as lexical
    from rag.stores.base import EmbeddedPassage, Encoded
    from rag.stores.columns import ArticleColumns
    from rag.stores.faiss_index import Dense, Keys
else:  # articles are listed without them
    np, caches, comparing, facts = map(
        LazyModule, ("numpy", "rag.stores.snapshot", "rag.provenance.duplicates", "rag.stores.columns")
    )
    lexical, naming = map(LazyModule, ("rag.stores.tantivy_index", "rag.query.aliases"))

FORMAT = 4
ARTICLES = 300  # whose words count for a question
BATCH = 64  # articles that are looked through in one transaction
SOME = 500  # values in a query, of which SQLite takes 32,766
CHECKED = 512  # articles that are kept once they were held against their digests, which takes longer than reading them
LOG = 64 * 2**20  # bytes that SQLite's log keeps between transactions
DATABASE, LOCK, MAKING = "library.sqlite", "write.lock", "library.sqlite.making."

log = logging.getLogger("rag")

_SCHEMA = """
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
# What each format added to the one before it; an older index is brought up to this one in place, in one transaction.
_COPIES = """
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
_NAMES = """
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
_FORMATS = {2: _COPIES, 3: _NAMES, 4: _VERSIONS}
# The passages that can be found: those of articles that are in.
_FOUND = "FROM article a JOIN passage p ON p.article = a.key WHERE a.retired IS NULL"
_COLUMNS = tuple(f.name for f in fields(Article))


@dataclass(frozen=True)
class View:
    """The passages that can be found, at one generation, in the order of their keys. Row i of every array is passage i.

    Attributes:
        generation: the generation that it shows.
        keys: passage keys, (n,).
        article: the row of each passage's article in the arrays below, (n,).
        columns: what is known of the articles, a row for each, (m,).
        ids: ids of the articles, (m,).
        number: their keys, (m,).
        dense: the vectors, in the same order.
        words: the words of passages and articles, by their keys.
        aliases: the names that are printed in several ways.
    """

    generation: int
    keys: npt.NDArray[np.int64]
    article: npt.NDArray[np.int32]
    columns: ArticleColumns
    ids: tuple[str, ...]
    number: npt.NDArray[np.int64]
    dense: Dense
    words: lexical.Lexical
    aliases: Aliases

    def terms(self, question: str, names: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[lexical.Term]:
        """As `contract.View` has it."""
        return self.words.terms(question, names)

    def candidates(
        self,
        question: Vectors,
        terms: Sequence[lexical.Term],
        within: lexical.IndexFilter,
        limit: int,
        beside: Executor,
    ) -> list[Candidate]:
        """As `contract.View` has it: FAISS looks beside tantivy, under the same filters."""
        mask = self.columns.passing(within)
        if not len(self.keys) or (mask is not None and not mask.any()):
            return []
        nearest = beside.submit(self.dense.nearest, question, limit, None if mask is None else mask[self.article])
        held = self.words.coverage(terms, limit, within)
        told = self.words.articles(terms, ARTICLES, within)
        rows, cosines = nearest.result()
        near = dict(zip(self.keys[rows].tolist(), cosines.tolist(), strict=True))
        unread = [key for key in near if key not in held]
        held.update(self.words.coverage(terms, len(unread), lexical.IndexFilter(), unread) if unread else {})
        unseen = [key for key in held if key not in near]
        if unseen:
            rows = np.searchsorted(self.keys, unseen)
            near.update(zip(unseen, self.dense.cosines(rows, question).tolist(), strict=True))
        articles = self._articles(list(near))
        return [
            Candidate(key, own, held.get(key, 0.0), told.get(article, 0.0))
            for (key, own), article in zip(near.items(), articles, strict=True)
        ]

    def holding(self, terms: Sequence[lexical.Term], passages: Sequence[int]) -> float:
        """As `contract.View` has it."""
        return max(self.words.holding(terms, sorted(set(self._articles(passages)))).values(), default=0.0)

    def copies(self, article_id: str) -> list[str]:
        """As `contract.View` has it."""
        same = self.columns.same
        row = self.row.get(article_id)
        rows = [] if row is None else np.flatnonzero(same == same[row]).tolist()
        return [self.ids[i] for i in rows if i != row]

    def of_outlet(self, outlet: str | None) -> list[str]:
        """As `contract.View` has it."""
        if outlet not in self.columns.outlets:
            return []
        rows = np.flatnonzero(self.columns.outlet == self.columns.outlets.index(outlet))
        return [self.ids[i] for i in rows[np.argsort(-self.columns.day[rows], kind="stable")].tolist()]

    def _articles(self, passages: Sequence[int]) -> list[int]:
        """The keys of the articles of passages."""
        found: list[int] = self.number[self.article[np.searchsorted(self.keys, passages)]].tolist()
        return found

    @functools.cached_property
    def row(self) -> dict[str, int]:
        """The row of each article, by id."""
        return {article_id: row for row, article_id in enumerate(self.ids)}


class Store:
    """One index folder. Reading is safe from any thread; writing goes through `writing()`."""

    def __init__(self, folder: Path, manifest: Manifest):
        self.folder = folder
        self.manifest = manifest
        self._local = threading.local()

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether there is an index in `folder`."""
        return (folder / DATABASE).is_file()

    @classmethod
    def create(cls, folder: Path, manifest: Manifest, wait: bool = True) -> Store:
        """A new, empty index in `folder`, or the one that another process has just made there."""
        with stored(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder, wait):
            if not cls.exists(folder):
                with stored(folder), _aside(folder) as aside:
                    caches.clear(folder)  # of one that stood there
                    with contextlib.closing(sqlite3.connect(aside, isolation_level=None)) as db:
                        _begin(db, replace(manifest, format=FORMAT))
                    _place(aside, folder / DATABASE)
        return cls.open(folder)

    @classmethod
    def look(cls, folder: Path) -> Store:
        """The index in `folder` as it is, of whatever format: for `doctor`, which changes nothing."""
        with stored(folder), contextlib.closing(_connect(folder / DATABASE)) as db:
            return cls(folder, _manifest(db))

    @classmethod
    def open(cls, folder: Path, wait: bool = True) -> Store:
        """The index in `folder`. Raises LibraryError where there is none, or one that this version cannot read."""
        with stored(folder):
            there = cls.exists(folder)
        if not there:
            raise LibraryError(f"there is no index in {folder}; make one with: according build PATHS --index {folder}")
        with stored(folder), contextlib.closing(_connect(folder / DATABASE)) as db:
            found = _manifest(db)
        if found.format < FORMAT:
            found = _upgrade(folder, found.format, wait)
        if found.format != FORMAT:
            raise LibraryError(
                f"the index in {folder} has format {found.format}, this version of According reads {FORMAT}; "
                "build it again into a new folder, or use the version that made it"
            )
        return cls(folder, found)

    def close(self) -> None:
        """Closes this thread's connection; those of other threads close when their threads end."""
        if db := getattr(self._local, "db", None):
            db.close()
            self._local.db = None

    def leave(self) -> None:
        """As `close`: every thread has its own connection."""
        self.close()

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return str(self.folder)

    @property
    def _db(self) -> sqlite3.Connection:
        path = self.folder / DATABASE
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db and not db.in_transaction and self._has_changed():
            self.close()
            db = None
        if db is None:
            state = _state(path)
            db = self._local.db = _connect(path)
            self._local.frozen = state if isinstance(db, _Frozen) else None
        return db

    def _has_changed(self) -> bool:
        """Whether another process has written what this thread reads as if nobody did."""
        frozen = getattr(self._local, "frozen", None)
        return bool(frozen) and frozen != _state(self.folder / DATABASE)

    def _writable(self) -> sqlite3.Connection:
        """This thread's connection, as one that can write."""
        with stored(self.folder):
            if isinstance(self._db, _Frozen):
                self.close()
                self._local.db, self._local.frozen = _connect(self.folder / DATABASE, writing=True), None
            return self._db

    # Reading

    def generation(self) -> int:
        """The number of changes made so far; a View of another generation is out of date."""
        with stored(self.folder):
            return _generation(self._db)

    def ready(self, generation: int) -> bool:
        """Whether a cache of a generation is there already."""
        return caches.ready(self.folder, generation)

    def newest(self) -> int:
        """The same beside a read transaction, which goes on seeing the generation that it began with."""
        with stored(self.folder), contextlib.closing(_connect(self.folder / DATABASE)) as db:
            return _generation(db)

    def article(self, article_id: str) -> Article | None:
        """The article of that id; the last retired one where none is in; None where there never was one."""
        return next((version.article for version in self._versions(article_id)), None)

    def holds(self, article_id: str) -> bool:
        """Whether there is an article of that id, retired or damaged ones included."""
        with stored(self.folder):
            return self._db.execute("SELECT 1 FROM article WHERE id = ?", (article_id,)).fetchone() is not None

    def versions(self, article_id: str) -> list[Version]:
        """Every text that was ever in under an id and was not removed: the one that is in first, then the latest."""
        return list(self._versions(article_id))

    def _versions(self, article_id: str) -> Iterator[Version]:
        columns = ", ".join(f"a.{column}" for column in _COLUMNS)
        query = f"""SELECT a.digest, a.retired, t.time, {columns} FROM article a LEFT JOIN past t
            ON t.generation = a.retired WHERE a.id = ? ORDER BY a.retired IS NULL DESC, a.key DESC"""
        with stored(self.folder):
            rows = self._db.execute(query, (article_id,)).fetchall()
        for digest, retired, time, *row in rows:
            article = self._sound(digest, row)
            yield Version(article, retired is None, dt.datetime.fromisoformat(time) if time else None)

    def _sound(self, digest: str, row: Sequence[str | None]) -> Article:
        """The article of a row of _COLUMNS. Raises LibraryError unless it is as it was stored."""
        with contextlib.suppress(ValueError, TypeError):
            return _checked(digest, tuple(row))
        raise LibraryError(
            f"article {row[0]!r} in {self.folder} is not as it was stored: the database is damaged; "
            "`according doctor` tells what else is. Remove the article and build again, or restore a backup"
        )

    def at(self, url: str) -> list[str]:
        """Ids of the articles that are in and stand at an address."""
        with stored(self.folder):
            rows = self._db.execute("SELECT id FROM article WHERE url = ? AND retired IS NULL ORDER BY key", (url,))
            return [row[0] for row in rows]

    def articles(self) -> Iterator[Article]:
        """Every article that is in, in the order of adding."""
        columns = ", ".join(_COLUMNS)
        query = f"SELECT key, digest, {columns} FROM article WHERE retired IS NULL AND key > ? ORDER BY key"
        return (self._sound(digest, row) for _, digest, *row in self._paged(query))

    def outlets(self) -> dict[str | None, int]:
        """Number of articles that are in of each outlet, by name; None, which is last, of those that name none."""
        query = """SELECT outlet, count(*) FROM article WHERE retired IS NULL
            GROUP BY outlet ORDER BY outlet IS NULL, outlet"""
        with stored(self.folder):
            return dict(self._db.execute(query))

    def _paged(self, query: str) -> Iterator[Any]:
        """The rows of a query in the order of its first column, which must be above its parameter; some at a time."""
        last = 0
        while True:
            with stored(self.folder):
                rows = self._db.execute(f"{query} LIMIT 256", (last,)).fetchall()
            if not rows:
                return
            if rows[0][0] <= last:  # it would never end
                raise LibraryError(f"the index in {self.folder} cannot be used (rows out of order): {_DAMAGED}")
            yield from rows
            last = rows[-1][0]

    def everything(self) -> Iterator[tuple[int, bool, str, Article | None]]:
        """(key, whether it is retired, digest, article) of every article, None for one that cannot be read."""
        query = f"SELECT key, retired, digest, {', '.join(_COLUMNS)} FROM article WHERE key > ? ORDER BY key"
        for key, retired, digest, *row in self._paged(query):
            try:
                yield key, retired is not None, digest, _article(row)
            except (ValueError, TypeError):
                yield key, retired is not None, digest, None

    def known(self, article_ids: Sequence[str]) -> dict[str, Known]:
        """What is known of those of some articles that are in, by id."""
        rows = self._among("SELECT id, digest, source FROM article", "retired IS NULL AND id", article_ids)
        return {row[0]: Known(*row[1:]) for row in rows}

    def stored(self, staged: bool = False) -> Iterator[tuple[str, Known]]:
        """(id, what is known of it) of every article that is in."""
        query = "SELECT key, id, digest, source FROM article WHERE retired IS NULL AND key > ? ORDER BY key"
        return ((article_id, Known(digest, source)) for _, article_id, digest, source in self._paged(query))

    def kept(self, what: str) -> str | None:
        """A text that was kept with the index (see `Writer.keep`); None where there is none."""
        with stored(self.folder):
            row = self._db.execute("SELECT value FROM manifest WHERE key = ?", (what,)).fetchone()
        return str(row[0]) if row else None

    def quarantine(self) -> Iterator[Skipped]:
        """What could not be read when the files were last read, in the order of reading."""
        query = "SELECT rowid, source, reason, place FROM quarantine WHERE rowid > ? ORDER BY rowid"
        return (Skipped(*row[1:]) for row in self._paged(query))

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        """Passages with their articles, by key; one that has been taken out since the view was made is missing."""
        columns = ", ".join(f"a.{c}" for c in _COLUMNS)
        query = f"""SELECT p.key, p.start, p."end", p.sentences, p.content, a.key, a.digest, {columns}
            FROM passage p JOIN article a ON a.key = p.article"""
        found, articles = {}, dict[int, Article]()
        rows = self._among(query, "a.retired IS NULL AND p.key", keys)
        with stored(self.folder):
            for key, start, end, spans, content, number, digest, *row in rows:
                if number not in articles:
                    articles[number] = self._sound(digest, row)
                article = articles[number]
                if content != hash64(article.text[start:end]):
                    raise ValueError(f"passage {key} of article {article.id!r} is not as it was stored")
                found[key] = Passage(article.id, start, end, sentence_spans(spans)), article
        return found

    def sentence_vectors(self, keys: Sequence[int]) -> tuple[dict[int, slice], Vectors]:
        """The vectors of the sentences of passages: the rows of each, by passage key, and all of them, (m, dimension).

        A passage that was taken out is missing.
        """
        found = self._among("SELECT passage, sentences FROM vector", "passage", keys)
        rows, last = {}, 0
        with stored(self.folder):
            for key, blob in found:
                first, last = last, last + len(blob) // (2 * self.manifest.dimension)
                rows[key] = slice(first, last)
            vectors = np.frombuffer(b"".join(blob for _, blob in found), "<f2")
            return rows, vectors.reshape(-1, self.manifest.dimension).astype(np.float32)

    def _among(self, query: str, column: str, keys: Sequence[int | str], group: str = "") -> list[Any]:
        found: list[Any] = []
        for start in range(0, len(keys), SOME):
            some = list(keys[start : start + SOME])
            last = f" GROUP BY {group}" if group else ""
            with stored(self.folder):
                found += self._db.execute(f"{query} WHERE {column} IN ({', '.join('?' * len(some))}){last}", some)
        return found

    def encoded(self, texts: Sequence[str]) -> dict[str, Encoded]:
        """What is known of texts that a passage has word for word, retired ones included, by text.

        (Spans of its sentences from its beginning, its vector, those of its sentences.)
        """
        known = {hash64(text): text for text in texts}
        query = """SELECT p.content, substr(a.text, p.start + 1, p."end" - p.start), p.start, p.sentences, v.value,
            v.sentences FROM passage p JOIN article a ON a.key = p.article JOIN vector v ON v.passage = p.key"""
        found = {}
        for content, text, start, spans, value, parts in self._among(query, "p.content", list(known), "p.content"):
            if known[content] == text:
                relative = tuple((a - start, b - start) for a, b in sentence_spans(spans))
                vectors = np.frombuffer(parts, "<f2").reshape(-1, self.manifest.dimension).astype(np.float32)
                found[text] = relative, np.frombuffer(value, "<f4").astype(np.float32), vectors
        return found

    def view(self) -> View:
        """All passages that can be found, at the present generation. A cache that does not fit is made again."""
        while True:
            with contextlib.suppress(_ChangedError), stored(self.folder), self.reading() as db:
                origin = self._origin(db)
                cache = caches.load(self.folder, origin)
                if cache is None and self.newest() == origin.generation:
                    cache = caches.make(self.folder, origin)
                if cache is not None:
                    return self._view(db, origin, cache)
            # Another process has written meanwhile, and cleared that cache away.

    def prepare(self) -> None:
        """Has the cache of the present generation stand in the folder, where it can be written, without reading it."""
        with stored(self.folder), self.reading() as db:
            if not self.ready(self.generation()):
                caches.keep(self.folder, self._origin(db))

    def _view(self, db: sqlite3.Connection, origin: caches.Origin, cache: caches.Cache) -> View:
        columns = "id, outlet, host, date, coalesce(same, key)"
        articles = db.execute(f"SELECT {columns} FROM article WHERE retired IS NULL ORDER BY key").fetchall()
        row = db.execute("SELECT value FROM manifest WHERE key = 'names'").fetchone()
        ids, outlet, host, date, same = zip(*articles, strict=True) if articles else ((),) * 5
        return View(
            origin.generation,
            origin.keys,
            np.searchsorted(origin.articles, origin.owners).astype(np.int32),
            facts.ArticleColumns.of(
                outlet, host, [facts.ordinal(dt.date.fromisoformat(d)) if d else 0 for d in date], same
            ),
            tuple(ids),
            origin.articles,
            cache.dense,
            cache.words,
            naming.Aliases(
                naming.AliasGroup(tuple(names), basis) for names, basis in json.loads(row[0] if row else "[]")
            ),
        )

    def cache_fault(self) -> str | None:
        """What is wrong with the cache of the present generation (see `cache.fault`)."""
        with stored(self.folder), self.reading() as db:
            return caches.fault(self.folder, self._origin(db))

    # What the cache is made from

    def _origin(self, db: sqlite3.Connection) -> caches.Origin:
        rows = db.execute("SELECT key FROM article WHERE retired IS NULL ORDER BY key").fetchall()
        articles = np.array(rows, np.int64).reshape(-1)
        passages = np.array(db.execute("SELECT key, article FROM passage").fetchall(), np.int64).reshape(-1, 2)
        passages = passages[np.isin(passages[:, 1], articles)]
        passages = passages[np.argsort(passages[:, 0])]
        return caches.Origin(
            self.generation(),
            dict(db.execute("SELECT generation, token FROM past")),
            self.manifest.dimension,
            passages[:, 0],
            passages[:, 1],
            articles,
            functools.partial(self._since, db),
            functools.partial(self._vectors, db),
            functools.partial(self._documents, db),
        )

    def _since(self, db: sqlite3.Connection, generation: int) -> caches.Changes:
        def all_of(query: str) -> list[int]:
            return [row[0] for row in db.execute(query, {"g": generation})]

        gone = all_of("SELECT article FROM gone WHERE generation > :g UNION SELECT key FROM article WHERE retired > :g")
        changed = all_of("SELECT key FROM article WHERE changed > :g AND retired IS NULL")
        erased = all_of("SELECT 1 FROM gone WHERE generation > :g AND erased LIMIT 1")
        return caches.Changes(gone, changed, bool(erased))

    def _vectors(self, db: sqlite3.Connection, above: int) -> Iterator[tuple[Keys, Vectors]]:
        cursor = db.execute("SELECT passage, value FROM vector WHERE passage > ? ORDER BY passage", (above,))
        while rows := cursor.fetchmany(8192):
            vectors = np.frombuffer(b"".join(value for _, value in rows), "<f4").reshape(len(rows), -1)
            yield np.array([key for key, _ in rows], np.int64), vectors

    def _documents(self, db: sqlite3.Connection, generation: int) -> Iterator[lexical.Document]:
        articles = db.execute(
            "SELECT key, outlet, date, title, text FROM article WHERE retired IS NULL AND changed > ? ORDER BY key",
            (generation,),
        )
        for key, outlet, day, title, text in articles:
            spans = db.execute('SELECT key, start, "end" FROM passage WHERE article = ? ORDER BY key', (key,))
            ordinal = dt.date.fromisoformat(day).toordinal() if day else lexical.NONE
            whole = f"{title}\n\n{text}" if title else text
            yield lexical.Document(key, outlet, ordinal, whole, [(p, text[a:b]) for p, a, b in spans])

    # Names

    def unmined(self) -> Iterator[tuple[int, str]]:
        """(key, text) of the articles in which names were not looked for yet."""
        query = "SELECT key, text FROM article WHERE mined = 0 AND retired IS NULL AND key > ? ORDER BY key"
        return self._paged(query)

    def pairs(self) -> dict[tuple[str, str], int]:
        """Number of articles that explain a short form by a long form, by (long, short)."""
        query = "SELECT long, short, count(*) FROM pair GROUP BY long, short"
        with stored(self.folder):
            return {(long, short): count for long, short, count in self._db.execute(query)}

    def printed(self) -> dict[str, int]:
        """Number of articles that print a short form."""
        with stored(self.folder):
            return dict(self._db.execute("SELECT short, count(*) FROM printed GROUP BY short"))

    # Copies

    def uncompared(self) -> Iterator[tuple[str, list[tuple[int, Span, tuple[Span, ...]]]]]:
        """(text, [(key, span, spans of its sentences) of each passage]) where passages have no signature yet."""
        query = "SELECT DISTINCT article FROM passage WHERE signature IS NULL AND article > ? ORDER BY article"
        own = 'SELECT key, start, "end", sentences FROM passage WHERE article = ? ORDER BY key'
        for (article,) in self._paged(query):
            with stored(self.folder):
                rows = self._db.execute(own, (article,)).fetchall()
            yield self.text(article), [(key, (start, end), sentence_spans(blob)) for key, start, end, blob in rows]

    def ungrouped(self) -> bool:
        """Whether some passage has not been compared with the others yet."""
        with stored(self.folder):
            return self._db.execute(f"SELECT 1 {_FOUND} AND p.same IS NULL LIMIT 1").fetchone() is not None

    def signed(self) -> Signed:
        """The signatures of all passages and the groups found so far."""
        with stored(self.folder), self.reading() as db:
            query = f"SELECT p.key, p.article, coalesce(p.same, -1), p.signature {_FOUND} ORDER BY p.article, p.key"
            rows = db.execute(query).fetchall()
            known = dict(db.execute("SELECT key, same FROM article WHERE retired IS NULL AND same IS NOT NULL"))
        blob = b"".join(row[3] for row in rows)
        table = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3)
        return Signed(
            table[:, 0],
            table[:, 1],
            table[:, 2],
            np.frombuffer(blob, "<u4").reshape(len(rows), -1 if rows else 0),
            known,
        )

    def copied(self) -> tuple[int, int]:
        """The number of articles that are one text with another, and of their groups."""
        query = """SELECT coalesce(sum(n), 0), count(*) FROM (SELECT count(*) AS n FROM article
            WHERE retired IS NULL GROUP BY coalesce(same, key) HAVING n > 1)"""
        with stored(self.folder):
            articles, groups = self._db.execute(query).fetchone()
        return int(articles), int(groups)

    def groups(self, article_ids: Sequence[str]) -> dict[str, int]:
        """A number for the text of each of some articles that are in, by id; copies have the same."""
        return dict(self._among("SELECT id, coalesce(same, key) FROM article", "retired IS NULL AND id", article_ids))

    def words(self, passage: int) -> str:
        """The text of a passage, by key; "" where it was taken out."""
        query = """SELECT substr(a.text, p.start + 1, p."end" - p.start) FROM passage p
            JOIN article a ON a.key = p.article WHERE p.key = ?"""
        with stored(self.folder):
            row = self._db.execute(query, (passage,)).fetchone()
        return str(row[0]) if row else ""

    def text(self, article: int) -> str:
        """The text of an article, by its key in the database."""
        with stored(self.folder):
            row = self._db.execute("SELECT text FROM article WHERE key = ?", (article,)).fetchone()
        return str(row[0]) if row else ""

    def copies(self, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Ids of the other articles that hold a passage's words, by passage key; in the order of adding."""
        query = """SELECT p.key, b.id FROM passage p JOIN passage q ON q.same = p.same AND q.article != p.article
            JOIN article b ON b.key = q.article AND b.retired IS NULL"""
        return self._ids(query, "p.key", passages)

    def sharers(self, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Ids of the other articles that share a sentence with a passage word for word, by passage key.

        A sentence that more than FORMULA texts hold is a formula: a disclaimer, a call to subscribe.
        """
        texts = """SELECT count(DISTINCT coalesce(v.same, v.key)) FROM sentence u
            JOIN passage w ON w.key = u.passage JOIN article v ON v.key = w.article
            WHERE u.hash = s.hash AND v.retired IS NULL"""
        query = f"""SELECT s.passage, b.id FROM sentence s JOIN passage p ON p.key = s.passage
            JOIN sentence t ON t.hash = s.hash AND t.passage != s.passage AND ({texts}) <= {FORMULA}
            JOIN passage q ON q.key = t.passage AND q.article != p.article
            JOIN article b ON b.key = q.article AND b.retired IS NULL"""
        return self._ids(query, "s.passage", passages)

    def republishers(self, article_ids: Sequence[str]) -> dict[str, str | None]:
        """The site where it is known, else the outlet, of each article that is in, by id."""
        rows = self._among("SELECT id, coalesce(host, outlet) FROM article", "retired IS NULL AND id", article_ids)
        return dict(rows)

    def _ids(self, query: str, column: str, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        found: dict[int, dict[str, None]] = {key: {} for key in passages}
        for key, article_id in self._among(query, column, passages):
            found[key][article_id] = None
        return {key: tuple(ids) for key, ids in found.items()}

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One read transaction of this thread: all that is read in it is of one generation."""
        with stored(self.folder):
            db = self._db
            nested = db.in_transaction
            if not nested:
                db.execute("BEGIN")
        if nested:
            yield db
            return
        try:
            yield db
        finally:
            with stored(self.folder):
                if db.in_transaction:
                    db.execute("COMMIT")
            if self._has_changed():
                raise _ChangedError(f"the index in {self.folder} was changed while it was read; try again")

    # Writing

    @contextlib.contextmanager
    def writing(self, wait: bool = True) -> Iterator[Writer]:
        """Holds the index for writing, after other processes, and says so where it has to `wait`.

        Raises LibraryError where writing is forbidden or, unless it is to wait, another process writes.
        """
        with _locked(self.folder, wait):
            yield Writer(self)

    def staging(self, wait: bool = True) -> None:
        """None: one process at a time writes to a folder."""

    # Copies of it, and its size

    def backup(self, folder: Path) -> None:
        """Puts a copy of the database, as it stands at one generation, into another folder; readers and writers go on.

        It appears there checked and whole, or not at all. Raises LibraryError where there is an index already.
        """
        with stored(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if self.exists(folder):
            raise LibraryError(f"there is an index in {folder} already; name a folder for the backup that has none")
        with stored(folder), _aside(folder) as aside:
            _copy(self._db, aside)
            _place(aside, folder / DATABASE)

    def compact(self, wait: bool = True) -> tuple[int, int]:
        """Makes the files as small as they can be: (bytes before, bytes after). Nothing that was removed is left in
        them, nor are the vectors of what was retired.

        Raises LibraryError where a process that reads keeps the log from being emptied.
        """
        before = self.size()
        with _locked(self.folder, wait), stored(self.folder):
            caches.clear(self.folder)  # first: without what is gone, none could be brought up to date
            with Writer(self)._changing():
                self._db.execute(
                    "DELETE FROM passage WHERE article IN (SELECT key FROM article WHERE retired IS NOT NULL)"
                )
                self._db.execute("DELETE FROM gone")
            for path in (*self.folder.glob("library.format*.sqlite*"), *self.folder.glob(f"{MAKING}*")):
                path.unlink()
            self._db.execute("VACUUM")
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.prepare()
        if busy:
            raise LibraryError(
                f"the index in {self.folder} is compact, and a process that reads it keeps the old pages: "
                "run this again when that is done"
            )
        return before, self.size()

    def reindex(self) -> None:
        """Makes SQLite's indexes again from its tables."""
        with _locked(self.folder, True), stored(self.folder):
            self._db.execute("REINDEX")

    def size(self) -> int:
        """Bytes that the folder's files take."""
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(OSError):  # another process may remove what it made
                    total += os.stat(os.path.join(folder, name)).st_size
        return total


@dataclass(frozen=True)
class Signed:
    """All passages with their MinHash signatures, those of one article beside each other.

    Attributes:
        keys: passage keys, (n,).
        articles: keys of their articles, (n,).
        same: groups found so far, as the key of the first passage in it, -1 where not compared yet, (n,).
        signatures: (n, numbers in a signature).
        known: groups of articles found so far, by article key.
    """

    keys: npt.NDArray[np.int64]
    articles: npt.NDArray[np.int64]
    same: npt.NDArray[np.int64]
    signatures: npt.NDArray[np.uint32]
    known: dict[int, int]


class Writer:
    """Changes to an index; each method is one transaction, durable when it returns."""

    def __init__(self, store: Store):
        self._store = store
        self._folder = store.folder
        self._db = store._writable()

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        """Adds articles with their passages.

        One that is in under the same id is retired; one of the same text that was retired has come back.
        """
        with self._changing() as generation:
            for article, passages in batch:
                self._retire(article.id, generation)
                self._delete("id = ? AND text = ? AND retired IS NOT NULL", (article.id, article.text), generation, 0)
                row = self._db.execute(
                    f"INSERT INTO article (changed, digest, {', '.join(_COLUMNS)}) "
                    f"VALUES (?, ?{', ?' * len(_COLUMNS)})",
                    (generation, article.content_hash, *_values(article)),
                ).lastrowid
                for made in passages:
                    start, end = made.passage.start, made.passage.end
                    spans = np.array(made.passage.sentences, "<i4").tobytes()
                    signature, content = (
                        made.marks.signature.astype("<u4").tobytes(),
                        hash64(article.text[start:end]),
                    )
                    key = self._db.execute(
                        'INSERT INTO passage (article, start, "end", sentences, content, signature) '
                        "VALUES (?, ?, ?, ?, ?, ?)",
                        (row, start, end, spans, content, signature),
                    ).lastrowid
                    blobs = made.vector.astype("<f4").tobytes(), made.sentences.astype("<f2").tobytes()
                    self._db.execute("INSERT INTO vector VALUES (?, ?, ?, ?)", (key, *blobs, hash64(*blobs)))
                    self._share(key, made.marks)

    def amend(self, articles: Iterable[Article]) -> None:
        """Changes what is known of articles whose text is as it was; passages and vectors stay."""
        with self._changing() as generation:
            changes = ", ".join(f"{column} = ?" for column in _COLUMNS)
            self._db.executemany(
                f"UPDATE article SET changed = ?, digest = ?, {changes} WHERE id = ? AND retired IS NULL",
                [(generation, a.content_hash, *_values(a), a.id) for a in articles],
            )

    def keep(self, what: str, text: str) -> None:
        """Keeps a text with the index, in the place of the one kept before: "catalogue" and "own names", a user's
        TOML; "bar", how sure an answer must be (see `bar`)."""
        if self._db.execute("SELECT value FROM manifest WHERE key = ?", (what,)).fetchone() != (text,):
            with self._changing():
                self._db.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (what, text))

    def _mine(self, rows: Iterable[tuple[int, Iterable[tuple[str, str]], Iterable[str]]]) -> None:
        """Keeps what articles say of names: (key, pairs of long and short form, short forms printed) of each."""
        with stored(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for key, pairs, shorts in rows:
                self._db.executemany("INSERT OR IGNORE INTO pair VALUES (?, ?, ?)", [(key, *pair) for pair in pairs])
                self._db.executemany("INSERT OR IGNORE INTO printed VALUES (?, ?)", [(key, short) for short in shorts])
                self._db.execute("UPDATE article SET mined = 1 WHERE key = ?", (key,))

    def name(self) -> None:
        """Looks for names in what is new, and keeps those that are printed in several ways."""
        stream = self._store.unmined()
        while batch := list(islice(stream, BATCH)):
            self._mine((key, naming.mine_pairs(text), naming.printed_short_forms(text)) for key, text in batch)
        self.keep("names", _listed(self._names()))

    def _names(self) -> Iterable[AliasGroup]:
        """The names that are printed in several ways, by what the articles themselves say and by the index's list."""
        own = self._store.kept("own names")
        mined = naming.group_pairs(self._store.pairs(), self._store.printed())
        return naming.merge_groups(mined, naming.parse_own_list(own, "the index's list of names") if own else ())

    def compare(self) -> None:
        """Finds the copies among what is new, and between it and what was there; of an older format, of all."""
        stream = self._store.uncompared()
        while batch := list(islice(stream, BATCH)):
            keys = [key for _, own in batch for key, _, _ in own]
            marks = comparing.fingerprints(
                (text, [(span, sentences) for _, span, sentences in own]) for text, own in batch
            )
            self._sign(zip(keys, marks, strict=True))
        if not self._store.ungrouped():
            return
        signed = self._store.signed()
        passages = comparing.groups(signed.signatures, signed.same, lambda i: self._store.words(int(signed.keys[i])))
        ids, first = np.unique(signed.articles, return_index=True)
        whole = np.minimum.reduceat(signed.signatures, first)
        known = np.array([signed.known.get(key, -1) for key in ids.tolist()], np.int64)
        articles = comparing.groups(whole, known, lambda i: self._store.text(int(ids[i])))
        self._group(_changed(signed.keys, passages, signed.same), _changed(ids, articles, known))

    def quarantine(self, sources: Iterable[str] | None, skipped: Iterable[Skipped]) -> None:
        """Forgets what could not be read of these sources (of all where None), and keeps what is skipped now."""
        with stored(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if sources is None:
                self._db.execute("DELETE FROM quarantine")
            else:
                self._db.executemany("DELETE FROM quarantine WHERE source = ?", [(s,) for s in sources])
            rows = [(s.source, s.place, s.reason) for s in skipped]
            self._db.executemany("INSERT INTO quarantine VALUES (?, ?, ?)", rows)

    def _sign(self, rows: Iterable[tuple[int, Fingerprint]]) -> None:
        """Keeps what the copies of passages are found by, by the passages' keys."""
        with stored(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for key, marks in rows:
                signature = marks.signature.astype("<u4").tobytes()
                self._db.execute("UPDATE passage SET signature = ? WHERE key = ?", (signature, key))
                self._share(key, marks)

    def _share(self, key: int | None, marks: Fingerprint) -> None:
        rows = [(key, sentence) for sentence in marks.sentences]
        self._db.executemany("INSERT OR IGNORE INTO sentence VALUES (?, ?)", rows)

    def _group(self, passages: Iterable[tuple[int, int]], articles: Iterable[tuple[int, int]]) -> None:
        """Keeps the groups of copies: (key, key of the first of its group) of each passage and article."""
        with self._changing():
            for table, pairs in (("passage", passages), ("article", articles)):
                self._db.executemany(f"UPDATE {table} SET same = ? WHERE key = ?", [(same, key) for key, same in pairs])

    def retire(self, article_ids: Iterable[str]) -> None:
        """Takes articles out of all answers; their text stays, so that citations of it still resolve."""
        with self._changing() as generation:
            for article_id in article_ids:
                self._retire(article_id, generation)

    def remove(self, article_ids: Iterable[str]) -> None:
        """Deletes articles with their text and all that was made from it, retired versions included."""
        with self._changing() as generation:
            for article_id in article_ids:
                self._delete("id = ?", (article_id,), generation, 1)
            self._db.execute("INSERT OR REPLACE INTO manifest VALUES ('names', ?)", (_listed(self._names()),))

    def _delete(self, where: str, values: Sequence[str], generation: int, erased: int) -> None:
        query = f"INSERT OR IGNORE INTO gone SELECT key, ?, ? FROM article WHERE {where}"
        self._db.execute(query, (generation, erased, *values))
        self._db.execute(f"DELETE FROM article WHERE {where}", values)

    def _retire(self, article_id: str, generation: int) -> None:
        for table in ("pair", "printed"):
            own = f"DELETE FROM {table} WHERE article IN (SELECT key FROM article WHERE id = ? AND retired IS NULL)"
            self._db.execute(own, (article_id,))
        self._db.execute("UPDATE article SET retired = ? WHERE id = ? AND retired IS NULL", (generation, article_id))

    @contextlib.contextmanager
    def _changing(self) -> Iterator[int]:
        with stored(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            query = "UPDATE manifest SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation' RETURNING value"
            generation = int(self._db.execute(query).fetchone()[0])
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            self._db.execute("INSERT OR REPLACE INTO past VALUES (?, ?, ?)", (generation, secrets.token_hex(8), now))
            yield generation


class _Frozen(sqlite3.Connection):
    """A database that is read without its log: nobody writes it, and no log can be made here."""


class _ChangedError(LibraryError):
    """Another process has begun to write what was being read as if nobody did."""


def _connect(path: Path, writing: bool = False) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=rw"
    db = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)
    try:
        db.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.OperationalError as error:
        db.close()
        # A log that nobody writes is made by whoever reads first, which a read-only folder forbids and for which a full
        # disk has no room; without a log the database can do without one.
        code = error.sqlite_errorcode
        forbidden = code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
        if writing or _state(path)[-1] or not (forbidden or code == sqlite3.SQLITE_IOERR_SHMSIZE):
            raise
        db = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None, factory=_Frozen)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA journal_size_limit = {LOG}")
    db.create_function("content_hash", -1, hash64, deterministic=True)
    return db


def _state(path: Path) -> tuple[int, int, int]:
    """What changes when a database is written: its time and size, and the size of its log."""
    status, journal = path.stat(), path.with_name(f"{path.name}-wal")
    return status.st_mtime_ns, status.st_size, journal.stat().st_size if journal.exists() else 0


@contextlib.contextmanager
def _locked(folder: Path, wait: bool) -> Iterator[None]:
    """Holds the folder's lock, which the operating system lets go of when its holder dies."""
    from filelock import FileLock, Timeout  # with the whole of asyncio

    lock = FileLock(folder / LOCK)
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not wait:
                raise LibraryError(f"another process is writing to {folder}; try again when it is done") from None
            log.warning("waiting for another process that is writing to %s ...", folder)
            lock.acquire()
    except OSError as error:
        raise LibraryError(
            f"the index in {folder} cannot be written ({error.strerror or error}){_todo(error)}"
        ) from error
    try:
        yield
    finally:
        lock.release()


_FULL = "its disk is full; free some space and run this again: what was done is kept"
_READ_ONLY = "it may not be written here; change its permissions, or copy the folder and use the copy"
# What is wrong, by SQLite's result code, and by that of the system, and what to do.
_REASONS = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "it may not be opened here; change its permissions, or copy the folder and use the copy",
    sqlite3.SQLITE_BUSY: "another process holds its database for long; try again when it is done",
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_IOERR: "its disk cannot be read or written; see to the disk, or copy the folder to another one",
}
_SYSTEM = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
}
_DAMAGED = "`according doctor` tells what is damaged; restore a backup, or build it again into a new folder"


@contextlib.contextmanager
def stored(folder: Path) -> Iterator[None]:
    """Turns what reading or writing an index raises into a LibraryError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None) or 0
        reason = _REASONS.get(code) or _REASONS.get(code & 0xFF, _DAMAGED)
        raise LibraryError(f"the index in {folder} cannot be used ({error}): {reason}") from error
    except (KeyError, ValueError, TypeError) as error:  # what a damaged row holds may be of any kind
        raise LibraryError(f"the index in {folder} cannot be used ({error}): {_DAMAGED}") from error
    except OSError as error:
        raise LibraryError(f"the index in {folder} cannot be used ({error}){_todo(error)}") from error


def _todo(error: OSError) -> str:
    """What to do about an error of the system, to be put behind it."""
    reason = _SYSTEM.get(error.errno or 0)
    return f": {reason}" if reason else ""


@contextlib.contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A path to make a database at, before it is put in its place; nothing is left there, nor by killed processes."""
    for left in filter(caches.abandoned, folder.glob(f"{MAKING}*")):
        caches.delete(left)
    path = folder / f"{MAKING}{os.getpid()}.{threading.get_ident()}"
    _unlink(path)
    try:
        yield path
    finally:
        _unlink(path)


def _unlink(path: Path) -> None:
    for each in (path, *_beside(path)):
        each.unlink(missing_ok=True)


def _beside(path: Path) -> list[Path]:
    """What SQLite keeps beside a database."""
    return [path.with_name(f"{path.name}-{end}") for end in ("wal", "shm", "journal")]


def _begin(db: sqlite3.Connection, manifest: Manifest) -> None:
    """Makes the tables of an empty index."""
    db.create_function("content_hash", -1, hash64, deterministic=True)
    db.execute("BEGIN")
    for statement in _statements("".join((_SCHEMA, *_FORMATS.values()))):
        db.execute(statement)
    pairs = {"format": manifest.format, "encoder": manifest.encoder, "dimension": manifest.dimension, "generation": 0}
    db.executemany("INSERT INTO manifest VALUES (?, ?)", [(key, str(value)) for key, value in pairs.items()])
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL")  # last: what stands in a log would not move with the file


def _copy(db: sqlite3.Connection, path: Path) -> None:
    """A whole copy of a database as one transaction sees it, without the pages that it does not use."""
    db.execute("VACUUM INTO ?", (str(path),))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = WAL")
        ((found,),) = copy.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def _place(made: Path, place: Path) -> None:
    """Puts a database that was made aside in its place: whole and on the disk, or not at all."""
    with made.open("rb") as file:
        os.fsync(file.fileno())
    for path in _beside(place):  # the log of one that stood there would be taken for its own
        path.unlink(missing_ok=True)
    made.replace(place)
    caches.sync(place.parent)


def sentence_spans(blob: bytes) -> tuple[Span, ...]:
    """The spans of a passage's sentences, as the database keeps them."""
    numbers = iter(np.frombuffer(blob, "<i4").tolist())
    return tuple(zip(numbers, numbers, strict=True))


def _generation(db: sqlite3.Connection) -> int:
    return int(dict(db.execute("SELECT key, value FROM manifest WHERE key = 'generation'"))["generation"])


def _manifest(db: sqlite3.Connection) -> Manifest:
    values = dict(db.execute("SELECT key, value FROM manifest"))
    return Manifest(values["encoder"], int(values["dimension"]), int(values["format"]))


def _upgrade(folder: Path, old: int, wait: bool) -> Manifest:
    """Brings an older index up to this format, after a copy of it; unless another process has just done so."""
    try:
        with (
            _locked(folder, wait),
            stored(folder),
            contextlib.closing(_connect(folder / DATABASE, writing=True)) as db,
        ):
            if (old := _manifest(db).format) < FORMAT:
                _keep(db, folder, old)
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    for step in range(old + 1, FORMAT + 1):
                        for statement in _statements(_FORMATS[step]):
                            db.execute(statement)
                    db.execute("UPDATE manifest SET value = ? WHERE key = 'format'", (str(FORMAT),))
                    db.execute(
                        "INSERT OR IGNORE INTO past (generation, token) VALUES (?, ?)",
                        (_generation(db), secrets.token_hex(8)),
                    )
            return _manifest(db)
    except LibraryError as error:
        raise LibraryError(
            f"the index in {folder} has format {old} and must be brought to format {FORMAT} first; that failed: {error}"
        ) from error


def _keep(db: sqlite3.Connection, folder: Path, old: int) -> None:
    """Keeps a copy of an index of an older format."""
    kept = folder / f"library.format{old}.sqlite"
    log.warning("bringing the index in %s from format %s to %s; %s keeps it as it was", folder, old, FORMAT, kept.name)
    with _aside(folder) as aside:
        _copy(db, aside)
        _place(aside, kept)


def _listed(names: Iterable[AliasGroup]) -> str:
    return json.dumps([[name.spellings, name.basis] for name in names], ensure_ascii=False)


def _changed(
    keys: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], known: npt.NDArray[np.int64]
) -> list[tuple[int, int]]:
    """(key, key of the first of its group) where that is not what was known."""
    first = keys[groups]
    return [(int(key), int(same)) for key, same in zip(keys[first != known], first[first != known], strict=True)]


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _article(row: Sequence[str | None]) -> Article:
    values = dict(zip(_COLUMNS, row, strict=True))
    authors, day = values.pop("authors"), values.pop("date")
    return Article(
        authors=tuple(json.loads(authors or "[]")),
        date=dt.date.fromisoformat(day) if day else None,
        **values,  # type: ignore[arg-type]
    )


@functools.lru_cache(CHECKED)
def _checked(digest: str, row: tuple[str | None, ...]) -> Article:
    """The article of a row. Raises ValueError or TypeError unless it has that digest."""
    article = _article(row)  # what is kept is found by all that the row holds, so that it is held against it each time
    if article.content_hash != digest:
        raise ValueError("it is not as it was stored")
    return article


def _values(article: Article) -> list[str | None]:
    plain = {"authors": json.dumps(article.authors), "date": article.date.isoformat() if article.date else None}
    return [plain[c] if c in plain else getattr(article, c) for c in _COLUMNS]
