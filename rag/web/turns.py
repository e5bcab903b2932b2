"""Fair turns: of the addresses that wait, one request of each after the other, however many one of them has waiting."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import TypeVar

from starlette.types import Scope

# The part of the places of a kind that one client can take, if several can reach the app.
SHARE = 0.5

One = TypeVar("One")


def client_of(scope: Scope) -> str:
    """Return whom a request comes from, as far as shares and turns go (see `client_at`)."""
    return client_at((scope.get("client") or ("", 0))[0])


def client_at(address: str) -> str:
    """Return whom an address is of: itself, of IPv6 its network, since a household has 2**72 of these."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip) >> 72 << 72, 56)))
    return str(ip)


def in_turn(waiting: Iterable[One], client: Callable[[One], str]) -> list[One]:
    """Return what waits so that the first of each client comes before the second of any, else in the order given.

    Args:
        waiting: in the order that it came in, or was put in before.
        client: returns whose something is.
    """
    ranks, before = list[tuple[int, One]](), Counter[str]()
    for one in waiting:
        whose = client(one)
        ranks.append((before[whose], one))
        before[whose] += 1
    return [one for _, one in sorted(ranks, key=lambda ranked: ranked[0])]


class Turns:
    """Lets some requests work at a time, and the clients of those that wait take turns. For one event loop.

    Attributes:
        free: how many more may work now.
    """

    def __init__(self, at_once: int) -> None:
        """Set how many may work at a time."""
        self.free = at_once
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()  # the next client is the first

    def take(self, client: str) -> asyncio.Future[None]:
        """Return what is done when a request of a client may work; then `end` or `leave` is to be called."""
        turn = asyncio.get_running_loop().create_future()
        if self.free:
            self.free -= 1
            turn.set_result(None)
        else:
            self._waiting.setdefault(client, deque()).append(turn)
        return turn

    def leave(self, client: str, turn: asyncio.Future[None]) -> None:
        """Give up what `take` returned, whether it has come or not."""
        if turn.done() and not turn.cancelled():  # it passes it on
            self.end()
            return
        turn.cancel()
        own = self._waiting.get(client)
        if own and turn in own:
            own.remove(turn)
            if not own:
                del self._waiting[client]

    def end(self) -> None:
        """Give the place of a request that has worked to the next one."""
        while self._waiting:
            client, own = self._waiting.popitem(last=False)
            turn = own.popleft()
            if own:
                self._waiting[client] = own
            if not turn.done():  # else its request was given up just now
                turn.set_result(None)
                return
        self.free += 1
