"""Words -> the passages and articles that hold them: tantivy, beside the vectors.

Before the store, which says what is to be held and when. Two indexes stand in one folder: of passages, whose score is
the share of the question's words that a passage holds, rarer words counting more; and of whole articles with their
titles, ranked by BM25. Text is analysed for English; words of other languages are found as they are printed.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex
import tantivy

# A word counts by its inverse document frequency to this power: 0.524 of 340 questions have evidence in the first
# passage with 1.5, 0.512 with 1, 0.506 with 0.7 (docs/measurements/retrieval.md, "Word scores").
RARITY = 1.5
Spellings = tuple[tuple[str, ...], ...]
NONE = 0  # the day of an article without a date
_LATEST = 2**31
EXACT = 1000  # passages up to which those that hold a word are counted, in 0.1 ms, without those taken out lately
_HEAP = 64_000_000  # bytes that an indexing run holds before it writes a segment
K1, B = 1.2, 0.75  # BM25's constants, as tantivy has them; it gives a word at most k1 + 1 times its rarity

# Words of questions that say how something is asked, not what is asked for.
FUNCTION = frozenset(
    regex.findall(
        r"\w+",
        """
        a about after again all also am an and any anybody anyone are as at be been before being between but by can
        could did do does doing done down each either else ever every few for from further had has have having he her
        here hers him his how i if in into is it its itself just let many may me might mine more most much must my no
        nor not of off on once one only or other our ours out over own same shall she should so some such tell than that
        the their theirs them then there these they this those through to too under until up upon us very was we were
        what whatever when where whether which while who whom whose why will with would you your yours whats whos didnt
        doesnt wasnt isnt find know please
        """,
    )
)


@dataclass(frozen=True)
class Document:
    """An article as it is put in: its key, what it is filtered by, and (key, text) of each passage.

    `day` is the proleptic ordinal of its date, NONE where it has none; `text` is title and text.
    """

    key: int
    outlet: str | None
    day: int
    text: str
    passages: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class IndexFilter:
    """What may be found: names of outlets (empty: all), first and last day as ordinals, and whether undated ones."""

    outlets: frozenset[str] = frozenset()
    after: int | None = None
    before: int | None = None
    undated: bool = False


@dataclass(frozen=True)
class Term:
    """One word of a question, or one name in all its spellings.

    Attributes:
        spellings: the analysed words of each spelling, sorted, "" in the place of a word such as "of"; a single one of
            one word unless it is a name.
        name: whether it is printed as a name or number, or known as a name; where the question has no capitals, or only
            capitals, any word may be one.
        passages: number of passages that hold it.
        articles: number of articles that do.
    """

    spellings: Spellings
    name: bool
    passages: int
    articles: int

    @property
    def unknown(self) -> bool:
        """Whether no passage of the index holds it."""
        return not self.passages


class Lexical:
    """A snapshot of the index in a folder, for reading; safe to use from several threads."""

    def __init__(self, folder: Path):
        """Opens the index. Raises ValueError or OSError where it cannot be read."""
        self._passages = _open(folder / "passages").searcher()
        self._articles = _open(folder / "articles").searcher()

    def __len__(self) -> int:
        """Number of passages."""
        return int(self._passages.num_docs)

    def holds(self) -> dict[int, list[int]]:
        """The keys of all passages, by the key of their article; of an article in one index alone, none."""
        held: dict[int, list[int]] = {key: [] for key, _ in _every(self._articles)}
        for key, article in sorted(_every(self._passages)):
            held.get(article, []).append(key)
        return held

    def terms(self, question: str, names: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        """The words of a question that are worth searching for (see `read`), each with what holds it."""
        return [
            Term(s, named, self._count(self._passages, s), self._count(self._articles, s))
            for s, named in read(question, names)
        ]

    def coverage(
        self, terms: Sequence[Term], limit: int, within: IndexFilter, keys: Sequence[int] = ()
    ) -> dict[int, float]:
        """The share of a question that passages hold, by passage key: rarer words count more; 1 is all of it.

        Args:
            terms: from `terms`.
            limit: the most passages, best first.
            keys: passages to be looked at whatever they hold, none left out; by default all are searched.
        """
        shares = weights(terms, len(self))
        if not shares:
            return {}
        words = [_boosted(_constant(_query(t.spellings)), w) for t, w in zip(terms, shares, strict=True)]
        query = _any(words)
        if keys:
            query = _all([_any([_number("key", key) for key in keys]), query])
        return dict(_hits(self._passages, query, limit, within))

    def articles(self, terms: Sequence[Term], limit: int, within: IndexFilter) -> dict[int, float]:
        """BM25 of whole articles, by article key, as a share of the most that the question's words could give."""
        total = most(terms, int(self._articles.num_docs))
        if not total:
            return {}
        hits = _hits(self._articles, _any([_query(t.spellings) for t in terms]), limit, within)
        return {key: min(1.0, score / total) for key, score in hits}  # a phrase can have more than its name's weight

    def holding(self, terms: Sequence[Term], articles: Sequence[int]) -> dict[int, float]:
        """The share of the terms that each of some articles holds, by article key; those that hold none are missing."""
        if not terms or not articles:
            return {}
        words = _any([_boosted(_constant(_query(t.spellings)), 1 / len(terms)) for t in terms])
        query = _all([_any([_number("key", key) for key in articles]), words])
        return dict(_hits(self._articles, query, len(articles), IndexFilter()))

    def _count(self, searcher: tantivy.Searcher, spellings: Spellings) -> int:
        if len(spellings) == 1 and len(spellings[0]) == 1:
            held = int(searcher.doc_freq("body", spellings[0][0]))
            if held > EXACT:
                return held
        return int(searcher.search(_query(spellings), limit=1, count=True).count or 0)  # type: ignore[attr-defined]


def read(question: str, names: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[tuple[Spellings, bool]]:
    """The words of a question that are worth searching for: (`Term.spellings`, `Term.name`) of each.

    Args:
        question: as asked.
        names: places of names that are printed in other ways too: (start, end, all spellings).
    """
    found: dict[Spellings, bool] = {}
    rest = question
    for start, end, spellings in names:
        rest = rest[:start] + " " * (end - start) + rest[end:]
        found[tuple(sorted(set(filter(None, map(_phrase, spellings)))))] = True
    plain = question.isupper() or question.islower()
    for word in regex.finditer(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*", rest):
        text = word.group()
        shout = not plain and len(text) > 1 and text.isupper()  # "US", "WHO"
        if text.lower() in FUNCTION and not shout:
            continue
        named = plain or text.isdigit() or (text[0].isupper() and word.start() > 0)
        for token in _analyse(text):
            if len(token) > 1 or not token.isascii():
                found[((token,),)] = found.get(((token,),), False) or named
    return [(spellings, named) for spellings, named in found.items() if spellings]


def weights(terms: Sequence[Term], passages: int) -> list[float]:
    """The share of a question that each of its terms is, by the number of all passages; none where no term counts."""
    rarities = [_rarity(t.passages, passages) ** RARITY for t in terms]
    total = sum(rarities)
    return [rarity / total for rarity in rarities] if total else []


def most(terms: Sequence[Term], articles: int) -> float:
    """The most that BM25 could give an article for all terms, by the number of all articles."""
    return (K1 + 1) * sum(_rarity(t.articles, articles) for t in terms)


def analysed(text: str) -> list[str]:
    """The words of a text as they are held in an index, "" in the place of one that is not, such as "of"."""
    return [_analysed(word) for word in _plain().analyze(text)]


def holds(words: Sequence[str], term: Term) -> bool:
    """Whether an analysed text holds a term in one of its spellings."""
    return any(_stands(words, spelling) for spelling in term.spellings)


def _stands(words: Sequence[str], spelling: Sequence[str]) -> bool:
    """Whether words stand in a text one after the other; "" is any word."""
    if len(spelling) == 1:
        return spelling[0] in words
    places = (i for i, word in enumerate(words) if word == spelling[0])
    return any(
        len(words) - i >= len(spelling) and all(not w or w == words[i + j] for j, w in enumerate(spelling))
        for i in places
    )


def update(folder: Path, gone: Iterable[int], documents: Iterable[Document]) -> None:
    """Brings the index in a folder up to date, making it where there is none.

    Args:
        folder: of which nothing else is read or written meanwhile.
        gone: keys of articles to be taken out; those of `documents` are taken out anyway, before they are put in.
        documents: what to put in.
    """
    indexes = []
    for name in ("passages", "articles"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        indexes.append(_open(folder / name))
    passages, articles = (index.writer(_HEAP, 1) for index in indexes)
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
        del passages, articles  # waits for their threads, which write where whoever meets an error may want to delete


@functools.cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=False, tokenizer_name="words", index_option="position")
    builder.add_text_field("outlet", stored=False, tokenizer_name="raw", index_option="basic")
    for name in ("key", "article", "day"):
        builder.add_unsigned_field(name, stored=False, indexed=True, fast=True)
    return builder.build()


@functools.cache
def _plain() -> tantivy.TextAnalyzer:
    """Takes a text apart, as `_analyser` does."""
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase()).build()


@functools.lru_cache(100_000)
def _analysed(word: str) -> str:
    return (*_analyse(word), "")[0]


@functools.cache
def _analyser() -> tantivy.TextAnalyzer:
    filters = (
        tantivy.Filter.remove_long(64), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"), tantivy.Filter.stemmer("english"),
    )  # fmt: skip
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for each in filters:
        builder = builder.filter(each)
    return builder.build()


def _analyse(text: str) -> list[str]:
    return list(_analyser().analyze(text))


def _phrase(text: str) -> tuple[str, ...]:
    """The analysed words of a spelling; "" in the place of one that is not indexed, since it keeps its place there."""
    words = [(*_analyse(word), "")[0] for word in regex.findall(r"[\p{Alphabetic}\p{N}]+", text)]
    held = [i for i, word in enumerate(words) if word]
    return tuple(words[held[0] : held[-1] + 1]) if held else ()


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(_schema(), path=str(folder))
    index.register_tokenizer("words", _analyser())
    return index


def _document(of: Document, key: int, body: str) -> tantivy.Document:
    made = tantivy.Document()
    made.add_text("body", body)
    if of.outlet:
        made.add_text("outlet", of.outlet)
    for name, value in (("key", key), ("article", of.key), ("day", of.day)):
        made.add_unsigned(name, value)
    return made


def _hits(
    searcher: tantivy.Searcher, query: tantivy.Query, limit: int, within: IndexFilter
) -> Iterable[tuple[int, float]]:
    """(key, score) of the best documents."""
    parts = _filters(within)
    found = searcher.search(_all([*parts, query]) if parts else query, limit=limit, count=False).hits
    if not found:
        return ()
    keys = searcher.fast_field_values("key", [address for _, address in found])
    return [(int(key), float(score)) for key, (score, _) in zip(keys, found, strict=True)]  # type: ignore[arg-type]


def _every(searcher: tantivy.Searcher) -> list[tuple[int, int]]:
    """(key, article) of all documents."""
    count = int(searcher.num_docs)
    found = searcher.search(tantivy.Query.all_query(), limit=count, count=False).hits if count else []
    addresses = [address for _, address in found]
    fields = [searcher.fast_field_values(name, addresses) for name in ("key", "article")] if found else [[], []]
    return [(int(key), int(article)) for key, article in zip(*fields, strict=True)]


def _filters(within: IndexFilter) -> list[tantivy.Query]:
    parts = []
    if within.outlets:
        parts.append(_any([tantivy.Query.term_query(_schema(), "outlet", o, "basic") for o in sorted(within.outlets)]))
    if within.after is not None or within.before is not None:
        kind = tantivy.FieldType.Unsigned
        span = tantivy.Query.range_query(_schema(), "day", kind, within.after or NONE + 1, within.before or _LATEST)
        parts.append(_any([span, _number("day", NONE)]) if within.undated else span)
    return [_boosted(_constant(part), 0.0) for part in parts]


def _query(spellings: Spellings) -> tantivy.Query:
    """Documents that hold one of the spellings; the best of them counts."""
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


def _rarity(holding: int, of: int) -> float:
    """Inverse document frequency as BM25 has it (Robertson and Spärck Jones 1976).

    Of a word that many documents hold, those that were taken out lately are counted too (see EXACT).
    """
    held = min(holding, of)
    return math.log(1 + (of - held + 0.5) / (held + 0.5))
