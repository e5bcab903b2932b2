"""How many articles -> what they take: passages, disk, memory, hours of encoding, and which store and index fit.

Beside everything: it makes nothing. Each figure is measured (docs/measurements.md names the run) or computed from one
that is, and says which; the rate of encoding is measured here and now, unless it is given. docs/scale.md has the
reasons.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from .article import Article
from .encoder import Encoder
from .errors import QuestionError
from .report import Report

PASSAGES = 10.2  # of an article: 123,038 of 12,000
SENTENCES = 5.3  # of a passage
TEXT = 660  # bytes of a passage's text
# Of a folder, for vectors of 384 numbers: bytes a passage on the disk, and that a process grows by which asks.
DISK, MEMORY = 8_000, 2_300
DIMENSION = 384
PROCESS = 200e6  # bytes of a process that has loaded the encoder and been asked
HALF = 2.5  # times as fast as float32 where the processor multiplies bfloat16: 121.5 and 49.0 passages a second
LOOK, LOOK_FIRST = 11.5e-6, 0.4  # milliseconds that FAISS looks: for each passage, and at all
EXACT = 10_000  # passages up to which every vector is looked at (`dense.FEW`)
# A folder serves as long as one process holds it and FAISS looks for less than twice as long as a question is encoded.
FOLDER = 3_000_000
GRAPH = 100_000_000  # passages up to which a graph in memory is worth it
KEPT = 3.0  # copies of the data that a cluster's storage holds while it merges: what is written, merged, and indexed
SEGMENT = 2.0  # graphs: bytes of memory for one of vectors, with their links and what is being merged
LEADING = 520  # bytes of an article in the process that leads a build: its id and digest, and a signature of its words
SAMPLE = 24  # articles that are encoded to measure the rate
KINDS = ("folder", "Milvus, one machine", "Milvus cluster")


@dataclass(frozen=True)
class Plan:
    """What a number of articles takes.

    Attributes:
        articles, passages: how many.
        store: one of KINDS.
        index: that of the vectors.
        disk: bytes of it, once.
        memory: bytes that asking takes, of all machines together.
        look: milliseconds that FAISS looks, of a folder; None where that is Milvus' affair.
        rate: passages a second of one worker: a machine like this one, or whatever the rate was given for.
        measured: whether the rate was measured here and now.
        hours: of encoding, for some numbers of workers.
    """

    articles: int
    passages: int
    store: str
    index: str
    disk: float
    memory: float
    look: float | None
    rate: float
    measured: bool
    hours: dict[int, float]

    def to_dict(self) -> dict[str, Any]:
        """All of it in values that JSON knows."""
        return asdict(self) | {"hours": {str(workers): hours for workers, hours in self.hours.items()}}

    def __str__(self) -> str:
        rows = [
            ("articles", f"{self.articles:,}"),
            ("passages", f"{self.passages:,}  ({PASSAGES} an article, measured on news of 2012 to 2021)"),
            ("store", self.store),
            ("index", self.index),
            ("disk", f"{size(self.disk)}  (computed)"),
            ("memory", f"{size(self.memory)} for asking  (computed)"),
        ]
        rows.append(("", f"{size(self.articles * LEADING)} in the process that leads a build  (computed)"))
        if self.look is not None:
            rows.append(("look", f"{self.look:,.1f} ms of FAISS for a question  (computed)"))
        one = f"machine like this one ({cores()} processors)" if self.measured else "worker"
        source = "measured here just now" if self.measured else "as given"
        rows.append(("encoding", f"{self.rate:,.1f} passages a second on one {one}, {source}"))
        rows += [("", f"{workers:>7,} of them  {span(hours)}  (computed)") for workers, hours in self.hours.items()]
        if self.measured:
            rows.append(("", f"with AMX or AVX512-BF16 {HALF} times as fast as in float32 (measured elsewhere)"))
            rows.append(("", "on a GPU: not measured; give its rate with --rate"))
        return "\n".join(f"{name:<10}{text}" for name, text in rows)


def plan(articles: int, rate: float, measured: bool, dimension: int = DIMENSION, workers: Sequence[int] = ()) -> Plan:
    """The plan for a number of articles.

    Args:
        articles: how many.
        rate: passages a second of one worker.
        measured: whether that was measured here.
        dimension: of the encoder's vectors.
        workers: numbers of workers to give hours for.

    Raises QuestionError for a number that cannot be meant.
    """
    if articles < 1 or rate <= 0 or any(number < 1 for number in workers):
        raise QuestionError("articles, workers and passages a second must be above 0")
    passages = round(articles * PASSAGES)
    hours = {number: passages / rate / number / 3600 for number in workers or (1, 16, 256)}
    more = (dimension - DIMENSION) * (4 + 2 * SENTENCES)  # bytes of longer vectors, and of those of sentences
    if passages <= FOLDER:
        index = "every vector, half precision" if passages <= EXACT else "RaBitQ signs, then half precision"
        memory = PROCESS + passages * (MEMORY + 2.2 * (dimension - DIMENSION))
        look = LOOK_FIRST + passages * LOOK * dimension / DIMENSION
        return Plan(
            articles, passages, KINDS[0], index, passages * (DISK + more), memory, look, rate, measured, hours
        )  # fmt: skip
    # Sentences stand as base64, a third longer.
    row = 4 * dimension + SENTENCES * 2 * dimension * 4 / 3 + 2.2 * TEXT + 700
    graph = passages <= GRAPH
    held = 4 * dimension * SEGMENT if graph else dimension / 8 + 24 + 4 * dimension / 16
    index = "HNSW in memory" if graph else "IVF_RABITQ or DISKANN, vectors on local disks"
    store = KINDS[1] if passages <= 10 * FOLDER else KINDS[2]
    memory = passages * (held + 350) + 16e9  # words' index in memory, and the nodes themselves
    return Plan(articles, passages, store, index, passages * row * KEPT, memory, None, rate, measured, hours)


def measure(encoder: Encoder) -> float:
    """Passages a second that one process encodes here, splitting and marking included; takes some seconds."""
    from .making import make

    text = " ".join(
        f"The harbour board of district {i} said on Monday that the ferry would not sail before the ice has gone, and "
        "asked the island to lay in flour for another month."
        for i in range(40)
    )
    sample = [Article(f"sample {i}", f"Report {i}. {text.replace('Monday', f'day {i}')}") for i in range(SAMPLE)]
    with ThreadPoolExecutor(1) as beside:
        make(sample[:4], encoder, Report(), beside)
        began = time.perf_counter()
        _, encoded = make(sample[4:], encoder, Report(), beside)
        return encoded / (time.perf_counter() - began)


def size(number: float) -> str:
    """Bytes, for a reader."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1000:
            return f"{number:,.0f} {unit}" if number >= 10 or unit == "B" else f"{number:,.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} PB"


def span(hours: float) -> str:
    """A length of time, for a reader."""
    if hours < 1:
        return f"{60 * hours:,.0f} minutes"
    return f"{hours:,.0f} hours" if hours < 72 else f"{hours / 24:,.0f} days"


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
