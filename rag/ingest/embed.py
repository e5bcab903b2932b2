"""Articles -> what a store is given: passages, their vectors, and what their copies are found by.

The costly half of building, and the one that can be done anywhere: in this process, or by the workers of a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor

from rag import passage
from rag.article import Article
from rag.ingest.report import Report
from rag.models.encoder import Encoder
from rag.passage import Passage
from rag.provenance import duplicates as copies
from rag.provenance.duplicates import Fingerprint
from rag.stores.base import EmbeddedPassage, Encoded

Rows = list[tuple[Article, list[EmbeddedPassage]]]


def make(
    articles: Sequence[Article],
    encoder: Encoder,
    report: Report,
    beside: Executor,
    stored: Callable[[Sequence[str]], Mapping[str, Encoded]] | None = None,
) -> tuple[Rows, int]:
    """The articles with their passages, and how many different texts were encoded.

    Args:
        articles: what to split and encode.
        encoder: what encodes it.
        report: where the seconds of each stage are added.
        beside: where copies are prepared, beside the encoding.
        stored: gives what is known already of some texts, which are not encoded again.
    """
    split = report.timed("splitting", lambda: passage.split(articles, encoder.count, encoder.max_tokens))
    marks = beside.submit(_marks, articles, split)
    spans = {
        a.text[p.start : p.end]: tuple((start - p.start, end - p.start) for start, end in p.sentences)
        for a, own in zip(articles, split, strict=True)
        for p in own
    }
    known = report.timed("storing", lambda: stored(list(spans))) if stored else {}
    vectors = {text: found[1:] for text, found in known.items() if found[0] == spans[text]}
    fresh = [text for text in spans if text not in vectors]
    if fresh:
        encoded = report.timed("encoding", lambda: encoder.encode(fresh, [spans[text] for text in fresh]))
        vectors |= dict(zip(fresh, zip(*encoded, strict=True), strict=True))
    marked = iter(report.timed("finding copies", marks.result))
    rows = [
        (a, [EmbeddedPassage(p, *vectors[a.text[p.start : p.end]], next(marked)) for p in own])
        for a, own in zip(articles, split, strict=True)
    ]
    return rows, len(fresh)


def _marks(articles: Sequence[Article], split: Sequence[Sequence[Passage]]) -> list[Fingerprint]:
    """What the copies of the passages of articles are found by."""
    return list(
        copies.fingerprints(
            (a.text, [((p.start, p.end), p.sentences) for p in own]) for a, own in zip(articles, split, strict=True)
        )
    )
