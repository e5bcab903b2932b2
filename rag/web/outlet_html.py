"""What the catalogue states of an outlet, as HTML: each fact with its source and the day for which it is stated."""

from __future__ import annotations

from rag.answer.html import Html, isolated, link
from rag.provenance.catalogue import domain
from rag.provenance.outlet import FACT_FIELDS, Fact, Outlet, Rating

LABELS = {"state": "State media of"}  # of the facts whose field name does not say what they are


def about(outlet: Outlet | None) -> Html:
    """Return in some words what is known of an outlet: "newspaper, Spain", "broadcaster, state media of Iran"."""
    if outlet is None:
        return Html("not in the catalogue of outlets")
    where = Html(", {}").format(isolated(outlet.country.value)) if outlet.country else ""
    state = Html(", state media of {}").format(isolated(outlet.state.value)) if outlet.state else where
    return Html("{}{}").format(outlet.kind or "not classified", state)


def facts(outlet: Outlet) -> list[tuple[str, str]]:
    """Return the label and the HTML of each fact, the kind first and the ratings last."""
    kind = f"{outlet.kind} (our classification)" if outlet.kind else "not classified"
    stated = [(LABELS.get(name, name.capitalize()), _fact(getattr(outlet, name))) for name in FACT_FIELDS]
    ratings = Html("; ").join(map(_rating, outlet.ratings)) or "unrated"
    return [("Kind", kind), *stated, ("Rating", ratings)]


def _fact(fact: Fact | None) -> str:
    if fact is None:
        return "not stated"
    as_of = f"as of {fact.as_of}" if fact.as_of else "date not stated"
    return Html("{} ({}, {})").format(isolated(fact.value), _source(fact.source), as_of)


def _rating(rating: Rating) -> Html:
    source = Html(" ({})").format(_source(rating.source)) if rating.source else ""
    return Html("{}, by {}, {}{}").format(isolated(rating.value), isolated(rating.rater), rating.date, source)


def _source(source: str) -> Html:
    return link(source, domain(source) or source)
