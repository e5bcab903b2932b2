"""Mine an article's text for pairs of long and short form such as "Long Form (LF)".

After Schwartz and Hearst 2003, "A simple algorithm for identifying abbreviation definitions in biomedical text". A
build mines each new article; `grouping` makes alias groups of the pairs of all articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from rag.query.aliases.initials import long_form_start
from rag.query.aliases.spelling import TOKEN, as_short_form, folded, without_points

MAX_LONG_CHARS = 150  # characters before a parenthesis in which its long form must begin
MAX_LONG_WORDS = 12  # words of a long form that is inside a parenthesis

_PARENTHESIS = regex.compile(r"\(([^()\n]{2,90})\)")
_KNOWN_AS = (
    r"known (?:as|by (?:its|their|the) (?:\p{Ll}+ )?(?:initials|acronyms?|abbreviations?),?)|abbreviated (?:as|to)"
)
_LEAD = regex.compile(rf"(?i:(?:(?:also|commonly|formerly) )?(?:{_KNOWN_AS})|a\.?k\.?a\.?|(?:the )?acronym|or|the),? ")
_SEPARATOR = regex.compile(r"\s*(?:[/,;]|\bor\b)\s*")
_SHORT_FORMS = (
    r" (?:the )?[“\"‘']?(\p{Lu}[\p{L}\p{N}-]{1,9})[”\"’']?(?:(?: or |/)(?:the )?[“\"‘']?(\p{Lu}{2,10}))?"
    r"(?![\p{L}\p{N}’'-])"
)
_OR = regex.compile(rf", or{_SHORT_FORMS}")
_KNOWN = regex.compile(rf"(?:{_KNOWN_AS}){_SHORT_FORMS}")
_BEFORE_KNOWN = regex.compile(
    r"(?:,|\s?[–—]|\s--?|,? (?:which|that) is)\s?(?:(?:also|commonly|widely|better|sometimes|often|otherwise) )*$"
)
_STOP = regex.compile(r"[\n()\[\]:;!?]|(?<=[\p{Ll}\p{N}]\p{Ll})[.](?=[”\"’']?\s)")
_LOOKS_SHORT = regex.compile(r"(?<![\w@#/.-])(?:\p{Lu}[\p{L}\p{N}]{0,8}\p{Lu}\p{L}?|(?:\p{Lu}\.){2,5})(?![\w@])")
_LAST_WORD = regex.compile(r"([\p{L}\p{N}.&-]{2,12})[”\"’']?\s?$")


def mine_pairs(text: str) -> list[tuple[str, str]]:
    """Return the (long form, short form) pairs that an article defines, each once, in order.

    It reads "Long Form (LF)", "LF (Long Form)", several short forms in one parenthesis ("LF or LFO", "LF/LFO", "also
    known as LF"), "Long Form, also known as LF" and "Long Form, or LF,". The long form must have the letters of the
    short one in order, most of them at the beginning of words; of several short forms in one parenthesis, one must fit.
    A plural s of short forms and a possessive of long ones are dropped.
    """
    found: list[tuple[int, str, str]] = []
    for match in _PARENTHESIS.finditer(text):
        inside = match[1]
        if inside[0] == "@":
            continue
        if shorts := _short_forms(inside):
            found += ((match.start(), long, short) for long, short in _defined(text, match.start(), shorts))
        if (" " in inside or "-" in inside) and (
            before := _LAST_WORD.search(text, max(0, match.start() - 14), match.start())
        ):
            before_short = as_short_form(before[1])
            if before_short and (whole := _long_form_inside(inside, before_short)):
                found.append((match.start(), whole, before_short))
    for match in _OR.finditer(text):
        if len(shorts := _all_capitals(match)) and len(shorts[0]) > 2:
            found += (
                (match.start(), long, short) for long, short in _defined(text, match.start(), shorts, strict=True)
            )
    for match in _KNOWN.finditer(text):
        lead = _BEFORE_KNOWN.search(text, max(0, match.start() - 30), match.start())
        if lead and (shorts := _all_capitals(match)):
            found += ((lead.start(), long, short) for long, short in _defined(text, lead.start(), shorts))
    return list(dict.fromkeys((long, short) for _, long, short in sorted(found, key=lambda f: f[0])))


def printed_short_forms(text: str) -> set[str]:
    """Return the words of a text that look like short forms: two capitals or more, without their points."""
    return {without_points(match.group()) for match in _LOOKS_SHORT.finditer(text)}


def _all_capitals(match: regex.Match[str]) -> list[str]:
    return [short for short in map(as_short_form, match.groups()) if short and short.isupper()]


def _short_forms(inside: str) -> list[str]:
    """Return the short forms inside a parenthesis."""
    shorts = []
    for part in _SEPARATOR.split(inside):
        part = part.strip(" \u00a0“”\"'‘’")
        while lead := _LEAD.match(part):
            part = part[lead.end() :].strip(" “”\"'‘’")
        if short := as_short_form(part):
            shorts.append(short)
    return shorts


def _defined(text: str, at: int, shorts: Sequence[str], strict: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the pairs of short forms with the words that end at text[at]."""
    begin = max(0, at - MAX_LONG_CHARS)
    for stop in _STOP.finditer(text, begin, at):
        begin = stop.end()
    tokens = list(TOKEN.finditer(text, begin, at))
    if begin and text[begin - 1].isalnum():
        tokens = tokens[1:]
    if not tokens or at - tokens[-1].end() > 3:
        return
    words = [token.group() for token in tokens]
    starts = [long_form_start(short, words, strict) for short in shorts]
    first = next((start for start in starts if start is not None), None)
    for short, start in zip(shorts, starts, strict=True):
        if start is None and first is not None and len(short) > 2 and short.isalpha() and short.isupper():
            start = first if set(short.casefold()) & {folded(word)[:1] for word in words[first:]} else None
        if start is not None:
            yield _tidy(text[tokens[start].start() : tokens[-1].end()]), short


def _long_form_inside(inside: str, short: str) -> str | None:
    """Return what a parenthesis has, if that is the long form of the short form before it, or None."""
    words = [match.group() for match in TOKEN.finditer(inside)]
    skip = 1 if words and words[0].casefold() == "the" else 0
    if len(words) - skip < 2 or len(words) > MAX_LONG_WORDS or _STOP.search(inside):
        return None
    return _tidy(inside.strip(" “”\"'‘’")) if long_form_start(short, words[skip:], True) == 0 else None


def _tidy(printed: str) -> str:
    """Return a long form without "the", a possessive and a final point."""
    printed = regex.sub(r"^(?i:the)\s+", "", regex.sub(r"\s+", " ", printed))
    return regex.sub(r"[’']s?$|(?<=\p{Ll}{2})\.$", "", printed)
