"""A volume that is full: collecting pauses in red, delivery goes on, and everything arrives without a human."""

import base64
import random
from pathlib import Path

from forwarder.simulator import Issue
from forwarder.simulator.clock import SECOND
from tests.faults.conftest import Build
from tests.faults.small_volume import SmallVolume
from tests.faults.world import World
from tests.simulator.world import activity

MEGABYTE = 1024 * 1024
VOLUME = 12 * MEGABYTE
LARGE = 3_000
"""Bytes of an activity that no compression makes smaller."""
WAIT = 240.0


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


def on(volume: SmallVolume, build: Build, *sinks: str) -> World:
    """A world whose store is on the volume."""
    world = build((), sinks=sinks, start="31d", feed={"records_access": False})
    world.volume = volume
    world.settings["store"]["url"] = f"sqlite:///{volume.folder / 'store.db'}"
    return world


def test_a_disk_that_fills_during_an_outage_is_red_and_delivers_everything_when_the_siem_is_back(
    build: Build, tmp_path: Path
) -> None:
    with SmallVolume(tmp_path / "volume", VOLUME) as volume:
        world = on(volume, build, "splunk")
        world.feed.extend(large_activities(world, 6000))
        world.hec.fault("busy", times=None)
        forwarder = world.start()
        reason = forwarder.until_red("store", WAIT)
        world.hec.faults.clear()
        forwarder.until("all", lambda: world.has_received("splunk", world.feed.issued_ids()), WAIT)
        world.assert_delivered(forwarder)
