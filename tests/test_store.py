"""The database is the only truth; the FAISS file and the words are caches that may be missing, behind or damaged."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from conftest import BRIDGE, HARBOUR, ORCHARD

import rag
from rag import lexical
from rag.errors import LibraryError
from rag.lexical import Within
from rag.store import CACHE, DATABASE, STAMP, Store


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
        "of another generation": body.replace(b'{"generation": ', b'{"generation": 1'),
        "no stamp": body[100:],
        "empty": b"",
    }
    assert body not in changed.values()
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


# The words

FERRY = {"id": "ferry", "outlet": "Reuters", "date": "2020-02-01", "text": "A ferry ran aground. Nobody was hurt."}
KIOSK = {"id": "kiosk", "outlet": "Reuters", "date": "2020-02-02", "text": "A kiosk burned down. Nobody was hurt."}


def scores(index, words, question="apple blossom frost on a bridge by the harbour"):
    """Everything that is found, with its score, which words and articles have their part in."""
    with rag.open(index, encoder=words) as library:
        return [(h.article_id, h.start, pytest.approx(h.score, abs=1e-5)) for h in library.search(question, k=50)]


def folder(index):
    """The one folder of words that is there."""
    (there,) = index.glob("words.*")
    assert there.is_dir()
    return there


def by_words(index, question, within=Within()):  # noqa: B008
    """Ids of articles with passages that hold words of the question, as the lexical index has them."""
    view = Store.open(index).view()
    keys = view.words.coverage(view.words.terms(question), 50, within)
    ids = {key: view.ids[row] for key, row in zip(view.keys.tolist(), view.article, strict=True)}
    assert set(view.words.articles(view.words.terms(question), 50, within)) == {
        view.number[view.row[ids[key]]] for key in keys
    }
    return sorted({ids[key] for key in keys})


@pytest.fixture
def updates(monkeypatch):
    """What the words were brought up to date with: (keys of articles taken out, first sentences of those put in)."""
    done, update = [], lexical.update

    def noted(where, gone, documents):
        gone, documents = list(gone), list(documents)
        done.append((gone, [d.text.partition(".")[0] for d in documents]))
        update(where, gone, documents)

    monkeypatch.setattr("rag.store.lexical.update", noted)
    return done


def test_words_that_are_there_are_not_made_again(index, words, updates):
    there = folder(index)
    assert (
        json.loads((there / STAMP).read_text())["generation"] == int(there.suffix[1:]) == Store.open(index).generation()
    )
    assert found(index, words)[0] == "orchard"
    assert updates == []
    assert folder(index) == there


def test_words_are_made_from_those_before_by_what_changed(index, words, news, updates):
    library = rag.open(index, encoder=words)
    before = folder(index)
    library.add([news(FERRY)])
    assert updates.pop() == ([], ["A ferry ran aground"])
    library.add([news(FERRY | {"text": "The ferry floats again."})])
    ((ferry,), texts) = updates.pop()
    assert texts == ["The ferry floats again"]
    library.add([news(FERRY | {"text": "The ferry floats again.", "outlet": "Press TV"})])
    assert updates.pop() == ([], ["The ferry floats again"])
    library.remove(["ferry"])
    assert by_words(index, "ferry") == []
    (gone, texts) = updates.pop()
    assert (gone, texts) == ([ferry, ferry + 1], [])  # the retired one is deleted too
    assert updates == []
    assert folder(index) != before
    assert found(index, words)[0] == "orchard"


def test_what_is_retired_or_removed_is_in_neither_engine(index, words, news):
    library = rag.open(index, encoder=words)
    library.add([news(FERRY)])
    assert (by_words(index, "ferry"), by_words(index, "aground")) == (["ferry"], ["ferry"])
    library.remove(["ferry"])
    assert by_words(index, "ferry aground") == []
    assert {article for article, *_ in scores(index, words, "A ferry ran aground")} == {"harbour", "bridge", "orchard"}
    rag.build([news(HARBOUR, ORCHARD)], index=index, encoder=words)
    assert by_words(index, "bridge cracks pillars") == []
    assert {article for article, *_ in scores(index, words, BRIDGE["text"])} == {"harbour", "orchard"}


def test_an_article_that_changed_is_found_by_its_new_words_alone(index, words, news):
    rag.open(index, encoder=words).add([news(BRIDGE | {"text": "Divers looked for the anchor."})])
    assert by_words(index, "cracks pillars") == []
    assert by_words(index, "diver") == ["bridge"]


def test_better_provenance_changes_what_words_are_found_within(index, words, news):
    reuters, spring = Within(frozenset({"Reuters"})), Within(after=735_000, before=735_100)  # 14 May to 22 August 2013
    assert by_words(index, "bridge", reuters) == by_words(index, "bridge", spring) == []
    rag.open(index, encoder=words).add([news(BRIDGE | {"outlet": "Reuters", "date": "2013-06-01"})])
    assert by_words(index, "bridge", reuters) == by_words(index, "bridge", spring) == ["bridge"]
    assert by_words(index, "bridge", Within(frozenset({"Press TV"}))) == []


def test_words_brought_up_to_date_lead_to_what_words_made_anew_lead_to(index, words, news):
    library = rag.open(index, encoder=words)
    library.add([news(FERRY)])
    library.remove(["bridge"])
    library.add([news(KIOSK, FERRY | {"text": "The ferry floats again."})])
    changed = scores(index, words, "apple blossom frost on a ferry")
    shutil.rmtree(folder(index))
    assert [row[:2] for row in changed] == [row[:2] for row in scores(index, words, "apple blossom frost on a ferry")]


def test_a_changed_byte_in_any_file_of_the_words_is_noticed(index, words, updates):
    def files():
        """Segments are named at random, and otherwise at each making."""
        paths = (p for p in folder(index).rglob("*") if p.is_file() and p.suffix != ".lock")
        return {(p.parent.name, p.suffix if len(p.stem) == 32 else p.name): p for p in paths}

    expected, which = scores(index, words), sorted(files())
    assert len(which) == 17
    for each in which:
        path = files()[each]
        body = path.read_bytes()
        path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
        assert scores(index, words) == expected, each
        assert [len(texts) for _, texts in updates] == [3], each
        updates.clear()


@pytest.mark.parametrize("missing", ["all", STAMP, "passages", "articles", "passages/meta.json", "a segment"])
def test_words_that_lack_something_are_made_again(index, words, missing, updates):
    expected, there = scores(index, words), folder(index)
    gone = {"all": there, "a segment": next((there / "passages").glob("*.pos"))}.get(missing, there / missing)
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert scores(index, words) == expected
    assert [len(texts) for _, texts in updates] == [3]
    assert folder(index) == there
    assert gone.exists() or missing == "a segment"


@pytest.mark.parametrize(
    "stamp", ["", "[]", "{}", '{"generation": 3, "files": []}', '{"generation": 3, "files": {}}', "\0"]
)
def test_a_stamp_that_says_nothing_is_no_error(index, words, stamp):
    expected = scores(index, words)
    (folder(index) / STAMP).write_text(stamp)
    assert scores(index, words) == expected
    assert "passages/meta.json" in json.loads((folder(index) / STAMP).read_text())["files"]


def test_damaged_words_are_not_built_upon(index, words, news, updates):
    path = next((folder(index) / "passages").glob("*.term"))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    rag.open(index, encoder=words).add([news(FERRY)])
    assert [(gone, len(texts)) for gone, texts in updates] == [([], 4)]
    assert by_words(index, "ferry frost") == ["ferry", "orchard"]


def test_what_a_killed_process_left_half_made_is_no_hindrance(index, words, monkeypatch):
    expected, there = scores(index, words), folder(index)
    monkeypatch.setattr("rag.store.os.getpid", lambda: 7)
    for name in ("words.making.6.1", f"words.making.7.{threading.get_ident()}", "words.", "words.x"):
        shutil.copytree(there, index / name)
        (index / name / STAMP).unlink()
        (index / name / "passages" / "meta.json").write_text("{}")
    shutil.rmtree(there)
    assert scores(index, words) == expected
    assert there.is_dir()
    assert not (index / f"words.making.7.{threading.get_ident()}").exists()


def test_words_of_a_later_generation_are_left_alone(index, words, updates):
    expected, there = scores(index, words), folder(index)
    there.rename(index / "words.99")
    assert scores(index, words) == expected
    assert [len(texts) for _, texts in updates] == [3]
    assert there.is_dir()


def test_old_words_are_cleared_away(index, words, news):
    library = rag.open(index, encoder=words)
    old = folder(index)
    shutil.copytree(old, index / "words.1")
    library.add([news(FERRY)])
    assert folder(index).name == f"words.{Store.open(index).generation()}" != old.name


@pytest.mark.parametrize("how", ["not writable", "not renamed"])
def test_a_folder_that_cannot_be_written_goes_without_kept_words(index, words, monkeypatch, how, updates):
    expected, there = scores(index, words), folder(index)
    shutil.rmtree(there)
    temporary = {p.name for p in Path(tempfile.gettempdir()).glob("according-*")}

    def refuse(*_):
        raise OSError("read-only")

    if how == "not writable":
        monkeypatch.setattr("rag.store.os.access", lambda *_: False)
    else:
        monkeypatch.setattr("rag.store.Path.rename", refuse)
    for _ in range(2):
        assert scores(index, words) == expected
        assert len(updates.pop()[1]) == 3
    assert list(index.glob("words*")) == []
    assert {p.name for p in Path(tempfile.gettempdir()).glob("according-*")} <= temporary


def test_a_file_system_without_links_copies(index, words, news, monkeypatch, updates):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr("rag.store.os.link", refuse)
    rag.open(index, encoder=words).add([news(FERRY)])
    assert updates == [([], ["A ferry ran aground"])]
    assert by_words(index, "ferry frost") == ["ferry", "orchard"]


@pytest.mark.parametrize("cache", ["words", "vectors"])
def test_caches_of_what_a_restored_database_never_held_are_not_used(index, words, news, cache):
    shutil.copyfile(index / DATABASE, index.with_suffix(".backup"))
    with rag.open(index, encoder=words) as library:
        library.add([news(FERRY)])
    shutil.copyfile(index.with_suffix(".backup"), index / DATABASE)
    for name in ("-wal", "-shm"):
        (index / f"{DATABASE}{name}").unlink(missing_ok=True)
    with rag.open(index, encoder=words) as library:
        library.add([news(KIOSK)])
        if cache == "words":
            assert by_words(index, "kiosk") == ["kiosk"]
        else:
            view = Store.open(index).view()
            assert view.index.reconstruct(3) @ words.encode_question(KIOSK["text"]) == pytest.approx(1, abs=1e-3)


# Older formats


def older(index, to):
    """Takes out of an index what the formats after `to` added to it."""
    back = {
        2: (
            "DROP INDEX article_changed", "DROP INDEX article_unmined", "ALTER TABLE article DROP COLUMN changed",
            "ALTER TABLE article DROP COLUMN mined", "DROP TABLE past", "DROP TABLE gone", "DROP TABLE pair",
            "DROP TABLE printed",
            "DELETE FROM manifest WHERE key IN ('names', 'bar')",
        ),
        1: (
            "DROP INDEX passage_same", "DROP INDEX passage_unsigned", "DROP TABLE sentence", "DROP TABLE quarantine",
            "ALTER TABLE article DROP COLUMN same", "ALTER TABLE passage DROP COLUMN same",
            "ALTER TABLE passage DROP COLUMN signature",
        ),
    }  # fmt: skip
    with sqlite3.connect(index / DATABASE) as db:
        for number in range(2, to - 1, -1):
            for statement in back[number]:
                db.execute(statement)
        db.execute("UPDATE manifest SET value = ? WHERE key = 'format'", (str(to),))
    shutil.rmtree(folder(index))


def schema(index):
    with sqlite3.connect(index / DATABASE) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")]
        return {t: sorted(row[1] for row in db.execute(f"PRAGMA table_info({t})")) for t in tables}


@pytest.mark.parametrize("number", [1, 2])
def test_an_index_of_an_older_format_is_brought_up_to_date_without_encoding(index, words, news, number):
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
        assert library.ask("Who is in the FHA?", least=0).names == ()
        assert list(library.skipped()) == []
        library.add([])
        assert library.report.copied == 0
        (name,) = library.ask("Who is in the FHA?", least=0).names
        assert (name.words, name.spellings) == ("FHA", ("Free Harbour Association",))
    assert words.read == 0
    with sqlite3.connect(index / DATABASE) as db:
        assert db.execute("SELECT count(*) FROM passage WHERE signature IS NULL").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM article WHERE mined = 0").fetchone() == (0,)
