"""What is added to a large index is compared with what may be its duplicate, and with little else."""

import numpy as np
import pytest
from support.database import database
from support.prose import prose

import rag
from rag.provenance.duplicates import EMPTY_HASH, PERMUTATIONS, Bands
from rag.stores.sqlite import cache_source, uncompared


def record(number, text=None):
    return {"id": f"a{number}", "outlet": f"Outlet {number % 7}", "text": text or " ".join(prose(number, 8))}


OLD = [record(number) for number in range(30)] + [record(50 + n, record(n)["text"]) for n in (3, 4)]


def groups(folder):
    """The sets of articles, by id, that are duplicates of each other; the same of passages, by where they begin."""
    passages = "SELECT a.id || ' ' || p.start, p.same FROM passage p JOIN article a ON a.key = p.article"
    with database(folder) as db:
        return [members(dict(db.execute(query))) for query in ("SELECT id, same FROM article", passages)]


def members(groups):
    found = {}
    for name, number in groups.items():
        found.setdefault(number, set()).add(name)
    return {frozenset(own) for own in found.values()}


@pytest.fixture
def index(tmp_path, news, words):
    rag.build([news(*OLD)], tmp_path / "index", words).close()
    return tmp_path / "index"


def test_few_passages_are_kept_for_a_small_addition(index, words, news, monkeypatch):
    kept = []
    compare = uncompared.to_compare
    monkeypatch.setattr(uncompared, "to_compare", lambda db: kept.append(compare(db)) or kept[-1])
    with rag.open(index, words) as library:
        library.add([news(record(60, record(3)["text"]), record(61))])
    ((passages, articles),) = kept
    expected = """SELECT p.key FROM passage p JOIN article a ON a.key = p.article
        WHERE a.id IN ('a3', 'a53', 'a60', 'a61') ORDER BY p.key"""
    with database(index) as db:
        (total,) = db.execute("SELECT count(*) FROM passage").fetchone()
        expected = [key for (key,) in db.execute(expected)]
    assert len(expected) < total / 5
    assert set(expected) <= set(passages.keys.tolist())
    assert len(passages.keys) < total / 3
    assert (np.diff(passages.keys) > 0).all()
    assert len(articles.keys) == len(OLD) + 2


def test_groups_are_those_of_an_index_that_is_built_at_once(index, tmp_path, words, news, monkeypatch):
    monkeypatch.setattr(uncompared, "ROWS_AT_ONCE", 5)  # an article's passages are read in two parts
    joined = f"{record(3)['text']}\n\n{record(9)['text']}"  # makes one group of two, one of them known before
    more = [record(60, record(3)["text"]), record(61), record(62, joined), record(63, record(4)["text"])]
    with rag.open(index, words) as library:
        library.add([news(*more[:2])])
        library.add([news(*more[2:])])
        library.remove(["a3"])
        library.add([news(record(64, record(3)["text"]))])
    rest = [own for own in (*OLD, *more) if own["id"] != "a3"]
    rag.build([news(*rest, record(64, record(3)["text"]))], tmp_path / "fresh", words).close()
    assert groups(index) == groups(tmp_path / "fresh")
    assert {"a9", "a53", "a60", "a62", "a64"} in groups(index)[0]


def test_texts_agree_in_a_band_if_two_numbers_next_to_each_other_are_equal():
    rng = np.random.default_rng(0)
    signatures = rng.integers(0, 5, (300, PERMUTATIONS), np.uint32)
    signatures[::10] = EMPTY_HASH
    wanted = rng.random(300) < 0.02
    wanted[:1] = True  # without words: it agrees with nothing
    pairs = signatures.reshape(300, -1, 2)
    agree = (pairs[:, None] == pairs[None, wanted]).all(axis=3).any(axis=2)
    expected = (agree & (signatures[wanted] != EMPTY_HASH).any(axis=1)).any(axis=1)
    assert 10 < expected.sum() < 290
    assert Bands(signatures, wanted).near(signatures).tolist() == expected.tolist()
    assert not Bands(signatures, np.zeros(300, bool)).near(signatures).any()


def test_passages_are_read_as_runs_and_also_where_they_are_none(index):
    with database(index) as db:
        rows = db.execute("SELECT key, article FROM passage ORDER BY key").fetchall()
        origin = cache_source.origin(db, 1)
        assert list(zip(origin.keys.tolist(), origin.owners.tolist(), strict=True)) == rows
        first, last = rows[0], rows[-1]
        db.execute("UPDATE passage SET article = ? WHERE key = ?", (last[1], first[0]))
        origin = cache_source.origin(db, 1)
        changed = [(first[0], last[1]), *rows[1:]]
        assert list(zip(origin.keys.tolist(), origin.owners.tolist(), strict=True)) == changed


def test_lists_and_counts_do_not_read_the_texts(index, words, news):
    """A text is before most of what lists show in an article's row, and is as long as all else together tenfold."""
    with database(index) as db:
        db.execute("DROP INDEX article_listed")  # as a version before this one left it
    with rag.open(index, words) as library:
        library.add([news(record(60))])
        plans = []
        library._store._db.exec_trace = lambda _, query, __: plans.append(query) or True
        library._store.totals()
        library._store.headings()
        library._store.contents()
        library._store._db.exec_trace = None
        queries = [query for query in plans if "FROM article" in query]
        read = [row[3] for query in queries for row in library._store._db.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert len(queries) == 4
    assert [step for step in read if step.startswith("SCAN article")] == [
        "SCAN article USING COVERING INDEX article_listed"
    ] * 4
