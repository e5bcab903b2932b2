"""Print what a command found: answers for a terminal, values as JSON.

The sentences of an answer come from `rag.answer.wording`, which the app uses too. Whatever is printed is made harmless
to a terminal first.
"""

from __future__ import annotations

import argparse
import re
import shlex
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import regex

from rag.text import json_text, sanitise, short_name

if TYPE_CHECKING:
    from rag.answer.answer import Answer
    from rag.answer.citation import Citation
    from rag.article import Article

_WIDTH, _INDENT = 100, "   "  # of a passage, in characters


def answer_text(answer: Answer) -> str:
    """Return an answer: outlet and date above each passage, the sentences that answer between « and »."""
    from rag.answer import wording

    said = wording.notice(answer)
    if not answer.found:
        return "\n".join([said, *notes(answer)])
    doubtful = [wording.is_doubtful(c, answer) for c in answer.passages]
    parts = [*([said] if said else []), *passages_text(answer.passages, doubtful)]
    figures = [f"({wording.figures(answer)})"] if answer.figures else []
    return "\n\n".join([*parts, "\n".join([*figures, _counts(answer), *notes(answer)])])


def passages_text(passages: Sequence[Citation], doubtful: Sequence[bool] = ()) -> list[str]:
    """Return passages as `answer_text` has them; `doubtful` says of each whether it may not answer, if it is graded."""
    from rag.answer import wording
    from rag.answer.changes import changes_text

    parts = []
    for number, c in enumerate(passages, 1):
        start, end = (edge - c.start for edge in c.quote)
        named = map(short_name, filter(None, [c.title, ", ".join(c.authors), c.url]))
        about = "; ".join(filter(None, [*named, wording.republished(c)]))
        head = f"{number}. {source(c)}, {wording.when(c)}"
        head += f" ({wording.MAY_NOT_ANSWER})" if (doubtful[number - 1] if doubtful else c.grade == "near") else ""
        revised = [f"{_INDENT}({c.revision})"] if c.revision else []
        changed = [*map(_filled, changes_text(c))]
        about = in_a_line(about or c.article_id)
        opened, closed = _marks(head, c.text, *revised, about, *changed)
        marked = f"{c.text[:start]}{opened}{c.text[start:end]}{closed}{c.text[end:]}"
        lines = [_filled(line) for line in marked.splitlines()]
        parts.append("\n".join([in_a_line(head), *lines, *revised, f"{_INDENT}[{about}]", *changed]))
    return parts


def source(cited: Citation | Article) -> str:
    """Return whose words they are, and from which site: "According to Reuters, via example.org"."""
    from rag.answer import wording
    from rag.answer.balance import UNKNOWN_OUTLET

    return f"{wording.attribution(cited)} {short_name(cited.outlet or UNKNOWN_OUTLET)}{wording.via(cited)}"


def _marks(*printed: str) -> tuple[str, str]:
    """Return « and », doubled where a text that is printed with them has such marks itself, and so on."""
    shown = regex.sub(r"\p{Default_Ignorable_Code_Point}+", "", "\n".join(printed))
    count = 1 + max(map(len, regex.findall("«+|»+", shown)), default=0)
    return "«" * count, "»" * count


def in_a_line(text: str) -> str:
    """Return a text without line ends: what an article or a file is called must not look like a line of its own."""
    return sanitise(text.replace("\n", " "))


def _filled(line: str) -> str:
    return textwrap.fill(line, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def notes(answer: Answer) -> list[str]:
    """Return lines on why the answer may be one-sided, what was searched for, and what was left out."""
    from rag.answer import wording
    from rag.query.constraints import IGNORED, OFFERS, PHRASE, PREVIOUS

    lines = [f"Caution: {wording.caution(found)}" for found in answer.balance.warnings]
    lines += [f"Searched for: {answer.searched}"] if answer.searched != answer.question else []
    applied = [found for found in answer.constraints if found.applied]
    for found in applied:
        alone = sum(other.kind == found.kind for other in applied) == 1
        narrows = alone and not wording.puts_first(found)
        every = "words" if found.kind == PHRASE else "outlets" if found.outlet else found.kind
        purpose = "search these too" if found.excludes else f"search all {every}" if narrows else "ignore this"
        if found.kind == PREVIOUS:
            purpose = "ask without it"
        option = f"--ignore {shell_quoted(found.words)}"
        lines.append(f"{wording.limit(found, answer)}; to {purpose}, add {option}")
    others = [found for found in wording.unapplied(answer) if found.why != IGNORED]
    for found in others:
        offer = f"; to search only that, add --outlet {shell_quoted(found.outlet or '')}"
        lines.append(f"Not applied: “{found.words}”: {found.why}{offer if found.why in OFFERS else ''}")
    lines += map(str, wording.notes(answer))
    return [f"({line})" for line in lines]


def _counts(answer: Answer) -> str:
    """Return how much of the index the answer rests on, in a line."""
    shown, allowed = answer.balance.shown, answer.balance.allowed
    span = f"{shown.first} to {shown.last}" if shown.first != shown.last else f"{shown.first or 'undated'}"
    return (
        f"({shown.articles} of {allowed.articles:,} articles, {shown.named} of {allowed.named} outlets, "
        f"at least {shown.independent} independent source{'s' if shown.independent != 1 else ''}, {span})"
    )


def shell_quoted(words: str) -> str:
    """Return words as one argument of a shell, in double quotes if that is safe."""
    return shlex.quote(words) if re.search(r'["$`\\!]', words) else f'"{words}"'


def shortened(text: str, width: int = 90) -> str:
    """Return the first words of a text, in one line."""
    return textwrap.shorten(text, width, placeholder=" …")


def print_result(options: argparse.Namespace, values: object, text: str) -> None:
    """Print the values as JSON if --json was given, or else the text."""
    if options.json:
        print(json_text(values))
    else:
        print(sanitise(text))


def print_each(options: argparse.Namespace, found: Iterable[tuple[object, str]], none: str = "") -> None:
    """Print results as they come, in the form of `print_result`: the values as a list, the texts as lines.

    Args:
        options: of the command.
        found: the values and the text of each result.
        none: what to print if there are no results.
    """
    empty = True
    for values, text in found:
        if options.json:
            print("[" if empty else ",", textwrap.indent(json_text(values), "  "), sep="\n", end="")
        else:
            print(sanitise(text))
        empty = False
    if options.json:
        print("[]" if empty else "\n]")
    elif empty:
        print(none)
