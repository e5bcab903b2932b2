"""Keep on record which lines of a page are in none of its articles, and why.

A reader that leaves lines out says so with `report`. While `read_source` asks it for articles, what it says is kept
(`keeping`), and becomes a `Skipped` for each reason (`records`), which the index stores. Where nobody asks, nothing is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from .skipped import LEFT_OUT, Skipped

TAKEN = "taken as the title, date, byline or credit of an article"
MAX_QUOTED_LINES = 6  # of one reason; the others are counted
MAX_QUOTED_CHARS = 60  # of a line; `read_source` cuts a reason at 500
MAX_RECORDS = 200  # of a file; an archive may have thousands of pages


@dataclass
class LeftOut:
    """The lines of one page that were left out for one reason: how many, and the first of them."""

    number: int = 0
    first: list[str] = field(default_factory=list)


Kept = dict[tuple[str, str], LeftOut]  # by (source, reason)
_kept: ContextVar[Kept | None] = ContextVar("kept", default=None)


@contextlib.contextmanager
def keeping(kept: Kept) -> Iterator[None]:
    """Keep what is reported within, in `kept`."""
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def is_asked() -> bool:
    """Return whether anybody keeps what is reported, so that a reader need not look for it in vain."""
    return _kept.get() is not None


def report(source: str, reason: str, lines: Iterable[str]) -> None:
    """Say that a reader left lines out.

    Args:
        source: the file, as in `Article.source`.
        reason: why, in words for the user: what the lines are.
        lines: the lines; blank ones do not count.
    """
    kept = _kept.get()
    lines = [bare for line in lines if (bare := line.strip())]
    if kept is None or not lines or ((source, reason) not in kept and len(kept) >= MAX_RECORDS):
        return
    found = kept.setdefault((source, reason), LeftOut())
    found.number += len(lines)
    found.first += [
        line if len(line) <= MAX_QUOTED_CHARS else f"{line[:MAX_QUOTED_CHARS].rstrip()} ..."
        for line in lines[: MAX_QUOTED_LINES - len(found.first)]
    ]


def records(kept: Kept) -> Iterator[Skipped]:
    """Yield what was kept as records of an index, and forget it."""
    for (source, reason), found in kept.items():
        quoted = " | ".join(found.first)
        more = " | ..." if found.number > len(found.first) else ""
        place = f"{LEFT_OUT}, {found.number:,} line{'' if found.number == 1 else 's'}"
        yield Skipped(source, f"{reason}: {quoted}{more}", place)
    kept.clear()
