"""What a Splunk needs before events arrive: indexes, HEC with a token, the app.

Invariant: what is already as required is left unchanged, so a second run changes nothing. In Splunk Cloud only the
Admin Config Service changes indexes, tokens and apps: its commands are printed.

Sources: Splunk Cloud Platform Admin Config Service Manual, *Administer Splunk Cloud Platform using the ACS CLI*,
*Manage indexes*, *Manage HTTP Event Collector (HEC) tokens*, *Manage private apps*; splunk/acs-cli on GitHub.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from forwarder import __version__
from forwarder.errors import Reject
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd import APP, INDEXER
from forwarder.splunkd.apps import INSTALL, install_app, read_apps, restart_required
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.hec import enable_hec, read_hec
from forwarder.splunkd.server import SplunkServer, create_index, read_indexes, sink_indexes
from forwarder.splunkd.steps import InstallStep
from forwarder.splunkd.token_steps import TokenRequest, token_steps


class InstallRequest(NamedTuple):
    """What is to be installed."""

    token: TokenRequest
    package: str | None
    """Path of the app's package as splunkd sees it."""


def index_names(settings: SplunkSettings, verify_index: str | None) -> list[str]:
    """The indexes of an installation."""
    names = list(sink_indexes(settings))
    return [*names, verify_index] if verify_index and verify_index not in names else names


def plan(splunkd: Splunkd, server: SplunkServer, request: InstallRequest) -> Iterator[InstallStep]:
    """The steps, each planned after the one before was applied. Raises as `Splunkd.request`."""
    if server.indexes:
        yield from _indexes(splunkd, request.token.indexes)
        hec = read_hec(splunkd)
        enable = InstallStep("HEC", "enable it", partial(enable_hec, splunkd))
        yield InstallStep("HEC", "is enabled") if hec.enabled else enable
        yield from token_steps(splunkd, hec, request.token)
    else:
        names = ", ".join(request.token.indexes)
        text = f"{server.indexed_elsewhere}: create {names} and the token there ({INDEXER}.tgz creates the indexes)"
        yield InstallStep("indexes and HEC", text, by_hand=True)
    yield _app(splunkd, request.package)
    if restart_required(splunkd):
        yield InstallStep("splunkd", "must be restarted (Settings > Server controls)", by_hand=True)


def _indexes(splunkd: Splunkd, names: list[str]) -> Iterator[InstallStep]:
    existing = read_indexes(splunkd)
    for name in names:
        if name in existing:
            yield InstallStep(f"index {name}", "exists")
        else:
            yield InstallStep(f"index {name}", "create it", partial(create_index, splunkd, name))


def _app(splunkd: Splunkd, package: str | None) -> InstallStep:
    subject, app = f"app {APP}", read_apps(splunkd).get(APP)
    if app and app.version == __version__:
        return InstallStep(subject, f"{__version__} is installed")
    text = f"is {app.version}, this forwarder {__version__}" if app else "is not installed"
    if package:
        return InstallStep(subject, f"{text}: install {package}", partial(_install, splunkd, package))
    return InstallStep(subject, f"{text}; {INSTALL}", by_hand=True)


def _install(splunkd: Splunkd, package: str) -> None:
    """Raises `Reject` when another version is installed afterwards."""
    install_app(splunkd, package)
    app = read_apps(splunkd).get(APP)
    if app is None or app.version != __version__:
        found = app.version if app else "none"
        raise Reject(
            "other-version", f"afterwards {found} is installed, not {__version__}: use the package of this version"
        )


def cloud_commands(indexes: list[str], token_name: str, package: str | None) -> list[str]:
    """The commands for Splunk Cloud in order, with comments."""
    allowed = " ".join(f"--allowed-indexes {name}" for name in indexes)
    return [
        "# Once: the stack is the first part of https://STACK.splunkcloud.com; the user needs the role sc_admin.",
        "acs config add-stack STACK",
        "acs config use-stack STACK",
        "acs login",
        "# Indexes: choose the retention. Each takes some minutes; `acs indexes list` shows them.",
        *(f"acs indexes create --name {name} --data-type event --searchable-days 90" for name in indexes),
        "# The token; acknowledgement is for Firehose only in Splunk Cloud. The answer shows the value.",
        f"acs hec-token create --name {token_name} --default-index {indexes[0]} {allowed}",
        "# The app: AppInspect checks it first, with your splunk.com account. Y accepts Splunk's legal notice.",
        f"acs apps install private --acs-legal-ack=Y --app-package {package or f'{APP}.tgz'}",
        "# Whether a restart is required.",
        "acs status current-stack",
    ]
