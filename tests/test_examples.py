"""Questions to begin with, made of an index's own names: each is answered, and none comes from a stranger."""

import threading
from dataclasses import replace

import pytest

import rag
from rag import examples
from rag.answer.grade import ANSWERS
from rag.examples import Examples, example_questions

PORT = "The port authority closed the harbour of the town in Grenzau for the whole winter after a storm of three days."
UNION = "Ann Lee, head of the union of dock workers, said that the ships of the line wait for a thaw. Lee left."


def article(number, **fields):
    return {"id": f"a{number}", "outlet": f"Outlet {number}", "date": "2016-02-03", "text": PORT} | fields


NEWS = (article(1), article(2), article(3, text=UNION), article(4, text=UNION))
QUESTIONS = {"Who is Ann Lee?", "What happened in Grenzau?"}


@pytest.fixture
def answering(tmp_path, news, words):
    """Builds a library whose answers are sure: with an encoder that no model was fitted for they are near at best."""

    def build(*records, index="i"):
        library = rag.build([news(*records)], index=tmp_path / index, encoder=words)
        ask = library.ask
        library.ask = lambda question: replace(ask(question, min_confidence=0), grade=ANSWERS)
        return library

    return build


def test_they_are_made_of_the_names_that_several_articles_print(answering):
    library = answering(*NEWS)
    assert set(example_questions(library)) == QUESTIONS
    assert len(example_questions(library, 1)) == 1


def test_a_question_that_is_not_answered_is_none(answering, monkeypatch):
    library = answering(*NEWS)
    ask = library.ask
    monkeypatch.setattr(library, "ask", lambda question: replace(ask(question), grade="near"))
    assert example_questions(library) == []


def test_the_first_marked_sentence_must_say_who_somebody_is(answering):
    silent = UNION.replace("Ann Lee, head of the union of dock workers, said", "All those who met Ann Lee know")
    assert example_questions(answering(article(1, text=silent), article(2, text=silent))) == []


def test_names_of_outlets_and_authors_are_not_asked_about(answering):
    given = {"outlet": "Grenzau", "authors": ["Ann Lee"]}
    assert example_questions(answering(*(record | given for record in NEWS))) == []


def test_no_question_comes_from_files_that_readers_upload(answering, tmp_path, news):
    library = answering(article(1, text="The ferry of the line will not sail before the ice of the bay has gone."))
    files = news(*NEWS, name="upload.jsonl")
    library.add([files], sources={str(files): "upload.jsonl"})
    assert all(examples.is_uploaded(a.id) for a in library.articles() if a.text in (PORT, UNION))
    assert example_questions(library) == []


def test_an_empty_index_has_none(answering):
    library = answering(NEWS[0])
    library.remove(["a1"])
    assert example_questions(library) == []


def test_only_a_sample_of_a_large_index_is_read(answering, monkeypatch):
    monkeypatch.setattr(examples, "MAX_ARTICLES", 4)
    library = answering(*(article(n, outlet=f"Outlet {n % 2}", text=f"{PORT} {n}") for n in range(12)))
    with library.reading() as now:
        read = examples._sample(now, list(now.outlets()))
    assert len(read) == 4 == len(set(read))
    assert {library.article(article_id).outlet for article_id in read} == {"Outlet 0", "Outlet 1"}


def test_they_are_made_in_the_background_and_kept_until_the_index_changes(answering):
    library = answering(*NEWS)
    made = Examples(library)
    assert made.get() == []  # at once
    made.wait()
    assert set(made.get()) == QUESTIONS
    assert not made.is_making


def test_a_changed_index_has_new_ones_after_a_while(answering, monkeypatch):
    library = answering(*NEWS)
    made = Examples(library)
    made.get()
    made.wait()
    library.remove(["a1", "a2", "a3", "a4"])
    assert len(made.get()) == 2  # not again so soon
    assert not made.is_making
    monkeypatch.setattr(examples, "RENEW_SECONDS", 0)
    made.get()
    made.wait()
    assert made.get() == []


def test_given_questions_are_shown_as_they_are_and_nothing_is_asked(answering):
    library = answering(*NEWS)
    library.ask = None
    made = Examples(library, ["Why?"])
    assert made.get() == ["Why?"]
    assert not made.is_making


def test_several_readers_at_once_begin_it_once(answering, monkeypatch):
    library, begun = answering(*NEWS), []
    names = examples._names
    monkeypatch.setattr(examples, "_names", lambda library: begun.append(1) or names(library))
    made = Examples(library)
    readers = [threading.Thread(target=made.get) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    made.wait()
    assert begun == [1]


def test_an_index_that_goes_away_ends_it_quietly(answering, caplog):
    library = answering(*NEWS)

    def gone(question):
        raise rag.LibraryError("the index is closed")

    library.ask = gone
    made = Examples(library)
    made.get()
    made.wait()
    assert made.get() == []
