"""Answer: the quotations that answer a question, or none."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field
from typing import Any, overload

from rag.answer import wording
from rag.answer.balance import UNKNOWN_OUTLET, Balance
from rag.answer.citation import Citation
from rag.answer.confidence import Signals
from rag.answer.figures import Figure
from rag.answer.grade import NOTHING, Grade
from rag.answer.markdown import answer_markdown
from rag.answer.notebook import answer_notebook
from rag.answer.refusals import Missing, Why
from rag.answer.suggestions import Suggestion
from rag.query.constraints import Constraint
from rag.query.constraints.names import person_in, place_in
from rag.query.previous import Previous
from rag.retrieval.parse import Alias

MEANING, WORDS = "meaning and words", "words"  # what a question was searched by
MAX_TITLE_CHARACTERS = 300  # of a title that a follow-up is completed with


@dataclass(frozen=True, repr=False)
class Answer:
    """The quotations that answer a question, or none.

    Attributes:
        question: as asked.
        searched: what was searched for: the question completed by the previous one, without the words of its
            constraints.
        grade: "answers"; "near" where the passages are the nearest and may not answer: their confidence is below the
            threshold for that, or no model was fitted; "nothing" where none are shown.
        passages: best first; empty when nothing is found.
        balance: counts to weigh the answer by: of the articles shown, of those that the constraints allow, and of the
            whole index.
        constraints: the constraints parsed from the words of the question, and whether each was applied.
        aliases: names in the question that were searched for in other spellings too.
        confidence: the calibrated probability that the passages answer, also when not found; None where no model was
            fitted for the index's encoder.
        signals: what the confidence is computed from.
        near_left_out: how many passages were left out because they may not answer, and `strict` was asked for.
        figures: where the question asks how many, how much, what share or when, the values that the marked sentences
            give for it, each with those who give it; empty for other questions.
        suggestions: for names in the question that no article holds, words that differ by one letter.
        searched_by: "meaning and words"; "words" where the encoder does not know the question's language
            (`Missing.language`): the passages hold many of its words, and there is no confidence.
        missing: what keeps the question from being answered: words that no article holds, what the filters shut out,
            and its language; empty for an answer graded "answers".
        why: why nothing is shown; None where passages are.
        completed: the question completed by the previous one, with the words of its constraints; the question itself
            where it needs nothing of that.
    """

    question: str
    searched: str
    grade: Grade
    passages: tuple[Citation, ...] = ()
    balance: Balance = field(default_factory=Balance)
    constraints: tuple[Constraint, ...] = ()
    aliases: tuple[Alias, ...] = ()
    confidence: float | None = None
    signals: Signals | None = None
    near_left_out: int = 0
    figures: tuple[Figure, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    searched_by: str = MEANING
    missing: Missing = field(default_factory=Missing)
    why: Why | None = None
    completed: str = ""

    @property
    def found(self) -> bool:
        """Whether passages are shown."""
        return self.grade != NOTHING

    def to_dict(self) -> dict[str, Any]:
        """Return the answer in JSON types; dates as YYYY-MM-DD."""
        plain = asdict(self)
        head = {name: plain[name] for name in ("question", "searched", "grade")}  # what is said of passages before them
        plain = head | {"found": self.found, "notice": wording.notice(self) or None} | plain
        plain["passages"] = [cited.to_dict() for cited in self.passages]
        balance = plain["balance"]
        counts = (balance[part] for part in ("shown", "allowed", "index"))
        mentions = (mention for figure in plain["figures"] for mention in figure["mentions"])
        for dated in (*balance["outlet_matches"], *counts, *mentions):
            dated.update({name: date.isoformat() for name, date in dated.items() if isinstance(date, dt.date)})
        return plain | {"constraints": [r.to_dict() for r in self.constraints]}

    def to_markdown(self, accessed: dt.date | None = None) -> str:
        """Return the question and the answer as Markdown.

        Args:
            accessed: the day on which it was asked.

        Returns:
            Markdown in which nothing that an article holds is taken for markup.
        """
        return answer_markdown(self, accessed)

    def __repr__(self) -> str:
        """Return the question, the grade and who answers, in a line."""
        outlets = ", ".join(dict.fromkeys(citation.outlet or UNKNOWN_OUTLET for citation in self.passages))
        return f"<Answer to {self.question!r}: {self.grade}{f', {outlets}' if outlets else ''}>"

    def _repr_html_(self) -> str:
        """Return the answer as a notebook shows it."""
        return str(answer_notebook(self))


@overload
def as_previous(previous: Answer) -> Previous: ...
@overload
def as_previous(previous: str | Answer | Previous | None) -> str | Previous | None: ...
def as_previous(previous: str | Answer | Previous | None) -> str | Previous | None:
    """Return an answer as what a follow-up needs of it: its question, and what it speaks of; all else as it is."""
    if not isinstance(previous, Answer):
        return previous
    question = previous.completed or (previous.question if previous.passages else "")  # "Thanks." has no topic
    if not previous.passages:
        return Previous(question)
    first = previous.passages[0]
    marked = first.text[first.quote[0] - first.start : first.quote[1] - first.start]
    title = first.title if len(first.title or "") <= MAX_TITLE_CHARACTERS else None
    return Previous(question, person_in(marked), place_in(marked), title, first.date)
