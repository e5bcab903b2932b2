"""Balance -> two small pictures: the outlets shown against those there are, and who spoke when.

Before the cards, which put them into an answer. A picture is an HTML table with a mark drawn in each row, and the
numbers stand beside the marks: whoever hears the table read out, or sees no colours, misses nothing. What is shown is
filled, what is not is hollow. The marks are SVG made of numbers alone; names are made HTML by the caller's `show`.

Not drawn by `gr.Plot` (Gradio 6.31, Altair 6): a chart that takes its width from the page stays empty, one of a fixed
width is too broad for a phone, and a menu beside it offers to open the numbers in an editor on another machine. Plotly
takes what looks like markup in a name for markup, and is 4.6 MB. Only the last answer would have a picture, in the
colours of the moment at which it was drawn.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from rag.answer.balance import Balance, OutletMatch
from rag.answer.wording import UNKNOWN_OUTLET

ROWS = 8  # outlets in a picture; the rest is summed in one row more
_RADIUS = 5  # of a passage's mark, pixels

Show = Callable[[str], str]


def outlets_html(balance: Balance, show: Show) -> str:
    """The articles of each outlet, most frequent first: those shown, of those that the restrictions leave.

    Outlets shown have a row before others.
    """
    shown, allowed = balance.shown.outlets, balance.allowed.outlets
    first = sorted(allowed, key=lambda name: (name not in shown, -allowed[name]))[:ROWS]
    most = max(map(allowed.__getitem__, first), default=1)
    rows = [
        _row(show(name), _bar(shown.get(name, 0) / most, allowed[name] / most), shown.get(name, 0), allowed[name])
        for name in sorted(first, key=lambda name: -allowed[name])
    ]
    if rest := allowed.keys() - set(first):
        name = f"{len(rest):,} more outlet{'s' if len(rest) > 1 else ''}"
        rows.append(_row(name, "", sum(shown.get(o, 0) for o in rest), sum(allowed[o] for o in rest)))
    return (
        f'<table class="outlets"><caption>Articles of each outlet: shown (filled), of those {where(balance)} (outlined)'
        "</caption>"
        '<thead><tr><th scope="col">Outlet</th><th scope="col" colspan="2">Shown</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def where(balance: Balance) -> str:
    """What the articles shown are compared with."""
    return "in the index" if balance.allowed == balance.index else "that the restrictions leave"


def times_html(balance: Balance, show: Show) -> str:
    """The passages that fit about as well as the best one, by outlet and date: who spoke first stands first."""
    voices: dict[str, list[OutletMatch]] = {}
    for voice in balance.outlet_matches:
        voices.setdefault(voice.outlet or UNKNOWN_OUTLET, []).append(voice)
    first = sorted(voices, key=lambda name: not any(v.shown for v in voices[name]))[:ROWS]  # sorted keeps the rank
    named = sorted(((show(name), voices[name]) for name in first), key=lambda row: min(map(_order, row[1])))
    if rest := voices.keys() - set(first):
        summed = [voice for name in voices if name in rest for voice in voices[name]]
        named.append((f"{len(rest):,} more outlet{'s' if len(rest) > 1 else ''}", summed))
    days = sorted(voice.date for voice in balance.outlet_matches if voice.date)
    rows = (f'<tr><th scope="row">{name}</th><td>{_line(own, days)}{_days(own)}</td></tr>' for name, own in named)
    return (
        '<table class="times"><caption>Passages that fit nearly as well as the best one, by date: ● shown, ○ not shown'
        f'</caption><thead><tr><th scope="col">Outlet</th><th scope="col">{_axis(days)}</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(name: str, bar: str, shown: int, allowed: int) -> str:
    return f'<tr><th scope="row">{name}</th><td class="bar">{bar}</td><td>{shown:,} of {allowed:,}</td></tr>'


def _bar(shown: float, allowed: float) -> str:
    """Both as shares of the longest bar."""
    return (
        f'<svg aria-hidden="true"><rect class="hollow" width="{allowed:.1%}" height="100%"/>'
        f'<rect class="filled" width="{shown:.1%}" height="100%"/></svg>'
    )


def _order(voice: OutletMatch) -> dt.date:
    return voice.date or dt.date.max


def _axis(days: Sequence[dt.date]) -> str:
    """The first and the last year, or day where there is one year alone."""
    if not days:
        return "Undated"
    ends = dict.fromkeys(str(day.year if days[0].year != days[-1].year else day) for day in (days[0], days[-1]))
    return f'<span class="axis">{"".join(f"<span>{end}</span>" for end in ends)}</span>'


def _line(voices: Iterable[OutletMatch], days: Sequence[dt.date]) -> str:
    """A mark for each day on a line from the first day to the last; one on which something is shown is filled."""
    if not days:
        return ""
    span = (days[-1] - days[0]).days
    marks = {voice.date: voice.shown for voice in sorted(voices, key=lambda v: v.shown) if voice.date}
    drawn = "".join(
        f'<circle class="{"filled" if shown else "hollow"}" cx="{(day - days[0]).days / span if span else 0.5:.1%}" '
        f'cy="50%" r="{_RADIUS}"/>'
        for day, shown in sorted(marks.items(), key=lambda mark: mark[1])
    )
    return f'<svg aria-hidden="true"><line x2="100%" y1="50%" y2="50%"/>{drawn}</svg>'


def _days(voices: Iterable[OutletMatch]) -> str:
    """The dates, each with whether it is shown, and how often it is there."""
    numbers = Counter((_order(voice), voice.date, voice.shown) for voice in voices)
    parts = []
    for (_, day, shown), number in sorted(numbers.items(), key=lambda item: (item[0][0], not item[0][2])):
        mark, said = ("●", "shown") if shown else ("○", "not shown")
        when = f'<time datetime="{day}">{day}</time>' if day else "undated"
        times = f" ({number:,} passages)" if number > 1 else ""
        parts.append(f'<span class="day"><span role="img" aria-label="{said}">{mark}</span> {when}{times}</span>')
    return " ".join(parts)
