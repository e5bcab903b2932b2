"""Question -> Asked: whether it asks for a figure, of what kind, and what the figure has to count. English, by rule."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE
from rag.answer.figures.measures import AGE, DISTANCE, DURATION
from rag.answer.figures.periods import Period, period
from rag.answer.figures.values import MONTHS, find_values
from rag.answer.figures.words import Token, family, stemmed, tokens, words

MAX_NOUN_WORDS = 4  # before the noun that is counted

_BE = r"(?:is|are|was|were)"
_DO = r"(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might)"
_SHARES = r"(?:rate|share|percentage|proportion|rating|turnout|ratings|inflation|unemployment)\b"
_PRICES = r"(?:cost|price|budget|fine|salary|fee|value|worth|debt|deficit|wage|bail|settlement|pay|income)\b"
_RISE = r"rise|increase|grow|fall|drop|decline|shrink|contract|climb|jump|plunge|surge|slump|decrease"
_SUMS = r"(?:debt|funding|aid|tax|revenue|income|profit)"
_KINDS = tuple(
    (kind, regex.compile(pattern, regex.I))
    for kind, pattern in (
        (PERCENTAGE, r"\bhow many per ?cent\b"),
        (PERCENTAGE, r"\b(?:what|which) (?:share|percentage|per ?cent|proportion|fraction)\b"),
        (PERCENTAGE, rf"\bwhat {_BE} (?:the |[\w'’-]+['’]s? )(?:[\w'’-]+ ){{0,3}}{_SHARES}\b"),
        (PERCENTAGE, r"\bhow much of (?:the|all|its|their)\b|\bhow high {_BE} the (?:[\w'’-]+ ){{0,2}}{_SHARES}\b"),
        (PERCENTAGE, rf"\bhow fast\b(?=.*\b(?:{_RISE})\b)"),
        (MONEY, rf"\bhow much\b(?=.*\b(?:{_RISE})\b)"),
        (MONEY, rf"\bhow much (?:(?:more )?(?:money|cash)\b|(?=(?:\w+ )?{_SUMS}\b)|(?={_DO}\b))"),
        (MONEY, rf"\bwhat {_DO} (?:the |it )?(?:[\w'’-]+ ){{0,3}}{_PRICES}\b"),
        (MONEY, r"\bhow (?:big|large|expensive)\b"),
        (NUMBER, r"\bhow (?:old|long|far|tall|deep|wide|high|fast|strong)\b|\bwhat {_BE} the age of\b|\bwhat age\b"),
        (NUMBER, r"\bhow many\b(?! more\b)"),
        (NUMBER, rf"\bwhat {_BE} the (?:number of|(?=(?:[\w-]+ )?(?:death )?toll\b))"),
        (NUMBER, r"\b(?:the )?number of\b|^(?:the )?(?=death toll\b)"),
        (DATE, r"\b(?:since )?when (?=(?:is|are|was|were|do|does|did|has|have|had|will)\b)"),
        (DATE, r"\b(?:in |on )?(?:what|which) (?:year|month|day|date)\b"),
    )
)
_PLANS = regex.compile(r"\b(?i:will|would|should|could|expect\w*|hop\w+|plan\w*|want\w*|target|goal|predict\w*)\b")
_TARGET = regex.compile(r"\bto\W*$|^(?i:to (?:how much|what))\b")
_AVERAGE = regex.compile(r"\b(?i:average|each|every|per|a (?:day|week|month|year))\b")
_ADDITION = regex.compile(r"\b(?i:additional|more|another|extra|other)\b")
_PLACE = regex.compile(r"\b(?i:in|at|on|from|near|to|of)(?: the)? \p{Lu}")
_MEASURES = (
    (AGE, regex.compile(r"\bhow old\b|\bthe age of\b|\bwhat age\b", regex.I)),
    (DURATION, regex.compile(r"\bhow long\b", regex.I)),
    (DISTANCE, regex.compile(r"\bhow (?:far|tall|deep|wide|high|fast|strong)\b", regex.I)),
)
_CHANGE = regex.compile(rf"\b(?i:how much)\b.*\b(?i:{_RISE})\b")


@dataclass(frozen=True)
class Asked:
    """What a question asks for.

    Attributes:
        kind: the kind of figure.
        measure: "age", "duration" or "distance" where it asks for one (a number with a unit); else "".
        unit, noun: the noun counted, as the question has it, and its stem; "" where there is none.
        noun_is_name: whether the noun is a name, such as "Russians".
        modifiers: stems of the words before the noun ("Syrian" refugees).
        family: the family of verbs asked for ("kill"); "" for a verb of none.
        content: keys of all other words that say what the question is about.
        names: for each name, the stems that tell it from others, in all its spellings.
        name_parts: for each word of each name, its stems.
        spans: stems of words such as "week", "deadline".
        dates: the dates that the question gives, as in `Figure`.
        period: the span of time that they limit ("since 2011"); None where they are what is asked about ("in 2011").
        at_place: whether a name is that of the place ("in Dallas").
        of_plans, of_target, of_average, of_addition, of_change: whether the question asks for what would be, for what
            something is cut or raised to, for an average, for an addition, for a change.
        question: the question.
    """

    kind: str
    measure: str
    unit: str
    noun: str
    noun_is_name: bool
    modifiers: frozenset[str]
    family: str
    content: frozenset[str]
    names: tuple[frozenset[str], ...]
    name_parts: tuple[tuple[frozenset[str], ...], ...]
    spans: frozenset[str]
    dates: tuple[str, ...]
    period: Period | None
    at_place: bool
    of_plans: bool
    of_target: bool
    of_average: bool
    of_addition: bool
    of_change: bool
    question: str

    @functools.cached_property
    def name_words(self) -> frozenset[str]:
        """The stems of all names."""
        return frozenset().union(*self.names)

    @property
    def own_dates(self) -> tuple[str, ...]:
        """The dates that it asks about; none where they only limit a span of time."""
        return () if self.period else self.dates

    @property
    def counts_noun(self) -> bool:
        """Whether the number has to count a noun, and is not that of a unit."""
        return self.kind == NUMBER and not self.measure

    @property
    def is_harm(self) -> bool:
        """Whether it asks how many were killed or injured: what is counted then is often not named."""
        return self.family in ("kill", "injure")


def asked(question: str, aliases: Iterable[tuple[str, ...]] = ()) -> Asked | None:
    """Return what figure a question asks for; None if it asks for none.

    Args:
        question: the question.
        aliases: for each name in it that has other spellings, these and its own.
    """
    for kind, pattern in _KINDS:
        if match := pattern.search(question):
            return _parse(question, kind, match.end(), tuple(aliases))
    return None


def _parse(question: str, kind: str, start: int, aliases: tuple[tuple[str, ...], ...]) -> Asked:
    """Return what is asked for, from the words that follow "how many" and the like."""
    found = [t for t in tokens(question) if t.is_word]
    measure = next((name for name, pattern in _MEASURES if pattern.search(question)), "") if kind == NUMBER else ""
    phrase = _noun_phrase([t for t in found if t.start >= start]) if kind == NUMBER and not measure else []
    if phrase:
        measure = next((name for name in ("durations", "distances") if phrase[-1].stem in stemmed(name)), "")[:-1]
    state = next((family(t.stem) for t in phrase if t.lower in words("states")), "")  # "how many dead"
    phrase = [] if state else phrase
    unit, noun = (phrase[-1].lower, phrase[-1].stem) if phrase else ("people", "person") if state else ("", "")
    given = find_values(question, 0, len(question), DATE)
    dates = tuple(str(v.value) for v in given)
    empty = words("empty") | words("auxiliaries") | words("prepositions") | (set(MONTHS) if dates else set())
    rest = [t for t in found if t not in phrase and t.lower not in empty]
    if kind == NUMBER:
        rest = [t for t in rest if t.start >= start or (t.is_name and t.start > 0)]
    families = [state, *(t.family for t in rest if not (t.is_name and t.start > 0))]
    names = _names(question, phrase)
    spans = frozenset(t.stem for t in rest if t.lower in words("spans"))
    says = {
        name: bool(pattern.search(question))
        for name, pattern in (
            ("at_place", _PLACE), ("of_plans", _PLANS), ("of_target", _TARGET), ("of_average", _AVERAGE),
            ("of_addition", _ADDITION), ("of_change", _CHANGE),
        )
    }  # fmt: skip
    return Asked(
        kind=kind,
        measure=measure,
        unit=unit,
        noun=noun,
        noun_is_name=bool(phrase) and phrase[-1].is_name and phrase[-1].start > 0,
        modifiers=frozenset(t.stem for t in phrase[:-1] if t.lower not in empty),
        family=next(filter(None, families), ""),
        content=frozenset(t.key for t in rest) - spans,
        names=tuple(_spellings(name, aliases) for name in names),
        name_parts=tuple(tuple(frozenset(_of_country(t.stem)) for t in name) for name in names),
        spans=spans,
        dates=dates,
        period=period(question, given),
        question=question,
        **says,
    )


def _noun_phrase(following: list[Token]) -> list[Token]:
    """Return the words up to the noun that is counted: the last plural before a verb or a preposition."""
    phrase: list[Token] = []
    for token in following[: MAX_NOUN_WORDS + 1]:
        if token.lower in words("auxiliaries") or token.lower in words("prepositions"):
            break
        if phrase and phrase[-1].is_plural and not token.is_plural:
            break
        phrase.append(token)
    last = max((i for i, t in enumerate(phrase) if t.is_plural), default=len(phrase) - 1)
    return phrase[: last + 1]


def _names(question: str, phrase: list[Token]) -> list[list[Token]]:
    """Return the names in a question: runs of capitalised words, without those of the counted noun and of dates."""
    groups: list[list[Token]] = [[]]
    for token in tokens(question):
        if token.is_word and token.is_name and token.start > 0 and token not in phrase and token.lower not in MONTHS:
            groups[-1].append(token)
        elif groups[-1]:
            groups.append([])
    return [group for group in groups if group]


def _spellings(group: list[Token], aliases: tuple[tuple[str, ...], ...]) -> frozenset[str]:
    """Return the stems that tell a name from others, in all its spellings."""
    stems = {t.stem for t in group}
    own = (stems - stemmed("generic_names")) or stems
    text = " ".join(t.text for t in group).casefold()
    for spellings in aliases:
        if any(s.casefold() in text or text in s.casefold() for s in spellings):
            own |= {t.stem for s in spellings for t in tokens(s) if t.is_name} - stemmed("generic_names")
    if {"unit", "stat"} <= stems or text in ("us", "u.s.", "usa"):
        own |= {"us", "america", "unit", "stat"}
    return frozenset(form for word in own for form in _of_country(word))


def _of_country(name: str) -> set[str]:
    """Return a name with its forms for who is from there, or where they are from: Syria and Syrian."""
    forms = {name, *(name + ending for ending in ("n", "an", "ian", "ean", "i"))}
    return forms | {name.removesuffix(ending) for ending in ("n", "ian", "i") if len(name) > 5 or ending == "i"}
