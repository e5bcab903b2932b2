"""GET /metrics: what Prometheus asks for. Numbers alone: no question, no name and no address is in them.

Off unless the operator asks for it (`--metrics`). Then it is for requests of this machine to itself, which came through
no server in front, for readers who have signed in, and for who sends the operator's token. `MetricsMiddleware`, the
first that sees a request, decides the former from the connection and the headers as they were sent, and counts what is
refused with 429 or 503.
"""

from __future__ import annotations

import hmac
import math
import threading
import time
from collections.abc import Iterator

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import AccordingError
from rag.library import Library
from rag.web import gradio_internals
from rag.web.observing import Asked
from rag.web.proxies import is_claim
from rag.web.security import is_loopback, names_this_machine
from rag.web.urls import METRICS

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # edges of the histogram
_OF_THIS_MACHINE = "according.of_this_machine"  # in a scope
MIN_TOKEN_CHARACTERS = 16  # whoever may ask can guess as often as they like
FRESH_SECONDS = 1.0  # the counts are read at most so often, however many ask
_NOT_FOR_ALL = PlainTextResponse("For this machine, readers who have signed in, and who has the token.\n", 403)


class Metrics:
    """Counts of one app, in a registry of its own."""

    def __init__(self, library: Library, token: str | None = None) -> None:
        """Begin to count.

        Args:
            library: what is asked.
            token: lets a program elsewhere read the counts (`Authorization: Bearer TOKEN`); None for none.

        Raises:
            AccordingError: for a token that is too short, or cannot be sent in a header.
        """
        if token is not None and (len(token) < MIN_TOKEN_CHARACTERS or not token.isascii() or not token.isprintable()):
            raise AccordingError(
                f"the token for /metrics needs at least {MIN_TOKEN_CHARACTERS} characters, all of ASCII; make one "
                "with: openssl rand -hex 32"
            )
        self._token = token.encode() if token else None
        self._lock, self._written, self._text = threading.Lock(), -math.inf, b""
        self.registry = CollectorRegistry()
        self._questions = Counter(
            "according_questions", "Questions worked on, by way in, endpoint and grade or other outcome",
            ["way", "endpoint", "outcome"], registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "according_question_seconds", "Seconds that a question took, without waiting for its turn",
            ["way", "endpoint"], buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self._errors = Counter("according_errors", "Questions that failed, by error", ["error"], registry=self.registry)
        self._refused = Counter(
            "according_refused_requests", "Requests refused, with when to try again", ["status"], registry=self.registry
        )
        for status in ("429", "503"):
            self._refused.labels(status)
        memory = Gauge("process_resident_memory_bytes", "Resident memory in bytes", registry=self.registry)
        memory.set_function(lambda: psutil.Process().memory_info().rss)
        self.registry.register(_Index(library))

    def noted(self, asked: Asked) -> None:
        """Count a question (see `observing`)."""
        self._questions.labels(asked.way, asked.endpoint, asked.outcome).inc()
        self._seconds.labels(asked.way, asked.endpoint).observe(asked.seconds)
        if asked.error:
            self._errors.labels(asked.error).inc()

    def refused(self, status: int) -> None:
        """Count a request that was refused."""
        self._refused.labels(str(status)).inc()

    def routes(self) -> list[Route]:
        """Return the route, of GET."""
        return [Route(METRICS, self._answer)]

    def _answer(self, request: Request) -> Response:
        if not (request.scope.get(_OF_THIS_MACHINE) or self._has_token(request) or _is_signed_in(request.scope)):
            return _NOT_FOR_ALL
        headers = {"Cache-Control": "no-store"}
        return Response(self._latest(), headers=headers, media_type=CONTENT_TYPE_LATEST)

    def _has_token(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        sent = given.strip().encode("utf-8", "replace")
        return self._token is not None and scheme.lower() == "bearer" and hmac.compare_digest(sent, self._token)

    def _latest(self) -> bytes:
        with self._lock:
            if time.monotonic() - self._written >= FRESH_SECONDS:
                self._text = generate_latest(self.registry)
                self._written = time.monotonic()
            return self._text


class _Index(Collector):
    """What the index holds when it is asked."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def describe(self) -> list[GaugeMetricFamily]:
        return []  # nothing is read when it is registered

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            with self._library.reading() as now:
                stored, articles = now.generation, sum(now.outlets().values())
            loaded, passages = self._library.generation, self._library.passage_count
        except AccordingError:
            yield GaugeMetricFamily("according_index_readable", "Whether the index can be read", 0)
            return
        yield GaugeMetricFamily("according_index_readable", "Whether the index can be read", 1)
        yield GaugeMetricFamily("according_index_generation", "Changes made to the index so far", stored)
        yield GaugeMetricFamily("according_loaded_generation", "Generation that questions are asked of", loaded)
        yield GaugeMetricFamily("according_articles", "Articles in the index", articles)
        yield GaugeMetricFamily("according_passages", "Passages that questions are asked of", passages)


class MetricsMiddleware:
    """ASGI middleware that counts refused requests, and marks those of this machine to itself."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Set what counts.

        Args:
            app: everything else.
            metrics: the counts.
        """
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            # An index that cannot be read says nothing of trying again.
            begins = message["type"] == "http.response.start"
            if begins and message["status"] in (429, 503) and "retry-after" in MutableHeaders(scope=message):
                self.metrics.refused(message["status"])
            await send(message)

        await self.app({**scope, _OF_THIS_MACHINE: _is_of_this_machine(scope)}, receive, sent)


def _is_of_this_machine(scope: Scope) -> bool:
    """Return whether a program on this machine asked, and no server in front of the app passed the request on."""
    peer = (scope.get("client") or ("", 0))[0]
    claims = any(is_claim(name) or name == b"via" for name, _ in scope["headers"])
    return is_loopback(peer) and names_this_machine(scope) and not claims


def _is_signed_in(scope: Scope) -> bool:
    return gradio_internals.has_sign_in(scope) and gradio_internals.reader_of(scope) is not None
