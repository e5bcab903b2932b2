"""Stop a build that would retire most of an index, before it changes anything.

A folder that is empty today may be one that is not mounted, or misspelt. `build` makes the index hold what the paths
hold, so it would retire everything, without a question.

What a build reads is kept back until so many of the index's articles were among it that at most half can be retired:
a build of what hardly changed reads half of it before it stores the first article. What is kept back waits in memory,
and beyond MEMORY_BYTES in a temporary file.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import IO

from rag.article import Article
from rag.errors import LibraryError
from rag.ingest import packing
from rag.ingest.packing import Item
from rag.ingest.reconcile import Reconciler
from rag.ingest.report import Report
from rag.provenance.identity import likely_ids
from rag.readers.item_json import to_json
from rag.stores.base import Store

# An index with no more articles than this is protected only from paths that hold no article at all: whoever deletes
# two of three files means it, and they are read again in no time.
SMALL_INDEX = 5
MEMORY_BYTES = 2**26


def unless_most_are_retired(batches: Iterator[list[Item]], store: Store, staged: bool) -> Iterator[list[Item]]:
    """Yield batches of what a build reads, from the moment that it cannot retire most of an index any more.

    Args:
        batches: what it reads; an empty one is the last.
        store: the index, which must not be changed before the first batch is yielded.
        staged: whether the workers of a cluster put articles into a sink.

    Raises:
        LibraryError: if it would retire more than half of the articles; then nothing was yielded.
    """
    total = sum(store.totals().outlets.values())
    enough = 1 if total <= SMALL_INDEX else total - total // 2
    found = set[str]()
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES, prefix="according-") as file:
        sizes: list[list[tuple[int, int]]] = []
        while len(found) < enough and total:
            if not (batch := next(batches, [])):
                _check(_held(file, sizes), store, total, enough, staged)
                break
            sizes.append(_hold(file, batch))
            articles = [item for item, _ in batch if isinstance(item, Article)]
            if total <= SMALL_INDEX:
                found.update(article.id for article in articles)
            else:
                likely = dict.fromkeys(article_id for article in articles for article_id in likely_ids(article))
                found.update(article_id for article_id, _ in store.known(list(likely)))
        yield from _held(file, sizes)
    while batch := next(batches, []):
        yield batch


def _check(batches: Iterator[list[Item]], store: Store, total: int, enough: int, staged: bool) -> None:
    """Raise LibraryError if all that was read leaves fewer than `enough` articles in the index."""
    reconciler, unread = Reconciler(store, Report(), staged), set[str]()
    for batch in batches:
        skipped = reconciler.take(item for item, _ in batch).skipped
        unread |= {item.source for item in skipped if not item.is_of_lines}
    reconciler.finish(retire=True)
    absent = len(reconciler.absent(unread))
    if total - absent < enough and (total > SMALL_INDEX or not reconciler.seen):
        raise LibraryError(
            f"nothing was changed: this build would retire {absent:,} of the {total:,} articles in the index, which "
            "the paths do not hold any more. If a folder is empty, not mounted or misspelt, mend that; if they are "
            "to go, repeat the build with --retire (in Python: retire=True); `add` retires nothing"
        )


def _hold(file: IO[bytes], batch: list[Item]) -> list[tuple[int, int]]:
    """Write a batch to a file; return the sizes of each item and of its passages, -1 for none."""
    sizes: list[tuple[int, int]] = []
    for item, passages in batch:
        text = json.dumps(to_json(item)).encode()
        packed = b"" if passages is None else packing.pack_passages(passages)
        file.write(text + packed)
        sizes.append((len(text), -1 if passages is None else len(packed)))
    return sizes


def _held(file: IO[bytes], sizes: list[list[tuple[int, int]]]) -> Iterator[list[Item]]:
    """Yield the batches that a file holds."""
    file.seek(0)
    for batch in sizes:
        items: list[Item] = []
        for text_size, size in batch:
            text, packed = file.read(text_size), file.read(max(0, size))
            item, passages = packing.unpack_item(text.decode(), packed)
            items.append((item, [] if passages is None and size >= 0 else passages))
        yield items
