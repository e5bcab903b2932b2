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
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag.article import Article
from rag.readers.skipped import Skipped
from rag.stores import base
from rag.stores.base import ALIASES, EmbeddedPassage, NameCounts, Sink, Uncompared, hash64
from rag.stores.milvus import schema
from rag.stores.milvus.claim import Claim
from rag.stores.milvus.client import MilvusLocation
from rag.stores.milvus.schema import NEVER
from rag.stores.milvus.tables import ROWS_PER_CALL

if TYPE_CHECKING:
    from rag.stores.milvus.store import MilvusStore

GENERATIONS_AHEAD = 1_000_000  # between the present generation and the one that a cluster's workers write
NEVER_CURRENT = 0  # the generation at which a text ended that was an earlier version when it was read
COMPARED = "compared"  # the setting that says up to which generation articles have been compared


class MilvusWriter(base.Writer):
    """Changes to a library in Milvus."""

    sink: Sink | None = None

    def __init__(self, store: MilvusStore, claim: Claim):
        self._store, self._claim = store, claim
        self._sequence = time.time_ns()
        self._groups: dict[int, int] = {}  # as `to_compare` read them

    def recover(self, staged: bool = False) -> None:
        """Remove what a killed writer had put in unseen, and finish what it had begun to delete.

        `staged` leaves what the workers of a cluster had put in.
        """
        store, now = self._store, self._store.generation()
        for table in ("passages", "articles"):
            late = f"died > {now} and died < {NEVER}"
            rows = list(store._scan(table, late, ("key",)))
            store._send(table, ({"key": row["key"], "died": NEVER} for row in rows), partial=True)
            if not staged:
                store._erase(table, f"born > {now}")
        store._erase("records", f'kind == "kept" and born > {now}')  # what it was before is kept
        for row in store._rows("records", 'kind == "erasing"', schema.RECORD_COLUMNS):
            if row["number"] <= now:
                self._delete(schema.parsed(row["value"]))
                self._forget(ALIASES)
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

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage] | None]]) -> None:
        batch = list(batch)
        amended = [article for article, passages in batch if passages is None]
        added = [(article, passages) for article, passages in batch if passages is not None]
        with self._changing() as generation:
            old = self._amend(amended, generation) if amended else []
            self._store.stage(added, generation)
            self._retire([*old, *(article.id for article, _ in added)], generation)

    def _amend(self, articles: Sequence[Article], generation: int) -> list[str]:
        """Add rows with the text and vectors of the present ones; return the ids of the articles that have some."""
        store, now = self._store, generation - 1
        fresh = {article.id: article for article in articles}
        rows = store._of_ids(list(fresh), schema.present(now), ("key", "brief", "signature"))
        old = {schema.brief(row)["id"]: row for row in rows}
        keys = [row["key"] for row in old.values()]
        passages = store._of("passages", "article", keys, schema.COPIED_COLUMNS, schema.present(now))
        owners = {row["key"]: fresh[article_id] for article_id, row in old.items()}
        store._send("passages", (schema.moved(row, owners[row["article"]], generation) for row in passages))
        store._send(
            "articles",
            (
                schema.article_row(fresh[i], (), generation, n) | {"signature": row["signature"]}
                for n, (i, row) in enumerate(old.items())
            ),
        )
        return list(old)

    def keep(self, articles: Iterable[Article]) -> None:
        store = self._store
        if not (new := [a for a in articles if all(v.article.text != a.text for v in store.versions(a.id))]):
            return
        with self._changing() as generation:
            rows = (schema.article_row(a, (), generation, n) | {"died": NEVER_CURRENT} for n, a in enumerate(new))
            store._send("articles", rows)

    def retire(self, article_ids: Iterable[str]) -> None:
        with self._changing() as generation:
            self._retire(list(article_ids), generation)

    def remove(self, article_ids: Iterable[str], aliases: Callable[[NameCounts], str]) -> None:
        # They are invisible to all before the first row is deleted.
        ids = list(dict.fromkeys(article_ids))
        with self._changing() as generation:
            value = schema.pieces(json.dumps(ids))
            self._store._send("records", [schema.record("erasing", "erasing", generation, value)])
            self._retire(ids, generation)
            self._store._send("records", [schema.record("erased", "erased", generation)])
        self._delete(ids)
        self._store._erase("records", 'kind == "erasing"')
        self.save_setting(ALIASES, aliases(self.name_counts()))
        self._forget(ALIASES)

    def publish(self, content_hashes: Container[str]) -> int:
        raise NotImplementedError("there is no sink")

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

    def save_setting(self, name: str, text: str) -> None:
        if self._store.setting(name) != text:
            with self._changing() as generation:
                self._keep(name, schema.pieces(text), generation)

    def _keep(self, name: str, value: Sequence[str], generation: int) -> None:
        """Store a setting from a generation on. What it is until then is put aside first."""
        rows = sorted(self._store._setting_rows(name), key=lambda row: int(row["born"]))
        if rows:
            self._store._send("records", [schema.setting(name, rows[-1]["value"], rows[-1]["born"], earlier=True)])
        self._store._send("records", [schema.setting(name, value, generation)])

    def _forget(self, name: str) -> None:
        """Delete what a setting was before, which may hold words of articles that were removed."""
        self._store._erase("records", f'key == "{schema.setting_key(name, earlier=True)}"')

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

    # Duplicates and names

    def to_compare(self) -> Sequence[Uncompared]:
        store, now = self._store, self._store.generation()
        last = int(store.setting(COMPARED) or -1)
        if last == now or not store._rows("articles", f"born > {last} and {schema.present(now)}", ["key"], 1):
            return ()
        # The signatures of all articles are held in memory, 256 bytes each.
        columns = ("key", "born", "number", "signature")
        rows = sorted(store._scan("articles", schema.present(now), columns), key=schema.order)
        keys = [row["key"] for row in rows]
        groups = self._groups = store._groups(keys)
        known = [groups.get(row["key"], row["key"]) if row["born"] <= last else -1 for row in rows]
        signatures = np.array([schema.signature(row["signature"]) for row in rows], np.uint32)
        return (
            Uncompared(
                "article",
                np.array(keys, np.int64),
                np.array(known, np.int64),
                signatures,
                lambda row: store._articles([keys[row]])[keys[row]].text,
            ),
        )

    def save_groups(self, groups: Iterable[tuple[Uncompared, npt.NDArray[np.int64]]]) -> None:
        store = self._store
        with self._changing() as generation:
            for comparison, first in groups:
                same, sizes = comparison.keys[first].tolist(), np.bincount(first, minlength=len(first))[first].tolist()
                rows = zip(comparison.keys.tolist(), same, sizes, strict=True)
                new = {key: group for key, group, size in rows if size > 1 and self._groups.get(key) != group}
                briefs = {r["key"]: schema.brief(r) for r in store._of("articles", "key", new, ("key", "brief"))}
                records = (schema.grouped(key, group, briefs[key], generation) for key, group in new.items())
                store._send("records", records)
            self._keep(COMPARED, [str(generation)], generation)

    def name_counts(self) -> NameCounts:
        summary = self._store.summaries.newest()
        return NameCounts(+summary.pairs, +summary.printed)


@dataclass(frozen=True)
class MilvusSink:
    """Where the workers of a cluster put articles: at a generation that is not visible yet."""

    location: MilvusLocation
    generation: int

    def put(self, batch: Sequence[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        _open(self.location).stage(batch, self.generation)


@functools.cache
def _open(location: MilvusLocation) -> MilvusStore:
    """Return the library at a location, for as long as this process lives."""
    from rag.stores.milvus.store import MilvusStore

    return MilvusStore.open(location)


class SharedWriter(MilvusWriter):
    """A writer with a sink, which writes a generation far above the present one.

    What a build that was stopped had put in there is removed by any writer without a sink.
    """

    def __init__(self, store: MilvusStore, claim: Claim):
        super().__init__(store, claim)
        now = store.generation()
        left = (row["born"] for row in store._scan("articles", f"born > {now}", ("born",)))
        self._generation = max(left, default=now + GENERATIONS_AHEAD)
        self._replaced: list[str] = []
        self.sink: Sink | None = MilvusSink(store._server.location, self._generation)

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage] | None]]) -> None:
        batch = list(batch)
        if amended := [(article, passages) for article, passages in batch if passages is None]:
            super().put(amended)
        added = [(article, passages) for article, passages in batch if passages is not None]
        self._store.stage(added, self._generation)
        self._replaced += [article.id for article, _ in added]

    def retire(self, article_ids: Iterable[str]) -> None:
        self._replaced += article_ids  # with `publish`

    def publish(self, content_hashes: Container[str]) -> int:
        store, own = self._store, self._generation
        kept, loose = 0, list[int]()
        for row in store._scan("articles", f"born == {own}", ("key", "brief")):
            if schema.brief(row)["digest"] in content_hashes:
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
