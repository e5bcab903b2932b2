"""The part of the page in which readers add files of their own to the index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rag.errors import QuestionError
from rag.library import Library
from rag.web.answer_html import report_html
from rag.web.filters import text
from rag.web.gradio_import import gr
from rag.web.gradio_internals import UPLOADED_PATH
from rag.web.sessions import cookie_of, scope_of
from rag.web.uploads import Uploads

# The page knows a file by the handle that its upload was answered with (`uploads`); these alone are sent on, as text.
_HANDLES = f"files => (files ?? []).map(file => file.{UPLOADED_PATH}).join(' ')"


def adding(library: Library, uploads: Uploads, warning: Callable[..., Any], own: dict[str, Any]) -> Any:
    """Add that part to the page that is being made.

    Args:
        library: what files are added to.
        uploads: where the files are that were uploaded.
        warning: wraps an event so that the reader sees its errors.
        own: the options of each event of the page.

    Returns:
        The event that follows an addition.
    """

    @warning
    def add(request: gr.Request, handles: object, progress: gr.Progress = gr.Progress()) -> tuple[str, None]:  # noqa: B008
        given = text(handles, "files", None).split()
        if not given:
            raise QuestionError("choose files first")
        with uploads.taken(cookie_of(scope_of(request)), given) as names:
            progress(0, "reading")
            report = library.add(
                [*names], wait=False, sources=names, progress=lambda read: progress((read, None), "articles read")
            )
        return str(report_html(report, [s for s in library.skipped() if s.source in names.values()])), None

    with gr.Accordion("Add your own files", open=False, elem_id="add"):
        files = gr.File(
            label="Web pages, text, PDF, JSON, CSV, Markdown, feeds, archives",
            file_count="multiple",
            elem_id="files",
        )
        handles = gr.Textbox(visible=False)
        button = gr.Button("Add to the index", elem_id="add-files")
        added = gr.HTML(elem_id="added")
    sent = button.click(None, files, handles, js=_HANDLES, **own)
    return sent.then(add, handles, [added, files], concurrency_limit=1, **own)
