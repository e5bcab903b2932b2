"""JSON, JSON Lines and Markdown become articles; a bad record is skipped with its place, and does not stop the rest."""

import gzip
import json
import tracemalloc

import pytest

import rag
from rag import readers
from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import json_file, jsonl, limits, markdown
from rag.readers.skipped import Skipped

TEXT = "The council voted for a tram line on Monday night. Work begins in spring."
RECORD = {"title": "Tram", "text": TEXT}


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*records):
    return "\n".join(r if isinstance(r, str) else json.dumps(r) for r in records)


def outcomes(items):
    """Return what was read, by title or text, and what was skipped, by place and reason."""
    return [f"{i.place}: {i.reason}" if isinstance(i, Skipped) else i.title or i.text for i in items]


class TestJsonLines:
    @pytest.fixture
    def read(self, tmp_path):
        return lambda content, name="n.jsonl": list(jsonl.read(write(tmp_path, name, content), load_catalogue()))

    def test_each_line_is_an_article(self, read, tmp_path):
        first, second = read(lines(RECORD, {"body": "More.", "source": {"name": "CNN"}}))
        assert (first.title, first.text, first.source) == ("Tram", TEXT, str(tmp_path / "n.jsonl"))
        assert (second.text, second.outlet) == ("More.", "CNN")

    @pytest.mark.parametrize(
        "content",
        [
            lines(RECORD, RECORD).replace("\n", "\r\n") + "\r\n",
            "\ufeff" + lines(RECORD, RECORD),
            "\n\n" + lines(RECORD, "", " \t", RECORD) + "\n\n",
        ],
    )
    def test_windows_line_ends_a_byte_order_mark_and_blank_lines_are_accepted(self, read, content):
        assert outcomes(read(content)) == ["Tram", "Tram"]

    def test_mojibake_in_fields_is_repaired(self, read):
        (article,) = read('{"text": "Caf\\u00c3\\u00a9 and don\\u00e2\\u20ac\\u2122t"}')
        assert article.text == "Café and don’t"

    @pytest.mark.parametrize(
        ("record", "reason"),
        [
            ("{not json", "not JSON (Expecting property name enclosed in double quotes)"),
            ("[1, 2]", "it is a list, not an object"),
            ("{}", "no text"),
            ('{"text": "\\ud83d"}', "has invalid characters (NUL or half of a surrogate pair)"),
            ({"text": TEXT, "authors": 3}, "its authors field is neither text nor a list of texts"),
            ("[" * 100000, "its JSON is nested too deeply"),
            ('{"text": "a", "n": ' + "9" * 5000 + "}", "not JSON (a number has too many digits)"),
            ('{"text": "a\x00"}', "not text: it contains NUL bytes; if it is text, save it as UTF-8"),
        ],
    )
    def test_a_bad_line_is_skipped_with_its_number_and_the_rest_is_read(self, read, record, reason):
        assert outcomes(read(lines(RECORD, record, RECORD))) == ["Tram", f"line 2: {reason}", "Tram"]

    def test_compressed_lines_are_read(self, read):
        assert outcomes(read(gzip.compress(lines(RECORD).encode()), "n.jsonl.gz")) == ["Tram"]

    def test_a_truncated_gzip_file_is_read_up_to_the_cut(self, tmp_path):
        body = gzip.compress(lines(*({"text": f"{TEXT} {i * 7919 % 10007}"} for i in range(9000))).encode())
        items = jsonl.read(write(tmp_path, "n.jsonl.gz", body[: len(body) // 2]), load_catalogue())
        assert [next(items).text[-4:] for _ in range(100)][:2] == ["g. 0", "7919"]
        with pytest.raises(InputError, match="the gzip file is truncated; what comes before the cut was read"):
            list(items)

    def test_gzip_is_recognised_by_its_first_bytes(self, read):
        assert outcomes(read(lines(RECORD), "n.jsonl.gz")) == ["Tram"]
        assert outcomes(read(gzip.compress(lines(RECORD).encode()), "n.jsonl")) == ["Tram"]

    @pytest.mark.parametrize("codec", ["utf-16", "utf-16-be"])
    def test_utf_16_is_rejected_once_for_the_whole_file(self, read, codec):
        content = ("\ufeff" * (codec == "utf-16-be") + lines(RECORD, RECORD)).encode(codec)
        with pytest.raises(InputError, match="its encoding is UTF-16, and JSON Lines must be UTF-8; save it as UTF-8"):
            read(content)

    def test_a_line_over_the_size_limit_is_skipped_without_being_held_in_memory(self, tmp_path):
        """The line has 200 MB, in a sparse file."""
        path = tmp_path / "n.jsonl"
        with path.open("wb") as file:
            file.write(lines(RECORD).encode() + b"\n")
            file.seek(200 * 2**20, 1)
            file.write(b"\n" + lines(RECORD).encode())
        tracemalloc.start()
        assert outcomes(jsonl.read(path, load_catalogue())) == [
            "Tram",
            "line 2: too large: the limit for one article is 32 MB; split it",
            "Tram",
        ]
        assert tracemalloc.get_traced_memory()[1] < 3 * limits.MAX_BYTES
        tracemalloc.stop()


class TestJson:
    @pytest.fixture
    def read(self, tmp_path):
        return lambda content, name="n.json": list(json_file.read(write(tmp_path, name, content), load_catalogue()))

    @pytest.mark.parametrize(
        "content",
        [
            [RECORD, RECORD],
            {"status": "ok", "totalResults": 2, "articles": [RECORD, RECORD]},
            {"response": {"meta": {"hits": [1, 2]}, "docs": [RECORD, RECORD]}},
            {"articles": {"results": [RECORD, RECORD], "count": 2}},
            *({name: [RECORD, RECORD]} for name in ("data", "items", "results", "docs", "news")),
        ],
    )
    def test_records_may_be_in_an_array_or_in_a_list_of_an_object(self, read, content):
        assert outcomes(read(json.dumps(content))) == ["Tram", "Tram"]

    def test_one_object_may_be_the_record(self, read):
        (article,) = read(json.dumps({"items": ["a", "b"], "headline": "Tram", "body": TEXT, "data": [{"x": 1}]}))
        assert (article.title, article.text) == ("Tram", TEXT)

    def test_concatenated_objects_are_read(self, read):
        assert outcomes(read("\ufeff" + lines(RECORD, RECORD) + "\n")) == ["Tram", "Tram"]

    def test_an_empty_list_has_no_articles(self, read):
        assert read('{"articles": [], "status": "ok"}') == []
        assert read("[]") == []
        assert outcomes(read(json.dumps({"articles": [RECORD], "status": "ok"}))) == ["Tram"]

    @pytest.mark.parametrize(
        ("record", "reason"),
        [
            (1, "it is a number, not an object"),
            (None, "it is null, not an object"),
            ([RECORD], "it is a list, not an object"),
            ({"title": "x"}, "no text"),
            ({"text": TEXT, "title": ["a", "b"]}, "its title is a list, not text"),
            ({"content": "cut… [+1234 chars]"}, "its content is truncated ('cut… [+1234 chars]'); get the full text"),
        ],
    )
    def test_a_bad_record_is_skipped_with_its_number_and_the_rest_is_read(self, read, record, reason):
        assert outcomes(read(json.dumps([RECORD, record, RECORD]))) == ["Tram", f"record 2: {reason}", "Tram"]

    @pytest.mark.parametrize("deep", ['{"a":' + "[" * 20000 + "]" * 20000 + "}", '{"a":' * 20000 + "1" + "}" * 20000])
    def test_a_record_nested_too_deeply_is_skipped(self, read, deep):
        found = read(f"[{json.dumps(RECORD)},{deep},{json.dumps(RECORD)}]")
        assert outcomes(found) == ["Tram", "record 2: its JSON is nested too deeply", "Tram"]

    def test_a_file_of_nested_arrays_alone_is_rejected(self, read):
        with pytest.raises(InputError, match="the file is truncated"):
            read("[" * 200_000)

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            ("", "the file is truncated; it was read up to record 2"),
            (',{"text": "The coun', "the file is truncated; it was read up to record 2"),
            (", oops]", "not JSON: invalid char in json text.; it was read up to record 2"),
        ],
    )
    def test_records_before_a_truncation_are_read(self, tmp_path, end, reason):
        items = json_file.read(write(tmp_path, "n.json", json.dumps([RECORD, RECORD])[:-1] + end), load_catalogue())
        assert [next(items).title, next(items).title] == ["Tram", "Tram"]
        with pytest.raises(InputError) as error:
            list(items)
        assert str(error.value) == reason

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "the file is empty"),
            (b"not json", "not JSON: invalid string in json text."),
            (b'[{"text": "caf\xe9"}]', "not UTF-8; save it as UTF-8"),
            (
                b'[{"text": "caf\xed\xa0\x80"}]',
                "not UTF-8; save it as UTF-8",
            ),  # half a surrogate pair, which yajl takes
            (json.dumps(RECORD).encode("utf-16"), "its encoding is UTF-16, and JSON must be UTF-8; save it as UTF-8"),
            (b"\x00\x01\x02\x03", "its encoding is UTF-16, and JSON must be UTF-8; save it as UTF-8"),
        ],
    )
    def test_a_file_that_is_not_json_is_rejected_with_a_reason(self, read, content, reason):
        with pytest.raises(InputError) as error:
            read(content)
        assert str(error.value) == reason

    def test_a_record_that_is_too_large_is_skipped(self, read, monkeypatch):
        monkeypatch.setattr(limits, "MAX_BYTES", 2**20)
        huge = {"text": TEXT, "words": ["word"] * 400_000}
        first, skipped, last = outcomes(read(json.dumps([RECORD, huge, RECORD])))
        assert (first, last) == ("Tram", "Tram")
        assert skipped.startswith("record 2: too large")

    def test_a_text_over_the_size_limit_ends_the_reading(self, tmp_path, monkeypatch):
        monkeypatch.setattr(limits, "MAX_BYTES", 2**20)
        items = json_file.read(
            write(tmp_path, "n.json", json.dumps([RECORD, {"text": "a" * 4 * 2**20}])), load_catalogue()
        )
        assert next(items).title == "Tram"
        with pytest.raises(InputError, match=r"too large: .* What comes before it was read"):
            list(items)

    def test_memory_does_not_grow_with_the_file(self, tmp_path):
        path = write(tmp_path, "n.json", "[" + ",".join([json.dumps({"text": "word " * 2000})] * 1000) + "]")
        assert path.stat().st_size > 9_900_000
        tracemalloc.start()
        assert sum(1 for _ in json_file.read(path, load_catalogue())) == 1000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
        tracemalloc.stop()


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".csv"])
def test_a_file_that_grows_while_it_is_read_has_an_end(tmp_path, ending):
    row = f'Tram,"{TEXT}"\n' if ending == ".csv" else lines(RECORD) + "\n"
    pack = gzip.compress if ending == ".jsonl.gz" else bytes
    rows = [pack((row * 500).encode()) for _ in range(2)]
    path = write(tmp_path, f"a{ending}", (b"title,text\n" if ending == ".csv" else b"") + rows[0] + rows[1])
    read = 0
    for _ in readers.read([path], load_catalogue()):
        read += 1
        if read % 100 == 0 and read < 2_000:
            with path.open("ab") as file:
                file.write(rows[0])
    assert read == 1_000


class TestMarkdown:
    @pytest.fixture
    def read(self, tmp_path):
        def read(content):
            (article,) = markdown.read(write(tmp_path, "a.md", content), load_catalogue())
            return article

        return read

    def test_front_matter_gives_the_fields(self, read):
        article = read(
            f'---\ntitle: "A: B"\nOutlet: reuters\ndate: 2013-05-14\nauthors: [A. Roe]\nkind: digest\n---\n\n{TEXT}\n'
        )
        assert (article.title, article.outlet, article.date.isoformat()) == ("A: B", "Reuters", "2013-05-14")
        assert (article.authors, article.kind, article.text) == (("A. Roe",), "digest", TEXT)

    @pytest.mark.parametrize("heading", ["# Tram line\n\n", "\n\n# Tram line #\n", "Tram line\n=========\n\n"])
    @pytest.mark.parametrize("front", ["", "---\noutlet: Reuters\n---\n", "---\ntitle: Tram line\n---\n"])
    def test_a_heading_that_opens_the_text_is_its_title(self, read, heading, front):
        article = read(f"{front}{heading}{TEXT}\n")
        assert (article.title, article.text) == ("Tram line", TEXT)

    def test_the_title_in_front_matter_wins_and_another_heading_is_text(self, read):
        article = read(f"---\ntitle: Tram\n---\n# Line\n\n{TEXT}")
        assert (article.title, article.text) == ("Tram", f"# Line\n\n{TEXT}")

    def test_the_text_is_kept_word_for_word(self, read):
        text = "A *vote*, [12](https://a.example) to **3** &amp; 4.\n\n> “Yes”\n\n- 1\n- 2\n\n## Later\n\n---\n\nEnd."
        assert read(text).text == text
        assert read(text.replace("\n", "\r\n")).text == text

    @pytest.mark.parametrize(
        ("stated", "basis"),
        [("2013-02-30", "refused: 2013-02-30 (not a day)"), ("2999-01-01", "refused: 2999-01-01 (in the future)")],
    )
    def test_an_impossible_date_is_refused_and_the_article_kept(self, read, stated, basis):
        article = read(f"---\ndate: {stated}\n---\n{TEXT}")
        assert (article.text, article.date, article.date_basis) == (TEXT, None, basis)

    def test_front_matter_values_are_text(self, read):
        article = read(f"---\nid: 007\ntitle: 2013\noutlet: null\nurl:\n---\n{TEXT}")
        assert (article.id, article.title, article.outlet, article.url) == ("007", "2013", None, None)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "the file is empty"),
            (b" \n", "the file is empty"),
            (b"---\ntitle: [\n---\ntext", "its front matter is not YAML"),
            (b"---\n- a\n- b\n---\ntext", "its front matter is not a list of fields (title: ..., date: ...)"),
            (b"---\na: " + b"[" * 5000 + b"\n---\ntext", "its front matter is nested too deeply"),
            (b"---\n!!python/object/apply:os.getcwd []\n---\ntext", "its front matter is not a list of fields"),
            (b"---\ntitle: x\n---\n", "no text"),
            (b"# Only a title\n", "no text"),
            (b"\x00\x01\x02", "not text: it contains NUL bytes"),
        ],
    )
    def test_a_bad_file_is_rejected_with_a_reason(self, read, content, reason):
        with pytest.raises(InputError) as error:
            read(content)
        assert str(error.value).startswith(reason)


def test_every_kind_of_record_file_has_a_reader(tmp_path):
    for name in ("a.jsonl", "b.ndjson", "c.json"):
        write(tmp_path, name, json.dumps(RECORD))
    write(tmp_path, "d.md", f"# Tram\n\n{TEXT}")
    write(tmp_path, "e.csv", f"title,text\nTram,{TEXT}\n")
    write(tmp_path, "f.tsv", f"title\ttext\nTram\t{TEXT}\n")
    write(tmp_path, "g.csv.gz", gzip.compress(f"title,text\nTram,{TEXT}\n".encode()))
    assert outcomes(readers.read([tmp_path], load_catalogue())) == ["Tram"] * 7


def test_read_articles_warns_of_skipped_records(tmp_path):
    path = write(tmp_path, "n.jsonl", lines(RECORD, "{"))
    with pytest.warns(UserWarning, match=r"n\.jsonl, line 2: not JSON"):
        assert len(list(rag.read_articles([path]))) == 1
