"""Ask sites again and again, as a program that is run every hour should: rarely, one request at a time, as they allow.

Each request of a Visitor, that for a robots.txt too, waits until its host has had a pause, or as long as its robots.txt
asks for; no two are made at the same time. What robots.txt (RFC 9309) disallows is not asked for, and a host that says
"later" (429, 503 with Retry-After) is not asked again in this run. The limits of `fetch` hold for each request, and
those of a Budget for all that are made for one source.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx
from protego import Protego

from rag.errors import InputError

from . import fetch, limits
from .fetch import Reply
from .reach import Reach

log = logging.getLogger("rag")

DELAY_SECONDS = 1.0  # between two requests to a host, if its robots.txt asks for no longer one
LONG_PAUSE_SECONDS = 30.0  # with longer ones there would be no time to read a feed and a page
MAX_PAUSE_SECONDS = 600.0  # a longer Crawl-delay counts as this one: an update is to come to an end
MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309 has a crawler read at least so much
MAX_RETRY_SECONDS = 7 * 86_400.0  # that a host can keep a source from being read
_RETRIED = (429, 503)


class LaterError(InputError):
    """A page cannot be had now; it may be had the next time.

    Attributes:
        until: when the site may be asked again, in seconds since 1970; None if it does not say.
    """

    def __init__(self, reason: str, until: float | None = None):
        super().__init__(reason)
        self.until = until


class PauseError(LaterError):
    """A host has asked for a pause that is too long to wait for; nothing was asked of it."""


@dataclass
class Budget:
    """What is left for one source.

    Attributes:
        deadline: when all its requests must be over, on the clock of `time.monotonic`.
        max_bytes: that they may still fetch.
        patience: seconds that may be waited in addition for hosts that ask for long pauses.
        asked: hosts that were asked.
        served: hosts for which no long pause is waited for any more.
    """

    deadline: float
    max_bytes: int
    patience: float = 0.0
    asked: set[str] = field(default_factory=set)
    served: set[str] = field(default_factory=set)

    def seconds(self) -> float:
        """Return the seconds left for the next request. Raises LaterError if there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0 or self.max_bytes <= 0:
            raise LaterError("left for the next update: " + ("its time is up" if left <= 0 else "it has sent enough"))
        return min(fetch.TIMEOUT_SECONDS, left)


@dataclass(frozen=True)
class Link:
    """What leads to a URL that the user did not name.

    Attributes:
        page: the URL of the page or feed that has the link.
        reached: how far in its site is; the link may lead no further.
    """

    page: httpx.URL
    reached: Reach


class Visitor:
    """Makes the requests of one run; not safe to use from several threads."""

    def __init__(self, delay: float | None = None, sleep: Callable[[float], None] = time.sleep):
        self._delay, self._sleep = DELAY_SECONDS if delay is None else delay, sleep
        # By site, and by how far in a link to it may lead: one that may not lead there says nothing of the others.
        self._robots: dict[tuple[str, Reach], Protego | InputError] = {}
        self._last: dict[str, float] = {}  # when a host was asked last, on the clock of `time.monotonic`
        self._pauses: dict[str, float] = {}  # the pauses that hosts ask for, in seconds
        self._paused: dict[str, float] = {}  # hosts that said until when not to be asked, in seconds since 1970

    def get(
        self, address: str, budget: Budget, link: Link | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Return what a site replies, after redirects; each place on the way is asked politely.

        Args:
            address: the URL.
            budget: what is left for the source; it is used up.
            link: what leads there; None if the user named the URL.
            headers: more headers to send.

        Raises:
            LaterError: if it may be had the next time.
            InputError: if it may not be fetched, or cannot be.
        """
        url = httpx.URL(fetch.normalize(address))
        for _ in range(fetch.MAX_REDIRECTS + 1):
            rules = self._rules(url, budget, link)
            if not rules.can_fetch(str(url), fetch.NAME):
                raise InputError(f"the robots.txt of {url.host} does not allow it to be read by programs")
            reply = self._request(url, budget, link, headers)
            if not reply.location:
                return reply
            link = Link(url, min(link.reached if link else Reach.MACHINE, reply.reached))
            url = httpx.URL(fetch.normalize(reply.location, str(url)))
        raise InputError(fetch.TOO_MANY_REDIRECTS)

    def paused_until(self, address: str) -> float:
        """Return until when the host of a URL asks to be left alone, in seconds since 1970; 0 if it does not."""
        return self._paused.get(httpx.URL(address).host, 0.0)

    def pause_of(self, address: str) -> tuple[float, float]:
        """Return when the host of a URL was asked last, in seconds since 1970, and for what pause its robots.txt asks.

        Both are 0 if it asks for none that is longer than that between any two requests.
        """
        host = httpx.URL(address).host
        pause = self._pauses.get(host, 0.0)
        if pause <= self._delay or host not in self._last:
            return 0.0, 0.0
        return time.time() - (time.monotonic() - self._last[host]), pause

    def resume(self, address: str, last: float, pause: float) -> None:
        """Keep to the pause that a host asked for in an earlier run, as `pause_of` returned it then."""
        host = httpx.URL(address).host
        if pause > 0 and host not in self._last:
            self._pauses[host] = min(pause, MAX_PAUSE_SECONDS)
            self._last[host] = time.monotonic() - max(time.time() - last, 0.0)

    def _request(self, url: httpx.URL, budget: Budget, link: Link | None, headers: Mapping[str, str] | None) -> Reply:
        """Make one request when the host has had its pause."""
        if (until := self._paused.get(url.host, 0.0)) > time.time():
            raise LaterError(f"{url.host} asks to be left alone until {spelled(until)}", until)
        try:
            reply = self._asked(url, budget, link, headers)
        except InputError as error:
            if isinstance(error.__cause__, fetch.UNREACHED):
                raise LaterError(str(error)) from error
            raise
        said = f"the site responds {reply.status} {reply.phrase}"
        later = _retry_after(reply.headers.get("retry-after")) if reply.status in _RETRIED else None
        if later:
            self._paused[url.host] = later
            raise LaterError(f"{said}, and asks to be left alone until {spelled(later)}", later)
        if reply.status in (408, 425, 429) or reply.status >= 500:
            reason = "it has received too many requests" if reply.status == 429 else "its server failed"
            raise LaterError(f"{said}: {reason}; try again later")
        return reply

    def _asked(
        self, url: httpx.URL, budget: Budget, link: Link | None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        self._wait(url.host, budget)
        seconds, most = budget.seconds(), min(limits.MAX_BYTES, budget.max_bytes)
        before, allowed = (link.page, link.reached) if link else (None, Reach.MACHINE)
        budget.asked.add(url.host)
        try:
            reply = fetch.within(seconds, lambda deadline: fetch.request(url, before, allowed, deadline, headers, most))
        finally:
            self._last[url.host] = time.monotonic()
        budget.max_bytes -= len(reply.data)
        return reply

    def _wait(self, host: str, budget: Budget) -> None:
        """Wait until a host has had its pause. Raises PauseError if that is too long."""
        if host not in self._last:
            return
        pause = max(self._delay, self._pauses.get(host, 0.0))
        now = time.monotonic()
        wait = self._last[host] + pause - now
        if wait <= 0:
            return
        is_long = pause > LONG_PAUSE_SECONDS
        if wait > (budget.patience if is_long else budget.deadline - now) or (is_long and host in budget.served):
            until = time.time() + wait
            asks = f"{host} asks for {pause:,.0f} s between requests"
            raise PauseError(f"{asks}, and may be asked again from {spelled(until)}", until)
        if is_long:
            budget.patience -= wait
            budget.deadline += wait
            log.info("waiting %.0f s, as %s asks for pauses between requests", wait, host)
        self._sleep(wait)

    def _rules(self, url: httpx.URL, budget: Budget, link: Link | None) -> Protego:
        """Return the robots.txt of a site, fetched once in a run. Raises InputError if it cannot be had."""
        root = f"{url.scheme}://{url.netloc.decode('ascii')}"
        site = root, link.reached if link else Reach.MACHINE
        if site not in self._robots:
            whole = budget.seconds() >= fetch.TIMEOUT_SECONDS
            try:
                self._robots[site] = self._fetched_rules(httpx.URL(f"{root}/robots.txt"), budget, link)
            except InputError as error:
                if not whole or isinstance(error, PauseError):  # another source may have the time that this one lacks
                    raise
                self._robots[site] = error
        found = self._robots[site]
        if isinstance(found, InputError):
            raise found
        return found

    def _fetched_rules(self, url: httpx.URL, budget: Budget, link: Link | None) -> Protego:
        """Return the rules of a robots.txt; none if there is no such file. Raises InputError if that is not known."""
        host = url.host
        for _ in range(fetch.MAX_REDIRECTS + 1):
            try:
                reply = self._asked(url, budget, link)
            except InputError as error:
                if isinstance(error.__cause__, fetch.UNREACHED):
                    raise LaterError(f"{error} (its robots.txt, at {host}, was asked for first)") from error
                raise
            if reply.status == 429 or reply.status >= 500:
                until = _retry_after(reply.headers.get("retry-after"))
                raise LaterError(
                    f"the robots.txt of {host} cannot be read ({reply.status} {reply.phrase}), so nothing there is",
                    until,
                )
            if not reply.location:
                found = 200 <= reply.status < 300
                text = reply.content().data[:MAX_ROBOTS_BYTES].decode("utf-8", "replace") if found else ""
                rules = Protego.parse(text)
                pause = min(rules.crawl_delay(fetch.NAME) or 0.0, MAX_PAUSE_SECONDS)
                self._pauses[host] = max(pause, self._pauses.get(host, 0.0))
                return rules
            link = Link(url, min(link.reached if link else Reach.MACHINE, reply.reached))
            url = httpx.URL(fetch.normalize(reply.location, str(url)))
        return Protego.parse("")


def spelled(moment: float) -> str:
    """Return a time, in seconds since 1970, as "2026-11-30 19:09 UTC"."""
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _retry_after(value: str | None) -> float | None:
    """Return until when a site asks not to be asked (RFC 9110, 10.2.3), in seconds since 1970; None if it does not."""
    if not value:
        return None
    now, stated = time.time(), value.strip()
    if stated.isdecimal():
        wait = float(stated[:12])
    else:
        try:
            wait = email.utils.parsedate_to_datetime(stated).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    return now + min(wait, MAX_RETRY_SECONDS) if wait > 0 else None
