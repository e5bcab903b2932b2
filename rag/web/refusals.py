"""What a request gets that the app refuses before it does any work: a status, a sentence, when to try again."""

from __future__ import annotations

from starlette.responses import JSONResponse, PlainTextResponse, Response

from rag.web import gradio_internals, urls

# The middleware that refuses runs outside of the one that adds the app's own headers.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class RefusedError(Exception):
    """A request is refused while it is being read."""

    def __init__(self, status: int, message: str, retry_after: int | None = None):
        self.status, self.message, self.retry_after = status, message, retry_after


def refusal(path: str, status: int, message: str, retry_after: int | None = None) -> Response:
    """Return the response to a request that is refused.

    Args:
        path: of the request; programs and Gradio's page, which call the API and sign in, read JSON.
        status: of HTTP.
        message: for the reader.
        retry_after: seconds after which it is worth trying again.
    """
    headers = _HEADERS if retry_after is None else _HEADERS | {"Retry-After": str(retry_after)}
    if path.startswith((f"{gradio_internals.API}/", gradio_internals.SIGN_IN, f"{urls.API}/")):
        return JSONResponse({"detail": message}, status, headers=headers)
    return PlainTextResponse(f"{message}\n", status, headers=headers)
