"""A file that is damaged, or not for According, costs a build nothing but itself."""

import json

import pytest
from support import SHARED, WordEncoder

import rag

TEXT = "The sluice of Tarn was closed on Monday, and the mill below it stands still until the river has fallen."


@pytest.mark.parametrize("content", [b"PAR1", b"", b"PAR1 and no more", b"no Parquet at all" * 99])
def test_a_foreign_parquet_file_is_skipped_with_advice(tmp_path, content):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.parquet").write_bytes(content)
    (tmp_path / "in" / "b.csv").write_text(f'title,text\nSluice,"{TEXT}"\n')
    with rag.build([tmp_path / "in"], tmp_path / "index", WordEncoder()) as library:
        assert library.report.read == 1
        (skipped,) = library.skipped()
    assert skipped.source.endswith("a.parquet")
    assert "save it as .csv or .jsonl" in skipped.reason


def test_parquet_without_the_packages_for_it_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "b.csv").write_text(f'title,text\nSluice,"{TEXT}"\n')
    with rag.build([tmp_path / "a.parquet", tmp_path / "b.csv"], tmp_path / "index", WordEncoder()) as library:
        (skipped,) = library.skipped()
        assert library.report.read == 1
    assert 'pip install "according[scale]"' in skipped.reason


@pytest.mark.skipif(not (SHARED / "cases" / "input").is_dir(), reason="the cases are not in this checkout")
def test_no_case_stops_a_build(tmp_path):
    with rag.build([SHARED / "cases" / "input"], tmp_path / "index", WordEncoder()) as library:
        skipped = {item.source.rpartition("/")[2] for item in library.skipped()}
        assert library.report.read > 20
    assert skipped == {"foreign.parquet", "06_two_text.csv"}


def test_a_report_with_reasons_is_json(tmp_path):
    (tmp_path / "a.jsonl").write_text("{not json\n")
    with rag.build([tmp_path / "a.jsonl"], tmp_path / "index", WordEncoder()) as library:
        assert json.loads(json.dumps(library.report.to_dict()))["reasons"] == {"not JSON": 1}
