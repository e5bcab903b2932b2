"""Files and folders become articles; what cannot be read is told, and stops nothing."""

import gzip
import json

import pytest

import rag
from rag import readers
from rag.errors import InputError
from rag.readers.skipped import Skipped

TEXT = "The council voted for a tram line on Monday night. Work begins in spring."


def read(*paths):
    return list(readers.read(paths))


def lines(tmp_path, *records, name="n.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records), "utf-8")
    return path


def test_a_record_may_use_the_common_names_of_fields(tmp_path):
    path = lines(tmp_path, {"text": TEXT, "publisher": "Example Post", "published_at": "2013-05-14T23:30:00+02:00"})
    (article,) = read(path)
    assert (article.outlet, article.outlet_basis) == ("Example Post", "metadata: publisher")
    assert (article.date.isoformat(), article.date_basis) == ("2013-05-14", "published")
    assert article.source == str(path)


def test_authors_are_a_list_or_a_line(tmp_path):
    found = read(
        lines(tmp_path, {"text": TEXT, "authors": "A. Roe, B. Doe and C. Poe"}, {"text": TEXT, "authors": ["X"]})
    )
    assert [a.authors for a in found] == [("A. Roe", "B. Doe", "C. Poe"), ("X",)]


def test_an_address_names_the_outlet_where_nothing_else_does(tmp_path):
    known, unknown = read(
        lines(
            tmp_path, {"text": TEXT, "url": "https://www.reuters.com/x"}, {"text": TEXT, "url": "https://a.example/x"}
        )
    )
    assert (known.outlet, known.outlet_basis, known.host) == ("Reuters", "url: https://www.reuters.com/x", None)
    assert (unknown.outlet, unknown.outlet_basis, unknown.host) == (None, "unknown", "a.example")


@pytest.mark.parametrize("printed", ["03/04/2013", "yesterday", "2013", "13.13.2013", ""])
def test_a_date_that_is_not_sure_is_no_date(tmp_path, printed):
    (article,) = read(lines(tmp_path, {"text": TEXT, "date": printed}))
    assert (article.date, article.date_basis) == (None, None)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("{not json", "not JSON"),
        ("[1, 2]", "a list, not an object"),
        ({"title": "no text"}, "no text"),
        ({"text": "   "}, "no text"),
        ({"text": 7}, "no text"),
        ({"text": TEXT, "date": "2999-01-01"}, "date 2999-01-01 lies in the future"),
        ({"text": TEXT, "title": ["a"]}, "title is list, not text"),
        ({"text": TEXT, "authors": 3}, "authors is neither text nor a list of texts"),
        ({"text": TEXT, "kind": "tweet"}, "kind is 'tweet'; it can be 'full text' or 'digest'"),
        ({"text": "half \ud83d"}, "holds characters that are no text"),
        ("[" * 100000, "JSON nested too deeply"),
    ],
)
def test_a_bad_record_is_skipped_with_its_line_and_the_rest_is_read(tmp_path, record, reason):
    first, bad, last = read(lines(tmp_path, {"text": TEXT}, record, {"text": TEXT + " More."}))
    assert isinstance(bad, Skipped)
    assert bad.place == "line 2"
    assert bad.reason.startswith(reason)
    assert (first.text, last.text) == (TEXT, TEXT + " More.")


def test_compressed_lines_are_read(tmp_path):
    path = tmp_path / "n.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"text": TEXT}).encode()))
    assert [a.text for a in read(path)] == [TEXT]


def test_a_truncated_archive_is_skipped_after_what_could_be_read(tmp_path):
    path = tmp_path / "n.jsonl.gz"
    body = gzip.compress("\n".join(json.dumps({"text": f"{TEXT} {i}"}) for i in range(5000)).encode())
    path.write_bytes(body[: len(body) // 2])
    *articles, last = read(path)
    assert len(articles) > 0
    assert isinstance(last, Skipped)
    assert last.reason.startswith(f"the archive breaks off after line {len(articles)} (")


def test_markdown_carries_the_fields_as_front_matter(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(
        f'---\ntitle: "A: B"\noutlet: Reuters\ndate: 2013-05-14\nauthors: [A. Roe]\nkind: digest\n---\n\n{TEXT}\n'
    )
    (article,) = read(path)
    assert (article.title, article.outlet, article.date.isoformat()) == ("A: B", "Reuters", "2013-05-14")
    assert (article.authors, article.kind, article.text) == (("A. Roe",), "digest", TEXT)


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("a.md", b"---\ntitle: [\n---\ntext", "its front matter is not YAML"),
        ("a.md", b"---\ntitle: x\n---\n", "no text"),
        ("a.md", b"\xff\xfe", "not UTF-8 text"),
        ("a.txt", b"\xff\xfe\x00", "not UTF-8 text"),
        ("a.txt", b"", "no article found in it"),
        ("a.xyz", b"text", "no reader for this kind of file"),
    ],
)
def test_a_bad_file_is_skipped_with_its_reason(tmp_path, name, body, reason):
    (tmp_path / name).write_bytes(body)
    (skipped,) = read(tmp_path)
    assert reason in str(skipped)
    assert str(tmp_path / name) in str(skipped)


def test_folders_are_walked_by_name_without_hidden_and_readme_files(tmp_path):
    for name in ("b.jsonl", "a/c.jsonl", ".hidden.jsonl", ".git/x.jsonl", "README.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"text": f"{TEXT} {name}"}))
    assert [a.text.split()[-1] for a in read(tmp_path)] == ["b.jsonl", "a/c.jsonl"]


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        list(rag.read_articles([tmp_path / "x"]))


def test_the_api_warns_of_what_it_leaves_out(tmp_path):
    path = lines(tmp_path, {"text": TEXT}, "{")
    with pytest.warns(UserWarning, match=r"n\.jsonl, line 2: not JSON"):
        assert len(list(rag.read_articles([path]))) == 1
