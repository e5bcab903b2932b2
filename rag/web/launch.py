"""Start the browser app: address and sign-in, routes next to Gradio's own, the security middleware, the look."""

from __future__ import annotations

import os
from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.routing import Mount

from rag.errors import AccordingError
from rag.library import Library
from rag.web import article_pages, assets, citation_routes, contents_pages, gradio_internals, json_api, urls
from rag.web.answer_files import AnswerFiles
from rag.web.answer_views import AnswerViews
from rag.web.app import TITLE, create_app
from rag.web.connections import bound
from rag.web.gradio_import import gr
from rag.web.health import Health
from rag.web.observing import Observers
from rag.web.places import MAX_CONCURRENT, PlacesMiddleware
from rag.web.private_folder import PrivateFolder, end_on_signals
from rag.web.proxies import ProxyMiddleware, trusted_proxies
from rag.web.request_limits import BodyMiddleware
from rag.web.security import SecurityMiddleware, bypass_proxies, is_loopback, listening
from rag.web.sessions import SessionMiddleware
from rag.web.sign_in import SignInMiddleware
from rag.web.turns import SHARE
from rag.web.uploads import MAX_FILE_BYTES, Uploads

QUEUE_SECONDS = 0.01  # an idle server takes 1.6% of a core with it, and 4.9% with the 0.001 of Gradio
SIGN_IN = (
    "Sign in with the name and password that the operator of this app gave you. After five wrong attempts, wait a "
    "minute before the next."
)
# Gradio keeps what each page was last shown, up to some MB. The app needs it for none but the events in the queue.
MAX_SESSIONS = 128


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
    metrics: bool = False,
    metrics_token: str | None = None,
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
        metrics: whether to offer the counts of `metrics` to this machine and to readers who have signed in.
        metrics_token: offers them to who sends it, too; by default $METRICS_TOKEN, else there is none.

    Returns:
        The URL.

    Raises:
        AccordingError: the token is too short, or it cannot listen there, or others could connect and neither `auth`
            nor `no_auth` is given, or the extra `mcp` is not installed, or `proxies` has something that is no address.
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
    token, counts = metrics_token or os.environ.get("METRICS_TOKEN") or None, None
    if metrics or token:
        from rag.web.metrics import Metrics, MetricsMiddleware

        counts = Metrics(library, token)
    library.prepare()
    if wait:
        end_on_signals()
    folder = PrivateFolder()
    gradio_internals.keep_files_in(folder.path / "gradio")  # the app never makes it write there
    files = AnswerFiles()
    uploads = Uploads(folder.path, 1 if is_local else SHARE) if allow_add else None
    health = Health(library)
    observers = Observers(health.noted, *([counts.noted] if counts else []))
    app = create_app(library, examples, is_local, uploads, files, observers)
    bypass_proxies(host)
    views = AnswerViews(library, files, is_local, observers)
    served = [*health.routes(), *assets.routes(), *views.routes(), *(uploads.routes() if uploads else [])]
    programs = Mount(urls.API, json_api.create_api(library, is_local, observers))
    served += counts.routes() if counts else []
    pages = [*article_pages.routes(library, is_local), *contents_pages.routes(library, is_local)]
    try:
        _, url, _ = app.launch(
            server_name=f"[{host}]" if ":" in host else host, server_port=number, share=False, auth=account,
            auth_message=SIGN_IN, quiet=True,
            prevent_thread_lock=True, footer_links=[], theme=_theme(),
            ssr_mode=False, num_workers=0,
            mcp_server=mcp, pwa=False, run_history=False, enable_monitoring=False, max_file_size=MAX_FILE_BYTES,
            state_session_capacity=MAX_SESSIONS,
            max_threads=MAX_CONCURRENT,  # events at a time; what takes minutes has a thread of its own (`additions`)
            app_kwargs={
                "routes": [*served, *pages, *citation_routes.routes(library), programs],
                "middleware": [  # the first of them sees a request first
                    *([Middleware(MetricsMiddleware, metrics=counts)] if counts else []),
                    Middleware(ProxyMiddleware, proxies=named),
                    Middleware(BodyMiddleware, files=allow_add),
                    Middleware(SecurityMiddleware, files=allow_add, is_local=is_local, title=TITLE),
                    Middleware(SignInMiddleware),
                    Middleware(SessionMiddleware),
                    Middleware(PlacesMiddleware, is_local=is_local),
                ],
                "lifespan": folder.until_closed,
                "exception_handlers": dict.fromkeys((TypeError, KeyError), gradio_internals.invalid_call),
            },
        )  # fmt: skip
    except OSError as error:
        folder.remove()
        raise AccordingError(
            f"cannot listen on {host} port {number or '7860 to 7959'}: the port is in use, or the address is not "
            "this machine's; choose others with --port and --host, or PORT and HOST"
        ) from error
    bound(gradio_internals.server_of(app))
    gradio_internals.without_limit_for_values(app)
    gradio_internals.look_for_questions_every(app, QUEUE_SECONDS)
    if mcp:
        mcp_tools.offer(gradio_internals.tool_server(app), library, is_local, observers)
    print(f"According is running at {url} (press Ctrl+C to stop)", flush=True)
    if wait:
        try:
            gradio_internals.serve_until_closed(app)
        finally:
            folder.remove()
    return str(url)


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
