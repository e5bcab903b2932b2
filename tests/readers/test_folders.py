"""Folders are walked completely, whatever is in them, and what cannot be read is reported."""

import json
import os
import socket
import time
from collections import Counter

import pytest
from support import BRIDGE, HARBOUR

import rag
from rag import readers
from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import folders
from rag.readers.columns import Columns


def read(*paths, follow_links=False):
    found = list(readers.read(readers.resolve_inputs(paths, follow_links=follow_links), load_catalogue()))
    return [getattr(item, "reason", None) or item.id for item in found]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.jsonl").write_text(json.dumps(HARBOUR))
    return tmp_path


@pytest.fixture
def linked(folder, tmp_path_factory):
    """The folder, with links to a file and a folder elsewhere."""
    other = tmp_path_factory.mktemp("other")
    (other / "b.jsonl").write_text(json.dumps(HARBOUR | {"id": "linked"}))
    (folder / "news" / "b").symlink_to(other)
    (folder / "c.jsonl").symlink_to(other / "b.jsonl")
    return folder


def test_links_are_not_followed_unless_that_is_asked_for(linked):
    assert read(linked) == [folders.NOT_FOLLOWED, "harbour", folders.NOT_FOLLOWED]
    assert read(linked, follow_links=True) == ["linked", "harbour", "linked"]


def test_a_link_that_is_named_itself_is_followed(linked):
    assert read(linked / "news" / "b", linked / "c.jsonl") == ["linked", "linked"]


def test_a_folder_that_several_links_lead_to_is_read_once(folder):
    (folder / "news" / "again").symlink_to(folder / "news")
    (folder / "news" / "up").symlink_to(folder)
    assert Counter(read(folder, follow_links=True)) == {"harbour": 1, folders.READ_ALREADY: 2}


@pytest.mark.parametrize("follow_links", [False, True])
def test_folders_that_are_all_linked_to_each_other_are_read_once(folder, follow_links):
    names = [f"d{number}" for number in range(12)]
    for name in names:
        (folder / name).mkdir()
        (folder / name / "a.jsonl").write_text(json.dumps(HARBOUR | {"id": name}))
        for other in names:
            if other != name:
                (folder / name / f"to-{other}").symlink_to(f"../{other}")
    found = Counter(read(folder, follow_links=follow_links))
    reason = folders.READ_ALREADY if follow_links else folders.NOT_FOLLOWED
    assert found == {"harbour": 1, **dict.fromkeys(names, 1), reason: 12 * 11}


def test_an_article_is_read_from_where_it_really_is(folder):
    (folder / "a-link").symlink_to("news")
    with pytest.warns(UserWarning, match=folders.READ_ALREADY):
        (article,) = rag.read_articles([folder], follow_links=True)
    assert article.source == str(folder / "news" / "a.jsonl")


def test_broken_links_are_skipped_with_a_reason(folder):
    (folder / "broken.jsonl").symlink_to(folder / "gone")
    (folder / "self.jsonl").symlink_to(folder / "self.jsonl")
    assert read(folder, follow_links=True) == [
        "No such file or directory",
        "Too many levels of symbolic links",
        "harbour",
    ]


def test_pipes_sockets_and_devices_are_never_opened(folder, monkeypatch):
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "zero.jsonl").symlink_to("/dev/zero")
    monkeypatch.chdir(folder)  # the name of a socket has at most 107 characters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("talk.jsonl")
        assert read(folder, follow_links=True) == [
            "a pipe, neither a file nor a folder",
            "a socket, neither a file nor a folder",
            "a device, neither a file nor a folder",
            "harbour",
        ]
    assert read(folder / "pipe.jsonl") == ["a pipe, neither a file nor a folder"]


@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="the system has no /proc")
def test_what_the_operating_system_makes_up_is_never_opened(folder):
    (folder / "proc").symlink_to("/proc/self")
    (folder / "environ.txt").symlink_to("/proc/self/environ")
    start = time.monotonic()
    assert read(folder, follow_links=True) == [
        "a file of the operating system, which is on no disk",
        "harbour",
        "a folder of the operating system, which is on no disk",
    ]
    assert read("/proc", "/proc/self/environ") == [
        "a folder of the operating system, which is on no disk",
        "a file of the operating system, which is on no disk",
    ]
    assert time.monotonic() - start < 10


def test_an_unreadable_folder_takes_nothing_away(folder, words, monkeypatch):
    (folder / "more" / "deep").mkdir(parents=True)
    (folder / "more" / "deep" / "b.jsonl").write_text(json.dumps(BRIDGE))
    rag.build([folder], index=folder / ".index", encoder=words).close()
    scandir = os.scandir

    def refuse(path):
        if path == folder / "more":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("rag.readers.folders.os.scandir", refuse)
    with rag.build([folder], index=folder / ".index", encoder=words) as library:
        assert (library.report.retired, sorted(a.id for a in library.articles())) == (0, ["bridge", "harbour"])


def test_an_unreadable_folder_is_skipped_with_a_reason(folder, monkeypatch):
    (folder / "closed").mkdir()
    scandir = os.scandir

    def refuse(path):
        if path == folder / "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("rag.readers.folders.os.scandir", refuse)
    assert read(folder) == ["Permission denied", "harbour"]


def test_urls_are_fetched_only_on_request(folder, words):
    with pytest.raises(InputError, match=r"http://a\.example/: URLs are not fetched here"):
        rag.build(["http://a.example/"], index=folder / "i", encoder=words)
    with pytest.raises(InputError, match="URLs are not fetched here"):
        list(rag.read_articles(["HTTPS://a.example/"]))
    assert not (folder / "i").exists()


def test_a_path_that_does_not_exist_is_an_error(folder):
    with pytest.raises(InputError, match="no such file or folder"):
        read(folder / "nowhere")


KINDS = ("a.jsonl", "a.csv", "a.html", "a.docx", "a.zip", "a.tar", "a.tar.gz", "a.eml", "a.pdf")


@pytest.mark.parametrize("name", KINDS)
def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(tmp_path, name):
    """`read_file` looks at what is there before its reader opens it; so the reader is called past it."""
    os.mkfifo(tmp_path / name)
    (found,) = folders.walk(tmp_path)
    module = readers._module(readers.reader_of(name))
    columns = (Columns(),) if readers.reader_of(name) in readers.WITH_COLUMNS else ()
    with pytest.raises(InputError, match="a pipe, neither a file nor a folder"):
        list(module.read(found, load_catalogue(), *columns))


@pytest.mark.parametrize("name", KINDS)
def test_a_link_that_takes_the_place_of_a_file_is_not_followed(tmp_path, name):
    folder, other = tmp_path / "news", tmp_path / "other"
    for each in (folder, other):
        (each / "in").mkdir(parents=True)
        (each / "in" / name).write_text(json.dumps(HARBOUR))
    (found,) = folders.walk(folder)
    (folder / "in" / name).unlink()
    (folder / "in" / name).symlink_to(other / "in" / name)
    assert read_listed(found) == [folders.NOT_FOLLOWED]
    (folder / "in").rename(folder / "out")
    (folder / "in").symlink_to(other / "in")
    assert read_listed(found) == [folders.NOT_FOLLOWED]
    (tmp_path / "link").symlink_to(other)  # what is named itself may be, or be behind, a link
    assert folders.NOT_FOLLOWED not in read(tmp_path / "link")


def read_listed(found):
    return [getattr(item, "reason", None) or item.id for item in readers.read_source(found, load_catalogue())]
