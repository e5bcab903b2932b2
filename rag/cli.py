"""The command line: the API's twin. `according COMMAND --help` tells the rest.

Results go to stdout, as text or with --json as JSON; progress and notices to stderr. An error is one line on stderr
and exit status 1; a question that nothing answers is no error.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from rag.errors import AccordingError, QuestionError
from rag.text import json_text, sanitise

if TYPE_CHECKING:
    from rag.article import Article
    from rag.browse import ReadOnlyLibrary

LISTED = 20  # faults printed after a build; all stand in the index
# Those of `encoder`, `export` and `library`, which take long to load.
PRECISIONS, FORMS, ENGINES = ("auto", "fp32", "bf16"), ("markdown", "bibtex", "csl-json"), ("local", "ray")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except AccordingError as error:
        print(sanitise(f"according: {error}"), file=sys.stderr)
        return 1
    except BrokenPipeError:  # `according articles | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("according: stopped; what was done is kept", file=sys.stderr)
        return 130


def _build(options: argparse.Namespace) -> None:
    import rag

    more = {name: getattr(options, name) for name in ("catalogue", "aliases", "precision", "engine")}
    with rag.build(
        options.paths, options.index, options.encoder, **more, fetch=True, wait=not options.no_wait
    ) as library:
        _reported(options, library)


def _encode(options: argparse.Namespace) -> None:
    import rag

    more = {name: getattr(options, name) for name in ("catalogue", "precision", "engine")}
    report = rag.encode(options.paths, options.to, options.encoder, **more, fetch=True)
    _print(options, report.to_dict(), f"{options.to}\n{report.table()}")


def _add(options: argparse.Namespace) -> None:
    with _open(options) as library:
        library.add(options.paths, fetch=True, wait=not options.no_wait)
        _reported(options, library)


def _reported(options: argparse.Namespace, library: Any) -> None:
    """What a change has done, and what was skipped."""
    report = library.report
    first = list(islice(library.skipped(), LISTED)) if report.skipped else []
    for skipped in first:
        print(f"skipped {skipped}", file=sys.stderr)
    if report.skipped > len(first):
        rest = report.skipped - len(first)
        print(f"skipped {rest:,} more: according skipped --index {options.index}", file=sys.stderr)
    _print(options, report.to_dict(), f"{options.index}\n{report.table()}")


def _remove(options: argparse.Namespace) -> None:
    with _open(options) as library:
        count = library.remove(options.ids, wait=not options.no_wait)
    said = f"removed {count:,}; `according compact` clears the last traces of the text from the files"
    _print(options, {"removed": count}, said)


def _compact(options: argparse.Namespace) -> None:
    with _open(options) as library:
        sizes = library.compact(wait=not options.no_wait)
    if sizes:
        before, after = sizes
        said = f"{before / 1e6:,.1f} MB before, {after / 1e6:,.1f} MB now"
    else:
        before = after = None
        said = "compacted; Milvus frees the space in its own time"
    _print(options, {"before": before, "after": after}, f"{options.index}: {said}")


def _backup(options: argparse.Namespace) -> None:
    with _open(options) as library:
        library.backup(options.folder)
    said = f"{options.folder} holds a copy; it is an index like any other: --index {options.folder}"
    _print(options, {"backup": options.folder}, said)


def _doctor(options: argparse.Namespace) -> int:
    from rag.doctor import examine

    found = examine(options.index, options.repair)
    _print(options, found.to_dict(), str(found))
    return 0 if found.ok else 1


def _ask(options: argparse.Namespace) -> None:
    if options.form and options.json:
        raise QuestionError("--json and --as are two forms of one answer; give one of them")
    with _open(options) as library:
        _prepare(library)
        min_confidence = 0.0 if options.closest else None
        answer = library.ask(" ".join(options.question), **_asked(options), min_confidence=min_confidence)
        encoder, names = library.encoder, library.catalogue
    if options.form:
        from rag.answer.export import FORMS

        print(FORMS[options.form].write(answer, dt.date.today(), names), end="")
        for note in _notes(answer, encoder):
            print(sanitise(note), file=sys.stderr)
        return
    _print(options, answer.to_dict(), _shown(answer, encoder))


def _search(options: argparse.Namespace) -> None:
    with _open(options) as library:
        _prepare(library)
        hits = library.search(" ".join(options.question), **_asked(options))
    rows = [{**vars(h), "date": h.date.isoformat() if h.date else None} for h in hits]
    lines = (f"{h.score:.3f}  {h.outlet or 'unknown outlet'}, {h.date or 'undated'}: {_clip(h.text)}" for h in hits)
    _print(options, rows, "\n".join(lines) or "no passage passes these filters")


_FIELDS = ("id", "title", "outlet", "outlet_basis", "strength", "host", "date", "date_basis", "url", "kind", "source")


def _articles(options: argparse.Namespace) -> None:
    explain = _explained if options.explain else _listed
    with _look(options) as shelf:
        _print_each(options, ((_row(a) | {"characters": len(a.text)}, explain(a)) for a in shelf.articles()))


def _row(article: Article) -> dict[str, Any]:
    date = article.date.isoformat() if article.date else None
    return {n: getattr(article, n) for n in _FIELDS} | {"date": date, "authors": list(article.authors)}


def _listed(article: Article) -> str:
    outlet, title = article.outlet or "unknown outlet", article.title or _clip(article.text, 60)
    return f"{article.id}  {article.date or 'undated   '}  {outlet}: {title}"


def _explained(article: Article) -> str:
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


def _article(options: argparse.Namespace) -> None:
    with _look(options) as shelf:
        found = shelf.versions(options.id)
        if not options.versions:
            found = found[:1]
    rows, texts = [], []
    for version in found:
        a = version.article
        rows.append(
            _row(a)
            | {"text": a.text, "current": version.current}
            | {"retired": version.retired.isoformat() if version.retired else None, "note": version.note}
        )
        texts.append("\n".join([_explained(a), *([f"    note    {version.note}"] if version.note else []), "", a.text]))
    _print(options, rows, "\n\n".join(texts))


def _skipped(options: argparse.Namespace) -> None:
    with _look(options) as shelf:
        found = (({"source": s.source, "place": s.place, "reason": s.reason}, str(s)) for s in shelf.skipped())
        _print_each(options, found, "nothing was skipped")


def _outlets(options: argparse.Namespace) -> None:
    from rag.provenance.outlet import describe_outlet

    with _look(options) as shelf:
        names, counts = shelf.catalogue, shelf.outlets()
    if options.name:
        known = names.outlet(options.name)
        if known is None:
            raise QuestionError(
                f"the catalogue knows no outlet {options.name!r}; `according outlets` lists the index's"
            )
        _print(options, known.to_dict(), "\n".join(describe_outlet(known)))
        return
    outlet_kinds = {o: known.kind if o and (known := names.outlet(o)) else None for o in counts}
    rows = [{"outlet": o, "articles": n, "kind": outlet_kinds[o]} for o, n in counts.items()]
    listed = (
        f"{n:6,}  {o or 'unknown outlet'}{f' ({outlet_kinds[o]})' if outlet_kinds[o] else ''}"
        for o, n in counts.items()
    )
    _print(options, rows, "\n".join(listed))


def _evaluate(options: argparse.Namespace) -> None:
    from rag.evaluation import check_picture_path, draw_picture, read_questions

    if options.picture:
        check_picture_path(options.picture)  # before the work, not after it
    questions = [question for path in options.questions for question in read_questions(path)]
    with _open(options) as library:
        _prepare(library)
        measured = _measured(options, library, questions)
        values: dict[str, Any] = {}
        lines: list[str] = []
        if options.fit:
            before, fitted = measured, measured.fit(library.encoder)
            library.set_confidence_model(fitted)
            measured = _measured(options, library, questions)
            values |= {"confidence_model": vars(fitted), "before": before.to_dict()}
            lines += [_fitted(fitted, options.index), "", *_compared(before, measured), ""]
    lines.append(measured.table())
    if options.misses:
        missed = measured.misses()
        values["misses"] = missed
        lines += ["", *(missed or ["no misses"])]
    _print(options, values | measured.to_dict(), "\n".join(lines))
    if options.picture:
        draw_picture(measured, options.picture)


def _measured(options: argparse.Namespace, library: Any, questions: Sequence[Any]) -> Any:
    """An evaluation, with its progress on stderr where that is a terminal."""
    from tqdm import tqdm

    from rag.evaluation import evaluate

    with tqdm(desc="questions", unit=" questions", total=len(questions), disable=None, leave=False) as bar:
        return evaluate(
            library, questions, options.k, lambda *_: bar.update(), apply_filters=bool(options.apply_filters)
        )


def _fitted(bar: Any, index: str) -> str:
    answerable, others = bar.fitted
    return (
        f"bar fitted on {answerable:,} questions with an answer and {others:,} without; kept in {index}\n"
        f"passages are shown from a probability of {bar.min_confidence:.3f} on"
    )


def _compared(before: Any, after: Any) -> list[str]:
    """What a new bar changes for the questions that it was fitted on, in lines."""
    from rag.evaluation import OFF_TOPIC, abstention_recall, answered

    def figures(measured: Any) -> list[Any]:
        far = [o for o in measured.outcomes if o.question.kind == OFF_TOPIC]
        near = [o for o in measured.outcomes if o.question.kind != OFF_TOPIC]
        return [answered(measured.outcomes), abstention_recall(far), abstention_recall(near)]

    names = ("answered", "refused, off topic", "refused, near the topic")
    lines = [f"{'on these questions':<24}{'before':>12}{'after':>12}"]
    for name, old, new in zip(names, figures(before), figures(after), strict=True):
        if old.count:
            lines.append(f"{name:<24}" + "".join(f"{f'{int(mean.total):,}/{mean.count:,}':>12}" for mean in (old, new)))
    return lines


def _plan(options: argparse.Namespace) -> None:
    from rag.ingest.capacity import Machine, machine_of_rate, plan, similar_machines

    machines: Sequence[Machine] = machine_of_rate(options.rate) if options.rate is not None else ()
    dimension = options.dimension
    if not machines or dimension is None:
        from rag.models.encoder import DEFAULT_ENCODER, SentenceEncoder

        encoder = SentenceEncoder(options.encoder or DEFAULT_ENCODER, options.precision)
        dimension = dimension or encoder.dimension
        machines = machines or similar_machines(encoder)
    found = [plan(articles, machines, dimension, options.workers) for articles in options.articles]
    _print(options, [each.to_dict() for each in found], "\n\n".join(map(str, found)))


def _serve(options: argparse.Namespace) -> None:
    library = _open(options)
    from rag.web.app import launch

    launch(
        library, host=options.host, port=options.port, auth=options.auth, no_auth=options.no_auth,
        allow_add=options.allow_add, mcp=options.mcp,
    )  # fmt: skip


def _mcp(options: argparse.Namespace) -> None:
    from rag.web.mcp_tools import serve

    with _open(options) as library:
        serve(library)


def _open(options: argparse.Namespace) -> Any:
    import rag

    more = {name: getattr(options, name) for name in ("reranker", "precision") if hasattr(options, name)}
    return rag.open(options.index, options.encoder, **more)


def _look(options: argparse.Namespace) -> ReadOnlyLibrary:
    """The index of a command that asks nothing, and so needs neither encoder nor cache."""
    from rag.browse import browse

    return browse(options.index, options.encoder)


def _prepare(library: Any) -> None:
    """Loads what a question needs, which takes seconds: where stderr is a terminal, it says so meanwhile."""
    notice = "loading the encoder ..."
    if sys.stderr.isatty():
        print(notice, end="\r", file=sys.stderr, flush=True)
    library.prepare()
    if sys.stderr.isatty():
        print(" " * len(notice), end="\r", file=sys.stderr, flush=True)


def _asked(options: argparse.Namespace) -> dict[str, Any]:
    """How a question is asked, as `Library.ask` and `Library.search` take it."""
    return {
        "k": options.k,
        "outlets": options.outlet,
        "after": options.after,
        "before": options.before,
        "previous": options.previous,
        "asked_on": options.asked_on or dt.date.today(),
        "ignore": options.ignore,
        "outlet_kinds": options.outlet_kind,
        "undated": options.undated,
    }


def _shown(answer: Any, encoder: str) -> str:
    """An answer for the terminal: outlet and date above each passage, the answering sentences between « and »."""
    from rag.answer.wording import CLOSEST, NOTHING, UNKNOWN_OUTLET, attribution, via, when

    if not answer.found:
        return "\n".join([NOTHING, *_notes(answer, encoder)])
    parts = []
    for number, c in enumerate(answer.passages, 1):
        a, b = (edge - c.start for edge in c.quote)
        marked = f"{c.text[:a]}«{c.text[a:b]}»{c.text[b:]}"
        lines = [
            textwrap.fill(line, 100, initial_indent="   ", subsequent_indent="   ") for line in marked.splitlines()
        ]
        carried = f"carried by {', '.join(c.republishers)}" if len(c.republishers) > 1 else ""
        about = "; ".join(filter(None, [c.title, ", ".join(c.authors), c.url, carried]))
        head = f"{number}. {attribution(c)} {c.outlet or UNKNOWN_OUTLET}{via(c)}, {when(c)}"
        parts.append("\n".join([head, *lines, f"   [{about or c.article_id}]"]))
    closest = [CLOSEST] if answer.below else []
    return "\n\n".join([*closest, *parts, "\n".join([_weighed(answer), *_notes(answer, encoder)])])


def _notes(answer: Any, encoder: str) -> list[str]:
    """What makes the answer one-sided, how it was searched for, what the cap hid, whose bar it is; a line each."""
    from rag.query.constraints import IGNORED
    from rag.web.answer_html import cautioned, hidden, meaning, spelled, unapplied

    lines = [f"caution: {cautioned(caution)}" for caution in answer.balance.warnings]
    lines += [f"searched for: {answer.searched}"] if answer.searched != answer.question else []
    applied = [r for r in answer.constraints if r.applied]
    for r in applied:
        alone = sum(other.kind == r.kind for other in applied) == 1
        effect = f"searches all {r.kind if r.outlet is None else 'outlets'}" if alone else "takes that off"
        lines.append(f'only {meaning(r, answer)}, from "{r.words}"; --without {_quoted(r.words)} {effect}')
    lines += [f'"{r.words}" was not applied: {r.why}' for r in unapplied(answer) if r.why != IGNORED]
    lines += [f'"{name.words}" was also searched for as {spelled(name)}' for name in answer.aliases]
    lines.append(hidden(answer.balance))
    if not answer.found and (left_out := answer.balance.undated_left_out):
        lines.append(f"{left_out:,} undated left out by the filter on dates")
    if answer.confidence is None:
        lines.append(f"the bar was not fitted for the encoder {encoder}; fit one: according evaluate --fit")
    return [f"({line})" for line in lines if line]


def _quoted(words: str) -> str:
    """Words as a shell takes them for one argument."""
    return shlex.quote(words) if re.search(r'["$`\\!]', words) else f'"{words}"'


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
    if options.json:
        print(json_text(values))
    else:
        print(sanitise(text))


def _print_each(options: argparse.Namespace, found: Iterable[tuple[object, str]], none: str = "") -> None:
    """Prints one after another what `_print` would print all together: the values as a list, the texts as lines."""
    empty = True
    for values, text in found:
        if options.json:
            print("[" if empty else ",", textwrap.indent(json_text(values), "  "), sep="\n", end="")
        else:
            print(sanitise(text))
        empty = False
    if options.json:
        print("[]" if empty else "\n]")
    elif empty:
        print(none)


def _number(text: str) -> int:
    """A whole number as people type large ones: 100_000_000, 100,000,000, 1e8."""
    plain = text.replace(",", "").replace("_", "")
    number = float(plain) if "e" in plain.lower() else int(plain)
    if number != int(number):
        raise ValueError(text)
    return int(number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="according", description="Ask the press, and see who said it, where and when."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, summary: str, indexed: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary)
        made.set_defaults(run=run)
        if indexed:
            made.add_argument(
                "--index", default="index",
                help="the folder of the index, or milvus://host:19530/name (default: %(default)s)",
            )  # fmt: skip
        made.add_argument("--encoder", help="sentence-transformers name or path (default: the index's own)")
        made.add_argument("--json", action="store_true", help="print JSON")
        return made

    def changing(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            "--no-wait", action="store_true", help="fail at once where another process is writing to the index"
        )

    def encoding(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            "--precision", choices=PRECISIONS, default="auto",
            help="in which texts are encoded (default: bf16 where the processor is faster at it)",
        )  # fmt: skip
        changing(made)

    def engine(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            "--engine", choices=ENGINES, default="local",
            help="where to read and encode: here, or on the Ray cluster that $RAY_ADDRESS names (default: %(default)s)",
        )  # fmt: skip

    def reranker(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            "--reranker", metavar="NAME", help="sentence-transformers CrossEncoder, by name or path, that orders anew"
        )

    def question(made: argparse.ArgumentParser, k: int) -> None:
        made.add_argument("question", nargs="+", help="the question, quoted or not")
        made.add_argument("-k", type=int, default=k, help="passages at most (default: %(default)s)")
        made.add_argument("--outlet", action="append", help="only from this outlet; may be given several times")
        made.add_argument(
            "--outlet-kind", action="append", metavar="KIND",
            help='only from outlets of this kind ("news agency", "advocacy group"); may be given several times',
        )  # fmt: skip
        made.add_argument("--after", metavar="YYYY-MM-DD", help="only from this day on")
        made.add_argument("--before", metavar="YYYY-MM-DD", help="only up to this day")
        made.add_argument(
            "--undated", action=argparse.BooleanOptionalAction,
            help="whether articles without a date may be shown (default: unless a span of time is asked for)",
        )  # fmt: skip
        made.add_argument(
            "--ignore", metavar="WORDS", action="append", default=[],
            help='words of the question that are not to narrow the search, or "all"; may be given several times',
        )  # fmt: skip
        made.add_argument("--asked-on", metavar="YYYY-MM-DD", help='from when "last year" counts (default: today)')
        made.add_argument("--previous", help="the question before, where this one only makes sense after it")
        reranker(made)

    made = command("build", _build, "make the index hold what files and folders hold")
    made.add_argument("paths", nargs="+", help="files or folders, or http(s) addresses of pages and feeds")
    made.add_argument("--catalogue", metavar="TOML", help="outlets of your own; kept in the index")
    made.add_argument("--aliases", metavar="TOML", help="names of your own that mean one thing; kept in the index")
    engine(made)
    encoding(made)
    made = command("encode", _encode, "make of articles what a library needs, as Parquet files that one can add", False)
    made.add_argument("paths", nargs="+", help="files or folders; on Ray also addresses such as s3://bucket/folder")
    made.add_argument("--to", metavar="FOLDER", required=True, help="where to: a folder, or such an address")
    made.add_argument("--catalogue", metavar="TOML", help="outlets of your own")
    engine(made)
    made.add_argument("--precision", choices=PRECISIONS, default="auto", help="in which texts are encoded")
    made = command("add", _add, "add what files and folders hold, and update what changed")
    made.add_argument("paths", nargs="+", help="files or folders, or http(s) addresses of pages and feeds")
    encoding(made)
    made = command("remove", _remove, "delete articles, their text and their earlier versions included")
    made.add_argument("ids", nargs="+", metavar="ID", help="ids, as `according articles` lists them")
    changing(made)
    made = command("ask", _ask, "passages that answer a question, word for word")
    question(made, 5)
    made.add_argument("--closest", action="store_true", help="show the closest passages also where nothing answers")
    made.add_argument("--as", dest="form", choices=FORMS, help="print the citations in a form to take elsewhere")
    question(command("search", _search, "the passages nearest to a question, answering or not"), 10)
    made = command("articles", _articles, "the articles in the index")
    made.add_argument("--explain", action="store_true", help="with the evidence for each one's outlet and date")
    made = command("article", _article, "an article's text, also of one that is no longer among the indexed ones")
    made.add_argument("id", metavar="ID", help="its id, as `according articles` lists it")
    made.add_argument("--versions", action="store_true", help="with the texts that stood under this id before")
    made = command("outlets", _outlets, "the outlets in the index, or what the catalogue knows of one")
    made.add_argument("name", nargs="?", help="an outlet, in any spelling that the catalogue knows")
    command("skipped", _skipped, "what could not be read, and why")
    made = command("evaluate", _evaluate, "how well an index answers questions with known answers")
    made.add_argument("questions", nargs="+", help="files of questions, or folders with queries.jsonl and qrels.tsv")
    made.add_argument("-k", type=int, default=5, help="passages shown at most (default: %(default)s)")
    made.add_argument("--apply-filters", action="store_true", help="give the filters of the questions beside the words")
    made.add_argument("--misses", action="store_true", help="print the questions that went wrong, and why")
    made.add_argument("--picture", metavar="FILE", help="draw risk and calibration into a .png or .svg file")
    made.add_argument("--fit", action="store_true", help="fit the bar on these questions, and keep it in the index")
    made = command("plan", _plan, "what a number of articles takes: disk, memory, hours, and which store fits", False)
    made.add_argument("--articles", type=_number, nargs="+", required=True, help="how many; 100_000_000 is read too")
    made.add_argument(
        "--workers", type=_number, nargs="+", default=(1, 16, 256), metavar="N",
        help="how many machines of a kind to tell the hours of (default: 1 16 256)",
    )  # fmt: skip
    made.add_argument("--rate", type=float, help="passages a second of one (default: measured here, in seconds)")
    made.add_argument("--dimension", type=_number, help="of the encoder's vectors (default: asked of the encoder)")
    made.add_argument("--precision", choices=PRECISIONS, default="auto", help="in which texts are encoded")
    made = command("doctor", _doctor, "check everything in the index; exits 1 when something is wrong")
    made.add_argument("--repair", action="store_true", help="make again what can be made from the database")
    made = command("backup", _backup, "copy the index into another folder, also while it is used")
    made.add_argument("folder", metavar="FOLDER", help="a folder that holds no index yet")
    changing(command("compact", _compact, "make the files small; nothing that was removed is left in them"))
    made = command("serve", _serve, "open the browser app")
    reranker(made)
    made.add_argument("--host", help="address to listen on (default: $HOST, else 127.0.0.1, out of others' reach)")
    made.add_argument("--port", type=int, help="port (default: $PORT, else the first free one from 7860 on)")
    who = made.add_mutually_exclusive_group()
    who.add_argument(
        "--auth", metavar="USER:PASSWORD",
        help="what readers sign in with; in the environment as $AUTH it stands in no list of processes",
    )  # fmt: skip
    who.add_argument("--no-auth", action="store_true", help="let in whoever can reach a --host beyond this machine")
    made.add_argument("--allow-add", action="store_true", help="let whoever can reach the app add files to the index")
    made.add_argument("--mcp", action="store_true", help="offer the tools of `according mcp` there too, over HTTP")
    reranker(command("mcp", _mcp, "tools for programs that speak the Model Context Protocol, on stdin and stdout"))
    return parser
