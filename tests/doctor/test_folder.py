"""`doctor` finds what is wrong in an index folder, and repairs what can be derived from the database."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.database import database

import rag
from rag.cli import main
from rag.errors import LibraryError
from rag.stores.faiss_index import KEYS, SEGMENT
from rag.stores.snapshot import STAMP
from rag.stores.sqlite import DATABASE

UNION = {"id": "union", "text": "The Free Harbour Association (FHA) met. The FHA elects a chair today."}


@pytest.fixture
def index(tmp_path, news, words):
    """Three current articles, one of them in a second version, and a retired one."""
    rag.build([news(HARBOUR, BRIDGE, UNION, ORCHARD)], index=tmp_path / "i", encoder=words).close()
    changed = BRIDGE | {"text": BRIDGE["text"] + " It opens in May."}
    rag.build([news(HARBOUR, changed, UNION)], index=tmp_path / "i", encoder=words).close()
    return tmp_path / "i"


def faults(folder, repair=False):
    """Return what is wrong, by what was checked."""
    return {check.name: sorted(check.faults) for check in rag.examine(folder, repair).checks if check.faults}


def test_an_undamaged_index_has_no_faults(index):
    found = rag.examine(index)
    assert found.ok
    counts = {check.name: check.count for check in found.checks}
    assert counts.pop("database") > 10  # pages
    assert counts == {
        "manifest": 5, "generations": 6, "articles": 5, "passages": 5, "vectors": 5, "duplicates": 5, "cache": 1,
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
                "article harbour, passage 1: its sentences are not in it, in order",
                "article harbour, passage 1: its words are not those that were stored",
            ]
        },
    ),
    "the end of a passage": (
        "UPDATE passage SET \"end\" = 9999 WHERE key = 1",
        {"passages": ["article harbour, passage 1: 0 to 9999 is not a span of its text"]},
    ),
    "sentences": (
        "UPDATE passage SET sentences = x'0900000000000000' WHERE key = 1",
        {
            "passages": ["article harbour, passage 1: its sentences are not in it, in order"],
            "vectors": [
                "article harbour, passage 1: it does not have a vector of 64 numbers, and one for each sentence"
            ],
        },
    ),
    "half a sentence": (
        "UPDATE passage SET sentences = substr(sentences, 2) WHERE key = 1",
        {
            "passages": ["article harbour, passage 1: its sentences cannot be read"],
            "vectors": [
                "article harbour, passage 1: it does not have a vector of 64 numbers, and one for each sentence"
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
        {"database": [f"{table} {row} belongs to a row of article that does not exist" for table, row in
                      (("pair", None), ("passage", 3), ("printed", None))]},
    ),
    "a signature": (
        "UPDATE passage SET signature = x'00' WHERE key = 1",
        {"duplicates": ["passage 1: its signature or its group cannot be right"]},
    ),
    "a group": (
        "UPDATE article SET same = 99 WHERE id = 'harbour'",
        {"duplicates": ["article 1: its group begins with 99, which is later"]},
    ),
    "the generation": (
        "UPDATE manifest SET value = '4' WHERE key = 'generation'",
        {
            "generations": [
                "articles retired in generation 5, later than 4",
                "generations in generation 6, later than 4",
            ],
            "cache": [
                "there is a cache of generation 6, but the database is at 4: either an older copy was put in its "
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
        {"articles": ["article 1 is there although it was removed"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_in_the_database_is_reported(index, what):
    damage, expected = DAMAGE[what]
    with database(index) as db:
        db.execute("PRAGMA foreign_keys = ON")
        for statement in damage.split("; "):
            db.execute(statement)
    assert faults(index) == expected
    assert not rag.examine(index).ok


def test_a_changed_byte_in_any_text_of_an_article_is_found(index):
    """In each article, the last character of one column at a time."""
    with database(index) as db:
        texts = [c for (c,) in db.execute("SELECT name FROM pragma_table_info('article') WHERE type = 'TEXT'")]
        harmless = {"source"}  # where it was read from is no part of what is quoted
        for column in texts:
            for (key,) in db.execute(f"SELECT key FROM article WHERE {column} IS NOT NULL").fetchall():
                (value,) = db.execute(f"SELECT {column} FROM article WHERE key = ?", (key,)).fetchone()
                db.execute(f"UPDATE article SET {column} = ? WHERE key = ?", (f"{value[:-1]}~", key))
                assert rag.examine(index).ok == (column in harmless), (column, key)
                db.execute(f"UPDATE article SET {column} = ? WHERE key = ?", (value, key))
    assert rag.examine(index).ok


@pytest.mark.parametrize("name", [SEGMENT.format(0), KEYS, STAMP, "passages/meta.json", "all"])
def test_a_damaged_cache_is_built_again(index, words, name):
    (cache,) = index.glob("cache.*")
    for path in [p for p in cache.rglob("*") if p.is_file()] if name == "all" else [cache / name]:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    wrong = {"cache": [f"{cache.name}: its files are not those that its stamp lists"]}
    if name in (SEGMENT.format(0), KEYS):
        wrong = {"cache": [f"{cache.name}: it does not hold the passages of the database"]}
    assert faults(index) == faults(index) == wrong
    found = rag.examine(index, repair=True)
    assert found.ok
    assert [check.repaired for check in found.checks if check.faults] == ["built it again"]
    assert faults(index) == {}


def test_a_cache_of_other_passages_is_found_although_its_stamp_fits(index, words):
    """It was built wrongly, and stamped."""
    (cache,) = index.glob("cache.*")
    stamp = json.loads((cache / STAMP).read_text())
    body = np.eye(64, dtype="<f2")[:3].tobytes()
    (cache / SEGMENT.format(0)).write_bytes(body)
    stamp["files"][SEGMENT.format(0)] = hashlib.sha256(body).hexdigest()
    (cache / STAMP).write_text(json.dumps(stamp))
    assert faults(index) == {"cache": [f"{cache.name}: its vectors are not those of the database"]}
    rag.examine(index, repair=True)
    assert faults(index) == {}


def test_an_index_without_a_cache_has_no_faults(index):
    (cache,) = index.glob("cache.*")
    shutil.rmtree(cache)
    found = rag.examine(index)
    assert (found.ok, found.notes) == (
        True, ["there is no cache of the newest generation; the next question builds it"]
    )  # fmt: skip


def test_what_killed_processes_left_is_reported_and_deleted(index):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    left = [index / f"{what}.making.{child.pid}.1" for what in ("cache", DATABASE)]
    alive = index / f"cache.making.{os.getpid()}.1"
    for path in (left[0], alive):
        path.mkdir()
    left[1].write_bytes(b"half")
    assert rag.examine(index).notes == [
        "there are 2 unfinished files or folders of processes that were killed; --repair deletes them"
    ]
    found = rag.examine(index, repair=True)
    assert (found.ok, found.notes) == (True, ["deleted 2 unfinished files or folders of processes that were killed"])
    assert [path.exists() for path in (*left, alive)] == [False, False, True]


def test_sqlites_own_indexes_are_built_again(index):
    with database(index) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX passage_content ON passage (content) WHERE key > 2' "
            "WHERE name = 'passage_content'"
        )
    with database(index) as db:
        db.execute("REINDEX passage_content")
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX passage_content ON passage (content)' "
            "WHERE name = 'passage_content'"
        )
    assert list(faults(index)) == ["database"]
    found = rag.examine(index, repair=True)
    assert [check.repaired for check in found.checks if check.faults] == ["built SQLite's indexes again"]
    assert faults(index) == {}


def test_a_database_that_cannot_be_read_is_a_fault(index):
    (index / DATABASE).write_bytes(b"no database" * 1000)
    (fault,) = faults(index)["database"]
    assert "file is not a database" in fault
    assert "restore a backup" in fault


def test_an_older_format_is_noted(index):
    with database(index) as db:
        db.execute("UPDATE manifest SET value = '3' WHERE key = 'format'")
    found = rag.examine(index)
    assert (found.ok, found.notes) == (True, ["the index has format 3: any other command upgrades it"])


def test_the_command_prints_everything_and_exits_1_if_something_is_wrong(index, capsys):
    assert main(["doctor", "--index", str(index)]) == 0
    assert capsys.readouterr().out.endswith("nothing is wrong\n")
    (cache,) = index.glob("cache.*")
    (cache / STAMP).write_text("")
    assert main(["doctor", "--index", str(index)]) == 1
    printed = capsys.readouterr().out
    assert f"cache                  1  1 fault\n    {cache.name}: its files are not those" in printed
    assert printed.endswith("something is wrong\n")
    assert main(["doctor", "--index", str(index), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["checks"][-1]["name"] == "cache"
    assert main(["doctor", "--index", str(index), "--repair"]) == 0
    assert "1 fault; built it again" in capsys.readouterr().out
    assert main(["doctor", "--index", str(index)]) == 0


def test_a_folder_without_an_index_is_an_error(tmp_path):
    with pytest.raises(LibraryError, match="there is no index in"):
        rag.examine(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
