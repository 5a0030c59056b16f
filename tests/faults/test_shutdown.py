"""SIGTERM: the backlog is delivered within the grace period; the rest stays for the next start."""

import time

from tests.faults.conftest import Build
from tests.faults.rows import month
from tests.faults.test_sink_outages import BACKLOG

GRACE = 20.0


def test_sigterm_delivers_the_backlog_and_exits_0(build: Build) -> None:
    world = build(month(3000))
    world.hec.fault("slow", times=None, delay=0.2)
    forwarder = world.start()
    forwarder.until("there is a backlog", lambda: forwarder.metric(BACKLOG, sink="splunk") > 500)
    started = time.monotonic()
    assert forwarder.stop(within=GRACE + 5) == 0
    assert time.monotonic() - started <= GRACE
    assert world.query("SELECT count(*) FROM delivery") == [(0,)]
    world.hec.faults.clear()
    world.assert_delivered(world.start())


def test_sigterm_during_an_outage_exits_0_within_the_grace_period_and_loses_nothing(build: Build) -> None:
    world = build(month(1500))
    world.hec.fault("busy", times=None)
    world.logs.fault("unavailable", times=None, path="/dataCollectionRules/")
    forwarder = world.start()
    forwarder.until("there is a backlog", lambda: forwarder.metric(BACKLOG, sink="splunk") >= 1500)
    assert forwarder.stop(within=GRACE + 10) == 0
    world.hec.faults.clear()
    world.logs.faults.clear()
    world.assert_delivered(world.start())


def test_sigterm_stops_quickly_while_a_source_waits_for_a_new_key(build: Build) -> None:
    world = build(month(600))
    world.write_secret("compliance-key", "sk-ant-api01-revoked")
    forwarder = world.start()
    forwarder.until_red("sources.activities")
    assert forwarder.stop(within=GRACE) == 0
