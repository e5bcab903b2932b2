"""Whether a text that is read is another version of an article, or another article.

An article is identified by the id that the input gives it within its source (the outlet that it names, else the file),
else by its canonical address, else by its content. That is not enough by itself: files number their rows, several
pages follow each other at one address, people rename files and correct outlets. So the texts, titles and addresses are
compared too, and in doubt there are two articles: of two that are shown apart nothing is lost.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from rag.address import canonical_address
from rag.article import FORMER_ID_DIGITS, ID_DIGITS, Article, derived_ids
from rag.provenance.outlet import key

# Share of the shorter text's pairs of neighbouring words that a version of it has, where nothing but the address and
# the title speaks for it; unrelated reports of one event share a tenth.
MIN_SHARED = 0.3
# The same of the longer text, where the titles differ: a page that shows one article after another shares less.
MIN_SHARED_OTHER_TITLE = 0.7
MIN_LENGTH = 0.5  # of the longer text: a shorter one is a summary, as feeds have them

# Between an id that the input gives and what tells it from the same id of another source.
QUALIFIER = "@"

_WORD = regex.compile(r"\w+")
_DERIVED = regex.compile(rf"[0-9a-f]{{{FORMER_ID_DIGITS}}}|[0-9a-f]{{{ID_DIGITS}}}")
_MAX_LABEL = 40  # characters of an outlet's or a file's name in an id


@dataclass(frozen=True)
class Likeness:
    """What two texts, titles, outlets and addresses have in common.

    Attributes:
        text: whether the texts are equal.
        of_shorter, of_longer: share of the shorter and of the longer text's pairs of words that the other one has.
        length: of the shorter text, as a share of the longer one's.
        titles_differ: whether both have a title, and not the same one.
        same_address: whether both have the same canonical address.
        same_outlet: whether both name the same outlet, in any spelling (`rag.provenance.outlet.key`).
        outlets_differ: whether both name one, and not the same one.
        same_file: whether they were read from the same file.
    """

    text: bool
    of_shorter: float
    of_longer: float
    length: float
    titles_differ: bool
    same_address: bool
    same_outlet: bool
    outlets_differ: bool
    same_file: bool

    @property
    def related(self) -> bool:
        """Whether one text may be a version of the other."""
        return self.text or self.of_shorter >= MIN_SHARED

    @property
    def rank(self) -> int:
        """How much speaks for the same article, to choose among several that it may be."""
        return 8 * self.text + 4 * self.same_outlet + 2 * self.same_file + self.same_address


def likeness(one: Article, other: Article) -> Likeness:
    """Return what two articles have in common."""
    a, b = _pairs(one.text), _pairs(other.text)
    shared, sizes = len(a & b), sorted((len(a), len(b)))
    titles = [" ".join(_WORD.findall((each.title or "").casefold())) for each in (one, other)]
    outlets = [key(each.outlet or "") or (each.outlet or "") for each in (one, other)]
    addresses = [canonical_address(each.url) for each in (one, other)]
    return Likeness(
        text=one.text == other.text,
        of_shorter=shared / max(1, sizes[0]),
        of_longer=shared / max(1, sizes[1]),
        length=sizes[0] / max(1, sizes[1]),
        titles_differ=bool(all(titles)) and titles[0] != titles[1],
        same_address=addresses[0] is not None and addresses[0] == addresses[1],
        same_outlet=outlets[0] == outlets[1] != "",
        outlets_differ=all(outlets) and outlets[0] != outlets[1],
        same_file=one.source == other.source,
    )


def same_by_id(like: Likeness, both_read: bool) -> bool:
    """Whether two articles to which the input gives the same id are one.

    Args:
        like: what they have in common.
        both_read: whether both were read in this run, so that neither has taken the other's place in a file.
    """
    evidence = like.related or like.same_address
    if like.same_file and not both_read:  # the file says something else of the article now
        return not like.outlets_differ or evidence
    if like.outlets_differ:
        return False
    if like.same_file:
        return evidence
    if like.same_outlet:
        return evidence or not like.titles_differ
    return like.text or like.same_address


def same_by_address(one: Article, other: Article, like: Likeness, both_read: bool) -> bool:
    """Whether two articles without an id of the input's are one, as they have the same address.

    Args:
        one: the article that is stored.
        other: the one that is read.
        like: what they have in common.
        both_read: as for `same_by_id`.
    """
    if not like.same_address:
        return False
    replaced = like.same_file and not both_read
    stated = any(each.outlet_basis.startswith("metadata") for each in (one, other))
    if like.outlets_differ and stated and not (replaced and like.text):
        return False
    if replaced and not like.titles_differ:
        return True
    if one.kind != other.kind:
        return False
    if like.titles_differ:
        return like.text or like.of_longer >= MIN_SHARED_OTHER_TITLE
    return like.text or (like.of_shorter >= MIN_SHARED and like.length >= MIN_LENGTH)


def is_given(article: Article) -> bool:
    """Whether the input gave an article its id."""
    return article.id not in derived_ids(article)


def looks_derived(article_id: str) -> bool:
    """Whether an id may be one that was derived from an article's address or content."""
    return _DERIVED.fullmatch(article_id) is not None


def likely_ids(article: Article) -> list[str]:
    """Return the ids that an article may have in an index, as far as that can be said without looking."""
    if is_given(article):
        return [article.id, *(f"{article.id}{QUALIFIER}{label}" for label in labels(article, ()))]
    return list(dict.fromkeys((article.id, *derived_ids(article))))


def labels(article: Article, sibling_outlets: Sequence[str | None]) -> list[str]:
    """Return what may tell an article's id from the same id of other sources, the most readable first.

    Args:
        article: the article.
        sibling_outlets: the outlets of the articles with that id.
    """
    outlet, file = _label(article.outlet or ""), _label(regex.split(r"[/\\]", article.source)[-1].partition(".")[0])
    both = "-".join(filter(None, (outlet, file)))
    return [label for label in (outlet if article.outlet not in sibling_outlets else "", both) if label]


def _label(name: str) -> str:
    letters = unicodedata.normalize("NFKC", name).casefold()
    return str(regex.sub(r"[^\p{L}\p{M}\p{N}]+", "-", letters)[:_MAX_LABEL].strip("-"))


@functools.lru_cache(256)
def _pairs(text: str) -> frozenset[tuple[str, ...]]:
    """Return the pairs of neighbouring words of a text; of one word, the word."""
    words = _WORD.findall(text.casefold())
    return frozenset(itertools.pairwise(words)) or frozenset((word,) for word in words)
