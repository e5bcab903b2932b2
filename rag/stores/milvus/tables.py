"""Rows of a library's tables in Milvus, read and written as of one generation.

After `client`, which makes the calls, and `schema`, which says what a row holds; before `claim`, `summary`, `view`,
`store` and `writer`, all of which work on these rows.

Milvus has no transactions. Instead, a row states from which generation on it exists (`born`) and from which on it does
not (`died`), and is otherwise never changed. Readers look at one generation, and what a writer has added becomes
visible when a single row, the generation's, is written.

Consistency: writers read `Strong`; readers read `Session`, which shows their own changes at once and those of others
when the replica has them, in Milvus usually within a second.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rag.errors import LibraryError
from rag.stores.base import Manifest, hash64
from rag.stores.milvus import schema
from rag.stores.milvus.client import WRITE_RETRY_SECONDS, Server
from rag.stores.milvus.schema import Row

ROWS_PER_CALL, BYTES_PER_CALL = 500, 8_000_000  # that are sent, or asked for, at a time; a server takes 64 MB
MAX_QUERY_ROWS = 16_384  # that Milvus returns for one query


class Tables:
    """The three tables of a library; safe to use from several threads."""

    def __init__(self, server: Server):
        self.location = server.location.given
        self._server = server
        self._local = threading.local()

    def close(self) -> None:
        self._server.close()

    # Generations

    def generation(self) -> int:
        """Return the number of changes made so far, or the generation that this thread reads at (see `reading`)."""
        pinned: int | None = getattr(self._local, "pinned", None)
        return self._newest() if pinned is None else pinned

    def _newest(self) -> int:
        rows = self._rows("records", 'key == "generation"', ["number"])
        if not rows:
            raise LibraryError(f"the library at {self.location} has lost its generation: restore a backup of it")
        return int(rows[0]["number"])

    @contextlib.contextmanager
    def reading(self, searched: int | None = None) -> Iterator[None]:
        """Read everything inside as of one generation: it is looked up once, and rows are asked for as of it."""
        before = getattr(self._local, "pinned", None), getattr(self._local, "searched", None)
        self._local.pinned = self.generation()
        if searched is not None:
            self._local.searched = searched
        try:
            yield
        finally:
            self._local.pinned, self._local.searched = before

    @contextlib.contextmanager
    def strictly(self) -> Iterator[None]:
        """Let this thread see all that was written before, and retry longer while the server is unreachable."""
        self._local.writes = getattr(self._local, "writes", 0) + 1
        try:
            yield
        finally:
            self._local.writes -= 1

    def _present(self) -> str:
        """Return the filter for what can be found now."""
        return schema.present(self.generation())

    def _found(self) -> str:
        """Return the filter for what can be found now, and could be in the view that this thread reads for, if any."""
        searched: int | None = getattr(self._local, "searched", None)
        return self._present() if searched is None else f"{self._present()} and {schema.ever(searched)}"

    def has_erased(self, since: int) -> bool:
        """Return whether articles were deleted for good after a generation."""
        now = self.generation()
        return now > since and bool(self._rows("records", f'kind == "erased" and number > {since}', ["number"], 1))

    # Calls

    @property
    def _level(self) -> str:
        return "Strong" if getattr(self._local, "writes", 0) else "Session"

    @property
    def _retry(self) -> dict[str, float]:
        return {"retry_seconds": WRITE_RETRY_SECONDS} if getattr(self._local, "writes", 0) else {}

    def _table(self, name: str) -> str:
        return f"{self._server.location.name}_{name}"

    def _call(self, method: str, table: str, **named: Any) -> Any:
        return self._server(method, self._table(table), **self._retry, **named)

    # Rows

    def _rows(self, table: str, filters: str, output: Sequence[str], limit: int = 0) -> list[Row]:
        """Return rows that pass a filter, at most `limit`, or MAX_QUERY_ROWS."""
        found = self._call(
            "query", table, filter=filters, output_fields=list(output), limit=limit or MAX_QUERY_ROWS,
            consistency_level=self._level,
        )  # fmt: skip
        return list(found)

    def _of(self, table: str, column: str, values: Iterable[int], output: Sequence[str], more: str = "") -> list[Row]:
        """Return the rows whose column holds one of some integers, and that pass the filter `more`."""
        wanted, at_once = sorted(set(values)), ROWS_PER_CALL if column == "key" else ROWS_PER_CALL // 10
        found: list[Row] = []
        for start in range(0, len(wanted), at_once):
            some = f"{column} in {wanted[start : start + at_once]}"
            filters = f"{some} and {more}" if more else some
            rows = self._rows(table, filters, output)
            found += rows if len(rows) < MAX_QUERY_ROWS else self._scan(table, filters, output)
        return found

    def _of_ids(self, ids: Sequence[str], when: str, output: Sequence[str] = ("key", "brief")) -> list[Row]:
        """Return the rows of articles by id; `output` must include "brief"."""
        wanted = set(ids)
        rows = self._named(wanted, when, output)
        return [row for row in rows if schema.brief(row)["id"] in wanted]

    def _named(self, ids: Iterable[str], when: str, output: Sequence[str]) -> list[Row]:
        """Return the rows of articles by id, of those whose ids were qualified from one, and perhaps of others.

        Rows of earlier versions of According have the hash of the whole id.
        """
        names = (hash64(name) for article_id in ids for name in {article_id, schema.unqualified(article_id)})
        return self._of("articles", "name", names, output, when)

    def _scan(self, table: str, filters: str, output: Sequence[str]) -> Iterator[Row]:
        """Yield all rows that pass a filter, however many, in the order of their keys."""
        return self._server.each(
            self._table(table), batch_size=ROWS_PER_CALL, filter=filters, output_fields=list(output),
            consistency_level=self._level, **self._retry,
        )  # fmt: skip

    def _searched(self, method: str, table: str, **named: Any) -> list[Row]:
        """Return what a search for one question finds: rows with their key, score and output fields."""
        found = self._call(method, table, consistency_level=self._level, **named)
        return [{"key": hit["key"], "score": hit["distance"], **hit["entity"]} for hit in found[0]]

    def _total(self, table: str, filters: str) -> int:
        """Return the number of rows that pass a filter."""
        rows = self._call("query", table, filter=filters, output_fields=["count(*)"], consistency_level=self._level)
        return int(rows[0]["count(*)"])

    def _send(self, table: str, rows: Iterable[Row], partial: bool = False) -> None:
        """Insert rows, or replace those with the same key; with `partial`, only the columns that the rows have."""
        batch: list[Row] = []
        size = 0
        for row in rows:
            own = schema.size(row)
            if batch and (len(batch) >= ROWS_PER_CALL or size + own > BYTES_PER_CALL):
                self._call("upsert", table, data=batch, partial_update=partial)
                batch, size = [], 0
            batch.append(row)
            size += own
        if batch:
            self._call("upsert", table, data=batch, partial_update=partial)

    def _erase(self, table: str, filters: str) -> None:
        """Delete the rows that pass a filter."""
        self._call("delete", table, filter=filters)

    def added_before(self, time: dt.datetime) -> int:
        until = time.astimezone(dt.UTC).isoformat(timespec="seconds")
        made = self._scan("records", 'kind == "past"', ("number", "value"))
        return max((int(row["number"]) for row in made if row["value"] and row["value"][0] <= until), default=0)

    # Settings

    def setting(self, name: str) -> str | None:
        now = self.generation()
        rows = [row for row in self._setting_rows(name) if row["born"] <= now]
        return "".join(max(rows, key=lambda row: int(row["born"]))["value"]) if rows else None

    def _setting_rows(self, name: str) -> list[Row]:
        """Return the records of a setting: what it is, from a generation on that may not be visible yet, and was."""
        keys = [schema.setting_key(name), schema.setting_key(name, earlier=True)]
        return self._rows("records", f"key in {json.dumps(keys)}", ["key", "value", "born"])

    def _records(self, kind: str, column: str, values: Iterable[int]) -> list[Row]:
        return self._of("records", column, values, ("key", "number", "value"), f'kind == "{kind}"')

    def _groups(self, keys: Iterable[int]) -> dict[int, int]:
        """Return the group of each article that has duplicates, by article key."""
        rows = self._of("records", "article", keys, schema.RECORD_COLUMNS, 'kind == "same"')
        return {int(row["value"][0]): int(row["number"]) for row in rows}


def read_manifest(server: Server) -> Manifest | None:
    """Return the manifest of the library on a server; None if there is no library."""
    table = f"{server.location.name}_records"
    if not server("has_collection", table):
        return None
    rows = server(
        "query", table, filter='key == "manifest"', output_fields=["value"], limit=1, consistency_level="Strong"
    )
    return Manifest(**schema.parsed(rows[0]["value"])) if rows else None
