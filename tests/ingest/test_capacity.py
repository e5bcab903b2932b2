"""`according plan` estimates what a number of articles needs, and says what is measured and what computed."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from support import ROOT, SHARED

import rag
from rag.cli import main
from rag.errors import QuestionError
from rag.ingest import capacity
from rag.ingest.capacity import (
    BFLOAT16_SPEEDUP,
    PASSAGES_PER_ARTICLE,
    SERVER_CORES,
    format_bytes,
    format_hours,
    machine_of_rate,
    measure_rate,
    milvus_bytes_per_passage,
    plan,
    similar_machines,
)
from rag.ingest.embed import embed_articles
from rag.ingest.report import Report
from rag.stores.milvus.schema import article_row, passage_rows


def measured():
    """Rows of "What was measured" in docs/scale.md: passages, bytes on disk and in memory, milliseconds of FAISS."""
    text = (ROOT / "docs" / "scale.md").read_text("utf-8").split("| passages measured |")[1].split("\n\n")[0]
    for line in text.splitlines()[2:]:
        passages, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        disk, memory, search = (float(cell.split()[0]) if cell else None for cell in cells)
        yield int(passages.replace(",", "")), disk and disk * 1e9, memory and memory * 1e9, search


@pytest.mark.parametrize(("passages", "disk", "memory", "search"), list(measured()))
def test_the_plan_agrees_with_what_was_measured_within_a_third(passages, disk, memory, search):
    found = plan(round(passages / PASSAGES_PER_ARTICLE), machine_of_rate(26.6))
    assert found.passages == pytest.approx(passages, rel=0.01)
    assert (found.store, found.index) == ("folder", "RaBitQ binary codes, then half precision")
    for planned, value in ((found.disk, disk), (found.memory, memory), (found.search_ms, search)):
        assert value is None or planned == pytest.approx(value, rel=1 / 3)


def test_every_figure_of_a_folder_has_been_measured():
    rows = list(measured())
    assert len(rows) == 4
    assert all(any(row[column] for row in rows) for column in (1, 2, 3))


@pytest.mark.parametrize(
    ("articles", "store", "index"),
    [
        (500, "folder", "every vector, half precision"),
        (200_000, "folder", "RaBitQ binary codes, then half precision"),
        (1_000_000, "Milvus, one machine", "HNSW in memory"),
        (5_000_000, "Milvus cluster", "HNSW in memory"),
        (100_000_000, "Milvus cluster", "IVF_RABITQ or DISKANN, vectors on local disks"),
    ],
)
def test_the_store_and_the_index_follow_the_size(articles, store, index):
    found = plan(articles, machine_of_rate(100))
    assert (found.store, found.index) == (store, index)
    assert found.passages == round(articles * PASSAGES_PER_ARTICLE)


def test_every_figure_grows_with_the_articles_and_the_dimension():
    sizes = ((20_000, 384), (200_000, 384), (20_000, 1024))
    small, large, wide = (plan(articles, machine_of_rate(50), dimension) for articles, dimension in sizes)
    for name in ("passages", "disk", "memory", "search_ms"):
        assert getattr(small, name) < getattr(large, name)
    assert (small.disk < wide.disk, small.memory < wide.memory, small.passages == wide.passages) == (True, True, True)
    assert plan(10_000_000, machine_of_rate(50), 1024).disk > plan(10_000_000, machine_of_rate(50)).disk
    (encoding,) = large.encoding
    assert encoding.hours[1] == pytest.approx(200_000 * PASSAGES_PER_ARTICLE / 50 / 3600, rel=1e-4)
    assert encoding.hours[16] == pytest.approx(encoding.hours[1] / 16)


def bytes_of(value):
    if isinstance(value, list):
        return sum(map(bytes_of, value))
    return len(value.encode()) if isinstance(value, str) else 4 if isinstance(value, float) else 8


@pytest.mark.skipif(not (SHARED / "eval").is_dir(), reason="the articles of TIME are not part of the project")
def test_a_passage_in_milvus_is_about_as_large_as_planned(real):
    articles = list(islice(rag.read_articles([SHARED / "eval" / "time" / "corpus.jsonl"]), 30))
    with ThreadPoolExecutor(1) as executor:
        rows, _ = embed_articles(articles, real, Report(), executor)
    milvus_rows = [
        row for n, (a, own) in enumerate(rows) for row in (*passage_rows(a, own, 1), article_row(a, own, 1, n))
    ]
    passages = sum(len(own) for _, own in rows)
    per_passage = sum(bytes_of(value) for row in milvus_rows for value in row.values()) / passages
    assert 0.75 < per_passage / milvus_bytes_per_passage(384) < 1  # Milvus also stores what BM25 computes


@pytest.mark.parametrize("numbers", [(0, 1.0, ()), (1, 0.0, ()), (1, 1.0, (0,)), (-5, 1.0, ())])
def test_numbers_that_are_not_above_0_are_errors(numbers):
    articles, rate, workers = numbers
    with pytest.raises(QuestionError):
        plan(articles, machine_of_rate(rate), numbers=workers)


def test_the_rate_is_measured(words, monkeypatch):
    monkeypatch.setattr(capacity, "SAMPLE_ARTICLES", 8)
    assert measure_rate(words) > 10
    assert words.read > 8


def test_the_rates_of_other_machines_are_computed_and_say_so(real, words, monkeypatch):
    monkeypatch.setattr(capacity, "measure_rate", lambda encoder: 20.0)
    monkeypatch.setattr(capacity, "available_cores", lambda: 4)
    monkeypatch.setattr(type(real), "device", "cpu")
    monkeypatch.setattr(type(real), "precision", "fp32")
    here, half, large, gpu = similar_machines(real)
    assert (here.rate, here.basis) == (20, "measured here just now")
    assert (half.rate, large.rate) == (pytest.approx(20 * BFLOAT16_SPEEDUP), pytest.approx(20 * SERVER_CORES / 4))
    assert 2_000 < gpu.rate < 3_000
    assert all("computed" in machine.basis for machine in (half, large, gpu))
    monkeypatch.setattr(type(real), "precision", "bf16")
    assert [machine.kind for machine in similar_machines(real)][1:] == ["64 processors like these", "a V100 GPU"]
    monkeypatch.setattr(type(real), "device", "cuda")
    assert len(similar_machines(real)) == 1
    assert len(similar_machines(words)) == 2  # its rate on a GPU is not published
    text = str(plan(100_000_000, (here, half, large, gpu)))
    assert text.count("passages per second") == 4
    assert text.count("measured here") == 1


def test_the_encoder_names_its_device_and_precision(real):
    assert real.device in ("cpu", "cuda", "mps")
    assert real.precision in ("fp32", "bf16")


def test_the_command_accepts_numbers_in_several_notations(capsys):
    arguments = ["plan", "--articles", "100_000_000", "1e5", "2,000", "--rate", "26.6", "--dimension", "384"]
    assert main([*arguments, "--workers", "64", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["articles"] for each in found] == [100_000_000, 100_000, 2_000]
    assert [set(each["hours"]) for each in found[0]["encoding"]] == [{"64"}]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert text.count("(computed)") > 6
    assert "as given" in text
    with pytest.raises(SystemExit):
        main(["plan", "--articles", "many"])


def test_bytes_and_hours_are_formatted_in_readable_units():
    assert [format_bytes(n) for n in (9, 1500, 2e6, 3.2e12, 4e15)] == ["9 B", "1.5 kB", "2.0 MB", "3.2 TB", "4.0 PB"]
    assert [format_hours(h) for h in (0.01, 0.5, 10, 240)] == ["36 seconds", "30 minutes", "10 hours", "10 days"]
