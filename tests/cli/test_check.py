"""`claude-siem check`: each source and sink is tested, and each problem is reported with its fix."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from forwarder.cli.check import CheckResult, check_all
from forwarder.errors import Misconfigured
from forwarder.pipeline.host_checks import check_clock
from forwarder.settings import load_settings
from forwarder.simulator import COMPLIANCE_KEY, SimulatedClock, scenario
from forwarder.simulator.azure_tokens import CLIENT_SECRET
from forwarder.simulator.hec import HEC_TOKEN
from forwarder.simulator.stage import Stage
from forwarder.sinks import SINKS
from forwarder.status import Conditions, Metrics, StatusServer
from tests.cli.commands import SECRETS, WRONG, claude_siem

MACHINE = ("store", "status.listen", "clock")
SUBJECTS = ("sources.activities", *(f"sinks.{kind}" for kind in sorted(SINKS)), *MACHINE)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage for all tests; each test restores what it changed."""
    clock = SimulatedClock()
    issues = scenario("ordinary-month", now=clock.now(), count=50)
    with Stage(tmp_path_factory.mktemp("stage"), issues, clock=clock) as made:
        yield made


def results(stage: Stage, changes: dict[str, Any]) -> dict[str, CheckResult]:
    """The results of `check` with these settings changed; keys are paths such as `sinks.splunk.index`."""
    settings = stage.settings()
    for path, value in changes.items():
        section = settings
        *parents, leaf = path.split(".")
        for parent in parents:
            section = section[parent]
        section[leaf] = value
    found = {result.subject: result for result in check_all(load_settings(stage.write(settings), {}))}
    assert tuple(found) == SUBJECTS
    for result in found.values():
        assert len(result.text.splitlines()) == 1
        assert not any(secret in result.text for secret in SECRETS)
    return found


def test_a_working_configuration_passes_and_describes_what_was_tested(stage: Stage) -> None:
    found = results(stage, {})
    assert all(result.ok for result in found.values())
    assert "newest event" in found["sources.activities"].text
    assert "clock skew" in found["sources.activities"].text
    assert "index claude" in found["sinks.splunk"].text
    assert "Custom-ClaudeActivity_CL" in found["sinks.sentinel"].text
    assert "can be written" in found["sinks.archive"].text


def test_check_sends_one_health_event_to_each_siem_and_writes_nothing_to_the_archive(stage: Stage) -> None:
    before = len(stage.hec.events()), len(stage.logs.events())
    results(stage, {})
    assert (len(stage.hec.events()), len(stage.logs.events())) == (before[0] + 1, before[1] + 1)
    assert stage.hec.events()[-1]["event"]["metadata"]["event_code"] == "forwarder.health"
    assert not list((stage.folder / "archive").rglob("part-*"))


NOWHERE = "https://127.0.0.1:1"
WRONG_SETTINGS: list[tuple[dict[str, Any], str, str]] = [
    ({"anthropic.compliance_key_file": "/nowhere"}, "sources.activities", "anthropic.compliance_key_file: /nowhere"),
    ({"sinks.splunk.index": "elsewhere"}, "sinks.splunk", "index elsewhere is refused"),
    ({"sinks.splunk.url": NOWHERE}, "sinks.splunk", "cannot connect to https://127.0.0.1:1 (connection refused)"),
    ({"sinks.splunk.token_file": "/nowhere"}, "sinks.splunk", "sinks.splunk.token_file"),
    ({"sinks.splunk.ca_file": "/nowhere"}, "sinks.splunk", "ca_file"),
    ({"sinks.sentinel.rule_id": "dcr-" + "f" * 32}, "sinks.sentinel", "check endpoint, rule_id and stream"),
    ({"sinks.sentinel.streams": {"activity": "Custom-X"}}, "sinks.sentinel", "Custom-X"),
    ({"sinks.sentinel.ca_file": "/nowhere"}, "sinks.sentinel", "ca_file"),
    ({"sinks.sentinel.tenant_id": "not a tenant"}, "sinks.sentinel", "tenant ID"),
    ({"sinks.archive.path": "/proc/nowhere"}, "sinks.archive", "/proc/nowhere"),
]


@pytest.mark.parametrize(("changes", "subject", "words"), WRONG_SETTINGS)
def test_a_wrong_setting_fails_only_its_own_line(
    changes: dict[str, Any], subject: str, words: str, stage: Stage
) -> None:
    found = results(stage, changes)
    assert [name for name, result in found.items() if not result.ok] == [subject]
    assert words in found[subject].text


@pytest.mark.parametrize(
    ("file", "good", "subject", "words"),
    [
        ("compliance-key", COMPLIANCE_KEY, "sources.activities", "read:compliance_activities"),
        ("hec-token", HEC_TOKEN, "sinks.splunk", "set the token that Splunk shows"),
        ("client-secret", CLIENT_SECRET, "sinks.sentinel", "no access"),
    ],
)
def test_a_wrong_secret_fails_with_the_fix(file: str, good: str, subject: str, words: str, stage: Stage) -> None:
    settings = stage.write(stage.settings())
    (stage.folder / file).write_text(f"sk-ant-api01-{WRONG}")
    found = {result.subject: result for result in check_all(load_settings(settings, {}))}
    (stage.folder / file).write_text(good)
    assert [name for name, result in found.items() if not result.ok] == [subject]
    assert words in found[subject].text
    assert WRONG not in f"{found}"


def test_a_missing_role_fails_with_the_fix(stage: Stage) -> None:
    stage.logs.grant(False)
    found = results(stage, {})
    stage.logs.grant()
    assert "Monitoring Metrics Publisher" in found["sinks.sentinel"].text
    assert not found["sinks.sentinel"].ok


def test_the_command_prints_one_line_per_source_and_sink(stage: Stage) -> None:
    done = claude_siem("check", "--config", stage.write(stage.settings()))
    assert done.returncode == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [f"ok    {subject}" for subject in SUBJECTS]


def test_json_output_is_one_object(stage: Stage, tmp_path: Path) -> None:
    settings = stage.settings(sinks=("splunk", "archive"))
    settings["sinks"]["splunk"]["index"] = "elsewhere"
    done = claude_siem("check", "--json", "--config", stage.write(settings))
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (1, False)
    assert [(result["subject"], result["ok"]) for result in report["findings"]] == [
        ("sources.activities", True),
        ("sinks.archive", True),
        ("sinks.splunk", False),
        *((subject, True) for subject in MACHINE),
    ]


def test_the_machine_is_checked_and_each_problem_has_its_fix(stage: Stage, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = results(stage, {"status.listen": f"127.0.0.1:{port}", "store.url": "sqlite:////proc/nowhere/store.db"})
    assert "cannot be written" in found["store"].text
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use)" in found["status.listen"].text
    store = tmp_path / "store.db"
    store.touch(mode=0o644)
    assert f"run chmod 600 {store}" in results(stage, {"store.url": f"sqlite:///{store}"})["store"].text
    store.unlink()
    tmp_path.chmod(0o777)
    assert f"run chmod o-w {tmp_path}" in results(stage, {"store.url": f"sqlite:///{store}"})["store"].text


def test_a_port_that_a_running_forwarder_uses_is_no_problem(stage: Stage) -> None:
    with closing(StatusServer(("127.0.0.1", 0), Conditions(), Metrics(), dict)) as running:
        found = results(stage, {"status.listen": "{}:{}".format(*running.address)})
    assert "a forwarder is running" in found["status.listen"].text
    assert found["status.listen"].ok


def test_a_clock_that_is_wrong_is_reported_with_both_directions(stage: Stage) -> None:
    assert "not compared" in check_clock({})
    assert "within 60 s" in check_clock({"activities": 2.0, "usage": -59.0})
    for skew, words in ((120.0, "120 s behind Anthropic"), (-7200.0, "7,200 s ahead of Anthropic")):
        with pytest.raises(Misconfigured, match=words):
            check_clock({"activities": 0.0, "usage": skew})
