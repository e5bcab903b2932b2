"""Which version of a text is shown first."""

import pytest

from rag.answer.precedence import AGENCY, EARLIEST, UNKNOWN_ORDER, first_version
from rag.article import Article
from rag.provenance.catalogue import load_catalogue
from rag.readers.record import read_date


def version(article_id, outlet, date=None, text="Nothing.", **more):
    return Article(id=article_id, outlet=outlet, date=read_date(date)[0], text=text, **more)


@pytest.mark.parametrize(
    ("credit", "credited"),
    [
        ({"text": "The dam broke. (Time)"}, True),
        ({"text": "The dam broke.\n— Time"}, True),
        ({"text": "TIME - The dam broke."}, True),
        ({"text": "The dam broke. Source: Time"}, True),
        ({"authors": ("Time",)}, True),
        ({"text": "Time and again the dam broke, and every Time reader knew."}, False),
        ({"text": "The dam broke. It took a long time to say so."}, False),
        ({"text": f"{'The dam broke. ' * 20}(Time) {'The dam broke. ' * 20}"}, False),
    ],
)
def test_a_name_that_is_a_word_is_a_credit_only_where_it_is_printed_as_one(credit, credited):
    versions = [version("a", "The Post", "2020-01-01", **credit), version("b", "Time", "2020-01-02")]
    first, basis = first_version(versions, load_catalogue())
    assert (first.id, basis) == (("b", AGENCY) if credited else ("a", EARLIEST))


@pytest.mark.parametrize(
    ("words", "credited"),
    [
        ("Reporting by Jane Roe, Varna Wire", True),
        ("First published in Varna Wire on 3 May.", True),
        ("This appeared at the Varna Wire.", True),
        ("— Varna Wire", True),
        ("Varna Wire could not be reached.", False),
        ("The mayor told Varna Wire.", False),
        ("He sued the Varna Wire.", False),
        ("Varna Wire’s editor did not answer.", False),
        ("A spokeswoman for Varna Wire.", False),
        ("The Varna Wires.", False),
    ],
)
def test_a_sentence_that_speaks_of_an_outlet_does_not_credit_it(words, credited):
    versions = [version("a", "The Post", "2020-01-01", f"It broke. {words}"), version("b", "Varna Wire", "2020-01-02")]
    first, basis = first_version(versions, load_catalogue())
    assert (first.id, basis) == (("b", AGENCY) if credited else ("a", EARLIEST))


def test_an_outlet_s_own_name_is_no_credit():
    versions = [version("a", "Coast Wire", "2020-01-02", "By Coast Wire"), version("b", "The Post", "2020-01-01")]
    assert first_version(versions, load_catalogue())[0].id == "b"


def test_among_several_texts_of_the_agency_the_earliest_is_first():
    agency = [version("a", "Reuters", "2020-01-03"), version("b", "Reuters", "2020-01-02")]
    versions = [*agency, version("c", "X", "2020-01-01")]
    assert [first_version(some, load_catalogue())[0].id for some in (versions, versions[::-1])] == ["b", "b"]


def test_the_order_is_unknown_for_one_date_and_for_none():
    for dates in (("2020-01-01", "2020-01-01"), (None, None)):
        versions = [version(i, f"Outlet {i}", date) for i, date in zip("ba", dates, strict=True)]
        first, basis = first_version(versions, load_catalogue())
        assert (first.id, basis) == ("a", UNKNOWN_ORDER)
