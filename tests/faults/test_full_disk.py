"""A volume that is full: collecting pauses in red, delivery goes on, and everything arrives without a human."""

import base64
import random
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forwarder.simulator import Issue
from forwarder.simulator.clock import SECOND
from forwarder.sinks.archive import verify
from tests.cli.commands import clean_environment, command
from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import ids, new_activities
from tests.faults.small_volume import SmallVolume
from tests.faults.test_sink_outages import BACKLOG, FAILURES
from tests.faults.world import World
from tests.simulator.world import activity

MEGABYTE = 1024 * 1024
VOLUME = 12 * MEGABYTE
LARGE = 3_000
"""Bytes of an activity that no compression makes smaller."""
WAIT = 120.0


def large_activities(world: World, count: int) -> list[Issue]:
    """Activities of the last month, each of about `LARGE` bytes."""
    now_us = world.feed.clock.now_us()
    dice = random.Random(count)
    rows = []
    for number in range(count):
        at_us = now_us - 600 * SECOND - number * 400 * SECOND
        padding = base64.b64encode(dice.randbytes(LARGE * 3 // 4)).decode()
        rows.append(Issue(now_us, at_us, activity(f"large_{number}", at_us, padding=padding)))
    return rows


def on(volume: SmallVolume, build: Build, start: str = "31d") -> World:
    """A world with Splunk, whose store is on the volume."""
    world = build((), sinks=("splunk",), start=start, feed={"records_access": False})
    world.volume, world.store_folder = volume, volume.outside
    world.settings["store"]["url"] = f"sqlite:///{volume.folder / 'store.db'}"
    return world


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[SmallVolume]:
    """A volume of 12 MB."""
    with SmallVolume(tmp_path / "volume", VOLUME) as volume:
        yield volume


def fill_during_an_outage(world: World) -> Forwarder:
    """A forwarder that has collected as much as the disk holds, while Splunk takes nothing."""
    world.hec.fault("busy", times=None)
    forwarder = world.start()
    forwarder.until_red("store", WAIT)
    return forwarder


def test_a_disk_that_fills_during_an_outage_is_red_and_delivers_everything_when_the_siem_is_back(
    build: Build, volume: SmallVolume
) -> None:
    world = on(volume, build)
    world.feed.extend(large_activities(world, 6000))
    forwarder = fill_during_an_outage(world)
    reason = forwarder.red()["store"]
    assert re.search(rf"the disk is full: \d+\.\d MB are free in {volume.folder}, \d+\.\d MB are needed; ", reason)
    assert "free space there, or move store.url" in reason
    assert volume.free() > 0, "the disk is not used up to the last byte"
    world.hec.faults.clear()
    issued = world.feed.issued_ids()
    forwarder.until("everything arrives", lambda: world.has_received("splunk", issued), WAIT)
    forwarder.until_ready()
    forwarder.until("the store gives the disk back", lambda: volume.free() > VOLUME * 2 // 3, WAIT)
    world.assert_delivered(forwarder)


def test_what_waits_is_delivered_although_others_took_the_last_byte_and_the_process_was_killed_then(
    build: Build, volume: SmallVolume
) -> None:
    world = on(volume, build)
    world.feed.extend(large_activities(world, 1500))
    issued = world.feed.issued_ids()
    world.hec.fault("busy", times=None)
    forwarder = world.start()
    forwarder.until("events wait", lambda: forwarder.metric(BACKLOG, sink="splunk") >= len(issued), WAIT)
    ballast = volume.fill()
    world.kill(forwarder)
    assert volume.free() == 0
    forwarder = world.start()
    world.hec.faults.clear()
    forwarder.until("what waits arrives", lambda: world.has_received("splunk", issued), WAIT)
    ballast.unlink()
    later = new_activities(world.feed.clock, "later", 50)
    world.feed.extend(later)
    forwarder.until("later ones arrive", lambda: world.has_received("splunk", ids(later)), WAIT)
    forwarder.until_ready()
    world.assert_delivered(forwarder)


def test_a_disk_that_others_fill_is_red_until_there_is_room(build: Build, volume: SmallVolume) -> None:
    world = on(volume, build)
    forwarder = world.start()
    forwarder.until_ready()
    ballast = volume.fill(leave=100_000)
    rows = large_activities(world, 300)
    world.feed.extend(rows)
    assert "the disk is full" in forwarder.until_red("store", WAIT)
    assert forwarder.is_alive()
    assert not world.has_received("splunk", ids(rows)[-1:]), "what has no room is not collected"
    ballast.unlink()
    forwarder.until_ready()
    world.assert_delivered(forwarder)


def test_a_backfill_waits_on_a_full_disk_and_goes_on_by_itself(build: Build, volume: SmallVolume) -> None:
    world = on(volume, build, start="1h")
    world.feed.extend(large_activities(world, 6000))
    world.hec.fault("busy", times=None)
    forwarder = world.start()
    forwarder.until_ready()
    arguments = ["backfill", "--config", str(world.stage.folder / "claude-siem.yaml"), "--no-progress"]
    begin = datetime.fromtimestamp(world.feed.clock.now_us() / SECOND, UTC) - timedelta(days=31)
    command_line = [*volume.prefix, *command(*arguments, "--from", f"{begin:%Y-%m-%dT00:00:00Z}")]
    with subprocess.Popen(command_line, env=clean_environment(), stdout=subprocess.PIPE) as process:
        forwarder.until("the disk is as full as it may be", lambda: volume.free() < VOLUME // 6, WAIT)
        assert process.poll() is None
        world.hec.faults.clear()
        assert process.wait(WAIT) == 0
    world.assert_delivered(forwarder)


def test_an_archive_on_a_full_disk_is_for_later_and_whole_when_there_is_room(build: Build, volume: SmallVolume) -> None:
    world = build((), sinks=("splunk", "archive"), start="31d", feed={"records_access": False})
    world.volume, world.store_folder = volume, world.stage.folder
    world.settings["sinks"]["archive"]["path"] = str(volume.folder / "archive")
    ballast = volume.fill(leave=500_000)
    world.feed.extend(large_activities(world, 1000))
    forwarder = world.start()
    failures = {"subject": "sinks.archive", "kind": "retry"}
    forwarder.until("the archive fails", lambda: forwarder.metric(FAILURES, **failures) > 2, WAIT)
    issued = world.feed.issued_ids()
    forwarder.until("Splunk has everything", lambda: world.has_received("splunk", issued), WAIT)
    ballast.unlink()
    forwarder.until("the archive has everything", lambda: forwarder.metric(BACKLOG, sink="archive") == 0, WAIT)
    world.archive = volume.outside / "archive"
    world.assert_delivered(forwarder)
    assert verify(world.archive).intact
