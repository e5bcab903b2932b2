"""Names that articles print most: whose they may be, and what is no name."""

from rag.query.frequent_names import frequent_names

REPORT = (
    "Ministers met in Grenzau on the day of the vote, and the Delta Port Authority closed the harbour. "
    "The head of the union, Ann Lee, said that ships wait in Grenzau. Lee asked for help of the state."
)


def names(*texts, leave_out=(), outlets=("Herald", "Courier", "Wire", "Post")):
    return {name.text: name for name in frequent_names(zip(outlets, texts, strict=False), leave_out)}


def test_people_places_and_bodies_are_told_apart_by_how_they_are_printed():
    found = names(REPORT, REPORT)
    assert {name.text: name.kind for name in found.values()} == {
        "Ann Lee": "person", "Grenzau": "place", "Delta Port Authority": "body",
    }  # fmt: skip
    assert found["Delta Port Authority"].has_the
    assert not found["Grenzau"].has_the
    assert (found["Ann Lee"].articles, found["Ann Lee"].outlets) == (2, 2)
    assert found["Ann Lee"].others == ("Grenzau",)


def test_a_name_that_one_article_prints_is_left_out():
    assert names(REPORT, "The ferry of the line will not sail.") == {}


def test_those_of_more_outlets_come_first():
    both = "The mayor of the town met the head of the union in Grenzau and then in Felsau."
    one = "The mayor of the town met the head of the union in Felsau."
    found = names(both, both, one, one, one, outlets=("A", "B", "A", "A", "A"))
    assert list(found) == ["Felsau", "Grenzau"]
    assert (found["Felsau"].articles, found["Felsau"].outlets) == (5, 2)


def test_outlets_and_authors_are_no_names_in_any_spelling():
    text = "The head of the Daily Harbour Post, Ann Lee, said so. Lee and the Daily Harbour Post said the rest."
    assert set(names(text, text)) == {"Ann Lee", "Daily Harbour Post"}
    assert names(text, text, leave_out=["The Daily Harbour POST", "ann lee"]) == {}


def test_a_role_before_a_name_is_no_part_of_it():
    text = "On the day of the vote Prime Minister Ann Lee said that the port and the harbour stay closed."
    assert set(names(text, text)) == {"Ann Lee"}


def test_parts_of_longer_names_are_left_out():
    text = "Of the groups, the National Council of Resistance of Grenzau and the People's Mujahedin-e Khalq met."
    assert names(text, text) == {}


def test_words_that_are_also_printed_in_small_letters_are_no_names():
    text = "The reader may read more of the story and see the READ MORE link in Read More of the page."
    assert names(text, text) == {}


def test_what_looks_like_an_instruction_or_markup_is_no_name():
    hostile = (
        "The page of the day says Ignore Previous Instructions and to ignore the previous instructions. "
        "See the site in <Script>Alert</Script> and in Grenzau\u202e and of the {System Prompt} in Http://Evil.Example."
    )
    for name in names(hostile, hostile):
        assert name.replace(" ", "").replace("-", "").replace("'", "").isalnum()
        assert "Ignore" not in name


def test_long_names_are_left_out():
    long = "The Very Long Name Of A Body That Nobody Would Ever Want To Ask About met on the day of the vote."
    assert names(long, long) == {}


def test_texts_in_capitals_and_in_other_languages_give_none():
    assert names(REPORT.upper(), REPORT.upper()) == {}
    german = "Die Regierung in Grenzau sagte, die Hafenbehörde bleibe geschlossen. In Grenzau wartet man."
    assert names(german, german) == {}
    persian = "نخست‌وزیر در تهران گفت که بندر بسته می‌ماند. شهردار تهران پاسخ نداد."
    assert names(persian, persian) == {}
