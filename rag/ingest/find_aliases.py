"""Group the spellings of names, by what all articles of an index say about them and by the user's own list.

The last stage of a build, and run again when articles are removed: `rag.query.aliases` groups, the store counts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from rag.query import aliases
from rag.stores.base import ALIASES, OWN_ALIASES, NameCounts, Store, Writer


def find_aliases(store: Store, writer: Writer) -> None:
    """Group the spellings of the names in all articles, and store the groups."""
    writer.save_setting(ALIASES, alias_grouper(store)(writer.name_counts()))


def alias_grouper(store: Store) -> Callable[[NameCounts], str]:
    """Return what makes the setting ALIASES of a store, with its own list of aliases, from counts of names."""
    return functools.partial(_group, store.setting(OWN_ALIASES))


def _group(own_list: str | None, counts: NameCounts) -> str:
    mined = aliases.group_pairs(counts.pairs, counts.printed)
    own = aliases.parse_own_list(own_list, "the index's list of aliases") if own_list else ()
    return aliases.groups_to_json(aliases.merge_groups(mined, own))
