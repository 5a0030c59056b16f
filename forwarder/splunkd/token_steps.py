"""The HEC token of an installation: which token, what it needs, and where its value is written.

Invariants: a value that the settings have is used, never replaced; a new one is written to a file of mode 0600 or
returned to a caller who prints it, and is in no other text.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from forwarder.config import Secret
from forwarder.errors import Misconfigured
from forwarder.private_files import open_private
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.hec import HecState, change_token, create_token
from forwarder.splunkd.steps import InstallStep


class TokenDestination(NamedTuple):
    """Where the value of a token is written that the settings do not have."""

    file: Path | None
    shown: list[str] | None
    """Receives the value, for a caller who prints it."""


class TokenRequest(NamedTuple):
    """The token to be created or completed."""

    name: str
    value: str | None
    """From the settings; `None`: Splunk generates one."""
    indexes: list[str]
    acknowledges: bool
    destination: TokenDestination


def token_request(
    sink: str, settings: SplunkSettings, name: str, indexes: list[str], file: Path | None, show: bool
) -> TokenRequest:
    """The token that settings and options require: a new value goes to `file`, or to the `token_file` of the settings.

    Raises `Misconfigured` for a value in the settings that cannot be read.
    """
    value = _configured(sink, settings)
    target = file or (settings.token_file if value is None else None)
    destination = TokenDestination(target, [] if show else None)
    return TokenRequest(name, value, indexes, settings.ack == "on", destination)


def token_steps(splunkd: Splunkd, hec: HecState, request: TokenRequest) -> Iterator[InstallStep]:
    """The steps for the token and its value."""
    token = hec.with_value(request.value) if request.value else hec.named(request.name)
    subject = f"HEC token {token.name if token else request.name}"
    if token is None and hec.named(request.name):
        text = "exists with another value than in the settings; choose another --token-name, or correct the settings"
        yield InstallStep(subject, text, by_hand=True)
    elif token is None:
        yield InstallStep(subject, f"create it, for {', '.join(request.indexes)}", partial(_create, splunkd, request))
    elif not token.enabled or token.missing(request.indexes):
        text = f"enable it, allow {', '.join(token.missing(request.indexes)) or 'the same indexes'}"
        yield InstallStep(subject, text, partial(change_token, splunkd, token, request.indexes))
    else:
        yield InstallStep(subject, f"exists, for {', '.join(token.indexes) or 'every index'}")
    if token and request.destination.file:
        yield _file_step(request.destination.file, token.value)
    if token and request.destination.shown is not None:
        request.destination.shown.append(token.value)


def _configured(sink: str, settings: SplunkSettings) -> str | None:
    """The value in the settings; `None` where their file does not exist yet."""
    if settings.token_file and not settings.token_file.exists():
        return None
    return Secret(f"sinks.{sink}.token", settings.token, settings.token_file).reveal()


def _create(splunkd: Splunkd, request: TokenRequest) -> None:
    if request.destination.file:
        _expect_free(request.destination.file)
    token = create_token(splunkd, request.name, request.indexes, request.acknowledges, request.value)
    _deliver_value(request.destination, token.value)


def _deliver_value(destination: TokenDestination, value: str) -> None:
    if destination.file:
        _write(destination.file, value)
    if destination.shown is not None:
        destination.shown.append(value)


def _file_step(file: Path, value: str) -> InstallStep:
    subject = f"token file {file}"
    if not file.exists():
        return InstallStep(subject, "write it, mode 0600", partial(_write, file, value))
    if Secret(subject, file=file).reveal() == value:
        return InstallStep(subject, "contains the token")
    return InstallStep(subject, "contains something else; remove it or choose another", by_hand=True)


def _expect_free(file: Path) -> None:
    if file.exists() or not file.parent.is_dir():
        raise Misconfigured(f"--token-file {file}: it already exists, or its folder does not; no token was created")


def _write(file: Path, value: str) -> None:
    """Create a file that no other user can read at any time. Raises `Misconfigured` where it exists."""
    try:
        with open_private(file, "xb") as written:
            written.write(f"{value}\n".encode())
    except OSError as error:
        raise Misconfigured(f"{file}: cannot be written ({error.strerror}); run again with another path") from None
