"""Two engines, meaning and words, find passages together, within what filters and the question's own words allow."""

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder

import rag
from rag.provenance.catalogue import load_catalogue
from rag.query.constraints import PREVIOUS
from rag.query.query import Query
from rag.retrieval import search
from rag.retrieval.filters import Filters
from rag.retrieval.parse import OVERRIDDEN, Alias, parse
from rag.stores import snapshot as cache
from rag.stores.filters import IndexFilter
from rag.stores.sqlite import Store


class Angles(WordEncoder):
    """Means what it is told to: the number of degrees that a text begins with, so that words say nothing of it."""

    name = "angles"
    dimension = 8

    def encode_question(self, question):
        angle = np.radians(float(question.split()[0]))
        return np.array([np.cos(angle), np.sin(angle), *[0] * 6], np.float32)


def ranked(index, encoder, question, k=10, chosen=Filters()):  # noqa: B008
    """The passages found, by the id of their article, and the view that they were found in."""
    store = Store.open(index)
    view = store.view()
    parsed = replace(parse(view, load_catalogue(), Query.of(question)), filters=chosen)
    found = search.find(view, store, parsed, encoder.encode_question(parsed.text), k).passages
    return {passage.article.id: passage for passage in found}, view


def ids(hits):
    return [hit.article_id for hit in hits]


def angled(folder, news, **texts):
    """An index of one article for each text, by its id."""
    rag.build([news(*({"id": i, "text": t} for i, t in texts.items()))], index=folder, encoder=Angles()).close()
    return folder


# Both engines


def test_what_only_meaning_finds_and_what_only_words_find_are_both_found(tmp_path, news, monkeypatch):
    """Each engine proposes three: meaning those at 0, 10 and 80 degrees, words the one at 90."""
    monkeypatch.setattr(search, "CANDIDATES", 1)
    index = angled(tmp_path / "i", news, a="0 apples", b="12 pears", said="90 a quince was sold", c="80 plums")
    found, view = ranked(index, Angles(), "1 quince", k=3)
    assert list(found) == ["a", "b", "said"]
    assert found["said"].own == pytest.approx(np.cos(np.radians(89)), abs=1e-3)
    assert (found["said"].words, found["a"].words) == (pytest.approx(1), 0)
    assert found["said"].article_words == view.words.article_scores(view.terms("quince"), 9, IndexFilter())[3] > 0


def test_every_passage_found_has_the_scores_of_both_engines(tmp_path, news, monkeypatch):
    """The nearest in meaning holds one of the two words, and three others, which words propose, hold both."""
    monkeypatch.setattr(search, "CANDIDATES", 1)
    both = {f"x{i}": f"{90 + i} figs and dates" for i in range(3)}
    index = angled(tmp_path / "i", news, near="0 figs", alone="170 figs", **both, none="20 nuts")
    found, view = ranked(index, Angles(), "1 fig date", k=3)
    terms = view.words.terms("fig date")
    assert next(iter(found)) == "near"
    for r in found.values():
        assert r.words == pytest.approx(view.words.coverage(terms, 1, IndexFilter(), [r.keys[0]]).get(r.keys[0], 0))
        own = view.vectors.flat.reconstruct(int(r.keys[0]) - 1) @ Angles().encode_question("1")
        assert r.own == pytest.approx(float(own))
        assert r.best_sentence == pytest.approx(r.own, abs=1e-3)
        parts = 0.5 * r.own + 0.5 * r.best_sentence + 0.3 * r.words + 0.3 * r.article_words
        assert r.score == pytest.approx(parts, abs=1e-6)
    assert 0 < found["near"].words < 1


def test_an_articles_words_speak_for_its_passages(tmp_path, news):
    """Two passages say the same, 90 degrees off; the title of one's article holds the word asked for."""
    records = [{"id": "plain", "text": "90 sold."}, {"id": "titled", "title": "Quinces", "text": "90 sold."}]
    rag.build([news(*records)], index=tmp_path / "i", encoder=Angles()).close()
    found, _ = ranked(tmp_path / "i", Angles(), "0 quince")
    assert list(found) == ["titled", "plain"]
    assert (found["titled"].words, found["plain"].article_words) == (0, 0)
    assert 0 < found["titled"].article_words < 1


# Filters


@pytest.fixture(scope="module")
def thousand(tmp_path_factory):
    """999 articles that say what is asked for, and one that says nothing of it, from another paper and another time."""
    chance = random.Random(1)
    nouns = [
        a + b for a in ("har", "fer", "lan", "tow", "pil", "mar") for b in ("bour", "ry", "tern", "er", "lar", "ket")
    ]
    rows = [
        f"{i};Harbour Gazette;{2010 + i % 10}-05-14;The {' '.join(chance.choices(nouns, k=9))} timetable number {i}."
        for i in range(999)
    ]
    rows.insert(500, "odd;Lantern;2001-02-03;Dry.")
    folder = tmp_path_factory.mktemp("thousand")
    (folder / "news.csv").write_text("\n".join(["id;outlet;date;text", *rows]).replace(";", ","))
    with rag.build([folder / "news.csv"], index=folder / "index", encoder=WordEncoder()) as library:
        yield library


ASKED = "the ferry timetable number"


@pytest.mark.parametrize(
    "narrow",
    [
        {"outlets": "Lantern"},
        {"before": "2009-12-31"},
        {"after": "2001-02-03", "before": "2001-02-03"},
        {"outlets": ["lantern", "Harbour Gazette"], "before": "2001-12-31"},
    ],
)
def test_the_one_article_of_a_thousand_that_a_filter_leaves_is_found_though_it_fits_worst(thousand, narrow):
    assert len(list(thousand.articles())) == 1000
    assert thousand.search(ASKED, k=1000)[-1].article_id == "odd"
    assert "odd" not in ids(thousand.search(ASKED, k=900))
    assert ids(thousand.search(ASKED, k=3, **narrow)) == ["odd"]


def test_words_are_looked_for_within_filters_too(thousand, monkeypatch):
    """Of the 99 or 100 articles of 2012, none is among the first that the words of the question find anywhere."""
    monkeypatch.setattr(search, "CANDIDATES", 5)
    (best,) = thousand.search("timetable number 632", k=1)
    assert best.article_id == "632"
    found = thousand.search("timetable number 632", k=5, before="2010-12-31", after="2010-01-01")
    assert len(found) == 5
    assert {hit.date for hit in found} == {dt.date(2010, 5, 14)}


def test_more_can_be_asked_for_than_there_is(thousand, tmp_path, news, words):
    assert len(set(ids(thousand.search(ASKED, k=1000)))) == 1000
    small = rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "i", encoder=words)
    assert sorted(ids(small.search("bridge", k=1000))) == ["bridge", "harbour"]
    assert ids(small.search("bridge", k=1000, outlets="Press TV")) == ["bridge"]


def test_very_many_vectors_are_found_by_their_signs_first_and_ranked_alike(thousand, monkeypatch):
    questions = ["the ferry market lantern", "pillar tower number 17", "harbour, ferlar, lanket, towtern"]
    narrow = [{}, {"after": "2012-01-01"}, {"before": "2009-01-01"}]

    def found(library):
        return [[(h.article_id, h.score) for h in library.search(q, k=10, **n)] for q in questions for n in narrow]

    monkeypatch.setattr("rag.stores.faiss_index.MAX_FLAT_VECTORS", 150)
    cache.clear(thousand._store.folder)
    with rag.open(thousand._store.folder, encoder=WordEncoder()) as library:
        assert library._view().vectors.codes.ntotal == 1000
        assert thousand._view().vectors.codes is None
        for one, other in zip(found(library), found(thousand), strict=True):
            assert [score for _, score in one] == pytest.approx([score for _, score in other])
            assert one[0][0] == other[0][0]


# What the question says


LATER = {
    "id": "later",
    "outlet": "Reuters",
    "date": "2015-09-09",
    "title": "Bridge",
    "text": "The bridge opened again.",
}


@pytest.fixture
def library(tmp_path, news, words):
    with rag.build([news(HARBOUR, BRIDGE, ORCHARD, LATER)], index=tmp_path / "i", encoder=words) as made:
        yield made


def constraints_of(answer):
    return [(r.kind, r.words, r.applied, r.why) for r in answer.constraints]


def test_an_outlet_that_the_question_names_as_its_source_narrows_the_search(library):
    question = "According to Press TV, why was the bridge closed?"
    answer = library.ask(question, min_confidence=0)
    assert {c.outlet for c in answer.passages} == {"Press TV"} == {h.outlet for h in library.search(question)}
    assert constraints_of(answer) == [("outlet", "According to Press TV", True, "")]
    assert answer.constraints[0].outlet == "Press TV"
    assert (answer.question, answer.searched) == (question, "Why was the bridge closed?")
    assert answer.balance.allowed.articles == 1


def test_days_of_which_the_question_asks_for_reports_narrow_the_search(library):
    answer = library.ask("What was written about the bridge in 2013?", min_confidence=0)
    assert {c.article_id for c in answer.passages} == {"harbour"}
    assert (answer.constraints[0].after, answer.constraints[0].before) == (dt.date(2013, 1, 1), dt.date(2013, 12, 31))
    assert answer.balance.undated_left_out == 1


@pytest.mark.parametrize("ignore", ["according to press tv", ["in 2015", "According to Press TV"], "all", ("all",)])
def test_a_constraint_can_be_ignored(library, ignore):
    question = "According to Press TV, why was the bridge closed?"
    assert {h.outlet for h in library.search(question, ignore=ignore)} == {"Press TV", "Reuters", "The Guardian"}
    answer = library.ask(question, ignore=ignore, min_confidence=0)
    assert constraints_of(answer) == [("outlet", "According to Press TV", False, "ignored")]
    assert answer.searched == question


def test_ignoring_one_constraint_leaves_the_other(library):
    question = "What did Reuters report in 2015 about the bridge?"
    assert ids(library.search(question)) == ["later"]
    assert set(ids(library.search(question, ignore="in 2015"))) == {"orchard", "later"}
    assert set(ids(library.search(question, ignore="did Reuters report"))) == {"bridge", "later"}


def test_filters_that_were_set_go_before_what_the_question_says(library):
    question = "What did Reuters report in 2015 about the bridge?"
    answer = library.ask(question, outlets="Press TV", min_confidence=0)
    assert {c.outlet for c in answer.passages} == {"Press TV"}
    assert constraints_of(answer) == [
        ("outlet", "did Reuters report", False, OVERRIDDEN),
        ("dates", "in 2015", True, ""),
    ]
    answer = library.ask(question, after="2000-01-01", min_confidence=0)
    assert constraints_of(answer) == [
        ("outlet", "did Reuters report", True, ""),
        ("dates", "in 2015", False, OVERRIDDEN),
    ]
    assert {c.article_id for c in answer.passages} == {"later"}


def test_since_when_something_happened_leaves_out_nothing(library):
    question = "Which bridges have been closed since 2014?"
    assert set(ids(library.search(question))) == set(ids(library.search(question, ignore="all")))
    assert library.ask(question, min_confidence=0).balance.undated_left_out == 0
    assert set(ids(library.search("What has Reuters reported since 2014?"))) == {"later"}


def test_last_year_counts_from_the_day_of_asking(library):
    question = "What did newspapers write last year about the bridge?"
    assert set(ids(library.search(question, asked_on="2016-03-01"))) == {"bridge", "later"}
    assert set(ids(library.search(question, asked_on=dt.date(2014, 3, 1)))) == {"harbour"}
    assert len(library.search(question)) == 4
    assert constraints_of(library.ask(question, min_confidence=0))[0][2] is False


def test_a_question_that_follows_another_is_completed_by_it(library):
    before = "According to Press TV, why was the bridge closed?"
    assert ids(library.search("And according to Reuters?", previous=before))[0] == "later"
    answer = library.ask("And according to Reuters?", previous=before, min_confidence=0)
    assert {c.outlet for c in answer.passages} == {"Reuters"}
    assert [r.outlet for r in answer.constraints if r.kind != PREVIOUS] == ["Reuters"]
    assert answer.searched == "Why was the bridge closed?"


def test_filters_of_what_the_question_says_are_those_of_the_index_by_any_spelling(library):
    assert {h.outlet for h in library.search("According to presstv.ir, why was the bridge closed?")} == {"Press TV"}
    assert library.search("According to Xinhua, why was the bridge closed?") == []


# Names


def test_a_name_is_searched_for_in_the_spellings_that_articles_give_it(tmp_path, news, words):
    records = [
        {"id": "defines", "text": "Snow fell early. The Mountain Rescue Guild (MRG or GRM) has a new hut."},
        {"id": "asked for", "text": "Ropes of the MRG broke on Friday. Two climbers were hurt."},
        {"id": "other", "text": "Ropes of the fishing fleet broke on Friday. Two sailors were hurt."},
    ]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        hits = library.search("Whose ropes broke, those of the GRM?")
        answer = library.ask("Whose ropes broke, those of the GRM?", min_confidence=0)
        assert ids(hits)[0] == "asked for"
        assert answer.aliases == (Alias("GRM", ("Mountain Rescue Guild", "MRG")),)
        assert answer.to_dict()["aliases"] == ({"words": "GRM", "spellings": ("Mountain Rescue Guild", "MRG")},)
        assert library.ask("Whose ropes broke?", min_confidence=0).aliases == ()
        library.remove(["defines"])
        library.add([])
        assert library.ask("Whose ropes broke, those of the GRM?", min_confidence=0).aliases == ()


# Threads


def test_many_threads_find_what_one_finds(library):
    questions = [
        "Why was the bridge closed?",
        "apple blossom",
        "According to Reuters, frost?",
        "strike",
        "ring road",
    ] * 8

    def ask(question):
        answer = library.ask(question, min_confidence=0)
        return [(c.article_id, c.text, c.quote, c.score) for c in answer.passages], answer.signals, answer.confidence

    alone = [ask(q) for q in questions]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, questions)) == alone


def test_filters_hold_every_candidate(library):
    found, _ = ranked(library._store.folder, WordEncoder(), "bridge", chosen=Filters(frozenset({"Reuters"})))
    assert set(found) == {"orchard", "later"}
    found, _ = ranked(library._store.folder, WordEncoder(), "bridge", chosen=Filters(frozenset({"Nobody"})))
    assert found == {}
