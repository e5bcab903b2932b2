"""Read Markdown: one article, with the fields of `record` in its front matter. The text keeps its Markdown syntax."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import regex
import yaml

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import decoding, limits, record
from .columns import Columns

MAX_FRONT_MATTER_CHARS = 100_000  # PyYAML takes 3 s for as many; real front matter has a few hundred

_FRONT = regex.compile(r"\s*?---[ \t]*\n(?P<fields>.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)", regex.S)
_HEADING = regex.compile(r"\s*?[ ]{0,3}(?:#[ \t]+(?P<title>[^\n]*\S)|(?P<title>[^\n#>*-][^\n]*)\n=+)[ \t]*(?:\n|$)")


def read(path: Path, catalogue: Catalogue, columns: Columns = record.DEFAULT) -> Iterator[Article]:
    """Yield the article of a .md file. If the front matter has no title, a heading that opens the text is the title.

    Raises:
        InputError: if the front matter is not YAML, or the text is empty.
    """
    text = decoding.to_text(limits.read_bytes(path)).replace("\r\n", "\n")
    fields: dict[str, Any] = {}
    if front := _FRONT.match(text):
        fields, text = _fields(front["fields"] or ""), text[front.end() :]
    heading = _HEADING.match(text)
    title = heading and regex.sub(r"[ \t]+#+$", "", heading["title"])
    stated = next((name for name in fields if str(name).casefold() in ("title", "headline") and fields[name]), None)
    if heading and (stated is None or fields[stated] == title):
        fields, text = fields if stated else {**fields, "title": title}, text[heading.end() :]
    yield record.parse(fields, catalogue, str(path), text.strip(), columns)


class _Loader(yaml.BaseLoader):
    """Load strings, lists and mappings, but no aliases (&a, *a), which can make a small file huge (CWE-776)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise InputError("its front matter uses a YAML alias (*); write the value out")
        return super().compose_node(parent, index)


def _fields(front: str) -> dict[str, Any]:
    """Return the fields of front matter, each value as written: "2013-02-30" is no valid date, but no error here."""
    if len(front) > MAX_FRONT_MATTER_CHARS:
        raise InputError(f"its front matter has {len(front):,} characters; the limit is {MAX_FRONT_MATTER_CHARS:,}")
    try:
        found = yaml.load(front, Loader=_Loader)  # noqa: S506 (it creates no other objects)
    except yaml.YAMLError as error:
        raise InputError(f"its front matter is not YAML ({getattr(error, 'problem', None) or error})") from error
    except RecursionError as error:
        raise InputError("its front matter is nested too deeply") from error
    if found in (None, ""):
        return {}
    if not isinstance(found, dict):
        raise InputError("its front matter is not a list of fields (title: ..., date: ...)")
    return {name: value for name, value in found.items() if value not in ("~", "null", "Null", "NULL")}
