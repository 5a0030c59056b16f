"""A refused API key: red with the cause, and ready again when the file of the key changes."""

from forwarder.simulator import COMPLIANCE_KEY, ApiKey
from forwarder.simulator.keys import CLAUDE_KEY, ORG_DATA
from tests.faults.conftest import Build
from tests.faults.rows import month
from tests.faults.world import World

SUBJECT = "sources.activities"
NEW_KEY = "sk-ant-api01-simulated-new-key"


def test_a_key_without_the_scope_is_red_and_names_the_scope_until_the_file_changes(build: Build) -> None:
    world = build(month(1500))
    world.feed.keys.add(ApiKey(NEW_KEY, "apikey_01NoScope", scopes=(ORG_DATA,)))
    world.write_secret("compliance-key", NEW_KEY)
    _assert_red_until_the_key_is_replaced(world, "read:compliance_activities", COMPLIANCE_KEY)


def test_a_key_of_the_wrong_kind_is_red_and_names_the_kind(build: Build) -> None:
    world = build(month(1500))
    world.write_secret("compliance-key", CLAUDE_KEY)
    _assert_red_until_the_key_is_replaced(world, "Claude API key", COMPLIANCE_KEY)


def _assert_red_until_the_key_is_replaced(world: World, reason: str, good_key: str) -> None:
    forwarder = world.start()
    assert reason in forwarder.until_red(SUBJECT, within=15)
    assert forwarder.is_alive()
    assert len(world.feed.served()) <= 3, "a refused key is not retried in a loop"
    world.write_secret("compliance-key", good_key)
    forwarder.until_ready(within=15)
    world.assert_delivered(forwarder)


def test_a_revoked_and_replaced_key_loses_nothing(build: Build) -> None:
    world = build(month(1500))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("splunk has received everything", lambda: world.has_received("splunk", issued))
    world.feed.keys.revoke(COMPLIANCE_KEY)
    assert "revoked" in forwarder.until_red(SUBJECT, within=15)
    world.feed.keys.add(ApiKey(NEW_KEY, "apikey_01New"))
    world.write_secret("compliance-key", NEW_KEY)
    forwarder.until_ready(within=15)
    world.assert_delivered(forwarder)
