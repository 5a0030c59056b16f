"""A key that the feed refuses: red with what is missing, alive, and well again when the key's file changes."""

from forwarder.simulator import COMPLIANCE_KEY, ApiKey
from forwarder.simulator.keys import CLAUDE_KEY, ORG_DATA
from tests.faults.conftest import Build
from tests.faults.rows import month
from tests.faults.world import World

SUBJECT = "sources.activities"
NEW_KEY = "sk-ant-api01-simulated-new-key"


def test_a_key_without_the_scope_is_red_with_the_scope_named_until_its_file_changes(build: Build) -> None:
    world = build(month(1500))
    world.feed.keys.add(ApiKey(NEW_KEY, "apikey_01NoScope", scopes=(ORG_DATA,)))
    world.rewrite("compliance-key", NEW_KEY)
    _is_red_until_the_key_is_mended(world, "read:compliance_activities", COMPLIANCE_KEY)


def test_a_key_of_the_wrong_kind_is_red_and_called_by_its_kind(build: Build) -> None:
    world = build(month(1500))
    world.rewrite("compliance-key", CLAUDE_KEY)
    _is_red_until_the_key_is_mended(world, "Claude API key", COMPLIANCE_KEY)


def _is_red_until_the_key_is_mended(world: World, reason: str, good_key: str) -> None:
    forwarder = world.start()
    assert reason in forwarder.until_red(SUBJECT, within=15)
    assert forwarder.listens()
    assert len(world.feed.served()) <= 3, "a refused key is not tried in a loop"
    world.rewrite("compliance-key", good_key)
    forwarder.until_ready(within=15)
    world.verdict(forwarder)


def test_a_key_that_is_revoked_in_steady_life_and_replaced_loses_nothing(build: Build) -> None:
    world = build(month(1500))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("splunk holds everything", lambda: world.holds("splunk", issued))
    world.feed.keys.revoke(COMPLIANCE_KEY)
    assert "revoked" in forwarder.until_red(SUBJECT, within=15)
    world.feed.keys.add(ApiKey(NEW_KEY, "apikey_01New"))
    world.rewrite("compliance-key", NEW_KEY)
    forwarder.until_ready(within=15)
    world.verdict(forwarder)
