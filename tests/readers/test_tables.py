"""Tables of comma- or tab-separated values become articles, one per row; a bad row does not affect the others."""

import csv
import gzip
import io

import pytest

from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import limits, records, table
from rag.readers.skipped import Skipped

TEXT = "The council voted for a tram line on Monday night."


@pytest.fixture
def read(tmp_path):
    def read(content, name="news.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(table.read(path, load_catalogue()))

    return read


def rows(*rows, delimiter=","):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_determines_delimiter_and_fields(read, delimiter):
    (article,) = read(
        rows(
            ["ID", " Headline ", "Article_Text", "Source", "Publish Date", "Authors", "a;b,c|d"],
            ["7", "Tram, at last; or not", TEXT, "cnn.com", "2013-05-14", "['Jane Roe']", ""],
            delimiter=delimiter,
        )
    )
    assert (article.id, article.title, article.text) == ("7", "Tram, at last; or not", TEXT)
    assert (article.outlet, article.outlet_basis) == ("CNN", "metadata: Source")
    assert (article.date.isoformat(), article.authors) == ("2013-05-14", ("Jane Roe",))


def test_a_quoted_text_may_span_many_lines(read):
    text = 'First, with "quotes".\n\nSecond paragraph; it goes on.'
    assert [a.text for a in read(rows(["title", "text"], ["a", text], ["b", TEXT]))] == [text, TEXT]


def test_a_long_field_is_read_and_the_csv_modules_limit_restored(read):
    before = csv.field_size_limit()
    (article,) = read(rows(["text"], ["word " * 100_000]))
    assert len(article.text) == 500_000
    assert csv.field_size_limit() == before


def test_excels_sep_line_is_not_the_header(read):
    assert [a.title for a in read(f"\ufeffsep=;\r\ntitle;text\r\nTram;{TEXT}\r\n")] == ["Tram"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_detected(read, codec):
    (article,) = read("title;text\nDas Café;Die Bürger stimmten für den Bau der Straßenbahn.\n".encode(codec))
    assert (article.title, article.text) == ("Das Café", "Die Bürger stimmten für den Bau der Straßenbahn.")


def test_a_row_in_another_encoding_is_decoded_by_itself(read):
    content = f"title,text\nŽluť,{TEXT}\n".encode() + b"caf\xe9," + TEXT.encode() + b"\n"
    assert [a.title for a in read(content)] == ["Žluť", "café"]


def test_compressed_tables_are_read(read):
    assert len(read(gzip.compress(rows(["text"], [TEXT], [TEXT + " Yes."]).encode()), "a.csv.gz")) == 2
    assert len(read(gzip.compress(rows(["text", "url"], [TEXT, "x"], delimiter="\t").encode()), "a.tsv.gz")) == 1


def test_a_truncated_gzip_file_is_read_up_to_the_cut(tmp_path):
    path = tmp_path / "a.csv.gz"
    body = gzip.compress(rows(["text"], *([f"{TEXT} {i * 7919 % 10007}"] for i in range(9000))).encode())
    path.write_bytes(body[: len(body) // 2])
    items = table.read(path, load_catalogue())
    assert [next(items).text for _ in range(100)][:2] == [f"{TEXT} 0", f"{TEXT} 7919"]
    with pytest.raises(InputError, match="the gzip file is truncated; what comes before the cut was read"):
        list(items)


def skipped(items):
    return [(i.place, i.reason) for i in items if isinstance(i, Skipped)]


def titles(items):
    return [i.title for i in items if not isinstance(i, Skipped)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"bad,{TEXT},more", "it has 3 fields, but the header has 2"),
        ("bad", "it has 1 field, but the header has 2"),
        (f'bad,"{TEXT}', "a quotation mark is never closed"),
        (f'bad,"He said "yes" to it. {TEXT}"', "its quotation marks do not match (',' expected after '\"')"),
        (f"bad,{TEXT}\x00", "has invalid characters (NUL or half of a surrogate pair)"),
        ("bad,", "no text"),
        ("bad,nan", "no text"),
    ],
)
def test_a_bad_row_is_skipped_with_its_line_and_the_rest_is_read(read, row, reason):
    items = read(f"title,text\nfirst,{TEXT}\n{row}\nlast,{TEXT}\nvery last,{TEXT}\n")
    assert skipped(items) == [("line 3", reason)]
    assert titles(items) == ["first", "last", "very last"]


def test_an_unclosed_quotation_does_not_swallow_later_rows(read):
    items = read(f'title,text\na,"{TEXT}\nb,{TEXT}\nc,"{TEXT}"\nd,{TEXT}\n')
    assert [place for place, _ in skipped(items)] == ["line 2"]
    assert titles(items) == ["b", "c", "d"]


def test_the_end_of_an_unclosed_quotation_is_sought_within_the_size_limit(read, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 2000)
    items = read("title,text\n" + f'a,"{TEXT}\n' + f"b,{TEXT}\n" * 100)
    assert skipped(items) == [("line 2", "a quotation mark is never closed")]
    assert titles(items) == ["b"] * 100


def test_a_line_that_is_too_large_is_skipped(read, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 2000)
    items = read(f"title,text\na,{'x' * 3000}\nb,{TEXT}\n")
    assert [place for place, _ in skipped(items)] == ["line 2"]
    assert skipped(items)[0][1].startswith("too large")
    assert titles(items) == ["b"]


def test_empty_trailing_cells_and_blank_lines_are_ignored(read):
    items = read(f"title,text\na,{TEXT},,\n\n,,,\nb,{TEXT}\n")
    assert (titles(items), skipped(items)) == (["a", "b"], [])


def test_quotation_marks_in_tab_separated_values_are_kept(read):
    items = read(f'title\ttext\n"Yes" she said\t"{TEXT}" he said\n', "a.tsv")
    assert [(i.title, i.text) for i in items] == [('"Yes" she said', f'"{TEXT}" he said')]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("id,summary\n1,x\n", "no text column: its first line is 'id, summary'; it must name the "),
        (f"1,{TEXT}\n", "no text column"),
        (b"\x00\x01\x02\x03" * 100, "not text: it contains NUL bytes"),
        (b"PK\x03\x04" + bytes(range(256)), "not text: it is a ZIP file"),
    ],
)
def test_a_file_that_is_not_a_table_of_articles_is_rejected_with_a_reason(read, content, reason):
    with pytest.raises(InputError) as error:
        read(content)
    assert str(error.value).startswith(reason)


def test_a_header_without_a_text_column_is_told_how_to_name_one(read):
    with pytest.raises(InputError, match=r"one of them text, body, content, article or the like; .* --field text=COL"):
        read("id,summary\n1,x\n")


def test_a_table_with_only_a_header_has_no_articles(read):
    assert read("title,text\n") == []
    assert titles(read(f"title,text\na,{TEXT}\n")) == ["a"]


DATES = "id,text,date\n"


def dates(items):
    return [item.date.isoformat() if item.date else item.date_basis for item in items]


def test_a_date_with_the_day_first_settles_the_others_of_the_file(read):
    rows = f"a,{TEXT},03/04/2019\nb,{TEXT},25/04/2019\nc,{TEXT},2019-05-06\nd,{TEXT},3/4/2019 10:00\n"
    assert dates(read(DATES + rows)) == ["2019-04-03", "2019-04-25", "2019-05-06", "2019-04-03"]


def test_a_date_with_the_month_first_settles_the_others_of_the_file(read):
    assert dates(read(f"{DATES}a,{TEXT},03/04/2019\nb,{TEXT},04/25/2019\n")) == ["2019-03-04", "2019-04-25"]


@pytest.mark.parametrize("others", ["", f"b,{TEXT},25/04/2019\nc,{TEXT},04/25/2019\n", f"b,{TEXT},05/05/2019\n"])
def test_a_file_that_settles_nothing_or_contradicts_itself_has_two_readings(read, others):
    assert dates(read(f"{DATES}a,{TEXT},03/04/2019\n{others}"))[0] == "refused: 03/04/2019 (two readings)"


def test_the_order_of_dates_is_looked_for_in_the_first_rows_alone(read, monkeypatch):
    monkeypatch.setattr(records, "LOOKED_AT", 2)
    rows = f"a,{TEXT},03/04/2019\nb,{TEXT},04/04/2019\nc,{TEXT},25/04/2019\n"
    assert dates(read(DATES + rows))[0].startswith("refused")
