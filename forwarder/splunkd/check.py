"""Every question to Splunk in turn."""

from collections.abc import Iterator

from forwarder.config import Secret
from forwarder.siem.findings import Finding
from forwarder.siem.questions import Question, ask_all
from forwarder.sinks.splunk import SplunkSettings
from forwarder.splunkd.apps import ask_apps, judge_app, judge_others
from forwarder.splunkd.belongings import (
    ask_lookups,
    ask_roles,
    ask_searches,
    judge_lookups,
    judge_roles,
    judge_searches,
)
from forwarder.splunkd.collector import ask_collector, judge_switch, judge_token
from forwarder.splunkd.connection import Splunkd
from forwarder.splunkd.health import ask_health
from forwarder.splunkd.indexes import ask_indexes, judge_indexes, wanted
from forwarder.splunkd.rights import ask_scope, ask_user, judge_scope, judge_user
from forwarder.splunkd.server import Server, ask_server, judge_server
from forwarder.splunkd.shipped import Shipped


def check(splunkd: Splunkd, sink: str, settings: SplunkSettings, shipped: Shipped) -> Iterator[Finding]:
    """What is there, and what is missing for events, rules and `verify`. Changes nothing.

    Raises as `Splunkd.asked` when not even the first question is answered.
    """
    server = ask_server(splunkd)
    yield judge_server(server)
    questions: dict[str, Question] = {
        "indexes": lambda: judge_indexes(server, ask_indexes(splunkd), settings),
        "HEC health": lambda: [ask_health(sink, settings)],
        "HEC": lambda: _collector(splunkd, server, sink, settings),
        "apps": lambda: _apps(splunkd),
        "rules": lambda: [judge_searches(ask_searches(splunkd), shipped.searches)],
        "lookups": lambda: judge_lookups(ask_lookups(splunkd), shipped.lookups),
        "roles": lambda: judge_roles(*ask_roles(splunkd)),
        "rights": lambda: _rights(splunkd, list(wanted(settings))),
    }
    yield from ask_all(questions, "see rights to check")


def _collector(splunkd: Splunkd, server: Server, sink: str, settings: SplunkSettings) -> Iterator[Finding]:
    held = ask_collector(splunkd)
    yield from judge_switch(server, held)
    value = Secret(f"sinks.{sink}.token", settings.token, settings.token_file).reveal()
    yield judge_token(server, held, value, settings, list(wanted(settings)))


def _apps(splunkd: Splunkd) -> Iterator[Finding]:
    apps = ask_apps(splunkd)
    yield judge_app(apps)
    yield from judge_others(apps)


def _rights(splunkd: Splunkd, indexes: list[str]) -> Iterator[Finding]:
    user = ask_user(splunkd)
    yield from judge_user(user)
    yield judge_scope(user, ask_scope(splunkd, user), indexes)
