"""Timeline -> the words that a terminal shows, Markdown, and the HTML that a notebook shows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rag.answer import wording
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.markdown import link as markdown_link
from rag.answer.markdown import plain
from rag.article import date_basis_label
from rag.markup import Html, isolated, link
from rag.text import one_line, spelled_date

if TYPE_CHECKING:
    from rag.comparison.timeline import Entry, Timeline, When

UNDATED = "Without a date"
MAX_NAMED = 3  # others that print the same sentences, named in a line
_ENTRY = Html(
    "<li><p><strong>{when}</strong> ({basis})<br>{attribution} <strong>{outlet}</strong>{via}, {published}{also}</p>"
    '<blockquote dir="auto">{quotation}</blockquote><p>{title} {url}</p></li>'
)


def spelled(when: When | None) -> str:
    """Return a date as readers see it: "1 September 2013", "September 2013", "1981 to 1989"; "no date" for none."""
    if when is None:
        return "no date"
    if when.precision == "decade":
        return when.value.replace("/", " to ")
    first, last = (_spelled(day, when.precision) for day in (when.first, when.last))
    return first if first == last else f"{first} to {last}"


def _spelled(day: dt.date, precision: str) -> str:
    return {"day": spelled_date(day), "month": f"{day:%B} {day.year}", "year": f"{day.year}"}[precision]


def evidence(entry: Entry) -> str:
    """Return where an entry's date comes from: "stated: “on Monday”, counted from the date of the article"."""
    when, citation = entry.when, entry.citation
    if when is None:
        return "neither the sentences nor the article state one"
    if when.basis == "article":
        return f"date of the article, {date_basis_label(citation.date_basis)}"
    place = {"sentence": "stated", "title": "stated in the title", "first sentences": "stated in the first sentences"}
    counted = ", counted from the date of the article" if when.counted else ""
    return one_line(f"{place[when.basis]}: “{when.words}”{counted}")


def also(entry: Entry) -> str:
    """Return who else prints the sentences, and how many more there are; an empty string for none."""
    parts = [f"also printed by {wording.listed(entry.also, MAX_NAMED)}"] if entry.also else []
    parts += [f"{wording.counted(entry.more, 'more sentence')} of this date"] if entry.more else []
    return "; ".join(parts)


def notes(timeline: Timeline) -> list[str]:
    """Return what else a reader should know: what is left out, and that an article's date is not one of the event."""
    by_article = sum(e.when is not None and e.when.basis == "article" for e in timeline.entries)
    lines = [f"{wording.counted(timeline.left_out, 'more line')} left out"] if timeline.left_out else []
    if by_article:
        entries = "entry is" if by_article == 1 else "entries are"
        lines.append(f"{by_article:,} {entries} ordered by the date of the article: their sentences state no date")
    return lines


def timeline_markdown(timeline: Timeline, accessed: dt.date | None = None) -> str:
    """Return a timeline as Markdown; see `Timeline.to_markdown`."""
    parts = [f"**{plain(one_line(timeline.question))}**"]
    parts += [plain(one_line(said))] if (said := wording.notice(timeline.answer)) else []
    parts += ["\n".join(_item(entry) for entry in timeline.entries)] if timeline.entries else []
    if timeline.undated:
        parts += [f"{UNDATED}:", "\n".join(_item(entry) for entry in timeline.undated)]
    parts += [f"{plain(line)}." for line in notes(timeline)]
    parts += [f"Accessed {spelled_date(accessed)}."] if accessed else []
    return "\n\n".join(parts) + "\n"


def _item(entry: Entry) -> str:
    c = entry.citation
    outlet, said = plain(one_line(c.outlet or UNKNOWN_OUTLET)), plain(one_line(c.quotation))
    head = f"**{spelled(entry.when)}** ({plain(evidence(entry))})"
    about = "; ".join(
        filter(
            None, [plain(one_line(c.title or "")), markdown_link(c.url) if c.url else "", plain(one_line(also(entry)))]
        )
    )
    whose = f"{wording.attribution(c)} **{outlet}**{plain(one_line(wording.via(c)))}, {plain(wording.when(c))}"
    return f"* {head} {whose}: “{said}”" + (f" ({about})" if about else "")


def timeline_html(timeline: Timeline) -> Html:
    """Return a timeline as HTML that needs no stylesheet; whatever an article holds is text in it."""
    said = wording.notice(timeline.answer)
    notice = Html("<p>{}</p>").format(said) if said else Html()
    undated = Html("<p>{}</p>{}").format(UNDATED, _list(timeline.undated)) if timeline.undated else Html()
    told = Html().join(Html("<p>{}.</p>").format(line) for line in notes(timeline))
    body = Html("<p><strong>{}</strong></p>{}{}{}{}").format(
        isolated(timeline.question), notice, _list(timeline.entries), undated, told
    )
    return Html('<div class="according">{}</div>').format(body)


def _list(entries: tuple[Entry, ...]) -> Html:
    return Html("<ul>{}</ul>").format(Html().join(map(_entry_html, entries))) if entries else Html()


def _entry_html(entry: Entry) -> Html:
    c = entry.citation
    others = also(entry)
    return _ENTRY.format(
        when=spelled(entry.when),
        basis=isolated(evidence(entry)),
        attribution=wording.attribution(c),
        outlet=isolated(c.outlet or UNKNOWN_OUTLET),
        via=isolated(wording.via(c)),
        published=isolated(wording.when(c)),
        also=Html("; {}").format(isolated(others)) if others else "",
        quotation=c.quotation,
        title=Html("<cite>{}</cite>").format(isolated(c.title)) if c.title else "",
        url=link(c.url),
    )
