"""The elements of Gradio that the style sheets and scripts of the app rely on, in a real browser."""

import json

import pytest
from playwright.sync_api import expect
from support import HARBOUR, ROOT, WordEncoder
from support.dom_facts import dom_facts
from support.page import visit

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
    visit(page, address)
    expect(page.locator("#question textarea")).to_be_visible()
    dom_facts(page, ALWAYS)
    page.set_viewport_size({"width": 375, "height": 667})
    page.click("[data-do=filters]")
    expect(page.locator("#outlets")).to_be_in_viewport()
    dom_facts(page, OPENED)
    monkeypatch.setattr(gradio_internals, "ELEMENTS", (Element(".no-such", "nothing"),))
    with pytest.raises(AssertionError, match=r"no such elements always.*\.no-such \(nothing\)"):
        dom_facts(page, ALWAYS)


def test_more_examples_are_asked_for_less_and_less_often_and_not_while_nobody_looks(opened):
    """The script alone, with a clock that the test sets."""
    page = opened.new_page()
    page.clock.install(time=0)
    page.set_content("<div id=top></div><div id=start><p data-more></p></div><button id=renew></button>")
    page.add_script_tag(path=ROOT / "rag" / "web" / "app.js")
    page.evaluate("""() => {
        window.asked = 0;
        document.getElementById("renew").onclick = () => { asked += 1; according.renewed(); };
        window.seen = (is) => {
            Object.defineProperty(document, "hidden", { value: !is, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        };
        according.renewed();
    }""")

    def asked(after):
        page.clock.run_for(after * 1000)
        return page.evaluate("[asked, asked = 0][0]")

    assert [asked(4), asked(20), asked(206)] == [1, 2, 4], "after 3, 6, 12, 24, 48 seconds, then every minute"
    page.evaluate("seen(false)")
    assert asked(600) == 0
    page.evaluate("seen(true)")
    assert asked(0) == 1, "at once, when somebody looks again"
    page.evaluate("document.getElementById('start').hidden = true")
    assert asked(600) == 0, "an answer has taken their place"
    page.close()
