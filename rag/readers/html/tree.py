"""Parse the markup of a page to an lxml tree, and remember what is found in one.

Half of the time that a page takes is spent on going through its elements. So it is parsed once, its elements are of one
class (lxml.html looks up another one in Python for each element that it hands out), and what several modules ask of it
is found once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HtmlEntity, HtmlProcessingInstruction, fromstring
from trafilatura.utils import is_dubious_html, repair_faulty_html

P = ParamSpec("P")
R = TypeVar("R")


def parse_tree(markup: str) -> Any | None:
    """Return the tree of a page as `trafilatura.load_html` returns it, None if the markup has no HTML.

    Raises:
        RecursionError: if it is nested too deeply.
    """
    beginning = markup[:50].lower()
    repaired = repair_faulty_html(markup, beginning)
    tree = _parsed(repaired)
    if tree is None or len(tree) < 1:  # text that declares an encoding is only taken as bytes
        tree = _parsed(repaired.encode("utf-8", "surrogatepass"))
    return None if tree is not None and is_dubious_html(beginning) and len(tree) < 2 else tree


def _parsed(markup: str | bytes) -> Any | None:
    try:
        return fromstring(markup, parser=_parser())
    except (ValueError, AssertionError, etree.LxmlError):
        return None


@functools.cache
def _parser() -> etree.HTMLParser:
    parser = etree.HTMLParser(
        collect_ids=False, default_doctype=False, encoding="utf-8", remove_comments=True, remove_pis=True
    )
    classes = etree.ElementDefaultClassLookup(
        element=HtmlElement, comment=HtmlComment, pi=HtmlProcessingInstruction, entity=HtmlEntity
    )
    parser.set_element_class_lookup(classes)
    return parser


def found_once(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function of a page find its result once, as long as the page is held, which remembers it.

    The page is the first argument (`WebPage.remembered`). Nobody changes the result.
    """

    @functools.wraps(function)
    def found(*args: P.args, **kwargs: P.kwargs) -> R:
        page: Any = args[0]
        asked = (function, *args[1:], *kwargs.items())
        if asked not in page.remembered:
            page.remembered[asked] = function(*args, **kwargs)
        result: R = page.remembered[asked]
        return result

    return found
