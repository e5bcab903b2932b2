"""The demonstration corpus: what its README and the app say about it is true."""

import datetime as dt
import re
from collections import Counter

import pytest
from support import HARBOUR, ROOT

import rag
from rag import cli
from rag.demonstration import is_in
from rag.demonstration import make as made
from rag.errors import LibraryError
from rag.examples import example_questions
from rag.web.app import EXAMPLES

pytestmark = [pytest.mark.model, pytest.mark.reranked]


@pytest.fixture(scope="module")
def articles():
    return list(rag.read_articles([ROOT / "seeds"]))


@pytest.fixture(scope="module")
def library(tmp_path_factory, real, demonstration):
    return rag.open(demonstration(tmp_path_factory.mktemp("demo") / "index"), encoder=real)


def test_every_digest_is_labelled_and_has_an_outlet_and_a_date_basis(articles):
    assert len(articles) == 69 == len({a.id for a in articles})
    assert {a.kind for a in articles} == {"digest"}
    assert [a.source for a in articles if a.outlet is None] == [str(ROOT / "seeds" / "unknown-undated-unity.md")]
    assert all(a.date_basis in ("published", "posted by host", "from the address") for a in articles if a.date)
    assert sum(a.date is None for a in articles) == 3
    assert (min(a.date for a in articles if a.date), max(a.date for a in articles if a.date)) == (
        dt.date(1997, 10, 9),
        dt.date(2025, 7, 28),
    )


def test_it_has_many_outlets_of_all_sides(articles):
    counts = Counter(a.outlet for a in articles)
    assert len(counts) == 46
    assert {"Press TV", "National Council of Resistance of Iran", "Reuters", "Amnesty International"} <= set(counts)


OF_THE_PAGE = re.compile(
    r"on the page|part read|\bwere read\b|undated|untitled|\bposted (at|on)|reposted|copied (at|on)|reproduced at|"
    r"carried (at|by)|^[^.]*\b(report|article|item|essay|column|feature|release|interview|bulletin) (by|from)\b|"
    r"^(Unsigned|Statement|Page|Report|Short|Opening|Commentary)\b",
    re.IGNORECASE,
)


def test_every_digest_says_what_happened_and_not_what_the_page_looks_like(articles):
    assert [a.source for a in articles if OF_THE_PAGE.search(a.text)] == []
    assert OF_THE_PAGE.search("Unsigned report dated March 17, 2009 on the page. Iraq said nothing.")
    assert OF_THE_PAGE.search("Article by Jane Roe for The Herald. It says that the port is closed.")


def test_questions_made_of_its_own_names_are_answered(library):
    questions = example_questions(library, 3)
    assert len(questions) == 3
    assert {library.ask(question).grade for question in questions} == {"answers"}


def test_each_example_question_is_graded_as_answered(library):
    assert {library.ask(question).grade for question in EXAMPLES} == {"answers"}


def test_the_example_questions_are_answered_by_all_sides(library):
    shown = [{c.outlet for c in library.ask(question).passages} for question in EXAMPLES]
    assert all(shown)
    assert len(set().union(*shown)) >= 15
    assert {"Kayhan", "National Council of Resistance of Iran", "The Guardian"} <= set().union(*shown)


def test_the_demonstration_index_is_built_once_and_then_updated(tmp_path, demonstration):
    library = made(demonstration(tmp_path / "i"))
    assert (library.report.new, library.report.unchanged) == (0, 69)
    library.remove([next(library.articles()).id])
    assert made(tmp_path / "i").report.new == 1


def test_a_user_s_own_index_is_left_alone(tmp_path, news, words):
    rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=words).close()
    assert not is_in(tmp_path / "i", if_empty=True)
    with pytest.raises(LibraryError, match="has articles that are not the demonstration's; make it in another folder"):
        made(tmp_path / "i")
    assert [a.id for a in rag.open(tmp_path / "i", encoder=words).articles()] == ["harbour"]


def test_an_empty_index_is_filled_only_on_demand(tmp_path, words):
    rag.build([], index=tmp_path / "i", encoder=words).close()
    assert (is_in(tmp_path / "i"), is_in(tmp_path / "i", if_empty=True)) == (False, True)


@pytest.fixture
def serve(tmp_path, monkeypatch, words):
    """Runs `according serve` in an empty folder, up to the launch of the app: the library's location and the rest."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INDEX", raising=False)
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: words)
    launched = []
    monkeypatch.setattr("rag.web.launch.launch", lambda library, **more: launched.append((library, more)))

    def run(*arguments):
        launched.clear()
        status = cli.main(["serve", *arguments])
        return (status, None, None) if status else (0, launched[0][0], launched[0][1]["examples"])

    return run


def test_serve_makes_the_demonstration_where_no_index_is_named_and_there_is_none(serve, tmp_path, capsys):
    status, library, examples = serve()
    assert (status, examples) == (0, EXAMPLES)
    assert len(list(library.articles())) == 69
    assert (tmp_path / "index").is_dir()
    assert "index: 69 articles read: 69 new" in capsys.readouterr().err
    assert serve("--index", "index")[2] == EXAMPLES
    assert "articles read" not in capsys.readouterr().err  # what is named is served as it is


def test_serve_opens_what_is_named(serve, tmp_path, news, words, monkeypatch, capsys):
    assert serve("--index", "none")[0] == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("according: there is no index in none; make one with:")
    rag.build([news(HARBOUR)], index=tmp_path / "mine", encoder=words).close()
    monkeypatch.setenv("INDEX", str(tmp_path / "mine"))
    status, library, examples = serve()
    assert (status, [a.id for a in library.articles()], examples) == (0, ["harbour"], ())
    monkeypatch.setenv("INDEX", "my ndex")
    assert serve()[0] == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "according: INDEX is 'my ndex', and there is no index; correct it, make one there with `according build FOLDER "
        "--index 'my ndex'`, or unset INDEX to see the demonstration"
    )
    rag.build([], index=tmp_path / "empty", encoder=words).close()
    monkeypatch.setenv("INDEX", str(tmp_path / "empty"))
    assert list(serve()[1].articles()) == []
    assert not (tmp_path / "index").exists()


def test_no_text_of_the_press_is_in_the_project():
    paths = [p.relative_to(ROOT) for p in ROOT.rglob("*.txt")]
    kept = {
        p for p in paths if not p.parts[0].startswith((".", "build", "dist", "tests")) and ".egg-info" not in p.parts[0]
    }
    assert {str(p) for p in kept} == {"constraints.txt", "rag/query/aliases/common_words.txt"}
