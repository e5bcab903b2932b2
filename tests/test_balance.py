"""An answer's sources are counted as they can be known: copies once, unknown ones as one, never more than there are."""

import datetime as dt

import numpy as np
import pytest
from conftest import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.balance import independent, joined

A, B, C, D = range(4)


@pytest.mark.parametrize(
    ("articles", "sources"),
    [
        ([], 0),
        ([(A, 1)], 1),
        ([(A, 1), (A, 2)], 1),  # two texts of one outlet
        ([(A, 1), (B, 1)], 1),  # one text in two outlets
        ([(A, 1), (B, 2)], 2),
        ([(A, 1), (B, 1), (B, 2)], 1),  # the shared text can be B's own
        ([(A, 1), (B, 1), (C, 2)], 2),
        ([(A, 1), (B, 1), (B, 2), (C, 2)], 1),  # both shared texts can be B's
        ([(A, 1), (B, 1), (C, 2), (D, 2)], 2),
        ([(A, 1), (B, 1), (C, 3), (A, 2)], 2),
    ],
)
def test_the_least_number_of_sources(articles, sources):
    source, same = np.array(articles, np.int64).reshape(-1, 2).T
    assert independent(source, same) == sources


def test_articles_that_share_a_sentence_are_one_text():
    assert len(set(joined([1, 2, 3], ["a", "b", "c"], [["c", "elsewhere"], [], []]).tolist())) == 2
    assert len(set(joined([1, 2, 3, 1], ["a", "b", "c", "d"], [[], ["c"], ["d"], []]).tolist())) == 1


@pytest.fixture
def library(tmp_path, news, words):
    records = [HARBOUR, BRIDGE, ORCHARD, ORCHARD | {"id": "none", "outlet": None, "text": "Nobody signed this notice."}]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as made:
        yield made


def test_kinds_dates_and_sites_are_counted(library):
    counts = library.counts()
    assert counts.articles == 4
    assert counts.outlets == {"Press TV": 1, "Reuters": 1, "The Guardian": 1, "an unknown outlet": 1}
    assert counts.kinds == {"broadcaster": 1, "news agency": 1, "newspaper": 1, "unclassified": 1}
    assert counts.hosts == {"example.org": 1, "mirror.example": 1}
    assert (counts.first, counts.last, counts.undated) == (dt.date(2013, 5, 14), dt.date(2015, 1, 2), 2)
    assert counts.independent == 4


def test_an_answer_stands_beside_what_its_restrictions_leave_and_the_whole_index(library):
    balance = library.ask("Why was the bridge closed?", after="2014-01-01").balance
    assert balance.shown.outlets == {"Press TV": 1}
    assert balance.allowed.outlets == {"Press TV": 1}
    assert balance.index.articles == 4
    assert balance.undated_left_out == 2
    free = library.ask("Why was the bridge closed?").balance
    assert (free.allowed, free.undated_left_out) == (free.index, 0)


def test_balance_is_plain_values_in_json(library):
    values = library.ask("engineers old bridge cracks two pillars traffic ring road", k=1).to_dict()["balance"]
    assert values["index"]["first"] == "2013-05-14"
    assert values["shown"]["kinds"] == {"broadcaster": 1}
    assert set(values) == {"shown", "allowed", "index", "copies", "undated_left_out", "capped", "silent"}
    assert (values["capped"], values["silent"]) == ({}, ("Reuters", "The Guardian"))
