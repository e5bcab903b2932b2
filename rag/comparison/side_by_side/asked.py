"""A question in words -> the sides that it compares: "How do Iranian and Western media differ on the delisting?"

Only whole sentences of known shapes are understood, so that nothing is turned into its opposite: what excludes an
outlet, or speaks of it, is none of them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from rag.comparison.side_by_side.described import MEDIA, adjective, described, phrase
from rag.provenance.catalogue import Catalogue
from rag.query.constraints.outlet_names import find_outlets

_MARK = "\ue000"  # stands for an outlet or a description; a question that holds one is not looked at
_SOURCE = rf"(?:the\s+)?{_MARK}\d+{_MARK}"
_AND = r"(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|&|as\s+well\s+as)\s+)"
_VERSUS = r"\s+(?:vs\.?|versus|against|compared\s+(?:to|with)|and)\s+"
_OWN = r"(?:['’]s?)?"
_SEVERAL = rf"(?P<sides>(?:both\s+|between\s+)?{_SOURCE}{_OWN}(?:{_AND}{_SOURCE}{_OWN})+)"
_TWO = rf"(?P<sides>{_SOURCE}(?:{_VERSUS}{_SOURCE})+)"
_WITH = rf"(?P<sides>{_SOURCE}\s+(?:with|to)\s+{_SOURCE})"
_ON = r"(?:about|on|over|of|regarding|concerning|as\s+to|with\s+regard\s+to|when\s+it\s+comes\s+to)"
_TELLING = r"(?:say|write|report|think|claim|tell\s+(?:us|their\s+readers)|comment|differ|disagree|agree|speak|talk)"
_COVERING = r"(?:cover|report|describe|see|portray|present|explain|frame|view|treat|depict|characteri[sz]e|judge)"
_COVERED = r"(?:covered|reported(?:\s+on)?|described|seen|portrayed|presented|explained|framed|viewed|treated|depicted)"
_ACCOUNT = r"(?:accounts?|versions?|coverage|reports?|reporting|views?|stories|story)"
_BETWEEN = rf"(?:{_TELLING}(?:\s+(?:differently\s+)?{_ON}|\s+in\s+(?:their|what\s+they|how\s+they)\s+\w+(?:\s+{_ON})?)"
_BETWEEN += rf"|(?:differently\s+)?{_COVERING}(?:\s+differently)?)"
_TOPIC = r"(?P<topic>\S.*?)"
_END = r"[\s?!.]*"
_SHAPES = (
    rf"(?:what|how)\s+(?:do|does|did|have|has)\s+{_SEVERAL}\s+(?:each\s+|both\s+)?{_BETWEEN}\s+{_TOPIC}",
    rf"(?:do|does|did)\s+{_SEVERAL}\s+(?:agree|disagree|differ)\s+(?:{_ON}|that)\s+{_TOPIC}",
    rf"compare\s+(?:what\s+|how\s+)?(?:the\s+{_ACCOUNT}\s+(?:of|by|in)\s+)?(?:{_SEVERAL}|{_WITH})\s+"
    rf"(?:{_ACCOUNT}\s+of|{_BETWEEN}|{_ON})\s+{_TOPIC}",
    rf"(?:what(?:['’]s|\s+is|\s+are)\s+)?(?:the\s+)?differences?\s+between\s+(?:what\s+|how\s+)?"
    rf"(?:the\s+{_ACCOUNT}\s+(?:of|by|in)\s+)?{_SEVERAL}\s+(?:{_ACCOUNT}\s+of|{_BETWEEN}|{_ON})\s+{_TOPIC}",
    rf"how\s+(?:is|are|was|were|has|have|did)\s+{_TOPIC}\s+(?:been\s+)?{_COVERED}\s+(?:differently\s+)?(?:by|in|on)\s+"
    rf"{_SEVERAL}",
    rf"how\s+do(?:es)?\s+(?P<sides>{_SOURCE}){_OWN}\s+{_ACCOUNT}\s+of\s+{_TOPIC}\s+differ\s+from\s+"
    rf"(?:(?:that|those|the\s+{_ACCOUNT})\s+(?:of|in|by)\s+)?(?P<other>{_SOURCE}){_OWN}(?:\s+{_ACCOUNT})?",
    rf"{_TWO}\s*(?:[:,–—-]\s*|{_ON}\s+){_TOPIC}",
)


@dataclass(frozen=True)
class AskedComparison:
    """What a question in words compares.

    Attributes:
        sides: the words for each side, which are an outlet's name or describe outlets.
        question: what they are asked.
    """

    sides: tuple[str, ...]
    question: str


def asked_comparison(question: str, catalogue: Catalogue, indexed: tuple[str, ...]) -> AskedComparison | None:
    """Return what a question in words compares; None if it is no comparison of outlets.

    Args:
        question: as asked.
        catalogue: the outlets known by name.
        indexed: the outlets of the index, as it names them.
    """
    if _MARK in question:
        return None
    masked, found = _masked(question, catalogue, indexed)
    if len(found) < 2 or (match := _shapes().fullmatch(masked)) is None:
        return None
    named = f"{match['sides']} {match['other'] or ''}"
    sides = [found[int(number)] for number in regex.findall(rf"{_MARK}(\d+){_MARK}", named)]
    sides = list(dict.fromkeys(sides))
    topic = regex.sub(rf"{_MARK}(\d+){_MARK}", lambda mark: found[int(mark[1])], match["topic"])
    return AskedComparison(tuple(sides), f"What is said about {topic}?") if len(sides) > 1 else None


def _masked(question: str, catalogue: Catalogue, indexed: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return a question with a mark for each outlet that it names or describes, and their words."""
    found: list[str] = []
    parts, at = [], 0
    for start, end, words in sorted(_sources(question, catalogue, indexed)):
        if start < at:
            continue
        marks = []
        for each in words:
            marks.append(f"{_MARK}{len(found)}{_MARK}")
            found.append(each)
        parts += [question[at:start], " and ".join(marks)]
        at = end
    return "".join((*parts, question[at:])), found


def _sources(
    question: str, catalogue: Catalogue, indexed: tuple[str, ...]
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield the outlets that a question names or describes: start, end, and the words for each."""
    for outlet in find_outlets(question, catalogue, indexed):
        named = regex.sub(r"^the\s+", "", question[outlet.start : outlet.end], flags=regex.I)
        yield outlet.start, outlet.end, (named,)
    for match in _joint().finditer(question):  # "Iranian and Western media" are two
        yield match.start(), match.end(), tuple(f"{each} {match['noun']}" for each in match.captures("adjective"))
    for match in phrase().finditer(question):
        if described(match.group()):
            yield match.start(), match.end(), (match.group(),)


@functools.cache
def _joint() -> regex.Pattern[str]:
    """Return what finds several adjectives that share a noun."""
    one = rf"(?P<adjective>{adjective()}|state)"
    noun = rf"(?P<noun>(?:state\s+)?(?:{MEDIA}|newspapers|papers|broadcasters|news\s+agencies))"
    return regex.compile(rf"\b{one}(?:{_AND}{one})+\s+{noun}\b", regex.I)


@functools.cache
def _shapes() -> regex.Pattern[str]:
    """Return what finds a comparison as a whole, with the groups `sides`, `topic` and `other`."""
    return regex.compile("|".join(rf"(?:{shape}{_END})" for shape in _SHAPES), regex.I | regex.S)
