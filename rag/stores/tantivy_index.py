"""Words -> the passages and articles that hold them, by tantivy; `faiss_index` is the same for vectors.

After `filters`; before `snapshot`, which decides what is indexed and when. There are two indexes in one folder: of
passages, whose score is the share of the question's words that a passage holds, rarer words counting more; and of whole
articles with their titles, ranked by BM25. Text is normalised (`normalise`) and analysed for English; words of other
languages are found in the form that is printed.
"""

from __future__ import annotations

import functools
import itertools
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex
import tantivy

from rag.stores.filters import IndexFilter, tantivy_queries
from rag.stores.normalise import ACRONYMS, COMPOUND, ZERO_WIDTH_NON_JOINER, normalise

# A word counts by its inverse document frequency to this power: 0.524 of 340 questions have evidence in the first
# passage with 1.5, 0.512 with 1, 0.506 with 0.7 (docs/measurements/retrieval.md, "Word scores").
RARITY_EXPONENT = 1.5
# Up to so many passages, those that hold a word are counted, in 0.1 ms, without those that were deleted recently.
MAX_EXACT_COUNT = 1000
WRITER_HEAP_BYTES = 64_000_000  # that an indexing run holds before it writes a segment
BM25_K1, BM25_B = 1.2, 0.75  # tantivy's constants; the score of a word is at most k1 + 1 times its rarity
MAX_WORD_BYTES = 64
ANALYSED_WORDS = 100_000  # kept in memory

MAX_PHRASE_WORDS = 8  # that are looked for of a longer text: hardly any other article has them in this order
MAX_LOOKED_AT = 30  # words of a text among which these are chosen
MAX_WORD_LETTERS = 16  # that words and the spaces around them have on average

MAX_SIMILAR_WORDS, PASSAGES_OF_A_WORD = 3, 5  # that are looked at for one that nothing holds
# Letters that may be missing or wrong in a word, by the letters that it has.
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя", "αβγδεζηθικλμνξοπρστυφχψω",
    "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی", "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
)  # fmt: skip

Spellings = tuple[tuple[str, ...], ...]

# Words that say how something is asked, not what is asked for.
FUNCTION_WORDS = frozenset(
    regex.findall(
        r"\w+",
        """
        a about after again all also am an and any anybody anyone are as at be been before being between but by can
        could did do does doing done down each either else ever every few for from further had has have having he her
        here hers him his how i if in into is it its itself just let many may me might mine more most much must my no
        nor not of off on once one only or other our ours out over own same shall she should so some such tell than that
        the their theirs them then there these they this those through to too under until up upon us very was we were
        what whatever when where whether which while who whom whose why will with would you your yours whats whos didnt
        doesnt wasnt isnt find know please ایا
        """,
    )
)


_WORD = regex.compile(r"[\p{Alphabetic}\p{N}]+")
_WORD_OF_QUESTION = regex.compile(rf"{COMPOUND}|[\p{{L}}\p{{N}}][\p{{L}}\p{{M}}\p{{N}}]*")
_NUMBER = regex.compile(r"[0-9]+(?:p[0-9]+)?")  # as `normalise` writes it
_EMPHASIS = frozenset(f"{word.lower()}0" for word in ACRONYMS)  # where nothing holds it: "What IS the plan?"


@dataclass(frozen=True)
class Document:
    """An article to be indexed.

    Attributes:
        key: its key.
        outlet: its outlet, by which it is filtered.
        date: its date as one integer (see `filters`), NO_DATE if it has none; it is filtered by this too.
        text: title and text.
        passages: (key, text) of each passage.
    """

    key: int
    outlet: str | None
    date: int
    text: str
    passages: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Term:
    """One word of a question, or one name in all its spellings.

    Attributes:
        spellings: the analysed words of each spelling, sorted, with "" for a word that is not indexed, such as "of";
            one spelling of one word unless it is a name.
        name: whether it is printed as a name or number, or known as a name; if the question has no capitals, or only
            capitals, any word may be one.
        passages: number of passages that hold it.
        articles: number of articles that hold it.
    """

    spellings: Spellings
    name: bool
    passages: int
    articles: int

    @property
    def unknown(self) -> bool:
        """Whether no passage of the index holds it."""
        return not self.passages

    @property
    def unheld(self) -> bool:
        """Whether no article of the index holds it, not even in its title."""
        return not self.passages and not self.articles


class WordIndex:
    """A snapshot of the index in a folder, for reading; safe to use from several threads."""

    def __init__(self, folder: Path):
        """Open the index. Raises ValueError or OSError if it cannot be read."""
        self._passages = _open(folder / "passages").searcher()
        self._articles = _open(folder / "articles").searcher()

    def __len__(self) -> int:
        """Number of passages."""
        return int(self._passages.num_docs)

    def passage_keys(self) -> dict[int, list[int]]:
        """Return the keys of all passages, by article key; none for an article that is in one of the indexes alone."""
        held: dict[int, list[int]] = {key: [] for key, _ in _every(self._articles)}
        for key, article in sorted(_every(self._passages)):
            held.get(article, []).append(key)
        return held

    def terms(self, question: str, aliases: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        """Return the terms of a question (see `question_words`), each with the number of what holds it."""
        found = [
            Term(spellings, named, self._count(self._passages, spellings), self._count(self._articles, spellings))
            for spellings, named in question_words(question, aliases)
        ]
        return without_emphasis(found)

    def coverage(
        self, terms: Sequence[Term], limit: int, index_filter: IndexFilter, keys: Sequence[int] = ()
    ) -> dict[int, float]:
        """Return the share of a question that passages hold, by passage key: rarer words count more; 1 is all of it.

        Args:
            terms: from `terms`.
            limit: the most passages to return, best first.
            index_filter: which passages may be found.
            keys: look at these passages alone, whatever they hold; by default all are searched.
        """
        shares = weights(terms, len(self))
        if not shares:
            return {}
        words = [_boosted(_constant(_query(t.spellings)), w) for t, w in zip(terms, shares, strict=True)]
        query = _any(words)
        if keys:
            query = _all([_any([_number("key", key) for key in keys]), query])
        return dict(_hits(self._passages, query, limit, index_filter))

    def article_scores(self, terms: Sequence[Term], limit: int, index_filter: IndexFilter) -> dict[int, float]:
        """Return BM25 of whole articles, by article key, as a share of the most that the question's words could give.

        Args:
            terms: from `terms`.
            limit: the most articles to return, best first.
            index_filter: which articles may be found.
        """
        most = max_score(terms, int(self._articles.num_docs))
        if not most:
            return {}
        hits = _hits(self._articles, _any([_query(t.spellings) for t in terms]), limit, index_filter)
        return {key: min(1.0, score / most) for key, score in hits}  # a phrase can score more than its name's weight

    def article_coverage(self, terms: Sequence[Term], articles: Sequence[int]) -> dict[int, float]:
        """Return the share of the terms that articles hold, by article key; those that hold none are missing."""
        if not terms or not articles:
            return {}
        words = _any([_boosted(_constant(_query(t.spellings)), 1 / len(terms)) for t in terms])
        query = _all([_any([_number("key", key) for key in articles]), words])
        return dict(_hits(self._articles, query, len(articles), IndexFilter()))

    def articles_containing(self, text: str, limit: int) -> list[int]:
        """Return the keys of articles that may have the words of a text one after the other, in order of key.

        Only MAX_PHRASE_WORDS of them are looked for, and those that are not indexed match any word.

        Args:
            text: the words.
            limit: how many to return at most.
        """
        phrase = longest_words(text)
        if not phrase:
            return []
        return sorted(key for key, _ in _hits(self._articles, _constant(_query((phrase,))), limit, IndexFilter()))

    def similar_words(self, word: str) -> list[tuple[str, list[int]]]:
        """Return words that differ by one letter, the most frequent first, with keys of passages that hold them."""
        held = {other: int(self._passages.doc_freq("body", other)) for other in one_letter_off(word)}
        likely = sorted((other for other, n in held.items() if n), key=lambda other: (-held[other], other))
        queries = ((other, _query(((other,),))) for other in likely[:MAX_SIMILAR_WORDS])
        return [
            (other, [key for key, _ in _hits(self._passages, query, PASSAGES_OF_A_WORD, IndexFilter())])
            for other, query in queries
        ]

    def articles_in_script(self, script: str) -> int:
        """Return how many articles hold a word that begins in a script, by its name in Unicode."""
        words = tantivy.Query.regex_query(_schema(), "body", rf"\p{{{script}}}.*")
        return int(self._articles.search(words, limit=1, count=True).count or 0)  # type: ignore[attr-defined]

    def _count(self, searcher: tantivy.Searcher, spellings: Spellings) -> int:
        if len(spellings) == 1 and len(spellings[0]) == 1:
            held = int(searcher.doc_freq("body", spellings[0][0]))
            if held > MAX_EXACT_COUNT:
                return held
        return int(searcher.search(_query(spellings), limit=1, count=True).count or 0)  # type: ignore[attr-defined]


def question_words(
    question: str, aliases: Sequence[tuple[int, int, Sequence[str]]] = ()
) -> list[tuple[Spellings, bool]]:
    """Return the words of a question that are worth searching for: (`Term.spellings`, `Term.name`) of each.

    Args:
        question: as asked.
        aliases: (start, end, all spellings) of each name in it that has several.
    """
    found: dict[Spellings, bool] = {}
    rest = question
    for start, end, spellings in aliases:
        rest = rest[:start] + " " * (end - start) + rest[end:]
        found[tuple(sorted(set(filter(None, map(analysed_phrase, spellings)))))] = True
    plain = question in (question.upper(), question.lower())  # also of letters that have no capitals
    digits = any(map(str.isdigit, rest))  # "thirty" is searched for as 30, and is no name
    for word in _WORD_OF_QUESTION.finditer(normalise(rest)):
        text = word.group()
        if ZERO_WIDTH_NON_JOINER in text:  # written as one word, or as several
            parts, _, joined = text.partition(" ")
            found[tuple(sorted({analysed_phrase(joined), _parts(parts)}))] = plain
            continue
        acronym = not plain and len(text) > 1 and text.isupper()  # "US", "WHO"
        if text.lower() in FUNCTION_WORDS and not acronym:
            continue
        named = plain or (digits and bool(_NUMBER.fullmatch(text))) or (text[0].isupper() and word.start() > 0)
        for token in _tokens(text):
            if len(token) > 1 or not token.isascii():
                found[((token,),)] = found.get(((token,),), False) or named
    return [(spellings, named) for spellings, named in found.items() if spellings]


def _parts(compound: str) -> tuple[str, ...]:
    return tuple(map(_token, compound.split(ZERO_WIDTH_NON_JOINER)))


def one_letter_off(word: str) -> set[str]:
    """Return what a word becomes with one letter more, less, another one, or two neighbours exchanged."""
    letters = next((alphabet for alphabet in ALPHABETS if set(alphabet) & set(word)), "")
    parts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in parts if b} | {a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1}
    found |= {a + letter + rest for a, b in parts for letter in letters for rest in (b, b[1:])}
    return found - {word}


def differs_by_a_letter(a: str, b: str) -> bool:
    """Return whether two words, as they are printed, differ by one letter; case and accents do not count."""
    one, other = (
        "".join(c for c in unicodedata.normalize("NFKD", normalise(word).lower()) if not unicodedata.combining(c))
        for word in (a, b)
    )
    return other in one_letter_off(one)


def without_emphasis(terms: Sequence[Term]) -> list[Term]:
    """Return the terms without acronyms that nothing holds and that may be words: "What IS the plan?"."""
    return [term for term in terms if not (term.unknown and len(term.spellings) == 1 and is_emphasis(term.spellings))]


def is_emphasis(spellings: Spellings) -> bool:
    """Return whether a term may be a function word that was printed in capitals."""
    return spellings[0][0] in _EMPHASIS


def weights(terms: Sequence[Term], passages: int) -> list[float]:
    """Return the share of a question that each of its terms is; [] if none counts. `passages` counts all passages."""
    rarities = [rarity(t.passages, passages) ** RARITY_EXPONENT for t in terms]
    total = sum(rarities)
    return [rarity / total for rarity in rarities] if total else []


def max_score(terms: Sequence[Term], articles: int) -> float:
    """Return the most that BM25 could give an article for all terms. `articles` counts all articles."""
    return (BM25_K1 + 1) * sum(rarity(t.articles, articles) for t in terms)


def analyse(text: str) -> list[str]:
    """Return the words of a text as they are indexed, "" for a word that is not, such as "of"."""
    return list(_analysed_word(text)) if len(text) <= MAX_WORD_BYTES else _analysed(text)


def _analysed(text: str) -> list[str]:
    return [_token(word) for word in _splitter().analyze(normalise(text))]


@functools.lru_cache(ANALYSED_WORDS)
def _analysed_word(text: str) -> tuple[str, ...]:
    return tuple(_analysed(text))


def holds_term(words: Sequence[str], term: Term) -> bool:
    """Return whether an analysed text holds a term in one of its spellings."""
    return any(_holds_phrase(words, spelling) for spelling in term.spellings)


def _holds_phrase(words: Sequence[str], spelling: Sequence[str]) -> bool:
    """Return whether a text holds some words one after the other; "" matches any word."""
    if len(spelling) == 1:
        return spelling[0] in words
    places = (i for i, word in enumerate(words) if word == spelling[0])
    return any(
        len(words) - i >= len(spelling) and all(not w or w == words[i + j] for j, w in enumerate(spelling))
        for i in places
    )


def update(folder: Path, gone: Iterable[int], documents: Iterable[Document]) -> None:
    """Bring the index in a folder up to date; create it if there is none.

    Args:
        folder: nothing else may read or write it meanwhile.
        gone: keys of articles to delete; those of `documents` are deleted anyway, before they are added.
        documents: articles to add.
    """
    indexes = []
    for name in ("passages", "articles"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        indexes.append(_open(folder / name))
    passages, articles = (index.writer(WRITER_HEAP_BYTES, 1) for index in indexes)
    try:
        for key in gone:
            passages.delete_documents_by_query(_number("article", key))
            articles.delete_documents_by_query(_number("article", key))
        for document in documents:
            passages.delete_documents_by_query(_number("article", document.key))
            articles.delete_documents_by_query(_number("article", document.key))
            articles.add_document(_document(document, document.key, document.text))
            for key, text in document.passages:
                passages.add_document(_document(document, key, text))
        passages.commit()
        articles.commit()
        for writer in (passages, articles):
            writer.garbage_collect_files()
            writer.wait_merging_threads()
    finally:
        del passages, articles  # waits for their threads, which write files that the caller may delete after an error


@functools.cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=False, tokenizer_name="words", index_option="position")
    builder.add_text_field("outlet", stored=False, tokenizer_name="raw", index_option="basic")
    for name in ("key", "article", "day"):
        builder.add_unsigned_field(name, stored=False, indexed=True, fast=True)
    return builder.build()


@functools.cache
def _splitter() -> tantivy.TextAnalyzer:
    """Split a text into words as `_analyser` does."""
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase()).build()


@functools.lru_cache(ANALYSED_WORDS)
def _token(word: str) -> str:
    return (*_tokens(word), "")[0]


@functools.cache
def _analyser() -> tantivy.TextAnalyzer:
    filters = (
        tantivy.Filter.remove_long(MAX_WORD_BYTES), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"), tantivy.Filter.stemmer("english"),
    )  # fmt: skip
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for each in filters:
        builder = builder.filter(each)
    return builder.build()


def _tokens(text: str) -> list[str]:
    return list(_analyser().analyze(text))


def longest_words(text: str) -> tuple[str, ...]:
    """Return MAX_PHRASE_WORDS words of a text, as `analysed_phrase`, from where the longest are, which are rare."""
    phrase = analysed_phrase(text, MAX_LOOKED_AT) or analysed_phrase(text)
    lengths = [0, *itertools.accumulate(map(len, phrase))]
    starts = range(max(1, len(phrase) - MAX_PHRASE_WORDS + 1))
    best = max(starts, key=lambda i: lengths[min(len(phrase), i + MAX_PHRASE_WORDS)] - lengths[i])
    held = [i for i in range(best, min(len(phrase), best + MAX_PHRASE_WORDS)) if phrase[i]]
    return phrase[held[0] : held[-1] + 1] if held else ()


def analysed_phrase(text: str, most: int | None = None) -> tuple[str, ...]:
    """Return the analysed words of a phrase, "" for one that is not indexed: it keeps its position in the phrase.

    Args:
        text: the phrase.
        most: how many words to look at, from its beginning; None for all.
    """
    beginning = text if most is None else text[: most * MAX_WORD_LETTERS]
    found = _WORD.findall(normalise(beginning))
    if most is not None and len(found) <= most and len(beginning) < len(text):  # the last one may have been cut
        found = _WORD.findall(normalise(text))
    words = [_token(word) for word in found[:most]]
    held = [i for i, word in enumerate(words) if word]
    return tuple(words[held[0] : held[-1] + 1]) if held else ()


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer("words", _analyser())
    return index


def _document(of: Document, key: int, body: str) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("body", normalise(body))
    if of.outlet:
        document.add_text("outlet", of.outlet)
    for name, value in (("key", key), ("article", of.key), ("day", of.date)):
        document.add_unsigned(name, value)
    return document


def _hits(
    searcher: tantivy.Searcher, query: tantivy.Query, limit: int, index_filter: IndexFilter
) -> Iterable[tuple[int, float]]:
    """Return (key, score) of the best documents."""
    parts = [_boosted(_constant(part), 0.0) for part in tantivy_queries(index_filter, _schema())]
    found = searcher.search(_all([*parts, query]) if parts else query, limit=limit, count=False).hits
    if not found:
        return ()
    keys = searcher.fast_field_values("key", [address for _, address in found])
    return [(int(key), float(score)) for key, (score, _) in zip(keys, found, strict=True)]  # type: ignore[arg-type]


def _every(searcher: tantivy.Searcher) -> list[tuple[int, int]]:
    """Return (key, article key) of all documents."""
    count = int(searcher.num_docs)
    found = searcher.search(tantivy.Query.all_query(), limit=count, count=False).hits if count else []
    addresses = [address for _, address in found]
    fields = [searcher.fast_field_values(name, addresses) for name in ("key", "article")] if found else [[], []]
    return [(int(key), int(article)) for key, article in zip(*fields, strict=True)]


def _query(spellings: Spellings) -> tantivy.Query:
    """Return the query for documents that hold one of the spellings; the best one counts."""
    parts = [
        tantivy.Query.term_query(_schema(), "body", words[0], "freq")
        if len(words) == 1
        else tantivy.Query.phrase_query(_schema(), "body", [(i, word) for i, word in enumerate(words) if word])
        for words in spellings
    ]
    return parts[0] if len(parts) == 1 else tantivy.Query.disjunction_max_query(parts)


def _number(field: str, value: int) -> tantivy.Query:
    return _boosted(tantivy.Query.term_query(_schema(), field, value, "basic"), 0.0)


def _constant(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 1.0)


def _boosted(query: tantivy.Query, by: float) -> tantivy.Query:
    return tantivy.Query.boost_query(query, by)


def _any(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _all(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def rarity(holding: int, of: int) -> float:
    """Return the inverse document frequency of BM25 (Robertson and Spärck Jones 1976).

    For a word that many documents hold, those deleted recently are counted too (see MAX_EXACT_COUNT).
    """
    held = min(holding, of)
    return math.log(1 + (of - held + 0.5) / (held + 0.5))
