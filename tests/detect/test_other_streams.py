"""Health, usage and inventory events have a column for each attribute, as activities have."""

import json
from datetime import UTC, datetime

from forwarder.ocsf.health import health_event
from forwarder.records import Event, Receipt
from forwarder.sinks.sentinel import columns
from tests.content.records import inventory, usage

NOON = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)


def _uncovered(event: Event) -> set[str]:
    return set(json.loads(event.body)) - columns(event.stream).keys()


def test_health_usage_and_inventory_events_have_a_column_for_every_attribute() -> None:
    receipt = Receipt(1, "test")
    kinds = [health_event(kind, {"backlog": 1}, 1, "uid", receipt) for kind in ("started", "health", "stopped")]
    others = [usage({"api_key_id": "k"}, NOON, 5).event, inventory("k", "active", NOON).event]
    assert [(event.key_fields.event_code, _uncovered(event)) for event in kinds + others if _uncovered(event)] == []
