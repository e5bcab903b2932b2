"""`doctor` holds every row and file against every other that it must agree with, and repairs what can be made again."""

import dataclasses
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zlib

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.cli import main
from rag.errors import LibraryError
from rag.stores.base import hash64
from rag.stores.faiss_index import KEYS, SEGMENT
from rag.stores.milvus import schema as tables
from rag.stores.snapshot import STAMP
from rag.stores.sqlite import DATABASE

UNION = {"id": "union", "text": "The Free Harbour Association (FHA) met. The FHA elects a chair today."}


@pytest.fixture
def index(tmp_path, news, words):
    """Three articles that are in, one of them in a second version, and one that is retired."""
    rag.build([news(HARBOUR, BRIDGE, UNION, ORCHARD)], index=tmp_path / "i", encoder=words).close()
    changed = BRIDGE | {"text": BRIDGE["text"] + " It opens in May."}
    rag.build([news(HARBOUR, changed, UNION)], index=tmp_path / "i", encoder=words).close()
    return tmp_path / "i"


def faults(folder, repair=False):
    """What is wrong, by what was looked at."""
    return {check.name: sorted(check.faults) for check in rag.examine(folder, repair).checks if check.faults}


def test_nothing_is_wrong_with_a_sound_index(index):
    found = rag.examine(index)
    assert found.ok
    counts = {check.name: check.count for check in found.checks}
    assert counts.pop("database") > 10  # pages
    assert counts == {
        "manifest": 5, "generations": 6, "articles": 5, "passages": 5, "vectors": 5, "copies": 5, "cache": 1,
    }  # fmt: skip
    assert found.notes == []
    assert str(found).splitlines()[-1] == "nothing is wrong"


DAMAGE = {
    "a text": (
        "UPDATE article SET text = replace(text, 'four', 'five') WHERE id = 'harbour'",
        {"articles": ["article harbour is not as it was stored"]},
    ),
    "an outlet": (
        "UPDATE article SET outlet = 'Reuters' WHERE id = 'harbour'",
        {"articles": ["article harbour is not as it was stored"]},
    ),
    "a date": (
        "UPDATE article SET date = '2013-31-31' WHERE id = 'harbour'",
        {"articles": ["article 1 is not as it was stored"]},
    ),
    "an earlier version": (
        "UPDATE article SET text = 'x' WHERE id = 'bridge' AND retired IS NOT NULL",
        {"articles": ["article bridge is not as it was stored"]},
    ),
    "the start of a passage": (
        "UPDATE passage SET start = 5 WHERE key = 1",
        {
            "passages": [
                "article harbour, passage 1: its sentences are not in it, one after the other",
                "article harbour, passage 1: its words are not those that were stored",
            ]
        },
    ),
    "the end of a passage": (
        "UPDATE passage SET \"end\" = 9999 WHERE key = 1",
        {"passages": ["article harbour, passage 1: 0 to 9999 is no span of its text"]},
    ),
    "sentences": (
        "UPDATE passage SET sentences = x'0900000000000000' WHERE key = 1",
        {
            "passages": ["article harbour, passage 1: its sentences are not in it, one after the other"],
            "vectors": [
                "article harbour, passage 1: its vectors are not of 64 numbers, one for it and one for each sentence"
            ],
        },
    ),
    "half a sentence": (
        "UPDATE passage SET sentences = substr(sentences, 2) WHERE key = 1",
        {
            "passages": ["article harbour, passage 1: its sentences cannot be read"],
            "vectors": [
                "article harbour, passage 1: its vectors are not of 64 numbers, one for it and one for each sentence"
            ],
        },
    ),
    "no passages": (
        "DELETE FROM passage WHERE article = 1",
        {"passages": ["article harbour has none"]},
    ),
    "a vector's value": (
        "UPDATE vector SET value = zeroblob(256) WHERE passage = 1",
        {"vectors": ["article harbour, passage 1: its vectors are not those that were stored"]},
    ),
    "a sentence's vector": (
        "UPDATE vector SET sentences = zeroblob(length(sentences)) WHERE passage = 1",
        {"vectors": ["article harbour, passage 1: its vectors are not those that were stored"]},
    ),
    "a vector's length": (
        "UPDATE vector SET value = zeroblob(256), checksum = content_hash(zeroblob(256), sentences) WHERE passage = 1",
        {"vectors": ["article harbour, passage 1: the length of one of its vectors is not 1"]},
    ),
    "no vector": (
        "DELETE FROM vector WHERE passage = 1",
        {"vectors": ["article harbour, passage 1: it has no vector"]},
    ),
    "an orphan": (
        "PRAGMA foreign_keys = OFF; DELETE FROM article WHERE id = 'union'",
        {"database": [f"{table} {row} belongs to a row of article that is not there" for table, row in
                      (("pair", None), ("passage", 3), ("printed", None))]},
    ),
    "a signature": (
        "UPDATE passage SET signature = x'00' WHERE key = 1",
        {"copies": ["passage 1: its signature or its group cannot be right"]},
    ),
    "a group": (
        "UPDATE article SET same = 99 WHERE id = 'harbour'",
        {"copies": ["article 1: its group begins with 99, which is later"]},
    ),
    "the generation": (
        "UPDATE manifest SET value = '4' WHERE key = 'generation'",
        {
            "generations": [
                "articles retired in generation 5, later than 4",
                "generations in generation 6, later than 4",
            ],
            "cache": [
                "there is a cache of generation 6, the database is at 4: a copy of an earlier day was put in its "
                "place, or library.sqlite-wal, which belongs to it, was lost"
            ],
        },
    ),
    "a token": (
        "DELETE FROM past WHERE generation = 6",
        {"generations": ["generation 6 has no token"]},
    ),
    "names": (
        "UPDATE manifest SET value = '{' WHERE key = 'names'",
        {"manifest": ["names cannot be read (Expecting property name enclosed in double quotes: line 1 column 2 "
                      "(char 1))"]},
    ),
    "a removed article": (
        "INSERT INTO gone VALUES (1, 1, 1)",
        {"articles": ["article 1 is there and was removed"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_in_the_database_is_named(index, what):
    damage, expected = DAMAGE[what]
    with sqlite3.connect(index / DATABASE, isolation_level=None) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.create_function("content_hash", -1, hash64)
        for statement in damage.split("; "):
            db.execute(statement)
    assert faults(index) == expected
    assert not rag.examine(index).ok


def test_a_bit_that_flips_anywhere_in_the_tables_is_found_or_changes_nothing(index):
    """In each row of articles, passages and vectors, one byte of each value at a time."""
    with sqlite3.connect(index / DATABASE) as db:
        texts = [c for (c,) in db.execute("SELECT name FROM pragma_table_info('article') WHERE type = 'TEXT'")]
        harmless = {"source"}  # where it was read from is no part of what is quoted
        for column in texts:
            for (key,) in db.execute(f"SELECT key FROM article WHERE {column} IS NOT NULL").fetchall():
                (value,) = db.execute(f"SELECT {column} FROM article WHERE key = ?", (key,)).fetchone()
                db.execute(f"UPDATE article SET {column} = ? WHERE key = ?", (f"{value[:-1]}~", key))
                db.commit()
                assert rag.examine(index).ok == (column in harmless), (column, key)
                db.execute(f"UPDATE article SET {column} = ? WHERE key = ?", (value, key))
                db.commit()
    assert rag.examine(index).ok


@pytest.mark.parametrize("name", [SEGMENT.format(0), KEYS, STAMP, "passages/meta.json", "all"])
def test_a_damaged_cache_is_made_again(index, words, name):
    (cache,) = index.glob("cache.*")
    for path in [p for p in cache.rglob("*") if p.is_file()] if name == "all" else [cache / name]:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    wrong = {"cache": [f"{cache.name}: its files are not those that its stamp lists"]}
    if name in (SEGMENT.format(0), KEYS):
        wrong = {"cache": [f"{cache.name}: it does not hold the passages of the database"]}
    assert faults(index) == faults(index) == wrong
    found = rag.examine(index, repair=True)
    assert found.ok
    assert [check.repaired for check in found.checks if check.faults] == ["made it again"]
    assert faults(index) == {}


def test_a_cache_of_other_passages_is_found_though_its_stamp_fits(index, words):
    """A cache that was made wrongly, and stamped."""
    (cache,) = index.glob("cache.*")
    stamp = json.loads((cache / STAMP).read_text())
    body = np.eye(64, dtype="<f2")[:3].tobytes()
    (cache / SEGMENT.format(0)).write_bytes(body)
    stamp["files"][SEGMENT.format(0)] = hashlib.sha256(body).hexdigest()
    (cache / STAMP).write_text(json.dumps(stamp))
    assert faults(index) == {"cache": [f"{cache.name}: its vectors are not those of the database"]}
    rag.examine(index, repair=True)
    assert faults(index) == {}


def test_an_index_without_a_cache_is_sound(index):
    (cache,) = index.glob("cache.*")
    shutil.rmtree(cache)
    found = rag.examine(index)
    assert (found.ok, found.notes) == (
        True, ["there is no cache of the newest generation; whoever asks first makes it"]
    )  # fmt: skip


def test_what_killed_processes_left_is_told_and_removed(index):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    left = [index / f"{what}.making.{child.pid}.1" for what in ("cache", DATABASE)]
    alive = index / f"cache.making.{os.getpid()}.1"
    for path in (left[0], alive):
        path.mkdir()
    left[1].write_bytes(b"half")
    assert rag.examine(index).notes == ["2 left half made by processes that were killed; --repair removes them"]
    found = rag.examine(index, repair=True)
    assert (found.ok, found.notes) == (True, ["removed 2 that processes which were killed had left half made"])
    assert [path.exists() for path in (*left, alive)] == [False, False, True]


def test_sqlites_own_indexes_are_made_again(index):
    with sqlite3.connect(index / DATABASE) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX passage_content ON passage (content) WHERE key > 2' "
            "WHERE name = 'passage_content'"
        )
    with sqlite3.connect(index / DATABASE) as db:
        db.execute("REINDEX passage_content")
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX passage_content ON passage (content)' "
            "WHERE name = 'passage_content'"
        )
    assert list(faults(index)) == ["database"]
    found = rag.examine(index, repair=True)
    assert [check.repaired for check in found.checks if check.faults] == ["made SQLite's indexes again"]
    assert faults(index) == {}


def test_a_database_that_cannot_be_read_is_named(index):
    (index / DATABASE).write_bytes(b"no database" * 1000)
    (fault,) = faults(index)["database"]
    assert "file is not a database" in fault
    assert "restore a backup" in fault


def test_an_index_of_an_older_format_is_told(index):
    with sqlite3.connect(index / DATABASE) as db:
        db.execute("UPDATE manifest SET value = '3' WHERE key = 'format'")
    found = rag.examine(index)
    assert (found.ok, found.notes) == (True, ["format 3: any other command brings it to 4"])


def test_the_command_prints_all_of_it_and_exits_1_when_something_is_wrong(index, capsys):
    assert main(["doctor", "--index", str(index)]) == 0
    assert capsys.readouterr().out.endswith("nothing is wrong\n")
    (cache,) = index.glob("cache.*")
    (cache / STAMP).write_text("")
    assert main(["doctor", "--index", str(index)]) == 1
    told = capsys.readouterr().out
    assert f"cache                  1  1 fault\n    {cache.name}: its files are not those" in told
    assert told.endswith("something is wrong\n")
    assert main(["doctor", "--index", str(index), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["checks"][-1]["name"] == "cache"
    assert main(["doctor", "--index", str(index), "--repair"]) == 0
    assert "1 fault; made it again" in capsys.readouterr().out
    assert main(["doctor", "--index", str(index)]) == 0


def test_no_index_is_an_error(tmp_path):
    with pytest.raises(LibraryError, match="there is no index in"):
        rag.examine(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# In Milvus


@pytest.fixture
def remote(server, news, words, request):
    """The same in Milvus: (its address, the library)."""
    address = server.address(f"doctor{zlib.crc32(request.node.name.encode())}")
    changed = BRIDGE | {"text": BRIDGE["text"] + " It opens in May."}
    rag.build([news(HARBOUR, BRIDGE, UNION, ORCHARD)], index=address, encoder=words).close()
    with rag.build([news(HARBOUR, changed, UNION)], index=address, encoder=words) as library:
        yield address, library


def test_nothing_is_wrong_with_a_sound_library_in_milvus(remote, capsys):
    address, _ = remote
    found = rag.examine(address)
    assert found.ok, found
    counts = {check.name: check.count for check in found.checks}
    assert counts == {"manifest": 1, "generations": 6, "articles": 5, "passages": 5, "vectors": 5, "words": 10}
    assert found.notes == []
    assert main(["doctor", "--index", address]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing is wrong"


def changes(table, article, **columns):
    """Has rows of an article that is in hold something else."""

    def change(store):
        (row,) = store._of_ids([article], store._present(), ("key", "brief", "body"))
        own = "article" if table == "passages" else "key"
        rows = store._rows(table, f"{own} == {row['key']} and {store._present()}", ["*"])
        made = [{n: value(r[n]) if callable(value) else value for n, value in columns.items()} for r in rows]
        store._send(table, [{"key": r["key"]} | new for r, new in zip(rows, made, strict=True)], partial=True)

    return change


def loses(table, article):
    def change(store):
        (row,) = store._of_ids([article], store._present())
        store._erase(table, f"{'article' if table == 'passages' else 'key'} == {row['key']}")

    return change


def comes_twice(store):
    (row,) = store._of_ids(["union"], store._present(), ["*"])
    article = tables.article(row, tables.brief(row))
    store.stage([(dataclasses.replace(article, text="The FHA has met."), [])], store.generation())


NOT_EACH = "article harbour, passage N: its vectors are not of 64 numbers, one for it and one for each sentence"
IN_MILVUS = {
    "a text": (
        changes("articles", "harbour", body=lambda body: ["".join(body).replace("four", "five")]),
        {"articles": [r"article \S+ is not as it was stored"]},
    ),
    "a source": (
        changes("articles", "harbour", brief=lambda brief: ["".join(brief).replace("Guardian", "Garden")]),
        {"articles": [r"article \S+ is not as it was stored"]},
    ),
    "no body": (
        changes("articles", "harbour", body=[]),
        {"articles": [r"article \S+ is not as it was stored"]},
    ),
    "the start of a passage": (
        changes("passages", "harbour", start=5),
        {
            "passages": [
                "article harbour, passage N: its sentences are not in it, one after the other",
                "article harbour, passage N: its words are not those that were stored",
            ],
            "words": ["article harbour, passage N: they are not those of its text"],
        },
    ),
    "its sentences": (
        changes("passages", "harbour", sentences=["0 9 "]),
        {"vectors": [NOT_EACH]},
    ),
    "what is no sentence": (
        changes("passages", "harbour", sentences=["x"]),
        {
            "passages": ["article harbour, passage N: its sentences cannot be read"],
            "vectors": [
                NOT_EACH
            ],
        },
    ),
    "a vector": (
        changes("passages", "harbour", vector=[0.5] * 64),
        {"vectors": ["article harbour, passage N: the length of one of its vectors is not 1"]},
    ),
    "the words of a passage": (
        changes("passages", "harbour", words=" dock "),
        {"words": ["article harbour, passage N: they are not those of its text"]},
    ),
    "the words of an article": (
        changes("articles", "harbour", words=" dock "),
        {"words": ["article harbour: they are not those of its text"]},
    ),
    "a passage that is gone": (
        changes("passages", "harbour", died=2),
        {"passages": ["article harbour, passage N: it is not in when its article is"]},
    ),
    "no passages": (
        loses("passages", "harbour"),
        {"passages": ["article harbour has none"]},
    ),
    "no article": (
        loses("articles", "harbour"),
        {"passages": ["1 belong to no article"]},
    ),
    "an article twice": (
        comes_twice,
        {"articles": ["article union is in twice"], "passages": ["article union has none"]},
    ),
    "the list of names": (
        lambda store: store._send("records", [tables.record("kept:names", "kept", value=["[[1"])]),
        {"manifest": [r"names cannot be read \(.*\)"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", IN_MILVUS)
def test_what_is_damaged_in_milvus_is_named(remote, what):
    damage, expected = IN_MILVUS[what]
    address, library = remote
    with library._store.strictly():
        damage(library._store)
    found = rag.examine(address)
    assert not found.ok
    told = {check.name: sorted(check.faults) for check in found.checks if check.faults}
    assert told.keys() == expected.keys()
    for name, faults_ in told.items():
        assert len(faults_) == len(expected[name])
        for fault, pattern in zip(faults_, expected[name], strict=True):
            assert re.fullmatch(pattern.replace(" N:", r" -?\d+:"), fault), fault


def test_what_a_stopped_writer_has_left_in_milvus_is_no_fault_and_repaired(remote, capsys):
    address, library = remote
    store = library._store
    article = library.article("union")
    store.stage([(dataclasses.replace(article, id="new"), [])], store.generation() + 1)
    found = rag.examine(address)
    assert found.ok
    assert found.notes == ["left by a writer that was stopped: 1; --repair or the next one clears it away"]
    assert main(["doctor", "--repair", "--index", address]) == 0
    assert "left by" not in capsys.readouterr().out
    assert store.unseen() == 0
