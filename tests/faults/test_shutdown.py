"""SIGTERM: what is in hand is delivered within the grace period; what is not stays for the next start."""

import time

from tests.faults.conftest import Build
from tests.faults.rows import month
from tests.faults.test_sink_outages import BACKLOG

GRACE = 20.0


def test_sigterm_drains_what_was_read_and_exits_0(build: Build) -> None:
    world = build(month(3000))
    world.hec.fault("slow", times=None, delay=0.2)
    forwarder = world.start()
    forwarder.until("events wait", lambda: forwarder.metric(BACKLOG, sink="splunk") > 500)
    begun = time.monotonic()
    assert forwarder.stop(within=GRACE + 5) == 0
    assert time.monotonic() - begun <= GRACE
    assert world.query("SELECT count(*) FROM delivery") == [(0,)]
    world.hec.faults.clear()
    world.verdict(world.start())


def test_sigterm_in_an_outage_exits_0_within_the_grace_and_loses_nothing(build: Build) -> None:
    world = build(month(1500))
    world.hec.fault("busy", times=None)
    world.logs.fault("unavailable", times=None, path="/dataCollectionRules/")
    forwarder = world.start()
    forwarder.until("events wait", lambda: forwarder.metric(BACKLOG, sink="splunk") >= 1500)
    assert forwarder.stop(within=GRACE + 10) == 0
    world.hec.faults.clear()
    world.logs.faults.clear()
    world.verdict(world.start())


def test_sigterm_while_a_refused_key_waits_for_a_new_one_is_quick(build: Build) -> None:
    world = build(month(600))
    world.rewrite("compliance-key", "sk-ant-api01-revoked")
    forwarder = world.start()
    forwarder.until_red("sources.activities")
    assert forwarder.stop(within=GRACE) == 0
