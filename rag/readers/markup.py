"""Markup in a field that should be text ("<p>The council &amp; the mayor</p>") -> the text that it shows.

Only what is certainly markup is touched: "a < b", "<3" and "<crowd cheers>" stay as they are.
"""

from __future__ import annotations

from html.entities import html5

import regex
from lxml import html

from rag.errors import InputError

from . import bounded

_BLOCKS = frozenset(
    {
        *("p", "div", "section", "article", "main", "header", "footer", "aside", "blockquote", "pre", "ul", "ol", "dl"),
        *("table", "caption", "figure", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "address", "form"),
        *("fieldset", "center"),
    }
)
_MARKS = {"br": "\n", "li": "\n", "tr": "\n", "dt": "\n", "dd": "\n", "td": " ", "th": " "}
_DROPPED = frozenset(
    {*("script", "style", "noscript", "template", "head", "title", "svg", "iframe", "object", "button", "select")}
    | {"textarea"}
)
_INLINE = frozenset(
    {*("a", "abbr", "acronym", "b", "big", "br", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd")}
    | {*("mark", "q", "s", "small", "source", "span", "strike", "strong", "sub", "sup", "u", "tbody", "thead", "html")}
    | {*("body", "video", "audio")}
)
_NAMES = "|".join(sorted({*_BLOCKS, *_MARKS, *_DROPPED, *_INLINE}))
_ATTRIBUTES = r"(?:\s+[\w:-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>=]+))?){0,50}+\s*/?"
_TAG = regex.compile(rf"<(?P<closes>/?)(?P<name>{_NAMES}){_ATTRIBUTES}>", regex.I)
_BREAKS = regex.compile(rf"<(?:br|p|hr|img){_ATTRIBUTES}>", regex.I)
_OPEN_PARAGRAPH = regex.compile(rf"\s*<(?:p|div){_ATTRIBUTES}>\s*\w", regex.I)
_NO_TAG = regex.compile(rf"<(?!/?(?:{_NAMES})(?:[\s/>])|!--)", regex.I)
_DECLARATION = regex.compile(r"<\?xml[^<>]*>|<!doctype[^<>]*>", regex.I)
_PARTED = regex.compile(r"<(?:p|br|div|li)\b", regex.I)  # below it a line's end is a space, as in HTML
_ENTITY = regex.compile(r"&(?:#(?P<n>\d{1,7})|#[xX](?P<x>[0-9a-fA-F]{1,6})|(?P<name>[A-Za-z][A-Za-z0-9]{1,31}));")
MOST_INSIDE = 2_000  # elements of a field inside each other; none is left out here (see `_walk`)
_SPACES = regex.compile(r"[ \t\r\f\v\n]+")


def plain(text: str) -> str:
    """The text that markup shows, paragraphs set apart by blank lines; any other text as it is.

    Raises InputError for markup of more elements than can be read.
    """
    if "<" not in text and "&" not in text:
        return text
    if text.count("<") > 2 * bounded.MOST_ELEMENTS:
        raise InputError(f"holds more than {2 * bounded.MOST_ELEMENTS:,} signs <; save the text alone")
    if not _is_markup(text):
        text = _ENTITY.sub(_character, text)
        return _shown(text) if _is_markup(text) else text  # escaped twice, as in feeds
    return _shown(text)


def _is_markup(text: str) -> bool:
    """Whether elements open and close in it, or it breaks lines or begins a paragraph by tags."""
    if "<" not in text:
        return False
    breaks = len(_BREAKS.findall(text))
    if breaks > 1 or (breaks and _OPEN_PARAGRAPH.match(text)):
        return True
    opened: set[str] = set()
    for tag in _TAG.finditer(text):
        if tag["closes"] and tag["name"].lower() in opened:
            return True
        opened.add("" if tag["closes"] else tag["name"].lower())
    return False


def _character(match: regex.Match[str]) -> str:
    if match["name"]:
        return html5.get(f"{match['name']};", match.group())
    code = int(match["n"]) if match["n"] else int(match["x"], 16)
    if 0x80 <= code <= 0x9F:  # browsers read these as Windows-1252
        return bytes([code]).decode("cp1252", "replace")
    valid = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return chr(code) if valid else match.group()


def _shown(markup: str) -> str:
    markup = _NO_TAG.sub("&lt;", _DECLARATION.sub("", markup))
    if not _PARTED.search(markup):
        markup = markup.replace("\n", "<br>")
    else:
        markup = regex.sub(r"\n[ \t\r]*(?:\n[ \t\r]*)+", "<br><br>", markup)
    bounded.marked_up(markup, inside=MOST_INSIDE)
    root = html.document_fromstring(f"<div>{markup}</div>", parser=html.HTMLParser(huge_tree=True))
    pieces: list[str] = []
    _walk(root, pieces)
    lines = [line.strip(" ") for line in regex.sub(r" *\n *", "\n", "".join(pieces)).split("\n")]
    return regex.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _walk(root: html.HtmlElement, pieces: list[str]) -> None:
    """Append what the elements show. Without recursion: markup may be nested to any depth."""
    stack: list[tuple[html.HtmlElement, bool]] = [(root, False)]
    while stack:
        element, closing = stack.pop()
        name = element.tag if isinstance(element.tag, str) else ""
        if name in _BLOCKS and element is not root:
            pieces.append("\n\n")
        elif not closing and name in _MARKS:
            pieces.append(_MARKS[name])
        if not closing:
            stack.append((element, True))
            if name and name not in _DROPPED:
                pieces.append(_spaced(element.text))
                stack += [(child, False) for child in reversed(element)]
        elif element is not root:
            pieces.append(_spaced(element.tail))


def _spaced(text: str | None) -> str:
    return _SPACES.sub(" ", text or "")
