"""Authors and outlet are found by evidence, the strongest first, and what decided is kept in words."""

import time

import pytest

from rag.provenance.attribution import Attribution, attribute, byline, names_only
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import Outlet

OUTLETS = Catalogue(
    [
        Outlet("Reuters", ("Thomson Reuters",), ("reuters.com",)),
        Outlet("Associated Press", ("AP", "The Associated Press"), ("apnews.com",)),
        Outlet("The Example", ("Example",), ("example.org",)),
    ]
)
BODY = ["The cranes of Port Selwyn stay where they are, the board said.", "Nobody has bought them so far."]


def found(*text, head=(), host=None):
    result = attribute(head, [*BODY, *text], OUTLETS, host)
    return result.outlet, result.outlet_basis


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Jane Roe", ("Jane Roe",)),
        ("by JANE ROE", ("JANE ROE",)),
        ("By Jane Roe in Tirana", ("Jane Roe",)),
        ("By Jane Roe | Example Times", ("Jane Roe",)),
        ("By Jane Roe, Special Correspondent in San Telmo", ("Jane Roe",)),
        ("By Jane Roe, Corriere Valsera", ("Jane Roe",)),
        ("By Jane Roe and John Doe", ("Jane Roe", "John Doe")),
        ("By Jane Roe, John Doe and Max Poe, The Example", ("Jane Roe", "John Doe", "Max Poe")),
        ("By Ludwig van der Berg", ("Ludwig van der Berg",)),
        ("Posted by M. Konaté at 22:47 1 comment:", ("M. Konaté",)),
        ("Posted by Bashir O. at 09:14 3 comments:", ("Bashir O.",)),
        ("by Jane Roe / May 2, 2012 / Leave a comment", ("Jane Roe",)),
        ("By Jane Roe May 2, 2012", ("Jane Roe",)),
        ("03/04/2013 · by Jane Roe · in Reports", ("Jane Roe",)),
        ("Posted on October 4, 2016 by Jane Roe", ("Jane Roe",)),
        ("Interview by Jane Roe | 9 October 2017", ("Jane Roe",)),
        ("Par Élodie Vasseur", ("Élodie Vasseur",)),
        ("Von Jana Roth", ("Jana Roth",)),
        ("By Staff Writer", ()),
        ("by admin", ()),
        ("By the end of the year nobody will be left", ()),
        ("Stand By Me", ()),
    ],
)
def test_a_byline_names_its_authors(line, authors):
    assert byline(line) == authors


def test_a_line_of_nothing_but_names_is_parsed_as_persons():
    assert names_only("Jane Roe and John Doe") == ("Jane Roe", "John Doe")
    assert names_only("The Harlow Register") == ()
    assert names_only("Jane Roe went home") == ()


@pytest.mark.parametrize("line", ["By The Associated Press", "By AP", "by Associated Press staff writers"])
def test_an_outlet_may_sign_with_its_own_name(line):
    assert found(head=[line]) == ("Associated Press", f"byline: {line}")
    assert authors(head=[line]) == ()


def test_an_outlet_or_a_weekday_behind_a_name_is_not_part_of_it():
    assert attribute(["By Jane Ann Roe Reuters"], BODY, OUTLETS) == Attribution(
        ("Jane Ann Roe",), "Reuters", "byline: By Jane Ann Roe Reuters"
    )
    assert attribute(["By Jane Roe Tuesday, Sept. 5, 2010"], BODY, OUTLETS).authors == ("Jane Roe",)
    assert attribute(["By Gazeta Port Selwyn"], BODY, OUTLETS).authors == ()


def test_a_byline_names_the_outlet():
    assert found(head=["By Jane Roe, The Example"]) == ("The Example", "byline: By Jane Roe, The Example")
    assert found("By Jane Roe, The Delta Herald") == ("The Delta Herald", "byline: By Jane Roe, The Delta Herald")


@pytest.mark.parametrize("line", ["Source: Reuters", "This article was first published in Reuters.", "Reuters"])
def test_a_credit_line_names_the_outlet(line):
    assert found(line) == ("Reuters", f"credit line: {line}")


def test_a_dateline_names_the_agency():
    text = ["TIRANA, May 3 (Northline) - Customs officers stopped work on Tuesday.", "They are to go back on Friday."]
    assert attribute([], text, OUTLETS).outlet is None  # neither in capitals nor in the catalogue
    text[0] = text[0].replace("Northline", "Reuters")
    assert attribute([], text, OUTLETS).outlet_basis == "dateline: TIRANA, May 3 (Reuters) -"


def test_a_url_in_the_last_line_is_the_source():
    assert found("http://www.reuters.com/a?b=1") == ("Reuters", "url: http://www.reuters.com/a?b=1")
    assert found("Link: https://news.valley.example/1") == ("news.valley.example", "url: https://news.valley.example/1")
    assert found("https://petition.example/1") == (None, "unknown")


def test_without_a_by_only_a_whole_part_of_the_line_is_an_outlet():
    assert found("Jane Roe, Reuters, Spain")[0] == "Reuters"
    assert found("Jane Roe and her Reuters mug at the quay.") == (None, "unknown")
    assert found("Jane Roe, « Les grues », Reuters diplomatique") == (None, "unknown")
    assert found("Jane Roe | https://shop.example/") == (None, "unknown")


def test_an_agency_that_was_told_something_and_has_a_production_credit_is_the_outlet():
    said = "The Associated Press had it from others. A board member told Reuters that buyers can wait."
    assert found(said) == (None, "unknown")
    assert found(said, "(Reporting by Jane Roe; Editing by John Doe)") == (
        "Reuters",
        "production credit and told Reuters",
    )


def test_the_biography_of_the_author_names_the_outlet():
    assert found("Jane Roe is a columnist for The Example.") == (
        "The Example",
        "biography: Jane Roe is a columnist for The Example",
    )
    assert found("Jane Roe is a former editor of The Example.") == (None, "unknown")


def test_an_interview_with_the_only_outlet_named_is_by_that_outlet():
    told = "“Let them wait,” she told Reuters by telephone."
    assert found(told) == ("Reuters", "told Reuters")
    assert found(told, *BODY * 10, "“We can,” the mayor told Reuters.")[0] == "Reuters"


def test_in_a_longer_text_an_outlet_that_was_told_something_once_is_cited():
    assert found("“Let them wait,” she told Reuters by telephone.", *BODY * 10) == (None, "unknown")


@pytest.mark.parametrize(
    "line",
    [
        "According to Reuters the cranes are older than the town hall.",
        "Reuters reported on Monday that the cranes were sold.",
        "Some information for this report was provided by AP and Reuters.",
    ],
)
def test_a_cited_outlet_is_not_evidence(line):
    assert found(line) == (None, "unknown")


def test_stronger_evidence_decides():
    told = "“Let them wait,” she told Reuters by telephone."
    assert found(told, head=["By Jane Roe, The Example"])[0] == "The Example"
    assert found(told, "https://apnews.com/1")[0] == "Associated Press"
    assert found(told, "Jane Roe writes a column for The Example.")[0] == "The Example"
    assert found(told, host="The Example")[0] == "Reuters"


def test_the_host_page_is_the_last_evidence():
    assert found(host="The Example") == ("The Example", "host page: The Example")
    assert found() == (None, "unknown")


def authors(*text, head=()):
    return attribute(head, [*BODY, *text], OUTLETS).authors


def test_a_byline_names_the_authors_before_any_other_line():
    assert authors("Additional reporting by John Doe in Almadraba", head=["By Jane Roe"]) == ("Jane Roe",)
    assert authors("Max Poe, Brussels", head=["Jane Roe and John Doe"]) == ("Jane Roe", "John Doe")


def test_an_agencys_credit_names_the_authors_writers_first_and_no_editors():
    assert authors("(Reporting by Jane Roe; Writing by John Doe; Editing by Max Poe)") == ("John Doe", "Jane Roe")


@pytest.mark.parametrize("line", ["Jane Roe", "Jane Roe, Brussels", "-- Jane Roe, Free Sheet", "by Jane Roe ,"])
def test_a_signature_below_the_text_names_the_author(line):
    assert authors(line) == ("Jane Roe",)


def test_the_name_of_a_person_in_the_text_is_not_a_signature():
    assert authors("Jane Roe was there.", "Jane Roe") == ()


@pytest.mark.parametrize("line", ["By " + "A " * 50_000, "A." * 50_000, "(" * 100_000, "By A B and " * 9_000])
def test_long_hostile_lines_are_read_in_time(line):
    started = time.process_time()
    attribute([line], [line, line], OUTLETS)
    assert time.process_time() - started < 20


def test_a_dateline_without_brackets_names_the_agency_too():
    text = ["Vilmar, Sept 27, VNA – The port of Vilmar was closed.", *BODY]
    assert attribute([], text, OUTLETS).outlet_basis == "dateline: Vilmar, Sept 27, VNA –"
    assert attribute([], text, OUTLETS).outlet == "VNA"
