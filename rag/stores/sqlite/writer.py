"""Changes to an index folder, each one transaction; made by whoever holds the folder's write lock.

After `store`, whose connection it uses. The ingest pipeline computes what is stored; fingerprints and names are
computed here only for the articles of an older format, which lack them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import secrets
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag.address import canonical_address
from rag.article import Article
from rag.provenance.duplicates import Fingerprint, fingerprints
from rag.provenance.uploads import is_uploaded
from rag.query.aliases import mine_pairs, printed_short_forms
from rag.readers.skipped import Skipped
from rag.stores import base
from rag.stores.base import ALIASES, EmbeddedPassage, NameCounts, Sink, Span, Uncompared, hash64
from rag.stores.sqlite import uncompared
from rag.stores.sqlite.connection import translate_errors
from rag.stores.sqlite.engine import transaction
from rag.stores.sqlite.schema import COLUMNS, LISTING, article_values, unpack_spans

if TYPE_CHECKING:
    from rag.stores.sqlite.store import Store

NEVER_CURRENT = 0  # the generation that retired a text which was an earlier version when it was read
ARTICLES_PER_TRANSACTION = 64  # that are searched for names, or fingerprinted


class Writer(base.Writer):
    """Changes to an index folder; each method is one transaction."""

    sink: Sink | None = None  # one process at a time writes to a folder

    def __init__(self, store: Store):
        self._store = store
        self._folder = store.folder
        self._db = store._writable()
        with translate_errors(self._folder):
            self._db.execute(LISTING)

    @contextlib.contextmanager
    def changing(self) -> Iterator[int]:
        """Open a transaction that makes a new generation, and yield its number."""
        with self._transaction():
            query = "UPDATE manifest SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation' RETURNING value"
            generation = int(self._db.execute(query).fetchone()[0])
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            self._db.execute("INSERT OR REPLACE INTO past VALUES (?, ?, ?)", (generation, secrets.token_hex(8), now))
            yield generation

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with translate_errors(self._folder), transaction(self._db):
            yield

    # Articles

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage] | None]]) -> None:
        with self.changing() as generation:
            for article, passages in batch:
                if passages is None:
                    self._amend(article, generation)
                else:
                    self._put(article, passages, generation)

    def _put(self, article: Article, passages: Sequence[EmbeddedPassage], generation: int) -> None:
        self._retire(article.id, generation)
        back = "id = ? AND text = ? AND retired IS NOT NULL"
        self._delete_rows(back, (article.id, article.text), generation, 0)
        row = self._insert(article, generation, None)
        for each in passages:
            start, end = each.passage.start, each.passage.end
            spans = np.array(each.passage.sentences, "<i4").tobytes()
            signature = each.fingerprint.signature.astype("<u4").tobytes()
            self._db.execute(
                'INSERT INTO passage (article, start, "end", sentences, content, signature) VALUES (?, ?, ?, ?, ?, ?)',
                (row, start, end, spans, hash64(article.text[start:end]), signature),
            )
            key = self._db.last_insert_rowid()
            blobs = each.vector.astype("<f4").tobytes(), each.sentences.astype("<f2").tobytes()
            self._db.execute("INSERT INTO vector VALUES (?, ?, ?, ?)", (key, *blobs, hash64(*blobs)))
            self._put_sentences(key, each.fingerprint)

    def _insert(self, article: Article, generation: int, retired: int | None) -> int:
        self._db.execute(
            f"INSERT INTO article (changed, retired, digest, address, {', '.join(COLUMNS)}) "
            f"VALUES (?, ?, ?, ?{', ?' * len(COLUMNS)})",
            (generation, retired, article.content_hash, canonical_address(article.url), *article_values(article)),
        )
        return self._db.last_insert_rowid()

    def _amend(self, article: Article, generation: int) -> None:
        changes = ", ".join(f"{column} = ?" for column in COLUMNS)
        self._db.execute(
            f"UPDATE article SET changed = ?, digest = ?, address = ?, {changes} WHERE id = ? AND retired IS NULL",
            (
                generation, article.content_hash, canonical_address(article.url), *article_values(article), article.id,
            ),
        )  # fmt: skip

    def keep(self, articles: Iterable[Article]) -> None:
        there = "SELECT 1 FROM article WHERE id = ? AND text = ?"
        with translate_errors(self._folder):
            new = [a for a in articles if not self._db.execute(there, (a.id, a.text)).fetchone()]
        if new:
            with self.changing() as generation:
                for article in new:
                    self._insert(article, generation, NEVER_CURRENT)

    def retire(self, article_ids: Iterable[str]) -> None:
        with self.changing() as generation:
            for article_id in article_ids:
                self._retire(article_id, generation)

    def remove(self, article_ids: Iterable[str], aliases: Callable[[NameCounts], str]) -> None:
        with self.changing() as generation:
            for article_id in article_ids:
                self._delete_rows("id = ?", (article_id,), generation, 1)
            self._db.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (ALIASES, aliases(self._name_counts())))

    def publish(self, content_hashes: Container[str]) -> int:
        raise NotImplementedError("there is no sink")

    def _delete_rows(self, where: str, values: Sequence[str], generation: int, erased: int) -> None:
        query = f"INSERT OR IGNORE INTO gone SELECT key, ?, ? FROM article WHERE {where}"
        self._db.execute(query, (generation, erased, *values))
        self._db.execute(f"DELETE FROM article WHERE {where}", values)

    def _retire(self, article_id: str, generation: int) -> None:
        for table in ("pair", "printed"):
            own = f"DELETE FROM {table} WHERE article IN (SELECT key FROM article WHERE id = ? AND retired IS NULL)"
            self._db.execute(own, (article_id,))
        self._db.execute("UPDATE article SET retired = ? WHERE id = ? AND retired IS NULL", (generation, article_id))

    def save_setting(self, name: str, text: str) -> None:
        if self._db.execute("SELECT value FROM manifest WHERE key = ?", (name,)).fetchone() != (text,):
            with self.changing():
                self._db.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (name, text))

    def quarantine(self, sources: Iterable[str] | None, skipped: Iterable[Skipped]) -> None:
        with self._transaction():
            if sources is None:
                self._db.execute("DELETE FROM quarantine")
            else:
                self._db.executemany("DELETE FROM quarantine WHERE source = ?", [(s,) for s in sources])
            rows = [(s.source, s.place, s.reason) for s in skipped]
            self._db.executemany("INSERT INTO quarantine VALUES (?, ?, ?)", rows)

    # Names

    def name_counts(self) -> NameCounts:
        stream = self._store._paged(
            "SELECT key, id, text FROM article WHERE mined = 0 AND retired IS NULL AND key > ? ORDER BY key"
        )
        while batch := list(islice(stream, ARTICLES_PER_TRANSACTION)):
            with self._transaction():
                for key, article_id, text in batch:
                    if is_uploaded(article_id):  # a reader's file changes no spelling for the others
                        text = ""
                    pairs, shorts = mine_pairs(text), printed_short_forms(text)
                    self._db.executemany("INSERT OR IGNORE INTO pair VALUES (?, ?, ?)", [(key, *p) for p in pairs])
                    self._db.executemany("INSERT OR IGNORE INTO printed VALUES (?, ?)", [(key, s) for s in shorts])
                    self._db.execute("UPDATE article SET mined = 1 WHERE key = ?", (key,))
        return self._name_counts()

    def _name_counts(self) -> NameCounts:
        with translate_errors(self._folder):
            pairs = self._db.execute("SELECT long, short, count(*) FROM pair GROUP BY long, short")
            counts = {(long, short): count for long, short, count in pairs}
            return NameCounts(counts, dict(self._db.execute("SELECT short, count(*) FROM printed GROUP BY short")))

    # Duplicates

    def to_compare(self) -> Sequence[Uncompared]:
        stream = self._without_signature()
        while batch := list(islice(stream, ARTICLES_PER_TRANSACTION)):
            spans = ((text, [(span, sentences) for _, span, sentences in own]) for text, own in batch)
            keys = [key for _, own in batch for key, _, _ in own]
            self._put_fingerprints(zip(keys, fingerprints(spans), strict=True))
        with translate_errors(self._folder), self._store.reading() as db:
            found = uncompared.to_compare(db)
        if found is None:
            return ()
        texts = (self._passage_text, self._article_text)
        return tuple(
            Uncompared(table, own.keys, own.groups, own.signatures, functools.partial(_text_of, text, own.keys))
            for table, own, text in zip(("passage", "article"), found, texts, strict=True)
        )

    def save_groups(self, groups: Iterable[tuple[Uncompared, npt.NDArray[np.int64]]]) -> None:
        with self.changing():
            for comparison, first in groups:
                same = comparison.keys[first]
                changed = same != comparison.groups
                pairs = zip(same[changed].tolist(), comparison.keys[changed].tolist(), strict=True)
                for table in ("passage", "article"):
                    if table == comparison.table:
                        self._db.executemany(f"UPDATE {table} SET same = ? WHERE key = ?", pairs)

    def _without_signature(self) -> Iterator[tuple[str, list[tuple[int, Span, tuple[Span, ...]]]]]:
        """Yield (text, [(key, span, spans of its sentences) of each passage]) where passages have no signature yet."""
        query = "SELECT DISTINCT article FROM passage WHERE signature IS NULL AND article > ? ORDER BY article"
        own = 'SELECT key, start, "end", sentences FROM passage WHERE article = ? ORDER BY key'
        for (article,) in self._store._paged(query):
            with translate_errors(self._folder):
                rows = self._db.execute(own, (article,)).fetchall()
            spans = [(key, (start, end), unpack_spans(blob)) for key, start, end, blob in rows]
            yield self._article_text(article), spans

    def _passage_text(self, passage: int) -> str:
        """Return the text of a passage, by key; "" if it was deleted."""
        query = """SELECT substr(a.text, p.start + 1, p."end" - p.start) FROM passage p
            JOIN article a ON a.key = p.article WHERE p.key = ?"""
        with translate_errors(self._folder):
            row = self._db.execute(query, (passage,)).fetchone()
        return str(row[0]) if row else ""

    def _article_text(self, article: int) -> str:
        """Return the text of an article, by key; "" if it was deleted."""
        with translate_errors(self._folder):
            row = self._db.execute("SELECT text FROM article WHERE key = ?", (article,)).fetchone()
        return str(row[0]) if row else ""

    def _put_fingerprints(self, rows: Iterable[tuple[int, Fingerprint]]) -> None:
        """Store the fingerprints of passages, by passage key."""
        with self._transaction():
            for key, fingerprint in rows:
                signature = fingerprint.signature.astype("<u4").tobytes()
                self._db.execute("UPDATE passage SET signature = ? WHERE key = ?", (signature, key))
                self._put_sentences(key, fingerprint)

    def _put_sentences(self, key: int, fingerprint: Fingerprint) -> None:
        rows = [(key, sentence) for sentence in fingerprint.sentences]
        self._db.executemany("INSERT OR IGNORE INTO sentence VALUES (?, ?)", rows)


def _text_of(text: Callable[[int], str], keys: npt.NDArray[np.int64], row: int) -> str:
    return text(int(keys[row]))
