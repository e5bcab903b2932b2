"""The app in a real browser: ask, see outlet and date of each passage, see hostile text as text."""

import json
import os
import subprocess
import sys
import urllib.request
from html import escape

import pytest
from playwright.sync_api import expect
from support import HARBOUR, ROOT
from support.hostile import EVIL
from support.page import again, answered, ask, show_filters, visit
from support.processes import Other

import rag
from rag.errors import AccordingError
from rag.web.app import EXAMPLES
from rag.web.launch import launch


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def address(folder, real):
    hostile = {
        "id": "evil",
        "outlet": f"<i>{escape('<b>Daily</b> & <img src=x onerror=alert(1)>')}</i>",
        "date": "2020-02-01",
        "text": f"<p>{escape(EVIL)}</p>",  # markup that shows markup: what is stored is EVIL itself
    }
    records = [HARBOUR | {"host": "mirror.example", "kind": "digest"}, hostile]
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, records)))
    library = rag.build([folder / "n.jsonl"], index=folder / "index", encoder=real)
    yield launch(library, port=0, wait=False, examples=EXAMPLES)
    import gradio

    gradio.close_all()


def test_a_reader_asks_and_sees_who_said_it_where_and_when(page, address):
    requests, faults = [], []
    page.on("request", lambda r: requests.append(r.url))
    page.on("pageerror", lambda e: faults.append(str(e)))
    visit(page, address)
    answer = ask(page, "By how much will the dock workers' wages rise?")
    expect(answer.locator(".question")).to_have_text("By how much will the dock workers' wages rise?")
    expect(answer.locator(".verdict")).to_have_text("1 outlet answers · at least 1 independent source · 2013")
    card = answer.locator(".card").first
    expect(card.locator("h3")).to_have_text("digest of The Guardian, via mirror.example")
    expect(card.locator(".when")).to_have_text("14 May 2013 (published)")
    expect(card.locator(".kind")).to_have_attribute("title", "digest: a summary, not the outlet’s own words")
    expect(card.locator("cite")).to_have_text("Harbour strike ends")
    expect(card.locator("mark")).to_contain_text("wages would rise by four percent.")
    expect(card.locator(".title")).to_contain_text("by Jane Roe")
    expect(card.get_by_role("link").first).to_have_attribute("href", "https://example.org/harbour")
    folder = ROOT / "tests" / "screenshots"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / "answer.png")
    answer.locator("[role=tab]", has_text="Side by side").click()
    expect(answer.locator(".side-by-side")).not_to_have_attribute("aria-busy", "true")
    outside = [url for url in requests if not url.startswith((address, "data:", "blob:"))]
    assert (outside, faults) == ([], [])


def test_hostile_text_is_shown_as_text(page, address):
    visit(page, address)
    answer = ask(page, "What did the minister say about taxes on salt?")
    quoted = answer.locator("blockquote").first
    assert quoted.text_content() == EVIL
    expect(answer.locator("header strong").first).to_have_text("<b>Daily</b> & <img src=x onerror=alert(1)>")
    assert answer.locator("img, script, .katex, b").count() == 0
    assert page.title() == "According"


def test_a_hostile_question_is_shown_as_text_wherever_it_is_shown(page, address):
    visit(page, address)
    question = "<img src=x onerror=\"document.title='owned'\"> **what** about {{salt}}?"
    answer = ask(page, question)
    expect(answer.locator(".question")).to_have_text(question)
    expect(page.locator("#chips .chip").first).to_have_text(f"follow-up of: {question}")
    expect(page.locator("#earlier a").first).to_have_text(question)
    page.reload()
    expect(answered(page, 0).locator(".question")).to_have_text(question)
    expect(page.locator("#earlier a").first).to_have_text(question)
    assert page.locator("img").count() == 0
    assert page.title() == "According"


def test_an_empty_answer_says_so(page, address):
    visit(page, address)
    answer = ask(page, "How do I bake sourdough bread?")
    expect(answer.locator(".verdict")).to_have_text("Nothing here answers that.")
    expect(answer.locator(".why")).to_have_text("No article holds “bake”, “sourdough” or “bread”.")


def test_filters_narrow_the_answer_and_a_bad_date_is_explained(page, address):
    visit(page, address)
    show_filters(page)
    page.fill("#after input", "2019-01-01")
    answer = ask(page, "By how much will the dock workers' wages rise?")
    expect(answer).to_contain_text("leaves out 1 of 2 articles")
    page.fill("#after input", "soon")
    answer = ask(page, "By how much will wages rise?")
    expect(answer.get_by_role("alert")).to_have_text("After is 'soon'; give a day as YYYY-MM-DD.")
    page.fill("#after input", "")
    answer.get_by_role("button", name="Try again").click()
    expect(again(answer).locator("mark").first).to_contain_text("four percent")


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory, real, demonstration):
    index = demonstration(tmp_path_factory.mktemp("app") / "demonstration")
    return launch(rag.open(index, encoder=real), port=0, wait=False)


def test_constraints_in_the_question_are_shown_and_can_be_ignored(page, demonstrated):
    visit(page, demonstrated)
    answer = ask(page, "In 2009, how many people were said to be living in Camp Ashraf?")
    chip = answer.locator(".chips .chip")
    expect(chip).to_have_accessible_name("Only 2009-01-01 to 2009-12-31")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(answer.locator(".searched").first).to_have_text(
        "Searched for: How many people were said to be living in Camp Ashraf?"
    )
    assert {when.split()[2] for when in answer.locator(".when").all_inner_texts()} == {"2009"}
    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(chip).to_contain_text("“In 2009” not applied")
    expect(page.locator(".turn")).to_have_count(1)
    assert len({when.split()[2] for when in answer.locator(".when").all_inner_texts()}) > 1
    expect(chip).to_be_focused()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(chip).to_have_accessible_name("Only 2009-01-01 to 2009-12-31")
    expect(ask(page, "Is the MEK a cult?").locator("[data-do=switch]")).to_have_count(0)


def test_readers_do_not_affect_each_other(page, demonstrated):
    visit(page, demonstrated)
    answer = ask(page, "In 2009, how many people were said to be living in Camp Ashraf?")
    other = page.context.browser.new_page()
    visit(other, demonstrated)
    expect(other.locator(".turn, #earlier a")).to_have_count(0)
    others = ask(other, "According to Reuters, who lives in Camp Ashraf?")
    expect(others.locator("[data-do=switch]")).to_contain_text("Reuters")
    answer.locator("[data-do=switch]").click()
    expect(answer.locator("[data-do=switch]")).to_contain_text("“In 2009” not applied")
    expect(page.locator(".turn")).to_have_count(1)
    expect(others.locator("[data-do=switch]")).to_have_attribute("aria-pressed", "true")
    expect(others.locator("[data-do=switch]")).to_contain_text("Reuters")
    other.close()


def test_an_example_is_asked_with_one_click(page, address):
    visit(page, address)
    page.locator("#start").get_by_role("button", name=EXAMPLES[0]).click()
    expect(answered(page, 0).locator(".question")).to_have_text(EXAMPLES[0])
    expect(page.locator("#start")).to_be_hidden()


def test_the_browser_loads_nothing_from_elsewhere(address):
    with urllib.request.urlopen(address) as response:
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert response.headers["Referrer-Policy"] == "no-referrer"


def test_a_port_in_use_is_an_error_that_says_what_to_do(address, tmp_path, words):
    taken = int(address.rstrip("/").rsplit(":", 1)[1])
    library = rag.build([tmp_path], index=tmp_path / "i", encoder=words)
    with pytest.raises(AccordingError, match=f"cannot listen on 127.0.0.1 port {taken}: the port is in use"):
        launch(library, port=taken, wait=False)


def test_a_port_that_is_not_a_number_is_an_error(words, tmp_path, monkeypatch):
    monkeypatch.setenv("PORT", "http")
    with pytest.raises(AccordingError, match="PORT is 'http'; give a number such as 7860"):
        launch(rag.build([tmp_path], index=tmp_path / "i", encoder=words))


def test_app_py_serves_the_demonstration(tmp_path, demonstration):
    """`python app.py` alone: brings the index up to date, prints the address, answers there."""
    index = demonstration(tmp_path / "index")
    environment = {**os.environ, "INDEX": str(index), "PORT": "0", "HOST": "127.0.0.1"}
    server = subprocess.Popen(
        [sys.executable, "app.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    try:
        line = server.stdout.readline()
        assert line.startswith("According is running at http://127.0.0.1:"), server.stderr.read()
        with urllib.request.urlopen(line.split()[4]) as response:
            assert b"According" in response.read()
    finally:
        server.terminate()
        _, notices = server.communicate(timeout=30)
    assert "69 articles read: 0 new, 0 updated, 69 unchanged" in notices


def test_changes_by_another_process_are_served_without_a_restart(page, tmp_path, news, words):
    record = {
        "id": "quay",
        "outlet": "The Quay Gazette",
        "text": "Divers found a bronze bell under the old quay on Friday.",
    }
    question = "What did divers find under the old quay?"
    library = rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=words)
    visit(page, launch(library, port=0, wait=False))
    assert "The Quay Gazette" not in ask(page, question).inner_text()
    another = Other()
    another(
        "with rag.open(index, encoder=WordEncoder()) as library: library.add([file])",
        index=tmp_path / "index", file=news(record),
    )  # fmt: skip
    expect(ask(page, question).locator("mark").first).to_have_text(record["text"])
    page.reload()
    answered(page, 0)
    show_filters(page)
    page.locator("#outlets input").click()
    expect(page.get_by_role("option", name="The Quay Gazette (1)")).to_be_visible()
    page.keyboard.press("Escape")
    another(
        'with rag.open(index, encoder=WordEncoder()) as library: library.remove(["quay"])', index=tmp_path / "index"
    )
    another.kill()
    assert "The Quay Gazette" not in ask(page, question).inner_text()
