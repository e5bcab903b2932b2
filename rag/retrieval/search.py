"""Question -> Hits: the passages nearest in meaning and in words, within what the filters allow.

Two engines of the store find candidates, one by vectors and one by words, each under the same filters; every candidate
is then scored by both (`rank`). Restrictions that a question states in words become filters before that (`narrowed`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np

from rag.errors import QuestionError
from rag.models.encoder import Vectors
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key
from rag.query import constraints as constraints
from rag.query.constraints import Constraint
from rag.stores.base import View
from rag.stores.tantivy_index import IndexFilter, Term

# What a passage's score is made of: the cosine of its own vector and of its best sentence's, the share of the
# question's words that it holds, and the share that its article holds (docs/measurements.md, "Words and meaning").
OWN, SENTENCE, WORDS, ARTICLE = 0.5, 0.5, 0.5, 0.3
# Passages that each engine proposes. 40, 60 or 100 passages change no figure (ibid.).
CANDIDATES = 50
# Spellings that are read beside a name by the encoder.
BESIDE = 3


@dataclass(frozen=True)
class Hit:
    """A passage found: where it stands, its words, how near it is (see `rank`), and whose it is.

    `text` is the article's text from `start` to `end`.
    """

    article_id: str
    start: int
    end: int
    text: str
    score: float
    outlet: str | None
    date: dt.date | None


CHOSEN = "the filters that were set go before it"


@dataclass(frozen=True)
class Filters:
    """What an answer may be taken from.

    Attributes:
        outlets: names as they stand in the index; empty for all.
        after: first day allowed.
        before: last day allowed.
        undated: whether articles without a date pass; None lets them unless there is a span of time.
        outlet_kinds: those that the outlets were chosen by; empty where they were named.
    """

    outlets: frozenset[str] = field(default_factory=frozenset)
    after: dt.date | None = None
    before: dt.date | None = None
    undated: bool | None = None
    outlet_kinds: frozenset[str] = field(default_factory=frozenset)

    @property
    def named(self) -> bool:
        """Whether outlets were asked for by name."""
        return bool(self.outlets) and not self.outlet_kinds

    @property
    def spanned(self) -> bool:
        """Whether there is a span of time."""
        return self.after is not None or self.before is not None

    @property
    def dated(self) -> bool:
        """Whether articles are held against their dates."""
        return self.spanned or self.undated is False

    @property
    def within(self) -> IndexFilter:
        """The same for the lexical index."""
        first, last = (day.toordinal() if day else None for day in (self.after, self.before))
        return IndexFilter(self.outlets, first or (1 if self.dated else None), last, bool(self.undated))

    def allow(self, outlet: str | None, date: dt.date | None) -> bool:
        """Whether an article of that outlet and date passes."""
        if self.outlets and outlet not in self.outlets:
            return False
        if date is None:
            return bool(self.undated) or not self.dated
        return (self.after or date) <= date <= (self.before or date)


def filters(
    view: View,
    catalogue: Catalogue,
    outlets: str | Iterable[str] | None = None,
    after: object = None,
    before: object = None,
    outlet_kinds: str | Iterable[str] | None = None,
    undated: bool | None = None,
) -> Filters:
    """Filters from what a caller gives. Raises QuestionError for an outlet, kind or date that cannot be meant."""
    first, last = day(after, "after"), day(before, "before")
    if first and last and first > last:
        raise QuestionError(f"after ({first}) is later than before ({last}); no article can be dated both")
    names, sorts = ([given] if isinstance(given, str) else list(given or ()) for given in (outlets, outlet_kinds))
    chosen = frozenset(o for name in names for o in _outlets(view, catalogue, name))
    if sorts:
        those = _of_kinds(view, catalogue, sorts)
        if chosen and not chosen & those:
            raise QuestionError(f"none of the outlets {', '.join(sorted(chosen))} is of the kind {' or '.join(sorts)}")
        chosen = chosen & those if chosen else those
    return Filters(chosen, first, last, undated, frozenset(sorts))


def _of_kinds(view: View, catalogue: Catalogue, outlet_kinds: Iterable[str]) -> frozenset[str]:
    """The outlets in the index of some kinds; those of which the catalogue knows none are UNCLASSIFIED."""
    known = {outlet: catalogue.kind(outlet) for outlet in view.columns.outlets if outlet}
    there = sorted(set(known.values()))
    for kind in outlet_kinds:
        if kind not in there:
            known_kinds = ", ".join(there) or "none"
            raise QuestionError(f"no outlet in the index is of the kind {kind!r}; there are {known_kinds}")
    return frozenset(outlet for outlet, kind in known.items() if kind in outlet_kinds)


@dataclass(frozen=True)
class Alias:
    """A name in a question, and the spellings that were searched for as well."""

    words: str
    spellings: tuple[str, ...]


@dataclass(frozen=True)
class ParsedQuery:
    """A question as it is searched for.

    Attributes:
        text: the question completed by the one before, without the words that became filters.
        encoded: the same with other spellings beside each name, for an encoder that knows only some of them.
        terms: its words, as the lexical index knows them.
        filters: what may be found.
        constraints: what the question says of where the answer may come from, and what became of it.
        aliases: names in it that are printed in other ways too.
    """

    text: str
    encoded: str
    terms: tuple[Term, ...]
    filters: Filters
    constraints: tuple[Constraint, ...] = ()
    aliases: tuple[Alias, ...] = ()


def read(
    view: View,
    catalogue: Catalogue,
    question: str,
    chosen: Filters,
    previous: str | None = None,
    asked_on: dt.date | None = None,
    ignore: Iterable[str] = (),
) -> ParsedQuery:
    """The question as it is to be searched for.

    Args:
        question: as typed.
        chosen: the caller's filters.
        previous: the question before, where this one follows it.
        asked_on: the day from which "last year" counts; without it such words are left alone.
        ignore: words of constraints that are not to be applied; "all" for none of them.
    """
    held = [outlet for outlet in view.columns.outlets if outlet]
    text = constraints.complete_question(question, previous, catalogue, held)
    off = [ignore] if isinstance(ignore, str) else list(ignore)
    said = constraints.parse_constraints(text, catalogue, held, asked_on, off)
    filters_, applied = narrowed(view, chosen, said.constraints)
    mentions = view.aliases.find(said.text)
    spellings = {m: (m.text, *view.aliases.other_spellings(m)) for m in mentions}
    terms = view.terms(said.text, [(m.start, m.end, spellings[m]) for m in mentions])
    names = tuple(Alias(m.text, spellings[m][1:]) for m in mentions if spellings[m][1:])
    encoded = said.text
    for m in reversed(mentions):
        beside = f" ({', '.join(spellings[m][1 : 1 + BESIDE])})" if spellings[m][1:] else ""
        encoded = encoded[: m.end] + beside + encoded[m.end :]
    return ParsedQuery(said.text, encoded, tuple(terms), filters_, applied, names)


def narrowed(view: View, chosen: Filters, said: Sequence[Constraint]) -> tuple[Filters, tuple[Constraint, ...]]:
    """The filters narrowed by what the question says, and its restrictions as they were applied.

    What the caller chose goes before what the question says: of outlets where outlets were chosen, of dates likewise.
    A date of something that happened lets undated articles pass, which may tell of it.
    """
    result = []
    for each in said:
        prevails = chosen.outlets if each.kind == constraints.OUTLET else chosen.spanned
        result.append(replace(each, applied=False, why=CHOSEN) if each.applied and prevails else each)
    outlets = frozenset(
        name
        for r in result
        if r.applied and r.outlet
        for name in (view.columns.spelled.get(key(r.outlet)) or [r.outlet])
    )
    days = [r for r in result if r.applied and r.kind == constraints.DATES]
    if days:
        chosen = replace(
            chosen,
            after=max((r.after for r in days if r.after), default=None),
            before=min((r.before for r in days if r.before), default=None),
            undated=all(r.why == constraints.LOWER_END for r in days) if chosen.undated is None else chosen.undated,
        )
    return (replace(chosen, outlets=outlets) if outlets else chosen), tuple(result)


def day(value: object, name: str) -> dt.date | None:
    """A date from a date, a datetime or "YYYY-MM-DD". Raises QuestionError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise QuestionError(f"{name} is {value!r}; give a day as YYYY-MM-DD") from None


@dataclass(frozen=True)
class ScoredPassage:
    """A passage and what speaks for it.

    Attributes:
        key: the passage's key.
        score: what it is ranked by, between 0 and 1.8 (see `rank`).
        own: cosine of its vector with the question's.
        sentences: cosine of each of its sentences, (m,).
        words: share of the question's words that it holds, rarer ones counting more.
        article: share that its article holds, by BM25.
    """

    key: int
    score: float
    own: float
    sentences: Vectors
    words: float
    article: float

    @property
    def sentence(self) -> float:
        """Cosine of its best sentence; its own where it has none."""
        return float(self.sentences.max()) if len(self.sentences) else self.own


def rank(
    view: View,
    question: Vectors,
    asked: ParsedQuery,
    k: int,
    sentence_vectors: Callable[[Sequence[int]], tuple[dict[int, slice], Vectors]],
    beside: Executor,
) -> list[ScoredPassage]:
    """The `k` best passages for a question, best first; fewer where fewer are allowed.

    Two engines each propose passages, by their own vectors and by words. All of them get both scores, so that one
    which only one engine proposed is not taken for one that the other found nothing in.

    Args:
        question: its vector, (dimension,).
        asked: its words, and what may be found.
        sentence_vectors: keys of passages -> rows of the sentences of each, and vectors of all.
        beside: where one engine may look, while the other does here.
    """
    limit = max(CANDIDATES, k)
    proposed = view.candidates(question, asked.terms, asked.filters.within, limit, beside)
    first = [(OWN + SENTENCE) * p.own + WORDS * p.words + ARTICLE * p.article for p in proposed]
    best = [proposed[i] for i in np.argsort(-np.array(first), kind="stable")[:limit].tolist()]
    rows_of, vectors = sentence_vectors([p.key for p in best])
    cosines = vectors @ question
    scored = []
    for p in best:
        if p.key in rows_of:  # else another process has just taken it out
            sentences = cosines[rows_of[p.key]]
            sentence = float(sentences.max()) if len(sentences) else p.own
            score = OWN * p.own + SENTENCE * sentence + WORDS * p.words + ARTICLE * p.article
            scored.append(ScoredPassage(p.key, score, p.own, sentences, p.words, p.article))
    return sorted(scored, key=lambda ranked: -ranked.score)[:k]


def _outlets(view: View, catalogue: Catalogue, name: str) -> Sequence[str]:
    """The outlets of the view that a spelling means. One that is known but not in the index means none of them."""
    known = catalogue.resolve(name)
    spellings = dict.fromkeys((key(name), key(known or name)))
    found = [outlet for spelling in spellings for outlet in view.columns.spelled.get(spelling, ())]
    if not found and not known:
        raise QuestionError(
            f"no outlet {name!r} in this index; it has: {', '.join(o for o in view.columns.outlets if o) or 'none'}"
        )
    return found or [known or name]
