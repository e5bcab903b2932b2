"""Aliases: find the names of a question in any of their spellings, so that MEK, MKO and PMOI are searched as one."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

import regex

from rag.query.aliases.alias_group import AliasGroup
from rag.query.aliases.spelling import (
    DOTTED,
    PARTICLES,
    TOKEN,
    LongKey,
    content_words,
    identity,
    is_short,
    letters,
    long_key,
    singular,
    skeleton,
    without_points,
)

MAX_LOWER_CASE_LETTERS = 5  # letters up to which a short form is found in lower case
# Long forms of up to so many words are found only with their own particles: "State of the Union", not "in the".
MAX_WORDS_WITH_OWN_PARTICLES = 3
MAX_OTHER_SPELLINGS = 8  # spellings that a question is extended by

# Particles that may stand between the words of any name.
_ARTICLES = ("the", "a", "e", "i", "al", "el", "ul", "ud", "of")
_WITHIN_SHORT = regex.compile(r"[&.-]")
_WITHIN_LONG = regex.compile(r"[\s\-–—‐‑’'“”\",/&]*")


@dataclass(frozen=True)
class Mention:
    """A name found in a text.

    Attributes:
        start: where it begins.
        end: where it ends.
        text: text[start:end], the name as it is spelled there.
        group: the spellings of the name.
    """

    start: int
    end: int
    text: str
    group: AliasGroup


class Aliases:
    """Groups of spellings, found in a question by any spelling.

    Attributes:
        groups: the groups; a spelling of several leads to the first.
    """

    def __init__(self, groups: Iterable[AliasGroup] = ()):
        self.groups = tuple(groups)
        self._shorts: dict[str, AliasGroup] = {}
        self._lower_case: dict[str, AliasGroup | None] = {}  # None for several
        self._longs: dict[LongKey, AliasGroup] = {}
        self._particles: dict[LongKey, set[str]] = {}
        self._max_words: dict[str, int] = {}  # by the first word of a key
        for group in self.groups:
            for spelling in group.spellings:
                if is_short(spelling):
                    self._shorts.setdefault(without_points(spelling), group)
                elif key := long_key(content_words(spelling)):
                    self._longs.setdefault(key, group)
                    self._particles.setdefault(key, set(_ARTICLES)).update(w.casefold() for w in spelling.split())
                    self._max_words[key[0]] = max(self._max_words.get(key[0], 0), len(key))
        for short, group in self._shorts.items():
            lower = short.casefold()
            if len(lower) <= MAX_LOWER_CASE_LETTERS and lower not in _common_words():
                self._lower_case[lower] = group if self._lower_case.get(lower, group) is group else None

    def find(self, text: str) -> list[Mention]:
        """Find the names of a question, in order; of several at one place the longest.

        Long forms are found whatever their letter case, hyphens, apostrophes, particles and plural, and by other
        transliterations of the same words. Short forms are found as they are printed; in lower case only with up to
        MAX_LOWER_CASE_LETTERS letters, and if they are no English word ("mek", but not "ice").
        """
        words = [word for word in map(_word, TOKEN.finditer(text)) if word]
        loud = text.isupper() and len(words) > 2
        content = [i for i, word in enumerate(words) if word.plain not in PARTICLES]
        place = {i: at for at, i in enumerate(content)}
        found: list[Mention] = []
        i = 0
        while i < len(words):
            group, last = self._long_form(text, words, content, place.get(i))
            if group is None:
                group, last = self._short_form(text, words, i, loud)
            if group is not None:
                start, end = words[i].start, words[last].end
                found.append(Mention(start, end, text[start:end], group))
                i = last
            i += 1
        return found

    def other_spellings(self, mention: Mention) -> tuple[str, ...]:
        """Return up to MAX_OTHER_SPELLINGS other spellings of a mention's name, no two with the same letters.

        Of spellings that only transliterate differently, one precedes all the rest; then the most frequent come first.
        """
        by_letters: dict[str, str] = {}
        by_identity: dict[str, str] = {}
        for spelling in mention.group.spellings:
            by_letters.setdefault(letters(spelling), spelling)
        by_letters.pop(letters(mention.text), None)
        for spelling in by_letters.values():
            by_identity.setdefault(identity(spelling), spelling)
        return tuple(dict.fromkeys((*by_identity.values(), *by_letters.values())))[:MAX_OTHER_SPELLINGS]

    def _long_form(
        self, text: str, words: Sequence[_Word], content: Sequence[int], at: int | None
    ) -> tuple[AliasGroup | None, int]:
        """Return the group of the long form that begins with words[content[at]], and the index of its last word."""
        if at is None:
            return None, 0
        first = words[content[at]]
        max_words = max(self._max_words.get(first.skeleton, 0), self._max_words.get(first.plain, 0))
        if not max_words:
            return None, 0
        last = content[at]
        run = [first]
        for i in content[at + 1 : at + max_words]:
            if any(not _WITHIN_LONG.fullmatch(text, words[j].end, words[j + 1].start) for j in range(last, i)):
                break
            run.append(words[i])
            last = i
        for n in range(len(run), 0, -1):
            key = long_key([word.plain for word in run[:n]])
            group, last = self._longs.get(key), content[at + n - 1]
            particles = (w.plain for w in words[content[at] + 1 : last] if w.plain in PARTICLES)
            if group and (n > MAX_WORDS_WITH_OWN_PARTICLES or self._particles[key].issuperset(particles)):
                return group, last
        return None, 0

    def _short_form(self, text: str, words: Sequence[_Word], i: int, loud: bool) -> tuple[AliasGroup | None, int]:
        """Return the group of the short form that begins with words[i], and the index of its last word."""
        last = i
        while last < min(i + 2, len(words) - 1) and _WITHIN_SHORT.fullmatch(
            text, words[last].end, words[last + 1].start
        ):
            last += 1
        for end in range(last, i - 1, -1):
            printed = text[words[i].start : words[end].end]
            bare = without_points(printed)
            for form in (bare, bare.removesuffix("s") if bare[:-1].isupper() else bare):
                if not loud and form in self._shorts:
                    return self._shorts[form], end
                is_lower = printed.islower() and "." not in printed
                if (loud or is_lower) and (group := self._lower_case.get(form.casefold())):
                    return group, end
        return None, 0


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a question: its place without a possessive, its letters, and its skeleton."""

    start: int
    end: int
    plain: str
    skeleton: str


def _word(match: regex.Match[str]) -> _Word | None:
    printed = match.group()
    if printed[-1] == "." and not DOTTED.fullmatch(printed):
        printed = printed[:-1]
    if len(printed) > 2 and printed[-2:] in ("’s", "'s", "’S", "'S"):
        printed = printed[:-2]
    plain = singular(printed)
    return _Word(match.start(), match.start() + len(printed), plain, skeleton(plain)) if plain else None


@functools.cache
def _common_words() -> frozenset[str]:
    """Return English words that may be meant where a short form is typed in lower case.

    They have up to MAX_LOWER_CASE_LETTERS letters, and five of 12,000 news articles have them in lower case; those
    longer than three letters, 200 articles, or five and two in capitals.
    """
    return frozenset(resources.files("rag.query.aliases").joinpath("common_words.txt").read_text("utf-8").split())
