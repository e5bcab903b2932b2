"""Compare spellings: short forms, and the keys that spellings of one name share.

Mining, grouping and lookup of aliases all build on these. A word is compared by its letters without case, diacritics
and plural s, and by its skeleton, which transliterations of one word share.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence

import regex

MAX_SHORT_CHARS = 10  # characters of a short form
MIN_SKELETON_LETTERS = 6  # shorter words keep their vowels: "Mujahedin" is "Mojahideen", but "Iran" is not "Iron"

# Words that a long form may have without a letter for them in its short form, and in which spellings may differ.
_PARTICLES = (
    "a al an and at by da de del der des do dos du e el et for from i in la le of on or the to ud ul und with y &"
)
PARTICLES = frozenset(_PARTICLES.split())
TOKEN = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[’'.][\p{L}\p{M}\p{N}]+)*\.?|&")
DOTTED = regex.compile(r"(?:\p{L}\.)+\p{L}?")  # "U.S."
_SHORT = regex.compile(r"\p{Lu}[\p{L}\p{N}]*(?:[.&-][\p{L}\p{N}]+)*\.?")
_NOT_SHORT = regex.compile(r"[A-Z]\.?[-–][A-Z]|[A-Z]-\d")  # a politician's party and state, "R-Ohio"; a sheet's number
# One letter for those that transcribe the same sound.
_SOUNDS = {"dj": "j", "ph": "f", "ck": "k", "q": "k", "ce": "se", "ci": "si", "cy": "si", "c": "k", "z": "s"}

LongKey = tuple[str, ...]  # what two spellings of one long form share


def as_short_form(word: str | None) -> str | None:
    """Return a word as a short form, without points and plural s, or None if it cannot be one."""
    if not word or len(word) > 2 * MAX_SHORT_CHARS or not _SHORT.fullmatch(word) or _NOT_SHORT.match(word):
        return None
    bare = without_points(word)
    if len(bare) > 3 and bare[-1] == "s" and bare[:-1].isupper():
        bare = bare[:-1]
    n_letters = sum(map(str.isalpha, bare))
    capitals = sum(map(str.isupper, bare))
    if (
        not 2 <= len(bare) <= MAX_SHORT_CHARS
        or n_letters < 2
        or (capitals * 2 < n_letters and not (capitals == 1 and n_letters > 3))
    ):
        return None
    return bare


def is_short(spelling: str) -> bool:
    """Return whether a spelling is a short form, found by its capitals, and not a long form."""
    return " " not in spelling and as_short_form(spelling) is not None and sum(map(str.isupper, spelling)) > 1


def without_points(short: str) -> str:
    """Return a short form without its points: "U.S." as "US"."""
    return short.replace(".", "")


def letters(spelling: str) -> str:
    """Return the letters and digits of a spelling, without letter case."""
    return "".join(c for c in spelling if c.isalnum()).casefold()


@functools.lru_cache(maxsize=4096)
def folded(word: str) -> str:
    """Return the letters and digits of a word, without letter case and diacritics."""
    if word.isascii():
        return "".join(c for c in word if c.isalnum()).lower()
    return "".join(c for c in unicodedata.normalize("NFKD", word) if c.isalnum()).casefold()


@functools.lru_cache(maxsize=8192)
def singular(word: str) -> str:
    """Return the letters of a word, without letter case, diacritics, a possessive and a plural s."""
    plain = folded(word.removesuffix("s").rstrip("’'") if word[-2:] in ("’s", "'s") else word)
    if len(plain) < 4 or plain[-1] != "s" or plain[-2] == "s":
        return plain
    return plain[:-2] if plain.endswith(("xes", "sses", "shes", "ches")) else plain[:-1]


def content_words(spelling: str) -> list[str]:
    """Return the words of a long form that distinguish it from others, as `singular` reads them."""
    words = [plain for match in TOKEN.finditer(spelling) if (plain := singular(match.group()))]
    return [word for word in words if word not in PARTICLES] or words


@functools.lru_cache(maxsize=8192)
def skeleton(word: str) -> str:
    """Return what the transliterations of one word share: "mjhdn" of "Mujahedin" and "Mojahideen".

    That is its first letter and the consonants after it, doubled ones once, with one letter for those that transcribe
    the same sound. If few consonants are left, the places of vowels and the length are kept too ("k*d*5" of "Qaeda" and
    "Qaida"). A short word is returned whole.
    """
    if len(word) < MIN_SKELETON_LETTERS - 1 or not word.isalpha():
        return word
    length = len(word)
    for sound, letter in _SOUNDS.items():
        if sound in word:
            word = word.replace(sound, letter)
    first, rest = word[0], word[1:].removesuffix("h").lstrip(word[0])
    marked = "".join("*" if letter in "aeiouy" else letter for letter in rest)
    marked = "".join(letter for letter, before in zip(marked, " " + marked, strict=False) if letter != before)
    consonants = marked.replace("*", "")
    return first + (f"{marked}{length}" if length < MIN_SKELETON_LETTERS or len(consonants) < 3 else consonants)


def long_key(words: Sequence[str]) -> LongKey:
    """Return what two spellings of one long form share: the skeletons of its content words.

    A single word that is not long is its own key.
    """
    if len(words) == 1:
        only = skeleton(words[0])
        return (only,) if len(words[0]) > MIN_SKELETON_LETTERS and "*" not in only else (words[0],)
    return tuple(map(skeleton, words))


def identity(spelling: str) -> str:
    """Return what two spellings share that count as one in a user's list and among the spellings of a group."""
    return folded(spelling) if is_short(spelling) else " ".join(long_key(content_words(spelling)))
