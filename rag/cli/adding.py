"""`add`: articles from files, standard input and the web; of the latter two it says what was understood."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from rag.cli.building import fields, print_report
from rag.cli.opening import open_to_change
from rag.cli.output import in_a_line, shortened
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.article import Article

STANDARD_INPUT = "-"
MAX_SHOWN = 8  # articles of a feed of which it is shown what was understood
EDGE_CHARACTERS = 50  # of the text's beginning and end


def add(options: argparse.Namespace) -> None:
    """Add articles to an index."""
    from rag.readers import is_web_url
    from rag.readers.pasted import Pasted

    shows = any(path == STANDARD_INPUT or is_web_url(path) for path in options.paths)
    read = 0
    first: list[Article] = []

    def note(article: Article) -> None:
        nonlocal read
        if is_web_url(article.source) or article.source.startswith(Pasted.name):  # not those of the files named too
            read += 1
            first.extend([article] if read <= MAX_SHOWN else [])

    paths = [_standard_input() if path == STANDARD_INPUT else path for path in options.paths]
    with open_to_change(options) as library:
        library.add(
            paths, fetch=True, wait=not options.no_wait, follow_links=options.follow_links, fields=fields(options),
            each=note if shows else None, workers=options.workers,
        )  # fmt: skip
        understood = [_understood(article) for article in first]
        if understood and not options.json:
            more = [f"and {read - MAX_SHOWN:,} more"] if read > MAX_SHOWN else []
            print("\n\n".join([*map(_text, understood), *more]), end="\n\n")
        print_report(options, library, {"understood": understood} if shows else {})


def _standard_input() -> os.PathLike[str]:
    """Read what is piped to this process, and say what it is taken for."""
    from rag.readers import limits
    from rag.readers.pasted import Pasted

    if sys.stdin.isatty():
        end = "Ctrl+Z and Enter" if sys.platform == "win32" else "Ctrl+D"
        print(f"according: paste a text, a page or JSON, then press {end}", file=sys.stderr, flush=True)
    pasted = Pasted(sys.stdin.buffer.read(limits.MAX_BYTES + 1))
    if not pasted.data.strip():
        raise InputError("there is nothing on standard input; pipe a text, a page or JSON to: according add -")
    print(f"according: standard input was taken for {pasted.kind}", file=sys.stderr, flush=True)
    return pasted


def _understood(article: Article) -> dict[str, Any]:
    """Return what was understood of an article, each with where it was found."""
    from rag.article import date_basis_label
    from rag.text import iso_date

    found = _evidence(article)
    text = " ".join(article.text.split())
    edges = f"«{shortened(text, EDGE_CHARACTERS)}»"
    if len(text) > EDGE_CHARACTERS:
        edges += f" to «… {text[-EDGE_CHARACTERS:].partition(' ')[2]}»"
    return {
        "title": {"found": article.title, "evidence": found[0]},
        "outlet": {"found": article.outlet, "evidence": article.outlet_basis},
        "date": {"found": iso_date(article.date), "evidence": date_basis_label(article.date_basis)},
        "authors": {"found": ", ".join(article.authors) or None, "evidence": found[1]},
        "words": {"found": len(text.split()), "evidence": edges},
        "source": article.source,
    }


def _evidence(article: Article) -> tuple[str, str]:
    """Return where title and authors were found; a text that is no page states them, or they are printed in it."""
    if (pages := sys.modules.get("rag.readers.html")) and (evidence := pages.evidence.of(article)):
        return evidence.title or "none found", evidence.authors or "none found"
    return ("as given" if article.title else "none found"), ("as given" if article.authors else "none found")


def _text(understood: dict[str, Any]) -> str:
    lines = [f"read from {understood['source']}"]
    for name, value in understood.items():
        if name != "source":
            said = "none" if value["found"] is None else value["found"]
            lines.append(f"  {name:<8} {said}  [{value['evidence']}]")
    return "\n".join(map(in_a_line, lines))
