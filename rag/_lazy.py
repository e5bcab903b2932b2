"""Import modules and compile patterns on first use, so that commands that need little start fast.

`np = LazyModule("numpy")` is what Python 3.15 writes as `lazy import numpy as np` (PEP 810). It is for modules that are
used in many places of another one; a module that a single function needs is imported in that function.
"""

from __future__ import annotations

import functools
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import regex


class LazyModule:
    """A module that is imported when one of its attributes is first used. Thread-safe, as importing is."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


class LazyPattern:
    """A regular expression that is compiled when it is first used.

    The patterns of `rag.query.constraints` take 0.1 s together, and most questions need few of them.

    Args:
        pattern: the expression.
        flags: as for `regex.compile`.
    """

    def __init__(self, pattern: str, flags: int):
        self._pattern, self._flags = pattern, flags

    @functools.cached_property
    def compiled(self) -> regex.Pattern[str]:
        """The compiled expression."""
        import regex

        return regex.compile(self._pattern, self._flags)
