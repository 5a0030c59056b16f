"""Events that come from no source: the forwarder's own health."""

from typing import get_args

import pytest

from forwarder.ocsf.health import HealthEventKind, health_event
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.ocsf.world import RECEIPT, TIME_MS, body


@pytest.mark.parametrize("kind", get_args(HealthEventKind))
def test_the_forwarders_own_events_are_valid_and_no_source_record(kind: HealthEventKind) -> None:
    event = health_event(kind, {"lag_seconds": 1.5, "last_error": None}, TIME_MS, "uid-1", RECEIPT)
    parsed = body(event)
    assert faults(parsed) + objections(parsed) == []
    assert parsed["metadata"]["event_code"] == f"forwarder.{kind}"
    assert not {"original_event_uid", "original_time"} & parsed["metadata"].keys()
    assert parsed["unmapped"]["forwarder"] == {"lag_seconds": 1.5}
    assert event.key_fields.object_uid == RECEIPT.instance
