"""The folder for uploads: its own, private, and gone whatever ends the app."""

import errno
import io
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest
from filelock import FileLock
from support import HARBOUR, ROOT

import rag
from rag.errors import AccordingError
from rag.web import private_folder
from rag.web.private_folder import PrivateFolder

APP = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes ignore it
from rag.web.private_folder import PrivateFolder, end_on_signals
end_on_signals()
folder = PrivateFolder()
(folder.path / "upload").mkdir()
(folder.path / "upload" / "secret.txt").write_text("secret")
print(folder.path, flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    pass
"""

SERVING = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes ignore it
from support import WordEncoder
import rag
from rag.web.launch import launch
launch(rag.open(sys.argv[1], encoder=WordEncoder()), port=0, allow_add=True)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def started(temporary):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    app = subprocess.Popen([sys.executable, "-c", APP], stdout=subprocess.PIPE, text=True, env=environment)
    return app, Path(app.stdout.readline().strip())


def test_it_is_private_and_cannot_be_guessed(temporary):
    one, two = PrivateFolder(), PrivateFolder()
    assert one.path.parent == temporary
    assert one.path != two.path
    for folder in (one, two):
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert folder.path.stat().st_uid == os.getuid()
        folder.remove()
        folder.remove()
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_is_gone_after_each_signal_that_ends_the_app(temporary, number):
    app, folder = started(temporary)
    with app:
        assert (folder / "upload" / "secret.txt").exists()
        app.send_signal(number)
        assert app.wait(timeout=120) in (0, -signal.SIGINT)
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_upload_is_left_by_an_app_that_is_ended(temporary, tmp_path, news, words, number):
    rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=words).close()
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "TMPDIR": str(temporary)}
    command = [sys.executable, "-c", SERVING, str(tmp_path / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as app:
        url = app.stdout.readline().split()[4]
        with httpx.Client(base_url=url, timeout=60) as reader:
            reader.get("")
            assert reader.post("gradio_api/upload", files={"files": ("a.txt", b"secret")}).status_code == 200
        assert [path.name for path in temporary.rglob("*.txt")] == ["a.txt"]
        app.send_signal(number)
        try:
            assert app.wait(timeout=120) in (0, -signal.SIGINT)
        finally:
            app.kill()  # else a failure would wait for it without end
    assert not list(temporary.glob("according-app-*"))
    assert not list(temporary.rglob("*.txt"))


@pytest.mark.slow
def test_after_a_kill_the_next_app_removes_it_and_no_running_apps_folder(temporary):
    (killed, left), (running, kept) = started(temporary), started(temporary)
    with killed, running:
        killed.kill()
        killed.wait(timeout=120)
        assert (left / "upload" / "secret.txt").exists()
        folder = PrivateFolder()
        assert sorted(temporary.iterdir()) == sorted([kept, folder.path])
        running.terminate()
    folder.remove()


def test_what_only_looks_like_such_a_folder_is_left_alone(temporary):
    mine = temporary / "according-app-backup"
    mine.mkdir(mode=0o700)
    (mine / "letters.txt").write_text("years of work")
    locked = temporary / "according-app-locked"
    locked.mkdir(mode=0o700)
    (locked / "lock").write_text("another program's")
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / private_folder._MARKED).write_bytes(private_folder._MARK)
    (temporary / "according-app-link").symlink_to(elsewhere)
    shared = temporary / "according-app-shared"
    shared.mkdir()
    shared.chmod(0o777)  # anyone could have put anything there
    (shared / private_folder._MARKED).write_bytes(private_folder._MARK)
    (temporary / "according-app-file").write_text("a file")
    before = sorted(temporary.rglob("*"))
    PrivateFolder().remove()
    assert sorted(temporary.rglob("*")) == before


def test_nothing_is_written_to_a_file_or_read_from_one_that_is_locked(temporary, monkeypatch):
    """On Windows that is an error."""
    held, touched, usual = set(), [], io.open

    class Lock(FileLock):
        def acquire(self, *given, **named):
            found = super().acquire(*given, **named)
            held.add(os.fspath(self.lock_file))
            return found

        def release(self, *given, **named):
            if self.is_locked:
                held.discard(os.fspath(self.lock_file))
            super().release(*given, **named)

    def opened(path, *given, **named):
        touched.append(str(path))
        if str(path) in held:
            raise PermissionError(errno.EACCES, "Permission denied")
        return usual(path, *given, **named)

    monkeypatch.setattr(private_folder, "FileLock", Lock)
    monkeypatch.setattr(io, "open", opened)
    one = PrivateFolder()
    two = PrivateFolder()
    assert (len(held), one.path.exists()) == (2, True)
    assert {Path(path).parent for path in touched} == {one.path, two.path}
    for folder in (one, two):
        folder.remove()
    assert list(temporary.iterdir()) == []


def test_a_link_inside_is_removed_and_not_followed(temporary, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("years of work")
    folder = PrivateFolder()
    (folder.path / "link").symlink_to(tmp_path / "letters")
    folder.remove()
    assert list(temporary.iterdir()) == []
    assert (tmp_path / "letters" / "a.txt").exists()


@pytest.mark.parametrize("full", [tempfile, Path], ids=["no folder can be made", "nothing can be written in it"])
def test_a_full_disk_is_an_error_that_says_what_to_do(temporary, monkeypatch, full):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(full, "mkdtemp" if full is tempfile else "write_bytes", fail)
    with pytest.raises(AccordingError) as raised:
        PrivateFolder()
    assert str(raised.value) == (
        "the app cannot make its folder for temporary files (No space left on device): free some space, or set TMPDIR "
        "to a folder on a local disk where this user may write"
    )
    assert list(temporary.iterdir()) == []


def test_no_temporary_folder_at_all_is_the_same_error(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/dev/null/none"])
    with pytest.raises(AccordingError, match="cannot make its folder for temporary files"):
        PrivateFolder()


def test_a_forked_child_does_not_remove_its_parents_folder(temporary):
    folder = PrivateFolder()
    child = os.fork()
    if child == 0:
        folder.remove()
        os._exit(0)
    os.waitpid(child, 0)
    assert folder.path.exists()
    folder.remove()
