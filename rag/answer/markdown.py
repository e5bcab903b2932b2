"""Citations and answers as Markdown, in which nothing that an article holds is taken for markup."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import regex

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.changes import changes, heading, order_note
from rag.answer.wording import (
    DIGEST,
    MAY_NOT_ANSWER,
    attribution,
    figures,
    is_doubtful,
    notice,
    suggestion,
    via,
    when,
)
from rag.text import one_line, sanitise, spelled_date

if TYPE_CHECKING:
    from rag.answer.answer import Answer
    from rag.answer.citation import Citation

_WEB_ADDRESS = regex.compile(r"(?i:https?)://[\w.~:/?#@!$&'()*+,=%\[\]-]+", regex.A)


def answer_markdown(answer: Answer, accessed: dt.date | None = None) -> str:
    """The question and the answer as Markdown; see `citation_markdown`."""
    parts = [citation_markdown(c, accessed, is_doubtful(c, answer)) for c in answer.passages]
    noted = [f"{plain(one_line(said))}\n"] if (said := notice(answer)) else []
    given = [f"{plain(str(figures(answer)))}\n"] if answer.figures else []
    meant = [f"{plain(one_line(str(suggestion(found))))}\n" for found in answer.suggestions]
    return "\n".join([f"**{plain(one_line(answer.question))}**\n", *meant, *noted, *given, *parts])


def citation_markdown(citation: Citation, accessed: dt.date | None = None, doubtful: bool = False) -> str:
    """Who said it, where and when, and the passage, with the sentences that answer in bold.

    Args:
        citation: what to show.
        accessed: the day on which it was looked up.
        doubtful: whether to say that it may not answer.
    """
    outlet = plain(citation.outlet or UNKNOWN_OUTLET)
    head = f"{attribution(citation)} **{outlet}**{plain(via(citation))}, {plain(when(citation))}"
    head += f" ({MAY_NOT_ANSWER})" if doubtful else ""
    parts = [
        DIGEST if citation.kind == "digest" else "",
        citation.title or "",
        f"by {', '.join(citation.authors)}" if citation.authors else "",
    ]
    about = [plain(part) for part in parts if part]
    about += [link(citation.url, citation.quote_url)] if citation.url else []
    about += [plain(one_line(str(citation.revision)))] if citation.revision else []
    about += [f"accessed {spelled_date(accessed)}"] if accessed else []
    start, end = (edge - citation.start for edge in citation.quote)
    said = block(citation.text, start, end)
    parts = [f"{one_line(head)}:", said, one_line("; ".join(about)), *_changes(citation)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _changes(citation: Citation) -> list[str]:
    """What the copies changed: a heading, a list, and why this version is the one that is cited."""
    found = changes(citation)
    if not found:
        return []
    entries = [f"* {plain(one_line(f'{change.heading}: {change}'))}" for change in found]
    return [f"{heading(citation)}:", "\n".join(entries), order_note(citation)]


def block(text: str, start: int, end: int) -> str:
    """Return a passage as a block quotation of Markdown.

    Args:
        text: the passage.
        start, end: the sentences that answer, in bold where they are not all of it.
    """
    bold = text[start:end].strip() != text.strip()
    lines = []
    at = 0
    for printed in text.splitlines(keepends=True):
        line = printed.rstrip()
        a, b = (min(max(edge - at, 0), len(line)) for edge in (start, end))
        at += len(printed)
        said = f"{plain(line[:a])}{_bold(line, a, b) if bold else plain(line[a:b])}{plain(line[b:])}"
        lines.append(f"> {said.strip()}".rstrip())
    return "\n".join(lines)


def _bold(line: str, start: int, end: int) -> str:
    """line[start:end] in bold, if Markdown takes it for that: between spaces (CommonMark, "delimiter runs")."""
    words = line[start:end]
    inner = words.strip()
    if not inner or not f" {line[:start]}"[-1].isspace() or not f"{line[end:]} "[0].isspace():
        return plain(words)
    before, after = words.split(inner)
    return f"{before}**{plain(inner)}**{after}"


def link(url: str, to: str | None = None) -> str:
    """Return a link to a web address; any other address is shown and cannot be followed.

    Args:
        url: the address, which is shown.
        to: where the link leads, if that is another place of the same page.
    """
    if not _WEB_ADDRESS.fullmatch(to or url):
        return plain(url)
    return f"[{plain(url)}](<{to}>)" if to and to != url else f"<{url}>"


def plain(text: str) -> str:
    """Return text that Markdown shows unchanged: nothing in it is markup, or turns the direction of what follows."""
    marks = r"([\\`*_{}\[\]()#+!<>|~&$^=:@-]|(?<=^\s*\d{1,9})\.|(?<=(?i:www))\.)"
    return regex.sub(marks, r"\\\1", sanitise(text))
