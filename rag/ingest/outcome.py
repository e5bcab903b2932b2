"""What became of the articles of each file of a build or an addition, and how far an addition is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.readers.skipped import Skipped

if TYPE_CHECKING:
    from rag.ingest.report import Report

MAX_REASONS = 20  # reasons for skipping that are kept of one file; the index has all
_COUNTED = ("new", "updated", "unchanged", "repeated", "earlier", "skipped")


@dataclass(slots=True)
class Outcome:
    """What became of what was read from one file: each article, and each record that was skipped, counts once.

    Files are taken in one after the other. So an article that a second file has in a newer version is `new` in the
    first and `updated` in the second.

    Attributes:
        new: articles that the index did not have.
        updated: articles that it had with other content.
        unchanged: articles that it had with the same content.
        repeated: articles that were read before in the same run.
        earlier: earlier versions of articles that it has in a newer one.
        skipped: records, members of an archive, or the file itself, that could not be read or taken in.
        first_skipped: the first MAX_REASONS of these, each with its place and the reason.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    earlier: int = 0
    skipped: int = 0
    first_skipped: list[Skipped] = field(default_factory=list)

    @property
    def read(self) -> int:
        """The articles that were read and taken in, whatever became of them."""
        return self.new + self.updated + self.unchanged + self.repeated + self.earlier

    def add(self, other: Outcome) -> None:
        """Add what became of more of the file.

        Args:
            other: the same for more of what was read.
        """
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.first_skipped += other.first_skipped[: MAX_REASONS - len(self.first_skipped)]

    def skip(self, item: Skipped) -> None:
        """Count what was skipped; lines that were left out are none of it.

        Args:
            item: what it is, and why.
        """
        if item.is_of_lines:
            return
        self.skipped += 1
        if len(self.first_skipped) < MAX_REASONS:
            self.first_skipped.append(item)

    def __str__(self) -> str:
        added = f"{self.new:,} article{'' if self.new == 1 else 's'} added"
        others = {
            "updated": self.updated, "unchanged": self.unchanged, "more than once": self.repeated,
            "earlier": self.earlier, "skipped": self.skipped,
        }  # fmt: skip
        return ", ".join([added, *(f"{number:,} {what}" for what, number in others.items() if number)])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        numbers = {name: getattr(self, name) for name in _COUNTED}
        first = [{"place": s.place, "reason": s.reason, "source": s.source} for s in self.first_skipped]
        return numbers | {"first_skipped": first}


@dataclass(frozen=True)
class Progress:
    """How far a build or an addition is.

    Attributes:
        source: the file that is being read; None once all are read and their articles are stored, while duplicates are
            looked for and the index is completed.
        read: articles read from it so far; from all files if `source` is None.
        skipped: records of it that were skipped so far, likewise.
        report: what was done so far with what was read. It goes on changing.
    """

    source: str | None
    read: int
    skipped: int
    report: Report
