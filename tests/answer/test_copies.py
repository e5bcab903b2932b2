"""Who is said to print the words of a citation, and what is shown of near-copies that have other words."""

import datetime as dt
import json
import re
from random import Random

import pytest
import support.properties  # noqa: F401
from hypothesis import given, settings
from hypothesis import strategies as st
from support import WordEncoder

import rag
from rag.answer.balance import ALTERED_TEXT
from rag.answer.changes import changes, changes_text, heading
from rag.answer.export import FORMS
from rag.cli.output import answer_text
from rag.web.answer_html import turn_html

REPORT = (
    "Three climbers of the Odda club were lost on Sunday when a bridge of snow broke under them, the rescuers said. "
    "The party had set out from a hut that was warned of the thaw. "
    "Two more climbers were hurt and carried down to Vik. "
    "The rescuers said that they did not know who had closed the old path. "
    "It was the second accident on that glacier in a year."
)
QUESTION = "How many climbers of the Odda club were lost when a bridge of snow broke?"


class Words(WordEncoder):
    """Passages as long as those of the default encoder."""

    name = "words of long passages"
    max_tokens = 160


def flat(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@pytest.fixture
def asked(tmp_path, news):
    """Ask a question of records."""

    def ask(*records, question=QUESTION, **more):
        given = [{"id": str(i), "date": f"2022-05-0{i + 1}", **record} for i, record in enumerate(records)]
        path = news(*({"title": "t", "outlet": f"Outlet {r['id']}", **r} for r in given))
        library = rag.build([path], index=tmp_path / "index", encoder=Words())
        return library, library.ask(question, k=3, min_confidence=0, **more)

    return ask


def check(library, answer):
    """Check that exactly the articles that print a quotation are named, and that every variant is what is stored."""
    texts = {article.id: article.text for article in library.articles()}
    for c in answer.passages:
        printing = {i for i, text in texts.items() if f" {flat(c.quotation)} " in f" {flat(text)} "}
        assert {c.article_id, *c.copies} == printing
        for v in c.variants:
            assert v.text == texts[v.article_id][v.start : v.end]
            assert c.start <= v.replaces[0] <= v.replaces[1] <= c.end
            assert flat(c.text[v.replaces[0] - c.start : v.replaces[1] - c.start]) != flat(v.text)
            assert v.in_quotation == (v.replaces[0] < c.quote[1] and c.quote[0] < v.replaces[1])


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("Three climbers", "Thirty climbers", "number"),
        ("the second accident", "the fifth accident", "number"),
        ("did not know who had closed", "knew who had closed", "negation"),
        ("was warned", "was not warned", "negation"),
        ("the Odda club", "the Selje club", "name"),
        ("down to Vik", "down to Flora", "name"),
        ("when a bridge of snow broke under them", "when a guide had left them", "other"),
        ("the rescuers said. The party", "our reporter saw. The party", "other"),
    ],
)
def test_a_copy_with_other_words_is_a_variant(asked, old, new, difference):
    library, answer = asked({"text": REPORT}, {"text": REPORT.replace(old, new)})
    (citation,) = answer.passages
    (variant,) = citation.variants
    check(library, answer)
    sentences = re.split(r"(?<=\.) ", REPORT.replace(old, new))
    assert variant.text == next(s for s in sentences if s not in REPORT)
    assert (citation.article_id, variant.article_id, variant.outlet) == ("0", "1", "Outlet 1")
    assert (variant.difference, variant.date) == (difference, dt.date(2022, 5, 2))
    assert citation.version_basis == "earliest"
    assert citation.copies == (() if variant.in_quotation else ("1",))
    assert (answer.balance.copies, answer.balance.altered_copies) == (1, 1)
    assert answer.balance.shown.independent == 1
    assert [w.reason for w in answer.balance.warnings] == [ALTERED_TEXT]


def test_each_run_of_sentences_is_a_variant_of_its_own(asked):
    altered = REPORT.replace("Three", "Thirty").replace("did not know", "knew")
    _, answer = asked({"text": REPORT}, {"text": altered})
    assert [(v.difference, v.text.split()[0]) for v in answer.passages[0].variants] == [
        ("number", "Thirty"), ("negation", "The"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (REPORT.replace(" Two more climbers were hurt and carried down to Vik.", ""), "leaves this out"),
        (REPORT.replace("to Vik. ", "to Vik. Nobody in the town had seen them leave the hut. "), "adds this"),
    ],
)
def test_sentences_left_out_or_added_are_variants(asked, text, kind):
    library, answer = asked({"text": REPORT}, {"text": text})
    check(library, answer)
    (change,) = changes(answer.passages[0])
    assert str(change.heading) == f"Outlet 1 (2 May 2022): {kind}"


@pytest.mark.parametrize(
    "text",
    [
        REPORT.upper(),
        REPORT.replace(". ", ".\n\n").replace(",", " –"),
        f"VIK (Coast Wire) - {REPORT}",
        f"Our reader writes from the valley. {REPORT} More on page four of this paper.",
        REPORT.replace(" It was the second accident on that glacier in a year.", ""),
        REPORT.replace(" Two more", "\nPhoto: the hut\nTwo more"),
    ],
)
def test_letter_case_punctuation_datelines_and_captions_are_no_difference(asked, text):
    library, answer = asked({"text": REPORT}, {"text": text})
    check(library, answer)
    assert not answer.passages[0].variants
    assert answer.balance.altered_copies == 0


def test_the_version_of_a_credited_agency_is_shown_first(asked):
    altered = REPORT.replace("Three", "Thirty")
    _, answer = asked({"text": altered, "outlet": "The Guardian"}, {"text": REPORT, "outlet": "Reuters"})
    assert (answer.passages[0].outlet, answer.passages[0].version_basis) == ("Reuters", "agency")
    assert [v.outlet for v in answer.passages[0].variants] == ["The Guardian"]


def test_an_outlet_that_another_copy_credits_is_an_agency(asked):
    altered = f"{REPORT.replace('Three', 'Thirty')} (Coast Wire)"
    _, answer = asked({"text": altered}, {"text": REPORT, "outlet": "Coast Wire"})
    assert (answer.passages[0].outlet, answer.passages[0].version_basis) == ("Coast Wire", "agency")


@pytest.mark.parametrize(
    ("dates", "first", "basis"),
    [
        (("2022-05-02", "2022-05-01", "2022-05-03"), "1", "earliest"),
        (("2022-05-02", "2022-05-02", "2022-05-03"), "0", "order unknown"),
        ((None, None, "2022-05-03"), "2", "earliest"),
        ((None, None, None), "0", "order unknown"),
    ],
)
def test_else_the_earliest_version_is_shown_first(asked, dates, first, basis):
    texts = REPORT, REPORT.replace("Three", "Thirty"), REPORT.replace("Three", "Four")
    library, answer = asked(*({"text": t, "date": d} for t, d in zip(texts, dates, strict=True)))
    check(library, answer)
    assert (answer.passages[0].article_id, answer.passages[0].version_basis) == (first, basis)
    assert {v.article_id for v in answer.passages[0].variants} == {"0", "1", "2"} - {first}


def test_a_version_that_the_filters_exclude_is_not_shown_first_but_among_the_variants(asked):
    _, answer = asked({"text": REPORT}, {"text": REPORT.replace("Three", "Thirty")}, outlets=["Outlet 1"])
    assert [c.article_id for c in answer.passages] == ["1"]
    assert [v.article_id for v in answer.passages[0].variants] == ["0"]
    assert answer.passages[0].version_basis == "later version"
    assert changes_text(answer.passages[0])[-1] == "Shown above is not the first version: that is among these."


def test_two_reporters_of_one_speech_are_two_sources(asked):
    words = "“We did close the old path of the glacier, and nobody listened to us,” the mayor of Vik said on Monday."
    first = f"A crowd had come to the town hall in the rain. {words} He then left without taking any questions at all."
    second = (
        f"{words} The council meets again in June, when the dam and the road are to be talked about by its members."
    )
    library, answer = asked({"text": first}, {"text": second}, question="Who did close the old path of the glacier?")
    check(library, answer)
    assert answer.balance.shown.independent == len(answer.passages) or answer.passages[0].copies
    assert not any(c.variants for c in answer.passages)


def test_what_the_copies_changed_is_shown_in_every_form(asked):
    altered = REPORT.replace("Three", "Thirty <b>")
    library, answer = asked({"text": REPORT}, {"text": altered}, {"text": altered})
    (citation,) = answer.passages
    shown = "Outlet 1 (2 May 2022) and Outlet 2 (3 May 2022): another number: [Three → Thirty <b>] climbers of the Odda"
    lines = changes_text(citation)
    assert lines[0] == f"{heading(citation)}:" == "What the copies changed:"
    assert lines[1].startswith(f"- {shown}")
    assert lines[2:] == ["Shown above is the earliest version by date."]
    assert flat(shown) in flat(answer_text(answer))
    assert flat(shown) in flat(answer.to_markdown())
    html = turn_html(answer)
    assert '<del><span class="unseen">removed: </span>Three</del>' in html
    assert '<ins><span class="unseen">added: </span>Thirty &lt;b&gt;</ins>' in html
    values = json.loads(json.dumps(answer.to_dict()))["passages"][0]["variants"]
    assert [(v["article_id"], v["date"], v["difference"]) for v in values] == [
        ("1", "2022-05-02", "number"), ("2", "2022-05-03", "number"),
    ]  # fmt: skip
    alone = library.with_copies(
        rag.answer.citation.cite_span(library.article("0"), (citation.start, citation.end), citation.quote)
    )
    assert (alone.variants, alone.copies) == (citation.variants, citation.copies)
    for form in FORMS.values():
        assert "Thirty" in form.write(alone, dt.date(2026, 1, 1), library.catalogue)


NOUNS, TOWNS = (
    ["bell", "dam", "hut", "road", "tower", "valley", "bridge", "harbour", "mill", "quay"],
    ["Vik", "Odda", "Flora"],
)


def sentence(rng: Random) -> str:
    noun, other, day = (rng.choice(NOUNS) for _ in range(3))
    return f"{rng.randint(2, 99)} people saw how the {noun} of {rng.choice(TOWNS)} was sold to a {other} on {day} day."


def changed(rng: Random, text: str) -> str:
    more = sentence(rng)
    return rng.choice(
        [more, text.replace("people", "of us"), text.upper(), text.replace(" was ", " was not "), f"{text} {more}"]
    )


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(2, 5))
def test_whatever_copies_change_exactly_those_that_print_the_quotation_are_named(tmp_path_factory, rng, copies):
    story = [sentence(rng) for _ in range(rng.randint(3, 12))]
    texts = [story]
    for _ in range(copies):
        own = list(story)
        for _ in range(rng.randint(0, 3)):
            at = rng.randrange(len(own))
            own[at] = changed(rng, own[at])
        texts.append(own[: rng.randint(2, len(own))])
    folder = tmp_path_factory.mktemp("copies")
    records = [{"id": str(i), "outlet": f"O{i}", "text": " ".join(own)} for i, own in enumerate(texts)]
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, records)))
    with rag.build([folder / "n.jsonl"], index=folder / "i", encoder=Words()) as library:
        answer = library.ask(rng.choice(story), k=5, min_confidence=0)
        assert answer.passages
        check(library, answer)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("worth $5 million", "worth €5 million"),
        ("fell by 5% that", "fell by 5 that"),
        ("was -5 degrees", "was 5 degrees"),
    ],
)
def test_the_sign_of_a_figure_is_part_of_the_words(asked, before, after):
    first = REPORT.replace("on Sunday", f"on Sunday, it {before} day,")
    _, answer = asked({"text": first}, {"text": first.replace(before, after)})
    cited = answer.passages[0]
    assert cited.copies == ()
    assert [(v.article_id, v.difference, v.in_quotation) for v in cited.variants] == [("1", "number", True)]


@pytest.mark.parametrize(
    ("altered", "kind"),
    [
        (REPORT.replace("Three", "It is not true that three", 1), "negation"),
        (REPORT.replace("Three", "The club denies, they write, that three", 1), "other"),
        (REPORT.removesuffix(".") + ", as enemies of the club pretend.", "other"),
    ],
)
def test_a_frame_around_the_same_words_is_shown(asked, altered, kind):
    _, answer = asked({"text": REPORT}, {"text": altered})
    cited = answer.passages[0]
    assert [(v.article_id, v.difference) for v in cited.variants] == [("1", kind)]


@pytest.mark.parametrize("lead", ["Accident on the glacier\n", "VIK (Wire) - ", "Photo: Roe\n", "The rescuers write: "])
def test_what_precedes_the_same_words_is_no_change(asked, lead):
    _, answer = asked({"text": REPORT}, {"text": lead + REPORT})
    cited = answer.passages[0]
    assert cited.copies == ("1",)
    assert cited.variants == ()


def test_an_altered_excerpt_is_shown_with_its_own_sentence_only(asked):
    excerpt = REPORT.split(". ")[0].replace("Three", "Thirty") + "."
    library, answer = asked({"text": REPORT}, {"text": excerpt})
    assert [c.article_id for c in answer.passages] == ["0"]  # the other is a duplicate
    [variant] = answer.passages[0].variants
    assert (variant.article_id, variant.difference, variant.text) == ("1", "number", excerpt)
    assert library.article("0").text[slice(*variant.replaces)] == REPORT.split(". ")[0] + "."


def test_the_outlet_that_is_cited_is_not_among_those_that_also_published_it(asked):
    _, answer = asked({"text": REPORT}, {"text": REPORT})
    text = " ".join(answer_text(answer).split())
    assert "also published by Outlet 1" in text
