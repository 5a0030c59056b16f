"""A destination that is wrong rather than away: red at once, everything kept, well again by itself."""

from forwarder.simulator import HEC_TOKEN
from forwarder.simulator.azure_tokens import CLIENT_SECRET
from forwarder.simulator.hec import INDEXES
from tests.faults.conftest import Build
from tests.faults.rows import month
from tests.faults.test_sink_outages import INGESTION

OF_SPLUNK, OF_SENTINEL = "sinks.splunk.activity", "sinks.sentinel.activity"


def test_a_wrong_hec_token_is_red_at_once_and_well_when_its_file_is_mended(build: Build) -> None:
    world = build(month(1500))
    world.rewrite("hec-token", "00000000-0000-4000-8000-000000000000")
    forwarder = world.start()
    assert "token" in forwarder.until_red(OF_SPLUNK, within=15)
    assert forwarder.listens()
    world.rewrite("hec-token", HEC_TOKEN)
    forwarder.until_ready(within=15)
    world.verdict(forwarder)


def test_a_wrong_client_secret_is_red_and_well_when_its_file_is_mended(build: Build) -> None:
    world = build(month(1500))
    world.rewrite("client-secret", "not-the-secret")
    forwarder = world.start()
    assert "secret" in forwarder.until_red(OF_SENTINEL, within=15)
    world.rewrite("client-secret", CLIENT_SECRET)
    forwarder.until_ready(within=15)
    world.verdict(forwarder)


def test_a_missing_index_and_a_missing_role_are_red_and_found_mended_by_a_probe(build: Build) -> None:
    world = build(month(1500))
    world.hec.indexes = frozenset({"main"})
    world.logs.grant(False)
    forwarder = world.start()
    assert "index claude" in forwarder.until_red(OF_SPLUNK, within=15)
    assert "Monitoring Metrics Publisher" in forwarder.until_red(OF_SENTINEL, within=15)
    assert not forwarder.metric("forwarder_dead_letters"), "the destination is wrong, not the events"
    world.hec.indexes = frozenset(INDEXES)
    world.logs.grant()
    forwarder.until_ready(within=35)
    world.verdict(forwarder)


def test_tokens_that_expire_are_renewed_without_a_word(build: Build) -> None:
    world = build(month(1500))
    world.logs.fault("token-expired", times=1, skip=3, path=INGESTION)
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("sentinel holds everything", lambda: world.holds("sentinel", issued))
    world.logs.tokens.expire_all()
    arrived = len(world.logs.events())
    forwarder.until("rows under a new token", lambda: len(world.logs.events()) > arrived)
    assert not forwarder.told("sink misconfigured, everything is kept")
    world.verdict(forwarder)


def test_a_tenant_that_gives_no_tokens_for_a_moment_is_an_outage(build: Build) -> None:
    world = build(month(1500))
    world.logs.fault("proxy-unavailable", times=6, path="/oauth2/")
    forwarder = world.start()
    world.verdict(forwarder)
    assert not forwarder.told("sink misconfigured, everything is kept")
