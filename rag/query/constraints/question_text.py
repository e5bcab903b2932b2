"""Cut the words of constraints out of a question, and find its quotations, which state no constraint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex

WORD = regex.compile(r"\w+")
# Words that are not worth searching for by themselves, and are no noun that a date could belong to ("2009 siege").
PLAIN_WORDS = frozenset(
    WORD.findall(
        "a about according after against all am an and any are as at be been before being between but by can could did "
        "do does during for from had has have he her his how i if in into is it its many may me might more most much "
        "my no not of on or our out over she should since so than that the their them there these they this those "
        "through to under until up was we were what when where which while who whom whose why will with would you your"
    )
)
# A follow-up of nothing but these and a date or an outlet replaces the date or outlet of the previous question.
FOLLOW_UP_WORDS = frozenset(
    WORD.findall(
        "and but or so then what how about for only also just did does do has have say said says report reported write "
        "according to the in ok okay well now"
    )
)
_QUOTED = regex.compile(r"“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"|‘[^’]*’(?!\w)|(?<!\w)'[^']*'(?!\w)|«[^»]*»")

Span = tuple[int, int]


def quoted_spans(question: str) -> list[Span]:
    """Return the spans of quotations, marks included."""
    return [m.span() for m in _QUOTED.finditer(question)]


def phrase_spans(question: str) -> list[Span]:
    """Return the spans of quotations in double marks, without the marks: these words must be printed as they are."""
    found = ((m.start() + 1, m.end() - 1) for m in _QUOTED.finditer(question) if m.group()[0] in '“„"«')
    return [(a, b) for a, b in found if WORD.search(question[a:b])]


def cut_spans(question: str, spans: Iterable[Span]) -> str:
    """Return the question without the text at `spans`, a space for each."""
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(question[at : max(start, at)])
        at = max(at, end)
    return " ".join([*kept, question[at:]])


def remaining_text(question: str, spans: Sequence[Span]) -> str:
    """Return the question without the text at `spans`, its punctuation and spaces tidied.

    If nothing to search for remains, return the question itself.
    """
    if not spans:
        return question
    text = cut_spans(question, spans)
    text = regex.sub(r",\s*,|,\s*(?=[;:?.!])", " ", text)
    text = regex.sub(r"\(\s*\)", " ", text)
    text = regex.sub(r"\s+", " ", text).strip(" ,;:")
    text = regex.sub(r"^\.\s+|(?<=[.?!])\s*\.(?=\s|$)", "", text)  # a sentence that is cut leaves its full stop
    text = regex.sub(r"\s+\.(?=\s|$)", ".", text)
    text = regex.sub(r"\s+([?,;:!])", r"\1", text) if not question.endswith(" ?") else text
    if not set(WORD.findall(text.casefold())) - PLAIN_WORDS - FOLLOW_UP_WORDS:
        return question
    return text[0].upper() + text[1:] if question[0].isupper() else text
