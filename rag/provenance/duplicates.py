"""Texts that are one text: copies of articles and of passages, and sentences that articles share word for word.

After passages on the way of the data, before the store that keeps what is found here. Copies are found by MinHash
(Broder 1997, "On the resemblance and containment of documents"): texts whose signatures agree in a band, two numbers
beside each other, are candidates, and candidates are compared by their words. Each text is compared with few others
whatever the number of texts, so the work grows with the corpus and not with its square.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import regex

# Two texts are duplicates where they share this much of the shorter one's shingles, runs of SHINGLE_WORDS words
# (docs/measurements.md, "Copies").
MIN_OVERLAP = 0.7
SHINGLE_WORDS = 5
# In 32 bands of two numbers, which `_buckets` reads as one of 64 bits: they meet for 98 of 100 pairs that share 35% of
# all their runs, and for 8 of 100 that share 5%.
PERMUTATIONS = 64
ALIKE = 0.15  # share of equal numbers in two signatures below which their texts are not compared by words
LEADERS = 8  # texts of one bucket, each unlike the others, with which a further one is compared
MIN_WORDS = 20  # fewer words are alike by chance: a caption, a credit
SENTENCE_WORDS = 8  # likewise for a sentence

Signatures = npt.NDArray[np.uint32]
Shingles = frozenset[tuple[str, ...]]
Span = tuple[int, int]

_OPEN, _BEGINS = "“«„‟", "\"'‘"
_WORD = regex.compile(r"\w+")
_MARKS = regex.compile(r"[“«„‟”»\"\n]")
EMPTY_HASH = np.iinfo(np.uint32).max  # what the signature of a text without words is made of


def shingles(text: str) -> Shingles:
    """The runs of SHINGLE_WORDS words in a text, without letter case and punctuation; of a shorter text, the whole."""
    words = _words(text)
    return frozenset(tuple(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1)))


def overlap(a: Shingles, b: Shingles) -> float:
    """Share of the shorter text's runs that stand in the other too, 0 to 1."""
    return len(a & b) / max(1, min(len(a), len(b)))


def signatures(texts: Iterable[str]) -> Signatures:
    """MinHash signatures, (n, PERMUTATIONS); that of a text with fewer than MIN_WORDS words says nothing.

    The signature of several texts together is the least of theirs, number by number.
    """
    from datasketch import MinHash  # a quarter of a second, which a question need not wait for

    batches = ([" ".join(run).encode() for run in shingles(t)] if len(_words(t)) >= MIN_WORDS else [] for t in texts)
    rows = [m.hashvalues for m in MinHash.bulk(batches, num_perm=PERMUTATIONS, seed=1, scheme="affine32")]
    return np.array(rows, np.uint32).reshape(-1, PERMUTATIONS)


@dataclass(frozen=True)
class Fingerprint:
    """What the copies of a passage are found by: its MinHash signature, and the keys of its sentences."""

    signature: npt.NDArray[np.uint32]
    sentences: tuple[int, ...]


def fingerprints(texts: Iterable[tuple[str, Sequence[tuple[Span, Sequence[Span]]]]]) -> Iterator[Fingerprint]:
    """The marks of the passages of some texts, one after the other.

    Args:
        texts: each text with the spans of its passages, and those of each passage's sentences.
    """
    texts = list(texts)
    signed = iter(signatures(text[start:end] for text, own in texts for (start, end), _ in own))
    for text, own in texts:
        keys = iter(sentence_keys(text, [span for _, sentences in own for span in sentences]))
        for _, sentences in own:
            yield Fingerprint(next(signed), tuple(key for key in islice(keys, len(sentences)) if key is not None))


def groups(signatures: Signatures, known: npt.NDArray[np.int64], text: Callable[[int], str]) -> npt.NDArray[np.int64]:
    """The group of each text: the row of the first text that it is one with, its own where there is none, (n,).

    Args:
        signatures: a row for each text.
        known: a number for the group of each text as found before, -1 for a new text. Two old texts are not compared
            again.
        text: the words of a row's text.
    """
    _, first, group = np.unique(known, return_index=True, return_inverse=True)
    parent: list[int] = np.where(known < 0, np.arange(len(known)), first[group]).tolist()
    words: Callable[[int], Shingles] = functools.lru_cache(4096)(lambda row: shingles(text(row)))
    tried: set[tuple[int, int]] = set()

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    def alike(a: int, b: int) -> bool:
        if (a, b) in tried or (known[a] >= 0 and known[b] >= 0):
            return False
        tried.add((a, b))
        near = np.count_nonzero(signatures[a] == signatures[b]) >= ALIKE * PERMUTATIONS
        return bool(near) and overlap(words(a), words(b)) >= MIN_OVERLAP

    for bucket in _buckets(signatures, known < 0):
        leaders: list[int] = []
        for row in bucket:
            if root(row) in map(root, leaders):
                continue
            copied = next((leader for leader in leaders if alike(leader, row)), None)
            if copied is not None:
                low, high = sorted((root(copied), root(row)))
                parent[high] = low
            elif len(leaders) < LEADERS:
                leaders.append(row)
    return np.array([root(row) for row in range(len(parent))], np.int64)


def _buckets(signatures: Signatures, fresh: npt.NDArray[np.bool_]) -> Iterator[list[int]]:
    """Rows whose signatures agree in a band, in order; only where one of them is fresh."""
    told = np.flatnonzero((signatures != EMPTY_HASH).any(axis=1))
    bands = np.ascontiguousarray(signatures[told]).view(np.uint64)
    for band in bands.T if fresh[told].any() else ():
        wanted = np.unique(band[fresh[told]])
        likely = np.zeros(1 << 16, bool)  # by the last 16 bits, which is fast and rules nearly all out
        likely[wanted.astype(np.uint16)] = True
        near = np.flatnonzero(likely[band.astype(np.uint16)])
        near = near[wanted[np.searchsorted(wanted[:-1], band[near])] == band[near]]
        order = near[np.argsort(band[near], kind="stable")]
        edges = np.concatenate([[0], np.flatnonzero(np.diff(band[order])) + 1, [len(order)]])
        for i in np.flatnonzero(np.diff(edges) > 1):
            bucket: list[int] = told[order[edges[i] : edges[i + 1]]].tolist()
            yield bucket


def sentence_keys(text: str, spans: Sequence[tuple[int, int]]) -> list[int | None]:
    """A 64-bit key for each sentence that can show where a text comes from: equal words, equal key.

    None stands for sentences of fewer than SENTENCE_WORDS words, and for what somebody is quoted as saying: two
    reporters who heard the same speech are two sources. `spans` are the text's sentences, in order.
    """
    keys: list[int | None] = []
    for (start, end), quoted in zip(spans, _quoted(text, spans), strict=True):
        words = [] if quoted else _words(text[start:end])
        key = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
        keys.append(int.from_bytes(key, "little", signed=True) if len(words) >= SENTENCE_WORDS else None)
    return keys


def _quoted(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[bool]:
    """Whether each sentence begins with a quotation, or inside one, which ends at its mark or with its paragraph."""
    marks = ((m.start(), m.group()) for m in _MARKS.finditer(text))
    at, mark = next(marks, (len(text), ""))
    inside = False
    for start, _ in spans:
        while at < start:
            inside = not inside if mark == '"' else mark in _OPEN
            at, mark = next(marks, (len(text), ""))
        yield inside or text[start] in _OPEN + _BEGINS


def _words(text: str) -> list[str]:
    found: list[str] = _WORD.findall(text.lower())
    return found
