"""Detect duplicate articles and passages, and sentences that articles share word for word.

A build runs this after passages are split; the store keeps what it finds. Duplicates are found by MinHash (Broder 1997,
"On the resemblance and containment of documents"): texts whose signatures agree in a band, two numbers next to each
other, are candidates, and candidates are compared by their words. Each text is compared with few others whatever the
number of texts, so the work grows with the corpus and not with its square.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import regex

from rag.provenance.differences import words
from rag.provenance.disjoint_sets import DisjointSets

# Two texts are duplicates if they share this much of the shorter one's shingles (docs/measurements/duplicates.md).
MIN_OVERLAP = 0.7
SHINGLE_WORDS = 5  # a shingle is a run of so many words
# In 32 bands of two numbers, which `_buckets` reads as one of 64 bits: they meet for 98 of 100 pairs that share 35% of
# all their shingles, and for 8 of 100 that share 5%.
PERMUTATIONS = 64
# Share of equal numbers in two signatures below which their texts are not compared by words.
MIN_SIGNATURE_AGREEMENT = 0.15
MAX_LEADERS = 8  # texts of one bucket, each unlike the others, with which another one is compared
MIN_WORDS = 20  # fewer words are alike by chance: a caption, a credit
MIN_SENTENCE_WORDS = 8  # likewise for a sentence

Signatures = npt.NDArray[np.uint32]
Shingles = frozenset[tuple[str, ...]]
Span = tuple[int, int]

_OPENING, _AMBIGUOUS = "“«„‟", "\"'‘"
_QUOTATION_MARKS = regex.compile(r"[“«„‟”»\"\n]")
# How MurmurHash3 mixes the bits of a hash at its end (Appleby 2011).
_MIXING = ((np.uint32(16), np.uint32(0x85EBCA6B)), (np.uint32(13), np.uint32(0xC2B2AE35)))
_LAST_SHIFT = np.uint32(16)
EMPTY_HASH = np.iinfo(np.uint32).max  # each number of the signature of a text without words


def shingles(text: str) -> Shingles:
    """Return the shingles of a text, without letter case and punctuation; of a shorter text, the whole."""
    own = words(text)
    if len(own) < SHINGLE_WORDS:
        return frozenset((tuple(own),))
    return frozenset(zip(*(own[i:] for i in range(SHINGLE_WORDS)), strict=False))  # twice as fast as slices


def overlap(a: Shingles, b: Shingles) -> float:
    """Return the share of the shorter text's shingles that the other one has too, 0 to 1."""
    return len(a & b) / max(1, min(len(a), len(b)))


def signatures(texts: Iterable[str]) -> Signatures:
    """Return MinHash signatures, (n, PERMUTATIONS); a text with fewer than MIN_WORDS words has EMPTY_HASH throughout.

    The signature of several texts together is the minimum of theirs, number by number.
    """
    return np.array([_signature(text) for text in texts], np.uint32).reshape(-1, PERMUTATIONS)


def _signature(text: str) -> npt.NDArray[np.uint32]:
    """Return the signature of a text as datasketch 2 has it (scheme "affine32", seed 1), which takes 0.3 s to load."""
    if len(words(text)) < MIN_WORDS:
        return np.full(PERMUTATIONS, EMPTY_HASH)
    own = b"".join(hashlib.sha1(" ".join(run).encode(), usedforsecurity=False).digest()[:4] for run in shingles(text))
    hashes = np.frombuffer(own, "<u4").astype(np.uint32)[:, None]
    for shift, factor in _MIXING:
        hashes = (hashes ^ (hashes >> shift)) * factor
    factors, summands = _permutations()
    return np.asarray(((hashes ^ (hashes >> _LAST_SHIFT)) * factors + summands).min(axis=0), np.uint32)


@functools.cache
def _permutations() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the factors, which are odd, and the summands of permutations of 32-bit numbers, (PERMUTATIONS,) each."""
    random: Any = np.random.RandomState(1)  # its stubs differ between versions of NumPy
    factors = random.randint(0, 1 << 31, PERMUTATIONS, np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, random.randint(0, 1 << 32, PERMUTATIONS, np.uint32)


@dataclass(frozen=True)
class Fingerprint:
    """What duplicates of a passage are found by.

    Attributes:
        signature: its MinHash signature, (PERMUTATIONS,).
        sentences: the keys of its sentences (see `sentence_keys`).
    """

    signature: npt.NDArray[np.uint32]
    sentences: tuple[int, ...]


def fingerprints(texts: Iterable[tuple[str, Sequence[tuple[Span, Sequence[Span]]]]]) -> Iterator[Fingerprint]:
    """Yield the fingerprints of the passages of some texts, in order.

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
    """Group texts that are duplicates of each other.

    Args:
        signatures: a row for each text, (n, PERMUTATIONS).
        known: a number for the group of each text as found before, -1 for a new text, (n,). Two old texts are not
            compared again.
        text: the text of a row.

    Returns:
        For each text the row of the first text in its group, which is its own row if it has no duplicate, (n,).
    """
    _, first, group = np.unique(known, return_index=True, return_inverse=True)
    old_first = np.where(known < 0, np.arange(len(known)), first[group])
    merged = DisjointSets[int]()  # of these rows, those that are compared
    shingles_of: Callable[[int], Shingles] = functools.lru_cache(4096)(lambda row: shingles(text(row)))
    tried: set[tuple[int, int]] = set()

    def alike(a: int, b: int) -> bool:
        if (a, b) in tried or (known[a] >= 0 and known[b] >= 0):
            return False
        tried.add((a, b))
        near = np.count_nonzero(signatures[a] == signatures[b]) >= MIN_SIGNATURE_AGREEMENT * PERMUTATIONS
        return bool(near) and overlap(shingles_of(a), shingles_of(b)) >= MIN_OVERLAP

    for bucket in _buckets(signatures, known < 0):
        leaders: list[int] = []
        for row in bucket:
            own = int(old_first[row])
            merged.add(own)
            if any(merged.connected(own, int(old_first[leader])) for leader in leaders):
                continue
            copied = next((leader for leader in leaders if alike(leader, row)), None)
            if copied is not None:
                merged.merge(own, int(old_first[copied]))
            elif len(leaders) < MAX_LEADERS:
                leaders.append(row)
    new_first = np.arange(len(known))
    for rows in merged.subsets():
        new_first[list(rows)] = min(rows)
    return new_first[old_first]


class Bands:
    """The bands of some signatures, by which texts that may be duplicates of theirs are found among any number."""

    def __init__(self, signatures: Signatures, wanted: npt.NDArray[np.bool_]):
        """Take the bands of some signatures.

        Args:
            signatures: of texts, (n, PERMUTATIONS).
            wanted: of which of these, (n,); texts without words are left out.
        """
        bands = _bands(signatures)
        rows = np.flatnonzero(wanted & (signatures.min(axis=1, initial=EMPTY_HASH) != EMPTY_HASH))
        self._wanted = [np.unique(bands[rows, number]) for number in range(bands.shape[1])] if len(rows) else []
        # By the last 16 bits, which is fast and rules nearly all out.
        self._likely = np.zeros((len(self._wanted), 1 << 16), bool)
        for likely, wanted in zip(self._likely, self._wanted, strict=True):
            likely[wanted.astype(np.uint16)] = True

    def near(self, signatures: Signatures) -> npt.NDArray[np.bool_]:
        """Return which signatures agree with one of these in a band, (n,)."""
        found = np.zeros(len(signatures), bool)
        for rows, _ in self.rows(signatures):
            found[rows] = True
        return found

    def rows(self, signatures: Signatures) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]]:
        """Yield for each band the rows of the signatures that have one of the values there, and these values."""
        bands = _bands(signatures)
        for number, (wanted, likely) in enumerate(zip(self._wanted, self._likely, strict=True)):
            band = bands[:, number]
            near = np.flatnonzero(likely[band.astype(np.uint16)])
            near = near[wanted[np.searchsorted(wanted[:-1], band[near])] == band[near]]
            yield near, band[near]


def _bands(signatures: Signatures) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(signatures).view(np.uint64)


def _buckets(signatures: Signatures, fresh: npt.NDArray[np.bool_]) -> Iterator[list[int]]:
    """Yield rows whose signatures agree in a band, in order; only those with a fresh row among them."""
    for near, values in Bands(signatures, fresh).rows(signatures):
        order = np.argsort(values, kind="stable")
        edges = np.concatenate([[0], np.flatnonzero(np.diff(values[order])) + 1, [len(order)]])
        for i in np.flatnonzero(np.diff(edges) > 1):
            bucket: list[int] = near[order[edges[i] : edges[i + 1]]].tolist()
            yield bucket


def sentence_keys(text: str, spans: Sequence[tuple[int, int]]) -> list[int | None]:
    """Return a 64-bit key for each sentence that can show where a text comes from: equal words, equal key.

    The key is None for sentences of fewer than MIN_SENTENCE_WORDS words, and for quotations of a speaker: two reporters
    who heard the same speech are two sources.

    Args:
        text: the text.
        spans: its sentences, in order.
    """
    keys: list[int | None] = []
    for (start, end), quoted in zip(spans, _quoted(text, spans), strict=True):
        own = [] if quoted else words(text[start:end])
        key = hashlib.blake2b(" ".join(own).encode(), digest_size=8).digest()
        keys.append(int.from_bytes(key, "little", signed=True) if len(own) >= MIN_SENTENCE_WORDS else None)
    return keys


def _quoted(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[bool]:
    """Yield whether each sentence begins with a quotation, or inside one, which ends at its mark or paragraph."""
    marks = ((m.start(), m.group()) for m in _QUOTATION_MARKS.finditer(text))
    at, mark = next(marks, (len(text), ""))
    inside = False
    for start, _ in spans:
        while at < start:
            inside = not inside if mark == '"' else mark in _OPENING
            at, mark = next(marks, (len(text), ""))
        yield inside or text[start] in _OPENING + _AMBIGUOUS
