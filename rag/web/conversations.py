"""What each reader has asked, kept by the server: of an earlier question a client sends nothing but its number.

A conversation belongs to one page in one browser (see `sessions`). All of them together have a bound in memory: those
that were not used for longest are forgotten, and such a reader asks again.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cachetools import TTLCache

from rag.query.constraints import OFFERS, Constraint
from rag.query.constraints.completeness import points_back
from rag.query.previous import Previous
from rag.query.query import MAX_QUESTION_CHARACTERS

# A question is kept with what its answer speaks of, a kB or two: 64 MB keep some 30,000 of them.
# The numbers of a conversation begin anywhere: those of one that was forgotten mean no question of the next.
MAX_FIRST = 2**30
MAX_BYTES, MAX_QUESTIONS, MAX_IDLE_SECONDS = 64 * 2**20, 50, 86_400


@dataclass(frozen=True)
class Asked:
    """A question, and how it was understood.

    Attributes:
        question: as typed.
        previous: the question before and what its answer speaks of, if this one may be a follow-up.
        offered_previous: the same where it is not taken to be a follow-up, and the reader can say that it is.
        words: the words of its constraints that the reader can switch on and off.
        ignore: those that are not applied.
        named: the words that name an outlet, and the outlet.
        offered: those of its words that are applied only if the reader switches them on.
        outlets: the only outlets to search, if the reader switched such words on.
        suggested: the questions that its answer suggests, each with a name corrected (see `Answer.suggestions`).
        answered: the question as the one before a follow-up, and what its answer speaks of; None before the answer.
    """

    question: str
    previous: Previous | None = None
    offered_previous: Previous | None = None
    words: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    offered: frozenset[str] = frozenset()
    outlets: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    answered: Previous | None = None

    @property
    def characters(self) -> int:
        """How many characters are kept of it."""
        kept = filter(None, (self.previous, self.offered_previous, self.answered))
        words = (*self.words, *self.ignore, *self.suggested, *(word for pair in self.named for word in pair))
        return len(self.question) + sum(map(len, words)) + sum(len(p.question) + len(p.title or "") for p in kept)

    @classmethod
    def after(cls, question: str, before: Asked | None, ignore: Sequence[str] = (), continues: bool = False) -> Asked:
        """Return a question that is asked after another one, which it continues if it seems to.

        Args:
            question: as typed.
            before: the one before, if there is one.
            ignore: words of constraints that are not to be applied.
            continues: whether the reader says that it continues it.
        """
        previous = before.answered if before else None
        # The library refuses a longer question; rules that look for what words mean would take minutes for it before.
        if continues or points_back(question[:MAX_QUESTION_CHARACTERS]):
            return cls(question, previous, ignore=tuple(ignore))
        return cls(question, offered_previous=previous, ignore=tuple(ignore))

    def with_words(self, kept: Sequence[str]) -> Asked:
        """Return the question with these words of constraints applied, and no others."""
        ignore = tuple(words for words in self.words if words not in kept and words not in self.offered)
        outlets = tuple(outlet for words, outlet in self.named if words in kept)
        return replace(self, ignore=ignore, outlets=outlets if self.offered.intersection(kept) else ())

    def understood(self, constraints: Sequence[Constraint], choices: Iterable[str]) -> Asked:
        """Return the question with what an answer says of its constraints, and the words that can be switched."""
        named = tuple((c.words, c.outlet) for c in constraints if c.outlet and not c.excludes)
        offered = self.offered.union(c.words for c in constraints if c.why in OFFERS)
        return replace(self, words=tuple(choices), named=named, offered=offered)


class Conversations:
    """The questions of all readers, by session. Threads may use it at the same time."""

    def __init__(self, max_bytes: int = MAX_BYTES, max_questions: int = MAX_QUESTIONS) -> None:
        """Set the bounds.

        Args:
            max_bytes: of all conversations together.
            max_questions: of one conversation; earlier questions are forgotten.
        """
        self._max_questions = max_questions
        self._lock = threading.Lock()
        self._kept: TTLCache[str, dict[int, Asked]] = TTLCache(max_bytes, MAX_IDLE_SECONDS, getsizeof=_size)

    def asked(self, session: str | None, number: int) -> Asked | None:
        """Return a question of a session by its number; None if there is none, or it is forgotten."""
        with self._lock:
            return self._kept.get(session or "", {}).get(number)

    def add(self, session: str | None, asked: Asked, number: int | None = None) -> int:
        """Keep a question, and return its number in the conversation.

        Args:
            session: whose; for None nothing is kept.
            asked: the question.
            number: of the question whose place it takes; None for a new one.
        """
        if not session:
            return 1
        with self._lock:
            before = self._kept.get(session, {})
            number = max(before, default=secrets.randbelow(MAX_FIRST)) + 1 if number is None else number
            last = dict([*(before | {number: asked}).items()][-self._max_questions :])
            self._kept.pop(session, None)
            while last and _size(last) > self._kept.maxsize:
                del last[min(last)]
            if last:
                self._kept[session] = last
        return number


def _size(asked: dict[int, Asked]) -> int:
    """Return the bytes of a conversation, with some for the objects themselves."""
    return sum(1000 + each.characters * 4 for each in asked.values())
