"""Skipped: a file or record that was not read, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """What was left out.

    Attributes:
        source: the file.
        reason: why, in words.
        place: where in the file, where it holds more than one article: "line 12", "record 3", "entry 5".
    """

    source: str
    reason: str
    place: str | None = None

    def __str__(self) -> str:
        place = f"{self.source}, {self.place}" if self.place else self.source
        return self.reason if self.reason.startswith(self.source) else f"{place}: {self.reason}"
