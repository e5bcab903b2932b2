"""The sentences that explain an answer: written once for the terminal, the browser app, Markdown and the exports.

A sentence with text in it that is not ours, such as an outlet's name or the reader's words, is a `Phrase`: `str` gives
it as plain text, and `rag.answer.html` as HTML.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rag.answer import refusals
from rag.answer.balance import (
    ALTERED_TEXT,
    ONE_KIND,
    ONE_OUTLET,
    ONE_TEXT,
    STATE_MEDIA,
    UNKNOWN_OUTLET,
    Balance,
    Caution,
)
from rag.answer.grade import NEAR
from rag.article import FROM_URL, POSTED, PUBLISHED, date_basis_label
from rag.provenance.outlet import key
from rag.query.constraints import (
    ASKED_AND_EXCLUDED,
    CONTRADICTION,
    EXCLUDED,
    IGNORED,
    NEGATED,
    OFFERS,
    ORDER,
    PERIOD,
    PHRASE,
    PREVIOUS,
    Constraint,
)
from rag.query.not_a_question import GREETING, INSTRUCTION, NO_SUBJECT, NO_WORDS
from rag.retrieval.parse import OVERRIDDEN, Alias
from rag.text import one_line, short_name, spelled_date

if TYPE_CHECKING:
    from rag.answer.answer import Answer
    from rag.answer.citation import Citation
    from rag.answer.figures import Figure, Mention
    from rag.answer.suggestions import Suggestion
    from rag.answer.variants import Variant
    from rag.article import Article

NOTHING = "Nothing in the index answers this."
NOTHING_PASSING = "Nothing that passes the filters answers this"
NO_QUESTION = {  # what is typed and is no question, by `not_a_question`
    GREETING: "Ask a question that news articles can answer: this names nothing to search for.",
    NO_SUBJECT: "Ask a question that news articles can answer: this names nothing to search for.",
    INSTRUCTION: "Ask a question that news articles can answer: this is an instruction, and According only quotes.",
    NO_WORDS: "Ask a question that news articles can answer: there are no words in this.",
}
NO_ARTICLES = "The index holds no articles yet: add some, then ask again."
BY_WORDS = "Searched by words only, since the encoder does not know {}."
NEAREST = "Nearest passages. They may not answer."
MAY_NOT_ANSWER = "may not answer"  # of one passage among others that do
ONLY_NEAR = "Only passages that may not answer were found; ask without strict to see them."
DIGEST = "digest: a summary, not the outlet’s own words"
UNFITTED = (
    "No confidence threshold has been fitted for this index’s encoder, so passages are shown whether or not they "
    "answer; to fit one, run: according evaluate --fit"
)
MAX_TAKEN_CHARACTERS = 100  # of the question before, in a line that says what a follow-up takes from it
MAX_NAMES = 3  # outlets or spellings named in one sentence
MAX_UNMATCHED_NAMES = 8  # outlets without a match that are named

OUTLET_KINDS = {  # those of `balance.PARTISAN_KINDS`, in the plural, each with why that matters
    "advocacy group": "advocacy groups, which publish to further a cause",
    "think-tank publication": "think tanks",
    "aggregator": "aggregators, which republish the texts of others",
    "public body": "public bodies, such as a parliament or a ministry",
}
KINDS_LEFT_OUT = {  # those of `Constraint.outlet_kind`, in the plural
    STATE_MEDIA: "outlets that a government owns or funds",
    "advocacy group": "advocacy groups",
    "aggregator": "aggregators",
    "broadcaster": "broadcasters",
    "magazine": "magazines",
    "news agency": "news agencies",
    "newspaper": "newspapers",
    "public body": "public bodies",
    "think-tank publication": "think tanks",
    "website": "websites",
}
DATE_BASES = {
    PUBLISHED: "published by the outlet on this day",
    POSTED: "posted on this day by the site that the text was taken from",
    FROM_URL: "read from the URL of the page",
}
STRENGTHS = {  # those of `rag.article.STRENGTHS`
    "explicit": "named explicitly",
    "inferred": "inferred",
    "host": "assumed to be the site that the text was taken from",
    "unknown": "unknown",
}


class Phrase:
    """A sentence, or a part of one, that holds text which is not ours. As text, long names in it are cut.

    Attributes:
        template: our words, with a replacement field of `str.format` for each value.
        values: numbers, texts of articles, catalogues or readers, and further phrases.
    """

    def __init__(self, template: str, *values: int | str | Phrase) -> None:
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template.format(*(short_name(v) if isinstance(v, str) else v for v in self.values))


def listed(names: Sequence[str], limit: int, word: str = "and") -> Phrase:
    """Return names as "A, B and C", or as "A, B and 3 more" where there are more than the limit."""
    shown = ["{}"] * min(len(names), limit)
    if len(names) <= limit:
        return Phrase(f" {word} ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:]))), *names)
    return Phrase(f"{', '.join(shown)} {word} {{:,}} more", *names[:limit], len(names) - limit)


def quoted(names: Sequence[str]) -> Phrase:
    """Return what no article holds: "“A”, “B” or “C”"."""
    return listed([f"“{name}”" for name in names], MAX_NAMES, "or")


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 outlet", "1,200 outlets"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


# One passage


def attribution(cited: Citation | Article) -> str:
    """Return the words that go before the outlet's name: a digest is not the outlet's own words."""
    return "According to a digest of" if cited.kind == "digest" else "According to"


def via(cited: Citation | Article | Variant) -> str:
    """Return ", via HOST" where the text was taken from another site than its outlet's; else an empty string."""
    return f", via {short_name(cited.host)}" if cited.host and cited.host != cited.outlet else ""


def when(cited: Citation | Article) -> str:
    """Return the date and whose date it is, as "13 July 2021 (posted by host)"; or "undated"."""
    if not cited.date:
        return "undated"
    day = spelled_date(cited.date)
    return f"{day} ({date_basis_label(cited.date_basis)})" if cited.date_basis else day


def outlet_evidence(cited: Citation | Article) -> str:
    """Return how strong the evidence for the outlet is, and the evidence: "named explicitly (byline: By Jane Roe)"."""
    strength = STRENGTHS.get(cited.strength, cited.strength)
    return strength if cited.strength == "unknown" else f"{strength} ({cited.outlet_basis})"


def is_doubtful(citation: Citation, answer: Answer) -> bool:
    """Whether a passage may not answer, in an answer whose other passages do."""
    return citation.grade == NEAR and answer.grade != NEAR


def republished(citation: Citation) -> str:
    """Return which other outlets and sites published the passage, for the line below it; an empty string for none."""
    others = [name for name in citation.republishers if name != (citation.host or citation.outlet or UNKNOWN_OUTLET)]
    return f"also published by {', '.join(map(short_name, others))}" if others else ""


def repeated(citation: Citation) -> str:
    """Return how many other articles share a sentence with the passage; an empty string where none does."""
    others = len(citation.shared)
    return f"a sentence from it also appears in {counted(others, 'other article')}" if others else ""


# The whole answer


def notice(answer: Answer) -> str:
    """Return what must be said before anything else: why there is no answer, or may be none; else an empty string."""
    if not answer.found:
        return str(refusal(answer))
    language = answer.missing.language
    by_words = str(Phrase(BY_WORDS, language)) if language else ""
    return " ".join(filter(None, (by_words, NEAREST if answer.grade == NEAR else "")))


def is_question(answer: Answer) -> bool:
    """Whether what was typed was searched for: it is a question, and there are articles."""
    return answer.why is None or answer.why.reason not in (refusals.NO_QUESTION, refusals.NO_ARTICLES)


def refusal(answer: Answer) -> Phrase:
    """Return the sentence that says why nothing is shown."""
    nothing, because = _refused(answer)
    if because is None:
        return Phrase(f"{nothing}.")
    return Phrase(f"{nothing}: {because.template}", *because.values) if nothing else because


def reason(answer: Answer) -> Phrase | None:
    """Return why nothing is shown, without that nothing is; None where there is nothing to add."""
    _, because = _refused(answer)
    if because is None:
        return None
    return Phrase(f"{because.template[:1].upper()}{because.template[1:]}", *because.values)


def _refused(answer: Answer) -> tuple[str, Phrase | None]:
    """Return that nothing is shown, if that is said at all, and why, if there is more to say."""
    why = answer.why
    if why is None:
        return ("", Phrase(ONLY_NEAR)) if answer.near_left_out else (NOTHING[:-1], None)
    filtered = any(shut.articles for shut in answer.missing.filters)
    nothing = NOTHING_PASSING if filtered else NOTHING[:-1]
    among = "that passes the filters" if filtered else "in the index"
    match why.reason:
        case refusals.NO_QUESTION:
            return "", Phrase(NO_QUESTION[why.about[0]])
        case refusals.NO_ARTICLES:
            return "", Phrase(NO_ARTICLES)
        case refusals.FILTERS:
            return "", Phrase("No article passes the filters: {}.", _shut_out(answer))
        case refusals.PHRASE:
            return "", Phrase(f"No passage {among} prints {{}}.", _together(why.about))
        case refusals.STRICT:
            return "", Phrase(ONLY_NEAR)
        case refusals.LANGUAGE if answer.missing.in_script == 0:
            unknown = Phrase("no article has a word in {}, which the encoder does not know.", why.about[0])
            return "Nothing found in the index", unknown
        case refusals.LANGUAGE:
            by_words = "searched by words only, since the encoder does not know {}, and no passage holds enough of the"
            return f"Nothing found {among}", Phrase(f"{by_words} question’s words.", why.about[0])
        case refusals.WORDS:
            return NOTHING[:-1], Phrase("no article holds {}.", quoted(why.about))
        case refusals.CONFIDENCE:
            return "", Phrase(f"{nothing} with a confidence of {{}} or more.", why.about[0])
    far = "no passage is near enough to the question"
    return nothing, Phrase(f"{far}, and {{}}.", _shut_out(answer)) if filtered else Phrase(f"{far}.")


def _shut_out(answer: Answer) -> Phrase:
    """Return what each filter leaves out: "“only The Post” leaves out 60 of 69 articles"."""
    whole = answer.balance.index.articles
    parts = []
    for shut in answer.missing.filters:
        if shut.kind in (refusals.OUTLETS, refusals.EXCLUDED_OUTLETS):
            word = "only" if shut.kind == refusals.OUTLETS else "not"
            what = Phrase(f"{word} {{}}", listed(shut.values, MAX_NAMES))
        elif shut.kind == refusals.DATED:
            what = Phrase("only dated articles")
        else:
            days = [_span(*shut.values[i : i + 2]) for i in range(0, len(shut.values), 2)]
            word = "only" if shut.kind == refusals.DATES else "not"
            what = Phrase(f"{word} {{}}", listed(days, MAX_NAMES))
        share = f"all {whole:,}" if shut.articles == whole > 1 else f"{shut.articles:,} of {whole:,}"
        parts.append(Phrase(f"“{{}}” leaves out {share} article{'' if whole == 1 else 's'}", what))
    return joined(parts, ", ") if parts else Phrase("they contradict each other")


def _together(phrases: Sequence[str]) -> Phrase:
    """Return what no passage prints: "“A”", or "“A” and “B” together", as one passage must print all of them."""
    printed = listed([f"“{phrase}”" for phrase in phrases], MAX_NAMES)
    return printed if len(phrases) == 1 else Phrase("{} together", printed)


def _span(first: str, last: str) -> str:
    return _days(*(dt.date.fromisoformat(day) if day else None for day in (first, last)))


def summary(answer: Answer) -> str:
    """Return how many passages, outlets and independent sources are shown, and their years; undated ones apart."""
    shown, passages = answer.balance.shown, answer.passages
    parts = [
        f"{counted(len(passages), 'passage')} from {_outlets(shown.named, UNKNOWN_OUTLET in shown.outlets)}",
        f"at least {counted(shown.independent, 'independent source')}",
        *_years(passages),
    ]
    return f"{', '.join(parts)}{_not_shown(answer)}."


def verdict(answer: Answer) -> str:
    """Return who answers, in a line: "6 outlets answer · at least 5 independent sources · 2009 to 2013"."""
    answering = [c for c in answer.passages if c.grade != NEAR]
    near = len(answer.passages) - len(answering)
    names = {c.outlet for c in answering}
    sources = max(answer.balance.shown.independent - near, 1)  # each of those that may not answer is one at most
    parts = [
        f"{_outlets(len(names - {None}), None in names)} {'answers' if len(names) == 1 else 'answer'}",
        f"at least {counted(sources, 'independent source')}",
        *_years(answering),
        *([f"{counted(near, 'more passage')} may not answer"] if near else []),
    ]
    return f"{' · '.join(parts)}{_not_shown(answer)}"


def counts(answer: Answer) -> str:
    """Return how many independent sources are shown, their years, and how many copies are not."""
    sources = f"at least {counted(answer.balance.shown.independent, 'independent source')}"
    return f"{' · '.join([sources, *_years(answer.passages)])}{_not_shown(answer)}"


def _outlets(named: int, has_unknown: bool) -> str:
    unknown = [UNKNOWN_OUTLET] if has_unknown else []
    return " and ".join([counted(named, "outlet"), *unknown] if named or not unknown else unknown)


def _years(passages: Sequence[Citation]) -> list[str]:
    years = sorted({c.date.year for c in passages if c.date})
    undated = sum(c.date is None for c in passages)
    span = f"{years[0]} to {years[-1]}" if len(years) > 1 else "".join(map(str, years))
    return [*filter(None, (span, f"{undated} undated" if years and undated else "undated" if undated else ""))]


def _not_shown(answer: Answer) -> str:
    duplicates, altered = answer.balance.copies, answer.balance.altered_copies
    words = f", {altered:,} with other words" if altered else ""
    return f"; {counted(duplicates, 'duplicate')} not shown{words}" if duplicates else ""


def scope(balance: Balance) -> str:
    """Return what the articles shown are counted against."""
    return "in the index" if balance.allowed == balance.index else "matching the filters"


def caution(found: Caution) -> Phrase:
    """Return why an answer may be one-sided: "all passages come from one outlet, The Post"."""
    names = listed(found.of, MAX_NAMES)
    return {
        ONE_OUTLET: Phrase("all passages come from one outlet, {}", names),
        STATE_MEDIA: Phrase("all passages come from state media of {}, owned or funded by a government", names),
        ONE_KIND: Phrase(f"all passages come from {OUTLET_KINDS.get(found.of[0], '{}')}", names),
        ONE_TEXT: Phrase("everything here may come from one source: {} carry the same text, or parts of it", names),
        ALTERED_TEXT: Phrase(
            "everything here may come from one source: {} carry the same text, or parts of it, and their words differ",
            names,
        ),
    }[found.reason]


def constraint(found: Constraint, answer: Answer) -> Phrase:
    """Return what a constraint allows, leaves out or puts first: "The Post", "2009-01-01 or later"."""
    if found.kind == PREVIOUS:
        return Phrase("“{}”", textwrap.shorten(found.words, MAX_TAKEN_CHARACTERS, placeholder=" …"))
    if found.kind == PHRASE:
        return Phrase("passages that print “{}”", found.words)
    if found.outlet:
        indexed = key(found.outlet) in map(key, answer.balance.index.outlets)
        return Phrase("{}" if indexed else "{} (not in this index)", found.outlet)
    if found.outlet_kind:
        return Phrase(KINDS_LEFT_OUT.get(found.outlet_kind, "{}"), found.outlet_kind)
    counted = f", counted from {found.counted_from}" if found.counted_from else ""
    if found.kind == ORDER:
        return Phrase(f"the {found.order} articles{counted}")
    days = _days(found.after, found.before)
    if found.kind == PERIOD:
        soon = " or soon after" if found.after and found.before else ""
        days = f"articles from {days}{soon}" if found.before else f"articles from {found.after} on"
    return Phrase(f"{days}{counted}")


def effect(found: Constraint) -> str:
    """Return what a constraint does, in a word before `constraint`: "Only", "Not", "First:" or "Continues"."""
    if found.kind == PREVIOUS:
        return "Continues"
    if puts_first(found):
        return "First:"
    return "Not" if found.excludes else "Only"


def puts_first(found: Constraint) -> bool:
    """Return whether a constraint narrows nothing and changes what comes first."""
    return found.kind in (PERIOD, ORDER)


def _days(first: dt.date | None, last: dt.date | None) -> str:
    if first and last:
        return f"{first} to {last}" if first != last else f"{first}"
    return f"{first} or later" if first else f"{last} or earlier"


def limit(found: Constraint, answer: Answer) -> Phrase:
    """Return what a constraint does, where it is applied: "Only The Post", "Not 2009-01-01", "First: ..."."""
    return Phrase(f"{effect(found)} {{}}", constraint(found, answer))


def unapplied(answer: Answer) -> list[Constraint]:
    """Return the constraints that a reader may expect to be applied and that are not; `why` gives the reason."""
    reasons = (OVERRIDDEN, CONTRADICTION, IGNORED, EXCLUDED, ASKED_AND_EXCLUDED, NEGATED, *OFFERS)
    return [found for found in answer.constraints if not found.applied and found.why in reasons]


def notes(answer: Answer, suggestions: bool = True) -> list[Phrase]:
    """Return what else a reader should know: other names searched for, passages and articles left out.

    Args:
        answer: the answer.
        suggestions: whether to say what may be meant by names that no article holds.
    """
    balance = answer.balance
    lines = [suggestion(found) for found in answer.suggestions] if suggestions else []
    lines += [alias(found) for found in answer.aliases]
    if balance.capped:
        lines.append(_capped(balance))
    if balance.undated_left_out:
        lines.append(Phrase(f"The date filter leaves out {counted(balance.undated_left_out, 'undated article')}"))
    if lacking := _unheld(answer):
        lines.append(Phrase("No article holds {}", quoted(lacking)))
    searched = answer.why is None or answer.why.reason not in (refusals.NO_QUESTION, refusals.NO_ARTICLES)
    if answer.confidence is None and searched and not answer.missing.language:
        lines.append(Phrase(UNFITTED))
    return lines


def _unheld(answer: Answer) -> list[str]:
    """Return the names that no article holds, of an answer that does not say so in another sentence.

    Of a question in a language that the encoder does not know, every word: words alone decide.
    """
    if answer.why and answer.why.reason in (refusals.WORDS, refusals.FILTERS, refusals.PHRASE):
        return []
    suggested = {found.words for found in answer.suggestions}
    every = bool(answer.missing.language)
    return [word.word for word in answer.missing.words if (word.name or every) and word.word not in suggested]


def suggestion(found: Suggestion) -> Phrase:
    """Return what may be meant by a name that no article holds, or what was searched for instead of it."""
    if found.searched:
        return Phrase("No article holds “{}”: searched for “{}” instead", found.words, found.suggested)
    return Phrase("Did you mean “{}”? No article holds “{}”", found.suggested, found.words)


def ask_instead(found: Suggestion) -> Phrase:
    """Return what a button says that asks the question with what is suggested: "Did you mean “Ashraf”? Ask: ..."."""
    return Phrase("Did you mean “{}”? Ask: {}", found.suggested, found.question)


def alias(found: Alias) -> Phrase:
    """Return which other spellings of a name in the question were searched for."""
    return Phrase("Other names searched for “{}”: {}", found.words, listed(found.spellings, MAX_NAMES))


def _capped(balance: Balance) -> Phrase:
    """Return how many passages of which outlets match nearly as well, and are not shown."""
    number = sum(balance.capped.values())
    outlets = listed(sorted(balance.capped, key=lambda outlet: -balance.capped[outlet]), MAX_NAMES)
    match = "match" if number > 1 else "matches"
    return Phrase(f"{counted(number, 'more passage')} from {{}} {match} nearly as well", outlets)


def figures(answer: Answer) -> Phrase:
    """Return the values that the marked sentences give for what is asked: "Figures given: 44 (A) · about 50 (B; C)"."""
    given = [
        Phrase("{} ({})", figure_words(f), joined(figure_source(m, answer) for m in f.mentions)) for f in answer.figures
    ]
    return Phrase(f"{figures_label(answer)} {{}}", joined(given, " · "))


def figures_label(answer: Answer) -> str:
    """Return the words before the figures, which say where all of them are from digests."""
    return "Figures given in digests:" if _only_digests(answer) else "Figures given:"


def figure_words(figure: Figure) -> str:
    """Return a value as it is printed; of several mentions the shortest, which has the fewest qualifying words."""
    return one_line(min((m.words for m in figure.mentions), key=len))


def figure_source(mention: Mention, answer: Answer) -> Phrase:
    """Return who gives a value, and in which words if they are not those shown for it: "The Post, “about 50”"."""
    figure = next(f for f in answer.figures if mention in f.mentions)
    outlet, words = mention.outlet or UNKNOWN_OUTLET, one_line(mention.words)
    by = "digest of {}" if mention.kind == "digest" and not _only_digests(answer) else "{}"
    same = words.casefold() == figure_words(figure).casefold()
    return Phrase(by, outlet) if same else Phrase(f"{by}, “{{}}”", outlet, words)


def _only_digests(answer: Answer) -> bool:
    return all(mention.kind == "digest" for figure in answer.figures for mention in figure.mentions)


def joined(parts: Iterable[Phrase], mark: str = "; ") -> Phrase:
    """Return phrases one after another, with a mark in between."""
    values = tuple(parts)
    return Phrase(mark.join(["{}"] * len(values)), *values)


def unmatched(balance: Balance) -> str:
    """Return how many outlets have no passage that matches nearly as well; an empty string where none."""
    number = len(balance.unmatched_outlets)
    return f"{counted(number, 'other outlet')}: no close match" if number else ""
