"""Asked, and the sentences that answer -> the values in them that count what is asked. In doubt a value is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from rag.answer.figures.asked import GENERIC_NAMES, Asked, is_plural, key
from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE
from rag.answer.figures.values import Value, find_values
from rag.answer.figures.words import Token, stem, tokens

if TYPE_CHECKING:
    from rag.answer.citation import Citation

# Nouns that stand for people in general: "44 residents died" answers how many people died.
_PEOPLE = frozenset(
    map(
        stem,
        "people persons residents members victims exiles civilians individuals worshippers patrons students neighbours neighbors "
        "patients veterans parishioners employees workers users passengers citizens migrants immigrants refugees inmates "
        "villagers protesters demonstrators followers supporters Americans Iranians Iraqis Muslims Christians "
        "congregants shoppers concertgoers souls lives".casefold().split(),
    )
)
_COMMON = frozenset(  # of these "people" may be said in their place
    map(
        stem,
        "people persons residents members victims civilians worshippers students patients veterans employees workers users "
        "passengers migrants immigrants refugees patrons fighters shoppers parishioners villagers protesters demonstrators "
        "inmates exiles concertgoers congregants supporters".split(),
    )
)
_SAME_NOUN = (
    "worker employee", "child kid schoolchild grader pupil toddler", "prisoner detainee inmate", "email e-mail message",
    "computer device", "migrant immigrant", "user account", "job position", "police officer policeman",
    "company business firm", "home house", "gun firearm weapon rifle", "troop soldier",
)  # fmt: skip
_PERSONS = _COMMON | {stem(w) for w in "prisoners detainees leaders commanders officials soldiers".split()}
_BOTH = regex.compile(r"\b(?i:men and women|women and men)\b")
_AGENTS = frozenset(map(stem, "nationals citizens people civilians agents officers operatives officials nationals".split()))
_HEADS = frozenset(map(stem, "devices units nationals citizens people agents items pieces members officials".split()))
_BOUNDARY = frozenset(";:—–.!?")
_CONJUNCTIONS = frozenset("and but while although though whereas or".split())
_PASSED = frozenset(  # words between a value and what governs it
    "the a an of at least about around nearly almost some more than fewer less up to as many much over under just "
    "estimated approximately roughly only was were is are have has had been be being may might would could will who that "
    "also reportedly all total down lives our their its his her or confirmed currently already by".split()
)
_QUALIFIERS = frozenset(
    "at least about around nearly almost some more than fewer less up as many much over under just estimated an "
    "approximately roughly only".split()
)
_DEATHS = frozenset(map(stem, "deaths toll fatalities".split()))
_LINK = frozenset(map(stem, "surpassed reached rose risen to at is was exceeded topped hit climbed".split()))
_TOTAL = regex.compile(r"\b(?i:in all|in total|altogether|combined|all told|earlier|previous|prior)\b")
_INCREMENT = (
    regex.compile(r"\s(?i:others?|additional)\b|(?<=\b(?i:one)) (?i:more|of)\b"),
    regex.compile(r"\b(?i:another|additional|extra|further|other)\s$"),
)
_MORE = regex.compile(r"\s(?i:more)\b")
_EXCLUDED = regex.compile(r"\b(?i:not including|excluding|besides)\s(?:the\s)?$")
_SUPPOSED = regex.compile(r"\b(?i:would|could|will)\b")
_AVERAGE = (
    regex.compile(r"\b(?i:average|each|every|per)\b"),
    regex.compile(r"\b(?i:a (?:day|week|month|year))\b(?! after)"),
)
_SENTENCE = regex.compile(r"(?<=[.!?…][\"'”’»)\]]*)\s+(?=[\"'“‘«(\[]*[\p{Lu}\d])|\n+")
_ABBREVIATION = regex.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Sgt|Gen|Lt|Col|Rep|Sen|Gov|St|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|No|[A-Z])\.$"
)
# "45 people who were wounded remained in hospital" are not all that were wounded.
_PART = regex.compile(
    r"\b(?i:who (?:was|were|had been)|remain(?:s|ed|ing)?|still|hospital(?:s|ised|ized)?|discharged|critical)\b"
)
_PARTITIVE = regex.compile(
    r"(?i: of (?:an? )?(?:estimated |nearly |about |some |more than |over |roughly |around |total )*)"
)
_HOPED = regex.compile(r"\b(?i:hope[ds]?|hoping|expect(?:ed|s|ing)?|target|goal|aim(?:s|ed|ing)?|predict(?:ed|s)?)\b")
_TIME = regex.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|December|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.?"
)
_MONTH = regex.compile(r"\b(?:January|February|March|April|June|July|August|September|October|November|December)\b")
_MONTHS = dict(
    zip("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), (f"{n:02d}" for n in range(1, 13)), strict=True)
)
_NEAR = 12  # tokens in which the governing word is looked for


@dataclass(frozen=True)
class _Sentence:
    """A marked sentence, with the text before it that says what it is about."""

    tokens: tuple[Token, ...]
    values: tuple[Value, ...]
    context: frozenset[str]
    own: frozenset[str]
    names: frozenset[str]
    before: frozenset[str]
    text: str
    start: int
    year: str


def matching_values(asked: Asked, citation: Citation) -> Iterator[Value]:
    """Yield the values in a citation's marked sentences that count what is asked; spans are of the article's text."""
    if not _same_event(asked, citation):
        return
    around = {key(t) for t in tokens(f"{citation.title or ''}\n{citation.text}") if t.is_word}
    plain = {t.stem for t in tokens(f"{citation.title or ''}\n{citation.text}") if t.is_word}
    if any(not group & plain for group in asked.names):
        return
    kinds = (asked.kind, PERCENTAGE) if asked.change else (asked.kind,)
    for sentence in _sentences(citation, kinds):
        if not _same_dates(asked, sentence):
            continue
        fitting = [v for v in sentence.values if _fits(asked, sentence, v, around)]
        for value in _nearest(asked, sentence, fitting):
            by = citation.start
            outer = max(value.outer[0], sentence.start) + by, value.outer[1] + by
            yield replace(value, start=value.start + by, end=value.end + by, outer=outer)


def _sentences(citation: Citation, kinds: tuple[str, ...]) -> Iterator[_Sentence]:
    """Yield the marked sentences; spans are of the citation's text."""
    text = citation.text
    first, last = (edge - citation.start for edge in citation.quote)
    lead = [t for t in tokens(text, max(0, first - 300), first) if t.is_word]
    before, named = frozenset(map(key, lead)), frozenset(t.stem for t in lead)
    at = first
    cuts = [m for m in _SENTENCE.finditer(text, first, last) if not _ABBREVIATION.search(text, first, m.start())]
    for cut in [*(m.span() for m in cuts), (last, last)]:
        start, end, at = at, cut[0], cut[1]
        own = tuple(tokens(text, start, end))
        keys = frozenset(key(t) for t in own if t.is_word)
        stems = frozenset(t.stem for t in own)
        values = tuple(v for kind in kinds for v in find_values(text, start, end, kind))
        yield _Sentence(
            own, values, keys | before, keys, stems, named, text, start, f"{citation.date:%Y}" if citation.date else ""
        )
        before, named = keys, stems


def _same_event(asked: Asked, citation: Citation) -> bool:
    """Whether an article can report what happened at the time the question gives.

    No article reports what happens after it; one that is much later has to name the year.
    """
    years = [d for d in asked.dates if regex.match(r"\d{4}(?!s)", d)]
    if not years or asked.kind == DATE:
        return True
    day = min(years)
    year, month = int(day[:4]), int(day[5:7] or 1)
    if len(day) > 4 and citation.date and str(year) not in citation.text:
        return dt.date(year, month, 1) <= citation.date <= dt.date(year, month, 1) + dt.timedelta(days=75)
    if str(year) in citation.text:
        return citation.date is None or citation.date >= dt.date(year, month, 1)
    if citation.date is None:
        return False
    return dt.date(year, month, 1) <= citation.date <= dt.date(year + 1, 12, 31)


def _same_dates(asked: Asked, sentence: _Sentence) -> bool:
    """Whether a sentence gives no other month than the question, and every span of time that the question names."""
    if not asked.spans <= sentence.context:
        return False
    months = _months(asked.dates)
    if not months or asked.kind == DATE:
        return True
    end = sentence.tokens[-1].end if sentence.tokens else sentence.start
    others = _months(_stated(sentence.text, sentence.start, end))
    return not others or bool(others & months)


def _of_months(asked: Asked, sentence: _Sentence, first: int, last: int) -> bool:
    """Whether a clause names a month of the question, if its sentence names that one and others."""
    months = _months(asked.dates)
    end = sentence.tokens[-1].end if sentence.tokens else sentence.start
    stated = _months(_stated(sentence.text, sentence.start, end))
    if not months or asked.kind == DATE or not stated - months:
        return True
    return bool(months & _months(_stated(sentence.text, first, last)))


def _stated(text: str, start: int, end: int) -> set[str]:
    """Return the dates in a text, and months without a day or a year as "--09"."""
    months = {f"--{_MONTHS[m.group()[:3]]}" for m in _MONTH.finditer(text, start, end)}
    return months | {str(v.value) for v in find_values(text, start, end, DATE)}


def _months(dates: Iterable[str]) -> set[str]:
    return {d[5:7] if d[0] != "-" else d[2:4] for d in dates if "-" in d}


def _fits(asked: Asked, sentence: _Sentence, value: Value, around: set[str]) -> bool:
    text = sentence.text
    clause = _clause(sentence, value)
    first, last = (clause[0].start, max(clause[-1].end, value.end)) if clause else (value.start, value.end)
    if not asked.hopes and _SUPPOSED.search(text, sentence.start, value.start):
        return False
    if not asked.average and (
        _AVERAGE[0].search(text, min(first, value.start), last) or _AVERAGE[1].search(text, value.end, last)
    ):
        return False
    if _EXCLUDED.search(text, sentence.start, value.outer[0]) or not _of_months(asked, sentence, first, last):
        return False
    if asked.kind == NUMBER:
        return _counts(asked, sentence, value)
    if asked.kind == DATE:
        return _dates_it(asked, sentence, value)
    return _measures(asked, sentence, value)


# Numbers


def _counts(asked: Asked, sentence: _Sentence, value: Value) -> bool:
    """Whether a number counts the noun that is asked for, in what is said of it."""
    text, after = sentence.text, _after(sentence, value)
    if (
        _INCREMENT[0].match(text, value.outer[1])
        or asked.family == "kill"
        and _MORE.match(text, value.outer[1])
        or _INCREMENT[1].search(text, max(0, value.outer[0] - 14), value.outer[0])
    ):
        if asked.family != "injure" and not asked.added:
            return False
    if value.value == 1 and _noun(asked, sentence, value) == "":
        return False
    if asked.family in ("kill", "injure") and _PART.search(text, value.outer[0], _clause_end(sentence, value)):
        return False
    if _is_whole(sentence, value):
        return False
    governor, direct = _governor(sentence, value)
    noun = _noun(asked, sentence, value)
    if noun is None:
        return False
    if asked.family in ("kill", "injure") and _TOTAL.search(text, sentence.start, _clause_end(sentence, value)):
        return False
    if isinstance(value.value, str) and governor != (asked.family or "-"):
        return False
    if _HOPED.search(text, max(sentence.start, value.outer[0] - 60), value.outer[0]) and not asked.hopes:
        return False
    if _elsewhere(asked, sentence, value):
        return False
    if noun == "" and asked.noun and _number_of(asked, sentence, value):
        return not asked.family or asked.family in sentence.own
    if asked.family and governor:
        if governor != asked.family:
            return False
        if asked.family not in ("kill", "injure") and not _about(asked, sentence):
            return False
        return noun != "" or (direct and asked.noun in _COMMON) or (direct and not asked.noun)
    if governor and direct and governor not in asked.content:
        return False
    if asked.family in ("kill", "injure") or noun == "":
        return False
    wanted = asked.content
    if not wanted:
        return True
    if not _about(asked, sentence):
        return False
    shared = wanted & sentence.own
    near = {key(t) for t in _surroundings(sentence, value)}
    said = wanted - GENERIC_NAMES - {word for group in asked.names for word in group}
    if not (said & near if said else shared & near):
        return False
    return (
        len(shared) * 2 >= len(wanted)
        or bool(shared)
        and len(wanted & sentence.context) * 2 >= len(wanted)
        and (not asked.family or asked.family in sentence.own)
    )


def _about(asked: Asked, sentence: _Sentence) -> bool:
    """Whether a sentence has a name of the question; without names of its own, the one before may have it."""
    if not asked.names or any(group & sentence.names for group in asked.names):
        return True
    own = [t for t in sentence.tokens[1:] if t.is_word and t.is_name and not _is_time(t)]
    return not own and any(group & sentence.before for group in asked.names)


def _surroundings(sentence: _Sentence, value: Value) -> list[Token]:
    """Return the words about a value, up to the values before and after it."""
    others = [v for v in sentence.values if v != value and not _is_whole(sentence, v)]
    low = max((v.end for v in others if v.end <= value.start), default=sentence.start)
    high = min((v.outer[0] for v in others if v.start >= value.end), default=sentence.tokens[-1].end)
    return [t for t in sentence.tokens if low <= t.start < high and abs(_distance(sentence, t, value)) <= _NEAR]


def _elsewhere(asked: Asked, sentence: _Sentence, value: Value) -> bool:
    """Whether a number is said of another place or time: "three Baton Rouge officers", "In 2012, four officers"."""
    phrase = _phrase(_after(sentence, value), sentence.values)
    named = [t for t in phrase if t.is_name]
    own = {word for group in asked.names for word in group}
    if len(named) > 1 and not any(t.stem in own | asked.modifiers | {asked.noun} for t in named):
        return True
    if not asked.names:
        return False
    fatal = asked.family in ("kill", "injure") and asked.place
    inside = [bool(group & {t.stem for t in sentence.tokens if t.is_name}) for group in asked.names]
    if not all(inside):
        stated = find_values(sentence.text, sentence.start, sentence.tokens[-1].end, DATE)
        if {str(v.value) for v in stated} & set(asked.dates):
            return False
        years = [v for v in stated if regex.search(r"\b(?i:in) $", sentence.text[max(0, v.start - 3) : v.start])]
        known = (sentence.year, *(d[:4] for d in asked.dates))
        if any(str(v.value)[:4] not in known for v in years if str(v.value)[:4].isdigit()):
            return True
    if not any(inside):
        return fatal and _place(_clause(sentence, value), own)
    if fatal and not any(t.stem in own for t in phrase) and _foreign_before(sentence, value, own):
        return True
    comma = next((t.start for t in _after(sentence, value) if t.text in ",;:—()"), sentence.tokens[-1].end)
    return fatal and _place([t for t in _after(sentence, value) if t.start < comma], own)


def _foreign_before(sentence: _Sentence, value: Value, own: set[str]) -> bool:
    """Whether the last place before a number is none of the question's: "from Paris after attacks there left 130 dead"."""
    run: list[Token] = []  # names that follow one another, the last first: "Sandy Hook in Newtown, Connecticut"
    for token in _before(sentence, value):
        if not run and token.lower in _SAYING:
            return False
        is_first = token.start == sentence.tokens[0].start and token.stem not in own
        if token.is_word and token.is_name and not is_first and not _is_time(token):
            run.append(token)
        elif run and token.lower not in ("in", ",", "of", "the", "-", "'s", ".", "and", "(", ")", "ap"):
            break
        elif run and token.lower in _PLACE_WORDS:
            run.append(token)
    places = [t for t in run if t.is_name]
    placed = any(t.lower in _PLACE_WORDS for t in run) or _preposition(sentence, places)
    return bool(places) and placed and not any(t.stem in own for t in places)


_SAYING = frozenset("said says say told according reported reports added stated announced estimated that".split()) - {
    "that"
}
_ADJECTIVE = regex.compile(r"(?:[^l]i|ian|can|ish|ese)$")
_PLACE_WORDS = ("in", "at", "near", "from", "outside", "to", "on")


def _preposition(sentence: _Sentence, names: list[Token]) -> bool:
    """Whether a preposition of place is before the first of some names."""
    if not names:
        return False
    first = min(t.start for t in names)
    before = [t for t in sentence.tokens if t.end <= first][-2:]
    return any(t.lower in _PLACE_WORDS for t in before)


def _place(words: list[Token], own: set[str]) -> bool:
    """Whether the words name a place that is none of the question's names: "near a shop in Baton Rouge"."""
    words = [t for t in words if t.lower not in ("a", "an", "the", "mount", "mt")]
    for i, (place, name) in enumerate(pairwise(words)):
        if (
            place.lower in ("in", "at", "near")
            and name.is_name
            and not _is_time(name)
            and not _ADJECTIVE.search(name.lower)
        ):
            return not any(t.stem in own for t in words[i:])
    return False


def _is_time(token: Token) -> bool:
    return bool(_TIME.fullmatch(token.text))


def _clause_end(sentence: _Sentence, value: Value) -> int:
    """Return where the clause of a value ends, in the text."""
    for token in _after(sentence, value):
        if token.text in ",;:—()" or token.lower in _CONJUNCTIONS:
            return token.start
    return sentence.tokens[-1].end


def _is_whole(sentence: _Sentence, value: Value) -> bool:
    """Whether a number is the whole that another is a part of: the second of "12,000 of nearly 17,000"."""
    return any(
        v.end < value.start and _PARTITIVE.fullmatch(sentence.text, v.outer[1], value.start) for v in sentence.values
    )


def _after(sentence: _Sentence, value: Value) -> list[Token]:
    return [t for t in sentence.tokens if t.start >= value.outer[1]]


def _before(sentence: _Sentence, value: Value) -> list[Token]:
    return [t for t in reversed(sentence.tokens) if t.end <= value.outer[0]]


def _noun(asked: Asked, sentence: _Sentence, value: Value) -> str | None:
    """Return the noun that a number counts, if it is the one asked for; "" if it has none; None if it is another."""
    phrase = _phrase(_after(sentence, value), sentence.values)
    if not phrase or (asked.family and phrase[0].family == asked.family):
        return ""
    same = {asked.noun} | {
        n for line in _SAME_NOUN if asked.noun in (group := {stem(w) for w in line.split()}) for n in group
    }
    people = asked.noun in _COMMON
    for i, token in enumerate(phrase):
        plural = is_plural(token.lower) or value.value == 1
        head = phrase[i + 1].stem in _HEADS if i + 1 < len(phrase) else False
        follows = [t for t in phrase[i + 1 :] if is_plural(t.lower)]
        if token.stem in same and (plural or head or token.is_name and (not follows or follows[-1].stem in _AGENTS)):
            return token.lower
        if asked.noun_is_name and plural and token.stem == "person" and _same_matter(asked, sentence, value):
            return token.lower
        if asked.family == "injure" and token.lower in ("others", "more"):
            return token.lower
        if (
            people
            and plural
            and (token.stem in _PEOPLE if asked.noun == "person" else token.stem in ("person", "individual"))
        ):
            return token.lower
        if people and asked.family in ("kill", "injure") and plural and token.stem in _PEOPLE:
            return token.lower
        if token.is_name and token.stem in asked.modifiers and asked.noun in _PERSONS:
            return token.lower
        if (
            asked.noun == "person"
            and token.lower in ("men", "women")
            and _BOTH.search(sentence.text, value.end, token.end + 12)
        ):
            return token.lower
    if any(is_plural(t.lower) for t in phrase):
        return None
    return ""


def _number_of(asked: Asked, sentence: _Sentence, value: Value) -> bool:
    """Whether a number ends "the number of Palestinians killed rose to at least": it counts the noun after "of"."""
    before = [t for t in _before(sentence, value) if t.lower not in _QUALIFIERS]
    if not before or before[0].stem not in _LINK:
        return False
    words = list(reversed(before))
    places = [i for i, t in enumerate(words) if t.lower == "number" and i + 1 < len(words) and words[i + 1].lower == "of"]
    return bool(places) and any(t.stem == asked.noun for t in words[places[-1] : places[-1] + 6])


def _same_matter(asked: Asked, sentence: _Sentence, value: Value) -> bool:
    """Whether "people" can be those of a nation that is asked for: the rest of the question is near the number."""
    own = {word for group in asked.names for word in group}
    rest = asked.content - own - {asked.family}
    shared = rest & {key(t) for t in _surroundings(sentence, value)}
    return len(shared) * 2 >= len(rest) and len(rest) > (1 if asked.family else 0)


def _phrase(after: list[Token], values: tuple[Value, ...]) -> list[Token]:
    """Return the words of the noun phrase after a value: those before a verb, a preposition or a mark."""
    phrase: list[Token] = []
    starts = {v.outer[0] for v in values}
    skipped = False
    for i, token in enumerate(after[:10]):
        if token.start in starts:
            if phrase or not skipped:
                break
        if token.lower == "of" and not phrase and not skipped:
            skipped = True
            continue
        if (
            skipped
            and not phrase
            and token.lower in ("the", "our", "their", "its", "these", "those", "nearly", "about", "more", "than")
        ):
            continue
        if token.text == "," and phrase and i + 1 < len(after) and after[i + 1].lower in ("former", "and"):
            continue
        if token.text in "\"“”'‘’-":
            continue
        if token.lower == "and" and phrase and phrase[-1].lower in ("current", "former", "men"):
            continue
        if not token.is_word or token.lower in _STOPS:
            if token.is_word or not token.text[0].isdigit():
                break
            continue
        if token.family and not is_plural(token.lower):
            break
        phrase.append(token)
    return phrase


_STOPS = frozenset(
    "in on at by for from with to into as than during since after before under over through among between about per and or "
    "but who that which where when while is are was were be been do does did has have had will would can could may might "
    "it they he she we i the a an".split()
)


def _governor(sentence: _Sentence, value: Value) -> tuple[str, bool]:
    """Return the family of the word that a number depends on, and whether it is next to it; "" for none."""
    found, direct = _own_governor(sentence, value)
    if found:
        return found, direct
    before = [v for v in sentence.values if v.end <= value.outer[0]]
    if not before:
        return "", False
    between = [t for t in sentence.tokens if before[-1].outer[1] <= t.start and t.end <= value.outer[0]]
    joined = len(between) <= 5 and between and between[-1].lower == "and"
    if joined and all(t.is_word and t.lower not in _STOPS for t in between[:-1]):
        return _governor(sentence, before[-1])[0], False  # "killed 20 children and six adults"
    return "", False


def _own_governor(sentence: _Sentence, value: Value) -> tuple[str, bool]:
    starts = {v.outer[0] for v in sentence.values if v != value and not _is_whole(sentence, v)}
    left, steps = "", 0
    before = [t for t in _before(sentence, value)[:_NEAR] if t.lower not in _QUALIFIERS]
    linked_to = bool(before) and (
        before[0].stem in _LINK or before[0].lower == "of" and len(before) > 1 and before[1].stem in _DEATHS
    )
    for token in _before(sentence, value)[:_NEAR]:
        inside = any(v.outer[0] <= token.start < v.outer[1] for v in sentence.values)
        if inside or token.text in _BOUNDARY or token.lower in _CONJUNCTIONS:
            break
        if token.text in ",()" or token.text == "-" and sentence.text[token.start - 1].isspace():
            break
        if token.family:
            left = token.family
            if steps == 0 and token.stem not in _DEATHS or token.stem in _DEATHS and linked_to and steps <= 8:
                return left, True
            break
        if token.stem in _LINK and steps == 0:
            pass
        elif token.lower not in _PASSED:
            steps += 1
    for place, token in enumerate(_after(sentence, value)[:_NEAR]):
        if token.start in starts or token.text in _BOUNDARY or token.lower in ("but", "while", "and") and place > 5:
            break
        if token.text in ",()" or token.lower == "and":
            break
        if token.family:
            return token.family, place <= 3
    return left, False


# Money and percentages


def _measures(asked: Asked, sentence: _Sentence, value: Value) -> bool:
    """Whether a sum or a percentage is of what is asked: its clause shares enough words with the question."""
    clause = _clause(sentence, value)
    if "year" in asked.content and _PERIOD.search(sentence.text, sentence.start, sentence.tokens[-1].end):
        return False
    if asked.target and not _TARGET.search(sentence.text, sentence.start, value.outer[0]):
        return False
    governor, direct = _governor(sentence, value)
    if asked.family and governor and direct and governor != asked.family and governor not in asked.content:
        return False
    if _OTHERS.search(" ".join(t.lower for t in clause)):
        return False
    wanted = asked.content - {"year", "money"} - _COMMON - GENERIC_NAMES
    shared = wanted & {key(t) for t in clause}
    governed = asked.family and asked.family in shared
    if asked.kind != MONEY:
        return len(shared) * 5 >= max(2, len(wanted) * 3)
    if asked.family in ("add", "cut") and not governed:
        return False
    return len(shared) * 2 >= max(2, len(wanted)) or bool(governed) and asked.kind == MONEY and len(shared) >= 2


_TARGET = regex.compile(r"\b(?i:to|at)(?: an?)? $")
_OTHERS = regex.compile(r"\b(?:last|previous|earlier|prior) (?!year|month|week|decade)\w+")
_CLAUSE_WORDS = _CONJUNCTIONS | {"which", "versus", "vs"}
_PERIOD = regex.compile(r"\b(?i:over|in) (?:the )?(?:next |past |last )?(?:\w+ years|decade)\b")


def _clause(sentence: _Sentence, value: Value) -> list[Token]:
    """Return the words of the clause that holds a value."""
    ends = _BOUNDARY | {",", "(", ")"}
    left: list[Token] = []
    for token in _before(sentence, value):
        if token.text in ends or token.lower in _CLAUSE_WORDS:
            break
        left.append(token)
    right: list[Token] = []
    for token in _after(sentence, value):
        if token.text in ends or token.lower in _CLAUSE_WORDS:
            break
        right.append(token)
    return [*reversed(left), *right]


# Dates


def _dates_it(asked: Asked, sentence: _Sentence, value: Value) -> bool:
    """Whether a date is that of what is asked: its clause has the verb of the question, and no name that it has not."""
    if asked.dates and str(value.value) in asked.dates:
        return False
    clause = _clause(sentence, value) or _next_clause(sentence, value)
    predicates = {asked.family} if asked.family else asked.content
    near = [t for t in clause if abs(_distance(sentence, t, value)) <= 9]
    said = {key(t) for t in near}
    if not said & predicates or not asked.family and len(said & predicates) * 2 < max(3, len(predicates)):
        return False
    names = [t for t in clause if t.is_name and not any(v.outer[0] <= t.start < v.outer[1] for v in sentence.values)]
    names = [t for t in names if t.start != sentence.tokens[0].start]
    if not asked.names or not names:
        return True
    return any(t.stem in group for group in asked.names for t in names)


def _next_clause(sentence: _Sentence, value: Value) -> list[Token]:
    """Return the words of the clause after a date that begins the sentence: "On Jan. 3, the general was killed"."""
    after = _after(sentence, value)
    if not after or after[0].text != "," or sum(t.end <= value.outer[0] for t in sentence.tokens) > 1:
        return []
    end = next((t.start for t in after[1:] if t.text in ";:—()" or t.lower in _CLAUSE_WORDS), sentence.tokens[-1].end)
    return [t for t in after[1:] if t.start < end]


def _distance(sentence: _Sentence, token: Token, value: Value) -> int:
    if token.end <= value.outer[0]:
        return sum(token.end <= t.start < value.outer[0] for t in sentence.tokens)
    return sum(value.outer[1] <= t.start < token.start for t in sentence.tokens)


def _nearest(asked: Asked, sentence: _Sentence, fitting: list[Value]) -> list[Value]:
    """Leave out values that a name of another place or event is nearer to, where several compete in one sentence."""
    names = [t for t in sentence.tokens if t.is_word and t.is_name and t.start != sentence.tokens[0].start]
    own = [t for t in names if any(t.stem in group for group in asked.names)]
    if not own or not fitting:
        return fitting
    kept = []
    for value in fitting:
        nearest = min(own, key=lambda t: _distance(sentence, t, value))
        counted = {t.start for t in _phrase(_after(sentence, value), sentence.values)}
        others = [t for t in names if t not in own and t.start not in counted]
        between = _groups_between(others, *sorted((nearest.start, value.start)))
        crowded = between > 5 and asked.family in ("kill", "injure")
        if not crowded and not (len(fitting) > 1 and between and len(own) < len(fitting)):
            kept.append(value)
    return kept


def _groups_between(names: list[Token], low: int, high: int) -> int:
    """Return how many names are between two places; those that follow one another are one."""
    inside = [t for t in names if low < t.start < high and not _is_time(t)]
    return sum(i == 0 or token.start - inside[i - 1].end > 2 for i, token in enumerate(inside))
