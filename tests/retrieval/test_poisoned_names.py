"""Outlets that are called as the words of questions are change no answer: the same texts without them give the same."""

import itertools
import json
import re
from pathlib import Path

import pytest
from support import SHARED, WordEncoder

import rag
from rag.retrieval.parse import OVERRIDDEN
from rag.web.app import EXAMPLES

POISON_TEXT = "Herons nested upstream of the weir; anglers counted forty-one pairs before the frost came."
FURTHER = (
    "What did Iran say about the MEK?", "Why do experts think the MEK is a cult?", "What do critics say of Rajavi?",
    "According to Press TV, what happened at Camp Ashraf in 2009?", "What did former members say about Albania?",
    "What did Reuters and Iran report in 2012?", "In Larison's opinion, who is behind it?",
    "According to the leaked American paper, who fled?", "According to Iran, who bombed the office in Tehran?",
    "Who owns Press TV?", "How many people were said to live in Camp Ashraf in 2009?",
)  # fmt: skip
FOLLOW_UPS = (("Who was behind Heshmat Alavi?", "And in Iran?"), ("How many live in Albania?", "What about Iraq?"))


def names(questions):
    """Return the words of questions, and each two and three that follow each other, as outlets could be called."""
    found = {}
    for question in questions:
        words = re.findall(r"[\w'-]+", question)
        for n in (1, 2, 3):
            found |= dict.fromkeys(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    return [form for name in found for form in (name, name[0].upper() + name[1:])]


def seeds():
    return Path(rag.__file__).parent.parent / "seeds"


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    folder, asked = tmp_path_factory.mktemp("poisoned"), [*EXAMPLES, *FURTHER, *itertools.chain(*FOLLOW_UPS)]
    records = [
        {"id": f"poison-{i}", "outlet": name, "text": POISON_TEXT} for i, name in enumerate(dict.fromkeys(names(asked)))
    ]
    texts = [{name: value for name, value in record.items() if name != "outlet"} for record in records]

    def build(name, given):
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in given))
        return rag.build([seeds(), path], index=folder / name, encoder=WordEncoder())

    return build("clean", texts), build("poisoned", records)


@pytest.mark.parametrize(
    ("question", "previous"), [*((q, None) for q in (*EXAMPLES, *FURTHER)), *((q, p) for p, q in FOLLOW_UPS)]
)
def test_no_outlet_that_is_called_as_words_of_the_questions_changes_an_answer(libraries, question, previous):
    clean, poisoned = (library.ask(question, k=5, previous=previous, min_confidence=0) for library in libraries)
    assert poisoned.searched == clean.searched
    assert [c for c in poisoned.constraints if c.applied] == [c for c in clean.constraints if c.applied]
    assert [c for c in poisoned.constraints if c.why == OVERRIDDEN] == []
    assert [c.article_id for c in poisoned.passages] == [c.article_id for c in clean.passages]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the cases are not part of the project")
@pytest.mark.parametrize("question", [*EXAMPLES, *FURTHER])
def test_the_records_of_an_attack_take_over_no_question(libraries, attacked, question):
    answer = attacked.ask(question, min_confidence=0)
    expected = [c for c in libraries[0].ask(question, min_confidence=0).constraints if c.applied]
    assert [c for c in answer.constraints if c.applied] == expected


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    poison = SHARED / "cases" / "attack" / "poison.jsonl"
    return rag.build([seeds(), poison], index=tmp_path_factory.mktemp("attacked") / "i", encoder=WordEncoder())
