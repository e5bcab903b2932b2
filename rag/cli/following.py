"""Commands that follow what is published: `sources`, `update` and `watch`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.cli.opening import open_library, prepare
from rag.cli.output import in_a_line, passages_text, print_result
from rag.errors import AccordingError, InputError, QuestionError
from rag.text import sanitise

if TYPE_CHECKING:
    from rag.answer.watching import WatchReport

SOME_FAILED = 3  # exit status of an update; argparse has 2
NOTHING_NEW, WATCH_FAILED = 1, 2  # exit status of `watch --since`, as grep has it


def sources(options: argparse.Namespace) -> None:
    """List the sources of an index, save some, or delete some."""
    if options.action != "list" and not options.addresses:
        raise InputError(f"name the source to {options.action}: the URL of a feed or page, a file or a folder")
    if options.action == "list" and options.addresses:
        raise InputError("`sources list` takes no address; to save one: according sources add ADDRESS")
    with open_library(options) as library:
        for address in options.addresses:
            library.add_source(address) if options.action == "add" else library.remove_source(address)
        saved = library.sources()
    lines = [in_a_line(s.address + (f"  (failed: {s.failure})" if s.failure else "")) for s in saved]
    print_result(options, [source.to_dict() for source in saved], "\n".join(lines) or "no source is saved")


def update(options: argparse.Namespace) -> int:
    """Read every source again; return 0 if all could be read, SOME_FAILED, or 1 if none could."""

    def tell(outcome: object) -> None:
        if sys.stderr.isatty():
            print(in_a_line(f"read {outcome}")[:200], file=sys.stderr)

    with open_library(options) as library, _notices():
        done = library.update(wait=not options.no_wait, progress=tell)
    for outcome in done.outcomes:
        if outcome.state == "failed":
            print(in_a_line(f"failed {outcome.address}: {outcome.reason}"), file=sys.stderr)
    lines = [in_a_line(str(outcome)) for outcome in done.outcomes if outcome.state != "failed"]
    print_result(options, done.to_dict(), "\n".join(lines) or "no source could be read")
    return {"all": 0, "some": SOME_FAILED, "none": 1}[done.worked]


@contextlib.contextmanager
def _notices() -> Iterator[None]:
    """Show on a terminal for how long a host is waited for; that may be minutes."""
    log, handler = logging.getLogger("rag"), logging.StreamHandler()
    level = log.level
    if sys.stderr.isatty():
        log.addHandler(handler)
        log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def watch(options: argparse.Namespace) -> int:
    """Save a question, list or remove those saved, or show what is new; of the last the exit status is grep's."""
    words = options.words
    if not options.since:
        if options.rss or options.atom or options.near:
            raise QuestionError("--rss, --atom and --near show what is new; say since when, as in --since 7d")
        return _change(options, words)
    try:
        if words:
            raise QuestionError("give a question to save it, or --since to see what is new, and not both")
        with open_library(options) as library:
            if library.watched():
                prepare(library)
            else:
                raise QuestionError('no question is watched; save one with: according watch "QUESTION"')
            found = library.news(options.since, options.near, options.k)
        if options.rss or options.atom:
            from rag.answer.news_feed import write_feed

            for path, form in ((options.rss, "rss"), (options.atom, "atom")):
                if path:
                    write_feed(found, path, form)
    except AccordingError as error:
        print(sanitise(f"according: {error}"), file=sys.stderr)
        return WATCH_FAILED
    print_result(options, found.to_dict(), report_text(found))
    return 0 if found.found else NOTHING_NEW


def _change(options: argparse.Namespace, words: list[str]) -> int:
    """Save, list or remove questions."""
    if not words:
        raise QuestionError("give a question to save it, `list`, `remove NUMBER`, or --since to see what is new")
    listing, removing = words == ["list"], words[0] == "remove" and len(words) > 1
    with open_library(options) as library:
        if removing:
            library.unwatch(" ".join(words[1:]))
        elif not listing:
            library.watch(
                " ".join(words), outlets=options.outlet, after=options.after, before=options.before,
                ignore=options.ignore, outlet_kinds=options.outlet_kind, undated=options.undated,
                exclude_outlets=options.not_outlet,
            )  # fmt: skip
        saved = library.watched()
    values = [{"number": n, "question": q.question, "filters": q.filters} for n, q in enumerate(saved, 1)]
    lines = (in_a_line(f"{n}. {question}") for n, question in enumerate(saved, 1))
    print_result(options, values, "\n".join(lines) or "no question is watched")
    return 0


def report_text(found: WatchReport) -> str:
    """Return what is new for a terminal: each question with its passages, those without any counted at the end."""
    since = found.since.astimezone().strftime("%Y-%m-%d %H:%M")
    parts = []
    for news in found.news:
        if news.passages:
            parts += [in_a_line(f"New for “{news.watched}”"), *passages_text(news.passages)]
    without = sum(not news.passages for news in found.news)
    counted = f"{without} of {len(found.news)} questions: nothing in articles added since {since}"
    return "\n\n".join([*parts, *([f"({counted})" if parts else counted] if without else [])])
