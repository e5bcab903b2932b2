"""Decide which dates of a question narrow the search: those on which something was said or published.

The date of an event narrows nothing, since later articles report the event too; it is soft evidence (`event_dates`).
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence

import regex

from rag._lazy import LazyPattern
from rag.query.constraints.constraint import (
    DATES,
    HAPPENED,
    IN_FUTURE,
    MENTION,
    NEGATED,
    NO_ASKING_DATE,
    NO_YEAR,
    NOT_DATES,
    ORDER,
    PERIOD,
    THEN_FIRST,
    Constraint,
)
from rag.query.constraints.date_exclusion import Turned, complement, holes, is_denied, positive, turned
from rag.query.constraints.date_phrases import (
    AFTER,
    BEFORE,
    EVENT,
    IN,
    SINCE,
    UNTIL,
    VAGUE,
    DatePhrase,
    find_date_phrases,
)
from rag.query.constraints.event_dates import AskedOn, is_name, order_words, period, recent_words
from rag.query.constraints.question_text import WORD, Span
from rag.query.constraints.reporting_verbs import PUBLICATIONS, PUBLISH, SAID_THEN, SAY, TELL
from rag.query.constraints.sources import SourceRun

MAX_DATES = 20  # dates that are read in one question; no person states more
CONTEXT_CHARS = 240  # characters before and after a date in which words of saying are looked for

_PRESS = LazyPattern(rf"\b(?:press|media|papers?|newspapers?|journalists?|reporters?|{PUBLICATIONS})\b", regex.I)
_ASKS_WHO = regex.compile(r"^\W*(?:who|what\s+\w+|which\s+\w+)\W*$", regex.I)
_SAYS_NEXT = regex.compile(r"\W*(?:said|reported|claimed|wrote|argued|warned|predicted)\b", regex.I)
_SENTENCE_END = regex.compile(r"[.?!]\s+(?=\p{Lu})")
_ASKS_WHEN = regex.compile(
    r"^(?:\W|and\b|but\b)*(?:\b(?:in|on|by|since|until|from)\s+)?(?:when\b|(?:what|which)\s+(?:exact\s+)?"
    r"(?:year|month|date|day|decade|week|season)\b)|\byear\s+in\s+which\b|\bdate\s+of\b",
    regex.I,
)
_TO = r"(?:\s+to\s+(?:the\s+)?(?:reporters|journalists|parliament|congress|police|court|press|media|judge|senate|un))?"
_SAID_ABOUT = LazyPattern(
    rf"\b(?:(?:{SAID_THEN}|{PUBLISH}|{PUBLICATIONS})(?:\s+what)?\s+(?:about|on|regarding|concerning)|said\s+of)\s+"
    r"(?P<np>(?:[\w’'-]+\s+){1,6})$",
    regex.I,
)
_SAID_BEFORE = LazyPattern(rf"\b(?P<verb>{SAID_THEN}){_TO},?\s*$", regex.I)
_PUBLISHED_BEFORE = LazyPattern(rf"\b(?P<verb>{PUBLISH}),?\s*$", regex.I)
_TELL_BEFORE = regex.compile(rf"\b{TELL}\s+(?:(?:the|an?)\s+)?[\w’'-]+(?:\s+[\w’'-]+)?\s*$", regex.I)
_PUBLICATIONS_BEFORE = LazyPattern(
    rf"(?P<of>\b[\w’'-]+\s+)?\b{PUBLICATIONS}(?:\s+(?:published|written|printed|dated|written\s+in))?\s*$", regex.I
)
_PUBLICATIONS_FIRST = LazyPattern(
    rf"^\W*(?:(?:find|show|list|give|me|all|any|the|which|what|old|press|media)\s+)*{PUBLICATIONS}\b", regex.I
)
_PUBLICATIONS_AFTER = regex.compile(
    r"\s+(?:news|press|newspaper|media)?\s*(?:articles|coverage|news|stories|reports|reporting|headlines|"
    r"editorials|papers|newspapers)\b",
    regex.I,
)
_PUBLICATION_AFTER = regex.compile(r"\s+(?:[\w’'-]+\s+)?(?:article|report|story|piece)\b", regex.I)
_ACCORDING_BEFORE = regex.compile(r"\baccording\s+to\s+(?:(?:an?|the|one)\s*)?$", regex.I)
_GIVEN_BEFORE = regex.compile(
    r"\b(?:how\s+(?:is|are|was|were|has|have)\s.*\b(?:described|portrayed|depicted)|"
    r"(?:numbers?|figures?|estimates?|reasons?|explanations?|accounts?|tolls?)\s+(?:(?:was|were|is|are)\s+)?"
    r"(?:given|quoted|cited))\s*$",
    regex.I,
)
_WHAT_WAS = regex.compile(r"\bwhat\s+(?:was|were|is|has\s+been|had\s+been|else\s+was)\s+(?:\w+\s+)?$", regex.I)
_WHAT_DID = regex.compile(r"\bwhat\s+(?:did|do|does|has|have|had)\b", regex.I)
_ON_SOMETHING = regex.compile(r"\s*(?:about|on|of|regarding|concerning|that)\b", regex.I)
_CLAIMED_LIVES = regex.compile(r"\b(?:lives|victims|titles?|medals?|prizes?|crowns?|wins?)\b", regex.I)
_CONJUNCTIONS = frozenset(
    ["that", "which", "who", "whom", "whose", "where", "when", "because", "while", "after", "before"]
)


def find_dates(
    question: str, asked_on: AskedOn, sources: Sequence[SourceRun], quoted: Sequence[Span]
) -> list[tuple[Constraint, bool]]:
    """Find the constraints by time that a question states, up to MAX_DATES dates among them.

    Args:
        question: the question.
        asked_on: the day of asking.
        sources: the outlets that the question asks for.
        quoted: spans in which dates do not count.

    Returns:
        Each constraint, and whether it is on what was said or published.
    """
    found: list[tuple[Constraint, bool]] = []
    phrases = find_date_phrases(question, asked_on.day, quoted)[:MAX_DATES]
    for phrase in phrases:
        found += _constraints(question, phrase, sources, asked_on)
    taken = [*quoted, *((c.start, c.end) for c, _ in found)]
    found += [(constraint, False) for constraint in order_words(question, asked_on, taken)]
    dated = any(phrase.span for phrase in phrases) and not all(_is_today(c.words) for c, _ in found)
    if asked_on.given and not dated and not any(c.kind in (DATES, PERIOD, ORDER) for c, _ in found):
        found += [(constraint, False) for constraint in recent_words(question, asked_on, taken)]
    return found


def _constraints(
    question: str, phrase: DatePhrase, sources: Sequence[SourceRun], asked_on: AskedOn
) -> list[tuple[Constraint, bool]]:
    """Return the constraints that a date states, each with whether it is on what was said or published."""
    turn = turned(question, phrase)
    start = turn.start if turn else phrase.start
    end = max(phrase.end, turn.end) if turn else phrase.end
    words = question[start:end]
    place = words, start, end
    if phrase.span is None:
        return [(Constraint(MENTION, *place, applied=False, why=NO_YEAR), False)]
    first, last = phrase.span
    mention = functools.partial(Constraint, MENTION, *place, after=first, before=last, applied=False)
    stated = positive(question, turn.start, phrase.start) if turn else question
    published = _is_publication_date(stated, phrase, sources)
    if phrase.relative and not published and (_is_today(words) or is_name(question, phrase.start, phrase.end)):
        return []  # "today" is one of the words of `recent_words`
    if first > asked_on.latest or (phrase.relative and not asked_on.given):
        return [(mention(why=IN_FUTURE if first > asked_on.latest else NO_ASKING_DATE), False)]
    counted = asked_on.day if phrase.relative else None
    if turn:
        return _turned_round(question, phrase, turn, published, counted) or [(mention(why=NEGATED), False)]
    if not published:
        return [(period(question, phrase, asked_on) or mention(why=HAPPENED), False)]
    if is_denied(question, phrase):
        return [(mention(why=NEGATED), False)]
    after, before = _allowed_days(phrase, first, last)
    if phrase.preposition in VAGUE and not phrase.relative:
        return [(mention(why=HAPPENED), False)]
    return [(Constraint(DATES, *place, after=after, before=before, counted_from=counted), published)]


def _turned_round(
    question: str, phrase: DatePhrase, turn: Turned, published: bool, counted: dt.date | None
) -> list[tuple[Constraint, bool]]:
    """Return the constraints by a date that is denied or left out; none where it is not certain what is left.

    Of an event only a lower end is of use, and it narrows nothing: later articles report it too.
    """
    if published:
        found = holes(question, phrase, turn)
        if found:
            return [
                (
                    Constraint(NOT_DATES, question[a:b].strip(), a, b, after=first, before=last, counted_from=counted),
                    True,
                )
                for a, b, (first, last) in found
            ]
    after, before = complement(phrase, turn) or (None, None)
    place = question[turn.start : phrase.end], turn.start, phrase.end
    if published and (after or before):
        return [(Constraint(DATES, *place, after=after, before=before, counted_from=counted), True)]
    if not after:
        return []
    return [(Constraint(PERIOD, *place, after=after, why=THEN_FIRST, counted_from=counted), False)]


def _is_today(words: str) -> bool:
    return regex.search(r"\btoday\b", words, regex.I) is not None


def _allowed_days(phrase: DatePhrase, first: dt.date, last: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and last day of publication that a phrase with these days allows."""
    if phrase.ranged or (phrase.preposition in IN and not phrase.onwards):
        return first, last
    if phrase.onwards or phrase.preposition in SINCE:
        return first, None
    if phrase.preposition in AFTER:
        return last + dt.timedelta(1), None
    if phrase.preposition in BEFORE:
        return None, first - dt.timedelta(1)
    return (None, last) if phrase.preposition in UNTIL else (first, last)


def _is_publication_date(question: str, phrase: DatePhrase, sources: Sequence[SourceRun]) -> bool:
    """Return whether a phrase says when something was said or published, and not when it happened."""
    low = max(0, phrase.start - CONTEXT_CHARS)
    begin = max((m.end() for m in _SENTENCE_END.finditer(question, low, phrase.start)), default=low)
    before, rest = question[begin : phrase.start], question[phrase.end : phrase.end + CONTEXT_CHARS]
    after = regex.split(r"[.?!](?:\s|$)", rest, maxsplit=1)[0]
    if _PUBLICATIONS_AFTER.match(after) and phrase.preposition not in VAGUE:
        return True
    if phrase.attributive:
        if _PUBLICATION_AFTER.match(after) and _ACCORDING_BEFORE.search(before):
            return True
        return any(s.start <= phrase.start and phrase.end <= s.end for s in sources)
    if any(
        s.start <= phrase.start < s.end or _is_dateline(question[s.end : phrase.start], phrase, after) for s in sources
    ):
        return True
    if phrase.preposition in ("", *IN) and not phrase.relative and _ASKS_WHEN.search(before + " " + after):
        return False
    if publications := _PUBLICATIONS_BEFORE.compiled.search(before):
        other = regex.match(r"annual|official|police|medical|\p{Lu}{2}", publications["of"] or "")
        news = phrase.preposition == "in" and regex.search(r"\b(?:the|this|that)\s+news\s*$", before, regex.I)
        return not other and not news  # "broke the news in 1997"
    if _PUBLICATIONS_FIRST.compiled.search(before) and phrase.preposition in ("from", "dated"):
        return True
    if _TELL_BEFORE.search(before) or _GIVEN_BEFORE.search(before):
        return True
    if said := _SAID_BEFORE.compiled.search(before):
        verb = said["verb"].casefold()
        if verb == "reported":
            return _is_of_the_press(before[: said.start()], verb, after)
        return not (verb.startswith("claim") and _CLAIMED_LIVES.search(before))
    if published := _PUBLISHED_BEFORE.compiled.search(before):
        return _is_of_the_press(before[: published.start()], published["verb"], after)
    if (about := _SAID_ABOUT.compiled.search(before)) and phrase.preposition != "of":
        nouns = about["np"].split()
        if EVENT.compiled.fullmatch(nouns[-1]) or regex.search(r"\bdo(?:es)?\b", before, regex.I):
            return False
        return not any(regex.fullmatch(SAY, n, regex.I) for n in nouns)
    if _ASKS_WHO.search(before) and _SAYS_NEXT.match(after):
        return True
    if regex.sub(r"^\W*(?:and|but|so|then)?\W*", "", before, flags=regex.I):
        return False
    source_next = any(
        not question[phrase.end : s.start].strip(" ,") and s.end > s.names_end for s in sources if s.start > phrase.end
    )
    return source_next or _heads_saying(after)


def _is_dateline(gap: str, phrase: DatePhrase, after: str) -> bool:
    """Return whether a phrase is the date of a source before it: "Reuters in 2014,", "Reuters, 3 May 2014"."""
    comma = not phrase.preposition and not phrase.relative and gap.strip(" (") == ","
    return bool(gap) and (comma or not gap.strip(" (")) and bool(regex.match(r"\s*(?:[,.;:?!)]|$|about\b)", after))


def _is_of_the_press(before: str, verb: str, after: str) -> bool:
    """Return whether "written", "published" and the like are the press's here, and not an author's work or an event."""
    if verb.casefold().startswith("announc"):
        return bool(_WHAT_DID.search(before))
    return bool(_WHAT_WAS.search(before) or _PRESS.compiled.search(before) or _ON_SOMETHING.match(after))


def _heads_saying(after: str) -> bool:
    """Return whether the clause behind a date is about something said: "In 2009, how many were said to ..."."""
    words = [w.casefold() for w in WORD.findall(after)]
    for i, word in enumerate(words):
        if i > 1 and word in _CONJUNCTIONS:
            return False
        following = words[i + 1 : i + 3]
        if word in ("say", "said", "saying", "told", "tell", "estimated") and i:
            return following[:1] not in (["no"], ["yes"], ["sorry"])
        if word in ("reported", "claimed") and following[:1] == ["to"] and following[1:] not in (["the"], ["a"]):
            return True
        if regex.fullmatch(rf"{SAY}|{PUBLISH}", word) and i > 1:
            return bool(words[0] == "what")
    return False
