"""The image and the compose file against the program: files, ports, variables and commands that they name."""

import fnmatch
import json
import re
import shlex

import yaml
from support import ROOT

from rag.cli.parser import build_parser
from rag.cli.settings import SETTINGS
from rag.web.urls import HEALTH

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "docs/scale/compose.yaml").read_text("utf-8"))
OWN = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "according"}
VARIABLES = {setting.variable for setting in SETTINGS}


def instructions(name):
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def environment():
    """What the image sets."""
    return dict(pair.split("=", 1) for line in instructions("ENV") for pair in shlex.split(line))


def test_what_the_image_copies_is_there_and_is_sent_to_the_builder():
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [source for line in instructions("COPY") for source in line.split()[:-1]]
    assert len(copied) >= 8
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in kept), source


def test_the_image_sets_variables_that_the_program_reads_and_runs_a_command_that_there_is():
    assert environment().keys() - VARIABLES == {"HF_HUB_OFFLINE", "PYTHONUNBUFFERED"}
    assert instructions("EXPOSE") == [environment()["PORT"]]
    (command,) = instructions("CMD")  # that of the health check is part of another instruction
    program, *arguments = json.loads(command)
    assert program == "according"
    assert build_parser().parse_args(arguments).run.__name__ == "serve"
    (check,) = instructions("HEALTHCHECK")
    assert f"{HEALTH}'" in check
    served = build_parser().parse_args(arguments)
    assert served.default_index.startswith(f"{instructions('VOLUME')[0]}/")
    assert served.index is None, "the demonstration is made there, if $INDEX names no other"


def test_the_extras_that_the_image_may_be_built_with_exist():
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {extra for path in ("Dockerfile", "docs/scale/compose.yaml", "docs/scale/according.yaml")
             for extra in re.findall(r"EXTRAS=(\w+)", (ROOT / path).read_text("utf-8"))}  # fmt: skip
    assert named == {"scale"}
    assert named | {"rerank"} <= set(extras)


def test_the_compose_file_sets_variables_that_the_program_reads():
    assert {"app", "build", "ray"} == set(OWN)
    for name, service in OWN.items():
        assert set(service.get("environment", {})) <= VARIABLES, name


def test_what_the_compose_file_takes_from_the_shell_is_named_where_it_says_how_to_start_it():
    text = (ROOT / "docs/scale/compose.yaml").read_text("utf-8")
    head, _, body = text.partition("name: according")
    exported = set(re.findall(r"\b([A-Z_]+)=", head)) - {"EXTRAS"}
    assert set(re.findall(r"\$\{(\w+)", body)) == exported


def test_the_compose_file_publishes_the_port_of_the_app_on_this_machine_alone():
    published = {name: s["ports"] for name, s in COMPOSE["services"].items() if "ports" in s}
    assert published == {"app": [f"127.0.0.1:7860:{environment()['PORT']}"]}


def test_the_commands_of_the_compose_file_are_the_programs_own():
    program, *arguments = OWN["build"]["entrypoint"]
    target = OWN["build"]["volumes"][0].split(":")[-2]
    given = build_parser().parse_args([*arguments, target])
    assert (program, given.run.__name__, given.paths) == ("according", "build", [target])
    assert given.index == OWN["app"]["environment"]["INDEX"]
    assert "command" not in OWN["app"], "it runs the image's own"


def test_a_service_that_does_not_serve_has_no_health_check_of_the_app():
    for name in OWN.keys() - {"app"}:
        assert OWN[name]["healthcheck"] == {"disable": True}, name
    assert "healthcheck" not in OWN["app"]


def test_services_volumes_and_hosts_that_are_named_are_declared():
    services = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        for volume in service.get("volumes", ()):
            assert volume.startswith("${") or volume.split(":")[0] in COMPOSE["volumes"], volume
    hosts = re.findall(r"(?:http://|milvus://|: )([a-z]+):\d{4,5}\b", (ROOT / "docs/scale/compose.yaml").read_text())
    assert {"etcd", "minio", "milvus", "ray"} <= set(hosts)
    assert set(hosts) <= {*services, "localhost"}


def test_the_pods_ask_the_app_whether_it_answers():
    documents = yaml.safe_load_all((ROOT / "docs/scale/according.yaml").read_text("utf-8"))
    (app,) = (one for one in documents if one["kind"] == "Deployment")
    (container,) = app["spec"]["template"]["spec"]["containers"]
    port = int(environment()["PORT"])
    assert container["readinessProbe"]["httpGet"] == {"path": HEALTH, "port": port}
    assert container["ports"] == [{"containerPort": port}]


def test_continuous_integration_builds_and_starts_the_image():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
    steps = "\n".join(step.get("run", "") for step in jobs["container"]["steps"])
    assert "docker build -t according ." in steps
    assert "docker compose -f docs/scale/compose.yaml config" in steps
    assert HEALTH in steps
