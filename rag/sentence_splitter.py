"""Split a text between paragraphs, sentences and words into pieces of limited tokens.

Nothing is stripped, added or overlapped on the way: the pieces laid end to end are the text itself, so that spans come
from counting and never from searching for the words again. `rag.passage` makes passages of the pieces. Words are joined
as LangChain's text splitters do, which take a quarter of a second to load, a sixth of what adding an article may take.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, groupby, pairwise

import regex
import sentencex

# A text longer than one piece is split into pieces of similar length, up to this much longer than an even share.
MAX_SHARE = 1.15

_LINE = regex.compile(r"[^\n]*\n?")
_PARAGRAPH = regex.compile(r"\n\s*\n")
_BEFORE_SPACE = re.compile("(?= )")

Span = tuple[int, int]
CountTokens = Callable[[Sequence[str]], list[int]]  # number of tokens in each of several texts


def sentence_spans(text: str) -> list[Span]:
    """Return the spans of the sentences of `text`, in order, without the white space between them.

    A line break ends a sentence too.
    """
    spans = []
    for line in _LINE.finditer(text):
        for found in sentencex.get_sentence_boundaries("en", line.group()):
            start, end = line.start() + found["start_index"], line.start() + found["end_index"]
            span = trim_span(text, start, end)
            if span:
                spans.append(span)
    return spans


def trim_span(text: str, start: int, end: int) -> Span | None:
    """Return a span of `text` without the white space at its edges, or None if there is nothing else in it."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return (start + left, start + right) if right > left else None


class SentenceSplitter:
    """Split texts into whole paragraphs where they fit, else whole sentences, and endless sentences between words."""

    def __init__(self, max_tokens: int, count: CountTokens):
        """Take how long pieces may be.

        Args:
            max_tokens: tokens that a piece may have.
            count: number of tokens in each of several texts, special tokens not counted.
        """
        self._max_tokens, self._count = max_tokens, count

    def split_text(self, text: str) -> list[str]:
        """Return pieces of at most `max_tokens` tokens; laid end to end they are `text`."""
        lengths = _TokenLengths(self._count)
        paragraphs = _tiles(text, [m.end() for m in _PARAGRAPH.finditer(text)])
        sentences = [_tiles(paragraph, [start for start, _ in sentence_spans(paragraph)]) for paragraph in paragraphs]
        lengths.learn([sentence for own in sentences for sentence in own])
        words = _WordSplitter(self._even(sum(lengths(sentence) for own in sentences for sentence in own)), lengths)
        units: list[str] = []
        for paragraph, own in zip(paragraphs, sentences, strict=True):
            lengths.known[paragraph] = sum(map(lengths, own))
            units += [paragraph] if words.fits(paragraph) else own
        pieces = words.merge([piece for unit in units for piece in words.split_text(unit)])
        lengths.known.clear()
        lengths.learn(pieces)  # a whole can have more tokens than its parts together: count again
        return [short for piece in pieces for short in words.split_text(piece)]

    def _even(self, tokens: int) -> int:
        """Return the size at which a text of so many tokens is split into pieces of similar length, without a scrap."""
        pieces = math.ceil(tokens / self._max_tokens)
        return min(self._max_tokens, math.ceil(MAX_SHARE * tokens / pieces)) if pieces else self._max_tokens


class _WordSplitter:
    """Split between words, and inside a word that is too long by itself."""

    def __init__(self, max_tokens: int, length: Callable[[str], int]):
        self._max_tokens, self._length = max_tokens, length

    def fits(self, text: str) -> bool:
        """Return whether `text` is one piece."""
        return self._length(text) <= self._max_tokens

    def split_text(self, text: str) -> list[str]:
        """Return pieces that fit; laid end to end they are `text`."""
        if self.fits(text) or len(text) == 1:
            return [text]
        pieces = self._between_words(text) if " " in text else self._joined(text)
        if len(pieces) == 1:  # its parts fit by themselves, but not together
            pieces = [text[: len(text) // 2], text[len(text) // 2 :]]
        return [short for piece in pieces for short in self.split_text(piece)]

    def merge(self, units: Iterable[str]) -> list[str]:
        """Return adjacent units joined as long as they fit, by the sum of their lengths."""
        pieces, joined, total = list[str](), list[str](), 0
        for unit in units:
            length = self._length(unit)
            if joined and total + length > self._max_tokens:
                pieces.append("".join(joined))
                joined, total = [], 0
            joined.append(unit)
            total += length
        return [*pieces, "".join(joined)] if joined else pieces

    def _between_words(self, text: str) -> list[str]:
        words = [word for word in _BEFORE_SPACE.split(text) if word]
        return [
            piece
            for is_short, group in groupby(words, self._is_short)
            for piece in (self.merge(group) if is_short else chain.from_iterable(map(self._joined, group)))
        ]

    def _joined(self, word: str) -> list[str]:
        """Return the letters of a word, joined as long as they fit."""
        return [
            piece
            for is_short, group in groupby(word, self._is_short)
            for piece in (self.merge(group) if is_short else group)
        ]

    def _is_short(self, unit: str) -> bool:
        return self._length(unit) < self._max_tokens


class _TokenLengths:
    """The number of tokens of texts, counted once and many at a time.

    Attributes:
        known: text -> number of tokens.
    """

    def __init__(self, count: CountTokens):
        self.known: dict[str, int] = {}
        self._count = count

    def learn(self, texts: list[str]) -> None:
        """Count the tokens of several texts."""
        # White space has no tokens; without a length it could be joined without end.
        self.known.update((text, max(1, n)) for text, n in zip(texts, self._count(texts), strict=True))

    def __call__(self, text: str) -> int:
        if text not in self.known:
            self.learn([text])
        return self.known[text]


def _tiles(text: str, cuts: Iterable[int]) -> list[str]:
    """Return `text` cut at the given offsets; laid end to end the parts are the text."""
    edges = sorted({0, len(text), *cuts})
    return [text[a:b] for a, b in pairwise(edges)]
