"""Compare two versions of a text word by word: what one left out, what the other added, and what kind of change it is.

Two versions are the same if they have the same words in the same order; letter case, punctuation and white space do not
count, but the signs of figures do ("$5" is not "€5"). Copies of an article, and its earlier and later versions,
are compared with this.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

import regex

# Pairs of equal words in two texts up to which they are compared word by word, which takes a second then; beyond it,
# as in texts that repeat one word, the whole is taken for changed.
MAX_PAIRS = 3_000_000
MAX_NAMES = 100  # changed words that are looked at for names

Difference = Literal["number", "negation", "name", "other"]
Span = tuple[int, int]

_WORD = regex.compile(r"\w+")
# Signs that make another figure of the same digits: a currency, a percentage, a minus.
_SIGN = r"\p{Sc}|[%٪％‰]|(?<=\w[ \u00a0])[-−–](?=\p{Sc}?\d)"
_SIGNED_WORD = regex.compile(rf"\w+|{_SIGN}")
_MINUS = regex.compile(r"[−–]")
# As _WORD, but a word that is printed with marks inside it, such as "5,000" or "didn't", is compared as a whole.
_PRINTED_WORD = regex.compile(rf"\w+(?:[.,:/]?(?<=\d.)\d+|['’]\w+)*|{_SIGN}")
_NUMBER = regex.compile(
    r".*\p{N}.*|[\p{Sc}%٪％‰-]|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|zero|hundreds?|thousands?|[mbtr]+illions?|dozens?|half|halves|"
    r"thirds?|quarters?|twice|thrice|once|couple|(?:fir|seco|thi|four|fif|six|seven|eigh|nin|ten|eleven|twelf)(?:st|nd|rd|th))"
)
_NEGATION = regex.compile(
    r"not|no|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|hardly|barely|scarcely|unable|untrue|"
    r"(?:\w+ )?n t|\w+n t"
)
# Printed with a capital, and no name of a person, a place or an organisation.
_CALENDAR = regex.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|i"
)
_SENTENCE_END = regex.compile(r"[.!?:;\n][\s\"'”’»)\]]*$|^[\s\"'“‘«(\[]*$")


@dataclass(frozen=True)
class Segment:
    """A run of words that both versions have, or that one has in the place of what the other has there.

    Attributes:
        old: span of the run in the older version; empty if the newer one added it.
        new: span of the run in the newer version; empty if it left it out.
        same: whether both versions have these words.
    """

    old: Span
    new: Span
    same: bool


def words(text: str) -> list[str]:
    """Return the words of a text without letter case, punctuation and white space, in Unicode's form NFC."""
    found: list[str] = _WORD.findall(_folded(text))
    return found


def signed_words(text: str) -> list[str]:
    """Return the words of a text, and the signs that belong to its figures: "$", "%", a minus."""
    found = _SIGNED_WORD.findall(_folded(text))
    return ["-" if _MINUS.fullmatch(each) else each for each in found]


def word_diff(old: str, new: str) -> list[Segment]:
    """Compare two versions of a text.

    Args:
        old: the older version, or the one that was copied.
        new: the newer version, or the copy.

    Returns:
        Segments in order: their old spans laid end to end are `old`, the new ones `new`. White space and punctuation
        go with the word before them.
    """
    if signed_words(old) == signed_words(new):
        return [Segment((0, len(old)), (0, len(new)), True)]
    old_words, new_words = _printed_words(old), _printed_words(new)
    counts, others = (Counter(key for key, _ in found) for found in (old_words, new_words))
    if sum(number * others[key] for key, number in counts.items()) > MAX_PAIRS:
        return [Segment((0, len(old)), (0, len(new)), False)]
    matcher = SequenceMatcher(None, [key for key, _ in old_words], [key for key, _ in new_words], autojunk=False)
    segments: list[Segment] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        before = segments[-1] if segments else Segment((0, 0), (0, 0), True)
        own, other = (before.old[1], _edge(old_words, b, old)), (before.new[1], _edge(new_words, d, new))
        same = tag == "equal" or _keys(old_words[a:b]) == _keys(new_words[c:d])  # "10:30" and "10.30"
        if segments and segments[-1].same and same:
            last = segments.pop()
            own, other = (last.old[0], own[1]), (last.new[0], other[1])
        segments.append(Segment(own, other, same))
    return segments


def difference(old: str, new: str, context: str = "") -> Difference | None:
    """Return what kind of change leads from one version of a text to the other; None if the words are the same.

    Where several kinds meet, it is the one that readers should see first: a number, then a negation, then a name.

    Args:
        old: the older version, or the one that was copied.
        new: the newer version, or the copy.
        context: the texts that they are from; a word at the beginning of a sentence is taken for a name only if it has
            a capital inside of a sentence too, in them or in either version.
    """
    changed = [segment for segment in word_diff(old, new) if not segment.same]
    if not changed:
        return None
    removed = [(old, span) for segment in changed for span in _spans(old, segment.old)]
    added = [(new, span) for segment in changed for span in _spans(new, segment.new)]
    both = f"{context}\n{old}\n{new}"
    if _matching(_NUMBER, removed) != _matching(_NUMBER, added):
        return "number"
    if len(_matching(_NEGATION, removed)) != len(_matching(_NEGATION, added)):
        return "negation"
    if any(_is_name(text, span, both) for text, span in (*removed[:MAX_NAMES], *added[:MAX_NAMES])):
        return "name"
    return "other"


def _printed_words(text: str) -> list[tuple[str, Span]]:
    """Return the words as they are compared, each with its span."""
    return [(_key(m.group()), m.span()) for m in _PRINTED_WORD.finditer(text)]


def _keys(found: Sequence[tuple[str, Span]]) -> str:
    return " ".join(key for key, _ in found)


def _key(word: str) -> str:
    return _folded(word) if word.isalnum() else " ".join(words(word)) or _MINUS.sub("-", word)


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower())


def _edge(found: Sequence[tuple[str, Span]], at: int, text: str) -> int:
    """Return where the words before the word `at` end: the edges of the text count as edges of words."""
    return len(text) if at == len(found) else found[at][1][0] if at else 0


def _spans(text: str, span: Span) -> list[Span]:
    start, end = span
    found = (m.span() for m in _PRINTED_WORD.finditer(text, start))
    return list(itertools.takewhile(lambda each: each[0] < end, found))


def _matching(pattern: regex.Pattern[str], found: Sequence[tuple[str, Span]]) -> list[str]:
    keys = (_key(text[start:end]) for text, (start, end) in found)
    return sorted(key for key in keys if pattern.fullmatch(key))


def _is_name(text: str, span: Span, context: str) -> bool:
    """Return whether a word is printed as a name: with a capital that is not that of a sentence."""
    word = text[span[0] : span[1]]
    if not word[:1].isupper() or _CALENDAR.fullmatch(word.lower()):
        return False
    if not _SENTENCE_END.search(text[: span[0]]):
        return True
    lower = regex.search(rf"\b{regex.escape(word.lower())}\b", context)
    inside = regex.search(rf"[\p{{L}}\p{{N}},][ \t]+{regex.escape(word)}\b", context)
    return bool(inside) and not lower
