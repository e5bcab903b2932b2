"""Modules that are imported when something of them is first used, so that what needs little starts fast.

`np = Later("numpy")` is what Python 3.15 writes as `lazy import numpy as np` (PEP 810). For modules of which much is
used in many places of another one; what a single function needs it imports itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LazyModule:
    """Stands for a module; safe to use from several threads, as importing is."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
