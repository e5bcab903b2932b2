"""Answer -> HTML. Here alone, and in `pages`, HTML is made: every text that goes in is escaped as it goes in.

What the terminal says of an answer in the same words (`meaning`, `unapplied`, `spelled`, `hidden`, `cautioned`) stands
here too. The pictures of an answer's balance are in `pictures.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from urllib.parse import quote, urlencode

from rag.answer.answer import Answer
from rag.answer.balance import ONE_KIND, ONE_OUTLET, ONE_TEXT, STATE_MEDIA, Balance, Caution
from rag.answer.citation import Citation, quote_hash
from rag.answer.export import FORMS, href
from rag.answer.wording import CLOSEST, DIGEST, NOTHING, UNKNOWN_OUTLET, attribution, via, when
from rag.article import FROM_URL, POSTED, PUBLISHED
from rag.errors import AccordingError, public_message
from rag.ingest.report import Report
from rag.provenance.catalogue import Catalogue, domain, load_catalogue
from rag.provenance.outlet import FACT_FIELDS, Fact, Outlet, key
from rag.query.constraints import CONTRADICTION, DATES, IGNORED, LOWER_END, Constraint
from rag.readers.skipped import Skipped
from rag.retrieval.parse import OVERRIDDEN, Alias
from rag.text import is_web_url, sanitise
from rag.web.charts import outlets_html, times_html, where

NAMED = 3  # spellings of a name, and outlets with passages that are not shown, that a line names
LISTED = 20  # places of what was skipped
SILENT = 8  # outlets named of those that say nothing near
PURPOSES = {
    "advocacy group": "advocacy groups, which publish to further a cause",
    "think-tank publication": "think tanks",
    "aggregator": "aggregators, which pass on the texts of others",
    "public body": "public bodies, such as a parliament or a ministry",
}
DATED = {
    PUBLISHED: "published on that day by the outlet",
    POSTED: "posted on that day by the site that the text was taken from",
    FROM_URL: "read from the address of the page",
}
LABELS = {"state": "State media of"}  # of facts, where the name of the field does not tell
SCORE = "how well the passage fits the question, which only orders the passages of one answer; 1.8 is the most"


def answer_html(answer: Answer, names: Catalogue | None = None) -> str:
    """The answer as a list of cards, or the sentence that says there is none; above them, how it is to be weighed.

    `names` is the catalogue that tells of the outlets, by default the one that comes with According.
    """
    if not answer.found:
        said = f'<p class="nothing" role="status">{escape(NOTHING)}</p>'
        return f'<div class="according">{said}{_understood(answer)}{_notes(answer)}</div>'
    known = names or load_catalogue()
    cards = "".join(_card(c, n, len(answer.passages), known) for n, c in enumerate(answer.passages, 1))
    warned = "".join(
        f'<p class="caution"><strong>Caution:</strong> {cautioned(caution, _text)}.</p>'
        for caution in answer.balance.warnings
    )
    said = f'<p class="summary" role="status">{_summary(answer)}</p>'
    if answer.below:
        said = f'<p class="nothing" role="status">{escape(CLOSEST)}</p>'
    about = f"{said}{warned}{_understood(answer)}{_notes(answer)}{_balance(answer.balance)}"
    return f'<div class="according">{about}{cards}</div>'


def question_html(question: str) -> str:
    """A question as typed."""
    return f'<div class="according question" role="heading" aria-level="2">{_text(question)}</div>'


def error_html(error: AccordingError, alone: bool) -> str:
    """What a reader is told of an error; it may name what articles hold. `alone` as in `errors.told`."""
    return escape(sanitise(public_message(error, alone)))


def report_html(report: Report, skipped: Sequence[Skipped]) -> str:
    """What an addition did, and what could not be read of it."""
    parts = [f'<p role="status">{escape(str(report))}</p>', f"<pre>{escape(report.table())}</pre>"]
    places = "".join(f"<li>{_text(str(item))}</li>" for item in skipped[:LISTED])
    more = f"<p>and {len(skipped) - LISTED:,} more</p>" if len(skipped) > LISTED else ""
    return f'<div class="according">{"".join(parts)}{f"<ul>{places}</ul>" if places else ""}{more}</div>'


def meaning(restriction: Constraint, answer: Answer, show: Callable[[str], str] = str) -> str:
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
    days = [r for r in answer.constraints if r.applied and r.kind == DATES]
    loose = restriction in days and all(r.why == LOWER_END for r in days)
    return f"{first} or later{', or undated' if loose else ''}" if first else f"{last} or earlier"


def unapplied(answer: Answer) -> list[Constraint]:
    """Restrictions that a reader may expect to be applied, and that are not; their `why` gives the reason."""
    return [r for r in answer.constraints if not r.applied and r.why in (OVERRIDDEN, CONTRADICTION, IGNORED)]


def spelled(name: Alias, show: Callable[[str], str] = str) -> str:
    """The spellings that a name was searched for as well; of many the first few, and how many more there are."""
    return _listed(name.spellings, NAMED, show)


def hidden(balance: Balance, show: Callable[[str], str] = str) -> str:
    """How many passages of which outlets fit nearly as well and are not shown; empty where there are none."""
    number = sum(balance.capped.values())
    outlets = _listed(sorted(balance.capped, key=lambda outlet: -balance.capped[outlet]), NAMED, show)
    passages = f"{number:,} more passages of {outlets} fit" if number > 1 else f"1 more passage of {outlets} fits"
    return f"{passages} nearly as well" if number else ""


def cautioned(caution: Caution, show: Callable[[str], str] = str) -> str:
    """Why an answer may be one-sided: "all passages come from one outlet, The Post"."""
    names = _listed(caution.of, NAMED, show)
    return {
        ONE_OUTLET: f"all passages come from one outlet, {names}",
        STATE_MEDIA: f"all passages come from state media of {names}, which a government owns or funds",
        ONE_KIND: f"all passages come from {PURPOSES.get(caution.of[0], show(caution.of[0]))}",
        ONE_TEXT: f"all of it may come from one source: {names} carry the same text, or parts of it",
    }[caution.reason]


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
        for r in answer.constraints
        if r.applied
    ]
    others = [f'<span class="chip off">“{_text(r.words)}”: {escape(r.why)}</span>' for r in unapplied(answer)]
    parts += [f"{lead} {' '.join(chips)}" for lead, chips in (("Only", applied), ("Not applied:", others)) if chips]
    return "".join(f'<p class="searched">{part}</p>' for part in parts)


def _notes(answer: Answer) -> str:
    """What else bears on how the answer is to be read."""
    balance = answer.balance
    notes = [f"“{_text(name.words)}” was also searched for as {spelled(name, _text)}." for name in answer.aliases]
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
    if not (number := len(balance.unmatched_outlets)):
        return ""
    outlets = f"{number:,} more outlets say" if number > 1 else "1 more outlet says"
    names = _listed(balance.unmatched_outlets, SILENT, _text)
    return f'<details class="note"><summary>{outlets} nothing that fits nearly as well</summary>{names}</details>'


def _summary(answer: Answer) -> str:
    """How many passages of how many outlets and sources, and the years; undated passages are counted beside these."""
    shown, passages = answer.balance.shown, answer.passages
    unknown = [UNKNOWN_OUTLET] if UNKNOWN_OUTLET in shown.outlets else []
    outlets = [_several(shown.named, "outlet"), *unknown] if shown.named or not unknown else unknown
    years = sorted({c.date.year for c in passages if c.date})
    undated = sum(c.date is None for c in passages)
    parts = [
        f"{_several(len(passages), 'passage')} from {' and '.join(outlets)}",
        f"at least {_several(shown.independent, 'independent source')}",
        f"{years[0]} to {years[-1]}" if len(years) > 1 else "".join(map(str, years)),
        f"{undated} undated" if years and undated else "undated" if undated else "",
    ]
    copies = answer.balance.copies
    folded = f"; {copies} cop{'ies' if copies > 1 else 'y'} of them not shown again" if copies else ""
    return f"{', '.join(filter(None, parts))}{folded}."


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _balance(balance: Balance) -> str:
    """What is shown beside what there is, to be unfolded: the pictures, which are tables too."""
    return (
        f'<details class="balance"><summary>Balance: {balance.shown.named:,} of '
        f"{_several(balance.allowed.named, 'outlet')} {where(balance)}, and who spoke when</summary>"
        f"{outlets_html(balance, _text)}{times_html(balance, _text)}</details>"
    )


def _card(citation: Citation, number: int, of: int, names: Catalogue) -> str:
    a, b = (edge - citation.start for edge in citation.quote)
    words = f"{_bare(citation.text[:a])}<mark>{_bare(citation.text[a:b])}</mark>{_bare(citation.text[b:])}"
    digest = f'<span class="kind">{DIGEST}</span>' if citation.kind == "digest" else ""
    about = [
        f"<cite>{_text(citation.title)}</cite>" if citation.title else "<span>no title printed</span>",
        f"<span>by {_text(', '.join(citation.authors))}</span>" if citation.authors else "",
        _link(citation.url),
        _carried(citation),
        f'<a href="{escape(address(citation))}" target="_blank" rel="noopener">Read in context</a>',
    ]
    return (
        f'<article class="card" aria-label="Passage {number} of {of}">'
        f"<header><h3>{attribution(citation)} <strong>{_text(citation.outlet or UNKNOWN_OUTLET)}</strong>"
        f"{_text(via(citation))}, {_when(citation)}</h3>{_about(citation.outlet, names)}</header>{digest}"
        f'<blockquote dir="auto">{words}</blockquote>'
        f"<footer>{''.join(part for part in about if part)}{_evidence(citation)}{_take(citation)}</footer></article>"
    )


def _take(citation: Citation) -> str:
    """Links to the citation in each form in which it can be taken along; `web.py` has what the buttons do."""
    links = (
        f'<a href="{escape(href(citation, name))}" download>{escape(form.label)}</a> '
        f'<button type="button" aria-label="Copy as {escape(form.label)}">copy</button>'
        for name, form in FORMS.items()
    )
    return (
        f'<details class="take"><summary>Take along</summary>{"".join(f"<span>{a}</span> " for a in links)}</details>'
    )


def _when(citation: Citation) -> str:
    day = f'<time class="when" datetime="{citation.date}">' if citation.date else '<span class="when">'
    return f"{day}{_text(when(citation))}</{'time' if citation.date else 'span'}>"


def _about(name: str | None, names: Catalogue) -> str:
    """What the catalogue knows of an outlet, each fact with its source, to be unfolded."""
    if not name:
        return ""
    outlet = names.outlet(name)
    if outlet is None:
        return f'<p class="about">{_text(name)} is not in the catalogue of outlets</p>'
    state = f", state media of {_text(outlet.state.value)}" if outlet.state else ""
    return (
        f'<details class="about"><summary>About {_text(name)}: {escape(outlet.kind or "not classified")}{state}'
        f"</summary>{_list(_stated(outlet))}</details>"
    )


def _stated(outlet: Outlet) -> list[tuple[str, str]]:
    """What the catalogue states of an outlet, each fact with its source and the day it is stated for."""
    kind = f"{escape(outlet.kind)} (own classification)" if outlet.kind else "not classified"
    facts = [(LABELS.get(name, name.capitalize()), _fact(getattr(outlet, name))) for name in FACT_FIELDS]
    return [("Kind", kind), *facts, ("Rating", _rated(outlet))]


def _fact(fact: Fact | None) -> str:
    if fact is None:
        return "not stated"
    day = f"as of {escape(fact.as_of)}" if fact.as_of else "date not stated"
    return f"{_text(fact.value)} ({_source(fact.source)}, {day})"


def _rated(outlet: Outlet) -> str:
    return (
        "; ".join(
            f"{_text(r.value)}, by {_text(r.rater)}, {escape(r.date)}{f' ({_source(r.source)})' if r.source else ''}"
            for r in outlet.ratings
        )
        or "unrated"
    )


def _source(source: str) -> str:
    return _link(source, domain(source) or source)


def _evidence(citation: Citation) -> str:
    """What outlet and date rest on, and the score, to be unfolded."""
    basis = citation.date_basis or "none is stated"
    rows = (
        ("Outlet", _text(f"{citation.strength}: {citation.outlet_basis}")),
        ("Date", _text(DATED.get(basis, basis))),
        ("Score", f"{citation.score:.2f}: {SCORE}"),
    )
    return f"<details><summary>How the outlet is known; date and score</summary>{_list(rows)}</details>"


def _list(rows: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{value}</dd></div>' for name, value in rows)}</dl>"


def _carried(citation: Citation) -> str:
    """Who else carries the words shown, and whether others share a sentence with them."""
    parts = []
    if len(citation.republishers) > 1:
        parts.append(f"carried by {len(citation.republishers)}: {', '.join(citation.republishers)}")
    if citation.shared:
        number = len(citation.shared)
        parts.append(f"a sentence of it stands word for word in {number} other article{'s' if number > 1 else ''}")
    return f'<span class="carried">{_text("; ".join(parts))}</span>' if parts else ""


def _link(url: str | None, words: str | None = None) -> str:
    """A link to a web address, which may be shown by other words; any other address is shown and cannot be followed."""
    if not url:
        return ""
    if not is_web_url(url):
        return f"<span>{_text(url)}</span>"
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer nofollow">{_text(words or url)}</a>'


def address(citation: Citation) -> str:
    """Where the whole article stands with the passage marked, as a reference relative to the app's own address."""
    place, marked = ("-".join(map(str, span)) for span in ((citation.start, citation.end), citation.quote))
    return f"{article_address(citation.article_id, at=place, quote=marked, of=quote_hash(citation.text))}#passage"


def article_address(article_id: str, **parameters: str) -> str:
    """Where an article stands, as `address`. Its id is a step of the path, unless browsers or routes see none in it."""
    step = "" if article_id in (".", "..") or "\n" in article_id else quote(article_id, safe="", errors="replace")
    query = urlencode({**({} if step else {"id": article_id}), **parameters}, errors="replace")
    return f"article/{step}{'?' if query else ''}{query}"


def _text(text: str) -> str:
    """Text that is shown as it stands, set apart from the direction of what is around it; but see `sanitise`."""
    return f"<bdi>{_bare(text)}</bdi>"


def _bare(text: str) -> str:
    """Text in an element that is its alone and takes its direction (`dir="auto"`, which passes over a `bdi`)."""
    return escape(sanitise(text))
