"""Which values of the marked sentences count what is asked: one that counts something else is worse than none."""

import datetime as dt
import time

import pytest

from rag.answer.citation import Citation
from rag.answer.figures import figures_for


def citation(text, quote=None, date=dt.date(2013, 5, 14), **changes):
    values = {
        "article_id": "a", "start": 0, "end": len(text), "text": text, "quote": quote or (0, len(text)),
        "outlet": "The Post", "outlet_basis": "", "strength": "explicit", "host": None, "authors": (), "date": date,
        "date_basis": None, "title": None, "url": None, "kind": "full text", "score": 1.0,
    }  # fmt: skip
    return Citation(**(values | changes))


def words(question, text, **changes):
    """The words of the figures that a text gives for a question."""
    found = figures_for(question, [citation(text, **changes)])
    return [mention.words for figure in found for mention in figure.mentions]


KILLED = "How many people were killed in the fire at Varna harbour?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fire at Varna harbour killed nine people.", ["nine"]),
        ("More than 30 residents died in Varna.", ["More than 30"]),
        ("The fire in Varna left at least 11 dead and 40 injured.", ["at least 11"]),
        ("In Varna, 12 dock workers were injured and three killed.", ["three"]),
        ("The death toll in Varna rose to 19.", ["19"]),
        ("Varna police put the deaths at 14.", ["14"]),
        ("A dozen people were killed in Varna.", ["A dozen"]),
        ("The fire claimed the lives of 17 people in Varna.", ["17"]),
        # other things
        ("Nine ships burned at Varna harbour.", []),
        ("The fire at Varna harbour injured nine people.", []),
        ("Nine fire engines came to Varna; nobody was killed.", []),
        ("Two suspects were killed in Varna.", []),
        ("Nobody died in Varna. In 1986 a fire there killed nine people.", []),
        ("Nine people were killed in Burgas, and none in Varna.", []),
        ("The fire in Varna was put out. Nine people were killed in Burgas.", []),
        ("Varna has seen three fires, which killed nine people in all.", []),
        ("Another nine people were killed in Varna.", []),
        ("The fire in Varna killed nine people and two more.", ["nine"]),
        ("A fire would kill nine people in Varna.", []),
        ("Had the wind turned, 200 people could have died in Varna.", []),
        ("It was not nine people who died in Varna, the coroner said.", []),
        ("Nine people were not killed in Varna; the fire killed eight people there.", ["eight"]),
        ("In Varna nine people survived and 14 died.", ["14"]),
        ("In Varna 40 people died in another fire; nine people were killed in this one.", ["nine"]),
        ("Varna expects that the fire killed nine.", []),
        ("Of nine people who were killed in Varna, one was a child.", []),
        ("The fire in Varna, which killed the mayor, 52, was put out at 9:30 by 12 crews.", []),
        ("Burgas mourns. Nine people were killed.", []),  # Varna is not in the passage
    ],
)
def test_deaths_in_one_place(text, expected):
    assert words(KILLED, text) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How many children were killed in Varna?", "In Varna 26 people were killed, 20 of them women.", []),
        ("How many children were killed in Varna?", "The fire killed 20 children and six adults in Varna.", ["20"]),
        ("How many adults were killed in Varna?", "The fire killed 20 children and six adults in Varna.", ["six"]),
        ("How many Iranians did the group kill?", "About 12,000 of nearly 17,000 Iranians killed were its victims.",
         ["About 12,000"]),
        ("How many Russians were indicted?", "They indicted 13 Russian nationals and three Russian firms.", ["13"]),
        ("How many Palestinians were killed?", "The army said that 900 Palestinian militants were killed.", []),
        ("How many members of the union live in Varna?", "About 2,300 members of the union live in Varna.",
         ["About 2,300"]),
        ("How many members of the union live in Varna?", "The union has 2,300 members. Its head lives in Varna.", []),
        ("How many computers did the police seize?", "Police seized 150 computer devices and 12 cars.", ["150"]),
        ("How many of the homes burned?", "Some 7,100 homes burned.", []),  # no noun follows "how many"
    ],
)  # fmt: skip
def test_the_noun_counted_is_the_one_asked_for(question, text, expected):
    assert words(question, text) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How much did the ferry cost?", "The ferry cost $5.7 million, and the pier $2 million.", ["$5.7 million"]),
        ("How much will the council cut from the school budget this year?",
         "The council will cut €3 million from the school budget.", ["€3 million"]),
        ("How much will the council cut from the school budget this year?",
         "Over the next 10 years the council will cut €30 million from the school budget.", []),
        ("To what percentage was the harbour tax cut?", "The harbour tax was cut to 20 percent from 35 percent.",
         ["20 percent"]),
        ("What share of voters stayed at home?", "Some 47 percent of voters want a bridge.", []),
    ],
)  # fmt: skip
def test_sums_and_shares_are_of_what_is_asked(question, text, expected):
    assert words(question, text) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("When was the union founded?", "Dockers founded the union in 1965; it joined the party in 1981.", ["1965"]),
        ("When was the union founded?", "The union, founded in the 1960s, called a strike on May 3, 2013.", ["1960s"]),
        ("When was the union founded?", "In 2013 the union closed.", []),
        ("When did the group flee to Iraq?", "The group fled to Iraq in 1986 and left it in 2016.", ["1986"]),
        ("When was the MEK founded?", "He founded the NCRI in 1981, not the MEK.", []),
        ("When was the mayor dismissed?", "The mayor was dismissed on Tuesday.", []),  # a weekday is no date
    ],
)
def test_dates_are_those_of_what_is_asked(question, text, expected):
    assert words(question, text) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("How old is the mayor of Varna?", "Varna's mayor, 52, opened the bridge with 12 guests.", ["52"]),
        ("How old was the mayor of Varna?", "The 52-year-old mayor of Varna has ruled for 12 years.", ["52"]),
        ("How long did the strike in Varna last?", "The strike in Varna lasted 31 days and cost $3 million.", ["31"]),
        ("How many pages has the Varna report?", "The 448-page Varna report names 12 dockers.", ["448"]),
        ("How many jobs did Varna lose in September?", "Varna lost 900 jobs in June.", []),
        ("How much money did Varna raise in the third quarter?", "In the second quarter Varna raised $5 million.", []),
        ("How many people were on the ferry in Varna?", "Seven of the people on the ferry in Varna are sailors.", []),
    ],
)
def test_ages_durations_and_periods(question, text, expected):
    assert words(question, text) == expected


def test_an_article_reports_what_is_asked_only_after_it_happened():
    question, text = "How many people were killed in Varna in June 2013?", "Nine people were killed in Varna."
    assert words(question, text, date=dt.date(2013, 6, 20)) == ["nine".capitalize()]
    assert words(question, text, date=dt.date(2013, 5, 31)) == []
    assert words(question, text, date=dt.date(2015, 1, 1)) == []  # of another fire, or it would name the year
    assert words(question, text, date=None) == []
    assert words(question, "Nine people were killed in Varna on 3 May.", date=dt.date(2013, 6, 20)) == []
    assert words(question, "In June 2013 nine people were killed in Varna.", date=dt.date(2015, 1, 1)) == ["nine"]


def test_only_marked_sentences_count():
    text = "The fire in Varna killed nine people. Later eleven people were killed in Varna, it said."
    first = text.index(" Later")
    assert words("How many people were killed in Varna?", text, quote=(0, first)) == ["nine"]
    assert words("How many people were killed in Varna?", text, quote=(first + 1, len(text))) == ["eleven"]
    assert words("How many people were killed in Varna?", text) == ["nine", "eleven"]


def test_equal_values_are_one_figure_with_the_words_and_the_place_of_each():
    texts = [
        "About 2,300 members live in Varna.",
        "Some 3,000 members live in Varna.",
        "So 2300 members live in Varna.",
    ]
    shown = [citation(t, (5, 5 + len(t)), start=5, end=5 + len(t), article_id=f"a{i}") for i, t in enumerate(texts)]
    figures = figures_for("How many members live in Varna?", shown)
    assert [(f.kind, f.value, f.upper, f.unit) for f in figures] == [
        ("number", 2300, None, "members"),
        ("number", 3000, None, "members"),
    ]
    assert [(m.article_id, m.start, m.end, m.words) for m in figures[0].mentions] == [
        ("a0", 5, 16, "About 2,300"),
        ("a2", 8, 12, "2300"),
    ]


def test_a_range_is_one_figure():
    (figure,) = figures_for(
        "How many fighters are in Varna?", [citation("Between 1,000 and 2,000 fighters are in Varna.")]
    )
    assert (figure.value, figure.upper, figure.mentions[0].words) == (1000, 2000, "Between 1,000 and 2,000")


def test_without_passages_or_without_such_a_question_there_are_none():
    assert figures_for(KILLED, []) == ()
    assert words("Who set fire to Varna harbour?", "The fire at Varna harbour killed nine people.") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "nine " * 4000, "nine and " * 4000, "9 " * 4000, "9," * 4000, "9" * 20_000, "9 of " * 4000,
        "9" * 400 + " people killed in Varna", "killed 9 people in Varna and " * 700,
        '"' * 10_000 + " 9", "9" + " " * 20_000 + "9",
        "a." * 10_000, "\n9" * 5000, "9." * 5000, "from 9 to " * 2000, "$" * 10_000, "May 9 " * 3000, "half a " * 5000,
    ],
)  # fmt: skip
def test_no_text_takes_long(text):
    started = time.process_time()
    for question in (KILLED, "How much did Varna cost?", "What share was killed?", "When was Varna founded?"):
        words(question, f"Varna. {text}")
    assert time.process_time() - started < 4
