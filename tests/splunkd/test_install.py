"""`claude-siem splunk install`: creates what is missing, leaves the rest unchanged, and keeps the token secret."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from forwarder import __version__
from forwarder.simulator import HEC_TOKEN
from tests.cli.within import CommandResult
from tests.splunkd.atom import Entry
from tests.splunkd.standin import APP, MADE_TOKEN, app_entry, token_entry
from tests.splunkd.world import World, splunk_command

PACKAGE = "/opt/packages/claude_siem.tgz"


@pytest.fixture
def bare(splunk: World) -> World:
    """A fresh Splunk Enterprise: no index of ours, HEC off, no token, no app; its disk has the package."""
    tables = splunk.splunkd.entities
    tables["data/indexes"] = [Entry("main", {"disabled": "0"})]
    tables["data/inputs/http"] = [Entry("http", {"disabled": "1"}, "splunk_httpinput")]
    tables["apps/local"] = [app_entry("search", "10.4.2")]
    splunk.splunkd.packages = {PACKAGE: __version__}
    return splunk


def install(splunk: World, *options: object, **changes: Any) -> CommandResult:
    """The command's run; the settings' `token_file` is not there yet unless `changes` say otherwise."""
    own = {"token_file": str(splunk.folder / "new-token"), **changes}
    return splunk_command("install", "--config", splunk.file(**own), *options)


def steps(done: CommandResult) -> list[tuple[str, str]]:
    """State and subject of each line."""
    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines() if "  " in line]
    return [(state, rest.partition(":")[0]) for state, rest in lines]


WHOLE = [f"index {name}" for name in ("claude", "claude_usage", "claude_agent", "claude_content", "claude_verify")]
WHOLE += ["HEC", "HEC token claude_siem", "app claude_siem"]


def test_a_second_run_changes_nothing(bare: World) -> None:
    options = ("--package", PACKAGE, "--verify-index", "claude_verify")
    first = install(bare, *options)
    assert steps(first) == [*(("changed", subject) for subject in WHOLE), ("advice", "splunkd")]
    assert bare.splunkd.changes == [
        *(f"made data/indexes/{subject.removeprefix('index ')}" for subject in WHOLE[:5]),
        "changed data/inputs/http/http",
        "made data/inputs/http/claude_siem",
        f"installed {PACKAGE}",
    ]
    (token,) = (entry for entry in bare.splunkd.entities["data/inputs/http"] if entry.name == "http://claude_siem")
    assert token.content["indexes"] == [subject.removeprefix("index ") for subject in WHOLE[:5]]
    assert (token.content["index"], token.content["useACK"]) == ("claude", "0")
    bare.splunkd.changes.clear()
    bare.splunkd.entities["messages"] = []
    second = install(bare, *options)
    assert second.returncode == 0
    assert {state for state, _ in steps(second)} == {"unchanged"}
    assert second.stdout.endswith("nothing was changed\n")
    assert bare.splunkd.changes == []


def test_a_new_token_is_written_for_its_owner_only_and_not_printed(bare: World) -> None:
    done = install(bare, "--package", PACKAGE)
    file = bare.folder / "new-token"
    assert file.read_text() == f"{MADE_TOKEN}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert MADE_TOKEN not in done.stdout + done.stderr


def test_a_token_is_printed_on_request(bare: World, tmp_path: Path) -> None:
    done = install(bare, "--show-token", "--token-file", tmp_path / "elsewhere")
    assert done.stdout.splitlines()[-1] == f"HEC token: {MADE_TOKEN}"
    assert (tmp_path / "elsewhere").exists()
    assert json.loads(install(bare, "--show-token", "--json").stdout)["token"] == MADE_TOKEN


def test_a_token_in_the_settings_is_created_with_its_value(bare: World) -> None:
    own = "12345678-aaaa-4bbb-8ccc-123456789012"
    done = install(bare, token=own, token_file=None)
    (token,) = (entry for entry in bare.splunkd.entities["data/inputs/http"] if entry.name == "http://claude_siem")
    assert token.content["token"] == own
    assert own not in done.stdout + done.stderr


def test_a_token_is_recognized_by_its_value_and_not_replaced_by_its_name(bare: World) -> None:
    tokens = bare.splunkd.entities["data/inputs/http"]
    tokens.append(token_entry("theirs", HEC_TOKEN, indexes=[]))
    settings = {"token_file": str(bare.folder / "hec-token")}
    assert ("unchanged", "HEC token theirs") in steps(install(bare, **settings))
    tokens[-1] = token_entry("claude_siem", MADE_TOKEN)
    done = install(bare, **settings)
    assert ("advice", "HEC token claude_siem") in steps(done)
    assert "exists with another value than in the settings" in done.stdout
    assert [change for change in bare.splunkd.changes if "claude_siem" in change] == []


def test_a_file_with_other_content_is_not_overwritten(bare: World) -> None:
    (bare.folder / "taken").write_text("mine")
    done = install(bare, "--token-file", bare.folder / "taken")
    assert ("failed", "HEC token claude_siem") in steps(done)
    assert (bare.folder / "taken").read_text() == "mine"
    assert "made data/inputs/http/claude_siem" not in bare.splunkd.changes
    bare.splunkd.entities["data/inputs/http"].append(token_entry("claude_siem", MADE_TOKEN))
    assert ("advice", f"token file {bare.folder / 'taken'}") in steps(
        install(bare, "--token-file", bare.folder / "taken")
    )


def test_an_existing_token_gets_what_it_lacks_and_keeps_the_rest(bare: World) -> None:
    lacking = token_entry("claude_siem", MADE_TOKEN, indexes=["main", "claude"], index="main", disabled="1")
    bare.splunkd.entities["data/inputs/http"].append(lacking)
    assert ("changed", "HEC token claude_siem") in steps(install(bare))
    (token,) = (entry for entry in bare.splunkd.entities["data/inputs/http"] if entry.name == "http://claude_siem")
    assert token.content["indexes"] == ["main", "claude", "claude_usage", "claude_agent", "claude_content"]
    assert (token.content["index"], token.content["disabled"]) == ("main", "0")


def test_a_dry_run_prints_the_steps_and_changes_nothing(bare: World) -> None:
    done = install(bare, "--dry-run", "--package", PACKAGE, "--verify-index", "claude_verify")
    assert steps(done) == [("planned", subject) for subject in WHOLE]
    assert done.stdout.endswith("8 to be changed; nothing was changed\n")
    assert bare.splunkd.changes == []
    assert not (bare.folder / "new-token").exists()


def test_without_a_package_both_ways_to_install_the_app_are_printed(bare: World) -> None:
    done = install(bare)
    (line,) = (line for line in done.stdout.splitlines() if f"app {APP}" in line)
    assert line.startswith("advice")
    assert "Install app from file" in line
    assert "--package PATH, the path on that host" in line.replace("`", "")
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("path", "version", "words"),
    [
        ("/nowhere.tgz", None, "Application does not exist: /nowhere.tgz"),
        (PACKAGE, "0.0.1", "afterwards 0.0.1 is install"),
    ],
)
def test_a_missing_package_or_another_version_fails(path: str, version: str | None, words: str, bare: World) -> None:
    bare.splunkd.packages = {path: version} if version else {}
    done = install(bare, "--package", path)
    assert done.returncode == 1
    assert ("failed", "app claude_siem") in steps(done)
    assert words in done.stdout


def test_a_missing_permission_ends_the_command_with_one_line(bare: World) -> None:
    bare.splunkd.denied = {"data/inputs/http"}
    done = install(bare)
    assert done.returncode == 1
    assert done.stderr == "data/inputs/http: HTTP 403 (insufficient permission to access this resource)\n"


def test_a_host_that_does_not_index_gets_the_app_and_advice(bare: World) -> None:
    info = bare.splunkd.entities["server/info"][0]
    bare.splunkd.entities["server/info"] = [info._replace(content={**info.content, "server_roles": ["search_head"]})]
    done = install(bare, "--package", PACKAGE)
    assert steps(done)[:2] == [("advice", "indexes and HEC"), ("changed", "app claude_siem")]
    assert bare.splunkd.changes == [f"installed {PACKAGE}"]


def test_for_splunk_cloud_the_commands_are_printed_and_nothing_is_changed(bare: World) -> None:
    info = bare.splunkd.entities["server/info"][0]
    bare.splunkd.entities["server/info"] = [info._replace(content={**info.content, "instance_type": "cloud"})]
    done = install(bare, "--verify-index", "claude_verify", "--package", "claude_siem-0.1.0.tgz")
    assert done.returncode == 0
    commands = [line for line in done.stdout.splitlines() if line.startswith("acs ")]
    assert "acs indexes create --name claude_usage --data-type event --searchable-days 90" in commands
    assert [c for c in commands if c.startswith("acs hec-token create --name claude_siem --default-index claude ")]
    assert "acs apps install private --acs-legal-ack=Y --app-package claude_siem-0.1.0.tgz" in commands
    assert bare.splunkd.changes == []
