"""An encoder is loaded once, when it is first used, and a question is encoded once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from support import WordEncoder

from rag.models import lazy_encoder
from rag.models.encoder import DEFAULT_ENCODER
from rag.models.lazy_encoder import LazyEncoder


def test_threads_that_need_the_encoder_at_once_load_it_once(monkeypatch):
    loaded = []
    monkeypatch.setattr(lazy_encoder, "SentenceEncoder", lambda *given: loaded.append(given) or WordEncoder())
    encoder = LazyEncoder("some/model", "fp32")
    assert loaded == []
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: encoder.get(), range(8)))
    assert (len(found), loaded) == (1, [("some/model", "fp32")])


def test_the_default_encoder_is_loaded_where_none_is_named(monkeypatch):
    monkeypatch.setattr(lazy_encoder, "SentenceEncoder", lambda name, precision: (name, precision))
    assert lazy_encoder.load(None, "auto") == (DEFAULT_ENCODER, "auto")


def test_a_question_that_is_asked_again_is_not_encoded_again(words, monkeypatch):
    encoded = []
    monkeypatch.setattr(words, "encode_question", lambda question: encoded.append(question) or np.ones(64, np.float32))
    encoder = LazyEncoder("words", loaded=words)
    assert encoder.question_vector("Who?") is encoder.question_vector("Who?")
    assert encoded == ["Who?"]


def test_workers_are_sent_a_name_or_an_encoder_of_ones_own(words):
    assert LazyEncoder("some/model").for_workers == "some/model"
    assert LazyEncoder("words", loaded=words).for_workers is words
