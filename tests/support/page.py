"""Steps of a reader in the app."""

from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=60_000)  # milliseconds: a machine may have other work


def ask(page: Page, question: str) -> Locator:
    """Ask a question in the app, and return the answer."""
    before = page.locator(".according.question").count()
    page.fill("#question textarea", question)
    page.click("#ask")
    expect(page.locator(".according.question")).to_have_count(before + 1)
    # The box is emptied by the same event and a little later, and what is typed before that is lost with it.
    expect(page.locator("#question textarea")).to_have_value("")
    return page.locator("#chat .according:not(.question)").last


def at_rest(locator: Locator) -> Locator:
    """Return the same element once it has stopped moving.

    An answer is scrolled to and redrawn as it arrives, so that a click could meet another element.
    """
    place = "e => new Promise(r => setTimeout(() => r(JSON.stringify(e.getBoundingClientRect())), 300))"
    before = None
    while before != (before := locator.evaluate(place)):
        pass
    return locator
