"""A build on a Ray cluster of two nodes equals a local build, article by article, even if a node dies during it."""

import importlib.util
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.prose import prose
from support.recording_encoder import RecordingEncoder

import rag
from rag import readers
from rag.errors import LibraryError
from rag.ingest import packing
from rag.ingest.embed import embed_articles
from rag.ingest.pipeline import Job
from rag.ingest.report import Report
from rag.readers.item_json import from_json, to_json

pytestmark = [
    pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="the extra scale is not installed"),
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # Ray Data warns of its own settings, and of few files
]
TESTS = Path(__file__).parent.parent
LARGER = "EXAMPLES" in os.environ  # each build on a cluster starts processes, which takes seconds of the processor
larger = pytest.mark.skipif(not LARGER, reason="a larger sample: set EXAMPLES")


@pytest.fixture(scope="module")
def nodes(bucket):
    """A cluster of two nodes with one processor each."""
    import ray
    from ray.cluster_utils import Cluster

    os.environ["PYTHONPATH"] = f"{TESTS.parent}:{TESTS}"
    memory = {"num_cpus": 1, "object_store_memory": 200 * 2**20}
    fast_checks = {
        "health_check_initial_delay_ms": 0,
        "health_check_period_ms": 500,
        "health_check_failure_threshold": 4,
        "idle_worker_killing_time_threshold_ms": 60_000,
    }
    cluster = Cluster(
        initialize_head=True, head_node_args=memory | {"include_dashboard": False, "_system_config": fast_checks}
    )
    cluster.add_node(**memory)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster, memory
    ray.shutdown()
    cluster.shutdown()
    del os.environ["PYTHONPATH"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Articles in several formats, with duplicates, an id that occurs twice, and files that cannot be read."""
    folder = tmp_path_factory.mktemp("news")
    for number in range(12):
        rows = [
            {"id": f"a{number}-{i}", "text": " ".join(prose(100 * number + i, 5)),
             "outlet": ["Reuters", "Press TV"][i % 2],
             "date": f"2015-0{1 + number % 9}-1{i % 10}"}
            for i in range(40)
        ]  # fmt: skip
        (folder / f"n{number:02}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    duplicates = [{"id": f"c{i}", "outlet": "BBC", "text": " ".join(prose(i, 5))} for i in range(5)]
    last = [*duplicates, HARBOUR, BRIDGE, ORCHARD, HARBOUR | {"text": "Another text of the same id."}]
    (folder / "z.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in last) + '{"text": \n')
    (folder / "names.txt").write_text("The Northern Fishery Council (NFC) met in the north.\n\nIt met again.")
    (folder / "empty.html").write_text("")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


def contents(library):
    """Everything in a library, by article, independent of its keys."""
    store = library._store
    articles = {article.id: article for article in library.articles()}
    texts = [a.text[c.start : c.end] for a in articles.values() for c in split(library, a)]
    encoded = {t: (s, v.round(3).tolist(), p.round(2).tolist()) for t, (s, v, p) in store.encoded(texts).items()}
    duplicates = {article_id: sorted(library.duplicates(article_id)) for article_id in articles}
    skipped = sorted(map(str, library.skipped()))
    aliases = [group.spellings for group in library._view().aliases.groups]
    return articles, encoded, duplicates, skipped, library.counts(), aliases


def split(library, article):
    encoder = library._encoder.get()
    return rag.passage.split_articles([article], encoder.count, encoder.max_tokens)[0]


@pytest.fixture(scope="module")
def local(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("local")
    with rag.build([files], index=folder / "index", encoder=RecordingEncoder(folder / "records")) as library:
        yield library, contents(library)


def test_a_cluster_that_cannot_be_reached_is_an_error(tmp_path, words, news, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(LibraryError, match="the Ray cluster cannot be reached"):
        rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=words, engine="ray")


@pytest.mark.parametrize(
    "store",
    [
        "folder",
        pytest.param("milvus", marks=larger),
    ],
)
def test_a_build_on_two_nodes_one_of_which_dies_equals_a_local_build(nodes, server, local, files, tmp_path, store):
    cluster, memory = nodes
    index = tmp_path / "index" if store == "folder" else server.address("killed")
    encoder = RecordingEncoder(tmp_path / "records", 0.5, nodes=2)
    doomed = cluster.add_node(**memory) if len(cluster.worker_nodes) < 1 else next(iter(cluster.worker_nodes))
    dead = []

    def kill():
        """Kill the node once it has encoded something and still has work."""
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline and not dead:
            time.sleep(0.05)
            if any(node == doomed.node_id for node, _ in encoder.records()):
                cluster.remove_node(doomed, allow_graceful=False)
                dead.append(len(encoder.records()))

    killer = threading.Thread(target=kill)
    killer.start()
    with rag.build([files], index=index, encoder=encoder, engine="ray") as library:
        killer.join()
        assert dead
        assert dead[0] < len(encoder.records())  # it was in the middle
        for found, expected in zip(contents(library), local[1], strict=True):
            assert found == expected
        report, expected = library.report.to_dict(), local[0].report.to_dict()
        for differing in ("passages", "seconds", "columns"):  # the workers' columns are not known here
            del report[differing], expected[differing]
        assert report == expected

        before = encoder.encoded()
        with rag.build([files], index=index, encoder=encoder, engine="ray") as again:
            assert (again.report.unchanged, again.report.new, again.report.retired) == (report["new"], 0, 0)
        # The article whose id another article has already; actors do not know that it is left out.
        assert encoder.encoded() - before == 1


def test_a_build_on_a_cluster_changes_a_library_as_a_local_one_does(nodes, server, tmp_path, words, news):
    more = [{"id": f"m{i}", "text": prose(i)[0]} for i in range(3)]
    old = news(HARBOUR, BRIDGE, ORCHARD, *more)
    results = []
    for engine, index in (
        ("local", tmp_path / "a"), ("ray", tmp_path / "b"), ("ray", server.address("changed")),
        *([("ray", tmp_path / "c.db")] if LARGER else []),
    ):  # fmt: skip
        rag.build([old], index=index, encoder=words).close()
        new = news(HARBOUR | {"outlet": "BBC"}, BRIDGE | {"text": "Engineers opened it."}, *more[1:], name="new.jsonl")
        with rag.build([new], index=index, encoder=words, engine=engine) as library:
            report = library.report
            counts = (report.new, report.updated, report.unchanged, report.retired)
            versions = {
                i: [(v.article.text, v.current) for v in library.versions(i)] for i in ("bridge", "harbour", "m0")
            }
            results.append((counts, versions, library.outlets(), sorted(a.id for a in library.articles())))
    assert results == [results[0]] * len(results)


@larger
def test_a_build_on_a_cluster_identifies_articles_as_a_local_one_does(nodes, server, tmp_path, news):
    """Two outlets with one id in two files, an outlet that is corrected, and an address with two texts."""
    numbered = [{"id": str(i % 20), "title": f"t{i}", "text": " ".join(prose(i, 3))} for i in range(40)]
    herald = [row | {"outlet": "Herald"} for row in numbered[:20]]
    inland = [row | {"outlet": "Inland"} for row in numbered[20:]]
    text = f"She was fined 5,000. {' '.join(prose(99, 3))}"
    fined = {"title": "Fined", "url": "https://x.example/fined", "text": text}
    fined_less = fined | {"text": text.replace("5,000", "500")}
    results = []
    for engine, index in (
        ("local", tmp_path / "local"), ("ray", server.address("identified")),
        ("ray", tmp_path / "ray"),
    ):  # fmt: skip
        encoder = RecordingEncoder(tmp_path / f"records{len(results)}")
        paths = [news(*herald, fined, name="a.jsonl"), news(*inland, fined_less, name="b.jsonl")]
        with rag.build(paths, index=index, encoder=encoder, engine=engine) as library:
            encoded, found = encoder.encoded(), []
            for number in range(2):
                versions = {
                    a.id: [(v.article.text, v.current) for v in library.versions(a.id)] for a in library.articles()
                }
                report = library.report
                found.append((versions, report.new, report.updated, report.unchanged, report.earlier, report.skipped))
                assert len(versions) == 41
                if not number:
                    library = rag.build(paths, index=index, encoder=encoder, engine=engine)
            again = 3 if engine == "ray" else 0  # passages of the earlier version, which workers do not know
            assert encoder.encoded() - encoded <= again
            assert rag.examine(index).ok
        results.append(found)
    assert results == [results[0]] * len(results)


def test_a_build_after_a_stopped_one_reuses_what_is_in_milvus(nodes, server, tmp_path, words, news):
    index = server.address("stopped")
    rows = [{"id": f"s{i}", "text": " ".join(prose(i, 3))} for i in range(200)]
    rag.build([news(HARBOUR)], index=index, encoder=words).close()
    encoder = RecordingEncoder(tmp_path / "records")

    class StoppedError(Exception):
        pass

    with rag.open(index, encoder=encoder) as library:
        store, seen = library._store, []

        def stop(progress):
            seen.append(progress.read)
            if progress.read >= 128:
                raise StoppedError

        with pytest.raises(StoppedError):
            library._run(Job(readers.resolve_inputs([news(*rows)]), retire=True, progress=stop, on_cluster=True))
        assert [a.id for a in library.articles()] == ["harbour"]  # the staged articles are not visible
        assert {hit.article_id for hit in library.search("harbour", k=99)} == {"harbour"}
        staged = store._total("articles", f"born > {store.generation()}")
        assert staged >= 128
        before = encoder.encoded()
        with rag.build([news(*rows[1:])], index=index, encoder=encoder, engine="ray") as again:
            assert sorted(a.id for a in again.articles()) == sorted(row["id"] for row in rows[1:])
            assert again.report.new == 199
            assert store._total("articles", f"born > {again._store.generation()}") == 0
        texts = sum(len(split(again, a)) for a in again.articles())
        assert encoder.encoded() <= before + texts * (200 - staged) / 200 + 5


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=larger)])
def test_parquet_from_a_cluster_is_added_without_encoding(nodes, local, files, tmp_path, words, engine):
    encoder = RecordingEncoder(tmp_path / "records")
    report = rag.encode([files], tmp_path / "parquet", encoder, engine=engine)
    assert (report.read, report.skipped) == (local[0].report.read, local[0].report.skipped)
    encoded = encoder.encoded()
    again = rag.encode([files], tmp_path / "parquet", encoder, engine=engine)
    assert (again.new, again.unchanged) == (0, report.read)
    with rag.build([tmp_path / "parquet"], index=tmp_path / "index", encoder=encoder) as library:
        assert encoder.encoded() == encoded
        found, expected = contents(library), local[1]
        for article_id in expected[0].keys() - {"harbour"}:  # two texts have this id, and either may come last
            assert found[0][article_id] == expected[0][article_id]
            assert found[2][article_id] == expected[2][article_id]
        assert found[0].keys() == expected[0].keys()
        assert all(found[1].get(text, vectors) == vectors for text, vectors in expected[1].items())
    other = RecordingEncoder(tmp_path / "records")
    other.name = "other"
    with pytest.raises(LibraryError, match="was written with the encoder 'words', not 'other'"):
        rag.build([tmp_path / "parquet"], index=tmp_path / "another", encoder=other)


def test_parquet_of_others_is_skipped_with_advice(tmp_path, words):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "broken.parquet").write_bytes(b"PAR1 and no more")
    with rag.build([tmp_path / "left"], index=tmp_path / "i", encoder=words) as library:
        assert library.report.skipped == 1
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "others.parquet")
    (tmp_path / "a.csv").write_text("title,text\nFerry,The ferry waits for the ice to go.\n")
    with rag.open(tmp_path / "i", encoder=words) as library:
        report = library.add([tmp_path / "others.parquet", tmp_path / "a.csv"])
        assert (report.new, report.skipped) == (1, 1)
        assert any(
            "was not written by `according encode`" in s.reason and "save it as .csv or .jsonl" in s.reason
            for s in library.skipped()
        )


def test_passages_are_unpacked_as_they_were_packed(words, news):
    articles = [*rag.read_articles([news(HARBOUR, BRIDGE, {"id": "one", "text": "One."})])]
    with ThreadPoolExecutor(1) as executor:
        rows, _ = embed_articles(articles, words, Report(), executor)
    for article, passages in rows:
        unpacked = packing.unpack_passages(packing.pack_passages(passages), article.id)
        assert [u.passage for u in unpacked] == [p.passage for p in passages]
        assert [u.fingerprint.sentences for u in unpacked] == [p.fingerprint.sentences for p in passages]
        for u, p in zip(unpacked, passages, strict=True):
            assert (u.vector == p.vector).all()
            assert (u.fingerprint.signature == p.fingerprint.signature).all()
            assert (u.sentences == p.sentences.astype("<f2")).all()
        assert from_json(json.loads(json.dumps(to_json(article)))) == article
    assert packing.unpack_passages(packing.pack_passages([]), "none") == []


def test_a_bucket_is_read_from_and_written_to(nodes, bucket, tmp_path, words, files):
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
    assert (
        rag.encode([f"{bucket}/news"], f"{bucket}/parquet", encoder=words, engine="ray").new == 490
    )  # one id occurs twice
    if LARGER:
        assert rag.encode([f"{bucket}/news"], f"{bucket}/parquet", encoder=words, engine="ray").new == 0
    before = words.read
    with rag.build([f"{bucket}/parquet"], index=tmp_path / "added", encoder=words) as added:
        with rag.open(tmp_path / "i", encoder=words) as library:
            for article in library.articles():
                assert article.id == "harbour" or added.article(article.id) == article
        assert added.report.new == 489
    assert words.read == before


def test_an_unknown_engine_is_an_error(tmp_path, words, news):
    with pytest.raises(LibraryError, match="unknown engine 'spark'; choose local or ray"):
        rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=words, engine="spark")
