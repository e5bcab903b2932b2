"""The vectors of passages -> FAISS, which finds those nearest to a question's; beside the words, see `lexical`.

Before the cache, which says what is to be held and when, and has a checksum of each file:

    keys.npy         the keys of the passages, ascending
    vectors.N.f16    their vectors in half precision, in that order: segments, one behind the other
    signs.faiss      their signs alone, for a first look through very many

A segment is never written again, and stands in several caches where the system can link files. What is new goes into a
segment of its own, joined with those before it that are not much larger, so that there are few of them and adding
little writes little.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from rag.errors import LibraryError
from rag.models.encoder import Vectors

KEYS, SEGMENT, SIGNS = "keys.npy", "vectors.{}.f16", "signs.faiss"
FEW = 10_000  # vectors that are fast to look through one by one
# Of more of them, SPARE times as many as wanted are found by their signs and then compared one by one: of 67,584 these
# hold the ten nearest always and 99.4 of 100 of the fifty nearest (docs/measurements/speed.md, "FAISS indexes").
SPARE = 8
JOINED = 2  # times as many rows as come behind it, up to which a segment is joined with these

Keys = npt.NDArray[np.int64]
Rows = npt.NDArray[np.float16]
Stream = Callable[[int], Iterable[tuple[Keys, Vectors]]]


@dataclass(frozen=True)
class Dense:
    """The vectors in memory: row i is that of the passage `keys[i]`.

    Attributes:
        keys: of the passages, ascending, (n,).
        index: the vectors in half precision.
        signs: their signs alone, for a first look at those that a filter lets through; None for FEW vectors.
        packed: the same, packed for a look through all: 2.7 times as fast, and unable to leave any out.
    """

    keys: Keys
    index: faiss.Index
    signs: faiss.Index | None
    packed: faiss.Index | None

    def nearest(
        self, question: Vectors, k: int, mask: npt.NDArray[np.bool_] | None = None
    ) -> tuple[npt.NDArray[np.int64], Vectors]:
        """The rows of the `k` vectors nearest to a question's, (dimension,), and their cosines, nearest first.

        `mask` tells which rows may be found, (n,).
        """
        count = len(self.keys) if mask is None else int(np.count_nonzero(mask))
        if not count:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        chosen = None if mask is None else faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg, arg-type]
        with _one_thread():
            if self.signs is None or self.packed is None:
                parameters = faiss.SearchParameters(sel=chosen)  # type: ignore[call-arg]
                scores, found = self.index.search(question[None], min(k, count), params=parameters)
                return found[0], scores[0]
            if chosen is None:
                _, found = self.packed.search(question[None], min(SPARE * k, count))
            else:
                parameters = faiss.RaBitQSearchParameters(sel=chosen)  # type: ignore[call-arg]
                _, found = self.signs.search(question[None], min(SPARE * k, count), params=parameters)
        rows = found[0][found[0] >= 0]
        cosines = self.cosines(rows, question)
        best = np.argsort(-cosines, kind="stable")[:k]
        return rows[best], cosines[best]

    def cosines(self, rows: npt.NDArray[np.int64], question: Vectors) -> Vectors:
        """Those of the vectors in some rows with a question's."""
        codes = faiss.rev_swig_ptr(self.index.codes.data(), self.index.codes.size()).view("<f2")  # type: ignore[attr-defined]
        return np.asarray(codes.reshape(-1, len(question))[rows].astype(np.float32) @ question, np.float32)


@dataclass(frozen=True)
class Held:
    """What a folder holds: the checksum of each of its files, by name."""

    folder: Path
    sums: Mapping[str, str]

    def read(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a file. Raises ValueError unless these very bytes fit its checksum."""
        body = np.fromfile(self.folder / name, np.uint8)
        if hashlib.sha256(body.data).hexdigest() != self.sums.get(name):
            raise ValueError(f"{name} is not as it was written")
        return body

    def keys(self) -> Keys:
        """The keys of all rows."""
        keys: Keys = np.load(io.BytesIO(self.read(KEYS).data), allow_pickle=False)
        return keys

    def segments(self) -> list[str]:
        """The names of the segments, in the order of their rows."""
        count = sum(map(owns, self.sums)) - (SIGNS in self.sums) - (KEYS in self.sums)
        return [SEGMENT.format(number) for number in range(count)]

    def signs(self) -> faiss.Index | None:
        """The index of signs, where there is one."""
        return faiss.deserialize_index(self.read(SIGNS)) if SIGNS in self.sums else None


def owns(name: str) -> bool:
    """Whether a file of that name is one of these."""
    return name in (KEYS, SIGNS) or (name.startswith("vectors.") and name.endswith(".f16"))


def load(held: Held, dimension: int) -> Dense:
    """The vectors that a folder holds. Raises ValueError or OSError where something is damaged or missing."""
    keys, signs = held.keys(), held.signs()
    index = _flat(dimension)
    bodies = [held.read(name) for name in held.segments()]
    if bodies:
        codes = bodies[0] if len(bodies) == 1 else np.concatenate(bodies)
        bodies.clear()
        index.add_sa_codes(codes.reshape(-1, 2 * dimension))
    if {index.ntotal, signs.ntotal if signs else index.ntotal} != {len(keys)}:
        raise ValueError("there are not as many vectors as keys")
    return Dense(keys, index, signs, _packed(signs) if signs else None)


def _packed(signs: faiss.Index) -> faiss.Index:
    return faiss.IndexRaBitQFastScan(signs)  # type: ignore[call-overload, no-any-return]


def update(folder: Path, wanted: Keys, dimension: int, vectors: Stream, old: Held | None = None) -> dict[str, str]:
    """Has the vectors of passages stand in a folder, made from an `old` one as far as that goes.

    Args:
        folder: where nothing of them stands yet.
        wanted: the keys of the passages, ascending; those not in the old folder are above all that are.
        dimension: length of a vector.
        vectors: those of all passages with keys above one, by ascending key: (keys, (n, dimension)) at a time.
        old: what was made earlier; none of its rows without a wanted key is left.

    Returns the checksums of the files that are the old ones. Raises ValueError where the old ones are damaged, OSError
    where they cannot be read or written, and LibraryError where there are no vectors of some passages.
    """
    keys = old.keys() if old else np.empty(0, np.int64)
    kept = np.isin(keys, wanted, assume_unique=True)
    segments = list(_kept(old, kept, dimension)) if old else []
    new = _Segment([
        np.asarray(rows[np.isin(found, wanted, assume_unique=True)], "<f2")
        for found, rows in vectors(int(keys[-1]) if len(keys) else 0)
    ])  # fmt: skip
    if kept.sum() + len(new) != len(wanted):
        raise LibraryError(
            f"the database has {len(wanted):,} passages and vectors of {kept.sum() + len(new):,}; "
            "`according doctor` tells which are missing"
        )
    signs = old.signs() if old and len(wanted) > FEW else None
    if signs:
        signs.remove_ids(faiss.IDSelectorBatch(np.flatnonzero(~kept)))
        for rows in new.rows():
            signs.add(rows.astype(np.float32))
    segments = _joined([s for s in (*segments, new) if len(s)])
    if len(wanted) > FEW and signs is None:
        signs = _signs(segments, dimension)
    with (folder / KEYS).open("wb") as file:
        np.save(file, wanted, allow_pickle=False)
        _sync(file)
    if signs:
        with (folder / SIGNS).open("wb") as file:
            file.write(faiss.serialize_index(signs).data)
            _sync(file)
    sums = {}
    for number, segment in enumerate(segments):
        name = SEGMENT.format(number)
        if known := segment.put(folder / name):
            sums[name] = known
    return sums


class _Segment:
    """Rows beside each other, in memory or in a file."""

    def __init__(self, blocks: Iterable[Rows] = (), held: Held | None = None, name: str = "", count: int = 0):
        self._blocks, self._held, self._name = list(blocks), held, name
        self._count = count or sum(map(len, self._blocks))

    def __len__(self) -> int:
        return self._count

    def rows(self) -> Iterator[Rows]:
        """Its rows, some at a time."""
        if self._held:
            yield self._held.read(self._name).view("<f2").reshape(self._count, -1)
        yield from self._blocks

    def put(self, path: Path) -> str | None:
        """Has it stand at a path; its checksum where it is a file already."""
        if self._held:
            link(self._held.folder / self._name, path)
            return self._held.sums[self._name]
        with path.open("wb") as file:
            for block in self._blocks:
                file.write(np.ascontiguousarray(block).data)
            _sync(file)
        return None


def _kept(old: Held, kept: npt.NDArray[np.bool_], dimension: int) -> Iterator[_Segment]:
    """The segments of a folder, without the rows that are not kept."""
    start = 0
    for name in old.segments():
        count = (old.folder / name).stat().st_size // (2 * dimension)
        own = kept[start : start + count]
        start += count
        if own.all():
            yield _Segment(held=old, name=name, count=count)
        else:
            yield _Segment([old.read(name).view("<f2").reshape(-1, dimension)[own]])
    if start != len(kept):
        raise ValueError(f"there are {start:,} vectors for {len(kept):,} keys")


def _joined(segments: list[_Segment]) -> list[_Segment]:
    """The segments so that each but the last has more than JOINED times the rows of the next."""
    done: list[_Segment] = []
    for segment in segments:
        while done and len(done[-1]) <= JOINED * len(segment):
            segment = _Segment([*done.pop().rows(), *segment.rows()])
        done.append(segment)
    return done


def _flat(dimension: int) -> faiss.Index:
    # Half precision halves what a question must read: 4.2 ms instead of 18.4 over 122,813 passages (one thread).
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _signs(segments: Iterable[_Segment], dimension: int) -> faiss.Index:
    """A RaBitQ index (Gao and Long 2024, arXiv:2405.12497) of the rows of segments."""
    signs = faiss.IndexRaBitQ(dimension, faiss.METRIC_INNER_PRODUCT)
    some = [rows[i : i + FEW] for s in segments for rows in s.rows() for i in range(0, len(rows), FEW)]
    total = np.sum([rows.sum(axis=0, dtype=np.float32) for rows in some], axis=0)
    signs.train((total / sum(map(len, some)))[None].astype(np.float32))  # of vectors it takes the mean alone
    for rows in some:
        signs.add(rows.astype(np.float32))
    return signs


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keeps a search in the calling thread, which has its usual number of threads again afterwards.

    Beside other programs, threads of FAISS that wait for each other took 20 ms where one takes 3.
    """
    usual = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(usual)


def link(path: Path, target: Path) -> None:
    """Has a file that is never written again stand in another place too."""
    try:
        os.link(path, target)
    except OSError:  # a file system without links
        shutil.copyfile(path, target)


def _sync(file: io.BufferedWriter) -> None:
    file.flush()
    os.fsync(file.fileno())
