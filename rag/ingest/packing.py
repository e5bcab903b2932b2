"""Encode the embedded passages of articles as bytes, for Parquet files and for Ray.

Nothing goes through a pickle: what one machine sends to another is JSON text and arrays of plain numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.article import Article
from rag.models.encoder import Vectors
from rag.passage import Passage
from rag.provenance.duplicates import PERMUTATIONS, Fingerprint
from rag.readers.item_json import from_json
from rag.readers.skipped import Skipped
from rag.stores.base import EmbeddedPassage

Item = tuple[Article | Skipped, list[EmbeddedPassage] | None]


def unpack_item(text: str, packed: bytes) -> Item:
    """Return an article or a Skipped, and the article's passages.

    Args:
        text: the item as JSON text.
        packed: the passages from `pack_passages`; b"" for none.
    """
    item = from_json(json.loads(text))
    return item, unpack_passages(packed, item.id) if isinstance(item, Article) and packed else None


def pack_passages(passages: Sequence[EmbeddedPassage]) -> bytes:
    """Return the passages of an article as bytes, without their text.

    Little-endian numbers: a header with the number of passages, of sentences and of sentence keys and the dimension,
    then each array in turn. The vectors of sentences are in half precision, as stores keep them.
    """
    spans = [(p.passage.start, p.passage.end) for p in passages]
    sentences = [span for p in passages for span in p.passage.sentences]
    keys = [key for p in passages for key in p.fingerprint.sentences]
    arrays = [
        np.array(spans, "<i4"), np.array([len(p.passage.sentences) for p in passages], "<i4"),
        np.array(sentences, "<i4"), np.array([len(p.fingerprint.sentences) for p in passages], "<i4"),
        np.array(keys, "<i8"),
        np.array([p.fingerprint.signature for p in passages], "<u4"), np.array([p.vector for p in passages], "<f4"),
        np.concatenate([p.sentences for p in passages]).astype("<f2") if passages else np.zeros(0, "<f2"),
    ]  # fmt: skip
    dimension = len(passages[0].vector) if passages else 0
    header = np.array([len(passages), len(sentences), len(keys), dimension], "<i4")
    return b"".join(array.tobytes() for array in (header, *arrays))


def unpack_passages(packed: bytes, article_id: str) -> list[EmbeddedPassage]:
    """Return the passages that `pack_passages` was given; the vectors of sentences come from half precision.

    Args:
        packed: the bytes.
        article_id: the article that they are passages of.
    """
    passage_count, sentence_count, key_count, dimension = np.frombuffer(packed, "<i4", 4).tolist()
    offset = 16

    def take(dtype: str, *shape: int) -> npt.NDArray[Any]:
        nonlocal offset
        array = np.frombuffer(packed, dtype, int(np.prod(shape)), offset).reshape(shape)
        offset += array.nbytes
        return array

    spans, sentences_in = take("<i4", passage_count, 2), take("<i4", passage_count)
    sentences, keys_in = take("<i4", sentence_count, 2), take("<i4", passage_count)
    keys, signatures = take("<i8", key_count), take("<u4", passage_count, PERMUTATIONS)
    vectors = take("<f4", passage_count, dimension)
    sentence_vectors: Vectors = take("<f2", sentence_count, dimension).astype(np.float32)
    sentence_ends, key_ends = np.cumsum(sentences_in).tolist(), np.cumsum(keys_in).tolist()
    passages = []
    for i, (start, end) in enumerate(spans.tolist()):
        own_sentences = slice(sentence_ends[i] - int(sentences_in[i]), sentence_ends[i])
        own_keys = slice(key_ends[i] - int(keys_in[i]), key_ends[i])
        passage = Passage(article_id, start, end, tuple((a, b) for a, b in sentences[own_sentences].tolist()))
        fingerprint = Fingerprint(signatures[i].astype(np.uint32), tuple(keys[own_keys].tolist()))
        vector = vectors[i].astype(np.float32)
        passages.append(EmbeddedPassage(passage, vector, sentence_vectors[own_sentences], fingerprint))
    return passages
