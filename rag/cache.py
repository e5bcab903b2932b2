"""What makes looking up fast, made from the database: the FAISS index of vectors and the tantivy index of words.

After the words, before the store, which says what is to be in a cache. There is one for the newest generation of the
database, a folder of its own:

    cache.N/
    ├── vectors.faiss          the vectors of the passages that can be found, in the order of
    ├── keys.npy               their keys
    ├── signs.faiss            their signs alone, for a first look through very many
    ├── passages/, articles/   their words (see `lexical`)
    └── stamp.json             the generation, its token, and a checksum of every file; written last

It is made aside, from that of an earlier generation where one is whole, synced, and put in place by one rename. FAISS
and tantivy trust the files that they are given, so a file that does not fit its checksum is never given to them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from . import lexical
from .encoder import Vectors
from .errors import LibraryError

CACHE, VECTORS, KEYS, SIGNS, STAMP = "cache", "vectors.faiss", "keys.npy", "signs.faiss", "stamp.json"
READ = (KEYS, VECTORS, SIGNS)  # whole into memory; tantivy reads its own files as it needs them
FEW = 30_000  # vectors that are fast to look through one by one
MAKING = f"{CACHE}.making."
LEFT = 86_400.0  # seconds after which what is half made is nobody's any more
# Share of articles that tantivy may hold taken out or replaced: it counts their words until they are merged away, so
# scores stay within a little of those of a cache made anew.
STALE = 0.05
_EARLIER = ("vectors.faiss*", "words.*")  # what formats before 4 kept beside the database

Keys = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Changes:
    """What has changed since a generation: keys of the articles taken out, and of those that were put in or amended.

    `erased` says whether some were taken out for good: no word of them may be left.
    """

    gone: Sequence[int]
    changed: Sequence[int]
    erased: bool


@dataclass(frozen=True)
class Origin:
    """What a cache is made from: the database at one generation.

    Attributes:
        generation: its number.
        tokens: what tells each generation from its namesake in a copy of the database that went another way.
        dimension: length of the vectors.
        keys: of the passages that can be found, ascending, (n,).
        owners: the key of the article of each, (n,).
        articles: the keys of all articles, ascending, (m,).
        since: what has changed since a generation.
        vectors: the vectors of all passages with keys above one, by ascending key: (keys, (n, dimension)) at a time.
        documents: the articles that were put in or amended since a generation, -1 for all, and can be found.
    """

    generation: int
    tokens: Mapping[int, str]
    dimension: int
    keys: Keys
    owners: Keys
    articles: Keys
    since: Callable[[int], Changes]
    vectors: Callable[[int], Iterable[tuple[Keys, Vectors]]]
    documents: Callable[[int], Iterable[lexical.Document]]

    def place(self, folder: Path) -> Path:
        """Where the cache of this generation stands in an index folder."""
        return folder / f"{CACHE}.{self.generation}"


@dataclass(frozen=True)
class Cache:
    """The indexes of one generation: row i of FAISS's is the passage `keys[i]`. `signs` is None for FEW passages."""

    keys: Keys
    index: faiss.Index
    signs: faiss.Index | None
    words: lexical.Lexical


def ready(folder: Path, generation: int) -> bool:
    """Whether a cache of a generation stands in an index folder, whole or not."""
    return (folder / f"{CACHE}.{generation}" / STAMP).exists()


def load(folder: Path, origin: Origin) -> Cache | None:
    """The cache that stands in an index folder; None where there is none of this generation, or one that is damaged."""
    place = origin.place(folder)
    stamp = _own(place, origin)
    return None if stamp is None else _loaded(place, stamp, origin)


def make(folder: Path, origin: Origin) -> Cache:
    """A cache made from the database and kept in the index folder, in the place of what stands there.

    Where nothing can be written there, it is kept nowhere. Raises LibraryError where no disk has room for it.
    """
    try:
        with _aside(folder) as aside:
            made, stamp = _made(folder, aside, origin)
            _seal(aside, stamp)
            _publish(aside, origin.place(folder))
            clear(folder, origin.generation)
            return made
    except (OSError, ValueError, RuntimeError):  # what Python, tantivy and FAISS raise where they cannot write
        pass
    try:
        with tempfile.TemporaryDirectory(prefix="according-", ignore_cleanup_errors=True) as temporary:
            return _made(folder, Path(temporary) / CACHE, origin)[0]
    except (OSError, ValueError, RuntimeError) as error:
        raise LibraryError(
            f"the cache of {folder} can be written neither there nor in {tempfile.gettempdir()} ({error}); "
            "free some space: the database itself is whole"
        ) from error


def clear(folder: Path, before: int | None = None) -> None:
    """Removes the caches of generations before one, by default all, and what killed processes left half made."""
    for generation in generations(folder):
        if before is None or generation < before:
            delete(folder / f"{CACHE}.{generation}")
    for path in folder.glob(f"{MAKING}*"):
        if abandoned(path):
            delete(path)
    for path in (found for pattern in _EARLIER for found in folder.glob(pattern)):
        delete(path)


def abandoned(path: Path) -> bool:
    """Whether what is being made at a path, which ends with numbers of process and thread, will never be done."""
    try:
        if time.time() - path.stat().st_mtime > LEFT:
            return True
        os.kill(int(path.name.split(".")[-2]), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, IndexError):  # it is not there any more, and the next may have the same name
        return False
    return False


def delete(path: Path) -> None:
    """Removes a file or a folder; another process may be faster."""
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def fault(folder: Path, origin: Origin) -> str | None:
    """What is wrong with the cache that stands in an index folder, in words; None where nothing is, or none is there.

    Beyond what `load` asks of it, it is compared with the database passage by passage.
    """
    place = origin.place(folder)
    if not place.exists():
        return None
    stamp = _own(place, origin)
    if stamp is None:
        return "its files are not those that its stamp tells of"
    cache = _loaded(place, stamp, origin)
    if cache is None:
        return "it does not hold the passages of the database"
    row = 0
    for keys, vectors in origin.vectors(0):
        expected = _flat(origin.dimension)
        expected.add(vectors[np.isin(keys, origin.keys)])
        if expected.ntotal:
            held = cache.index.reconstruct_n(row, expected.ntotal)
            if not np.array_equal(held, expected.reconstruct_n(0, expected.ntotal)):
                return "its vectors are not those of the database"
        row += expected.ntotal
    passages = {document.key: [key for key, _ in document.passages] for document in origin.documents(-1)}
    if cache.words.holds() != passages:
        return "its words are not those of the passages in the database"
    return None


def _made(folder: Path, aside: Path, origin: Origin) -> tuple[Cache, Stamp]:
    """A cache in a new folder, and the stamp that is to be put on it."""
    highest = int(origin.articles[-1]) if len(origin.articles) else 0
    fresh = Stamp(origin.generation, origin.tokens.get(origin.generation), {}, highest, 0)
    for generation in generations(folder):
        place = folder / f"{CACHE}.{generation}"
        old = _stamped(place, generation, origin.tokens.get(generation)) if generation < origin.generation else None
        if old is None:
            continue
        since = origin.since(old.generation)
        stale = old.stale + len(since.gone) + sum(key <= old.highest for key in since.changed)
        if since.erased or stale > STALE * len(origin.articles):
            break  # an earlier one is no better
        with contextlib.suppress(FileNotFoundError):  # another process has just cleared it away
            found = _vectors(place, old, origin.dimension)
            known = _shared(place, aside, old)
            if found is not None:
                lexical.update(aside, since.gone, origin.documents(old.generation))
                words = _words(aside, len(origin.keys))
                if words is not None:
                    return _written(aside, _changed(found, origin), words), replace(fresh, files=known, stale=stale)
        shutil.rmtree(aside, ignore_errors=True)
    lexical.update(aside, (), origin.documents(-1))
    words = _words(aside, len(origin.keys))
    if words is None:
        raise OSError("the words cannot be read back")
    empty = Vectored(np.empty(0, np.int64), _flat(origin.dimension), None)
    return _written(aside, _changed(empty, origin), words), fresh


def generations(folder: Path) -> list[int]:
    """The generations of which there are caches in an index folder, the latest first."""
    numbers = (path.name.removeprefix(f"{CACHE}.") for path in folder.glob(f"{CACHE}.*"))
    return sorted((int(number) for number in numbers if number.isascii() and number.isdigit()), reverse=True)


def _shared(old: Path, new: Path, stamp: Stamp) -> dict[str, str]:
    """Has the words of an earlier cache stand in a new folder too; the checksums of the files that stay as they are.

    Files are linked where the system can: those of tantivy's segments are never written again.
    """
    known = {}
    for name in stamp.files:
        if name in READ:
            continue
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".json"):
            shutil.copyfile(old / name, new / name)  # what lists the segments
        else:
            _linked(old / name, new / name)
            known[name] = stamp.files[name]
    return known


def _linked(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:  # a file system without links
        shutil.copyfile(path, target)


def _flat(dimension: int) -> faiss.Index:
    # Half precision halves what a question must read: 4.2 ms instead of 18.4 over 122,813 passages (one thread).
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


@dataclass(frozen=True)
class Vectored:
    """The vectors of passages by their keys, and their signs where there are many."""

    keys: Keys
    index: faiss.Index
    signs: faiss.Index | None


def _changed(old: Vectored, origin: Origin) -> Vectored:
    """The vectors without what is gone and with what is new, which always comes last."""
    keys, index, signs = old.keys, old.index, old.signs
    gone = np.flatnonzero(~np.isin(keys, origin.keys))
    if len(gone):
        for each in (index, signs) if signs else (index,):
            each.remove_ids(faiss.IDSelectorBatch(gone))
        keys = np.delete(keys, gone)
    for found, vectors in origin.vectors(int(keys[-1]) if len(keys) else 0):
        new = vectors[np.isin(found, origin.keys)]
        index.add(new)
        if signs and len(new):
            signs.add(new)
    if index.ntotal != len(origin.keys) or not np.array_equal(keys, origin.keys[: len(keys)]):
        raise LibraryError(
            f"the database has {len(origin.keys):,} passages and vectors of {index.ntotal:,}; "
            "`according doctor` tells which are missing"
        )
    return Vectored(origin.keys, index, signs if signs and index.ntotal > FEW else _signs(index))


def _signs(index: faiss.Index) -> faiss.Index | None:
    """A RaBitQ index (Gao and Long 2024, arXiv:2405.12497) of the vectors of another, where these are very many."""
    count = index.ntotal
    if count <= FEW:
        return None
    signs = faiss.IndexRaBitQ(index.d, faiss.METRIC_INNER_PRODUCT)
    starts = range(0, count, FEW)
    totals = [index.reconstruct_n(start, min(FEW, count - start)).sum(axis=0) for start in starts]
    signs.train((np.sum(totals, axis=0) / count)[None].astype(np.float32))  # of vectors it takes the mean alone
    for start in starts:
        signs.add(index.reconstruct_n(start, min(FEW, count - start)))
    return signs


def _written(folder: Path, made: Vectored, words: lexical.Lexical) -> Cache:
    body = io.BytesIO()
    np.save(body, made.keys, allow_pickle=False)
    files = {KEYS: body.getbuffer(), VECTORS: faiss.serialize_index(made.index).data}
    if made.signs:
        files[SIGNS] = faiss.serialize_index(made.signs).data
    for name, data in files.items():
        with (folder / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    return Cache(made.keys, made.index, made.signs, words)


def _loaded(place: Path, stamp: Stamp, origin: Origin) -> Cache | None:
    try:
        found = _vectors(place, stamp, origin.dimension)
    except OSError:
        return None
    words = _words(place, len(origin.keys))
    if found is None or words is None or not np.array_equal(found.keys, origin.keys):
        return None
    return Cache(found.keys, found.index, found.signs, words)


def _vectors(place: Path, stamp: Stamp, dimension: int) -> Vectored | None:
    """The vectors in a cache; the very bytes that are read are those that are checked."""
    bodies = {name: (place / name).read_bytes() for name in READ if name in stamp.files}
    if any(hashlib.sha256(body).hexdigest() != stamp.files[name] for name, body in bodies.items()):
        return None
    keys = np.load(io.BytesIO(bodies[KEYS]), allow_pickle=False)
    index = faiss.deserialize_index(np.frombuffer(bodies[VECTORS], np.uint8))
    signs = faiss.deserialize_index(np.frombuffer(bodies[SIGNS], np.uint8)) if SIGNS in bodies else None
    counts = {len(keys), index.ntotal, signs.ntotal if signs else len(keys)}
    return Vectored(keys, index, signs) if len(counts) == 1 and index.d == dimension else None


def _words(folder: Path, count: int) -> lexical.Lexical | None:
    for opened in (lexical.Lexical, _linked_words):
        with contextlib.suppress(OSError, ValueError):
            found = opened(folder)
            return found if len(found) == count else None
    return None


def _linked_words(folder: Path) -> lexical.Lexical:
    """The words of a cache that may not be written: tantivy makes a lock beside what it reads."""
    with tempfile.TemporaryDirectory(prefix="according-") as temporary:
        for path in (folder / name for name in _files(folder) if name not in READ):
            link = Path(temporary) / path.relative_to(folder)
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(path.absolute())
        return lexical.Lexical(Path(temporary))


@contextlib.contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder to make a cache in, beside its place."""
    made = folder / f"{MAKING}{os.getpid()}.{threading.get_ident()}"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _publish(aside: Path, place: Path) -> None:
    """Puts a cache in its place by one rename; one that stands there is damaged, or was made meanwhile."""
    with contextlib.suppress(OSError):
        if place.exists():
            shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)
        sync(place.parent)


@dataclass(frozen=True)
class Stamp:
    """What a cache says of itself.

    Attributes:
        generation, token: of the database that it was made from.
        files: the checksum of each file, by name.
        highest: the highest key of an article in it.
        stale: articles in its words that were taken out or replaced since they were last made anew.
    """

    generation: int
    token: str | None
    files: Mapping[str, str]
    highest: int
    stale: int


def _seal(folder: Path, stamp: Stamp) -> None:
    """Writes the stamp of a folder, adding the checksums that it lacks, and has all of it on the disk."""
    sums = {name: stamp.files.get(name) or _sum(folder / name) for name in _files(folder)}
    with (folder / STAMP).open("w", encoding="utf-8") as file:
        json.dump(asdict(replace(stamp, files=sums)), file)
        file.flush()
        os.fsync(file.fileno())
        mode = os.fstat(file.fileno()).st_mode
    for name in sums:
        with contextlib.suppress(OSError):  # linked from a cache of another user, who has done this
            (folder / name).chmod(mode)  # tantivy makes its lists for their owner alone
    for path in (folder / "passages", folder / "articles", folder):
        sync(path)


def _own(place: Path, origin: Origin) -> Stamp | None:
    return _stamped(place, origin.generation, origin.tokens.get(origin.generation))


def _stamped(folder: Path, generation: int, token: str | None) -> Stamp | None:
    """The stamp of a folder whose files are those that were stamped with this generation; else None.

    Those that are READ are checked as they are read.
    """
    try:
        stamp = Stamp(**json.loads((folder / STAMP).read_text("utf-8")))
        names = _files(folder)
        fits = (
            (stamp.generation, stamp.token) == (generation, token)
            and sorted(stamp.files) == names
            and {VECTORS, KEYS} <= set(names)
            and all(stamp.files[name] == _sum(folder / name) for name in names if name not in READ)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return stamp if fits else None


def _files(folder: Path) -> list[str]:
    names = (str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")
    return sorted(name for name in names if name != STAMP)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(folder: Path) -> None:
    """Has a folder's list of files on the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
