"""The HEC token of an installation: which it is, what it lacks, and where its value goes.

Invariants: a value that the settings already have is used, never replaced; a new one is written to a file of mode 0600
or handed to the caller who asked to see it, and is in no other text.
"""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from forwarder.config import Secret
from forwarder.errors import Misconfigured
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.collector import Collector, change_token, make_token
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.steps import Step

MODE = 0o600


class Outlet(NamedTuple):
    """Where the value of a token goes that the settings do not have."""

    file: Path | None
    shown: list[str] | None
    """Takes the value, for a caller who prints it."""


class Wanted(NamedTuple):
    """The token that is to be."""

    name: str
    value: str | None
    """As the settings have it; `None`: Splunk makes one."""
    indexes: list[str]
    acknowledges: bool
    outlet: Outlet


def wanted_token(
    sink: str, settings: SplunkSettings, name: str, indexes: list[str], file: Path | None, show: bool
) -> Wanted:
    """What the settings and options ask for: a new value goes where the settings look for it, unless `file` is given.

    Raises `Misconfigured` for a value that the settings have and that cannot be read.
    """
    value = _configured(sink, settings)
    target = file or (settings.token_file if value is None else None)
    outlet = Outlet(target, [] if show else None)
    return Wanted(name, value, indexes, settings.ack == "on", outlet)


def token_steps(splunkd: Splunkd, held: Collector, wanted: Wanted) -> Iterator[Step]:
    """What has to be done about the token and its value."""
    token = held.valued(wanted.value) if wanted.value else held.named(wanted.name)
    subject = f"HEC token {token.name if token else wanted.name}"
    if token is None and held.named(wanted.name):
        told = (
            "is there with another value than the settings have; name another with --token-name, or mend the settings"
        )
        yield Step(subject, told, by_hand=True)
    elif token is None:
        yield Step(subject, f"make it, for {', '.join(wanted.indexes)}", partial(_make, splunkd, wanted))
    elif not token.enabled or token.lacks(wanted.indexes):
        told = f"enable it, allow {', '.join(token.lacks(wanted.indexes)) or 'what it allows'}"
        yield Step(subject, told, partial(change_token, splunkd, token, wanted.indexes))
    else:
        yield Step(subject, f"is there, for {', '.join(token.indexes) or 'every index'}")
    if token and wanted.outlet.file:
        yield _file_step(wanted.outlet.file, token.value)
    if token and wanted.outlet.shown is not None:
        wanted.outlet.shown.append(token.value)


def _configured(sink: str, settings: SplunkSettings) -> str | None:
    """The value that the settings have; `None` where their file is not there yet."""
    if settings.token_file and not settings.token_file.exists():
        return None
    return Secret(f"sinks.{sink}.token", settings.token, settings.token_file).reveal()


def _make(splunkd: Splunkd, wanted: Wanted) -> None:
    if wanted.outlet.file:
        _expect_free(wanted.outlet.file)
    token = make_token(splunkd, wanted.name, wanted.indexes, wanted.acknowledges, wanted.value)
    _hand_out(wanted.outlet, token.value)


def _hand_out(outlet: Outlet, value: str) -> None:
    if outlet.file:
        _write(outlet.file, value)
    if outlet.shown is not None:
        outlet.shown.append(value)


def _file_step(file: Path, value: str) -> Step:
    subject = f"token file {file}"
    if not file.exists():
        return Step(subject, "write it, mode 0600", partial(_write, file, value))
    if Secret(subject, file=file).reveal() == value:
        return Step(subject, "holds the token")
    return Step(subject, "holds something else; remove it or name another", by_hand=True)


def _expect_free(file: Path) -> None:
    if file.exists() or not file.parent.is_dir():
        raise Misconfigured(f"--token-file {file}: is there already, or its folder is not; nothing was made")


def _write(file: Path, value: str) -> None:
    """A file that nobody else can read at any moment, and that was not there."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "w") as written:
            written.write(value + "\n")
    except OSError as error:
        raise Misconfigured(f"{file}: cannot be written ({error.strerror}); run again with another") from None
