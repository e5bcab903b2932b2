"""Encode with NumPy, as sentence-transformers would, without the seconds that torch takes to load.

`SentenceEncoder` encodes questions and few texts with this where it supports the model: BERT (Devlin et al. 2019,
arXiv:1810.04805) in float32 with mean pooling, as most sentence-transformers models are. Other models are not loaded.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from threadpoolctl import ThreadpoolController
from tokenizers import Tokenizer

from rag.models.late_chunking import Spans, means, unit

Floats = npt.NDArray[np.float32]
Affine = tuple[Floats, Floats]  # weights, (in, out), and bias, (out,); of a layer norm, both (n,)

# erfc(z) for z >= 0 is exp(-z²) times this polynomial of t = 1 / (1 + P z), highest power first and none without t, to
# within 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
_ERFC_P = 0.3275911
_ERFC_COEFFICIENTS = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_BATCH_TEXTS = 4  # of some 160 tokens; their activations, of up to 6 KB a token, stay in the processor's caches
_ROW_MULTIPLE = 4  # OpenBLAS multiplies so many rows at once: 16 take 8.3 ms in all layers, 15 take 11.1


@dataclass(frozen=True)
class Layer:
    """The weights of one transformer layer. Those of the queries are already divided by the root of a head's size."""

    query_key_value: Affine
    attention_output: Affine
    attention_norm: Affine
    intermediate: Affine
    output: Affine
    output_norm: Affine


@dataclass(frozen=True)
class NumpyBert:
    """A BERT model in memory.

    Attributes:
        tokenizer: tokenizes whole texts, without padding and truncation.
        max_length: maximum number of tokens of a text, special tokens included; the rest is cut off.
        token_embeddings: a row per token id; rows are read from the file when they are needed.
        position_embeddings: what is added to a token's embedding by its position, (max_length, dimension).
        embedding_norm: the layer norm before the first layer.
        layers: the transformer layers, first to last.
        heads: number of attention heads in each layer.
        epsilon: what a layer norm adds to the variance.
    """

    tokenizer: Tokenizer
    max_length: int
    token_embeddings: Any
    position_embeddings: Floats
    embedding_norm: Affine
    layers: tuple[Layer, ...]
    heads: int
    epsilon: float

    @property
    def dimension(self) -> int:
        """Number of values in a vector."""
        return int(self.position_embeddings.shape[1])

    @property
    def max_tokens(self) -> int:
        """Maximum number of tokens of a text, without special tokens."""
        return self.max_length - int(self.tokenizer.num_special_tokens_to_add(False))

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens."""
        return [len(found.ids) for found in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def encode(self, texts: Sequence[str]) -> Floats:
        """Encode questions in the calling thread alone.

        Four questions of 15 tokens take twice as long as one: most of the time goes into fetching the weights.

        Args:
            texts: n texts.

        Returns:
            Their vectors, (n, dimension), of unit length.
        """
        return unit(np.stack([own.mean(axis=0) for own in self._token_vectors([self._token_ids(t) for t in texts])]))

    def encode_with_sentences(self, texts: Sequence[str], sentences: Sequence[Spans]) -> list[tuple[Floats, Floats]]:
        """Encode texts and the sentences in them, on all cores: each thread takes the next batch.

        Args:
            texts: n texts, one or more.
            sentences: for each text, the spans (start, end) of its m sentences.

        Returns:
            For each text its vector, (dimension,), and those of its sentences, (m, dimension); all of unit length.
        """
        found = self.tokenizer.encode_batch(list(texts))
        kept = [self._kept(len(tokens.ids)) for tokens in found]
        ids = [[tokens.ids[i] for i in rows] for tokens, rows in zip(found, kept, strict=True)]

        threads = available_cores()
        rounds = math.ceil(len(texts) / (threads * _BATCH_TEXTS))
        size = math.ceil(len(texts) / (threads * rounds))  # so that each thread gets as much as the others

        def encode_batch(first: int) -> list[tuple[Floats, Floats]]:
            batch = range(first, min(first + size, len(texts)))
            return [
                means(
                    vectors,
                    [found[row].offsets[i] for i in kept[row]],
                    [found[row].special_tokens_mask[i] for i in kept[row]],
                    sentences[row],
                )
                for row, vectors in zip(batch, self._token_vectors([ids[row] for row in batch]), strict=True)
            ]

        with ThreadPoolExecutor(threads, "encoder") as pool:
            return [pair for pairs in pool.map(encode_batch, range(0, len(texts), size)) for pair in pairs]

    def _token_ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text.strip()).ids
        return [ids[i] for i in self._kept(len(ids))]

    def _kept(self, tokens: int) -> Sequence[int]:
        """Which of a text's tokens are read: of a text that is too long the first ones, and the [SEP] at its end."""
        return range(tokens) if tokens <= self.max_length else [*range(self.max_length - 1), tokens - 1]

    def _token_vectors(self, ids_of_texts: Sequence[Sequence[int]]) -> list[Floats]:
        """Return the vectors of the tokens of each text, (its tokens, dimension)."""
        edges = np.cumsum([0, *map(len, ids_of_texts)]).tolist()
        spans = [slice(*edge) for edge in itertools.pairwise(edges)]
        x = np.zeros((-(-edges[-1] // _ROW_MULTIPLE) * _ROW_MULTIPLE, self.dimension), np.float32)
        for ids, span in zip(ids_of_texts, spans, strict=True):
            np.concatenate([self.token_embeddings[i : i + 1] for i in ids], out=x[span])
            x[span] += self.position_embeddings[: len(ids)]
        with _single_threaded_blas:
            x = self._layer_norm(x, self.embedding_norm)
            for layer in self.layers:
                attended = _affine(self._attention(x, layer, spans), layer.attention_output)
                x = self._layer_norm(x + attended, layer.attention_norm)
                x = self._layer_norm(
                    x + _affine(_gelu(_affine(x, layer.intermediate)), layer.output), layer.output_norm
                )
        return [x[span] for span in spans]

    def _attention(self, x: Floats, layer: Layer, spans: Sequence[slice]) -> Floats:
        """Scaled dot-product attention among the tokens of each text, in each head: (tokens, dimension)."""
        parts = _affine(x, layer.query_key_value).reshape(len(x), 3, self.heads, -1).transpose(1, 2, 0, 3)
        means = np.zeros_like(x)
        for span in spans:
            queries, keys, values = parts[:, :, span]
            weights = queries @ keys.transpose(0, 2, 1)
            np.exp(weights - weights.max(axis=-1, keepdims=True), out=weights)
            weights /= weights.sum(axis=-1, keepdims=True)
            means[span] = (weights @ values).transpose(1, 0, 2).reshape(-1, self.dimension)
        return means

    def _layer_norm(self, x: Floats, norm: Affine) -> Floats:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        x *= norm[0]
        x += norm[1]
        return x


def available_cores() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load(folder: Path) -> NumpyBert | None:
    """Load the sentence-transformers model in a folder.

    Returns:
        The model, or None if it is not a BERT as described above, or a file is missing or cannot be read.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, SafetensorError):
        config = _json(folder / "config.json")
        if _is_supported(folder, config):
            return _load(folder, config)
    return None


def _is_supported(folder: Path, config: dict[str, Any]) -> bool:
    """Whether a model is a BERT as described above, and has no setting that is not implemented here."""
    modules = [(str(m["type"]).rsplit(".", 1)[-1], folder / m["path"]) for m in _json(folder / "modules.json")]
    types = [module_type for module_type, _ in modules]
    if types[:2] != ["Transformer", "Pooling"] or types[2:] not in ([], ["Normalize"]) or modules[0][1] != folder:
        return False
    pooling = _json(modules[1][1] / "config.json")
    pooling_modes = {key for key, value in pooling.items() if key.startswith("pooling_mode_") and value}
    sentence_bert = _json(folder / "sentence_bert_config.json")
    settings = _json(folder / "config_sentence_transformers.json")
    tokenizer = _json(folder / "tokenizer_config.json")
    normalizer = _json(folder / "tokenizer.json")["normalizer"]
    return (
        (pooling_modes == {"pooling_mode_mean_tokens"} or pooling.get("pooling_mode") in ("mean", ["mean"]))
        and config["model_type"] == "bert"
        and config["hidden_act"] == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and set(sentence_bert) <= {"max_seq_length", "do_lower_case"}
        and not sentence_bert.get("do_lower_case")
        and not any((settings.get("prompts") or {}).values())
        and normalizer["type"] == "BertNormalizer"
        and normalizer["lowercase"] == tokenizer.get("do_lower_case", True)
        and normalizer["strip_accents"] == tokenizer.get("strip_accents")
        and normalizer["handle_chinese_chars"] == tokenizer.get("tokenize_chinese_chars", True)
    )


def _load(folder: Path, config: dict[str, Any]) -> NumpyBert:
    max_length = min(_json(folder / "sentence_bert_config.json")["max_seq_length"], config["max_position_embeddings"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    file: Any = safe_open(folder / "model.safetensors", framework="numpy")
    prefix = "bert." if any(name.startswith("bert.") for name in file.keys()) else ""  # noqa: SIM118

    def tensor(name: str) -> Floats:
        array = file.get_tensor(prefix + name)
        if array.dtype != np.float32:
            raise ValueError(f"{name} is not in float32")
        return np.asarray(array)

    def affine(name: str) -> Affine:
        return np.ascontiguousarray(tensor(f"{name}.weight").T), tensor(f"{name}.bias")

    def norm(name: str) -> Affine:
        return tensor(f"{name}.LayerNorm.weight"), tensor(f"{name}.LayerNorm.bias")

    heads = int(config["num_attention_heads"])
    scale = np.float32((int(config["hidden_size"]) // heads) ** -0.5)
    layers = []
    for number in range(int(config["num_hidden_layers"])):
        layer = f"encoder.layer.{number}"
        (query, bias), *others = (affine(f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        weights, biases = zip((query * scale, bias * scale), *others, strict=True)
        layers.append(
            Layer(
                (np.concatenate(weights, axis=1), np.concatenate(biases)),
                affine(f"{layer}.attention.output.dense"),
                norm(f"{layer}.attention.output"),
                affine(f"{layer}.intermediate.dense"),
                affine(f"{layer}.output.dense"),
                norm(f"{layer}.output"),
            )
        )
    positions = tensor("embeddings.position_embeddings.weight") + tensor("embeddings.token_type_embeddings.weight")[0]
    token_embeddings = file.get_slice(prefix + "embeddings.word_embeddings.weight")
    epsilon = float(config["layer_norm_eps"])
    embedding_norm = norm("embeddings")
    return NumpyBert(tokenizer, max_length, token_embeddings, positions, embedding_norm, tuple(layers), heads, epsilon)


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _affine(x: Floats, affine: Affine) -> Floats:
    x = x @ affine[0]
    x += affine[1]
    return x


def _gelu(x: Floats) -> Floats:
    """GELU: x times the share of a standard normal distribution below it (Hendrycks and Gimpel 2016)."""
    t = np.abs(x)
    t *= _ERFC_P * 0.5**0.5
    t += 1
    np.reciprocal(t, out=t)
    beyond = t * _ERFC_COEFFICIENTS[0]
    for coefficient in _ERFC_COEFFICIENTS[1:]:
        beyond += coefficient
        beyond *= t
    np.multiply(x, x, out=t)
    t *= -0.5
    np.exp(t, out=t)
    beyond *= t  # twice the share beyond |x|
    np.subtract(1, beyond, out=beyond)
    np.copysign(beyond, x, out=beyond)
    beyond += 1
    beyond *= 0.5
    beyond *= x
    return np.asarray(beyond, np.float32)


class _SingleThreadedBlas:
    """Limit NumPy's matrix products to the calling thread while any thread is inside, and restore the limit after.

    Threads that wait for each other gain little on so small a task, and lose everything if other programs run: in
    parallel with one that used both cores, a question took 24 to 30 ms on one thread (95th percentile 40) and 52 to 90
    on two (900).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered = 0  # number of threads inside
        self._blas: ThreadpoolController | None = None
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._entered += 1
            if self._entered == 1:
                self._blas = self._blas or ThreadpoolController().select(user_api="blas")
                self._limit = self._blas.limit(limits=1)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._entered -= 1
            if not self._entered:
                self._limit.restore_original_limits()


_single_threaded_blas = _SingleThreadedBlas()
