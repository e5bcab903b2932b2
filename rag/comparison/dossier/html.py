"""Dossier -> one HTML file: no script, nothing loaded from anywhere, readable in print, light and dark.

The template escapes whatever is put into it, after what would disturb a reader is replaced (`rag.text.sanitise`); texts
that are not ours keep their writing direction to themselves (`bdi`, `dir="auto"`).
"""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from rag.comparison.dossier.contents import contents
from rag.comparison.dossier.dossier import Dossier
from rag.comparison.dossier.envelope import HTML_BLOCK, enveloped
from rag.text import sanitise

LANE = 28  # pixels of height of a group's line in the picture


def html(dossier: Dossier) -> str:
    """Return a dossier as HTML, its receipts in a block of JSON at the end."""
    css = _stylesheet()
    page = _template().render(
        shown=contents(dossier),
        css=Markup(css),  # noqa: S704 (the program's own)
        css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        lane=LANE,
    )
    return enveloped(page, HTML_BLOCK, dossier)


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("rag.comparison.dossier", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    return environment.get_template("dossier.html.jinja")


@functools.cache
def _stylesheet() -> str:
    return resources.files("rag.comparison.dossier").joinpath("dossier.css").read_text("utf-8")


def _harmless(value: object) -> object:
    return sanitise(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
