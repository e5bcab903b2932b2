"""A client of `according serve`, for programs on other machines: typed, and without the models of this package.

It needs httpx alone and loads nothing else. `json` of what it returns is all of it, as docs/programs.md describes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from rag.errors import AccordingError


class ServerError(AccordingError):
    """A request that the server refused, or that did not reach it.

    Attributes:
        status: of HTTP; None if there was no response.
        retry_after: seconds after which it is worth trying again; None if it is not.
    """

    def __init__(self, message: str, status: int | None = None, retry_after: int | None = None):
        super().__init__(message)
        self.status, self.retry_after = status, retry_after


@dataclass(frozen=True)
class Passage:
    """A passage, word for word, with who said it, where and when; `quotation` has the sentences that answer."""

    article_id: str
    start: int
    end: int
    text: str
    quotation: str
    outlet: str | None
    host: str | None
    date: dt.date | None
    title: str | None
    url: str | None
    quote_url: str | None
    grade: str | None
    json: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """Passages, best first; `grade` is "answers", "near" (they may not answer) or "nothing", `notice` what to say."""

    question: str
    grade: str
    notice: str | None
    confidence: float | None
    passages: tuple[Passage, ...]
    json: dict[str, Any] = field(repr=False)


class Client:
    """A connection to a server. Close it, or use it as a context manager."""

    def __init__(
        self, address: str = "http://127.0.0.1:7860", auth: tuple[str, str] | None = None, **more: Any
    ) -> None:
        """Connect, and sign in if the server asks for it.

        Args:
            address: the server's.
            auth: name and password.
            **more: arguments of `httpx.Client`, such as `timeout`.

        Raises:
            ServerError: if the sign-in fails.
        """
        self._http = httpx.Client(base_url=address.rstrip("/") + "/", **{"timeout": 60.0} | more)
        if auth:
            self._request("POST", "login", data={"username": auth[0], "password": auth[1]})

    def ask(self, question: str, **arguments: Any) -> Answer:
        """Return the answer to a question.

        Args:
            question: in plain words.
            **arguments: `k`, `outlets`, `after`, `before`, `previous`, `strict` and the others of the endpoint.

        Raises:
            ServerError: if an argument makes no sense, or the server is busy or cannot be reached.
        """
        got = self.call("ask", question=question, **arguments)
        passages = tuple(map(_passage, got["passages"]))
        return Answer(got["question"], got["grade"], got["notice"], got["confidence"], passages, got)

    def compare(self, question: str, **arguments: Any) -> dict[str, Passage]:
        """Return the best passage of each group, by its name, best first; the arguments are those of the endpoint."""
        rows = self.call("compare", question=question, **arguments)["rows"]
        return {row["group"]: _passage(row["citation"]) for row in rows}

    def article(self, article_id: str) -> dict[str, Any]:
        """Return an article with its text and its provenance."""
        return dict(self.call("article", article_id=article_id)["article"])  # in a URL, "." and ".." are other ids

    def articles(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield the articles, without their texts; filters are `find`, `outlet`, `year` and `order`."""
        start, total = 0, 1
        while start < total:
            part = self._request("GET", "api/articles", params={**filters, "start": start})
            yield from part["articles"]
            start, total = start + len(part["articles"]), part["total"] if part["articles"] else 0

    def call(self, endpoint: str, **arguments: Any) -> dict[str, Any]:
        """Return the JSON of any endpoint: search, timeline, coverage, outlets and those above."""
        return self._request("POST", f"api/{endpoint}", json=arguments)

    def _request(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        try:
            got = self._http.request(method, path, **given)
        except httpx.HTTPError as error:
            raise ServerError(f"no answer from {self._http.base_url}: {error}") from error
        try:
            said = got.json()
        except ValueError:
            said = {"detail": got.text.strip()}
        if got.is_success and isinstance(said, dict) and "detail" not in said:
            return said
        after = got.headers.get("retry-after", "")
        message = str(said.get("detail", said) if isinstance(said, dict) else said)
        raise ServerError(message, got.status_code, int(after) if after.isdecimal() else None)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _passage(got: dict[str, Any]) -> Passage:
    """Return a passage of the JSON; fields that this version does not know are in `json` alone."""
    a, b = (edge - got["start"] for edge in got["quote"])
    names = ("article_id", "start", "end", "text", "outlet", "host", "title", "url", "quote_url", "grade")
    date = dt.date.fromisoformat(got["date"]) if got["date"] else None
    known: dict[str, Any] = {name: got.get(name) for name in names}
    return Passage(**known, quotation=got["text"][a:b], date=date, json=got)
