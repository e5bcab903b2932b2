"""Find who else prints the words of a citation, and where near-copies have other words.

Candidates come from the store: passages found to be duplicates, articles that share a sentence, articles that may have
the quoted words. What is said of each is then decided by its text alone (`variants`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import regex

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.citation import Citation
from rag.answer.precedence import LATER, first_version
from rag.answer.selection import replace_version
from rag.answer.variants import find_variants, in_order, is_near_copy, print_words
from rag.article import Article
from rag.errors import CitationError
from rag.provenance import duplicates
from rag.provenance.catalogue import Catalogue
from rag.provenance.differences import words
from rag.retrieval.scored_passage import ScoredPassage
from rag.stores.base import Relations, Store, View

# Articles with the quoted words that are looked at; only formulas such as "All rights reserved" are in more.
MAX_CONTAINING = 1000
MAX_NEAR = 50  # articles with one sentence of a passage that are looked at

_SENTENCE = regex.compile(r"[^.!?\n]+")


def related(passage: ScoredPassage, relations: Relations) -> list[str]:
    """Return the ids of other articles that have the words of a passage, nearly, or one of its sentences."""
    found = (i for key in passage.keys for i in (*relations.duplicates[key], *relations.sharers[key]))
    return list(dict.fromkeys(i for i in (*passage.near_copies, *found) if i != passage.article.id))


def original(
    passage: ScoredPassage,
    selected: Sequence[ScoredPassage],
    found: Sequence[ScoredPassage],
    near: Collection[str],
    catalogue: Catalogue,
) -> ScoredPassage:
    """Return the version of a passage that is to be shown: its own, or that of a near-copy which was found too.

    Args:
        passage: one of the passages that were selected.
        selected: all of these.
        found: all passages found, best first.
        near: ids of the articles that may have near-copies of it.
        catalogue: which outlets are news agencies.
    """
    taken = {key for p in selected for key in p.keys}
    near_copies = [p for p in found if p.article.id in near and taken.isdisjoint(p.keys)] if near else []
    if not near_copies:
        return passage
    own = duplicates.shingles(passage.text)
    others = {
        p.article.id: p
        for p in reversed(near_copies)
        if duplicates.overlap(own, duplicates.shingles(p.text)) >= duplicates.MIN_OVERLAP
    }
    if not others:
        return passage
    first, _ = first_version([passage.article, *(other.article for other in others.values())], catalogue)
    return passage if first.id == passage.article.id else replace_version(passage, others[first.id], found)


def with_copies(
    citation: Citation, near: Sequence[str] | None, view: View, store: Store, catalogue: Catalogue
) -> tuple[Citation, set[str]]:
    """Return a citation with who else prints it, and the ids of the articles whose words are from the same source.

    Args:
        citation: the citation.
        near: ids of the articles that may have near-copies of its passage (see `related`); None to look for articles
            that have one of its lines or sentences.
        view: the passages that were searched.
        store: where the articles are.
        catalogue: which outlets are news agencies.

    Raises:
        CitationError: if the article is not stored as it was searched.
    """
    printing = view.containing(citation.quotation, MAX_CONTAINING)
    if near is None:
        sentences = [s for s in _SENTENCE.findall(citation.text) if len(words(s)) >= duplicates.MIN_SENTENCE_WORDS]
        near = list(dict.fromkeys(i for sentence in sentences for i in view.containing(sentence, MAX_NEAR)))
    candidates = dict.fromkeys((*near, *view.duplicates(citation.article_id), *printing))
    candidates.pop(citation.article_id, None)
    if not candidates:
        return replace(citation, republishers=(citation.host or citation.outlet or UNKNOWN_OUTLET,)), set()
    split = store.articles([citation.article_id, *candidates])
    own = split.pop(citation.article_id, None)
    if own is None:
        raise CitationError(f"article {citation.article_id!r} has changed since it was found; ask again")
    copies = [article for article, _ in split.values() if print_words(citation.quotation, article.text)]
    near_copies = [article for article, _ in split.values() if is_near_copy(citation.text, article.text)]
    variants = in_order([v for a in near_copies for v in find_variants(citation, own, split[a.id])])
    changed = {variant.article_id for variant in variants}
    publishers = (a.host or a.outlet or UNKNOWN_OUTLET for a in (own[0], *copies))
    ids = {article.id for article in copies}
    return replace(
        citation,
        copies=tuple(i for i in candidates if i in ids),
        republishers=tuple(dict.fromkeys(publishers)),
        shared=tuple(i for i in near if i in split and i not in ids and i not in changed),
        variants=variants,
        version_basis=_basis(own[0], near_copies, catalogue) if variants else None,
    ), {a.id for a in near_copies} | (set(near) & split.keys())  # fmt: skip


def _basis(article: Article, near_copies: Sequence[Article], catalogue: Catalogue) -> str:
    """Return why a version is the one that is cited (see `precedence`)."""
    first, basis = first_version([article, *near_copies], catalogue)
    return basis if first.id == article.id else LATER
