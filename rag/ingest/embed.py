"""Split articles into passages, encode them, and compute the fingerprints that duplicates are found by.

The costly half of a build. It needs no store, so it runs anywhere: in this process (`pipeline.py`) or in the workers of
a cluster (`ray_cluster.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from rag import passage
from rag.article import Article
from rag.ingest.packing import Item
from rag.ingest.report import Report
from rag.models.encoder import Encoder
from rag.passage import Passage
from rag.provenance import duplicates
from rag.provenance.duplicates import Fingerprint
from rag.provenance.identity import likely_ids
from rag.readers.skipped import Skipped
from rag.stores.base import EmbeddedPassage, Encoded, Sink

HASH_DIGITS = 32  # of a content hash, enough to tell articles apart

Rows = list[tuple[Article, list[EmbeddedPassage]]]
ContentHashes = npt.NDArray[np.bytes_]
_HASH_TYPE = f"S{HASH_DIGITS}"


def embed_articles(
    articles: Sequence[Article],
    encoder: Encoder,
    report: Report,
    executor: Executor,
    stored: Callable[[Sequence[str]], Mapping[str, Encoded]] | None = None,
) -> tuple[Rows, int]:
    """Split articles, and encode each different passage text once.

    Args:
        articles: the articles.
        encoder: what encodes them.
        report: where the seconds of each stage are added.
        executor: computes the fingerprints in parallel with the encoding.
        stored: returns what is already stored for some passage texts, which are then not encoded again.

    Returns:
        Each article with its passages, in order, and the number of texts encoded.
    """
    split = report.timed("splitting", lambda: passage.split_articles(articles, encoder.count, encoder.max_tokens))
    fingerprints = executor.submit(_fingerprints, articles, split)
    spans = {
        a.text[p.start : p.end]: tuple((start - p.start, end - p.start) for start, end in p.sentences)
        for a, passages in zip(articles, split, strict=True)
        for p in passages
    }
    known = report.timed("storing", lambda: stored(list(spans))) if stored else {}
    vectors = {text: found[1:] for text, found in known.items() if found[0] == spans[text]}
    fresh = [text for text in spans if text not in vectors]
    if fresh:
        encoded = report.timed("encoding", lambda: encoder.encode(fresh, [spans[text] for text in fresh]))
        vectors |= dict(zip(fresh, zip(*encoded, strict=True), strict=True))
    fingerprint = iter(report.timed("finding duplicates", fingerprints.result))
    rows = [
        (a, [EmbeddedPassage(p, *vectors[a.text[p.start : p.end]], next(fingerprint)) for p in passages])
        for a, passages in zip(articles, split, strict=True)
    ]
    return rows, len(fresh)


def _fingerprints(articles: Sequence[Article], split: Sequence[Sequence[Passage]]) -> list[Fingerprint]:
    """Return the fingerprints of all passages, one after the other."""
    return list(
        duplicates.fingerprints(
            (a.text, [((p.start, p.end), p.sentences) for p in passages])
            for a, passages in zip(articles, split, strict=True)
        )
    )


class Embedder:
    """Embed the articles that are new, as a worker that has no store but perhaps a sink."""

    def __init__(self, encoder: Encoder, known: ContentHashes, sink: Sink | None):
        """Prepare to embed.

        Args:
            encoder: what encodes the articles.
            known: content hashes of the articles that need no encoding.
            sink: where to put embedded articles; None to return them.
        """
        self._encoder, self._known, self._sink = encoder, known, sink
        self._executor = ThreadPoolExecutor(1, "fingerprints")

    def embed(self, items: Sequence[Article | Skipped]) -> list[Item]:
        """Embed the articles that are not known, and put them into the sink, if there is one.

        Returns:
            All items, in order; with the passages of the articles embedded, unless they were put into the sink.
        """
        fresh = {i.content_hash: i for i in items if isinstance(i, Article) and not contains(self._known, i)}
        rows, _ = embed_articles(list(fresh.values()), self._encoder, Report(), self._executor)
        if self._sink:
            self._sink.put(rows)
        passages = {} if self._sink else {article.content_hash: own for article, own in rows}
        return [(i, passages.get(i.content_hash) if isinstance(i, Article) else None) for i in items]


def sorted_hashes(hashes: Iterable[str]) -> ContentHashes:
    """Return content hashes as a sorted array, (n,), which is what workers are sent."""
    return np.unique(np.array([content_hash[:HASH_DIGITS] for content_hash in hashes], _HASH_TYPE))


def contains(known: ContentHashes, article: Article) -> bool:
    """Whether an article's content hash is among those from `sorted_hashes`, also under an id that an index gave it."""
    for article_id in likely_ids(article):
        content_hash = np.array(replace(article, id=article_id).content_hash[:HASH_DIGITS], _HASH_TYPE)
        row = int(np.searchsorted(known, content_hash))
        if row < len(known) and bool(known[row] == content_hash):
            return True
    return False
