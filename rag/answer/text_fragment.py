"""A URL that opens an outlet's page at the quoted words: a text fragment ("#:~:text=first%20words,last%20words").

The form is that of the W3C draft "URL Fragment Text Directives" (https://wicg.github.io/scroll-to-text-fragment/).
Browsers that know it scroll to the words and mark them, all others open the page as always; where the page does not
have the words, or not as one run, nothing is marked.
"""

from __future__ import annotations

from urllib.parse import quote

from rag.provenance.catalogue import domain
from rag.text import is_web_url

# A quotation up to this length, in one paragraph, is given as a whole. A longer one is named by its first and its last
# words, each in a paragraph of its own, as a browser looks for either within one block of the page.
MAX_WHOLE_CHARACTERS = 120
EDGE_WORDS = 8
MAX_EDGE_CHARACTERS = 200  # in writing without spaces a "word" can be a paragraph
_DIRECTIVES = ":~:"


def quoted_url(url: str | None, host: str | None, kind: str, words: str) -> str | None:
    """Return the URL of the page that prints the words, with the words as its text fragment.

    Args:
        url: of the article.
        host: the site that the text was taken from; where the URL is that of another site, its page may have other
            words.
        kind: of the article; the words of a digest are not those of the page.
        words: the quotation.

    Returns:
        The URL; None where it is not of the web, or not that of the page that the words were taken from.
    """
    if url is None or not is_web_url(url) or kind != "full text" or (host and domain(url) != domain(host)):
        return None
    directive = text_directive(words)
    if not directive:
        return None
    page, mark, fragment = url.partition("#")
    fragment = fragment.partition(_DIRECTIVES)[0]  # a directive that the article's URL had would mark other words
    return f"{page}#{fragment if mark else ''}{_DIRECTIVES}{directive}"


def text_directive(words: str) -> str:
    """Return "text=START,END" for words, or "text=WORDS" for few in one line; "" if there are none.

    Its parts are percent-encoded with all that separates parts of a directive: "&", "-" and ",".
    """
    lines = [" ".join(line.split()) for line in words.splitlines() if line.strip()]
    if not lines:
        return ""
    if len(lines) == 1 and len(lines[0]) <= MAX_WHOLE_CHARACTERS:
        return f"text={_encoded(lines[0])}"
    first, last = lines[0].split(), lines[-1].split()
    count = EDGE_WORDS if len(lines) > 1 else min(EDGE_WORDS, len(first) // 2)  # START and END never overlap
    start, end = " ".join(first[:count]), " ".join(last[-count:] if count else [])
    if not start or max(len(start), len(end)) > MAX_EDGE_CHARACTERS:
        return ""
    return f"text={_encoded(start)},{_encoded(end)}"


def _encoded(words: str) -> str:
    return quote(words, safe="", errors="replace").replace("-", "%2D")
