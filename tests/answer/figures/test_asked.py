"""What figure a question asks for, and that most questions ask for none."""

import pytest

from rag.answer.figures.asked import asked
from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE


@pytest.mark.parametrize(
    ("question", "kind", "unit", "family"),
    [
        ("How many people were killed in the attack on the harbour?", NUMBER, "people", "kill"),
        ("how many police officers were wounded", NUMBER, "officers", "injure"),
        ("How many Syrian refugees does Germany want to take in?", NUMBER, "refugees", "demand"),
        ("How many did the storm kill?", NUMBER, "", "kill"),
        ("How many dead did the agency count?", NUMBER, "people", "kill"),
        ("What was the death toll of the fire?", NUMBER, "people", "kill"),
        ("death toll harbour fire", NUMBER, "people", "kill"),
        ("What is the number of women in parliament?", NUMBER, "women", ""),
        ("How many UN staff watch over the camp?", NUMBER, "staff", ""),
        ("How much money did the ferry cost?", MONEY, "", "cost"),
        ("How much is the package worth?", MONEY, "", "cost"),
        ("How much military aid was withheld?", MONEY, "", ""),
        ("What did the bridge cost?", MONEY, "", "cost"),
        ("What share of voters stayed at home?", PERCENTAGE, "", ""),
        ("What was the unemployment rate in May?", PERCENTAGE, "", ""),
        ("How many percent of them voted?", PERCENTAGE, "", ""),
        ("What is the approval rating of the mayor?", PERCENTAGE, "", ""),
        ("How much of the vote did she get?", PERCENTAGE, "", ""),
        ("How big is the spending bill?", MONEY, "", ""),
        ("How old is the mayor?", NUMBER, "", ""),
        ("How long did the meeting last?", NUMBER, "", ""),
        ("When was the group founded?", DATE, "", "founded"),
        ("In which year did the group flee to Iraq?", DATE, "", "flee"),
        ("Since when has the bridge been closed?", DATE, "", "end"),
    ],
)
def test_the_kind_the_noun_and_the_verb_are_read(question, kind, unit, family):
    found = asked(question)
    assert (found.kind, found.unit, found.family) == (kind, unit, family)


@pytest.mark.parametrize(
    "question",
    [
        "Who was behind Heshmat Alavi?",
        "What happened when the bridge closed?",
        "Is the MEK a cult?",
        "What did the mayor say about the number plates?",
        "How much time do the workers have?",
        "Why did so many people leave?",
        "Which countries signed?",
        "",
        "many",
    ],
)
def test_other_questions_ask_for_no_figure(question):
    assert asked(question) is None


def test_what_a_question_is_about_is_known_by_names_and_words():
    found = asked("How many Syrian refugees were moved from Camp Liberty to Albania in May 2013?")
    assert found.modifiers == {"syrian"}
    assert [sorted(group)[0] for group in found.names] == ["liberty", "albania"]  # "Camp" tells none from another
    assert found.dates == ("2013-05",)
    assert "albanian" in found.name_words


def test_a_name_is_known_in_all_its_spellings():
    (group,) = asked("How many members does the MEK have?", [("MEK", "MKO", "Mujahedin-e Khalq")]).names
    assert {"mek", "mko", "khalq"} <= group
