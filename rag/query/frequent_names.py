"""Articles -> the names that most of them print, with what each may name: a person, a place or a body.

By capitals in running text, with `rag.query.constraints.names`, so only texts in English that are not all in capitals
give names. `rag.examples` makes questions of them. Articles are data: a name is one to four words of letters, digits,
hyphens and apostrophes, which several articles print.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import regex

from rag.provenance.outlet import key
from rag.query.constraints.names import Name, find_names
from rag.sentence_splitter import sentence_spans

Kind = Literal["person", "place", "body"]

MAX_CHARACTERS, MAX_WORDS = 40, 4
MAX_TEXT = 2500  # characters that are read of each article: news says first what it is about
# Shares of a name's mentions: where it may be a place's, and where "in" or "at" is before it, from which on it is taken
# for a place; after "the", from which on it is asked about so.
PLACE_SHARE, AT_SHARE, THE_SHARE = 0.5, 0.15, 0.5
CHARACTERS_PER_THE = 200  # at most, in a text in English; "the", "of" and "and" are counted
PERSON_SHARE = (
    0.25  # of the articles, where a role, "said" or a name alone shows that a name of two words is a person's
)

_NAME = regex.compile(rf"\p{{Lu}}[\p{{L}}\p{{M}}\p{{N}}]*(?:[ '’-][\p{{L}}\p{{M}}\p{{N}}]+){{0,{2 * MAX_WORDS}}}")
_LOWER_CASE = regex.compile(r"(?<![\p{L}\p{N}])\p{Ll}[\p{L}\p{M}]+")
# Around a part of a longer name: "Mujahedin-e Khalq", "People's Mujahedin", "National Council of Resistance of Iran".
_PART_BEFORE = regex.compile(r"(?:\p{Lu}[\p{L}\p{M}]*(?:[-’']\p{Ll}{1,2}\s|['’]\s?|\s(?:of|for)\s(?:the\s)?)|[-’'])$")
_PART_AFTER = regex.compile(r"[-’']\p{L}|(?: of| for)(?: the)? \p{Lu}|['’]s \p{Lu}")
_SAYS = regex.compile(
    r",? (?:\(\p{Lu}[^()]{0,20}\) )?(?:said|says|told|tweeted|wrote|added|argued)\b"
    r"|, (?:who|aged|\d\d|head|[a-z]+ of)\b"
)
_ENGLISH = regex.compile(r"\b(?:the|of|and)\b")
_AT = regex.compile(r"\b(?:in|at|near|inside|outside)\s+$", regex.I)
_THE = regex.compile(r"\bthe\s+$", regex.I)
# What people are called by before their names.
ROLES = (
    "Mr", "Mrs", "Ms", "Dr", "Sir", "Lord", "Lady", "Sen", "Senator", "Rep", "Representative", "Gov", "Governor",
    "Gen", "General", "Lt", "Col", "Colonel", "Maj", "Major", "Capt", "Captain", "Sgt", "Judge", "Justice", "Mayor",
    "Minister", "Premier", "Chancellor", "President", "Secretary", "Ayatollah", "Imam", "Prince", "Princess", "King",
    "Queen", "Pope", "Professor", "Prof", "Spokesman", "Spokeswoman", "Ambassador", "Chairman", "Director", "Commander",
    "Leader", "Attorney", "Prime", "Foreign", "Vice", "Former", "Then",
)  # fmt: skip
_ROLE = regex.compile(rf"(?:(?:\p{{Lu}}\p{{L}}+(?:ian|ish|ese|can|qi)|{'|'.join(ROLES)})\s)+")
_NO_NAME = regex.compile(r"\p{L}{2,}(?:ians?|ese|ish|qis?|nch|ans|ism)")  # "Iranian", "British", "Marxism"


@dataclass(frozen=True)
class FrequentName:
    """A name that articles print.

    Attributes:
        text: the name as it is printed.
        kind: what it may name: "person", "place", or "body" for all else.
        articles: how many of the articles print it.
        outlets: how many outlets these are of.
        others: names that several articles print in one sentence with it, the most frequent first.
        has_the: whether it is mostly printed with "the" before it.
    """

    text: str
    kind: Kind
    articles: int
    outlets: int
    has_the: bool
    others: tuple[str, ...] = ()


def frequent_names(
    articles: Iterable[tuple[str | None, str]], leave_out: Collection[str] = (), min_articles: int = 2
) -> list[FrequentName]:
    """Return the names that articles print.

    Args:
        articles: the outlet and the text of each.
        leave_out: names that are not to be returned, in any spelling: of outlets, of authors.
        min_articles: how many articles must print a name.

    Returns:
        The names; those of the most outlets first, then those of the most articles.
    """
    found: dict[str, _Mentions] = defaultdict(_Mentions)
    lower_case: Counter[str] = Counter()
    unwanted = {key(name) for name in leave_out}
    for number, (outlet, whole) in enumerate(articles):
        read = whole[:MAX_TEXT]
        if len(_ENGLISH.findall(read)) * CHARACTERS_PER_THE < len(read):
            continue
        lower_case.update(set(_LOWER_CASE.findall(read)))
        printed_here = set[str]()
        for start, end in sentence_spans(read):
            sentence, together = read[start:end], set[str]()
            for name in find_names(sentence):
                printed = _without_role(name.text)
                before, after = sentence[: name.end - len(printed)], sentence[name.end :]
                if _PART_BEFORE.search(sentence[: name.start]) or _PART_AFTER.match(after):
                    continue
                together.add(printed)
                found[printed].add(number, outlet, name, before, printed != name.text or bool(_SAYS.match(after)))
            printed_here |= together
            for printed in together:
                for other in together - {printed}:
                    found[printed].others[other].add(number)
        for printed in printed_here:
            if " " in printed and any(read.count(word) > read.count(printed) for word in printed.split()):
                found[printed].people.add(number)
    kinds = {
        name: kind
        for name, own in found.items()
        if len(own.articles) >= min_articles and (kind := own.kind(name))
        and key(name) not in unwanted and _is_safe(name) and not _is_plain(name, len(own.articles), lower_case)
    }  # fmt: skip
    names = []
    for text, kind in kinds.items():
        own = found[text]
        with_it = [(-len(among), other) for other, among in own.others.items() if len(among) >= min_articles]
        others = tuple(other for _, other in sorted(with_it) if other in kinds)
        names.append(FrequentName(text, kind, len(own.articles), len(own.outlets), own.has_the, others))
    return sorted(names, key=lambda name: (-name.outlets, -name.articles, name.text))


class _Mentions:
    """Where one name is printed."""

    def __init__(self) -> None:
        self.articles: set[int] = set()
        self.people: set[int] = set()  # those where it is clearly a person's
        self.outlets: set[str | None] = set()
        self.others: dict[str, set[int]] = defaultdict(set)  # names in its sentences, and in which articles
        self.all = self.persons = self.places = self.at = self.after_the = self.inside = 0

    def add(self, article: int, outlet: str | None, name: Name, before: str, is_person: bool) -> None:
        self.articles.add(article)
        self.outlets.add(outlet)
        self.all += 1
        self.persons += name.is_person
        self.places += name.is_place
        self.at += bool(_AT.search(before))
        self.after_the += bool(_THE.search(before))
        self.inside += before.endswith("(")
        if is_person:
            self.people.add(article)

    @property
    def has_the(self) -> bool:
        """Whether it is mostly printed with "the" before it, where it is not in brackets."""
        return self.after_the > (self.all - self.inside) * THE_SHARE

    def kind(self, name: str) -> Kind | None:
        """What it may name; None for a word that may be anything."""
        if " " in name and self.persons > self.all / 2 and not self.has_the:
            return "person" if len(self.people) >= len(self.articles) * PERSON_SHARE else None
        if self.places >= self.all * PLACE_SHARE and self.at >= self.all * AT_SHARE and not self.has_the:
            return "place"
        return "body" if " " in name or (name.isupper() and len(name) > 2) else None


def _without_role(name: str) -> str:
    role = _ROLE.match(name)
    return name[role.end() :] if role else name


def _is_safe(name: str) -> bool:
    """Return whether a name is short, and made of letters, digits, hyphens and apostrophes alone."""
    words = name.split(" ")
    is_short = len(name) <= MAX_CHARACTERS and len(words) <= MAX_WORDS
    return is_short and len(words[-1]) > 1 and bool(_NAME.fullmatch(name))  # "George W" is cut off at the point


def _is_plain(name: str, articles: int, lower_case: Counter[str]) -> bool:
    """Return whether a name is none: all its words are as often printed in small letters, or it is like "Iranian"."""
    words = [word for word in name.split() if word[0].isupper()]
    if len(words) == 1 and _NO_NAME.fullmatch(name):
        return True
    return all(lower_case[word.lower()] >= articles for word in words)
