"""What is new since a reader last asked a question: which passages of its answer, and which others that answer it.

Each answer states up to when the index was searched for it. The page keeps that with the question, in the reader's
browser alone, and sends it when the question is asked again. New is what was put into the index since, as for
`according watch` (`rag.answer.watching`), whatever its date.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.html import Html
from rag.answer.wording import counted
from rag.library import Library
from rag.query.query import Query
from rag.text import spelled_date
from rag.web.filters import whole_number

# To ask again so soon is the same asking: what was new stays marked, and that nothing is new is not said. As in app.js.
SITTING_SECONDS = 1800
MAX_COUNTED = 5  # new passages of a question that are counted one by one, where it is not asked

_TIME = Html('<time class="asked" datetime="{}">{}</time>')
_LINE = Html('<p class="new">{} new since you last asked on {}.</p>')
_MARK = Html('<span class="new">New since you last asked, {}</span>')
_MORE = Html('<h3 class="new">Also new since you last asked</h3>{}')
_FOUND = Html("<span>{} since {}</span>")


@dataclass(frozen=True)
class SinceAsked:
    """What is new since a question was last asked.

    Attributes:
        asked: when that was.
        new: ids of the articles of its answer that were put into the index since.
        more: new passages that answer it too, and for which the answer has no place.
    """

    asked: dt.datetime
    new: frozenset[str] = frozenset()
    more: tuple[Citation, ...] = ()


def searched_until(library: Library) -> int:
    """Return up to when, in seconds since 1970, what is put into the index is searched by a question asked now.

    It is 0 while what another process has changed is being loaded.
    """
    now = int(time.time())
    with library.reading() as stored:
        generation = stored.generation
    return now if library.generation >= generation else 0


def time_of(given: object) -> dt.datetime | None:
    """Return the time that a page sends with a question; None for 0 or nothing, if it was never asked.

    Raises:
        QuestionError: if it is no whole number from 0; a time to come is now.
    """
    seconds = 0 if given is None or given == "" else whole_number(given, "when you last asked")
    return dt.datetime.fromtimestamp(min(seconds, int(time.time())), dt.UTC) if seconds else None


def look(library: Library, query: Query, answer: Answer, asked: dt.datetime | None) -> SinceAsked | None:
    """Return what is new since a question was last asked; None if it never was, or nothing answers it.

    Args:
        library: what was asked.
        query: the question, with its filters.
        answer: its answer.
        asked: when it was last asked.
    """
    if asked is None or not answer.found:
        return None
    found = library.new_passages(query, asked)
    shown = {passage.article_id for passage in answer.passages}
    known = shown.union(*(passage.copies for passage in answer.passages))
    more = tuple(passage for passage in found if passage.article_id not in known)
    return SinceAsked(asked, library.added_since(asked, sorted(shown)), more)


def line_html(since: SinceAsked | None, answer: Answer) -> Html:
    """Return the line that says how many passages of an answer are new; nothing where that would say nothing."""
    if since is None:
        return Html()
    count, new = len(answer.passages), sum(passage.article_id in since.new for passage in answer.passages)
    whole = counted(count, "passage")
    is_same_asking = time.time() - since.asked.timestamp() < SITTING_SECONDS
    if new:
        said = f"{new} of {whole} {'is' if new == 1 else 'are'}"
    elif since.more:
        said = f"{counted(len(since.more), 'more passage')} {'is' if len(since.more) == 1 else 'are'}"
    elif is_same_asking:
        return Html()
    else:
        said = "No passage is"
    return _LINE.format(said, _time(since.asked))


def mark_html(since: SinceAsked | None, article_id: str) -> Html:
    """Return the mark of a passage that is new; nothing for any other."""
    return _MARK.format(_time(since.asked)) if since and article_id in since.new else Html()


def more_html(cards: Html) -> Html:
    """Return the cards of new passages for which the answer has no place, below those that it has."""
    return _MORE.format(cards) if cards else cards


def found_html(new: int, asked: dt.datetime) -> Html:
    """Return how much is new that answers a question of the reader's which is not asked; nothing if nothing is.

    Args:
        new: how many new passages answer it, of which MAX_COUNTED are counted.
        asked: when it was last asked.
    """
    if not new:
        return Html()
    number = counted(new, "new passage") if new <= MAX_COUNTED else f"more than {MAX_COUNTED} new passages"
    return _FOUND.format(number, _time(asked))


def _time(asked: dt.datetime) -> Html:
    """Return a time, which the script puts into the words of the reader's own clock."""
    return _TIME.format(asked.isoformat(), spelled_date(asked))
