"""Row -> Sharers: the outlets that share a row, each with its article and the words that its near-copy changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.changes import Change, changes
from rag.answer.variants import print_words
from rag.article import Article
from rag.errors import LibraryError

if TYPE_CHECKING:
    from rag.comparison.side_by_side.comparison import Row

# Articles that are read for the outlets that share a row: a text of an agency may have hundreds of copies.
MAX_READ = 100


@dataclass(frozen=True)
class Sharer:
    """An outlet whose best passage is a copy of a row's, or nearly.

    Attributes:
        outlet: its name.
        article: where it printed that; None if it is not known any more.
        prints_quotation: whether it prints the quoted sentences word for word.
        changes: the words that it changed, those of the quoted sentences first.
    """

    outlet: str
    article: Article | None = None
    prints_quotation: bool = False
    changes: tuple[Change, ...] = ()


def sharers(row: Row, article: Callable[[str], Article]) -> list[Sharer]:
    """Return the outlets that share a row of a comparison of outlets, those that print its quotation first.

    Args:
        row: the row.
        article: gives the article of an id, and raises LibraryError where there is none.
    """
    cited = row.citation
    ids = dict.fromkeys((*cited.copies, *(variant.article_id for variant in cited.variants)))
    found: dict[str, Article] = {}
    for article_id in list(ids)[:MAX_READ]:
        if len(found) == len(row.shared_with):
            break
        try:
            read = article(article_id)
        except LibraryError:  # removed since the comparison was made
            continue
        name = read.outlet or UNKNOWN_OUTLET
        if name in row.shared_with:
            found.setdefault(name, read)
    return sorted(
        (_sharer(row, name, found.get(name)) for name in row.shared_with), key=lambda s: not s.prints_quotation
    )


def _sharer(row: Row, name: str, article: Article | None) -> Sharer:
    if article is None:
        return Sharer(name)
    cited = row.citation
    own = tuple(variant for variant in cited.variants if variant.article_id == article.id)
    return Sharer(
        name, article, print_words(cited.quotation, article.text), tuple(changes(replace(cited, variants=own)))
    )
