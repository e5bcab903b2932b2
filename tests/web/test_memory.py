"""What is kept is counted by its bytes, each part once."""

import tracemalloc
from dataclasses import dataclass, field

import pytest

from rag.provenance.catalogue import Catalogue
from rag.web.memory import bytes_of


@dataclass(frozen=True)
class Part:
    text: str
    inside: object = None


@dataclass(frozen=True, slots=True)
class Slots:
    text: str


def test_all_that_a_value_holds_counts_once():
    text = "x" * 100_000
    for value in (text, [text], (text, text), {text: text}, {"a": [text, (text,)]}, Part(text, Part(text)), {text}):
        assert 100_000 < bytes_of(value) < 102_000, value.__class__
    assert bytes_of([f"{n}" * 1000 for n in range(10)]) > 10_000
    assert bytes_of(Part("a", Slots(text))) > 100_000
    circle = []
    circle.append(circle)
    assert bytes_of(circle) < 200


def test_the_catalogue_that_all_share_does_not_count():
    @dataclass
    class Holds:
        catalogue: Catalogue = field(default_factory=lambda: Catalogue([], "x" * 100_000))

    assert bytes_of(Holds()) < 2000
    assert bytes_of(Catalogue) == 0


@pytest.mark.parametrize("number", [1, 300])
def test_it_is_about_what_the_value_takes(number):
    tracemalloc.start()
    value = [Part(f"{n} {'é' * n}", {"part": [n + 1000.5, f"{n}!"]}) for n in range(number)]
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 0.7 * taken < bytes_of(value) < 1.6 * taken + 1000
