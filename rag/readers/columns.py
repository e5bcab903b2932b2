"""Which columns of a table, or keys of a JSON record, the fields of an article are read from, and which were.

The names are in `columns.toml`. A user may put others before them: `--field outlet=Paper`. A `Columns` counts what it
finds, so that a build can say what was read from which column, and which columns were left unread.
"""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import regex

from rag.errors import InputError

# The fields of an article that a column can be read as.
FIELDS = ("text", "title", "outlet", "date", "url", "authors", "host", "id", "kind", "date_basis")
MAX_DEPTH = 4  # of nested objects in which a name such as "fields.byline" is looked for
MAX_COUNTED = 1_000  # different columns that are counted; the records of a hostile file may all have others
MAX_NAME_CHARS = 80  # of a counted name
_SCALARS = frozenset({str, int, float, bool, type(None)})  # the check for a Mapping takes longer than this one

Fields = Mapping[str, str | Sequence[str]]  # columns by field, as users give them
Values = list[tuple[str, Any]]  # (name as spelt in the record, value) of one field, the name that wins first


@dataclass
class ColumnCounts:
    """What was read from which column.

    Attributes:
        read: number of records, by field and column.
        unread: number of records in which a column has a value that was not read.
        missing: columns that the user named, as "field=column", and that no record has.
    """

    read: dict[str, dict[str, int]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


class Columns:
    """The columns of each field, with a count of those that were read.

    Attributes:
        given: the columns that the user named, by field.
    """

    def __init__(self, fields: Fields | None = None):
        """Take the columns of `columns.toml`, after those that a user names.

        Args:
            fields: the user's columns, one or several of a field, the preferred one first.

        Raises:
            InputError: for a field that does not exist, or an empty name.
        """
        pairs = _pairs(fields)
        self.given: Fields = dict(pairs)
        self._own = {name: [columns] if isinstance(columns, str) else list(columns) for name, columns in pairs}
        names = _names()
        self._places: dict[str, list[tuple[str, int]]] = {}  # (field, rank) of each normalised name
        for name in (*FIELDS, "date_seen", "summary"):
            for rank, column in enumerate([*self._own.get(name, ()), *names[name]]):
                self._places.setdefault(normalize(column), []).append((name, rank))
        self._containers = {key[:at] for key in self._places for at in _dots(key)}
        self._given = {normalize(column) for columns in self._own.values() for column in columns}
        self._present = set[str]()  # of `_given`
        self._read = dict[str, Counter[str]]()
        self._seen = Counter[str]()

    def find(self, record: Mapping[Any, Any]) -> dict[str, Values]:
        """Return the columns of a record that have each field, best first, also those without a value."""
        found: dict[str, list[tuple[int, str, Any]]] = {}
        for key, spelt, value in self._leaves(record):
            for name, rank in self._places.get(key, ()):
                found.setdefault(name, []).append((rank, spelt, value))
        return {name: [(spelt, value) for _, spelt, value in sorted(own, key=_rank)] for name, own in found.items()}

    def has_text(self, names: Iterable[str]) -> bool:
        """Return whether one of the names of a record is that of a text."""
        return any(self._is_text(normalize(name)) for name in names)

    def count_known(self, names: Iterable[str]) -> int:
        """Return how many of the names are those of a field."""
        return len({*map(normalize, names)} & self._places.keys())

    def count(self, record: Mapping[Any, Any], used: Mapping[str, str]) -> None:
        """Count what was read of a record.

        Args:
            record: the record.
            used: the column, as spelt, that each field was read from.
        """
        for name, column in used.items():
            self._add(self._read.setdefault(name, Counter()), column)
        read = {*used.values()}
        for key, spelt, value in self._leaves(record):
            if key in self._given:
                self._present.add(key)
            if spelt in read or not has_value(value) or (key in self._containers and isinstance(value, Mapping)):
                continue
            if "." not in spelt or read.isdisjoint(spelt[:at] for at in _dots(spelt)):
                self._add(self._seen, spelt)

    def counts(self) -> ColumnCounts:
        """Return what was read and left unread so far."""
        read = {name: dict(self._read[name].most_common()) for name in FIELDS if name in self._read}
        missing = [
            f"{name}={column}"
            for name, columns in self._own.items()
            for column in columns
            if normalize(column) not in self._present
        ]
        ever = {column for columns in read.values() for column in columns}
        unread = {column: number for column, number in self._seen.most_common() if column not in ever}
        return ColumnCounts(read, unread, missing if self._read or self._seen else [])

    def take_counts(self) -> dict[str, Any]:
        """Return what was counted as JSON values, for `add_counts` of another one, and count anew."""
        taken = {"read": self._read, "seen": self._seen, "present": sorted(self._present)}
        self._read, self._seen, self._present = {}, Counter(), set()
        return taken

    def add_counts(self, taken: Mapping[str, Any]) -> None:
        """Add what another one counted.

        Args:
            taken: what its `take_counts` returned.
        """
        for name, columns in taken["read"].items():
            for column, number in columns.items():
                self._add(self._read.setdefault(name, Counter()), column, number)
        for column, number in taken["seen"].items():
            self._add(self._seen, column, number)
        self._present.update(taken["present"])

    def _leaves(self, record: Mapping[Any, Any]) -> Iterator[tuple[str, str, Any]]:
        """Yield (normalised name, name as spelt, value) of a record, also of the objects in which names are known."""
        waiting = [(record, "", "")]
        while waiting:
            inner, above, spelt_above = waiting.pop()
            for name, value in inner.items():
                if not isinstance(name, str):
                    continue
                key, spelt = (above + normalize(name), spelt_above + name) if above else (normalize(name), name)
                yield key, spelt, value
                if (
                    type(value) not in _SCALARS
                    and isinstance(value, Mapping)
                    and key in self._containers
                    and key.count(".") < MAX_DEPTH
                ):
                    waiting.append((value, f"{key}.", f"{spelt}."))

    def _is_text(self, key: str) -> bool:
        return any(name == "text" for name, _ in self._places.get(key, ()))

    @staticmethod
    def _add(counter: Counter[str], name: str, number: int = 1) -> None:
        name = name[:MAX_NAME_CHARS]
        if name in counter or len(counter) < MAX_COUNTED:
            counter[name] += number


def parse_options(options: Iterable[str]) -> dict[str, list[str]]:
    """Return the columns by field that options such as "outlet=Paper" state.

    Raises:
        InputError: for an option without "=".
    """
    found: dict[str, list[str]] = {}
    for option in options:
        name, separator, column = option.partition("=")
        if not separator or not column.strip():
            raise InputError(
                f"{option!r} does not say which column a field is read from; write FIELD=COLUMN, text=Body"
            )
        found.setdefault(name.strip(), []).append(column.strip())
    return found


@functools.lru_cache(4096)
def normalize(name: str) -> str:
    """Return a name in small letters, without what is between its words."""
    return str(regex.sub(r"[_\-\s]+", "", name.casefold()))


def has_value(value: object) -> bool:
    """Return whether a value says anything."""
    empty = value is None or value == "" or value == [] or value == {} or value != value  # pandas writes NaN
    return not empty and not (isinstance(value, str) and not value.strip())


def names_of(name: str) -> tuple[str, ...]:
    """Return the columns that a field is read from by default, best first."""
    return _names()[name]


def _pairs(fields: Fields | None) -> list[tuple[str, str | Sequence[str]]]:
    if fields is not None and not isinstance(fields, Mapping):
        raise InputError('fields must name columns by field, as in {"text": "Body"}')
    for name, columns in (fields or {}).items():
        if name not in FIELDS:
            raise InputError(f"there is no field {name!r}; the fields are {', '.join(FIELDS)}")
        listed = [columns] if isinstance(columns, str) else columns
        if not isinstance(listed, Sequence) or not all(isinstance(c, str) and c.strip() for c in listed):
            raise InputError(f"the column of the field {name!r} must be a name, or a list of names")
    return list((fields or {}).items())


@functools.cache
def _names() -> dict[str, tuple[str, ...]]:
    text = resources.files(__package__).joinpath("columns.toml").read_text("utf-8")
    return {name: tuple(columns) for name, columns in tomllib.loads(text).items()}


def _rank(found: tuple[int, str, Any]) -> int:
    return found[0]


def _dots(key: str) -> list[int]:
    return [at for at, character in enumerate(key) if character == "."]
