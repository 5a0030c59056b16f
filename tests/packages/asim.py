"""The shipped ASIM parsers, the requirements of their schemas, and our tables with events to run them over."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import yaml

from forwarder.detect.engine import ARRIVAL, Engine, Library
from forwarder.detect.functions import SavedFunction
from forwarder.ocsf import normalize
from forwarder.ocsf.feed.data_models import MODELS
from forwarder.records import STREAMS, Event
from forwarder.simulator.scenarios.all_types import all_types
from forwarder.sinks.sentinel import row
from tests.ocsf import agent_world, samples
from tests.ocsf.world import RECEIPT, TIME_MS, activity, actor, record
from tests.packages.solution import SENTINEL

Rows = list[dict[str, Any]]
NOW = datetime(2026, 6, 10, tzinfo=UTC)
PARSERS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((SENTINEL / "Parsers").glob("*im*Claude.yaml"))
}
_REQUIREMENTS = yaml.safe_load(Path(__file__).with_name("asim_schemas.yaml").read_text())
_COMMON = _REQUIREMENTS.pop("common")
SCHEMAS: tuple[str, ...] = tuple(_REQUIREMENTS)


class Wanted(NamedTuple):
    """Requirements of one schema, with the common ones."""

    version: str
    mandatory: dict[str, str]
    recommended: dict[str, str]
    others: dict[str, str]
    values: dict[str, list[str]]
    parameters: dict[str, list[str]]


def wanted(schema: str) -> Wanted:
    """The schema as Microsoft describes it."""
    own = _REQUIREMENTS[schema]
    mandatory, recommended, typed, values = (
        {**_COMMON[part], **own.get(part, {})} for part in ("mandatory", "recommended", "typed", "values")
    )
    values["EventSchema"], values["EventSchemaVersion"] = [schema], [own["version"]]
    others = dict.fromkeys([*_COMMON["optional"], *own["optional"]], "string") | typed
    return Wanted(own["version"], mandatory, recommended, others, values, own["parameters"])


def declared(parser: str) -> str:
    """A parser's parameters, as Log Analytics declares them."""
    return ", ".join(f"{p['Name']}:{p['Type']}={p['Default']}" for p in PARSERS[parser]["ParserParams"])


def call(parser: str, **given: str) -> str:
    """The call with these arguments, by position: the engine takes no named ones."""
    defaults = {p["Name"]: p["Default"] for p in PARSERS[parser]["ParserParams"]}
    assert given.keys() <= defaults.keys()
    return f"{parser}({', '.join((defaults | given).values())})"


class Tables:
    """Our tables with these events, to be asked through the parsers."""

    def __init__(self, events: Iterable[Event], **columns: str) -> None:
        """`columns` replace those of each row."""
        functions = {
            name: SavedFunction(name, declared(name), parser["ParserQuery"]) for name, parser in PARSERS.items()
        }
        self._engine, held = Engine(Library({}, functions)), list(events)
        for stream in STREAMS:
            rows = (orjson.loads(row(event.key_fields, event.body)) for event in held if event.stream == stream)
            self._engine.load(stream, [parser | columns | {ARRIVAL: NOW.isoformat()} for parser in rows])

    def ask(self, query: str) -> Rows:
        """The rows of a query."""
        return self._engine.query(query, NOW)

    def uids(self, parser: str, **given: str) -> list[str]:
        """The events that a parser gives with these arguments."""
        return sorted(found["EventUid"] for found in self.ask(f"{call(parser, **given)} | project EventUid"))


def schema_of(event: Event) -> str:
    """Where an event belongs: where its class does; what a model or an agent did or used is AgentEvent.

    Money is nothing that happened, and the forwarder's own life nothing that Claude did: they have no schema.
    """
    event_body = json.loads(event.body)
    if event_body["class_uid"] == 6003 and "message_context" in event_body:
        return "AgentEvent"
    known = MODELS.get(event_body["class_uid"])
    return known.asim if known and event.stream != "usage" else ""


ADDRESSES = (
    *("10.20.30.40", "172.16.5.6", "198.51.100.7", "2001:db8:0:1::7"),
    *("203.10.1.1", "192.172.16.9", "198.51.200.7", "2001:db8:0:2::7"),
)
"""One for a prefix of each number of groups, and for each one that has it elsewhere or goes on otherwise."""
_FROM_ANYWHERE = ("claude_chat_created", "org_user_deleted", "platform_file_uploaded", "sso_login_succeeded")


@cache
def sampled() -> tuple[Event, ...]:
    """Every sample's event, and for each schema that has addresses one from each of ours."""
    elsewhere = (
        _feed(activity(code, id=f"{code}/{address}", actor=actor(ip_address=address)))
        for code in _FROM_ANYWHERE
        for address in ADDRESSES
    )
    return (*(samples.event_of(path) for path in samples.inputs()), *elsewhere)


@cache
def everything() -> tuple[Event, ...]:
    """Events of every kind: the samples, every type of the simulator, all telemetry that is documented."""
    typed = (_feed(issue.activity) for issue in all_types(0, 7, TIME_MS * 1000) if isinstance(issue.activity, dict))
    return (*sampled(), *typed, *_telemetry())


def _feed(fields: dict[str, Any]) -> Event:
    return normalize(record(fields), RECEIPT)


def _telemetry() -> Iterator[Event]:
    for name in agent_world.documented()["events"]:
        yield agent_world.event_of(agent_world.log(name, **agent_world.example(name)))
    for name in agent_world.documented()["metrics"]:
        yield agent_world.event_of(agent_world.point(name, 3.0))
        yield agent_world.event_of(agent_world.point(name, 3.0, 2, **{"session.id": "cumulative"}))


def has(text: str, term: str) -> bool:
    """Whether `term` is in the text as KQL's `has` finds it: whole words of letters and digits."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(term.lower())}(?![a-z0-9])", text.lower()))
