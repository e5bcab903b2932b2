"""Read TOML that a user wrote: every mistake becomes an InputError with its place and the remedy.

The catalogue of outlets and a user's list of aliases (`rag.query.aliases`) are read with it.
"""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import regex

from rag.errors import InputError


def read_text(path: Path) -> str:
    """Return the text of a TOML file.

    Raises:
        InputError: if the file cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of a TOML file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from error


def parse_tables(text: str, name: str, entry: str, example: str) -> list[dict[str, Any]]:
    """Return the tables [[entry]] of a TOML text that holds nothing else.

    Args:
        text: the TOML.
        name: what errors call the text.
        entry: the name of the tables.
        example: how to write one, for errors ("docs/outlets.md has an example").

    Raises:
        InputError: if the text is not TOML, has no such table, or has something else.
    """
    try:
        data = tomllib.loads(unicodedata.normalize("NFC", text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{name}: not TOML ({error}); {example}") from error
    tables = data.pop(entry, None)
    if data or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        wrong = f'unknown key "{next(iter(data))}"' if data else f"no {entry}s"
        raise InputError(f"{name}: {wrong}; write each {entry} below a line [[{entry}]]")
    return tables


def one_line(value: object, said: str) -> str:
    """Return a value that must be one line of text, without the white space around it.

    Args:
        value: what the TOML holds.
        said: how an error begins, before the value ("kind is").

    Raises:
        InputError: if it is anything else.
    """
    if not isinstance(value, str) or not value.strip() or regex.search(r"[\p{Cc}\p{Zl}\p{Zp}]", value):
        raise InputError(f"{said} {value!r}; give one line of text in quotes")
    return value.strip()
