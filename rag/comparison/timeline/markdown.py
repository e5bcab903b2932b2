"""Timelines as Markdown, in which nothing that an article holds is taken for markup."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.markdown import answer_markdown, link, plain
from rag.answer.wording import attribution, notice, via, when
from rag.comparison.timeline.wording import UNDATED, elsewhere, evidence, notes, spelled
from rag.text import one_line, spelled_date

if TYPE_CHECKING:
    from rag.comparison.timeline.timeline import Entry, Timeline


def timeline_markdown(timeline: Timeline, accessed: dt.date | None = None) -> str:
    """Return the question and a list of what happened when, each entry with its source.

    Args:
        timeline: what to show.
        accessed: the day on which it was looked up.
    """
    if not timeline.found:
        return answer_markdown(timeline.answer, accessed)
    said = [f"**{_line(timeline.question)}**", _line(notice(timeline.answer))]
    dated = "\n".join(map(_entry, timeline.entries))
    undated = [f"{UNDATED}:", "\n".join(map(_entry, timeline.undated))] if timeline.undated else []
    last = [f"{line[0].upper()}{line[1:]}." for line in notes(timeline)]
    last += [f"Accessed {spelled_date(accessed)}."] if accessed else []
    return "\n\n".join(filter(None, [*said, dated, *undated, *last])) + "\n"


def _entry(entry: Entry) -> str:
    cited = entry.citation
    outlet = _line(cited.outlet or UNKNOWN_OUTLET)
    source = f"{attribution(cited)} **{outlet}**{_line(via(cited))}, {_line(when(cited))}"
    also = elsewhere(entry)
    about = [
        _line(cited.title or ""),
        link(cited.url, cited.quote_url) if cited.url else "",
        _line(str(also)) if also else "",
    ]
    more = f" ({'; '.join(filter(None, about))})" if any(about) else ""
    return f"* **{spelled(entry.when)}** ({_line(str(evidence(entry)))}). {source}: “{_line(cited.quotation)}”{more}"


def _line(words: str) -> str:
    """Return words in one line, in which nothing is markup; ", via" keeps the space that it begins with."""
    return plain(one_line(words))
