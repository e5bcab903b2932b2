"""Carry characters through trafilatura that it would drop, compose, or mistake for its own notation.

trafilatura leaves out what Python cannot print: joiners (Persian, Hindi, emoji), marks of text direction, characters
newer than this Python. It composes letters with their accents (NFC), decodes "&copy" without a semicolon, and writes
lists and tables with "-" and "|". While it works, rare letters that the page does not use replace all these.
"""

from __future__ import annotations

import html
import unicodedata
from copy import deepcopy
from typing import Any

import regex

from rag.readers import references
from rag.readers.decoding import INVALID_IN_MARKUP

# The last of CJK Unified Ideographs Extension B first: no normal form changes them, and hardly any page uses them.
_LETTERS = range(0x2A6D6, 0x1FFFF, -1)
_NEWLINE_SYMBOL = "\u2424"  # trafilatura's own mark of a line end
_NOTATION = regex.compile(r"^\s*+\K-(?!\S)|[|&]")
_DATA = ("script", "style")  # elements whose text is not printed, but may be read as JSON
_MAY_COMPOSE = regex.compile(r"[\p{M}\u1160-\u11ff]")


def with_placeholders(tree: Any) -> tuple[Any, dict[int, int]]:
    """Return (a copy of a page's tree with placeholders, the table for `str.translate` that undoes them)."""
    copy = deepcopy(tree)
    for element in copy.iter():
        if element.text and element.tag not in _DATA:
            element.text = _decoded(element.text)
        if element.tail:
            element.tail = _decoded(element.tail)
    text = "".join(copy.itertext())
    used = set(text)
    replaced = used & {*"-|&", _NEWLINE_SYMBOL} | {c for c in used if is_dropped(c)}
    if not unicodedata.is_normalized("NFC", text):
        replaced |= {c for c in used if _MAY_COMPOSE.match(c) or not unicodedata.is_normalized("NFC", c)}
    letters = (n for n in _LETTERS if chr(n) not in used)
    table = dict(zip(map(ord, sorted(replaced)), letters, strict=False))
    undo = {letter: code for code, letter in table.items()}
    notation = {chr(code): chr(table.pop(code)) for code in map(ord, "-|&") if code in table}
    for element in copy.iter():
        if element.text:
            own = element.text if element.tag in _DATA else _without_notation(element.text, notation)
            element.text = own.translate(table)
        if element.tail:
            element.tail = _without_notation(element.tail, notation).translate(table)
    return copy, undo


def is_dropped(character: str) -> bool:
    """Return whether trafilatura drops a character that a page prints, or that joins, parts or turns what it prints.

    The private characters of a page's own font, which are icons, are not among them.
    """
    printable = character.isprintable() or character.isspace()
    return not printable and unicodedata.category(character) in ("Cf", "Cn")


def as_extracted(text: str) -> list[str]:
    """Return the words of a text as trafilatura returns them without placeholders, from JSON-LD for example."""
    unescaped = html.unescape(text).replace(_NEWLINE_SYMBOL, "")
    kept = "".join(c for c in unescaped if c.isprintable() or c.isspace())
    return unicodedata.normalize("NFC", kept).split()


def _decoded(text: str) -> str:
    """Return a text of the page with references that were escaped twice decoded."""
    return INVALID_IN_MARKUP.sub("", references.decode(text))


def _without_notation(text: str, notation: dict[str, str]) -> str:
    return _NOTATION.sub(lambda found: notation.get(found.group(), found.group()), text)
