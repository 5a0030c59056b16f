"""The data of all benchmarks: seeded activities of one month of an organization, in the simulated feed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from forwarder.records import event_uid, namespace
from forwarder.simulator import scenario
from forwarder.simulator.scenarios.issue import Issue
from forwarder.simulator.stage import Stage

SCENARIO = "ordinary-month"
BATCH = 100_000


def stage_with(events: int, folder: Path) -> Stage:
    """A stage whose feed has `events` activities and adds none of its own."""
    stage = Stage(folder, (), keep_events=False)
    stage.feed.records_access = False
    for issues in _batches(events):
        stage.feed.extend(issues)
    return stage


def expected_uids(stage: Stage) -> set[str]:
    """`metadata.uid` of every event that must be delivered."""
    space = namespace("activity")
    return {event_uid(space, activity_id) for activity_id in stage.feed.issued_ids()}


def _batches(events: int) -> Iterator[list[Issue]]:
    """Generated in batches: a million objects would not fit into memory."""
    now = datetime.now(UTC)
    for seed, begin in enumerate(range(0, events, BATCH), start=1):
        yield scenario(SCENARIO, now=now, seed=seed, count=min(BATCH, events - begin))
