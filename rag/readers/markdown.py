"""Markdown with front matter -> one Article: the fields of `record` above, the text below."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import frontmatter
import yaml

from ..article import Article
from ..errors import InputError
from ..outlets import Catalogue
from . import bounded, decode
from .record import article


def read(path: Path, names: Catalogue) -> Iterator[Article]:
    """The article of one .md file, UTF-8. Raises InputError for front matter that is no YAML, or an empty text."""
    try:
        post = frontmatter.loads(decode.text(bounded.whole(path)))
    except yaml.YAMLError as error:
        raise InputError(f"its front matter is not YAML ({getattr(error, 'problem', None) or error})") from error
    yield article(post.metadata, post.content, str(path), names)
