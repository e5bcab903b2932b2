"""Compare a build on a Ray cluster of several nodes in this machine with a local one: passages per second, differences.

    python benchmarks/cluster.py FILE_OR_FOLDER ... [--nodes 2] [--kill SECONDS] [--milvus]

Each node has one processor. With --kill, one is killed so many seconds after the build has started; with --milvus, the
workers write to a Milvus Lite in a process of its own instead of returning their passages. The encoder is the default
one, in float32. Prints a table, and exits 1 if the two libraries differ in an article, a passage or a vector.
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
from rag.stores.base import Encoded, Location
from rag.stores.location import open_store


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--kill", type=float)
    parser.add_argument("--milvus", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        server = Milvus(work / "milvus").start() if options.milvus else None
        local_index = work / "local"
        local, local_seconds = build(options.paths, local_index, "local")
        cluster, workers = start_cluster(options.nodes)
        if options.kill:
            timer = threading.Timer(options.kill, cluster.remove_node, [workers[-1]], {"allow_graceful": False})
            timer.start()
        ray_index = server.address() if server else work / "distributed"
        distributed, distributed_seconds = build(options.paths, ray_index, "ray")
        passages = local.report.passages
        print(f"{'':<34}{'s':>8}{'passages/s':>12}{'per worker':>12}")
        for name, seconds, number in (
            ("local, one process", local_seconds, 1),
            (f"Ray, {options.nodes} nodes{', one killed' if options.kill else ''}", distributed_seconds, options.nodes),
        ):
            print(f"{name:<34}{seconds:>8.1f}{passages / seconds:>12.1f}{passages / seconds / number:>12.1f}")
        different = differences(local, distributed) + different_passages(local, local_index, ray_index)
        print(
            f"{passages:,} passages of {local.counts().articles:,} articles; {len(different)} differ: {different[:5]}"
        )
        ray.shutdown()
        cluster.shutdown()
        if server:
            server.kill()
        return bool(different)


def build(paths: list[str], index: Location, engine: str) -> tuple[rag.Library, float]:
    started = time.perf_counter()
    library = rag.build(paths, index=index, encoder=DEFAULT_ENCODER, precision="fp32", engine=engine)
    return library, time.perf_counter() - started


def start_cluster(nodes: int) -> tuple[Cluster, list[object]]:
    memory = {"num_cpus": 1, "object_store_memory": 400 * 2**20}
    fast_checks = {
        "health_check_initial_delay_ms": 0,
        "health_check_period_ms": 1000,
        "health_check_failure_threshold": 5,
    }
    cluster = Cluster(
        initialize_head=True, head_node_args=memory | {"include_dashboard": False, "_system_config": fast_checks}
    )
    workers = [cluster.add_node(**memory) for _ in range(nodes - 1)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    return cluster, workers


def differences(a: rag.Library, b: rag.Library) -> list[str]:
    """Return the ids of articles that are not in both libraries, or that differ."""
    in_a, in_b = ({article.id: article for article in library.articles()} for library in (a, b))
    return sorted(in_a.keys() ^ in_b.keys()) + [i for i in in_a.keys() & in_b.keys() if in_a[i] != in_b[i]]


def different_passages(library: rag.Library, a: Location, b: Location) -> list[str]:
    """Return the ids of articles whose passages or vectors differ between two indexes, of which `library` opens one."""
    encoder, articles, different = SentenceEncoder(), list(library.articles()), list[str]()
    stores = open_store(a), open_store(b)
    for start in range(0, len(articles), 64):
        batch = articles[start : start + 64]
        split = passage.split_articles(batch, encoder.count, encoder.max_tokens)
        texts = {a.text[p.start : p.end]: a.id for a, own in zip(batch, split, strict=True) for p in own}
        in_a, in_b = (store.encoded(list(texts)) for store in stores)
        different += [article_id for text, article_id in texts.items() if not is_same(in_a.get(text), in_b.get(text))]
    for store in stores:
        store.close()
    return different


def is_same(a: Encoded | None, b: Encoded | None) -> bool:
    """Whether two passages have the same sentences and vectors; those of sentences are in half precision."""
    if a is None or b is None:
        return False
    return a[0] == b[0] and np.allclose(a[1], b[1], atol=1e-5) and np.allclose(a[2], b[2], atol=2e-3)


if __name__ == "__main__":
    sys.exit(main())
