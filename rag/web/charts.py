"""Balance -> three small charts: outlets and their kinds, those shown out of all that there are, and who spoke when.

`answer_html` puts them into an answer. A chart is an HTML table with a mark drawn in each row, and the numbers next to
the marks: a reader who hears the table read out, or sees no colours, misses nothing. What is shown is filled, what is
not is hollow. The marks are SVG made of numbers alone.

Not drawn by `gr.Plot` (Gradio 6.31, Altair 6): a chart that takes its width from the page stays empty, one of a fixed
width is too broad for a phone, and its menu offers to open the numbers in an editor on another machine. Plotly takes
what looks like markup in a name for markup, and is 4.6 MB. Only the last answer would have a chart, in the colours of
the moment at which it was drawn.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rag.answer.balance import UNKNOWN_OUTLET, Balance, OutletMatch
from rag.answer.citation import Citation
from rag.answer.html import Html, isolated
from rag.answer.wording import counted, scope

MAX_ROWS = 8  # outlets in a chart; the others share one more row
_RADIUS = 5  # of a passage's mark, pixels

_TABLE = Html(
    '<table class="{}"><caption>{}</caption><thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table>'
)


def outlets_html(balance: Balance) -> Html:
    """Return the chart of each outlet's articles, most frequent first: those shown, of those that match the filters.

    Outlets that are shown get a row before others.
    """
    caption = f"Articles of each outlet: shown (filled), of those {scope(balance)} (outlined)"
    return _counts(balance.shown.outlets, balance.allowed.outlets, "outlet", caption)


def kinds_html(balance: Balance) -> Html:
    """Return the same for each kind of outlets, by the catalogue."""
    caption = f"Articles of each kind of outlet: shown (filled), of those {scope(balance)} (outlined)"
    return _counts(balance.shown.outlet_kinds, balance.allowed.outlet_kinds, "kind", caption)


def _counts(shown: Mapping[str, int], allowed: Mapping[str, int], what: str, caption: str) -> Html:
    first = sorted(allowed, key=lambda name: (name not in shown, -allowed[name]))[:MAX_ROWS]
    longest = max(map(allowed.__getitem__, first), default=1)
    rows = []
    for name in sorted(first, key=lambda name: -allowed[name]):
        bar = _bar(shown.get(name, 0) / longest, allowed[name] / longest)
        rows.append(_row(isolated(name), bar, shown.get(name, 0), allowed[name]))
    if rest := allowed.keys() - set(first):
        totals = sum(shown.get(name, 0) for name in rest), sum(allowed[name] for name in rest)
        rows.append(_row(counted(len(rest), f"other {what}"), "", *totals))
    shown_head = Html('<th scope="col" colspan="2">Shown</th>')
    return _TABLE.format("outlets", caption, what.capitalize(), shown_head, Html().join(rows))


def times_html(balance: Balance, cards: Mapping[str, int] | None = None) -> Html:
    """Return the chart of the passages that match nearly as well as the best one; who spoke first comes first.

    Args:
        balance: the balance.
        cards: the number of the first card of an article in the answer, by the article's id.
    """
    matches: dict[str, list[OutletMatch]] = {}
    for match in balance.outlet_matches:
        matches.setdefault(match.outlet or UNKNOWN_OUTLET, []).append(match)
    first = sorted(matches, key=lambda name: not any(m.shown for m in matches[name]))[
        :MAX_ROWS
    ]  # sorted keeps the rank
    named: list[tuple[str, list[OutletMatch]]] = [
        (isolated(name), matches[name]) for name in sorted(first, key=lambda name: min(map(_order, matches[name])))
    ]
    if rest := matches.keys() - set(first):
        others = [match for name in matches if name in rest for match in matches[name]]
        named.append((counted(len(rest), "other outlet"), others))
    dates = sorted(match.date for match in balance.outlet_matches if match.date)
    row = Html('<tr><th scope="row">{}</th><td>{}{}</td></tr>')
    rows = [row.format(name, _line(own, dates), _dates(own, cards or {})) for name, own in named]
    caption = "Passages that match nearly as well as the best one, by date: ● shown, ○ not shown"
    axis = Html('<th scope="col">{}</th>').format(_axis(dates))
    return _TABLE.format("times", caption, "Outlet", axis, Html().join(rows))


def strip_html(passages: Sequence[Citation]) -> Html:
    """Return a line of the years with a dot for each date of a passage, a button that leads to its card.

    Nothing if there are not two dates to compare.
    """
    first: dict[dt.date, int] = {}
    for number, citation in enumerate(passages, 1):
        if citation.date:
            first.setdefault(citation.date, number)
    if len(first) < 2:
        return Html()
    dates = sorted(first)
    span = (dates[-1] - dates[0]).days
    dot = Html(
        '<button type="button" data-do="card" data-card="{}" style="inset-inline-start:{:.1%}" '
        'aria-label="{}"><span aria-hidden="true">●</span></button>'
    )
    dots = []
    for date in dates:
        who = "; ".join(dict.fromkeys(c.outlet or UNKNOWN_OUTLET for c in passages if c.date == date))
        dots.append(dot.format(first[date], (date - dates[0]).days / span, f"{date}, {who}"))
    strip = Html('<p class="strip" role="group" aria-label="Who spoke when">{}<span class="line">{}</span>{}</p>')
    one_year = dates[0].year == dates[-1].year
    ends = [date if one_year else date.year for date in (dates[0], dates[-1])]
    return strip.format(ends[0], Html().join(dots), ends[1])


def _row(name: str, bar: str, shown: int, allowed: int) -> Html:
    row = Html('<tr><th scope="row">{}</th><td class="bar">{}</td><td>{:,} of {:,}</td></tr>')
    return row.format(name, bar, shown, allowed)


def _bar(shown: float, allowed: float) -> Html:
    """Return a bar of two lengths, both as shares of the longest one."""
    bar = Html(
        '<svg aria-hidden="true"><rect class="hollow" width="{:.1%}" height="100%"/>'
        '<rect class="filled" width="{:.1%}" height="100%"/></svg>'
    )
    return bar.format(allowed, shown)


def _order(match: OutletMatch) -> dt.date:
    return match.date or dt.date.max


def _axis(dates: Sequence[dt.date]) -> Html:
    """Return the first and the last year as the ends of an axis; the first and last day, if all are of one year."""
    if not dates:
        return Html("Undated")
    whole_years = dates[0].year != dates[-1].year
    ends = dict.fromkeys(str(date.year if whole_years else date) for date in (dates[0], dates[-1]))
    return Html('<span class="axis">{}</span>').format(Html().join(Html("<span>{}</span>").format(e) for e in ends))


def _line(matches: Iterable[OutletMatch], dates: Sequence[dt.date]) -> Html:
    """Return a line from the first date to the last with a mark for each date; filled if anything of it is shown."""
    if not dates:
        return Html()
    span = (dates[-1] - dates[0]).days
    marks = {match.date: match.shown for match in sorted(matches, key=lambda m: m.shown) if match.date}
    circle = Html('<circle class="{}" cx="{:.1%}" cy="50%" r="{}"/>')
    drawn = Html().join(
        circle.format("filled" if shown else "hollow", (date - dates[0]).days / span if span else 0.5, _RADIUS)
        for date, shown in sorted(marks.items(), key=lambda mark: mark[1])
    )
    return Html('<svg aria-hidden="true"><line x2="100%" y1="50%" y2="50%"/>{}</svg>').format(drawn)


def _dates(matches: Sequence[OutletMatch], cards: Mapping[str, int]) -> Html:
    """Return the dates, each with whether its passages are shown, and how many they are; a link to the first shown."""
    places = {match.date: cards[match.article_id] for match in reversed(matches) if match.article_id in cards}
    numbers = Counter((_order(match), match.date, match.shown) for match in matches)
    entry = Html('<span class="day"><span role="img" aria-label="{}">{}</span> {}{}</span>')
    entries = []
    for (_, date, shown), number in sorted(numbers.items(), key=lambda item: (item[0][0], not item[0][2])):
        label, mark = ("shown", "●") if shown else ("not shown", "○")
        when = Html('<time datetime="{}">{}</time>').format(date, date) if date else "undated"
        day = entry.format(label, mark, when, f" ({number:,} passages)" if number > 1 else "")
        place = places.get(date) if shown else None
        entries.append(
            Html('<button type="button" data-do="card" data-card="{}">{}</button>').format(place, day) if place else day
        )
    return Html(" ").join(entries)
