"""Passages are found by the words they hold, rarer ones counting more, and names in any spelling."""

import math
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.properties import FUZZ

from rag.stores import tantivy_index as lexical
from rag.stores.filters import NO_DATE, IndexFilter
from rag.stores.tantivy_index import RARITY_EXPONENT, Document, WordIndex

EVERYTHING = IndexFilter()
FERRIES, MILL, TOWER, CHOIR = (
    "The ferries collided outside the harbour.",
    "Nobody at the harbour saw the mill burn.",
    "The harbour tower was painted.",
    "Señora Ibáñez led the choir.",
)


def put(folder, *texts, outlet=None, date=NO_DATE, first=1):
    """Index one article for each text, each with one passage of the same key, counted from `first`."""
    documents = [Document(key, outlet, date, text, [(key, text)]) for key, text in enumerate(texts, first)]
    lexical.update(folder, (), documents)
    return WordIndex(folder)


@pytest.fixture
def index(tmp_path):
    return put(tmp_path, FERRIES, MILL, TOWER, CHOIR)


def coverage(index, question, aliases=(), limit=10, index_filter=EVERYTHING, keys=()):
    return index.coverage(index.terms(question, aliases), limit, index_filter, keys)


def words(index, question):
    return [" ".join(words) for term in index.terms(question) for words in term.spellings]


# Words


def test_words_are_found_in_any_form_case_and_accent(index):
    assert coverage(index, "a ferry COLLIDES") == {1: 1}
    assert coverage(index, "senora ibanez") == {4: 1}
    assert coverage(index, "SEÑORA") == {4: 1}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_are_found_whether_or_not_they_are_characters_of_their_own(tmp_path, form):
    index = put(
        tmp_path, FERRIES, unicodedata.normalize(form, CHOIR), unicodedata.normalize(form, "한국어 신문입니다.")
    )
    for question in ("Señora Ibáñez", "senora ibanez"):
        for asked in ("NFC", "NFD"):
            assert coverage(index, unicodedata.normalize(asked, question)) == {2: 1}
    assert coverage(index, "한국어") == coverage(index, unicodedata.normalize("NFD", "한국어")) == {3: 1}
    assert lexical.analyse(unicodedata.normalize(form, "Señora")) == ["senora"]


def test_a_word_is_found_by_its_parts_at_joiners(tmp_path):
    index = put(tmp_path, "آن‌ها می‌گویند که هیچ‌کس آسیب ندید.")
    for question in ("می‌گویند", "می گویند", "گویند"):
        assert coverage(index, question) == {1: 1}


def test_function_words_are_left_out(index):
    assert words(index, "Please tell me who it was that painted the tower, and when") == ["paint", "tower"]
    assert index.terms("What did they do about it?") == []
    assert coverage(index, "What did they do about it?") == {}


def test_a_word_asked_twice_counts_once(index):
    assert words(index, "harbour, Harbour, harbours") == ["harbour"]


def test_single_letters_are_left_out_and_single_characters_of_other_scripts_are_not(index):
    assert words(index, "plan B 7 船") == ["plan", "seven", "船"]


def test_words_in_capitals_and_numbers_are_names(index):
    def named(question):
        return {t.spellings[0][0]: t.name for t in index.terms(question)}

    assert named("Who sold Hilltop mills in 2012?") == {"sold": False, "hilltop": True, "mill": False, "2012": True}
    assert named("Mills were sold") == {"mill": False, "sold": False}  # the first word begins the sentence
    assert named("who sold hilltop") == {"sold": True, "hilltop": True}  # typed without capitals, any word may be one
    assert named("WHO SOLD HILLTOP") == {"sold": True, "hilltop": True}


def test_a_word_that_no_passage_holds_is_unknown(index):
    harbour, zebra = index.terms("harbour zebra")
    assert (harbour.unknown, harbour.passages, harbour.articles) == (False, 3, 3)
    assert (zebra.unknown, zebra.passages, zebra.articles) == (True, 0, 0)


# Coverage


def test_a_passage_that_holds_all_words_covers_the_question(index):
    assert coverage(index, "harbour tower painted")[3] == pytest.approx(1)


def test_rarer_words_count_more(index):
    """Of 4 passages 3 hold "harbour", 1 holds "tower" and none "zebra", which still has a weight."""
    assert RARITY_EXPONENT == 1.5
    harbour, tower, zebra = (math.log(n) ** 1.5 for n in (1 + 1.5 / 3.5, 1 + 3.5 / 1.5, 1 + 4.5 / 0.5))
    assert (harbour, tower, zebra) == pytest.approx((0.213014, 1.321068, 3.494005), abs=1e-6)
    assert coverage(index, "harbour tower zebra") == pytest.approx(
        {
            3: (harbour + tower) / (harbour + tower + zebra),
            1: harbour / (harbour + tower + zebra),
            2: harbour / (harbour + tower + zebra),
        }
    )


def test_the_best_passages_come_first_and_no_more_than_the_limit(index):
    assert list(coverage(index, "harbour tower", limit=1)) == [3]


def test_how_often_a_word_is_in_a_passage_does_not_count(tmp_path):
    index = put(tmp_path, "Salt.", "Salt, salt and more salt.", "Pepper.")
    assert coverage(index, "salt") == {1: 1, 2: 1}


def test_passages_given_by_key_are_scored_whatever_they_hold(index):
    keys = [4, 2, 1]
    found = coverage(index, "harbour mill", limit=3, keys=keys)
    assert found == pytest.approx({k: v for k, v in coverage(index, "harbour mill").items() if k in keys})
    assert set(found) == {1, 2}  # the fourth holds nothing
    assert coverage(index, "zebra", limit=3, keys=keys) == {}


# Names

LONG = "Free Harbour Association"


def test_a_name_is_found_in_any_spelling_and_counts_once(tmp_path):
    index = put(tmp_path, "The FHA met.", "The Free Harbour Association met.", f"The {LONG} (FHA) met.", "A harbour.")
    names = [(8, 11, ["FHA", LONG])]
    (name, met) = index.terms("Has the FHA met", names)
    assert (name.name, name.passages, name.articles, met.name) == (True, 3, 3, False)
    assert coverage(index, "Has the FHA met", names) == pytest.approx({1: 1, 2: 1, 3: 1})


def test_a_name_asked_in_two_spellings_is_one_term(tmp_path):
    index = put(tmp_path, "The FHA met.", "Others met.")
    question = f"Is the FHA the {LONG}?"
    at = question.index(LONG)
    assert len(index.terms(question, [(7, 10, ["FHA", LONG]), (at, at + len(LONG), [LONG, "FHA"])])) == 1


@pytest.mark.parametrize("long", ["Union of the Ferrymen of Lowland", "The Union of the Ferrymen of Lowland"])
def test_stop_words_in_a_name_keep_their_positions(tmp_path, long):
    index = put(tmp_path, "The Union of the Ferrymen of Lowland struck.", "Lowland's union of cooks; ferrymen.")
    assert coverage(index, "UFL", [(0, 3, ["UFL", long])]) == {1: 1}


def test_a_name_is_more_than_its_words(tmp_path):
    index = put(tmp_path, "An association for a free harbour.", "Free trade.")
    assert coverage(index, "FHA", [(0, 3, ["FHA", LONG])]) == {}


# Articles


def test_articles_are_ranked_by_all_their_words(tmp_path):
    """BM25 with k1 1.2 and b 0.75; the article's words are counted wherever they are."""
    lexical.update(
        tmp_path,
        (),
        [
            Document(7, None, NO_DATE, "salt salt mine", [(70, "salt salt"), (71, "mine")]),
            Document(8, None, NO_DATE, "salt pans dried up fast", [(80, "salt pans dried up fast")]),
        ],
    )
    index = WordIndex(tmp_path)
    idf_salt, idf_mine = math.log(1 + 0.5 / 2.5), math.log(1 + 1.5 / 1.5)
    most = 2.2 * (idf_salt + idf_mine)

    def bm25(idf, times, length):
        return idf * 2.2 * times / (times + 1.2 * (0.25 + 0.75 * length / 4))

    assert index.article_scores(index.terms("salt mines"), 10, EVERYTHING) == pytest.approx(
        {7: (bm25(idf_salt, 2, 3) + bm25(idf_mine, 1, 3)) / most, 8: bm25(idf_salt, 1, 5) / most}
    )
    assert set(index.article_scores(index.terms("salt mines"), 1, EVERYTHING)) == {7}
    assert index.article_scores(index.terms("what is it"), 10, EVERYTHING) == {}


def test_no_article_scores_above_1(tmp_path):
    index = put(tmp_path, f"{LONG}. " * 9, "FHA", *["Another text."] * 20)
    found = index.article_scores(index.terms("FHA", [(0, 3, ["FHA", LONG])]), 10, EVERYTHING)
    assert found[1] == 1
    assert 0 < found[2] < 1


def test_the_share_of_names_that_an_article_holds(index):
    terms = index.terms("harbour mill choir")
    assert index.article_coverage(terms, [1, 2, 4]) == pytest.approx({1: 1 / 3, 2: 2 / 3, 4: 1 / 3})
    assert index.article_coverage(terms, [3]) == pytest.approx({3: 1 / 3})
    assert index.article_coverage(index.terms("zebra"), [1, 2]) == {}
    assert index.article_coverage(terms, []) == index.article_coverage([], [1]) == {}


# Filters


@pytest.fixture
def dated(tmp_path):
    articles = [("Echo", 100), ("Echo", 200), ("The Echo", 150), (None, 150), ("Echo", NO_DATE)]
    lexical.update(
        tmp_path, (), [Document(key, o, date, "salt", [(key, "salt")]) for key, (o, date) in enumerate(articles, 1)]
    )
    return WordIndex(tmp_path)


@pytest.mark.parametrize(
    ("index_filter", "found"),
    [
        (IndexFilter(), {1, 2, 3, 4, 5}),
        (IndexFilter(frozenset({"Echo"})), {1, 2, 5}),
        (IndexFilter(frozenset({"Echo", "The Echo"})), {1, 2, 3, 5}),
        (IndexFilter(frozenset({"echo"})), set()),  # names of the index, not spellings
        (IndexFilter(after=150), {2, 3, 4}),
        (IndexFilter(before=150), {1, 3, 4}),
        (IndexFilter(after=150, before=150), {3, 4}),
        (IndexFilter(after=151, before=199), set()),
        (IndexFilter(after=151, undated=True), {2, 5}),
        (IndexFilter(frozenset({"Echo"}), before=100), {1}),
        (IndexFilter(undated=True), {1, 2, 3, 4, 5}),
    ],
)
def test_filters_narrow_and_change_no_score(dated, index_filter, found):
    assert coverage(dated, "salt", index_filter=index_filter) == dict.fromkeys(found, 1)
    articles = dated.article_scores(dated.terms("salt"), 10, index_filter)
    assert set(articles) == found
    assert set(articles.values()) <= set(dated.article_scores(dated.terms("salt"), 10, EVERYTHING).values())


# Updating


def test_an_article_that_is_added_again_replaces_the_old_one(tmp_path):
    put(tmp_path, FERRIES, MILL)
    index = put(tmp_path, TOWER, first=2)
    assert len(index) == 2
    assert set(coverage(index, "harbour")) == {1, 2}
    assert coverage(index, "mill") == {}
    assert coverage(index, "tower") == {2: 1}


def test_a_deleted_article_is_no_longer_counted(tmp_path):
    put(tmp_path, FERRIES, MILL)
    lexical.update(tmp_path, [2, 99], [])
    index = WordIndex(tmp_path)
    assert len(index) == 1
    assert index.terms("mill")[0].unknown
    assert index.article_scores(index.terms("mill"), 10, EVERYTHING) == {}


def test_an_open_index_does_not_change(tmp_path):
    index = put(tmp_path, FERRIES, MILL)
    lexical.update(tmp_path, [1, 2], [])
    assert coverage(index, "mill") == {2: 1}
    assert coverage(WordIndex(tmp_path), "mill") == {}


ARTICLE = st.lists(st.sampled_from(["salt", "salts", "mine", "of", "harbour", "choir", "pan"]), min_size=1, max_size=5)
CHANGE = st.tuples(st.integers(1, 4), st.none() | st.lists(ARTICLE, min_size=1, max_size=2))
QUESTIONS = ("salt", "salt mine", "harbour choir pan", "zebra salt")


@pytest.mark.slow
@settings(max_examples=int(FUZZ or 20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CHANGE, min_size=1, max_size=3), min_size=1, max_size=4))
def test_an_updated_index_equals_one_made_from_scratch(tmp_path_factory, steps):
    """Articles are added, changed and deleted (None); coverage is as in an index made of what is left.

    The BM25 of articles differs until segments are merged, since tantivy counts documents taken out; what is found
    does not.
    """
    changed, new = (tmp_path_factory.mktemp(name) for name in ("changed", "new"))
    left, passage = {}, 0
    for step in steps:
        gone, documents = [], []
        for key, texts in dict(step).items():
            if texts is None:
                gone.append(key)
                left.pop(key, None)
                continue
            own = [(passage + i, " ".join(text)) for i, text in enumerate(texts, 1)]
            passage += len(own)
            left[key] = Document(key, None, NO_DATE, " ".join(text for _, text in own), own)
            documents.append(left[key])
        lexical.update(changed, gone, documents)
    lexical.update(new, (), left.values())
    one, other = WordIndex(changed), WordIndex(new)
    assert len(one) == len(other)
    for question in QUESTIONS:
        assert one.terms(question) == other.terms(question)
        assert coverage(one, question) == pytest.approx(coverage(other, question), abs=1e-6)
        a, b = (index.article_scores(index.terms(question), 10, EVERYTHING) for index in (one, other))
        assert set(a) == set(b)


def test_a_folder_without_an_index_is_an_error(tmp_path):
    with pytest.raises((OSError, ValueError)):
        WordIndex(tmp_path / "nowhere")


@pytest.mark.slow
def test_a_word_never_ends_the_words_of_a_query():
    """Of every character alone: letters, digits, and the marks of such as "⑴" and "⒈", which become "(1)", "1."."""
    every = " ".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    marks = {sign for word in lexical.analyse(every) for sign in word if sign.isascii() and not sign.isalnum()}
    assert marks == set()


def test_a_text_is_analysed_as_it_is_indexed(tmp_path):
    """A comparison word by word finds what tantivy finds in its index."""
    text = "The People's Mujahedin of Iran said on 5 May: 'naïve' talks, and more of the talks."
    words = lexical.analyse(text)
    assert words[:5] == ["", "peopl", "s", "mujahedin", ""]
    lexical.update(tmp_path, (), [Document(1, None, NO_DATE, text, [(1, text)])])
    index = WordIndex(tmp_path)
    for question in ("Mujahedin of Iran", "mujahedin iran", "naive talk", "people", "more talks", "May of talks"):
        terms = index.terms(question, [(0, len(question), [question])])
        for term in terms:
            assert lexical.holds_term(words, term) == (index.coverage([term], 9, IndexFilter()) != {}), question
