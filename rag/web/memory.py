"""How much memory something takes that is kept, so that what is kept can have a bound in bytes."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping

from rag.provenance.catalogue import Catalogue

_SHARED = (type, Catalogue)  # kept anyway
_MANY = (list, tuple, set, frozenset, deque)


def bytes_of(value: object) -> int:
    """Return about how many bytes a value takes, with all that it holds; what it holds twice counts once.

    Args:
        value: of data classes, collections and plain values. The catalogue of outlets is not counted: all share it.
    """
    seen, left, total = set[int](), [value], 0
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, _SHARED):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        if isinstance(one, Mapping):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, _MANY):
            left += one
        else:
            left += getattr(one, "__dict__", {}).values()
            left += [getattr(one, name, None) for name in getattr(type(one), "__slots__", ())]
    return total
