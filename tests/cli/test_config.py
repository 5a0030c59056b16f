"""`claude-siem config`, `version` and `--help`."""

import json
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from forwarder import __version__
from forwarder.cli.app import COMMANDS
from tests.cli.commands import WRONG, claude_siem, clean_environment, command, settings_file

ROOT = Path(__file__).parents[2]

GOOD = f"anthropic: {{compliance_key: {WRONG}}}\nsinks: {{archive: {{path: ./archive}}}}\n"


def test_the_starter_file_is_valid_once_its_made_up_values_are_replaced(tmp_path: Path) -> None:
    starter = claude_siem("config", "init")
    assert starter.returncode == 0
    file = settings_file(tmp_path, starter.stdout)
    checked = claude_siem("config", "check", "--config", file)
    assert (checked.returncode, checked.stdout) == (2, "")
    (message,) = checked.stderr.splitlines()
    assert "sinks.splunk: url: still as in the starter file; set your own" in message
    settings_file(tmp_path, starter.stdout.replace("splunk.example.com", "splunk.corp.example"))
    checked = claude_siem("config", "check", "--config", file)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == f"{file}: valid; sinks: splunk\n"
    schema = claude_siem("config", "schema")
    jsonschema_rs.validator_for(json.loads(schema.stdout)).validate(yaml.safe_load(starter.stdout))


def test_an_invalid_file_is_one_line_per_error_and_exit_code_2(tmp_path: Path) -> None:
    file = settings_file(tmp_path, GOOD.replace("path:", "pth:") + "store: {max_bytes: 8}\n")
    for arguments in (("config", "check"), ("check",), ("run",), ("run", "--once")):
        done = claude_siem(*arguments, "--config", file)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{file}:2: sinks.archive.pth: unknown key; did you mean path?" in done.stderr.splitlines()
        assert len(done.stderr.splitlines()) == 3


def test_commands_read_the_environment(tmp_path: Path) -> None:
    file = settings_file(tmp_path, GOOD)
    done = claude_siem("config", "check", "--config", file, CLAUDE_SIEM__SINKS__ARCHIVE__PATHH="x")
    assert done.returncode == 2
    assert "sinks.archive.pathh" in done.stderr


@pytest.mark.parametrize("text", ["sinks: [", "", "- 1", "a: &x [*x]", GOOD + "status: {listen: !mine x}\n"])
def test_no_file_content_causes_a_traceback(text: str, tmp_path: Path) -> None:
    assert claude_siem("run", "--config", settings_file(tmp_path, text)).returncode == 2


def test_the_settings_file_has_default_places(tmp_path: Path) -> None:
    (tmp_path / "named.yaml").write_text(GOOD)
    done = claude_siem("config", "check", CLAUDE_SIEM_CONFIG=str(tmp_path / "named.yaml"))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/named.yaml: valid; sinks: archive\n")
    settings_file(tmp_path, GOOD)
    here = subprocess.run(
        command("config", "check"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**clean_environment(), "PYTHONPATH": str(ROOT)},
    )
    assert (here.returncode, here.stdout) == (0, "claude-siem.yaml: valid; sinks: archive\n"), here.stderr
    nowhere = claude_siem("check", CLAUDE_SIEM_CONFIG=str(tmp_path / "nowhere.yaml"))
    assert (nowhere.returncode, "nowhere.yaml: cannot be read" in nowhere.stderr) == (2, True)
    without = claude_siem("check")
    assert without.returncode == 2
    assert "give --config FILE, or set CLAUDE_SIEM_CONFIG; there is none at ./claude-siem.yaml, /etc/" in without.stderr


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = claude_siem("run", "--config", tmp_path / "nowhere.yaml")
    assert done.returncode == 2
    assert "nowhere.yaml: cannot be read" in done.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("store: {url: 'sqlite:////proc/nowhere/store.db'}\n", "store.url"),
        ("status: {listen: '203.0.113.1:80'}\n", "status.listen"),
        ("sinks: {splunk: {url: 'https://127.0.0.1:1', token: x, ca_file: /nowhere.pem}}\n", "ca_file"),
    ],
)
def test_a_setting_that_cannot_work_on_this_machine_stops_startup(change: str, words: str, tmp_path: Path) -> None:
    text = GOOD if not change.startswith("sinks") else GOOD.split("\n")[0] + "\n"
    store = "" if change.startswith("store") else f"store: {{url: 'sqlite:///{tmp_path}/store.db'}}\n"
    done = claude_siem("run", "--config", settings_file(tmp_path, text + store + change))
    assert done.returncode == 2
    assert words in done.stderr


def test_help_lists_all_commands_and_version_is_the_package_version() -> None:
    usage = claude_siem("--help")
    assert usage.returncode == 0
    for name in (*COMMANDS, "version"):
        assert f" {name} " in usage.stdout
    assert claude_siem("version").stdout.strip() == __version__
    assert claude_siem("--version").stdout.strip() == __version__
    assert claude_siem("run", "-h").stdout == claude_siem("run", "--help").stdout
