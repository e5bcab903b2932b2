"""Questions with known answers -> figures: how well a library finds, quotes, and says that it knows nothing.

After the library on the way of the data: it is asked as anybody would ask it, and what it says is compared with what
the questions expect. `read_questions` reads them, `evaluate` asks them, and an Evaluation holds an outcome a question,
from which every figure is made; each is a function here, with its formula and its source.

    questions ──evaluate──▶ Outcomes ──▶ Evaluation ──▶ table, JSON, misses, picture
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import regex

from rag.answer import confidence as bar
from rag.answer.answer import Answer
from rag.answer.confidence import ConfidenceModel, Signals
from rag.errors import AccordingError, InputError
from rag.library import LONGEST_QUESTION, Library

NO_ANSWER = "unanswerable"  # kinds that begin so have no answer in the index
UNRELATED = "unanswerable-offtopic"  # the kind of those about something that the index does not treat at all
SIDED = ("multi-outlet", "conflict")  # kinds that ask for more than one article
DEPTH = 100  # passages searched for the ranking of articles
OVERLAP = 0.6  # share of the shorter one's words from which a quotation and an evidence sentence are about the same
BINS = 10  # of the calibration error, as in Guo et al. 2017
# Names here -> names in ir-measures, which computes them.
RANKING = {
    "nDCG@10": "nDCG@10",
    "recall@10": "R@10",
    "recall@100": "R@100",
    "MRR": "RR",
    "hit@1": "Success@1",
    "hit@5": "Success@5",
    "hit@10": "Success@10",
}
PICTURES = (".png", ".svg")

_HEADER = "query-id\tcorpus-id\tscore"
_FILTERS = {"outlet": "outlets", "outlets": "outlets", "after": "after", "before": "before"}

Progress = Callable[[int, int], object]


# Questions


@dataclass(frozen=True)
class Expected:
    """An answer that a question has in the articles.

    Attributes:
        evidence: a sentence, or a part of one, as it stands in an article; "" where only the article is known.
        article: the article's id, where known. It need not be one of the index's: then the evidence finds the article.
        short: the answer in a word, for the reader of the file.
    """

    evidence: str = ""
    article: str | None = None
    short: str = ""


@dataclass(frozen=True)
class Question:
    """A question, and what is known of its answer.

    Attributes:
        question: as it is asked.
        id: its name in the file; "line 3" where it has none there.
        kind: any word to count it under; one that begins with "unanswerable" says that nothing answers it.
        answers: empty where none is known.
        relevant: ids of the articles that are about it, with grades above 0, where these were judged.
        filters: arguments of `Library.ask` that the words of the question ask for (`outlets`, `after`, `before`).
        previous: the question before, for a follow-up.
        asked_on: the day from which words such as "last year" count.
        note: for the reader of the file.
    """

    question: str
    id: str = ""
    kind: str = "question"
    answers: tuple[Expected, ...] = ()
    relevant: Mapping[str, int] = field(default_factory=dict)
    filters: Mapping[str, Any] = field(default_factory=dict)
    previous: str | None = None
    asked_on: dt.date | None = None
    note: str = ""

    @property
    def answerable(self) -> bool:
        """Whether something answers it."""
        return not self.kind.startswith(NO_ANSWER)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The sentences, any of which answers it."""
        return tuple(a.evidence for a in self.answers if a.evidence)


def read_questions(path: str | os.PathLike[str]) -> list[Question]:
    """The questions of a file or a folder, in order.

    A file is JSON Lines, an object a line, of which only `question` is required: `question`, `id`, `kind`, `answers`
    (a list of objects with `evidence`, `article`, `short`), `relevant` (ids of articles), `filters` (`outlet` or
    `outlets`, `after`, `before`), `previous`, `asked_on`, `note`; other names are let be. A folder has `queries.jsonl`
    (`_id`, `text`, perhaps `date`) and `qrels.tsv` (`query-id`, `corpus-id`, `score`, under a header of these names),
    as BEIR has them (Thakur et al. 2021); its questions without a relevant article are left out.

    Raises InputError, with the file, the line and what is wrong in it.
    """
    given = Path(path)
    questions = _read_folder(given) if given.is_dir() else _read_lines(given)
    if not questions:
        raise InputError(f"{given}: no questions in it; give one a line, as JSON with at least a `question`")
    return questions


def _read_lines(path: Path) -> list[Question]:
    questions: list[Question] = []
    lines: dict[str, int] = {}
    for number, where, record in _records(path):
        question = _from_record(record, f"line {number}", where)
        if question.id in lines:
            raise InputError(f"{where}: the id {question.id!r} stands on line {lines[question.id]} already")
        lines[question.id] = number
        questions.append(question)
    return questions


def _from_record(record: Mapping[str, Any], name: str, where: str) -> Question:
    if not (text := _asked(record, "question", where)):
        raise InputError(f"{where}: no `question`")
    previous = _asked(record, "previous", where)
    kind = _string(record, "kind", where) or Question.kind
    filters = record.get("filters") or {}
    if not isinstance(filters, dict) or (strange := [key for key in filters if key not in _FILTERS]):
        said = (
            f"`filters` has {', '.join(map(repr, strange))}" if isinstance(filters, dict) else "`filters` is no object"
        )
        raise InputError(f"{where}: {said}; it may have outlet (or outlets), after and before")
    question = Question(
        text, _identifier(record.get("id"), "id", where) or name, kind,
        tuple(_expected(answer, where) for answer in _list(record, "answers", where)),
        {_identifier(i, "relevant", where): 1 for i in _list(record, "relevant", where)},
        {_FILTERS[key]: _filter(key, value, where) for key, value in filters.items() if value not in (None, "", [])},
        previous or None, _day(record.get("asked_on"), "asked_on", where), _string(record, "note", where),
    )  # fmt: skip
    if not question.answerable and (question.answers or question.relevant):
        raise InputError(f"{where}: its kind {kind!r} says that nothing answers it, and there is an answer; change one")
    return question


def _expected(answer: object, where: str) -> Expected:
    if not isinstance(answer, dict):
        raise InputError(f"{where}: an answer is {answer!r}; give an object with `evidence` or `article`")
    evidence = _string(answer, "evidence", where)
    article = _identifier(answer.get("article"), "article", where) or None
    if evidence and not _words(evidence):
        raise InputError(f"{where}: the evidence {evidence!r} has no word in it")
    if not evidence and article is None:
        raise InputError(f"{where}: an answer has neither `evidence` nor `article`, so nothing can be compared with it")
    return Expected(evidence, article, _string(answer, "short", where))


def _read_folder(folder: Path) -> list[Question]:
    if missing := [name for name in ("queries.jsonl", "qrels.tsv") if not (folder / name).is_file()]:
        raise InputError(
            f"{folder}: no {' and no '.join(missing)}; a folder of questions has queries.jsonl and qrels.tsv"
        )
    asked: dict[str, Question] = {}
    for _, where, record in _records(folder / "queries.jsonl"):
        name, text = _identifier(record.get("_id"), "_id", where), _asked(record, "text", where)
        if not name or not text:
            raise InputError(f"{where}: no `{'text' if name else '_id'}`")
        if name in asked:
            raise InputError(f"{where}: the _id {name!r} stands on an earlier line already")
        asked[name] = Question(text, name, asked_on=_day(record.get("date"), "date", where))
    relevant: dict[str, dict[str, int]] = {}
    for where, name, article, grade in _judgements(folder / "qrels.tsv"):
        if name not in asked:
            raise InputError(f"{where}: no query {name!r} in queries.jsonl")
        if grade > 0:
            relevant.setdefault(name, {})[article] = grade
    return [replace(q, relevant=relevant[name]) for name, q in asked.items() if name in relevant]


def _judgements(path: Path) -> Iterator[tuple[str, str, str, int]]:
    """(place, query, article, grade) of each line."""
    first, *lines = _lines(path)
    if first != _HEADER:
        raise InputError(f"{path}, line 1: the header is {first!r}; give {_HEADER!r}, separated by tabs")
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        where, parts = f"{path}, line {number}", line.split("\t")
        if len(parts) != 3:
            raise InputError(f"{where}: {len(parts)} columns; give query-id, corpus-id and score, separated by tabs")
        try:
            yield where, parts[0], parts[1], int(parts[2])
        except ValueError:
            raise InputError(f"{where}: the score {parts[2]!r} is no whole number") from None


def _records(path: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(number, place, object) of each line that has one."""
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: not JSON ({error})") from None
        if not isinstance(record, dict):
            raise InputError(f"{where}: not an object; give one a line, with at least a `question`")
        yield number, where, record


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").replace("\r\n", "\n").split("\n")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; give a file of questions, or a folder with queries.jsonl") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None


def _string(record: Mapping[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{where}: `{key}` is {value!r}; give a text")
    return (value or "").strip()


def _asked(record: Mapping[str, Any], key: str, where: str) -> str:
    text = _string(record, key, where)
    if len(text) > LONGEST_QUESTION:
        raise InputError(f"{where}: `{key}` has {len(text):,} characters; at most {LONGEST_QUESTION:,} can be asked")
    return text


def _identifier(value: object, key: str, where: str) -> str:
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise InputError(f"{where}: `{key}` has {value!r}; give an id, a text or a whole number")
    return "" if value is None else str(value)


def _list(record: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = record.get(key)
    if value is not None and not isinstance(value, list):
        raise InputError(f"{where}: `{key}` is {value!r}; give a list")
    return value or []


def _day(value: object, key: str, where: str) -> dt.date | None:
    if value in (None, ""):
        return None
    try:
        return dt.date.fromisoformat(str(value).replace("/", "-"))
    except ValueError:
        raise InputError(f"{where}: `{key}` is {value!r}; give a day as YYYY-MM-DD") from None


def _filter(key: str, value: object, where: str) -> Any:
    if key in ("after", "before"):
        return _day(value, key, where)
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"{where}: the filter `{key}` is {value!r}; give an outlet's name, or a list of them")
    return tuple(names)


# Asking


@dataclass(frozen=True)
class Outcome:
    """What became of a question.

    Attributes:
        question: as it was asked.
        found: whether it was answered; else "nothing found".
        shown: number of passages shown, of which
        verbatim: equal the article's text at their span.
        at: place of the first passage shown that holds evidence, from 1; None where none does.
        quoted: whether a marked quotation overlaps an evidence sentence.
        sides: number of articles of which the passages shown hold evidence.
        standing: whether evidence stands, word for word, in an article of the index.
        place: place of the first passage with evidence in the search for 100; None where there is none among them.
        relevant: ids of the articles that are about it, with grades; empty where they are not known.
        ranking: the measures of RANKING, for the articles in the order of the search; empty without `relevant`.
        right: whether what is shown without a bar answers it; None where nothing can be shown, or it cannot be judged.
        score: that of the first passage, shown or below the bar; None where there is none.
        confidence: the answer's own, 0 to 1; None where it has none.
        signals: what its confidence is made of.
        ask_ms, search_ms: milliseconds that asking and searching took.
    """

    question: Question
    found: bool
    shown: int = 0
    verbatim: int = 0
    at: int | None = None
    quoted: bool = False
    sides: int = 0
    standing: bool = False
    place: int | None = None
    relevant: Mapping[str, int] = field(default_factory=dict)
    ranking: Mapping[str, float] = field(default_factory=dict)
    right: bool | None = None
    score: float | None = None
    confidence: float | None = None
    signals: Signals | None = None
    ask_ms: float = 0.0
    search_ms: float = 0.0

    @property
    def judged(self) -> bool:
        """Whether it is known what is right: nothing, a passage with evidence, or one of a relevant article."""
        return not self.question.answerable or bool(self.question.evidence or self.relevant)

    def to_dict(self) -> dict[str, Any]:
        """The outcome in values that JSON knows, under the question's id, kind and words."""
        own = {name: value for name, value in vars(self).items() if name not in ("question", "signals")}
        own |= {"relevant": dict(self.relevant), "ranking": dict(self.ranking)}
        q = self.question
        return {"id": q.id, "kind": q.kind, "question": q.question, **own}


def evaluate(
    library: Library,
    questions: Iterable[Question],
    k: int = 5,
    progress: Progress | None = None,
    *,
    apply_filters: bool = False,
) -> Evaluation:
    """Asks every question, and searches for it, and compares what comes with what the question expects.

    Questions are asked as they stand: restrictions in their words are the library's to understand. The articles in
    `relevant` are; without it those of the answers, by id where the index has it, else by holding the evidence word for
    word. Words are compared without letter case and punctuation.

    Args:
        library: what is asked; its encoder is loaded before anything is timed.
        questions: at least one.
        k: passages shown at most.
        progress: called after each question with the number asked and the number of all.
        apply_filters: whether each question's `filters` are given beside its words.

    Raises AccordingError where the extra `evaluate` is not installed, InputError where there are no questions or none
    of the relevant articles is in the index, and what `Library.ask` raises.
    """
    _needed("ir_measures")  # before the work, not after it
    asked = list(questions)
    if not asked:
        raise InputError("there are no questions to ask")
    known = _known(library, asked)
    library.prepare()
    outcomes: list[Outcome] = []
    rankings: list[list[str]] = []
    for number, (question, (relevant, standing)) in enumerate(zip(asked, known, strict=True), 1):
        given = dict(question.filters) if apply_filters else {}
        outcome, ranking = _outcome(library, question, k, relevant, given)
        outcomes.append(replace(outcome, standing=standing))
        rankings.append(ranking)
        if progress:
            progress(number, len(asked))
    measured = _measured([o.relevant for o in outcomes], rankings)
    return Evaluation(k, tuple(replace(o, ranking=m) for o, m in zip(outcomes, measured, strict=True)))


def _known(library: Library, questions: Sequence[Question]) -> list[tuple[dict[str, int], bool]]:
    """For each question, the relevant articles with their grades, and whether its evidence stands in the index."""
    ids = {a.id for a in library.articles()}
    judged = {i for q in questions for i in q.relevant}
    if judged and not judged & ids:
        raise InputError(
            f"none of the {len(judged):,} relevant articles that the questions name is in the index "
            f"({min(judged)!r}, for one): give ids as `according articles` lists them"
        )
    expected = [e for q in questions for e in q.answers if e.evidence and e.article not in ids]
    holders: dict[str, list[str]] = {_words(e.evidence): [] for e in expected}
    for article in library.articles() if holders else ():
        text = _words(article.text)
        for words, found in holders.items():
            if words in text:
                found.append(article.id)

    def articles(e: Expected) -> Collection[str]:
        return (e.article,) if e.article in ids else holders[_words(e.evidence)] if e.evidence else ()

    def stands(e: Expected) -> bool:
        return any(_words(e.evidence) in _words(library.article(i).text) for i in articles(e) if e.evidence)

    known: list[tuple[dict[str, int], bool]] = []
    for q in questions:
        relevant = dict(q.relevant) or {i: 1 for e in q.answers for i in articles(e)}
        known.append((relevant, any(map(stands, q.answers))))
    return known


def _outcome(
    library: Library, question: Question, k: int, relevant: Mapping[str, int], given: dict[str, Any]
) -> tuple[Outcome, list[str]]:
    """What became of a question, and the articles that a search for it finds, in order."""
    given = given | {"asked_on": question.asked_on}
    evidence = [_words(text) for text in question.evidence]
    begun = time.perf_counter()
    answer = library.ask(question.question, k=k, previous=question.previous, **given)
    asked = time.perf_counter()
    hits = library.search(question.question, k=DEPTH, previous=question.previous, **given)
    ended = time.perf_counter()
    shown = [(c, library.article(c.article_id).text) for c in answer.passages]
    held = _places((c.text for c, _ in shown), evidence)
    quotes = [_words(text[slice(*c.quote)]) for c, text in shown]
    sides = {
        e.article or c.article_id
        for c, _ in shown
        for e in question.answers
        if e.evidence and _words(e.evidence) in _words(c.text)
    }
    unbarred = answer
    if not answer.found:
        unbarred = library.ask(question.question, k=k, previous=question.previous, min_confidence=0.0, **given)
    first = unbarred.passages[0] if unbarred.passages else None
    outcome = Outcome(
        question,
        bool(answer.found),
        shown=len(shown),
        verbatim=sum(c.text == text[c.start : c.end] for c, text in shown),
        at=held,
        quoted=any(_overlaps(quote, words) for quote in quotes for words in evidence),
        sides=len(sides),
        place=_places((hit.text for hit in hits), evidence),
        relevant=relevant,
        right=_right(unbarred, question, evidence, relevant) if first else None,
        score=first.score if first else None,
        confidence=unbarred.confidence if first else None,
        signals=unbarred.signals,
        ask_ms=1000 * (asked - begun),
        search_ms=1000 * (ended - asked),
    )
    return outcome, list(dict.fromkeys(hit.article_id for hit in hits))


def _right(answer: Answer, question: Question, evidence: Sequence[str], relevant: Mapping[str, int]) -> bool | None:
    """Whether the passages of an answer hold evidence, or where none is known, come from a relevant article."""
    if not question.answerable:
        return False
    if evidence:
        return _places((c.text for c in answer.passages), evidence) is not None
    return any(i in relevant for c in answer.passages for i in (c.article_id, *c.copies)) if relevant else None


def _places(texts: Iterable[str], evidence: Sequence[str]) -> int | None:
    """The place, from 1, of the first text that holds one of the evidence sentences."""
    if not evidence:
        return None
    return next((at for at, t in enumerate(map(_words, texts), 1) if any(words in t for words in evidence)), None)


def _overlaps(quote: str, evidence: str) -> bool:
    a, b = set(quote.split()), set(evidence.split())
    return bool(a and b) and len(a & b) >= OVERLAP * min(len(a), len(b))


def _words(text: str) -> str:
    """The words of a text in lower case with a space around each, so that one text holds another at words' edges."""
    words = regex.findall(r"\w+", text.lower())
    return f" {' '.join(words)} " if words else ""


def _measured(relevant: Sequence[Mapping[str, int]], rankings: Sequence[Sequence[str]]) -> list[dict[str, float]]:
    """The measures of RANKING for each ranking, by ir-measures; empty where no relevant article is known.

    An article's score is made from its place, since trec_eval, which does the counting, would put equal scores in an
    order of its own.
    """
    library = _needed("ir_measures")
    measures = {library.parse_measure(name): own for own, name in RANKING.items()}
    qrels = {str(row): dict(grades) for row, grades in enumerate(relevant) if grades}
    run = {row: {i: float(-at) for at, i in enumerate(rankings[int(row)])} for row in qrels}
    found: list[dict[str, float]] = [{} for _ in relevant]
    for metric in library.iter_calc(list(measures), qrels, run) if qrels else ():
        found[int(metric.query_id)][measures[metric.measure]] = float(metric.value)
    return [{name: own[name] for name in RANKING} if own else {} for own in found]


def _needed(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise AccordingError(
            f'evaluating needs what cannot be imported ({error}): pip install "according[evaluate]"'
        ) from None


# Measures


@dataclass(frozen=True)
class Mean:
    """A mean over `of` questions, answers or passages; where each counts 0 or 1, a share.

    Attributes:
        total: the sum.
        of: how many there are.
    """

    total: float
    of: int

    @property
    def value(self) -> float | None:
        """The mean; None over nothing."""
        return self.total / self.of if self.of else None

    def to_dict(self) -> dict[str, float | None]:
        """The sum, the number and the mean."""
        return {"total": self.total, "of": self.of, "value": self.value}


def _mean(values: Iterable[float]) -> Mean:
    listed = list(values)
    return Mean(sum(listed), len(listed))


def answered(outcomes: Iterable[Outcome]) -> Mean:
    """Questions with an answer for which something was found / questions with an answer."""
    return _mean(o.found for o in outcomes if o.question.answerable)


def evidence(outcomes: Iterable[Outcome], k: int) -> Mean:
    """Questions of which one of the first k passages shown holds an evidence sentence / questions with evidence.

    The top-k accuracy of Karpukhin et al. 2020 (arXiv:2004.04906), with a sentence in place of the answer's words.
    """
    return _mean(o.at is not None and o.at <= k for o in outcomes if o.question.evidence)


def quoted(outcomes: Iterable[Outcome]) -> Mean:
    """Questions of which a marked quotation overlaps an evidence sentence / questions with evidence.

    Quotation q and sentence e overlap where |words(q) & words(e)| >= 0.6 min(|words(q)|, |words(e)|): the overlap
    coefficient (Simpson 1943).
    """
    return _mean(o.quoted for o in outcomes if o.question.evidence)


def both_sides(outcomes: Iterable[Outcome]) -> Mean:
    """Multi-outlet and conflict questions whose passages hold evidence of two articles or more / such questions."""
    return _mean(o.sides >= 2 for o in outcomes if o.question.evidence and o.question.kind in SIDED)


def abstention_recall(outcomes: Iterable[Outcome]) -> Mean:
    """Questions without an answer for which nothing was found / questions without an answer.

    Recall with "nothing found" as the positive class, over questions as in Rajpurkar et al. 2018 (arXiv:1806.03822).
    """
    return _mean(not o.found for o in outcomes if not o.question.answerable)


def abstention_precision(outcomes: Iterable[Outcome]) -> Mean:
    """Questions without an answer for which nothing was found / questions for which nothing was found.

    Over nothing where all questions have an answer: none of them could be right to leave out.
    """
    asked = list(outcomes)
    asked = [] if all(o.question.answerable for o in asked) else asked
    return _mean(not o.question.answerable for o in asked if not o.found)


def verbatim(outcomes: Iterable[Outcome]) -> Mean:
    """Passages shown that equal the article's text at their span / passages shown; must be all."""
    counts = [(o.verbatim, o.shown) for o in outcomes]
    return Mean(sum(equal for equal, _ in counts), sum(shown for _, shown in counts))


def ranking(outcomes: Iterable[Outcome], name: str) -> Mean:
    """A measure of RANKING, a mean over the questions of which relevant articles are known.

    Of the articles in the order of their first passages among the 100 that a search finds:
    nDCG@10: DCG / DCG of the best order, DCG = sum of grade_i / log2(i + 1) for places i <= 10 (Järvelin and Kekäläinen
        2002, "Cumulated gain-based evaluation of IR techniques").
    recall@k: relevant articles among the first k / relevant articles. For k = 100, among the articles of 100 passages.
    MRR: 1 / place of the first relevant article, 0 without one (Voorhees 1999, "The TREC-8 question answering track").
    hit@k: 1 where a relevant article is among the first k, else 0.
    """
    return _mean(o.ranking[name] for o in outcomes if o.ranking)


def coverage(outcomes: Iterable[Outcome]) -> Mean:
    """Questions answered / questions of which it is known what a right answer is (El-Yaniv and Wiener 2010)."""
    return _mean(o.found for o in outcomes if o.judged)


def risk(outcomes: Iterable[Outcome]) -> Mean:
    """Questions answered wrongly / questions answered: selective risk (El-Yaniv and Wiener 2010).

    An answer is right when a passage of it holds an evidence sentence, or, for a question that names only relevant
    articles, comes from one. To a question without an answer every answer is wrong.
    """
    return _mean(not o.right for o in outcomes if o.judged and o.found)


@dataclass(frozen=True)
class Point:
    """What a threshold does: questions with this confidence or more are answered, others are not.

    Attributes:
        threshold: the confidence, or the score of the first passage where answers have no confidence.
        answers: number of questions answered.
        coverage: share of the judged questions that are.
        risk: share of those answers that are wrong.
    """

    threshold: float
    answers: int
    coverage: float
    risk: float


def risk_coverage(outcomes: Iterable[Outcome]) -> tuple[Point, ...]:
    """The risk-coverage curve, a point for each confidence there is, falling (El-Yaniv and Wiener 2010).

    At threshold t, coverage = answers with confidence >= t / judged questions, and risk = wrong ones among these
    answers / these answers. It ends where no further question has a passage: below coverage 1 where filters leave
    nothing, or where a library shows nothing below its bar.
    """
    judged = [o for o in outcomes if o.judged]
    answers = sorted(_trusted(judged), key=lambda pair: -pair[0])
    points: list[Point] = []
    wrong = 0
    for number, (threshold, right) in enumerate(answers, 1):
        wrong += not right
        if number == len(answers) or answers[number][0] < threshold:
            points.append(Point(threshold, number, number / len(judged), wrong / number))
    return tuple(points)


def _trusted(outcomes: Sequence[Outcome]) -> list[tuple[float, bool]]:
    """(confidence, right) of each judged answer; the first passage's score where not all have a confidence."""
    answers = [o for o in outcomes if o.judged and o.right is not None]
    if all(o.confidence is not None for o in answers):
        return [(o.confidence, bool(o.right)) for o in answers if o.confidence is not None]
    return [(o.score, bool(o.right)) for o in answers if o.score is not None]


def aurc(points: Sequence[Point]) -> float | None:
    """The area under the risk-coverage curve: the mean, over answers, of the risk at each one's own confidence.

    Geifman and El-Yaniv 2017 (arXiv:1705.08500) for the curve, Geifman et al. 2019 (arXiv:1805.08206) for the area.
    None without answers. Over the curve as far as it goes: areas of curves with different ends are no like things.
    """
    if not points:
        return None
    before = [0, *(p.answers for p in points)]
    return sum((p.answers - b) * p.risk for p, b in zip(points, before, strict=False)) / points[-1].answers


@dataclass(frozen=True)
class Bin:
    """Answers of like confidence.

    Attributes:
        low, high: from and below what confidence; the last bin holds 1 too.
        answers: how many there are.
        confidence: their mean.
        right: share of right ones.
    """

    low: float
    high: float
    answers: int
    confidence: float
    right: float


def calibration(outcomes: Iterable[Outcome]) -> tuple[Bin, ...]:
    """Judged answers in ten bins of equal width by confidence, without empty ones; none where answers have none."""
    answers = [o for o in outcomes if o.judged and o.right is not None]
    if any(o.confidence is None for o in answers):
        return ()
    sorted_in: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in _trusted(answers):
        sorted_in.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, right))
    return tuple(
        Bin(at / BINS, (at + 1) / BINS, len(own), sum(c for c, _ in own) / len(own), sum(r for _, r in own) / len(own))
        for at, own in sorted(sorted_in.items())
    )


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error: the sum over bins of answers / all answers * |right - confidence|; None without any.

    Guo et al. 2017 (arXiv:1706.04599).
    """
    answers = sum(b.answers for b in bins)
    return sum(b.answers * abs(b.right - b.confidence) for b in bins) / answers if answers else None


@dataclass(frozen=True)
class Evaluation:
    """What was measured: an outcome a question, and the figures made from them.

    Attributes:
        k: passages shown at most.
        outcomes: in the order of the questions.
    """

    k: int
    outcomes: tuple[Outcome, ...]

    @property
    def figures(self) -> dict[str, Mean]:
        """The figures over all questions, by name."""
        return {
            **self._figures(self.outcomes),
            "abstention precision": abstention_precision(self.outcomes),
            "coverage": coverage(self.outcomes),
            "risk": risk(self.outcomes),
        }

    @property
    def kinds(self) -> dict[str, dict[str, Mean]]:
        """The figures of each kind of question, those without an answer last."""
        kinds = dict.fromkeys(o.question.kind for o in sorted(self.outcomes, key=lambda o: not o.question.answerable))
        return {kind: self._figures([o for o in self.outcomes if o.question.kind == kind]) for kind in kinds}

    @property
    def latency(self) -> dict[str, dict[str, float]]:
        """Milliseconds that asking and searching took: the median and the 95th percentile of each."""
        taken = {"ask": [o.ask_ms for o in self.outcomes], "search": [o.search_ms for o in self.outcomes]}
        return {
            what: {f"p{share}": round(float(np.percentile(ms, share)), 2) for share in (50, 95)}
            for what, ms in taken.items()
            if ms
        }

    def _figures(self, outcomes: Sequence[Outcome]) -> dict[str, Mean]:
        return {
            "answered": answered(outcomes),
            "evidence@1": evidence(outcomes, 1),
            f"evidence@{self.k}": evidence(outcomes, self.k),
            "quoted": quoted(outcomes),
            "both sides": both_sides(outcomes),
            "abstention recall": abstention_recall(outcomes),
            "verbatim": verbatim(outcomes),
            **{name: ranking(outcomes, name) for name in RANKING},
        }

    def fit(self, encoder: str) -> ConfidenceModel:
        """A bar fitted on these outcomes. Raises as `bar.fit`."""
        judged = [(o, o.signals) for o in self.outcomes if o.judged and o.signals]
        return bar.fit(
            encoder,
            [signals for _, signals in judged],
            [bool(o.right) for o, _ in judged],
            [o.question.answerable for o, _ in judged],
            [o.question.kind == UNRELATED for o, _ in judged],
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it in values that JSON knows; None for a figure over nothing."""
        curve, bins = risk_coverage(self.outcomes), calibration(self.outcomes)
        return {
            "k": self.k,
            "questions": len(self.outcomes),
            "figures": {name: mean.to_dict() for name, mean in self.figures.items()},
            "kinds": {
                kind: {"questions": sum(o.question.kind == kind for o in self.outcomes)}
                | {name: mean.to_dict() for name, mean in own.items()}
                for kind, own in self.kinds.items()
            },
            "aurc": aurc(curve),
            "curve": [vars(point) for point in curve],
            "calibration_error": calibration_error(bins),
            "calibration": [vars(part) for part in bins],
            "latency_ms": self.latency,
            "outcomes": [o.to_dict() for o in self.outcomes],
        }

    def table(self) -> str:
        """The figures in lines for a terminal: over all questions, then a line a kind; what has none is left out."""
        figures, curve = self.figures, risk_coverage(self.outcomes)
        order = (
            *("answered", "evidence@1", f"evidence@{self.k}", "quoted", "both sides"),
            *("abstention precision", "abstention recall", "coverage", "risk", "verbatim", *RANKING),
        )
        lines = [f"{len(self.outcomes):,} questions, at most {self.k} passages shown", ""]
        lines += [_line(name, figures[name]) for name in dict.fromkeys(order) if figures[name].of]
        if (area := aurc(curve)) is not None:
            lines.append(f"{'risk-coverage area':<22}{'':11}{area:>8.3f}  to coverage {curve[-1].coverage:.2f}")
        if (error := calibration_error(calibration(self.outcomes))) is not None:
            lines.append(f"{'calibration error':<22}{'':11}{error:>8.3f}")
        for what, took in self.latency.items():
            lines.append(f"{what:<22}{took['p50']:>11.1f}{took['p95']:>8.1f}  ms, median and 95th percentile")
        return "\n".join([*lines, "", *self._kinds_table()])

    def _kinds_table(self) -> list[str]:
        names = ("answered", "evidence@1", f"evidence@{self.k}", "quoted", "both sides", "abstention recall", "nDCG@10")
        used = [name for name in dict.fromkeys(names) if self.figures[name].of]
        heads = ["nothing found" if name == "abstention recall" else name for name in used]
        width = max(len("kind"), *(len(kind) for kind in self.kinds))
        lines = [f"{'kind':<{width}}  {'questions':>9}  " + "  ".join(f"{head:>10}" for head in heads)]
        for kind, own in self.kinds.items():
            number = sum(o.question.kind == kind for o in self.outcomes)
            cells = (f"{_cell(name, own[name]):>{max(10, len(head))}}" for name, head in zip(used, heads, strict=True))
            lines.append(f"{kind:<{width}}  {number:>9,}  " + "  ".join(cells))
        return lines

    def misses(self) -> list[str]:
        """The questions that went wrong, each with its id, its kind and the reason, in order."""
        return [
            f"{o.question.id} [{o.question.kind}] {o.question.question}: {why}"
            for o in self.outcomes
            if (why := _miss(o))
        ]


def _line(name: str, mean: Mean) -> str:
    counted = f"{mean.of:,}" if name in RANKING else f"{int(mean.total):,}/{mean.of:,}"
    return f"{name:<22}{counted:>11}{mean.value:>8.3f}"


def _cell(name: str, mean: Mean) -> str:
    if mean.value is None:
        return ""
    return f"{mean.value:.3f}" if name in RANKING else f"{int(mean.total)}/{mean.of}"


def _miss(o: Outcome) -> str:
    """Why a question went wrong; "" where it did not."""
    if not o.question.answerable:
        return "answered, though nothing answers it" if o.found else ""
    if o.question.evidence and not o.standing:
        return "its evidence stands in no article of the index"
    if not o.found:
        return "nothing found, though what is below the bar answers it" if o.right else "nothing found"
    if o.question.evidence and o.at is None:
        searched = f"in passage {o.place}" if o.place else f"in none of the first {DEPTH}"
        return f"evidence in none of the {o.shown} passages shown; of the search, {searched}"
    if o.question.kind in SIDED and o.question.evidence and o.sides < 2:
        return "evidence of one article only"
    if not o.question.evidence and o.ranking and not o.ranking["hit@10"]:
        return "no relevant article among the first 10 of the search"
    return ""


# Picture


def picture(evaluation: Evaluation, path: str | os.PathLike[str]) -> None:
    """Draws the risk-coverage curve, and the calibration where answers have a confidence, into a PNG or SVG file.

    The bar that the library works with is marked on the curve. Everything can be told apart without colour.

    Raises AccordingError where the extra `evaluate` is not installed, InputError for another ending, a folder that
    cannot be written to, or where no answer could be judged.
    """
    target = drawable(path)
    points, bins = risk_coverage(evaluation.outcomes), calibration(evaluation.outcomes)
    if not points:
        raise InputError("no answer could be judged, so there is nothing to draw: give questions with evidence")
    matplotlib = _needed("matplotlib")
    figure = _needed("matplotlib.figure").Figure(figsize=(10.5 if bins else 5.5, 4.5), dpi=150, layout="constrained")
    axes = figure.subplots(1, 2 if bins else 1, squeeze=False)[0]
    _draw_curve(axes[0], points, evaluation)
    if bins:
        _draw_calibration(axes[1], bins)
    try:
        with matplotlib.rc_context({"svg.hashsalt": "according", "svg.fonttype": "none"}):
            figure.savefig(target, metadata={"Date": None} if target.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error}") from None


def drawable(path: str | os.PathLike[str]) -> Path:
    """The path of a picture. Raises InputError where `picture` knows no format of that ending."""
    target = Path(path)
    if target.suffix.lower() not in PICTURES:
        raise InputError(f"{target}: a picture is a file that ends in {' or '.join(PICTURES)}")
    return target


def _draw_curve(axes: Any, points: Sequence[Point], evaluation: Evaluation) -> None:
    at, wrong = coverage(evaluation.outcomes), risk(evaluation.outcomes)
    covered, risks = [p.coverage for p in points], [p.risk for p in points]
    axes.plot(covered, risks, "k.-", linewidth=1, markersize=4, label=f"most confident first (area {aurc(points):.3f})")
    axes.axhline(points[-1].risk, color="0.4", linestyle=":", label=f"in any order ({points[-1].risk:.2f})")
    if at.value is not None and wrong.value is not None:
        label = f"at the bar: {at.value:.0%} answered, {wrong.value:.0%} of these wrongly"
        axes.plot(
            [at.value], [wrong.value], "kD", markersize=9, markerfacecolor="white", markeredgewidth=1.5, label=label
        )
    axes.set(
        xlabel="coverage: share of questions answered", ylabel="risk: share of these answered wrongly",
        title=f"Risk and coverage, {at.of:,} questions", xlim=(0, 1.02), ylim=(-0.02, 1.02),
    )  # fmt: skip
    axes.legend(loc="upper left", fontsize="small")


def _draw_calibration(axes: Any, bins: Sequence[Bin]) -> None:
    axes.plot([0, 1], [0, 1], color="0.4", linestyle="--", label="perfectly calibrated")
    axes.bar(
        [b.low for b in bins], [b.right for b in bins], width=1 / BINS, align="edge", facecolor="0.85",
        edgecolor="black", hatch="//", label=f"share right (error {calibration_error(bins):.3f})",
    )  # fmt: skip
    axes.plot(
        [b.confidence for b in bins], [b.right for b in bins], "ko", markersize=5, label="mean confidence of a bin"
    )
    for b in bins:
        axes.annotate(
            f"{b.answers}", ((b.low + b.high) / 2, b.right), xytext=(0, 6), textcoords="offset points", ha="center"
        )
    axes.set(
        xlabel="confidence", ylabel="share of answers that are right", xlim=(0, 1), ylim=(0, 1.1),
        title=f"Calibration, {sum(b.answers for b in bins):,} answers (number above each bar)",
    )  # fmt: skip
    axes.legend(loc="upper left", fontsize="small")
