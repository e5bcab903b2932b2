"""In the browser: the nearest passages on demand, strict, kinds of outlets and undated articles."""

import json
import re
from dataclasses import replace

import gradio
import pytest
from playwright.sync_api import expect
from support import BRIDGE, HARBOUR, ORCHARD
from support.page import again, answered, ask, show_filters, visit

import rag
from rag.answer.wording import NEAREST, ONLY_NEAR
from rag.web.answer_html import NOTHING
from rag.web.launch import launch

RECORDS = [
    HARBOUR,  # a newspaper's, of 2013
    BRIDGE,  # a broadcaster's, of 2015
    ORCHARD,  # a news agency's, without a date
    {"id": "quay", "outlet": "The Quay Gazette", "date": "2016-01-01", "text": "Frost closed the quay for a week."},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("narrowing")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, RECORDS)))
    rag.build([folder / "n.jsonl"], index=folder / "index", encoder=real).close()
    return folder / "index"


@pytest.fixture(scope="module")
def address(index, real):
    yield launch(rag.open(index, encoder=real), port=0, wait=False)
    gradio.close_all()


def outlets(answer):
    return sorted(answer.locator("header strong").all_inner_texts())


def choose(page, where, name):
    page.locator(f"{where} input").click()
    page.get_by_role("option", name=name).click()
    page.keyboard.press("Escape")


def test_a_suggestion_is_a_button_that_asks_with_the_name_corrected(page, address):
    visit(page, address)
    answer = ask(page, "What did frost destroy in the valley of the Growerz?")
    button = answer.get_by_role("button", name="Did you mean “Growers”?")
    button.focus()
    page.keyboard.press("Enter")
    corrected = answered(page, 1)
    expect(corrected.locator(".question")).to_have_text("What did frost destroy in the valley of the Growers?")
    expect(corrected.locator("mark").first).to_contain_text("Frost destroyed most of the apple blossom")
    expect(corrected.get_by_role("button", name="Did you mean")).to_have_count(0)


def test_the_nearest_passages_are_shown_on_demand_and_said_to_be_no_more(page, address):
    visit(page, address)
    answer = ask(page, "How do I bake sourdough bread?")
    expect(answer.locator(".verdict")).to_have_text(NOTHING)
    assert answer.locator(".card").count() == 0
    button = answer.get_by_role("button", name="Show the nearest passages")
    button.click()
    notice = answer.locator(".verdict")
    expect(notice).to_have_text(NEAREST)
    expect(notice).to_be_in_viewport()
    cards = answer.locator(".card")
    assert notice.bounding_box()["y"] < cards.first.bounding_box()["y"]
    assert {label.split(", ")[1] for label in labels(cards)} == {"which may not answer"}
    expect(answer.locator(".question")).to_be_focused()
    expect(page.locator(".turn")).to_have_count(1)
    expect(button).to_have_count(0)
    answer = ask(page, "By how much will the dock workers' wages rise?")
    expect(answer).to_have_class(re.compile(r"\banswers\b"))
    assert labels(answer.locator(".card"))[0].startswith("Passage 1 of ")
    assert not any("may not answer" in label for label in labels(answer.locator(".card")))
    expect(answer.get_by_role("button", name="Show the nearest passages")).to_have_count(0)


def labels(cards):
    return cards.evaluate_all("cards => cards.map(card => card.ariaLabel)")


def test_outlet_kinds_filter_the_answer(page, address):
    visit(page, address)
    show_filters(page)
    kinds = page.locator("#outlet-kinds")
    offered = kinds.locator("label").all_inner_texts()
    assert sorted(map(str.strip, offered)) == [
        "broadcaster (1)", "news agency (1)", "newspaper (1)", "unclassified (1)"
    ]  # fmt: skip
    kinds.get_by_label("news agency (1)").check()
    assert outlets(ask(page, "What did the frost do?")) == ["Reuters"]
    kinds.get_by_label("unclassified (1)").check()
    assert outlets(ask(page, "What did the frost do?")) == ["Reuters", "The Quay Gazette"]
    expect(page.locator("#chips [data-place='1']")).to_have_text(["only news agency", "only unclassified"])


def test_outlets_are_chosen_and_left_out_by_name(page, address):
    visit(page, address)
    show_filters(page)
    choose(page, "#outlets", "Reuters (1)")
    assert outlets(ask(page, "What did the frost do?")) == ["Reuters"]
    page.get_by_role("button", name="Remove: Reuters").click()
    choose(page, "#not-outlets", "Reuters (1)")
    assert outlets(ask(page, "What did the frost do?")) == ["The Quay Gazette"]


def test_the_order_is_chosen(page, address):
    visit(page, address)
    show_filters(page)
    days = []
    for order in ("the newest", "the oldest"):
        page.get_by_label(order).check()
        answer = ask(page, "What did the frost close, and when were the bridge and the harbour closed?")
        days.append(answer.locator("time.when").evaluate_all("all => all.map(each => each.dateTime)"))
    assert len(days[0]) > 1
    assert days == [sorted(days[0], reverse=True), sorted(days[0])]


def test_the_reader_chooses_whether_undated_articles_are_shown(page, address):
    visit(page, address)
    show_filters(page)
    question = "What did the frost do?"
    assert outlets(ask(page, question)) == ["Reuters", "The Quay Gazette"]
    page.get_by_label("never").check()
    assert outlets(ask(page, question)) == ["The Quay Gazette"]
    page.get_by_label("unless I ask for a date").check()
    page.fill("#after input", "2015-06-01")
    assert outlets(ask(page, question)) == ["The Quay Gazette"]
    page.get_by_label("always").check()
    assert outlets(ask(page, question)) == ["Reuters", "The Quay Gazette"]


def test_files_cannot_be_added_unless_that_is_allowed(page, address):
    visit(page, address)
    expect(page.locator("#ask")).to_be_visible()
    assert page.locator("#add, input[type=file]").count() == 0


# Apps of their own, after those that share one: each closes all


@pytest.fixture
def never_sure(tmp_path, news, real):
    with rag.build([news(*RECORDS)], index=tmp_path / "index", encoder=real) as library:
        library.set_confidence_model(replace(library.confidence_model, near=0.0, sure=1.0))
        yield launch(library, port=0, wait=False)
    gradio.close_all()


def test_strict_leaves_out_what_may_not_answer_until_it_is_asked_for(page, never_sure):
    visit(page, never_sure)
    question = "What did the frost do?"
    expect(ask(page, question).locator(".verdict")).to_have_text(NEAREST)
    show_filters(page)
    page.get_by_label("Leave out passages that may not answer").check()
    answer = ask(page, question)
    expect(answer.locator(".verdict")).to_have_text(NOTHING)
    expect(answer.locator(".why")).to_have_text(ONLY_NEAR)
    assert answer.locator(".card").count() == 0
    page.get_by_role("button", name="Show the nearest passages").click()
    expect(again(answer).locator(".verdict")).to_have_text(NEAREST)
    assert answer.locator(".card").count() > 0
