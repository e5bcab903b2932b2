"""Files at fsspec URLs are read like those of a folder; an S3 server is among the tested ones."""

import json

import fsspec
import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.errors import InputError
from rag.readers import remote, resolve_inputs


def put(address, files):
    system, root = fsspec.core.url_to_fs(address)
    for name, text in files.items():
        system.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
        with system.open(f"{root}/{name}", "wb") as file:
            file.write(text.encode())
    return address


FILES = {
    "a/one.jsonl": json.dumps(HARBOUR),
    "b.jsonl": json.dumps(BRIDGE),
    "b/README.txt": "What lies here.",
    ".hidden.jsonl": json.dumps(ORCHARD),
    "a/.hidden/two.jsonl": json.dumps(ORCHARD),
    "broken.jsonl": "{",
}


@pytest.mark.parametrize("where", ["bucket", "memory", "file"])
def test_files_are_listed_by_name_and_recorded_by_url(where, bucket, tmp_path, words):
    address = put(
        {"bucket": f"{bucket}/news", "memory": "memory://news", "file": f"file://{tmp_path}/news"}[where], FILES
    )
    assert resolve_inputs([address]) == [f"{address}/a/one.jsonl", f"{address}/b.jsonl", f"{address}/broken.jsonl"]
    assert resolve_inputs([f"{address}/b.jsonl"]) == [f"{address}/b.jsonl"]
    with rag.build([address], index=tmp_path / "index", encoder=words) as library:
        assert {a.id: a.source for a in library.articles()} == {
            "harbour": f"{address}/a/one.jsonl",
            "bridge": f"{address}/b.jsonl",
        }
        assert [(s.source, s.place) for s in library.skipped()] == [(f"{address}/broken.jsonl", "line 1")]
        with rag.build([f"{address}/a"], index=tmp_path / "index", encoder=words) as again:
            assert (again.report.unchanged, again.report.retired) == (1, 1)


def test_articles_of_a_file_that_has_disappeared_are_kept(bucket, tmp_path, words, monkeypatch):
    address = put(f"{bucket}/going", {"one.jsonl": json.dumps(HARBOUR), "two.jsonl": json.dumps(BRIDGE)})
    with rag.build([address], index=tmp_path / "index", encoder=words) as library:
        assert len(list(library.articles())) == 2
    listed = remote.list_files(address)
    fsspec.filesystem("s3").rm(f"{address}/two.jsonl")
    monkeypatch.setattr(remote, "list_files", lambda address: listed)
    with rag.build([address], index=tmp_path / "index", encoder=words) as library:
        assert {a.id for a in library.articles()} == {"harbour", "bridge"}
        (skipped,) = library.skipped()
        assert skipped.source == f"{address}/two.jsonl"
        assert skipped.reason.startswith(f"{address}/two.jsonl: cannot be read (")


def test_articles_encoded_into_a_bucket_are_indexed(bucket, tmp_path, words, news):
    encoded = f"{bucket}/made"
    assert rag.encode([news(HARBOUR, BRIDGE)], encoded, encoder=words).new == 2
    before = words.read
    with rag.build([encoded], index=tmp_path / "index", encoder=words) as library:
        assert {a.id for a in library.articles()} == {"harbour", "bridge"}
        assert words.read == before
    put(encoded, {"broken.parquet": "PAR1 and no more"})
    with rag.open(tmp_path / "index", encoder=words) as library:
        assert library.add([encoded]).skipped == 1


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("s3://press/nothing", "s3://press/nothing: no such file or folder"),
        ("s3://no-such-bucket/news", "s3://no-such-bucket/news: "),
        ("memory://nothing", "memory://nothing: no such file or folder"),
        ("nowhere://bucket", "nowhere://bucket: cannot be listed (Protocol not known: nowhere)"),
    ],
)
def test_an_empty_url_is_an_error_before_an_index_is_created(bucket, tmp_path, words, address, why):
    with pytest.raises(InputError) as error:
        rag.build([address], index=tmp_path / "index", encoder=words)
    assert str(error.value).startswith(why)
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    "url",
    [
        "simplecache::http://127.0.0.1:1/page.html",
        "filecache::https://127.0.0.1:1/page.html",
        "zip://a.html::http://127.0.0.1:1/a.zip",
        "reference::memory://news/list.json",
        "reference://",
        "generic://http://127.0.0.1:1/page.html",
        "memory://news::file:///etc/hostname",
    ],
)
def test_a_url_that_leads_to_another_one_is_refused(url):
    with pytest.raises(InputError, match=r"leads to another (file|URL); give "):
        resolve_inputs([url])


def test_a_file_whose_name_leads_to_another_file_is_skipped(tmp_path):
    put(
        "memory://keys",
        {"a.txt": "The ferry ran aground at dawn.\n\nNobody was hurt.", "b.txt::memory://keys/a.txt": "x"},
    )
    with pytest.warns(match=r"b\.txt::memory://keys/a\.txt.* leads to another file"):
        assert [a.source for a in rag.read_articles(["memory://keys"])] == ["memory://keys/a.txt"]


def test_a_password_is_not_shown_with_an_error():
    with pytest.raises(InputError) as error, remote.input_errors("sftp://jane:p@ss:w@a.example/b", "read"):
        raise OSError("no route to sftp://jane:p@ss:w@a.example")
    assert str(error.value) == "sftp://a.example/b: cannot be read (no route to sftp://a.example)"


def test_an_unreachable_server_is_an_error(bucket, tmp_path, words, news, monkeypatch):
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        with pytest.raises(InputError, match=r"^s3://press/news: cannot be listed \(.*127\.0\.0\.1:1"):
            rag.build(["s3://press/news"], index=tmp_path / "index", encoder=words)
        with pytest.raises(InputError, match=r"^s3://press/made: cannot be \w+ \(.*127\.0\.0\.1:1"):
            rag.encode([news(HARBOUR)], "s3://press/made", encoder=words)
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


def test_downloaded_files_are_deleted(bucket, tmp_path, words, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "aside"))
    (tmp_path / "aside").mkdir()
    address = put(f"{bucket}/brought", {"one.jsonl": json.dumps(HARBOUR)})
    assert [a.id for a in rag.read_articles([address])] == ["harbour"]
    assert list((tmp_path / "aside").iterdir()) == []


def test_a_failed_download_is_skipped_whatever_the_driver_raises(bucket, tmp_path, words, monkeypatch):
    address = put(f"{bucket}/broken", {"one.jsonl": json.dumps(HARBOUR), "two.jsonl": json.dumps(BRIDGE)})
    copy = remote.shutil.copyfileobj

    def breaks_off(source, target):
        if source.path.endswith("one.jsonl"):
            raise RuntimeError("the line is dead")
        copy(source, target)

    monkeypatch.setattr(remote.shutil, "copyfileobj", breaks_off)
    with rag.build([address], index=tmp_path / "index", encoder=words) as library:
        assert [a.id for a in library.articles()] == ["bridge"]
        assert [str(s) for s in library.skipped()] == [f"{address}/one.jsonl: cannot be read (the line is dead)"]


def test_file_names_are_recorded_in_printable_form_without_passwords(tmp_path, words):
    put("memory://odd", {"a\u202eb.txt": "The ferry ran aground at dawn.\n\nNobody was hurt."})
    (article,) = rag.read_articles(["memory://odd"])
    assert article.source == "memory://odd/a\\u202eb.txt"
    assert remote.without_credentials("sftp://reader:secret@a.example/news/b.txt") == "sftp://a.example/news/b.txt"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sftp://reader:se/cr@et@a.example/b.txt", "sftp://a.example/b.txt"),
        ("smb://reader:1x/2@a.example/b", "smb://a.example/b"),
        ("sftp://reader@a.example/b", "sftp://a.example/b"),
        ("s3://bucket/@folder/b", "s3://bucket/@folder/b"),
        ("sftp://a.example:22/@folder/b", "sftp://a.example:22/@folder/b"),
        ("hdfs://[::1]:9000/@b", "hdfs://[::1]:9000/@b"),
        ("cannot list sftp://r:a/b@c.example/d today", "cannot list sftp://c.example/d today"),
    ],
)
def test_passwords_are_left_out_whatever_is_in_them_and_nothing_else_is(url, shown):
    assert remote.without_credentials(url) == shown


def test_a_folder_below_a_hidden_one_is_read(tmp_path):
    address = put(f"file://{tmp_path}/.kept/news", {"one.jsonl": json.dumps(HARBOUR)})
    assert resolve_inputs([address]) == [f"{address}/one.jsonl"]
