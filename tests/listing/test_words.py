"""A word of a name or title is the same however it is typed."""

import pytest

from rag.listing.words import folded, is_unspaced, words_of


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("le monde", "Le Monde"), ("el pais", "El País"), ("aftenposten oslo", "Aftenposten (Oslo)"),
        ("odegaard", "Ødegaard"), ("lodz", "Łódź"), ("strasse", "Straße"), ("istanbul", "İstanbul"),
        ("ﬁnance", "finance"),
        ("ανθρωπος", "Άνθρωπος"),
        ("елка", "Ёлка"), ("کيهان", "كیهان"), ("احمد", "أحمد"), ("سنه", "سَنَة"), ("١٤٠٢", "۱۴۰۲"), ("1402", "۱۴۰۲"),
        ("al jazeera", "Al\u00ad-Jazeera"), ("news 24", "News\u200b 24"),
        ("ａｆｐ", "AFP"), ("שלום", "שָׁלוֹם"),
    ],
)  # fmt: skip
def test_letter_case_accents_and_signs_do_not_matter(typed, printed):
    assert words_of(typed) == words_of(printed) != ()


def test_lines_stay_lines():
    assert folded("One, two.\nThree\r four\n\n!").split("\n") == ["one two ", "three four", "", " "]


def test_each_word_is_looked_for_once_and_signs_are_none():
    assert words_of("The the THE bridge -- of Sighs!") == ("the", "bridge", "of", "sighs")
    assert words_of("?!… \x00 ☃") == ()


@pytest.mark.parametrize(
    ("word", "unspaced"), [("新华社", True), ("ข่าว", True), ("ニュース", True), ("news", False), ("خبر", False)]
)
def test_writings_without_spaces_are_known(word, unspaced):
    assert is_unspaced(word) is unspaced
