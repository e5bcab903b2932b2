"""Bytes -> text: the encoding found, mojibake mended where it is certain."""

from __future__ import annotations

from ..errors import InputError


def text(data: bytes, declared: str | None = None) -> str:
    """The text that bytes hold. Raises InputError where they are no text."""
    try:
        return data.decode(declared or "utf-8-sig")
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(f"not UTF-8 text ({error}); save it as UTF-8") from error
