"""`according config`: every setting with its value and where it comes from, and what the index has of its own."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import asdict, replace

from rag.cli import settings
from rag.cli.output import print_each
from rag.cli.settings import Shown
from rag.errors import LibraryError
from rag.text import sanitise

SAVED = "saved in the index"


def config(options: argparse.Namespace) -> None:
    """Print the settings, and those that are kept in the index."""
    found = settings.shown()
    if options.index is not None:
        found = [replace(s, value=options.index, source="command line") if s.key == "index" else s for s in found]
    index = next(setting.value for setting in found if setting.key == "index")
    try:
        found += _saved(index, options.encoder)
    except LibraryError as error:
        print(sanitise(f"according: {error}"), file=sys.stderr)
    found = [replace(setting, value=_without_password(setting.value)) for setting in found]
    key = max(len(setting.key) for setting in found)
    value = max(len(setting.value) for setting in found)
    print_each(options, ((asdict(s), f"{s.key:<{key}}  {s.value:<{value}}  {s.source}") for s in found))


def _saved(index: str, encoder: str | None) -> list[Shown]:
    """Return what an index keeps; of none that is there, which encoder would make it."""
    from rag.stores.base import CATALOGUE, CONFIDENCE_MODEL, OWN_ALIASES
    from rag.stores.location import check_encoder, exists, open_store

    if not exists(index):
        source = "command line" if encoder else "default"
        return [Shown("encoder", encoder or "all-MiniLM-L6-v2", source, "--encoder")]
    kept = (
        ("catalogue", CATALOGUE, "build --catalogue", "the one that comes with According"),
        ("aliases", OWN_ALIASES, "build --aliases", "those that articles explain"),
        ("confidence_model", CONFIDENCE_MODEL, "evaluate --fit", "the one for the default encoder"),
    )
    store = open_store(index)
    try:
        check_encoder(store, encoder)
        found = [Shown("encoder", store.manifest.encoder, SAVED, "--encoder")]
        for key, name, option, default in kept:
            own = store.setting(name) is not None
            found.append(Shown(key, "its own" if own else default, SAVED if own else "default", option))
        return found
    finally:
        store.close()


def _without_password(value: str) -> str:
    """Return a value without what an address in it has before its host; a password may have "@" and "/" in it."""
    return re.sub(r"//\S*@", f"//{settings.HIDDEN}@", value)
