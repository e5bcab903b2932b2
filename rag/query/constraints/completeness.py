"""Decide whether a question can be asked alone, or speaks of something in the question before it.

A question is complete if it has a name of its own, something that is asked of it, and no word that points to what was
said before ("he", "there", "that camp", "else") without anything in the question itself that it could mean. In doubt it
is not complete: it is then searched for together with the question before, which costs less than to lose that.

English has a rule for what a pronoun can mean (Chomsky 1981, principle B): "he" is nobody who is named in its own
clause, "his" may be. In "Did Rajavi say that she would come?" Rajavi may be "she"; in "Who does Rajavi say is guilty of
it?" nothing may be "it".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from rag._lazy import LazyPattern
from rag.query.constraints.date_words import MONTH
from rag.query.constraints.names import Name, find_names
from rag.query.constraints.question_text import PLAIN_WORDS, WORD, Span, cut_spans
from rag.query.constraints.reporting_verbs import DESCRIBE, PUBLISH, SAY, TELL

PERSON, GROUP, THING, PLACE, REST = "person", "group", "thing", "place", "rest"
# Content words from which on a question without a name is complete; a date counts as one. Of the follow-ups of
# benchmarks/questions/followups.jsonl (the half that rules were chosen by) and demonstration.jsonl that have no name
# and no word that points back, none has more than three.
MIN_CONTENT_WORDS = 5
# Content words and names up to which a question is a rest of one. Of benchmarks/questions/followups.jsonl, 57 of 58
# follow-ups point back with 1 as with 2, and 1 of 24 new topics instead of 3 (tests/query/test_completeness.py).
MAX_WORDS_OF_A_REST = 1

_GENERIC = (
    r"(?:group|organi[sz]ation|movement|camp|base|site|place|country|city|town|village|island|man|woman|couple|"
    r"company|firm|building|house|villa|article|book|letter)s?"
)
_GENERIC_AFTER_THAT = (
    rf"(?:{_GENERIC}|m[ae]n|wom[ae]n|people|person|part(?:y|ies)|state|region|family|families|agency|ministry|court|"
    r"trial|case|attack|raid|bombing|siege|strike|incident|event|meeting|summit|conference|rally|deal|agreement|law|"
    r"decision|ruling|verdict|list|report|story|statement|study|school|money|fee|plan|claim|charge|allegation|war|"
    r"election|vote)s?"
)
_TIME = r"(?:time|day|week|month|year|decade|century|morning|afternoon|evening|night|spring|summer|autumn|winter)s?"
_WITH_COMPLEMENT = (
    rf"\s+(?:(?:of|at|near|for|to|from|with|by|that|which|who|whom|whose|where|called|named|outside|inside|between|"
    rf"against)\b|(?:in|on)\s+(?!\d|{MONTH}\b)|(?-i:\p{{Lu}}))"
)
_BEGINNING = r"^\W*(?:(?:and|but|or|so|ok(?:ay)?|well|also)\b\W*)*"


@dataclass(frozen=True)
class Rule:
    """Words that point to something said before.

    Attributes:
        kind: to what: PERSON, GROUP, THING, PLACE, or REST for what nothing in the same question can be.
        pattern: the words.
        sentence: a question for which the rule was made.
        free: whether it may be something named in its own clause, as "his" may.
        named: whether only a name can be meant, and no noun.
    """

    kind: str
    pattern: str
    sentence: str
    free: bool = False
    named: bool = False


RULES = (
    Rule(PERSON, r"(?:s?he|him)", "Who wrote about him?"),
    Rule(PERSON, r"her(?=\s*(?:[?,.;!]|$)|\s+(?:and|or|for|to|in|at|by|with|from|on|of|as|"
         r"that|when|an?|the|any|some|this|what|why|how|after|before|because|if|up|out|back|off|away|into|over|about)\b)",
         "Who gave her a letter?"),
    Rule(PERSON, r"(?:his|hers?)", "Where do her parents live?", free=True),
    Rule(GROUP, r"(?:they|them)", "How much did they pay for it?"),
    Rule(GROUP, r"theirs?", "What did Amnesty say about their trial?", free=True),
    Rule(THING, r"it", "Who closed it?"),
    Rule(THING, r"its", "Who are its leaders?", free=True),
    Rule(PLACE, r"(?<!\b(?:is|are|was|were)\s(?=there\s+\w))there"
         r"(?!\s+(?:(?:has|have|had)\s+been|is|are|was|were|will|be)\b)", "What was seized there?"),
    Rule(THING, rf"the\s+{_GENERIC}(?!{_WITH_COMPLEMENT})", "When did he leave the group?", free=True,
         named=True),
    Rule(THING, rf"(?:this|that|these|those)\s+{_GENERIC_AFTER_THAT}", "How many people lived in that camp?",
         named=True),
    Rule(THING, rf"(?:this|these|those)\s+(?!{_TIME}\b|who\b|of\b|that\b|which\b|{_GENERIC_AFTER_THAT}\b)\p{{Ll}}+",
         "Who denies these allegations?", named=True),
    Rule(REST, r"(?<=\b(?:about|of|for|on|by|with|to|from|like|after|before|since|at|in|than|against|behind|calls?|"
         r"called|do|does|did|doing|done|sa(?:y|ys|id)|kn[eo]w|means?|meant|see|explain(?:ed)?|deny|denied|confirm(?:ed)?|"
         r"believed?)\s)(?:this|that|these|those)(?=\s*(?:[?,.;!]|$))", "What did the envoy say about that?"),
    Rule(REST, r"(?<=\bcall(?:s|ed)?\s)(?:this|that|these|those)(?=\s+an?\b)",
         "Did the military call that a surrender?"),
    Rule(REST, r"(?<=(?:^|\b(?:who|what|why|where|how|when|which)\s)(?:is|was|are|were|did|does|do|has|had|would|will|"
         rf"could|should)\s)(?:this|that|these|those)(?!\s+{_TIME}\b)", "Why is that important?"),
    Rule(REST, r"else", "Who else?"),
    Rule(REST, r"(?<=\b(?:sa(?:y|ys|id)|thinks?|believes?|do|does|did)\s)so", "Who said so?"),
    Rule(REST, r"the\s+(?:same|former|latter|others?)|another\s+one|likewise|instead", "Did Paris do the same?"),
    Rule(REST, rf"(?<={_BEGINNING})(?:what|how)\s+about", "What about women in Paris?"),
)  # fmt: skip
_RULES = LazyPattern(
    "|".join(rf"(?P<r{n}>(?<![\w’'-]){rule.pattern}(?![\w-]))" for n, rule in enumerate(RULES)), regex.I
)
# "it" that means nothing: "Is it true that ...?", "How long did it take to ...?"
_EMPTY_IT = LazyPattern(
    r"\bit\s+(?:(?:is|was|be|will\s+be|has\s+been)\s+)?(?:true|correct|right|fair|clear|certain|said|reported|"
    r"possible|likely|legal|illegal|lawful|safe|known|"
    r"alleged|claimed|take|takes|took|cost|costs|rain|rains)\b|\b(?:time|day)\s+(?:is|was)\s+it\b",
    regex.I,
)
# What begins another clause: what is named before it may be the pronoun behind it.
_CLAUSE = LazyPattern(
    r"\b(?:that|when|while|because|if|whether|before|after|since|until|as|than|who|which|whom|whose|what|where|how|why|"
    rf"although|though|unless)\b|[,;:.?!–—]|\b(?:{SAY}|{TELL}|den(?:y|ies|ied)|think|believe|thinks|believes|thought|believed)\s*$",
    regex.I,
)
_FIRST_CLAUSE = LazyPattern(
    rf"{_BEGINNING}(?:when|after|before|if|because|while|since|as|although|though)\b[^,]*,", regex.I
)
_SAID_ABOUT = LazyPattern(
    rf"\b(?:{SAY}|{TELL}|{PUBLISH}|{DESCRIBE})\s+(?:\w+\s+){{0,2}}(?:about|of|on|regarding|concerning)\b", regex.I
)
_PERSON_NOUN = (
    r"(?:president|minister|premier|ambassador|leader|judge|man|woman|mother|father|daughter|son|spokes\w+|director|"
    r"general|senator|member|diplomat|lawyer|editor|author|journalist|reporter|writer|brother|sister|wife|husband|king|"
    r"queen|prince|princess|pope|chief|secretary|envoy|doctor|teacher|girl|boy|player|singer|actor|commander|officer|"
    r"official|professor|scientist|activist|candidate|mayor|governor|chairman|owner|coach|victim|suspect)"
)
_PERSON_WORD = LazyPattern(rf"\b{_PERSON_NOUN}\b", regex.I)
_ANYBODY = LazyPattern(r"\b(?:any|some|every|no)(?:body|one)\b", regex.I)
_SAYING = LazyPattern(rf"{SAY}|{TELL}|{PUBLISH}|{DESCRIBE}", regex.I)
_QUESTION_WORD = LazyPattern(r"\b(?:who|whom|whose|what|which|where|when|why|how)\b", regex.I)
_COPULA = LazyPattern(
    rf"{_BEGINNING}(?:who|what|where|when)(?:\s+(?:is|are|was|were)\b|['’]s\b)|\b(?:is|are|was|were)\s+there\s+\w",
    regex.I,
)
_AUXILIARY = LazyPattern(
    rf"{_BEGINNING}(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b", regex.I
)
# "how many women", "which women": what is counted or chosen is not what is asked of it.
_COUNTED = LazyPattern(rf"{_BEGINNING}(?:how\s+(?:many|much)|which)\s+(\p{{Ll}}+)", regex.I)


@dataclass(frozen=True)
class Anaphor:
    """Words of a question that point to something before it.

    Attributes:
        start, end: where they are.
        kind: to what, as `Rule.kind`.
        owns: whether they say whose something is ("her parents").
    """

    start: int
    end: int
    kind: str
    owns: bool = False


def open_anaphors(question: str, names: Sequence[Name]) -> list[Anaphor]:
    """Return the words of a question that mean nothing in the question itself, in order.

    Args:
        question: the question.
        names: the names in it, without outlets that are asked.
    """
    empty = [m.span() for m in _EMPTY_IT.compiled.finditer(question)]
    found = []
    for match in _RULES.compiled.finditer(question):
        rule = RULES[int((match.lastgroup or "r0")[1:])]
        start, end = match.span()
        earlier_sentence = regex.search(r"[\p{Ll}\d][.?!]\s", question[:start])
        meant = earlier_sentence if rule.kind == REST else _is_meant_inside(question, rule, start, names)
        if meant or any(a <= start < b for a, b in empty):
            continue
        found.append(Anaphor(start, end, rule.kind, rule.kind == PERSON and rule.free))
    return found


def is_complete(question: str, names: Sequence[Name], sources: Sequence[Span] = (), dates: Sequence[Span] = ()) -> bool:
    """Return whether a question can be asked alone.

    Args:
        question: the question.
        names: the names in it, without outlets that are asked.
        sources: spans of outlets that are asked, with the words that say so.
        dates: spans of dates.
    """
    if open_anaphors(question, names):
        return False
    rest = cut_spans(question, [*((n.start, n.end) for n in names), *sources, *dates])
    content = [word for word in WORD.findall(rest.casefold()) if len(word) > 1 and word not in PLAIN_WORDS]
    if not names:
        return len(content) + len(dates) >= MIN_CONTENT_WORDS
    if _COPULA.compiled.search(question):
        return True
    if _QUESTION_WORD.compiled.search(question):
        counted = _COUNTED.compiled.search(question)
        return len(content) > (1 if counted and counted[1].casefold() in content else 0)
    if _AUXILIARY.compiled.search(question):
        return bool(content) or len(names) > 1
    began = regex.match(_BEGINNING, question, regex.I)
    return len(content) + len(dates) > 1 and not (began and began[0].strip())


def points_back(question: str) -> bool:
    """Return whether a question shows that it continues what was said before.

    It has a word that means something before it ("he", "that camp"), begins with "and" or the like, or has so few words
    that it means nothing alone ("why?"). One that merely has no name ("How do I bake bread?") may be a new topic.
    """
    names = find_names(question)
    began = regex.match(_BEGINNING, question, regex.I)
    if open_anaphors(question, names) or (began and began[0].strip()):
        return True
    rest = cut_spans(question, [(name.start, name.end) for name in names])
    content = [word for word in WORD.findall(rest.casefold()) if len(word) > 1 and word not in PLAIN_WORDS]
    return len(content) + len(names) <= MAX_WORDS_OF_A_REST


def _is_meant_inside(question: str, rule: Rule, start: int, names: Sequence[Name]) -> bool:
    """Return whether something in a question may be what a word at `start` means."""
    first = _FIRST_CLAUSE.compiled.search(question)
    if first and start < first.end():  # "When she was arrested, what did Rajavi say?"
        return any(
            _fits(rule.kind, question, name.start, name.end, name) for name in names if name.start >= first.end()
        )
    about = _SAID_ABOUT.compiled.search(question, 0, start)
    begin = about.end() if about and not _CLAUSE.compiled.search(question[about.end() : start]) else 0
    if rule.kind == GROUP and _ANYBODY.compiled.search(question[:start]):
        return True
    spans: list[tuple[int, int, Name | None]] = [(n.start, n.end, n) for n in names]
    spans += [
        (*m.span(), None)
        for m in regex.finditer(r"(?<!\p{L})\p{Ll}[\p{L}\p{M}]{2,}", question[:start])
        if not rule.named and m[0] not in PLAIN_WORDS and not _SAYING.compiled.fullmatch(m[0])
    ]
    for a, b, name in spans:
        if a < begin or b > start or not _fits(rule.kind, question, a, b, name):
            continue
        if rule.free or _CLAUSE.compiled.search(question[b:start]):
            return True
    return False


def _fits(kind: str, question: str, start: int, end: int, name: Name | None) -> bool:
    """Return whether a name or a noun may be meant by a word that points to `kind`."""
    words = question[start:end]
    if kind == PERSON:
        return name.is_person if name else bool(_PERSON_WORD.compiled.fullmatch(words))
    if kind == PLACE:
        return bool(name and name.is_place)
    if name:
        return not (name.is_person and " " in name.text)
    plural = words.endswith("s") or words in ("people", "men", "women", "children", "police")
    return plural if kind == GROUP else not plural
