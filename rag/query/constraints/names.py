"""Find the names in a question or a sentence, and which of them may be a person's or a place's.

By capitals and by lists: nothing here knows a name by itself. Countries and cities are those of the time zone database.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import regex

from rag.query.constraints.question_text import PLAIN_WORDS, WORD, Span

MAX_NAME_CHARACTERS = 80

_PART = r"\p{Lu}[\p{L}\p{M}\p{N}]*(?:\.\p{Lu})*(?:[-’']\p{L}[\p{L}\p{M}\p{N}]+|-\d+)*"
_LINK = r"(?:(?:al|el|ol|bin|ibn|de|del|der|van|von|da|di|du|la|le)[ -])"
_NAME = regex.compile(rf"(?<![\p{{L}}\p{{N}}]){_PART}(?: {_LINK}?{_PART})*")
# Words in names of bodies, places, events and texts: no person is called so.
_NO_PERSON = frozenset(
    WORD.findall(
        "agency airport alliance army assembly association authority bank base board brigade broadcasting bureau camp "
        "center centre city college commission committee community company conference congress convention corporation "
        "corps council country county court department district east embassy federation force forces foundation front "
        "government group guard guards hospital house institute international island journal league library magazine "
        "ministry mission movement nation nations news north office organisation organization palace parliament "
        "party police post press prison province radio region republic resistance river road school sea senate "
        "service society south square state states street summit times tower town tribunal tv union university valley "
        "village war watch west world"
    )
)
_NO_NAME = frozenset(
    WORD.findall(
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
        "september october november december"
    )
)
# "Iranian", "Japanese", "British": of a country, and alone no person.
_OF_A_COUNTRY = regex.compile(r"\p{L}{2,}(?:ians?|ese|ish|qis?|nch|ans)")
_AT_A_PLACE = regex.compile(r"\b(?:in|at|near|inside|outside|to|from|around|across)\s+$", regex.I)


@dataclass(frozen=True)
class Name:
    """A run of words with a capital, without a plain word at its beginning ("Did Maryam Rajavi": "Maryam Rajavi").

    Attributes:
        start, end: where it is in the text.
        text: the words.
        is_person: whether it may be a person's.
        is_place: whether it is a place's, by what is before it or by the lists.
    """

    start: int
    end: int
    text: str
    is_person: bool
    is_place: bool


def find_names(text: str, taken: Sequence[Span] = (), known: Collection[str] = ()) -> list[Name]:
    """Return the names in a question or a sentence; where capitals say nothing, only known ones and places.

    Args:
        text: the question or sentence.
        taken: spans that are no names of what is asked about: outlets that are asked, dates.
        known: words of it that are names, however they are written ("mek").
    """
    if text[1:].islower() or text.isupper():
        names = {word.casefold() for word in known}
        forms = (*(regex.escape(word) for word in names), r"\p{L}[\p{L}\p{M}]{3,}")
        return [
            Name(*m.span(), m[0], False, m[0].casefold() not in names)
            for m in regex.finditer(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", text, regex.I)
            if (m[0].casefold() in names or _is_place(m[0]))
            and not any(a < m.end() and m.start() < b for a, b in taken)
        ]
    found = []
    for match in _NAME.finditer(text):
        start, end = _without_plain_words(text, match.start(), match.end())
        words = text[start:end]
        if not words or any(a < end and start < b for a, b in taken):
            continue
        # The first word has a capital in any case.
        if not text[:start].strip(" \"'“‘«¿(") and " " not in words and not words.isupper():
            continue
        is_place = _is_place(words) or bool(_AT_A_PLACE.search(text[:start]))
        found.append(Name(start, end, words, _is_person(words, is_place), is_place))
    return found


def person_in(text: str) -> str | None:
    """Return the first name in an article's sentence that has two words or more and may be a person's."""
    for name in find_names(text):
        if name.is_person and " " in name.text and len(name.text) <= MAX_NAME_CHARACTERS:
            return name.text
    return None


def place_in(text: str) -> str | None:
    """Return the first name in an article's sentence that is a place's."""
    for name in find_names(text):
        if name.is_place and len(name.text) <= MAX_NAME_CHARACTERS:
            return name.text
    return None


def _without_plain_words(text: str, start: int, end: int) -> Span:
    while word := regex.match(r"[\p{L}\p{M}]+", text[start:end]):
        acronym = len(word[0]) > 1 and word[0].isupper()  # "WHO"
        if acronym or word[0].casefold() not in PLAIN_WORDS | _NO_NAME:
            break
        start += word.end()
        start += len(text[start:end]) - len(text[start:end].lstrip())
        if start < end and not text[start].isupper():
            break
    return start, end


def _is_person(name: str, is_place: bool) -> bool:
    words = name.casefold().split()
    alone = len(words) == 1
    if _NO_PERSON.intersection(words) or any(c.isdigit() for c in name) or _is_place(name):
        return False
    return not (alone and (is_place or name.isupper() or _OF_A_COUNTRY.fullmatch(name)))


def _is_place(name: str) -> bool:
    return name.casefold() in _places() or bool({"camp", "city", "province"}.intersection(name.casefold().split()))


@functools.cache
def _places() -> frozenset[str]:
    """Return the names of countries and of the cities that time zones are called after, in lower case."""
    import pytz  # here: most questions are asked without a question before them

    countries = (regex.sub(r"\s*\(.*", "", name) for name in pytz.country_names.values())
    cities = (zone.rpartition("/")[2].replace("_", " ") for zone in pytz.common_timezones)
    return frozenset(map(str.casefold, (*countries, *cities, "America", "England", "Europe", "Scotland", "Wales")))
