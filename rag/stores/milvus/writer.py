"""Changes to a library in Milvus; a change becomes visible when its generation is written.

After `claim`, which a writer holds, and `summary`. `MilvusStager` and `MilvusSink` are for builds on a cluster, whose
workers put articles in themselves.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rag.article import Article
from rag.provenance import duplicates as comparing
from rag.query import aliases as naming
from rag.readers.skipped import Skipped
from rag.stores.base import EmbeddedPassage, hash64
from rag.stores.milvus import schema
from rag.stores.milvus.claim import Claim
from rag.stores.milvus.client import Place
from rag.stores.milvus.schema import IN
from rag.stores.milvus.tables import ROWS_PER_CALL

if TYPE_CHECKING:
    from rag.stores.milvus.store import MilvusStore

GENERATIONS_AHEAD = 1_000_000  # between the present generation and the one that a cluster's workers write


class MilvusWriter:
    """Changes to a library; each method is one change, visible and durable when it returns."""

    def __init__(self, store: MilvusStore, claim: Claim):
        self._store, self._claim = store, claim
        self._sequence = time.time_ns()

    def recover(self, staged: bool = False) -> None:
        """Remove what a killed writer had put in unseen, and finish what it had begun to delete.

        `staged` leaves what the workers of a cluster had put in.
        """
        store, now = self._store, self._store.generation()
        for table in ("passages", "articles"):
            late = f"died > {now} and died < {IN}"
            rows = list(store._scan(table, late, ("key",)))
            store._send(table, ({"key": row["key"], "died": IN} for row in rows), partial=True)
            if not staged:
                store._erase(table, f"born > {now}")
        for row in store._rows("records", 'kind == "erasing"', schema.RECORD):
            if row["number"] <= now:
                self._delete(schema.parsed(row["value"]))
        store._erase("records", 'kind == "erasing"')

    @contextlib.contextmanager
    def _changing(self) -> Iterator[int]:
        """Make one change: what is written inside is visible from the end on, when its generation is written."""
        generation = self._store.generation() + 1
        yield generation
        self._publish(generation)

    def _publish(self, generation: int) -> None:
        store = self._store
        self._claim.check()
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        store._send("records", [schema.record(f"past:{generation}", "past", generation, [now])])
        store._send("records", [schema.record("generation", "generation", generation)])

    # Articles

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        batch = list(batch)
        with self._changing() as generation:
            self._store.stage(batch, generation)
            self._retire([article.id for article, _ in batch], generation)

    def amend(self, articles: Iterable[Article]) -> None:
        """Replace rows by others with the same text and vectors."""
        store = self._store
        fresh = {article.id: article for article in articles}
        now = store.generation()
        rows = store._of_ids(list(fresh), schema.present(now), ("key", "brief", "signature"))
        old = {schema.brief(row)["id"]: row for row in rows}
        with self._changing() as generation:
            keys = [row["key"] for row in old.values()]
            passages = store._of("passages", "article", keys, schema.WHOLE, schema.present(now))
            owners = {row["key"]: fresh[article_id] for article_id, row in old.items()}
            store._send("passages", (schema.moved(row, owners[row["article"]], generation) for row in passages))
            store._send(
                "articles",
                (
                    schema.article_row(fresh[i], (), generation, n) | {"signature": row["signature"]}
                    for n, (i, row) in enumerate(old.items())
                ),
            )
            self._retire(list(old), generation)

    def retire(self, article_ids: Iterable[str]) -> None:
        with self._changing() as generation:
            self._retire(list(article_ids), generation)

    def remove(self, article_ids: Iterable[str]) -> None:
        """Delete articles: they are invisible to all before the first row is deleted."""
        ids = list(dict.fromkeys(article_ids))
        with self._changing() as generation:
            value = schema.pieces(json.dumps(ids))
            self._store._send("records", [schema.record("erasing", "erasing", generation, value)])
            self._retire(ids, generation)
            self._store._send("records", [schema.record("erased", "erased", generation)])
        self._delete(ids)
        self._store._erase("records", 'kind == "erasing"')
        self.name()

    def _delete(self, ids: Sequence[str]) -> None:
        store = self._store
        keys = sorted(row["key"] for row in store._of_ids(ids, "born >= 0"))
        for start in range(0, len(keys), ROWS_PER_CALL):
            some = keys[start : start + ROWS_PER_CALL]
            store._erase("records", f'kind == "same" and article in {some}')
            store._erase("passages", f"article in {some}")
            store._erase("articles", f"key in {some}")

    def _retire(self, ids: Sequence[str], generation: int) -> None:
        """End the present versions of articles at a generation."""
        store = self._store
        keys = [row["key"] for row in store._of_ids(ids, schema.present(generation - 1))]
        passages = store._of("passages", "article", keys, ("key",), schema.present(generation - 1))
        store._send("passages", ({"key": row["key"], "died": generation} for row in passages), partial=True)
        store._send("articles", ({"key": key, "died": generation} for key in keys), partial=True)

    # Settings, and files that could not be read

    def keep(self, what: str, text: str) -> None:
        if self._store.kept(what) != text:
            with self._changing():
                self._store._send("records", [schema.record(f"kept:{what}", "kept", value=schema.pieces(text))])

    def quarantine(self, sources: Iterable[str] | None, skipped: Iterable[Skipped]) -> None:
        if sources is None:
            self._store._erase("records", 'kind == "skipped"')
        else:
            codes = sorted({hash64(source) for source in sources})
            for start in range(0, len(codes), ROWS_PER_CALL):
                some = codes[start : start + ROWS_PER_CALL]
                self._store._erase("records", f'kind == "skipped" and article in {some}')
        rows = []
        for each in skipped:
            self._sequence += 1
            value = schema.pieces(json.dumps({"source": each.source, "reason": each.reason, "place": each.place}))
            key = f"skipped:{self._sequence}"
            rows.append(schema.record(key, "skipped", self._sequence, value, article=hash64(each.source)))
        self._store._send("records", rows)

    # Duplicates and aliases

    def compare(self) -> None:
        """Find duplicates; the signatures of all articles are held in memory, 256 bytes each."""
        store, now = self._store, self._store.generation()
        last = int(store.kept("compared") or -1)
        if last == now or not store._rows("articles", f"born > {last} and {schema.present(now)}", ["key"], 1):
            return
        rows = sorted(
            store._scan("articles", schema.present(now), ("key", "born", "number", "signature")), key=schema.order
        )
        keys = [row["key"] for row in rows]
        grouped = store._groups(keys)
        known = [grouped.get(row["key"], row["key"]) if row["born"] <= last else -1 for row in rows]
        signatures = np.array([schema.signature(row["signature"]) for row in rows], np.uint32)
        found = comparing.groups(
            signatures, np.array(known, np.int64), lambda i: store._articles([keys[i]])[keys[i]].text
        )
        sizes = Counter(found.tolist())
        with self._changing() as generation:
            changed = {
                keys[i]: keys[first] for i, first in enumerate(found.tolist())
                if sizes[first] > 1 and grouped.get(keys[i]) != keys[first]
            }  # fmt: skip
            briefs = {r["key"]: schema.brief(r) for r in store._of("articles", "key", changed, ("key", "brief"))}
            store._send(
                "records", (schema.grouped(key, same, briefs[key], generation) for key, same in changed.items())
            )
            store._send("records", [schema.record("kept:compared", "kept", value=[str(generation)])])

    def name(self) -> None:
        """Group the spellings of names, which the rows of articles hold."""
        summary = self._store.summaries.newest()
        own = self._store.kept("own names")
        mined = naming.group_pairs(+summary.pairs, +summary.printed)
        found = naming.merge_groups(mined, naming.parse_own_list(own, "the index's list of names") if own else ())
        self.keep("names", json.dumps([[name.spellings, name.basis] for name in found], ensure_ascii=False))


@dataclass(frozen=True)
class MilvusSink:
    """Where the workers of a cluster put articles: at a generation that is not visible yet."""

    place: Place
    generation: int

    def put(self, batch: Sequence[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        _open(self.place).stage(batch, self.generation)


@functools.cache
def _open(place: Place) -> MilvusStore:
    """Return the library at a place, for as long as this process lives."""
    from rag.stores.milvus.store import MilvusStore

    return MilvusStore.open(place)


class MilvusStager(MilvusWriter):
    """A build whose articles the workers of a cluster put in.

    It writes a generation far above the present one. What a build that was stopped had put in is removed by any writer
    that is not such a build.
    """

    def __init__(self, store: MilvusStore, claim: Claim):
        super().__init__(store, claim)
        now = store.generation()
        left = (row["born"] for row in store._scan("articles", f"born > {now}", ("born",)))
        self._generation = max(left, default=now + GENERATIONS_AHEAD)
        self._replaced: list[str] = []

    @property
    def sink(self) -> MilvusSink:
        return MilvusSink(self._store._server.place, self._generation)

    def staged(self, articles: Sequence[Article], known: Container[str]) -> set[str]:
        self._replaced += [article.id for article in articles if article.id in known]
        keys = {schema.article_key(article, self._generation): article.content_hash for article in articles}
        return {keys[row["key"]] for row in self._store._of("articles", "key", keys, ("key",))}

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        """Put in articles that no worker has put in."""
        self._store.stage(list(batch), self._generation)

    def retire(self, article_ids: Iterable[str]) -> None:
        """Retire articles when the build is done."""
        self._replaced += article_ids

    def finish(self, digests: Container[str]) -> int:
        store, own = self._store, self._generation
        kept, loose = 0, list[int]()
        for row in store._scan("articles", f"born == {own}", ("key", "brief")):
            if schema.brief(row)["digest"] in digests:
                kept += 1
            else:
                loose.append(row["key"])
        for start in range(0, len(loose), ROWS_PER_CALL):
            store._erase("passages", f"article in {loose[start : start + ROWS_PER_CALL]}")
            store._erase("articles", f"key in {loose[start : start + ROWS_PER_CALL]}")
        if kept or self._replaced:
            for start in range(0, len(self._replaced), ROWS_PER_CALL):
                self._retire(self._replaced[start : start + ROWS_PER_CALL], own)
            self._publish(own)
        return store._total("passages", f"born == {own}")
