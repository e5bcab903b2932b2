"""The pictures of an answer's balance are tables that say what they draw, and names are no markup in them."""

import datetime as dt
import re

from rag.answer.balance import Balance, Counts, OutletMatch
from rag.web.charts import ROWS, outlets_html, times_html

FILLED, HOLLOW = 'class="filled"', 'class="hollow"'


def show(name):
    return f"<{name}>"


def rows(table):
    """The cells of each row of a table's body, as text."""
    body = table.split("<tbody>")[1]
    return [
        [
            re.sub(r"</?(td|svg|rect|circle|line|time|span)\b[^>]*>", "", c).strip()
            for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body)
    ]


def bars(shown, allowed, index=None):
    counts = Counts(sum(allowed.values()), allowed)
    return outlets_html(Balance(Counts(outlets=shown), counts, index or counts), show)


def test_each_outlet_has_a_bar_most_frequent_first_with_its_numbers():
    table = bars({"B": 1}, {"A": 4, "B": 2})
    assert rows(table) == [["<A>", "", "0 of 4"], ["<B>", "", "1 of 2"]]
    assert re.findall(r'<rect class="(\w+)" width="([\d.]+%)"', table) == [
        ("hollow", "100.0%"), ("filled", "0.0%"), ("hollow", "50.0%"), ("filled", "25.0%"),
    ]  # fmt: skip
    assert "of those in the index (outlined)" in table
    assert "of those that the restrictions leave (outlined)" in bars({}, {"A": 4}, Counts(9, {"A": 4, "C": 5}))


def test_of_many_outlets_those_shown_have_a_row_and_the_rest_is_summed():
    allowed = {f"outlet {i}": 100 - i for i in range(50)} | {"rare": 1}
    table = bars({"rare": 1}, allowed)
    names = [name for name, *_ in rows(table)]
    assert names == [*(f"<outlet {i}>" for i in range(ROWS - 1)), "<rare>", f"{51 - ROWS} more outlets"]
    assert rows(table)[-1][2] == f"0 of {sum(100 - i for i in range(ROWS - 1, 50)):,}"
    many = bars(allowed, allowed)
    assert len(rows(many)) == ROWS + 1
    rest = sum(sorted(allowed.values())[:-ROWS])
    assert rows(many)[-1][2] == f"{rest:,} of {rest:,}"


def voice(outlet, day=None, shown=False):
    return OutletMatch("a", outlet, day and dt.date.fromisoformat(day), shown)


def times(*voices):
    return times_html(Balance(outlet_matches=voices), show)


def test_passages_stand_on_a_line_by_date_and_whoever_spoke_first_stands_first():
    table = times(
        voice("B", "2020-01-01", True), voice("A", "2010-01-01"), voice("A", "2015-01-01", True), voice(None),
        voice("B", "2020-01-01"), voice("B", "2020-01-01"),
    )  # fmt: skip
    assert '<span class="axis"><span>2010</span><span>2020</span></span>' in table
    assert rows(table) == [
        ["<A>", "○ 2010-01-01 ● 2015-01-01"],
        ["<B>", "● 2020-01-01 ○ 2020-01-01 (2 passages)"],
        ["<an unknown outlet>", "○ undated"],
    ]
    assert re.findall(r'<circle class="(\w+)" cx="([\d.]+%)"', table) == [
        ("hollow", "0.0%"), ("filled", "50.0%"), ("filled", "100.0%"),
    ]  # fmt: skip
    assert '<span role="img" aria-label="not shown">○</span> <time datetime="2010-01-01">' in table


def test_one_day_alone_stands_in_the_middle_and_without_a_date_there_is_no_line():
    table = times(voice("A", "2010-01-01", True))
    assert '<span class="axis"><span>2010-01-01</span></span>' in table
    assert 'cx="50.0%"' in table
    assert "<svg" not in times(voice("A", None, True))


def test_of_many_outlets_with_passages_those_shown_have_a_row():
    first = [voice(f"outlet {i}", f"20{i:02}-01-01") for i in range(20)]
    named = [name for name, *_ in rows(times(*first, voice("late", "2024-01-01", True)))]
    assert named == [*(f"<outlet {i}>" for i in range(ROWS - 1)), "<late>", f"{21 - ROWS} more outlets"]
