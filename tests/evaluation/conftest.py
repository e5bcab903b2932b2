"""The evaluation of the scripted library."""

import pytest
from support.scripted_library import ANSWERS, QUESTIONS, ScriptedLibrary

from rag.evaluation import evaluate


@pytest.fixture
def evaluation():
    return evaluate(ScriptedLibrary(ANSWERS), QUESTIONS)
