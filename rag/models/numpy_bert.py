"""A question -> its vector, by NumPy: as sentence-transformers would, without the seconds that torch takes to load.

Before the encoder, which reads texts with torch and leaves its questions to this where it can. That is for models as
most of sentence-transformers' are: BERT (Devlin et al. 2019, arXiv:1810.04805) in float32, of whose vectors of tokens
the mean is taken. Of a model of another kind nothing is read.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from threadpoolctl import ThreadpoolController
from tokenizers import Tokenizer

Floats = npt.NDArray[np.float32]
Affine = tuple[Floats, Floats]  # weights, (in, out), and what is added, (out,); of a norm, both (n,)

# erfc(z) for z >= 0 is exp(-z²) times this polynomial of t = 1 / (1 + P z), highest power first and none without t, to
# within 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
_P = 0.3275911
_ERFC = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_ROWS = 4  # OpenBLAS multiplies so many rows at once: 16 take 8.3 ms in all layers, 15 take 11.1


@dataclass(frozen=True)
class Layer:
    """One layer of the model. The queries' share of `attend` is divided by the root of the size of a head already."""

    attend: Affine
    gather: Affine
    attended: Affine
    widen: Affine
    narrow: Affine
    done: Affine


@dataclass(frozen=True)
class Bert:
    """A model in memory.

    Attributes:
        tokenizer: of whole texts.
        longest: tokens that the model reads at once, special ones included; what is behind them is cut off.
        words: the rows of its table of tokens, by token id; read from the file as they are asked for.
        places: what is added to each token by its place, (longest, dimension).
        entered: the norm before the first layer.
        heads: of attention, in each layer.
        epsilon: what a variance is raised by.
    """

    tokenizer: Tokenizer
    longest: int
    words: Any
    places: Floats
    entered: Affine
    layers: tuple[Layer, ...]
    heads: int
    epsilon: float

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.places.shape[1])

    @property
    def max_tokens(self) -> int:
        """Tokens that a text may have, special tokens left out."""
        return self.longest - int(self.tokenizer.num_special_tokens_to_add(False))

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens in each text, special tokens left out."""
        return [len(found.ids) for found in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def encode(self, texts: Sequence[str]) -> Floats:
        """The vectors of texts, (n, dimension), of length one. Runs in the calling thread alone.

        Four questions of 15 tokens take twice as long as one: most of the time goes into fetching the weights.
        """
        rows = [self._ids(text) for text in texts]
        edges = np.cumsum([0, *map(len, rows)]).tolist()
        spans = [slice(*edge) for edge in itertools.pairwise(edges)]
        x = np.zeros((-(-edges[-1] // _ROWS) * _ROWS, self.dimension), np.float32)
        for ids, span in zip(rows, spans, strict=True):
            np.concatenate([self.words[i : i + 1] for i in ids], out=x[span])
            x[span] += self.places[: len(ids)]
        with _one_thread:
            x = self._normed(x, self.entered)
            for layer in self.layers:
                x = self._normed(x + _affine(self._attention(x, layer, spans), layer.gather), layer.attended)
                x = self._normed(x + _affine(_gelu(_affine(x, layer.widen)), layer.narrow), layer.done)
        means = np.stack([x[span].mean(axis=0) for span in spans])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text.strip()).ids
        return ids if len(ids) <= self.longest else [*ids[: self.longest - 1], ids[-1]]

    def _attention(self, x: Floats, layer: Layer, spans: Sequence[slice]) -> Floats:
        """Each token's mean of its text's values, weighed by how well its query fits their keys; head by head."""
        parts = _affine(x, layer.attend).reshape(len(x), 3, self.heads, -1).transpose(1, 2, 0, 3)
        means = np.zeros_like(x)
        for span in spans:
            queries, keys, values = parts[:, :, span]
            weights = queries @ keys.transpose(0, 2, 1)
            np.exp(weights - weights.max(axis=-1, keepdims=True), out=weights)
            weights /= weights.sum(axis=-1, keepdims=True)
            means[span] = (weights @ values).transpose(1, 0, 2).reshape(-1, self.dimension)
        return means

    def _normed(self, x: Floats, norm: Affine) -> Floats:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        x *= norm[0]
        x += norm[1]
        return x


def read(folder: Path) -> Bert | None:
    """The sentence-transformers model in a folder; None where it is of another kind."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, SafetensorError):
        config = _json(folder / "config.json")
        if _fits(folder, config):
            return _read(folder, config)
    return None


def _fits(folder: Path, config: dict[str, Any]) -> bool:
    """Whether a model is a BERT as described above, and its files say all of how it reads a text."""
    modules = [(str(m["type"]).rsplit(".", 1)[-1], folder / m["path"]) for m in _json(folder / "modules.json")]
    kinds = [kind for kind, _ in modules]
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]) or modules[0][1] != folder:
        return False
    pooling = _json(modules[1][1] / "config.json")
    modes = {key for key, value in pooling.items() if key.startswith("pooling_mode_") and value}
    reading = _json(folder / "sentence_bert_config.json")
    settings = _json(folder / "config_sentence_transformers.json")
    cutting = _json(folder / "tokenizer_config.json")
    normalizer = _json(folder / "tokenizer.json")["normalizer"]
    return (
        (modes == {"pooling_mode_mean_tokens"} or pooling.get("pooling_mode") in ("mean", ["mean"]))
        and config["model_type"] == "bert"
        and config["hidden_act"] == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and set(reading) <= {"max_seq_length", "do_lower_case"}
        and not reading.get("do_lower_case")
        and not any((settings.get("prompts") or {}).values())
        and normalizer["type"] == "BertNormalizer"
        and normalizer["lowercase"] == cutting.get("do_lower_case", True)
        and normalizer["strip_accents"] == cutting.get("strip_accents")
        and normalizer["handle_chinese_chars"] == cutting.get("tokenize_chinese_chars", True)
    )


def _read(folder: Path, config: dict[str, Any]) -> Bert:
    longest = min(_json(folder / "sentence_bert_config.json")["max_seq_length"], config["max_position_embeddings"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    file: Any = safe_open(folder / "model.safetensors", framework="numpy")
    before = "bert." if any(name.startswith("bert.") for name in file.keys()) else ""  # noqa: SIM118

    def tensor(name: str) -> Floats:
        found = file.get_tensor(before + name)
        if found.dtype != np.float32:
            raise ValueError(f"{name} is not in float32")
        return np.asarray(found)

    def affine(name: str) -> Affine:
        return np.ascontiguousarray(tensor(f"{name}.weight").T), tensor(f"{name}.bias")

    def norm(name: str) -> Affine:
        return tensor(f"{name}.LayerNorm.weight"), tensor(f"{name}.LayerNorm.bias")

    heads = int(config["num_attention_heads"])
    scale = np.float32((int(config["hidden_size"]) // heads) ** -0.5)
    layers = []
    for number in range(int(config["num_hidden_layers"])):
        own = f"encoder.layer.{number}"
        (query, added), *others = (affine(f"{own}.attention.self.{part}") for part in ("query", "key", "value"))
        weights, more = zip((query * scale, added * scale), *others, strict=True)
        layers.append(
            Layer(
                (np.concatenate(weights, axis=1), np.concatenate(more)),
                affine(f"{own}.attention.output.dense"),
                norm(f"{own}.attention.output"),
                affine(f"{own}.intermediate.dense"),
                affine(f"{own}.output.dense"),
                norm(f"{own}.output"),
            )
        )
    places = tensor("embeddings.position_embeddings.weight") + tensor("embeddings.token_type_embeddings.weight")[0]
    words = file.get_slice(before + "embeddings.word_embeddings.weight")
    epsilon = float(config["layer_norm_eps"])
    return Bert(tokenizer, longest, words, places, norm("embeddings"), tuple(layers), heads, epsilon)


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _affine(x: Floats, by: Affine) -> Floats:
    x = x @ by[0]
    x += by[1]
    return x


def _gelu(x: Floats) -> Floats:
    """x times the share of a standard normal distribution that lies below it (Hendrycks and Gimpel 2016)."""
    t = np.abs(x)
    t *= _P * 0.5**0.5
    t += 1
    np.reciprocal(t, out=t)
    beyond = t * _ERFC[0]
    for coefficient in _ERFC[1:]:
        beyond += coefficient
        beyond *= t
    np.multiply(x, x, out=t)
    t *= -0.5
    np.exp(t, out=t)
    beyond *= t  # twice the share that lies beyond |x|
    np.subtract(1, beyond, out=beyond)
    np.copysign(beyond, x, out=beyond)
    beyond += 1
    beyond *= 0.5
    beyond *= x
    return np.asarray(beyond, np.float32)


class _OneThread:
    """Keeps NumPy's products in the calling thread while some thread is in here; they have their usual number after.

    Threads that wait for each other gain little on so small a task, and lose all where other programs run: beside one
    that used both cores, a question took 24 to 30 ms on one thread (95th percentile 40) and 52 to 90 on two (900).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._libraries: ThreadpoolController | None = None
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._libraries = self._libraries or ThreadpoolController().select(user_api="blas")
                self._limit = self._libraries.limit(limits=1)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()


_one_thread = _OneThread()
