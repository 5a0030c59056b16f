"""Small builders for the stories of hunting queries: moments, and events by who did what."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.records import Event
from tests.content.records import NOW, activity, person, usage
from tests.content.records_key_use import used
from tests.ocsf.agent_world import event_of, log


class Story(NamedTuple):
    """What happened, and what the hunt finds in it."""

    events: list[Event]
    rows: list[dict[str, Any]]
    lookups: Mapping[str, str] = MappingProxyType({})


def ago(days: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of the day that many days before now."""
    return (NOW - timedelta(days=days)).replace(hour=hour, minute=minute)


def every(count: int, first: datetime, seconds: int = 60) -> list[datetime]:
    """That many moments in a row."""
    return [first + timedelta(seconds=seconds * n) for n in range(count)]


def acts(kind: str, name: str, *times: datetime, ip: str = "192.0.2.34", **fields: Any) -> list[Event]:
    """The same activity of a person at each time."""
    return [activity(kind, person(name, ip), time, number=n, **fields).event for n, time in enumerate(times)]


def told(name: str, who: str, time: datetime, session: str = "", **fields: Any) -> Event:
    """An event of Claude Code's telemetry; whoever has no session named has one alone."""
    account = {"user.account_id": f"user_{who}", "user.email": f"{who}@example.com", "session.id": session or who}
    return event_of(log(name, **account, **{"event.timestamp": f"{time:%Y-%m-%dT%H:%M:%SZ}"}, **fields))


def tokens(principal: dict[str, Any], *times: datetime, read: int = 900, written: int = 100) -> list[Event]:
    """Buckets of a principal that read and wrote so much each."""
    return [usage({"output_tokens": written, **principal}, time, read).event for time in times]


def calls(key: str, agent: str, times: Iterable[datetime]) -> Iterator[Event]:
    """Calls of the Compliance API."""
    return (used(key, time, agent=agent).event for time in times)
