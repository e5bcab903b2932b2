"""An outlet that is offered is searched alone once the reader ticks it, and not before."""

import pytest

import rag
from rag.cli.output import notes
from rag.query.constraints.constraint import OFFERED
from rag.web.answer_html import turn_html
from rag.web.conversations import Asked

RECORDS = [
    {"id": "1", "outlet": "Reuters", "text": "The camp was closed on Monday, and Iran welcomed that it was closed."},
    {"id": "2", "outlet": "Iran", "text": "The camp is a holiday resort, and everybody at the camp is happy."},
]
QUESTION = "According to Reuters, what did Iran say about the camp?"


@pytest.fixture
def ask(tmp_path, news, words):
    library = rag.build([news(*RECORDS)], index=tmp_path / "index", encoder=words)

    def run(turn):
        answer = library.ask(turn.question, ignore=turn.ignore, outlets=turn.outlets or None, min_confidence=0)
        choices = [c.words for c in answer.constraints if c.applied or c.why]
        shown = sorted({c.outlet for c in answer.passages})
        return (
            answer,
            turn.understood(answer.constraints, choices),
            [c.outlet for c in answer.constraints if c.applied],
            shown,
        )

    return run


def test_what_the_reader_ticks_and_unticks_is_searched(ask):
    _, turn, applied, shown = ask(Asked(QUESTION))
    assert (applied, shown) == (["Reuters"], ["Reuters"])
    _, turn, applied, shown = ask(turn.with_words(["According to Reuters", "Iran"]))
    assert (applied, shown) == (["Reuters", "Iran"], ["Iran", "Reuters"])
    _, turn, applied, shown = ask(turn.with_words(["Iran"]))
    assert (applied, shown) == (["Iran"], ["Iran"])
    _, turn, applied, shown = ask(turn.with_words([]))
    assert (applied, shown) == ([], ["Iran", "Reuters"])
    _, turn, applied, shown = ask(turn.with_words(["According to Reuters"]))
    assert (applied, shown) == (["Reuters"], ["Reuters"])


def test_the_answer_says_what_is_offered_and_how_to_apply_it(ask):
    answer, *_ = ask(Asked("What did Iran say about the camp?"))
    line = "(Not applied: “Iran”: also the name of an outlet in this index, unknown to the catalogue; "
    assert f'{line}to search only that, add --outlet "Iran")' in notes(answer)
    chip = f'data-words="Iran" aria-pressed="false">“<bdi>Iran</bdi>” not applied ({OFFERED}): Only '
    assert chip in str(turn_html(answer))
