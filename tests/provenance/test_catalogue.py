"""The catalogue finds outlets by spelling and URL, distinguishes names from words, and gives each fact its source."""

import json
import re
import unicodedata

import pytest
from support import ROOT

from rag.errors import InputError
from rag.provenance.catalogue import Catalogue, domain, load_catalogue, read_catalogue
from rag.provenance.outlet import FACT_FIELDS, OUTLET_KINDS, Fact, Outlet, Rating, describe_outlet, key
from rag.provenance.outlets_toml import parse_outlets


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("reuters", "Reuters"),
        ("PressTV", "Press TV"),
        ("Daily Beast", "The Daily Beast"),
        ("the daily beast", "The Daily Beast"),
        ("AP", "Associated Press"),
        ("asharq-e.com", "Asharq Al-Awsat"),
        ("reason", "Reason"),
        ("the hill", "The Hill"),
        ("time", "Time"),
        ("Daily Planet", None),
        ("", None),
    ],
)
def test_a_spelling_is_resolved_to_the_name_shown(spelling, name):
    assert load_catalogue().resolve(spelling) == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.reuters.com/world/x", "Reuters"),
        ("http://abcnews.go.com/x", "ABC News"),
        ("https://go.com/", None),
        ("https://notreuters.com/", None),
        ("news.bbc.co.uk/1/hi", "BBC News"),
        ("http://[broken", None),
        (r"https://evil.example\@www.reuters.com/1", None),
        (r"https://evil.example\www.reuters.com", None),
        (r"https:\\evil.example\@www.reuters.com/1", None),
        ("https://evil.example?@www.reuters.com/1", None),
        (r"https:\\www.reuters.com\world", "Reuters"),
        (r"https://www.reuters.com?x=\@evil.example", "Reuters"),
    ],
)
def test_a_url_belongs_to_the_outlet_of_its_domain(url, name):
    assert load_catalogue().of_url(url) == name


def found(text, **how):
    return [text[start:end] for start, end, _ in load_catalogue().find(text, **how)]


def test_names_are_found_as_whole_words_in_their_letter_case():
    text = "He told Press TV, not the press; for a good Reason. Reuters's APs, CNN."
    assert [(text[a:b], name) for a, b, name in load_catalogue().find(text)] == [
        ("Press TV", "Press TV"),
        ("Reuters", "Reuters"),
        ("CNN", "CNN"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "The ferry was late for a good Reason, said the mate.",
        "Reason prevailed in Port Selwyn.",
        "Reason 4: The cranes are too old to lift anything.",
        "The children ran up The Hill before breakfast.",
        "The Hill was green again by May.",
        "They met on The Hill, as ever.",
        "Time will tell whether the bridge holds.",
        "It Was About Time The Harbour Reopened",
        "She waved to Time Warner's old building.",
        "He told Time Warner that the cable was cut.",
        "Exit polls gave the mayor a narrow lead.",
        "The Exit was locked, the mate said.",
        "Salon owners asked for help with the rent.",
        "A Salon in Valsera keeps its scissors in tea.",
        "Fortune favours the bold, and Captain Roe was bold.",
        "Fortune smiled on Port Selwyn.",
        "The Slate Quarry closed after the flood.",
        "Randy Forbes reported the theft at noon.",
        "Judith Forbes published her second novel.",
        "Voters came because of The Nation of Islam.",
        "The Nation mourned for a week.",
        "The Week in Valsera began with rain.",
        "The Independent Harbour Board met twice.",
        "The Guardian Council turned the list down.",
        "The Guardian Angels patrol the quay at night.",
        "The American Conservative Union sent a letter.",
        "Foreign Policy Committee members were away.",
        "An Amnesty was declared on Friday.",
        "VICE PRESIDENT ROE LEAVES FOR VALSERA",
        "Flip Side of the coin: nobody pays.",
        "Vox populi, the mate said.",
        "Quartz is mined behind the old fort.",
        "Bloomberg wrote that he would not run again.",
        "They watched Face The Nation after lunch.",
        "Time's Up Now is the choir's new song.",
    ],
)
def test_a_name_that_is_a_word_is_not_an_outlet_in_running_text(line):
    assert found(line) == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("The mate told Reason that the ferry was late.", "Reason"),
        ("“Let them wait,” she told The Hill on Monday.", "The Hill"),
        ("She told The Hill Monday that she would wait.", "The Hill"),
        ("According to Salon the cranes were sold twice.", "Salon"),
        ("The sale was first reported by Vox.", "Vox"),
        ("In an interview with Time she named the buyer.", "Time"),
        ("A column in The Nation asked who pays.", "The Nation"),
        ("He read it in The Week, like everybody.", "The Week"),
        ("As The Economist put it, cranes are patient.", "The Economist"),
        ("On Friday, The Atlantic named the buyer.", "The Atlantic"),
        ("Reason magazine sent a reporter to the port.", "Reason"),
        ("The magazine Reason sent nobody.", "Reason"),
        ("A Slate reporter counted the cranes.", "Slate"),
        ("Reason's science correspondent counted them again.", "Reason"),
        ("As Vox's Jana Roth explains, cranes rust.", "Vox"),
        ("The Guardian reported that they were sold.", "The Guardian"),
        ("The Guardian newspaper sent a boat.", "The Guardian"),
        ("Fortune has also reported the sale.", "Fortune"),
        ("Jane Roe is a senior editor for Forbes.", "Forbes"),
        ("Records obtained by Townhall name the buyer.", "Townhall"),
        ("The buyer was known (Quartz) for a year.", "Quartz"),
        ("The photographs came via Bloomberg.", "Bloomberg"),
        ("“Port Selwyn waits,” she wrote in Foreign Policy.", "Foreign Policy"),
        ("The news site Exit keeps a list.", "Exit"),
    ],
)
def test_a_name_that_is_a_word_is_an_outlet_next_to_a_cue(line, name):
    assert found(line) == [name]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("PORT SELWYN (AP) — The cranes stay.", ["AP"]),
        ("The AP reported that the cranes stay.", ["AP"]),
        ("Some information provided by AP and Reuters.", ["AP", "Reuters"]),
        ("The cranes at dusk. (AP Photo/Jane Roe)", []),
        ("The cranes at dusk. Jane Roe/Reuters", []),
        ("REUTERS/Jane Roe; Reuters photo by John Doe", []),
        ("A Reuters/Ipsos poll asked about the cranes.", []),
        ("An ABC News-Washington Post poll asked again.", []),
        ("Write to desk@AP or to AP-Valsera.", []),
        ("The People’s Mojahedin Organization of Iran said so.", ["People’s Mojahedin Organization of Iran"]),
    ],
)
def test_picture_credits_and_the_halves_of_joint_names_are_not_outlets(line, names):
    assert found(line) == names


def test_in_a_credit_no_cue_is_needed():
    assert found("Reason on May 3", credit=True) == ["Reason"]
    assert found("Reason on May 3") == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Reason", "Reason"),
        ("REASON", "Reason"),
        ("(Reason)", "Reason"),
        ("The Reason", "Reason"),
        ("Reason Magazine", "Reason"),
        ("reason.com", "Reason"),
        ("The Hill", "The Hill"),
        ("THE HILL", "The Hill"),
        ("TIME", "Time"),
        ("reuters", "Reuters"),
        ("reason", None),
        ("the hill", None),
        ("time", None),
        ("Daily Planet", None),
    ],
)
def test_a_printed_name_that_is_a_word_needs_its_capitals(line, name):
    assert load_catalogue().resolve_printed(line) == name


@pytest.mark.parametrize(
    "mark", ["\u200b", "\u200c", "\u200d", "\u3164", "\u115f", "\ufe0f", "\U000e0101", "\u034f", "\u17b4"]
)
def test_characters_that_nothing_shows_make_no_second_outlet(mark):
    for name in (f"Reuters{mark}", f"{mark}Reuters", f"Reu{mark}ters"):
        assert load_catalogue().resolve(name) == "Reuters"
    assert key(f"The Anytown{mark} Echo") == key("Anytown Echo")


def test_no_spelling_belongs_to_two_outlets():
    owner = {}
    for outlet in load_catalogue().outlets:
        for spelling in (*outlet.names, *outlet.domains):
            assert owner.setdefault(key(spelling), outlet.name) == outlet.name


def test_a_domain_is_lower_case_and_without_www():
    assert [domain(u) for u in ("https://www.A.example/x", "b.example", "", "http://[")] == [
        "a.example",
        "b.example",
        "",
        "",
    ]


def facts():
    return [(o.name, f, fact) for o in load_catalogue().outlets for f in FACT_FIELDS if (fact := getattr(o, f))]


def test_every_bundled_fact_has_a_page_that_a_reader_would_accept():
    assert len(facts()) == 112 + 6
    for name, field, fact in facts():
        assert re.fullmatch(r"https?://[\w.-]+\.[a-z]+/\S*", fact.source), (name, field)
        assert not re.search(r"wiki|blog|mirror|archive\.|mediabiasfactcheck|allsides", fact.source.lower()), name
        assert not fact.value.endswith("."), (name, field)


def test_a_bundled_state_has_the_source_and_date_of_an_owner_or_a_funding():
    states = {o.name: o.state for o in load_catalogue().outlets if o.state}
    assert {name: fact.value for name, fact in states.items()} == {
        "Al Jazeera": "Qatar",
        "IRNA": "Iran",
        "Press TV": "Iran",
        "Tehran Times": "Iran",
        "Voice of America": "the United States",
        "Xinhua": "China",
    }
    for name, fact in states.items():
        outlet = load_catalogue().outlet(name)
        stated = [(f.source, f.as_of) for f in (outlet.owner, outlet.funding) if f]
        assert (fact.source, fact.as_of) in stated, name


def test_no_rating_is_bundled():
    assert not any(outlet.ratings for outlet in load_catalogue().outlets)
    assert "rating" not in describe_outlet(load_catalogue().outlet("CNN"))[-2]
    assert describe_outlet(load_catalogue().outlet("CNN"))[-1] == "  rating: unrated"


def test_the_bundled_outlets_are_sorted_and_have_known_kinds():
    names = [re.sub(r"^the ", "", o.name.casefold()) for o in load_catalogue().outlets]
    assert names == sorted(names)
    assert {o.kind for o in load_catalogue().outlets} <= {*OUTLET_KINDS, None}


HERALD = """
[[outlet]]
name = "The Delta Herald"
spellings = ["Delta Herald", "Herald of Valsera"]
domains = ["www.Delta-Herald.example"]
words = ["Delta Herald"]
kind = "newspaper"
owner = { value = "the Roe family", source = "https://delta-herald.example/about", as_of = 2024-06-11 }
funding = { value = "subscriptions", source = "https://delta-herald.example/about" }

[[outlet.rating]]
rater = "Valsera Media Council"
value = "4 of 5"
date = "2023-05"
source = "https://council.example/ratings"
"""


def test_a_users_catalogue_adds_outlets():
    extended = load_catalogue().extended(HERALD, "mine.toml")
    assert extended.extra == HERALD
    assert len(extended.outlets) == len(load_catalogue().outlets) + 1
    assert extended.resolve("herald of valsera") == "The Delta Herald"
    assert extended.of_url("https://delta-herald.example/1") == "The Delta Herald"
    assert extended.outlet("Delta Herald") == Outlet(
        "The Delta Herald",
        ("Delta Herald", "Herald of Valsera"),
        ("delta-herald.example",),
        ("Delta Herald",),
        kind="newspaper",
        owner=Fact("the Roe family", "https://delta-herald.example/about", "2024-06-11"),
        funding=Fact("subscriptions", "https://delta-herald.example/about"),
        ratings=(Rating("Valsera Media Council", "4 of 5", "2023-05", "https://council.example/ratings"),),
    )
    assert load_catalogue().outlet("Delta Herald") is None


def test_a_users_catalogue_extends_a_known_outlet_and_replaces_the_facts_it_gives():
    mine = """
    [[outlet]]
    name = "xinhua"
    spellings = ["Xinhuanet"]
    domains = ["xinhua.example"]
    stance = { value = "my own reading", source = "notes, page 3" }
    """
    ours, theirs = load_catalogue().outlet("Xinhua"), load_catalogue(mine).outlet("Xinhua")
    assert theirs.name == "Xinhua"
    assert theirs.spellings == (*ours.spellings, "Xinhuanet")
    assert theirs.domains == (*ours.domains, "xinhua.example")
    assert theirs.stance == Fact("my own reading", "notes, page 3")
    assert (theirs.owner, theirs.kind) == (ours.owner, ours.kind)


def test_a_users_catalogue_is_read_from_a_file_and_from_its_stored_text(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbf" + HERALD.encode())
    assert (
        load_catalogue(read_catalogue(file).extra).outlets
        == read_catalogue(file).outlets
        == load_catalogue(HERALD).outlets
    )
    assert load_catalogue(HERALD) is load_catalogue(HERALD)


def test_decomposed_letters_and_accents_are_composed():
    apart = unicodedata.normalize("NFD", '[[outlet]]\nname = "Diário de Valsera"')
    assert parse_outlets(apart, "mine.toml") == (Outlet("Diário de Valsera"),)
    assert load_catalogue(apart).resolve(unicodedata.normalize("NFD", "Diário de Valsera")) == "Diário de Valsera"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: X", "mine.toml: not TOML"),
        ("x = " + "[" * 5000, "mine.toml: not TOML"),
        ("[[outlet]]\nname = " + "9" * 5000, "mine.toml: not TOML (a number has too many digits); docs/outlets.md"),
        ("[[outlet]]\nname = 0x" + "f" * 5000, "mine.toml: not TOML (a number has too many digits); docs/outlets.md"),
        ("[[outlet" + ".a" * 100_000 + "]]", "mine.toml: not TOML (a line has more than 100 full stops); docs/outlets"),
        ("", "mine.toml: no outlets; write each outlet below a line [[outlet]]"),
        ("[outlet]\nname = 'X'", "mine.toml: no outlets; write each"),
        ("[[outlets]]\nname = 'X'", 'mine.toml: unknown key "outlets"; write each'),
        ("[[outlet]]\ndomains = []", 'mine.toml: outlet 1: no name; add name = "..."'),
        ("[[outlet]]\nname = 3", "outlet 1: name is 3; give one line of text in quotes"),
        ("[[outlet]]\nname = '!'", "outlet \"!\": '!' has no letter or digit"),
        (
            "[[outlet]]\nname = 'X'\nnick = 'Y'",
            "mine.toml: outlet \"X\": unknown key 'nick'; the keys are name, spellings",
        ),
        ("[[outlet]]\nname = 'X'\n[[outlet]]\nname = 'The X'", 'outlet "The X": listed twice'),
        ("[[outlet]]\nname = 'X'\nspellings = 'Y'", 'outlet "X": spellings is not a list'),
        ('[[outlet]]\nname = "X"\nspellings = ["a\\nb"]', "spellings is 'a\\nb'; give one line"),
        ("[[outlet]]\nname = 'X'\nspellings = ['reuters']", '"reuters" already belongs to "Reuters"; leave it'),
        ("[[outlet]]\nname = 'BBC'", 'or give the entry the name "BBC News"'),
        ("[[outlet]]\nname = 'X'\ndomains = ['cnn.com']", '"cnn.com" already belongs to "CNN"'),
        ("[[outlet]]\nname = 'X'\ndomains = ['https://x.example/']", "domains has 'https://x.example/'; write a web"),
        ("[[outlet]]\nname = 'X'\nwords = ['Y']", "words has 'Y'; add it to the spellings"),
        ("[[outlet]]\nname = 'X'\nkind = 'blog'", "kind is 'blog'; it can be news agency, newspaper"),
        (
            "[[outlet]]\nname = 'X'\nowner = 'Y'",
            "owner: not a table; write { value = ..., source = ..., as_of = ...",
        ),
        ("[[outlet]]\nname = 'X'\nowner = {value = 'Y'}", 'outlet "X": owner: no source; add source = "..."'),
        (
            "[[outlet]]\nname = 'X'\nowner = {value = 'Y', source = 'Z', as_of = '2024-13'}",
            'owner: as_of is \'2024-13\'; write it as "2024", "2024-06" or "2024-06-11"',
        ),
        ("[[outlet]]\nname = 'X'\nowner = {value = 'Y', source = 'Z', as_of = 2024}", "owner: as_of is 2024; write"),
        ("[[outlet]]\nname = 'X'\nrating = 'left'", "rating is not a list; write each below a line [[outlet.rating]]"),
        ("[[outlet]]\nname = 'X'\n[[outlet.rating]]\nvalue = 'left'\ndate = '2024'", "rating: no rater"),
        ("[[outlet]]\nname = 'X'\n[[outlet.rating]]\nrater = 'R'\nvalue = 'left'", "rating: date is None; write it as"),
        (
            "[[outlet]]\nname = 'X'\n[[outlet.rating]]\nrater = 'R'\nvalue = 'left'\ndate = 'last week'",
            "rating: date is 'last week'; write it as",
        ),
    ],
)
def test_a_mistake_in_a_users_catalogue_is_reported_with_its_place_and_the_remedy(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        load_catalogue().extended(text, "mine.toml")


def test_a_users_file_that_cannot_be_read_is_reported(tmp_path):
    with pytest.raises(InputError, match=r"mine\.toml: cannot be read"):
        read_catalogue(tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_bytes(b"name = \xff")
    with pytest.raises(InputError, match=r"mine\.toml: not UTF-8"):
        read_catalogue(tmp_path / "mine.toml")


def test_an_outlet_is_described_with_the_source_and_date_of_each_fact():
    assert describe_outlet(load_catalogue(HERALD).outlet("Delta Herald")) == [
        "The Delta Herald",
        "  also printed as: Delta Herald; Herald of Valsera",
        "  domains: delta-herald.example",
        "  kind: newspaper (own classification)",
        "  country: not stated",
        "  owner: the Roe family",
        "    source: https://delta-herald.example/about (as of 2024-06-11)",
        "  funding: subscriptions",
        "    source: https://delta-herald.example/about (date not stated)",
        "  state: not stated",
        "  stance: not stated",
        "  rating: 4 of 5, by Valsera Media Council, 2023-05",
        "    source: https://council.example/ratings",
    ]


def test_an_outlet_can_be_written_as_json():
    outlet = load_catalogue(HERALD).outlet("Delta Herald")
    given = json.loads(json.dumps(outlet.to_dict()))
    assert given["owner"] == {
        "value": "the Roe family",
        "source": "https://delta-herald.example/about",
        "as_of": "2024-06-11",
    }
    assert given["stance"] is None
    assert [r["rater"] for r in given["ratings"]] == ["Valsera Media Council"]
    assert Outlet("X").to_dict()["ratings"] == ()


def test_an_empty_catalogue_finds_nothing():
    assert list(Catalogue([]).find("Reuters reported.")) == []


def test_the_example_and_the_figures_in_the_documentation_hold():
    page = (ROOT / "docs" / "outlets.md").read_text("utf-8")
    example = re.search(r"```toml\n(.*?)```", page, re.S)[1]
    assert load_catalogue(example).outlet("Herald of Valsera").ratings[0].date == "2023-05-02"
    assert f"holds {len(load_catalogue().outlets)} outlets" in page
    assert f"{len(facts())} facts of {len({name for name, _, _ in facts()})} outlets" in page
    assert all(f"| {kind} |" in page for kind in OUTLET_KINDS)
