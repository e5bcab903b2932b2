"""Commands that serve an index to others: `serve` the browser app, `mcp` tools for programs."""

from __future__ import annotations

import argparse

from rag.cli.opening import open_library


def serve(options: argparse.Namespace) -> None:
    """Start the browser app."""
    library = open_library(options)
    from rag.web.bounded_log import bounded_log
    from rag.web.launch import launch

    with bounded_log():
        launch(
            library, host=options.host, port=options.port, auth=options.auth, no_auth=options.no_auth,
            allow_add=options.allow_add, mcp=options.mcp, proxies=options.trusted_proxy,
        )  # fmt: skip


def mcp(options: argparse.Namespace) -> None:
    """Offer the tools on stdin and stdout."""
    from rag.web.mcp_tools import serve as serve_tools

    with open_library(options) as library:
        serve_tools(library)
