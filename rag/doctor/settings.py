"""Check the settings that are stored with an index, by reading them as they are read when they are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rag.answer import confidence
from rag.doctor.diagnosis import Check
from rag.errors import AccordingError
from rag.provenance.catalogue import load_catalogue
from rag.query.aliases import groups_from_json, parse_own_list
from rag.stores.base import ALIASES, CATALOGUE, CONFIDENCE_MODEL, OWN_ALIASES

READERS: dict[str, Callable[[str], object]] = {
    CATALOGUE: load_catalogue,
    OWN_ALIASES: lambda text: parse_own_list(text, "the index's list of aliases"),
    ALIASES: groups_from_json,
    CONFIDENCE_MODEL: confidence.parse,
}


def check_settings(values: Mapping[str, str], check: Check) -> None:
    """Check settings, by name."""
    check.count = len(values)
    for name, read in READERS.items():
        try:
            if name in values:
                read(values[name])
        except (AccordingError, ValueError, TypeError, KeyError) as error:
            check.add(f"{name} cannot be read ({error})")
