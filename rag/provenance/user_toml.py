"""Read TOML that a user wrote: every mistake becomes an InputError with its place and the remedy.

The catalogue of outlets, a user's list of aliases (`rag.query.aliases`) and a settings file are read with it.
"""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import regex

from rag.errors import InputError

MAX_BYTES = 8 * 2**20  # of a file; the bundled catalogue has 35 kB
# What tomllib takes the square of: of parts of a key ("a.a.a"; 100,000 take minutes), and of digits of a number.
_MAX_DOTS = 100  # in a line
_LONG_NUMBER = regex.compile(r"[0-9a-f_]{1000}", regex.I)


def read_text(path: Path) -> str:
    """Return the text of a TOML file.

    Raises:
        InputError: if the file cannot be read, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES // 2**20} MB; give the path of a TOML file")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of a TOML file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from error


def loads(text: str) -> dict[str, Any]:
    """Return what a TOML text holds.

    Raises:
        InputError: with the reason, if it is not TOML, or would take long to parse.
    """
    if any(line.count(".") > _MAX_DOTS for line in text.split("\n")):
        raise InputError(f"a line has more than {_MAX_DOTS} full stops")
    if _LONG_NUMBER.search(text):
        raise InputError("a number has too many digits")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(str(error)) from error


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
        data = loads(unicodedata.normalize("NFC", text))
    except InputError as error:
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
