"""Microsoft's own client and credential against a local endpoint over TLS: what each refusal makes of a chunk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from forwarder.errors import ForwarderError, Misconfigured, Retry
from forwarder.simulator import HecServer, LogsIngestionServer
from forwarder.simulator.azure_tokens import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from forwarder.simulator.logs_ingestion import RULE_ID
from forwarder.sinks.sentinel import SentinelSettings, SentinelSink, row
from tests.sinks.deliveries import Outcome, body, chunk, delivery, key_fields, outcome

WRONG_SECRET = "wrong-secret-never-to-be-seen"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogsIngestionServer]:
    """One endpoint for all tests; each takes away what it planned."""
    with LogsIngestionServer(tmp_path_factory.mktemp("logs"), keep_events=True) as server:
        yield server


@pytest.fixture
def logs(endpoint: LogsIngestionServer) -> Iterator[LogsIngestionServer]:
    """The endpoint, empty and well."""
    endpoint.delivered.clear()
    yield endpoint
    endpoint.faults.clear()
    endpoint.grant()


def settings(logs: LogsIngestionServer, **values: Any) -> SentinelSettings:
    """Settings of a sink there."""
    known: dict[str, Any] = {
        "endpoint": logs.url,
        "rule_id": RULE_ID,
        "tenant_id": TENANT_ID,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "authority": logs.url,
        "ca_file": logs.ca_file,
    }
    return SentinelSettings.model_validate({k: v for k, v in {**known, **values}.items() if v is not None})


def deliver(chosen: SentinelSettings, events: int = 5, sink: SentinelSink | None = None) -> Outcome:
    """A chunk through the sink."""
    sending = sink or SentinelSink("sentinel", chosen)
    try:
        result = outcome(sending.deliver(delivery(chunk(events))))
    finally:
        sending.close()
    for secret in (CLIENT_SECRET, WRONG_SECRET):
        assert secret not in f"{result}{result.error!r}{result.error.__cause__ if result.error else ''}"
    return result


def test_rows_arrive_in_the_rules_stream(logs: LogsIngestionServer) -> None:
    assert deliver(settings(logs)) == Outcome(5, [], None)
    assert logs.uids() == {f"uid-{n}": 1 for n in range(5)}
    assert logs.rows_by_stream["Custom-ClaudeActivity_CL"] >= 5
    assert logs.events()[0] == orjson.loads(row(key_fields(0), body(0)))


REFUSALS: list[tuple[str, dict[str, Any], type[ForwarderError], str]] = [
    ("throttled", {"retry_after": 3}, Retry, "429"),
    ("server-error", {}, Retry, "500"),
    ("unavailable", {}, Retry, "503"),
    ("role-missing", {}, Misconfigured, "grant the role Monitoring Metrics Publisher"),
    ("connection-reset", {}, Retry, "sinks.sentinel"),
    ("answer-lost", {}, Retry, "sinks.sentinel"),
    ("proxy-bad-gateway", {}, Retry, "502"),
    ("proxy-unavailable", {}, Retry, "503"),
]


@pytest.mark.parametrize(("fault", "options", "raised", "words"), REFUSALS)
def test_a_refusal_costs_no_event_and_is_named(
    fault: str, options: dict[str, Any], raised: type[ForwarderError], words: str, logs: LogsIngestionServer
) -> None:
    logs.fault(fault, path="/dataCollectionRules/", **options)
    position, dead_letters, error = deliver(settings(logs))
    assert (position, dead_letters) == (0, [])
    assert type(error) is raised
    assert words in str(error)
    if isinstance(error, Retry) and options:
        assert error.after == 3
    assert deliver(settings(logs)).error is None


def test_a_call_too_large_is_sent_in_parts(logs: LogsIngestionServer) -> None:
    logs.fault("too-large", path="/dataCollectionRules/")
    assert deliver(settings(logs)) == Outcome(5, [], None)
    logs.fault("proxy-too-large", path="/dataCollectionRules/")
    assert deliver(settings(logs)) == Outcome(5, [], None)


def test_a_row_that_is_refused_alone_becomes_a_dead_letter(logs: LogsIngestionServer) -> None:
    logs.fault("refused", path="/dataCollectionRules/")
    position, (letter,), error = deliver(settings(logs), events=1)
    assert (position, error) == (1, None)
    assert (letter.uid, letter.refused_by) == ("uid-0", "sentinel")


def test_an_expired_token_is_fetched_again(logs: LogsIngestionServer) -> None:
    chosen = settings(logs)
    sink = SentinelSink("sentinel", chosen)
    assert outcome(sink.deliver(delivery())).error is None
    logs.tokens.expire_all()
    refused = outcome(sink.deliver(delivery())).error
    assert isinstance(refused, Retry)
    assert refused.after == 0
    assert outcome(sink.deliver(delivery())).error is None
    sink.close()


def test_a_fresh_token_that_is_refused_is_a_misconfiguration(logs: LogsIngestionServer) -> None:
    sink = SentinelSink("sentinel", settings(logs))
    logs.fault("token-expired", path="/dataCollectionRules/", times=3)
    errors = [type(outcome(sink.deliver(delivery())).error) for _ in range(3)]
    assert errors[0] is Retry
    assert Misconfigured in errors
    sink.close()


def test_a_wrong_secret_is_a_misconfiguration_until_its_file_changes(logs: LogsIngestionServer, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(WRONG_SECRET)
    sink = SentinelSink("sentinel", settings(logs, client_secret=None, client_secret_file=file))
    for _ in range(2):
        error = outcome(sink.deliver(delivery())).error
        assert WRONG_SECRET not in str(error)
    assert isinstance(error, Misconfigured)
    assert "check tenant_id, client_id and the secret" in str(error)
    version = sink.credential_version()
    file.write_text(CLIENT_SECRET)
    assert sink.credential_version() != version
    assert outcome(sink.deliver(delivery())) == Outcome(3, [], None)
    sink.close()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rule_id": "dcr-ffffffffffffffffffffffffffffffff"}, "check endpoint, rule_id and stream"),
        ({"streams": {"activity": "Custom-Other_CL"}}, "Custom-Other_CL"),
    ],
)
def test_a_rule_or_stream_that_is_not_there_is_named(
    values: dict[str, Any], words: str, logs: LogsIngestionServer
) -> None:
    position, _, error = deliver(settings(logs, **values))
    assert position == 0
    assert isinstance(error, Misconfigured)
    assert words in str(error)


def test_the_role_may_be_granted_later(logs: LogsIngestionServer) -> None:
    logs.grant(False)
    assert isinstance(deliver(settings(logs)).error, Misconfigured)
    logs.grant()
    assert deliver(settings(logs)).error is None


@pytest.mark.parametrize("fault", ["connection-reset", "proxy-bad-gateway"])
def test_a_token_endpoint_that_fails_is_tried_later(fault: str, logs: LogsIngestionServer) -> None:
    logs.fault(fault, path="/oauth2/", times=20)
    error = deliver(settings(logs)).error
    assert type(error) is Retry
    logs.faults.clear()
    assert deliver(settings(logs)).error is None


@pytest.mark.parametrize("trusted", ["", "theirs"])
def test_the_usual_variable_for_roots_adds_trust_and_never_takes_verification_away(
    trusted: str, logs: LogsIngestionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", trusted and str(logs.ca_file))
    served = len(logs.served())
    result = deliver(settings(logs, ca_file=None))
    assert (result == Outcome(5, [], None)) == bool(trusted)
    assert (len(logs.served()) > served) == bool(trusted)


@pytest.mark.parametrize("path", ["/oauth2/v2.0/token", "/openid-configuration"])
@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_of_the_token_endpoint_is_refused(path: str, status: int, logs: LogsIngestionServer) -> None:
    """Its twin there would give a good token."""
    with HecServer(tls=logs.certificate.context()) as elsewhere:
        logs.fault("redirect", path=path, times=20, status=status, to=elsewhere.url)
        position, _, error = deliver(settings(logs))
        assert (position, elsewhere.served()) == (0, [])
        assert error is not None


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("ca_file", {"ca_file": "missing.pem"}),
        ("missing.pem", {"client_secret": None, "certificate_file": "missing.pem"}),
        ("tenant ID", {"tenant_id": "no tenant!"}),
        ("authority", {"authority": "http://127.0.0.1:1"}),
    ],
)
def test_a_setting_that_azures_client_refuses_is_named(
    words: str, values: dict[str, Any], logs: LogsIngestionServer
) -> None:
    with pytest.raises(Misconfigured, match=words):
        raise deliver(settings(logs, **values)).error or AssertionError(f"{values} was taken")


def test_large_events_are_cut_for_the_table_only_and_nothing_is_refused(logs: LogsIngestionServer) -> None:
    large = chunk(3, message="m" * 2_000_000)
    sink = SentinelSink("sentinel", settings(logs))
    truncated = dict(logs.truncated_fields)
    assert outcome(sink.deliver(delivery(large))) == Outcome(1, [], None)
    sink.close()
    assert logs.truncated_fields == truncated
    assert len(large.lines()[0]) > 2_000_000
