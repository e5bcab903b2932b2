"""A reader looks in the passages that fit best for the words that answer."""

import numpy as np
import pytest

from rag.article import Article
from rag.models.extractive_reader import Reading
from rag.passage import Passage
from rag.retrieval.reading import MAX_READ, read
from rag.retrieval.scored_passage import ScoredPassage

ASKED = "Who sank the ferry?"
TEXT = "The ferry sank. A storm sank it."


class Storm:
    """Finds "storm", and says what it has read."""

    name = "storm"

    def __init__(self):
        self.texts = []

    def read(self, question, texts):
        self.texts += texts
        return [
            Reading(text.index("storm"), text.index("storm") + 5, 2.0) if "storm" in text else None for text in texts
        ]


def passage(number, retrieval, start=16, timeliness=0.0):
    article = Article(id=f"a{number}", text=TEXT)
    own = Passage(article.id, start, len(TEXT), ((start, len(TEXT)),))
    return ScoredPassage(own, article, (number,), retrieval, 0.5, np.zeros(1, np.float32), timeliness=timeliness)


def test_the_span_is_where_the_words_are_in_the_articles_text():
    (found,) = read(Storm(), ASKED, [passage(1, 1.0)])
    assert TEXT[found.span.start : found.span.end] == "storm"
    assert found.span.answers == pytest.approx(0.731, abs=0.001)
    assert found.score == passage(1, 1.0).score


def test_the_passages_that_fit_best_are_read_whatever_their_order_and_date():
    model, given = Storm(), [passage(i, i / 10, timeliness=-i) for i in range(9)]
    found = read(model, ASKED, given)
    assert [p.keys for p in found] == [p.keys for p in given]
    assert [p.keys[0] for p in found if p.span] == list(range(9 - MAX_READ, 9))
    assert len(model.texts) == MAX_READ


def test_a_passage_in_which_nothing_can_be_read_has_no_span():
    (found,) = read(Storm(), ASKED, [ScoredPassage(
        Passage("a", 0, 15, ((0, 15),)), Article(id="a", text=TEXT), (1,), 1.0, 0.5, np.zeros(1, np.float32)
    )])  # fmt: skip
    assert found.span is None
    assert read(Storm(), ASKED, []) == []
