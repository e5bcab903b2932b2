"""The style sheets and the script of the app, as files that browsers keep, and the tags in the page that load them.

Gradio's own way (`css=`) rewrites selectors, and breaks those with a comma in brackets. The middleware puts the tags
into the page (`security`), so that the page is drawn with its styles from the beginning.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rag.answer.html import Html

FILES = {
    "according.css": ("app.css", "views.css", "adding.css"),
    "according.js": ("app.js", "adding.js"),
}
PATHS = tuple(f"/{name}" for name in FILES)
_YEAR = "private, max-age=31536000, immutable"  # the address has the hash of the content


@functools.cache
def _content(name: str) -> bytes:
    return b"\n".join(resources.files("rag.web").joinpath(file).read_bytes() for file in FILES[name])


def _hash(name: str) -> str:
    return hashlib.blake2b(_content(name), digest_size=8).hexdigest()


def tags() -> Html:
    """Return what loads the styles and the script, with URLs relative to the app's root."""
    load = Html('<link rel="stylesheet" href="according.css?v={}"><script src="according.js?v={}"></script>')
    return load.format(_hash("according.css"), _hash("according.js"))


def routes() -> list[Route]:
    """Return the routes of `/according.css` and `/according.js`."""

    def serve(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        kept = _YEAR if request.query_params.get("v") == _hash(name) else "no-cache"
        media = "text/css" if name.endswith(".css") else "text/javascript"
        return Response(_content(name), media_type=media, headers={"Cache-Control": kept})

    return [Route(path, serve) for path in PATHS]
