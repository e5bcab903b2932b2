"""Words of questions and sentences, reduced so that forms of one word are equal, and verbs that say the same."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import regex

_TOKEN = regex.compile(r"\p{L}\.(?:\p{L}\.)+|\p{L}[\p{L}\p{M}]*(?:\.\p{Ll}{2,3}(?!\w))?(?:['’]\p{L}+)?|\d[\d,.]*|\S")

# Verbs and nouns of one meaning, each in the form that `stem` gives; the first names the family.
_FAMILIES = (
    "kill die dead death deadly fatality murder massacre slay slaughter assassinate perish drown toll victim",
    "injure wound hurt maim injury",
    "hospitalise hospitalize",
    "arrest detain custody",
    "execute execution",
    "indict indictment charge",
    "separate split separation",
    "founded formed establish",
    "create generate",
    "grow growth expand rise",
    "begin start open launch",
    "end close finish",
    "flee escape",
    "exchange swap trade",
    "add increase widen boost raise",
    "cut slash reduce reduction lower drop trim",
    "cost worth price",
    "demand insist request seek want",
    "sign enrol enroll enrolment enrollment select register",
    "fire dismiss sack oust",
    "seize confiscate",
    "delist",
    "steal hack",
    "live house reside inhabit",
    "hit strike",
    "destroy destruction",
    "hand provide produce",
    "expel expulsion",
    "evacuate",
    "rescue",
    "infect infection",
    "displace",
    "miss missing",
)
_IRREGULAR = {
    "fled": "flee", "struck": "strike", "gunned": "kill", "found": "find", "began": "begin", "begun": "begin", "shot": "shoot", "slain": "slay", "slew": "slay",
    "died": "die", "dies": "die", "dying": "die", "deaths": "death", "took": "take", "taken": "take",
    "swapped": "swap", "cutting": "cut", "cuts": "cut", "stolen": "steal", "stole": "steal", "went": "go",
    "sought": "seek", "people": "person", "persons": "person", "men": "man", "women": "woman", "children": "child",
    "policemen": "policeman", "gunmen": "gunman", "lost": "lose", "held": "hold", "left": "leave", "gave": "give",
    "given": "give", "got": "get", "lives": "life", "wives": "wife", "kids": "child", "injuries": "injury",
    "fatalities": "fatality", "worshiper": "worshipper", "worshipers": "worshipper", "dropped": "drop", "won": "win",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word, a number or a mark, with its span in the text."""

    text: str
    start: int
    end: int

    @functools.cached_property
    def lower(self) -> str:
        return self.text.casefold().replace("’", "'")

    @functools.cached_property
    def stem(self) -> str:
        return stem(self.lower)

    @functools.cached_property
    def family(self) -> str:
        """The family of verbs that it belongs to; "" for none."""
        if self.lower == "lives":  # "claimed 59 lives"
            return "kill"
        return family(self.stem)

    @property
    def is_word(self) -> bool:
        return self.text[0].isalpha()

    @property
    def is_name(self) -> bool:
        return self.text[0].isupper()


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Return the words, numbers and marks of text[start:end], with their spans in `text`."""
    return [
        Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text, start, len(text) if end is None else end)
    ]


@functools.lru_cache(4096)
def stem(word: str) -> str:
    """Return a lower-case word without the endings of plurals and verbs: "killed", "killing" and "kills" are "kil"."""
    word = word.removesuffix("'s").removesuffix("'")
    if word[1:2] == ".":
        return word.replace(".", "")
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
    elif word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    elif word.endswith("ly") and len(word) > 5:
        word = word[:-2]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            word = word.removesuffix(ending)
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


@functools.cache
def _families() -> dict[str, str]:
    return {stem(word): line.split()[0] for line in _FAMILIES for word in line.split()}


def family(stemmed: str) -> str:
    """Return the family of a word that `stem` gives; "" for none."""
    return _families().get(stemmed, "")
