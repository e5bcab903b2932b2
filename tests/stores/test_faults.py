"""Faults of disks, permissions and files lead to the right repair, or to an error that says what to do."""

import contextlib
import gc
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder
from support.database import database
from support.old_indexes import older, schema, scores
from support.processes import Other
from support.properties import EXAMPLES

import rag
from rag.answer import confidence
from rag.errors import CitationError, LibraryError
from rag.ingest import pipeline
from rag.stores.base import Manifest
from rag.stores.snapshot import generations
from rag.stores.sqlite import DATABASE, FORMAT, Store
from rag.stores.sqlite.writer import Writer

pytestmark = pytest.mark.slow

FERRY = {"id": "ferry", "outlet": "Reuters", "date": "2020-02-01", "text": "A ferry ran aground. Nobody was hurt."}
NOBODY = 65534
FREE = "the disk is full; free some space and run this again: what was done is kept"
RIGHTS = "it may not be written here; change its permissions, or copy the folder and use the copy"
DAMAGED = "run `according doctor` to see what is damaged; restore a backup, or build the index again in a new folder"
QUESTIONS = ("apple blossom frost on a bridge by the harbour", "When did dock workers end their strike?")


@pytest.fixture
def index(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words).close()
    return tmp_path / "index"


def error_of(call):
    """Return the error that a call ends with."""
    with pytest.raises(LibraryError) as caught:
        call()
    return str(caught.value)


# A full disk: a small one that only one process sees


def reports(name, count):
    says = "Report {} of {} tells of the {} by the harbour and of what the union said about it."
    things = ("ferry", "bridge", "orchard")
    texts = (" ".join(says.format(j, f"{name}{i}", things[j % 3]) for j in range(20)) for i in range(count))
    return [{"id": f"{name}{i}", "outlet": "Reuters", "text": text} for i, text in enumerate(texts)]


def written(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def ids(index):
    with rag.open(index, encoder=WordEncoder()) as library:
        assert {h.article_id for h in library.search("harbour ferry", k=1000)} == {a.id for a in library.articles()}
        return sorted(a.id for a in library.articles())


def fill(disk, left):
    """Leave so many bytes of a disk free."""
    status = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(max(0, status.f_bavail * status.f_frsize - left)))


OLD, NEW = [f"old{i}" for i in range(8)], [f"new{i}" for i in range(8)]


def meets_a_full_disk(disk, what, left):
    """Do something on a disk with so many bytes free, and return the error that it ends with.

    What was reported as done before must be there, the same must succeed once there is space, and nothing may be left.
    """
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=True)
    try:
        return _meets(disk, what, left)
    finally:
        gc.collect()  # SQLite identifies files by numbers, which the next disk may reuse
        subprocess.run(["umount", "-l", disk], check=True)


def _meets(disk, what, left):
    index, old, new = disk / "index", written(disk / "old.jsonl", reports("old", 8)), disk / "new.jsonl"
    written(new, reports("new", 8))
    pipeline.BATCH_ARTICLES = 3
    put, done = Writer.put, []

    def counted(self, batch):
        batch = list(batch)
        put(self, batch)
        done.extend(article.id for article, *_ in batch)

    if what not in ("create", "build"):
        rag.build([old], index=index, encoder=WordEncoder()).close()
    if what == "upgrade":
        older(index, 2)
    library = rag.open(index, encoder=WordEncoder()) if what in ("add", "remove", "keep", "compact", "backup") else None
    if what == "compact":
        library.add([written(old, reports("old", 8)[:4] + [r | {"text": "Changed."} for r in reports("old", 8)[4:]])])
    if what in ("cache", "cache elsewhere"):
        shutil.rmtree(next(index.glob("cache.*")))
    calls = {
        "create": lambda: Store.create(index, Manifest("words", 64)),
        "build": lambda: rag.build([old], index=index, encoder=WordEncoder()).close(),
        "add": lambda: library.add([new]),
        "remove": lambda: library.remove([i for i in OLD[:2] if i in {a.id for a in library.articles()}]),
        "keep": lambda: library.set_confidence_model(
            confidence.parse(confidence.shipped().to_json().replace(confidence.shipped().encoder, "words"))
        ),
        "compact": lambda: library.compact(),
        "backup": lambda: library.backup(disk / "backup"),
        "upgrade": lambda: rag.open(index, encoder=WordEncoder()).close(),
        "cache": lambda: ids(index),
        "cache elsewhere": lambda: ids(index),
    }
    fill(disk, left)
    Writer.put = counted
    tempfile.tempdir = None if what == "cache elsewhere" else str(disk)
    error = None
    try:
        calls[what]()
    except LibraryError as raised:
        error = str(raised)
    Writer.put, tempfile.tempdir = put, None
    before = [] if what in ("create", "build") else OLD
    if what == "upgrade" and error:
        with database(index) as db:
            assert db.execute("SELECT value FROM manifest WHERE key = 'format'").fetchone() == ("2",)
    elif Store.exists(index) and error:
        there = {version.article.id for version in Store.open(index).versions()}  # reading goes on
        assert there == {*before, *done} or (what == "remove" and there == {*OLD[2:]})
    (disk / "filler").unlink()
    if error:
        calls[what]()
    if what == "create":
        calls["build"]()
    expected = {"add": sorted(OLD + NEW), "remove": OLD[2:]}
    assert ids(index) == expected.get(what, OLD)
    if what == "backup":
        assert ids(disk / "backup") == OLD
    diagnosis = rag.examine(index)
    assert diagnosis.ok, str(diagnosis)
    assert [path for name in ("*.making.*", "according-*") for path in disk.rglob(name)] == []
    return error


@pytest.fixture(scope="module")
def mounting():
    """A process that may mount disks that no other process sees."""
    under = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-Urm")
    try:
        subprocess.run([*under, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here ({error})")
    other = Other("from stores.test_faults import *", under=under)
    yield other
    other.kill()


@pytest.mark.parametrize(
    ("what", "most"),
    [
        ("create", 200), ("build", 800), ("add", 700), ("remove", 200), ("keep", 60), ("compact", 500), ("backup", 300),
        ("upgrade", 600), ("cache", 200),
    ],
)  # fmt: skip
def test_on_a_full_disk_nothing_is_lost_and_the_error_says_to_free_space(mounting, tmp_path, what, most):
    step = most // (7 if EXAMPLES >= 100 else 3)  # each takes a third of a second
    code = f"""
result = [meets_a_full_disk(disk, {what!r}, 1024 * left) for left in range(0, {most}, {step})]
result.append(meets_a_full_disk(disk, {what!r}, 1024 * {2 * most}))"""
    errors = mounting(code, disk=tmp_path / "disk")
    assert errors[-1] is None
    place = re.escape(str(tmp_path / "disk"))
    full = rf"the index in {place}/(index|backup) cannot be used \(.*\): {re.escape(FREE)}"
    if what == "upgrade":
        full = (
            rf"the index in {place}/index has format 2 and must be upgraded to format {FORMAT} first; "
            rf"that failed: {full}"
        )
    cache = (
        rf"the cache of {place}/index can be written neither there nor in {place} \(.*\); "
        "free some space: the database itself is whole"
    )
    failed = [error for error in errors if error]
    assert failed
    assert all(re.fullmatch(f"({full})|({cache})", error, re.DOTALL) for error in failed), failed


def test_a_cache_that_does_not_fit_on_the_disk_is_built_among_temporary_files(mounting, tmp_path):
    code = "result = [meets_a_full_disk(disk, 'cache elsewhere', 1024 * left) for left in range(0, 200, 40)]"
    assert mounting(code, disk=tmp_path / "disk") == [None] * 5


# No permission: another user's process, or a folder without write permission


def looks(index):
    """Return what is found, quoted and listed of an index."""
    with rag.open(index, encoder=WordEncoder()) as library:
        return {
            "found": sorted(h.article_id for h in library.search("harbour frost bridge", k=9)),
            "quoted": [c.article_id for c in library.ask("apple blossom frost", min_confidence=0).passages],
            "listed": [a.id for a in library.articles()],
            "outlets": {outlet: count for outlet, count in library.outlets().items() if outlet},
        }


def refused(index, file):
    """Return how everything that writes ends."""
    library = rag.open(index, encoder=WordEncoder())
    fitted = confidence.parse(confidence.shipped().to_json().replace(confidence.shipped().encoder, "words"))
    calls = (
        lambda: library.add([file]),
        lambda: library.remove(["bridge"]),
        lambda: library.set_confidence_model(fitted),
        lambda: library.compact(),
        lambda: rag.build([file], index=index, encoder=WordEncoder()),
    )
    return [error_of(call) for call in calls]


def rehearse():
    """Import all modules that are needed, while this process may still read their files."""
    with tempfile.TemporaryDirectory() as folder:
        file, index = Path(folder) / "news.jsonl", Path(folder) / "index"
        file.write_text("".join(json.dumps(r) + "\n" for r in (HARBOUR, BRIDGE, ORCHARD)), "utf-8")
        rag.build([file], index=index, encoder=WordEncoder()).close()
        assert looks(index) == SEEN


SEEN = {
    "found": ["bridge", "harbour", "orchard"],
    "quoted": ["orchard"],
    "listed": ["harbour", "bridge", "orchard"],
    "outlets": {"Press TV": 1, "Reuters": 1, "The Guardian": 1},
}
ROOT_ALONE = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@pytest.fixture
def public(index):
    """The index, where other users can reach it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.move(index, folder / "index")
    yield folder / "index"
    (folder / "index").chmod(0o755)
    for path in (folder / "index").rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def stranger():
    """A process that may not write what this one makes; if this is not root, once it is `closed`."""
    other = Other("from stores.test_faults import *; rehearse()", user=NOBODY if os.geteuid() == 0 else None)
    yield other
    other.kill()


def closed(index):
    if os.geteuid() != 0:
        for path in (index, *index.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
    return index


@pytest.mark.parametrize("cache", ["there", "missing"])
def test_an_index_without_write_permission_can_be_read(public, stranger, cache):
    if cache == "missing":
        shutil.rmtree(next(public.glob("cache.*")))
    names = sorted(p.name for p in closed(public).iterdir())
    temporary = {p.name for p in Path(tempfile.gettempdir()).glob("according-*")}
    assert stranger("result = looks(index)", index=public) == SEEN
    assert sorted(p.name for p in public.iterdir()) == names
    assert {p.name for p in Path(tempfile.gettempdir()).glob("according-*")} <= temporary


def test_a_cache_without_write_permission_is_not_built_again(public, stranger):
    code = """
from rag.stores import snapshot as cache
with pytest.MonkeyPatch.context() as patch:
    patch.setattr(cache, "make", None)
    result = looks(index)"""
    assert stranger(code, index=closed(public)) == SEEN


def test_writing_without_permission_is_an_error_that_says_what_to_do(public, stranger, news):
    shutil.copyfile(news(FERRY), public.parent / "ferry.jsonl")
    words = f"the index in {public} cannot be written (Permission denied): {RIGHTS}"
    assert stranger("result = refused(index, file)", index=closed(public), file=public.parent / "ferry.jsonl") == (
        [words] * 5
    )


@ROOT_ALONE
def test_a_reader_without_write_permission_sees_what_another_user_writes(public, stranger, news, words):
    stranger("library = rag.open(index, encoder=WordEncoder()); library.prepare()", index=public)

    def sees(ferry):
        """Whether the reader comes to see the ferry, or no ferry any more, within some seconds."""
        return stranger(f"""
import time
until, result = time.monotonic() + 30, False
while not result and time.monotonic() < until:
    time.sleep(0.05)
    result = ([h.article_id for h in library.search("ferry aground", k=1)] == ["ferry"]) is {ferry}""")

    assert sees(False)
    with rag.open(public, encoder=words) as library:  # its log is there from now on
        library.add([news(FERRY)])
        assert (public / f"{DATABASE}-wal").stat().st_size
        assert sees(True)
        assert stranger("result = looks(index)", index=public)["listed"][-1] == "ferry"
        library.remove(["ferry"])
        assert sees(False)
    gc.collect()
    rag.open(public, encoder=words).add([news(FERRY)])
    gc.collect()  # the log is gone again
    assert sees(True)
    stranger("library.close()")


@ROOT_ALONE
def test_after_a_killed_writer_of_another_user_a_reader_sees_what_is_done_or_an_error(public, stranger, news):
    killed = Other()
    killed("library = rag.open(index, encoder=WordEncoder()); library.add([file])", index=public, file=news(FERRY))
    killed.kill()
    assert (public / f"{DATABASE}-wal").stat().st_size
    assert stranger("result = looks(index)", index=public)["listed"] == ["harbour", "bridge", "orchard", "ferry"]
    (public / f"{DATABASE}-shm").unlink()
    assert stranger.error_of("looks(index)", index=public) == (
        f"LibraryError: the index in {public} cannot be used (unable to open database file): it may not be opened "
        "here; change its permissions, or copy the folder and use the copy"
    )


def test_a_folder_without_read_permission_is_an_error(public, stranger):
    closed(public)
    public.chmod(0o000)
    path = public / DATABASE
    assert stranger.error_of("looks(index)", index=public) == (
        f"LibraryError: the index in {public} cannot be used ([Errno 13] Permission denied: '{path}'): {RIGHTS}"
    )


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_older_format_without_write_permission_is_an_error_that_says_what_to_do(public, stranger, number):
    older(public, number)
    gc.collect()
    assert stranger.error_of("looks(index)", index=closed(public)) == (
        f"LibraryError: the index in {public} has format {number} and must be upgraded to format {FORMAT} first; "
        f"that failed: the index in {public} cannot be written (Permission denied): {RIGHTS}"
    )


def test_an_index_on_a_read_only_disk_is_read_and_not_written(mounting, index, news, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting(
        "subprocess.run(['mount', '--bind', index, disk], check=True);"
        "subprocess.run(['mount', '-o', 'remount,bind,ro', disk], check=True)",
        index=index,
        disk=disk,
    )
    assert mounting("result = looks(disk)") == SEEN
    words = f"the index in {disk} cannot be written (Read-only file system): {RIGHTS}"
    assert mounting("result = refused(disk, file)", file=news(FERRY)) == [words] * 5
    shutil.rmtree(next(index.glob("cache.*")))
    assert mounting("result = looks(disk)") == SEEN


# The database


def test_a_folder_without_a_database_is_no_index(index, words):
    (index / DATABASE).unlink()
    expected = f"there is no index in {index}; make one with: according build PATHS --index {index}"
    assert error_of(lambda: rag.open(index, encoder=words)) == expected


def test_the_log_of_a_deleted_database_is_not_used_for_a_new_one(index, words, news):
    killed = Other()
    killed("library = rag.open(index, encoder=WordEncoder()); library.add([file])", index=index, file=news(FERRY))
    killed("library.remove(['ferry'])")
    killed.kill()
    assert (index / f"{DATABASE}-wal").stat().st_size
    (index / DATABASE).unlink()
    with rag.build([news(ORCHARD)], index=index, encoder=words) as library:
        assert [a.id for a in library.articles()] == ["orchard"]
        assert error_of(lambda: library.article("harbour")).startswith("no article 'harbour'")
    assert rag.examine(index).ok


@pytest.mark.parametrize(
    ("body", "words_of_sqlite"),
    [
        (b"", "no such table: manifest"),
        (b"not a database" * 100, "file is not a database"),
        (bytes(8192), "file is not a database"),
    ],
)
def test_a_file_that_is_no_database_is_an_error_that_says_what_to_do(index, words, news, body, words_of_sqlite):
    (index / DATABASE).write_bytes(body)
    expected = f"the index in {index} cannot be used ({words_of_sqlite}): {DAMAGED}"
    assert error_of(lambda: rag.open(index, encoder=words)) == expected
    assert error_of(lambda: rag.build([news(ORCHARD)], index=index, encoder=words)) == expected
    assert (index / DATABASE).read_bytes() == body


def test_folders_where_files_are_expected_are_errors(index, words, news):
    file = news(ORCHARD)
    (index / "write.lock").unlink()
    (index / "write.lock").mkdir()
    assert looks(index) == SEEN
    expected = f"the index in {index} cannot be written (Is a directory)"
    assert error_of(lambda: rag.open(index, encoder=words).add([file])) == expected
    (index / "write.lock").rmdir()
    (index / DATABASE).unlink()
    (index / DATABASE).mkdir()
    assert error_of(lambda: rag.open(index, encoder=words)).startswith(f"there is no index in {index}; make one with")
    assert re.fullmatch(
        rf"the index in {re.escape(str(index))} cannot be used \(\[Errno 21\] Is a directory: .*\)",
        error_of(lambda: rag.build([file], index=index, encoder=words)),
    )


def test_an_unfinished_cache_is_no_generation(index):
    (index / "cache.making.1.99999").mkdir()  # of process 1, thread 99999
    assert generations(index) == [Store.open(index).generation()]
    assert rag.examine(index).ok


def sound(index, expected):
    """Return whether an index still gives what it gave; None if an error says what to do. Anything else fails.

    What is quoted must stand in the article, whose it is said to be: `expected` is (articles by id, answers).
    """
    articles, answers = expected
    with contextlib.suppress(LibraryError, CitationError), rag.open(index, encoder=WordEncoder()) as library:
        given = []
        for question in QUESTIONS:
            shown = []
            with contextlib.suppress(LibraryError, CitationError):
                shown = [*library.ask(question, min_confidence=0).passages, *library.search(question)]
            for each in shown:
                article = articles[each.article_id]
                assert article.text[each.start : each.end] == each.text
                assert (article.outlet, article.date) == (each.outlet, each.date)
            given.append([(each.article_id, each.start, each.end) for each in shown])
        for article in library.articles():
            assert article.content_hash == articles[article.id].content_hash
        return given == answers
    return None


@pytest.fixture
def expected(index, words):
    with rag.open(index, encoder=words) as library:
        shown = [[*library.ask(q, min_confidence=0).passages, *library.search(q)] for q in QUESTIONS]
        articles = {article.id: article for article in library.articles()}
    gc.collect()  # nothing is left in the log
    return articles, [[(each.article_id, each.start, each.end) for each in own] for own in shown]


def test_a_truncated_database_gives_right_answers_or_an_error_that_says_what_to_do(index, expected):
    body = (index / DATABASE).read_bytes()
    for length in (10, 100, 4095, *range(4096, len(body), 4096), len(body) - 1):
        (index / DATABASE).write_bytes(body[:length])
        assert sound(index, expected) in (None, True), length
    (index / DATABASE).write_bytes(body)
    assert sound(index, expected)


def test_a_damaged_article_is_named_and_can_be_removed_and_added_again(index, words, news):
    with database(index) as db:
        db.execute("UPDATE article SET text = replace(text, 'old', 'new') WHERE id = 'bridge'")
    with rag.open(index, encoder=words) as library:
        expected = (
            f"article 'bridge' in {index} is not as it was stored: the database is damaged; run "
            "`according doctor` to see what else is. Remove the article and build again, or restore a backup"
        )
        for call in (
            lambda: library.ask("old bridge", min_confidence=0),
            lambda: library.search("old bridge"),
            lambda: list(library.articles()),
            lambda: library.article("bridge"),
        ):
            assert error_of(call) == expected
        assert library.remove(["bridge"]) == 1
        library.add([news(HARBOUR, BRIDGE, ORCHARD)])
        assert library.report.new == 1
    assert looks(index)["found"] == SEEN["found"]


@pytest.mark.parametrize("log", ["missing", "garbage", "truncated", "without its index"])
def test_a_damaged_log_of_a_killed_writer_loses_what_it_held_and_no_more(index, news, words, log):
    killed = Other()
    killed("library = rag.open(index, encoder=WordEncoder()); library.add([file])", index=index, file=news(FERRY))
    killed.kill()
    path = index / f"{DATABASE}-wal"
    body = path.read_bytes()
    assert body
    shm = index / f"{DATABASE}-shm"
    if log == "missing":
        path.unlink()
    elif log == "garbage":
        path.write_bytes(random.Random(1).randbytes(len(body)))
    elif log == "truncated":
        path.write_bytes(body[: len(body) // 2])
    shm.unlink()
    seen = looks(index)
    before, after = SEEN["listed"], [*SEEN["listed"], "ferry"]
    assert seen["listed"] in {"without its index": [after], "truncated": [before, after]}.get(log, [before])
    assert seen["found"] == sorted(seen["listed"])
    with rag.open(index, encoder=words) as library:
        library.add([news(FERRY)])
    assert looks(index)["listed"] == after


# What does not fit


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_copy_of_an_older_format_is_an_index_like_any_other(index, words, number, tmp_path):
    expected = scores(index, words)
    older(index, number)
    tables = schema(index)
    assert scores(index, words) == expected
    copy = index / f"library.format{number}.sqlite"
    (tmp_path / "copy").mkdir()
    shutil.copyfile(copy, tmp_path / "copy" / DATABASE)
    assert schema(tmp_path / "copy") == tables
    assert scores(tmp_path / "copy", words) == expected
    assert schema(tmp_path / "copy") == schema(index)
    assert rag.examine(index).ok
    assert rag.examine(tmp_path / "copy").ok


def test_a_process_that_is_killed_during_an_upgrade_leaves_the_old_format(index, words):
    """Killed before one of its statements: the format is the old one, and the next process upgrades it."""
    expected = scores(index, words)
    older(index, 2)
    gc.collect()
    tables = schema(index)
    code = """
import signal
from rag.stores.sqlite import schema
statements, count = schema.split_statements, [0]
def counted(script):
    for statement in statements(script):
        count[0] += 1
        if count[0] == {}:
            os.kill(os.getpid(), signal.SIGKILL)
        yield statement
schema.split_statements = counted
rag.open(index, encoder=WordEncoder())"""
    for number in (1, 12):
        killed = Other()
        killed.begin(code.format(number), index=index)
        killed.process.communicate(timeout=60)
        assert killed.process.returncode == -9
        assert schema(index) == tables
    assert scores(index, words) == expected
    assert schema(index) != tables
    assert rag.examine(index).ok
