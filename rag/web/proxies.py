"""Headers in which a proxy says for whom it asks, believed only if the proxy was named.

Anyone can send `X-Forwarded-For`, `-Proto` and `-Host`. Gradio believes them all, uvicorn those from this machine: the
app would count attempts to sign in for an address that the sender chose, and link to a host that the sender chose.
"""

from __future__ import annotations

import ipaddress
import logging
import os
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from rag.errors import AccordingError
from rag.web.gradio_internals import CLAIMED_SERVER

# A Space can only be reached through Hugging Face's proxies, whose addresses are private and not published.
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
# Of these the first two are read, by uvicorn, the first and the last by Gradio; it also believes another one.
_FOR, _PROTO, _HOST = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
_OTHERS = (b"forwarded", CLAIMED_SERVER, b"x-real-ip")

log = logging.getLogger("rag")


def trusted_proxies(named: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the addresses and networks of the proxies that are believed; none by default.

    Args:
        named: addresses or networks; by default those in TRUSTED_PROXIES, separated by commas.

    Raises:
        AccordingError: one is neither an address nor a network.
    """
    given = list(named or ()) or os.environ.get("TRUSTED_PROXIES", "").split(",")
    proxies = tuple(filter(None, map(str.strip, given)))
    for proxy in proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            raise AccordingError(
                f"{proxy!r} is not the address of a proxy; give an IP address or a network, such as 127.0.0.1 or "
                "10.0.0.0/8, with --trusted-proxy or TRUSTED_PROXIES"
            ) from None
    return proxies or (_PRIVATE if os.environ.get("SPACE_ID") else ())


class ProxyMiddleware:
    """ASGI middleware that takes the reader's address and the scheme from named proxies, and hides all other claims."""

    def __init__(self, app: ASGIApp, proxies: Iterable[str] = ()) -> None:
        """Set who is believed.

        Args:
            app: the app that asks for addresses and hosts.
            proxies: addresses and networks (see `trusted_proxies`).
        """
        self.app = app
        self.believing = ProxyHeadersMiddleware(app, list(proxies))  # type: ignore[arg-type]
        self.warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        peer = (scope.get("client") or ("", 0))[0]
        kept = [(name, value) for name, value in scope["headers"] if not is_claim(name)]
        claims = {name: value for name, value in scope["headers"] if is_claim(name)}
        if peer in self.believing.trusted_hosts:
            # Of several values the last is what the named proxy itself wrote.
            last = {n: claims[n].rpartition(b",")[2].strip() for n in (_PROTO, _HOST) if n in claims}
            chain = [(_FOR, value) for name, value in scope["headers"] if name == _FOR]
            scope = {**scope, "headers": [*kept, *last.items(), *chain]}
            await self.believing(scope, receive, send)  # type: ignore[arg-type]
            return
        if claims and not self.warned:
            self.warned = True
            log.warning(
                "ignoring %s from %s: if this is your own proxy, name it with --trusted-proxy or TRUSTED_PROXIES",
                ", ".join(sorted(name.decode("latin-1") for name in claims)), peer,
            )  # fmt: skip
        await self.app({**scope, "headers": kept}, receive, send)


def is_claim(name: bytes) -> bool:
    """Return whether a header, by its name, says for whom a request is made."""
    return name.startswith(b"x-forwarded") or name in _OTHERS
