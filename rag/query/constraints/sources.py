"""Find the outlets that a question asks for as sources: "according to Reuters", "What did the BBC say ...?".

An outlet that a question is about ("Who owns Press TV?") is found too, and marked as no source. `parse` turns what is
found into constraints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from rag._lazy import LazyPattern
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key
from rag.query.constraints.constraint import (
    LOOKS_LIKE,
    MENTION,
    NEGATED,
    NOT_SOURCE,
    OFFERED,
    OFFERS,
    ORGANISATION,
    OUTLET,
    Constraint,
)
from rag.query.constraints.outlet_names import TITLE, NamedOutlet, find_outlets, indexed_keys
from rag.query.constraints.question_text import WORD, Span, quoted_spans
from rag.query.constraints.reporting_verbs import DESCRIBE, PUBLICATIONS, SAY
from rag.query.constraints.uncatalogued import is_asked_for, is_written_as, looks_like_another

CUE_CHARS = 120  # characters before and after a name in which a cue is looked for

_KIND = r"(?:(?:news\s*)?(?:paper|magazine|broadcaster|site|agency|outlet|channel|service|website)|daily|weekly)\s+"
_LEAD_IN = rf"(?:(?:both|either)\s+)?(?:(?:an?|the|any|some|recent)\s+)*(?:(?:\p{{L}}+\s+)?\d{{4}}\s+)?(?:{_KIND})?$"
# "according to", "articles by", "said by" and the like, right before the name.
_CUE_BEFORE = LazyPattern(
    r"\b(?:(?P<strong>according\s+to(?:\s+(?:an?|the|recent)\b)*(?:\s+(?:[\w.]+\s+)?\d{4})?"
    r"(?:\s+(?:reports?|articles?|stor(?:y|ies)|pieces?|coverage)\s+(?:in|by|from|of|on))?|(?:as\s+)?per|going\s+by|"
    r"(?:in|what\s+(?:is|was))\s+the\s+(?:view|words|opinion|eyes|verdict|position|account|coverage|judge?ment|"
    r"estimate|version|reporting)\s+of|"
    r"^from|as\s+(?:reported|told|described|seen|stated|written|put|quoted)\s+(?:by|in|on)|reported\s+by)|"
    rf"(?P<own>{PUBLICATIONS}(?:\s+published)?\s+(?:by|from|in|on)|"
    r"(?:what\s+(?:was|is|has\s+been|were)\s+)(?:published|printed|posted|broadcast)\s+(?:by|in|on))|"
    rf"(?P<in>(?:{SAY}|written|described|quoted|cited|mentioned|called|covered|portrayed)\s+by|"
    rf"(?:(?:is|are|was|were|be|been)\s+(?:{SAY}|written|described|quoted|cited|mentioned)|wrote|anything|read|"
    r"learn|learned|learnt|hear|heard|know)\s+(?:in|on|from)))\s+"
    rf"{_LEAD_IN}",
    regex.I,
)
_AUXILIARY_BEFORE = LazyPattern(rf"\b(?:did|do|does|has|have|had)\s+{_LEAD_IN}", regex.I)
_PASSIVE_BEFORE = regex.compile(
    r"\b(?:is|are|was|were|be|been|being|has|have|had|get|gets|got)\s+(?:the\s+)?$", regex.I
)
_CLAUSE_BEFORE = LazyPattern(  # what the outlet reported is here the time or the object of something else
    rf"\b(?:when|after|before|because|since|until|once|while|if|although|(?:{SAY}|denied|denies|admitted)\s+that|"
    r"only|merely|just|but\s+also)\s+(?:the\s+)?$",  # "Only Reuters says so": what do the others?
    regex.I,
)
# What asks for other sources than the one that is named or was asked: "And what did others say?", "Who denies it?".
OTHERS = regex.compile(
    rf"\b(?:others|(?:any|some|every)(?:one|body)\s+else|(?:the\s+|any\s+)?other\s+(?:outlets?|(?:news)?papers?|sources?|"
    rf"media|agencies|sites|channels|broadcasters|press))(?=\s*(?:[?.!,]|$|(?:also\s+|ever\s+)?{SAY}\b|write\b|wrote\b))|"
    rf"\bwho\s+else(?=\s*(?:[?.!]|$|{SAY}\b|writes?\b|wrote\b))|\b(?:is|was)\s+(?:it|that|this)\s+(?:true|correct|right|so)\b|"
    r"\bwho\s+(?:(?:has|have|had)\s+)?(?:denie[sd]|disput(?:es|ed)|disagree[sd]?|contradict(?:s|ed)|reject(?:s|ed)|confirm(?:s|ed))\b",
    regex.I,
)
_WHAT_BEFORE = regex.compile(
    r"\b(?:what(?:ever)?|all|anything|everything|(?P<none>nothing|none))\s+(?:that\s+)?(?:the\s+)?$", regex.I
)
# "What Reuters said on the siege", "Tell me what Reuters said": it is asked for. Elsewhere it is what others speak of:
# "Who denied what Reuters said?", "Is what Reuters said true?"
_ASKED_FOR = regex.compile(
    r"(?:^|[.?!;:,]\s+|\b(?:and|but|so|or)\s+)(?:(?:and|but|so|then|now|please|only|just|exactly|also)\s+)*"
    r"(?:(?:(?:can|could|would|will)\s+you\s+)?(?:please\s+)?(?:(?:tell|show|give|remind)\s+(?:me|us)|summari[sz]e|list|"
    r"find|explain|quote|describe|compare|repeat)\s+|"
    r"i\s+(?:(?:want|wish|need|would\s+like)|['’]d\s+like)\s+to\s+(?:know|see|read|hear|learn)\s+|"
    r"i(?:\s+am|['’]m)\s+(?:interested\s+in|looking\s+for)\s+)?(?:(?:only|just|exactly|again|of|about)\s+)*$",
    regex.I,
)
_NO_REPORT = (  # as a company or a person does: "report to", "report a loss", "say sorry"
    r"\s+(?:to\b|sorry|no(?!\s+(?:later|earlier))\b|yes\b|goodbye|farewell|damages|in\s+court|(?:an?\s+|its\s+|\w+\s+)?(?:profits?|loss(?:es)?|"
    r"earnings|revenues?))"
)
_ADVERB = r"(?:also|ever|first|actually|then|originally|already|later|since|still|now|not|once|itself|each|both)"
_VERB_AFTER_AUXILIARY = LazyPattern(
    rf"(?:\s+(?P<piece>article|report|story|piece|editorial)s?)?(?:\s+{_ADVERB})*\s+(?:(?P<plain>{SAY}|"
    rf"wr(?:ite|ites|ote|itten))(?!{_NO_REPORT})|(?P<judged>{DESCRIBE})|(?P<gives>give|put|name|count))\b",
    regex.I,
)
_REASON = regex.compile(r"\b(?:reason|figure|number|estimate|explanation|toll|cause)s?\b", regex.I)
_FINITE_VERB_AFTER = LazyPattern(
    rf"(?:\s+{_ADVERB})*\s+(?:says|said|reports|reported|writes|wrote|claims|claimed|states|stated|argues|argued|"
    r"notes|noted|calls|describes|suggests|suggested|alleges|alleged|estimates|estimated)\b",
    regex.I,
)
_PUBLISHES_AFTER = regex.compile(r"\s+(?:publish|print|broadcast|air|carry|post)(?:ed|d)?\s+(?:about|on)\b", regex.I)
_COVERS_AFTER = regex.compile(r"\s+(?:cover|treat|present|see|view|covered|frame|framed)\b", regex.I)
_VERB_BEFORE = regex.compile(r"[,;]\s*(?P<verb>says|writes|reports|said|wrote|reported)\s+(?:the\s+)?$", regex.I)
_VIEW = (
    r"(?:view|words|opinion|account|version|reporting|coverage|report|reports|article|articles|stories|story|telling|"
    r"estimate|figures?|count|tally|description|take|verdict|explanation|correspondents?|reporters?|journalists?)"
)
_VIEW_AFTER = LazyPattern(rf"['’]s?\s+(?:own\s+)?(?P<noun>{_VIEW})\b(?P<of>\s+(?:of|on|about)\b)?", regex.I)
_VIEW_BEFORE = LazyPattern(
    r"(?:^\s*(?:(?:summari[sz]e|show|find|give|list|me|all)\s+)*(?:the\s+)?(?P<start>)$|"
    r"\b(?:in|by|from|per)\s+(?:the\s+)?$|\b(?P<asked>what\s+(?:is|was|are|were)\s+(?:the\s+)?)$)",
    regex.I,
)
# What belongs to an outlet and yet does not speak for it.
_NOUN_AFTER = regex.compile(r"['’]s?\s+(?:own\s+)?(?P<noun>[\w-]+)|\s+(?P<noun>[\w-]+)")
_NOT_THE_OUTLET = {
    *("editor", "editors", "chief", "boss", "owner", "owners", "executive", "poll", "polls", "survey", "spokesman"),
    *("spokeswoman", "president", "presenter", "host", "anchor", "columnist", "director", "staff", "employees", "ceo"),
    *("chairman", "founder", "publisher", "lawyer", "lawyers", "rankings", "ranking", "list", "index", "experts"),
}
# "What did Reuters not say?"
_DENIED = regex.compile(r"\b(?:not|never)\b|n['’]t\b", regex.I)
_DENIED_BEFORE = regex.compile(
    r"(?:\b(?:not|never|no\s?one|nobody|none)|n['’]t)\s+(?:(?:at|of|from|in|only|just)\s+)?(?:the\s+)?$", regex.I
)
# "What was not said by Reuters?", "What can't be read in Reuters?"
_UNREAD = regex.compile(
    r"(?:\b(?:not|never|no\s?one|nobody|cannot)|n['’]t)\s+(?:(?:been|be|ever|yet|written|published|printed|read|seen|found|"
    r"reported|said|we|i|they|people)\s+){0,3}$",
    regex.I,
)
_JOINED = regex.compile(
    r"\s*(?:,|,?\s*\b(?:and|or|nor|and/or)\b|&)\s*(?:(?:by|from|in|on|according\s+to)\s+)?(?:the\s+)?", regex.I
)


@dataclass(frozen=True)
class SourceRun:
    """Outlets named one after another, and the words that make them the source.

    Attributes:
        outlets: in order.
        start: where the run begins, cue words included.
        end: where it ends, cue words included.
        is_source: whether the question asks for them as sources.
        why: why it does not, else "".
    """

    outlets: tuple[NamedOutlet, ...]
    start: int
    end: int
    is_source: bool
    why: str = ""

    @property
    def is_offered(self) -> bool:
        """Whether the outlet narrows the search only if the reader says so."""
        return self.why in OFFERS

    @property
    def names_start(self) -> int:
        """Where the first outlet's name begins."""
        return self.outlets[0].start

    @property
    def names_end(self) -> int:
        """Where the last outlet's name ends."""
        return self.outlets[-1].end

    def constraints(self, question: str) -> Iterator[Constraint]:
        """Yield a constraint for each outlet; they share the words of the run between them."""
        begin = self.start
        for i, named in enumerate(self.outlets):
            stop = self.end if i == len(self.outlets) - 1 else named.end
            start = begin + len(question[begin:stop]) - len(question[begin:stop].lstrip(" ,"))
            kind = OUTLET if self.is_source or self.is_offered else MENTION
            yield Constraint(
                kind, question[start:stop], start, stop, named.outlet, applied=self.is_source, why=self.why
            )
            begin = stop


def find_sources(
    question: str, catalogue: Catalogue, indexed: tuple[str, ...], quoted: Sequence[Span], common: Collection[str] = ()
) -> list[SourceRun]:
    """Find the outlets that a question names outside its quotations, as sources or otherwise, in order.

    What the catalogue knows is found as if there were no other outlets. Those are added if the question asks for them
    explicitly, and else offered (`rag.query.constraints.uncatalogued`).

    Args:
        question: the question.
        catalogue: the outlets known by name.
        indexed: the outlets of the index, as it names them.
        quoted: spans of the question's quotations.
        common: outlets that the catalogue lacks, and whose names may mean something else: they are offered at most.
    """
    found = [
        _source_run(question, r, catalogue, indexed) for r in _runs(question, find_outlets(question, catalogue), quoted)
    ]
    catalogued = [(named.start, named.end) for run in found for named in run.outlets]
    named = list(find_outlets(question, catalogue, indexed))
    if all(outlet.is_catalogued for outlet in named):
        return found
    for outlets in _runs(question, named, quoted):
        others = [outlet for outlet in outlets if not outlet.is_catalogued]
        if not others:
            continue
        run = _source_run(question, outlets, catalogue, indexed)
        if not run.is_source:
            continue
        reasons = [_why_offered(question, outlet, catalogue, catalogued, common) for outlet in others]
        if not any(reasons) and is_asked_for(question, run.names_start, run.names_end):
            found = [other for other in found if not _overlap((run.start, run.end), (other.start, other.end))] + [run]
            continue
        found += [
            SourceRun((outlet,), outlet.start, outlet.end, False, why or OFFERED)
            for outlet, why in zip(others, reasons, strict=True)
        ]
    return sorted(found, key=lambda run: run.start)


def uncatalogued_sources(question: str, catalogue: Catalogue, indexed: tuple[str, ...]) -> set[str]:
    """Return the outlets that a question asks for as sources and that the catalogue lacks."""
    runs = find_sources(question, catalogue, indexed, quoted_spans(question))
    return {named.outlet for run in runs if run.is_source for named in run.outlets if not named.is_catalogued}


def _why_offered(
    question: str, named: NamedOutlet, catalogue: Catalogue, catalogued: Iterable[Span], common: Collection[str]
) -> str:
    """Return why an outlet that the catalogue lacks is offered at most; "" if an explicit cue may apply it."""
    if looks_like_another(named.outlet, catalogue):
        return LOOKS_LIKE
    written = is_written_as(question, named.start, named.end, named.outlet)
    part = any(_overlap((named.start, named.end), span) for span in catalogued)
    return "" if written and not part and named.outlet not in common else OFFERED


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _runs(question: str, outlets: Iterable[NamedOutlet], quoted: Sequence[Span]) -> list[tuple[NamedOutlet, ...]]:
    """Return outlets outside quotations as runs of those that are named one after another."""
    runs: list[list[NamedOutlet]] = []
    for named in outlets:
        if any(a <= named.start < b for a, b in quoted):
            continue
        if runs and _JOINED.fullmatch(question, runs[-1][-1].end, named.start):
            runs[-1].append(named)
        else:
            runs.append([named])
    for i, run in enumerate(runs):  # "according to Reuters, AP was sold" has no "and": AP is another matter
        if len(run) > 1 and not WORD.search(question[run[-2].end : run[-1].start].casefold().replace("the ", "")):
            runs[i : i + 1] = [[named] for named in run]
    return list(map(tuple, runs))


def _source_run(
    question: str, outlets: tuple[NamedOutlet, ...], catalogue: Catalogue, indexed: tuple[str, ...]
) -> SourceRun:
    first, last = outlets[0].start, outlets[-1].end
    span, strength = _cue(question, first, last)
    if span is None:
        return SourceRun(outlets, first, last, False, NOT_SOURCE)
    if _UNREAD.search(question, max(0, span[0] - CUE_CHARS), span[0]):
        return SourceRun(outlets, first, last, False, NEGATED)
    if _DENIED.search(question, last, span[1]) or _DENIED_BEFORE.search(question, max(0, first - CUE_CHARS), first):
        return SourceRun(outlets, first, last, False, NEGATED)
    keys = indexed_keys(catalogue, indexed)
    if all(_is_reported_on(named.outlet, strength, catalogue, keys) for named in outlets):
        return SourceRun(outlets, first, last, False, ORGANISATION)  # next to an outlet they are meant as sources too
    return SourceRun(outlets, *span, True)


def _is_reported_on(name: str, strength: str, catalogue: Catalogue, indexed: frozenset[str]) -> bool:
    """Return whether a name with a cue of this strength is more likely an organisation that others report on."""
    if strength == "own":
        return False
    found = catalogue.outlet(name)
    kind = found.kind if found else None
    is_indexed = key(name) in indexed
    if kind == "advocacy group":
        return not (is_indexed and strength == "strong")
    return kind == "public body" or (kind == "think-tank publication" and bool(indexed) and not is_indexed)


def _cue(question: str, first: int, last: int) -> tuple[Span | None, str]:
    """Find the words that make the outlets named between `first` and `last` the source.

    Returns:
        The span of names and words, or None if they are no source; and how sure that is: "own" for what an outlet
        publishes, "strong" for a plain "according to", "in" for any other saying.
    """
    low = max(0, first - CUE_CHARS)
    before, after = question[low:first], question[last : last + CUE_CHARS]
    view = _VIEW_AFTER.compiled.match(after)
    cue = _CUE_BEFORE.compiled.search(before)
    noun = _NOUN_AFTER.match(after)
    end = last + (view.end("noun") if view else 0)
    if cue:
        if (after.startswith(("'", "’")) and not view) or (noun and noun["noun"].casefold() in _NOT_THE_OUTLET):
            return None, ""
        if title := TITLE.match(after):
            end = last + title.end()
        strength = "strong" if cue["strong"] else "own" if cue["own"] else "in"
        inside = cue["own"] or (cue["in"] and not cue["in"].casefold().startswith("reported"))
        start = low + cue.start() + (len(cue[0]) - len(_from_preposition(cue[0])) if inside else 0)
        return (start, end), strength
    if view and (place := _VIEW_BEFORE.compiled.search(before)):
        covers = view["noun"].casefold() in ("coverage", "reporting", "reports", "articles", "stories")
        if place["start"] is not None:
            return ((first, last + view.end()) if view["of"] else None), "own"
        if place["asked"]:
            return (None if covers else (first, last + view.end())), "in"
        return (low + place.start(), end), "own" if covers else "strong"
    if auxiliary := _AUXILIARY_BEFORE.compiled.search(before):
        verb = _VERB_AFTER_AUXILIARY.compiled.match(after)
        if verb and verb["judged"] and not regex.match(r"d", auxiliary[0], regex.I):
            verb = None
        if verb and verb["gives"] and not _REASON.search(before):
            verb = None
        if verb:
            return (low + auxiliary.start(), last + (verb.end() if verb["plain"] else 0)), "in"
        what = regex.search(r"\bwhat\s+$", before[: auxiliary.start()], regex.I)
        how = regex.search(r"\bhow\s+$", before[: auxiliary.start()], regex.I)
        if what and (publishes := _PUBLISHES_AFTER.match(after)):
            preposition = publishes[0].split()[-1]
            return (low + auxiliary.start(), last + publishes.end() - len(preposition) - 1), "own"
        return ((low + auxiliary.start(), last) if how and _COVERS_AFTER.match(after) else None), "own"
    if regex.search(r"\bhow\s+(?:the\s+)?$", before, regex.I) and regex.match(
        rf"\s+(?:{DESCRIBE}|cover|see)s?\b", after
    ):
        return (first, last), "in"
    if (
        not _PASSIVE_BEFORE.search(before)
        and not _CLAUSE_BEFORE.compiled.search(before)
        and (finite := _FINITE_VERB_AFTER.compiled.match(after))
        and _is_asked_for(before)
        and not OTHERS.search(after)  # "Reuters says it is a cult; what do others say?"
    ):
        return (first, last + finite.end()), "in"
    if verb_before := _VERB_BEFORE.search(before):
        return (low + verb_before.start(), last), "in"
    if not before.strip() and regex.match(r":\s", after):
        return (first, last + 1), "own"
    if before.endswith("(") and regex.fullmatch(r"\)\W*", after):
        return (first - 1, last + 1), "own"
    return None, ""


def _is_asked_for(before: str) -> bool:
    """Return whether "what", if it is before an outlet, asks for what that says, and is no object of something else."""
    what = _WHAT_BEFORE.search(before)
    return what is None or (not what["none"] and _ASKED_FOR.search(before[: what.start()]) is not None)


def _from_preposition(cue: str) -> str:
    """Return the end of a cue from its preposition on; what precedes it, verb or noun, is still searched for."""
    found = regex.search(r"\b(?:by|from|in|on)\s[^.]*$", cue, regex.I)
    return found[0] if found else cue
