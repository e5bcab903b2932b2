"""A process that writes is killed: what it had reported is there, once, and answers; the rest of its work can be done.

`benchmarks/crash.py` does the killing, here for less than a minute; by itself it kills at every step there is.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, ROOT

import rag
from rag.stores import snapshot
from rag.stores.normalise import VERSION

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here"),
]
SEED = 1
KILLS = int(os.environ.get("KILLS", "8"))  # at steps; a quarter as many lives are killed at random moments, twice
TIMES = 4  # that a life is killed at steps of one kind, and taken up again


def crashes(*options):
    """What `benchmarks/crash.py` counts, by kind of kill, and what it says is wrong."""
    program = [sys.executable, str(ROOT / "benchmarks" / "crash.py"), "--json", f"--seed={SEED}"]
    done = subprocess.run([*program, *options], capture_output=True, text=True, timeout=60 + 10 * KILLS)
    assert done.stdout, done.stderr
    counted = json.loads(done.stdout)
    return {kind: Counter(counts) for kind, counts in counted["rows"].items()}, counted["notes"]


def test_nothing_reported_as_done_is_lost_or_doubled_wherever_the_process_is_killed():
    rows, notes = crashes(f"--kills={KILLS}", f"--times={TIMES}", f"--moments={KILLS // 4}")
    lives = -(-(KILLS // 5) // TIMES)
    assert notes == [], f"seed {SEED}"
    assert {kind: counts["runs"] for kind, counts in rows.items()} == {
        **dict.fromkeys(("statement", "file", "sync", "words", "journal"), lives), "random moment": KILLS // 4,
    }  # fmt: skip
    counts = sum(rows.values(), Counter())
    assert counts["killed"] == counts["opened"] > KILLS
    assert counts["same"] == 5 * lives + KILLS // 4
    assert counts["reported"] > 5 * KILLS
    assert counts["citations"] >= 0.9 * counts["reported"]  # what was being removed may be gone
    wrong = ("unopened", "lost", "torn", "double", "off", "faults", "encoded", "differs", "failed")
    assert [counts[kind] for kind in wrong] == [0] * len(wrong)


BROKEN = [
    ("early", "add", ("lost", "encoded")),  # it reports before it commits
    ("apart", "add", ("torn",)),  # its statements are no transaction
    ("unchecked", "amend", ("faults",)),  # it takes any cache for that of today
]


@pytest.mark.parametrize(("broken", "act", "noticed"), BROKEN if "KILLS" in os.environ else BROKEN[:1])
def test_a_store_that_breaks_its_promise_is_noticed(broken, act, noticed):
    rows, notes = crashes(f"--break={broken}", f"--act={act}", "--kind=statement", "--kills=3", "--moments=0")
    assert all(rows["statement"][kind] for kind in noticed), notes


REBUILDING = """
import os, signal, sys
import rag
from rag.stores import snapshot
from support import WordEncoder

step, calls = int(sys.argv[2]), 0

def killing(function):
    def called(*arguments, **named):
        global calls
        calls += 1
        if calls > step:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)
    return called

for module, name in (
    (snapshot.tantivy_index, "update"), (snapshot.faiss_index, "update"), (snapshot, "_load_words"),
    (snapshot, "_seal"), (snapshot, "sync"), (snapshot, "_publish"), (snapshot, "clear"), (snapshot, "delete"),
):
    setattr(module, name, killing(getattr(module, name)))
with rag.open(sys.argv[1], encoder=WordEncoder()) as library:
    library.search("harbour")
"""


def test_a_process_killed_while_words_of_an_earlier_version_are_indexed_again_loses_nothing(tmp_path, news, words):
    index = tmp_path / "index"
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=index, encoder=words).close()
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    killed = 0
    for step in range(0, 12, 2):
        for stamp in index.glob(f"cache.*/{snapshot.STAMP}"):
            stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"words": 0}))
        done = subprocess.run([sys.executable, "-c", REBUILDING, str(index), str(step)], env=environment, timeout=120)
        killed += done.returncode == -signal.SIGKILL
        with rag.open(index, encoder=words) as library:
            assert sorted(article.id for article in library.articles()) == ["bridge", "harbour", "orchard"]
            found = library.search("harbour bridge orchard dock cracks frost", k=9)
            assert {hit.article_id for hit in found} == {"bridge", "harbour", "orchard"}
        (stamp,) = index.glob(f"cache.*/{snapshot.STAMP}")
        assert json.loads(stamp.read_text())["words"] == VERSION
    assert killed >= 4
    assert rag.examine(index).ok
