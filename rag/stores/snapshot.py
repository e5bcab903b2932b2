"""What makes looking up fast, made from the database: the vectors for FAISS and the tantivy index of words.

After `dense` and `lexical`, which read and write the two; before the store, which says what is to be in them. There is
one for the newest generation of the database, a folder of its own:

    cache.N/
    ├── keys.npy, vectors.0.f16 ..., signs.faiss    the vectors of the passages that can be found (see `dense`)
    ├── passages/, articles/                        their words (see `lexical`)
    └── stamp.json                                  the generation, its token, a checksum of every file; written last

It is made aside, from that of an earlier generation where one is whole, synced, and put in place by one rename. FAISS
and tantivy trust what they are given, so a file that does not fit its checksum is never given to them.
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
from rag.stores import faiss_index as dense
from rag.stores import tantivy_index as lexical
from rag.stores.faiss_index import Dense, Held, Keys

CACHE, STAMP = "cache", "stamp.json"
MAKING = f"{CACHE}.making."
LEFT = 86_400.0  # seconds after which what is half made is nobody's any more
# Share of articles that tantivy may hold taken out or replaced: it counts their words until they are merged away, so
# scores stay within a little of those of a cache made anew.
STALE = 0.05
_UNWRITTEN = (OSError, ValueError, RuntimeError)  # what Python, tantivy and FAISS raise where they cannot write
_EARLIER = ("vectors.faiss*", "words.*")  # what formats before 4 kept beside the database


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
    vectors: dense.Stream
    documents: Callable[[int], Iterable[lexical.Document]]

    def place(self, folder: Path) -> Path:
        """Where the cache of this generation stands in an index folder."""
        return folder / f"{CACHE}.{self.generation}"


@dataclass(frozen=True)
class Cache:
    """What was made of one generation, for looking up."""

    dense: Dense
    words: lexical.Lexical


def ready(folder: Path, generation: int) -> bool:
    """Whether a cache of a generation stands in an index folder, whole or not."""
    return (folder / f"{CACHE}.{generation}" / STAMP).exists()


def load(folder: Path, origin: Origin) -> Cache | None:
    """The cache that stands in an index folder; None where there is none of this generation, or one that is damaged."""
    place = origin.place(folder)
    stamp = _own(place, origin)
    with contextlib.suppress(OSError, ValueError):
        return _loaded(place, stamp, origin) if stamp else None
    return None


def keep(folder: Path, origin: Origin) -> bool:
    """Makes the cache from the database and puts it in its place in the index folder; False where that cannot be."""
    with contextlib.suppress(*_UNWRITTEN), _making(folder, origin):
        return True
    return False


def make(folder: Path, origin: Origin) -> Cache:
    """The same, for use at once; where nothing can be written in the index folder, the cache is kept nowhere.

    Raises LibraryError where no disk has room for it.
    """
    with contextlib.suppress(*_UNWRITTEN), _making(folder, origin) as (aside, stamp):
        return _loaded(aside, stamp, origin)
    try:
        with tempfile.TemporaryDirectory(prefix="according-", ignore_cleanup_errors=True) as temporary:
            aside = Path(temporary) / CACHE
            return _loaded(aside, _seal(aside, _made(folder, aside, origin)), origin)
    except _UNWRITTEN as error:
        raise LibraryError(
            f"the cache of {folder} can be written neither there nor in {tempfile.gettempdir()} ({error}); "
            "free some space: the database itself is whole"
        ) from error


@contextlib.contextmanager
def _making(folder: Path, origin: Origin) -> Iterator[tuple[Path, Stamp]]:
    """Makes a cache aside, and puts it in its place at the end."""
    with _aside(folder) as aside:
        yield aside, _seal(aside, _made(folder, aside, origin))
        _publish(aside, origin.place(folder))
        clear(folder, origin.generation)


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
    try:
        cache = _loaded(place, stamp, origin)
    except (OSError, ValueError):
        return "it does not hold the passages of the database"
    row = 0
    for keys, vectors in origin.vectors(0):
        expected = vectors[np.isin(keys, origin.keys)].astype(np.float16)
        if len(expected) and not np.array_equal(cache.dense.index.reconstruct_n(row, len(expected)), expected):
            return "its vectors are not those of the database"
        row += len(expected)
    passages = {document.key: [key for key, _ in document.passages] for document in origin.documents(-1)}
    if cache.words.holds() != passages:
        return "its words are not those of the passages in the database"
    return None


def _made(folder: Path, aside: Path, origin: Origin) -> Stamp:
    """Makes a cache in a new folder; the stamp that is to be put on it, with the checksums that are known."""
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
        # It may be damaged, and another process may just have cleared it away.
        with contextlib.suppress(FileNotFoundError, ValueError):
            known = _shared(place, aside, old)
            lexical.update(aside, since.gone, origin.documents(old.generation))
            if _words(aside, len(origin.keys)) is not None:
                held = Held(place, old.files)
                known |= dense.update(aside, origin.keys, origin.dimension, origin.vectors, held)
                return replace(fresh, files=known, stale=stale)
        shutil.rmtree(aside, ignore_errors=True)
    lexical.update(aside, (), origin.documents(-1))
    if _words(aside, len(origin.keys)) is None:
        raise OSError("the words cannot be read back")
    dense.update(aside, origin.keys, origin.dimension, origin.vectors)
    return fresh


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
        if dense.owns(name):
            continue
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".json"):
            shutil.copyfile(old / name, new / name)  # what lists the segments
        else:
            dense.link(old / name, new / name)
            known[name] = stamp.files[name]
    return known


def _loaded(place: Path, stamp: Stamp, origin: Origin) -> Cache:
    """Reads a cache. Raises ValueError or OSError where it is damaged, or of other passages."""
    words = _words(place, len(origin.keys))
    found = dense.load(Held(place, stamp.files), origin.dimension)
    if words is None or not np.array_equal(found.keys, origin.keys):
        raise ValueError(f"{place} does not hold the passages of the database")
    return Cache(found, words)


def _words(folder: Path, count: int) -> lexical.Lexical | None:
    for opened in (lexical.Lexical, _linked_words):
        with contextlib.suppress(OSError, ValueError):
            found = opened(folder)
            return found if len(found) == count else None
    return None


def _linked_words(folder: Path) -> lexical.Lexical:
    """The words of a cache that may not be written: tantivy makes a lock beside what it reads."""
    with tempfile.TemporaryDirectory(prefix="according-") as temporary:
        for path in (folder / name for name in _files(folder) if not dense.owns(name)):
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


def _seal(folder: Path, stamp: Stamp) -> Stamp:
    """Writes the stamp of a folder, adding the checksums that it lacks, and has all of it on the disk."""
    sums = {name: stamp.files.get(name) or _sum(folder / name) for name in _files(folder)}
    with (folder / STAMP).open("w", encoding="utf-8") as file:
        json.dump(asdict(stamp := replace(stamp, files=sums)), file)
        file.flush()
        os.fsync(file.fileno())
        mode = os.fstat(file.fileno()).st_mode
    for name in sums:
        with contextlib.suppress(OSError):  # linked from a cache of another user, who has done this
            (folder / name).chmod(mode)  # tantivy makes its lists for their owner alone
    for path in (folder / "passages", folder / "articles", folder):
        sync(path)
    return stamp


def _own(place: Path, origin: Origin) -> Stamp | None:
    return _stamped(place, origin.generation, origin.tokens.get(origin.generation))


def _stamped(folder: Path, generation: int, token: str | None) -> Stamp | None:
    """The stamp of a folder whose files are those that were stamped with this generation; else None.

    The vectors are checked as they are read.
    """
    try:
        stamp = Stamp(**json.loads((folder / STAMP).read_text("utf-8")))
        names = _files(folder)
        fits = (
            (stamp.generation, stamp.token) == (generation, token)
            and sorted(stamp.files) == names
            and dense.KEYS in names
            and all(stamp.files[name] == _sum(folder / name) for name in names if not dense.owns(name))
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
