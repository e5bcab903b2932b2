"""What a model has read is kept: it reads no pair twice, and what it said of one is never taken for another."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.models import caching_reranker
from rag.models.caching_reranker import CachingReranker


class Reading:
    """A reranker that scores a pair by its length, and notes what it reads."""

    name = "reading"

    def __init__(self):
        self.pairs = []

    def score(self, question, texts):
        self.pairs += [(question, text) for text in texts]
        return np.array([len(question) * 1000 + len(text) for text in texts], np.float32)


@pytest.fixture
def model():
    return Reading()


def test_a_pair_is_read_once(model):
    caching = CachingReranker(model)
    assert caching.score("asked", ["one", "three", "one"]).tolist() == [5003, 5005, 5003]
    assert caching.score("asked", ["three", "eleven", "one"]).tolist() == [5005, 5006, 5003]
    assert model.pairs == [("asked", "one"), ("asked", "three"), ("asked", "eleven")]
    assert caching.score("asked", []).shape == (0,)


def test_a_pair_is_not_taken_for_another_whose_words_are_parted_elsewhere(model):
    caching = CachingReranker(model)
    assert caching.score("ab", ["c"]).tolist() == [2001]
    assert caching.score("a", ["bc"]).tolist() == [1002]
    assert caching.score("a", ["\udc80"]).tolist() == [1001]


def test_no_more_than_so_many_pairs_are_kept(model, monkeypatch):
    monkeypatch.setattr(caching_reranker, "MAX_CACHED_PAIRS", 3)
    caching = CachingReranker(model)
    caching.score("q", ["a", "b", "c"])
    caching.score("q", ["a"])
    caching.score("q", ["d"])  # in the place of b, which was asked for longest ago
    model.pairs.clear()
    assert caching.score("q", ["a", "c", "d", "b"]).shape == (4,)
    assert model.pairs == [("q", "b")]
    assert caching.score("q", list("abcdefgh")).shape == (8,)


def test_threads_at_once_get_scores_of_their_own(model, monkeypatch):
    monkeypatch.setattr(caching_reranker, "MAX_CACHED_PAIRS", 8)
    caching = CachingReranker(model)

    def right(number):
        texts = ["x" * (number % 7 + i) for i in range(5)]
        return caching.score("q", texts).tolist() == [1000 + len(text) for text in texts]

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(right, range(400)))


def test_the_name_and_the_languages_are_the_models(model):
    assert (CachingReranker(model).name, CachingReranker(model).languages) == ("reading", None)
    model.languages = frozenset({"en"})
    assert CachingReranker(model).languages == {"en"}


def test_an_answer_a_comparison_and_a_timeline_read_each_passage_once(tmp_path, words, news, model):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "i", encoder=words).close()
    asked = "Who closed the old bridge?"
    with rag.open(tmp_path / "i", encoder=words, reranker=model) as library:
        first = library.ask(asked, min_confidence=0)
        read = len(model.pairs)
        assert read
        assert library.ask(asked, min_confidence=0) == first
        library.compare(asked, min_confidence=0)
        library.timeline(asked, min_confidence=0)
        library.search(asked)
    assert len(model.pairs) == len(set(model.pairs)) == read


def test_a_passage_that_has_changed_is_read_again(tmp_path, words, news, model):
    rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "i", encoder=words).close()
    with rag.open(tmp_path / "i", encoder=words, reranker=model) as library:
        library.search("the bridge")
        before = list(model.pairs)
        library.add([news(BRIDGE | {"text": BRIDGE["text"] + " It stays closed."})])
        library.search("the bridge")
    after = model.pairs[len(before) :]
    assert len(after) == 1
    assert after[0][1].endswith("It stays closed.")
