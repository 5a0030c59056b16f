"""The Logs Ingestion stand-in, called by Microsoft's own client where possible."""

import gzip
import io
import json
import ssl
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import ClientSecretCredential
from azure.monitor.ingestion import LogsIngestionClient

from forwarder.simulator import CLIENT_ID, CLIENT_SECRET, RULE_ID, TENANT_ID, LogsIngestionServer

STREAM = "Custom-ClaudeActivity_CL"
PATH = f"/dataCollectionRules/{RULE_ID}/streams/{STREAM}"


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[LogsIngestionServer]:
    with LogsIngestionServer(tmp_path, keep_events=True) as server:
        yield server


@pytest.fixture
def azure(logs: LogsIngestionServer) -> Iterator[LogsIngestionClient]:
    credential = credential_for(logs)
    trust = str(logs.ca_file)
    with credential, LogsIngestionClient(logs.url, credential, connection_verify=trust, retry_total=1) as client:
        yield client


def credential_for(logs: LogsIngestionServer, secret: str = CLIENT_SECRET) -> ClientSecretCredential:
    return ClientSecretCredential(
        TENANT_ID,
        CLIENT_ID,
        secret,
        authority=logs.url,
        disable_instance_discovery=True,
        connection_verify=str(logs.ca_file),
    )


@pytest.fixture
def plain(logs: LogsIngestionServer) -> Iterator[httpx.Client]:
    """A client that can also send what Microsoft's never would, with a token already taken."""
    verify = ssl.create_default_context(cafile=str(logs.ca_file))
    with httpx.Client(base_url=logs.url, verify=verify, params={"api-version": "2023-01-01"}) as client:
        form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "client_credentials"}
        form["scope"] = "https://monitor.azure.com/.default"
        token = client.post(f"/{TENANT_ID}/oauth2/v2.0/token", data=form).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def rows(count: int, **columns: Any) -> list[MutableMapping[str, Any]]:
    return [{"TimeGenerated": "2026-11-20T12:00:00Z", "EventUid": str(n), **columns} for n in range(count)]


def test_microsofts_client_delivers_a_list_and_a_ready_gzip_stream(
    logs: LogsIngestionServer, azure: LogsIngestionClient
) -> None:
    azure.upload(RULE_ID, STREAM, rows(2))
    azure.upload(RULE_ID, STREAM, io.BytesIO(gzip.compress(json.dumps(rows(3)).encode())))
    assert logs.uids() == {"0": 2, "1": 2, "2": 1}
    assert logs.rows_by_stream == {STREAM: 5}
    assert [row["EventUid"] for row in logs.events()] == ["0", "1", "0", "1", "2"]


def test_microsofts_client_waits_as_long_as_a_429_asks(logs: LogsIngestionServer, azure: LogsIngestionClient) -> None:
    logs.fault("throttled", path="dataCollectionRules", retry_after=0)
    azure.upload(RULE_ID, STREAM, rows(1))
    assert logs.stats()["faults"] == {"throttled": 1}
    assert logs.uids() == {"0": 1}


def test_a_wrong_secret_gets_no_token(logs: LogsIngestionServer) -> None:
    with (
        credential_for(logs, "wrong") as credential,
        LogsIngestionClient(logs.url, credential, connection_verify=str(logs.ca_file)) as client,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        client.upload(RULE_ID, STREAM, rows(1))


def test_403_until_the_role_is_granted(logs: LogsIngestionServer, azure: LogsIngestionClient) -> None:
    logs.grant(False)
    with pytest.raises(HttpResponseError) as refused:
        azure.upload(RULE_ID, STREAM, rows(1))
    assert refused.value.status_code == 403
    logs.grant()
    azure.upload(RULE_ID, STREAM, rows(1))
    assert logs.uids() == {"0": 1}


def test_a_token_expires_by_the_simulators_clock(logs: LogsIngestionServer, plain: httpx.Client) -> None:
    assert plain.post(PATH, json=rows(1)).status_code == 204
    logs.clock.advance(3601)
    assert plain.post(PATH, json=rows(1)).status_code == 401


def test_a_megabyte_is_the_limit_also_before_compression(plain: httpx.Client) -> None:
    body = json.dumps(rows(1, text="x" * 1_048_576)).encode()
    for content, headers in [(body, {}), (gzip.compress(body), {"content-encoding": "gzip"})]:
        answer = plain.post(PATH, content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["error"] == {
            "code": "ContentLengthLimitExceeded",
            "message": "Maximum allowed content length: 1048576 bytes (1 MB)."
            f" Provided content length: {len(body)} bytes.",
        }


@pytest.mark.parametrize(
    ("path", "content", "status", "code"),
    [
        (PATH, "[1]", 400, "InvalidPayload"),
        (PATH, "{}", 400, "InvalidPayload"),
        (PATH, "[{]", 400, "InvalidPayload"),
        (PATH, "", 500, None),
        (PATH.replace(RULE_ID, "dcr-other"), "[]", 404, "NotFound"),
        (PATH + "Other", "[]", 400, "InvalidStream"),
        ("/elsewhere", "[]", 404, "NotFound"),
    ],
)
def test_a_wrong_call_is_refused(path: str, content: str, status: int, code: str | None, plain: httpx.Client) -> None:
    answer = plain.post(path, content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_field_over_64_kb_is_cut_silently(logs: LogsIngestionServer, plain: httpx.Client) -> None:
    columns = {"long": "é" * 33_000, "object": {"x": "y" * 66_000}, "short": "x"}
    assert plain.post(PATH, json=rows(1, **columns)).status_code == 204
    assert logs.truncated_fields == {"long": 1, "object": 1}


@pytest.mark.parametrize(
    ("fault", "status"),
    [("token-expired", 401), ("role-missing", 403), ("too-large", 413), ("server-error", 500), ("unavailable", 503)],
)
def test_each_fault_answers_with_its_status(
    fault: str, status: int, logs: LogsIngestionServer, plain: httpx.Client
) -> None:
    logs.fault(fault)
    assert [plain.post(PATH, json=rows(1)).status_code for _ in range(2)] == [status, 204]
    assert logs.delivered.summary()["events"] == 1
