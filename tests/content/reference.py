"""Events as a rule sees them, prepared in Python: each once, its newest copy and highest revision.

Independent of SPL and KQL: read from the events' own JSON.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from tests.content.records import NOW, Collected

NOW_S = NOW.timestamp()
HOUR, DAY = 3600, 86_400
FRESH = NOW_S - 4500
"""An hourly rule evaluates what was collected since then."""


class RuleEvent(NamedTuple):
    """An event; times in seconds since 1970."""

    stream: str
    time: float
    collected: float
    uid: str
    code: str
    class_uid: int
    activity_id: int
    user: str | None
    actor_uid: str | None
    actor_type: str | None
    src_ip: str | None
    object_uid: str | None
    object_type: str | None
    model: str | None
    tokens: int
    backfilled: bool
    event: dict[str, Any]
    """The whole event."""

    def get(self, path: str) -> Any:
        """The value at a dotted path, or `None`."""
        found: Any = self.event
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found


def rule_events(collected: Iterable[Collected], since: float = 0.0) -> list[RuleEvent]:
    """Every event that happened after `since`, once."""
    newest: dict[str, RuleEvent] = {}
    for one in map(_rule_event, collected):
        held = newest.get(one.uid)
        if one.time >= since and (held is None or _copy(one) > _copy(held)):
            newest[one.uid] = one
    return list(newest.values())


def rows_of(lookups: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The rows of a lookup; none if it is empty."""
    return list(csv.DictReader(lookups.get(name, "").splitlines()))


def excluded(lookups: Mapping[str, str], rule: str) -> set[str]:
    """The values that `claude_exclusions` excludes from a rule."""
    return {row["value"] for row in rows_of(lookups, "claude_exclusions") if row["rule"] == rule}


def is_fresh(rows: Iterable[RuleEvent]) -> bool:
    """Whether one of them was collected since the last run of a rule that runs hourly."""
    return any(row.collected >= FRESH for row in rows)


def by(rows: Sequence[RuleEvent], *names: str) -> dict[tuple[Any, ...], list[RuleEvent]]:
    """Grouped by attributes of `RuleEvent`; rows without one of them are left out."""
    groups: dict[tuple[Any, ...], list[RuleEvent]] = {}
    for row in rows:
        key = tuple(getattr(row, name) for name in names)
        if None not in key:
            groups.setdefault(key, []).append(row)
    return groups


def by_time(rows: Iterable[RuleEvent], seconds: int) -> dict[float, list[RuleEvent]]:
    """Grouped by the start of the hour or day (UTC) of their time."""
    groups: dict[float, list[RuleEvent]] = {}
    for row in rows:
        groups.setdefault(row.time - row.time % seconds, []).append(row)
    return groups


def _copy(one: RuleEvent) -> tuple[float, float]:
    return (one.get("unmapped.revision") or 0, one.collected)


def _rule_event(collected: Collected) -> RuleEvent:
    event = orjson.loads(collected.event.body)
    key_fields = collected.event.key_fields
    actor = event.get("unmapped", {}).get("actor", {})
    return RuleEvent(
        collected.event.stream,
        key_fields.time_ms / 1000,
        event["metadata"]["logged_time"] / 1000,
        key_fields.uid,
        key_fields.event_code,
        key_fields.class_uid,
        key_fields.activity_id,
        key_fields.user,
        key_fields.actor_uid,
        actor.get("type"),
        key_fields.src_ip,
        key_fields.object_uid,
        key_fields.object_type,
        key_fields.model,
        key_fields.tokens or 0,
        "collection:backfill" in event["metadata"].get("labels", ()),
        event,
    )
