"""Sides that a reader names: lists of outlets, of kinds of outlets or of countries, each under a name of its own."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from rag.comparison.side_by_side.described import KINDS, described
from rag.errors import QuestionError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key
from rag.query.query import Names
from rag.retrieval.filters import find_outlets
from rag.stores.base import Store, View
from rag.stores.columns import ArticleColumns

SIDES = "sides"  # the setting of an index that has those saved, as JSON
MAX_SIDES, MAX_NAMES, MAX_SAVED = 12, 100, 100
MAX_NAME_CHARACTERS = 100
Sides = Mapping[str, Names] | Sequence[str]
Named = Mapping[str, Sequence[str]]


def saved_sides(store: Store) -> dict[str, tuple[str, ...]]:
    """Return the sides that are saved with an index: the names on each, by its own name."""
    saved = json.loads(store.setting(SIDES) or "{}")
    return {str(side): tuple(map(str, names)) for side, names in sorted(saved.items())}


def resolve_sides(view: View, catalogue: Catalogue, sides: Sides, saved: Named) -> dict[str, tuple[str, ...]]:
    """Return the outlets of the index that are on each side.

    A name on a side is an outlet's, in any spelling that the catalogue or the index knows, or else describes outlets:
    "advocacy groups", "state media", "Iran", "Western newspapers".

    Args:
        view: the passages to search.
        catalogue: the outlets known by name.
        sides: what is on each side; or names of sides that are saved, or of what is a side by itself.
        saved: the sides saved with the index.

    Raises:
        QuestionError: for fewer than two sides or too many, a name that nothing knows, or an outlet on two sides.
    """
    if not isinstance(sides, Mapping):
        sides = {} if isinstance(sides, str) else dict(_saved(saved, side) for side in _texts(sides))
    sides = joined(zip(_texts(sides), sides.values(), strict=True))
    if not 2 <= len(sides) <= MAX_SIDES:
        raise QuestionError(f"name 2 to {MAX_SIDES} sides, each with the outlets on it")
    found = {side: members(view.columns, catalogue, side, names) for side, names in sides.items()}
    owner: dict[str, str] = {}
    for side, outlets in found.items():
        for outlet in outlets:
            if owner.setdefault(outlet, side) != side:
                raise QuestionError(f"{outlet} is on two sides, {owner[outlet]!r} and {side!r}; leave it on one")
    return found


def _texts(sides: Iterable[object]) -> Iterator[str]:
    for side in sides:
        if not isinstance(side, str):
            raise QuestionError(f"side {side!r} has no name; name sides in a dictionary, each with the outlets on it")
        yield side


def joined(sides: Iterable[tuple[str, Names]]) -> dict[str, Names]:
    """Return sides by name; those whose names differ in letter case alone are one, under the first of them."""
    found: dict[str, Names] = {}
    spelled: dict[str, str] = {}
    for side, names in sides:
        name = spelled.setdefault(side.casefold(), side)
        found[name] = (*_listed_names(found[name]), *_listed_names(names)) if name in found else names
    return found


def _saved(saved: Named, side: str) -> tuple[str, Sequence[str]]:
    """Return a saved side by its name in any letter case, as it was saved; of what is none, itself."""
    if side in saved:
        return side, saved[side]
    name = next((each for each in saved if each.casefold() == side.casefold()), None)
    return (side, (side,)) if name is None else (name, saved[name])


def _listed_names(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names or ())


def sides_in_text(given: Sequence[str], saved: Named) -> dict[str, Names] | None:
    """Return the sides that texts name: "NAME: OUTLET, OUTLET", a saved side's name, or outlets alone; None for none.

    An outlet whose name has a comma is put between quotation marks, as in a table (CSV).

    Args:
        given: a text for each side.
        saved: the sides saved with the index.
    """
    sides: list[tuple[str, Names]] = []
    for words in (" ".join(text.split()) for text in given):
        name, own = _saved(saved, words)
        if name in saved:
            sides.append((name, own))
            continue
        name, colon, listed = words.partition(":")
        named = [each.strip() for each in _listed(listed if colon else words)]
        sides.append((name.strip() if colon else words, [each for each in named if each]))
    return joined(sides) or None


def members(columns: ArticleColumns, catalogue: Catalogue, side: str, names: Names) -> tuple[str, ...]:
    """Return the outlets of an index that are on one side.

    Args:
        columns: the articles of the index.
        catalogue: the outlets known by name.
        side: its name.
        names: what is on it.

    Raises:
        QuestionError: for a name that is empty, too long or that of an outlet which is not on the side, for too many
            outlets or none, or an outlet's name that nothing knows.
    """
    listed = _listed_names(names)
    if not _is_name(side) or not 0 < len(listed) <= MAX_NAMES:
        raise QuestionError(
            f"side {side[:MAX_NAME_CHARACTERS]!r}: give it a name of at most {MAX_NAME_CHARACTERS} characters in one "
            f"line, and 1 to {MAX_NAMES} outlets"
        )
    found = tuple(dict.fromkeys(outlet for name in listed for outlet in _meant(columns, catalogue, name)))
    if (catalogue.resolve(side) or key(side) in columns.spelled) and (
        another := set(find_outlets(columns, catalogue, side)) & set(columns.outlets) - set(found)
    ):  # a row that bears an outlet's name would be taken for what that outlet says
        raise QuestionError(
            f"side {side!r} has the name of {min(another)}, which is not on it; give it another name, or add the outlet"
        )
    return found


@dataclass(frozen=True)
class SidesInWords:
    """The sides that a question names.

    Attributes:
        outlets: the outlets of the index on each side, by what it is called.
        several: of outlets that are on several of them by these words, all these sides, the one where they count first.
    """

    outlets: dict[str, tuple[str, ...]]
    several: dict[str, tuple[str, ...]]


def sides_in_words(view: View, catalogue: Catalogue, named: Iterable[str]) -> SidesInWords:
    """Return the outlets of the sides that a question names, by what these are called.

    An outlet is on one side: that of its own name ("Iranian media and Press TV"), else the first that it fits.

    Args:
        view: the passages to search.
        catalogue: the outlets known by name.
        named: the words for each side (see `rag.comparison.side_by_side.asked`).
    """
    meant: dict[str, Sequence[str]] = {}
    alone: dict[str, str] = {}
    for words in named:
        outlets = _meant(view.columns, catalogue, words)
        is_named = bool(catalogue.resolve(words)) or key(words) in view.columns.spelled
        side = outlets[0] if catalogue.resolve(words) and len(outlets) == 1 else words
        meant[side] = outlets
        if is_named:
            alone |= {outlet: side for outlet in outlets if outlet not in alone}
    of: dict[str, list[str]] = {}
    for side, outlets in meant.items():
        for outlet in outlets:
            of.setdefault(outlet, []).append(side)
    for outlet, side in alone.items():
        of[outlet] = [side, *(other for other in of[outlet] if other != side)]
    found = {side: tuple(outlet for outlet in outlets if of[outlet][0] == side) for side, outlets in meant.items()}
    return SidesInWords(found, {outlet: tuple(sides) for outlet, sides in of.items() if len(sides) > 1})


def _listed(words: str) -> list[str]:
    """Return the names that commas separate; quotation marks keep together a name that has one."""
    try:
        return next(csv.reader([words], skipinitialspace=True), [])
    except csv.Error:  # more than a field may have
        return words.split(",")


def _is_name(side: str) -> bool:
    """Return whether a text can be the name of a side: not empty, not long, and without control characters."""
    return bool(side.strip()) and len(side) <= MAX_NAME_CHARACTERS and "Cc" not in map(unicodedata.category, side)


def _meant(columns: ArticleColumns, catalogue: Catalogue, name: str) -> Sequence[str]:
    """Return the outlets that a name on a side means."""
    if catalogue.resolve(name) or key(name) in columns.spelled:
        return find_outlets(columns, catalogue, name)
    indexed = [outlet for outlet in columns.outlets if outlet]
    if description := described(name):
        return description.outlets(catalogue, indexed)
    near = get_close_matches(name, [*indexed, *KINDS], 3, 0.6)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `according outlets` lists the outlets"
    raise QuestionError(f"no outlet, kind of outlets or country {name!r} in this index{hint}")
