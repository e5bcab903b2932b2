"""Check an index folder: SQLite's pages, the rows of its database, and the cache that is derived from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.doctor.diagnosis import Check, Diagnosis
from rag.doctor.passages import StoredPassage, check_passages, unpack_vectors
from rag.doctor.settings import check_settings
from rag.errors import LibraryError
from rag.provenance.duplicates import PERMUTATIONS
from rag.stores import snapshot
from rag.stores.base import hash64
from rag.stores.sqlite import DATABASE, FORMAT, Store, engine
from rag.stores.sqlite.connection import translate_errors
from rag.stores.sqlite.engine import Connection
from rag.stores.sqlite.schema import unpack_spans

# What PRAGMA integrity_check says about SQLite's own indexes, which can be built again.
_INDEX_FAULTS = ("missing from index", "wrong # of entries in index", "non-unique entry in index")


def examine_folder(folder: Path, repair: bool) -> Diagnosis:
    """Check an index folder. Raises LibraryError if there is no index in it."""
    found = Diagnosis()
    database = found.check("database")
    try:
        store = Store.open(folder) if repair or not Store.exists(folder) else Store.look(folder)
    except LibraryError as error:
        if not Store.exists(folder):
            raise
        database.add(str(error))
        return found
    try:
        with translate_errors(folder):
            whole = _check_pages(store, database)
            readable = _check_structure(store, database, repair and whole)
            if not whole:
                found.notes.append("restore a backup, or build the index again in a new folder")
            if store.manifest.format != FORMAT:
                found.notes.append(f"the index has format {store.manifest.format}: any other command upgrades it")
            elif readable:
                with store.reading() as db:
                    check_settings(dict(db.execute("SELECT key, value FROM manifest")), found.check("manifest"))
                    _check_generations(db, found.check("generations"))
                    _check_articles(store, db, found)
                _check_cache(store, found, repair)
    except LibraryError as error:  # rows that cannot even be read
        database.add(str(error))
    finally:
        store.close()
    _note_leftovers(folder, found, repair)
    return found


def _check_pages(store: Store, check: Check) -> bool:
    """Check that every page of the database has its checksum; if not, let the other checks read what is there."""
    with store.reading() as db:
        (check.count,) = db.execute("PRAGMA page_count").fetchone()
        damaged = engine.damaged_pages(db) if engine.has_sums(db) else []
        if damaged:
            engine.trust(db)
            for page in damaged:
                check.add(f"page {page} is not as it was written")
    return not damaged


def _check_structure(store: Store, check: Check, repair: bool) -> bool:
    """Let SQLite check rows and indexes, and that every row that is referred to exists; return whether all is well."""
    before = len(check.faults)
    with store.reading() as db:
        lines = [row[0] for row in db.execute("PRAGMA integrity_check")]
        orphans = db.execute("PRAGMA foreign_key_check").fetchall()
    for line in lines if lines != ["ok"] else ():
        check.add(line)
    for table, row, of, _ in orphans:
        check.add(f"{table} {row} belongs to a row of {of} that does not exist")
    if (
        check.faults
        and repair
        and not check.more
        and all(any(kind in line for kind in _INDEX_FAULTS) for line in check.faults)
    ):
        store.reindex()
        check.repaired = "built SQLite's indexes again"
    return len(check.faults) == before or bool(check.repaired)


def _check_generations(db: Connection, check: Check) -> None:
    """Check that nothing in the database is later than its generation, and that this has its token."""
    (now,) = db.execute("SELECT CAST(value AS INTEGER) FROM manifest WHERE key = 'generation'").fetchone()
    check.count = now
    if now and not db.execute("SELECT 1 FROM past WHERE generation = ?", (now,)).fetchone():
        check.add(f"generation {now} has no token")
    latest = """SELECT 'articles changed', max(changed) FROM article UNION SELECT 'articles retired', max(retired)
        FROM article UNION SELECT 'articles removed', max(generation) FROM gone
        UNION SELECT 'generations', max(generation) FROM past"""
    for what, last in db.execute(latest):
        if last and last > now:
            check.add(f"{what} in generation {last}, later than {now}")


def _check_articles(store: Store, db: Connection, found: Diagnosis) -> None:
    """Check articles, passages, vectors and groups of duplicates."""
    articles, passages, vectors, duplicates = map(found.check, ("articles", "passages", "vectors", "duplicates"))
    for key, retired, content_hash, article in store.everything():
        articles.count += 1
        name = f"article {article.id if article else key}"
        if article is None or article.content_hash != content_hash:
            articles.add(f"{name} is not as it was stored")
            continue
        rows = db.execute(_ROWS, (key,)).fetchall()
        passages.count += len(rows)
        vectors.count += len(rows)
        if not rows and not retired:
            passages.add(f"{name} has none")
        stored = [_unpack(row, store.manifest.dimension) for row in rows]
        check_passages(article.text, stored, store.manifest.dimension, name, passages, vectors)
    for (article_id,) in db.execute("SELECT id FROM article WHERE address IS NOT canonical_address(url)"):
        articles.add(f"article {article_id}: its address is not that of its URL")
    duplicates.count = passages.count
    wrong = "SELECT key FROM passage WHERE same > key OR length(signature) != ?"
    for (key,) in db.execute(wrong, (PERMUTATIONS * 4,)):
        duplicates.add(f"passage {key}: its signature or its group cannot be right")
    for key, group in db.execute("SELECT key, same FROM article WHERE same > key"):
        duplicates.add(f"article {key}: its group begins with {group}, which is later")
    for (key,) in db.execute("SELECT article FROM gone WHERE article IN (SELECT key FROM article)"):
        articles.add(f"article {key} is there although it was removed")


_ROWS = """SELECT p.key, p.start, p."end", p.sentences, p.content, v.value, v.sentences, v.checksum
    FROM passage p LEFT JOIN vector v ON v.passage = p.key WHERE p.article = ? ORDER BY p.start"""


def _unpack(row: Sequence[Any], dimension: int) -> StoredPassage:
    """Return the passage of a row of _ROWS."""
    key, start, end, sentences, content, value, parts, checksum = row
    spans = None if len(sentences) % 8 else list(unpack_spans(sentences))
    if value is None:
        return StoredPassage(key, start, end, content, spans, None, None)
    vector = np.frombuffer(value, "<f4") if len(value) % 4 == 0 else np.zeros(0, np.float32)
    intact = checksum == hash64(value, parts)
    return StoredPassage(key, start, end, content, spans, vector, unpack_vectors(parts, dimension), intact)


def _check_cache(store: Store, found: Diagnosis, repair: bool) -> None:
    """Compare the cache with the database, passage by passage; the next question builds a missing one."""
    check = found.check("cache")
    generation = store.generation()
    caches = snapshot.generations(store.folder)
    if caches and caches[0] > generation:
        check.add(
            f"there is a cache of generation {caches[0]}, but the database is at {generation}: either an older copy "
            f"was put in its place, or {DATABASE}-wal, which belongs to it, was lost"
        )
    if not all(each.ok for each in found.checks[:-1]):
        found.notes.append("the cache was not compared with the database, in which something is wrong")
    elif fault := store.cache_fault():
        check.add(f"cache.{generation}: {fault}")
    check.count = generation in caches
    if not check.count:
        found.notes.append("there is no cache of the newest generation; the next question builds it")
    if repair and check.faults:
        snapshot.clear(store.folder)
        store.view()
        check.repaired = "built it again"


def _note_leftovers(folder: Path, found: Diagnosis, repair: bool) -> None:
    """Note, or delete, what killed processes left unfinished; note copies of older formats."""
    left = [path for path in folder.glob("*.making.*") if snapshot.abandoned(path)]
    if left and repair:
        for path in left:
            snapshot.delete(path)
        found.notes.append(f"deleted {len(left)} unfinished files or folders of processes that were killed")
    elif left:
        found.notes.append(
            f"there are {len(left)} unfinished files or folders of processes that were killed; --repair deletes them"
        )
    for path in sorted(folder.glob("library.format*.sqlite")):
        date = dt.date.fromtimestamp(path.stat().st_mtime)
        found.notes.append(f"{path.name} is the index as it was before {date}; `according compact` deletes it")
