"""A passage is a span of its article's text that ends where a sentence ends and is no longer than the encoder reads."""

import re

import pytest
import support.properties  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st

from rag import passage
from rag.article import Article
from rag.errors import EncoderError
from rag.passage import Passage, split_articles
from rag.sentence_splitter import sentence_spans


def count(texts):
    return [len(re.findall(r"\S{1,8}", text)) for text in texts]


def cut(text, size=20):
    return split_articles([Article("a", text)], count, size)[0]


def test_sentences_are_spans_without_the_white_space_between_them():
    text = "Dr. Roe left the U.S. on Monday.  She said “No.”\nNext line\n\nLast one?"
    assert [text[a:b] for a, b in sentence_spans(text)] == [
        "Dr. Roe left the U.S. on Monday.",
        "She said “No.”",
        "Next line",
        "Last one?",
    ]


def test_a_short_text_is_one_passage():
    text = "\n  One. Two.\n\nThree. \n"
    assert cut(text) == [Passage("a", 3, 20, ((3, 7), (8, 12), (14, 20)))]
    assert text[3:20] == "One. Two.\n\nThree."


def test_a_long_paragraph_is_split_between_sentences():
    text = (
        "One two three four five. Six seven eight nine ten. Eleven twelve thirteen fourteen fifteen. Sixteen two three."
    )
    assert [text[p.start : p.end] for p in cut(text, 16)] == [
        "One two three four five. Six seven eight nine ten.",
        "Eleven twelve thirteen fourteen fifteen. Sixteen two three.",
    ]


def test_a_text_is_split_between_paragraphs_if_they_fit():
    last = "Nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen."
    text = f"One two three.\n\nFour five six. Seven eight.\n\n{last}"
    assert [text[p.start : p.end] for p in cut(text, 16)] == [
        "One two three.\n\nFour five six. Seven eight.",
        last,
    ]


def test_a_long_text_is_split_into_passages_of_similar_length():
    text = " ".join(f"Sentence number {i} has six words." for i in range(12))  # 72 tokens
    assert [len(re.findall("Sentence", text[p.start : p.end])) for p in cut(text, 60)] == [7, 5]


def test_repeated_sentences_each_have_their_own_place():
    text = "The same words again here. " * 30
    found = cut(text.strip(), 16)
    starts = [p.start for p in found]
    assert starts == sorted(set(starts))
    assert "".join(text[p.start : p.end] for p in found).replace(" ", "") == text.replace(" ", "")


def test_a_sentence_longer_than_the_encoder_reads_is_split_between_words():
    text = "word " * 100 + "end."
    found = cut(text, 16)
    assert max(count([text[p.start : p.end] for p in found])) <= 16
    assert all(text[p.start : p.end].split(" ")[0] in ("word", "end.") for p in found)


def test_white_space_without_tokens_does_not_shift_spans():
    text = "0 .: .: .: 0\n\n0 .: .: " + "0" * 73 + "\n\n " + "0" * 129
    found = cut(text, 16)
    assert [(p.start, p.end) for p in found[:2]] == [(0, 12), (14, 95)]
    assert [text[p.start : p.end].strip("0") for p in found[2:]] == [""] * len(found[2:])
    assert (found[2].start, found[-1].end) == (98, 227)


def test_an_endless_word_is_split_too():
    text = "x" * 5000
    found = cut(text, 16)
    assert max(count([text[p.start : p.end] for p in found])) <= 16
    assert "".join(text[p.start : p.end] for p in found) == text


def test_an_encoder_that_reads_too_little_is_refused():
    with pytest.raises(EncoderError, match="take one that reads 16 or more"):
        cut("text", 8)


@given(
    st.text(alphabet=st.sampled_from("ab .?!\n\u00a0\u2029“”é中ا"), max_size=400)
    | st.text(max_size=300)
    | st.lists(st.sampled_from(["One two.", "Three?", "\n\n", " ", "x" * 70, "He said “no.”"]), max_size=40).map(
        "".join
    )
)
def test_passages_cover_the_whole_text_in_order(text):
    found = cut(text, 16)
    at = 0
    for p in found:
        assert at <= p.start < p.end <= len(text)
        assert not text[at : p.start].strip()
        words = text[p.start : p.end]
        assert words == words.strip()
        assert count([words])[0] <= 16
        inside = p.start
        for start, end in p.sentences:
            assert inside <= start < end <= p.end
            assert not text[inside:start].strip()
            inside = end
        assert not text[inside : p.end].strip()
        at = p.end
    assert not text[at:].strip()


def test_no_passage_exceeds_the_real_encoder(real):
    text = "Ünïcode wörds, números 12,345.67 and a-very-long-hyphenated-compound; " * 80
    found = split_articles([Article("a", text)], real.count, real.max_tokens)[0]
    assert max(real.count([text[p.start : p.end] for p in found])) <= passage.PASSAGE_TOKENS < real.max_tokens
