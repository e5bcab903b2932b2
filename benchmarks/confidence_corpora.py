"""The corpora that confidence is fitted on, and the questions that are asked of each; for `confidence.py`.

The demonstration comes with According; the others are read from where they are named, and used only if they are. Each
is also asked with half of its articles left out: questions whose answers went with them are about the subject, and
nothing answers them any more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import rag
from rag.evaluation import OFF_TOPIC, Question, read_questions
from rag.evaluation.outcome import normalised

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "benchmarks/questions"
REMOVED = "unanswerable-removed"  # the kind of questions whose answers were left out of the index
SCIENCE = ("Computational complexity theory", "Immune system", "Packet switching", "Steam engine")
OF_A_SUBJECT = 25  # questions of SQuAD with an answer, and so many without, of each of its ten subjects
OFF_OF_A_SUBJECT = 4  # questions about each other subject that are asked of one alone
NEWS_QUESTIONS = 110
MIN_SHORT_LETTERS = 4  # of a short answer, so that its absence from a text means something


@dataclass(frozen=True)
class Corpus:
    """Articles and questions.

    Attributes:
        name: for tables, and for the folder of its index.
        group: corpora with articles or questions in common, which are left out together.
        subjects: whether its articles treat one subject or many.
        articles: what is indexed.
        questions: what is asked.
        folder: where the articles were read from, if that is all there is in it.
    """

    name: str
    group: str
    subjects: str
    articles: Sequence[rag.Article]
    questions: Sequence[Question]
    folder: Path | None = None

    @property
    def label(self) -> str:
        """Its name, or that of all which treat one subject of a collection: they count as one corpus."""
        collection, _, subject = self.name.partition(": ")
        return f"{collection} by subject" if subject else collection

    def index(self, work: Path) -> Path:
        """Build the index in a folder, unless it is there, and return its path."""
        path = work / self.name.replace(" ", "-").replace(":", "")
        if not path.exists():
            given = self.folder or path.with_suffix(".jsonl")
            if not self.folder:
                given.write_text("".join(json.dumps(_record(article)) + "\n" for article in self.articles), "utf-8")
            rag.build([given], index=path, aliases=ROOT / "docs/aliases.toml").close()
        return path


def corpora(options: argparse.Namespace) -> Iterator[Corpus]:
    """Yield the demonstration, and those whose paths are given."""
    off_topic = read_questions(QUESTIONS / "offtopic.jsonl")
    own = read_questions(QUESTIONS / "demonstration.jsonl")
    demonstration = list(rag.read_articles([ROOT / "seeds"]))
    yield Corpus("demonstration", "demonstration", "one", demonstration, [*own, *off_topic], ROOT / "seeds")
    yield from _halves("demonstration", "one", demonstration, own, off_topic[::6])
    if options.pages:
        pages = list(rag.read_articles([options.pages]))
        asked = read_questions(options.questions)
        yield Corpus("pages", "pages", "one", pages, [*asked, *off_topic[::2]], options.pages)
        yield from _halves("pages", "one", pages, asked, off_topic[1::6])
    science: list[Question] = []
    if options.squad2:
        squad = _Squad(options.squad2)
        science = [replace(q, kind=OFF_TOPIC, answers=()) for title in SCIENCE for q in squad.sample[title, True][:12]]
        everything = [q for asked in squad.sample.values() for q in asked]
        other = [replace(q, kind=OFF_TOPIC, answers=(), previous=None) for q in own if q.answerable][::3]
        yield Corpus("squad2", "squad2", "many", squad.articles, [*everything, *other])
        yield from _halves("squad2", "many", squad.articles, everything, other)
        for title in squad.titles:
            asked = squad.sample[title, True] + squad.sample[title, False]
            other = [
                replace(q, kind=OFF_TOPIC, answers=())
                for name in squad.titles
                for q in squad.sample[name, True][:OFF_OF_A_SUBJECT]
                if name != title
            ]
            articles = [a for a in squad.articles if a.title == title]
            yield Corpus(f"squad2: {title}", "squad2", "one", articles, [*asked, *other])
    if options.time:
        time = list(rag.read_articles([options.time / "corpus.jsonl"]))
        asked = read_questions(options.time)
        yield Corpus("time", "time", "many", time, [*asked, *science])
        yield from _halves("time", "many", time, asked, science)
    if options.news:
        sample = set(json.loads((QUESTIONS / "figures_sample.json").read_text("utf-8")))
        news = [article for article in rag.read_articles([options.news]) if article.id in sample]
        yield Corpus("news", "news", "many", news, [*_of_figures(), *science])


class _Squad:
    """SQuAD 2.0, its subjects, and a sample of the questions about each, with and without an answer."""

    def __init__(self, folder: Path):
        self.articles = list(rag.read_articles([folder / "articles.jsonl"]))
        self.titles = sorted({article.title for article in self.articles})
        title_of = {article.id: article.title for article in self.articles}
        self.sample: dict[tuple[str, bool], list[Question]] = {}
        title = ""
        for question in read_questions(folder / "questions.jsonl"):
            # Questions without an answer name no paragraph; they follow others about the same subject.
            title = title_of[question.answers[0].article or ""] if question.answers else title
            self.sample.setdefault((title, question.answerable), []).append(question)
        for asked in self.sample.values():
            random.Random(1).shuffle(asked)
            del asked[OF_A_SUBJECT:]


def _halves(
    name: str, subjects: str, articles: Sequence[rag.Article], questions: Iterable[Question], other: Sequence[Question]
) -> Iterator[Corpus]:
    """Yield each half of a corpus, and the answerable questions: of the kind REMOVED where the half has no answer."""
    questions = [question for question in questions if question.answerable]
    for half in (0, 1):
        kept = [a for a in articles if hashlib.sha256(a.id.encode()).digest()[0] % 2 == half]
        texts = {a.id: normalised(a.text) for a in kept}
        asked = [question for q in questions if (question := _asked_of(texts, q))]
        yield Corpus(f"{name} half {half + 1}", name, subjects, kept, [*asked, *other])


def _asked_of(texts: dict[str, str], question: Question) -> Question | None:
    """Return a question as it is to be asked of some texts; None where it is not known whether one of them answers."""
    if question.relevant:
        relevant = {i: grade for i, grade in question.relevant.items() if i in texts}
        return replace(question, relevant=relevant) if relevant else replace(question, kind=REMOVED, relevant={})
    evidence = [normalised(words) for words in question.evidence]
    if any(words in text for words in evidence for text in texts.values()):
        return question
    short = [normalised(a.short) for a in question.answers if len(a.short) >= MIN_SHORT_LETTERS]
    if any(words in text for words in short for text in texts.values()):
        return None
    return replace(question, kind=REMOVED, answers=())


def _of_figures() -> Iterator[Question]:
    """Yield questions for figures; the articles that give one are relevant."""
    rows = [json.loads(line) for line in (QUESTIONS / "figures.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["corpus"] == "allsides" and row["figures"]]
    random.Random(1).shuffle(rows)
    for row in rows[:NEWS_QUESTIONS]:
        relevant = {figure["article"]: 1 for figure in row["figures"]}
        yield Question(row["question"], id=row["id"], kind="number", relevant=relevant)


def _record(article: rag.Article) -> dict[str, str]:
    date = article.date.isoformat() if article.date else ""
    values = {"outlet": article.outlet, "date": date, "title": article.title, "url": article.url, "text": article.text}
    return {"id": article.id} | {name: value for name, value in values.items() if value}
