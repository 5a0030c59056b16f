"""Events as a rule sees them, prepared in Python: each once, its highest revision and the copy that arrived first.

Independent of SPL and KQL: read from the events' own JSON.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from tests.content.records import NOW, Collected, arrival

NOW_S = NOW.timestamp()
HOUR, DAY = 3600, 86_400
FRESH = NOW_S - 4500
"""What an hourly rule sees for the first time arrived since then."""


class RuleEvent(NamedTuple):
    """An event; times in seconds since 1970."""

    stream: str
    time: float
    arrived: float
    """In the SIEM: the first live copy of the highest revision."""
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
    """Every copy is."""
    event: dict[str, Any]
    """The whole event."""
    known: dict[str, Any] | None = None
    """The event as earlier runs could judge it: the highest revision that had arrived live before `FRESH`."""

    def get(self, path: str) -> Any:
        """The value at a dotted path, or `None`."""
        return _at(self.event, path)

    def as_known(self) -> "RuleEvent":
        """The event with what earlier runs could judge."""
        return self._replace(event=self.known or {}, tokens=_at(self.known, "message_context.total_tokens") or 0)


def rule_events(collected: Iterable[Collected], since: float = 0.0) -> list[RuleEvent]:
    """Every event that happened after `since`, once."""
    copies: dict[str, list[RuleEvent]] = {}
    for one in map(_rule_event, collected):
        if one.time >= since:
            copies.setdefault(one.uid, []).append(one)
    return [_once(of_one) for of_one in copies.values()]


def rows_of(lookups: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The rows of a lookup; none if it is empty."""
    return list(csv.DictReader(lookups.get(name, "").splitlines()))


def excluded(lookups: Mapping[str, str], rule: str) -> set[str]:
    """The values that `claude_exclusions` excludes from a rule."""
    return {row["value"] for row in rows_of(lookups, "claude_exclusions") if row["rule"] == rule}


def is_fresh(rows: Iterable[RuleEvent]) -> bool:
    """Whether one of them arrived since the last run of a rule that runs hourly."""
    return any(row.arrived >= FRESH for row in rows)


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


def _at(event: Any, path: str) -> Any:
    for name in path.split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _once(copies: Sequence[RuleEvent]) -> RuleEvent:
    newest = min(copies, key=lambda one: (-_revision(one), one.backfilled, one.arrived))
    earlier = [one for one in copies if not one.backfilled and one.arrived < FRESH]
    known = max(earlier, key=_revision).event if earlier else None
    return newest._replace(backfilled=all(one.backfilled for one in copies), known=known)


def _revision(one: RuleEvent) -> float:
    return one.get("unmapped.revision") or 0


def _rule_event(collected: Collected) -> RuleEvent:
    event = orjson.loads(collected.event.body)
    key_fields = collected.event.key_fields
    actor = event.get("unmapped", {}).get("actor", {})
    return RuleEvent(
        collected.event.stream,
        key_fields.time_ms / 1000,
        arrival(collected).timestamp(),
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
