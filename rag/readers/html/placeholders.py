"""Carry characters through trafilatura that it would drop, compose, or mistake for its own notation.

trafilatura leaves out what Python cannot print: joiners (Persian, Hindi, emoji), marks of text direction, characters
newer than this Python. It composes letters with their accents (NFC), decodes "&copy" without a semicolon, and writes
lists and tables with "-" and "|". While it works, rare letters that the page does not use replace all these.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import regex

from rag.readers import references
from rag.readers.decoding import INVALID_IN_MARKUP

# The last of CJK Unified Ideographs Extension B first: no normal form changes them, and hardly any page uses them.
_LETTERS = range(0x2A6D6, 0x1FFFF, -1)
_NEWLINE_SYMBOL = "\u2424"  # trafilatura's own mark of a line end
_NOTATION = regex.compile(r"^\s*+\K-(?!\S)|[|&]")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_MAY_BE_DECODED = re.compile(f"&|{INVALID_IN_MARKUP.pattern}")
_DATA = ("script", "style")  # elements whose text is not printed, but may be read as JSON
_MAY_COMPOSE = regex.compile(r"[\p{M}\u1160-\u11ff]")


def with_placeholders(tree: Any) -> tuple[Any, dict[int, int]]:
    """Return (a copy of a page's tree with placeholders, the table for `str.translate` that undoes them)."""
    copy = deepcopy(tree)
    elements = list(copy.iter())  # kept, so that lxml makes an object of each but once
    text = "".join(copy.itertext())
    if _MAY_BE_DECODED.search(text) and _change(elements, _MAY_BE_DECODED, _decoded, _unchanged):
        text = "".join(copy.itertext())
    used = set(_NON_ASCII.findall(text))
    replaced = {c for c in f"-|&{_NEWLINE_SYMBOL}" if c in text} | {c for c in used if is_dropped(c)}
    if not unicodedata.is_normalized("NFC", text):
        replaced |= {c for c in used if _MAY_COMPOSE.match(c) or not unicodedata.is_normalized("NFC", c)}
    letters = (n for n in _LETTERS if chr(n) not in used)
    table = dict(zip(map(ord, sorted(replaced)), letters, strict=False))
    undo = {letter: code for code, letter in table.items()}
    notation = {chr(code): chr(table.pop(code)) for code in map(ord, "-|&") if code in table}
    if replaced:
        others = re.escape("".join({"|"} | replaced - {"-"}))
        signs = re.compile(rf"^\s*-|[{others}]")  # a hyphen within a line is no notation
        _change(
            elements, signs, lambda t: _without_notation(t, notation).translate(table), lambda t: t.translate(table)
        )
    return copy, undo


def _change(
    elements: list[Any], signs: re.Pattern[str], change: Callable[[str], str], change_data: Callable[[str], str]
) -> bool:
    """Change the texts of elements that have one of some signs, those of `_DATA` in another way. Return if any were."""
    any_changed = False
    for element in elements:
        if (own := element.text) and signs.search(own):
            changed = change_data(own) if element.tag in _DATA else change(own)
            if changed != own:
                element.text, any_changed = changed, True
        if (tail := element.tail) and signs.search(tail) and (changed := change(tail)) != tail:
            element.tail, any_changed = changed, True
    return any_changed


def is_dropped(character: str) -> bool:
    """Return whether trafilatura drops a character that a page prints, or that joins, parts or turns what it prints.

    The private characters of a page's own font, which are icons, are not among them.
    """
    printable = character.isprintable() or character.isspace()
    return not printable and unicodedata.category(character) in ("Cf", "Cn")


def as_extracted(text: str) -> list[str]:
    """Return the words of a text as trafilatura returns them without placeholders, from JSON-LD for example."""
    unescaped = html.unescape(text).replace(_NEWLINE_SYMBOL, "")
    dropped = {ord(c): None for c in set(unescaped) if not (c.isprintable() or c.isspace())}
    return unicodedata.normalize("NFC", unescaped.translate(dropped)).split()


def _decoded(text: str) -> str:
    """Return a text of the page with references that were escaped twice decoded."""
    return INVALID_IN_MARKUP.sub("", references.decode(text))


def _unchanged(text: str) -> str:
    return text


def _without_notation(text: str, notation: dict[str, str]) -> str:
    return _NOTATION.sub(lambda found: notation.get(found.group(), found.group()), text)
