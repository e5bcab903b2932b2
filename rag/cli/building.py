"""Commands that make, change, check and copy an index, and `plan`, which estimates what one will take."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from rag.cli.opening import open_library, open_to_change
from rag.cli.output import in_a_line, print_result, shell_quoted

if TYPE_CHECKING:
    from rag.ingest.capacity import Machine

DEFAULT_INDEX = "index"
DEMO_QUESTION = "Who was behind Heshmat Alavi?"
MAX_SKIPPED = 20  # printed after a build; the index keeps all


def build(options: argparse.Namespace) -> None:
    """Build an index from files, folders and URLs."""
    import rag

    names = ("catalogue", "aliases", "precision", "engine", "follow_links", "retire", "workers")
    more = {name: getattr(options, name) for name in names} | {"fields": fields(options)}
    with rag.build(
        options.paths, options.index, options.encoder, **more, fetch=True, wait=not options.no_wait
    ) as library:
        print_report(options, library)


def demo(options: argparse.Namespace) -> None:
    """Make the demonstration index."""
    from rag import demonstration

    print("according: making the index of the demonstration (some seconds) ...", file=sys.stderr, flush=True)
    with demonstration.make(options.index, options.encoder) as library:
        print_report(options, library)
    place = "" if options.index == DEFAULT_INDEX else f" --index {shell_quoted(options.index)}"
    said = ["Now ask:", f'  according ask{place} "{DEMO_QUESTION}"', f"  according serve{place}"]
    print("\n".join(said), file=sys.stderr)


def encode(options: argparse.Namespace) -> None:
    """Encode articles into Parquet files."""
    import rag

    more = {name: getattr(options, name) for name in ("catalogue", "precision", "engine", "follow_links")}
    more["fields"] = fields(options)
    report = rag.encode(options.paths, options.to, options.encoder, **more, fetch=True)
    print_result(options, report.to_dict(), f"{options.to}\n{report.table()}")


def fields(options: argparse.Namespace) -> dict[str, list[str]]:
    """Return the columns by field that the options name."""
    from rag.readers.columns import parse_options

    return parse_options(options.field)


def print_report(options: argparse.Namespace, library: Any, more: Mapping[str, object] | None = None) -> None:
    """Print what a change did, and what was skipped; as JSON also `more`."""
    report = library.report
    first = list(islice(library.skipped(), MAX_SKIPPED)) if report.skipped else []
    for skipped in first:
        print(in_a_line(f"skipped {skipped}"), file=sys.stderr)
    if report.skipped > len(first):
        rest = report.skipped - len(first)
        print(f"skipped {rest:,} more: according skipped --index {options.index}", file=sys.stderr)
    files = [in_a_line(f"{name}: {outcome}") for name, outcome in report.by_source.items()] if options.by_file else []
    print_result(
        options, report.to_dict(options.by_file) | dict(more or {}), "\n".join([options.index, *files, report.table()])
    )


def remove(options: argparse.Namespace) -> None:
    """Delete articles."""
    with open_to_change(options) as library:
        count = library.remove(options.ids, wait=not options.no_wait)
    message = f"removed {count:,}; to erase the last traces from the files, run: according compact"
    print_result(options, {"removed": count}, message)


def compact(options: argparse.Namespace) -> None:
    """Shrink the files of an index."""
    with open_to_change(options) as library:
        sizes = library.compact(wait=not options.no_wait)
    before, after = sizes or (None, None)
    if sizes:
        message = f"{sizes[0] / 1e6:,.1f} MB before, {sizes[1] / 1e6:,.1f} MB now"
    else:
        message = "compacted; Milvus will free the disk space later"
    print_result(options, {"before": before, "after": after}, f"{options.index}: {message}")


def backup(options: argparse.Namespace) -> None:
    """Copy an index to another folder."""
    with open_library(options) as library:
        library.backup(options.folder)
    message = f"copied to {options.folder}; to use the copy: --index {options.folder}"
    print_result(options, {"backup": options.folder}, message)


def doctor(options: argparse.Namespace) -> int:
    """Check an index, and repair it on demand; return 1 if something is wrong."""
    from rag.doctor import examine

    found = examine(options.index, options.repair)
    print_result(options, found.to_dict(), str(found))
    return 0 if found.ok else 1


def plan(options: argparse.Namespace) -> None:
    """Estimate what a number of articles takes."""
    from rag.ingest.capacity import machine_of_rate, similar_machines
    from rag.ingest.capacity import plan as estimate

    machines: Sequence[Machine] = machine_of_rate(options.rate) if options.rate is not None else ()
    dimension = options.dimension
    if not machines or dimension is None:
        from rag.models.encoder import DEFAULT_ENCODER, SentenceEncoder

        encoder = SentenceEncoder(options.encoder or DEFAULT_ENCODER, options.precision)
        dimension = dimension or encoder.dimension
        machines = machines or similar_machines(encoder)
    found = [estimate(articles, machines, dimension, options.workers) for articles in options.articles]
    print_result(options, [each.to_dict() for each in found], "\n\n".join(map(str, found)))
