"""The sole reader and writer of an index folder.

    index/
    ├── library.sqlite   the only truth: articles, passages, vectors, copies, names, what was not read, the manifest
    ├── vectors.faiss    a cache made from it: the FAISS index, stamped with generation, its token and checksum
    ├── words.N/         another: the tantivy index of generation N, stamped likewise
    └── write.lock       held by the one process that writes

Every change is one transaction that raises the generation by one, so what was reported as done is done. The caches may
be missing, behind or damaged: they are made again from the database, without encoding anything; the words from the
generation before them, where that is there.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from . import lexical
from .article import Article
from .encoder import Vectors
from .errors import LibraryError
from .names import Name, Names
from .outlets import key as spelling_key
from .passage import Passage
from .readers.skipped import Skipped

FORMAT = 3
FORMULA = 5  # of 500,000 sentences of real articles, those that more texts hold are disclaimers, credits, advertising
FEW = 30_000  # vectors that are fast to look through one by one
LEFT = 86_400.0  # seconds after which what is half made is nobody's any more
WAIT = 10.0  # seconds that a writer waits for another
DATABASE, CACHE, WORDS, STAMP, LOCK = "library.sqlite", "vectors.faiss", "words", "stamp.json", "write.lock"

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
_FORMATS = {2: _COPIES, 3: _NAMES}
Span = tuple[int, int]
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
        article: the row of each passage's article in the arrays below, (n,).
        outlets, hosts: the names in it, sorted; None last where some article has none.
        outlet, host: index into `outlets` and `hosts` of each article, (m,).
        day: proleptic ordinal of each article's date, 0 where there is none, (m,).
        same: the group of copies of each article, (m,); one that has none is a group by itself.
        ids: ids of the articles, (m,).
        number: their keys, (m,).
        index: FAISS index of the vectors, inner product.
        signs: another of their signs alone, for a first look through very many; None where there are fewer.
        words: the words of passages and articles, by their keys.
        names: the names that are printed in several ways.
    """

    generation: int
    keys: npt.NDArray[np.int64]
    article: npt.NDArray[np.int32]
    outlets: tuple[str | None, ...]
    hosts: tuple[str | None, ...]
    outlet: npt.NDArray[np.int32]
    host: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    same: npt.NDArray[np.int64]
    ids: tuple[str, ...]
    number: npt.NDArray[np.int64]
    index: faiss.Index
    signs: faiss.Index | None
    words: lexical.Lexical
    names: Names

    @functools.cached_property
    def spelled(self) -> dict[str, list[str]]:
        """The outlets of each name, letter case and the like aside (see `outlets.key`)."""
        found: dict[str, list[str]] = {}
        for outlet in filter(None, self.outlets):
            found.setdefault(spelling_key(outlet), []).append(outlet)
        return found

    @functools.cached_property
    def source(self) -> npt.NDArray[np.int64]:
        """A number for who each article comes from, (m,): its outlet, else its host, else one for all unknown ones."""
        known = np.array([name is not None for name in self.outlets], bool)
        by_host = len(self.outlets) + self.host.astype(np.int64)
        return np.where(known[self.outlet], self.outlet, by_host) if len(known) else by_host

    @functools.cached_property
    def elsewhere(self) -> npt.NDArray[np.bool_]:
        """Whether each article was taken from another site than its outlet, (m,)."""
        outlets, hosts = (np.array([*names, None], object) for names in (self.outlets, self.hosts))
        return np.asarray(outlets[self.outlet] != hosts[self.host], bool)

    @functools.cached_property
    def row(self) -> dict[str, int]:
        """The row of each article, by id."""
        return {article_id: row for row, article_id in enumerate(self.ids)}


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
                    for statement in _statements(_SCHEMA + _COPIES + _NAMES):
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
            found = _manifest(db)
            if found.format < FORMAT:
                with _locked(folder):
                    found = _upgrade(db)
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
        query = f"SELECT key, {', '.join(_COLUMNS)} FROM article WHERE retired IS NULL AND key > ? ORDER BY key"
        return (_article(row[1:]) for row in self._paged(query))

    def _paged(self, query: str) -> Iterator[Any]:
        """The rows of a query in the order of its first column, which must be above its parameter; some at a time."""
        last = 0
        while True:
            with _faults(self.folder):
                rows = self._db.execute(f"{query} LIMIT 256", (last,)).fetchall()
            if not rows:
                return
            yield from rows
            last = rows[-1][0]

    def known(self) -> dict[str, Known]:
        """What is in, by article id."""
        with _faults(self.folder):
            rows = self._db.execute("SELECT id, digest, source FROM article WHERE retired IS NULL")
            return {row[0]: Known(*row[1:]) for row in rows}

    def kept(self, what: str) -> str | None:
        """A text that was kept with the index (see `Writer.keep`); None where there is none."""
        with _faults(self.folder):
            row = self._db.execute("SELECT value FROM manifest WHERE key = ?", (what,)).fetchone()
        return str(row[0]) if row else None

    def quarantine(self) -> Iterator[Skipped]:
        """What could not be read when the files were last read, in the order of reading."""
        query = "SELECT rowid, source, reason, place FROM quarantine WHERE rowid > ? ORDER BY rowid"
        return (Skipped(*row[1:]) for row in self._paged(query))

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        """Passages with their articles, by key; one that has been taken out since is missing."""
        columns = ", ".join(f"a.{c}" for c in _COLUMNS)
        query = (
            f'SELECT p.key, p.start, p."end", p.sentences, {columns} FROM passage p JOIN article a ON a.key = p.article'
        )
        found = {}
        for key, start, end, spans, *row in self._among(query, "p.key", keys):
            article = _article(row)
            found[key] = Passage(article.id, start, end, _spans(spans)), article
        return found

    def sentence_vectors(self, keys: Sequence[int]) -> tuple[dict[int, slice], Vectors]:
        """The vectors of the sentences of passages: the rows of each, by passage key, and all of them, (m, dimension).

        A passage that was taken out is missing.
        """
        found = self._among("SELECT passage, sentences FROM vector", "passage", keys)
        rows, last = {}, 0
        for key, blob in found:
            first, last = last, last + len(blob) // (2 * self.manifest.dimension)
            rows[key] = slice(first, last)
        vectors = np.frombuffer(b"".join(blob for _, blob in found), "<f2")
        return rows, vectors.reshape(-1, self.manifest.dimension).astype(np.float32)

    def _among(self, query: str, column: str, keys: Sequence[int | str]) -> list[Any]:
        with _faults(self.folder):
            return self._db.execute(f"{query} WHERE {column} IN ({', '.join('?' * len(keys))})", list(keys)).fetchall()

    def view(self) -> View:
        """All passages that can be found, at the present generation. A cache that does not fit is made again."""
        with _faults(self.folder), self._reading() as db:
            generation = self.generation()
            columns = "key, id, outlet, host, date, coalesce(same, key)"
            articles = db.execute(f"SELECT {columns} FROM article WHERE retired IS NULL ORDER BY key").fetchall()
            passages = np.array(
                db.execute("SELECT key, article FROM passage ORDER BY key").fetchall(), np.int64
            ).reshape(-1, 2)
            tokens = dict(db.execute("SELECT generation, token FROM past"))
            index = self._cached(generation, tokens.get(generation), len(passages))
            if index is None:
                index = self._index(db, len(passages))
                self._keep(index, generation, tokens.get(generation))
            words = self._words(db, tokens, generation, len(passages))
            row = db.execute("SELECT value FROM manifest WHERE key = 'names'").fetchone()
        key, ids, outlet, host, date, same = zip(*articles, strict=True) if articles else ((),) * 6
        outlets, outlet_codes = _coded(outlet)
        hosts, host_codes = _coded(host)
        return View(
            generation,
            passages[:, 0],
            np.searchsorted(np.array(key, np.int64), passages[:, 1]).astype(np.int32),
            outlets,
            hosts,
            outlet_codes,
            host_codes,
            np.array([dt.date.fromisoformat(d).toordinal() if d else 0 for d in date], np.int32),
            np.array(same, np.int64),
            tuple(ids),
            np.array(key, np.int64),
            index,
            _signs(index),
            words,
            Names(Name(tuple(spellings), basis) for spellings, basis in json.loads(row[0] if row else "[]")),
        )

    # Names

    def unmined(self) -> Iterator[tuple[int, str]]:
        """(key, text) of the articles in which names were not looked for yet."""
        query = "SELECT key, text FROM article WHERE mined = 0 AND retired IS NULL AND key > ? ORDER BY key"
        return self._paged(query)

    def pairs(self) -> dict[tuple[str, str], int]:
        """Number of articles that explain a short form by a long form, by (long, short)."""
        query = "SELECT long, short, count(*) FROM pair GROUP BY long, short"
        with _faults(self.folder):
            return {(long, short): count for long, short, count in self._db.execute(query)}

    def printed(self) -> dict[str, int]:
        """Number of articles that print a short form."""
        with _faults(self.folder):
            return dict(self._db.execute("SELECT short, count(*) FROM printed GROUP BY short"))

    # Copies

    def uncompared(self) -> Iterator[tuple[str, list[tuple[int, Span, tuple[Span, ...]]]]]:
        """(text, [(key, span, spans of its sentences) of each passage]) where passages have no signature yet."""
        query = "SELECT DISTINCT article FROM passage WHERE signature IS NULL AND article > ? ORDER BY article"
        own = 'SELECT key, start, "end", sentences FROM passage WHERE article = ? ORDER BY key'
        for (article,) in self._paged(query):
            with _faults(self.folder):
                rows = self._db.execute(own, (article,)).fetchall()
            yield self.text(article), [(key, (start, end), _spans(blob)) for key, start, end, blob in rows]

    def ungrouped(self) -> bool:
        """Whether some passage has not been compared with the others yet."""
        with _faults(self.folder):
            return self._db.execute("SELECT 1 FROM passage WHERE same IS NULL LIMIT 1").fetchone() is not None

    def signed(self) -> Signed:
        """The signatures of all passages and the groups found so far."""
        with _faults(self.folder), self._reading() as db:
            query = "SELECT key, article, coalesce(same, -1), signature FROM passage ORDER BY article, key"
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

    def words(self, passage: int) -> str:
        """The text of a passage, by key; "" where it was taken out."""
        query = """SELECT substr(a.text, p.start + 1, p."end" - p.start) FROM passage p
            JOIN article a ON a.key = p.article WHERE p.key = ?"""
        with _faults(self.folder):
            row = self._db.execute(query, (passage,)).fetchone()
        return str(row[0]) if row else ""

    def text(self, article: int) -> str:
        """The text of an article, by its key in the database."""
        with _faults(self.folder):
            row = self._db.execute("SELECT text FROM article WHERE key = ?", (article,)).fetchone()
        return str(row[0]) if row else ""

    def copies(self, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Ids of the other articles that hold a passage's words, by passage key; in the order of adding."""
        query = """SELECT p.key, b.id FROM passage p JOIN passage q ON q.same = p.same AND q.article != p.article
            JOIN article b ON b.key = q.article"""
        return self._ids(query, "p.key", passages)

    def sharers(self, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Ids of the other articles that share a sentence with a passage word for word, by passage key.

        A sentence that more than FORMULA texts hold is a formula: a disclaimer, a call to subscribe.
        """
        texts = """SELECT count(DISTINCT coalesce(v.same, v.key)) FROM sentence u
            JOIN passage w ON w.key = u.passage JOIN article v ON v.key = w.article WHERE u.hash = s.hash"""
        query = f"""SELECT s.passage, b.id FROM sentence s JOIN passage p ON p.key = s.passage
            JOIN sentence t ON t.hash = s.hash AND t.passage != s.passage AND ({texts}) <= {FORMULA}
            JOIN passage q ON q.key = t.passage AND q.article != p.article JOIN article b ON b.key = q.article"""
        return self._ids(query, "s.passage", passages)

    def carriers(self, article_ids: Sequence[str]) -> dict[str, str | None]:
        """The site where it is known, else the outlet, of each article that is in, by id."""
        rows = self._among("SELECT id, coalesce(host, outlet) FROM article", "retired IS NULL AND id", article_ids)
        return dict(rows)

    def _ids(self, query: str, column: str, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        found: dict[int, dict[str, None]] = {key: {} for key in passages}
        for key, article_id in self._among(query, column, passages):
            found[key][article_id] = None
        return {key: tuple(ids) for key, ids in found.items()}

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
        # Half precision halves what a question must read: 4.2 ms instead of 18.4 over 122,813 passages (one thread).
        index = faiss.IndexScalarQuantizer(
            self.manifest.dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        cursor = db.execute("SELECT value FROM vector ORDER BY passage")
        while blobs := cursor.fetchmany(8192):
            index.add(np.frombuffer(b"".join(b for (b,) in blobs), "<f4").reshape(len(blobs), -1))
        if index.ntotal != count:
            raise LibraryError(
                f"the index in {self.folder} has {count} passages and {index.ntotal} vectors; build it again"
            )
        return index

    def _cached(self, generation: int, token: str | None, count: int) -> faiss.Index | None:
        """The index in the cache file; None where there is none of this generation, or its bytes have changed."""
        try:
            stamp, _, body = (self.folder / CACHE).read_bytes().partition(b"\n")
            if json.loads(stamp) != _stamp_of(generation, token, body):
                return None
        except (OSError, ValueError):
            return None
        index = faiss.deserialize_index(np.frombuffer(body, np.uint8))
        return index if index.ntotal == count and index.d == self.manifest.dimension else None

    def _keep(self, index: faiss.Index, generation: int, token: str | None) -> None:
        """Writes the cache aside and puts it in place at once. A folder that cannot be written goes without."""
        body = faiss.serialize_index(index).tobytes()
        stamp = json.dumps(_stamp_of(generation, token, body))
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

    # The tantivy cache

    def _words(self, db: sqlite3.Connection, tokens: Mapping[int, str], generation: int, count: int) -> lexical.Lexical:
        """The words of this generation: as they lie there, else made from those of an earlier one, else anew."""
        numbers = (path.suffix[1:] for path in self.folder.glob(f"{WORDS}.*"))
        there = {int(number) for number in numbers if number.isdigit()}
        place = self.folder / f"{WORDS}.{generation}"
        if generation in there and (ready := _opened(place, generation, tokens.get(generation), count)):
            return ready
        made: lexical.Lexical | None = None
        older = max((g for g in there if g < generation), default=None)
        with _aside(self.folder) as aside:
            if older is not None and _copied(self.folder / f"{WORDS}.{older}", aside, older, tokens.get(older)):
                lexical.update(aside, *self._since(db, older))
                made = _checked(aside, count)
            if made is None:
                shutil.rmtree(aside, ignore_errors=True)
                lexical.update(aside, (), self._documents(db, -1))
                made = _checked(aside, count)
            if made is None:
                raise LibraryError(f"the words of the index in {self.folder} cannot be put in order; is the disk full?")
            _stamp(aside, generation, tokens.get(generation))
            with contextlib.suppress(OSError):  # another process was faster, or the folder cannot be written
                if aside.parent == self.folder:
                    shutil.rmtree(place, ignore_errors=True)
                    aside.rename(place)
                    _sync(self.folder)
                    self._clear(generation)
        return made

    def _clear(self, generation: int) -> None:
        """Removes the words of earlier generations, and what processes that were killed left half made."""
        for path in self.folder.glob(f"{WORDS}.*"):
            left = path.name.startswith(f"{WORDS}.making.") and time.time() - path.stat().st_mtime > LEFT
            if left or (path.suffix[1:].isdigit() and int(path.suffix[1:]) < generation):
                shutil.rmtree(path, ignore_errors=True)

    def _since(self, db: sqlite3.Connection, generation: int) -> tuple[list[int], Iterator[lexical.Document]]:
        """What has changed since a generation: keys of articles taken out, and what was put in or amended."""
        query = "SELECT article FROM gone WHERE generation > :g UNION SELECT key FROM article WHERE retired > :g"
        return [row[0] for row in db.execute(query, {"g": generation})], self._documents(db, generation)

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


def _signs(index: faiss.Index) -> faiss.Index | None:
    """A RaBitQ index (Gao and Long 2024, arXiv:2405.12497) of the vectors of another, where these are very many."""
    count = index.ntotal
    if count <= FEW:
        return None
    signs = faiss.IndexRaBitQ(index.d, faiss.METRIC_INNER_PRODUCT)
    for start in range(0, count, FEW):
        vectors = index.reconstruct_n(start, min(FEW, count - start))
        if not signs.is_trained:
            signs.train(vectors)  # finds their mean
        signs.add(vectors)
    return signs


@contextlib.contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder to make a cache in: beside its place, or among temporary files where nothing may be written there."""
    name = f"{WORDS}.making.{os.getpid()}.{threading.get_ident()}"
    if os.access(folder, os.W_OK):
        made = folder / name
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
    else:
        with tempfile.TemporaryDirectory(prefix="according-") as temporary:
            yield Path(temporary) / name


def _copied(old: Path, new: Path, generation: int, token: str | None) -> bool:
    """Whether the index in a folder was of the generation said and now stands in `new`; its segments are shared."""
    try:
        if not _stamped(old, generation, token):
            return False
        for path in old.rglob("*"):
            target = new / path.relative_to(old)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            elif path.suffix == ".json":
                shutil.copyfile(path, target)  # what lists the segments changes; the segments never do
            elif path.suffix != ".lock":
                target.parent.mkdir(parents=True, exist_ok=True)
                _linked(path, target)
    except OSError:
        return False
    return True


def _linked(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:  # a file system without links
        shutil.copyfile(path, target)


def _stamp_of(generation: int, token: str | None, body: bytes) -> dict[str, object]:
    return {"generation": generation, "token": token, "sha256": hashlib.sha256(body).hexdigest()}


def _stamp(folder: Path, generation: int, token: str | None) -> None:
    """Writes down the generation of a folder's files, and their digests, and has all of it on the disk."""
    sums = {name: _sum(folder / name) for name in _files(folder)}
    with (folder / STAMP).open("w", encoding="utf-8") as file:
        json.dump({"generation": generation, "token": token, "files": sums}, file)
        file.flush()
        os.fsync(file.fileno())
    for path in (folder / "passages", folder / "articles", folder):
        _sync(path)


def _stamped(folder: Path, generation: int, token: str | None) -> bool:
    """Whether the files of a folder are those that were stamped with this generation."""
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
        names = _files(folder)
        return bool(
            (stamp["generation"], stamp["token"]) == (generation, token)
            and set(stamp["files"]) == set(names)
            and all(stamp["files"][name] == _sum(folder / name) for name in names)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _files(folder: Path) -> list[str]:
    names = (str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")
    return sorted(name for name in names if name != STAMP)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    """Has a folder's list of files on the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _opened(folder: Path, generation: int, token: str | None, count: int) -> lexical.Lexical | None:
    """The words in a folder; None where they are not of this generation or not as they were stamped."""
    return _checked(folder, count) if _stamped(folder, generation, token) else None


def _checked(folder: Path, count: int) -> lexical.Lexical | None:
    try:
        found = lexical.Lexical(folder)
    except (OSError, ValueError):
        return None
    return found if len(found) == count else None


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
                    f"INSERT INTO article (changed, digest, {', '.join(_COLUMNS)}) "
                    f"VALUES (?, ?{', ?' * len(_COLUMNS)})",
                    (generation, article.digest, *_values(article)),
                ).lastrowid
                for passage, (whole, parts) in zip(passages, vectors, strict=True):
                    spans = np.array(passage.sentences, "<i4").tobytes()
                    key = self._db.execute(
                        'INSERT INTO passage (article, start, "end", sentences) VALUES (?, ?, ?, ?)',
                        (row, passage.start, passage.end, spans),
                    ).lastrowid
                    blobs = whole.astype("<f4").tobytes(), parts.astype("<f2").tobytes()
                    self._db.execute("INSERT INTO vector VALUES (?, ?, ?)", (key, *blobs))

    def amend(self, articles: Iterable[Article]) -> None:
        """Changes what is known of articles whose text is as it was; passages and vectors stay."""
        with self._changing() as generation:
            changes = ", ".join(f"{column} = ?" for column in _COLUMNS)
            self._db.executemany(
                f"UPDATE article SET changed = ?, digest = ?, {changes} WHERE id = ? AND retired IS NULL",
                [(generation, a.digest, *_values(a), a.id) for a in articles],
            )

    def keep(self, what: str, text: str) -> None:
        """Keeps a text with the index, in the place of the one kept before: "catalogue" and "own names", a user's
        TOML; "bar", how sure an answer must be (see `bar`)."""
        if self._db.execute("SELECT value FROM manifest WHERE key = ?", (what,)).fetchone() != (text,):
            with self._changing():
                self._db.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (what, text))

    def mine(self, rows: Iterable[tuple[int, Iterable[tuple[str, str]], Iterable[str]]]) -> None:
        """Keeps what articles say of names: (key, pairs of long and short form, short forms printed) of each."""
        with _faults(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for key, pairs, shorts in rows:
                self._db.executemany("INSERT OR IGNORE INTO pair VALUES (?, ?, ?)", [(key, *pair) for pair in pairs])
                self._db.executemany("INSERT OR IGNORE INTO printed VALUES (?, ?)", [(key, short) for short in shorts])
                self._db.execute("UPDATE article SET mined = 1 WHERE key = ?", (key,))

    def name(self, names: Iterable[Name]) -> None:
        """Keeps the names that are printed in several ways."""
        text = json.dumps([[name.spellings, name.basis] for name in names], ensure_ascii=False)
        self.keep("names", text)

    def quarantine(self, sources: Iterable[str] | None, skipped: Iterable[Skipped]) -> None:
        """Forgets what could not be read of these sources (of all where None), and keeps what is skipped now."""
        with _faults(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if sources is None:
                self._db.execute("DELETE FROM quarantine")
            else:
                self._db.executemany("DELETE FROM quarantine WHERE source = ?", [(s,) for s in sources])
            rows = [(s.source, s.place, s.reason) for s in skipped]
            self._db.executemany("INSERT INTO quarantine VALUES (?, ?, ?)", rows)

    def sign(self, rows: Iterable[tuple[int, npt.NDArray[np.uint32], Iterable[int]]]) -> None:
        """Keeps the signature and the keys of the sentences of passages."""
        with _faults(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for key, signature, hashes in rows:
                self._db.execute(
                    "UPDATE passage SET signature = ? WHERE key = ?", (signature.astype("<u4").tobytes(), key)
                )
                self._db.executemany("INSERT OR IGNORE INTO sentence VALUES (?, ?)", [(key, h) for h in hashes])

    def group(self, passages: Iterable[tuple[int, int]], articles: Iterable[tuple[int, int]]) -> None:
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
        ids = [(i,) for i in article_ids]
        with self._changing() as generation:
            query = "INSERT OR IGNORE INTO gone SELECT key, ? FROM article WHERE id = ?"
            self._db.executemany(query, [(generation, i) for (i,) in ids])
            self._db.executemany("DELETE FROM article WHERE id = ?", ids)

    def _retire(self, article_id: str, generation: int) -> None:
        query = "DELETE FROM passage WHERE article IN (SELECT key FROM article WHERE id = ? AND retired IS NULL)"
        self._db.execute(query, (article_id,))
        for table in ("pair", "printed"):
            own = f"DELETE FROM {table} WHERE article IN (SELECT key FROM article WHERE id = ? AND retired IS NULL)"
            self._db.execute(own, (article_id,))
        self._db.execute("UPDATE article SET retired = ? WHERE id = ? AND retired IS NULL", (generation, article_id))

    @contextlib.contextmanager
    def _changing(self) -> Iterator[int]:
        with _faults(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            query = "UPDATE manifest SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation' RETURNING value"
            generation = int(self._db.execute(query).fetchone()[0])
            self._db.execute("INSERT OR REPLACE INTO past VALUES (?, ?)", (generation, secrets.token_hex(8)))
            yield generation


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


def _spans(blob: bytes) -> tuple[Span, ...]:
    return tuple(map(tuple, np.frombuffer(blob, "<i4").reshape(-1, 2).tolist()))


def _coded(names: Sequence[str | None]) -> tuple[tuple[str | None, ...], npt.NDArray[np.int32]]:
    """The different names, sorted, None last; and the place of each of the names among them."""
    different = tuple(sorted(set(names), key=lambda name: (name is None, name or "")))
    code = {name: i for i, name in enumerate(different)}
    return different, np.array([code[name] for name in names], np.int32)


def _manifest(db: sqlite3.Connection) -> Manifest:
    values = dict(db.execute("SELECT key, value FROM manifest"))
    return Manifest(values["encoder"], int(values["dimension"]), int(values["format"]))


def _upgrade(db: sqlite3.Connection) -> Manifest:
    """Brings an older index up to this format, unless another process has just done so."""
    with db:
        db.execute("BEGIN IMMEDIATE")
        for step in range(_manifest(db).format + 1, FORMAT + 1):
            for statement in _statements(_FORMATS[step]):
                db.execute(statement)
        db.execute("UPDATE manifest SET value = ? WHERE key = 'format'", (str(FORMAT),))
    return _manifest(db)


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


def _values(article: Article) -> list[str | None]:
    plain = {"authors": json.dumps(article.authors), "date": article.date.isoformat() if article.date else None}
    return [plain[c] if c in plain else getattr(article, c) for c in _COLUMNS]
