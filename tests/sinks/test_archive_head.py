"""The head on its way to the SIEM: the forwarder's own events carry it, and the archive proves it."""

import threading
from pathlib import Path
from typing import Any

import pytest

from forwarder.pipeline import Service
from forwarder.settings import load_settings
from forwarder.simulator import SimulatedClock, scenario
from forwarder.simulator.audit import archived
from forwarder.simulator.stage import Stage
from forwarder.sinks.archive import ArchiveSettings, verify
from tests.sinks.archives import archive, numbered
from tests.sinks.deliveries import outcome


def heads(events: list[dict[str, Any]]) -> dict[str, list[str | None]]:
    """The heads that the forwarder's own events carry, by the events' codes."""
    found: dict[str, list[str | None]] = {}
    for event in (event.get("event", event) for event in events):
        code = event["metadata"]["event_code"]
        if code.startswith("forwarder."):
            found.setdefault(code, []).append(event["unmapped"]["forwarder"]["sinks"]["archive"].get("archive_head"))
    return found


def test_starts_and_stops_carry_the_head_to_the_siem_and_the_archive_proves_each(tmp_path: Path) -> None:
    clock = SimulatedClock()
    folder = tmp_path / "archive"
    with Stage(tmp_path, scenario("ordinary-month", now=clock.now(), count=60), clock=clock) as stage:
        for _ in range(3):
            settings = load_settings(stage.write(stage.settings(sinks=("splunk", "archive"))), {})
            assert Service(settings).run_once(threading.Event(), lambda _: None)
        reported = heads(stage.hec.events())
    assert reported["forwarder.started"][0] is None
    known = [head for head in reported["forwarder.started"][1:] + reported["forwarder.stopped"] if head]
    assert len(set(known)) >= 2
    assert all(verify(folder, head).intact for head in known)
    assert heads([*archived(folder)]) == reported


def test_a_process_that_has_not_written_yet_knows_the_head_if_there_is_one(tmp_path: Path) -> None:
    assert archive(tmp_path / "nowhere").chain_head() is None
    sink = archive(tmp_path)
    assert sink.chain_head() is None
    outcome(sink.deliver(numbered(1)))
    assert archive(tmp_path).chain_head() == sink.chain_head()
    (tmp_path / "head.json").write_bytes(b"damaged")
    assert archive(tmp_path).chain_head() is None


def test_the_head_is_always_a_confirmed_line(tmp_path: Path) -> None:
    """What the SIEM holds must never be cut off as unconfirmed."""
    sink = archive(tmp_path)
    for chunk_id in range(1, 20):
        outcome(sink.deliver(numbered(chunk_id)))
        assert verify(tmp_path, sink.chain_head()).intact


@pytest.mark.parametrize("keep", [0, -1, 10**6, "soon", "30d"])
def test_keep_is_a_number_of_days(keep: object, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep"):
        ArchiveSettings.model_validate({"path": tmp_path, "keep": keep})
