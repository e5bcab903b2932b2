"""Comparisons: a row for each group, by what it is grouped, and what is said of groups without one."""

import datetime as dt
import json

import pytest
from support import WordEncoder
from support.hostile import EVIL

import rag
from rag.answer.confidence import ConfidenceModel
from rag.comparison.side_by_side import compare as module
from rag.comparison.side_by_side import find
from rag.comparison.side_by_side.sides import sides_in_text
from rag.errors import QuestionError

FERRY = "The ferry sank off the northern coast with {} people on board."
NEWS = [
    {"id": "a", "outlet": "Reuters", "date": "2018-03-01", "text": FERRY.format("eleven")},
    {"id": "b", "outlet": "Press TV", "date": "2019-03-01", "host": "mirror.example",
     "text": "Rescuers say that the ferry which sank had left the coast in a storm."},
    {"id": "c", "outlet": "BBC News", "date": "2019-05-01",
     "text": "The owner of the ferry that sank denies any blame."},
    {"id": "d", "outlet": "BBC News", "date": "2021-05-01",
     "text": "A court found that the ferry sank since a door on its northern side was left open."},
    {"id": "e", "outlet": "Harbour Voice", "text": "Apples were sold at a low price in the market square."},
    {"id": "f", "date": "2018", "text": "Whether the ferry sank or was sunk, nobody on the coast knows."},
]  # fmt: skip
ASKED = "Why did the ferry sink off the coast?"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparing")
    (folder / "news.json").write_text(json.dumps(NEWS))
    with rag.build([folder / "news.json"], index=folder / "index", encoder=WordEncoder()) as made:
        yield made


def rows(comparison):
    return {row.group: row.citation.article_id for row in comparison.rows}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"Reuters": "a", "Press TV": "b", "BBC News": "d", "an unknown outlet": "f"}),
        ({"by": "kind"}, {"news agency": "a", "broadcaster": "b", "unclassified": "f"}),
        ({"by": "host"}, {"mirror.example": "b", "an unknown site": "a"}),
        ({"by": "country"}, {"Iran": "b", "United Kingdom": "a", "country not known": "f"}),
        ({"by": "year"}, {"2018": "a", "2019": "b", "2021": "d"}),
        ({"sides": {"agencies": "news agencies", "others": ["BBC", "Press TV"]}}, {"agencies": "a", "others": "b"}),
        ({"outlets": ["Reuters", "BBC"]}, {"Reuters": "a", "BBC News": "d"}),
        ({"exclude_outlets": "BBC", "after": "2019-01-01"}, {"Press TV": "b"}),
    ],
)
def test_each_group_has_its_best_passage(library, given, expected):
    found = library.compare("The ferry sank off the northern coast", **given)
    assert rows(found) == expected


def test_years_are_in_their_order_and_sides_as_named(library):
    assert [row.group for row in library.compare(ASKED, by="year").rows] == ["2018", "2019", "2021"]
    sides = {"second": "Press TV", "first": "Reuters"}
    assert [row.group for row in library.compare(ASKED, sides=sides).rows] == ["second", "first"]


def test_a_row_counts_what_its_group_has_and_when(library):
    row = next(row for row in library.compare("ferry sank").rows if row.group == "BBC News")
    assert (row.passages, row.articles) == (2, 2)
    assert (row.first, row.last) == (dt.date(2019, 5, 1), dt.date(2021, 5, 1))
    unknown = next(row for row in library.compare("ferry sank").rows if row.group == "an unknown outlet")
    assert (unknown.first, unknown.last) == (dt.date(2018, 1, 1), dt.date(2018, 12, 31)), "its date is a year"


def test_groups_without_anything_near_are_silent_with_their_number_of_articles(library):
    found = library.compare("The ferry sank off the northern coast")
    assert [(silent.group, silent.articles) for silent in found.silent] == [("Harbour Voice", 1)]
    assert found.more == 0
    few = library.compare("The ferry sank off the northern coast", k=1)
    assert (len(few.rows), few.more, len(few.silent)) == (1, 3, 1)


def test_a_side_without_an_outlet_in_the_index_is_silent(library):
    found = library.compare(ASKED, sides={"here": "Reuters", "elsewhere": ["Kayhan"]})
    assert rows(found) == {"here": "a"}
    assert [(silent.group, silent.articles) for silent in found.silent] == [("elsewhere", 0)]


def further(comparison):
    return {row.group: [c.article_id for c in row.further] for row in comparison.rows if row.further}


def test_a_row_shows_further_passages_of_other_articles_that_fit_nearly_as_well(library):
    found = library.compare("ferry sank")
    assert further(found) == {"BBC News": ["d"]}
    assert further(library.compare("ferry sank", by="kind")) == {"broadcaster": ["b", "d"]}
    assert further(library.compare("The ferry sank off the northern coast")) == {}, "c scores much less than d"
    assert [(row.group, c.article_id) for row, c in found.passages][:2] == [("BBC News", "c"), ("BBC News", "d")]
    assert [c.article_id for c in found.answer.passages] == [*rows(found).values(), "d"]
    assert (found.more, len(found.silent)) == (0, 1)
    for _, cited in found.passages:
        assert cited.text == library.article(cited.article_id).text[cited.start : cited.end]
    assert found.to_dict()["rows"][0]["further"][0]["article_id"] == "d"
    assert found.to_markdown().count("another article") == 1
    assert found._repr_html_().count("another article") == 1


def test_few_further_passages_are_shown_and_none_is_a_copy_of_another(tmp_path, news, words, monkeypatch):
    told = "The ferry sank off the northern coast, {} says, and nobody at all was hurt when it went down there."
    who = ("a diver", "the mayor", "one guest", "my father", "the owner", "a lawyer")
    records = [
        {"id": f"{outlet}{n}", "outlet": f"Paper {outlet}", "text": f"{told.format(name)} {name} {n} {outlet}."}
        for outlet in range(2) for n, name in enumerate(who[3 * outlet : 3 * outlet + 3])
    ]  # fmt: skip
    same = [{"id": f"same{n}", "outlet": "Copier", "text": FERRY.format("eleven")} for n in range(3)]
    with rag.build([news(*records, *same)], index=tmp_path / "i", encoder=words) as library:
        shown = further(library.compare("The ferry sank off the northern coast"))
        assert {outlet: len(ids) for outlet, ids in shown.items()} == {"Paper 0": 2, "Paper 1": 2}
        monkeypatch.setattr(module, "MAX_FURTHER_IN_ALL", 3)
        assert sum(map(len, further(library.compare("The ferry sank off the northern coast")).values())) == 3


def test_a_further_passage_is_graded_by_itself(library):
    before = library.confidence_model
    library.set_confidence_model(ConfidenceModel("words", {"own": 10.0}, -5.0, 0.05, 0.3, (1, 1)))
    try:
        row = next(row for row in library.compare("ferry sank").rows if row.group == "BBC News")
        assert (row.grade, [c.grade for c in row.further]) == ("answers", ["near"])
        assert further(library.compare("ferry sank", strict=True)) == {}
        least = row.confidence
        assert further(library.compare("ferry sank", min_confidence=least)) == {}
    finally:
        library.set_confidence_model(before.__class__(**{**vars(before), "encoder": "words"}))


def test_copies_share_the_row_of_who_printed_them_first(tmp_path, news, words):
    story = FERRY + (
        " Divers looked for the wreck until the evening, and the harbour master said that nobody had heard the alarm. "
        "The owner of the ferry, who lives in the capital, was not to be reached by telephone on Monday."
    )
    records = [
        {"id": "late", "outlet": "Press TV", "date": "2020-01-01", "text": story.format("eleven")},
        {"id": "first", "outlet": "Kayhan", "date": "2018-01-01", "text": story.format("eleven")},
        {"id": "altered", "outlet": "The Guardian", "date": "2021-01-01", "text": story.format("twelve")},
        {"id": "own", "outlet": "BBC News", "text": "No ferry sank off any coast, the mayor says."},
    ]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        shared, own = library.compare(ASKED).rows
        assert (shared.group, shared.citation.article_id) == ("Kayhan", "first")
        assert set(shared.shared_with) == {"Press TV", "The Guardian"}
        assert shared.citation.copies == ("late",)
        assert [(variant.outlet, variant.difference) for variant in shared.citation.variants] == [
            ("The Guardian", "number")
        ]
        assert own.group == "BBC News"


def test_the_figures_are_those_of_the_rows(tmp_path, news, words):
    records = [
        {"id": str(n), "outlet": f"Outlet {n}", "text": f"At least {n} people died when the ferry sank in the storm."}
        for n in (40, 44)
    ]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        found = library.compare("How many people died when the ferry sank?")
        given = {f.mentions[0].outlet: f.mentions[0].words for f in found.figures}
        assert given == {"Outlet 40": "At least 40", "Outlet 44": "At least 44"}


def test_a_grade_is_that_of_the_row_and_strict_leaves_near_rows_out(library):
    before = library.confidence_model
    model = ConfidenceModel("words", {"words": 10.0}, -5.0, 0.05, 0.85, (1, 1))
    library.set_confidence_model(model)
    try:
        graded = {row.group: row.grade for row in library.compare("The ferry sank off the northern coast").rows}
        assert graded["Reuters"] == "answers"
        assert "near" in graded.values()
        strict = library.compare("The ferry sank off the northern coast", strict=True)
        assert {row.grade for row in strict.rows} == {"answers"}
        assert strict.grade == "answers"
        none = library.compare("Who sold the northern ferry last winter?", strict=True)
        assert not none.found
        assert none.answer.why.reason == "strict"
        assert none.answer.near_left_out > 0
    finally:
        library.set_confidence_model(before.__class__(**{**vars(before), "encoder": "words"}))


def test_no_row_is_below_the_confidence_asked_for(library):
    before = library.confidence_model
    library.set_confidence_model(ConfidenceModel("words", {"words": 10.0}, -5.0, 0.05, 0.85, (1, 1)))
    try:
        every = library.compare("The ferry sank off the northern coast", min_confidence=0).rows
        some = max(row.confidence for row in every)
        kept = library.compare("The ferry sank off the northern coast", min_confidence=some).rows
        assert 0 < len(kept) < len(every)
        assert all(row.confidence >= some for row in kept)
    finally:
        library.set_confidence_model(before.__class__(**{**vars(before), "encoder": "words"}))


def test_a_question_searched_by_words_has_rows_that_hold_enough_of_them(tmp_path, news, words):
    records = [
        {"id": "a", "outlet": "Die Zeit", "text": "Das Boot wurde gestern im Hafen gestohlen, sagt die Polizei."},
        {"id": "b", "outlet": "Der Spiegel", "text": "Die Polizei sucht nach einem Hund, der im Park gesehen wurde."},
    ]
    words.languages = frozenset({"en"})
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        found = library.compare("Wer hat das Boot im Hafen gestohlen?")
        assert (found.answer.searched_by, rows(found)) == ("words", {"ZEIT ONLINE": "a"})


@pytest.mark.parametrize(
    ("question", "given", "reason"),
    [
        ("hello!", {}, "not a question"),
        (ASKED, {"after": "2030-01-01"}, "filters"),
        ('Who said "four cracks"?', {}, "phrase"),
        ("What did Zelda Quux tell Xanthippe?", {}, "words"),
    ],
)
def test_nothing_is_compared_for_the_same_reasons_as_nothing_is_answered(library, question, given, reason):
    found = library.compare(question, **given)
    assert (found.found, found.grade, found.rows) == (False, "nothing", ())
    assert found.answer.why.reason == library.ask(question, **given).why.reason == reason


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"by": "mood"}, "cannot be compared by 'mood'; choose from outlet, kind, host, country, year"),
        ({"sides": {"one": ["Reuters"]}}, "name 2 to 12 sides"),
        ({"sides": "Reuters"}, "name 2 to 12 sides"),
        ({"sides": {f"side {n}": "Reuters" for n in range(13)}}, "name 2 to 12 sides"),
        ({"sides": {"a": "Reuters", "b": []}}, "side 'b': give it a name"),
        ({"sides": {"a": "Reuters", " ": "BBC"}}, "side ' ': give it a name"),
        ({"sides": {"a": "Reuters", "press tv": "BBC"}}, "'press tv' has the name of Press TV, which is not on it"),
        ({"sides": {"a": "Reuters", "b\x1b[2J": "BBC"}}, "give it a name of at most 100 characters in one line"),
        ({"sides": {"a": "Reuters", "b\nc": "BBC"}}, "give it a name of at most 100 characters in one line"),
        ({"sides": [["Reuters"], ["BBC"]]}, "side ['Reuters'] has no name; name sides in a dictionary"),
        ({"sides": {"a": "Reuters", "b": ["BBC", "reuters.com"]}}, "Reuters is on two sides, 'a' and 'b'"),
        ({"sides": {"a": "Reuters", "b": "Presss TV"}}, "'Presss TV' in this index; did you mean Press TV?"),
        ({"sides": {"a": "Reuters", "b": "Nobody"}}, "`according outlets` lists the outlets"),
        ({"k": 0}, "k"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_says_what_to_do(library, given, message):
    with pytest.raises(QuestionError) as raised:
        library.compare(ASKED, **given)
    assert message in str(raised.value)


def test_sides_are_saved_with_the_index_and_used_by_name(library):
    assert library.save_side("state", ["Press TV", "Iranian media"]) == ("Press TV",)
    assert library.save_side("agencies", "news agencies") == ("Reuters",)
    assert library.sides() == {"agencies": ("news agencies",), "state": ("Press TV", "Iranian media")}
    assert rows(library.compare(ASKED, sides=["state", "agencies"])) == {"state": "b", "agencies": "a"}
    assert rows(library.compare(ASKED, sides=["state", "Reuters"])) == {"state": "b", "Reuters": "a"}
    with pytest.raises(QuestionError, match="no outlet"):
        library.save_side("bad", ["Nobody"])
    with pytest.raises(QuestionError, match="no side 'bad' is saved; those saved are agencies, state"):
        library.save_side("bad", None)
    library.save_side("state", None)
    library.save_side("agencies", None)
    assert library.sides() == {}


def test_the_letter_case_of_the_name_of_a_side_does_not_matter(library):
    given = ["state: Press TV", "other: Reuters", "STATE: BBC"]
    assert sides_in_text(given, {}) == {"state": ("Press TV", "BBC"), "other": ["Reuters"]}
    assert library.compare(ASKED, sides=sides_in_text(given, {})).sides["state"] == ("Press TV", "BBC News")
    twice = {"state": "Press TV", "State": "BBC", "other": "Reuters"}
    assert library.compare(ASKED, sides=twice).sides == {"state": ("Press TV", "BBC News"), "other": ("Reuters",)}
    library.save_side("State", ["BBC"])
    library.save_side("STATE", ["Press TV"])
    assert library.sides() == {"STATE": ("Press TV",)}
    assert library.compare(ASKED, sides=["state", "Reuters"]).sides["STATE"] == ("Press TV",)
    assert sides_in_text(["sTate"], library.sides()) == {"STATE": ("Press TV",)}
    library.save_side("state", None)
    assert library.sides() == {}


def test_a_side_may_have_the_name_of_an_outlet_that_is_on_it_or_not_in_the_index(library):
    sides = {"Reuters": ["Reuters", "BBC"], "Kayhan": "Press TV"}
    assert library.compare(ASKED, sides=sides).sides == {"Reuters": ("Reuters", "BBC News"), "Kayhan": ("Press TV",)}


def test_no_side_is_saved_under_the_name_of_another_outlet(library):
    with pytest.raises(QuestionError, match="give it another name, or add the outlet"):
        library.save_side("reuters.com", ["BBC"])
    assert library.sides() == {}


def test_the_best_passage_of_a_group_is_found_whatever_others_have(tmp_path, news, words, monkeypatch):
    """One outlet has more passages nearer to the question than a look at the whole index proposes."""
    monkeypatch.setattr(find, "POOL", 20)
    many = [
        {"id": f"m{n}", "outlet": "Reuters", "text": f"The ferry sank off the northern coast on day {n}."}
        for n in range(60)
    ]
    other = {"id": "o", "outlet": "BBC News", "text": "A ferry that sank is what the divers of the town look for."}
    with rag.build([news(*many, other)], index=tmp_path / "i", encoder=words) as library:
        for k in (15, 1):  # all sides are compared, however few rows are wanted
            found = library.compare("The ferry sank off the northern coast", k=k, sides={"a": "Reuters", "b": "BBC"})
            assert rows(found)["b"] == "o"


def test_a_group_that_the_wide_look_has_seen_enough_of_is_not_searched_again(tmp_path, news, words, monkeypatch):
    searched = []
    within = find._within

    def recorded(view, parsed, vector, grouping, groups):
        searched.append(list(groups))
        return within(view, parsed, vector, grouping, groups)

    monkeypatch.setattr(find, "_within", recorded)
    monkeypatch.setattr(find, "POOL", 40)
    many = [
        {"id": f"m{n}", "outlet": "Reuters", "date": f"{2018 + n % 2}-05-01",
         "text": f"On day {n} of the storm the ferry sank off the northern coast, {'as ' * (n % 9)}they say."}
        for n in range(80)
    ]  # fmt: skip
    few = [{"id": f"f{n}", "date": "2021-05-01", "text": FERRY.format(n)} for n in range(3)]
    with rag.build([news(*many, *few)], index=tmp_path / "i", encoder=words) as library:
        quick = library.compare("The ferry sank off the northern coast", by="year")
        assert searched == [["2021"]]
        monkeypatch.setattr(find, "_seen", lambda *_: {})
        slow = library.compare("The ferry sank off the northern coast", by="year")
        assert set(searched[1]) == {"2018", "2019", "2021"}
        assert [row.citation.score for row in quick.rows] == [row.citation.score for row in slow.rows]
        assert len(quick.rows) == 3


def test_outlets_that_were_not_looked_at_are_not_said_to_have_nothing(tmp_path, news, words, monkeypatch):
    monkeypatch.setattr(find, "POOL", 20)
    monkeypatch.setattr(find, "MAX_WEIGHED", 20)
    many = [
        {"id": f"m{n}", "outlet": f"Paper {n:02}", "text": f"The ferry sank off the northern coast on day {n} of May."}
        for n in range(60)
    ]
    with rag.build([news(*many)], index=tmp_path / "i", encoder=words) as library:
        found = library.compare("The ferry sank off the northern coast")
        assert (found.whole, found.to_dict()["whole"]) == (False, False)
        assert found.silent
        said = "since more are near than can be compared"
        assert said in found.to_markdown()
        assert "No passage near enough from" not in found.to_markdown()
        dossier = library.dossier("The ferry sank off the northern coast").to_markdown()
        assert "what is listed as silent may have some" in dossier.replace("\\", "")
        sides = library.compare("The ferry sank off the northern coast", sides={"a": "Paper 00", "b": "Paper 59"})
        assert (sides.whole, len(sides.rows)) == (True, 2)


def test_outlets_are_silent_where_all_was_looked_at(library):
    assert library.compare(ASKED).whole


def test_both_stores_compare_alike(index, news, words):
    with rag.build([news(*NEWS)], index=index, encoder=words) as library:
        for by, expected in (
            ("outlet", {"Reuters": "a", "Press TV": "b", "BBC News": "d", "an unknown outlet": "f"}),
            ("host", {"mirror.example": "b", "an unknown site": "a"}),
            ("year", {"2018": "a", "2019": "b", "2021": "d"}),
        ):
            found = library.compare("The ferry sank off the northern coast", by=by)
            assert rows(found) == expected
            for row in found.rows:
                text = library.article(row.citation.article_id).text
                assert row.citation.text == text[row.citation.start : row.citation.end]
        library.save_side("one", ["Reuters"])
        assert library.sides() == {"one": ("Reuters",)}


def test_a_row_whose_article_was_changed_meanwhile_is_left_out(tmp_path, news, words):
    with rag.build([news(*NEWS)], index=tmp_path / "i", encoder=words) as library:
        library.compare(ASKED)
        with rag.open(tmp_path / "i", encoder=words) as other:
            other.remove("a")
            assert "Reuters" not in rows(library.compare(ASKED))


def test_a_word_that_differs_by_a_letter_is_searched_for_where_nothing_else_is_found(tmp_path, news, words):
    records = [
        {"id": "a", "outlet": "Reuters", "text": "Valsera signed a treaty on fishing rights with its neighbour."}
    ]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        library.set_confidence_model(ConfidenceModel("words", {"words": 10.0}, -5.0, 0.5, 0.85, (1, 1)))
        found = library.compare("Valsara")
        assert rows(found) == {"Reuters": "a"}
        assert (found.question, found.answer.searched) == ("Valsara", "Valsera")
        assert [each.searched for each in found.answer.suggestions] == [True]
        assert library.ask("Valsara").suggestions == found.answer.suggestions


def test_dictionaries_are_plain_json(library):
    plain = json.loads(json.dumps(library.compare("The ferry sank off the northern coast").to_dict()))
    assert plain["by"] == "outlet"
    assert plain["rows"][0]["citation"]["article_id"] == "a"
    assert plain["rows"][0]["first"] == "2018-03-01"
    assert plain["silent"] == [{"group": "Harbour Voice", "articles": 1}]
    assert "passages" not in plain


@pytest.mark.parametrize(
    "evil", [EVIL, "x\x1b[2J | y\n# z", "</table><iframe src=//evil>", "| --- |\n`code` <b>bold</b>"]
)
def test_hostile_words_are_text_in_every_form(tmp_path, news, words, evil):
    records = [
        {"id": "a", "outlet": f"A {evil}", "title": evil, "text": f"The ferry sank. {evil} said so on the coast."},
        {"id": "b", "outlet": f"B {evil}", "text": f"A ferry off the coast {evil} sank at dawn, the owner says."},
    ]
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as library:
        found = library.compare("Where did the ferry sink off the coast?")
        assert len(found.rows) == 2
        html = found._repr_html_() + found.answer._repr_html_()
        for tag in ("<script", "<img", "<iframe", "<svg", "<b>", '<a href="javascript'):
            assert tag not in html
        assert "\x1b" not in html + found.to_markdown()
        assert "\n# " not in found.to_markdown()


def test_reprs_are_a_line(library):
    assert repr(library.compare("ferry sank", k=1)).startswith("<Comparison by outlet of 'ferry sank': near, ")
    assert repr(library.ask("ferry sank", k=1)).startswith("<Answer to 'ferry sank': near, ")
    assert repr(library.ask("hello!")) == "<Answer to 'hello!': nothing>"
