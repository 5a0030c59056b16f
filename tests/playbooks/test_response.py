"""Keys are disabled and members removed on the written word of an approver, once, and never otherwise."""

from typing import Any

import pytest

from tests.playbooks.workflow import Run
from tests.playbooks.world import ADA, KEY, Incident, World

KEY_ID = KEY["properties"]["appName"]
CHIEF = {"objectId": "object-of-the-chief", "name": "Chief", "userPrincipalName": "chief@example.com"}
ANALYST = {"objectId": "object-of-the-analyst", "name": "Chief", "userPrincipalName": "chief@example.com"}
"""Another user with the display name of an approver."""
YES = f"approve disable-key {KEY_ID}"


def play(world: World, incident: Incident, playbook: str = "Claude-DisableKey", **more: Any) -> Run:
    return world.play(playbook, incident, **{"Approvers": [CHIEF["objectId"]], **more})


@pytest.fixture
def incident(world: World) -> Incident:
    world.anthropic.keys = {KEY_ID: "active", "apikey_other": "active"}
    return world.incident(KEY, ADA)


def test_it_requests_approval_once_and_does_nothing(world: World, incident: Incident) -> None:
    assert play(world, incident).status == "Succeeded"
    play(world, incident)
    (request,) = world.azure.comment_texts(incident)
    assert request.endswith(f"exactly this text: {YES}")
    assert world.stage.requests_to("GET", "/vault") == []
    assert world.stage.requests_to("GET", "/anthropic") == []


@pytest.mark.parametrize("text", [YES, f"<p>{YES}</p>", f"<div>{YES}&nbsp;</div>", f" {YES}<br>"])
def test_an_approval_disables_the_key_and_no_other(world: World, incident: Incident, text: str) -> None:
    play(world, incident)
    world.azure.add_comment(incident, text, CHIEF)
    assert play(world, incident).status == "Succeeded"
    assert world.anthropic.keys == {KEY_ID: "inactive", "apikey_other": "active"}
    answer = world.azure.comment_texts(incident)[-1]
    assert answer.startswith(f"Disabled the API key {KEY_ID}, approved by chief@example.com (answers ")


REFUSED = {
    "an analyst's": (YES, ANALYST, 0.0),
    "with more words": (f"I do not {YES}", CHIEF, 0.0),
    "with a word after": (f"{YES} tomorrow", CHIEF, 0.0),
    "about another key": ("approve disable-key apikey_other", CHIEF, 0.0),
    "in other letters": (YES.upper(), CHIEF, 0.0),
    "too old": (YES, CHIEF, 8.1),
    "of nobody known": (YES, {}, 0.0),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_comment_without_approval_does_nothing(world: World, incident: Incident, case: str) -> None:
    text, author, hours_ago = REFUSED[case]
    world.azure.add_comment(incident, text, author, hours_ago)
    assert play(world, incident).status == "Succeeded"
    assert set(world.anthropic.keys.values()) == {"active"}
    assert world.stage.requests_to("GET", "/vault") == []


def test_without_approvers_nobody_can_approve(world: World, incident: Incident) -> None:
    world.azure.add_comment(incident, YES, CHIEF)
    world.azure.add_comment(incident, YES, {})
    play(world, incident, Approvers=[])
    assert world.anthropic.keys[KEY_ID] == "active"


def test_an_approval_is_processed_once_even_when_the_key_is_enabled_again(world: World, incident: Incident) -> None:
    world.azure.add_comment(incident, YES, CHIEF)
    play(world, incident)
    world.anthropic.keys[KEY_ID] = "active"
    play(world, incident)
    assert world.anthropic.keys[KEY_ID] == "active"
    assert len(world.stage.requests_to("POST", "/anthropic")) == 1
    world.azure.add_comment(incident, YES, CHIEF)
    play(world, incident)
    assert world.anthropic.keys[KEY_ID] == "inactive"


def test_a_failure_is_reported_and_not_retried(world: World, incident: Incident) -> None:
    world.anthropic.broken = True
    world.azure.add_comment(incident, YES, CHIEF)
    assert play(world, incident).status == "Succeeded"
    assert world.azure.comment_texts(incident)[-1].startswith(f"Failed to disable the API key {KEY_ID}; ")
    before = len(world.azure.comment_texts(incident))
    play(world, incident)
    assert len(world.azure.comment_texts(incident)) == before
    assert len(world.stage.requests_to("POST", "/anthropic")) == 1


def test_a_key_that_is_disabled_already_is_left_alone(world: World, incident: Incident) -> None:
    world.anthropic.keys[KEY_ID] = "archived"
    world.azure.add_comment(incident, YES, CHIEF)
    play(world, incident)
    play(world, incident)
    assert [text for text in world.azure.comment_texts(incident) if text.startswith("Nothing to do")] != []
    assert len(world.azure.comment_texts(incident)) == 2
    assert world.stage.requests_to("POST", "/anthropic") == []


def test_each_key_of_an_incident_has_its_own_approval(world: World) -> None:
    world.anthropic.keys = {"apikey_a": "active", "apikey_b": "active"}
    keys = [{**KEY, "properties": {"appName": name}} for name in ("apikey_a", "apikey_b", "apikey_b", "My Key")]
    incident = world.incident(*keys)
    play(world, incident)
    assert len(world.azure.comment_texts(incident)) == 2
    world.azure.add_comment(incident, "approve disable-key apikey_b", CHIEF)
    play(world, incident)
    assert world.anthropic.keys == {"apikey_a": "active", "apikey_b": "inactive"}


@pytest.fixture
def members(world: World) -> dict[str, dict[str, str]]:
    people = {"user_1": "ada@example.com.evil.example", "user_2": "Ada@example.com", "user_3": "boss@example.com"}
    world.anthropic.members = {
        id_: {"id": id_, "type": "user", "email": email, "role": "admin" if "boss" in email else "user"}
        for id_, email in people.items()
    }
    return world.anthropic.members


def remove(world: World, entity: dict[str, Any], target: str) -> str:
    incident = world.incident(entity)
    play(world, incident, "Claude-RemoveMember")
    world.azure.add_comment(incident, f"approve remove-member {target}", CHIEF)
    play(world, incident, "Claude-RemoveMember")
    return world.azure.comment_texts(incident)[-1]


def test_a_member_is_removed_by_id(world: World, members: dict[str, dict[str, str]]) -> None:
    answer = remove(world, {**ADA, "properties": {"accountName": "user_2"}}, "user_2")
    assert answer.startswith("Removed from the organization the member user_2")
    assert set(members) == {"user_1", "user_3"}


def test_a_member_is_removed_by_the_whole_address(world: World, members: dict[str, dict[str, str]]) -> None:
    del members["user_1"]
    assert remove(world, ADA, "ada@example.com").startswith("Removed from the organization the member ada@example.com")
    assert set(members) == {"user_3"}


def test_a_user_with_a_similar_address_is_never_removed(world: World, members: dict[str, dict[str, str]]) -> None:
    assert remove(world, ADA, "ada@example.com").startswith("Nothing to do for ada@example.com")
    assert len(members) == 3
    members.clear()
    assert remove(world, ADA, "ada@example.com").startswith("Nothing to do for ada@example.com")


def test_an_administrator_that_anthropic_does_not_remove_is_reported(
    world: World, members: dict[str, dict[str, str]]
) -> None:
    boss = {**ADA, "properties": {"accountName": "boss", "upnSuffix": "example.com"}}
    assert remove(world, boss, "boss@example.com").startswith("Failed to remove from the organization the member boss")
    assert "user_3" in members


def test_an_account_without_id_or_address_gets_no_approval_request(world: World) -> None:
    incident = world.incident({**ADA, "properties": {"accountName": "ada"}})
    play(world, incident, "Claude-RemoveMember")
    assert world.azure.comment_texts(incident) == []
