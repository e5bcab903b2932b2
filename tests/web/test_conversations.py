"""The questions that the server keeps: of whom, by which number, within which bounds; and what follows what."""

import secrets
import time
from dataclasses import replace

import pytest
from support import BRIDGE

import rag
from rag.answer.answer import as_previous
from rag.query.constraints import DATES, IGNORED, OUTLET, Constraint
from rag.query.previous import Previous
from rag.web import conversations
from rag.web.conversations import Asked, Conversations

BEFORE = Previous("Who closed the old bridge?", title="Bridge closed")
ANSWERED = Asked(BEFORE.question, answered=BEFORE)


@pytest.fixture(autouse=True)
def numbers_from_1(monkeypatch):
    monkeypatch.setattr(conversations, "MAX_FIRST", 1)


def numbers(kept, session, last):
    """The numbers, up to the last, under which questions of a session are kept."""
    return [number for number in range(last + 1) if kept.asked(session, number)]


def test_questions_are_kept_by_session_and_by_number_from_1():
    kept = Conversations()
    assert kept.add("a", Asked("Who?")) == 1
    assert kept.add("b", Asked("When?")) == 1
    assert kept.add("a", Asked("Where?", words=("in 2009",))) == 2
    assert (kept.asked("a", 1), kept.asked("a", 2)) == (Asked("Who?"), Asked("Where?", words=("in 2009",)))
    assert kept.asked("b", 1) == Asked("When?")
    for session, number in (("b", 2), ("a", 0), ("a", 3), ("a", -1), ("a", 2**70), ("c", 1), ("", 1), (None, 1)):
        assert kept.asked(session, number) is None, (session, number)


def test_a_question_asked_again_keeps_its_number():
    kept = Conversations()
    for question in ("Who?", "When?", "Where?"):
        kept.add("a", Asked(question))
    assert kept.add("a", Asked("When?", ignore=("in 2009",)), 2) == 2
    assert kept.asked("a", 2) == Asked("When?", ignore=("in 2009",))
    assert [kept.asked("a", number).question for number in (1, 3)] == ["Who?", "Where?"]
    assert kept.add("a", Asked("Why?")) == 4


def test_a_conversation_that_was_forgotten_is_not_gone_on_with(monkeypatch):
    monkeypatch.setattr(conversations, "MAX_FIRST", 2**30)
    numbers = {Conversations().add("a", Asked("Who?")) for _ in range(20)}
    assert len(numbers) > 15
    assert all(0 < number <= 2**30 for number in numbers)


def test_nothing_is_kept_without_a_session():
    kept = Conversations()
    assert [kept.add(None, Asked("Who?")), kept.add("", Asked("When?"))] == [1, 1]
    assert kept.asked(None, 1) is kept.asked("", 1) is None


def test_only_the_latest_questions_of_a_conversation_are_kept_and_numbers_go_on():
    kept = Conversations(max_questions=3)
    assert [kept.add("a", Asked(str(n))) for n in range(5)] == [1, 2, 3, 4, 5]
    assert numbers(kept, "a", 5) == [3, 4, 5]
    kept.add("a", Asked("again"), 3)
    assert numbers(kept, "a", 5) == [3, 4, 5], "a question asked again takes no other's place"


@pytest.mark.parametrize("sessions", [1, 7, 300])
def test_all_conversations_together_stay_within_the_bound(sessions):
    kept = Conversations(max_bytes=500_000)
    for n in range(1000):
        asked = Asked(str(n), answered=Previous(secrets.token_hex(2_500), title=secrets.token_hex(500)))
        number = kept.add(f"s{n % sessions}", asked)
        assert kept.asked(f"s{n % sessions}", number) == asked
        assert kept._kept.currsize <= 500_000
        held = [each for own in kept._kept.values() for each in own.values()]
        assert sum(len(each.answered.question) + len(each.answered.title) for each in held) <= 500_000
    assert 0 < len(kept._kept) <= sessions


def test_a_question_larger_than_the_bound_is_numbered_and_not_kept():
    kept = Conversations(max_bytes=10_000)
    kept.add("a", Asked("Who?"))
    assert kept.add("a", Asked(secrets.token_hex(20_000))) == 2
    assert numbers(kept, "a", 2) == []


def test_all_that_is_kept_of_a_question_counts():
    for name in ("previous", "offered_previous", "answered"):
        asked = Asked("Who?", **{name: Previous("Why? " * 10, title="T" * 30)})
        assert asked.characters == len("Who?") + 80, name
    for name in ("words", "ignore", "suggested"):
        assert Asked("Who?", **{name: ("in 2009", "today")}).characters == len("Who?") + 12, name
    assert Asked("Who?", named=(("in 2009", "A Post"),)).characters == len("Who?") + 13


# What follows what


def test_a_question_that_points_back_continues_the_one_before():
    asked = Asked.after("And when was it closed?", ANSWERED, ["in 2009"])
    assert (asked.previous, asked.offered_previous, asked.ignore) == (BEFORE, None, ("in 2009",))


def test_a_question_that_means_something_alone_is_asked_alone_and_can_be_made_to_continue():
    question = "What did the dock workers union say about wages?"
    asked = Asked.after(question, ANSWERED)
    assert (asked.previous, asked.offered_previous) == (None, BEFORE)
    continued = Asked.after(question, ANSWERED, continues=True)
    assert (continued.previous, continued.offered_previous) == (BEFORE, None)


@pytest.mark.parametrize("words", ["that camp ", "it was ", "and ", "he ", "Ab of the "])
def test_a_question_of_any_length_is_looked_at_in_no_time(words):
    """The library says that it is too long, which it does once it is asked."""
    started = time.process_time()
    asked = Asked.after(words * (250_000 // len(words)), ANSWERED)
    assert len(asked.question) > 200_000
    assert time.process_time() - started < 3


def test_the_first_question_continues_nothing():
    for before in (None, Asked("Who?")):  # none, or one that was not answered
        for continues in (False, True):
            asked = Asked.after("And when?", before, continues=continues)
            assert (asked.question, asked.previous, asked.offered_previous) == ("And when?", None, None)


def test_words_are_applied_as_the_reader_has_them():
    year = Constraint(DATES, "in 2009", 0, 7)
    reuters = Constraint(OUTLET, "says Reuters", 0, 12, "Reuters")
    asked = Asked("Who?").understood((year, reuters), ("in 2009", "says Reuters"))
    assert (asked.words, asked.named) == (("in 2009", "says Reuters"), (("says Reuters", "Reuters"),))
    off = asked.with_words(["says Reuters"])
    assert (off.ignore, off.outlets) == (("in 2009",), ())
    again = off.understood((replace(year, applied=False, why=IGNORED), reuters), ("in 2009", "says Reuters"))
    assert again.with_words(["in 2009", "says Reuters"]).ignore == ()
    assert again.with_words([]).ignore == ("in 2009", "says Reuters")


def test_what_an_answer_speaks_of_is_what_the_next_question_continues(tmp_path, news, words):
    library = rag.build([news(BRIDGE)], index=tmp_path / "index", encoder=words)
    answer = library.ask("Why was the old bridge closed?", min_confidence=0)
    asked = replace(Asked(answer.question), answered=as_previous(answer))
    assert Asked.after("And when?", asked).previous.question == "Why was the old bridge closed?"
