"""The columns of a library's tables in Milvus, and how articles and passages are written as rows.

After `client`; before `tables`, which reads and writes rows. `rag.stores.milvus` says what the tables are for.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.address import canonical_address
from rag.article import Article
from rag.provenance.duplicates import EMPTY_HASH, PERMUTATIONS
from rag.provenance.identity import QUALIFIER
from rag.provenance.uploads import is_uploaded
from rag.query.aliases import mine_pairs, printed_short_forms
from rag.stores.base import EmbeddedPassage, Heading, Span, hash64
from rag.stores.filters import date_of, outlet_code
from rag.stores.tantivy_index import BM25_B, BM25_K1, analyse

NEVER = 2**62  # the generation at which current rows end
MAX_TEXT_BYTES, MAX_LIST = 65_535, 4_096  # of a text, and of texts in a list, in Milvus
EARLIER = "kept before"  # the kind of a record of what a setting was before
PIECE_CHARACTERS = 16_000  # of a text that is stored as a list
TABLES = ("articles", "passages", "records")

Row = dict[str, Any]
Column = tuple[str, str, dict[str, Any]]  # name, type, and its other parameters


# Tables


def _schema(
    lite: bool,
    indexed: Sequence[str],
    columns: Sequence[Column],
    index: str = "AUTOINDEX",
) -> tuple[Any, Any]:
    """Return the schema and the indexes of a table, whose first column is the key.

    The column `words` gets an index for BM25, with tantivy's constants.
    """
    from pymilvus import DataType, Function, FunctionType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    indexes = MilvusClient.prepare_index_params()
    for number, (name, kind, more) in enumerate(columns):
        element = {"element_type": DataType[more["of"]]} if "of" in more else {}
        rest = {key: value for key, value in more.items() if key != "of"}
        schema.add_field(name, DataType[kind], is_primary=not number, **rest, **element)
        if kind == "FLOAT_VECTOR":
            own = next((own for begin, own in _INDEX.items() if index.startswith(begin)), {})
            indexes.add_index(name, index_type=index, metric_type="IP", params=own)
        elif name in indexed and not (lite and kind == "ARRAY"):  # which Lite scans instead
            indexes.add_index(name, index_type="INVERTED")
    if any(name == "words" for name, _, _ in columns):
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("bm25", FunctionType.BM25, input_field_names="words", output_field_names="sparse"))
        constants = {"bm25_k1": BM25_K1, "bm25_b": BM25_B}
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=constants)
    return schema, indexes


_INDEX = {"IVF": {"nlist": 1024}, "SCANN": {"nlist": 1024}, "HNSW": {"M": 16, "efConstruction": 200}}
_NUMBER = "INT64"
_TEXTS = {"of": "VARCHAR", "max_capacity": MAX_LIST, "max_length": MAX_TEXT_BYTES}
_WORDS = ("words", "VARCHAR", {"max_length": MAX_TEXT_BYTES, "enable_analyzer": True, "enable_match": True})
_WHERE: list[Column] = [
    ("outlet", _NUMBER, {}), ("day", _NUMBER, {"is_clustering_key": True}), ("born", _NUMBER, {}),
    ("died", _NUMBER, {}), _WORDS,
]  # fmt: skip


def _articles_schema(dimension: int, lite: bool, index: str) -> tuple[Any, Any]:
    numbers: list[Column] = [(n, _NUMBER, {}) for n in ("key", "name", "site", "number")]
    texts: list[Column] = [(name, "ARRAY", _TEXTS) for name in ("brief", "body")]
    signature = ("signature", "VARCHAR", {"max_length": 1024})
    return _schema(lite, ("name", "site", "outlet", "day", "born", "died"), [*numbers, *_WHERE, signature, *texts])


def _passages_schema(dimension: int, lite: bool, index: str) -> tuple[Any, Any]:
    names = ("key", "article", "position", "start", "end", "content")
    numbers: list[Column] = [(name, _NUMBER, {}) for name in names]
    hashes = ("hashes", "ARRAY", {"of": _NUMBER, "max_capacity": MAX_LIST})
    vector = ("vector", "FLOAT_VECTOR", {"dim": dimension})
    indexed = ("article", "content", "outlet", "day", "born", "died", "hashes")
    return _schema(lite, indexed, [*numbers, *_WHERE, ("sentences", "ARRAY", _TEXTS), hashes, vector], index)


def _records_schema(dimension: int, lite: bool, index: str) -> tuple[Any, Any]:
    columns: list[Column] = [
        ("key", "VARCHAR", {"max_length": 512}), ("kind", "VARCHAR", {"max_length": 32}), ("number", _NUMBER, {}),
        ("born", _NUMBER, {}), ("article", _NUMBER, {}), ("value", "ARRAY", _TEXTS),
        ("nothing", "FLOAT_VECTOR", {"dim": 2}),  # Milvus creates no table without a vector
    ]  # fmt: skip
    return _schema(lite, ("kind", "number", "born", "article"), columns)


SCHEMAS = {"articles": _articles_schema, "passages": _passages_schema, "records": _records_schema}


# Filters, and rows

RECORD_COLUMNS = ("key", "number", "value")
PASSAGE_COLUMNS = ("key", "article", "start", "end", "content", "sentences")
COMPARED_COLUMNS = ("key", "article", "start", "end", "hashes", "born")
COPIED_COLUMNS = (
    "key", "article", "position", "start", "end", "content", "words", "sentences", "hashes", "vector",
)  # fmt: skip


def present(generation: int) -> str:
    """Return the filter for what can be found at a generation."""
    return f"born <= {generation} and died > {generation}"


def ever(generation: int) -> str:
    """Return the filter for what could be found at a generation or before."""
    return f"born <= {generation}"


def record(key: str, kind: str, number: int = 0, value: Sequence[str] = (), born: int = 0, article: int = 0) -> Row:
    """Return a row of the records."""
    return {
        "key": key, "kind": kind, "number": number, "born": born, "article": article, "value": list(value),
        "nothing": [0.0, 1.0],
    }  # fmt: skip


def setting(name: str, value: Sequence[str], generation: int, earlier: bool = False) -> Row:
    """Return the record of a setting from a generation on; `earlier` is the one that this one replaces."""
    return record(setting_key(name, earlier), EARLIER if earlier else "kept", value=value, born=generation)


def setting_key(name: str, earlier: bool = False) -> str:
    """Return the key of a setting's record."""
    return f"{EARLIER if earlier else 'kept'}:{name}"


def grouped(key: int, group: int, short: Mapping[str, Any], generation: int) -> Row:
    """Return the record of an article with duplicates: its key, its group, and its brief."""
    cell = json.dumps([short[name] for name in ("outlet", "host", "day", "id")])
    return record(f"same:{key}", "same", group, [str(key), *pieces(cell)], generation, key)


def article_key(article: Article, generation: int) -> int:
    """Return the key of a version of an article: the same, however often it is put in at a generation."""
    return hash64(article.content_hash, str(generation))


def passage_rows(article: Article, passages: Sequence[EmbeddedPassage], generation: int) -> Iterator[Row]:
    """Yield the rows of an article's passages, from a generation on."""
    owner = article_key(article, generation)
    for position, each in enumerate(passages):
        p = each.passage
        vectors = each.sentences.astype("<f2")
        sentences = [
            f"{a} {b} {base64.b64encode(vector.tobytes()).decode()}"
            for (a, b), vector in zip(p.sentences, vectors, strict=True)
        ]
        text = article.text[p.start : p.end]
        yield {
            "key": hash64(str(owner), str(position)), "article": owner, "position": position,
            "start": p.start, "end": p.end, "content": hash64(text), "words": packed(text),
            "sentences": sentences, "hashes": list(each.fingerprint.sentences),
            "vector": each.vector.astype(np.float32).tolist(),
        } | _where(article, generation)  # fmt: skip


def _where(article: Article, generation: int) -> Row:
    return {"outlet": outlet_code(article.outlet), "day": date_of(article), "born": generation, "died": NEVER}


def moved(row: Row, article: Article, generation: int) -> Row:
    """Return a passage's row for what is known of its article now."""
    owner = article_key(article, generation)
    own = {"key": hash64(str(owner), str(row["position"])), "article": owner}
    return {name: row[name] for name in COPIED_COLUMNS} | own | _where(article, generation)


def article_row(article: Article, passages: Sequence[EmbeddedPassage], generation: int, number: int) -> Row:
    """Return an article's row, from a generation on; `number` is its place among the articles added there."""
    signatures = [each.fingerprint.signature for each in passages]
    mined = "" if is_uploaded(article.id) else article.text  # a reader's file changes no spelling for the others
    signature = np.minimum.reduce(signatures) if signatures else np.full(PERMUTATIONS, EMPTY_HASH)
    short = {
        "id": article.id, "digest": article.content_hash, "source": article.source, "outlet": article.outlet,
        "host": article.host, "day": date_of(article), "title": article.title,
        "pairs": sorted(mine_pairs(mined)), "printed": sorted(printed_short_forms(mined)),
    }  # fmt: skip
    body = {name: getattr(article, name) for name in _BODY} | {"date": article.date and article.date.isoformat()}
    return {
        "key": article_key(article, generation), "name": hash64(unqualified(article.id)),
        "site": hash64(canonical_address(article.url) or ""), "number": generation * 10**6 + number,
        "words": packed(whole(article)),
        "signature": base64.b64encode(signature.astype("<u4").tobytes()).decode(),
        "brief": pieces(json.dumps(short, ensure_ascii=False)), "body": pieces(json.dumps(body, ensure_ascii=False)),
    } | _where(article, generation)  # fmt: skip


def unqualified(article_id: str) -> str:
    """Return the id that one was qualified from, or that it could be (see `base.qualified`)."""
    return article_id.rpartition(QUALIFIER)[0] or article_id


def whole(article: Article) -> str:
    """Return the text of an article that is searched for words."""
    return f"{article.title}\n\n{article.text}" if article.title else article.text


_BRIEF = ("id", "source", "outlet", "host")
_BODY = [f.name for f in fields(Article) if f.name not in _BRIEF]


def article(row: Row, short: Mapping[str, Any]) -> Article:
    """Return the article of a row and its brief. Raises ValueError, TypeError or KeyError if they hold none."""
    body = parsed(row["body"])
    values = {name: body[name] for name in _BODY} | {name: short[name] for name in _BRIEF}
    date = values.pop("date")
    return Article(
        **values | {"authors": tuple(body["authors"]), "date": dt.date.fromisoformat(date) if date else None}
    )


def pieces(text: str) -> list[str]:
    """Split a text into pieces that Milvus accepts."""
    return [text[i : i + PIECE_CHARACTERS] for i in range(0, len(text), PIECE_CHARACTERS)]


def parsed(pieces: Sequence[str]) -> Any:
    """Parse the JSON in some pieces. Raises ValueError if it is none."""
    return json.loads("".join(pieces))


def brief(row: Row) -> dict[str, Any]:
    """Return an article's brief: its id, content hash, source, outlet, host, date, title, and the names it prints.

    Rows of earlier versions of According have no title in it.
    """
    found: dict[str, Any] = parsed(row["brief"])
    return found


def heading(short: Mapping[str, Any], title: str | None) -> Heading:
    """Return what lists show of an article with this brief."""
    return short["id"], title, short["outlet"], short["day"]


def sentence(text: str) -> tuple[Span, bytes]:
    """Return a sentence's span in its article, and its vector in half precision."""
    start, end, vector = text.split(" ")
    return (int(start), int(end)), base64.b64decode(vector)


def signature(text: str) -> npt.NDArray[np.uint32]:
    """Return an article's MinHash signature."""
    return np.frombuffer(base64.b64decode(text), "<u4")


def packed(text: str) -> str:
    """Return the analysed words of a text, "." for those that are not indexed, up to what Milvus accepts.

    They are analysed here, as for tantivy. Milvus' own analyser leaves them as they are.
    """
    words = f" {' '.join(word or '.' for word in analyse(text))} "
    return words if len(words) <= MAX_TEXT_BYTES // 4 else words.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def unpacked(words: str) -> list[str]:
    """Return the words that `packed` was given, as `tantivy_index.analyse` returns them."""
    return ["" if word == "." else word for word in words.split()]


def size(row: Row) -> int:
    """Return about how many bytes it takes to send a row."""
    return sum(
        sum(map(len, value)) if isinstance(value, list) and value and isinstance(value[0], str) else 8 * len(value)
        for value in row.values()
        if isinstance(value, str | list)
    )


def order(row: Row) -> tuple[int, int]:
    """Return the sort key that puts articles in the order of adding."""
    return int(row["number"]), int(row["key"])
