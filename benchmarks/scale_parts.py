"""Measure what grows with an index, part by part: lists, keys, duplicates of what is new, loading and searching.

    python benchmarks/scale_parts.py --passages 1000000 --work FOLDER --json parts.jsonl
    python benchmarks/scale_parts.py --draw parts.jsonl --picture scale.svg

A database of articles and passages with random fingerprints, and a file of random vectors, are made without building an
index, in a minute of processor time for a million; so sizes can be measured for which a build takes hours. Each part is
measured in a process of its own: seconds by the clock, processor seconds, and the megabytes that it needs at most above
what the process had before.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import json
import multiprocessing
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.provenance import duplicates
from rag.provenance.duplicates import PERMUTATIONS
from rag.stores import faiss_index
from rag.stores.base import Manifest
from rag.stores.faiss_index import VectorFiles
from rag.stores.sqlite import Store
from rag.stores.sqlite.cache_source import origin
from rag.stores.sqlite.connection import connect
from rag.stores.sqlite.writer import Writer

DIMENSION, PASSAGES_PER_ARTICLE, TEXT = 384, 10, "some words of it " * 350  # 5,950 characters
NEW_ARTICLES = 10
ROWS_AT_ONCE = 10_000
PARTS = {
    "listing": "lists and counts of articles", "keys": "keys of passages",
    "comparing": "duplicates of ten new articles", "loading": "loading vectors",
}  # fmt: skip
ADDED = '(article, start, "end", sentences, content, signature, same) VALUES (?, ?, ?, ?, ?, ?, ?)'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--work", type=Path, help="a folder for all files; those in it are used again")
    parser.add_argument("--json", type=Path, help="a file to which a line is added for each part")
    parser.add_argument("--draw", type=Path, help="such a file, of several sizes, to be drawn")
    parser.add_argument("--picture", type=Path, help="SVG or PNG, with --draw")
    options = parser.parse_args()
    if options.draw:
        draw([json.loads(line) for line in options.draw.read_text("ascii").splitlines()], options.picture)
        return
    folder = options.work / str(options.passages)
    if not (folder / "sums.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _in_process(make, folder, options.passages)
    print(f"{'':<26}{'seconds':>9}{'processor':>11}{'MB more':>9}  load {os.getloadavg()[0]:.0f}")
    for part in (listing, keys, comparing, loading, searching):
        seconds, processor, peak, result = _in_process(_measured, part, folder)
        print(f"{part.__name__:<26}{seconds:>9.2f}{processor:>11.2f}{peak:>9,.0f}  {result}", flush=True)
        if options.json:
            row = {"part": part.__name__, "passages": options.passages, "cpu_s": processor, "mb": peak}
            with options.json.open("a", encoding="ascii") as file:
                file.write(json.dumps(row) + "\n")


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw processor seconds and memory of each part against the number of passages, all on logarithmic axes."""
    figure = importlib.import_module("matplotlib.figure").Figure(figsize=(9, 4), dpi=150, layout="constrained")
    panels = (("cpu_s", "processor (s)"), ("mb", "memory at most, beyond the process (MB)"))
    for axes, (name, label) in zip(figure.subplots(1, 2), panels, strict=True):
        for (part, means), style in zip(PARTS.items(), ("ko-", "k^--", "ks:", "kD-."), strict=True):
            own = sorted((row["passages"], row[name]) for row in rows if row["part"] == part)
            axes.plot(*zip(*own, strict=True), style, markersize=5, label=means)
        axes.set(xlabel="passages", ylabel=label, xscale="log", yscale="log")
        axes.grid(alpha=0.3)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    with importlib.import_module("matplotlib").rc_context({"svg.hashsalt": "according", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})


def _in_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _measured(part: Callable[[Path], str], folder: Path) -> tuple[float, float, float, str]:
    before, started, processor = _peak(), time.perf_counter(), time.process_time()
    result = part(folder)
    return time.perf_counter() - started, time.process_time() - processor, _peak() - before, result


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def make(folder: Path, passages: int) -> None:
    """Make a database with so many passages, the last NEW_ARTICLES articles of which are new, and their vectors."""
    articles = passages // PASSAGES_PER_ARTICLE
    Store.create(folder, Manifest("random vectors", DIMENSION)).close()
    rng = np.random.default_rng(0)
    with contextlib.closing(connect(folder / "library.sqlite")) as db:
        for start in range(0, articles, ROWS_AT_ONCE // PASSAGES_PER_ARTICLE):
            own = range(start + 1, 1 + min(articles, start + ROWS_AT_ONCE // PASSAGES_PER_ARTICLE))
            db.execute("BEGIN")
            db.executemany(
                "INSERT INTO article (id, digest, text, title, outlet, outlet_basis, authors, date, date_basis, kind, "
                "source, same, changed, mined) VALUES (?, '', ?, ?, ?, 'metadata', '[]', '2020-01-02', 'published', "
                "'full text', 'articles.jsonl', ?, 1, 1)",
                [(f"a{n}", TEXT, f"Title of article {n}", f"Outlet {n % 300}", _group(n, articles)) for n in own],
            )
            db.executemany(f"INSERT INTO passage {ADDED}", _passages(own, articles, rng))
            db.execute("COMMIT")
    count = articles * PASSAGES_PER_ARTICLE
    faiss_index.update(folder, np.arange(1, count + 1), DIMENSION, lambda _: _vectors(count, rng))
    names = [path.name for path in folder.iterdir() if faiss_index.is_vector_file(path.name)]
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / "sums.json").write_text(json.dumps(sums), "ascii")


def _group(article: int, articles: int) -> int | None:
    return article if article <= articles - NEW_ARTICLES else None


def _passages(articles: range, total: int, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    count = len(articles) * PASSAGES_PER_ARTICLE
    signatures = rng.integers(0, 1 << 32, (count, PERMUTATIONS), np.uint32)
    contents = rng.integers(-(1 << 62), 1 << 62, count).tolist()
    for row, (content, signature) in enumerate(zip(contents, signatures, strict=True)):
        article, place = articles[row // PASSAGES_PER_ARTICLE], row % PASSAGES_PER_ARTICLE
        key = (article - 1) * PASSAGES_PER_ARTICLE + place + 1
        same = None if _group(article, total) is None else key
        yield article, 590 * place, 590 * place + 580, bytes(40), content, signature.tobytes(), same


def _vectors(count: int, rng: np.random.Generator) -> Iterator[tuple[Any, Any]]:
    for start in range(0, count, ROWS_AT_ONCE):
        vectors = rng.standard_normal((min(ROWS_AT_ONCE, count - start), DIMENSION), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield np.arange(start + 1, start + 1 + len(vectors)), vectors


def listing(folder: Path) -> str:
    """Read what is listed and counted of all articles, as each change and each loading of an index does."""
    store = Store.open(folder)
    found = store.totals(), store.contents(), store.headings()
    store.close()
    return f"{len(found[2]):,} articles"


def keys(folder: Path) -> str:
    """Read the keys of all passages, as each loading does."""
    with contextlib.closing(connect(folder / "library.sqlite")) as db:
        return f"{len(origin(db, DIMENSION).keys):,} passages"


def comparing(folder: Path) -> str:
    """Find the duplicates of NEW_ARTICLES new articles among all."""
    store = Store.open(folder)
    found = Writer(store).to_compare()
    for own in found:
        duplicates.groups(own.signatures, own.groups, own.text)
    store.close()
    return f"{len(found[0].keys):,} passages compared"


def loading(folder: Path) -> str:
    """Load the vectors."""
    index = faiss_index.load(_files(folder), DIMENSION)
    return f"{len(index.keys):,} vectors"


def searching(folder: Path) -> str:
    """Load the vectors, and search them as a question does, and exactly."""
    index, rng = faiss_index.load(_files(folder), DIMENSION), np.random.default_rng(1)
    faiss.omp_set_num_threads(1)
    ms: list[tuple[float, float]] = []
    for question in rng.standard_normal((20, DIMENSION), np.float32) / np.sqrt(DIMENSION):
        started = time.process_time()
        index.nearest(question, 50)
        between = time.process_time()
        index.flat.search(question[None], 50)
        ms.append((1000 * (between - started), 1000 * (time.process_time() - between)))
    near, exact = np.median(ms, axis=0)
    return f"nearest {near:.1f} ms, exact {exact:.1f} ms of the processor"


def _files(folder: Path) -> VectorFiles:
    return VectorFiles(folder, json.loads((folder / "sums.json").read_text("ascii")))


if __name__ == "__main__":
    main()
