"""The drift check: every difference is reported, and proposed entries map every documented field."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from forwarder.ocsf.feed.catalogue import compile_plan, families, plans
from tools.api_drift.compare import compare
from tools.api_drift.facts import FACTS, updated
from tools.api_drift.listed import Documented, Unreadable, read
from tools.api_drift.propose import propose


def drift(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "tools.api_drift", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def facts() -> dict[str, Any]:
    """The documented activity types, as JSON."""
    found: dict[str, Any] = json.loads(FACTS.read_text())
    return found


def test_the_current_list_has_no_differences() -> None:
    done = drift(FACTS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 new, 0 changed, 0 removed\n", "")


def test_every_difference_is_reported(tmp_path: Path) -> None:
    newer = facts()["activities"]
    del newer["age_verified"]
    newer["org_sso_toggled"]["fields"] = {"enabled": "string", "grace_period_days": "integer"}
    newer["platform_api_key_updated"]["enums"]["updates[].type"] = ["name", "status", "expiry"]
    newer["rbac_role_canary_disabled"] = {"fields": {"role_id": "string", "previous_canary": "string", "canary": "x"}}
    (tmp_path / "newer.json").write_text(json.dumps(newer))
    done = drift(tmp_path / "newer.json")
    assert done.returncode == 1
    report = [line.strip() for line in done.stdout.splitlines()]
    assert report[0] == "1 new, 2 changed, 1 removed"
    assert report[-1] == "age_verified"
    assert "field + grace_period_days (integer)" in report
    assert "field enabled: boolean is now string" in report
    assert {"updates + expiry", "updates - workspace"} <= set(report)
    block = re.search(r"^  rbac_role_canary_disabled:\n(    .*\n)+", done.stdout, re.MULTILINE)
    assert block is not None
    (entry,) = yaml.safe_load(block.group()).values()
    assert (entry["activity"], entry["change"]) == ("Disable", {"canary": ["previous_canary", "canary"]})
    assert "themes/role-definitions.yaml # review" in done.stdout


def test_a_list_of_names_alone_shows_new_and_removed_types() -> None:
    known = read(FACTS)
    names = {code: Documented(None, None) for code in known}
    assert not any(compare(known, names))


# Every third type, because each proposal reads the whole catalogue.
@pytest.mark.parametrize("code", sorted(code for code, e in facts()["activities"].items() if e["fields"])[::3])
def test_a_proposed_entry_maps_every_documented_field_and_value(code: str) -> None:
    documented = read(FACTS)[code]
    proposal = propose(code, documented, families(), plans())
    family = {key: value for key, value in families()[proposal.theme].items() if key not in ("about", "types")}
    assert yaml.safe_load(proposal.text()) == {code: proposal.entry}
    plan = compile_plan(code, {**family, **proposal.entry})
    assert documented.fields is not None
    assert {re.split(r"[.\[{]", path)[0] for path in documented.fields} <= plan.known
    expected = {path: frozenset(values) for path, values in (documented.enums or {}).items() if not _of_a_setting(path)}
    compiled = {".".join(path): values for path, values in plan.enums}
    assert {path.replace("[]", ""): values for path, values in expected.items()}.items() <= compiled.items()


def _of_a_setting(path: str) -> bool:
    """Whether the values belong to only one of the settings in `updates[]`, which share one path."""
    return path.startswith("updates[].") and path != "updates[].type"


def test_updated_facts_have_no_differences_and_keep_removed_types(tmp_path: Path) -> None:
    copy, newer = tmp_path / "facts.json", tmp_path / "newer.json"
    copy.write_text(FACTS.read_text())
    newer.write_text(json.dumps([{"type": "robot_built", "fields": {"robot_id": "string"}}, "age_verified"]))
    assert drift(newer, "--facts", copy, "--update").returncode == 1
    written = json.loads(copy.read_text())
    assert written["activities"]["robot_built"]["fields"] == {"robot_id": "string"}
    assert written["activities"].keys() == facts()["activities"].keys() | {"robot_built"}
    assert compare(read(copy), read(newer))[:2] == ([], {})


def test_a_list_without_values_removes_none() -> None:
    known = read(FACTS)
    without = {code: Documented(documented.fields, None) for code, documented in known.items()}
    assert not any(compare(known, without))
    assert updated(FACTS.read_text(), without) == FACTS.read_text()


def test_unchanged_facts_are_written_unchanged() -> None:
    assert updated(FACTS.read_text(), read(FACTS)) == FACTS.read_text()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "Expecting property name"),
        ("7", "neither an array nor an object"),
        ("[]", "holds no activity type"),
        ('["a", "a"]', "'a' is listed twice"),
        ('["a", 7]', "item 1 is neither"),
        ('[{"fields": {}}]', "item 0 is neither"),
        ('{"a": {"fields": ["x"]}}', "a: `fields` and `enums` must be objects"),
        ('{"a": {"fields": {}, "enums": {"x": "y"}}}', r"`enums` of ['x'] must be an array"),
        ('{"a": {"fields": {"x": 7}}}', "a: the kind of ['x'] must be text"),
        ('{"a": null, "a": null}', "duplicate name ['a']"),
        ("[" * 200_000, "recursion"),
        ('{"a": 7}', "a: `fields` and `enums` must be objects"),
    ],
)
def test_an_invalid_list_is_refused_with_the_reason(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "newer.json").write_text(text)
    with pytest.raises(Unreadable, match=re.escape(fault)):
        read(tmp_path / "newer.json")
    done = drift(tmp_path / "newer.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert fault in done.stderr
