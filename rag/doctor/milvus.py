"""Check a library in Milvus, row by row; Milvus checks its own files."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from rag.doctor.diagnosis import Diagnosis
from rag.doctor.passages import StoredPassage, check_passages, unpack_vectors
from rag.doctor.settings import READERS, check_settings
from rag.models.encoder import Vectors
from rag.stores.base import Span
from rag.stores.milvus import schema
from rag.stores.milvus.client import MilvusLocation
from rag.stores.milvus.store import MilvusStore
from rag.stores.normalise import VERSION


def examine_library(location: MilvusLocation, repair: bool) -> Diagnosis:
    """Check a library in Milvus. Raises LibraryError if there is none."""
    store = MilvusStore.open(location)
    found = Diagnosis()
    try:
        if repair:
            with store.writing():  # a writer first removes what others have left
                pass
        with store.strictly(), store.reading():
            settings = {name: text for name in READERS if (text := store.setting(name)) is not None}
            check_settings(settings, found.check("manifest"))
            found.check("generations").count = store.generation()
            if left := store.unseen():
                found.notes.append(
                    f"a writer that was stopped has left {left:,} rows; --repair or the next writer deletes them"
                )
            current = store.words_version() == VERSION
            if not current:
                found.notes.append(
                    "its words were indexed by other rules; --repair or the next writer indexes them again"
                )
            _check_articles(store, found, current)
    finally:
        store.close()
    return found


def _check_articles(store: MilvusStore, found: Diagnosis, current: bool) -> None:
    """Check articles, passages, vectors, and words, if they are `current`: indexed by today's rules."""
    articles, passages, vectors, words = map(found.check, ("articles", "passages", "vectors", "words"))
    present = set[str]()
    for row, article, rows in store.everything():
        articles.count += 1
        passages.count += len(rows)
        name = f"article {article.id if article else row['key']}"
        if article is None or row["key"] != schema.article_key(article, row["born"]):
            articles.add(f"{name} is not as it was stored")
            continue
        found_now = row["died"] == schema.NEVER
        if found_now and article.id in present:
            articles.add(f"{name} is there twice")
        if found_now:
            present.add(article.id)
        vectors.count += len(rows)
        words.count += len(rows) + 1 if current else 0
        stored = [_unpack(each, store.manifest.dimension) for each in rows]
        if found_now and not rows:
            passages.add(f"{name} has none")
        check_passages(article.text, stored, store.manifest.dimension, name, passages, vectors)
        for each in rows:
            if (each["born"], each["died"]) != (row["born"], row["died"]):
                passages.add(f"{name}, passage {each['key']}: it is not of the same generations as its article")
            if current and each["words"] != schema.packed(article.text[each["start"] : each["end"]]):
                words.add(f"{name}, passage {each['key']}: they are not those of its text")
        if current and row["words"] != schema.packed(schema.whole(article)):
            words.add(f"{name}: they are not those of its text")
    if loose := store.held() - passages.count:
        passages.add(f"{loose:,} belong to no article")


def _unpack(row: Mapping[str, Any], dimension: int) -> StoredPassage:
    """Return the passage of a row."""
    spans: list[Span] | None = None
    parts: Vectors | None = None
    with contextlib.suppress(ValueError, TypeError):
        sentences = [schema.sentence(text) for text in row["sentences"]]
        spans = [span for span, _ in sentences]
        parts = unpack_vectors(b"".join(numbers for _, numbers in sentences), dimension)
    vector = np.array(row["vector"], np.float32)
    return StoredPassage(row["key"], row["start"], row["end"], row["content"], spans, vector, parts)
