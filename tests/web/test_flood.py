"""Many readers at once: each gets the answer that a lone reader gets, or is told when to come back."""

import json
import socket
import sys
import threading
import time

import gradio as gr
import pytest
from support import BRIDGE, HARBOUR, ROOT, WordEncoder

import rag
from rag.web.launch import launch

sys.path.insert(0, str(ROOT / "benchmarks"))
import flood

pytestmark = pytest.mark.slow
QUESTIONS = (
    "By how much will the wages of dock workers rise?",
    "Why was the old bridge closed?",
    "Who ended a strike on Tuesday?",
)


def test_a_hundred_readers_at_once_are_answered_rightly_or_refused_clearly(tmp_path):
    (tmp_path / "n.jsonl").write_text("\n".join(map(json.dumps, (HARBOUR, BRIDGE))))
    library = rag.build([tmp_path / "n.jsonl"], index=tmp_path / "index", encoder=WordEncoder())
    found = flood.run(launch(library, port=0, wait=False), readers=100, seconds=5, questions=QUESTIONS)
    gr.close_all()
    assert found["wrong"] == []
    assert found["answers"] >= 50
    assert len(found["afterwards"]) == 1


@pytest.mark.parametrize("wrong", ["another's answer", "no answer", "a refusal that does not say when to return"])
def test_what_must_not_happen_is_counted(monkeypatch, wrong):
    """The check itself, with readers that get something wrong once many ask at once."""

    class Reader:
        def __init__(self, url):
            self.many = []

        def reload(self):
            pass

        def ask(self, question):
            time.sleep(0.001)
            if threading.current_thread() is threading.main_thread():
                return [question]
            if wrong == "no answer":
                raise flood.httpx.ReadTimeout("nothing came")
            if wrong == "another's answer":
                return ["another question"]
            raise flood.RefusedError(flood.httpx.Response(503))

    monkeypatch.setattr(flood, "Reader", Reader)
    monkeypatch.setattr(flood, "WAYS", (flood.by_browser,))
    monkeypatch.setattr(flood, "_sent", lambda url, begun: socket.socket())
    assert flood.run("", readers=3, seconds=0.1, questions=("a", "b"))["wrong"]
