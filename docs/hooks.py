"""Hooks that MkDocs calls for each page of the site (`mkdocs.yml` names this file).

A page may show the help of a command with `<!-- help: build -->`. Links out of `docs/`, such as `../SECURITY.md`,
work on GitHub as they are written; on the site they lead to the repository.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from typing import Any

from rag import cli

REPOSITORY = "https://github.com/according-press/according/blob/main/"
HELP_COLUMNS = "100"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return a page's Markdown with the help of commands filled in and links out of `docs/` made absolute."""
    depth = page.file.src_uri.count("/") + 1
    outside = re.compile(rf"\]\((?:\.\./){{{depth}}}([\w./-]+(?:#[\w-]+)?)\)")
    markdown = outside.sub(lambda link: f"]({REPOSITORY}{link[1]})", markdown)
    return re.sub(r"<!-- help: (\w+) -->", lambda found: f"```text\n{command_help(found[1])}```", markdown)


def command_help(command: str) -> str:
    """Return what `according COMMAND --help` prints on a terminal of HELP_COLUMNS columns."""
    os.environ["COLUMNS"] = HELP_COLUMNS
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        cli.main([command, "--help"])
    return printed.getvalue()
