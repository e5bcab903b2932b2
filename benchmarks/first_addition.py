"""Measure what adding one article costs, by the clock from the shell, without torch and with it.

    .venv/bin/python benchmarks/first_addition.py --work FOLDER [--rounds 3] [--picture docs/measurements/addition.svg]

The demonstration is indexed in FOLDER, once; every addition is a process of its own on a copy of it, in turn as it is
and with --precision bf16, which torch always encodes. With --picture also how long a process takes to encode a number
of passages with NumPy and with torch, from its start, and how near the vectors are: where the lines cross is
`encoder.MAX_NUMPY_TOKENS`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from rag import demonstration

KINDS = {"short.json": 2, "long.json": 10, "page.html": 2}  # the passages of each
PASSAGES = (1, 10, 40, 80, 160, 320)
SENTENCE = (
    "On day {0} the harbour board of district {1} said that the ferry would not sail before the ice has gone, and "
    "asked the island to lay in flour for another month."
)
ENCODE = """
import sys, time
from rag.models import encoder
encoder.MAX_NUMPY_TOKENS = {"numpy": 10**9, "torch": -1}[sys.argv[1]]
import numpy as np
texts = [" ".join(sys.argv[4].format(i, j) for j in range(5)) for i in range(int(sys.argv[2]))]
found = encoder.SentenceEncoder(precision=sys.argv[5])
spans = [[(0, len(text) // 2), (len(text) // 2, len(text))] for text in texts]
whole, parts = found.encode(texts, spans)
np.save(sys.argv[3], np.concatenate([whole, *parts]))
print(sum(found.count(texts)))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    index = options.work / "index"
    if not index.exists():
        demonstration.make(index).close()
    print("median of the rounds: seconds from the shell, and of the processors")
    for name in KINDS:
        (options.work / name).write_text(article(name), "utf-8")
        for how, more in (("NumPy", ()), ("torch", ("--precision", "bf16"))):
            taken = [added(options.work, index, name, more) for _ in range(options.rounds)]
            seconds, processor = (statistics.median(values) for values in zip(*taken, strict=True))
            print(f"  {name:<12}{how:<7}{seconds:6.2f}{processor:6.2f}", flush=True)
    if options.picture:
        draw(curves(options.work), options.picture)


def article(name: str) -> str:
    """Return an article of the kind that a file name says."""
    sentences = [SENTENCE.format(i, 7 * i) for i in range(5 * KINDS[name])]
    if name.endswith(".json"):
        return json.dumps({"title": name, "outlet": "The Example", "date": "2024-02-01", "text": " ".join(sentences)})
    paragraphs = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return f"<html><head><title>Ice on the Orne</title></head><body><h1>Ice on the Orne</h1>{paragraphs}</body></html>"


def added(work: Path, index: Path, name: str, more: tuple[str, ...]) -> tuple[float, float]:
    """Add a file to a copy of the index; return the seconds of the process, by the clock and of the processors."""
    copy = work / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(index, copy)
    begun, before = time.perf_counter(), processor_seconds()
    command = [sys.executable, "-m", "rag", "add", str(work / name), "--index", str(copy), *more]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun, processor_seconds() - before


def processor_seconds() -> float:
    """Return those of the processes that this one has started, until their ends."""
    used = os.times()
    return used.children_user + used.children_system


def curves(work: Path) -> dict[str, list[float]]:
    """Return the seconds that a process takes for each of PASSAGES, by what encodes."""
    taken: dict[str, list[float]] = {"NumPy": [], "torch": []}
    print("passages  tokens  NumPy, s  torch, s  lowest cosine with torch in bfloat16, in float32")
    for number in PASSAGES:
        vectors, tokens = {}, ""
        for name, how, precision in (("NumPy", "numpy", "auto"), ("torch", "torch", "auto"), ("", "torch", "fp32")):
            if not name and number > PASSAGES[2]:
                continue
            to = work / f"{how}-{precision}.npy"
            begun = time.perf_counter()
            command = [sys.executable, "-c", ENCODE, how, str(number), str(to), SENTENCE, precision]
            tokens = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
            if name:
                taken[name].append(time.perf_counter() - begun)
            vectors[how, precision] = np.load(to)
        ours = vectors.pop(("numpy", "auto"))
        cosines = ", ".join(f"{(ours * theirs).sum(axis=1).min():.7f}" for theirs in vectors.values())
        print(f"{number:8}{tokens:>8}{taken['NumPy'][-1]:10.2f}{taken['torch'][-1]:10.2f}  {cosines}", flush=True)
    return taken


def draw(taken: dict[str, list[float]], picture: Path) -> None:
    """Draw how long each takes, over the number of passages."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "according", "svg.fonttype": "none"}):
        figure, axes = pyplot.subplots(figsize=(6.4, 3.4), layout="constrained")
        for (name, seconds), style in zip(taken.items(), ("-", "--"), strict=True):
            axes.plot(PASSAGES, seconds, style, marker="o", color="black", label=name)
        axes.set(xlabel="passages", ylabel="seconds, with the start of the process", ylim=(0, None), xlim=(0, None))
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(picture, metadata={"Date": None})


if __name__ == "__main__":
    main()
