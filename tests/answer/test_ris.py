"""A citation as RIS, as another program (rispy) reads it; nothing in an article ends a record or begins a field."""

import datetime as dt
import re
from dataclasses import replace

import pytest
import rispy
import support.properties  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.export import FORMS, key, ris

TODAY = dt.date(2026, 11, 26)
TEXT = "The mayor spoke on Friday. The tram line will open in May, she said. Nobody asked when it would close."
PLAIN = Citation(
    "tram", 100, 100 + len(TEXT), TEXT, (127, 168), "The Guardian", "byline: By Jane Roe, The Guardian", "explicit",
    "mirror.example", ("Jane Roe", "Ali al-Masri"), dt.date(2020, 2, 1), "posted by host", "Trams and us",
    "https://guardian.example/trams?a=1&b=2", "digest", 0.5,
)  # fmt: skip
SAID = "The tram line will open in May, she said."


def read(text):
    return rispy.loads(text)


def test_a_record_has_what_is_known():
    assert ris(PLAIN, TODAY) == (
        "TY  - NEWS\r\n"
        f"ID  - {key(PLAIN)}\r\n"
        "AU  - Jane Roe\r\nAU  - Ali al-Masri\r\n"
        "TI  - Trams and us\r\n"
        "T2  - The Guardian\r\n"
        "PY  - 2020\r\nDA  - 2020/02/01\r\n"
        "UR  - https://guardian.example/trams?a=1&b=2\r\n"
        "Y2  - 2026/11/26\r\n"
        "DP  - mirror.example\r\n"
        "N1  - Digest: a summary, not the outlet’s own words.\r\nN1  - Date: posted by host.\r\n"
        f"AB  - {SAID}\r\n"
        "ER  - \r\n\r\n"
    )


def test_another_program_reads_the_same():
    (record,) = read(ris(PLAIN, TODAY))
    assert record["authors"] == ["Jane Roe", "Ali al-Masri"]
    assert (record["title"], record["secondary_title"], record["year"]) == ("Trams and us", "The Guardian", "2020")
    assert (record["urls"], record["abstract"]) == (["https://guardian.example/trams?a=1&b=2"], SAID)
    assert (record["date"], record["access_date"], record["type_of_reference"]) == ("2020/02/01", "2026/11/26", "NEWS")


@pytest.mark.parametrize(
    ("outlet", "url", "host", "kind"),
    [
        ("The Guardian", None, None, "NEWS"), ("Foreign Policy", None, None, "MGZN"),
        ("Press TV", "https://e.example/a", None, "ELEC"), (None, None, None, "GEN"),
    ],
)  # fmt: skip
def test_the_type_is_that_of_what_the_outlet_prints(outlet, url, host, kind):
    (record,) = read(ris(replace(PLAIN, outlet=outlet, url=url, host=host), TODAY))
    assert record["type_of_reference"] == kind


def test_what_is_not_known_is_left_out_and_a_url_that_is_not_of_the_web_is_a_remark():
    bare = replace(PLAIN, outlet=None, host=None, authors=(), date=None, date_basis=None, title=None, kind="full text")
    (record,) = read(ris(replace(bare, url=None), TODAY))
    assert set(record) == {"type_of_reference", "id", "access_date", "abstract"}
    (record,) = read(ris(replace(bare, url="javascript:alert({1})"), TODAY))
    assert (record.get("urls"), record["notes"]) == (None, ["URL: javascript:alert(%7B1%7D)"])


@given(
    st.text(st.one_of(st.sampled_from("\r\n\x85\u2028\x0b\x1c\u202eER  -TY"), st.characters(exclude_categories=["Cs"])))
)
def test_no_text_ends_a_record_or_begins_a_field(text):
    evil = f"{text}\r\nER  - \r\nTY  - BOOK\nAU  - Mallory\u2028ER  - {text}"
    cited = replace(
        PLAIN, text=evil, start=0, end=len(evil), quote=(0, len(evil)), outlet=evil, host=evil, authors=(evil,),
        title=evil, date_basis=evil, url=f"https://e.example/{evil}",
    )  # fmt: skip
    made = ris(cited, TODAY)
    tags = [line[:2] for line in made.splitlines() if line]
    assert tags == ["TY", "ID", "AU", "TI", "T2", "PY", "DA", "UR", "Y2", "DP", "N1", "N1", "AB", "ER"]
    assert all(re.match("[A-Z][A-Z0-9]  - ", line) for line in made.splitlines() if line)
    assert len(read(made)) == 1


def test_an_answer_has_a_record_for_each_citation_and_none_if_nothing_was_found():
    answer = Answer("Which?", "which", "answers", (PLAIN, replace(PLAIN, article_id="bus")))
    assert [record["id"] for record in read(FORMS["ris"].write(answer, TODAY, None))] == [
        key(citation) for citation in answer.passages
    ]
    assert ris(Answer("Who?", "who", "nothing"), TODAY) == ""
