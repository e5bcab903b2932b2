"""Comparison -> the tab "Side by side" of an answer: a table, a row an outlet, with its best sentences.

An outlet that prints a near-copy of a row has a row below it, with the words that it changed. So have further passages
of the row's outlet; sorted by date, these have their own place. On a narrow screen the cells of a row are one below the
other (`views.css`); their roles are written out, so that it stays a table to screen readers. The sentences come from
`rag.comparison.side_by_side.wording`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

from rag.answer import wording as answer_wording
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.citation import Citation, cite_span
from rag.answer.html import Html, isolated, page_link, phrase
from rag.answer.wording import Phrase
from rag.article import Article
from rag.comparison.side_by_side import wording
from rag.comparison.side_by_side.comparison import Comparison, Row
from rag.comparison.side_by_side.shared import Sharer
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import OUTLET_KINDS, UNCLASSIFIED
from rag.web.changes_html import change_html
from rag.web.figures_html import figures_html
from rag.web.urls import article_url, outlet_url, passage_url, variant_url, view_url
from rag.web.view_parts import facts_html, note, quoted_html, said_first

Sort = Literal["kind", "newest", "oldest", "closeness"]
SORTS: tuple[Sort, ...] = get_args(Sort)
_LABELS: dict[Sort, str] = {"kind": "Kind", "newest": "Newest", "oldest": "Oldest", "closeness": "Closest"}
MAX_NAMED = 300  # groups without a match that are listed when that is unfolded
VIEW = "side-by-side"  # in the URL

_ROOT = Html('<div class="according side-by-side">{}</div>')
_SORT = Html('<button type="button" class="sort" data-do="view" data-view="{}" aria-pressed="{}">{}</button>')
_TABLE = Html(
    '<table role="table"><caption>{}</caption><thead role="rowgroup"><tr role="row">'
    '<th role="columnheader" scope="col">{}</th><th role="columnheader" scope="col">Date</th>'
    '<th role="columnheader" scope="col">Says</th></tr></thead>{}</table>'
)
_BODY = Html('<tbody role="rowgroup">{}</tbody>')
_GROUP = Html('<tr class="of-kind" role="row"><th role="rowheader" scope="rowgroup" colspan="3">{} ({})</th></tr>')
_ROW = Html(
    '<tr class="{}" role="row"><th role="rowheader" scope="row"><strong>{}</strong>{}</th>'
    '<td role="cell" class="when">{}</td><td role="cell" class="says">{}</td></tr>'
)
_LAST = Html('<tr class="last" role="row"><td role="cell" colspan="3">{}</td></tr>')


def side_by_side_html(
    comparison: Comparison,
    catalogue: Catalogue,
    handle: str,
    sort: Sort = "kind",
    sharers: Mapping[str, Sequence[Sharer]] | None = None,
) -> Html:
    """Return a comparison as a fragment of the app's page.

    Args:
        comparison: by outlets, or by the sides that the question names.
        catalogue: what is known of outlets.
        handle: of the answer, for the buttons that sort.
        sort: what comes first; the sides of a comparison are in their own order in the place of kinds.
        sharers: of each row that outlets share, by its group.
    """
    answer = comparison.answer
    parts = [said_first(answer)]
    if comparison.sides:  # the question is another one without them
        parts.append(Html('<p class="searched">Searched for: {}</p>').format(isolated(answer.searched)))
    if sides := wording.on_sides(comparison):
        parts.append(note(phrase(sides)))
    parts.append(figures_html(answer))
    if comparison.found:
        parts += [_sorting(comparison, handle, sort), _table(comparison, catalogue, sort, sharers or {})]
    else:
        parts.append(_no_match(comparison))
    return _ROOT.format(Html().join(parts))


def _sorting(comparison: Comparison, handle: str, sort: Sort) -> Html:
    labels = _LABELS | ({"kind": "Side"} if comparison.sides else {})
    buttons = (
        _SORT.format(view_url(handle, VIEW, sort=name), "true" if name == sort else "false", labels[name])
        for name in SORTS
    )
    return Html('<div class="sorts" role="group" aria-label="Sort by">{}</div>').format(Html().join(buttons))


def _table(comparison: Comparison, catalogue: Catalogue, sort: Sort, sharers: Mapping[str, Sequence[Sharer]]) -> Html:
    def lines(row: Row, kind: str = "") -> Html:
        return _lines(row, catalogue, sharers.get(row.group, ()), kind)

    bodies = []
    if sort == "kind" and not comparison.sides:
        for kind, rows in _by_kind(comparison.rows, catalogue):
            shown = [Html().join([lines(row, kind), *_further(row)]) for row in rows]
            bodies.append(_BODY.format(Html().join([_GROUP.format(wording.kinds(kind), len(rows)), *shown])))
    elif sort in ("newest", "oldest"):  # each passage by its own date
        by_date = _by_date(comparison.passages, newest=sort == "newest")
        shown = [lines(row) if cited is row.citation else _further_row(cited, row) for row, cited in by_date]
        bodies.append(_BODY.format(Html().join(shown)))
    else:
        rows = [*comparison.rows] if sort == "kind" else sorted(comparison.rows, key=lambda row: -row.citation.score)
        bodies.append(_BODY.format(Html().join(Html().join([lines(row), *_further(row)]) for row in rows)))
    last = [Html("<p>{}.</p>").format(said)] if (said := wording.more(comparison)) else []
    if rest := Html().join([*last, _no_match(comparison)]):
        bodies.append(_BODY.format(_LAST.format(rest)))
    return _TABLE.format(wording.scope(comparison), "Side" if comparison.sides else "Outlet", Html().join(bodies))


def _by_kind(rows: Iterable[Row], catalogue: Catalogue) -> list[tuple[str, list[Row]]]:
    """Return the rows of each kind of outlets, in the order of the catalogue's kinds."""
    kinds: dict[str, list[Row]] = {kind: [] for kind in (*OUTLET_KINDS, UNCLASSIFIED)}
    for row in rows:
        kinds[catalogue.kind(row.group)].append(row)
    return [(kind, own) for kind, own in kinds.items() if own]


def _by_date(passages: Iterable[tuple[Row, Citation]], newest: bool) -> list[tuple[Row, Citation]]:
    """Return passages in the order of their dates; undated ones come last, and of the same day the best first."""
    best = sorted(passages, key=lambda passage: -passage[1].score)
    dated: list[tuple[dt.date, Row, Citation]] = [(cited.date, row, cited) for row, cited in best if cited.date]
    dated.sort(key=lambda passage: passage[0], reverse=newest)
    return [*((row, cited) for _, row, cited in dated), *((row, cited) for row, cited in best if not cited.date)]


def _lines(row: Row, catalogue: Catalogue, sharers: Sequence[Sharer], kind: str) -> Html:
    """Return a row, and one for each outlet that shares it, without its further passages."""
    facts = wording.short_facts(row, catalogue, not kind)
    if row.shared_with and not sharers:
        facts.append(wording.shared_by(row))
    says = quoted_html(passage_url(row.citation), row.citation.quotation)
    first = _ROW.format("own", isolated(row.group), facts_html(facts), _when(row.citation), says)
    copies = [_shared_row(sharer, row, catalogue, kind) for sharer in sharers]
    return Html().join([first, *copies])


def _further(row: Row) -> list[Html]:
    return [_further_row(cited, row) for cited in row.further]


def _further_row(cited: Citation, row: Row) -> Html:
    """Return a further passage of a row's group, in a row of its own."""
    name = cited.outlet or UNKNOWN_OUTLET
    facts = [*wording.further_facts(cited), *([Phrase("{}", name)] if name != row.group else []), wording.host(cited)]
    says = quoted_html(passage_url(cited), cited.quotation)
    return _ROW.format("copy", isolated(row.group), facts_html(facts), _when(cited), says)


def _shared_row(sharer: Sharer, row: Row, catalogue: Catalogue, kind: str) -> Html:
    article, same = sharer.article, phrase(wording.shares(sharer, row))
    facts = wording.outlet_facts(sharer.outlet, catalogue, catalogue.kind(sharer.outlet) != kind)
    if article is None:
        return _ROW.format("copy", isolated(sharer.outlet), facts_html(facts), "", Html("<p>{}</p>").format(same))
    facts.append(wording.host(article))
    says = [Html("<p>{}</p>").format(page_link(_copy_url(article, row.citation.quotation), same))]
    for change in sharer.changes:
        changed = page_link(variant_url(change.variants[0]), wording.differs(change))
        says.append(Html("<p>{}:</p>{}").format(changed, change_html(change)))
    return _ROW.format("copy", isolated(sharer.outlet), facts_html(facts), _when(article), Html().join(says))


def _copy_url(article: Article, words: str) -> str:
    """Return the URL of a copy, with the quoted sentences marked where it prints them to the letter."""
    start = article.text.find(words)
    if start < 0:
        return article_url(article.id)
    span = start, start + len(words)
    return passage_url(cite_span(article, span, span))


def _when(of: Citation | Article) -> Html:
    words = isolated(answer_wording.when(of))
    return Html('<time datetime="{}">{}</time>').format(of.date, words) if of.date else words


def _no_match(comparison: Comparison) -> Html:
    """Return how many groups have nothing near enough, to be unfolded to their names and numbers of articles."""
    if not (heading := wording.no_match(comparison)):
        return Html()
    names = [_silent(comparison, each.group, each.articles) for each in comparison.silent[:MAX_NAMED]]
    if (rest := len(comparison.silent) - MAX_NAMED) > 0:
        names.append(Html("<li>and {:,} more</li>").format(rest))
    details = Html('<details><summary>{}</summary><ul class="silent">{}</ul></details>')
    return details.format(heading, Html().join(names))


def _silent(comparison: Comparison, group: str, articles: int) -> Html:
    name = isolated(group)
    if not comparison.sides:
        name = page_link(outlet_url(None if group == UNKNOWN_OUTLET else group), name)
    return Html("<li>{} ({:,})</li>").format(name, articles)
