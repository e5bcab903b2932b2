"""Read a user's own list of aliases, a TOML file with tables [[name]] (docs/searching.md)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.provenance.user_toml import one_line, parse_tables, read_text
from rag.query.aliases.alias_group import AliasGroup
from rag.query.aliases.spelling import identity, letters

_EXAMPLE = 'spellings = ["...", "..."]'


def read_own_list(path: Path) -> str:
    """Return the text of a user's list, after `parse_own_list` found no mistake in it.

    Raises:
        InputError: if the file cannot be read, or has a mistake.
    """
    text = read_text(path)
    parse_own_list(text, str(path))
    return text


def parse_own_list(text: str, name: str) -> tuple[AliasGroup, ...]:
    """Return the groups of a user's list, each below a line [[name]] as spellings = ["...", "..."].

    Args:
        text: the TOML.
        name: what errors call it.

    Raises:
        InputError: for any mistake in the text; the message gives the place and the remedy.
    """
    groups: list[AliasGroup] = []
    owner: dict[str, int] = {}
    for number, table in enumerate(parse_tables(text, name, "name", f"write [[name]] and below it {_EXAMPLE}"), 1):
        try:
            spellings = _spellings(table)
            for spelling in spellings:
                other = owner.setdefault(identity(spelling), number)
                if other != number:
                    raise InputError(f'"{spelling}" is in name {other} too; merge the two entries')
        except InputError as error:
            raise InputError(f"{name}: name {number}: {error}") from None
        groups.append(AliasGroup(spellings, "own list"))
    return tuple(groups)


def _spellings(table: Mapping[str, Any]) -> tuple[str, ...]:
    if unknown := next((key for key in table if key != "spellings"), None):
        raise InputError(f"unknown key {unknown!r}; the only key is spellings")
    if "spellings" not in table:
        raise InputError(f"no spellings; add {_EXAMPLE}")
    values = table["spellings"]
    if not isinstance(values, list):
        raise InputError(f"spellings is not a list; write {_EXAMPLE}")
    spellings = tuple(dict.fromkeys(map(_spelling, values)))
    if len(spellings) < 2:
        found = "only one spelling" if spellings else "an empty list"
        raise InputError(f"{found}; give two or more that mean the same: {_EXAMPLE}")
    return spellings


def _spelling(value: object) -> str:
    spelling = one_line(value, "spellings has")
    if not letters(spelling):
        raise InputError(f"{value!r} has no letter or digit to be found by")
    return spelling
