"""Connect to a web site: only to an address that is allowed, and no longer than until a deadline.

A name is resolved here, once, and the connection is made to one of the addresses found; which one it was made to is
read from the socket. Nothing is sent, not even the beginning of TLS, before that is known. Looking a name up first and
connecting by name afterwards would resolve it twice, and its owner may answer otherwise the second time.
"""

from __future__ import annotations

import socket
import ssl
import time
import urllib.request
from collections.abc import Iterable
from importlib.util import find_spec

import httpcore
import httpx

from rag.errors import InputError

from .reach import Reach, reach_of

NO_SITE = "there is no site of this name; check the URL, and whether this machine is online"
PRIVATE = "redirects to an address in this machine's own network, which is not followed"


class Connector(httpcore.NetworkBackend):
    """Makes the connections of one request, and remembers where they led.

    Attributes:
        reached: where the last connection led; None before there is one.
    """

    def __init__(self, allowed: Reach, deadline: float, proxy: httpcore.Proxy | None = None):
        """Set the limits.

        Args:
            allowed: how far in the other end may be.
            deadline: when everything must be over, on the clock of `time.monotonic`.
            proxy: what is connected to in place of the site, so that its failures are not said to be the site's.
        """
        self.reached: Reach | None = None
        self._allowed = allowed
        self._deadline = deadline
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that is allowed and answers.

        Raises:
            InputError: if no address is allowed, or there is no such host.
            socket.gaierror: if the name cannot be resolved.
            httpcore.ConnectError: if no address answers. httpcore.ConnectTimeout: if none does in time.
            httpcore.ProxyError: for each of these, if it is the proxy.
        """
        try:
            stream = self._connected(host, port, local_address, socket_options)
        except (InputError, OSError, httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            if self._proxy:
                raise httpcore.ProxyError(_failure_of_proxy(error)) from error
            raise
        https = self._proxy is not None and self._proxy.url.scheme == b"https"
        return _UntilDeadline(stream, self._deadline, to_proxy=https)

    def _connected(
        self,
        host: str,
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        addresses = [found for found in resolve(host, port) if reach_of(found) <= self._allowed]
        failure: Exception = InputError(PRIVATE)
        for number, address in enumerate(addresses):
            share = time_left(self._deadline) / (len(addresses) - number)
            try:
                stream = httpcore.SyncBackend().connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            try:
                self.reached = _other_end(stream)
                if self.reached > self._allowed:
                    raise InputError(PRIVATE)
            except BaseException:
                stream.close()
                raise
            return stream
        raise failure


def _failure_of_proxy(error: BaseException) -> str:
    """Return why a proxy could not be connected to."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, socket.gaierror | InputError):
            return "there is no machine of its name"
        if isinstance(cause, ConnectionRefusedError):
            return "it refuses the connection"
        if isinstance(cause, ssl.SSLError):
            return "its certificate cannot be trusted"
        cause = cause.__cause__ or cause.__context__
    return "it does not answer" if isinstance(error, httpcore.TimeoutException) else "it cannot be reached"


class _UntilDeadline(httpcore.NetworkStream):
    """A connection whose steps together end at a deadline; httpcore bounds each step alone."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float, to_proxy: bool = False):
        self._stream = stream
        self._deadline = deadline
        self._to_proxy = to_proxy  # whether TLS, when it begins, is with a proxy

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, time_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, time_left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, time_left(self._deadline))
        except ValueError as error:  # a name that a certificate cannot hold, such as ".example"
            self.close()
            raise InputError(NO_SITE) from error
        except httpcore.ConnectError as error:
            if self._to_proxy:
                raise httpcore.ProxyError(_failure_of_proxy(error)) from error
            raise
        return _UntilDeadline(secured, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def time_left(deadline: float) -> float:
    """Return the seconds until a deadline. Raises httpcore.ReadTimeout if there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order in which the system prefers them.

    Raises:
        InputError: if it is no name at all.
        socket.gaierror: if it cannot be resolved.
    """
    name = host.replace("%25", "%") if ":" in host else host  # RFC 6874 writes the zone "%eth0" as "%25eth0"
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (ValueError, OverflowError) as error:  # a part that is empty or too long; a NUL
        raise InputError(NO_SITE) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _other_end(stream: httpcore.NetworkStream) -> Reach:
    """Return where a connection leads. This machine may have a public address of its own."""
    peer, own = stream.get_extra_info("server_addr")[0], stream.get_extra_info("client_addr")[0]
    return Reach.MACHINE if peer == own else reach_of(peer)


def proxy_for(url: httpx.URL) -> httpcore.Proxy | None:
    """Return the proxy that the environment names for a URL (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY).

    Raises:
        InputError: if its address is not one of a proxy that can be used.
    """
    named = urllib.request.getproxies()
    address = named.get(url.scheme) or named.get("all")
    if not address or urllib.request.proxy_bypass(url.netloc.decode("ascii")):
        return None
    try:
        proxy = httpx.URL(address if "://" in address else f"http://{address}")
        auth = (proxy.username.encode(), proxy.password.encode()) if proxy.userinfo else None
        if proxy.scheme not in ("http", "https", "socks5", "socks5h") or not proxy.raw_host:
            raise ValueError(proxy.scheme)
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError(
            f"the proxy that the environment names for {url.scheme} has no valid address; it must begin with http:// "
            "or socks5://"
        ) from error
    if proxy.scheme.startswith("socks") and not find_spec("socksio"):
        raise InputError("the environment names a SOCKS proxy, which takes another package: pip install 'httpx[socks]'")
    where = httpcore.URL(scheme=proxy.raw_scheme, host=proxy.raw_host, port=proxy.port, target=b"/")
    return httpcore.Proxy(where, auth=auth)


def check_redirect_through_proxy(before: httpx.URL, target: httpx.URL) -> None:
    """Check that a redirect that a proxy would follow cannot lead into a private network.

    A proxy resolves names itself, so the other end cannot be seen from here. Over https the other end must hold a
    certificate for the name: a machine that does not belong to the name's owner has none. What remains is the name of
    an inner site that has one, and that resolves to its private address here too.

    Args:
        before: the URL that redirects.
        target: the URL that it redirects to.

    Raises:
        InputError: if it might.
    """
    if target.scheme == "https":
        if target.raw_host == before.raw_host:
            return
        try:
            found = resolve(target.raw_host.decode("ascii"), target.port or 443)
        except (InputError, OSError):
            found = []
        if found and all(reach_of(address) is Reach.PUBLIC for address in found):
            return
    raise InputError(
        f"redirects to {target}, and through a proxy it cannot be seen whether that is in the proxy's own network; if "
        "you trust it, give that URL"
    )
