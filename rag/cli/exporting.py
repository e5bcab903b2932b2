"""The command `export`: the articles of an index as a file for other programs."""

from __future__ import annotations

import argparse

from rag.cli.opening import open_read_only
from rag.cli.output import print_result
from rag.errors import QuestionError


def export(options: argparse.Namespace) -> None:
    """Write articles with their provenance to each file that is named."""
    from rag.exporting.files import export_jsonl, export_parquet
    from rag.exporting.sqlite import export_sqlite

    formats = {"sqlite": export_sqlite, "parquet": export_parquet, "jsonl": export_jsonl}
    wanted = [(write, path) for name, write in formats.items() if (path := getattr(options, name))]
    if not wanted:
        raise QuestionError("say what to write: --sqlite FILE, --parquet FILE or --jsonl FILE")
    with open_read_only(options) as library:
        found = [write(library, path, options.index, options.replace) for write, path in wanted]
    values = [
        {"file": str(f.path), "articles": f.articles, "passages": f.passages, "outlets": f.outlets} for f in found
    ]
    lines = []
    for f in found:
        more = f", {f.passages:,} passages, {f.outlets:,} outlets" if f.passages or f.outlets else ""
        lines.append(f"{f.path}: {f.articles:,} articles{more}")
    print_result(options, values, "\n".join(lines))
