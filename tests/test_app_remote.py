"""The app in a real browser, over a library in Milvus: it answers as ever, says so when Milvus is away, and goes on by
itself when it is back."""

import re

import pytest
from conftest import BRIDGE, HARBOUR, ORCHARD, ask
from milvus import Milvus
from playwright.sync_api import expect

import rag
from rag import server, web


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    remote = Milvus(tmp_path_factory.mktemp("milvus")).start()
    yield remote
    remote.kill()


@pytest.fixture(scope="module")
def address(remote, real, tmp_path_factory):
    import json

    path = tmp_path_factory.mktemp("news") / "n.jsonl"
    path.write_text("\n".join(map(json.dumps, (HARBOUR, BRIDGE, ORCHARD))))
    rag.build([path], index=remote.address(), encoder=real).close()
    yield web.launch(rag.open(remote.address(), encoder=real), port=0, wait=False)
    import gradio

    gradio.close_all()


def test_a_question_is_answered_while_milvus_is_there_and_told_of_while_it_is_not(page, address, remote, monkeypatch):
    monkeypatch.setattr(server, "READING", 1.0)
    page.goto(address)
    card = ask(page, "By how much will the dock workers' wages rise?").locator(".card").first
    expect(card.locator("header")).to_contain_text("According to The Guardian")
    expect(card.locator("mark")).to_contain_text("wages would rise by four percent.")

    remote.kill()
    page.get_by_role("textbox").first.fill("Why was the old bridge closed?")
    page.get_by_role("textbox").first.press("Enter")
    said = page.get_by_text(re.compile("does not answer: see whether Milvus runs there"))
    expect(said.first).to_be_visible()

    remote.start()
    page.goto(address)
    card = ask(page, "Why was the old bridge closed?").locator(".card").first
    expect(card.locator("header")).to_contain_text("According to Press TV")
    expect(card.locator("mark")).to_contain_text("Engineers closed the old bridge")
