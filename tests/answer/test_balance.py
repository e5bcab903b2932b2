"""An answer's sources are counted as they can be known: copies once, unknown ones as one, never more than there are."""

import datetime as dt

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.answer.balance import (
    ONE_KIND,
    ONE_OUTLET,
    ONE_TEXT,
    STATE_MEDIA,
    Caution,
    Counts,
    OutletMatch,
    cautions,
    independent,
    merge_groups,
)

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
def test_the_smallest_possible_number_of_sources(articles, sources):
    source, same = np.array(articles, np.int64).reshape(-1, 2).T
    assert independent(source, same) == sources


def test_articles_that_share_a_sentence_are_one_text():
    assert len(set(merge_groups([1, 2, 3], ["a", "b", "c"], [["c", "elsewhere"], [], []]).tolist())) == 2
    assert len(set(merge_groups([1, 2, 3, 1], ["a", "b", "c", "d"], [[], ["c"], ["d"], []]).tolist())) == 1


@pytest.fixture
def library(tmp_path, news, words):
    records = [HARBOUR, BRIDGE, ORCHARD, ORCHARD | {"id": "none", "outlet": None, "text": "Nobody signed this notice."}]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as made:
        yield made


def test_kinds_dates_and_sites_are_counted(library):
    counts = library.counts()
    assert counts.articles == 4
    assert counts.outlets == {"Press TV": 1, "Reuters": 1, "The Guardian": 1, "an unknown outlet": 1}
    assert counts.outlet_kinds == {"broadcaster": 1, "news agency": 1, "newspaper": 1, "unclassified": 1}
    assert counts.states == {"Iran": 1}
    assert counts.hosts == {"example.org": 1, "mirror.example": 1}
    assert (counts.first, counts.last, counts.undated) == (dt.date(2013, 5, 14), dt.date(2015, 1, 2), 2)
    assert counts.independent == 4


def test_an_answer_is_compared_with_what_its_constraints_allow_and_the_whole_index(library):
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
    assert values["shown"]["outlet_kinds"] == {"broadcaster": 1}
    assert set(values) == {
        "shown", "allowed", "index", "copies", "altered_copies", "undated_left_out", "capped", "unmatched_outlets",
        "outlet_matches", "warnings",
    }  # fmt: skip
    assert values["outlet_matches"] == (
        {"article_id": "bridge", "outlet": "Press TV", "date": "2015-01-02", "shown": True},
    )
    assert values["warnings"] == ()
    assert (values["capped"], values["unmatched_outlets"]) == ({}, ("Reuters", "The Guardian"))


def shown(outlets, outlet_kinds=None, states=None, independent=2):
    outlet_kinds = {"newspaper": sum(outlets.values())} if outlet_kinds is None else outlet_kinds
    return Counts(
        sum(outlets.values()), outlets, outlet_kinds=outlet_kinds, states=states or {}, independent=independent
    )


ADVOCATES = {"advocacy group": 2}


@pytest.mark.parametrize(
    ("counts", "passages", "republishers", "warnings"),
    [
        (shown({"A": 2}), 2, ["A"], [(ONE_OUTLET, "A")]),
        (shown({"A": 1}), 2, ["A"], [(ONE_OUTLET, "A")]),  # two passages of one article
        (shown({"A": 1}), 1, ["A"], []),
        (shown({"A": 1, "B": 1}), 2, ["A", "B"], []),  # that both are newspapers says nothing of their sides
        (shown({"an unknown outlet": 2}, independent=1), 2, ["a.example"], []),  # they may be of two outlets
        (shown({"A": 1, "an unknown outlet": 1}), 2, ["A", "b.example"], []),
        (shown({"A": 1, "B": 1}, ADVOCATES), 2, ["A", "B"], [(ONE_KIND, "advocacy group")]),
        (shown({"A": 1, "B": 1}, {"advocacy group": 1, "newspaper": 1}), 2, ["A", "B"], []),
        (shown({"A": 1, "B": 1}, {"unclassified": 2}), 2, ["A", "B"], []),
        (shown({"A": 1}, {"advocacy group": 1}), 1, ["A"], []),
        (shown({"A": 2}, ADVOCATES), 2, ["A"], [(ONE_OUTLET, "A"), (ONE_KIND, "advocacy group")]),
        (shown({"A": 1, "B": 1}, states={"X": 1, "Y": 1}), 2, ["A", "B"], [(STATE_MEDIA, "X", "Y")]),
        (shown({"A": 1, "B": 1}, states={"X": 1}), 2, ["A", "B"], []),
        (shown({"A": 1}, states={"X": 1}), 1, ["A"], []),
        (shown({"A": 1, "B": 1}, independent=1), 2, ["A", "B"], [(ONE_TEXT, "A", "B")]),
        (shown({"A": 1}, independent=1), 1, ["A", "b.example"], [(ONE_TEXT, "A", "b.example")]),  # published by two
        (shown({"A": 2}, independent=1), 2, ["A", "b.example"], [(ONE_OUTLET, "A")]),  # one of them published by two
        (Counts(), 2, [], []),
    ],
)
def test_an_answer_is_called_one_sided_only_where_it_is(counts, passages, republishers, warnings):
    assert cautions(counts, passages, republishers) == tuple(Caution(reason, tuple(of)) for reason, *of in warnings)


@pytest.mark.parametrize(
    ("asked", "counts", "left"),
    [
        (["A"], shown({"A": 2}), []),
        (["a"], shown({"A": 2}), [(ONE_OUTLET, "A")]),  # it is not the outlet of that name that was asked for
        (["A", "B"], shown({"A": 2}), [(ONE_OUTLET, "A")]),  # the other one says nothing
        (["newspaper"], shown({"A": 2}), [(ONE_OUTLET, "A")]),
        (["A"], shown({"A": 2}, ADVOCATES), []),
        (["A", "B"], shown({"A": 1, "B": 1}, ADVOCATES), []),
        (["A", "B", "C"], shown({"A": 1, "B": 1}, ADVOCATES), [(ONE_KIND, "advocacy group")]),
        (["advocacy group"], shown({"A": 1, "B": 1}, ADVOCATES), []),
        (["aggregator"], shown({"A": 1, "B": 1}, ADVOCATES), [(ONE_KIND, "advocacy group")]),
        (["A"], shown({"A": 2}, states={"X": 2}), [(STATE_MEDIA, "X")]),  # what they are is worth saying all the same
        (["A", "B"], shown({"A": 1, "B": 1}, independent=1), [(ONE_TEXT, "A", "B")]),
    ],
)
def test_what_was_asked_for_needs_no_caution(asked, counts, left):
    found = cautions(counts, 2, [*counts.outlets], asked=asked)
    assert found == tuple(Caution(reason, tuple(of)) for reason, *of in left)


def test_an_answer_from_the_outlet_that_was_asked_for_has_no_caution_of_it(tmp_path, news, words):
    records = [
        record("one", f"{QUAY} It was cast in Valsera in 1702.", outlet="Tehran Advocate"),
        record(
            "two", "The museum put a bronze bell on show, which divers had found in spring.", outlet="Tehran Advocate"
        ),
        record("three", "The divers who found the bell under the old quay want it back.", outlet="The Guardian"),
    ]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        question = "Which bronze bell did divers find under the old quay?"

        def reasons(**filters):
            answer = library.ask(question, min_confidence=0, **filters)
            assert {c.outlet for c in answer.passages} == {"Tehran Advocate"}
            return [caution.reason for caution in answer.balance.warnings]

        assert reasons(outlets=["Tehran Advocate"]) == []
        assert reasons(exclude_outlets=["The Guardian"]) == [ONE_OUTLET]


QUAY = "Divers found a bronze bell under the old quay on Friday."


def record(name, text, **more):
    return {"id": name, "outlet": name, "text": text} | more


def test_an_answer_carries_its_warnings_and_the_passages_that_fit_nearly_as_well(tmp_path, news, words):
    records = [
        record("Press TV", f"{QUAY} It was cast in Valsera in 1702.", date="2013-05-14"),
        record("Tehran Times", f"Old quay gives up a bell. {QUAY} The museum wants it.", date="2014-05-14"),
        record(
            "Xinhua",
            "The museum put a bronze bell on show, which divers had found in spring.",
            date="2015-05-14",
        ),
        record("The Guardian", "Nobody has asked the growers of apples."),
    ]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        balance = library.ask("Which bronze bell did divers find under the old quay?", k=2, min_confidence=0).balance
    assert {v for v in balance.outlet_matches if v.shown} == {
        OutletMatch("Press TV", "Press TV", dt.date(2013, 5, 14), True),
        OutletMatch("Tehran Times", "Tehran Times", dt.date(2014, 5, 14), True),
    }
    assert [v for v in balance.outlet_matches if not v.shown] == [
        OutletMatch("Xinhua", "Xinhua", dt.date(2015, 5, 14), False)
    ]
    assert [(w.reason, set(w.of)) for w in balance.warnings] == [
        (ONE_TEXT, {"Press TV", "Tehran Times"}),
        (STATE_MEDIA, {"Iran"}),
    ]
