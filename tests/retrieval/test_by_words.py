"""For a language that the encoder does not know, passages are scored by the words of the question that they hold."""

import pytest
from support.languages import ARTICLES, OFF_TOPIC, ON_TOPIC

from rag.query.languages import Language, detect
from rag.retrieval.by_words import MIN_SHARE, asked_words, held, share, words_of


def _share(question, text):
    asked = asked_words(question, detect(question))
    return share(asked, held(asked, words_of(text)))


@pytest.mark.parametrize("code", ARTICLES)
def test_the_article_that_answers_holds_most_words_and_no_other_question_finds_one(code):
    assert _share(ON_TOPIC[code], ARTICLES[code]) >= MIN_SHARE
    assert max(_share(OFF_TOPIC[code], text) for text in ARTICLES.values()) < MIN_SHARE


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("реку", "река", "ru"), ("моста", "мост", "ru"), ("ψαράδων", "ψαράδες", "el"), ("Γέφυρα", "γεφυρας", "el"),
        ("ماهیگیر", "ماهیگیران", "fa"), ("시장에게", "시장은", "ko"), ("निर्माणों", "निर्माण", "hi"),
        ("Brücken", "Brücke", "de"),
    ],
)  # fmt: skip
def test_forms_of_a_word_are_one(one, other, code):
    assert held(words_of(one), words_of(other)) == set(words_of(one).spaced)
    assert Language(code, "").code == code


@pytest.mark.parametrize(
    ("one", "other"),
    [("мост", "мэрия"), ("город", "горы"), ("교육부", "교통부"), ("новый", "новость"), ("Haus", "Hafen"), ("ab", "abend")],
)
def test_other_words_are_not(one, other):
    assert held(words_of(one), words_of(other)) == frozenset()


def test_function_words_are_not_counted():
    assert asked_words("Кто и когда открыл новый мост?", Language("ru", "Cyrillic")).spaced == ("открыл", "новый", "мост")
    assert asked_words("Wer ist Rajavi?", Language("de", "Latin")).spaced == ("rajavi",)
    assert asked_words("新港口什么时候开港？", Language("zh", "Han")).rows == ("新港", "港口", "开港")
    assert asked_words("Who is Орлова?", Language("ru", "Cyrillic")).spaced == ("орлова",)


def test_a_question_of_function_words_alone_keeps_them():
    assert asked_words("Кто это?", Language("ru", "Cyrillic")).spaced == ("кто", "это")


def test_one_word_of_several_is_too_few_to_tell():
    asked = asked_words("Paris Rajavi", Language("de", "Latin"))
    assert share(asked, held(asked, words_of("They met in Paris."))) == 0
    assert share(asked, held(asked, words_of("Rajavi lives in Paris."))) == 1
