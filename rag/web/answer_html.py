"""Answer -> HTML: how the answer is to be weighed, then a card for each passage.

The sentences come from `rag.answer.wording`, the charts from `charts`. Everything is made of `Html`, which escapes what
is put into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.answer import wording
from rag.answer.answer import Answer
from rag.answer.balance import UNKNOWN_OUTLET, Balance
from rag.answer.changes import MAX_OUTLETS, Change, Part, changes, heading, kind, order_note, source
from rag.answer.citation import Citation
from rag.answer.export import FORMS
from rag.answer.grade import NEAR
from rag.answer.html import Html, definitions, isolated, items, link, page_link, phrase
from rag.errors import AccordingError, public_message
from rag.ingest.report import Report
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.readers.skipped import Skipped
from rag.web.charts import kinds_html, outlets_html, times_html
from rag.web.outlet_html import about_html
from rag.web.revision_html import revision_html
from rag.web.urls import answer_url, citation_url, passage_url, variant_url

MAX_SKIPPED = 20  # places listed of what was skipped
SCORE = "how well the passage matches the question (at most 1.8); it only orders the passages of one answer"

_ROOT = Html('<div class="according">{}</div>')
_SEARCHED = Html('<p class="searched">{}</p>')
_NOTE = Html('<p class="note">{}.</p>')
_CARD = Html(
    '<article class="card" aria-label="{label}" data-card="{number}" tabindex="-1"><header><h3>{attribution} '
    "<strong>{outlet}</strong>{via}, {when}</h3>{about}</header>{digest}"
    '<blockquote dir="auto">{before}<mark>{quotation}</mark>{after}</blockquote>{changes}'
    "<footer>{footer}</footer></article>"
)
# What each card is called, for those who go from one to the next without what is above the first.
_LABEL, _NEAR_LABEL = "Passage {} of {}", "Passage {} of {}, which may not answer"


def answer_html(answer: Answer, catalogue: Catalogue | None = None) -> Html:
    """Return the answer as cards below the notes on how to weigh it, or the sentence that says that there is none.

    Args:
        answer: the answer.
        catalogue: what is known of outlets; by default the catalogue that comes with According.
    """
    parts = []
    if said := wording.notice(answer):
        status = Html('<p class="{}" role="status">{}</p>')
        reason = said if answer.found else phrase(wording.refusal(answer))
        parts.append(status.format("near" if answer.found else "nothing", reason))
    if answer.found:
        parts.append(Html('<p class="summary" role="status">{}</p>').format(wording.summary(answer)))
        caution = Html('<p class="caution"><strong>Caution:</strong> {}.</p>')
        parts += [caution.format(phrase(wording.caution(found))) for found in answer.balance.warnings]
    parts += [_constraints(answer), *(_NOTE.format(phrase(note)) for note in wording.notes(answer))]
    parts.append(_unmatched(answer.balance))
    if answer.found:
        known, count = catalogue or load_catalogue(), len(answer.passages)
        parts += [_figures(answer)] if answer.figures else []
        numbered = [*enumerate(answer.passages, 1)]
        parts.append(_balance(answer.balance, {c.article_id: number for number, c in reversed(numbered)}))
        label = _NEAR_LABEL if answer.grade == NEAR else _LABEL
        parts += [_card(c, label.format(number, count), number, known) for number, c in numbered]
    return _ROOT.format(Html().join(parts))


def answer_files_html(handle: str | None) -> Html:
    """Return links to the files of an answer (see `answer_files`); nothing if there are none."""
    if handle is None:
        return Html()
    anchor = Html('<a href="{}" download>Answer as {}</a> ')
    return Html('<div class="answer-files">{}</div>').format(
        Html().join(anchor.format(answer_url(handle, name), form.label) for name, form in FORMS.items())
    )


def question_html(question: str) -> Html:
    """Return a question as the reader typed it."""
    return Html('<div class="according question" role="heading" aria-level="2">{}</div>').format(isolated(question))


def error_html(error: AccordingError, is_local: bool) -> Html:
    """Return what a reader is shown of an error; its message may hold text of articles.

    Args:
        error: the error.
        is_local: whether only this machine can ask (see `errors.public_message`).
    """
    return Html.escape(public_message(error, is_local))


def report_html(report: Report, skipped: Sequence[Skipped]) -> Html:
    """Return what an addition did, and what could not be read."""
    places = [isolated(str(item)) for item in skipped[:MAX_SKIPPED]]
    more = Html("<p>and {:,} more</p>").format(len(skipped) - MAX_SKIPPED) if len(skipped) > MAX_SKIPPED else ""
    done = Html('<p role="status">{}</p><pre>{}</pre>').format(str(report), report.table())
    return _ROOT.format(Html().join([done, items(places) if places else "", more]))


def _constraints(answer: Answer) -> Html:
    """Return what was searched for, and what was understood from the words of the question, applied or not."""
    applied_chip, unapplied_chip = Html('<span class="chip">{}</span>'), Html('<span class="chip off">“{}”: {}</span>')
    applied: dict[str, list[Html]] = {}
    for c in answer.constraints:
        if c.applied:
            chips = applied.setdefault(wording.effect(c), [])
            chips.append(applied_chip.format(phrase(wording.constraint(c, answer))))
    unapplied = [unapplied_chip.format(isolated(c.words), c.why) for c in wording.unapplied(answer)]
    lines = []
    if answer.searched != answer.question:
        lines.append(Html("Searched for: {}").format(isolated(answer.searched)))
    lines += [Html("{} {}").format(effect, Html(" ").join(chips)) for effect, chips in applied.items()]
    if unapplied:
        lines.append(Html("Not applied: {}").format(Html(" ").join(unapplied)))
    return Html().join(map(_SEARCHED.format, lines))


def _unmatched(balance: Balance) -> Html:
    """Return the outlets that no passage shown or nearly shown comes from, to be unfolded."""
    if not (summary := wording.unmatched(balance)):
        return Html()
    names = wording.listed(balance.unmatched_outlets, wording.MAX_UNMATCHED_NAMES)
    return Html('<details class="note"><summary>{}</summary>{}</details>').format(summary, phrase(names))


def _figures(answer: Answer) -> Html:
    """Return the values given for what is asked, each with links to the places that give it."""
    anchor, given = Html('<a href="{}" target="_blank" rel="noopener">{}</a>'), []
    for figure in answer.figures:
        links = []
        for mention in figure.mentions:
            citation = next(
                c for c in answer.passages if c.article_id == mention.article_id and mention.start in range(*c.quote)
            )
            url = passage_url(replace(citation, quote=(mention.start, mention.end)))
            links.append(anchor.format(url, phrase(wording.figure_source(mention, answer))))
        words = isolated(wording.figure_words(figure))
        given.append(Html("<span><strong>{}</strong> ({})</span>").format(words, Html("; ").join(links)))
    return Html('<p class="figures">{} {}</p>').format(wording.figures_label(answer), Html(" · ").join(given))


def _balance(balance: Balance, cards: Mapping[str, int]) -> Html:
    """Return the charts, which are tables too, to be unfolded."""
    outlets = wording.counted(balance.allowed.named, "outlet")
    summary = f"Balance: {balance.shown.named:,} of {outlets} {wording.scope(balance)}, and who spoke when"
    details = Html('<details class="balance"><summary>{}</summary>{}{}{}</details>')
    return details.format(summary, outlets_html(balance), kinds_html(balance), times_html(balance, cards))


def _card(citation: Citation, label: str, number: int, catalogue: Catalogue) -> Html:
    start, end = (edge - citation.start for edge in citation.quote)
    digest = Html('<span class="kind">{}</span>').format(wording.DIGEST) if citation.kind == "digest" else ""
    return _CARD.format(
        label=label,
        number=number,
        attribution=wording.attribution(citation),
        outlet=isolated(citation.outlet or UNKNOWN_OUTLET),
        via=isolated(wording.via(citation)),
        when=_when(citation),
        about=about_html(citation.outlet, catalogue),
        digest=digest,
        before=citation.text[:start],
        quotation=citation.text[start:end],
        after=citation.text[end:],
        changes=_changes(citation),
        footer=_footer(citation),
    )


def _changes(citation: Citation) -> Html:
    """Return what the copies changed, unfolded if the quoted sentences are among it."""
    found = changes(citation)
    if not found:
        return Html()
    shown = Html(" open") if found[0].in_quotation else Html()
    details = Html('<details class="changes"{}><summary>{} ({})</summary>{}<p>{}</p></details>')
    return details.format(shown, heading(citation), len(found), items(map(_change, found)), order_note(citation))


def _change(change: Change) -> Html:
    """Return who made a change, and the words removed and added, which screen readers are told of."""
    sources = Html(", ").join(
        page_link(variant_url(variant), isolated(source(variant))) for variant in change.variants[:MAX_OUTLETS]
    )
    more = len(change.variants) - MAX_OUTLETS
    rest = Html(" and {} more").format(more) if more > 0 else ""
    sentences = Html('<div class="diff" dir="auto">{}</div>').format(Html().join(map(_part, change.parts)))
    return Html("{}{}: <strong>{}</strong>{}").format(sources, rest, kind(change.variants[0]), sentences)


def _part(part: Part) -> Html:
    if part.same:
        return Html("<span>{}</span>").format(part.added)
    removed = Html('<del><span class="unseen">removed: </span>{}</del> ') if part.removed.strip() else Html()
    added = Html('<ins><span class="unseen">added: </span>{}</ins> ') if part.added.strip() else Html()
    return Html().join([removed.format(part.removed.strip()), added.format(part.added.strip())])


def _when(citation: Citation) -> Html:
    when = isolated(wording.when(citation))
    if not citation.date:
        return Html('<span class="when">{}</span>').format(when)
    return Html('<time class="when" datetime="{}">{}</time>').format(citation.date, when)


def _footer(citation: Citation) -> Html:
    """Return title, authors, links, who else carries the passage, its evidence, and how to cite it."""
    title = (
        Html("<cite>{}</cite>").format(isolated(citation.title)) if citation.title else Html("<span>no title</span>")
    )
    authors = Html("<span>by {}</span>").format(isolated(", ".join(citation.authors))) if citation.authors else ""
    elsewhere = "; ".join(filter(None, (wording.republished(citation), wording.repeated(citation))))
    return Html().join(
        [
            title,
            authors,
            link(citation.url),
            Html('<span class="carried">{}</span>').format(isolated(elsewhere)) if elsewhere else "",
            revision_html(citation.revision) if citation.revision else "",
            page_link(passage_url(citation), "Read in context"),
            _source(citation),
            _cite(citation),
        ]
    )


def _source(citation: Citation) -> Html:
    """Return the evidence for outlet and date, and the score, to be unfolded."""
    basis = citation.date_basis or "not stated"
    rows = (
        ("Outlet", isolated(wording.outlet_evidence(citation))),
        ("Date", isolated(wording.DATE_BASES.get(basis, basis))),
        ("Score", f"{citation.score:.2f}: {SCORE}"),
    )
    return Html("<details><summary>Source details</summary>{}</details>").format(definitions(rows))


def _cite(citation: Citation) -> Html:
    """Return a link to the citation in each form, and a button that copies it; `app` has what the buttons do."""
    form_links = Html(
        '<span><a href="{}" download>{}</a> <button type="button" aria-label="Copy as {}">copy</button></span> '
    )
    links = (form_links.format(citation_url(citation, name), form.label, form.label) for name, form in FORMS.items())
    return Html('<details class="cite"><summary>Cite</summary>{}</details>').format(Html().join(links))
