"""Open the index that a command names."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.browse import ReadOnlyLibrary
    from rag.update import UpdatableLibrary


def open_library(options: argparse.Namespace) -> Any:
    """Return the library that the options name."""
    import rag

    more = {name: getattr(options, name) for name in ("reranker", "precision") if hasattr(options, name)}
    return rag.open(options.index, options.encoder, **more, reader=getattr(options, "reader", None))


def open_to_change(options: argparse.Namespace) -> UpdatableLibrary:
    """Return the index for a command that changes it and asks no question."""
    from rag.update import open_to_change

    return open_to_change(options.index, options.encoder, getattr(options, "precision", "auto"))


def open_read_only(options: argparse.Namespace) -> ReadOnlyLibrary:
    """Return the index for a command that asks no question, and so needs neither encoder nor cache."""
    from rag.browse import browse

    return browse(options.index, options.encoder)


def prepare(library: Any) -> None:
    """Load what a question needs, which takes seconds; a terminal shows a notice meanwhile."""
    notice = "loading the encoder ..."
    if sys.stderr.isatty():
        print(notice, end="\r", file=sys.stderr, flush=True)
    library.prepare()
    if sys.stderr.isatty():
        print(" " * len(notice), end="\r", file=sys.stderr, flush=True)
