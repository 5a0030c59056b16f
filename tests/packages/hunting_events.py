"""Builders for the test cases of hunting queries: timestamps, and events by actor."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.records import Event
from tests.content.records import NOW, activity, person, receipt, usage
from tests.content.records_key_use import used
from tests.ocsf.agent_world import event_of, log


class HuntTestCase(NamedTuple):
    """Events, and the rows that the query returns."""

    events: list[Event]
    rows: list[dict[str, Any]]
    lookups: Mapping[str, str] = MappingProxyType({})


def ago(days: int, hour: int = 9, minute: int = 0) -> datetime:
    """A time on the day `days` before now."""
    return (NOW - timedelta(days=days)).replace(hour=hour, minute=minute)


def every(count: int, first: datetime, seconds: int = 60) -> list[datetime]:
    """`count` consecutive times."""
    return [first + timedelta(seconds=seconds * n) for n in range(count)]


def acts(kind: str, name: str, *times: datetime, ip: str = "192.0.2.34", **fields: Any) -> list[Event]:
    """The same activity of a user at each time."""
    return [activity(kind, person(name, ip), time, number=n, **fields).event for n, time in enumerate(times)]


def telemetry(name: str, who: str, time: datetime, session: str = "", **fields: Any) -> Event:
    """A Claude Code telemetry event; the default session is the user's own."""
    account = {"user.account_id": f"user_{who}", "user.email": f"{who}@example.com", "session.id": session or who}
    record = log(name, **account, **{"event.timestamp": f"{time:%Y-%m-%dT%H:%M:%SZ}"}, **fields)
    return event_of(record, receipt=receipt(time))


def tokens(principal: dict[str, Any], *times: datetime, read: int = 900, written: int = 100) -> list[Event]:
    """Usage records of a principal with `read` and `written` tokens each."""
    return [usage({"output_tokens": written, **principal}, time, read).event for time in times]


def calls(key: str, agent: str, times: Iterable[datetime]) -> Iterator[Event]:
    """Calls of the Compliance API."""
    return (used(key, time, agent=agent).event for time in times)
