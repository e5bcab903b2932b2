"""Estimate what a number of articles needs: passages, disk, memory, hours of encoding, and a fitting store and index.

It builds nothing. Each figure is measured (docs/measurements names the run) or computed from a measured one, and
says which; the rate of encoding is measured on this machine now, unless it is given. docs/scale.md explains more.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from rag.article import Article
from rag.errors import QuestionError
from rag.ingest.report import Report
from rag.models.encoder import DEFAULT_ENCODER, Encoder, SentenceEncoder
from rag.models.numpy_bert import available_cores

PASSAGES_PER_ARTICLE = 10.2  # 123,038 of 12,000
SENTENCES_PER_PASSAGE = 5.3
BYTES_PER_TEXT = 660  # of a passage
# Of a folder, per passage with vectors of MEASURED_DIMENSION numbers: on disk, and in a process that answers questions.
# These and those of FAISS below agree with what was measured (docs/scale.md, "What was measured") within a third.
DISK_BYTES_PER_PASSAGE, MEMORY_BYTES_PER_PASSAGE = 8_200, 1_500
MEASURED_DIMENSION = 384
PROCESS_BYTES = 500e6  # of a process that has asked and compared enough to fill its caches
BFLOAT16_SPEEDUP = 2.0  # over float32 where the processor multiplies bfloat16: 2.12 on one machine, 2.48 on another
# Of the default model, as sentence-transformers publishes for its pretrained models.
V100_SENTENCES_PER_SECOND = 14_200
SERVER_CORES = 64
FAISS_MS_PER_PASSAGE, FAISS_MS_PER_QUESTION = 8.5e-6, 0.7
MAX_EXACT_PASSAGES = 10_000  # up to which every vector is compared (`faiss_index.MAX_EXACT`)
# A folder is enough as long as one process can hold it, and FAISS takes less than twice as long as encoding a question.
MAX_FOLDER_PASSAGES = 3_000_000
MAX_MILVUS_NODE_PASSAGES = 10 * MAX_FOLDER_PASSAGES
MAX_HNSW_PASSAGES = 100_000_000  # up to which a graph in memory is worth it
STORAGE_COPIES = 3.0  # of the data, in a cluster's storage while it merges: what is written, merged, and indexed
HNSW_MEMORY_RATIO = 2.0  # memory of a graph / bytes of its vectors: links, and what is being merged
MILVUS_BYTES_PER_PASSAGE = 350  # of the words' index in memory
MILVUS_NODE_BYTES = 16e9  # of the nodes without any data
LEADER_BYTES_PER_ARTICLE = 520  # in the process that leads a build: id, content hash, and a signature of the words
SAMPLE_ARTICLES = 24  # encoded to measure the rate
STORES = ("folder", "Milvus, one machine", "Milvus cluster")


@dataclass(frozen=True)
class Machine:
    """A kind of machine that encodes.

    Attributes:
        kind: a description of it.
        rate: passages that one of them encodes per second.
        basis: whether the rate was measured, given, or computed, and from what.
    """

    kind: str
    rate: float
    basis: str


@dataclass(frozen=True)
class Encoding:
    """How long machines of one kind need to encode.

    Attributes:
        machine: the kind of machine.
        hours: the hours that it takes, by number of machines.
    """

    machine: Machine
    hours: dict[int, float]


@dataclass(frozen=True)
class Plan:
    """What a number of articles needs.

    Attributes:
        articles, passages: their numbers.
        store: one of STORES.
        index: the index of the vectors.
        disk: bytes on disk, without backups.
        memory: bytes of memory for answering questions, over all machines.
        search_ms: milliseconds that FAISS needs per question in a folder; None for Milvus.
        encoding: how long encoding takes, by kind of machine.
    """

    articles: int
    passages: int
    store: str
    index: str
    disk: float
    memory: float
    search_ms: float | None
    encoding: tuple[Encoding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        encoding = [
            asdict(own.machine) | {"hours": {str(number): hours for number, hours in own.hours.items()}}
            for own in self.encoding
        ]
        return asdict(self) | {"encoding": encoding}

    def __str__(self) -> str:
        leader_bytes = self.articles * LEADER_BYTES_PER_ARTICLE
        lines = [
            ("articles", f"{self.articles:,}"),
            ("passages", f"{self.passages:,}  ({PASSAGES_PER_ARTICLE} per article, measured on news of 2012 to 2021)"),
            ("store", self.store),
            ("index", self.index),
            ("disk", f"{format_bytes(self.disk)}  (computed)"),
            ("memory", f"{format_bytes(self.memory)} to answer questions  (computed)"),
            ("", f"{format_bytes(leader_bytes)} in the process that leads a build  (computed)"),
        ]
        if self.search_ms is not None:
            lines.append(("search", f"{self.search_ms:,.1f} ms of FAISS per question  (computed)"))
        for own in self.encoding:
            machine, hours = own.machine, own.hours.items()
            name = "encoding" if own is self.encoding[0] else ""
            lines.append((name, f"{machine.kind}: {machine.rate:,.1f} passages per second  ({machine.basis})"))
            durations = ", ".join(f"{number:,} of them {format_hours(took)}" for number, took in hours)
            lines.append(("", f"    {durations}  (computed)"))
        return "\n".join(f"{name:<10}{text}" for name, text in lines)


def plan(
    articles: int,
    machines: Sequence[Machine],
    dimension: int = MEASURED_DIMENSION,
    numbers: Sequence[int] = (1, 16, 256),
) -> Plan:
    """Return the plan for a number of articles.

    Args:
        articles: number of articles.
        machines: the kinds of machines that encode them (see `machine_of_rate` and `similar_machines`).
        dimension: number of values in the encoder's vectors.
        numbers: numbers of machines to give the hours for.

    Raises:
        QuestionError: if a number is not above 0.
    """
    if articles < 1 or any(machine.rate <= 0 for machine in machines) or any(number < 1 for number in numbers):
        raise QuestionError("articles, workers and passages per second must be above 0")
    passages = round(articles * PASSAGES_PER_ARTICLE)
    encoding = tuple(
        Encoding(machine, {number: passages / machine.rate / number / 3600 for number in numbers})
        for machine in machines
    )
    if passages <= MAX_FOLDER_PASSAGES:
        exact = passages <= MAX_EXACT_PASSAGES
        index = "every vector, half precision" if exact else "RaBitQ binary codes, then half precision"
        longer = dimension - MEASURED_DIMENSION
        disk = passages * (DISK_BYTES_PER_PASSAGE + longer * (4 + 2 * SENTENCES_PER_PASSAGE))
        memory = PROCESS_BYTES + passages * (MEMORY_BYTES_PER_PASSAGE + 2.2 * longer)
        search_ms = FAISS_MS_PER_QUESTION + passages * FAISS_MS_PER_PASSAGE * dimension / MEASURED_DIMENSION
        return Plan(articles, passages, STORES[0], index, disk, memory, search_ms, encoding)
    if passages <= MAX_HNSW_PASSAGES:
        index, vector_bytes = "HNSW in memory", 4 * dimension * HNSW_MEMORY_RATIO
    else:
        index = "IVF_RABITQ or DISKANN, vectors on local disks"
        vector_bytes = dimension / 8 + 24 + 4 * dimension / 16
    store = STORES[1] if passages <= MAX_MILVUS_NODE_PASSAGES else STORES[2]
    disk = passages * milvus_bytes_per_passage(dimension) * STORAGE_COPIES
    memory = passages * (vector_bytes + MILVUS_BYTES_PER_PASSAGE) + MILVUS_NODE_BYTES
    return Plan(articles, passages, store, index, disk, memory, None, encoding)


def milvus_bytes_per_passage(dimension: int) -> float:
    """Return the bytes of a passage in Milvus, with its share of its article.

    Its vector, those of its sentences (base64, a third longer), its words and its article's, the text, numbers and
    keys, and what BM25 computes from the words.
    """
    return 4 * dimension + SENTENCES_PER_PASSAGE * 2 * dimension * 4 / 3 + 2.2 * BYTES_PER_TEXT + 700


def machine_of_rate(rate: float) -> tuple[Machine]:
    """Return a kind of machine whose passages per second the user knows."""
    return (Machine("one worker", rate, "as given"),)


def similar_machines(encoder: Encoder) -> tuple[Machine, ...]:
    """Measure this machine for some seconds, and return it with others whose rates are computed or published."""
    # First, as it loads torch, which then encodes the sample too, as it would so many articles.
    device, precision = (encoder.device, encoder.precision) if isinstance(encoder, SentenceEncoder) else ("cpu", "")
    rate = measure_rate(encoder)
    if device != "cpu":
        return (Machine(f"a machine like this one ({device}, {precision})", rate, "measured here just now"),)
    cores = available_cores()
    processors = f"{cores} processors{precision and f', {precision}'}"
    machines = [Machine(f"a machine like this one ({processors})", rate, "measured here just now")]
    if precision == "fp32":
        basis = f"computed: {BFLOAT16_SPEEDUP:.0f} times fp32; measured: 2.1 and 2.5 times"
        machines.append(Machine("the same with AMX or AVX512-BF16, bf16", rate * BFLOAT16_SPEEDUP, basis))
    if cores < SERVER_CORES:
        server_rate = rate * SERVER_CORES / cores
        machines.append(Machine(f"{SERVER_CORES} processors like these", server_rate, "computed: in proportion"))
    if encoder.name == DEFAULT_ENCODER:
        basis = f"computed: {V100_SENTENCES_PER_SECOND:,} sentences per second, as published; not measured"
        machines.append(Machine("a V100 GPU", V100_SENTENCES_PER_SECOND / SENTENCES_PER_PASSAGE, basis))
    return tuple(machines)


def measure_rate(encoder: Encoder) -> float:
    """Measure the passages per second that this process splits, encodes and fingerprints; takes some seconds."""
    from rag.ingest.embed import embed_articles

    text = " ".join(
        f"The harbour board of district {i} said on Monday that the ferry would not sail before the ice has gone, and "
        "asked the island to lay in flour for another month."
        for i in range(40)
    )
    articles = (f"Report {i}. {text.replace('Monday', f'day {i}')}" for i in range(SAMPLE_ARTICLES))
    sample = [Article(f"sample {i}", article) for i, article in enumerate(articles)]
    with ThreadPoolExecutor(1) as executor:
        embed_articles(sample[:4], encoder, Report(), executor)
        started = time.perf_counter()
        _, encoded = embed_articles(sample[4:], encoder, Report(), executor)
        return encoded / (time.perf_counter() - started)


def format_bytes(number: float) -> str:
    """Return a number of bytes in a readable unit: "1.5 kB"."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1000:
            return f"{number:,.0f} {unit}" if number >= 10 or unit == "B" else f"{number:,.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} PB"


def format_hours(hours: float) -> str:
    """Return a duration in a readable unit: "36 seconds", "10 days"."""
    # Each unit with the hours below which it is used, and its own length in hours.
    units = (("second", 1 / 30, 1 / 3600), ("minute", 1.5, 1 / 60), ("hour", 72.0, 1.0), ("day", math.inf, 24.0))
    unit, _, length = next(unit for unit in units if hours < unit[1])
    number = round(hours / length)
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
