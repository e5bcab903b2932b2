"""Every page of an index's database has a checksum, which is compared whenever the page is read."""

import contextlib

import apsw
import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.database import database
from support.old_indexes import older, scores

import rag
from rag.errors import LibraryError
from rag.stores.sqlite import DATABASE, engine

PAGE_BYTES = 4096
QUESTION = "apple blossom frost on a bridge by the harbour"
DOCTOR = "cannot be used .*: run `according doctor` to see what is damaged; restore a backup, or build the index again"


@pytest.fixture
def index(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words).close()
    return tmp_path / "index"


def pages(index):
    body = (index / DATABASE).read_bytes()
    return [body[at : at + PAGE_BYTES] for at in range(0, len(body), PAGE_BYTES)]


def flip(index, page, at=0):
    """Change one bit of a page, the first of which is 1."""
    body = bytearray((index / DATABASE).read_bytes())
    body[(page - 1) * PAGE_BYTES + at] ^= 1
    (index / DATABASE).write_bytes(body)


def page_with(index, words):
    """The number of the last page that holds some bytes."""
    return max(number for number, body in enumerate(pages(index), 1) if words in body)


def test_a_bit_in_any_page_that_is_read_is_an_error(tmp_path):
    with engine.create_database(tmp_path / DATABASE) as db:
        db.execute("CREATE TABLE row (key INTEGER PRIMARY KEY, text TEXT)")
        db.execute("CREATE INDEX row_text ON row (text)")
        db.executemany("INSERT INTO row VALUES (?, ?)", [(i, f"{i:05} " * 400) for i in range(60)])
    db.close()
    everything = ("SELECT count(*), sum(length(text)) FROM row NOT INDEXED", "SELECT text FROM row ORDER BY text")
    number = len(pages(tmp_path))
    assert number > 60
    for page in range(1, number + 1):
        flip(tmp_path, page, at=PAGE_BYTES - 1 - 37 * page % 4000)
        db = engine.open_database(tmp_path / DATABASE)
        assert engine.damaged_pages(db) == [page]
        with pytest.raises(apsw.IOError) as caught:
            [db.execute(query).fetchall() for query in everything]
        assert caught.value.extendedresult == engine.DAMAGED_PAGE
        db.close()
        flip(tmp_path, page, at=PAGE_BYTES - 1 - 37 * page % 4000)
    db = engine.open_database(tmp_path / DATABASE)
    assert engine.damaged_pages(db) == []
    db.close()


@pytest.mark.parametrize("what", ["an outlet", "a text", "a vector"])
def test_what_is_read_of_a_damaged_page_is_an_error_that_names_doctor(index, words, what):
    with database(index) as db:
        vector = db.execute("SELECT sentences FROM vector WHERE passage = 1").fetchone()[0][:24]
    held = {"an outlet": b"The Guardian", "a text": b"Dock workers ended", "a vector": vector}[what]
    page = page_with(index, held)
    flip(index, page, at=pages(index)[page - 1].index(held) + 5)
    with rag.open(index, encoder=words) as library, pytest.raises(LibraryError, match=DOCTOR):
        library.ask("What did the dock workers end?", min_confidence=0)
    found = rag.examine(index)
    assert not found.ok
    assert found.checks[0].faults[0].endswith("is not as it was written")
    assert "restore a backup, or build the index again in a new folder" in found.notes


def test_damage_in_an_index_of_sqlites_own_hides_no_article(index, words):
    """Without a checksum, an article whose id is another one in an index of SQLite's is one that nobody knows."""
    with database(index) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'article_id'").fetchone()
    flip(index, root, at=pages(index)[root - 1].index(b"orchard"))
    with rag.open(index, encoder=words) as library, pytest.raises(LibraryError, match=DOCTOR):
        library.article("orchard")


def test_pages_whose_checksums_are_switched_off_by_damage_are_an_error(index, words):
    """Byte 20 says how many bytes at the end of each page are not SQLite's; with another number nothing is checked."""
    assert pages(index)[0][20] == engine.SUM_BYTES
    for bit in (1, 8):
        body = bytearray((index / DATABASE).read_bytes())
        body[20] ^= bit
        (index / DATABASE).write_bytes(body)
        with pytest.raises(LibraryError, match=DOCTOR):
            rag.open(index, encoder=words).ask(QUESTION, min_confidence=0)
        body[20] ^= bit
        (index / DATABASE).write_bytes(body)
    assert rag.open(index, encoder=words).ask(QUESTION, min_confidence=0).found


@pytest.mark.parametrize("number", [3, 5])
def test_an_index_made_before_gets_its_checksums_when_it_is_opened(index, words, number):
    expected = scores(index, words)
    older(index, number)
    assert pages(index)[0][20] == 0
    assert scores(index, words) == expected
    assert pages(index)[0][20] == engine.SUM_BYTES
    assert rag.examine(index).ok
    (kept,) = index.glob("library.format*.sqlite")
    assert (kept.name, kept.read_bytes()[20]) == (f"library.format{number}.sqlite", 0)
    flip(index, len(pages(index)))
    assert not rag.examine(index).ok


def test_a_backup_and_a_compacted_index_have_checksums(index, words, tmp_path):
    with rag.open(index, encoder=words) as library:
        library.backup(tmp_path / "backup")
        library.remove(["bridge"])
        library.compact()
    for folder in (index, tmp_path / "backup"):
        with database(folder) as db:
            assert engine.has_sums(db)
            assert engine.damaged_pages(db) == []


@pytest.mark.parametrize("before", [True, False])
def test_every_page_of_a_copy_has_a_checksum_however_many_they_are(tmp_path, before):
    """SQLite writes pages of a copy before it knows of checksums, once they fill its cache (2 MB)."""
    make = engine.create_database if before else lambda path: engine.Connection(str(path))
    for number, rows in enumerate((1, 3000)):
        source, copied = tmp_path / f"source{number}", tmp_path / f"copy{number}"
        with contextlib.closing(make(source)) as db:
            db.execute("CREATE TABLE row (key INTEGER PRIMARY KEY, text TEXT)")
            db.execute("BEGIN")
            db.executemany("INSERT INTO row VALUES (?, ?)", [(i, f"{i:05} " * 300) for i in range(rows)])
            db.execute("COMMIT")
            assert engine.has_sums(db) is before
            engine.copy(db, copied)
        with contextlib.closing(engine.open_database(copied)) as db:
            assert db.execute("SELECT count(*), sum(length(text)) FROM row").fetchone() == (rows, rows * 1800)
            assert engine.has_sums(db)
            assert engine.damaged_pages(db) == []


def test_the_databases_of_other_programs_in_the_process_are_left_alone(tmp_path):
    engine._vfs()
    assert apsw.vfs_names()[0] != engine.VFS
    with apsw.Connection(str(tmp_path / "other")) as db:
        db.execute("CREATE TABLE row (key)")
    db.close()
    assert (tmp_path / "other").read_bytes()[20] == 0


def test_sqlite_without_the_extension_is_an_error_that_says_how_to_install_it(index, words, monkeypatch):
    def load(db, name):
        raise LookupError(f"{name!r} is not a known extra")

    monkeypatch.setattr("apsw.sqlite_extra.load", load)
    engine._vfs.cache_clear()
    try:
        with pytest.raises(LibraryError, match="pip install --force-reinstall --only-binary :all: apsw"):
            rag.open(index, encoder=words)
    finally:
        monkeypatch.undo()
        engine._vfs.cache_clear()
    assert rag.open(index, encoder=words).ask(QUESTION, min_confidence=0).found
