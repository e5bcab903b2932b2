"""Question -> Understood: the restrictions that its words state, and the words that are left to search for.

Stands before `search.filters`: what is found here narrows what is searched, is shown with the words that it came from,
and can be taken off. It is done by rule. A day of publication or an outlet is a restriction only where the question
says that somebody said, wrote or reported something then or there; when a thing happened is no restriction, since
later articles tell of it, except that nothing older than its beginning can. In doubt nothing is filtered: a filter too
many hides the answer, one too few costs noise.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
import functools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from rag.provenance.catalogue import Catalogue
from rag.provenance.catalogue import load_catalogue as shipped
from rag.provenance.dates import FIRST_YEAR, find_date
from rag.provenance.outlet import key

OUTLET, DATES, MENTION = "outlet", "dates", "mention"

# Why something was understood and yet filters nothing, or only from one side.
TAKEN_OFF = "taken off"
HAPPENED = "when it happened, not when it was written of"
LOWER_END = "when it happened: nothing older can tell of it"
AHEAD = "lies ahead"
NO_YEAR = "no year is said"
NO_DAY = "no day of asking is given to count from"
CONTRADICTION = "the dates contradict each other"
SUBJECT = "named, but not as the source"
EXCLUDED = "an outlet can be asked for, not left out"
OTHERS = "an organisation that others report on"


@dataclass(frozen=True)
class Constraint:
    """What some words of a question say of where its answer may come from.

    Attributes:
        kind: OUTLET, DATES or MENTION; a mention never narrows the search.
        words: as they stand in the question.
        start, end: where they stand in it.
        outlet: the name shown in the catalogue, or that of the index where the catalogue lacks it.
        after, before: first and last day meant; of a mention, the days that it speaks of.
        applied: whether it narrows what is searched.
        why: why it does not, or not from both sides, in a few words; else "".
    """

    kind: str
    words: str
    start: int
    end: int
    outlet: str | None = None
    after: dt.date | None = None
    before: dt.date | None = None
    applied: bool = True
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """All fields in values that JSON knows; dates as YYYY-MM-DD."""
        plain = dataclasses.asdict(self)
        return {name: v.isoformat() if isinstance(v, dt.date) else v for name, v in plain.items()}


@dataclass(frozen=True)
class ParsedConstraints:
    """A question, read.

    Attributes:
        text: the question without the words of the applied restrictions on what was said or published; the question
            itself where nothing to search for would be left.
        restrictions: in the order in which they stand.
    """

    text: str
    constraints: tuple[Constraint, ...] = ()


def parse_constraints(
    question: str,
    catalogue: Catalogue,
    outlets: Sequence[str] = (),
    asked_on: dt.date | None = None,
    ignore: Collection[str] = (),
) -> ParsedConstraints:
    """The restrictions that a question states in words.

    All outlets applied are meant together (any of them), and so are the dates (all of them). An outlet that the index
    lacks is applied all the same: that nothing of it is found is the answer.

    Args:
        question: as asked, or as `complete` completed it.
        catalogue: the outlets known by name.
        outlets: names as they stand in the index.
        asked_on: the day from which "last year" counts; without it such words are a mention. No date beyond it, or
            beyond today, filters.
        ignore: words of constraints that were taken off, in any letter case; "all" for all of them.
    """
    asked = asked_on or dt.date.today()
    quoted = _quoted(question)
    runs = _runs(question, catalogue, tuple(outlets), quoted)
    shown = [run for run in runs if run.sure or not all(word for *_, word in run.names)]
    found = [(r, run.sure) for run in shown for r in _outlets(question, run)]
    named = [(a, b) for run in runs for a, b, *_ in run.names]  # "USA Today"
    dated = _dates(question, asked, [run for run in runs if run.sure], quoted + named, asked_on is not None)
    found += dated
    off = {w.casefold() for w in ignore}
    taken = dataclasses.replace
    found = [
        (taken(r, applied=False, why=TAKEN_OFF) if r.applied and off & {r.words.casefold(), "all"} else r, s)
        for r, s in found
    ]
    days = [r for r, _ in found if r.kind == DATES and r.applied]
    first = max((r.after for r in days if r.after), default=dt.date.min)
    if first > min((r.before for r in days if r.before), default=dt.date.max):
        found = [(taken(r, applied=False, why=CONTRADICTION) if r in days else r, s) for r, s in found]
    found.sort(key=lambda pair: (pair[0].start, pair[0].end))
    gone = [(r.start, r.end) for r, said in found if said and r.applied]
    return ParsedConstraints(_left(question, gone), tuple(r for r, _ in found))


def complete_question(
    question: str, previous: str | None, catalogue: Catalogue | None = None, outlets: Sequence[str] = ()
) -> str:
    """What to search for when a question follows another one.

    A question that holds nothing but a time or an outlet ("and in 2012?", "what about Reuters?", "and according to the
    mayor?") is the previous one with its time or outlet replaced, or added at its end. Any other one that is given with
    a previous one comes after it, whether or not it could stand alone ("who said so?", "why?"); what it says of times
    and outlets then takes the place of the same restrictions of the previous question.

    `catalogue` is the one that comes with According by default; `outlets` as for `understand`.
    """
    if not previous or not previous.strip():
        return question
    known = catalogue or shipped()
    names = tuple(outlets)
    phrases = [p for p in _phrases(question, dt.date.today(), _quoted(question)) if p.span and not p.attributive]
    runs = _runs(question, known, names, _quoted(question))
    rest = _cut(question, [(p.start, p.end) for p in phrases] + [(r.start, r.end) for r in runs])
    if (phrases or runs) and set(_WORD.findall(rest.casefold())) <= _LEADS:
        completed = previous
        for phrase in phrases[:1]:
            completed = _with_time(completed, question[phrase.start : phrase.end], phrase.prep)
        for run in runs[:1]:
            completed = _with_source(completed, question[run.first : run.last], known, names)
        return completed
    if source := _SOURCE_ALONE.fullmatch(question.strip()):
        return _with_source(previous, source["who"], known, names)
    now, then = parse_constraints(question, known, names), parse_constraints(previous, known, names)
    stated = {r.kind for r in now.constraints if r.applied}
    old = [(r.start, r.end) for r in then.constraints if r.applied and r.kind in stated]
    return f"{_left(previous, old)} {question}"


class _Pattern:
    """A regular expression that is compiled when it is first used: these take 0.1 s, and most questions need few."""

    def __init__(self, text: str, flags: int):
        self._text, self._flags = text, flags

    @functools.cached_property
    def compiled(self) -> regex.Pattern[str]:
        return regex.compile(self._text, self._flags)


# Words of saying

_SAID = (
    r"(?:sa(?:y|ys|id|ying)|report(?:s|ed|ing)?|claim(?:s|ed|ing)?|stat(?:e|es|ed|ing)|alleg(?:e|es|ed|ing)|"
    r"argu(?:e|es|ed|ing)|warn(?:s|ed|ing)?|predict(?:s|ed|ing)?|estimat(?:e|es|ed|ing)|suggest(?:s|ed|ing)?|"
    r"insist(?:s|ed|ing)?|assert(?:s|ed|ing)?|explain(?:s|ed|ing)?|complain(?:s|ed|ing)?|not(?:e|es|ed|ing)|"
    r"comment(?:s|ed|ing)?|remark(?:s|ed|ing)?)"
)
_PUT_OUT = (
    r"(?:wr(?:ite|ites|itten|iting|ote)|publish(?:es|ed|ing)?|print(?:s|ed|ing)?|broadcast(?:s|ed|ing)?|"
    r"post(?:s|ed|ing)?|announc(?:e|es|ed|ing))"
)
_TOLD = r"(?:tell|tells|telling|told)"
_JUDGED = (
    r"(?:call(?!\s+(?:off|for|in|on|up)\b)|describe|portray|depict|characteri[sz]e|conclude|blame|quote|cite|list|"
    r"think|believe|identify|judge|assess|attribute|mention)"
)
_PUBLICATIONS = (
    r"(?:articles|coverage|news|stories|(?:news|press|media|newspaper)\s+reports?|reports|editorials|op-eds|"
    r"headlines|dispatches|newspapers|reporting|press\s+cuttings|clippings|write-ups)"
)
_PRESS = _Pattern(rf"\b(?:press|media|papers?|newspapers?|journalists?|reporters?|{_PUBLICATIONS})\b", regex.I)

_SAID_THEN = (
    r"(?:sa(?:y|ys|id|ying)(?!\s+(?:no|yes|sorry|goodbye)\b)|reported|claim(?:ed|ing)|stat(?:ed|ing)|alleg(?:ed|ing)|"
    r"argu(?:ed|ing)|warn(?:ed|ing)|predict(?:ed|ing)|estimat(?:ed|ing)|suggest(?:ed|ing)|insist(?:ed|ing)|"
    r"assert(?:ed|ing)|complain(?:ed|ing)|noted|commented|remarked|"
    r"(?<=\b(?:did|do|does)\s(?:(?!(?:the|an?|which|this|that|of|any)\s+\w+$)[^?.]){1,60}\s)"
    r"(?:report|claim|allege|argue|warn|predict|estimate|suggest|insist|assert|complain))"
)

# Outlets

_KIND = r"(?:(?:news\s*)?(?:paper|magazine|broadcaster|site|agency|outlet|channel|service|website)|daily|weekly)\s+"
_LEAD_IN = rf"(?:(?:both|either)\s+)?(?:(?:an?|the|any|some|recent)\s+)*(?:(?:\p{{L}}+\s+)?\d{{4}}\s+)?(?:{_KIND})?$"
_BY_CUE = _Pattern(
    r"\b(?:(?P<strong>according\s+to(?:\s+(?:an?|the|recent)\b)*(?:\s+(?:[\w.]+\s+)?\d{4})?"
    r"(?:\s+(?:reports?|articles?|stor(?:y|ies)|pieces?|coverage)\s+(?:in|by|from|of|on))?|(?:as\s+)?per|going\s+by|"
    r"(?:in|what\s+(?:is|was))\s+the\s+(?:view|words|opinion|eyes|verdict|position|account|coverage|judge?ment|"
    r"estimate|version|reporting)\s+of|"
    r"^from|as\s+(?:reported|told|described|seen|stated|written|put|quoted)\s+(?:by|in|on)|reported\s+by)|"
    rf"(?P<own>{_PUBLICATIONS}(?:\s+published)?\s+(?:by|from|in|on)|"
    r"(?:what\s+(?:was|is|has\s+been|were)\s+)(?:published|printed|posted|broadcast)\s+(?:by|in|on))|"
    rf"(?P<in>(?:{_SAID}|written|described|quoted|cited|mentioned|called|covered|portrayed)\s+by|"
    rf"(?:(?:is|are|was|were|be|been)\s+(?:{_SAID}|written|described|quoted|cited|mentioned)|wrote|anything|read|"
    r"learn|learned|learnt|hear|heard|know)\s+(?:in|on|from)))\s+"
    rf"{_LEAD_IN}",
    regex.I,
)
_AUXILIARY = _Pattern(rf"\b(?:did|do|does|has|have|had)\s+{_LEAD_IN}", regex.I)
_PASSIVE = regex.compile(r"\b(?:is|are|was|were|be|been|being|has|have|had|get|gets|got)\s+(?:the\s+)?$", regex.I)
_CLAUSE = _Pattern(  # what it reported is here the time or the object of something else
    rf"\b(?:when|after|before|because|since|until|once|while|if|although|(?:{_SAID}|denied|denies|admitted)\s+that)\s+"
    r"(?:the\s+)?$",
    regex.I,
)
_DOES_ELSE = (  # as a company or a person does: "report to", "report a loss", "say sorry"
    r"\s+(?:to\b|sorry|no\b|yes\b|goodbye|farewell|damages|in\s+court|(?:an?\s+|its\s+|\w+\s+)?(?:profits?|loss(?:es)?|"
    r"earnings|revenues?))"
)
_ADVERB = r"(?:also|ever|first|actually|then|originally|already|later|since|still|now|not|once|itself|each|both)"
_SAYS_AFTER = _Pattern(
    rf"(?:\s+(?P<piece>article|report|story|piece|editorial)s?)?(?:\s+{_ADVERB})*\s+(?:(?P<plain>{_SAID}|"
    rf"wr(?:ite|ites|ote|itten))(?!{_DOES_ELSE})|(?P<judged>{_JUDGED})|(?P<gives>give|put|name|count))\b",
    regex.I,
)
_REASON = regex.compile(r"\b(?:reason|figure|number|estimate|explanation|toll|cause)s?\b", regex.I)
_FINITE = _Pattern(
    rf"(?:\s+{_ADVERB})*\s+(?:says|said|reports|reported|writes|wrote|claims|claimed|states|stated|argues|argued|"
    r"notes|noted|calls|describes|suggests|suggested|alleges|alleged|estimates|estimated)\b",
    regex.I,
)
_PRINTS_AFTER = regex.compile(r"\s+(?:publish|print|broadcast|air|carry|post)(?:ed|d)?\s+(?:about|on)\b", regex.I)
_COVERS_AFTER = regex.compile(r"\s+(?:cover|treat|present|see|view|covered|frame|framed)\b", regex.I)
_SAYS_BEFORE = regex.compile(r"[,;]\s*(?P<verb>says|writes|reports|said|wrote|reported)\s+(?:the\s+)?$", regex.I)
_VIEW = (
    r"(?:view|words|opinion|account|version|reporting|coverage|report|reports|article|articles|stories|story|telling|"
    r"estimate|figures?|count|tally|description|take|verdict|explanation|correspondents?|reporters?|journalists?)"
)
_VIEW_AFTER = _Pattern(rf"['’]s?\s+(?:own\s+)?(?P<noun>{_VIEW})\b(?P<of>\s+(?:of|on|about)\b)?", regex.I)
_VIEW_BEFORE = _Pattern(
    r"(?:^\s*(?:(?:summari[sz]e|show|find|give|list|me|all)\s+)*(?:the\s+)?(?P<start>)$|"
    r"\b(?:in|by|from|per)\s+(?:the\s+)?$|\b(?P<asked>what\s+(?:is|was|are|were)\s+(?:the\s+)?)$)",
    regex.I,
)
_OF_IT = regex.compile(r"['’]s?\s+(?:own\s+)?(?P<noun>[\w-]+)|\s+(?P<noun>[\w-]+)")
_NOT_ITSELF = {
    *("editor", "editors", "chief", "boss", "owner", "owners", "executive", "poll", "polls", "survey", "spokesman"),
    *("spokeswoman", "president", "presenter", "host", "anchor", "columnist", "director", "staff", "employees", "ceo"),
    *("chairman", "founder", "publisher", "lawyer", "lawyers", "rankings", "ranking", "list", "index", "experts"),
}
_LEFT_OUT = _Pattern(
    r"\b(?:other\s+than|apart\s+from|besides?|except(?:\s+for|\s+in)?|not(?:\s+according\s+to|\s+by|\s+in)?|unlike|"
    r"outside|excluding|without|contrary\s+to|than|instead\s+of|rather\s+than)\s+(?:the\s+)?$",
    regex.I,
)
_JOINED = regex.compile(
    r"\s*(?:,|,?\s*\b(?:and|or|nor|and/or)\b|&)\s*(?:(?:by|from|in|on|according\s+to)\s+)?(?:the\s+)?", regex.I
)
_LONGER = regex.compile(r"\s(?P<next>\p{Lu}[\p{Ll}\p{M}]+)")
_NOT_LONGER = _Pattern(
    rf"(?:{_SAID}|{_PUT_OUT}|{_JUDGED}|magazine|newspaper|articles?|reports?|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|"
    r"nov|dec|about|on|in|and|or|how|what|who|which|when|why|where)",
    regex.I,
)
_TITLE = regex.compile(r"\s+(?:magazine|newspaper|website|reports?|reporters?|journalists)\b", regex.I)
_INSIDE = tuple("@/.-")
_WITHIN = regex.compile(r"[@/-]|\.\w|\s+photos?\b", regex.I)
_THINK_TANK = "think-tank publication"

_REACH = 120  # characters beside a name in which a cue is looked for
_MOST_DATES = 20  # dates that are read in one question; no person states more
_WORD = regex.compile(r"\w+")
_THE = regex.compile(r"(?:^|[^\w])the\s$", regex.I)
_GAP = regex.compile(r"[\s.\-/’'!&]{1,3}")


_Name = tuple[int, int, str, bool]  # start, end, outlet, whether it is also a word
_Entry = tuple[tuple[str, ...], str, str | None]  # words, outlet, spelling that needs its capitals


@dataclass(frozen=True)
class _Run:
    """Outlets named one after another, and the words that make them the source.

    `names` stand in order; `first` and `last` bound them, `start` and `end` bound cue words too.
    """

    names: tuple[_Name, ...]
    start: int
    end: int
    sure: bool
    why: str = ""

    @property
    def first(self) -> int:
        return self.names[0][0]

    @property
    def last(self) -> int:
        return self.names[-1][1]


def _outlets(question: str, run: _Run) -> Iterable[Constraint]:
    """The restrictions that a run states, one for each outlet, which share its words between them."""
    begin = run.start
    for i, (_, end, name, _) in enumerate(run.names):
        stop = run.end if i == len(run.names) - 1 else end
        start = begin + len(question[begin:stop]) - len(question[begin:stop].lstrip(" ,"))
        kind = OUTLET if run.sure else MENTION
        yield Constraint(kind, question[start:stop], start, stop, name, applied=run.sure, why=run.why)
        begin = stop


def _runs(question: str, known: Catalogue, held: tuple[str, ...], quoted: list[tuple[int, int]]) -> list[_Run]:
    grouped: list[list[_Name]] = []
    for name in _names(question, known, held):
        if any(a <= name[0] < b for a, b in quoted):
            continue
        if grouped and _JOINED.fullmatch(question, grouped[-1][-1][1], name[0]):
            grouped[-1].append(name)
        else:
            grouped.append([name])
    for i, names in enumerate(grouped):  # "according to Reuters, AP was sold" has no "and": AP is another matter
        if len(names) > 1 and not _WORD.search(question[names[-2][1] : names[-1][0]].casefold().replace("the ", "")):
            grouped[i : i + 1] = [[n] for n in names]
    return [_read(question, tuple(names), known, held) for names in grouped]


def _read(question: str, names: tuple[_Name, ...], known: Catalogue, held: tuple[str, ...]) -> _Run:
    first, last = names[0][0], names[-1][1]
    if _LEFT_OUT.compiled.search(question, max(0, first - _REACH), first):
        return _Run(names, first, last, False, EXCLUDED)
    span, strength = _cue(question, first, last)
    if span is None:
        return _Run(names, first, last, False, SUBJECT)
    have = _table(known, held)[1]
    others = []
    for _, _, name, _ in names:
        kind = found.kind if (found := known.outlet(name)) else None
        here = key(name) in have
        public = kind == "public body" and strength != "own"
        voice = kind == "advocacy group" and strength != "own" and not (here and strength == "strong")
        others.append(public or voice or (kind == _THINK_TANK and bool(have) and not here and strength != "own"))
    if all(others):  # beside an outlet they are meant as sources too
        return _Run(names, first, last, False, OTHERS)
    return _Run(names, *span, True)


def _cue(question: str, first: int, last: int) -> tuple[tuple[int, int] | None, str]:
    """The span of the words that make the outlets between `first` and `last` the source, or None; and how surely.

    "own" is what an outlet publishes, "strong" a plain "according to", "in" any other saying.
    """
    low = max(0, first - _REACH)
    before, after = question[low:first], question[last : last + _REACH]
    view = _VIEW_AFTER.compiled.match(after)
    cue = _BY_CUE.compiled.search(before)
    noun = _OF_IT.match(after)
    end = last + (view.end("noun") if view else 0)
    if cue:
        if (after.startswith(("'", "’")) and not view) or (noun and noun["noun"].casefold() in _NOT_ITSELF):
            return None, ""
        if title := _TITLE.match(after):
            end = last + title.end()
        strength = "strong" if cue["strong"] else "own" if cue["own"] else "in"
        inside = cue["own"] or (cue["in"] and not cue["in"].casefold().startswith("reported"))
        start = low + cue.start() + (len(cue[0]) - len(_last_words(cue[0])) if inside else 0)
        return (start, end), strength
    if view and (place := _VIEW_BEFORE.compiled.search(before)):
        covers = view["noun"].casefold() in ("coverage", "reporting", "reports", "articles", "stories")
        if place["start"] is not None:
            return ((first, last + view.end()) if view["of"] else None), "own"
        if place["asked"]:
            return (None if covers else (first, last + view.end())), "in"
        return (low + place.start(), end), "own" if covers else "strong"
    if auxiliary := _AUXILIARY.compiled.search(before):
        verb = _SAYS_AFTER.compiled.match(after)
        if verb and verb["judged"] and not regex.match(r"d", auxiliary[0], regex.I):
            verb = None
        if verb and verb["gives"] and not _REASON.search(before):
            verb = None
        if verb:
            return (low + auxiliary.start(), last + (verb.end() if verb["plain"] else 0)), "in"
        what = regex.search(r"\bwhat\s+$", before[: auxiliary.start()], regex.I)
        how = regex.search(r"\bhow\s+$", before[: auxiliary.start()], regex.I)
        if what and (prints := _PRINTS_AFTER.match(after)):
            return (low + auxiliary.start(), last + prints.end() - len(prints[0].split()[-1]) - 1), "own"
        return ((low + auxiliary.start(), last) if how and _COVERS_AFTER.match(after) else None), "own"
    if regex.search(r"\bhow\s+(?:the\s+)?$", before, regex.I) and regex.match(
        rf"\s+(?:{_JUDGED}|cover|see)s?\b", after
    ):
        return (first, last), "in"
    if not _PASSIVE.search(before) and not _CLAUSE.compiled.search(before) and (verb := _FINITE.compiled.match(after)):
        return (first, last + verb.end()), "in"
    if said := _SAYS_BEFORE.search(before):
        return (low + said.start(), last), "in"
    if not before.strip() and regex.match(r":\s", after):
        return (first, last + 1), "own"
    if before.endswith("(") and regex.fullmatch(r"\)\W*", after):
        return (first - 1, last + 1), "own"
    return None, ""


def _last_words(cue: str) -> str:
    """The preposition of a cue and what follows it: its verb or noun stays in what is searched for."""
    found = regex.search(r"\b(?:by|from|in|on)\s[^.]*$", cue, regex.I)
    return found[0] if found else cue


def _names(question: str, known: Catalogue, held: tuple[str, ...]) -> Iterable[_Name]:
    """Outlets named in the question, in any letter case: (start, end, name), the longest name at each place.

    A name that is also a word, and one of a single word that the catalogue lacks, needs its own capitals, or all of
    them, or the word "magazine" behind it.
    """
    table = _table(known, held)[0]
    words = [(m.start(), m.end()) for m in _WORD.finditer(question)]
    folded = [question[a:b].casefold() for a, b in words]
    mixed = not question.isupper()
    low = not regex.search(r"\p{Lu}", question[1:])
    i = 0
    while i < len(words):
        for parts, name, exact in table.get(folded[i], ()):
            n = len(parts)
            if tuple(folded[i : i + n]) != parts:
                continue
            if not all(_GAP.fullmatch(question, words[j][1], words[j + 1][0]) for j in range(i, i + n - 1)):
                continue
            start, end = words[i][0], words[i + n - 1][1]
            if question[start - 1 : start] in _INSIDE or _WITHIN.match(question, end):
                continue
            said = question[start:end]
            titled = _TITLE.match(question, end)
            if exact is not None and said not in (exact, exact.upper()) and not titled:
                alone = low and known.resolve(name) is None
                if not alone:
                    continue
            longer = _LONGER.match(question, end) if mixed else None
            if longer and not _NOT_LONGER.compiled.match(longer["next"]):
                continue
            if _THE.search(question, max(0, start - 5), start):
                start -= 4
            yield start, end, name, exact is not None
            i += n - 1
            break
        i += 1


@functools.lru_cache(maxsize=8)
def _table(known: Catalogue, held: tuple[str, ...]) -> tuple[dict[str, list[_Entry]], frozenset[str]]:
    """Names by their first word, longest first, and the keys of the outlets that the index holds."""
    table: dict[str, list[_Entry]] = {}
    spellings = {s: (o.name, s in o.words) for o in known.outlets for s in (*o.names, *o.domains)}
    spellings |= {h: (h, len(_WORD.findall(h)) == 1) for h in held if h and known.resolve(h) is None}
    for spelling, (name, word) in spellings.items():
        bare = regex.sub(r"^(?:the)\s+", "", spelling, flags=regex.I)
        parts = tuple(_WORD.findall(bare.casefold()))
        if parts:
            table.setdefault(parts[0], []).append((parts, name, bare if word else None))
    for entries in table.values():
        entries.sort(key=lambda e: (-len(e[0]), e[2] is not None))
    return table, frozenset(key(known.resolve(h) or h) for h in held if h)


# Dates

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?|july?|aug(?:ust|\.)?|"
    r"sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
)
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 14)}
_YEAR = r"(?:1[6-9]|20)\d\d"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_PART = (
    r"(?:(?:the\s+)?(?:(?:very\s+)?(?:beginning|start|end|middle)\s+of|first\s+half\s+of|second\s+half\s+of|"
    r"(?:first|second|third|fourth|last)\s+quarter\s+of)\s+|(?:the\s+)?(?:early|mid|late)(?:\s+in)?[\s-])"
)
_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_NUMBERS = dict(zip(_WORD.findall("one two three four five six seven eight nine ten"), range(1, 11), strict=True)) | {
    "a": 1, "an": 1, "twelve": 12,
}  # fmt: skip
_LENGTH = r"(?:days?|weeks?|months?|years?|decades?)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_RELATIVE = (
    rf"(?:yesterday|today|{_COUNT}\s+{_LENGTH}\s+ago|(?:last|past)\s+{_COUNT}\s+{_LENGTH}|"
    rf"(?:last|this|past)\s+(?:week|month|year|decade|spring|summer|autumn|fall|winter|{_WEEKDAY}|{_MONTH}(?!\w))|"
    rf"{_WEEKDAY})"
)
_UNIT = (
    rf"(?:{_YEAR}-\d\d-\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-]{_YEAR}|{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}|"
    rf"{_MONTH}\s+{_DAY},?\s*{_YEAR}|{_PART}?{_MONTH}(?:,|\s+of)?\s+{_YEAR}|"
    rf"{_PART}?(?:the\s+)?(?:spring|summer|autumn|fall|winter)(?:\s+of)?\s+{_YEAR}|"
    rf"{_PART}?\d\d\d0s|{_PART}?['’]\d0s|{_PART}?(?:the\s+year\s+)?{_YEAR}|{_RELATIVE})"
)
_PREP = (
    r"(?:in|during|throughout|within|over|on|of|from|dated|ever\s+since|since|as\s+from|starting\s+in|after|"
    r"later\s+than|before|prior\s+to|earlier\s+than|until|till|up\s+(?:to|until|till)|through|no\s+later\s+than|by|"
    r"between|around|about|circa|as\s+of|for)"
)
_PHRASE = _Pattern(
    rf"(?<![\w.,/’'$£€-])(?:(?P<prep>{_PREP})\s+)?(?P<the>(?:the|an?|this|that|its|their|his|her)\s+)?"
    rf"(?:(?P<a>{_UNIT}|(?:{_DAY}\s+)?{_MONTH}(?=\s*(?:and|to|until|[–-])\s*(?:{_DAY}\s+)?{_MONTH})|"
    rf"{_DAY}(?=\s*(?:and|to|until|[–-])\s*{_DAY}\s+{_MONTH}))"
    rf"(?:(?P<link>\s+(?:and|or|to|until|till|through)\s+(?:in\s+)?(?:the\s+)?|\s*[–-]\s*)"
    rf"(?P<b>{_UNIT}|\d\d(?!\d)))?)(?P<on>\s+(?:onwards?\b|on(?=\s*(?:[,?.;]|$))))?(?P<own>['’]s)?(?![\w/]|[.,-]?\d)",
    regex.I,
)
_MAY_DATE = regex.compile(r"\d|\b(?:last|past|this|ago|yesterday|today|since)\b|\b" + _MONTH + r"\b", regex.I)
_BARE_MONTH = regex.compile(
    r"\b(?i:in|on|during|since|until|before|after|by)\s+(?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December)(?:\s+\d{1,2})?\b(?!,?\s+\d)"
)
_VAGUE = ("around", "about", "circa", "as of", "for")
_FROM_ON = ("since", "ever since", "as from", "starting in")
_LATER = ("after", "later than")
_EARLIER = ("before", "prior to", "earlier than")
_UP_TO = ("until", "till", "up to", "up until", "up till", "through", "no later than", "by")
_IN = ("", "in", "during", "throughout", "within", "over", "on", "of", "from", "dated")

_EVENT = _Pattern(
    r"(?!mention|question|according)(?:\w+(?:ions?|ings?|ments?|quakes?|cide|fires?)|war|wars|sieges?|strikes?|"
    r"attacks?|floods?|elections?|votes?|"
    r"coups?|riots?|raids?|crash|crashes|storms?|hurricanes?|tsunami|games|olympics|cup|finals?|championships?|"
    r"tournament|trial|trials|protests?|massacres?|murders?|deaths?|crisis|ban|law|deal|talks|summit|referendum|"
    r"revolt|uprising|outbreak|epidemic|famine|drought|collapse|merger|visit|speech|scandal|split|accident|disaster|"
    r"blast|battle|offensive|fight|match|race|festival|conference|parade|march|census|budget|treaty|accord|"
    r"campaign|season|series|dollars|prices|money|terms|euros|pounds|figures|polls?|heatwave|illness|"
    r"blackout|closure|sale|"
    r"launch|release|landslide|sinking|arrests?|reform|reforms|purge|boycott|seizure|takeover|theft|robbery|heist)",
    regex.I,
)
_PLAIN_WORDS = frozenset(
    _WORD.findall(
        "a about according after against all am an and any are as at be been before being between but by can could did "
        "do does during for from had has have he her his how i if in into is it its many may me might more most much "
        "my no not of on or our out over she should since so than that the their them there these they this those "
        "through to under until up was we were what when where which while who whom whose why will with would you your"
    )
)
_COUNTED = frozenset(
    _WORD.findall(
        "people workers troops soldiers men women homes houses children deaths years votes jobs seats members fighters "
        "residents cases tons tonnes miles metres meters km feet hours families students schools villages towns"
    )
)
_MORE = regex.compile(r"\b(?:than|nearly|almost|some|all|least|most)\s+$", regex.I)
_ASKS_WHO = regex.compile(r"^\W*(?:who|what\s+\w+|which\s+\w+)\W*$", regex.I)
_SAYS_NEXT = regex.compile(r"\W*(?:said|reported|claimed|wrote|argued|warned|predicted)\b", regex.I)
_SENTENCE_END = regex.compile(r"[.?!]\s+(?=\p{Lu})")
_ASKS_WHEN = regex.compile(
    r"^(?:\W|and\b|but\b)*(?:\b(?:in|on|by|since|until|from)\s+)?(?:when\b|(?:what|which)\s+(?:exact\s+)?"
    r"(?:year|month|date|day|decade|week|season)\b)|\byear\s+in\s+which\b|\bdate\s+of\b",
    regex.I,
)
_TO = r"(?:\s+to\s+(?:the\s+)?(?:reporters|journalists|parliament|congress|police|court|press|media|judge|senate|un))?"
_ABOUT = _Pattern(
    rf"\b(?:(?:{_SAID_THEN}|{_PUT_OUT}|{_PUBLICATIONS})(?:\s+what)?\s+(?:about|on|regarding|concerning)|said\s+of)\s+"
    r"(?P<np>(?:[\w’'-]+\s+){1,6})$",
    regex.I,
)
_SAY_BESIDE = _Pattern(rf"\b(?P<verb>{_SAID_THEN}){_TO},?\s*$", regex.I)
_PUT_BESIDE = _Pattern(rf"\b(?P<verb>{_PUT_OUT}),?\s*$", regex.I)
_TOLD_BESIDE = regex.compile(rf"\b{_TOLD}\s+(?:(?:the|an?)\s+)?[\w’'-]+(?:\s+[\w’'-]+)?\s*$", regex.I)
_PUBLICATIONS_BESIDE = _Pattern(
    rf"(?P<of>\b[\w’'-]+\s+)?\b{_PUBLICATIONS}(?:\s+(?:published|written|printed|dated|written\s+in))?\s*$", regex.I
)
_PUBLICATIONS_FIRST = _Pattern(
    rf"^\W*(?:(?:find|show|list|give|me|all|any|the|which|what|old|press|media)\s+)*{_PUBLICATIONS}\b", regex.I
)
_PUBLICATIONS_NEXT = regex.compile(
    r"\s+(?:news|press|newspaper|media)?\s*(?:articles|coverage|news|stories|reports|reporting|headlines|"
    r"editorials|papers|newspapers)\b",
    regex.I,
)
_PUBLICATION_NEXT = regex.compile(r"\s+(?:[\w’'-]+\s+)?(?:article|report|story|piece)\b", regex.I)
_ACCORDING = regex.compile(r"\baccording\s+to\s+(?:(?:an?|the|one)\s*)?$", regex.I)
_GIVEN_BESIDE = regex.compile(
    r"\b(?:how\s+(?:is|are|was|were|has|have)\s.*\b(?:described|portrayed|depicted)|"
    r"(?:numbers?|figures?|estimates?|reasons?|explanations?|accounts?|tolls?)\s+(?:(?:was|were|is|are)\s+)?"
    r"(?:given|quoted|cited))\s*$",
    regex.I,
)
_WHAT_WAS = regex.compile(r"\bwhat\s+(?:was|were|is|has\s+been|had\s+been|else\s+was)\s+(?:\w+\s+)?$", regex.I)
_WHAT_DID = regex.compile(r"\bwhat\s+(?:did|do|does|has|have|had)\b", regex.I)
_ON_SOMETHING = regex.compile(r"\s*(?:about|on|of|regarding|concerning|that)\b", regex.I)
_CLAIMED_ELSE = regex.compile(r"\b(?:lives|victims|titles?|medals?|prizes?|crowns?|wins?)\b", regex.I)
_RELATIVE_PRONOUN = frozenset(_WORD.findall("that which who whom whose where when because while after before"))
_OWN_LAST = regex.compile(r"(?:['’]s|\b(?:his|her|its|their|my|our|your|whose|the|very))\s+$", regex.I)
_GOES_ON = regex.compile(r"\s+(?:of|in\s+office|as|at|before|when|alive)\b", regex.I)


@dataclass(frozen=True)
class _Phrase:
    """A date in a question, with its preposition.

    `span` is (first, last) day; None where it cannot be had. `attributive`: it stands before its noun ("the 2009
    siege"). `relative`: it counts from the day of asking. `ranged`: it names both ends. `onwards`: "from 2012 on".
    """

    start: int
    end: int
    prep: str
    span: tuple[dt.date, dt.date] | None
    attributive: bool = False
    relative: bool = False
    ranged: bool = False
    onwards: bool = False


def _dates(
    question: str, asked: dt.date, sources: Sequence[_Run], quoted: list[tuple[int, int]], counted: bool
) -> list[tuple[Constraint, bool]]:
    """The restrictions by date, each with whether it is of what was said or published."""
    found: list[tuple[Constraint, bool]] = []
    for p in _phrases(question, asked, quoted)[:_MOST_DATES]:
        words = question[p.start : p.end]
        if p.span is None:
            found.append((Constraint(MENTION, words, p.start, p.end, applied=False, why=NO_YEAR), False))
            continue
        first, last = p.span
        mention = functools.partial(Constraint, MENTION, words, p.start, p.end, after=first, before=last, applied=False)
        said = _said_then(question, p, sources)
        if regex.search(r"\btoday\b", words, regex.I) and not said:
            continue
        if first > asked or (p.relative and not counted):
            found.append((mention(why=AHEAD if first > asked else NO_DAY), False))
            continue
        after, before = _days(p, first, last)
        if p.prep in _VAGUE and not p.relative:
            after = before = None
        if not said:
            bounded = p.ranged or p.relative or p.onwards or p.prep in (*_FROM_ON, *_LATER)
            after = after if bounded and not (p.attributive and not p.relative) else None
            before = None
        if after or before:
            why = "" if said else LOWER_END
            found.append((Constraint(DATES, words, p.start, p.end, after=after, before=before, why=why), said))
        else:
            found.append((mention(why=HAPPENED), False))
    return found


def _days(p: _Phrase, first: dt.date, last: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """First and last day that a phrase with these days allows, for what was said or published."""
    if p.ranged or (p.prep in _IN and not p.onwards):
        return first, last
    if p.onwards or p.prep in _FROM_ON:
        return first, None
    if p.prep in _LATER:
        return last + dt.timedelta(1), None
    if p.prep in _EARLIER:
        return None, first - dt.timedelta(1)
    return (None, last) if p.prep in _UP_TO else (first, last)


def _said_then(question: str, p: _Phrase, sources: Sequence[_Run]) -> bool:
    """Whether the phrase says when something was said or published, and not when it happened."""
    low = max(0, p.start - 2 * _REACH)
    begin = max((m.end() for m in _SENTENCE_END.finditer(question, low, p.start)), default=low)
    before, rest = question[begin : p.start], question[p.end : p.end + 2 * _REACH]
    after = regex.split(r"[.?!](?:\s|$)", rest, maxsplit=1)[0]
    if _PUBLICATIONS_NEXT.match(after) and p.prep not in _VAGUE:
        return True
    if p.attributive:
        if _PUBLICATION_NEXT.match(after) and _ACCORDING.search(before):
            return True
        return any(s.start <= p.start and p.end <= s.end for s in sources)
    if any(s.start <= p.start < s.end or _dateline(question[s.end : p.start], p, after) for s in sources):
        return True
    if p.prep in ("", *_IN) and not p.relative and _ASKS_WHEN.search(before + " " + after):
        return False
    if publications := _PUBLICATIONS_BESIDE.compiled.search(before):
        other = regex.match(r"annual|official|police|medical|\p{Lu}{2}", publications["of"] or "")
        told = p.prep == "in" and regex.search(r"\b(?:the|this|that)\s+news\s*$", before, regex.I)
        return not other and not told  # "broke the news in 1997"
    if _PUBLICATIONS_FIRST.compiled.search(before) and p.prep in ("from", "dated"):
        return True
    if _TOLD_BESIDE.search(before) or _GIVEN_BESIDE.search(before):
        return True
    if said := _SAY_BESIDE.compiled.search(before):
        verb = said["verb"].casefold()
        if verb == "reported":
            return _put_out(before[: said.start()], verb, after)
        return not (verb.startswith("claim") and _CLAIMED_ELSE.search(before))
    if put := _PUT_BESIDE.compiled.search(before):
        return _put_out(before[: put.start()], put["verb"], after)
    if (about := _ABOUT.compiled.search(before)) and p.prep != "of":
        nouns = about["np"].split()
        if _EVENT.compiled.fullmatch(nouns[-1]) or regex.search(r"\bdo(?:es)?\b", before, regex.I):
            return False
        return not any(regex.fullmatch(_SAID, n, regex.I) for n in nouns)
    if _ASKS_WHO.search(before) and _SAYS_NEXT.match(after):
        return True
    if regex.sub(r"^\W*(?:and|but|so|then)?\W*", "", before, flags=regex.I):
        return False
    says = any(not question[p.end : s.start].strip(" ,") and s.end > s.last for s in sources if s.start > p.end)
    return says or _heads_saying(after)


def _dateline(gap: str, p: _Phrase, after: str) -> bool:
    """Whether a phrase stands behind a source as its date: "according to Reuters in 2014," or "Reuters, 3 May 2014"."""
    comma = not p.prep and not p.relative and gap.strip(" (") == ","
    return bool(gap) and (comma or not gap.strip(" (")) and bool(regex.match(r"\s*(?:[,.;:?!)]|$|about\b)", after))


def _put_out(before: str, verb: str, after: str) -> bool:
    """Whether "written", "published" and the like mean the press here, and not an author's work or an event."""
    if verb.casefold().startswith("announc"):
        return bool(_WHAT_DID.search(before))
    return bool(_WHAT_WAS.search(before) or _PRESS.compiled.search(before) or _ON_SOMETHING.match(after))


def _heads_saying(after: str) -> bool:
    """Whether the clause that a date heads is about something said: "In 2009, how many were said to ..."."""
    words = [w.casefold() for w in _WORD.findall(after)]
    for i, word in enumerate(words):
        if i > 1 and word in _RELATIVE_PRONOUN:
            return False
        following = words[i + 1 : i + 3]
        if word in ("say", "said", "saying", "told", "tell", "estimated") and i:
            return following[:1] not in (["no"], ["yes"], ["sorry"])
        if word in ("reported", "claimed") and following[:1] == ["to"] and following[1:] not in (["the"], ["a"]):
            return True
        if regex.fullmatch(rf"{_SAID}|{_PUT_OUT}", word) and i > 1:
            return bool(words[0] == "what")
    return False


def _phrases(question: str, asked: dt.date, quoted: list[tuple[int, int]]) -> list[_Phrase]:
    if not _MAY_DATE.search(question):
        return []
    found: list[_Phrase] = []
    for m in _PHRASE.compiled.finditer(question):
        if any(a <= m.start("a") < b for a, b in quoted):
            continue
        if phrase := _phrase(question, m, asked):
            found.append(phrase)
    for m in _BARE_MONTH.finditer(question if not question.isupper() else question.title()):
        if not any(p.start < m.end() and m.start() < p.end for p in found):
            found.append(_Phrase(m.start(), m.end(), "", None))
    return found


def _phrase(question: str, m: regex.Match[str], asked: dt.date) -> _Phrase | None:
    prep = " ".join((m["prep"] or "").casefold().split())
    start = m.start()
    if prep == "about" and regex.search(r"\b(?:what|how)\s+$", question[:start], regex.I):
        prep, start = "", m.start("the") if m["the"] else m.start("a")
    relative = regex.fullmatch(_RELATIVE, m["a"], regex.I) is not None
    after = question[m.end() :]
    if relative:
        if regex.fullmatch(_WEEKDAY, m["a"], regex.I) and prep not in _FROM_ON:
            return None
        lasting = regex.match(r"last|past", m["a"], regex.I)
        owned = m["the"] and not (
            prep in ("in", "over", "during", "within", "for", "from", "of") and m["the"].casefold() == "the "
        )
        goes_on = _GOES_ON.match(after) and (m["the"] or after.lstrip().startswith("of "))
        if lasting and (owned or _OWN_LAST.search(question[: m.start()]) or goes_on):
            return None
        span = _relative(m["a"], bool(m["the"]), asked)
        if span and prep == "for":
            prep = "in"
    else:
        span = _range(m) if m["b"] else _absolute(m["a"])
    if span is None:
        return None
    word = noun[1] if (noun := regex.match(r"\s+([\w’'-]+)", after)) else ""
    counted = word.casefold() in _COUNTED or prep == "over" or _MORE.search(question[max(0, start - 20) : start])
    if counted and not relative:
        return None
    saying = regex.fullmatch(_SAID, word, regex.I) and not m["the"]
    named = bool(word) and word.casefold() not in _PLAIN_WORDS and not saying
    decade = m["a"].endswith("s") and not relative
    loose = (not prep or bool(m["the"] and not decade)) and named
    attributive = bool(m["own"]) or loose or (named and _EVENT.compiled.fullmatch(word) is not None)
    if relative and not m["own"]:
        attributive = False
    joined = bool(m["b"]) and (prep == "between" or not regex.search(r"and|or", m["link"], regex.I))
    if attributive and not prep:
        start = m.start("a")
    onwards = bool(m["on"]) and prep == "from"
    return _Phrase(start, m.end(), prep, span, attributive, relative, joined, onwards)


def _range(m: regex.Match[str]) -> tuple[dt.date, dt.date] | None:
    """The days from the first of a phrase's two dates to the last."""
    last = f"{m['a'][:2]}{m['b']}" if regex.fullmatch(r"\d\d", m["b"]) and len(m["a"]) == 4 else m["b"]
    end = _absolute(last)
    if end is None:
        return None
    if number := regex.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", m["a"]):
        begin = _month_days(end[1].year, end[1].month, int(number[1]))
    else:
        begin = _absolute(m["a"]) or _absolute(f"{m['a']} {end[1].year}")
    return (begin[0], end[1]) if begin and begin[0] <= end[1] else None


def _absolute(text: str) -> tuple[dt.date, dt.date] | None:
    """First and last day of a date that does not depend on when one asks."""
    said = text.casefold().replace("’", "'").strip()
    if decade := regex.search(r"(\d\d\d)0s$|'(\d)0s$", said):
        year = int(decade[1] or f"19{decade[2]}") * 10
        return _part(said, dt.date(year, 1, 1), dt.date(year + 9, 12, 31)) if year >= 1600 else None
    found = regex.search(rf"{_YEAR}", said)
    if not found or int(found[0]) < FIRST_YEAR:
        return None
    if regex.fullmatch(r"[\d./-]{8,}", said):
        day = (find_date(said) or (0, 0, None))[2]
        return (day, day) if day else None
    year = int(found[0])
    named = regex.search(rf"\b{_MONTH}", said)
    if named:
        month = _MONTHS.index(named[0][:3]) + 1
        number = regex.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", said)
        span = _month_days(year, month, int(number[1]) if number else None)
    elif season := regex.search("|".join(_SEASONS), said):
        span = _season(season[0], year)
    else:
        span = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return _part(said, *span) if span else None


def _month_days(year: int, month: int, day: int | None = None) -> tuple[dt.date, dt.date] | None:
    length = calendar.monthrange(year, month)[1]
    if day is not None and not 1 <= day <= length:
        return None
    return dt.date(year, month, day or 1), dt.date(year, month, day or length)


def _season(name: str, year: int) -> tuple[dt.date, dt.date]:
    """A season of the northern half; a year's winter is the one that ends in it as well as the one that begins."""
    if name == "winter":
        return dt.date(year - 1, 12, 1), dt.date(year + 1, 3, 1) - dt.timedelta(1)
    first, last = _SEASONS[name]
    return dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1])


# Which part of a span its words mean, in twelfths: "early 2009" is January to April, "mid-2009" April to September.
_PARTS = {
    "early": (0, 4), "beginning": (0, 4), "start": (0, 4), "mid": (3, 9), "middle": (3, 9), "late": (8, 12),
    "end": (8, 12), "first half": (0, 6), "second half": (6, 12), "first quarter": (0, 3), "second quarter": (3, 6),
    "third quarter": (6, 9), "fourth quarter": (9, 12), "last quarter": (9, 12),
}  # fmt: skip


def _part(said: str, first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    named = regex.match(r"(?:the\s+)?(?:very\s+)?(" + "|".join(sorted(_PARTS, key=len)[::-1]) + r")\b", said)
    if not named:
        return first, last
    begin, end = _PARTS[named[1]]
    if first.month == 1 and last.month == 12:
        months = last.year - first.year + 1
        a, b = begin * months, end * months - 1
        stop = dt.date(first.year + b // 12, b % 12 + 1, 1)
        return (
            dt.date(first.year + a // 12, a % 12 + 1, 1),
            stop.replace(day=calendar.monthrange(stop.year, stop.month)[1]),
        )
    days = (last - first).days + 1
    return first + dt.timedelta(days * begin // 12), first + dt.timedelta(max(days * end // 12 - 1, 0))


def _relative(text: str, spanning: bool, asked: dt.date) -> tuple[dt.date, dt.date] | None:
    """The days that words such as "last year" mean on the day of asking.

    "last year" and "two months ago" are whole years, months and weeks (from Monday); "the last year" and "the last two
    months" end on the day of asking.
    """
    said = " ".join(text.casefold().split())
    if said in ("yesterday", "today"):
        day = asked - dt.timedelta(said == "yesterday")
        return day, day
    counted = regex.fullmatch(rf"(?:(last|past)\s)?({_COUNT})\s({_LENGTH})(?:\sago)?", said)
    if counted:
        number = int(counted[2]) if counted[2].isdigit() else _NUMBERS[counted[2]]
        unit, spanning = counted[3].rstrip("s"), bool(counted[1])
    else:
        which, unit = ("last " + said).split()[-2:]
        number = 0 if which == "this" else 1
        spanning = spanning or which == "past"
        if unit in _SEASONS:
            year = asked.year if which == "this" or asked > _season(unit, asked.year)[1] else asked.year - 1
            return _season(unit, year)
        if unit not in ("week", "month", "year", "decade"):
            found = _parsed(unit, asked)
            if found is None:
                return None
            return (found, found) if unit.endswith("day") else _month_days(found.year, found.month)
        if number == 0:
            return _whole(asked, unit, asked)
    anchor = _parsed(f"{number * 10} years ago" if unit == "decade" else f"{number} {unit}s ago", asked)
    if anchor is None or anchor > asked:
        return None
    return (anchor, asked) if spanning else _whole(anchor, unit, asked)


def _whole(day: dt.date, unit: str, asked: dt.date) -> tuple[dt.date, dt.date]:
    """The day, week, month or year that a day lies in, up to the day of asking."""
    if unit == "week":
        first = day - dt.timedelta(day.weekday())
        span = first, first + dt.timedelta(6)
    elif unit == "month":
        span = day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    elif unit in ("year", "decade"):
        begin, length = (day.year, 1) if unit == "year" else (day.year // 10 * 10, 10)
        span = dt.date(begin, 1, 1), dt.date(begin + length - 1, 12, 31)
    else:
        span = day, day
    return span[0], min(span[1], asked)


def _parsed(words: str, asked: dt.date) -> dt.date | None:
    import dateparser  # here, as it takes 0.3 s to load and few questions need it

    base = dt.datetime.combine(asked, dt.time(12))
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "past"}
    found = dateparser.parse(words, languages=["en"], settings=settings)
    return found.date() if found else None


# Words

_QUOTED = regex.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’(?!\w)|(?<!\w)'[^']*'(?!\w)|«[^»]*»")
_LEADS = frozenset(
    _WORD.findall(
        "and but or so then what how about for only also just did does do has have say said says report reported write "
        "according to the in ok okay well now"
    )
)
_SOURCE_ALONE = regex.compile(r"(?:(?:and|but|so|or)\s+)?according\s+to\s+(?P<who>[^,?;]{2,60}?)\s*\??", regex.I)
_SOURCE_SAID = regex.compile(r"\baccording\s+to\s+(?P<who>(?!how\b|who\b|what\b)[^,?;.]{2,60})(?=[,?;.]|$)", regex.I)


def _quoted(question: str) -> list[tuple[int, int]]:
    return [m.span() for m in _QUOTED.finditer(question)]


def _with_time(previous: str, words: str, prep: str) -> str:
    """A question with its time replaced by another one, or that added at its end."""
    phrases = [p for p in _phrases(previous, dt.date.today(), _quoted(previous)) if p.span and not p.attributive]
    if not phrases:
        return _added(previous, words if prep or not words[:1].isdigit() else f"in {words}")
    old = phrases[-1]
    if not prep and words[:1].isdigit():
        words = f"{previous[old.start : old.start + len(old.prep)] or 'in'} {words}"
    first = words[0].upper() if previous[old.start].isupper() else words[0].lower() if prep else words[0]
    return previous[: old.start] + first + words[1:] + previous[old.end :]


def _with_source(previous: str, words: str, known: Catalogue, held: tuple[str, ...]) -> str:
    """A question with its source replaced by another one, or that added at its end."""
    words = regex.sub(r"^The\b", "the", words)
    for run in _runs(previous, known, held, _quoted(previous)):
        if run.sure:
            return previous[: run.first] + words + previous[run.last :]
    if said := _SOURCE_SAID.search(previous):
        return previous[: said.start("who")] + words + previous[said.end("who") :]
    return _added(previous, f", according to {words}")


def _added(question: str, words: str) -> str:
    body = question.rstrip()
    mark = regex.search(r"\s*[?.!]*$", body)
    stem = body[: mark.start()] if mark else body
    return f"{stem}{'' if words.startswith(',') else ' '}{words}{body[len(stem) :]}"


def _cut(question: str, spans: Iterable[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(question[at : max(start, at)])
        at = max(at, end)
    return " ".join([*kept, question[at:]])


def _left(question: str, spans: Sequence[tuple[int, int]]) -> str:
    """The question without the words at `spans`, tidied; the question itself where nothing to search for is left."""
    if not spans:
        return question
    text = _cut(question, spans)
    text = regex.sub(r",\s*,|,\s*(?=[;:?.!])", " ", text)
    text = regex.sub(r"\(\s*\)", " ", text)
    text = regex.sub(r"\s+", " ", text).strip(" ,;:")
    text = regex.sub(r"\s+([?,;:!])", r"\1", text) if not question.endswith(" ?") else text
    if not set(_WORD.findall(text.casefold())) - _PLAIN_WORDS - _LEADS:
        return question
    return text[0].upper() + text[1:] if question[0].isupper() else text
