"""The commands and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from rag.cli import (
    adding,
    asking,
    building,
    chronicling,
    comparing,
    configuring,
    covering,
    dossiers,
    evaluating,
    exporting,
    following,
    listing,
    serving,
)

# Those of `models.encoder`, `answer.export` and `ingest.pipeline`, which take long to load.
PRECISIONS, FORMS, ENGINES = ("auto", "fp32", "bf16"), ("markdown", "bibtex", "csl-json", "ris"), ("local", "ray")

Run = Callable[[argparse.Namespace], int | None]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; what it parses has the function of the command as `run`."""
    program = argparse.ArgumentParser(
        prog="according", description="Ask the press, and see who said it, where and when."
    )
    commands = program.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Run, summary: str, indexed: bool = True, prints: bool = True, serves: bool = False
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(run=run)
        if indexed:
            default = "$INDEX, else the folder index; the demonstration, if there is none" if serves else "index"
            added.add_argument(
                "--index", default=None if serves else building.DEFAULT_INDEX,
                help=f"index folder, or milvus://host:19530/name (default: {default})",
            )  # fmt: skip
        default = "the index's own" if indexed else "all-MiniLM-L6-v2"
        added.add_argument("--encoder", help=f"sentence-transformers model, by name or path (default: {default})")
        if prints:
            added.add_argument("--json", action="store_true", help="print JSON")
        return added

    _building(command)
    _asking(command)
    _following(command)
    _passing_on(command)
    _listing(command)
    _evaluating(command)
    _maintaining(command)
    _serving(command)
    return program


Command = Callable[..., argparse.ArgumentParser]


def _building(command: Command) -> None:
    added = command("build", building.build, "make the index match files and folders: add, update and retire articles")
    _paths(added, "files or folders, or http(s) URLs of pages and feeds")
    added.add_argument("--catalogue", metavar="TOML", help="your own outlets; kept in the index")
    added.add_argument("--aliases", metavar="TOML", help="your own names for one and the same thing; kept in the index")
    added.add_argument(
        "--retire", action="store_true", help="go on even if more than half of the articles in the index are retired"
    )
    _engine(added)
    _workers(added)
    _precision(added)
    _no_wait(added)
    _by_file(added)
    added = command("demo", building.demo, "make the index of the demonstration: 69 digests of one contested subject")
    _by_file(added)
    added = command("encode", building.encode, "encode articles into Parquet files that `add` can read", False)
    _paths(added, "files or folders; on Ray also URLs such as s3://bucket/folder")
    added.add_argument("--to", metavar="FOLDER", required=True, help="output folder, or such a URL")
    added.add_argument("--catalogue", metavar="TOML", help="your own outlets")
    _engine(added)
    _precision(added)
    added = command("add", adding.add, "add or update articles from files, folders, the web or standard input")
    _paths(
        added, "files or folders, http(s) URLs of pages and feeds, or - for a text, a page or JSON on standard input"
    )
    _workers(added)
    _precision(added)
    _no_wait(added)
    _by_file(added)
    added = command("remove", building.remove, "delete articles, including their text and earlier versions")
    added.add_argument("ids", nargs="+", metavar="ID", help="article IDs, as `according articles` lists them")
    _no_wait(added)


def _asking(command: Command) -> None:
    added = command("ask", asking.ask, "answer a question with passages quoted word for word")
    _question(added, 5, number="*")
    added.add_argument(
        "--questions", metavar="LIST",
        help="ask every question of a table (CSV) with a column named question; columns such as outlets, after and "
        "before narrow the search of a row, and all are passed through",
    )  # fmt: skip
    added.add_argument("--csv", metavar="FILE", help="write a table to this file, a row for each passage")
    _grade(added)
    added.add_argument("--as", dest="form", choices=FORMS, help="print the citations in this format")
    added = command("search", asking.search, "find the passages nearest to a question, whether or not they answer it")
    _question(added, 10)
    added = command("compare", comparing.compare, "put what each outlet says about a question side by side")
    _question(added, 15, "rows", ordered=False)
    _grade(added)
    _groups(added)
    added = command("timeline", chronicling.timeline, "put what answers a question in the order of when it happened")
    _question(added, 30, "entries", ordered=False)
    _grade(added)
    _covering(command)
    added = command("sides", comparing.sides, "list the sides saved for `compare`, save one, or delete one")
    added.add_argument("name", nargs="?", help="what to call it")
    added.add_argument("outlets", nargs="*", metavar="OUTLET", help="outlets, kinds of outlets or countries on it")
    added.add_argument("--delete", action="store_true", help="delete it")


def _covering(command: Command) -> None:
    added = command("coverage", covering.coverage, "show which outlets told an event, in what order, and who is silent")
    added.add_argument("question", nargs="*", help="a question; the event is that of the best passage for it")
    added.add_argument("--article", metavar="ID", help="the article that tells the event, instead of a question")
    added.add_argument(
        "--days", dest="window_days", metavar="N", type=int, default=7,
        help="how many days before and after the article's date to look at (default: %(default)s)",
    )  # fmt: skip
    added.add_argument("-k", type=int, default=10, help="maximum number of reports (default: %(default)s)")
    added.add_argument(
        "--strict", action="store_true", help="take no event from a passage that may not answer the question"
    )
    _filters(added)
    _reranker(added)


def _following(command: Command) -> None:
    added = command(
        "sources", following.sources, "list what `update` reads, save a feed, page, file or folder, or delete"
    )
    added.add_argument("action", nargs="?", choices=("list", "add", "remove"), default="list", help="what to do")
    added.add_argument(
        "addresses", nargs="*", metavar="ADDRESS", help="http(s) URLs of feeds and pages, files, folders"
    )
    added = command(
        "update", following.update,
        f"read every source again, add what is new; exit status {following.SOME_FAILED} if some failed, 1 if all did",
    )  # fmt: skip
    _precision(added)
    _no_wait(added)
    added = command(
        "watch", following.watch,
        "save a question, or show with --since what is new that answers those saved; exit status 0 if anything is, "
        "1 if nothing, 2 after an error",
    )  # fmt: skip
    added.add_argument(
        "words", nargs="*", metavar="QUESTION", help="a question to save; `list`; or `remove` and a number of the list"
    )
    added.add_argument(
        "--since", metavar="TIME",
        help="show what answers in articles added to the index since then: 7d, 12h, 2w, a day or a time",
    )  # fmt: skip
    added.add_argument("--near", action="store_true", help="show passages that may not answer, too")
    added.add_argument("-k", type=int, default=10, help="maximum number of passages a question (default: %(default)s)")
    added.add_argument("--rss", metavar="FILE", help="also write what is new to this file, as RSS 2.0")
    added.add_argument("--atom", metavar="FILE", help="also write what is new to this file, as Atom")
    _filters(added, asked_on=False)
    _reranker(added)


def _passing_on(command: Command) -> None:
    added = command("dossier", dossiers.dossier, "write who says what about a question, with receipts, to one file")
    _question(added, 12, "rows", ordered=False)
    _grade(added)
    _groups(added)
    added.add_argument("--to", metavar="FILE", required=True, help="a file whose name ends in .html, .md or .pdf")
    added = command(
        "verify", dossiers.verify, "check again every receipt of a dossier; exit status 1 if one does not hold"
    )
    added.add_argument(
        "files", nargs="+", metavar="FILE",
        help="a dossier, or what `ask`, `search` or `compare` print with --json",
    )  # fmt: skip
    added = command(
        "export", exporting.export, "write the articles, with their provenance, to a file for other programs"
    )
    added.add_argument(
        "--sqlite", metavar="FILE", help="a SQLite database with full-text search, for Datasette and SQL"
    )
    added.add_argument("--parquet", metavar="FILE", help="a Parquet table (needs according[parquet])")
    added.add_argument("--jsonl", metavar="FILE", help="JSON Lines, which `according build` reads")
    added.add_argument("--replace", action="store_true", help="replace files that exist")


def _listing(command: Command) -> None:
    added = command("articles", listing.articles, "list the articles in the index")
    added.add_argument(
        "--explain", action="store_true", help="show the evidence for each outlet and date, and what was left out"
    )
    added = command("article", listing.article, "show an article's text, even if it is retired")
    added.add_argument("id", metavar="ID", help="article ID, as `according articles` lists it")
    added.add_argument("--versions", action="store_true", help="also show the earlier texts")
    added.add_argument("--diff", action="store_true", help="show what changed since the version before, word by word")
    added = command("outlets", listing.outlets, "list the outlets in the index, or what the catalogue knows of one")
    added.add_argument("name", nargs="?", help="an outlet, in any spelling that the catalogue knows")
    added = command("skipped", listing.skipped, "list what could not be read, and why")
    added.add_argument("--lines", action="store_true", help="list the lines of pages that are in no article, and why")


def _evaluating(command: Command) -> None:
    added = command("evaluate", evaluating.evaluate, "measure how well the index answers questions with known answers")
    added.add_argument("questions", nargs="+", help="question files, or folders with queries.jsonl and qrels.tsv")
    added.add_argument("-k", type=int, default=5, help="maximum number of passages (default: %(default)s)")
    added.add_argument(
        "--apply-filters", action="store_true", help="pass the filters given with each question, as well as its words"
    )
    added.add_argument("--misses", action="store_true", help="print the questions that went wrong, and why")
    added.add_argument("--picture", metavar="FILE", help="draw risk and calibration to a .png or .svg file")
    added.add_argument(
        "--fit", action="store_true", help="fit the confidence model on these questions, and save it in the index"
    )
    _reranker(added)
    _reader(added)


def _maintaining(command: Command) -> None:
    added = command(
        "plan", building.plan, "estimate disk, memory and hours for a number of articles, and which store fits", False
    )
    added.add_argument(
        "--articles", type=whole_number, nargs="+", required=True, help="number of articles, such as 100_000_000"
    )
    added.add_argument(
        "--workers", type=whole_number, nargs="+", default=(1, 16, 256), metavar="N",
        help="numbers of machines to estimate the hours for (default: 1 16 256)",
    )  # fmt: skip
    added.add_argument(
        "--rate", type=float, help="passages per second of one machine (default: measured here, in seconds)"
    )
    added.add_argument(
        "--dimension", type=whole_number, help="dimension of the encoder's vectors (default: taken from the encoder)"
    )
    _precision(added)
    added = command("doctor", building.doctor, "check the whole index; exit status 1 if anything is wrong")
    added.add_argument("--repair", action="store_true", help="rebuild what can be rebuilt from the database")
    added = command("backup", building.backup, "copy the index to another folder, even while it is in use")
    added.add_argument("folder", metavar="FOLDER", help="a folder that does not hold an index yet")
    added = command("compact", building.compact, "shrink the files, and erase every trace of removed articles")
    _no_wait(added)

    command(
        "config", configuring.config, "show every setting, its value and where it comes from; no secrets", serves=True
    )


def _serving(command: Command) -> None:
    added = command("serve", serving.serve, "start the browser app", prints=False, serves=True)
    added.add_argument("--default-index", default=building.DEFAULT_INDEX, help=argparse.SUPPRESS)  # of app.py
    _reranker(added)
    _reader(added)
    added.add_argument(
        "--host", help="address to listen on (default: $HOST, else 127.0.0.1, which only this machine can reach)"
    )
    added.add_argument("--port", type=int, help="port (default: $PORT, else the first free one from 7860)")
    access = added.add_mutually_exclusive_group()
    access.add_argument(
        "--auth", metavar="USER:PASSWORD",
        help="name and password that readers sign in with; set $AUTH instead to keep them out of process lists",
    )  # fmt: skip
    access.add_argument("--no-auth", action="store_true", help="let anyone who can reach the app use it")
    added.add_argument(
        "--trusted-proxy", metavar="ADDRESS", action="append",
        help="address or network of your own proxy, whose X-Forwarded headers are believed (default: $TRUSTED_PROXIES, "
        "separated by commas, else no one's); repeat for several",
    )  # fmt: skip
    added.add_argument("--allow-add", action="store_true", help="let anyone who uses the app add files to the index")
    added.add_argument("--mcp", action="store_true", help="also offer the tools of `according mcp`, over HTTP")
    added.add_argument(
        "--metrics", action="store_true",
        help="offer counts for Prometheus at /metrics, to this machine and to readers who have signed in",
    )  # fmt: skip
    added.add_argument(
        "--metrics-token", metavar="TOKEN",
        help="offer them to programs elsewhere too, that send it as Authorization: Bearer TOKEN; set $METRICS_TOKEN "
        "instead to keep it out of process lists",
    )  # fmt: skip
    added.add_argument(
        "--log-format", choices=("text", "json"),
        help="how the log is written to stderr: in words, or one JSON object a line (default: $LOG_FORMAT, else text)",
    )  # fmt: skip
    added.add_argument(
        "--log-questions", action="store_true",
        help="keep in the JSON log what errors say, which can quote a question; else only their names and places",
    )  # fmt: skip
    added = command(
        "mcp", serving.mcp, "offer tools over the Model Context Protocol, on stdin and stdout", prints=False
    )
    _reranker(added)
    _reader(added)


def _paths(added: argparse.ArgumentParser, described: str) -> None:
    added.add_argument("paths", nargs="+", help=described)
    added.add_argument("--follow-links", action="store_true", help="follow links inside folders, each folder once")
    added.add_argument(
        "--field", metavar="FIELD=COLUMN", action="append", default=[],
        help="read a field of articles from a column of your tables and records: --field text=Body --field "
        "outlet=Paper (repeatable)",
    )  # fmt: skip


def _no_wait(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--no-wait", action="store_true", help="fail immediately if another process is writing to the index"
    )


def _by_file(added: argparse.ArgumentParser) -> None:
    added.add_argument("--by-file", action="store_true", help="also print what became of each file")


def _precision(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--precision", choices=PRECISIONS, default="auto",
        help="number format for encoding (default: bf16 where the processor is faster at it)",
    )  # fmt: skip


def _engine(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--engine", choices=ENGINES, default="local",
        help="where to read and encode: on this machine, or on the Ray cluster at $RAY_ADDRESS (default: %(default)s)",
    )  # fmt: skip


def _workers(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--workers", type=whole_number, metavar="N", default=1,
        help="in how many processes to work; all but one read pages, PDF files and archives, if there are many "
        "(default: %(default)s)",
    )  # fmt: skip


def _reranker(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--reranker", metavar="NAME", default="auto",
        help="sentence-transformers CrossEncoder that reads the best passages (default: the one of according[rerank])",
    )  # fmt: skip
    added.add_argument(
        "--no-rerank", dest="reranker", action="store_const", const=None, help="let no model read the passages"
    )


def _reader(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--reader", metavar="NAME", default="auto",
        help="transformers model for question answering, with a no-answer score, that marks the words that answer "
        "(default: $READER, else none)",
    )  # fmt: skip


def _grade(added: argparse.ArgumentParser) -> None:
    _reader(added)
    added.add_argument(
        "--strict", action="store_true", help="leave out passages that may not answer, instead of saying so"
    )
    added.add_argument(
        "--min-confidence", metavar="SHARE", type=share,
        help="show passages from this probability that they answer, 0 to 1; 0 for the nearest there are (default: the "
        "one fitted on questions, see `evaluate --fit`)",
    )  # fmt: skip


def _groups(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--by", choices=("outlet", "kind", "host", "country", "year"), default="outlet",
        help="what is compared: outlets, kinds of outlets, the sites that texts were taken from, the countries of "
        "outlets, or years (default: %(default)s)",
    )  # fmt: skip
    added.add_argument(
        "--side", metavar="[NAME:] OUTLETS", action="append",
        help='compare sides that you name: --side "state: Press TV, IRNA" --side "exile: NCRI"; kinds of outlets and '
        "countries can be on a side too, a side that is saved needs only its name, and an outlet whose name has a "
        "comma is put in quotation marks (repeatable)",
    )  # fmt: skip


def _question(
    added: argparse.ArgumentParser, k: int, shown: str = "passages", number: str = "+", ordered: bool = True
) -> None:
    added.add_argument("question", nargs=number, help="the question, with or without quotes")
    added.add_argument("-k", type=int, default=k, help=f"maximum number of {shown} (default: %(default)s)")
    _filters(added)
    if ordered:  # rows, and entries of a timeline, have an order of their own
        added.add_argument(
            "--order", choices=("relevance", "newest", "oldest"), default="relevance",
            help="what comes first of all that fits well (default: %(default)s)",
        )  # fmt: skip
    added.add_argument("--previous", help="the previous question, if this one is a follow-up")
    _reranker(added)


def _filters(added: argparse.ArgumentParser, asked_on: bool = True) -> None:
    added.add_argument("--outlet", action="append", help="only this outlet (repeatable)")
    added.add_argument("--not-outlet", metavar="OUTLET", action="append", help="not this outlet (repeatable)")
    added.add_argument(
        "--outlet-kind", action="append", metavar="KIND",
        help='only outlets of this kind, such as "news agency" or "advocacy group" (repeatable)',
    )  # fmt: skip
    added.add_argument("--after", metavar="YYYY-MM-DD", help="only articles from this day on")
    added.add_argument("--before", metavar="YYYY-MM-DD", help="only articles up to this day")
    added.add_argument(
        "--undated", action=argparse.BooleanOptionalAction,
        help="show or hide undated articles (default: shown, unless dates are asked for)",
    )  # fmt: skip
    added.add_argument(
        "--ignore", metavar="WORDS", action="append", default=[],
        help='words of the question that must have no effect on the search, or "all" (repeatable)',
    )  # fmt: skip
    if not asked_on:
        return
    added.add_argument(
        "--asked-on", metavar="YYYY-MM-DD",
        help='the day from which "last year" is counted (default: today, or that of the newest article if it is older)',
    )  # fmt: skip


def share(text: str) -> float:
    """Return a number from 0 to 1.

    Raises:
        argparse.ArgumentTypeError: it is not one.
    """
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share; give a number from 0 to 1")
    return number


def whole_number(text: str) -> int:
    """Return a whole number as people type large ones: 100_000_000, 100,000,000, 1e8.

    Raises:
        ValueError: it is not a whole number.
    """
    plain = text.replace(",", "").replace("_", "")
    number = float(plain) if "e" in plain.lower() else int(plain)
    if number != int(number):
        raise ValueError(text)
    return int(number)
