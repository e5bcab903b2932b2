"""What a model says of itself: the languages it knows, from its card, and the prompts that it was trained with.

A card is the README.md of a sentence-transformers model, in its folder or where the Hugging Face hub's files are kept;
nothing is downloaded for it. `encoder` and `reranker` read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

ENGLISH = frozenset({"en"})
# Names in which a language means all: cards say "multilingual" beside a list, or alone.
_ALL = frozenset({"multilingual", "mul", "xx"})
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_MAX_CARD_CHARACTERS = 1_000_000
# E5 models were trained with these prompts (Wang et al. 2022, arXiv:2212.03533), which their settings do not have; the
# "instruct" ones have others, and have them in their settings.
_E5 = re.compile(r"(?:^|[/_-])(?:multilingual-)?e5-(?:small|base|large)(?:-unsupervised|-v2)?$", re.IGNORECASE)
E5_PROMPTS = {"query": "query: ", "document": "passage: "}


def languages(name: str) -> frozenset[str] | None:
    """Return the ISO 639-1 codes of the languages that a model knows; None for all, or if nothing says it.

    Args:
        name: its name on the hub, or its folder.
    """
    listed = _listed(name)
    codes = frozenset(str(each).lower() for each in listed if isinstance(each, str))
    return None if not codes or codes & _ALL else codes


def usual_prompts(name: str) -> Mapping[str, str] | None:
    """Return the prompts of a model whose settings lack them, for "query" and "document"; None for other models."""
    return E5_PROMPTS if _E5.search(name.rstrip("/\\")) else None


def _listed(name: str) -> list[object]:
    """Return the languages in a model's card."""
    path = _card(name)
    if path is None:
        return []
    import yaml  # only models that are given by name have a card

    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            found = _FRONT_MATTER.match(file.read(_MAX_CARD_CHARACTERS))
        values = yaml.safe_load(found[1]) if found else None
    except (OSError, yaml.YAMLError):
        return []
    given = values.get("language") if isinstance(values, dict) else None
    return given if isinstance(given, list) else [given]


def _card(name: str) -> Path | None:
    """Return the file of a model's card; None if it is not on this machine."""
    folder = Path(name)
    if folder.is_dir():
        return folder / "README.md" if (folder / "README.md").is_file() else None
    try:
        from huggingface_hub import try_to_load_from_cache

        for repository in (name, f"sentence-transformers/{name}"):
            found = try_to_load_from_cache(repository, "README.md")
            if isinstance(found, str):
                return Path(found)
    except (ImportError, ValueError):  # ValueError: the name is none of a repository
        return None
    return None
