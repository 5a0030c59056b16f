"""Source records for fixtures, by small named builders, and the events that the forwarder makes of them."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zlib import crc32

import orjson

from forwarder.ocsf import normalize
from forwarder.records import Event, InventoryRecord, Receipt, UsageRecord
from forwarder.sources.activities import admit

NOW = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)
"""A Wednesday, noon. Rules look back from here."""
BACKFILL = "collection:backfill"
ORGANIZATION = "abcdef01-2345-6789-abcd-ef0123456789"
INSTANCE = "00000000-0000-4000-8000-000000000001"


class Collected(NamedTuple):
    """An event with the source it came from."""

    source: str
    event: Event
    arrived: datetime | None = None
    """In the SIEM; `None`: at once when it was collected."""


def arrival(one: Collected) -> datetime:
    """When it arrives: by default when it was collected."""
    return one.arrived or datetime.fromtimestamp(one.event.key_fields.logged_ms / 1000, UTC)


def arriving(one: Collected, time: datetime) -> Collected:
    """The event as collected at another time, and so arriving then. Test cases say it so: fixtures hold no arrival."""
    return _restamped(one, time, ())


def backfilled(one: Collected, time: datetime) -> Collected:
    """The event as a backfill collects it at that time."""
    return _restamped(one, time, (BACKFILL,))


def _restamped(one: Collected, time: datetime, labels: tuple[str, ...]) -> Collected:
    body, logged = orjson.loads(one.event.body), milliseconds(time)
    metadata = body["metadata"]
    metadata["logged_time"] = logged
    if named := sorted({*metadata.get("labels", ()), *labels}):
        metadata["labels"] = named
    keys = one.event.key_fields._replace(logged_ms=logged)
    return one._replace(event=one.event._replace(body=orjson.dumps(body), key_fields=keys), arrived=None)


def at(text: str) -> datetime:
    """`04-14 23:10` of the fixtures' year, UTC."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def milliseconds(time: datetime) -> int:
    """Since 1970, as the forwarder's records count."""
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def receipt(time: datetime, backfilled: bool = False) -> Receipt:
    """A receipt at that time."""
    return Receipt(milliseconds(time), INSTANCE, (BACKFILL,) if backfilled else ())


def activity(
    kind: str,
    actor: dict[str, Any],
    time: datetime,
    *,
    collected: datetime | None = None,
    backfilled: bool = False,
    number: int = 0,
    **fields: Any,
) -> Collected:
    """An activity of the feed, collected a minute after it happened by default.

    Equal activities are one and have one id; the same act of two people at the same time is two.
    """
    content = crc32(repr((sorted(actor.items()), sorted(fields.items()))).encode())
    record = {
        "id": f"activity_{kind}_{time:%m%d%H%M%S}_{number}_{content:08x}",
        "created_at": time.isoformat().replace("+00:00", "Z"),
        "organization_id": "org_01Example",
        "organization_uuid": ORGANIZATION,
        "actor": actor,
        "type": kind,
        **fields,
    }
    return recorded(record, receipt(collected or time + timedelta(minutes=1), backfilled))


def recorded(record: dict[str, Any], when: Receipt) -> Collected:
    """A row of the feed, whole."""
    return Collected("activities", normalize(admit(record).record, when))


def person(name: str, ip: str = "192.0.2.34") -> dict[str, Any]:
    """A signed-in person."""
    return {"type": "user_actor", "email_address": f"{name}@example.com", "user_id": f"user_{name}", "ip_address": ip}


ADMIN = person("admin")


def key_actor(key: str, ip: str = "198.51.100.7") -> dict[str, Any]:
    """An API key at work."""
    return {"type": "api_actor", "api_key_id": key, "ip_address": ip, "user_agent": "python-httpx/0.28"}


def inventory(key: str, status: str, time: datetime) -> Collected:
    """A key as the inventory shows it."""
    listed = {"id": key, "name": "batch", "status": status, "created_at": "2025-11-01T00:00:00Z", "type": "api_key"}
    return Collected("api_keys", normalize(InventoryRecord("api_keys", milliseconds(time), listed, {}), receipt(time)))


def usage(
    principal: dict[str, Any],
    start: datetime,
    tokens: int,
    *,
    collected: datetime | None = None,
    backfilled: bool = False,
) -> Collected:
    """An hour's bucket of one principal, read an hour after its end by default."""
    end = start + timedelta(hours=1)
    read = collected or end + timedelta(hours=1)
    row = {"uncached_input_tokens": tokens, "output_tokens": 0, "model": "claude-opus-5", **principal}
    figure = UsageRecord("usage", milliseconds(start), milliseconds(end), row, milliseconds(read), ORGANIZATION)
    return Collected("usage", normalize(figure, receipt(read, backfilled)))
