"""Aliases: the spellings of one name, mined from articles or listed by the user, and found in questions.

A build mines each article for pairs such as "Long Form (LF)" (`mining`), groups the pairs of all articles (`grouping`)
and merges them with a user's list (`own_list`, `alias_group`); a question looks its names up (`lookup`).
"""

from rag.query.aliases.alias_group import AliasGroup, groups_from_json, groups_to_json, merge_groups
from rag.query.aliases.grouping import group_pairs
from rag.query.aliases.lookup import Aliases, Mention
from rag.query.aliases.mining import mine_pairs, printed_short_forms
from rag.query.aliases.own_list import parse_own_list, read_own_list

__all__ = [
    "AliasGroup",
    "Aliases",
    "Mention",
    "group_pairs",
    "groups_from_json",
    "groups_to_json",
    "merge_groups",
    "mine_pairs",
    "parse_own_list",
    "printed_short_forms",
    "read_own_list",
]
