"""Ten readers ask the app at once: each chat has its own reader's questions, and the answers to them."""

import json
import subprocess
import sys
import time

import pytest
from support import ROOT

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


def test_another_readers_question_in_a_chat_is_detected(monkeypatch):
    """The check itself, on an app with one chat for all sessions."""

    chat = []

    class SharedChat(sessions.Reader):
        def __init__(self, url):
            self.values = {"question": "", "understood": []}

        def reload(self):
            chat.clear()

        def send(self, component, event):
            time.sleep(0.001)
            chat.append(f'<div class="according question"><bdi>{self.values["question"]}</bdi></div>')
            return list(chat)

    monkeypatch.setattr(sessions, "Reader", SharedChat)
    assert any(line.startswith("reader ") for line in sessions.run("", readers=3, seconds=0.5)["wrong"])
    assert sessions.run("", readers=1, seconds=0.1)["wrong"] == []
