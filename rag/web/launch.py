"""Start the browser app: address and sign-in, routes next to Gradio's own, the security middleware, the look."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import resources

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rag.errors import AccordingError
from rag.library import Library
from rag.web import article_pages, citation_routes, contents_pages
from rag.web.answer_files import AnswerFiles
from rag.web.app import TITLE, create_app
from rag.web.connections import bound
from rag.web.gradio_import import API_PREFIX, gr
from rag.web.places import MAX_CONCURRENT, PlacesMiddleware
from rag.web.private_folder import PrivateFolder, end_on_signals, keep_gradio_in
from rag.web.proxies import ProxyMiddleware, trusted_proxies
from rag.web.request_limits import BodyMiddleware
from rag.web.security import SecurityMiddleware, bypass_proxies, is_loopback, listening
from rag.web.sessions import SessionMiddleware
from rag.web.sign_in import SignInMiddleware
from rag.web.uploads import MAX_FILE_BYTES, Uploads

SIGN_IN = (
    "Sign in with the name and password that the operator of this app gave you. After five wrong attempts, wait a "
    "minute before the next."
)
_STYLES = ("app.css", "adding.css")
# Gradio keeps what each page was last shown, up to some MB. The app needs it for none but the events in the queue.
MAX_SESSIONS = 128
_CALL = f"{API_PREFIX}/call/"  # where Gradio serves the endpoints


def launch(
    library: Library,
    host: str | None = None,
    port: int | None = None,
    wait: bool = True,
    examples: Sequence[str] = (),
    auth: str | None = None,
    no_auth: bool = False,
    allow_add: bool = False,
    mcp: bool = False,
    proxies: Sequence[str] | None = None,
) -> str:
    """Open the app and print its URL.

    Args:
        library: what is asked.
        host: the address to listen on (see `security.listening`).
        port: by default $PORT, else the first free one from 7860.
        wait: whether to return only when the app is closed.
        examples: questions to begin with.
        auth: "USER:PASSWORD" to sign in with.
        no_auth: whether anyone who can reach the app may use it.
        allow_add: whether readers may add files, of `uploads.MAX_FILE_BYTES` each at most.
        mcp: whether to offer the tools of `mcp_tools` to programs too.
        proxies: addresses or networks of proxies whose X-Forwarded headers are believed (see
            `proxies.trusted_proxies`).

    Returns:
        The URL.

    Raises:
        AccordingError: it cannot listen there, or others could connect and neither `auth` nor `no_auth` is given, or
            the extra `mcp` is not installed, or `proxies` has something that is no address.
    """
    if mcp:
        from rag.web import mcp_tools
    host, account = listening(host, auth, no_auth)
    named = trusted_proxies(proxies)
    is_local = is_loopback(host) and account is None and not no_auth and os.environ.get("NO_AUTH") != "1"
    given = port if port is not None else os.environ.get("PORT")
    try:
        number = (int(given) if given else 0) or None
    except ValueError:
        raise AccordingError(f"PORT is {given!r}; give a number such as 7860") from None
    library.prepare()
    if wait:
        end_on_signals()
    folder = PrivateFolder()
    keep_gradio_in(folder)
    files, uploads = AnswerFiles(), Uploads(folder.path) if allow_add else None
    app = create_app(library, examples, is_local, uploads, files)
    bypass_proxies(host)
    served = [files.route(), *(uploads.routes() if uploads else [])]
    pages = [*article_pages.routes(library, is_local), *contents_pages.routes(library, is_local)]
    try:
        _, url, _ = app.launch(
            server_name=f"[{host}]" if ":" in host else host, server_port=number, share=False, auth=account,
            auth_message=SIGN_IN, quiet=True,
            prevent_thread_lock=True, footer_links=[], theme=_theme(),
            css=_css(), ssr_mode=False, num_workers=0,
            mcp_server=mcp, pwa=False, run_history=False, enable_monitoring=False, max_file_size=MAX_FILE_BYTES,
            state_session_capacity=MAX_SESSIONS,
            max_threads=MAX_CONCURRENT,  # events at a time; what takes minutes has a thread of its own (`additions`)
            app_kwargs={
                "routes": [*served, *pages, *citation_routes.routes(library)],
                "middleware": [  # the first of them sees a request first
                    Middleware(ProxyMiddleware, proxies=named),
                    Middleware(BodyMiddleware, files=allow_add),
                    Middleware(SecurityMiddleware, files=allow_add, is_local=is_local, title=TITLE),
                    Middleware(SignInMiddleware),
                    Middleware(SessionMiddleware),
                    Middleware(PlacesMiddleware, is_local=is_local),
                ],
                "lifespan": folder.until_closed,
                "exception_handlers": {TypeError: _invalid_call, KeyError: _invalid_call},
            },
        )  # fmt: skip
    except OSError as error:
        folder.remove()
        raise AccordingError(
            f"cannot listen on {host} port {number or '7860 to 7959'}: the port is in use, or the address is not "
            "this machine's; choose others with --port and --host, or PORT and HOST"
        ) from error
    bound(app.server)
    app.limiter = None  # each value of an event would wait for a thread behind all direct calls
    if mcp:
        if app.mcp_server_obj is None:
            raise AccordingError(f"the MCP server cannot start: {app.mcp_error}")
        mcp_tools.offer(app.mcp_server_obj.mcp_server, library, is_local)
    print(f"According is running at {url} (press Ctrl+C to stop)", flush=True)
    if wait:
        try:
            app.block_thread()
        finally:
            app.close(verbose=False)
            folder.remove()
    return str(url)


def _css() -> str:
    return "\n".join(resources.files("rag.web").joinpath(name).read_text("utf-8") for name in _STYLES)


def _theme() -> gr.themes.Base:
    fonts = ("system-ui", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
    theme = gr.themes.Default(font=fonts, font_mono=("ui-monospace", "Consolas", "monospace"))
    # Gradio's own white on orange and light greys have too little contrast (WCAG 2.2, 1.4.3).
    return theme.set(
        button_primary_background_fill="*primary_700", button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_800", button_primary_background_fill_hover_dark="*primary_800",
        body_text_color_subdued="*neutral_600", input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
    )  # fmt: skip


def _invalid_call(request: Request, error: Exception) -> Response:
    """Return Gradio's message on a call that names no endpoint, or not its arguments."""
    if not request.url.path.startswith(_CALL):
        raise error
    if isinstance(error, KeyError):
        return JSONResponse({"detail": f"there is no endpoint {error}"}, 404)
    return JSONResponse({"detail": str(error).partition(". ")[0]}, 422)
