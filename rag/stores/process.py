"""Whether this process was forked while an index was open, which neither SQLite nor Milvus' connections survive.

Before the stores. SQLite believes in such a process that it holds the locks of the one before, so that what reads and
writes no longer waits; the connections of gRPC have lost their threads, and hang.
"""

from __future__ import annotations

import os
import weakref

from rag.errors import LibraryError

_open: weakref.WeakSet[object] = weakref.WeakSet()


class _Forked:
    while_open = False


def opened(connection: object) -> None:
    """Note that a connection to an index is open; it is until it is `closed`, or nothing refers to it any more."""
    _open.add(connection)


def closed(connection: object) -> None:
    """Note that a connection is closed."""
    _open.discard(connection)


def check_process() -> None:
    """Raise LibraryError in a process that was forked while an index was open."""
    if _Forked.while_open:
        raise LibraryError(
            "this process was forked from one in which an index was open, and cannot use an index safely; open indexes "
            'after the fork, close them before it, or start processes with multiprocessing.get_context("spawn")'
        )


def _after_fork() -> None:
    _Forked.while_open |= bool(_open)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
