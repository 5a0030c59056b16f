"""Each condition of an approval and of a search matters: without it the result changes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.playbooks.test_response import CHIEF, KEY_ID, REFUSED, YES
from tests.playbooks.world import KEY, World

APPROVERS = {"Approvers": [CHIEF["objectId"]]}


def replace_part(world: World, playbook: str, part: str, instead: str) -> None:
    """Replaces a part of the playbook's text."""
    text, written = json.dumps(world.templates[playbook]), json.dumps(part)[1:-1]
    assert text.count(written) == 1, part
    world.templates[playbook] = json.loads(text.replace(written, json.dumps(instead)[1:-1]))


def disabled(world: World, text: str, author: dict[str, Any], hours_ago: float) -> bool:
    world.anthropic.keys = {KEY_ID: "active"}
    incident = world.incident(KEY)
    world.azure.add_comment(incident, text, author, hours_ago)
    world.play("Claude-DisableKey", incident, **APPROVERS)
    return world.anthropic.keys[KEY_ID] != "active"


AUTHOR = "contains(parameters('Approvers'), coalesce(item()?['properties']?['author']?['objectId'], 'nobody'))"
APPROVAL_CHECKS = {
    "an analyst's": (AUTHOR, "true"),
    "with more words": (", outputs('Approval_text')), greater(", ", item()?['properties']?['message']), greater("),
    "too old": ("ticks(addHours(utcNow(), mul(-1, parameters('ApprovalHours'))))", "0"),
}
"""Rejected comment → the condition that rejects it, and its replacement."""


@pytest.mark.parametrize("name", APPROVAL_CHECKS)
def test_an_approval_check_without_one_condition_accepts_a_rejected_comment(name: str, world: World) -> None:
    assert not disabled(world, *REFUSED[name])
    replace_part(world, "Claude-DisableKey", *APPROVAL_CHECKS[name])
    assert disabled(world, *REFUSED[name])


def test_without_the_reply_reference_an_approval_is_processed_twice(world: World) -> None:
    replace_part(world, "Claude-DisableKey", "concat('(answers ', item()?['name'], ')')", "'nowhere'")
    world.anthropic.keys = {KEY_ID: "active"}
    incident = world.incident(KEY)
    world.azure.add_comment(incident, YES, CHIEF)
    for _ in range(2):
        world.play("Claude-DisableKey", incident, **APPROVERS)
        world.anthropic.keys = {KEY_ID: "active"}
    assert len(world.stage.requests_to("POST", "/anthropic")) == 2


def jira(world: World) -> int:
    for _ in range(2):
        given = {"BaseUrl": f"{world.stage.url}/jira", "UserName": "soc@example.com", "ProjectKey": "SEC"}
        world.play("Claude-JiraIssue", world.incident(KEY), SecretName="jira-secret", **given)
    return len(world.jira.issues)


def teams(world: World) -> int:
    for _ in range(2):
        world.play("Claude-TeamsMessage", world.incident(KEY), TeamId="t", ChannelId="c")
    return len(world.azure.threads)


SEARCHES: dict[str, tuple[Callable[[World], int], str, str]] = {
    "Claude-JiraIssue": (
        jira,
        "@greater(length(coalesce(body('Search')?['issues'], json('[]'))), 0)",
        "@greater(0, 0)",
    ),
    "Claude-TeamsMessage": (teams, "@greater(length(body('Announced')), 0)", "@greater(0, 0)"),
}


@pytest.mark.parametrize("playbook", SEARCHES)
def test_without_the_search_result_there_are_two(playbook: str, world: World) -> None:
    play, part, instead = SEARCHES[playbook]
    replace_part(world, playbook, part, instead)
    assert play(world) == 2
