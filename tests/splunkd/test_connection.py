"""How the commands reach splunkd: TLS that is verified, credentials that are never shown, errors in plain words."""

from pathlib import Path

import pytest

from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.siem.check import PermissionDenied
from forwarder.simulator import HecServer
from forwarder.simulator.certificates import make_certificate
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.server import read_server
from tests.cli.commands import claude_siem
from tests.splunkd.standin import BEARER, PASSWORD, SESSION, USER, SplunkdServer
from tests.splunkd.world import World, splunk_command

SIGNED_IN = {
    "management__token_file": None,
    "management__user": USER,
    "management__password": PASSWORD,
}


def version(splunkd: Splunkd) -> str:
    """What the first question gives."""
    with splunkd:
        return read_server(splunkd).version


def test_a_certificate_is_trusted_by_its_authority_and_by_nothing_else(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "tls")
    with HecServer() as hec, SplunkdServer(hec, tls=certificate.context()) as server:
        splunk = World(tmp_path, hec, server)
        assert server.url.startswith("https://")
        assert version(splunk.client(management__ca_file=str(certificate.ca))) == "10.4.2"
        assert version(splunk.client(ca_file=str(certificate.ca))) == "10.4.2", "the sink's authority serves too"
        with pytest.raises(Misconfigured, match=r"not trusted .*management\.ca_file .*verification is never off"):
            version(splunk.client())
        assert server.stats()["requests"] == {"200": 2}, "nothing was sent to an untrusted server"


def test_a_user_signs_in_over_tls_and_again_when_the_session_ends(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "tls")
    with HecServer() as hec, SplunkdServer(hec, tls=certificate.context()) as server:
        client = World(tmp_path, hec, server).client(ca_file=str(certificate.ca), **SIGNED_IN)
        with client:
            assert read_server(client).version == "10.4.2"
            server.session = f"{SESSION}-2"
            assert read_server(client).version == "10.4.2"
        assert [note.target for note in server.served()].count("/services/auth/login") == 2


def test_a_wrong_password_is_a_message_without_it(splunk: World) -> None:
    wrong = {**SIGNED_IN, "management__password": "wrong-and-never-to-be-seen"}
    with pytest.raises(Misconfigured, match=r"the sign-in: HTTP 401 \(Login failed\)") as refused:
        version(splunk.client(**wrong))
    assert "never-to-be-seen" not in str(refused.value)
    done = splunk_command("check", "--config", splunk.file(**wrong))
    assert (done.returncode, done.stdout.startswith("FAIL  splunkd: the sign-in: HTTP 401")) == (1, True)
    assert "never-to-be-seen" not in done.stdout + done.stderr


def test_an_expired_token_is_a_message_with_the_fix(splunk: World) -> None:
    splunk.splunkd.bearers.clear()
    with pytest.raises(Misconfigured, match=r"call not properly authenticated.*expired.*correct sinks\.splunk"):
        version(splunk.client())
    done = claude_siem("splunk", "check", "--config", splunk.file())
    assert (done.returncode, done.stdout.count("\n")) == (1, 1)
    assert done.stdout.startswith("FAIL  splunkd: ")
    assert BEARER not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"management__url": None}, "sinks.splunk.management.url is not set"),
        ({"management__token_file": None}, "set CLAUDE_SIEM__SINKS__SPLUNK__MANAGEMENT__TOKEN for this command"),
        ({"management__token_file": "/nowhere"}, "sinks.splunk.management.token_file: /nowhere"),
        ({"management__ca_file": "/nowhere"}, "ca_file: /nowhere"),
    ],
)
def test_a_connection_that_is_not_configured_is_exit_code_2(
    changes: dict[str, str | None], words: str, splunk: World
) -> None:
    with pytest.raises(Misconfigured) as refused:
        splunk.client(**changes)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("connection-reset", Retry), ("proxy-unavailable", Retry), ("proxy-too-large", Reject), ("truncated-body", Retry)],
)
def test_a_connection_error_has_the_type_of_what_to_do(fault: str, error: type[Exception], splunk: World) -> None:
    splunk.splunkd.fault(fault)
    with pytest.raises(error) as raised:
        version(splunk.client())
    assert not isinstance(raised.value, PermissionDenied)


def test_a_redirect_is_refused_and_followed_by_nobody(splunk: World) -> None:
    for to, host in (("https://elsewhere.example/path", "elsewhere.example"), (splunk.hec.url, "127.0.0.1")):
        splunk.splunkd.fault("redirect", to=to)
        with pytest.raises(Misconfigured, match=f"redirect to {host}, which is not followed; set sinks.splunk"):
            version(splunk.client())
    assert splunk.hec.served() == []


def test_an_address_that_is_not_splunkd_is_recognized(splunk: World) -> None:
    with pytest.raises(Reject, match="server/info: HTTP 404"):
        version(splunk.client(management__url=splunk.hec.url))
    splunk.splunkd.fault("login-page")
    with pytest.raises(Misconfigured, match="is not splunkd's: set sinks"):
        version(splunk.client())
