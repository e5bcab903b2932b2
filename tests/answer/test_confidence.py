"""An answer is shown if the probability that its passages answer reaches a threshold fitted on labelled questions."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.answer import confidence
from rag.answer.confidence import MIN_REFUSED, SURE_ANSWERED, ConfidenceModel, Signals
from rag.errors import LibraryError
from rag.models.packaged import CROSS_ENCODER

NOTHING = Signals(0, 0, 0, 1, 0, 0)
WEIGHTS = {
    "sentence": 1.0, "own": 2.0, "words": 0.5, "unknown": -1.0, "strangers": -2.0, "named": 0.25, "relevance": 3.0
}  # fmt: skip
BAR = ConfidenceModel("words", WEIGHTS, -0.5, 0.6, 0.8, (10, 20), "reranker")


# Probability


def test_the_probability_is_the_logistic_of_the_weighted_signals():
    signals = Signals(sentence=0.8, own=0.5, words=0.4, unknown=0.25, strangers=0.5, named=1.0)
    x = -0.5 + 0.8 + 1.0 + 0.2 - 0.25 - 1.0 + 0.25
    assert x == pytest.approx(0.5)
    assert BAR.probability(signals) == pytest.approx(1 / (1 + math.exp(-0.5))) == pytest.approx(0.6224593)
    assert BAR.probability(replace(signals, relevance=0.5)) == pytest.approx(1 / (1 + math.exp(-2)))


def test_without_signals_the_constant_is_left():
    assert replace(BAR, bias=0.0).probability(Signals(0, 0, 0, 0, 0, 0)) == 0.5
    assert replace(BAR, bias=math.log(3)).probability(Signals(0, 0, 0, 0, 0, 0)) == pytest.approx(0.75)


# As text


def test_a_stored_confidence_model_is_read_back_unchanged():
    assert confidence.parse(BAR.to_json()) == BAR


def without_sure(model):
    return json.dumps({name: value for name, value in json.loads(model.to_json()).items() if name != "sure"})


def test_an_index_keeps_near_under_the_key_that_it_had_before_there_were_grades():
    assert json.loads(BAR.to_json())["least"] == BAR.near


@pytest.mark.parametrize("reranker", [None, CROSS_ENCODER.name])
def test_a_model_that_was_fitted_before_there_were_grades_gets_the_usual_threshold_of_its_models(reranker):
    usual = confidence.shipped(reranker)
    for near, sure in ((0.05, usual.sure), (0.97, 0.97)):  # it is never below `near`
        own = replace(usual, bias=-1.0, near=near)
        assert confidence.parse(without_sure(own)) == replace(own, sure=sure)
    for own in (replace(usual, encoder="words", near=0.05), replace(usual, reranker="reader", near=0.05)):
        assert confidence.parse(without_sure(own)) == replace(own, sure=0.05)


@pytest.mark.parametrize("number", [6, 7])
def test_weights_that_an_earlier_version_kept_in_the_order_of_the_signals_are_read(number):
    """Six before passages were read by a reranker, then seven."""
    stored = json.loads(BAR.to_json()) | {"weights": list(BAR.weights.values())[:number]}
    del stored["reranker"], stored["reader"]
    known = dict(list(BAR.weights.items())[:number])
    assert confidence.parse(json.dumps(stored)) == replace(BAR, weights=known, reranker=None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "cannot be read .*encoder"),
        (json.dumps(json.loads(BAR.to_json()) | {"least": "much"}), "cannot be read"),
        (json.dumps(json.loads(BAR.to_json()) | {"fitted": [1]}), "cannot be read"),
        (json.dumps(json.loads(BAR.to_json()) | {"weights": None}), "cannot be read"),
        (json.dumps(json.loads(BAR.to_json()) | {"weights": [1] * 8}), "cannot be read"),
        (json.dumps(json.loads(BAR.to_json()) | {"weights": {"words": "much"}}), "cannot be read"),
        (json.dumps(json.loads(BAR.to_json()) | {"weights": {"mood": 1.0}}), "of another version"),
    ],
)
def test_an_unreadable_confidence_model_is_an_error_that_says_to_fit_it_again(text, message):
    with pytest.raises(LibraryError, match=f"{message}.*fit it again"):
        confidence.parse(text)


@pytest.mark.parametrize("reranker", [None, CROSS_ENCODER.name])
def test_confidence_models_for_the_default_models_are_shipped(real, reranker):
    shipped = confidence.shipped(reranker)
    assert (shipped.encoder, shipped.reranker) == (real.name, reranker)
    assert ("log_odds" in shipped.weights) == (reranker is not None)
    assert confidence.shipped("another").reranker is None
    assert 0 < shipped.near <= shipped.sure < 1
    assert min(shipped.fitted) > 100


def test_relevance_counts_by_its_log_odds_which_are_nothing_where_no_passage_was_read():
    assert replace(NOTHING, relevance=0.5).log_odds == 0
    assert replace(NOTHING, relevance=0.9).log_odds == pytest.approx(math.log(9))
    assert replace(NOTHING, relevance=0.001).log_odds < replace(NOTHING, relevance=0.01).log_odds < -4
    assert NOTHING.log_odds == 0


# Fitting


def labelled(seed=1, right=60, near=40, unrelated=100):
    """Signals of questions answered, of near ones that are not, and of unrelated ones, which lie apart."""
    chance = np.random.default_rng(seed)
    means = [(right, (0.8, 0.7, 0.9, 0.0, 0.0, 1.0)), (near, (0.6, 0.5, 0.6, 0.2, 0.3, 0.5))]
    means.append((unrelated, (0.3, 0.2, 0.2, 0.6, 0.8, 0.0)))
    seen = [Signals(*map(float, m + chance.normal(0, 0.06, 6))) for n, m in means for _ in range(n)]
    which = np.repeat([0, 1, 2], [right, near, unrelated])
    return seen, which == 0, which == 0, which == 2


def test_a_fitted_confidence_model_separates_right_from_wrong():
    seen, right, answerable, unrelated = labelled()
    fitted = confidence.fit("words", seen, right, answerable, unrelated)
    chances = np.array([fitted.probability(s) for s in seen])
    assert (fitted.encoder, fitted.fitted) == ("words", (60, 140))
    assert chances[right].min() > chances[unrelated].max()
    assert chances[right].mean() > 0.9
    assert chances[unrelated].mean() < 0.05
    assert chances[right].mean() > chances[~right & ~unrelated].mean() > chances[unrelated].mean()


@pytest.mark.parametrize("number", [100, 149, 7])
def test_a_fitted_threshold_refuses_98_of_100_unrelated_questions_and_no_more_than_needed(number):
    seen, right, answerable, unrelated = labelled(unrelated=number)
    fitted = confidence.fit("words", seen, right, answerable, unrelated)
    chances = sorted(fitted.probability(s) for s, other in zip(seen, unrelated, strict=True) if other)
    passed = sum(chance >= fitted.near for chance in chances)
    assert passed <= (1 - MIN_REFUSED) * number
    assert fitted.near - chances[-1 - int((1 - MIN_REFUSED) * (number - 1) + 1e-9)] <= 0.0011


@pytest.mark.parametrize("number", [60, 61, 7])
def test_a_fitted_model_is_sure_of_80_of_100_questions_that_have_an_answer_and_of_no_fewer_than_needed(number):
    seen, right, answerable, unrelated = labelled(right=number)
    fitted = confidence.fit("words", seen, right, answerable, unrelated)
    chances = sorted((fitted.probability(s) for s, has in zip(seen, answerable, strict=True) if has), reverse=True)
    sure = [chance for chance in chances if chance >= fitted.sure]
    assert len(sure) >= SURE_ANSWERED * number
    needed = math.ceil(SURE_ANSWERED * number - 1e-9)
    assert 0 <= chances[needed - 1] - fitted.sure <= 0.0011
    assert fitted.sure > fitted.near


def test_a_fitted_model_is_never_sure_below_what_it_shows():
    """Here what is unrelated looks like what is right, so that hardly anything is shown."""
    seen, right, answerable, unrelated = labelled()
    confused = [
        replace(s, **vars(other)) if i % 9 == 0 else s
        for i, (s, other) in enumerate(zip(seen, [*seen[-100:], *seen[:100]], strict=True))
    ]
    fitted = confidence.fit("words", confused, right, answerable, unrelated)
    assert fitted.sure == fitted.near


def test_near_questions_without_an_answer_weigh_no_more_than_those_that_have_one():
    """Ten times as many of them leave the probability of what is right as it was, but for what the sample differs."""
    few = confidence.fit("words", *labelled(near=60, unrelated=100))
    many = confidence.fit("words", *labelled(near=600, unrelated=1000))
    middle = Signals(0.7, 0.6, 0.75, 0.1, 0.15, 0.75)
    assert many.probability(middle) == pytest.approx(few.probability(middle), abs=0.1)


def test_no_corpus_outweighs_another_whatever_its_size():
    """In a corpus of a tenth of the size, questions look otherwise; a model of both does as well by the small one."""
    seen, *labels = labelled(seed=2)
    small_seen, *small = labelled(seed=3, right=20, near=10, unrelated=30)
    shifted = [replace(s, sentence=s.sentence - 0.25) for s in small_seen]
    both = [*seen * 10, *shifted]
    all_labels = [np.concatenate([np.tile(a, 10), b]) for a, b in zip(labels, small, strict=True)]
    names = ["large"] * 10 * len(seen) + ["small"] * len(shifted)
    alike = confidence.fit("words", both, *all_labels, corpora=names)
    pooled = confidence.fit("words", both, *all_labels)
    answerable = [s for s, has in zip(shifted, small[1], strict=True) if has]
    assert np.mean([alike.probability(s) for s in answerable]) > np.mean([pooled.probability(s) for s in answerable])


def test_each_corpus_has_98_of_100_unrelated_questions_refused():
    seen, right, answerable, unrelated = labelled()
    nearer = [replace(s, sentence=s.sentence + 0.2, words=s.words + 0.3) for s in seen]
    names = ["far"] * len(seen) + ["near"] * len(seen)
    labels = [np.tile(label, 2) for label in (right, answerable, unrelated)]
    fitted = confidence.fit("words", [*seen, *nearer], *labels, corpora=names)
    for corpus in (seen, nearer):
        shown = [fitted.probability(s) >= fitted.near for s, other in zip(corpus, unrelated, strict=True) if other]
        assert np.mean(shown) <= 1 - MIN_REFUSED


def test_a_signal_that_never_varies_does_no_harm():
    seen, *labels = labelled()
    fitted = confidence.fit("words", [replace(s, strangers=1.0) for s in seen], *labels)
    assert not fitted.weights.keys() & {"strangers", "log_odds", "lead", "reader"}
    assert all(map(math.isfinite, (*fitted.weights.values(), fitted.bias)))


@pytest.mark.parametrize("missing", ["right", "unrelated"])
def test_a_confidence_model_cannot_be_fitted_on_questions_of_one_kind(missing):
    seen, right, answerable, unrelated = labelled()
    none = np.zeros(len(seen), bool)
    with pytest.raises(LibraryError, match=r"\(with `answers`\).*\"unanswerable-offtopic\"\); add what is missing"):
        confidence.fit(
            "words",
            seen,
            none if missing == "right" else right,
            answerable,
            none if missing == "unrelated" else unrelated,
        )


# In an index


@pytest.fixture
def library(tmp_path, news, words):
    with rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "i", encoder=words) as made:
        yield made


def always(encoder="words", bias=5.0, near=0.5, sure=0.5):
    """A model that gives every question the same probability."""
    return ConfidenceModel(encoder, {}, bias, near, sure, (1, 1))


def test_an_index_whose_encoder_has_no_fitted_model_has_no_confidence(library):
    answer = library.ask("Engineers closed the old bridge")
    assert (answer.found, answer.grade, answer.confidence) == (True, "near", None)
    assert answer.signals.words == pytest.approx(1)


@pytest.mark.reranked
def test_an_index_of_the_default_encoder_uses_the_shipped_confidence_model(tmp_path, news, real):
    rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "i", encoder=real).close()
    for reranker, name in (("auto", CROSS_ENCODER.name), (None, None)):
        shipped = confidence.shipped(name)
        with rag.open(tmp_path / "i", encoder=real, reranker=reranker) as library:
            answer = library.ask("Who closed the old bridge?")
            none = library.ask("How do I bake sourdough bread?")
        assert answer.confidence == shipped.probability(answer.signals) > shipped.sure
        assert (answer.grade, none.grade) == ("answers", "nothing")
        assert (none.found, none.confidence) == (False, shipped.probability(none.signals))
        assert none.confidence < shipped.near
        assert (answer.signals.relevance > 0.9) == (name is not None)


def test_a_confidence_model_stored_with_the_index_applies_to_every_question(library, tmp_path, words):
    library.set_confidence_model(always(bias=-math.log(3)))
    for asked in (library, rag.open(tmp_path / "i", encoder=words)):
        answer = asked.ask("Engineers closed the old bridge")
        assert (answer.found, answer.passages) == (False, ())
        assert answer.confidence == pytest.approx(0.25)
    library.set_confidence_model(always(bias=math.log(3)))
    assert library.ask("Engineers closed the old bridge").confidence == pytest.approx(0.75)
    assert library.ask("Engineers closed the old bridge").found


def test_a_confidence_model_of_another_encoder_is_refused(library):
    with pytest.raises(LibraryError, match="fitted for 'others', the index's encoder is 'words'"):
        library.set_confidence_model(always(encoder="others"))
    assert library.confidence_model == confidence.shipped()


@pytest.mark.parametrize(
    ("probability", "grade"), [(0.29, "nothing"), (0.31, "near"), (0.69, "near"), (0.71, "answers"), (0.99, "answers")]
)
def test_two_thresholds_give_three_grades(library, probability, grade):
    library.set_confidence_model(always(bias=math.log(probability / (1 - probability)), near=0.3, sure=0.7))
    answer = library.ask("Engineers closed the old bridge")
    assert (answer.grade, answer.found, bool(answer.passages)) == (grade, grade != "nothing", grade != "nothing")
    assert answer.confidence == pytest.approx(probability)
    strict = library.ask("Engineers closed the old bridge", strict=True)
    assert strict.grade == ("answers" if grade == "answers" else "nothing")
    assert bool(strict.passages) == strict.found == (grade == "answers")
    assert strict.near_left_out == (len(answer.passages) if grade == "near" else 0)
    assert (answer.near_left_out, strict.confidence) == (0, answer.confidence)


def test_what_strict_leaves_out_is_counted_nowhere_as_shown(library):
    library.set_confidence_model(always(bias=0.0, near=0.3, sure=0.7))
    balance = library.ask("Engineers closed the old bridge", strict=True).balance
    assert (balance.shown.articles, balance.outlet_matches, balance.unmatched_outlets, balance.warnings) == (
        0, (), (), ()
    )  # fmt: skip
    assert balance.allowed.articles == 3


def test_min_confidence_takes_the_place_of_the_threshold_from_which_passages_are_shown(library):
    asked = "Engineers closed the old bridge"
    library.set_confidence_model(always(bias=math.log(3), near=0.5, sure=0.7))
    assert library.ask(asked, min_confidence=0.75 - 1e-9).grade == "answers"
    assert library.ask(asked, min_confidence=0.76).grade == "nothing"
    library.set_confidence_model(always(bias=-50.0))
    assert library.ask(asked).grade == "nothing"
    nearest = library.ask(asked, min_confidence=0)
    assert nearest.grade == "near"
    assert nearest.passages[0].article_id == "bridge"
    assert library.ask(asked, min_confidence=0, strict=True).grade == "nothing"


def test_without_a_fitted_model_nothing_is_sure(library):
    """The library's model is another encoder's, so its probability is that of nothing; strict shows nothing then."""
    library_model = confidence.shipped()
    answer = library.ask("Engineers closed the old bridge", min_confidence=0)
    assert library_model.probability(answer.signals) > library_model.sure
    assert (answer.grade, answer.confidence) == ("near", None)
    assert not library.ask("Engineers closed the old bridge", strict=True).found


# Signals


def test_the_signals_of_a_question(library):
    """Its words: "Engineers" is the first one, so no name; nothing holds "Zanzibar" or "repaint"."""
    signals = library.ask("Engineers repainted the bridge at Zanzibar in the Valley").signals
    assert (signals.unknown, signals.strangers) == (2 / 5, 1 / 2)
    assert signals.named == 0.5  # of Zanzibar and Valley, the orchard's article holds the second
    assert 0 < signals.words < 1
    assert -1 <= signals.own <= signals.sentence <= 1


def test_the_lead_is_what_the_best_passage_scores_above_the_next_five(library):
    best, *others = library.search("Engineers closed the old bridge")
    assert others
    lead = library.ask("Engineers closed the old bridge").signals.lead
    assert lead == pytest.approx(best.score - sum(hit.score for hit in others[:5]) / len(others[:5]))
    assert lead > 0.2
    assert library.ask("Engineers", outlets=best.outlet).signals.lead >= 0  # perhaps the only one there is


def test_a_question_without_names_lacks_none(library):
    assert library.ask("Engineers closed the old bridge").signals.named == 1


def test_where_nothing_may_be_found_nothing_speaks_for_an_answer(library):
    answer = library.ask("Was the old bridge closed by Engineers", after="2020-01-01", min_confidence=0)
    assert answer.signals == Signals(0, 0, 0, 1, 1, 0)
    assert not answer.found
    assert library.ask("Was the bridge open", after="2020-01-01", min_confidence=0).signals == NOTHING
