"""Secrets: read again when their file changes, and never shown."""

import os
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from forwarder.config import Secret
from forwarder.errors import Misconfigured

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
