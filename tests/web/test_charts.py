"""The charts of an answer's balance are tables that say what they draw, and names are no markup in them."""

import datetime as dt
import re

from support.cited import EVIL, SAFE, citation

from rag.answer.balance import Balance, Counts, OutletMatch
from rag.web.charts import MAX_ROWS, kinds_html, outlets_html, strip_html, times_html

FILLED, HOLLOW = 'class="filled"', 'class="hollow"'


def rows(table):
    """The cells of each row of a table's body, as text."""
    body = table.split("<tbody>")[1]
    return [
        [
            re.sub(r"</?(td|svg|rect|circle|line|time|span|bdi)\b[^>]*>", "", c).strip()
            for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body)
    ]


def bars(shown, allowed, index=None):
    counts = Counts(sum(allowed.values()), allowed)
    return outlets_html(Balance(Counts(outlets=shown), counts, index or counts))


def test_each_outlet_has_a_bar_most_frequent_first_with_its_numbers():
    table = bars({"B": 1}, {"A": 4, "B": 2})
    assert rows(table) == [["A", "", "0 of 4"], ["B", "", "1 of 2"]]
    assert re.findall(r'<rect class="(\w+)" width="([\d.]+%)"', table) == [
        ("hollow", "100.0%"), ("filled", "0.0%"), ("hollow", "50.0%"), ("filled", "25.0%"),
    ]  # fmt: skip
    assert "of those in the index (outlined)" in table
    assert "of those matching the filters (outlined)" in bars({}, {"A": 4}, Counts(9, {"A": 4, "C": 5}))


def test_of_many_outlets_those_shown_have_a_row_and_the_others_share_one():
    allowed = {f"outlet {i}": 100 - i for i in range(50)} | {"rare": 1}
    table = bars({"rare": 1}, allowed)
    names = [name for name, *_ in rows(table)]
    assert names == [*(f"outlet {i}" for i in range(MAX_ROWS - 1)), "rare", f"{51 - MAX_ROWS} other outlets"]
    assert rows(table)[-1][2] == f"0 of {sum(100 - i for i in range(MAX_ROWS - 1, 50)):,}"
    many = bars(allowed, allowed)
    assert len(rows(many)) == MAX_ROWS + 1
    rest = sum(sorted(allowed.values())[:-MAX_ROWS])
    assert rows(many)[-1][2] == f"{rest:,} of {rest:,}"


def match(outlet, day=None, shown=False):
    return OutletMatch("a", outlet, day and dt.date.fromisoformat(day), shown)


def times(*matches):
    return times_html(Balance(outlet_matches=matches))


def test_passages_are_on_a_line_by_date_and_who_spoke_first_comes_first():
    table = times(
        match("B", "2020-01-01", True), match("A", "2010-01-01"), match("A", "2015-01-01", True), match(None),
        match("B", "2020-01-01"), match("B", "2020-01-01"),
    )  # fmt: skip
    assert '<span class="axis"><span>2010</span><span>2020</span></span>' in table
    assert rows(table) == [
        ["A", "○ 2010-01-01 ● 2015-01-01"],
        ["B", "● 2020-01-01 ○ 2020-01-01 (2 passages)"],
        ["an unknown outlet", "○ undated"],
    ]
    assert re.findall(r'<circle class="(\w+)" cx="([\d.]+%)"', table) == [
        ("hollow", "0.0%"), ("filled", "50.0%"), ("filled", "100.0%"),
    ]  # fmt: skip
    assert '<span role="img" aria-label="not shown">○</span> <time datetime="2010-01-01">' in table


def test_a_date_leads_to_the_card_of_its_first_passage():
    shown, other = OutletMatch("a", "A", dt.date(2010, 1, 1), True), OutletMatch("b", "A", dt.date(2010, 1, 1), True)
    hidden = OutletMatch("c", "A", dt.date(2011, 1, 1), False)
    table = times_html(Balance(outlet_matches=(shown, other, hidden)), {"a": 1, "b": 2})
    button = r'<button type="button" data-do="card" data-card="(.*?)"><span class="day">.*?<time datetime="(.*?)"'
    assert re.findall(button, table) == [("1", "2010-01-01")]
    assert "<button" not in times_html(Balance(outlet_matches=(shown,)))


def test_kinds_of_outlets_have_bars_too():
    counts = Counts(3, outlet_kinds={"newspaper": 2, "<b>": 1})
    table = kinds_html(Balance(Counts(1, outlet_kinds={"newspaper": 1}), counts, counts))
    assert rows(table) == [["newspaper", "", "1 of 2"], ["&lt;b&gt;", "", "0 of 1"]]
    assert '<th scope="col">Kind</th>' in table


def test_a_single_day_is_in_the_middle_and_without_a_date_there_is_no_line():
    table = times(match("A", "2010-01-01", True))
    assert '<span class="axis"><span>2010-01-01</span></span>' in table
    assert 'cx="50.0%"' in table
    assert "<svg" not in times(match("A", None, True))


def test_of_many_outlets_with_passages_those_shown_have_a_row():
    first = [match(f"outlet {i}", f"20{i:02}-01-01") for i in range(20)]
    named = [name for name, *_ in rows(times(*first, match("late", "2024-01-01", True)))]
    assert named == [*(f"outlet {i}" for i in range(MAX_ROWS - 1)), "late", f"{21 - MAX_ROWS} other outlets"]


def strip(*passages):
    return strip_html([citation(date=day and dt.date.fromisoformat(day), outlet=outlet) for outlet, day in passages])


def dots(html):
    """Each dot of the strip: the number of its card, its place on the line, and what it is called."""
    dot = (
        '<button type="button" data-do="card" data-card="(.*?)" style="inset-inline-start:(.*?)" aria-label="(.*?)">'
        '<span aria-hidden="true">●</span></button>'
    )
    return re.findall(dot, html)


def test_the_strip_has_a_dot_for_each_date_that_leads_to_the_first_card_of_it():
    html = strip(
        ("B", "2013-12-31"), ("A", "2010-01-01"), (None, None), ("C", "2013-12-31"), ("A", "2012-01-01"),
        (None, "2010-01-01"), ("A", "2010-01-01"),
    )  # fmt: skip
    assert dots(html) == [
        ("2", "0.0%", "2010-01-01, A; an unknown outlet"), ("5", "50.0%", "2012-01-01, A"),
        ("1", "100.0%", "2013-12-31, B; C"),
    ]  # fmt: skip
    assert html.startswith('<p class="strip" role="group" aria-label="Who spoke when">2010<span class="line">')
    assert html.endswith("</span>2013</p>")


def test_a_strip_of_one_year_begins_and_ends_with_days():
    html = strip(("A", "2013-09-01"), ("B", "2013-09-05"))
    assert re.sub("<[^>]*>", "", html) == "2013-09-01●●2013-09-05"


def test_there_is_no_strip_where_there_are_not_two_dates():
    assert strip() == strip(("A", None)) == strip(("A", "2013-09-01"), ("B", "2013-09-01"), ("C", None)) == ""


def test_names_of_outlets_are_text():
    evil = "<img src=x>"
    for table in (bars({evil: 1}, {evil: 1}), times(match(evil))):
        assert "<bdi>&lt;img src=x&gt;</bdi>" in table
        assert "<img" not in table
    html = strip((EVIL, "2013-09-01"), ("A", "2013-09-05"))
    assert [called for _, _, called in dots(html)] == [f"2013-09-01, {SAFE}", "2013-09-05, A"]
    assert "<img" not in html
