"""JSON Lines -> Articles: one object a line, `text` required (see `record`)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from ..article import Article
from ..errors import InputError
from .record import article
from .skipped import Skipped


def read(path: Path) -> Iterator[Article | Skipped]:
    """The articles of one .jsonl or .jsonl.gz file, UTF-8. A line that holds none is yielded as Skipped."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                fields = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                if not isinstance(fields, dict):
                    raise InputError(f"a {type(fields).__name__}, not an object")
                yield article(fields, fields.get("text"), str(path))
            except json.JSONDecodeError as error:
                yield Skipped(str(path), f"not JSON ({error.msg})", number)
            except UnicodeDecodeError as error:
                yield Skipped(str(path), f"not UTF-8 ({error.reason})", number)
            except RecursionError:
                yield Skipped(str(path), "JSON nested too deeply", number)
            except InputError as error:
                yield Skipped(str(path), str(error), number)
