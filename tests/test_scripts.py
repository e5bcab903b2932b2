"""The scripts of examples/ run; their data are invented, or our own digests."""

import csv
import importlib.util
import json
import re
import tomllib

import pytest
from support import ROOT, WordEncoder

import rag
from rag.provenance.catalogue import load_catalogue

FOLDER = ROOT / "examples"
SCRIPTS = sorted(FOLDER.glob("*.py"))
README = (FOLDER / "README.md").read_text("utf-8")


def load(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_short_and_described(script):
    assert len(script.read_text("utf-8").splitlines()) <= 60
    assert f"({script.name})" in README
    assert f"python examples/{script.name}" in script.read_text("utf-8")


def test_the_archive_and_the_comparison_run_with_any_encoder(tmp_path, capsys):
    (tmp_path / "archive.toml").write_text("mine")
    load("newsroom_archive").main(tmp_path / "archive", WordEncoder())
    assert (tmp_path / "archive.toml").read_text() == "mine"
    archive = capsys.readouterr().out
    assert archive.startswith("6 articles, The Delta Herald\n")
    assert "The Delta Herald, 2021-03-11, by Jane Roe: The council of Valsera voted" in archive
    load("bias_comparison").main(tmp_path / "news", WordEncoder())
    compared = capsys.readouterr().out
    assert "By kind of outlet [near]\n" in compared
    assert re.search(r"^  union \(The Tide, 2023-09-06\): Dock workers strike", compared, re.MULTILINE)
    assert "Channel Valsera: 2, owned or funded by Valsera\n" in compared


def test_the_claim_check_runs_with_any_encoder(tmp_path, capsys):
    digests = sorted((ROOT / "seeds").glob("*2013*.md"))
    assert digests
    with rag.build(digests, index=tmp_path / "i", encoder=WordEncoder()) as library:
        load("claim_check").main(library, tmp_path)
    assert re.search(r"^claim\.html: ([1-9]\d*) of \1 receipts hold$", capsys.readouterr().out, re.MULTILINE)
    assert (tmp_path / "claim.html").exists()


def test_the_data_name_no_outlet_or_site_that_there_is():
    """What is invented must not be taken for what somebody printed."""
    real_names = {outlet.name for outlet in load_catalogue().outlets}
    records = [json.loads(line) for line in (FOLDER / "data" / "strike.jsonl").read_text("utf-8").splitlines()]
    named = {record["outlet"] for record in records}
    named |= {outlet["name"] for outlet in tomllib.loads((FOLDER / "data" / "outlets.toml").read_text())["outlet"]}
    assert named & real_names == set()
    with (FOLDER / "data" / "archive.csv").open(encoding="utf-8", newline="") as table:
        assert all(row["Link"].startswith("https://delta-herald.example/") for row in csv.DictReader(table))
