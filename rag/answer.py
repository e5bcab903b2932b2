"""Hits -> Answer: passages that clear the bar, each with its provenance and the sentences that answer marked."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from . import copies
from .article import Article
from .balance import UNKNOWN_OUTLET, Balance
from .encoder import Vectors
from .errors import CitationError
from .passage import Passage
from .search import Ranked

# An answer needs a best passage of this score, and shows others down to this share of it. Each encoder has its own
# scale; these were measured for all-MiniLM-L6-v2 (docs/measurements.md, "The bar") and serve others as a beginning.
BAR = 0.375
SHOWN = 0.7
# A sentence stands beside the best one in a quotation when it scores at least this share of it (ibid., "Quotations").
BESIDE = 0.9
MOST_SENTENCES = 3


@dataclass(frozen=True)
class Citation:
    """A passage fit to show: the words, and all that is known of where they come from.

    Attributes:
        article_id, start, end: the span; `text` is the article's text there, checked when the citation was made.
        text: the passage, word for word.
        quote: (start, end) in the article's text of the sentences that answer; always inside the passage.
        outlet, outlet_basis, strength, host, authors, date, date_basis, title, url, kind: as in `Article`.
        score: how near the passage is to the question (see `search.rank`).
        copies: ids of other articles in which the same words were found, word for word or nearly.
        carriers: the sites and outlets that carry these words, this citation's own among them.
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
    carriers: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the index has to say to a question: quotations, or nothing.

    Attributes:
        question: as asked.
        searched: what was searched for, where that differs from the question (a follow-up); else equal to it.
        found: whether anything cleared the bar.
        passages: best first; empty when not found.
        balance: counts to weigh the answer by: of the articles shown, of those that the restrictions leave, and of
            the whole index.
        restrictions: filters understood from the words of the question.
    """

    question: str
    searched: str
    found: bool
    passages: tuple[Citation, ...] = ()
    balance: Balance = field(default_factory=Balance)
    restrictions: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer in values that JSON knows; dates as YYYY-MM-DD."""
        plain = dataclasses.asdict(self)
        for dated in (*plain["passages"], *(plain["balance"][part] for part in ("shown", "allowed", "index"))):
            days = {name: day.isoformat() for name, day in dated.items() if isinstance(day, dt.date)}
            dated.update(days)
        return plain

    def to_markdown(self) -> str:
        """The answer as Markdown: a quotation each, with outlet and date above it."""
        if not self.found:
            return f"**{_plain(self.question)}**\n\n{NOTHING}\n"
        parts = [f"**{_plain(self.question)}**"]
        for c in self.passages:
            head = f"{saying(c)} **{_plain(c.outlet or UNKNOWN_OUTLET)}**{_plain(via(c))}, {_plain(when(c))}"
            names = ", ".join(c.authors)
            about = "; ".join(part for part in (c.title or "", f"by {names}" if names else "", c.url or "") if part)
            lines = "\n".join(f"> {_plain(line)}" if line.strip() else ">" for line in c.text.splitlines())
            parts.append(f"{head}:\n\n{lines}\n\n{_plain(about)}".rstrip())
        return "\n\n".join(parts) + "\n"


NOTHING = "Nothing in the index answers this."


def saying(citation: Citation) -> str:
    """How the outlet's name is led in: a digest is not the outlet's own words."""
    return "According to a digest of" if citation.kind == "digest" else "According to"


def via(citation: Citation) -> str:
    """ ", via HOST" where the text was taken from another site than its outlet's; else empty."""
    return f", via {citation.host}" if citation.host and citation.host != citation.outlet else ""


def when(citation: Citation) -> str:
    """The date and whose it is, in words: "13 July 2021 (posted by host)", or "undated"."""
    if not citation.date:
        return "undated"
    day = f"{citation.date.day} {citation.date:%B %Y}"
    return f"{day} ({citation.date_basis})" if citation.date_basis else day


def cite(passage: Passage, article: Article, ranked: Ranked) -> Citation:
    """A citation of a ranked passage of the article. Raises CitationError for a span that is not in its text."""
    start, end = passage.start, passage.end
    quote = mark(article.text, passage, ranked.sentences)
    if passage.article_id != article.id or not 0 <= start <= quote[0] < quote[1] <= end <= len(article.text):
        raise CitationError(f"article {article.id} has no span {start}:{end} with a quotation {quote[0]}:{quote[1]}")
    return Citation(
        article.id, start, end, article.text[start:end], quote, article.outlet, article.outlet_basis, article.strength,
        article.host, article.authors, article.date, article.date_basis, article.title, article.url, article.kind,
        ranked.score,
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


def distinct(found: Sequence[Citation], k: int) -> list[Citation]:
    """The first k citations that are no copies of better ones; each copy is recorded with the one it copies."""
    kept: list[Citation] = []
    runs: list[copies.Runs] = []
    for citation in found:
        own = copies.runs(citation.text)
        at = next((i for i, other in enumerate(runs) if copies.overlap(own, other) >= copies.COPY), None)
        if at is not None:
            if citation.article_id not in (kept[at].article_id, *kept[at].copies):
                kept[at] = dataclasses.replace(kept[at], copies=(*kept[at].copies, citation.article_id))
        elif len(kept) < k:
            kept.append(citation)
            runs.append(own)
    return kept


def compose(
    question: str,
    searched: str,
    shown: Sequence[Citation],
    balance: Balance,
    article: Callable[[str], Article | None],
) -> Answer:
    """The answer; every citation in it is checked against the stored article at this moment."""
    for citation in shown:
        verify(citation, article(citation.article_id))
    return Answer(question, searched, bool(shown), tuple(shown), balance)


def clear(found: Sequence[Citation]) -> list[Citation]:
    """Those of the citations, given best first, that may be shown: none unless the best clears the bar."""
    return [c for c in found if c.score >= SHOWN * found[0].score] if found and found[0].score >= BAR else []


def _is_sentence(text: str) -> bool:
    """Whether words can be an answer by themselves: captions, names and headings cannot."""
    return len(text.split()) >= 5 and bool(regex.search(r"[.!?…:;؟。][\s\"'”’»)\]]*\d{0,2}$", text))


def _plain(text: str) -> str:
    """Text that Markdown shows as it stands: nothing in it is markup."""
    return regex.sub(r"([\\`*_{}\[\]()#+!<>|~&$^=:-])", r"\\\1", text)
