"""A .txt file -> Articles: the one of a plain text (`plain`), or those of a text dump of a web page (`page_dump`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rag.article import Article
from rag.provenance.catalogue import Catalogue

from . import bounded, decode, page_dump, plain


def read(path: Path, names: Catalogue) -> Iterator[Article]:
    """The articles of one .txt file. Raises InputError for what is no text, or one of too many lines."""
    text = decode.text(bounded.whole(path))
    bounded.in_lines(text)
    if plain.is_plain(text):
        yield plain.parse(text, str(path), names)
    else:
        yield from page_dump.parse(text, str(path), names)
