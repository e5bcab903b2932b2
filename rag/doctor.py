"""Index -> what is wrong with it: every row and file held against every other that it must agree with.

Beside the stores, which trust what they wrote; this reads the same tables and trusts nothing. What is made from a
folder's database can be repaired, without encoding anything: the cache, SQLite's own indexes. What is damaged in the
database itself, or in Milvus, is named, so that it can be removed and built again, or a backup restored.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rag.answer import confidence as bar
from rag.errors import AccordingError, LibraryError
from rag.provenance import catalogue as outlets
from rag.provenance.duplicates import PERMUTATIONS
from rag.query import aliases as names
from rag.stores import snapshot as cache
from rag.stores.base import Span, hash64
from rag.stores.milvus.client import Address, located
from rag.stores.sqlite import DATABASE, FORMAT, Store
from rag.stores.sqlite.connection import translate_errors
from rag.stores.sqlite.schema import unpack_spans

if TYPE_CHECKING:
    from rag.models.encoder import Vectors
    from rag.stores.milvus.client import Place
    from rag.stores.milvus.store import MilvusStore

UNIT = 1e-3  # how far from 1 the length of a vector may be; the sentences' are kept in half precision
NAMED = 10  # faults of one kind that are told one by one
_INDEX = ("missing from index", "wrong # of entries in index", "non-unique entry in index")


@dataclass
class Check:
    """One kind of thing that was looked at.

    Attributes:
        name: what.
        count: how many of them.
        faults: what is wrong, in words; of many the first.
        more: how many beyond those.
        repaired: what was done about all of it; empty where nothing was.
    """

    name: str
    count: int = 0
    faults: list[str] = field(default_factory=list)
    more: int = 0
    repaired: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, any more."""
        return not self.faults or bool(self.repaired)

    def add(self, fault: str) -> None:
        """Notes a fault."""
        if len(self.faults) < NAMED:
            self.faults.append(fault)
        else:
            self.more += 1

    def lines(self) -> list[str]:
        """For a reader: how it went, and what is wrong below it."""
        number = len(self.faults) + self.more
        found = f"{number:,} fault{'s' if number > 1 else ''}" if number else "ok"
        said = [f"{self.name:<12}{self.count:>12,}  {found}{f'; {self.repaired}' if self.repaired else ''}"]
        said += [f"    {fault}" for fault in self.faults]
        return [*said, f"    and {self.more:,} more"] if self.more else said


@dataclass
class Diagnosis:
    """What an examination of an index found.

    Attributes:
        checks: what was checked, each with its faults.
        notes: what a reader should know that is not a fault.
    """

    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, or everything wrong has been repaired."""
        return all(check.ok for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {"ok": self.ok} | asdict(self)

    def __str__(self) -> str:
        end = "nothing is wrong" if self.ok else "something is wrong"
        return "\n".join([*(line for check in self.checks for line in check.lines()), *self.notes, end])


def examine(index: Address = "index", repair: bool = False) -> Diagnosis:
    """Check everything in an index that can be checked without the articles' files and the encoder.

    Args:
        index: the folder of the index, or a library in Milvus, which checks its own files.
        repair: whether to rebuild what is derived from the database, and to remove what killed processes left.

    Returns:
        What was checked, and what is wrong.

    Raises:
        LibraryError: where there is no index.
    """
    if place := located(index):
        return _in_milvus(place, repair)
    folder = Path(index)
    found = Diagnosis()
    database = _check(found, "database")
    try:
        store = Store.open(folder) if repair or not Store.exists(folder) else Store.look(folder)
    except LibraryError as error:
        if not Store.exists(folder):
            raise
        database.add(str(error))
        return found
    try:
        with translate_errors(folder):
            _structure(store, database, repair)
            if store.manifest.format != FORMAT:
                found.notes.append(f"format {store.manifest.format}: any other command brings it to {FORMAT}")
            elif database.ok:
                with store.reading() as db:
                    values = dict(db.execute("SELECT key, value FROM manifest"))
                    _manifest(values, _check(found, "manifest"))
                    _generations(db, _check(found, "generations"))
                    _contents(store, db, found)
                _cache(store, found, repair)
    except LibraryError as error:  # rows that cannot even be read
        database.add(str(error))
    finally:
        store.close()
    _leftovers(folder, found, repair)
    return found


def _check(diagnosis: Diagnosis, name: str) -> Check:
    diagnosis.checks.append(Check(name))
    return diagnosis.checks[-1]


def _structure(store: Store, check: Check, repair: bool) -> None:
    """Pages, rows and indexes as SQLite checks them, and that what a row refers to is there."""
    with store.reading() as db:
        told = [row[0] for row in db.execute("PRAGMA integrity_check")]
        broken = db.execute("PRAGMA foreign_key_check").fetchall()
        (check.count,) = db.execute("PRAGMA page_count").fetchone()
    for line in told if told != ["ok"] else ():
        check.add(line)
    for table, row, of, _ in broken:
        check.add(f"{table} {row} belongs to a row of {of} that is not there")
    if (
        check.faults
        and repair
        and not check.more
        and all(any(kind in line for kind in _INDEX) for line in check.faults)
    ):
        store.reindex()
        check.repaired = "made SQLite's indexes again"


_KEPT: dict[str, Callable[[str], object]] = {
    "catalogue": outlets.load_catalogue,
    "own names": lambda text: names.parse_own_list(text, "the index's list of names"),
    "names": lambda text: [names.AliasGroup(tuple(spellings), basis) for spellings, basis in json.loads(text)],
    "bar": bar.parse,
}


def _manifest(values: Mapping[str, str], check: Check) -> None:
    """The settings that are kept with the index, read as they are when it is used."""
    check.count = len(values)
    for key, reading in _KEPT.items():
        try:
            if key in values:
                reading(values[key])
        except (AccordingError, ValueError, TypeError, KeyError) as error:
            check.add(f"{key} cannot be read ({error})")


def _generations(db: sqlite3.Connection, check: Check) -> None:
    """That nothing in the database is later than its generation, which has its token."""
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


def _contents(store: Store, db: sqlite3.Connection, found: Diagnosis) -> None:
    """Articles, passages, vectors and groups of copies, one article after another."""
    articles, passages, vectors, same = (_check(found, n) for n in ("articles", "passages", "vectors", "copies"))
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
        own = [_read(row, store.manifest.dimension) for row in rows]
        _held_against(article.text, own, store.manifest.dimension, name, passages, vectors)
    same.count = passages.count
    wrong = "SELECT key FROM passage WHERE same > key OR length(signature) != ?"
    for (key,) in db.execute(wrong, (PERMUTATIONS * 4,)):
        same.add(f"passage {key}: its signature or its group cannot be right")
    for key, group in db.execute("SELECT key, same FROM article WHERE same > key"):
        same.add(f"article {key}: its group begins with {group}, which is later")
    for (key,) in db.execute("SELECT article FROM gone WHERE article IN (SELECT key FROM article)"):
        articles.add(f"article {key} is there and was removed")


_ROWS = """SELECT p.key, p.start, p."end", p.sentences, p.content, v.value, v.sentences, v.checksum
    FROM passage p LEFT JOIN vector v ON v.passage = p.key WHERE p.article = ? ORDER BY p.start"""


class _Passage(NamedTuple):
    """A passage as a store has it.

    `sentences` and `parts`, the vectors of the sentences, are None where they cannot be read, `vector` where there is
    none; `sound` says whether the vectors are those that were stored, where a store can tell.
    """

    key: int
    start: int
    end: int
    content: int
    sentences: list[Span] | None
    vector: Vectors | None
    parts: Vectors | None
    sound: bool = True


def _read(row: Any, dimension: int) -> _Passage:
    """A row of _ROWS."""
    key, start, end, sentences, content, value, parts, checksum = row
    spans = None if len(sentences) % 8 else list(unpack_spans(sentences))
    if value is None:
        return _Passage(key, start, end, content, spans, None, None)
    vector = np.frombuffer(value, "<f4") if len(value) % 4 == 0 else np.zeros(0, np.float32)
    return _Passage(
        key, start, end, content, spans, vector, _parts(parts, dimension), checksum == hash64(value, parts)
    )  # fmt: skip


def _parts(numbers: bytes, dimension: int) -> Vectors | None:
    """The vectors of sentences, (m, dimension)."""
    if len(numbers) % (2 * dimension):
        return None
    return np.frombuffer(numbers, "<f2").astype(np.float32).reshape(-1, dimension)


def _held_against(
    text: str, own: Sequence[_Passage], dimension: int, name: str, passages: Check, vectors: Check
) -> None:
    """Notes the faults of an article's passages."""
    for fault in _spans(text, own):
        passages.add(f"{name}, {fault}")
    for fault in _vectors(own, dimension):
        vectors.add(f"{name}, {fault}")


def _spans(text: str, passages: Sequence[_Passage]) -> Iterator[str]:
    """Faults of the spans of an article's passages: they are its text, cut between sentences."""
    last = 0
    for each in passages:
        key, start, end = each.key, each.start, each.end
        said = text[start:end]
        if not (0 <= start < end <= len(text)) or said != said.strip():
            yield f"passage {key}: {start} to {end} is no span of its text"
        elif each.content != hash64(said):
            yield f"passage {key}: its words are not those that were stored"
        elif text[last:start].strip() or start < last:
            yield f"passage {key}: it does not begin where the one before it ends"
        if each.sentences is None:
            yield f"passage {key}: its sentences cannot be read"
        else:
            inside = [edge for span in each.sentences for edge in span]
            if inside != sorted(inside) or (inside and (inside[0] < start or inside[-1] > end)):
                yield f"passage {key}: its sentences are not in it, one after the other"
        last = end
    if passages and text[last:].strip():
        yield "its last passage ends before its text does"


def _vectors(passages: Iterable[_Passage], dimension: int) -> Iterator[str]:
    """Faults of the vectors of an article's passages, and of those of their sentences."""
    for each in passages:
        name = f"passage {each.key}"
        if each.vector is None:
            yield f"{name}: it has no vector"
        elif not each.sound:
            yield f"{name}: its vectors are not those that were stored"
        elif each.vector.shape != (dimension,) or each.parts is None or len(each.parts) != len(each.sentences or ()):
            yield f"{name}: its vectors are not of {dimension} numbers, one for it and one for each sentence"
        else:
            off = np.abs(np.linalg.norm(np.vstack([each.vector, each.parts]), axis=1) - 1)
            if not np.all(off < UNIT):  # not a number is no length either
                yield f"{name}: the length of one of its vectors is not 1"


def _cache(store: Store, found: Diagnosis, repair: bool) -> None:
    """The cache, passage by passage; one that is not there will be made by whoever asks first."""
    check = _check(found, "cache")
    generation = store.generation()
    later = [n for n in cache.generations(store.folder) if n > generation]
    if later:
        check.add(
            f"there is a cache of generation {max(later)}, the database is at {generation}: a copy of an earlier day "
            f"was put in its place, or {DATABASE}-wal, which belongs to it, was lost"
        )
    if not all(each.ok for each in found.checks[:-1]):
        found.notes.append("the cache was not compared with the database, in which something is wrong")
    elif fault := store.cache_fault():
        check.add(f"cache.{generation}: {fault}")
    check.count = generation in cache.generations(store.folder)
    if not check.count:
        found.notes.append("there is no cache of the newest generation; whoever asks first makes it")
    if repair and check.faults:
        cache.clear(store.folder)
        store.view()
        check.repaired = "made it again"


def _leftovers(folder: Path, found: Diagnosis, repair: bool) -> None:
    """What processes that were killed left half made."""
    left = [path for path in folder.glob("*.making.*") if cache.abandoned(path)]
    if left and repair:
        for path in left:
            cache.delete(path)
        found.notes.append(f"removed {len(left)} that processes which were killed had left half made")
    elif left:
        found.notes.append(f"{len(left)} left half made by processes that were killed; --repair removes them")
    for path in sorted(folder.glob("library.format*.sqlite")):
        day = dt.date.fromtimestamp(path.stat().st_mtime)
        found.notes.append(f"{path.name} is the index as it was before {day}; `according compact` deletes it")


# In Milvus


def _in_milvus(place: Place, repair: bool) -> Diagnosis:
    """What can be wrong with the rows of a library there."""
    from rag.stores.milvus.store import MilvusStore

    store = MilvusStore.open(place)
    found = Diagnosis()
    try:
        if repair:
            with store.writing():  # a writer begins with taking out what others have left
                pass
        with store.strictly(), store.reading():
            kept = {key: text for key in _KEPT if (text := store.setting(key)) is not None}
            _manifest(kept, _check(found, "manifest"))
            generations = _check(found, "generations")
            generations.count = store.generation()
            if left := store.unseen():
                found.notes.append(
                    f"left by a writer that was stopped: {left:,}; --repair or the next one clears it away"
                )
            _rows(store, found)
    finally:
        store.close()
    return found


def _rows(store: MilvusStore, found: Diagnosis) -> None:
    """Articles, passages, vectors and words, one article after another."""
    from rag.stores.milvus import schema as tables

    articles, passages, vectors, words = (_check(found, n) for n in ("articles", "passages", "vectors", "words"))
    present = set[int]()
    for row, article, rows in store.everything():
        articles.count += 1
        passages.count += len(rows)
        name = f"article {article.id if article else row['key']}"
        if article is None or row["key"] != tables.article_key(article, row["born"]):
            articles.add(f"{name} is not as it was stored")
            continue
        current = row["died"] == tables.NEVER
        if current and row["name"] in present:
            articles.add(f"{name} is in twice")
        if current:
            present.add(row["name"])
        vectors.count += len(rows)
        words.count += len(rows) + 1
        own = [_unpacked(each, store.manifest.dimension) for each in rows]
        if current and not rows:
            passages.add(f"{name} has none")
        _held_against(article.text, own, store.manifest.dimension, name, passages, vectors)
        for each in rows:
            if (each["born"], each["died"]) != (row["born"], row["died"]):
                passages.add(f"{name}, passage {each['key']}: it is not in when its article is")
            if each["words"] != tables.packed(article.text[each["start"] : each["end"]]):
                words.add(f"{name}, passage {each['key']}: they are not those of its text")
        if row["words"] != tables.packed(tables.whole(article)):
            words.add(f"{name}: they are not those of its text")
    if loose := store.held() - passages.count:
        passages.add(f"{loose:,} belong to no article")


def _unpacked(row: Mapping[str, Any], dimension: int) -> _Passage:
    """A row of passages."""
    from rag.stores.milvus import schema as tables

    spans: list[Span] | None = None
    parts: Vectors | None = None
    with contextlib.suppress(ValueError, TypeError):
        said = [tables.sentence(text) for text in row["sentences"]]
        spans, parts = [span for span, _ in said], _parts(b"".join(numbers for _, numbers in said), dimension)
    vector = np.array(row["vector"], np.float32)
    return _Passage(row["key"], row["start"], row["end"], row["content"], spans, vector, parts)
