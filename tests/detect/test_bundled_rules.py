"""The bundled rules over the simulator's scenarios, as `claude-siem demo` runs them."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from forwarder.detect import run_detections
from forwarder.ocsf import normalize
from forwarder.records import Receipt
from forwarder.simulator import scenario
from forwarder.sinks.sentinel import columns, row
from forwarder.sources.activities import admit

NOW = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)


def _rows(scenario_name: str, count: int) -> list[dict[str, Any]]:
    receipt = Receipt(int(NOW.timestamp() * 1000), "test")
    rows = []
    for issue in scenario(scenario_name, now=NOW, count=count):
        record = json.loads(issue.activity) if isinstance(issue.activity, str) else issue.activity
        event = normalize(admit(record).record, receipt)
        rows.append(json.loads(row(event.key_fields, event.body)))
    return rows


def _alerts(scenario_name: str, count: int) -> dict[str, list[dict[str, Any]]]:
    return {found["rule"]: found["rows"] for found in run_detections({"activity": _rows(scenario_name, count)}, NOW)}


def test_only_the_key_used_after_its_deletion_is_detected() -> None:
    rows = _alerts("attack-keys", 2000)["keys/revoked-key-used"]
    assert [alert["uses"] for alert in rows] == [12]


def test_an_ordinary_month_has_no_alert_about_a_revoked_key() -> None:
    assert _alerts("ordinary-month", 2000)["keys/revoked-key-used"] == []


@pytest.mark.parametrize("scenario_name", ["all-types", "attack-keys"])
def test_every_attribute_of_every_event_has_a_column(scenario_name: str) -> None:
    known = columns("activity").keys()
    lost = Counter(name for row_ in _rows(scenario_name, 5000) for name in row_ if name not in known)
    assert lost == {}, "Azure silently drops values without a column"
