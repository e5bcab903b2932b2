"""A plain page next to the app: its frame, its headers, and the page that says why there is none.

`article_pages` and `contents_pages` fill it. The pages need no script and load nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rag.answer.html import Html, isolated
from rag.browse import ReadOnlyLibrary
from rag.errors import AccordingError, LibraryError, public_message
from rag.library import Library

_PAGE = Html(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title} – According</title>\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<style>{style}</style>\n</head>\n<body>\n'
    '<a class="skip" href="#main">Skip to the content</a>\n'
    '<header><nav aria-label="According"><a href="{root}">Ask the press</a> '
    '<a href="{root}contents">Browse the index</a></nav></header>\n'
    '<main id="main">\n{main}\n</main>\n</body>\n</html>\n'
)


@dataclass(frozen=True)
class Page:
    """The content of a page.

    Attributes:
        title: plain text.
        main: what is in <main>.
    """

    title: str
    main: Html


class NoPageError(Exception):
    """There is no page to show: `status` is the HTTP status, `title` and `message` are for the reader."""

    def __init__(self, status: int, title: str, message: str):
        self.status, self.title, self.message = status, title, message


def route(path: str, library: Library, make: Callable[[ReadOnlyLibrary, Request, str], Page], is_local: bool) -> Route:
    """Return a route that serves the page.

    Args:
        path: of the URL, as Starlette writes it.
        library: what the page shows.
        make: makes the page, all of one state of the library, given the library as it is then, the request, and the URL
            of the app's root relative to it; raises NoPageError.
        is_local: whether only this machine can ask (see `errors.public_message`).
    """

    def made(request: Request, again: bool = True) -> Page:
        try:
            with library.reading() as now:
                return make(now, request, _root(request))
        except LibraryError:
            if not again:
                raise
            return made(request, False)  # Milvus deletes at once what another process has just removed

    def serve(request: Request) -> Response:
        try:
            return _response(request, 200, made(request))
        except NoPageError as error:
            return _refusal(request, error.status, error.title, error.message)
        except AccordingError as error:
            return _refusal(request, 500, "This page is not available", public_message(error, is_local))

    return Route(path, serve)


def _refusal(request: Request, status: int, title: str, message: str) -> Response:
    main = Html("<h1>{}</h1><p>{}</p>").format(isolated(title), isolated(message))
    return _response(request, status, Page(title, main))


def _root(request: Request) -> str:
    """Return the URL of the app's root, relative to the request's."""
    path = request.scope["raw_path"].decode("latin-1")
    return "../" * (path.removeprefix(request.scope.get("root_path", "")).count("/") - 1) or "./"


@functools.cache
def _style() -> tuple[Html, str]:
    """Return the style sheet, and the policy that lets a browser apply it and load nothing else."""
    css = resources.files("rag.web").joinpath("plain_page.css").read_text("utf-8")
    checksum = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{checksum}'; img-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    return Html(css), policy  # noqa: S704  # a file of this package


def _response(request: Request, status: int, page: Page) -> Response:
    css, policy = _style()
    body = str(_PAGE.format(title=page.title, style=css, root=_root(request), main=page.main))
    tag = f'W/"{hashlib.blake2b(body.encode(), digest_size=16).hexdigest()}"'
    headers = {"Content-Security-Policy": policy, "Cache-Control": "private, no-cache", "ETag": tag}
    if status == 200 and tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(body, status, headers)
