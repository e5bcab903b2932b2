"""Measure the figures of answers: are they what was asked (precision), and are all that are marked found (recall)?

    .venv/bin/python benchmarks/figures.py [--articles articles-12k.jsonl.gz] [--ask] [--set 1] [--show]

benchmarks/questions/figures.jsonl has questions with the figures that answer them: 48 over the demonstration, the
others over articles of a collection that is no part of the project (`--articles`; figures_sample.json lists those that
are indexed). A mention is right if it overlaps an expected figure and has the same value; figures that are expected as
optional count neither way. By default the passages are those that were shown when the questions were written, which
takes no model (sets 7 and 8 over the collection: those that share most words with the question); `--ask` builds indexes
and asks, and counts how many of the values that the articles give are in the answers.
"""

import argparse
import gzip
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import rag
from rag.answer.citation import Citation, cite_span
from rag.answer.figures import Figure, figures_for
from rag.article import Article

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "benchmarks" / "questions" / "figures.jsonl"
SAMPLE = ROOT / "benchmarks" / "questions" / "figures_sample.json"
ALIASES = ROOT / "docs" / "aliases.toml"
DEMONSTRATION, COLLECTION = "demonstration", "allsides"

SETS = tuple(range(1, 15))

Spelled = tuple[tuple[str, ...], ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=Path, help="the collection, as gzipped JSON Lines")
    parser.add_argument(
        "--ask", action="store_true", help="build indexes and ask, instead of taking the passages listed"
    )
    parser.add_argument("--set", type=int, choices=SETS, help="count the questions of one set only")
    parser.add_argument("--show", action="store_true", help="print what is wrong and what is missing")
    options = parser.parse_args()
    questions = [q for q in read_questions() if options.set in (None, q["set"])]
    counts: dict[tuple[str, str], Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for corpus in (DEMONSTRATION, COLLECTION) if options.articles else (DEMONSTRATION,):
            file = sample(options.articles, Path(folder)) if corpus == COLLECTION else None
            articles = read_articles(file)
            asked = [q for q in questions if q["corpus"] == corpus]
            if options.ask:
                answers = ask(asked, file, Path(folder) / corpus, articles)
            else:
                answers = ((q, listed(q, articles)) for q in asked)
            for question, found in answers:
                count = judge(question, found, options.ask, options.show)
                for group in ((corpus, "all"), ("all", f"{question['set']}"), ("all", "all")):
                    counts.setdefault(group, Counter()).update(count)
    for (corpus, name), count in sorted(counts.items()):
        print(f"{corpus:>13}, set {name:>3}: {summary(count)}")


def read_questions() -> list[dict[str, Any]]:
    """Return the questions with their figures."""
    return [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]


def sample(collection: Path, folder: Path) -> Path:
    """Write the articles of the collection that are indexed to a file, by id."""
    wanted = set(json.loads(SAMPLE.read_text("utf-8")))
    fields = ("id", "outlet", "date", "title", "url", "text")
    path = folder / "sample.jsonl"
    with gzip.open(collection, "rt", encoding="utf-8") as lines, path.open("w", encoding="utf-8") as out:
        for line in lines:
            if (record := json.loads(line))["id"] in wanted:
                out.write(json.dumps({name: record[name] for name in fields}) + "\n")
    return path


def read_articles(file: Path | None) -> dict[str, Article]:
    """Return the articles by the names that the questions give them: names of files, ids of the collection."""
    if file is None:
        return {Path(a.source).stem: a for a in rag.read_articles([ROOT / "seeds"])}
    ids = [json.loads(line)["id"] for line in file.read_text("utf-8").splitlines()]
    return dict(zip(ids, rag.read_articles([file]), strict=True))


def listed(question: dict[str, Any], articles: dict[str, Article]) -> list[tuple[str, Figure]]:
    """Return the figures in the passages listed with a question, each with the name of its article."""
    names: dict[str, str] = {}
    citations: list[Citation] = []
    for name, start, end, *quote in question["shown"]:
        article = articles[name]
        names[article.id] = name
        citations.append(cite_span(article, (start, end), (quote[0], quote[1])))
    return named(figures_for(question["question"], citations, aliases(question)), names)


def aliases(question: dict[str, Any]) -> Spelled:
    """Return the spellings of the names in a question: those of the demonstration's list, which a build would find."""
    return (("MEK", "MKO", "PMOI"),) if question["corpus"] == DEMONSTRATION else ()


def named(figures: Sequence[Figure], names: dict[str, str]) -> list[tuple[str, Figure]]:
    """Return a pair for each article of each figure."""
    return [(names[m.article_id], Figure(f.kind, f.value, f.upper, f.unit, (m,))) for f in figures for m in f.mentions]


def ask(
    questions: Sequence[dict[str, Any]], file: Path | None, index: Path, articles: dict[str, Article]
) -> Iterator[tuple[dict[str, Any], list[tuple[str, Figure]]]]:
    """Build an index, ask, and yield each question with the figures of its answer."""
    names = {article.id: name for name, article in articles.items()}
    paths, own = ([ROOT / "seeds"], ALIASES) if file is None else ([file], None)
    with rag.build(paths, index=index, aliases=own) as library:
        for question in questions:
            yield question, named(library.ask(question["question"]).figures, names)


def judge(question: dict[str, Any], found: Sequence[tuple[str, Figure]], asked: bool, show: bool) -> Counter[str]:
    """Count the mentions that are right, wrong and missing, and the values that an answer could give."""
    expected = question["figures"]
    hit: set[int] = set()
    wrong = 0
    for name, figure in found:
        mention = figure.mentions[0]
        same = [
            i
            for i, gold in enumerate(expected)
            if gold["article"] == name and gold["start"] < mention.end and mention.start < gold["end"]
            if gold["value"] == written(figure)
        ]
        hit.update(same)
        if not same:
            wrong += 1
            if show:
                print(f"{question['id']} wrong: {written(figure)} “{mention.words}” ({name}) | {question['question']}")
    right = {i for i in hit if not expected[i].get("optional")}
    marked = {i for i, gold in enumerate(expected) if gold["marked"] and not gold.get("optional")}
    values = {gold["value"] for gold in expected if not gold.get("optional")}
    if show and not asked:
        for i in sorted(marked - hit):
            print(
                f"{question['id']} missing: {expected[i]['value']} ({expected[i]['article']}) | {question['question']}"
            )
    return Counter(
        right=len(right),
        wrong=wrong,
        marked=len(marked),
        found=len(marked & hit),
        values=len(values),
        given=len({expected[i]["value"] for i in right}),
    )


def written(figure: Figure) -> str:
    """Return a value as the questions have it: "44", "$ 50000", "70%", "2012-09", "7000..14000", "thousands"."""
    value = f"{figure.value}" if figure.upper is None else f"{figure.value}..{figure.upper}"
    return {"money": f"{figure.unit} {value}", "percentage": f"{value}%"}.get(figure.kind, value)


def summary(count: Counter[str]) -> str:
    """Return the measures of a group of questions."""
    precision = count["right"] / max(1, count["right"] + count["wrong"])
    recall = count["found"] / max(1, count["marked"])
    return (
        f"precision {precision:.3f} ({count['right']} of {count['right'] + count['wrong']}), recall of what is marked "
        f"{recall:.3f} ({count['found']} of {count['marked']}), distinct values in the answers {count['given']} of "
        f"{count['values']} in the articles"
    )


if __name__ == "__main__":
    sys.exit(main())
