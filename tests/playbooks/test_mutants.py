"""Each condition of a gate and of a search matters: without it a story goes another way."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.playbooks.test_response import CHIEF, KEY_ID, REFUSED, YES
from tests.playbooks.world import KEY, World

APPROVERS = {"Approvers": [CHIEF["objectId"]]}


def spoil(world: World, playbook: str, part: str, instead: str) -> None:
    """From here on the playbook has something else in the place of a part of its text."""
    text, written = json.dumps(world.templates[playbook]), json.dumps(part)[1:-1]
    assert text.count(written) == 1, part
    world.templates[playbook] = json.loads(text.replace(written, json.dumps(instead)[1:-1]))


def disabled(world: World, text: str, author: dict[str, Any], hours_ago: float) -> bool:
    world.anthropic.keys = {KEY_ID: "active"}
    incident = world.incident(KEY)
    world.azure.say(incident, text, author, hours_ago)
    world.play("Claude-DisableKey", incident, **APPROVERS)
    return world.anthropic.keys[KEY_ID] != "active"


AUTHOR = "contains(parameters('Approvers'), coalesce(item()?['properties']?['author']?['objectId'], 'nobody'))"
GATE = {
    "an analyst's": (AUTHOR, "true"),
    "with more words": (", outputs('Approval_text')), greater(", ", item()?['properties']?['message']), greater("),
    "too old": ("ticks(addHours(utcNow(), mul(-1, parameters('ApprovalHours'))))", "0"),
}
"""Comment that is refused → the condition that refuses it, and what to put in its place."""


@pytest.mark.parametrize("case", GATE)
def test_a_gate_without_this_lets_somebody_through(case: str, world: World) -> None:
    assert not disabled(world, *REFUSED[case])
    spoil(world, "Claude-DisableKey", *GATE[case])
    assert disabled(world, *REFUSED[case])


def test_without_the_mark_of_an_answer_a_sentence_counts_again(world: World) -> None:
    spoil(world, "Claude-DisableKey", "concat('(answers ', item()?['name'], ')')", "'nowhere'")
    world.anthropic.keys = {KEY_ID: "active"}
    incident = world.incident(KEY)
    world.azure.say(incident, YES, CHIEF)
    for _ in range(2):
        world.play("Claude-DisableKey", incident, **APPROVERS)
        world.anthropic.keys = {KEY_ID: "active"}
    assert len(world.stage.asked("POST", "/anthropic")) == 2


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
def test_without_what_the_search_found_there_are_two(playbook: str, world: World) -> None:
    play, part, instead = SEARCHES[playbook]
    spoil(world, playbook, part, instead)
    assert play(world) == 2
