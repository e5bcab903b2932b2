"""A name one letter off is offered, never replaced in silence; quoted words must be printed so."""

import json

import pytest

import rag
from rag.cli.output import answer_text
from rag.stores.tantivy_index import one_letter_off

CAMP = {"id": "camp", "outlet": "Reuters", "date": "2013-09-02", "text": "Gunmen stormed Camp Ashraf on Sunday."}
MAYOR = {
    "id": "mayor",
    "outlet": "The Guardian",
    "date": "2013-09-03",
    "text": "The mayor opened a bridge on Sunday.",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("suggestions")
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, [CAMP, MAYOR])))
    return rag.build([folder / "news.jsonl"], index=folder / "index", encoder=real)


@pytest.mark.parametrize("asked", ["Ashrat", "Ashraff", "Ashaf", "Asrhaf"])
def test_a_name_one_letter_off_is_offered(library, asked):
    (found,) = library.ask(f"Who stormed Camp {asked}?").suggestions
    assert (found.words, found.suggested, found.question) == (asked, "Ashraf", "Who stormed Camp Ashraf?")
    assert asked not in one_letter_off(asked.lower())


@pytest.mark.parametrize("asked", ["Ashraf", "Bagdad", "Asxxaf", "Clamping"])
def test_nothing_is_offered_for_a_name_that_is_held_or_farther_off(library, asked):
    assert library.ask(f"Who stormed Camp {asked}?").suggestions == ()


def test_the_offer_is_searched_where_nothing_else_is_found_and_that_is_said(library):
    answer = library.ask("ashrat")
    assert answer.found
    assert answer.question == "ashrat"
    assert [s.searched for s in answer.suggestions] == [True]
    assert "No article holds “ashrat”: searched for “Ashraf” instead" in answer_text(answer)
    assert "searched for “Ashraf” instead" in answer.to_markdown()
    assert json.loads(json.dumps(answer.to_dict()))["suggestions"][0]["suggested"] == "Ashraf"


def test_the_offer_can_be_declined(library):
    assert library.ask("ashrat", ignore="ashrat").suggestions == ()
    assert not library.ask("ashrat", ignore="all").found


def test_quoted_words_must_be_printed_so(library):
    for question in ('Who stormed "camp ashraf"?', "Who stormed “Camp  Ashraf”?"):
        assert [hit.article_id for hit in library.search(question)] == ["camp"]
    assert library.search('Who stormed "Ashraf Camp"?') == []
    answer = library.ask('Who stormed "Ashraf Camp"?')
    assert not answer.found
    assert "No passage in the index prints “Ashraf Camp”" in answer_text(answer)
    assert library.ask('Who stormed "Ashraf Camp"?', ignore="Ashraf Camp").found


@pytest.mark.parametrize("question", ["?", "«»", '""', '"?!"', "x" * 2000, "Ashraf " * 285, '"Ashraf" ' * 200])
def test_any_question_has_an_answer(library, question):
    assert library.ask(question).question == question.strip()
