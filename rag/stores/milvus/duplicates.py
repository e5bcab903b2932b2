"""Which articles of a library in Milvus hold the words of a passage, or one of its sentences.

After `tables`; `store` answers with it. Groups of passages are not stored there: near-duplicates are looked up when
asked for, among the passages nearest in meaning and those that share a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rag.provenance import duplicates as comparing
from rag.stores.base import MAX_SENTENCE_TEXTS
from rag.stores.milvus import schema, tables
from rag.stores.milvus.schema import Row

if TYPE_CHECKING:
    from rag.stores.milvus.store import MilvusStore

NEIGHBOURS = 32  # passages nearest to one that are compared with it
MIN_COSINE = 0.8  # from which on they are


def duplicates_of_passages(store: MilvusStore, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the ids of the other articles that hold a passage's words, by passage key."""
    own = {row["key"]: row for row in store._of("passages", "key", passages, (*schema.COMPARED_COLUMNS, "vector"))}
    found: dict[int, tuple[str, ...]] = dict.fromkeys(passages, ())
    if not own:
        return found
    near = {key: {row["key"]: row for row in rows} for key, rows in _near(store, own).items()}
    for row in _sharing(store, own.values()):
        for key, other in own.items():
            if set(row["hashes"]) & set(other["hashes"]):
                near[key][row["key"]] = row
    articles = store._articles({row["article"] for rows in (own, *near.values()) for row in rows.values()})

    def shingles(row: Row) -> comparing.Shingles:
        return comparing.shingles(articles[row["article"]].text[row["start"] : row["end"]])

    for key, row in own.items():
        if row["article"] not in articles:
            continue  # it has just been removed
        own_shingles = shingles(row)
        others = [o for o in near[key].values() if o["article"] != row["article"] and o["article"] in articles]
        same = [o for o in others if _is_duplicate(own_shingles, shingles(o))]
        same.sort(key=lambda other: (other["born"], other["article"], other["start"]))
        found[key] = tuple(dict.fromkeys(articles[other["article"]].id for other in same))
    return found


def sharers_of_passages(store: MilvusStore, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the ids of the other articles that share a sentence with a passage, by passage key."""
    own = {row["key"]: row for row in store._of("passages", "key", passages, schema.COMPARED_COLUMNS)}
    others = sorted(_sharing(store, own.values()), key=lambda row: (row["born"], row["article"], row["start"]))
    groups = store._groups(row["article"] for row in others)
    texts: dict[int, set[int]] = {}
    for row in others:
        for sentence in row["hashes"]:
            article = int(row["article"])
            texts.setdefault(sentence, set()).add(groups.get(article, article))
    found: dict[int, list[int]] = {key: [] for key in passages}
    for key, row in own.items():
        telling = {sentence for sentence in row["hashes"] if len(texts.get(sentence, ())) <= MAX_SENTENCE_TEXTS}
        found[key] = [o["article"] for o in others if o["article"] != row["article"] and telling & set(o["hashes"])]
    keys = {article for articles in found.values() for article in articles}
    ids = {row["key"]: schema.brief(row)["id"] for row in store._of("articles", "key", keys, ("key", "brief"))}
    return {key: tuple(dict.fromkeys(ids[a] for a in articles if a in ids)) for key, articles in found.items()}


def _near(store: MilvusStore, own: Mapping[int, Row]) -> dict[int, list[Row]]:
    """Return the passages nearest in meaning to some, by the key of each of these."""
    found = store._call(
        "search", "passages", data=[row["vector"] for row in own.values()], anns_field="vector", limit=NEIGHBOURS,
        filter=store._found(), output_fields=list(schema.COMPARED_COLUMNS), search_params={"metric_type": "IP"},
        consistency_level=store._level,
    )  # fmt: skip
    return {
        key: [{"key": hit["key"], **hit["entity"]} for hit in hits if hit["distance"] >= MIN_COSINE]
        for key, hits in zip(own, found, strict=True)
    }


def _sharing(store: MilvusStore, rows: Iterable[Row]) -> list[Row]:
    """Return the passages that share a sentence with one of some."""
    hashes = sorted({sentence for row in rows for sentence in row["hashes"]})
    if not hashes:
        return []
    found = store._rows(
        "passages", f"array_contains_any(hashes, {hashes}) and {store._found()}", schema.COMPARED_COLUMNS
    )
    if len(found) < tables.MAX_QUERY_ROWS:
        return found
    # One of the sentences is a formula that so many passages hold that the others' are cut off: ask for each by itself.
    some = max(1, tables.MAX_QUERY_ROWS // len(hashes))
    alone = (
        store._rows(
            "passages", f"array_contains_any(hashes, [{hash_}]) and {store._found()}", schema.COMPARED_COLUMNS, some
        )
        for hash_ in hashes
    )
    return list({row["key"]: row for rows in alone for row in rows}.values())


def _is_duplicate(one: comparing.Shingles, other: comparing.Shingles) -> bool:
    """Return whether two passages are duplicates; those of a few words are alike by chance."""
    enough = min(len(one), len(other)) > comparing.MIN_WORDS - comparing.SHINGLE_WORDS
    return enough and comparing.overlap(one, other) >= comparing.MIN_OVERLAP
