"""Reading an index folder: articles, their versions, passages and vectors, and views to search.

After `connection`, whose connections it uses; before the library, which knows no SQL. `writer` makes the changes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag._lazy import LazyModule
from rag.address import canonical_address
from rag.article import Article
from rag.errors import LibraryError
from rag.passage import Passage
from rag.provenance.identity import QUALIFIER
from rag.readers.skipped import Skipped
from rag.stores import base
from rag.stores.base import MAX_SENTENCE_TEXTS, Heading, Known, Manifest, Relations, Totals, Version, hash64
from rag.stores.sqlite import engine
from rag.stores.sqlite.connection import (
    DATABASE,
    TEMPORARY,
    ChangedWhileReadError,
    Database,
    connect,
    copy_database,
    install,
    temporary_database,
    translate_errors,
    upgrade,
    write_lock,
)  # fmt: skip
from rag.stores.sqlite.schema import (
    ARTICLE_COLUMNS,
    COLUMNS,
    FORMAT,
    article_from_row,
    checked_article,
    create_tables,
    read_manifest,
    read_setting,
    unpack_spans,
)  # fmt: skip

if TYPE_CHECKING:
    import numpy as np

    from rag.models.encoder import Vectors
    from rag.stores import snapshot
    from rag.stores.base import Encoded, Span
    from rag.stores.sqlite import cache_source
    from rag.stores.sqlite import view as views
    from rag.stores.sqlite import writer as writers
else:  # commands that only list articles do not load them
    np, snapshot = map(LazyModule, ("numpy", "rag.stores.snapshot"))
    names = ("cache_source", "view", "writer")
    cache_source, views, writers = (LazyModule(f"rag.stores.sqlite.{name}") for name in names)


# The condition that an article, joined as `a`, is as it was in the view that is read for (see `Database.reading`).
AS_SEARCHED = "(searched() IS NULL OR a.changed <= searched())"


class Store(Database, base.Store):
    """One index folder."""

    def __init__(self, folder: Path, manifest: Manifest):
        super().__init__(folder)
        self.manifest, self.location = manifest, str(folder)
        self._has_viewed = False

    @staticmethod
    def exists(folder: Path) -> bool:
        """Return whether there is an index in `folder`."""
        return (folder / DATABASE).is_file()

    @classmethod
    def create(cls, folder: Path, manifest: Manifest, wait: bool = True) -> Store:
        """Create an empty index in `folder`, or open the one that another process has just created there."""
        with translate_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with write_lock(folder, wait):
            if not cls.exists(folder):
                with translate_errors(folder), temporary_database(folder) as temporary:
                    snapshot.clear(folder)  # of an index that was deleted
                    with contextlib.closing(engine.create_database(temporary)) as db:
                        create_tables(db, replace(manifest, format=FORMAT))
                    install(temporary, folder / DATABASE)
        return cls.open(folder)

    @classmethod
    def look(cls, folder: Path) -> Store:
        """Open the index in `folder` as it is, of any format: for `doctor`, which changes nothing."""
        with translate_errors(folder), contextlib.closing(connect(folder / DATABASE)) as db:
            return cls(folder, read_manifest(db))

    @classmethod
    def open(cls, folder: Path, wait: bool = True) -> Store:
        """Open the index in `folder`. Raises LibraryError if there is none, or one that this version cannot read."""
        with translate_errors(folder):
            there = cls.exists(folder)
        if not there:
            raise LibraryError(f"there is no index in {folder}; make one with: according build PATHS --index {folder}")
        with translate_errors(folder), contextlib.closing(connect(folder / DATABASE)) as db:
            found = read_manifest(db)
        if found.format < FORMAT:
            found = upgrade(folder, found.format, wait)
        if found.format != FORMAT:
            raise LibraryError(
                f"the index in {folder} has format {found.format}, this version of According reads {FORMAT}; "
                "build it again into a new folder, or use the version that made it"
            )
        return cls(folder, found)

    # Articles

    def versions(self, article_id: str | None = None, url: str | None = None) -> Iterator[Version]:
        if article_id is not None:
            return self._versions(article_id)
        if url is not None:
            return self._at(url)
        columns = f"digest, {', '.join(COLUMNS)}"
        rows = self._copied(columns, "FROM article WHERE retired IS NULL ORDER BY key")
        return (Version(self._checked(content_hash, row), True, None) for content_hash, *row in rows)

    def _versions(self, article_id: str) -> Iterator[Version]:
        query = f"""SELECT a.digest, a.retired, t.time, {ARTICLE_COLUMNS} FROM article a LEFT JOIN past t
            ON t.generation = a.retired WHERE a.id = ? ORDER BY a.retired IS NULL DESC, a.key DESC"""
        with translate_errors(self.folder):
            rows = self._db.execute(query, (article_id,)).fetchall()
        for content_hash, retired, time, *row in rows:
            article = self._checked(content_hash, row)
            yield Version(article, retired is None, dt.datetime.fromisoformat(time) if time else None)

    def _checked(self, content_hash: str, row: Sequence[str | None]) -> Article:
        """Return the article of a row of COLUMNS. Raises LibraryError unless it is as it was stored."""
        with contextlib.suppress(ValueError, TypeError):
            return checked_article(content_hash, tuple(row))
        raise LibraryError(
            f"article {row[0]!r} in {self.folder} is not as it was stored: the database is damaged; run "
            "`according doctor` to see what else is. Remove the article and build again, or restore a backup"
        )

    def _at(self, url: str) -> Iterator[Version]:
        query = f"""SELECT a.digest, {ARTICLE_COLUMNS} FROM article a
            WHERE a.address = ? AND a.retired IS NULL ORDER BY a.key"""
        with translate_errors(self.folder):
            rows = self._db.execute(query, (canonical_address(url),)).fetchall()
        return (Version(self._checked(content_hash, row), True, None) for content_hash, *row in rows)

    def totals(self) -> Totals:
        outlets = """SELECT outlet, count(*) FROM article WHERE retired IS NULL
            GROUP BY outlet ORDER BY outlet IS NULL, outlet"""
        duplicates = """SELECT coalesce(sum(n), 0), count(*) FROM (SELECT count(*) AS n FROM article
            WHERE retired IS NULL GROUP BY coalesce(same, key) HAVING n > 1)"""
        with translate_errors(self.folder), self.reading() as db:
            return Totals(dict(db.execute(outlets)), *db.execute(duplicates).fetchone())

    def headings(self) -> list[Heading]:
        with translate_errors(self.folder), self.reading() as db:
            return views.load_headings(db)

    def everything(self) -> Iterator[tuple[int, bool, str, Article | None]]:
        """Yield (key, whether it is retired, content hash, article) of every article; None if it cannot be read."""
        query = f"SELECT key, retired, digest, {', '.join(COLUMNS)} FROM article WHERE key > ? ORDER BY key"
        for key, retired, content_hash, *row in self._paged(query):
            try:
                yield key, retired is not None, content_hash, article_from_row(row)
            except (ValueError, TypeError):
                yield key, retired is not None, content_hash, None

    def known(
        self, article_ids: Sequence[str] | None = None, which: Literal["current", "sink", "ever"] = "current"
    ) -> Iterator[tuple[str, Known]]:
        if article_ids is None:
            retired = "" if which == "ever" else "retired IS NULL AND "
            rows = self._paged(f"SELECT key, id, digest, source FROM article WHERE {retired}key > ? ORDER BY key")
            return ((article_id, Known(content_hash, source)) for _, article_id, content_hash, source in rows)
        column = "id" if which == "ever" else "retired IS NULL AND id"
        rows = iter(self._among("SELECT id, digest, source FROM article", column, article_ids))
        return ((article_id, Known(content_hash, source)) for article_id, content_hash, source in rows)

    def candidates(
        self, given: Sequence[str], derived: Sequence[str], addresses: Sequence[str], staged: Container[str] = ()
    ) -> Iterator[Version]:
        ids = {article_id for (article_id,) in self._among("SELECT DISTINCT id FROM article", "id", [*given, *derived])}
        there = self._among("SELECT DISTINCT id FROM article", "retired IS NULL AND address", list(addresses))
        ids |= {article_id for (article_id,) in there}
        after = chr(ord(QUALIFIER) + 1)
        with translate_errors(self.folder):
            for each in given:
                span = (f"{each}{QUALIFIER}", f"{each}{after}")
                ids |= {row[0] for row in self._db.execute("SELECT id FROM article WHERE id >= ? AND id < ?", span)}
        columns = f"SELECT a.key, a.digest, a.retired IS NULL, {ARTICLE_COLUMNS} FROM article a"
        for _, content_hash, current, *row in sorted(self._among(columns, "a.id", sorted(ids))):
            yield Version(self._checked(content_hash, row), bool(current), None)

    def added_before(self, time: dt.datetime) -> int:
        # Of the articles put in until then, one that was not amended since has the greatest key that is certain.
        made = "SELECT max(generation) FROM past WHERE time IS NULL OR time <= ?"
        until = time.astimezone(dt.UTC).isoformat(timespec="seconds")
        with translate_errors(self.folder), self.reading() as db:
            generation = db.execute(made, (until,)).fetchone()[0] or 0
            row = db.execute("SELECT coalesce(max(key), 0) FROM article WHERE changed <= ?", (generation,)).fetchone()
            return int(row[0])

    def added_after(self, place: int, article_ids: Sequence[str]) -> set[str]:
        rows = self._among(
            "SELECT a.id, a.key FROM article a", f"a.retired IS NULL AND {AS_SEARCHED} AND a.id", article_ids
        )
        with translate_errors(self.folder):
            return {article_id for article_id, key in rows if key > place}

    def setting(self, name: str) -> str | None:
        with translate_errors(self.folder):
            return read_setting(self._db, name)

    def skipped(self) -> Iterator[Skipped]:
        rows = self._copied("source, reason, place", "FROM quarantine ORDER BY rowid")
        return (Skipped(*row) for row in rows)

    # Passages

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        query = f"""SELECT p.key, p.start, p."end", p.sentences, p.content, a.key, a.digest, {ARTICLE_COLUMNS}
            FROM passage p JOIN article a ON a.key = p.article"""
        found, articles = {}, dict[int, Article]()
        rows = self._among(query, f"a.retired IS NULL AND {AS_SEARCHED} AND p.key", keys)
        with translate_errors(self.folder):
            for key, start, end, spans, content, number, content_hash, *row in rows:
                if number not in articles:
                    articles[number] = self._checked(content_hash, row)
                article = articles[number]
                if content != hash64(article.text[start:end]):
                    raise ValueError(f"passage {key} of article {article.id!r} is not as it was stored")
                found[key] = Passage(article.id, start, end, unpack_spans(spans)), article
        return found

    def sentence_vectors(self, keys: Sequence[int]) -> tuple[dict[int, slice], Vectors]:
        found = self._among("SELECT passage, sentences FROM vector", "passage", keys)
        rows, last = {}, 0
        with translate_errors(self.folder):
            for key, blob in found:
                first, last = last, last + len(blob) // (2 * self.manifest.dimension)
                rows[key] = slice(first, last)
            vectors = np.frombuffer(b"".join(blob for _, blob in found), "<f2")
            return rows, vectors.reshape(-1, self.manifest.dimension).astype(np.float32)

    def encoded(self, texts: Sequence[str]) -> dict[str, Encoded]:
        wanted = {hash64(text): text for text in texts}
        query = """SELECT p.content, substr(a.text, p.start + 1, p."end" - p.start), p.start, p.sentences, v.value,
            v.sentences FROM passage p JOIN article a ON a.key = p.article JOIN vector v ON v.passage = p.key"""
        found = {}
        for content, text, start, spans, value, parts in self._among(query, "p.content", list(wanted), "p.content"):
            if wanted[content] == text:
                relative = tuple((a - start, b - start) for a, b in unpack_spans(spans))
                vectors = np.frombuffer(parts, "<f2").reshape(-1, self.manifest.dimension).astype(np.float32)
                found[text] = relative, np.frombuffer(value, "<f4").astype(np.float32), vectors
        return found

    def articles(self, article_ids: Sequence[str]) -> dict[str, tuple[Article, tuple[Span, ...]]]:
        query = f"SELECT a.key, a.digest, {ARTICLE_COLUMNS} FROM article a"
        rows = self._among(query, f"a.retired IS NULL AND {AS_SEARCHED} AND a.id", article_ids)
        found = {key: self._checked(content_hash, row) for key, content_hash, *row in rows}
        spans: dict[int, list[Span]] = {key: [] for key in found}
        with translate_errors(self.folder):
            for key, blob in self._among("SELECT article, sentences FROM passage", "article", list(found)):
                spans[key] += unpack_spans(blob)
        return {article.id: (article, tuple(sorted(spans[key]))) for key, article in found.items()}

    def spans(self, article_ids: Sequence[str]) -> dict[str, list[Span]]:
        query = 'SELECT a.id, p.start, p."end" FROM passage p JOIN article a ON a.key = p.article'
        found: dict[str, list[Span]] = {}
        with translate_errors(self.folder):
            for article_id, start, end in self._among(
                query, f"a.retired IS NULL AND {AS_SEARCHED} AND a.id", article_ids
            ):
                found.setdefault(article_id, []).append((start, end))
        return {article_id: sorted(spans) for article_id, spans in found.items()}

    def relations(self, passages: Sequence[int], article_ids: Sequence[str]) -> Relations:
        duplicates = self._ids_by_passage(
            f"""SELECT p.key, a.id FROM passage p JOIN passage q ON q.same = p.same AND q.article != p.article
            JOIN article a ON a.key = q.article AND a.retired IS NULL AND {AS_SEARCHED}""",
            "p.key",
            passages,
        )
        texts = f"""SELECT count(DISTINCT coalesce(a.same, a.key)) FROM sentence u
            JOIN passage w ON w.key = u.passage JOIN article a ON a.key = w.article
            WHERE u.hash = s.hash AND a.retired IS NULL AND {AS_SEARCHED}"""
        sharers = self._ids_by_passage(
            f"""SELECT s.passage, a.id FROM sentence s JOIN passage p ON p.key = s.passage
            JOIN sentence t ON t.hash = s.hash AND t.passage != s.passage AND ({texts}) <= {MAX_SENTENCE_TEXTS}
            JOIN passage q ON q.key = t.passage AND q.article != p.article
            JOIN article a ON a.key = q.article AND a.retired IS NULL AND {AS_SEARCHED}""",
            "s.passage",
            passages,
        )
        query = "SELECT a.id, coalesce(a.same, a.key) FROM article a"
        groups = self._among(query, f"a.retired IS NULL AND {AS_SEARCHED} AND a.id", article_ids)
        return Relations(duplicates, sharers, dict(groups))

    def _ids_by_passage(self, query: str, column: str, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        found: dict[int, dict[str, None]] = {key: {} for key in passages}
        for key, article_id in self._among(query, column, passages):
            found[key][article_id] = None
        return {key: tuple(ids) for key, ids in found.items()}

    # Views

    def view(self) -> views.View:
        self._has_viewed = True
        while True:
            with contextlib.suppress(ChangedWhileReadError), translate_errors(self.folder), self.reading() as db:
                origin = cache_source.origin(db, self.manifest.dimension)
                cache = snapshot.load(self.folder, origin)
                if cache is None and self.newest() == origin.generation:
                    cache = snapshot.make(self.folder, origin)
                if cache is not None:
                    return views.load_view(db, origin, cache)
            # Another process has written meanwhile, and deleted that cache.

    def contents(self) -> views.Contents:
        with translate_errors(self.folder), self.reading() as db:
            return views.load_contents(db)

    def is_ready(self) -> bool:
        return snapshot.ready(self.folder, self.generation())

    def _build_cache(self) -> None:
        """Build the cache of the present generation, if it is not there, without loading it."""
        with translate_errors(self.folder), self.reading() as db:
            if not self.is_ready():
                snapshot.keep(self.folder, cache_source.origin(db, self.manifest.dimension))

    def cache_fault(self) -> str | None:
        """Return what is wrong with the cache of the present generation (see `snapshot.fault`)."""
        with translate_errors(self.folder), self.reading() as db:
            return snapshot.fault(self.folder, cache_source.origin(db, self.manifest.dimension))

    # Changing

    @contextlib.contextmanager
    def writing(self, wait: bool = True, shared: bool = False) -> Iterator[writers.Writer]:
        with write_lock(self.folder, wait):
            yield writers.Writer(self)
        if not self._has_viewed:  # whoever has a view asks for the next one, which is then built and loaded at once
            self._build_cache()

    def backup(self, folder: Path) -> None:
        with translate_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if self.exists(folder):
            raise LibraryError(f"there is an index in {folder} already; name a folder for the backup that has none")
        with translate_errors(folder), temporary_database(folder) as temporary:
            copy_database(self._db, temporary)
            install(temporary, folder / DATABASE)

    def compact(self, wait: bool = True) -> tuple[int, int]:
        """Make the files as small as possible: (bytes before, bytes after).

        What was removed leaves no trace in them, nor do the vectors of retired articles.

        Raises:
            LibraryError: if a process that reads the index keeps the log from being emptied.
        """
        with write_lock(self.folder, wait), translate_errors(self.folder):
            self._writable()  # opening it makes a file that counts both before and after
            before = self.size()
            snapshot.clear(self.folder)  # first: without the table `gone`, no older cache can be updated
            with writers.Writer(self).changing():
                self._db.execute(
                    "DELETE FROM passage WHERE article IN (SELECT key FROM article WHERE retired IS NOT NULL)"
                )
                self._db.execute("DELETE FROM gone")
            for path in (*self.folder.glob("library.format*.sqlite*"), *self.folder.glob(f"{TEMPORARY}*")):
                path.unlink()
            self._db.execute("VACUUM")
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._build_cache()
        if busy:
            raise LibraryError(
                f"the index in {self.folder} is compact, and a process that reads it keeps the old pages: "
                "run this again when that is done"
            )
        return before, self.size()

    def reindex(self) -> None:
        """Build SQLite's indexes again from its tables."""
        with write_lock(self.folder, True), translate_errors(self.folder):
            self._db.execute("REINDEX")

    def size(self) -> int:
        """Return the number of bytes that the folder's files take."""
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(OSError):  # another process may delete what it made
                    total += os.stat(os.path.join(folder, name)).st_size
        return total
