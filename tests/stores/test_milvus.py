"""A library in Milvus: locations, Milvus Lite, a server that is unreachable, writers that are killed."""

import itertools
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, ROOT, WordEncoder
from support.milvus import Milvus
from support.processes import Other
from support.prose import prose

import rag
from rag import demonstration
from rag.errors import LibraryError
from rag.stores.base import hash64
from rag.stores.milvus import claim, client, schema, tables
from rag.stores.milvus.client import parse_location
from rag.stores.normalise import VERSION

pytestmark = pytest.mark.server
KILLS = int(os.environ.get("KILLS", "14"))  # at 260, writers are killed before each write
NAMES = (f"library_{number}" for number in itertools.count())


@pytest.fixture
def address(server):
    """A location without a library, on a server that all tests share but those that end it."""
    return server.address(next(NAMES))


@pytest.fixture
def library(address, news, words):
    with rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=address, encoder=words) as library:
        yield library


@pytest.fixture
def mortal(tmp_path):
    """A server that a test may end."""
    started = Milvus(tmp_path / "milvus").start()
    yield started
    started.kill()


@pytest.fixture
def on_mortal(mortal, news, words):
    """A library on the server that a test may end."""
    with rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=mortal.address(), encoder=words) as library:
        yield library


def ids(library, question="bridge", **more):
    return [hit.article_id for hit in library.search(question, **more)]


# Locations


@pytest.mark.parametrize(
    ("address", "uri", "name"),
    [
        ("milvus://localhost", "http://localhost:19530", "according"),
        ("milvus://localhost:1234/", "http://localhost:1234", "according"),
        ("milvus://db.example:19530/press_2020", "http://db.example:19530", "press_2020"),
        ("milvus+tls://db.example/press", "https://db.example:19530", "press"),
        ("milvus://[::1]:9/a", "http://[::1]:9", "a"),
    ],
)
def test_a_location_is_parsed(address, uri, name):
    place = parse_location(address)
    assert (place.uri, place.name, place.lite) == (uri, name, False)


def test_a_path_is_a_folder_unless_it_ends_in_db(tmp_path):
    assert parse_location(tmp_path / "index") is None
    assert parse_location("index") is None
    assert parse_location("milvus") is None
    assert parse_location(tmp_path / "a.db").lite


@pytest.mark.parametrize(
    "address",
    [
        "milvus://", "milvus:///name", "milvus://host:port/name", "milvus://host/a/b", "milvus://host/a-b", "http://host",
        "milvus://host/1a", "milvus://user:secret@host/name", "milvus://host/name?x=1",
        "milvus://host/name?index=NONE", "milvus://host/é", "s3://bucket",
    ],
)  # fmt: skip
def test_a_misspelt_location_is_an_error_that_shows_no_password(address):
    with pytest.raises(LibraryError) as caught:
        rag.open(address)
    assert "secret" not in str(caught.value)


def test_two_names_on_one_server_are_two_libraries(server, news, words):
    with (
        rag.build([news(HARBOUR)], index=server.address("one"), encoder=words) as one,
        rag.build([news(BRIDGE)], index=server.address("two"), encoder=words) as two,
    ):
        assert (ids(one), ids(two)) == (["harbour"], ["bridge"])


def test_the_location_chooses_the_index_of_the_vectors(server, news, words):
    for index in ("HNSW", "IVF_FLAT"):
        address = f"{server.address(index.lower())}?index={index}"
        assert parse_location(address).index == index
        with rag.build([news(HARBOUR, BRIDGE)], index=address, encoder=words) as library:
            assert ids(library, k=1) == ["bridge"]
            described = library._store._server("describe_index", library._store._table("passages"), "vector")
            assert described["index_type"] == index


# Milvus Lite


def test_a_path_that_ends_in_db_is_a_milvus_lite_in_this_process(tmp_path, news, words):
    path = tmp_path / "folder" / "news.db"
    with rag.build([news(HARBOUR, BRIDGE)], index=path, encoder=words) as library:
        assert ids(library, k=1) == ["bridge"]
        with rag.open(path, encoder=words) as other:
            assert ids(other, k=1) == ["bridge"]
        assert ids(library, k=1) == ["bridge"]
        command = [sys.executable, "-m", "rag", "articles", "--index", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert (done.returncode, done.stdout) == (1, "")
        assert "another process has" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr


def test_a_path_where_no_milvus_can_be_is_an_error(tmp_path, words, news):
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="cannot be opened as a Milvus Lite"):
        rag.build([news(HARBOUR)], index=tmp_path / "file" / "a.db", encoder=words)
    with pytest.raises(LibraryError, match="there is no library at"):
        rag.open(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_no_demonstration_is_added_to_a_library_in_milvus(library, server, address):
    assert not demonstration.is_in(address)
    for place in (address, server.address("none")):
        with pytest.raises(LibraryError, match="not in Milvus"):
            demonstration.make(place)
    assert library.counts().articles == 3


# What it does not do


def test_a_backup_is_an_error_that_names_milvus_own_tool(library, tmp_path):
    with pytest.raises(LibraryError, match="milvus-backup"):
        library.backup(tmp_path / "copy")


def test_compacting_keeps_the_texts_of_earlier_versions_and_deletes_their_passages(library, news, words):
    library.add([news(BRIDGE | {"text": "Engineers opened it again."})])
    store = library._store
    assert store._total("passages", "article != 0") == 4
    assert library.compact() is None
    assert store._total("passages", "article != 0") == 3
    assert [v.current for v in library.versions("bridge")] == [True, False]
    assert ids(library, "engineers opened", k=1) == ["bridge"]


def test_a_formula_in_very_many_passages_does_not_hide_what_few_share(library, news, monkeypatch):
    formula, shared = prose(1000)[0], prose(1001)[0]
    many = [{"id": f"m{i}", "text": " ".join([formula, *prose(i, 2)])} for i in range(60)]
    few = [{"id": f"f{i}", "text": " ".join([shared, formula, *prose(900 + i, 2)])} for i in range(2)]
    library.add([news(*many, *few)])
    monkeypatch.setattr(tables, "MAX_QUERY_ROWS", 28)  # of which each of four sentences gets seven
    store = library._store
    (row,) = store._of_ids(["f0"], store._present())
    keys = [r["key"] for r in store._rows("passages", f"article == {row['key']} and {store._present()}", ["key"])]
    assert {i for ids in store.relations(keys, []).sharers.values() for i in ids} == {"f1"}


def test_no_row_holds_a_removed_article(library, news):
    library.add([news(BRIDGE | {"text": "Cracks were mended by engineers."})])
    library.remove("bridge")
    store = library._store
    rows = [store._rows(table, filters, ["*"]) for table, filters in
            (("articles", "key != 0"), ("passages", "key != 0"), ("records", 'key != ""'))]  # fmt: skip
    assert all(rows)
    assert (
        "crack"
        not in json.dumps([[{k: v for k, v in r.items() if k != "sparse"} for r in own] for own in rows]).lower()
    )


# An unreachable server


def test_an_unreachable_server_is_an_error_until_it_is_back(on_mortal, mortal, monkeypatch):
    monkeypatch.setattr(client, "READ_RETRY_SECONDS", 1.0)
    assert ids(on_mortal, k=1) == ["bridge"]
    mortal.kill()
    began = time.monotonic()
    with pytest.raises(LibraryError, match="does not answer: check whether Milvus runs there"):
        on_mortal.ask("Who closed the bridge?")
    assert time.monotonic() - began < 15
    monkeypatch.undo()
    mortal.start()
    assert ids(on_mortal, k=1) == ["bridge"]
    assert on_mortal.ask("bridge", min_confidence=0).passages[0].article_id == "bridge"


def test_a_question_waits_for_a_server_that_is_briefly_unreachable(on_mortal, mortal, monkeypatch):
    monkeypatch.setattr(client, "READ_RETRY_SECONDS", 60.0)  # Lite takes seconds to start
    mortal.kill()
    with ThreadPoolExecutor(1) as threads:
        found = threads.submit(ids, on_mortal, k=1)
        time.sleep(0.3)
        mortal.start()
        assert found.result() == ["bridge"]


def test_a_build_waits_for_a_server_that_comes_back(on_mortal, mortal, news, monkeypatch):
    """It is unreachable while articles are encoded."""

    class Leaving(WordEncoder):
        def encode(self, texts, sentences):
            mortal.kill()
            threads.submit(lambda: (time.sleep(1), mortal.start()))
            return super().encode(texts, sentences)

    with ThreadPoolExecutor(1) as threads:
        with rag.open(mortal.address(), encoder=Leaving()) as other:
            other.add([news({"id": "new", "text": "The lighthouse was painted."})])
        assert ids(on_mortal, "lighthouse", k=1) == ["new"]


def test_a_location_without_a_server_is_an_error(words, tmp_path):
    nobody = Milvus(tmp_path / "m")
    with pytest.raises(LibraryError, match="does not answer"):
        rag.open(nobody.address())


# Writers


def test_writers_take_turns(library, address, news, words):
    """A waiting writer inserts a claim and takes it back, again and again."""
    with ThreadPoolExecutor(3) as threads, rag.open(address, encoder=words) as other:
        adding = [
            threads.submit(each.add, [news({"id": f"w{i}", "text": f"Lighthouse number {i}."}, name=f"w{i}.jsonl")])
            for i, each in enumerate((library, other) * 3)
        ]
        for each in adding:
            each.result()
    assert {f"w{i}" for i in range(6)} <= {article.id for article in library.articles()}


def test_a_writer_that_did_not_renew_its_claim_changes_nothing_more(library, address, news, words, monkeypatch):
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 0.2)
    path = news({"id": "late", "text": "Written too late."})
    with rag.open(address, encoder=words) as other:
        with library._store.writing() as writer:
            time.sleep(1.2)
            other.add([news({"id": "new", "text": "The lighthouse."}, name="new.jsonl")])
            with pytest.raises(LibraryError, match="another process has taken over the writing"):
                writer.save_setting("catalogue", "")
        assert other._store.setting("catalogue") is None
        assert "late" not in other
        library.add([path])
        assert "late" in other


# Writers that are killed

FORKED = """
import signal
from rag.stores.milvus.store import MilvusStore

def killed(address, news, left, removing):
    \"\"\"Change a library in a process that is killed before so many writes; return whether it was.\"\"\"
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL

    def counting(call):
        def counted(self, table, *arguments, **named):
            nonlocal left
            if "writer" not in str(arguments):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return call(self, table, *arguments, **named)

        return counted

    try:
        library = rag.open(address, encoder=WordEncoder())
        MilvusStore._send, MilvusStore._erase = map(counting, (MilvusStore._send, MilvusStore._erase))
        library.remove(["harbour", "bridge"]) if removing else library.add([news])
        os._exit(0)
    finally:
        os._exit(1)
"""
CHANGED = [
    HARBOUR | {"outlet": "BBC"},
    BRIDGE | {"text": "Engineers opened it again."},
    {"id": "new", "text": "A lighthouse."},
]


def state(library):
    """Return everything that can be seen of a library."""
    ids = [article.id for article in library.articles()]
    versions = {i: [(v.article.text, v.current) for v in library.versions(i)] for i in ids}
    hits = library.search("bridge dock lighthouse", k=99)
    assert all(hit.text in library.article(hit.article_id).text for hit in hits)
    return sorted(ids), library.outlets(), versions, {(hit.article_id, hit.text, hit.outlet) for hit in hits}


@pytest.mark.parametrize("removing", [False, True])
def test_a_writer_killed_at_any_moment_leaves_the_state_before_or_after(server, news, words, removing, monkeypatch):
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 0.3)
    changed = news(*CHANGED, name="changed.jsonl")
    other, ends, was = Other(FORKED), set(), True
    for moment in range(0, 80, max(1, (160 if removing else 260) // KILLS)):
        address = server.address(f"m{removing:d}_{moment}")
        rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=address, encoder=words).close()
        was = other(f"result = killed({address!r}, news, {moment}, {removing})", news=changed)
        with rag.open(address, encoder=words) as library:
            left = state(library)
            time.sleep(0.4)
            with library._store.writing():  # the next writer deletes what was left
                pass
            assert state(library) == left
            assert not library._store._rows("records", 'kind == "erasing"', ["key"])
            if removing:
                library.remove([i for i in ("harbour", "bridge") if i in library])
                assert not library._store._of_ids(["harbour", "bridge"], "born >= 0")
            else:
                library.add([changed])
            ends.add(repr(state(library)))
        if not was:
            break
    assert (was, moment >= 15, len(ends)) == (False, True, 1)
    other.kill()


def earlier_words(library):
    """Make a library one whose words were indexed by an earlier version."""
    store = library._store
    with store.strictly():
        for table in ("articles", "passages"):
            rows = [row["key"] for row in store._scan(table, "born >= 0", ("key",))]
            store._send(table, [{"key": key, "words": " . "} for key in rows], partial=True)
        store._erase("records", 'key == "words"')


def test_words_that_an_earlier_version_indexed_are_indexed_again_by_a_writer(address, news, words, caplog):
    with rag.build([news(HARBOUR, BRIDGE)], index=address, encoder=words) as library:
        assert library._store.words_version() == VERSION
        library.add([news(BRIDGE | {"text": "Engineers opened the bridge again."})])
        before = state(library)
        earlier_words(library)
    with rag.open(address, encoder=words) as library:
        assert f"according compact --index {address}" in caplog.text
        assert not library._view().terms("Engineers")[0].passages
        (check,) = (check for check in rag.examine(address).checks if check.name == "words")
        assert (check.ok, check.count) == (True, 0)
        library.compact()
    caplog.clear()
    with rag.open(address, encoder=words) as library:
        assert "compact" not in caplog.text
        assert library._view().terms("Engineers")[0].passages == 1
        assert state(library) == before
    assert rag.examine(address).ok


def test_a_writer_killed_while_it_indexes_words_again_loses_nothing(address, news, words, monkeypatch):
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 0.3)
    other = Other(FORKED)
    with rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=address, encoder=words) as library:
        before = state(library)
    for moment in (6, 7, 9, 12):  # after what a writer does first
        with rag.open(address, encoder=words) as library:
            earlier_words(library)
        assert other(f"result = killed({address!r}, news, {moment}, False)", news=news(HARBOUR, BRIDGE, ORCHARD))
        with rag.open(address, encoder=words) as library:
            assert library._store.words_version() == 0
            assert state(library)[:3] == before[:3]
            time.sleep(0.4)
            with library._store.writing():
                pass
            assert library._store.words_version() == VERSION
            assert state(library) == before
    assert rag.examine(address).ok
    other.kill()


def test_rows_of_an_earlier_version_are_found_by_id_and_address(address, news, words):
    """They have hashes of the whole id and of the URL as it was stated."""
    one = {"title": "Minister fined", "url": "https://republic.example/fined", "outlet": "Reuters",
           "text": "The former minister has been fined 5,000 crowns for contempt, the speaker said."}  # fmt: skip
    with rag.build([news(one, HARBOUR | {"id": "harbour@sea"})], index=address, encoder=words) as library:
        store = library._store
        rows = list(store._scan("articles", "born >= 0", ("key", "brief", "body")))
        former = [
            {
                "key": row["key"],
                "name": hash64(schema.brief(row)["id"]),
                "site": hash64(schema.parsed(row["body"])["url"]),
            }
            for row in rows
        ]
        with store.strictly():
            store._send("articles", former, partial=True)
        ids = {article.url: article.id for article in library.articles()}
        assert library.article("harbour@sea").id == "harbour@sea"
    two = one | {"text": one["text"].replace("5,000", "500"), "url": "http://www.republic.example/fined/?utm_source=x"}
    with rag.build([news(two, HARBOUR | {"id": "harbour@sea"})], index=address, encoder=words) as library:
        assert (library.report.unchanged, library.report.updated, library.report.new) == (1, 1, 0)
        (version,) = library._store.versions(url=one["url"])
        assert (version.article.id, version.article.text) == (ids[one["url"]], two["text"])
    assert rag.examine(address).ok


def test_titles_of_rows_of_an_earlier_version_are_read_from_the_rest_of_the_row(library, monkeypatch):
    store = library._store
    headings = sorted(store.headings())
    with store.strictly():
        rows = [(row["key"], schema.brief(row)) for row in store._scan("articles", store._present(), ("key", "brief"))]
        former = [
            {"key": key, "brief": schema.pieces(json.dumps({n: v for n, v in brief.items() if n != "title"}))}
            for key, brief in rows
            if brief["id"] != "bridge"
        ]
        assert len(former) == 2
        store._send("articles", former, partial=True)
    assert sorted(store.headings()) == headings
    asked = []
    original = store._of
    monkeypatch.setattr(store, "_of", lambda *arguments: asked.extend(arguments[2]) or original(*arguments))
    store.headings()
    assert sorted(asked) == sorted(row["key"] for row in former)  # the other text is not read
