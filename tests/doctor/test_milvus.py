"""`doctor` finds what is wrong in a library in Milvus."""

import dataclasses
import re
import zlib

import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.cli import main
from rag.stores.milvus import schema

UNION = {"id": "union", "text": "The Free Harbour Association (FHA) met. The FHA elects a chair today."}


@pytest.fixture
def remote(server, news, words, request):
    """Three current articles, one of them in a second version, and a retired one: (location, library)."""
    address = server.address(f"doctor{zlib.crc32(request.node.name.encode())}")
    changed = BRIDGE | {"text": BRIDGE["text"] + " It opens in May."}
    rag.build([news(HARBOUR, BRIDGE, UNION, ORCHARD)], index=address, encoder=words).close()
    with rag.build([news(HARBOUR, changed, UNION)], index=address, encoder=words) as library:
        yield address, library


def test_an_undamaged_library_has_no_faults(remote, capsys):
    address, _ = remote
    found = rag.examine(address)
    assert found.ok, found
    counts = {check.name: check.count for check in found.checks}
    assert counts == {"manifest": 1, "generations": 6, "articles": 5, "passages": 5, "vectors": 5, "words": 10}
    assert found.notes == []
    assert main(["doctor", "--index", address]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nothing is wrong"


def change(table, article, **columns):
    """Return a function that changes rows of a current article."""

    def damage(store):
        (row,) = store._of_ids([article], store._present(), ("key", "brief", "body"))
        own = "article" if table == "passages" else "key"
        rows = store._rows(table, f"{own} == {row['key']} and {store._present()}", ["*"])
        changed = [{n: value(r[n]) if callable(value) else value for n, value in columns.items()} for r in rows]
        store._send(table, [{"key": r["key"]} | new for r, new in zip(rows, changed, strict=True)], partial=True)

    return damage


def delete(table, article):
    def damage(store):
        (row,) = store._of_ids([article], store._present())
        store._erase(table, f"{'article' if table == 'passages' else 'key'} == {row['key']}")

    return damage


def add_again(store):
    (row,) = store._of_ids(["union"], store._present(), ["*"])
    article = schema.article(row, schema.brief(row))
    store.stage([(dataclasses.replace(article, text="The FHA has met."), [])], store.generation())


NOT_EACH = "article harbour, passage N: it does not have a vector of 64 numbers, and one for each sentence"
IN_MILVUS = {
    "a text": (
        change("articles", "harbour", body=lambda body: ["".join(body).replace("four", "five")]),
        {"articles": [r"article \S+ is not as it was stored"]},
    ),
    "a source": (
        change("articles", "harbour", brief=lambda brief: ["".join(brief).replace("Guardian", "Garden")]),
        {"articles": [r"article \S+ is not as it was stored"]},
    ),
    "no body": (
        change("articles", "harbour", body=[]),
        {"articles": [r"article \S+ is not as it was stored"]},
    ),
    "the start of a passage": (
        change("passages", "harbour", start=5),
        {
            "passages": [
                "article harbour, passage N: its sentences are not in it, in order",
                "article harbour, passage N: its words are not those that were stored",
            ],
            "words": ["article harbour, passage N: they are not those of its text"],
        },
    ),
    "its sentences": (
        change("passages", "harbour", sentences=["0 9 "]),
        {"vectors": [NOT_EACH]},
    ),
    "what is no sentence": (
        change("passages", "harbour", sentences=["x"]),
        {
            "passages": ["article harbour, passage N: its sentences cannot be read"],
            "vectors": [
                NOT_EACH
            ],
        },
    ),
    "a vector": (
        change("passages", "harbour", vector=[0.5] * 64),
        {"vectors": ["article harbour, passage N: the length of one of its vectors is not 1"]},
    ),
    "the words of a passage": (
        change("passages", "harbour", words=" dock "),
        {"words": ["article harbour, passage N: they are not those of its text"]},
    ),
    "the words of an article": (
        change("articles", "harbour", words=" dock "),
        {"words": ["article harbour: they are not those of its text"]},
    ),
    "a passage that is gone": (
        change("passages", "harbour", died=2),
        {"passages": ["article harbour, passage N: it is not of the same generations as its article"]},
    ),
    "no passages": (
        delete("passages", "harbour"),
        {"passages": ["article harbour has none"]},
    ),
    "no article": (
        delete("articles", "harbour"),
        {"passages": ["1 belong to no article"]},
    ),
    "an article twice": (
        add_again,
        {"articles": ["article union is there twice"], "passages": ["article union has none"]},
    ),
    "the list of names": (
        lambda store: store._send("records", [schema.record("kept:names", "kept", value=["[[1"])]),
        {"manifest": [r"names cannot be read \(.*\)"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", IN_MILVUS)
def test_damage_in_milvus_is_reported(remote, what):
    damage, expected = IN_MILVUS[what]
    address, library = remote
    with library._store.strictly():
        damage(library._store)
    found = rag.examine(address)
    assert not found.ok
    found_faults = {check.name: sorted(check.faults) for check in found.checks if check.faults}
    assert found_faults.keys() == expected.keys()
    for name, faults_ in found_faults.items():
        assert len(faults_) == len(expected[name])
        for fault, pattern in zip(faults_, expected[name], strict=True):
            assert re.fullmatch(pattern.replace(" N:", r" -?\d+:"), fault), fault


def test_what_a_stopped_writer_left_is_noted_and_deleted(remote, capsys):
    address, library = remote
    store = library._store
    article = library.article("union")
    store.stage([(dataclasses.replace(article, id="new"), [])], store.generation() + 1)
    found = rag.examine(address)
    assert found.ok
    assert found.notes == ["a writer that was stopped has left 1 rows; --repair or the next writer deletes them"]
    assert main(["doctor", "--repair", "--index", address]) == 0
    assert "was stopped" not in capsys.readouterr().out
    assert store.unseen() == 0
