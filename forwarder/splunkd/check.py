"""The checks of a Splunk sink: host, indexes, HEC, apps, knowledge objects, the user's permissions."""

from collections.abc import Iterator

from forwarder.config import Secret
from forwarder.siem.check import Question, SiemFinding, run_checks
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.apps import check_app, check_other_apps, read_apps
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.hec import HEALTH, check_health, check_hec_enabled, check_hec_token, read_hec
from forwarder.splunkd.knowledge_objects import (
    check_lookups,
    check_roles,
    check_searches,
    read_lookups,
    read_roles,
    read_searches,
    shipped_app,
)
from forwarder.splunkd.rights import check_scope, check_user, read_scope, read_user
from forwarder.splunkd.server import SplunkServer, check_indexes, check_server, read_indexes, read_server, sink_indexes

PERMISSIONS = "the permissions for check"
"""In docs/splunk-verify.md."""


def check(splunkd: Splunkd, sink: str, settings: SplunkSettings) -> Iterator[SiemFinding]:
    """What events, rules and `verify` need. Changes nothing.

    Raises as `Splunkd.request` when the first request already fails.
    """
    server = read_server(splunkd)
    yield check_server(server)
    questions: dict[str, Question] = {
        "indexes": lambda: check_indexes(server, read_indexes(splunkd), settings),
        HEALTH: lambda: [check_health(sink, settings)],
        "HEC": lambda: _hec(splunkd, server, sink, settings),
        "apps": lambda: _apps(splunkd),
        "rules": lambda: [check_searches(read_searches(splunkd), shipped_app().searches)],
        "lookups": lambda: check_lookups(read_lookups(splunkd), shipped_app().lookups),
        "roles": lambda: check_roles(*read_roles(splunkd)),
        "permissions": lambda: _permissions(splunkd, list(sink_indexes(settings))),
    }
    yield from run_checks(questions, PERMISSIONS)


def _hec(splunkd: Splunkd, server: SplunkServer, sink: str, settings: SplunkSettings) -> Iterator[SiemFinding]:
    hec = read_hec(splunkd)
    yield from check_hec_enabled(server, hec)
    value = Secret(f"sinks.{sink}.token", settings.token, settings.token_file).reveal()
    yield check_hec_token(server, hec, value, settings)


def _apps(splunkd: Splunkd) -> Iterator[SiemFinding]:
    apps = read_apps(splunkd)
    yield check_app(apps)
    yield from check_other_apps(apps)


def _permissions(splunkd: Splunkd, indexes: list[str]) -> Iterator[SiemFinding]:
    user = read_user(splunkd)
    yield from check_user(user)
    yield check_scope(user, read_scope(splunkd, user), indexes)
