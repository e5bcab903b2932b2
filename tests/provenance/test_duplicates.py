"""Duplicates are found however they were trimmed or wrapped, and so are sentences that two texts share."""

import time

import numpy as np
import pytest
from datasketch import MinHash
from support import BRIDGE, HARBOUR, ORCHARD
from support.prose import prose

import rag
from rag.provenance import duplicates
from rag.sentence_splitter import sentence_spans


def together(*texts, known=None):
    known = np.full(len(texts), -1) if known is None else np.array(known)
    return duplicates.groups(duplicates.signatures(texts), known, lambda row: texts[row]).tolist()


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda s: s, True),
        (lambda s: [x.upper().replace(".", "!") for x in s], True),
        (lambda s: s[:6], True),
        (lambda s: [*prose(8, 3), *s, *prose(9, 2)], True),
        (lambda s: [x.replace("on day", "by day") if i % 5 == 0 else x for i, x in enumerate(s)], True),
        (lambda s: [*s[:4], *prose(7, 8)], False),
        (lambda s: s[::-1], True),
        (lambda s: prose(6), False),
    ],
)
def test_a_copy_is_a_duplicate_of_what_it_copies(change, same):
    text = prose(1)
    assert (together(" ".join(text), " ".join(change(text))) == [0, 0]) is same


def test_a_group_is_numbered_by_its_first_text():
    a, b = " ".join(prose(1)), " ".join(prose(2))
    assert together(b, a, a + " More.", b, "Too short to say.", "Too short to say.") == [0, 1, 1, 0, 4, 5]


def test_known_groups_stay_and_take_in_new_texts():
    a, b = " ".join(prose(1)), " ".join(prose(2))
    assert together(a, b, a, b, known=[70, 80, 70, -1]) == [0, 1, 0, 1]
    assert together(a, b, a, known=[70, 80, 90]) == [0, 1, 2]  # compared before, and found different


@pytest.mark.slow
def test_ten_thousand_texts_half_of_them_copies_are_compared_in_a_minute():
    originals = [" ".join(prose(i, 4)) for i in range(5000)]
    texts = originals + [text + " Reported elsewhere." for text in originals]
    start = time.process_time()
    found = together(*texts)
    assert time.process_time() - start < 60
    assert found[:5000] == list(range(5000))
    assert sum(a == b for a, b in zip(found[5000:], range(5000), strict=True)) >= 4990


def keys(text):
    return [key for key in duplicates.sentence_keys(text, sentence_spans(text)) if key is not None]


def test_a_sentence_has_one_key_however_it_is_printed():
    a = keys('The government has vowed to expel them, maintaining that it "is not an option".')
    b = keys("Others said no. The Government has vowed to expel them, maintaining that it ‘is not an option’.")
    assert len(a) == 1
    assert a == b


def test_a_quotation_of_a_speaker_has_no_key():
    text = (
        "“We will build the bridge before the winter comes to us. It will cost less than all of the others did before. "
        "Nobody else has ever offered the town as much,” she said. The council has not yet set a day for the vote."
    )
    assert keys(text) == keys("The council has not yet set a day for the vote.")
    assert keys('"We will build the bridge before the winter comes to us all," she said.') == []
    assert keys("Brief sentences have none.") == []


def test_an_apostrophe_does_not_open_a_quotation():
    text = (
        "The town’s oldest bridge was closed to all traffic on Monday. It won’t open again before the summer, they say."
    )
    assert len(keys(text)) == 2


STORY = " ".join(prose(3, 10))


@pytest.fixture
def library(tmp_path, news, words):
    records = [
        {"id": "wire", "outlet": "Reuters", "date": "2013-05-14", "text": STORY},
        {"id": "mirror", "outlet": "Reuters", "host": "mirror.example", "text": STORY + " Our readers know better."},
        {"id": "paper", "outlet": "The Guardian", "date": "2013-05-15", "text": " ".join(prose(4, 3)) + " " + STORY},
        {"id": "sharer", "outlet": "Press TV", "text": " ".join([*prose(5, 1), prose(3, 10)[4], *prose(6, 1)])},
        HARBOUR, BRIDGE,
    ]  # fmt: skip
    with rag.build([news(*records)], index=tmp_path / "i", encoder=words) as built:
        yield built


def test_a_citation_names_all_republishers_of_its_words(library):
    answer = library.ask(prose(3, 10)[1], k=1)
    (shown,) = answer.passages
    assert {shown.article_id, *shown.copies} == {"wire", "mirror", "paper"}
    assert set(shown.republishers) == {"Reuters", "mirror.example", "The Guardian"}
    assert answer.balance.copies == 2
    assert answer.balance.shown.independent == 1


def test_a_sentence_shared_word_for_word_is_shown_and_does_not_count_as_a_second_source(library):
    answer = library.ask(prose(3, 10)[4], k=2)
    shown = {c.article_id: c for c in answer.passages}
    assert "sharer" in shown
    others = {c.article_id for c in answer.passages if "sharer" in (*c.copies, *c.shared)}
    assert others
    assert others <= {"wire", "mirror", "paper"} == {*shown["sharer"].copies, *shown["sharer"].shared}
    assert answer.balance.shown.independent == 1
    assert len(answer.balance.shown.outlets) == 2


def test_a_sentence_of_many_texts_is_a_formula_and_no_evidence_of_a_common_source(library, news):
    formula = "Nothing in this column need be what the newspaper itself believes."
    records = [
        {"id": f"c{i}", "outlet": f"Paper {i}", "text": f"{' '.join(prose(100 + i, 2))} {formula}"} for i in range(6)
    ]
    library.add([news(*records[:5], name="columns.jsonl")])
    (shown,) = library.ask(prose(100, 2)[1], k=1).passages
    assert (shown.article_id, len(shown.shared)) == ("c0", 4)
    library.add([news(*records, name="columns.jsonl")])
    (shown,) = library.ask(prose(100, 2)[1], k=1).passages
    assert (shown.article_id, shown.shared) == ("c0", ())


def test_independent_sources_of_the_whole_index_are_counted_alike(library):
    assert (library.report.duplicates, library.report.duplicate_groups) == (3, 1)
    counts = library.counts()
    assert (counts.articles, counts.undated) == (6, 2)
    assert counts.outlets == {"Reuters": 2, "The Guardian": 2, "Press TV": 2}
    # the copies of one story are one source, the harbour's and the bridge's papers one each
    assert counts.independent == 2 + 0
    assert counts.hosts == {"mirror.example": 2, "example.org": 1}


def test_added_articles_are_compared_with_those_in_the_index(library, news):
    library.add([news({"id": "late", "outlet": "Tehran Times", "text": STORY}, name="late.jsonl")])
    assert (library.report.duplicates, library.report.duplicate_groups) == (4, 1)
    (shown,) = library.ask(prose(3, 10)[1], k=1).passages
    assert {shown.article_id, *shown.copies} == {"wire", "mirror", "paper", "late"}
    library.remove(["wire"])
    (shown,) = library.ask(prose(3, 10)[1], k=1).passages
    assert {shown.article_id, *shown.copies} == {"mirror", "paper", "late"}


def test_the_next_build_compares_what_a_stopped_build_did_not(library, news, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    late = news({"id": "late", "outlet": "Tehran Times", "text": STORY}, name="late.jsonl")
    with monkeypatch.context() as stopped:
        stopped.setattr("rag.provenance.duplicates.groups", interrupted)
        with pytest.raises(KeyboardInterrupt):
            library.add([late])
    library.add([news(ORCHARD, name="orchard.jsonl")])
    assert (library.report.duplicates, library.report.duplicate_groups) == (4, 1)


def test_signatures_are_those_of_datasketch():
    texts = [" ".join(f"wörd{i * step}" for i in range(n)) for n in (20, 21, 300) for step in (1, 7)]
    batches = [[" ".join(run).encode() for run in duplicates.shingles(text)] for text in texts]
    expected = MinHash.bulk(batches, num_perm=duplicates.PERMUTATIONS, seed=1, scheme="affine32")
    assert duplicates.signatures([*texts, "too short"]).tolist() == [
        *(found.hashvalues.tolist() for found in expected),
        [duplicates.EMPTY_HASH] * duplicates.PERMUTATIONS,
    ]
