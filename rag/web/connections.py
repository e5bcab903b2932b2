"""Connections that say nothing, or take nothing, are closed; there are never too many of them.

Uvicorn, which Gradio starts, waits for ever for the headers of a request and for a reader to take the answer, and
accepts connections until the process has no more files to open.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import h11
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

# Seconds in which the headers of a request arrive, from the first moment of a connection or the first byte of the next
# request, and in which a reader takes a part of an answer.
MAX_HEADER_SECONDS, MAX_WRITE_SECONDS = 15.0, 30.0
MIN_WRITTEN_BYTES = 2**14  # that a slow reader takes in this time
LINGER_SECONDS = 3.0  # for which the rest of a refused request is read, so that the reader gets the refusal
MAX_CONNECTIONS = 1500  # if the process may open twice as many files; else as many as are left
_OTHER_FILES, _LEAST = 200, 50
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\n"
    b"Content-Length: 49\r\nConnection: close\r\n\r\nToo many connections; please try again in a bit.\n"
)


class BoundedProtocol(H11Protocol):
    """Uvicorn's HTTP/1.1, with limits of time and of the number of connections."""

    most = MAX_CONNECTIONS
    _since = 0.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._timer: asyncio.TimerHandle | None = None  # for headers, or for what is read of a refused request
        self._written: asyncio.TimerHandle | None = None

    @property
    def _asking(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most and not self._make_room():
            transport.write(_FULL)
            transport.close()
            return
        self._wait(MAX_HEADER_SECONDS)

    def _make_room(self) -> bool:
        """Close the connections that have been open longest without a request; return whether there is room now."""
        # One that was closed just now is still among the connections.
        live = [c for c in self.connections if isinstance(c, BoundedProtocol) and not c.transport.is_closing()]
        over = len(live) - self.most
        idle = sorted((c for c in live if c is not self and not c._asking), key=lambda c: c._since)
        for connection in idle[: max(0, over)]:
            connection.transport.abort()
        return len(idle) >= over

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._since = self.loop.time()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def data_received(self, data: bytes) -> None:
        if self._timer is None and not self._asking:
            self._wait(MAX_HEADER_SECONDS)  # the first bytes of the next request
        super().data_received(data)
        if self._asking:
            self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP. What is being answered, or was, cannot be answered again: the connection ends."""
        if self._asking:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        unread = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if unread and not self.transport.is_closing():
            self._wait(LINGER_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing(self.transport.get_write_buffer_size())

    def _watch_writing(self, before: int) -> None:
        def check() -> None:
            now = self.transport.get_write_buffer_size()
            if now > before - MIN_WRITTEN_BYTES:
                self.transport.abort()
            else:
                self._watch_writing(now)

        self._written = self.loop.call_later(MAX_WRITE_SECONDS, check)

    def resume_writing(self) -> None:
        if self._written is not None:
            self._written.cancel()
            self._written = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():  # closing would wait for a reader who takes nothing
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _should_upgrade(self) -> bool:
        return False  # the app has no WebSockets; uvicorn would log each request for one


def bound(server: uvicorn.Server) -> None:
    """Make a server that runs serve all further connections within these bounds, and close those there are.

    From then on only the app decides which headers of proxies to believe (see `proxies`).
    """
    config = server.config
    if isinstance(config.loaded_app, ProxyHeadersMiddleware):
        config.loaded_app = config.loaded_app.app
    BoundedProtocol.most = min(MAX_CONNECTIONS, max(_LEAST, _files() - _OTHER_FILES))
    config.http_protocol_class = BoundedProtocol

    def close() -> None:
        for connection in list(server.server_state.connections):
            if not isinstance(connection, BoundedProtocol):
                connection.transport.close()

    server.servers[0].get_loop().call_soon_threadsafe(close)


def _files() -> int:
    """Return how many files this process may have open, after raising the number as far as it is allowed to."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 2 * MAX_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MAX_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else soft
