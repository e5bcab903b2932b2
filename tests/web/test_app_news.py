"""A reader who comes back sees what was added since they last asked that answers their questions."""

import json

import pytest
from playwright.sync_api import expect
from support.page import answered, ask, faults, fits, in_size, visit

KILLED = "How many people were killed at Camp Ashraf?"
ALBANIA = "Where do the members live in Albania?"
ADDED = {
    "id": "toll", "outlet": "The Harbour Gazette", "date": "1999-01-01", "title": "The toll",
    "text": "Sixty people were killed at Camp Ashraf, the governor of Diyala said. He gave no names of the dead.",
}  # fmt: skip
KEPT = "JSON.parse(localStorage.getItem('according.questions') ?? '[]')"


@pytest.fixture(scope="module")
def came_back(opened, shown, tmp_path_factory):
    """A page of a reader who asked two questions, which one article answers that was added since; its address."""
    address, library = shown
    page = opened.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    visit(page, address)
    ask(page, ALBANIA)
    ask(page, KILLED)
    expect(page.locator(".turn p.new, .card .new")).to_have_count(0)
    page.wait_for_timeout(1100)  # the index notes seconds
    file = tmp_path_factory.mktemp("added") / "added.jsonl"
    file.write_text(json.dumps(ADDED), "utf-8")
    library.add([file])
    yield page, address
    page.close()


def test_what_is_new_is_listed_at_the_start_and_marked_in_the_answer(came_back):
    page, address = came_back
    visit(page, address)
    listed = page.locator("#news li")
    expect(listed).to_have_count(1)
    expect(listed.locator("a")).to_have_text(KILLED)
    expect(listed.locator("span")).to_contain_text("1 new passage since ")
    expect(page.get_by_role("heading", name="New since you last asked")).to_be_visible()
    check_faults(page)
    in_size(page, 1280, 900, "light")

    listed.locator("a").click()
    turn = answered(page, 0)
    expect(page.locator("#news")).to_be_hidden()
    expect(turn.locator("p.new")).to_contain_text("1 of 5 passages is new since you last asked on ")
    marked = turn.locator(".card", has=page.locator(".new"))
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("The Harbour Gazette")
    expect(marked.locator(".new")).to_contain_text("New since you last asked, ")
    expect(page.locator("#announced")).to_contain_text("passages is new since you last asked")
    check_faults(page)
    in_size(page, 1280, 900, "light")

    page.reload()
    expect(answered(page, 0).locator(".card .new")).to_have_count(1)  # the same asking
    visit(page, address)
    page.wait_for_timeout(1000)
    expect(page.locator("#news .news")).to_be_hidden()  # it was seen


def check_faults(page):
    for width, height, theme in ((375, 667, "dark"), (1280, 900, "light")):
        in_size(page, width, height, theme)
        assert faults(page) == []
        assert fits(page)


def test_after_a_while_to_ask_again_is_another_asking(came_back):
    page, address = came_back
    visit(page, address)
    page.evaluate(f"""localStorage.setItem("according.questions", JSON.stringify(
        {KEPT}.map(one => ({{...one, at: one.at - 3600 * 24, since: 0}}))))""")
    visit(page, address)
    turn = ask(page, KILLED)
    expect(turn.locator("p.new")).to_contain_text("5 of 5 passages are new")  # the index is younger than a day
    kept = page.evaluate(KEPT)[0]
    assert (kept["question"], kept["at"] - kept["since"] > 3600) == (KILLED, True)


def test_whatever_a_browser_keeps_the_app_goes_on(came_back):
    page, address = came_back
    broken = []
    page.on("pageerror", lambda error: broken.append(error))
    odd = ["x", -1, 1e300, {}, [1], None, "<b>", True, 5]
    kept = [{"question": "a", "address": f"?q={number}", "at": at, "since": at} for number, at in enumerate(odd)]
    own = {"question": ALBANIA, "address": "?q=Where+do+the+members+live+in+Albania%3F", "at": "soon", "since": []}
    page.evaluate("kept => localStorage.setItem('according.questions', JSON.stringify(kept))", [own, *kept])
    visit(page, address)
    expect(ask(page, ALBANIA).locator(".card").first).to_be_visible()
    assert broken == []
