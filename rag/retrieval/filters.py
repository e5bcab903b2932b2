"""Filters: which articles a question may be answered from, resolved against one index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag.errors import QuestionError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key
from rag.query.query import Query
from rag.stores.base import View
from rag.stores.columns import ArticleColumns
from rag.stores.filters import FIRST_DATE, IndexFilter

MAX_NAMED = 50  # outlets that a refusal names: an index may have thousands


@dataclass(frozen=True)
class Filters:
    """The filters of one question.

    Attributes:
        outlets: names as the index has them; empty for all.
        after, before: first and last day allowed.
        undated: whether undated articles pass; None lets them pass unless there is a span of time.
        outlet_kinds: the kinds that the outlets were chosen by; empty where they were named.
        exclude_outlets: names as the index has them; articles whose outlet is not known are of none of them.
        exclude_dates: spans of time, both days included; undated articles are in none of them.
        added_after: only articles put into the index after this place in the order of adding; None for all.
    """

    outlets: frozenset[str] = field(default_factory=frozenset)
    after: dt.date | None = None
    before: dt.date | None = None
    undated: bool | None = None
    outlet_kinds: frozenset[str] = field(default_factory=frozenset)
    exclude_outlets: frozenset[str] = field(default_factory=frozenset)
    exclude_dates: tuple[tuple[dt.date, dt.date], ...] = ()
    added_after: int | None = None

    @property
    def names_outlets(self) -> bool:
        """Whether outlets were asked for by name."""
        return bool(self.outlets) and not self.outlet_kinds

    @property
    def has_span(self) -> bool:
        """Whether there is a span of time."""
        return self.after is not None or self.before is not None

    @property
    def checks_dates(self) -> bool:
        """Whether an article's date decides whether it passes."""
        return self.has_span or self.undated is False

    @property
    def index_filter(self) -> IndexFilter:
        """The same for the indexes of a store."""
        first, last = (day.toordinal() if day else None for day in (self.after, self.before))
        holes = tuple((first.toordinal(), last.toordinal()) for first, last in self.exclude_dates)
        first = first or (FIRST_DATE if self.checks_dates else None)
        return IndexFilter(self.outlets, first, last, bool(self.undated), self.exclude_outlets, holes, self.added_after)


def resolve_filters(view: View, catalogue: Catalogue, query: Query) -> Filters:
    """Resolve the outlets and kinds of outlets that a query names.

    Raises:
        QuestionError: for an outlet or kind that neither the index nor the catalogue knows, and for an outlet that is
            both asked for and excluded.
    """
    chosen, excluded = (
        frozenset(outlet for name in names for outlet in find_outlets(view.columns, catalogue, name))
        for names in (query.outlets, query.exclude_outlets)
    )
    if both := sorted(chosen & excluded):
        raise QuestionError(f"{', '.join(both)}: both asked for and excluded; leave it out of one of the two lists")
    if query.outlet_kinds:
        of_kind = _of_kinds(view, catalogue, query.outlet_kinds)
        if chosen and not chosen & of_kind:
            kinds = " or ".join(query.outlet_kinds)
            raise QuestionError(f"none of the outlets {', '.join(sorted(chosen))} has the kind {kinds}")
        chosen = chosen & of_kind if chosen else of_kind
    return Filters(
        chosen, query.after, query.before, query.undated, frozenset(query.outlet_kinds), exclude_outlets=excluded
    )


def _of_kinds(view: View, catalogue: Catalogue, outlet_kinds: Iterable[str]) -> frozenset[str]:
    """The outlets of the index that are of some kinds; those without one in the catalogue are UNCLASSIFIED."""
    known = {outlet: catalogue.kind(outlet) for outlet in view.columns.outlets if outlet}
    present = sorted(set(known.values()))
    for kind in outlet_kinds:
        if kind not in present:
            raise QuestionError(
                f"no outlet in the index has the kind {kind!r}; the kinds are {', '.join(present) or 'none'}"
            )
    return frozenset(outlet for outlet, kind in known.items() if kind in outlet_kinds)


def find_outlets(columns: ArticleColumns, catalogue: Catalogue, name: str) -> Sequence[str]:
    """Return the outlets of the index that a spelling means; one that is known and not in the index matches no article.

    Raises:
        QuestionError: for an outlet that neither the index nor the catalogue knows.
    """
    known = catalogue.resolve(name)
    spellings = dict.fromkeys((key(name), key(known or name)))
    found = [outlet for spelling in spellings for outlet in columns.spelled.get(spelling, ())]
    if not found and not known:
        names = [outlet for outlet in columns.outlets if outlet]
        more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
        raise QuestionError(f"no outlet {name!r} in this index; it has: {', '.join(names[:MAX_NAMED]) or 'none'}{more}")
    return found or [known or name]
