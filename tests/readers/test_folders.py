"""Folders are walked completely, whatever is in them, and what cannot be read is reported."""

import json
import os

import pytest
from support import HARBOUR

import rag
from rag import readers
from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue


def read(*paths):
    found = list(readers.read(readers.resolve_inputs(paths), load_catalogue()))
    return [getattr(item, "reason", None) or item.id for item in found]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.jsonl").write_text(json.dumps(HARBOUR))
    return tmp_path


def test_a_loop_of_links_is_skipped_with_a_reason(folder):
    (folder / "news" / "again").symlink_to(folder / "news")
    (folder / "news" / "up").symlink_to(folder)
    found = read(folder)
    assert found.count("harbour") == 1
    assert set(found) == {"harbour", "the link leads back to a folder above it"}


def test_links_to_files_and_folders_elsewhere_are_followed(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "b.jsonl").write_text(json.dumps(HARBOUR | {"id": "linked"}))
    (folder / "news" / "b").symlink_to(other)
    (folder / "c.jsonl").symlink_to(other / "b.jsonl")
    assert read(folder) == ["linked", "harbour", "linked"]


def test_broken_links_and_pipes_are_skipped_with_a_reason(folder):
    (folder / "broken.jsonl").symlink_to(folder / "gone")
    (folder / "self.jsonl").symlink_to(folder / "self.jsonl")
    os.mkfifo(folder / "pipe.jsonl")
    assert read(folder) == [
        "No such file or directory",
        "neither a file nor a folder",
        "Too many levels of symbolic links",
        "harbour",
    ]


def test_an_unreadable_folder_is_skipped_with_a_reason(folder, monkeypatch):
    (folder / "closed").mkdir()
    listdir = os.listdir

    def refuse(path):
        if path == folder / "closed":
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr("rag.readers.os.listdir", refuse)
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
