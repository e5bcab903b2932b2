"""The vectors of passages -> those nearest to a question's, by FAISS; `tantivy_index` is the same for words.

Before `snapshot`, which decides what is indexed and when, and keeps a checksum of each file:

    keys.npy         the keys of the passages, ascending
    vectors.N.f16    their vectors in half precision, in that order, in segments that follow each other
    signs.faiss      their binary codes, for a first look through very many

A segment is never rewritten, and several caches share its file if the system can link files. New vectors go into a
segment of their own, merged with those before it that are not much larger, so that there are few segments and adding
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

KEYS, SEGMENT, CODES = "keys.npy", "vectors.{}.f16", "signs.faiss"
MAX_FLAT_VECTORS = 10_000  # up to which it is fast to compare all of them
# Of more vectors, so many times as many as wanted are found by their binary codes and then compared: of 67,584 these
# hold the ten nearest always and 99.4 of 100 of the fifty nearest (docs/measurements/speed.md, "FAISS indexes").
CODE_CANDIDATES = 8
# Up to so many vectors for each one wanted, comparing all is as fast as looking through their codes first, and exact:
# for the 400 nearest of 123,038 it takes 5.5 ms instead of 7.2 (`benchmarks/faiss_kinds.py` has more).
FLAT_FOR_ONE = 400
MERGE_RATIO = 2  # a segment is merged with those after it if it has at most so many times their rows

Keys = npt.NDArray[np.int64]
Rows = npt.NDArray[np.float16]
Stream = Callable[[int], Iterable[tuple[Keys, Vectors]]]


@dataclass(frozen=True)
class VectorIndex:
    """The vectors in memory: row i is that of the passage `keys[i]`.

    Attributes:
        keys: of the passages, ascending, (n,).
        flat: the vectors in half precision.
        codes: their binary codes, for a first look at those that a filter lets through; None for few vectors.
        packed: the same codes, packed for a look at all of them: 2.7 times as fast, and unable to leave any out.
    """

    keys: Keys
    flat: faiss.Index
    codes: faiss.Index | None
    packed: faiss.Index | None

    def nearest(
        self, question: Vectors, k: int, mask: npt.NDArray[np.bool_] | None = None
    ) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the rows of the vectors nearest to a question's, and their cosines, nearest first.

        Args:
            question: its vector, (dimension,).
            k: how many rows to return at most.
            mask: which rows may be found, (n,); None for all.
        """
        count = len(self.keys) if mask is None else int(np.count_nonzero(mask))
        if not count:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        chosen = None if mask is None else faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg, arg-type]
        with _one_thread():
            if self.codes is None or self.packed is None or count <= FLAT_FOR_ONE * k:
                parameters = faiss.SearchParameters(sel=chosen)  # type: ignore[call-arg]
                scores, found = self.flat.search(question[None], min(k, count), params=parameters)
                return found[0], scores[0]
            if chosen is None:
                _, found = self.packed.search(question[None], min(CODE_CANDIDATES * k, count))
            else:
                parameters = faiss.RaBitQSearchParameters(sel=chosen)  # type: ignore[call-arg]
                _, found = self.codes.search(question[None], min(CODE_CANDIDATES * k, count), params=parameters)
        rows = found[0][found[0] >= 0]
        cosines = self.cosines(rows, question)
        best = np.argsort(-cosines, kind="stable")[:k]
        return rows[best], cosines[best]

    def cosines(self, rows: npt.NDArray[np.int64], question: Vectors) -> Vectors:
        """Return the cosines of the vectors in some rows with a question's."""
        values = _codes(self.flat).view("<f2")
        return np.asarray(values.reshape(-1, len(question))[rows].astype(np.float32) @ question, np.float32)


@dataclass(frozen=True)
class VectorFiles:
    """The files of vectors in a folder, and the checksum of each file there, by name."""

    folder: Path
    sums: Mapping[str, str]

    def read(self, name: str, into: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.uint8]:
        """Return the bytes of a file, in a new array or in one of its size.

        Raises ValueError unless these very bytes have its checksum.
        """
        body = np.empty((self.folder / name).stat().st_size, np.uint8) if into is None else into
        with (self.folder / name).open("rb") as file:
            read = file.readinto(body.data)
        if read != len(body) or hashlib.sha256(body.data).hexdigest() != self.sums.get(name):
            raise ValueError(f"{name} is not as it was written")
        return body

    def keys(self) -> Keys:
        """Return the keys of all rows."""
        keys: Keys = np.load(io.BytesIO(self.read(KEYS).data), allow_pickle=False)
        return keys

    def segments(self) -> list[str]:
        """Return the names of the segments, in the order of their rows."""
        count = sum(map(is_vector_file, self.sums)) - (CODES in self.sums) - (KEYS in self.sums)
        return [SEGMENT.format(number) for number in range(count)]

    def codes(self) -> faiss.Index | None:
        """Return the index of binary codes, if there is one."""
        return faiss.deserialize_index(self.read(CODES)) if CODES in self.sums else None


def is_vector_file(name: str) -> bool:
    """Return whether a file of that name is one of those that this module writes."""
    return name in (KEYS, CODES) or (name.startswith("vectors.") and name.endswith(".f16"))


def load(files: VectorFiles, dimension: int) -> VectorIndex:
    """Load the vectors of a folder. Raises ValueError or OSError if a file is damaged or missing."""
    keys, codes = files.keys(), files.codes()
    flat = _flat(dimension)
    sizes = {name: (files.folder / name).stat().st_size for name in files.segments()}
    flat.codes.resize(sum(sizes.values()))  # type: ignore[attr-defined]
    flat.ntotal, start = flat.codes.size() // flat.code_size, 0  # type: ignore[attr-defined]
    for name, size in sizes.items():  # straight into the index, which would copy them: they need no memory twice
        files.read(name, _codes(flat)[start : start + size])
        start += size
    if {flat.ntotal, codes.ntotal if codes else flat.ntotal} != {len(keys)}:
        raise ValueError("there are not as many vectors as keys")
    return VectorIndex(keys, flat, codes, _packed(codes) if codes else None)


def _packed(codes: faiss.Index) -> faiss.Index:
    return faiss.IndexRaBitQFastScan(codes)  # type: ignore[call-overload, no-any-return]


def update(
    folder: Path, wanted: Keys, dimension: int, vectors: Stream, old: VectorFiles | None = None
) -> dict[str, str]:
    """Write the vectors of passages into a folder, reusing those of an old one as far as possible.

    Args:
        folder: a folder without vectors.
        wanted: the keys of the passages, ascending; those not in the old folder are greater than all that are.
        dimension: length of a vector.
        vectors: returns those of all passages with keys above one, by ascending key: (keys, (n, dimension)) at a time.
        old: what was written earlier; its rows without a wanted key are left out.

    Returns:
        The checksums of the files that are shared with the old folder, by name.

    Raises:
        ValueError: if the old files are damaged.
        OSError: if files cannot be read or written.
        LibraryError: if there are no vectors of some passages.
    """
    keys = old.keys() if old else np.empty(0, np.int64)
    kept = np.isin(keys, wanted, assume_unique=True)
    segments = list(_kept(old, kept, dimension)) if old else []
    with np.errstate(over="ignore"):  # a damaged vector may be too large; `doctor` finds it by its checksum
        new = _Segment([
            np.asarray(rows[np.isin(found, wanted, assume_unique=True)], "<f2")
            for found, rows in vectors(int(keys[-1]) if len(keys) else 0)
        ])  # fmt: skip
    if kept.sum() + len(new) != len(wanted):
        raise LibraryError(
            f"the database has {len(wanted):,} passages and vectors of {kept.sum() + len(new):,}; "
            "run `according doctor` to see which are missing"
        )
    codes = old.codes() if old and len(wanted) > MAX_FLAT_VECTORS else None
    if codes:
        codes.remove_ids(faiss.IDSelectorBatch(np.flatnonzero(~kept)))
        for rows in new.rows():
            codes.add(rows.astype(np.float32))
    segments = _merged([s for s in (*segments, new) if len(s)])
    if len(wanted) > MAX_FLAT_VECTORS and codes is None:
        codes = _binary_codes(segments, dimension)
    with (folder / KEYS).open("wb") as file:
        np.save(file, wanted, allow_pickle=False)
        _sync(file)
    if codes:
        with (folder / CODES).open("wb") as file:
            file.write(faiss.serialize_index(codes).data)
            _sync(file)
    sums = {}
    for number, segment in enumerate(segments):
        name = SEGMENT.format(number)
        if shared := segment.write(folder / name):
            sums[name] = shared
    return sums


class _Segment:
    """Consecutive rows, in memory or in a file."""

    def __init__(self, blocks: Iterable[Rows] = (), files: VectorFiles | None = None, name: str = "", count: int = 0):
        self._blocks, self._files, self._name = list(blocks), files, name
        self._count = count or sum(map(len, self._blocks))

    def __len__(self) -> int:
        return self._count

    def rows(self) -> Iterator[Rows]:
        """Yield its rows, some at a time."""
        if self._files:
            yield self._files.read(self._name).view("<f2").reshape(self._count, -1)
        yield from self._blocks

    def write(self, path: Path) -> str | None:
        """Write it to a path, or link its file there and return its checksum."""
        if self._files:
            link(self._files.folder / self._name, path)
            return self._files.sums[self._name]
        with path.open("wb") as file:
            for block in self._blocks:
                file.write(np.ascontiguousarray(block).data)
            _sync(file)
        return None


def _kept(old: VectorFiles, kept: npt.NDArray[np.bool_], dimension: int) -> Iterator[_Segment]:
    """Yield the segments of a folder, without the rows that are not kept."""
    start = 0
    for name in old.segments():
        count = (old.folder / name).stat().st_size // (2 * dimension)
        own = kept[start : start + count]
        start += count
        if own.all():
            yield _Segment(files=old, name=name, count=count)
        else:
            yield _Segment([old.read(name).view("<f2").reshape(-1, dimension)[own]])
    if start != len(kept):
        raise ValueError(f"there are {start:,} vectors for {len(kept):,} keys")


def _merged(segments: list[_Segment]) -> list[_Segment]:
    """Merge segments until each but the last has more than MERGE_RATIO times the rows of the next."""
    merged: list[_Segment] = []
    for segment in segments:
        while merged and len(merged[-1]) <= MERGE_RATIO * len(segment):
            segment = _Segment([*merged.pop().rows(), *segment.rows()])
        merged.append(segment)
    return merged


def _flat(dimension: int) -> faiss.Index:
    # Half precision halves what a question must read: 4.2 ms instead of 18.4 over 122,813 passages (one thread).
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _codes(flat: faiss.Index) -> npt.NDArray[np.uint8]:
    """Return the memory that an index has its vectors in."""
    return faiss.rev_swig_ptr(flat.codes.data(), flat.codes.size())  # type: ignore[attr-defined]


def _binary_codes(segments: Iterable[_Segment], dimension: int) -> faiss.Index:
    """Return a RaBitQ index (Gao and Long 2024, arXiv:2405.12497) of the rows of segments."""
    codes = faiss.IndexRaBitQ(dimension, faiss.METRIC_INNER_PRODUCT)
    size = MAX_FLAT_VECTORS
    blocks = [rows[i : i + size] for s in segments for rows in s.rows() for i in range(0, len(rows), size)]
    total = np.sum([rows.sum(axis=0, dtype=np.float32) for rows in blocks], axis=0)
    codes.train((total / sum(map(len, blocks)))[None].astype(np.float32))  # it only takes the mean of the vectors
    for rows in blocks:
        codes.add(rows.astype(np.float32))
    return codes


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keep a search in the calling thread, which has its usual number of threads again afterwards.

    While other programs ran too, threads of FAISS that wait for each other took 20 ms where one takes 3.
    """
    usual = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(usual)


def link(path: Path, target: Path) -> None:
    """Make a file that is never rewritten available at another path too: by a link, else by a copy."""
    try:
        os.link(path, target)
    except OSError:  # a file system without links
        shutil.copyfile(path, target)


def _sync(file: io.BufferedWriter) -> None:
    file.flush()
    os.fsync(file.fileno())
