"""Outlets that the catalogue does not know: what a question must say for one of them to narrow the search.

Any article can claim to be of an outlet called "Iran", "experts" or "the report". Such a name in a question is mostly
no outlet, so it narrows the search only where the question says that it asks a source of this name ("according to X",
"in X's view"), and X is written as the outlet is. Anywhere else the outlet is offered: shown, and applied if the reader
says so.
"""

from __future__ import annotations

import functools
import unicodedata

import regex

from rag._lazy import LazyPattern
from rag.provenance.catalogue import Catalogue
from rag.query.constraints.date_words import DATE, MONTH, WEEKDAY
from rag.query.constraints.question_text import FOLLOW_UP_WORDS, PLAIN_WORDS, WORD
from rag.query.constraints.reporting_verbs import PUBLICATIONS

MIN_LETTERS = 3  # of a name that is looked for: shorter ones are initials, pronouns and particles

_THE = regex.compile(r"^the\s+", regex.I)
_VIEW = r"(?:view|words|opinion|account|version|telling|estimate|verdict|coverage|reporting|explanation|description)"
_ARTICLE = r"(?:(?:an?|the|recent)\s+)*"
_CUE_BEFORE = LazyPattern(
    rf"(?:\baccording\s+to\s+{_ARTICLE}(?:(?:reports?|articles?|stor(?:y|ies)|pieces?)\s+(?:in|by|from|of|on)\s+)?|"
    r"\bas\s+(?:reported|described|stated|written|put|published|printed)\s+(?:by|in|on)\s+|"
    rf"\bin\s+the\s+{_VIEW}\s+of\s+|\b{PUBLICATIONS}\s+(?:published\s+)?by\s+)(?:the\s+)?$",
    regex.I,
)
_OWNER_BEFORE = LazyPattern(r"\b(?:in|from|by)\s+(?:the\s+)?$", regex.I)
_VIEW_AFTER = LazyPattern(rf"['’]s?\s+(?:own\s+)?{_VIEW}\b(?!\s+of\b)", regex.I)
_WORD_AFTER = regex.compile(r"\s+(?P<word>[\w-]+)")
_DATES = LazyPattern(rf"(?:{DATE}|{MONTH}|{WEEKDAY}s?|tomorrow|spring|summer|autumn|fall|winter)", regex.I)
# Words of the names of publications, and hardly of anything else.
_PRESS = LazyPattern(
    r"\b(?:gazette|herald|tribune|courier|chronicle|telegraph|examiner|inquirer|dispatch|times|newspaper|weekly|"
    r"zeitung|tageblatt|news|magazine|journal)\b",
    regex.I,
)


def can_be_named(name: str) -> bool:
    """Return whether an outlet that the catalogue lacks is looked for in questions at all.

    Function words, numbers, dates and names of one or two letters are not, as no reader would mean the outlet by them.
    """
    words = [word for word in WORD.findall(name.casefold()) if word not in PLAIN_WORDS | FOLLOW_UP_WORDS]
    letters = sum(character.isalpha() for word in words for character in word)
    return letters >= MIN_LETTERS and not all(_DATES.compiled.fullmatch(word) for word in words)


def is_asked_for(question: str, first: int, last: int) -> bool:
    """Return whether the names at question[first:last] follow an explicit cue of a source, and end there."""
    before, after = question[:first], question[last:]
    if _OWNER_BEFORE.compiled.search(before) and _VIEW_AFTER.compiled.match(after):
        return True
    following = _WORD_AFTER.match(after)
    ends = following is None or following["word"].casefold() in PLAIN_WORDS
    return bool(ends and not after.startswith(("'", "’")) and _CUE_BEFORE.compiled.search(before))


def is_written_as(question: str, start: int, end: int, name: str) -> bool:
    """Return whether question[start:end] is an outlet's name, letter for letter, and looks like a name there.

    Letter case does not matter if the name is a web domain, or has a word that is hardly used but for publications. Any
    other name begins with a capital, if its letters have that, and the question has words without.
    """
    written, bare = (_THE.sub("", " ".join(text.split())) for text in (question[start:end], name))
    if regex.fullmatch(r"[\w-]+(?:\.[\w-]+)+", bare):
        return written.casefold() == bare.casefold()
    if _PRESS.compiled.search(bare):
        return written.casefold() == bare.casefold()
    if not regex.match(r"[\p{Lu}\p{Lt}\p{Lo}\p{Nd}]", bare) or written != bare:
        return False
    return not regex.search(r"\p{Lu}|\p{Lt}", bare) or _has_small_words(f"{question[:start]} {question[end:]}")


def _has_small_words(text: str) -> bool:
    """Return whether a text has words without capitals, also where short ones are written so in a headline."""
    words = [word for word in WORD.findall(text)[1:] if word[0].isalpha()]
    return any(word[0].islower() for word in [word for word in words if len(word) > 3] or words)


def looks_like_another(name: str, catalogue: Catalogue) -> bool:
    """Return whether a name could be taken for that of an outlet of the catalogue, or mixes alphabets."""
    mixed = any(len(_alphabets(word)) > 1 for word in WORD.findall(name))
    return mixed or _skeleton(name) in _skeletons(catalogue)


def _alphabets(word: str) -> set[str]:
    scripts = {"Latin": r"\p{Latin}", "Cyrillic": r"\p{Cyrillic}", "Greek": r"\p{Greek}"}
    return {script for script, pattern in scripts.items() if regex.search(pattern, word)}


def _skeleton(name: str) -> str:
    """Return what is left of a name without accents, letter case, compatibility forms, spaces and a leading "The"."""
    plain = unicodedata.normalize("NFKD", _THE.sub("", name.strip()))
    return regex.sub(r"[\p{M}\W_]+", "", plain).casefold()


@functools.lru_cache(maxsize=8)
def _skeletons(catalogue: Catalogue) -> frozenset[str]:
    return frozenset(_skeleton(spelling) for o in catalogue.outlets for spelling in (*o.names, *o.domains))
