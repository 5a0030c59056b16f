"""What deploying this version would change: Azure's validation and what-if of the bundled template, told in lines."""

from typing import Any

import pytest

from forwarder.azure.deployment import judge_changes, preview
from forwarder.azure.solution import template
from forwarder.siem.findings import Finding
from forwarder.simulator.azure_tokens import OBJECT_ID
from tests.azure.standin import LOCATION
from tests.azure.world import World

DCR = "dataCollectionRules/claude-siem"
BY_KIND = ("what-if: Create", "what-if: Modify")
RIGHT = [
    Finding("template", "ok", "Azure takes it in Security"),
    Finding("what-if: NoChange", "ok", "101 unchanged"),
    Finding("what-if: Ignore", "ok", "1 beside it, left alone"),
]


def found(cloud: World, seconds: float = 60) -> list[Finding]:
    """What the preview says."""
    with cloud.azure() as azure:
        told = list(preview(azure, seconds))
    assert all(len(finding.text.splitlines()) == 1 for finding in told)
    return told


def parameters(cloud: World) -> dict[str, Any]:
    """What was given with the last question."""
    return {name: one["value"] for name, one in cloud.manager.deployments.asked[-1]["properties"]["parameters"].items()}


def test_what_is_deployed_as_shipped_would_not_change(cloud: World) -> None:
    assert found(cloud) == RIGHT
    validated, foreseen = cloud.manager.deployments.asked
    assert validated == foreseen
    assert validated["properties"]["template"] == template()
    assert (validated["properties"]["mode"], validated["properties"]["validationLevel"]) == (
        "Incremental",
        "ProviderNoRbac",
    )


def test_what_was_chosen_when_it_was_deployed_is_kept(cloud: World) -> None:
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


def test_a_table_that_is_not_there_is_made_as_shipped(cloud: World) -> None:
    cloud.manager.remove("tables/ClaudeUsage_CL")
    told = {finding.subject: finding for finding in found(cloud)}
    assert told["what-if: Create"] == Finding("what-if: Create", "warning", "1 to be made: tables ClaudeUsage_CL")
    assert "usagePlan" not in parameters(cloud)


def test_what_would_be_made_or_changed_is_named(cloud: World) -> None:
    for name in ("ClaudeUsage", "ClaudeAgent", "ClaudeContent", "ClaudeSites"):
        cloud.manager.remove(f"savedSearches/{name}")
    cloud.manager.at("savedSearches/ClaudeActivity")["properties"]["query"] = "print 1"
    cloud.manager.at(DCR)["properties"]["streamDeclarations"]["Custom-ClaudeUsage_CL"]["columns"].pop()
    cloud.manager.deployments.unsupported = {"claude-siem-errors"}
    told = {finding.subject: finding for finding in found(cloud)}
    made, changed = told["what-if: Create"], told["what-if: Modify"]
    assert (made.level, changed.level) == ("warning", "warning")
    names = "savedSearches ClaudeAgent; savedSearches ClaudeContent; savedSearches ClaudeSites; …"
    assert made.text == f"4 to be made: {names}"
    columns = "properties.streamDeclarations.Custom-ClaudeUsage_CL.columns"
    assert changed.text == (
        f"2 to be changed: dataCollectionRules claude-siem ({columns}); savedSearches ClaudeActivity (properties.query)"
    )
    assert told["what-if: Unsupported"].level == "ok"
    assert "claude-siem-errors (Changes to the resource cannot be analyzed.)" in told["what-if: Unsupported"].text


def change(kind: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """A change as Azure tells it."""
    return {"changeType": kind, "resourceId": f"/subscriptions/s/providers/Microsoft.A/things/{number}", **more}


def properties(*kinds: str) -> list[dict[str, Any]]:
    """Properties of these kinds of change."""
    return [{"path": f"p{at}", "propertyChangeType": kind} for at, kind in enumerate(kinds)]


def test_every_kind_of_change_is_a_line_and_only_a_deletion_fails() -> None:
    kinds = ("Ignore", "NoChange", "Deploy", "Unsupported", "Delete", "Modify", "Create")
    told = list(judge_changes(map(change, kinds)))
    assert [finding.subject.removeprefix("what-if: ") for finding in told] == [
        "Create",
        "Modify",
        "Delete",
        "Unsupported",
        "Deploy",
        "NoChange",
        "Ignore",
    ]
    assert [finding.level for finding in told] == ["warning", "warning", "fails", "ok", "ok", "ok", "ok"]
    assert told[2].text == "1 to be deleted: things 1"


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
    (finding,) = judge_changes([change("Modify", delta=delta)])
    assert finding.text == f"1 to be changed: things 1{shown}"


def test_an_answer_that_takes_its_time_is_waited_for(cloud: World) -> None:
    cloud.manager.deployments.looks = 0
    assert found(cloud) == RIGHT
    assert [note.method for note in cloud.manager.served() if "/operationresults/" in note.target] == ["GET", "GET"]
    cloud.manager.deployments.looks = 1000
    assert [(finding.level, finding.text) for finding in found(cloud, 0.2)] == [
        ("fails", "the template: no answer in 0.2 s"),
        ("fails", "what-if: no answer in 0.2 s"),
    ]


def test_what_azure_does_not_take_is_told_with_its_innermost_reasons(cloud: World) -> None:
    inner = {"code": "InvalidParameter", "message": "retentionInDays of 3\nis not allowed"}
    cloud.manager.deployments.invalid = [inner, {"code": "Conflict", "message": "the name is taken"}]
    reasons = "InvalidParameter: retentionInDays of 3 is not allowed; Conflict: the name is taken"
    assert found(cloud) == [
        Finding("template", "fails", f"Azure does not take it: {reasons}"),
        Finding("what-if", "fails", reasons),
    ]


def test_a_what_if_that_fails_is_told(cloud: World) -> None:
    cloud.manager.deployments.failed = {"code": "ResourceNotFound", "message": "no such workspace"}
    assert found(cloud)[1] == Finding("what-if", "fails", "Azure cannot tell: ResourceNotFound: no such workspace")


@pytest.mark.parametrize("path", ["/validate", "/whatif"])
def test_what_may_not_be_asked_is_a_doubt_and_the_other_is_told(path: str, cloud: World) -> None:
    cloud.manager.denied = {path}
    told = found(cloud)
    (doubt,) = (finding for finding in told if finding.level == "warning")
    assert doubt.subject == ("template" if path == "/validate" else "what-if")
    assert "not known: who asks may not" in doubt.text
    assert doubt.text.endswith("see rights to verify")
    assert {finding.subject for finding in told} - {doubt.subject} < {finding.subject for finding in RIGHT}
