"""The database is the source of truth: what was reported as done is in it, what does not fit is refused."""

import os
import subprocess
import sys
import threading

import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.database import database
from support.old_indexes import older, schema, scores

import rag
from rag.errors import LibraryError
from rag.stores.sqlite import DATABASE, Store


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


def test_a_missing_index_is_an_error_that_says_how_to_make_one(tmp_path):
    with pytest.raises(LibraryError, match=r"there is no index in .*nowhere; make one with: according build"):
        rag.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_is_no_database_is_an_error(tmp_path):
    (tmp_path / DATABASE).write_text("not a database" * 100)
    with pytest.raises(LibraryError, match="cannot be used"):
        rag.open(tmp_path)


def test_an_index_of_another_format_is_refused(index, words):
    with database(index) as db:
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


def test_several_threads_can_ask_at_once(index, words):
    library, answers = rag.open(index, encoder=words), []
    ask = lambda: answers.append([h.article_id for h in library.search("frost apple blossom", k=3)])  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(a == answers[0] for a in answers)


@pytest.mark.slow
def test_a_build_killed_in_the_middle_keeps_what_was_reported(tmp_path, news, words):
    """SIGKILL after the second batch: the index opens, and holds both batches whole."""
    records = [{"id": str(i), "text": f"Report number {i} on the harbour. It has two sentences."} for i in range(10)]
    program = """
import os, signal, sys
sys.path.insert(0, "tests")
import rag
from rag.ingest import pipeline
from rag.stores.sqlite.writer import Writer
from support import WordEncoder
pipeline.BATCH_ARTICLES = 3
put, done = Writer.put, []
def counted(self, batch):
    if len(done) == 2: os.kill(os.getpid(), signal.SIGKILL)
    put(self, batch); done.append(1)
Writer.put = counted
rag.build([sys.argv[1]], index=sys.argv[2], encoder=WordEncoder())
"""
    command = [sys.executable, "-c", program, str(news(*records)), str(tmp_path / "i")]
    assert subprocess.run(command, timeout=60).returncode == -9
    with rag.open(tmp_path / "i", encoder=words) as library:
        assert [a.id for a in library.articles()] == ["0", "1", "2", "3", "4", "5"]
        assert len({h.article_id for h in library.search("harbour", k=50)}) == 6
    library = rag.build([news(*records)], index=tmp_path / "i", encoder=words)
    assert (library.report.new, library.report.unchanged) == (4, 6)


def test_an_article_and_the_aliases_that_it_explains_are_removed_in_one_step(index, words, news):
    """A process killed in between would leave the alias, and what is gone cannot be removed again."""
    library = rag.open(index, encoder=words)
    union = {"id": "union", "text": "The Free Harbour Association (FHA) met. The FHA elects a chair today."}
    library.add([news(union)])
    assert [name.words for name in library.ask("Who is in the FHA?", min_confidence=0).aliases] == ["FHA"]
    before = Store.open(index).generation()
    library.remove(["union"])
    assert Store.open(index).generation() == before + 1
    assert Store.open(index).setting("names") == "[]"
    assert library.ask("Who is in the FHA?", min_confidence=0).aliases == ()


def test_an_unfinished_copy_of_a_killed_process_is_deleted_by_the_next_one(index, words, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "copy").mkdir()
    for end in (f"{gone.pid}.1", f"{gone.pid}.1-journal", f"{os.getppid()}.1"):
        (tmp_path / "copy" / f"{DATABASE}.making.{end}").write_bytes(b"half")
    rag.open(index, encoder=words).backup(tmp_path / "copy")
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [
        DATABASE,
        f"{DATABASE}.making.{os.getppid()}.1",  # that process lives
    ]


# Older formats


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_index_of_an_older_format_is_upgraded_without_encoding(index, words, news, number):
    rag.open(index, encoder=words).add(
        [news({"id": "union", "text": "The Free Harbour Association (FHA) met. The FHA elects a chair today."})]
    )
    expected, made = scores(index, words), schema(index)
    older(index, number)
    assert schema(index) != made
    words.read = 0
    assert scores(index, words) == expected
    assert schema(index) == made
    with rag.open(index, encoder=words) as library:
        assert len(library.ask("Who is in the FHA?", min_confidence=0).aliases) == (number == 3)
        assert list(library.skipped()) == []
        library.add([])
        assert library.report.duplicates == 0
        (name,) = library.ask("Who is in the FHA?", min_confidence=0).aliases
        assert (name.words, name.spellings) == ("FHA", ("Free Harbour Association",))
    assert words.read == 0
    with database(index) as db:
        assert db.execute("SELECT count(*) FROM passage WHERE signature IS NULL").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM article WHERE mined = 0").fetchone() == (0,)
