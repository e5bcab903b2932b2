"""The vectors of a cache: segments that are never rewritten, and what FAISS finds in them."""

import hashlib
import itertools
import tracemalloc

import numpy as np
import pytest

from rag.errors import LibraryError
from rag.stores import faiss_index as dense
from rag.stores.faiss_index import CODES, KEYS, VectorFiles

SIZE = 8


def vector(key):
    rows = np.random.default_rng(key).standard_normal(SIZE)
    return (rows / np.linalg.norm(rows)).astype(np.float32)


def stream(known):
    """Yield the vectors of keys as the database does, three at a time."""

    def vectors(above):
        keys = np.array([key for key in known if key > above], np.int64)
        for i in range(0, len(keys), 3):
            yield keys[i : i + 3], np.array([vector(key) for key in keys[i : i + 3]], np.float32)

    return vectors


def sums(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.fixture
def made(tmp_path):
    """Write one folder of vectors after the other, each from the one before, and check its segments."""
    folders = []

    def make(wanted, known=None, from_scratch=False):
        old = None if from_scratch or not folders else VectorFiles(folders[-1], sums(folders[-1]))
        folder = tmp_path / str(len(folders))
        folder.mkdir()
        folders.append(folder)
        shared = dense.update(folder, np.array(wanted, np.int64), SIZE, stream(known or wanted), old)
        assert shared == {name: sums(folder)[name] for name in shared}
        assert len(list(folder.iterdir())) == len(list(filter(dense.is_vector_file, sums(folder))))
        return folder

    return make


def rows(folder):
    return [(folder / name).stat().st_size // (2 * SIZE) for name in VectorFiles(folder, sums(folder)).segments()]


def read(folder):
    return dense.load(VectorFiles(folder, sums(folder)), SIZE)


def holds(folder, keys):
    """Return whether a folder has the vectors of these keys in order, and FAISS finds each."""
    found = read(folder)
    expected = np.array([vector(key) for key in keys], np.float16).astype(np.float32).reshape(-1, SIZE)
    if found.keys.tolist() != list(keys) or found.flat.ntotal != len(keys):
        return False
    if not len(keys):
        return True
    nearest = found.flat.search(expected, 1)[1][:, 0].tolist()
    return np.array_equal(found.flat.reconstruct_n(0, len(keys)), expected) and nearest == [*range(len(keys))]


def test_new_vectors_are_a_new_segment_and_old_segments_stay_the_same_files(made):
    first = made(range(1, 41))
    second = made(range(1, 48))
    assert (rows(first), rows(second)) == ([40], [40, 7])
    assert (first / "vectors.0.f16").samefile(second / "vectors.0.f16")
    assert holds(first, range(1, 41))
    assert holds(second, range(1, 48))


def test_segments_are_merged_so_that_there_are_few(made):
    count, seen = 64, []
    made(range(1, count + 1))
    for _ in range(40):
        count += 1
        folder = made(range(1, count + 1))
        seen.append(rows(folder))
    assert all(a > dense.MERGE_RATIO * b for found in seen for a, b in itertools.pairwise(found))
    assert max(map(len, seen)) >= 3
    assert holds(folder, range(1, count + 1))


def test_a_deleted_row_is_in_no_segment_and_the_others_stay(made):
    made(range(1, 41))
    before = made(range(1, 51))
    after = made([key for key in range(1, 51) if key not in (44, 50)], range(1, 60))
    assert (rows(before), rows(after)) == ([40, 10], [40, 8])
    assert (before / "vectors.0.f16").samefile(after / "vectors.0.f16")
    assert vector(44).astype(np.float16).tobytes() not in (after / "vectors.1.f16").read_bytes()
    later = made([key for key in range(2, 49) if key != 44])
    assert rows(later) == [39, 7]
    assert holds(later, [key for key in range(2, 49) if key != 44])


def test_whole_segments_can_be_deleted(made):
    made(range(1, 41))
    made(range(1, 51))
    assert holds(made(range(41, 51)), range(41, 51))
    assert holds(made([]), [])
    assert holds(made([70, 71]), [70, 71])


@pytest.mark.parametrize("few", [10, 1000])
def test_many_vectors_have_binary_codes_which_follow_changes(made, monkeypatch, few):
    monkeypatch.setattr("rag.stores.faiss_index.MAX_FLAT_VECTORS", few)
    for keys in (range(1, 41), range(1, 48), [k for k in range(1, 48) if k % 5], range(6, 10)):
        folder = made(keys, range(1, 48))
        found = read(folder)
        assert (folder / CODES).exists() == (found.codes is not None) == (len(keys) > few)
        if found.codes:
            assert found.codes.ntotal == len(keys)
            _, nearest = found.codes.search(vector(keys[-1])[None], 3)
            assert len(keys) - 1 in nearest


@pytest.mark.parametrize("name", [KEYS, "vectors.0.f16", "vectors.1.f16", CODES])
@pytest.mark.parametrize("damage", [lambda body: body[:-1] + bytes([body[-1] ^ 1]), lambda body: body[:-2], None])
def test_a_file_that_does_not_have_its_checksum_is_not_read(made, monkeypatch, name, damage):
    monkeypatch.setattr("rag.stores.faiss_index.MAX_FLAT_VECTORS", 10)
    made(range(1, 41))
    folder = made(range(1, 48))
    known, path = sums(folder), folder / name
    path.write_bytes(damage(path.read_bytes())) if damage else path.unlink()
    with pytest.raises((ValueError, OSError)):
        dense.load(VectorFiles(folder, known), SIZE)


def test_segments_with_too_few_rows_are_an_error(made, tmp_path):
    folder = made(range(1, 41))
    (folder / "vectors.1.f16").write_bytes(bytes(2 * SIZE))
    with pytest.raises(ValueError, match="not as many vectors as keys"):
        read(folder)
    with pytest.raises(ValueError, match="41 vectors for 40 keys"):
        dense.update(tmp_path, np.arange(1, 42), SIZE, stream(range(1, 42)), VectorFiles(folder, sums(folder)))


@pytest.mark.parametrize("from_scratch", [True, False])
def test_a_passage_without_a_vector_is_an_error_that_says_what_to_do(made, from_scratch):
    made(range(1, 41))
    with pytest.raises(LibraryError, match=r"has 42 passages and vectors of 4[01]; run `according doctor`"):
        made(range(1, 43), [*range(1, 41), 42], from_scratch)


def test_vectors_are_loaded_straight_into_the_index(tmp_path):
    """Python's memory does not have them a second time meanwhile."""
    rows = np.random.default_rng(0).standard_normal((11_000, 256), np.float32)
    wanted = np.arange(1, len(rows) + 1)
    dense.update(tmp_path, wanted, 256, lambda _: [(wanted, rows)])
    files = VectorFiles(tmp_path, sums(tmp_path))
    tracemalloc.start()
    index = dense.load(files, 256)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (index.flat.reconstruct_n(0, 3) == rows[:3].astype(np.float16)).all()
    assert peak < rows.size  # half of what the vectors take in half precision
