"""Compare According with LangChain, LlamaIndex and txtai in one run: building, asking, ranking.

    python benchmarks/peers.py FOLDER --work WORK
    python benchmarks/peers.py --articles FILE.jsonl.gz --encoder hashed --limit 1000 --limit 12000 --work WORK

FOLDER has corpus.jsonl, queries.jsonl and qrels.tsv; FILE has articles only, whose titles are asked. Needs
`pip install -c constraints.txt -e ".[bench]"` in an environment of its own. The modules in `systems/` show what each
system is options.

Every step runs in a process of its own, with the same environment; the systems take turns, `--repeat` times over. The
table has medians, with the lowest and the highest in parentheses and the ratio to LangChain in brackets:
  build s       reading files, splitting, encoding, saving; without starting, importing and loading the model (load s)
  MB            peak memory of the process, and bytes of what is saved
  open s        a new process, from its first line until it can be asked: importing, loading model and index
  p50, p95 ms   a question to it, after some to warm up: ten passages; with `ask`, an answer
  cold s        a new process for one question, from its start to its end; the system's cache has recently read files
  nDCG@10       of articles, each at its best passage
With the encoder that hashes words, "besides hashing s" is the time of a build less that of hashing; According hashes
each sentence too.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import systems

HERE = Path(__file__).resolve().parent
BASELINE = "langchain"  # of the ratios
MAX_TITLES = 200  # asked if there are no questions
INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")

Figures = dict[str, float]


@dataclass(frozen=True)
class Column:
    """A figure of the table: its heading, name and digits after the point, and whether its ratio is printed too."""

    heading: str
    name: str
    places: int
    ratio: bool = True


COLUMNS = (
    Column("passages", "passages", 0, ratio=False),
    Column("load s", "load", 1),
    Column("build s", "build", 1),
    Column("passages/s", "rate", 1),
    Column("besides hashing s", "besides_hashing", 1),
    Column("building MB", "build_mb", 0),
    Column("saved MB", "disk_mb", 1),
    Column("open s", "open", 1),
    Column("p50 ms", "p50", 1),
    Column("p95 ms", "p95", 1),
    Column("asking MB", "ask_mb", 0),
    Column("cold s", "cold", 1),
    Column("nDCG@10", "ndcg", 3, ratio=False),
)
PANELS = (
    ("p50", "a question, median (ms)"),
    ("build", "building (s)"),
    ("build_mb", "most memory when building (MB)"),
    ("disk_mb", "saved (MB)"),
)


@dataclass(frozen=True)
class Task:
    """What all systems are given: articles in a JSONL file, questions by key, and the relevant articles."""

    articles: Path
    number: int
    questions: dict[str, str]
    relevant: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Row:
    """Figures of one system, by one method of asking it ("search" or "ask"), in one repetition."""

    system: str
    method: str
    articles: int
    repetition: int
    figures: Figures
    milliseconds: tuple[float, ...] = ()

    @property
    def title(self) -> str:
        return systems.get(self.system).title + (", `ask`" if self.method == "ask" else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="corpus.jsonl, queries.jsonl and qrels.tsv")
    parser.add_argument("--articles", type=Path, help="JSONL, may be compressed (.gz), instead of the folder")
    parser.add_argument("--work", type=Path, required=True, help="a folder for all files; emptied first")
    parser.add_argument("--encoder", choices=["model", "hashed"], default="model")
    parser.add_argument(
        "--limit", type=int, action="append", help="use only so many articles; give it several times for growth"
    )
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for each system (default: all)")
    parser.add_argument("--system", choices=list(systems.NAMES), action="append", help="only these (default: all)")
    parser.add_argument("--json", type=Path, help="a file for all figures of all repetitions")
    parser.add_argument("--picture", type=Path, help="SVG or PNG: figures against the number of passages")
    options = parser.parse_args()
    if (options.folder is None) == (options.articles is None):
        parser.error("give a folder, or --articles")
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    print(machine(), flush=True)
    rows: list[Row] = []
    for limit in options.limit or [None]:
        task = (
            of_folder(options.folder, options.work, limit)
            if options.folder
            else titles(options.articles, options.work, limit)
        )
        for repetition in range(options.repeat):
            for name in options.system or systems.NAMES:
                print(f"{task.number} articles, repetition {repetition + 1}, {name}", file=sys.stderr, flush=True)
                rows += measure(
                    name, task, options.work.resolve(), repetition, options.encoder == "hashed", options.threads
                )
                if options.json:
                    save(rows, options)
        print(f"\n{task.number:,} articles, {len(task.questions)} questions, encoder: {options.encoder}\n")
        print(table([row for row in rows if row.articles == task.number]), flush=True)
    if options.picture:
        draw(rows, options.picture)


def save(rows: Sequence[Row], options: argparse.Namespace) -> None:
    """Write all figures so far, so that a run that ends early leaves what it measured."""
    values = {name: str(value) for name, value in vars(options).items()}
    records = [vars(row) | {"title": row.title} for row in rows]
    options.json.write_text(json.dumps({"machine": machine(), "options": values, "rows": records}, indent=1), "utf-8")


def of_folder(folder: Path, work: Path, limit: int | None) -> Task:
    """Return the task of a folder with questions; with a limit, of its first articles and the relevant ones of them."""
    records = _records(folder / "corpus.jsonl", limit)
    lines = (folder / "queries.jsonl").read_text("utf-8").splitlines()
    questions = {str(query["_id"]): query["text"] for query in map(json.loads, lines)}
    relevant: dict[str, dict[str, int]] = {}
    ids = {record["id"] for record in records}
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, article, grade = line.split("\t")
        if article in ids:
            relevant.setdefault(query, {})[article] = int(grade)
    return Task(_written(records, work), len(records), questions, relevant)


def titles(file: Path, work: Path, limit: int | None) -> Task:
    """Return the task of articles alone: titles are asked, evenly from all of them."""
    records = _records(file, limit)
    titled = [record["title"] for record in records if record["title"]]
    asked = titled[:: max(1, len(titled) // MAX_TITLES)][:MAX_TITLES]
    return Task(_written(records, work), len(records), {str(n): title for n, title in enumerate(asked)}, {})


def _records(file: Path, limit: int | None) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line, _ in zip(lines, range(limit or sys.maxsize), strict=False)]
    return [r | {"id": str(r.get("id", r.get("_id", n))), "title": r.get("title")} for n, r in enumerate(records)]


def _written(records: Sequence[Mapping[str, Any]], work: Path) -> Path:
    path = work.resolve() / f"articles-{len(records)}.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def measure(name: str, task: Task, work: Path, repetition: int, hashed: bool, threads: int) -> Iterator[Row]:
    """Build with one system once, and ask it, each in a process of its own."""
    folder, questions = work / name, work / "questions.json"
    shutil.rmtree(folder, ignore_errors=True)
    questions.write_text(json.dumps(task.questions), "utf-8")
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true",
        "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "RAYON_NUM_THREADS": str(threads),
        "ALLOW_RESOLVE_TRANSFORM": "True", "PYTHONWARNINGS": "ignore",
    }  # fmt: skip

    def step(verb: str, path: Path) -> dict[str, Any]:
        command = [sys.executable, "-m", "systems", verb, name, str(folder), str(path)]
        output = _run(command + ["--hashed"] * hashed, environment, HERE)
        return json.loads(output.splitlines()[-1])

    built = step("build", task.articles)
    figures = {
        "passages": built["passages"],
        "load": built["loading"],
        "build": built["seconds"],
        "rate": built["passages"] / built["seconds"],
        "build_mb": built["peak"],
        "disk_mb": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6,
    }
    if hashed:
        figures["besides_hashing"] = built["seconds"] - built["hashing"]
    searched = step("search", questions)
    figures |= _asking(searched)
    if task.relevant:
        figures["ndcg"] = ndcg(searched["ranking"], task.relevant)
    if not hashed:
        command = systems.get(name).command(sys.executable, folder, next(iter(task.questions.values())))
        started = time.perf_counter()
        _run(command, environment, work)
        figures["cold"] = time.perf_counter() - started
    yield Row(name, "search", task.number, repetition, figures, tuple(searched["milliseconds"]))
    if hasattr(systems.get(name), "ask"):
        answered = step("ask", questions)
        yield Row(name, "ask", task.number, repetition, _asking(answered), tuple(answered["milliseconds"]))


def _asking(step: Mapping[str, Any]) -> Figures:
    median, high = np.percentile(step["milliseconds"], [50, 95]).tolist()
    return {"open": step["opening"], "p50": median, "p95": high, "ask_mb": step["peak"]}


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> str:
    """Return what a command prints; exit with its stderr if it fails or prints nothing."""
    done = subprocess.run(command, capture_output=True, text=True, env=dict(environment), cwd=folder, check=False)
    if done.returncode or not done.stdout.strip():
        raise SystemExit(f"{' '.join(command)}\nended with status {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


def ndcg(ranking: Mapping[str, Sequence[str]], relevant: Mapping[str, Mapping[str, int]]) -> float:
    """Return the mean nDCG@10 over the questions whose relevant articles are known."""
    measures = importlib.import_module("ir_measures")
    run = {key: {article: -float(rank) for rank, article in enumerate(own)} for key, own in ranking.items()}
    return float(measures.calc_aggregate([measures.nDCG @ 10], relevant, run)[measures.nDCG @ 10])


def table(rows: Sequence[Row]) -> str:
    """Return the figures in Markdown: medians (lowest-highest) [ratio to LangChain]."""
    values: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        own = values.setdefault(row.title, {})
        for figure, value in row.figures.items():
            own.setdefault(figure, []).append(value)
    columns = [column for column in COLUMNS if any(column.name in own for own in values.values())]
    base = values.get(systems.get(BASELINE).title, {})
    lines = [
        "| system | " + " | ".join(column.heading for column in columns) + " |",
        "| --- |" + " ---: |" * len(columns),
    ]
    for title, own in values.items():
        cells = (cell(own.get(c.name, []), c.places, base.get(c.name, []) if c.ratio else []) for c in columns)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(values: Sequence[float], places: int, base: Sequence[float] = ()) -> str:
    """Return a figure as the table shows it: "12.3 (11.9-13.0) [0.82]"; the spread only if there is one."""
    if not values:
        return ""
    middle = statistics.median(values)
    low, high = f"{min(values):,.{places}f}", f"{max(values):,.{places}f}"
    spread = f" ({low}-{high})" if low != high else ""
    ratio = f" [{middle / statistics.median(base):.2f}]" if base and statistics.median(base) else ""
    return f"{middle:,.{places}f}{spread}{ratio}"


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw figures against the number of passages: medians, and a bar from the lowest to the highest."""
    figure_module = importlib.import_module("matplotlib.figure")
    figure = figure_module.Figure(figsize=(10, 7), dpi=150, layout="constrained")
    searched = [row for row in rows if "passages" in row.figures]
    for axes, (name, label) in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
        for title in dict.fromkeys(row.title for row in searched):
            points: dict[float, list[float]] = {}
            for row in searched:
                if row.title == title:
                    points.setdefault(row.figures["passages"], []).append(row.figures[name])
            x = sorted(points)
            middle = [statistics.median(points[p]) for p in x]
            below = [m - min(points[p]) for m, p in zip(middle, x, strict=True)]
            above = [max(points[p]) - m for m, p in zip(middle, x, strict=True)]
            axes.errorbar(x, middle, yerr=[below, above], marker="o", markersize=4, capsize=3, label=title)
        axes.set(xlabel="passages", ylabel=label)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(path)


def machine() -> str:
    """Return one line: processor, cores, instructions, memory, versions."""
    text = Path("/proc/cpuinfo").read_text("utf-8") if Path("/proc/cpuinfo").exists() else ""
    lines = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    cpu = {key.strip(): value.strip(": \t") for key, value in lines.items()}
    flags = cpu.get("flags", "").split()
    instructions = ", ".join(name for name in INSTRUCTIONS if name in flags) or "no AVX"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = sorted({"torch", "numpy", *(p for name in systems.NAMES for p in systems.get(name).packages)})
    return (
        f"{cpu.get('model name', platform.processor())}, {os.cpu_count()} cores ({instructions}), "
        f"{memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}; "
        + ", ".join(f"{package} {_version(package)}" for package in packages)
    )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


if __name__ == "__main__":
    main()
