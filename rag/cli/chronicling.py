"""The command that puts what answers a question in the order of when it happened: `timeline`."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from rag.cli.asking import arguments
from rag.cli.opening import open_library, prepare
from rag.cli.output import in_a_line, print_result, source
from rag.cli.output import notes as answer_notes
from rag.text import short_name

if TYPE_CHECKING:
    from rag.comparison.timeline.timeline import Entry, Timeline

_WIDTH, _INDENT = 100, "   "  # of an entry, in characters


def timeline(options: argparse.Namespace) -> None:
    """Put what answers a question in the order of when it happened."""
    with open_library(options) as library:
        prepare(library)
        given = arguments(options)
        found = library.timeline(
            " ".join(options.question), strict=options.strict, min_confidence=options.min_confidence, **given
        )
    print_result(options, found.to_dict(), timeline_text(found))


def timeline_text(found: Timeline) -> str:
    """Return a timeline as lines: the date and where it comes from, who says so, and the sentences."""
    from rag.answer.wording import notice
    from rag.comparison.timeline.wording import UNDATED, notes

    said = notice(found.answer)
    if not found.found:
        return "\n".join([said, *answer_notes(found.answer)])
    parts = [said, *map(_entry_text, found.entries)]
    if found.undated:
        parts += [f"{UNDATED}:", *map(_entry_text, found.undated)]
    last = [*(f"({line})" for line in notes(found)), *answer_notes(found.answer)]
    return "\n\n".join(filter(None, [*parts, "\n".join(map(in_a_line, last))]))


def _entry_text(entry: Entry) -> str:
    from rag.answer.wording import when
    from rag.comparison.timeline.wording import elsewhere, evidence, spelled

    cited, also = entry.citation, elsewhere(entry)
    head = f"{spelled(entry.when)} ({evidence(entry)})" if entry.when else f"({evidence(entry)})"
    named = map(short_name, filter(None, [cited.title, cited.url or cited.article_id]))
    about = "; ".join(filter(None, [*named, str(also) if also else ""]))
    said = f"{source(cited)}, {when(cited)}", f"«{cited.quotation}»", f"[{about}]"
    return "\n".join([in_a_line(head), *map(_filled, said)])


def _filled(words: str) -> str:
    return textwrap.fill(in_a_line(words), _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
