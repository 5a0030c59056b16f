"""What everything here is measured on: a month of an organization's activities, seeded, in the stand-in's feed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from forwarder.identity import event_uid, namespace
from forwarder.simulator import scenario
from forwarder.simulator.scenarios.issue import Issue
from forwarder.simulator.stage import Stage

SCENARIO = "ordinary-month"
AT_ONCE = 100_000


def filled(folder: Path, events: int) -> Stage:
    """A stage whose feed holds `events` activities and records none of its own."""
    stage = Stage(folder, (), keep_events=False)
    stage.feed.records_access = False
    for issues in _portions(events):
        stage.feed.extend(issues)
    return stage


def uids(stage: Stage) -> set[str]:
    """`metadata.uid` of every event that must arrive."""
    space = namespace("activity")
    return {event_uid(space, activity_id) for activity_id in stage.feed.issued_ids()}


def _portions(events: int) -> Iterator[list[Issue]]:
    """Some at a time: as objects a million would fill the machine."""
    now = datetime.now(UTC)
    for seed, begin in enumerate(range(0, events, AT_ONCE), start=1):
        yield scenario(SCENARIO, now=now, seed=seed, count=min(AT_ONCE, events - begin))
