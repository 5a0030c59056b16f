"""The changes of deploying this version: Azure's validation and what-if of the bundled template, as findings."""

from typing import Any

import pytest

from forwarder.azure.deployment import check_changes, preview
from forwarder.azure.solution import template
from forwarder.siem.check import SiemFinding
from forwarder.simulator.azure_tokens import OBJECT_ID
from tests.azure.standin import LOCATION
from tests.azure.world import World

DCR = "dataCollectionRules/claude-siem"
BY_KIND = ("what-if: Create", "what-if: Modify")
RIGHT = [
    SiemFinding("template", "ok", "valid in resource group Security"),
    SiemFinding("what-if: NoChange", "ok", "102 unchanged"),
    SiemFinding("what-if: Ignore", "ok", "1 not in the template, left unchanged"),
]


def found(cloud: World, seconds: float = 60) -> list[SiemFinding]:
    """The findings of the preview."""
    with cloud.azure() as azure:
        findings = list(preview(azure, seconds))
    assert all(len(finding.text.splitlines()) == 1 for finding in findings)
    return findings


def parameters(cloud: World) -> dict[str, Any]:
    """What was given with the last question."""
    return {name: one["value"] for name, one in cloud.manager.deployments.asked[-1]["properties"]["parameters"].items()}


def test_a_deployment_as_shipped_would_not_change(cloud: World) -> None:
    assert found(cloud) == RIGHT
    validated, foreseen = cloud.manager.deployments.asked
    assert validated == foreseen
    assert validated["properties"]["template"] == template()
    assert (validated["properties"]["mode"], validated["properties"]["validationLevel"]) == (
        "Incremental",
        "ProviderNoRbac",
    )


def test_the_parameters_of_the_existing_deployment_are_kept(cloud: World) -> None:
    chosen = {"plan": "Basic", "retentionInDays": 30, "totalRetentionInDays": 365}
    cloud.manager.at("tables/ClaudeAgent_CL")["properties"] |= chosen
    cloud.manager.at("tables/ClaudeUsage_CL")["properties"]["retentionInDays"] = 120
    cloud.manager.at("tables/ClaudeUsage_CL")["properties"]["totalRetentionInDays"] = 730
    found(cloud)
    given = parameters(cloud)
    assert (given["workspace"], given["location"], given["principalId"]) == ("soc", LOCATION, OBJECT_ID)
    assert (given["agentPlan"], given["agentTotalRetentionInDays"]) == ("Basic", 365)
    assert "agentRetentionInDays" not in given, "plan Basic takes no figure"
    assert (given["usageRetentionInDays"], given["usageTotalRetentionInDays"]) == (120, 730)
    assert given["enableRules"] is True
    for key, rule in cloud.manager.resources.items():
        if "/alertrules/" in key:
            rule["properties"]["enabled"] = False
    found(cloud)
    assert parameters(cloud)["enableRules"] is False


def test_a_missing_table_would_be_created_as_shipped(cloud: World) -> None:
    cloud.manager.remove("tables/ClaudeUsage_CL")
    findings = {finding.subject: finding for finding in found(cloud)}
    assert findings["what-if: Create"] == SiemFinding(
        "what-if: Create", "warning", "1 to be created: tables ClaudeUsage_CL"
    )
    assert "usagePlan" not in parameters(cloud)


def test_resources_to_be_created_or_changed_are_named(cloud: World) -> None:
    for name in ("ClaudeUsage", "ClaudeAgent", "ClaudeContent", "ClaudeSites"):
        cloud.manager.remove(f"savedSearches/{name}")
    cloud.manager.at("savedSearches/ClaudeActivity")["properties"]["query"] = "print 1"
    cloud.manager.at(DCR)["properties"]["streamDeclarations"]["Custom-ClaudeUsage_CL"]["columns"].pop()
    cloud.manager.deployments.unsupported = {"claude-siem-errors"}
    findings = {finding.subject: finding for finding in found(cloud)}
    made, changed = findings["what-if: Create"], findings["what-if: Modify"]
    assert (made.level, changed.level) == ("warning", "warning")
    names = "savedSearches ClaudeAgent; savedSearches ClaudeContent; savedSearches ClaudeSites; …"
    assert made.text == f"4 to be created: {names}"
    columns = "properties.streamDeclarations.Custom-ClaudeUsage_CL.columns"
    assert changed.text == (
        f"2 to be changed: dataCollectionRules claude-siem ({columns}); savedSearches ClaudeActivity (properties.query)"
    )
    assert findings["what-if: Unsupported"].level == "ok"
    assert "claude-siem-errors (Changes to the resource cannot be analyzed.)" in findings["what-if: Unsupported"].text


def change(kind: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """A change as Azure reports it."""
    return {"changeType": kind, "resourceId": f"/subscriptions/s/providers/Microsoft.A/things/{number}", **more}


def properties(*kinds: str) -> list[dict[str, Any]]:
    """Properties of these kinds of change."""
    return [{"path": f"p{at}", "propertyChangeType": kind} for at, kind in enumerate(kinds)]


def test_every_kind_of_change_is_a_finding_and_only_a_deletion_fails() -> None:
    kinds = ("Ignore", "NoChange", "Deploy", "Unsupported", "Delete", "Modify", "Create")
    findings = list(check_changes(map(change, kinds)))
    assert [finding.subject.removeprefix("what-if: ") for finding in findings] == [
        "Create",
        "Modify",
        "Delete",
        "Unsupported",
        "Deploy",
        "NoChange",
        "Ignore",
    ]
    assert [finding.level for finding in findings] == ["warning", "warning", "fails", "ok", "ok", "ok", "ok"]
    assert findings[2].text == "1 to be deleted: things 1"


@pytest.mark.parametrize(
    ("delta", "shown"),
    [
        (properties("Modify", "NoEffect", "Create", "Delete"), " (p0, p2, p3)"),
        (properties("Modify", "Modify", "Modify", "Modify"), " (p0, p1, p2, …)"),
        ([{"path": "a", "propertyChangeType": "Modify", "children": properties("Create")}], " (a.p0)"),
        ([{"path": "a", "propertyChangeType": "Array", "children": properties("Create", "Delete")}], " (a)"),
        ([{"path": "a", "propertyChangeType": "Array", "children": properties("NoEffect")}], ""),
    ],
)
def test_a_few_properties_that_change_are_named(delta: list[dict[str, Any]], shown: str) -> None:
    (finding,) = check_changes([change("Modify", delta=delta)])
    assert finding.text == f"1 to be changed: things 1{shown}"


def test_a_slow_answer_is_awaited(cloud: World) -> None:
    cloud.manager.deployments.looks = 0
    assert found(cloud) == RIGHT
    assert [note.method for note in cloud.manager.served() if "/operationresults/" in note.target] == ["GET", "GET"]
    cloud.manager.deployments.looks = 1000
    assert [(finding.level, finding.text) for finding in found(cloud, 0.2)] == [
        ("fails", "the template: no answer in 0.2 s"),
        ("fails", "what-if: no answer in 0.2 s"),
    ]


def test_an_invalid_template_is_reported_with_the_innermost_reasons(cloud: World) -> None:
    inner = {"code": "InvalidParameter", "message": "retentionInDays of 3\nis not allowed"}
    cloud.manager.deployments.invalid = [inner, {"code": "Conflict", "message": "the name is taken"}]
    reasons = "InvalidParameter: retentionInDays of 3 is not allowed; Conflict: the name is taken"
    assert found(cloud) == [
        SiemFinding("template", "fails", f"Azure does not accept it: {reasons}"),
        SiemFinding("what-if", "fails", reasons),
    ]


def test_a_failed_what_if_is_reported(cloud: World) -> None:
    cloud.manager.deployments.failed = {"code": "ResourceNotFound", "message": "no such workspace"}
    assert found(cloud)[1] == SiemFinding("what-if", "fails", "what-if failed: ResourceNotFound: no such workspace")


@pytest.mark.parametrize("path", ["/validate", "/whatif"])
def test_a_missing_permission_is_a_warning_and_the_other_check_runs(path: str, cloud: World) -> None:
    cloud.manager.denied = {path}
    findings = found(cloud)
    (denied,) = (finding for finding in findings if finding.level == "warning")
    assert denied.subject == ("template" if path == "/validate" else "what-if")
    assert "unknown: permission denied" in denied.text
    assert denied.text.endswith("see the permissions for verify")
    assert {finding.subject for finding in findings} - {denied.subject} < {finding.subject for finding in RIGHT}
