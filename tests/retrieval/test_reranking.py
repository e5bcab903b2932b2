"""A model reads the best passages, and no more than can matter."""

import numpy as np
import pytest

from rag.article import Article
from rag.passage import Passage
from rag.retrieval import reranking
from rag.retrieval.reranking import MAX_RERANKED, MIN_RERANKED, RERANKED_AT_ONCE, rerank
from rag.retrieval.scored_passage import NEIGHBOUR, RELEVANCE, ScoredPassage

ASKED = "Who sank the ferry?"


class Model:
    """Gives the passages whose words it knows 9, all others -9."""

    name = "model"

    def __init__(self, *answering):
        self.answering, self.read = answering, []

    def score(self, question, texts):
        assert question == ASKED
        self.read.append(list(texts))
        return np.array([9.0 if any(a in text for a in self.answering) else -9.0 for text in texts], np.float32)


def passage(number, retrieval, title=None):
    text = f"Passage {number:02}."
    article = Article(str(number), text, title)
    return ScoredPassage(
        Passage(str(number), 0, len(text), ((0, len(text)),)),
        article,
        (number,),
        retrieval,
        0.5,
        np.ones(1, np.float32),
    )


def found(count, step=0.01):
    return [passage(number, 1.0 - step * number) for number in range(count)]


def test_what_answers_comes_first_and_the_others_keep_their_order():
    ordered = rerank(Model("Passage 05"), ASKED, found(20))
    assert [p.article.id for p in ordered] == ["5", *(str(i) for i in range(20) if i != 5)]
    assert ordered[0].relevance == pytest.approx(0.989, abs=0.001)
    assert ordered[0].score == pytest.approx(0.95 + RELEVANCE * ordered[0].relevance)
    assert ordered[0].retrieval == pytest.approx(0.95)


def test_no_more_than_the_best_are_read():
    model = Model()
    assert len(rerank(model, ASKED, found(50, 0.001))) == 50
    assert sum(map(len, model.read)) == MAX_RERANKED
    assert list(map(len, model.read)) == [MIN_RERANKED, RERANKED_AT_ONCE]


def test_reading_ends_once_the_others_cannot_be_expected_among_the_first():
    model = Model(*(f"Passage {i:02}" for i in range(5)))
    rerank(model, ASKED, found(50, 0.03))
    assert list(map(len, model.read)) == [MIN_RERANKED]


def test_fewer_passages_than_are_read_and_none_at_all():
    model = Model()
    assert len(rerank(model, ASKED, found(3))) == 3
    assert rerank(model, ASKED, []) == []
    assert list(map(len, model.read)) == [3]


def test_the_title_is_read_before_the_passage():
    model = Model()
    rerank(model, ASKED, [passage(1, 1.0, "Ferry sinks"), passage(2, 0.9)])
    assert model.read == [["Ferry sinks. Passage 01.", "Passage 02."]]


@pytest.mark.parametrize(("logit", "share"), [(0, 0.5), (1000, 1), (-1000, 0), (2, 0.731)])
def test_a_logit_becomes_a_share(logit, share):
    assert reranking.share(logit) == pytest.approx(share, abs=0.001)


def parts(*scores, gap=" "):
    """The passages of one article, in its order, with these scores by meaning and words."""
    texts = [f"Part {number:02}." for number in range(len(scores))]
    article = Article("a", gap.join(texts))
    starts = [number * len(texts[0] + gap) for number in range(len(scores))]
    return [
        ScoredPassage(
            Passage("a", start, start + len(text), ((start, start + len(text)),)), article, (number + 100,), score, 0.5,
            np.ones(1, np.float32),
        )
        for number, (start, text, score) in enumerate(zip(starts, texts, scores, strict=True))
    ]  # fmt: skip


def test_what_is_next_to_an_answer_comes_before_what_fits_as_well_elsewhere():
    before, answer, after, further = parts(0.5, 0.8, 0.48, 0.52)
    elsewhere = passage(1, 0.51)
    ordered = rerank(Model("Part 01"), ASKED, [answer, further, elsewhere, before, after])
    assert [p.keys for p in ordered] == [(101,), (100,), (102,), (103,), (1,)]
    assert [round(p.neighbour, 2) for p in ordered] == [0.01, 0.99, 0.99, 0.01, 0.0]
    assert ordered[1].score == pytest.approx(0.5 + RELEVANCE * ordered[1].relevance + NEIGHBOUR * ordered[0].relevance)
    assert ordered[1].fit == pytest.approx(0.5 + RELEVANCE * ordered[1].relevance)  # of which confidence is made


def test_only_what_adjoins_an_answer_is_next_to_it():
    answer, other = parts(0.8, 0.5, gap=" words between ")
    assert [p.neighbour for p in rerank(Model("Part 00"), ASKED, [answer, other])] == [0, 0]
    one, another = passage(1, 0.8), passage(2, 0.5)  # of two articles
    assert [p.neighbour for p in rerank(Model("Passage 01"), ASKED, [one, another])] == [0, 0]
