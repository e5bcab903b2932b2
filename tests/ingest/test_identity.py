"""What identifies an article: an id within its source, else its address, else its content."""

import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import HARBOUR, SHARED, WordEncoder
from support.properties import EXAMPLES

import rag
from rag.article import derived_ids

FERRY = {"id": "1", "title": "Ferry delayed", "outlet": "The Delta Herald", "date": "2016-02-03",
         "text": "The ferry to Outer Selwyn was delayed by ice on Monday, its captain said."}  # fmt: skip
MINE = {"id": "1", "title": "Mine closes", "outlet": "Inland Post", "date": "2017-05-03",
        "text": "The coal mine of Tarn closed on Friday after a hundred years, and 400 lost their work."}  # fmt: skip
TRAM = {"id": "1", "title": "Tram opens", "outlet": "City Sheet", "date": "2018-05-03",
        "text": "The tram of Port Selwyn opens in spring, the mayor said, if the rails arrive."}  # fmt: skip


@pytest.fixture
def build(tmp_path, words):
    def run(*paths, index="i"):
        return rag.build(paths, index=tmp_path / index, encoder=words)

    return run


@pytest.fixture
def add(build):
    def run(*paths, index="i"):
        library = build(paths[0], index=index) if isinstance(index, str) else index
        for path in paths[1:]:
            library.add([path])
        return library

    return run


def outlets(library):
    return {article.id: article.outlet for article in library.articles()}


def unnamed(record):
    return {name: value for name, value in record.items() if name != "outlet"}


BOTH = {"1": "The Delta Herald", "1@inland-post": "Inland Post"}


# Two sources with the same ids


@pytest.mark.parametrize("spelling", ["inland post", "INLAND  POST", "The Inland Post"])
def test_another_spelling_of_an_outlet_is_no_other_source(add, news, spelling):
    later = {**MINE, "outlet": spelling, "text": MINE["text"].replace("400", "500"), "date": "2017-05-04"}
    library = add(news(MINE, name="a.jsonl"), news(later, name="b.jsonl"))
    assert [(a.id, "500" in a.text) for a in library.articles()] == [("1", True)]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the cases are not part of the project")
@pytest.mark.parametrize("way", ["build", "add"])
def test_files_of_two_outlets_that_number_their_rows_keep_all_their_articles(build, add, way):
    files = [SHARED / "cases" / "input" / name for name in ("herald.csv", "inland.csv")]
    library = build(*files) if way == "build" else add(*files)
    assert sorted(outlets(library)) == ["1", "1@inland-post", "2", "2@inland-post"]
    assert library.report.skipped == 0
    for question, article_id in (("ferry delayed by ice", "1"), ("coal mine of Tarn closed", "1@inland-post")):
        assert library.search(question, k=1)[0].article_id == article_id
    assert all(len(library.versions(article_id)) == 1 for article_id in outlets(library))


def test_the_first_keeps_the_id_and_all_keep_theirs_whatever_else_changes(build, news, words):
    herald, inland = news(FERRY, name="herald.jsonl"), news(MINE, name="inland.jsonl")
    assert outlets(build(herald, inland)) == BOTH
    read = words.read
    for paths in ((inland, herald), (inland,), (herald, inland), (herald,), (inland,), (inland, herald)):
        library = build(*paths)
        assert outlets(library).items() <= BOTH.items()
        assert len(outlets(library)) == len(paths)
    assert words.read == read
    again = build(herald, inland)
    assert (again.report.unchanged, again.report.new, again.report.updated) == (2, 0, 0)
    assert outlets(build(inland, herald, index="other")) == {"1": "Inland Post", "1@the-delta-herald": FERRY["outlet"]}


def test_three_outlets_with_one_id_are_three_articles_in_any_order(build, news):
    files = [news(r, name=f"{n}.jsonl") for n, r in enumerate((FERRY, MINE, TRAM))]
    for number, order in enumerate(itertools.permutations(files)):
        library = build(*order, index=f"i{number}")
        assert sorted(outlets(library).values()) == ["City Sheet", "Inland Post", "The Delta Herald"]
        assert "1" in outlets(library)


def test_one_file_may_hold_the_same_id_of_two_outlets(build, news):
    path = news(FERRY, MINE)
    assert outlets(build(path)) == BOTH
    assert build(path).report.unchanged == 2
    assert outlets(build(news(MINE, FERRY))) == BOTH  # the rows have changed places


def test_a_copy_that_is_put_above_the_first_in_its_file_does_not_take_its_id(build, news):
    build(news(FERRY))
    library = build(news(FERRY | {"outlet": "Inland Post"}, FERRY))
    assert outlets(library) == BOTH


def test_files_that_name_no_outlet_are_sources_themselves(build, news):
    library = build(news(unnamed(FERRY), name="herald.jsonl"), news(unnamed(MINE), name="inland.jsonl"))
    assert {a.id: a.title for a in library.articles()} == {"1": "Ferry delayed", "1@inland": "Mine closes"}


def test_an_outlet_does_not_take_the_id_of_an_article_without_one(build, news):
    library = build(news(unnamed(FERRY), name="herald.jsonl"), news(MINE, name="inland.jsonl"))
    assert {a.id: a.title for a in library.articles()} == {"1": "Ferry delayed", "1@inland-post": "Mine closes"}


def test_outlets_whose_names_look_alike_in_an_id_are_told_apart(build, news):
    other = TRAM | {"outlet": "Inland-Post"}
    library = build(news(FERRY, name="a.jsonl"), news(MINE, name="b.jsonl"), news(other, name="c.jsonl"))
    assert outlets(library) == BOTH | {"1@inland-post-c": "Inland-Post"}


def test_an_id_that_is_given_as_another_was_made_replaces_nothing(build, news):
    forged = TRAM | {"id": "1@inland-post"}
    library = build(news(FERRY, name="a.jsonl"), news(MINE, name="b.jsonl"), news(forged, name="c.jsonl"))
    assert outlets(library) == BOTH | {"1@inland-post@city-sheet": "City Sheet"}


def test_ids_in_any_script_are_readable(build, news):
    library = build(news(FERRY, name="a.jsonl"), news(MINE | {"outlet": "کیهان لندن"}, name="b.jsonl"))
    assert set(outlets(library)) == {"1", "1@کیهان-لندن"}


def test_the_earlier_texts_of_a_retired_article_do_not_become_another_outlets(build, news):
    build(news(FERRY, name="herald.jsonl"))
    library = build(news(MINE, name="inland.jsonl"))
    assert [v.article.outlet for v in library.versions("1")] == ["The Delta Herald"]
    assert outlets(library) == {"1@inland-post": "Inland Post"}


# One article that changes


def test_the_same_outlet_in_two_files_is_an_update(build, add, news):
    changed = FERRY | {"text": FERRY["text"].replace("ice", "fog"), "date": "2016-02-04"}
    old, new = news(FERRY, name="january.jsonl"), news(changed, name="february.jsonl")
    for library in (add(old, new), build(old, new, index="other"), build(new, old, index="third")):
        assert [a.text for a in library.articles()] == [changed["text"]]
        assert [v.article.text for v in library.versions("1")] == [changed["text"], FERRY["text"]]


def test_an_outlet_that_is_corrected_in_its_file_is_an_update(build, news):
    build(news(FERRY))
    library = build(news(FERRY | {"outlet": "Delta Herald & Argus"}))
    assert outlets(library) == {"1": "Delta Herald & Argus"}
    assert (library.report.updated, library.report.retired) == (1, 0)


def test_an_outlet_that_is_corrected_keeps_an_id_that_was_made(build, news):
    herald = news(FERRY, name="herald.jsonl")
    build(herald, news(MINE, name="inland.jsonl"))
    library = build(herald, news(MINE | {"outlet": "Inland Post Weekly"}, name="inland.jsonl"))
    assert outlets(library) == {"1": "The Delta Herald", "1@inland-post": "Inland Post Weekly"}


def test_an_outlet_that_is_added_to_its_file_is_an_update(build, news):
    build(news(unnamed(FERRY)))
    assert outlets(build(news(FERRY))) == {"1": "The Delta Herald"}


@pytest.mark.parametrize("record", [FERRY, unnamed(FERRY)])
def test_a_renamed_file_is_no_other_source(build, news, record):
    build(news(record))
    library = build(news(record, name="renamed.jsonl"))
    assert list(outlets(library)) == ["1"]
    assert (library.report.unchanged, library.report.retired) == (1, 0)


def test_a_text_that_changes_in_its_file_is_an_update_however_much_it_changes(build, news):
    build(news(unnamed(FERRY)))
    library = build(news(unnamed(FERRY | {"text": "All is well.", "title": "Correction"})))
    assert [a.text for a in library.articles()] == ["All is well."]
    assert len(library.versions("1")) == 2


def test_one_id_of_one_outlet_for_two_articles_of_two_files_loses_neither(build, news):
    other = MINE | {"outlet": FERRY["outlet"]}
    library = build(news(FERRY, name="2016.jsonl"), news(other, name="2017.jsonl"))
    assert {a.id: a.title for a in library.articles()} == {
        "1": "Ferry delayed", "1@the-delta-herald-2017": "Mine closes",
    }  # fmt: skip


# Without an id


def page(text, url="https://republic.example/fined", **more):
    return {"title": "Minister fined", "outlet": "The Republic Daily", "url": url, "text": text} | more


V1 = page("The former minister has been fined 5,000 crowns for contempt, the speaker said. She will appeal.")
V2 = page(V1["text"].replace("5,000", "500"))


def texts(library):
    return [article.text for article in library.articles()]


def test_ids_are_made_from_the_address_or_else_the_content(news):
    here, there, other, home = rag.read_articles(
        [news(V1, V2 | {"url": f"{V2['url']}/?utm_source=x"}, V1 | {"url": f"{V1['url']}?id=2"},
              V1 | {"url": "https://republic.example/"})]
    )  # fmt: skip
    assert here.id == there.id
    assert len({here.id, other.id, home.id}) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", a.id) for a in (here, other, home))
    assert [len(i) for i in derived_ids(home)] == [32, 20]


@pytest.mark.parametrize("way", ["build", "add", "one file"])
def test_a_later_text_at_one_address_is_a_version(build, add, news, way):
    one, two = news(V1, name="v1.jsonl"), news(V2, name="v2.jsonl")
    library = build(news(V1, V2)) if way == "one file" else build(one, two) if way == "build" else add(one, two)
    (article,) = library.articles()
    assert article.text == V2["text"]
    assert [(v.article.text, v.current) for v in library.versions(article.id)] == [
        (V2["text"], True), (V1["text"], False),
    ]  # fmt: skip
    assert [h.text for h in library.search("fined crowns", k=9)] == [V2["text"]]


def test_reading_both_again_changes_nothing(build, news, words):
    paths = news(V1, name="v1.jsonl"), news(V2, name="v2.jsonl")
    generation, read = build(*paths)._store.generation(), words.read
    for _ in range(2):
        library = build(*paths)
        assert texts(library) == [V2["text"]]
        assert (library.report.unchanged, library.report.earlier) == (1, 1)
        assert str(library.report) == "2 articles read: 0 new, 0 updated, 1 unchanged, 1 earlier"
    library.add([paths[0]])
    assert texts(library) == [V2["text"]]
    assert (library._store.generation(), words.read) == (generation, read)


def test_the_one_with_the_later_date_is_current_in_whatever_order_they_are_read(build, add, news):
    one, two = news(V1 | {"date": "2023-09-30"}, name="a.jsonl"), news(V2 | {"date": "2023-10-02"}, name="b.jsonl")
    both = news(V2 | {"date": "2023-10-02"}, V1 | {"date": "2023-09-30"}, name="both.jsonl")
    for library in (build(two, one), add(two, one, index="j"), add(one, two, index="k"), build(both, index="l")):
        (article,) = library.articles()
        assert article.text == V2["text"]
        assert [v.article.text for v in library.versions(article.id)] == [V2["text"], V1["text"]]
        assert rag.examine(library._store.folder).ok


def test_an_index_holds_the_earlier_text_where_the_files_hold_only_that(build, news):
    one, two = news(V1, name="v1.jsonl"), news(V2, name="v2.jsonl")
    build(one, two)
    assert texts(build(one)) == [V1["text"]]
    assert texts(build(one, two)) == [V2["text"]]


def test_a_file_that_goes_back_to_an_earlier_text_is_followed(add, build, news):
    library = build(news(V1))
    for record in (V2, V1, V2):
        library.add([news(record)])
        assert texts(library) == [record["text"]]


LONG = " ".join(f"The {thing} of the valley was counted and found to be in order." for thing in "abcdefghijklmnopqrst")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (page("The market opened at nine.", "https://x.example/a?id=3"), page("The market closed.", "https://x.example/a?id=4")),
        (page("The market opened at nine.", "https://x.example/"), page("The market opened at ten.", "https://x.example/")),
        (page("The market opened at nine.", "https://x.example/?p=12"), page("The market opened at ten.", "https://x.example/?p=13")),
        (page("Rain is expected in the north, and wind.", title="Live: rain"),
         page("Snow fell overnight on all the roads of the south.", title="Live: snow")),
        (page("Rain is expected in the north, and wind."), page("Shares fell for a third day, brokers said at noon.")),
        (page(LONG), page(LONG[:200])),
        (page(LONG, kind="digest"), page(LONG.replace("order", "ruin"))),
        (page(LONG), page(LONG, outlet="Inland Post")),
    ],
    ids=["query", "home", "post", "live", "briefing", "summary", "digest", "outlet"],
)  # fmt: skip
def test_two_articles_are_never_one(build, news, one, other):
    library = build(news(one, name="a.jsonl"), news(other, name="b.jsonl"))
    assert sorted(texts(library)) == sorted([one["text"], other["text"]])
    assert build(news(one, name="a.jsonl"), news(other, name="b.jsonl")).report.unchanged == 2
    assert texts(build(news(other, name="b.jsonl"))) == [other["text"]]


def test_an_article_with_an_id_is_not_one_with_another_at_its_address(build, news):
    library = build(news(HARBOUR, HARBOUR | {"id": "other"}))
    assert sorted(outlets(library)) == ["harbour", "other"]


@pytest.mark.slow
@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["1", "2", ""]), st.sampled_from(["A Post", "B Post", ""]), st.sampled_from(["a", "b"]),
            st.sampled_from([FERRY["text"], MINE["text"], TRAM["text"]]),
            st.sampled_from(["", "https://x.example/1", "https://x.example/2"]),
        ), max_size=6, unique_by=lambda row: (row[0], row[2]) if row[0] else row,
    )
)  # fmt: skip
def test_no_outlets_text_is_lost_and_building_again_changes_nothing(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("random")
    for name in "ab":
        records = [
            {"id": i, "outlet": o, "text": t, "url": u} for i, o, source, t, u in rows if source == name
        ]  # fmt: skip
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    words = WordEncoder()
    with rag.build([folder], index=folder / ".i", encoder=words) as library:
        known = {(v.article.outlet or "", v.article.text) for a in library.articles() for v in library.versions(a.id)}
        reported = library.report.skipped - sum(not (folder / f"{n}.jsonl").stat().st_size for n in "ab")
        for _, outlet, _, text, _ in rows:
            assert reported or known & {(outlet, text), ("", text)} or (not outlet and any(text == t for _, t in known))
        before, generation = sorted((a.id, a.text) for a in library.articles()), library._store.generation()
    with rag.build([folder], index=folder / ".i", encoder=words) as again:
        assert sorted((a.id, a.text) for a in again.articles()) == before
        assert reported or (again.report.new, again.report.updated) == (0, 0)
        assert reported or again._store.generation() == generation
        assert rag.examine(folder / ".i").ok
