"""Several processes read files: the index is that which one makes, and a process that ends costs one file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from support.database import database
from support.samples import PAGE, samples, zipped

import rag
from rag import readers
from rag.errors import LibraryError
from rag.ingest import reading_processes
from rag.ingest.reading_processes import FILES_ASKED, ReadingProcesses
from rag.provenance.catalogue import load_catalogue
from rag.readers import UNFORESEEN, folders
from rag.readers.columns import Columns

ROOT = Path(rag.__file__).parent.parent
# What a process runs before it reads: a reader that ends it at some pages.
ENDING = """
import os, signal
import rag.readers.html as html
read = html.read
def ending(path, catalogue):
    if path.stem in ("segfault", "killed"):
        os.kill(os.getpid(), signal.SIGSEGV if path.stem == "segfault" else signal.SIGKILL)
    yield from read(path, catalogue)
html.read = ending
"""


def numbered(n):
    """A page that differs from the others."""
    text = PAGE.replace("Ferry stays", f"Ferry number {n} stays").replace("twice", f"{n + 2} times")
    return text.replace("delta-herald.example/ferry", f"delta-herald.example/{n}")


@pytest.fixture
def few(monkeypatch):
    """Other processes read although there are few files."""
    monkeypatch.setattr(reading_processes, "MIN_FILES", 2)


@pytest.fixture
def pages(tmp_path):
    """Pages that differ, in a folder."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for n in range(6):
        (folder / f"page{n}.html").write_text(numbered(n))
    return folder


def rows(index):
    """The rows of all tables but the one that has moments and random names."""
    with database(index) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: list(db.execute(f'SELECT * FROM "{name}"')) for name in names if name != "past"}


def reading(parent=None):
    """The processes that read for another one."""
    found = [p for p in psutil.Process(parent).children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
    return [p for p in found if any("reading_worker" in argument for argument in p.cmdline())]


def python(program, tmp_path):
    """Arguments that run a program of a user, which may import what the tests have."""
    places = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    script = tmp_path / "script.py"
    script.write_text(
        "import time, rag\nfrom support import WordEncoder\nfrom rag.ingest import reading_processes\n"
        f"reading_processes.MIN_FILES = 2\n{program}\n"
    )
    return {"args": [sys.executable, script], "env": os.environ | {"PYTHONPATH": places}, "cwd": tmp_path}


def skipped(library):
    return [(Path(s.source).name, s.place, s.reason) for s in library.skipped()]


def test_an_index_is_the_same_to_the_byte_however_many_processes_read(tmp_path, pages, few, words):
    for ending, data in samples().items():
        (pages / f"sample{ending}").write_bytes(data)
    (pages / "broken.html").write_text("<html><body><p>Too short.</p></body></html>")
    one, three = (rag.build([pages], index=tmp_path / str(number), encoder=words, workers=number) for number in (1, 3))
    assert three.report.new == one.report.new > 6
    assert rows(tmp_path / "3") == rows(tmp_path / "1")
    assert three.report.columns == one.report.columns
    assert three.report.columns.read["text"]
    assert skipped(three) == skipped(one)
    assert not reading()


def test_a_file_that_ends_its_process_is_skipped_and_the_others_are_read(tmp_path, pages, few, words, monkeypatch):
    monkeypatch.setattr(
        reading_processes, "_PROGRAM", reading_processes._PROGRAM.replace("from rag", f"exec({ENDING!r}); from rag")
    )
    for name in ("killed", "segfault"):
        (pages / f"{name}.html").write_text(numbered(9))
    library = rag.build([pages], index=tmp_path / "i", encoder=words, workers=2)
    assert library.report.new == 6
    assert skipped(library) == [
        ("killed.html", None, f"{UNFORESEEN} (its process was killed, perhaps for lack of memory); please report it"),
        ("segfault.html", None, f"{UNFORESEEN} (its process ended with SIGSEGV); please report it"),
    ]
    assert not reading()


def test_where_no_other_process_can_be_started_this_one_reads(tmp_path, pages, few, words, monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    library = rag.build([pages], index=tmp_path / "i", encoder=words, workers=3)
    assert library.report.new == 6
    assert "files are read in one process alone, as another one ended with code 1" in caplog.text


def test_no_more_than_some_files_are_asked_for_and_each_waits_until_it_is_taken(tmp_path, pages, few):
    many = {f"{n:04}.html": numbered(n) + "<!--" + "x" * 9_000 + "-->" for n in range(400)}
    (pages / "0.zip").write_bytes(zipped(many))
    with ReadingProcesses(1, load_catalogue(), Columns()) as processes:
        found = processes.read(sorted(pages.iterdir()))
        source, items = next(found)
        assert source.name == "0.zip"
        first = next(items)
        assert first.title == "Ferry number 0 stays in harbour until the ice has gone"
        (process,) = processes._processes
        assert len(process.asked) == 1 + FILES_ASKED
        (child,) = reading()
    assert not child.is_running()
    assert list(found) == []


def test_a_script_needs_no_guard(tmp_path, pages):
    program = f"print(rag.build([{str(pages)!r}], 'index', WordEncoder(), workers=2).report.new)"
    done = subprocess.run(**python(f"print('once')\n{program}", tmp_path), capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("once\n6\n", 0), done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_a_kill_end_all_processes(tmp_path, number):
    for n in range(70):  # more than a batch: others are read while the first is encoded
        (tmp_path / f"{n}.text").write_text(
            f"Ferry number {n} stays\n\nThe captain said {n} times that it will not sail.\n"
        )
    program = (
        "class Slow(WordEncoder):\n    def encode(self, *args):\n        print('encoding', flush=True)\n"
        f"        time.sleep(60)\nrag.build([{str(tmp_path)!r}], 'index', Slow(), workers=2)\n"
    )
    with subprocess.Popen(**python(program, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"encoding\n"
        children = reading(process.pid)
        process.send_signal(number)
        process.wait(20)
    assert children
    assert not psutil.wait_procs(children, 10)[1]


@pytest.mark.parametrize("workers", [0, -1, 65, 1.5, True, "2"])
def test_a_number_of_processes_that_is_none_is_refused(pages, tmp_path, words, workers):
    with pytest.raises(LibraryError, match="workers must be a number from 1 to 64"):
        rag.build([pages], index=tmp_path / "i", encoder=words, workers=workers)
    assert not (tmp_path / "i").exists()


def test_few_files_are_read_here(pages, tmp_path, words, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    assert rag.build([pages], index=tmp_path / "i", encoder=words, workers=4).report.new == 6


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no file below a folder's descriptor")
def test_a_link_that_takes_the_place_of_a_listed_file_is_followed_by_no_process(few, pages, tmp_path):
    sources = list(readers.iter_sources([pages]))
    (tmp_path / "secret.html").write_text(numbered(99))
    (pages / "page3.html").unlink()
    (pages / "page3.html").symlink_to(tmp_path / "secret.html")
    with ReadingProcesses(1, load_catalogue(), Columns()) as processes:
        found = [item for _, items in processes.read(sources) for item in items]
    assert [getattr(item, "reason", None) for item in found] == [None] * 3 + [folders.NOT_FOLLOWED] + [None] * 2
