"""Uploads: a handle that the server makes, for the session that uploaded the file, and only for regular files."""

import os
import stat
from io import BytesIO
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.testclient import TestClient

from rag.errors import QuestionError
from rag.web import uploads as module
from rag.web.sessions import COOKIE
from rag.web.uploads import Uploads

ME, OTHER = "m" * 43, "o" * 43


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path)


@pytest.fixture
def send(uploads):
    client = TestClient(Starlette(routes=uploads.routes()))

    def post(*files, session=ME):
        headers = {"Cookie": f"{COOKIE}={session}"} if session else {}
        return client.post("/gradio_api/upload", files=[("files", file) for file in files], headers=headers)

    return post


def test_a_file_is_known_by_a_handle_and_deleted_after_it_was_added(uploads, send, tmp_path):
    (handle,) = send(("news.jsonl", b"{}")).json()
    assert len(handle) == 43
    with uploads.taken(ME, [handle]) as names:
        ((path, name),) = names.items()
        assert (name, os.path.basename(path)) == ("news.jsonl", "news.jsonl")
        assert Path(path).read_bytes() == b"{}"
        assert path.startswith(str(tmp_path))
        assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(QuestionError), uploads.taken(ME, [handle]):
        pass


def test_a_file_that_is_being_added_is_neither_added_twice_nor_deleted(uploads, send, monkeypatch):
    monkeypatch.setattr(module, "MAX_FILES", 2)
    used, other = send(("a.txt", b"a"), ("b.txt", b"b")).json()
    with uploads.taken(ME, [used]) as names:
        with pytest.raises(QuestionError, match="being added already"), uploads.taken(ME, [other, used]):
            pass
        assert send(("c.txt", b"c")).status_code == 200, "the file that waits longest and is not in use makes room"
        assert send(("d.txt", b"d"), ("e.txt", b"e")).status_code == 413
        monkeypatch.setattr(module, "MAX_WAITING_SECONDS", -1)
        uploads._delete_old()
        assert [os.path.exists(path) for path in names] == [True]
    assert uploads._in_use == set()
    with pytest.raises(QuestionError, match="choose the files again"), uploads.taken(ME, [other]):
        pass


def test_a_reader_who_lost_the_page_can_send_as_many_files_again(send, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MAX_FILES", 3)
    for _ in range(3):
        assert [send((f"{n}.txt", b"a")).status_code for n in range(3)] == [200] * 3
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("film.mov", "files of this kind cannot be read (supported: .txt, .text, .html"),
        ("letter.doc", "files of this kind cannot be read; save it as .docx (supported: .txt"),
        ("photo.jpg", "files of this kind cannot be read (supported: .txt"),
        ("no ending", "files of this kind cannot be read (supported: .txt"),
        ("book.epub.gz", "files of this kind cannot be read (supported: .txt"),
    ],
)
def test_a_file_of_a_kind_that_cannot_be_read_is_refused_with_those_that_can(send, tmp_path, name, said):
    refused = send((name, b"a"))
    assert (refused.status_code, refused.text.startswith(said)) == (415, True), refused.text
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_kept_if_adding_it_failed(uploads, send):
    handles = send(("a.txt", b"a"), ("b.txt", b"b")).json()
    with pytest.raises(QuestionError, match="busy"), uploads.taken(ME, handles):
        raise QuestionError("busy")
    with uploads.taken(ME, handles) as names:
        assert list(names.values()) == ["a.txt", "b.txt"]


def test_a_handle_of_another_session_or_a_path_is_worth_nothing(uploads, send, tmp_path):
    (mine,), (theirs,) = send(("a.txt", b"a")).json(), send(("b.txt", b"b"), session=OTHER).json()
    for wrong in ([theirs], [mine, theirs], ["/etc/passwd"], [str(tmp_path)], ["../" + mine], ["x" * 43], [""], []):
        with pytest.raises(QuestionError, match="choose the files again"), uploads.taken(ME, wrong):
            pass
    with pytest.raises(QuestionError), uploads.taken(None, [mine]):
        pass
    with uploads.taken(ME, [mine]):
        pass


def test_what_is_no_regular_file_is_not_added(uploads, send):
    (handle,) = send(("a.txt", b"a")).json()
    path = uploads._kept[handle].path
    for replace in (lambda: path.symlink_to("/etc/passwd"), path.mkdir, lambda: os.mkfifo(path)):
        path.unlink() if path.is_symlink() or not path.is_dir() else path.rmdir()
        replace()
        with pytest.raises(QuestionError), uploads.taken(ME, [handle]):
            pass


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\news\\a.html", "a.html"), ("..", "_"), ("/", "file"),
        (".bashrc", "_bashrc"),
        ("a\x00b.txt", "a_b.txt"), ("heron <b>.html", "heron _b_.html"), ("سه کشتی.txt", "سه کشتی.txt"),
        ("x" * 300 + ".warc.gz", "x" * 92 + ".warc.gz"),
        ("船" * 90 + ".warc.gz", "船" * 64 + ".warc.gz"), ("🚢" * 90 + ".txt", "_" * 90 + ".txt"),
    ],
)  # fmt: skip
def test_a_name_is_never_a_path(uploads, tmp_path, name, stored):
    (handle,) = uploads.keep(ME, [UploadFile(BytesIO(b"a"), size=1, filename=name)])
    assert [p.name for p in (tmp_path / handle).iterdir()] == [stored]


def test_an_upload_needs_the_cookie_which_no_other_site_can_send(send, tmp_path):
    for session in (None, "guess", "x" * 42):
        assert send(("a.txt", b"a"), session=session).status_code == 403
    assert list(tmp_path.iterdir()) == []


def test_uploads_are_bounded(send, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(module, "MAX_FILES", 3)
    monkeypatch.setattr(module, "MAX_KEPT_BYTES", 2500)
    monkeypatch.setattr(module, "MAX_REQUEST_BYTES", 5000)
    assert send(("a.txt", b"a" * 1001)).status_code == 413
    assert send(("a.txt", b"a" * 900), ("b.txt", b"b" * 900)).status_code == 200
    assert send(("c.txt", b"c" * 900)).status_code == 413  # of all
    assert send(("c.txt", b"c" * 900), session=OTHER).status_code == 413
    assert send(("c.txt", b"c")).status_code == 200
    assert send(*((f"{n}.txt", b"d") for n in range(4))).status_code == 400  # four of one session
    assert send(("c.txt", b"c"), ("d.txt", b"d"), ("e.txt", b"e")).status_code == 200
    assert send(("e.txt", b"e"), session=OTHER).status_code == 200
    assert send(("a.txt", b"a" * 6000), session=OTHER).status_code == 413
    assert len(list(tmp_path.iterdir())) == 4
    monkeypatch.setattr(module, "MAX_WAITING_SECONDS", -1)
    assert send(("f.txt", b"f")).status_code == 200
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_said(send, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.shutil, "copyfileobj", fail)
    refused = send(("a.txt", b"a"))
    assert (refused.status_code, refused.text) == (507, "The server cannot store the file; its disk may be full.")


def test_a_file_that_could_not_be_stored_leaves_nothing_nor_do_those_sent_with_it(send, monkeypatch, tmp_path):
    """On a full disk the first is stored, and of the second a part."""
    copied = module.shutil.copyfileobj

    def fail(source, target):
        copied(source, target)
        if target.tell() > 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.shutil, "copyfileobj", fail)
    monkeypatch.setattr(module, "MAX_FILES", 2)
    for _ in range(2):
        assert send(("a.txt", b"a"), ("b.txt", b"bb")).status_code == 507
    assert list(tmp_path.iterdir()) == []
    assert send(("a.txt", b"a"), ("b.txt", b"b")).status_code == 200, "what failed is not counted"


def test_files_that_are_sent_at_once_do_not_pass_the_bound_together(uploads, monkeypatch):
    monkeypatch.setattr(module, "MAX_FILES", 1)
    nested = []

    def meanwhile(source, target):
        if not nested:
            nested.append(True)
            with pytest.raises(QuestionError, match="too many"):
                uploads.keep(ME, [UploadFile(BytesIO(b"b"), size=1, filename="b.txt")])

    monkeypatch.setattr(module.shutil, "copyfileobj", meanwhile)
    assert len(uploads.keep(ME, [UploadFile(BytesIO(b"a"), size=1, filename="a.txt")])) == 1
    assert nested


def test_empty_files_of_sessions_that_a_client_makes_up_are_bounded(send, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MAX_KEPT_FILES", 5)
    sent = [send(("a.txt", b""), session=f"{n:043d}").status_code for n in range(8)]
    assert sent == [200] * 5 + [413] * 3
    assert len(list(tmp_path.iterdir())) == 5


def test_one_client_has_no_more_than_its_share_of_the_places_whatever_sessions_it_makes_up(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_KEPT_FILES", 6)
    monkeypatch.setattr(module, "MAX_KEPT_BYTES", 3000)
    uploads = Uploads(tmp_path, 0.5)

    def sent(number, client, size=1):
        return uploads.keep(f"{number:043d}", [UploadFile(BytesIO(b"a" * size), size=size, filename="a.txt")], client)

    for number in range(3):
        sent(number, "203.0.113.7")
    with pytest.raises(QuestionError, match="from your address"):
        sent(3, "203.0.113.7")
    with pytest.raises(QuestionError, match="from your address"):
        sent(3, "203.0.113.8", 1501)
    sent(3, "203.0.113.8", 1500)
    with pytest.raises(QuestionError, match="of all readers"):
        sent(4, "203.0.113.9", 1499)
