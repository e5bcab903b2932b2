"""What encoding in bfloat16 gains, and what it changes: the same articles encoded in both precisions, the same queries.

    .venv/bin/python benchmarks/precision.py FOLDER --work FOLDER

FOLDER has corpus.jsonl, queries.jsonl and qrels.tsv. Passages are encoded in turn, in each precision, so that whatever
else the machine does meets both alike. The overlap is the share of the ten passages that a query finds among the
vectors of one precision that it also finds among those of the other.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import numpy as np

import rag
from rag import passage
from rag.evaluation import evaluate, read_questions
from rag.models.encoder import SentenceEncoder

TOP = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the indexes; emptied first")
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    shutil.rmtree(given.work, ignore_errors=True)
    encoders = {precision: SentenceEncoder(precision=precision) for precision in ("fp32", "bf16")}
    libraries = {
        precision: rag.build([given.folder / "corpus.jsonl"], given.work / precision, encoder)
        for precision, encoder in encoders.items()
    }
    questions = read_questions(given.folder)
    lines = (given.folder / "queries.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line)["text"] for line in lines]
    dense, fused = [], []
    flat = {precision: library._view().dense.index for precision, library in libraries.items()}
    for text in asked:
        vector = encoders["fp32"].encode_question(text)[None]
        rows = [set(index.search(vector, TOP)[1][0].tolist()) for index in flat.values()]
        dense.append(len(rows[0] & rows[1]) / TOP)
        hits = [{(h.article_id, h.start) for h in library.search(text, k=TOP)} for library in libraries.values()]
        fused.append(len(hits[0] & hits[1]) / TOP)
    print(f"overlap of the first {TOP}: vectors alone {np.mean(dense):.4f}, with words {np.mean(fused):.4f}")
    speeds = speed(libraries["fp32"], encoders, given.repeat)
    for precision, library in libraries.items():
        measured = evaluate(library, questions)
        found = np.mean([list(o.ranking.values()) for o in measured.outcomes if o.ranking], axis=0)
        figures = ", ".join(
            f"{name} {value:.3f}" for name, value in zip(measured.outcomes[0].ranking, found, strict=True)
        )
        print(f"{precision}: {speeds[precision]:.1f} passages/s; {figures}")
    print(f"bf16 encodes {speeds['bf16'] / speeds['fp32']:.2f} times as fast")


def speed(library: rag.Library, encoders: dict[str, SentenceEncoder], repeat: int) -> dict[str, float]:
    """Passages a second: the median of rounds of 256 passages, in turn."""
    one = encoders["fp32"]
    articles = list(library.articles())
    own = passage.split_articles(articles, one.count, one.max_tokens)
    texts = [a.text[p.start : p.end] for a, split in zip(articles, own, strict=True) for p in split]
    taken: dict[str, list[float]] = {precision: [] for precision in encoders}
    for i in range(repeat):
        some = texts[256 * i : 256 * (i + 1)]
        for precision, encoder in encoders.items():
            begun = time.perf_counter()
            encoder.encode(some, [()] * len(some))
            taken[precision].append(len(some) / (time.perf_counter() - begun))
    return {precision: float(np.median(rates)) for precision, rates in taken.items()}


if __name__ == "__main__":
    main()
