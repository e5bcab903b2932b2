"""Commands that read across: `compare`, and `sides`, which names groups of outlets."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from typing import TYPE_CHECKING

from rag.cli.asking import arguments
from rag.cli.opening import open_library, prepare
from rag.cli.output import in_a_line, notes, print_result
from rag.errors import QuestionError
from rag.text import short_name

if TYPE_CHECKING:
    from rag.answer.citation import Citation
    from rag.comparison.side_by_side.comparison import Comparison, Row

GROUP_WIDTH, MIN_WIDTH, MAX_WIDTH = 26, 60, 110  # in characters; a narrower terminal gets one column


def compare(options: argparse.Namespace) -> None:
    """Put what each group of articles says about a question side by side."""
    from rag.comparison.side_by_side.sides import sides_in_text

    with open_library(options) as library:
        prepare(library)
        given = arguments(options)
        found = library.compare(
            " ".join(options.question), by=options.by, sides=sides_in_text(options.side or (), library.sides()),
            strict=options.strict, min_confidence=options.min_confidence, **given,
        )  # fmt: skip
    print_result(options, found.to_dict(), comparison_text(found))


def sides(options: argparse.Namespace) -> None:
    """List the sides that are saved with the index, save one, or delete one."""
    with open_library(options) as library:
        if options.delete and not options.name:
            raise QuestionError("name the side to delete, as `according sides` lists them")
        if options.delete or options.outlets:
            library.save_side(options.name, None if options.delete else options.outlets)
        elif options.name is not None:
            raise QuestionError(f"name what is on side {options.name!r}, or delete it with --delete")
        saved = library.sides()
    lines = [
        f"{in_a_line(short_name(name))}: {in_a_line(', '.join(map(short_name, names)))}"
        for name, names in saved.items()
    ]
    print_result(options, saved, "\n".join(lines) or "no side is saved")


def comparison_text(found: Comparison) -> str:
    """Return a comparison as a table that fits the terminal: who, and what they say."""
    from rag.answer import wording
    from rag.comparison.side_by_side.wording import on_sides, scope, silent

    said, nothing, sides = wording.notice(found.answer), silent(found), on_sides(found)
    if not found.found:
        facts = [in_a_line(f"({fact})") for fact in (nothing, sides) if fact]
        return "\n".join(filter(None, [said, *facts, *notes(found.answer)]))
    width = min(MAX_WIDTH, shutil.get_terminal_size().columns)
    lines = [f"({wording.figures(found.answer)})"] if found.figures else []
    lines += [f"({scope(found)})", *(f"({fact})" for fact in (nothing, sides) if fact), *notes(found.answer)]
    parts = [
        said,
        *(_row_text(row, cited, found, width) for row, cited in found.passages),
        "\n".join(map(in_a_line, filter(None, lines))),
    ]
    return "\n\n".join(filter(None, parts))


def _row_text(row: Row, cited: Citation, found: Comparison, width: int) -> str:
    """Return a passage of a row in two columns, or below each other where the terminal is narrow."""
    from rag.answer.changes import changes_text
    from rag.comparison.side_by_side.wording import passage_facts, row_source

    about = f"[{'; '.join(map(short_name, filter(None, [cited.title, cited.url or cited.article_id])))}]"
    left = [short_name(row.group), *map(str, passage_facts(row, cited))]
    right = [f"«{' '.join(cited.quotation.split())}»", row_source(row, found.by, cited), about]
    right += changes_text(cited)
    if width < MIN_WIDTH:
        return "\n".join(line for words in (*left, *right) for line in _wrapped(words, width))
    names = [line for words in left for line in _wrapped(words, GROUP_WIDTH)]
    says = [line for words in right for line in _wrapped(words, width - GROUP_WIDTH - 2)]
    height = max(len(names), len(says))
    columns = zip(*(column + [""] * (height - len(column)) for column in (names, says)), strict=True)
    return "\n".join(f"{name:<{GROUP_WIDTH}}  {words}".rstrip() for name, words in columns)


def _wrapped(words: str, width: int) -> list[str]:
    return textwrap.wrap(in_a_line(words), width)
