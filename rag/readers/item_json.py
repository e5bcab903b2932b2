"""What readers yield as JSON values, for other processes and machines, and for files: nothing goes through a pickle."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from rag.article import Article

from .skipped import Skipped


def to_json(item: Article | Skipped) -> dict[str, Any]:
    """Return an item as JSON values."""
    values = dataclasses.asdict(item)
    if isinstance(item, Article):
        values["date"] = item.date.isoformat() if item.date else None
    return values


def from_json(values: dict[str, Any]) -> Article | Skipped:
    """Return the item that `to_json` was given."""
    if "text" not in values:
        return Skipped(**values)
    date, authors = values.pop("date"), tuple(values.pop("authors"))
    return Article(**values, authors=authors, date=dt.date.fromisoformat(date) if date else None)
