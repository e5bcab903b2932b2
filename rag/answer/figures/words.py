"""Words of questions and sentences, reduced so that forms of one word are equal, and verbs that say the same.

The English words are in vocabulary.toml.
"""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files
from typing import Any, NamedTuple

import regex

_TOKEN = regex.compile(
    r"\p{L}\.(?:\p{L}\.)+|\p{L}[\p{L}\p{M}]*(?:\.\p{Ll}{2,3}(?!\w))?(?:['’]\p{L}+)?|\d+(?:[.,]\d+)*|\S"
)  # "U.S.", "HealthCare.gov", "Women's"
_TIME = regex.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|December|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.?"
)


class Token(NamedTuple):
    """A word, a number or a mark, with its span in the text.

    Attributes:
        start, end: the span.
        text, lower, stem: as printed, in lower case, and without endings.
        family: the family of verbs that it belongs to; "" for none.
        key: the family, or the stem: words with one key say the same.
        is_word, is_name: whether it begins with a letter, and with a capital.
    """

    start: int
    end: int
    text: str
    lower: str
    stem: str
    family: str
    key: str
    is_word: bool
    is_name: bool

    @property
    def is_time(self) -> bool:
        """Whether it is the name of a day or of a month."""
        return bool(_TIME.fullmatch(self.text))

    @property
    def is_plural(self) -> bool:
        """Whether it looks like a plural."""
        return self.lower in words("plurals") or (
            self.lower.endswith("s") and not self.lower.endswith(("ss", "us", "is", "'s"))
        )


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Return the words, numbers and marks of text[start:end], with their spans in `text`."""
    found = _TOKEN.finditer(text, start, len(text) if end is None else end)
    return [Token(match.start(), match.end(), *_word(match.group())) for match in found]


def stems(text: str) -> set[str]:
    """Return the stems of the words of a text."""
    return {stem(word.casefold().replace("’", "'")) for word in _TOKEN.findall(text) if word[0].isalpha()}


@functools.lru_cache(1 << 14)
def _word(text: str) -> tuple[Any, ...]:
    """Return the fields of a token from `text` on."""
    lower = text.casefold().replace("’", "'")
    stemmed = stem(lower)
    kin = "kill" if lower == "lives" else family(stemmed)  # "claimed 59 lives"
    return text, lower, stemmed, kin, kin or stemmed, text[0].isalpha(), text[0].isupper()


@functools.lru_cache(1 << 14)
def stem(word: str) -> str:
    """Return a lower-case word without the endings of plurals and verbs: "killed", "killing" and "kills" are "kil"."""
    word = word.removesuffix("'s").removesuffix("'")
    if word[1:2] == ".":
        return word.replace(".", "")
    irregular = _vocabulary()["irregular"].get(word)
    if irregular:
        word = irregular
    elif word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    elif word.endswith("ly") and len(word) > 5:
        word = word[:-2]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            word = word.removesuffix(ending)
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def family(stemmed: str) -> str:
    """Return the family of a word that `stem` gives; "" for none."""
    return _families().get(stemmed, "")


@functools.cache
def words(name: str) -> frozenset[str]:
    """Return a list of the vocabulary, in lower case."""
    return frozenset(_vocabulary()[name].split())


@functools.cache
def stemmed(name: str) -> frozenset[str]:
    """Return a list of the vocabulary, as stems."""
    return frozenset(map(stem, words(name)))


@functools.cache
def same_nouns(noun: str) -> frozenset[str]:
    """Return the stems of the nouns that count the same as one, its own among them."""
    groups = (frozenset(map(stem, line.split())) for line in _vocabulary()["same_nouns"])
    return frozenset({noun}).union(*(group for group in groups if noun in group))


@functools.cache
def _families() -> dict[str, str]:
    return {stem(word): line.split()[0] for line in _vocabulary()["families"] for word in line.split()}


@functools.cache
def _vocabulary() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("vocabulary.toml").read_text("utf-8"))
