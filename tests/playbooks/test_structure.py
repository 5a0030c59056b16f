"""Every playbook is valid before it runs, and each check finds a broken playbook."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.playbooks.structure import actions, findings
from tests.playbooks.world import TEMPLATES, workflow

Template = dict[str, Any]


def test_there_are_playbooks_for_tickets_messages_and_responses() -> None:
    tags = [template["metadata"]["tags"] for template in TEMPLATES.values()]
    assert sorted(tags) == [["Notification"], ["Response"], ["Response"], ["Ticketing"], ["Ticketing"]]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_playbook_is_valid(name: str) -> None:
    assert findings(TEMPLATES[name]) == []


def inputs(template: Template, name: str) -> dict[str, Any]:
    inputs_of_action: dict[str, Any] = action(template, name)["inputs"]
    return inputs_of_action


def action(template: Template, name: str) -> dict[str, Any]:
    return dict(actions(workflow(template)["definition"]["actions"]))[name]


def trigger(template: Template) -> dict[str, Any]:
    (found,) = workflow(template)["definition"]["triggers"].values()
    trigger_of_workflow: dict[str, Any] = found
    return trigger_of_workflow


BROKEN: dict[str, tuple[Callable[[Template], Any], str]] = {
    "title": (lambda t: t["metadata"].pop("title"), "metadata.title is missing"),
    "tier": (lambda t: t["metadata"].pop("support"), "metadata.support.tier is missing"),
    "time": (lambda t: t["metadata"].update(lastUpdateTime="lately"), "lastUpdateTime is no time"),
    "name": (lambda t: t["parameters"].pop("PlaybookName"), "no parameter PlaybookName"),
    "after nothing": (lambda t: action(t, "Create").update(runAfter={"Nothing": ["Succeeded"]}), "not beside it"),
    "after a status": (lambda t: action(t, "Search").update(runAfter={"Secret": ["Done"]}), "with ['Done']"),
    "two of a name": (
        lambda t: action(t, "Is_found")["actions"].update(Create=action(t, "Create")),
        "two actions are called Create",
    ),
    "blank": (lambda t: workflow(t)["definition"]["actions"].update({"a b": action(t, "Who")}), "'a b' is no name"),
    "at once": (lambda t: trigger(t).pop("runtimeConfiguration"), "two runs at once"),
    "no action": (lambda t: inputs(t, "Names").update({"from": "@body('Whom')"}), "body('Whom'): no such action"),
    "no loop": (lambda t: action(t, "Key").update(inputs="@items('Loop')"), "items('Loop'): no such loop"),
    "undeclared": (lambda t: inputs(t, "Search").update(uri="@{parameters('Url')}"), "Url is not declared"),
    "unused": (
        lambda t: workflow(t)["definition"]["parameters"].update(Spare={"type": "String"}),
        "Spare is not used",
    ),
    "not given": (lambda t: workflow(t)["parameters"].pop("BaseUrl"), "declared or given, not both: ['BaseUrl']"),
    "connection": (
        lambda t: inputs(t, "Comment_created")["host"]["connection"].update(name="@parameters('$connections')['mail']"),
        "connection mail is used and not given",
    ),
    "not made": (lambda t: t["resources"].pop(0), "is not made"),
    "by name": (lambda t: t["resources"][0].update(name="azuresentinel"), "not named by a variable"),
    "another identity": (
        lambda t: workflow(t)["parameters"]["$connections"]["value"]["azuresentinel"].pop("connectionProperties"),
        "does not use the playbook's identity",
    ),
    "no identity": (lambda t: t["resources"][1].pop("identity"), "no identity of its own"),
    "shown": (lambda t: action(t, "Secret").pop("runtimeConfiguration"), "Secret shows a secret"),
    "shown by a request": (lambda t: action(t, "Search").pop("runtimeConfiguration"), "Search shows a secret"),
    "written out": (
        lambda t: inputs(t, "Search")["authentication"].update(password="hunter2"),
        "Search.password is written out",
    ),
    "key": (lambda t: inputs(t, "Search").update(headers={"a": "sk-ant-admin01-abcdefgh"}), "looks like a secret"),
    "default": (
        lambda t: t["parameters"]["SecretName"].update(defaultValue="A1b2C3d4" * 6),
        "looks like a secret",
    ),
    "again": (lambda t: inputs(t, "Create").pop("retryPolicy"), "Create would be sent again"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_playbook_is_found(case: str) -> None:
    change, message = BROKEN[case]
    template = copy.deepcopy(TEMPLATES["Claude-JiraIssue"])
    change(template)
    assert message in "\n".join(findings(template))


def test_a_definition_holds_no_expression_of_resource_manager() -> None:
    for template in TEMPLATES.values():
        texts = json.dumps(workflow(template)["definition"])
        assert '"[' not in texts.replace('["', "").replace('"[]', "")
