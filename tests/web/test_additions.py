"""Additions of uploaded files: one at a time, whoever looks on, with what became of each file."""

import contextlib
import json
import threading

import pytest
from cachetools import TTLCache
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support import HARBOUR, WordEncoder
from support.waiting import comes

import rag
from rag.errors import BusyError, QuestionError
from rag.ingest.outcome import Outcome, Progress
from rag.ingest.report import Report
from rag.readers.skipped import Skipped
from rag.web import additions as module
from rag.web.addition_html import FileProgress, rows, summary
from rag.web.additions import Additions, distinct
from rag.web.sessions import COOKIE

ME, OTHER = "m" * 43, "o" * 43
OWL = {"id": "owl", "outlet": "The Mill", "text": "Owls were seen at the mill by two men."}


class Slow:
    """A library that adds when it is let, and then does what it is told to."""

    def __init__(self, error=None):
        self.error, self.let, self.at_once, self.most, self.added = error, threading.Semaphore(0), 0, 0, []

    def add(self, paths, wait, sources, progress):
        assert wait is False
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        report = Report()
        for name in sources.values():
            progress(Progress(name, 1, 0, report))
            self.let.acquire()
            report.took_in({name: Outcome(new=1)})
        self.at_once -= 1
        if self.error:
            raise self.error
        progress(Progress(None, len(sources), 0, report))
        self.added += sources.values()
        return report


@contextlib.contextmanager
def given(*names, left=None):
    """Files as `Uploads.taken` gives them."""
    try:
        yield {f"/no/{number}/{name}": name for number, name in enumerate(names)}
    except BaseException:
        if left is not None:
            left.append("kept")
        raise
    if left is not None:
        left.append("deleted")


@pytest.fixture
def additions():
    return Additions()


@pytest.fixture
def ask(additions):
    client = TestClient(Starlette(routes=[additions.route()]))
    return lambda handle, session=ME: client.get(f"/adding/{handle}", headers={"Cookie": f"{COOKIE}={session}"})


def test_an_addition_goes_on_whether_anybody_asks_or_not_and_its_files_are_deleted(additions, ask):
    library, left = Slow(), []
    handle = additions.begin(library, ME, given("a.txt", "b.txt", left=left), True)
    assert comes(lambda: "1 article so far" in ask(handle).json()["rows"])
    assert ask(handle).json()["said"] == "Adding 2 files"
    assert left == []
    library.let.release(2)
    assert comes(lambda: left == ["deleted"])
    assert comes(lambda: ask(handle).json()["over"])
    told = ask(handle).json()
    assert (told["said"], told["failed"], told["running"]) == ("2 articles added", False, False)
    assert told["rows"].count("1 article added") == 2


def test_additions_of_several_readers_take_their_turns(additions, ask):
    library = Slow()
    first = additions.begin(library, ME, given("a.txt"), True)
    second = additions.begin(library, OTHER, given("b.txt"), True)
    assert comes(lambda: ask(first).json()["running"])
    waits = ask(second, OTHER).json()
    assert (waits["said"], waits["running"]) == ("Waiting until another reader's files are added", False)
    assert waits["rows"] == '<li class="waiting"><bdi>b.txt</bdi> <span>waiting</span></li>'
    library.let.release(2)
    assert comes(lambda: ask(second, OTHER).json()["over"])
    assert (library.added, library.most) == (["a.txt", "b.txt"], 1)
    third = additions.begin(library, ME, given("c.txt"), True)
    library.let.release()
    assert comes(lambda: ask(third).json()["over"]), "a new thread works once there is something to do again"


def test_a_reader_has_one_addition_at_a_time_and_few_wait(additions, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    library, left = Slow(), []
    additions.begin(library, ME, given("a.txt"), True)
    with pytest.raises(QuestionError, match="your last files are still being added"):
        additions.begin(library, ME, given("b.txt", left=left), True)
    assert left == ["kept"], "the files can still be added later"
    assert comes(lambda: library.at_once)
    for session in "bc":
        additions.begin(library, session * 43, given("b.txt"), True)
    with pytest.raises(QuestionError, match="many readers are adding files"):
        additions.begin(library, "d" * 43, given("d.txt"), True)
    library.let.release(3)
    assert comes(lambda: len(library.added) == 3)


def test_one_client_has_no_more_than_its_share_of_the_places_and_takes_turns(additions, monkeypatch):
    """Whoever makes up sessions, one for each addition, waits behind the first addition of somebody else."""
    monkeypatch.setattr(module, "MAX_WAITING", 6)
    library, numbers = Slow(), iter(range(100))

    def begin(name, client, is_local=False):
        additions.begin(library, f"{next(numbers):043d}", given(name), is_local, client)

    begin("first", "203.0.113.7")
    assert comes(lambda: library.at_once)
    for number in range(3):
        begin(f"much {number}", "203.0.113.7")
    with pytest.raises(QuestionError, match="from your address"):
        begin("too much", "203.0.113.7")
    begin("little", "203.0.113.8")
    library.let.release(5)
    assert comes(lambda: len(library.added) == 5)
    assert library.added == ["first", "much 0", "little", "much 1", "much 2"]
    for number in range(6):
        begin(str(number), "127.0.0.1", is_local=True)
    library.let.release(6)
    assert comes(lambda: len(library.added) == 11), "on this machine all readers have one address"


@pytest.mark.parametrize(
    ("error", "is_local", "said"),
    [
        (BusyError("another process is writing to /srv/x; try again when it is done"), True,
         "Another process is writing to /srv/x; try again when it is done. Before that: 1 article added."),
        (BusyError("another process is writing to /srv/x; try again when it is done"), False,
         "Another program is writing to the index; try again when it is done. Before that: 1 article added."),
        (ZeroDivisionError("secret"), True,
         "Something went wrong on our side. Please try again; the app's log has the details. "
         "Before that: 1 article added."),
    ],
)  # fmt: skip
def test_an_addition_that_fails_says_why_and_keeps_the_files(additions, ask, error, is_local, said):
    library, left = Slow(error), []
    handle = additions.begin(library, ME, given("a.txt", left=left), is_local)
    library.let.release()
    assert comes(lambda: ask(handle).json()["over"])
    told = ask(handle).json()
    assert (told["failed"], told["said"], left) == (True, said, ["kept"])
    assert "secret" not in str(told)
    again = additions.begin(Slow(), ME, given("a.txt"), is_local)
    assert again != handle


def test_how_far_an_addition_is_only_its_reader_can_ask(additions, ask):
    library = Slow()
    handle = additions.begin(library, ME, given("a.txt"), True)
    for session in (OTHER, "short", ""):
        assert ask(handle, session).status_code == 404
    assert ask("x" * 22).status_code == 404
    library.let.release()
    assert comes(lambda: ask(handle).json()["over"])
    assert ask(handle, OTHER).status_code == 404
    assert ask(handle).headers["Cache-Control"] == "no-store"


def test_what_is_kept_of_additions_that_are_over_is_bounded(additions, ask, monkeypatch):
    long = Outcome(skipped=20, first_skipped=[Skipped("a.txt", "x" * 500, f"line {n}") for n in range(20)])

    class Library:
        def add(self, *_, **__):
            report = Report()
            report.took_in({"a.txt": long})
            return report

    monkeypatch.setattr(additions, "_over", TTLCache(40_000, 60, getsizeof=additions._over.getsizeof))
    handles = [additions.begin(Library(), f"{number:043d}", given("a.txt"), True) for number in range(15)]
    assert comes(lambda: ask(handles[-1], f"{14:043d}").json()["over"])
    assert ask(handles[0], f"{0:043d}").status_code == 404
    assert 0 < additions._over.currsize <= 40_000
    assert additions._begun == {}


def test_files_of_one_name_are_told_apart():
    names = ["news.csv", "news.csv", "a\u202e.tar.gz", "news.csv", "news (2).csv", "a\u202e.tar.gz", "a\nb.txt"]
    found = [*distinct(dict(zip("abcdefg", names, strict=True))).values()]
    assert found == [
        "news.csv", "news (2).csv", "a\\u202e.tar.gz", "news (3).csv", "news (2) (2).csv", "a\\u202e (2).tar.gz",
        "a\\nb.txt",
    ]  # fmt: skip


def test_a_line_says_how_far_its_file_is():
    def lines(running=True, over=False, **files):
        shown = rows({n: f for n, (f, _) in files.items()}, {n: o for n, (_, o) in files.items() if o}, running, over)
        return [part.split("<span>")[1].split("</span>")[0] for part in shown.split("<li")[1:]]

    def file(read=0, skipped=0, whole=False):
        return FileProgress(100, bool(read or skipped), whole, read, skipped)

    none = Outcome()
    assert lines(running=False, a=(file(), none), b=(file(), none)) == ["waiting"] * 2
    assert lines(a=(file(), none), b=(file(), none)) == ["reading", "waiting"]
    assert lines(a=(file(1200), none), b=(file(), none)) == ["1,200 articles so far", "waiting"]
    assert lines(a=(file(3, whole=True), Outcome(new=1)), b=(file(1), none)) == ["3 articles read", "1 article so far"]
    assert lines(a=(file(2, 1, whole=True), Outcome(new=2, skipped=1)), b=(file(skipped=1), none)) == [
        "2 articles added, 1 skipped", "reading",
    ]  # fmt: skip
    assert lines(over=True, a=(file(3, whole=True), Outcome(new=3)), b=(file(), none)) == [
        "3 articles added", "not added",
    ]  # fmt: skip


def reasons(number, source="n.jsonl"):
    return [Skipped(source, f"not JSON <b>{n}</b>", f"line {n}") for n in range(1, number + 1)]


def test_few_reasons_are_shown_and_many_are_folded():
    def line(outcome, name="n.jsonl"):
        return str(rows({name: FileProgress(1, True, True, 1)}, {name: outcome}, False, True))

    few = line(Outcome(new=3, updated=1, unchanged=1, skipped=2, first_skipped=reasons(2)))
    assert "3 articles added, 1 updated, 1 unchanged, 2 skipped:</span><ul><li>" in few
    assert "<bdi>line 2: not JSON &lt;b&gt;2&lt;/b&gt;</bdi>" in few
    many = line(Outcome(new=3, skipped=25, first_skipped=reasons(20)))
    assert "<details><summary>Why skipped</summary><ul>" in many
    assert many.count("<li>") == 20
    assert "and 5 more" in many
    whole = line(Outcome(skipped=1, first_skipped=[Skipped("n.jsonl", "the file is empty")]))
    assert whole == '<li class="not"><bdi>n.jsonl</bdi> <span>not added: the file is empty</span></li>'
    member = line(Outcome(new=1, skipped=1, first_skipped=[Skipped("a.zip!b/c.mov", "no")]), "a.zip")
    assert "<bdi>b/c.mov: no</bdi>" in member


def test_the_part_that_is_done_grows_and_counts_files_by_their_size(additions):
    files = {"a": FileProgress(99), "b": FileProgress(299)}
    addition, report, parts = module.Addition(ME, files, "running"), Report(), []
    for progress, outcomes in (
        (None, {}), (Progress("a", 1, 0, report), {}), (Progress("b", 1, 0, report), {}),
        (Progress("b", 2, 0, report), {"a": Outcome(new=1)}), (Progress(None, 3, 0, report), {"b": Outcome(new=1)}),
        (Progress(None, 3, 0, report), {"b": Outcome(new=1)}),
    ):  # fmt: skip
        report.took_in(outcomes)
        if progress:
            addition.follow(progress)
        parts.append(addition.status()["part"])
    assert parts == [None, None, 0.125, 0.25, 0.812, None]


@pytest.mark.parametrize("files", [1, 100])
def test_the_library_itself_adds_what_was_uploaded(tmp_path, additions, ask, files):
    (tmp_path / "n.jsonl").write_text(json.dumps(HARBOUR))
    library = rag.build([tmp_path / "n.jsonl"], index=tmp_path / "index", encoder=WordEncoder())
    paths = {}
    for number in range(files):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(json.dumps(OWL | {"text": f"Owl number {number} was seen at the mill."}) + "\n{oops\n")
        paths[str(path)] = "owls <b>.jsonl"
    handle = additions.begin(library, ME, contextlib.nullcontext(paths), True)
    assert comes(lambda: ask(handle).json()["over"])
    told = ask(handle).json()
    assert told["said"] == f"{files} article{'s' if files > 1 else ''} added, {files} skipped"
    assert told["rows"].count("1 article added, 1 skipped:") == files
    assert f"owls &lt;b&gt;{' (100)' if files > 1 else ''}.jsonl" in told["rows"]
    sources = {article.source for article in library.articles()} - {str(tmp_path / "n.jsonl")}
    assert len(sources) == files


def test_the_sentence_of_all_files_is_their_sum():
    outcomes = {"a": Outcome(new=3, skipped=1), "b": Outcome(unchanged=2)}
    assert summary("done", 2, outcomes, True, "") == "3 articles added, 2 unchanged, 1 skipped"
    assert summary("running", 1, {}, False, "") == "Adding 1 file"
    assert summary("running", 2, {}, True, "") == "Completing the index"
    assert summary("failed", 2, {}, False, "the disk is full") == "The disk is full. Nothing was added."
