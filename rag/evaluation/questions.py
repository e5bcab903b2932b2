"""Read files of questions with known answers, and check every field.

First step of an evaluation: `run.py` asks what is read here. Two layouts are read: JSON Lines, and a folder in the
layout of BEIR.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import regex

from rag.errors import InputError
from rag.provenance.dates import iso_day
from rag.query.query import MAX_QUESTION_CHARACTERS

UNANSWERABLE = "unanswerable"  # prefix of the kinds of questions that no article answers
OFF_TOPIC = "unanswerable-offtopic"  # the kind of questions about a subject that the index does not cover at all

_QRELS_HEADER = "query-id\tcorpus-id\tscore"
_FILTERS = {"outlet": "outlets", "outlets": "outlets", "after": "after", "before": "before"}


@dataclass(frozen=True)
class ExpectedAnswer:
    """An answer that the articles give to a question.

    Attributes:
        evidence: a sentence of an article, or a part of one, word for word; "" where only the article is known.
        article: the article's id, where known. If the index has no such id, the article is found by its evidence.
        short: the answer in a word, for people who read the file.
    """

    evidence: str = ""
    article: str | None = None
    short: str = ""


@dataclass(frozen=True)
class Question:
    """A question, and what is known about its answer.

    Attributes:
        question: the question as it is asked.
        id: its id in the file; "line 3" where the file gives none.
        kind: any word to group it by; a kind that begins with "unanswerable" means that no article answers it.
        answers: the expected answers; empty where none is known.
        relevant: ids of the articles about it with their grades (above 0), where these were judged.
        filters: arguments of `Library.ask` that the question's words imply (`outlets`, `after`, `before`).
        previous: the question before it, for a follow-up.
        asked_on: the date that words such as "last year" refer to.
        note: a remark, for people who read the file.
    """

    question: str
    id: str = ""
    kind: str = "question"
    answers: tuple[ExpectedAnswer, ...] = ()
    relevant: Mapping[str, int] = field(default_factory=dict)
    filters: Mapping[str, Any] = field(default_factory=dict)
    previous: str | None = None
    asked_on: dt.date | None = None
    note: str = ""

    @property
    def answerable(self) -> bool:
        """Whether an article answers it."""
        return not self.kind.startswith(UNANSWERABLE)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The evidence sentences; any one of them answers it."""
        return tuple(a.evidence for a in self.answers if a.evidence)


def read_questions(path: str | os.PathLike[str]) -> list[Question]:
    """Read the questions of a file or a folder, in order.

    A file is JSON Lines with one object per line: `question` (required), `id`, `kind`, `answers` (a list of objects
    with `evidence`, `article`, `short`), `relevant` (ids of articles), `filters` (`outlet` or `outlets`, `after`,
    `before`), `previous`, `asked_on`, `note`. Other keys are ignored.

    A folder follows BEIR (Thakur et al. 2021): `queries.jsonl` (`_id`, `text`, optionally `date`) and `qrels.tsv`
    (columns `query-id`, `corpus-id`, `score` under a header with these names). Its questions without a relevant article
    are left out.

    Args:
        path: the file or the folder.

    Returns:
        At least one question.

    Raises:
        InputError: if the path cannot be read, has no questions or has a wrong field; names the file and the line.
    """
    given = Path(path)
    questions = _read_folder(given) if given.is_dir() else _read_file(given)
    if not questions:
        raise InputError(f"{given} has no questions; write one per line, as a JSON object with at least a `question`")
    return questions


def _read_file(path: Path) -> list[Question]:
    questions: list[Question] = []
    line_of_id: dict[str, int] = {}
    for number, location, record in _records(path):
        question = _question(record, f"line {number}", location)
        if question.id in line_of_id:
            raise InputError(f"{location}: the id {question.id!r} is already used on line {line_of_id[question.id]}")
        line_of_id[question.id] = number
        questions.append(question)
    return questions


def _question(record: Mapping[str, Any], default_id: str, location: str) -> Question:
    if not (text := _question_text(record, "question", location)):
        raise InputError(f"{location}: no `question`")
    kind = _string(record, "kind", location) or Question.kind
    question = Question(
        question=text,
        id=_identifier(record.get("id"), "id", location) or default_id,
        kind=kind,
        answers=tuple(_expected_answer(answer, location) for answer in _list(record, "answers", location)),
        relevant={_identifier(i, "relevant", location): 1 for i in _list(record, "relevant", location)},
        filters=_filters(record.get("filters") or {}, location),
        previous=_question_text(record, "previous", location) or None,
        asked_on=_date(record.get("asked_on"), "asked_on", location),
        note=_string(record, "note", location),
    )
    if not question.answerable and (question.answers or question.relevant):
        raise InputError(f"{location}: the kind {kind!r} means that no article answers it, but an answer is given")
    return question


def _expected_answer(answer: object, location: str) -> ExpectedAnswer:
    if not isinstance(answer, dict):
        raise InputError(f"{location}: an answer is {answer!r}; give an object with `evidence` or `article`")
    evidence = _string(answer, "evidence", location)
    article = _identifier(answer.get("article"), "article", location) or None
    if evidence and not regex.search(r"\w", evidence):
        raise InputError(f"{location}: the evidence {evidence!r} contains no word")
    if not evidence and article is None:
        raise InputError(f"{location}: an answer has neither `evidence` nor `article`; give at least one of them")
    return ExpectedAnswer(evidence, article, _string(answer, "short", location))


def _filters(filters: object, location: str) -> dict[str, Any]:
    accepted = "give an object with outlet (or outlets), after and before"
    if not isinstance(filters, dict):
        raise InputError(f"{location}: `filters` is not an object; {accepted}")
    if unknown := [key for key in filters if key not in _FILTERS]:
        raise InputError(f"{location}: `filters` has {', '.join(map(repr, unknown))}; {accepted}")
    given = {key: value for key, value in filters.items() if value not in (None, "", [])}
    return {_FILTERS[key]: _filter(key, value, location) for key, value in given.items()}


def _filter(key: str, value: object, location: str) -> Any:
    if key in ("after", "before"):
        return _date(value, key, location)
    outlets = value if isinstance(value, list) else [value]
    if not all(isinstance(outlet, str) for outlet in outlets):
        raise InputError(f"{location}: the filter `{key}` is {value!r}; give the name of an outlet, or a list of names")
    return tuple(outlets)


def _read_folder(folder: Path) -> list[Question]:
    if missing := [name for name in ("queries.jsonl", "qrels.tsv") if not (folder / name).is_file()]:
        raise InputError(
            f"{folder}: no {' and no '.join(missing)}; a folder of questions has queries.jsonl and qrels.tsv"
        )
    questions: dict[str, Question] = {}
    for _, location, record in _records(folder / "queries.jsonl"):
        query_id, text = _identifier(record.get("_id"), "_id", location), _question_text(record, "text", location)
        if not query_id or not text:
            raise InputError(f"{location}: no `{'text' if query_id else '_id'}`")
        if query_id in questions:
            raise InputError(f"{location}: the _id {query_id!r} is already used on an earlier line")
        questions[query_id] = Question(text, query_id, asked_on=_date(record.get("date"), "date", location))
    relevant: dict[str, dict[str, int]] = {}
    for location, query_id, article_id, grade in _judgements(folder / "qrels.tsv"):
        if query_id not in questions:
            raise InputError(f"{location}: queries.jsonl has no query {query_id!r}")
        if grade > 0:
            relevant.setdefault(query_id, {})[article_id] = grade
    return [replace(q, relevant=relevant[query_id]) for query_id, q in questions.items() if query_id in relevant]


def _judgements(path: Path) -> Iterator[tuple[str, str, str, int]]:
    """Yield (location, query id, article id, grade) for each line of a qrels file."""
    first, *lines = _lines(path)
    if first != _QRELS_HEADER:
        raise InputError(f"{path}, line 1: the header is {first!r}; give {_QRELS_HEADER!r}, separated by tabs")
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        location, columns = f"{path}, line {number}", line.split("\t")
        if len(columns) != 3:
            raise InputError(
                f"{location}: {len(columns)} columns; give query-id, corpus-id and score, separated by tabs"
            )
        try:
            yield location, columns[0], columns[1], int(columns[2])
        except ValueError:
            raise InputError(f"{location}: the score {columns[2]!r} is not a whole number") from None


def _records(path: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield (line number, location, object) for each line of a JSON Lines file that is not empty."""
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        location = f"{path}, line {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{location}: not JSON ({error})") from None
        if not isinstance(record, dict):
            raise InputError(f"{location}: not an object; write one per line, with at least a `question`")
        yield number, location, record


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").replace("\r\n", "\n").split("\n")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; give a file of questions, or a folder with queries.jsonl") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None


def _string(record: Mapping[str, Any], key: str, location: str) -> str:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{location}: `{key}` is {value!r}; give a text")
    return (value or "").strip()


def _question_text(record: Mapping[str, Any], key: str, location: str) -> str:
    text = _string(record, key, location)
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise InputError(
            f"{location}: `{key}` has {len(text):,} characters; a question may have at most {MAX_QUESTION_CHARACTERS:,}"
        )
    return text


def _identifier(value: object, key: str, location: str) -> str:
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise InputError(f"{location}: `{key}` has {value!r}; give an id, which is a text or a whole number")
    return "" if value is None else str(value)


def _list(record: Mapping[str, Any], key: str, location: str) -> list[Any]:
    value = record.get(key)
    if value is not None and not isinstance(value, list):
        raise InputError(f"{location}: `{key}` is {value!r}; give a list")
    return value or []


def _date(value: object, key: str, location: str) -> dt.date | None:
    if value in (None, ""):
        return None
    try:
        return iso_day(str(value).replace("/", "-"))
    except ValueError:
        raise InputError(f"{location}: `{key}` is {value!r}; give a date as YYYY-MM-DD") from None
