"""Questions with known answers become figures; each expected one is worked out by hand."""

import datetime as dt
import json
import math

import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.scripted_library import (
    ANSWERS,
    QUESTIONS,
    TOUR,
    NothingBelowThreshold,
    ScriptedLibrary,
    cited,
)

import rag
from rag.errors import InputError
from rag.evaluation import (
    OFF_TOPIC,
    RANKING_MEASURES,
    Evaluation,
    ExpectedAnswer,
    Outcome,
    Question,
    aurc,
    calibration,
    calibration_error,
    evaluate,
    read_questions,
    risk_coverage,
)


def shares(figures):
    return {name: (mean.total, mean.count) for name, mean in figures.items() if name not in RANKING_MEASURES}


def test_the_figures_count_what_was_shown(evaluation):
    assert shares(evaluation.figures) == {
        "answered": (2, 3),  # q1, q2
        "sure": (2, 3),
        "evidence@1": (1, 3),  # q2; in q1 it is the second passage
        "evidence@5": (2, 3),
        "quoted": (1, 3),  # q1; in q2 another sentence than the evidence is marked
        "both sides": (0, 1),  # q2 shows the ferry alone
        "abstention precision": (1, 2),  # of q3 and q5, q5
        "abstention recall": (1, 2),  # of q4 and q5, q5
        "nothing found": (1, 2),
        "coverage": (3, 5),
        "risk": (1, 3),  # q4
        "verbatim": (4, 4),
    }


NEAR = ANSWERS | {
    question: ("near", *ANSWERS[question][1:])
    for question in ("What was lost?", "Who owns the mill?", "Who won the cup?")
}


def test_the_nearest_passages_count_as_shown_and_not_as_sure():
    """q1 is graded "answers", q2 "near", q3 "nothing", and q4 and q5, which nothing answers, "near"."""
    evaluation = evaluate(ScriptedLibrary(NEAR), QUESTIONS)
    figures = shares(evaluation.figures)
    assert (figures["answered"], figures["sure"]) == ((2, 3), (1, 3))
    assert (figures["abstention recall"], figures["nothing found"]) == ((2, 2), (0, 2))
    assert (figures["coverage"], figures["risk"]) == ((4, 5), (2, 4))
    assert {grade: shares(own) for grade, own in evaluation.grades.items()} == {
        "answers": {"answerable": (1, 3), "unanswerable": (0, 2), "precision": (1, 1)},
        "near": {"answerable": (1, 3), "unanswerable": (2, 2), "precision": (1, 3)},
        "nothing": {"answerable": (1, 3), "unanswerable": (0, 2), "precision": (0, 0)},
    }
    assert [(o.grade, o.found) for o in evaluation.outcomes] == [
        ("answers", True), ("near", True), ("nothing", False), ("near", True), ("near", True),
    ]  # fmt: skip
    rows = [line.split() for line in evaluation.table().splitlines() if line.startswith(("near ", "nothing  "))]
    assert rows == [
        ["near", "1/3", "0.333", "2/2", "1.000", "1/3", "0.333"],
        ["nothing", "1/3", "0.333", "0/2", "0.000"],
    ]
    plain = evaluation.to_dict()
    assert plain["grades"]["near"]["precision"] == {"total": 1, "count": 3, "value": pytest.approx(1 / 3)}
    assert [(o["grade"], o["found"]) for o in plain["outcomes"]][1:3] == [("near", True), ("nothing", False)]


def test_the_nearest_passages_are_a_miss_off_topic_alone():
    asked = [*QUESTIONS, Question("Who won the cup?", "q6", OFF_TOPIC)]
    assert evaluate(ScriptedLibrary(NEAR), asked).misses()[2:] == [
        "q6 [unanswerable-offtopic] Who won the cup?: passages shown, although it is off topic"
    ]


def test_figures_by_kind_list_unanswerable_kinds_last(evaluation):
    assert list(evaluation.figures_by_kind) == ["fact", "conflict", "unanswerable-near", "unanswerable-off"]
    assert shares(evaluation.figures_by_kind["fact"])["answered"] == (1, 2)
    assert shares(evaluation.figures_by_kind["unanswerable-near"])["abstention recall"] == (0, 1)
    assert shares(evaluation.figures_by_kind["unanswerable-off"])["abstention recall"] == (1, 1)


def test_articles_are_ranked_by_their_first_passages(evaluation):
    second = 1 / math.log2(3)
    first, both, none = (o.ranking for o in evaluation.outcomes[:3])
    assert first == pytest.approx(
        {"nDCG@10": second, "recall@10": 1, "recall@100": 1, "MRR": 0.5, "hit@1": 0, "hit@5": 1, "hit@10": 1}
    )
    assert both["nDCG@10"] == pytest.approx((1 + 1 / 2) / (1 + second))  # ranks 1 and 3, where 1 and 2 are best
    assert set(none.values()) == {0.0}  # nothing was found
    assert evaluation.figures["MRR"].value == pytest.approx((0.5 + 1 + 0) / 3)
    assert evaluation.outcomes[3].ranking == {}


def test_equal_scores_keep_the_order_of_the_search():
    answers = {"Which?": (True, [cited("mill")], None, ["choir", "mill", "ferry"])}
    for article, rank in (("choir", 1), ("mill", 2), ("ferry", 3)):
        found = evaluate(ScriptedLibrary(answers), [Question("Which?", relevant={article: 1})])
        assert found.figures["MRR"].value == pytest.approx(1 / rank)


def test_grades_count_in_ndcg():
    answers = {"Which?": (True, [cited("mill")], None, ["mill", "ferry"])}
    found = evaluate(ScriptedLibrary(answers), [Question("Which?", relevant={"mill": 1, "ferry": 3})])
    second = 1 / math.log2(3)
    assert found.figures["nDCG@10"].value == pytest.approx((1 + 3 * second) / (3 + second))


def test_an_article_with_another_id_in_the_index_is_found_by_its_evidence(evaluation):
    assert [set(o.relevant) for o in evaluation.outcomes] == [{"ferry"}, {"ferry", "mill"}, {"choir"}, set(), set()]
    assert [o.evidence_indexed for o in evaluation.outcomes] == [True, True, True, False, False]


def test_evidence_is_compared_by_whole_words():
    answers = {"Which?": (True, [cited("mill")], None, ["mill"])}
    for evidence, expected in (("ill burned", (None, False)), ("MILL — burned!", (1, True))):
        question = Question("Which?", answers=(ExpectedAnswer(evidence),))
        (outcome,) = evaluate(ScriptedLibrary(answers), [question]).outcomes
        assert (outcome.evidence_rank, outcome.evidence_indexed) == expected


def test_a_passage_that_differs_from_the_article_is_not_verbatim():
    answers = {"Which?": (True, [cited("mill"), cited("ferry", text="The ferry sailed at dawn.")], None, ["mill"])}
    assert shares(evaluate(ScriptedLibrary(answers), [Question("Which?")]).figures)["verbatim"] == (1, 2)


def test_risk_rises_with_coverage(evaluation):
    curve = risk_coverage(evaluation.outcomes)
    assert [(p.threshold, p.answers, p.coverage, p.risk) for p in curve] == [
        (0.9, 1, 0.2, 0),
        (0.75, 3, 0.6, pytest.approx(1 / 3)),  # q2 and q4 have the same confidence
        (0.35, 4, 0.8, 0.25),
        (0.05, 5, 1.0, 0.4),
    ]
    assert aurc(curve) == pytest.approx((0 + 2 / 3 + 0.25 + 0.4) / 5)


def test_the_curve_ends_at_the_threshold_if_nothing_is_returned_below_it():
    evaluation = evaluate(NothingBelowThreshold(ANSWERS), QUESTIONS)
    curve = risk_coverage(evaluation.outcomes)
    assert [p.coverage for p in curve] == [0.2, 0.6]
    assert aurc(curve) == pytest.approx((0 + 2 / 3) / 3)
    assert shares(evaluation.figures)["coverage"] == (3, 5)


def test_only_unanswered_questions_are_asked_again_without_a_threshold():
    library = ScriptedLibrary(ANSWERS)
    evaluate(library, QUESTIONS)
    assert [question for question, min_confidence, _ in library.asked if min_confidence == 0.0] == [
        "Who travels?",
        "Who won the cup?",
    ]


def test_without_confidence_the_curve_uses_the_first_passages_score():
    plain = {question: (found, passages, None, hits) for question, (found, passages, _, hits) in ANSWERS.items()}
    outcomes = evaluate(ScriptedLibrary(plain), QUESTIONS).outcomes
    curve = risk_coverage(outcomes)
    assert [(p.threshold, p.risk) for p in curve] == [
        (0.8, 1), (0.7, 0.5), (0.6, pytest.approx(1 / 3)), (0.3, 0.25), (0.1, 0.4),
    ]  # fmt: skip
    assert calibration(outcomes) == ()
    assert calibration_error(()) is None


def test_calibration_compares_confidence_with_accuracy(evaluation):
    bins = calibration(evaluation.outcomes)
    assert [(b.low, b.answers, b.confidence, b.accuracy) for b in bins] == [
        (0.0, 1, 0.05, 0), (0.3, 1, 0.35, 1), (0.7, 2, 0.75, 0.5), (0.9, 1, 0.9, 1),
    ]  # fmt: skip
    assert calibration_error(bins) == pytest.approx((0.05 + 0.65 + 2 * 0.25 + 0.1) / 5)


def test_a_confidence_of_1_is_in_the_last_bin():
    outcomes = [Outcome(Question("Which?", kind="unanswerable"), "answers", correct=False, score=1.0, confidence=1.0)]
    assert [(b.low, b.high, b.answers) for b in calibration(outcomes)] == [(0.9, 1.0, 1)]


def test_with_judged_articles_only_an_answer_from_one_of_them_is_correct():
    answers = {"Which?": (True, [cited("mill")], None, ["mill"])}
    for article, wrong in (("mill", 0), ("ferry", 1)):
        figures = evaluate(ScriptedLibrary(answers), [Question("Which?", relevant={article: 1})]).figures
        assert shares(figures)["risk"] == (wrong, 1)
        assert shares(figures)["evidence@5"] == (0, 0)


def test_a_question_without_a_known_answer_is_asked_and_not_judged():
    answers = {"Which?": (True, [cited("mill")], 0.5, ["mill"])}
    evaluation = evaluate(ScriptedLibrary(answers), [Question("Which?")])
    assert shares(evaluation.figures)["answered"] == (1, 1)
    assert shares(evaluation.figures)["coverage"] == (0, 0)
    assert evaluation.to_dict()["aurc"] is None
    assert "risk" not in evaluation.table()


def test_misses_give_the_reason(evaluation):
    assert evaluation.misses() == [
        "q2 [conflict] What was lost?: evidence from only one article",
        "q3 [fact] Who travels?: nothing found, although a passage below the confidence threshold answers it",
        "q4 [unanswerable-near] Who owns the mill?: answered, although no article answers it",
    ]


TOUR_ANSWER, SONG_ANSWER = (ExpectedAnswer(TOUR),), (ExpectedAnswer("The choir sang"),)


@pytest.mark.parametrize(
    ("question", "shown", "found", "reason"),
    [
        ({"answers": TOUR_ANSWER}, ["mill"], ["mill", "choir"], "the evidence; result 2 of the search contains it"),
        ({"answers": TOUR_ANSWER}, ["mill"], ["mill"], "none of the first 100 results of the search contains it"),
        ({"answers": SONG_ANSWER}, ["mill"], [], "no article in the index contains its evidence"),
        ({"relevant": {"choir": 1}}, ["mill"], ["mill"], "no relevant article among the first 10 of the search"),
        ({}, [], [], "nothing found"),
    ],
)
def test_every_miss_has_its_reason(question, shown, found, reason):
    answers = {"Which?": (bool(shown), [cited(i) for i in shown], None, found)}
    (miss,) = evaluate(ScriptedLibrary(answers), [Question("Which?", "q", **question)]).misses()
    assert miss.endswith(reason)


def test_the_table_gives_numerators_and_denominators(evaluation):
    lines = evaluation.table().splitlines()
    assert lines[0] == "5 questions, at most 5 passages shown"
    assert "evidence@5                    2/3   0.667" in lines
    assert "MRR                             3   0.500" in lines
    assert "risk-coverage area                  0.263  up to coverage 1.00" in lines
    assert "calibration error                   0.260" in lines
    kinds = [line.split() for line in lines[-4:]]
    assert kinds[0] == ["fact", "2", "1/2", "1/2", "0/2", "1/2", "1/2", "0.315"]
    assert kinds[2] == ["unanswerable-near", "1", "0/1", "0/1"]


def test_the_dictionary_is_plain_json(evaluation):
    plain = evaluation.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["k"], plain["questions"]) == (5, 5)
    assert plain["figures"]["answered"] == {"total": 2, "count": 3, "value": pytest.approx(2 / 3)}
    assert plain["kinds"]["fact"]["questions"] == 2
    assert plain["curve"][0] == {"threshold": 0.9, "answers": 1, "coverage": 0.2, "risk": 0.0}
    assert [o["id"] for o in plain["outcomes"]] == ["q1", "q2", "q3", "q4", "q5"]
    assert set(plain["latency_ms"]) == {"ask", "search"}


def test_latency_is_the_median_and_the_95th_percentile():
    outcomes = tuple(Outcome(Question("Which?"), "nothing", ask_ms=float(ms), search_ms=2.0) for ms in range(101))
    assert Evaluation(5, outcomes).latency == {"ask": {"p50": 50.0, "p95": 95.0}, "search": {"p50": 2.0, "p95": 2.0}}


def test_progress_is_reported_after_each_question():
    steps = []
    evaluate(ScriptedLibrary(ANSWERS), QUESTIONS, progress=lambda *step: steps.append(step))
    assert steps == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


# With a library


def test_a_real_library_is_evaluated(words, news, tmp_path):
    file = tmp_path / "questions.jsonl"
    asked = [
        {
            "question": "Dock workers ended their strike on Tuesday",
            "kind": "fact",
            "answers": [{"article": "harbour", "evidence": "Dock workers ended their strike on Tuesday."}],
        },
        {
            "question": "in two pillars",
            "previous": "Engineers closed the old bridge after finding cracks",
            "kind": "followup",
            "answers": [{"article": "?", "evidence": "Engineers closed the old bridge after finding cracks"}],
        },
    ]
    file.write_text("\n".join(map(json.dumps, asked)))
    with rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words) as library:
        evaluation = evaluate(library, read_questions(file), k=1)
    for name in ("answered", "evidence@1", "quoted", "MRR", "verbatim"):
        assert evaluation.figures[name].value == 1, name
    assert evaluation.misses() == []


def test_filters_are_applied_only_on_request(words, news, tmp_path):
    sentence = "Dock workers ended their strike on Tuesday"
    filters = {"outlets": ("Press TV",), "after": dt.date(2014, 1, 1)}
    asked = [Question(sentence, answers=(ExpectedAnswer(sentence),), filters=filters)]
    with rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "index", encoder=words) as library:
        assert evaluate(library, asked).figures["MRR"].value == 1
        assert evaluate(library, asked, apply_filters=True).figures["MRR"].value == 0


def test_questions_about_another_index_are_an_error(words, news, tmp_path):
    with rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=words) as library:
        with pytest.raises(InputError, match=r"the index has none of the 1 relevant articles .*for example 'bridge'"):
            evaluate(library, [Question("Which?", relevant={"bridge": 1})])
        with pytest.raises(InputError, match="no questions"):
            evaluate(library, [])
