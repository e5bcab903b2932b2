"""What becomes of uploaded files -> HTML: a line for each, and a sentence of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.answer.html import Html, isolated, items
from rag.ingest.outcome import Outcome
from rag.readers.skipped import Skipped

MAX_SHOWN = 3  # reasons that are shown without being unfolded

_ROW = Html('<li class="{}"><bdi>{}</bdi> <span>{}</span>{}</li>')
_FOLDED = Html("<details><summary>{}</summary>{}{}</details>")


@dataclass
class FileProgress:
    """How far the reading of a file is.

    Attributes:
        size: its bytes.
        begun: whether anything was read of it.
        whole: whether it is read to its end.
        read: articles read of it so far.
        skipped: records of it that were skipped so far.
    """

    size: int
    begun: bool = False
    whole: bool = False
    read: int = 0
    skipped: int = 0

    def part(self, outcome: Outcome) -> float:
        """Return the part of it that is done, half for reading and half for taking in, as far as it is known.

        Args:
            outcome: what became of what was taken in.
        """
        if not self.whole:
            return 0.0
        return 0.5 + 0.5 * min(1.0, (outcome.read + outcome.skipped) / max(1, self.read + self.skipped))


def rows(files: Mapping[str, FileProgress], outcomes: Mapping[str, Outcome], running: bool, over: bool) -> Html:
    """Return a line for each file, with its name and its state or outcome.

    Args:
        files: how far each is, by name, in the order of reading.
        outcomes: what became of each so far, by name.
        running: whether they are being added.
        over: whether nothing more will be. Until then no reasons are shown: they would fold again with each update.
    """
    lines = []
    opened = next((name for name, file in files.items() if not file.begun), None) if running else None
    if any(file.begun and not file.whole for file in files.values()):
        opened = None
    for name, file in files.items():
        outcome = outcomes.get(name, Outcome())
        if over or file.part(outcome) == 1:
            said, why = _became(name, outcome) if over else (str(outcome), Html())
            lines.append(_ROW.format("done" if outcome.read else "not", name, said, why))
        elif file.begun:
            said = f"{_articles(file.read)} {'read' if file.whole else 'so far'}" if file.read else "reading"
            lines.append(_ROW.format("now", name, said, ""))
        elif name == opened:
            lines.append(_ROW.format("now", name, "reading", ""))
        else:
            lines.append(_ROW.format("waiting", name, "waiting", ""))
    return Html().join(lines)


def summary(state: str, count: int, outcomes: Mapping[str, Outcome], completing: bool, error: str) -> str:
    """Return a sentence of all files.

    Args:
        state: of the addition, as `additions.Addition` has it.
        count: the number of files.
        outcomes: what became of each so far.
        completing: whether all articles are stored.
        error: why the addition failed.
    """
    if state == "waiting":
        return "Waiting until another reader's files are added"
    if state == "running":
        return "Completing the index" if completing else f"Adding {count} file{'' if count == 1 else 's'}"
    became = Outcome()
    for outcome in outcomes.values():
        became.add(outcome)
    if state == "failed":
        kept = f" Before that: {became}." if became.read else " Nothing was added."
        return f"{error[:1].upper()}{error[1:].rstrip('.')}.{kept}"
    return str(became)


def _became(name: str, outcome: Outcome) -> tuple[str, Html]:
    """Return what became of a file, and why parts of it were skipped, to be unfolded where these are many."""
    first = outcome.first_skipped
    if not (outcome.read or outcome.skipped):
        return "not added", Html()
    if not outcome.read and outcome.skipped == 1 and not first[0].place and first[0].source == name:
        return f"not added: {first[0].reason}", Html()
    if not outcome.skipped:
        return str(outcome), Html()
    listed = items([_skipped(name, each) for each in first])
    more = Html("<p>and {:,} more</p>").format(outcome.skipped - len(first)) if outcome.skipped > len(first) else Html()
    if outcome.skipped <= MAX_SHOWN:
        return f"{outcome}:", listed
    return str(outcome), _FOLDED.format("Why skipped", listed, more)


def _skipped(name: str, item: Skipped) -> Html:
    """Return a part of a file that was skipped: where it is, and why."""
    member = item.source.removeprefix(name).removeprefix("!")
    place = ", ".join(part for part in (member, item.place) if part)
    return isolated(f"{place}: {item.reason}" if place else item.reason)


def _articles(number: int) -> str:
    return f"{number:,} article{'' if number == 1 else 's'}"
