"""Import Gradio without the stubs for editors that it looks through, and writes, at each import.

For each of its components Gradio parses a source file and compares a `.pyi` file with it: a third of the time of its
import, more than a second of the processor at each start of the app. The other modules import Gradio from here.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

__all__ = ["API_PREFIX", "gr", "gradio_api"]


@contextlib.contextmanager
def without_stubs() -> Iterator[None]:
    """Let no class of Gradio have a source file meanwhile. Gradio then writes no stub, as for one made at a prompt."""
    file_of = inspect.getfile

    def file_of_others(of: Any) -> str:
        if getattr(of, "__module__", "").startswith("gradio."):
            raise OSError
        return file_of(of)

    inspect.getfile = file_of_others  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = file_of


with without_stubs():
    import gradio as gr
    from gradio.events import api as gradio_api
    from gradio.route_utils import API_PREFIX
