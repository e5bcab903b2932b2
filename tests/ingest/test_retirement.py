"""A build that would retire most of an index stops before it changes anything, unless it is told to go on."""

import json

import pytest
from support import HARBOUR

import rag
from rag.errors import LibraryError
from rag.ingest import retirement

COUNT = 20


def record(number, **fields):
    text = f"Report number {number} from the harbour of Selwyn {number}, where boat {number} came in."
    return HARBOUR | {"id": f"a{number}", "title": f"Report {number}", "text": text} | fields


@pytest.fixture
def pages(tmp_path):
    """A folder with a file for each of COUNT articles."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"{number:02}.jsonl").write_text(json.dumps(record(number)))
    return folder


@pytest.fixture(params=["folder", "milvus"])
def index(request, tmp_path, pages, words):
    if request.param == "milvus":
        pytest.importorskip("pymilvus")
    path = tmp_path / ("i.db" if request.param == "milvus" else "i")
    rag.build([pages], index=path, encoder=words).close()
    return path


def remove(folder, count):
    for file in sorted(folder.iterdir())[:count]:
        file.unlink()


def ids(library):
    return sorted(article.id for article in library.articles())


def stopped(paths, index, words, **options):
    """Return the message with which a build stops, after checking that it changed nothing."""
    with rag.open(index, encoder=words) as library:
        before = (ids(library), library.counts(), list(library.skipped()))
        with pytest.raises(LibraryError) as error:
            rag.build(paths, index=index, encoder=words, **options)
        assert (ids(library), library.counts(), list(library.skipped())) == before
    return str(error.value)


@pytest.mark.server
@pytest.mark.parametrize("gone", [COUNT, 11])
def test_a_build_that_would_retire_more_than_half_changes_nothing(pages, index, words, gone):
    remove(pages, gone)
    (pages / "new.jsonl").write_text(json.dumps(record(99)) + "\n{")
    message = stopped([pages], index, words)
    assert f"nothing was changed: this build would retire {gone} of the {COUNT} articles in the index" in message
    assert "not mounted" in message
    assert "--retire" in message
    with rag.build([pages], index=index, encoder=words, retire=True) as library:
        assert (library.report.retired, library.report.new) == (gone, 1)
        assert len(ids(library)) == COUNT - gone + 1


@pytest.mark.server
def test_half_of_an_index_may_go_without_asking(pages, index, words):
    remove(pages, 10)
    with rag.build([pages], index=index, encoder=words) as library:
        assert (library.report.read, library.report.retired, len(ids(library))) == (10, 10, 10)


@pytest.fixture
def local(tmp_path, pages, words):
    rag.build([pages], index=tmp_path / "i", encoder=words).close()
    return tmp_path / "i"


def test_settings_are_not_stored_by_a_build_that_stops(tmp_path, pages, local, words):
    remove(pages, COUNT)
    (tmp_path / "own.toml").write_text('[[outlet]]\nname = "The Selwyn Bell"\n')
    stopped([pages], local, words, catalogue=tmp_path / "own.toml")
    with rag.open(local, encoder=words) as library:
        assert library.catalogue.resolve("The Selwyn Bell") is None


def test_a_file_that_was_emptied_is_like_an_empty_folder(tmp_path, news, words):
    path = news(*map(record, range(COUNT)))
    rag.build([path], index=tmp_path / "i", encoder=words).close()
    path.write_text(json.dumps(record(0)))
    assert f"retire 19 of the {COUNT}" in stopped([path], tmp_path / "i", words)


def test_files_that_moved_or_changed_are_not_taken_for_gone(tmp_path, pages, local, words):
    moved = pages.rename(tmp_path / "moved")
    for number, file in enumerate(sorted(moved.iterdir())):
        file.write_text(json.dumps(record(number, title=f"Another title of report {number}")))
    with rag.build([moved], index=local, encoder=words) as library:
        assert (library.report.updated, library.report.retired) == (COUNT, 0)


def test_articles_of_files_that_cannot_be_read_do_not_count(pages, local, words):
    for file in sorted(pages.iterdir())[:15]:
        file.write_text("{")
    with rag.build([pages], index=local, encoder=words) as library:
        assert (library.report.skipped, library.report.retired, len(ids(library))) == (15, 0, COUNT)


def test_two_of_three_articles_go_without_asking_but_not_all(tmp_path, news, words):
    path = news(*map(record, range(3)))
    rag.build([path], index=tmp_path / "i", encoder=words).close()
    (tmp_path / "empty").mkdir()
    assert "retire 3 of the 3" in stopped([tmp_path / "empty"], tmp_path / "i", words)
    path.write_text(json.dumps(record(0)))
    with rag.build([path], index=tmp_path / "i", encoder=words) as library:
        assert (library.report.retired, ids(library)) == (2, ["a0"])


def test_adding_an_empty_folder_is_no_mistake(tmp_path, local, words):
    (tmp_path / "empty").mkdir()
    with rag.open(local, encoder=words) as library:
        library.add([tmp_path / "empty"])
        assert len(ids(library)) == COUNT


def test_what_is_kept_back_may_be_larger_than_memory(tmp_path, pages, local, words, monkeypatch):
    monkeypatch.setattr(retirement, "MEMORY_BYTES", 100)
    (pages / "new.jsonl").write_text(json.dumps(record(99)) + "\n{")
    with rag.build([pages], index=local, encoder=words) as library:
        assert (library.report.new, library.report.unchanged, library.report.skipped) == (1, COUNT, 1)


def test_a_second_build_encodes_nothing(pages, local, words):
    words.read = 0
    rag.build([pages], index=local, encoder=words).close()
    assert words.read == 0
