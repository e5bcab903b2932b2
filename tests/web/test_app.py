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
from support.page import ask, at_rest
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
    page.goto(address)
    answer = ask(page, "By how much will the dock workers' wages rise?")
    card = answer.locator(".card").first
    expect(card.locator("header")).to_contain_text("According to a digest of The Guardian, via mirror.example")
    expect(card.locator(".when")).to_have_text("14 May 2013 (published)")
    expect(card.locator(".kind")).to_contain_text("digest: a summary, not the outlet’s own words")
    expect(card.locator("cite")).to_have_text("Harbour strike ends")
    expect(card.locator("mark")).to_contain_text("wages would rise by four percent.")
    expect(card.locator("footer")).to_contain_text("by Jane Roe")
    expect(card.get_by_role("link").first).to_have_attribute("href", "https://example.org/harbour")
    folder = ROOT / "tests" / "screenshots"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / "answer.png")
    outside = [url for url in requests if not url.startswith((address, "data:", "blob:"))]
    assert (outside, faults) == ([], [])


def test_hostile_text_is_shown_as_text(page, address):
    page.goto(address)
    answer = ask(page, "What did the minister say about taxes on salt?")
    quoted = answer.locator("blockquote").first
    expect(quoted).to_have_text(EVIL)
    expect(answer.locator("header strong").first).to_have_text("<b>Daily</b> & <img src=x onerror=alert(1)>")
    assert answer.locator("img, script, .katex").count() == 0
    assert page.title() == "According"


def test_a_hostile_question_is_shown_as_text(page, address):
    page.goto(address)
    question = "<img src=x onerror=\"document.title='owned'\"> **what** about {{salt}}?"
    ask(page, question)
    expect(page.locator(".according.question").last).to_have_text(question)
    assert page.title() == "According"


def test_an_empty_answer_says_so(page, address):
    page.goto(address)
    answer = ask(page, "How do I bake sourdough bread?")
    expect(answer).to_contain_text(
        "Nothing in the index answers this: no article holds “bake”, “sourdough” or “bread”."
    )


def test_filters_narrow_the_answer_and_a_bad_date_is_explained(page, address):
    page.goto(address)
    page.get_by_role("button", name="Filters").click()
    page.fill("#after input, #after textarea", "2019-01-01")
    answer = ask(page, "By how much will the dock workers' wages rise?")
    expect(answer).to_contain_text("leaves out 1 of 2 articles")
    page.fill("#after input, #after textarea", "soon")
    page.fill("#question textarea", "By how much will wages rise?")
    page.click("#ask")
    expect(page.get_by_text("after is 'soon'; give a day as YYYY-MM-DD")).to_be_visible()


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory, real, demonstration):
    index = demonstration(tmp_path_factory.mktemp("app") / "demonstration")
    return launch(rag.open(index, encoder=real), port=0, wait=False)


def test_constraints_in_the_question_are_shown_and_can_be_ignored(page, demonstrated):
    page.goto(demonstrated)
    group = page.locator("#understood")
    expect(group).to_be_hidden()
    answer = ask(page, "In 2009, how many people were said to be living in Camp Ashraf?")
    expect(answer.locator(".chip")).to_have_text("2009-01-01 to 2009-12-31")
    expect(answer.locator(".searched").first).to_have_text(
        "Searched for: How many people were said to be living in Camp Ashraf?"
    )
    assert {when.split()[2] for when in answer.locator(".when").all_inner_texts()} == {"2009"}
    box = group.get_by_role("checkbox")
    expect(group.locator("label")).to_contain_text(["Only 2009-01-01 to 2009-12-31"])
    box.focus()
    page.keyboard.press("Space")
    expect(answer.locator(".chip")).to_have_text("“In 2009”: ignored")
    expect(page.locator(".according.question")).to_have_count(1)
    assert len({when.split()[2] for when in answer.locator(".when").all_inner_texts()}) > 1
    expect(box).not_to_be_checked()
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(answer.locator(".chip")).to_have_text("2009-01-01 to 2009-12-31")
    ask(page, "Is the MEK a cult?")
    expect(group).to_be_hidden()


def test_readers_do_not_affect_each_other(page, demonstrated):
    page.goto(demonstrated)
    ask(page, "In 2009, how many people were said to be living in Camp Ashraf?")
    other = page.context.browser.new_page()
    other.goto(demonstrated)
    expect(other.locator("#question textarea")).to_be_visible()
    expect(other.locator("#understood")).to_be_hidden()
    ask(other, "According to Reuters, who lives in Camp Ashraf?")
    expect(other.locator("#understood")).to_contain_text("Only Reuters")
    page.locator("#understood").get_by_role("checkbox").uncheck()
    expect(page.locator(".according .chip")).to_have_text("“In 2009”: ignored")
    expect(page.locator(".according.question")).to_have_count(1)
    expect(other.locator(".according .chip")).to_have_text("Reuters")
    other.close()


def test_an_example_is_asked_with_one_click(page, address):
    page.goto(address)
    at_rest(page.get_by_text(EXAMPLES[0]).first).click()
    expect(page.locator(".according.question")).to_have_text(EXAMPLES[0])


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
    page.goto(launch(library, port=0, wait=False))
    assert "The Quay Gazette" not in ask(page, question).inner_text()
    another = Other()
    another(
        "with rag.open(index, encoder=WordEncoder()) as library: library.add([file])",
        index=tmp_path / "index", file=news(record),
    )  # fmt: skip
    expect(ask(page, question).locator("mark").first).to_have_text(record["text"])
    page.reload()
    page.get_by_role("button", name="Filters").click()
    page.locator("#outlets input").click()
    expect(page.get_by_role("option", name="The Quay Gazette (1)")).to_be_visible()
    page.keyboard.press("Escape")
    another(
        'with rag.open(index, encoder=WordEncoder()) as library: library.remove(["quay"])', index=tmp_path / "index"
    )
    another.kill()
    assert "The Quay Gazette" not in ask(page, question).inner_text()
