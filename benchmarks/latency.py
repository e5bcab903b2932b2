"""What a question costs beside the encoding of its words alone: milliseconds and ratios, filters on and off.

    python benchmarks/latency.py --index INDEX --questions QUESTIONS [--after YYYY-MM-DD] [--outlet NAME]
    python benchmarks/latency.py --articles FILE.jsonl.gz --work FOLDER --count 12000 --questions QUESTIONS

QUESTIONS is a text file, a question a line, or a file as `according evaluate` takes it. Each question is encoded, by
According and by sentence-transformers, searched for and asked in turn, so that whatever else the machine does meets all
of them alike; then the same by four threads at once, each with a share of the questions. No question finds its vector
kept from before. Prints medians and 95th percentiles, and where the time of `ask` goes.

With --articles, an index of --count of them is made first and kept in the folder: those of the file, then further ones
of the same words, shuffled within each sentence, so that none is a copy. Its vectors are drawn at random, which costs
a search what others cost.
"""

import argparse
import contextlib
import gzip
import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import rag
import rag.library
from rag.answer import compose, confidence
from rag.evaluation import read_questions
from rag.models.encoder import DEFAULT_ENCODER, SentenceEncoder, Spans, Vectors
from rag.stores.faiss_index import Dense
from rag.stores.sqlite import Store
from rag.stores.tantivy_index import Lexical

WARM = 5  # questions before the measured ones
THREADS = 4
STAGES = (
    ("parsing it for outlets, dates, names and words", rag.library, "parse"),
    ("encoding", SentenceEncoder, "encode_question"),
    ("FAISS", Dense, "nearest"),
    ("tantivy, most of it beside FAISS", Lexical, "coverage"),
    ("tantivy, most of it beside FAISS", Lexical, "articles"),
    ("vectors of sentences", Store, "sentence_vectors"),
    ("passages, and their articles checked against their hashes", Store, "passages"),
    ("how likely they answer", confidence, "signals"),
    ("selecting, joining, citing", compose, "select"),
    ("selecting, joining, citing", compose, "cite"),
    ("duplicates, and who republished them", compose.Composer, "_with_duplicates"),
    ("counting", compose.Composer, "_balance"),
    ("quotations checked against the stored articles", compose, "verify"),
)


class Drawn:
    """Vectors drawn at random, under the default encoder's name; tokens are guessed from the words."""

    name, dimension, max_tokens = DEFAULT_ENCODER, 384, 254

    def count(self, texts: Sequence[str]) -> list[int]:
        return [int(1.3 * (text.count(" ") + 1)) for text in texts]

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        rng = np.random.default_rng(len(texts[0]))
        return _drawn(rng, len(texts)), [_drawn(rng, len(own)) for own in sentences]

    def encode_question(self, question: str) -> Vectors:
        raise NotImplementedError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--count", type=int, default=12_000)
    parser.add_argument("--questions", required=True, type=Path)
    parser.add_argument("--after", default="2015-01-01")
    parser.add_argument("--outlet")
    given = parser.parse_args()
    index = given.index or made(given.articles, given.work / str(given.count), given.count)
    encoder = SentenceEncoder()
    with rag.open(index, encoder) as library:
        library.prepare()
        print(f"{library.counts().articles:,} articles, {len(library._view().keys):,} passages")
        outlets = {name: count for name, count in library.outlets().items() if name}
        outlet = given.outlet or max(outlets, key=outlets.__getitem__)
        timed: dict[str, Callable[[str], object]] = {
            "encoding alone": encoder.encode_question,
            "by sentence-transformers": encoder._torch_model.model.encode_query,
            "search, 10 passages": lambda q: library.search(q, k=10),
            f"search, after {given.after}": lambda q: library.search(q, k=10, after=given.after),
            f"search, only {outlet}": lambda q: library.search(q, k=10, outlets=outlet),
            "ask": lambda q: library.ask(q, min_confidence=0),
            f"ask, after {given.after}": lambda q: library.ask(q, min_confidence=0, after=given.after),
            f"ask, only {outlet}": lambda q: library.ask(q, min_confidence=0, outlets=outlet),
        }

        def clock(run: Callable[[str], object], question: str) -> float:
            library._encoder.question_vector.cache_clear()
            begun = time.perf_counter()
            run(question)
            return 1000 * (time.perf_counter() - begun)

        questions = list(asked(given.questions))
        taken = [[clock(run, question) for run in timed.values()] for question in questions]
        table("one thread", timed, np.array(taken[WARM:]))
        with ThreadPoolExecutor(THREADS) as pool:
            columns = [list(pool.map(lambda q, run=run: clock(run, q), questions)) for run in timed.values()]
        table(f"{THREADS} threads at once", timed, np.array(columns).T[WARM:])
        stages(library, questions)


def table(title: str, names: Sequence[str] | dict[str, Any], ms: Any) -> None:
    """Prints milliseconds, (questions, names), also as ratios to the first two: encoding, our own and theirs."""
    print(f"\n{title:<28}{'median ms':>12}{'95th':>10}{'of encoding':>14}{'of theirs':>12}")
    alone, theirs = np.median(ms[:, :2], axis=0)
    for name, own in zip(names, ms.T, strict=True):
        middle, high = np.percentile(own, [50, 95])
        print(f"{name:<28}{middle:>12.1f}{high:>10.1f}{middle / alone:>14.2f}{middle / theirs:>12.2f}")


def stages(library: rag.Library, questions: Sequence[str]) -> None:
    """Prints where the time of `ask` goes, one thread: median milliseconds."""
    taken: list[dict[str, float]] = []

    def timed(stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return work(*given, **named)
            finally:
                taken[-1][stage] = taken[-1].get(stage, 0) + 1000 * (time.perf_counter() - begun)

        return run

    ask = timed("all of it", library.ask)
    with contextlib.ExitStack() as patched:
        for stage, owner, name in STAGES:
            patched.enter_context(mock.patch.object(owner, name, timed(stage, getattr(owner, name))))
        for question in questions:
            library._encoder.question_vector.cache_clear()
            taken.append({})
            ask(question, min_confidence=0)
    print("\nstages of `ask`, one thread, median ms")
    for stage in dict.fromkeys((*(stage for stage, _, _ in STAGES), "all of it")):
        print(f"{stage:<60}{np.median([own.get(stage, 0) for own in taken[WARM:]]):>8.2f}")


def made(articles: Path, folder: Path, count: int) -> Path:
    """An index of so many articles, made unless it stands there already."""
    if not (folder / "index").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "articles.jsonl").open("w", encoding="utf-8") as file:
            for number, record in zip(range(count), records(articles), strict=False):
                file.write(json.dumps(record | {"id": str(number)}) + "\n")
        rag.build([folder / "articles.jsonl"], folder / "index", Drawn()).close()
    return folder / "index"


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The articles of a file, and then shuffled ones without end."""
    rng: random.Random | None = None
    while True:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                yield record if rng is None else record | {"text": shuffled(record["text"], rng)}
        rng = rng or random.Random(0)


def shuffled(text: str, rng: random.Random) -> str:
    """The words of each sentence in another order."""
    sentences = []
    for sentence in re.split(r"(?<=[.!?]) +", text):
        words = sentence.split(" ")
        rng.shuffle(words)
        sentences.append(" ".join(words))
    return " ".join(sentences)


def _drawn(rng: np.random.Generator, count: int) -> Vectors:
    vectors = rng.standard_normal((count, 384), np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def asked(path: Path) -> Iterator[str]:
    """The questions of a file."""
    if path.suffix == ".jsonl":
        return (q.question for q in read_questions(path))
    return (line for line in path.read_text("utf-8").splitlines() if line.strip())


if __name__ == "__main__":
    main()
