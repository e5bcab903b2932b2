"""Names of one thing: MEK, MKO and PMOI are searched as one, because articles say that they are one.

Beside the way of the data: a build mines each article's text for `pairs` such as "Long Form (LF)" (after Schwartz and
Hearst 2003, "A simple algorithm for identifying abbreviation definitions in biomedical text"), `group` makes `Name`s of
all pairs counted, a user's list extends them (`parse`, `joined`), and `Names` finds them in a question.
"""

from __future__ import annotations

import difflib
import functools
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from rag.errors import InputError
from rag.provenance.user_toml import read_text as read_toml

LONGEST_SHORT = 10  # characters of a short form
REACH = 150  # characters before a parenthesis in which its long form must begin
TYPED = 5  # letters up to which a short form is found in lower case
FEW_WORDS = 3  # up to so many words a name is found only with its own small words: "State of the Union", not "in the"
OTHERS = 8  # spellings that a question is extended by
DOMINANT = 3.0  # a short form with several meanings is the first one's where that is defined this many times as often
# Of 26 short forms that one of 12,000 articles defined and 15 or more printed, 10 meant something else in these.
FAMILIAR = 15
LIMITS = (0.0, 0.0, 0.0, 1.0, 2.0, 3.0)  # by its letters, how far a short form may be from its long form's initials
LONG_WORD = 6  # letters from which a word's vowels say nothing: "Mujahedin" and "Mojahideen", but not "Iran" and "Iron"
COMMON, COMMON_SHARE = 10, 0.01  # a word of more long forms, and of this share of them, does not tell them apart

# Words that a long form may have without a letter for them in its short form, and that spellings differ by.
_PARTICLES = (
    "a al an and at by da de del der des do dos du e el et for from i in la le of on or the to ud ul und with y &"
)
_SMALL = frozenset(_PARTICLES.split())
_ARTICLES = ("the", "a", "e", "i", "al", "el", "ul", "ud", "of")
_SHORT = regex.compile(r"\p{Lu}[\p{L}\p{N}]*(?:[.&-][\p{L}\p{N}]+)*\.?")
_PARTY = regex.compile(r"[A-Z]\.?[-–][A-Z]|[A-Z]-\d")  # a member's party and state, "R-Ohio"; a sheet's number
_PARENTHESIS = regex.compile(r"\(([^()\n]{2,90})\)")
_KNOWN_AS = (
    r"known (?:as|by (?:its|their|the) (?:\p{Ll}+ )?(?:initials|acronyms?|abbreviations?),?)|abbreviated (?:as|to)"
)
_LEAD = regex.compile(rf"(?i:(?:(?:also|commonly|formerly) )?(?:{_KNOWN_AS})|a\.?k\.?a\.?|(?:the )?acronym|or|the),? ")
_BETWEEN = regex.compile(r"\s*(?:[/,;]|\bor\b)\s*")
_SAID = (
    r" (?:the )?[“\"‘']?(\p{Lu}[\p{L}\p{N}-]{1,9})[”\"’']?(?:(?: or |/)(?:the )?[“\"‘']?(\p{Lu}{2,10}))?"
    r"(?![\p{L}\p{N}’'-])"
)
_OR = regex.compile(rf", or{_SAID}")
_KNOWN = regex.compile(rf"(?:{_KNOWN_AS}){_SAID}")
_BEFORE_KNOWN = regex.compile(
    r"(?:,|\s?[–—]|\s--?|,? (?:which|that) is)\s?(?:(?:also|commonly|widely|better|sometimes|often|otherwise) )*$"
)
_STOP = regex.compile(r"[\n()\[\]:;!?]|(?<=[\p{Ll}\p{N}]\p{Ll})[.](?=[”\"’']?\s)")
_TOKEN = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[’'.][\p{L}\p{M}\p{N}]+)*\.?|&")
_DOTTED = regex.compile(r"(?:\p{L}\.)+\p{L}?")
_LOOKS_SHORT = regex.compile(r"(?<![\w@#/.-])(?:\p{Lu}[\p{L}\p{N}]{0,8}\p{Lu}\p{L}?|(?:\p{Lu}\.){2,5})(?![\w@])")
_LAST_WORD = regex.compile(r"([\p{L}\p{N}.&-]{2,12})[”\"’']?\s?$")


@dataclass(frozen=True)
class AliasGroup:
    """One thing, printed in several ways.

    Attributes:
        spellings: its short and long forms, the most frequent first; a user's own first of all.
        basis: how it is known: "mined" from articles, "own list", or "own list, mined" where the two were joined.
    """

    spellings: tuple[str, ...]
    basis: str


@dataclass(frozen=True)
class Mention:
    """A place text[start:end] where a name stands, as it is spelled there."""

    start: int
    end: int
    text: str
    group: AliasGroup


def mine_pairs(text: str) -> list[tuple[str, str]]:
    """The (long form, short form) pairs that one article defines, each once, in order.

    Read are "Long Form (LF)", "LF (Long Form)", several short forms in one parenthesis ("LF or LFO", "LF/LFO", "also
    known as LF"), and "Long Form, also known as LF" or "Long Form, or LF,". The letters of a short form must stand in
    the long one in order, most of them at the beginning of words; of several in one parenthesis, one must. A plural s
    of short forms and a possessive of long ones are left away.
    """
    found: list[tuple[int, str, str]] = []
    for match in _PARENTHESIS.finditer(text):
        inside = match[1]
        if inside[0] == "@":
            continue
        shorts = _shorts(inside)
        if shorts:
            found += ((match.start(), long, short) for long, short in _defined(text, match.start(), shorts))
        if (" " in inside or "-" in inside) and (
            before := _LAST_WORD.search(text, max(0, match.start() - 14), match.start())
        ):
            short = _short(before[1])
            if short and (whole := _whole(inside, short)):
                found.append((match.start(), whole, short))
    for match in _OR.finditer(text):
        if len(shorts := _capitals(match)) and len(shorts[0]) > 2:
            found += (
                (match.start(), long, short) for long, short in _defined(text, match.start(), shorts, strict=True)
            )
    for match in _KNOWN.finditer(text):
        lead = _BEFORE_KNOWN.search(text, max(0, match.start() - 30), match.start())
        if lead and (shorts := _capitals(match)):
            found += ((lead.start(), long, short) for long, short in _defined(text, lead.start(), shorts))
    return list(dict.fromkeys((long, short) for _, long, short in sorted(found, key=lambda f: f[0])))


def printed_short_forms(text: str) -> set[str]:
    """The words of a text that look like short forms, as `group` counts them: two capitals or more, no points."""
    return {m.group().replace(".", "") for m in _LOOKS_SHORT.finditer(text)}


def _capitals(match: regex.Match[str]) -> list[str]:
    return [s for s in map(_short, match.groups()) if s and s.isupper()]


def _shorts(inside: str) -> list[str]:
    """The short forms inside a parenthesis."""
    parts = _BETWEEN.split(inside)
    shorts = []
    for part in parts:
        part = part.strip(" \u00a0“”\"'‘’")
        while lead := _LEAD.match(part):
            part = part[lead.end() :].strip(" “”\"'‘’")
        if short := _short(part):
            shorts.append(short)
    return shorts


def _short(word: str | None) -> str | None:
    """A word as a short form, without points and plural s, or None where it cannot be one."""
    if not word or len(word) > 2 * LONGEST_SHORT or not _SHORT.fullmatch(word) or _PARTY.match(word):
        return None
    bare = word.replace(".", "")
    if len(bare) > 3 and bare[-1] == "s" and bare[:-1].isupper():
        bare = bare[:-1]
    letters = sum(map(str.isalpha, bare))
    capitals = sum(map(str.isupper, bare))
    if (
        not 2 <= len(bare) <= LONGEST_SHORT
        or letters < 2
        or (capitals * 2 < letters and not (capitals == 1 and letters > 3))
    ):
        return None
    return bare


def _defined(text: str, at: int, shorts: Sequence[str], strict: bool = False) -> Iterator[tuple[str, str]]:
    """The pairs of short forms with the words that end at text[at]."""
    begin = max(0, at - REACH)
    for stop in _STOP.finditer(text, begin, at):
        begin = stop.end()
    tokens = list(_TOKEN.finditer(text, begin, at))
    if begin and text[begin - 1].isalnum():
        tokens = tokens[1:]
    if not tokens or at - tokens[-1].end() > 3:
        return
    words = [m.group() for m in tokens]
    starts = [_start(short, words, strict) for short in shorts]
    first = next((s for s in starts if s is not None), None)
    for short, start in zip(shorts, starts, strict=True):
        if start is None and first is not None and len(short) > 2 and short.isalpha() and short.isupper():
            start = first if set(short.casefold()) & {_folded(w)[:1] for w in words[first:]} else None
        if start is not None:
            yield _long(text[tokens[start].start() : tokens[-1].end()]), short


def _long(printed: str) -> str:
    printed = regex.sub(r"^(?i:the)\s+", "", regex.sub(r"\s+", " ", printed))
    return regex.sub(r"[’']s?$|(?<=\p{Ll}{2})\.$", "", printed)


def _whole(inside: str, short: str) -> str | None:
    """The whole of what a parenthesis holds, where it is the long form of the short form before it, or None."""
    words = [m.group() for m in _TOKEN.finditer(inside)]
    skip = 1 if words and words[0].casefold() == "the" else 0
    if len(words) - skip < 2 or len(words) > 12 or _STOP.search(inside) or _start(short, words[skip:], True) != 0:
        return None
    return _long(inside.strip(" “”\"'‘’"))


@functools.lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    """A word's letters and digits without letter case and diacritics."""
    if word.isascii():
        return "".join(c for c in word if c.isalnum()).lower()
    return "".join(c for c in unicodedata.normalize("NFKD", word) if c.isalnum()).casefold()


def _start(short: str, words: Sequence[str], strict: bool = False) -> int | None:
    """The index of the word where the long form of `short` begins, the last word being its end, or None.

    Every letter costs nothing at the beginning of a word and 1 within; a word without any letter costs 1, a small word
    nothing. The cheapest beginning counts, then the nearest.
    """
    letters = _folded(short)
    if any(map(str.isdigit, letters)) and not any(map(str.isdigit, "".join(words[-4:]))):
        letters = "".join(c for c in letters if not c.isdigit())
    if len(letters) < 2:
        return None
    strict = strict or sum(map(str.isupper, short)) < 2
    limit = 0.0 if strict else LIMITS[min(len(letters), len(LIMITS) - 1)]
    folded = [_folded(w) for w in words]
    best: tuple[float, int] | None = None
    nearest = len(words) - 1
    for start in range(nearest, max(-1, nearest - 2 * len(letters) - 3), -1):
        if folded[start][:1] != letters[0] or (start == nearest and folded[start].startswith(letters)):
            continue
        cost = _cost(letters, words[start:], folded[start:])
        if cost <= limit and (best is None or cost < best[0]):
            best = cost, start
    return None if best is None else best[1]


def _cost(letters: str, words: Sequence[str], folded: Sequence[str]) -> float:
    """How far `letters` are from being the initials of `words`; infinite where they are not in them."""
    states = {0: 0.0}  # letters used -> cost
    for i, (word, plain) in enumerate(zip(words, folded, strict=True)):
        after: dict[int, float] = {}
        skip = 0.0 if plain in _SMALL or not plain else 1.0 if word[0].isupper() else 1.5
        for used, cost in states.items():
            if i:
                after[used] = min(after.get(used, 99.0), cost + skip)
            if used == len(letters) or not plain.startswith(letters[used]):
                continue
            free = "." in word and _DOTTED.fullmatch(word)
            taken, place, run = used + 1, 1, 1
            after[taken] = min(after.get(taken, 99.0), cost)
            while taken < len(letters) and (place := plain.find(letters[taken], place) + 1):
                taken += 1
                run = run + 1 if place == run + 1 else 0
                inner = 0.0 if free else 1.0 if run == taken - used else float(taken - used - 1)
                after[taken] = min(after.get(taken, 99.0), cost + inner)
        states = after
    cost = states.get(len(letters), 99.0)
    if words[0][0].islower() and any(w[0].isupper() for w in words[1:]):
        cost += 1.0
    return cost


class Aliases:
    """Names, found in a question by any spelling.

    Attributes:
        groups: the groups held; where a spelling is one of several, it leads to the first.
    """

    def __init__(self, names: Iterable[AliasGroup] = ()):
        self.groups = tuple(names)
        self._shorts: dict[str, AliasGroup] = {}
        self._typed: dict[str, AliasGroup | None] = {}
        self._longs: dict[tuple[str, ...], AliasGroup] = {}
        self._small: dict[tuple[str, ...], set[str]] = {}
        self._reach: dict[str, int] = {}
        for name in self.groups:
            for spelling in name.spellings:
                if is_short(spelling):
                    self._shorts.setdefault(_bare(spelling), name)
                elif key := _key(_content(spelling)):
                    self._longs.setdefault(key, name)
                    self._small.setdefault(key, set(_ARTICLES)).update(w.casefold() for w in spelling.split())
                    self._reach[key[0]] = max(self._reach.get(key[0], 0), len(key))
        for short, name in self._shorts.items():
            typed = short.casefold()
            if len(typed) <= TYPED and typed not in _WORDS:
                self._typed[typed] = name if self._typed.get(typed, name) is name else None

    def find(self, text: str) -> list[Mention]:
        """The places in a question where a known spelling stands as whole words, in order; of several the longest.

        Long forms are found whatever their letter case, hyphens, apostrophes, small words and plural, and by spellings
        that transliterate the same word, seen or not. Short forms are found as they are printed; in other letter case
        only with up to TYPED letters, and where they are no English word ("mek", but not "ice").
        """
        words = [w for w in map(_word, _TOKEN.finditer(text)) if w]
        loud = text.isupper() and len(words) > 2
        content = [i for i, w in enumerate(words) if w.plain not in _SMALL]
        place = {i: at for at, i in enumerate(content)}
        found: list[Mention] = []
        i = 0
        while i < len(words):
            name, last = self._long(text, words, content, place.get(i))
            if name is None:
                name, last = self._short(text, words, i, loud)
            if name is not None:
                start, end = words[i].start, words[last].end
                found.append(Mention(start, end, text[start:end], name))
                i = last
            i += 1
        return found

    def other_spellings(self, mention: Mention) -> tuple[str, ...]:
        """Up to OTHERS other spellings of what a mention names, no two with the same letters.

        One of those that only transliterate differently stands before the others of them; then the most frequent first.
        """
        by_letters: dict[str, str] = {}
        by_identity: dict[str, str] = {}
        for spelling in mention.group.spellings:
            by_letters.setdefault(_letters(spelling), spelling)
        by_letters.pop(_letters(mention.text), None)
        for spelling in by_letters.values():
            by_identity.setdefault(_identity(spelling), spelling)
        return tuple(dict.fromkeys((*by_identity.values(), *by_letters.values())))[:OTHERS]

    def _long(
        self, text: str, words: Sequence[_Word], content: Sequence[int], at: int | None
    ) -> tuple[AliasGroup | None, int]:
        if at is None:
            return None, 0
        first = words[content[at]]
        reach = max(self._reach.get(first.skeleton, 0), self._reach.get(first.plain, 0))
        if not reach:
            return None, 0
        last = content[at]
        run = [first]
        for i in content[at + 1 : at + reach]:
            if any(not _JOINED.fullmatch(text, words[j].end, words[j + 1].start) for j in range(last, i)):
                break
            run.append(words[i])
            last = i
        for n in range(len(run), 0, -1):
            key = _key([w.plain for w in run[:n]])
            name, last = self._longs.get(key), content[at + n - 1]
            if name and (n > FEW_WORDS or self._small[key].issuperset(_between(words[content[at] + 1 : last]))):
                return name, last
        return None, 0

    def _short(self, text: str, words: Sequence[_Word], i: int, loud: bool) -> tuple[AliasGroup | None, int]:
        last = i
        while last < min(i + 2, len(words) - 1) and _MARK.fullmatch(text, words[last].end, words[last + 1].start):
            last += 1
        for end in range(last, i - 1, -1):
            printed = text[words[i].start : words[end].end]
            bare = _bare(printed)
            for form in (bare, bare.removesuffix("s") if bare[:-1].isupper() else bare):
                if not loud and form in self._shorts:
                    return self._shorts[form], end
                if (loud or (printed.islower() and "." not in printed)) and (name := self._typed.get(form.casefold())):
                    return name, end
        return None, 0


def _between(words: Iterable[_Word]) -> Iterator[str]:
    return (w.plain for w in words if w.plain in _SMALL)


def group_pairs(
    counted: Mapping[tuple[str, str], int], seen: Mapping[str, int] | None = None
) -> tuple[AliasGroup, ...]:
    """The names that the pairs of a whole corpus make, the most frequent first.

    Long forms of one short form are one thing where they are spellings of each other (see `_alike`), each with each,
    so that none is joined through a third. Short forms are one thing where one long form has both. A short form that
    is left with several things belongs to the first where that is DOMINANT, else to none; likewise to none where one
    article alone defines what FAMILIAR or more print: most of them mean something that they need not say.

    Args:
        counted: (long form, short form) -> number of articles that define it.
        seen: short form -> number of articles that print it, defined or not (see `printed`).
    """
    familiar = {short for short, n in (seen or {}).items() if n >= FAMILIAR}
    same: dict[str, _Key] = {}
    senses: dict[str, Counter[_Key]] = defaultdict(Counter)
    forms: dict[_Key, Counter[str]] = defaultdict(Counter)
    shorts: dict[str, Counter[str]] = defaultdict(Counter)
    aliases: set[tuple[str, _Key]] = set()
    for (long, short), n in sorted(counted.items(), key=lambda c: (-c[1], c[0])):
        if not (words := _content(long)):
            continue
        key = same.setdefault(_letters(long), _key(words))
        folded = _folded(short)
        senses[folded][key] += n
        forms[key][long] += n
        shorts[folded][short] += n
        if _start(short, [m.group() for m in _TOKEN.finditer(long)]) is None:
            aliases.add((folded, key))
    held = Counter(word for key in forms for word in set(key))
    common = {word for word, n in held.items() if n > max(COMMON, COMMON_SHARE * len(forms))}
    nodes = [
        (folded, tuple(keys))
        for folded, keys_of in senses.items()
        for keys in _senses(folded, keys_of, aliases, forms, common)
    ]
    roots = _united(nodes)
    members: dict[int, list[int]] = defaultdict(list)
    for i, root in enumerate(roots):
        members[root].append(i)
    meanings: dict[str, Counter[int]] = defaultdict(Counter)
    for i, (folded, keys) in enumerate(nodes):
        meanings[folded][roots[i]] += sum(senses[folded][k] for k in keys)
    made: list[tuple[int, AliasGroup]] = []
    for root, rows in members.items():
        spelled: Counter[str] = Counter()
        for key in {k for i in rows for k in nodes[i][1]}:
            spelled += forms[key]
        for folded in {nodes[i][0] for i in rows}:
            own, others = meanings[folded][root], meanings[folded].total() - meanings[folded][root]
            shown = _shown(shorts[folded])
            if own >= DOMINANT * others and not (own == 1 and shown in familiar):
                spelled[shown] += own
        spellings = _ranked(spelled)
        if len(set(map(_identity, spellings))) > 1:
            made.append((-spelled.total(), AliasGroup(spellings, "mined")))
    return tuple(name for _, name in sorted(made, key=lambda m: (m[0], m[1].spellings)))


def merge_groups(mined: Sequence[AliasGroup], own: Sequence[AliasGroup]) -> tuple[AliasGroup, ...]:
    """The user's names first, each with the spellings of the mined names that share one with it; then the other mined.

    The user's word prevails: a spelling of the user's stands in no other name, and a mined name that shares spellings
    with several of the user's gives its other spellings to none of them.
    """
    owner = {_identity(s): i for i, name in enumerate(own) for s in name.spellings}
    extra: dict[int, list[str]] = defaultdict(list)
    rest: list[AliasGroup] = []
    for name in mined:
        owners = {owner[key] for key in map(_identity, name.spellings) if key in owner}
        left = tuple(s for s in name.spellings if _identity(s) not in owner)
        if len(owners) == 1:
            extra[owners.pop()] += name.spellings
        elif not owners or len(left) > 1:
            rest.append(AliasGroup(left, name.basis))
    ours = [_extended(name, extra[i]) for i, name in enumerate(own)]
    return (*ours, *rest)


def _extended(name: AliasGroup, spellings: Iterable[str]) -> AliasGroup:
    by_letters: dict[str, str] = {}
    for spelling in (*name.spellings, *spellings):
        by_letters.setdefault(_letters(spelling), spelling)
    more = len(by_letters) > len(set(map(_letters, name.spellings)))
    return AliasGroup(tuple(by_letters.values()), "own list, mined") if more else name


def read_own_list(path: Path) -> str:
    """The text of a user's TOML file, after `parse` found no mistake in it. Raises InputError."""
    text = read_toml(path)
    parse_own_list(text, str(path))
    return text


def parse_own_list(text: str, name: str) -> tuple[AliasGroup, ...]:
    """The names that a user's TOML text lists, each below a line [[name]] as spellings = ["...", "..."].

    Raises InputError, which calls the text `name`, for any mistake in it.
    """
    try:
        data = tomllib.loads(unicodedata.normalize("NFC", text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{name}: not TOML ({error}); write [[name]] and below it {_EXAMPLE}") from error
    tables = data.pop("name", None)
    if data or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        wrong = f'unknown key "{next(iter(data))}"' if data else "no names"
        raise InputError(f"{name}: {wrong}; write each name below a line [[name]]")
    names: list[AliasGroup] = []
    owner: dict[str, int] = {}
    for number, table in enumerate(tables, 1):
        try:
            spellings = _spellings(table)
            for spelling in spellings:
                other = owner.setdefault(_identity(spelling), number)
                if other != number:
                    raise InputError(f'"{spelling}" stands in name {other} too; make one entry of the two')
        except InputError as error:
            raise InputError(f"{name}: name {number}: {error}") from None
        names.append(AliasGroup(spellings, "own list"))
    return tuple(names)


def is_short(spelling: str) -> bool:
    """Whether a spelling is a short form, to be found by its capitals, and no long form."""
    return " " not in spelling and _short(spelling) is not None and sum(map(str.isupper, spelling)) > 1


_EXAMPLE = 'spellings = ["...", "..."]'
_Key = tuple[str, ...]
_MARK = regex.compile(r"[&.-]")
_JOINED = regex.compile(r"[\s\-–—‐‑’'“”\",/&]*")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a question: where it stands, without a possessive; its letters; its skeleton."""

    start: int
    end: int
    plain: str
    skeleton: str


def _word(match: regex.Match[str]) -> _Word | None:
    printed = match.group()
    if printed[-1] == "." and not _DOTTED.fullmatch(printed):
        printed = printed[:-1]
    if len(printed) > 2 and printed[-2:] in ("’s", "'s", "’S", "'S"):
        printed = printed[:-2]
    plain = _plain(printed)
    return _Word(match.start(), match.start() + len(printed), plain, _skeleton(plain)) if plain else None


@functools.lru_cache(maxsize=8192)
def _plain(word: str) -> str:
    """A word's letters without letter case, diacritics, a possessive and a plural s."""
    plain = _folded(word.removesuffix("s").rstrip("’'") if word[-2:] in ("’s", "'s") else word)
    if len(plain) < 4 or plain[-1] != "s" or plain[-2] == "s":
        return plain
    return plain[:-2] if plain.endswith(("xes", "sses", "shes", "ches")) else plain[:-1]


def _content(spelling: str) -> list[str]:
    """The words of a long form that tell it from others."""
    words = [p for m in _TOKEN.finditer(spelling) if (p := _plain(m.group()))]
    return [w for w in words if w not in _SMALL] or words


@functools.lru_cache(maxsize=8192)
def _skeleton(word: str) -> str:
    """What the transliterations of one word share: "mjhdn" of "Mujahedin" and "Mojahideen".

    That is its first letter and the consonants after it, doubled ones once, with one letter for those that transcribe
    the same sound. Where that leaves few, the places of vowels and the length stand too ("k*d*5" of "Qaeda", "Qaida");
    a short word stays whole.
    """
    if len(word) < LONG_WORD - 1 or not word.isalpha():
        return word
    length = len(word)
    for sound, letter in _SOUNDS.items():
        if sound in word:
            word = word.replace(sound, letter)
    first, rest = word[0], word[1:].removesuffix("h").lstrip(word[0])
    marked = "".join("*" if letter in "aeiouy" else letter for letter in rest)
    marked = "".join(letter for letter, before in zip(marked, " " + marked, strict=False) if letter != before)
    consonants = marked.replace("*", "")
    return first + (f"{marked}{length}" if length < LONG_WORD or len(consonants) < 3 else consonants)


_SOUNDS = {"dj": "j", "ph": "f", "ck": "k", "q": "k", "ce": "se", "ci": "si", "cy": "si", "c": "k", "z": "s"}


def _key(words: Sequence[str]) -> _Key:
    """What two spellings of one long form share: skeletons, but the letters of a single word that is not long."""
    if len(words) == 1:
        skeleton = _skeleton(words[0])
        return (skeleton,) if len(words[0]) > LONG_WORD and "*" not in skeleton else (words[0],)
    return tuple(map(_skeleton, words))


def _bare(short: str) -> str:
    return short.replace(".", "")


def _letters(spelling: str) -> str:
    return "".join(c for c in spelling if c.isalnum()).casefold()


def _identity(spelling: str) -> str:
    """What two spellings share that a user's list takes for one."""
    return _folded(spelling) if is_short(spelling) else " ".join(_key(_content(spelling)))


def _alike(a: _Key, b: _Key) -> bool:
    """Whether two long forms of one short form name one thing.

    They do where their words are the same but for inflection and misprints; where one has all words of the other, two
    or more, and at most two besides; or where one of four or more words differs, but not the last: it may be a place.
    """
    a, b = _written_out(a, b), _written_out(b, a)
    left, right = Counter(a) - Counter(b), Counter(b) - Counter(a)
    shared = len(a) - left.total()
    rest = list(right.elements())
    unmatched = 0
    for word in left.elements():
        near = next((r for r in rest if _inflected(word, r)), None)
        if near is None:
            unmatched += 1
        else:
            rest.remove(near)
            shared += 1
    if not unmatched and not rest:
        return True
    if unmatched and rest:
        return unmatched == len(rest) == 1 and shared > 2 and (a[-1] == b[-1] or _inflected(a[-1], b[-1]))
    return shared > 1 and unmatched + len(rest) <= 2


def _written_out(a: _Key, b: _Key) -> _Key:
    """`a` with an abbreviation among its words as `b` writes it out: "US Council" as "United States Council"."""
    for i, word in enumerate(a):
        if len(word) in (2, 3) and word not in b:
            for j in range(len(b) - len(word) + 1):
                if "".join(w[0] for w in b[j : j + len(word)]) == word:
                    return (*a[:i], *b[j : j + len(word)], *a[i + 1 :])
    return a


def _inflected(a: str, b: str) -> bool:
    if min(len(a), len(b)) < 4 or a[0] != b[0]:
        return False
    return a[:4] == b[:4] or difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.8


def _senses(
    short: str,
    counts: Counter[_Key],
    aliases: set[tuple[str, _Key]],
    printed: Mapping[_Key, Counter[str]],
    common: set[str],
) -> list[list[_Key]]:
    """The long forms of a short form, those of one thing together; first those that it abbreviates."""
    senses: list[list[_Key]] = []
    for key in sorted(counts, key=lambda k: ((short, k) in aliases, -counts[k], k)):
        sense = next((s for s in senses if all(_alike(key, k) for k in s)), None)
        if sense is None and (short, key) in aliases:
            telling = _telling(printed[key]) - common
            sense = next((s for s in senses if any(telling & _telling(printed[k]) for k in s)), None)
        if sense is None:
            senses.append([key])
        else:
            sense.append(key)
    return senses


def _telling(printed: Counter[str]) -> set[str]:
    """The skeletons of a long form's words before its first "of", "for" or "in"."""
    long = regex.split(r"\s(?:of|for|in)\s", printed.most_common(1)[0][0])[0]
    return set(map(_skeleton, _content(long)))


def _united(nodes: Sequence[tuple[str, tuple[_Key, ...]]]) -> list[int]:
    """For each node the first node that shares a long form with it, or with one that does, and so on."""
    parent = list(range(len(nodes)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    first: dict[_Key, int] = {}
    for i, (_, keys) in enumerate(nodes):
        for key in keys:
            low, high = sorted((root(first.setdefault(key, i)), root(i)))
            parent[high] = low
    return [root(i) for i in range(len(nodes))]


def _shown(printed: Counter[str]) -> str:
    """How a short form is shown that is printed in these ways: "Nafta" as "NAFTA"."""
    return next((s for s, _ in printed.most_common() if is_short(s)), max(printed).upper())


def _ranked(spelled: Counter[str]) -> tuple[str, ...]:
    """Spellings, the most frequent first; of those with the same letters the most frequent stands for all."""
    totals: Counter[str] = Counter()
    best: dict[str, str] = {}
    for spelling, n in sorted(spelled.items(), key=lambda s: (-s[1], s[0])):
        letters = _letters(spelling)
        best.setdefault(letters, spelling)
        totals[letters] += n
    return tuple(best[letters] for letters, _ in sorted(totals.items(), key=lambda t: (-t[1], best[t[0]])))


def _spellings(table: Mapping[str, Any]) -> tuple[str, ...]:
    if unknown := next((k for k in table if k != "spellings"), None):
        raise InputError(f"unknown key {unknown!r}; there is only spellings")
    if "spellings" not in table:
        raise InputError(f"no spellings; add {_EXAMPLE}")
    values = table["spellings"]
    if not isinstance(values, list):
        raise InputError(f"spellings is not a list; write {_EXAMPLE}")
    spellings = tuple(dict.fromkeys(map(_line, values)))
    if len(spellings) < 2:
        raise InputError(f"{'one spelling alone' if spellings else 'an empty list'} joins nothing; write {_EXAMPLE}")
    return spellings


def _line(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or regex.search(r"[\p{Cc}\p{Zl}\p{Zp}]", value):
        raise InputError(f"spellings has {value!r}; give one line of text in quotes")
    if not _letters(value):
        raise InputError(f"{value!r} has no letter or digit to be found by")
    return value.strip()


# English words of up to TYPED letters, any of which may be meant where a short form is typed in lower case: five of
# 12,000 news articles have them in lower case; longer than three letters, 200, or five and two in capitals.
_ENGLISH = """
able about above abuse ace act acted acts ad add added adds admin admit ado adopt ads adult after again age agent ago
agree aha ahead aid aide aides aids aim aimed air aisle aka al alarm ale alert alike alive all allow ally alone along
also am amid among an and anger angry any apart app apply apt arc are area areas argue arm armed arms army art as ash
aside ask asked asks at ate audio avoid aware away awe ax axe back backs bad badly bag ban bank banks bar bars
base based bases basic basis bat baton bay be beach bear beat bed bee been beg began begin begun being below best bet
bias bid big bill bills bin bio birth bit black blame blast block blog blood blow blue board boat body bomb bombs boo
book books boom boost boots born boss bot both bow box boy brand break brief bring bro broad broke brown bug build
built bunch bus bush but buy buzz by bye cab cable cafe call calls calm cam came camp can cap caps car card care
cares carry cars case cases cash cast cat catch cause chain chair chaos check chief child chip chop chose cited city
civil claim clash class clean clear clerk click cliff clip close code cold color come comes con cop core cost costs
could count court cover cow coy crash crazy cred credo crew cri crime cross crowd cry cue cup curb cure cut cuts
cycle da dab dad daily dam dark data date day days de dead deal deals dealt death debt deep del delay den deny der des
desk did die died dig dim din dip dirty dis dish do doc docs does dog doing dole don done donor door doors doses dot
doubt down dozen draft drags drain drama draw drawn draws dream drew drill drink drive drone drop drops drug drugs dry
du dub dud due dug dump duo duty each eager ear early earn ease east easy eat ebb ed edge egg ego eight eke el elect
elite else em email en end ended ends enemy enjoy enter entry epic equal er era err error es et etc eve even event
ever every evil ex exact exec exist exit extra eye eyes face faced faces fact facts fail fails fair faith fake fall
false fan far fast fat fatal fate fault favor fax fear fears fed fee feed feel feels feet fell felt fence few fewer
field fiery fifth fig fight file filed fill final find finds fine fire fired fires firm firms first fit five fix flag
floor flow flu fly focus foe fog folks food for force form forms forth forum found four fox fraud free fresh from
front fry fuel fuels full fully fun fund funds gag gain gains game gap gas gave gay gel get gets giant gig gin girls
give given gives go goal goals god goes going gone good goods got gov grabs grand grant great green grew grid group
grow grown guard guess guide guilt gum gun guns gut guy guys gym had half hall halt ham hand hands happy hard harm
harsh has hat hate have hay he head heads hear heard heart heat heavy heels held hell help helps hen her here hero hew
hey hid hide high hike hill him hip hire hired his hit hits hoax hoc hog hold holds home homes honor hop hope hoped
hopes host hot hotel hour hours house how hub hue hug huge huh hum human hunt hurt ice icy id idea ideas if ifs ilk
ill image in inbox info ing ink inner ins intel into ire is issue it items its jab jail jam jar jaw jet jets job jobs
jog john join joins joint joke jour joy judge jump jury just keep keeps keg ken kept key kick kid kids kill kin kind
kinds king kit km knew know known knows la lab label labor lack lady lag laid lake land lap large last late later law
laws lax lay lead leads leaks learn least leave led left leg legal less let lets level liar lib lid lie lied lies life
light like liked likes limit line lines link links lip list lit live lived lives lo loans lob lobby local log lol long
look looks looms lose loss lost lot lots love loved low lower loyal lung lying lynch mad made main major make makes
male man many map mar march mark marks mask masks mass mat match mate maw max may maybe mayor me mea mean means meant
media meet memo memos men mere merit mess met mic mid midst might miles min mind minds minor mix mixed mm mob model
mom money month mood moral more most mount move moved moves movie mow mph much mud mug mum must my myth name named
names navy nd near need needs net never new newly news next nice night nine nip nix no nod non none nor north not note
noted notes now nukes nun nut oak oath occur odd odds of off offer often oh oil ok old older on once one ones only
onto op open ops opt or order ore other ought our out over owe own owned owner pace pact pad page pages paid pain pair
pal palm pan panel paper par part parts party pas pass past pat path pay peace peg pen pep per pet peter phase
phone photo pick picks pie piece pig pin pit pitch place plan plane plans play plays plea plus pm pod point pol poll
polls poor pop port pose posed post posts pot power ppl pre press price pride prime prior prism pro probe proof proud
prove pry pub pull pulls push put puts que quick quiet quite quiz quo quote race races radio rag raid raise rally ram
ramp ran range ranks rap rape rare rat rate rates raw ray re reach read reads ready real red rely rep rest rev rice
rich rid riff rig right rip rips rise risk risks rival river road rob rod role roll room rose rot round row rub rue
rug rule ruled rules run runs rural rush sad safe safer said sale sales salt same sap sat save saved saw say says
scale scene scope score se sea seal seals seat seats see seek seeks seem seems seen sees sell send sends sense sent
serve set sets seven sex sh shape share sharp she shift shock shop short shot show shown shows shut shy sic sick side
sides sign signs sin since sir sit site sites sits six size ski sky slams slow sly small smart smell snap so sold
solid solve some son soon sop sorry sort sorts sound south sow space speak speed spend spent split spoke spot spray
spy staff stage stake stand star stark start state stay stem step steps stick still stock stone stood stop store storm
story stuck study stuff style such sue sui suit sum sun super sure surge swamp swan swat swift swing sworn tab table
tad tag take taken takes talk talks tan tank tap tape tar tarp task tax taxes tea team teams tear tears tech tee tell
tells ten tend tens term terms test tests text texts than thank that the their them theme then there these they thing
think third this those three threw throw thugs thus tie tied ties tiger tight til time times tin tip tips tired to
today toe told toll ton tone too took tool tools top topic total touch tough tour touts tow town toy track trade trail
train treat trend trial tried tries trip true truly trump trust truth try tub tug turn turns tut tweet twice two type
types uh um under union unit unity until up upon upper ups upset ur urge urged urges us use used users uses using
usual value van vast very vet veto via vice video vie view views viral virus visit vital vocal voice von vote voted
voter votes vow vowed vows vs vu wad wage wages wait wake walk wall walls wan want wants war warn warns wars was waste
watch water wave waves way ways we weak wear web wed wee week weeks weigh well went were west wet what when where
which while white who whole whom whose why wide wife wig will win wind winds wing wins wiped wired wish wit witch with
woes woman women won woo word words work works world worry worse worst worth would wow write wrong wrote ya yea year
years yen yes yet you young your zero zip zone zoo
"""
_WORDS = frozenset(_ENGLISH.split())
