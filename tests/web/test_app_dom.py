"""The elements of Gradio that the style sheets and scripts of the app rely on, in a real browser."""

import json

import pytest
from playwright.sync_api import expect
from support import HARBOUR, WordEncoder
from support.dom_facts import dom_facts

import rag
from rag.web import gradio_internals
from rag.web.gradio_internals import ALWAYS, OPENED, Element
from rag.web.launch import launch


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
    dom_facts(page, ALWAYS)
    page.set_viewport_size({"width": 375, "height": 667})
    page.click("[data-do=filters]")
    expect(page.locator("#outlets")).to_be_in_viewport()
    dom_facts(page, OPENED)
    monkeypatch.setattr(gradio_internals, "ELEMENTS", (Element(".no-such", "nothing"),))
    with pytest.raises(AssertionError, match=r"no such elements always.*\.no-such \(nothing\)"):
        dom_facts(page, ALWAYS)
