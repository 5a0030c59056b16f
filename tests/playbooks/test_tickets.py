"""Jira and ServiceNow: one ticket per key, also for later incidents."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.playbooks.workflow import Run
from tests.playbooks.world import ADA, ADDRESS, KEY, OTHER_RULE, Incident, World


class System(NamedTuple):
    """A ticket system as the tests see it."""

    playbook: str
    parameters: dict[str, str]
    tickets: Callable[[World], list[dict[str, Any]]]
    added: str
    key: Callable[[dict[str, Any]], str]
    close: dict[str, Any]
    name: str


SYSTEMS = {
    "jira": System(
        "Claude-JiraIssue",
        {"UserName": "soc@example.com", "SecretName": "jira-secret", "ProjectKey": "SEC"},
        lambda world: world.jira.issues,
        "comments",
        lambda issue: str(issue["labels"][1]),
        {"done": True},
        "Jira SEC-1",
    ),
    "servicenow": System(
        "Claude-ServiceNowRecord",
        {"UserName": "soc@example.com", "SecretName": "servicenow-secret"},
        lambda world: world.snow.records,
        "notes",
        lambda record: str(record["correlation_id"]),
        {"active": False},
        "ServiceNow INC0000001",
    ),
}
PATHS = {"jira": "/jira", "servicenow": "/snow"}


@pytest.fixture(params=SYSTEMS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def play(world: World, name: str, incident: Incident, **more: str) -> Run:
    system = SYSTEMS[name]
    given = {**system.parameters, "BaseUrl": world.stage.url + PATHS[name], **more}
    return world.play(system.playbook, incident, **given)


def tickets(world: World, name: str) -> list[dict[str, Any]]:
    return SYSTEMS[name].tickets(world)


def test_the_first_incident_creates_a_ticket_and_the_incident_names_it(world: World, name: str) -> None:
    incident = world.incident(KEY, ADA)
    assert play(world, name, incident).status == "Succeeded"
    (ticket,) = tickets(world, name)
    for text in (
        "API key used after revocation",
        "Severity: High",
        "apikey_01Rj2N8SVvo6BePZj99NhmiT",
        "ada@example.com",
        "#incident/",
    ):
        assert text in str(ticket)
    assert world.azure.comment_texts(incident) == [f"Created {SYSTEMS[name].name}"]


def test_a_second_incident_of_the_same_rule_and_users_adds_to_the_open_ticket(world: World, name: str) -> None:
    play(world, name, world.incident(KEY, ADA))
    second = world.incident(ADA, ADDRESS, KEY, KEY)
    assert play(world, name, second).status == "Succeeded"
    (ticket,) = tickets(world, name)
    assert len(ticket[SYSTEMS[name].added]) == 1
    assert "New incident 2" in str(ticket[SYSTEMS[name].added])
    assert world.azure.comment_texts(second) == [f"Added to {SYSTEMS[name].name}"]


def test_a_second_run_for_an_incident_creates_no_second_ticket(world: World, name: str) -> None:
    incident = world.incident(KEY)
    play(world, name, incident)
    play(world, name, incident)
    assert len(tickets(world, name)) == 1


def test_another_user_or_rule_gets_another_ticket(world: World, name: str) -> None:
    play(world, name, world.incident(KEY))
    play(world, name, world.incident(KEY, ADA))
    play(world, name, world.incident(KEY, rules=(OTHER_RULE,)))
    elsewhere = {**ADA, "properties": {**ADA["properties"], "upnSuffix": "example.org"}}
    play(world, name, world.incident(KEY, elsewhere))
    assert len({SYSTEMS[name].key(ticket) for ticket in tickets(world, name)}) == len(tickets(world, name)) == 4


def test_a_closed_ticket_is_left_alone(world: World, name: str) -> None:
    play(world, name, world.incident(KEY))
    tickets(world, name)[0].update(SYSTEMS[name].close)
    play(world, name, world.incident(KEY))
    assert len(tickets(world, name)) == 2
    assert tickets(world, name)[0][SYSTEMS[name].added] == []


def test_without_a_search_result_no_ticket_is_created(world: World, name: str) -> None:
    (world.jira if name == "jira" else world.snow).broken = True
    incident = world.incident(KEY)
    assert play(world, name, incident).status == "Failed"
    assert [request for request in world.stage.requests if request.method in ("POST", "PATCH")] == []
    assert world.azure.comment_texts(incident) == []


def test_a_name_with_special_characters_is_found_again(world: World, name: str) -> None:
    strange = {"kind": "CloudApplication", "name": "e", "properties": {"appName": 'a "b"^active=false AND ö\\ %'}}
    play(world, name, world.incident(strange))
    play(world, name, world.incident(strange))
    (ticket,) = tickets(world, name)
    assert len(ticket[SYSTEMS[name].added]) == 1


def test_a_key_longer_than_its_field_is_replaced_by_the_incidents_id(world: World, name: str) -> None:
    many = [{**KEY, "properties": {"appName": f"apikey_{n}{'x' * 30}"}} for n in range(3)]
    first, second = world.incident(*many), world.incident(*many[:2], {**KEY, "properties": {"appName": "y" * 90}})
    play(world, name, first)
    play(world, name, second)
    play(world, name, first)
    keys = [SYSTEMS[name].key(ticket) for ticket in tickets(world, name)]
    assert keys == [f"claude-{incident['object']['name']}" for incident in (first, second)]
    assert len(tickets(world, name)[0][SYSTEMS[name].added]) == 1


def test_an_incident_without_entities_rules_or_description_is_still_a_ticket(world: World, name: str) -> None:
    bare = world.incident(relatedEntities=None, relatedAnalyticRuleIds=None, description=None, title=None)
    assert play(world, name, bare).status == "Succeeded"
    assert len(tickets(world, name)) == 1


def test_a_wrong_secret_ends_the_run(world: World, name: str) -> None:
    assert play(world, name, world.incident(KEY), SecretName="anthropic-admin-key").status == "Failed"
    assert play(world, name, world.incident(KEY), SecretName="nothing").status == "Failed"
    assert tickets(world, name) == []
