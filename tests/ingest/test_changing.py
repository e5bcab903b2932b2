"""The commands that change an index, copy it and make it small."""

import json

import filelock
import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag import cli
from rag.errors import LibraryError
from rag.stores.sqlite import DATABASE, LOCK


@pytest.fixture
def index(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "i", encoder=words).close()
    return tmp_path / "i"


@pytest.fixture
def said(index, words, capsys, monkeypatch):
    """Runs a command on the index: exit status, stdout, stderr. The index is of an encoder that is no model's name."""
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: words)

    def run(command, *arguments):
        status = cli.main([command, "--index", str(index), *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


def test_add_adds_and_updates_and_retires_nothing(said, news):
    status, out, err = said("add", news(ORCHARD, HARBOUR | {"text": "The strike goes on."}, name="more.jsonl"))
    assert (status, err) == (0, "")
    assert out.splitlines()[1:8] == [
        "read                     2",
        "  new                    1",
        "  updated                1",
        "  unchanged              0",
        "  more than once         0",
        "retired                  0",
        "undated                  1",
    ]
    assert json.loads(said("outlets", "--json")[1]) == [
        {"outlet": "Press TV", "articles": 1, "kind": "broadcaster"},
        {"outlet": "Reuters", "articles": 1, "kind": "news agency"},
        {"outlet": "The Guardian", "articles": 1, "kind": "newspaper"},
    ]


def test_add_tells_what_it_skipped_as_build_does(said, tmp_path):
    (tmp_path / "broken.jsonl").write_text("{")
    status, _, err = said("add", tmp_path / "broken.jsonl")
    assert status == 0
    assert err.startswith(f"skipped {tmp_path / 'broken.jsonl'}, line 1: not JSON")


def test_remove_deletes_and_says_how_to_clear_the_last_traces(said, index):
    assert said("remove", "bridge") == (
        0, "removed 1; to erase the last traces from the files, run: according compact\n", ""
    )  # fmt: skip
    assert said("articles")[1] == "harbour  2013-05-14  The Guardian: Harbour strike ends\n"
    status, out, err = said("remove", "harbour", "bridge")
    assert (status, out) == (1, "")
    assert err == f"according: no article 'bridge' in {index}; `according articles` lists them\n"
    assert len(json.loads(said("articles", "--json")[1])) == 1


def test_article_prints_the_text_with_its_provenance(said, index):
    assert said("article", "bridge") == (
        0,
        "bridge  2015-01-02  Press TV: Bridge closed\n"
        "    outlet  Press TV  [explicit]  metadata: outlet\n"
        "    host    mirror.example\n"
        "    date    2015-01-02  [published]\n"
        f"    from    {index.parent / 'news.jsonl'}\n\n"
        f"{BRIDGE['text']}\n",
        "",
    )


def test_article_says_of_an_earlier_version_what_became_of_it(said, news):
    said("add", news(BRIDGE | {"text": "The bridge is open."}))
    (now,) = json.loads(said("article", "bridge", "--json")[1])
    assert (now["text"], now["current"], now["retired"], now["note"]) == ("The bridge is open.", True, None, "")
    assert "    note    an earlier version of this article, replaced on " in said("article", "bridge", "--versions")[1]
    _, earlier = json.loads(said("article", "bridge", "--versions", "--json")[1])
    assert (earlier["text"], earlier["current"]) == (BRIDGE["text"], False)
    said("build", news(HARBOUR))
    assert "    note    no longer in the index; retired on " in said("article", "bridge")[1]


def test_compact_tells_what_it_saved(said):
    said("remove", "bridge")
    status, out, _ = said("compact")
    assert status == 0
    assert out.endswith(" MB now\n")
    sizes = json.loads(said("compact", "--json")[1])
    assert sizes["after"] <= sizes["before"]


def test_a_backup_is_an_index_like_any_other(said, index, tmp_path, words):
    copy = tmp_path / "deep" / "copy"
    assert said("backup", copy) == (0, f"copied to {copy}; to use the copy: --index {copy}\n", "")
    said("remove", "bridge")
    assert sorted(p.name for p in copy.iterdir()) == [DATABASE]
    with rag.open(copy, encoder=words) as library:
        assert library.search("engineers closed the old bridge", k=1)[0].article_id == "bridge"
        assert library.add([]).new == 0
    assert rag.examine(copy).ok
    status, _, err = said("backup", copy)
    assert (status, err) == (
        1, f"according: there is an index in {copy} already; name a folder for the backup that has none\n"
    )  # fmt: skip


def test_nothing_is_left_of_a_backup_of_a_damaged_database(index, tmp_path, words):
    with rag.open(index, encoder=words) as library:
        body = (index / DATABASE).read_bytes()
        (index / DATABASE).write_bytes(body[: len(body) // 3])
        with pytest.raises(LibraryError, match=r"the index in .*malformed.*doctor"):
            library.backup(tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


@pytest.mark.parametrize("command", ["build", "add", "remove", "compact"])
def test_no_wait_fails_at_once_where_another_writes(said, index, news, command):
    given = {"build": [news(ORCHARD)], "add": [news(ORCHARD)], "remove": ["bridge"], "compact": []}[command]
    with filelock.FileLock(index / LOCK):
        status, out, err = said(command, *given, "--no-wait")
    assert (status, out) == (1, "")
    assert err == f"according: another process is writing to {index}; try again when it is done\n"
    assert said(command, *given, "--no-wait")[0] == 0


def test_article_prints_what_changed_from_version_to_version(said, news):
    closed = BRIDGE["text"]
    said("add", news(BRIDGE | {"text": closed.replace("two", "three"), "date": "2015-01-04"}))
    out = said("article", "bridge", "--versions", "--diff")[1]
    assert "what changed since the version of 2 January 2015:\n\n" in out
    assert "finding cracks in [-two-]{+three+} pillars." in out
    assert out.endswith(f"the first version in the index\n\n{closed}\n")
    assert "the first version" not in said("article", "bridge", "--diff")[1]
    now, first = json.loads(said("article", "bridge", "--versions", "--diff", "--json")[1])
    assert now["changes"] == [{"removed": "two", "added": "three", "start": 52, "end": 57, "difference": "number"}]
    assert first["changes"] == []


def test_ask_says_what_changed_in_a_passage(said, news):
    said("add", news(BRIDGE | {"text": BRIDGE["text"].replace("two", "three"), "date": "2015-01-04"}))
    assert "(changed since the version of 2 January 2015: “two” → “three”)" in said("ask", "old bridge cracks")[1]
    revised = json.loads(said("ask", "old bridge cracks", "-k", "1", "--json")[1])["passages"][0]["revision"]
    assert (revised["date"], revised["changes"][0]["added"]) == ("2015-01-02", "three")
    assert (
        "The text has changed since the version of 2 January 2015"
        in said("ask", "--as", "bibtex", "old bridge cracks")[1]
    )
