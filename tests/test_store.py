"""The database is the only truth; the FAISS file is a cache that may be missing, behind or damaged."""

import sqlite3
import subprocess
import sys
import threading

import pytest
from conftest import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.errors import LibraryError
from rag.store import CACHE, DATABASE


@pytest.fixture
def index(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words).close()
    return tmp_path / "index"


def found(index, words):
    with rag.open(index, encoder=words) as library:
        return [h.article_id for h in library.search("apple blossom frost", k=3)]


def test_an_article_comes_back_as_it_went_in(index, words):
    article = rag.open(index, encoder=words).article("harbour")
    assert {name: getattr(article, name) for name in ("text", "title", "outlet", "url")} == {
        name: HARBOUR[name] for name in ("text", "title", "outlet", "url")
    }
    assert (article.authors, article.date.isoformat(), article.date_basis) == (("Jane Roe",), "2013-05-14", "published")
    assert (article.outlet_basis, article.kind) == ("metadata: outlet", "full text")


@pytest.mark.parametrize(
    "damage", ["missing", "truncated", "bit flipped", "of another generation", "no stamp", "empty"]
)
def test_a_cache_that_does_not_fit_is_made_again_without_encoding(index, words, damage):
    expected = found(index, words)
    cache = index / CACHE
    body = cache.read_bytes()
    changed = {
        "truncated": body[: len(body) // 2],
        "bit flipped": body[:-9] + bytes([body[-9] ^ 1]) + body[-8:],
        "of another generation": body.replace(b'"generation": 1', b'"generation": 0'),
        "no stamp": body[100:],
        "empty": b"",
    }
    cache.unlink() if damage == "missing" else cache.write_bytes(changed[damage])
    words.read = 0
    assert found(index, words) == expected
    assert expected[0] == "orchard"
    assert words.read == 0
    assert cache.read_bytes() == body


def test_a_damaged_cache_is_no_error_where_it_cannot_be_written(index, words, monkeypatch):
    (index / CACHE).write_bytes(b"")

    def refuse(*_):
        raise PermissionError("read-only")

    monkeypatch.setattr("rag.store.os.fsync", refuse)
    assert found(index, words)[0] == "orchard"
    assert sorted(p.name for p in index.iterdir() if p.name.startswith(CACHE)) == [CACHE]


def test_no_index_is_an_error_that_says_how_to_make_one(tmp_path):
    with pytest.raises(LibraryError, match=r"there is no index in .*nowhere; make one with: according build"):
        rag.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_is_no_database_is_an_error(tmp_path):
    (tmp_path / DATABASE).write_text("not a database" * 100)
    with pytest.raises(LibraryError, match="cannot be used"):
        rag.open(tmp_path)


def test_an_index_of_another_format_is_refused(index, words):
    with sqlite3.connect(index / DATABASE) as db:
        db.execute("UPDATE manifest SET value = '99' WHERE key = 'format'")
    with pytest.raises(LibraryError, match=r"has format 99, this version of According reads \d+; build it again"):
        rag.open(index, encoder=words)


def test_an_index_of_another_encoder_is_refused(index, words):
    words.name = "others"
    with pytest.raises(LibraryError, match="was made with the encoder 'words', not 'others'"):
        rag.open(index, encoder=words)


def test_vectors_of_another_length_are_refused(index, words):
    words.dimension = 32
    with pytest.raises(LibraryError, match="has vectors of 64 numbers, the encoder 'words' makes 32"):
        rag.open(index, encoder=words)


def test_a_second_writer_is_told_to_wait(index, words, news, monkeypatch):
    monkeypatch.setattr("rag.store.WAIT", 0.2)
    hold = "import sys, filelock\nwith filelock.FileLock(sys.argv[1]): print('held', flush=True), sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(index / "write.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LibraryError, match="another process is writing to"):
            rag.open(index, encoder=words).add([news(HARBOUR)])
        assert found(index, words)[0] == "orchard"
    finally:
        other.kill()
        other.wait()


def test_an_open_library_takes_up_what_another_process_adds(index, words, news):
    library = rag.open(index, encoder=words)
    assert len(library.search("anything", k=9)) == 3
    other = rag.open(index, encoder=words)
    other.add([news({"id": "new", "text": "A ferry ran aground near the lighthouse. Nobody was hurt."})])
    assert library.search("ferry aground lighthouse", k=9)[0].article_id == "new"
    other.remove(["new"])
    assert len(library.search("ferry aground lighthouse", k=9)) == 3


def test_threads_ask_at_once(index, words):
    library, answers = rag.open(index, encoder=words), []
    ask = lambda: answers.append([h.article_id for h in library.search("frost apple blossom", k=3)])  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(a == answers[0] for a in answers)


def test_a_build_killed_in_the_middle_keeps_what_was_reported(tmp_path, news, words):
    """SIGKILL after the second batch: the index opens, and holds both batches whole."""
    records = [{"id": str(i), "text": f"Report number {i} on the harbour. It has two sentences."} for i in range(10)]
    program = """
import os, signal, sys
sys.path.insert(0, "tests")
import rag, rag.library, rag.store
from conftest import WordEncoder
rag.library.BATCH = 3
put, done = rag.store.Writer.put, []
def counted(self, batch):
    if len(done) == 2: os.kill(os.getpid(), signal.SIGKILL)
    put(self, batch); done.append(1)
rag.store.Writer.put = counted
rag.build([sys.argv[1]], index=sys.argv[2], encoder=WordEncoder())
"""
    command = [sys.executable, "-c", program, str(news(*records)), str(tmp_path / "i")]
    assert subprocess.run(command, timeout=60).returncode == -9
    with rag.open(tmp_path / "i", encoder=words) as library:
        assert [a.id for a in library.articles()] == ["0", "1", "2", "3", "4", "5"]
        assert len({h.article_id for h in library.search("harbour", k=50)}) == 6
    library = rag.build([news(*records)], index=tmp_path / "i", encoder=words)
    assert (library.report.new, library.report.unchanged) == (4, 6)


def test_an_index_of_the_format_before_is_brought_up_to_date_without_encoding(index, words):
    with sqlite3.connect(index / DATABASE) as db:
        for statement in (
            "DROP INDEX passage_same", "DROP INDEX passage_unsigned", "DROP TABLE sentence", "DROP TABLE quarantine",
            "ALTER TABLE article DROP COLUMN same", "ALTER TABLE passage DROP COLUMN same",
            "ALTER TABLE passage DROP COLUMN signature", "UPDATE manifest SET value = '1' WHERE key = 'format'",
        ):  # fmt: skip
            db.execute(statement)
    words.read = 0
    assert found(index, words)[0] == "orchard"
    with rag.open(index, encoder=words) as library:
        library.add([])
        assert library.report.copied == 0
        assert list(library.skipped()) == []
    assert words.read == 0
    with sqlite3.connect(index / DATABASE) as db:
        assert db.execute("SELECT count(*) FROM passage WHERE signature IS NULL").fetchone() == (0,)
