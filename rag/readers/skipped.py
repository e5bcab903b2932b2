"""Skipped: a file or record that was not read, and the reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """A file, or a part of one, that a reader could not turn into an article.

    Attributes:
        source: path or URL of the file.
        reason: why, in words for the user.
        place: where in the file, if it can hold several articles: "line 12", "record 3", "entry 5".
    """

    source: str
    reason: str
    place: str | None = None

    def __str__(self) -> str:
        place = f"{self.source}, {self.place}" if self.place else self.source
        return self.reason if self.reason.startswith(self.source) else f"{place}: {self.reason}"
