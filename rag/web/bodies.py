"""The body of a request for an event -> the same values, checked by shape, to be encoded again for Gradio.

Gradio takes any JSON: it copies or fetches what an object in it calls a file, wherever the object is, and each of its
components does something of its own with objects. The events of this app take no objects. A body is decoded with the
function that the framework uses, its values are checked, and only what was checked is passed on, encoded anew: there is
no second reading of the same bytes that could find something else in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from rag.web.gradio_internals import DETAILS, EVENT, PLACE, SESSION, TRIGGER, VALUES
from rag.web.refusals import RefusedError

MAX_CHARACTERS = 250_000  # in all texts of a request; a question has at most 2,000, a hundred names 2,000 each
MAX_VALUES = 1_000

_NAME = re.compile(r"[\w-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class Known:
    """The events of the app: what can be called, and with how many values.

    Attributes:
        pages: the number of values of each event of the page, by its index.
        programs: the number of values of each endpoint, by its name.
    """

    pages: Mapping[int, int]
    programs: Mapping[str, int]


def decoded(body: bytes) -> dict[str, Any]:
    """Return the object that a body is, in any encoding of JSON.

    Raises:
        RefusedError: if it is none.
    """
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusedError(400, "There was an error parsing the body") from None
    if not isinstance(found, dict):
        raise RefusedError(422, "Send an object.")
    return found


def from_page(body: dict[str, Any], known: Known) -> dict[str, Any]:
    """Return what a page may send to start an event.

    Raises:
        RefusedError: if it is something else.
    """
    number, trigger, event = body.get(EVENT), body.get(TRIGGER), body.get(DETAILS)
    if not _is_number(number) or number not in known.pages:
        raise RefusedError(404, "there is no such event")
    place = event.get(PLACE) if isinstance(event, dict) else None
    return {
        VALUES: _values(body.get(VALUES), known.pages[number]),
        EVENT: number,
        SESSION: name(body.get(SESSION), SESSION),
        TRIGGER: trigger if _is_number(trigger) else None,
        DETAILS: {PLACE: place} if _is_number(place) else None,
    }


def from_program(body: dict[str, Any], endpoint: str, named: bool, known: Known) -> dict[str, Any]:
    """Return what a program may send to call an endpoint.

    Args:
        body: what was sent.
        endpoint: its name.
        named: whether the values are sent by name, not in their order.
        known: what can be called.

    Raises:
        RefusedError: if it is something else.
    """
    if endpoint not in known.programs:
        raise RefusedError(404, f"there is no endpoint '/{endpoint}'")
    if named:
        _checked(list(body.values()))
        return body
    return {VALUES: _values(body.get(VALUES), known.programs[endpoint])}


def name(given: object, what: str) -> str:
    """Return the id that a client gave to its session, or was given for an event.

    Raises:
        RefusedError: if it is not one.
    """
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        raise RefusedError(400, f"{what}: give letters, digits and hyphens, at most 100")
    return given


def _values(given: object, count: int) -> list[Any]:
    values = _checked(given if isinstance(given, list) else [])
    if len(values) != count or values is not given:
        raise RefusedError(422, f"{VALUES}: give a list of {count} values")
    return values


def _checked(given: list[Any]) -> list[Any]:
    """Return values that are text, numbers, true, false, null, or lists of these."""
    parts = [part for value in given for part in (value if isinstance(value, list) else [value])]
    if any(isinstance(part, dict | list) for part in parts):
        raise RefusedError(
            403, "This app does not accept files or other objects: send texts, numbers, or lists of them."
        )
    if len(parts) > MAX_VALUES or sum(len(part) for part in parts if isinstance(part, str)) > MAX_CHARACTERS:
        raise RefusedError(413, "This request is too large.")
    return given


def _is_number(given: object) -> TypeGuard[int]:
    return isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**31


def _no_constant(given: str) -> None:
    raise ValueError(f"{given} is not JSON")
