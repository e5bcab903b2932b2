"""Timeline -> the tab "Timeline" of an answer: what happened when, each with whose date that is, years as headings.

The sentences come from `rag.comparison.timeline.wording`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from rag.answer import wording as answer_wording
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.grade import NEAR
from rag.answer.html import Html, isolated, phrase
from rag.answer.wording import MAY_NOT_ANSWER, Phrase
from rag.comparison.side_by_side.wording import DIGEST, host, outlet_facts
from rag.comparison.timeline import wording
from rag.comparison.timeline.event_date import DECADE
from rag.comparison.timeline.timeline import ARTICLE, Entry, Timeline
from rag.provenance.catalogue import Catalogue
from rag.web.urls import passage_url
from rag.web.view_parts import facts_html, note, quoted_html, said_first

VIEW = "timeline"  # in the URL

_ROOT = Html('<div class="according chronology">{}</div>')
_YEAR = Html('<h3>{}</h3><ol role="list">{}</ol>')
_ENTRY = Html(
    '<li class="{}"><p class="date">{} <span class="evidence">{}</span></p><p class="source"><strong>{}</strong>{}</p>'
    "{}{}</li>"
)


def timeline_html(timeline: Timeline, catalogue: Catalogue) -> Html:
    """Return a timeline as a fragment of the app's page.

    Args:
        timeline: what to show.
        catalogue: what is known of outlets.
    """
    parts = [said_first(timeline.answer)]
    for year, entries in itertools.groupby(timeline.entries, _year):
        parts.append(_list(year, entries, catalogue))
    if timeline.undated:
        parts.append(_list(wording.UNDATED, timeline.undated, catalogue))
    parts += [note(f"{line[0].upper()}{line[1:]}") for line in wording.notes(timeline)]
    return _ROOT.format(Html().join(parts))


def _year(entry: Entry) -> str:
    """Return the year that an entry begins in, or its decade."""
    if entry.when is None:
        return wording.UNDATED
    return wording.spelled(entry.when) if entry.when.precision == DECADE else str(entry.when.first.year)


def _list(heading: str, entries: Iterable[Entry], catalogue: Catalogue) -> Html:
    return _YEAR.format(heading, Html().join(_entry(entry, catalogue) for entry in entries))


def _entry(entry: Entry, catalogue: Catalogue) -> Html:
    cited, also = entry.citation, wording.elsewhere(entry)
    is_own = entry.when is not None and entry.when.basis == ARTICLE  # its date is that of the article
    facts = [Phrase(MAY_NOT_ANSWER)] if entry.grade == NEAR else []
    facts += [*outlet_facts(cited.outlet, catalogue), host(cited)]
    facts += [] if is_own else [Phrase("{}", answer_wording.when(cited))]
    facts += [Phrase(DIGEST)] if cited.kind == "digest" else []
    return _ENTRY.format(
        "of-article" if is_own else "stated",
        _date(entry),
        phrase(wording.evidence(entry)),
        isolated(cited.outlet or UNKNOWN_OUTLET),
        facts_html(facts),
        quoted_html(passage_url(cited), cited.quotation),
        Html('<p class="also">{}</p>').format(phrase(also)) if also else "",
    )


def _date(entry: Entry) -> Html:
    words = Html("<strong>{}</strong>").format(wording.spelled(entry.when))
    if entry.when is None or "/" in entry.when.value or entry.when.precision == DECADE:
        return words  # no date of HTML
    return Html('<time datetime="{}">{}</time>').format(entry.when.value, words)
