"""Ask a library all questions, and collect their outcomes into an Evaluation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from rag.errors import InputError
from rag.evaluation.metrics import import_extra, measure_rankings
from rag.evaluation.outcome import Outcome, ask_question, normalised
from rag.evaluation.questions import ExpectedAnswer, Question
from rag.evaluation.report import Evaluation
from rag.library import Library

Progress = Callable[[int, int], object]


def evaluate(
    library: Library,
    questions: Iterable[Question],
    k: int = 5,
    progress: Progress | None = None,
    *,
    apply_filters: bool = False,
) -> Evaluation:
    """Ask and search every question, and compare the results with what the question expects.

    Questions are asked as they are; the library interprets the constraints in their words. The relevant articles are
    those in `Question.relevant`. Where that is empty, they are those of the answers: by id where the index has it, else
    every article that contains the evidence word for word.

    Args:
        library: the library to ask; its encoder is loaded before anything is timed.
        questions: at least one question.
        k: maximum number of passages shown.
        progress: called after each question with the number of questions asked and the number of all.
        apply_filters: whether to pass each question's `filters` in addition to its words.

    Returns:
        The evaluation, with one outcome per question.

    Raises:
        AccordingError: if the extra `evaluate` is not installed.
        InputError: if there are no questions, or the index has none of the relevant articles.
        QuestionError: as `Library.ask` raises it.
    """
    import_extra("ir_measures")  # fail before the work, not after it
    asked = list(questions)
    if not asked:
        raise InputError("there are no questions to ask")
    relevance = _relevance(library, asked)
    library.prepare()
    outcomes: list[Outcome] = []
    rankings: list[list[str]] = []
    for number, (question, (relevant, indexed)) in enumerate(zip(asked, relevance, strict=True), 1):
        filters = question.filters if apply_filters else {}
        outcome, ranking = ask_question(library, question, k, relevant, filters)
        outcomes.append(replace(outcome, evidence_indexed=indexed))
        rankings.append(ranking)
        if progress:
            progress(number, len(asked))
    measured = measure_rankings([o.relevant for o in outcomes], rankings)
    return Evaluation(k, tuple(replace(o, ranking=m) for o, m in zip(outcomes, measured, strict=True)))


def _relevance(library: Library, questions: Sequence[Question]) -> list[tuple[dict[str, int], bool]]:
    """For each question, return the relevant articles with grades, and whether the index contains its evidence."""
    ids = {a.id for a in library.articles()}
    judged = {i for q in questions for i in q.relevant}
    if judged and not judged & ids:
        raise InputError(
            f"the index has none of the {len(judged):,} relevant articles that the questions name "
            f"(for example {min(judged)!r}): give ids as `according articles` lists them"
        )
    expected = [e for q in questions for e in q.answers if e.evidence and e.article not in ids]
    containing: dict[str, list[str]] = {normalised(e.evidence): [] for e in expected}
    for article in library.articles() if containing else ():
        text = normalised(article.text)
        for words, found in containing.items():
            if words in text:
                found.append(article.id)

    def articles(e: ExpectedAnswer) -> Collection[str]:
        return (e.article,) if e.article in ids else containing[normalised(e.evidence)] if e.evidence else ()

    def is_indexed(e: ExpectedAnswer) -> bool:
        texts = (library.article(i).text for i in articles(e) if e.evidence)
        return any(normalised(e.evidence) in normalised(text) for text in texts)

    relevance: list[tuple[dict[str, int], bool]] = []
    for q in questions:
        relevant = dict(q.relevant) or {i: 1 for e in q.answers for i in articles(e)}
        relevance.append((relevant, any(map(is_indexed, q.answers))))
    return relevance
