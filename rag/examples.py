"""Library -> questions to begin with, made of the names that its own articles print most, each of which it answers.

A sample of the articles is read, never the whole index, and names are taken from it (`rag.query.frequent_names`). Each
name is put into the forms of question that fit what it names, and a question is kept only if its answer has the grade
"answers" and the first marked sentence says what was asked. `Examples` does this in the background, slowly, and keeps
what it finds until the index changes.
"""

from __future__ import annotations

import logging
import threading
import time
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest

import regex

from rag.answer.answer import Answer
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.grade import ANSWERS
from rag.browse import ReadOnlyLibrary
from rag.errors import AccordingError
from rag.library import Library
from rag.provenance.uploads import is_uploaded
from rag.query.frequent_names import ROLES, FrequentName, Kind, frequent_names
from rag.sentence_splitter import sentence_spans
from rag.text import one_line

EXAMPLES = 6
MAX_ARTICLES, MAX_OUTLETS = 240, 60  # that are read, of so many outlets
MAX_NAMES, MAX_OTHERS = 10, 2  # of each kind that are asked about; names that each is put together with
MAX_ASKED = 40  # questions that are tried
MIN_ARTICLES = 2  # that print a name
# A name that so large a share of the sample prints is asked about last: all articles are about it.
EVERYWHERE = 0.4
BUSY_SHARE = 0.25  # of the time that `Examples` asks at most; the rest is for readers
RENEW_SECONDS = 600.0  # at least between two beginnings, where an index changes all the time

# Forms of question, the best first, for what a name N names; O is another name. None accuses anybody.
FORMS: dict[Kind, tuple[str, ...]] = {
    "person": ("Who is N?", "What did N say about O?", "What did N say?"),
    "place": ("What happened at N?", "What did O do at N?"),
    "body": ("What is known about N?", "What did N say about O?"),
}
# What the first marked sentence must have, by the words of the form: who somebody is ("Ann Lee, head of the port",
# "spokeswoman Ann Lee"), that they say something, that they are named before the place; in all others, the name.
_SAYS = (
    "(?:said|says|told|tells|stated|claimed|claims|wrote|writes|argued|argues|warned|announced|denied|admitted|called)"
)
_TELLS = {
    "Who is": r"N,? (?:\([^()]{1,60}\),? )?(?:an?|the|who|whose|then|once|former|head|leader|[a-z]+ (?:of|for|at))\b|"
    rf"\b(?i:{'|'.join(ROLES)})\.? N",
    "say": rf"N(?:\W+\w+){{0,12}}?\W+{_SAYS}\b|\b(?:said|says|added|wrote|argued) N|"
    r"(?i:according to) (?:\w+\W+){0,2}?N",
    "do": "O.*N",
    "": "N",
}
MIN_CHARACTERS = 60  # of that sentence; a caption is shorter
_AT = regex.compile(r"\b(?:Camp|Base|Station|Airport|University|Hospital|Prison)\b")

log = logging.getLogger("rag")


def example_questions(library: Library, n: int = EXAMPLES) -> list[str]:
    """Return questions that a library answers, made of the names that its articles print most.

    It takes seconds (docs/measurements/speed.md, "Example questions"); `Examples` does it in the background.

    Args:
        library: what is asked.
        n: how many questions at most.

    Returns:
        The questions, each of one line; fewer, or none, where its articles are few or not in English.
    """
    return list(islice(_questions(library), n))


class Examples:
    """The example questions of a library that may change; safe to use from several threads."""

    def __init__(self, library: Library, given: Sequence[str] = (), n: int = EXAMPLES):
        """Begin nothing yet.

        Args:
            library: what is asked.
            given: the questions to show; if there are none, they are made.
            n: how many are made at most.
        """
        self._library, self._given, self._n = library, list(given), n
        self._questions: list[str] = []
        self._generation, self._begun = -1, -RENEW_SECONDS
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def get(self) -> list[str]:
        """Return the questions known so far, at once.

        If the index has changed since they were made, or they were not made yet, that begins in another thread;
        meanwhile those from before are returned.
        """
        if self._given:
            return list(self._given)
        with self._lock:
            is_due = time.monotonic() - self._begun >= RENEW_SECONDS
            if is_due and self._library.generation != self._generation and not self.is_making:
                self._begun, self._generation = time.monotonic(), self._library.generation
                self._thread = threading.Thread(target=self._make, name="examples")
                self._thread.start()
            return list(self._questions)

    @property
    def is_making(self) -> bool:
        """Whether more questions are being made now."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until all questions are made, or for some seconds."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _make(self) -> None:
        first, made = not self._questions, list[str]()
        try:
            for question in islice(_questions(self._library, BUSY_SHARE), self._n):
                made.append(question)
                if first:  # shown one after the other, rather than all after a minute
                    self._questions = list(made)
            self._questions = made
        except AccordingError as error:  # the index changes, or is closed
            log.info("no example questions: %s", error)


def _questions(library: Library, busy_share: float = 1.0) -> Iterator[str]:
    """Yield questions that the library answers.

    Args:
        library: what is asked.
        busy_share: share of the time in which questions are asked.
    """
    used, used_others, shown, asked = set[str](), set[str](), set[tuple[str, int]](), 0
    names = _names(library)
    printed = {name.text: name for name in names}
    for name in names:
        if not used.isdisjoint(_words(name.text)):
            continue
        others = [printed[o] for o in name.others if o in printed and o not in used_others]
        others = [other for other in others if _words(other.text).isdisjoint(_words(name.text))][:MAX_OTHERS]
        for form, other in _forms(name, others):
            asked += 1
            if asked > MAX_ASKED or not threading.main_thread().is_alive():
                return
            question, begun = _question(form, name, other), time.monotonic()
            answer = library.ask(question)
            _rest((time.monotonic() - begun) * (1 / busy_share - 1))
            if not _fits(answer, form, name, other) or (place := _place(answer)) in shown:
                continue
            shown.add(place)
            used |= _words(name.text, *(s for alias in answer.aliases for s in (alias.words, *alias.spellings)))
            used_others |= {other.text} if other else set()
            yield question
            break


def _forms(name: FrequentName, others: Sequence[FrequentName]) -> Iterator[tuple[str, FrequentName | None]]:
    for form in FORMS[name.kind]:
        if "O" in form:
            yield from ((form, other) for other in others if " do " not in form or other.kind != "place")
        else:
            yield form, None


def _question(form: str, name: FrequentName, other: FrequentName | None) -> str:
    question = form if _AT.search(name.text) else form.replace(" at N", " in N")
    values = {"N": name, "O": other}
    return regex.sub(r"\b[NO]\b", lambda m: _with_the(values[m[0]]), question)


def _with_the(name: FrequentName | None) -> str:
    return "" if name is None else f"the {name.text}" if name.has_the else name.text


def _words(*names: str) -> set[str]:
    """Return the words of names without accents and letter case: what tells that two are nearly one."""
    plain = unicodedata.normalize("NFKD", " ".join(names)).casefold()
    return set(regex.findall(r"\w+", regex.sub(r"\p{M}", "", plain)))


def _rest(seconds: float) -> None:
    """Wait, but not on when the program ends."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and threading.main_thread().is_alive():
        time.sleep(min(left, 0.2))


def _names(library: Library) -> list[FrequentName]:
    """Return names to ask about: a person, a place and a body in turn, those of the most outlets first."""
    with library.reading() as now:
        outlets = [None if name == UNKNOWN_OUTLET else name for name in now.counts().outlets]
        articles = [now.article(article_id) for article_id in _sample(now, outlets)]
    authors = {author for article in articles for author in article.authors}
    hosts = {article.host for article in articles if article.host}
    found = frequent_names(
        ((article.outlet, article.text) for article in articles),
        {*filter(None, outlets), *authors, *hosts},
        MIN_ARTICLES,
    )
    found.sort(key=lambda name: name.articles > EVERYWHERE * len(articles))
    kinds: list[list[FrequentName]] = [[n for n in found if n.kind == kind][:MAX_NAMES] for kind in FORMS]
    return [name for name in chain.from_iterable(zip_longest(*kinds)) if name]


def _sample(library: ReadOnlyLibrary, outlets: Sequence[str | None]) -> list[str]:
    """Return ids of articles of the largest outlets, as many of each, from all its years.

    What a reader of the app has uploaded is left out: nobody can put a question before all others.
    """
    of_outlets = outlets[:MAX_OUTLETS]
    each = max(1, MAX_ARTICLES // max(1, len(of_outlets)))
    ids: list[str] = []
    for outlet in of_outlets:
        own = [article_id for article_id in library.of_outlet(outlet) if not is_uploaded(article_id)]
        ids += own[:: max(1, len(own) // each)][:each]
    return ids


def _fits(answer: Answer, form: str, name: FrequentName, other: FrequentName | None) -> bool:
    """Return whether an answer answers, restricts nothing, and first marks a sentence that says what was asked."""
    if answer.grade != ANSWERS or answer.constraints:
        return False
    marked = answer.passages[0].quotation
    start, end = sentence_spans(marked)[0]
    sentence = one_line(marked[start:end])
    pattern = next(pattern for part, pattern in _TELLS.items() if part in form)
    if other and not regex.search(_spelled(other), sentence):
        return False
    pattern = regex.sub(r"\bN\b", lambda _: _spelled(name), regex.sub(r"\bO\b", lambda _: _spelled(other), pattern))
    is_told = len(sentence) >= MIN_CHARACTERS and not sentence.endswith(("?", ":"))
    return is_told and bool(regex.search(pattern, sentence))


def _spelled(name: FrequentName | None) -> str:
    """Return a pattern for a name: a person's may be without the first name."""
    if name is None:
        return ""
    first, _, last = name.text.rpartition(" ") if name.kind == "person" else ("", "", name.text)
    return rf"\b(?:{regex.escape(first)} )?{regex.escape(last)}\b"


def _place(answer: Answer) -> tuple[str, int]:
    """Where the first marked sentence is: two questions with the same one are one too many."""
    first = answer.passages[0]
    return first.article_id, first.quote[0]
