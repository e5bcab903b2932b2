"""The cache of an index folder, built from its database for fast look-up: vectors for FAISS, words for tantivy.

After `faiss_index` and `tantivy_index`, which read and write the two halves; before the store in a folder, which says
what is in them. There is one cache, for the newest generation of the database, in a folder of its own:

    cache.N/
    ├── keys.npy, vectors.0.f16 ..., signs.faiss    the vectors of the passages that can be found (see `faiss_index`)
    ├── passages/, articles/                        their words (see `tantivy_index`)
    └── stamp.json                                  the generation, its token, a checksum of every file; written last

It is built in a temporary folder, from the cache of an earlier generation if there is an undamaged one, synced, and put
in its place by one rename. FAISS and tantivy trust what they read, so they are never given a file that does not have
its checksum.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from rag.errors import LibraryError
from rag.stores import faiss_index, tantivy_index
from rag.stores.faiss_index import Keys, VectorFiles, VectorIndex
from rag.stores.normalise import VERSION
from rag.stores.tantivy_index import Document, WordIndex

CACHE, STAMP = "cache", "stamp.json"
TEMPORARY = f"{CACHE}.making."  # how the name of a cache begins that is not in its place yet
ABANDONED_SECONDS = 86_400.0  # after which the process that builds a cache is taken for dead
# Share of articles deleted or replaced that tantivy may still have: it counts their words until they are merged away,
# so scores stay close to those of a new cache.
MAX_STALE_SHARE = 0.05
_WRITE_ERRORS = (OSError, ValueError, RuntimeError)  # what Python, tantivy and FAISS raise if they cannot write
_OLD_FILES = ("vectors.faiss*", "words.*")  # what formats before 4 kept next to the database


@dataclass(frozen=True)
class Changes:
    """What has changed since a generation.

    Attributes:
        gone: keys of the articles that were retired or deleted.
        changed: keys of those that were added or amended.
        erased: whether some were deleted for good: no word of them may be left.
    """

    gone: Sequence[int]
    changed: Sequence[int]
    erased: bool


@dataclass(frozen=True)
class Origin:
    """What a cache is built from: the database at one generation.

    Attributes:
        generation: its number.
        tokens: by which generations of the same number are distinguished, if copies of a database went separate ways.
        dimension: length of the vectors.
        keys: of the passages that can be found, ascending, (n,).
        owners: the key of the article of each, (n,).
        articles: the keys of all articles, ascending, (m,).
        since: what has changed since a generation.
        vectors: the vectors of all passages with keys above one, by ascending key: (keys, (n, dimension)) at a time.
        documents: the articles that can be found and were added or amended since a generation, -1 for all.
    """

    generation: int
    tokens: Mapping[int, str]
    dimension: int
    keys: Keys
    owners: Keys
    articles: Keys
    since: Callable[[int], Changes]
    vectors: faiss_index.Stream
    documents: Callable[[int], Iterable[Document]]

    def place(self, folder: Path) -> Path:
        """Return the path of the cache of this generation in an index folder."""
        return folder / f"{CACHE}.{self.generation}"


@dataclass(frozen=True)
class Cache:
    """The two halves of a cache, in memory."""

    vectors: VectorIndex
    words: WordIndex


def ready(folder: Path, generation: int) -> bool:
    """Return whether there is a cache of a generation in an index folder, damaged or not."""
    place = folder / f"{CACHE}.{generation}"
    return (place / STAMP).exists() and not _is_of_other_version(place)


def load(folder: Path, origin: Origin) -> Cache | None:
    """Load the cache in an index folder; None if there is none of this generation, or it is damaged."""
    place = origin.place(folder)
    stamp = _own(place, origin)
    with contextlib.suppress(OSError, ValueError):
        return _load(place, stamp, origin) if stamp else None
    return None


def keep(folder: Path, origin: Origin) -> bool:
    """Build the cache and put it in its place in the index folder; return False if that cannot be written."""
    with contextlib.suppress(*_WRITE_ERRORS), _building(folder, origin):
        return True
    return False


def make(folder: Path, origin: Origin) -> Cache:
    """Build the cache and load it; if the index folder cannot be written, it is not kept.

    Raises:
        LibraryError: if no disk has room for it.
    """
    with contextlib.suppress(*_WRITE_ERRORS), _building(folder, origin) as (built, stamp):
        return _load(built, stamp, origin)
    try:
        with tempfile.TemporaryDirectory(prefix="according-", ignore_cleanup_errors=True) as temporary:
            built = Path(temporary) / CACHE
            return _load(built, _seal(built, _build(folder, built, origin)), origin)
    except _WRITE_ERRORS as error:
        raise LibraryError(
            f"the cache of {folder} can be written neither there nor in {tempfile.gettempdir()} ({error}); "
            "free some space: the database itself is whole"
        ) from error


@contextlib.contextmanager
def _building(folder: Path, origin: Origin) -> Iterator[tuple[Path, Stamp]]:
    """Build a cache in a temporary folder, and put it in its place at the end."""
    with _temporary(folder) as built:
        yield built, _seal(built, _build(folder, built, origin))
        _publish(built, origin.place(folder))
        clear(folder, origin.generation)


def clear(folder: Path, before: int | None = None) -> None:
    """Delete the caches of generations before one, by default all, and what killed processes left unfinished."""
    for generation in generations(folder):
        if before is None or generation < before:
            delete(folder / f"{CACHE}.{generation}")
    for path in folder.glob(f"{TEMPORARY}*"):
        if abandoned(path):
            delete(path)
    for path in (found for pattern in _OLD_FILES for found in folder.glob(pattern)):
        delete(path)


def abandoned(path: Path) -> bool:
    """Return whether what is being made at a path, whose name ends with the process and thread, is never finished."""
    try:
        if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
            return True
        import psutil  # `os.kill(process, 0)` does not ask on Windows: it interrupts the process

        return not psutil.pid_exists(int(path.name.split(".")[-2]))
    except (OSError, ValueError, OverflowError, IndexError):  # it is gone, and the next one may have the same name
        return False


def delete(path: Path) -> None:
    """Delete a file or a folder; another process may be faster."""
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def fault(folder: Path, origin: Origin) -> str | None:
    """Return what is wrong with the cache in an index folder, in words; None if nothing is, or if there is no cache.

    One that an earlier version made is not wrong: it is built again when the index is next asked.

    In addition to what `load` checks, it is compared with the database passage by passage.
    """
    place = origin.place(folder)
    if not place.exists() or _is_of_other_version(place):
        return None
    stamp = _own(place, origin)
    if stamp is None:
        return "its files are not those that its stamp lists"
    try:
        cache = _load(place, stamp, origin)
    except (OSError, ValueError):
        return "it does not hold the passages of the database"
    row = 0
    for keys, vectors in origin.vectors(0):
        expected = vectors[np.isin(keys, origin.keys)].astype(np.float16)
        if len(expected) and not np.array_equal(cache.vectors.flat.reconstruct_n(row, len(expected)), expected):
            return "its vectors are not those of the database"
        row += len(expected)
    passages = {document.key: [key for key, _ in document.passages] for document in origin.documents(-1)}
    if cache.words.passage_keys() != passages:
        return "its words are not those of the passages in the database"
    return None


def _build(folder: Path, built: Path, origin: Origin) -> Stamp:
    """Build a cache in a new folder; return its stamp, with the checksums that are known."""
    highest = int(origin.articles[-1]) if len(origin.articles) else 0
    fresh = Stamp(origin.generation, origin.tokens.get(origin.generation), {}, highest, 0, VERSION)
    for generation in generations(folder):
        place = folder / f"{CACHE}.{generation}"
        old = _stamped(place, generation, origin.tokens.get(generation)) if generation < origin.generation else None
        if old is None:
            continue
        since = origin.since(old.generation)
        stale = old.stale + len(since.gone) + sum(key <= old.highest for key in since.changed)
        if since.erased or stale > MAX_STALE_SHARE * len(origin.articles):
            break  # an earlier one is no better
        # It may be damaged, or another process may just have deleted it.
        with contextlib.suppress(FileNotFoundError, ValueError):
            known = _shared(place, built, old)
            tantivy_index.update(built, since.gone, origin.documents(old.generation))
            if _load_words(built, len(origin.keys)) is not None:
                files = VectorFiles(place, old.files)
                known |= faiss_index.update(built, origin.keys, origin.dimension, origin.vectors, files)
                return replace(fresh, files=known, stale=stale)
        shutil.rmtree(built, ignore_errors=True)
    tantivy_index.update(built, (), origin.documents(-1))
    if _load_words(built, len(origin.keys)) is None:
        raise OSError("the words cannot be read back")
    faiss_index.update(built, origin.keys, origin.dimension, origin.vectors)
    return fresh


def generations(folder: Path) -> list[int]:
    """Return the generations of the caches in an index folder, the latest first."""
    numbers = (path.name.removeprefix(f"{CACHE}.") for path in folder.glob(f"{CACHE}.*"))
    return sorted((int(number) for number in numbers if number.isascii() and number.isdigit()), reverse=True)


def _shared(old: Path, new: Path, stamp: Stamp) -> dict[str, str]:
    """Share the words of an earlier cache with a new folder; return the checksums of the files that stay as they are.

    Files are linked if the system can do that: tantivy never rewrites those of its segments.
    """
    known = {}
    for name in stamp.files:
        if faiss_index.is_vector_file(name):
            continue
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".json"):
            shutil.copyfile(old / name, new / name)  # what lists the segments
        else:
            faiss_index.link(old / name, new / name)
            known[name] = stamp.files[name]
    return known


def _load(place: Path, stamp: Stamp, origin: Origin) -> Cache:
    """Load a cache. Raises ValueError or OSError if it is damaged, or holds other passages."""
    words = _load_words(place, len(origin.keys))
    vectors = faiss_index.load(VectorFiles(place, stamp.files), origin.dimension)
    if words is None or not np.array_equal(vectors.keys, origin.keys):
        raise ValueError(f"{place} does not hold the passages of the database")
    return Cache(vectors, words)


def _load_words(folder: Path, count: int) -> WordIndex | None:
    for load_from in (WordIndex, _load_linked_words):
        with contextlib.suppress(OSError, ValueError):
            found = load_from(folder)
            return found if len(found) == count else None
    return None


def _load_linked_words(folder: Path) -> WordIndex:
    """Load the words of a cache in a read-only folder: tantivy creates a lock next to what it reads."""
    with tempfile.TemporaryDirectory(prefix="according-") as temporary:
        for path in (folder / name for name in _files(folder) if not faiss_index.is_vector_file(name)):
            link = Path(temporary) / path.relative_to(folder)
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(path.absolute())
        return WordIndex(Path(temporary))


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """Yield a folder in an index folder to build a cache in, and delete what is left there."""
    built = folder / f"{TEMPORARY}{os.getpid()}.{threading.get_ident()}"
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir()
    try:
        yield built
    finally:
        shutil.rmtree(built, ignore_errors=True)


def _publish(built: Path, place: Path) -> None:
    """Put a cache in its place by one rename; one that is there already is damaged, or was built meanwhile."""
    with contextlib.suppress(OSError):
        if place.exists():
            shutil.rmtree(place, ignore_errors=True)
        built.rename(place)
        sync(place.parent)


@dataclass(frozen=True)
class Stamp:
    """What a cache records about itself.

    Attributes:
        generation, token: of the database that it was built from.
        files: the checksum of each file, by name.
        highest: the highest key of an article in it.
        stale: how many articles were deleted or replaced since its words were last built from scratch.
        words: the version of the rules by which its words were normalised; caches made before there were any have none.
    """

    generation: int
    token: str | None
    files: Mapping[str, str]
    highest: int
    stale: int
    words: int = 0


def _seal(folder: Path, stamp: Stamp) -> Stamp:
    """Write the stamp of a folder, with the checksums that it lacks, and sync the folder to the disk."""
    sums = {name: stamp.files.get(name) or _sum(folder / name) for name in _files(folder)}
    with (folder / STAMP).open("w", encoding="utf-8") as file:
        json.dump(asdict(stamp := replace(stamp, files=sums)), file)
        file.flush()
        os.fsync(file.fileno())
        mode = os.fstat(file.fileno()).st_mode
    for name in sums:
        with contextlib.suppress(OSError):  # linked from a cache of another user, who did this
            (folder / name).chmod(mode)  # tantivy lets only their owner read its lists
    for path in (folder / "passages", folder / "articles", folder):
        sync(path)
    return stamp


def _own(place: Path, origin: Origin) -> Stamp | None:
    return _stamped(place, origin.generation, origin.tokens.get(origin.generation))


def _stamped(folder: Path, generation: int, token: str | None) -> Stamp | None:
    """Return the stamp of a folder if its files are those that were stamped with this generation; else None.

    The vectors are checked when they are read.
    """
    try:
        stamp = Stamp(**json.loads((folder / STAMP).read_text("utf-8")))
        names = _files(folder)
        fits = (
            (stamp.generation, stamp.token, stamp.words) == (generation, token, VERSION)
            and sorted(stamp.files) == names
            and faiss_index.KEYS in names
            and all(stamp.files[name] == _sum(folder / name) for name in names if not faiss_index.is_vector_file(name))
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return stamp if fits else None


def _is_of_other_version(place: Path) -> bool:
    """Return whether the words of a cache were normalised by other rules than today's."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return bool(json.loads((place / STAMP).read_text("utf-8")).get("words", 0) != VERSION)
    return False


def _files(folder: Path) -> list[str]:
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")
    return sorted(name for name in names if name != STAMP)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(folder: Path) -> None:
    """Sync a folder's list of files to the disk, if the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
