"""Citation: a passage ready to be shown, with its provenance and the sentences that answer."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import regex

from rag.answer.grade import Grade
from rag.answer.markdown import citation_markdown
from rag.answer.text_fragment import quoted_url
from rag.answer.variants import Variant
from rag.article import Article
from rag.errors import CitationError
from rag.models.encoder import Vectors
from rag.passage import Passage
from rag.provenance.revisions import Revision
from rag.retrieval.scored_passage import ScoredPassage
from rag.text import with_iso_dates

# A neighbour of the best sentence is quoted with it when it scores at least this share of it
# (docs/measurements/answers.md, "Quotations").
NEIGHBOUR_SHARE = 0.85
MAX_SENTENCES = 3
MIN_ANSWERS = 0.5  # from here on a reader is surer that its words answer than that nothing in the passage does
HASH_DIGITS = 32
# Those of a URL that an earlier version made. Words with the same 48 bits can be found in minutes, so a page says that
# such a URL does not prove which words it was made for.
FORMER_HASH_DIGITS = 12
# Characters hashed at most to find words again in a text that was edited: 0.3 s for 250,000 spans of 800.
MAX_HASHED_CHARACTERS = 200_000_000


@dataclass(frozen=True)
class Citation:
    """A passage ready to be shown: the words, with their provenance.

    Attributes:
        article_id, start, end: the span; `text` is the article's text there, checked when the citation was made.
        text: the passage, word for word.
        quote: (start, end) in the article's text of the sentences that answer; always inside the passage.
        outlet, outlet_basis, strength, host, authors, date, date_basis, title, url, kind: as in `Article`.
        score: how well the passage fits the question (see `rag.retrieval.search`).
        copies: ids of the other articles that print the quoted sentences word for word.
        republishers: the sites and outlets of these articles and of this one.
        shared: ids of further articles that hold one of the passage's sentences word for word.
        variants: where near-copies of the passage have other words, those of the quoted sentences first.
        version_basis: why this version of the passage is cited and not a near-copy: "agency" (which others credit),
            "earliest" (its date), "order unknown", or "later version" where the first is excluded by filters or was not
            found; None if there is no near-copy with other words.
        revision: what changed in the passage since an earlier version of the article; None if nothing did.
        grade: in an answer, "answers", or "near" if this passage by itself may not answer; else None.
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
    variants: tuple[Variant, ...] = ()
    version_basis: str | None = None
    revision: Revision | None = None
    grade: Grade | None = None

    @property
    def quotation(self) -> str:
        """The sentences that answer, word for word."""
        a, b = (edge - self.start for edge in self.quote)
        return self.text[a:b]

    @property
    def quote_url(self) -> str | None:
        """The URL of the outlet's page, which opens at the quoted sentences; None if it is not known to have them."""
        return quoted_url(self.url, self.host, self.kind, self.quotation)

    def to_dict(self) -> dict[str, Any]:
        """Return the citation in JSON types; dates as YYYY-MM-DD."""
        plain: dict[str, Any] = with_iso_dates(asdict(self))
        return plain | {"quote_url": self.quote_url}

    def to_markdown(self, accessed: dt.date | None = None) -> str:
        """Return the citation as Markdown.

        Args:
            accessed: the day on which it was looked up.

        Returns:
            Markdown in which nothing that the article holds is taken for markup.
        """
        return citation_markdown(self, accessed)


def cite(found: ScoredPassage) -> Citation:
    """Cite a passage, its best sentences marked.

    Raises:
        CitationError: for a span that is not in the article's text.
    """
    passage, article = found.passage, found.article
    if passage.article_id != article.id:
        raise CitationError(f"a passage of article {passage.article_id} is not one of article {article.id}")
    quote = answering_sentences(found) or best_sentences(article.text, passage, found.sentences)
    return cite_span(article, (passage.start, passage.end), quote, found.score)


def cite_span(article: Article, span: tuple[int, int], quote: tuple[int, int], score: float = 0.0) -> Citation:
    """Cite a span of an article's text.

    Raises:
        CitationError: for spans that are not in it.
    """
    start, end = span
    if not 0 <= start <= quote[0] < quote[1] <= end <= len(article.text):
        raise CitationError(f"article {article.id} has no span {start}:{end} with a quotation {quote[0]}:{quote[1]}")
    return Citation(
        article.id, start, end, article.text[start:end], quote, article.outlet, article.outlet_basis, article.strength,
        article.host, article.authors, article.date, article.date_basis, article.title, article.url, article.kind,
        score,
    )  # fmt: skip


def answering_sentences(found: ScoredPassage) -> tuple[int, int] | None:
    """The span of the sentences with the words that the reader takes for the answer.

    None if it is surer that the passage does not answer, has not read it, or if the words are not in at most
    MAX_SENTENCES whole sentences.
    """
    if found.span is None or found.span.answers < MIN_ANSWERS:
        return None
    start, end = found.span.start, found.span.end
    held = [(a, b) for a, b in found.passage.sentences if a < end and start < b]
    if not held or len(held) > MAX_SENTENCES or not (held[0][0] <= start and end <= held[-1][1]):
        return None
    if not any(_is_sentence(found.article.text[a:b]) for a, b in held):
        return None
    return held[0][0], held[-1][1]


def best_sentences(text: str, passage: Passage, scores: Vectors) -> tuple[int, int]:
    """The span of the sentences that answer: the best of the passage, and neighbours that are nearly as good.

    Captions, names and headings are passed over: they can help to find a passage, but say nothing by themselves.
    """
    spans = passage.sentences
    says = [i for i, (a, b) in enumerate(spans) if _is_sentence(text[a:b])] or list(range(len(spans)))
    if not says:
        return passage.start, passage.end
    first = last = max(says, key=lambda i: scores[i])
    minimum = NEIGHBOUR_SHARE * float(scores[first])
    while last - first + 1 < MAX_SENTENCES:
        sides = [i for i in (first - 1, last + 1) if i in says and scores[i] >= minimum]
        if not sides:
            break
        best = max(sides, key=lambda i: scores[i])
        first, last = min(first, best), max(last, best)
    return spans[first][0], spans[last][1]


def verify(citation: Citation, article: Article | None) -> None:
    """Check that a citation still equals the stored article: words, outlet and date.

    Raises:
        CitationError: if it differs.
    """
    if article is None:
        raise CitationError(f"article {citation.article_id} is no longer in the index")
    if article.text[citation.start : citation.end] != citation.text:
        raise CitationError(f"the words quoted from article {citation.article_id} are not those stored")
    if (article.outlet, article.date) != (citation.outlet, citation.date):
        raise CitationError(f"the outlet or date shown for article {citation.article_id} differs from the stored one")


def quote_hash(words: str, digits: int = HASH_DIGITS) -> str:
    """128 bits of the BLAKE2b of a passage's words, as 32 hex digits; its URL carries them.

    Args:
        words: the words.
        digits: how many, for the URLs of earlier versions (FORMER_HASH_DIGITS).
    """
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=digits // 2).hexdigest()


def is_of(words: str, wanted: str) -> bool:
    """Whether words have a `quote_hash`, of this or an earlier version."""
    return len(wanted) in (HASH_DIGITS, FORMER_HASH_DIGITS) and quote_hash(words, len(wanted)) == wanted


def find_words(text: str, length: int, wanted: str) -> int | None:
    """Return where the words of `length` characters with a `quote_hash` begin in a text, if they occur exactly once.

    Texts so long that more than MAX_HASHED_CHARACTERS would be hashed are not searched.
    """
    starts, digits = range(len(text) - length + 1), len(wanted)
    if length < 1 or digits not in (HASH_DIGITS, FORMER_HASH_DIGITS) or len(starts) * length > MAX_HASHED_CHARACTERS:
        return None
    start = next((i for i in starts if quote_hash(text[i : i + length], digits) == wanted), None)
    if start is None or text.find(text[start : start + length], start + 1) >= 0:
        return None
    return start


def _is_sentence(text: str) -> bool:
    """Whether words can be an answer by themselves: captions, names and headings cannot."""
    return len(text.split()) >= 5 and bool(regex.search(r"[.!?…:;؟。][\s\"'”’»)\]]*\d{0,2}$", text))
