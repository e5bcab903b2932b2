"""One writer at a time to a library in Milvus: claims, kept as rows of its records.

After `tables`; `store` makes a claim for every writer.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import secrets
import threading
import time

from rag.errors import BusyError, LibraryError
from rag.stores.milvus import schema
from rag.stores.milvus.schema import Row
from rag.stores.milvus.tables import Tables

CLAIM_SECONDS = 60.0  # after which the claim of a writer that did not renew it no longer counts
RENEWAL_SECONDS = 10.0  # between two renewals

log = logging.getLogger("rag")


class Claim:
    """The right to write, for as long as the context lasts.

    A writer inserts its claim, and then looks for others: of two writers, the one whose claim came later sees the
    other's and takes its own back. A claim that was not renewed for CLAIM_SECONDS, by the clocks of the machines that
    write, belongs to a writer that was killed.
    """

    def __init__(self, tables: Tables, wait: bool):
        self._tables, self._wait = tables, wait
        self._key = f"writer:{secrets.token_hex(8)}"
        self._stop, self._lost = threading.Event(), False

    def __enter__(self) -> Claim:
        logged = False
        while True:
            self._renew()
            others = [row for row in self._claims() if row["key"] != self._key]
            if not others:
                break
            self._tables._erase("records", f'key == "{self._key}"')
            if not self._wait:
                raise BusyError(f"another process is writing to {self._tables.location}; try again when it is done")
            if not logged:
                log.warning("waiting for another process that is writing to %s ...", self._tables.location)
            logged = True
            time.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - so that two do not collide again and again
        self._thread = threading.Thread(target=self._keep_renewing, daemon=True, name="claim")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._tables._erase("records", f'key == "{self._key}"')

    def check(self) -> None:
        """Raise LibraryError if another writer has taken over because this claim was not renewed in time."""
        if self._lost or not self._is_valid():
            raise LibraryError(f"another process has taken over the writing to {self._tables.location}; run this again")

    def _claims(self) -> list[Row]:
        """Return the claims that count, and delete those of killed writers."""
        rows = self._tables._rows("records", 'kind == "writer"', ("key", "number"))
        dead = [row["key"] for row in rows if row["number"] < time.time() - CLAIM_SECONDS and row["key"] != self._key]
        if dead:
            self._tables._erase("records", f"key in {json.dumps(dead)}")
        return [row for row in rows if row["key"] not in dead]

    def _renew(self) -> None:
        self._tables._send("records", [schema.record(self._key, "writer", int(time.time()))])

    def _keep_renewing(self) -> None:
        while not self._lost and not self._stop.wait(RENEWAL_SECONDS):
            with contextlib.suppress(LibraryError), self._tables.strictly():  # which the writer itself will meet too
                self._lost = not self._is_valid()
                if not self._lost:
                    self._renew()

    def _is_valid(self) -> bool:
        return any(row["key"] == self._key for row in self._claims())
