"""Secrets: read again from their file, and shown to nobody."""

import os
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from forwarder.config import Secret
from forwarder.errors import Misconfigured

TEXT = "never-to-be-seen"


def test_a_changed_file_gives_the_new_secret_and_a_new_version(tmp_path: Path) -> None:
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


def test_a_secret_whose_file_is_away_has_another_version_until_it_is_back(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(TEXT)
    secret = Secret("sinks.splunk.token", file=file)
    before = secret.version()
    file.unlink()
    assert secret.version() != before
    with pytest.raises(Misconfigured, match=r"sinks\.splunk\.token_file: .* cannot be read"):
        secret.reveal()


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\x00"])
def test_a_file_without_a_secret_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"sinks\.splunk\.token"):
        Secret("sinks.splunk.token", file=file).reveal()


def test_a_secret_that_is_not_set_says_how_to_set_it() -> None:
    with pytest.raises(Misconfigured, match=r"sinks\.splunk\.token is not set: set it, or sinks\.splunk\.token_file"):
        Secret("sinks.splunk.token").reveal()


@pytest.mark.parametrize("odd", [f"{TEXT}\nsecond line", f"{TEXT}-é", f"{TEXT}\x00", f"{TEXT}\tx"])
def test_a_secret_that_no_header_can_carry_is_refused_without_showing_it(odd: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(odd, encoding="utf-8")
    for secret in (Secret("anthropic.compliance_key", file=file), Secret("anthropic.compliance_key", SecretStr(odd))):
        with pytest.raises(Misconfigured, match=r"anthropic\.compliance_key") as refused:
            secret.reveal()
        assert TEXT not in "".join(traceback.format_exception(refused.value))


def test_the_text_is_in_no_representation() -> None:
    secret = Secret("sinks.splunk.token", SecretStr(TEXT))
    assert TEXT not in repr(secret) + str(secret) + f"{secret}" + repr([secret])
    assert secret.reveal() == TEXT
