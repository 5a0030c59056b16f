"""Teams: one thread per key; incident text is escaped."""

from typing import Any

from tests.playbooks.workflow import Run
from tests.playbooks.world import ADA, KEY, OTHER_RULE, Incident, World


def play(world: World, incident: Incident) -> Run:
    return world.play("Claude-TeamsMessage", incident, TeamId="team", ChannelId="19:a@thread.tacv2")


def tags(incident: Incident) -> list[str]:
    labels: list[dict[str, Any]] = incident["object"]["properties"]["labels"]
    return [label["labelName"] for label in labels]


def test_the_first_incident_is_posted_and_carries_key_and_message(world: World) -> None:
    incident = world.incident(KEY, ADA)
    assert play(world, incident).status == "Succeeded"
    ((message_id, (text,)),) = world.azure.threads.items()
    assert "ada@example.com" in text
    assert "#incident/" in text
    assert tags(incident)[0].startswith("claude-6f0c2b7e")
    assert tags(incident)[1] == f"teams {message_id}"
    assert world.azure.comment_texts(incident) == ["Posted to Teams"]


def test_a_second_incident_with_the_same_key_is_a_reply_in_its_thread(world: World) -> None:
    first, second = world.incident(KEY, ADA), world.incident(ADA, KEY)
    play(world, first)
    assert play(world, second).status == "Succeeded"
    ((_, texts),) = world.azure.threads.items()
    assert "New incident 2" in texts[1]
    assert tags(second) == tags(first)


def test_the_thread_continues_when_its_first_incident_is_closed(world: World) -> None:
    first, second = world.incident(KEY), world.incident(KEY)
    play(world, first)
    play(world, second)
    first["object"]["properties"]["status"] = "Closed"
    play(world, world.incident(KEY))
    assert [len(texts) for texts in world.azure.threads.values()] == [3]


def test_a_new_thread_starts_when_all_incidents_are_closed_or_the_key_differs(world: World) -> None:
    first = world.incident(KEY)
    play(world, first)
    play(world, world.incident(KEY, rules=(OTHER_RULE,)))
    first["object"]["properties"]["status"] = "Closed"
    play(world, world.incident(KEY))
    assert [len(texts) for texts in world.azure.threads.values()] == [1, 1, 1]


def test_a_tag_with_the_key_as_prefix_does_not_match(world: World) -> None:
    play(world, world.incident(ADA))
    play(world, world.incident({**ADA, "properties": {"accountName": "ad"}}))
    assert len(world.azure.threads) == 2


def test_incident_text_is_escaped(world: World) -> None:
    play(world, world.incident(KEY, title="<b>x</b> & y", description="<img src=x onerror=alert(1)>"))
    ((text,),) = world.azure.threads.values()
    assert "&lt;b>x&lt;/b> &amp; y" in text
    assert "<img" not in text
