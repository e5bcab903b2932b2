"""Complete a question that follows another one: "and in 2012?" after "How many lived there in 2009?"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import regex

from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.query.constraints.constraint import NOT_OUTLET
from rag.query.constraints.date_exclusion import turned
from rag.query.constraints.date_phrases import DatePhrase, find_date_phrases
from rag.query.constraints.exclusion import find_exclusions
from rag.query.constraints.parse import parse_constraints
from rag.query.constraints.question_text import FOLLOW_UP_WORDS, WORD, cut_spans, quoted_spans, remaining_text
from rag.query.constraints.sources import find_sources

_ONLY_SOURCE = regex.compile(r"(?:(?:and|but|so|or)\s+)?according\s+to\s+(?P<who>[^,?;]{2,60}?)\s*\??", regex.I)
_SOURCE = regex.compile(r"\baccording\s+to\s+(?P<who>(?!how\b|who\b|what\b)[^,?;.]{2,60})(?=[,?;.]|$)", regex.I)


def complete_question(
    question: str,
    previous: str | None,
    catalogue: Catalogue | None = None,
    outlets: Sequence[str] = (),
    common: Collection[str] = (),
) -> str:
    """Return what to search for when a question follows another one.

    A question that has nothing but a time or an outlet ("and in 2012?", "what about Reuters?", "and according to the
    mayor?") becomes the previous one with its time or outlet replaced, or added at its end. Any other one is appended
    to the previous one, whether or not it could be asked alone ("who said so?", "why?"); the times and outlets that it
    states replace those that the previous question states.

    Args:
        question: the question as typed.
        previous: the question before it, or None.
        catalogue: the outlets known by name; the bundled catalogue by default.
        outlets: the outlets of the index, as it names them.
        common: those of them that are offered at most, as for `parse_constraints`.
    """
    if not previous or not previous.strip():
        return question
    known = catalogue or load_catalogue()
    indexed = tuple(outlets)
    left_out = find_exclusions(question, known, indexed, quoted_spans(question), common)
    phrases = _times(question)
    runs = [r for r in find_sources(question, known, indexed, quoted_spans(question), common) if not r.is_offered]
    rest = cut_spans(question, [(p.start, p.end) for p in phrases] + [(r.start, r.end) for r in runs])
    if not left_out and (phrases or runs) and set(WORD.findall(rest.casefold())) <= FOLLOW_UP_WORDS:
        completed = previous
        for phrase in phrases[:1]:
            completed = _with_time(completed, question[phrase.start : phrase.end], phrase.preposition)
        for run in runs[:1]:
            completed = _with_source(completed, question[run.names_start : run.names_end], known, indexed, common)
        return completed
    if not left_out and (source := _ONLY_SOURCE.fullmatch(question.strip())):
        return _with_source(previous, source["who"], known, indexed, common)
    now, then = (parse_constraints(each, known, indexed, common=common) for each in (question, previous))
    stated = {c.kind for c in now.constraints if c.applied}
    dropped = {c.outlet for c in now.constraints if c.kind == NOT_OUTLET and c.applied and c.outlet}
    replaced = [
        (c.start, c.end)
        for c in then.constraints
        if c.applied and (c.kind in stated or (c.outlet in dropped and c.outlet))
    ]
    return f"{remaining_text(previous, replaced)} {question}"


def _times(question: str) -> list[DatePhrase]:
    """Return the dates of a question that could be exchanged for another one."""
    phrases = find_date_phrases(question, dt.date.today(), quoted_spans(question))
    return [p for p in phrases if p.span and not p.attributive and not turned(question, p)]


def _with_time(previous: str, words: str, preposition: str) -> str:
    """Return a question with its last time replaced, or the time added at its end."""
    phrases = _times(previous)
    if not phrases:
        return _added(previous, words if preposition or not words[:1].isdigit() else f"in {words}")
    old = phrases[-1]
    if not preposition and words[:1].isdigit():
        words = f"{previous[old.start : old.start + len(old.preposition)] or 'in'} {words}"
    first = words[0].upper() if previous[old.start].isupper() else words[0].lower() if preposition else words[0]
    return previous[: old.start] + first + words[1:] + previous[old.end :]


def _with_source(
    previous: str, words: str, catalogue: Catalogue, indexed: tuple[str, ...], common: Collection[str]
) -> str:
    """Return a question with its source replaced, or the source added at its end."""
    words = regex.sub(r"^The\b", "the", words)
    for run in find_sources(previous, catalogue, indexed, quoted_spans(previous), common):
        if run.is_source:
            return previous[: run.names_start] + words + previous[run.names_end :]
    if source := _SOURCE.search(previous):
        return previous[: source.start("who")] + words + previous[source.end("who") :]
    return _added(previous, f", according to {words}")


def _added(question: str, words: str) -> str:
    """Return a question with words added before its closing mark."""
    body = question.rstrip()
    mark = regex.search(r"\s*[?.!]*$", body)
    stem = body[: mark.start()] if mark else body
    return f"{stem}{'' if words.startswith(',') else ' '}{words}{body[len(stem) :]}"
