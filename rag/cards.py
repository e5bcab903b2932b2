"""Answer -> HTML. Here alone, and in `pages`, HTML is made: every text that goes in is escaped as it goes in.

What the terminal says of an answer in the same words (`meaning`, `unapplied`, `spelled`, `hidden`) stands here too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import quote, urlencode

from .answer import NOTHING, Answer, Citation, fingerprint, harmless, saying, via, when
from .balance import UNKNOWN_OUTLET, Balance
from .outlets import key
from .restrictions import CONTRADICTION, DATES, LOWER_END, TAKEN_OFF, Restriction
from .search import CHOSEN, Synonyms

NAMED = 3  # spellings of a name, and outlets with passages that are not shown, that a line names
SILENT = 8  # outlets named of those that say nothing near


def answer_html(answer: Answer) -> str:
    """The answer as a list of cards, or the sentence that says there is none; above them, how it was searched for."""
    if answer.found:
        said = f'<p class="summary" role="status">{_summary(answer)}</p>'
    else:
        said = f'<p class="nothing" role="status">{escape(NOTHING)}</p>'
    cards = "".join(_card(c, n, len(answer.passages)) for n, c in enumerate(answer.passages, 1))
    return f'<div class="according">{said}{_understood(answer)}{_notes(answer)}{cards}</div>'


def question_html(question: str) -> str:
    """A question as typed."""
    return f'<div class="according question">{_text(question)}</div>'


def error_html(error: Exception) -> str:
    """An error's message; it may name what articles hold."""
    return escape(harmless(str(error)))


def meaning(restriction: Restriction, answer: Answer, show: Callable[[str], str] = str) -> str:
    """What a restriction leaves: "The Post", "2009-01-01 to 2009-12-31", "2009-01-01 or later, or undated".

    `show` makes what is printed of a name, here and below: as it stands, or as HTML.
    """
    if restriction.outlet:
        held = {key(outlet) for outlet in answer.balance.index.outlets}
        lacking = "" if key(restriction.outlet) in held else ", of which the index has nothing"
        return f"{show(restriction.outlet)}{lacking}"
    first, last = restriction.after, restriction.before
    if first and last:
        return f"{first} to {last}" if first != last else f"{first}"
    days = [r for r in answer.restrictions if r.applied and r.kind == DATES]
    loose = restriction in days and all(r.why == LOWER_END for r in days)
    return f"{first} or later{', or undated' if loose else ''}" if first else f"{last} or earlier"


def unapplied(answer: Answer) -> list[Restriction]:
    """Restrictions that a reader may expect to be applied, and that are not; their `why` gives the reason."""
    return [r for r in answer.restrictions if not r.applied and r.why in (CHOSEN, CONTRADICTION, TAKEN_OFF)]


def spelled(name: Synonyms, show: Callable[[str], str] = str) -> str:
    """The spellings that a name was searched for as well; of many the first few, and how many more there are."""
    return _listed(name.spellings, NAMED, show)


def hidden(balance: Balance, show: Callable[[str], str] = str) -> str:
    """How many passages of which outlets fit nearly as well and are not shown; empty where there are none."""
    number = sum(balance.capped.values())
    outlets = _listed(sorted(balance.capped, key=lambda outlet: -balance.capped[outlet]), NAMED, show)
    passages = f"{number:,} more passages of {outlets} fit" if number > 1 else f"1 more passage of {outlets} fits"
    return f"{passages} nearly as well" if number else ""


def _listed(names: Sequence[str], most: int, show: Callable[[str], str]) -> str:
    """ "A, B and C", or "A, B and 3 more"."""
    parts = [show(name) for name in names[:most]]
    if len(names) > most:
        parts.append(f"{len(names) - most:,} more")
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _understood(answer: Answer) -> str:
    """What was searched for, and what was understood from the words of the question, applied or not."""
    parts = [f"Searched for: {_text(answer.searched)}"] if answer.searched != answer.question else []
    applied = [
        f'<span class="chip">{meaning(r, answer, _text)}, from “{_text(r.words)}”</span>'
        for r in answer.restrictions
        if r.applied
    ]
    others = [f'<span class="chip off">“{_text(r.words)}”: {escape(r.why)}</span>' for r in unapplied(answer)]
    parts += [f"{lead} {' '.join(chips)}" for lead, chips in (("Only", applied), ("Not applied:", others)) if chips]
    return "".join(f'<p class="searched">{part}</p>' for part in parts)


def _notes(answer: Answer) -> str:
    """What else bears on how the answer is to be read."""
    balance = answer.balance
    notes = [f"“{_text(name.words)}” was also searched for as {spelled(name, _text)}." for name in answer.names]
    if more := hidden(balance, _text):
        notes.append(f"{more}.")
    if balance.undated_left_out:
        notes.append(f"A filter on dates leaves out articles without one: {balance.undated_left_out:,} here.")
    if answer.confidence is None:
        notes.append(
            "How near passages must be to be shown was measured for another encoder than this index’s: judge for "
            "yourself whether they answer. <code>according evaluate --fit</code> measures it."
        )
    return "".join(f'<p class="note">{note}</p>' for note in notes) + _silent(balance)


def _silent(balance: Balance) -> str:
    """The outlets of which nothing fits nearly as well, to be unfolded."""
    if not (number := len(balance.silent)):
        return ""
    outlets = f"{number:,} more outlets say" if number > 1 else "1 more outlet says"
    names = _listed(balance.silent, SILENT, _text)
    return f'<details class="note"><summary>{outlets} nothing that fits nearly as well</summary>{names}</details>'


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
        f'<a href="{escape(address(citation))}" target="_blank" rel="noopener">Read in context</a>',
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


def address(citation: Citation) -> str:
    """Where the whole article stands with the passage marked, as a reference relative to the app's own address."""
    place, marked = ("-".join(map(str, span)) for span in ((citation.start, citation.end), citation.quote))
    return f"{article_address(citation.article_id, at=place, quote=marked, of=fingerprint(citation.text))}#passage"


def article_address(article_id: str, **parameters: str) -> str:
    """Where an article stands, as `address`. Its id is a step of the path, unless browsers or routes see none in it."""
    step = "" if article_id in (".", "..") or "\n" in article_id else quote(article_id, safe="", errors="replace")
    query = urlencode({**({} if step else {"id": article_id}), **parameters}, errors="replace")
    return f"article/{step}{'?' if query else ''}{query}"


def _text(text: str) -> str:
    """Text that is shown as it stands, set apart from the direction of what is around it; but see `harmless`."""
    return f"<bdi>{escape(harmless(text))}</bdi>"
