"""Read a .txt file: one article of plain text (`plain_text`), or a text dump of a web page (`page_dump`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rag.article import Article
from rag.provenance.catalogue import Catalogue

from . import decoding, limits, page_dump, plain_text


def read(path: Path, catalogue: Catalogue) -> Iterator[Article]:
    """Yield the articles of a .txt file.

    Raises:
        InputError: if the file is not text, or has too many lines.
    """
    text = decoding.to_text(limits.read_bytes(path))
    limits.check_line_count(text)
    if plain_text.is_plain(text):
        yield plain_text.parse(text, catalogue, str(path))
    else:
        yield from page_dump.parse(text, catalogue, str(path))
