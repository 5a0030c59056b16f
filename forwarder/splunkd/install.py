"""What has to be in a Splunk Enterprise before events come: indexes, HEC with a token, the app.

Invariant: what is as it should be is left alone, so a second run changes nothing.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from forwarder import __version__
from forwarder.errors import Reject
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd import APP, INDEXER
from forwarder.splunkd.apps import INSTALL, ask_apps, install_app, restart_wanted
from forwarder.splunkd.collector import ask_collector, switch_on
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.indexes import ask_indexes, make_index, wanted
from forwarder.splunkd.server import Server
from forwarder.splunkd.steps import Step
from forwarder.splunkd.token_steps import Wanted, token_steps


class Wishes(NamedTuple):
    """What is to be installed."""

    token: Wanted
    package: str | None
    """Path of the app's package as splunkd sees it."""


def index_names(settings: SplunkSettings, verify_index: str | None) -> list[str]:
    """The indexes of an installation."""
    names = list(wanted(settings))
    return [*names, verify_index] if verify_index and verify_index not in names else names


def plan(splunkd: Splunkd, server: Server, wishes: Wishes) -> Iterator[Step]:
    """The steps, each planned when the one before has been taken. Raises as `Splunkd.asked`."""
    if server.indexes:
        yield from _indexes(splunkd, wishes.token.indexes)
        held = ask_collector(splunkd)
        yield Step("HEC", "is enabled") if held.enabled else Step("HEC", "enable it", partial(switch_on, splunkd))
        yield from token_steps(splunkd, held, wishes.token)
    else:
        names = ", ".join(wishes.token.indexes)
        told = f"{server.elsewhere}: make {names} and the token where it is done ({INDEXER}.tgz makes the indexes)"
        yield Step("indexes and HEC", told, by_hand=True)
    yield _app(splunkd, wishes.package)
    if restart_wanted(splunkd):
        yield Step("splunkd", "asks to be restarted (Settings > Server controls)", by_hand=True)


def _indexes(splunkd: Splunkd, names: list[str]) -> Iterator[Step]:
    there = ask_indexes(splunkd)
    for name in names:
        if name in there:
            yield Step(f"index {name}", "is there")
        else:
            yield Step(f"index {name}", "make it", partial(make_index, splunkd, name))


def _app(splunkd: Splunkd, package: str | None) -> Step:
    subject, app = f"app {APP}", ask_apps(splunkd).get(APP)
    if app and app.version == __version__:
        return Step(subject, f"{__version__} is installed")
    told = f"is {app.version}, this forwarder {__version__}" if app else "is not installed"
    if package:
        return Step(subject, f"{told}: install {package}", partial(_install, splunkd, package))
    return Step(subject, f"{told}; {INSTALL}", by_hand=True)


def _install(splunkd: Splunkd, package: str) -> None:
    """Raises `Reject` when another version is there afterwards."""
    install_app(splunkd, package)
    app = ask_apps(splunkd).get(APP)
    if app is None or app.version != __version__:
        found = app.version if app else "none"
        raise Reject("other-version", f"after it {found} is installed, not {__version__}: take this version's package")
