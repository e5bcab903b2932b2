"""The elements of Gradio that the app relies on, looked for in a page."""

from playwright.sync_api import Page

from rag.web import gradio_internals
from rag.web.gradio_internals import ALWAYS


def dom_facts(page: Page, when: str) -> None:
    """Fail if an element of Gradio is not in the page where it is listed to be.

    Args:
        page: of the app.
        when: what the page shows: `ALWAYS` or `OPENED` of `rag.web.gradio_internals`.
    """
    expected = [element for element in gradio_internals.ELEMENTS if element.when in (ALWAYS, when)]
    missing = [f"{e.selector} ({e.used})" for e in expected if not page.locator(e.selector).count()]
    assert not missing, f"Gradio makes no such elements {when}, see ELEMENTS in rag/web/gradio_internals.py: {missing}"
