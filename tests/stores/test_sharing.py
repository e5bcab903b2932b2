"""One writer across processes, readers that nothing blocks, and an open library that sees what others change."""

import logging
import sys
import threading
import time

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, ROOT, WordEncoder
from support.processes import Other

import rag
from rag.errors import LibraryError
from rag.stores.current_view import QUESTION_WAIT_SECONDS
from rag.stores.sqlite import Store

sys.path.insert(0, str(ROOT / "benchmarks"))

from stress import stress, table

pytestmark = pytest.mark.alone
FERRY = {"id": "ferry", "outlet": "Reuters", "date": "2020-02-01", "text": "A ferry ran aground. Nobody was hurt."}
QUESTION_SECONDS = 0.8  # that a question itself may take on a busy machine
LOADED_SECONDS = 5.0  # after which a change by another process must have been loaded


@pytest.fixture(scope="module")
def other():
    process = Other()
    yield process
    process.kill()


@pytest.fixture
def index(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words).close()
    return tmp_path / "index"


@pytest.fixture
def library(index, words):
    with rag.open(index, encoder=words) as library:
        library.prepare()
        yield library


def found(library):
    """Return what is found, by id, with its first sentence and outlet."""
    return {h.article_id: (h.text.partition(".")[0], h.outlet) for h in library.search("ferry bridge", k=9)}


def comes(true):
    """Return whether something becomes true in time."""
    until = time.monotonic() + LOADED_SECONDS
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.01)
    return False


HOLD = "writing = Store.open(index).writing(); writer = writing.__enter__()"
RELEASE = "writing.__exit__(None, None, None)"
ADD = "rag.open(index, encoder=WordEncoder()).add([file])"


def test_writers_and_readers_in_several_processes_see_nothing_torn_or_removed(tmp_path):
    total = stress(tmp_path, seconds=8, writers=2, readers=2, threads=3, articles=40)  # some of them to import
    assert total.violations == [], "\n\n".join([table(total), *total.violations])
    assert min(total.counts[what] for what in ("ask", "search", "resolve")) > 50, table(total)
    assert total.counts["generations written"] > 10, table(total)
    assert len(total.generations) > 1, table(total)


# One writer


def test_a_writer_waits_for_one_in_another_process_and_logs_it(index, library, news, other, caplog):
    other(HOLD, index=index)
    thread = threading.Thread(target=library.add, args=([news(FERRY)],))
    thread.start()
    assert comes(lambda: caplog.messages)
    assert caplog.record_tuples == [
        ("rag", logging.WARNING, f"waiting for another process that is writing to {index} ...")
    ]
    thread.join(0.3)
    assert thread.is_alive()
    assert "ferry" not in found(library)
    other(RELEASE)
    thread.join(10)
    assert "ferry" in found(library)


def test_a_writer_waits_for_one_in_another_thread(index, library, news, caplog):
    with Store.open(index).writing():
        thread = threading.Thread(target=library.add, args=([news(FERRY)],))
        thread.start()
        assert comes(lambda: caplog.messages == [f"waiting for another process that is writing to {index} ..."])
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)
    assert "ferry" in found(library)


def test_a_writer_that_does_not_wait_gets_an_error_at_once(index, library, news, other, caplog, words):
    file = news(FERRY)
    other(HOLD, index=index)
    for call in (
        lambda: library.add([file], wait=False),
        lambda: library.remove(["bridge"], wait=False),
        lambda: library.compact(wait=False),
        lambda: rag.build([file], index=index, encoder=words, wait=False),
    ):
        begun = time.monotonic()
        with pytest.raises(LibraryError) as caught:
            call()
        assert str(caught.value) == f"another process is writing to {index}; try again when it is done"
        assert time.monotonic() - begun < QUESTION_SECONDS
    other(RELEASE)
    assert caplog.messages == []
    assert sorted(found(library)) == ["bridge", "harbour", "orchard"]
    library.add([file], wait=False)
    assert "ferry" in found(library)


def test_a_killed_writer_does_not_keep_the_lock(index, library, news):
    killed = Other()
    killed(HOLD, index=index)
    killed("changing = writer.changing(); changing.__enter__(); writer._retire('bridge', 99)")
    with pytest.raises(LibraryError, match="another process is writing"):
        library.add([news(FERRY)], wait=False)
    killed.kill()
    library.add([news(FERRY)], wait=False)
    assert sorted(found(library)) == ["bridge", "ferry", "harbour", "orchard"]


# Readers


def test_readers_continue_while_a_change_is_made(index, library, words, news, other):
    before = found(library)
    other(HOLD, index=index)
    other("changing = writer.changing(); number = changing.__enter__(); writer._retire('bridge', number)")
    begun = time.monotonic()
    assert found(library) == before
    with rag.open(index, encoder=words) as fresh:
        assert found(fresh) == before
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(found(library))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [before] * 4
    assert time.monotonic() - begun < 3 * QUESTION_SECONDS
    other("changing.__exit__(None, None, None)")
    assert found(library).keys() == before.keys() - {"bridge"}  # at once: what was retired is no longer quoted
    other(RELEASE)


def test_an_open_library_sees_what_another_process_changes(index, library, news, other):
    other(ADD, index=index, file=news(FERRY))
    assert comes(lambda: found(library).get("ferry") == ("A ferry ran aground", "Reuters"))
    other(ADD, index=index, file=news(FERRY | {"text": "The ferry sails again. All is well."}))
    assert comes(lambda: found(library).get("ferry") == ("The ferry sails again", "Reuters"))
    other(ADD, index=index, file=news(FERRY | {"text": "The ferry sails again. All is well.", "outlet": "Press TV"}))
    assert comes(lambda: found(library).get("ferry") == ("The ferry sails again", "Press TV"))
    assert comes(lambda: library.outlets() == {"Press TV": 2, "Reuters": 1, "The Guardian": 1})
    other("rag.open(index, encoder=WordEncoder()).remove(['ferry'])", index=index)
    assert "ferry" not in found(library)  # at once
    assert comes(lambda: library.outlets() == {"Press TV": 1, "Reuters": 1, "The Guardian": 1})
    other("rag.build([file], index=index, encoder=WordEncoder())", index=index, file=news(HARBOUR, FERRY))
    assert comes(lambda: sorted(found(library)) == ["ferry", "harbour"])


def test_an_open_library_sees_a_new_catalogue(index, library, news, other, tmp_path):
    catalogue = tmp_path / "mine.toml"
    catalogue.write_text('[[outlet]]\nname = "The Delta Herald"\nspellings = ["Delta Herald"]\nkind = "newspaper"\n')
    code = "rag.build([file], index=index, encoder=WordEncoder(), catalogue=catalogue)"
    delta = FERRY | {"outlet": "Delta Herald"}
    other(code, index=index, file=news(HARBOUR, BRIDGE, ORCHARD, delta), catalogue=catalogue)
    ask = lambda: [h.article_id for h in library.search("ferry", outlets="the delta herald")]  # noqa: E731
    assert comes(lambda: "The Delta Herald" in library.outlets())
    assert ask() == ["ferry"]


def test_an_open_library_continues_while_another_process_compacts(index, library, news, other):
    library.add([news(FERRY)])
    library.remove(["ferry"])
    before = found(library)
    generation = library._current.view.generation
    other.begin("rag.open(index, encoder=WordEncoder()).compact()", index=index)
    assert comes(lambda: found(library) == before and library._current.view.generation > generation)
    other.end()
    assert found(library) == before
    library.add([news(FERRY)])
    assert found(library).keys() == before.keys() | {"ferry"}


def test_a_backup_during_changes_is_of_one_generation(index, library, words, news, other, tmp_path):
    """Another process changes two articles together, again and again; no backup has one of them without the other."""
    writing = """
with rag.open(index, encoder=WordEncoder()) as library:
    for number in range(1, 25):
        records = [{"id": side, "text": f"Report {number} of the ferry."} for side in ("left", "right")]
        file.write_text("".join(json.dumps(r) + chr(10) for r in records))
        library.add([file])
"""
    other.begin(writing, index=index, file=tmp_path / "both.jsonl")
    numbers = []
    while not numbers or (numbers[-1] < 24 and len(numbers) < 200):
        folder = tmp_path / f"backup{len(numbers)}"
        library.backup(folder)
        with rag.open(folder, encoder=words) as copy:
            texts = {a.id: a.text for a in copy.articles()}
            assert texts.get("left") == texts.get("right")
            numbers.append(int(texts["left"].split()[1]) if "left" in texts else 0)
            assert set(found(copy)) == {"bridge", "harbour", "orchard"} | ({"left", "right"} if numbers[-1] else set())
    other.end()
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 2


# Loading changes


def test_filters_apply_to_the_present_outlet_before_a_change_is_loaded(index, library, news, other, monkeypatch):
    monkeypatch.setattr(library._current, "_is_due", lambda: False)
    other(ADD, index=index, file=news(BRIDGE | {"outlet": "Reuters", "date": "2019-01-02"}))
    assert found(library)["bridge"][1] == "Reuters"
    assert [h.article_id for h in library.search("bridge", outlets="Press TV")] == []
    assert [h.article_id for h in library.search("bridge", before="2016-01-01")] == ["harbour"]
    assert library.ask("Who closed the old bridge?", outlets="Press TV", min_confidence=0).passages == ()


def test_a_change_that_cannot_be_loaded_leaves_the_old_answers(index, library, news, other, monkeypatch, caplog):
    before = found(library)

    def fail(self):
        raise LibraryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "view", fail)
        other(ADD, index=index, file=news(FERRY))
        assert [found(library) for _ in range(3)] == [before] * 3
    assert caplog.messages == ["the index has changed, and the change cannot be loaded: no room"] * 3
    assert comes(lambda: "ferry" in found(library))


def test_a_question_does_not_wait_for_a_change_that_takes_long_to_load(index, library, news, other, monkeypatch):
    before, view, begun = found(library), Store.view, threading.Event()
    other(ADD, index=index, file=news(FERRY))

    def slow(self):
        begun.set()
        time.sleep(3)
        return view(self)

    monkeypatch.setattr(Store, "view", slow)
    taken, answers = [], []
    until = time.monotonic() + 2

    def ask():
        while time.monotonic() < until:
            asked = time.monotonic()
            answers.append(found(library))
            taken.append(time.monotonic() - asked)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun.is_set()
    assert all(answer == before for answer in answers)
    assert max(taken) < QUESTION_WAIT_SECONDS + QUESTION_SECONDS
    assert sorted(taken)[len(taken) // 2] < QUESTION_WAIT_SECONDS  # only the one that starts loading waits at all
    assert comes(lambda: "ferry" in found(library))


def test_a_question_may_come_from_any_thread_after_the_opening_one_has_ended(index, words):
    opened = []
    thread = threading.Thread(target=lambda: opened.append(rag.open(index, encoder=WordEncoder())))
    thread.start()
    thread.join()
    assert sorted(found(opened[0])) == ["bridge", "harbour", "orchard"]
