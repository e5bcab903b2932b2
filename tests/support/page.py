"""Steps of a reader in the app, and what is looked at after them."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=60_000)  # milliseconds: a machine may have other work

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
NOT_ANSWERED = re.compile(r"\bpending\b")


def visit(page: Page, address: str) -> None:
    """Open the app, and wait until it has all that it shows before a question."""
    page.goto(address)
    expect(page.locator("body.begun #start p").first).to_be_attached()


def ask(page: Page, question: str) -> Locator:
    """Ask a question in the app, and return its turn once it is answered, or has failed."""
    expect(page.locator("body.begun")).to_be_attached()
    before = page.locator(".turn").count()
    page.fill("#question textarea", question)
    page.click("#ask")
    return answered(page, before)


def answered(page: Page, place: int) -> Locator:
    """Return a turn, by its place from 0, once it is there and no longer waits."""
    turns = page.locator(".turn")
    turn = turns.nth(place)
    expect(turn).to_be_attached()
    expect(turn).not_to_have_class(NOT_ANSWERED)
    return turn


def again(turn: Locator) -> Locator:
    """Return a turn that was to be answered anew, once it is."""
    expect(turn).not_to_have_class(NOT_ANSWERED)
    return turn


def show_filters(page: Page) -> None:
    """Open the sidebar, if it is closed, and wait until it is open: what is typed while it opens can be lost."""
    button = page.locator("[data-do=filters]")
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#after input")).to_be_visible()


def at_rest(locator: Locator) -> Locator:
    """Return the same element once it has stopped moving.

    An answer is drawn as it arrives, so that a click could meet another element.
    """
    place = "e => new Promise(r => setTimeout(() => r(JSON.stringify(e.getBoundingClientRect())), 300))"
    before = None
    while before != (before := locator.evaluate(place)):
        pass
    return locator


def faults(page: Page) -> list[tuple[Any, ...]]:
    """Return the serious or critical faults that axe-core finds, each with its element."""
    page.wait_for_timeout(300)  # until animations have ended
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)  # by the debugger: a script in the page would be refused
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    return [(v["id"], node["html"], node["failureSummary"]) for v in grave for node in v["nodes"]]


def fits(page: Page) -> bool:
    """Return whether nothing makes the page scroll sideways."""
    fit: bool = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return fit


def scrollers(page: Page) -> list[str]:
    """Return what scrolls up and down by itself, though there is to be one scroller: not counting the sidebar."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("main *")]
        .filter(e => !e.closest("#sidebar") && /auto|scroll/.test(getComputedStyle(e).overflowY))
        .filter(e => e.scrollHeight > e.clientHeight + 1)
        .map(e => e.outerHTML.slice(0, 200))"""
    )
    return found


def composer_in_window(page: Page) -> bool:
    """Return whether the whole of the question, its chips and its button are within the window, below all else."""
    composer, window = page.locator("#composer").bounding_box(), page.viewport_size
    assert composer
    assert window
    return composer["y"] >= 0 and abs(composer["y"] + composer["height"] - window["height"]) <= 1


def in_size(page: Page, width: int, height: int, theme: str) -> None:
    """Give the window another size and the page another theme, without loading it anew."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
