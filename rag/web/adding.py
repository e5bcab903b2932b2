"""The part of the page in which readers add files of their own to the index.

The script `adding.js` sends the files and shows how far it is, the events below have them added (see `additions`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rag import readers
from rag.answer.html import Html
from rag.errors import QuestionError
from rag.library import Library
from rag.web.filters import text
from rag.web.gradio_import import gr
from rag.web.gradio_internals import UPLOAD
from rag.web.sessions import cookie_of, scope_of
from rag.web.turns import client_of
from rag.web.uploads import MAX_FILE_BYTES, MAX_FILES, Uploads

# The page knows a file by the handle that its upload was answered with (`uploads`); these alone are sent on, as text.
_HANDLES = "() => window.accordingFiles.handles()"
_FOLLOW = "handle => window.accordingFiles.follow(handle)"
_ENDINGS = (*readers.READERS, ".gz")  # of what is read, packed or not; `readers.reader_of` decides
_KINDS = {module: ending for ending, module in [*readers.READERS.items()][::-1]}  # the first ending of each
_CHOOSE = Html(
    '<div class="according adding" data-most-files="{}" data-most-bytes="{}" data-advice="{}" data-kinds="{}" '
    'data-upload="{upload}"><label>'
    "<span>Choose files, or drop them here</span><small>Web pages, text, PDF, Word, e-mail, JSON, CSV, Markdown, "
    'feeds, archives; at most {:,} MB each</small><input type="file" multiple accept="{}"></label>'
    '<ul class="files"></ul></div>'
)
_SAID = Html(
    '<div class="according adding"><p class="said" role="status"></p><progress aria-label="Adding files" hidden>'
    '</progress><ul class="outcomes"></ul></div>'
)


def adding(
    library: Library, uploads: Uploads, warning: Callable[..., Any], own: dict[str, Any], is_local: bool = False
) -> Any:
    """Add that part to the page that is being made.

    Args:
        library: what files are added to.
        uploads: where the files are that were uploaded.
        warning: wraps an event so that the reader sees its errors.
        own: the options of each event of the page.
        is_local: whether only this machine can reach the app, so that errors may name what is on it.

    Returns:
        The event that follows an addition.
    """

    @warning
    def add(request: gr.Request, handles: object) -> str:
        given = text(handles, "files", None).split()
        if not given:
            raise QuestionError("choose files first")
        scope = scope_of(request)
        session = cookie_of(scope) or ""
        return uploads.additions.begin(library, session, uploads.taken(session, given), is_local, client_of(scope))

    with gr.Accordion("Add your own files", open=False, elem_id="add"):
        most = MAX_FILE_BYTES // 2**20
        limits = MAX_FILES, MAX_FILE_BYTES, json.dumps(readers.ADVICE), ", ".join([*_KINDS.values()][::-1])
        gr.HTML(
            str(_CHOOSE.format(*limits, most, ",".join(_ENDINGS), upload=UPLOAD.removeprefix("/"))),
            js_on_load=None,
            apply_default_css=False,
            elem_id="files",
        )
        handles = gr.Textbox(visible=False)
        button = gr.Button("Add to the index", elem_id="add-files")
        gr.HTML(str(_SAID), js_on_load=None, apply_default_css=False, elem_id="added")
    sent = button.click(None, None, handles, js=_HANDLES, **own)
    return sent.then(add, handles, handles, **own).then(None, handles, None, js=_FOLLOW, **own)
