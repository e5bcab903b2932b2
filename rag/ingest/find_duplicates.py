"""Group duplicate passages and articles, after all articles of a build are stored.

The last but one stage of a build. `rag.provenance.duplicates` finds the groups; the store has the texts to compare.
"""

from __future__ import annotations

from rag.provenance import duplicates
from rag.stores.base import Writer


def find_duplicates(writer: Writer) -> None:
    """Find the duplicates among new texts, and between new texts and those compared before, and store the groups."""
    if comparisons := writer.to_compare():
        writer.save_groups([(c, duplicates.groups(c.signatures, c.groups, c.text)) for c in comparisons])
