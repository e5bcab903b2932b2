"""Compare a citation with other articles that have its words, or nearly: which print them, and what others changed.

An article is named as a copy only if it has the quoted sentences word for word (letter case, punctuation and white
space apart). A near-copy whose words differ, in those sentences or in the rest of the passage, has a Variant for each
run of sentences that differ. docs/provenance.md describes this for readers.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import regex

from rag.article import Article
from rag.provenance import duplicates
from rag.provenance.differences import Difference, difference, signed_words, words

if TYPE_CHECKING:
    from rag.answer.citation import Citation

# An article that has this share of a passage's shingles is a near-copy of it; between 0.4 and 0.6 there is none
# (docs/measurements/duplicates.md, "Near-duplicates").
MIN_NEAR_COPY = 0.5
# A sentence may be a version of another one if they have this share of their words in common.
MIN_RESEMBLANCE = 0.3
MAX_ADDED = 3  # sentences that a near-copy may add to a passage
MAX_SENTENCES = 300  # of a near-copy that are looked at if none is in the passage word for word
MAX_CACHED_TEXTS = 1024
FRAMED_WORDS = 8  # by which either end of a passage is found in a text
FRAMED_BEFORE = 40  # characters before a passage that are looked at

Span = tuple[int, int]
Split = tuple[Article, Sequence[Span]]  # an article and the spans of its sentences

_DATELINE = regex.compile(
    r"\W*(?:\p{Lu}[\w.'’]*[ ,/]*){1,5}(?:\d{1,2}[ ,]*)?(?:\([^)\n]{1,40}\)\s*)?(?:--?|[–—])\s+|"
    r"\W*\(\p{Lu}[^)\n]{1,40}\)\s*"
)
# What shows that a sentence began before a passage, or goes on after it; titles, names and datelines do not.
_INSIDE_BEFORE = regex.compile(r"(?<![\p{L}\p{N}])[\p{Ll}\p{Lo}][\p{L}\p{M}'’]*,?[^\S\n]+$")
_INSIDE_AFTER = regex.compile(r",?[^\S\n]+[\p{Ll}\p{Lo}]")
_ENDED = regex.compile(r"[.!?…؟][\s\"'”’»)\]]*$")
_DIGIT = regex.compile(r"\d")
_SENTENCE = regex.compile(r".{20,}[.!?…؟。][\s\"'”’»)\]]*", regex.S)


@dataclass(frozen=True)
class Variant:
    """A run of sentences in which a near-copy of a passage has other words.

    Attributes:
        article_id: the article with the other words.
        outlet, host, date: as in `Article`.
        start, end: span of its sentences in its own text; empty where it leaves the passage's out.
        text: these sentences, word for word.
        replaces: (start, end) of the passage's sentences in the cited article's text; empty where the near-copy adds.
        difference: "number", "negation", "name" or "other" (see `rag.provenance.differences.difference`).
        in_quotation: whether the quoted sentences are among those that differ.
    """

    article_id: str
    outlet: str | None
    host: str | None
    date: dt.date | None
    start: int
    end: int
    text: str
    replaces: Span
    difference: Difference
    in_quotation: bool


def print_words(quoted: str, text: str) -> bool:
    """Return whether a text has some words one after the other; letter case, punctuation, white space do not count.

    The signs of figures count: "$5" and "5%" are not "€5" and "5".
    """
    if f" {' '.join(words(quoted))} " not in _flat(text):
        return False
    return not _DIGIT.search(quoted) or f" {' '.join(signed_words(quoted))} " in _signed(text)


def is_near_copy(passage: str, text: str) -> bool:
    """Return whether a text has most of a passage's runs of words."""
    if print_words(passage, text):
        return True
    own, other = _shingles(passage), _shingles(text)
    if len(own & other) >= MIN_NEAR_COPY * len(own):
        return True
    return len(other) < len(own) and duplicates.overlap(own, other) >= duplicates.MIN_OVERLAP  # an excerpt


def find_variants(cited: Citation, split: Split, other: Split) -> Iterator[Variant]:
    """Yield where a near-copy of a citation's passage has other words, in the order of the passage.

    Args:
        cited: the citation.
        split: its article, with the spans of all its sentences.
        other: the near-copy, likewise.
    """
    article, spans = other
    if print_words(cited.text, article.text) and not _is_framed(cited.text, article.text):
        return
    text, own = split[0].text, split[1]
    first = next((i for i, span in enumerate(own) if span[0] >= cited.start), 0)
    last = next((i for i, span in enumerate(own) if span[1] > cited.end), len(own))
    versions = [article.text[a:b] for a, b in spans]
    for a, b, c, d in _passage_runs([text[i:j] for i, j in own], first, last, versions):
        replaced = (own[a][0], own[b - 1][1]) if a < b else (own[a - 1][1],) * 2
        place = (spans[c][0], spans[d - 1][1]) if c < d else ((spans[c - 1][1] if c else 0),) * 2
        old, new = text[slice(*replaced)], article.text[slice(*place)]
        kind = difference(_undated(old), _undated(new), f"{text}\n{article.text}")
        caption = (a == b or c == d) and not _SENTENCE.search(old + new)  # such as "Advertisement"
        if kind and not caption:
            quoted = replaced[0] < cited.quote[1] and cited.quote[0] < replaced[1]
            yield Variant(article.id, article.outlet, article.host, article.date, *place, new, replaced, kind, quoted)


def in_order(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """Return variants as they are shown: those of the quoted sentences first, then by date, undated ones last."""
    return tuple(
        sorted(
            variants, key=lambda v: (not v.in_quotation, v.date is None, v.date or dt.date.max, v.article_id, v.start)
        )
    )


def _is_framed(passage: str, text: str) -> bool:
    """Return whether a text that prints a passage begins or ends it inside a sentence: "It is untrue that ..."."""
    own = words(passage)
    first, last = (r"[\W_]+".join(map(regex.escape, run)) for run in (own[:FRAMED_WORDS], own[-FRAMED_WORDS:]))
    begun = [m.start() for m in regex.finditer(rf"(?<!\w){first}(?!\w)", text, regex.I)]
    ended = [m.end() for m in regex.finditer(rf"(?<!\w){last}(?!\w)", text, regex.I)]
    if begun and all(_INSIDE_BEFORE.search(text[max(0, at - FRAMED_BEFORE) : at]) for at in begun):
        return True
    return bool(ended and _ENDED.search(passage)) and all(_INSIDE_AFTER.match(text, at) for at in ended)


def _passage_runs(
    own: Sequence[str], first: int, last: int, other: Sequence[str]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield (a, b, c, d) where own[a:b] has other[c:d] in its place, of the sentences own[first:last].

    The sentences before and after these show whether one is left out, or only where the other text begins or ends.
    """
    begin, end = max(0, first - 1), min(len(own), last + 1)
    runs = [(begin + a, begin + b, c, d) for a, b, c, d in _runs(own[begin:end], other)]
    if any(a < first < b or a < last < b for a, b, _, _ in runs):  # a change that goes beyond the passage
        begin, end = first, last
        runs = [(begin + a, begin + b, c, d) for a, b, c, d in _runs(own[begin:end], other)]
    for a, b, c, d in runs:
        outside = b <= first or a >= last
        cut = c == d and (a == begin or b == end)
        if not outside and not cut:
            yield a, b, c, d


def _runs(own: Sequence[str], other: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield (a, b, c, d) where own[a:b] has other[c:d] in its place; all other sentences are word for word the same."""
    left, right = [_signed(text) for text in own], [_signed(text) for text in other]
    same = SequenceMatcher(None, left, right, autojunk=False).find_longest_match()
    # What is further away than the passage is long is no version of it, though the text may repeat a sentence there.
    first = max(0, same.b - same.a - MAX_ADDED) if same.size else 0
    last = same.b + len(own) - same.a + MAX_ADDED if same.size else MAX_SENTENCES
    right = right[first:last]
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        begins, ends = a == 0, b == len(own)
        if tag == "equal" or (tag == "insert" and (begins or ends)):
            continue  # an addition at either end is before or after the passage
        if tag == "replace" and (begins or ends):
            c, d = _versions(left[a:b], right, c, d, begins, ends)
            a, b = _kept(left, a, b, right[c:d], begins and first + c == 0, ends and first + d == len(other))
        yield a, b, first + c, first + d


def _versions(own: Sequence[str], other: Sequence[str], c: int, d: int, begins: bool, ends: bool) -> tuple[int, int]:
    """Return the part of other[c:d] that has versions of sentences which begin or end the passage, or are all of it.

    What precedes or follows the passage in the other article is no version of it.
    """
    alike = ((max(range(c, d), key=lambda j: _resemblance(text, other[j])), text) for text in own)
    found = sorted(j for j, text in alike if _resemblance(text, other[j]) >= MIN_RESEMBLANCE)
    if not found:
        return (d, d) if begins and not ends else (c, c)
    return found[0] if begins else c, found[-1] + 1 if ends else d


def _kept(own: Sequence[str], a: int, b: int, other: Sequence[str], begins: bool, ends: bool) -> tuple[int, int]:
    """Return the part of own[a:b] that has versions in an excerpt, which begins or ends where the passage does not."""
    alike = [j for j in range(a, b) if any(_resemblance(own[j], text) >= MIN_RESEMBLANCE for text in other)]
    if not alike:
        return a, b
    return alike[0] if begins else a, alike[-1] + 1 if ends else b


def _resemblance(one: str, other: str) -> float:
    """Return the share of words that two sentences have in common, of all that they have."""
    a, b = set(one.split()), set(other.split())
    return len(a & b) / max(1, len(a | b))


def _undated(text: str) -> str:
    """Return a text without its dateline, "TARN (Wire) - ", which each outlet prints in its own way."""
    found = _DATELINE.match(text)
    return text[found.end() :] if found else text


@functools.lru_cache(MAX_CACHED_TEXTS)
def _flat(text: str) -> str:
    return f" {' '.join(words(text))} "


@functools.lru_cache(MAX_CACHED_TEXTS)
def _signed(text: str) -> str:
    return f" {' '.join(signed_words(text))} "


@functools.lru_cache(MAX_CACHED_TEXTS)
def _shingles(text: str) -> duplicates.Shingles:
    return duplicates.shingles(text)
