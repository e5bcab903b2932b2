"""ScoredPassages -> the same scored by words alone, for a question in a language that the encoder does not know.

The vectors of such a question say nothing, and neither does a reranker. What counts is how many of the words that say
what is asked for a passage holds. The word index has words as they are printed, which is enough to find passages; to
compare the few that were found, words with the same beginning count as one, since most of these languages inflect.
"""

from __future__ import annotations

import functools
import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import regex

from rag.query.function_words import function_words, without_function_words, word_lists
from rag.query.languages import Language
from rag.retrieval.scored_passage import ScoredPassage
from rag.stores.normalise import normalise
from rag.stores.tantivy_index import FUNCTION_WORDS, Term, analyse, rarity

# The share of a question's words that one passage must hold, rarer words counting more: the more articles, the more of
# it is in some passage by chance (docs/measurements/languages.md). Of a question of several words, one is never enough.
SHARE_OF_ONE, SHARE_PER_TENFOLD, LEAST_SHARE, MOST_SHARE = 0.13, 0.19, 0.4, 0.8
MIN_HELD = 2
# Two words are forms of one if they begin with so many letters in common, and this share of the longer one's. Of Korean
# two syllables are enough: endings are as long as words.
MIN_COMMON, COMMON_SHARE, MIN_SYLLABLES = 3, 2 / 3, 2
# Letters that are compared in a row in writings without spaces. Two letters of an alphabet are in nearly any text.
PAIR, LETTERS_IN_A_ROW = 2, 4

_ALPHABETS = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_RUN = regex.compile(rf"[\p{{Han}}\p{{Hiragana}}\p{{Katakana}}ー々〆]+|[{_ALPHABETS}]+")
_LETTER = regex.compile(r"\P{M}\p{M}*")
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*")
_IS_ALPHABET = regex.compile(rf"[{_ALPHABETS}]")
_SYLLABLE = regex.compile(r"\p{Hangul}")


@dataclass(frozen=True)
class Words:
    """The words of a text.

    Attributes:
        spaced: those between spaces, in small letters.
        rows: of writings without spaces, letters in a row.
    """

    spaced: tuple[str, ...]
    rows: tuple[str, ...]

    def __len__(self) -> int:
        """Number of words and rows."""
        return len(self.spaced) + len(self.rows)


def min_share(articles: int) -> float:
    """Return the share of a question's words from which a passage is shown, in an index of so many articles."""
    return min(MOST_SHARE, max(LEAST_SHARE, SHARE_OF_ONE + SHARE_PER_TENFOLD * math.log10(max(1, articles))))


def scored_by_words(
    question: str, language: Language, terms: Sequence[Term], articles: int, found: Iterable[ScoredPassage]
) -> list[ScoredPassage]:
    """Score passages by the share of a question's words that they hold, best first.

    The titles of their articles count too. The scores of their sentences become shares as well, so that those with the
    words are marked.

    Args:
        question: as it is searched for.
        language: the question's.
        terms: its words, as the word index counts them.
        articles: number of articles in the index.
        found: passages, in any order.
    """
    asked = asked_words(question, language)
    weights = _weights(asked, terms, articles)
    scored = []
    for passage in found:
        article, start, end = passage.article, passage.passage.start, passage.passage.end
        whole = held(asked, words_of(f"{article.title or ''}\n{article.text[start:end]}"))
        sentences = [share(weights, held(asked, words_of(article.text[a:b]))) for a, b in passage.passage.sentences]
        score = share(weights, whole)
        shares = np.array(sentences, np.float32)
        scored.append(replace(passage, retrieval=score, own=0.0, sentences=shares, words=score, relevance=0.0))
    return sorted(scored, key=lambda passage: (-passage.score, -passage.article_words))


def _weights(asked: Words, terms: Sequence[Term], articles: int) -> dict[str, float]:
    """Return what each word of a question counts: its inverse document frequency, that of rows as if none were held."""
    held_by = {term.spellings[0][0]: term.articles for term in terms if len(term.spellings) == 1}
    unknown = rarity(0, articles)
    spaced = {word: rarity(held_by.get(next(iter(analyse(word)), ""), 0), articles) for word in asked.spaced}
    return spaced | dict.fromkeys(asked.rows, unknown)


def asked_words(question: str, language: Language) -> Words:
    """Return the words that say what is asked for."""
    own = _function_words(language.code) | FUNCTION_WORDS  # a name in another script may be asked for in English
    cut = _cut(language.code)
    words = words_of(cut.sub(" ", unicodedata.normalize("NFKC", question)) if cut else question)
    spaced = without_function_words([word for word in words.spaced if word not in own], language.code)
    if not spaced and not words.rows:  # all are function words
        spaced = list(words.spaced)
    return Words(tuple(dict.fromkeys(spaced)), tuple(dict.fromkeys(words.rows)))


def words_of(text: str) -> Words:
    """Return the words of a text, spelled as the word index spells them."""
    text = unicodedata.normalize("NFKC", text)
    rows: list[str] = []
    for found in _RUN.finditer(text):
        letters = _LETTER.findall(found.group())
        n = LETTERS_IN_A_ROW if _IS_ALPHABET.match(found.group()) else PAIR
        if len(letters) > 1:
            rows += ["".join(letters[i : i + n]) for i in range(max(1, len(letters) - n + 1))]
    spaced = [word.lower() for word in _WORD.findall(normalise(_RUN.sub(" ", text)))]
    return Words(tuple(word for word in spaced if len(word) > 1 or not word.isascii()), tuple(rows))


def held(asked: Words, text: Words) -> frozenset[str]:
    """Return which words of a question a text holds, in any form."""
    by_letter: dict[str, set[str]] = defaultdict(set)
    for word in text.spaced:
        by_letter[word[0]].add(word)
    spaced = (word for word in asked.spaced if any(_same(word, other) for other in by_letter.get(word[0], ())))
    return frozenset((*spaced, *(set(asked.rows) & set(text.rows))))


def share(weights: Mapping[str, float], words: frozenset[str]) -> float:
    """Return the share of a question that some of its words are; 0 if they are too few to tell.

    Args:
        weights: what each of its words counts.
        words: those that a text holds.
    """
    if len(words) < max(1, min(MIN_HELD, len(weights))):
        return 0.0
    return sum(weights[word] for word in words) / sum(weights.values())


def _same(a: str, b: str) -> bool:
    """Return whether two words may be forms of one."""
    if a == b:
        return True
    common = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if _SYLLABLE.match(a):
        return common >= MIN_SYLLABLES
    return common >= MIN_COMMON and common >= COMMON_SHARE * max(len(a), len(b))


@functools.cache
def _function_words(language: str) -> frozenset[str]:
    """Return the function words of a language as the word index spells them."""
    return frozenset(word for each in function_words(language) for word in words_of(each).spaced)


@functools.cache
def _cut(language: str) -> regex.Pattern[str] | None:
    """Return what finds the function words of a writing without spaces, the longest first; None for others."""
    if language not in word_lists("unspaced"):
        return None
    return regex.compile("|".join(sorted(map(regex.escape, function_words(language)), key=len, reverse=True)))
