"""Fixtures: a real browser, a page in it, an index of records. Only tests that use the browser import Playwright."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support import WordEncoder, browser

import rag

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from rag.models.encoder import SentenceEncoder


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    """A browser, for one module only, since its event loop lets no other run in this thread."""
    from playwright.sync_api import sync_playwright

    path = browser.installed()
    assert path, "no Chromium; `make test` gets one"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        yield playwright.chromium.launch(executable_path=path, args=arguments)


@pytest.fixture(scope="module")
def page(opened: Browser) -> Iterator[Page]:
    """A page of the browser."""
    page = opened.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    yield page
    page.close()


@pytest.fixture
def built(tmp_path: Path, news: Callable[..., Path], words: WordEncoder) -> Callable[..., rag.Library]:
    """A function that builds an index of records, in the same folder unless another is named."""

    def build(*records: dict[str, Any], index: str = "index") -> rag.Library:
        return rag.build([news(*records)], index=tmp_path / index, encoder=words)

    return build


@pytest.fixture(scope="module")
def shown(
    tmp_path_factory: pytest.TempPathFactory, real: SentenceEncoder, demonstration: Callable[[Path], Path]
) -> Iterator[tuple[str, rag.Library]]:
    """The app with the demonstration and its examples: its address, and the library that answers."""
    import gradio

    from rag.web.app import EXAMPLES
    from rag.web.launch import launch

    library = rag.open(demonstration(tmp_path_factory.mktemp("shown") / "index"), encoder=real)
    yield launch(library, port=0, wait=False, examples=EXAMPLES), library
    gradio.close_all()
