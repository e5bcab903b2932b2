"""Citation -> Sentences: the marked sentences with their words and values, and the clauses in them."""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import regex

from rag.answer.figures.figure import DATE
from rag.answer.figures.values import Value, find_values
from rag.answer.figures.words import Token, tokens, words

if TYPE_CHECKING:
    from rag.answer.citation import Citation

NEAR = 12  # words in which a number is said of something
MAX_VALUES = 30  # of a sentence; one with more is a table, and says nothing of each
LEAD = 300  # characters before the marked sentences that say what they are about

_CUT = regex.compile(r"(?<=[.!?…][\"'”’»)\]]*)\s+(?=[\"'“‘«(\[]*[\p{Lu}\d])|\n+")
_ABBREVIATION = regex.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Sgt|Gen|Lt|Col|Rep|Sen|Gov|St|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|No|[A-Z])\.$"
)
_MARKS = frozenset(";:—–.!?")
_PARTITIVE = regex.compile(
    r"(?i: of (?:an? )?(?:estimated |nearly |about |some |more than |over |roughly |around |total )*)"
)


@dataclass(frozen=True)
class Sentence:
    """A marked sentence. Spans are of the citation's text.

    Attributes:
        text: the citation's text.
        start, end: the sentence's span in it.
        tokens: its words and marks.
        values: the values of the kinds that the question asks for.
        keys, stems: of its words.
        lead_keys, lead_stems: of the words of the sentence before, or of the passage before the first one.
        year: of the article's date; "" where unknown.
    """

    text: str
    start: int
    end: int
    tokens: tuple[Token, ...]
    values: tuple[Value, ...]
    keys: frozenset[str]
    stems: frozenset[str]
    lead_keys: frozenset[str]
    lead_stems: frozenset[str]
    year: str

    @functools.cached_property
    def dates(self) -> list[Value]:
        """The dates in it."""
        return find_values(self.text, self.start, self.end, DATE)

    def after(self, value: Value) -> list[Token]:
        """The words after a value and what qualifies it."""
        return [t for t in self.tokens if t.start >= value.outer[1]]

    def before(self, value: Value) -> list[Token]:
        """The words before a value and what qualifies it, the last one first."""
        return [t for t in reversed(self.tokens) if t.end <= value.outer[0]]

    def clause(self, value: Value) -> list[Token]:
        """The words of the clause that holds a value, without the value."""
        left = _up_to_mark(self.before(value))
        return [*reversed(left), *_up_to_mark(self.after(value))]

    def next_clause(self, value: Value) -> list[Token]:
        """The words of the clause after a value that begins the sentence: "On Jan. 3, the general was killed"."""
        after = self.after(value)
        if len(self.before(value)) > 1 or not after or after[0].text != ",":
            return []
        ends = (t.start for t in after[1:] if t.text in ";:—()" or t.lower in _clause_words())
        end = next(ends, self.end)
        return [t for t in after[1:] if t.start < end]

    def clause_end(self, value: Value, at_words: bool = True) -> int:
        """Where the clause of a value ends: at a mark, or at "and" and the like too."""
        ending = words("conjunctions") if at_words else frozenset()
        return next((t.start for t in self.after(value) if t.text in ",;:—()" or t.lower in ending), self.end)

    def distance(self, token: Token, value: Value) -> int:
        """How many words are between a word and a value."""
        start, end = value.outer
        if token.end <= start:
            return bisect_left(self._starts, start) - bisect_left(self._starts, token.end)
        return bisect_left(self._starts, token.start) - bisect_left(self._starts, end)

    def surroundings(self, value: Value) -> list[Token]:
        """The words about a value, up to the values before and after it."""
        others = [v for v in self.values if v != value and not self.is_whole(v)]
        low = max((v.end for v in others if v.end <= value.start), default=self.start)
        high = min((v.outer[0] for v in others if v.start >= value.end), default=self.end)
        return [t for t in self.tokens if low <= t.start < high and self.distance(t, value) <= NEAR]

    def is_whole(self, value: Value) -> bool:
        """Whether a number is the whole that another is a part of: the second of "12,000 of nearly 17,000"."""
        return value in self._wholes

    @functools.cached_property
    def _wholes(self) -> list[Value]:
        joined = zip(self.values, self.values[1:], strict=False)
        return [b for a, b in joined if _PARTITIVE.fullmatch(self.text, a.outer[1], max(a.outer[1], b.start))]

    @functools.cached_property
    def _starts(self) -> list[int]:
        return [t.start for t in self.tokens]

    def is_in_value(self, token: Token) -> bool:
        """Whether a word is part of a value."""
        return any(v.outer[0] <= token.start < v.outer[1] for v in self.values)

    def is_first(self, token: Token) -> bool:
        """Whether a word begins the sentence, so that its capital says nothing."""
        return token.start == self.tokens[0].start


def marked_sentences(citation: Citation, find: Callable[[str, int, int], list[Value]]) -> Iterator[Sentence]:
    """Yield the marked sentences of a citation up to the last one with a value.

    Args:
        citation: the citation.
        find: returns the values asked for in text[start:end].
    """
    text = citation.text
    first, last = (edge - citation.start for edge in citation.quote)
    cuts = [m.span() for m in _CUT.finditer(text, first, last) if not _ABBREVIATION.search(text, first, m.start())]
    spans = list(zip((first, *(b for _, b in cuts)), (*(a for a, _ in cuts), last), strict=True))
    found = [tuple(find(text, *span)) for span in spans]
    while found and not found[-1]:
        found.pop()
    if not found:
        return
    lead = [t for t in tokens(text, max(0, first - LEAD), first) if t.is_word]
    keys, stems = frozenset(t.key for t in lead), frozenset(t.stem for t in lead)
    year = f"{citation.date:%Y}" if citation.date else ""
    for (start, end), values in zip(spans, found, strict=False):
        own = tuple(tokens(text, start, end))
        if own:
            values = values if len(values) <= MAX_VALUES else ()
            own_keys = frozenset(t.key for t in own if t.is_word)
            own_stems = frozenset(t.stem for t in own)
            yield Sentence(text, start, own[-1].end, own, values, own_keys, own_stems, keys, stems, year)
            keys, stems = own_keys, own_stems


def is_boundary(token: Token) -> bool:
    """Whether a mark ends a clause whatever follows."""
    return token.text in _MARKS


@functools.cache
def _clause_words() -> frozenset[str]:
    return words("conjunctions") | {"which", "versus", "vs"}


def _up_to_mark(run: list[Token]) -> list[Token]:
    """Return the first words of a run, up to a mark or word that ends a clause."""
    ends = (i for i, t in enumerate(run) if t.text in ",()" or is_boundary(t) or t.lower in _clause_words())
    return run[: next(ends, len(run))]
