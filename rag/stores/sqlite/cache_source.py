"""What a cache is built from: the passages, vectors and words of a database at one generation.

After `connection`; before `rag.stores.snapshot`, which asks an Origin for what it needs, and `store`, which makes
views.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from itertools import islice

import numpy as np

from rag.models.encoder import Vectors
from rag.stores.faiss_index import Keys
from rag.stores.filters import coded_date
from rag.stores.snapshot import Changes, Origin
from rag.stores.sqlite.engine import Connection
from rag.stores.sqlite.schema import read_generation
from rag.stores.tantivy_index import Document

VECTORS_AT_ONCE = 8192


def origin(db: Connection, dimension: int) -> Origin:
    """Describe a database, inside a read transaction, as the source of a cache of vectors of this dimension."""
    rows = db.execute("SELECT key FROM article WHERE retired IS NULL ORDER BY key").fetchall()
    articles = np.array(rows, np.int64).reshape(-1)
    keys, owners = _passages(db)
    current = np.isin(owners, articles)
    keys, owners = keys[current], owners[current]
    order = np.argsort(keys)
    return Origin(
        read_generation(db),
        dict(db.execute("SELECT generation, token FROM past")),
        dimension,
        keys[order],
        owners[order],
        articles,
        functools.partial(_since, db),
        functools.partial(_vectors, db),
        functools.partial(_documents, db),
    )


def _passages(db: Connection) -> tuple[Keys, Keys]:
    """Return the keys of all passages, and that of the article of each.

    Those of an article are stored together, so that reading where they begin and end takes a tenth of the time.
    """
    runs = db.execute("SELECT article, min(key), max(key), count(*) FROM passage GROUP BY article").fetchall()
    owners, first, last, counts = np.array(runs, np.int64).reshape(-1, 4).T
    if ((last - first + 1) != counts).any():
        found = np.array(db.execute("SELECT key, article FROM passage").fetchall(), np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])  # of each run, in the result
    return np.arange(counts.sum()) + np.repeat(first - starts, counts), np.repeat(owners, counts)


def _since(db: Connection, generation: int) -> Changes:
    def keys_of(query: str) -> list[int]:
        return [row[0] for row in db.execute(query, {"g": generation})]

    gone = keys_of("SELECT article FROM gone WHERE generation > :g UNION SELECT key FROM article WHERE retired > :g")
    changed = keys_of("SELECT key FROM article WHERE changed > :g AND retired IS NULL")
    erased = keys_of("SELECT 1 FROM gone WHERE generation > :g AND erased LIMIT 1")
    return Changes(gone, changed, bool(erased))


def _vectors(db: Connection, above: int) -> Iterator[tuple[Keys, Vectors]]:
    cursor = db.execute("SELECT passage, value FROM vector WHERE passage > ? ORDER BY passage", (above,))
    while rows := list(islice(cursor, VECTORS_AT_ONCE)):
        vectors = np.frombuffer(b"".join(value for _, value in rows), "<f4").reshape(len(rows), -1)
        yield np.array([key for key, _ in rows], np.int64), vectors


def _documents(db: Connection, generation: int) -> Iterator[Document]:
    articles = db.execute(
        "SELECT key, outlet, date, date_basis, title, text FROM article WHERE retired IS NULL AND changed > ? "
        "ORDER BY key",
        (generation,),
    )
    for key, outlet, date, basis, title, text in articles:
        spans = db.execute('SELECT key, start, "end" FROM passage WHERE article = ? ORDER BY key', (key,))
        day = coded_date(dt.date.fromisoformat(date) if date else None, basis)
        whole = f"{title}\n\n{text}" if title else text
        yield Document(key, outlet, day, whole, [(p, text[a:b]) for p, a, b in spans])
