"""The cache is built from the database: missing, out of date or damaged, it is built again without encoding."""

import gc
import json
import os
import shutil
import tempfile
import threading
from pathlib import Path

import psutil
import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.properties import EXAMPLES

import rag
from rag.stores import snapshot
from rag.stores import tantivy_index as lexical
from rag.stores.faiss_index import KEYS
from rag.stores.filters import IndexFilter
from rag.stores.snapshot import STAMP
from rag.stores.sqlite import DATABASE, Store


@pytest.fixture
def index(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words).close()
    return tmp_path / "index"


def found(index, words):
    with rag.open(index, encoder=words) as library:
        return [h.article_id for h in library.search("apple blossom frost", k=3)]


def damages(index):
    """Return every file of the cache by a name that is the same each time: segments are named at random."""
    there = folder(index)
    paths = [p for p in there.rglob("*") if p.is_file() and p.suffix != ".lock"]
    return {(str(p.parent.relative_to(there)), p.suffix if len(p.stem) == 32 else p.name): p for p in paths}


FERRY = {"id": "ferry", "outlet": "Reuters", "date": "2020-02-01", "text": "A ferry ran aground. Nobody was hurt."}
KIOSK = {"id": "kiosk", "outlet": "Reuters", "date": "2020-02-02", "text": "A kiosk burned down. Nobody was hurt."}


def scores(index, words, question="apple blossom frost on a bridge by the harbour"):
    """Return everything that is found, with its score, which words and articles contribute to."""
    with rag.open(index, encoder=words) as library:
        return [(h.article_id, h.start, pytest.approx(h.score, abs=1e-5)) for h in library.search(question, k=50)]


def deleted(folder):
    """Delete a folder, although a thread of tantivy may look into it, and lock it, meanwhile."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def folder(index):
    """Return the only cache."""
    (there,) = index.glob("cache.*")
    assert there.is_dir()
    return there


def by_words(index, question, index_filter=IndexFilter()):  # noqa: B008
    """Return the ids of articles with passages that hold words of the question, from the index of words."""
    view = Store.open(index).view()
    keys = view.words.coverage(view.words.terms(question), 50, index_filter)
    ids = {key: view.ids[row] for key, row in zip(view.keys.tolist(), view.article, strict=True)}
    assert set(view.words.article_scores(view.words.terms(question), 50, index_filter)) == {
        view.article_keys[view.row[ids[key]]] for key in keys
    }
    return sorted({ids[key] for key in keys})


@pytest.fixture
def updates(monkeypatch):
    """How the index of words was updated: (keys of articles deleted, first sentences of those added).

    Of three articles a change is more than a cache may hold out of date; here it may hold anything.
    """
    monkeypatch.setattr("rag.stores.snapshot.MAX_STALE_SHARE", 9)
    done, update = [], lexical.update

    def noted(where, gone, documents):
        gone, documents = list(gone), list(documents)
        done.append((gone, [d.text.partition(".")[0] for d in documents]))
        update(where, gone, documents)

    monkeypatch.setattr("rag.stores.snapshot.tantivy_index.update", noted)
    return done


def test_words_that_are_up_to_date_are_not_indexed_again(index, words, updates):
    there = folder(index)
    assert (
        json.loads((there / STAMP).read_text())["generation"] == int(there.suffix[1:]) == Store.open(index).generation()
    )
    assert found(index, words)[0] == "orchard"
    assert updates == []
    assert folder(index) == there


def test_words_are_updated_by_what_has_changed(index, words, news, updates):
    library = rag.open(index, encoder=words)
    before = folder(index)
    library.add([news(FERRY)])
    assert updates.pop() == ([], ["A ferry ran aground"])
    library.add([news(FERRY | {"text": "The ferry floats again."})])
    (gone, texts) = updates.pop()
    assert len(gone) == 1
    assert texts == ["The ferry floats again"]
    library.add([news(FERRY | {"text": "The ferry floats again.", "outlet": "Press TV"})])
    assert updates.pop() == ([], ["The ferry floats again"])
    library.remove(["ferry"])
    assert by_words(index, "ferry") == []
    (gone, texts) = updates.pop()
    assert (gone, len(texts)) == ([], 3)  # from scratch: no word of a removed article is left
    assert updates == []
    assert folder(index) != before
    assert found(index, words)[0] == "orchard"


def test_retired_and_removed_articles_are_in_neither_index(index, words, news):
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


def test_a_corrected_outlet_and_date_change_what_filters_let_through(index, words, news):
    reuters, spring = (
        IndexFilter(frozenset({"Reuters"})),
        IndexFilter(after=735_000, before=735_100),
    )  # 14 May to 22 August 2013
    assert by_words(index, "bridge", reuters) == by_words(index, "bridge", spring) == []
    rag.open(index, encoder=words).add([news(BRIDGE | {"outlet": "Reuters", "date": "2013-06-01"})])
    assert by_words(index, "bridge", reuters) == by_words(index, "bridge", spring) == ["bridge"]
    assert by_words(index, "bridge", IndexFilter(frozenset({"Press TV"}))) == []


def test_updated_words_give_the_same_as_words_indexed_from_scratch(index, words, news):
    library = rag.open(index, encoder=words)
    library.add([news(FERRY)])
    library.remove(["bridge"])
    library.add([news(KIOSK, FERRY | {"text": "The ferry floats again."})])
    changed = scores(index, words, "apple blossom frost on a ferry")
    shutil.rmtree(folder(index))
    assert [row[:2] for row in changed] == [row[:2] for row in scores(index, words, "apple blossom frost on a ferry")]


@pytest.mark.parametrize("damage", ["a changed byte", "truncated", "empty", "missing"])
def test_a_damaged_file_is_noticed_and_the_cache_built_again_without_encoding(index, words, damage, updates):
    """Each file with a byte changed, and one of its neighbours in each of the other ways; EXAMPLES=200, in all ways."""
    expected, which = scores(index, words), sorted(damages(index))
    assert len(which) == 19
    assert {(".", "vectors.0.f16"), (".", KEYS), (".", STAMP)} < set(which)
    if EXAMPLES < 100 and damage != "a changed byte":
        which = which[("truncated", "empty", "missing").index(damage) :: 3]
    words.read = 0
    for each in which:
        path = damages(index)[each]
        body = path.read_bytes()
        changed = {
            "a changed byte": body[:-1] + bytes([body[-1] ^ 1]),
            "truncated": body[: len(body) // 2],
            "empty": b"",
        }
        path.unlink() if damage == "missing" else path.write_bytes(changed[damage])
        assert scores(index, words) == expected, each
        assert [len(texts) for _, texts in updates] == [3], each
        updates.clear()
    assert words.read == 0


@pytest.mark.parametrize("missing", ["all", "passages", "articles"])
def test_a_cache_that_lacks_a_folder_is_built_again(index, words, missing, updates):
    expected, there = scores(index, words), folder(index)
    gone = there if missing == "all" else there / missing
    shutil.rmtree(gone)
    assert scores(index, words) == expected
    assert [len(texts) for _, texts in updates] == [3]
    assert folder(index) == there
    assert gone.exists()


@pytest.mark.parametrize(
    "stamp", ["", "[]", "{}", '{"generation": 3, "files": []}', '{"generation": 3, "files": {}}', "\0"]
)
def test_an_unreadable_stamp_is_no_error(index, words, stamp):
    expected = scores(index, words)
    (folder(index) / STAMP).write_text(stamp)
    assert scores(index, words) == expected
    assert "passages/meta.json" in json.loads((folder(index) / STAMP).read_text())["files"]


def test_damaged_words_are_not_updated(index, words, news, updates):
    path = next((folder(index) / "passages").glob("*.term"))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    rag.open(index, encoder=words).add([news(FERRY)])
    assert [(gone, len(texts)) for gone, texts in updates] == [([], 4)]
    assert by_words(index, "ferry frost") == ["ferry", "orchard"]


def test_what_a_killed_process_left_unfinished_is_deleted(index, words, monkeypatch):
    expected, there = scores(index, words), folder(index)
    monkeypatch.setattr("rag.stores.snapshot.os.getpid", lambda: 7)
    for name in ("cache.making.6.1", f"cache.making.7.{threading.get_ident()}", "cache.", "cache.x"):
        shutil.copytree(there, index / name)
        (index / name / STAMP).unlink()
        (index / name / "passages" / "meta.json").write_text("{}")
    deleted(there)
    assert scores(index, words) == expected
    assert there.is_dir()
    assert not (index / f"cache.making.7.{threading.get_ident()}").exists()


def test_words_of_a_later_generation_are_left_alone(index, words, updates):
    expected, there = scores(index, words), folder(index)
    there.rename(index / "cache.99")
    assert scores(index, words) == expected
    assert [len(texts) for _, texts in updates] == [3]
    assert there.is_dir()


def test_old_words_are_deleted(index, words, news):
    library = rag.open(index, encoder=words)
    old = folder(index)
    shutil.copytree(old, index / "cache.1")
    library.add([news(FERRY)])
    assert folder(index).name == f"cache.{Store.open(index).generation()}" != old.name


@pytest.mark.parametrize("how", ["mkdir", "rename"])
def test_the_words_of_a_read_only_folder_are_not_kept(index, words, monkeypatch, how, updates):
    expected, there = scores(index, words), folder(index)
    deleted(there)
    temporary = index.parent / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    call = getattr(Path, how)

    def refuse(path, *rest, **options):
        if ".making." in path.name:
            raise OSError("read-only")
        return call(path, *rest, **options)

    monkeypatch.setattr(f"rag.stores.snapshot.Path.{how}", refuse)
    for _ in range(2):
        assert scores(index, words) == expected
        assert len(updates.pop()[1]) == 3
    assert list(index.glob("cache*")) == []
    gc.collect()  # what was in the folder is removed with the last of those that use it
    assert list(temporary.iterdir()) == []


def test_files_are_copied_if_the_file_system_has_no_links(index, words, news, monkeypatch, updates):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr("rag.stores.snapshot.os.link", refuse)
    rag.open(index, encoder=words).add([news(FERRY)])
    assert updates == [([], ["A ferry ran aground"])]
    assert by_words(index, "ferry frost") == ["ferry", "orchard"]


def test_a_cache_of_generations_that_a_restored_database_never_had_is_not_used(index, words, news):
    shutil.copyfile(index / DATABASE, index.with_suffix(".backup"))
    with rag.open(index, encoder=words) as library:
        library.add([news(FERRY)])
    shutil.copyfile(index.with_suffix(".backup"), index / DATABASE)
    for name in ("-wal", "-shm"):
        (index / f"{DATABASE}{name}").unlink(missing_ok=True)
    with rag.open(index, encoder=words) as library:
        library.add([news(KIOSK)])
    assert by_words(index, "kiosk") == ["kiosk"]
    view = Store.open(index).view()
    assert view.vectors.flat.reconstruct(3) @ words.encode_question(KIOSK["text"]) == pytest.approx(1, abs=1e-3)


def vectors(index):
    """Return the rows of the cache, by article id."""
    view = Store.open(index).view()
    ids = [view.ids[row] for row in view.article]
    return sorted(zip(ids, view.vectors.flat.reconstruct_n(0, len(view.keys)).tolist(), strict=True))


def test_updated_vectors_are_those_written_from_scratch(index, words, news, updates):
    library = rag.open(index, encoder=words)
    library.add([news(FERRY, KIOSK)])
    library.add([news(BRIDGE | {"text": "Divers looked for the anchor."})])
    rag.build([news(HARBOUR, FERRY)], index=index, encoder=words)
    library.add([news(BRIDGE, ORCHARD)])  # both come back
    changed = vectors(index)
    assert [len(texts) for _, texts in updates] == [2, 1, 0, 2]
    shutil.rmtree(folder(index))
    assert vectors(index) == changed
    assert sorted({i for i, _ in changed}) == ["bridge", "ferry", "harbour", "orchard"]


def test_words_are_indexed_from_scratch_if_many_are_out_of_date(index, words, news, updates, monkeypatch):
    monkeypatch.setattr("rag.stores.snapshot.MAX_STALE_SHARE", 0.5)
    library = rag.open(index, encoder=words)
    library.add([news(FERRY)])
    library.add([news(FERRY | {"text": "The ferry floats again."})])  # one of four was replaced
    library.add([news(FERRY | {"text": "The ferry sails."})])  # two
    library.add([news(FERRY | {"text": "The ferry has sailed."})])  # three
    assert [(len(gone), len(texts)) for gone, texts in updates] == [(0, 1), (1, 1), (1, 1), (0, 4)]
    library.add([news(FERRY | {"text": "The ferry is back."})])
    assert [(len(gone), len(texts)) for gone, texts in updates][4:] == [(1, 1)]


def test_no_word_of_a_removed_article_is_left_in_the_cache(index, words, news, updates):
    library = rag.open(index, encoder=words)
    secret = {"id": "secret", "text": "The password of the lighthouse is Zyxwvut today. It changes."}

    def held():
        """Number of passages with that word, in tantivy's own dictionary, those taken out lately among them."""
        return lexical.WordIndex(folder(index))._passages.doc_freq("body", "zyxwvut")

    library.add([news(secret, FERRY)])
    library.add([news(secret | {"text": "There is no password."})])
    assert held() == 1  # a retired article is deleted, and its words go when tantivy merges
    library.remove(["secret"])
    assert held() == 0
    assert sorted(Store.open(index).view().ids) == ["bridge", "ferry", "harbour", "orchard"]


def test_the_first_question_builds_a_missing_cache(index, words):
    shutil.rmtree(folder(index))
    with rag.open(index, encoder=words) as library:
        assert len(library.counts().outlets) == 3  # counting needs none
        assert not list(index.glob("cache.*"))
        assert len(library.search("bridge")) == 3
    assert folder(index).name == f"cache.{Store.open(index).generation()}"


def test_files_of_earlier_formats_are_deleted(index, words, news):
    (index / "words.7").mkdir()
    (index / "vectors.faiss").write_bytes(b"old")
    rag.open(index, encoder=words).add([news(FERRY)])
    assert sorted(p.name.split(".")[0] for p in index.iterdir()) == ["cache", "library", "library", "library", "write"]


def test_whether_a_process_runs_is_asked_without_a_signal_to_it(tmp_path, monkeypatch):
    """On Windows `os.kill(process, 0)` interrupts it; psutil asks in another way there."""
    monkeypatch.setattr(os, "kill", None)
    monkeypatch.setattr(psutil, "pid_exists", lambda process: process == 7)
    for process, abandoned in ((7, False), (8, True)):
        (made := tmp_path / f"cache.making.{process}.1").mkdir()
        assert snapshot.abandoned(made) is abandoned
