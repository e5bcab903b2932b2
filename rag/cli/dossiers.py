"""Commands that pass an answer on as a file, and check such a file: `dossier` and `verify`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rag.cli.asking import arguments
from rag.cli.opening import open_library, open_read_only, prepare
from rag.cli.output import in_a_line, print_result, shortened
from rag.text import short_name

if TYPE_CHECKING:
    from rag.comparison.dossier.verification import Verification

MAX_CHARACTERS = 70  # of a quotation in a line


def dossier(options: argparse.Namespace) -> None:
    """Write what outlets say about a question, with receipts, to a file."""
    from rag.comparison.dossier.dossier import check_path
    from rag.comparison.side_by_side.sides import sides_in_text

    check_path(options.to)  # before the work, not after it
    with open_library(options) as library:
        prepare(library)
        given = arguments(options)
        made = library.dossier(
            " ".join(options.question), by=options.by, sides=sides_in_text(options.side or (), library.sides()),
            strict=options.strict, min_confidence=options.min_confidence, **given,
        )  # fmt: skip
        made.write(options.to)
    rows, silent = len(made.comparison.rows), len(made.comparison.silent)
    values = {"file": options.to, "rows": rows, "silent": silent, "receipts": len(made.quotations)}
    check = f"to check it again: according verify {options.to} --index {options.index}"
    print_result(
        options, values | {"grade": made.comparison.grade},
        f"{options.to}: {rows:,} with a passage, {silent:,} silent, {len(made.quotations):,} receipts; {check}",
    )  # fmt: skip


def verify(options: argparse.Namespace) -> int:
    """Check the receipts of files against an index; return 1 if one does not hold."""
    with open_read_only(options) as library:
        found = [library.verify_file(path) for path in options.files]
    values = [each.to_dict() for each in found]
    print_result(options, values[0] if len(values) == 1 else values, "\n\n".join(map(_text, found)))
    return 0 if all(each.ok for each in found) else 1


def _text(found: Verification) -> str:
    """Return what was found in a file, as lines for a terminal."""
    asked = f", asked on {found.accessed}" if found.accessed else ""
    at = f" of generation {found.generation:,} of the index, now {found.current:,}" if found.generation else ""
    lines = [f"{found.file}: {found.holding:,} of {len(found.findings):,} receipts hold{asked}{at}"]
    for each in found.findings:
        r = each.receipt
        outlet, said = short_name(r.outlet or "an unknown outlet"), shortened(r.quotation, MAX_CHARACTERS)
        lines.append(f"{r.number:4}  {each.status:9}  {outlet}, {r.date or 'undated'}: {said}")
        if each.detail:
            lines.append(f"      {'':9}  {each.detail}")
    lines += [f"      {fault}" for fault in found.faults]
    if found.unread:
        numbers = ", ".join(map(str, found.unread))
        lines.append(f"      not all words of {numbers} can be told on the pages of this PDF; its receipts have them")
    return "\n".join(in_a_line(line) for line in lines)
