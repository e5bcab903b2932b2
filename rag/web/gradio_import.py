"""Import Gradio without what it does at each import for editors. The other modules take it from here."""

from __future__ import annotations

from rag.web.gradio_internals import without_stubs

__all__ = ["gr", "gradio_api"]

with without_stubs():
    import gradio as gr

gradio_api = gr.api  # type: ignore[attr-defined]  # documented, but not in its __all__
