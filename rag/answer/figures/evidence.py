"""What speaks for a value being what is asked, and against: general conditions, each of which has a weight.

The weights are those of a logistic regression over the values that were judged by hand (weights.toml, fitted by
benchmarks/figures_weights.py). A value is shown if it is more likely than SHOWN to be what is asked.
"""

from __future__ import annotations

import functools
import math
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import regex

from rag.answer.figures.asked import Asked
from rag.answer.figures.elsewhere import can_report, is_elsewhere, nearest, other_period, same_month, same_time
from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE
from rag.answer.figures.nouns import counted_noun, governor, noun_phrase
from rag.answer.figures.sentence import Sentence
from rag.answer.figures.values import Value
from rag.answer.figures.words import Token, family, stemmed, stems

if TYPE_CHECKING:
    from rag.answer.citation import Citation

# Of the values of a set whose questions the weights were not fitted on, nine of ten that are as likely are right.
SHOWN = 0.75

_SUPPOSED = regex.compile(r"\b(?i:would|could|will)\b")
_SUPPOSED_AFTER = regex.compile(r"\s(?:\w+\s){0,2}(?i:would|could)\b")  # "200 people could have died"
_DENIED_AFTER = regex.compile(r"\s(?:\w+\s){0,2}(?i:were|was|are|is|had|have|has|did|do|does)(?:\snot\b|n['’]t\b)")
_DENIED = regex.compile(r"(?:\b(?i:not|never)|n['’]t)\s(?:(?:the|all)\s)?$")
_SURVIVED = regex.compile(r"\s(?:\w+\s){0,2}(?i:survived|escaped|were (?:rescued|saved|unhurt|unharmed|found alive))\b")
_ELSEWHERE = regex.compile(
    r"\b(?i:(?:in|at|by|during|from)\s(?:another|a (?:different|separate|similar|previous)|an earlier))\b"
)
_HOPED = regex.compile(r"\b(?i:hope[ds]?|hoping|expect(?:ed|s|ing)?|target|goal|aim(?:s|ed|ing)?|predict(?:ed|s)?)\b")
_PERIOD = regex.compile(r"\b(?i:over|in) (?:the )?(?:next |past |last )?(?:\w+ years|decade)\b")
_AVERAGE = regex.compile(r"\b(?i:average|each|every|per)\b")
_EACH = regex.compile(r"\b(?i:a (?:day|week|month|year))\b(?! after)")
_EXCLUDED = regex.compile(r"\b(?i:not including|excluding|besides)\s(?:the\s)?$")
_OF_THE = regex.compile(r"\s(?i:of (?:the|them|those|these|whom|which|its|their|his|her))\b")
_OTHERS = regex.compile(r"\s(?i:others?|additional)\b|(?<=\b(?i:one)) (?i:more|of)\b")
_MORE = regex.compile(r"\s(?i:more)\b")
_ANOTHER = regex.compile(r"\b(?i:another|additional|extra|further|other)\s$")
_TOTAL = regex.compile(r"\b(?i:in all|in total|altogether|combined|all told|earlier|previous|prior)\b")
# "45 people who were wounded remained in hospital" are not all that were wounded.
_PART = regex.compile(
    r"\b(?i:who (?:was|were|had been)|remain(?:s|ed|ing)?|still|hospital(?:s|ised|ized)?|discharged|critical)\b"
)


@dataclass(frozen=True)
class About:
    """What a passage is about.

    Attributes:
        title, passage: stems of the words of the article's title, and of title and passage.
        reports: whether the article can report what happened at the time that the question gives.
    """

    title: frozenset[str]
    passage: frozenset[str]
    reports: bool

    @classmethod
    def of(cls, asked: Asked, citation: Citation) -> About:
        """Return what a citation's passage is about."""
        title = frozenset(stems(citation.title or ""))
        return cls(title, title | stems(citation.text), can_report(asked, citation))

    @functools.cached_property
    def title_keys(self) -> frozenset[str]:
        """The keys of the words of the title."""
        return frozenset(family(stem) or stem for stem in self.title)


def probability(asked: Asked, sentence: Sentence, value: Value, about: About) -> float:
    """Return how likely a value is what is asked for; 0 where one condition alone says that it is not."""
    if is_excluded(asked, sentence, value, about):
        return 0.0
    weights = _weights()
    total = weights["bias"] + sum(weights[k] * v for k, v in evidence(asked, sentence, value, about).items())
    return 1 / (1 + math.exp(-total))


def is_excluded(asked: Asked, sentence: Sentence, value: Value, about: About) -> bool:
    """Whether a value counts something else, whatever speaks for it."""
    text, clause = sentence.text, sentence.clause(value)
    first = min(clause[0].start, value.start) if clause else value.start
    last = max(clause[-1].end, value.end) if clause else value.start
    if not about.reports or (asked.names and not any(group & about.passage for group in asked.names)):
        return True
    if not asked.of_average and (_AVERAGE.search(text, first, last) or _EACH.search(text, value.end, last)):
        return True
    if _EXCLUDED.search(text, sentence.start, value.outer[0]) or _OF_THE.match(text, value.outer[1]):
        return True
    if sentence.is_whole(value) or not same_time(asked, sentence) or not same_month(asked, sentence, first, last):
        return True
    if other_period(asked, sentence):
        return True
    if _DENIED.search(text, sentence.start, value.outer[0]) or _DENIED_AFTER.match(text, value.outer[1], last):
        return True
    if asked.is_harm and (_SURVIVED.match(text, value.outer[1], last) or _ELSEWHERE.search(text, value.end, last)):
        return True
    if not asked.of_plans and (
        _SUPPOSED.search(text, first, value.start)
        or _SUPPOSED_AFTER.match(text, value.outer[1], last)
        or _HOPED.search(text, max(sentence.start, value.start - 60), value.start)
    ):
        return True
    if asked.kind == DATE:
        names = [
            t for t in _said_of(asked, sentence, value) if t in _capitals(sentence) and not sentence.is_in_value(t)
        ]
        return value.value in asked.dates or (bool(asked.names and names) and not any(_is_own(asked, t) for t in names))
    if asked.kind == NUMBER and is_elsewhere(asked, sentence, value):
        return True
    if asked.counts_noun:
        return counted_noun(asked, sentence, value) is None
    return "year" in asked.content and bool(_PERIOD.search(text, sentence.start, sentence.end))


def _said_of(asked: Asked, sentence: Sentence, value: Value) -> list[Token]:
    """Return the words of a value's clause; those of the next one after a date that begins the sentence."""
    return (asked.kind == DATE and sentence.next_clause(value)) or sentence.clause(value)


def evidence(asked: Asked, sentence: Sentence, value: Value, about: About) -> dict[str, float]:
    """Return how far each condition holds: 0 for not at all, 1 for fully."""
    found = {
        **_words(asked, sentence, value, about),
        **_names(asked, sentence, value, about),
        **_verbs(asked, sentence, value),
        **_nouns(asked, sentence, value),
        "other values in the sentence": min(4, len(sentence.values) - 1) / 4,
        "money or percentage": asked.kind in (MONEY, PERCENTAGE),
        "supposed before": not asked.of_plans and bool(_SUPPOSED.search(sentence.text, sentence.start, value.start)),
        "hoped": not asked.of_plans and any(t.stem in stemmed("hopes") for t in sentence.clause(value)),
    }
    return {name: float(share) for name, share in found.items()}


def _words(asked: Asked, sentence: Sentence, value: Value, about: About) -> dict[str, float]:
    """The words of the question, without names, in the sentence and about the value."""
    said = asked.content - asked.name_words - stemmed("generic_names")
    widely = sentence.keys | sentence.lead_keys | about.title_keys
    return {
        "words in the clause": len(said & {t.key for t in _said_of(asked, sentence, value)}) / max(1, len(said)),
        "no word near": bool(said) and not said & {t.key for t in sentence.surroundings(value)},
        "all words in the sentence": bool(said) and said <= sentence.keys,
        "all words in sentence, lead or title": bool(said) and said <= widely,
    }


def _names(asked: Asked, sentence: Sentence, value: Value, about: About) -> dict[str, float]:
    """The names of the question, and other names."""
    names = asked.names
    within = sum(bool(group & sentence.stems) for group in names)
    widely = sentence.stems | sentence.lead_stems | about.title
    parts = [part for name in asked.name_parts for part in name]
    others = [t for t in _capitals(sentence) if not _is_own(asked, t)]
    near = sentence.surroundings(value)
    own_near = any(group & {t.stem for t in near} for group in names)
    clause = sentence.clause(value)
    return {
        "names in the sentence": within / max(1, len(names)),
        "words of names about": sum(bool(part & widely) for part in parts) / max(1, len(parts)),
        "a name not in the passage": any(not group & about.passage for group in names),
        "only other names in the sentence": within < len(names) and bool(others),
        "only other names near": bool(names) and not own_near and any(t in near for t in others),
        "a name's": any(t.is_name and t.stem in asked.name_words and t.lower.endswith("'s") for t in clause),
        "no other value nearer to a name": value in nearest(asked, sentence, _rivals(asked, sentence, value)),
    }


def _verbs(asked: Asked, sentence: Sentence, value: Value) -> dict[str, float]:
    """The verb of the question and the one that the value depends on."""
    depends_on, direct = governor(sentence, value)
    other = bool(asked.family and depends_on) and depends_on != asked.family
    return {
        "a verb asked for": bool(asked.family),
        "depends on the verb": bool(asked.family) and depends_on == asked.family,
        "the verb in the sentence": asked.family in sentence.keys,
        "depends on another verb": other,
        "next to another verb": other and direct,
        "a verb not asked for": not asked.family and bool(depends_on) and depends_on not in asked.content,
    }


def _nouns(asked: Asked, sentence: Sentence, value: Value) -> dict[str, float]:
    """What a number counts."""
    if asked.kind != NUMBER:
        return {"one": value.value == 1}
    found: dict[str, float] = {
        "one": value.value == 1,
        "no number": isinstance(value.value, str),
    }
    if asked.counts_noun:
        counted = {t.stem for t in noun_phrase(sentence, value)}
        found |= {
            "the noun itself": asked.noun in counted,
            "no noun": counted_noun(asked, sentence, value) == "",
            "modifiers": len(asked.modifiers & sentence.stems) / max(1, len(asked.modifiers)),
            "a part or a sum": _is_part(asked, sentence, value),
        }
    return found


def _is_part(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether a number is a part or an addition, or a total of several events."""
    text, (start, end) = sentence.text, value.outer
    more = _OTHERS.match(text, end) or _ANOTHER.search(text, max(sentence.start, start - 14), start)
    if asked.family == "kill":
        more = more or _MORE.match(text, end)
    if more and asked.family != "injure" and not asked.of_addition:
        return True
    last = sentence.clause_end(value)
    return asked.is_harm and bool(_PART.search(text, start, last) or _TOTAL.search(text, sentence.start, last))


def _rivals(asked: Asked, sentence: Sentence, value: Value) -> list[Value]:
    """Return the values of a sentence that may be what is asked, by what they count."""
    fits = (
        v is value or not asked.counts_noun or counted_noun(asked, sentence, v) is not None for v in sentence.values
    )
    return [v for v, fit in zip(sentence.values, fits, strict=True) if fit]


def _capitals(sentence: Sentence) -> list[Token]:
    """Return the words that are names, days and months aside."""
    return [t for t in sentence.tokens if t.is_word and t.is_name and not t.is_time and not sentence.is_first(t)]


def _is_own(asked: Asked, token: Token) -> bool:
    return token.stem in asked.name_words or token.stem in asked.modifiers or token.stem == asked.noun


@functools.cache
def _weights() -> dict[str, float]:
    return tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8"))
