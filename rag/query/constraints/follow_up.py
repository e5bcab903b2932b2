"""Complete a question that follows another one: "and in 2012?" after "How many lived there in 2009?".

A question that can be asked alone is left as it is (`completeness`): a new topic is not mixed with the one before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import regex

from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.query.constraints.completeness import PERSON, PLACE, Anaphor, is_complete, open_anaphors
from rag.query.constraints.constraint import (
    DATES,
    NEGATED,
    NOT_DATES,
    NOT_OUTLET,
    OUTLET,
    PERIOD,
    THEN_FIRST,
    Constraint,
)
from rag.query.constraints.date_exclusion import turned
from rag.query.constraints.date_phrases import DatePhrase, find_date_phrases
from rag.query.constraints.date_words import DateSpan
from rag.query.constraints.exclusion import find_exclusions
from rag.query.constraints.names import Name, find_names
from rag.query.constraints.parse import parse_constraints
from rag.query.constraints.question_text import FOLLOW_UP_WORDS, WORD, Span, cut_spans, quoted_spans, remaining_text
from rag.query.constraints.reporting_verbs import SAY
from rag.query.constraints.sources import OTHERS, SourceRun, find_sources
from rag.query.constraints.time_shifts import BEFORE, BY, TimeShift, find_time_shift, spelled
from rag.query.previous import Previous

_ONLY_SOURCE = regex.compile(r"(?:(?:and|but|so|or)\s+)?according\s+to\s+(?P<who>[^,?;]{2,60}?)\s*\??", regex.I)
_SOURCE = regex.compile(r"\baccording\s+to\s+(?P<who>(?!how\b|who\b|what\b)[^,?;.]{2,60})(?=[,?;.]|$)", regex.I)
# Who says something, where it is no outlet: "What did Human Rights Watch say about the camp?"
_SPEAKER = regex.compile(
    rf"^\W*(?i:what|how|why|who|when|where)\s+(?:do|does|did|has|have)\s+(?:the\s+)?(?P<who>\p{{Lu}}[^,?;.]{{1,60}}?)\s+{SAY}\b"
)
# What asks for an article itself: who wrote it, when it was published.
_OF_ARTICLE = regex.compile(
    r"\b(?:this|that|the)\s+(?:article|report|story|piece|interview|column|text)(?=\s*[?,.!]|$|\s+(?:written|published|"
    r"printed|posted|from)\b)|\b(?:wrote|published|printed|posted|signed)\s+(?:it|this|that)(?=\s*[?.!]|$)|"
    r"\b(?:was|is)\s+(?:it|this|that)\s+(?:written|published|printed|posted)\b",
    regex.I,
)


# "Who is her husband?" is followed by "Where is he?": he is not the person who is named.
_RELATIVES = {
    "he": regex.compile(r"\b(?:husband|father|son|brother|uncle|nephew|grandfather|widower)\b", regex.I),
    "she": regex.compile(r"\b(?:wife|mother|daughter|sister|aunt|niece|grandmother|widow)\b", regex.I),
}
_SENTENCE = regex.compile(r"(?<=[.?!])\s+")
_ENDED = regex.compile(r"[.?!…]\W*$")
MAX_CARRIED = 5  # sentences of before that are searched for with a follow-up, unless more of them name something


@dataclass(frozen=True)
class Completed:
    """A question as it is meant after another one.

    Attributes:
        text: the question, completed.
        taken: the words of before that complete it; "" for a question that is complete by itself.
        times: the days that it means by words such as "before that", as constraints.
    """

    text: str
    taken: str = ""
    times: tuple[Constraint, ...] = ()


@dataclass(frozen=True)
class _Outlets:
    """What is needed to find outlets in a question; the arguments of `complete_question`."""

    catalogue: Catalogue
    indexed: tuple[str, ...]
    common: Collection[str]

    def runs(self, question: str) -> list[SourceRun]:
        quoted = quoted_spans(question)
        found = find_sources(question, self.catalogue, self.indexed, quoted, self.common)
        return [run for run in found if not run.is_offered]

    def constraints(self, question: str) -> tuple[Constraint, ...]:
        return parse_constraints(question, self.catalogue, self.indexed, common=self.common).constraints

    def excluded(self, question: str) -> bool:
        return bool(find_exclusions(question, self.catalogue, self.indexed, quoted_spans(question), self.common))


def complete_question(
    question: str,
    previous: Previous | str | None,
    catalogue: Catalogue | None = None,
    outlets: Sequence[str] = (),
    common: Collection[str] = (),
    known_names: Collection[str] = (),
) -> Completed:
    """Return what to search for when a question follows another one.

    A question that has nothing but a time or an outlet ("and in 2012?", "and before that?", "what about Reuters?", "and
    according to the mayor?") becomes the previous one with its time or outlet replaced, or added at its end. One that
    can be asked alone stays as it is. Any other one is appended to the previous one ("who said so?", "why?"), a "he" or
    "there" in it replaced by the name that it means; the times and outlets that it states replace those that the
    previous question states.

    Args:
        question: the question as typed.
        previous: the question before it, or None.
        catalogue: the outlets known by name; the bundled catalogue by default.
        outlets: the outlets of the index, as it names them.
        common: those of them that are offered at most, as for `parse_constraints`.
        known_names: words of the question that are names, however they are written ("mek").
    """
    before = Previous(previous) if isinstance(previous, str) else previous
    if not before or not before.question.strip():
        return Completed(question)
    known = _Outlets(catalogue or load_catalogue(), tuple(outlets), common)
    if text := _exchanged(question, before.question, known):
        return Completed(text, before.question)
    shift = find_time_shift(question)
    time = _time_before(before, known) if shift else None
    times: tuple[Constraint, ...] = ()
    if shift and time:
        alone = _is_plain(cut_spans(question, [(shift.start, shift.end)]))
        if shift.kind == BY and (span := shift.span_from(time.span)):
            if alone:
                return Completed(_with_time(before.question, spelled(span), spelled(span).split()[0]), before.question)
            question = f"{question[: shift.start]}{spelled(span)}{question[shift.end :]}"
        elif shift.kind != BY and (alone or not shift.vague):
            words = question[shift.start : shift.end]
            times = (time.shifted(shift, words),) if time.can_shift(shift) else ()
            rest = remaining_text(before.question, time.spans)
            if alone:
                return Completed(rest, before.question, times)
            question = remaining_text(question, [(shift.start, shift.end)])
    runs, phrases = known.runs(question), _times(question)
    sources = [(run.start, run.end) for run in runs if run.is_source]
    named = [(run.names_start, run.names_end) for run in runs]
    names = [_of_outlet(name, named) for name in find_names(question, sources, known_names)]
    if is_complete(question, names, sources, [(p.start, p.end) for p in phrases]):
        return Completed(question, "", times)
    if before.title and _OF_ARTICLE.search(question):
        text = f"{before.title.rstrip(' ?.!')}: {question}"
        if _says_the_same(text, question, known):
            return Completed(text, before.title, times)
    question = _with_names(question, open_anaphors(question, names), before, known)
    rest = remaining_text(before.question, time.spans) if times and time else before.question
    return Completed(_appended(question, rest, known), before.question, times)


def _exchanged(question: str, previous: str, known: _Outlets) -> str | None:
    """Return the previous question with another time or outlet, if a question has nothing else; or None."""
    if known.excluded(question):
        return None
    if text := _with_time_left_out(question, previous):
        return text
    phrases, runs = _times(question), known.runs(question)
    rest = cut_spans(question, [(p.start, p.end) for p in phrases] + [(r.start, r.end) for r in runs])
    if (phrases or runs) and _is_plain(rest):
        completed = previous
        for phrase in phrases[:1]:
            completed = _with_time(completed, question[phrase.start : phrase.end], phrase.preposition)
        for run in runs[:1]:
            completed = _with_source(completed, question[run.names_start : run.names_end], known)
        return completed
    if source := _ONLY_SOURCE.fullmatch(question.strip()):
        return _with_source(previous, source["who"], known)
    return None


def _with_time_left_out(question: str, previous: str) -> str | None:
    """Return the previous question with a time left out, if no more is said ("and not in 2012?"); or None."""
    found = find_date_phrases(question, dt.date.today(), quoted_spans(question))
    turns = [(turn, phrase) for phrase in found if phrase.span and (turn := turned(question, phrase))]
    if len(found) != 1 or not turns or not turns[0][0].is_clear:
        return None
    turn, phrase = turns[0]
    start, end = turn.start, max(turn.end, phrase.end)
    if not _is_plain(cut_spans(question, [(start, end)])):
        return None
    return _with_time(previous, regex.sub(r"^(?:and|but)\s+", "", question[start:end], flags=regex.I), "not")


def _is_plain(words: str) -> bool:
    return set(WORD.findall(words.casefold())) <= FOLLOW_UP_WORDS


def _appended(question: str, previous: str, known: _Outlets) -> str:
    """Return a question after the previous one, without what it states otherwise of times and outlets."""
    now, then = known.constraints(question), known.constraints(previous)
    stated = {c.kind for c in now if c.applied}
    dropped = {c.outlet for c in now if c.kind == NOT_OUTLET and c.applied and c.outlet}
    if OTHERS.search(question):
        stated.add(OUTLET)
    denied = [(c.after, c.before) for c in now if c.why == NEGATED or c.kind == NOT_DATES]
    replaced = [
        (c.start, c.end)
        for c in then
        if c.applied
        and (
            c.kind in stated
            or (c.outlet in dropped and c.outlet)
            or (c.kind in (DATES, PERIOD) and (c.after, c.before) in denied)
        )
    ]
    rest = _shortened(remaining_text(previous, replaced), known)
    return f"{rest} {question}" if _ENDED.search(rest) else f"{rest}. {question}"


def _shortened(previous: str, known: _Outlets) -> str:
    """Return a long previous question without those sentences, but the first, that name nothing ("Who says so?")."""
    sentences = _SENTENCE.split(previous)
    for sentence in sentences[1:]:
        if len(sentences) <= MAX_CARRIED:
            break
        if not find_names(sentence) and not known.constraints(sentence):
            sentences.remove(sentence)
    return " ".join(sentences)


@dataclass(frozen=True)
class _Time:
    """A time that a follow-up counts from: the last one of the previous question, or the date of an article."""

    span: DateSpan
    spans: tuple[Span, ...]  # of the previous question
    published: bool

    def can_shift(self, shift: TimeShift) -> bool:
        first, last = self.span
        return first > dt.date.min if shift.kind == BEFORE else last < dt.date.max

    def shifted(self, shift: TimeShift, words: str) -> Constraint:
        """Return what "before that" or "after that" means; `words` are the words of the follow-up."""
        first, last = self.span
        after = None if shift.kind == BEFORE else last + dt.timedelta(1)
        before = first - dt.timedelta(1) if shift.kind == BEFORE else None
        kind, why = (DATES, "") if self.published else (PERIOD, THEN_FIRST)
        return Constraint(kind, words, shift.start, shift.end, None, after, before, True, why)


def _time_before(previous: Previous, known: _Outlets) -> _Time | None:
    """Return the time of the previous question, or that of its answer's first article."""
    phrases = [(p, p.span) for p in _times(previous.question) if p.span]
    if phrases:
        phrase, span = phrases[-1]
        stated = [c for c in known.constraints(previous.question) if c.start < phrase.end and phrase.start < c.end]
        published = any(c.kind == DATES and c.applied for c in stated)
        return _Time(span, ((phrase.start, phrase.end),), published)
    return _Time((previous.date, previous.date), (), False) if previous.date else None


def _of_outlet(name: Name, outlets: Sequence[Span]) -> Name:
    """Return a name, and that it is no person's if it is an outlet's."""
    return replace(name, is_person=False) if any(a < name.end and name.start < b for a, b in outlets) else name


def _with_names(question: str, anaphors: Sequence[Anaphor], before: Previous, known: _Outlets) -> str:
    """Return a question with names for its first "he" or "her" and its first "there".

    A person is the one that the previous question names, or that its answer does. A place is only taken from the
    answer: one that the previous question names is searched for anyway.
    """
    outlets = [(run.names_start, run.names_end) for run in known.runs(before.question)]
    named = [_of_outlet(name, outlets) for name in find_names(before.question)]
    person = next((name.text for name in named if name.is_person), before.person)
    place = None if any(name.is_place for name in named) else before.place
    completed = question
    first = [next((a for a in anaphors if a.kind == kind), None) for kind in (PERSON, PLACE)]
    for anaphor in sorted(filter(None, first), key=lambda anaphor: -anaphor.start):
        name = person if anaphor.kind == PERSON else place
        if not name or (anaphor.kind == PERSON and _is_relative(question, anaphor, before.question)):
            continue
        if anaphor.kind == PLACE:
            name = (
                name
                if regex.search(r"\b(?:from|in|near|to|over)\s+$", question[: anaphor.start], regex.I)
                else f"in {name}"
            )
        elif anaphor.owns:
            name = f"{name}’s"
        completed = completed[: anaphor.start] + name + completed[anaphor.end :]
    return completed if _says_the_same(completed, question, known) else question


def _is_relative(question: str, anaphor: Anaphor, previous: str) -> bool:
    """Return whether "he" or "she" may be a relative whom the previous question asked about, and does not name."""
    word = question[anaphor.start : anaphor.end].casefold()
    relatives = _RELATIVES["he" if word in ("he", "him", "his") else "she"]
    return relatives.search(_SENTENCE.split(previous.strip())[-1]) is not None


def _says_the_same(completed: str, question: str, known: _Outlets) -> bool:
    """Return whether words that were added to a question state no constraint: they may be an article's."""

    def stated(text: str) -> set[tuple[object, ...]]:
        return {(c.kind, c.outlet, c.after, c.before, c.applied) for c in known.constraints(text)}

    return completed == question or stated(completed) == stated(question)


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


def _with_source(previous: str, words: str, known: _Outlets) -> str:
    """Return a question with its source replaced, or the source added at its end."""
    words = regex.sub(r"^The\b", "the", words)
    for run in find_sources(previous, known.catalogue, known.indexed, quoted_spans(previous), known.common):
        if run.is_source:
            return previous[: run.names_start] + words + previous[run.names_end :]
    if source := _SOURCE.search(previous) or _SPEAKER.search(previous):
        return previous[: source.start("who")] + words + previous[source.end("who") :]
    return _added(previous, f", according to {words}")


def _added(question: str, words: str) -> str:
    """Return a question with words added before its closing mark."""
    body = question.rstrip()
    mark = regex.search(r"\s*[?.!]*$", body)
    stem = body[: mark.start()] if mark else body
    return f"{stem}{'' if words.startswith(',') else ' '}{words}{body[len(stem) :]}"
