"""How the commands reach Azure: TLS that is verified, credentials that are never shown, errors in plain words."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from forwarder.azure.access import AzureIdentity, read_forwarder, read_operator
from forwarder.azure.connection import Azure
from forwarder.azure.content import read_rules
from forwarder.azure.workspace import read_workspace
from forwarder.bundled import rule_folders
from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.siem.check import PermissionDenied
from forwarder.simulator import CLIENT_ID
from forwarder.simulator.azure_tokens import MANAGEMENT_SCOPE, OBJECT_ID
from forwarder.simulator.certificates import make_certificate
from tests.azure.standin import CUSTOMER_ID, PAGE
from tests.azure.world import OPERATOR, OPERATOR_ID, World

WORKSPACE_PATH = "/workspaces/soc"


def customer_id(cloud: World, **changes: Any) -> str:
    """What a first question gives."""
    with cloud.azure(**changes) as azure:
        return read_workspace(azure).customer_id


def test_a_server_is_trusted_by_its_authority_and_by_nothing_else(cloud: World) -> None:
    assert customer_id(cloud) == CUSTOMER_ID
    strange = make_certificate(cloud.folder / "strange")
    before = len(cloud.manager.served())
    with pytest.raises(Misconfigured, match=r"not trusted .*set the sink's ca_file .*verification is never off"):
        customer_id(cloud, ca_file=str(strange.ca))
    assert len(cloud.manager.served()) == before, "nothing was sent to an untrusted server"


def test_a_redirect_is_refused_and_followed_by_nobody(cloud: World) -> None:
    before = len(cloud.logs.served())
    with cloud.azure() as azure:
        assert read_workspace(azure)
        before = len(cloud.logs.served())
        cloud.manager.fault("redirect", to=cloud.logs.url, path=WORKSPACE_PATH)
        with pytest.raises(Misconfigured, match="redirect to localhost, which is not followed"):
            read_workspace(azure)
    assert len(cloud.logs.served()) == before


def test_each_api_gets_a_token_of_its_own_identity(cloud: World) -> None:
    with cloud.azure() as azure:
        assert read_operator(azure) == (OPERATOR_ID, OPERATOR)
        assert read_forwarder(azure) == (OBJECT_ID, CLIENT_ID)
        token = azure.credential.get_token(MANAGEMENT_SCOPE).token
    tokens = cloud.logs.tokens
    assert (tokens.holds(f"Bearer {token}", MANAGEMENT_SCOPE), tokens.holds(f"Bearer {token}")) == (True, False)


def test_without_a_management_application_the_identity_of_the_machine_is_used(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{cloud.logs.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", cloud.logs.tokens.machine_secret)
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    own = dict.fromkeys(("management__client_id", "management__tenant_id", "management__client_secret_file"))
    assert customer_id(cloud, **own) == CUSTOMER_ID


@pytest.mark.parametrize(
    ("key", "ask", "place"),
    [
        ("management__client_secret_file", read_operator, r"sinks\.sentinel\.management"),
        ("client_secret_file", read_forwarder, r"sinks\.sentinel"),
    ],
)
def test_a_wrong_secret_is_a_message_that_names_the_setting_and_not_the_secret(
    key: str, ask: Callable[[Azure], AzureIdentity], place: str, cloud: World
) -> None:
    wrong = cloud.folder / "wrong"
    wrong.write_text("wrong-and-never-to-be-seen")
    words = rf"no token .*AADSTS7000215.*; correct {place} \(tenant_id"
    with cloud.azure(**{key: str(wrong)}) as azure, pytest.raises(Misconfigured, match=words) as refused:
        ask(azure)
    assert "never-to-be-seen" not in str(refused.value)


def test_a_token_without_an_identity_is_refused(cloud: World) -> None:
    cloud.logs.tokens.applications[OPERATOR] = cloud.logs.tokens.applications[OPERATOR]._replace(object_id="")
    with cloud.azure() as azure, pytest.raises(Reject, match="does not name its identity"):
        read_operator(azure)


@pytest.mark.parametrize(
    ("fault", "options", "error", "words"),
    [
        ("token-expired", {}, Misconfigured, r"workspace: HTTP 401 .*check sinks\.sentinel\.management and the auth"),
        (
            "html",
            {},
            Misconfigured,
            r"workspace: the answer is not Azure's .*the addresses in sinks\.sentinel\.manag",
        ),
        ("proxy-too-large", {}, Reject, "workspace: HTTP 413"),
        ("throttled", {"retry_after": 0, "times": 4}, Retry, "workspace: HTTP 429"),
        ("truncated-body", {"times": 4}, Retry, "workspace: cannot connect to .*closed in the middle"),
    ],
)
def test_a_connection_error_has_the_type_of_what_to_do(
    fault: str, options: dict[str, Any], error: type[Exception], words: str, cloud: World
) -> None:
    cloud.manager.fault(fault, path=WORKSPACE_PATH, **options)
    with pytest.raises(error, match=words) as raised:
        customer_id(cloud)
    assert type(raised.value) is error


def test_a_missing_permission_has_its_own_type(cloud: World) -> None:
    cloud.manager.denied = {WORKSPACE_PATH}
    with pytest.raises(PermissionDenied, match=r"workspace: HTTP 403 .*AuthorizationFailed"):
        customer_id(cloud)


def test_a_busy_azure_is_called_again_after_the_pause_it_asks_for(cloud: World) -> None:
    cloud.manager.fault("throttled", path=WORKSPACE_PATH)
    cloud.manager.fault("proxy-unavailable", path="/alertRules")
    with cloud.azure() as azure:
        assert read_workspace(azure).customer_id == CUSTOMER_ID
        assert len(read_rules(azure)) == len(rule_folders())
    pages = -(-len(rule_folders()) // PAGE)
    assert cloud.manager.stats()["requests"] == {"429": 1, "503": 1, "200": 1 + pages}


def test_an_azure_that_does_not_answer_is_one_line(cloud: World) -> None:
    cloud.manager.stop()
    with pytest.raises(Retry, match=r"workspace: cannot connect to https://localhost:\d+ \(connection refused\)"):
        customer_id(cloud)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"management__workspace": None},
            "sinks.sentinel.management.workspace is not set: set the",
        ),
        ({"management__client_secret_file": "/nowhere"}, "sinks.sentinel.management.client_secret_file: /nowhere"),
        ({"ca_file": "/nowhere"}, "ca_file: /nowhere"),
    ],
)
def test_a_connection_that_is_not_configured_names_the_setting(
    changes: dict[str, str | None], words: str, cloud: World
) -> None:
    with pytest.raises(Misconfigured) as refused:
        customer_id(cloud, **changes)
    assert words in str(refused.value)


def test_without_the_extra_a_package_is_written_all_the_same(cloud: World) -> None:
    hidden = "import sys; sys.modules['azure.mgmt'] = None; from forwarder.cli import main; main()"
    output = ["--output", str(cloud.folder / "out")]
    for arguments, code, words in ((["package", *output], 0, "113 files written"),):
        done = subprocess.run([sys.executable, "-c", hidden, "sentinel", *arguments], capture_output=True, text=True)
        assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done.stderr
