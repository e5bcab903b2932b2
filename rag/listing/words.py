"""Names and titles as lists are searched: words without letter case and accents, each found by how it begins.

Before `outlets` and `articles`, which are searched through this. The index of words that answers questions
(`rag.stores.normalise`) has other rules: there a word is found whole, in all its English forms.
"""

from __future__ import annotations

import unicodedata

import regex

# Letters that no accent can be taken off, those that Arabic and Persian type for one another, and their digits.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe"}
    | {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ە": "ه", "ـ": None}
    | {chr(zero + n): str(n) for zero in (0x660, 0x6F0) for n in range(10)}
)
_UNSEEN = regex.compile(r"[\p{Mn}\p{Default_Ignorable_Code_Point}--\u200c]+", regex.V1)
_BETWEEN = regex.compile(r"[^\p{L}\p{N}\p{M}\n]+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def folded(text: str) -> str:
    """Return a text as words that compare equal however they are typed, a space between them; lines stay lines."""
    text = text if text.isascii() else unicodedata.normalize("NFKD", text)
    text = text.casefold()
    if not text.isascii():
        text = _UNSEEN.sub("", text).translate(_LETTERS)
    return _BETWEEN.sub(" ", text)


def words_of(text: str) -> tuple[str, ...]:
    """Return the different words of what a reader looks for."""
    return tuple(dict.fromkeys(folded(text).split()))


def is_unspaced(word: str) -> bool:
    """Whether a word is in a writing without spaces, so that it is looked for anywhere, not only where words begin."""
    return bool(_UNSPACED.search(word))
