"""The command line: the API's twin. `according COMMAND --help` tells the rest.

Results go to stdout, as text or with --json as JSON; progress and notices to stderr. An error is one line on stderr
and exit status 1; a question that nothing answers is no error.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from itertools import islice
from typing import Any

from .errors import AccordingError, QuestionError

LISTED = 20  # faults printed after a build; all stand in the index

# Characters that would move a terminal's cursor, or turn the direction of what follows: articles may hold them.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except AccordingError as error:
        print(f"according: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `according articles | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("according: stopped; what was done is kept", file=sys.stderr)
        return 130
    return 0


def _build(options: argparse.Namespace) -> None:
    import rag

    with rag.build(
        options.paths, index=options.index, encoder=options.encoder, catalogue=options.catalogue, fetch=True
    ) as library:
        report = library.report
        first = list(islice(library.skipped(), LISTED))
        for skipped in first:
            print(f"skipped {skipped}", file=sys.stderr)
        if report.skipped > len(first):
            rest = report.skipped - len(first)
            print(f"skipped {rest:,} more: according skipped --index {options.index}", file=sys.stderr)
        _print(options, report.to_dict(), f"{options.index}\n{report.table()}")


def _ask(options: argparse.Namespace) -> None:
    with _open(options) as library:
        _prepare(library)
        answer = library.ask(" ".join(options.question), k=options.k, previous=options.previous, **_filters(options))
    _print(options, answer.to_dict(), _shown(answer))


def _search(options: argparse.Namespace) -> None:
    with _open(options) as library:
        _prepare(library)
        hits = library.search(" ".join(options.question), k=options.k, **_filters(options))
    rows = [{**vars(h), "date": h.date.isoformat() if h.date else None} for h in hits]
    lines = (f"{h.score:.3f}  {h.outlet or 'unknown outlet'}, {h.date or 'undated'}: {_clip(h.text)}" for h in hits)
    _print(options, rows, "\n".join(lines) or "no passage passes these filters")


def _articles(options: argparse.Namespace) -> None:
    with _open(options) as library:
        found = list(library.articles())
    names = ("id", "title", "outlet", "outlet_basis", "strength", "host", "date", "date_basis", "url", "kind", "source")
    rows = [{n: getattr(a, n) for n in names} | {"authors": list(a.authors), "characters": len(a.text)} for a in found]
    for row in rows:
        row["date"] = row["date"].isoformat() if row["date"] else None
    explain = _explained if options.explain else _listed
    _print(options, rows, "\n".join(map(explain, found)))


def _listed(article: Any) -> str:
    outlet, title = article.outlet or "unknown outlet", article.title or _clip(article.text, 60)
    return f"{article.id}  {article.date or 'undated   '}  {outlet}: {title}"


def _explained(article: Any) -> str:
    """An article with who said it, where and when, each with its evidence."""
    lines = [
        _listed(article),
        f"    outlet  {article.outlet or 'unknown'}  [{article.strength}]  {article.outlet_basis}",
        f"    host    {article.host}" if article.host else "",
        f"    by      {', '.join(article.authors)}" if article.authors else "",
        f"    date    {article.date or 'none'}  [{article.date_basis or 'none stated'}]",
        f"    url     {article.url}" if article.url else "",
        f"    from    {article.source}",
    ]
    return "\n".join(line for line in lines if line)


def _skipped(options: argparse.Namespace) -> None:
    with _open(options) as library:
        found = list(library.skipped())
    rows = [{"source": s.source, "place": s.place, "reason": s.reason} for s in found]
    _print(options, rows, "\n".join(map(str, found)) or "nothing was skipped")


def _outlets(options: argparse.Namespace) -> None:
    from .outlets import lines

    with _open(options) as library:
        names, counts = library.catalogue, library.outlets()
    if options.name:
        known = names.outlet(options.name)
        if known is None:
            raise QuestionError(
                f"the catalogue knows no outlet {options.name!r}; `according outlets` lists the index's"
            )
        _print(options, known.to_dict(), "\n".join(lines(known)))
        return
    kinds = {o: known.kind if o and (known := names.outlet(o)) else None for o in counts}
    rows = [{"outlet": o, "articles": n, "kind": kinds[o]} for o, n in counts.items()]
    listed = (f"{n:6,}  {o or 'unknown outlet'}{f' ({kinds[o]})' if kinds[o] else ''}" for o, n in counts.items())
    _print(options, rows, "\n".join(listed))


def _serve(options: argparse.Namespace) -> None:
    library = _open(options)
    from .web import launch

    launch(library, host=options.host, port=options.port)


def _open(options: argparse.Namespace) -> Any:
    import rag

    return rag.open(options.index, encoder=options.encoder)


def _prepare(library: Any) -> None:
    """Loads what a question needs, which takes seconds: where stderr is a terminal, it says so meanwhile."""
    notice = "loading the encoder ..."
    if sys.stderr.isatty():
        print(notice, end="\r", file=sys.stderr, flush=True)
    library.prepare()
    if sys.stderr.isatty():
        print(" " * len(notice), end="\r", file=sys.stderr, flush=True)


def _filters(options: argparse.Namespace) -> dict[str, Any]:
    return {"outlets": options.outlet, "after": options.after, "before": options.before}


def _shown(answer: Any) -> str:
    """An answer for the terminal: outlet and date above each passage, the answering sentences between « and »."""
    from .answer import NOTHING, saying, via, when
    from .balance import UNKNOWN_OUTLET

    if not answer.found:
        return NOTHING
    parts = []
    for number, c in enumerate(answer.passages, 1):
        a, b = (edge - c.start for edge in c.quote)
        marked = f"{c.text[:a]}«{c.text[a:b]}»{c.text[b:]}"
        lines = [
            textwrap.fill(line, 100, initial_indent="   ", subsequent_indent="   ") for line in marked.splitlines()
        ]
        carried = f"carried by {', '.join(c.carriers)}" if len(c.carriers) > 1 else ""
        about = "; ".join(filter(None, [c.title, ", ".join(c.authors), c.url, carried]))
        head = f"{number}. {saying(c)} {c.outlet or UNKNOWN_OUTLET}{via(c)}, {when(c)}"
        parts.append("\n".join([head, *lines, f"   [{about or c.article_id}]"]))
    return "\n\n".join([*parts, _weighed(answer)])


def _weighed(answer: Any) -> str:
    """What the answer is made of, in a line."""
    shown, allowed, left_out = answer.balance.shown, answer.balance.allowed, answer.balance.undated_left_out
    span = f"{shown.first} to {shown.last}" if shown.first != shown.last else f"{shown.first or 'undated'}"
    undated = f"; {left_out:,} undated left out by the filter on dates" if left_out else ""
    return (
        f"({shown.articles} of {allowed.articles:,} articles, {shown.named} of {allowed.named} outlets, "
        f"at least {shown.independent} independent source{'s' if shown.independent != 1 else ''}, {span}{undated})"
    )


def _clip(text: str, width: int = 90) -> str:
    return textwrap.shorten(text, width, placeholder=" …")


def _print(options: argparse.Namespace, values: object, text: str) -> None:
    print(json.dumps(values, ensure_ascii=False, indent=2) if options.json else _CONTROLS.sub("\ufffd", text))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="according", description="Ask the press, and see who said it, where and when."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, summary: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary)
        made.set_defaults(run=run)
        made.add_argument("--index", default="index", help="the folder of the index (default: %(default)s)")
        made.add_argument("--encoder", help="sentence-transformers name or path (default: the index's own)")
        made.add_argument("--json", action="store_true", help="print JSON")
        return made

    def question(made: argparse.ArgumentParser, k: int) -> None:
        made.add_argument("question", nargs="+", help="the question, quoted or not")
        made.add_argument("-k", type=int, default=k, help="passages at most (default: %(default)s)")
        made.add_argument("--outlet", action="append", help="only from this outlet; may be given several times")
        made.add_argument("--after", metavar="YYYY-MM-DD", help="only from this day on; leaves undated articles out")
        made.add_argument("--before", metavar="YYYY-MM-DD", help="only up to this day; leaves undated articles out")

    made = command("build", _build, "make the index hold what files and folders hold")
    made.add_argument("paths", nargs="+", help="files or folders, or http(s) addresses of pages and feeds")
    made.add_argument("--catalogue", metavar="TOML", help="outlets of your own; kept in the index")
    made = command("ask", _ask, "passages that answer a question, word for word")
    question(made, 5)
    made.add_argument("--previous", help="the question before, where this one only makes sense after it")
    question(command("search", _search, "the passages nearest to a question, answering or not"), 10)
    made = command("articles", _articles, "the articles in the index")
    made.add_argument("--explain", action="store_true", help="with the evidence for each one's outlet and date")
    made = command("outlets", _outlets, "the outlets in the index, or what the catalogue knows of one")
    made.add_argument("name", nargs="?", help="an outlet, in any spelling that the catalogue knows")
    command("skipped", _skipped, "what could not be read, and why")
    made = command("serve", _serve, "open the browser app")
    made.add_argument("--host", help="address to listen on (default: $HOST, else 127.0.0.1)")
    made.add_argument("--port", type=int, help="port (default: $PORT, else the first free one from 7860 on)")
    return parser
