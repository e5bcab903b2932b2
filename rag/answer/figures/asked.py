"""Question -> Asked: whether it asks for a figure, of what kind, and what the figure has to count. English, by rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import regex

from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE
from rag.answer.figures.values import find_values
from rag.answer.figures.words import Token, family, stem, tokens

_AUXILIARY = (
    "is are was were be been do does did has have had will would can could may might shall should must there get got"
).split()
_PREPOSITIONS = (
    "of in on at by for from with to into as than during since after before under over through among between about per "
    "against around because while when who that which where via within without"
).split()
_STOP = frozenset(
    [*_AUXILIARY, *_PREPOSITIONS]
    + "a an the this these those their his her its it they he she we you i not no and or but so any some much many how "
    "percentage percent share proportion fraction money number what when which who whom whose if take took taken part say said says go went one more most other".split()
)
_STATES = frozenset(
    "toll dead deaths fatalities wounded injured injuries".split()
)  # nouns that say what happened to people
_SPAN_WORDS = "deadline week month day quarter hour".split()  # a figure for another span of time is another figure
GENERIC_NAMES = frozenset(
    stem(w)
    for w in "camp city state university school high elementary hotel hospital president county hurricane flight operation north "
    "south west east new national republican democratic house senate".split()
)

_KINDS = (
    (PERCENTAGE, r"\bhow many per ?cent\b|\b(?:what|which) (?:share|percentage|per ?cent|proportion|fraction)\b|\bwhat (?:is|was|were|are) the (?:[\w-]+ ){0,3}(?:rate|share|percentage|proportion)\b"),
    (MONEY, r"\bhow much (?:(?:more )?(?:money|cash)\b|(?=(?:\w+ )?(?:debt|funding|aid|tax|revenue|income|profit)\b)|(?=(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might)\b))|\bwhat (?:is|was|were|are|did|does|will|would) (?:the |it )?(?:[\w-]+ ){0,3}(?:cost|price|budget|fine|salary|fee)\b"),
    (NUMBER, r"\bhow many\b(?! more\b)|\bwhat (?:is|was|were|are) the (?:number of|(?=(?:[\w-]+ )?(?:death )?toll\b))|\b(?:the )?number of\b|^(?:the )?(?=death toll\b)"),
    (DATE, r"\b(?:since )?when (?=(?:is|are|was|were|do|does|did|has|have|had|will)\b)|\b(?:in |on )?(?:what|which) (?:year|month|day|date)\b"),
)  # fmt: skip
_HOPES = regex.compile(
    r"\b(?:will|would|should|could|expect\w*|hop\w+|plan\w*|want\w*|target|goal|predict\w*)\b", regex.I
)
_COMPILED = tuple((kind, regex.compile(pattern, regex.I)) for kind, pattern in _KINDS)


@dataclass(frozen=True)
class Asked:
    """What a question asks for.

    Attributes:
        kind: the kind of figure.
        unit: the noun counted, as the question has it; "" where it has none.
        noun: its stem.
        modifiers: stems of the words before the noun ("Syrian" refugees).
        predicates: families or stems of what is said of it: a figure is attached to one of them.
        family: the family of verbs asked for ("kill"); "" if the predicates are in none.
        content: stems of all other words that say what the question is about, families in place of their members.
        names: groups of names, each the stems that tell it from others.
        spans: stems of words such as "week", "deadline".
        dates: the years and months that the question gives.
    """

    kind: str
    unit: str
    noun: str
    noun_is_name: bool
    modifiers: frozenset[str]
    family: str
    content: frozenset[str]
    names: tuple[frozenset[str], ...]
    spans: frozenset[str]
    dates: tuple[str, ...]
    hopes: bool
    target: bool
    average: bool
    added: bool
    place: bool
    change: bool


def asked(question: str, aliases: Iterable[tuple[str, ...]] = ()) -> Asked | None:
    """Return what figure a question asks for; None if it asks for none.

    Args:
        question: the question.
        aliases: for each name in it that has other spellings, these and its own.
    """
    for kind, pattern in _COMPILED:
        if match := pattern.search(question):
            return _parse(question, kind, match.end(), tuple(aliases))
    return None


def _parse(question: str, kind: str, start: int, aliases: tuple[tuple[str, ...], ...]) -> Asked:
    words = [t for t in tokens(question) if t.is_word]
    after = [t for t in words if t.start >= start]
    phrase = _noun_phrase(after) if kind == NUMBER else []
    state = next((family(t.stem) for t in phrase if t.lower in _STATES), "")
    if state:
        phrase = []
    noun = phrase[-1] if phrase else None
    used = {t.start for t in phrase}
    rest = [t for t in words if t.start not in used and t.lower not in _STOP]
    rest = [
        t
        for t in rest
        if t.start >= start or kind != NUMBER or t.lower in ("toll",) or t.start < start and t.is_name and t.start > 0
    ]
    dates = tuple(str(v.value) for v in find_values(question, 0, len(question), DATE))
    months = (
        {
            t.start
            for t in words
            if regex.fullmatch(
                r"(?i:january|february|march|april|may|june|july|august|september|october|november|december)", t.text
            )
        }
        if dates
        else set()
    )
    rest = [t for t in rest if t.start not in months]
    families = [t.family for t in rest if t.family and not _in_name(question, t)]
    if state:
        families.insert(0, state)
    spans = frozenset(t.stem for t in rest if t.lower in _SPAN_WORDS)
    names = _names(question, phrase, aliases)
    content = {t.family or t.stem for t in rest} - spans
    return Asked(
        kind,
        noun.lower if noun else "people" if state else "",
        noun.stem if noun else "person" if state else "",
        bool(noun and noun.is_name and noun.start > 0),
        frozenset(t.stem for t in phrase[:-1] if t.lower not in _STOP),
        families[0] if families else "",
        frozenset(content),
        names,
        spans,
        dates,
        bool(_HOPES.search(question)),
        bool(regex.search(r"\bto\W*$|^to (?:how much|what)\b", question, regex.I)),
        bool(regex.search(r"\b(?:average|each|every|per|a (?:day|week|month|year))\b", question, regex.I)),
        bool(regex.search(r"\b(?:additional|more|another|extra|other)\b", question, regex.I)),
        bool(regex.search(r"\b(?i:in|at|on|from|near|to|of)(?: the)? (?:\p{Lu})", question)),
        bool(regex.search(r"\bhow much\b.*\b(?:rise|increase|grow|fall|drop|decline)\b", question, regex.I)),
    )


def _in_name(question: str, token: Token) -> bool:
    return token.is_name and token.start > 0


def _noun_phrase(words: list[Token]) -> list[Token]:
    """Return the words up to the noun that is counted: the last one before a verb or a preposition."""
    phrase: list[Token] = []
    for token in words:
        if token.lower in _AUXILIARY or token.lower in _PREPOSITIONS:
            break
        if phrase and _is_plural(phrase[-1]) and not _is_plural(token):
            break
        phrase.append(token)
        if len(phrase) > 4:
            break
    while phrase and not _is_plural(phrase[-1]) and any(map(_is_plural, phrase)):
        phrase.pop()
    return phrase


def _is_plural(token: Token) -> bool:
    return is_plural(token.lower)


def is_plural(word: str) -> bool:
    """Whether a word looks like a plural."""
    irregular = (
        "people",
        "men",
        "women",
        "children",
        "policemen",
        "police",
        "gunmen",
        "staff",
        "personnel",
        "firemen",
        "servicemen",
    )
    return word in irregular or word.endswith("s") and not word.endswith(("ss", "us", "is", "'s"))


def _names(question: str, phrase: list[Token], aliases: tuple[tuple[str, ...], ...]) -> tuple[frozenset[str], ...]:
    """Return the names in a question: runs of capitalised words, without those of the counted noun and of dates."""
    counted = {t.start for t in phrase}
    groups: list[list[Token]] = []
    last: Token | None = None
    for token in tokens(question):
        if not token.is_word or not token.is_name or token.start == 0 or token.start in counted:
            last = None
            continue
        if regex.fullmatch(
            r"January|February|March|April|May|June|July|August|September|October|November|December", token.text
        ):
            last = None
            continue
        if last:
            groups[-1].append(token)
        else:
            groups.append([token])
        last = token
    result = []
    for group in groups:
        own = {t.stem for t in group}
        own = (own - GENERIC_NAMES) or own
        text = " ".join(t.text for t in group).casefold()
        for spellings in aliases:
            if any(s.casefold() in text or text in s.casefold() for s in spellings):
                own |= {t.stem for s in spellings for t in tokens(s) if t.is_name} - GENERIC_NAMES
        if {"united", "stat"} <= {t.stem for t in group} or text in ("us", "u.s.", "usa"):
            own |= {"us", "america", "united", "stat"}
        result.append(frozenset(form for word in own for form in _of_country(word)))
    return tuple(result)


def _of_country(name: str) -> set[str]:
    """Return a name with the forms of it that say who is from there, or where who is from there: Syria, Syrian."""
    forms = {name, *(name + ending for ending in ("n", "an", "ian", "ean", "i"))}
    return forms | {name.removesuffix(ending) for ending in ("n", "ian", "i") if len(name) > 5 or ending == "i"}


def key(token: Token) -> str:
    """Return the family of a word, or its stem: what `Asked.content` holds."""
    return family(token.stem) or token.stem
