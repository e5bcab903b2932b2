"""Passage: a span of an article's text that ends where a sentence ends. Article -> Passages.

Passages are what is encoded, searched and quoted. `rag.sentence_splitter` splits the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.article import Article
from rag.errors import EncoderError

if TYPE_CHECKING:
    from rag.sentence_splitter import SentenceSplitter

# Tokens in a passage; measured on the seed questions and on TIME (docs/measurements/retrieval.md, "Passage length").
PASSAGE_TOKENS = 160
MIN_ENCODER_TOKENS = 16  # of an encoder that reads fewer at once, no passage would make sense


@dataclass(frozen=True)
class Passage:
    """Characters `start` to `end` of an article's text, with no white space at either edge.

    Attributes:
        article_id: id of the article.
        start: where it begins in the article's text.
        end: where it ends.
        sentences: the spans of its sentences, in the article's text too.
    """

    article_id: str
    start: int
    end: int
    sentences: tuple[tuple[int, int], ...] = ()


def split_articles(
    articles: Iterable[Article], count: Callable[[Sequence[str]], list[int]], max_tokens: int
) -> list[list[Passage]]:
    """Split articles into passages.

    Args:
        articles: what to split.
        count: number of tokens in each of several texts, special tokens not counted.
        max_tokens: the most that the encoder reads at once, special tokens not counted. No passage has more.

    Returns:
        The passages of each article, in order; together they have every character but the white space between them.

    Raises:
        EncoderError: if the encoder reads fewer than MIN_ENCODER_TOKENS tokens at once.
    """
    from rag.sentence_splitter import SentenceSplitter  # here, as no question needs it

    if max_tokens < MIN_ENCODER_TOKENS:
        raise EncoderError(
            f"the encoder reads only {max_tokens} tokens at once; take one that reads {MIN_ENCODER_TOKENS} or more"
        )
    splitter = SentenceSplitter(min(PASSAGE_TOKENS, max_tokens), count)
    return [_passages(article, splitter) for article in articles]


def _passages(article: Article, splitter: SentenceSplitter) -> list[Passage]:
    from rag.sentence_splitter import sentence_spans, trim_span

    text, passages, at = article.text, [], 0
    for piece in splitter.split_text(text):
        span = trim_span(text, at, at + len(piece))
        at += len(piece)
        if span:
            start, end = span
            sentences = tuple((start + a, start + b) for a, b in sentence_spans(text[start:end]))
            passages.append(Passage(article.id, start, end, sentences))
    if at != len(text):
        raise AssertionError(f"the pieces of article {article.id} do not make its text")
    return passages
