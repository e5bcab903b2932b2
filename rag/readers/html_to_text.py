"""Convert HTML in a field that should be text ("<p>The council &amp; the mayor</p>") to the text that it displays.

Feeds and record files carry such fields. Only what is certainly HTML is converted: "a < b", "<3" and "<crowd cheers>"
stay as they are.
"""

from __future__ import annotations

import regex
from lxml import html

from rag.errors import InputError

from . import limits, references

_BLOCKS = frozenset(
    {
        *("p", "div", "section", "article", "main", "header", "footer", "aside", "blockquote", "pre", "ul", "ol", "dl"),
        *("table", "caption", "figure", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "address", "form"),
        *("fieldset", "center"),
    }
)
_BREAK_BEFORE = {"br": "\n", "li": "\n", "tr": "\n", "dt": "\n", "dd": "\n", "td": " ", "th": " "}
_DROPPED = frozenset(
    {*("script", "style", "noscript", "template", "head", "title", "svg", "iframe", "object", "button", "select")}
    | {"textarea"}
)
_INLINE = frozenset(
    {*("a", "abbr", "acronym", "b", "big", "br", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd")}
    | {*("mark", "q", "s", "small", "source", "span", "strike", "strong", "sub", "sup", "u", "tbody", "thead", "html")}
    | {*("body", "video", "audio")}
)
_NAMES = "|".join(sorted({*_BLOCKS, *_BREAK_BEFORE, *_DROPPED, *_INLINE}))
_ATTRIBUTES = r"(?:\s+[\w:-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>=]+))?){0,50}+\s*/?"
TAG = regex.compile(rf"<(?P<closes>/?)(?P<name>{_NAMES}){_ATTRIBUTES}>", regex.I)
_BREAK_TAG = regex.compile(rf"<(?:br|p|hr|img){_ATTRIBUTES}>", regex.I)
_OPEN_PARAGRAPH = regex.compile(rf"\s*<(?:p|div){_ATTRIBUTES}>\s*\w", regex.I)
_LITERAL_LT = regex.compile(rf"<(?!/?(?:{_NAMES})(?:[\s/>])|!--)", regex.I)
_DECLARATION = regex.compile(r"<\?xml[^<>]*>|<!doctype[^<>]*>", regex.I)
_BLOCK_TAG = regex.compile(r"<(?:p|br|div|li)\b", regex.I)  # in text with such tags a line break is a space
MAX_DEPTH = 2_000  # nested elements of a field; more than in a page, since `_append_text` drops none
_WHITESPACE = regex.compile(r"[ \t\r\f\v\n]+")


def html_to_text(text: str) -> str:
    """Return the text that HTML displays, with blank lines between paragraphs, or other text unchanged.

    Raises:
        InputError: if the HTML is too large to be parsed (see `limits`).
    """
    if "<" not in text and "&" not in text:
        return text
    if text.count("<") > 2 * limits.MAX_ELEMENTS:
        raise InputError(f"has more than {2 * limits.MAX_ELEMENTS:,} < characters; save only the text")
    if not _is_markup(text):
        text = references.decode(text)
        return _render(text) if _is_markup(text) else text  # escaped twice, as in feeds
    return _render(text)


def _is_markup(text: str) -> bool:
    """Return whether elements are opened and closed in a text, or tags break its lines or begin a paragraph."""
    if "<" not in text:
        return False
    breaks = len(_BREAK_TAG.findall(text))
    if breaks > 1 or (breaks and _OPEN_PARAGRAPH.match(text)):
        return True
    opened: set[str] = set()
    for tag in TAG.finditer(text):
        if tag["closes"] and tag["name"].lower() in opened:
            return True
        opened.add("" if tag["closes"] else tag["name"].lower())
    return False


def _render(markup: str) -> str:
    markup = _LITERAL_LT.sub("&lt;", _DECLARATION.sub("", markup))
    if not _BLOCK_TAG.search(markup):
        markup = markup.replace("\n", "<br>")
    else:
        markup = regex.sub(r"\n[ \t\r]*(?:\n[ \t\r]*)+", "<br><br>", markup)
    limits.check_html(markup, max_depth=MAX_DEPTH)
    root = html.document_fromstring(f"<div>{markup}</div>", parser=html.HTMLParser(huge_tree=True))
    pieces: list[str] = []
    _append_text(root, pieces)
    lines = [line.strip(" ") for line in "".join(pieces).split("\n")]
    return regex.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _append_text(root: html.HtmlElement, pieces: list[str]) -> None:
    """Append the text of all elements below `root`, without recursion: they may be nested deeply."""
    stack: list[tuple[html.HtmlElement, bool]] = [(root, False)]
    while stack:
        element, closing = stack.pop()
        name = element.tag if isinstance(element.tag, str) else ""
        if name in _BLOCKS and element is not root:
            pieces.append("\n\n")
        elif not closing and name in _BREAK_BEFORE:
            pieces.append(_BREAK_BEFORE[name])
        if not closing:
            stack.append((element, True))
            if name and name not in _DROPPED:
                pieces.append(_collapse_spaces(element.text))
                stack += [(child, False) for child in reversed(element)]
        elif element is not root:
            pieces.append(_collapse_spaces(element.tail))


def _collapse_spaces(text: str | None) -> str:
    return _WHITESPACE.sub(" ", text or "")
