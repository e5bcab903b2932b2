"""Articles that readers of the app upload: kept apart from all others, as anybody may have written them.

An uploaded record can state the id, the address and the outlet of an article that is in the index, or will be. So an
upload gets an id that is made from all it states and that no other input gets: it is never taken for a version of
another article, nor another article for a version of it. A changed upload is another article.
"""

from __future__ import annotations

from dataclasses import replace

import regex

from rag.article import ID_DIGITS, Article

CLAIM = " in a file that a reader uploaded"  # ends the evidence for an outlet

_ID = regex.compile(rf"upload-[0-9a-f]{{{ID_DIGITS}}}")


def as_uploaded(article: Article, source: str) -> Article:
    """Return an article that was read from an uploaded file, as it is stored.

    Args:
        article: as its reader made it.
        source: what the file is called in the index.
    """
    basis = article.outlet_basis if article.outlet is None else article.outlet_basis + CLAIM
    claimed = replace(article, outlet_basis=basis, source=source)
    return replace(claimed, id=f"upload-{claimed.content_hash[:ID_DIGITS]}")


def is_uploaded(article_id: str) -> bool:
    """Return whether an id is that of an uploaded article."""
    return _ID.fullmatch(article_id) is not None
