"""Find the outlets that a question names, in any letter case."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from rag._lazy import LazyPattern
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key
from rag.query.constraints.question_text import WORD, Span
from rag.query.constraints.reporting_verbs import DESCRIBE, PUBLISH, SAY
from rag.query.constraints.uncatalogued import can_be_named

# Between the words of a name.
_GAP = regex.compile(r"[\s.\-/’'!&]{1,3}")
_THE = regex.compile(r"(?:^|[^\w])the\s$", regex.I)
# "magazine" and the like behind a name.
TITLE = regex.compile(r"\s+(?:magazine|newspaper|website|reports?|reporters?|journalists)\b", regex.I)
# Inside something longer: an email address, a domain, "AP-Valsera", "AP photo".
_JOINED_BEFORE = tuple("@/.-")
_JOINED_AFTER = regex.compile(r"[@/-]|\.\w|\s+photos?\b", regex.I)
# A capitalised word behind a name makes it a longer name ("Guardian Council"), unless it is one of these.
_NEXT_CAPITALISED = regex.compile(r"\s(?P<next>\p{Lu}[\p{Ll}\p{M}]+)")
_NOT_IN_NAME = LazyPattern(
    rf"(?:{SAY}|{PUBLISH}|{DESCRIBE}|magazine|newspaper|articles?|reports?|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|"
    r"nov|dec|about|on|in|and|or|how|what|who|which|when|why|where)",
    regex.I,
)


@dataclass(frozen=True, slots=True)
class NamedOutlet:
    """An outlet named at question[start:end].

    Attributes:
        start: where the name begins, a "the" before it included.
        end: where it ends.
        outlet: the outlet.
        is_word: whether its name is also an ordinary word ("Reason").
        is_catalogued: whether the catalogue knows it; else only articles say that there is such an outlet.
    """

    start: int
    end: int
    outlet: str
    is_word: bool
    is_catalogued: bool = True


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name to look for: its words in lower case, its outlet, its spelling without "The", and what else is known."""

    words: tuple[str, ...]
    outlet: str
    bare: str
    is_word: bool
    is_catalogued: bool


def find_outlets(question: str, catalogue: Catalogue, indexed: tuple[str, ...] = ()) -> Iterator[NamedOutlet]:
    """Find the outlets named in a question, the longest name at each place, in order.

    A name that is also a word, and a name of a single word that the catalogue lacks, needs its own capitals, or
    capitals throughout, or the word "magazine" behind it.

    Args:
        question: the question.
        catalogue: the outlets known by name.
        indexed: the outlets of the index, as it names them.
    """
    table = _entries(catalogue, indexed)
    words = [(m.start(), m.end()) for m in WORD.finditer(question)]
    folded = [question[a:b].casefold() for a, b in words]
    mixed_case = not question.isupper()
    lower_case = not regex.search(r"\p{Lu}", question[1:])
    i = 0
    while i < len(words):
        for entry in _names_at(i, table.get(folded[i]) or {}, question, words, folded):
            n = len(entry.words)
            start, end = words[i][0], words[i + n - 1][1]
            if question[start - 1 : start] in _JOINED_BEFORE or _JOINED_AFTER.match(question, end):
                continue
            bare = entry.bare
            capitals = not entry.is_word or question[start:end] in (bare, bare.upper()) or TITLE.match(question, end)
            if not capitals and not (lower_case and not entry.is_catalogued):
                continue
            following = _NEXT_CAPITALISED.match(question, end) if mixed_case else None
            if following and not _NOT_IN_NAME.compiled.match(following["next"]):
                continue
            if _THE.search(question, max(0, start - 5), start):
                start -= 4
            yield NamedOutlet(start, end, entry.outlet, entry.is_word, entry.is_catalogued)
            i += n - 1
            break
        i += 1


def _names_at(
    i: int, names: Mapping[tuple[str, ...], Sequence[_Entry]], question: str, words: Sequence[Span], folded: list[str]
) -> Iterator[_Entry]:
    """Yield the names that begin at a question's word `i`, the longest first, then those that are written just so."""
    for n in sorted({len(name) for name in names}, reverse=True):
        entries = names.get(tuple(folded[i : i + n]), ()) if i + n <= len(words) else ()
        if entries and all(_GAP.fullmatch(question, words[j][1], words[j + 1][0]) for j in range(i, i + n - 1)):
            written = question[words[i][0] : words[i + n - 1][1]]
            yield from sorted(entries, key=lambda e: (not e.is_catalogued, e.bare != written, e.is_word))


@functools.lru_cache(maxsize=8)
def indexed_keys(catalogue: Catalogue, indexed: tuple[str, ...]) -> frozenset[str]:
    """Return the keys of the outlets of the index (see `rag.provenance.outlet.key`)."""
    return frozenset(key(catalogue.resolve(name) or name) for name in indexed if name)


@functools.lru_cache(maxsize=8)
def _entries(catalogue: Catalogue, indexed: tuple[str, ...]) -> dict[str, dict[tuple[str, ...], list[_Entry]]]:
    """Return the names by their first word, then by all their words."""
    table: dict[str, dict[tuple[str, ...], list[_Entry]]] = {}
    spellings = {s: (o.name, s in o.words, True) for o in catalogue.outlets for s in (*o.names, *o.domains)}
    others = (name for name in indexed if name and catalogue.resolve(name) is None and can_be_named(name))
    spellings |= {name: (name, len(WORD.findall(name)) == 1, False) for name in others}
    for spelling, (name, is_word, is_catalogued) in spellings.items():
        bare = regex.sub(r"^(?:the)\s+", "", spelling, flags=regex.I)
        if words := tuple(WORD.findall(bare.casefold())):
            entry = _Entry(words, name, bare, is_word, is_catalogued)
            table.setdefault(words[0], {}).setdefault(words, []).append(entry)
    return table
