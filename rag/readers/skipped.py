"""Skipped: a file or record that was not read, and the reason."""

from __future__ import annotations

from dataclasses import dataclass

LEFT_OUT = "left out"  # how the place of lines begins


@dataclass(frozen=True)
class Skipped:
    """A file, or a part of one, that a reader could not turn into an article.

    Attributes:
        source: path or URL of the file.
        reason: why, in words for the user.
        place: where in the file, if it can hold several articles: "line 12", "record 3", "entry 5"; "left out, 7 lines"
            of lines.
    """

    source: str
    reason: str
    place: str | None = None

    @property
    def is_of_lines(self) -> bool:
        """Whether it is of lines that are in no article (see `left_out`): nothing failed, the articles were read."""
        return (self.place or "").startswith(LEFT_OUT)

    def __str__(self) -> str:
        place = f"{self.source}, {self.place}" if self.place else self.source
        return self.reason if self.reason.startswith(self.source) else f"{place}: {self.reason}"
