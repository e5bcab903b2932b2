"""Group the pairs of long and short form of a whole corpus: an AliasGroup for each name printed in several ways."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import regex

from rag.provenance.disjoint_sets import DisjointSets
from rag.query.aliases.alias_group import AliasGroup
from rag.query.aliases.initials import long_form_start
from rag.query.aliases.spelling import (
    TOKEN,
    LongKey,
    content_words,
    folded,
    identity,
    is_short,
    letters,
    long_key,
    skeleton,
)

# A short form with several meanings is given to the first if that is defined this many times as often as the others.
DOMINANT_RATIO = 3.0
# Articles that print a short form which one of them defines. Of 26 short forms that one of 12,000 articles defined and
# 15 or more printed, 10 meant something else in these.
MIN_FAMILIAR_ARTICLES = 15
# A word of more long forms than this, and than this share of all, does not distinguish them.
MAX_TELLING_FORMS, MAX_TELLING_SHARE = 10, 0.01

_Sense = tuple[str, tuple[LongKey, ...]]  # a short form, folded, and the long forms of one of its meanings


def group_pairs(
    counted: Mapping[tuple[str, str], int], seen: Mapping[str, int] | None = None
) -> tuple[AliasGroup, ...]:
    """Group the pairs of a whole corpus into names, the most frequent first.

    Long forms of one short form are one name if they are spellings of each other (see `_are_alike`), each with each, so
    that none is joined through a third. Short forms are one name if one long form has both. A short form that is left
    with several names is given to the first if that dominates (DOMINANT_RATIO), else to none. It is given to none
    either if only one
    article defines what MIN_FAMILIAR_ARTICLES or more print: most of them mean something that they need not spell out.

    Args:
        counted: (long form, short form) -> number of articles that define it.
        seen: short form -> number of articles that print it, defined or not (see `printed_short_forms`).
    """
    familiar = {short for short, n in (seen or {}).items() if n >= MIN_FAMILIAR_ARTICLES}
    pairs = _Pairs(counted)
    senses = pairs.senses()
    names = _joined(senses)
    meanings: dict[str, Counter[int]] = defaultdict(Counter)
    for name, members in enumerate(names):
        for short, keys in members:
            meanings[short][name] += sum(pairs.long_counts[short][key] for key in keys)
    groups: list[tuple[int, AliasGroup]] = []
    for name, members in enumerate(names):
        spelled: Counter[str] = Counter()
        for key in {key for _, keys in members for key in keys}:
            spelled += pairs.long_spellings[key]
        for short in {short for short, _ in members}:
            own, others = meanings[short][name], meanings[short].total() - meanings[short][name]
            shown = _shown_short_form(pairs.short_spellings[short])
            if own >= DOMINANT_RATIO * others and not (own == 1 and shown in familiar):
                spelled[shown] += own
        spellings = _by_frequency(spelled)
        if len(set(map(identity, spellings))) > 1:
            groups.append((-spelled.total(), AliasGroup(spellings, "mined")))
    return tuple(group for _, group in sorted(groups, key=lambda g: (g[0], g[1].spellings)))


class _Pairs:
    """The pairs of a corpus, by the keys of their forms.

    Attributes:
        long_counts: short form, folded -> key of a long form -> number of articles.
        long_spellings: key of a long form -> spelling -> number of articles.
        short_spellings: short form, folded -> spelling -> number of articles.
        aliases: (short form, key of a long form) that are printed together although the one does not abbreviate the
            other.
    """

    def __init__(self, counted: Mapping[tuple[str, str], int]):
        self.long_counts: dict[str, Counter[LongKey]] = defaultdict(Counter)
        self.long_spellings: dict[LongKey, Counter[str]] = defaultdict(Counter)
        self.short_spellings: dict[str, Counter[str]] = defaultdict(Counter)
        self.aliases: set[tuple[str, LongKey]] = set()
        by_letters: dict[str, LongKey] = {}
        for (long, printed), n in sorted(counted.items(), key=lambda c: (-c[1], c[0])):
            if not (words := content_words(long)):
                continue
            key = by_letters.setdefault(letters(long), long_key(words))
            short = folded(printed)
            self.long_counts[short][key] += n
            self.long_spellings[key][long] += n
            self.short_spellings[short][printed] += n
            if long_form_start(printed, [match.group() for match in TOKEN.finditer(long)]) is None:
                self.aliases.add((short, key))

    def senses(self) -> list[_Sense]:
        """Return each short form with the long forms of one of its meanings, first those that it abbreviates."""
        forms = Counter(word for key in self.long_spellings for word in set(key))
        limit = max(MAX_TELLING_FORMS, MAX_TELLING_SHARE * len(self.long_spellings))
        common = {word for word, n in forms.items() if n > limit}
        return [(short, tuple(keys)) for short in self.long_counts for keys in self._senses_of(short, common)]

    def _senses_of(self, short: str, common: set[str]) -> list[list[LongKey]]:
        counts = self.long_counts[short]
        senses: list[list[LongKey]] = []
        for key in sorted(counts, key=lambda k: ((short, k) in self.aliases, -counts[k], k)):
            sense = next((s for s in senses if all(_are_alike(key, k) for k in s)), None)
            if sense is None and (short, key) in self.aliases:
                telling = self._telling_words(key) - common
                sense = next((s for s in senses if any(telling & self._telling_words(k) for k in s)), None)
            if sense is None:
                senses.append([key])
            else:
                sense.append(key)
        return senses

    def _telling_words(self, key: LongKey) -> set[str]:
        """Return the skeletons of a long form's words before its first "of", "for" or "in"."""
        long = regex.split(r"\s(?:of|for|in)\s", self.long_spellings[key].most_common(1)[0][0])[0]
        return set(map(skeleton, content_words(long)))


def _joined(senses: Sequence[_Sense]) -> list[list[_Sense]]:
    """Return the senses of one name together: those that share a long form, directly or through others."""
    sets = DisjointSets(range(len(senses)))
    first: dict[LongKey, int] = {}
    for i, (_, keys) in enumerate(senses):
        for key in keys:
            sets.merge(first.setdefault(key, i), i)
    return [[senses[i] for i in sorted(subset)] for subset in sets.subsets()]


def _are_alike(a: LongKey, b: LongKey) -> bool:
    """Return whether two long forms of one short form are spellings of one name.

    They are if their words are the same but for inflection and misprints; if one has all words of the other, two or
    more, and at most two others; or if one of four or more words differs, but not the last: it may be a place.
    """
    a, b = _written_out(a, b), _written_out(b, a)
    left, right = Counter(a) - Counter(b), Counter(b) - Counter(a)
    shared = len(a) - left.total()
    rest = list(right.elements())
    unmatched = 0
    for word in left.elements():
        near = next((r for r in rest if _are_inflections(word, r)), None)
        if near is None:
            unmatched += 1
        else:
            rest.remove(near)
            shared += 1
    if not unmatched and not rest:
        return True
    if unmatched and rest:
        return unmatched == len(rest) == 1 and shared > 2 and (a[-1] == b[-1] or _are_inflections(a[-1], b[-1]))
    return shared > 1 and unmatched + len(rest) <= 2


def _written_out(a: LongKey, b: LongKey) -> LongKey:
    """Return `a` with an abbreviation among its words as `b` writes it out: "US Council" as "United States Council"."""
    for i, word in enumerate(a):
        if len(word) in (2, 3) and word not in b:
            for j in range(len(b) - len(word) + 1):
                if "".join(w[0] for w in b[j : j + len(word)]) == word:
                    return (*a[:i], *b[j : j + len(word)], *a[i + 1 :])
    return a


def _are_inflections(a: str, b: str) -> bool:
    if min(len(a), len(b)) < 4 or a[0] != b[0]:
        return False
    return a[:4] == b[:4] or difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.8


def _shown_short_form(printed: Counter[str]) -> str:
    """Return how to show a short form that is printed in these ways: "Nafta" as "NAFTA"."""
    return next((spelling for spelling, _ in printed.most_common() if is_short(spelling)), max(printed).upper())


def _by_frequency(spelled: Counter[str]) -> tuple[str, ...]:
    """Return spellings, the most frequent first; of those with the same letters only the most frequent."""
    totals: Counter[str] = Counter()
    best: dict[str, str] = {}
    for spelling, n in sorted(spelled.items(), key=lambda s: (-s[1], s[0])):
        same = letters(spelling)
        best.setdefault(same, spelling)
        totals[same] += n
    return tuple(best[same] for same, _ in sorted(totals.items(), key=lambda t: (-t[1], best[t[0]])))
