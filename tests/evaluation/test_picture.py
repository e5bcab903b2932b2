"""The risk-coverage curve and the calibration are drawn as a picture."""

import sys

import pytest
from support.scripted_library import ANSWERS, QUESTIONS, ScriptedLibrary

from rag.errors import AccordingError, InputError
from rag.evaluation import Evaluation, draw_picture, evaluate


def test_without_the_extra_the_error_says_what_to_install(evaluation, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ir_measures", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(AccordingError, match=r'pip install "according\[evaluate\]"'):
        evaluate(ScriptedLibrary(ANSWERS), QUESTIONS)
    with pytest.raises(AccordingError, match=r'pip install "according\[evaluate\]"'):
        draw_picture(evaluation, tmp_path / "risk.png")


@pytest.mark.slow
def test_a_picture_has_labelled_axes_and_marks_both_thresholds(evaluation, tmp_path):
    draw_picture(evaluation, tmp_path / "risk.png")
    assert (tmp_path / "risk.png").read_bytes().startswith(b"\x89PNG")
    draw_picture(evaluation, tmp_path / "risk.svg")
    drawn = (tmp_path / "risk.svg").read_text()
    for words in (
        *(
            "coverage: share of questions answered",
            "risk: share of these answered wrongly",
            "Risk and coverage, 5 questions",
        ),
        *("60% shown, 33% of these wrongly", '60% graded "answers", 33% of these wrongly'),
        *("most confident first (area 0.263)"),
        *("confidence", "share correct (error 0.260)", "perfectly calibrated"),
    ):
        assert words in drawn
    draw_picture(evaluation, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text() == drawn


def test_without_confidence_no_calibration_is_drawn(tmp_path):
    plain = {question: (found, passages, None, hits) for question, (found, passages, _, hits) in ANSWERS.items()}
    draw_picture(evaluate(ScriptedLibrary(plain), QUESTIONS), tmp_path / "risk.svg")
    assert "calibrated" not in (tmp_path / "risk.svg").read_text()


def test_a_picture_that_cannot_be_drawn_is_an_error(evaluation, tmp_path):
    with pytest.raises(InputError, match=r"must end in \.png or \.svg"):
        draw_picture(evaluation, tmp_path / "risk.jpg")
    with pytest.raises(InputError, match="cannot be written"):
        draw_picture(evaluation, tmp_path / "none" / "risk.png")
    with pytest.raises(InputError, match="nothing to draw"):
        draw_picture(Evaluation(5, ()), tmp_path / "risk.png")
