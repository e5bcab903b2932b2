"""Turn the records of a file into articles, and settle whether its dates have the day or the month first.

One row with 25/04 settles 03/04 of the others. Only the beginning of a file is looked at, before its first record is
read, so that a file of any length is streamed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import record
from .columns import Columns
from .skipped import Skipped

LOOKED_AT = 1_000  # records at the beginning of a file
MAX_CHARS = 2**19  # of them that are held meanwhile
MAX_DATE_CHARS = 100
_NUMERIC = regex.compile(r"\s*(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?=\D|$)(?P<rest>.*)", regex.S)

Record = Mapping[str, Any]


def articles(
    records: Iterator[tuple[str, Record | str]], catalogue: Catalogue, source: str, columns: Columns
) -> Iterator[Article | Skipped]:
    """Yield the article of each record, and a Skipped for each that holds none.

    Args:
        records: (place, record) of each, or the reason why it cannot be read in place of the record.
        catalogue: used to recognise outlets.
        source: the file that is recorded with each article.
        columns: which columns the fields are read from.

    Raises:
        InputError: as `records` does, after what comes before it.
    """
    order = DateOrder()
    for place, found in order.look_ahead(records, columns):
        try:
            if isinstance(found, str):
                raise InputError(found)
            yield record.parse(order.settled(found, columns), catalogue, source, columns=columns)
        except InputError as error:
            yield Skipped(source, str(error), place)


class DateOrder:
    """The order of day and month in a file.

    Attributes:
        day_first: True or False if the file settles it, None if it does not, or contradicts itself.
    """

    def __init__(self) -> None:
        self.day_first: bool | None = None

    def settled(self, fields: Record, columns: Columns) -> Record:
        """Return a record with its dates as the file settles them."""
        if self.day_first is None:
            return fields
        dates = {name: self._settle(value) for name, value in _dates(fields, columns) if name in fields}
        return {**fields, **dates}

    def _settle(self, date: str) -> str:
        """Return a date that can be read in two ways with the year first; any other as it is."""
        found = _NUMERIC.match(date)
        if not found or max(int(found[1]), int(found[3])) > 12:
            return date
        day, month = (found[1], found[3]) if self.day_first else (found[3], found[1])
        return f"{found[4]}-{int(month):02}-{int(day):02}{found['rest']}"

    def look_ahead(
        self, records: Iterator[tuple[str, Record | str]], columns: Columns
    ) -> Iterator[tuple[str, Record | str]]:
        """Yield records as they come, after looking for the order in the first of them.

        An error in the middle of the first records is raised once those before it have been yielded.
        """
        held, size, error = deque[tuple[str, Record | str]](), 0, None
        orders = set[bool]()
        try:
            for place, each in records:
                held.append((place, each))
                size += len(each) if isinstance(each, str) else sum(map(_size, each.values()))
                if isinstance(each, Mapping):
                    orders.update(_orders(each, columns))
                if len(held) >= LOOKED_AT or size > MAX_CHARS or len(orders) > 1:
                    break
        except InputError as found:
            error = found
        self.day_first = orders.pop() if len(orders) == 1 else None
        while held:
            yield held.popleft()
        if error:
            raise error
        yield from records


def _orders(fields: Record, columns: Columns) -> Iterator[bool]:
    for _, date in _dates(fields, columns):
        found = _NUMERIC.match(date)
        if found and (int(found[1]) > 12) != (int(found[3]) > 12):
            yield int(found[1]) > 12


def _dates(fields: Record, columns: Columns) -> list[tuple[str, str]]:
    """Return (column, value) of the dates of a record."""
    found = columns.find(fields).get("date", [])
    return [(name, value) for name, value in found if isinstance(value, str) and len(value) <= MAX_DATE_CHARS]


def _size(value: object) -> int:
    return len(value) if isinstance(value, str) else 8
