"""Sides that a reader names: lists of outlets, of kinds of outlets or of countries, each under a name of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from rag.errors import QuestionError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import OUTLET_KINDS, UNCLASSIFIED, key
from rag.query.query import Names
from rag.retrieval.filters import find_outlets
from rag.stores.base import View

STATE_MEDIA = "state media"  # outlets that a government owns or funds, by the catalogue
MAX_SIDES, MAX_NAMES = 12, 100
MAX_NAME_CHARACTERS = 100
Sides = Mapping[str, Names]


def resolve_sides(view: View, catalogue: Catalogue, sides: Sides) -> dict[str, tuple[str, ...]]:
    """Return the outlets of the index that are on each side.

    A name on a side is an outlet's, in any spelling that the catalogue or the index knows; else a kind of outlets, such
    as "advocacy group", or "state media"; else a country that outlets are run from.

    Args:
        view: the passages to search.
        catalogue: the outlets known by name.
        sides: what is on each side.

    Raises:
        QuestionError: for fewer than two sides or too many, a name that nothing knows, or an outlet on two sides.
    """
    if not isinstance(sides, Mapping) or not 2 <= len(sides) <= MAX_SIDES:
        raise QuestionError(f"name 2 to {MAX_SIDES} sides, each with the outlets on it")
    found: dict[str, tuple[str, ...]] = {}
    for side, names in sides.items():
        listed = (names,) if isinstance(names, str) else tuple(names or ())
        if not side.strip() or len(side) > MAX_NAME_CHARACTERS or not 0 < len(listed) <= MAX_NAMES:
            raise QuestionError(
                f"side {side[:MAX_NAME_CHARACTERS]!r}: give it a name of at most {MAX_NAME_CHARACTERS} characters, and "
                f"1 to {MAX_NAMES} outlets"
            )
        found[side] = tuple(dict.fromkeys(o for name in listed for o in _members(view, catalogue, name)))
    owner: dict[str, str] = {}
    for side, outlets in found.items():
        for outlet in outlets:
            if owner.setdefault(outlet, side) != side:
                raise QuestionError(f"{outlet} is on two sides, {owner[outlet]!r} and {side!r}; leave it on one")
    return found


def _members(view: View, catalogue: Catalogue, name: str) -> Iterable[str]:
    """Return the outlets that a name on a side means."""
    indexed = [outlet for outlet in view.columns.outlets if outlet]
    if catalogue.resolve(name) or key(name) in view.columns.spelled:
        return find_outlets(view, catalogue, name)
    wanted = key(name)
    kinds = {key(kind): kind for kind in (*OUTLET_KINDS, UNCLASSIFIED)}
    if kind := kinds.get(wanted) or kinds.get(wanted.removesuffix("s")):
        return [outlet for outlet in indexed if catalogue.kind(outlet) == kind]
    known = {outlet: catalogue.outlet(outlet) for outlet in indexed}
    if wanted == STATE_MEDIA:
        return [outlet for outlet, facts in known.items() if facts and facts.state]
    countries = {o.country.value for o in catalogue.outlets if o.country}
    if wanted in {key(country) for country in countries}:
        return [o for o, facts in known.items() if facts and facts.country and key(facts.country.value) == wanted]
    near = get_close_matches(name, [*indexed, *OUTLET_KINDS, STATE_MEDIA, *countries], 3, 0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `according outlets` lists them"
    raise QuestionError(f"no outlet, kind of outlet or country {name!r} in this index{hint}")
