"""HTML that escapes by type: text put into `Html` is escaped, unless it is `Html` itself.

All HTML of the app and of notebooks is made of it. Texts of articles, catalogues and readers come in as `str`, and so
never become markup; `isolated` also keeps their writing direction to themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from markupsafe import Markup

from rag.answer.wording import Phrase
from rag.text import is_web_url, sanitise


class Html(Markup):
    """Markup that this program wrote. Text put into it is escaped, and what would disturb a reader is replaced.

    The constructor takes literals of the source alone, which ruff checks (S704); everything else goes through
    `format`, `join` or `escape`.
    """

    @classmethod
    def escape(cls, s: object, /) -> Self:
        """Return HTML that shows a text (see `rag.text.sanitise`); HTML is returned as it is."""
        return super().escape(s if hasattr(s, "__html__") else sanitise(str(s)))


def isolated(text: str) -> Html:
    """Return a text that is not ours, isolated from the writing direction of what surrounds it."""
    return Html("<bdi>{}</bdi>").format(text)


def phrase(words: Phrase | str) -> Html:
    """Return a sentence of `rag.answer.wording`, with each text in it that is not ours isolated."""
    if isinstance(words, str):
        return Html.escape(words)
    values = (v if isinstance(v, int) else phrase(v) if isinstance(v, Phrase) else isolated(v) for v in words.values)
    return Html.escape(words.template).format(*values)


def link(url: str | None, words: str | None = None) -> Html:
    """Return a link to a web address, shown by other words if given; any other address is shown without a link."""
    if not url:
        return Html()
    if not is_web_url(url):
        return Html("<span>{}</span>").format(isolated(url))
    anchor = Html('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>')
    return anchor.format(url, isolated(words or url))


def page_link(url: str, words: str) -> Html:
    """Return a link to a page of the app, which opens in a tab of its own."""
    return Html('<a href="{}" target="_blank" rel="noopener">{}</a>').format(url, words)


def definitions(rows: Iterable[tuple[str, str]]) -> Html:
    """Return a list of terms, each with its description."""
    row = Html("<div><dt>{}</dt><dd>{}</dd></div>")
    return Html("<dl>{}</dl>").format(Html().join(row.format(term, description) for term, description in rows))


def items(entries: Iterable[str]) -> Html:
    """Return a bulleted list."""
    return Html("<ul>{}</ul>").format(Html().join(Html("<li>{}</li>").format(entry) for entry in entries))
