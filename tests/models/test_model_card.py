"""A model's card says which languages it knows; its prompts go before questions and texts."""

import numpy as np
import pytest

from rag.models import model_card
from rag.models.encoder import DEFAULT_ENCODER, SentenceEncoder

TEXT = "the bridge was closed"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", "query", "passage", "the", "bridge", "was", "closed", "why"]


def tiny_model(folder, prompts=None, language=None):
    """Write a sentence-transformers model with random weights and a vocabulary of a dozen words; return its path."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(7)
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"))
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32,
    )  # fmt: skip
    bert = folder / "bert"
    BertModel(config).save_pretrained(bert)
    tokenizer.save_pretrained(bert)
    model = SentenceTransformer(modules=[Transformer(str(bert)), Pooling(16, "mean")], prompts=prompts or {})
    path = folder / "model"
    model.save(str(path), create_model_card=False)
    if language is not None:
        (path / "README.md").write_text(f"---\nlanguage: {language}\ntags: [x]\n---\n# A model\n", "utf-8")
    return path


def encoded(path, text):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(path)).encode([text], normalize_embeddings=True, prompt="")[0]


@pytest.mark.model
@pytest.mark.parametrize("where", ["settings", "name"])
def test_prompts_go_before_questions_and_texts(tmp_path, where):
    """Those of a model's settings, else those that E5 models are known to need."""
    if where == "settings":
        path = tiny_model(tmp_path / "own", {"query": "query: ", "document": "passage: "})
    else:
        path = tiny_model(tmp_path / "e5").rename(tmp_path / "multilingual-e5-small")
    encoder = SentenceEncoder(str(path), "fp32")
    assert np.allclose(encoder.encode_question(TEXT), encoded(path, f"query: {TEXT}"), atol=1e-5)
    whole, (parts,) = encoder.encode([TEXT], [[(0, 10), (11, 21)]])
    assert np.allclose(whole[0], encoded(path, f"passage: {TEXT}"), atol=1e-5)
    assert np.allclose(parts[1], encoded(path, "passage: was closed"), atol=1e-5)
    assert not np.allclose(whole[0], encoder.encode_question(TEXT), atol=1e-3)


@pytest.mark.model
def test_a_model_without_prompts_gets_none(tmp_path):
    path = tiny_model(tmp_path / "own")
    encoder = SentenceEncoder(str(path), "fp32")
    assert np.allclose(encoder.encode_question(TEXT), encoded(path, TEXT), atol=1e-5)
    assert np.allclose(encoder.encode([TEXT], [[]])[0][0], encoded(path, TEXT), atol=1e-5)


@pytest.mark.model
@pytest.mark.parametrize(
    ("language", "known"),
    [("en", {"en"}), ("[de, EN]", {"de", "en"}), ("[multilingual, de, en]", None), ("", None), (None, None)],
)
def test_an_encoder_knows_the_languages_of_its_card(tmp_path, language, known):
    assert SentenceEncoder(str(tiny_model(tmp_path / "m", language=language))).languages == known


def test_the_default_encoder_knows_english(real):
    assert real.name == DEFAULT_ENCODER
    assert real.languages == {"en"}


@pytest.mark.parametrize(
    "card", ["no front matter", "---\n: [\n---\n", "---\n- en\n---\n", "---\nlanguage: 7\n---\n", "---\n"]
)
def test_a_card_that_says_nothing_of_languages_leaves_all(tmp_path, card):
    (tmp_path / "README.md").write_text(card)
    assert model_card.languages(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("name", "prompted"),
    [
        ("intfloat/multilingual-e5-small", True),
        ("intfloat/e5-base-v2", True),
        ("/models/e5-large", True),
        ("intfloat/multilingual-e5-large-instruct", False),
        ("sentence-transformers/all-MiniLM-L6-v2", False),
        ("e5-small-of-mine", False),
    ],
)
def test_e5_models_are_known_by_name(name, prompted):
    assert (model_card.usual_prompts(name) is not None) is prompted


def test_a_name_that_is_no_repository_has_no_card():
    assert model_card.languages("a b/c d/e") is None
