"""Changes to an index folder, each one transaction; made by whoever holds the folder's write lock.

After `store`, whose connection it uses. What it stores about articles and passages was made by the ingest pipeline.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag.article import Article
from rag.provenance import duplicates as comparing
from rag.provenance.duplicates import Fingerprint
from rag.query import aliases as naming
from rag.query.aliases import AliasGroup
from rag.readers.skipped import Skipped
from rag.stores.base import EmbeddedPassage, Span, hash64
from rag.stores.sqlite.connection import translate_errors
from rag.stores.sqlite.schema import COLUMNS, article_values, sentence_spans

if TYPE_CHECKING:
    from rag.stores.sqlite.store import Store

ARTICLES_PER_TRANSACTION = 64  # that are searched for names or fingerprinted
# The passages that can be found: those of articles that are in.
_FOUND = "FROM article a JOIN passage p ON p.article = a.key WHERE a.retired IS NULL"


@dataclass(frozen=True)
class _Signatures:
    """The MinHash signatures of all passages, those of one article next to each other.

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
        with translate_errors(self._folder), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield

    # Articles

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        with self.changing() as generation:
            for article, passages in batch:
                self._retire(article.id, generation)
                self._delete_rows(
                    "id = ? AND text = ? AND retired IS NOT NULL", (article.id, article.text), generation, 0
                )
                row = self._db.execute(
                    f"INSERT INTO article (changed, digest, {', '.join(COLUMNS)}) VALUES (?, ?{', ?' * len(COLUMNS)})",
                    (generation, article.content_hash, *article_values(article)),
                ).lastrowid
                for each in passages:
                    start, end = each.passage.start, each.passage.end
                    spans = np.array(each.passage.sentences, "<i4").tobytes()
                    signature = each.marks.signature.astype("<u4").tobytes()
                    key = self._db.execute(
                        'INSERT INTO passage (article, start, "end", sentences, content, signature) '
                        "VALUES (?, ?, ?, ?, ?, ?)",
                        (row, start, end, spans, hash64(article.text[start:end]), signature),
                    ).lastrowid
                    blobs = each.vector.astype("<f4").tobytes(), each.sentences.astype("<f2").tobytes()
                    self._db.execute("INSERT INTO vector VALUES (?, ?, ?, ?)", (key, *blobs, hash64(*blobs)))
                    self._put_sentences(key, each.marks)

    def amend(self, articles: Iterable[Article]) -> None:
        with self.changing() as generation:
            changes = ", ".join(f"{column} = ?" for column in COLUMNS)
            self._db.executemany(
                f"UPDATE article SET changed = ?, digest = ?, {changes} WHERE id = ? AND retired IS NULL",
                [(generation, a.content_hash, *article_values(a), a.id) for a in articles],
            )

    def retire(self, article_ids: Iterable[str]) -> None:
        with self.changing() as generation:
            for article_id in article_ids:
                self._retire(article_id, generation)

    def remove(self, article_ids: Iterable[str]) -> None:
        with self.changing() as generation:
            for article_id in article_ids:
                self._delete_rows("id = ?", (article_id,), generation, 1)
            self._db.execute("INSERT OR REPLACE INTO manifest VALUES ('names', ?)", (to_json(self._aliases()),))

    def _delete_rows(self, where: str, values: Sequence[str], generation: int, erased: int) -> None:
        query = f"INSERT OR IGNORE INTO gone SELECT key, ?, ? FROM article WHERE {where}"
        self._db.execute(query, (generation, erased, *values))
        self._db.execute(f"DELETE FROM article WHERE {where}", values)

    def _retire(self, article_id: str, generation: int) -> None:
        for table in ("pair", "printed"):
            own = f"DELETE FROM {table} WHERE article IN (SELECT key FROM article WHERE id = ? AND retired IS NULL)"
            self._db.execute(own, (article_id,))
        self._db.execute("UPDATE article SET retired = ? WHERE id = ? AND retired IS NULL", (generation, article_id))

    # Settings, and files that could not be read

    def keep(self, what: str, text: str) -> None:
        if self._db.execute("SELECT value FROM manifest WHERE key = ?", (what,)).fetchone() != (text,):
            with self.changing():
                self._db.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (what, text))

    def quarantine(self, sources: Iterable[str] | None, skipped: Iterable[Skipped]) -> None:
        with self._transaction():
            if sources is None:
                self._db.execute("DELETE FROM quarantine")
            else:
                self._db.executemany("DELETE FROM quarantine WHERE source = ?", [(s,) for s in sources])
            rows = [(s.source, s.place, s.reason) for s in skipped]
            self._db.executemany("INSERT INTO quarantine VALUES (?, ?, ?)", rows)

    # Aliases

    def name(self) -> None:
        stream = self._store._paged(
            "SELECT key, text FROM article WHERE mined = 0 AND retired IS NULL AND key > ? ORDER BY key"
        )
        while batch := list(islice(stream, ARTICLES_PER_TRANSACTION)):
            self._put_names((key, naming.mine_pairs(text), naming.printed_short_forms(text)) for key, text in batch)
        self.keep("names", to_json(self._aliases()))

    def _put_names(self, rows: Iterable[tuple[int, Iterable[tuple[str, str]], Iterable[str]]]) -> None:
        """Store what articles say about names: (key, pairs of long and short form, short forms printed) of each."""
        with self._transaction():
            for key, pairs, shorts in rows:
                self._db.executemany("INSERT OR IGNORE INTO pair VALUES (?, ?, ?)", [(key, *pair) for pair in pairs])
                self._db.executemany("INSERT OR IGNORE INTO printed VALUES (?, ?)", [(key, short) for short in shorts])
                self._db.execute("UPDATE article SET mined = 1 WHERE key = ?", (key,))

    def _aliases(self) -> Iterable[AliasGroup]:
        """Group the spellings of names, by what the articles explain and by the index's own list."""
        own = self._store.kept("own names")
        with translate_errors(self._folder):
            explained = self._db.execute("SELECT long, short, count(*) FROM pair GROUP BY long, short")
            pairs = {(long, short): count for long, short, count in explained}
            printed = dict(self._db.execute("SELECT short, count(*) FROM printed GROUP BY short"))
        mined = naming.group_pairs(pairs, printed)
        return naming.merge_groups(mined, naming.parse_own_list(own, "the index's list of names") if own else ())

    # Duplicates

    def compare(self) -> None:
        stream = self._without_signature()
        while batch := list(islice(stream, ARTICLES_PER_TRANSACTION)):
            keys = [key for _, own in batch for key, _, _ in own]
            spans = ((text, [(span, sentences) for _, span, sentences in own]) for text, own in batch)
            self._put_fingerprints(zip(keys, comparing.fingerprints(spans), strict=True))
        with translate_errors(self._folder):
            new = self._db.execute(f"SELECT 1 {_FOUND} AND p.same IS NULL LIMIT 1").fetchone()
        if not new:
            return
        signed = self._signatures()
        passages = comparing.groups(signed.signatures, signed.same, lambda i: self._passage_text(int(signed.keys[i])))
        ids, first = np.unique(signed.articles, return_index=True)
        whole = np.minimum.reduceat(signed.signatures, first)
        known = np.array([signed.known.get(key, -1) for key in ids.tolist()], np.int64)
        articles = comparing.groups(whole, known, lambda i: self._article_text(int(ids[i])))
        self._put_groups(_changed(signed.keys, passages, signed.same), _changed(ids, articles, known))

    def _without_signature(self) -> Iterator[tuple[str, list[tuple[int, Span, tuple[Span, ...]]]]]:
        """Yield (text, [(key, span, spans of its sentences) of each passage]) where passages have no signature yet."""
        query = "SELECT DISTINCT article FROM passage WHERE signature IS NULL AND article > ? ORDER BY article"
        own = 'SELECT key, start, "end", sentences FROM passage WHERE article = ? ORDER BY key'
        for (article,) in self._store._paged(query):
            with translate_errors(self._folder):
                rows = self._db.execute(own, (article,)).fetchall()
            spans = [(key, (start, end), sentence_spans(blob)) for key, start, end, blob in rows]
            yield self._article_text(article), spans

    def _signatures(self) -> _Signatures:
        with self._store.reading() as db:
            query = f"SELECT p.key, p.article, coalesce(p.same, -1), p.signature {_FOUND} ORDER BY p.article, p.key"
            rows = db.execute(query).fetchall()
            known = dict(db.execute("SELECT key, same FROM article WHERE retired IS NULL AND same IS NOT NULL"))
        blob = b"".join(row[3] for row in rows)
        table = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3)
        signatures = np.frombuffer(blob, "<u4").reshape(len(rows), -1 if rows else 0)
        return _Signatures(table[:, 0], table[:, 1], table[:, 2], signatures, known)

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

    def _put_sentences(self, key: int | None, fingerprint: Fingerprint) -> None:
        rows = [(key, sentence) for sentence in fingerprint.sentences]
        self._db.executemany("INSERT OR IGNORE INTO sentence VALUES (?, ?)", rows)

    def _put_groups(self, passages: Iterable[tuple[int, int]], articles: Iterable[tuple[int, int]]) -> None:
        """Store groups of duplicates: (key, key of the first of its group) of passages and articles."""
        with self.changing():
            for table, pairs in (("passage", passages), ("article", articles)):
                self._db.executemany(f"UPDATE {table} SET same = ? WHERE key = ?", [(same, key) for key, same in pairs])


def to_json(groups: Iterable[AliasGroup]) -> str:
    """Return groups of aliases as the manifest stores them."""
    return json.dumps([[group.spellings, group.basis] for group in groups], ensure_ascii=False)


def _changed(
    keys: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], known: npt.NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Return (key, key of the first of its group) where that is not what was known."""
    first = keys[groups]
    return [(int(key), int(same)) for key, same in zip(keys[first != known], first[first != known], strict=True)]
