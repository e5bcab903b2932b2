"""Questions that compare outlets, in words: which sides they name, and which only look as if they did."""

import json
import re

import pytest
from support import WordEncoder

import rag
from rag.cli.comparing import comparison_text
from rag.comparison.side_by_side.asked import asked_comparison
from rag.comparison.side_by_side.described import described
from rag.provenance.catalogue import load_catalogue

INDEXED = ("Reuters", "Press TV", "BBC News", "Kayhan", "IRNA", "Harbour Voice", "Radio Tarn")


@pytest.mark.parametrize(
    ("question", "sides", "topic"),
    [
        ("What do Press TV and the BBC say about the raid?", ("Press TV", "BBC"), "the raid"),
        ("what did Press TV, Kayhan and the BBC write about Rajavi", ("Press TV", "Kayhan", "BBC"), "Rajavi"),
        ("How do Press TV and Reuters differ on the raid in Albania?", ("Press TV", "Reuters"), "the raid in Albania"),
        ("How did Harbour Voice and Radio Tarn cover the strike?", ("Harbour Voice", "Radio Tarn"), "the strike"),
        ("How do Harbour Voice and Radio Tarn differ in their coverage of the strike?",
         ("Harbour Voice", "Radio Tarn"), "the strike"),
        ("How do Iranian and Western media differ on the delisting?", ("Iranian media", "Western media"),
         "the delisting"),
        ("How do American, British and Iranian outlets report the delisting?",
         ("American outlets", "British outlets", "Iranian outlets"), "the delisting"),
        ("What do newspapers and advocacy groups say about the camp?", ("newspapers", "advocacy groups"), "the camp"),
        ("What do state media and Reuters say about the camp?", ("state media", "Reuters"), "the camp"),
        ("Do Iranian state media and Western newspapers agree on the number of victims?",
         ("Iranian state media", "Western newspapers"), "the number of victims"),
        ("Do Reuters and the BBC disagree about what Kayhan wrote?", ("Reuters", "BBC"), "what Kayhan wrote"),
        ("Compare what Reuters and IRNA say about the delisting in 2012", ("Reuters", "IRNA"), "the delisting in 2012"),
        ("Compare the coverage by Reuters and IRNA of the delisting", ("Reuters", "IRNA"), "the delisting"),
        ("Compare Iranian media with Western media on the delisting", ("Iranian media", "Western media"),
         "the delisting"),
        ("How does Reuters' account of the deaths differ from the BBC's?", ("Reuters", "BBC"), "the deaths"),
        ("How does Press TV’s coverage of the raid differ from that of Reuters?", ("Press TV", "Reuters"), "the raid"),
        ("What is the difference between what Reuters and Press TV say about the raid?", ("Reuters", "Press TV"),
         "the raid"),
        ("Differences between Reuters and Press TV on the raid", ("Reuters", "Press TV"), "the raid"),
        ("How was the raid covered by Press TV and Reuters?", ("Press TV", "Reuters"), "the raid"),
        ("How is the strike seen in Harbour Voice and in the press?", None, None),
        ("Press TV vs. Reuters: the raid", ("Press TV", "Reuters"), "the raid"),
        ("Reuters compared with IRNA on the raid", ("Reuters", "IRNA"), "the raid"),
        ("What do US and Iranian media say about it all?", ("US media", "Iranian media"), "it all"),
    ],
)  # fmt: skip
def test_sides_and_topic_are_taken_from_the_words(question, sides, topic):
    found = asked_comparison(question, load_catalogue(), INDEXED)
    assert (found.sides if found else None) == sides
    assert topic is None or found.question == f"What is said about {topic}?"


@pytest.mark.parametrize(
    "question",
    [
        "What did Reuters say about Press TV?",
        "What do outlets except Reuters and Press TV say about the raid?",
        "What do outlets other than Reuters and Press TV say about the raid?",
        "Did neither Reuters nor Press TV report the raid?",
        "Not Reuters and Press TV: the raid",
        "Who told Reuters and Press TV about the raid?",
        "Were Reuters and Press TV right about the raid?",
        "What do Reuters and the mayor say about the bridge?",
        "What do Reuters and Press TV deny?",
        "Why do Reuters and Press TV have offices in Tehran?",
        "What does Reuters say about the raid?",
        "What do newspapers say about the raid?",
        "Who owns Reuters and the BBC?",
        "What did it tell us and Iranian media about the raid?",
        "What do they say about the raid?",
        "",
        "\ue0000\ue000 and \ue0001\ue000 on the raid",
    ],
)
def test_what_only_looks_like_a_comparison_is_none(question):
    assert asked_comparison(question, load_catalogue(), INDEXED) is None


@pytest.mark.parametrize(
    ("words", "countries", "kind", "of_state"),
    [
        ("Iranian media", {"Iran"}, None, False),
        ("iranian STATE-run newspapers", {"Iran"}, "newspaper", True),
        ("state media", set(), None, True),
        ("news agencies", set(), "news agency", False),
        ("think tanks", set(), "think-tank publication", False),
        ("unclassified", set(), "unclassified", False),
        ("Iran", {"Iran"}, None, False),
        ("U.S. broadcasters", {"United States"}, "broadcaster", False),
        ("south korean press", {"South Korea"}, None, False),
    ],
)
def test_outlets_are_described(words, countries, kind, of_state):
    found = described(words)
    assert (found.countries, found.kind, found.of_state) == (countries, kind, of_state)


@pytest.mark.parametrize("words", ["media", "the press", "outlets", "us media", "Harbour", "", "Gulf", "left media"])
def test_other_words_describe_no_outlets(words):
    found = described(words)
    assert found is None or words == "Gulf"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    rows = [
        {"id": "r", "outlet": "Reuters", "text": "The ferry sank off the coast in a storm, rescuers said."},
        {"id": "p", "outlet": "Press TV", "text": "Who owns the ferry that sank is not known on the coast."},
        {"id": "b", "outlet": "BBC News", "text": "The ferry was old when it sank, says the harbour master."},
    ]
    (folder / "news.json").write_text(json.dumps(rows))
    with rag.build([folder / "news.json"], index=folder / "index", encoder=WordEncoder()) as made:
        yield made


def test_a_question_in_words_is_compared_by_its_sides(library):
    found = library.compare("What do Press TV and the BBC say about the ferry that sank?")
    assert (found.by, found.sides) == ("side", {"Press TV": ("Press TV",), "BBC News": ("BBC News",)})
    assert [(row.group, row.citation.article_id) for row in found.rows] == [("Press TV", "p"), ("BBC News", "b")]
    assert found.question == "What do Press TV and the BBC say about the ferry that sank?"
    assert found.answer.searched == "What is said about the ferry that sank?"


@pytest.mark.parametrize(
    ("sides", "own", "other"),
    [
        ("Press TV and Iranian media", "Press TV", "Iranian media"),
        ("Iranian media and Press TV", "Press TV", "Iranian media"),
        ("Iranian media and broadcasters", "Iranian media", "broadcasters"),
    ],
)
def test_an_outlet_on_two_sides_in_words_is_said_to_be_and_counts_on_one(library, sides, own, other):
    question = f"What do {sides} say about the ferry that sank?"
    found = library.compare(question)
    assert "Press TV" in found.sides[own]
    assert "Press TV" not in found.sides[other]
    assert found.several == {"Press TV": (own, other)}
    assert found.to_dict()["several"] == {"Press TV": [own, other]}
    said = f"Press TV is on {other} too, and counts on the side {own} alone"
    assert said in comparison_text(found)
    assert said in found.to_markdown().replace("\\", "")
    assert said in re.sub("<[^>]+>", "", found._repr_html_())


def test_the_timeline_of_a_dossier_asks_what_its_sides_are_asked(library):
    made = library.dossier("What do Press TV and the BBC say about the ferry that sank?")
    assert made.comparison.asked == "What is said about the ferry that sank?"
    assert made.timeline.answer.searched == made.comparison.answer.searched
    assert made.question == "What do Press TV and the BBC say about the ferry that sank?"


def test_the_words_can_be_ignored_and_a_caller_overrides_them(library):
    question = "What do Press TV and the BBC say about the ferry that sank?"
    assert library.compare(question, ignore="all").by == "outlet"
    assert library.compare(question, sides={"a": "Reuters", "b": "BBC"}).sides["a"] == ("Reuters",)


def test_sides_that_no_outlet_is_on_are_not_said_to_be_silent(library):
    found = library.compare("What do Swedish and Albanian newspapers say about the ferry that sank?")
    assert (found.by, found.answer.searched) == ("outlet", found.question)


def test_every_form_says_which_outlets_are_on_a_side_that_is_described(library):
    question = "What do Iranian media and Swedish newspapers say about the ferry that sank?"
    found = library.compare(question)
    said = "Sides: Iranian media (Press TV); Swedish newspapers (no outlet that the catalogue knows of)"
    assert f"({said})" in comparison_text(found).splitlines()
    assert said in found.to_markdown().replace("\\", "")
    assert said in re.sub("<[^>]+>", "", found._repr_html_())
    assert said in library.dossier(question).to_markdown().replace("\\", "")
    plain = library.compare("What do Press TV and Reuters say about the ferry that sank?")
    assert "Sides:" not in comparison_text(plain) + plain.to_markdown()


def test_a_group_that_is_asked_for_is_not_replaced_by_sides_in_words(library):
    found = library.compare("What do Press TV and the BBC say about the ferry that sank?", by="country")
    assert (found.by, {row.citation.outlet for row in found.rows}) == ("country", {"Press TV", "BBC News"})
