"""For a language that the encoder does not know, passages are scored by the words of the question that they hold."""

import pytest
from support.languages import ARTICLES, OFF_TOPIC, ON_TOPIC

import rag
from rag.query.languages import Language, detect
from rag.retrieval.by_words import asked_words, held, min_share, share, words_of


def _share(question, text):
    asked = asked_words(question, detect(question))
    return share(dict.fromkeys((*asked.spaced, *asked.rows), 1.0), held(asked, words_of(text)))


@pytest.mark.parametrize("code", ARTICLES)
def test_the_article_that_answers_holds_most_words_and_no_other_question_finds_one(code):
    assert _share(ON_TOPIC[code], ARTICLES[code]) >= min_share(8)
    assert max(_share(OFF_TOPIC[code], text) for text in ARTICLES.values()) < min_share(8)


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("реку", "река", "ru"), ("моста", "мост", "ru"), ("ψαράδων", "ψαράδες", "el"), ("Γέφυρα", "γεφυρας", "el"),
        ("ماهیگیر", "ماهیگیران", "fa"), ("시장에게", "시장은", "ko"), ("निर्माणों", "निर्माण", "hi"),
        ("Brücken", "Brücke", "de"),
    ],
)  # fmt: skip
def test_forms_of_a_word_are_one(one, other, code):
    assert words_of(one).spaced[0] in held(words_of(one), words_of(other))  # Korean is indexed by two syllables
    assert Language(code, "").code == code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("мост", "мэрия"),
        ("город", "горы"),
        ("교육부", "교통부"),
        ("новый", "новость"),
        ("Haus", "Hafen"),
        ("ab", "abend"),
    ],
)
def test_other_words_are_not(one, other):
    assert held(words_of(one), words_of(other)) == frozenset()


def test_function_words_are_not_counted():
    assert asked_words("Кто и когда открыл новый мост?", Language("ru", "Cyrillic")).spaced == (
        "открыл",
        "новый",
        "мост",
    )
    assert asked_words("Wer ist Rajavi?", Language("de", "Latin")).spaced == ("rajavi",)
    assert asked_words("新港口什么时候开港？", Language("zh", "Han")).rows == ("新港", "港口", "开港")
    assert asked_words("Who is Орлова?", Language("ru", "Cyrillic")).spaced == ("орлова",)


def test_a_question_of_function_words_alone_keeps_them():
    assert asked_words("Кто это?", Language("ru", "Cyrillic")).spaced == ("кто", "это")


def test_one_word_of_several_is_too_few_to_tell():
    asked, weights = asked_words("Paris Rajavi", Language("de", "Latin")), {"paris": 3.0, "rajavi": 1.0}
    assert share(weights, held(asked, words_of("They met in Paris."))) == 0
    assert share(weights, held(asked, words_of("Rajavi lives in Paris."))) == 1
    assert share(weights | {"camp": 4.0}, frozenset({"paris", "rajavi"})) == 0.5
    assert share({"rajavi": 1.0}, frozenset({"rajavi"})) == 1
    assert share({}, frozenset()) == 0


def test_the_share_that_a_passage_must_hold_grows_with_the_index():
    assert [round(min_share(articles), 2) for articles in (0, 24, 69, 390, 1500, 12_000, 10**7)] == [
        0.4, 0.4, 0.48, 0.62, 0.73, 0.8, 0.8,
    ]  # fmt: skip


@pytest.mark.model
def test_a_rare_word_counts_more_than_a_frequent_one(tmp_path, news, real):
    texts = ["Der Hafen kostete Geld.", "Der Hafen brannte.", "Der Hafen wuchs.", "Zobel jagten Mäuse im Hafen."]
    records = [{"id": str(number), "text": text} for number, text in enumerate(texts)]
    with rag.build([news(*records)], tmp_path / "i", real) as found:
        best = found.ask("Wer sah Zobel im Hafen?", min_confidence=0).passages[0]
        other = found.ask("Wer sah Geld im Wald?", min_confidence=0).signals
    assert (best.article_id, round(best.score, 2)) == ("3", 0.36)  # two of three words, one of them in all articles
    assert other.words == 0
