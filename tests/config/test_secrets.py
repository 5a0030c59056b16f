"""Secrets: read again when their file changes, and never shown."""

import os
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from forwarder.config import Secret
from forwarder.errors import Misconfigured, Retry
from forwarder.settings import load_settings
from tests.config.files import KEY, SMALLEST, load

TEXT = "never-to-be-seen"


def test_a_changed_file_gives_the_new_secret_and_another_version(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("first\n")
    secret = Secret("anthropic.compliance_key", file=file)
    before = secret.version()
    assert secret.reveal() == "first"
    assert secret.version() == before
    replacement = tmp_path / "new"
    replacement.write_text("other\n")  # as long as the first, put in place as Kubernetes does
    os.utime(replacement, ns=(1, 1))
    replacement.replace(file)
    assert secret.version() != before
    assert secret.reveal() == "other"


def test_a_missing_file_changes_the_version(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(TEXT)
    secret = Secret("sinks.splunk.token", file=file)
    before = secret.version()
    file.unlink()
    assert secret.version() != before
    with pytest.raises(Misconfigured, match=r"sinks\.splunk\.token_file: .* cannot be read"):
        secret.reveal()


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\x00"])
def test_an_empty_or_binary_file_is_an_error_that_names_the_setting(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"sinks\.splunk\.token"):
        Secret("sinks.splunk.token", file=file).reveal()


def test_a_missing_secret_is_an_error_that_names_its_settings() -> None:
    with pytest.raises(Misconfigured, match=r"sinks\.splunk\.token is not set: set sinks\.splunk\.token_file"):
        Secret("sinks.splunk.token").reveal()


@pytest.mark.parametrize("text", [f"{TEXT}\nsecond line", f"{TEXT}-é", f"{TEXT}\x00", f"{TEXT}\tx"])
def test_a_secret_that_is_not_valid_in_a_header_is_refused_without_showing_it(text: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(text, encoding="utf-8")
    for secret in (Secret("anthropic.compliance_key", file=file), Secret("anthropic.compliance_key", SecretStr(text))):
        with pytest.raises(Misconfigured, match=r"anthropic\.compliance_key") as refused:
            secret.reveal()
        assert TEXT not in "".join(traceback.format_exception(refused.value))


def test_no_representation_contains_the_secret() -> None:
    secret = Secret("sinks.splunk.token", SecretStr(TEXT))
    assert TEXT not in repr(secret) + str(secret) + f"{secret}" + repr([secret])
    assert secret.reveal() == TEXT


def test_what_a_file_has_held_stays_hidden_after_a_rotation(tmp_path: Path) -> None:
    file = tmp_path / "key"
    secret = Secret("sinks.splunk.token", file=file)
    texts = ("first-content-of-the-file", "second-content-of-it", "third-and-last-content")
    for text in texts:
        file.write_text(f"{text}\n")
        assert secret.reveal() == text
    message = str(Retry(f"the server repeats {' and '.join(texts)}"))
    assert not any(text in message for text in texts)
    assert message.count("[redacted]") == 3


@pytest.mark.parametrize(
    ("variable", "value", "hidden"),
    [
        ("HTTPS_PROXY", "http://user:proxy-password-1%21@proxy.example:3128", "proxy-password-1!"),
        ("https_proxy", "user:proxy-password-2@proxy.example:3128", "proxy-password-2"),
        ("AZURE_CLIENT_SECRET", "azure-client-secret-3", "azure-client-secret-3"),
        ("IDENTITY_HEADER", "identity-header-4", "identity-header-4"),
    ],
)
def test_secrets_that_only_libraries_read_are_hidden_too(
    variable: str, value: str, hidden: str, tmp_path: Path
) -> None:
    file = tmp_path / "claude-siem.yaml"
    file.write_text(SMALLEST)
    load_settings(file, {variable: value})
    assert str(Retry(f"refused: {hidden}")) == "refused: [redacted]"


def test_the_errors_of_a_secret_that_is_no_path_do_not_show_it(tmp_path: Path) -> None:
    text = SMALLEST.replace(f"compliance_key: {KEY}", "compliance_key_file: Xy7-own-Password")
    settings = load(tmp_path, text)
    with pytest.raises(
        Misconfigured, match=r"compliance_key_file: \[redacted\] cannot be read .* set a path"
    ) as refused:
        settings.anthropic.activity_feed_key("").reveal()
    assert "Password" not in str(refused.value)
