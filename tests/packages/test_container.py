"""The container files match docs/container.md; `make image-test` runs the container."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tools.image_test.compose import confinement
from tools.image_test.context import copy_project
from tools.image_test.machine import Unavailable, of_suite
from tools.image_test.stage import GRACE, STORE, USER

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SETTINGS: dict[str, Any] = yaml.safe_load((DEPLOY / "claude-siem.yaml").read_text())
SERVICE = COMPOSE["services"]["forwarder"]
LOCK = ROOT / "requirements"


class Step(NamedTuple):
    """An instruction of the Dockerfile."""

    name: str
    text: str


def steps() -> list[Step]:
    """The Dockerfile, an instruction each, without comments."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    joined = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    return [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def texts(name: str) -> list[str]:
    return [step.text for step in steps() if step.name == name]


def last_stage() -> list[Step]:
    found = steps()
    return found[max(index for index, step in enumerate(found) if step.name == "FROM") :]


def health_check() -> list[str]:
    options, command = texts("HEALTHCHECK")[0].split("CMD", 1)
    assert "--start-period" in options
    found: list[str] = json.loads(command)
    return [" ".join(part.split()) for part in found]


def copied() -> list[str]:
    """What the Dockerfile takes from the project."""
    return [source for text in texts("COPY") if not text.startswith("--from") for source in text.split()[:-1]]


def test_one_argument_names_the_base_of_every_stage_so_that_a_digest_pins_them_all() -> None:
    assert steps()[0] == Step("ARG", "BASE=python:3.12-slim-bookworm")
    assert [text.split()[0] for text in texts("FROM")] == ["${BASE}", "${BASE}"]


def test_every_package_is_installed_by_its_hash_or_without_an_index() -> None:
    commands = [part for text in texts("RUN") for part in text.split("&&")]
    installs = [
        command for command in commands if re.search(r"\b(install|wheel|download)\b", command) if "pip" in command
    ]
    assert len(installs) == 4
    for command in installs:
        hashed = {"--require-hashes", "--only-binary"} <= set(command.split())
        offline = "--no-deps" in command and ("--no-index" in command or "--no-build-isolation" in command)
        assert hashed or offline, command


def test_what_builds_the_wheel_is_what_the_developers_build_with() -> None:
    pin = (LOCK / "build.txt").read_text()
    assert pin.startswith("setuptools==")
    assert "--hash=sha256:" in pin
    assert pin in (LOCK / "dev.txt").read_text()


def test_nothing_is_fetched_from_an_address() -> None:
    assert texts("ADD") == []
    assert [text for text in texts("RUN") + texts("COPY") if re.search(r"https?:|curl|wget|git ", text)] == []


def test_whatever_is_copied_is_there_and_nothing_else_is_let_through() -> None:
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    first, *rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert first == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == {source.split("/")[0] for source in copied()}


def test_the_image_holds_only_the_installed_forwarder_beside_its_base() -> None:
    assert [step.text for step in last_stage() if step.name == "COPY"] == [
        "--from=build /opt/claude-siem /opt/claude-siem"
    ]


def test_the_image_runs_as_a_numbered_user_who_owns_the_store_and_nothing_else() -> None:
    assert [step.text for step in last_stage() if step.name == "USER"] == [f"{USER}:{USER}"]
    assert texts("VOLUME") == [STORE]
    owned = [
        command for text in texts("RUN") for command in text.split("&&") if "-o " in command and "install" in command
    ]
    assert [command.split()[-1] for command in owned] == [STORE]
    assert "chown" not in (DEPLOY / "Dockerfile").read_text()


def test_the_image_stops_by_the_signal_that_the_forwarder_knows() -> None:
    assert texts("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(texts("ENTRYPOINT")[0]) == ["claude-siem"], "a shell would not pass the signal on"
    assert json.loads(texts("CMD")[0]) == ["run", "--config", "/etc/claude-siem/claude-siem.yaml"]


def test_both_health_checks_ask_the_same_of_the_port_that_the_settings_open() -> None:
    assert SERVICE["healthcheck"]["test"] == ["CMD", *health_check()]
    port = int(SETTINGS["status"]["listen"].split(":")[1])
    assert f"'127.0.0.1', {port}," in health_check()[-1]
    otlp = SETTINGS["sources"]["otlp"]
    telemetry = sorted(address.split(":")[1] for address in (otlp["listen"], otlp["grpc_listen"]))
    assert texts("EXPOSE") == [" ".join([str(port), *telemetry])]
    assert SERVICE["ports"] == [f"127.0.0.1:{port}:{port}"]


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_is_confined(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] <= 256
    assert service["mem_limit"] in ("512m", "1g")
    (tmpfs,) = service["tmpfs"]
    assert tmpfs.startswith("/tmp:")
    assert {"noexec", "nosuid", "nodev"} < set(tmpfs.split(":")[1].split(","))
    assert not {"privileged", "cap_add", "devices", "user", "pid", "ipc"} & service.keys()


def test_the_demo_has_no_network_and_production_comes_back_after_a_restart() -> None:
    demo = COMPOSE["services"]["demo"]
    assert (demo["profiles"], demo["network_mode"], demo["command"]) == (["demo"], "none", ["demo"])
    assert (SERVICE["profiles"], SERVICE["restart"]) == (["production"], "unless-stopped")


def test_a_stop_is_given_more_time_than_the_forwarder_takes() -> None:
    assert int(SERVICE["stop_grace_period"].removesuffix("s")) > GRACE


def test_the_store_is_a_named_volume_where_the_settings_keep_it() -> None:
    assert COMPOSE["volumes"].keys() == {"store"}
    assert f"store:{STORE}" in SERVICE["volumes"]
    assert SETTINGS["store"]["url"] == f"sqlite:///{STORE}/store.db"
    assert Path(SETTINGS["sinks"]["archive"]["path"]).parent == Path(STORE)


def test_the_settings_are_mounted_where_the_image_reads_them() -> None:
    assert f"./claude-siem.yaml:{json.loads(texts('CMD')[0])[-1]}:ro" in SERVICE["volumes"]


def test_every_secret_that_the_settings_need_is_mounted_as_a_file() -> None:
    sections = [SETTINGS["anthropic"], *(sink for sink in SETTINGS["sinks"].values() if sink.get("enabled", True))]
    needed = {value for section in sections for key, value in section.items() if key.endswith("_file")}
    assert needed == {f"/run/secrets/{name}" for name in SERVICE["secrets"]}
    assert {name: secret["file"] for name, secret in COMPOSE["secrets"].items()} == {
        name: f"./secrets/{name}" for name in SERVICE["secrets"]
    }


def test_secrets_beside_the_compose_file_are_never_committed() -> None:
    command = ["git", "check-ignore", "--quiet", "deploy/secrets/splunk_hec_token"]
    assert subprocess.run(command, cwd=ROOT).returncode == 0


def test_the_example_settings_are_valid_once_the_destination_is_ones_own(tmp_path: Path) -> None:
    example = (DEPLOY / "claude-siem.yaml").read_text()
    own = tmp_path / "claude-siem.yaml"
    own.write_text(example.replace("splunk.example.com", "splunk.corp.test"))
    command = [sys.executable, "-m", "forwarder", "config", "check", "--config", str(own)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "sinks: splunk" in done.stdout
    own.write_text(example)
    untouched = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert untouched.returncode == 2
    assert "still as in the starter file" in untouched.stderr


def test_what_is_proven_is_the_confinement_that_is_shipped() -> None:
    assert confinement(SERVICE) == [
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges:true",
        f"--tmpfs={SERVICE['tmpfs'][0]}",
        "--memory=512m",
        "--pids-limit=128",
        "--init",
        "--read-only",
        "--read-only-tmpfs=false",
    ]
    assert confinement({}) == []


def test_the_image_is_built_from_what_git_knows(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)  # noqa: S607
    for name, text in {".gitignore": "secret\n", "kept": "1", "secret": "2", "gone": "3"}.items():
        (project / name).write_text(text)
    subprocess.run(["git", "add", "gone"], cwd=project, check=True)  # noqa: S607
    (project / "gone").unlink()
    copy = copy_project(tmp_path / "copy", project)
    assert sorted(path.name for path in copy.iterdir()) == [".gitignore", "kept"]


def test_the_stand_in_comes_from_all_mirrors_of_this_suite_and_from_no_other() -> None:
    policy = "mirror/debian trixie main\nmirror/debian trixie-updates main\nother/ubuntu noble main\n"
    assert of_suite("trixie", policy).lines == (
        "deb mirror/debian trixie main",
        "deb mirror/debian trixie-updates main",
    )
    for suite in ("bookworm", ""):
        with pytest.raises(Unavailable, match="no mirror of"):
            of_suite(suite, policy)


def test_a_machine_without_containers_reports_that_nothing_was_tested(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.image_test"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 77
    assert done.stdout.startswith("SKIPPED, the image was not tested: ")
