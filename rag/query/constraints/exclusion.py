"""Find the outlets and kinds of outlets that a question leaves out: "contrary to what Reuters said", "no state media".

Each row of `RULES` is a way of saying so, with a sentence that it is for. Where a word such as "except" is before an
outlet and no row says that its articles are meant ("Who besides Reuters was sued?"), nothing is left out, and the
outlet is not searched for as a source either: in doubt nothing is narrowed, and never to the opposite.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import regex

from rag._lazy import LazyPattern
from rag.provenance.catalogue import Catalogue
from rag.query.constraints.constraint import EXCLUDED, MENTION, NOT_OUTLET, NOT_OUTLET_KIND, STATE_MEDIA, Constraint
from rag.query.constraints.outlet_names import NamedOutlet, find_outlets
from rag.query.constraints.question_text import Span
from rag.query.constraints.reporting_verbs import PUBLICATIONS, PUBLISH, SAY
from rag.query.constraints.uncatalogued import is_written_as, looks_like_another

MAX_LOOKED_UP = 10  # names, one after another counting once, whose surroundings are compared with every rule
CUE_CHARS = 120  # characters before a name in which words that leave it out are looked for

_VIEW = (
    r"(?:views?|words|opinions?|accounts?|versions?|reporting|coverage|reports?|articles?|stor(?:y|ies)|telling|"
    r"estimates?|figures?|claims?|take|descriptions?|explanations?)"
)
_VERB = rf"(?:{SAY}|wr(?:ite|ites|ote|itten)|{PUBLISH}|covers?|covered|describe[sd]?)"
# "reported", but not as a company or a person does.
_SAYS = rf"{_VERB}(?!\s+(?:to\b|sorry|(?:an?\s+|its\s+)?(?:loss(?:es)?|profits?|earnings|revenues?)))"
_CLAUSE = r"(?:^|[.,;:?!(–—]\s*)(?:(?:and|but|so|or|please|then|also)\s+)*"
_SENTENCE = r"(?:^|[.;:?!(–—]\s*)(?:(?:and|but|please)\s+)*"
_ENDS = r"\s*(?:$|[.,;:?!)–—]|(?:and|please|who|what|which|how|when|where|why|on|about|regarding|concerning)\b)"
_STOPS = r"\s*(?:,?\s*please\b|$|[.,;:?!)–—])"
_PUBLISHED = (
    rf"(?:what(?:ever)?|anything|everything|all)\s+(?:that\s+)?(?:is|was|were|has\s+been|had\s+been)\s+{_VERB}\s+"
    rf"(?:by|in|on)\s+|(?:(?:the|any|all|those|these|its)\s+)*(?:{_VIEW}|{PUBLICATIONS}|ones|those)\s+"
    r"(?:published\s+)?(?:of|by|from|in|on)\s+"
)
_WHAT = r"(?:what(?:ever)?|anything|everything|all)\s+(?:that\s+)?"
_THEIR_VIEW = rf"(?:['’]s?\s+(?:own\s+)?|\s+){_VIEW}\b"
_THEY_SAY = rf"\s+(?:(?:has|have|had|also|ever|once)\s+)*{_SAYS}\b"
_SET_ASIDE = (
    r"(?:ignor(?:e|ing)|disregard(?:ing)?|leav(?:e|ing)\s+(?:aside|out)|set(?:ting)?\s+aside|skip(?:ping)?|"
    r"omit(?:ting)?|contrary\s+to|never\s+mind|forget(?:ting)?|hide|"
    r"(?:i\s+)?(?:do\s+not|don['’]t)\s+(?:use|want|quote|cite|include|(?:show|tell|give)(?:\s+(?:me|us))?))"
)
_COUNT_OUT = r"(?:exclud(?:e|ing)|not\s+(?:counting|including)|minus)"
_EXCEPT = (
    r"(?:other\s+than|apart\s+from|aside\s+from|except(?:ing)?(?:\s+for)?|with\s+the\s+exception\s+of|save\s+for|"
    r"barring|as\s+opposed\s+to|in\s+contrast\s+(?:to|with))"
)
_WEAK = r"(?:besides?|without|unlike|instead\s+of|rather\s+than|but\s+for|if\s+not)"
_HEAD = (
    r"(?:(?:any|every)\s?(?:one|body)|whom?|others|(?:outlets?|sources?|(?:news)?papers?|media|"
    r"press|broadcasters?|agenc(?:y|ies)|publications?|journalists|reporters|sites?|websites?|channels?|magazines?))"
)
_ALL = rf"(?:{_HEAD}|all(?:\s+of\s+them)?)"
# "Nobody but Reuters" is Reuters alone.
_NOBODY = (
    rf"(?:no(?:\s|-)?one|nobody|nothing|none|no\s+(?:other\s+)?{_HEAD}|"
    rf"(?:(?:hardly|scarcely|barely)\s+any|few)(?:\s?(?:one|body|thing)|\s+(?:other\s+)?{_HEAD})?)"
)
_BUT = rf"\s*,?\s+(?:but|save|bar|besides|{_EXCEPT})"
_NEWS = rf"(?:{PUBLICATIONS}|everything|anything|articles?|texts|passages)"
# Somebody says something in the rest of the question.
_SAYING = LazyPattern(
    rf"\b(?:who|which\s+\w+|what\s+\w+|{_HEAD})\s+(?:(?:else|first|also|has|have|had)\s+)*{_SAYS}\b|"
    r"\b(?:did|do|does|has|have|had|is|are|was|were|be|been)\b[^?.]{0,100}?"
    rf"(?<!\b(?:an?|the|its|this|that|his|her|their)\s)(?:{_SAYS}|known)\b|\baccording\s+to\b|\b(?:{PUBLICATIONS}|articles?)\b|"
    rf"(?:^|,)\s*as\s+{_VERB}\s+by\b|,\s*as\s+{_VERB}\s+by",
    regex.I,
)
_COUNTS = LazyPattern(r"\b(?:how\s+(?:many|much)|number\s+of|which\s+\w+s|what\s+\w+s)\b", regex.I)


@dataclass(frozen=True)
class Rule:
    """A way to leave an outlet out.

    Attributes:
        before: what is before its name.
        after: what follows the name; all of it is cut from what is searched for, unless it is looked ahead for.
        example: a question that the rule is for.
        saying: whether the rest of the question must ask what somebody says.
        counting: whether the question may count things ("How many channels closed, not counting the BBC?").
    """

    before: LazyPattern
    after: LazyPattern
    example: str
    saying: bool = False
    counting: bool = True


def _rule(before: str, after: str, example: str, saying: bool = False, counting: bool = True) -> Rule:
    lead = r"\s+(?:(?:by|in|from|on)\s+)?"
    ends = lead if "%" not in before else ""
    return Rule(
        LazyPattern(rf"(?P<cue>{before.replace('%', '')}){ends}(?:the\s+|any\s+|all\s+)*$", regex.I),
        LazyPattern(after, regex.I),
        example, saying, counting,
    )  # fmt: skip


_ANY = rf"\b(?:{_SET_ASIDE}|{_COUNT_OUT}|{_EXCEPT})"
_SET_OFF = rf"{_CLAUSE}(?:{_WEAK})"
RULES = (
    # What the outlet says is left out, in so many words.
    _rule(rf"(?:{_ANY}|{_SET_OFF})\s+{_WHAT}%", _THEY_SAY, "Contrary to what Reuters reported, who caused the spill?"),
    _rule(rf"(?:{_ANY}|{_SET_OFF})\s+(?:{_PUBLISHED})%", "", "Ignoring the reports of Reuters, who caused the spill?"),
    _rule(rf"(?:{_ANY}|{_SET_OFF})", _THEIR_VIEW, "Without Reuters' reports, what is known about the spill?"),
    # The outlet is set aside.
    _rule(rf"{_CLAUSE}{_SET_ASIDE}", rf"(?={_ENDS})", "Leaving aside Reuters, who caused the spill?"),
    _rule(
        rf"{_CLAUSE}{_COUNT_OUT}", rf"(?={_ENDS})", "Who caused the spill, excluding Reuters?", counting=False
    ),
    _rule(rf"{_CLAUSE}{_COUNT_OUT}", rf"(?={_ENDS})", "According to papers, how many sank, excluding Reuters?", True),
    _rule(
        rf"{_SENTENCE}(?:no|not|none\s+of|nothing|neither)", rf"(?:{_THEIR_VIEW})?(?={_STOPS})",
        "Who sank it? No Reuters.",
    ),
    _rule(
        rf"(?:{_CLAUSE}|(?:^|[.;:?!,–—]\s*)(?:please\s+)?(?:show|give|find|list)\s+(?:me\s+)?)(?:no|nothing|none)\s+"
        rf"(?:(?:{PUBLICATIONS}|articles?|more)\s+)?(?:by|from|of)\s+%",
        rf"(?={_ENDS})", "Show me no reports from Reuters on the spill",
    ),
    _rule(
        rf"{_CLAUSE}(?:not|no)|\b(?:but|and)\s+not", rf"(?:{_THEIR_VIEW})?(?={_STOPS}|{_THEY_SAY})",
        "What did the BBC, but not Reuters, report about the spill?", True,
    ),
    _rule(
        r"(?:\b(?:but|and|that|which|who)\s+)?(?:\b(?:(?:are|is|were|was)\s+)?not|\b(?:are|is|was|were)n['’]t)\s+"
        rf"(?:{_VERB}\s+)?(?:from|by|in|on)\s+%",
        rf"(?=(?:{_THEIR_VIEW})?{_ENDS})", "news about the spill, but not from Reuters", True,
    ),
    _rule(
        r"(?:\b(?:but|and)\s+)?\bnot\s+according\s+to", rf"(?=(?:{_THEIR_VIEW})?{_ENDS})",
        "Who caused the spill, not according to Reuters?",
    ),
    _rule(
        rf"(?:{_ANY}|{_SET_OFF})\s+according\s+to", rf"(?=(?:{_THEIR_VIEW})?{_ENDS})",
        "Who caused the spill, except according to Reuters?",
    ),
    _rule(
        rf"\b{_HEAD}\s+(?:that|which|who)\s+(?:(?:is|are|was|were)\s+(?:not|neither)|(?:is|are|was|were)n['’]t)\s+%",
        rf"(?={_ENDS}|{_THEY_SAY})", "What is reported about the spill by outlets that are not Reuters?", True,
    ),
    _rule(
        rf"{_CLAUSE}(?:leav|sett|putt)ing\s+%", rf"\s+(?:aside|apart|out)\b(?={_ENDS})", "Setting Reuters aside, who?",
    ),
    _rule(rf"{_CLAUSE}%", rf"\s+(?:excepted|excluded|aside)(?={_STOPS})", "Who caused the spill, Reuters excluded?"),
    # Neither of several.
    _rule(
        r"(?<=^(?:what|which)\b[^.;:?!]*)\bneither", rf"(?={_THEY_SAY})",
        "What did neither Reuters nor the BBC report about the spill?",
    ),
    _rule(
        r"(?:\bbut\s+)?\b(?:by|from|in)\s+neither", rf"(?=(?:{_THEIR_VIEW})?{_ENDS})",
        "What was said of the spill by neither Reuters nor the BBC?", True,
    ),
    _rule(
        r"(?:\bbut\s+)?\baccording\s+to\s+neither", rf"(?=(?:{_THEIR_VIEW})?{_ENDS})",
        "Who caused the spill, according to neither Reuters nor the BBC?",
    ),
    _rule(
        rf"{_CLAUSE}(?:use|quote|cite|include|search|show(?:\s+me)?|give(?:\s+me)?)\s+neither", rf"(?={_ENDS})",
        "Who caused the spill? Use neither Reuters nor the BBC.",
    ),
    # Somebody else says it.
    _rule(rf"(?<=\b{_ALL}){_BUT}", rf"(?=\s*,?{_THEY_SAY})", "Who other than Reuters reported the spill?"),
    _rule(rf"\bother\s+{_HEAD}\s+than", rf"(?={_THEY_SAY})", "What do other agencies than Reuters say of it?"),
    _rule(
        rf"^(?:every\s?(?:one|body)|all(?:\s+(?:of\s+them|{_HEAD}))?){_BUT}",
        r"(?=\s*[:–—]|\s+(?:on|about|regarding|concerning)\b)",
        "All except Reuters and the BBC: who caused the spill?",
    ),
    _rule(
        rf"\b(?:according\s+to|{_VERB}\s+by)\s+(?:(?:any|all|every|the|other)\s+)*{_ALL}{_BUT}", rf"(?={_ENDS})",
        "Who caused the spill, according to anyone but Reuters?",
    ),
    _rule(
        rf"\b(?:by|from|in)\s+(?:(?:any|all|every|the|other)\s+)*{_ALL}{_BUT}", rf"(?={_ENDS})",
        "What was said of the spill by everyone but Reuters?", True,
    ),
    _rule(
        rf"{_CLAUSE}(?:{_EXCEPT}|{_WEAK})", rf"(?={_ENDS})", "Apart from Reuters, who reported the spill?", True
    ),
    _rule(rf"(?<=^{_NEWS}\b.*){_EXCEPT}", rf"(?={_ENDS})", "Everything about the spill except Reuters", False),
    _rule(
        rf"(?<=\b{_VERB}(?:\s+(?:so|it|this|that))?\s+){_EXCEPT}", rf"(?={_ENDS})", "What do others say except Reuters?"
    ),
    _rule(rf"\b{_EXCEPT}\s+(?:by|in|from)\s+%", rf"(?={_ENDS})", "What was said about it other than by Reuters?", True),
)  # fmt: skip
_SUSPECT = LazyPattern(
    rf"\b(?P<cue>{_SET_ASIDE}|{_COUNT_OUT}|{_EXCEPT}|{_WEAK}|outside(?:\s+of)?|than|neither|{_ALL}\s+(?:but|save|bar)|"
    rf"not(?:\s+(?:only|just|merely|even))?|no|nothing|despite|notwithstanding|regardless\s+of|in\s+spite\s+of|against|"
    rf"{_NOBODY}{_BUT})\s+(?:(?:from|by|in|on|according\s+to)\s+)?"
    rf"(?:{_PUBLISHED}|{_WHAT})?(?:the\s+)?$",
    regex.I,
)
_ALONE = LazyPattern(rf"\b{_NOBODY}{_BUT}\s+(?:the\s+)?$", regex.I)
_JOINED = regex.compile(r"\s*(?:,|,?\s*\b(?:and|or|nor)\b|&)\s*(?:(?:by|from|in)\s+)?(?:the\s+)?", regex.I)
_KINDS = {
    STATE_MEDIA: r"state(?:[- ](?:owned|run|funded|controlled))?[- ](?:media|outlets|press|news|broadcasters)|"
    r"government[- ](?:media|outlets|broadcasters)",
    "advocacy group": "advocacy groups",
    "aggregator": "aggregators",
    "broadcaster": "broadcasters",
    "magazine": "magazines",
    "news agency": r"(?:news\s+|press\s+)?agencies|news\s*wires|wire\s+services",
    "newspaper": "newspapers",
    "public body": r"public\s+bodies",
    "think-tank publication": r"think[- ]tanks?(?:\s+publications)?",
    "website": "websites",
}
_KIND = LazyPattern(
    r"\b(?:" + "|".join(f"(?P<k{i}>{names})" for i, names in enumerate(_KINDS.values())) + r")(?![\w-])", regex.I
)
# Most questions have none of these, and need no further look.
_MAY_EXCLUDE = regex.compile(
    r"\b(?:not?|neither|but|bar|than|apart|aside|except\w*|exception|besides?|without|unlike|ignor\w+|disregard\w*|leav\w+|set\w*|putting|despite|notwithstanding|"
    r"regardless|spite|against|forget\w*|never|nobody|skip\w*|"
    r"omit\w*|contrary|exclud\w+|minus|save|barring|opposed|contrast|instead|outside|none|nothing|\w+n['’]t)\b",
    regex.I,
)


@dataclass(frozen=True)
class Exclusion:
    """Outlets, or a kind of outlets, that a question leaves out, or seems to.

    Attributes:
        start: where its words begin, those that leave it out included.
        end: where they end.
        outlets: the outlets.
        outlet_kind: the kind of outlets, or STATE_MEDIA.
        is_clear: whether their articles are to be left out; else nothing is narrowed.
    """

    start: int
    end: int
    outlets: tuple[NamedOutlet, ...]
    outlet_kind: str | None = None
    is_clear: bool = True

    def constraints(self, question: str) -> Iterator[Constraint]:
        """Yield a constraint for each outlet, or one for the kind."""
        if self.outlet_kind:
            words = question[self.start : self.end]
            yield Constraint(NOT_OUTLET_KIND, words, self.start, self.end, outlet_kind=self.outlet_kind)
        start = self.start
        for named in self.outlets:
            last = named is self.outlets[-1]
            end = self.end if last and self.is_clear else named.end
            start += len(question[start:end]) - len(question[start:end].lstrip(" ,"))
            words, kind = question[start:end], NOT_OUTLET if self.is_clear else MENTION
            if self.is_clear or not named.is_word:
                why = "" if self.is_clear else EXCLUDED
                yield Constraint(kind, words, start, end, named.outlet, applied=self.is_clear, why=why)
            start = end


def find_exclusions(
    question: str, catalogue: Catalogue, indexed: tuple[str, ...], quoted: Sequence[Span], common: Collection[str] = ()
) -> list[Exclusion]:
    """Find the outlets and kinds of outlets that a question leaves out, in order.

    Args:
        question: the question.
        catalogue: the outlets known by name.
        indexed: the outlets of the index, as it names them.
        quoted: spans of the question's quotations.
        common: outlets that the catalogue lacks, and whose names may mean something else: they are not left out.
    """
    if not _MAY_EXCLUDE.search(question):
        return []
    found = []
    named_outlets = [n for n in find_outlets(question, catalogue, indexed) if not _in(n.start, quoted)]
    for outlets, span in _spans(question, named_outlets):
        first, last = outlets[0].start, outlets[-1].end
        suspect = _SUSPECT.compiled.search(question, max(0, first - CUE_CHARS), first)
        doubtful = any(_is_doubtful(question, named, catalogue, common) for named in outlets)
        if span and not doubtful:
            found.append(Exclusion(*span, outlets))
        elif span or suspect:
            found.append(Exclusion(first, last, outlets, is_clear=False))
    named = [(outlet.start, outlet.end) for exclusion in found for outlet in exclusion.outlets]
    for match in islice(_KIND.compiled.finditer(question), MAX_LOOKED_UP):
        kind = next(kind for i, kind in enumerate(_KINDS) if match[f"k{i}"])
        if _in(match.start(), [*quoted, *named]):
            continue
        if span := _span(question, match.start(), match.end(), kind != STATE_MEDIA):
            found.append(Exclusion(*span, (), kind))
    return sorted(found, key=lambda exclusion: exclusion.start)


def without(question: str, exclusions: Sequence[Exclusion]) -> str:
    """Return the question with exclusions, and commas around them, replaced by as many spaces."""
    for exclusion in exclusions:
        start, end = exclusion.start, exclusion.end
        if exclusion.is_clear and (after := regex.match(r"\s*,", question[end:])):
            end += after.end()
        if exclusion.is_clear and (before := regex.search(r",\s*$", question[:start])):
            start = before.start()
        question = question[:start] + " " * (end - start) + question[end:]
    return question


def uncatalogued_exclusions(question: str, catalogue: Catalogue, indexed: tuple[str, ...]) -> set[str]:
    """Return the outlets that a question leaves out and that the catalogue lacks."""
    found = find_exclusions(question, catalogue, indexed, ())
    return {n.outlet for exclusion in found if exclusion.is_clear for n in exclusion.outlets if not n.is_catalogued}


def _span(question: str, first: int, last: int, saying: bool = False) -> Span | None:
    """Return the words that leave out what question[first:last] names; None if no rule says so."""
    low = max(0, first - CUE_CHARS)
    if _ALONE.compiled.search(question, low, first):
        return None
    for rule in RULES:
        if not (before := rule.before.compiled.search(question, low, first)):
            continue
        if not (after := rule.after.compiled.match(question, last)):
            continue
        start = before.start() + len(before[0]) - len(before[0].lstrip(" .,;:?!(–—"))
        end = after.end()
        rest = f"{question[:start]} {question[end:]}"
        if (rule.saying or saying) and not _SAYING.compiled.search(rest):
            continue
        if not rule.counting and _COUNTS.compiled.search(rest):
            continue
        return start, end
    return None


def _spans(question: str, outlets: Sequence[NamedOutlet]) -> Iterator[tuple[tuple[NamedOutlet, ...], Span | None]]:
    """Yield outlets that are named one after another, each time with the words that leave them out, if there are some.

    A comma may be in a list ("except Reuters, the BBC and CNN") or before what is asked ("Apart from Reuters, CNN
    reported ..."): it is in a list if that is then left out as a whole.
    """
    looked_up = 0
    for listed in _runs(question, outlets, commas=True):
        span = _span(question, listed[0].start, listed[-1].end) if looked_up < MAX_LOOKED_UP else None
        looked_up += 1
        parts = _runs(question, listed, commas=False)
        if span or len(parts) == 1:
            yield listed, span
            continue
        for part in parts:
            yield part, _span(question, part[0].start, part[-1].end) if looked_up < MAX_LOOKED_UP else None
            looked_up += 1


def _runs(question: str, outlets: Sequence[NamedOutlet], commas: bool) -> list[tuple[NamedOutlet, ...]]:
    """Return outlets as runs of those that are named one after another, whether or not there may be commas alone."""
    runs: list[list[NamedOutlet]] = []
    for named in outlets:
        joint = question[runs[-1][-1].end : named.start] if runs else ""
        if runs and _JOINED.fullmatch(joint) and (commas or joint.strip() != ","):
            runs[-1].append(named)
        else:
            runs.append([named])
    return list(map(tuple, runs))


def _is_doubtful(question: str, named: NamedOutlet, catalogue: Catalogue, common: Collection[str]) -> bool:
    """Return whether a name that the catalogue lacks may mean something else than the outlet."""
    if named.is_catalogued:
        return False
    written = is_written_as(question, named.start, named.end, named.outlet)
    return not written or named.outlet in common or looks_like_another(named.outlet, catalogue)


def _in(place: int, spans: Sequence[Span]) -> bool:
    return any(start <= place < end for start, end in spans)
