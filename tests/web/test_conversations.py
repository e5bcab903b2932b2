"""The conversations that the server keeps, and their bounds."""

import secrets

import pytest

from rag.web.conversations import Asked, Conversations, Turn


def turn(question, answer="<p>nothing</p>"):
    return Turn.of(Asked(question), f"<h2>{question}</h2>", answer)


def questions(turns):
    return [t.asked.question for t in turns]


def test_turns_are_kept_by_session_and_shown_as_they_were():
    kept = Conversations()
    kept.add("a", turn("Who?", "<p>“سه” &amp; \U0001f600</p>"))
    kept.add("b", turn("When?"))
    assert questions(kept.add("a", turn("Where?"))) == ["Who?", "Where?"]
    assert kept.add("a", turn("Why?"))[0].html() == ("<h2>Who?</h2>", "<p>“سه” &amp; \U0001f600</p>")
    assert kept.last("b") == Asked("When?")
    assert kept.last("c") is None


def test_a_turn_can_take_the_place_of_the_last():
    kept = Conversations()
    assert questions(kept.add("a", turn("Who?"), instead=True)) == ["Who?"]
    kept.add("a", turn("When?"))
    assert questions(kept.add("a", turn("Where?"), instead=True)) == ["Who?", "Where?"]


def test_a_cleared_conversation_is_forgotten():
    kept = Conversations()
    kept.add("a", turn("Who?"))
    kept.clear("a")
    kept.clear("never")
    kept.clear(None)
    assert kept.last("a") is None
    assert questions(kept.add("a", turn("When?"))) == ["When?"]


def test_nothing_is_kept_without_a_session():
    kept = Conversations()
    assert questions(kept.add(None, turn("Who?"))) == ["Who?"]
    assert questions(kept.add(None, turn("When?"))) == ["When?"]
    assert kept.last(None) is None


def test_only_the_latest_turns_of_a_conversation_are_kept():
    kept = Conversations(max_turns=3)
    for n in range(5):
        shown = kept.add("a", turn(str(n)))
    assert questions(shown) == ["2", "3", "4"]


@pytest.mark.parametrize("sessions", [1, 7, 300])
def test_all_conversations_together_stay_within_the_bound(sessions):
    kept = Conversations(max_bytes=500_000)
    for n in range(1000):
        shown = kept.add(f"s{n % sessions}", turn(str(n), secrets.token_hex(5_000)))
        assert questions(shown)[-1] == str(n)
        assert kept._kept.currsize <= 500_000
        held = sum(len(page) for turns in kept._kept.values() for t in turns for page in t.pages)
        assert held <= 500_000
    assert kept.last(f"s{999 % sessions}") == Asked("999")


def test_an_answer_larger_than_the_bound_is_shown_and_not_kept():
    kept = Conversations(max_bytes=10_000)
    kept.add("a", turn("Who?"))
    assert questions(kept.add("a", turn("When?", secrets.token_hex(20_000)))) == ["When?"]
    assert kept.last("a") is None
