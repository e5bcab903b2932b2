"""Compare kinds of FAISS indexes: recall relative to exact search, time and size.

    python benchmarks/faiss_kinds.py ARTICLES.jsonl.gz --work FOLDER [--count 50000]

The default encoder encodes pieces of 110 characters from the articles, which takes minutes and is kept in the folder,
and 200 of their titles as questions. What a lossy index finds is compared again with the vectors in half precision, as
in `rag/stores/faiss_index.py`. One question at a time, on one thread; recall is relative to exact search in single
precision.
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

MAX_QUESTIONS = 200
DEPTH = 50  # vectors wanted for each question
CANDIDATES = (150, 400)  # from a lossy index, to be compared again
PIECE_CHARACTERS, PIECE_STEP = 110, 600
Search = Callable[[Vectors], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the vectors, which are kept")
    parser.add_argument("--count", type=int, default=50_000)
    options = parser.parse_args()
    vectors, questions = encode(options.articles, options.work, options.count)
    halves = vectors.astype(np.float16)
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    exact = flat.search(questions, DEPTH)[1]
    print(f"{len(vectors):,} vectors, {len(questions)} questions")
    print(f"{'':<38}{'found':>6}{'median ms':>11}{'95th':>8}{'of 10':>8}{'of 50':>8}{'build, s':>9}{'bytes':>7}")

    def measure(name: str, index: faiss.Index, seconds: float, candidates: int, parameters: Any = None) -> None:
        def search(question: Vectors) -> Any:
            rows = index.search(question[None], candidates, params=parameters)[1][0]
            rows = rows[rows >= 0]
            return rows[np.argsort(-(halves[rows].astype(np.float32) @ question))[:DEPTH]]

        ms, results = [], []
        for question in questions:
            started = time.perf_counter()
            results.append(search(question).tolist())
            ms.append(1000 * (time.perf_counter() - started))
        recall = [
            np.mean([len(set(own[:k]) & set(best[:k])) / k for own, best in zip(results, exact.tolist(), strict=True)])
            for k in (10, DEPTH)
        ]
        size = len(faiss.serialize_index(index)) / len(vectors)
        print(
            f"{name:<38}{candidates:>6}{np.median(ms):>11.2f}{np.percentile(ms, 95):>8.2f}"
            f"{recall[0]:>8.4f}{recall[1]:>8.4f}{seconds:>9.1f}{size:>7.0f}",
            flush=True,
        )

    for name, index, settings in kinds(vectors.shape[1]):
        started = time.perf_counter()
        index.train(vectors)
        index.add(vectors)
        seconds = time.perf_counter() - started
        for setting, parameters in settings.items():
            for candidates in (DEPTH,) if name == "half precision, exact" else CANDIDATES:
                measure(f"{name}{setting}", index, seconds, candidates, parameters)


def kinds(dimension: int) -> Iterator[tuple[str, faiss.Index, dict[str, Any]]]:
    """Yield each kind: its name, an empty index, and the parameters to search it with, by setting."""
    metric = faiss.METRIC_INNER_PRODUCT
    default: dict[str, Any] = {"": None}
    yield "half precision, exact", faiss.index_factory(dimension, "SQfp16", metric), default
    yield "RaBitQ", faiss.IndexRaBitQ(dimension, metric), default
    yield "RaBitQ, packed", faiss.IndexRaBitQFastScan(dimension, metric), default
    yield "RaBitQ of two bits, packed", faiss.IndexRaBitQFastScan(dimension, metric, 32, 2), default
    yield "PQ192x4, fast scan", faiss.index_factory(dimension, "PQ192x4fs", metric), default
    widths = {f", efSearch {n}": faiss.SearchParametersHNSW(efSearch=n) for n in (64, 256)}
    yield "HNSW32, SQ8", faiss.index_factory(dimension, "HNSW32,SQ8", metric), widths
    probes = {f", nprobe {n}": faiss.IVFRaBitQSearchParameters(nprobe=n) for n in (16, 64, 128)}
    yield "IVF1024, RaBitQ", faiss.index_factory(dimension, "IVF1024,RaBitQ", metric), probes


def encode(articles: Path, folder: Path, count: int) -> tuple[Vectors, Vectors]:
    """Return vectors of pieces, (count, dimension), and of questions; encoded unless the folder has them."""
    file = folder / f"pieces.{count}.npz"
    if not file.exists():
        pieces, titles = [], []
        with gzip.open(articles, "rt", encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                titles.append(record.get("title") or "")
                text = record["text"]
                pieces += [text[i : i + PIECE_CHARACTERS] for i in range(0, len(text) - PIECE_CHARACTERS, PIECE_STEP)]
        np.random.default_rng(1).shuffle(pieces)
        pieces, titles = pieces[:count], [t for t in titles if len(t) > 20][:: max(1, len(titles) // MAX_QUESTIONS)]
        encoder = SentenceEncoder()
        found = [encoder.encode(texts, [()] * len(texts))[0] for texts in (pieces, titles[:MAX_QUESTIONS])]
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(file, pieces=found[0], questions=found[1])
    with np.load(file, allow_pickle=False) as stored:
        return stored["pieces"], stored["questions"]


if __name__ == "__main__":
    main()
