"""An answer is quotations with outlet and date, or nothing; here with the real model."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.database import database

import rag
from rag.answer.citation import cite
from rag.article import Article
from rag.errors import CitationError, LibraryError, QuestionError
from rag.passage import Passage
from rag.retrieval.scored_passage import ScoredPassage

COPY = BRIDGE | {"id": "copy", "outlet": "Tehran Times", "text": BRIDGE["text"] + " The works take a month."}
LONG = {
    "id": "long",
    "outlet": "Reuters",
    "date": "2015-06-30",
    "text": "Ministers met on Monday.\n\nThe view from the tower\n\n"
    "The treasury will sell its shares in the salt mine. A buyer has not been named.\n\nBy Jane Roe",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("asking")
    records = [HARBOUR, BRIDGE, COPY, ORCHARD, LONG]
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, records)))
    return rag.build([folder / "news.jsonl"], index=folder / "index", encoder=real)


def test_every_citation_is_a_span_of_its_article(library):
    answer = library.ask("Why was the bridge closed?")
    assert answer.found
    for c in answer.passages:
        article = library.article(c.article_id)
        assert c.text == article.text[c.start : c.end]
        assert c.start <= c.quote[0] < c.quote[1] <= c.end
        assert (c.outlet, c.date, c.host, c.authors) == (article.outlet, article.date, article.host, article.authors)


def test_the_first_passage_answers(library):
    best = library.ask("By how much will the dock workers' wages rise?").passages[0]
    assert (best.article_id, best.outlet, best.date) == ("harbour", "The Guardian", dt.date(2013, 5, 14))
    assert "The union said wages would rise by four percent." in library.article("harbour").text[slice(*best.quote)]


def test_captions_and_names_are_not_marked_as_answers(library):
    best = library.ask("the view from the tower", k=1, outlets="Reuters").passages[0]
    assert "The view from the tower" in best.text
    assert library.article("long").text[slice(*best.quote)].strip() in (
        "Ministers met on Monday.",
        "The treasury will sell its shares in the salt mine.",
        "A buyer has not been named.",
        "The treasury will sell its shares in the salt mine. A buyer has not been named.",
    )


def test_what_nothing_answers_is_answered_with_nothing(library):
    answer = library.ask("How do I bake sourdough bread?")
    assert (answer.found, answer.passages) == (False, ())
    assert (
        "Nothing in the index answers this\\: no article holds “bake”, “sourdough” or “bread”." in answer.to_markdown()
    )


def test_copies_of_one_text_are_shown_once(library):
    answer = library.ask("Why was the bridge closed?")
    assert [c.article_id for c in answer.passages].count("copy") + [c.article_id for c in answer.passages].count(
        "bridge"
    ) == 1
    shown = answer.passages[0]
    assert {shown.article_id, *shown.copies} == {"bridge", "copy"}
    assert answer.balance.copies == 1


def test_balance_compares_what_is_shown_with_what_is_indexed(library):
    balance = library.ask("Why was the bridge closed?", k=1).balance
    assert (balance.shown.articles, balance.shown.independent) == (1, 1)
    assert balance.index.outlets == {"Reuters": 2, "Press TV": 1, "Tehran Times": 1, "The Guardian": 1}


@pytest.mark.parametrize("spelling", ["Press TV", "PressTV", "press tv", "presstv.ir", ["PRESSTV"]])
def test_outlets_are_known_by_any_spelling(library, spelling):
    assert {h.outlet for h in library.search("bridge", outlets=spelling)} == {"Press TV"}


def test_several_outlets_can_be_asked(library):
    assert {h.outlet for h in library.search("bridge", outlets=["Guardian", "Reuters"])} == {"The Guardian", "Reuters"}


def test_an_outlet_that_is_known_and_not_in_the_index_answers_nothing(library):
    assert library.search("bridge", outlets="Xinhua") == []
    assert library.ask("Why was the bridge closed?", outlets="Xinhua").found is False


def test_an_unknown_outlet_is_an_error_that_names_those_there(library):
    with pytest.raises(QuestionError, match="no outlet 'Daily Planet' in this index; it has: Press TV, Reuters"):
        library.ask("Why was the bridge closed?", outlets=["Daily Planet"])


def test_an_unknown_outlet_names_only_some_of_many(library, monkeypatch):
    monkeypatch.setattr("rag.retrieval.filters.MAX_NAMED", 1)
    with pytest.raises(QuestionError, match=r"it has: Press TV and \d+ more$"):
        library.ask("Why was the bridge closed?", outlets=["Daily Planet"])


@pytest.mark.parametrize(
    ("after", "before", "found"),
    [
        ("2013-05-14", None, {"harbour", "bridge", "copy", "long"}),
        ("2013-05-15", None, {"bridge", "copy", "long"}),
        (None, dt.date(2015, 1, 2), {"harbour", "bridge", "copy"}),
        (None, "2015-01-01", {"harbour"}),
        ("2015-01-02", dt.datetime(2015, 1, 2, 12), {"bridge", "copy"}),
        ("2016-01-01", None, set()),
    ],
)
def test_days_are_inclusive_and_leave_undated_articles_out(library, after, before, found):
    assert {h.article_id for h in library.search("news", after=after, before=before)} == found


def test_undated_passages_that_were_left_out_are_counted(library):
    assert library.ask("bridge", after="2000-01-01").balance.undated_left_out == 1
    assert library.ask("bridge", after="2000-01-01", outlets="Press TV").balance.undated_left_out == 0
    assert library.ask("bridge").balance.undated_left_out == 0


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"undated": False}, {"harbour", "bridge", "copy", "long"}),
        ({"undated": True}, {"harbour", "bridge", "copy", "long", "orchard"}),
        ({"undated": True, "after": "2015-01-01"}, {"bridge", "copy", "long", "orchard"}),
        ({"undated": False, "after": "2015-01-01"}, {"bridge", "copy", "long"}),
        ({"undated": False, "outlets": "Reuters"}, {"long"}),
        ({"outlet_kinds": "newspaper"}, {"harbour", "copy"}),
        ({"outlet_kinds": ["newspaper", "news agency"], "undated": False}, {"harbour", "copy", "long"}),
        ({"outlet_kinds": "newspaper", "outlets": ["Guardian", "Reuters"]}, {"harbour"}),
        ({"outlet_kinds": "newspaper", "before": "2014-01-01"}, {"harbour"}),
    ],
)
def test_undated_articles_and_kinds_of_outlets_are_the_reader_s_choice(library, arguments, found):
    assert {h.article_id for h in library.search("bridge frost blossom harbour mine", **arguments)} == found
    answer = library.ask("bridge frost blossom harbour mine", k=9, min_confidence=0, **arguments)
    assert {c.article_id for c in answer.passages} <= found
    assert answer.balance.allowed.articles == len(found)


def test_dates_in_the_question_combine_with_the_undated_filter(library):
    def found(**more):
        hits = library.search("articles since 2015 on the bridge and the frost", asked_on="2020-01-01", **more)
        return {h.article_id for h in hits}

    assert found(undated=True) == {"bridge", "copy", "long", "orchard"}
    assert found(undated=False) == {"bridge", "copy", "long"}


def test_an_outlet_chosen_by_its_kind_keeps_its_share(ferries):
    answer = ferries.ask(
        "Which ferry sank near us?", k=9, min_confidence=0, outlet_kinds=["news agency", "broadcaster"]
    )
    assert answer.balance.capped == {"Reuters": 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"question": "x", "outlet_kinds": "blog"},
            "no outlet in the index has the kind 'blog'; the kinds are broadcaster",
        ),
        (
            {"question": "x", "outlet_kinds": "newspaper", "outlets": "Reuters"},
            "none of the outlets Reuters has the kind",
        ),
        ({"question": "  "}, "the question is empty"),
        ({"question": "x" * 2001}, "has 2,001 characters; at most 2,000"),
        ({"question": "x", "k": 0}, "k is 0; ask for 1 to 1,000 passages"),
        ({"question": "x", "after": "yesterday"}, "after is 'yesterday'; give a day as YYYY-MM-DD"),
        ({"question": "x", "asked_on": "14.5.2013"}, "asked_on is '14.5.2013'"),
        (
            {"question": "x", "after": "2014-01-01", "before": "2013-01-01"},
            r"after \(2014-01-01\) is later than before",
        ),
    ],
)
def test_what_makes_no_sense_is_an_error(library, arguments, message):
    with pytest.raises(QuestionError, match=message):
        library.ask(**arguments)


def test_full_width_letters_are_the_plain_ones_to_the_encoder_too(library):
    plain = library.ask("Why was the bridge closed?", k=1)
    wide = library.ask("Ｗｈｙ ｗａｓ ｔｈｅ ｂｒｉｄｇｅ ｃｌｏｓｅｄ？", k=1)
    assert wide.passages[0].article_id == plain.passages[0].article_id
    assert wide.signals.sentence == pytest.approx(plain.signals.sentence)


def test_a_follow_up_is_searched_for_together_with_the_question_before(library):
    answer = library.ask("And why?", previous="Was the bridge closed?", k=1)
    assert answer.searched == "Was the bridge closed? And why?"
    assert answer.question == "And why?"
    assert answer.passages[0].article_id in ("bridge", "copy")


def test_a_new_topic_is_asked_alone_and_what_is_taken_from_before_can_be_ignored(library):
    before = library.ask("Was the bridge closed?")
    alone = library.ask("What did The Guardian report about wages in Rotterdam?", min_confidence=0)
    after = library.ask("What did The Guardian report about wages in Rotterdam?", previous=before, min_confidence=0)
    assert (after.searched, after.passages, after.constraints) == (alone.searched, alone.passages, alone.constraints)
    taken = library.ask("And why?", previous=before).constraints
    assert [(c.kind, c.words, c.applied) for c in taken] == [("previous", "Was the bridge closed?", True)]
    for words in ("was the bridge closed?", "all"):
        refused = library.ask("And why?", previous=before, ignore=words)
        assert (refused.searched, refused.constraints[0].why) == ("And why?", "ignored")


def test_the_answer_before_says_what_its_question_was_completed_to(library):
    first = library.ask("According to Press TV, was the bridge closed in 2015?")
    second = library.ask("and in 2016?", previous=first)
    third = library.ask("and in 2017?", previous=second)
    assert second.completed == "According to Press TV, was the bridge closed in 2016?"
    assert third.completed == "According to Press TV, was the bridge closed in 2017?"
    assert [c.outlet for c in third.constraints if c.outlet] == ["Press TV"]


def test_a_time_that_counts_from_the_answer_before_is_that_of_its_first_article(library):
    before = library.ask("Why was the bridge closed?")
    later = library.ask("and after that?", previous=before, min_confidence=0)
    assert [(c.after, c.applied) for c in later.constraints if c.kind == "period"] == [(dt.date(2015, 1, 3), True)]
    ignored = library.ask("and after that?", previous=before, min_confidence=0, ignore="after that")
    assert [(c.why, c.applied) for c in ignored.constraints if c.kind == "period"] == [("ignored", False)]


def test_a_follow_up_to_what_was_no_question_takes_nothing_from_it(library):
    thanks = library.ask("Thanks!")
    answer = library.ask("Why was the bridge closed to them?", previous=thanks, k=1)
    assert answer.completed == "Why was the bridge closed to them?"
    assert [c.kind for c in answer.constraints] == []


def test_previous_is_a_question_or_an_answer(library):
    with pytest.raises(QuestionError, match="previous is a dict; give the previous question, or its Answer"):
        library.ask("Why?", previous={"question": "Was the bridge closed?"})


def test_hits_come_best_first_and_no_more_than_asked(library):
    hits = library.search("frost in the apple orchards", k=3)
    assert len(hits) == 3
    assert hits[0].article_id == "orchard"
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)


def test_an_answer_is_plain_json(library):
    answer = library.ask("Why was the bridge closed?", k=1)
    values = json.loads(json.dumps(answer.to_dict()))
    assert values["passages"][0]["date"] == "2015-01-02"
    assert list(values) == [
        "question", "searched", "grade", "found", "notice", "passages", "balance", "constraints", "aliases",
        "confidence", "signals", "near_left_out", "figures", "suggestions", "searched_by", "missing", "why",
        "completed",
    ]  # fmt: skip
    assert list(values["signals"]) == [
        "sentence", "own", "words", "unknown", "strangers", "named", "relevance", "reader", "lead", "timely",
    ]  # fmt: skip
    assert (values["constraints"], values["aliases"]) == ([], [])


def test_markdown_shows_outlet_host_and_date_and_holds_no_markup_from_articles(tmp_path, real, news):
    hostile = {
        "id": "h",
        "outlet": "*Bold* Times",
        "host": "mirror.example",
        "date": "2020-02-01",
        "date_basis": "posted by host",
        "text": "# The mayor said [click](javascript:alert(1)) <img src=x onerror=alert(1)> about the *new* tram line.",
    }
    library = rag.build([news(hostile)], index=tmp_path / "i", encoder=real)
    markdown = library.ask("What did the mayor say about the tram line?").to_markdown()
    assert "According to **\\*Bold\\* Times**, via mirror.example, 1 February 2020 \\(posted by host\\):" in markdown
    assert "> \\# The mayor said \\[click\\]\\(javascript\\:alert\\(1\\)\\) \\<img src\\=x" in markdown


def test_a_quotation_that_no_longer_equals_its_article_is_an_error(tmp_path, real, news):
    library = rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=real)
    citation = library.ask("What did the dock workers end?").passages[0]
    library.verify(citation)
    with pytest.raises(CitationError, match="the words quoted from article harbour are not those stored"):
        library.verify(dataclasses.replace(citation, text=citation.text.replace("four", "five")))
    with pytest.raises(CitationError, match="outlet or date shown"):
        library.verify(dataclasses.replace(citation, outlet="Reuters"))
    with database(tmp_path / "i") as db:
        db.execute("UPDATE article SET text = 'short'")
    with pytest.raises(LibraryError, match=r"article 'harbour' in .* is not as it was stored: the database is damaged"):
        library.ask("What did the dock workers end?")


def test_a_passage_beyond_its_article_is_not_quoted():
    article = Article("harbour", "Too short.")
    with pytest.raises(CitationError, match="article harbour has no span 0:90 with a quotation 0:90"):
        cite(ScoredPassage(Passage("harbour", 0, 90, ((0, 90),)), article, (1,), 1.0, 1.0, np.ones(1, np.float32)))


# What is shown of what is found, here by words alone


def shown(answer):
    return [c.article_id for c in answer.passages]


FERRY_NEWS = [
    {"id": f"{outlet[0]}{i}", "outlet": outlet, "date": f"2020-01-0{i + 1}", "text": f"The ferry sank near {place}."}
    for outlet, places in (
        ("Reuters", ["Alba", "Bari", "Cork", "Dover", "Essen"]),
        ("Press TV", ["Faro", "Genoa"]),
    )
    for i, place in enumerate(places)
]


@pytest.fixture
def ferries(tmp_path, news, words):
    with rag.build([news(*FERRY_NEWS, HARBOUR, ORCHARD)], index=tmp_path / "i", encoder=words) as made:
        yield made


def test_of_one_outlet_no_more_than_its_share_is_shown_and_the_rest_is_counted(ferries):
    answer = ferries.ask("Which ferry sank near us?", k=9, min_confidence=0)
    assert [c[0] for c in sorted(shown(answer))] == ["P", "P", "R", "R", "R"]
    assert answer.balance.capped == {"Reuters": 2}
    assert answer.balance.shown.outlets == {"Reuters": 3, "Press TV": 2}


@pytest.mark.parametrize(
    ("question", "outlets"),
    [
        ("Which ferry sank near us?", ["Reuters", "Press TV"]),
        ("According to Reuters or Press TV, which ferry sank?", None),
    ],
)
def test_where_outlets_are_asked_for_there_is_no_share(ferries, question, outlets):
    answer = ferries.ask(question, k=9, outlets=outlets, min_confidence=0)
    assert sorted(shown(answer)) == ["P0", "P1", "R0", "R1", "R2", "R3", "R4"]
    assert answer.balance.capped == {}


def test_a_site_whose_outlet_is_unknown_has_a_share_of_its_own(tmp_path, news, words):
    records = [
        r | {"outlet": None, "host": f"{'mirror' if i < 5 else 'other'}.example"} for i, r in enumerate(FERRY_NEWS)
    ]
    library = rag.build([news(*records)], index=tmp_path / "i", encoder=words)
    answer = library.ask("Which ferry sank near us?", k=9, min_confidence=0)
    assert [c[0] for c in sorted(shown(answer))] == ["P", "P", "R", "R", "R"]
    assert answer.balance.capped == {"mirror.example": 2}


def test_outlets_of_which_nothing_fits_are_named(ferries):
    assert ferries.ask("Which ferry sank near us?", min_confidence=0).balance.unmatched_outlets == ("The Guardian",)
    after = ferries.ask("Which ferry sank near us?", after="2020-01-01", min_confidence=0).balance
    assert (after.allowed.outlets, after.unmatched_outlets) == ({"Reuters": 5, "Press TV": 2}, ())
    strike = ferries.ask(
        "Dock workers ended their strike", outlets=["The Guardian", "Press TV"], min_confidence=0
    ).balance
    assert strike.unmatched_outlets == ("Press TV",)
    assert (
        ferries.ask("Which ferry sank near us?", min_confidence=1).balance.unmatched_outlets == ()
    )  # nothing is shown


def test_what_fits_far_less_than_the_best_is_not_shown(ferries):
    assert shown(ferries.ask("Frost destroyed most of the apple blossom in the valley", k=9, min_confidence=0)) == [
        "orchard"
    ]
    assert len(ferries.search("Frost destroyed most of the apple blossom in the valley", k=9)) == 9


LOCK = "The lock keeper {} opened gate number {} for the barges at noon, and the barges went on to the lake."
BARGES = [LOCK.format(name, i) for i, name in enumerate(["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal"])]


@pytest.fixture
def barges(tmp_path, news, words):
    """An article of eight passages, a sentence each, all of which fit."""
    words.max_tokens = 25
    return rag.build([news({"id": "barges", "text": " ".join(BARGES)})], index=tmp_path / "i", encoder=words)


def test_passages_that_follow_each_other_are_shown_as_one(barges):
    text = barges.article("barges").text
    spans = sorted((h.start, h.end) for h in barges.search("lock keeper"))
    assert [text[a:b] for a, b in spans] == BARGES
    (one, *_) = barges.ask("Cy opened gate number 2 and Di opened gate number 3", min_confidence=0).passages
    assert one.text == text[one.start : one.end] == f"{BARGES[2]} {BARGES[3]}"
    assert (one.start, one.end) == (spans[2][0], spans[3][1])
    assert one.start <= one.quote[0] < one.quote[1] <= one.end


def test_no_more_than_two_are_joined_and_no_more_than_two_of_an_article_shown(barges):
    answer = barges.ask("The lock keeper opened the gate for the barges at noon", k=9, min_confidence=0)
    assert [len(c.text.split(". ")) for c in answer.passages] == [2, 2]
    assert sum(answer.balance.capped.values()) == 4
    assert list(answer.balance.capped) == ["an unknown outlet"]
    assert [v.shown for v in answer.balance.outlet_matches].count(False) == 4


@pytest.mark.parametrize("k", [1, 2, 7])
@pytest.mark.parametrize(
    "question", ["gate number 5 and gate number 6", "ferry", "lake", "Hal", "Which ferry sank near us?", "5", "<b>"]
)
def test_whatever_is_asked_the_words_shown_are_the_articles(barges, ferries, question, k):
    for library in (barges, ferries):
        answer = library.ask(question, k=k, min_confidence=0)
        assert 1 <= len(answer.passages) <= k
        assert sum(voice.shown for voice in answer.balance.outlet_matches) == len(answer.passages)
        for c in answer.passages:
            article = library.article(c.article_id)
            assert c.text == article.text[c.start : c.end] != ""
            assert c.start <= c.quote[0] < c.quote[1] <= c.end
            assert (c.outlet, c.date) == (article.outlet, article.date)
