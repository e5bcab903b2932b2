"""Diagnosis: what was checked in an index, and what is wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

MAX_LISTED_FAULTS = 10  # of one kind


@dataclass
class Check:
    """One kind of thing that was checked.

    Attributes:
        name: what was checked.
        count: how many of them there are.
        faults: what is wrong, in words; the first MAX_LISTED_FAULTS.
        more: how many faults there are beyond those.
        repaired: what was done about all of them; empty if nothing was.
    """

    name: str
    count: int = 0
    faults: list[str] = field(default_factory=list)
    more: int = 0
    repaired: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, or everything was repaired."""
        return not self.faults or bool(self.repaired)

    def add(self, fault: str) -> None:
        """Add a fault."""
        if len(self.faults) < MAX_LISTED_FAULTS:
            self.faults.append(fault)
        else:
            self.more += 1

    def lines(self) -> list[str]:
        """Return lines for a terminal: the result, and the faults below it."""
        number = len(self.faults) + self.more
        result = f"{number:,} fault{'s' if number > 1 else ''}" if number else "ok"
        lines = [f"{self.name:<12}{self.count:>12,}  {result}{f'; {self.repaired}' if self.repaired else ''}"]
        lines += [f"    {fault}" for fault in self.faults]
        return [*lines, f"    and {self.more:,} more"] if self.more else lines


@dataclass
class Diagnosis:
    """Everything that was checked in an index.

    Attributes:
        checks: each kind of thing that was checked, in order.
        notes: what a reader should know although it is no fault.
    """

    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, or everything was repaired."""
        return all(check.ok for check in self.checks)

    def check(self, name: str) -> Check:
        """Begin a check.

        Args:
            name: what is checked.

        Returns:
            The check, to which faults are added.
        """
        self.checks.append(Check(name))
        return self.checks[-1]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {"ok": self.ok} | asdict(self)

    def __str__(self) -> str:
        end = "nothing is wrong" if self.ok else "something is wrong"
        return "\n".join([*(line for check in self.checks for line in check.lines()), *self.notes, end])
