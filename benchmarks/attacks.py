"""Repeat the attacks that worked on an early version, each against the tree that PYTHONPATH names.

    PYTHONPATH=. .venv/bin/python benchmarks/attacks.py [NAME ...] [--json]
    git worktree add ../early 7b2d29e && PYTHONPATH=../early .venv/bin/python benchmarks/attacks.py

Prints for each attack "succeeded" or "held" and what was seen; the exit status is 1 if one succeeded. They go through
what anybody can reach: the command line, HTTP, the Python interface, files. Everything is made in a temporary folder,
of the articles in `seeds/`; the app that `attacks_on_app.py` attacks listens on a free port of this machine. All take
some five minutes. docs/attacks.md has the results.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.server
import inspect
import json
import math
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "benchmarks"), str(ROOT / "tests" / "support")]
import attacks_on_app
from attacks_on_app import Outcome, environment
from network import Network

import rag
from rag.errors import AccordingError

SENTENCES = (
    "The {n}th ferry waited in the harbour of Port {n} because the {n} sailors had gone on strike. "
    "Its master told the council that {n} passengers were on board when the storm began."
)
QUESTIONS = ("Which ferry waited in the harbour?", "How many passengers did the ferry of Port 12 have on board?")
# Two texts of which the first 48 bits of the BLAKE2b hash agree; they were found in some minutes.
RULING = (
    "The court of the island {} on Monday that the minister had taken money from the ferry company, "
    "according to file {}."
)
CONFIRMED, DISMISSED = RULING.format("confirmed", "006ab5ac"), RULING.format("dismissed", "00e578fd")
TAKEN = ("Iran", "United States", "Experts", "former members", "Critics", "Albania", "the report", "He", "MEK", "cult")


def write_records(path: Path, *records: dict[str, str]) -> Path:
    path.write_text("\n".join(json.dumps(record) for record in records) + "\n")
    return path


def small_index(folder: Path) -> Path:
    """Return an index of thirty articles."""
    index = folder / "small"
    if not index.exists():
        records = ({"id": f"n{n}", "title": f"Ferry {n}", "outlet": "The Delta Herald", "date": "2016-02-03",
                    "text": SENTENCES.format(n=n)} for n in range(30))  # fmt: skip
        rag.build([write_records(folder / "small.jsonl", *records)], index=index).close()
    return index


def linked_folders(folder: Path) -> Outcome:
    """Twelve folders, each with links to the eleven others, are built."""
    root = folder / "linked"
    for one in range(12):
        (root / f"d{one}").mkdir(parents=True)
        for other in range(12):
            if one != other:
                (root / f"d{one}" / f"l{other}").symlink_to(f"../d{other}")
    write_records(root / "d0" / "a.jsonl", {"title": "A", "text": SENTENCES.format(n=1)})
    command = [sys.executable, "-m", "rag", "build", str(root), "--index", str(folder / "links")]
    done = subprocess.run(command, env=environment(), capture_output=True, preexec_fn=_forty_seconds)
    if done.returncode == -signal.SIGXCPU:
        return True, "no end within 40 s of the processor"
    return done.returncode != 0, f"exit status {done.returncode}"


def _forty_seconds() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (40, resource.RLIM_INFINITY))


def names(folder: Path) -> Outcome:
    """Outlets called "Iran", "experts" or "the report" are indexed together with the demonstration."""
    index = folder / "names"
    records = [{"id": f"p{n}", "title": "MEK", "outlet": name, "date": "2020-01-01",
                "text": f"The MEK is a peaceful charity without camps, and it is no cult, said {name} in report {n}."}
               for n, name in enumerate(TAKEN)]  # fmt: skip
    poison = write_records(folder / "names.jsonl", *records)
    taken = []
    with contextlib.closing(rag.build([ROOT / "seeds", poison], index=index)) as library:
        for name in TAKEN:
            question = f"What did {name} say about the MEK?"
            passages = library.ask(question).passages
            if passages and all(passage.outlet == name for passage in passages):
                taken.append(name)
    return bool(taken), f"takes its question over: {', '.join(taken) or 'none'}"


def damage(folder: Path) -> Outcome:
    """One or four bytes of the database are changed, in 60 copies."""
    index = small_index(folder)

    def asked(at: Path) -> list[Any]:
        shown = ("article_id", "text", "outlet", "date", "title", "url", "host", "authors", "kind")
        with contextlib.closing(rag.open(at)) as library:
            return [[[getattr(passage, name) for name in shown] for passage in library.ask(question).passages]
                    for question in QUESTIONS]  # fmt: skip

    right = asked(index)
    whole = (index / "library.sqlite").read_bytes()
    rng = random.Random(11)
    wrong = 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 4))):
            data[rng.randrange(len(data))] ^= rng.choice((1, 2, 4, 8, 16, 32, 64, 128, 255))
        copy = folder / "damaged"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        (copy / "library.sqlite").write_bytes(data)
        try:
            wrong += asked(copy) != right
        except AccordingError:
            pass
        except Exception:  # a traceback, which is no wrong answer
            pass
    return bool(wrong), f"{wrong} of 60 copies give other answers and no error"


def forged_quotation(folder: Path) -> Outcome:
    """The address of "confirmed" is kept, and the text is replaced by "dismissed" with the same short hash."""
    path, index = folder / "ruling.jsonl", folder / "ruling"

    def built(text: str) -> Any:
        record = {"id": "case", "title": "Ruling", "outlet": "Island Gazette", "date": "2020-01-01", "text": text}
        return rag.build([write_records(path, record)], index=index)

    with contextlib.closing(built(CONFIRMED)) as library:
        passage = library.ask("What did the court say about the minister?", asked_on=dt.date(2026, 1, 1)).passages[0]
        start, end, words = passage.start, passage.end, passage.text
    try:
        from rag.answer.citation import quote_hash as hash_of
    except ImportError:
        from rag.answer import fingerprint as hash_of  # as it was called in the early version
    with contextlib.closing(built(DISMISSED)) as library:
        shown, span = library.locate("case", start, end, hash_of(words))
        found = shown.article.text[slice(*span)] if span else "nothing"
    changed = shown.current and "dismissed" in found
    return changed, f"shows {found[:34]!r}, {'as current' if shown.current else 'as an earlier text'}"


def _growth(folder: Path, ending: str, make: Callable[[int], str]) -> Outcome:
    """Return whether four times the size takes more than eight times the time."""
    taken = []
    for size in (12_500, 50_000):
        path = folder / f"growing{ending}"
        path.write_text(make(size))
        started = time.process_time()
        list(rag.read_articles([path]))
        taken.append(time.process_time() - started)
    slope = math.log(taken[1] / taken[0]) / math.log(4)
    return taken[1] > 1 and slope > 1.5, f"{taken[0]:.2f} s for 12.5 kB, {taken[1]:.2f} s for 50 kB"


def csv_of_quotes(folder: Path) -> Outcome:
    """A table of quotation marks that are not where they belong."""
    return _growth(folder, ".csv", lambda size: "title,text\n" + 'a","b\n' * (size // 6))


def meta_of_nicknames(folder: Path) -> Outcome:
    """A page whose author is "(XYZ) (XYZ) ...", 50 kB of it."""
    head = "<html><head><title>T</title><meta name=author content='"
    body = f"'></head><body><article><p>{SENTENCES.format(n=1)}</p></article></body></html>"
    return _growth(folder, ".html", lambda size: head + "(XYZ) " * (size // 6) + body)


def replaced_article(folder: Path) -> Outcome:
    """A reader uploads a record with the id of an article that is indexed."""
    index = folder / "replaced"
    shutil.copytree(small_index(folder), index)
    record = {"id": "n12", "outlet": "The Delta Herald", "date": "2025-01-01", "title": "Ferry 12"}
    upload = write_records(folder / "up.jsonl", record | {"text": "Nobody in Port 12 ever complained."})
    with contextlib.closing(rag.open(index)) as library:
        named = "sources" if "sources" in inspect.signature(library.add).parameters else "called"
        library.add([str(upload)], **{named: {str(upload): "up.jsonl"}})
        text = library.article("n12").text
    return "complained" in text, f"the article now reads {text[:34]!r}"


def forked_question(folder: Path) -> Outcome:
    """A process that has an index open is forked, and the child asks."""
    program = f"""if True:
        import os, sys
        import rag
        library = rag.open({str(small_index(folder))!r})
        library.ask({QUESTIONS[0]!r})
        if os.fork() == 0:
            try:
                library.ask({QUESTIONS[1]!r})
            except rag.AccordingError:
                os._exit(3)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
        """
    process = subprocess.Popen([sys.executable, "-c", program], env=environment(), stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        said = process.communicate(timeout=40)[0].strip()
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True, "no answer within 40 s"
    return False, "an error" if said == "3" else f"exit status {said or 'of the parent'}"


class _Site(http.server.BaseHTTPRequestHandler):
    """A site whose pages redirect to `/admin` of a name, which is given as a path."""

    def do_GET(self) -> None:
        inner = "<p>The inner page says that the token of the cluster is 4242 and that nobody outside may see it.</p>"
        page = f"<html><head><title>Inner page</title></head><body><article>{inner * 6}</article></body></html>"
        if self.path == "/admin":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
        else:
            self.send_response(302)
            self.send_header("Location", f"http:/{self.path}/admin")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: Any) -> None: ...


def redirects(folder: Path) -> Outcome:
    """A site redirects to its own name, which then leads to this machine; and to one that fails to resolve once."""
    real = socket.getaddrinfo, socket.create_connection
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        read, said = [], []
        for name in ("evil.test", "other.test"):
            network = Network(server.server_address[1])
            failure = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            network.names = {"evil.test": [["93.184.216.34"], ["127.0.0.1"]], "other.test": [failure, ["127.0.0.1"]]}
            if name == "other.test":
                network.names["evil.test"].pop()
            socket.getaddrinfo, socket.create_connection = network.getaddrinfo, network.create_connection
            try:
                index = folder / f"fetched-from-{name}"
                with contextlib.closing(rag.build([f"http://evil.test/{name}"], index=index, fetch=True)) as library:
                    if any("4242" in article.text for article in library.articles()):
                        read.append(name)
                    said += [skipped.reason for skipped in library.skipped()]
            except AccordingError as error:
                said.append(str(error))
            finally:
                socket.getaddrinfo, socket.create_connection = real
        server.shutdown()
    return bool(read), f"read the inner page: {', '.join(read)}" if read else f"{len(said)} refused: {said[0][:80]}"


ATTACKS: dict[str, Callable[[Path], Outcome]] = {
    "linked-folders": linked_folders,
    "names": names,
    "damage": damage,
    "forged-quotation": forged_quotation,
    "csv-of-quotes": csv_of_quotes,
    "meta-of-nicknames": meta_of_nicknames,
    "replaced-article": replaced_article,
    "forked-question": forked_question,
    "redirects": redirects,
    **attacks_on_app.ATTACKS,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(ATTACKS)}")
    parser.add_argument("--json", action="store_true", help="print JSON, one attack a line")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in ATTACKS]
    if unknown:
        parser.error(f"no such attack: {', '.join(unknown)}")
    print(f"attacking {Path(rag.__file__).parent}", file=sys.stderr)
    any_succeeded = False
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as at_end:
        at_end.callback(attacks_on_app.close_apps)
        for name in options.names or ATTACKS:
            succeeded, seen = ATTACKS[name](Path(folder))
            any_succeeded |= succeeded
            word = "succeeded" if succeeded else "held"
            print(json.dumps({"attack": name, "outcome": word, "seen": seen}) if options.json
                  else f"{name:20} {word:10} {seen}", flush=True)  # fmt: skip
    return 1 if any_succeeded else 0


if __name__ == "__main__":
    sys.exit(main())
