"""Measure the speed that encoding in bfloat16 gains, and what it changes: the same articles and queries in both.

    .venv/bin/python benchmarks/precision.py FOLDER --work FOLDER

FOLDER has corpus.jsonl, queries.jsonl and qrels.tsv. The precisions take turns, so that other work on the machine
affects both alike. The overlap is the share of the first ten passages for a query that both precisions have in common.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from unittest import mock

import numpy as np

import rag
from rag import passage
from rag.evaluation import RANKING_MEASURES, evaluate, read_questions
from rag.models.encoder import SentenceEncoder
from rag.retrieval import search

TOP = 10
BATCH = 256  # passages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the indexes; emptied first")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    encoders = {precision: SentenceEncoder(precision=precision) for precision in ("fp32", "bf16")}
    libraries = {
        precision: rag.build([options.folder / "corpus.jsonl"], options.work / precision, encoder)
        for precision, encoder in encoders.items()
    }
    questions = read_questions(options.folder)
    lines = (options.folder / "queries.jsonl").read_text("utf-8").splitlines()
    queries = [json.loads(line)["text"] for line in lines]
    by_vectors, by_all = [], []
    for query in queries:
        hits = [first(library, query) for library in libraries.values()]
        by_all.append(len(hits[0] & hits[1]) / TOP)
    with mock.patch.multiple(search, WORDS=0.0, ARTICLE=0.0, SENTENCE=0.0, OWN=1.0):
        for query in queries:
            hits = [first(library, query) for library in libraries.values()]
            by_vectors.append(len(hits[0] & hits[1]) / TOP)
    print(f"overlap of the first {TOP}: vectors alone {np.mean(by_vectors):.4f}, with words {np.mean(by_all):.4f}")
    speeds = speed(libraries["fp32"], encoders, options.repeat)
    for precision, library in libraries.items():
        measured = evaluate(library, questions).figures
        figures = ", ".join(f"{name} {measured[name].value:.3f}" for name in RANKING_MEASURES)
        print(f"{precision}: {speeds[precision]:.1f} passages/s; {figures}")
    print(f"bf16 encodes {speeds['bf16'] / speeds['fp32']:.2f} times as fast")


def first(library: rag.Library, query: str) -> set[tuple[str, int]]:
    """Return the first passages for a query, each as the article's id and where the passage starts."""
    return {(hit.article_id, hit.start) for hit in library.search(query, k=TOP)}


def speed(library: rag.Library, encoders: dict[str, SentenceEncoder], repeat: int) -> dict[str, float]:
    """Return passages per second: the median over rounds of BATCH passages, in which the precisions take turns."""
    encoder = encoders["fp32"]
    articles = list(library.articles())
    split = passage.split_articles(articles, encoder.count, encoder.max_tokens)
    texts = [a.text[p.start : p.end] for a, passages in zip(articles, split, strict=True) for p in passages]
    rates: dict[str, list[float]] = {precision: [] for precision in encoders}
    for i in range(repeat):
        batch = texts[BATCH * i : BATCH * (i + 1)]
        for precision, encoder in encoders.items():
            started = time.perf_counter()
            encoder.encode(batch, [()] * len(batch))
            rates[precision].append(len(batch) / (time.perf_counter() - started))
    return {precision: float(np.median(own)) for precision, own in rates.items()}


if __name__ == "__main__":
    main()
