"""Query -> ParsedQuery: the question as it is searched for.

Constraints stated in words become filters, names get their other spellings, and words get their counts in the index.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, replace

from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key
from rag.provenance.uploads import is_uploaded
from rag.query import constraints
from rag.query.constraints import IGNORED, Completed, Constraint
from rag.query.languages import Language, detect
from rag.query.query import RELEVANCE, Query
from rag.retrieval.filters import Filters, resolve_filters
from rag.stores.base import View
from rag.stores.tantivy_index import Term

MAX_ENCODED_SPELLINGS = 3  # of a name, added to the question that the encoder reads
OVERRIDDEN = "overridden by the filters you set"


@dataclass(frozen=True)
class Alias:
    """A name in a question, and the other spellings that were searched for."""

    words: str
    spellings: tuple[str, ...]


@dataclass(frozen=True)
class ParsedQuery:
    """A question as it is searched for.

    Attributes:
        text: the question completed by the previous one, without the words that became filters.
        encoded: the same with other spellings after each name, for an encoder that knows only some of them.
        terms: its words, as the lexical index knows them.
        filters: which articles may be found.
        constraints: what the question says of where the answer may come from, and whether that was applied.
        aliases: names in it that are printed in other ways too.
        order: what comes first, one of `rag.query.query.ORDERS`.
        asked_on: the day of asking, if it is known.
        language: the question's, if it is surely another one than English.
        by_words: whether the encoder does not know it, so that words alone decide.
        completed: the question completed by the previous one, with the words that became filters.
    """

    text: str
    encoded: str
    terms: tuple[Term, ...]
    filters: Filters
    constraints: tuple[Constraint, ...] = ()
    aliases: tuple[Alias, ...] = ()
    order: str = RELEVANCE
    asked_on: dt.date | None = None
    language: Language | None = None
    by_words: bool = False
    completed: str = ""

    @property
    def phrases(self) -> tuple[str, ...]:
        """What a passage must print, word for word."""
        return tuple(c.words for c in self.constraints if c.applied and c.kind == constraints.PHRASE)


def parse(view: View, catalogue: Catalogue, query: Query, languages: Set[str] | None = None) -> ParsedQuery:
    """Parse a question against one view of an index.

    Args:
        view: the passages to search.
        catalogue: the outlets known by name.
        query: the question.
        languages: ISO 639-1 codes of those that the encoder knows; None for all.

    Raises:
        QuestionError: for an outlet or kind of outlet that the query names and nothing knows.
    """
    chosen = resolve_filters(view, catalogue, query)
    outlets = tuple(outlet for outlet in view.columns.outlets if outlet)
    before = query.previous.question if query.previous else ""
    common = _common(view, catalogue, outlets, query.text, before)
    names = [mention.text for mention in view.aliases.find(query.text)] if query.previous else []
    follow_up = constraints.complete_question(query.text, query.previous, catalogue, outlets, common, names)
    completed, taken = _followed(follow_up, query)
    common |= _common(view, catalogue, outlets, completed) if completed != query.text else set()
    asked_on = _asked_on(view, query)
    latest = dt.date.today() if query.asks_now else query.asked_on
    parsed = constraints.parse_constraints(completed, catalogue, outlets, asked_on, query.ignore, common, latest)
    filters, applied = narrow(view, catalogue, chosen, (*taken, *parsed.constraints))
    mentions = view.aliases.find(parsed.text)
    spellings = {m: (m.text, *view.aliases.other_spellings(m)) for m in mentions}
    terms = view.terms(parsed.text, [(m.start, m.end, spellings[m]) for m in mentions])
    quoted = [c.words for c in applied if c.applied and c.kind == constraints.PHRASE]
    held = {term.spellings for term in terms}
    for words in quoted:
        terms += [t for t in view.terms(words, [(0, len(words), [words])]) if t.spellings not in held]
    aliases = tuple(Alias(m.text, spellings[m][1:]) for m in mentions if spellings[m][1:])
    encoded = parsed.text
    for m in reversed(mentions):
        others = spellings[m][1 : 1 + MAX_ENCODED_SPELLINGS]
        encoded = encoded[: m.end] + (f" ({', '.join(others)})" if others else "") + encoded[m.end :]
    encoded = unicodedata.normalize("NFKC", encoded)  # full-width letters are the plain ones to the encoder too
    order = query.order
    if order == RELEVANCE:
        order = next((c.order for c in applied if c.kind == constraints.ORDER and c.applied), order)
    language = detect(parsed.text)
    by_words = language is not None and not language.is_known_to(languages)
    return ParsedQuery(
        parsed.text, encoded, tuple(terms), filters, applied, aliases, order, asked_on, language, by_words, completed
    )  # fmt: skip


def _followed(follow_up: Completed, query: Query) -> tuple[str, tuple[Constraint, ...]]:
    """Return a question as it is meant after another one, and what was taken from there, unless that is ignored."""
    ignored = {words.casefold() for words in query.ignore}
    taken = [replace(c, applied=False, why=IGNORED) if _is_among(c, ignored) else c for c in follow_up.times]
    if not follow_up.taken:
        return follow_up.text, tuple(taken)
    previous = Constraint(constraints.PREVIOUS, follow_up.taken, 0, 0)
    if _is_among(previous, ignored):
        return query.text, (replace(previous, applied=False, why=IGNORED),)
    return follow_up.text, (previous, *taken)


def _is_among(constraint: Constraint, ignored: Collection[str]) -> bool:
    return constraint.words.casefold() in ignored or "all" in ignored


def _asked_on(view: View, query: Query) -> dt.date | None:
    """Return the day of asking: the one given; today, or the day of the newest article if it is older; or None."""
    if not query.asks_now:
        return query.asked_on
    newest = view.columns.newest
    return min(dt.date.today(), dt.date.fromordinal(newest)) if newest else dt.date.today()


def _common(view: View, catalogue: Catalogue, outlets: tuple[str, ...], *questions: str) -> set[str]:
    """Return outlets that questions ask for and the catalogue lacks, and that are offered all the same.

    Where articles of other outlets print the name, as "Iran", it is more likely what those articles mean by it. An
    outlet of which there are only uploads is one that a reader may have made up.
    """
    look_ups = constraints.uncatalogued_sources, constraints.uncatalogued_exclusions
    asked = (find(question, catalogue, outlets) for question in questions for find in look_ups)
    return {outlet for outlet in set().union(*asked) if _is_doubtful(view, outlet)}


def _is_doubtful(view: View, outlet: str) -> bool:
    own = set(view.of_outlet(outlet))
    return all(map(is_uploaded, own)) or any(
        article_id not in own for article_id in view.containing(outlet, len(own) + 1)
    )


def narrow(
    view: View, catalogue: Catalogue, chosen: Filters, stated: Sequence[Constraint]
) -> tuple[Filters, tuple[Constraint, ...]]:
    """Narrow the caller's filters by the constraints a question states; return both as they were applied.

    Outlets that the caller chose override outlets stated in the question, and likewise dates. So does an outlet that
    the caller chose and the question leaves out, or the other way round. An outlet that is offered is applied if the
    caller chose it, together with those that are applied anyway. A period narrows nothing, so that it stays, whatever
    the caller chose.
    """
    excluded = {id(c): _excluded(view, catalogue, c) for c in stated if c.excludes}
    meant = _agreed(view, chosen, stated)
    result = []
    for constraint in stated:
        if constraint.why in constraints.OFFERS:
            if constraint.outlet in meant:
                constraint = replace(constraint, applied=True, why="")
            elif chosen.outlets and not meant:
                continue
        left_out = excluded.get(id(constraint), frozenset())
        if constraint.kind == constraints.OUTLET:
            own = _spelled(view, [constraint.outlet or ""])
            overridden = bool(chosen.outlets and not meant) or own <= chosen.exclude_outlets
        elif constraint.kind in (constraints.NOT_OUTLET, constraints.NOT_OUTLET_KIND):
            overridden = bool(left_out and chosen.outlets and left_out >= chosen.outlets)
        else:
            overridden = chosen.has_span and constraint.kind in (constraints.DATES, constraints.NOT_DATES)
        if constraint.applied and overridden:
            constraint = replace(constraint, applied=False, why=OVERRIDDEN)
            left_out = frozenset()
        if constraint.applied and left_out:
            chosen = replace(chosen, exclude_outlets=chosen.exclude_outlets | left_out)
        result.append(constraint)
    applied = [c for c in result if c.applied]
    outlets = _spelled(view, [c.outlet for c in applied if c.outlet and not c.excludes])
    holes = [(c.after, c.before) for c in applied if c.kind == constraints.NOT_DATES and c.after and c.before]
    chosen = replace(chosen, exclude_dates=tuple((first, last) for first, last in holes)) if holes else chosen
    spans = [c for c in applied if c.kind == constraints.DATES]
    if spans:
        chosen = replace(
            chosen,
            after=max((c.after for c in spans if c.after), default=None),
            before=min((c.before for c in spans if c.before), default=None),
        )
    return (replace(chosen, outlets=outlets) if outlets else chosen), tuple(result)


def _agreed(view: View, chosen: Filters, stated: Sequence[Constraint]) -> frozenset[str]:
    """Return the outlets of the question that the caller chose too, if these are all chosen ones and all applied.

    None where the question offers none of them: then the choice only repeats what the question says.
    """
    of_question = [c for c in stated if c.outlet and not c.excludes and (c.applied or c.why in constraints.OFFERS)]
    agreed = [c.outlet for c in of_question if c.outlet and _spelled(view, [c.outlet]) <= chosen.outlets]
    all_applied = all(c.outlet in agreed for c in of_question if c.applied)
    whole = chosen.names_outlets and _spelled(view, agreed) == chosen.outlets
    offered = any(c.why in constraints.OFFERS and c.outlet in agreed for c in of_question)
    return frozenset(agreed) if offered and whole and all_applied else frozenset()


def _excluded(view: View, catalogue: Catalogue, constraint: Constraint) -> frozenset[str]:
    """Return the outlets of the index that a constraint leaves out."""
    if constraint.outlet:
        return _spelled(view, [constraint.outlet])
    if not constraint.outlet_kind:
        return frozenset()
    kind = constraint.outlet_kind
    known = ((name, catalogue.outlet(name)) for name in view.columns.outlets if name)
    if kind == constraints.STATE_MEDIA:
        return frozenset(name for name, outlet in known if outlet and outlet.state)
    return frozenset(name for name, outlet in known if outlet and outlet.kind == kind)


def _spelled(view: View, outlets: Sequence[str]) -> frozenset[str]:
    """Return the names that the index has for outlets; where it has none, the name itself."""
    return frozenset(name for outlet in outlets for name in view.columns.spelled.get(key(outlet)) or [outlet])
