"""Character references, such as "&amp;" and "&#8204;": decode those in text, and repair those in XML.

A bare ampersand ("R&D", "?x=1&copy=2") is no reference, and stays as printed: what lacks its semicolon is taken for
text, although browsers guess at some of it.
"""

from __future__ import annotations

import functools
from html.entities import html5

import regex

_REFERENCE = regex.compile(r"&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});")
_IN_XML = regex.compile(rf"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|{_REFERENCE.pattern}|&", regex.S)
_XML_NAMES = frozenset({"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})
_KEPT = 4096  # references that are remembered; a page may have a million


def decode(text: str) -> str:
    """Return a text with the characters that its references name; a reference that names none stays as it is."""
    return _REFERENCE.sub(lambda found: _characters(found.group()) or found.group(), text) if "&" in text else text


def repair_xml(xml: str) -> str:
    """Return XML in which each "&" begins a reference that XML knows.

    Bare ampersands and unknown names are escaped, and the names of HTML written as numbers. References to what is no
    character (NUL, half of a surrogate pair) are left out. CDATA sections and comments are not changed.
    """
    return _IN_XML.sub(_repaired, xml) if "&" in xml else xml


def _repaired(found: regex.Match[str]) -> str:
    part = found.group()
    if part[0] != "&" or part in _XML_NAMES:
        return part
    if part == "&":
        return "&amp;"
    if characters := _characters(part):
        return "".join(f"&#{ord(c)};" for c in characters)
    return "" if part[1] == "#" else f"&amp;{part[1:]}"


@functools.lru_cache(_KEPT)
def _characters(reference: str) -> str:
    """Return what a reference names, "" for nothing."""
    name = reference[1:]
    if name[0] != "#":
        return html5.get(name, "")
    code = int(name[2:-1], 16) if name[1] in "xX" else int(name[1:-1])
    if 0x80 <= code <= 0x9F:  # browsers read these as Windows-1252
        return bytes([code]).decode("cp1252", "replace")
    valid = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return chr(code) if valid and code not in (0xFFFE, 0xFFFF) else ""
