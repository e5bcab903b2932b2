"""Words are joined as LangChain joins them, and the pieces of a text laid end to end are the text."""

import random

from langchain_text_splitters import RecursiveCharacterTextSplitter

from rag.sentence_splitter import SentenceSplitter, _WordSplitter

PARTS = ["a", "ferry", "x" * 40, "漢字" * 9, " ", "  ", "\n", "\n\n", "\u00a0", "Ended.", "It rained, they said."]


def texts(count):
    choose = random.Random(7)
    for _ in range(count):
        yield "".join(choose.choice(PARTS) + choose.choice([" ", ""]) for _ in range(choose.randrange(1, 60)))


def letters(found):
    return [len(text) for text in found]


def test_words_are_joined_as_langchain_joins_them():
    for limit in (2, 7, 30):
        theirs = RecursiveCharacterTextSplitter(
            separators=[" ", ""], chunk_size=limit, chunk_overlap=0, keep_separator=True, strip_whitespace=False
        )
        for text in texts(80):
            ours = _WordSplitter(limit, len).split_text(text)
            assert ours == ([text] if len(text) <= limit else theirs.split_text(text))


def test_pieces_are_no_longer_than_allowed_and_make_the_text():
    for limit in (1, 5, 30):
        splitter = SentenceSplitter(limit, letters)
        for text in texts(40):
            pieces = splitter.split_text(text)
            assert "".join(pieces) == text
            assert all(len(piece) <= limit for piece in pieces)
