"""Citation -> HTML: a card with the sentences that answer first, who says so and when, and all else to be unfolded."""

from __future__ import annotations

from rag.answer import wording
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.changes import MAX_OUTLETS, Change, changes, heading, kind, order_note, source
from rag.answer.citation import Citation
from rag.answer.export import FORMS
from rag.answer.html import Html, definitions, isolated, items, link, page_link
from rag.provenance.catalogue import Catalogue
from rag.web.changes_html import change_html
from rag.web.outlet_html import about, facts
from rag.web.revision_html import revision_html
from rag.web.urls import citation_url, passage_url, variant_url

SCORE = "how well the passage matches the question (at most 1.8); it only orders the passages of one answer"
MAX_UNFOLDED = 160  # characters after the sentences that answer that are shown without being unfolded

_CARD = Html(
    '<article class="card" aria-label="{label}" data-card="{number}" tabindex="-1">'
    '<header><h3>{digest}<strong>{outlet}</strong>{via}</h3><span class="known">{known}</span>{doubt}{new}{when}'
    "</header>"
    "{quotation}{changes}{title}<footer>{footer}</footer></article>"
)
_DIGEST = Html('<span class="kind" title="{}">digest of</span> ').format(wording.DIGEST)
_DOUBT = Html('<span class="doubt">{}</span>').format(wording.MAY_NOT_ANSWER)
_MORE = Html('<button type="button" class="more" data-do="more" aria-expanded="false">more</button>')


def card_html(
    citation: Citation, label: str, number: int, catalogue: Catalogue, doubtful: bool = False, new: Html | None = None
) -> Html:
    """Return the card of a passage.

    Args:
        citation: the passage.
        label: what the card is called, for those who go from one to the next.
        number: its number in the answer, from 1.
        catalogue: what is known of outlets.
        doubtful: whether to say that the passage may not answer.
        new: the mark of a passage that is new to the reader.
    """
    outlet = catalogue.outlet(citation.outlet) if citation.outlet else None
    return _CARD.format(
        label=label,
        number=number,
        digest=_DIGEST if citation.kind == "digest" else "",
        outlet=isolated(citation.outlet or UNKNOWN_OUTLET),
        via=isolated(wording.via(citation)),
        known=about(outlet),
        doubt=_DOUBT if doubtful else "",
        new=new or "",
        when=_when(citation),
        quotation=_quotation(citation),
        changes=_changes(citation),
        title=_title(citation),
        footer=_footer(citation, catalogue),
    )


def _quotation(citation: Citation) -> Html:
    """Return the passage, the sentences that answer marked; what is around them is folded if it is long."""
    start, end = (edge - citation.start for edge in citation.quote)
    before, said, after = citation.text[:start], citation.text[start:end], citation.text[end:]
    folded = bool(before.strip()) or len(after) > MAX_UNFOLDED
    names = f"said{' folded' if folded else ''}{' cut' if folded and before.strip() else ''}"
    quoted = Html('<blockquote class="{}" dir="auto">{}<mark>{}</mark>{}</blockquote>{}')
    part = Html('<span class="{}">{}</span>')
    return quoted.format(
        names,
        part.format("before", before) if before else "",
        said,
        part.format("after", after) if after else "",
        _MORE if folded else "",
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
    """Return who made a change, and the words removed and added, which screen readers announce."""
    sources = Html(", ").join(
        page_link(variant_url(variant), isolated(source(variant))) for variant in change.variants[:MAX_OUTLETS]
    )
    more = len(change.variants) - MAX_OUTLETS
    rest = Html(" and {} more").format(more) if more > 0 else ""
    return Html("{}{}: <strong>{}</strong>{}").format(sources, rest, kind(change.variants[0]), change_html(change))


def _when(citation: Citation) -> Html:
    when = isolated(wording.when(citation))
    if not citation.date:
        return Html('<span class="when">{}</span>').format(when)
    return Html('<time class="when" datetime="{}">{}</time>').format(citation.date, when)


def _title(citation: Citation) -> Html:
    """Return title, authors and address, and what changed since an earlier version."""
    title = Html("<cite>{}</cite>").format(isolated(citation.title)) if citation.title else ""
    authors = Html("<span>by {}</span>").format(isolated(", ".join(citation.authors))) if citation.authors else ""
    parts = filter(None, (title, authors, link(citation.quote_url or citation.url, citation.url)))
    revision = revision_html(citation.revision) if citation.revision else ""
    return Html('<p class="title">{}{}</p>').format(Html(" ").join(parts), revision)


def _footer(citation: Citation, catalogue: Catalogue) -> Html:
    """Return the links and what can be unfolded: how to cite the passage, its evidence, and who else prints it."""
    copied = Html('<button type="button" data-do="copy" data-href="{}" data-whole="{}">Copy quote</button>')
    parts = [
        page_link(passage_url(citation), "Read in context"),
        copied.format(citation_url(citation, "quote"), citation_url(citation, "passage")),
        _cite(citation),
        _source(citation, catalogue),
        _copies(citation),
    ]
    return Html().join(parts)


def _source(citation: Citation, catalogue: Catalogue) -> Html:
    """Return the evidence for outlet and date, what the catalogue states of the outlet, and the score."""
    basis = citation.date_basis or "not stated"
    outlet = catalogue.outlet(citation.outlet) if citation.outlet else None
    rows = [
        ("Outlet", isolated(wording.outlet_evidence(citation))),
        ("Date", isolated(wording.DATE_BASES.get(basis, basis))),
        *([("Text", wording.DIGEST)] if citation.kind == "digest" else []),
        *(facts(outlet) if outlet else [("Catalogue", about(None))] if citation.outlet else []),
        ("Score", f"{citation.score:.2f}: {SCORE}"),
    ]
    return Html("<details><summary>Source details</summary>{}</details>").format(definitions(rows))


def _cite(citation: Citation) -> Html:
    """Return a link to the citation in each form, and a button that copies it."""
    form_links = Html(
        '<span><a href="{0}" download>{1}</a> <button type="button" data-do="copy" data-href="{0}" '
        'aria-label="Copy as {1}">copy</button></span> '
    )
    links = (form_links.format(citation_url(citation, name), form.label) for name, form in FORMS.items())
    return Html('<details class="cite"><summary>Cite</summary>{}</details>').format(Html().join(links))


def _copies(citation: Citation) -> Html:
    """Return who else prints the passage, to be unfolded."""
    elsewhere = [*filter(None, (wording.republished(citation), wording.repeated(citation)))]
    if not elsewhere:
        return Html()
    summary = wording.counted(len(citation.copies), "copy", "copies") if citation.copies else "Elsewhere"
    details = Html('<details class="copies"><summary>{}</summary><p>{}</p></details>')
    return details.format(summary, isolated("; ".join(elsewhere)))
