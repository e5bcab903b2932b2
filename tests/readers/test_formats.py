"""Every format is read, and no file, however broken, crashes a reader or keeps it busy."""

import contextlib
import random
import signal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.properties import FUZZ
from support.samples import FIELDS, SENTENCE, TITLE, samples

from rag import readers
from rag.article import Article
from rag.provenance.catalogue import load_catalogue

pytestmark = pytest.mark.slow

SAMPLES = samples()
STRANGE = (b"\x00", b"\xff\xfe", b"<", b'"', b"{", b"&#0;", "\u202e".encode(), b"\n\n", b"<div>", b"%PDF")
EXAMPLES = int(FUZZ or 40)  # FUZZ=2000 make test looks longer
LONGEST = 10  # seconds for one small file; the slowest takes a tenth


@contextlib.contextmanager
def limited(seconds):
    def stop(*_):
        raise AssertionError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read(folder, ending, data):
    path = folder / f"a{ending}"
    path.write_bytes(data)
    with limited(LONGEST):
        items = list(readers.read([path], load_catalogue()))
    assert not [item for item in items if not isinstance(item, Article) and readers.UNFORESEEN in item.reason]
    return items


def test_there_is_a_sample_of_every_format():
    assert set(SAMPLES) == set(readers.READERS)


@pytest.mark.parametrize("ending", SAMPLES)
def test_every_format_is_read(tmp_path, ending):
    (article,) = read(tmp_path, ending, SAMPLES[ending])
    assert SENTENCE in article.text
    assert article.title == TITLE
    assert article.date.isoformat() == FIELDS["date"]
    if ending not in (".txt", ".text", ".pdf", ".docx"):  # which print no outlet here
        assert article.outlet == "The Delta Herald"
        assert article.url == FIELDS["url"]


def broken(data, seed):
    """Return the bytes of a file after an accident: truncated, with gaps, noise, repeated pieces or flipped bits."""
    chance = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(damaged) + 1), chance.choice((1, 4, 30, 300))
        kind = chance.randrange(6)
        if kind == 0:
            del damaged[at:]
        elif kind == 1:
            del damaged[at : at + length]
        elif kind == 2:
            damaged[at:at] = chance.randbytes(length)
        elif kind == 3:
            damaged[at:at] = damaged[at : at + length] * chance.choice((1, 2, 50))
        elif kind == 4:
            damaged[at:at] = chance.choice(STRANGE) * 9
        elif at < len(damaged):
            damaged[at] ^= 1 << chance.randrange(8)
    return bytes(damaged)


@pytest.mark.parametrize("ending", SAMPLES)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_broken_file_is_read_or_skipped(tmp_path, ending, seed):
    items = read(tmp_path, ending, broken(SAMPLES[ending], seed))
    assert items
    for item in items:
        if isinstance(item, Article):
            item.text.encode("utf-8")
            assert item.text.strip()
            assert "\x00" not in item.text + (item.title or "")
        else:
            assert item.reason


@pytest.mark.parametrize("ending", SAMPLES)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=400))
def test_random_bytes_under_any_name_are_read_or_skipped(tmp_path, ending, data):
    assert read(tmp_path, ending, data)


@pytest.mark.parametrize("ending", SAMPLES)
def test_a_file_under_another_formats_name_is_read_or_skipped(tmp_path, ending):
    for other in SAMPLES:
        items = read(tmp_path, ending, SAMPLES[other])
        assert items, other
        if readers.READERS[ending] == readers.READERS[other]:
            assert [SENTENCE in item.text for item in items] == [True], other
