"""The wheel, in an environment and a folder with nothing else: it makes the demonstration, answers, and serves it."""

import hashlib
import os
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import hatchling.build
import pytest
from support import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.model, pytest.mark.server]

# What Windows lacks, as far as the packages can do without it on Linux, and what only the tests have: no process of the
# environment can import it.
LACKING = ("fcntl", "grp", "pwd", "datasketch", "pytest")
WITHOUT = f"import sys; sys.modules.update(dict.fromkeys({LACKING!r}))\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the wheel and the sdist, as they are released."""
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        hatchling.build.build_wheel(str(folder))
        hatchling.build.build_sdist(str(folder))
    return folder


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_it_has_the_demonstration_once_and_the_licences(built):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    digests = {Path(name).name for name in names if name.startswith("rag/demonstration/seeds/")}
    assert digests == {path.name for path in (ROOT / "seeds").iterdir()}
    assert "rag/demonstration/aliases.toml" in names
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"rag"}
    code = {str(path.relative_to(ROOT)) for path in (ROOT / "rag").rglob("*.*") if "__pycache__" not in path.parts}
    assert code <= set(names)


def test_a_wheel_built_again_and_one_built_from_the_sdist_are_the_same(built, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    (again := tmp_path / "again").mkdir()
    monkeypatch.chdir(ROOT)
    hatchling.build.build_wheel(str(again))
    hatchling.build.build_sdist(str(again))
    assert hashes(again) == hashes(built)
    (sdist,) = again.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.chdir(next(tmp_path.glob("according-*")))
    (unpacked := tmp_path / "unpacked").mkdir()
    hatchling.build.build_wheel(str(unpacked))
    assert hashes(unpacked).items() <= hashes(built).items()


@pytest.fixture(scope="module")
def environment(built, tmp_path_factory):
    """An environment with nothing but the wheel; the packages that it needs are those that the tests have."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    command = [sys.executable, "-m", "pip", "--quiet", "--python", folder, "install", "--no-deps", "--no-index"]
    subprocess.run([*command, "--no-compile", *built.glob("*.whl")], check=True)
    (packages / "others.pth").write_text(f"{WITHOUT}{sysconfig.get_path('purelib')}\n")
    return folder / "bin"


def test_it_makes_the_demonstration_answers_and_serves_it(environment, tmp_path):
    """In a console of Windows: its encoding, and without the modules that Windows lacks."""
    outside = {n: v for n, v in os.environ.items() if n not in ("INDEX", "PYTHONPATH")}
    outside |= {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "LC_ALL": "C", "RERANKER": "none", "PORT": "0"}

    def according(*arguments):
        command = [environment / "according", *arguments]
        done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=outside, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode("cp1252"), done.stderr.decode("cp1252")

    made, said = according("demo")
    assert "  new                   69" in made
    assert said.splitlines()[-1] == "  according serve"
    answer, _ = according("ask", "-k", "1", "Who was behind Heshmat Alavi?")
    assert answer.startswith("1. According to a digest of The Intercept, via newcoldwar.org, 9 June 2019")
    assert "«" in answer
    listed, _ = according("articles", "--explain")
    assert str(environment.parent) in listed  # what was read is in the package, not in this checkout
    assert str(ROOT) not in listed
    command = [environment / "according", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=outside) as app:
        try:
            line = app.stdout.readline().decode("cp1252")
            assert line.startswith("According is running at http://127.0.0.1:"), app.stderr.read()
            with urllib.request.urlopen(line.split()[4]) as response:
                assert b"According" in response.read()
        finally:
            app.terminate()
            _, notices = app.communicate(timeout=60)
    assert b"69 articles read: 0 new, 0 updated, 69 unchanged" in notices
