"""What each reader has asked and was shown, kept by the server: nothing that a client sends back is ever shown again.

A conversation belongs to one page in one browser (see `sessions`). All of them together have a bound in memory: those
that were not used for longest are forgotten, and such a reader's next question begins a new chat.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cachetools import TTLCache

from rag.query.constraints import OFFERS, Constraint
from rag.query.previous import Previous

# A long answer is some 60 kB of HTML, compressed 10: 64 MB keep some 6,000 of them. A page with more than 30 answers
# is slow to draw.
MAX_BYTES, MAX_TURNS, MAX_IDLE_SECONDS = 64 * 2**20, 30, 86_400


@dataclass(frozen=True)
class Asked:
    """A question, and how it was understood.

    Attributes:
        question: as typed.
        previous: the question before and what its answer speaks of, if this one may be a follow-up.
        words: the words of its constraints that the reader can tick or untick.
        ignore: those that are not applied.
        named: the words that name an outlet, and the outlet.
        offered: those of its words that are applied only if the reader ticks them.
        outlets: the only outlets to search, if the reader ticked such words.
        suggested: the questions that its answer suggests, each with a name corrected (see `Answer.suggestions`).
        answered: the question as the one before a follow-up, and what its answer speaks of; None before the answer.
    """

    question: str
    previous: Previous | None = None
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
        kept = filter(None, (self.previous, self.answered))
        return len(self.question) + sum(len(each.question) + len(each.title or "") for each in kept)

    def corrected(self, number: int) -> Asked:
        """Return a question that the answer suggests, which is a follow-up if this one is. Raises IndexError."""
        return Asked(self.suggested[number], self.previous)

    def with_ticks(self, kept: Sequence[str]) -> Asked:
        """Return the question with these words of constraints applied, and no others."""
        ignore = tuple(words for words in self.words if words not in kept and words not in self.offered)
        outlets = tuple(outlet for words, outlet in self.named if words in kept)
        return replace(self, ignore=ignore, outlets=outlets if self.offered.intersection(kept) else ())

    def understood(self, constraints: Sequence[Constraint], choices: Iterable[str]) -> Asked:
        """Return the question with what an answer says of its constraints, and the words that can be ticked."""
        named = tuple((c.words, c.outlet) for c in constraints if c.outlet and not c.excludes)
        offered = self.offered.union(c.words for c in constraints if c.why in OFFERS)
        return replace(self, words=tuple(choices), named=named, offered=offered)


@dataclass(frozen=True)
class Turn:
    """A question, and the HTML that was made of it and of its answer.

    Attributes:
        asked: the question.
        pages: the HTML of the question and of the answer, each compressed.
    """

    asked: Asked
    pages: tuple[bytes, bytes]

    @classmethod
    def of(cls, asked: Asked, question_html: str, answer_html: str) -> Turn:
        """Return a turn of a question, its HTML, and the HTML of its answer."""
        return cls(asked, (zlib.compress(question_html.encode()), zlib.compress(answer_html.encode())))

    def html(self) -> tuple[str, str]:
        """Return the HTML of the question and of the answer."""
        question, answer = (zlib.decompress(page).decode() for page in self.pages)
        return question, answer


class Conversations:
    """The conversations of all readers, by session. Threads may use it at the same time."""

    def __init__(self, max_bytes: int = MAX_BYTES, max_turns: int = MAX_TURNS) -> None:
        """Set the bounds.

        Args:
            max_bytes: of all conversations together.
            max_turns: of one conversation; earlier turns are forgotten.
        """
        self._max_turns = max_turns
        self._lock = threading.Lock()
        self._kept: TTLCache[str, tuple[Turn, ...]] = TTLCache(max_bytes, MAX_IDLE_SECONDS, getsizeof=_size)

    def last(self, session: str | None) -> Asked | None:
        """Return what was asked last in a session; None if nothing was, or it is forgotten."""
        with self._lock:
            turns = self._kept.get(session) if session else None
        return turns[-1].asked if turns else None

    def add(self, session: str | None, turn: Turn, instead: bool = False) -> tuple[Turn, ...]:
        """Add a turn to a conversation.

        Args:
            session: whose; for None nothing is kept.
            turn: what is added.
            instead: whether it takes the place of the last turn.

        Returns:
            The turns to show, the earliest first.
        """
        if not session:
            return (turn,)
        with self._lock:
            before = self._kept.get(session, ())
            turns = (*(before[:-1] if instead else before), turn)[-self._max_turns :]
            self._kept.pop(session, None)
            while turns and _size(turns) > self._kept.maxsize:
                turns = turns[1:]
            if turns:
                self._kept[session] = turns
        return turns or (turn,)

    def clear(self, session: str | None) -> None:
        """Forget a conversation."""
        with self._lock:
            self._kept.pop(session or "", None)


def _size(turns: tuple[Turn, ...]) -> int:
    """Return the bytes of a conversation, with some for the objects themselves."""
    return sum(1000 + turn.asked.characters * 4 + sum(map(len, turn.pages)) for turn in turns)
