"""Answer -> HTML. The only place where HTML is made: every text that goes in is escaped as it goes in."""

from __future__ import annotations

from html import escape

from .answer import NOTHING, Answer, Citation, saying, via, when
from .balance import UNKNOWN_OUTLET


def answer_html(answer: Answer) -> str:
    """The answer as a list of cards, or the sentence that says there is none."""
    asked = (
        "" if answer.searched == answer.question else f'<p class="searched">Searched for: {_text(answer.searched)}</p>'
    )
    left_out = answer.balance.undated_left_out
    note = (
        f'<p class="note">A filter on dates leaves out articles without one: {left_out:,} here.</p>' if left_out else ""
    )
    if not answer.found:
        return f'<div class="according">{asked}<p class="nothing" role="status">{escape(NOTHING)}</p>{note}</div>'
    cards = "".join(_card(c, n, len(answer.passages)) for n, c in enumerate(answer.passages, 1))
    return f'<div class="according">{asked}<p class="summary" role="status">{_summary(answer)}</p>{cards}{note}</div>'


def question_html(question: str) -> str:
    """A question as typed."""
    return f'<div class="according question">{_text(question)}</div>'


def error_html(error: Exception) -> str:
    """An error's message; it may name what articles hold."""
    return escape(str(error))


def _summary(answer: Answer) -> str:
    shown, index = answer.balance.shown, answer.balance.index
    passages = f"{len(answer.passages)} passage{'s' if len(answer.passages) > 1 else ''}"
    unknown = f" and {UNKNOWN_OUTLET}" if UNKNOWN_OUTLET in shown.outlets else ""
    sources = f"at least {shown.independent} independent source{'s' if shown.independent > 1 else ''}"
    copies = answer.balance.copies
    folded = f"; {copies} cop{'ies' if copies > 1 else 'y'} of them not shown again" if copies else ""
    return f"{passages}, from {shown.named} of the {index.named} outlets in the index{unknown}, {sources}{folded}."


def _card(citation: Citation, number: int, of: int) -> str:
    a, b = (edge - citation.start for edge in citation.quote)
    words = f"{_text(citation.text[:a])}<mark>{_text(citation.text[a:b])}</mark>{_text(citation.text[b:])}"
    digest = (
        '<span class="kind">digest: a summary, not the outlet’s own words</span>' if citation.kind == "digest" else ""
    )
    about = [
        f"<cite>{_text(citation.title)}</cite>" if citation.title else "<span>no title printed</span>",
        f"<span>by {_text(', '.join(citation.authors))}</span>" if citation.authors else "",
        _link(citation.url),
        _carried(citation),
    ]
    return (
        f'<article class="card" aria-label="Passage {number} of {of}">'
        f'<header><span class="said">{saying(citation)} <strong>{_text(citation.outlet or UNKNOWN_OUTLET)}</strong>'
        f'{_text(via(citation))}</span><span class="when">{_text(when(citation))}</span></header>{digest}'
        f'<blockquote dir="auto">{words}</blockquote>'
        f"<footer>{''.join(part for part in about if part)}<details><summary>How the outlet is known</summary>"
        f"{_text(f'{citation.strength}: {citation.outlet_basis}')}</details></footer></article>"
    )


def _carried(citation: Citation) -> str:
    """Who else carries the words shown, and whether others share a sentence with them."""
    parts = []
    if len(citation.carriers) > 1:
        parts.append(f"carried by {len(citation.carriers)}: {', '.join(citation.carriers)}")
    if citation.shared:
        number = len(citation.shared)
        parts.append(f"a sentence of it stands word for word in {number} other article{'s' if number > 1 else ''}")
    return f'<span class="carried">{_text("; ".join(parts))}</span>' if parts else ""


def _link(url: str | None) -> str:
    """A link to a web address; any other address is shown and cannot be followed."""
    if not url:
        return ""
    if not url.lower().startswith(("http://", "https://")):
        return f"<span>{_text(url)}</span>"
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer nofollow">{_text(url)}</a>'


def _text(text: str) -> str:
    """Text that is shown as it stands, set apart from the direction of what is around it."""
    return f"<bdi>{escape(text)}</bdi>"
