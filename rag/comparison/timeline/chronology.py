"""ScoredPassages -> Timeline: sentences that answer are dated, folded to a line a day and source, cited and sorted."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.citation import Citation, cite
from rag.answer.compose import Composer, Judged
from rag.answer.confidence import ConfidenceModel
from rag.answer.grade import ANSWERS, NEAR, Grade, graded
from rag.answer.precedence import first_version
from rag.answer.selection import fits
from rag.article import POSTED, Article
from rag.comparison.timeline.article_date import lead_date, title_date
from rag.comparison.timeline.event_date import DAY, MONTH, YEAR, EventDate, event_date, iso
from rag.comparison.timeline.timeline import ARTICLE, LEAD, SENTENCE, TITLE, Basis, Entry, Timeline, When
from rag.models.reranker import Reranker
from rag.provenance import duplicates
from rag.provenance.catalogue import Catalogue
from rag.provenance.partial_dates import month_or_year
from rag.query.query import Query
from rag.retrieval.parse import ParsedQuery
from rag.retrieval.reranking import score_passages
from rag.retrieval.scored_passage import ScoredPassage
from rag.retrieval.search import Found, is_read_by
from rag.retrieval.timeliness import of_their_time
from rag.stores.base import View

# Passages that the reranker reads: what it has not read cannot be graded. So many are read for the usual number of
# lines, and at most the last number for more.
MAX_READ, MOST_READ = 32, 100


@dataclass(frozen=True)
class _Line:
    """An entry in the making: sentences of a passage, and their date."""

    passage: ScoredPassage
    quote: tuple[int, int]
    when: When | None
    grade: Grade
    more: int = 0


def chronology(
    composer: Composer,
    view: View,
    catalogue: Catalogue,
    model: ConfidenceModel,
    query: Query,
    parsed: ParsedQuery,
    found: Found,
    reranker: Reranker | None = None,
) -> Timeline:
    """Return the `query.k` lines that answer best, in the order of their dates.

    The answer as a whole is graded as one is, and each passage by its own signals: what is not near enough by itself
    has no line.

    Args:
        composer: cites and weighs.
        view: the passages that were searched.
        catalogue: the outlets known by name.
        model: how sure an answer must be.
        query: the question and the caller's filters.
        parsed: the question as it was searched for.
        found: what was found.
        reranker: the model that has read the best passages, and reads further ones; None if none has.

    Raises:
        CitationError: if a citation does not equal what is stored.
    """
    best = sorted(found.passages, key=lambda p: -p.fit)
    whole = composer.judge(view, model, query, parsed, found.passages)
    shown = (ANSWERS,) if query.strict and whole.grade == ANSWERS else (ANSWERS, NEAR)  # `compose` leaves out the rest
    lines: list[_Line] = []
    if whole.grade in shown:
        top = max(p.retrieval for p in best)
        cleared = [p for p in best if fits(p.retrieval, top) and (not parsed.by_words or p.words >= whole.least)]
        if reranker is not None and is_read_by(reranker, parsed) and not parsed.by_words:
            cleared = _read_further(reranker, parsed.text, cleared, min(max(MAX_READ, query.k), MOST_READ))
        timely = of_their_time(best, parsed.constraints)
        leading = timely[0] if timely and whole.signals.timely else best[0]
        for number, passage in enumerate(_without_copies(cleared, catalogue)):
            is_timely = bool(of_their_time([passage], parsed.constraints))
            is_whole = number == 0 and is_timely == whole.signals.timely
            grade = whole.grade if is_whole else _own_grade(whole, model, leading, passage, is_timely)
            if grade in shown:
                lines += _lines(passage, grade)
    folded = _folded(lines)
    kept = folded[: query.k]
    chosen = list({line.passage.keys: line.passage for line in kept}.values())
    answer = composer.compose(view, catalogue, model, query, parsed, found.passages, found.changed, chosen)
    cited = dict(zip((p.keys for p in chosen), answer.passages, strict=answer.found))
    entries = _without_repeats([_entry(line, cited[line.passage.keys]) for line in kept if line.passage.keys in cited])
    dated = sorted((e for e in entries if e.when), key=_order)
    undated = [e for e in entries if not e.when]
    passages = tuple(e.citation for e in (*dated, *undated))
    return Timeline(
        replace(answer, passages=passages), tuple(dated), tuple(undated), len(folded) - len(kept) if entries else 0
    )


def _own_grade(
    whole: Judged, model: ConfidenceModel, best: ScoredPassage, passage: ScoredPassage, is_timely: bool
) -> Grade:
    """Grade a passage by itself: by the signals of the answer, with its own in place of the best passage's.

    It is never surer than the answer as a whole; for a question that words alone are searched for, it is as sure.
    """
    if not whole.fitted:
        return whole.grade
    lead = whole.signals.lead - (best.fit - passage.fit)
    own = replace(
        whole.signals, sentence=passage.best_sentence, relevance=passage.relevance, lead=lead, timely=is_timely
    )
    probability = min(model.probability(own), whole.probability)
    return graded(probability, whole.least, model.sure)


def _read_further(
    reranker: Reranker, question: str, passages: Sequence[ScoredPassage], limit: int
) -> list[ScoredPassage]:
    """Return passages that a model has read, `limit` of them at most, best first."""
    done = [p for p in passages if p.relevance]
    unread = [p for p in passages if not p.relevance][: max(0, limit - len(done))]
    relevances = score_passages(reranker, question, unread) if unread else []
    done += [replace(p, relevance=relevance) for p, relevance in zip(unread, relevances, strict=True)]
    return sorted(done, key=lambda p: -p.fit)


def source(article: Article | Citation) -> str:
    """Return who a line is of: the outlet, or the site that a text was taken from where the outlet is not known."""
    return article.outlet or article.host or UNKNOWN_OUTLET


def _order(entry: Entry) -> tuple[dt.date, int, dt.date]:
    """A year comes before its months, and these before their days; then what was printed first."""
    first, last = (entry.when.first, entry.when.last) if entry.when else (dt.date.max, dt.date.max)
    return first, -(last - first).days, entry.citation.date or dt.date.max


def _lines(passage: ScoredPassage, grade: Grade) -> list[_Line]:
    """Return a line for each date that the sentences which answer state; one where they state none."""
    quote = cite(passage).quote
    article = passage.article
    published = None if article.date_basis == POSTED else article.date
    sentences = [(a, b) for a, b in passage.passage.sentences if quote[0] <= a and b <= quote[1]]
    stated = [(span, date) for span in sentences if (date := event_date(article.text, *span, published))]
    if stated:
        by_date = {date.value: (span, date) for span, date in reversed(stated)}
        return [_Line(passage, span, _stated(article, date, SENTENCE), grade) for span, date in by_date.values()]
    return [_Line(passage, quote, _of_article(article, quote, published), grade)]


def _of_article(article: Article, quote: tuple[int, int], published: dt.date | None) -> When | None:
    """Return the date of sentences that state none: of the article's first sentences or title, or its own."""
    if date := lead_date(article, *quote, published):
        return _stated(article, date, LEAD)
    if day := title_date(article, *quote):
        return When(day, day, day.isoformat(), DAY, TITLE, words=article.title or "")
    if article.date:
        return When(article.date, article.date, article.date.isoformat(), DAY, ARTICLE)
    if named := month_or_year(article.date_basis):  # its date names no day
        year, month = named
        first, last = (
            dt.date(year, month or 1, 1),
            dt.date(year, month or 12, calendar.monthrange(year, month or 12)[1]),
        )
        precision = MONTH if month else YEAR
        return When(first, last, iso(first, precision), precision, ARTICLE)
    return None


def _stated(article: Article, date: EventDate, basis: Basis) -> When:
    span = date.start, date.end
    return When(
        date.first, date.last, date.value, date.precision, basis, date.counted, article.text[slice(*span)], span
    )  # fmt: skip


def _without_copies(passages: Sequence[ScoredPassage], catalogue: Catalogue) -> list[ScoredPassage]:
    """Return passages without near-copies, each in the version that was printed first."""
    kept: list[ScoredPassage] = []
    shingles: list[duplicates.Shingles] = []
    for passage in passages:
        own = duplicates.shingles(passage.text)
        near = (i for i, other in enumerate(shingles) if duplicates.overlap(own, other) >= duplicates.MIN_OVERLAP)
        at = next(near, None)
        if at is None:
            kept.append(passage)
            shingles.append(own)
            continue
        other = kept[at]
        first, _ = first_version([other.article, passage.article], catalogue)
        one, copy = (passage, other) if first.id == passage.article.id else (other, passage)
        ids = dict.fromkeys((*one.near_copies, copy.article.id, *copy.near_copies))
        kept[at] = replace(
            one,
            near_copies=tuple(i for i in ids if i != one.article.id),
            retrieval=other.retrieval,
            relevance=other.relevance,
            timeliness=other.timeliness,
        )
    return kept


def _folded(lines: Sequence[_Line]) -> list[_Line]:
    """Return one line for each source and date, with how many more there are: the best that states the date, if any."""
    folded: dict[tuple[str, str], _Line] = {}
    for line in lines:
        date = line.when.value if line.when else f"{line.passage.article.id} {line.quote}"
        key = (source(line.passage.article), date)
        kept = folded.get(key)
        if kept is None:
            folded[key] = line
            continue
        better = line if _is_own_date(kept) and not _is_own_date(line) else kept
        folded[key] = replace(better, more=kept.more + 1)
    return list(folded.values())


def _is_own_date(line: _Line) -> bool:
    return line.when is not None and line.when.basis == ARTICLE


def _entry(line: _Line, citation: Citation) -> Entry:
    own = citation.host or citation.outlet or UNKNOWN_OUTLET
    also = tuple(name for name in citation.republishers if name != own)
    return Entry(line.when, replace(citation, quote=line.quote), citation.grade or line.grade, also, line.more)


def _without_repeats(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries without those whose sentences an entry before them has: they are named in its `also`."""
    kept: list[Entry] = []
    for entry in entries:
        words = entry.citation.quotation
        if not any(words == other.citation.quotation for other in kept):
            kept.append(entry)
    return kept
