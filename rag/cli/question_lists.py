"""`according ask --questions LIST --csv FILE`: ask every question of a table, and write a table of what is quoted.

Each question is written as soon as it is answered, so that a crash loses nothing: to FILE.part, which takes the place
of FILE when all are done. A row that cannot be asked is written with the reason, and the others are asked all the same.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import datetime as dt
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import regex

from rag.cli.opening import open_library, prepare
from rag.cli.output import in_a_line
from rag.errors import InputError, QuestionError
from rag.text import sanitise

if TYPE_CHECKING:
    from rag.answer.answer import Answer
    from rag.answer.citation import Citation

QUESTION = "question"
SEPARATOR = ";"  # between several outlets in one cell
BAD_ROW = "not asked"  # in place of a grade
COLUMNS = (
    "line", "grade", "reason", "rank", "outlet", "host", "date", "date_basis", "title", "quotation", "passage", "url",
    "article_id", "start", "end", "quote_start", "quote_end", "content_hash", "confidence", "accessed",
)  # fmt: skip
# What a spreadsheet may take for a formula: https://owasp.org/www-community/attacks/CSV_Injection, and what a program
# that imports text may drop before it. Numbers are none.
_FORMULA = regex.compile(r"(?![+-]?\d[\d.,]*\Z)[\s\p{Cf}\p{Cc}]*[=+\-@＝＋－＠]|[\t\r\n]")

Row = tuple[int, Mapping[str, str] | str]  # the line, and the cells by column, or why there are none


def ask_list(options: argparse.Namespace, arguments: Mapping[str, Any]) -> int:
    """Ask every question of a table; return 1 if one could not be asked.

    Args:
        options: of the command `ask`.
        arguments: of `Library.ask`, for rows that do not say otherwise.
    """
    if options.form or options.json:
        raise QuestionError("--questions writes CSV: leave --json and --as out")
    failed = 0
    with _questions(options) as (header, rows), _output(options.csv) as file, open_library(options) as library:
        prepare(library)
        names = _given_names(header)
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([*map(harmless, names), *COLUMNS])
        for line, cells in _watched(rows):
            given = [cells.get(name, "") for name in header] if isinstance(cells, Mapping) else [""] * len(header)
            try:
                if isinstance(cells, str):
                    raise QuestionError(cells)
                answer = library.ask(cells[_column(header, QUESTION)], **{**arguments, **_filters(cells)})
                found = _answered(line, answer)
            except QuestionError as error:
                failed += 1
                print(in_a_line(f"according: line {line}: {error}"), file=sys.stderr)
                found = [{"line": line, "grade": BAD_ROW, "reason": str(error)}]
            for values in found:
                writer.writerow([harmless(cell) for cell in (*given, *(values.get(name) for name in COLUMNS))])
            file.flush()
            if file is not sys.stdout:
                os.fsync(file.fileno())
    if options.csv:
        print(f"according: {options.csv}", file=sys.stderr)
    return 1 if failed else 0


def harmless(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula: after an apostrophe where it might be one."""
    text = "" if value is None else sanitise(str(value))
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text


@contextlib.contextmanager
def _questions(options: argparse.Namespace) -> Iterator[tuple[list[str], Iterator[Row]]]:
    """Open the table of questions: the names of its columns, and its rows; or the one question of the command line."""
    if not options.questions:
        yield [QUESTION], iter([(1, {QUESTION: " ".join(options.question)})])
        return
    from rag.readers.table import open_rows

    path = Path(options.questions)
    if not path.is_file():
        raise InputError(f"there is no file {path}; give a table with a column named question")
    if options.csv and Path(options.csv).resolve() == path.resolve():
        raise InputError(f"--csv would replace the list {path}; name another file")
    with contextlib.ExitStack() as opened:
        try:
            rows = opened.enter_context(open_rows(path, lambda names: bool(_column(names, QUESTION)), (QUESTION,) * 2))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        header = list(dict.fromkeys(rows.header))
        yield header, ((line, cells if isinstance(cells, str) else _named(rows.header, cells)) for line, cells in rows)


def _named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return the cells of a row by column; of two columns with one name, the first that is not empty counts."""
    row: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=True):
        row[name] = row.get(name) or cell
    return row


@contextlib.contextmanager
def _output(name: str | None) -> Iterator[IO[str]]:
    """Open the file to write; it takes its place at the end, and keeps what was done if there is none.

    UTF-8 with a byte order mark, without which spreadsheets take it for another encoding.
    """
    if name is None:
        if isinstance(sys.stdout, io.TextIOWrapper):  # as CSV has its line ends, which Windows would double
            sys.stdout.reconfigure(newline="")
        yield sys.stdout
        return
    path, part = Path(name), Path(f"{name}.part")
    try:
        file = part.open("x", encoding="utf-8-sig", newline="")
    except FileExistsError:
        raise InputError(
            f"{part} is what an earlier run has finished, or is writing; rename it to keep it, or delete it"
        ) from None
    except OSError as error:
        raise InputError(f"cannot write {part}: {error.strerror or error}") from error
    begun = False
    try:
        with file:
            yield file
            begun = True
        part.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; {part} has what was done") from error
    finally:
        if not begun:
            _tell_or_drop(part)


def _tell_or_drop(part: Path) -> None:
    """Say where the finished questions are; delete the file if there is none."""
    with contextlib.suppress(OSError):
        if part.read_bytes().count(b"\r\n") > 1:
            print(f"according: {part} has the questions that were finished", file=sys.stderr)
        else:
            part.unlink()


def _watched(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows; how many are done is shown if stderr is a terminal."""
    from tqdm import tqdm

    yield from tqdm(rows, desc="questions", unit=" questions", disable=None, leave=False)


def _given_names(header: Sequence[str]) -> list[str]:
    """Return the names of the columns that are passed through; one with the name of a column of ours gets another."""
    return [f"given {name}" if name.lower() in COLUMNS else name for name in header]


def _column(names: Sequence[str], wanted: str) -> Any:
    return next((name for name in names if name.strip().lower() == wanted), None)


def _filters(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments of `Library.ask` that a row gives.

    Raises:
        QuestionError: for a cell that makes no sense.
    """
    given: dict[str, Any] = {}
    for name, cell in cells.items():
        known = _FILTERS.get(name.strip().lower().replace(" ", "_"))
        if known and cell.strip():
            argument, read = known
            try:
                given[argument] = read(cell.strip())
            except ValueError:
                raise QuestionError(f"{name} is {cell.strip()!r}; give {_EXPECTED[read]}") from None
    return given


def _several(cell: str) -> list[str]:
    return [name for part in cell.split(SEPARATOR) if (name := part.strip())]


def _yes(cell: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if (answer := answers.get(cell.lower())) is None:
        raise ValueError(cell)
    return answer


_FILTERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "outlet": ("outlets", _several), "outlets": ("outlets", _several),
    "exclude_outlets": ("exclude_outlets", _several), "not_outlet": ("exclude_outlets", _several),
    "outlet_kind": ("outlet_kinds", _several), "outlet_kinds": ("outlet_kinds", _several),
    "after": ("after", str), "before": ("before", str), "asked_on": ("asked_on", str), "order": ("order", str),
    "previous": ("previous", str), "ignore": ("ignore", _several), "k": ("k", int),
    "min_confidence": ("min_confidence", float), "undated": ("undated", _yes), "strict": ("strict", _yes),
}  # fmt: skip
_EXPECTED = {int: "a whole number", float: "a number", _yes: "yes or no"}


def _answered(line: int, answer: Answer) -> list[dict[str, object]]:
    """Return a row for each passage of an answer, or one that says why there is none."""
    from rag.answer.wording import notice

    said: dict[str, object] = {
        "line": line,
        "grade": answer.grade,
        "reason": notice(answer),
        "accessed": dt.date.today().isoformat(),
    }
    said["confidence"] = "" if answer.confidence is None else f"{answer.confidence:.3f}"
    return [said | _cited(rank, c) for rank, c in enumerate(answer.passages, 1)] or [said]


def _cited(rank: int, c: Citation) -> dict[str, object]:
    from rag.answer.citation import quote_hash

    return {
        "rank": rank, "outlet": c.outlet, "host": c.host, "date": c.date.isoformat() if c.date else None,
        "date_basis": c.date_basis, "title": c.title, "quotation": c.quotation, "passage": c.text, "url": c.url,
        "article_id": c.article_id, "start": c.start, "end": c.end, "quote_start": c.quote[0],
        "quote_end": c.quote[1], "content_hash": quote_hash(c.text),
    }  # fmt: skip
