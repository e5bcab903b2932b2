"""The sole reader and writer of an index folder.

    index/
    ├── library.sqlite   the only truth: articles, passages, vectors, and the manifest that says how they were made
    ├── vectors.faiss    a cache made from it: the FAISS index, stamped with generation and checksum
    └── write.lock       held by the one process that writes

Every change is one transaction that raises the generation by one, so what was reported as done is done. The cache may
be missing, behind or damaged: it is made again from the vectors in the database, without encoding anything.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from .article import Article
from .encoder import Vectors
from .errors import LibraryError
from .passage import Passage

FORMAT = 1
WAIT = 10.0  # seconds that a writer waits for another
DATABASE, CACHE, LOCK = "library.sqlite", "vectors.faiss", "write.lock"

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
_COLUMNS = tuple(f.name for f in fields(Article))


@dataclass(frozen=True)
class Manifest:
    """How an index was made; what does not fit it is refused.

    Attributes:
        encoder: name of the encoder.
        dimension: length of its vectors.
        format: version of the tables above.
    """

    encoder: str
    dimension: int
    format: int = FORMAT


@dataclass(frozen=True)
class View:
    """The passages that can be found, at one generation, in the order of their keys. Row i of every array is passage i.

    Attributes:
        generation: the generation that it shows.
        keys: passage keys, (n,).
        outlets: names of the outlets in it, sorted; None last where some article has none.
        outlet: index into `outlets` of each passage, (n,).
        day: proleptic ordinal of each passage's date, 0 where there is none, (n,).
        articles: number of articles of each of `outlets`.
        index: FAISS index of the vectors, inner product.
    """

    generation: int
    keys: npt.NDArray[np.int64]
    outlets: tuple[str | None, ...]
    outlet: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    articles: tuple[int, ...]
    index: faiss.Index


@dataclass(frozen=True)
class Known:
    """What tells whether an article has changed (`Article.digest`), and the file it came from."""

    digest: str
    source: str


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
    def create(cls, folder: Path, manifest: Manifest) -> Store:
        """A new, empty index in `folder`, or the one that another process has just made there."""
        with _faults(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder), _faults(folder), contextlib.closing(_connect(folder / DATABASE)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                pairs = [("format", manifest.format), ("encoder", manifest.encoder), ("dimension", manifest.dimension)]
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    for statement in _SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.executemany("INSERT INTO manifest VALUES (?, ?)", [(k, str(v)) for k, v in pairs])
                    db.execute("INSERT INTO manifest VALUES ('generation', '0')")
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Store:
        """The index in `folder`. Raises LibraryError where there is none, or one that this version cannot read."""
        if not cls.exists(folder):
            raise LibraryError(f"there is no index in {folder}; make one with: according build PATHS --index {folder}")
        with _faults(folder), contextlib.closing(_connect(folder / DATABASE)) as db:
            values = dict(db.execute("SELECT key, value FROM manifest"))
            found = Manifest(values["encoder"], int(values["dimension"]), int(values["format"]))
        if found.format != FORMAT:
            raise LibraryError(
                f"the index in {folder} has format {found.format}, this version of According reads {FORMAT}; "
                "build it again into a new folder"
            )
        return cls(folder, found)

    def close(self) -> None:
        """Closes this thread's connection; those of other threads close when their threads end."""
        if db := getattr(self._local, "db", None):
            db.close()
            self._local.db = None

    @property
    def _db(self) -> sqlite3.Connection:
        if getattr(self._local, "db", None) is None:
            self._local.db = _connect(self.folder / DATABASE)
        connection: sqlite3.Connection = self._local.db
        return connection

    # Reading

    def generation(self) -> int:
        """The number of changes made so far; a View of another generation is out of date."""
        with _faults(self.folder):
            return int(self._db.execute("SELECT value FROM manifest WHERE key = 'generation'").fetchone()[0])

    def article(self, article_id: str) -> Article | None:
        """The article of that id; the last retired one where none is in; None where there never was one."""
        query = (
            f"SELECT {', '.join(_COLUMNS)} FROM article WHERE id = ? ORDER BY retired IS NULL DESC, key DESC LIMIT 1"
        )
        with _faults(self.folder):
            row = self._db.execute(query, (article_id,)).fetchone()
        return _article(row) if row else None

    def articles(self) -> Iterator[Article]:
        """Every article that is in, in the order of adding."""
        query = (
            f"SELECT key, {', '.join(_COLUMNS)} FROM article WHERE retired IS NULL AND key > ? ORDER BY key LIMIT 256"
        )
        last = 0
        while True:
            with _faults(self.folder):
                rows = self._db.execute(query, (last,)).fetchall()
            if not rows:
                return
            yield from (_article(row[1:]) for row in rows)
            last = rows[-1][0]

    def known(self) -> dict[str, Known]:
        """What is in, by article id."""
        with _faults(self.folder):
            rows = self._db.execute("SELECT id, digest, source FROM article WHERE retired IS NULL")
            return {row[0]: Known(*row[1:]) for row in rows}

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        """Passages with their articles, by key; one that has been taken out since is missing."""
        columns = ", ".join(f"a.{c}" for c in _COLUMNS)
        query = (
            f'SELECT p.key, p.start, p."end", p.sentences, {columns} FROM passage p JOIN article a ON a.key = p.article'
        )
        found = {}
        for key, start, end, spans, *row in self._among(query, "p.key", keys):
            article = _article(row)
            pairs = np.frombuffer(spans, "<i4").reshape(-1, 2).tolist()
            found[key] = Passage(article.id, start, end, tuple(map(tuple, pairs))), article
        return found

    def sentence_vectors(self, keys: Sequence[int]) -> dict[int, Vectors]:
        """The vectors of the sentences of passages, (m, dimension) each, by passage key; one taken out is missing."""
        rows = self._among("SELECT passage, sentences FROM vector", "passage", keys)
        return {k: np.frombuffer(v, "<f2").reshape(-1, self.manifest.dimension).astype(np.float32) for k, v in rows}

    def _among(self, query: str, column: str, keys: Sequence[int]) -> list[Any]:
        with _faults(self.folder):
            return self._db.execute(f"{query} WHERE {column} IN ({', '.join('?' * len(keys))})", list(keys)).fetchall()

    def view(self) -> View:
        """All passages that can be found, at the present generation. A cache that does not fit is made again."""
        with _faults(self.folder), self._reading() as db:
            generation = self.generation()
            rows = db.execute(
                "SELECT p.key, a.outlet, a.date FROM passage p JOIN article a ON a.key = p.article ORDER BY p.key"
            ).fetchall()
            counts = dict(db.execute("SELECT outlet, count(*) FROM article WHERE retired IS NULL GROUP BY outlet"))
            outlets = tuple(sorted(counts, key=lambda o: (o is None, o or "")))
            code = {outlet: i for i, outlet in enumerate(outlets)}
            index = self._cached(generation, len(rows))
            if index is None:
                index = self._index(db, len(rows))
                self._keep(index, generation)
        return View(
            generation,
            np.array([r[0] for r in rows], np.int64),
            outlets,
            np.array([code[r[1]] for r in rows], np.int32),
            np.array([dt.date.fromisoformat(r[2]).toordinal() if r[2] else 0 for r in rows], np.int32),
            tuple(counts[o] for o in outlets),
            index,
        )

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One read transaction: all that is read in it is of one generation."""
        db = self._db
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("COMMIT")

    # Writing

    @contextlib.contextmanager
    def writing(self) -> Iterator[Writer]:
        """Holds the index for writing. Raises LibraryError where another process does, or where that is forbidden."""
        with _locked(self.folder):
            yield Writer(self)

    # The FAISS cache

    def _index(self, db: sqlite3.Connection, count: int) -> faiss.Index:
        index = faiss.IndexFlatIP(self.manifest.dimension)
        cursor = db.execute("SELECT value FROM vector ORDER BY passage")
        while blobs := cursor.fetchmany(8192):
            index.add(np.frombuffer(b"".join(b for (b,) in blobs), "<f4").reshape(len(blobs), -1))
        if index.ntotal != count:
            raise LibraryError(
                f"the index in {self.folder} has {count} passages and {index.ntotal} vectors; build it again"
            )
        return index

    def _cached(self, generation: int, count: int) -> faiss.Index | None:
        """The index in the cache file; None where there is none of this generation, or its bytes have changed."""
        try:
            stamp, _, body = (self.folder / CACHE).read_bytes().partition(b"\n")
            expected = {"generation": generation, "sha256": hashlib.sha256(body).hexdigest()}
            if json.loads(stamp) != expected:
                return None
        except (OSError, ValueError):
            return None
        index = faiss.deserialize_index(np.frombuffer(body, np.uint8))
        return index if index.ntotal == count and index.d == self.manifest.dimension else None

    def _keep(self, index: faiss.Index, generation: int) -> None:
        """Writes the cache aside and puts it in place at once. A folder that cannot be written goes without."""
        body = faiss.serialize_index(index).tobytes()
        stamp = json.dumps({"generation": generation, "sha256": hashlib.sha256(body).hexdigest()})
        aside = self.folder / f"{CACHE}.{os.getpid()}.{threading.get_ident()}"
        try:
            with aside.open("wb") as file:
                file.write(stamp.encode() + b"\n" + body)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.folder / CACHE)
        except OSError:
            with contextlib.suppress(OSError):
                aside.unlink()


class Writer:
    """Changes to an index; each method is one transaction, durable when it returns."""

    def __init__(self, store: Store):
        self._folder = store.folder
        self._db = store._db

    def put(self, batch: Iterable[tuple[Article, Sequence[Passage], Sequence[tuple[Vectors, Vectors]]]]) -> None:
        """Adds articles, each with its passages and the vectors of each passage: its own, and those of its sentences.

        One that is in under the same id is retired.
        """
        with self._changing() as generation:
            for article, passages, vectors in batch:
                self._retire(article.id, generation)
                row = self._db.execute(
                    f"INSERT INTO article (digest, {', '.join(_COLUMNS)}) VALUES (?{', ?' * len(_COLUMNS)})",
                    (article.digest, *_values(article)),
                ).lastrowid
                for passage, (whole, parts) in zip(passages, vectors, strict=True):
                    spans = np.array(passage.sentences, "<i4").tobytes()
                    key = self._db.execute(
                        'INSERT INTO passage (article, start, "end", sentences) VALUES (?, ?, ?, ?)',
                        (row, passage.start, passage.end, spans),
                    ).lastrowid
                    blobs = whole.astype("<f4").tobytes(), parts.astype("<f2").tobytes()
                    self._db.execute("INSERT INTO vector VALUES (?, ?, ?)", (key, *blobs))

    def retire(self, article_ids: Iterable[str]) -> None:
        """Takes articles out of all answers; their text stays, so that citations of it still resolve."""
        with self._changing() as generation:
            for article_id in article_ids:
                self._retire(article_id, generation)

    def remove(self, article_ids: Iterable[str]) -> None:
        """Deletes articles with their text and all that was made from it, retired versions included."""
        with self._changing():
            self._db.executemany("DELETE FROM article WHERE id = ?", [(i,) for i in article_ids])

    def _retire(self, article_id: str, generation: int) -> None:
        query = "DELETE FROM passage WHERE article IN (SELECT key FROM article WHERE id = ? AND retired IS NULL)"
        self._db.execute(query, (article_id,))
        self._db.execute("UPDATE article SET retired = ? WHERE id = ? AND retired IS NULL", (generation, article_id))

    @contextlib.contextmanager
    def _changing(self) -> Iterator[int]:
        with _faults(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            query = "UPDATE manifest SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation' RETURNING value"
            yield int(self._db.execute(query).fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    return db


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, which the operating system lets go of when its holder dies."""
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=WAIT)
    except Timeout:
        raise LibraryError(f"another process is writing to {folder}; try again when it is done") from None
    except OSError as error:
        raise LibraryError(f"the index in {folder} cannot be written ({error})") from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _faults(folder: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise LibraryError(
            f"the index in {folder} cannot be used ({error}); restore a backup, or build it again into a new folder"
        ) from error
    except OSError as error:
        raise LibraryError(f"the index in {folder} cannot be used ({error})") from error


def _article(row: Sequence[str | None]) -> Article:
    values = dict(zip(_COLUMNS, row, strict=True))
    authors, day = values.pop("authors"), values.pop("date")
    return Article(
        authors=tuple(json.loads(authors or "[]")),
        date=dt.date.fromisoformat(day) if day else None,
        **values,  # type: ignore[arg-type]
    )


def _values(article: Article) -> list[str | None]:
    plain = {"authors": json.dumps(article.authors), "date": article.date.isoformat() if article.date else None}
    return [plain[c] if c in plain else getattr(article, c) for c in _COLUMNS]
