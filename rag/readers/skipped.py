"""Skipped: a file or record that was not read, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """What was left out: the file, the reason in words, and the line where the input has lines (1-based)."""

    source: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.line else self.source
        return self.reason if self.reason.startswith(place) else f"{place}: {self.reason}"
