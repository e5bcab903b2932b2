"""Article -> EventDate: the date that its title or first sentences give for the event that another sentence tells.

It counts only where it is plainly the same event: the sentence itself speaks of no time, and shares words of what
happened with the one that is dated.
"""

from __future__ import annotations

import datetime as dt

import regex

from rag.article import Article
from rag.comparison.date_refusals import PAST, has_other_time, is_told_later, tense
from rag.comparison.event_date import CONTEXT, DAY, EventDate, event_date
from rag.provenance.dates import find_dates

MAX_LEAD = 800  # characters of an article in which its first sentences are looked for
LEAD_SENTENCES = 2
# Words that two sentences must share, and how many of them that are no names.
MIN_SHARED, MIN_SHARED_PLAIN = 3, 2
MAX_DISTANCE = 1_500  # characters between the two: later ones tell of what came of it
MIN_LETTERS = 4  # of a word that counts

_CUT = regex.compile(r"(?<=[.!?][\"'”’»)\]]*)\s+(?=[\"'“‘«(\[]*[\p{Lu}\d])|\n+")
_ABBREVIATION = regex.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Sgt|Gen|Lt|Col|Rep|Sen|Gov|St|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|No|\p{Lu})\.$"
)
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’-]*")
_CAPTION = regex.compile(
    r"\((?:[^)]*\b)?(?:AP|AFP|EPA|Reuters|Getty|photo\w*|file|via)\b|\b(?:file\s+photo|caption)\b|[|]", regex.I
)
_COMMON = frozenset(
    _WORD.findall(
        "about according after again against also among been before being between both called came could does done "
        "down during each even every first from further group have here including into itself just last like made "
        "many more most much must near never only other over people said same saying says several should since "
        "some still such than that their them then there these they this those through told took under until upon "
        "very well were what when where which while whom whose will with within without would year years your"
    )
)
# Words by which a sentence tells of another time than the one before it.
_EARLIER_OR_LATER = regex.compile(
    r"\b(?:earlier|previous(?:ly)?|past|former(?:ly)?|once|used\s+to|since|decades?|years?|months?|weeks?|history|"
    r"founded|established|later|next|soon|meanwhile|until|before|after|following|always|often|usually|never|"
    r"will|would|could|may|might|has|have|had|is|are|if)\b|\d{4}|\d0s\b",
    regex.I,
)  # fmt: skip


def lead_date(article: Article, start: int, end: int, published: dt.date | None) -> EventDate | None:
    """Return the date that an article's first sentences give for the event that text[start:end] tells.

    Args:
        article: the article.
        start, end: the span of a sentence in its text that states no date.
        published: when the outlet published it, from which "on Monday" counts; None if that is not known.
    """
    sentence = article.text[start:end]
    if not _tells_the_news(sentence):
        return None
    lead = [(a, b) for a, b in _lead(article.text) if b <= start]
    dated = [(span, date) for span in lead if (date := event_date(article.text, *span, published))]
    if len({date.value for _, date in dated}) != 1:
        return None
    (a, b), date = dated[0]
    told = article.text[a:b]
    local = date.start - a, date.end - a
    plain = date.precision == DAY and not date.counted and tense(told, *local) == PAST and not _CAPTION.search(told)
    plain = plain and start - b <= MAX_DISTANCE and _same_event(sentence, told)
    return date if plain else None


def title_date(article: Article, start: int, end: int) -> dt.date | None:
    """Return the day that an article's title names, if text[start:end] plainly tells of the same event."""
    sentence = article.text[start:end]
    if not article.title or not _tells_the_news(sentence) or not _same_event(sentence, article.title):
        return None
    days = {day for _, _, day in find_dates(article.title)}
    return days.pop() if len(days) == 1 else None


def _tells_the_news(sentence: str) -> bool:
    """Whether a sentence tells something past, and speaks of no time of its own."""
    other = has_other_time(sentence) or is_told_later(sentence) or _EARLIER_OR_LATER.search(sentence)
    return not other and tense(sentence, len(sentence), len(sentence)) == PAST


def _same_event(one: str, other: str) -> bool:
    """Whether two sentences share enough words, one of which is no name in either."""
    shared = _words(one).keys() & _words(other).keys()
    return len(shared) >= MIN_SHARED and (
        sum(_words(one)[word] and _words(other)[word] for word in shared) >= MIN_SHARED_PLAIN
    )


def _words(text: str) -> dict[str, bool]:
    """Return the words of a text that say something, each with whether it is printed without a capital."""
    words: dict[str, bool] = {}
    for word in _WORD.findall(text):
        key = word.casefold().removesuffix("'s").removesuffix("’s").removesuffix("s")
        if len(key) >= MIN_LETTERS and word.casefold() not in _COMMON:
            words[key] = words.get(key, False) or word[0].islower()
    return words


def _lead(text: str) -> list[tuple[int, int]]:
    """Return the spans of the first sentences of a text."""
    end = min(len(text), MAX_LEAD)
    cuts = [m.span() for m in _CUT.finditer(text, 0, end) if not _ABBREVIATION.search(text[: m.start()][-CONTEXT:])]
    starts, ends = [0, *(b for _, b in cuts)], [*(a for a, _ in cuts), end]
    spans = [(a, b) for a, b in zip(starts, ends, strict=True) if text[a:b].strip()]
    return spans[:LEAD_SENTENCES]
