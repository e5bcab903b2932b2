"""Timelines: what answers a question, in the order of when it happened, and which date each entry has."""

import datetime as dt
import json

import pytest
from support import WordEncoder
from support.hostile import EVIL

import rag
from rag.answer.wording import refusal
from rag.comparison.timeline_wording import elsewhere, evidence, notes, spelled
from rag.errors import QuestionError

NEWS = [
    {"id": "later", "outlet": "Reuters", "date": "2018-03-20",
     "text": "The ferry sank in the harbour on 3 March 2018."},
    {"id": "weekday", "outlet": "BBC News", "date": "2018-03-21",
     "text": "Divers found the ferry that sank in the harbour on Monday, the police said."},
    {"id": "year", "outlet": "Kayhan", "date": "2019-01-05",
     "text": "In 1975 a ferry sank in the harbour and was raised."},
    {"id": "none", "outlet": "Press TV", "date": "2018-03-04",
     "text": "Nobody knows why the ferry sank in the harbour."},
    {"id": "undated", "outlet": "Harbour Voice", "text": "A ferry that sank in the harbour is still there."},
    {"id": "host", "outlet": "The Guardian", "host": "mirror.example", "date": "2020-05-06",
     "date_basis": "posted by host",
     "text": "The owner of the ferry that sank in the harbour was charged on Tuesday."},
    {"id": "month", "outlet": "AFP", "date": "May 2017",
     "text": "A ferry nearly sank in the harbour, the captain says."},
]  # fmt: skip
ASKED = "When did the ferry sink in the harbour?"
DATES = {
    "year": ("1975", "year", "sentence"),
    "month": ("2017-05", "month", "article"),
    "later": ("2018-03-03", "day", "sentence"),
    "none": ("2018-03-04", "day", "article"),
    "weekday": ("2018-03-19", "day", "sentence"),
    "host": ("2020-05-06", "day", "article"),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("timeline")
    (folder / "news.json").write_text(json.dumps(NEWS))
    with rag.build([folder / "news.json"], index=folder / "index", encoder=WordEncoder()) as made:
        yield made


def dates(timeline):
    return {e.citation.article_id: (e.when.value, e.when.precision, e.when.basis) for e in timeline.entries}


def test_entries_are_in_the_order_of_what_they_tell_and_say_which_date_that_is(library):
    found = library.timeline(ASKED)
    assert dates(found) == DATES
    assert list(dates(found)) == list(DATES)
    assert [e.citation.article_id for e in found.undated] == ["undated"]
    assert [e.when for e in found.undated] == [None]
    assert found.answer.passages == tuple(e.citation for e in (*found.entries, *found.undated))


def test_the_words_of_a_date_are_a_span_of_the_article(library):
    for entry in library.timeline(ASKED).entries:
        text = library.article(entry.citation.article_id).text
        assert entry.citation.text == text[entry.citation.start : entry.citation.end]
        if entry.when.basis == "sentence":
            start, end = entry.when.span
            assert text[start:end] == entry.when.words != ""
            assert entry.citation.quote[0] <= start < end <= entry.citation.quote[1]
        else:
            assert (entry.when.span, entry.when.words) == (None, "")


def test_a_date_is_counted_only_from_a_day_on_which_the_outlet_published(library):
    by_id = {e.citation.article_id: e for e in library.timeline(ASKED).entries}
    assert by_id["weekday"].when.counted
    assert str(evidence(by_id["weekday"])) == "stated: “Monday”, counted from the date of the article"
    assert str(evidence(by_id["host"])) == "date of the article, posted by host"
    assert str(evidence(by_id["month"])) == "date of the article, which names no day"
    assert str(evidence(by_id["later"])) == "stated: “3 March 2018”"
    assert [spelled(by_id[i].when) for i in ("year", "month", "later")] == ["1975", "May 2017", "3 March 2018"]


def test_a_source_has_one_line_a_day_and_the_sentence_that_states_it(tmp_path, news, words):
    records = [
        {"id": f"a{n}", "outlet": "Reuters", "date": "2018-03-03", "text": text}
        for n, text in enumerate(
            [
                "The ferry sank in the harbour with all its cars, and the ferry sank in the harbour within minutes.",
                "On 3 March 2018 the big ferry of the northern line sank.",
                "Children on the quay saw how the ferry sank in the harbour.",
            ]
        )
    ]
    other = {"id": "b", "outlet": "BBC News", "date": "2018-03-03", "text": "The ferry sank in a calm harbour."}
    with rag.build([news(*records, other)], index=tmp_path / "i", encoder=words) as library:
        found = library.timeline("The ferry sank in the harbour")
        assert {(e.citation.outlet, e.when.value, e.when.basis, e.more) for e in found.entries} == {
            ("Reuters", "2018-03-03", "sentence", 2),
            ("BBC News", "2018-03-03", "article", 0),
        }
        line = next(e for e in found.entries if e.more)
        assert line.citation.article_id == "a1"
        assert str(elsewhere(line)) == "2 more sentences of this source on this date"
        assert "1 entry has the date of the article, since the sentences state none" in notes(found)


def test_copies_are_one_line_that_names_the_others(tmp_path, news, words):
    story = (
        "The ferry sank in the harbour on 3 March 2018. Divers looked for the wreck until the evening, and the harbour "
        "master said that nobody had heard the alarm. The owner, who lives in the capital, was not to be reached."
    )
    records = [
        {"id": name, "outlet": outlet, "date": date, "text": story}
        for name, outlet, date in (
            ("late", "Press TV", "2018-03-06"), ("first", "Kayhan", "2018-03-04"), ("third", "VICE", "2018-03-05"),
        )
    ]  # fmt: skip
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        (entry,) = library.timeline(ASKED).entries
        assert (entry.citation.outlet, entry.when.value) == ("Kayhan", "2018-03-03")
        assert set(entry.also) == {"Press TV", "VICE"}
        assert "also printed by " in str(elsewhere(entry))


def test_each_date_in_the_sentences_that_answer_has_a_line(tmp_path, news, words):
    text = "The ferry sank in the harbour in 1975. The ferry sank in the harbour in 2018."
    with rag.build([news({"id": "a", "outlet": "Reuters", "text": text})], index=tmp_path / "i", encoder=words) as made:
        found = made.timeline("The ferry sank in the harbour")
        assert [(e.when.value, e.citation.quotation) for e in found.entries] == [
            ("1975", "The ferry sank in the harbour in 1975."),
            ("2018", "The ferry sank in the harbour in 2018."),
        ]


def test_the_first_sentences_date_an_event_only_where_it_is_plainly_the_same(tmp_path, news, words):
    lead = "Gunmen killed residents of the northern camp on 1 September 2013. It was reported all over the world. "
    same = "Residents said that the gunmen had come at dawn and killed people of the camp in their beds."
    said = "Residents said the gunmen killed people of the camp in their beds."
    other = "Years earlier, soldiers killed residents of the northern camp in their beds."
    for number, (sentence, expected) in enumerate(
        (
            (said, ("2013-09-01", "first sentences")),
            (same, ("2014-01-01", "article")),
            (other, ("2014-01-01", "article")),
        )
    ):
        path = news({"id": "a", "outlet": "Reuters", "date": "2014-01-01", "text": lead + sentence})
        with rag.build([path], index=tmp_path / f"i{number}", encoder=words) as library:
            asked = "killed in their beds" if sentence is not other else "soldiers killed in their beds years earlier"
            entries = library.timeline(f"Who said that people were {asked}?").entries
            assert [
                (e.when.value, e.when.basis) for e in entries if e.citation.quotation.endswith("beds.")
            ] == [expected]  # fmt: skip


def test_a_title_dates_an_event_that_its_words_tell(tmp_path, news, words):
    record = {
        "id": "a", "outlet": "Reuters", "date": "2014-01-01", "title": "Gunmen killed camp residents: 1 September 2013",
        "text": "The gunmen killed dozens of residents in the camp.",
    }  # fmt: skip
    with rag.build([news(record)], index=tmp_path / "i", encoder=words) as library:
        (entry,) = library.timeline("Who killed residents in the camp?").entries
        assert (entry.when.value, entry.when.basis, entry.when.span) == ("2013-09-01", "title", None)
        assert "stated in the title: “Gunmen killed camp residents: 1 September 2013”" in str(evidence(entry))


def test_where_ask_finds_nothing_there_is_no_entry_and_the_same_reason(library):
    for question, given in (
        ("Who won the chess championship of Reykjavik?", {}),
        ("Thanks!", {}),
        (ASKED, {"after": "2030-01-01"}),
        (ASKED, {"min_confidence": 1}),
    ):
        asked, found = library.ask(question, **given), library.timeline(question, **given)
        assert (found.found, found.entries, found.undated, found.grade) == (False, (), (), "nothing")
        assert asked.why == found.answer.why != None  # noqa: E711
        assert str(refusal(found.answer)) == str(refusal(asked))
        assert str(refusal(asked)) in found.to_dict()["notice"]


def test_filters_are_those_of_ask(library):
    assert dates(library.timeline(ASKED, outlets="Kayhan")) == {"year": DATES["year"]}
    assert set(dates(library.timeline(ASKED, after="2019-01-01"))) == {"year", "host"}
    assert "later" not in dates(library.timeline(ASKED, exclude_outlets=["Reuters"]))
    few = library.timeline(ASKED, k=2)
    assert (len(few.entries) + len(few.undated), few.left_out) == (2, 5)
    assert "5 entries left out" in notes(few)
    for wrong in ({"k": 0}, {"outlets": "Nobody"}, {"after": "soon"}):
        with pytest.raises(QuestionError):
            library.timeline(ASKED, **wrong)


def test_a_misspelt_name_is_searched_as_what_is_meant(tmp_path, news, words):
    record = {"id": "a", "outlet": "Reuters", "text": "The ferry Ashraf sank in 1975 and the crew of Ashraf was saved."}
    with rag.build([news(record)], index=tmp_path / "i", encoder=words) as library:
        found = library.timeline("When did the Ashref sink?")
        assert [s.searched for s in found.answer.suggestions] == [True]
        assert [e.when.value for e in found.entries] == ["1975"]


def test_both_stores_have_the_same_timeline(index, news, words):
    with rag.build([news(*NEWS)], index=index, encoder=words) as library:
        assert dates(library.timeline(ASKED)) == DATES


def test_dictionaries_are_plain_json(library):
    plain = json.loads(json.dumps(library.timeline(ASKED).to_dict()))
    first = plain["entries"][0]
    assert first["citation"]["article_id"] == "year"
    assert first["when"] == {
        "first": "1975-01-01", "last": "1975-12-31", "value": "1975", "precision": "year", "basis": "sentence",
        "counted": False, "words": "1975", "span": [3, 7],
    }  # fmt: skip
    assert (first["also"], first["more"]) == ([], 0)
    assert [entry["when"] for entry in plain["undated"]] == [None]
    assert "passages" not in plain
    assert plain["balance"]["shown"]["articles"] == 7


@pytest.mark.parametrize(
    "evil", [EVIL, "x\x1b[2J | y\n# z", "</table><iframe src=//evil>", "| --- |\n`code` <b>bold</b>", "a\u202eb\u2066c"]
)
def test_hostile_words_are_text_in_every_form(tmp_path, news, words, evil):
    records = [
        {"id": "a", "outlet": f"A {evil}", "title": evil, "host": f"h {evil}", "url": f"javascript:{evil}",
         "text": f"On 1 May 2014 the ferry sank off the coast. {evil} said so on the coast."},
        {"id": "b", "outlet": f"B {evil}", "text": f"A ferry off the coast {evil} sank in 2013, the owner says."},
    ]  # fmt: skip
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        found = library.timeline(f"Where did the ferry sink off the coast? {evil}"[:500], ignore="all")
        assert len(found.entries) + len(found.undated) == 2
        html, markdown = found._repr_html_(), found.to_markdown(dt.date(2024, 1, 2))
        for tag in ("<script", "<img", "<iframe", "<svg", "<b>", '<a href="javascript', "<!--"):
            assert tag not in html
        for sign in ("\x1b", "\u202e", "\u2066"):
            assert sign not in html + markdown
        assert "\n# " not in markdown
        assert "\n|" not in markdown


def test_markdown_is_a_list_with_each_date_and_its_source(library):
    markdown = library.timeline(ASKED).to_markdown(dt.date(2024, 1, 2))
    assert markdown.startswith("**When did the ferry sink in the harbour?**\n")
    assert (
        "\n* **3 March 2018** (stated: “3 March 2018”). According to **Reuters**, 20 March 2018 (published): "
        "“The ferry sank in the harbour on 3 March 2018.”\n"
    ) in markdown.replace("\\(", "(").replace("\\)", ")").replace("\\:", ":")
    assert "\nWithout a date:\n\n* **no date**" in markdown
    assert markdown.endswith("\n\nAccessed 2 January 2024.\n")
    refused = library.timeline("Who won the chess championship of Reykjavik?").to_markdown()
    assert "Nothing in the index answers this" in refused


def test_its_repr_is_a_line_and_a_notebook_shows_a_table(library):
    found = library.timeline(ASKED)
    assert repr(found) == f"<Timeline of {ASKED!r}: {found.grade}, 7 passages, 1975 to 2020-05-06>"
    assert repr(library.timeline("hello!")) == "<Timeline of 'hello!': nothing, 0 passages>"
    assert found._repr_html_().count("<tr>") == 8
    assert "<table" not in library.timeline("hello!")._repr_html_()
