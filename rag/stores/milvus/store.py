"""A library in Milvus: the contract of `contract` fulfilled by a server, a cluster, or a Milvus Lite in this process.

Three collections, whose names begin with the library's:

    name_articles    a row for each version of an article: the whole of it, and its words for BM25
    name_passages    a row for each passage: its vector, its words for BM25, the vectors of its sentences, where it
                     stands in its article, and the article's outlet and day, which searches are filtered by
    name_records     the generation, texts that were kept, groups of copies, what was not read, who writes

Milvus has no transactions. A row says instead from which generation on it is there and from which on it is gone, and is
otherwise never changed; readers look at one generation, and what a writer has put beside it appears when one row, the
generation's, is written. What a writer that was killed has left is taken out by the next one. A key is made from what
it stands for, so that what is sent twice is there once.

Consistency: whoever writes reads `Strong`; whoever asks reads `Session`, which shows its own changes at once and those
of others when its replica has them, in Milvus usually within a second.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import logging
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from rag.article import Article
from rag.errors import LibraryError
from rag.models.encoder import Vectors
from rag.passage import Passage
from rag.provenance import duplicates as comparing
from rag.query import aliases as naming
from rag.query.aliases import Aliases
from rag.readers.skipped import Skipped
from rag.stores import tantivy_index as lexical
from rag.stores.base import FORMULA, Candidate, EmbeddedPassage, Encoded, Known, Manifest, Span, Version, hash64
from rag.stores.columns import ArticleColumns
from rag.stores.milvus import schema as tables
from rag.stores.milvus.client import WRITING, Place, Server
from rag.stores.milvus.schema import IN, Row
from rag.stores.tantivy_index import IndexFilter, Term

FORMAT = 1
ARTICLES = 300  # whose words count for a question
ROWS, BYTES = 500, 8_000_000  # that are sent, or asked for, at a time; a server takes 64 MB
MOST = 16_384  # rows that Milvus gives for one question
NEAR, LIKE = 32, 0.8  # passages nearest to one that may be its copies, and the cosine from which on they are looked at
CLAIM, BEAT = 60.0, 10.0  # seconds after which a writer that has said nothing is taken for dead; between its words
AHEAD = 1_000_000  # generations between today's and one that many processes write
COUNTED = 4096  # words whose numbers of passages and articles are kept

log = logging.getLogger("rag")

Cell = tuple[str | None, str | None, int]  # outlet, host, day


@dataclass
class _Summary:
    """What all articles that are in say together, so far as no index of Milvus counts it.

    Attributes:
        generation: that it shows.
        cells: number of articles of each outlet, host and day that are no copies.
        copied: (cell, group, id) of those that are, by key.
        pairs, printed: see `names.group`.
    """

    generation: int = -1
    cells: Counter[Cell] = field(default_factory=Counter)
    copied: dict[int, tuple[Cell, int, str]] = field(default_factory=dict)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    printed: Counter[str] = field(default_factory=Counter)

    def copy(self) -> _Summary:
        """One that can be changed while others read this."""
        parts = (self.cells, self.copied, self.pairs, self.printed)
        return _Summary(self.generation, *(part.copy() for part in parts))  # type: ignore[arg-type]

    def count(self, key: int, brief: Mapping[str, Any], by: int) -> None:
        """Counts an article, or, `by` -1, counts it no more."""
        cell = brief["outlet"], brief["host"], brief["day"]
        if by > 0 or self.copied.pop(key, None) is None:
            self.cells[cell] += by
        for pair in brief["pairs"]:
            self.pairs[pair[0], pair[1]] += by
        for short in brief["printed"]:
            self.printed[short] += by

    def group(self, key: int, cell: Cell, group: int, article_id: str) -> None:
        """Notes that an article is a copy of another."""
        if key not in self.copied:
            self.cells[cell] -= 1
        self.copied[key] = cell, group, article_id

    def columns(self) -> ArticleColumns:
        """The same as numbers: a row for each cell, and one for each copy."""
        single = [(cell, number) for cell, number in self.cells.items() if number > 0]
        cells = [cell for cell, _ in single] + [cell for cell, _, _ in self.copied.values()]
        groups = np.array([group for _, group, _ in self.copied.values()], np.int64)
        _, same = np.unique(groups, return_inverse=True)
        return ArticleColumns.of(
            [outlet for outlet, _, _ in cells], [host for _, host, _ in cells], [day for _, _, day in cells],
            np.concatenate([np.arange(len(single)), len(single) + same]),
            np.array([number for _, number in single] + [1] * len(groups), np.int64),
        )  # fmt: skip


class MilvusStore:
    """A library in Milvus, as `contract.Store` has it."""

    def __init__(self, server: Server, manifest: Manifest):
        self.manifest = manifest
        self._server = server
        self._local = threading.local()
        self._summing = threading.Lock()
        self._summary = _Summary()
        self._count = functools.lru_cache(COUNTED)(self._counted)
        self._pool = ThreadPoolExecutor(8, "milvus")

    @classmethod
    def exists(cls, place: Place) -> bool:
        """Whether there is a library at a place."""
        if place.lite and not Path(place.uri).exists():
            return False
        server = Server(place)
        try:
            return bool(_manifest(server))
        finally:
            server.close()

    @classmethod
    def create(cls, place: Place, manifest: Manifest, wait: bool = True) -> MilvusStore:
        """A new, empty library at a place, or the one that another process has just made there."""
        server = Server(place)
        for name in tables.TABLES:
            table = f"{place.name}_{name}"
            schema, indexes = tables.SCHEMAS[name](manifest.dimension, server.lite, place.index)
            if not server("has_collection", table, patience=WRITING):
                server("create_collection", table, schema=schema, consistency_level="Session", patience=WRITING)
            if len(server("list_indexes", table, patience=WRITING)) < len(indexes):
                server("create_index", table, indexes, sync=False, patience=WRITING)  # of nothing yet
            server("load_collection", table, patience=WRITING)
        store = cls(server, replace(manifest, format=FORMAT))
        with store.strictly(), _Claim(store, wait):
            if not _manifest(server):
                made = json.dumps({"encoder": manifest.encoder, "dimension": manifest.dimension, "format": FORMAT})
                store._send(
                    "records",
                    [tables.record("manifest", "manifest", value=[made]), tables.record("generation", "generation")],
                )
        store.close()
        return cls.open(place)

    @classmethod
    def open(cls, place: Place) -> MilvusStore:
        """The library at a place. Raises LibraryError where there is none, or one that this version cannot read."""
        server = None if place.lite and not Path(place.uri).exists() else Server(place)
        found = _manifest(server) if server else None
        if not found or not server:
            raise LibraryError(
                f"there is no library at {place.said}; make one with: according build PATHS --index {place.said}"
            )
        if found.format != FORMAT:
            raise LibraryError(
                f"the library at {place.said} has format {found.format}, this version of According reads {FORMAT}; "
                "build it again under another name, or use the version that made it"
            )
        return cls(server, found)

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return self._server.place.said

    def close(self) -> None:
        """Lets go of the connection."""
        self._server.close()

    def leave(self) -> None:
        """As `contract.Store` has it: the connection is one for all threads."""

    # What is asked of Milvus

    @property
    def _level(self) -> str:
        return "Strong" if getattr(self._local, "writes", 0) else "Session"

    @property
    def _patience(self) -> dict[str, float]:
        return {"patience": WRITING} if getattr(self._local, "writes", 0) else {}

    def _table(self, name: str) -> str:
        return f"{self._server.place.name}_{name}"

    def _call(self, method: str, table: str, **named: Any) -> Any:
        return self._server(method, self._table(table), **self._patience, **named)

    def _rows(self, table: str, filters: str, output: Sequence[str], limit: int = 0) -> list[Row]:
        """Rows that filters let through, at most `limit`, or MOST."""
        named: dict[str, Any] = {"consistency_level": self._level}
        found = self._call("query", table, filter=filters, output_fields=list(output), limit=limit or MOST, **named)
        return list(found)

    def _of(self, table: str, column: str, values: Iterable[int], output: Sequence[str], more: str = "") -> list[Row]:
        """Rows whose column holds one of some whole numbers."""
        wanted, at_once = sorted(set(values)), ROWS if column == "key" else ROWS // 10
        found: list[Row] = []
        for start in range(0, len(wanted), at_once):
            some = f"{column} in {wanted[start : start + at_once]}"
            filters = f"{some} and {more}" if more else some
            rows = self._rows(table, filters, output)
            found += rows if len(rows) < MOST else self._scan(table, filters, output)
        return found

    def _scan(self, table: str, filters: str, output: Sequence[str]) -> Iterator[Row]:
        """All rows that filters let through, however many, in the order of their keys."""
        named: dict[str, Any] = {"consistency_level": self._level, **self._patience}
        return self._server.each(
            self._table(table), batch_size=ROWS, filter=filters, output_fields=list(output), **named
        )

    def _present(self) -> str:
        """A filter: what is in."""
        return tables.present(self.generation())

    def _total(self, table: str, filters: str) -> int:
        rows = self._call("query", table, filter=filters, output_fields=["count(*)"], consistency_level=self._level)
        return int(rows[0]["count(*)"])

    def _send(self, table: str, rows: Iterable[Row], partial: bool = False) -> None:
        """Puts rows in, or in the place of those of the same key; of `partial` ones only the columns that they have."""
        batch: list[Row] = []
        size = 0
        for row in rows:
            own = tables.size(row)
            if batch and (len(batch) >= ROWS or size + own > BYTES):
                self._call("upsert", table, data=batch, partial_update=partial)
                batch, size = [], 0
            batch.append(row)
            size += own
        if batch:
            self._call("upsert", table, data=batch, partial_update=partial)

    def _erase(self, table: str, filters: str) -> None:
        self._call("delete", table, filter=filters)

    # Generations

    def generation(self) -> int:
        """The number of changes made so far, or that which this thread reads at (see `reading`)."""
        pinned: int | None = getattr(self._local, "pinned", None)
        return self._newest() if pinned is None else pinned

    def _newest(self) -> int:
        rows = self._rows("records", 'key == "generation"', ["number"])
        if not rows:
            raise LibraryError(f"the library at {self.place} has lost its generation: restore a backup of it")
        return int(rows[0]["number"])

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """As `contract.Store` has it: the generation is looked up once, and rows are asked for as of it."""
        before = getattr(self._local, "pinned", None)
        self._local.pinned = self.generation()
        try:
            yield
        finally:
            self._local.pinned = before

    def ready(self, generation: int) -> bool:
        """As `contract.Store` has it."""
        return True

    def prepare(self) -> None:
        """As `contract.Store` has it: a view needs nothing."""

    @contextlib.contextmanager
    def writing(self, wait: bool = True) -> Iterator[MilvusWriter]:
        """As `contract.Store` has it: a writer says every BEAT seconds that it is there (see `_Claim`)."""
        with self.strictly(), _Claim(self, wait) as claim:
            writer = MilvusWriter(self, claim)
            writer.recover()
            yield writer

    def staging(self, wait: bool = True) -> AbstractContextManager[MilvusStager] | None:
        """As `contract.Store` has it: a Milvus Lite is held by this process alone."""
        return None if self._server.place.lite else self._staging(wait)

    @contextlib.contextmanager
    def _staging(self, wait: bool) -> Iterator[MilvusStager]:
        with self.strictly(), _Claim(self, wait) as claim:
            writer = MilvusStager(self, claim)
            writer.recover(staged=True)
            yield writer

    def stage(self, batch: Sequence[tuple[Article, Sequence[EmbeddedPassage]]], generation: int) -> None:
        """Puts articles in, unseen, for whoever holds the library to make visible; what is put in twice is in once.

        An article's passages are in before it is.
        """
        with self.strictly():
            self._send("passages", (row for a, own in batch for row in tables.passage_rows(a, own, generation)))
            self._send("articles", (tables.article_row(a, own, generation, i) for i, (a, own) in enumerate(batch)))

    @contextlib.contextmanager
    def strictly(self) -> Iterator[None]:
        """Has this thread see all that was written before it asks, and wait longer for a server that is away."""
        self._local.writes = getattr(self._local, "writes", 0) + 1
        try:
            yield
        finally:
            self._local.writes -= 1

    # Reading

    def article(self, article_id: str) -> Article | None:
        """As `contract.Store` has it."""
        return next((version.article for version in self.versions(article_id)), None)

    def holds(self, article_id: str) -> bool:
        """As `contract.Store` has it."""
        return any(self._of_ids([article_id], tables.ever(self.generation())))

    def versions(self, article_id: str) -> list[Version]:
        """As `contract.Store` has it."""
        now = self.generation()
        own = self._of_ids([article_id], tables.ever(now), ("key", "died", "brief", "body"))
        own.sort(key=lambda row: (row["died"] > now, row["died"]), reverse=True)
        gone = [row["died"] for row in own if row["died"] <= now]
        times = {row["number"]: row["value"][0] for row in self._records("past", "number", gone)}
        found: list[Version] = []
        for row in own:
            article = self._sound(row)
            if any(article.text == other.article.text for other in found):
                continue  # what was known of it has changed, or it went and came back
            time_ = times.get(row["died"]) if row["died"] <= now else None
            found.append(Version(article, row["died"] > now, dt.datetime.fromisoformat(time_) if time_ else None))
        return found

    def at(self, url: str) -> list[str]:
        """As `contract.Store` has it."""
        rows = self._of("articles", "site", [hash64(url)], ("key", "number", "brief", "body"), self._present())
        there = [self._sound(row) for row in sorted(rows, key=lambda row: int(row["number"]))]
        return [article.id for article in there if article.url == url]

    def articles(self) -> Iterator[Article]:
        """As `contract.Store` has it."""
        rows = self._scan("articles", self._present(), ("key", "brief", "body"))
        return (self._sound(row) for row in rows)

    def stored(self, staged: bool = False) -> Iterator[tuple[str, Known]]:
        """As `contract.Store` has it."""
        there = f"died == {IN}" if staged else self._present()
        briefs = (tables.brief(row) for row in self._scan("articles", there, ("brief",)))
        return ((brief["id"], Known(brief["digest"], brief["source"])) for brief in briefs)

    def outlets(self) -> dict[str | None, int]:
        """As `contract.Store` has it."""
        return self._sum().columns().tally()

    def known(self, article_ids: Sequence[str]) -> dict[str, Known]:
        """As `contract.Store` has it."""
        briefs = [tables.brief(row) for row in self._of_ids(article_ids, self._present())]
        return {brief["id"]: Known(brief["digest"], brief["source"]) for brief in briefs}

    def kept(self, what: str) -> str | None:
        """As `contract.Store` has it."""
        rows = self._rows("records", f'key == "kept:{what}"', ["value"])
        return "".join(rows[0]["value"]) if rows else None

    def quarantine(self) -> Iterator[Skipped]:
        """As `contract.Store` has it."""
        rows = sorted(self._scan("records", 'kind == "skipped"', ("number", "value")), key=lambda row: row["number"])
        return (Skipped(**tables.parsed(row["value"])) for row in rows)

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        """As `contract.Store` has it."""
        rows = self._of("passages", "key", keys, tables.PASSAGE, self._present())
        articles = self._articles({row["article"] for row in rows})
        found = {}
        for row in rows:
            if article := articles.get(row["article"]):
                start, end = row["start"], row["end"]
                if row["content"] != hash64(article.text[start:end]):
                    raise self._unsound(article.id)
                spans = tuple(tables.sentence(text)[0] for text in row["sentences"])
                found[row["key"]] = Passage(article.id, start, end, spans), article
        return found

    def _articles(self, keys: Iterable[int]) -> dict[int, Article]:
        """Articles by key, whenever they were in."""
        return {row["key"]: self._sound(row) for row in self._of("articles", "key", keys, ("key", "brief", "body"))}

    def sentence_vectors(self, keys: Sequence[int]) -> tuple[dict[int, slice], Vectors]:
        """As `contract.Store` has it."""
        rows: dict[int, slice] = {}
        parts: list[bytes] = []
        for row in self._of("passages", "key", keys, ("key", "sentences")):
            rows[row["key"]] = slice(len(parts), len(parts) + len(row["sentences"]))
            parts += [tables.sentence(text)[1] for text in row["sentences"]]
        vectors = np.frombuffer(b"".join(parts), "<f2").reshape(-1, self.manifest.dimension)
        return rows, vectors.astype(np.float32)

    def encoded(self, texts: Sequence[str]) -> dict[str, Encoded]:
        """As `contract.Store` has it."""
        known = {hash64(text): text for text in texts}
        there = tables.ever(self.generation())
        rows = {
            row["content"]: row for row in self._of("passages", "content", known, (*tables.PASSAGE, "vector"), there)
        }
        articles = self._articles({row["article"] for row in rows.values()})
        found = {}
        for content, row in rows.items():
            text, article = known[content], articles.get(row["article"])
            if article and article.text[row["start"] : row["end"]] == text:
                parts = [tables.sentence(said) for said in row["sentences"]]
                spans = tuple((a - row["start"], b - row["start"]) for (a, b), _ in parts)
                found[text] = spans, np.array(row["vector"], np.float32), self._vectors(parts)
        return found

    def _vectors(self, sentences: Sequence[tuple[Span, bytes]]) -> Vectors:
        joined = np.frombuffer(b"".join(blob for _, blob in sentences), "<f2")
        return joined.reshape(-1, self.manifest.dimension).astype(np.float32)

    def republishers(self, article_ids: Sequence[str]) -> dict[str, str | None]:
        """As `contract.Store` has it."""
        briefs = [tables.brief(row) for row in self._of_ids(article_ids, self._present())]
        return {brief["id"]: brief["host"] or brief["outlet"] for brief in briefs}

    def _of_ids(self, ids: Sequence[str], when: str, output: Sequence[str] = ("key", "brief")) -> list[Row]:
        """The rows of articles with some ids."""
        wanted = set(ids)
        rows = self._of("articles", "name", map(hash64, wanted), output, when)
        return [row for row in rows if tables.brief(row)["id"] in wanted]

    def _sound(self, row: Row) -> Article:
        """The article of a row. Raises LibraryError unless it is as it was stored."""
        name = str(row["key"])
        with contextlib.suppress(ValueError, TypeError, KeyError):
            brief = tables.brief(row)
            name, article = brief["id"], tables.article(row, brief)
            if article.content_hash == brief["digest"]:
                return article
        raise self._unsound(name)

    def _unsound(self, article_id: str) -> LibraryError:
        return LibraryError(
            f"article {article_id!r} in {self.place} is not as it was stored: remove it and build again, or restore a "
            "backup"
        )

    def _records(self, kind: str, column: str, values: Iterable[int]) -> list[Row]:
        return self._of("records", column, values, ("key", "number", "value"), f'kind == "{kind}"')

    # What is made for questions

    def view(self) -> MilvusView:
        """As `contract.Store` has it."""
        with self.reading():
            summary = self._sum()
            kept = json.loads(self.kept("names") or "[]")
            total = self._total("passages", tables.present(summary.generation))
            articles = int(summary.cells.total()) + len(summary.copied)
            names = Aliases(naming.AliasGroup(tuple(spellings), basis) for spellings, basis in kept)
            return MilvusView(self, summary.generation, summary.columns(), names, total, articles)

    def _sum(self) -> _Summary:
        """The summary of the generation that this thread reads at, brought up to date by what has changed."""
        with self._summing:
            now = self.generation()
            last = self._summary.generation
            if last >= now:
                return self._summary
            erased = self._rows("records", f'kind == "erased" and number > {last}', ["number"], 1)
            made = _Summary() if erased else self._summary.copy()
            last = made.generation
            for row in self._scan("articles", f"born > {last} and {tables.present(now)}", ("key", "brief")):
                made.count(row["key"], tables.brief(row), 1)
            if last >= 0:
                gone = f"born <= {last} and died > {last} and died <= {now}"
                for row in self._scan("articles", gone, ("key", "brief")):
                    made.count(row["key"], tables.brief(row), -1)
            groups = {
                int(r["value"][0]): r for r in self._scan("records", f'kind == "same" and born > {last}', tables.RECORD)
            }
            there = {row["key"] for row in self._of("articles", "key", groups, ("key",), tables.present(now))}
            for key in groups.keys() & there:
                outlet, host, day, article_id = json.loads(groups[key]["value"][1])
                made.group(key, (outlet, host, day), int(groups[key]["number"]), article_id)
            made.generation = now
            self._summary = made
            return made

    def _counted(self, generation: int, spellings: lexical.Spellings, table: str) -> int:
        """How many rows of a table hold a name in one of its spellings."""
        held = " or ".join(f"({self._holding(spelling)})" for spelling in spellings)
        return self._total(table, f"{tables.present(generation)} and ({held})")

    def _holding(self, spelling: Sequence[str]) -> str:
        """A filter: what holds words, one after the other.

        A server has an index of words, and none of words that follow each other: of those, what holds all of them
        counts. Lite has neither, and looks faster through texts than through words.
        """
        if self._server.lite:
            return f"words like '% {' '.join(word or '.' for word in spelling)} %'"
        return " and ".join(f"text_match(words, '{word}')" for word in dict.fromkeys(filter(None, spelling)))

    def _searched(self, method: str, table: str, **named: Any) -> list[Row]:
        """What a search of one question finds: rows with their output beside key and score."""
        found = self._call(method, table, consistency_level=self._level, **named)
        return [{"key": hit["key"], "score": hit["distance"], **hit["entity"]} for hit in found[0]]

    # Copies

    def copied(self) -> tuple[int, int]:
        """As `contract.Store` has it."""
        groups = Counter(group for _, group, _ in self._sum().copied.values())
        several = [number for number in groups.values() if number > 1]
        return sum(several), len(several)

    def groups(self, article_ids: Sequence[str]) -> dict[str, int]:
        """As `contract.Store` has it."""
        keys = {tables.brief(row)["id"]: row["key"] for row in self._of_ids(article_ids, self._present())}
        same = self._same(keys.values())
        return {article_id: same.get(key, key) for article_id, key in keys.items()}

    def _same(self, keys: Iterable[int]) -> dict[int, int]:
        """The groups of those articles that are copies, by key."""
        rows = self._of("records", "article", keys, tables.RECORD, 'kind == "same"')
        return {int(row["value"][0]): int(row["number"]) for row in rows}

    def copies(self, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """As `contract.Store` has it: among the passages that share a sentence, and those nearest in meaning."""
        own = {row["key"]: row for row in self._of("passages", "key", passages, (*tables.LIKE, "vector"))}
        if not own:
            return dict.fromkeys(passages, ())
        near = {key: {row["key"]: row for row in rows} for key, rows in self._near(own).items()}
        for row in self._sharing(own.values()):
            for key, other in own.items():
                if set(row["hashes"]) & set(other["hashes"]):
                    near[key][row["key"]] = row
        articles = self._articles({row["article"] for rows in (own, *near.values()) for row in rows.values()})

        def runs(row: Row) -> comparing.Shingles:
            return comparing.shingles(articles[row["article"]].text[row["start"] : row["end"]])

        found: dict[int, tuple[str, ...]] = dict.fromkeys(passages, ())
        for key, row in own.items():
            said = runs(row)
            others = [o for o in near[key].values() if o["article"] != row["article"] and o["article"] in articles]
            same = [o for o in others if _alike(said, runs(o))]
            same.sort(key=lambda other: (other["born"], other["article"], other["start"]))
            found[key] = tuple(dict.fromkeys(articles[other["article"]].id for other in same))
        return found

    def _near(self, own: Mapping[int, Row]) -> dict[int, list[Row]]:
        """The passages nearest to some in meaning."""
        found = self._call(
            "search", "passages", data=[row["vector"] for row in own.values()], anns_field="vector", limit=NEAR,
            filter=self._present(), output_fields=list(tables.LIKE), search_params={"metric_type": "IP"},
            consistency_level=self._level,
        )  # fmt: skip
        return {
            key: [{"key": hit["key"], **hit["entity"]} for hit in hits if hit["distance"] >= LIKE]
            for key, hits in zip(own, found, strict=True)
        }

    def _sharing(self, rows: Iterable[Row]) -> list[Row]:
        """The passages that share a sentence with some."""
        hashes = sorted({hash_ for row in rows for hash_ in row["hashes"]})
        if not hashes:
            return []
        found = self._rows("passages", f"array_contains_any(hashes, {hashes}) and {self._present()}", tables.LIKE)
        if len(found) < MOST:
            return found
        # One is a formula that so many hold that they crowd out what is told of the others: each by itself.
        some = max(1, MOST // len(hashes))
        alone = (
            self._rows("passages", f"array_contains_any(hashes, [{hash_}]) and {self._present()}", tables.LIKE, some)
            for hash_ in hashes
        )
        return list({row["key"]: row for rows in alone for row in rows}.values())

    def sharers(self, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """As `contract.Store` has it."""
        own = {row["key"]: row for row in self._of("passages", "key", passages, tables.LIKE)}
        others = sorted(self._sharing(own.values()), key=lambda row: (row["born"], row["article"], row["start"]))
        groups = self._same(row["article"] for row in others)
        texts: dict[int, set[int]] = {}
        for row in others:
            for hash_ in row["hashes"]:
                article = int(row["article"])
                texts.setdefault(hash_, set()).add(groups.get(article, article))
        said: dict[int, list[int]] = {key: [] for key in passages}
        for key, row in own.items():
            telling = {hash_ for hash_ in row["hashes"] if len(texts.get(hash_, ())) <= FORMULA}
            said[key] = [o["article"] for o in others if o["article"] != row["article"] and telling & set(o["hashes"])]
        keys = {article for articles in said.values() for article in articles}
        ids = {row["key"]: tables.brief(row)["id"] for row in self._of("articles", "key", keys, ("key", "brief"))}
        return {key: tuple(dict.fromkeys(ids[a] for a in articles if a in ids)) for key, articles in said.items()}

    # For looking into it

    def everything(self) -> Iterator[tuple[Row, Article | None, list[Row]]]:
        """Every version of an article that is or was in: its row, the article, None where it is not as it was stored,
        and the rows of its passages in the order of its text."""
        columns = ("key", "name", "born", "died", "words", "brief", "body")
        rows = self._scan("articles", tables.ever(self.generation()), columns)
        while some := list(islice(rows, ROWS // 10)):
            own: dict[int, list[Row]] = {row["key"]: [] for row in some}
            for passage in self._of("passages", "article", own, (*tables.WHOLE, "born", "died")):
                own[passage["article"]].append(passage)
            for row in some:
                try:
                    article = self._sound(row)
                except LibraryError:
                    article = None
                yield row, article, sorted(own[row["key"]], key=lambda passage: int(passage["start"]))

    def held(self) -> int:
        """The number of passages that are or were in."""
        return self._total("passages", tables.ever(self.generation()))

    def unseen(self) -> int:
        """The number of rows that a writer has put in, or marked, and not made visible."""
        now = self.generation()
        late = f"born > {now} or (died > {now} and died < {IN})"
        return sum(self._total(table, late) for table in ("articles", "passages"))

    # Copies of it, and its size

    def backup(self, folder: Path) -> None:
        """Raises LibraryError: Milvus has a tool of its own for that."""
        raise LibraryError(
            f"{self.place} is not copied from here: milvus-backup copies collections of a server; a Milvus Lite is a "
            "folder that can be copied while no process holds it"
        )

    def compact(self, wait: bool = True) -> tuple[int, int] | None:
        """As `contract.Store` has it; how many bytes that frees only Milvus knows, which frees them in its own time."""
        with self.writing(wait):
            now = self.generation()
            self._erase("passages", f"died <= {now}")
            for table in tables.TABLES:
                self._call("flush", table)
                self._call("compact", table)
        return None


class MilvusView:
    """The passages that can be found, as `contract.View` has it: what is small is here, what is large is asked for."""

    def __init__(
        self, store: MilvusStore, generation: int, columns: ArticleColumns, names: Aliases, passages: int, articles: int
    ):
        self.generation, self.columns, self.aliases = generation, columns, names
        self._store, self._passages, self._articles = store, passages, articles

    def terms(self, question: str, names: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        """As `contract.View` has it. See `MilvusStore._holding`."""
        found = lexical.read(question, names)
        counts = [
            [self._store._pool.submit(self._store._count, self.generation, s, t) for t in ("passages", "articles")]
            for s, _ in found
        ]
        return [
            Term(spellings, named, *(count.result() for count in own))
            for (spellings, named), own in zip(found, counts, strict=True)
        ]

    def candidates(
        self, question: Vectors, terms: Sequence[Term], within: IndexFilter, limit: int, beside: Executor
    ) -> list[Candidate]:
        """As `contract.View` has it: one hybrid search gives both engines' proposals, filtered in Milvus, with what
        their scores are made of."""
        from pymilvus import AnnSearchRequest, RRFRanker

        if not self._passages:
            return []
        allowed = f"{tables.present(self.generation)}{tables.allowed(within)}"
        words = " ".join(dict.fromkeys(w for t in terms for spelling in t.spellings for w in spelling if w))
        output = ["article", "vector", "words"]
        if words:
            told = beside.submit(self._told, words, terms, allowed)
            dense = AnnSearchRequest([question.tolist()], "vector", {"metric_type": "IP"}, limit, allowed)
            sparse = AnnSearchRequest([words], "sparse", {"metric_type": "BM25"}, limit, allowed)
            rows = self._store._searched(
                "hybrid_search", "passages", reqs=[dense, sparse], ranker=RRFRanker(), limit=2 * limit,
                output_fields=output,
            )  # fmt: skip
            shares = told.result()
        else:
            rows = self._store._searched(
                "search", "passages", data=[question.tolist()], anns_field="vector", filter=allowed, limit=limit,
                output_fields=output, search_params={"metric_type": "IP"},
            )  # fmt: skip
            shares = {}
        weights = lexical.weights(terms, self._passages)
        vectors = np.array([row["vector"] for row in rows], np.float32).reshape(len(rows), len(question))
        cosines = (vectors @ question).tolist()
        return [
            Candidate(row["key"], own, _covered(row["words"], terms, weights), shares.get(row["article"], 0.0))
            for row, own in zip(rows, cosines, strict=True)
        ]

    def _told(self, words: str, terms: Sequence[Term], allowed: str) -> dict[int, float]:
        """BM25 of whole articles, by key, as a share of the most that the question's words could give."""
        most = lexical.most(terms, self._articles)
        rows = self._store._searched(
            "search", "articles", data=[words], anns_field="sparse", filter=allowed, limit=ARTICLES,
            output_fields=["key"], search_params={"metric_type": "BM25"},
        )  # fmt: skip
        return {row["key"]: min(1.0, abs(row["score"]) / most) for row in rows} if most else {}

    def holding(self, terms: Sequence[Term], passages: Sequence[int]) -> float:
        """As `contract.View` has it."""
        articles = {row["article"] for row in self._store._of("passages", "key", passages, ("article",))}
        texts = [tables.unpacked(row["words"]) for row in self._store._of("articles", "key", articles, ("words",))]
        held = (sum(lexical.holds(words, term) for term in terms) / len(terms) for words in texts)
        return max(held, default=0.0) if terms else 0.0

    def copies(self, article_id: str) -> list[str]:
        """As `contract.View` has it."""
        copied = self._store._sum().copied
        group = next((group for _, group, other in copied.values() if other == article_id), None)
        return [other for _, own, other in copied.values() if own == group and other != article_id]

    def of_outlet(self, outlet: str | None) -> list[str]:
        """As `contract.View` has it."""
        wanted = f"outlet == {tables.code(outlet)} and {tables.present(self.generation)}"
        briefs = [tables.brief(row) for row in self._store._scan("articles", wanted, ("brief",))]
        briefs = sorted((b for b in briefs if b["outlet"] == outlet), key=lambda brief: -brief["day"])
        return [brief["id"] for brief in briefs]


class MilvusWriter:
    """Changes to a library in Milvus, as `contract.Writer` has it."""

    def __init__(self, store: MilvusStore, claim: _Claim):
        self._store, self._claim = store, claim
        self._sequence = time.time_ns()

    def recover(self, staged: bool = False) -> None:
        """Takes out what a writer that was killed had put in unseen, and ends what it had begun to erase; `staged`
        leaves what many processes had put in."""
        store, now = self._store, self._store.generation()
        for table in ("passages", "articles"):
            late = f"died > {now} and died < {IN}"
            rows = list(store._scan(table, late, ("key",)))
            store._send(table, ({"key": row["key"], "died": IN} for row in rows), partial=True)
            if not staged:
                store._erase(table, f"born > {now}")
        for row in store._rows("records", 'kind == "erasing"', tables.RECORD):
            if row["number"] <= now:
                self._delete(tables.parsed(row["value"]))
        store._erase("records", 'kind == "erasing"')

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        """As `contract.Writer` has it."""
        batch = list(batch)
        with self._changing() as generation:
            self._store.stage(batch, generation)
            self._leave([article.id for article, _ in batch], generation)

    def amend(self, articles: Iterable[Article]) -> None:
        """As `contract.Writer` has it: rows with the same text and vectors take the place of those there were."""
        store = self._store
        fresh = {article.id: article for article in articles}
        now = store.generation()
        old = {
            tables.brief(r)["id"]: r
            for r in store._of_ids(list(fresh), tables.present(now), ("key", "brief", "signature"))
        }
        with self._changing() as generation:
            rows = store._of(
                "passages", "article", [row["key"] for row in old.values()], tables.WHOLE, tables.present(now)
            )
            owners = {row["key"]: fresh[article_id] for article_id, row in old.items()}
            store._send("passages", (tables.moved(row, owners[row["article"]], generation) for row in rows))
            store._send(
                "articles",
                (
                    tables.article_row(fresh[i], (), generation, n) | {"signature": row["signature"]}
                    for n, (i, row) in enumerate(old.items())
                ),
            )
            self._leave(list(old), generation)

    def keep(self, what: str, text: str) -> None:
        """As `contract.Writer` has it."""
        if self._store.kept(what) != text:
            with self._changing():
                self._store._send("records", [tables.record(f"kept:{what}", "kept", value=tables.pieces(text))])

    def quarantine(self, sources: Iterable[str] | None, skipped: Iterable[Skipped]) -> None:
        """As `contract.Writer` has it."""
        if sources is None:
            self._store._erase("records", 'kind == "skipped"')
        else:
            codes = sorted({hash64(source) for source in sources})
            for start in range(0, len(codes), ROWS):
                self._store._erase("records", f'kind == "skipped" and article in {codes[start : start + ROWS]}')
        rows = []
        for each in skipped:
            self._sequence += 1
            said = tables.pieces(json.dumps({"source": each.source, "reason": each.reason, "place": each.place}))
            key = f"skipped:{self._sequence}"
            rows.append(tables.record(key, "skipped", self._sequence, said, article=hash64(each.source)))
        self._store._send("records", rows)

    def retire(self, article_ids: Iterable[str]) -> None:
        """As `contract.Writer` has it."""
        with self._changing() as generation:
            self._leave(list(article_ids), generation)

    def remove(self, article_ids: Iterable[str]) -> None:
        """As `contract.Writer` has it: they are gone for all before the first row is deleted."""
        ids = list(dict.fromkeys(article_ids))
        with self._changing() as generation:
            said = tables.pieces(json.dumps(ids))
            self._store._send("records", [tables.record("erasing", "erasing", generation, said)])
            self._leave(ids, generation)
            self._store._send("records", [tables.record("erased", "erased", generation)])
        self._delete(ids)
        self._store._erase("records", 'kind == "erasing"')
        self.name()

    def _delete(self, ids: Sequence[str]) -> None:
        store = self._store
        keys = sorted(row["key"] for row in store._of_ids(ids, "born >= 0"))
        for start in range(0, len(keys), ROWS):
            some = keys[start : start + ROWS]
            store._erase("records", f'kind == "same" and article in {some}')
            store._erase("passages", f"article in {some}")
            store._erase("articles", f"key in {some}")

    def _leave(self, ids: Sequence[str], generation: int) -> None:
        """Has the articles with some ids that are in be gone from a generation on."""
        store = self._store
        keys = [row["key"] for row in store._of_ids(ids, tables.present(generation - 1))]
        passages = store._of("passages", "article", keys, ("key",), tables.present(generation - 1))
        store._send("passages", ({"key": row["key"], "died": generation} for row in passages), partial=True)
        store._send("articles", ({"key": key, "died": generation} for key in keys), partial=True)

    def compare(self) -> None:
        """As `contract.Writer` has it; signatures of all articles are held in memory, 256 bytes of each."""
        store, now = self._store, self._store.generation()
        last = int(store.kept("compared") or -1)
        if last == now or not store._rows("articles", f"born > {last} and {tables.present(now)}", ["key"], 1):
            return
        rows = sorted(
            store._scan("articles", tables.present(now), ("key", "born", "number", "signature")), key=tables.order
        )
        keys = [row["key"] for row in rows]
        grouped = store._same(keys)
        known = [grouped.get(row["key"], row["key"]) if row["born"] <= last else -1 for row in rows]
        signatures = np.array([tables.signature(row["signature"]) for row in rows], np.uint32)
        found = comparing.groups(
            signatures, np.array(known, np.int64), lambda i: store._articles([keys[i]])[keys[i]].text
        )
        sizes = Counter(found.tolist())
        with self._changing() as generation:
            changed = {
                keys[i]: keys[first] for i, first in enumerate(found.tolist())
                if sizes[first] > 1 and grouped.get(keys[i]) != keys[first]
            }  # fmt: skip
            briefs = {r["key"]: tables.brief(r) for r in store._of("articles", "key", changed, ("key", "brief"))}
            store._send(
                "records", (tables.grouped(key, same, briefs[key], generation) for key, same in changed.items())
            )
            store._send("records", [tables.record("kept:compared", "kept", value=[str(generation)])])

    def name(self) -> None:
        """As `contract.Writer` has it; what articles say of names stands in their rows."""
        summary = self._store._sum()
        own = self._store.kept("own names")
        mined = naming.group_pairs(+summary.pairs, +summary.printed)
        found = naming.merge_groups(mined, naming.parse_own_list(own, "the index's list of names") if own else ())
        self.keep("names", json.dumps([[name.spellings, name.basis] for name in found], ensure_ascii=False))

    @contextlib.contextmanager
    def _changing(self) -> Iterator[int]:
        """One change: what is written inside is seen by nobody before the end, when its generation is written."""
        store = self._store
        generation = store.generation() + 1
        yield generation
        self._publish(generation)

    def _publish(self, generation: int) -> None:
        store = self._store
        self._claim.check()
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        store._send("records", [tables.record(f"past:{generation}", "past", generation, [now])])
        store._send("records", [tables.record("generation", "generation", generation)])


@dataclass(frozen=True)
class MilvusSink:
    """Where the processes of a build put articles, as `contract.Sink` has it: at a generation that is not yet."""

    place: Place
    generation: int

    def put(self, batch: Sequence[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        """As `contract.Sink` has it."""
        _reached(self.place).stage(batch, self.generation)


@functools.cache
def _reached(place: Place) -> MilvusStore:
    """The library at a place, for as long as this process lives."""
    return MilvusStore.open(place)


class MilvusStager(MilvusWriter):
    """A build that many processes write to, as `contract.Stager` has it.

    It stands at a generation far above today's. What one that was stopped had put in is cleared away by any writer that
    is not such a build.
    """

    def __init__(self, store: MilvusStore, claim: _Claim):
        super().__init__(store, claim)
        now = store.generation()
        left = (row["born"] for row in store._scan("articles", f"born > {now}", ("born",)))
        self._generation = max(left, default=now + AHEAD)
        self._replaced: list[str] = []

    @property
    def sink(self) -> MilvusSink:
        """As `contract.Stager` has it."""
        return MilvusSink(self._store._server.place, self._generation)

    def staged(self, articles: Sequence[Article], known: Container[str]) -> set[str]:
        """As `contract.Stager` has it."""
        self._replaced += [article.id for article in articles if article.id in known]
        keys = {tables.article_key(article, self._generation): article.content_hash for article in articles}
        return {keys[row["key"]] for row in self._store._of("articles", "key", keys, ("key",))}

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        """Puts in what nobody else has."""
        self._store.stage(list(batch), self._generation)

    def retire(self, article_ids: Iterable[str]) -> None:
        """Has articles be gone when the build is done."""
        self._replaced += article_ids

    def finish(self, digests: Container[str]) -> int:
        """As `contract.Stager` has it."""
        store, own = self._store, self._generation
        kept, loose = 0, list[int]()
        for row in store._scan("articles", f"born == {own}", ("key", "brief")):
            if tables.brief(row)["digest"] in digests:
                kept += 1
            else:
                loose.append(row["key"])
        for start in range(0, len(loose), ROWS):
            store._erase("passages", f"article in {loose[start : start + ROWS]}")
            store._erase("articles", f"key in {loose[start : start + ROWS]}")
        if kept or self._replaced:
            for start in range(0, len(self._replaced), ROWS):
                self._leave(self._replaced[start : start + ROWS], own)
            self._publish(own)
        return store._total("passages", f"born == {own}")


class _Claim:
    """Who may write: one at a time, as the records tell.

    A claim is put in, and then looked for others: of two writers, the one whose claim came later sees that of the
    other and takes its own back. A claim that was not renewed for CLAIM seconds, by the clocks of the machines that
    write, is one of a writer that was killed.
    """

    def __init__(self, store: MilvusStore, wait: bool):
        self._store, self._wait = store, wait
        self._key = f"writer:{secrets.token_hex(8)}"
        self._stop, self._lost = threading.Event(), False

    def __enter__(self) -> _Claim:
        told = False
        while True:
            self._say()
            others = [row for row in self._claims() if row["key"] != self._key]
            if not others:
                break
            self._store._erase("records", f'key == "{self._key}"')
            if not self._wait:
                raise LibraryError(f"another process is writing to {self._store.place}; try again when it is done")
            if not told:
                log.warning("waiting for another process that is writing to %s ...", self._store.place)
            told = True
            time.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - so that two do not meet again and again
        self._thread = threading.Thread(target=self._beat, daemon=True, name="claim")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._store._erase("records", f'key == "{self._key}"')

    def check(self) -> None:
        """Raises LibraryError where another writer has taken this one for dead."""
        if self._lost or not self._stands():
            raise LibraryError(f"another process has taken over the writing to {self._store.place}; run this again")

    def _claims(self) -> list[Row]:
        """The claims that stand; those of the dead are cleared away."""
        rows = self._store._rows("records", 'kind == "writer"', ("key", "number"))
        dead = [row["key"] for row in rows if row["number"] < time.time() - CLAIM and row["key"] != self._key]
        if dead:
            self._store._erase("records", f"key in {json.dumps(dead)}")
        return [row for row in rows if row["key"] not in dead]

    def _say(self) -> None:
        self._store._send("records", [tables.record(self._key, "writer", int(time.time()))])

    def _beat(self) -> None:
        while not self._lost and not self._stop.wait(BEAT):
            with contextlib.suppress(LibraryError), self._store.strictly():  # else the writer itself will hear of it
                self._lost = not self._stands()
                if not self._lost:
                    self._say()

    def _stands(self) -> bool:
        return any(row["key"] == self._key for row in self._claims())


def _alike(one: comparing.Shingles, other: comparing.Shingles) -> bool:
    """Whether two passages are one text; those of a few words are alike by chance."""
    enough = min(len(one), len(other)) > comparing.MIN_WORDS - comparing.SHINGLE_WORDS
    return enough and comparing.overlap(one, other) >= comparing.MIN_OVERLAP


def _covered(words: str, terms: Sequence[Term], weights: Sequence[float]) -> float:
    """The share of a question that a passage holds."""
    held = tables.unpacked(words)
    return sum(weight for term, weight in zip(terms, weights, strict=False) if lexical.holds(held, term))


def _manifest(server: Server) -> Manifest | None:
    """What stands at a place; None where there is no library."""
    table = f"{server.place.name}_records"
    if not server("has_collection", table):
        return None
    rows = server(
        "query", table, filter='key == "manifest"', output_fields=["value"], limit=1, consistency_level="Strong"
    )
    return Manifest(**tables.parsed(rows[0]["value"])) if rows else None
