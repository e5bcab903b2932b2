"""A question that continues what was said before shows it by a word, by how it begins, or by how little it says."""

import json
from collections import Counter

import pytest
from support import ROOT

from rag.query.constraints.completeness import points_back

BACK = [
    "and in 2016?", "And when?", "And what did The Guardian say?", "But why?", "why?", "When?", "How many?",
    "Where did he live?", "Who lives in that camp?", "Why did they leave it?", "What did she say about Reuters?",
    "Was the group a cult?", "Thanks.", "", "?", "👍", "In 2013?", "According to Reuters?", "Reuters?",
    "Any survivors?",
]  # fmt: skip
ALONE = [
    "Is the MEK a cult?", "How many people were killed at Camp Ashraf?", "How do I bake bread?",
    "Who was behind Heshmat Alavi?", "Why did the United States take the MEK off its terrorist list in 2012?",
    "Where do the members live in Albania?", "Who bombed the prosecutor's office in Tehran?",
    "Which engineers reported cracks in two pillars?", "Which engineers reported cracks?",
]  # fmt: skip


@pytest.mark.parametrize("question", BACK)
def test_a_question_that_points_back_is_known_by_what_it_says(question):
    assert points_back(question)


@pytest.mark.parametrize("question", ALONE)
def test_a_question_that_means_something_alone_does_not_point_back(question):
    assert not points_back(question)


def test_of_questions_that_were_collected_all_but_one_that_continue_another_point_back():
    lines = (ROOT / "benchmarks" / "questions" / "followups.jsonl").read_text("utf-8").splitlines()
    found = Counter((row["kind"] == "new", points_back(row["question"])) for row in map(json.loads, lines))
    assert found == {(False, True): 57, (False, False): 1, (True, False): 23, (True, True): 1}
