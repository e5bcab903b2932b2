"""One call, or one page, shows one state of the index, whatever another process changes before or meanwhile."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from support.plain_pages import get, known, outlet, rows, texts
from support.processes import Other

import rag
from rag.browse import ReadOnlyLibrary
from rag.stores.milvus import tables
from rag.stores.sqlite import connection
from rag.web.endpoints import endpoints

SANK = "The ferry to the island sank at dawn near the old pier. Nobody on board was hurt, the harbour master said."
ASKED = "Where did the ferry to the island sink at dawn?"
FERRY = {"id": "ferry", "outlet": "Reuters", "date": "2020-01-01", "text": SANK}
COPY = {"id": "copy", "outlet": "Press TV", "date": "2020-01-03", "text": SANK}
DIVERS = {
    "id": "divers", "outlet": "The Guardian", "date": "2020-01-05",
    "text": "Divers found the ferry to the island where it had sunk at dawn. The pier is closed until the spring.",
}  # fmt: skip
FROST = {
    "id": "frost",
    "outlet": "Daily Orchard",
    "date": "2019-05-05",
    "text": "Frost took the blossom. Growers wept.",
}
BEFORE = [FERRY, COPY, DIVERS, FROST]
BUILD = """
with rag.build([file], index=INDEX, encoder=WordEncoder()) as library:
    result = library._store.generation()
"""
REMOVE = """
with rag.open(INDEX, encoder=WordEncoder()) as library:
    result = library.remove(["copy"])
"""


def amended(record):
    return record | {"outlet": "The Islander", "date": "2021-12-31"}


# What the other process makes of the index that has BEFORE, and had DIVERS first with another text, then not at all.
CHANGES = {
    "adds a copy": [*BEFORE, FERRY | {"id": "late", "outlet": "The Islander"}],
    "adds another": [*BEFORE, DIVERS | {"id": "late", "outlet": "The Islander", "text": "Late: " + DIVERS["text"]}],
    "amends a copy": [FERRY, amended(COPY), DIVERS, FROST],
    "amends all": [amended(FERRY), amended(COPY), amended(DIVERS), amended(FROST)],
    "replaces the text": [FERRY, COPY, DIVERS | {"text": SANK}, FROST],
    "alters a copy": [FERRY, COPY | {"text": SANK.replace("at dawn", "at noon")}, DIVERS, FROST],
    "retires": [FERRY, COPY, FROST],
    "retires what is quoted": [DIVERS, FROST],
    "restores": [*BEFORE, {"id": "back", "outlet": "The Islander", "text": SANK}],
    "removes": [FERRY, DIVERS, FROST],
}
# All changes to a folder; to Milvus, where each takes seconds, one of each kind.
EACH_CHANGE = pytest.mark.parametrize(
    ("index", "what"),
    [("folder", what) for what in CHANGES]
    + [
        pytest.param("milvus", what, marks=pytest.mark.server)
        for what in ("adds a copy", "amends a copy", "alters a copy", "retires what is quoted", "restores", "removes")
    ],
    indirect=["index"],
)
pytestmark = pytest.mark.slow  # each test starts a process of its own


@pytest.fixture(scope="module")
def other():
    process = Other()
    yield process
    process.kill()


@pytest.fixture
def change(index, other, news):
    """A function that lets the other process make the index hold some records."""

    def make(records):
        removed = {"copy"} - {record["id"] for record in records} if "ferry" in {r["id"] for r in records} else set()
        code = REMOVE if removed else BUILD
        other(code.replace("INDEX", repr(str(index))), file=news(*records))

    return make


@pytest.fixture
def library(index, news, words, change):
    """The library, asked once, after "back" was retired."""
    rag.build([news(*BEFORE, CHANGES["restores"][-1])], index=index, encoder=words).close()
    rag.build([news(*BEFORE)], index=index, encoder=words).close()
    with rag.open(index, encoder=words) as library:
        assert whole(asked(library), BEFORE)
        yield library


@pytest.fixture
def stale(library, monkeypatch):
    """The same; no newer view comes in time, as while a large index is built."""
    monkeypatch.setattr(library._current, "_load_in_thread", lambda: None)
    return library


def asked(library, **filters):
    return library.ask(ASKED, k=3, min_confidence=0, **filters)


# What an answer or a list may show


@dataclass(frozen=True)
class State:
    """What is in an index: outlet and date by id, and the ids that print the words of SANK."""

    articles: dict[str, tuple[str | None, str | None]]
    printing: frozenset[str]

    @classmethod
    def of(cls, records):
        printing = frozenset(record["id"] for record in records if record["text"] == SANK)
        return cls({r["id"]: (r.get("outlet"), r.get("date")) for r in records}, printing)

    @property
    def outlets(self):
        return dict(Counter(outlet for outlet, _ in self.articles.values()))

    def faults(self, answer):
        """What of an answer is not of this state."""
        weighed, faults = answer.balance, []

        def differs(what, found, expected):
            if found != expected:
                faults.append(f"{what}: {found}, not {expected}")

        differs("outlets of the index", weighed.index.outlets, self.outlets)
        differs("articles of the index", weighed.index.articles, len(self.articles))
        dates = sorted(date for _, date in self.articles.values() if date)
        differs("last date", str(weighed.index.last), dates[-1])
        for passage in answer.passages:
            differs(passage.article_id, (passage.outlet, str(passage.date)), self.articles.get(passage.article_id))
            prints = passage.article_id in self.printing
            others = (self.printing if prints else frozenset()) - {passage.article_id}
            if not set(passage.copies) <= others:
                faults.append(f"copies of {passage.article_id}: {passage.copies}, not among {others}")
            names = {self.articles[i][0] for i in (passage.article_id, *passage.copies) if i in self.articles}
            differs("republishers", set(passage.republishers), names)
            for variant in passage.variants:
                found = variant.outlet, str(variant.date)
                differs(f"variant {variant.article_id}", found, self.articles.get(variant.article_id))
        for match in weighed.outlet_matches:
            differs(match.article_id, (match.outlet, str(match.date)), self.articles.get(match.article_id))
        if answer.passages:  # all articles but "frost" answer
            answering = {outlet for i, (outlet, _) in self.articles.items() if i != "frost"}
            if not set(weighed.unmatched_outlets) <= set(self.outlets) - answering:
                faults.append(f"without a match: {weighed.unmatched_outlets}")
        return faults


def whole(answer, records):
    """Whether an answer shows all that there is to a question in some records, with the outlets that they have."""
    there = {record["id"]: record["outlet"] for record in records}
    copies = {i for p in answer.passages for i in p.copies}
    variants = {variant.article_id for p in answer.passages for variant in p.variants}
    shown = {p.article_id for p in answer.passages} | copies | variants
    return shown | {"frost"} == set(there) and all(there[p.article_id] == p.outlet for p in answer.passages)


# Questions


@EACH_CHANGE
def test_an_answer_is_of_the_state_that_was_searched_without_what_changed_and_lists_are_of_now(stale, change, what):
    change(CHANGES[what])
    answer = asked(stale)
    assert State.of(BEFORE).faults(answer) == []
    unchanged = {record["id"] for record in BEFORE if record in CHANGES[what]}
    for passage in answer.passages:
        assert {passage.article_id, *passage.copies, *(v.article_id for v in passage.variants)} <= unchanged
    hits = {(hit.article_id, hit.outlet) for hit in stale.search(ASKED)}
    assert hits == {(record["id"], record["outlet"]) for record in BEFORE if record["id"] in unchanged}
    is_listed_as_it_is_now(stale, what)


def is_listed_as_it_is_now(stale, what):
    """What the index is made of is listed from the store, not from the view that answers are searched in."""
    there = {record["id"]: record["outlet"] for record in CHANGES[what]}
    assert {article.id: article.outlet for article in stale.articles()} == there
    assert stale.outlets() == Counter(there.values())
    assert {outlet: counts.articles for outlet, counts in stale.counts_by_outlet().items()} == stale.outlets()
    assert (stale.counts().articles, stale.counts().outlets) == (len(there), stale.outlets())
    assert {i: outlet for outlet in stale.outlets() for i in stale.of_outlet(outlet)} == there
    printing = State.of(CHANGES[what]).printing
    assert all(printing <= {i, *stale.duplicates(i)} <= set(there) for i in printing)


@EACH_CHANGE
def test_an_answer_that_lacks_something_is_composed_again_of_the_newest_state(library, change, monkeypatch, what):
    """The cache of the new state is not there yet: only what is missing in the answer is a reason to hurry."""
    monkeypatch.setattr(library._current, "_is_due", lambda: False)
    change(CHANGES[what])
    shown = asked(library)
    expected = BEFORE if what.startswith(("adds", "restores")) else CHANGES[what]
    assert State.of(expected).faults(shown) == []
    assert whole(shown, expected)
    assert {hit.article_id for hit in library.search(ASKED)} == {record["id"] for record in expected}


def test_what_is_missing_is_a_reason_to_hurry_for_a_share_of_the_time_only(library, change, monkeypatch):
    monkeypatch.setattr(library._current, "_is_due", lambda: False)
    change(CHANGES["amends all"])
    assert asked(library).passages
    library._current._hurry_from = float("inf")  # it has just been loaded, which took long
    change(CHANGES["retires"])
    assert State.of(CHANGES["amends all"]).faults(asked(library)) == []
    assert asked(library).passages == ()


def test_an_outlet_that_another_process_has_just_added_can_be_asked_for(library, change, monkeypatch):
    monkeypatch.setattr(library._current, "_is_due", lambda: False)
    change(CHANGES["adds another"])
    assert [p.article_id for p in asked(library, outlets="The Islander").passages] == ["late"]


def test_filters_let_nothing_through_that_was_amended_since(stale, change):
    change(CHANGES["amends all"])
    for filters in ({"outlets": "Reuters"}, {"after": "2020-01-04"}, {"before": "2020-01-02"}):
        assert stale.search(ASKED, **filters) == []
        assert asked(stale, **filters).passages == ()
        assert asked(stale, **filters).balance.index.outlets == State.of(BEFORE).outlets


# Lists


def test_articles_are_listed_as_they_were_when_the_first_was_asked_for(library, change, monkeypatch):
    monkeypatch.setattr(connection, "PAGE_ROWS", 1)
    monkeypatch.setattr(tables, "ROWS_PER_CALL", 1)
    for what in ("adds a copy", "amends all", "replaces the text", "retires", "restores"):
        change(BEFORE)
        listed = library.articles()
        there = [next(listed)]
        change(CHANGES[what])
        there += listed
        assert sorted((a.id, a.outlet, a.text) for a in there) == sorted(
            (r["id"], r["outlet"], r["text"]) for r in BEFORE
        )


def test_neither_an_unfinished_list_nor_an_old_view_keeps_the_files_from_shrinking(tmp_path, news, words, other):
    """`compact` would raise LibraryError: "a process that reads it keeps the old pages"."""
    rag.build([news(*BEFORE)], index=tmp_path / "index", encoder=words).close()
    with rag.open(tmp_path / "index", encoder=words) as library, pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "PAGE_ROWS", 1)
        assert asked(library).passages
        listed = library.articles()
        first = next(listed)
        other(REMOVE.replace("INDEX", repr(str(tmp_path / "index"))))
        other("rag.open(index, encoder=WordEncoder()).compact()", index=tmp_path / "index")
        assert not (tmp_path / "index" / "library.sqlite-wal").stat().st_size
        assert len([first, *listed]) == len(BEFORE)


def test_what_is_read_together_is_of_one_state(library, change):
    with library.reading() as now:
        assert now.outlets() == State.of(BEFORE).outlets
        change(CHANGES["amends all"])
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(library.outlets).result() == {"The Islander": 4}
        assert now.outlets() == now.counts().outlets == State.of(BEFORE).outlets
        assert now.of_outlet("Reuters") == ["ferry"]
        assert now.article("ferry").outlet == "Reuters"
        assert now.duplicates("ferry") == ["copy"]
        assert [version.article.outlet for version in now.versions("ferry")] == ["Reuters"]
        assert {article.outlet for article in now.articles()} == set(State.of(BEFORE).outlets)
    assert library.outlets() == {"The Islander": 4}


def test_outlets_and_their_kinds_are_of_one_catalogue(library, change, other, index, news, tmp_path, monkeypatch):
    """Another process builds with a catalogue in which an outlet has a kind that it had not, while they are listed."""
    (tmp_path / "own.toml").write_text('[[outlet]]\nname = "Daily Orchard"\nkind = "aggregator"\n')
    build = BUILD.replace("INDEX", repr(str(index))).replace("Encoder())", "Encoder(), catalogue=catalogue)")
    outlets, listed = ReadOnlyLibrary.outlets, endpoints(library)["outlets"]

    def changed_meanwhile(self):
        found = outlets(self)
        other(build, file=news(amended(FERRY), FROST), catalogue=tmp_path / "own.toml")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(ReadOnlyLibrary, "outlets", changed_meanwhile)
        kinds = {row["outlet"]: row["kind"] for row in listed()["outlets"]}
    assert kinds.keys() == State.of(BEFORE).outlets.keys()
    assert kinds["Daily Orchard"] is None
    kinds = {row["outlet"]: row["kind"] for row in listed()["outlets"]}
    assert kinds == {"Daily Orchard": "aggregator", "The Islander": None}


# Pages


@pytest.fixture
def meanwhile(library, change, monkeypatch):
    """A function that lets the other process make a change when a page first calls a method of the library."""

    def make(method, records):
        original, begun = getattr(ReadOnlyLibrary, method), []

        def called(self, *arguments):
            found = original(self, *arguments)
            if not begun:
                begun.append(True)
                change(records)
            return found

        monkeypatch.setattr(ReadOnlyLibrary, method, called)
        return library

    return make


@pytest.mark.parametrize("what", ["adds another", "amends all", "removes"])
def test_the_contents_page_is_of_one_state(meanwhile, what):
    page = get(meanwhile("counts", CHANGES[what]), "contents")
    assert known(page)["Articles"] == "4"
    there = State.of(BEFORE).outlets
    counts = [int(articles) for _, articles, _ in rows(page, f"{len(there)} outlets")]
    assert dict(zip(texts(page, "h2.count ~ table:first-of-type td a"), counts, strict=True)) == there


@pytest.mark.parametrize("what", ["amends all", "retires what is quoted", "removes"])
def test_the_page_of_an_outlet_is_of_one_state(meanwhile, index, what):
    """Of the one after the change where Milvus has erased what the page was to show."""
    library = meanwhile("of_outlet", CHANGES[what])
    if what == "removes" and str(index).startswith("milvus"):
        assert texts(get(library, outlet("Press TV"), 404), "h1") == ["No such outlet"]
    else:
        assert rows(get(library, outlet("Press TV")), "1 article") == [["2020-01-03", "copy"]]


@pytest.mark.parametrize("what", ["amends all", "retires what is quoted", "removes", "replaces the text"])
def test_the_page_of_an_article_is_of_one_state(meanwhile, index, what):
    page = get(meanwhile("duplicates", CHANGES[what]), "article/ferry")
    gone = what == "removes" and str(index).startswith("milvus")
    assert known(page).get("Also published by") == (None if gone else "Press TV, 3 January 2020 (published)")
    assert texts(page, "header strong")[-1] == "Reuters"
