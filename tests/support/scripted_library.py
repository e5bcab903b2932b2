"""A library with fixed answers, and five questions to it, for figures that can be worked out by hand."""

from rag.answer.answer import Answer, Citation
from rag.article import Article
from rag.evaluation import ExpectedAnswer, Question
from rag.retrieval.scored_passage import Hit

FERRY = "The ferry sank at dawn near the pier. Nobody on board was hurt."
MILL = "The mill burned for two days. Firemen blamed a lamp."
CHOIR = "The choir will tour the islands in May."
TEXTS = {"ferry": FERRY, "mill": MILL, "choir": CHOIR}
SECOND_SENTENCE = (38, len(FERRY))  # of the ferry article


def cited(article, quote=None, score=0.5, text=None):
    whole = text or TEXTS[article]
    return Citation(
        article, 0, len(whole), whole, quote or (0, whole.index(".") + 1), None, "unknown", "unknown", None, (), None,
        None, None, None, "full text", score,
    )  # fmt: skip


class ScriptedLibrary:
    """A library with fixed answers: (found, passages, confidence, articles that a search returns) for each question.

    Instead of `found`, for the grades "answers" and "nothing", "near" can be given.
    """

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def prepare(self):
        pass

    def articles(self):
        return (Article(i, text) for i, text in TEXTS.items())

    def article(self, article_id):
        return Article(article_id, TEXTS[article_id])

    def ask(self, question, k, previous=None, asked_on=None, min_confidence=None, **filters):
        found, passages, confidence, _ = self.answers[question]
        self.asked.append((question, min_confidence, filters))
        shown = passages if found or min_confidence == 0.0 else []
        grade = ("answers" if found is True else "near") if shown else "nothing"
        return Answer(question, question, grade, tuple(shown), confidence=confidence)

    def search(self, question, k, previous=None, asked_on=None, **filters):
        return [Hit(i, 0, len(TEXTS[i]), TEXTS[i], 0.5, None, None) for i in self.answers[question][3]]


class NothingBelowThreshold(ScriptedLibrary):
    """A scripted library that returns no passages below the confidence threshold."""

    def ask(self, question, k, previous=None, asked_on=None, min_confidence=None, **filters):
        return super().ask(question, k, previous, asked_on, **filters)


SANK, BURNED, TOUR = "the ferry sank at dawn", "mill burned for two days", "The choir will tour"
BOTH = (ExpectedAnswer(SANK, "elsewhere-1"), ExpectedAnswer(BURNED, "elsewhere-2"))
QUESTIONS = [
    Question("When did the ferry sink?", "q1", "fact", (ExpectedAnswer(SANK, "ferry", "at dawn"),)),
    Question("What was lost?", "q2", "conflict", BOTH),
    Question("Who travels?", "q3", "fact", (ExpectedAnswer(TOUR),)),
    Question("Who owns the mill?", "q4", "unanswerable-near"),
    Question("Who won the cup?", "q5", "unanswerable-off"),
]
ANSWERS = {
    "When did the ferry sink?": (True, [cited("mill", score=0.6), cited("ferry")], 0.9, ["mill", "ferry", "choir"]),
    "What was lost?": (True, [cited("ferry", SECOND_SENTENCE, 0.7)], 0.75, ["ferry", "choir", "ferry", "mill"]),
    "Who travels?": (False, [cited("choir", score=0.3)], 0.35, []),
    "Who owns the mill?": (True, [cited("mill", score=0.8)], 0.75, ["mill"]),
    "Who won the cup?": (False, [cited("mill", score=0.1)], 0.05, ["mill"]),
}
