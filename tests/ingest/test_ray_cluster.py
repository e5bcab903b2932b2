"""Building on a Ray cluster of two machines (two nodes in this one): the same as here, article by article, also where
one of them dies in the middle."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.marking import Marking
from support.prose import prose

import rag
from rag import readers
from rag.errors import LibraryError
from rag.ingest import embed as making
from rag.ingest import parquet as shards
from rag.ingest.pipeline import Job
from rag.ingest.report import Report

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.alone
TESTS = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def nodes(bucket):
    """A cluster with one processor to each of two nodes."""
    from ray.cluster_utils import Cluster

    os.environ["PYTHONPATH"] = f"{TESTS.parent}:{TESTS}"
    memory = {"num_cpus": 1, "object_store_memory": 200 * 2**20}
    soon = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 4}
    made = Cluster(initialize_head=True, head_node_args=memory | {"include_dashboard": False, "_system_config": soon})
    made.add_node(**memory)
    ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
    yield made, memory
    ray.shutdown()
    made.shutdown()
    del os.environ["PYTHONPATH"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Articles in files of several kinds, some of them copies, one id twice, and some that cannot be read."""
    folder = tmp_path_factory.mktemp("news")
    for number in range(12):
        rows = [
            {"id": f"a{number}-{i}", "text": " ".join(prose(100 * number + i, 5)),
             "outlet": ["Reuters", "Press TV"][i % 2],
             "date": f"2015-0{1 + number % 9}-1{i % 10}"}
            for i in range(40)
        ]  # fmt: skip
        (folder / f"n{number:02}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    copied = [{"id": f"c{i}", "outlet": "BBC", "text": " ".join(prose(i, 5))} for i in range(5)]
    said = [*copied, HARBOUR, BRIDGE, ORCHARD, HARBOUR | {"text": "Another text of the same id."}]
    (folder / "z.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in said) + '{"text": \n')
    (folder / "names.txt").write_text("The Northern Fishery Council (NFC) met in the north.\n\nIt met again.")
    (folder / "empty.html").write_text("")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


def contents(library):
    """All that a library holds, by article, whatever its keys are."""
    store = library._store
    articles = {article.id: article for article in library.articles()}
    texts = [a.text[c.start : c.end] for a in articles.values() for c in cited(library, a)]
    encoded = {t: (s, v.round(3).tolist(), p.round(2).tolist()) for t, (s, v, p) in store.encoded(texts).items()}
    copies = {article_id: sorted(library.duplicates(article_id)) for article_id in articles}
    skipped = sorted(map(str, library.skipped()))
    return articles, encoded, copies, skipped, library.counts(), [n.spellings for n in library._view().aliases.groups]


def cited(library, article):
    encoder = library._encoder.get()
    return rag.passage.split([article], encoder.count, encoder.max_tokens)[0]


@pytest.fixture(scope="module")
def local(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("local")
    (folder / "marks").mkdir()
    with rag.build([files], index=folder / "index", encoder=Marking(folder / "marks")) as library:
        yield library, contents(library)


def test_a_cluster_that_is_not_there_is_an_error(tmp_path, words, news, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(LibraryError, match="no Ray cluster can be reached"):
        rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=words, engine="ray")


@pytest.mark.parametrize("store", ["folder", "milvus"])
def test_a_build_on_two_nodes_of_which_one_dies_is_the_build_made_here(nodes, server, local, files, tmp_path, store):
    made, memory = nodes
    index = tmp_path / "index" if store == "folder" else server.address("killed")
    (tmp_path / "marks").mkdir()
    encoder = Marking(tmp_path / "marks", 0.5, nodes=2)
    doomed = made.add_node(**memory) if len(made.worker_nodes) < 1 else next(iter(made.worker_nodes))
    dead = []

    def kill():
        """Once the node has encoded something, and still has work."""
        until = time.monotonic() + 180
        while time.monotonic() < until and not dead:
            time.sleep(0.05)
            if any(node == doomed.node_id for node, _ in encoder.marks()):
                made.remove_node(doomed, allow_graceful=False)
                dead.append(len(encoder.marks()))

    killing = threading.Thread(target=kill)
    killing.start()
    with rag.build([files], index=index, encoder=encoder, engine="ray") as library:
        killing.join()
        assert dead
        assert dead[0] < len(encoder.marks())  # it was in the middle
        there = contents(library)
        for mine, theirs in zip(there, local[1], strict=True):
            assert mine == theirs
        report, expected = library.report, local[0].report
        names = ("read", "new", "updated", "unchanged", "repeated", "undated", "skipped", "reasons", "copied", "groups")
        assert [getattr(report, name) for name in names] == [getattr(expected, name) for name in names]

        before = sum(count for _, count in encoder.marks())
        with rag.build([files], index=index, encoder=encoder, engine="ray") as again:
            assert (again.report.unchanged, again.report.new, again.report.retired) == (report.new, 0, 0)
        encoded = sum(count for _, count in encoder.marks()) - before
        assert encoded == 1  # that of the id that stands for another article, which actors do not know to be left out


def test_a_build_that_changes_a_library_does_what_one_here_does(nodes, server, tmp_path, words, news):
    more = [{"id": f"m{i}", "text": prose(i)[0]} for i in range(3)]
    old = news(HARBOUR, BRIDGE, ORCHARD, *more)
    results = []
    for engine, index in (
        ("local", tmp_path / "a"),
        ("ray", tmp_path / "b"),
        ("ray", tmp_path / "c.db"),
        ("ray", server.address("changed")),
    ):
        rag.build([old], index=index, encoder=words).close()
        new = news(HARBOUR | {"outlet": "BBC"}, BRIDGE | {"text": "Engineers opened it."}, *more[1:], name="new.jsonl")
        with rag.build([new], index=index, encoder=words, engine=engine) as library:
            report = library.report
            counts = (report.new, report.updated, report.unchanged, report.retired)
            versions = {
                i: [(v.article.text, v.current) for v in library.versions(i)] for i in ("bridge", "harbour", "m0")
            }
            results.append((counts, versions, library.outlets(), sorted(a.id for a in library.articles())))
    assert results == [results[0]] * 4


def test_what_a_stopped_build_has_put_into_milvus_is_not_encoded_again(nodes, server, tmp_path, words, news):
    index = server.address("stopped")
    rows = [{"id": f"s{i}", "text": " ".join(prose(i, 3))} for i in range(200)]
    rag.build([news(HARBOUR)], index=index, encoder=words).close()
    (tmp_path / "marks").mkdir()
    encoder = Marking(tmp_path / "marks")

    class StoppedError(Exception):
        pass

    with rag.open(index, encoder=encoder) as library:
        store, seen = library._store, []

        def stop(read):
            seen.append(read)
            if read >= 128:
                raise StoppedError

        with pytest.raises(StoppedError):
            library._run(Job(readers.present([news(*rows)]), retire=True, progress=stop, on_cluster=True))
        assert [a.id for a in library.articles()] == ["harbour"]  # nothing of it is seen
        assert {hit.article_id for hit in library.search("harbour", k=99)} == {"harbour"}
        staged = store._total("articles", f"born > {store.generation()}")
        assert staged >= 128
        before = sum(count for _, count in encoder.marks())
        with rag.build([news(*rows[1:])], index=index, encoder=encoder, engine="ray") as again:
            assert sorted(a.id for a in again.articles()) == sorted(row["id"] for row in rows[1:])
            assert again.report.new == 199
            assert store._total("articles", f"born > {again._store.generation()}") == 0
        texts = sum(len(cited(again, a)) for a in again.articles())
        assert sum(count for _, count in encoder.marks()) <= before + texts * (200 - staged) / 200 + 5


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_what_a_cluster_has_left_as_parquet_is_taken_in_without_encoding(nodes, local, files, tmp_path, words, engine):
    (tmp_path / "marks").mkdir()
    encoder = Marking(tmp_path / "marks")
    report = rag.encode([files], tmp_path / "made", encoder, engine=engine)
    assert (report.read, report.skipped) == (local[0].report.read, local[0].report.skipped - 1)
    encoded = sum(count for _, count in encoder.marks())
    again = rag.encode([files], tmp_path / "made", encoder, engine=engine)
    assert (again.new, again.unchanged) == (0, report.read)
    with rag.build([tmp_path / "made"], index=tmp_path / "index", encoder=encoder) as library:
        assert sum(count for _, count in encoder.marks()) == encoded
        mine, theirs = contents(library), local[1]
        for article_id in theirs[0].keys() - {"harbour"}:  # of which there are two, and any may come first
            assert mine[0][article_id] == theirs[0][article_id]
            assert mine[2][article_id] == theirs[2][article_id]
        assert mine[0].keys() == theirs[0].keys()
        assert all(mine[1].get(text, own) == own for text, own in theirs[1].items())
    other = Marking(tmp_path / "marks")
    other.name = "other"
    with pytest.raises(LibraryError, match="was made with the encoder 'words', not 'other'"):
        rag.build([tmp_path / "made"], index=tmp_path / "another", encoder=other)


def test_parquet_that_cannot_be_taken_in_is_skipped_or_an_error(tmp_path, words):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "broken.parquet").write_bytes(b"PAR1 and no more")
    with rag.build([tmp_path / "left"], index=tmp_path / "i", encoder=words) as library:
        assert library.report.skipped == 1
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "others.parquet")
    with rag.open(tmp_path / "i", encoder=words) as library, pytest.raises(LibraryError, match="not written by"):
        library.add([tmp_path / "others.parquet"])


def test_what_was_made_comes_back_from_bytes(words, news):
    read = [*rag.read_articles([news(HARBOUR, BRIDGE, {"id": "one", "text": "One."})])]
    with ThreadPoolExecutor(1) as beside:
        rows, _ = making.make(read, words, Report(), beside)
    for article, made in rows:
        back = shards.unpack(shards.pack(made), article.id)
        assert [b.passage for b in back] == [m.passage for m in made]
        assert [b.marks.sentences for b in back] == [m.marks.sentences for m in made]
        for b, m in zip(back, made, strict=True):
            assert (b.vector == m.vector).all()
            assert (b.marks.signature == m.marks.signature).all()
            assert (b.sentences == m.sentences.astype("<f2")).all()
        assert shards.unplain(json.loads(json.dumps(shards.plain(article)))) == article
    assert shards.unpack(shards.pack([]), "none") == []


def test_what_lies_in_a_bucket_is_read_there_and_what_is_made_is_left_there(nodes, bucket, tmp_path, words, files):
    import fsspec

    fsspec.filesystem("s3").put(f"{files}/", f"{bucket}/news/", recursive=True)
    with (
        rag.build([f"{bucket}/news"], index=tmp_path / "i", encoder=words, engine="ray") as library,
        rag.build([files], index=tmp_path / "local", encoder=words) as expected,
    ):
        assert {(a.id, a.text) for a in library.articles()} == {(a.id, a.text) for a in expected.articles()}
        assert {a.source for a in library.articles()} == {
            f"{bucket}/news/{path.name}" for path in files.iterdir() if path.suffix in (".jsonl", ".txt")
        }
        assert library.report.reasons == expected.report.reasons
    assert rag.encode([f"{bucket}/news"], f"{bucket}/made", encoder=words, engine="ray").new == 490  # of one id two
    assert rag.encode([f"{bucket}/news"], f"{bucket}/made", encoder=words, engine="ray").new == 0
    before = words.read
    with rag.build([f"{bucket}/made"], index=tmp_path / "taken", encoder=words) as taken:
        with rag.open(tmp_path / "i", encoder=words) as library:
            for article in library.articles():
                assert article.id == "harbour" or taken.article(article.id) == article
        assert taken.report.new == 489
    assert words.read == before


def test_an_engine_that_there_is_not_is_an_error(tmp_path, words, news):
    with pytest.raises(LibraryError, match="there is no engine 'spark'; there are local and ray"):
        rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=words, engine="spark")
