"""Measure an index of any size: building, adding ten articles, opening, asking, comparing, memory, disk.

    python benchmarks/scale.py ARTICLES.jsonl.gz --work FOLDER --articles 9800 98000 --json rows.jsonl [--milvus]

The articles are varied from those of the file (`varied_articles.py`) and their vectors are random: encoding, which has
its own measurements, costs next to nothing here, and everything else what it costs with a model. There is no reranker.
Each size is reached by adding to the one before, and its time is that of all additions together. Each step has a
process of its own; what it takes is measured by the clock and in processor time, which other work changes less.

Two measures that the size alone decides are taken in the same run: an exact search of the same vectors by FAISS,
on one thread, and a full-text index by SQLite (FTS5) of the same articles. With --milvus the index is in Milvus Lite.

With --fill the articles are put straight into the store, split at points, with random fingerprints, and are neither
compared nor searched for aliases; their words are indexed as they are printed. This takes a fraction of the processor
time of a build, whose figures are left out, and makes an index that costs what any other of its size does.

Each size is printed as a line of JSON, and added to the file.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import multiprocessing
import os
import re
import resource
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import faiss
import numpy as np
from varied_articles import RandomVectors, VariedArticles

import rag
from rag.article import Article
from rag.ingest.pipeline import BATCH_ARTICLES
from rag.passage import Passage
from rag.provenance.duplicates import PERMUTATIONS, Fingerprint
from rag.stores import tantivy_index
from rag.stores.base import EmbeddedPassage, Manifest
from rag.stores.location import create_store

QUESTIONS, COMPARISONS = 100, 30
WARM_UP = 5  # questions that are not measured
ADDED = 10
NEAREST = 50  # vectors that the exact search finds for a question
PASSAGE_CHARACTERS, SENTENCE_KEYS = 470, 4  # of a passage that is filled in, as those of a build have on average
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the articles that others are varied from")
    parser.add_argument(
        "--work", type=Path, required=True, help="a folder for all files; those of an earlier run are deleted"
    )
    parser.add_argument("--articles", type=int, nargs="+", default=[9_800], help="sizes, the smallest first")
    parser.add_argument("--fill", action="store_true", help="make the index without reading and comparing the articles")
    parser.add_argument("--milvus", action="store_true", help="in Milvus Lite instead of a folder")
    parser.add_argument("--json", type=Path, help="a file to which the figures are added as a line")
    options = parser.parse_args()
    for row in measure(options.source, options.work, options.articles, options.milvus, options.fill):
        print(json.dumps(row), flush=True)
        if options.json:
            with options.json.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


def measure(source: Path, work: Path, sizes: Sequence[int], milvus: bool, filled: bool) -> Iterator[Figures]:
    """Yield all figures of an index of each size."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    index, files, total = (work / "lite" / "scale.db" if milvus else work / "index"), list[Path](), Figures()
    for before, articles in itertools.pairwise((0, *sizes)):
        files.append(work / f"articles.{articles}.jsonl")
        questions = _in_process(write, source, files[-1], before, articles)
        row: Figures = {"store": "Milvus Lite" if milvus else "folder", "articles": articles}
        built = _in_process(fill if filled else build, files[-1], index)
        total = {name: total.get(name, 0.0) + built[name] for name in built if name in ("build_s", "build_cpu_s")}
        row |= built | total | disk(index)
        for step, *arguments in (
            (ask, index, questions), (add, index, work / "ten.jsonl", False), (add, index, work / "more.jsonl", True),
            (full_text, files, work / "fts.sqlite", questions),
        ):  # fmt: skip
            print(f"{articles:,} articles: {step.__name__}", file=sys.stderr, flush=True)
            row |= _in_process(step, *arguments)
        yield row


def _in_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def write(source: Path, file: Path, start: int, stop: int) -> list[str]:
    """Write articles by their numbers, and next to them the two times ten that come after; return the questions."""
    varied = VariedArticles(source)
    varied.write(file, range(start, stop))
    varied.write(file.with_name("ten.jsonl"), range(stop, stop + ADDED))
    varied.write(file.with_name("more.jsonl"), range(stop + ADDED, stop + 2 * ADDED))
    return varied.titles(range(0, stop, max(1, stop // (QUESTIONS + WARM_UP))))[: QUESTIONS + WARM_UP]


def build(file: Path, index: Path) -> Figures:
    """Build an index, or add to the one that is there."""
    index.parent.mkdir(exist_ok=True)
    started, processor = time.perf_counter(), time.process_time()
    if index.exists():
        with rag.open(index, RandomVectors()) as library:
            report = library.add([file])
    else:
        with rag.build([file], index, RandomVectors()) as library:
            report = library.report
    figures = {"build_s": time.perf_counter() - started, "build_cpu_s": time.process_time() - processor}
    return figures | {
        "build_mb": _peak(), "build_load": os.getloadavg()[0], "duplicates": report.duplicates,
        "build_stages_s": {stage: round(s, 1) for stage, s in report.seconds.items()},
    }  # fmt: skip


def fill(file: Path, index: Path) -> Figures:
    """Put articles into a folder's index; return what storing them and indexing took."""
    encoder, started, processor = RandomVectors(), time.perf_counter(), time.process_time()
    store = create_store(index, Manifest(encoder.name, encoder.dimension), True)
    rng = np.random.default_rng(index.stat().st_size)
    with mock.patch.object(tantivy_index, "normalise", str), file.open(encoding="utf-8") as lines:
        with store.writing() as writer:
            while batch := list(itertools.islice(lines, BATCH_ARTICLES)):
                writer.put([_embedded(json.loads(line), encoder, rng) for line in batch])
            with store._writable():
                store._writable().execute("UPDATE passage SET same = key WHERE same IS NULL")
                store._writable().execute("UPDATE article SET same = key, mined = 1 WHERE same IS NULL")
            stored, used = time.perf_counter() - started, time.process_time() - processor
        seconds, processor = time.perf_counter() - started, time.process_time() - processor
    store.close()
    return {
        "fill_s": seconds, "fill_cpu_s": processor, "fill_storing_s": stored, "fill_storing_cpu_s": used,
        "fill_mb": _peak(), "build_load": os.getloadavg()[0],
    }  # fmt: skip


def _embedded(
    record: Figures, encoder: RandomVectors, rng: np.random.Generator
) -> tuple[Article, list[EmbeddedPassage]]:
    """Return an article with its passages, which end at points."""
    date = dt.date.fromisoformat(record["date"]) if re.fullmatch(r"\d{4}-\d\d-\d\d", record["date"]) else None
    article = Article(
        record["id"], record["text"], record["title"], record["outlet"], "metadata: outlet",
        date=date, date_basis="published", url=record["url"], source="articles.jsonl",
    )  # fmt: skip
    text, passages, sentences = article.text, list[Passage](), list[tuple[int, int]]()
    for found in re.finditer(r"\S.*?(?:[.!?](?=\s)|\n|$)", text):
        sentences.append((found.start(), found.end() - found.group().endswith("\n")))
        if sentences[-1][1] - sentences[0][0] > PASSAGE_CHARACTERS:
            passages.append(Passage(article.id, sentences[0][0], sentences[-1][1], tuple(sentences)))
            sentences = []
    if sentences:
        passages.append(Passage(article.id, sentences[0][0], sentences[-1][1], tuple(sentences)))
    vectors, parts = encoder.encode(
        [text[own.start : own.end] for own in passages],
        [[(a - own.start, b - own.start) for a, b in own.sentences] for own in passages],
    )
    signatures = rng.integers(0, 1 << 32, (len(passages), PERMUTATIONS), np.uint32)
    keys = rng.integers(-(1 << 62), 1 << 62, (len(passages), SENTENCE_KEYS))
    return article, [
        EmbeddedPassage(*own, Fingerprint(signature, tuple(some.tolist())))
        for *own, signature, some in zip(passages, vectors, parts, signatures, keys, strict=True)
    ]


def disk(index: Path) -> Figures:
    """Return the size of each part of an index."""
    if index.suffix == ".db":
        return {"disk_mb": _megabytes(index.parent.rglob("*"))}
    cache = next(index.glob("cache.*"))
    return {
        "disk_mb": _megabytes(index.rglob("*")),
        "database_mb": _megabytes(index.glob("library.sqlite*")),
        "vectors_mb": _megabytes(path for path in cache.iterdir() if path.suffix != ".json"),
        "passage_words_mb": _megabytes((cache / "passages").iterdir()),
        "article_words_mb": _megabytes((cache / "articles").iterdir()),
    }


def ask(index: Path, questions: Sequence[str]) -> Figures:
    started, processor, encoder = time.perf_counter(), time.process_time(), RandomVectors()
    with rag.open(index, encoder, reranker=None, reader=None) as library:
        library.prepare()
        figures: Figures = {"open_s": time.perf_counter() - started, "open_cpu_s": time.process_time() - processor}
        view = library._current.load()
        figures |= {"open_mb": _peak(), "passages": view.passage_count}
        figures |= _timed("ask", lambda q: library.ask(q, min_confidence=0), questions)
        figures |= _timed("compare", lambda q: library.compare(q, min_confidence=0), questions[: WARM_UP + COMPARISONS])
        figures |= {"ask_mb": _resident(), "ask_load": os.getloadavg()[0]}
        if vectors := getattr(view, "vectors", None):
            faiss.omp_set_num_threads(1)
            flat = vectors.flat
            figures |= _timed("exact", lambda q: flat.search(encoder.encode_question(q)[None], NEAREST), questions)
            figures |= _timed("nearest", lambda q: vectors.nearest(encoder.encode_question(q), NEAREST), questions)
    return figures


def add(index: Path, file: Path, is_open: bool) -> Figures:
    """Add articles to an index that is opened for that, or to one that has been asked, as an app adds them."""
    name = "add_open" if is_open else "add"
    started, processor = time.perf_counter(), time.process_time()
    with rag.open(index, RandomVectors(), reranker=None) as library:
        if is_open:
            library.prepare()
            started, processor = time.perf_counter(), time.process_time()
        report = library.add([file])
        figures = {f"{name}_s": time.perf_counter() - started, f"{name}_cpu_s": time.process_time() - processor}
    stages = {stage: round(s, 2) for stage, s in report.seconds.items()}
    return figures | {f"{name}_mb": _peak(), f"{name}_stages_s": stages}


def full_text(files: Sequence[Path], database: Path, questions: Sequence[str]) -> Figures:
    """Return what SQLite takes for a full-text index of the same articles, and to find any of a question's words."""
    started, processor = time.perf_counter(), time.process_time()
    db = sqlite3.connect(database)
    db.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize = 'porter')")
    for file in files:
        with db, file.open(encoding="utf-8") as lines:
            texts = ((f"{record['title']}\n{record['text']}",) for record in map(json.loads, lines))
            db.executemany("INSERT INTO words VALUES (?)", texts)
    figures: Figures = {
        "fts_s": time.perf_counter() - started, "fts_cpu_s": time.process_time() - processor,
        "fts_mb": _megabytes([database]),
    }  # fmt: skip

    def asked(question: str) -> None:
        words = " OR ".join(f'"{word}"' for word in question.replace('"', " ").split())
        db.execute(f"SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT {NEAREST}", (words,)).fetchall()

    figures |= _timed("fts", asked, questions[: WARM_UP + COMPARISONS])
    db.close()
    database.unlink()
    return figures


def _timed(name: str, call: Callable[[str], object], questions: Sequence[str]) -> Figures:
    """Return the median and the 95th percentile of what some questions take, and the median of processor time."""
    ms = []
    for question in questions:
        started, processor = time.perf_counter(), time.process_time()
        call(question)
        ms.append((1000 * (time.perf_counter() - started), 1000 * (time.process_time() - processor)))
    elapsed, used = np.array(ms[WARM_UP:]).T
    middle, high = np.percentile(elapsed, [50, 95]).tolist()
    return {f"{name}_p50_ms": middle, f"{name}_p95_ms": high, f"{name}_cpu_ms": float(np.median(used))}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _megabytes(paths: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
