"""A message is an article: of the outlet that sent it, or of the person who did."""

import gzip
from email.message import EmailMessage

import pytest
from support.samples import LAST, MORE, PAGE, SENTENCE, TITLE, zipped

from rag import readers
from rag.article import Article
from rag.provenance.catalogue import load_catalogue
from rag.readers import archive, limits

TEXT = f"{SENTENCE} {MORE}\n\n{LAST}"


@pytest.fixture
def read(tmp_path):
    def reader(data, name="a.eml"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.as_bytes())
        return list(readers.read([path], load_catalogue()))

    return reader


def message(text=TEXT, html=None, **headers):
    made = EmailMessage()
    headers = {"From": "Radio Tarn <desk@radiotarn.example>", "Subject": TITLE} | headers
    headers = {"Date": "Wed, 03 Feb 2016 09:00:00 +0100", "Message_ID": "<1@tarn.example>"} | headers
    for name, value in headers.items():
        if value:
            made[name.replace("_", "-")] = value
    if text is not None:
        made.set_content(text, cte="8bit")
    if html:
        made.add_alternative(html, subtype="html") if text is not None else made.set_content(html, subtype="html")
    return made


def test_a_message_is_an_article(read):
    (article,) = read(message())
    assert article.text == TEXT
    assert (article.title, article.date.isoformat(), article.date_basis) == (TITLE, "2016-02-03", "published")
    assert article.id == "1@tarn.example"


@pytest.mark.parametrize(
    ("headers", "outlet", "authors"),
    [
        ({}, "Radio Tarn", ()),  # its name is that of its domain
        ({"From": "Reuters <daily@mail.example>"}, "Reuters", ()),  # which the catalogue knows
        ({"From": "Morning Letter <a@b.example>", "List_Id": "<a.b.example>"}, "Morning Letter", ()),
        ({"From": "Morning Letter <a@b.example>", "List_Unsubscribe": "<https://b.example>"}, "Morning Letter", ()),
        ({"From": "Jane Roe <jane@mail.example>"}, None, ("Jane Roe",)),
        ({"From": "jane@mail.example"}, None, ()),
        ({"From": "=?utf-8?q?J=C3=A9r=C3=B4me_Roe?= <j@mail.example>"}, None, ("Jérôme Roe",)),
    ],
)
def test_the_sender_is_the_outlet_or_the_author(read, headers, outlet, authors):
    (article,) = read(message(**headers))
    assert (article.outlet, article.authors) == (outlet, authors)
    assert article.outlet_basis == ("metadata: sender" if outlet else "unknown")


def test_the_web_version_counts_where_the_plain_one_only_points_to_it(read):
    page = f"<p>{SENTENCE} {MORE}</p><p>{LAST}</p>"
    (article,) = read(message("Read this letter in your browser.", page))
    assert article.text == TEXT
    (article,) = read(message(None, page))
    assert article.text == TEXT


def test_flowed_lines_are_joined(read):
    made = message(f"The ferry waits \nfor the ice.\n\n{LAST}")
    made.replace_header("Content-Type", 'text/plain; charset="utf-8"; format=flowed')
    (article,) = read(made)
    assert article.text == f"The ferry waits for the ice.\n\n{LAST}"


def test_attached_files_are_read_as_those_in_an_archive(read, tmp_path):
    made = message()
    made.add_attachment(PAGE, subtype="html", filename="ferry.html")
    made.add_attachment(b"\x89PNG", "image", "png", filename="a.png")
    mail, page = read(made)
    assert mail.text == TEXT
    assert (page.title, page.source) == (TITLE, f"{tmp_path / 'a.eml'}!ferry.html")


def test_attached_files_that_unpack_to_very_much_cost_no_other_message(read, monkeypatch):
    monkeypatch.setattr(archive, "FREE_BYTES", 2**20)
    monkeypatch.setattr(archive, "MAX_RATIO", 20)
    bomb = message()
    for number in range(3):
        data = zipped({"word/document.xml": bytes(600_000)})
        bomb.add_attachment(data, "application", "octet-stream", filename=f"{number}.docx")
    other = message(Message_ID="<2@tarn.example>")
    found = read(b"From a\n" + bomb.as_bytes() + b"\nFrom b\n" + other.as_bytes(), "a.mbox")
    reasons = [getattr(item, "reason", "article") for item in found]
    assert [reason == "article" for reason in reasons] == [True, False, False, False, True]
    assert ["20 times its size" in reason for reason in reasons] == [False, False, True, True, False]


def test_messages_within_messages_without_end_cost_nothing(read):
    made = message()
    for _ in range(30):
        outer = message()
        outer.add_attachment(made.as_bytes(), "application", "octet-stream", filename="a.eml")
        made = outer
    outer.add_attachment(b"PK", "application", "zip", filename="a.zip")
    article, *skipped = read(outer)
    assert article.text == TEXT
    assert [item.source.rpartition("!")[2] for item in skipped] == ["a.eml", "a.zip"]
    assert all("holds files of its own" in item.reason for item in skipped)


def test_a_mailbox_has_a_message_each(read):
    mailbox = b""
    for i in range(3):
        data = message(f"{TEXT}\nFrom here on {i}.", Message_ID=f"<{i}@x>").as_bytes()
        mailbox += (
            b"From a@b.example Wed Feb  3 09:00:00 2016\n" + data.replace(b"\nFrom here", b"\n>From here") + b"\n"
        )
    for name, data in (("a.mbox", mailbox), ("b.mbox.gz", gzip.compress(mailbox))):
        found = read(data, name)
        assert [item.id for item in found] == ["0@x", "1@x", "2@x"]
        assert [item.text.splitlines()[-1] for item in found] == [f"From here on {i}." for i in range(3)]


def test_a_message_that_cannot_be_read_is_skipped_with_its_number(read):
    parts = (message(), message(""), b"no headers at all", message(Message_ID="<2@x>"))
    mailbox = b"".join(
        b"From a Wed Feb  3 2016\n" + (p if isinstance(p, bytes) else p.as_bytes()) + b"\n\n" for p in parts
    )
    first, empty, none, last = read(mailbox, "a.mbox")
    assert isinstance(first, Article)
    assert (empty.place, empty.reason) == ("message 2", "no text in it")
    assert (none.place, none.reason) == ("message 3", "not an e-mail: it names no sender and no subject")
    assert last.id == "2@x"


def test_a_message_that_is_too_large_costs_itself_alone(read, monkeypatch):
    large = message(TEXT * 20)
    monkeypatch.setattr(limits, "MAX_BYTES", 4_000)
    mailbox = b"".join(b"From a Wed Feb  3 2016\n" + p.as_bytes() + b"\n" for p in (large, message()))
    skipped, article = read(mailbox, "a.mbox")
    assert "too large" in skipped.reason
    assert article.text == TEXT


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n\n", b"no e-mail", b"From: a\nSubject: b\nContent-Type: multipart/mixed\n\n--x\n",
        b"From: " + b"(" * 30_000 + b"\nSubject: x\n\ntext of it", b"Subject: " + b"=?utf-8?q?" * 3_000 + b"\n\ntext",
        b"Subject: x\nContent-Type: text/plain; charset=nonsense\n\n\xff\xfe\xfd text",
        b"Subject: x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!!",
        b"Subject: x\nDate: " + b"1 " * 5_000 + b"\n\nThe text of it.",
    ],
)  # fmt: skip
def test_a_damaged_message_is_read_or_skipped(read, data):
    (item,) = read(data)
    assert item.text if isinstance(item, Article) else item.reason
    assert readers.UNFORESEEN not in getattr(item, "reason", "")
