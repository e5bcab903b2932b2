"""Passage: a span of an article's text that ends where sentences end. Article -> Passages.

langchain-text-splitters merges sentences into pieces. Nothing is stripped, added or overlapped on the way, so the
pieces laid end to end are the text itself, and spans come from counting, never from searching for the words again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from rag.article import Article
from rag.errors import EncoderError

# Tokens in a passage; measured on the seed questions and on TIME (docs/measurements.md, "Passages").
PASSAGE_TOKENS = 160
# A text longer than that falls into pieces of like length, up to this much longer than an even share.
EVEN = 1.15

_LINE = regex.compile(r"[^\n]*\n?")
_PARAGRAPH = regex.compile(r"\n\s*\n")
Count = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True)
class Passage:
    """Characters `start` to `end` of the text of article `article_id`, with no white space at either edge.

    `sentences` are the spans of its sentences, in the article's text too.
    """

    article_id: str
    start: int
    end: int
    sentences: tuple[tuple[int, int], ...] = ()


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of `text`, in order, without the white space between them. A line break ends one too."""
    import sentencex

    spans = []
    for line in _LINE.finditer(text):
        for found in sentencex.get_sentence_boundaries("en", line.group()):
            start, end = line.start() + found["start_index"], line.start() + found["end_index"]
            span = _trim(text, start, end)
            if span:
                spans.append(span)
    return spans


def split(articles: Iterable[Article], count: Count, max_tokens: int) -> list[list[Passage]]:
    """The passages of each article, in order; together they hold every character but the white space between them.

    Args:
        articles: what to split.
        count: number of tokens in each of several texts, special tokens left out.
        max_tokens: the most that the encoder reads at once, special tokens left out. No passage has more.

    Raises EncoderError where the encoder reads too few tokens for any passage.
    """
    if max_tokens < 16:
        raise EncoderError(f"the encoder reads only {max_tokens} tokens at once; take one that reads 16 or more")
    splitter = SentenceSplitter(min(PASSAGE_TOKENS, max_tokens), count)
    return [_passages(article, splitter) for article in articles]


class SentenceSplitter:
    """Whole paragraphs to a piece while they fit, whole sentences of those that do not, words of endless sentences."""

    def __init__(self, size: int, count: Count):
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        self._size = size
        self._count = count
        self._known: dict[str, int] = {}
        self._words = RecursiveCharacterTextSplitter(
            separators=[" ", ""], chunk_size=size, chunk_overlap=0, keep_separator=True, strip_whitespace=False,
            length_function=self._length,
        )  # fmt: skip

    def split_text(self, text: str) -> list[str]:
        """Pieces of at most `size` tokens; laid end to end they are `text`."""
        paragraphs = _tiles(text, [m.end() for m in _PARAGRAPH.finditer(text)])
        parts = [_tiles(paragraph, [start for start, _ in sentences(paragraph)]) for paragraph in paragraphs]
        self._learn([part for own in parts for part in own])
        self._words._chunk_size = self._even(sum(self._length(part) for own in parts for part in own))
        units: list[str] = []
        for paragraph, own in zip(paragraphs, parts, strict=True):
            self._known[paragraph] = sum(map(self._length, own))
            units += [paragraph] if self._length(paragraph) <= self._words._chunk_size else own
        pieces = self._words._merge_splits([w for unit in units for w in self._short_enough(unit)], "")
        self._known.clear()
        self._learn(pieces)  # tokens of a whole can be more than those of its parts together: count again
        return [w for piece in pieces for w in self._short_enough(piece)]

    def _even(self, tokens: int) -> int:
        """The size at which a text of so many tokens falls into pieces of like length, rather than leave a scrap."""
        pieces = math.ceil(tokens / self._size)
        return min(self._size, math.ceil(EVEN * tokens / pieces)) if pieces else self._size

    def _short_enough(self, text: str) -> list[str]:
        """`text` in pieces of at most the chunk size: between words, and inside a word that is longer by itself."""
        if self._length(text) <= self._words._chunk_size or len(text) == 1:
            return [text]
        pieces = self._words.split_text(text)
        if len(pieces) == 1:  # its parts are short enough by themselves and not together
            pieces = [text[: len(text) // 2], text[len(text) // 2 :]]
        return [short for piece in pieces for short in self._short_enough(piece)]

    def _learn(self, texts: list[str]) -> None:
        # White space has no tokens; as a unit without length it would be carried over into the next piece as well.
        self._known.update((text, max(1, n)) for text, n in zip(texts, self._count(texts), strict=True))

    def _length(self, text: str) -> int:
        if not text:  # what joins two units
            return 0
        if text not in self._known:
            self._learn([text])
        return self._known[text]


def _passages(article: Article, splitter: SentenceSplitter) -> list[Passage]:
    text, passages, at = article.text, [], 0
    for piece in splitter.split_text(text):
        span = _trim(text, at, at + len(piece))
        at += len(piece)
        if span:
            start, end = span
            inside = tuple((start + a, start + b) for a, b in sentences(text[start:end]))
            passages.append(Passage(article.id, start, end, inside))
    if at != len(text):
        raise AssertionError(f"the pieces of article {article.id} do not make its text")
    return passages


def _tiles(text: str, cuts: Iterable[int]) -> list[str]:
    """`text` cut at the given offsets; laid end to end the parts are the text."""
    edges = sorted({0, len(text), *cuts})
    return [text[a:b] for a, b in pairwise(edges)]


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return (start + left, start + right) if right > left else None
