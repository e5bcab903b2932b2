"""Outlets and dates that a caller, or a question, leaves out of an answer."""

import json

import pytest
from support import WordEncoder

import rag
from rag.answer import wording
from rag.errors import QuestionError
from rag.retrieval.parse import OVERRIDDEN

ARTICLES = [
    ("a", "Reuters", "2018-03-01"), ("b", "Press TV", "2019-03-01"), ("c", None, "2020-03-01"), ("d", "BBC News", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("excluding")
    rows = [{"id": i, "outlet": o, "date": d, "text": f"The ferry of {i} sank off the coast."} for i, o, d in ARTICLES]
    (folder / "news.json").write_text(json.dumps(rows))
    with rag.build([folder / "news.json"], index=folder / "index", encoder=WordEncoder()) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "given", "expected"),
    [
        ("ferry", {"exclude_outlets": "Reuters"}, "bcd"),
        ("ferry", {"exclude_outlets": ["BBC", "Reuters", "Press TV"]}, "c"),
        ("ferry", {"exclude_outlets": []}, "abcd"),
        ("ferry", {"outlets": ["Reuters", "BBC"], "exclude_outlets": "Press TV"}, "ad"),
        ("ferry", {"outlet_kinds": "news agency", "exclude_outlets": "Reuters"}, ""),
        ("Who other than Reuters reported the ferry?", {}, "bcd"),
        ("What did anyone but Reuters report on the ferry?", {"exclude_outlets": "Press TV"}, "cd"),
        ("Who reported the ferry? No state media.", {}, "acd"),
        ("What was reported about the ferry other than in 2018?", {}, "bcd"),
        ("What was reported about the ferry since 2018, but not in 2019?", {}, "ac"),
        ("According to Reuters, what sank?", {"exclude_outlets": "Reuters"}, "bcd"),
        ("Who other than Reuters reported the ferry?", {"outlets": "Reuters"}, "a"),
        ("What was reported about the ferry other than in 2018?", {"after": "2018-01-01"}, "abc"),
    ],
)
def test_what_is_left_out_is_not_found(library, question, given, expected):
    assert "".join(sorted(h.article_id for h in library.search(question, **given))) == expected


def test_an_outlet_both_asked_for_and_left_out_is_an_error(library):
    with pytest.raises(QuestionError, match="Reuters: both asked for and excluded"):
        library.ask("ferry", outlets="Reuters", exclude_outlets=["reuters.com"])
    with pytest.raises(QuestionError, match="no outlet 'Nobody'"):
        library.ask("ferry", exclude_outlets="Nobody")


def test_a_filter_of_the_caller_overrides_an_exclusion_in_words(library):
    (found,) = library.ask("Who other than Reuters reported the ferry?", outlets="Reuters").constraints
    assert (found.kind, found.applied, found.why) == ("not outlet", False, OVERRIDDEN)


def test_a_topic_that_an_outlet_treats_is_answered_and_no_other(library):
    library.set_confidence_model(library.confidence_model.__class__("words", {}, -3.0, 0.9, 0.95, (1, 1)))
    assert library.ask("What does Reuters say about the ferry?").grade == "near"
    assert not library.ask("What does Reuters say about bread baking?").found
    assert not library.ask("Is there a ferry?").found


def test_a_constraint_says_whether_it_narrows_leaves_out_or_comes_first(tmp_path, news, words):
    records = [{"id": "a", "outlet": "Reuters", "date": "2013-09-02", "text": "The camp was attacked at dawn."}]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        for question, said in (
            ("Who attacked the camp in September 2013?", "First: articles from 2013-09-01 to 2013-09-30 or soon after"),
            ("Who attacked the camp since 2012?", "First: articles from 2012-01-01 on"),
            ("According to Reuters, who attacked the camp?", "Only Reuters"),
            ("Who attacked the camp, except according to Reuters?", "Not Reuters"),
        ):
            answer = library.ask(question)
            assert [str(wording.limit(c, answer)) for c in answer.constraints if c.applied] == [said]
