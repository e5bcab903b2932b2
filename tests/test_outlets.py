"""The catalogue leads spellings and addresses to outlets."""

import pytest

from rag.outlets import catalogue, domain


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("reuters", "Reuters"),
        ("PressTV", "Press TV"),
        ("Daily Beast", "The Daily Beast"),
        ("the daily beast", "The Daily Beast"),
        ("AP", "Associated Press"),
        ("asharq-e.com", "Asharq Al-Awsat"),
        ("Daily Planet", None),
        ("", None),
    ],
)
def test_spellings(spelling, name):
    assert catalogue().resolve(spelling) == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.reuters.com/world/x", "Reuters"),
        ("http://abcnews.go.com/x", "ABC News"),
        ("https://go.com/", None),
        ("https://notreuters.com/", None),
        ("news.bbc.co.uk/1/hi", "BBC News"),
        ("http://[broken", None),
    ],
)
def test_addresses(url, name):
    assert catalogue().of_url(url) == name


def test_names_are_found_whole_and_as_written():
    text = "He told Press TV, not the press; for a good Reason. Reuters's APs, CNN."
    assert [(text[a:b], name) for a, b, name in catalogue().find(text)] == [
        ("Press TV", "Press TV"),
        ("Reason", "Reason"),
        ("Reuters", "Reuters"),
        ("CNN", "CNN"),
    ]


def test_no_spelling_leads_to_two_outlets():
    from rag.outlets import key

    owner = {}
    for outlet in catalogue().outlets:
        for spelling in (outlet.name, *outlet.spellings, *outlet.domains):
            assert owner.setdefault(key(spelling), outlet.name) == outlet.name


def test_domains():
    assert [domain(u) for u in ("https://www.A.example/x", "b.example", "", "http://[")] == [
        "a.example",
        "b.example",
        "",
        "",
    ]
