"""Commands that serve an index to others: `serve` the browser app, `mcp` tools for programs."""

from __future__ import annotations

import argparse
import os
import shlex
import sys

from rag.cli.opening import open_library
from rag.errors import AccordingError, LibraryError


def serve(options: argparse.Namespace) -> None:
    """Start the browser app; on the demonstration, where no index is named and there is none."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from rag.web.security import listening

    form = options.log_format or os.environ.get("LOG_FORMAT") or "text"
    if form not in ("text", "json"):
        raise AccordingError(f"LOG_FORMAT is {form!r}; give text or json")
    listening(options.host, options.auth, options.no_auth)  # reports a mistake before some seconds of work, not after
    print("according: starting the app (some seconds) ...", file=sys.stderr, flush=True)
    is_demonstration = _demonstrated(options)
    library = open_library(options)
    from rag.web.app import EXAMPLES
    from rag.web.bounded_log import bounded_log
    from rag.web.launch import launch

    with bounded_log(as_json=form == "json", with_questions=_chosen(options, "log_questions")):
        launch(
            library, host=options.host, port=options.port, examples=EXAMPLES if is_demonstration else (),
            auth=options.auth, no_auth=options.no_auth, allow_add=_chosen(options, "allow_add"),
            mcp=_chosen(options, "mcp"), proxies=options.trusted_proxy, metrics=_chosen(options, "metrics"),
            metrics_token=options.metrics_token,
        )  # fmt: skip


def _chosen(options: argparse.Namespace, name: str) -> bool:
    """Return whether an option is given, or its variable, in capitals, is 1 in the environment."""
    return getattr(options, name) or os.environ.get(name.upper()) == "1"


def _demonstrated(options: argparse.Namespace) -> bool:
    """Choose the index if none is named; make the demonstration there, or bring it up to date, if it is its place.

    Returns:
        Whether the index holds nothing but the demonstration.
    """
    from rag import demonstration
    from rag.stores.location import exists
    from rag.stores.milvus.client import parse_location

    given = options.index is not None
    named = options.index or os.environ.get("INDEX")
    options.index = named or options.default_index
    if parse_location(options.index):
        return False
    if exists(options.index):
        if not demonstration.is_in(options.index, if_empty=not named):
            return False
    elif given:
        return False  # to open it is an error that says so
    elif named:
        raise LibraryError(
            f"INDEX is {named!r}, and there is no index; correct it, make one there with `according build FOLDER "
            f"--index {shlex.quote(named)}`, or unset INDEX to see the demonstration"
        )
    if not given:
        with demonstration.make(options.index, options.encoder) as library:
            print(f"{options.index}: {library.report}", file=sys.stderr, flush=True)
    return True


def mcp(options: argparse.Namespace) -> None:
    """Offer the tools on stdin and stdout."""
    from rag.web.mcp_tools import serve as serve_tools

    with open_library(options) as library:
        serve_tools(library)
