"""How the commands reach Azure: TLS that is verified, credentials that are shown nowhere, refusals in plain words."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from forwarder.azure.connection import Azure
from forwarder.azure.identity import Identity, ask_forwarder, ask_operator
from forwarder.azure.installed import ask_rules
from forwarder.azure.workspace import ask_workspace
from forwarder.errors import Misconfigured, Reject, Retry
from forwarder.siem.questions import Denied
from forwarder.simulator import CLIENT_ID
from forwarder.simulator.azure_tokens import MANAGEMENT_SCOPE, OBJECT_ID
from forwarder.simulator.certificates import make_certificate
from tests.azure.standin import CUSTOMER_ID
from tests.azure.world import OPERATOR, OPERATOR_ID, OPERATOR_SECRET, World
from tests.cli.commands import claude_siem

WORKSPACE_PATH = "/workspaces/soc"


def customer_id(cloud: World, **changes: Any) -> str:
    """What a first question gives."""
    with cloud.azure(**changes) as azure:
        return ask_workspace(azure).customer_id


def test_a_server_is_trusted_by_its_authority_and_by_nothing_else(cloud: World) -> None:
    assert customer_id(cloud) == CUSTOMER_ID
    strange = make_certificate(cloud.folder / "strange")
    before = len(cloud.manager.served())
    with pytest.raises(Misconfigured, match=r"not trusted .*set the sink's ca_file .*verification is never off"):
        customer_id(cloud, ca_file=str(strange.ca))
    assert len(cloud.manager.served()) == before, "nothing was said to an untrusted server"


def test_each_api_gets_a_token_for_itself_from_whoever_it_concerns(cloud: World) -> None:
    with cloud.azure() as azure:
        assert ask_operator(azure) == (OPERATOR_ID, OPERATOR)
        assert ask_forwarder(azure) == (OBJECT_ID, CLIENT_ID)
        token = azure.credential.get_token(MANAGEMENT_SCOPE).token
    tokens = cloud.logs.tokens
    assert (tokens.holds(f"Bearer {token}", MANAGEMENT_SCOPE), tokens.holds(f"Bearer {token}")) == (True, False)


def test_without_an_application_of_its_own_the_command_asks_as_what_the_machine_has(
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
        ("management__client_secret_file", ask_operator, r"sinks\.sentinel\.management"),
        ("client_secret_file", ask_forwarder, r"sinks\.sentinel"),
    ],
)
def test_a_wrong_secret_is_a_message_without_it_that_names_whose_it_is(
    key: str, ask: Callable[[Azure], Identity], place: str, cloud: World
) -> None:
    wrong = cloud.folder / "wrong"
    wrong.write_text("wrong-and-never-to-be-seen")
    words = rf"no token .*AADSTS7000215.*; mend {place} \(tenant_id"
    with cloud.azure(**{key: str(wrong)}) as azure, pytest.raises(Misconfigured, match=words) as refused:
        ask(azure)
    assert "never-to-be-seen" not in str(refused.value)


def test_a_token_that_does_not_say_whose_it_is_is_told(cloud: World) -> None:
    cloud.logs.tokens.applications[OPERATOR] = cloud.logs.tokens.applications[OPERATOR]._replace(object_id="")
    with cloud.azure() as azure, pytest.raises(Reject, match="does not say to whom"):
        ask_operator(azure)


@pytest.mark.parametrize(
    ("fault", "options", "error", "words"),
    [
        ("token-expired", {}, Misconfigured, r"workspace: HTTP 401 .*check sinks\.sentinel\.management and the auth"),
        ("html", {}, Misconfigured, r"workspace: what answers is not Azure .*check sinks\.sentinel\.management's addr"),
        ("proxy-too-large", {}, Reject, "workspace: HTTP 413"),
        ("throttled", {"retry_after": 0, "times": 4}, Retry, "workspace: HTTP 429"),
        ("truncated-body", {"times": 4}, Retry, "workspace: no answer"),
    ],
)
def test_what_goes_wrong_on_the_way_is_typed_by_what_to_do(
    fault: str, options: dict[str, Any], error: type[Exception], words: str, cloud: World
) -> None:
    cloud.manager.fault(fault, path=WORKSPACE_PATH, **options)
    with pytest.raises(error, match=words) as raised:
        customer_id(cloud)
    assert type(raised.value) is error


def test_a_refusal_of_the_role_is_told_apart(cloud: World) -> None:
    cloud.manager.denied = {WORKSPACE_PATH}
    with pytest.raises(Denied, match=r"workspace: HTTP 403 .*AuthorizationFailed"):
        customer_id(cloud)


def test_a_busy_azure_is_asked_again_after_as_long_as_it_says(cloud: World) -> None:
    cloud.manager.fault("throttled", path=WORKSPACE_PATH)
    cloud.manager.fault("proxy-unavailable", path="/alertRules")
    with cloud.azure() as azure:
        assert ask_workspace(azure).customer_id == CUSTOMER_ID
        assert len(ask_rules(azure)) == 39
    assert cloud.manager.stats()["requests"] == {"429": 1, "503": 1, "200": 4}, "39 rules are three pages"


def test_nobody_who_answers_is_told_in_a_line(cloud: World) -> None:
    cloud.manager.stop()
    with pytest.raises(Retry, match=r"workspace: no answer \(ServiceRequestError"):
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
def test_a_connection_that_is_not_configured_says_what_to_set(
    changes: dict[str, str | None], words: str, cloud: World
) -> None:
    with pytest.raises(Misconfigured) as refused:
        customer_id(cloud, **changes)
    assert words in str(refused.value)


def test_the_exit_code_of_a_wrong_configuration_is_2_and_the_environment_mends_it(cloud: World) -> None:
    config = cloud.file(management__workspace=None)
    done = claude_siem("sentinel", "check", "--config", config)
    assert (done.returncode, done.stdout) == (2, "")
    config = cloud.file(management__client_secret_file=None)
    done = claude_siem(
        "sentinel",
        "check",
        "--config",
        config,
        CLAUDE_SIEM__SINKS__SENTINEL__MANAGEMENT__CLIENT_SECRET=OPERATOR_SECRET,
    )
    assert "ok    Microsoft Sentinel: is on soc" in done.stdout
    assert OPERATOR_SECRET not in done.stdout + done.stderr
    done = claude_siem("sentinel", "check", "--config", config, "--sink", "other")
    assert (done.returncode, "--sink other: no Sentinel sink has this name" in done.stderr) == (2, True)


def test_without_the_extra_the_command_names_it_and_a_package_is_written_all_the_same(cloud: World) -> None:
    hidden = "import sys; sys.modules['azure.mgmt'] = None; from forwarder.cli import main; main()"
    output = ["--output", str(cloud.folder / "out")]
    for arguments, code, words in (
        (["check", "--config", str(cloud.file())], 2, "pip install 'claude-siem[sentinel]'"),
        (["package", *output], 0, "112 files written"),
        (["--help"], 0, "Check, prepare and prove a Microsoft Sentinel workspace"),
    ):
        done = subprocess.run([sys.executable, "-c", hidden, "sentinel", *arguments], capture_output=True, text=True)
        assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done.stderr
