"""A cross-encoder as an ONNX file, run by ONNX Runtime: no torch, and 8-bit weights where the file has them.

Each pair of question and passage is read by itself, several of them at once, each on one thread. In a batch, 8-bit
activations are scaled by the largest of all its pairs, so that a score would depend on what else is read; and threads
that share one small multiplication wait for each other (docs/measurements/reranking.md, "One at a time").
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from rag.errors import EncoderError
from rag.models.numpy_bert import available_cores

_MAX_TOKENS = 512  # of question and passage together, with the special tokens
_SPECIAL_TOKENS = 3  # [CLS] question [SEP] passage [SEP]
_MAX_QUESTION_TOKENS = 128
_MAX_THREADS = 16  # pairs read at once; no more are read for most questions


class OnnxCrossEncoder:
    """A BERT cross-encoder with one output, from a folder with `model.onnx` and `tokenizer.json`.

    Passages longer than the model can read are read in windows that overlap by half; the best one counts.

    Attributes:
        name: its name, for messages.
        languages: ISO 639-1 codes of the languages that it knows; None for all.
    """

    def __init__(self, folder: Path, name: str, languages: frozenset[str] | None = None):
        """Load the model.

        Args:
            folder: where its files are.
            name: its name.
            languages: those that it knows.

        Raises:
            EncoderError: if it cannot be loaded.
        """
        # Its makers would be sent what it does, under an id that it keeps in the home folder: since 1.32 it begins with
        # that when it is imported, unless it is kept from it.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        onnxruntime.disable_telemetry_events()  # where another part of the program has imported it before
        self.name, self.languages = name, languages
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._cls, self._sep = (int(self._tokenizer.token_to_id(token) or 0) for token in ("[CLS]", "[SEP]"))
        except Exception as error:  # ONNX Runtime and the tokenizer have errors of their own
            raise EncoderError(f"cannot load the model in {folder}: {error}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._inputs = {given.name for given in self._session.get_inputs()}

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Score how well each of n texts answers the question, (n,): logits, higher is better."""
        asked, *read = (
            found.ids for found in self._tokenizer.encode_batch_fast([question, *texts], add_special_tokens=False)
        )
        asked = asked[:_MAX_QUESTION_TOKENS]
        windows = [(at, ids) for at, whole in enumerate(read) for ids in _windows(whole, self._room(len(asked)))]
        windows.sort(key=lambda window: -len(window[1]))  # the long ones first, so that all threads end together
        scores = np.full(len(texts), -np.inf, np.float32)
        logits = _executor().map(lambda window: self._logit(asked, window[1]), windows)
        for (at, _), logit in zip(windows, logits, strict=True):
            scores[at] = max(scores[at], logit)
        return scores

    @staticmethod
    def _room(question: int) -> int:
        """How many tokens of a passage can be read with so many of the question."""
        return _MAX_TOKENS - _SPECIAL_TOKENS - question

    def _logit(self, asked: list[int], read: list[int]) -> float:
        ids = np.array([[self._cls, *asked, self._sep, *read, self._sep]], np.int64)
        types = np.zeros_like(ids)
        types[0, len(asked) + 2 :] = 1
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        (logits,) = self._session.run(None, {name: given[name] for name in self._inputs})
        if logits.shape != (1, 1) or not np.isfinite(logits).all():
            raise EncoderError(f"the model {self.name!r} returned {logits.shape} scores for one passage")
        return float(logits[0, 0])


def _windows(ids: list[int], room: int) -> list[list[int]]:
    """The windows of at most `room` tokens in which a passage is read."""
    starts = range(0, max(len(ids) - room, 0) + 1, room // 2)
    windows = [ids[start : start + room] for start in starts]
    return windows if starts[-1] + room >= len(ids) else [*windows, ids[-room:]]


@functools.cache
def _executor() -> Executor:
    """Threads for all models and questions: as many as there are processors for this process."""
    return ThreadPoolExecutor(min(available_cores(), _MAX_THREADS), thread_name_prefix="reading")


if hasattr(os, "register_at_fork"):  # a forked process has none of its threads
    os.register_at_fork(after_in_child=_executor.cache_clear)
