"""How many articles -> what they take: passages, disk, memory, hours of encoding, and which store and index fit.

Beside everything: it makes nothing. Each figure is measured (docs/measurements.md names the run) or computed from one
that is, and says which; the rate of encoding is measured here and now, unless it is given. docs/scale.md has the
reasons.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from rag.article import Article
from rag.errors import QuestionError
from rag.ingest.report import Report
from rag.models.encoder import DEFAULT_ENCODER, Encoder, SentenceEncoder

PASSAGES = 10.2  # of an article: 123,038 of 12,000
SENTENCES = 5.3  # of a passage
TEXT = 660  # bytes of a passage's text
# Of a folder, for vectors of 384 numbers: bytes a passage on the disk, and that a process grows by which asks.
DISK, MEMORY = 8_000, 2_300
DIMENSION = 384
PROCESS = 200e6  # bytes of a process that has loaded the encoder and been asked
HALF = 2.0  # times as fast as float32 where the processor multiplies bfloat16: 2.12 on one, 2.48 on another
# Sentences a second of the default model on a V100, as sentence-transformers publishes for its pretrained models.
PUBLISHED = 14_200
LARGE = 64  # processors of a server
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
class Machine:
    """A kind of machine that encodes.

    Attributes:
        kind: what it is, in words.
        rate: passages that one encodes in a second.
        basis: whether that was measured, given, or computed, and from what.
    """

    kind: str
    rate: float
    basis: str


@dataclass(frozen=True)
class Encoding:
    """How long machines of a kind encode: the hours of some numbers of them, by number."""

    machine: Machine
    hours: dict[int, float]


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
        encoding: how long it is encoded, by kind of machine.
    """

    articles: int
    passages: int
    store: str
    index: str
    disk: float
    memory: float
    look: float | None
    encoding: tuple[Encoding, ...]

    def to_dict(self) -> dict[str, Any]:
        """All of it in values that JSON knows."""
        encoding = [
            asdict(each.machine) | {"hours": {str(number): hours for number, hours in each.hours.items()}}
            for each in self.encoding
        ]
        return asdict(self) | {"encoding": encoding}

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
        for each in self.encoding:
            machine, hours = each.machine, each.hours.items()
            name = "encoding" if each is self.encoding[0] else ""
            rows.append((name, f"{machine.kind}: {machine.rate:,.1f} passages a second  ({machine.basis})"))
            rows.append(("", f"    {', '.join(f'{n:,} of them {span(took)}' for n, took in hours)}  (computed)"))
        return "\n".join(f"{name:<10}{text}" for name, text in rows)


def plan(
    articles: int, machines: Sequence[Machine], dimension: int = DIMENSION, numbers: Sequence[int] = (1, 16, 256)
) -> Plan:
    """The plan for a number of articles.

    Args:
        articles: how many.
        machines: that encode them, by kind (see `given` and `machines_like_this`).
        dimension: of the encoder's vectors.
        numbers: of machines of a kind, to give hours for.

    Raises QuestionError for a number that cannot be meant.
    """
    if articles < 1 or any(machine.rate <= 0 for machine in machines) or any(number < 1 for number in numbers):
        raise QuestionError("articles, workers and passages a second must be above 0")
    passages = round(articles * PASSAGES)
    encoding = tuple(
        Encoding(machine, {number: passages / machine.rate / number / 3600 for number in numbers})
        for machine in machines
    )
    more = (dimension - DIMENSION) * (4 + 2 * SENTENCES)  # bytes of longer vectors, and of those of sentences
    if passages <= FOLDER:
        index = "every vector, half precision" if passages <= EXACT else "RaBitQ signs, then half precision"
        memory = PROCESS + passages * (MEMORY + 2.2 * (dimension - DIMENSION))
        look = LOOK_FIRST + passages * LOOK * dimension / DIMENSION
        return Plan(articles, passages, KINDS[0], index, passages * (DISK + more), memory, look, encoding)
    graph = passages <= GRAPH
    held = 4 * dimension * SEGMENT if graph else dimension / 8 + 24 + 4 * dimension / 16
    index = "HNSW in memory" if graph else "IVF_RABITQ or DISKANN, vectors on local disks"
    store = KINDS[1] if passages <= 10 * FOLDER else KINDS[2]
    memory = passages * (held + 350) + 16e9  # words' index in memory, and the nodes themselves
    return Plan(articles, passages, store, index, passages * row(dimension) * KEPT, memory, None, encoding)


def row(dimension: int) -> float:
    """Bytes of a passage in Milvus, its share of its article included: its vector, those of its sentences, as base64 a
    third longer, its words and its article's, the text, numbers and keys, and what BM25 makes of the words."""
    return 4 * dimension + SENTENCES * 2 * dimension * 4 / 3 + 2.2 * TEXT + 700


def given(rate: float) -> tuple[Machine]:
    """A kind of machine of which a user knows how many passages it encodes in a second."""
    return (Machine("one worker", rate, "as given"),)


def machines_like_this(encoder: Encoder) -> tuple[Machine, ...]:
    """This machine, measured in some seconds, and others, whose rates follow from it or are published."""
    rate = measure(encoder)
    device, precision = (encoder.device, encoder.precision) if isinstance(encoder, SentenceEncoder) else ("cpu", "")
    if device != "cpu":
        return (Machine(f"a machine like this one ({device}, {precision})", rate, "measured here just now"),)
    own = f"{cores()} processors{precision and f', {precision}'}"
    found = [Machine(f"a machine like this one ({own})", rate, "measured here just now")]
    if precision == "fp32":
        basis = f"computed: {HALF:.0f} times fp32; measured: 2.1 and 2.5 times"
        found.append(Machine("the same with AMX or AVX512-BF16, bf16", rate * HALF, basis))
    if cores() < LARGE:
        found.append(Machine(f"{LARGE} processors like these", rate * LARGE / cores(), "computed: in proportion"))
    if encoder.name == DEFAULT_ENCODER:
        basis = f"computed: {PUBLISHED:,} sentences a second, as published; not measured"
        found.append(Machine("a V100 GPU", PUBLISHED / SENTENCES, basis))
    return tuple(found)


def measure(encoder: Encoder) -> float:
    """Passages a second that one process encodes here, splitting and marking included; takes some seconds."""
    from rag.ingest.embed import make

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
    units = (("second", 1 / 30, 1 / 3600), ("minute", 1.5, 1 / 60), ("hour", 72.0, 1.0), ("day", math.inf, 24.0))
    unit, _, own = next(each for each in units if hours < each[1])
    number = round(hours / own)
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
