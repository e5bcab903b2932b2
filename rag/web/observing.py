"""Each question that is asked, by whichever way, is noted: what became of it, and how long that took; never its words.

The ways in (`app`, `answer_views`, `json_api`, `mcp_tools`) say what they ask within `Observers.asking`; `health` and
`metrics` listen.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from rag.errors import AccordingError, QuestionError
from rag.web.endpoints import Endpoint

PAGE, CALL, API, TOOL = "page", "call", "api", "mcp"  # the ways in
DONE, INVALID, FAILED = "done", "invalid", "failed"


@dataclass(frozen=True)
class Asked:
    """A question that was worked on.

    Attributes:
        way: by which it came: PAGE, CALL (Gradio's), API or TOOL.
        endpoint: what was asked, by the name of the endpoint: "ask", "compare", ...
        outcome: the grade of an answer, if it has one; else DONE, INVALID if it made no sense, or FAILED.
        seconds: that it took, without waiting for its turn.
        error: the name of the class of what went wrong; None if nothing did.
    """

    way: str
    endpoint: str
    outcome: str
    seconds: float
    error: str | None = None


class Observers:
    """Notifies listeners of each question. Threads may use it at the same time."""

    def __init__(self, *listeners: Callable[[Asked], None]) -> None:
        """Set the listeners; they are called in the thread that asks."""
        self._listeners = listeners

    @contextlib.contextmanager
    def asking(self, way: str, endpoint: str) -> Iterator[Callable[[str | None], None]]:
        """Note what is asked inside.

        Args:
            way: by which it came.
            endpoint: the name of the endpoint.

        Returns:
            A function to call with the grade of the answer.
        """
        outcome, error, begun = DONE, None, monotonic()

        def graded(grade: str | None) -> None:
            nonlocal outcome
            outcome = grade or DONE

        try:
            yield graded
        except QuestionError as raised:
            outcome, error = INVALID, type(raised).__name__
            raise
        except Exception as raised:
            outcome, error = FAILED, _name(raised)
            raise
        finally:
            asked = Asked(way, endpoint, outcome, monotonic() - begun, error)
            for tell in self._listeners:
                tell(asked)

    def observed(self, way: str, offered: Mapping[str, Endpoint]) -> dict[str, Endpoint]:
        """Return endpoints of which each call is noted.

        Args:
            way: by which they are called.
            offered: the endpoints, by name.
        """
        return {name: self._observed(way, name, endpoint) for name, endpoint in offered.items()}

    def _observed(self, way: str, name: str, endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        def noted(*arguments: object, **named: object) -> dict[str, Any]:
            with self.asking(way, name) as graded:
                result = endpoint(*arguments, **named)
                graded(result.get("grade"))
                return result

        return noted


def _name(error: Exception) -> str:
    """Return the class of an error; of one that was put in other words for a reader, that of its cause."""
    return type(error.__cause__ if type(error) is AccordingError and error.__cause__ else error).__name__
