"""A misconfigured sink: red at once, events are kept, and delivery resumes by itself when it is fixed."""

from forwarder.simulator import HEC_TOKEN
from forwarder.simulator.azure_tokens import CLIENT_SECRET
from forwarder.simulator.hec import INDEXES
from tests.faults.conftest import Build
from tests.faults.rows import month
from tests.faults.test_sink_outages import INGESTION

SPLUNK_SUBJECT, SENTINEL_SUBJECT = "sinks.splunk.activity", "sinks.sentinel.activity"


def test_a_wrong_hec_token_is_red_at_once_until_its_file_is_corrected(build: Build) -> None:
    world = build(month(1500))
    world.write_secret("hec-token", "00000000-0000-4000-8000-000000000000")
    forwarder = world.start()
    assert "token" in forwarder.until_red(SPLUNK_SUBJECT, within=15)
    assert forwarder.is_alive()
    world.write_secret("hec-token", HEC_TOKEN)
    forwarder.until_ready(within=15)
    world.assert_delivered(forwarder)


def test_a_wrong_client_secret_is_red_until_its_file_is_corrected(build: Build) -> None:
    world = build(month(1500))
    world.write_secret("client-secret", "not-the-secret")
    forwarder = world.start()
    assert "secret" in forwarder.until_red(SENTINEL_SUBJECT, within=15)
    world.write_secret("client-secret", CLIENT_SECRET)
    forwarder.until_ready(within=15)
    world.assert_delivered(forwarder)


def test_a_missing_index_and_a_missing_role_are_red_until_a_probe_succeeds(build: Build) -> None:
    world = build(month(1500))
    world.hec.indexes = frozenset({"main"})
    world.logs.grant(False)
    forwarder = world.start()
    assert "index claude" in forwarder.until_red(SPLUNK_SUBJECT, within=15)
    assert "Monitoring Metrics Publisher" in forwarder.until_red(SENTINEL_SUBJECT, within=15)
    assert not forwarder.metric("forwarder_dead_letters"), "the destination is wrong, not the events"
    world.hec.indexes = frozenset(INDEXES)
    world.logs.grant()
    forwarder.until_ready(within=35)
    world.assert_delivered(forwarder)


def test_expired_tokens_are_renewed_without_turning_red(build: Build) -> None:
    world = build(month(1500))
    world.logs.fault("token-expired", times=1, skip=3, path=INGESTION)
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("sentinel has received everything", lambda: world.has_received("sentinel", issued))
    world.logs.tokens.expire_all()
    before = len(world.logs.events())
    forwarder.until("rows are sent with a new token", lambda: len(world.logs.events()) > before)
    assert not forwarder.logged("sink misconfigured, events are kept")
    world.assert_delivered(forwarder)


def test_a_temporary_failure_of_the_token_endpoint_is_an_outage(build: Build) -> None:
    world = build(month(1500))
    world.logs.fault("proxy-unavailable", times=6, path="/oauth2/")
    forwarder = world.start()
    world.assert_delivered(forwarder)
    assert not forwarder.logged("sink misconfigured, events are kept")
