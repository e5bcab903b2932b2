"""FAISS kinds: how near each comes to exact search, how long it takes, and how large it is.

    python benchmarks/kinds.py ARTICLES.jsonl.gz --work FOLDER [--count 50000]

The default encoder reads pieces of 110 characters from the articles, which takes minutes and is kept in the folder, and
200 of their titles as questions. What a lossy kind finds is compared again with the vectors in half precision, as in
`rag/dense.py`. One question at a time, on one thread; recall is against exact search in single precision.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.models.encoder import SentenceEncoder, Vectors

QUESTIONS, MOST = 200, 50  # questions; vectors wanted for each
FOUND = (150, 400)  # by a lossy kind, to be compared again
Search = Callable[[Vectors], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the vectors, which are kept")
    parser.add_argument("--count", type=int, default=50_000)
    given = parser.parse_args()
    vectors, questions = encoded(given.articles, given.work, given.count)
    halves = vectors.astype(np.float16)
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    exact = flat.search(questions, MOST)[1]
    print(f"{len(vectors):,} vectors, {len(questions)} questions")
    print(f"{'':<38}{'found':>6}{'median ms':>11}{'95th':>8}{'of 10':>8}{'of 50':>8}{'made, s':>9}{'bytes':>7}")

    def tell(name: str, index: faiss.Index, seconds: float, found: int, parameters: Any = None) -> None:
        def search(question: Vectors) -> Any:
            rows = index.search(question[None], found, params=parameters)[1][0]
            rows = rows[rows >= 0]
            return rows[np.argsort(-(halves[rows].astype(np.float32) @ question))[:MOST]]

        taken, results = [], []
        for question in questions:
            begun = time.perf_counter()
            results.append(search(question).tolist())
            taken.append(1000 * (time.perf_counter() - begun))
        recall = [
            np.mean([len(set(own[:k]) & set(best[:k])) / k for own, best in zip(results, exact.tolist(), strict=True)])
            for k in (10, MOST)
        ]
        size = len(faiss.serialize_index(index)) / len(vectors)
        print(
            f"{name:<38}{found:>6}{np.median(taken):>11.2f}{np.percentile(taken, 95):>8.2f}"
            f"{recall[0]:>8.4f}{recall[1]:>8.4f}{seconds:>9.1f}{size:>7.0f}",
            flush=True,
        )

    for name, index, ways in kinds(vectors.shape[1]):
        begun = time.perf_counter()
        index.train(vectors)
        index.add(vectors)
        seconds = time.perf_counter() - begun
        for way, parameters in ways.items():
            for found in (MOST,) if name == "half precision, exact" else FOUND:
                tell(f"{name}{way}", index, seconds, found, parameters)


def kinds(dimension: int) -> Iterator[tuple[str, faiss.Index, dict[str, Any]]]:
    """Each kind, empty, and the parameters that it is searched with, by name."""
    metric = faiss.METRIC_INNER_PRODUCT
    plain: dict[str, Any] = {"": None}
    yield "half precision, exact", faiss.index_factory(dimension, "SQfp16", metric), plain
    yield "RaBitQ", faiss.IndexRaBitQ(dimension, metric), plain
    yield "RaBitQ, packed", faiss.IndexRaBitQFastScan(dimension, metric), plain
    yield "RaBitQ of two bits, packed", faiss.IndexRaBitQFastScan(dimension, metric, 32, 2), plain
    yield "PQ192x4, fast scan", faiss.index_factory(dimension, "PQ192x4fs", metric), plain
    wide = {f", efSearch {n}": faiss.SearchParametersHNSW(efSearch=n) for n in (64, 256)}
    yield "HNSW32, SQ8", faiss.index_factory(dimension, "HNSW32,SQ8", metric), wide
    probed = {f", nprobe {n}": faiss.IVFRaBitQSearchParameters(nprobe=n) for n in (16, 64, 128)}
    yield "IVF1024, RaBitQ", faiss.index_factory(dimension, "IVF1024,RaBitQ", metric), probed


def encoded(articles: Path, folder: Path, count: int) -> tuple[Vectors, Vectors]:
    """Vectors of pieces, (count, dimension), and of questions; encoded unless they stand in the folder."""
    kept = folder / f"pieces.{count}.npz"
    if not kept.exists():
        pieces, titles = [], []
        with gzip.open(articles, "rt", encoding="utf-8") as file:
            for record in map(json.loads, file):
                titles.append(record.get("title") or "")
                text = record["text"]
                pieces += [text[i : i + 110] for i in range(0, len(text) - 110, 600)]
        np.random.default_rng(1).shuffle(pieces)
        pieces, titles = pieces[:count], [t for t in titles if len(t) > 20][:: max(1, len(titles) // QUESTIONS)]
        encoder = SentenceEncoder()
        found = [encoder.encode(some, [()] * len(some))[0] for some in (pieces, titles[:QUESTIONS])]
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(kept, pieces=found[0], questions=found[1])
    with np.load(kept, allow_pickle=False) as stored:
        return stored["pieces"], stored["questions"]


if __name__ == "__main__":
    main()
