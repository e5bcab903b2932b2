"""The files around the code: continuous integration, templates, the citation file, the package's metadata."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from support import ROOT

import rag

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def loaded(path):
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", ".github/workflows/*.yml"),
        ("dependabot", ".github/dependabot.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/[bf]*.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("citation-file-format", "CITATION.cff"),
        ("compose-spec", "docs/scale/compose.yaml"),
    ],
)
def test_the_file_fits_its_schema(schema, pattern):
    files = sorted(str(path) for path in ROOT.glob(pattern))
    assert files
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_version_is_the_same_everywhere():
    assert rag.__version__ == PROJECT["version"] == loaded("CITATION.cff")["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_continuous_integration_runs_each_python_that_the_package_names():
    prefix = "Programming Language :: Python :: "
    named = [c.removeprefix(prefix) for c in PROJECT["classifiers"] if c.startswith(f"{prefix}3.")]
    assert loaded(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"] == named


def test_continuous_integration_runs_both_checks():
    steps = loaded(".github/workflows/ci.yml")["jobs"]["test"]["steps"]
    targets = [found[1] for step in steps if (found := re.match(r"make (\w+)", step.get("run", "")))]
    assert targets == ["check", "test"]
    assert set(targets) <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_continuous_integration_holds_the_floor_of_coverage():
    steps = loaded(".github/workflows/ci.yml")["jobs"]["coverage"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make coverage PYTHON=python"]
    makefile = (ROOT / "Makefile").read_text()
    (commands,) = re.findall(r"^coverage:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert "--cov --cov-fail-under=$(MIN_COVERAGE)" in commands
    assert int(re.search(r"^MIN_COVERAGE := (\d+)$", makefile, re.MULTILINE)[1]) >= 90


def test_no_job_may_write_to_the_repository():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = loaded(path)
        assert workflow["permissions"] == {"contents": "read"}, path
        for job in workflow["jobs"].values():
            assert set(job.get("permissions", {})) <= {"id-token", "pages"}, path


def test_local_hooks_run_what_the_environment_of_the_tests_has():
    hooks = [h for repo in loaded(".pre-commit-config.yaml")["repos"] if repo["repo"] == "local" for h in repo["hooks"]]
    assert {h["entry"].split()[0] for h in hooks} == {
        f".venv/bin/{name}" for name in ("ruff", "mypy", "lint-imports", "check-jsonschema")
    }


def requirements():
    """Each line of pyproject.toml and constraints.txt that names a package, with its comment."""
    lines = [*(ROOT / "pyproject.toml").read_text().splitlines(), *(ROOT / "constraints.txt").read_text().splitlines()]
    for line in lines:
        if found := re.fullmatch(r'\s*"?([\w.\[\]-]+(?:[<>=!~][^"#;]*))(?:;[^"#]*)?"?,?\s*(#.*)?', line):
            yield Requirement(found[1].strip()), found[2] or ""


def lowest(requirement):
    return next((s.version for s in requirement.specifier if s.operator in (">=", "==")), None)


def test_packages_that_read_what_strangers_send_have_a_bound_with_the_flaws_that_it_excludes():
    noted = {r.name for r, comment in requirements() if "CVE-" in comment and lowest(r)}
    assert noted >= {"gradio", "starlette", "python-multipart", "lxml", "lxml-html-clean", "pypdf", "pillow", "h11"}
    assert noted >= {"urllib3", "requests", "jinja2", "aiohttp"}


def test_the_constraints_are_within_the_bounds_of_the_package():
    bounds = {}
    for line in (*PROJECT["dependencies"], *(x for extra in PROJECT["optional-dependencies"].values() for x in extra)):
        requirement = Requirement(line)
        bounds.setdefault(requirement.name.lower(), []).append(requirement.specifier)
    names = [line.partition("#")[0].strip() for line in (ROOT / "constraints.txt").read_text().splitlines()]
    constraints = [Requirement(name) for name in names if name]
    assert len(constraints) > 5
    for constraint in constraints:
        for bound in bounds.get(constraint.name.lower(), []):
            assert bound.contains(lowest(constraint)), constraint


def test_the_notice_names_every_package_that_users_install_and_the_models():
    notice = (ROOT / "NOTICE").read_text("utf-8")
    named = set(re.findall(r"[\w.-]+", notice.partition("Packages, by licence")[2].lower()))
    users = [*PROJECT["dependencies"]]
    users += [r for extra in ("rerank", "pdf", "mcp", "scale") for r in PROJECT["optional-dependencies"][extra]]
    names = {Requirement(line).name.lower() for line in users}
    assert names <= named, names - named
    assert "not stated" not in notice
    assert {"all-MiniLM-L6-v2", "cross-encoder/ms-marco-MiniLM-L-12-v2"} <= set(re.findall(r"[\w./-]+", notice))


class Audited(subprocess.CompletedProcess):
    """What a program of the audit ends with."""

    def __init__(self, status, printed="", failed=""):
        super().__init__([], status, printed, failed)


@pytest.fixture
def audit(monkeypatch):
    """The program `.ci/audit`, which is given the ends of the two programs that it runs."""
    program = {"__name__": "audit"}
    exec(compile((ROOT / ".ci" / "audit").read_text(), "audit", "exec"), program)
    monkeypatch.setattr(program["venv"], "create", lambda *_, **__: None)

    def run(*ends):
        left = list(ends)
        program["main"].__globals__["run"] = lambda *_: left.pop(0)
        return program["main"]()

    return run


def report(**flaws):
    packages = [
        {
            "name": name,
            "version": "1.0",
            "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"]}] * n,
        }
        for name, n in flaws.items()
    ]
    return json.dumps({"dependencies": [*packages, {"name": "torch", "skip_reason": "not on PyPI"}], "fixes": []})


def test_the_audit_fails_for_a_known_flaw_and_names_it(audit, capsys):
    assert audit(Audited(0), Audited(1, report(lxml=1, numpy=0))) == 1
    assert capsys.readouterr().out.splitlines() == [
        "lxml 1.0: PYSEC-1, CVE-1; mended in 1.1",
        "torch: not compared (not on PyPI)",
        "audit: 2 packages compared, flaws found",
    ]


def test_the_audit_lists_flaws_that_no_accepted_version_mends_and_passes(audit, capsys):
    assert audit(Audited(0), Audited(1, report(pillow=1))) == 0
    assert capsys.readouterr().out.startswith(
        "pillow 1.0: PYSEC-1, CVE-1; mended in 1.1; not counted: gradio 6 takes no"
    )


@pytest.mark.parametrize(
    "ends",
    [
        [Audited(1, failed="no route\n")],
        [Audited(0), Audited(1, failed="x\nno route\n")],
        [Audited(0), Audited(0, '{"dependencies": [{"name": "lxml", "skip_reason": "no route"}]}')],
    ],
    ids=["pip", "pip-audit", "a mirror that knows of no flaws"],
)
def test_the_audit_says_when_there_is_no_network(audit, capsys, ends):
    assert audit(*ends) == 2
    assert capsys.readouterr().err == (
        "audit: the packages were not compared, because PyPI could not be reached; run this where there is a network\n"
        "no route\n"
    )
