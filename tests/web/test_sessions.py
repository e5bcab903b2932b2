"""Ten readers ask the app at once: each has the answers to their own questions."""

import json
import secrets
import subprocess
import sys
import time

import pytest
from support import ROOT
from support.cited import citation

from rag.answer.answer import Answer
from rag.web.answer_html import failed_html, turn_html

sys.path.insert(0, str(ROOT / "benchmarks"))
import sessions

pytestmark = [pytest.mark.server, pytest.mark.slow]
SECONDS = 3


@pytest.fixture(scope="module")
def index(tmp_path_factory, demonstration):
    return demonstration(tmp_path_factory.mktemp("sessions") / "index")


def test_ten_readers_at_once_each_get_the_answers_to_their_own_questions(index):
    program = [sys.executable, str(ROOT / "benchmarks" / "sessions.py"), "--index", str(index), "--json"]
    done = subprocess.run([*program, f"--seconds={SECONDS}"], capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert (found["readers"], found["wrong"]) == (10, [])
    assert found["answers"] >= 40, "each of ten readers has finished a conversation of four answers"


def test_another_readers_answer_is_detected(monkeypatch):
    """The check itself, on an app that keeps one last question for all sessions."""

    last = []

    class Shared(sessions.Reader):
        def __init__(self, url):
            self.filters = []

        def send(self, data):
            _, question, number, _ = data
            last[:] = [question]
            time.sleep(0.001)
            answer = f'<section class="according turn" data-turn="{number + 1}"><h2 class="question">{last[0]}</h2>'
            return {"data": [answer]}

    monkeypatch.setattr(sessions, "Reader", Shared)
    assert any(line.startswith("reader ") for line in sessions.run("", readers=3, seconds=0.5)["wrong"])
    assert sessions.run("", readers=1, seconds=0.1)["wrong"] == []


def test_an_answer_that_failed_is_wrong(monkeypatch):
    reader = object.__new__(sessions.Reader)
    reader.filters = []
    monkeypatch.setattr(reader, "send", lambda data: {"data": [str(failed_html("Who?", "no day"))]})
    reader.reload()
    with pytest.raises(AssertionError, match="failed: "):
        reader.ask("Who?")


def test_what_is_new_in_each_answer_is_not_compared(monkeypatch):
    reader = object.__new__(sessions.Reader)
    reader.filters = []
    monkeypatch.setattr(reader, "send", lambda data: {"data": [str(answer(secrets.token_urlsafe(32)))]})
    reader.reload()
    one, two = (reader.turn("ask", "Who?", 0) for _ in range(2))
    assert one == two
    assert "answer/HANDLE?as=" in one


def answer(handle):
    return turn_html(Answer("Who?", "Who?", "answers", (citation(),)), handle=handle)
