"""Dates that a question turns round or leaves out: "not before 2019", "in any year but 2018".

`turned` says what is before a date; `complement` and `holes` what that makes of it: a span with an open end, or spans
that are left out. Where neither is certain, the date narrows nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import regex

from rag._lazy import LazyPattern
from rag.query.constraints.date_phrases import AFTER, BEFORE, IN, SINCE, UNTIL, DatePhrase
from rag.query.constraints.date_words import DATE, DateSpan, absolute_date
from rag.query.constraints.reporting_verbs import PUBLISH, SAY

_CUE_CHARS = 80

_TIME = r"(?:years?|months?|weeks?|days?|times?|dates?|decades?|seasons?)"
_EXCEPT = (
    r"other\s+than|apart\s+from|aside\s+from|besides|except(?:ing)?(?:\s+for)?|excluding|exclude|"
    r"with\s+the\s+exception(?:\s+of)?|save(?:\s+for)?|bar(?:ring)?|leav(?:e|ing)\s+(?:aside|out)|ignor(?:e|ing)|without|"
    r"not\s+counting|skip(?:ping)?|omit(?:ting)?|forget(?:ting)?|disregard(?:ing)?|never\s+mind|outside(?:\s+of)?"
)
# Words before a date; of each, a sentence that it is for. `but` leaves the date out, `not` turns its preposition round.
RULES = (
    (  # "What was written in any year but 2018?"
        rf"(?P<but>(?:(?:in|at|on|from|during)\s+)?(?:(?:any|every|all|each)\s+(?:other\s+)?{_TIME}|anything|everything)\s+"
        rf"(?:but|{_EXCEPT}))(?:\s+(?:the\s+{_TIME}|those)(?:\s+of)?)?"
    ),
    rf"(?P<but>{_EXCEPT})(?:\s+(?:articles|reports|news|those|the\s+{_TIME})(?:\s+of)?)?",  # "written except in 2018"
    r"(?P<but>none|nothing|no\s+(?:articles|reports|news|stories|coverage))",  # "articles about it, none from 2018"
    # "articles that aren't from 2018", "articles that do not date from 2018"
    rf"(?:that\s+|which\s+)?(?P<not>(?:are|is|was|were)n['’]t(?:\s+(?:{SAY}|{PUBLISH}))?|"
    r"do(?:es)?(?:\s+not|n['’]t)\s+(?:date|come|stem))",
    # "articles not from 2018", "not published before 2018", "no earlier than 2019"
    rf"(?:(?:but|and)\s+)?(?P<not>not|at\s+no\s+time|no|never)(?:\s+(?:{SAY}|{PUBLISH}|any|much))?",
    r"(?P<unclear>than|only|merely|just|neither|nor)",  # "more than in 2018": neither left out nor asked for
)
_LEFT_OUT_AFTER = LazyPattern(  # "What was written, 2018 excluded?"
    r"\s+(?:(?:is\s+|being\s+)?(?:excluded|excepted|left\s+out)|aside|notwithstanding)(?=\s*(?:$|[.,;:?!)–—]))", regex.I
)
# What denies or leaves out something in the same clause, in a way that no rule above is for: "Despite what was reported
# in 2018, ...", "Forget what was written in 2018", "Don't show articles from 2018".
_DENIES = LazyPattern(
    rf"(?:\b(?:not|never|none|nothing|nobody|no|neither|nor|without|despite|contrary|regardless|unlike|forget\w*|{_EXCEPT}|"
    r"instead|rather|hide|drop|cannot|notwithstanding|(?:in\s+)?spite)\b|n['’]t\b)(?:(?!\bbut\b)[^.?!;,])*$",
    regex.I,
)
_BEFORE = tuple(LazyPattern(rf"\b{rule}\s+(?:the\s+)?$", regex.I) for rule in RULES)
_MAY_TURN = regex.compile(
    r"\b(?:not?|none|nothing|never|but|than|other|apart|aside|besides|except\w*|exception|exclud\w+|save|bar|barring|leav\w+|"
    r"ignor\w+|without|skip\w*|omit\w*|forget\w*|disregard\w*|neither|nor|outside)\b|n['’]t\b",
    regex.I,
)
# "What was not reported in 2018?": neither what was reported then nor what was not then.
_UNSAID = LazyPattern(
    rf"(?:\b(?:not|never|no\s?one|nobody)|n['’]t)\s+(?:\w+\s+){{0,4}}?(?:{SAY}|{PUBLISH})\b[^.?!;,]*$", regex.I
)
_ONE_OF = LazyPattern(rf"(?P<date>{DATE})(?P<join>\s*,?\s+(?:and|or)\s+(?:in\s+|from\s+)?)?", regex.I)


@dataclass(frozen=True)
class Turned:
    """What is before a date that turns it round.

    Attributes:
        start: where those words begin.
        excludes: whether they leave the date out ("except in 2018"), and do not only deny it ("not before 2018").
        is_clear: whether it is known what they make of the date.
        end: where words behind the date end that leave it out; 0 if there are none.
    """

    start: int
    excludes: bool
    is_clear: bool = True
    end: int = 0


def turned(question: str, phrase: DatePhrase) -> Turned | None:
    """Return what turns a date round; None if nothing does."""
    if after := _LEFT_OUT_AFTER.compiled.match(question, phrase.end):
        return Turned(phrase.start, True, end=after.end())
    low = max(0, phrase.start - _CUE_CHARS)
    if not _MAY_TURN.search(question, low, phrase.start):
        return None
    for pattern in _BEFORE:
        if match := pattern.compiled.search(question, low, phrase.start):
            found = match.groupdict()
            if found.get("unclear"):
                return Turned(phrase.start, False, is_clear=False)
            return Turned(match.start(), bool(found.get("but")))
    if _UNSAID.compiled.search(question, low, phrase.start):
        return Turned(phrase.start, False, is_clear=False)
    return None


def is_denied(question: str, phrase: DatePhrase) -> bool:
    """Return whether something before a date, in its clause, denies or leaves out: what is left is not certain then."""
    return _DENIES.compiled.search(question, max(0, phrase.start - _CUE_CHARS), phrase.start) is not None


def positive(question: str, start: int, end: int) -> str:
    """Return the question with the words that turn a date round, and a comma before them, replaced by spaces."""
    if comma := regex.search(r",\s*$", question[:start]):
        start = comma.start()
    return question[:start] + " " * (end - start) + question[end:]


def complement(phrase: DatePhrase, turn: Turned) -> tuple[dt.date | None, dt.date | None] | None:
    """Return the first and last day that are left when a date with an open end is turned round.

    None where a date without an open end is left out, see `holes`, and where it is not certain what is left.
    """
    if phrase.span is None or phrase.ranged or not turn.is_clear:
        return None
    first, last = phrase.span
    day = dt.timedelta(1)
    if phrase.preposition in BEFORE:
        return first, None
    if phrase.preposition in AFTER:
        return None, last
    if phrase.preposition in ("until", "till", "up until", "up till"):
        return (last + day if turn.excludes else first), None
    if phrase.preposition in UNTIL:
        return (last + day, None) if turn.excludes else None
    if phrase.onwards or phrase.preposition in SINCE:
        return (None, first - day) if turn.excludes else None
    return None


def holes(question: str, phrase: DatePhrase, turn: Turned) -> list[tuple[int, int, DateSpan]]:
    """Return the spans of time that are left out, each with the place of its words; empty if that is not certain."""
    if phrase.span is None or not turn.is_clear or not (phrase.ranged or phrase.preposition in IN) or phrase.onwards:
        return []
    if phrase.ranged or phrase.relative or not regex.search(r"\b(?:and|or)\b", question[phrase.start : phrase.end]):
        return [(turn.start, max(phrase.end, turn.end), phrase.span)]
    found, start = [], turn.start
    for match in _ONE_OF.compiled.finditer(question, phrase.start, phrase.end):
        if (span := absolute_date(match["date"])) is None:
            return []
        found.append((start, match.end("date"), span))
        start = match.end("date")
    return found
