"""With a reader, the sentences with the words that it finds are marked, and its doubt is a signal of confidence."""

import json
import logging
import re
from dataclasses import replace

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.answer import confidence
from rag.answer.citation import answering_sentences, cite
from rag.answer.confidence import ConfidenceModel, Signals
from rag.answer.selection import select
from rag.article import Article
from rag.cli import main
from rag.evaluation import evaluate, read_questions
from rag.models.extractive_reader import Reading
from rag.passage import Passage
from rag.retrieval.scored_passage import ScoredPassage, Span

TEXT = "Ferry news.\nThe ferry sank at dawn. Nobody knows why it did. A diver found a hole in its hull. It was wide."
SENTENCES = tuple((m.start(), m.end()) for m in re.finditer(r"Ferry news\.|[A-Z][^.]+\.", TEXT))
MODEL = ConfidenceModel(
    "words", {"sentence": 1.0, "words": 0.5, "reader": 4.0}, -0.5, 0.6, 0.8, (10, 20), None, "finder"
)


class Finder:
    """Finds certain words, and is as sure of them as it is made."""

    name = "finder"

    def __init__(self, words, logit=5.0):
        self.words, self.logit, self.asked = words, logit, []

    def read(self, question, texts):
        self.asked.append((question, list(texts)))
        at = [text.find(self.words) for text in texts]
        return [Reading(i, i + len(self.words), self.logit) if i >= 0 else Reading(0, 3, -9.0) for i in at]


def passage(span, sentences=SENTENCES, key=1):
    """A passage whose second sentence is the nearest in meaning."""
    own = Passage("a", sentences[0][0], sentences[-1][1], sentences)
    cosines = np.array([0.9 if at == SENTENCES[1] else 0.1 for at in sentences], np.float32)
    return ScoredPassage(own, Article(id="a", text=TEXT), (key,), 1.0, 0.5, cosines, span=span)


def span(words, answers=0.9):
    return Span(TEXT.index(words), TEXT.index(words) + len(words), answers)


# Marking


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("a hole", "A diver found a hole in its hull."),
        ("A diver found a hole in its hull.", "A diver found a hole in its hull."),
        ("why it did. A diver", "Nobody knows why it did. A diver found a hole in its hull."),
        ("dawn. Nobody knows why it did. A", TEXT[SENTENCES[1][0] : SENTENCES[3][1]]),
    ],
)  # fmt: skip
def test_the_whole_sentences_with_the_words_are_marked(words, marked):
    citation = cite(passage(span(words)))
    assert citation.quotation == marked
    assert TEXT[slice(*citation.quote)] == marked


@pytest.mark.parametrize(
    "found",
    [
        None,
        span("a hole", answers=0.49),  # it is surer that nothing answers
        span("dawn. Nobody knows why it did. A diver found a hole in its hull. It"),  # of four sentences
        span("Ferry"),  # a heading, which says nothing by itself
        Span(0, len(TEXT) + 5, 0.9),  # beyond the passage
    ],
)
def test_otherwise_the_sentences_nearest_in_meaning_are_marked(found):
    assert answering_sentences(passage(found)) is None
    assert cite(passage(found)).quotation == "The ferry sank at dawn."


def test_neighbours_that_are_joined_keep_the_words_of_which_the_reader_is_surest():
    one = passage(span("dawn", answers=0.6), SENTENCES[:2])
    two = passage(span("a hole", answers=0.8), SENTENCES[2:], key=2)
    for first, second in ((one, two), (two, one), (replace(one, span=None), two)):
        (joined,), _ = select([first, second], 5)
        assert joined.keys == (1, 2)
        assert cite(joined).quotation == "A diver found a hole in its hull."
    (joined,), _ = select([replace(one, span=None), replace(two, span=None)], 5)
    assert joined.span is None


# In a library


@pytest.fixture
def index(tmp_path, words, news):
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "i", encoder=words).close()
    return tmp_path / "i"


ASKED = "Who closed the old bridge?"


def test_what_a_reader_finds_is_marked_and_counts_as_a_signal(index, words):
    text = BRIDGE["text"]
    last = text[text.rindex(". ") + 2 :]
    finder = Finder(last.split()[1])
    with rag.open(index, encoder=words, reader=finder) as library:
        answer = library.ask(ASKED, min_confidence=0)
        library.verify(answer.passages[0])
    assert answer.passages[0].article_id == "bridge"
    assert answer.passages[0].quotation.endswith(last)
    assert answer.signals.reader == pytest.approx(1 / (1 + np.exp(-2.5)))
    assert answer.to_dict()["signals"]["reader"] == pytest.approx(answer.signals.reader)
    ((question, texts),) = finder.asked
    assert question == ASKED
    assert text in texts


def test_without_a_reader_the_signal_is_nothing(index, words):
    with rag.open(index, encoder=words) as library:
        assert library.reader is None
        assert library.ask(ASKED, min_confidence=0).signals.reader == 0


def test_a_search_does_not_wait_for_the_reader(index, words):
    finder = Finder("bridge")
    with rag.open(index, encoder=words, reader=finder) as library:
        assert library.search(ASKED)
        assert library.reader is finder
    assert finder.asked == []


def test_a_reader_that_finds_no_answer_makes_an_answer_less_likely(index, words):
    said = {}
    for logit in (-8.0, 8.0):
        with rag.open(index, encoder=words, reader=Finder("bridge", logit)) as library:
            library.set_confidence_model(MODEL)
            answer = library.ask(ASKED)
            said[logit] = answer.confidence
            assert answer.confidence == MODEL.probability(answer.signals)
    assert said[8.0] > said[-8.0] + 0.02


def test_an_index_that_was_fitted_with_a_reader_asks_for_it_once(index, words, caplog):
    with rag.open(index, encoder=words) as library, caplog.at_level(logging.WARNING, "rag"):
        library.set_confidence_model(MODEL)
        library.ask(ASKED)
        library.ask(ASKED)
    assert [r.message for r in caplog.records] == [
        "the confidence model of this index was fitted with the reader 'finder'; without it confidence is too low: "
        "open the index with it (reader=, --reader), or fit it again: according evaluate --fit"
    ]
    caplog.clear()
    with rag.open(index, encoder=words, reader=Finder("bridge")) as library:
        library.ask(ASKED)
    assert not caplog.records


@pytest.mark.model
def test_the_reader_is_loaded_at_the_first_question_and_its_error_says_what_to_give(index, words, tmp_path):
    pytest.importorskip("transformers")
    with rag.open(index, encoder=words, reader=str(tmp_path / "nowhere")) as library:
        assert library.search(ASKED)
        with pytest.raises(rag.EncoderError, match=r"cannot load the reader .*nowhere.* path of its folder"):
            library.ask(ASKED)


# Fitting


def test_a_model_fitted_without_a_reader_ignores_it():
    old = json.loads(MODEL.to_json())
    del old["reader"], old["weights"]["reader"]
    parsed = confidence.parse(json.dumps(old))
    assert (parsed.reader, parsed.weights) == (None, {n: w for n, w in MODEL.weights.items() if n != "reader"})
    signals = Signals(0.8, 0.5, 0.4, 0.25, 0.5, 1.0)
    assert parsed.probability(replace(signals, reader=1.0)) == parsed.probability(signals)
    assert MODEL.probability(replace(signals, reader=1.0)) > MODEL.probability(signals)
    assert "reader" not in confidence.shipped().weights


def test_a_model_is_fitted_with_the_readers_name_and_signal(index, words, tmp_path):
    sentence = BRIDGE["text"].split(". ")[0]
    asked = [
        {"id": f"q{i}", "question": f"Who closed the old bridge {i}?", "kind": "fact",
         "answers": [{"article": "bridge", "evidence": sentence, "short": "x"}]}
        for i in range(6)
    ]  # fmt: skip
    other = ("bread", "chess", "opera", "whales", "yoga", "comets")
    asked += [{"id": o, "question": f"Who likes {o}?", "kind": "unanswerable-offtopic", "answers": []} for o in other]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(q) + "\n" for q in asked), "utf-8")

    class Told(Finder):
        def read(self, question, texts):
            self.logit = 6.0 if "bridge" in question else -6.0
            return super().read(question, texts)

    with rag.open(index, encoder=words, reader=Told("bridge")) as library:
        fitted = evaluate(library, read_questions(tmp_path / "q.jsonl")).fit("words", None, library.reader.name)
    assert fitted.reader == "finder"
    assert fitted.weights["reader"] > 0
    assert confidence.parse(fitted.to_json()) == fitted


# On the command line


def test_commands_that_answer_take_a_reader(index, words, tmp_path, monkeypatch, capsys):
    opened = []
    real = rag.open

    def open_index(location, encoder=None, **more):
        opened.append(more["reader"])
        return real(location, words, **more | {"reader": Finder("bridge") if more["reader"] else None})

    monkeypatch.setattr(rag, "open", open_index)
    main(["ask", ASKED, "--index", str(index), "--reader", "some/model", "--min-confidence", "0", "--json"])
    assert json.loads(capsys.readouterr().out)["signals"]["reader"] > 0.9
    main(["ask", ASKED, "--index", str(index), "--min-confidence", "0"])
    main(["search", ASKED, "--index", str(index)])
    assert opened == ["some/model", "auto", None]
