"""`claude-siem sentinel package`: this version's files in a folder, and the commands that deploy them; offline."""

import json
import shlex
from pathlib import Path
from typing import Any

from forwarder.azure.solution import shipped_functions, shipped_rules, shipped_watchlists, template
from forwarder.simulator import CLIENT_ID, TENANT_ID
from tests.azure.standin import SUBSCRIPTION, WORKSPACE
from tests.cli.commands import claude_siem, settings_file
from tests.packages.arm import TEMPLATE
from tests.packages.solution import RULES, SENTINEL

CONFIG = f"""
anthropic: {{compliance_key: sk-ant-api01-never-to-be-seen}}
sinks:
  sentinel:
    type: sentinel
    endpoint: https://soc.ingest.monitor.azure.com
    rule_id: dcr-{"1" * 32}
    tenant_id: {TENANT_ID}
    client_id: {CLIENT_ID}
    client_secret: never-to-be-seen
    management: {{workspace: "{WORKSPACE}"}}
"""
DEPLOYED = ("azuredeploy.json", "deploy", "Playbooks")


def written(folder: Path) -> dict[str, bytes]:
    """What is in the folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_files_are_those_of_the_project_and_the_same_every_time(tmp_path: Path) -> None:
    assert claude_siem("sentinel", "package", "--output", tmp_path / "one").returncode == 0
    assert claude_siem("sentinel", "package", "--output", tmp_path / "two").returncode == 0
    files = written(tmp_path / "one")
    assert files == written(tmp_path / "two")
    ours = {p: text for p, text in written(SENTINEL).items() if p.split("/")[0] in DEPLOYED}
    assert {**ours, "azuredeploy.parameters.json": files["azuredeploy.parameters.json"]} == files


def test_values_of_the_settings_are_filled_in(tmp_path: Path) -> None:
    done = claude_siem("sentinel", "package", "--output", tmp_path / "out", "--config", settings_file(tmp_path, CONFIG))
    given = json.loads((tmp_path / "out/azuredeploy.parameters.json").read_text())
    assert given["parameters"] == {"workspace": {"value": "soc"}}
    assert given["$schema"].endswith("deploymentParameters.json#")
    commands = [shlex.split(line) for line in done.stdout.splitlines() if line.startswith("az ")]
    assert [command[3] for command in commands] == ["validate", "what-if", "create", "show"]
    for command in commands:
        assert command[4:10] == [
            "--subscription",
            SUBSCRIPTION,
            "--resource-group",
            "Security",
            "--name",
            "claude-siem",
        ]
    for command in commands[:3]:
        assert command[10:] == [
            "--template-file",
            str(tmp_path / "out/azuredeploy.json"),
            "--parameters",
            str(tmp_path / "out/azuredeploy.parameters.json"),
            "--parameters",
            "principalId=$PRINCIPAL_ID",
        ]
    assert f"az ad sp show --id {CLIENT_ID} --query id" in done.stdout


def test_every_parameter_without_a_default_is_given_by_file_or_command(tmp_path: Path) -> None:
    done = claude_siem("sentinel", "package", "--output", tmp_path / "a folder")
    needed = {name for name, parameter in TEMPLATE["parameters"].items() if "defaultValue" not in parameter}
    given = json.loads((tmp_path / "a folder/azuredeploy.parameters.json").read_text())["parameters"]
    assert needed == {*given, "principalId"}
    assert given == {"workspace": {"value": "WORKSPACE"}}
    assert "--resource-group RESOURCE_GROUP" in done.stdout
    assert f"'{tmp_path}/a folder/azuredeploy.json'" in done.stdout, "a path with a space is one word"


def test_a_folder_with_other_files_is_unchanged_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert claude_siem("sentinel", "package", "--output", out).returncode == 0
    assert claude_siem("sentinel", "package", "--output", out).returncode == 0, "ours and unchanged"
    (out / "azuredeploy.json").write_text("mine")
    (out / "notes.txt").write_text("mine too")
    before = written(out)
    done = claude_siem("sentinel", "package", "--output", out)
    assert (done.returncode, done.stdout, written(out)) == (2, "", before)
    assert "holds 2 files that are not this version's, such as" in done.stderr
    assert claude_siem("sentinel", "package", "--output", out, "--force").returncode == 0
    after = written(out)
    assert after["azuredeploy.json"] == (SENTINEL / "azuredeploy.json").read_bytes()
    assert after["notes.txt"] == b"mine too"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = claude_siem("sentinel", "package", "--output", tmp_path / "file")
    assert (done.returncode, f"--output {tmp_path}/file:" in done.stderr) == (2, True)


def test_the_bundled_solution_is_the_one_of_the_project() -> None:
    assert template() == TEMPLATE
    rules = {rule["id"]: (rule["name"], rule["query"]) for rule in RULES.values()}
    assert {key: (rule.title, rule.query) for key, rule in shipped_rules().items()} == rules
    named: list[dict[str, Any]] = [one["properties"] for one in TEMPLATE["resources"] if "properties" in one]
    assert shipped_functions().keys() == {one["functionAlias"] for one in named if "functionAlias" in one}
    assert shipped_watchlists().keys() == {path.stem for path in (SENTINEL / "Watchlists").glob("*.json")}
