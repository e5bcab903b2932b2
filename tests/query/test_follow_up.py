"""A question after another one: what it takes from there, and when it takes nothing."""

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.provenance.catalogue import load_catalogue
from rag.query.constraints import complete_question, parse_constraints
from rag.query.constraints.completeness import RULES, is_complete, open_anaphors
from rag.query.constraints.names import find_names, person_in, place_in
from rag.query.constraints.time_shifts import AFTER, BEFORE, find_time_shift
from rag.query.constraints.time_shifts import RULES as TIME_RULES
from rag.query.previous import Previous

INDEXED = ("Press TV", "Reuters", "Radio Tarn")
PREVIOUS = "Who is Jane Roe?"


def complete(question, previous=PREVIOUS):
    return complete_question(question, previous, outlets=INDEXED)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.sentence)
def test_each_rule_finds_the_word_that_points_back_in_its_sentence(rule):
    found = open_anaphors(rule.sentence, find_names(rule.sentence))
    assert rule.kind in {anaphor.kind for anaphor in found}
    assert not is_complete(rule.sentence, find_names(rule.sentence))


@pytest.mark.parametrize("rule", TIME_RULES, ids=lambda rule: rule.sentence)
def test_each_rule_finds_the_time_that_counts_from_another_one(rule):
    found = find_time_shift(rule.sentence)
    assert (found.kind, found.vague) == (rule.kind, rule.vague)


@pytest.mark.parametrize(
    "question",
    [
        "Did Maryam Rajavi say that she would come?", "When Albania cut the lines, what did it want?",
        "When she was arrested, what did Rajavi say?", "What did Kashmiri do with his briefcase?",
        "What did the Mail report about Anne Singleton and her husband?", "Who killed the Iranian president?",
        "Why did the EU take the PMOI off its list?", "Is it true that Rajavi is dead?", "Where is Ashraf?",
        "Was there a demonstration in Berlin?", "How many residents are there in Camp Ashraf?",
        "What did Joe Biden say about Iraq after he became president?", "Who left the camp in Albania?",
        "Did Rajavi explain that a movement needs money?", "And how did France treat the exiles?",
        "how many members live in albania?", "What happened in Syria this week?",
        "Why are prices of bread rising so fast now?",
        "Did anybody lose their life when Iraq took Ashraf?", "In 2014, what happened in Romania?",
        "Who wrote the book that Rajavi praised? When did it appear?", "WHO declared an outbreak in Kenya?",
        "missiles fired at Ashraf in June 1999", "Which reporters of the Washington Post met Alavi?",
    ],
)  # fmt: skip
def test_a_new_topic_takes_nothing_from_before(question):
    assert complete(question) == complete_question(question, None)


@pytest.mark.parametrize(
    "question",
    [
        "Why does he not believe Flournoy?", "What did Amnesty say about their trial?", "Was she in Iraq?",
        "Who does Rajavi say is guilty of it?", "Why did Iran call in his ambassador?", "And in Iran?", "Rajavi?",
        "How many women in Albania?", "What about women in Albania?", "Who else spoke in Paris?", "who said so?",
        "Did Reuters say that she was arrested?", "Did Hillary Clinton say that it was a mistake?",
        "How many people were killed?", "What did the people on the streets demand?", "Did Iran say that he was a spy?",
        "What did Iran's envoy say about that?", "How many were there?", "Did Amnesty write about the camp?",
        "What did the group do in Iraq in 1991?", "Why that country and not France?", "and did Rajavi?",
    ],
)  # fmt: skip
def test_a_question_that_needs_the_one_before_is_asked_together_with_it(question):
    assert complete(question, "Was the bridge closed?").text == f"Was the bridge closed? {question}"


@pytest.mark.parametrize(
    ("previous", "question", "searched"),
    [
        ("Who is Heshmat Alavi?", "Who wrote about him?", "Who is Heshmat Alavi? Who wrote about Heshmat Alavi?"),
        ("Who is Jane Roe?", "Where do her parents live?", "Who is Jane Roe? Where do Jane Roe’s parents live?"),
        ("Who is Jane Roe?", "Who gave her a letter?", "Who is Jane Roe? Who gave Jane Roe a letter?"),
        ("Who is Jane Roe?", "Was she ill when she left?", "Who is Jane Roe? Was Jane Roe ill when she left?"),
        ("What did Press TV say in Tehran?", "Was he there?", "What did Press TV say in Tehran? Was he there?"),
        ("How did members live?", "And ZEIT ONLINE?", "How did members live, according to ZEIT ONLINE?"),
        ("What did Amnesty say about it?", "And Reuters?", "What did Reuters say about it?"),
        ("Who is Jane Roe’s husband?", "Is he ill?", "Who is Jane Roe’s husband? Is he ill?"),
        ("Who is Jane Roe’s husband?", "Is she ill?", "Who is Jane Roe’s husband? Is Jane Roe ill?"),
        ("Who fell in June 1998?", "and two years later?", "Who fell in 2000?"),
        ("Who fell in June 1998?", "And the following month?", "Who fell in July 1998?"),
        ("Who fell in June 1998?", "What about the year before?", "Who fell in 1997?"),
        ("Who fell on 3 May 1998?", "and the day after?", "Who fell on 4 May 1998?"),
        ("Who fell in June 1998?", "How many died a year later?", "Who fell? How many died in 1999?"),
        ("Who fell in 1998?", "and two days later?", "Who fell in 1998? and two days later?"),
        ("Who fell in 9999?", "and a year later?", "Who fell in 9999? and a year later?"),
    ],
)  # fmt: skip
def test_names_and_times_are_taken_from_the_question_before(previous, question, searched):
    assert complete(question, previous).text == searched


def test_before_that_is_the_time_before_the_previous_question():
    found = complete("and before that?", "Who attacked the camp in September 2013?")
    assert found.text == "Who attacked the camp?"
    assert [(t.kind, t.words, t.after, t.before) for t in found.times] == [
        ("period", "before that", None, dt.date(2013, 8, 31))
    ]
    later = complete("And after that?", "What did Reuters report in 2009?")
    assert [(t.kind, t.after, t.before) for t in later.times] == [("dates", dt.date(2010, 1, 1), None)]


def test_a_complete_question_takes_only_the_time():
    found = complete("Who led the MEK before then?", "Who was arrested in Paris in 2003?")
    assert (found.text, found.taken) == ("Who led the MEK?", "")
    assert [t.before for t in found.times] == [dt.date(2002, 12, 31)]


def test_later_in_a_whole_question_is_no_time():
    assert complete("Did Iran later admit to the attack in Iraq?", "Who fell in 1998?").times == ()
    assert find_time_shift("earlier than that").kind == BEFORE
    assert find_time_shift("and since then?").kind == AFTER


def test_a_time_without_one_before_is_appended():
    assert complete("and before that?", "Who led it?").text == "Who led it? and before that?"
    assert complete("and before that?", Previous("Who led it?", date=dt.date(2009, 7, 30))).times[0].before == dt.date(
        2009, 7, 29
    )


def test_who_and_where_come_from_the_answer_if_the_question_names_nobody():
    before = Previous("Who directs the website?", person="Ali Nazer", place="Manez")
    assert complete("What does he propose?", before).text == "Who directs the website? What does Ali Nazer propose?"
    assert complete("Who lives there?", before).text == "Who directs the website? Who lives in Manez?"
    assert complete("Who fled from there?", before).text == "Who directs the website? Who fled from Manez?"


def test_an_article_is_meant_by_what_is_asked_of_it():
    before = Previous("Is Alavi a real person?", title="An activist who is none?")
    for question in ("Who wrote it?", "Who wrote that article?", "When was it published?"):
        found = complete(question, before)
        assert (found.text, found.taken) == (f"An activist who is none: {question}", "An activist who is none?")


def test_no_words_of_an_article_state_a_constraint():
    poisoned = Previous("Who directs it?", person="Radio Tarn", title="Articles since 2012, according to Press TV")
    assert complete("What does he say of it?", poisoned).text == "Who directs it? What does he say of it?"
    assert complete("Who wrote it?", poisoned).text == "Who directs it? Who wrote it?"


def test_persons_and_places_are_recognised_among_other_names():
    sentence = "In the Iraqi Army's report for Camp Liberty, the Foreign Ministry and Ali al-Dabbagh blame IRNA."
    assert person_in(sentence) == "Ali al-Dabbagh"
    assert place_in(sentence) == "Camp Liberty"
    assert person_in("The United States and New York met Free Iran Summit guests on Monday.") is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_questions_can_follow_each_other(previous, question):
    assert complete(question, previous).text or not question


def test_a_long_question_is_completed_in_two_seconds():
    for piece in ("She said that Ali ", "it ", "the group of ", "two years later ", "Ali-Al ", "that ", "?. "):
        start = time.process_time()
        complete(piece * (2000 // len(piece)), "Who fell in 1998?")
        assert time.process_time() - start < 2


def stated(question, previous):
    text = complete(question, previous).text
    found = parse_constraints(text, load_catalogue(), (), dt.date(2024, 6, 12)).constraints
    return [(c.kind, c.outlet or f"{c.after or ''}..{c.before or ''}", c.why) for c in found if c.applied]


@pytest.mark.parametrize("question", ["and not in 2009?", "But not in 2009?", "except in 2009"])
def test_a_follow_up_that_denies_a_time_does_not_keep_it(question):
    found = stated(question, "What did Reuters report about the dam in 2009?")
    assert found == [("outlet", "Reuters", ""), ("not dates", "2009-01-01..2009-12-31", "")]


def test_a_follow_up_that_denies_the_time_of_an_event_does_not_keep_it():
    assert stated("Who left, but not in 2009?", "Who came to the camp in 2009?") == []


@pytest.mark.parametrize(
    "question",
    [
        "and what did others say?", "Everyone else?", "Who else reported it?", "And other outlets?", "Is it true?",
        "Who denies it?",
    ],
)  # fmt: skip
def test_a_follow_up_about_others_is_not_asked_of_the_source_before(question):
    assert stated(question, "What did Reuters report about the dam?") == []


@pytest.mark.parametrize("question", ["Were others killed?", "What else did they say?", "Who else was killed?"])
def test_a_follow_up_about_other_people_is_asked_of_the_source_before(question):
    assert stated(question, "What did Reuters report about the dam?") == [("outlet", "Reuters", "")]


def test_a_follow_up_can_turn_the_order_round():
    for question, previous, first in [
        ("and the first reports?", "Latest on the dam", "oldest"),
        ("And the latest?", "First reports of the dam", "newest"),
    ]:
        assert [why for *_, why in stated(question, previous)] == [f"the {first} articles come first"]


def test_a_source_before_is_kept_where_a_name_is_appended_to_it():
    completed = complete("Albania", "the dam, according to Reuters").text
    assert completed == "the dam, according to Reuters. Albania"
    assert stated("Albania", "the dam, according to Reuters") == [("outlet", "Reuters", "")]


def test_a_long_dialogue_carries_what_it_names_and_not_every_turn():
    text = "Who attacked Camp Ashraf? Who left for Paris?"
    for question in ["Who says so?", "Why?", "Tell me more", "How many?", "Go on"] * 20:
        text = complete(question, text).text
    assert text.startswith("Who attacked Camp Ashraf? Who left for Paris? ")
    assert len(text) < 150
