"""The language of a question is known where its letters or its function words say it; names alone never do."""

import pytest
from support.languages import OFF_TOPIC, ON_TOPIC

from rag.query.languages import Language, detect, main_script


@pytest.mark.parametrize("question", [ON_TOPIC, OFF_TOPIC], ids=["on topic", "off topic"])
@pytest.mark.parametrize("code", ON_TOPIC)
def test_the_language_of_a_question_is_found(code, question):
    assert detect(question[code]).code == code


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Wer ist Maryam Rajavi?", "German"),
        ("Wie is Maryam Rajavi?", "Dutch"),
        ("Qui est Maryam Rajavi ?", "French"),
        ("¿Quién es Maryam Rajavi?", "Spanish"),
        ("Chi è Maryam Rajavi?", "Italian"),
        ("Quem matou os moradores?", "Portuguese"),
        ("Wat is de MEK?", "Dutch"),
        ("Kuka on Maryam Rajavi?", "Finnish"),
        ("Wer besuchte Ashraf", "German"),
        ("Kush është Maryam Rajavi?", "Albanian"),
        ("Gdzie jest obóz Aszraf?", "Polish"),
        ("Где находится лагерь?", "the Cyrillic script"),
        ("كم عدد السكان؟", "the Arabic script"),
        ("איפה המחנה?", "Hebrew"),
        ("東京タワーはどこですか", "Japanese"),
        ("营地在哪里？", "Chinese characters"),
        ("ምን ተፈጠረ?", "the Ethiopic script"),
        ("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", "the script of the question"),
    ],
)
def test_a_language_is_named_as_far_as_it_is_sure(question, name):
    assert detect(question).name == name


@pytest.mark.parametrize(
    "question",
    [
        "Who is Maryam Rajavi?", "Camp Ashraf", "Rajavi Albania", "iran nuclear deal", "Le Monde", "De Gaulle",
        "Der Spiegel Albania", "die hard movie", "war crimes in Iraq", "Was MEK armed?", "310,000",
        "Fight over the vacancy",
        "Who is Müller?", "Comment on the sanctions", "Dove hunting season", "What does Die Welt say about Iran?",
        "Pérez Molina", "???", "Who is Орлова?",
        "Yang Jiechi Iran visit", "Dari speakers?", "Wat Phra Kaew", "Kuka robots", "Ho Chi Minh", "Care home deaths?",
        "a@b.com", "www.que.es", "https://example.de/wer/ist", "elpais.com",
        "Cum Ex scandal", "Elle magazine", "Sono Hotels fire", "Kush Kumar",
    ],
)  # fmt: skip
def test_names_and_key_words_are_never_taken_for_another_language(question):
    assert detect(question) is None


def test_a_language_without_function_words_here_is_found_by_its_letters():
    assert detect("Kuri šalies sostinė yra didžiausia?").name == "Lithuanian"


def test_a_name_in_latin_script_leaves_the_language_of_a_question():
    assert main_script("Что сказал Masoud Rajavi?") == "Cyrillic"
    assert main_script("What did Masoud Орлова say?") == "Latin"


@pytest.mark.parametrize(
    ("language", "known", "is_known"),
    [
        (Language("de", "Latin"), {"en"}, False),
        (Language("de", "Latin"), {"en", "de"}, True),
        (Language("ru", "Cyrillic", False), {"en"}, False),
        (Language("ru", "Cyrillic", False), {"uk"}, True),
        (Language("", "Other", False), {"en", "ru"}, False),
        (Language("", "Other", False), None, True),
    ],
)
def test_a_model_knows_a_language_or_one_that_is_written_alike(language, known, is_known):
    assert language.is_known_to(None if known is None else frozenset(known)) is is_known
