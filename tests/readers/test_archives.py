"""The files in ZIP and tar archives are read like those in folders, within bounds; a bad member costs itself alone."""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from support import WordEncoder
from support.samples import PAGE, RECORD, SENTENCE, TITLE, csv, warc

import rag
from rag import readers
from rag.article import Article
from rag.provenance.catalogue import load_catalogue
from rag.readers import archive, limits
from rag.readers.skipped import Skipped

PACKERS = {
    ".tar": lambda data: data, ".tar.gz": gzip.compress, ".tgz": gzip.compress, ".tar.bz2": bz2.compress,
    ".tbz2": bz2.compress, ".tar.xz": lzma.compress, ".txz": lzma.compress,
}  # fmt: skip


def zipped(members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


def tarred(members, ending=".tar"):
    """Return a tar file; a member is its content, or a TarInfo."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                made.addfile(content)
                continue
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return PACKERS[ending](file.getvalue())


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read one archive; return (source within it, title or reason) of each item. No file is left behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def reader(data, name="a.zip"):
        path = tmp_path / name
        path.write_bytes(data)
        items = list(readers.read([path], load_catalogue()))
        assert list(temporary.iterdir()) == []
        shown = []
        for item in items:
            assert item.source.startswith(str(path))
            place = item.source.removeprefix(str(path))
            shown.append((place, item.title if isinstance(item, Article) else item.reason))
        return shown

    return reader


PAGES = {"2016/b.html": PAGE, "2016/a.html": PAGE.replace(TITLE, "Ferry sails again, the captain says")}


def test_the_pages_in_a_zip_file_are_read_in_the_order_of_names(read):
    assert read(zipped(PAGES)) == [
        ("!2016/a.html", "Ferry sails again, the captain says"),
        ("!2016/b.html", TITLE),
    ]


@pytest.mark.parametrize("ending", PACKERS)
def test_the_pages_in_a_tar_file_are_read_however_it_is_compressed(read, ending):
    assert read(tarred(PAGES, ending), f"a{ending}") == [
        ("!2016/b.html", TITLE),
        ("!2016/a.html", "Ferry sails again, the captain says"),
    ]


def test_members_of_any_kind_are_read(read):
    members = {"a.csv": csv(","), "b.warc.gz": warc(True), "c.html.gz": gzip.compress(PAGE.encode()), "d.md": TITLE}
    assert [place for place, _ in read(zipped(members))] == ["!a.csv", "!b.warc.gz", "!c.html.gz", "!d.md"]


def test_an_archive_under_the_name_of_another_kind_is_recognised(read):
    assert read(tarred(PAGES, ".tar.gz"), "a.tar")[0] == ("!2016/b.html", TITLE)
    assert read(zipped(PAGES), "a.tgz")[1] == ("!2016/b.html", TITLE)


def test_hidden_files_readmes_and_folders_are_ignored(read):
    members = {".hidden.html": PAGE, "__MACOSX/a.html": PAGE, "README.md": "Read me.", "x/": "", "x/a.html": PAGE}
    assert read(zipped(members)) == [("!x/a.html", TITLE)]


def test_a_bad_member_is_skipped_with_its_place_and_the_rest_is_read(read):
    members = {"a.png": b"\x89PNG", "b.html": "<p>x", "c.html": PAGE, "d.jsonl": '{"text": ""}\n{not json\n'}
    (png, picture), (page, reason), good, first, second = read(zipped(members))
    assert (png, page) == ("!a.png", "!b.html")
    assert picture.startswith("files of this kind cannot be read")
    assert reason.startswith("not a web page")
    assert good == ("!c.html", TITLE)
    assert (first[0], second[0]) == ("!d.jsonl", "!d.jsonl")


def test_archives_within_archives_are_read_to_a_depth(read):
    data = PAGE.encode()
    deep = {"page.html": data}
    for level in range(4):
        deep = {f"{level}.zip": zipped(deep), "own.html": data}
    found = read(zipped(deep))
    assert ("!3.zip!2.zip!own.html", TITLE) in found
    assert ("!3.zip!2.zip!1.zip", "more than 3 archives within one another; unpack it") in found


def test_a_tar_file_within_a_zip_file_is_read(read):
    assert read(zipped({"x.tgz": tarred(PAGES, ".tgz")}))[0] == ("!x.tgz!2016/b.html", TITLE)


@pytest.mark.parametrize("name", ["../a.html", "/etc/a.html", "x/../../a.html", "..\\a.html", "C:\\a.html"])
def test_a_name_that_leads_out_of_an_archive_is_refused(read, name):
    for data, ending in (
        (zipped({name: PAGE, "ok.html": PAGE}), ".zip"),
        (tarred({name: PAGE, "ok.html": PAGE}), ".tar"),
    ):
        found = dict(read(data, f"a{ending}"))
        assert found.pop("!ok.html") == TITLE
        ((_, reason),) = found.items()
        assert reason == "its name leads out of the archive; pack it again with relative names"


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (special("l.html", tarfile.SYMTYPE, "/etc/passwd"), "a link, which is not followed"),
        (special("l.html", tarfile.LNKTYPE, "ok.html"), "a link, which is not followed"),
        (special("l.html", tarfile.FIFOTYPE), "neither a file nor a folder, or a file with holes"),
        (special("l.html", tarfile.CHRTYPE), "neither a file nor a folder, or a file with holes"),
    ],
)
def test_links_and_devices_in_a_tar_file_are_skipped(read, info, reason):
    assert read(tarred({"l.html": info, "ok.html": PAGE}), "a.tar") == [("!l.html", reason), ("!ok.html", TITLE)]


def test_a_link_in_a_zip_file_is_skipped(read):
    info = zipfile.ZipInfo("l.html")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert read(zipped({info: "/etc/passwd"})) == [("!l.html", "a link, which is not followed")]


def test_an_encrypted_member_is_skipped(read):
    data = bytearray(zipped({"a.html": PAGE}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    assert read(bytes(data)) == [("!a.html", "encrypted; unpack it with its password, and give the folder")]


def test_a_damaged_member_is_skipped_and_the_rest_is_read(read):
    data = bytearray(zipped({"a.html": PAGE, "b.html": PAGE}, zipfile.ZIP_STORED))
    data[data.index(b"<title>") + 9] ^= 1
    (place, reason), good = read(bytes(data))
    assert (place, good) == ("!a.html", ("!b.html", TITLE))
    assert reason.startswith("damaged (Bad CRC-32")


@pytest.mark.parametrize(
    ("ending", "data"),
    [
        (".zip", b"PK\x03\x04 and no more"),
        (".zip", b"no archive"),
        (".tar", b"no archive" * 99),
        (".tar.xz", b"x" * 600),
    ],
)
def test_what_is_no_archive_is_skipped_with_a_reason(read, ending, data):
    ((place, reason),) = read(data, f"a{ending}")
    assert place == ""
    assert reason.startswith(("not a ZIP file", "not a tar file"))


def test_an_empty_archive_is_said_to_be_empty(read):
    assert read(b"") == [("", "the file is empty")]
    assert read(zipped({})) == [("", "no article found in it")]


@pytest.mark.parametrize("cut", [600, 1_500, 3_000])
@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_a_truncated_tar_file_is_read_up_to_the_cut_and_said_to_be_truncated(read, ending, cut):
    data = tarred({f"{i}.html": PAGE for i in range(3)})
    data = PACKERS[ending](data)[: -cut // 40] if ending == ".tar.gz" else data[: 2 * 512 + len(PAGE) + cut]
    found = read(data, f"a{ending}")
    assert found[-1][1] != TITLE
    assert any(word in found[-1][1] for word in ("truncated", "damaged"))


def test_a_damaged_header_in_a_tar_file_does_not_pass_for_its_end(read):
    data = bytearray(tarred({"a.html": PAGE, "b.html": PAGE}))
    data[data.index(b"b.html")] ^= 1
    found = read(bytes(data), "a.tar")
    assert found[0] == ("!a.html", TITLE)
    assert found[1][0] == ""
    assert "damaged" in found[1][1]


def pax(kind, records):
    """A header with `records` for the next member (kind x), or for all members (g)."""
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, len(records)
    return info.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512)


def test_a_header_names_a_member_and_its_size(read):
    name = "é" * 200 + "/a.html"
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "made"}) as made:
        for each in (name, "b.html"):
            info = tarfile.TarInfo(each)
            info.size, info.pax_headers = len(PAGE.encode()), {"SCHILY.xattr.user.a": "1" * 5_000}
            made.addfile(info, io.BytesIO(PAGE.encode()))
    assert read(file.getvalue(), "a.tar") == [(f"!{name}", TITLE), ("!b.html", TITLE)]
    stated = pax(b"x", b"%d size=%d\n" % (len(str(len(PAGE.encode()))) + 9, len(PAGE.encode())))
    body = PAGE.encode() + bytes(-len(PAGE.encode()) % 512)
    data = stated + tarfile.TarInfo("c.html").tobuf() + body + tarfile.TarInfo("d.html").tobuf() + bytes(1024)
    assert [place for place, _ in read(data, "a.tar")] == ["!c.html", "!d.html"]


class TestBombs:
    @pytest.fixture(autouse=True)
    def _small_limits(self, monkeypatch):
        monkeypatch.setattr(archive, "FREE_BYTES", 2**20)
        monkeypatch.setattr(archive, "MAX_RATIO", 20)

    @pytest.mark.parametrize("name", ["a.jsonl", "a.html", "a.png"])
    @pytest.mark.parametrize("ending", [".zip", ".tar.gz", ".tar.xz"])
    def test_an_archive_that_unpacks_to_very_much_is_left(self, read, name, ending):
        zeros = {name: bytes(30 * 2**20), "z.html": PAGE}
        data = zipped(zeros) if ending == ".zip" else tarred(zeros, ending)
        found = read(data, f"a{ending}")
        if (name, ending) == ("a.png", ".zip"):  # which is not unpacked at all
            assert found[1] == ("!z.html", TITLE)
        else:
            assert found[-1][0] == ""
            assert "20 times its size" in found[-1][1]

    def test_what_archives_within_an_archive_unpack_to_counts_together(self, read):
        inner = zipped({"a.jsonl": bytes(3 * 2**20)})
        found = read(zipped({f"{i}.zip": inner for i in range(50)}))
        assert found[-1][0] == ""
        assert "20 times its size" in found[-1][1]

    @pytest.mark.parametrize(
        ("name", "member"),
        [
            ("a.jsonl.gz", gzip.compress(bytes(3 * 2**20))),
            ("a.docx", zipped({"word/document.xml": bytes(3 * 2**20)})),
            ("a.epub", zipped({"META-INF/container.xml": "<a/>", "a.xhtml": bytes(3 * 2**20)})),
        ],
    )
    @pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
    def test_what_compressed_members_unpack_to_counts_together(self, read, name, member, ending):
        members = {f"{i}{name}": member for i in range(5)} | {"z.html": PAGE}
        found = read(zipped(members) if ending == ".zip" else tarred(members, ending), f"a{ending}")
        assert found[-1][0] == ""
        assert "20 times its size" in found[-1][1]

    def test_members_that_share_their_bytes_count_each(self, read):
        """A ZIP file whose list names the same compressed bytes many times (Fifield 2019)."""
        data = zipped({"a.jsonl": bytes(2**20)})
        at = data.index(b"PK\x01\x02")
        end = data.index(b"PK\x05\x06")
        entry = data[at:end]
        tail = bytearray(data[end:])
        struct.pack_into("<HHI", tail, 8, 500, 500, 500 * len(entry))
        found = read(data[:at] + entry * 500 + bytes(tail))
        assert "20 times its size" in found[-1][1] or all("damaged" in reason for _, reason in found[1:])

    def test_too_many_members_are_left(self, read, monkeypatch):
        monkeypatch.setattr(archive, "MAX_MEMBERS", 20)
        found = read(zipped({f"{i}.png": b"" for i in range(30)}))
        assert len(found) == 21
        assert found[-1] == ("", "has more than 20 members; split it. Those before were read")

    def test_the_list_of_a_zip_file_is_bounded(self, read, monkeypatch):
        monkeypatch.setattr(archive, "MAX_DIRECTORY_BYTES", 200_000)
        assert read(zipped({f"{i}.png": b"" for i in range(5_000)})) == [
            ("", "its list of members is too long; split it")
        ]

    def test_a_page_in_an_archive_is_no_larger_than_elsewhere(self, read, monkeypatch):
        monkeypatch.setattr(limits, "MAX_BYTES", 1_000)
        assert "too large" in dict(read(zipped({"a.html": PAGE})))["!a.html"]

    def test_the_header_of_a_member_is_bounded(self, read):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as made:
            info = tarfile.TarInfo("a.html")
            info.pax_headers = {"comment": "x" * (3 * 2**20)}
            made.addfile(info)
        ((_, reason),) = read(gzip.compress(file.getvalue()), "a.tar.gz")
        assert "header of a member is too long" in reason or "20 times" in reason

    @pytest.mark.parametrize("size", [2**62, -(2**40)])
    def test_a_size_that_cannot_be_ends_at_once(self, read, size):
        info = tarfile.TarInfo("a.png")
        info.size = size
        header = info.tobuf(tarfile.GNU_FORMAT)
        start = time.monotonic()
        found = read(header + bytes(1024), "a.tar")
        assert time.monotonic() - start < 5
        assert found[-1][0] == ""

    @pytest.mark.parametrize("records", [b"1" * 200_000, b"4 a\n" * 50_000 + b"6 a=b\n"])
    def test_the_records_of_a_header_are_read_in_linear_time(self, read, records):
        start = time.process_time()
        found = read(gzip.compress(pax(b"x", records) + tarfile.TarInfo("a.png").tobuf() + bytes(1024)), "a.tar.gz")
        assert found == [("", "damaged: the header of a member cannot be read; what comes before was read")]
        assert time.process_time() - start < 2

    def test_what_a_header_says_of_all_members_is_not_gone_through_for_each(self, read):
        records = b"".join(b"%d k%06d=v\n" % (13, number) for number in range(20_000))
        members = tarfile.TarInfo("a.png").tobuf(tarfile.USTAR_FORMAT) * 1_000
        start = time.process_time()
        assert len(read(gzip.compress(pax(b"g", records) + members + bytes(1024)), "a.tar.gz")) == 1_000
        assert time.process_time() - start < 2

    def test_a_chain_of_headers_ends(self, read):
        long = tarfile.TarInfo("././@LongLink")
        long.type, long.size = tarfile.GNUTYPE_LONGNAME, 5
        data = (long.tobuf(tarfile.GNU_FORMAT) + b"a.html" + bytes(506)) * 3_000
        found = read(data, "a.tar")
        assert found[-1][0] == ""


def test_ids_and_sources_are_the_same_when_an_archive_is_built_again(tmp_path):
    plain = {"a.csv": csv(","), "b.html": PAGE.replace(SENTENCE, "The ferry sails again, said its captain.")}
    path = tmp_path / "news.zip"
    path.write_bytes(zipped(plain))
    with rag.build([path], tmp_path / "index", WordEncoder()) as library:
        first = {(a.id, a.source) for a in library.articles()}
    with rag.build([path], tmp_path / "index", WordEncoder()) as library:
        assert {(a.id, a.source) for a in library.articles()} == first
        assert library.report.unchanged == len(first)
    assert {source.rpartition("!")[2] for _, source in first} <= {"a.csv", "b.html"}


def test_articles_of_an_archive_that_is_damaged_now_are_kept(tmp_path):
    path = tmp_path / "news.zip"
    path.write_bytes(zipped({"x/a.csv": csv(",")}))
    (tmp_path / "b.html").write_text(
        PAGE.replace(SENTENCE, "Another.").replace("/ferry", "/other").replace(TITLE, "X y z")
    )
    paths = [path, tmp_path / "b.html"]
    with rag.build(paths, tmp_path / "index", WordEncoder()) as library:
        before = {a.id for a in library.articles()}
    path.write_bytes(b"PK and no more")
    with rag.build(paths, tmp_path / "index", WordEncoder()) as library:
        assert {a.id for a in library.articles()} == before
        assert library.report.retired == 0


def test_an_uploaded_archive_has_the_name_that_it_was_uploaded_under(tmp_path):
    path = tmp_path / "f3a9.zip"
    path.write_bytes(zipped({"x/a.csv": csv(","), "b.png": b""}))
    with rag.build([], tmp_path / "index", WordEncoder()) as library:
        library.add([path], sources={str(path): "news.zip"})
        (article,) = library.articles()
        (skipped,) = library.skipped()
    assert article.source == "news.zip!x/a.csv"
    assert skipped.source == "news.zip!b.png"


def test_an_unprintable_name_in_an_archive_is_escaped(read):
    assert read(zipped({"a\u202e\n.html": PAGE})) == [("!a\\u202e\\n.html", TITLE)]


def test_the_text_of_a_member_is_whole(tmp_path):
    path: Path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.csv": csv(",")}))
    (article,) = (item for item in readers.read([path], load_catalogue()) if not isinstance(item, Skipped))
    assert article.text == RECORD["text"]
