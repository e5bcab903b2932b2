"""What is exported of an index: its articles, passages and outlets as plain values, one name for each.

The names of an article's fields are those that According's own readers take, so that an export in JSON Lines can be
built into an index again.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from rag.article import Article
from rag.browse import ReadOnlyLibrary
from rag.errors import InputError
from rag.provenance.outlet import FACT_FIELDS
from rag.text import iso_date
from rag.whole_file import replaced

BATCH = 500  # articles that are read and written at a time

ARTICLE_FIELDS = (
    "id", "title", "outlet", "outlet_basis", "strength", "outlet_kind", "host", "authors", "date", "date_basis", "url",
    "kind", "source", "content_hash", "text",
)  # fmt: skip
OUTLET_FIELDS = ("name", "articles", "first", "last", "kind", *FACT_FIELDS, *(f"{name}_source" for name in FACT_FIELDS))


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        path: the file.
        articles, passages, outlets: how many; 0 of what the format does not have.
    """

    path: Path
    articles: int
    passages: int = 0
    outlets: int = 0


def article_row(article: Article, outlet_kind: str | None) -> dict[str, Any]:
    """Return an article with its provenance; of the file that it was read from only the name, without the folder.

    Args:
        article: the article.
        outlet_kind: the kind of its outlet, by the catalogue.
    """
    more = {
        "outlet_kind": outlet_kind,
        "authors": list(article.authors),
        "date": iso_date(article.date),
        "source": PurePath(article.source).name,
    }
    return {name: more[name] if name in more else getattr(article, name) for name in ARTICLE_FIELDS}


def article_rows(library: ReadOnlyLibrary) -> Iterator[list[dict[str, Any]]]:
    """Yield the articles that can be found, in batches, in the order of adding."""
    catalogue = library.catalogue

    def kind(outlet: str | None) -> str | None:
        known = catalogue.outlet(outlet) if outlet else None
        return known.kind if known else None

    rows = (article_row(article, kind(article.outlet)) for article in library.articles())
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch


def outlet_rows(library: ReadOnlyLibrary) -> Iterator[dict[str, Any]]:
    """Yield the outlets with the number and the dates of their articles, and what the catalogue states of them."""
    catalogue = library.catalogue
    for name, counts in library.counts_by_outlet().items():
        if name is None:
            continue
        known = catalogue.outlet(name)
        facts = {field: getattr(known, field, None) for field in FACT_FIELDS}
        days = {"first": iso_date(counts.first), "last": iso_date(counts.last)}
        yield {
            "name": name, "articles": counts.articles, **days, "kind": known.kind if known else None,
            **{field: fact.value if fact else None for field, fact in facts.items()},
            **{f"{field}_source": fact.source if fact else None for field, fact in facts.items()},
        }  # fmt: skip


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], index: object, replace: bool) -> Iterator[tuple[Path, Path]]:
    """Give a file to write next to the one that it becomes when all is written; it is removed after an error.

    Args:
        path: the file to make.
        index: where the index is; nothing is written into its folder.
        replace: whether a file that is there may be replaced.

    Raises:
        InputError: if there is a file and it may not be replaced, or if it cannot be written.
    """
    to = Path(path)
    if to.is_dir() or not to.parent.is_dir():
        raise InputError(f"cannot write {to}: give a file in a folder that exists")
    if isinstance(index, str | os.PathLike) and to.resolve().is_relative_to(Path(index).resolve()):
        raise InputError(f"cannot write {to}: it is in the folder of the index; choose another one")
    if to.exists() and not replace:
        raise InputError(f"cannot write {to}: it exists; choose another name, or --replace it")
    try:
        with replaced(to) as part:
            yield to, part
    except OSError as error:
        raise InputError(f"cannot write {to}: {error.strerror or error}") from error
