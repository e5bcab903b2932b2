"""Questions that are asked again and again, saved with an index, and what is new that answers them.

New is what was put into the index since a time, whatever its date: an old article that is added today is new.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag.answer.citation import Citation
from rag.errors import QuestionError
from rag.query.query import NOW, Day, Names, Query
from rag.stores.base import Store, Writer
from rag.text import iso_date

WATCHED = "watched"  # the name of the setting, JSON
MAX_WATCHED = 100
MAX_SINCE_DAYS = 36_500
_AGO = re.compile(r"(\d{1,6})\s*([mhdw])")
_UNITS = {"m": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7}
Since = dt.timedelta | dt.datetime | dt.date | str


@dataclass(frozen=True)
class Watched:
    """A question that is watched, with its filters, as they were given; the days are "YYYY-MM-DD".

    Attributes:
        question: the question.
        outlets, outlet_kinds, exclude_outlets: as for `Library.ask`.
        after, before, undated: likewise.
        ignore: likewise.
    """

    question: str
    outlets: tuple[str, ...] = ()
    after: str | None = None
    before: str | None = None
    ignore: tuple[str, ...] = ()
    outlet_kinds: tuple[str, ...] = ()
    undated: bool | None = None
    exclude_outlets: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, question: str, outlets: Names, after: Day, before: Day, ignore: Names, outlet_kinds: Names,
        undated: bool | None, exclude_outlets: Names,
    ) -> Watched:  # fmt: skip
        """Check what a caller gives. Raises QuestionError for what `Library.ask` refuses."""
        query = Query.of(
            question, outlets=outlets, after=after, before=before, ignore=ignore, outlet_kinds=outlet_kinds,
            undated=undated, exclude_outlets=exclude_outlets,
        )  # fmt: skip
        first, last = iso_date(query.after), iso_date(query.before)
        return cls(
            query.text, query.outlets, first, last, query.ignore, query.outlet_kinds, undated, query.exclude_outlets
        )

    def query(self, k: int) -> Query:
        """Return it as a question that is asked now, for at most `k` passages."""
        return Query.of(
            self.question, k, self.outlets, self.after, self.before, None, NOW, self.ignore, None, self.outlet_kinds,
            self.undated, self.exclude_outlets,
        )  # fmt: skip

    @property
    def filters(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        return {name: value for name, value in asdict(self).items() if name != "question" and value not in (None, ())}

    def __str__(self) -> str:
        limits = (
            f"{n.replace('_', ' ')}: {', '.join(v) if isinstance(v, tuple) else v}" for n, v in self.filters.items()
        )
        return f"{self.question}  ({'; '.join(limits)})" if self.filters else self.question


@dataclass(frozen=True)
class News:
    """What is new that answers a watched question.

    Attributes:
        watched: the question.
        passages: passages of articles put into the index since, the best first.
    """

    watched: Watched
    passages: tuple[Citation, ...]


@dataclass(frozen=True)
class WatchReport:
    """What is new in an index that answers the questions which are watched.

    Attributes:
        since: the time from which on articles count as new.
        generation: the state of the index that was asked.
        news: for each question, in the order of saving; without passages where nothing is new.
    """

    since: dt.datetime
    generation: int
    news: tuple[News, ...]

    @property
    def found(self) -> bool:
        """Whether anything is new."""
        return any(each.passages for each in self.news)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "since": self.since.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "generation": self.generation,
            "found": self.found,
            "questions": [
                {
                    "question": each.watched.question,
                    "filters": each.watched.filters,
                    "passages": [passage.to_dict() for passage in each.passages],
                }
                for each in self.news
            ],
        }


def saved_questions(store: Store) -> tuple[Watched, ...]:
    """Return the questions that are saved with an index, in the order of saving."""
    rows: list[dict[str, Any]] = json.loads(store.setting(WATCHED) or "[]")
    found: list[Any] = [{n: tuple(v) if isinstance(v, list) else v for n, v in row.items()} for row in rows]
    return tuple(Watched(**values) for values in found)


def save_questions(writer: Writer, questions: Iterable[Watched]) -> None:
    """Store questions with an index, in place of those stored."""
    writer.save_setting(WATCHED, json.dumps([asdict(each) for each in questions], ensure_ascii=False))


def with_question(questions: Sequence[Watched], added: Watched) -> tuple[Watched, ...]:
    """Return questions with one more. Raises QuestionError if it is one of them, or if there are too many."""
    if added in questions:
        raise QuestionError("this question is watched already, with these filters; `according watch list` lists them")
    if len(questions) >= MAX_WATCHED:
        raise QuestionError(f"at most {MAX_WATCHED} questions can be watched; remove some first")
    return (*questions, added)


def without_question(questions: Sequence[Watched], name: str) -> tuple[Watched, ...]:
    """Return questions without one, by its number in the list, from 1 on, or by its words, whatever its filters.

    Raises:
        QuestionError: if it is none of them.
    """
    number = int(name) if name.isdecimal() and len(name) < 6 else 0
    kept = tuple(q for n, q in enumerate(questions, 1) if n != number and q.question != name.strip())
    if len(kept) == len(questions):
        raise QuestionError(
            f"no question {name[:100]!r} is watched; `according watch list` lists them with their numbers"
        )
    return kept


def moment(since: Since, now: dt.datetime | None = None) -> dt.datetime:
    """Return the time that a caller means, with a time zone.

    Args:
        since: "7d", "12h", "2w" or "30m" ago; a day, from its beginning; a time. Without a time zone they are this
            machine's.
        now: the time that it counts from; now.

    Raises:
        QuestionError: for anything else, and for a time to come.
    """
    now = now or dt.datetime.now(dt.UTC)
    if isinstance(since, str):
        since = _parsed(since.strip())
    if isinstance(since, dt.timedelta):
        since = now - min(since, dt.timedelta(days=MAX_SINCE_DAYS))
    elif not isinstance(since, dt.datetime):
        since = dt.datetime.combine(since, dt.time.min)
    found = since.astimezone() if since.tzinfo is None else since
    if found > now:
        raise QuestionError(
            f"since is {found.isoformat(timespec='minutes')}, which is yet to come; give an earlier time"
        )
    return found


def _parsed(text: str) -> dt.timedelta | dt.datetime | dt.date:
    if ago := _AGO.fullmatch(text):
        return dt.timedelta(days=min(int(ago[1]) * _UNITS[ago[2]], MAX_SINCE_DAYS))
    try:
        return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
    except ValueError:
        raise QuestionError(
            f"since is {text[:40]!r}; give a time ago such as 7d, 12h or 2w, a day as YYYY-MM-DD, or a time"
        ) from None
