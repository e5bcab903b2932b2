"""Vectors of a text and of the sentences in it, from the vectors of its tokens ("late chunking", Günther et al. 2024,
arXiv:2409.04701): each is the mean over its own tokens. What NumPy and torch have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Spans = Sequence[tuple[int, int]]


def means(
    vectors: Vectors, offsets: Sequence[tuple[int, int]], special: Sequence[int], sentences: Spans
) -> tuple[Vectors, Vectors]:
    """Return the unit vector of a text, and those of its sentences.

    Args:
        vectors: those of the text's tokens, (n, dimension).
        offsets: where each token is in the text.
        special: 1 for each token that is none of the text's, such as [CLS].
        sentences: the spans of its m sentences.

    Returns:
        The text's vector, (dimension,), and its sentences', (m, dimension); a sentence without tokens has the text's.
    """
    whole = vectors.mean(axis=0)
    words = np.flatnonzero(np.array(special) == 0)
    starts = np.array([offsets[i][0] for i in words.tolist()])
    edges = [(np.searchsorted(starts, start), np.searchsorted(starts, end)) for start, end in sentences]
    parts = [vectors[words[i:j]].mean(axis=0) if j > i else whole for i, j in edges]
    return unit(whole), unit(np.stack(parts)) if parts else np.zeros((0, len(whole)), np.float32)


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """Return vectors with unit length."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)
