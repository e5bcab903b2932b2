"""The comparison with other systems: its table, its ranking, and According's part of it, on three articles."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, ROOT, WordEncoder

sys.path.insert(0, str(ROOT / "benchmarks"))
import peers
import systems

pytestmark = pytest.mark.model

QUESTIONS = {"1": "strike of dock workers", "2": "cracks in the old bridge", "3": "frost in the valley"}
RELEVANT = {"1": "harbour", "2": "bridge", "3": "orchard"}
others = pytest.mark.skipif(
    not all(map(find_spec, ("langchain_community", "llama_index", "txtai"))), reason="the extra bench is not installed"
)


def row(system, repetition, method="search", **figures):
    return peers.Row(system, method, 3, repetition, figures)


@pytest.mark.parametrize(
    ("values", "places", "base", "shown"),
    [
        ([12.34], 1, [], "12.3"),
        ([3.0, 1.0, 2.0], 1, [4.0, 8.0, 2.0], "2.0 (1.0-3.0) [0.50]"),
        ([1234.4, 1234.1], 0, [], "1,234"),
        ([0.70612], 3, [], "0.706"),
        ([5.0], 1, [0.0], "5.0"),
        ([], 1, [2.0], ""),
    ],
)
def test_a_figure_is_a_median_with_its_spread_and_its_ratio(values, places, base, shown):
    assert peers.cell(values, places, base) == shown


def test_the_table_has_a_row_for_each_system_and_the_measured_columns():
    rows = [
        row("according", 0, passages=4, build=1.0, p50=9.0),
        row("according", 0, "ask", p50=30.0),
        row("langchain", 0, passages=3, build=2.0, p50=10.0),
        row("according", 1, passages=4, build=3.0, p50=11.0),
        row("langchain", 1, passages=3, build=2.0, p50=10.0),
    ]
    assert peers.table(rows).splitlines() == [
        "| system | passages | build s | p50 ms |",
        "| --- | ---: | ---: | ---: |",
        "| According | 4 | 2.0 (1.0-3.0) [1.00] | 10.0 (9.0-11.0) [1.00] |",
        "| According, `ask` |  |  | 30.0 [3.00] |",
        "| LangChain + FAISS | 3 | 2.0 [1.00] | 10.0 [1.00] |",
    ]
    assert "[" not in peers.table(rows[:2]), "no ratio without the baseline"


def test_ndcg_counts_the_first_ten_articles():
    ranking = {"1": ["a", "b"], "2": [*"abcdefghij", "k"]}
    assert peers.ndcg(ranking, {"1": {"a": 1}}) == pytest.approx(1)
    assert peers.ndcg(ranking, {"1": {"b": 1}}) == pytest.approx(0.6309, abs=1e-4)  # 1 / log2(3)
    assert peers.ndcg(ranking, {"1": {"a": 1}, "2": {"k": 1}}) == pytest.approx(0.5)


def test_according_finds_the_articles_of_its_passages(tmp_path, news):
    path = news(HARBOUR, BRIDGE, ORCHARD)
    according = systems.get("according")
    writer, reader = according(WordEncoder()), according(WordEncoder())
    writer.load()
    assert writer.build([path], tmp_path / "index") == 3
    reader.open(tmp_path / "index")
    found = {key: reader.search(question, 3)[0] for key, question in QUESTIONS.items()}
    assert {key: article for key, (article, _) in found.items()} == RELEVANT
    assert found["2"][1] == BRIDGE["text"]
    assert reader.ask(QUESTIONS["2"]).question == QUESTIONS["2"]
    assert according.command("python", tmp_path, "Who?")[1:4] == ["-m", "rag", "ask"]


def run(folder, *options):
    """Run the comparison over three articles, and return the rows it saves and what it prints."""
    records = [HARBOUR, BRIDGE, ORCHARD]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    asked = [{"_id": key, "text": question} for key, question in QUESTIONS.items()]
    (folder / "queries.jsonl").write_text("".join(json.dumps(q) + "\n" for q in asked), "utf-8")
    judged = [f"{key}\t{article}\t1" for key, article in RELEVANT.items()]
    (folder / "qrels.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judged]), "utf-8")
    saved = folder / "figures.json"
    program = [sys.executable, str(ROOT / "benchmarks" / "peers.py"), str(folder), "--work", str(folder / "work")]
    options = [*options, "--encoder", "hashed", "--repeat", "1", "--threads", "1", "--json", str(saved)]
    done = subprocess.run([*program, *options], capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(saved.read_text("utf-8"))["rows"], done.stdout


def test_the_command_measures_every_step_and_draws_a_picture(tmp_path):
    picture = tmp_path / "growth.svg"
    rows, printed = run(tmp_path, "--system", "according", "--picture", str(picture))
    searched, answered = rows
    assert (searched["title"], answered["title"]) == ("According", "According, `ask`")
    assert searched["figures"]["passages"] == 3
    assert searched["figures"]["ndcg"] == pytest.approx(1)
    assert 0 < searched["figures"]["besides_hashing"] < searched["figures"]["build"]
    assert min(searched["figures"].values()) > 0
    assert set(answered["figures"]) == {"open", "p50", "p95", "ask_mb"}
    assert "| According | 3 |" in printed
    assert picture.read_text("utf-8").startswith("<?xml")


@others
def test_all_systems_find_the_articles(tmp_path):
    rows, printed = run(tmp_path)
    found = {r["title"]: r["figures"] for r in rows if r["method"] == "search"}
    assert len(found) == len(systems.NAMES)
    assert {f["passages"] for f in found.values()} == {3}
    assert min(f["ndcg"] for f in found.values()) > 0.8
    assert "| txtai, hybrid | 3 |" in printed
