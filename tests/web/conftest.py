"""A real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from support import browser


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    """A real browser; not for longer than a module, since its event loop lets no other run in this thread."""
    path = browser.installed()
    assert path, "no Chromium; `make test` gets one"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        yield playwright.chromium.launch(executable_path=path, args=arguments)


@pytest.fixture(scope="module")
def page(opened: Browser) -> Iterator[Page]:
    """A page of it."""
    page = opened.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    yield page
    page.close()
