"""Report: what a build or an addition did, in numbers, and how long each stage took."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import regex

from rag.article import REFUSED, Article
from rag.readers.skipped import Skipped

Result = TypeVar("Result")

STAGES = ("reading", "splitting", "encoding", "storing", "finding copies", "finding names", "indexing")
REASONS = 8  # different reasons listed in the table


@dataclass
class Report:
    """What was done, in articles but for `passages`, `skipped` and `seconds`.

    Attributes:
        read: articles that the files hold, of which
        new, updated, unchanged: are not in the index, are in it with another content, or as they are;
        repeated: were read before in the same run.
        retired: in the index, and no longer in the files.
        undated: articles read without a date, of which
        refused: state one that cannot be right or can be read in two ways.
        passages: encoded.
        copied: articles of the whole index that are one text with another, in
        groups: of copies.
        skipped: files and records that could not be read, and
        reasons: how many for each reason.
        seconds: spent in each stage.
    """

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    retired: int = 0
    undated: int = 0
    refused: int = 0
    passages: int = 0
    copied: int = 0
    groups: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    def count(self, article: Article) -> None:
        """Counts an article as read."""
        self.read += 1
        self.undated += article.date is None
        self.refused += (article.date_basis or "").startswith(REFUSED)

    def skip(self, skipped: Iterable[Skipped]) -> None:
        """Counts what was skipped, by reason."""
        for item in skipped:
            self.skipped += 1
            self.reasons[general(item.reason)] += 1

    def timed(self, stage: str, work: Callable[[], Result]) -> Result:
        """What `work` returns; the time it took is added to the stage's."""
        start = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds[stage] += time.perf_counter() - start

    def to_dict(self) -> dict[str, Any]:
        """All of it, in values that JSON knows; seconds to three places."""
        return asdict(self) | {"seconds": {stage: round(s, 3) for stage, s in self.seconds.items()}}

    def __str__(self) -> str:
        parts = [f"{self.read} articles read: {self.new} new, {self.updated} updated, {self.unchanged} unchanged"]
        parts += [f"{self.repeated} more than once"] if self.repeated else []
        parts += [f"{self.retired} retired"] if self.retired else []
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        return ", ".join(parts)

    def table(self) -> str:
        """All of it in lines: what was read, undated, copied, skipped and why, and how long the stages took."""
        refused = f"  ({self.refused:,} with a date that was refused)" if self.refused else ""
        copied = (
            f"  (in {self.groups:,} group{'s' if self.groups > 1 else ''}, of the whole index)" if self.groups else ""
        )
        rows = [
            ("read", self.read, ""), ("  new", self.new, ""), ("  updated", self.updated, ""),
            ("  unchanged", self.unchanged, ""), ("  more than once", self.repeated, ""), ("retired", self.retired, ""),
            ("undated", self.undated, refused), ("copies", self.copied, copied), ("skipped", self.skipped, ""),
        ]  # fmt: skip
        lines = [f"{name:<17}{number:>9,}{note}" for name, number, note in rows]
        lines += [f"{'':<17}{number:>9,}  {reason}" for reason, number in self.reasons.most_common(REASONS)]
        if len(self.reasons) > REASONS:
            others = self.skipped - sum(number for _, number in self.reasons.most_common(REASONS))
            lines.append(f"{'':<17}{others:>9,}  for other reasons")
        took = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in self.seconds.items())
        return "\n".join([*lines, f"took: {took}"])


def general(reason: str) -> str:
    """A reason without its particulars, so that like faults count together."""
    clause = regex.split(r" \(|: |; ", reason)[0]
    return str(regex.sub(r"'[^']*'", "…", clause))
