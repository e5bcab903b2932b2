"""Commands that ask a question: `ask` and `search`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from typing import Any

from rag.cli.opening import open_library, prepare
from rag.cli.output import answer_text, notes, print_result, shell_quoted, shortened
from rag.errors import QuestionError
from rag.text import sanitise, short_name


def ask(options: argparse.Namespace) -> int | None:
    """Answer a question, or all of a list."""
    if bool(options.question) == bool(options.questions):
        raise QuestionError("give a question, or a list of them with --questions, and not both")
    if options.questions or options.csv:
        from rag.cli.question_lists import ask_list

        more = {"min_confidence": options.min_confidence, "strict": options.strict}
        return ask_list(options, arguments(options) | more)
    if options.form and options.json:
        raise QuestionError("--json and --as cannot be combined; give one of them")
    with open_library(options) as library:
        prepare(library)
        answer = library.ask(
            " ".join(options.question), **arguments(options), min_confidence=options.min_confidence,
            strict=options.strict,
        )  # fmt: skip
        catalogue, indexed = library.catalogue, tuple(filter(None, library.outlets()))
    if options.form:
        from rag.answer.export import FORMS
        from rag.answer.wording import notice

        print(FORMS[options.form].write(answer, dt.date.today(), catalogue), end="")
        for note in filter(None, [notice(answer), *notes(answer)]):
            print(sanitise(note), file=sys.stderr)
        return None
    from rag.comparison.side_by_side.asked import asked_comparison

    text = answer_text(answer)
    if asked_comparison(answer.question, catalogue, indexed):
        text += f"\n(To see them side by side: according compare {shell_quoted(answer.question)})"
    print_result(options, answer.to_dict(), text)
    return None


def search(options: argparse.Namespace) -> None:
    """Find the passages nearest to a question."""
    with open_library(options) as library:
        prepare(library)
        hits = library.search(" ".join(options.question), **arguments(options))
    rows = [{**vars(h), "date": h.date.isoformat() if h.date else None} for h in hits]
    lines = (
        f"{h.score:.3f}  {short_name(h.outlet or 'unknown outlet')}, {h.date or 'undated'}: {shortened(h.text)}"
        for h in hits
    )
    print_result(options, rows, "\n".join(lines) or "no passage matches these filters")


def arguments(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `Library.ask` that all commands take which ask a question."""
    return {
        "k": options.k,
        "outlets": options.outlet,
        "after": options.after,
        "before": options.before,
        "previous": options.previous,
        "asked_on": options.asked_on or "now",  # `NOW`, whose module would load others
        "ignore": options.ignore,
        "outlet_kinds": options.outlet_kind,
        "undated": options.undated,
        "exclude_outlets": options.not_outlet,
        **({"order": options.order} if "order" in options else {}),
    }
