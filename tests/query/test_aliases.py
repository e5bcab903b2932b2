"""The spellings of a name are mined from articles, grouped, and found in a question."""

import time
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from support import SHARED

import rag
from rag.errors import InputError
from rag.query.aliases import (
    Aliases,
    AliasGroup,
    Mention,
    group_pairs,
    merge_groups,
    mine_pairs,
    parse_own_list,
    printed_short_forms,
    read_own_list,
)
from rag.query.aliases.lookup import MAX_LOWER_CASE_LETTERS

REBELS = AliasGroup(("RVF", "RVK", "Rovashti-e Khalar", "Free Rovash Movement"), "mined")


def found(aliases: Aliases, question: str) -> list[str]:
    return [mention.text for mention in aliases.find(question)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Northern Fishery Council (NFC) met.", [("Northern Fishery Council", "NFC")]),
        ("NFC (Northern Fishery Council) met.", [("Northern Fishery Council", "NFC")]),
        ("A Bureau of Coal, Timber, and Salt (BCTS) opened.", [("Bureau of Coal, Timber, and Salt", "BCTS")]),
        ("the gross harbour product (GHP) rose", [("gross harbour product", "GHP")]),
        ("The Harbour Workers’ Union’s (HWU) boat", [("Harbour Workers’ Union", "HWU")]),
        ("the Northern Fishery Council (“NFC”)", [("Northern Fishery Council", "NFC")]),
        ("the Northern Fishery Council (N.F.C.)", [("Northern Fishery Council", "NFC")]),
        ("new deep-sea fishing permits (DSFPs)", [("deep-sea fishing permits", "DSFP")]),
        ("the Rovashti-e-Khalar (RVK)", [("Rovashti-e-Khalar", "RVK")]),
        ("Said by the Rovashti-e-Khalar Organization (RKO)", [("Rovashti-e-Khalar Organization", "RKO")]),
        ("the Northern Command (NORTHCOM)", [("Northern Command", "NORTHCOM")]),
        ("Harbour fever (HAFV-27) spread.", [("Harbour fever", "HAFV-27")]),
        ("the North Isle Fishing Pact (Nifp)", [("North Isle Fishing Pact", "Nifp")]),
    ],
)
def test_a_definition_is_mined(text, expected):
    assert mine_pairs(text) == expected


@pytest.mark.parametrize(
    "inside", ["NFC or NFA", "NFC/NFA", "NFC/ NFA", "NFC, NFA", "NFC; also known as NFA", "or “NFC”, a.k.a. NFA"]
)
def test_several_short_forms_in_one_parenthesis_are_mined(inside):
    long = "Northern Fishery Council"
    assert mine_pairs(f"The Northern Fishery Council ({inside}) met.") == [(long, "NFC"), (long, "NFA")]


def test_a_short_form_next_to_one_that_fits_need_not_have_the_initials():
    assert mine_pairs("the Rovashti Khalar Organization (RKO/FKRM)") == [
        ("Rovashti Khalar Organization", "RKO"),
        ("Rovashti Khalar Organization", "FKRM"),
    ]
    assert mine_pairs("knowing each guest (KEG/XYZ)") == [("knowing each guest", "KEG")]


@pytest.mark.parametrize(
    "after", [", also known as NFC,", ", known as NFC,", ", or NFC,", " – also known as the NFC –", ", or the “NFC”,"]
)
def test_a_definition_outside_a_parenthesis_is_mined(after):
    assert mine_pairs(f"The Northern Fishery Council{after} met.") == [("Northern Fishery Council", "NFC")]


def test_initials_announced_in_words_are_mined():
    text = "The Northern Fishery Council, also known by its initials NFC or NFCO, met."
    assert mine_pairs(text) == [("Northern Fishery Council", "NFC"), ("Northern Fishery Council", "NFCO")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sen. Rosa Ohlsen (R-Ohio) spoke.",
        "Rosa Dahl (D) spoke.",
        "Rosa Dahl (D-RD) spoke.",
        "Salt Lake Brewing (NYSE: SLB) fell.",
        "Harbour (HARB) shares fell.",
        "Jonathan (Jon) Dahl spoke.",
        "on Saturday (Sat) and in May (2013)",
        "WESTHAVEN (AP) — The council met.",
        "— Rosa Dahl (@RosaDahl)",
        "Two were late (BBC and NFC said).",
        "the ships, the harbours, or NFC boats",
        "The council met.\nNorthern Fishery\nCouncil (NFC)",
        "Northern seas. Fishery Council (NFC)",
        "Northern (see map) Fishery Council (NFC)",
        "we met ships near fog coasts, or NC",
    ],
)
def test_a_text_without_a_definition_gives_no_pair(text):
    assert mine_pairs(text) == []


def test_each_pair_is_mined_once_and_in_order():
    text = "Coal Union (CU), the Alder Trust, or ALT, and the Alder Bay Trust (ABT); the Coal Union (CU)."
    assert mine_pairs(text) == [("Coal Union", "CU"), ("Alder Bay Trust", "ABT")]


def test_a_long_article_is_mined_in_a_millisecond():
    text = "The Northern Fishery Council (NFC) met, and its members, or most of them, went home – late. " * 2
    text += "Nobody, known as he was, said a word of it, or wrote one; the boats went out again. " * 45
    assert len(text) > 3900
    mine_pairs(text)
    started = time.process_time()
    for _ in range(50):
        mine_pairs(text)
    assert (time.process_time() - started) / 50 < 0.001


@pytest.mark.parametrize(
    "text", ["(" + "Ab" * 40, "(A.b.) " * 600, "A, or B" * 600, "(" + "Ab-" * 25 + "!)", "’(A" * 1500]
)
def test_hostile_text_is_mined_in_time(text):
    started = time.process_time()
    mine_pairs(text)
    assert time.process_time() - started < 0.2


def test_transliterations_and_short_forms_that_share_a_long_form_are_one_group():
    counted = {
        ("Rovashti-e Khalar", "REK"): 6,
        ("Ravoshtee Khalar", "REK"): 2,
        ("Rovashti Khalar Organization", "REK"): 2,
        ("Rovashti Khalar Organization", "RKO"): 4,
        ("Ravashti Khalar Organisation", "RKO"): 1,
    }
    assert group_pairs(counted) == (
        AliasGroup(
            (
                *("REK", "Rovashti Khalar Organization", "Rovashti-e Khalar", "RKO"),
                *("Ravoshtee Khalar", "Ravashti Khalar Organisation"),
            ),
            "mined",
        ),
    )


def test_a_short_form_printed_next_to_another_joins_the_long_form_that_it_abbreviates():
    counted = {
        ("Rovashti Khalar Organization", "RKO"): 3,
        ("Rovashti Khalar Organization", "PROI"): 1,
        ("People’s Rovashtee of Isteria", "PROI"): 2,
        ("National Council of Isteria", "NCI"): 2,
    }
    assert [set(group.spellings) for group in group_pairs(counted)] == [
        {"RKO", "PROI", "Rovashti Khalar Organization", "People’s Rovashtee of Isteria"},
        {"NCI", "National Council of Isteria"},
    ]


def test_two_bodies_of_one_country_are_not_joined():
    counted = {
        ("People’s Rovashtee of Isteria", "PROI"): 5,
        ("National Council of Isteria", "NCI"): 4,
        ("National Council of Isteria", "PROI"): 1,
    }
    assert [set(group.spellings) for group in group_pairs(counted)] == [
        {"PROI", "People’s Rovashtee of Isteria"},
        {"NCI", "National Council of Isteria"},
    ]


def test_a_plural_an_inflection_and_a_misprint_are_one_group():
    counted = {
        ("Harbour Guards Corps", "HGC"): 4,
        ("harbour guard corps", "HGC"): 2,
        ("Harbor Guard Corps", "HGC"): 1,
        ("Harbour Guradian Corps", "HGC"): 1,
    }
    groups = group_pairs(counted)
    assert len(groups) == 1
    assert groups[0].spellings[:2] == ("HGC", "Harbour Guards Corps")


@pytest.mark.parametrize(
    ("one", "other", "short"),
    [
        ("Coal Inspection Agency", "Culinary Institute of Alder", "CIA"),
        ("Ministry of Foreign Affairs of Isteria", "Ministry of Foreign Affairs of Ipswell", "MFAI"),
        ("Democratic Party of Kolvar", "Democratic Party of Kirrin", "DPK"),
        ("Pine Association", "Plum Authority", "PA"),
        ("Alder Press", "Aspen Party", "AP"),
        ("Isteria National Congress", "Indigo National Congress", "INC"),
    ],
)
def test_two_names_with_one_short_form_are_not_joined_and_neither_gets_it(one, other, short):
    assert group_pairs({(one, short): 3, (other, short): 2}) == ()


def test_a_short_form_is_given_to_a_meaning_that_clearly_dominates():
    counted = {("Coal Inspection Agency", "CIA"): 6, ("Culinary Institute of Alder", "CIA"): 2}
    assert group_pairs(counted) == (AliasGroup(("CIA", "Coal Inspection Agency"), "mined"),)
    assert group_pairs({**counted, ("Culinary Institute of Alder", "CIA"): 3}) == ()


def test_a_general_long_form_does_not_join_two_bodies():
    counted = {
        ("Ministry of Foreign Affairs", "MFA"): 5,
        ("Ministry of Foreign Affairs of Isteria", "MFA"): 3,
        ("Ministry of Foreign Affairs of Kolvar", "MFA"): 2,
    }
    assert [set(group.spellings) for group in group_pairs(counted)] == [
        {"MFA", "Ministry of Foreign Affairs", "Ministry of Foreign Affairs of Isteria"}
    ]


def test_long_forms_of_four_words_may_differ_in_one_but_the_last():
    counted = {("Isteria Revolutionary Harbour Guard", "IRHG"): 3, ("Isterian Reserve Harbour Guard", "IRHG"): 1}
    assert len(group_pairs(counted)) == 1
    counted = {("Alder Bay Fishing Conference", "ABFC"): 3, ("Alder Bay Fishing Committee", "ABFC"): 3}
    assert group_pairs(counted) == ()


def test_us_within_a_name_is_united_states():
    counted = {("United States Harbour Service", "USHS"): 2, ("U.S. Harbour Service", "USHS"): 1}
    assert group_pairs(counted) == (
        AliasGroup(("USHS", "United States Harbour Service", "U.S. Harbour Service"), "mined"),
    )


def test_a_familiar_short_form_that_only_one_article_defines_is_not_grouped():
    once, twice = {("Carp and Eel Order", "CEO"): 1}, {("Carp and Eel Order", "CEO"): 2}
    name = AliasGroup(("CEO", "Carp and Eel Order"), "mined")
    assert group_pairs(once, {"CEO": 15}) == ()
    assert group_pairs(once, {"CEO": 14}) == group_pairs(twice, {"CEO": 15}) == (name,)


def test_words_that_look_like_short_forms_are_found():
    text = "The C.E.O. of NFC and CofK met the NFC’s Rosa Dahl (ABCs; anti-XYZ, @RDX) at II. A B."
    assert printed_short_forms(text) == {"CEO", "NFC", "CofK", "ABCs", "II"}


def test_a_short_form_printed_in_small_letters_is_shown_in_capitals():
    assert group_pairs({("North Isle Fishing Pact", "Nifp"): 2})[0].spellings == ("NIFP", "North Isle Fishing Pact")


@pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="the seed articles are not next to the project")
def test_the_seed_articles_join_their_three_short_forms():
    counted = Counter(pair for article in rag.read_articles([SHARED / "seeds"]) for pair in mine_pairs(article.text))
    aliases = Aliases(group_pairs(counted))
    assert {"MEK", "MKO", "PMOI", "Mujahedin-e Khalq", "People’s Mujahideen of Iran"} < set(aliases.groups[0].spellings)
    assert not any("Council" in s or s == "NCRI" for s in aliases.groups[0].spellings)
    assert found(aliases, "who pays the mek and the Mojahideen-e-Khalgh?") == ["mek"]
    assert found(aliases, "Mudjahidin Khalq, Peoples Mojaheddin of Iran") == [
        "Mudjahidin Khalq",
        "Peoples Mojaheddin of Iran",
    ]


def test_a_mention_has_its_place_in_the_question():
    question = "Did the RVF’s leader meet the free Rovash movement?"
    assert Aliases((REBELS,)).find(question) == [
        Mention(8, 11, "RVF", REBELS),
        Mention(30, 50, "free Rovash movement", REBELS),
    ]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("who leads the rvf?", "rvf"),
        ("WHO LEADS THE RVF?", "RVF"),
        ("the R.V.F. camp", "R.V.F."),
        ("anti-RVF forces", "RVF"),
        ("two RVFs", "RVFs"),
        ("Rovashti-e-Khalar in exile", "Rovashti-e-Khalar"),
        ("ravoshtee khalar in exile", "ravoshtee khalar"),
        ("the Rovaashtti e-Khaler’s camp", "Rovaashtti e-Khaler"),
        ("the Free Rovash Movements", "Free Rovash Movements"),
    ],
)
def test_a_name_is_found_in_any_spelling(question, text):
    assert found(Aliases((REBELS,)), question) == [text]


@pytest.mark.parametrize(
    "question",
    [
        "",
        "?",
        "Rvfield is a town",
        "the Rovashti. Khalar was late",
        "Rovashti people and Khalar people",
        "a free movement",
        "Rvf",
    ],
)
def test_other_words_are_not_found(question):
    assert found(Aliases((REBELS,)), question) == []


def test_a_short_form_that_is_an_english_word_is_found_only_in_capitals():
    aliases = Aliases(
        (
            AliasGroup(("ICE", "Inland Customs Executive"), "mined"),
            AliasGroup(("WHO", "World Harbour Office"), "mined"),
            AliasGroup(("NORTHCO", "Northern Company"), "mined"),
        )
    )
    assert found(aliases, "who put ice on northco boats in the Ice Bay?") == []
    assert found(aliases, "WHO PUT ICE ON BOATS?") == []
    assert found(aliases, "Did ICE write to the WHO and to NORTHCO?") == ["ICE", "WHO", "NORTHCO"]


def test_the_common_words_are_as_short_as_the_short_forms_found_in_lower_case():
    words = resources.files("rag.query.aliases").joinpath("common_words.txt").read_text("utf-8").split()
    assert len(words) == len(set(words)) == 1445
    assert all(word.isalpha() and word.islower() and len(word) <= MAX_LOWER_CASE_LETTERS for word in words)


def test_a_lower_case_form_of_two_names_is_not_found():
    one, other = (
        AliasGroup(("NFC", "Northern Fishery Council"), "mined"),
        AliasGroup(("NfC", "Nurses for Care"), "mined"),
    )
    assert found(Aliases((one, other)), "nfc NFC NfC") == ["NFC", "NfC"]


def test_the_longest_spelling_is_found():
    short, long = AliasGroup(("CU", "Coal Union"), "mined"), AliasGroup(("CUK", "Coal Union of Kolvar"), "mined")
    assert [m.group for m in Aliases((short, long)).find("the Coal Union of Kolvar and a coal union")] == [long, short]


@pytest.mark.parametrize("short", ["HAFV-27", "G&E", "CofK"])
def test_a_short_form_with_marks_is_found(short):
    assert found(Aliases((AliasGroup((short, "Some Long Form"), "mined"),)), f"What of {short}, then?") == [short]


def test_other_spellings_differ_most_first_and_leave_out_the_one_typed():
    spellings = ("RVK", "Rovashti Khalar", "Ravoshti Khalar", "Rovashti-Khalar", "Free Rovash Movement")
    aliases = Aliases((AliasGroup(spellings, "mined"),))
    for typed, others in [
        ("RVK", ("Rovashti Khalar", "Free Rovash Movement", "Ravoshti Khalar")),
        ("rovashti khalar", ("RVK", "Ravoshti Khalar", "Free Rovash Movement")),
        ("Rovoshtee Khalar", ("RVK", "Rovashti Khalar", "Free Rovash Movement", "Ravoshti Khalar")),
    ]:
        assert aliases.other_spellings(aliases.find(typed)[0]) == others


def test_there_are_at_most_eight_other_spellings():
    words = ("One", "Two", "Three", "Four", "Five", "Seven", "Eight", "Nine", "Ten")
    name = AliasGroup(("ABC", *(f"Alder Bay {word}" for word in words)), "mined")
    aliases = Aliases((name,))
    assert aliases.other_spellings(aliases.find("ABC")[0]) == name.spellings[1:9]


def test_five_thousand_groups_are_looked_up_in_a_millisecond():
    letters = "bcdfghjklmnprstvwz"
    groups = [
        AliasGroup((f"{a}o{b}a{c}en {b}i{c}o{a}al Union", (a + b + c).upper() + "U"), "mined")
        for a in letters for b in letters for c in letters
    ][:5000]  # fmt: skip
    aliases = Aliases(groups)
    question = f"Why did the {groups[4321].spellings[0]} write to the {groups[77].spellings[1]} about ships in 2014?"
    assert len(aliases.find(question)) == 2
    started = time.process_time()
    for _ in range(100):
        aliases.find(question)
    assert (time.process_time() - started) / 100 < 0.001


OWN = """
[[name]]
spellings = ["RVF", "RVK", "Rovashti-e Khalar"]

[[name]]
spellings = ["Old Town Hall", "OTH"]
"""


def test_a_users_list_is_read(tmp_path: Path):
    groups = (
        AliasGroup(("RVF", "RVK", "Rovashti-e Khalar"), "own list"),
        AliasGroup(("Old Town Hall", "OTH"), "own list"),
    )
    assert parse_own_list(OWN, "aliases.toml") == groups
    (tmp_path / "aliases.toml").write_text("\ufeff" + OWN, "utf-8")
    assert parse_own_list(read_own_list(tmp_path / "aliases.toml"), "aliases.toml") == groups


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[name", "aliases.toml: not TOML"),
        ("", "aliases.toml: no names; write each name below a line [[name]]"),
        ('name = "RVF"', "aliases.toml: no names; write each name below a line [[name]]"),
        ("[[nam]]\n", 'aliases.toml: unknown key "nam"; write each name below a line [[name]]'),
        ("[[name]]\n", 'aliases.toml: name 1: no spellings; add spellings = ["...", "..."]'),
        (
            '[[name]]\nspelling = ["A", "B"]',
            "aliases.toml: name 1: unknown key 'spelling'; the only key is spellings",
        ),
        (
            '[[name]]\nspellings = "RVF"',
            'aliases.toml: name 1: spellings is not a list; write spellings = ["...", "..."]',
        ),
        (
            "[[name]]\nspellings = []",
            'aliases.toml: name 1: an empty list; give two or more that mean the same: spellings = ["...", "..."]',
        ),
        (
            '[[name]]\nspellings = ["RVF"]',
            'aliases.toml: name 1: only one spelling; give two or more that mean the same: spellings = ["...", "..."]',
        ),
        (
            '[[name]]\nspellings = ["RVF", 3]',
            "aliases.toml: name 1: spellings has 3; give one line of text in quotes",
        ),
        (
            '[[name]]\nspellings = ["RVF", " "]',
            "aliases.toml: name 1: spellings has ' '; give one line of text in quotes",
        ),
        (
            '[[name]]\nspellings = ["RVF", "?"]',
            "aliases.toml: name 1: '?' has no letter or digit to be found by",
        ),
        (
            OWN + '[[name]]\nspellings = ["Rovashti Khalar", "RK"]',
            'aliases.toml: name 3: "Rovashti Khalar" is in name 1 too; merge the two entries',
        ),
    ],
)
def test_a_mistake_in_a_users_list_is_reported_with_its_place_and_the_remedy(text, message):
    with pytest.raises(InputError) as caught:
        parse_own_list(text, "aliases.toml")
    assert str(caught.value).startswith(message)


def test_a_users_list_that_cannot_be_read_is_reported(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_own_list(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'[[name]]\nspellings = ["\xe9", "E"]')
    with pytest.raises(InputError, match="not UTF-8 text"):
        read_own_list(tmp_path / "latin.toml")


def test_a_users_group_takes_in_the_mined_groups_that_share_a_spelling():
    mined = (
        AliasGroup(("RKO", "Ravashti-e Khalar", "Rovashti Khalar Organization"), "mined"),
        AliasGroup(("RVF", "Rovashti Front"), "mined"),
        AliasGroup(("NFC", "Northern Fishery Council"), "mined"),
    )
    own = (AliasGroup(("RVF", "Rovashti-e Khalar"), "own list"), AliasGroup(("OTH", "Old Town Hall"), "own list"))
    assert merge_groups(mined, own) == (
        AliasGroup(
            (
                *("RVF", "Rovashti-e Khalar", "RKO", "Ravashti-e Khalar", "Rovashti Khalar Organization"),
                "Rovashti Front",
            ),
            "own list, mined",
        ),
        own[1],
        mined[2],
    )


def test_a_users_list_takes_precedence_over_mined_groups():
    mined = (AliasGroup(("RVF", "RKO", "Rovashti Front", "Khalar Office"), "mined"),)
    own = (AliasGroup(("RVF", "Rovash Fishers"), "own list"), AliasGroup(("RKO", "Radio Kolvar"), "own list"))
    together = merge_groups(mined, own)
    assert together == (*own, AliasGroup(("Rovashti Front", "Khalar Office"), "mined"))
    assert [m.group for m in Aliases(together).find("RVF or RKO?")] == [own[0], own[1]]
