"""Count what a build or an addition did, and time its stages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import regex

from rag.article import REFUSED, Article
from rag.ingest.outcome import Outcome
from rag.readers import escape_unprintable
from rag.readers.columns import ColumnCounts
from rag.readers.skipped import Skipped

Result = TypeVar("Result")

STAGES = ("reading", "splitting", "encoding", "storing", "finding duplicates", "finding aliases", "indexing")
MAX_COLUMNS = 12  # left unread that the table lists
MAX_REASONS = 8  # different reasons for skipping that the table lists


@dataclass
class Report:
    """What a build or an addition did.

    All numbers count articles, except `passages`, `duplicate_groups`, `skipped`, `reasons` and `seconds`; `by_source`
    has those of each file.

    Attributes:
        read: articles in the files; of these
        new, updated, unchanged: are not in the index, are in it with other content, or with the same content;
        repeated: were read before in the same run;
        earlier: are earlier versions of articles that were read in a newer one.
        retired: in the index, and no longer in the files, or found to be one with another article.
        undated: articles read without a date; of these
        refused: state a date that cannot be right or can be read in two ways.
        passages: passages encoded.
        duplicates: articles in the whole index that are duplicates of another one.
        duplicate_groups: groups that these form.
        skipped: files and records that could not be read.
        reasons: how many of them for each reason.
        seconds: time spent in each of STAGES.
        columns: what was read from which column of tables and records, and which columns were not read; nothing
            of that is known where a cluster reads.
        by_source: what became of what was read from each file, by its name as `Article.source` has it, in the order of
            reading. What an archive or a file of records holds counts for that file. Empty where a cluster reads.
    """

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    earlier: int = 0
    retired: int = 0
    undated: int = 0
    refused: int = 0
    passages: int = 0
    duplicates: int = 0
    duplicate_groups: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    columns: ColumnCounts = field(default_factory=ColumnCounts)
    by_source: dict[str, Outcome] = field(default_factory=dict, repr=False)

    def count(self, article: Article) -> None:
        """Count an article as read.

        Args:
            article: the article.
        """
        self.read += 1
        self.undated += article.date is None
        self.refused += (article.date_basis or "").startswith(REFUSED)

    def skip(self, skipped: Iterable[Skipped]) -> None:
        """Count what was skipped, by reason.

        Args:
            skipped: files and records; lines that were left out do not count.
        """
        for item in (item for item in skipped if not item.is_of_lines):
            self.skipped += 1
            self.reasons[without_details(item.reason)] += 1

    def took_in(self, outcomes: Mapping[str, Outcome]) -> None:
        """Add what became of what was read from some files, once it is stored.

        Args:
            outcomes: by the name of the file.
        """
        for file, outcome in outcomes.items():
            self.by_source.setdefault(file, Outcome()).add(outcome)

    def timed(self, stage: str, work: Callable[[], Result]) -> Result:
        """Call a function, and add the time it took to a stage.

        Args:
            stage: one of STAGES.
            work: the function.

        Returns:
            What it returned.
        """
        start = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds[stage] += time.perf_counter() - start

    def to_dict(self, by_source: bool = False) -> dict[str, Any]:
        """Return everything as JSON values, seconds to three places.

        Args:
            by_source: whether `by_source` is among it, which may be as long as the list of files.

        Returns:
            The values, by the names of the attributes.
        """
        seconds = {stage: round(s, 3) for stage, s in self.seconds.items()}
        values = asdict(replace(self, by_source={})) | {"reasons": dict(self.reasons), "seconds": seconds}
        del values["by_source"]
        files = {source: outcome.to_dict() for source, outcome in self.by_source.items()}
        return values | ({"by_source": files} if by_source else {})

    def __str__(self) -> str:
        parts = [f"{self.read} articles read: {self.new} new, {self.updated} updated, {self.unchanged} unchanged"]
        parts += [f"{self.repeated} more than once"] if self.repeated else []
        parts += [f"{self.earlier} earlier"] if self.earlier else []
        parts += [f"{self.retired} retired"] if self.retired else []
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        return ", ".join(parts)

    def table(self) -> str:
        """Return all numbers as lines for a terminal, with the most frequent reasons for skipping."""
        refused = f"  ({self.refused:,} with a date that was refused)" if self.refused else ""
        groups = self.duplicate_groups
        duplicates = f"  (in {groups:,} group{'s' if groups > 1 else ''}, of the whole index)" if groups else ""
        rows = [
            ("read", self.read, ""), ("  new", self.new, ""), ("  updated", self.updated, ""),
            ("  unchanged", self.unchanged, ""), ("  more than once", self.repeated, ""),
            *([("  earlier version", self.earlier, "")] if self.earlier else []), ("retired", self.retired, ""),
            ("undated", self.undated, refused), ("duplicates", self.duplicates, duplicates),
            ("skipped", self.skipped, ""),
        ]  # fmt: skip
        lines = [f"{name:<17}{number:>9,}{note}" for name, number, note in rows]
        listed = self.reasons.most_common(MAX_REASONS)
        lines += [f"{'':<17}{number:>9,}  {reason}" for reason, number in listed]
        if len(self.reasons) > MAX_REASONS:
            others = self.skipped - sum(number for _, number in listed)
            lines.append(f"{'':<17}{others:>9,}  for other reasons")
        seconds = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in self.seconds.items())
        return "\n".join([*lines, *self._columns(), f"took: {seconds}"])

    def _columns(self) -> list[str]:
        """Return a line for each field that was read from columns, and for what was left unread."""
        lines = [f"{name:<17}{'':>9}  from {_listed(columns)}" for name, columns in self.columns.read.items()]
        if unread := self.columns.unread:
            first = dict(list(unread.items())[:MAX_COLUMNS])
            more = f" and {len(unread) - MAX_COLUMNS:,} others" if len(unread) > MAX_COLUMNS else ""
            lines.append(f"{'not read':<17}{'':>9}  {_listed(first)}{more}")
        if self.columns.missing:
            named = escape_unprintable(", ".join(self.columns.missing))
            lines.append(f"{'not found':<17}{'':>9}  {named}: no record has such a column; check its spelling")
        return ["columns", *(f"  {line}" for line in lines)] if lines else []


def _listed(columns: dict[str, int]) -> str:
    return escape_unprintable(", ".join(f"{column} ({number:,})" for column, number in columns.items()))


def without_details(reason: str) -> str:
    """Return a reason without names and details, so that similar faults are counted together."""
    clause = regex.split(r" \(|: |; ", reason)[0]
    return str(regex.sub(r"'[^']*'", "…", clause))
