"""Write what is new as a feed of one's own, RSS 2.0 or Atom, for a feed reader.

An item is a passage. Its words are data: they are escaped as text where a reader expects HTML, control characters are
replaced, and only http(s) URLs are links.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

from markupsafe import escape

from rag.answer import wording
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.citation import Citation, quote_hash
from rag.answer.watching import WatchReport
from rag.errors import InputError
from rag.text import is_web_url, one_line, sanitise
from rag.whole_file import replaced

TITLE = "What is new: According"
HOME = "https://github.com/according-press/according"  # where an item leads whose article has no URL
FORMATS = ("rss", "atom")


def feed_text(report: WatchReport, form: str, written: dt.datetime | None = None) -> str:
    """Return what is new as a feed.

    Args:
        report: what is new.
        form: one of FORMATS.
        written: when; now.
    """
    import feedgenerator

    kinds = {"rss": feedgenerator.Rss201rev2Feed, "atom": feedgenerator.Atom1Feed}
    now = written or dt.datetime.now(dt.UTC)
    about = f"Passages that answer watched questions, of articles added since {report.since:%Y-%m-%d %H:%M}"
    made: Any = kinds[form](title=TITLE, link=HOME, description=about, language="en")
    for news in report.news:
        for passage in news.passages:
            made.add_item(
                title=_as_text(_title(passage), form),
                link=passage.url if is_web_url(passage.url) and sanitise(passage.url or "") == passage.url else HOME,
                description=_paragraphs(passage, news.watched.question),
                unique_id=f"urn:according:{_escaped(passage.article_id)}:{passage.start}-{passage.end}:{quote_hash(passage.text)}",
                unique_id_is_permalink=False,
                pubdate=dt.datetime.combine(passage.date, dt.time(), dt.UTC) if passage.date else None,
                updateddate=now if form == "atom" else None,
                categories=[sanitise(one_line(news.watched.question))],
            )
    return str(made.writeString("utf-8"))


def write_feed(report: WatchReport, path: str | os.PathLike[str], form: str) -> None:
    """Write what is new to a file, whole or not at all: a feed reader may read it meanwhile.

    Raises:
        InputError: if it cannot be written.
    """
    target, text = Path(path), feed_text(report, form)
    try:
        with replaced(target) as part:
            part.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror or error}") from error


def _title(passage: Citation) -> str:
    said = f"{passage.outlet or UNKNOWN_OUTLET}, {wording.when(passage)}"
    return sanitise(one_line(f"{said}: {passage.title}" if passage.title else said))


def _as_text(title: str, form: str) -> str:
    """Return a title as a format has text: readers of RSS may take what looks like markup for it, those of Atom not."""
    return title if form == "atom" else title.replace("<", "&lt;").replace(">", "&gt;")


def _paragraphs(passage: Citation, question: str) -> str:
    """Return the body of an item, which is HTML: the words, with all in them that could be markup escaped."""
    lines = [*passage.text.splitlines(), f"({question})"]
    return "".join(f"<p>{escape(sanitise(line))}</p>" for line in lines if line.strip())


def _escaped(article_id: str) -> str:
    from urllib.parse import quote

    return quote(sanitise(article_id), safe="")
