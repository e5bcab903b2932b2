"""A build on a Ray cluster of several nodes in this machine, beside one made here: passages a second, and what differs.

    python benchmarks/cluster.py FILE_OR_FOLDER ... [--nodes 2] [--kill SECONDS] [--milvus]

Each node has one processor. With --kill, one dies so many seconds after the build has begun; with --milvus, the workers
write into a Milvus Lite in a process of its own, instead of handing on what they make. The default encoder, in float32.
Prints a table, and exits 1 where the two libraries differ in an article, a passage or a vector.
"""

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

import numpy as np
import ray
from ray.cluster_utils import Cluster
from support.milvus import Milvus

import rag
from rag import passage
from rag.models.encoder import DEFAULT_ENCODER, SentenceEncoder
from rag.stores.base import Encoded


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--kill", type=float)
    parser.add_argument("--milvus", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        server = Milvus(work / "milvus").start() if given.milvus else None
        here, alone = built(given.paths, work / "here", "local")
        cluster, workers = started(given.nodes)
        if given.kill:
            timer = threading.Timer(given.kill, cluster.remove_node, [workers[-1]], {"allow_graceful": False})
            timer.start()
        where = server.address() if server else work / "there"
        there, together = built(given.paths, where, "ray")
        passages = here.report.passages
        print(f"{'':<34}{'s':>8}{'passages/s':>12}{'a worker':>10}")
        for name, seconds, number in (
            ("here, one process", alone, 1),
            (f"Ray, {given.nodes} nodes{', one killed' if given.kill else ''}", together, given.nodes),
        ):
            print(f"{name:<34}{seconds:>8.1f}{passages / seconds:>12.1f}{passages / seconds / number:>10.1f}")
        wrong = differences(here, there)
        print(f"{passages:,} passages of {here.counts().articles:,} articles; different: {len(wrong)} {wrong[:5]}")
        ray.shutdown()
        cluster.shutdown()
        if server:
            server.kill()
        return bool(wrong)


def built(paths: list[str], index: object, engine: str) -> tuple[rag.Library, float]:
    began = time.perf_counter()
    library = rag.build(paths, index=index, encoder=DEFAULT_ENCODER, precision="fp32", engine=engine)
    return library, time.perf_counter() - began


def started(nodes: int) -> tuple[Cluster, list[object]]:
    memory = {"num_cpus": 1, "object_store_memory": 400 * 2**20}
    soon = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 1000, "health_check_failure_threshold": 5}
    cluster = Cluster(
        initialize_head=True, head_node_args=memory | {"include_dashboard": False, "_system_config": soon}
    )
    workers = [cluster.add_node(**memory) for _ in range(nodes - 1)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    return cluster, workers


def differences(here: rag.Library, there: rag.Library) -> list[str]:
    """What is not in both: ids of articles that differ, or whose passages or vectors do."""
    mine, theirs = ({a.id: a for a in library.articles()} for library in (here, there))
    wrong = sorted(mine.keys() ^ theirs.keys()) + [i for i in mine.keys() & theirs.keys() if mine[i] != theirs[i]]
    encoder, articles = SentenceEncoder(), list(mine.values())
    for start in range(0, len(articles), 64):
        some = articles[start : start + 64]
        split = passage.split_articles(some, encoder.count, encoder.max_tokens)
        texts = {a.text[p.start : p.end]: a.id for a, own in zip(some, split, strict=True) for p in own}
        one, other = (library._store.encoded(list(texts)) for library in (here, there))
        wrong += [article_id for text, article_id in texts.items() if not alike(one.get(text), other.get(text))]
    return wrong


def alike(one: Encoded | None, other: Encoded | None) -> bool:
    """Whether a passage was made alike: its sentences, its vector, theirs in half precision."""
    if one is None or other is None:
        return False
    return one[0] == other[0] and np.allclose(one[1], other[1], atol=1e-5) and np.allclose(one[2], other[2], atol=2e-3)


if __name__ == "__main__":
    sys.exit(main())
