"""What becomes of each file of a build or an addition: each article and each skipped record counts once."""

import json
import zipfile

import pytest

import rag
from rag import cli
from rag.ingest.outcome import MAX_REASONS, Outcome

OWL = {"id": "owl", "outlet": "The Mill", "date": "2016-01-05", "text": "Owls were seen at the mill by two men."}
STORK = {"id": "stork", "outlet": "The Mill", "date": "2016-01-06", "text": "Storks nested on the town hall in spring."}
HERON = {"id": "heron", "outlet": "The Marsh", "date": "2016-01-07", "text": "Herons left the marsh before the frost."}


@pytest.fixture
def library(index, news, words):
    return rag.build([news(OWL)], index=index, encoder=words)


def became(report, *paths):
    return {str(path): str(report.by_source[str(path)]) for path in paths}


def counted(report):
    """The sum over all files of what the whole report counts too."""
    found = Outcome()
    for outcome in report.by_source.values():
        found.add(outcome)
    return found.new, found.updated, found.unchanged, found.repeated, found.earlier, found.skipped


def test_each_file_of_an_addition_has_its_own_outcome(library, news, tmp_path):
    mixed = news(STORK, OWL | {"title": "Owls at the mill"}, name="mixed.jsonl")
    mixed.write_text(mixed.read_text() + '{oops\n{"id": "x"}\n' + json.dumps(STORK) + "\n")
    again, empty, film = news(OWL | {"title": "Owls at the mill"}, name="again.jsonl"), *map(tmp_path.joinpath, "ab")
    empty, film = empty.with_suffix(".txt"), film.with_suffix(".mov")
    empty.write_text("")
    film.write_text("x")
    report = library.add([mixed, empty, film, again])
    assert became(report, mixed, empty, film, again) == {
        str(mixed): "1 article added, 1 updated, 1 more than once, 2 skipped",
        str(empty): "0 articles added, 1 skipped", str(film): "0 articles added, 1 skipped",
        str(again): "0 articles added, 1 more than once",
    }  # fmt: skip
    assert [*report.by_source] == [str(mixed), str(empty), str(film), str(again)]
    skipped = report.by_source[str(mixed)].first_skipped
    assert [(s.place, s.reason[:8]) for s in skipped] == [("line 3", "not JSON"), ("line 4", "no text")]
    assert report.by_source[str(film)].first_skipped[0].reason.startswith("files of this kind cannot be read")
    numbers = report.new, report.updated, report.unchanged, report.repeated, report.earlier, report.skipped
    assert counted(report) == numbers == (1, 1, 0, 2, 0, 4)


def test_the_articles_of_an_archive_count_for_the_archive_even_within_another(library, tmp_path):
    inner, outer = tmp_path / "inner.zip", tmp_path / "outer!.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a/heron.jsonl", json.dumps(HERON))
        archive.writestr("b.mov", "x")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
        archive.writestr("stork.jsonl", json.dumps(STORK) + "\n" + json.dumps(OWL))
    report = library.add([outer])
    assert {name: str(outcome) for name, outcome in report.by_source.items()} == {
        str(outer): "2 articles added, 1 unchanged, 1 skipped"
    }
    (skipped,) = report.by_source[str(outer)].first_skipped
    assert skipped.source == f"{outer}!inner.zip!b.mov"


def test_a_file_whose_name_looks_like_a_member_of_an_archive_keeps_its_own_outcome(library, tmp_path):
    archive, file = tmp_path / "a.zip", tmp_path / "a.zip!b.jsonl"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("b.jsonl", json.dumps(HERON))
    file.write_text("{oops\n")
    report = library.add([archive, file])
    assert became(report, archive, file) == {
        str(archive): "1 article added", str(file): "0 articles added, 1 skipped",
    }  # fmt: skip


def test_versions_count_for_the_file_that_has_each(library, news):
    def version(day, text):
        return OWL | {"date": f"2016-02-{day:02}", "text": f"{OWL['text']} {text}"}

    third, second, fourth = (
        news(version(day, f"Then it was seen {day} times."), name=f"{day}.jsonl") for day in (3, 2, 4)
    )
    report = library.add([third, second, fourth])
    assert became(report, third, second, fourth) == {
        str(third): "0 articles added, 1 updated", str(second): "0 articles added, 1 earlier",
        str(fourth): "0 articles added, 1 updated",
    }  # fmt: skip
    assert (report.updated, report.earlier) == (1, 2)
    report = library.add([second])
    assert became(report, second) == {str(second): "0 articles added, 1 earlier"}, "it is one already"


def test_an_id_that_is_given_twice_in_one_file_is_skipped_with_the_reason(library, news):
    path = news(HERON, HERON | {"text": "Frost came to the marsh late, and a quite different bird went south."})
    report = library.add([path])
    assert (str(report.by_source[str(path)]), report.skipped) == ("1 article added, 1 skipped", 1)
    assert report.by_source[str(path)].first_skipped[0].reason == "another article already has the id 'heron'"


def test_uploads_are_known_by_their_names(library, news):
    one, two = news(OWL, STORK, name="1.jsonl"), news(STORK, name="2.jsonl")
    two.write_text(two.read_text() + "{oops")
    report = library.add([one, two], sources={str(one): "birds.jsonl", str(two): "more.jsonl"})
    assert {name: str(outcome) for name, outcome in report.by_source.items()} == {
        "birds.jsonl": "2 articles added", "more.jsonl": "0 articles added, 1 more than once, 1 skipped",
    }  # fmt: skip
    report = library.add([one], sources={str(one): "birds.jsonl"})
    assert str(report.by_source["birds.jsonl"]) == "0 articles added, 2 unchanged"


def test_of_many_reasons_the_first_are_kept(library, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(f"{{bad {n}" for n in range(200)))
    outcome = library.add([path]).by_source[str(path)]
    assert (outcome.skipped, len(outcome.first_skipped)) == (200, MAX_REASONS)
    assert outcome.first_skipped[-1].place == f"line {MAX_REASONS}"


def test_a_build_says_what_became_of_each_file_too(index, news, words, tmp_path):
    one, two = news(OWL, name="one.jsonl"), news(STORK, HERON, name="two.jsonl")
    report = rag.build([one, two], index=index, encoder=words).report
    assert became(report, one, two) == {str(one): "1 article added", str(two): "2 articles added"}
    two.unlink()
    report = rag.build([one], index=index, encoder=words, retire=True).report
    assert (became(report, one), report.retired) == ({str(one): "0 articles added, 1 unchanged"}, 2)


def test_the_progress_of_an_addition_names_the_file_and_ends_when_all_is_stored(library, news):
    one, two = news(STORK, HERON, name="one.jsonl"), news(OWL, name="two.jsonl")
    two.write_text(two.read_text() + "{oops")
    steps = []
    report = library.add([one, two], progress=lambda p: steps.append((p.source, p.read, p.skipped, str(p.report))))
    read = [step[:3] for step in steps]
    assert read == [(str(one), 1, 0), (str(one), 2, 0), (str(two), 1, 0), (str(two), 1, 1), (None, 3, 1)]
    assert steps[0][3] != steps[-1][3] == str(report)


def test_an_outcome_counts_nothing_that_is_not_stored(library, news, words, monkeypatch):
    path = news(STORK)
    seen = []
    encode = words.encode

    def encoded(*given):
        seen.append(dict(steps[-1].report.by_source))
        return encode(*given)

    monkeypatch.setattr(words, "encode", encoded)
    steps = []
    library.add([path], progress=steps.append)
    assert seen
    assert not any(seen)
    assert str(steps[-1].report.by_source[str(path)]) == "1 article added"


def test_a_report_lists_its_files_as_json_on_demand(library, news):
    path = news(STORK, name="s.jsonl")
    path.write_text(path.read_text() + "{oops")
    report = library.add([path])
    assert "by_source" not in report.to_dict()
    found = json.loads(json.dumps(report.to_dict(by_source=True)))["by_source"][str(path)]
    assert (found["new"], found["skipped"], found["first_skipped"][0]["place"]) == (1, 1, "line 2")


def test_the_command_line_prints_what_became_of_each_file_on_demand(tmp_path, news, words, capsys):
    path = news(OWL, name="s\u202e.jsonl")
    index = str(tmp_path / "index")
    rag.build([path], index=index, encoder=words).close()

    def printed(*more):
        assert not cli.main(["add", str(path), "--index", index, *more])
        return capsys.readouterr().out

    line = ".jsonl: 0 articles added, 1 unchanged\n"
    assert line not in printed()
    assert line in (shown := printed("--by-file"))
    assert "\u202e" not in shown
    assert "by_source" not in json.loads(printed("--json"))
    (outcome,) = json.loads(printed("--json", "--by-file"))["by_source"].values()
    assert (outcome["new"], outcome["unchanged"]) == (0, 1)
