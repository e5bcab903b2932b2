"""The elements of Gradio that the style sheets and scripts of the app rely on, in a real browser."""

import json

import pytest
from playwright.sync_api import expect
from support import HARBOUR, WordEncoder
from support.dom_facts import dom_facts
from support.page import ask

import rag
from rag.web import gradio_internals
from rag.web.gradio_internals import ANSWERED, AT_FIRST, AWAITED, RESULTS, Element
from rag.web.launch import launch

QUESTION = "Who ended the strike of dock workers on Tuesday?"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dom")
    (folder / "news.jsonl").write_text(json.dumps(HARBOUR), "utf-8")
    library = rag.build([folder / "news.jsonl"], index=folder / "index", encoder=WordEncoder())
    yield launch(library, port=0, wait=False)
    import gradio

    gradio.close_all()


def test_the_elements_of_gradio_that_the_app_relies_on_are_in_its_page(page, address, monkeypatch):
    page.goto(address)
    expect(page.locator("#question textarea")).to_be_visible()
    dom_facts(page, AT_FIRST)
    monkeypatch.setattr(gradio_internals, "ELEMENTS", (Element(".no-such", "nothing"),))
    with pytest.raises(AssertionError, match=r"no such elements before the first question.*\.no-such \(nothing\)"):
        dom_facts(page, AT_FIRST)


def test_so_are_those_while_an_answer_is_awaited_and_after_it(page, address):
    page.goto(address)
    page.route(f"**{RESULTS}*", lambda _: None)  # the answer does not arrive
    page.fill("#question textarea", QUESTION)
    page.click("#ask")
    for element in gradio_internals.ELEMENTS:
        if element.when == AWAITED:
            expect(page.locator(element.selector).first).to_be_attached()
    dom_facts(page, AWAITED)
    page.unroute(f"**{RESULTS}*")
    page.goto(address)
    ask(page, QUESTION)
    dom_facts(page, ANSWERED)
