"""What a reader does in the app."""

from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=60_000)  # milliseconds: a machine may have other work


def ask(page: Page, question: str) -> Locator:
    """Asks in the app; the answer."""
    before = page.locator(".according.question").count()
    page.fill("#question textarea", question)
    page.click("#ask")
    expect(page.locator(".according.question")).to_have_count(before + 1)
    return page.locator("#chat .according:not(.question)").last


def at_rest(locator: Locator) -> Locator:
    """The same, when it has stopped moving: an answer is scrolled to and drawn again as it comes, and a click would
    meet what stands in its place."""
    place = "e => new Promise(r => setTimeout(() => r(JSON.stringify(e.getBoundingClientRect())), 300))"
    before = None
    while before != (before := locator.evaluate(place)):
        pass
    return locator
