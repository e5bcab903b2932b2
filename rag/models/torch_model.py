"""Encode texts with a model that sentence-transformers has loaded, on all cores or on a GPU.

`SentenceEncoder` uses it for the texts of a build of some size, and for all that models which `numpy_bert` does not
support encode.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import EncoderError
from rag.models.late_chunking import Spans, Vectors, means
from rag.models.model_card import usual_prompts

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

# Tokens in a batch: on a processor so many that their activations fit its caches, with one thread per batch; a GPU
# needs more (docs/measurements/encoding.md).
_BATCH_TOKENS = {"cpu": 1_024, "cuda": 65_536, "mps": 16_384}
_MAX_TOKENS = 8192  # that a text may have, whatever the model allows


class TorchModel:
    """A sentence-transformers model in torch.

    Attributes:
        model: the sentence-transformers model.
        dimension: number of values in a vector.
        max_tokens: maximum number of tokens of a text, without special tokens.
        late_chunking: whether sentence vectors are means over tokens of the text's own forward pass.
        bfloat16: whether texts are encoded in bfloat16.
    """

    def __init__(self, name: str, path: str, precision: str):
        """Load the model.

        Args:
            name: the name of the model, for messages.
            path: its sentence-transformers name or path.
            precision: "fp32", "bf16" or "auto", as for `SentenceEncoder`.

        Raises:
            EncoderError: if it cannot be loaded.
        """
        import torch
        from sentence_transformers import SentenceTransformer

        with quiet():
            try:
                self.model: SentenceTransformer = SentenceTransformer(path).eval()
                if (prompts := usual_prompts(name)) and not any(self.model.prompts.values()):
                    self.model.prompts.update(prompts)
            except Exception as error:  # the loaders of a model raise whatever their formats raise
                raise EncoderError(
                    f"cannot load the encoder {name!r}: {next(iter(str(error).splitlines()), repr(error))}. "
                    "Give a sentence-transformers name that can be downloaded from here, or the path of a model folder."
                ) from error
        self.dimension = int(self.model.get_embedding_dimension() or 0)
        limit = min(int(self.model.max_seq_length or 512), _MAX_TOKENS)
        self.max_tokens = limit - int(self.model.tokenizer.num_special_tokens_to_add())
        self.late_chunking = _is_mean_of_tokens(self.model)
        device = self.model.device
        self.bfloat16 = _multiplies_bf16(device) if precision == "auto" else precision == "bf16"
        self._autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=self.bfloat16)
        self._default_threads = torch.get_num_threads()  # the cores that this process may use
        self._threads = self._default_threads if device.type == "cpu" else 1
        self._batch_tokens = _BATCH_TOKENS.get(device.type, _BATCH_TOKENS["cpu"])

    @property
    def device(self) -> str:
        """The type of the torch device that the model is on ("cpu", "cuda", "mps")."""
        return str(self.model.device.type)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens."""
        found = self.model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in found["input_ids"]]

    def encode_question(self, question: str) -> Vectors:
        """Encode a question as a vector of unit length, (dimension,)."""
        with _single_threaded(self._default_threads):
            found = self.model.encode_query([question], normalize_embeddings=True, show_progress_bar=False)
        vector: Vectors = np.asarray(found, np.float32)[0]
        return vector

    def encode(self, texts: list[str], sentences: Sequence[Spans]) -> list[tuple[Vectors, Vectors]]:
        """Encode texts and the sentences in them.

        Threads take the next batch in turn and multiply on their own, so that none waits for another at every layer.

        Args:
            texts: n texts.
            sentences: for each text, the spans (start, end) of its m sentences.

        Returns:
            For each text its vector, (dimension,), and those of its sentences, (m, dimension); all of unit length.
        """
        import torch

        if not self.late_chunking:
            with self._autocast():
                whole = self._encode_separately(texts)
                parts = self._encode_separately(
                    [text[start:end] for text, spans in zip(texts, sentences, strict=True) for start, end in spans]
                )
            edges = np.cumsum([len(spans) for spans in sentences])[:-1]
            return list(zip(whole, np.split(parts, edges), strict=True))
        tokens = self.model.tokenizer(
            texts, truncation=True, max_length=self.model.max_seq_length, return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )  # fmt: skip
        offsets, special = tokens.pop("offset_mapping"), tokens.pop("special_tokens_mask")
        batches = iter(self._batches([len(mask) for mask in special]))  # shared: each thread takes the next one

        def encode_batches(_: int) -> list[tuple[int, tuple[Vectors, Vectors]]]:
            with torch.inference_mode(), self._autocast():  # once per thread: that casts the model's weights once
                return [
                    (row, means(vectors[: len(special[row])], offsets[row], special[row], sentences[row]))
                    for rows in batches
                    for row, vectors in zip(rows, self._token_vectors(tokens, rows), strict=True)
                ]

        try:
            with ThreadPoolExecutor(self._threads, "encoder", torch.set_num_threads, (1,)) as pool:
                try:
                    found = dict(pair for own in pool.map(encode_batches, range(self._threads)) for pair in own)
                finally:
                    deque(batches, 0)  # after an error or an interrupt no thread takes another batch
        finally:
            torch.set_num_threads(self._default_threads)  # for threads that start later
            _trim()
        return [found[row] for row in range(len(texts))]

    def _batches(self, lengths: Sequence[int]) -> list[list[int]]:
        """Group rows of similar length into batches, longest first.

        Batches of few texts are smaller, so that every thread gets some.
        """
        max_tokens = min(self._batch_tokens, sum(lengths) // (2 * self._threads))
        batches: list[list[int]] = []
        for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
            if not batches or (len(batches[-1]) + 1) * lengths[batches[-1][0]] > max_tokens:
                batches.append([])
            batches[-1].append(row)
        return batches

    def _token_vectors(self, tokens: Mapping[str, Any], rows: Sequence[int]) -> Vectors:
        """Return the vectors of the tokens of n texts, (n, tokens of the longest, dimension)."""
        selected = {name: [values[row] for row in rows] for name, values in tokens.items()}
        padded = self.model.tokenizer.pad(selected, padding_side="right", return_tensors="pt").to(self.model.device)
        vectors: Vectors = self.model[0](dict(padded))["token_embeddings"].float().cpu().numpy()
        return vectors

    def _encode_separately(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.asarray(
            self.model.encode_document(texts, normalize_embeddings=True, show_progress_bar=False), np.float32
        )


def _trim() -> None:
    """Return to the system the memory that glibc keeps for the threads: 200 MB each after some calls of `encode`."""
    import psutil

    if hasattr(psutil, "heap_trim"):  # not every C library has it
        psutil.heap_trim()


@contextlib.contextmanager
def _single_threaded(default_threads: int) -> Iterator[None]:
    """Encode a question in the calling thread alone; afterwards it may use `default_threads` again.

    Threads that wait for each other at every layer gain little on so small a task, and lose everything if other
    programs run: in parallel with two of them a question took 996 ms on two threads and 47 ms on one.
    """
    import torch

    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(default_threads)


def _multiplies_bf16(device: torch.device) -> bool:
    """Whether a device has instructions that multiply bfloat16, so that it is faster than float32."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name) for name in ("amx_bf16", "avx512_bf16"))
    return False


def _is_mean_of_tokens(model: SentenceTransformer) -> bool:
    """Whether a text's vector is the plain mean over its tokens: transformer, mean pooling, at most scaling."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    modules = list(model)
    return (
        len(modules) in (2, 3)
        and isinstance(modules[1], Pooling)
        and modules[1].get_config_dict().get("pooling_mode") in ("mean", ["mean"], ("mean",))
        and all(isinstance(module, Normalize) for module in modules[2:])
        and bool(getattr(model.tokenizer, "is_fast", False))
        and not any(model.prompts.values())
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppress the progress bars and notices of the model libraries."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from transformers.utils.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled

    enabled = is_progress_bar_enabled()
    disable_progress_bar()  # type: ignore[no-untyped-call]
    loggers = [logging.getLogger(name) for name in ("transformers", "sentence_transformers")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if enabled:
            enable_progress_bar()  # type: ignore[no-untyped-call]
