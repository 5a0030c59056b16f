"""Every way to prove who sends: azure-identity's own credentials against a token endpoint that checks each proof."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from forwarder.errors import Misconfigured
from forwarder.simulator import LogsIngestionServer
from forwarder.simulator.azure_tokens import CLIENT_ID, TENANT_ID
from forwarder.sinks.sentinel.credential import cloud
from tests.sinks.deliveries import Outcome
from tests.sinks.test_sentinel import deliver, settings

ALL = Outcome(5, [], None)
PROOFS = (
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "IDENTITY_ENDPOINT",
)


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogsIngestionServer]:
    """An endpoint of this test, and a machine that has no identity of its own."""
    for name in PROOFS:
        monkeypatch.delenv(name, raising=False)
    with LogsIngestionServer(tmp_path, keep_events=True) as server:
        yield server


def made(folder: Path, name: str) -> tuple[Path, x509.Certificate]:
    """A self-signed certificate with its key, in one PEM file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / f"{name}.pem"
    file.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return file, certificate


def test_a_certificate_proves_the_application(logs: LogsIngestionServer, tmp_path: Path) -> None:
    file, logs.tokens.certificate = made(tmp_path, "forwarder")
    assert deliver(settings(logs, client_secret=None, certificate_file=file)) == ALL


def test_another_certificate_is_refused(logs: LogsIngestionServer, tmp_path: Path) -> None:
    _, logs.tokens.certificate = made(tmp_path, "forwarder")
    file, _ = made(tmp_path, "another-application")
    error = deliver(settings(logs, client_secret=None, certificate_file=file)).error
    assert isinstance(error, Misconfigured)
    assert "AADSTS7000215" in str(error)


def test_a_managed_identity_needs_no_secret(logs: LogsIngestionServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{logs.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", logs.tokens.machine_secret)
    assert deliver(settings(logs, client_secret=None, client_id=None, tenant_id=None)) == ALL


def test_a_workload_identity_signs_in_with_its_federated_token(
    logs: LogsIngestionServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "federated-token"
    token.write_text(logs.tokens.federated_token)
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT_ID)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(token))
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", logs.url)
    assert deliver(settings(logs, client_secret=None, client_id=None, tenant_id=None)) == ALL


def test_a_machine_without_an_identity_delivers_nothing_and_loses_nothing(
    logs: LogsIngestionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{logs.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    position, dead_letters, error = deliver(settings(logs, client_secret=None, client_id=None, tenant_id=None))
    assert (position, dead_letters) == (0, [])
    assert error is not None


@pytest.mark.parametrize(
    ("authority", "asked"),
    [
        ("https://login.microsoftonline.com", "https://monitor.azure.com/.default"),
        ("https://login.microsoftonline.us", "https://monitor.azure.us/.default"),
        ("https://login.chinacloudapi.cn", "https://monitor.azure.cn/.default"),
        ("https://login.partner.microsoftonline.cn", "https://monitor.azure.cn/.default"),
        ("https://adfs.example.com", "https://monitor.azure.com/.default"),
    ],
)
def test_the_token_scope_is_that_of_the_clouds_own_azure_monitor(
    logs: LogsIngestionServer, authority: str, asked: str
) -> None:
    assert cloud(settings(logs, authority=authority)).ingestion_scope == asked


def test_a_refused_token_for_another_cloud_is_named(logs: LogsIngestionServer) -> None:
    logs.tokens.scope = "https://monitor.azure.us/.default"
    error = deliver(settings(logs)).error
    assert isinstance(error, Misconfigured)
    assert "AADSTS500011" in str(error)
