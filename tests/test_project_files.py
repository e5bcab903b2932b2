"""The files around the code: continuous integration, templates, the citation file, the package's metadata."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
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
