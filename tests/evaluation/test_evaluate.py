"""Questions with known answers become figures; each expected one is worked out by hand."""

import datetime as dt
import json
import math
import sys

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, SHARED

import rag
from rag.answer.answer import Answer, Citation
from rag.article import Article
from rag.errors import AccordingError, InputError
from rag.evaluation.evaluate import (
    RANKING,
    Evaluation,
    Expected,
    Outcome,
    Question,
    aurc,
    calibration,
    calibration_error,
    evaluate,
    picture,
    read_questions,
    risk_coverage,
)
from rag.retrieval.search import Hit

FERRY = "The ferry sank at dawn near the pier. Nobody on board was hurt."
MILL = "The mill burned for two days. Firemen blamed a lamp."
CHOIR = "The choir will tour the islands in May."
TEXTS = {"ferry": FERRY, "mill": MILL, "choir": CHOIR}
SECOND = (38, len(FERRY))  # the ferry's second sentence


def cited(article, quote=None, score=0.5, text=None):
    whole = text or TEXTS[article]
    return Citation(
        article, 0, len(whole), whole, quote or (0, whole.index(".") + 1), None, "unknown", "unknown", None, (), None,
        None, None, None, "full text", score,
    )  # fmt: skip


class Scripted:
    """A library that says what it is told to: (whether found, passages, confidence, articles that a search finds)."""

    def __init__(self, says):
        self.says = says
        self.heard = []

    def prepare(self):
        pass

    def articles(self):
        return (Article(i, text) for i, text in TEXTS.items())

    def article(self, article_id):
        return Article(article_id, TEXTS[article_id])

    def ask(self, question, k, previous=None, asked_on=None, min_confidence=None, **filters):
        found, passages, confidence, _ = self.says[question]
        self.heard.append((question, min_confidence, filters))
        shown = passages if found or min_confidence == 0.0 else []
        return Answer(question, question, bool(shown), tuple(shown), confidence=confidence)

    def search(self, question, k, previous=None, asked_on=None, **filters):
        return [Hit(i, 0, len(TEXTS[i]), TEXTS[i], 0.5, None, None) for i in self.says[question][3]]


class Silent(Scripted):
    """The same, with nothing to show below the bar."""

    def ask(self, question, k, previous=None, asked_on=None, min_confidence=None, **filters):
        return super().ask(question, k, previous, asked_on, **filters)


SANK, BURNED, TOUR = "the ferry sank at dawn", "mill burned for two days", "The choir will tour"
QUESTIONS = [
    Question("When did the ferry sink?", "q1", "fact", (Expected(SANK, "ferry", "at dawn"),)),
    Question("What was lost?", "q2", "conflict", (Expected(SANK, "elsewhere-1"), Expected(BURNED, "elsewhere-2"))),
    Question("Who travels?", "q3", "fact", (Expected(TOUR),)),
    Question("Who owns the mill?", "q4", "unanswerable-near"),
    Question("Who won the cup?", "q5", "unanswerable-off"),
]
SAYS = {
    "When did the ferry sink?": (True, [cited("mill", score=0.6), cited("ferry")], 0.9, ["mill", "ferry", "choir"]),
    "What was lost?": (True, [cited("ferry", SECOND, 0.7)], 0.75, ["ferry", "choir", "ferry", "mill"]),
    "Who travels?": (False, [cited("choir", score=0.3)], 0.35, []),
    "Who owns the mill?": (True, [cited("mill", score=0.8)], 0.75, ["mill"]),
    "Who won the cup?": (False, [cited("mill", score=0.1)], 0.05, ["mill"]),
}


@pytest.fixture
def evaluation():
    return evaluate(Scripted(SAYS), QUESTIONS)


def shares(figures):
    return {name: (mean.total, mean.of) for name, mean in figures.items() if name not in RANKING}


def test_what_is_shown_is_counted(evaluation):
    assert shares(evaluation.figures) == {
        "answered": (2, 3),  # q1, q2
        "evidence@1": (1, 3),  # q2; in q1 it is the second passage
        "evidence@5": (2, 3),
        "quoted": (1, 3),  # q1; in q2 the sentence beside the evidence is marked
        "both sides": (0, 1),  # q2 shows the ferry alone
        "abstention precision": (1, 2),  # of q3 and q5, q5
        "abstention recall": (1, 2),  # of q4 and q5, q5
        "coverage": (3, 5),
        "risk": (1, 3),  # q4
        "verbatim": (4, 4),
    }


def test_figures_stand_by_kind_with_those_without_an_answer_last(evaluation):
    assert list(evaluation.kinds) == ["fact", "conflict", "unanswerable-near", "unanswerable-off"]
    assert shares(evaluation.kinds["fact"])["answered"] == (1, 2)
    assert shares(evaluation.kinds["unanswerable-near"])["abstention recall"] == (0, 1)
    assert shares(evaluation.kinds["unanswerable-off"])["abstention recall"] == (1, 1)


def test_articles_are_ranked_by_their_first_passages(evaluation):
    second = 1 / math.log2(3)
    first, both, none = (o.ranking for o in evaluation.outcomes[:3])
    assert first == pytest.approx(
        {"nDCG@10": second, "recall@10": 1, "recall@100": 1, "MRR": 0.5, "hit@1": 0, "hit@5": 1, "hit@10": 1}
    )
    assert both["nDCG@10"] == pytest.approx((1 + 1 / 2) / (1 + second))  # places 1 and 3, where 1 and 2 are best
    assert set(none.values()) == {0.0}  # nothing was found
    assert evaluation.figures["MRR"].value == pytest.approx((0.5 + 1 + 0) / 3)
    assert evaluation.outcomes[3].ranking == {}


def test_equal_scores_keep_the_order_of_the_search():
    says = {"Which?": (True, [cited("mill")], None, ["choir", "mill", "ferry"])}
    for article, place in (("choir", 1), ("mill", 2), ("ferry", 3)):
        found = evaluate(Scripted(says), [Question("Which?", relevant={article: 1})])
        assert found.figures["MRR"].value == pytest.approx(1 / place)


def test_grades_count_in_ndcg():
    says = {"Which?": (True, [cited("mill")], None, ["mill", "ferry"])}
    found = evaluate(Scripted(says), [Question("Which?", relevant={"mill": 1, "ferry": 3})])
    second = 1 / math.log2(3)
    assert found.figures["nDCG@10"].value == pytest.approx((1 + 3 * second) / (3 + second))


def test_an_article_that_the_index_names_otherwise_is_found_by_its_evidence(evaluation):
    assert [set(o.relevant) for o in evaluation.outcomes] == [{"ferry"}, {"ferry", "mill"}, {"choir"}, set(), set()]
    assert [o.standing for o in evaluation.outcomes] == [True, True, True, False, False]


def test_evidence_is_compared_by_whole_words():
    says = {"Which?": (True, [cited("mill")], None, ["mill"])}
    (outcome,) = evaluate(Scripted(says), [Question("Which?", answers=(Expected("ill burned"),))]).outcomes
    assert (outcome.at, outcome.standing) == (None, False)
    (outcome,) = evaluate(Scripted(says), [Question("Which?", answers=(Expected("MILL — burned!"),))]).outcomes
    assert (outcome.at, outcome.standing) == (1, True)


def test_a_passage_that_is_not_the_articles_text_is_no_quotation():
    says = {"Which?": (True, [cited("mill"), cited("ferry", text="The ferry sailed at dawn.")], None, ["mill"])}
    assert shares(evaluate(Scripted(says), [Question("Which?")]).figures)["verbatim"] == (1, 2)


def test_risk_rises_with_coverage(evaluation):
    curve = risk_coverage(evaluation.outcomes)
    assert [(p.threshold, p.answers, p.coverage, p.risk) for p in curve] == [
        (0.9, 1, 0.2, 0),
        (0.75, 3, 0.6, pytest.approx(1 / 3)),  # q2 and q4 are answered together, in whatever order they stand
        (0.35, 4, 0.8, 0.25),
        (0.05, 5, 1.0, 0.4),
    ]
    assert aurc(curve) == pytest.approx((0 + 2 / 3 + 0.25 + 0.4) / 5)


def test_where_there_is_nothing_below_the_bar_the_curve_ends_at_it():
    evaluation = evaluate(Silent(SAYS), QUESTIONS)
    curve = risk_coverage(evaluation.outcomes)
    assert [p.coverage for p in curve] == [0.2, 0.6]
    assert aurc(curve) == pytest.approx((0 + 2 / 3) / 3)
    assert shares(evaluation.figures)["coverage"] == (3, 5)


def test_only_what_was_not_answered_is_asked_below_the_bar():
    library = Scripted(SAYS)
    evaluate(library, QUESTIONS)
    assert [question for question, min_confidence, _ in library.heard if min_confidence == 0.0] == [
        "Who travels?",
        "Who won the cup?",
    ]


def test_without_confidence_the_first_passages_score_orders_the_answers():
    plain = {question: (found, passages, None, hits) for question, (found, passages, _, hits) in SAYS.items()}
    outcomes = evaluate(Scripted(plain), QUESTIONS).outcomes
    curve = risk_coverage(outcomes)
    assert [(p.threshold, p.risk) for p in curve] == [
        (0.8, 1), (0.7, 0.5), (0.6, pytest.approx(1 / 3)), (0.3, 0.25), (0.1, 0.4),
    ]  # fmt: skip
    assert calibration(outcomes) == ()
    assert calibration_error(()) is None


def test_calibration_compares_confidence_with_what_is_right(evaluation):
    bins = calibration(evaluation.outcomes)
    assert [(b.low, b.answers, b.confidence, b.right) for b in bins] == [
        (0.0, 1, 0.05, 0), (0.3, 1, 0.35, 1), (0.7, 2, 0.75, 0.5), (0.9, 1, 0.9, 1),
    ]  # fmt: skip
    assert calibration_error(bins) == pytest.approx((0.05 + 0.65 + 2 * 0.25 + 0.1) / 5)


def test_full_confidence_is_in_the_last_bin():
    outcomes = [Outcome(Question("Which?", kind="unanswerable"), True, right=False, score=1.0, confidence=1.0)]
    assert [(b.low, b.high, b.answers) for b in calibration(outcomes)] == [(0.9, 1.0, 1)]


def test_where_only_articles_are_judged_an_answer_is_right_that_comes_from_one():
    says = {"Which?": (True, [cited("mill")], None, ["mill"])}
    for article, wrong in (("mill", 0), ("ferry", 1)):
        figures = evaluate(Scripted(says), [Question("Which?", relevant={article: 1})]).figures
        assert shares(figures)["risk"] == (wrong, 1)
        assert shares(figures)["evidence@5"] == (0, 0)


def test_a_question_of_which_nothing_is_known_is_asked_and_not_judged():
    says = {"Which?": (True, [cited("mill")], 0.5, ["mill"])}
    evaluation = evaluate(Scripted(says), [Question("Which?")])
    assert shares(evaluation.figures)["answered"] == (1, 1)
    assert shares(evaluation.figures)["coverage"] == (0, 0)
    assert evaluation.to_dict()["aurc"] is None
    assert "risk" not in evaluation.table()


def test_misses_say_why(evaluation):
    assert evaluation.misses() == [
        "q2 [conflict] What was lost?: evidence of one article only",
        "q3 [fact] Who travels?: nothing found, though what is below the bar answers it",
        "q4 [unanswerable-near] Who owns the mill?: answered, though nothing answers it",
    ]


@pytest.mark.parametrize(
    ("question", "shown", "found", "why"),
    [
        ({"answers": (Expected(TOUR),)}, ["mill"], ["mill", "choir"], "passages shown; of the search, in passage 2"),
        ({"answers": (Expected(TOUR),)}, ["mill"], ["mill"], "passages shown; of the search, in none of the first 100"),
        ({"answers": (Expected("The choir sang"),)}, ["mill"], [], "its evidence stands in no article of the index"),
        ({"relevant": {"choir": 1}}, ["mill"], ["mill"], "no relevant article among the first 10 of the search"),
        ({}, [], [], "nothing found"),
    ],
)
def test_every_miss_has_its_reason(question, shown, found, why):
    says = {"Which?": (bool(shown), [cited(i) for i in shown], None, found)}
    (miss,) = evaluate(Scripted(says), [Question("Which?", "q", **question)]).misses()
    assert miss.endswith(why)


def test_the_table_gives_numerators_and_denominators(evaluation):
    lines = evaluation.table().splitlines()
    assert lines[0] == "5 questions, at most 5 passages shown"
    assert "evidence@5                    2/3   0.667" in lines
    assert "MRR                             3   0.500" in lines
    assert "risk-coverage area                  0.263  to coverage 1.00" in lines
    assert "calibration error                   0.260" in lines
    kinds = [line.split() for line in lines[-4:]]
    assert kinds[0] == ["fact", "2", "1/2", "0/2", "1/2", "1/2", "0.315"]
    assert kinds[2] == ["unanswerable-near", "1", "0/1"]


def test_the_dictionary_is_plain_json(evaluation):
    plain = evaluation.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["k"], plain["questions"]) == (5, 5)
    assert plain["figures"]["answered"] == {"total": 2, "of": 3, "value": pytest.approx(2 / 3)}
    assert plain["kinds"]["fact"]["questions"] == 2
    assert plain["curve"][0] == {"threshold": 0.9, "answers": 1, "coverage": 0.2, "risk": 0.0}
    assert [o["id"] for o in plain["outcomes"]] == ["q1", "q2", "q3", "q4", "q5"]
    assert set(plain["latency_ms"]) == {"ask", "search"}


def test_latency_is_the_median_and_the_95th_percentile():
    outcomes = tuple(Outcome(Question("Which?"), False, ask_ms=float(ms), search_ms=2.0) for ms in range(101))
    assert Evaluation(5, outcomes).latency == {"ask": {"p50": 50.0, "p95": 95.0}, "search": {"p50": 2.0, "p95": 2.0}}


def test_progress_is_told_after_each_question():
    told = []
    evaluate(Scripted(SAYS), QUESTIONS, progress=lambda *step: told.append(step))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


# With a library


def test_a_library_is_asked_as_anybody_asks_it(words, news, tmp_path):
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


def test_filters_are_given_where_that_is_asked_for(words, news, tmp_path):
    said = "Dock workers ended their strike on Tuesday"
    asked = [
        Question(said, answers=(Expected(said),), filters={"outlets": ("Press TV",), "after": dt.date(2014, 1, 1)})
    ]
    with rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "index", encoder=words) as library:
        assert evaluate(library, asked).figures["MRR"].value == 1
        assert evaluate(library, asked, apply_filters=True).figures["MRR"].value == 0


def test_questions_about_another_index_are_noticed(words, news, tmp_path):
    with rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=words) as library:
        with pytest.raises(InputError, match=r"none of the 1 relevant articles .* in the index .'bridge', for one"):
            evaluate(library, [Question("Which?", relevant={"bridge": 1})])
        with pytest.raises(InputError, match="no questions"):
            evaluate(library, [])


# Reading


def test_a_line_may_have_everything(tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text(
        json.dumps(
            {
                "id": 7,
                "question": " Which? ",
                "kind": "date",
                "answers": [{"article": "a", "evidence": "On Tuesday.", "short": "Tuesday"}],
                "relevant": ["a", 2],
                "filters": {"outlet": "Reuters", "after": "2009-01-01", "before": None},
                "previous": "Who?",
                "asked_on": "1963/05/14",
                "note": "easy",
                "colour": "blue",
            }
        )
        + "\n\n"
        + json.dumps({"question": "Who?", "previous": None, "answers": [], "filters": None}),
        "utf-8",
    )
    assert read_questions(file) == [
        Question(
            "Which?", "7", "date", (Expected("On Tuesday.", "a", "Tuesday"),), {"a": 1, "2": 1},
            {"outlets": ("Reuters",), "after": dt.date(2009, 1, 1)}, "Who?", dt.date(1963, 5, 14), "easy",
        ),
        Question("Who?", "line 3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('"Who?"', "not an object"),
        ('{"id": "a"}', "no `question`"),
        ('{"question": " "}', "no `question`"),
        ('{"question": 7}', "`question` is 7"),
        ('{"question": "' + "a" * 2001 + '"}', "2,001 characters"),
        ('{"question": "Who?", "id": ["a"]}', "`id` has"),
        ('{"question": "Who?", "id": "first"}', "'first' stands on line 1 already"),
        ('{"question": "Who?", "kind": 1}', "`kind` is 1"),
        ('{"question": "Who?", "answers": {}}', "`answers` is {}; give a list"),
        ('{"question": "Who?", "answers": ["me"]}', "an answer is 'me'"),
        ('{"question": "Who?", "answers": [{"short": "me"}]}', "neither `evidence` nor `article`"),
        ('{"question": "Who?", "answers": [{"evidence": "..."}]}', "has no word in it"),
        ('{"question": "Who?", "relevant": "a"}', "`relevant` is 'a'; give a list"),
        ('{"question": "Who?", "relevant": [true]}', "`relevant` has True"),
        ('{"question": "Who?", "filters": {"publisher": "Reuters"}}', "`filters` has 'publisher'"),
        ('{"question": "Who?", "filters": ["Reuters"]}', "`filters` is no object"),
        ('{"question": "Who?", "filters": {"outlet": 1}}', "the filter `outlet` is 1"),
        ('{"question": "Who?", "filters": {"after": "May 2009"}}', "`after` is 'May 2009'"),
        ('{"question": "Who?", "asked_on": "yesterday"}', "`asked_on` is 'yesterday'; give a day as YYYY-MM-DD"),
        ('{"question": "Who?", "kind": "unanswerable", "relevant": ["a"]}', "says that nothing answers it"),
    ],
)
def test_a_mistake_is_named_with_its_line(line, message, tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "first", "question": "Which?"}\n' + line + "\n")
    with pytest.raises(InputError) as raised:
        read_questions(file)
    assert str(raised.value).startswith(f"{file}, line 2: ")
    assert message in str(raised.value)


def test_files_that_are_not_there_or_hold_nothing(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_questions(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(InputError, match="no questions in it"):
        read_questions(tmp_path / "empty.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "Caf\xe9?"}')
    with pytest.raises(InputError, match="cannot be read"):
        read_questions(tmp_path / "latin.jsonl")


def folder(path, queries, qrels):
    path.mkdir(exist_ok=True)
    (path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (path / "qrels.tsv").write_text(qrels)
    return path


TWO = [{"_id": "1", "text": "Which?", "date": "1963-05-14"}, {"_id": "2", "text": "Who?"}]


def test_a_folder_of_queries_and_judgements(tmp_path):
    found = read_questions(folder(tmp_path, TWO, "query-id\tcorpus-id\tscore\r\n1\ta\t1\r\n1\tb\t0\r\n1\tc\t2\r\n"))
    assert found == [Question("Which?", "1", relevant={"a": 1, "c": 2}, asked_on=dt.date(1963, 5, 14))]


@pytest.mark.parametrize(
    ("queries", "qrels", "message"),
    [
        (TWO, "1\ta\t1\n", "qrels.tsv, line 1: the header is '1.ta.t1'"),
        (TWO, "query-id\tcorpus-id\tscore\n1\ta\n", "qrels.tsv, line 2: 2 columns"),
        (TWO, "query-id\tcorpus-id\tscore\n1\ta\tyes\n", "qrels.tsv, line 2: the score 'yes' is no whole number"),
        (TWO, "query-id\tcorpus-id\tscore\n1\ta\t1\n3\ta\t1\n", "qrels.tsv, line 3: no query '3'"),
        (TWO, "query-id\tcorpus-id\tscore\n1\ta\t0\n", "no questions in it"),
        (
            [*TWO, TWO[0]],
            "query-id\tcorpus-id\tscore\n",
            "queries.jsonl, line 3: the _id '1' stands on an earlier line",
        ),
        ([{"_id": "1"}], "query-id\tcorpus-id\tscore\n", "queries.jsonl, line 1: no `text`"),
        ([{"text": "Who?"}], "query-id\tcorpus-id\tscore\n", "queries.jsonl, line 1: no `_id`"),
    ],
)
def test_a_mistake_in_a_folder_is_named_with_its_line(queries, qrels, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read_questions(folder(tmp_path, queries, qrels))


def test_a_folder_needs_both_files(tmp_path):
    with pytest.raises(InputError, match=r"no queries\.jsonl and no qrels\.tsv"):
        read_questions(tmp_path)


# Extra and picture


def test_without_the_extra_it_says_what_to_install(evaluation, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(AccordingError, match=r'pip install "according\[evaluate\]"'):
        evaluate(Scripted(SAYS), QUESTIONS)
    with pytest.raises(AccordingError, match=r'pip install "according\[evaluate\]"'):
        picture(evaluation, tmp_path / "risk.png")


def test_a_picture_has_labelled_axes_and_the_point_worked_at(evaluation, tmp_path):
    picture(evaluation, tmp_path / "risk.png")
    assert (tmp_path / "risk.png").read_bytes().startswith(b"\x89PNG")
    picture(evaluation, tmp_path / "risk.svg")
    drawn = (tmp_path / "risk.svg").read_text()
    for words in (
        *(
            "coverage: share of questions answered",
            "risk: share of these answered wrongly",
            "Risk and coverage, 5 questions",
        ),
        *("at the bar: 60% answered, 33% of these wrongly", "most confident first (area 0.263)"),
        *("confidence", "share right (error 0.260)", "perfectly calibrated"),
    ):
        assert words in drawn
    picture(evaluation, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text() == drawn


def test_without_confidence_there_is_no_calibration_to_draw(tmp_path):
    plain = {question: (found, passages, None, hits) for question, (found, passages, _, hits) in SAYS.items()}
    picture(evaluate(Scripted(plain), QUESTIONS), tmp_path / "risk.svg")
    assert "calibrated" not in (tmp_path / "risk.svg").read_text()


def test_pictures_that_cannot_be_drawn(evaluation, tmp_path):
    with pytest.raises(InputError, match=r"ends in \.png or \.svg"):
        picture(evaluation, tmp_path / "risk.jpg")
    with pytest.raises(InputError, match="cannot be written"):
        picture(evaluation, tmp_path / "none" / "risk.png")
    with pytest.raises(InputError, match="nothing to draw"):
        picture(Evaluation(5, ()), tmp_path / "risk.png")


@pytest.mark.skipif(not (SHARED / "gold").is_dir(), reason="labelled questions are kept beside the project")
def test_labelled_questions_can_be_read():
    found = read_questions(SHARED / "gold" / "questions.dev.jsonl")
    assert (len(found), sum(q.answerable for q in found)) == (56, 48)
    assert len(read_questions(SHARED / "eval" / "time")) == 83
