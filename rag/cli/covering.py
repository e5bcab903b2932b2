"""The command `coverage`: which outlets told one event."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from rag.cli.opening import open_library, prepare
from rag.cli.output import in_a_line, print_result
from rag.text import short_name

if TYPE_CHECKING:
    from rag.comparison.coverage.coverage import Coverage, Report

_WIDTH, _INDENT = 100, "   "


def coverage(options: argparse.Namespace) -> None:
    """Show who told the event of an article, or of the best passage for a question."""
    with open_library(options) as library:
        prepare(library)
        found = library.coverage(
            " ".join(options.question) if options.question else None, options.article, options.window_days, options.k,
            outlets=options.outlet, after=options.after, before=options.before, asked_on=options.asked_on or "now",
            ignore=options.ignore, outlet_kinds=options.outlet_kind, undated=options.undated,
            exclude_outlets=options.not_outlet, strict=options.strict,
        )  # fmt: skip
    print_result(options, found.to_dict(), coverage_text(found))


def coverage_text(found: Coverage) -> str:
    """Return a coverage for a terminal: the reports in the order of their dates, then who is silent."""
    from rag.comparison.coverage import wording

    said = [in_a_line(str(said)) for said in (wording.notice(found),) if said]
    if not found.found:
        return "\n".join(said)
    head = [f"Coverage of {in_a_line(str(wording.event(found)))}", in_a_line(str(wording.summary(found)))]
    reports = [_report(number, report) for number, report in enumerate((*found.reports, *found.undated), 1)]
    silent = [_filled(str(line), "") for line in (wording.silent(found),) if line]
    notes = [_filled(f"({note})", "") for note in wording.notes(found)]
    return "\n\n".join(
        ["\n".join([*said, *(_filled(line, "") for line in head)]), *reports, "\n".join([*silent, *notes])]
    )


def _report(number: int, report: Report) -> str:
    from rag.answer.changes import changes_text
    from rag.answer.wording import attribution, via
    from rag.comparison.coverage import wording

    cited = report.citation
    elsewhere = via(cited) if cited.outlet else ""
    head = f"{number}. {wording.dated(report)}. {attribution(cited)} {short_name(report.outlet)}{elsewhere}"
    about = "; ".join(map(short_name, filter(None, [cited.title, cited.url]))) or cited.article_id
    lines = [in_a_line(head), *map(_filled, cited.quotation.splitlines()), _filled(f"[{in_a_line(about)}]")]
    if copiers := wording.copiers(report):
        lines.append(_filled(in_a_line(str(copiers))))
    return "\n".join([*lines, *map(_filled, changes_text(cited))])


def _filled(line: str, indent: str = _INDENT) -> str:
    return textwrap.fill(in_a_line(line), _WIDTH, initial_indent=indent, subsequent_indent=indent)
