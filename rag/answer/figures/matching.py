"""Asked, and the sentences that answer -> the values in them that count what is asked. In doubt a value is left out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import regex

from rag.answer.figures.asked import Asked
from rag.answer.figures.elsewhere import can_report, is_elsewhere, nearest, same_month, same_time
from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE
from rag.answer.figures.nouns import counted_noun, ends_number_of, governor, noun_phrase
from rag.answer.figures.sentence import Sentence, marked_sentences
from rag.answer.figures.values import Value
from rag.answer.figures.words import stemmed, stems

if TYPE_CHECKING:
    from rag.answer.citation import Citation

NEAR_DATE = 9  # words between a date and the verb that it dates

_SUPPOSED = regex.compile(r"\b(?i:would|could|will)\b")
_HOPED = regex.compile(r"\b(?i:hope[ds]?|hoping|expect(?:ed|s|ing)?|target|goal|aim(?:s|ed|ing)?|predict(?:ed|s)?)\b")
_AVERAGE = regex.compile(r"\b(?i:average|each|every|per)\b")
_EACH = regex.compile(r"\b(?i:a (?:day|week|month|year))\b(?! after)")
_EXCLUDED = regex.compile(r"\b(?i:not including|excluding|besides)\s(?:the\s)?$")
_TOTAL = regex.compile(r"\b(?i:in all|in total|altogether|combined|all told|earlier|previous|prior)\b")
_OTHERS = regex.compile(r"\s(?i:others?|additional)\b|(?<=\b(?i:one)) (?i:more|of)\b")
_MORE = regex.compile(r"\s(?i:more)\b")
_ANOTHER = regex.compile(r"\b(?i:another|additional|extra|further|other)\s$")
# "45 people who were wounded remained in hospital" are not all that were wounded.
_PART = regex.compile(
    r"\b(?i:who (?:was|were|had been)|remain(?:s|ed|ing)?|still|hospital(?:s|ised|ized)?|discharged|critical)\b"
)
_TARGET = regex.compile(r"\b(?i:to|at)(?: an?)? $")
_EARLIER = regex.compile(r"\b(?i:last|previous|earlier|prior) (?!year|month|week|decade)\w+")
_PERIOD = regex.compile(r"\b(?i:over|in) (?:the )?(?:next |past |last )?(?:\w+ years|decade)\b")


def matching_values(asked: Asked, citation: Citation) -> Iterator[Value]:
    """Yield the values in a citation's marked sentences that count what is asked; spans are of the article's text."""
    if not can_report(asked, citation):
        return
    if asked.names:
        around = stems(f"{citation.title or ''}\n{citation.text}")
        if any(not group & around for group in asked.names):
            return
    kinds = (asked.kind, PERCENTAGE) if asked.of_change else (asked.kind,)
    for sentence in marked_sentences(citation, kinds):
        if not sentence.values or not same_time(asked, sentence):
            continue
        fitting = [v for v in sentence.values if _fits(asked, sentence, v)]
        for value in nearest(asked, sentence, fitting):
            by = citation.start
            outer = max(value.outer[0], sentence.start) + by, value.outer[1] + by
            yield replace(value, start=value.start + by, end=value.end + by, outer=outer)


def _fits(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether a value is what is asked for."""
    text, clause = sentence.text, sentence.clause(value)
    first = min(clause[0].start, value.start) if clause else value.start
    last = max(clause[-1].end, value.end) if clause else value.start
    if not asked.of_plans and _SUPPOSED.search(text, sentence.start, value.start):
        return False
    if not asked.of_average and (_AVERAGE.search(text, first, last) or _EACH.search(text, value.end, last)):
        return False
    if _EXCLUDED.search(text, sentence.start, value.outer[0]) or not same_month(asked, sentence, first, last):
        return False
    if asked.kind == NUMBER:
        return _counts(asked, sentence, value)
    return _dates_it(asked, sentence, value) if asked.kind == DATE else _measures(asked, sentence, value)


def _counts(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether a number counts the noun that is asked for, in what is said of it."""
    noun = counted_noun(asked, sentence, value)
    if noun is None or (noun == "" and value.value == 1) or sentence.is_whole(value):
        return False
    if _is_part(asked, sentence, value) or is_elsewhere(asked, sentence, value):
        return False
    family, direct = governor(sentence, value)
    if isinstance(value.value, str) and (not family or family != asked.family):
        return False  # "hundreds of people who were in the caravan"
    if noun == "" and ends_number_of(asked, sentence, value):
        return not asked.family or asked.family in sentence.keys
    if asked.family and family:
        bare = direct and (not asked.noun or asked.noun in stemmed("called_people"))
        return family == asked.family and (asked.is_harm or _is_about(asked, sentence)) and (noun != "" or bare)
    if noun == "" or asked.is_harm or (family and direct and family not in asked.content):
        return False
    return _shares_words(asked, sentence, value)


def _is_part(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether a number is a part or an addition, a total of several events, or only hoped for."""
    text, (start, end) = sentence.text, value.outer
    more = _OTHERS.match(text, end) or _ANOTHER.search(text, max(sentence.start, start - 14), start)
    if asked.family == "kill":
        more = more or _MORE.match(text, end)
    if more and asked.family != "injure" and not asked.of_addition:
        return True
    clause_end = sentence.clause_end(value)
    if asked.is_harm and (_PART.search(text, start, clause_end) or _TOTAL.search(text, sentence.start, clause_end)):
        return True
    return not asked.of_plans and bool(_HOPED.search(text, max(sentence.start, start - 60), start))


def _is_about(asked: Asked, sentence: Sentence) -> bool:
    """Whether a sentence has a name of the question; if it has no names itself, the sentence before may have it."""
    if not asked.names or asked.name_words & sentence.stems:
        return True
    named = any(t.is_word and t.is_name and not t.is_time for t in sentence.tokens[1:])
    return not named and bool(asked.name_words & sentence.lead_stems)


def _shares_words(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether what is said of a number shares half of its words with the question, one of them near the number."""
    wanted = asked.content
    if not wanted:
        return True
    shared = wanted & sentence.keys
    said = wanted - stemmed("generic_names") - asked.name_words
    near = {t.key for t in sentence.surroundings(value)}
    if not _is_about(asked, sentence) or not ((said or shared) & near):
        return False
    if asked.family and asked.family not in near:
        return False
    if len(shared) * 2 >= len(wanted):
        return True
    widely = wanted & (sentence.keys | sentence.lead_keys)
    return len(widely) * 2 >= len(wanted) and (not asked.family or asked.family in sentence.keys)


def _measures(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether a sum or a percentage is of what is asked: its clause shares enough words with the question."""
    clause = sentence.clause(value)
    if "year" in asked.content and _PERIOD.search(sentence.text, sentence.start, sentence.end):
        return False
    if asked.of_target and not _TARGET.search(sentence.text, sentence.start, value.outer[0]):
        return False
    family, direct = governor(sentence, value)
    if asked.family and family and direct and family != asked.family and family not in asked.content:
        return False
    if _EARLIER.search(" ".join(t.lower for t in clause)):
        return False
    wanted = asked.content - {"year", "money"} - stemmed("called_people") - stemmed("generic_names")
    shared = wanted & {t.key for t in clause}
    if asked.kind != MONEY:
        return len(shared) * 5 >= max(2, len(wanted) * 3)
    governed = bool(asked.family) and asked.family in shared
    if asked.family in ("add", "cut") and not governed:
        return False
    phrase = list(itertools.takewhile(lambda t: not t.is_time and t.lower != "more", noun_phrase(sentence, value)))
    if phrase and phrase[-1].key not in wanted:  # "the $16.7 trillion debt ceiling" is no debt
        return False
    return len(shared) * 2 >= max(2, len(wanted)) or (governed and len(shared) >= 2)


def _dates_it(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether a date is that of what is asked: its clause has the verb of the question, and no name that it has not."""
    if value.value in asked.dates:
        return False
    clause = sentence.next_clause(value) or sentence.clause(value)
    said = {t.key for t in clause if sentence.distance(t, value) <= NEAR_DATE}
    if asked.family:
        if asked.family not in said:
            return False
    elif len(said & asked.content) * 2 < max(3, len(asked.content)):
        return False
    names = [t for t in clause if t.is_name and not sentence.is_in_value(t)]
    if not asked.names or any(t.stem in asked.name_words for t in names):
        return True
    return all(sentence.is_first(t) for t in names)
