"""AliasGroup: the spellings of one name. Mined groups and a user's own are merged here."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.query.aliases.spelling import identity, letters


@dataclass(frozen=True)
class AliasGroup:
    """One name, printed in several ways.

    Attributes:
        spellings: its short and long forms, the most frequent first; a user's own before all others.
        basis: how it is known: "mined" from articles, "own list", or "own list, mined" if the two were merged.
    """

    spellings: tuple[str, ...]
    basis: str


def merge_groups(mined: Sequence[AliasGroup], own: Sequence[AliasGroup]) -> tuple[AliasGroup, ...]:
    """Merge mined groups into the user's own.

    The user's list takes precedence: a spelling in it is in no other group, and a mined group that shares spellings
    with several of the user's gives its other spellings to none of them.

    Returns:
        The user's groups, each with the spellings of the mined groups that share one with it; then the other mined
        groups.
    """
    owner = {identity(spelling): i for i, group in enumerate(own) for spelling in group.spellings}
    extra: dict[int, list[str]] = defaultdict(list)
    rest: list[AliasGroup] = []
    for group in mined:
        owners = {owner[key] for key in map(identity, group.spellings) if key in owner}
        left = tuple(spelling for spelling in group.spellings if identity(spelling) not in owner)
        if len(owners) == 1:
            extra[owners.pop()] += group.spellings
        elif not owners or len(left) > 1:
            rest.append(AliasGroup(left, group.basis))
    return (*(_extended(group, extra[i]) for i, group in enumerate(own)), *rest)


def groups_to_json(groups: Iterable[AliasGroup]) -> str:
    """Return groups as an index stores them."""
    return json.dumps([[group.spellings, group.basis] for group in groups], ensure_ascii=False)


def groups_from_json(text: str) -> list[AliasGroup]:
    """Return groups from what an index stores. Raises ValueError or TypeError if that is damaged."""
    return [AliasGroup(tuple(spellings), basis) for spellings, basis in json.loads(text)]


def _extended(group: AliasGroup, spellings: Iterable[str]) -> AliasGroup:
    by_letters: dict[str, str] = {}
    for spelling in (*group.spellings, *spellings):
        by_letters.setdefault(letters(spelling), spelling)
    more = len(by_letters) > len(set(map(letters, group.spellings)))
    return AliasGroup(tuple(by_letters.values()), "own list, mined") if more else group
