"""Markdown -> one Article: the fields of `record` in front matter, the text below, its syntax left as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import regex
import yaml

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import bounded, decode
from .record import article

MOST_FRONT = 100_000  # characters of front matter; PyYAML takes 3 s for so many, real ones have some hundred

_FRONT = regex.compile(r"\s*?---[ \t]*\n(?P<fields>.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)", regex.S)
_HEADING = regex.compile(r"\s*?[ ]{0,3}(?:#[ \t]+(?P<title>[^\n]*\S)|(?P<title>[^\n#>*-][^\n]*)\n=+)[ \t]*(?:\n|$)")


def read(path: Path, names: Catalogue) -> Iterator[Article]:
    """The article of one .md file. Without a title in the front matter, a heading that opens the text is its title.

    Raises InputError for front matter that is no YAML, or an empty text.
    """
    text = decode.text(bounded.whole(path)).replace("\r\n", "\n")
    fields: dict[str, Any] = {}
    if front := _FRONT.match(text):
        fields, text = _fields(front["fields"] or ""), text[front.end() :]
    heading = _HEADING.match(text)
    title = heading and regex.sub(r"[ \t]+#+$", "", heading["title"])
    stated = next((name for name in fields if str(name).casefold() in ("title", "headline") and fields[name]), None)
    if heading and (stated is None or fields[stated] == title):
        fields, text = fields if stated else {**fields, "title": title}, text[heading.end() :]
    yield article(fields, str(path), names, text.strip())


class _Loader(yaml.BaseLoader):
    """Texts, lists and mappings, each where it is written: references (&a, *a) make a small file huge (CWE-776)."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise InputError("its front matter refers to another place in it (*); write the value out")
        return super().compose_node(parent, index)


def _fields(front: str) -> dict[str, Any]:
    """The fields of front matter, every value as it is printed: "2013-02-30" is no day, but no error either."""
    if len(front) > MOST_FRONT:
        raise InputError(f"its front matter has {len(front):,} characters; at most {MOST_FRONT:,} can be read")
    try:
        found = yaml.load(front, Loader=_Loader)  # noqa: S506 (it makes texts, lists and mappings, nothing else)
    except yaml.YAMLError as error:
        raise InputError(f"its front matter is not YAML ({getattr(error, 'problem', None) or error})") from error
    except RecursionError as error:
        raise InputError("its front matter is nested too deeply") from error
    if found in (None, ""):
        return {}
    if not isinstance(found, dict):
        raise InputError("its front matter has no fields (title: ..., date: ...)")
    return {name: value for name, value in found.items() if value not in ("~", "null", "Null", "NULL")}
