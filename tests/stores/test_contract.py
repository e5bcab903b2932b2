"""Both stores fulfil the contract: a Library behaves the same in a folder and in Milvus."""

import datetime as dt
import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder
from support.prose import prose

import rag
from rag.answer.confidence import ConfidenceModel
from rag.errors import CitationError, LibraryError, QuestionError
from rag.retrieval.candidates import find_candidates
from rag.stores import current_view
from rag.stores.filters import NO_DATE, YEARS, IndexFilter, month_code


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A question waits until a change is loaded, however much other work the machine has."""
    monkeypatch.setattr(current_view, "QUESTION_WAIT_SECONDS", 30)


@pytest.fixture
def library(index, news, words):
    with rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=index, encoder=words) as library:
        yield library


def ids(found):
    return [each.article_id for each in found]


def cited(library, question="Engineers closed the old bridge after finding cracks"):
    return library.ask(question, k=1, min_confidence=0).passages[0]


# Articles


ODD = [
    {"id": "o'dd \"id\" \\ and key in [1]", "title": 'x" or 1==1',
     "text": "It's said: \"a\\b\" ... مرحبا 𝔘𝔫𝔦 \x07 end.\n\n  Spaces\tstay. "},
    {"id": "long", "text": "Sentence of words number one. " * 5000, "title": "t" * 9_999, "outlet": "O" * 900},
    {"id": "plain", "text": "Only a text."},
    {"id": "full", "text": "All is known of it.", "title": "All", "outlet": "Reuters", "host": "mirror.example",
     "authors": ["A. B.", "Ç"], "date": "2016-02-29", "url": "https://e.org/?a=1&b='2'", "kind": "digest"},
]  # fmt: skip


def test_an_article_comes_back_as_it_went_in(index, news, words):
    path = news(*ODD)
    with rag.build([path], index=index, encoder=words) as library:
        read = {article.id: article for article in rag.read_articles([path])}
        assert len(read) == len(ODD)
        assert {article.id: article for article in library.articles()} == read
        for article_id, article in read.items():
            assert library.article(article_id) == article
            assert article_id in library
        assert "none" not in library
        with pytest.raises(LibraryError, match="no article 'none' in"):
            library.article("none")
        hits = library.search("sentence words", k=1000)
        assert len(hits) > 150
        for hit in hits:
            assert hit.text == read[hit.article_id].text[hit.start : hit.end]
        found = library.spans([*read, "none"])
        assert found.keys() == read.keys()
        assert all(spans == sorted(spans) for spans in found.values())
        assert {(hit.article_id, hit.start, hit.end) for hit in hits} <= {
            (i, *span) for i in found for span in found[i]
        }


def test_an_index_that_is_opened_again_gives_the_same(library, index, words):
    before = library.search("wages rise", k=10)
    with rag.open(index, encoder=words) as again:
        assert again.search("wages rise", k=10) == before
        assert list(again.articles()) == list(library.articles())
        assert again.encoder == "words"


def test_unchanged_articles_are_neither_encoded_nor_counted_as_changed(library, index, news, words):
    read, generation = words.read, library._store.generation()
    again = rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=index, encoder=words)
    assert (again.report.unchanged, again.report.new, again.report.updated) == (3, 0, 0)
    assert words.read == read
    assert again._store.generation() == generation


def test_outlets_are_counted_and_their_articles_listed(library, news):
    library.add([news(BRIDGE | {"id": "later", "date": "2016-01-01", "text": "Later news of Press TV."},
                      {"id": "x", "text": "Nobody signed this."})])  # fmt: skip
    assert library.outlets() == {"Press TV": 2, "Reuters": 1, "The Guardian": 1, None: 1}
    assert library.of_outlet("Press TV") == ["later", "bridge"]
    assert library.of_outlet(None) == ["x"]
    assert library.of_outlet("Nobody") == []
    counts = library.counts()
    assert (counts.articles, counts.independent, counts.undated) == (5, 4, 2)
    assert (counts.first, counts.last) == (dt.date(2013, 5, 14), dt.date(2016, 1, 1))
    assert counts.hosts == {"mirror.example": 2, "example.org": 1}
    assert {outlet: own.articles for outlet, own in library.counts_by_outlet().items()} == library.outlets()


def test_articles_are_listed_by_their_titles_outlets_and_dates(library, news):
    month = ORCHARD | {
        "id": "month",
        "title": "Élan of the orchard",
        "date": "April 2015",
        "text": "Blossom in the valley.",
    }
    library.add([news(month, {"id": "x", "text": "Nobody signed this."})])
    headings = {heading[0]: heading[1:] for heading in library._store.headings()}
    assert headings == {
        "harbour": (HARBOUR["title"], "The Guardian", dt.date(2013, 5, 14).toordinal()),
        "bridge": (BRIDGE["title"], "Press TV", dt.date(2015, 1, 2).toordinal()),
        "orchard": (ORCHARD["title"], "Reuters", NO_DATE),
        "month": ("Élan of the orchard", "Reuters", month_code(2015, 4)),
        "x": (None, None, NO_DATE),
    }
    assert library.list_articles().ids[:3] == ("month", "bridge", "harbour")
    assert library.list_articles("elan reuters").ids == ("month",)
    assert library.list_articles(outlets=["Reuters", None], order="title").ids == ("month", "orchard", "x")
    part = library.list_articles(order="oldest", start=1, limit=2)
    assert (part.ids, part.total, part.years) == (("bridge", "month"), 5, (2015, 2013, 0))
    found = library.list_outlets().find("guard")
    assert [(each.name, each.articles, each.kind) for each in found] == [("The Guardian", 1, "newspaper")]
    with pytest.raises(QuestionError, match="the order newest, oldest, title; choose one"):
        library.list_articles(order="length")


def test_lists_are_of_the_newest_state(library, news):
    assert (library.list_articles().total, len(library.list_outlets().outlets), library.counts().articles) == (3, 3, 3)
    library.add([news(BRIDGE | {"title": "Bridge mended"})])
    library.remove(["harbour"])
    assert library.list_articles("mended").ids == ("bridge",)
    assert library.list_articles("closed").ids == ()
    assert library.list_articles().total == library.counts().articles == 2
    assert [each.name for each in library.list_outlets().find(order="name")] == ["Press TV", "Reuters"]


# Changing


def test_a_changed_text_replaces_the_old_one_which_still_resolves(library, news):
    citation, before = cited(library), library.article("bridge")
    library.add([news(BRIDGE | {"text": "Engineers opened the old bridge again. Its pillars were mended."})])
    assert library.report.updated == 1
    assert library.article("bridge").text.startswith("Engineers opened")
    assert [hit.text for hit in library.search("old bridge") if hit.article_id == "bridge"] == [
        library.article("bridge").text
    ]
    resolved = library.resolve(citation)
    assert (resolved.article, resolved.current, resolved.successors) == (before, False, ("bridge",))
    assert abs(dt.datetime.now(dt.UTC) - resolved.retired) < dt.timedelta(minutes=1)
    with pytest.raises(CitationError, match="are not those stored"):
        library.verify(citation)
    assert [v.current for v in library.versions("bridge")] == [True, False]


def test_versions_are_listed_from_the_latest_to_the_first(library, news):
    texts = [f"The old bridge was painted {colour}." for colour in ("red", "green", "blue")]
    for text in texts:
        library.add([news(BRIDGE | {"text": text})])
    assert [v.article.text for v in library.versions("bridge")] == [*texts[::-1], BRIDGE["text"]]


def test_an_article_missing_from_the_files_is_retired_and_comes_back_without_encoding(library, index, news, words):
    citation = cited(library)
    again = rag.build([news(HARBOUR)], index=index, encoder=words)
    assert again.report.retired == 2
    assert ids(again.search("bridge", k=9)) == ["harbour"]
    resolved = again.resolve(citation)
    assert (resolved.article.text, resolved.current, resolved.successors) == (BRIDGE["text"], False, ())
    read = words.read
    again = rag.build([news(HARBOUR, BRIDGE)], index=index, encoder=words)
    assert (again.report.new, words.read) == (1, read)
    again.verify(citation)
    assert [v.current for v in again.versions("bridge")] == [True]


def test_outlet_and_date_of_an_article_change_without_encoding(library, news, words):
    citation, read = cited(library), words.read
    library.add([news(BRIDGE | {"outlet": "Reuters", "date": "2015-01-03"})])
    assert (library.report.updated, words.read) == (1, read)
    assert [(v.article.outlet, v.current) for v in library.versions("bridge")] == [("Reuters", True)]
    assert set(ids(library.search("bridge", outlets="Reuters"))) == {"bridge", "orchard"}
    assert library.search("bridge", outlets="Press TV") == []
    assert ids(library.search("bridge", after="2015-01-03")) == ["bridge"]
    assert library.search("bridge", before="2015-01-02", after="2015-01-01") == []
    assert library.outlets() == {"Reuters": 2, "The Guardian": 1}
    with pytest.raises(CitationError, match="outlet or date"):
        library.verify(citation)


def test_a_removed_article_is_gone_with_its_earlier_texts(library, news):
    library.add([news(BRIDGE | {"text": "Engineers opened the old bridge again."})])
    assert library.remove(["bridge", "orchard"]) == 2
    assert "bridge" not in library
    assert [article.id for article in library.articles()] == ["harbour"]
    assert ids(library.search("bridge orchard frost", k=9)) == ["harbour"]
    assert library.outlets() == {"The Guardian": 1}
    with pytest.raises(LibraryError, match="no article 'bridge'"):
        library.versions("bridge")
    with pytest.raises(LibraryError, match="no article 'bridge'"):
        library.remove(["harbour", "bridge"])
    assert "harbour" in library


def test_every_change_raises_the_generation_and_another_library_sees_it(library, index, news, words):
    with rag.open(index, encoder=words) as other:
        assert ids(other.search("lighthouse", k=1)) != ["new"]
        before = other._store.generation()
        library.add([news({"id": "new", "text": "The lighthouse was painted."})])
        assert library._store.generation() > before
        assert ids(other.search("lighthouse", k=1)) == ["new"]
        library.remove("new")
        assert "new" not in ids(other.search("lighthouse", k=9))


def test_a_view_does_not_change(library, news):
    view, store = library._view(), library._store
    library.add([news(BRIDGE | {"text": "Engineers opened it."}, {"id": "new", "text": "The lighthouse."})])
    again = library._view()
    assert (view.generation < again.generation, view.columns.articles, again.columns.articles) == (True, 3, 4)
    with store.reading():
        generation = store.generation()
        with ThreadPoolExecutor(1) as other:
            other.submit(library.add, [news({"id": "newer", "text": "The lighthouse again."})]).result()
        assert store.generation() == generation
        assert "newer" not in dict(store.known(["newer", "new"]))
    assert set(dict(store.known(["newer", "new"]))) == {"newer", "new"}


def test_a_setting_is_of_the_generation_that_is_read(library):
    def save(text):
        with library._store.writing() as writer:
            writer.save_setting("own names", text)

    save("first")
    with library._store.reading():
        with ThreadPoolExecutor(1) as other:
            other.submit(save, "second").result()
        assert library._store.setting("own names") == "first"
    assert library._store.setting("own names") == "second"


# Searching


@pytest.fixture(scope="module")
def both(tmp_path_factory, server):
    """The same 300 articles in both stores."""
    chance = random.Random(5)
    folder = tmp_path_factory.mktemp("both")
    rows = [
        {"id": f"a{i}", "text": " ".join(prose(i, chance.randint(1, 9))),
         "outlet": chance.choice(["Reuters", "Press TV", None]),
         "date": chance.choice([None, f"20{10 + i % 9}-0{1 + i % 9}-14"]), "title": f"Number {i}"}
        for i in range(300)
    ]  # fmt: skip
    frame = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder / "news.jsonl").write_text(frame)
    places = folder / "index", server.address("both")
    made = [rag.build([folder / "news.jsonl"], index=place, encoder=WordEncoder()) for place in places]
    yield made
    for library in made:
        library.close()


FILTERS = [
    {}, {"outlets": "Reuters"}, {"outlets": ["Press TV", "Reuters"], "after": "2013-01-01"}, {"before": "2012-12-31"},
    {"after": "2011-01-01", "before": "2016-12-31", "undated": True}, {"undated": False},
    {"after": "2014-05-14", "before": "2014-05-14"}, {"outlet_kinds": "news agency"}, {"outlets": "BBC"},
    {"exclude_outlets": "Reuters"}, {"exclude_outlets": ["Press TV", "Reuters"], "after": "2013-01-01"},
    {"exclude_outlets": "BBC"}, {"outlet_kinds": "news agency", "exclude_outlets": "Reuters"},
]  # fmt: skip


def loose(citation):
    """The fields of a citation that depend on which other passages fit nearly as well."""
    return {
        name: getattr(citation, name) for name in ("end", "text", "quote", "score", "copies", "republishers", "shared")
    }


@pytest.mark.parametrize("narrow", FILTERS)
def test_both_stores_find_the_same_under_every_filter(both, narrow):
    _, remote = both
    for seed in range(2 if "EXAMPLES" in os.environ else 1):
        question = prose(seed)[0][:60]
        one, other = (library.search(question, k=40, **narrow) for library in both)
        assert len(one) == len(other)
        scores = [{(h.article_id, h.start): h.score for h in hits} for hits in (one, other)]
        for place in scores[0].keys() & scores[1].keys():
            assert scores[0][place] == pytest.approx(scores[1][place], abs=0.03)  # tantivy rounds lengths
        assert len(set(list(scores[0])[:10]) & set(list(scores[1])[:10])) >= min(8, len(one))
        for hit in other:
            article = remote.article(hit.article_id)
            assert hit.text == article.text[hit.start : hit.end]
            assert (hit.outlet, hit.date) == (article.outlet, article.date)
        answers = [library.ask(question, k=5, min_confidence=0, **narrow) for library in both]
        shown = [{(c.article_id, c.start): c for c in answer.passages} for answer in answers]
        for place in shown[0].keys() & shown[1].keys():
            a, b = (own[place] for own in shown)
            assert replace(a, **loose(a)) == replace(b, **loose(a))
            remote.verify(b)
        counted = [answer.balance.allowed for answer in answers]
        assert counted[0] == counted[1]


ASKED = prose(3)[0]


def test_both_stores_score_a_passage_alike(both):
    """Cosines within half precision, words exactly, BM25 within what tantivy rounds."""
    signals, counts = [], []
    for library in both:
        view = library._view()
        terms = view.terms(ASKED)
        vector = library._encoder.get().encode_question(ASKED)
        with library._store.reading():
            proposed = find_candidates(view, vector, terms, [IndexFilter()], 50)
            found = library._store.passages([c.key for c, _ in proposed])
        signals.append({(found[c.key][1].id, found[c.key][0].start): (c, article) for c, article in proposed})
        counts.append([(t.spellings, t.passages, t.articles) for t in terms])
    assert counts[0] == counts[1]
    one, other = signals
    assert len(one.keys() & other.keys()) >= 60
    for place in one.keys() & other.keys():
        (a, a_article), (b, b_article) = one[place], other[place]
        assert a.own == pytest.approx(b.own, abs=2e-3)
        assert a.words == pytest.approx(b.words, abs=1e-5)
        assert a_article == pytest.approx(b_article, abs=0.02)


def test_k_may_be_larger_than_the_number_of_passages(library):
    assert len(library.search("bridge", k=1000)) == 3
    with pytest.raises(QuestionError):
        library.search("bridge", outlets="Nobody knows")


def test_a_question_of_function_words_is_searched_by_meaning(library):
    assert len(library.search("who was it")) == 3


def test_an_empty_library_answers_nothing(index, news, words):
    with rag.build([news()], index=index, encoder=words) as library:
        assert (library.search("anything"), library.ask("anything").found) == ([], False)
        assert (library.counts().articles, library.outlets()) == (0, {})


def test_a_name_is_searched_for_in_the_spellings_that_articles_explain(index, news, words):
    records = [
        {"id": "explains", "text": "The Northern Fishery Council (NFC) was founded in the north. " + prose(1)[0]},
        {"id": "again", "text": "The Northern Fishery Council (NFC) met again. " + prose(2)[0]},
        {"id": "short", "text": "Quotas were raised by the NFC. " + prose(3)[0]},
        {"id": "words", "text": "A council of the northern towns likes fishery. " + prose(4)[0]},
    ]
    with rag.build([news(*records)], index=index, encoder=words) as library:
        answer = library.ask("What did the NFC raise?", k=4, min_confidence=0)
        assert [(name.words, name.spellings) for name in answer.aliases] == [("NFC", ("Northern Fishery Council",))]
        assert {p.article_id for p in answer.passages[:3]} == {"explains", "again", "short"}
        library.remove(["explains", "again"])
        assert library.ask("What did the NFC raise?", min_confidence=0).aliases == ()


# Duplicates


def test_a_name_one_letter_off_is_suggested(library):
    for asked, meant in (("Trafic", "Traffic"), ("Growwers", "Growers"), ("Frots", "Frost"), ("Dokc", None)):
        found = library.ask(f"What did the {asked} do?").suggestions
        assert [suggestion.suggested for suggestion in found] == ([meant] if meant else [])
    assert library.ask("What did the Growers do?").suggestions == ()
    assert library.ask("What did Xqzwvk do?").suggestions == ()


def test_duplicates_and_shared_sentences_are_found(index, news, words):
    story, other = prose(1), prose(2)
    records = [
        {"id": "first", "outlet": "Reuters", "text": " ".join(story)},
        {"id": "copy", "outlet": "Press TV", "host": "mirror.example", "text": " ".join(story[:-1])},
        {"id": "sharing", "outlet": "The Guardian", "text": " ".join([*other[:5], story[0], *other[5:]])},
        {"id": "alone", "text": " ".join(prose(3))},
    ]
    with rag.build([news(*records)], index=index, encoder=words) as library:
        assert (library.report.duplicates, library.report.duplicate_groups) == (2, 1)
        assert (library.duplicates("first"), library.duplicates("copy")) == (["copy"], ["first"])
        assert library.duplicates("alone") == library.duplicates("nobody") == []
        assert library.counts().independent == 3
        answer = library.ask(story[0], k=2, min_confidence=0)
        best = next(p for p in answer.passages if p.article_id in ("first", "copy"))
        assert {best.article_id, *best.copies} == {"first", "copy", "sharing"}
        assert set(best.republishers) == {"Reuters", "mirror.example", "The Guardian"}
        answer = library.ask(story[3], k=2, min_confidence=0)
        best = next(p for p in answer.passages if p.article_id in ("first", "copy"))
        assert {best.article_id, *best.copies} == {"first", "copy"}
        assert set(best.republishers) == {"Reuters", "mirror.example"}
        assert best.shared == ("sharing",)

        library.add([news({"id": "third", "outlet": "BBC", "text": " ".join(story)}, name="more.jsonl")])
        assert (library.report.duplicates, library.report.duplicate_groups) == (3, 1)
        assert set(library.duplicates("first")) == {"copy", "third"}
        library.remove("first")
        assert library.duplicates("copy") == ["third"]
        assert library.counts().independent == 3


def test_a_sentence_in_many_texts_is_a_formula(index, news, words):
    formula = prose(50)[0]
    records = [{"id": f"f{i}", "text": " ".join([*prose(i, 4), formula])} for i in range(7)]
    with rag.build([news(*records)], index=index, encoder=words) as library:
        assert all(not p.shared for p in library.ask(prose(0)[0], min_confidence=0).passages)


# Settings, and files that could not be read


def test_what_could_not_be_read_is_listed_until_it_can_be(index, tmp_path, news, words):
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": "One that can be read."}\n{"text": \n')
    with rag.build([broken, news(HARBOUR)], index=index, encoder=words) as library:
        assert [(s.source, s.place) for s in library.skipped()] == [(str(broken), "line 2")]
        library.add([news(BRIDGE, name="other.jsonl")])
        assert len(list(library.skipped())) == 1
        broken.write_text('{"text": "One that can be read."}\n')
        library.add([broken])
        assert list(library.skipped()) == []


def test_a_confidence_model_and_a_catalogue_are_stored(library, index, tmp_path, news, words):
    library.set_confidence_model(replace(library.confidence_model, encoder="words", near=0.25))
    own = tmp_path / "own.toml"
    own.write_text(
        '[["outlet"]]\nname = "The Delta Herald"\nkind = "newspaper"\n'.replace('[["outlet"]]', "[[outlet]]")
    )
    rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=index, encoder=words, catalogue=own).close()
    with rag.open(index, encoder=words) as again:
        assert again.confidence_model.near == 0.25
        assert isinstance(again.confidence_model, ConfidenceModel)
        assert again.catalogue.kind("The Delta Herald") == "newspaper"


# Errors


def test_a_missing_index_is_an_error_that_says_how_to_make_one(index):
    with pytest.raises(LibraryError, match="make one with: according build PATHS --index"):
        rag.open(index)


def test_another_encoder_is_refused(library, index, words):
    words.name = "other"
    with pytest.raises(LibraryError, match="was made with the encoder 'words', not 'other'"):
        rag.open(index, encoder=words)
    words.name, words.dimension = "words", 32
    with pytest.raises(LibraryError, match="vectors of 64 numbers"):
        rag.open(index, encoder=words)


def test_only_one_process_writes_at_a_time(library, index, news, words):
    with rag.open(index, encoder=words) as other, library._store.writing():
        with pytest.raises(LibraryError, match="another process is writing to"):
            other.add([news(BRIDGE)], wait=False)
        assert ids(other.search("bridge", k=1)) == ["bridge"]
    with rag.open(index, encoder=words) as other:
        other.add([news({"id": "after", "text": "Written afterwards."})], wait=False)
        assert "after" in library


def test_a_date_filters_by_its_whole_span_and_comes_with_each_passage(library, news, words):
    dates = {"day": "2013-09-10", "month": "2013-09", "year": "2013", "later": "2014-05-01", "none": None}
    library.add([news(*({"id": i, "text": f"A quince of {i}.", "date": date} for i, date in dates.items()))])
    found = {
        span: sorted(set(ids(library.search("quince", after=span[0], before=span[1]))) & set(dates))
        for span in (("2013-09-01", "2013-09-05"), ("2013-01-01", "2013-03-31"), ("2014-01-01", None))
    }
    assert list(found.values()) == [["month", "year"], ["year"], ["later"]]
    near = find_candidates(library._view(), words.encode_question("quince"), [], [IndexFilter()], 50)
    assert {candidate.date for candidate, _ in near} >= {735121, month_code(2013, 9), YEARS + 2013, 735354, NO_DATE}


def test_vectors_come_back_as_they_went_in(library, words):
    view, store = library._view(), library._store
    proposed = find_candidates(view, words.encode_question("bridge"), [], [IndexFilter()], 9)
    keys = [c.key for c, _ in proposed]
    rows, vectors = store.sentence_vectors(keys)
    found = store.passages(keys)
    assert set(rows) == set(keys)
    for key in keys:
        passage, article = found[key]
        own = [words.encode_question(article.text[a:b]) for a, b in passage.sentences]
        np.testing.assert_allclose(vectors[rows[key]], own, atol=1e-3)
    text = BRIDGE["text"]
    spans, vector, parts = store.encoded([text, "never stored"])[text]
    assert [text[a:b] for a, b in spans] == text.replace(". ", ".|").split("|")
    np.testing.assert_allclose(vector, words.encode_question(text), atol=1e-6)
    assert parts.shape == (2, 64)


# What identifies an article


FERRY = {
    "id": "1",
    "title": "Ferry delayed",
    "outlet": "The Delta Herald",
    "text": "The ferry was delayed by ice on Monday.",
}
MINE = {
    "id": "1",
    "title": "Mine closes",
    "outlet": "Inland Post",
    "text": "The coal mine of Tarn closed on Friday for good.",
}
FINED = {"title": "Minister fined", "url": "https://republic.example/fined?utm_source=x", "outlet": "Reuters",
         "text": "The former minister has been fined 5,000 crowns for contempt, the speaker said."}  # fmt: skip
CORRECTED = FINED | {"text": FINED["text"].replace("5,000", "500"), "url": "http://www.republic.example/fined/"}


def test_an_id_of_two_outlets_is_two_articles(index, news, words):
    herald, inland = news(FERRY, name="herald.jsonl"), news(MINE, name="inland.jsonl")
    rag.build([herald], index=index, encoder=words).close()
    with rag.open(index, encoder=words) as library:
        library.add([inland])
        assert {a.id: a.outlet for a in library.articles()} == {"1": "The Delta Herald", "1@inland-post": "Inland Post"}
        assert ids(library.search("coal mine of Tarn", k=1)) == ["1@inland-post"]
        assert library.article("1@inland-post").text == MINE["text"]
    amended = news(MINE | {"outlet": "Inland Weekly"}, name="inland.jsonl")
    with rag.build([amended, herald], index=index, encoder=words) as library:
        assert {a.id: a.outlet for a in library.articles()} == {
            "1": "The Delta Herald",
            "1@inland-post": "Inland Weekly",
        }
        assert library.remove(["1"]) == 1
        assert [a.id for a in library.articles()] == ["1@inland-post"]
        assert len(library.versions("1@inland-post")) == 1


@pytest.mark.parametrize("dates", [("2023-09-30", "2023-10-02"), (None, None)])
def test_a_later_text_at_an_address_is_a_version(index, news, words, dates):
    one, two = (
        news(r | {"date": d}, name=f"{d}{r['text'][40]}{n}.jsonl")
        for n, (r, d) in enumerate(zip((FINED, CORRECTED), dates, strict=True))
    )
    with rag.build([one, two], index=index, encoder=words) as library:
        (article,) = library.articles()
        assert article.text == CORRECTED["text"]
        assert [v.article.text for v in library.versions(article.id)] == [CORRECTED["text"], FINED["text"]]
        (change,) = cited(library, "minister fined").revision.changes
        assert (change.removed, change.added, change.difference) == ("5,000", "500", "number")
        generation, read = library._store.generation(), words.read
    with rag.build([one, two], index=index, encoder=words) as again:
        assert (again.report.unchanged, again.report.earlier, words.read) == (1, 1, read)
        assert again._store.generation() == generation
    if dates[0]:
        with rag.build([two, one], index=index, encoder=words) as again:
            assert [a.text for a in again.articles()] == [CORRECTED["text"]]
    assert rag.examine(index).ok


def test_a_text_that_is_older_when_it_is_read_is_an_earlier_version(index, news, words):
    with rag.build([news(CORRECTED | {"date": "2023-10-02"}, name="b.jsonl")], index=index, encoder=words) as library:
        library.add([news(FINED | {"date": "2023-09-30"}, name="a.jsonl")])
        (article,) = library.articles()
        assert (article.text, library.report.earlier) == (CORRECTED["text"], 1)
        _current, earlier = library.versions(article.id)
        assert (earlier.article.text, earlier.current, earlier.retired) == (FINED["text"], False, None)
        assert [h.text for h in library.search("minister fined", k=9)] == [CORRECTED["text"]]
        assert library.outlets() == {"Reuters": 1}
        library.compact()
    assert rag.examine(index).ok
