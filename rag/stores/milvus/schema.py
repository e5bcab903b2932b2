"""What stands in Milvus: the tables of a library, and how articles and passages are written as rows of them.

Between the contract and the store that reads and writes them; `milvus` tells what the tables are for.
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

from rag.article import Article
from rag.provenance import duplicates as copies
from rag.query import aliases as naming
from rag.stores.base import EmbeddedPassage, Span, hash64
from rag.stores.filters import ordinal, outlet_code
from rag.stores.tantivy_index import BM25_B, BM25_K1, analyse

NEVER = 2**62  # the generation from which on what is in is gone
PIECE = 16_000  # characters: Milvus takes texts of at most 65,535 bytes, and lists of 4,096 of them
LONGEST = 65_535
TABLES = ("articles", "passages", "records")

Row = dict[str, Any]
Column = tuple[str, str, dict[str, Any]]  # name, type, and what else Milvus is told of it


# Tables


def _schema(
    lite: bool,
    indexed: Sequence[str],
    columns: Sequence[Column],
    index: str = "AUTOINDEX",
) -> tuple[Any, Any]:
    """(schema, indexes) of a table: (name, type, what else Milvus is told of it) of each column; the first is the key.

    Of `words` there is an index for BM25, with the constants of the other store.
    """
    from pymilvus import DataType, Function, FunctionType, MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    indexes = MilvusClient.prepare_index_params()
    for place, (name, kind, more) in enumerate(columns):
        told = {"element_type": DataType[more["of"]]} if "of" in more else {}
        rest = {key: value for key, value in more.items() if key != "of"}
        schema.add_field(name, DataType[kind], is_primary=not place, **rest, **told)
        if kind == "FLOAT_VECTOR":
            own = next((own for begin, own in _INDEX.items() if index.startswith(begin)), {})
            indexes.add_index(name, index_type=index, metric_type="IP", params=own)
        elif name in indexed and not (lite and kind == "ARRAY"):  # which Lite looks through instead
            indexes.add_index(name, index_type="INVERTED")
    if any(name == "words" for name, _, _ in columns):
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("bm25", FunctionType.BM25, input_field_names="words", output_field_names="sparse"))
        constants = {"bm25_k1": BM25_K1, "bm25_b": BM25_B}
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=constants)
    return schema, indexes


_INDEX = {"IVF": {"nlist": 1024}, "SCANN": {"nlist": 1024}, "HNSW": {"M": 16, "efConstruction": 200}}
_NUMBER = "INT64"
_TEXTS = {"of": "VARCHAR", "max_capacity": 4096, "max_length": LONGEST}
_WORDS = ("words", "VARCHAR", {"max_length": LONGEST, "enable_analyzer": True, "enable_match": True})
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
    hashes = ("hashes", "ARRAY", {"of": _NUMBER, "max_capacity": 4096})
    vector = ("vector", "FLOAT_VECTOR", {"dim": dimension})
    indexed = ("article", "content", "outlet", "day", "born", "died", "hashes")
    return _schema(lite, indexed, [*numbers, *_WHERE, ("sentences", "ARRAY", _TEXTS), hashes, vector], index)


def _records_schema(dimension: int, lite: bool, index: str) -> tuple[Any, Any]:
    columns: list[Column] = [
        ("key", "VARCHAR", {"max_length": 512}), ("kind", "VARCHAR", {"max_length": 32}), ("number", _NUMBER, {}),
        ("born", _NUMBER, {}), ("article", _NUMBER, {}), ("value", "ARRAY", _TEXTS),
        ("nothing", "FLOAT_VECTOR", {"dim": 2}),  # without a vector Milvus makes no table
    ]  # fmt: skip
    return _schema(lite, ("kind", "number", "born", "article"), columns)


SCHEMAS = {"articles": _articles_schema, "passages": _passages_schema, "records": _records_schema}


# Filters, and rows

RECORD = ("key", "number", "value")
PASSAGE = ("key", "article", "start", "end", "content", "sentences")
LIKE = ("key", "article", "start", "end", "hashes", "born")
WHOLE = (
    "key", "article", "position", "start", "end", "content", "words", "sentences", "hashes", "vector",
)  # fmt: skip


def present(generation: int) -> str:
    """A filter: what is in at a generation."""
    return f"born <= {generation} and died > {generation}"


def ever(generation: int) -> str:
    """A filter: what was ever in up to a generation."""
    return f"born <= {generation}"


def record(key: str, kind: str, number: int = 0, value: Sequence[str] = (), born: int = 0, article: int = 0) -> Row:
    """A row of the records."""
    return {
        "key": key, "kind": kind, "number": number, "born": born, "article": article, "value": list(value),
        "nothing": [0.0, 1.0],
    }  # fmt: skip


def setting(name: str, value: Sequence[str]) -> Row:
    """The record of a setting."""
    return record(f"kept:{name}", "kept", value=value)


def grouped(key: int, same: int, short: Mapping[str, Any], generation: int) -> Row:
    """The record of an article that is a copy: its key, that of the group, and its brief."""
    cell = json.dumps([short[name] for name in ("outlet", "host", "day", "id")])
    return record(f"same:{key}", "same", same, [str(key), *pieces(cell)], generation, key)


def article_key(article: Article, generation: int) -> int:
    """The key of a version of an article: the same, however often it is put in at a generation."""
    return hash64(article.content_hash, str(generation))


def passage_rows(article: Article, passages: Sequence[EmbeddedPassage], generation: int) -> Iterator[Row]:
    """The rows of an article's passages, from a generation on."""
    owner = article_key(article, generation)
    for position, made in enumerate(passages):
        p = made.passage
        vectors = made.sentences.astype("<f2")
        sentences = [
            f"{a} {b} {base64.b64encode(vector.tobytes()).decode()}"
            for (a, b), vector in zip(p.sentences, vectors, strict=True)
        ]
        text = article.text[p.start : p.end]
        yield {
            "key": hash64(str(owner), str(position)), "article": owner, "position": position,
            "start": p.start, "end": p.end, "content": hash64(text), "words": packed(text),
            "sentences": sentences, "hashes": list(made.fingerprint.sentences),
            "vector": made.vector.astype(np.float32).tolist(),
        } | _where(article, generation)  # fmt: skip


def _where(article: Article, generation: int) -> Row:
    return {"outlet": outlet_code(article.outlet), "day": ordinal(article.date), "born": generation, "died": NEVER}


def moved(row: Row, article: Article, generation: int) -> Row:
    """A passage's row for what is known of its article now."""
    owner = article_key(article, generation)
    own = {"key": hash64(str(owner), str(row["position"])), "article": owner}
    return {name: row[name] for name in WHOLE} | own | _where(article, generation)


def article_row(article: Article, passages: Sequence[EmbeddedPassage], generation: int, place: int) -> Row:
    """An article's row, from a generation on, in which it is the one of that number."""
    signatures = [made.fingerprint.signature for made in passages]
    signature = np.minimum.reduce(signatures) if signatures else np.full(copies.PERMUTATIONS, copies.EMPTY_HASH)
    short = {
        "id": article.id, "digest": article.content_hash, "source": article.source, "outlet": article.outlet,
        "host": article.host, "day": ordinal(article.date),
        "pairs": sorted(naming.mine_pairs(article.text)), "printed": sorted(naming.printed_short_forms(article.text)),
    }  # fmt: skip
    body = {name: getattr(article, name) for name in _BODY} | {"date": article.date and article.date.isoformat()}
    return {
        "key": article_key(article, generation), "name": hash64(article.id),
        "site": hash64(article.url or ""), "number": generation * 10**6 + place, "words": packed(whole(article)),
        "signature": base64.b64encode(signature.astype("<u4").tobytes()).decode(),
        "brief": pieces(json.dumps(short, ensure_ascii=False)), "body": pieces(json.dumps(body, ensure_ascii=False)),
    } | _where(article, generation)  # fmt: skip


def whole(article: Article) -> str:
    """What of an article is searched for words."""
    return f"{article.title}\n\n{article.text}" if article.title else article.text


_BRIEF = ("id", "source", "outlet", "host")
_BODY = [f.name for f in fields(Article) if f.name not in _BRIEF]


def article(row: Row, short: Mapping[str, Any]) -> Article:
    """The article of a row and its `brief`. Raises ValueError, TypeError or KeyError where they hold none."""
    body = parsed(row["body"])
    values = {name: body[name] for name in _BODY} | {name: short[name] for name in _BRIEF}
    day = values.pop("date")
    return Article(**values | {"authors": tuple(body["authors"]), "date": dt.date.fromisoformat(day) if day else None})


def pieces(text: str) -> list[str]:
    """A text in pieces that Milvus takes."""
    return [text[i : i + PIECE] for i in range(0, len(text), PIECE)]


def parsed(pieces: Sequence[str]) -> Any:
    """What stands as JSON in pieces. Raises ValueError where none does."""
    return json.loads("".join(pieces))


def brief(row: Row) -> dict[str, Any]:
    """What an article's row says of it in short: its id, digest, source, outlet, host, day, and the names it prints."""
    found: dict[str, Any] = parsed(row["brief"])
    return found


def sentence(text: str) -> tuple[Span, bytes]:
    """A sentence's span in its article, and its vector in half precision."""
    start, end, vector = text.split(" ")
    return (int(start), int(end)), base64.b64decode(vector)


def signature(text: str) -> npt.NDArray[np.uint32]:
    """What an article's copies are found by (see `copies`)."""
    return np.frombuffer(base64.b64decode(text), "<u4")


def packed(text: str) -> str:
    """The analysed words of a text, "." in the place of those that are not held, up to what Milvus takes.

    Analysed here, as for the other store: what Milvus makes of them is they themselves, whatever its analysers know.
    """
    words = f" {' '.join(word or '.' for word in analyse(text))} "
    return words if len(words) <= LONGEST // 4 else words.encode()[:LONGEST].decode(errors="ignore")


def unpacked(words: str) -> list[str]:
    """The same again, as `tantivy_index.analyse` has them."""
    return ["" if word == "." else word for word in words.split()]


def size(row: Row) -> int:
    """About how many bytes a row takes on its way."""
    return sum(
        sum(map(len, value)) if isinstance(value, list) and value and isinstance(value[0], str) else 8 * len(value)
        for value in row.values()
        if isinstance(value, str | list)
    )


def order(row: Row) -> tuple[int, int]:
    """By which articles stand in the order of adding."""
    return int(row["number"]), int(row["key"])
