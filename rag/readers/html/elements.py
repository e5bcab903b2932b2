"""Helpers for the text of a page's elements: clean it, compare it, find where it is."""

from __future__ import annotations

from typing import Any

import regex
from lxml import etree

from rag.readers import references
from rag.readers.decoding import INVALID_IN_MARKUP
from rag.readers.html_to_text import TAG

MAX_LINE_CHARS = 2_000  # of a headline, a byline, a date or a stated name; the longest real ones have a few hundred
MAX_TEXT_NODES = 5000  # of a page that are searched for a headline, a label or a name
# XPath of the text nodes that a page displays.
TEXT_NODE = "text()[normalize-space() and not(parent::script or parent::style or parent::noscript)]"
# What separates a headline from the name of the site: in scripts without spaces also a hyphen or underscore alone.
SEPARATOR = regex.compile(
    r"\s+[-–—|»«›‹•·:/]{1,2}\s+|\s*[|»]\s*|\s*：\s*|(?<=[\p{Han}\p{Hiragana}\p{Katakana}？！。…”》])[-_]{1,2}(?=\p{L})|"
    r"(?<=\w)[-_]{1,2}(?=[\p{Han}\p{Katakana}])"
)
PART_END = regex.compile(rf"{SEPARATOR.pattern}|_")
_VISIBLE = etree.XPath(".//text()[not(parent::script or parent::style)]", smart_strings=False)
_URL = regex.compile(r"https?://\w[\w.-]*\.\w+(?::\d+)?(?:[/?#]\S{0,2000})?")
_EMAIL = regex.compile(r"<[^\s<>@]+@[^\s<>@]+>")  # after a name
WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\w\p{M}]+")


def clean_line(value: object) -> str:
    """Return a text as one line, with references decoded, and without tags and invalid characters; "" for non-text."""
    if not isinstance(value, str):
        return ""
    bare = references.decode(references.decode(value))
    if "<" in bare:
        bare = _EMAIL.sub(" ", TAG.sub(" ", bare))
    if not bare.isprintable():  # what is printable has nothing invalid
        bare = INVALID_IN_MARKUP.sub("", bare)
    return " ".join(bare.split())


def visible_text(element: Any) -> str:
    """Return the first MAX_LINE_CHARS of the text that an element displays, as one line."""
    return clean_line(" ".join(" ".join(_VISIBLE(element)[:200]).split())[:MAX_LINE_CHARS])


def named(*words: str, attributes: tuple[str, ...] = ("class", "id")) -> str:
    """Return the XPath of the elements whose class or id contains one of some words.

    It goes through the attributes: to ask each element of a page for them takes twice as long.
    """
    contains = " or ".join(f"contains(., '{word}')" for word in words)
    return " | ".join(f"//@{attribute}[{contains}]/.." for attribute in attributes)


def is_url(text: str) -> bool:
    """Return whether a text is a well-formed http(s) URL."""
    return bool(_URL.fullmatch(text))


def word_overlap(text: str, others: list[str]) -> float:
    """Return the best F1 between the word set of a text and that of one of the others: 1.0 for the same words.

    In Chinese and Japanese, each letter is a word.
    """
    words = set(WORD.findall(text.casefold()))
    sets = (set(WORD.findall(other.casefold())) for other in others)
    return max((2 * len(words & other) / (len(words) + len(other)) for other in sets if words and other), default=0.0)


def is_within(text_node: Any, elements: set[Any]) -> bool:
    """Return whether a text node is in one of the elements."""
    return bool(elements.intersection((text_node.getparent(), *text_node.getparent().iterancestors())))


def is_element_within(element: Any, elements: set[Any]) -> bool:
    """Return whether an element is one of the elements, or in one of them."""
    return bool(elements.intersection((element, *element.iterancestors())))
