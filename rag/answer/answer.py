"""Hits -> Answer: passages that clear the bar, each with its provenance and the sentences that answer marked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import regex

from rag.answer.balance import UNKNOWN_OUTLET, Balance, OutletMatch
from rag.answer.confidence import Signals
from rag.article import Article
from rag.errors import CitationError
from rag.models.encoder import Vectors
from rag.passage import Passage
from rag.provenance import duplicates as copies
from rag.query.constraints import Constraint
from rag.retrieval.search import Alias, ScoredPassage
from rag.text import one_line, sanitise, spelled_date

# What is shown beside the best passage has at least this share of its score (docs/measurements.md, "What is shown").
SHOWN = 0.5
# Passages of one outlet, of one article, and passages that follow each other and are shown as one (ibid.).
OF_OUTLET, OF_ARTICLE, JOINED = 3, 2, 2
# A sentence stands beside the best one in a quotation when it scores at least this share of it (ibid., "Quotations").
BESIDE = 0.85
MOST_SENTENCES = 3
# Characters hashed at most to find words again in a text that was edited: 0.3 s for 250,000 spans of 800.
SOUGHT = 200_000_000


@dataclass(frozen=True)
class Citation:
    """A passage fit to show: the words, and all that is known of where they come from.

    Attributes:
        article_id, start, end: the span; `text` is the article's text there, checked when the citation was made.
        text: the passage, word for word.
        quote: (start, end) in the article's text of the sentences that answer; always inside the passage.
        outlet, outlet_basis, strength, host, authors, date, date_basis, title, url, kind: as in `Article`.
        score: how well the passage fits the question (see `search.rank`).
        copies: ids of other articles in which the same words were found, word for word or nearly.
        republishers: the sites and outlets that carry these words, this citation's own among them.
        shared: ids of further articles that hold one of the passage's sentences word for word.
    """

    article_id: str
    start: int
    end: int
    text: str
    quote: tuple[int, int]
    outlet: str | None
    outlet_basis: str
    strength: str
    host: str | None
    authors: tuple[str, ...]
    date: dt.date | None
    date_basis: str | None
    title: str | None
    url: str | None
    kind: str
    score: float
    copies: tuple[str, ...] = ()
    republishers: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def quotation(self) -> str:
        """The sentences that answer, word for word."""
        a, b = (edge - self.start for edge in self.quote)
        return self.text[a:b]

    def to_markdown(self, accessed: dt.date | None = None) -> str:
        """The citation as Markdown: who said it, where and when, the passage with the sentences that answer in bold.

        `accessed` is the day on which it was looked up.
        """
        head = f"{saying(self)} **{_plain(self.outlet or UNKNOWN_OUTLET)}**{_plain(via(self))}, {_plain(when(self))}"
        parts = [
            DIGEST if self.kind == "digest" else "",
            self.title or "",
            f"by {', '.join(self.authors)}" if self.authors else "",
        ]
        about = [_plain(part) for part in parts if part]
        about += [_address(self.url)] if self.url else []
        about += [f"accessed {spelled_date(accessed)}"] if accessed else []
        return f"{one_line(head)}:\n\n{_block(self)}\n\n{one_line('; '.join(about))}".rstrip() + "\n"


@dataclass(frozen=True)
class Answer:
    """What the index has to say to a question: quotations, or nothing.

    Attributes:
        question: as asked.
        searched: what was searched for: the question completed by the one before it, without the words of its
            restrictions.
        found: whether passages are shown: those that clear the bar, or what `Library.ask` was told to take instead.
        passages: best first; empty when not found.
        balance: counts to weigh the answer by: of the articles shown, of those that the restrictions leave, and of
            the whole index.
        restrictions: what was understood from the words of the question, and whether it was applied.
        aliases: names in the question that were searched for in other spellings too.
        confidence: the calibrated probability that the passages answer, also when not found; None where no bar was
            fitted for the index's encoder.
        signals: what the confidence is made of.
        below: whether the passages are only the closest there are: they do not clear the bar.
    """

    question: str
    searched: str
    found: bool
    passages: tuple[Citation, ...] = ()
    balance: Balance = field(default_factory=Balance)
    constraints: tuple[Constraint, ...] = ()
    aliases: tuple[Alias, ...] = ()
    confidence: float | None = None
    signals: Signals | None = None
    below: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The answer in values that JSON knows; dates as YYYY-MM-DD."""
        plain = dataclasses.asdict(self)
        balance = plain["balance"]
        counts = (balance[part] for part in ("shown", "allowed", "index"))
        for dated in (*plain["passages"], *balance["outlet_matches"], *counts):
            days = {name: day.isoformat() for name, day in dated.items() if isinstance(day, dt.date)}
            dated.update(days)
        return plain | {"constraints": [r.to_dict() for r in self.constraints]}

    def to_markdown(self, accessed: dt.date | None = None) -> str:
        """The question and the answer as Markdown; see `Citation.to_markdown`."""
        said = [c.to_markdown(accessed) for c in self.passages] if self.found else [f"{NOTHING}\n"]
        below = [f"{CLOSEST}\n"] if self.below else []
        return "\n".join([f"**{_plain(one_line(self.question))}**\n", *below, *said])


NOTHING = "Nothing in the index answers this."
CLOSEST = f"{NOTHING} These are the closest passages, and hardly an answer."
DIGEST = "digest: a summary, not the outlet’s own words"


def saying(said: Citation | Article) -> str:
    """How the outlet's name is led in: a digest is not the outlet's own words."""
    return "According to a digest of" if said.kind == "digest" else "According to"


def via(said: Citation | Article) -> str:
    """ ", via HOST" where the text was taken from another site than its outlet's; else empty."""
    return f", via {said.host}" if said.host and said.host != said.outlet else ""


def when(said: Citation | Article) -> str:
    """The date and whose it is, in words: "13 July 2021 (posted by host)", or "undated"."""
    if not said.date:
        return "undated"
    day = spelled_date(said.date)
    return f"{day} ({said.date_basis})" if said.date_basis else day


@dataclass(frozen=True)
class Found:
    """A ranked passage of an article, or two that follow each other in it.

    Attributes:
        passage: its span.
        article: the article.
        ranked: of the better passage; with the sentences of both.
        keys: the keys of the passages in it.
        copies: ids of other articles that hold the same words.
    """

    passage: Passage
    article: Article
    ranked: ScoredPassage
    keys: tuple[int, ...]
    copies: tuple[str, ...] = ()


def choose(ranked: Sequence[Found], k: int, capped: bool = True) -> tuple[list[Found], Counter[str]]:
    """What is shown of ranked passages, best first, and how many passages of which outlets only the cap left out.

    A passage that follows or precedes one shown is shown together with it; a copy is recorded with what it copies. Of
    one outlet, or one site where the outlet is unknown, at most OF_OUTLET are shown, of one article OF_ARTICLE, unless
    not `capped`: then the question asks for these outlets.
    """
    shown: list[Found] = []
    runs: list[copies.Shingles] = []
    hidden: Counter[str] = Counter()
    for found in ranked:
        if not fits(found.ranked.score, ranked[0].ranked.score):
            break
        at = next((i for i, other in enumerate(shown) if _continues(found, other)), None)
        if at is not None:
            shown[at] = _join(shown[at], found)
            runs[at] = copies.shingles(_words(shown[at]))
            continue
        if len(shown) == k:
            continue
        source = _source(found.article)
        same_outlet = sum(_source(other.article) == source for other in shown)
        same_article = sum(other.article.id == found.article.id for other in shown)
        own = copies.shingles(_words(found))
        at = next((i for i, other in enumerate(runs) if copies.overlap(own, other) >= copies.MIN_OVERLAP), None)
        if at is not None:
            shown[at] = _copied(shown[at], found.article.id)
        elif capped and (same_outlet >= OF_OUTLET or same_article >= OF_ARTICLE):
            hidden[source] += 1
        else:
            shown.append(found)
            runs.append(own)
    return shown, hidden


def outlet_matches(ranked: Sequence[Found], shown: Sequence[Found]) -> tuple[OutletMatch, ...]:
    """The passages that fit nearly as well as the best, those shown among them, best first; joined ones are one."""
    found: dict[tuple[int, ...], OutletMatch] = {}
    for each in ranked:
        if fits(each.ranked.score, ranked[0].ranked.score):
            quoted = next((other.keys for other in shown if each.keys[0] in other.keys), None)
            voice = OutletMatch(each.article.id, each.article.outlet, each.article.date, quoted is not None)
            found.setdefault(quoted or each.keys, voice)
    return tuple(found.values())


def fits(score: float, best: float) -> bool:
    """Whether a passage fits nearly as well as the best one, which may itself fit badly."""
    return score >= best - (1 - SHOWN) * abs(best)


def _continues(found: Found, other: Found) -> bool:
    if found.article.id != other.article.id or len(other.keys) >= JOINED:
        return False
    first, last = sorted((found.passage, other.passage), key=lambda p: p.start)
    return not found.article.text[first.end : last.start].strip()


def _join(one: Found, other: Found) -> Found:
    first, last = sorted((one, other), key=lambda f: f.passage.start)
    spans = first.passage.sentences + last.passage.sentences
    passage = Passage(one.passage.article_id, first.passage.start, last.passage.end, spans)
    scores = np.concatenate([first.ranked.sentences, last.ranked.sentences])
    ranked = dataclasses.replace(max(one.ranked, other.ranked, key=lambda r: r.score), sentences=scores)
    return dataclasses.replace(one, passage=passage, ranked=ranked, keys=(*first.keys, *last.keys))


def _copied(found: Found, article_id: str) -> Found:
    if article_id in (found.article.id, *found.copies):
        return found
    return dataclasses.replace(found, copies=(*found.copies, article_id))


def _words(found: Found) -> str:
    return found.article.text[found.passage.start : found.passage.end]


def _source(article: Article) -> str:
    return article.outlet or article.host or UNKNOWN_OUTLET


def cite(found: Found) -> Citation:
    """A citation of what is shown of an article. Raises CitationError for a span that is not in its text."""
    passage, article, ranked = found.passage, found.article, found.ranked
    if passage.article_id != article.id:
        raise CitationError(f"a passage of article {passage.article_id} is none of article {article.id}")
    quote = mark(article.text, passage, ranked.sentences)
    return quoted(article, (passage.start, passage.end), quote, ranked.score, found.copies)


def quoted(
    article: Article, span: tuple[int, int], quote: tuple[int, int], score: float = 0.0, copies: tuple[str, ...] = ()
) -> Citation:
    """A citation of a span of an article's text. Raises CitationError for spans that are not in it."""
    start, end = span
    if not 0 <= start <= quote[0] < quote[1] <= end <= len(article.text):
        raise CitationError(f"article {article.id} has no span {start}:{end} with a quotation {quote[0]}:{quote[1]}")
    return Citation(
        article.id, start, end, article.text[start:end], quote, article.outlet, article.outlet_basis, article.strength,
        article.host, article.authors, article.date, article.date_basis, article.title, article.url, article.kind,
        score, copies,
    )  # fmt: skip


def mark(text: str, passage: Passage, scores: Vectors) -> tuple[int, int]:
    """The span of the sentences that answer: the best of the passage, and neighbours that are nearly as good.

    Captions, names and headings are passed over: they can help to find a passage, and say nothing by themselves.
    """
    spans = passage.sentences
    says = [i for i, (a, b) in enumerate(spans) if _is_sentence(text[a:b])] or list(range(len(spans)))
    if not says:
        return passage.start, passage.end
    first = last = max(says, key=lambda i: scores[i])
    least = BESIDE * float(scores[first])
    while last - first + 1 < MOST_SENTENCES:
        sides = [i for i in (first - 1, last + 1) if i in says and scores[i] >= least]
        if not sides:
            break
        best = max(sides, key=lambda i: scores[i])
        first, last = min(first, best), max(last, best)
    return spans[first][0], spans[last][1]


def verify(citation: Citation, article: Article | None) -> None:
    """Raises CitationError unless the citation still equals the stored article: words, outlet and date."""
    if article is None:
        raise CitationError(f"article {citation.article_id} is no longer in the index")
    if article.text[citation.start : citation.end] != citation.text:
        raise CitationError(f"the words quoted from article {citation.article_id} are not those stored")
    if (article.outlet, article.date) != (citation.outlet, citation.date):
        raise CitationError(f"outlet or date shown for article {citation.article_id} are not those stored")


def fingerprint(words: str) -> str:
    """What an address tells words by: 48 bits of their BLAKE2b, as 12 hex digits."""
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def find(text: str, length: int, wanted: str) -> int | None:
    """Where the words of `length` characters with a fingerprint begin in a text, if they stand in it exactly once.

    Longer texts than SOUGHT allows are not looked through.
    """
    starts = range(len(text) - length + 1)
    if length < 1 or len(starts) * length > SOUGHT:
        return None
    start = next((i for i in starts if fingerprint(text[i : i + length]) == wanted), None)
    if start is None or text.find(text[start : start + length], start + 1) >= 0:
        return None
    return start


def _is_sentence(text: str) -> bool:
    """Whether words can be an answer by themselves: captions, names and headings cannot."""
    return len(text.split()) >= 5 and bool(regex.search(r"[.!?…:;؟。][\s\"'”’»)\]]*\d{0,2}$", text))


def _block(citation: Citation) -> str:
    """The passage as a block quotation of Markdown; the sentences that answer in bold, where they are not all of it."""
    bold = citation.quotation.strip() != citation.text.strip()
    lines = []
    at = citation.start
    for printed in citation.text.splitlines(keepends=True):
        line = printed.rstrip()
        a, b = (min(max(edge - at, 0), len(line)) for edge in citation.quote)
        at += len(printed)
        said = f"{_plain(line[:a])}{_bold(line, a, b) if bold else _plain(line[a:b])}{_plain(line[b:])}"
        lines.append(f"> {said.strip()}".rstrip())
    return "\n".join(lines)


def _bold(line: str, start: int, end: int) -> str:
    """line[start:end] in bold, if Markdown takes it for that: between spaces (CommonMark, "delimiter runs")."""
    words = line[start:end]
    inner = words.strip()
    if not inner or not f" {line[:start]}"[-1].isspace() or not f"{line[end:]} "[0].isspace():
        return _plain(words)
    before, after = words.split(inner)
    return f"{before}**{_plain(inner)}**{after}"


def _address(url: str) -> str:
    """A link to a web address; any other address is shown and cannot be followed."""
    return f"<{url}>" if regex.fullmatch(r"(?i:https?)://[\w.~:/?#@!$&'()*+,=%\[\]-]+", url, regex.A) else _plain(url)


def _plain(text: str) -> str:
    """Text that Markdown shows as it stands: nothing in it is markup, or turns what stands behind it."""
    marks = r"([\\`*_{}\[\]()#+!<>|~&$^=:@-]|(?<=^\s*\d{1,9})\.|(?<=(?i:www))\.)"
    return regex.sub(marks, r"\\\1", sanitise(text))
