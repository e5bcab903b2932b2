"""What the page keeps: questions and filters in the address, earlier questions in the browser, what Clear took away."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from support.page import again, answered, ask, show_filters, visit

KILLED = "How many people were killed at Camp Ashraf?"
ALBANIA = "Where do the members live in Albania?"
OFFICIALS = "What did Iraqi officials say about the PMOI?"
FOLLOW = "and in 2009?"


@pytest.fixture(scope="module")
def page(opened, shown):
    page = opened.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=shown[0])
    yield page
    page.close()


@pytest.fixture
def at_start(page, shown):
    visit(page, shown[0])
    page.evaluate("localStorage.clear()")
    visit(page, shown[0])
    return page


def asked(page):
    """What the address asks."""
    return parse_qs(urlsplit(page.url).query)


def chips(page):
    return [words.removesuffix("×").strip() for words in page.locator("#chips .set .chip").all_inner_texts()]


def test_a_question_is_in_the_address_and_asked_again_after_reloading(at_start):
    ask(at_start, KILLED)
    assert asked(at_start) == {"q": [KILLED]}
    cards = at_start.locator(".card header strong").all_inner_texts()
    at_start.reload()
    answered(at_start, 0)
    assert at_start.locator(".card header strong").all_inner_texts() == cards
    expect(at_start.locator(".question")).to_have_text(KILLED)
    expect(at_start.locator("#start")).to_be_hidden()


def test_back_and_forward_go_from_question_to_question(at_start):
    ask(at_start, KILLED)
    ask(at_start, ALBANIA)
    at_start.go_back()
    expect(answered(at_start, 0).locator(".question")).to_have_text(KILLED)
    expect(at_start.locator(".turn")).to_have_count(1)
    at_start.go_forward()
    expect(at_start.locator(".turn .question")).to_have_text([ALBANIA])
    expect(answered(at_start, 0).locator(".card").first).to_be_visible()
    at_start.go_back()
    expect(at_start.locator(".turn .question")).to_have_text([KILLED])
    at_start.go_back()
    expect(at_start.locator(".turn")).to_have_count(0)
    expect(at_start.locator("#start")).to_be_visible()


def test_an_address_with_filters_opens_the_app_with_its_question_asked(page, shown):
    visit(
        page,
        f"{shown[0]}?q=Where+do+the+members+live+in+Albania%3F&outlet=The+Guardian&after=2013-01-01&not=Reuters&undated=never",
    )
    answer = answered(page, 0)
    expect(answer.locator(".question")).to_have_text(ALBANIA)
    assert set(answer.locator("header strong").all_inner_texts()) == {"The Guardian"}
    assert chips(page)[1:] == ["The Guardian", "from 2013-01-01", "undated articles: never", "not Reuters"]
    expect(page.locator("#after input")).to_have_value("2013-01-01")
    expect(page.locator("[data-do=filters]")).to_have_text("Filters (4)")


def test_an_address_may_have_a_question_mark_that_is_not_encoded(page, shown):
    visit(page, f"{shown[0]}?q=Where+do+the+members+live+in+Albania?&not=Reuters")
    expect(answered(page, 0).locator(".question")).to_have_text(ALBANIA)
    assert chips(page)[1:] == ["not Reuters"]


@pytest.mark.parametrize("query", ["?q=", "?q=+&q=%20"])
def test_an_address_with_an_empty_question_opens_the_app(page, shown, query):
    visit(page, shown[0] + query)
    expect(page.locator("#start")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator(".turn")).to_have_count(0)


@pytest.mark.parametrize(
    "query", ["?q=", "?q=+", "?outlet=No+such+paper", "?after=soon", "?order=%3Cb%3E&q=Is+it+so%3F"]
)
def test_an_address_that_nothing_can_be_made_of_is_no_fault(opened, shown, query):
    broken = []
    page = opened.new_page()
    page.on("pageerror", lambda error: broken.append(error))
    visit(page, shown[0] + query)
    expect(page.locator("#question textarea")).to_be_editable()
    expect(page.locator(".turn.pending")).to_have_count(0)
    assert broken == []
    assert page.locator("#turns b, #chips b").count() == 0
    page.close()


def test_filters_are_chips_and_asked_with_and_removed(at_start):
    ask(at_start, OFFICIALS)
    show_filters(at_start)
    at_start.fill("#after input", "2009-01-01")
    at_start.fill("#before input", "2010-12-31")
    at_start.locator("#outlet-kinds").get_by_label("news agency").check()
    expect(at_start.locator("#chips .set")).to_contain_text("only news agency")
    assert chips(at_start)[1:4] == ["only news agency", "from 2009-01-01", "to 2010-12-31"]
    at_start.get_by_role("button", name="Ask again with these filters").click()
    turn = at_start.locator(".turn")
    expect(at_start.get_by_role("button", name="Ask again with these filters")).to_have_count(0)
    again(turn)
    expect(turn).to_have_count(1)
    years = {when.split()[2] for when in turn.locator(".when").all_inner_texts()}
    assert years <= {"2009", "2010"}
    assert asked(at_start) == {
        "q": [OFFICIALS], "kind": ["news agency"], "after": ["2009-01-01"], "before": ["2010-12-31"]
    }  # fmt: skip
    at_start.get_by_role("button", name="Remove: from 2009-01-01").click()
    expect(at_start.locator("#after input")).to_have_value("")
    expect(at_start.get_by_role("button", name="Ask again with these filters")).to_be_visible()
    at_start.get_by_role("button", name="Remove: only news agency").click()
    expect(at_start.locator("#outlet-kinds").get_by_label("news agency")).not_to_be_checked()
    assert chips(at_start)[1:2] == ["to 2010-12-31"]


def test_a_follow_up_is_a_chip_that_can_be_taken_away(at_start):
    ask(at_start, OFFICIALS)
    assert chips(at_start) == [f"follow-up of: {OFFICIALS}"]
    turn = ask(at_start, FOLLOW)
    expect(turn.locator(".searched")).to_contain_text("Iraqi officials")
    assert asked(at_start)["q"] == [OFFICIALS, FOLLOW]
    at_start.reload()
    expect(answered(at_start, 1).locator(".searched")).to_contain_text("Iraqi officials")
    at_start.locator("#chips .chip", has_text="follow-up of").click()
    assert chips(at_start) == []
    expect(at_start.locator("#question textarea")).to_be_focused()
    alone = ask(at_start, FOLLOW)
    expect(alone.locator(".searched", has_text="Iraqi officials")).to_have_count(0)


def test_a_question_that_is_not_taken_for_a_follow_up_can_be_made_one(at_start):
    ask(at_start, OFFICIALS)
    turn = ask(at_start, ALBANIA)
    expect(turn.locator(".searched", has_text="Iraqi officials")).to_have_count(0)
    offer = turn.get_by_role("button", name=f"follow-up of: {OFFICIALS}")
    expect(offer).to_have_attribute("aria-pressed", "false")
    offer.click()
    expect(offer).to_have_count(0)
    assert asked(at_start) == {"q": [OFFICIALS, ALBANIA], "follow": ["1"]}
    at_start.reload()
    expect(answered(at_start, 1).locator(".question")).to_have_text(ALBANIA)
    expect(offer).to_have_count(0)
    assert asked(at_start) == {"q": [OFFICIALS, ALBANIA], "follow": ["1"]}


def test_a_link_that_is_copied_asks_the_same(at_start, shown):
    show_filters(at_start)
    at_start.fill("#after input", "2012-01-01")
    turn = ask(at_start, KILLED)
    ask(at_start, ALBANIA)
    turn.get_by_role("button", name="Copy link").click()
    expect(turn.locator("[data-do=link]")).to_have_text("Copied")
    link = at_start.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{shown[0]}?")
    dates = turn.locator(".when").all_inner_texts()
    visit(at_start, link)
    opened = answered(at_start, 0)
    expect(opened.locator(".question")).to_have_text(KILLED)
    assert opened.locator(".when").all_inner_texts() == dates
    expect(at_start.locator("#after input")).to_have_value("2012-01-01")


def test_clear_can_be_undone_until_the_next_question(at_start):
    ask(at_start, KILLED)
    ask(at_start, ALBANIA)
    address = at_start.url
    at_start.get_by_role("button", name="Clear").click()
    expect(at_start.locator(".turn")).to_have_count(0)
    assert asked(at_start) == {}
    at_start.get_by_role("button", name="Undo").click()
    expect(at_start.locator(".turn .question")).to_have_text([KILLED, ALBANIA])
    assert at_start.url == address
    expect(at_start.locator(".question").last).to_be_focused()
    assert chips(at_start) == [f"follow-up of: {ALBANIA}"]
    assert ask(at_start, FOLLOW).locator(".searched").count() == 1
    at_start.get_by_role("button", name="Clear").click()
    ask(at_start, KILLED)
    expect(at_start.get_by_role("button", name="Undo")).to_have_count(0)


def test_earlier_questions_are_kept_by_the_browser_until_they_are_forgotten(at_start, opened, shown):
    ask(at_start, KILLED)
    show_filters(at_start)
    at_start.fill("#after input", "2012-01-01")
    ask(at_start, ALBANIA)
    visit(at_start, shown[0])
    links = at_start.locator("#earlier a")
    expect(links).to_have_text([ALBANIA, KILLED])
    links.first.click()
    expect(answered(at_start, 0).locator(".question")).to_have_text(ALBANIA)
    expect(at_start.locator("#after input")).to_have_value("2012-01-01")
    links.last.click()
    expect(at_start.locator(".turn .question")).to_have_text([KILLED])
    expect(at_start.locator("#after input")).to_have_value("")
    answered(at_start, 0)
    stranger = opened.new_page()
    visit(stranger, shown[0])
    expect(stranger.locator("#earlier a")).to_have_count(0)
    stranger.close()
    at_start.get_by_role("button", name="Forget them").click()
    expect(links).to_have_count(0)
    visit(at_start, shown[0])
    expect(links).to_have_count(0)


def test_what_another_program_left_in_the_storage_is_no_fault(page, shown):
    visit(page, shown[0])
    for kept in (
        "no JSON",
        "[1, null, {}]",
        '{"a": 1}',
        '[{"question": "<b>x</b>", "address": "javascript:alert(1)"}]',
    ):
        page.evaluate("kept => localStorage.setItem('according.questions', kept)", kept)
        visit(page, shown[0])
        expect(page.locator("#question textarea")).to_be_editable()
        assert page.locator("#earlier b").count() == 0
        assert page.locator("#earlier a[href^=javascript]").count() == 0
    page.evaluate("localStorage.clear()")


def test_light_and_dark_are_kept(at_start, shown):
    button = at_start.locator("#top [data-do=theme]")
    was = button.get_attribute("aria-pressed")
    button.click()
    expect(button).not_to_have_attribute("aria-pressed", was)
    visit(at_start, shown[0])
    expect(button).not_to_have_attribute("aria-pressed", was)
    at_start.evaluate("localStorage.clear()")
