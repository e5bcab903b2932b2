"""A question in a language that the encoder does not know is answered by words alone, which is said everywhere."""

import json

import numpy as np
import pytest
from support import HARBOUR, WordEncoder
from support.languages import OFF_TOPIC, ON_TOPIC, RECORDS

import rag
from rag.answer import wording
from rag.cli.output import answer_text
from rag.models.reranker import LazyReranker
from rag.web.answer_html import turn_html
from rag.web.endpoints import endpoints

SAID = "Searched by words only, since the encoder does not know German. Nearest passages. They may not answer."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("by-words")
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, [*RECORDS, HARBOUR])), "utf-8")
    return folder


@pytest.fixture(scope="module")
def library(folder, real):
    with rag.build([folder / "news.jsonl"], folder / "index", real) as library:
        yield library


@pytest.mark.parametrize("code", ON_TOPIC)
def test_what_an_article_in_the_same_language_holds_is_found(library, code):
    answer = library.ask(ON_TOPIC[code])
    assert [c.article_id for c in answer.passages] == [code]
    assert (answer.grade, answer.searched_by, answer.confidence) == ("near", "words", None)
    assert answer.missing.language


@pytest.mark.parametrize("code", OFF_TOPIC)
def test_anything_else_is_refused_with_the_language_as_the_reason(library, code):
    answer = library.ask(OFF_TOPIC[code])
    assert (answer.grade, answer.why.reason) == ("nothing", "language")
    assert answer.missing.in_script == (None if code == "de" else 1)  # how many articles are in its script


def test_names_are_found_in_articles_of_another_language(library):
    answer = library.ask("Was sagt die Union über die Harbour Dock?", outlets="The Guardian")
    assert [c.article_id for c in answer.passages] == ["harbour"]
    assert not library.ask("Wo wohnt die Union?").found


def test_that_words_alone_decide_is_said_in_every_surface(library):
    answer = library.ask(ON_TOPIC["de"])
    assert wording.notice(answer) == SAID
    assert answer_text(answer).splitlines()[0] == SAID
    assert f'<p class="verdict">{SAID}</p>' in turn_html(answer)
    assert SAID in answer.to_markdown()
    values = endpoints(library)["ask"](question=ON_TOPIC["de"])
    assert (values["notice"], values["searched_by"], values["missing"]["language"]) == (SAID, "words", "German")
    assert "according evaluate --fit" not in answer_text(answer)


def test_the_sentence_with_the_words_is_marked(library):
    assert library.ask(ON_TOPIC["ru"]).passages[0].quotation == "Музей Лапинска купил коллекцию старых карт."


def test_questions_in_english_are_searched_by_meaning(library):
    answer = library.ask("By how much will the dock workers' wages rise?")
    assert (answer.passages[0].article_id, answer.searched_by, answer.missing.language) == (
        "harbour", "meaning and words", ""
    )  # fmt: skip


def test_the_threshold_is_a_share_of_words_that_a_caller_can_set(library):
    question = "Welche Landkarten und Schiffe und Bilder kaufte der Zar?"  # two of five words
    assert not library.ask(question).found
    assert [c.article_id for c in library.ask(question, min_confidence=0.25).passages] == ["de"]
    assert library.ask(question, min_confidence=0).found
    assert not library.ask(ON_TOPIC["de"], strict=True).found


def test_an_encoder_that_knows_the_language_searches_by_meaning(folder):
    class Multilingual(WordEncoder):
        languages = frozenset({"en", "de"})

    with rag.build([folder / "news.jsonl"], folder / "other", Multilingual()) as library:
        assert library.ask(ON_TOPIC["de"]).searched_by == "meaning and words"
        assert library.ask(ON_TOPIC["ru"]).searched_by == "words"


def test_a_reranker_reads_only_for_languages_that_it_knows(folder):
    read = []

    class English:
        name, languages = "english", frozenset({"en"})

        def score(self, question, texts):
            read.append(question)
            return np.ones(len(texts), np.float32)

    with rag.build([folder / "news.jsonl"], folder / "reranked", WordEncoder()) as library:
        library._reranker = LazyReranker(English())
        for question in (ON_TOPIC["de"], "Who ended the strike?"):
            library.search(question)
    assert read == ["Who ended the strike?"]


def test_hits_of_a_search_are_ranked_by_words_too(library):
    for code, question in ON_TOPIC.items():
        assert library.search(question, k=1)[0].article_id == code
